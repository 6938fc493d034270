/*
 * Page tables of the address sanitizer's shadow (debug build).
 *
 * early_map.c maps all of the shadow onto one zero page through one table per
 * level, so that instrumented code runs from the first C function on; what the
 * compiler's frames write there meanwhile is wrong, and not looked at. Then
 * kasan_map_shadow() gives RAM and the image shadow of their own; areas of
 * vmalloc get it as they are made. Everything else (page array, devices) keeps
 * the zero page, read-only now: "all may be touched".
 *
 * A shared table is replaced by a copy of itself before an entry is changed;
 * it maps the same, so nobody notices. Tables and shadow are never freed.
 *
 * Not instrumented: it changes what instrumented code looks at.
 * Lock: shadow_lock, innermost but for the page allocator.
 */
#include <asm/kasan.h>
#include <asm/mmu.h>
#include <asm/pgtable.h>
#include <asm/sections.h>
#include <linnet/errno.h>
#include <linnet/kasan.h>
#include <linnet/memblock.h>
#include <linnet/page.h>
#include <linnet/printk.h>
#include <linnet/spinlock.h>
#include <linnet/string.h>

static DEFINE_SPINLOCK(shadow_lock);
static bool late; /* the page allocator is there */

/* An aligned block of @size bytes: PAGE_SIZE, or PMD_SIZE at boot. Or 0. */
static phys_addr_t block_alloc(u64 size)
{
	struct page *p;

	if (!late)
		return memblock_alloc(size, size);
	p = alloc_page(GFP_ATOMIC);
	return p ? page_to_phys(p) : 0;
}

/* The table below @e, a copy if it was the shared one; NULL: no memory. */
static u64 *own_table(u64 *e, const u64 *shared)
{
	phys_addr_t pa;

	if ((*e & PTE_ADDR_MASK) != symbol_to_phys(shared))
		return phys_to_virt(*e & PTE_ADDR_MASK);
	pa = block_alloc(PAGE_SIZE);
	if (!pa)
		return NULL;
	memcpy(phys_to_virt(pa), shared, PAGE_SIZE);
	dsb(ishst);
	WRITE_ONCE(*e, pa | PTE_TABLE | PTE_VALID);
	return phys_to_virt(pa);
}

static u64 *own_pmd(u64 va)
{
	u64 *pud = own_table(&swapper_pg_dir[va >> PGD_SHIFT & 511],
			     kasan_zero.pud);
	u64 *pmd = pud ? own_table(&pud[va >> PUD_SHIFT & 511], kasan_zero.pmd)
		       : NULL;

	return pmd ? &pmd[va >> PMD_SHIFT & 511] : NULL;
}

/* [shadow_lock] A page of its own at @va, a page of the shadow. */
static int populate_page(u64 va, u8 fill)
{
	u64 *pmd = own_pmd(va);
	u64 *pte;
	phys_addr_t pa;

	if (!pmd)
		return -ENOMEM;
	if (!(*pmd & PTE_TABLE))
		return 0; /* a block */
	pte = own_table(pmd, kasan_zero.pte);
	if (!pte)
		return -ENOMEM;
	pte += va >> PAGE_SHIFT & 511;
	if ((*pte & PTE_ADDR_MASK) != symbol_to_phys(kasan_zero.page))
		return 0;
	pa = block_alloc(PAGE_SIZE);
	if (!pa)
		return -ENOMEM;
	memset(phys_to_virt(pa), fill, PAGE_SIZE);
	dsb(ishst);
	WRITE_ONCE(*pte, pa | PROT_KERNEL_RW);
	flush_tlb_kernel_range(va, va + PAGE_SIZE);
	return 0;
}

int kasan_populate(u64 addr, u64 size, u8 fill)
{
	u64 va = (u64)kasan_shadow(addr) & PAGE_MASK;
	u64 end = (u64)kasan_shadow(addr + size - 1);
	int err = 0;

	spin_lock(&shadow_lock);
	for (; !err && va <= end; va += PAGE_SIZE)
		err = populate_page(va, fill);
	spin_unlock(&shadow_lock);
	return err;
}

/* RAM: by blocks, each of which covers 16 MiB. */
static void __init_text populate_bank(phys_addr_t start, phys_addr_t end)
{
	u64 va = (u64)kasan_shadow(PAGE_OFFSET + start) & ~(PMD_SIZE - 1);
	u64 stop = (u64)kasan_shadow(PAGE_OFFSET + end - 1);

	for (; va <= stop; va += PMD_SIZE) {
		u64 *pmd = own_pmd(va);
		phys_addr_t pa;

		if (pmd && !(*pmd & PTE_TABLE))
			continue; /* shared with the last bank */
		pa = pmd ? memblock_alloc(PMD_SIZE, PMD_SIZE) : 0;
		if (!pa)
			panic("no memory for the sanitizer's shadow");
		WRITE_ONCE(*pmd, pa | (PROT_KERNEL_RW & ~PTE_TABLE));
	}
}

void __init_text kasan_map_shadow(void)
{
	phys_addr_t start, end;

	for (u32 i = 0; memblock_memory(i, &start, &end); i++)
		populate_bank(start, end);
	if (kasan_populate((u64)_start, (u64)(_image_end - _start), 0))
		panic("no memory for the sanitizer's shadow");
	memset(kasan_zero.page, 0, PAGE_SIZE);
	for (u32 i = 0; i < PTRS_PER_TABLE; i++)
		kasan_zero.pte[i] = symbol_to_phys(kasan_zero.page) |
				    PROT_KERNEL_RO;
	__asm__ volatile("dsb ishst; tlbi vmalle1is; dsb ish; isb" ::: "memory");
}

void kasan_use_buddy(void)
{
	late = true;
}
