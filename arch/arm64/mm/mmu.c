/*
 * Kernel translation tables: the linear map, the fixmap, vmalloc mappings.
 *
 * swapper_pg_dir is the one root for the upper half. early_map.c put the image
 * into it; paging_init() adds RAM with the largest blocks that fit, always
 * non-executable, and read-only where it aliases what is read-only in the image.
 * Upper-level tables are never freed, so a walk needs no lock; changes are
 * made under kernel_map_lock.
 *
 * Tables come from a small static pool until RAM is mapped, then from the boot
 * allocator, then from the page allocator.
 */
#define PR_PREFIX "mmu: "
#include <asm/mmu.h>
#include <asm/pgtable.h>
#include <asm/sections.h>
#include <asm/setup.h>
#include <linnet/errno.h>
#include <linnet/memblock.h>
#include <linnet/page.h>
#include <linnet/printk.h>
#include <linnet/string.h>

u64 kimage_voffset __ro_after_init;

enum { POOL_TABLES = 12 };
static u64 table_pool[POOL_TABLES][PTRS_PER_TABLE] __aligned(PAGE_SIZE);
static u32 pool_used;

static enum { TABLES_STATIC, TABLES_MEMBLOCK, TABLES_BUDDY } table_source;
static DEFINE_SPINLOCK(kernel_map_lock);

phys_addr_t __init_text translate_kernel_address(u64 va)
{
	__asm__ volatile("at s1e1r, %0\n\tisb" ::"r"(va) : "memory");
	return (read_sysreg(par_el1) & PTE_ADDR_MASK) | (va & ~PAGE_MASK);
}

/*
 * Virtual address of a table. The first ones are in the image's data, and used
 * before RAM is mapped; a table may lie in freed boot memory, which is RAM only.
 */
static u64 *table_va(phys_addr_t pa)
{
	if (pa >= symbol_to_phys(_data_start) && pa < symbol_to_phys(_bss_end))
		return (u64 *)(pa + kimage_voffset);
	return phys_to_virt(pa);
}

/* Physical address of a zeroed table, or 0. */
static phys_addr_t table_alloc(void)
{
	void *va;

	switch (table_source) {
	case TABLES_STATIC:
		if (pool_used == POOL_TABLES)
			return 0;
		return symbol_to_phys(table_pool[pool_used++]);
	case TABLES_MEMBLOCK:
		return memblock_alloc(PAGE_SIZE, PAGE_SIZE);
	default:
		va = get_zeroed_page(GFP_ATOMIC);
		return va ? virt_to_phys(va) : 0;
	}
}

/* The table below @e, made if absent; NULL: no memory. */
static u64 *table_below(u64 *e)
{
	phys_addr_t pa;

	if (!(*e & PTE_VALID)) {
		pa = table_alloc();
		if (!pa)
			return NULL;
		WRITE_ONCE(*e, pa | PTE_TABLE | PTE_VALID);
	}
	BUG_ON(!(*e & PTE_TABLE));
	return table_va(*e & PTE_ADDR_MASK);
}

static bool block_fits(u64 va, phys_addr_t pa, u64 size, u64 block)
{
	return size >= block && IS_ALIGNED(va | pa, block);
}

/* Map one block or page at @va; returns its size, 0 when out of memory. */
static u64 map_one(u64 va, phys_addr_t pa, u64 size, u64 prot)
{
	u64 *t = table_below(&swapper_pg_dir[va >> PGD_SHIFT & 511]);

	if (!t)
		return 0;
	t += va >> PUD_SHIFT & 511;
	if (block_fits(va, pa, size, PUD_SIZE) && !*t) {
		WRITE_ONCE(*t, pa | (prot & ~PTE_TABLE));
		return PUD_SIZE;
	}
	t = table_below(t);
	if (!t)
		return 0;
	t += va >> PMD_SHIFT & 511;
	if (block_fits(va, pa, size, PMD_SIZE) && !*t) {
		WRITE_ONCE(*t, pa | (prot & ~PTE_TABLE));
		return PMD_SIZE;
	}
	t = table_below(t);
	if (!t)
		return 0;
	WRITE_ONCE(t[va >> PAGE_SHIFT & 511], pa | prot);
	return PAGE_SIZE;
}

/**
 * map_kernel_range - map physical memory into the upper half
 * @va, @pa, @size: page-aligned
 * @prot: PROT_KERNEL_*
 *
 * Context: any; takes kernel_map_lock. The range must be unmapped.
 * Return: 0 or -ENOMEM (a part may be mapped; unmap_kernel_range() undoes it).
 */
int map_kernel_range(u64 va, phys_addr_t pa, u64 size, u64 prot)
{
	u64 flags = spin_lock_irqsave(&kernel_map_lock);
	int err = 0;

	while (size) {
		u64 done = map_one(va, pa, size, prot);

		if (!done) {
			err = -ENOMEM;
			break;
		}
		va += done;
		pa += done;
		size -= done;
	}
	dsb(ishst);
	isb();
	spin_unlock_irqrestore(&kernel_map_lock, flags);
	return err;
}

/* The entry that maps @va and the size it covers; NULL if none. */
static u64 *kernel_entry(u64 va, u64 *size)
{
	u64 *e = &swapper_pg_dir[va >> PGD_SHIFT & 511];
	static const u8 shifts[] = {PUD_SHIFT, PMD_SHIFT, PAGE_SHIFT};

	for (u32 i = 0; i < ARRAY_SIZE(shifts); i++) {
		if (!(*e & PTE_VALID))
			return NULL;
		e = table_va(*e & PTE_ADDR_MASK) + (va >> shifts[i] & 511);
		*size = 1ul << shifts[i];
		if ((*e & PTE_VALID) && !(*e & PTE_TABLE))
			return e;
	}
	return *e & PTE_VALID ? e : NULL;
}

/* Rewrite the attribute bits of every entry in a mapped range; 0 unmaps. */
static void change_kernel_range(u64 va, u64 size, u64 prot)
{
	u64 end = va + size;
	u64 step;

	for (; va < end; va += step) {
		u64 *e = kernel_entry(va, &step);

		if (!e) {
			step = PAGE_SIZE;
			continue;
		}
		BUG_ON(step > end - va);
		if (!prot)
			WRITE_ONCE(*e, 0);
		else
			WRITE_ONCE(*e, (*e & PTE_ADDR_MASK) |
					       (step == PAGE_SIZE
							? prot
							: prot & ~PTE_TABLE));
	}
}

void unmap_kernel_range(u64 va, u64 size)
{
	u64 flags = spin_lock_irqsave(&kernel_map_lock);

	change_kernel_range(va, size, 0);
	spin_unlock_irqrestore(&kernel_map_lock, flags);
	flush_tlb_kernel_range(va, va + size);
}

phys_addr_t kernel_virt_to_phys(u64 va)
{
	u64 size;
	u64 *e = kernel_entry(va, &size);

	if (!e)
		return ~0ul;
	return (*e & PTE_ADDR_MASK & ~(size - 1)) + (va & (size - 1));
}

/* Linear map of [start, end), which has no part of another protection. */
static void map_linear(phys_addr_t start, phys_addr_t end, u64 prot)
{
	if (start < end &&
	    map_kernel_range(PAGE_OFFSET + start, start, end - start, prot))
		panic("no memory for the linear map");
}

static void map_bank(phys_addr_t start, phys_addr_t end)
{
	phys_addr_t ro = symbol_to_phys(_start);
	phys_addr_t ro_end = symbol_to_phys(_rodata_end);
	phys_addr_t late = symbol_to_phys(_ro_after_init_start);
	phys_addr_t late_end = symbol_to_phys(_ro_after_init_end);

	start = ALIGN_UP(start, PAGE_SIZE);
	end = ALIGN_DOWN(end, PAGE_SIZE);
	if (ro < start || ro >= end) {
		map_linear(start, end, PROT_KERNEL_RW);
		return;
	}
	map_linear(start, ro, PROT_KERNEL_RW);
	map_linear(ro, ro_end, PROT_KERNEL_RO);
	/* No block across the ends of what mark_rodata_ro() changes. */
	map_linear(ro_end, late, PROT_KERNEL_RW);
	map_linear(late, late_end, PROT_KERNEL_RW);
	map_linear(late_end, end, PROT_KERNEL_RW);
}

/**
 * paging_init - map all RAM and the page array
 *
 * The bank with the image first: from then on tables can come from it.
 * Context: boot CPU, interrupts off, memblock filled in.
 */
void __init_text paging_init(void)
{
	phys_addr_t image = symbol_to_phys(_start);
	phys_addr_t start, end;
	u32 i;

	for (i = 0; memblock_memory(i, &start, &end); i++) {
		if (image < start || image >= end)
			continue;
		map_bank(start, end);
		memblock_set_limit(start, end);
		table_source = TABLES_MEMBLOCK;
	}
	if (table_source == TABLES_STATIC)
		panic("the kernel is not inside the memory the device tree describes");
	for (i = 0; memblock_memory(i, &start, &end); i++)
		if (image < start || image >= end)
			map_bank(start, end);
	memblock_set_limit(0, ~0ul);
}

/* Back the struct pages of the frames in [start, end) with memory. */
void __init_text vmemmap_populate(pfn_t start, pfn_t end)
{
	u64 va = (u64)pfn_to_page(start) & PAGE_MASK;
	u64 stop = ALIGN_UP((u64)pfn_to_page(end), PAGE_SIZE);

	while (va < stop) {
		u64 unused, size = PAGE_SIZE;
		phys_addr_t pa;

		if (kernel_entry(va, &unused)) { /* shared with the last bank */
			va += PAGE_SIZE;
			continue;
		}
		if (IS_ALIGNED(va, PMD_SIZE) && stop - va >= PMD_SIZE)
			size = PMD_SIZE;
		pa = memblock_alloc(size, size);
		if (!pa || map_kernel_range(va, pa, size, PROT_KERNEL_RW))
			panic("no memory for the page array");
		va += size;
	}
}

void __init_text paging_use_buddy(void)
{
	table_source = TABLES_BUDDY;
}

/* The device tree, wherever it lies: mapped read-only in its fixmap slot. */
const void *__init_text fixmap_fdt(phys_addr_t pa)
{
	phys_addr_t base = ALIGN_DOWN(pa, PMD_SIZE);

	if (map_kernel_range(FIXMAP_FDT, base, 2 * PMD_SIZE, PROT_KERNEL_RO))
		return NULL;
	return (void *)(FIXMAP_FDT + (pa - base));
}

void __iomem *__init_text fixmap_uart(phys_addr_t pa)
{
	phys_addr_t base = ALIGN_DOWN(pa, PMD_SIZE);

	if (map_kernel_range(FIXMAP_UART, base, PMD_SIZE, PROT_KERNEL_DEVICE))
		return NULL;
	return (void __iomem *)(FIXMAP_UART + (pa - base));
}

static void protect(u64 start, u64 size, u64 prot)
{
	u64 flags = spin_lock_irqsave(&kernel_map_lock);

	change_kernel_range(start, size, prot);
	spin_unlock_irqrestore(&kernel_map_lock, flags);
	flush_tlb_kernel_range(start, start + size);
}

/* A part of the image that is needed no more: unmapped there, free memory. */
static void free_image(char *start, char *end)
{
	char *p;

	protect((u64)start, (u64)(end - start), 0);
	for (p = start; p < end; p += PAGE_SIZE) {
		phys_addr_t pa = symbol_to_phys(p);

		memset(phys_to_virt(pa), 0, PAGE_SIZE);
		memblock_free_late(pa, PAGE_SIZE);
	}
}

/*
 * After boot: __ro_after_init data becomes read-only, in the image and in the
 * linear map, and what only the start needed goes.
 */
void mark_rodata_ro(void)
{
	u64 size = (u64)(_ro_after_init_end - _ro_after_init_start);
	phys_addr_t pa = symbol_to_phys(_ro_after_init_start);

	protect((u64)_ro_after_init_start, size, PROT_KERNEL_RO);
	protect(PAGE_OFFSET + pa, size, PROT_KERNEL_RO);
	free_image(_init_text, _init_end);
	free_image(_boot_stack_start, _boot_stack_end);
}
