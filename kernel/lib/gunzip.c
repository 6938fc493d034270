/*
 * gzip files (RFC 1952): members, each a header, a deflate stream, and the
 * checksum and length of what it holds. Zero bytes may follow, as tape drives
 * and image makers pad files.
 */
#include <linnet/crc32.h>
#include <linnet/errno.h>
#include <linnet/inflate.h>
#include <linnet/types.h>

#include "inflate_internal.h"

enum {
	GZIP_MAGIC_1 = 0x1f,
	GZIP_MAGIC_2 = 0x8b,
	METHOD_DEFLATE = 8,
	HEADER_LEN = 10
};

/* RFC 1952 §2.3.1, FLG. */
enum {
	HAS_HEADER_CRC = 2,
	HAS_EXTRA = 4,
	HAS_NAME = 8,
	HAS_COMMENT = 16,
	RESERVED_FLAGS = 0xe0,
};

/* One byte of a header, which has a checksum of its own. */
static int header_byte(struct inflate *s, u32 *crc)
{
	int v = inflate_byte(s);
	u8 byte = (u8)v;

	if (v >= 0)
		*crc = crc32(*crc, &byte, 1);
	return v;
}

static int skip_bytes(struct inflate *s, u32 *crc, unsigned int n)
{
	int v = 0;

	while (n-- && v >= 0)
		v = header_byte(s, crc);
	return v;
}

static int skip_string(struct inflate *s, u32 *crc)
{
	int v;

	do
		v = header_byte(s, crc);
	while (v > 0);
	return v;
}

static int skip_extra(struct inflate *s, u32 *crc)
{
	int low = header_byte(s, crc);
	int high = low < 0 ? low : header_byte(s, crc);

	if (high < 0)
		return high;
	return skip_bytes(s, crc, (unsigned int)(low | high << 8));
}

/* A number of @n <= 4 bytes, lowest first. */
static int read_number(struct inflate *s, unsigned int n, u32 *out)
{
	unsigned int i;
	int v;

	*out = 0;
	for (i = 0; i < n; i++) {
		v = inflate_byte(s);
		if (v < 0)
			return v;
		*out |= (u32)v << (8 * i);
	}
	return 0;
}

static int read_header_crc(struct inflate *s, u32 crc)
{
	u32 sent;
	int err = read_number(s, 2, &sent);

	if (err)
		return err;
	if (sent != (crc & U16_MAX))
		return inflate_fail(s, -EINVAL, "gzip: header damaged");
	return 0;
}

/* The optional fields, in their order. */
static int read_options(struct inflate *s, int flags, u32 *crc)
{
	int err = 0;

	if (flags & HAS_EXTRA)
		err = skip_extra(s, crc);
	if (err >= 0 && flags & HAS_NAME)
		err = skip_string(s, crc);
	if (err >= 0 && flags & HAS_COMMENT)
		err = skip_string(s, crc);
	if (err >= 0 && flags & HAS_HEADER_CRC)
		err = read_header_crc(s, *crc);
	return min(err, 0);
}

static int read_header(struct inflate *s)
{
	u8 head[HEADER_LEN];
	u32 crc = 0;
	size_t i;
	int v;

	for (i = 0; i < sizeof(head); i++) {
		v = header_byte(s, &crc);
		if (v < 0)
			return v;
		head[i] = (u8)v;
	}
	if (head[0] != GZIP_MAGIC_1 || head[1] != GZIP_MAGIC_2)
		return inflate_fail(s, -EINVAL, "gzip: no magic number");
	if (head[2] != METHOD_DEFLATE)
		return inflate_fail(s, -EINVAL, "gzip: unknown method");
	/* Behind the flags: time, compression level and system. */
	if (head[3] & RESERVED_FLAGS)
		return inflate_fail(s, -EINVAL, "gzip: unknown flags");
	return read_options(s, head[3], &crc);
}

static int read_trailer(struct inflate *s)
{
	u32 crc;
	u32 length;
	int err;

	err = read_number(s, 4, &crc);
	if (!err)
		err = read_number(s, 4, &length);
	if (err)
		return err;
	if (crc != s->crc)
		return inflate_fail(s, -EINVAL, "gzip: wrong checksum");
	if (length != s->length)
		return inflate_fail(s, -EINVAL, "gzip: wrong length");
	return 0;
}

static int read_member(struct inflate *s)
{
	int err = read_header(s);

	if (!err)
		err = inflate_stream(s);
	return err ? err : read_trailer(s);
}

/* 1 if another member follows, 0 if something else or nothing does. */
static int find_member(struct inflate *s)
{
	int more;

	for (;;) {
		more = inflate_more(s);
		if (more <= 0)
			return more;
		if (*s->in)
			return *s->in == GZIP_MAGIC_1;
		s->in++;
	}
}

/**
 * gunzip - decode a gzip file
 * @s: decoder, with its input at the beginning of the file
 *
 * Takes all members that follow each other and the zero bytes behind them;
 * stops at whatever else comes, which inflate_unused() tells.
 *
 * Return: 0; -EINVAL if the data is damaged or no gzip file, with s->error
 * saying why; or an error of the ops. Output was passed on until then.
 */
int gunzip(struct inflate *s)
{
	int err;

	do {
		err = read_member(s);
		if (err)
			return err;
		err = find_member(s);
	} while (err > 0);
	return err;
}
