/*
 * Bitmaps: sets of small integers in an array of words.
 *
 * Every call takes the number of bits. Bits of the last word beyond it are
 * never looked at and may have any value. Single bits: <linnet/bitops.h>.
 */
#ifndef LINNET_BITMAP_H
#define LINNET_BITMAP_H

#include <linnet/bitops.h>
#include <linnet/types.h>

#define DECLARE_BITMAP(name, bits) unsigned long name[BITS_TO_LONGS(bits)]

void bitmap_zero(unsigned long *map, size_t bits);
void bitmap_fill(unsigned long *map, size_t bits);
void bitmap_copy(unsigned long *dst, const unsigned long *src, size_t bits);
void bitmap_set(unsigned long *map, size_t start, size_t len);
void bitmap_clear(unsigned long *map, size_t start, size_t len);

/* @dst may be one of the operands; the result says whether a bit is set. */
bool bitmap_and(unsigned long *dst, const unsigned long *a,
		const unsigned long *b, size_t bits);
bool bitmap_andnot(unsigned long *dst, const unsigned long *a,
		   const unsigned long *b, size_t bits);
void bitmap_or(unsigned long *dst, const unsigned long *a,
	       const unsigned long *b, size_t bits);

bool bitmap_equal(const unsigned long *a, const unsigned long *b, size_t bits);
bool bitmap_intersects(const unsigned long *a, const unsigned long *b,
		       size_t bits);
bool bitmap_subset(const unsigned long *a, const unsigned long *b, size_t bits);
size_t bitmap_weight(const unsigned long *map, size_t bits);

/* First bit at or after @start that is set or clear; @bits if there is none. */
size_t find_next_bit(const unsigned long *map, size_t bits, size_t start);
size_t find_next_zero_bit(const unsigned long *map, size_t bits, size_t start);

static inline size_t find_first_bit(const unsigned long *map, size_t bits)
{
	return find_next_bit(map, bits, 0);
}

static inline size_t find_first_zero_bit(const unsigned long *map, size_t bits)
{
	return find_next_zero_bit(map, bits, 0);
}

static inline bool bitmap_empty(const unsigned long *map, size_t bits)
{
	return find_next_bit(map, bits, 0) == bits;
}

static inline bool bitmap_full(const unsigned long *map, size_t bits)
{
	return find_next_zero_bit(map, bits, 0) == bits;
}

#define for_each_set_bit(bit, map, bits)                                       \
	for (bit = find_next_bit(map, bits, 0); bit < (bits);                  \
	     bit = find_next_bit(map, bits, bit + 1))

/* As Linux writes CPU sets: "0-3,5" and, in words of 32 bits, "1,0000002f". */
int __must_check bitmap_parse_list(const char *s, unsigned long *map,
				   size_t bits);
int __must_check bitmap_parse_hex(const char *s, unsigned long *map,
				  size_t bits);
int bitmap_print_list(char *buf, size_t size, const unsigned long *map,
		      size_t bits);
int bitmap_print_hex(char *buf, size_t size, const unsigned long *map,
		     size_t bits);

#endif
