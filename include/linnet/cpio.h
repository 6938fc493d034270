/*
 * Unpacking cpio archives in the "newc" format, as initramfs images use it.
 *
 * A push parser: cpio_feed() takes the stream in pieces of any size, as they
 * fall out of a decompressor, and calls back for each entry. File data is
 * passed on where it lies. The struct is large (it holds a path); it belongs
 * to the caller, and nothing is allocated.
 *
 * Several archives may follow each other with zero bytes between them. Hard
 * links are entries with the same inode and device within one archive and
 * nlink > 1, of which one carries the data (by custom the last); matching them
 * up is the caller's, who forgets them at each trailer.
 */
#ifndef LINNET_CPIO_H
#define LINNET_CPIO_H

#include <linnet/types.h>
#include <linux/limits.h>

enum { CPIO_HEADER_LEN = 110 };

struct cpio_entry {
	u32 ino;
	u32 mode;
	u32 uid;
	u32 gid;
	u32 nlink;
	u32 mtime;
	u32 size; /* bytes of data that follow */
	u32 dev_major;
	u32 dev_minor;
	u32 rdev_major;
	u32 rdev_minor;
	u32 name_size; /* in the archive, with the NUL */
	u32 check;     /* sum of the data's bytes, if the format has one */
	const char *name;
	size_t name_len;
};

/*
 * What an archive is made into. A negative return value stops the parser and
 * becomes the result of cpio_feed(). None may be NULL. @entry and @data are
 * the parser's and only valid during the call.
 */
struct cpio_ops {
	/* A new entry; its data, if it has any, comes next. */
	int (*begin)(void *ctx, const struct cpio_entry *entry);
	/* The next bytes of the entry's data. */
	int (*data)(void *ctx, const u8 *data, size_t len);
	/* The entry is complete. */
	int (*end)(void *ctx, const struct cpio_entry *entry);
	/* The archive is complete. */
	int (*trailer)(void *ctx);
};

enum cpio_state {
	CPIO_GAP,    /* before an archive: zeros or a header */
	CPIO_HEADER, /* collecting a header */
	CPIO_NAME,   /* collecting a name and the padding behind it */
	CPIO_DATA,   /* passing data on */
	CPIO_PAD,    /* skipping the padding behind the data */
	CPIO_FAILED,
};

struct cpio {
	const struct cpio_ops *ops;
	void *ctx;
	enum cpio_state state;
	int err;	   /* in state CPIO_FAILED */
	const char *error; /* what is wrong, for the log; NULL: an op failed */
	size_t have;	   /* bytes collected of a header or name */
	u32 left;	   /* bytes of data or padding to come */
	u32 sum;	   /* of the data's bytes so far */
	bool has_check;
	struct cpio_entry entry;
	u8 header[CPIO_HEADER_LEN];
	char name[PATH_MAX + 3]; /* and padding to four bytes */
};

void cpio_init(struct cpio *cpio, const struct cpio_ops *ops, void *ctx);
ssize_t cpio_feed(struct cpio *cpio, const void *data, size_t len);
int cpio_finish(struct cpio *cpio);

#endif
