/* Formatted text, compared with the host's where both say the same. */
#include "unit.h"

#include <linnet/printf.h>
#include <linnet/string.h>

#include <stdint.h>

/* The host's own, which host_names.h has hidden. */
#undef snprintf
#undef vsnprintf

/* Bad formats on purpose: keep the compiler's check out of it. */
static int (*volatile format)(char *, size_t, const char *,
			      ...) = linnet_snprintf;

#define SAME_AS_HOST(...)                                                      \
	do {                                                                   \
		char got[256];                                                 \
		char want[256];                                                \
		int len;                                                       \
                                                                               \
		len = format(got, sizeof(got), __VA_ARGS__);                   \
		EXPECT_EQ(len, (snprintf)(want, sizeof(want), __VA_ARGS__));   \
		EXPECT_STR(got, want);                                         \
	} while (0)

#define EXPECT_TEXT(want, ...)                                                 \
	do {                                                                   \
		char got[256];                                                 \
                                                                               \
		EXPECT_EQ(format(got, sizeof(got), __VA_ARGS__),               \
			  strlen(want));                                       \
		EXPECT_STR(got, want);                                         \
	} while (0)

#pragma GCC diagnostic ignored "-Wformat"
#pragma GCC diagnostic ignored "-Wformat-zero-length"
#pragma GCC diagnostic ignored "-Wformat-truncation"

TEST(printf_plain)
{
	SAME_AS_HOST("");
	SAME_AS_HOST("plain");
	SAME_AS_HOST("100%% of %s", "it");
	SAME_AS_HOST("%c%c%c", 'a', 0x80, 'b');
	SAME_AS_HOST("[%5c|%-5c]", 'a', 'b');
}

TEST(printf_every_flag)
{
	static const char flags[] = "-+ #0";
	static const char *const sizes[] = {
	    "", "1", "7", ".", ".0", ".5", "8.3", "3.8", "0", "12.0", "24.20"};
	static const char convs[] = "diuxXo";
	static const long values[] = {
	    0,	       1,	  -1,	      9,	 10,	   255,
	    INT32_MIN, INT32_MAX, UINT32_MAX, INT64_MIN, INT64_MAX};
	char fmt[32];
	size_t i;
	size_t v;
	int set;
	int c;
	int b;

	for (set = 0; set < 32; set++) {
		for (i = 0; i < ARRAY_SIZE(sizes); i++) {
			for (c = 0; convs[c]; c++) {
				int n = 0;

				fmt[n++] = '%';
				for (b = 0; b < 5; b++) {
					if (set & (1 << b))
						fmt[n++] = flags[b];
				}
				n += (snprintf)(fmt + n, 16, "%sl%c", sizes[i],
						convs[c]);
				for (v = 0; v < ARRAY_SIZE(values); v++)
					SAME_AS_HOST(fmt, values[v]);
			}
		}
	}
}

TEST(printf_lengths)
{
	SAME_AS_HOST("%hhd %hhu %hhx", 300, 300, -1);
	SAME_AS_HOST("%hd %hu %hx", 70000, 70000, -1);
	SAME_AS_HOST("%d %u %x", INT32_MIN, UINT32_MAX, -1);
	SAME_AS_HOST("%lld %llu %llx", INT64_MIN, UINT64_MAX, INT64_MAX);
	SAME_AS_HOST("%zu %zd %tx", SIZE_MAX, (ssize_t)-5, (ptrdiff_t)255);
	SAME_AS_HOST("%lo", UINT64_MAX);
}

TEST(printf_star)
{
	SAME_AS_HOST("[%*d]", 6, 42);
	SAME_AS_HOST("[%*d]", -6, 42);
	SAME_AS_HOST("[%.*d]", 4, 42);
	SAME_AS_HOST("[%.*d]", -4, 42);
	SAME_AS_HOST("[%-*.*s]", 8, 3, "abcdef");
	SAME_AS_HOST("[%0*d]", 8, -42);
	SAME_AS_HOST("[%0-8d]", 42);
}

TEST(printf_strings)
{
	char raw[3] = {'a', 'b', 'c'};

	SAME_AS_HOST("[%s][%10s][%-10s][%.2s]", "abc", "abc", "abc", "abc");
	SAME_AS_HOST("[%.0s]", "abc");
	SAME_AS_HOST("[%.3s]", raw);
	EXPECT_TEXT("(null)", "%s", NULL);
	EXPECT_TEXT("[  (nul]", "[%6.4s]", NULL);
}

TEST(printf_pointers)
{
	EXPECT_TEXT("0000000000000000", "%p", NULL);
	EXPECT_TEXT("ffff000012345678", "%p", (void *)0xffff000012345678ul);
	EXPECT_TEXT("[  000000000000abcd]", "[%18p]", (void *)0xabcd);
	EXPECT_TEXT("0xabcd!", "%pS!", (void *)0xabcd);
	EXPECT_TEXT("[0xabcd    ]", "[%-10pS]", (void *)0xabcd);
}

TEST(printf_mistakes)
{
	EXPECT_TEXT("%", "%");
	EXPECT_TEXT("a%", "a%");
	EXPECT_TEXT("%5", "%5");
	EXPECT_TEXT("%y 1", "%y %d", 1);
	EXPECT_TEXT("%n", "%n");
	EXPECT_TEXT("%-08.3lq", "%-08.3lq");
}

TEST(printf_bounds)
{
	char buf[8];
	int n;

	for (n = 0; n < 8; n++) {
		char *exact = malloc((size_t)n + 1);

		EXPECT_EQ(format(exact, (size_t)n, "%s%d", "abcd", 1234), 8);
		if (n)
			EXPECT_EQ(strlen(exact), n - 1);
		free(exact);
	}
	EXPECT_EQ(linnet_snprintf(NULL, 0, "%d", 12345), 5);
	EXPECT_EQ(linnet_scnprintf(buf, sizeof(buf), "%s", "123456789"), 7);
	EXPECT_STR(buf, "1234567");
	EXPECT_EQ(linnet_scnprintf(buf, sizeof(buf), "%s", "123"), 3);
	EXPECT_EQ(linnet_scnprintf(buf, 1, "%s", "123"), 0);
	EXPECT_EQ(linnet_scnprintf(buf, 0, "%s", "123"), 0);
	EXPECT_EQ(format(buf, sizeof(buf), "%99999999999d", 1), 65535);
	EXPECT_STR(buf, "       ");
	EXPECT_EQ(format(buf, sizeof(buf), "%.99999999999d", 1), 65535);
	EXPECT_STR(buf, "0000000");
	EXPECT_EQ(format(buf, sizeof(buf), "%*d", INT32_MIN, 1), 65535);
	EXPECT_STR(buf, "1      ");
}
