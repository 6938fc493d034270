/*
 * Character classes of 7-bit ASCII, whatever the locale; bytes above 127 are
 * in no class. Arguments are taken as unsigned char, so a plain char is safe.
 */
#ifndef LINNET_CTYPE_H
#define LINNET_CTYPE_H

#include <linnet/types.h>

/* One comparison for a range: what lies below @lo wraps to a large number. */
static inline bool char_in_range(int c, u8 lo, u8 hi)
{
	return (u8)((u8)c - lo) <= hi - lo;
}

static inline int isdigit(int c)
{
	return char_in_range(c, '0', '9');
}

static inline int isupper(int c)
{
	return char_in_range(c, 'A', 'Z');
}

static inline int islower(int c)
{
	return char_in_range(c, 'a', 'z');
}

static inline int isalpha(int c)
{
	return char_in_range(c | 0x20, 'a', 'z');
}

static inline int isalnum(int c)
{
	return isalpha(c) || isdigit(c);
}

static inline int isxdigit(int c)
{
	return isdigit(c) || char_in_range(c | 0x20, 'a', 'f');
}

static inline int isspace(int c)
{
	return (u8)c == ' ' || char_in_range(c, '\t', '\r');
}

static inline int isprint(int c)
{
	return char_in_range(c, ' ', '~');
}

static inline int isgraph(int c)
{
	return char_in_range(c, '!', '~');
}

static inline int ispunct(int c)
{
	return isgraph(c) && !isalnum(c);
}

static inline int iscntrl(int c)
{
	return (u8)c < ' ' || (u8)c == 127;
}

static inline int tolower(int c)
{
	return isupper(c) ? (u8)c | 0x20 : (u8)c;
}

static inline int toupper(int c)
{
	return islower(c) ? (u8)c & ~0x20 : (u8)c;
}

/* Value of a hexadecimal digit, or -1. */
static inline int hex_digit_value(int c)
{
	if (isdigit(c))
		return (u8)c - '0';
	if (char_in_range(c | 0x20, 'a', 'f'))
		return ((u8)c | 0x20) - 'a' + 10;
	return -1;
}

#endif
