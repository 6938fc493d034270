/*
 * I/O vectors: one cursor over user buffers, kernel buffers or pages, so that
 * each read and write method is written once.
 */
#ifndef LINNET_UIO_H
#define LINNET_UIO_H

#include <asm/uaccess.h>
#include <linnet/page.h>
#include <linux/uio.h>

struct kvec {
	void *base;
	size_t len;
};

struct bio_vec {
	struct page *page;
	u32 len, offset;
};

enum iter_type { ITER_UBUF, ITER_IOVEC, ITER_KVEC, ITER_BVEC };

struct iov_iter {
	u8 type;   /* enum iter_type */
	bool dest; /* true: data goes into the iterator (a read) */
	size_t offset; /* into the current segment */
	size_t count;  /* bytes left */
	union {
		void __user *ubuf;
		const struct iovec *iov; /* bases are user addresses */
		const struct kvec *kvec;
		const struct bio_vec *bvec;
	};
	u32 nr_segs;
};

enum iter_dir { ITER_SOURCE = 0, ITER_DEST = 1 };

static inline void iov_iter_ubuf(struct iov_iter *i, enum iter_dir dir,
				 void __user *buf, size_t len)
{
	*i = (struct iov_iter){.type = ITER_UBUF, .dest = dir, .count = len,
			       .ubuf = buf, .nr_segs = 1};
}

void iov_iter_kvec(struct iov_iter *i, enum iter_dir dir, const struct kvec *v,
		   u32 nr, size_t count);
void iov_iter_bvec(struct iov_iter *i, enum iter_dir dir,
		   const struct bio_vec *v, u32 nr, size_t count);

static inline size_t iov_iter_count(const struct iov_iter *i)
{
	return i->count;
}

/*
 * Copy between a kernel buffer and the iterator and advance it. Return: bytes
 * copied; fewer than @len means the end, or a bad user address.
 */
size_t copy_to_iter(const void *from, size_t len, struct iov_iter *i);
size_t copy_from_iter(void *to, size_t len, struct iov_iter *i);
size_t iov_iter_zero(size_t len, struct iov_iter *i);
size_t copy_page_to_iter(struct page *p, size_t off, size_t len,
			 struct iov_iter *i);
size_t copy_page_from_iter(struct page *p, size_t off, size_t len,
			   struct iov_iter *i);
void iov_iter_advance(struct iov_iter *i, size_t len);
/* Undo the last @len bytes of advance. */
void iov_iter_revert(struct iov_iter *i, size_t len);
void iov_iter_truncate(struct iov_iter *i, size_t len);
/* Touch the next @len bytes so that a copy under a page lock won't fault. */
size_t fault_in_iter(struct iov_iter *i, size_t len);

/*
 * Import a user iovec array: checks count and total length as readv(2).
 * *iov points at @fast (UIO_FASTIOV entries) or at memory for kfree().
 * Return: total bytes, or -EFAULT, -EINVAL, -ENOMEM.
 */
#define UIO_FASTIOV 8
ssize_t import_iovec(enum iter_dir dir, const struct iovec __user *uvec, u32 nr,
		     struct iovec **iov, struct iovec *fast,
		     struct iov_iter *i);

#define MAX_RW_COUNT (S32_MAX & PAGE_MASK)

#endif
