/*
 * The page allocator: a buddy system with per-CPU lists of single pages.
 *
 * Free memory is kept as blocks of 2^order pages, naturally aligned, on one
 * doubly linked list per order (links are page frame numbers in struct page).
 * A request splits a larger block; a freed block merges with its buddy as long
 * as that is free too. Single pages come from and go to a list of the CPU,
 * refilled and drained in batches, so the common path takes no lock.
 *
 * Watermarks: below low the allocating task reclaims; below min only
 * GFP_ATOMIC requests and OOM victims are served.
 *
 * Invariants
 *   A1  the first page of a free block has PG_BUDDY and its order; no other
 *       page of the block has PG_BUDDY
 *   A2  zone.free counts the pages on the buddy lists; those on CPU lists are
 *       counted by the list
 * Lock: zone.lock, irq-safe, innermost.
 */
#define PR_PREFIX "page_alloc: "
#include <asm/percpu.h>
#include <asm/setup.h>
#include <linnet/fault_inject.h>
#include <linnet/init.h>
#include <linnet/kasan.h>
#include <linnet/memblock.h>
#include <linnet/printk.h>
#include <linnet/sched.h>
#include <linnet/string.h>
#include <linnet/task.h>
#include "internal.h"

struct free_list {
	u32 first; /* pfn, 0: empty */
};

static struct {
	spinlock_t lock;
	struct free_list list[MAX_ORDER + 1]; /* [lock] */
	u64 nr_blocks[MAX_ORDER + 1];	      /* [lock] */
	u64 free;			      /* [lock] A2 */
} zone;

/* BULK_MIN: so many pages at once are worth a trip to the buddy lists. */
enum { PCP_BATCH = 32, PCP_HIGH = 96, BULK_MIN = 8 };

/* [local interrupts off] */
struct pcp {
	u32 first; /* singly linked by page.next */
	u32 count;
};
static DEFINE_PERCPU(struct pcp, pcp);

int sysctl_min_free_kbytes; /* what the watermarks come from */
struct mem_counters mem_counters;
struct page *zero_page;

static void list_push(struct page *p, u32 order)
{
	struct free_list *l = &zone.list[order];
	u32 pfn = (u32)page_to_pfn(p);

	p->next = l->first;
	p->prev = 0;
	if (l->first)
		pfn_to_page(l->first)->prev = pfn;
	l->first = pfn;
	p->flags = PG_BUDDY | order << PG_ORDER_SHIFT;
	zone.nr_blocks[order]++;
}

static void list_unlink(struct page *p, u32 order)
{
	if (p->prev)
		pfn_to_page(p->prev)->next = p->next;
	else
		zone.list[order].first = p->next;
	if (p->next)
		pfn_to_page(p->next)->prev = p->prev;
	p->flags = 0;
	zone.nr_blocks[order]--;
}

static bool is_free_block(pfn_t pfn, u32 order)
{
	const struct page *p = pfn_to_page(pfn);

	return (p->flags & (PG_BUDDY | 0xffu << PG_ORDER_SHIFT)) ==
	       (PG_BUDDY | order << PG_ORDER_SHIFT);
}

/* Bounds of the page array: buddies outside are not looked at. */
static pfn_t pfn_min = ~0ul, pfn_max;

static void buddy_free_locked(pfn_t pfn, u32 order)
{
	zone.free += 1ul << order;
	while (order < MAX_ORDER) {
		pfn_t buddy = pfn ^ (1ul << order);

		if (buddy < pfn_min || buddy >= pfn_max ||
		    !is_free_block(buddy, order))
			break;
		list_unlink(pfn_to_page(buddy), order);
		pfn &= buddy;
		order++;
	}
	list_push(pfn_to_page(pfn), order);
}

/* Pages [start, end) in the largest aligned blocks. */
static void buddy_free_range(pfn_t start, pfn_t end)
{
	while (start < end) {
		u32 order = MAX_ORDER;

		while (!IS_ALIGNED(start, 1ul << order) ||
		       start + (1ul << order) > end)
			order--;
		buddy_free_locked(start, order);
		start += 1ul << order;
	}
}

/* A block of exactly @order, splitting a larger one. */
static struct page *buddy_alloc_locked(u32 order)
{
	struct page *p;
	u32 o = order;

	while (o <= MAX_ORDER && !zone.list[o].first)
		o++;
	if (o > MAX_ORDER)
		return NULL;
	p = pfn_to_page(zone.list[o].first);
	list_unlink(p, o);
	while (o > order) {
		o--;
		list_push(p + (1ul << o), o);
	}
	zone.free -= 1ul << order;
	return p;
}

static bool above_watermark(u32 gfp, u64 nr)
{
	u64 mark = mem_counters.low_wmark;

	if ((gfp & GFP_ATOMIC) || (current->flags & (PF_MEMALLOC | PF_OOM_VICTIM)))
		mark = 0;
	else if (gfp & GFP_NORETRY)
		mark = mem_counters.min_wmark;
	return READ_ONCE(zone.free) >= nr + mark;
}

static void page_prepare(struct page *p, u32 order)
{
	p->flags = order << PG_ORDER_SHIFT;
	p->refs = 1;
	p->private = 0;
	kasan_alloc_pages(page_address(p), 1ul << order);
}

static void zero_block(struct page *p, u32 order)
{
	for (u32 i = 0; i < 1u << order; i++)
		clear_page(page_address(p + i));
}

/* Move up to PCP_BATCH pages to the CPU's list. Interrupts off. */
static void pcp_refill(struct pcp *c)
{
	spin_lock(&zone.lock);
	for (u32 i = 0; i < PCP_BATCH; i++) {
		struct page *p = buddy_alloc_locked(0);

		if (!p)
			break;
		p->next = c->first;
		c->first = (u32)page_to_pfn(p);
		c->count++;
	}
	spin_unlock(&zone.lock);
}

static void pcp_drain(struct pcp *c, u32 keep)
{
	spin_lock(&zone.lock);
	while (c->count > keep) {
		struct page *p = pfn_to_page(c->first);

		c->first = p->next;
		c->count--;
		buddy_free_locked(page_to_pfn(p), 0);
	}
	spin_unlock(&zone.lock);
}

/* One page from the CPU's list; NULL when memory is below the mark. */
static struct page *pcp_alloc(u32 gfp)
{
	u64 flags = local_irq_save();
	struct pcp *c = this_cpu_ptr(&pcp);
	struct page *p = NULL;

	if (unlikely(!c->count) && above_watermark(gfp, PCP_BATCH))
		pcp_refill(c);
	else if (unlikely(!c->count) && above_watermark(gfp, 1))
		pcp_refill(c);
	if (likely(c->count)) {
		p = pfn_to_page(c->first);
		c->first = p->next;
		c->count--;
	}
	local_irq_restore(flags);
	return p;
}

static void pcp_push(struct pcp *c, struct page *p)
{
	p->flags = 0;
	p->next = c->first;
	c->first = (u32)page_to_pfn(p);
	c->count++;
}

bool init_on_free __ro_after_init;

static int __init_text param_init_on_free(const char *value)
{
	init_on_free = !strcmp(value, "1") || !strcmp(value, "on");
	return 0;
}
KERNEL_PARAM("init_on_free", param_init_on_free);

static void zero_pages(struct page *p, u64 n)
{
	for (u64 i = 0; i < n; i++)
		clear_page(page_address(p + i));
}

static void pcp_free(struct page *p)
{
	u64 flags = local_irq_save();
	struct pcp *c = this_cpu_ptr(&pcp);

	pcp_push(c, p);
	if (unlikely(c->count > PCP_HIGH))
		pcp_drain(c, PCP_HIGH - PCP_BATCH);
	local_irq_restore(flags);
}

static struct page *block_alloc(u32 gfp, u32 order)
{
	struct page *p = NULL;
	u64 flags;

	if (!above_watermark(gfp, 1ul << order))
		return NULL;
	flags = spin_lock_irqsave(&zone.lock);
	p = buddy_alloc_locked(order);
	spin_unlock_irqrestore(&zone.lock, flags);
	return p;
}

static struct page *try_alloc(u32 gfp, u32 order)
{
	return likely(order == 0) ? pcp_alloc(gfp) : block_alloc(gfp, order);
}

static struct page *alloc_slow(u32 gfp, u32 order)
{
	struct page *p = NULL;

	if (gfp & GFP_ATOMIC || in_atomic() || irqs_disabled())
		return try_alloc(gfp | GFP_ATOMIC, order);
	while (!p && reclaim_for_alloc(gfp, order))
		p = try_alloc(gfp, order);
	/* Between low and min: better than failing. */
	if (!p)
		p = try_alloc(gfp | GFP_NORETRY, order);
	if (!p && !(gfp & GFP_NOWARN))
		pr_warn_ratelimited("%s: no memory for 2^%u pages\n",
				    current->comm, order);
	return p;
}

struct page *alloc_pages(u32 gfp, u32 order)
{
	return should_fail() ? NULL : alloc_pages_always(gfp, order);
}

struct page *alloc_pages_always(u32 gfp, u32 order)
{
	struct page *p;

	if (unlikely(order > MAX_ORDER))
		return NULL;
	p = try_alloc(gfp, order);
	if (unlikely(!p)) {
		p = alloc_slow(gfp, order);
		if (!p)
			return NULL;
	}
	page_prepare(p, order);
	if (gfp & GFP_ZERO)
		zero_block(p, order);
	return p;
}

void free_pages(struct page *p, u32 order)
{
	u64 flags;

	if (unlikely(init_on_free))
		zero_pages(p, 1ul << order);
	kasan_free_pages(page_address(p), 1ul << order);
	if (order == 0) {
		pcp_free(p);
		return;
	}
	p->flags = 0;
	flags = spin_lock_irqsave(&zone.lock);
	buddy_free_locked(page_to_pfn(p), order);
	spin_unlock_irqrestore(&zone.lock, flags);
}

/*
 * A batch is cut out of one block if there is one, which costs a single trip
 * to the buddy lists; what is left of the last pages comes one by one.
 */
u32 alloc_pages_bulk(u32 gfp, u32 n, struct page **pages)
{
	u32 got = 0;

	if (should_fail())
		return 0;
	while (n - got >= BULK_MIN) {
		u32 order = min(31u - (u32)__builtin_clz(n - got), (u32)MAX_ORDER);
		struct page *block = block_alloc(gfp, order);

		if (!block)
			break;
		for (u32 i = 0; i < 1u << order; i++)
			pages[got++] = block + i;
	}
	for (; got < n; got++) {
		pages[got] = try_alloc(gfp, 0);
		if (!pages[got])
			break;
	}
	for (u32 i = 0; i < got; i++) {
		page_prepare(pages[i], 0);
		if (gfp & GFP_ZERO)
			clear_page(page_address(pages[i]));
	}
	return got;
}

/* Single pages without references. Neighbours go back as a block. */
static void free_singles(struct page **pages, u32 n)
{
	u64 flags = local_irq_save();
	struct pcp *c = this_cpu_ptr(&pcp);
	u32 i = 0, run;

	for (; i < n; i += run) {
		struct page *p = pages[i];

		for (run = 1; i + run < n && pages[i + run] == p + run; run++)
			p[run].flags = 0;
		if (unlikely(init_on_free))
			zero_pages(p, run);
		kasan_free_pages(page_address(p), run);
		p->flags = 0;
		if (run >= BULK_MIN) {
			spin_lock(&zone.lock);
			buddy_free_range(page_to_pfn(p), page_to_pfn(p) + run);
			spin_unlock(&zone.lock);
			continue;
		}
		for (u32 k = 0; k < run; k++)
			pcp_push(c, p + k);
		if (unlikely(c->count > PCP_HIGH))
			pcp_drain(c, PCP_HIGH - PCP_BATCH);
	}
	local_irq_restore(flags);
}

void put_pages(struct page **pages, u32 n)
{
	u32 singles = 0;

	for (u32 i = 0; i < n; i++) {
		struct page *p = pages[i];

		if (__atomic_sub_fetch(&p->refs, 1, __ATOMIC_ACQ_REL))
			continue;
		if (unlikely(p->flags >> PG_ORDER_SHIFT))
			page_free_final(p);
		else
			pages[singles++] = p;
	}
	if (singles)
		free_singles(pages, singles);
}

/* The last reference is gone. */
void page_free_final(struct page *p)
{
	free_pages(p, p->flags >> PG_ORDER_SHIFT);
}

void *get_zeroed_page(u32 gfp)
{
	struct page *p = alloc_page(gfp | GFP_ZERO);

	return p ? page_address(p) : NULL;
}

void free_page(void *va)
{
	if (va)
		put_page(virt_to_page(va));
}

u64 nr_free_pages(void)
{
	u64 sum = READ_ONCE(zone.free);
	u32 cpu;

	for_each_possible_cpu(cpu)
		sum += READ_ONCE(per_cpu(pcp, cpu).count);
	return sum;
}

u64 free_blocks_of_order(u32 order)
{
	return READ_ONCE(zone.nr_blocks[order]);
}

/**
 * set_min_free_kbytes - how much is kept for those who cannot wait
 * @kbytes: at most a quarter of memory is taken
 *
 * Context: any.
 */
void set_min_free_kbytes(u64 kbytes)
{
	u64 pages = min(kbytes >> (PAGE_SHIFT - 10),
			mem_counters.total_pages / 4);

	WRITE_ONCE(sysctl_min_free_kbytes, (int)(pages << (PAGE_SHIFT - 10)));
	WRITE_ONCE(mem_counters.min_wmark, pages);
	WRITE_ONCE(mem_counters.low_wmark, pages * 5 / 4);
}

static void update_watermarks(void)
{
	u64 total = mem_counters.total_pages;

	set_min_free_kbytes(clamp(total / 256, 32ul, 1024ul)
			    << (PAGE_SHIFT - 10));
}

/* New free memory: boot, init sections, the initrd. */
void page_alloc_add(pfn_t start, pfn_t end)
{
	u64 flags = spin_lock_irqsave(&zone.lock);

	kasan_poison(phys_to_virt(start << PAGE_SHIFT),
		     (end - start) << PAGE_SHIFT, KASAN_PAGE_FREE);
	mem_counters.total_pages += end - start;
	buddy_free_range(start, end);
	update_watermarks();
	spin_unlock_irqrestore(&zone.lock, flags);
}

/* Make the page array, then take over all memory that is not reserved. */
void __init_text page_alloc_init(void)
{
	phys_addr_t start, end;

	for (u32 i = 0; memblock_memory(i, &start, &end); i++) {
		pfn_min = min(pfn_min, start >> PAGE_SHIFT);
		pfn_max = max(pfn_max, end >> PAGE_SHIFT);
		vmemmap_populate(start >> PAGE_SHIFT, end >> PAGE_SHIFT);
	}
	memblock_release();
	paging_use_buddy();
	kasan_use_buddy();
	zero_page = alloc_page(GFP_ATOMIC | GFP_ZERO);
	if (!zero_page)
		panic("no memory at all");
}
