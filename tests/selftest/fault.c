/* Fault injection: the n-th point fails, only that one, and only for its task. */
#include <asm/uaccess.h>
#include <linnet/ktest.h>
#include <linnet/page.h>
#include <linnet/slab.h>
#include <linnet/task.h>

static void fail_nth(u32 n)
{
	WRITE_ONCE(current->fail_nth, n);
}

static bool fault_nth_object(void)
{
	void *a, *b, *c;

	fail_nth(2);
	a = kmalloc(24, GFP_KERNEL);
	b = kmalloc(24, GFP_KERNEL);
	c = kmalloc(24, GFP_KERNEL);
	kfree(a);
	kfree(b);
	kfree(c);
	KTEST_CHECK(a && !b && c);
	KTEST_CHECK(current->fail_nth == 0);
	return true;
}
KTEST(fault_nth_object);

static bool fault_pages(void)
{
	struct page *one[1];
	void *p;

	fail_nth(1);
	KTEST_CHECK(!alloc_page(GFP_KERNEL));
	fail_nth(1);
	KTEST_CHECK(alloc_pages_bulk(GFP_KERNEL, 1, one) == 0);
	/* Its object, then its first page. */
	fail_nth(2);
	KTEST_CHECK(!vmalloc(PAGE_SIZE));
	p = vmalloc(PAGE_SIZE);
	KTEST_CHECK(p);
	vfree(p);
	return true;
}
KTEST(fault_pages);

/* A slab that must grow takes its pages without asking. */
static bool fault_spares_slabs(void)
{
	enum { MORE_THAN_A_SLAB = 300 };
	static void *p[MORE_THAN_A_SLAB];
	u32 got = 0;

	fail_nth(MORE_THAN_A_SLAB + 1);
	for (u32 i = 0; i < MORE_THAN_A_SLAB; i++) {
		p[i] = kmalloc(500, GFP_KERNEL);
		got += p[i] != NULL;
	}
	KTEST_CHECK(current->fail_nth == 1);
	fail_nth(0);
	for (u32 i = 0; i < MORE_THAN_A_SLAB; i++)
		kfree(p[i]);
	KTEST_CHECK(got == MORE_THAN_A_SLAB);
	return true;
}
KTEST(fault_spares_slabs);
