/*
 * Sparse arrays.
 *
 * The root is NULL, an entry at index 0, or a node tagged NODE_TAG. A node
 * with shift s covers 64 << s indices; inner slots hold untagged nodes, so a
 * lookup tests no tag on its way down.
 *
 * Invariants
 *   X1  a node's bit in its parent's marks[m] is set iff its own marks[m] has
 *       a bit; in its parent's full iff its own full has all 64
 *   X2  a node has at least one slot in use, except within one call
 *   X3  the root node has more than its slot 0 in use, except within one call
 *   X4  a reserved slot is in use and full, has no mark and is not present
 *
 * By X1 a mark goes up only while words turn from zero to non-zero or back.
 * Readers may see a mark before or after its slot; they trust the slot.
 */
#include <linnet/errno.h>
#include <linnet/types.h>
#include <linnet/xarray.h>

#define ENTRY_TAG 2ul /* never set in what callers store */
#define TAG_MASK  3ul
#define NODE_TAG  2ul

/* In a slot that xa_reserve() holds for a store to come. */
#define RESERVED ((void *)3ul)

enum { SLOT_MASK = XA_SLOTS - 1, INDEX_BITS = 64 };

static inline bool is_node(const void *root)
{
	return ((uintptr_t)root & TAG_MASK) == NODE_TAG;
}

static inline struct xa_node *to_node(const void *root)
{
	return (struct xa_node *)((uintptr_t)root - NODE_TAG);
}

static inline void *tag_node(const struct xa_node *node)
{
	return (void *)((uintptr_t)node + NODE_TAG);
}

/* What callers may see of a slot. */
static inline void *visible(void *slot)
{
	return slot == RESERVED ? NULL : slot;
}

/* The entry at index 0 of an array without a node, or NULL. */
static inline void *direct_entry(const struct xarray *xa)
{
	void *root = READ_ONCE(xa->root);

	return is_node(root) ? NULL : visible(root);
}

/* Readers follow the pointer, whose target must be complete by then. */
static inline void publish(void **slot, void *value)
{
	__atomic_store_n(slot, value, __ATOMIC_RELEASE);
}

static inline unsigned int slot_of(const struct xa_node *node, u64 index)
{
	return (index >> node->shift) & SLOT_MASK;
}

static inline bool node_covers(const struct xa_node *node, u64 index)
{
	return index >> node->shift < XA_SLOTS;
}

/* First index behind the slots of @node around @index; 0 if there is none. */
static inline u64 index_after(const struct xa_node *node, u64 index)
{
	unsigned int bits = node->shift + XA_SLOT_BITS;

	return bits < INDEX_BITS ? ((index >> bits) + 1) << bits : 0;
}

/* @index moved on to the start of @slot, unless it is in there already. */
static inline u64 index_in_slot(const struct xa_node *node, u64 index,
				unsigned int slot)
{
	u64 base = index >> node->shift;

	if ((base & SLOT_MASK) == slot)
		return index;
	return ((base & ~(u64)SLOT_MASK) | slot) << node->shift;
}

/* Marks and fullness go up as X1 says. */

static void mark_slot(struct xa_node *node, unsigned int slot, unsigned int m)
{
	u64 old;

	for (; node; node = node->parent) {
		old = node->marks[m];
		WRITE_ONCE(node->marks[m], old | 1ul << slot);
		if (old)
			return;
		slot = node->offset;
	}
}

static void unmark_slot(struct xa_node *node, unsigned int slot, unsigned int m)
{
	u64 rest;

	for (; node; node = node->parent) {
		rest = node->marks[m] & ~(1ul << slot);
		WRITE_ONCE(node->marks[m], rest);
		if (rest)
			return;
		slot = node->offset;
	}
}

static void fill_slot(struct xa_node *node, unsigned int slot)
{
	for (; node; node = node->parent) {
		node->full |= 1ul << slot;
		if (node->full != U64_MAX)
			return;
		slot = node->offset;
	}
}

static void unfill_slot(struct xa_node *node, unsigned int slot)
{
	u64 old;

	for (; node; node = node->parent) {
		old = node->full;
		node->full = old & ~(1ul << slot);
		if (old != U64_MAX)
			return;
		slot = node->offset;
	}
}

/* The leaf whose slots include @index, or NULL. */
static struct xa_node *find_leaf(const struct xarray *xa, u64 index)
{
	void *root = READ_ONCE(xa->root);
	struct xa_node *node;

	if (!is_node(root))
		return NULL;
	node = to_node(root);
	if (!node_covers(node, index))
		return NULL;
	while (node && node->shift)
		node = READ_ONCE(node->slots[slot_of(node, index)]);
	return node;
}

/**
 * xa_load - look an entry up
 * @xa: array
 * @index: its index
 *
 * Context: any; RCU or the caller's lock.
 * Return: the entry, or NULL.
 */
void *xa_load(const struct xarray *xa, u64 index)
{
	void *root = READ_ONCE(xa->root);
	struct xa_node *node;

	if (!is_node(root))
		return index ? NULL : visible(root);
	node = to_node(root);
	if (!node_covers(node, index))
		return NULL;
	while (node->shift) {
		node = READ_ONCE(node->slots[slot_of(node, index)]);
		if (!node)
			return NULL;
	}
	return visible(READ_ONCE(node->slots[index & SLOT_MASK]));
}

/**
 * xa_load_range - look neighbouring entries up
 * @xa: array
 * @index: the first index; @index + @n - 1 does not wrap
 * @n: how many
 * @out: receives @n entries, NULL where there is none
 *
 * Context: as xa_load(), which this is but for one walk per 64 indices.
 */
void xa_load_range(const struct xarray *xa, u64 index, unsigned n, void **out)
{
	const struct xa_node *leaf = NULL;

	for (unsigned i = 0; i < n; i++, index++) {
		unsigned slot = index & SLOT_MASK;

		if (!i || !slot)
			leaf = find_leaf(xa, index);
		if (leaf)
			out[i] = visible(READ_ONCE(leaf->slots[slot]));
		else
			out[i] = index ? NULL : direct_entry(xa);
	}
}

/* Take empty nodes out from @node upwards (X2). */
static void prune(struct xarray *xa, struct xa_node *node)
{
	struct xa_node *parent;

	while (node && !node->count) {
		parent = node->parent;
		if (parent) {
			WRITE_ONCE(parent->slots[node->offset], NULL);
			parent->count--;
		} else {
			WRITE_ONCE(xa->root, NULL);
		}
		xa_node_free(node);
		node = parent;
	}
}

/* The marks of slot 0 of @node in the form of xarray.marks. */
static u8 first_slot_marks(const struct xa_node *node)
{
	unsigned int m;
	u8 marks = 0;

	for (m = 0; m < XA_NR_MARKS; m++)
		marks |= (u8)((node->marks[m] & 1) << m);
	return marks;
}

/*
 * Take root nodes out that only have slot 0 (X3). Readers in such a node still
 * find there what was in it; it is not changed.
 */
static void shrink(struct xarray *xa)
{
	struct xa_node *node;
	struct xa_node *child;

	while (is_node(xa->root)) {
		node = to_node(xa->root);
		child = node->slots[0];
		if (node->count != 1 || !child)
			return;
		if (node->shift) {
			child->parent = NULL;
			publish(&xa->root, tag_node(child));
		} else {
			xa->marks = first_slot_marks(node);
			publish(&xa->root, child);
		}
		xa_node_free(node);
	}
}

/* Make what is in the root slot 0 of @node, which has none yet. */
static void adopt_root(struct xarray *xa, struct xa_node *node)
{
	struct xa_node *child;
	unsigned int m;

	node->count = 1;
	if (!is_node(xa->root)) {
		node->slots[0] = xa->root;
		node->full = 1;
		node->marks[XA_MARK_PRESENT] = xa->root != RESERVED;
		for (m = 0; m < XA_NR_MARKS; m++)
			node->marks[m] = xa->marks >> m & 1;
		return;
	}
	child = to_node(xa->root);
	node->slots[0] = child;
	node->shift = child->shift + XA_SLOT_BITS;
	node->full = child->full == U64_MAX;
	for (m = 0; m <= XA_MARK_PRESENT; m++)
		node->marks[m] = child->marks[m] != 0;
	child->parent = node;
}

/* Put nodes on top until the root is a node that covers @index. */
static int grow(struct xarray *xa, u64 index)
{
	struct xa_node *node;

	while (!is_node(xa->root) || !node_covers(to_node(xa->root), index)) {
		node = xa_node_alloc();
		if (!node)
			return -ENOMEM;
		if (xa->root)
			adopt_root(xa, node);
		else
			while (!node_covers(node, index))
				node->shift += XA_SLOT_BITS;
		publish(&xa->root, tag_node(node));
		WRITE_ONCE(xa->marks, 0); /* they are in the node now */
	}
	return 0;
}

/* The leaf for @index, made if necessary; NULL if out of memory. */
static struct xa_node *make_leaf(struct xarray *xa, u64 index)
{
	struct xa_node *node;
	struct xa_node *child;
	unsigned int slot;

	if (grow(xa, index))
		return NULL;
	for (node = to_node(xa->root); node->shift; node = child) {
		slot = slot_of(node, index);
		child = node->slots[slot];
		if (child)
			continue;
		child = xa_node_alloc();
		if (!child) {
			prune(xa, node);
			return NULL;
		}
		child->shift = node->shift - XA_SLOT_BITS;
		child->offset = (u8)slot;
		child->parent = node;
		node->count++;
		publish(&node->slots[slot], child);
	}
	return node;
}

/* Put an entry, or RESERVED where nothing is, into its slot. */
static int put(struct xarray *xa, u64 index, void *entry)
{
	unsigned int slot = index & SLOT_MASK;
	struct xa_node *leaf;
	void *old;

	if (!index && !is_node(xa->root)) {
		publish(&xa->root, entry);
		return 0;
	}
	leaf = make_leaf(xa, index);
	if (!leaf) {
		shrink(xa);
		return -ENOMEM;
	}
	old = leaf->slots[slot];
	publish(&leaf->slots[slot], entry);
	if (!old) {
		leaf->count++;
		fill_slot(leaf, slot);
	}
	if (!visible(old) && entry != RESERVED)
		mark_slot(leaf, slot, XA_MARK_PRESENT);
	return 0;
}

/**
 * xa_store - put an entry at an index
 * @xa: array
 * @index: where
 * @entry: entry; one that was there is replaced and its marks stay. NULL
 *	erases.
 *
 * Context: the caller's lock.
 * Return: 0, -EINVAL if the array cannot hold @entry, or -ENOMEM; never
 * -ENOMEM where there is an entry or a reservation.
 */
int xa_store(struct xarray *xa, u64 index, void *entry)
{
	if ((uintptr_t)entry & ENTRY_TAG)
		return -EINVAL;
	if (!entry) {
		xa_erase(xa, index);
		return 0;
	}
	return put(xa, index, entry);
}

/**
 * xa_reserve - make sure that a store will not fail
 * @xa: array
 * @index: where the store will be
 *
 * Nobody sees the reservation; xa_erase() gives it back. Does nothing where
 * there is an entry.
 *
 * Context: the caller's lock.
 * Return: 0 or -ENOMEM.
 */
int xa_reserve(struct xarray *xa, u64 index)
{
	struct xa_node *leaf = find_leaf(xa, index);

	if (leaf && leaf->slots[index & SLOT_MASK])
		return 0;
	if (!index && xa->root && !is_node(xa->root))
		return 0;
	return put(xa, index, RESERVED);
}

static void *erase_direct(struct xarray *xa)
{
	void *old = xa->root;

	WRITE_ONCE(xa->root, NULL);
	xa->marks = 0;
	return visible(old);
}

/**
 * xa_erase - take an entry or a reservation out
 * @xa: array
 * @index: its index
 *
 * Context: the caller's lock.
 * Return: the entry that was there, or NULL.
 */
void *xa_erase(struct xarray *xa, u64 index)
{
	unsigned int slot = index & SLOT_MASK;
	struct xa_node *leaf;
	unsigned int m;
	void *old;

	if (!is_node(xa->root))
		return index ? NULL : erase_direct(xa);
	leaf = find_leaf(xa, index);
	if (!leaf)
		return NULL;
	old = leaf->slots[slot];
	if (!old)
		return NULL;
	for (m = 0; m <= XA_MARK_PRESENT; m++) {
		if (leaf->marks[m] >> slot & 1)
			unmark_slot(leaf, slot, m);
	}
	unfill_slot(leaf, slot);
	WRITE_ONCE(leaf->slots[slot], NULL);
	leaf->count--;
	prune(xa, leaf);
	shrink(xa);
	return visible(old);
}

/* First child of @node from slot @slot on. */
static struct xa_node *next_child(const struct xa_node *node, unsigned int slot)
{
	if (!node->shift)
		return NULL;
	for (; slot < XA_SLOTS; slot++) {
		if (node->slots[slot])
			return node->slots[slot];
	}
	return NULL;
}

/**
 * xa_destroy - empty an array and free its nodes
 * @xa: array; empty afterwards and ready for use
 *
 * What the entries point to is the caller's.
 *
 * Context: the caller's lock.
 */
void xa_destroy(struct xarray *xa)
{
	struct xa_node *node = is_node(xa->root) ? to_node(xa->root) : NULL;
	struct xa_node *next;
	unsigned int slot = 0;

	erase_direct(xa);
	while (node) {
		next = next_child(node, slot);
		slot = 0;
		if (!next) {
			next = node->parent;
			slot = node->offset + 1u;
			xa_node_free(node);
		}
		node = next;
	}
}

/*
 * Walk down from @node towards the first entry marked @m at or after *@index.
 * Returns it with its index, or NULL with the index to try next, which is 0
 * when nothing can follow.
 */
static void *walk_marked(const struct xa_node *node, u64 *index, unsigned int m)
{
	unsigned int slot;
	void *next;
	u64 word;

	for (;;) {
		word = READ_ONCE(node->marks[m]) & U64_MAX
						       << slot_of(node, *index);
		if (!word) {
			*index = index_after(node, *index);
			return NULL;
		}
		slot = (unsigned int)__builtin_ctzll(word);
		*index = index_in_slot(node, *index, slot);
		next = READ_ONCE(node->slots[slot]);
		if (!node->shift || !next)
			break;
		node = next;
	}
	if (!visible(next)) /* the mark was ahead of the slot, or behind */
		*index = ((*index >> node->shift) + 1) << node->shift;
	return visible(next);
}

static void *find_marked(const struct xarray *xa, u64 *index, u64 max,
			 unsigned int m)
{
	u64 at = *index;
	void *entry;
	void *root;

	do {
		root = READ_ONCE(xa->root);
		if (!is_node(root)) {
			if (at || !visible(root) ||
			    (m < XA_NR_MARKS &&
			     !(READ_ONCE(xa->marks) >> m & 1)))
				return NULL;
			*index = 0;
			return root;
		}
		if (!node_covers(to_node(root), at))
			return NULL;
		entry = walk_marked(to_node(root), &at, m);
	} while (!entry && at && at <= max);
	if (!entry || at > max)
		return NULL;
	*index = at;
	return entry;
}

/**
 * xa_find - first entry at or after an index
 * @xa: array
 * @index: where to start; set to where the entry is
 * @max: last index to look at
 *
 * Context: any; RCU or the caller's lock.
 * Return: the entry, or NULL with @index unchanged.
 */
void *xa_find(const struct xarray *xa, u64 *index, u64 max)
{
	return find_marked(xa, index, max, XA_MARK_PRESENT);
}

/**
 * xa_find_after - first entry after an index
 * @xa: array
 * @index: the one before; set to where the entry is
 * @max: last index to look at
 *
 * Context: any; RCU or the caller's lock.
 * Return: the entry, or NULL with @index unchanged.
 */
void *xa_find_after(const struct xarray *xa, u64 *index, u64 max)
{
	u64 next = *index + 1;
	void *entry;

	if (!next || next > max)
		return NULL;
	entry = xa_find(xa, &next, max);
	if (entry)
		*index = next;
	return entry;
}

/**
 * xa_find_marked - first marked entry at or after an index
 * @xa: array
 * @index: where to start; set to where the entry is
 * @max: last index to look at
 * @mark: mark it must have
 *
 * Context: any; RCU or the caller's lock.
 * Return: the entry, or NULL with @index unchanged.
 */
void *xa_find_marked(const struct xarray *xa, u64 *index, u64 max,
		     enum xa_mark mark)
{
	return find_marked(xa, index, max, mark);
}

/* Entries of @leaf from *@index on; *@index becomes the last one's. */
static unsigned int extract_leaf(const struct xa_node *leaf, u64 *index,
				 u64 max, void **dst, unsigned int n)
{
	u64 base = *index & ~(u64)SLOT_MASK;
	u64 word = READ_ONCE(leaf->marks[XA_MARK_PRESENT]);
	unsigned int got = 0;
	unsigned int slot;
	void *entry;

	word &= U64_MAX << (*index & SLOT_MASK);
	for (; word && got < n; word &= word - 1) {
		slot = (unsigned int)__builtin_ctzll(word);
		if (base + slot > max)
			break;
		entry = visible(READ_ONCE(leaf->slots[slot]));
		if (!entry)
			continue;
		dst[got++] = entry;
		*index = base + slot;
	}
	return got;
}

/**
 * xa_extract - collect entries in the order of their indices
 * @xa: array
 * @start: first index to look at
 * @max: last index to look at
 * @dst: room for @n entries
 * @n: entries wanted
 *
 * Context: any; RCU or the caller's lock.
 * Return: number of entries in @dst.
 */
unsigned xa_extract(const struct xarray *xa, u64 start, u64 max, void **dst,
		    unsigned n)
{
	const struct xa_node *leaf;
	unsigned int got = 0;
	u64 index = start;
	void *entry;

	while (got < n && index <= max) {
		entry = xa_find(xa, &index, max);
		if (!entry)
			break;
		leaf = find_leaf(xa, index);
		if (leaf)
			got +=
			    extract_leaf(leaf, &index, max, dst + got, n - got);
		else
			dst[got++] = entry;
		index++;
		if (!index)
			break;
	}
	return got;
}

/* As walk_marked(), for an index that is neither stored nor reserved. */
static bool walk_free(const struct xa_node *node, u64 *index)
{
	unsigned int slot;
	u64 word;

	for (;;) {
		word = ~node->full & U64_MAX << slot_of(node, *index);
		if (!word) {
			*index = index_after(node, *index);
			return false;
		}
		slot = (unsigned int)__builtin_ctzll(word);
		*index = index_in_slot(node, *index, slot);
		if (!node->shift || !node->slots[slot])
			return true;
		node = node->slots[slot];
	}
}

/**
 * xa_find_free - first index that is neither stored nor reserved
 * @xa: array
 * @index: where to start; set to the index found
 * @max: last index to look at; below 2^60, where every slot is an index
 *
 * Context: the caller's lock.
 * Return: whether there is one.
 */
bool xa_find_free(struct xarray *xa, u64 *index, u64 max)
{
	u64 at = *index;

	while (at <= max && is_node(xa->root) &&
	       node_covers(to_node(xa->root), at)) {
		if (walk_free(to_node(xa->root), &at))
			break;
	}
	if (!at && xa->root && !is_node(xa->root))
		at = 1;
	if (at > max)
		return false;
	*index = at;
	return true;
}

/**
 * xa_set_mark - mark an entry
 * @xa: array
 * @index: index of the entry; nothing happens if there is none
 * @mark: mark
 *
 * Context: the caller's lock.
 */
void xa_set_mark(struct xarray *xa, u64 index, enum xa_mark mark)
{
	struct xa_node *leaf = find_leaf(xa, index);
	unsigned int slot = index & SLOT_MASK;

	if (leaf && visible(leaf->slots[slot]))
		mark_slot(leaf, slot, mark);
	else if (!index && direct_entry(xa))
		WRITE_ONCE(xa->marks, xa->marks | (u8)BIT(mark));
}

/**
 * xa_clear_mark - take a mark off an entry
 * @xa: array
 * @index: index of the entry; nothing happens if there is none
 * @mark: mark
 *
 * Context: the caller's lock.
 */
void xa_clear_mark(struct xarray *xa, u64 index, enum xa_mark mark)
{
	struct xa_node *leaf = find_leaf(xa, index);

	if (leaf && leaf->marks[mark] >> (index & SLOT_MASK) & 1)
		unmark_slot(leaf, index & SLOT_MASK, mark);
	else if (!leaf && !index)
		WRITE_ONCE(xa->marks, xa->marks & (u8)~BIT(mark));
}

/**
 * xa_get_mark - is an entry marked
 * @xa: array
 * @index: index of the entry
 * @mark: mark
 *
 * Context: any; RCU or the caller's lock.
 */
bool xa_get_mark(const struct xarray *xa, u64 index, enum xa_mark mark)
{
	const struct xa_node *leaf = find_leaf(xa, index);

	if (leaf)
		return READ_ONCE(leaf->marks[mark]) >> (index & SLOT_MASK) & 1;
	return !index && READ_ONCE(xa->marks) >> mark & 1;
}

/**
 * xa_marked - is any entry marked
 * @xa: array
 * @mark: mark
 *
 * Context: any; RCU or the caller's lock.
 */
bool xa_marked(const struct xarray *xa, enum xa_mark mark)
{
	void *root = READ_ONCE(xa->root);

	if (is_node(root))
		return READ_ONCE(to_node(root)->marks[mark]) != 0;
	return READ_ONCE(xa->marks) >> mark & 1;
}
