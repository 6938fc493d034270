/*
 * Sparse arrays: u64 index to pointer, as a radix tree of 64-way nodes.
 *
 * Made for page caches: an array with one entry at index 0 has no node, marks
 * say which entries are dirty without visiting the others, and lookups take no
 * lock. Entries are pointers with bit 1 clear (bit 0 is the caller's); NULL
 * means absent.
 *
 * Locking: the array has no lock. The caller keeps writers (everything that
 * takes a non-const struct xarray) apart. xa_load*, xa_find*, xa_extract,
 * xa_get_mark and xa_marked may run beside one writer under rcu_read_lock().
 * They see each slot as it was at some moment; who needs to be sure that an
 * entry is still there checks again once it holds a reference.
 */
#ifndef LINNET_XARRAY_H
#define LINNET_XARRAY_H

#include <linnet/types.h>

enum { XA_SLOT_BITS = 6, XA_SLOTS = 1 << XA_SLOT_BITS };

enum xa_mark {
	XA_MARK_DIRTY,
	XA_MARK_WRITEBACK,
	XA_MARK_TOWRITE,
	XA_NR_MARKS,
	/* Kept like a mark, but the array's own: there is an entry. */
	XA_MARK_PRESENT = XA_NR_MARKS,
};

/*
 * [I] fixed while readers can reach the node; the rest belongs to the writer,
 * and only slots and marks are read without its lock.
 */
struct xa_node {
	u8 shift;  /* [I] index bits below this node */
	u8 offset; /* slot of the parent this node is in */
	u8 count;  /* slots in use */
	union {
		struct {
			struct xa_node *parent; /* NULL: root */
			u64 full; /* slots without a free index below */
		};
		void *reclaim[2]; /* for xa_node_free() to queue the node */
	};
	u64 marks[XA_NR_MARKS + 1]; /* slots with an entry so marked below */
	void *slots[XA_SLOTS];	    /* nodes; entries if shift is 0 */
};

struct xarray {
	void *root; /* entry at index 0, or a tagged node */
	u8 marks;   /* BIT(enum xa_mark) of an entry in root */
};

#define XARRAY_INIT {NULL, 0}

/*
 * Provided by whoever links the array in: a zeroed node or NULL; freed nodes
 * must stay readable until every reader of now has left its RCU section.
 */
struct xa_node *xa_node_alloc(void);
void xa_node_free(struct xa_node *node);

static inline void xa_init(struct xarray *xa)
{
	*xa = (struct xarray)XARRAY_INIT;
}

static inline bool xa_empty(const struct xarray *xa)
{
	return !READ_ONCE(xa->root);
}

void *xa_load(const struct xarray *xa, u64 index);
void xa_load_range(const struct xarray *xa, u64 index, unsigned n, void **out);
int __must_check xa_store(struct xarray *xa, u64 index, void *entry);
int __must_check xa_reserve(struct xarray *xa, u64 index);
void *xa_erase(struct xarray *xa, u64 index);
void xa_destroy(struct xarray *xa);

void *xa_find(const struct xarray *xa, u64 *index, u64 max);
void *xa_find_after(const struct xarray *xa, u64 *index, u64 max);
void *xa_find_marked(const struct xarray *xa, u64 *index, u64 max,
		     enum xa_mark mark);
unsigned xa_extract(const struct xarray *xa, u64 start, u64 max, void **dst,
		    unsigned n);
bool xa_find_free(struct xarray *xa, u64 *index, u64 max);

void xa_set_mark(struct xarray *xa, u64 index, enum xa_mark mark);
void xa_clear_mark(struct xarray *xa, u64 index, enum xa_mark mark);
bool xa_get_mark(const struct xarray *xa, u64 index, enum xa_mark mark);
bool xa_marked(const struct xarray *xa, enum xa_mark mark);

/* @index (u64) and @entry run over the entries; the body may erase @entry. */
#define xa_for_each(xa, index, entry)                                          \
	for (index = 0, entry = xa_find(xa, &(index), U64_MAX); entry;         \
	     entry = xa_find_after(xa, &(index), U64_MAX))

#endif
