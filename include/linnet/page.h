/*
 * Physical pages: struct page, the page allocator, address conversions.
 *
 * Every page frame of RAM has one struct page in the vmemmap array. Who owns
 * the frame decides what the two unions mean:
 *   free (buddy)   next/prev link the free list, order is in the flags
 *   slab           slab = cache, freelist = first free object, refs = in use
 *   page cache     mapping and index name its place; refs: one for the cache,
 *                  one per mapping in a page table, one per user
 *   anonymous      refs: one per page-table entry and per user
 *   page table     ptl guards the table's entries
 */
#ifndef LINNET_PAGE_H
#define LINNET_PAGE_H

#include <asm/page.h>
#include <linnet/atomic.h>
#include <linnet/list.h>
#include <linnet/spinlock.h>

struct address_space;
struct kmem_cache;

struct page {
	u32 flags; /* [A] enum page_flags; order in the top byte */
	u32 refs;  /* [A] */
	union {
		struct address_space *mapping;
		struct kmem_cache *slab;
		spinlock_t ptl;
		u64 private;
	};
	union {
		u64 index; /* page cache: offset in the file in pages */
		void *freelist;
	};
	u32 next, prev; /* list links: page frame numbers, 0 ends */
};
static_assert(sizeof(struct page) == 32, "32 bytes a page: 0.8 % of RAM");

enum page_flags {
	PG_LOCKED = 1 << 0,    /* I/O or truncation in progress */
	PG_UPTODATE = 1 << 1,  /* contents are valid */
	PG_DIRTY = 1 << 2,     /* newer than the backing store */
	PG_WRITEBACK = 1 << 3, /* being written */
	PG_WAITERS = 1 << 4,   /* somebody sleeps on LOCKED or WRITEBACK */
	PG_REFERENCED = 1 << 5,
	PG_LRU = 1 << 6,
	PG_ACTIVE = 1 << 7,
	PG_ANON = 1 << 8,      /* private anonymous memory */
	PG_SLAB = 1 << 9,
	PG_BUDDY = 1 << 10,    /* first page of a free block */
	PG_RESERVED = 1 << 11, /* never given to the allocator */
	PG_TABLE = 1 << 12,
	PG_ERROR = 1 << 13,    /* I/O failed */
	PG_MLOCKED = 1 << 14,
	PG_SWAPBACKED = 1 << 15, /* tmpfs: no disk behind it */
	PG_ICACHE = 1 << 16,   /* instruction fetches see what was written */
	/* Of debug builds, for mm/kmemleak.c: */
	PG_LARGE = 1 << 17,    /* of a large kmalloc(); index: pages before it */
	PG_AREA = 1 << 18,     /* of vmalloc() or a kernel stack */
};
#define PG_ORDER_SHIFT 24

#define vmemmap ((struct page *)VMEMMAP_START)

static __always_inline struct page *pfn_to_page(pfn_t pfn)
{
	return vmemmap + pfn;
}

static __always_inline pfn_t page_to_pfn(const struct page *p)
{
	return (pfn_t)(p - vmemmap);
}

static __always_inline phys_addr_t page_to_phys(const struct page *p)
{
	return page_to_pfn(p) << PAGE_SHIFT;
}

static __always_inline struct page *phys_to_page(phys_addr_t pa)
{
	return pfn_to_page(pa >> PAGE_SHIFT);
}

static __always_inline void *page_address(const struct page *p)
{
	return phys_to_virt(page_to_phys(p));
}

/* The page behind a linear-map address. */
static __always_inline struct page *virt_to_page(const void *va)
{
	return pfn_to_page(virt_to_phys(va) >> PAGE_SHIFT);
}

/* Is this page frame RAM that has a struct page? */
bool pfn_valid(pfn_t pfn);

static inline bool page_test(const struct page *p, u32 flag)
{
	return READ_ONCE(p->flags) & flag;
}

static inline void page_set(struct page *p, u32 flag)
{
	atomic_or(&p->flags, flag);
}

static inline void page_clear(struct page *p, u32 flag)
{
	atomic_and(&p->flags, ~flag);
}

/* How an allocation may behave. */
enum gfp_flags {
	GFP_KERNEL = 0,		/* may sleep and reclaim */
	GFP_ATOMIC = 1 << 0,	/* must not sleep; may use the reserve */
	GFP_ZERO = 1 << 1,	/* zero-filled */
	GFP_NOWARN = 1 << 2,	/* failure is expected: no report */
	GFP_USER = 1 << 3,	/* on behalf of user memory: OOM may kill */
	GFP_NORETRY = 1 << 4,	/* give up rather than reclaim hard */
	GFP_NOFS = 1 << 5,	/* reclaim must not enter a file system */
};

#define MAX_ORDER 10 /* largest block: 4 MiB */

/**
 * alloc_pages - allocate 2^order contiguous pages
 *
 * The first page has one reference; the order is remembered in its flags.
 * Context: any with GFP_ATOMIC, else may sleep. Return: NULL if none.
 */
struct page *alloc_pages(u32 gfp, u32 order);
/* The same, and fault injection leaves it alone: for slabs. */
struct page *alloc_pages_always(u32 gfp, u32 order);
/* [I] "init_on_free=1": what is freed is zeroed at once. */
extern bool init_on_free;

void free_pages(struct page *p, u32 order);

static inline struct page *alloc_page(u32 gfp)
{
	return alloc_pages(gfp, 0);
}

/*
 * Allocate up to @n single pages into @pages in one go. Return: how many came
 * (0 ... n). With GFP_ZERO they are zeroed.
 */
u32 alloc_pages_bulk(u32 gfp, u32 n, struct page **pages);
/* Drop one reference on each of @n pages; @pages is scribbled over. */
void put_pages(struct page **pages, u32 n);

/* Linear-map address of a zeroed page, or NULL. */
void *get_zeroed_page(u32 gfp);
void free_page(void *va);

#ifdef CONFIG_DEBUG
/* Report a reference taken on, or dropped from, a page that had none. */
void page_check_ref(const struct page *p, u32 old);
#else
#define page_check_ref(p, old) ((void)0)
#endif

static inline void get_page(struct page *p)
{
	page_check_ref(p, atomic_read(&p->refs));
	atomic_inc(&p->refs);
}

/* Take a reference unless the page is being freed. */
static inline bool get_page_unless_zero(struct page *p)
{
	return refcount_inc_not_zero((refcount_t *)&p->refs);
}

void page_free_final(struct page *p);

static inline void put_page(struct page *p)
{
	page_check_ref(p, atomic_read(&p->refs));
	if (__atomic_sub_fetch(&p->refs, 1, __ATOMIC_ACQ_REL) == 0)
		page_free_final(p);
}

/* Page lock: sleeps. */
void lock_page(struct page *p);
bool trylock_page(struct page *p);
void unlock_page(struct page *p);

extern struct page *zero_page; /* read-only page of zeroes */

struct mem_counters {
	u64 total_pages; /* managed by the allocator, ever */
	u64 free_pages;
	u64 low_wmark, min_wmark;
};
extern struct mem_counters mem_counters;
u64 nr_free_pages(void);
extern int sysctl_min_free_kbytes;
void set_min_free_kbytes(u64 kbytes);
u64 free_blocks_of_order(u32 order);

/*
 * Caches that can give memory back under pressure register a shrinker.
 * @count says how many objects could go, @scan frees up to @nr of them and
 * returns how many it did. Context: may sleep, GFP_KERNEL reclaim.
 */
struct shrinker {
	const char *name;
	u64 (*count)(struct shrinker *s);
	u64 (*scan)(struct shrinker *s, u64 nr);
	struct list_head node;
};
void shrinker_register(struct shrinker *s);

#endif
