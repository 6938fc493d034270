/*
 * What the parts of the decoder share: inflate.c, inflate_tables.c, gunzip.c.
 */
#ifndef LINNET_LIB_INFLATE_INTERNAL_H
#define LINNET_LIB_INFLATE_INTERNAL_H

#include <linnet/inflate.h>
#include <linnet/types.h>

enum {
	LITLEN_ROOT = 11, /* index bits of the root tables */
	DIST_ROOT = 8,
	PRECODE_ROOT = 7,

	NR_LITLEN = 288,
	NR_DIST = 32,
	NR_PRECODE = 19,
	END_OF_BLOCK = 256,
};

/*
 * A table entry: what a code means.
 *
 *   bits  0-5	bits of the code
 *   bits  8-13	extra bits behind it; or index bits of a second table
 *   bits 16-30	literal, base of length or distance; place of a second table
 *   bit  31	SPECIAL: neither a final length nor a distance
 *
 * A special root entry is a literal, or needs a closer look: lengths with extra
 * bits, and the flags below, which stand where a shift by the entry, or by the
 * entry >> 8, does not see them.
 */
#define SPECIAL	 (1u << 31)
#define LITERAL	 (1u << 30) /* of the literal and length code, with SPECIAL */
#define SUBTABLE (1u << 14)
#define END	 (1u << 7)
#define INVALID	 (1u << 6)

static inline unsigned int entry_code_bits(u32 e)
{
	return e & 63;
}

static inline unsigned int entry_extra_bits(u32 e)
{
	return e >> 8 & 63;
}

static inline u32 entry_value(u32 e)
{
	return e >> 16 & 0x7fff;
}

/*
 * Fill a table from the code lengths of @n symbols, 0 for those without a code.
 * -EINVAL if they make no code.
 */
int inflate_build_litlen(u32 *table, const u8 *lengths, unsigned int n);
int inflate_build_dist(u32 *table, const u8 *lengths, unsigned int n);
int inflate_build_precode(u32 *table, const u8 *lengths);

/* Record what is wrong; returns @err. */
int inflate_fail(struct inflate *s, int err, const char *why);

/* Is there input? 0 at its end, or an error of ops->fill. */
int inflate_more(struct inflate *s);

/* Next byte of the input, or an error: there must be one. */
int inflate_byte(struct inflate *s);

#endif
