/*
 * Symbol names for backtraces: the table that the build links into rodata
 * (scripts/ksymtab.py), searched by address.
 */
#include <asm/sections.h>
#include <linnet/printf.h>
#include <linnet/printk.h>
#include <linnet/types.h>

struct ksymtab {
	u32 count;
	struct {
		u32 offset; /* of the address from _start */
		u32 name;   /* in the strings behind the table; SYM_GLOBAL */
	} sym[];
};

#define SYM_GLOBAL 0x80000000u

/* Empty in the first link. */
extern const struct ksymtab ksymtab;

static const char *name_of(const struct ksymtab *t, u32 i)
{
	return (const char *)&t->sym[t->count] + (t->sym[i].name & ~SYM_GLOBAL);
}

/* The @i-th function of the kernel, by address; false behind the last. */
bool symbol_at(u32 i, struct kernel_symbol *s)
{
	const struct ksymtab *t = &ksymtab;

	if (i >= t->count)
		return false;
	s->addr = (u64)_start + t->sym[i].offset;
	s->name = name_of(t, i);
	s->global = t->sym[i].name & SYM_GLOBAL;
	return true;
}

int symbol_format(char *buf, size_t size, u64 addr);

/* "name+0x10/0x80", or the number if it is not in the kernel's text. */
int symbol_format(char *buf, size_t size, u64 addr)
{
	const struct ksymtab *t = &ksymtab;
	u64 off = addr - (u64)_start, next;
	u32 lo = 0, hi;

	if (addr < (u64)_start || addr >= (u64)_image_end || !t->count)
		return snprintf(buf, size, "%#lx", addr);
	hi = t->count;
	while (hi - lo > 1) {
		u32 mid = (lo + hi) / 2;

		if (t->sym[mid].offset <= off)
			lo = mid;
		else
			hi = mid;
	}
	next = lo + 1 < t->count ? t->sym[lo + 1].offset : off;
	return snprintf(buf, size, "%s+%#lx/%#lx", name_of(t, lo),
			off - t->sym[lo].offset, next - t->sym[lo].offset);
}
