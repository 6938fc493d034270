/* The debug build's checks of lists and of references to pages. */
#include <linnet/debug.h>
#include <linnet/ktest.h>
#include <linnet/list.h>
#include <linnet/page.h>

#define REPORTS(n, bad)                                                        \
	do {                                                                   \
		u32 _before = debug_seen();                                    \
		debug_expect(true);                                            \
		bad;                                                           \
		debug_expect(false);                                           \
		KTEST_CHECK(debug_seen() == _before + (n));                    \
	} while (0)

static bool debug_lists(void)
{
	struct list_head a, b, stray;
	LIST_HEAD(head);

	REPORTS(0, list_add_tail(&a, &head));
	REPORTS(0, list_add_tail(&b, &head));
	/* The last one a second time, then a node nobody points at. */
	REPORTS(1, list_add_tail(&b, &head));
	list_init(&head);
	list_add(&a, &head);
	stray = a;
	REPORTS(1, list_check_del(&stray));
	REPORTS(0, list_del_rcu(&a));
	REPORTS(1, list_check_del(&a));
	return true;
}
KTEST(debug_lists);

static bool debug_page_refs(void)
{
	struct page *p = alloc_page(GFP_KERNEL);

	KTEST_CHECK(p);
	REPORTS(0, get_page(p));
	REPORTS(0, put_page(p));
	REPORTS(0, put_page(p));
	REPORTS(1, page_check_ref(p, 0));
	REPORTS(1, page_check_ref(p, (u32)-1));
	return true;
}
KTEST(debug_page_refs);
