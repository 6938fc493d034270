/* Red-black trees: shape, order and summaries after every change. */
#include "unit.h"

#include <linnet/rbtree.h>
#include <linnet/rbtree_augmented.h>

enum { NODES_MAX = 400 };

struct item {
	struct rb_node node;
	u64 key;
	u64 max; /* largest value in the subtree */
	u64 value;
	bool in_tree;
};

static struct item items[NODES_MAX];

#define item_of(n) rb_entry(n, struct item, node)

static u64 item_value(const struct item *item)
{
	return item->value;
}

RB_AUGMENT_MAX(max_ops, struct item, node, u64, max, item_value);

static bool item_less(const struct rb_node *a, const struct rb_node *b)
{
	return item_of(a)->key < item_of(b)->key;
}

/* Checks R1, R2, parent links and order; returns the black height. */
static int check_subtree(const struct rb_node *n, const struct rb_node *parent,
			 bool augmented)
{
	int dir;
	int height[2];
	u64 best;

	if (!n)
		return 1;
	EXPECT(rb_parent(n) == parent);
	if (rb_is_red(n))
		EXPECT(parent && !rb_is_red(parent));
	best = item_of(n)->value;
	for (dir = 0; dir < 2; dir++) {
		height[dir] = check_subtree(n->rb_child[dir], n, augmented);
		if (n->rb_child[dir])
			best = max(best, item_of(n->rb_child[dir])->max);
	}
	if (n->rb_left)
		EXPECT(item_of(n->rb_left)->key <= item_of(n)->key);
	if (n->rb_right)
		EXPECT(item_of(n->rb_right)->key >= item_of(n)->key);
	EXPECT_EQ(height[0], height[1]);
	if (augmented)
		EXPECT_EQ(item_of(n)->max, best);
	return height[0] + !rb_is_red(n);
}

static void check_tree(const struct rb_root *root, size_t count, bool augmented)
{
	struct rb_node *n;
	u64 last = 0;
	size_t seen = 0;

	check_subtree(root->rb_node, NULL, augmented);
	for (n = rb_first(root); n; n = rb_next(n)) {
		EXPECT(item_of(n)->key >= last);
		last = item_of(n)->key;
		seen++;
	}
	EXPECT_EQ(seen, count);
	for (n = rb_last(root); n; n = rb_prev(n))
		seen--;
	EXPECT_EQ(seen, 0);
}

TEST(rbtree_empty_and_one)
{
	struct rb_root_cached tree = RB_ROOT_CACHED;

	EXPECT(rb_tree_empty(&tree.rb_root));
	EXPECT(!rb_first(&tree.rb_root) && !rb_last(&tree.rb_root));
	EXPECT(!rb_first_cached(&tree));
	EXPECT(!rb_first_postorder(&tree.rb_root));
	rb_node_clear(&items[0].node);
	EXPECT(!rb_node_linked(&items[0].node));
	EXPECT(rb_add_cached(&items[0].node, &tree, item_less));
	EXPECT(rb_node_linked(&items[0].node));
	EXPECT(!rb_next(&items[0].node) && !rb_prev(&items[0].node));
	EXPECT(rb_first_cached(&tree) == &items[0].node);
	rb_erase_cached(&items[0].node, &tree);
	EXPECT(rb_tree_empty(&tree.rb_root) && !rb_first_cached(&tree));
}

TEST(rbtree_equal_keys_keep_order)
{
	struct rb_root_cached tree = RB_ROOT_CACHED;
	struct rb_node *n;
	size_t i;

	for (i = 0; i < 50; i++) {
		items[i].key = 5;
		rb_add_cached(&items[i].node, &tree, item_less);
	}
	for (i = 0, n = rb_first_cached(&tree); n; n = rb_next(n))
		EXPECT(n == &items[i++].node);
	EXPECT_EQ(i, 50);
}

/* Every order of insertion and of removal of a small tree. */
TEST(rbtree_all_small_orders)
{
	enum { N = 6, ORDERS = 720 };
	int order[ORDERS][N];
	int in;
	int out;
	int i;
	int k;

	for (k = 0; k < ORDERS; k++) {
		int rest[N] = {0, 1, 2, 3, 4, 5};
		int code = k;

		for (i = 0; i < N; i++) {
			int pick = code % (N - i);

			code /= N - i;
			order[k][i] = rest[pick];
			rest[pick] = rest[N - i - 1];
		}
	}
	for (in = 0; in < ORDERS; in++) {
		for (out = in % 7; out < ORDERS; out += 7) {
			struct rb_root_cached tree = RB_ROOT_CACHED;

			for (i = 0; i < N; i++) {
				struct item *it = &items[order[in][i]];

				it->key = (u64)order[in][i];
				rb_add_cached(&it->node, &tree, item_less);
			}
			check_tree(&tree.rb_root, N, false);
			for (i = 0; i < N; i++) {
				rb_erase_cached(&items[order[out][i]].node,
						&tree);
				check_tree(&tree.rb_root, (size_t)(N - i - 1),
					   false);
				EXPECT(rb_first_cached(&tree) ==
				       rb_first(&tree.rb_root));
			}
		}
	}
}

TEST(rbtree_random_cached)
{
	struct rb_root_cached tree = RB_ROOT_CACHED;
	u64 state = 5;
	size_t count = 0;
	size_t round;

	for (round = 0; round < 6000; round++) {
		struct item *it = &items[unit_random(&state) % NODES_MAX];

		if (it->in_tree) {
			rb_erase_cached(&it->node, &tree);
			count--;
		} else {
			it->key = unit_random(&state) % 300;
			rb_add_cached(&it->node, &tree, item_less);
			count++;
		}
		it->in_tree = !it->in_tree;
		check_tree(&tree.rb_root, count, false);
		EXPECT(rb_first_cached(&tree) == rb_first(&tree.rb_root));
	}
}

TEST(rbtree_replace)
{
	struct rb_root_cached tree = RB_ROOT_CACHED;
	struct item twin[32];
	size_t i;

	for (i = 0; i < 32; i++) {
		items[i].key = i;
		rb_add_cached(&items[i].node, &tree, item_less);
	}
	for (i = 0; i < 32; i++) {
		twin[i] = items[i];
		rb_replace_node_cached(&items[i].node, &twin[i].node, &tree);
		check_tree(&tree.rb_root, 32, false);
		EXPECT(rb_first_cached(&tree) == rb_first(&tree.rb_root));
	}
}

TEST(rbtree_postorder_frees)
{
	struct rb_root_cached tree = RB_ROOT_CACHED;
	struct rb_node *n;
	struct rb_node *next;
	u64 state = 6;
	size_t i;

	for (i = 0; i < 500; i++) {
		struct item *it = calloc(1, sizeof(*it));

		it->key = unit_random(&state) % 1000;
		rb_add_cached(&it->node, &tree, item_less);
	}
	for (n = rb_first_postorder(&tree.rb_root); n; n = next) {
		next = rb_next_postorder(n);
		free(item_of(n));
		i--;
	}
	EXPECT_EQ(i, 0);
}

static void add_augmented(struct item *it, struct rb_root *root)
{
	struct rb_node **link = &root->rb_node;
	struct rb_node *parent = NULL;

	while (*link) {
		parent = *link;
		link = &parent->rb_child[item_of(parent)->key <= it->key];
	}
	it->max = it->value;
	rb_link_node(&it->node, parent, link);
	if (parent)
		max_ops.propagate(parent, NULL);
	rb_insert_augmented(&it->node, root, &max_ops);
}

TEST(rbtree_random_augmented)
{
	struct rb_root root = RB_ROOT;
	u64 state = 7;
	size_t count = 0;
	size_t round;

	for (round = 0; round < 6000; round++) {
		struct item *it = &items[unit_random(&state) % NODES_MAX];

		if (it->in_tree && unit_random(&state) % 3 == 0) {
			it->value = unit_random(&state) % 1000;
			max_ops.propagate(&it->node, NULL);
		} else if (it->in_tree) {
			rb_erase_augmented(&it->node, &root, &max_ops);
			it->in_tree = false;
			count--;
		} else {
			it->key = unit_random(&state) % 300;
			it->value = unit_random(&state) % 1000;
			add_augmented(it, &root);
			it->in_tree = true;
			count++;
		}
		check_tree(&root, count, true);
	}
}
