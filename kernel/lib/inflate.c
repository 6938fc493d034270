/*
 * Decompression of deflate streams (RFC 1951).
 *
 * Made for few instructions per byte, since unpacking the initramfs is a large
 * part of a boot. A Huffman code is looked up in a table by its next bits: a
 * root table of 11 bits (8 for distances) and, for longer codes, a second one
 * that the root's entry points to. Where a length code and its extra bits fit
 * the root table together, the entries hold the final length.
 *
 * Two decoders share tables and output:
 *
 *   decode_fast()  runs while much input and room are left. It holds the bits
 *		    in one word, under a single 1 bit that marks their end, so
 *		    taking bits is one shift and the count comes for free.
 *   decode_one()   takes one symbol and fetches input byte by byte, only as
 *		    needed, so no byte is read past the end of the stream.
 *
 * Invariants
 *   I1  between symbols nr_bits < 8; those bits are the rest of one byte
 *   I2  [history, out) is what matches may refer to; [flushed, out) is output
 *       that ops->flush has not seen
 *   I3  before a symbol there is room in the window for ROUND_OUTPUT bytes: a
 *       match and what copying it writes too much fit in any case
 */
#include <linnet/crc32.h>
#include <linnet/errno.h>
#include <linnet/inflate.h>
#include <linnet/string.h>
#include <linnet/types.h>

#include "inflate_internal.h"

enum {
	MAX_LITLEN_SENT = 286, /* RFC 1951 §3.2.5: 286, 287 never occur */
	MAX_DIST_SENT = 30,

	HISTORY = 32 << 10,
	/*
	 * What a round of decode_fast() may use up at most: three literals and
	 * a match of 258 bytes, of which copying spoils up to 16 behind it; of
	 * input 81 bits, and refills look ahead.
	 */
	ROUND_OUTPUT = 512,
	ROUND_INPUT = 16,
	LOOK_AHEAD = 16,

	PAIR = 2 * sizeof(u64),
	LITLEN_MASK = (1 << LITLEN_ROOT) - 1,
	DIST_MASK = (1 << DIST_ROOT) - 1,
};

int inflate_fail(struct inflate *s, int err, const char *why)
{
	s->error = why;
	return err;
}

/**
 * inflate_init - get ready to decode
 * @s: decoder
 * @ops: where output goes, and where input comes from
 * @ctx: passed to @ops
 * @window: memory for history and output
 * @window_size: its size, at least INFLATE_WINDOW_MIN
 */
void inflate_init(struct inflate *s, const struct inflate_ops *ops, void *ctx,
		  void *window, size_t window_size)
{
	s->ops = ops;
	s->ctx = ctx;
	s->error = NULL;
	s->window = window;
	s->window_end = s->window + window_size;
	inflate_set_input(s, window, 0);
}

/**
 * inflate_set_input - give a decoder its first piece of input
 * @s: decoder
 * @data: bytes
 * @len: number of bytes
 */
void inflate_set_input(struct inflate *s, const void *data, size_t len)
{
	s->in_start = data;
	s->in = data;
	s->in_end = s->in + len;
	s->bits = 0;
	s->nr_bits = 0;
}

/* Is there input? 0 at its end, or an error of ops->fill. */
int inflate_more(struct inflate *s)
{
	const u8 *data;
	ssize_t len;

	if (s->in != s->in_end)
		return 1;
	if (!s->ops->fill)
		return 0;
	len = s->ops->fill(s->ctx, &data);
	if (len <= 0)
		return (int)len;
	s->in_start = data;
	s->in = data;
	s->in_end = data + len;
	return 1;
}

int inflate_byte(struct inflate *s)
{
	int more = inflate_more(s);

	if (more > 0)
		return *s->in++;
	return more ? more : inflate_fail(s, -EINVAL, "inflate: data cut off");
}

static int fetch_bits(struct inflate *s)
{
	int byte = inflate_byte(s);

	if (byte < 0)
		return byte;
	s->bits |= (u64)byte << s->nr_bits;
	s->nr_bits += 8;
	return 0;
}

static u32 take_bits(struct inflate *s, unsigned int n)
{
	u32 value = (u32)(s->bits & ((1ul << n) - 1));

	s->bits >>= n;
	s->nr_bits -= n;
	return value;
}

/* The next @n <= 16 bits as a number, or an error. */
static int get_bits(struct inflate *s, unsigned int n)
{
	int err;

	while (s->nr_bits < n) {
		err = fetch_bits(s);
		if (err)
			return err;
	}
	return (int)take_bits(s, n);
}

/* I3 as a question. */
static bool has_room(const struct inflate *s)
{
	return s->window_end - s->out >= ROUND_OUTPUT;
}

/* Pass all output on; it stays as history. */
static int flush(struct inflate *s)
{
	size_t len = (size_t)(s->out - s->flushed);
	int err;

	if (!len)
		return 0;
	s->crc = crc32(s->crc, s->flushed, len);
	s->length += (u32)len;
	err = s->ops->flush(s->ctx, s->flushed, len);
	if (err)
		return err;
	s->flushed = s->out;
	return 0;
}

/* Restore I3: pass output on and move the history to the window's start. */
static int make_room(struct inflate *s)
{
	size_t keep = min((size_t)(s->out - s->history), (size_t)HISTORY);
	int err;

	if (has_room(s))
		return 0;
	err = flush(s);
	if (err)
		return err;
	memmove(s->window, s->out - keep, keep);
	s->history = s->window;
	s->out = s->window + keep;
	s->flushed = s->out;
	return 0;
}

/* The entry for the code that @bits begin with. */
static inline u32 look_up(const u32 *table, unsigned int root, u64 bits)
{
	u32 e = table[bits & ((1ul << root) - 1)];

	if (e & SUBTABLE)
		e = table[entry_value(e) +
			  (bits >> root & ((1ul << entry_extra_bits(e)) - 1))];
	return e;
}

/*
 * Take one code with its extra bits and add those to its value. As long as
 * bits are missing, zeros stand in for them; what is found then needs more
 * bits than there are and is looked up again.
 */
static int decode_entry(struct inflate *s, const u32 *table, unsigned int root,
			u32 *entry, u32 *number)
{
	u32 e = look_up(table, root, s->bits);
	int err;

	while (entry_code_bits(e) + entry_extra_bits(e) > s->nr_bits) {
		err = fetch_bits(s);
		if (err)
			return err;
		e = look_up(table, root, s->bits);
	}
	take_bits(s, entry_code_bits(e));
	*entry = e;
	*number = entry_value(e) + take_bits(s, entry_extra_bits(e));
	return 0;
}

/* Words of any alignment, copied so that they may overlap in memory. */
static inline u64 load_word(const u8 *p)
{
	u64 v;

	__builtin_memcpy(&v, p, sizeof(v));
	return v;
}

static inline void store_word(u8 *p, u64 v)
{
	__builtin_memcpy(p, &v, sizeof(v));
}

static inline void copy_pair(u8 *out, const u8 *from)
{
	u64 a = load_word(from);
	u64 b = load_word(from + sizeof(a));

	store_word(out, a);
	store_word(out + sizeof(a), b);
}

/*
 * Repeat the @len bytes from @distance before @out, which may be fewer than
 * that. Writes pairs of words: up to 16 bytes past the end are spoilt.
 */
static __noinline u8 *copy_match(u8 *out, size_t len, size_t distance)
{
	const u8 *from = out - distance;
	u8 *end = out + len;

	if (distance >= PAIR) {
		for (; out < end; out += PAIR, from += PAIR)
			copy_pair(out, from);
		return end;
	}
	/* Each store makes @distance more bytes good: the pattern doubles. */
	while (distance < sizeof(u64)) {
		store_word(out, load_word(from));
		out += distance;
		distance += distance;
	}
	for (; out < end; out += sizeof(u64), from += sizeof(u64))
		store_word(out, load_word(from));
	return end;
}

static int bad_distance(struct inflate *s)
{
	return inflate_fail(s, -EINVAL, "inflate: bad distance");
}

static int distance_too_far(struct inflate *s)
{
	return inflate_fail(s, -EINVAL, "inflate: distance too far");
}

/* One symbol. Returns 1 at the end of the block, 0 to go on, or an error. */
static int decode_one(struct inflate *s)
{
	u32 distance;
	u32 len;
	u32 e;
	int err;

	err = decode_entry(s, s->litlen, LITLEN_ROOT, &e, &len);
	if (err)
		return err;
	if (e & LITERAL) {
		*s->out++ = (u8)len;
		return 0;
	}
	if (e & END)
		return 1;
	if (e & INVALID)
		return inflate_fail(s, -EINVAL, "inflate: bad literal");
	err = decode_entry(s, s->dist, DIST_ROOT, &e, &distance);
	if (err)
		return err;
	if (e & INVALID)
		return bad_distance(s);
	if (distance > (size_t)(s->out - s->history))
		return distance_too_far(s);
	s->out = copy_match(s->out, len, distance);
	return 0;
}

/*
 * The bits of decode_fast(): those of eight bytes from *@in on, less the ones
 * taken, with a 1 on top. Read again from the first byte that is not used up,
 * they are at least 56.
 */
static inline u64 refill(const u8 **in, u64 bits)
{
	u64 used = (u64)__builtin_clzll(bits);

	*in += used / 8;
	return (load_word(*in) | 1ul << 63) >> used % 8;
}

/* Take the extra bits of @e, not SPECIAL, off *@bits; add them to its value. */
static inline u32 take_extra(u32 e, u64 *bits)
{
	unsigned int n = entry_extra_bits(e);
	u64 rest = *bits >> n;
	u32 extra = (u32)*bits - (u32)(rest << n);

	*bits = rest;
	return (e >> 16) + extra;
}

/* Put the bits of decode_fast() back into the decoder (I1). */
static __noinline void stop_fast(struct inflate *s, const u8 *in, u64 bits,
				 u8 *out)
{
	unsigned int used = (unsigned int)__builtin_clzll(bits);

	in += used / 8;
	s->nr_bits = -used % 8;
	s->bits = s->nr_bits ? *in++ >> used % 8 : 0;
	s->in = in;
	s->out = out;
}

static inline bool may_decode_fast(const struct inflate *s)
{
	/* The byte that nr_bits are from must still be there (I1). */
	return s->in_end - s->in >= ROUND_INPUT + LOOK_AHEAD &&
	       (!s->nr_bits || s->in > s->in_start);
}

static inline u8 *put_literal(u8 *out, u32 e, u64 *bits)
{
	*bits >>= entry_code_bits(e);
	*out = (u8)entry_value(e);
	return out + 1;
}

/* How many rounds input and output will do for in any case. */
static inline size_t safe_rounds(const struct inflate *s, const u8 *in,
				 const u8 *out)
{
	ssize_t input = s->in_end - in - LOOK_AHEAD;
	ssize_t room = s->window_end - out;

	return (size_t)max(min(input / ROUND_INPUT, room / ROUND_OUTPUT),
			   (ssize_t)0);
}

/*
 * Decode while there is enough input and room, up to a symbol that
 * decode_one() has to see: the end of the block or a bad code.
 *
 * A round begins with 56 bits or more. These are enough for two literals, a
 * length and a distance that root tables know (11 + 11 + 11 + 8 + 13 bits);
 * every other way refills. The length stays in its entry, where it can be
 * compared and added as well.
 */
static int decode_fast(struct inflate *s)
{
	const u32 *const dist = s->dist;
	const u8 *const history = s->history;
	const u8 *in = s->nr_bits ? s->in - 1 : s->in;
	u64 bits = 1ul << (s->nr_bits ? 55 + s->nr_bits : 63);
	size_t rounds = safe_rounds(s, in, s->out);
	u8 *out = s->out;
	u32 distance;
	u32 length;
	u32 e;

	while (rounds) {
		bits = refill(&in, bits);
		length = s->litlen[bits & LITLEN_MASK];
		if (length & LITERAL) {
			out = put_literal(out, length, &bits);
			length = s->litlen[bits & LITLEN_MASK];
		}
		if (length & LITERAL) {
			out = put_literal(out, length, &bits);
			length = s->litlen[bits & LITLEN_MASK];
		}
		if (length & LITERAL) {
			out = put_literal(out, length, &bits);
			bits = refill(&in, bits);
			length = s->litlen[bits & LITLEN_MASK];
		}
		if (length & LITERAL) {
			out = put_literal(out, length, &bits);
			goto next;
		}
		if (unlikely(length & SPECIAL)) {
			length = look_up(s->litlen, LITLEN_ROOT, bits);
			if (length & (END | INVALID))
				break;
			if (length & LITERAL) {
				out = put_literal(out, length, &bits);
				goto next;
			}
			bits >>= entry_code_bits(length);
			length = take_extra(length & ~SPECIAL, &bits) << 16;
			bits = refill(&in, bits);
		} else {
			bits >>= entry_code_bits(length);
		}
		e = dist[bits & DIST_MASK];
		if (unlikely(e & SPECIAL)) {
			bits = refill(&in, bits);
			e = look_up(dist, DIST_ROOT, bits);
			if (e & INVALID)
				return bad_distance(s);
		}
		bits >>= entry_code_bits(e);
		distance = take_extra(e, &bits);
		if (unlikely(out - distance < history))
			return distance_too_far(s);
		if (likely(distance >= PAIR && length < (PAIR + 1) << 16)) {
			copy_pair(out, out - distance);
			out += length >> 16;
		} else {
			out = copy_match(out, length >> 16, distance);
		}
	next:
		if (!--rounds)
			rounds = safe_rounds(s, in, out);
	}
	stop_fast(s, in, bits, out);
	return 0;
}

/* All symbols of a block with codes. */
static int decode_block(struct inflate *s)
{
	int done = 0;
	int err;

	while (!done) {
		err = make_room(s);
		if (err)
			return err;
		if (may_decode_fast(s))
			done = decode_fast(s);
		if (!done && has_room(s))
			done = decode_one(s);
	}
	return min(done, 0);
}

/* RFC 1951 §3.2.4: as it is, after its length twice. */
static int copy_stored(struct inflate *s)
{
	u8 head[4];
	unsigned int left;
	unsigned int i;
	size_t n;
	int v;

	s->bits = 0;
	s->nr_bits = 0;
	for (i = 0; i < sizeof(head); i++) {
		v = inflate_byte(s);
		if (v < 0)
			return v;
		head[i] = (u8)v;
	}
	left = head[0] | (unsigned int)head[1] << 8;
	if ((left ^ (head[2] | (unsigned int)head[3] << 8)) != U16_MAX)
		return inflate_fail(s, -EINVAL, "inflate: bad stored length");
	while (left) {
		v = make_room(s);
		if (v)
			return v;
		v = inflate_more(s);
		if (v < 0)
			return v;
		if (!v)
			return inflate_fail(s, -EINVAL,
					    "inflate: data cut off");
		n = min((size_t)left, (size_t)(s->in_end - s->in));
		n = min(n, (size_t)(s->window_end - s->out));
		memcpy(s->out, s->in, n);
		s->out += n;
		s->in += n;
		left -= (unsigned int)n;
	}
	return 0;
}

/* A block whose codes have these lengths. */
static int decode_codes(struct inflate *s, unsigned int nr_litlen,
			unsigned int nr_dist)
{
	if (inflate_build_litlen(s->litlen, s->lengths, nr_litlen))
		return inflate_fail(s, -EINVAL, "inflate: bad literal code");
	if (inflate_build_dist(s->dist, s->lengths + nr_litlen, nr_dist))
		return inflate_fail(s, -EINVAL, "inflate: bad distance code");
	return decode_block(s);
}

/* RFC 1951 §3.2.6. */
static int decode_fixed(struct inflate *s)
{
	u8 *lengths = s->lengths;

	memset(lengths, 8, 144);
	memset(lengths + 144, 9, 256 - 144);
	memset(lengths + 256, 7, 280 - 256);
	memset(lengths + 280, 8, NR_LITLEN - 280);
	memset(lengths + NR_LITLEN, 5, NR_DIST);
	return decode_codes(s, NR_LITLEN, NR_DIST);
}

/* The code in which the code lengths are sent. */
static int read_precode(struct inflate *s, unsigned int n)
{
	static const u8 order[NR_PRECODE] = {16, 17, 18, 0, 8,	7, 9,  6, 10, 5,
					     11, 4,  12, 3, 13, 2, 14, 1, 15};
	u8 lengths[NR_PRECODE] = {0};
	unsigned int i;
	int bits;

	for (i = 0; i < n; i++) {
		bits = get_bits(s, 3);
		if (bits < 0)
			return bits;
		lengths[order[i]] = (u8)bits;
	}
	/* It is in use only until the distances get their table. */
	if (inflate_build_precode(s->dist, lengths))
		return inflate_fail(s, -EINVAL, "inflate: bad code of lengths");
	return 0;
}

/* Symbols 16 to 18: repeat the last length, or 0, so many times. */
static int read_repeat(struct inflate *s, u32 symbol)
{
	int n = get_bits(s, symbol == 16 ? 2 : symbol == 17 ? 3 : 7);

	if (n < 0)
		return n;
	return n + (symbol == 18 ? 11 : 3);
}

static int read_lengths(struct inflate *s, unsigned int n)
{
	unsigned int i = 0;
	u32 symbol;
	int times;
	u32 e;
	int err;

	while (i < n) {
		err = decode_entry(s, s->dist, PRECODE_ROOT, &e, &symbol);
		if (err)
			return err;
		if (e & INVALID)
			return inflate_fail(s, -EINVAL, "inflate: bad length");
		if (symbol < 16) {
			s->lengths[i++] = (u8)symbol;
			continue;
		}
		times = read_repeat(s, symbol);
		if (times < 0)
			return times;
		if ((symbol == 16 && !i) || (unsigned int)times > n - i)
			return inflate_fail(s, -EINVAL, "inflate: bad repeat");
		memset(s->lengths + i, symbol == 16 ? s->lengths[i - 1] : 0,
		       (size_t)times);
		i += (unsigned int)times;
	}
	return 0;
}

/* RFC 1951 §3.2.7. */
static int decode_dynamic(struct inflate *s)
{
	int head = get_bits(s, 14);
	unsigned int nr_litlen;
	unsigned int nr_dist;
	int err;

	if (head < 0)
		return head;
	nr_litlen = ((unsigned int)head & 31) + 257;
	nr_dist = ((unsigned int)head >> 5 & 31) + 1;
	if (nr_litlen > MAX_LITLEN_SENT || nr_dist > MAX_DIST_SENT)
		return inflate_fail(s, -EINVAL, "inflate: too many codes");
	err = read_precode(s, ((unsigned int)head >> 10) + 4);
	if (!err)
		err = read_lengths(s, nr_litlen + nr_dist);
	if (err)
		return err;
	if (!s->lengths[END_OF_BLOCK])
		return inflate_fail(s, -EINVAL, "inflate: block has no end");
	return decode_codes(s, nr_litlen, nr_dist);
}

static int decode_blocks(struct inflate *s)
{
	int head;
	int err;

	do {
		head = get_bits(s, 3);
		if (head < 0)
			return head;
		switch (head >> 1) {
		case 0:
			err = copy_stored(s);
			break;
		case 1:
			err = decode_fixed(s);
			break;
		case 2:
			err = decode_dynamic(s);
			break;
		default:
			return inflate_fail(s, -EINVAL, "inflate: bad block");
		}
		if (err)
			return err;
	} while (!(head & 1));
	return 0;
}

/**
 * inflate_stream - decode a deflate stream to its end
 * @s: decoder
 *
 * Stops behind the byte in which the stream ends.
 *
 * Return: 0; -EINVAL if the data is no such stream, with s->error saying why;
 * or an error of the ops.
 */
int inflate_stream(struct inflate *s)
{
	int err;

	s->history = s->window;
	s->flushed = s->window;
	s->out = s->window;
	s->crc = 0;
	s->length = 0;
	s->bits = 0;
	s->nr_bits = 0;
	err = decode_blocks(s);
	if (err)
		return err;
	return flush(s);
}
