/*
 * The first page tables, built with the MMU off.
 *
 * Runs at the physical load address, before relocation to the high half: only
 * PC-relative addresses, no jump tables, aligned accesses (the Makefile's
 * flags for this file). It maps
 *   idmap_pg_dir    the 2 MiB block(s) of .idmap.text, virtual = physical
 *   swapper_pg_dir  the kernel image with its final permissions (W^X), page by
 *                   page; the linear map follows in mmu.c
 *
 * and changes the instructions that depend on what the CPU has, because nobody
 * can write to the text later.
 *
 * Tables come from a static pool in .bss, zeroed by the image's loader code
 * below because nobody else has cleared .bss yet.
 */
#include <asm/page.h>
#include <asm/boot_branch.h>
#include <asm/kasan.h>
#include <asm/pgtable.h>
#include <asm/sections.h>
#include <asm/setup.h>
#include <linnet/types.h>

u64 idmap_pg_dir[PTRS_PER_TABLE] __aligned(PAGE_SIZE);
u64 swapper_pg_dir[PTRS_PER_TABLE] __aligned(PAGE_SIZE);

/*
 * idmap: 2 tables; image: levels 1 and 2, each twice if it lies across a
 * boundary, and one level 3 per 2 MiB.
 */
enum { EARLY_TABLES = 12 };
static u64 early_tables[EARLY_TABLES][PTRS_PER_TABLE] __aligned(PAGE_SIZE);
static u32 early_used;

struct early_roots {
	u64 *idmap, *swapper;
};
struct early_roots early_map_kernel(u32 *fdt);

static void zero_words(u64 *p, u64 *end)
{
	while (p < end)
		*(volatile u64 *)p++ = 0;
}

/* The next lower table of entry @e; physical pointers throughout. */
static u64 *next_table(u64 *e)
{
	if (!(*e & PTE_VALID)) {
		u64 *t = early_tables[early_used++];

		*e = (u64)t | PTE_TABLE | PTE_VALID;
	}
	return (u64 *)(*e & PTE_ADDR_MASK);
}

static u64 *pmd_entry(u64 *root, u64 va)
{
	u64 *pud = next_table(&root[va >> PGD_SHIFT & 511]);
	u64 *pmd = next_table(&pud[va >> PUD_SHIFT & 511]);

	return &pmd[va >> PMD_SHIFT & 511];
}

static void map_pages(u64 va, u64 pa, u64 end_pa, u64 prot)
{
	for (; pa < end_pa; va += PAGE_SIZE, pa += PAGE_SIZE) {
		u64 *pte = next_table(pmd_entry(swapper_pg_dir, va));

		pte[va >> PAGE_SHIFT & 511] = pa | prot;
	}
}

static void map_section(const char *start, const char *end, u64 prot)
{
	u64 pa = (u64)start;

	map_pages(KIMAGE_VADDR + kaslr_offset + (pa - (u64)_start), pa,
		  (u64)end, prot);
}

#ifdef CONFIG_DEBUG
struct kasan_zero kasan_zero __aligned(PAGE_SIZE);

/* All of the sanitizer's shadow is one page (kasan_shadow.c). */
static void map_early_shadow(void)
{
	for (u32 i = 0; i < PTRS_PER_TABLE; i++) {
		kasan_zero.pte[i] = (u64)kasan_zero.page | PROT_KERNEL_RW;
		kasan_zero.pmd[i] = (u64)kasan_zero.pte | PTE_TABLE | PTE_VALID;
		kasan_zero.pud[i] = (u64)kasan_zero.pmd | PTE_TABLE | PTE_VALID;
	}
	for (u64 va = KASAN_SHADOW_START; va < KASAN_SHADOW_END; va += PGD_SIZE)
		swapper_pg_dir[va >> PGD_SHIFT & 511] =
			(u64)kasan_zero.pud | PTE_TABLE | PTE_VALID;
}
#else
static void map_early_shadow(void)
{
}
#endif

/* Remove stale lines: what was written with caches off is in memory only. */
void early_invalidate_lines(u64 start, u64 end)
{
	for (u64 p = start & ~63ul; p < end; p += 64)
		__asm__ volatile("dc ivac, %0" ::"r"(p) : "memory");
	dsb(sy);
}

static bool has_feature(u32 feature)
{
	return feature == FEATURE_PAUTH ? cpu_id_pauth() : cpu_has_pan();
}

#define INSN_B 0x14000000u

static void patch_boot_branches(void)
{
	const struct boot_branch *p = (void *)_boot_branch_start;
	const struct boot_branch *end = (void *)_boot_branch_end;

	for (; p < end; p++) {
		u64 insn = (u64)&p->insn + (s64)p->insn;
		u64 target = (u64)&p->target + (s64)p->target;

		if (!has_feature(p->feature))
			continue;
		*(volatile u32 *)insn =
			INSN_B | ((u32)(target - insn) >> 2 & 0x3ffffff);
		early_invalidate_lines(insn, insn + 4);
	}
}

/**
 * early_map_kernel - zero .bss, move the kernel, build both roots, patch the text
 * @fdt: physical address of the device tree
 *
 * Context: MMU off, physical addresses, boot stack (which is in .bss but
 * outside the part cleared here).
 * Return: physical addresses of the roots.
 */
struct early_roots early_map_kernel(u32 *fdt)
{
	u64 idmap = (u64)_idmap_text & ~(PMD_SIZE - 1);
	/* Indirect branches must end at a landing pad. */
	u64 rx = PROT_KERNEL_RX | (cpu_id_bti() ? PTE_GP : 0);

	zero_words((u64 *)_bss_start, (u64 *)_bss_end);
	early_kaslr(fdt);
	for (; idmap < (u64)_idmap_text_end; idmap += PMD_SIZE)
		*pmd_entry(idmap_pg_dir, idmap) = idmap | PROT_IDMAP_BLOCK;

	map_section(_start, _text_end, rx);
	map_section(_text_end, _rodata_end, PROT_KERNEL_RO);
	map_section(_init_text, _init_text_end, rx);
	map_section(_init_data, _image_end, PROT_KERNEL_RW);
	map_early_shadow();
	patch_boot_branches();
	early_invalidate_lines((u64)_bss_start, (u64)_bss_end);
	return (struct early_roots){idmap_pg_dir, swapper_pg_dir};
}
