/*
 * The leak scanner: allocations whose address is kept in no form that it knows
 * are found, the same with their address somewhere are not.
 *
 * A stale word somewhere can hide one, so several are made of each kind.
 */
#include <linnet/kmemleak.h>
#include <linnet/ktest.h>
#include <linnet/slab.h>

enum { EACH = 4, FOUND_AT_LEAST = 3 };

static u64 hidden[EACH]; /* complements of addresses */
static void *known[EACH];

static void *small(void)
{
	return kmalloc(77, GFP_KERNEL);
}

static void *large(void)
{
	return kmalloc(3 * PAGE_SIZE, GFP_KERNEL);
}

static void *area(void)
{
	return vmalloc(3 * PAGE_SIZE);
}

static void __noinline hide(void *(*alloc)(void))
{
	for (u32 i = 0; i < EACH; i++)
		hidden[i] = ~(u64)alloc();
}

static u32 __noinline count_found(void)
{
	u32 n = 0;

	for (u32 i = 0; i < EACH; i++)
		n += kmemleak_found((void *)~hidden[i]);
	return n;
}

static bool finds(void *(*alloc)(void))
{
	u32 found;

	hide(alloc);
	KTEST_CHECK(kmemleak_scan() >= 0);
	KTEST_CHECK(count_found() == 0); /* once is not enough */
	KTEST_CHECK(kmemleak_scan() >= 0);
	found = count_found();
	for (u32 i = 0; i < EACH; i++)
		kvfree((void *)~hidden[i]);
	KTEST_CHECK(found >= FOUND_AT_LEAST);
	return true;
}

static bool kmemleak_finds_small(void)
{
	return finds(small);
}
KTEST(kmemleak_finds_small);

static bool kmemleak_finds_large(void)
{
	return finds(large);
}
KTEST(kmemleak_finds_large);

static bool kmemleak_finds_areas(void)
{
	return finds(area);
}
KTEST(kmemleak_finds_areas);

/* Through another object, and by an address inside. */
static bool kmemleak_follows(void)
{
	bool found = false;

	for (u32 i = 0; i < EACH; i++) {
		void **p = kzalloc(64, GFP_KERNEL);

		KTEST_CHECK(p);
		p[3] = kzalloc(200, GFP_KERNEL);
		hidden[i] = ~(u64)p[3];
		known[i] = p + 1;
	}
	KTEST_CHECK(kmemleak_scan() >= 0);
	KTEST_CHECK(kmemleak_scan() >= 0);
	for (u32 i = 0; i < EACH; i++) {
		found |= kmemleak_found((void *)~hidden[i]);
		found |= kmemleak_found((void **)known[i] - 1);
		kfree((void *)~hidden[i]);
		kfree((void **)known[i] - 1);
		known[i] = NULL;
	}
	KTEST_CHECK(!found);
	return true;
}
KTEST(kmemleak_follows);

/* Nothing that the boot made is reported. */
static bool kmemleak_quiet(void)
{
	KTEST_CHECK(kmemleak_scan() >= 0);
	KTEST_CHECK(kmemleak_scan() == 0);
	return true;
}
KTEST(kmemleak_quiet);
