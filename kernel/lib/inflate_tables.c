/*
 * Decoding tables for Huffman codes (RFC 1951 §3.2.2).
 *
 * A table is indexed by the next bits of the stream. Deflate sends the first
 * bit of a code lowest, so a code of c bits fills every entry whose low c bits
 * are the code. Codes are taken in the order of their length while the table
 * grows with them: it is doubled by copying it behind itself, and each code is
 * then one store. Those longer than the root table's index go to second tables,
 * one for each root prefix they share.
 *
 * The number of entries this takes at most (INFLATE_LITLEN_TABLE) is known from
 * enumerating all codes; it is checked all the same.
 */
#include <linnet/errno.h>
#include <linnet/string.h>
#include <linnet/types.h>

#include "inflate_internal.h"

enum { MAX_CODE_BITS = 15, FIRST_LENGTH = END_OF_BLOCK + 1 };

/* A symbol's entry, but for the bits of its code, which are added. */
#define SYMBOL(base, extra) ((u32)(base) << 16 | (extra) << 8)
#define LENGTH(base, extra) (SYMBOL(base, extra) | SPECIAL)
#define NO_SYMBOL	    (SPECIAL | INVALID)
#define LITERAL_SYMBOL(n)   (SYMBOL(n, 0) | LITERAL | SPECIAL)

#define LITERALS_4(n)                                                          \
	LITERAL_SYMBOL(n), LITERAL_SYMBOL((n) + 1), LITERAL_SYMBOL((n) + 2),   \
	    LITERAL_SYMBOL((n) + 3)
#define LITERALS_16(n)                                                         \
	LITERALS_4(n), LITERALS_4((n) + 4), LITERALS_4((n) + 8),               \
	    LITERALS_4((n) + 12)
#define LITERALS_64(n)                                                         \
	LITERALS_16(n), LITERALS_16((n) + 16), LITERALS_16((n) + 32),          \
	    LITERALS_16((n) + 48)

/* RFC 1951 §3.2.5. */
static const u32 litlen_symbols[NR_LITLEN] = {
    LITERALS_64(0), LITERALS_64(64), LITERALS_64(128), LITERALS_64(192),
    SPECIAL | END,  SYMBOL(3, 0),    SYMBOL(4, 0),     SYMBOL(5, 0),
    SYMBOL(6, 0),   SYMBOL(7, 0),    SYMBOL(8, 0),     SYMBOL(9, 0),
    SYMBOL(10, 0),  LENGTH(11, 1),   LENGTH(13, 1),    LENGTH(15, 1),
    LENGTH(17, 1),  LENGTH(19, 2),   LENGTH(23, 2),    LENGTH(27, 2),
    LENGTH(31, 2),  LENGTH(35, 3),   LENGTH(43, 3),    LENGTH(51, 3),
    LENGTH(59, 3),  LENGTH(67, 4),   LENGTH(83, 4),    LENGTH(99, 4),
    LENGTH(115, 4), LENGTH(131, 5),  LENGTH(163, 5),   LENGTH(195, 5),
    LENGTH(227, 5), SYMBOL(258, 0),  NO_SYMBOL,	       NO_SYMBOL,
};

static const u32 dist_symbols[NR_DIST] = {
    SYMBOL(1, 0),      SYMBOL(2, 0),	  SYMBOL(3, 0),	    SYMBOL(4, 0),
    SYMBOL(5, 1),      SYMBOL(7, 1),	  SYMBOL(9, 2),	    SYMBOL(13, 2),
    SYMBOL(17, 3),     SYMBOL(25, 3),	  SYMBOL(33, 4),    SYMBOL(49, 4),
    SYMBOL(65, 5),     SYMBOL(97, 5),	  SYMBOL(129, 6),   SYMBOL(193, 6),
    SYMBOL(257, 7),    SYMBOL(385, 7),	  SYMBOL(513, 8),   SYMBOL(769, 8),
    SYMBOL(1025, 9),   SYMBOL(1537, 9),	  SYMBOL(2049, 10), SYMBOL(3073, 10),
    SYMBOL(4097, 11),  SYMBOL(6145, 11),  SYMBOL(8193, 12), SYMBOL(12289, 12),
    SYMBOL(16385, 13), SYMBOL(24577, 13), NO_SYMBOL,	    NO_SYMBOL,
};

/* RFC 1951 §3.2.7. */
static const u32 precode_symbols[NR_PRECODE] = {
    SYMBOL(0, 0),  SYMBOL(1, 0),  SYMBOL(2, 0),	 SYMBOL(3, 0),	SYMBOL(4, 0),
    SYMBOL(5, 0),  SYMBOL(6, 0),  SYMBOL(7, 0),	 SYMBOL(8, 0),	SYMBOL(9, 0),
    SYMBOL(10, 0), SYMBOL(11, 0), SYMBOL(12, 0), SYMBOL(13, 0), SYMBOL(14, 0),
    SYMBOL(15, 0), SYMBOL(16, 0), SYMBOL(17, 0), SYMBOL(18, 0),
};

/* A code and where its table goes. */
struct code {
	u32 *table;
	unsigned int table_size;
	unsigned int root; /* index bits of the root table */
	const u32 *symbols;
	const u8 *lengths;
	u16 count[MAX_CODE_BITS + 1]; /* codes of each length */
	u16 sorted[NR_LITLEN];	      /* symbols in the order of their codes */
};

/*
 * Sort the symbols. Returns how many codes of the longest kind are missing to
 * use up all bit patterns; negative if there are too many.
 */
static int sort_symbols(struct code *c, unsigned int n)
{
	u16 place[MAX_CODE_BITS + 2];
	unsigned int bits;
	unsigned int i;
	int left = 1;

	memset(c->count, 0, sizeof(c->count));
	for (i = 0; i < n; i++)
		c->count[c->lengths[i]]++;
	/* Symbols without a code go to the end, out of the way. */
	place[0] = (u16)(n - c->count[0]);
	place[1] = 0;
	for (bits = 1; bits <= MAX_CODE_BITS; bits++) {
		place[bits + 1] = (u16)(place[bits] + c->count[bits]);
		left = left * 2 - c->count[bits];
		if (left < 0)
			return left;
	}
	for (i = 0; i < n; i++)
		c->sorted[place[c->lengths[i]]++] = (u16)i;
	return left;
}

/*
 * The code after @code, its first bit being lowest. A longer one goes on with
 * zeros, which stand on top and change nothing.
 */
static inline unsigned int next_code(unsigned int code, unsigned int bits)
{
	unsigned int bit = 1u << (bits - 1);

	while (code & bit) {
		code ^= bit;
		bit >>= 1;
	}
	return code | bit;
}

/* Double the table from @from index bits until it has @to. */
static unsigned int grow_table(u32 *table, unsigned int from, unsigned int to)
{
	for (; from < to; from++)
		memcpy(table + (1ul << from), table, sizeof(*table) << from);
	return to;
}

/* The second table that is being filled. */
struct subtable {
	unsigned int prefix; /* root bits of its codes; ~0: none yet */
	unsigned int place;
	unsigned int width; /* index bits */
	unsigned int next;  /* where another one would go */
};

/*
 * Begin the second table for the codes that share @prefix. The shortest of
 * them has @bits; the table is as wide as the longest, which follows from the
 * numbers of codes still to come.
 */
static int start_subtable(const struct code *c, struct subtable *sub,
			  unsigned int prefix, unsigned int bits)
{
	unsigned int width = bits - c->root;
	int left = 1 << width;

	for (; bits < MAX_CODE_BITS; bits++, width++) {
		left -= c->count[bits];
		if (left <= 0)
			break;
		left <<= 1;
	}
	sub->prefix = prefix;
	sub->width = width;
	sub->place = sub->next;
	sub->next += 1u << width;
	if (sub->next > c->table_size)
		return -EINVAL;
	c->table[prefix] = SPECIAL | SUBTABLE | width << 8 | sub->place << 16;
	return 0;
}

/* The codes from @i on, the first being @code, are longer than the root's. */
static int fill_subtables(struct code *c, unsigned int i, unsigned int nr_codes,
			  unsigned int code)
{
	struct subtable sub = {.prefix = ~0u, .next = 1u << c->root};
	unsigned int root_mask = (1u << c->root) - 1;
	unsigned int bits;
	unsigned int k;
	int err;

	for (; i < nr_codes; i++) {
		bits = c->lengths[c->sorted[i]];
		if ((code & root_mask) != sub.prefix) {
			err = start_subtable(c, &sub, code & root_mask, bits);
			if (err)
				return err;
		}
		for (k = code >> c->root; k < 1u << sub.width;
		     k += 1u << (bits - c->root))
			c->table[sub.place + k] =
			    c->symbols[c->sorted[i]] + bits;
		c->count[bits]--;
		code = next_code(code, bits);
	}
	return 0;
}

/*
 * A length whose extra bits fit the root table's index too: let the entries
 * hold the final length, so that nobody has to look at them closer.
 */
static void resolve_extra(const struct code *c, unsigned int code)
{
	u32 e = c->table[code];
	unsigned int bits = entry_code_bits(e);
	unsigned int extra = entry_extra_bits(e);
	unsigned int i;

	if (bits + extra > c->root)
		return;
	e = SYMBOL(entry_value(e), 0) + bits + extra;
	for (i = code; i < 1u << c->root; i += 1u << bits)
		c->table[i] = e + SYMBOL(i >> bits & ((1u << extra) - 1), 0);
}

static int fill_table(struct code *c, unsigned int nr_codes)
{
	u16 unresolved[NR_LITLEN - END_OF_BLOCK];
	unsigned int nr_unresolved = 0;
	unsigned int grown = 0;
	unsigned int code = 0;
	unsigned int bits;
	unsigned int i;
	u32 e;

	for (i = 0; i < nr_codes; i++) {
		bits = c->lengths[c->sorted[i]];
		if (bits > c->root)
			break;
		if (bits != grown)
			grown = grow_table(c->table, grown, bits);
		e = c->symbols[c->sorted[i]] + bits;
		c->table[code] = e;
		if (entry_extra_bits(e) && e & SPECIAL)
			unresolved[nr_unresolved++] = (u16)code;
		code = next_code(code, bits);
	}
	grow_table(c->table, grown, c->root);
	while (nr_unresolved)
		resolve_extra(c, unresolved[--nr_unresolved]);
	return fill_subtables(c, i, nr_codes, code);
}

/* At most one code, the bit 0; anything else is invalid. */
static int fill_lone_code(struct code *c, unsigned int nr_codes, bool allowed)
{
	if (nr_codes && (nr_codes > 1 || !c->count[1] || !allowed))
		return -EINVAL;
	c->table[0] = (nr_codes ? c->symbols[c->sorted[0]] : NO_SYMBOL) + 1;
	c->table[1] = NO_SYMBOL + 1;
	grow_table(c->table, 1, c->root);
	return 0;
}

/*
 * All bit patterns must have a meaning, unless there is no code at all (which
 * is an error when one is used) or, with @may_be_lone, a single one of one bit.
 */
static int build_table(struct code *c, unsigned int n, bool may_be_lone)
{
	int left = sort_symbols(c, n);
	unsigned int nr_codes = n - c->count[0];

	if (left < 0)
		return -EINVAL;
	if (left)
		return fill_lone_code(c, nr_codes, may_be_lone);
	return fill_table(c, nr_codes);
}

int inflate_build_litlen(u32 *table, const u8 *lengths, unsigned int n)
{
	struct code c;

	c.table = table;
	c.table_size = INFLATE_LITLEN_TABLE;
	c.root = LITLEN_ROOT;
	c.symbols = litlen_symbols;
	c.lengths = lengths;
	return build_table(&c, n, true);
}

int inflate_build_dist(u32 *table, const u8 *lengths, unsigned int n)
{
	struct code c;

	c.table = table;
	c.table_size = INFLATE_DIST_TABLE;
	c.root = DIST_ROOT;
	c.symbols = dist_symbols;
	c.lengths = lengths;
	return build_table(&c, n, true);
}

int inflate_build_precode(u32 *table, const u8 *lengths)
{
	struct code c;

	c.table = table;
	c.table_size = INFLATE_DIST_TABLE;
	c.root = PRECODE_ROOT;
	c.symbols = precode_symbols;
	c.lengths = lengths;
	return build_table(&c, NR_PRECODE, false);
}
