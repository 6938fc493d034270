/*
 * The address sanitizer and slab objects: redzones, traces, quarantine.
 *
 * An object of a debug build lies like this in its slab:
 *
 *	| redzone | object | redzone, meta | object | redzone, meta | ...
 *
 * Everything but the bytes asked for is poisoned. struct kasan_meta holds the
 * free link, so that nothing inside a free object is ever touched.
 *
 *	OBJ_FREE -- kasan_slab_alloc --> OBJ_USED -- kasan_slab_free -->
 *	OBJ_QUARANTINE -- quarantine_trim --> OBJ_FREE
 *
 * A freed object is filled with FILL and waits in a queue until so many bytes
 * have been freed after it (RAM / 64); then its bytes must still be FILL, which
 * catches writers that are not instrumented. Under memory pressure a shrinker
 * empties the queue.
 *
 * Not instrumented: it reads what is poisoned.
 * Lock: quarantine_lock, taken without touching preemption; a leaf.
 */
#define PR_PREFIX "kasan: "
#include <asm/irqflags.h>
#include <linnet/init.h>
#include <linnet/page.h>
#include <linnet/printk.h>
#include <linnet/stackdepot.h>
#include <linnet/task.h>
#include "../slab.h"
#include "kasan.h"

enum { REDZONE = 16, FILL = 0x6b, QUARANTINE_SHARE = 64 };

static DEFINE_SPINLOCK(quarantine_lock);
static void *oldest, **newest = &oldest; /* [quarantine_lock] */
static u64 quarantine_bytes, quarantine_objects; /* [quarantine_lock] */

static struct kasan_meta *meta_of(const struct kmem_cache *c, const void *obj)
{
	return (struct kasan_meta *)((u8 *)obj + c->meta);
}

/* Called with object_size, align set. */
void kasan_cache_layout(struct kmem_cache *c)
{
	c->left = max(c->align, (u32)REDZONE);
	c->meta = ALIGN_UP(c->object_size, 8) + REDZONE;
	c->size = ALIGN_UP(c->meta + (u32)sizeof(struct kasan_meta), c->align);
}

/* All of a new slab is out of bounds, its objects are free. */
void kasan_slab_new(struct kmem_cache *c, void *slab)
{
	kasan_poison(slab, PAGE_SIZE << c->order, KASAN_SLAB_REDZONE);
	for (u32 i = 0; i < c->per_slab; i++) {
		u8 *obj = (u8 *)slab + c->left + i * (u64)c->size;

		*meta_of(c, obj) = (struct kasan_meta){.state = OBJ_FREE};
		kasan_poison(obj, c->object_size, KASAN_SLAB_FREE);
	}
}

static s32 current_pid(void)
{
	return current->pids[PIDTYPE_PID] ? task_pid(current) : 0;
}

void kasan_slab_alloc(struct kmem_cache *c, void *obj)
{
	struct kasan_meta *m = meta_of(c, obj);

	if (atomic_xchg(&m->state, OBJ_USED) != OBJ_FREE)
		kasan_report((u64)obj, 0, true, (u64)__builtin_return_address(0),
			     "allocation of what is not free");
	m->size = c->object_size;
	m->leak = (struct leak_mark){0};
	m->alloc_trace = stackdepot_save(1);
	m->alloc_pid = current_pid();
	kasan_unpoison(obj, c->object_size);
}

/* kmalloc() knows better how much of it was wanted. */
void *kasan_kmalloc(void *obj, size_t size)
{
	struct kmem_cache *c;

	if (!obj || !kasan_on)
		return obj;
	c = slab_of(obj)->slab;
	meta_of(c, obj)->size = (u32)size;
	kasan_poison(obj, c->object_size, KASAN_SLAB_REDZONE);
	kasan_unpoison(obj, size);
	return obj;
}

size_t kasan_ksize(const void *obj, size_t room)
{
	return kasan_on ? meta_of(slab_of(obj)->slab, obj)->size : room;
}

void *kasan_kmalloc_large(void *block, size_t size, size_t room)
{
	struct page *p = virt_to_page(block);

	kasan_poison(block, room, KASAN_PAGE_REDZONE);
	kasan_unpoison(block, size);
	for (u64 i = 0; i < room / PAGE_SIZE; i++) {
		p[i].flags |= PG_LARGE;
		p[i].index = i; /* distance to the first page */
	}
	p->private = 0; /* its struct leak_mark */
	return block;
}

static void forget_large(struct page *p)
{
	u64 n = 1ul << (p->flags >> PG_ORDER_SHIFT);

	for (u64 i = 1; i < n; i++)
		p[i].flags = 0;
	p->flags &= ~(u32)PG_LARGE;
}

/* kfree() of what is in no slab. False: nothing that could be freed. */
bool kasan_kfree_large(const void *block)
{
	u64 va = (u64)block;

	if (kasan_on && (!IS_ALIGNED(va, PAGE_SIZE) ||
			 (u8)*kasan_shadow(va) == KASAN_PAGE_FREE)) {
		kasan_report(va, 0, true, (u64)__builtin_return_address(0),
			     IS_ALIGNED(va, PAGE_SIZE) ? "double-free"
						       : "invalid-free");
		return false;
	}
	forget_large(virt_to_page(block));
	return true;
}

/* --- quarantine --- */

static bool still_filled(const struct kmem_cache *c, const u8 *obj)
{
	for (u32 i = 0; i < c->object_size; i++)
		if (obj[i] != FILL)
			return false;
	return true;
}

/* The oldest object leaves; false: there is none, or few enough. */
static bool quarantine_pop(u64 limit)
{
	u64 flags = local_irq_save();
	struct kmem_cache *c;
	u8 *obj = NULL;

	spin_acquire(&quarantine_lock);
	if (oldest && quarantine_bytes > limit) {
		obj = oldest;
		c = slab_of(obj)->slab;
		oldest = meta_of(c, obj)->next;
		if (!oldest)
			newest = &oldest;
		quarantine_bytes -= c->size;
		quarantine_objects--;
	}
	spin_release(&quarantine_lock);
	if (obj) {
		if (!still_filled(c, obj))
			kasan_report((u64)obj, 0, true, (u64)quarantine_pop,
				     "write-after-free, found late,");
		atomic_set(&meta_of(c, obj)->state, OBJ_FREE);
		slab_release(c, obj);
	}
	local_irq_restore(flags);
	return obj;
}

static void quarantine_push(struct kmem_cache *c, void *obj)
{
	struct kasan_meta *m = meta_of(c, obj);
	u64 flags = local_irq_save();

	spin_acquire(&quarantine_lock);
	m->next = NULL;
	*newest = obj;
	newest = &m->next;
	quarantine_bytes += c->size;
	quarantine_objects++;
	spin_release(&quarantine_lock);
	local_irq_restore(flags);
}

/* Is @obj the start of an object of @c? */
static bool is_object(struct kmem_cache *c, const void *obj)
{
	struct page *p = slab_of(obj);
	u64 at = (u64)obj - (u64)page_address(p) - c->left;

	return (p->flags & PG_SLAB) && p->slab == c && at % c->size == 0 &&
	       at / c->size < c->per_slab;
}

/* True: the caller shall free it now. */
bool kasan_slab_free(struct kmem_cache *c, void *obj)
{
	u64 ip = (u64)__builtin_return_address(0);
	struct kasan_meta *m = meta_of(c, obj);

	if (!kasan_on)
		return true;
	if (!is_object(c, obj)) {
		kasan_report((u64)obj, 0, true, ip, "invalid-free");
		return false;
	}
	if (!atomic_cmpxchg(&m->state, OBJ_USED, OBJ_QUARANTINE)) {
		kasan_report((u64)obj, 0, true, ip, "double-free");
		return false;
	}
	m->free_trace = stackdepot_save(1);
	m->free_pid = current_pid();
	kasan_poison(obj, c->object_size, KASAN_SLAB_FREE);
	__memset(obj, FILL, c->object_size);
	quarantine_push(c, obj);
	while (quarantine_pop(mem_counters.total_pages * PAGE_SIZE /
			      QUARANTINE_SHARE))
		;
	return false;
}

static u64 quarantine_count(struct shrinker *s)
{
	(void)s;
	return READ_ONCE(quarantine_objects);
}

static u64 quarantine_scan(struct shrinker *s, u64 nr)
{
	u64 n = 0;

	(void)s;
	while (n < nr && quarantine_pop(0))
		n++;
	return n;
}

static struct shrinker quarantine_shrinker = {
	.name = "kasan quarantine",
	.count = quarantine_count,
	.scan = quarantine_scan,
};

static int __init_text quarantine_init(void)
{
	shrinker_register(&quarantine_shrinker);
	return 0;
}
core_initcall(quarantine_init);

/* --- for reports --- */

bool kasan_find_object(u64 addr, struct kasan_object *o)
{
	struct page *p;
	struct kmem_cache *c;
	u64 at, base;

	if (!pfn_valid((addr - PAGE_OFFSET) >> PAGE_SHIFT))
		return false;
	p = virt_to_page((void *)addr);
	if (!(p->flags & PG_SLAB))
		return false;
	p = slab_of((void *)addr);
	c = p->slab;
	base = (u64)page_address(p);
	at = addr < base + c->left ? 0 : (addr - base - c->left) / c->size;
	if (at >= c->per_slab)
		at = c->per_slab - 1;
	o->cache = c->name;
	o->start = base + c->left + at * c->size;
	o->meta = meta_of(c, (void *)o->start);
	return true;
}
