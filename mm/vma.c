/*
 * The VMA tree of an address space, and links from files to their mappings.
 *
 * mm->vmas is ordered by address and augmented with the largest hole below a
 * subtree's VMAs, so that a free range is found in logarithmic time. Each
 * file's i_mmap is an interval tree over page offsets, used by truncation to
 * find all mappings of a page.
 *
 * Locks: mmap_lock for writing for every change; i_mmap_lock inside it.
 */
#include <linnet/errno.h>
#include <linnet/fs.h>
#include <linnet/init.h>
#include <linnet/mm.h>
#include <linnet/printk.h>
#include <linnet/rbtree_augmented.h>
#include <linnet/slab.h>
#include "internal.h"

static struct kmem_cache *vma_cache;

static struct vma *to_vma(struct rb_node *n)
{
	return rb_entry_or_null(n, struct vma, node);
}

struct vma *vma_next(struct vma *v)
{
	return to_vma(rb_next(&v->node));
}

struct vma *vma_prev(struct vma *v)
{
	return to_vma(rb_prev(&v->node));
}

struct vma *vma_first(struct mm *mm)
{
	return to_vma(rb_first(&mm->vmas));
}

/* Hole between the VMA before @v and @v. */
static u64 gap_before(struct vma *v)
{
	struct vma *prev = vma_prev(v);

	return v->start - (prev ? prev->end : 0);
}

static u64 subtree_gap(struct rb_node *n)
{
	return n ? to_vma(n)->gap : 0;
}

static bool gap_update(struct vma *v)
{
	u64 gap = max(v->hole, max(subtree_gap(v->node.rb_left),
				   subtree_gap(v->node.rb_right)));
	bool same = gap == v->gap;

	v->gap = gap;
	return same;
}

static void gap_propagate(struct rb_node *n, struct rb_node *stop)
{
	while (n != stop) {
		if (gap_update(to_vma(n)))
			break;
		n = rb_parent(n);
	}
}

static void gap_copy(struct rb_node *old, struct rb_node *new)
{
	to_vma(new)->gap = to_vma(old)->gap;
}

static void gap_rotate(struct rb_node *old, struct rb_node *new)
{
	to_vma(new)->gap = to_vma(old)->gap;
	gap_update(to_vma(old));
}

static const struct rb_augment_ops gap_ops = {
	.propagate = gap_propagate,
	.copy = gap_copy,
	.rotate = gap_rotate,
};

struct vma *vma_alloc(struct mm *mm)
{
	struct vma *v = kmem_cache_zalloc(vma_cache, GFP_KERNEL);

	if (v)
		v->mm = mm;
	return v;
}

void vma_free(struct vma *v)
{
	kmem_cache_free(vma_cache, v);
}

struct vma *vma_find(struct mm *mm, u64 addr)
{
	struct vma *best = READ_ONCE(mm->cache);
	struct rb_node *n;

	if (best && best->start <= addr && addr < best->end)
		return best;
	best = NULL;
	for (n = mm->vmas.rb_node; n;) {
		struct vma *v = to_vma(n);

		if (v->end > addr) {
			best = v;
			if (v->start <= addr)
				break;
			n = n->rb_left;
		} else {
			n = n->rb_right;
		}
	}
	if (best)
		WRITE_ONCE(mm->cache, best);
	return best;
}

/* The hole before @v may have changed: correct it and its ancestors. */
static void hole_update(struct vma *v)
{
	if (!v)
		return;
	v->hole = gap_before(v);
	gap_propagate(&v->node, NULL);
}

void vma_insert(struct mm *mm, struct vma *v)
{
	struct rb_node **link = &mm->vmas.rb_node, *parent = NULL;

	while (*link) {
		parent = *link;
		link = v->start < to_vma(parent)->start ? &parent->rb_left
							: &parent->rb_right;
	}
	rb_link_node(&v->node, parent, link);
	v->hole = gap_before(v);
	v->gap = v->hole;
	gap_propagate(parent, NULL);
	rb_insert_augmented(&v->node, &mm->vmas, &gap_ops);
	hole_update(vma_next(v));
	mm->nr_vmas++;
}

void vma_erase(struct mm *mm, struct vma *v)
{
	struct vma *next = vma_next(v);

	rb_erase_augmented(&v->node, &mm->vmas, &gap_ops);
	hole_update(next);
	mm->nr_vmas--;
	if (mm->cache == v)
		mm->cache = NULL;
}

/* --- free ranges --- */

/* In a subtree known to have one: the highest VMA with a hole of @len. */
static struct vma *subtree_highest_hole(struct rb_node *n, u64 len)
{
	for (;;) {
		if (subtree_gap(n->rb_right) >= len)
			n = n->rb_right;
		else if (to_vma(n)->hole >= len)
			return to_vma(n);
		else
			n = n->rb_left;
	}
}

/* Highest VMA at or before @v that has a hole of @len below it. */
static struct vma *prev_with_hole(struct vma *v, u64 len)
{
	struct rb_node *n = &v->node;

	for (;;) {
		struct rb_node *parent;

		if (to_vma(n)->hole >= len)
			return to_vma(n);
		if (subtree_gap(n->rb_left) >= len)
			return subtree_highest_hole(n->rb_left, len);
		parent = rb_parent(n);
		while (parent && parent->rb_left == n) {
			n = parent;
			parent = rb_parent(n);
		}
		if (!parent)
			return NULL;
		n = parent;
	}
}

/* Highest hole of @len inside [low, limit): its end, or 0. */
static u64 gap_search(struct mm *mm, u64 len, u64 low, u64 limit)
{
	struct vma *above = vma_find(mm, limit), *below;
	u64 end = limit;

	if (above) {
		end = min(limit, above->start);
		below = vma_prev(above);
	} else {
		below = to_vma(rb_last(&mm->vmas));
	}
	if (end - (below ? max(below->end, low) : low) >= len &&
	    end >= low + len)
		return end;
	if (below)
		below = prev_with_hole(below, len);
	return below && below->start >= low + len ? below->start : 0;
}

/* Lowest hole of @len in [low, high): its start, or 0. */
static u64 gap_search_up(struct mm *mm, u64 len, u64 low, u64 high)
{
	struct vma *v = vma_find(mm, low);

	for (; v && v->start < low + len; v = vma_next(v))
		low = max(low, v->end);
	return low + len <= high ? low : 0;
}

u64 find_free_area(struct mm *mm, u64 hint, u64 len, u64 align)
{
	u64 end, low;

	if (len > USER_END)
		return (u64)-ENOMEM;
	hint &= PAGE_MASK;
	if (hint && hint >= sysctl_mmap_min_addr && hint <= USER_END - len) {
		struct vma *v = vma_find(mm, hint);

		if ((!v || hint + len <= v->start) && IS_ALIGNED(hint, align))
			return hint;
	}
	len += align - PAGE_SIZE;
	end = gap_search(mm, len, max(sysctl_mmap_min_addr, PAGE_SIZE),
			 mm->mmap_base);
	if (end)
		return ALIGN_UP(end - len, align);
	low = gap_search_up(mm, len, mm->mmap_base, USER_END);
	return low ? ALIGN_UP(low, align) : (u64)-ENOMEM;
}

/* --- file mappings: interval tree over page offsets --- */

static struct vma *shared_vma(struct rb_node *n)
{
	return rb_entry_or_null(n, struct vma, shared);
}

static u64 vma_last_pgoff(const struct vma *v)
{
	return v->pgoff + ((v->end - v->start) >> PAGE_SHIFT) - 1;
}

static u64 shared_compute(struct vma *v)
{
	u64 m = vma_last_pgoff(v);

	if (v->shared.rb_left)
		m = max(m, shared_vma(v->shared.rb_left)->shared_max);
	if (v->shared.rb_right)
		m = max(m, shared_vma(v->shared.rb_right)->shared_max);
	return m;
}

static void shared_propagate(struct rb_node *n, struct rb_node *stop)
{
	while (n != stop) {
		u64 m = shared_compute(shared_vma(n));

		if (shared_vma(n)->shared_max == m)
			break;
		shared_vma(n)->shared_max = m;
		n = rb_parent(n);
	}
}

static void shared_copy(struct rb_node *old, struct rb_node *new)
{
	shared_vma(new)->shared_max = shared_vma(old)->shared_max;
}

static void shared_rotate(struct rb_node *old, struct rb_node *new)
{
	shared_copy(old, new);
	shared_vma(old)->shared_max = shared_compute(shared_vma(old));
}

static const struct rb_augment_ops shared_ops = {
	.propagate = shared_propagate,
	.copy = shared_copy,
	.rotate = shared_rotate,
};

/* The locked i_mmap that @v is in, or NULL. */
static struct address_space *lock_mapping(const struct vma *v)
{
	struct address_space *m = v->file ? v->file->mapping : NULL;

	if (m)
		down_write(&m->i_mmap_lock);
	return m;
}

static void unlock_mapping(struct address_space *m)
{
	if (m)
		up_write(&m->i_mmap_lock);
}

static bool may_become_writable(const struct vma *v)
{
	return (v->flags & (VM_SHARED | VM_MAYWRITE)) == (VM_SHARED | VM_MAYWRITE);
}

/* [i_mmap_lock] */
static void link_locked(struct address_space *m, struct vma *v)
{
	struct rb_node **link = &m->i_mmap.rb_node, *parent = NULL;
	u64 last = vma_last_pgoff(v);

	while (*link) {
		parent = *link;
		shared_vma(parent)->shared_max =
			max(shared_vma(parent)->shared_max, last);
		link = v->pgoff < shared_vma(parent)->pgoff ? &parent->rb_left
							    : &parent->rb_right;
	}
	rb_link_node(&v->shared, parent, link);
	v->shared_max = last;
	rb_insert_augmented(&v->shared, &m->i_mmap, &shared_ops);
	if (may_become_writable(v))
		atomic_inc(&m->nr_writable);
}

/* [i_mmap_lock] */
static void unlink_locked(struct address_space *m, struct vma *v)
{
	rb_erase_augmented(&v->shared, &m->i_mmap, &shared_ops);
	if (may_become_writable(v))
		atomic_dec(&m->nr_writable);
}

void vma_link_file(struct vma *v)
{
	struct address_space *m = lock_mapping(v);

	if (m)
		link_locked(m, v);
	unlock_mapping(m);
}

void vma_unlink_file(struct vma *v)
{
	struct address_space *m = lock_mapping(v);

	if (m)
		unlink_locked(m, v);
	unlock_mapping(m);
}

/*
 * Truncation must find every page: a VMA that changes, or hands a part to another, is
 * not out of the file's tree in between. [@m locked: v's, or NULL]
 */
static void resize_locked(struct address_space *m, struct vma *v, u64 start, u64 end,
			  u64 pgoff)
{
	if (m)
		unlink_locked(m, v);
	v->start = start;
	v->end = end;
	v->pgoff = pgoff;
	if (m)
		link_locked(m, v);
	hole_update(v);
	hole_update(vma_next(v));
}

void vma_resize(struct vma *v, u64 start, u64 end, u64 pgoff)
{
	struct address_space *m = lock_mapping(v);

	resize_locked(m, v, start, end, pgoff);
	unlock_mapping(m);
}

/* First mapping (by offset order) in subtree @n that meets [start, last]. */
static struct vma *shared_subtree_first(struct rb_node *n, u64 start, u64 last)
{
	while (n) {
		struct vma *v = shared_vma(n);

		if (n->rb_left && shared_vma(n->rb_left)->shared_max >= start) {
			n = n->rb_left;
			continue;
		}
		if (v->pgoff > last)
			return NULL;
		if (vma_last_pgoff(v) >= start)
			return v;
		n = n->rb_right;
		if (n && shared_vma(n)->shared_max < start)
			return NULL;
	}
	return NULL;
}

struct vma *mapping_first_vma(struct address_space *m, u64 start, u64 last)
{
	return shared_subtree_first(m->i_mmap.rb_node, start, last);
}

struct vma *mapping_next_vma(struct vma *v, u64 start, u64 last)
{
	struct rb_node *n = &v->shared;

	for (;;) {
		struct rb_node *prev;
		struct vma *hit;

		if (n->rb_right && shared_vma(n->rb_right)->shared_max >= start) {
			hit = shared_subtree_first(n->rb_right, start, last);
			if (hit)
				return hit;
		}
		do {
			prev = n;
			n = rb_parent(n);
			if (!n)
				return NULL;
		} while (n->rb_right == prev);
		if (shared_vma(n)->pgoff > last)
			return NULL;
		if (vma_last_pgoff(shared_vma(n)) >= start)
			return shared_vma(n);
	}
}

/* --- splitting and merging --- */

static u64 pgoff_at(const struct vma *v, u64 addr)
{
	return v->pgoff + ((addr - v->start) >> PAGE_SHIFT);
}

/**
 * vma_split - cut a VMA in two at @addr
 *
 * Return: the upper part, or ERR_PTR(-ENOMEM); @v keeps the lower part.
 * Context: mmap_lock for writing.
 */
struct vma *vma_split(struct vma *v, u64 addr)
{
	struct address_space *m;
	struct vma *new;

	if (v->mm->nr_vmas >= (u32)sysctl_max_map_count)
		return ERR_PTR(-ENOMEM);
	new = vma_alloc(v->mm);
	if (!new)
		return ERR_PTR(-ENOMEM);
	new->start = addr;
	new->end = v->end;
	new->pgoff = pgoff_at(v, addr);
	new->flags = v->flags;
	new->ops = v->ops;
	new->private = v->private;
	if (v->file)
		new->file = get_file(v->file);
	m = lock_mapping(v);
	resize_locked(m, v, v->start, addr, v->pgoff);
	if (m)
		link_locked(m, new);
	unlock_mapping(m);
	vma_insert(v->mm, new);
	if (new->ops && new->ops->open)
		new->ops->open(new);
	return new;
}

static bool can_merge(const struct vma *a, u64 start, u64 flags,
		      struct file *file, u64 pgoff, const struct vma_ops *ops,
		      void *private)
{
	return a->end == start && a->flags == flags && a->file == file &&
	       a->ops == ops && a->private == private &&
	       (!ops || !ops->close) && pgoff_at(a, start) == pgoff;
}

static bool vmas_joinable(const struct vma *a, const struct vma *b)
{
	return can_merge(a, b->start, b->flags, b->file, b->pgoff, b->ops,
			 b->private);
}

/* @v takes over @next, which follows it, as one VMA. */
static void vma_join(struct vma *v, struct vma *next)
{
	struct address_space *m = lock_mapping(v);
	u64 end = next->end;

	if (m)
		unlink_locked(m, next);
	vma_erase(v->mm, next);
	resize_locked(m, v, v->start, end, v->pgoff);
	unlock_mapping(m);
	if (next->file)
		fput(next->file);
	vma_free(next);
}

struct vma *vma_merge_around(struct vma *v)
{
	struct vma *prev = vma_prev(v), *next = vma_next(v);

	if (next && vmas_joinable(v, next))
		vma_join(v, next);
	if (prev && vmas_joinable(prev, v)) {
		vma_join(prev, v);
		v = prev;
	}
	return v;
}

struct vma *vma_set_flags(struct vma *v, u64 start, u64 end, u64 flags)
{
	struct vma *upper;

	if (v->flags == flags)
		return v;
	if (v->start < start) {
		v = vma_split(v, start);
		if (IS_ERR(v))
			return v;
	}
	if (v->end > end) {
		upper = vma_split(v, end);
		if (IS_ERR(upper))
			return upper;
	}
	v->flags = flags;
	return vma_merge_around(v);
}

struct vma *vma_extend(struct mm *mm, u64 start, u64 end, u64 flags,
		       struct file *file, u64 pgoff, const struct vma_ops *ops,
		       void *private)
{
	struct vma *next = vma_find(mm, start), *prev;

	prev = next ? vma_prev(next)
		    : rb_entry_or_null(rb_last(&mm->vmas), struct vma, node);
	if (prev && can_merge(prev, start, flags, file, pgoff, ops, private)) {
		vma_resize(prev, prev->start, end, prev->pgoff);
		return vma_merge_around(prev);
	}
	if (next && next->start == end && next->flags == flags &&
	    next->file == file && next->ops == ops &&
	    next->private == private && (!ops || !ops->close) &&
	    pgoff + ((end - start) >> PAGE_SHIFT) == next->pgoff) {
		vma_resize(next, start, next->end, pgoff);
		return next;
	}
	return NULL;
}

static int __init_text vma_init(void)
{
	vma_cache = kmem_cache_create("vma", sizeof(struct vma), 0, 0);
	return vma_cache ? 0 : -ENOMEM;
}
early_initcall(vma_init);
