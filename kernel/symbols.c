/*
 * Symbol names for backtraces: the table that the build links into rodata
 * (scripts/ksymtab.py), searched by address.
 */
#include <asm/sections.h>
#include <linnet/printf.h>
#include <linnet/types.h>

struct ksymtab {
	u32 count;
	struct {
		u32 offset; /* of the address from _start */
		u32 name;   /* in the strings behind the table */
	} sym[];
};

/* Absent in the first of the two links. */
extern const struct ksymtab ksymtab __weak;

int symbol_format(char *buf, size_t size, u64 addr);

/* "name+0x10/0x80", or the number if it is not in the kernel's text. */
int symbol_format(char *buf, size_t size, u64 addr)
{
	const struct ksymtab *t = &ksymtab;
	u64 off = addr - (u64)_start, next;
	u32 lo = 0, hi;

	if (!t || addr < (u64)_start || addr >= (u64)_image_end || !t->count)
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
	return snprintf(buf, size, "%s+%#lx/%#lx",
			(const char *)&t->sym[t->count] + t->sym[lo].name,
			off - t->sym[lo].offset, next - t->sym[lo].offset);
}
