/*
 * The slab allocator: caches of equal objects, and kmalloc.
 *
 * A slab is a block of pages cut into objects; its struct page holds the cache,
 * the list of free objects (linked through the objects themselves) and, in
 * refs, how many are in use. Each CPU has a private list of free objects per
 * cache, so that allocation and freeing are a pointer swap with interrupts off;
 * it is refilled from, and flushed to, the slabs in batches under cache->lock.
 *
 * Invariants
 *   S1  an object is on exactly one list: a CPU's, its slab's, or in use
 *   S2  a slab is on cache->partial iff it has free objects of its own
 * Lock order: cache->lock > zone.lock. Both irq-safe.
 */
#define PR_PREFIX "slab: "
#include <asm/percpu.h>
#include <asm/sections.h>
#include <asm/uaccess.h>
#include <linnet/cpumask.h>
#include <linnet/errno.h>
#include <linnet/fault_inject.h>
#include <linnet/init.h>
#include <linnet/kasan.h>
#include <linnet/mutex.h>
#include <linnet/printf.h>
#include <linnet/printk.h>
#include <linnet/seq_file.h>
#include <linnet/slab.h>
#include <linnet/string.h>
#include "internal.h"
#include "slab.h"

static LIST_HEAD(caches);
static DEFINE_MUTEX(caches_mutex);

enum { KEEP_EMPTY_SLABS = 2 };

static void **obj_next(const struct kmem_cache *c, void *obj)
{
	return (void **)((u8 *)obj + c->offset);
}

static void partial_add(struct kmem_cache *c, struct page *p)
{
	u32 pfn = (u32)page_to_pfn(p);

	p->prev = 0;
	p->next = c->partial;
	if (c->partial)
		pfn_to_page(c->partial)->prev = pfn;
	c->partial = pfn;
	c->nr_partial++;
}

static void partial_del(struct kmem_cache *c, struct page *p)
{
	if (p->prev)
		pfn_to_page(p->prev)->next = p->next;
	else
		c->partial = p->next;
	if (p->next)
		pfn_to_page(p->next)->prev = p->prev;
	c->nr_partial--;
}

/* A fresh slab with all objects on its free list; not on any list. */
static struct page *slab_new(struct kmem_cache *c, u32 gfp)
{
	struct page *p = alloc_pages_always(gfp & ~GFP_ZERO, c->order);
	u8 *base, *obj;

	if (!p)
		return NULL;
	base = (u8 *)page_address(p) + slab_left(c);
	for (u32 i = 1; i < 1u << c->order; i++) {
		p[i].slab = c;
		p[i].flags = PG_SLAB;
		p[i].index = i; /* distance to the first page */
	}
	p->flags |= PG_SLAB;
	p->slab = c;
	p->refs = 0;
	p->freelist = NULL;
	kasan_slab_new(c, page_address(p));
	for (obj = base + (c->per_slab - 1) * (u64)c->size; obj >= base;
	     obj -= c->size) {
		*obj_next(c, obj) = p->freelist;
		p->freelist = obj;
	}
	return p;
}

static void slab_delete(struct kmem_cache *c, struct page *p)
{
	for (u32 i = 1; i < 1u << c->order; i++)
		p[i].flags = 0;
	p->flags = c->order << PG_ORDER_SHIFT;
	free_pages(p, c->order);
}

/* Take up to @want objects from one slab onto the CPU's list. */
static void slab_take(struct kmem_cache *c, struct slab_cpu *cpu,
		      struct page *p, u32 want)
{
	while (want-- && p->freelist) {
		void *obj = p->freelist;

		p->freelist = *obj_next(c, obj);
		p->refs++;
		c->nr_in_slabs--;
		*obj_next(c, obj) = cpu->free;
		cpu->free = obj;
		cpu->count++;
	}
}

/* Interrupts are off. False: no memory. */
static bool cpu_refill(struct kmem_cache *c, u32 gfp, u64 irq)
{
	struct slab_cpu *cpu;
	struct page *p;

	spin_lock(&c->lock);
	if (!c->partial) {
		spin_unlock(&c->lock);
		local_irq_restore(irq);
		p = slab_new(c, gfp);
		local_irq_disable();
		if (!p)
			return false;
		spin_lock(&c->lock);
		c->nr_slabs++;
		c->nr_in_slabs += c->per_slab;
		partial_add(c, p);
	}
	cpu = &c->cpu[smp_processor_id()]; /* may have moved */
	while (c->partial && cpu->count < c->batch) {
		p = pfn_to_page(c->partial);
		slab_take(c, cpu, p, c->batch - cpu->count);
		if (!p->freelist)
			partial_del(c, p);
	}
	spin_unlock(&c->lock);
	return true;
}

void *kmem_cache_alloc(struct kmem_cache *c, u32 gfp)
{
	struct slab_cpu *cpu;
	void *obj;
	u64 irq;

	if (should_fail())
		return NULL;
	irq = local_irq_save();
	cpu = &c->cpu[smp_processor_id()];
	while (unlikely(!cpu->free)) {
		if (!cpu_refill(c, gfp, irq)) {
			local_irq_restore(irq);
			return NULL;
		}
		cpu = &c->cpu[smp_processor_id()];
	}
	obj = cpu->free;
	cpu->free = *obj_next(c, obj);
	cpu->count--;
	local_irq_restore(irq);
	kasan_slab_alloc(c, obj);
	if (gfp & GFP_ZERO)
		memset(obj, 0, c->object_size);
	return obj;
}

/* Back to its slab; the slab is freed when empty and there are enough. */
static void slab_put(struct kmem_cache *c, void *obj)
{
	struct page *p = slab_of(obj);

	if (!p->freelist)
		partial_add(c, p);
	*obj_next(c, obj) = p->freelist;
	p->freelist = obj;
	c->nr_in_slabs++;
	if (--p->refs == 0 && c->nr_in_slabs > KEEP_EMPTY_SLABS * c->per_slab) {
		partial_del(c, p);
		c->nr_slabs--;
		c->nr_in_slabs -= c->per_slab;
		slab_delete(c, p);
	}
}

static void cpu_flush(struct kmem_cache *c, struct slab_cpu *cpu, u32 keep)
{
	spin_lock(&c->lock);
	while (cpu->count > keep) {
		void *obj = cpu->free;

		cpu->free = *obj_next(c, obj);
		cpu->count--;
		slab_put(c, obj);
	}
	spin_unlock(&c->lock);
}

static __always_inline void free_to_cpu(struct kmem_cache *c, void *obj)
{
	u64 irq = local_irq_save();
	struct slab_cpu *cpu = &c->cpu[smp_processor_id()];

	*obj_next(c, obj) = cpu->free;
	cpu->free = obj;
	if (unlikely(++cpu->count > 2 * c->batch))
		cpu_flush(c, cpu, c->batch);
	local_irq_restore(irq);
}

void kmem_cache_free(struct kmem_cache *c, void *obj)
{
	if (unlikely(init_on_free))
		memset(obj, 0, c->object_size);
	if (kasan_slab_free(c, obj))
		free_to_cpu(c, obj);
}

#ifdef CONFIG_DEBUG
/* The way back from quarantine. */
void slab_release(struct kmem_cache *c, void *obj)
{
	free_to_cpu(c, obj);
}
#endif

static void cache_layout(struct kmem_cache *c, size_t size, size_t align)
{
	u32 waste_ok;

	if (c->flags & SLAB_HWALIGN)
		align = max(align, (size_t)64);
	c->align = (u32)max(align, size >= 16 ? (size_t)16 : (size_t)8);
	c->object_size = (u32)size;
	c->size = (u32)ALIGN_UP(max(size, (size_t)8), c->align);
	kasan_cache_layout(c);
	c->offset = slab_link_offset(c);
	for (c->order = 0; c->order < 3; c->order++) {
		u64 bytes = PAGE_SIZE << c->order;

		waste_ok = (u32)(bytes / 8);
		if (bytes >= c->size * 4ul && bytes % c->size <= waste_ok)
			break;
	}
	while ((PAGE_SIZE << c->order) < slab_left(c) + c->size)
		c->order++;
	c->per_slab = (u32)(((PAGE_SIZE << c->order) - slab_left(c)) / c->size);
	c->batch = clamp((u32)(PAGE_SIZE / c->size), 4u, 32u);
}

static void cache_setup(struct kmem_cache *c, const char *name, size_t size,
			size_t align, u32 flags)
{
	memset(c, 0, sizeof(*c) + nr_cpus * sizeof(c->cpu[0]));
	c->name = name;
	c->flags = flags;
	spin_init(&c->lock);
	cache_layout(c, size, align);
	list_add_tail(&c->node, &caches);
}

/* The cache of caches, and kmalloc's size classes. */
static union {
	struct kmem_cache cache;
	u8 room[sizeof(struct kmem_cache) + NR_CPUS * sizeof(struct slab_cpu)];
} cache_cache_storage;
#define cache_cache cache_cache_storage.cache

static const u16 kmalloc_sizes[] = {8,	 16,  32,  48,	 64,   96,   128,
				    192, 256, 384, 512, 768, 1024, 1536, 2048,
				    3072, 4096};
static struct kmem_cache *kmalloc_caches[ARRAY_SIZE(kmalloc_sizes)];
static u8 kmalloc_index[4096 / 16 + 1]; /* by (size + 15) / 16 */

struct kmem_cache *kmem_cache_create(const char *name, size_t size,
				     size_t align, u32 flags)
{
	struct kmem_cache *c = kmem_cache_alloc(&cache_cache, GFP_KERNEL);

	if (!c)
		return NULL;
	mutex_lock(&caches_mutex);
	cache_setup(c, name, size, align, flags);
	mutex_unlock(&caches_mutex);
	return c;
}

static struct kmem_cache *kmalloc_cache(size_t size)
{
	if (size <= 8)
		return kmalloc_caches[0];
	return kmalloc_caches[kmalloc_index[(size + 15) / 16]];
}

static u32 order_for(size_t size)
{
	u64 pages = DIV_ROUND_UP(size, PAGE_SIZE);

	return pages <= 1 ? 0 : ilog2(pages - 1) + 1;
}

void *kmalloc(size_t size, u32 gfp)
{
	struct page *p;

	if (likely(size <= 4096))
		return kasan_kmalloc(kmem_cache_alloc(kmalloc_cache(size), gfp),
				     size);
	if (size > KMALLOC_MAX)
		return NULL;
	p = alloc_pages(gfp, order_for(size));
	if (!p)
		return NULL;
	return kasan_kmalloc_large(page_address(p), size,
				   PAGE_SIZE << order_for(size));
}

static void __noinline __cold usercopy_abort(const struct kmem_cache *c,
					     u64 offset, size_t n)
{
	panic("usercopy: %lu bytes at offset %lu of an object of %u bytes (%s)",
	      n, offset, c->object_size, c->name);
}

void usercopy_check(const void *p, size_t n)
{
	const struct kmem_cache *c;
	const struct page *page;
	u64 offset;

	if ((u64)p >= LINEAR_END) {
		if (unlikely((u64)p < (u64)_text_end && (u64)p + n > (u64)_start))
			panic("usercopy: %lu bytes of the kernel's text", n);
		return;
	}
	if (unlikely((u64)p < PAGE_OFFSET))
		panic("usercopy: %lu bytes at a user address", n);
	page = virt_to_page(p);
	if (likely(!(page->flags & PG_SLAB)) || !n)
		return;
	c = page->slab;
	offset = ((u64)p - (u64)page_address(slab_of(p)) - slab_left(c)) %
		 c->size;
	if (unlikely(offset + n > c->object_size || offset + n < n))
		usercopy_abort(c, offset, n);
}

size_t ksize(const void *ptr)
{
	struct page *p = virt_to_page(ptr);

	if (p->flags & PG_SLAB)
		return kasan_ksize(ptr, p->slab->size);
	kasan_unpoison(ptr, PAGE_SIZE << (p->flags >> PG_ORDER_SHIFT));
	return PAGE_SIZE << (p->flags >> PG_ORDER_SHIFT);
}

void kfree(const void *ptr)
{
	struct page *p;

	if (!ptr)
		return;
	p = virt_to_page(ptr);
	if (likely(p->flags & PG_SLAB))
		kmem_cache_free(p->slab, (void *)ptr);
	else if (kasan_kfree_large(ptr))
		put_page(p);
}

void *krealloc(const void *ptr, size_t size, u32 gfp)
{
	size_t old = ptr ? ksize(ptr) : 0;
	void *new;

	if (ptr && size <= old)
		return (void *)ptr;
	new = kmalloc(size, gfp);
	if (!new)
		return NULL;
	if (ptr)
		memcpy(new, ptr, old);
	kfree(ptr);
	return new;
}

void *kmemdup(const void *src, size_t len, u32 gfp)
{
	void *p = kmalloc(len, gfp);

	return p ? memcpy(p, src, len) : NULL;
}

char *kstrdup(const char *s, u32 gfp)
{
	return kmemdup(s, strlen(s) + 1, gfp);
}

char *kasprintf(u32 gfp, const char *fmt, ...)
{
	va_list ap;
	char *s;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	s = kmalloc((size_t)n + 1, gfp);
	if (!s)
		return NULL;
	va_start(ap, fmt);
	vsnprintf(s, (size_t)n + 1, fmt, ap);
	va_end(ap);
	return s;
}

void __init_text slab_init(void)
{
	static char names[ARRAY_SIZE(kmalloc_sizes)][16];
	u32 k = 0;

	cache_setup(&cache_cache, "kmem_cache",
		    sizeof(struct kmem_cache) + nr_cpus * sizeof(struct slab_cpu),
		    64, 0);
	for (u32 i = 0; i < ARRAY_SIZE(kmalloc_sizes); i++) {
		snprintf(names[i], sizeof(names[i]), "kmalloc-%u",
			 kmalloc_sizes[i]);
		kmalloc_caches[i] = kmem_cache_create(names[i],
						      kmalloc_sizes[i], 0, 0);
		if (!kmalloc_caches[i])
			panic("no memory for %s", names[i]);
	}
	for (u32 i = 0; i < ARRAY_SIZE(kmalloc_index); i++) {
		while (kmalloc_sizes[k] < i * 16)
			k++;
		kmalloc_index[i] = (u8)k;
	}
}

void slab_pages(u64 *reclaimable, u64 *unreclaimable);
int show_slabinfo(struct seq_file *m);

/* Pages held by slabs, for /proc/meminfo. */
void slab_pages(u64 *reclaimable, u64 *unreclaimable)
{
	struct kmem_cache *c;

	*reclaimable = 0;
	*unreclaimable = 0;
	mutex_lock(&caches_mutex);
	list_for_each_entry(c, &caches, node) {
		u64 pages = c->nr_slabs << c->order;

		if (c->flags & SLAB_RECLAIMABLE)
			*reclaimable += pages;
		else
			*unreclaimable += pages;
	}
	mutex_unlock(&caches_mutex);
}

static u64 cache_cpu_objects(const struct kmem_cache *c)
{
	u64 n = 0;
	u32 cpu;

	for_each_possible_cpu(cpu)
		n += c->cpu[cpu].count;
	return n;
}

/* /proc/slabinfo, version 2.1 */
int show_slabinfo(struct seq_file *m)
{
	struct kmem_cache *c;

	seq_puts(m, "slabinfo - version: 2.1\n"
		    "# name            <active_objs> <num_objs> <objsize> "
		    "<objperslab> <pagesperslab> : tunables <limit> "
		    "<batchcount> <sharedfactor> : slabdata <active_slabs> "
		    "<num_slabs> <sharedavail>\n");
	mutex_lock(&caches_mutex);
	list_for_each_entry(c, &caches, node) {
		u64 total = c->nr_slabs * c->per_slab;
		u64 idle = c->nr_in_slabs + cache_cpu_objects(c);

		seq_printf(m,
			   "%-17s %6lu %6lu %6u %4u %4u : tunables %4u %4u %4u "
			   ": slabdata %6lu %6lu %6u\n",
			   c->name, total - min(idle, total), total, c->size,
			   c->per_slab, 1u << c->order, 0, 0, 0, c->nr_slabs,
			   c->nr_slabs, 0);
	}
	mutex_unlock(&caches_mutex);
	return 0;
}
