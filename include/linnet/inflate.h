/*
 * Decompression of deflate streams (RFC 1951) and gzip files (RFC 1952).
 *
 * Input is pulled from memory, and from ops->fill when that runs out; output
 * is pushed through ops->flush in large pieces, straight from the window the
 * caller provides. One call decodes a whole stream or file. The struct holds
 * the decoding tables (some 12 KiB) and belongs to the caller; nothing is
 * allocated.
 */
#ifndef LINNET_INFLATE_H
#define LINNET_INFLATE_H

#include <linnet/types.h>

enum {
	/*
	 * The window holds 32 KiB of history and new output behind it. What is
	 * larger than that is moved less often: 128 KiB is a good size.
	 */
	INFLATE_WINDOW_MIN = 64 << 10,

	INFLATE_MAX_CODES = 288 + 32,
	/* Entries that any code of 288 (32) symbols needs. */
	INFLATE_LITLEN_TABLE = 2342,
	INFLATE_DIST_TABLE = 402,
};

struct inflate_ops {
	/*
	 * Sets *data to the next piece of input and returns its size, 0 at the
	 * end, or an error. NULL: there is only the first piece.
	 */
	ssize_t (*fill)(void *ctx, const u8 **data);
	/* Takes output, valid during the call. Returns 0 or an error. */
	int (*flush)(void *ctx, const u8 *data, size_t len);
};

struct inflate {
	/* Decoding tables, at the front where they are reached fastest. */
	u32 litlen[INFLATE_LITLEN_TABLE];
	u32 dist[INFLATE_DIST_TABLE];

	const struct inflate_ops *ops;
	void *ctx;
	const char *error; /* what is wrong with the data; NULL: an op failed */

	const u8 *in_start; /* current piece of input */
	const u8 *in;	    /* next byte of it */
	const u8 *in_end;
	u64 bits; /* read, but not used yet; lowest comes first */
	unsigned int nr_bits;

	u8 *window;
	u8 *window_end;
	u8 *history; /* oldest byte that a match may refer to */
	u8 *flushed; /* up to here */
	u8 *out;     /* where the next byte goes */
	u32 crc;     /* of the gzip member's output that is flushed */
	u32 length;  /* of the same, modulo 2^32 */

	u8 lengths[INFLATE_MAX_CODES];
};

void inflate_init(struct inflate *s, const struct inflate_ops *ops, void *ctx,
		  void *window, size_t window_size);
void inflate_set_input(struct inflate *s, const void *data, size_t len);
int inflate_stream(struct inflate *s);
int gunzip(struct inflate *s);

/* Bytes of the current piece of input that were not needed. */
static inline size_t inflate_unused(const struct inflate *s)
{
	return (size_t)(s->in_end - s->in);
}

#endif
