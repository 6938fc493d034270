/*
 * Page geometry and the kernel's virtual address layout (48-bit, 4 KiB).
 *
 *   0xffff_0000_0000_0000  linear map: virtual = physical + PAGE_OFFSET
 *   0xffff_8000_8000_0000  kernel image (text RX, rodata RO, data RW): linked for
 *                          here, moved up by kaslr_offset
 *   0xffff_9000_0000_0000  vmalloc: kernel stacks, device registers; begins
 *                          kaslr_vmalloc_offset higher
 *   0xffff_d000_0000_0000  debug build: the sanitizer's shadow (asm/kasan.h)
 *   0xffff_fe00_0000_0000  vmemmap: one struct page per page frame
 *   0xffff_ffff_f000_0000  fixmap: device tree and early console
 */
#ifndef ASM_PAGE_H
#define ASM_PAGE_H

#define PAGE_SHIFT 12
#ifdef __ASSEMBLER__ /* also the linker script, which knows no suffixes */
#define PAGE_SIZE (1 << PAGE_SHIFT)
#else
#define PAGE_SIZE (1UL << PAGE_SHIFT)
#endif
#define PAGE_MASK  (~(PAGE_SIZE - 1))

#define PMD_SHIFT 21
#define PUD_SHIFT 30
#define PGD_SHIFT 39
#define PMD_SIZE  (1UL << PMD_SHIFT)
#define PUD_SIZE  (1UL << PUD_SHIFT)
#define PGD_SIZE  (1UL << PGD_SHIFT)
#define PTRS_PER_TABLE 512

#define USER_END      0x0001000000000000 /* first address user space can't have */
#define PAGE_OFFSET   0xffff000000000000
#define LINEAR_END    0xffff800000000000
#define KIMAGE_VADDR  0xffff800080000000
#define KIMAGE_END    0xffff900000000000
#define VMALLOC_START 0xffff900000000000
#ifdef CONFIG_DEBUG
#define VMALLOC_END   0xffffd00000000000
#else
#define VMALLOC_END   0xfffffd0000000000
#endif
#define VMEMMAP_START 0xfffffe0000000000
#define FIXMAP_FDT    0xfffffffff0000000 /* two 2 MiB blocks */
#define FIXMAP_UART   0xfffffffff0400000 /* one 2 MiB block */

/* Kernel stacks: aligned to twice their size, so that one address bit tells
 * an overflow into the guard (entry.S). Checked frames are larger. */
#ifdef CONFIG_DEBUG
#define THREAD_SHIFT 15
#else
#define THREAD_SHIFT 14
#endif
#define THREAD_SIZE  (1UL << THREAD_SHIFT)

#ifndef __ASSEMBLER__
#include <linnet/types.h>

extern u64 kimage_voffset; /* image virtual address minus physical */

static __always_inline void *phys_to_virt(phys_addr_t pa)
{
	return (void *)(pa + PAGE_OFFSET);
}

/* For linear-map addresses only. */
static __always_inline phys_addr_t virt_to_phys(const void *va)
{
	return (u64)va - PAGE_OFFSET;
}

/* For addresses of the kernel image: symbols and static data. */
static inline phys_addr_t symbol_to_phys(const void *va)
{
	return (u64)va - kimage_voffset;
}

/* Zero one page (linear address); uses DC ZVA where the CPU allows it. */
void clear_page(void *page);
/* Copy one page; neither may overlap. */
void copy_page(void *to, const void *from);
#endif

#endif
