/* The slab allocator's data, shared with the sanitizer's part of it. */
#ifndef MM_SLAB_H
#define MM_SLAB_H

#include <linnet/list.h>
#include <linnet/slab.h>
#include <linnet/spinlock.h>

struct slab_cpu {
	void *free; /* list through obj_next() */
	u32 count;
	u64 allocs, frees;
};

struct kmem_cache {
	spinlock_t lock;
	u32 partial;		      /* [lock] pfn list of slabs, S2 */
	u32 nr_partial;		      /* [lock] */
	u32 size, object_size, align;
	u32 offset;		      /* of the free link in an object */
	u32 order, per_slab, batch;
	u32 flags;
#ifdef CONFIG_DEBUG
	u32 left; /* redzone before the first object */
	u32 meta; /* of struct kasan_meta in an object */
#endif
	u64 nr_slabs;		      /* [lock] */
	u64 nr_in_slabs;	      /* [lock] objects free inside slabs */
	const char *name;
	struct list_head node;	      /* [caches_mutex] */
	struct slab_cpu cpu[];	      /* [local interrupts off] nr_cpus of them */
};

#ifdef CONFIG_DEBUG
static inline u32 slab_left(const struct kmem_cache *c)
{
	return c->left;
}

/* In struct kasan_meta: nothing touches a free object. */
static inline u32 slab_link_offset(const struct kmem_cache *c)
{
	return c->meta;
}

void slab_release(struct kmem_cache *c, void *obj);
#else
static inline u32 slab_left(const struct kmem_cache *c)
{
	(void)c;
	return 0;
}

/* In the middle: an overrun of the neighbour does not hit the link. */
static inline u32 slab_link_offset(const struct kmem_cache *c)
{
	return ALIGN_DOWN(c->size / 2, 8);
}
#endif

/* The first page of the slab an object lies in. */
static inline struct page *slab_of(const void *obj)
{
	struct page *p = virt_to_page(obj);

	if (p->flags >> PG_ORDER_SHIFT == 0 && p->slab->order)
		p -= p->index;
	return p;
}

#endif
