/* Archives fed in pieces of every size, whole, cut off and damaged. */
#include "unit.h"

#include <linnet/cpio.h>
#include <linnet/errno.h>
#include <linnet/printf.h>
#include <linnet/string.h>

enum { ARCHIVE_MAX = 16384, LOG_MAX = 16384 };

struct archive {
	char bytes[ARCHIVE_MAX];
	size_t len;
};

/* What the callbacks saw, as text. */
struct log {
	char text[LOG_MAX];
	size_t len;
	int fail_at; /* callback that fails; 0: none */
	int calls;
};

static struct archive ar;
static struct log seen;

static int logged(struct log *log)
{
	return ++log->calls == log->fail_at ? -ENOSPC : 0;
}

static int on_begin(void *ctx, const struct cpio_entry *e)
{
	struct log *log = ctx;

	EXPECT_EQ(strlen(e->name), e->name_len);
	log->len += (size_t)scnprintf(
	    log->text + log->len, LOG_MAX - log->len,
	    "%s i%u m%o %u:%u n%u t%u s%u d%u,%u r%u,%u{", e->name, e->ino,
	    e->mode, e->uid, e->gid, e->nlink, e->mtime, e->size, e->dev_major,
	    e->dev_minor, e->rdev_major, e->rdev_minor);
	return logged(log);
}

static int on_data(void *ctx, const u8 *data, size_t len)
{
	struct log *log = ctx;

	EXPECT(len > 0);
	if (len < LOG_MAX - log->len) {
		memcpy(log->text + log->len, data, len);
		log->len += len;
	}
	/* One call or many, the log must be the same. */
	return log->fail_at == -1 ? -EIO : 0;
}

static int on_end(void *ctx, const struct cpio_entry *e)
{
	struct log *log = ctx;

	(void)e;
	log->text[log->len++] = '}';
	return logged(log);
}

static int on_trailer(void *ctx)
{
	struct log *log = ctx;

	log->text[log->len++] = '.';
	return logged(log);
}

static const struct cpio_ops ops = {
    .begin = on_begin,
    .data = on_data,
    .end = on_end,
    .trailer = on_trailer,
};

static void pad(struct archive *a)
{
	while (a->len % 4)
		a->bytes[a->len++] = '\0';
}

static void add_raw(struct archive *a, char kind, u32 mode, const char *name,
		    u32 name_size, const char *data, u32 size, u32 check)
{
	a->len += (size_t)scnprintf(
	    a->bytes + a->len, ARCHIVE_MAX - a->len,
	    "07070%c%08x%08x%08x%08x%08x%08X%08x%08x%08x%08x%08x%08x%08x", kind,
	    7, mode, 1000, 0xfffffffe, 2, 0xABCDEF01, size, 8, 1, 5, 0xff,
	    name_size, check);
	memcpy(a->bytes + a->len, name, name_size);
	a->len += name_size;
	pad(a);
	memcpy(a->bytes + a->len, data, size);
	a->len += size;
	pad(a);
}

static void add(struct archive *a, u32 mode, const char *name, const char *data)
{
	add_raw(a, '1', mode, name, (u32)strlen(name) + 1, data,
		(u32)strlen(data), 0);
}

static void reset(void)
{
	memset(&ar, 0, sizeof(ar));
}

/* Feeds @len bytes in pieces of @step from heap blocks of their own. */
static ssize_t feed(struct cpio *cpio, const char *bytes, size_t len,
		    size_t step)
{
	size_t done = 0;

	while (done < len) {
		size_t n = min(step, len - done);
		char *piece = malloc(n);
		ssize_t got;

		memcpy(piece, bytes + done, n);
		got = cpio_feed(cpio, piece, n);
		free(piece);
		if (got < 0)
			return got;
		done += (size_t)got;
		if ((size_t)got < n)
			break;
	}
	return (ssize_t)done;
}

static struct cpio cpio;

static ssize_t parse(size_t step, int fail_at)
{
	memset(&seen, 0, sizeof(seen));
	seen.fail_at = fail_at;
	cpio_init(&cpio, &ops, &seen);
	return feed(&cpio, ar.bytes, ar.len, step);
}

TEST(cpio_entries)
{
	static const size_t steps[] = {1, 2, 3, 5, 109, 110, 111, 512, 99999};
	size_t i;

	reset();
	add(&ar, 040755, ".", "");
	add(&ar, 0100644, "a", "x");
	add(&ar, 0100644, "ab", "hello");
	add(&ar, 0120777, "abc/link", "target");
	add(&ar, 020600, "abcd", "");
	add(&ar, 0, "TRAILER!!!", "");
	ar.len += 100;
	add(&ar, 0100644, "second", "archive");
	add(&ar, 0, "TRAILER!!!", "");
	add(&ar, 0, "TRAILER!!!", "");
	ar.len += 7;
	for (i = 0; i < ARRAY_SIZE(steps); i++) {
		EXPECT_EQ(parse(steps[i], 0), ar.len);
		EXPECT_EQ(cpio_finish(&cpio), 0);
		EXPECT_STR(
		    seen.text,
		    ". i7 m40755 1000:4294967294 n2 t2882400001 s0 d8,1 r5,255{}"
		    "a i7 m100644 1000:4294967294 n2 t2882400001 s1 d8,1 r5,255{x}"
		    "ab i7 m100644 1000:4294967294 n2 t2882400001 s5 d8,1 r5,255{hello}"
		    "abc/link i7 m120777 1000:4294967294 n2 t2882400001 s6 d8,1 r5,255{target}"
		    "abcd i7 m20600 1000:4294967294 n2 t2882400001 s0 d8,1 r5,255{}."
		    "second i7 m100644 1000:4294967294 n2 t2882400001 s7 d8,1 r5,255{archive}..");
	}
}

TEST(cpio_empty)
{
	reset();
	EXPECT_EQ(parse(1, 0), 0);
	EXPECT_EQ(cpio_finish(&cpio), 0);
	ar.len = 1000;
	EXPECT_EQ(parse(3, 0), 1000);
	EXPECT_EQ(cpio_finish(&cpio), 0);
	EXPECT_STR(seen.text, "");
}

TEST(cpio_stops_between_archives)
{
	reset();
	add(&ar, 0, "TRAILER!!!", "");
	ar.len += 8;
	memcpy(ar.bytes + ar.len, "\x1f\x8b zip", 6);
	ar.len += 6;
	EXPECT_EQ(parse(99999, 0), ar.len - 6);
	EXPECT_EQ(cpio_finish(&cpio), 0);
	EXPECT_EQ(parse(1, 0), ar.len - 6);
	EXPECT_STR(seen.text, ".");
	EXPECT_EQ(cpio_feed(&cpio, "\x1f", 1), 0);
}

TEST(cpio_truncated)
{
	size_t whole;
	size_t step;

	reset();
	add(&ar, 0100644, "name", "contents");
	add(&ar, 0, "TRAILER!!!", "");
	whole = ar.len;
	for (ar.len = 1; ar.len < whole; ar.len++) {
		for (step = 1; step < 200; step += 13) {
			EXPECT_EQ(parse(step, 0), ar.len);
			EXPECT_EQ(cpio_finish(&cpio), -EINVAL);
			EXPECT(cpio.error != NULL);
			EXPECT_EQ(cpio_feed(&cpio, "0", 1), -EINVAL);
			EXPECT_EQ(cpio_finish(&cpio), -EINVAL);
		}
	}
}

TEST(cpio_callback_errors)
{
	int n;

	reset();
	add(&ar, 0100644, "name", "contents");
	add(&ar, 040755, "dir", "");
	add(&ar, 0, "TRAILER!!!", "");
	for (n = 1; n <= 5; n++) {
		EXPECT_EQ(parse(50, n), -ENOSPC);
		EXPECT_EQ(seen.calls, n);
		EXPECT(cpio.error == NULL);
		EXPECT_EQ(cpio_feed(&cpio, "0", 1), -ENOSPC);
		EXPECT_EQ(cpio_finish(&cpio), -ENOSPC);
		EXPECT_EQ(seen.calls, n);
	}
	EXPECT_EQ(parse(50, -1), -EIO);
}

static void expect_error(int err, const char *why)
{
	EXPECT_EQ(parse(99999, 0), err);
	EXPECT_STR(cpio.error, why);
	EXPECT_EQ(parse(1, 0), err);
	EXPECT_STR(cpio.error, why);
}

TEST(cpio_bad_headers)
{
	static char long_name[PATH_MAX + 1];
	int c;

	reset();
	add(&ar, 0, "TRAILER!!!", "");
	ar.bytes[1] = '1';
	expect_error(-EINVAL, "cpio: no magic number");
	ar.bytes[1] = '7';
	ar.bytes[5] = '7';
	expect_error(-EINVAL, "cpio: not the newc format");
	ar.bytes[5] = '1';
	for (c = 0; c < 256; c++) {
		bool hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') ||
			   (c >= 'A' && c <= 'F');

		ar.bytes[6 + 3 * 8 + c % 8] = (char)c;
		if (hex)
			EXPECT_EQ(parse(99999, 0), ar.len);
		else
			expect_error(-EINVAL, "cpio: bad number in header");
		ar.bytes[6 + 3 * 8 + c % 8] = '0';
	}

	reset();
	add_raw(&ar, '1', 0, "", 0, "", 0, 0);
	expect_error(-EINVAL, "cpio: entry without a name");
	reset();
	add_raw(&ar, '1', 0, "abc", 3, "", 0, 0);
	expect_error(-EINVAL, "cpio: name not terminated");

	memset(long_name, 'n', PATH_MAX);
	reset();
	add_raw(&ar, '1', 0, long_name, PATH_MAX + 1, "", 0, 0);
	expect_error(-ENAMETOOLONG, "cpio: name too long");
	long_name[PATH_MAX - 1] = '\0';
	reset();
	add_raw(&ar, '1', 0, long_name, PATH_MAX, "", 0, 0);
	EXPECT_EQ(parse(1000, 0), ar.len);
	EXPECT_EQ(cpio.entry.name_len, PATH_MAX - 1);
	/* Zeros behind the name only pad it. */
	memset(long_name + 4, 0, sizeof(long_name) - 4);
	reset();
	add_raw(&ar, '1', 0, long_name, PATH_MAX, "", 0, 0);
	EXPECT_EQ(parse(1000, 0), ar.len);
	EXPECT_STR(cpio.entry.name, "nnnn");
}

TEST(cpio_checksum)
{
	reset();
	add_raw(&ar, '2', 0100644, "f", 2, "\xff\xfe\x01", 3, 0x1fe);
	add_raw(&ar, '2', 0120777, "l", 2, "target", 6, 0);
	add_raw(&ar, '2', 0100644, "e", 2, "", 0, 5);
	add(&ar, 0, "TRAILER!!!", "");
	EXPECT_EQ(parse(99999, 0), ar.len);
	EXPECT_EQ(parse(1, 0), ar.len);
	ar.bytes[CPIO_HEADER_LEN + 2]++;
	expect_error(-EINVAL, "cpio: wrong checksum");
	reset();
	add_raw(&ar, '1', 0100644, "f", 2, "\xff\xfe\x01", 3, 99);
	EXPECT_EQ(parse(1, 0), ar.len);
}

TEST(cpio_bit_flips)
{
	u64 state = 11;
	int round;

	for (round = 0; round < 5000; round++) {
		u64 r = unit_random(&state);

		reset();
		add(&ar, 040755, "dir", "");
		add(&ar, 0100644, "dir/a", "some contents of a file");
		add(&ar, 0, "TRAILER!!!", "");
		ar.bytes[(r >> 8) % ar.len] ^= (char)(1 << (r & 7));
		parse(1 + (r >> 40) % 300, 0);
		cpio_finish(&cpio);
	}
}
