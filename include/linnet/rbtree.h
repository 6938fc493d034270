/*
 * Red-black trees: balanced search trees whose nodes live inside the caller's
 * objects.
 *
 * The tree knows no keys. The caller walks down from the root to the empty
 * link where a node belongs, hangs it there with rb_link_node() and calls
 * rb_insert_color(); rb_add_cached() does all of it given an order. Nothing is
 * locked or allocated.
 *
 * struct rb_root_cached remembers the leftmost node too, for queues that ask
 * for the smallest all the time.
 *
 * Not here: trees whose nodes summarise their subtree
 * (<linnet/rbtree_augmented.h>).
 */
#ifndef LINNET_RBTREE_H
#define LINNET_RBTREE_H

#include <linnet/types.h>

enum { RB_LEFT, RB_RIGHT };

struct rb_node {
	unsigned long rb_parent_color; /* parent's address | enum rb_color */
	union {
		struct {
			struct rb_node *rb_left;
			struct rb_node *rb_right;
		};
		struct rb_node *rb_child[2];
	};
};

struct rb_root {
	struct rb_node *rb_node;
};

struct rb_root_cached {
	struct rb_root rb_root;
	struct rb_node *rb_leftmost;
};

#define RB_ROOT	       ((struct rb_root){NULL})
#define RB_ROOT_CACHED ((struct rb_root_cached){{NULL}, NULL})

#define rb_entry(node, type, member) container_of(node, type, member)
#define rb_entry_or_null(node, type, member)                                   \
	({                                                                     \
		__typeof__(node) _n = (node);                                  \
		_n ? rb_entry(_n, type, member) : NULL;                        \
	})

static inline struct rb_node *rb_parent(const struct rb_node *node)
{
	return (struct rb_node *)(node->rb_parent_color & ~1ul);
}

static inline bool rb_tree_empty(const struct rb_root *root)
{
	return !READ_ONCE(root->rb_node);
}

/* Mark a node as in no tree; rb_node_linked() tells until it is added. */
static inline void rb_node_clear(struct rb_node *node)
{
	node->rb_parent_color = (unsigned long)node;
}

static inline bool rb_node_linked(const struct rb_node *node)
{
	return node->rb_parent_color != (unsigned long)node;
}

/* Hang @node at the empty @link of @parent (NULL: the root's), red. */
static inline void rb_link_node(struct rb_node *node, struct rb_node *parent,
				struct rb_node **link)
{
	node->rb_parent_color = (unsigned long)parent;
	node->rb_left = NULL;
	node->rb_right = NULL;
	*link = node;
}

void rb_insert_color(struct rb_node *node, struct rb_root *root);
void rb_erase(struct rb_node *node, struct rb_root *root);
void rb_replace_node(struct rb_node *old, struct rb_node *new,
		     struct rb_root *root);

/* In order; NULL at the end. */
struct rb_node *rb_first(const struct rb_root *root);
struct rb_node *rb_last(const struct rb_root *root);
struct rb_node *rb_next(const struct rb_node *node);
struct rb_node *rb_prev(const struct rb_node *node);

/* Children before parents, so that each node can be freed once visited. */
struct rb_node *rb_first_postorder(const struct rb_root *root);
struct rb_node *rb_next_postorder(const struct rb_node *node);

static inline struct rb_node *rb_first_cached(const struct rb_root_cached *root)
{
	return root->rb_leftmost;
}

/* @leftmost: the walk down to the link never turned right. */
static inline void rb_insert_color_cached(struct rb_node *node,
					  struct rb_root_cached *root,
					  bool leftmost)
{
	if (leftmost)
		root->rb_leftmost = node;
	rb_insert_color(node, &root->rb_root);
}

static inline void rb_erase_cached(struct rb_node *node,
				   struct rb_root_cached *root)
{
	if (root->rb_leftmost == node)
		root->rb_leftmost = rb_next(node);
	rb_erase(node, &root->rb_root);
}

static inline void rb_replace_node_cached(struct rb_node *old,
					  struct rb_node *new,
					  struct rb_root_cached *root)
{
	if (root->rb_leftmost == old)
		root->rb_leftmost = new;
	rb_replace_node(old, new, &root->rb_root);
}

/*
 * Add @node in the order of @less, behind its equals. Inlined, so that @less
 * is too. Returns whether @node is the leftmost now.
 */
static __always_inline bool
rb_add_cached(struct rb_node *node, struct rb_root_cached *tree,
	      bool (*less)(const struct rb_node *, const struct rb_node *))
{
	struct rb_node **link = &tree->rb_root.rb_node;
	struct rb_node *parent = NULL;
	bool leftmost = true;

	while (*link) {
		parent = *link;
		if (less(node, parent)) {
			link = &parent->rb_left;
		} else {
			link = &parent->rb_right;
			leftmost = false;
		}
	}
	rb_link_node(node, parent, link);
	rb_insert_color_cached(node, tree, leftmost);
	return leftmost;
}

#endif
