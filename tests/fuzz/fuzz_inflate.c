/*
 * Deflate streams and gzip files. The first byte chooses which, and the size
 * of input pieces; whatever that is, the result must be the same, which sets
 * the fast decoder against the slow one.
 */
#include "fuzz.h"

#include <linnet/crc32.h>
#include <linnet/inflate.h>
#include <linnet/string.h>

enum { OUTPUT_MAX = 1 << 20 };

struct io {
	const u8 *in;
	size_t in_len;
	size_t piece;
	size_t out_len;
	u32 crc;
};

static ssize_t on_fill(void *ctx, const u8 **data)
{
	struct io *io = ctx;
	size_t n = min(io->piece, io->in_len);

	*data = io->in;
	io->in += n;
	io->in_len -= n;
	return (ssize_t)n;
}

static int on_flush(void *ctx, const u8 *data, size_t len)
{
	struct io *io = ctx;

	fuzz_require(len > 0);
	io->crc = crc32(io->crc, data, len);
	io->out_len += len;
	return io->out_len > OUTPUT_MAX ? -1 : 0;
}

static const struct inflate_ops ops = {.fill = on_fill, .flush = on_flush};

static int decode(struct io *io, const u8 *data, size_t len, size_t piece,
		  bool gzip)
{
	static u8 window[INFLATE_WINDOW_MIN];
	static struct inflate s;

	*io = (struct io){.in = data, .in_len = len, .piece = piece};
	inflate_init(&s, &ops, io, window, sizeof(window));
	return gzip ? gunzip(&s) : inflate_stream(&s);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t len)
{
	struct io whole;
	struct io pieces;
	bool gzip;
	int a;
	int b;

	if (!len)
		return 0;
	gzip = data[0] & 1;
	a = decode(&whole, data + 1, len - 1, len, gzip);
	b = decode(&pieces, data + 1, len - 1, 1 + (data[0] >> 1) % 64u, gzip);
	fuzz_require(a == b);
	if (!a)
		fuzz_require(whole.crc == pieces.crc &&
			     whole.out_len == pieces.out_len);
	return 0;
}
