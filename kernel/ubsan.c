/*
 * Undefined behaviour the compiler checks for at run time (debug build): shifts
 * by too much, division by zero, array indices, accesses beyond an object of
 * known size, values that a bool cannot have, code that cannot be reached.
 *
 * Left out: signed overflow and shifts into the sign bit, which -fwrapv defines;
 * null pointers, for which the MMU is there; alignment, which the kernel's
 * unaligned loads break on purpose where the hardware allows it.
 *
 * The compiler passes a description of the place; its "location" is zeroed
 * when it has been reported, so each place reports once. The structs below are
 * the ABI between GCC and its run-time library.
 */
#define PR_PREFIX ""
#include <linnet/atomic.h>
#include <linnet/printk.h>
#include <linnet/ubsan.h>

struct location {
	const char *file;
	u32 line, column;
};

struct type {
	u16 kind, info;
	char name[];
};

struct bounds_data {
	struct location at;
	const struct type *array, *index;
};

struct shift_data {
	struct location at;
	const struct type *left, *right;
};

struct mismatch_data {
	struct location at;
	const struct type *type;
	u8 log_alignment, kind;
};

struct value_data {
	struct location at;
	const struct type *type;
};

void __ubsan_handle_out_of_bounds(struct bounds_data *d, u64 index);
void __ubsan_handle_shift_out_of_bounds(struct shift_data *d, u64 left,
					u64 right);
void __ubsan_handle_divrem_overflow(struct value_data *d, u64 left, u64 right);
void __ubsan_handle_type_mismatch_v1(struct mismatch_data *d, u64 addr);
void __ubsan_handle_load_invalid_value(struct value_data *d, u64 value);
void __ubsan_handle_builtin_unreachable(struct value_data *d);

static u32 seen;
static bool expected;

u32 ubsan_seen(void)
{
	return atomic_read(&seen);
}

void ubsan_expect(bool on)
{
	expected = on;
}

/* False: this place has been reported, or a test wants it quiet. */
static bool report(struct location *at, const char *what)
{
	u32 line = __atomic_exchange_n(&at->line, 0, __ATOMIC_RELAXED);

	if (!line)
		return false;
	atomic_inc(&seen);
	if (expected)
		return false;
	add_taint(TAINT_WARN);
	pr_emerg("BUG: UBSAN: %s at %s:%u:%u\n", what, at->file, line,
	       at->column);
	return true;
}

void __ubsan_handle_out_of_bounds(struct bounds_data *d, u64 index)
{
	if (report(&d->at, "array index out of bounds")) {
		pr_emerg("index %ld of %s\n", (s64)index, d->array->name);
		dump_stack();
	}
}

void __ubsan_handle_shift_out_of_bounds(struct shift_data *d, u64 left,
					u64 right)
{
	if (report(&d->at, "shift out of bounds")) {
		pr_emerg("%#lx of type %s by %ld\n", left, d->left->name,
		       (s64)right);
		dump_stack();
	}
}

void __ubsan_handle_divrem_overflow(struct value_data *d, u64 left, u64 right)
{
	if (report(&d->at, "division by zero")) {
		pr_emerg("%#lx by %#lx\n", left, right);
		dump_stack();
	}
}

void __ubsan_handle_type_mismatch_v1(struct mismatch_data *d, u64 addr)
{
	if (report(&d->at, "access beyond the object")) {
		pr_emerg("%#lx as %s\n", addr, d->type->name);
		dump_stack();
	}
}

void __ubsan_handle_load_invalid_value(struct value_data *d, u64 value)
{
	if (report(&d->at, "invalid value")) {
		pr_emerg("%#lx of type %s\n", value, d->type->name);
		dump_stack();
	}
}

void __ubsan_handle_builtin_unreachable(struct value_data *d)
{
	report(&d->at, "code that cannot be reached");
	panic("unreachable code was reached");
}
