/*
 * Strings and memory blocks.
 *
 * Searches for a byte read whole aligned words: an aligned word never crosses
 * into a page the string does not touch, so reading a few bytes around it is
 * harmless, and one test covers eight bytes. The address sanitizer cannot know
 * that and is kept out of those two functions.
 *
 * Not here: memcpy and memset, written in assembly by the architecture, which
 * may also replace the weak memmove.
 */
#include <linnet/ctype.h>
#include <linnet/errno.h>
#include <linnet/kasan.h>
#include <linnet/string.h>
#include <linnet/types.h>

/* Names in parentheses are not the macros of <linnet/string.h>. */

/* The compiler must not turn these loops into calls to themselves. */
#ifndef __clang__
#pragma GCC optimize("no-tree-loop-distribute-patterns")
#endif

#define no_asan __attribute__((no_sanitize("address")))

#define WORD_BYTES sizeof(u64)
#define LOW_BITS   0x0101010101010101ul
#define HIGH_BITS  0x8080808080808080ul

typedef u64 __attribute__((may_alias)) word_t;
typedef u64 __attribute__((may_alias, aligned(1))) unaligned_word_t;

/*
 * Bit 7 of each zero byte of @v. Bytes above the first zero may be flagged
 * wrongly (the borrow runs upwards), so only the lowest flag counts.
 */
static inline u64 zero_bytes(u64 v)
{
	return (v - LOW_BITS) & ~v & HIGH_BITS;
}

static inline size_t first_flag(u64 flags)
{
	return (size_t)__builtin_ctzll(flags) / 8;
}

/* The word that holds @s, with the bytes before @s forced to non-zero. */
static inline no_asan u64 first_word(const void *s, u64 pattern)
{
	size_t skip = (uintptr_t)s % WORD_BYTES;
	const word_t *w = (const word_t *)((uintptr_t)s - skip);

	return (*w ^ pattern) | ((1ul << (8 * skip)) - 1);
}

/**
 * strlen - length of a string
 * @s: string
 *
 * Return: bytes before the terminating NUL.
 */
no_asan size_t(strlen)(const char *s)
{
	const word_t *w = (const word_t *)ALIGN_DOWN((uintptr_t)s, WORD_BYTES);
	u64 found = zero_bytes(first_word(s, 0));

	while (!found)
		found = zero_bytes(*++w);
	kasan_check_read(s, (uintptr_t)w + first_flag(found) - (uintptr_t)s + 1);
	return (size_t)((uintptr_t)w + first_flag(found) - (uintptr_t)s);
}

/**
 * memchr - find a byte
 * @s: where to start
 * @c: byte wanted
 * @n: bytes to look at; none behind the first match is needed to exist
 *
 * Return: address of the first match, or NULL.
 */
no_asan void *memchr(const void *s, int c, size_t n)
{
	const u64 pattern = LOW_BITS * (u8)c;
	size_t skip = (uintptr_t)s % WORD_BYTES;
	const word_t *w = (const word_t *)((uintptr_t)s - skip);
	size_t base = 0 - skip; /* offset of *w from s */
	u64 found;

	if (!n)
		return NULL;
	found = zero_bytes(first_word(s, pattern));
	while (!found) {
		base += WORD_BYTES;
		if (base >= n)
			return NULL;
		found = zero_bytes(*++w ^ pattern);
	}
	base += first_flag(found);
	return base < n ? (char *)s + base : NULL;
}

/**
 * memcmp - compare two blocks as unsigned bytes
 * @a: first block
 * @b: second block
 * @n: length of both
 *
 * Return: below, equal to or above 0 as @a sorts before, with or after @b.
 */
int(memcmp)(const void *a, const void *b, size_t n)
{
	const u8 *p = a;
	const u8 *q = b;
	u64 x;
	u64 y;

	for (; n >= WORD_BYTES; n -= WORD_BYTES) {
		x = *(const unaligned_word_t *)p;
		y = *(const unaligned_word_t *)q;
		if (x != y) {
			x = __builtin_bswap64(x);
			y = __builtin_bswap64(y);
			return x < y ? -1 : 1;
		}
		p += WORD_BYTES;
		q += WORD_BYTES;
	}
	for (; n; n--, p++, q++) {
		if (*p != *q)
			return *p - *q;
	}
	return 0;
}

/* Each word is loaded before the store that may overlap it. */
static void move_up(u8 *dst, const u8 *src, size_t n)
{
	while (n % WORD_BYTES) {
		n--;
		dst[n] = src[n];
	}
	while (n) {
		n -= WORD_BYTES;
		*(unaligned_word_t *)(dst + n) =
		    *(const unaligned_word_t *)(src + n);
	}
}

static void move_down(u8 *dst, const u8 *src, size_t n)
{
	size_t i = 0;

	for (; n - i >= WORD_BYTES; i += WORD_BYTES)
		*(unaligned_word_t *)(dst + i) =
		    *(const unaligned_word_t *)(src + i);
	for (; i < n; i++)
		dst[i] = src[i];
}

/**
 * memmove - copy a block that may overlap its destination
 * @dst: destination
 * @src: source
 * @n: bytes
 *
 * Return: @dst.
 */
__weak void *(memmove)(void *dst, const void *src, size_t n)
{
	if ((uintptr_t)dst - (uintptr_t)src < n)
		move_up(dst, src, n);
	else
		move_down(dst, src, n);
	return dst;
}

/**
 * strnlen - length of a string that may not be terminated
 * @s: string
 * @n: bytes to look at
 *
 * Return: bytes before the NUL, at most @n.
 */
size_t strnlen(const char *s, size_t n)
{
	const char *end = memchr(s, 0, n);

	return end ? (size_t)(end - s) : n;
}

/**
 * strncmp - compare the first bytes of two strings
 * @a: first string
 * @b: second string
 * @n: bytes that count
 *
 * Return: below, equal to or above 0 as @a sorts before, with or after @b.
 */
int strncmp(const char *a, const char *b, size_t n)
{
	for (; n; n--, a++, b++) {
		if (*a != *b || !*a)
			return (u8)*a - (u8)*b;
	}
	return 0;
}

/**
 * strcmp - compare two strings
 * @a: first string
 * @b: second string
 *
 * Return: as strncmp().
 */
int strcmp(const char *a, const char *b)
{
	while (*a == *b && *a) {
		a++;
		b++;
	}
	return (u8)*a - (u8)*b;
}

/**
 * strncasecmp - as strncmp(), with ASCII letters of both cases equal
 * @a: first string
 * @b: second string
 * @n: bytes that count
 *
 * Return: as strncmp(), in the order of the lower-case letters.
 */
int strncasecmp(const char *a, const char *b, size_t n)
{
	int diff;

	for (; n; n--, a++, b++) {
		diff = tolower(*a) - tolower(*b);
		if (diff || !*a)
			return diff;
	}
	return 0;
}

/**
 * strcasecmp - as strcmp(), with ASCII letters of both cases equal
 * @a: first string
 * @b: second string
 *
 * Return: as strncasecmp().
 */
int strcasecmp(const char *a, const char *b)
{
	return strncasecmp(a, b, (size_t)-1);
}

/**
 * strchr - first place of a character
 * @s: string
 * @c: character; NUL finds the end
 *
 * Return: its address, or NULL.
 */
char *strchr(const char *s, int c)
{
	for (; *s != (char)c; s++) {
		if (!*s)
			return NULL;
	}
	return (char *)s;
}

/**
 * strrchr - last place of a character
 * @s: string
 * @c: character; NUL finds the end
 *
 * Return: its address, or NULL.
 */
char *strrchr(const char *s, int c)
{
	const char *last = NULL;

	do {
		if (*s == (char)c)
			last = s;
	} while (*s++);
	return (char *)last;
}

/**
 * strstr - first place of a string in another
 * @s: string to search
 * @needle: string wanted; the empty one is found at once
 *
 * The plain quadratic search: needles in the kernel are short names.
 *
 * Return: address of the match, or NULL.
 */
char *strstr(const char *s, const char *needle)
{
	size_t len = strlen(needle);

	if (!len)
		return (char *)s;
	for (s = strchr(s, *needle); s; s = strchr(s + 1, *needle)) {
		if (!strncmp(s, needle, len))
			return (char *)s;
	}
	return NULL;
}

/**
 * strscpy - copy a string into a buffer
 * @dst: buffer, terminated afterwards unless @size is 0
 * @src: string
 * @size: size of @dst
 *
 * Return: length of the string, or -E2BIG if it did not fit and was cut.
 */
ssize_t strscpy(char *dst, const char *src, size_t size)
{
	size_t len = strnlen(src, size);

	if (!size)
		return -E2BIG;
	if (len < size) {
		memcpy(dst, src, len + 1);
		return (ssize_t)len;
	}
	memcpy(dst, src, size - 1);
	dst[size - 1] = '\0';
	return -E2BIG;
}
