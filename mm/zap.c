/*
 * Taking pages out of address spaces: munmap, exit, truncation, fork's copy.
 *
 * Entries are cleared under the ptl; their pages are collected in a batch and
 * only freed after the TLB no longer knows them. An address space that nobody
 * runs in any more needs no TLB flush for them: its ASID is not used again before a
 * generation change flushes everything. (Its tables do: exit_mmap().)
 */
#include <asm/mmu.h>
#include <linnet/fs.h>
#include <linnet/mm.h>
#include <linnet/page.h>
#include <linnet/sched.h>
#include "internal.h"

enum { BATCH_PAGES = 128 };

struct tlb_batch {
	struct mm *mm;
	bool no_flush;
	u32 n;
	u64 start, end; /* range with removed entries */
	s64 anon, shmem, file;
	struct page *pages[BATCH_PAGES];
};

static void batch_init(struct tlb_batch *b, struct mm *mm, bool whole_mm)
{
	b->mm = mm;
	b->no_flush = whole_mm;
	b->n = 0;
	b->start = ~0ul;
	b->end = 0;
	b->anon = b->shmem = b->file = 0;
}

static void batch_flush(struct tlb_batch *b)
{
	if (b->start < b->end && !b->no_flush)
		flush_tlb_range(b->mm, b->start, b->end);
	put_pages(b->pages, b->n);
	if (b->anon)
		atomic_sub(&b->mm->rss_anon, b->anon);
	if (b->shmem)
		atomic_sub(&b->mm->rss_shmem, b->shmem);
	if (b->file)
		atomic_sub(&b->mm->rss_file, b->file);
	batch_init(b, b->mm, b->no_flush);
}

/* Clear one entry; its page, if it has one, joins the batch. */
static void zap_one(struct tlb_batch *b, pte_t *pte, u64 addr)
{
	pte_t old = pte_clear(pte);
	struct page *p;

	b->start = min(b->start, addr);
	b->end = addr + PAGE_SIZE;
	if (pte_special(old))
		return;
	p = pfn_to_page(pte_pfn(old));
	if (page_test(p, PG_ANON)) {
		b->anon++;
	} else {
		if (page_test(p, PG_SWAPBACKED))
			b->shmem++;
		else
			b->file++;
		if (pte_dirty(old) && pte_writable(old))
			set_page_dirty(p);
	}
	b->pages[b->n++] = p;
}

/* How many of the @n entries from @pte on are empty, up to the first that is
 * not; eight at a time, since most of a large range is. [ptl] */
static u32 count_none(const pte_t *pte, u32 n)
{
	u32 i = 0;

	for (; i + 8 <= n; i += 8)
		if (pte[i].v | pte[i + 1].v | pte[i + 2].v | pte[i + 3].v |
		    pte[i + 4].v | pte[i + 5].v | pte[i + 6].v | pte[i + 7].v)
			break;
	while (i < n && pte_none(pte[i]))
		i++;
	return i;
}

/* Does unmapping of a part of a file spare this entry? (private copies) */
typedef bool (*zap_filter)(struct page *p);

static bool keep_anon(struct page *p)
{
	return page_test(p, PG_ANON);
}

static void zap_pte_range(struct tlb_batch *b, u64 addr, u64 end,
			  zap_filter keep)
{
	while (addr < end) {
		u64 stop;
		spinlock_t *ptl;
		pte_t *pte;

		addr = pte_skip_holes(b->mm, addr, end);
		if (addr >= end)
			return;
		stop = min(end, ALIGN_DOWN(addr, PMD_SIZE) + PMD_SIZE);
		pte = pte_lookup_lock(b->mm, addr, &ptl);
		if (!pte) {
			addr = stop;
			continue;
		}
		for (; addr < stop && b->n < BATCH_PAGES;
		     addr += PAGE_SIZE, pte++) {
			pte_t cur = pte_read(pte);

			if (pte_none(cur)) {
				u32 none = count_none(pte, (u32)((stop - addr) >> PAGE_SHIFT));

				/* The loop steps over the last of them. */
				pte += none - 1;
				addr += (u64)(none - 1) << PAGE_SHIFT;
				continue;
			}
			if (keep && !pte_special(cur) &&
			    keep(pfn_to_page(pte_pfn(cur))))
				continue;
			zap_one(b, pte, addr);
		}
		/* Before the lock goes: fork must not copy what is unmapped. */
		if (b->n == BATCH_PAGES) {
			pte_unlock(ptl);
			batch_flush(b);
			cond_resched();
			continue;
		}
		pte_unlock(ptl);
	}
}

void zap_range(struct vma *v, u64 start, u64 end)
{
	struct tlb_batch b;

	batch_init(&b, v->mm, false);
	zap_pte_range(&b, start, end, NULL);
	batch_flush(&b);
}

/* Unmap [start, end) of all VMAs from @first on. */
void unmap_vmas(struct mm *mm, struct vma *first, u64 start, u64 end,
		bool whole_mm)
{
	struct tlb_batch b;

	batch_init(&b, mm, whole_mm);
	for (struct vma *v = first; v && v->start < end; v = vma_next(v))
		zap_pte_range(&b, max(start, v->start), min(end, v->end), NULL);
	batch_flush(&b);
}

/**
 * unmap_mapping_range - remove a file's pages from all address spaces
 * @m: the file's mapping
 * @start, @last: first and last page offset
 * @even_cows: also private copies (truncation, not reclaim)
 *
 * Context: may sleep; takes i_mmap_lock and ptls.
 */
void unmap_mapping_range(struct address_space *m, u64 start, u64 last,
			 bool even_cows)
{
	struct tlb_batch b;
	struct vma *v;

	if (!READ_ONCE(m->i_mmap.rb_node))
		return;
	down_read(&m->i_mmap_lock);
	for (v = mapping_first_vma(m, start, last); v;
	     v = mapping_next_vma(v, start, last)) {
		u64 from = max(start, v->pgoff) - v->pgoff;
		u64 pages = (v->end - v->start) >> PAGE_SHIFT;
		u64 to = min(last - v->pgoff, pages - 1) + 1;

		batch_init(&b, v->mm, false);
		zap_pte_range(&b, v->start + (from << PAGE_SHIFT),
			      v->start + (to << PAGE_SHIFT),
			      even_cows ? NULL : keep_anon);
		batch_flush(&b);
	}
	up_read(&m->i_mmap_lock);
}

/* --- fork: copying page tables --- */

/* Shared file mappings are refaulted cheaply; private data is not. */
static bool must_copy(const struct vma *v)
{
	if (v->flags & (VM_DONTCOPY | VM_WIPEONFORK))
		return false;
	if (v->flags & VM_PFNMAP)
		return true;
	if (v->ops && v->ops->fault && (v->flags & VM_SHARED))
		return false;
	return true;
}

/*
 * Copy one entry, with a reference for the child; private pages become
 * read-only in both. True if the parent's entry was made stricter.
 */
static bool copy_one(struct mm *child, const struct vma *v, pte_t *src,
		     pte_t *dst)
{
	pte_t pte = pte_read(src);
	bool stricter = false;
	struct page *p;

	if (!pte_present(pte))
		return false;
	if (!(v->flags & VM_SHARED) && pte_writable(pte)) {
		pte = pte_wrprotect(pte);
		pte_set_nosync(src, pte);
		stricter = true;
	}
	if (!pte_special(pte)) {
		p = pfn_to_page(pte_pfn(pte));
		/* The file's own pages come back from the page cache. */
		if (!page_test(p, PG_ANON) && v->file && !(v->flags & VM_SHARED) &&
		    v->ops == &generic_file_vma_ops)
			return stricter;
		get_page(p);
		mm_add_rss(child, p, 1);
	}
	pte_set_nosync(dst, pte);
	return stricter;
}

/**
 * copy_page_range - give a forked child its copy of a VMA's pages
 * @child: the new mm
 * @v: VMA of the parent, whose mmap_lock is held for writing
 * @stricter: set if entries of the parent were write-protected (flush needed)
 *
 * Return: 0 or -ENOMEM.
 */
int copy_page_range(struct mm *child, struct vma *v, bool *stricter)
{
	u64 addr = v->start;

	if (!must_copy(v))
		return 0;
	while ((addr = pte_skip_holes(v->mm, addr, v->end)) < v->end) {
		u64 stop = min(v->end, ALIGN_DOWN(addr, PMD_SIZE) + PMD_SIZE);
		spinlock_t *src_ptl, *dst_ptl;
		pte_t *dst = pte_alloc_lock(child, addr, &dst_ptl), *src;

		if (!dst)
			return -ENOMEM;
		/* Nobody else can hold the child's lock: no order to keep. */
		src = pte_lookup_lock(v->mm, addr, &src_ptl);
		for (; src && addr < stop; addr += PAGE_SIZE, src++, dst++)
			if (!pte_none(pte_read(src)))
				*stricter |= copy_one(child, v, src, dst);
		if (src)
			pte_unlock(src_ptl);
		pte_sync();
		pte_unlock(dst_ptl);
		addr = stop;
		cond_resched();
	}
	return 0;
}

/* Apply a VMA's (new) protection to the pages that are present. */
void change_protection(struct vma *v, u64 start, u64 end)
{
	pgprot_t prot = vm_get_page_prot(v->flags);
	u64 addr = start;

	while ((addr = pte_skip_holes(v->mm, addr, end)) < end) {
		u64 stop = min(end, ALIGN_DOWN(addr, PMD_SIZE) + PMD_SIZE);
		spinlock_t *ptl;
		pte_t *pte = pte_lookup_lock(v->mm, addr, &ptl);

		for (; pte && addr < stop; addr += PAGE_SIZE, pte++) {
			pte_t old = pte_read(pte), new;

			if (pte_none(old))
				continue;
			new = pte_modify(old, prot);
			/* Writing comes back through a fault: COW, dirty. */
			if (!(pte_writable(old) && pte_dirty(old)))
				new = pte_wrprotect(new);
			if (pte_exec(new) && !pte_exec(old) &&
			    !pte_special(old))
				sync_icache_page(
					pfn_to_page(pte_pfn(old)));
			pte_set_nosync(pte, new);
		}
		if (pte)
			pte_unlock(ptl);
		addr = stop;
	}
	flush_tlb_range(v->mm, start, end);
}

/*
 * Move one entry; there is a table for it at @to. Truncation, which looks at both
 * VMAs of a file, must not find it in neither.
 */
static void move_entry(struct vma *v, u64 from, u64 to)
{
	struct address_space *m = v->file ? v->file->mapping : NULL;
	spinlock_t *ptl;
	pte_t *pte, old;

	if (m)
		down_write(&m->i_mmap_lock);
	pte = pte_lookup_lock(v->mm, from, &ptl);
	old = pte ? pte_clear(pte) : (pte_t){0};
	if (pte)
		pte_unlock(ptl);
	if (!pte_none(old)) {
		flush_tlb_page(v->mm, from);
		pte = pte_lookup_lock(v->mm, to, &ptl);
		pte_set(pte, old);
		pte_unlock(ptl);
	}
	if (m)
		up_write(&m->i_mmap_lock);
}

/* Move the entries of [from, from + len) to @to (mremap). -ENOMEM or 0. */
int move_page_tables(struct vma *v, u64 from, u64 to, u64 len)
{
	struct mm *mm = v->mm;

	for (u64 off = 0; off < len; off += PAGE_SIZE) {
		spinlock_t *ptl;

		off = pte_skip_holes(mm, from + off, from + len) - from;
		if (off >= len)
			break;
		if (!pte_alloc_lock(mm, to + off, &ptl))
			return -ENOMEM;
		pte_unlock(ptl);
		move_entry(v, from + off, to + off);
	}
	return 0;
}
