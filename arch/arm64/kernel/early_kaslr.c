/*
 * Where the kernel runs: its address space randomised at boot.
 *
 * The boot loader leaves a random number in the device tree, /chosen/kaslr-seed.
 * From it come the distance of the image from the address that it was linked
 * for, and that of the first vmalloc area from the start of theirs. The words of
 * the image that hold addresses of it, which scripts/relocs.py has listed, are
 * put right. "nokaslr" on the command line turns it off.
 *
 * The seed is wiped: the device tree stays readable.
 *
 * Runs with the MMU off, like early_map.c, and under the same rules. Where a
 * device tree is broken, nothing is moved; of_init() will say more.
 */
#include <asm/page.h>
#include <asm/sections.h>
#include <asm/setup.h>
#include <linnet/fdt.h>
#include <linnet/init.h>
#include <linnet/types.h>

u64 kaslr_offset __ro_after_init;
u64 kaslr_vmalloc_offset __ro_after_init;

#define IMAGE_ALIGN	(1ul << 16) /* the largest alignment in the image */
#define VMALLOC_SPREAD	(1ul << 44)

/* Words of the header, Devicetree Specification 0.4 §5.2. */
enum fdt_word {
	FDT_MAGIC_WORD,
	FDT_TOTALSIZE,
	FDT_OFF_STRUCT,
	FDT_OFF_STRINGS,
	FDT_SIZE_STRINGS = 8,
	FDT_SIZE_STRUCT,
	FDT_WORDS,
};

#define FDT_MAGIC	0xd00dfeed
#define FDT_SIZE_MAX	(2ul << 20)

struct chosen {
	u32 *seed;	  /* 8 bytes of big-endian words, or NULL */
	const char *args; /* maybe without a NUL */
	u32 args_len;
};

static u32 cell(const u32 *p)
{
	return __builtin_bswap32(*(const volatile u32 *)p);
}

/* Is the string at @s, which ends before @end, @want? */
static bool same(const char *s, const char *end, const char *want)
{
	for (; s < end && *s == *want; s++, want++)
		if (!*want)
			return true;
	return false;
}

/* Are the two blocks inside of the device tree? */
static bool header_ok(const u32 *h)
{
	u64 total;

	if ((u64)h % 8 || cell(&h[FDT_MAGIC_WORD]) != FDT_MAGIC)
		return false;
	total = cell(&h[FDT_TOTALSIZE]);
	return total <= FDT_SIZE_MAX && cell(&h[FDT_OFF_STRUCT]) % 4 == 0 &&
	       (u64)cell(&h[FDT_OFF_STRUCT]) + cell(&h[FDT_SIZE_STRUCT]) <=
		       total &&
	       (u64)cell(&h[FDT_OFF_STRINGS]) + cell(&h[FDT_SIZE_STRINGS]) <=
		       total;
}

static void note_property(struct chosen *c, const char *name,
			  const char *name_end, u32 *value, u32 len)
{
	if (len == 8 && same(name, name_end, "kaslr-seed")) {
		c->seed = value;
	} else if (same(name, name_end, "bootargs")) {
		c->args = (const char *)value;
		c->args_len = len;
	}
}

/* The properties of /chosen, which is a child of the root: depth 2. */
static struct chosen find_chosen(u32 *fdt)
{
	struct chosen c = {0};
	u32 *p = fdt + cell(&fdt[FDT_OFF_STRUCT]) / 4;
	u32 *end = p + cell(&fdt[FDT_SIZE_STRUCT]) / 4;
	const char *strings = (const char *)fdt + cell(&fdt[FDT_OFF_STRINGS]);
	const char *strings_end = strings + cell(&fdt[FDT_SIZE_STRINGS]);
	bool inside = false;
	u32 depth = 0;

	while (p + 2 < end) {
		u32 token = cell(p++);

		if (token == FDT_BEGIN_NODE) {
			u32 len = 0;

			depth++;
			if (depth == 2)
				inside = same((const char *)p,
					      (const char *)end, "chosen");
			while ((const char *)p + len < (const char *)end &&
			       ((const char *)p)[len])
				len++;
			p += len / 4 + 1;
		} else if (token == FDT_END_NODE) {
			if (depth-- == 2 && inside)
				break;
		} else if (token == FDT_PROP) {
			u32 len = cell(p);
			const char *name = strings + cell(p + 1);

			p += 2;
			if ((u64)len > (u64)end - (u64)p)
				break;
			if (inside && depth == 2)
				note_property(&c, name, strings_end, p, len);
			p += (len + 3) / 4;
		} else if (token != FDT_NOP) {
			break;
		}
	}
	return c;
}

static bool has_word(const char *s, u32 len, const char *word)
{
	bool start = true;

	for (u32 i = 0; i < len && s[i]; i++) {
		u32 k = 0;

		while (start && word[k] && i + k < len && s[i + k] == word[k])
			k++;
		if (start && !word[k] &&
		    (i + k == len || !s[i + k] || s[i + k] == ' '))
			return true;
		start = s[i] == ' ';
	}
	return false;
}

/* Add @offset to the words that the table names; physical addresses. */
static void relocate(u64 offset)
{
	const u32 *r = (const u32 *)_relr_start;
	u64 *at = NULL;

	for (; r < (const u32 *)_relr_end; r++) {
		if (!(*r & 1)) {
			at = (u64 *)(_start + *r);
			*(volatile u64 *)at++ += offset;
			continue;
		}
		for (u32 bits = *r >> 1; bits; bits &= bits - 1)
			*(volatile u64 *)&at[__builtin_ctz(bits)] += offset;
		at += 31;
	}
}

/**
 * early_kaslr - choose an address for the image, relocate it
 * @fdt: physical address of the device tree, aligned to 8
 *
 * Context: as early_map_kernel(), after .bss has been cleared.
 */
void early_kaslr(u32 *fdt)
{
	u64 size = (u64)(_image_end - _start), seed;
	struct chosen c;

	if (!header_ok(fdt))
		return;
	c = find_chosen(fdt);
	if (!c.seed)
		return;
	seed = (u64)cell(c.seed) << 32 | cell(c.seed + 1);
	*(volatile u32 *)c.seed = 0;
	*(volatile u32 *)(c.seed + 1) = 0;
	early_invalidate_lines((u64)c.seed, (u64)c.seed + 8);
	if (!seed || has_word(c.args, c.args_len, "nokaslr"))
		return;
	kaslr_offset = (u64)((__uint128_t)seed *
			     ((KIMAGE_END - KIMAGE_VADDR - size) / IMAGE_ALIGN) >>
			     64) * IMAGE_ALIGN;
	/* Other bits of it, so that one does not tell the other. */
	kaslr_vmalloc_offset = seed * PMD_SIZE % VMALLOC_SPREAD;
	relocate(kaslr_offset);
	early_invalidate_lines((u64)_text_end, (u64)_file_end);
}
