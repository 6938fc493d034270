/*
 * Red-black trees without a summary, and the walks that need none.
 *
 * The balancing itself is in <linnet/rbtree_augmented.h>; here it is compiled
 * with callbacks that do nothing and vanish.
 */
#include <linnet/rbtree.h>
#include <linnet/rbtree_augmented.h>
#include <linnet/types.h>

static inline void plain_propagate(struct rb_node *node, struct rb_node *stop)
{
	(void)node;
	(void)stop;
}

static inline void plain_copy(struct rb_node *old, struct rb_node *new)
{
	(void)old;
	(void)new;
}

static const struct rb_augment_ops plain_ops = {
    .propagate = plain_propagate,
    .copy = plain_copy,
    .rotate = plain_copy,
};

/**
 * rb_insert_color - balance the tree after rb_link_node()
 * @node: the new node
 * @root: its tree
 */
void rb_insert_color(struct rb_node *node, struct rb_root *root)
{
	rb_insert_augmented(node, root, &plain_ops);
}

/**
 * rb_erase - take a node out of its tree
 * @node: node
 * @root: its tree
 */
void rb_erase(struct rb_node *node, struct rb_root *root)
{
	rb_erase_augmented(node, root, &plain_ops);
}

/**
 * rb_replace_node - put a node in the place of another
 * @old: node of the tree
 * @new: node of no tree, with a key that sorts to the same place
 * @root: the tree
 */
void rb_replace_node(struct rb_node *old, struct rb_node *new,
		     struct rb_root *root)
{
	*new = *old;
	if (new->rb_left)
		rb_set_parent(new->rb_left, new);
	if (new->rb_right)
		rb_set_parent(new->rb_right, new);
	rb_change_child(old, new, rb_parent(old), root);
}

static inline struct rb_node *outermost(struct rb_node *node, int dir)
{
	if (!node)
		return NULL;
	while (node->rb_child[dir])
		node = node->rb_child[dir];
	return node;
}

/* The nearest node on side @dir in order. */
static inline struct rb_node *neighbour(const struct rb_node *node, int dir)
{
	const struct rb_node *parent;

	if (node->rb_child[dir])
		return outermost(node->rb_child[dir], !dir);
	for (parent = rb_parent(node); parent && node == parent->rb_child[dir];
	     parent = rb_parent(node))
		node = parent;
	return (struct rb_node *)parent;
}

/**
 * rb_first - leftmost node
 * @root: tree
 *
 * Return: the node, or NULL if the tree is empty.
 */
struct rb_node *rb_first(const struct rb_root *root)
{
	return outermost(root->rb_node, RB_LEFT);
}

/**
 * rb_last - rightmost node
 * @root: tree
 *
 * Return: the node, or NULL if the tree is empty.
 */
struct rb_node *rb_last(const struct rb_root *root)
{
	return outermost(root->rb_node, RB_RIGHT);
}

/**
 * rb_next - the node behind another
 * @node: node of a tree
 *
 * Return: its successor, or NULL if it is the last.
 */
struct rb_node *rb_next(const struct rb_node *node)
{
	return neighbour(node, RB_RIGHT);
}

/**
 * rb_prev - the node before another
 * @node: node of a tree
 *
 * Return: its predecessor, or NULL if it is the first.
 */
struct rb_node *rb_prev(const struct rb_node *node)
{
	return neighbour(node, RB_LEFT);
}

/* Down from @node to the leaf that postorder visits first. */
static struct rb_node *deepest_first(struct rb_node *node)
{
	while (node->rb_left || node->rb_right)
		node = node->rb_left ? node->rb_left : node->rb_right;
	return node;
}

/**
 * rb_first_postorder - where a walk that frees nodes starts
 * @root: tree
 *
 * Return: a leaf, or NULL if the tree is empty.
 */
struct rb_node *rb_first_postorder(const struct rb_root *root)
{
	return root->rb_node ? deepest_first(root->rb_node) : NULL;
}

/**
 * rb_next_postorder - next node of a walk that frees nodes
 * @node: the node before; call this first, then free it
 *
 * Return: the node, whose children have all been visited, or NULL.
 */
struct rb_node *rb_next_postorder(const struct rb_node *node)
{
	struct rb_node *parent = rb_parent(node);

	if (parent && node == parent->rb_left && parent->rb_right)
		return deepest_first(parent->rb_right);
	return parent;
}
