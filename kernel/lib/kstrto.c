/*
 * Numbers from text.
 *
 * One digit loop serves all: it stops at the first character that is no digit
 * of the base and says whether the value went past 64 bits. What may follow
 * the digits, and what an overflow means, is the caller's policy.
 */
#include <linnet/ctype.h>
#include <linnet/errno.h>
#include <linnet/kstrto.h>
#include <linnet/types.h>

enum { BASE_DETECT = 0, BASE_MIN = 2, BASE_MAX = 36 };

struct number {
	u64 value;
	bool any;      /* there was a digit */
	bool overflow; /* value is U64_MAX, the digits said more */
};

static unsigned int digit_value(char c)
{
	if (isdigit(c))
		return (unsigned int)(c - '0');
	if (isalpha(c))
		return (unsigned int)(tolower(c) - 'a' + 10);
	return BASE_MAX;
}

/* Resolve base 0, and step over a "0x" that has a digit behind it. */
static const char *skip_prefix(const char *s, unsigned *base)
{
	bool hex = s[0] == '0' && tolower(s[1]) == 'x' && isxdigit(s[2]);

	if (*base == BASE_DETECT)
		*base = hex ? 16 : s[0] == '0' ? 8 : 10;
	return *base == 16 && hex ? s + 2 : s;
}

static const char *parse_digits(const char *s, unsigned base, struct number *n)
{
	unsigned int digit;

	*n = (struct number){0};
	for (;; s++) {
		digit = digit_value(*s);
		if (digit >= base)
			break;
		n->any = true;
		if (n->overflow)
			continue;
		if (__builtin_mul_overflow(n->value, base, &n->value) ||
		    __builtin_add_overflow(n->value, digit, &n->value)) {
			n->overflow = true;
			n->value = U64_MAX;
		}
	}
	return s;
}

static bool base_is_valid(unsigned base)
{
	return base == BASE_DETECT || (base >= BASE_MIN && base <= BASE_MAX);
}

/* Digits behind the sign; one newline may end them, as echo writes it. */
static int parse_whole(const char *s, unsigned base, u64 *out)
{
	struct number n;

	if (!base_is_valid(base))
		return -EINVAL;
	s = skip_prefix(s, &base);
	s = parse_digits(s, base, &n);
	if (*s == '\n')
		s++;
	if (!n.any || *s)
		return -EINVAL;
	if (n.overflow)
		return -ERANGE;
	*out = n.value;
	return 0;
}

/**
 * kstrtou64 - the number a string consists of
 * @s: optional '+', digits, optional newline
 * @base: 2 to 36, or 0 to tell 0x10, 010 and 10 apart
 * @out: set on success only
 *
 * Return: 0, -EINVAL if it is no number, -ERANGE if it needs over 64 bits.
 */
int kstrtou64(const char *s, unsigned base, u64 *out)
{
	return parse_whole(*s == '+' ? s + 1 : s, base, out);
}

/**
 * kstrtos64 - the signed number a string consists of
 * @s: as kstrtou64(), or with '-'
 * @base: as kstrtou64()
 * @out: set on success only
 *
 * Return: as kstrtou64().
 */
int kstrtos64(const char *s, unsigned base, s64 *out)
{
	bool negative = *s == '-';
	u64 limit = (u64)S64_MAX + negative;
	u64 magnitude;
	int err;

	err = parse_whole(negative || *s == '+' ? s + 1 : s, base, &magnitude);
	if (err)
		return err;
	if (magnitude > limit)
		return -ERANGE;
	*out = (s64)(negative ? 0 - magnitude : magnitude);
	return 0;
}

/**
 * simple_strtou64 - the number a string begins with
 * @s: digits, no sign and no space before them
 * @end: set to the first character that does not belong to the number, @s if
 *	there is none; may be NULL
 * @base: as kstrtou64()
 *
 * Return: the value, U64_MAX if it needs over 64 bits, 0 without digits.
 */
u64 simple_strtou64(const char *s, char **end, unsigned base)
{
	struct number n = {0};
	const char *stop = s;

	if (base_is_valid(base)) {
		stop = skip_prefix(s, &base);
		stop = parse_digits(stop, base, &n);
	}
	if (end)
		*end = (char *)stop;
	return n.value;
}
