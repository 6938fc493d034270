/*
 * Bitmaps.
 *
 * Loops run over whole words; the last one is masked where its spare bits
 * could show (results, comparisons, counts), which keeps the promise that
 * callers need not clear them.
 */
#include <linnet/bitmap.h>
#include <linnet/ctype.h>
#include <linnet/errno.h>
#include <linnet/kstrto.h>
#include <linnet/printf.h>
#include <linnet/string.h>
#include <linnet/types.h>

enum { HEX_WORD_BITS = 32, HEX_WORD_DIGITS = HEX_WORD_BITS / 4 };

/* Bits of the word @w that belong to a bitmap of @bits. */
static inline unsigned long word_mask(size_t w, size_t bits)
{
	if ((w + 1) * BITS_PER_LONG <= bits)
		return ~0ul;
	return ~(~0ul << (bits % BITS_PER_LONG));
}

/**
 * bitmap_zero - empty a bitmap
 * @map: bitmap
 * @bits: its size
 */
void bitmap_zero(unsigned long *map, size_t bits)
{
	memset(map, 0, BITS_TO_LONGS(bits) * sizeof(*map));
}

/**
 * bitmap_fill - set every bit
 * @map: bitmap
 * @bits: its size
 */
void bitmap_fill(unsigned long *map, size_t bits)
{
	memset(map, 0xff, BITS_TO_LONGS(bits) * sizeof(*map));
}

/**
 * bitmap_copy - copy a bitmap
 * @dst: destination
 * @src: source
 * @bits: size of both
 */
void bitmap_copy(unsigned long *dst, const unsigned long *src, size_t bits)
{
	memcpy(dst, src, BITS_TO_LONGS(bits) * sizeof(*dst));
}

/* Bits [@start, @start + @len) of the word that holds @start. */
static inline unsigned long range_mask(size_t start, size_t len)
{
	size_t first = start % BITS_PER_LONG;
	unsigned long mask = ~0ul << first;

	if (len < BITS_PER_LONG - first)
		mask &= ~(~0ul << (first + len));
	return mask;
}

/**
 * bitmap_set - set a range of bits
 * @map: bitmap
 * @start: first bit
 * @len: bits to set; the caller knows that they are inside
 */
void bitmap_set(unsigned long *map, size_t start, size_t len)
{
	size_t step;

	for (; len; len -= step, start += step) {
		step = min(len, BITS_PER_LONG - start % BITS_PER_LONG);
		map[start / BITS_PER_LONG] |= range_mask(start, len);
	}
}

/**
 * bitmap_clear - clear a range of bits
 * @map: bitmap
 * @start: first bit
 * @len: bits to clear; the caller knows that they are inside
 */
void bitmap_clear(unsigned long *map, size_t start, size_t len)
{
	size_t step;

	for (; len; len -= step, start += step) {
		step = min(len, BITS_PER_LONG - start % BITS_PER_LONG);
		map[start / BITS_PER_LONG] &= ~range_mask(start, len);
	}
}

/**
 * bitmap_and - intersection
 * @dst: result
 * @a: one set
 * @b: the other
 * @bits: size of all three
 *
 * Return: whether the result has a member.
 */
bool bitmap_and(unsigned long *dst, const unsigned long *a,
		const unsigned long *b, size_t bits)
{
	unsigned long any = 0;
	size_t w;

	for (w = 0; w < BITS_TO_LONGS(bits); w++) {
		dst[w] = a[w] & b[w];
		any |= dst[w] & word_mask(w, bits);
	}
	return any != 0;
}

/**
 * bitmap_andnot - difference
 * @dst: result: what is in @a and not in @b
 * @a: one set
 * @b: what to take away
 * @bits: size of all three
 *
 * Return: whether the result has a member.
 */
bool bitmap_andnot(unsigned long *dst, const unsigned long *a,
		   const unsigned long *b, size_t bits)
{
	unsigned long any = 0;
	size_t w;

	for (w = 0; w < BITS_TO_LONGS(bits); w++) {
		dst[w] = a[w] & ~b[w];
		any |= dst[w] & word_mask(w, bits);
	}
	return any != 0;
}

/**
 * bitmap_or - union
 * @dst: result
 * @a: one set
 * @b: the other
 * @bits: size of all three
 */
void bitmap_or(unsigned long *dst, const unsigned long *a,
	       const unsigned long *b, size_t bits)
{
	size_t w;

	for (w = 0; w < BITS_TO_LONGS(bits); w++)
		dst[w] = a[w] | b[w];
}

/**
 * bitmap_equal - do two sets have the same members
 * @a: one set
 * @b: the other
 * @bits: size of both
 */
bool bitmap_equal(const unsigned long *a, const unsigned long *b, size_t bits)
{
	size_t w;

	for (w = 0; w < BITS_TO_LONGS(bits); w++) {
		if ((a[w] ^ b[w]) & word_mask(w, bits))
			return false;
	}
	return true;
}

/**
 * bitmap_intersects - do two sets share a member
 * @a: one set
 * @b: the other
 * @bits: size of both
 */
bool bitmap_intersects(const unsigned long *a, const unsigned long *b,
		       size_t bits)
{
	size_t w;

	for (w = 0; w < BITS_TO_LONGS(bits); w++) {
		if (a[w] & b[w] & word_mask(w, bits))
			return true;
	}
	return false;
}

/**
 * bitmap_subset - is every member of @a in @b
 * @a: one set
 * @b: the other
 * @bits: size of both
 */
bool bitmap_subset(const unsigned long *a, const unsigned long *b, size_t bits)
{
	size_t w;

	for (w = 0; w < BITS_TO_LONGS(bits); w++) {
		if (a[w] & ~b[w] & word_mask(w, bits))
			return false;
	}
	return true;
}

/**
 * bitmap_weight - number of members
 * @map: bitmap
 * @bits: its size
 */
size_t bitmap_weight(const unsigned long *map, size_t bits)
{
	size_t n = 0;
	size_t w;

	for (w = 0; w < BITS_TO_LONGS(bits); w++)
		n += hweight64(map[w] & word_mask(w, bits));
	return n;
}

/* The search for both values: words are inverted to look for a zero. */
static inline size_t find_next(const unsigned long *map, size_t bits,
			       size_t start, unsigned long invert)
{
	size_t w = start / BITS_PER_LONG;
	unsigned long word;

	if (start >= bits)
		return bits;
	word = (map[w] ^ invert) & (~0ul << (start % BITS_PER_LONG));
	while (!word) {
		w++;
		if (w * BITS_PER_LONG >= bits)
			return bits;
		word = map[w] ^ invert;
	}
	return min(w * BITS_PER_LONG + __ffs(word), bits);
}

/**
 * find_next_bit - first set bit from some place on
 * @map: bitmap
 * @bits: its size
 * @start: first bit to look at
 *
 * Return: its index, or @bits.
 */
size_t find_next_bit(const unsigned long *map, size_t bits, size_t start)
{
	return find_next(map, bits, start, 0);
}

/**
 * find_next_zero_bit - first clear bit from some place on
 * @map: bitmap
 * @bits: its size
 * @start: first bit to look at
 *
 * Return: its index, or @bits.
 */
size_t find_next_zero_bit(const unsigned long *map, size_t bits, size_t start)
{
	return find_next(map, bits, start, ~0ul);
}

static bool is_separator(char c)
{
	return c == ',' || isspace(c);
}

/* "N" or "N-M"; returns what follows, or NULL if it is neither. */
static const char *parse_range(const char *s, u64 *first, u64 *last)
{
	char *end;

	if (!isdigit(*s))
		return NULL;
	*first = simple_strtou64(s, &end, 10);
	*last = *first;
	if (*end == '-') {
		s = end + 1;
		if (!isdigit(*s))
			return NULL;
		*last = simple_strtou64(s, &end, 10);
	}
	if (*end && !is_separator(*end))
		return NULL;
	return end;
}

/**
 * bitmap_parse_list - read a set written as ranges
 * @s: ranges like "0-3,5", separated by commas or blanks
 * @map: result; undefined on error
 * @bits: its size
 *
 * Return: 0, -EINVAL if it is no list, -ERANGE if a member is >= @bits.
 */
int bitmap_parse_list(const char *s, unsigned long *map, size_t bits)
{
	u64 first;
	u64 last;

	bitmap_zero(map, bits);
	for (;;) {
		while (is_separator(*s))
			s++;
		if (!*s)
			return 0;
		s = parse_range(s, &first, &last);
		if (!s || last < first)
			return -EINVAL;
		if (last >= bits)
			return -ERANGE;
		bitmap_set(map, first, last - first + 1);
	}
}

/**
 * bitmap_parse_hex - read a set written in hexadecimal
 * @s: words of 32 bits, highest first, separated by commas or blanks, each of
 *	1 to 8 digits; one newline may follow
 * @map: result; undefined on error
 * @bits: its size
 *
 * Read from the end, where the place of each digit is known.
 *
 * Return: 0, -EINVAL for what is no digit, -EOVERFLOW if a word has too many
 * digits or a bit is outside.
 */
int bitmap_parse_hex(const char *s, unsigned long *map, size_t bits)
{
	const char *end = strchr(s, '\n');
	size_t word = 0;
	size_t digit = 0;
	size_t bit;
	int value;

	if (!end || end[1])
		end = s + strlen(s);
	bitmap_zero(map, bits);
	while (end-- > s) {
		if (is_separator(*end)) {
			word += digit != 0;
			digit = 0;
			continue;
		}
		value = hex_digit_value(*end);
		if (value < 0)
			return -EINVAL;
		bit = word * HEX_WORD_BITS + digit++ * 4;
		if (digit > HEX_WORD_DIGITS || word * HEX_WORD_BITS >= bits ||
		    (value && bit + __fls((u64)value) >= bits))
			return -EOVERFLOW;
		if (value)
			map[bit / BITS_PER_LONG] |= (unsigned long)value
						    << (bit % BITS_PER_LONG);
	}
	return 0;
}

/**
 * bitmap_print_list - write a set as ranges
 * @buf: buffer
 * @size: its size
 * @map: set
 * @bits: size of the set
 *
 * Return: length of the text in @buf; what does not fit is cut.
 */
int bitmap_print_list(char *buf, size_t size, const unsigned long *map,
		      size_t bits)
{
	size_t first = find_first_bit(map, bits);
	const char *comma = "";
	size_t last;
	int len = 0;

	if (size)
		*buf = '\0';
	while (first < bits) {
		last = find_next_zero_bit(map, bits, first) - 1;
		len += scnprintf(buf + len, size - (size_t)len,
				 first == last ? "%s%zu" : "%s%zu-%zu", comma,
				 first, last);
		comma = ",";
		first = find_next_bit(map, bits, last + 1);
	}
	return len;
}

/**
 * bitmap_print_hex - write a set in hexadecimal
 * @buf: buffer
 * @size: its size
 * @map: set
 * @bits: size of the set, which decides the number of digits
 *
 * Return: length of the text in @buf; what does not fit is cut.
 */
int bitmap_print_hex(char *buf, size_t size, const unsigned long *map,
		     size_t bits)
{
	size_t words = DIV_ROUND_UP(bits, (size_t)HEX_WORD_BITS);
	size_t top_bits = bits - (words - 1) * HEX_WORD_BITS;
	int digits = (int)DIV_ROUND_UP(top_bits, 4);
	const char *comma = "";
	size_t bit;
	u64 value;
	int len = 0;

	while (words-- > 0) {
		bit = words * HEX_WORD_BITS;
		value = map[bit / BITS_PER_LONG] &
			word_mask(bit / BITS_PER_LONG, bits);
		value >>= bit % BITS_PER_LONG;
		len += scnprintf(buf + len, size - (size_t)len, "%s%0*x", comma,
				 digits, (u32)value);
		comma = ",";
		digits = HEX_WORD_DIGITS;
	}
	return len;
}
