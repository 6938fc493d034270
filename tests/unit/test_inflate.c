/*
 * Decompression: what zlib made must come out again, whatever the sizes of
 * input pieces and window; what is damaged must be refused without harm.
 */
#include "unit.h"

#include <linnet/crc32.h>
#include <linnet/errno.h>
#include <linnet/inflate.h>
#include <linnet/string.h>

#undef crc32
#include <zlib.h>

enum { RAW_DEFLATE = -15, GZIP = 31, ZLIB_MEMORY = 8 };

struct io {
	const u8 *in; /* what fill() still has to give */
	size_t in_len;
	size_t piece; /* size of fill()'s pieces */
	u8 *last;     /* fill()'s piece, in a heap block of its own */
	int fill_error;
	u8 *out;
	size_t out_len;
	size_t out_max;
	int flush_error;
};

static ssize_t io_fill(void *ctx, const u8 **data)
{
	struct io *io = ctx;
	size_t n = min(io->piece, io->in_len);

	free(io->last);
	io->last = NULL;
	if (!n)
		return io->fill_error;
	io->last = malloc(n);
	memcpy(io->last, io->in, n);
	io->in += n;
	io->in_len -= n;
	*data = io->last;
	return (ssize_t)n;
}

static int io_flush(void *ctx, const u8 *data, size_t len)
{
	struct io *io = ctx;

	EXPECT(len > 0);
	if (io->flush_error)
		return io->flush_error;
	if (len > io->out_max - io->out_len)
		return -ENOSPC;
	memcpy(io->out + io->out_len, data, len);
	io->out_len += len;
	return 0;
}

static const struct inflate_ops ops = {.fill = io_fill, .flush = io_flush};

static struct inflate state;

/* Decodes @in; returns the result, with the output in @io. */
static int decode(struct io *io, const u8 *in, size_t in_len, size_t piece,
		  size_t window_size, int (*decoder)(struct inflate *))
{
	u8 *window = malloc(window_size);
	int err;

	io->in = in;
	io->in_len = in_len;
	io->piece = piece;
	io->out_len = 0;
	memset(&state, 0xa5, sizeof(state));
	inflate_init(&state, &ops, io, window, window_size);
	err = decoder(&state);
	if (!err)
		EXPECT(state.error == NULL);
	free(window);
	return err;
}

static void done(struct io *io)
{
	free(io->last);
	io->last = NULL;
}

static u8 *compress_with(const u8 *data, size_t len, int level, int strategy,
			 int format, size_t *out_len)
{
	uLong room = compressBound(len) + 1000;
	u8 *out = malloc(room);
	z_stream z = {0};

	deflateInit2(&z, level, Z_DEFLATED, format, ZLIB_MEMORY, strategy);
	z.next_in = (Bytef *)data;
	z.avail_in = (uInt)len;
	z.next_out = out;
	z.avail_out = (uInt)room;
	EXPECT_EQ(deflate(&z, Z_FINISH), Z_STREAM_END);
	*out_len = z.total_out;
	deflateEnd(&z);
	return out;
}

enum { KINDS = 7 };

/* Data of several kinds: what compresses well, badly, in odd distances. */
static u8 *make_data(unsigned int kind, size_t len, u64 seed)
{
	u8 *data = malloc(len + 1);
	u64 s = seed * 2654435761u + 1;
	size_t i;
	u64 r;

	for (i = 0; i < len; i++) {
		r = unit_random(&s);
		switch (kind) {
		case 0: /* noise */
			data[i] = (u8)(r >> 20);
			break;
		case 1: /* zeros */
			data[i] = 0;
			break;
		case 2: /* few symbols */
			data[i] = (u8)("etaoin shrdlu"[(r >> 20) % 13]);
			break;
		case 3: /* short distances, changing */
			data[i] = r % 61 && i > 9 ? data[i - 1 - seed / 7 % 9]
						  : (u8)(r >> 20);
			break;
		case 4: /* long distances */
			data[i] = i > 32768 && r % 97
				      ? data[i - 32768 + seed % 3]
				      : (u8)(r >> 20);
			break;
		case 5: /* skewed, for long codes */
			data[i] = (u8)__builtin_ctzll(r | 1ull << 40);
			break;
		default: /* words, like text or code */
			data[i] = i > 300 && r % 5
				      ? data[i - 1 - (r >> 20) % 300]
				      : (u8)(r >> 30);
			break;
		}
	}
	return data;
}

static void expect_data(const struct io *io, const u8 *data, size_t len)
{
	EXPECT_EQ(io->out_len, len);
	if (io->out_len == len)
		EXPECT(!memcmp(io->out, data, len));
}

TEST(crc32_known)
{
	u8 data[4096];
	u64 s = 12;
	size_t n;

	EXPECT_EQ(linnet_crc32(0, "123456789", 9), 0xcbf43926);
	EXPECT_EQ(linnet_crc32(0, "", 0), 0);
	for (n = 0; n < sizeof(data); n++)
		data[n] = (u8)(unit_random(&s) >> 13);
	for (n = 0; n < sizeof(data); n += 1 + n / 16) {
		EXPECT_EQ(linnet_crc32(0, data, n), crc32(0, data, (uInt)n));
		EXPECT_EQ(linnet_crc32(linnet_crc32(0, data, n), data + n,
				       sizeof(data) - n),
			  crc32(0, data, sizeof(data)));
	}
}

TEST(inflate_round_trips)
{
	static const size_t sizes[] = {0, 1, 2, 3, 100, 5000, 40000, 300000};
	static const int strategies[] = {Z_DEFAULT_STRATEGY, Z_HUFFMAN_ONLY,
					 Z_RLE, Z_FIXED, Z_FILTERED};
	static const size_t pieces[] = {1, 7, 23, 24, 25, 1000, 1 << 20};
	struct io io = {.out = malloc(400000), .out_max = 400000};
	unsigned int round = 0;
	unsigned int kind;
	size_t i;

	for (kind = 0; kind < KINDS; kind++) {
		for (i = 0; i < ARRAY_SIZE(sizes); i++) {
			int level;

			for (level = 0; level <= 9; level += 3, round++) {
				int strategy = strategies[round % 5];
				size_t piece = pieces[round % 7];
				size_t window = round % 2 ? INFLATE_WINDOW_MIN
							  : 131072 + round;
				u8 *data = make_data(kind, sizes[i], round);
				size_t n;
				u8 *z = compress_with(data, sizes[i], level,
						      strategy, GZIP, &n);

				EXPECT_EQ(
				    decode(&io, z, n, piece, window, gunzip),
				    0);
				expect_data(&io, data, sizes[i]);
				EXPECT_EQ(io.in_len, 0);
				free(data);
				free(z);
			}
		}
	}
	done(&io);
	free(io.out);
}

/* A raw stream must stop at its last byte, not read what follows. */
TEST(inflate_stops_at_end)
{
	struct io io = {.out = malloc(100000), .out_max = 100000};
	unsigned int kind;
	size_t tail;
	size_t n;

	for (kind = 0; kind < KINDS; kind++) {
		u8 *data = make_data(kind, 50000, kind);
		u8 *z = compress_with(data, 50000, 9, Z_DEFAULT_STRATEGY,
				      RAW_DEFLATE, &n);

		for (tail = 0; tail < 40; tail++) {
			u8 *longer = malloc(n + tail);
			u8 window[INFLATE_WINDOW_MIN];

			memcpy(longer, z, n);
			memset(longer + n, 0xff, tail);
			EXPECT_EQ(decode(&io, longer, n + tail, 1 << 20,
					 INFLATE_WINDOW_MIN, inflate_stream),
				  0);
			expect_data(&io, data, 50000);
			EXPECT_EQ(inflate_unused(&state), tail);
			/* And with all input given at first. */
			inflate_init(&state, &ops, &io, window, sizeof(window));
			inflate_set_input(&state, longer, n + tail);
			io.out_len = 0;
			EXPECT_EQ(inflate_stream(&state), 0);
			expect_data(&io, data, 50000);
			EXPECT_EQ(inflate_unused(&state), tail);
			free(longer);
		}
		free(data);
		free(z);
	}
	done(&io);
	free(io.out);
}

TEST(inflate_truncated)
{
	struct io io = {.out = malloc(10000), .out_max = 10000};
	unsigned int kind;
	size_t cut;
	size_t n;

	for (kind = 0; kind < KINDS; kind++) {
		u8 *data = make_data(kind, 3000, 1);
		u8 *z =
		    compress_with(data, 3000, 6, Z_DEFAULT_STRATEGY, GZIP, &n);

		for (cut = 0; cut < n; cut++) {
			EXPECT_EQ(decode(&io, z, cut, 1000, INFLATE_WINDOW_MIN,
					 gunzip),
				  -EINVAL);
			EXPECT_STR(state.error, "inflate: data cut off");
		}
		free(data);
		free(z);
	}
	done(&io);
	free(io.out);
}

TEST(inflate_op_errors)
{
	struct io io = {.out = malloc(200000), .out_max = 200000};
	u8 *data = make_data(2, 150000, 1);
	size_t n;
	u8 *z = compress_with(data, 150000, 6, Z_DEFAULT_STRATEGY, GZIP, &n);

	io.fill_error = -EIO;
	EXPECT_EQ(decode(&io, z, 0, 1, INFLATE_WINDOW_MIN, gunzip), -EIO);
	EXPECT_EQ(decode(&io, z, 5, 1, INFLATE_WINDOW_MIN, gunzip), -EIO);
	EXPECT_EQ(decode(&io, z, n / 2, 99, INFLATE_WINDOW_MIN, gunzip), -EIO);
	EXPECT(state.error == NULL);
	io.fill_error = 0;
	io.out_max = 100000;
	EXPECT_EQ(decode(&io, z, n, n, INFLATE_WINDOW_MIN, gunzip), -ENOSPC);
	EXPECT(state.error == NULL);
	EXPECT_EQ(io.out_len > 0, 1);
	io.flush_error = -EPIPE;
	EXPECT_EQ(decode(&io, z, n, n, INFLATE_WINDOW_MIN, gunzip), -EPIPE);
	free(data);
	free(z);
	done(&io);
	free(io.out);
}

static void expect_gzip_error(const u8 *in, size_t n, const char *why)
{
	struct io io = {.out = malloc(1000), .out_max = 1000};

	EXPECT_EQ(decode(&io, in, n, 1000, INFLATE_WINDOW_MIN, gunzip),
		  why ? -EINVAL : 0);
	if (why)
		EXPECT_STR(state.error, why);
	done(&io);
	free(io.out);
}

/* An empty member: header with @flags, then fields, fixed block, trailer. */
static size_t make_member(u8 *p, u8 flags, const void *fields, size_t n)
{
	static const u8 head[10] = {0x1f, 0x8b, 8, 0, 1, 2, 3, 4, 0, 3};

	memcpy(p, head, sizeof(head));
	p[3] = flags;
	memcpy(p + 10, fields, n);
	memset(p + 10 + n, 0, 10);
	p[10 + n] = 3;
	return 10 + n + 10;
}

TEST(gzip_headers)
{
	u8 m[200] = {0};
	size_t n;
	u32 crc;
	int i;

	n = make_member(m, 0, "", 0);
	expect_gzip_error(m, n, NULL);
	expect_gzip_error(m, 0, "inflate: data cut off");
	m[0] = 'P';
	expect_gzip_error(m, n, "gzip: no magic number");
	m[0] = 0x1f;
	m[1] = 0x9d;
	expect_gzip_error(m, n, "gzip: no magic number");
	m[1] = 0x8b;
	m[2] = 7;
	expect_gzip_error(m, n, "gzip: unknown method");
	for (i = 5; i < 8; i++) {
		n = make_member(m, (u8)(1 << i), "", 0);
		expect_gzip_error(m, n, "gzip: unknown flags");
	}
	n = make_member(m, 1, "", 0); /* "text" is only a hint */
	expect_gzip_error(m, n, NULL);
	n = make_member(m, 4 | 8 | 16, "\3\0abcname\0comment", 18 - 1 + 1);
	expect_gzip_error(m, n, NULL);
	n = make_member(m, 4, "\0\0", 2);
	expect_gzip_error(m, n, NULL);
	n = make_member(m, 4, "\377\377", 2);
	expect_gzip_error(m, n, "inflate: data cut off");
	n = make_member(m, 8 | 2, "n\0\0\0", 4);
	expect_gzip_error(m, n, "gzip: header damaged");
	crc = linnet_crc32(0, m, 12);
	m[12] = (u8)crc;
	m[13] = (u8)(crc >> 8);
	expect_gzip_error(m, n, NULL);
	n = make_member(m, 0, "", 0);
	m[n - 1] = 1;
	expect_gzip_error(m, n, "gzip: wrong length");
	m[n - 5] = 1;
	expect_gzip_error(m, n, "gzip: wrong checksum");
}

TEST(gzip_members)
{
	struct io io = {.out = malloc(1000), .out_max = 1000};
	u8 file[4000] = {0};
	size_t len = 0;
	size_t piece;
	size_t n;
	u8 *z;

	z = compress_with((const u8 *)"hello ", 6, 9, 0, GZIP, &n);
	memcpy(file, z, n);
	len += n;
	free(z);
	z = compress_with((const u8 *)"world", 5, 9, 0, GZIP, &n);
	memcpy(file + len, z, n);
	len += n + 500; /* and zeros */
	memcpy(file + len, z, n);
	len += n + 100;
	free(z);
	for (piece = 1; piece < len + 10; piece += 1 + piece / 3) {
		EXPECT_EQ(
		    decode(&io, file, len, piece, INFLATE_WINDOW_MIN, gunzip),
		    0);
		expect_data(&io, (const u8 *)"hello worldworld", 16);
	}
	/* Something else behind it is left alone. */
	file[len] = '0';
	EXPECT_EQ(
	    decode(&io, file, len + 9, 1 << 20, INFLATE_WINDOW_MIN, gunzip), 0);
	EXPECT_EQ(inflate_unused(&state), 9);
	file[len] = 0x1f;
	EXPECT_EQ(
	    decode(&io, file, len + 90, 1 << 20, INFLATE_WINDOW_MIN, gunzip),
	    -EINVAL);
	done(&io);
	free(io.out);
}

/* Raw streams written by hand, lowest bit first. */
struct bit_writer {
	u8 bytes[4096];
	size_t nr_bits;
};

static void put_bits(struct bit_writer *w, u32 value, unsigned int n)
{
	for (; n--; value >>= 1, w->nr_bits++)
		w->bytes[w->nr_bits / 8] |=
		    (u8)((value & 1) << (w->nr_bits % 8));
}

static void expect_stream(const struct bit_writer *w, const char *why)
{
	static const size_t pieces[] = {1, 1 << 20};
	struct io io = {.out = malloc(70000), .out_max = 70000};
	size_t n = (w->nr_bits + 7) / 8;
	size_t padding;
	size_t i;

	/* With bytes behind it the fast decoder sees it, without the other. */
	for (i = 0; i < 2; i++) {
		for (padding = 0; padding < 100; padding += 99) {
			EXPECT_EQ(decode(&io, w->bytes, n + padding, pieces[i],
					 INFLATE_WINDOW_MIN, inflate_stream),
				  why ? -EINVAL : 0);
			if (why)
				EXPECT_STR(state.error, why);
		}
	}
	done(&io);
	free(io.out);
}

/* A dynamic block's head: code lengths, sent by a precode of 4 bits each. */
static void put_lengths(struct bit_writer *w, const u8 *lengths,
			unsigned int nr_litlen, unsigned int nr_dist)
{
	static const u8 order[19] = {16, 17, 18, 0, 8,	7, 9,  6, 10, 5,
				     11, 4,  12, 3, 13, 2, 14, 1, 15};
	unsigned int i;

	put_bits(w, 1, 1);
	put_bits(w, 2, 2);
	put_bits(w, nr_litlen - 257, 5);
	put_bits(w, nr_dist - 1, 5);
	put_bits(w, 15, 4);
	for (i = 0; i < 19; i++)
		put_bits(w, order[i] < 16 ? 4 : 0, 3);
	for (i = 0; i < nr_litlen + nr_dist; i++) {
		unsigned int v = lengths[i];

		/* Codes go highest bit first. */
		v = (v & 8) >> 3 | (v & 4) >> 1 | (v & 2) << 1 | (v & 1) << 3;
		put_bits(w, v, 4);
	}
}

TEST(inflate_bad_blocks)
{
	struct bit_writer w = {0};

	put_bits(&w, 7, 3);
	expect_stream(&w, "inflate: bad block");

	memset(&w, 0, sizeof(w));
	put_bits(&w, 1, 8);
	put_bits(&w, 0x0005fffe, 32);
	expect_stream(&w, "inflate: bad stored length");

	memset(&w, 0, sizeof(w));
	put_bits(&w, 1, 8);
	put_bits(&w, 0xffff0000, 32);
	expect_stream(&w, NULL);

	memset(&w, 0, sizeof(w));
	put_bits(&w, 3, 3);    /* fixed */
	put_bits(&w, 0x40, 7); /* length 3: code 0000001 */
	put_bits(&w, 0, 5);    /* distance 1: nothing there */
	put_bits(&w, 0, 7);
	expect_stream(&w, "inflate: distance too far");

	memset(&w, 0, sizeof(w));
	put_bits(&w, 3, 3);
	put_bits(&w, 0x0c, 8); /* literal 0: 00110000 */
	put_bits(&w, 0x40, 7);
	put_bits(&w, 0x0f, 5); /* distance symbol 30: 11110 */
	expect_stream(&w, "inflate: bad distance");

	memset(&w, 0, sizeof(w));
	put_bits(&w, 3, 3);
	put_bits(&w, 0x63, 8); /* length symbol 286: 11000110 */
	expect_stream(&w, "inflate: bad literal");
}

TEST(inflate_bad_codes)
{
	struct bit_writer w = {0};
	u8 l[320] = {0};
	unsigned int i;

	put_bits(&w, 5, 3);
	put_bits(&w, 30, 5); /* 287 literals */
	put_bits(&w, 0, 5 + 4);
	expect_stream(&w, "inflate: too many codes");

	memset(&w, 0, sizeof(w));
	put_bits(&w, 5, 3);
	put_bits(&w, 0, 5);
	put_bits(&w, 30, 5); /* 31 distances */
	put_bits(&w, 0, 4);
	expect_stream(&w, "inflate: too many codes");

	memset(&w, 0, sizeof(w));
	put_bits(&w, 5, 3);
	put_bits(&w, 0, 5 + 5 + 4);
	put_bits(&w, 0x249, 12); /* four precode lengths of 1 */
	expect_stream(&w, "inflate: bad code of lengths");

	memset(&w, 0, sizeof(w));
	put_bits(&w, 5, 3);
	put_bits(&w, 0, 5 + 5 + 4);
	put_bits(&w, 0, 12); /* no precode at all */
	expect_stream(&w, "inflate: bad length");

	memset(&w, 0, sizeof(w));
	put_bits(&w, 5, 3);
	put_bits(&w, 0, 5 + 5 + 4);
	put_bits(&w, 0x9, 12); /* 16 and 17 have one bit */
	put_bits(&w, 0, 1);    /* repeat what? */
	put_bits(&w, 0, 2);
	expect_stream(&w, "inflate: bad repeat");

	memset(&w, 0, sizeof(w));
	put_bits(&w, 5, 3);
	put_bits(&w, 0, 5 + 5 + 4);
	put_bits(&w, 0x48, 12); /* 17 and 18 have one bit */
	put_bits(&w, 1, 1);	/* 18 twice: 138 zeros, then 138 */
	put_bits(&w, 127, 7);
	put_bits(&w, 1, 1);
	put_bits(&w, 127, 7);
	expect_stream(&w, "inflate: bad repeat");

	memset(&w, 0, sizeof(w));
	l[0] = 1;
	put_lengths(&w, l, 257, 1);
	expect_stream(&w, "inflate: block has no end");

	memset(&w, 0, sizeof(w));
	l[1] = 1;
	l[256] = 1;
	put_lengths(&w, l, 257, 1);
	expect_stream(&w, "inflate: bad literal code"); /* too many */

	memset(&w, 0, sizeof(w));
	memset(l, 0, sizeof(l));
	l[0] = 2;
	l[256] = 1;
	put_lengths(&w, l, 257, 1);
	expect_stream(&w, "inflate: bad literal code"); /* too few */

	memset(&w, 0, sizeof(w));
	memset(l, 0, sizeof(l));
	l[0] = 1;
	l[256] = 1;
	l[257] = 2; /* one distance of two bits */
	put_lengths(&w, l, 257, 1);
	expect_stream(&w, "inflate: bad distance code");

	/* No distance code, none used: fine. */
	memset(&w, 0, sizeof(w));
	l[257] = 0;
	put_lengths(&w, l, 257, 1);
	put_bits(&w, 2, 2);
	expect_stream(&w, NULL);

	/* No distance code, but a length. */
	memset(&w, 0, sizeof(w));
	memset(l, 0, sizeof(l));
	l[0] = 1;
	l[256] = 2;
	l[257] = 2;
	put_lengths(&w, l, 258, 1);
	put_bits(&w, 6, 3); /* literal 0, length 3 */
	expect_stream(&w, "inflate: bad distance");

	/* A lone distance code of one bit: 0 is good, 1 is not. */
	for (i = 0; i < 2; i++) {
		memset(&w, 0, sizeof(w));
		l[258] = 1;
		put_lengths(&w, l, 258, 1);
		put_bits(&w, 6, 3);
		put_bits(&w, i, 1);
		put_bits(&w, 1, 2);
		expect_stream(&w, i ? "inflate: bad distance" : NULL);
	}
}

/* The longest codes, whose tables are the largest. */
TEST(inflate_long_codes)
{
	struct bit_writer w = {0};
	u8 l[320] = {0};
	unsigned int i;

	for (i = 0; i < 14; i++)
		l[i] = (u8)(i + 1);
	l[14] = 15;
	l[256] = 15;
	for (i = 0; i < 14; i++)
		l[257 + i] = (u8)(i + 1);
	l[271] = 15;
	l[272] = 15;
	put_lengths(&w, l, 257, 16);
	put_bits(&w, 0x3fff, 15); /* symbol 14 */
	put_bits(&w, 0, 1);	  /* symbol 0 */
	put_bits(&w, 0x7fff, 15); /* the end */
	expect_stream(&w, NULL);
}

/* zlib decides whether a damaged stream is good; we must agree. */
TEST(inflate_damage_as_zlib)
{
	struct io io = {.out = malloc(300000), .out_max = 300000};
	u8 *theirs = malloc(300000);
	u64 s = 13;
	int accepted = 0;
	int round;

	for (round = 0; round < 6000; round++) {
		size_t len = 20 + (unit_random(&s) >> 20) % 3000;
		u8 *data = make_data((unsigned)round % KINDS, len, (u64)round);
		size_t n;
		u8 *z =
		    compress_with(data, len, 1 + round % 9,
				  round % 11 ? 0 : Z_FIXED, RAW_DEFLATE, &n);
		z_stream zs = {0};
		int good;
		int flips;

		for (flips = round % 3; flips >= 0; flips--) {
			u64 r = unit_random(&s) >> 8;
			size_t reach = round % 4 ? min(n, (size_t)100) : n;

			z[(r >> 8) % reach] ^= (u8)(1 << (r & 7));
		}
		inflateInit2(&zs, RAW_DEFLATE);
		zs.next_in = z;
		zs.avail_in = (uInt)n;
		zs.next_out = theirs;
		zs.avail_out = 300000;
		good = inflate(&zs, Z_FINISH) == Z_STREAM_END;
		EXPECT_EQ(decode(&io, z, n, round % 2 ? 1 << 20 : 61,
				 INFLATE_WINDOW_MIN, inflate_stream),
			  good ? 0 : -EINVAL);
		if (good) {
			accepted++;
			expect_data(&io, theirs, zs.total_out);
			EXPECT_EQ(inflate_unused(&state) + io.in_len,
				  zs.avail_in);
		} else {
			EXPECT(state.error != NULL);
		}
		inflateEnd(&zs);
		free(data);
		free(z);
	}
	EXPECT(accepted > 100 && accepted < round);
	done(&io);
	free(io.out);
	free(theirs);
}
