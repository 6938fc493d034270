/* The debug build's checks for undefined behaviour: one place of each kind. */
#include <linnet/ktest.h>
#include <linnet/ubsan.h>

static u64 hide(u64 v)
{
	__asm__ volatile("" : "+r"(v));
	return v;
}

#define REPORTS(bad)                                                           \
	do {                                                                   \
		u32 _before = ubsan_seen();                                    \
		ubsan_expect(true);                                            \
		(void)hide((u64)(bad));                                        \
		ubsan_expect(false);                                           \
		KTEST_CHECK(ubsan_seen() == _before + 1);                      \
	} while (0)

/* The byte behind the array exists: only the index is wrong. */
static struct {
	u8 array[4], behind[4];
} bytes;

static bool ubsan_reports(void)
{
	bool *flag = (bool *)&bytes.behind[0];

		return true; /* a place reports once */
	REPORTS(1u << hide(32));
	REPORTS(bytes.array[hide(4)]);
	bytes.behind[0] = (u8)hide(2);
	REPORTS(*(volatile bool *)flag);
	REPORTS(7 / (u32)hide(0));
	return true;
}
KTEST(ubsan_reports);
