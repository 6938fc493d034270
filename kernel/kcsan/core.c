/*
 * The data-race detector: watchpoints in software.
 *
 * The compiler calls in here at every access (-fsanitize=thread). One in
 * SAMPLE plain reads of a CPU, and writes that are not done at once, set a
 * watchpoint: the address goes into a table, and the CPU waits for DELAY_US with
 * interrupts off. Every access of the others looks into the table; a write that
 * overlaps is a race, as nothing can have ordered the two. If the value has
 * changed too, both sides are reported.
 *
 *	slot:  0 -- watcher --> address -- other CPU --> BUSY --> CAUGHT
 *	       ^___________________________________________________|  watcher
 *
 * Marked are READ_ONCE(), WRITE_ONCE() and atomics: they set no watchpoint, but
 * run into those of others. A plain write of an aligned word is taken to be done
 * at once, as on Linux by default: whoever reads it plainly is the one to mend.
 *
 * Not seen: assembly (copies of pages and memory), devices, interrupts on the
 * same CPU, missing barriers. Not instrumented itself, nor what it calls.
 */
#include <asm/irqflags.h>
#include <asm/page.h>
#include <asm/percpu.h>
#include <asm/sysreg.h>
#include <linnet/cpumask.h>
#include <linnet/kcsan.h>
#include <linnet/stackdepot.h>
#include <linnet/string.h>
#include <linnet/task.h>
#include "kcsan.h"

enum { SLOTS = 64, SAMPLE = 40, DELAY_TICKS = 3000, GRANULE_SHIFT = 6 };
enum { BUSY = 1, CAUGHT = 2 };
enum { WRITE = 1, MARKED = 2 };

/* An encoded access: the upper bits of a kernel address are known. */
#define ENC_WRITE      (1ul << 63)
#define ENC_SIZE_SHIFT 56
#define ENC_ADDR       ((1ul << ENC_SIZE_SHIFT) - 1)

static u64 watch[SLOTS];		  /* [A] */
static struct kcsan_access caught[SLOTS]; /* [slot] written while BUSY */
static s32 skip[NR_CPUS];		  /* accesses until the next watchpoint */
bool kcsan_enabled;

void kcsan_off(void)
{
	current->kcsan_off++;
	barrier();
}

void kcsan_on(void)
{
	barrier();
	current->kcsan_off--;
}

static u64 encode(u64 addr, u32 size, bool write)
{
	return (write ? ENC_WRITE : 0) | (u64)size << ENC_SIZE_SHIFT |
	       (addr & ENC_ADDR);
}

static __always_inline bool overlaps(u64 enc, u64 addr, u32 size)
{
	u64 at = enc & ENC_ADDR, n = (enc & ~ENC_WRITE) >> ENC_SIZE_SHIFT;

	addr &= ENC_ADDR;
	return enc > CAUGHT && at < addr + size && addr < at + n;
}

static __always_inline u32 slot_of(u64 addr)
{
	return (u32)(addr >> GRANULE_SHIFT) % SLOTS;
}

static __always_inline void describe(struct kcsan_access *a, u64 addr, u32 size, u32 type)
{
	a->addr = addr;
	a->size = size;
	a->write = type & WRITE;
	a->marked = type & MARKED;
	a->cpu = smp_processor_id();
	memcpy(a->comm, current->comm, sizeof(a->comm));
	a->nr_pc = stackdepot_walk(a->pc);
}

/* Some other CPU watches @slot, and this access should not have come. */
static void __noinline __cold catch(u32 slot, u64 enc, u64 addr, u32 size,
				    u32 type)
{
	u64 flags = local_irq_save();

	if (__atomic_compare_exchange_n(&watch[slot], &enc, BUSY, false,
					__ATOMIC_ACQ_REL, __ATOMIC_RELAXED)) {
		describe(&caught[slot], addr, size, type);
		__atomic_store_n(&watch[slot], CAUGHT, __ATOMIC_RELEASE);
	}
	local_irq_restore(flags);
}

static u64 value_at(u64 addr, u32 size)
{
	switch (size) {
	case 1:
		return *(volatile u8 *)addr;
	case 2:
		return *(volatile u16 *)addr;
	case 4:
		return *(volatile u32 *)addr;
	default:
		return *(volatile u64 *)addr;
	}
}

static void wait_a_little(void)
{
	u64 end = read_sysreg(cntvct_el0) + DELAY_TICKS;

	while ((s64)(read_sysreg(cntvct_el0) - end) < 0)
		__asm__ volatile("yield" ::: "memory");
}

/* True: somebody ran into it, and is described in caught[@slot]. */
static bool watch_for(u32 slot, u64 enc)
{
	u64 seen = 0;

	if (!__atomic_compare_exchange_n(&watch[slot], &seen, enc, false,
					 __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
		return false;
	wait_a_little();
	if (__atomic_compare_exchange_n(&watch[slot], &enc, 0, false,
					__ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
		return false;
	while (__atomic_load_n(&watch[slot], __ATOMIC_ACQUIRE) != CAUGHT)
		__asm__ volatile("yield");
	return true;
}

static void __noinline set_watchpoint(u64 addr, u32 size, u32 type)
{
	u64 flags = local_irq_save(), before, after;
	u32 slot = slot_of(addr);
	struct kcsan_access mine;

	before = value_at(addr, size);
	if (watch_for(slot, encode(addr, size, type & WRITE))) {
		after = value_at(addr, size);
		describe(&mine, addr, size, type);
		if (before != after || type & WRITE)
			kcsan_report(&mine, &caught[slot], before, after);
		__atomic_store_n(&watch[slot], 0, __ATOMIC_RELEASE);
	}
	local_irq_restore(flags);
}

static __always_inline bool at_once(u64 addr, u32 size)
{
	return size <= 8 && !(addr & (size - 1));
}

static __always_inline void check(u64 addr, u32 size, u32 type)
{
	u32 first, cpu;

	if (likely(!kcsan_enabled) || addr < PAGE_OFFSET || current->kcsan_off)
		return;
	first = slot_of(addr - 16);
	for (u32 i = 0; i < 2; i++) {
		u32 slot = (first + i) % SLOTS;
		u64 enc = __atomic_load_n(&watch[slot], __ATOMIC_RELAXED);

		if (unlikely(enc) && overlaps(enc, addr, size) &&
		    (type & WRITE || enc & ENC_WRITE))
			catch(slot, enc, addr, size, type);
	}
	if (type & MARKED || size > 8 || (type & WRITE && at_once(addr, size)))
		return;
	cpu = smp_processor_id();
	if (unlikely(--skip[cpu] < 0)) {
		/* Not the same place of a loop each time. */
		skip[cpu] = SAMPLE + (s32)(read_sysreg(cntvct_el0) % SAMPLE);
		set_watchpoint(addr, size, type);
	}
}

/* --- the compiler's names --- */

#define PLAIN(n)                                                               \
	void __tsan_read##n(void *p);                                          \
	void __tsan_read##n(void *p) { check((u64)p, n, 0); }                  \
	void __tsan_write##n(void *p);                                         \
	void __tsan_write##n(void *p) { check((u64)p, n, WRITE); }             \
	void __tsan_volatile_read##n(void *p);                                 \
	void __tsan_volatile_read##n(void *p) { check((u64)p, n, MARKED); }    \
	void __tsan_volatile_write##n(void *p);                                \
	void __tsan_volatile_write##n(void *p)                                 \
	{                                                                      \
		check((u64)p, n, WRITE | MARKED);                              \
	}
PLAIN(1)
PLAIN(2)
PLAIN(4)
PLAIN(8)
PLAIN(16)

#define UNALIGNED(n)                                                           \
	void __tsan_unaligned_read##n(void *p);                                \
	void __tsan_unaligned_read##n(void *p) { check((u64)p, n, 0); }        \
	void __tsan_unaligned_write##n(void *p);                               \
	void __tsan_unaligned_write##n(void *p) { check((u64)p, n, WRITE); }   \
	void __tsan_unaligned_volatile_read##n(void *p);                       \
	void __tsan_unaligned_volatile_read##n(void *p)                        \
	{                                                                      \
		check((u64)p, n, MARKED);                                      \
	}                                                                      \
	void __tsan_unaligned_volatile_write##n(void *p);                      \
	void __tsan_unaligned_volatile_write##n(void *p)                       \
	{                                                                      \
		check((u64)p, n, WRITE | MARKED);                              \
	}
UNALIGNED(2)
UNALIGNED(4)
UNALIGNED(8)
UNALIGNED(16)

/* Blocks: structures that are copied. Too large for a watchpoint. */
void __tsan_read_range(void *p, size_t n);
void __tsan_write_range(void *p, size_t n);
void __tsan_init(void);

void __tsan_read_range(void *p, size_t n)
{
	(void)p;
	(void)n;
}

void __tsan_write_range(void *p, size_t n)
{
	(void)p;
	(void)n;
}

void __tsan_init(void)
{
}

/* Atomics are calls too: done here, in the strongest order. */
#define RMW(bits, type, op)                                                    \
	type __tsan_atomic##bits##_##op(type *p, type v, int order);           \
	type __tsan_atomic##bits##_##op(type *p, type v, int order)            \
	{                                                                      \
		(void)order;                                                   \
		check((u64)p, sizeof(type), WRITE | MARKED);                   \
		return __atomic_##op(p, v, __ATOMIC_SEQ_CST);                  \
	}
#define CAS(bits, type, kind, weak)                                            \
	int __tsan_atomic##bits##_compare_exchange_##kind(                     \
		type *p, type *old, type v, int good, int bad);                \
	int __tsan_atomic##bits##_compare_exchange_##kind(                     \
		type *p, type *old, type v, int good, int bad)                 \
	{                                                                      \
		(void)good;                                                    \
		(void)bad;                                                     \
		check((u64)p, sizeof(type), WRITE | MARKED);                   \
		return __atomic_compare_exchange_n(p, old, v, weak,            \
						   __ATOMIC_SEQ_CST,           \
						   __ATOMIC_SEQ_CST);          \
	}
#define ATOMIC(bits, type)                                                     \
	type __tsan_atomic##bits##_load(const type *p, int order);             \
	type __tsan_atomic##bits##_load(const type *p, int order)              \
	{                                                                      \
		(void)order;                                                   \
		check((u64)p, sizeof(type), MARKED);                           \
		return __atomic_load_n(p, __ATOMIC_SEQ_CST);                   \
	}                                                                      \
	void __tsan_atomic##bits##_store(type *p, type v, int order);          \
	void __tsan_atomic##bits##_store(type *p, type v, int order)           \
	{                                                                      \
		(void)order;                                                   \
		check((u64)p, sizeof(type), WRITE | MARKED);                   \
		__atomic_store_n(p, v, __ATOMIC_SEQ_CST);                      \
	}                                                                      \
	type __tsan_atomic##bits##_exchange(type *p, type v, int order);       \
	type __tsan_atomic##bits##_exchange(type *p, type v, int order)        \
	{                                                                      \
		(void)order;                                                   \
		check((u64)p, sizeof(type), WRITE | MARKED);                   \
		return __atomic_exchange_n(p, v, __ATOMIC_SEQ_CST);            \
	}                                                                      \
	RMW(bits, type, fetch_add)                                             \
	RMW(bits, type, fetch_sub)                                             \
	RMW(bits, type, fetch_and)                                             \
	RMW(bits, type, fetch_or)                                              \
	RMW(bits, type, fetch_xor)                                             \
	CAS(bits, type, strong, false)                                         \
	CAS(bits, type, weak, true)
ATOMIC(8, u8)
ATOMIC(16, u16)
ATOMIC(32, u32)
ATOMIC(64, u64)

void __tsan_atomic_thread_fence(int order);
void __tsan_atomic_signal_fence(int order);

void __tsan_atomic_thread_fence(int order)
{
	(void)order;
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}

void __tsan_atomic_signal_fence(int order)
{
	(void)order;
	barrier();
}
