/*
 * Page faults and page-table contents of user address spaces.
 *
 * A fault finds its VMA (arch code), gets the page - a fresh zeroed one, a copy
 * of a shared one, or the file's from the page cache - and installs it under
 * the lock of the page-table page. Whoever installs first wins; the others drop
 * their page and return to the program.
 *
 * Copy-on-write: a page mapped read-only in a writable private VMA. On a write
 * the page is reused when this mapping holds the only reference, else copied.
 *
 * Anonymous faults come in batches: when a fault continues where one of the task's
 * last few streams of faults ended, twice as many pages are installed, up to
 * FAULT_BATCH_MAX; a fault elsewhere starts a stream at one. File faults install the neighbours
 * that are already in the page cache.
 *
 * Locks: mmap_lock for reading > ptl. Allocation happens outside the ptl.
 */
#include <asm/mmu.h>
#include <linnet/fs.h>
#include <linnet/mm.h>
#include <linnet/page.h>
#include <linnet/printk.h>
#include <linnet/task.h>
#include "internal.h"

enum {
	FAULT_BATCH_MAX = 32, /* anonymous pages a fault */
	FAULT_AROUND = 16,    /* file pages a fault */
};

/* Which counter a page adds to: RSS of anonymous, tmpfs or file pages. */
void mm_add_rss(struct mm *mm, struct page *p, s64 n)
{
	if (page_test(p, PG_ANON))
		atomic_add(&mm->rss_anon, n);
	else if (page_test(p, PG_SWAPBACKED))
		atomic_add(&mm->rss_shmem, n);
	else
		atomic_add(&mm->rss_file, n);
}

static pte_t vma_pte(const struct vma *v, struct page *p, bool writable)
{
	pte_t pte = pte_make(page_to_pfn(p), vm_get_page_prot(v->flags));

	return writable ? pte_mkdirty(pte) : pte_wrprotect(pte);
}

void sync_icache_page(struct page *p)
{
	if (page_test(p, PG_ICACHE))
		return;
	sync_icache(page_address(p), PAGE_SIZE);
	page_set(p, PG_ICACHE);
}

/* Make instructions visible before a page becomes executable. */
static void sync_new_page(const struct vma *v, struct page *p)
{
	if (v->flags & VM_EXEC)
		sync_icache_page(p);
}

/* --- anonymous memory --- */

/* The task's stream that continues at @addr, or its oldest, begun anew. */
static struct fault_stream *find_stream(u64 addr)
{
	struct task *t = current;
	struct fault_stream *s;

	for (s = t->streams; s < t->streams + FAULT_STREAMS; s++)
		if (s->next == addr)
			return s;
	s = &t->streams[t->oldest_stream++ % FAULT_STREAMS];
	s->window = 0;
	return s;
}

/* How many pages to install at @addr: inside the VMA and one page table. */
static u32 anon_batch(const struct vma *v, u64 addr)
{
	struct fault_stream *s;
	u64 room;
	u32 n;

	if (v->flags & VM_NOHUGEPAGE)
		return 1;
	s = find_stream(addr);
	n = clamp(s->window * 2, 1u, (u32)FAULT_BATCH_MAX);
	room = min(v->end, ALIGN_DOWN(addr, PMD_SIZE) + PMD_SIZE) - addr;
	n = (u32)min((u64)n, room >> PAGE_SHIFT);
	s->window = n;
	s->next = addr + n * PAGE_SIZE;
	return n;
}

static int anon_read_fault(struct vma *v, u64 addr)
{
	spinlock_t *ptl;
	pte_t *pte = pte_alloc_lock(v->mm, addr, &ptl);

	if (!pte)
		return VM_FAULT_OOM;
	if (pte_none(pte_read(pte)))
		pte_set(pte, pte_mkspecial(vma_pte(v, zero_page, false)));
	pte_unlock(ptl);
	return VM_FAULT_OK;
}

__no_canary static int anon_write_fault(struct vma *v, u64 addr)
{
	struct page *pages[FAULT_BATCH_MAX];
	u32 want = anon_batch(v, addr), got, used = 0;
	pgprot_t prot = vm_get_page_prot(v->flags);
	spinlock_t *ptl;
	pte_t *pte;

	got = alloc_pages_bulk(GFP_USER | GFP_ZERO | (want > 1 ? GFP_NOWARN : 0),
			       want, pages);
	if (!got) {
		pages[0] = alloc_page(GFP_USER | GFP_ZERO);
		if (!pages[0])
			return VM_FAULT_OOM;
		got = 1;
	}
	pte = pte_alloc_lock(v->mm, addr, &ptl);
	if (!pte) {
		put_pages(pages, got);
		return VM_FAULT_OOM;
	}
	for (; used < got && pte_none(pte_read(pte)); used++, pte++) {
		pages[used]->flags |= PG_ANON;
		pte_set_nosync(pte, pte_mkdirty(pte_make(
					    page_to_pfn(pages[used]), prot)));
	}
	pte_sync();
	pte_unlock(ptl);
	atomic_add(&v->mm->rss_anon, used);
	if (unlikely(used < got))
		put_pages(pages + used, got - used);
	return VM_FAULT_OK;
}

/* --- copy on write --- */

static struct page *cow_copy(struct page *old)
{
	struct page *new;

	if (old == zero_page)
		return alloc_page(GFP_USER | GFP_ZERO);
	new = alloc_page(GFP_USER);
	if (new)
		copy_page(page_address(new), page_address(old));
	return new;
}

/* Replace the entry by a private copy of its page, if it is still @orig. */
static int cow_replace(struct vma *v, u64 addr, pte_t orig, struct page *old)
{
	struct page *new = cow_copy(old);
	spinlock_t *ptl;
	pte_t *pte;

	if (!new)
		return VM_FAULT_OOM;
	new->flags |= PG_ANON;
	sync_new_page(v, new);
	pte = pte_lookup_lock(v->mm, addr, &ptl);
	if (!pte || pte_read(pte).v != orig.v) {
		if (pte)
			pte_unlock(ptl);
		put_page(new);
		return VM_FAULT_OK;
	}
	/* Break before make (Arm ARM D8.14.1): the address changes. */
	pte_clear(pte);
	flush_tlb_page(v->mm, addr);
	pte_set(pte, vma_pte(v, new, true));
	pte_unlock(ptl);
	atomic_add(&v->mm->rss_anon, 1);
	if (old != zero_page) {
		mm_add_rss(v->mm, old, -1);
		put_page(old);
	}
	return VM_FAULT_OK;
}

/* First write to a page of a shared file mapping. */
static int shared_write(struct vma *v, u64 addr, pte_t *pte, spinlock_t *ptl,
			struct page *p)
{
	struct vm_fault vmf = {.vma = v, .address = addr, .write = true,
			       .pgoff = v->pgoff + ((addr - v->start) >> PAGE_SHIFT)};
	pte_t orig = pte_read(pte);
	int result = VM_FAULT_OK;

	if (v->ops && v->ops->page_mkwrite) {
		get_page(p);
		pte_unlock(ptl);
		vmf.page = p;
		result = v->ops->page_mkwrite(&vmf);
		put_page(p);
		if (result)
			return result;
		pte = pte_lookup_lock(v->mm, addr, &ptl);
		if (!pte)
			return VM_FAULT_OK;
	}
	if (pte_read(pte).v == orig.v) {
		pte_set(pte, pte_mkdirty(pte_mkwrite(pte_mkyoung(orig))));
		flush_tlb_page_local(v->mm, addr);
	}
	pte_unlock(ptl);
	set_page_dirty(p);
	return VM_FAULT_OK;
}

/* Write to a present, read-only page. Called with the ptl held; drops it. */
static int write_protect_fault(struct vma *v, u64 addr, pte_t *pte,
			       spinlock_t *ptl)
{
	pte_t orig = pte_read(pte);
	struct page *p = pfn_to_page(pte_pfn(orig));
	int result;

	if (v->flags & VM_SHARED)
		return shared_write(v, addr, pte, ptl, p);
	if (page_test(p, PG_ANON) && atomic_read(&p->refs) == 1) {
		pte_set(pte, pte_mkdirty(pte_mkwrite(pte_mkyoung(orig))));
		flush_tlb_page_local(v->mm, addr);
		pte_unlock(ptl);
		return VM_FAULT_OK;
	}
	if (p != zero_page)
		get_page(p);
	pte_unlock(ptl);
	result = cow_replace(v, addr, orig, p);
	if (p != zero_page)
		put_page(p);
	return result;
}

/* --- file mappings --- */

/* Install @p at @addr if nothing is there; consumes the reference. */
static int install_file_page(struct vma *v, u64 addr, struct page *p,
			     bool writable)
{
	spinlock_t *ptl;
	pte_t *pte;

	sync_new_page(v, p);
	pte = pte_alloc_lock(v->mm, addr, &ptl);
	if (!pte) {
		put_page(p);
		return VM_FAULT_OOM;
	}
	if (!pte_none(pte_read(pte))) {
		pte_unlock(ptl);
		put_page(p);
		return VM_FAULT_OK;
	}
	pte_set(pte, vma_pte(v, p, writable));
	mm_add_rss(v->mm, p, 1);
	pte_unlock(ptl);
	return VM_FAULT_OK;
}

/* Copy the file's page for a private mapping that is written at once. */
static int file_cow_fault(struct vma *v, u64 addr, struct page *p)
{
	struct page *new = cow_copy(p);

	put_page(p);
	if (!new)
		return VM_FAULT_OOM;
	new->flags |= PG_ANON;
	return install_file_page(v, addr, new, true);
}

/* Install those of @n pages that are there; consumes the references. */
static void map_pages(struct vma *v, u64 start, u32 n, struct page **pages)
{
	pgprot_t prot = vm_get_page_prot(v->flags);
	s64 file = 0, shmem = 0;
	spinlock_t *ptl;
	pte_t *pte = pte_alloc_lock(v->mm, start, &ptl);

	for (u32 i = 0; i < n; i++) {
		struct page *p = pages[i];

		if (!p)
			continue;
		if (!pte || !pte_none(pte_read(pte + i))) {
			put_page(p);
			continue;
		}
		if (page_test(p, PG_SWAPBACKED))
			shmem++;
		else
			file++;
		pte_set_nosync(pte + i,
			       pte_wrprotect(pte_make(page_to_pfn(p), prot)));
	}
	if (!pte)
		return;
	pte_sync();
	pte_unlock(ptl);
	if (file)
		atomic_add(&v->mm->rss_file, file);
	if (shmem)
		atomic_add(&v->mm->rss_shmem, shmem);
}

/*
 * Map @addr and its cached neighbours read-only: an aligned window of
 * FAULT_AROUND pages, inside the VMA and its page table. invalidate_lock keeps
 * truncation from overtaking us. True: @addr needs no more.
 */
static bool map_around(struct vma *v, u64 addr)
{
	struct address_space *m = v->file->mapping;
	u64 window = ALIGN_DOWN(addr, FAULT_AROUND * PAGE_SIZE);
	u64 start = max(v->start, window);
	u64 end = min(v->end, window + FAULT_AROUND * PAGE_SIZE);
	u32 n = (u32)((end - start) >> PAGE_SHIFT);
	struct page *pages[FAULT_AROUND];
	bool hit;

	if (!down_read_trylock(&m->invalidate_lock))
		return false;
	find_get_pages_range(m, v->pgoff + ((start - v->start) >> PAGE_SHIFT), n,
			     pages);
	hit = pages[(addr - start) >> PAGE_SHIFT] != NULL;
	if (hit) {
		for (u32 i = 0; i < n; i++)
			if (pages[i])
				sync_new_page(v, pages[i]);
		map_pages(v, start, n, pages);
		/* Without memory for the table the entry is not there. */
		hit = pte_present(pte_peek(v->mm, addr));
	} else {
		for (u32 i = 0; i < n; i++)
			if (pages[i])
				put_page(pages[i]);
	}
	up_read(&m->invalidate_lock);
	return hit;
}

static int file_fault(struct vma *v, u64 addr, bool write)
{
	struct vm_fault vmf = {.vma = v, .address = addr, .write = write,
			       .pgoff = v->pgoff + ((addr - v->start) >> PAGE_SHIFT)};
	int result, more;

	if (!write && v->ops == &generic_file_vma_ops && map_around(v, addr))
		return VM_FAULT_OK;
	result = v->ops->fault(&vmf);
	if (result & ~(u32)VM_FAULT_MAJOR || !vmf.page)
		return result;
	if (write && !(v->flags & VM_SHARED))
		return result | file_cow_fault(v, addr, vmf.page);
	if (write && v->ops->page_mkwrite) {
		more = v->ops->page_mkwrite(&vmf);
		if (more) {
			put_page(vmf.page);
			return more;
		}
	}
	if (write)
		set_page_dirty(vmf.page);
	return result | install_file_page(v, addr, vmf.page, write);
}

/* --- entry --- */

static bool access_allowed(const struct vma *v, bool write, bool exec)
{
	if (exec)
		return v->flags & VM_EXEC;
	if (write)
		return v->flags & VM_WRITE;
	return v->flags & (VM_READ | VM_WRITE | VM_EXEC);
}

/**
 * handle_mm_fault - make a page of a VMA accessible
 * @v: VMA that contains @addr; its mm is the current one or a remote one
 * @addr: page-aligned
 *
 * Context: mmap_lock held for reading; may sleep.
 * Return: VM_FAULT_* bits.
 */
__no_canary int handle_mm_fault(struct vma *v, u64 addr, bool write, bool exec)
{
	spinlock_t *ptl;
	pte_t *pte, cur;

	if (!access_allowed(v, write, exec))
		return VM_FAULT_ACCERR;
	/* Who installs an entry looks again under the lock. */
	if (pte_present(pte_peek(v->mm, addr))) {
		pte = pte_lookup_lock(v->mm, addr, &ptl);
		cur = pte_read(pte);
		if (pte_present(cur)) {
			if (write && !pte_writable(cur))
				return write_protect_fault(v, addr, pte, ptl);
			/* Another CPU was here first: this one may have the
			 * entry as it was. */
			if (!pte_young(cur))
				pte_set(pte, pte_mkyoung(cur));
			flush_tlb_page_local(v->mm, addr);
			pte_unlock(ptl);
			return VM_FAULT_OK;
		}
		pte_unlock(ptl);
	}
	if (v->ops && v->ops->fault)
		return file_fault(v, addr, write);
	if (v->flags & VM_PFNMAP)
		return VM_FAULT_SIGBUS;
	return write ? anon_write_fault(v, addr) : anon_read_fault(v, addr);
}

int insert_page(struct vma *v, u64 addr, struct page *p)
{
	int r = install_file_page(v, addr, p, v->flags & VM_WRITE);

	return r == VM_FAULT_OOM ? -ENOMEM : 0;
}

int remap_pfn_range(struct vma *v, u64 addr, pfn_t pfn, u64 len)
{
	pgprot_t prot = pgprot_noncached(vm_get_page_prot(v->flags));
	spinlock_t *ptl;
	pte_t *pte;

	v->flags |= VM_PFNMAP | VM_IO | VM_DONTEXPAND | VM_DONTDUMP;
	for (u64 off = 0; off < len; off += PAGE_SIZE, pfn++) {
		pte = pte_alloc_lock(v->mm, addr + off, &ptl);
		if (!pte)
			return -ENOMEM;
		pte_set(pte, pte_mkspecial(pte_make(pfn, prot)));
		pte_unlock(ptl);
	}
	return 0;
}
