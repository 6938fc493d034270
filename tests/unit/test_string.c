/* Strings, character classes and numbers from text. */
#include "unit.h"

#include <linnet/ctype.h>
#include <linnet/errno.h>
#include <linnet/kstrto.h>
#include <linnet/string.h>

/*
 * A string at every alignment, in a heap block that ends with it, so that a
 * wrong byte past the end is seen where the sanitizer looks.
 */
static char *at_offset(size_t offset, const char *s, size_t n)
{
	char *block = malloc(offset + n);

	memset(block, 'x', offset);
	memcpy(block + offset, s, n);
	return block;
}

TEST(strlen_alignments)
{
	const char *text = "0123456789abcdefghijklmnopqrstuvwxyz";
	size_t offset;
	size_t len;
	char *block;

	for (offset = 0; offset < 8; offset++) {
		for (len = 0; len <= 36; len++) {
			block = at_offset(offset, text + 36 - len, len + 1);
			EXPECT_EQ(strlen(block + offset), len);
			EXPECT_EQ(strnlen(block + offset, len), len);
			EXPECT_EQ(strnlen(block + offset, len + 9), len);
			EXPECT_EQ(strnlen(block + offset, (size_t)-1), len);
			EXPECT_EQ(strnlen(block + offset, len / 2), len / 2);
			free(block);
		}
	}
}

TEST(strlen_high_bytes)
{
	/* 0x80 and 0x01 beside a zero are what a sloppy word test trips on. */
	char s[] = "\x80\x81\xff\x01\x80\x7f\x01\x80\x01\x80\xfe\x80";

	EXPECT_EQ(strlen(s), 12);
	EXPECT(memchr(s, 0x01, 12) == s + 3);
	EXPECT(memchr(s, 0x02, 12) == NULL);
	EXPECT(memchr(s, 0xfe, 12) == s + 10);
	EXPECT(memchr(s, 0xfe, 10) == NULL);
	EXPECT(memchr(s, 0xffffff80, 12) == s);
	EXPECT(memchr(s, 0x80, 0) == NULL);
}

TEST(memchr_every_place)
{
	char block[64];
	size_t start;
	size_t at;
	size_t n;

	for (start = 0; start < 9; start++) {
		for (at = 0; at < 40; at++) {
			memset(block, 'a', sizeof(block));
			block[start + at] = 'b';
			for (n = 0; n < 50; n++)
				EXPECT(memchr(block + start, 'b', n) ==
				       (n > at ? block + start + at : NULL));
		}
	}
}

static int sign(int v)
{
	return (v > 0) - (v < 0);
}

TEST(memcmp_every_place)
{
	char a[48];
	char b[48];
	size_t n;
	size_t at;

	for (n = 0; n < 40; n++) {
		memset(a, 0x7f, sizeof(a));
		memset(b, 0x7f, sizeof(b));
		EXPECT_EQ(memcmp(a + 1, b + 3, n), 0);
		for (at = 0; at < n; at++) {
			b[3 + at] = (char)0x80;
			EXPECT_EQ(sign(memcmp(a + 1, b + 3, n)), -1);
			EXPECT_EQ(sign(memcmp(b + 3, a + 1, n)), 1);
			EXPECT_EQ(memcmp(a + 1, b + 3, at), 0);
			b[3 + at] = 0x7f;
		}
	}
	/* The first difference decides, not the largest. */
	EXPECT_EQ(sign(memcmp("\1\xff\xff\xff\xff\xff\xff\xff",
			      "\2\0\0\0\0\0\0\0", 8)),
		  -1);
}

TEST(memmove_overlaps)
{
	u8 block[96];
	size_t from;
	size_t to;
	size_t n;
	size_t i;

	for (from = 0; from < 24; from++) {
		for (to = 0; to < 24; to++) {
			for (n = 0; n < 40; n++) {
				for (i = 0; i < sizeof(block); i++)
					block[i] = (u8)i;
				EXPECT(memmove(block + to, block + from, n) ==
				       block + to);
				for (i = 0; i < sizeof(block); i++)
					EXPECT_EQ(block[i],
						  i >= to && i < to + n
						      ? i - to + from
						      : i);
			}
		}
	}
}

TEST(string_compare)
{
	EXPECT_EQ(strcmp("", ""), 0);
	EXPECT_EQ(sign(strcmp("", "a")), -1);
	EXPECT_EQ(sign(strcmp("a", "")), 1);
	EXPECT_EQ(sign(strcmp("abc", "abd")), -1);
	EXPECT_EQ(sign(strcmp("\xff", "a")), 1);
	EXPECT_EQ(strncmp("abc", "abd", 2), 0);
	EXPECT_EQ(strncmp("abc", "xyz", 0), 0);
	EXPECT_EQ(strncmp("ab", "ab", 100), 0);
	EXPECT_EQ(sign(strncmp("ab", "abc", 3)), -1);
	EXPECT_EQ(strcasecmp("HeLLo", "hEllO"), 0);
	EXPECT_EQ(sign(strcasecmp("a[", "A{")), -1);
	EXPECT_EQ(sign(strcasecmp("\xc4", "\xe4")), -1);
	EXPECT_EQ(strncasecmp("ABCx", "abcy", 3), 0);
}

TEST(string_search)
{
	const char *s = "abcabc";

	EXPECT(strchr(s, 'b') == s + 1);
	EXPECT(strchr(s, 0) == s + 6);
	EXPECT(strchr(s, 'z') == NULL);
	EXPECT(strchr("", 'z') == NULL);
	EXPECT(strrchr(s, 'b') == s + 4);
	EXPECT(strrchr(s, 0) == s + 6);
	EXPECT(strrchr(s, 'z') == NULL);
	EXPECT(strstr(s, "") == s);
	EXPECT(strstr(s, "cab") == s + 2);
	EXPECT(strstr(s, "abcabcd") == NULL);
	EXPECT(strstr("aaab", "aab") != NULL);
	EXPECT(strstr("", "a") == NULL);
}

TEST(strscpy_cuts)
{
	char buf[4] = "zzz";

	EXPECT_EQ(strscpy(buf, "ab", 0), -E2BIG);
	EXPECT_STR(buf, "zzz");
	EXPECT_EQ(strscpy(buf, "ab", 1), -E2BIG);
	EXPECT_STR(buf, "");
	EXPECT_EQ(strscpy(buf, "abc", 4), 3);
	EXPECT_STR(buf, "abc");
	EXPECT_EQ(strscpy(buf, "wxyz", 4), -E2BIG);
	EXPECT_STR(buf, "wxy");
	EXPECT_EQ(strscpy(buf, "", 4), 0);
	EXPECT_STR(buf, "");
}

TEST(ctype_ascii)
{
	const char *space = " \t\n\v\f\r";
	int c;

	for (c = -128; c < 256; c++) {
		int b = c & 0xff;

		EXPECT_EQ(!!isdigit(c), b >= '0' && b <= '9');
		EXPECT_EQ(!!isupper(c), b >= 'A' && b <= 'Z');
		EXPECT_EQ(!!islower(c), b >= 'a' && b <= 'z');
		EXPECT_EQ(!!isalpha(c), isupper(c) || islower(c));
		EXPECT_EQ(!!isspace(c), b && strchr(space, b));
		EXPECT_EQ(!!isprint(c), b >= 32 && b < 127);
		EXPECT_EQ(!!iscntrl(c), b < 32 || b == 127);
		EXPECT_EQ(!!ispunct(c), isprint(c) && b != ' ' && !isalnum(c));
		EXPECT_EQ(tolower(c), isupper(c) ? b + 32 : b);
		EXPECT_EQ(toupper(c), islower(c) ? b - 32 : b);
		EXPECT_EQ(!!isxdigit(c), hex_digit_value(c) >= 0);
	}
	EXPECT_EQ(hex_digit_value('F'), 15);
	EXPECT_EQ(hex_digit_value('a'), 10);
	EXPECT_EQ(hex_digit_value('g'), -1);
	EXPECT_EQ(hex_digit_value('@'), -1);
}

TEST(kstrto_strict)
{
	u64 u = 7;
	s64 s = 7;

	EXPECT_EQ(kstrtou64("", 10, &u), -EINVAL);
	EXPECT_EQ(kstrtou64("\n", 10, &u), -EINVAL);
	EXPECT_EQ(kstrtou64("+", 10, &u), -EINVAL);
	EXPECT_EQ(kstrtou64("-1", 10, &u), -EINVAL);
	EXPECT_EQ(kstrtou64(" 1", 10, &u), -EINVAL);
	EXPECT_EQ(kstrtou64("1 ", 10, &u), -EINVAL);
	EXPECT_EQ(kstrtou64("1\n\n", 10, &u), -EINVAL);
	EXPECT_EQ(kstrtou64("0x", 0, &u), -EINVAL);
	EXPECT_EQ(kstrtou64("0xg", 16, &u), -EINVAL);
	EXPECT_EQ(kstrtou64("08", 0, &u), -EINVAL);
	EXPECT_EQ(kstrtou64("1", 1, &u), -EINVAL);
	EXPECT_EQ(kstrtou64("1", 37, &u), -EINVAL);
	EXPECT_EQ(kstrtou64("18446744073709551616", 10, &u), -ERANGE);
	EXPECT_EQ(kstrtou64("99999999999999999999999", 10, &u), -ERANGE);
	EXPECT_EQ(kstrtou64("9999999999999999999999z", 10, &u), -EINVAL);
	EXPECT_EQ(u, 7);
	EXPECT_EQ(kstrtos64("9223372036854775808", 10, &s), -ERANGE);
	EXPECT_EQ(kstrtos64("-9223372036854775809", 10, &s), -ERANGE);
	EXPECT_EQ(kstrtos64("--1", 10, &s), -EINVAL);
	EXPECT_EQ(kstrtos64("-+1", 10, &s), -EINVAL);
	EXPECT_EQ(s, 7);
}

TEST(kstrto_values)
{
	u64 u;
	s64 s;

	EXPECT(!kstrtou64("18446744073709551615\n", 10, &u) && u == U64_MAX);
	EXPECT(!kstrtou64("0xffffFFFFffffFFFF", 0, &u) && u == U64_MAX);
	EXPECT(!kstrtou64("0x10", 16, &u) && u == 16);
	EXPECT(!kstrtou64("10", 16, &u) && u == 16);
	EXPECT(!kstrtou64("+010", 0, &u) && u == 8);
	EXPECT(!kstrtou64("0", 0, &u) && u == 0);
	EXPECT(!kstrtou64("zz", 36, &u) && u == 35 * 36 + 35);
	EXPECT(!kstrtos64("-9223372036854775808", 10, &s) && s == S64_MIN);
	EXPECT(!kstrtos64("9223372036854775807", 10, &s) && s == S64_MAX);
	EXPECT(!kstrtos64("-0x10", 0, &s) && s == -16);
	EXPECT(!kstrtos64("-0", 0, &s) && s == 0);
}

TEST(simple_strtou64_prefix)
{
	const char *s = "128M";
	char *end;

	EXPECT_EQ(simple_strtou64(s, &end, 0), 128);
	EXPECT(end == s + 3);
	s = "0x";
	EXPECT_EQ(simple_strtou64(s, &end, 0), 0);
	EXPECT(end == s + 1);
	s = "junk";
	EXPECT_EQ(simple_strtou64(s, &end, 10), 0);
	EXPECT(end == s);
	s = "0x1fz";
	EXPECT_EQ(simple_strtou64(s, &end, 16), 0x1f);
	EXPECT(end == s + 4);
	EXPECT_EQ(simple_strtou64("99999999999999999999", NULL, 10), U64_MAX);
}
