/*
 * The shadow of the address sanitizer (debug build): one byte says which of
 * eight bytes of kernel memory may be touched.
 *
 *   shadow(a) = (a >> 3) + KASAN_SHADOW_OFFSET
 *
 * It covers the whole upper half, itself included. The Makefile hands the
 * offset to the compiler, whose code for stack frames uses it.
 */
#ifndef ASM_KASAN_H
#define ASM_KASAN_H

#ifdef CONFIG_DEBUG
#define KASAN_SHADOW_START 0xffffd00000000000 /* of PAGE_OFFSET */
#define KASAN_SHADOW_END   0xfffff00000000000

#ifndef __ASSEMBLER__
#include <asm/page.h>
#include <linnet/types.h>

static_assert((PAGE_OFFSET >> 3) + KASAN_SHADOW_OFFSET == KASAN_SHADOW_START,
	      "the Makefile's offset");

static __always_inline s8 *kasan_shadow(u64 addr)
{
	return (s8 *)((addr >> 3) + KASAN_SHADOW_OFFSET);
}

/* One page and one table of each level stand for all shadow not yet there. */
struct kasan_zero {
	u8 page[PAGE_SIZE];
	u64 pte[PTRS_PER_TABLE], pmd[PTRS_PER_TABLE], pud[PTRS_PER_TABLE];
};
extern struct kasan_zero kasan_zero;

/*
 * Shadow of its own for [addr, addr + size), filled with @fill where it was
 * not there before. 0 or -ENOMEM. Not from interrupts; never freed.
 */
int kasan_populate(u64 addr, u64 size, u8 fill);
/* Shadow for RAM and the image, from memblock. Boot CPU. */
void kasan_map_shadow(void);
#endif
#endif

#endif
