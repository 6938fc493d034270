/* Between the files of mm/. */
#ifndef MM_INTERNAL_H
#define MM_INTERNAL_H

#include <linnet/mm.h>
#include <linnet/kmemleak.h>
#include <linnet/page.h>

/* page_alloc.c */
void page_alloc_add(pfn_t start, pfn_t end);
void page_alloc_init(void);
void slab_init(void);
void slab_pages(u64 *reclaimable, u64 *unreclaimable);
void vmalloc_init(void);

/*
 * For mm/kmemleak.c: areas of vmalloc(), not stacks and devices. The next one
 * behind @u; .start and .size say where to begin.
 */
struct vmalloc_use {
	u64 start, size;
	struct leak_mark *mark;
	u32 trace;
};
extern struct kmem_cache *vm_area_cache; /* [I] */
bool vmalloc_trylock(void);
void vmalloc_unlock(void);
bool vmalloc_find_locked(u64 addr, struct vmalloc_use *u);
bool vmalloc_next_locked(struct vmalloc_use *u);

/* reclaim.c: called by the allocator when a request does not fit. */
bool reclaim_for_alloc(u32 gfp, u32 order);

/* vma.c */
struct vma *vma_alloc(struct mm *mm);
void vma_free(struct vma *v);
void vma_insert(struct mm *mm, struct vma *v);
void vma_erase(struct mm *mm, struct vma *v);
/* Change bounds in place; neighbours must not overlap the new range. */
void vma_resize(struct vma *v, u64 start, u64 end, u64 pgoff);
struct vma *vma_split(struct vma *v, u64 addr); /* upper part or ERR_PTR */
/*
 * Give [start, end), inside @v, new flags that do not concern the page tables:
 * splits, then merges. The VMA that now covers it, or ERR_PTR.
 */
struct vma *vma_set_flags(struct vma *v, u64 start, u64 end, u64 flags);
/* Join with equal neighbours; returns the VMA that now covers @v. */
struct vma *vma_merge_around(struct vma *v);
/* Extend a neighbour over a free range instead of adding a VMA, or NULL. */
struct vma *vma_extend(struct mm *mm, u64 start, u64 end, u64 flags,
		       struct file *file, u64 pgoff,
		       const struct vma_ops *ops, void *private);
void vma_link_file(struct vma *v);
void vma_unlink_file(struct vma *v);

struct vma *mapping_first_vma(struct address_space *m, u64 start, u64 last);
struct vma *mapping_next_vma(struct vma *v, u64 start, u64 last);

/* mmap.c: mmap_lock for writing */
/* Where a mapping of @len goes, @addr being a hint but for MAP_FIXED; or -errno. */
u64 choose_address(struct mm *mm, u64 addr, u64 len, u32 flags);
/* May @pages more be locked? */
bool memlock_ok(struct mm *mm, u64 pages);
/* Count @pages of such a VMA for RLIMIT_AS and /proc. */
void vm_stat_account(struct mm *mm, u64 flags, s64 pages);

/* zap.c */
void unmap_vmas(struct mm *mm, struct vma *first, u64 start, u64 end,
		bool whole_mm);
int copy_page_range(struct mm *child, struct vma *v, bool *stricter);
void change_protection(struct vma *v, u64 start, u64 end);
int move_page_tables(struct vma *v, u64 from, u64 to, u64 len);

/* memory.c: account a page of an mm */
void mm_add_rss(struct mm *mm, struct page *p, s64 n);
/* Make what was written to @p visible to instruction fetches, once. */
void sync_icache_page(struct page *p);

#endif
