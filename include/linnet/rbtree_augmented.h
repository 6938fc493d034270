/*
 * Red-black trees whose nodes carry a summary of their subtree, such as the
 * largest end of an interval or the largest gap.
 *
 * The balancing is written here, once, as inline functions over a constant
 * ops struct: each user gets a copy with its callbacks compiled in, and
 * rbtree.c one with callbacks that do nothing.
 *
 * To insert: walk down to the link, rb_link_node(), set the new node's summary
 * for itself alone, bring its ancestors up to date (ops->propagate from the
 * parent), then rb_insert_augmented(). When a node's own value changes, call
 * ops->propagate from it. RB_AUGMENT_MAX makes the ops for a maximum.
 *
 * Invariants
 *   R1  a red node has no red child; the root is black
 *   R2  every path from a node down to an empty link has as many black nodes
 *   R3  before and after each step below, every summary is right
 */
#ifndef LINNET_RBTREE_AUGMENTED_H
#define LINNET_RBTREE_AUGMENTED_H

#include <linnet/rbtree.h>
#include <linnet/types.h>

enum rb_color { RB_RED, RB_BLACK };

struct rb_augment_ops {
	/* Recompute @node and its ancestors below @stop (NULL: to the root). */
	void (*propagate)(struct rb_node *node, struct rb_node *stop);
	/* @new takes the place of @old: copy the summary. */
	void (*copy)(struct rb_node *old, struct rb_node *new);
	/*
	 * @new rose above @old, its parent until now: @new takes the summary
	 * of @old, and @old is recomputed.
	 */
	void (*rotate)(struct rb_node *old, struct rb_node *new);
};

static inline bool rb_is_red(const struct rb_node *node)
{
	return !(node->rb_parent_color & RB_BLACK);
}

/* An empty link counts as black (R2). */
static inline bool rb_is_black_or_empty(const struct rb_node *node)
{
	return !node || !rb_is_red(node);
}

static inline void rb_set_black(struct rb_node *node)
{
	node->rb_parent_color |= RB_BLACK;
}

static inline void rb_set_red(struct rb_node *node)
{
	node->rb_parent_color &= ~(unsigned long)RB_BLACK;
}

static inline void rb_set_parent(struct rb_node *node, struct rb_node *parent)
{
	node->rb_parent_color =
	    (unsigned long)parent | (node->rb_parent_color & RB_BLACK);
}

/* Let the link to @old in @parent (NULL: the root's) lead to @new. */
static inline void rb_change_child(struct rb_node *old, struct rb_node *new,
				   struct rb_node *parent, struct rb_root *root)
{
	if (!parent)
		root->rb_node = new;
	else
		parent->rb_child[parent->rb_right == old] = new;
}

/* @top sinks to side @dir; its child on the other side takes its place. */
static __always_inline void rb_rotate(struct rb_node *top, int dir,
				      struct rb_root *root,
				      const struct rb_augment_ops *ops)
{
	struct rb_node *up = top->rb_child[!dir];
	struct rb_node *middle = up->rb_child[dir];
	struct rb_node *parent = rb_parent(top);

	top->rb_child[!dir] = middle;
	if (middle)
		rb_set_parent(middle, top);
	up->rb_child[dir] = top;
	rb_set_parent(up, parent);
	rb_set_parent(top, up);
	rb_change_child(top, up, parent, root);
	ops->rotate(top, up);
}

/**
 * rb_insert_augmented - balance the tree after rb_link_node()
 * @node: the new node, red
 * @root: its tree
 * @ops: constant callbacks
 *
 * A red node under a red parent breaks R1. A red uncle lets the grandparent
 * pass its black down to both, and the question moves up two levels; a black
 * one is settled by at most two rotations.
 */
static __always_inline void
rb_insert_augmented(struct rb_node *node, struct rb_root *root,
		    const struct rb_augment_ops *ops)
{
	struct rb_node *parent;
	struct rb_node *grandparent;
	struct rb_node *uncle;
	int dir;

	for (;;) {
		parent = rb_parent(node);
		if (!parent) {
			rb_set_black(node);
			return;
		}
		if (!rb_is_red(parent))
			return;
		grandparent = rb_parent(parent);
		dir = grandparent->rb_right == parent;
		uncle = grandparent->rb_child[!dir];
		if (rb_is_black_or_empty(uncle))
			break;
		rb_set_black(parent);
		rb_set_black(uncle);
		rb_set_red(grandparent);
		node = grandparent;
	}
	if (parent->rb_child[!dir] == node) {
		rb_rotate(parent, dir, root, ops);
		parent = node;
	}
	rb_set_black(parent);
	rb_set_red(grandparent);
	rb_rotate(grandparent, !dir, root, ops);
}

/*
 * The side of @parent that was emptied, or that has @node, misses one black
 * node (R2). Its sibling exists, as it has one more.
 */
static __always_inline void rb_erase_fix(struct rb_node *parent,
					 struct rb_root *root,
					 const struct rb_augment_ops *ops)
{
	struct rb_node *node = NULL;
	struct rb_node *sibling;
	int dir;

	for (;;) {
		dir = parent->rb_right == node;
		sibling = parent->rb_child[!dir];
		if (rb_is_red(sibling)) {
			rb_set_black(sibling);
			rb_set_red(parent);
			rb_rotate(parent, dir, root, ops);
			sibling = parent->rb_child[!dir];
		}
		if (!rb_is_black_or_empty(sibling->rb_child[!dir]) ||
		    !rb_is_black_or_empty(sibling->rb_child[dir]))
			break;
		/* The other side gives up a black node as well. */
		rb_set_red(sibling);
		if (rb_is_red(parent)) {
			rb_set_black(parent);
			return;
		}
		node = parent;
		parent = rb_parent(node);
		if (!parent)
			return;
	}
	if (rb_is_black_or_empty(sibling->rb_child[!dir])) {
		rb_set_black(sibling->rb_child[dir]);
		rb_set_red(sibling);
		rb_rotate(sibling, !dir, root, ops);
		sibling = parent->rb_child[!dir];
	}
	if (rb_is_red(parent))
		rb_set_red(sibling);
	rb_set_black(parent);
	rb_set_black(sibling->rb_child[!dir]);
	rb_rotate(parent, dir, root, ops);
}

/*
 * Put the successor of @node, which has two children, in its place. Returns
 * where a black node is missing now, or NULL.
 */
static __always_inline struct rb_node *
rb_erase_inner(struct rb_node *node, struct rb_root *root,
	       const struct rb_augment_ops *ops)
{
	struct rb_node *next = node->rb_right;
	struct rb_node *parent = next; /* of the hole next leaves behind */
	struct rb_node *orphan;
	bool was_black;

	while (next->rb_left)
		next = next->rb_left;
	orphan = next->rb_right;
	was_black = !rb_is_red(next);
	if (next != node->rb_right) {
		parent = rb_parent(next);
		parent->rb_left = orphan;
		next->rb_right = node->rb_right;
		rb_set_parent(next->rb_right, next);
	}
	next->rb_left = node->rb_left;
	rb_set_parent(next->rb_left, next);
	next->rb_parent_color = node->rb_parent_color;
	rb_change_child(node, next, rb_parent(node), root);
	ops->copy(node, next);
	if (parent != next)
		ops->propagate(parent, next);
	ops->propagate(next, NULL);
	if (!orphan)
		return was_black ? parent : NULL;
	/* An only child is red and takes over the black of its parent. */
	orphan->rb_parent_color = (unsigned long)parent | RB_BLACK;
	return NULL;
}

/* As rb_erase_inner(), for a node with at most one child. */
static __always_inline struct rb_node *
rb_erase_outer(struct rb_node *node, struct rb_root *root,
	       const struct rb_augment_ops *ops)
{
	struct rb_node *child = node->rb_left ? node->rb_left : node->rb_right;
	struct rb_node *parent = rb_parent(node);

	rb_change_child(node, child, parent, root);
	if (parent)
		ops->propagate(parent, NULL);
	if (!child)
		return rb_is_red(node) ? NULL : parent;
	child->rb_parent_color = (unsigned long)parent | RB_BLACK;
	return NULL;
}

/**
 * rb_erase_augmented - take a node out of its tree
 * @node: node
 * @root: its tree
 * @ops: constant callbacks
 */
static __always_inline void rb_erase_augmented(struct rb_node *node,
					       struct rb_root *root,
					       const struct rb_augment_ops *ops)
{
	struct rb_node *short_side;

	if (node->rb_left && node->rb_right)
		short_side = rb_erase_inner(node, root, ops);
	else
		short_side = rb_erase_outer(node, root, ops);
	if (short_side)
		rb_erase_fix(short_side, root, ops);
}

/*
 * Defines static const struct rb_augment_ops @name for objects @type with
 * their rb_node in @node_field, where @max_field (@value_type) is the maximum
 * of @own(object) over the subtree.
 */
#define RB_AUGMENT_MAX(name, type, node_field, value_type, max_field, own)     \
	static inline value_type name##_compute(const type *obj)               \
	{                                                                      \
		value_type best = own(obj);                                    \
		const type *child;                                             \
		int dir;                                                       \
                                                                               \
		for (dir = RB_LEFT; dir <= RB_RIGHT; dir++) {                  \
			if (!obj->node_field.rb_child[dir])                    \
				continue;                                      \
			child = rb_entry(obj->node_field.rb_child[dir], type,  \
					 node_field);                          \
			if (child->max_field > best)                           \
				best = child->max_field;                       \
		}                                                              \
		return best;                                                   \
	}                                                                      \
	static inline void name##_propagate(struct rb_node *node,              \
					    struct rb_node *stop)              \
	{                                                                      \
		type *obj;                                                     \
		value_type best;                                               \
                                                                               \
		for (; node != stop; node = rb_parent(node)) {                 \
			obj = rb_entry(node, type, node_field);                \
			best = name##_compute(obj);                            \
			if (obj->max_field == best)                            \
				return;                                        \
			obj->max_field = best;                                 \
		}                                                              \
	}                                                                      \
	static inline void name##_copy(struct rb_node *old,                    \
				       struct rb_node *new)                    \
	{                                                                      \
		rb_entry(new, type, node_field)->max_field =                   \
		    rb_entry(old, type, node_field)->max_field;                \
	}                                                                      \
	static inline void name##_rotate(struct rb_node *old,                  \
					 struct rb_node *new)                  \
	{                                                                      \
		type *sunk = rb_entry(old, type, node_field);                  \
                                                                               \
		name##_copy(old, new);                                         \
		sunk->max_field = name##_compute(sunk);                        \
	}                                                                      \
	static const struct rb_augment_ops name = {                            \
	    .propagate = name##_propagate,                                     \
	    .copy = name##_copy,                                               \
	    .rotate = name##_rotate,                                           \
	}

#endif
