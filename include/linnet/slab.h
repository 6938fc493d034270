/*
 * Small objects: named caches and kmalloc.
 */
#ifndef LINNET_SLAB_H
#define LINNET_SLAB_H

#include <linnet/page.h>

struct kmem_cache;

enum slab_flags {
	SLAB_HWALIGN = 1,     /* align objects to cache lines */
	SLAB_RECLAIMABLE = 2, /* a shrinker can empty it */
	SLAB_ACCOUNT = 4,
};

/**
 * kmem_cache_create - make a cache of equal objects
 * @name: kept, not copied; shown in /proc/slabinfo
 * @size: bytes of one object, 8 ... KMALLOC_MAX
 * @align: power of two, 0 for the natural one
 *
 * Context: may sleep. Return: the cache, or NULL when out of memory.
 */
struct kmem_cache *kmem_cache_create(const char *name, size_t size,
				     size_t align, u32 flags);
/* Any context with GFP_ATOMIC, also interrupt handlers. NULL: no memory. */
void *kmem_cache_alloc(struct kmem_cache *c, u32 gfp);
void kmem_cache_free(struct kmem_cache *c, void *obj);

static inline void *kmem_cache_zalloc(struct kmem_cache *c, u32 gfp)
{
	return kmem_cache_alloc(c, gfp | GFP_ZERO);
}

#define KMALLOC_MAX (PAGE_SIZE << MAX_ORDER)

/* Memory of at least @size bytes, 8-aligned (16 from 16 up), or NULL. */
void *kmalloc(size_t size, u32 gfp);
void *krealloc(const void *p, size_t size, u32 gfp);
/* NULL is allowed. */
void kfree(const void *p);
/* Usable size of what kmalloc gave. */
size_t ksize(const void *p);

static inline void *kzalloc(size_t size, u32 gfp)
{
	return kmalloc(size, gfp | GFP_ZERO);
}

/* Zeroed array; NULL also when n * size overflows. */
static inline void *kcalloc(size_t n, size_t size, u32 gfp)
{
	size_t bytes;

	if (__builtin_mul_overflow(n, size, &bytes))
		return NULL;
	return kzalloc(bytes, gfp);
}

char *kstrdup(const char *s, u32 gfp);
void *kmemdup(const void *p, size_t len, u32 gfp);
char *kasprintf(u32 gfp, const char *fmt, ...) __printf(2, 3);

/* Contiguous in virtual addresses only; for large tables. May sleep. */
void *vmalloc(size_t size);
void *vzalloc(size_t size);
void vfree(const void *p);
/* kmalloc if it fits well, else vmalloc; kvfree() for either. */
void *kvmalloc(size_t size, u32 gfp);
void kvfree(const void *p);

/* Map device registers; NULL when out of memory. */
void __iomem *ioremap(phys_addr_t pa, size_t size);
void iounmap(void __iomem *va);

#endif
