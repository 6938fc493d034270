/*
 * Sparse arrays and identifiers, against a flat model, with failing
 * allocations and a count of the nodes in use.
 */
#include "unit.h"

#include <linnet/bitops.h>
#include <linnet/errno.h>
#include <linnet/idr.h>
#include <linnet/string.h>
#include <linnet/xarray.h>

#include <pthread.h>

static int nodes_in_use;
static int fail_after = -1; /* allocations until one fails; -1: never */
static bool defer_frees;    /* keep freed nodes readable, on this list: */
static struct xa_node *deferred;

struct xa_node *xa_node_alloc(void)
{
	if (!fail_after)
		return NULL;
	if (fail_after > 0)
		fail_after--;
	nodes_in_use++;
	return calloc(1, sizeof(struct xa_node));
}

void xa_node_free(struct xa_node *node)
{
	nodes_in_use--;
	/* As the kernel does: the queue's links lie over the writer's part. */
	memset(node->reclaim, 0x5a, sizeof(node->reclaim));
	if (!defer_frees) {
		free(node);
		return;
	}
	node->reclaim[0] = deferred;
	deferred = node;
}

static void *entry(u64 n)
{
	return (void *)(uintptr_t)((n + 1) << 4);
}

static const u64 edges[] = {
    0,		 1,	     63,	   64,
    65,		 4095,	     4096,	   262143,
    262144,	 1ull << 32, (1ull << 36), 1ull << 59,
    1ull << 60,	 1ull << 63, U64_MAX - 64, U64_MAX - 63,
    U64_MAX - 1, U64_MAX,
};

TEST(xarray_load_range_agrees_with_load)
{
	struct xarray xa = XARRAY_INIT;
	void *got[200];

	EXPECT(!xa_store(&xa, 0, entry(0)));
	for (int step = 0; step < 2; step++) {
		for (u64 from = 0; from < 300; from += 7) {
			xa_load_range(&xa, from, 200, got);
			for (u64 k = 0; k < 200; k++)
				EXPECT(got[k] == xa_load(&xa, from + k));
		}
		for (u64 i = 0; i < 300; i += 3) /* holes, several nodes */
			EXPECT(!xa_store(&xa, i, entry(i)));
	}
	xa_load_range(&xa, U64_MAX - 9, 10, got);
	EXPECT(!got[0] && !got[9]);
	xa_destroy(&xa);
}

TEST(xarray_index_zero_needs_no_node)
{
	struct xarray xa = XARRAY_INIT;

	EXPECT(xa_empty(&xa));
	EXPECT_EQ(xa_store(&xa, 0, entry(0)), 0);
	EXPECT_EQ(nodes_in_use, 0);
	EXPECT(!xa_empty(&xa));
	EXPECT(xa_load(&xa, 0) == entry(0));
	EXPECT(!xa_load(&xa, 1) && !xa_load(&xa, 64) && !xa_load(&xa, U64_MAX));
	EXPECT(xa_erase(&xa, 1) == NULL);
	EXPECT(xa_erase(&xa, 0) == entry(0));
	EXPECT(xa_empty(&xa));
	EXPECT(xa_erase(&xa, 0) == NULL);
}

TEST(xarray_edges)
{
	struct xarray xa = XARRAY_INIT;
	size_t i;
	size_t k;

	for (i = 0; i < ARRAY_SIZE(edges); i++) {
		EXPECT_EQ(xa_store(&xa, edges[i], entry(i)), 0);
		for (k = 0; k < ARRAY_SIZE(edges); k++)
			EXPECT(xa_load(&xa, edges[k]) ==
			       (k <= i ? entry(k) : NULL));
	}
	for (i = 0; i < ARRAY_SIZE(edges); i++) {
		u64 at = i ? edges[i - 1] + 1 : 0;

		EXPECT(xa_find(&xa, &at, U64_MAX) == entry(i));
		EXPECT(at == edges[i]);
		EXPECT(xa_erase(&xa, edges[i]) == entry(i));
		EXPECT(xa_load(&xa, edges[i]) == NULL);
	}
	EXPECT(xa_empty(&xa));
	EXPECT_EQ(nodes_in_use, 0);
}

TEST(xarray_shrinks_to_direct)
{
	struct xarray xa = XARRAY_INIT;

	EXPECT_EQ(xa_store(&xa, 0, entry(0)), 0);
	xa_set_mark(&xa, 0, XA_MARK_TOWRITE);
	EXPECT_EQ(xa_store(&xa, 1ull << 40, entry(1)), 0);
	EXPECT(nodes_in_use > 6);
	EXPECT(xa_get_mark(&xa, 0, XA_MARK_TOWRITE));
	EXPECT(!xa_get_mark(&xa, 0, XA_MARK_DIRTY));
	xa_set_mark(&xa, 0, XA_MARK_DIRTY);
	xa_clear_mark(&xa, 0, XA_MARK_TOWRITE);
	EXPECT(xa_erase(&xa, 1ull << 40) == entry(1));
	EXPECT_EQ(nodes_in_use, 0);
	EXPECT(xa_load(&xa, 0) == entry(0));
	EXPECT(xa_get_mark(&xa, 0, XA_MARK_DIRTY));
	EXPECT(!xa_get_mark(&xa, 0, XA_MARK_TOWRITE));
	xa_erase(&xa, 0);
	EXPECT_EQ(xa_store(&xa, 0, entry(0)), 0);
	EXPECT(!xa_get_mark(&xa, 0, XA_MARK_DIRTY));
}

TEST(xarray_refuses_tagged_entries)
{
	struct xarray xa = XARRAY_INIT;

	EXPECT_EQ(xa_store(&xa, 0, (void *)0x1002), -EINVAL);
	EXPECT_EQ(xa_store(&xa, 9, (void *)0x1003), -EINVAL);
	EXPECT_EQ(xa_store(&xa, 0, (void *)0x1001), 0);
	EXPECT(xa_load(&xa, 0) == (void *)0x1001);
	EXPECT_EQ(xa_store(&xa, 0, NULL), 0);
	EXPECT(xa_empty(&xa));
}

TEST(xarray_every_allocation_fails)
{
	struct xarray xa = XARRAY_INIT;
	size_t i;
	int n;

	EXPECT_EQ(xa_store(&xa, 0, entry(0)), 0);
	for (i = 1; i < ARRAY_SIZE(edges); i++) {
		for (n = 0;; n++) {
			int before = nodes_in_use;

			fail_after = n;
			if (!xa_store(&xa, edges[i], entry(i)))
				break;
			EXPECT_EQ(nodes_in_use, before);
			EXPECT(xa_load(&xa, 0) == entry(0));
			EXPECT(!xa_load(&xa, edges[i]));
		}
		fail_after = -1;
		EXPECT(xa_load(&xa, edges[i]) == entry(i));
		xa_erase(&xa, edges[i]);
		EXPECT_EQ(nodes_in_use, 0);
	}
	/* The same from an empty array, whose root is made in one step. */
	xa_erase(&xa, 0);
	for (i = 1; i < ARRAY_SIZE(edges); i++) {
		for (n = 0;; n++) {
			fail_after = n;
			if (!xa_store(&xa, edges[i], entry(i)))
				break;
			EXPECT(xa_empty(&xa));
			EXPECT_EQ(nodes_in_use, 0);
		}
		xa_erase(&xa, edges[i]);
	}
}

TEST(xarray_reserve)
{
	struct xarray xa = XARRAY_INIT;
	u64 at;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(edges); i++) {
		EXPECT_EQ(xa_reserve(&xa, edges[i]), 0);
		EXPECT_EQ(xa_reserve(&xa, edges[i]), 0);
		EXPECT(!xa_load(&xa, edges[i]));
		xa_set_mark(&xa, edges[i], XA_MARK_DIRTY);
		EXPECT(!xa_get_mark(&xa, edges[i], XA_MARK_DIRTY));
	}
	at = 0;
	EXPECT(!xa_find(&xa, &at, U64_MAX));
	EXPECT(!xa_marked(&xa, XA_MARK_DIRTY));
	fail_after = 0;
	for (i = 0; i < ARRAY_SIZE(edges); i++) {
		EXPECT_EQ(xa_store(&xa, edges[i], entry(i)), 0);
		EXPECT_EQ(xa_reserve(&xa, edges[i]), 0);
		EXPECT(xa_load(&xa, edges[i]) == entry(i));
	}
	fail_after = -1;
	xa_destroy(&xa);
	EXPECT_EQ(nodes_in_use, 0);

	EXPECT_EQ(xa_reserve(&xa, 0), 0);
	EXPECT_EQ(nodes_in_use, 0);
	EXPECT_EQ(xa_store(&xa, 100, entry(1)), 0);
	EXPECT(!xa_load(&xa, 0));
	EXPECT(xa_erase(&xa, 100) == entry(1));
	EXPECT_EQ(nodes_in_use, 0);
	EXPECT(!xa_empty(&xa));
	EXPECT(xa_erase(&xa, 0) == NULL);
	EXPECT(xa_empty(&xa));
}

TEST(xarray_destroy)
{
	struct xarray xa = XARRAY_INIT;
	u64 state = 8;
	int i;

	for (i = 0; i < 2000; i++)
		EXPECT_EQ(
		    xa_store(&xa, unit_random(&state) >> (i % 64), entry(1)),
		    0);
	xa_destroy(&xa);
	EXPECT_EQ(nodes_in_use, 0);
	EXPECT(xa_empty(&xa));
	xa_destroy(&xa);
}

enum { MODEL = 9000 };

struct model {
	void *entry[MODEL];
	bool reserved[MODEL];
	bool mark[XA_NR_MARKS][MODEL];
};

static struct model model;

/* X1 to X4 for the subtree of @node. */
static void check_node(const struct xa_node *node)
{
	unsigned int count = 0;
	unsigned int s;
	unsigned int m;

	for (s = 0; s < XA_SLOTS; s++) {
		const struct xa_node *child = node->slots[s];

		count += child != NULL;
		if (!node->shift) {
			EXPECT_EQ(node->full >> s & 1, child != NULL);
			EXPECT_EQ(node->marks[XA_MARK_PRESENT] >> s & 1,
				  child && (uintptr_t)child != 3);
			continue;
		}
		EXPECT_EQ(node->full >> s & 1, child && child->full == U64_MAX);
		for (m = 0; m <= XA_MARK_PRESENT; m++)
			EXPECT_EQ(node->marks[m] >> s & 1,
				  child && child->marks[m]);
		if (!child)
			continue;
		EXPECT(child->parent == node);
		EXPECT_EQ(child->offset, s);
		EXPECT_EQ(child->shift, node->shift - XA_SLOT_BITS);
		check_node(child);
	}
	EXPECT(count > 0);
	EXPECT_EQ(node->count, count);
	if (!node->parent)
		EXPECT(count > 1 || !node->slots[0]);
}

static void check_array(const struct xarray *xa)
{
	if (((uintptr_t)xa->root & 3) == 2)
		check_node((struct xa_node *)((uintptr_t)xa->root - 2));
}

static void check_finds(struct xarray *xa, u64 from, u64 max)
{
	void *got[50];
	u64 at = from;
	u64 want = from;
	unsigned int m;
	unsigned int n;
	unsigned int i;

	while (want <= max && !model.entry[want])
		want++;
	EXPECT(xa_find(xa, &at, max) == (want <= max ? model.entry[want] : 0));
	EXPECT_EQ(at, want <= max ? want : from);
	for (m = 0; m < XA_NR_MARKS; m++) {
		for (want = from; want <= max && !model.mark[m][want];)
			want++;
		at = from;
		EXPECT(xa_find_marked(xa, &at, max, m) ==
		       (want <= max ? model.entry[want] : 0));
		EXPECT_EQ(at, want <= max ? want : from);
	}
	n = xa_extract(xa, from, max, got, ARRAY_SIZE(got));
	for (i = 0, want = from; want <= max && i < ARRAY_SIZE(got); want++) {
		if (model.entry[want])
			EXPECT(i < n && got[i++] == model.entry[want]);
	}
	EXPECT_EQ(n, i);
	at = from;
	want = from;
	while (want <= max && (model.entry[want] || model.reserved[want]))
		want++;
	EXPECT_EQ(xa_find_free(xa, &at, max), want <= max);
	EXPECT_EQ(at, want <= max ? want : from);
}

static void change_once(struct xarray *xa, u64 index, unsigned int what)
{
	enum xa_mark m = what % XA_NR_MARKS;
	int k;

	switch (what % 11) {
	case 0:
	case 1:
	case 2:
		EXPECT_EQ(xa_store(xa, index, entry(what)), 0);
		model.entry[index] = entry(what);
		model.reserved[index] = false;
		break;
	case 3:
		EXPECT_EQ(xa_reserve(xa, index), 0);
		model.reserved[index] |= !model.entry[index];
		break;
	case 4:
	case 5:
		EXPECT(xa_erase(xa, index) == model.entry[index]);
		model.entry[index] = NULL;
		model.reserved[index] = false;
		for (k = 0; k < XA_NR_MARKS; k++)
			model.mark[k][index] = false;
		break;
	case 6:
		xa_clear_mark(xa, index, m);
		model.mark[m][index] = false;
		break;
	default:
		xa_set_mark(xa, index, m);
		model.mark[m][index] = model.entry[index] != NULL;
		break;
	}
	EXPECT(xa_load(xa, index) == model.entry[index]);
	EXPECT_EQ(xa_get_mark(xa, index, m), model.mark[m][index]);
}

TEST(xarray_random)
{
	static const u64 limits[] = {1, 2, 64, 65, 130, 4096, 4097, MODEL};
	struct xarray xa = XARRAY_INIT;
	u64 state = 9;
	int round;
	u64 i;

	for (round = 0; round < 40000; round++) {
		u64 limit = limits[round / 1000 % ARRAY_SIZE(limits)];
		u64 index = unit_random(&state) % limit;

		change_once(&xa, index, (unsigned)(unit_random(&state) >> 33));
		if (round % 50 == 0) {
			u64 from = unit_random(&state) % limit;
			u64 span = unit_random(&state) % MODEL;

			check_array(&xa);
			check_finds(&xa, from, min(from + span, MODEL - 1ull));
		}
	}
	for (i = 0; i < MODEL; i++)
		EXPECT(xa_erase(&xa, i) == model.entry[i]);
	EXPECT(xa_empty(&xa));
	EXPECT_EQ(nodes_in_use, 0);
}

TEST(xarray_dense)
{
	struct xarray xa = XARRAY_INIT;
	void *got[7];
	void *e;
	u64 at;
	u64 i;

	for (i = 0; i < 5000; i++)
		EXPECT_EQ(xa_store(&xa, i, entry(i)), 0);
	at = 0;
	EXPECT(xa_find_free(&xa, &at, 10000) && at == 5000);
	at = 0;
	EXPECT(!xa_find_free(&xa, &at, 4999));
	xa_erase(&xa, 4097);
	at = 17;
	EXPECT(xa_find_free(&xa, &at, 4999) && at == 4097);
	EXPECT_EQ(xa_extract(&xa, 4094, U64_MAX, got, 7), 7);
	EXPECT(got[2] == entry(4096) && got[3] == entry(4098));
	i = 0;
	xa_for_each(&xa, at, e)
	{
		EXPECT(e == entry(at));
		xa_erase(&xa, at);
		i++;
	}
	EXPECT_EQ(i, 4999);
	EXPECT_EQ(nodes_in_use, 0);
}

/*
 * Readers without a lock beside a writer. Entries tell their index, so that a
 * reader can judge what it is given.
 */
enum { SHARED_MAX = 5000, WRITES = 150000 };

static struct xarray shared;
static bool writer_done;

static void check_reads(u64 index)
{
	void *got[20];
	u64 at = index;
	unsigned int n;
	unsigned int i;
	void *e;

	e = xa_load(&shared, index);
	EXPECT(!e || e == entry(index));
	e = xa_find(&shared, &at, SHARED_MAX);
	EXPECT(!e || (e == entry(at) && at >= index && at <= SHARED_MAX));
	at = index;
	e = xa_find_marked(&shared, &at, SHARED_MAX, XA_MARK_DIRTY);
	EXPECT(!e || (e == entry(at) && at >= index && at <= SHARED_MAX));
	n = xa_extract(&shared, index, SHARED_MAX, got, ARRAY_SIZE(got));
	for (i = 0; i < n; i++) {
		EXPECT((uintptr_t)got[i] >= (uintptr_t)entry(index));
		EXPECT(!i || (uintptr_t)got[i] > (uintptr_t)got[i - 1]);
	}
	xa_get_mark(&shared, index, XA_MARK_DIRTY);
	xa_marked(&shared, XA_MARK_DIRTY);
}

static void *read_shared(void *arg)
{
	u64 state = (uintptr_t)arg;

	while (!__atomic_load_n(&writer_done, __ATOMIC_RELAXED))
		check_reads(unit_random(&state) % SHARED_MAX >>
			    (unit_random(&state) >> 20) % 13);
	return NULL;
}

static void write_shared(u64 *state, int round)
{
	/* Phases of few and of many entries, so that the tree keeps changing.
	 */
	u64 index = unit_random(state) % SHARED_MAX >> round / 1000 % 13;
	u64 what = (unit_random(state) >> 30) % 8;

	if (what < 3)
		EXPECT_EQ(xa_store(&shared, index, entry(index)), 0);
	else if (what < 6)
		xa_erase(&shared, index);
	else if (what == 6)
		xa_set_mark(&shared, index, XA_MARK_DIRTY);
	else
		EXPECT_EQ(xa_reserve(&shared, index), 0);
	if (round % 7000 == 0)
		xa_destroy(&shared);
}

TEST(xarray_readers_beside_writer)
{
	pthread_t readers[2];
	struct xa_node *node;
	u64 state = 16;
	uintptr_t i;
	int round;

	defer_frees = true;
	for (i = 0; i < ARRAY_SIZE(readers); i++)
		pthread_create(&readers[i], NULL, read_shared, (void *)(i + 1));
	for (round = 0; round < WRITES; round++)
		write_shared(&state, round);
	__atomic_store_n(&writer_done, true, __ATOMIC_RELAXED);
	for (i = 0; i < ARRAY_SIZE(readers); i++)
		pthread_join(readers[i], NULL);
	xa_destroy(&shared);
	EXPECT_EQ(nodes_in_use, 0);
	while (deferred) {
		node = deferred;
		deferred = node->reclaim[0];
		free(node);
	}
}

TEST(idr_lowest_and_cyclic)
{
	struct idr idr = IDR_INIT;
	int i;

	EXPECT(idr_empty(&idr));
	EXPECT_EQ(idr_alloc(&idr, entry(1), 3, 5), 3);
	EXPECT_EQ(idr_alloc(&idr, entry(1), 3, 5), 4);
	EXPECT_EQ(idr_alloc(&idr, NULL, 3, 5), 5);
	EXPECT_EQ(idr_alloc(&idr, entry(1), 3, 5), -ENOSPC);
	EXPECT(idr_find(&idr, 5) == NULL);
	EXPECT(idr_replace(&idr, 5, entry(2)) == NULL);
	EXPECT(idr_replace(&idr, 5, entry(3)) == entry(2));
	EXPECT(idr_find(&idr, 5) == entry(3));
	EXPECT(idr_remove(&idr, 4) == entry(1));
	EXPECT_EQ(idr_alloc(&idr, entry(9), 0, IDR_MAX), 0);
	EXPECT_EQ(idr_alloc(&idr, entry(9), 3, 5), 4);
	EXPECT_EQ(idr_alloc(&idr, entry(9), 6, 5), -EINVAL);
	EXPECT_EQ(idr_alloc(&idr, entry(9), 0, U32_MAX), -EINVAL);
	idr_destroy(&idr);
	EXPECT_EQ(nodes_in_use, 0);

	for (i = 0; i < 300; i++)
		EXPECT_EQ(idr_alloc_cyclic(&idr, entry(1), 100, 399), 100 + i);
	EXPECT_EQ(idr_alloc_cyclic(&idr, entry(1), 100, 399), -ENOSPC);
	idr_remove(&idr, 250);
	idr_remove(&idr, 200);
	EXPECT_EQ(idr_alloc_cyclic(&idr, entry(1), 100, 399), 200);
	idr_remove(&idr, 150);
	EXPECT_EQ(idr_alloc_cyclic(&idr, entry(1), 100, 399), 250);
	EXPECT_EQ(idr_alloc_cyclic(&idr, entry(1), 100, 399), 150);
	idr_destroy(&idr);
	idr.next = 0;
	EXPECT_EQ(idr_alloc_cyclic(&idr, entry(1), IDR_MAX, IDR_MAX), IDR_MAX);
	EXPECT_EQ(idr_alloc_cyclic(&idr, entry(1), IDR_MAX, IDR_MAX), -ENOSPC);
	idr_destroy(&idr);
}

TEST(idr_walk_and_faults)
{
	struct idr idr = IDR_INIT;
	u64 id;
	void *object;
	int n = 0;

	EXPECT_EQ(idr_alloc(&idr, entry(0), 0, 10), 0);
	fail_after = 0;
	EXPECT_EQ(idr_alloc(&idr, entry(1), 0, 10), -ENOMEM);
	EXPECT_EQ(idr_alloc(&idr, NULL, 0, 10), -ENOMEM);
	EXPECT_EQ(idr_alloc_cyclic(&idr, entry(1), 1, 10), -ENOMEM);
	EXPECT_EQ(idr.next, 0);
	fail_after = -1;
	EXPECT_EQ(idr_alloc(&idr, entry(1), 70, IDR_MAX), 70);
	EXPECT_EQ(idr_alloc(&idr, NULL, 80, IDR_MAX), 80);
	EXPECT_EQ(idr_alloc(&idr, entry(2), IDR_MAX, IDR_MAX), IDR_MAX);
	idr_for_each(&idr, id, object) EXPECT(object == entry((u64)n++));
	EXPECT_EQ(n, 3);
	id = 71;
	EXPECT(idr_next(&idr, &id) == entry(2));
	EXPECT_EQ(id, IDR_MAX);
	idr_destroy(&idr);
	EXPECT_EQ(nodes_in_use, 0);
}
