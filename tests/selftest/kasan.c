/*
 * The address sanitizer of the debug build: each test makes one bad access and
 * looks whether it was reported, as what, and at which address.
 *
 * Pointers pass through hide(), so that the compiler neither sees the overrun
 * nor drops the access.
 */
#include <asm/page.h>
#include <asm/uaccess.h>
#include <linnet/kasan.h>
#include <linnet/ktest.h>
#include <linnet/slab.h>
#include <linnet/string.h>

static void *hide(void *p)
{
	__asm__ volatile("" : "+r"(p));
	return p;
}

static void poke(volatile u8 *p)
{
	*p = *p;
}

/* Was there a report of @kind at @addr since @before? */
static bool reported(struct kasan_seen before, const char *kind, void *addr)
{
	struct kasan_seen now = kasan_seen();

	if (now.count > before.count && !strcmp(now.kind, kind) &&
	    now.addr == (u64)addr)
		return true;
	pr_err("# %u reports, the last: %s at %#lx, not %s at %#lx\n",
	       now.count - before.count, now.count ? now.kind : "none",
	       now.addr, kind, (u64)addr);
	return false;
}

#define REPORTS(kind, addr, bad)                                               \
	do {                                                                   \
		struct kasan_seen _before = kasan_seen();                      \
		kasan_expect(true);                                            \
		bad;                                                           \
		kasan_expect(false);                                           \
		KTEST_CHECK(reported(_before, kind, addr));                    \
	} while (0)

#define SILENT(good)                                                           \
	do {                                                                   \
		u32 _before = kasan_seen().count;                              \
		good;                                                          \
		KTEST_CHECK(kasan_seen().count == _before);                    \
	} while (0)

static bool kasan_heap_right(void)
{
	static const size_t sizes[] = {1, 13, 24, 100, 4090, 9000};

	for (u32 i = 0; i < ARRAY_SIZE(sizes); i++) {
		u8 *p = hide(kmalloc(sizes[i], GFP_KERNEL));

		KTEST_CHECK(p);
		SILENT(poke(p + sizes[i] - 1));
		REPORTS("slab-out-of-bounds", p + sizes[i],
			poke(p + sizes[i]));
		kfree(p);
	}
	return true;
}
KTEST(kasan_heap_right);

static bool kasan_heap_left(void)
{
	u8 *p = hide(kmalloc(48, GFP_KERNEL));

	KTEST_CHECK(p);
	SILENT(poke(p));
	REPORTS("slab-out-of-bounds", p - 1, poke(p - 1));
	kfree(p);
	return true;
}
KTEST(kasan_heap_left);

static bool kasan_use_after_free(void)
{
	u8 *p = hide(kmalloc(200, GFP_KERNEL));

	KTEST_CHECK(p);
	kfree(p);
	REPORTS("slab-use-after-free", p + 77, poke(p + 77));
	return true;
}
KTEST(kasan_use_after_free);

static bool kasan_double_free(void)
{
	u8 *p = hide(kmalloc(64, GFP_KERNEL));

	KTEST_CHECK(p);
	REPORTS("invalid-free", p + 8, kfree(p + 8));
	kfree(p);
	REPORTS("double-free", p, kfree(hide(p)));
	return true;
}
KTEST(kasan_double_free);

static bool kasan_page_after_free(void)
{
	u8 *p = hide(get_zeroed_page(GFP_KERNEL));

	KTEST_CHECK(p);
	SILENT(poke(p + 4095));
	free_page(p);
	REPORTS("use-after-free of a page", p + 8, poke(p + 8));
	return true;
}
KTEST(kasan_page_after_free);

static bool kasan_stack(void)
{
	u8 buf[13];
	u8 *p = hide(buf);

	SILENT(poke(p + 12));
	REPORTS("stack-out-of-bounds", p + 13, poke(p + 13));
	return true;
}
KTEST(kasan_stack);

static u8 kasan_global_bytes[19];

static bool kasan_global(void)
{
	u8 *p = hide(kasan_global_bytes);

	SILENT(poke(p + 18));
	REPORTS("global-out-of-bounds", p + 19, poke(p + 19));
	return true;
}
KTEST(kasan_global);

static bool kasan_vmalloc_tail(void)
{
	u8 *p = hide(vmalloc(5000));

	KTEST_CHECK(p);
	SILENT(poke(p + 4999));
	REPORTS("vmalloc-out-of-bounds", p + 5000, poke(p + 5000));
	vfree(p);
	return true;
}
KTEST(kasan_vmalloc_tail);

static bool kasan_blocks(void)
{
	u8 *a = hide(kzalloc(40, GFP_KERNEL)), *b = hide(kzalloc(40, GFP_KERNEL));

	KTEST_CHECK(a && b);
	SILENT(memcpy(a, b, 40));
	/* Two reports; the destination's is the last. */
	REPORTS("slab-out-of-bounds", a + 40,
		memcpy(a, b, (size_t)hide((void *)41)));
	REPORTS("slab-out-of-bounds", a + 40, memset(a + 8, 0, 33));
	REPORTS("slab-out-of-bounds", b - 8, memmove(a, b - 8, 16));
	memset(a, 'x', 40);
	REPORTS("slab-out-of-bounds", a + 40, (void)hide((void *)strlen((char *)a)));
	kfree(a);
	kfree(b);
	return true;
}
KTEST(kasan_blocks);

/* The user address does not exist: the kernel's side is checked first. */
static bool kasan_user_copy(void)
{
	u8 *p = hide(kzalloc(40, GFP_KERNEL));
	int err;

	KTEST_CHECK(p);
	REPORTS("slab-out-of-bounds", p + 40,
		err = copy_from_user(p, (void __user *)8, 41));
	KTEST_CHECK(err);
	REPORTS("slab-out-of-bounds", p + 40,
		err = copy_to_user((void __user *)8, p, 48));
	KTEST_CHECK(err);
	kfree(p);
	return true;
}
KTEST(kasan_user_copy);
