/*
 * Unpacking cpio archives (format "newc", and "crc", the same with a sum).
 *
 *   GAP --'0'--> HEADER --> NAME --> DATA --> PAD --> HEADER ...
 *    ^                       |
 *    +------- trailer -------+
 *
 * Each state has a function that takes what it can of the input and says how
 * much. States without bytes (no data, no padding) are passed at once, so an
 * entry is complete with its last byte and not with the first of the next.
 *
 * A header is 110 bytes: the magic number and 13 numbers of 8 hexadecimal
 * digits. Header and name together, and the data, are padded to four bytes.
 */
#include <linnet/cpio.h>
#include <linnet/errno.h>
#include <linnet/string.h>
#include <linnet/types.h>

#ifdef LINNET_HOST
#include <sys/stat.h>
#else
#include <linux/stat.h>
#endif

enum { MAGIC_LEN = 6, FIELD_LEN = 8, ALIGNMENT = 4 };

#define BYTES(b) (0x0101010101010101ul * (b))

/**
 * cpio_init - get ready for a stream
 * @cpio: parser
 * @ops: what to do with entries
 * @ctx: passed to @ops
 */
void cpio_init(struct cpio *cpio, const struct cpio_ops *ops, void *ctx)
{
	cpio->ops = ops;
	cpio->ctx = ctx;
	cpio->state = CPIO_GAP;
	cpio->err = 0;
	cpio->error = NULL;
	cpio->have = 0;
}

static int fail(struct cpio *cpio, int err, const char *why)
{
	cpio->state = CPIO_FAILED;
	cpio->err = err;
	cpio->error = why;
	return err;
}

/*
 * Eight hexadecimal digits at once, a byte of a word each. A letter has bit 6
 * set and its low four bits count from 1. Writing the digits out again and
 * comparing finds everything that was none.
 */
static bool parse_field(const u8 *text, u32 *out)
{
	u64 chars;
	u64 digits;
	u64 letters;
	u64 again;

	memcpy(&chars, text, sizeof(chars));
	digits = (chars & BYTES(0x0f)) + (chars >> 6 & BYTES(1)) * 9;
	letters = (digits + BYTES(6)) >> 4 & BYTES(1);
	again = digits + BYTES('0') + letters * ('a' - '0' - 10);
	if (digits & BYTES(0xf0) || (chars | letters << 5) != again)
		return false;
	digits = __builtin_bswap64(digits);
	digits = (digits | digits >> 4) & 0x00ff00ff00ff00fful;
	digits = (digits | digits >> 8) & 0x0000ffff0000fffful;
	*out = (u32)(digits | digits >> 16);
	return true;
}

static int parse_header(struct cpio *cpio)
{
	struct cpio_entry *e = &cpio->entry;
	u32 *const fields[] = {
	    &e->ino,	   &e->mode,	   &e->uid,	   &e->gid,
	    &e->nlink,	   &e->mtime,	   &e->size,	   &e->dev_major,
	    &e->dev_minor, &e->rdev_major, &e->rdev_minor, &e->name_size,
	    &e->check,
	};
	const u8 *p = cpio->header + MAGIC_LEN;
	size_t i;

	static_assert(MAGIC_LEN + ARRAY_SIZE(fields) * FIELD_LEN ==
			  CPIO_HEADER_LEN,
		      "cpio newc header");
	if (memcmp(cpio->header, "07070", MAGIC_LEN - 1))
		return fail(cpio, -EINVAL, "cpio: no magic number");
	if (cpio->header[MAGIC_LEN - 1] != '1' &&
	    cpio->header[MAGIC_LEN - 1] != '2')
		return fail(cpio, -EINVAL, "cpio: not the newc format");
	cpio->has_check = cpio->header[MAGIC_LEN - 1] == '2';
	for (i = 0; i < ARRAY_SIZE(fields); i++, p += FIELD_LEN) {
		if (!parse_field(p, fields[i]))
			return fail(cpio, -EINVAL,
				    "cpio: bad number in header");
	}
	if (!e->name_size)
		return fail(cpio, -EINVAL, "cpio: entry without a name");
	if (e->name_size > PATH_MAX)
		return fail(cpio, -ENAMETOOLONG, "cpio: name too long");
	return 0;
}

static void expect(struct cpio *cpio, enum cpio_state state)
{
	cpio->state = state;
	cpio->have = 0;
}

static int callback_failed(struct cpio *cpio, int err)
{
	return err < 0 ? fail(cpio, err, NULL) : 0;
}

static int finish_entry(struct cpio *cpio)
{
	if (cpio->has_check && cpio->sum != cpio->entry.check)
		return fail(cpio, -EINVAL, "cpio: wrong checksum");
	cpio->left = -cpio->entry.size & (ALIGNMENT - 1);
	expect(cpio, cpio->left ? CPIO_PAD : CPIO_HEADER);
	return callback_failed(cpio, cpio->ops->end(cpio->ctx, &cpio->entry));
}

static int start_entry(struct cpio *cpio)
{
	struct cpio_entry *e = &cpio->entry;
	int err;

	e->name = cpio->name;
	e->name_len = strnlen(cpio->name, e->name_size);
	if (e->name_len == e->name_size)
		return fail(cpio, -EINVAL, "cpio: name not terminated");
	if (!strcmp(e->name, "TRAILER!!!")) {
		expect(cpio, CPIO_GAP);
		return callback_failed(cpio, cpio->ops->trailer(cpio->ctx));
	}
	cpio->sum = 0;
	cpio->left = e->size;
	/* The sum means something where it was taken: with a file's data. */
	if (!e->size || !S_ISREG(e->mode))
		cpio->has_check = false;
	err = callback_failed(cpio, cpio->ops->begin(cpio->ctx, e));
	if (err)
		return err;
	expect(cpio, CPIO_DATA);
	return e->size ? 0 : finish_entry(cpio);
}

/* Copy up to @need bytes of a header or name together. */
static size_t collect(struct cpio *cpio, void *dst, size_t need, const u8 *data,
		      size_t len)
{
	size_t n = min(need - cpio->have, len);

	memcpy((u8 *)dst + cpio->have, data, n);
	cpio->have += n;
	return n;
}

static ssize_t take_gap(struct cpio *cpio, const u8 *data, size_t len)
{
	size_t n = 0;

	while (n < len && !data[n])
		n++;
	if (n < len && data[n] == '0')
		expect(cpio, CPIO_HEADER);
	return (ssize_t)n;
}

static ssize_t take_header(struct cpio *cpio, const u8 *data, size_t len)
{
	size_t n = collect(cpio, cpio->header, CPIO_HEADER_LEN, data, len);
	int err;

	if (cpio->have == CPIO_HEADER_LEN) {
		err = parse_header(cpio);
		if (err)
			return err;
		expect(cpio, CPIO_NAME);
	}
	return (ssize_t)n;
}

static ssize_t take_name(struct cpio *cpio, const u8 *data, size_t len)
{
	size_t need =
	    ALIGN_UP(CPIO_HEADER_LEN + cpio->entry.name_size, ALIGNMENT) -
	    CPIO_HEADER_LEN;
	size_t n = collect(cpio, cpio->name, need, data, len);
	int err;

	if (cpio->have == need) {
		err = start_entry(cpio);
		if (err)
			return err;
	}
	return (ssize_t)n;
}

static u32 sum_bytes(const u8 *data, size_t len)
{
	u32 sum = 0;

	while (len--)
		sum += *data++;
	return sum;
}

static ssize_t take_data(struct cpio *cpio, const u8 *data, size_t len)
{
	size_t n = min((size_t)cpio->left, len);
	int err;

	if (cpio->has_check)
		cpio->sum += sum_bytes(data, n);
	err = callback_failed(cpio, cpio->ops->data(cpio->ctx, data, n));
	if (err)
		return err;
	cpio->left -= (u32)n;
	if (!cpio->left) {
		err = finish_entry(cpio);
		if (err)
			return err;
	}
	return (ssize_t)n;
}

static ssize_t take_pad(struct cpio *cpio, size_t len)
{
	size_t n = min((size_t)cpio->left, len);

	cpio->left -= (u32)n;
	if (!cpio->left)
		expect(cpio, CPIO_HEADER);
	return (ssize_t)n;
}

static ssize_t take(struct cpio *cpio, const u8 *data, size_t len)
{
	switch (cpio->state) {
	case CPIO_GAP:
		return take_gap(cpio, data, len);
	case CPIO_HEADER:
		return take_header(cpio, data, len);
	case CPIO_NAME:
		return take_name(cpio, data, len);
	case CPIO_DATA:
		return take_data(cpio, data, len);
	case CPIO_PAD:
		return take_pad(cpio, len);
	default:
		return cpio->err;
	}
}

/**
 * cpio_feed - parse the next piece of the stream
 * @cpio: parser
 * @data: bytes
 * @len: number of bytes
 *
 * Context: whatever the callbacks need.
 * Return: bytes taken, or an error, which stays: a callback's, -EINVAL or
 * -ENAMETOOLONG, with cpio->error saying what is wrong. Fewer than @len are
 * taken only between archives, when what follows is neither zero nor the
 * beginning of one: a compressed archive, perhaps, or junk.
 */
ssize_t cpio_feed(struct cpio *cpio, const void *data, size_t len)
{
	enum cpio_state before;
	size_t done = 0;
	ssize_t n;

	while (done < len) {
		before = cpio->state;
		n = take(cpio, (const u8 *)data + done, len - done);
		if (n < 0)
			return n;
		if (!n && cpio->state == before)
			break;
		done += (size_t)n;
	}
	return (ssize_t)done;
}

/**
 * cpio_finish - say that the stream has ended
 * @cpio: parser
 *
 * Return: 0 if it ended behind an archive or had none, else an error as from
 * cpio_feed().
 */
int cpio_finish(struct cpio *cpio)
{
	switch (cpio->state) {
	case CPIO_GAP:
		return 0;
	case CPIO_FAILED:
		return cpio->err;
	case CPIO_HEADER:
		if (!cpio->have)
			return fail(cpio, -EINVAL, "cpio: no trailer");
		__fallthrough;
	default:
		return fail(cpio, -EINVAL, "cpio: archive cut off");
	}
}
