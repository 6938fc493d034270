/* Pages, slab objects, mappings of the kernel. */
#include <linnet/errno.h>
#include <linnet/ktest.h>
#include <linnet/page.h>
#include <linnet/rcu.h>
#include <linnet/slab.h>
#include <linnet/string.h>

static bool pages_are_distinct(void)
{
	enum { N = 64 };
	static struct page *p[N];

	for (u64 i = 0; i < N; i++) {
		p[i] = alloc_pages(GFP_KERNEL, i % 4);
		KTEST_CHECK(p[i]);
		for (u64 k = 0; k < (PAGE_SIZE << i % 4) / 8; k++)
			((u64 *)page_address(p[i]))[k] = i;
	}
	for (u64 i = 0; i < N; i++) {
		u64 *words = page_address(p[i]);

		for (u64 k = 0; k < (PAGE_SIZE << i % 4) / 8; k++)
			KTEST_CHECK(words[k] == i);
		free_pages(p[i], i % 4);
	}
	return true;
}
KTEST(pages_are_distinct);

static bool slab_objects_are_distinct(void)
{
	enum { N = 300, SIZE = 72 };
	static u8 *obj[N];

	for (u32 i = 0; i < N; i++) {
		obj[i] = kzalloc(SIZE, GFP_KERNEL);
		KTEST_CHECK(obj[i] && IS_ALIGNED((u64)obj[i], 8));
		for (u32 k = 0; k < SIZE; k++)
			KTEST_CHECK(!obj[i][k]);
		memset(obj[i], (int)i, SIZE);
	}
	for (u32 i = 0; i < N; i++) {
		for (u32 k = 0; k < SIZE; k++)
			KTEST_CHECK(obj[i][k] == (u8)i);
		kfree(obj[i]);
	}
	return true;
}
KTEST(slab_objects_are_distinct);

/* Enough to need page tables of every level, some of them in freed memory. */
static bool vmalloc_maps_much(void)
{
	enum { N = 40, SIZE = 3 * PAGE_SIZE };
	static u64 *v[N];
	u64 free_before = 0;

	for (u32 round = 0; round < 30; round++) {
		/* Page tables stay, and shadow; what was mapped does not. */
		if (round == 1) {
			rcu_barrier();
			free_before = nr_free_pages();
		}
		for (u64 i = 0; i < N; i++) {
			v[i] = vmalloc(SIZE + i * PAGE_SIZE);
			KTEST_CHECK(v[i]);
			for (u64 k = 0; k < SIZE / 8; k += PAGE_SIZE / 8)
				v[i][k] = i;
		}
		for (u64 i = 0; i < N; i++) {
			for (u64 k = 0; k < SIZE / 8; k += PAGE_SIZE / 8)
				KTEST_CHECK(v[i][k] == i);
			vfree(v[i]);
			v[i] = NULL; /* or the leak scanner finds it here */
		}
	}
	rcu_barrier();
	KTEST_CHECK(nr_free_pages() + 64 > free_before);
	return true;
}
KTEST(vmalloc_maps_much);

static bool vmalloc_areas_have_guards(void)
{
	enum { N = 6 };
	u8 *v[N];
	bool apart = true;

	for (u32 i = 0; i < N; i++)
		v[i] = vmalloc(PAGE_SIZE);
	for (u32 i = 0; i < N; i++)
		for (u32 k = 0; k < N; k++)
			apart &= i == k || v[k] < v[i] || v[k] >= v[i] + 2 * PAGE_SIZE;
	for (u32 i = 0; i < N; i++)
		vfree(v[i]);
	KTEST_CHECK(apart);
	return true;
}
KTEST(vmalloc_areas_have_guards);
