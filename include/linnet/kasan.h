/*
 * The address sanitizer (debug build): what memory allocators tell it, and
 * checks of ranges that the compiler does not see. All of it is nothing in a
 * release build.
 */
#ifndef LINNET_KASAN_H
#define LINNET_KASAN_H

#include <linnet/types.h>

struct kmem_cache;

#ifdef CONFIG_DEBUG
enum { KASAN_ENABLED = 1 };

/* What a shadow byte says of its eight bytes: 0 all, 1-7 the first so many. */
enum kasan_shadow_value {
	KASAN_PAGE_FREE = 0xff,
	KASAN_PAGE_REDZONE = 0xfe, /* behind a large kmalloc() */
	KASAN_SLAB_REDZONE = 0xfc,
	KASAN_SLAB_FREE = 0xfb,
	KASAN_GLOBAL_REDZONE = 0xf9,
	KASAN_VMALLOC = 0xf7, /* behind and between areas */
	/* The compiler's: */
	KASAN_STACK_LEFT = 0xf1,
	KASAN_STACK_MID = 0xf2,
	KASAN_STACK_RIGHT = 0xf3,
};

/* Boot, in this order: after RAM is mapped; once pages can be had. */
void kasan_init(void);
void kasan_use_buddy(void);

/* @addr is aligned to 8; a trailing part of @size is exact, or rounded up. */
void kasan_unpoison(const void *addr, size_t size);
void kasan_poison(const void *addr, size_t size, u8 value);

/* Report a range that may not be touched. False: it was reported. */
bool kasan_check(u64 addr, size_t size, bool write);
#define kasan_check_read(p, n)	((void)kasan_check((u64)(p), n, false))
#define kasan_check_write(p, n) ((void)kasan_check((u64)(p), n, true))

/* Pages by linear address. Freeing reports what is free already. */
void kasan_alloc_pages(void *va, u64 nr);
void kasan_free_pages(void *va, u64 nr);

/* Areas of vmalloc: @used of @size bytes may be touched; -ENOMEM: no shadow. */
int kasan_vmalloc(u64 start, u64 used, u64 size);
void kasan_vfree(u64 start, u64 size);

/* kasan_slab.c; slab.c says where. */
void kasan_cache_layout(struct kmem_cache *c);
void kasan_slab_new(struct kmem_cache *c, void *slab);
void kasan_slab_alloc(struct kmem_cache *c, void *obj);
bool kasan_slab_free(struct kmem_cache *c, void *obj);
void *kasan_kmalloc(void *obj, size_t size);
void *kasan_kmalloc_large(void *block, size_t size, size_t room);
size_t kasan_ksize(const void *obj, size_t room);
bool kasan_kfree_large(const void *block);

/* Tests: reports are counted and kept, not printed, and do not taint. */
struct kasan_seen {
	u32 count;
	const char *kind; /* of the last */
	u64 addr;
};
void kasan_expect(bool on);
struct kasan_seen kasan_seen(void);
#else
enum { KASAN_ENABLED = 0 };

static inline void kasan_init(void) { }
static inline void kasan_use_buddy(void) { }
static inline void kasan_unpoison(const void *addr, size_t size)
{
	(void)addr;
	(void)size;
}
static inline void kasan_poison(const void *addr, size_t size, u8 value)
{
	(void)addr;
	(void)size;
	(void)value;
}
#define kasan_check_read(p, n)	((void)0)
#define kasan_check_write(p, n) ((void)0)
enum { KASAN_PAGE_FREE, KASAN_VMALLOC };
#define kasan_alloc_pages(va, nr) ((void)0)
#define kasan_free_pages(va, nr)  ((void)0)
static inline int kasan_vmalloc(u64 start, u64 used, u64 size)
{
	(void)start;
	(void)used;
	(void)size;
	return 0;
}
static inline void kasan_vfree(u64 start, u64 size)
{
	(void)start;
	(void)size;
}
static inline void kasan_cache_layout(struct kmem_cache *c) { (void)c; }
static inline void kasan_slab_new(struct kmem_cache *c, void *slab)
{
	(void)c;
	(void)slab;
}
static inline void kasan_slab_alloc(struct kmem_cache *c, void *obj)
{
	(void)c;
	(void)obj;
}
static __always_inline bool kasan_slab_free(struct kmem_cache *c, void *obj)
{
	(void)c;
	(void)obj;
	return true;
}
static __always_inline void *kasan_kmalloc(void *obj, size_t size)
{
	(void)size;
	return obj;
}
static __always_inline void *kasan_kmalloc_large(void *block, size_t size,
						 size_t room)
{
	(void)size;
	(void)room;
	return block;
}
static __always_inline size_t kasan_ksize(const void *obj, size_t room)
{
	(void)obj;
	return room;
}
static __always_inline bool kasan_kfree_large(const void *block)
{
	(void)block;
	return true;
}
#endif

#endif
