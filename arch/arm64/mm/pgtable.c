/*
 * User translation tables: walking, making and freeing them.
 *
 * A table page is owned by its mm. Tables appear under mmap_lock held for
 * reading (faults race, so they are installed by compare-and-swap) and go away
 * under mmap_lock held for writing, after the VMAs of the range are gone from
 * every reverse map. The entries of a level 3 table are guarded by the ptl in
 * its struct page.
 */
#include <asm/mmu.h>
#include <linnet/atomic.h>
#include <linnet/mm.h>
#include <linnet/page.h>

pgprot_t vm_get_page_prot(u64 vm_flags)
{
	u64 v = PTE_TABLE | PTE_AF | PTE_SHARED | PTE_NG | PTE_PXN |
		PTE_ATTR(MT_NORMAL) | PTE_RDONLY;

	if (!(vm_flags & VM_ACCESS_FLAGS))
		return (pgprot_t){v | PTE_PROTNONE | PTE_UXN};
	v |= PTE_VALID | PTE_USER;
	if (!(vm_flags & VM_EXEC))
		v |= PTE_UXN;
	else if (vm_flags & VM_BTI)
		v |= PTE_GP;
	if (vm_flags & VM_WRITE)
		v &= ~PTE_RDONLY;
	return (pgprot_t){v};
}

static u64 *table_new(struct mm *mm)
{
	struct page *p = alloc_page(GFP_KERNEL | GFP_ZERO);

	if (!p)
		return NULL;
	p->flags |= PG_TABLE;
	spin_init(&p->ptl);
	atomic_add(&mm->pgtables, PAGE_SIZE);
	return page_address(p);
}

static void table_delete(struct mm *mm, u64 *t)
{
	struct page *p = virt_to_page(t);

	p->flags &= ~PG_TABLE;
	p->private = 0;
	atomic_sub(&mm->pgtables, PAGE_SIZE);
	put_page(p);
}

/* The table below @e, made if absent; NULL: no memory. */
static u64 *table_get(struct mm *mm, u64 *e)
{
	u64 old = READ_ONCE(*e);
	u64 *t;

	if (likely(old))
		return table_of(old);
	t = table_new(mm);
	if (!t)
		return NULL;
	/* Release: the zeroes are visible before the entry is. */
	if (__atomic_compare_exchange_n(
		    e, &old, virt_to_phys(t) | PTE_TABLE | PTE_VALID, false,
		    __ATOMIC_ACQ_REL, __ATOMIC_RELAXED)) {
		dsb(ishst);
		return t;
	}
	table_delete(mm, t); /* another fault was faster */
	return table_of(old);
}

/* Level 2 entry for @addr, or NULL. */
static u64 *pmd_lookup(struct mm *mm, u64 addr)
{
	u64 e = READ_ONCE(mm->mmu.pgd[addr >> PGD_SHIFT & 511]);

	if (!e)
		return NULL;
	e = READ_ONCE(table_of(e)[addr >> PUD_SHIFT & 511]);
	return e ? &table_of(e)[addr >> PMD_SHIFT & 511] : NULL;
}

static pte_t *pte_locked(u64 *table, u64 addr, spinlock_t **ptl)
{
	*ptl = &virt_to_page(table)->ptl;
	spin_lock(*ptl);
	return (pte_t *)&table[addr >> PAGE_SHIFT & 511];
}

pte_t *pte_lookup_lock(struct mm *mm, u64 addr, spinlock_t **ptl)
{
	u64 *pmd = pmd_lookup(mm, addr);
	u64 e = pmd ? READ_ONCE(*pmd) : 0;

	return e ? pte_locked(table_of(e), addr, ptl) : NULL;
}

pte_t pte_peek(struct mm *mm, u64 addr)
{
	u64 *pmd = pmd_lookup(mm, addr);
	u64 e = pmd ? READ_ONCE(*pmd) : 0;

	if (!e)
		return (pte_t){0};
	return pte_read((pte_t *)&table_of(e)[addr >> PAGE_SHIFT & 511]);
}

pte_t *pte_alloc_lock(struct mm *mm, u64 addr, spinlock_t **ptl)
{
	u64 *t = table_get(mm, &mm->mmu.pgd[addr >> PGD_SHIFT & 511]);

	if (t)
		t = table_get(mm, &t[addr >> PUD_SHIFT & 511]);
	if (t)
		t = table_get(mm, &t[addr >> PMD_SHIFT & 511]);
	return t ? pte_locked(t, addr, ptl) : NULL;
}

u64 pte_skip_holes(struct mm *mm, u64 addr, u64 end)
{
	while (addr < end) {
		u64 e = READ_ONCE(mm->mmu.pgd[addr >> PGD_SHIFT & 511]);
		u64 size = PGD_SIZE;

		if (e) {
			size = PUD_SIZE;
			e = READ_ONCE(table_of(e)[addr >> PUD_SHIFT & 511]);
		}
		if (e) {
			size = PMD_SIZE;
			e = READ_ONCE(table_of(e)[addr >> PMD_SHIFT & 511]);
		}
		if (e)
			return addr;
		addr = ALIGN_DOWN(addr, size) + size;
	}
	return end;
}

/* Tables that are taken out, to be freed when no CPU remembers them. */
struct table_batch {
	struct page *first; /* linked by private */
	u64 addr;	    /* what all of them served, unless many */
	bool many;
};

static void take_out(struct table_batch *b, u64 *e, u64 addr, u64 size)
{
	struct page *p = virt_to_page(table_of(*e));

	WRITE_ONCE(*e, 0);
	if (!b->first)
		b->addr = addr;
	else if (ALIGN_DOWN(b->addr, size) != addr)
		b->many = true;
	p->private = (u64)b->first; /* its lock is out of use */
	b->first = p;
}

static void free_batch(struct mm *mm, struct table_batch *b)
{
	struct page *p, *next;

	for (p = b->first; p; p = next) {
		next = (struct page *)p->private;
		table_delete(mm, page_address(p));
	}
}

/*
 * Take out the tables below the entries of @table (which covers 512 << shift from
 * @base) that meet [start, end) and lie in [floor, ceiling).
 */
static void take_out_level(struct table_batch *b, u64 *table, u64 base, u32 shift,
			   const u64 lim[4])
{
	u64 start = max(lim[0], base), end = min(lim[1], base + (512ul << shift));
	u64 size = 1ul << shift;
	u64 addr = ALIGN_DOWN(start, size);

	for (; addr < end; addr += size) {
		u64 *e = &table[addr >> shift & 511];

		if (!*e)
			continue;
		if (shift > PMD_SHIFT)
			take_out_level(b, table_of(*e), addr, shift - 9, lim);
		if (addr >= lim[2] && addr + size <= lim[3])
			take_out(b, e, addr, size);
	}
}

void free_page_tables(struct mm *mm, u64 start, u64 end, u64 floor,
		      u64 ceiling)
{
	const u64 lim[4] = {start, end, floor, ceiling};
	struct table_batch b = {NULL};

	if (start < end)
		take_out_level(&b, mm->mmu.pgd, 0, PGD_SHIFT, lim);
	if (!b.first)
		return;
	if (atomic_read(&mm->users))
		flush_tlb_tables(mm, b.addr, b.many);
	free_batch(mm, &b);
}
