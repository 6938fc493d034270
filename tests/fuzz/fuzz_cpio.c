/*
 * cpio archives. The first byte chooses the size of the pieces; whatever it
 * is, the callbacks must be told the same.
 */
#include "fuzz.h"

#include <linnet/cpio.h>
#include <linnet/crc32.h>
#include <linnet/string.h>

struct seen {
	u32 sum;       /* of all that the callbacks were told */
	u32 data_left; /* of the current entry */
	bool in_entry;
};

static int on_begin(void *ctx, const struct cpio_entry *e)
{
	struct seen *seen = ctx;

	fuzz_require(!seen->in_entry);
	fuzz_require(strlen(e->name) == e->name_len && e->name_len < PATH_MAX);
	seen->in_entry = true;
	seen->data_left = e->size;
	seen->sum = crc32(seen->sum, e->name, e->name_len);
	seen->sum = crc32(seen->sum, &e->mode, sizeof(e->mode));
	return 0;
}

static int on_data(void *ctx, const u8 *data, size_t len)
{
	struct seen *seen = ctx;

	fuzz_require(seen->in_entry && len && len <= seen->data_left);
	seen->data_left -= (u32)len;
	seen->sum = crc32(seen->sum, data, len);
	return 0;
}

static int on_end(void *ctx, const struct cpio_entry *e)
{
	struct seen *seen = ctx;

	(void)e;
	fuzz_require(seen->in_entry && !seen->data_left);
	seen->in_entry = false;
	return 0;
}

static int on_trailer(void *ctx)
{
	struct seen *seen = ctx;

	fuzz_require(!seen->in_entry);
	seen->sum = ~seen->sum;
	return 0;
}

static const struct cpio_ops ops = {
    .begin = on_begin,
    .data = on_data,
    .end = on_end,
    .trailer = on_trailer,
};

/* Returns the result of the whole; @seen gets what the callbacks saw. */
static ssize_t parse(struct seen *seen, const u8 *data, size_t len, size_t step)
{
	static struct cpio cpio;
	size_t done = 0;
	ssize_t n = 0;
	int err;

	*seen = (struct seen){0};
	cpio_init(&cpio, &ops, seen);
	while (done < len) {
		size_t piece = min(step, len - done);

		n = cpio_feed(&cpio, data + done, piece);
		if (n < 0)
			return n;
		done += (size_t)n;
		if ((size_t)n < piece)
			break;
	}
	err = cpio_finish(&cpio);
	return err ? err : (ssize_t)done;
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t len)
{
	struct seen whole;
	struct seen pieces;
	ssize_t a;
	ssize_t b;

	if (!len)
		return 0;
	a = parse(&whole, data + 1, len - 1, len);
	b = parse(&pieces, data + 1, len - 1, 1 + data[0] % 128u);
	fuzz_require(a == b);
	fuzz_require(whole.sum == pieces.sum);
	return 0;
}
