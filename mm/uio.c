/*
 * I/O vectors: copying to and from the four kinds of iterators.
 *
 * Each step works on one contiguous piece of the current segment; user pieces
 * may copy short when the memory is not accessible, which ends the walk.
 */
#include <asm/uaccess.h>
#include <linnet/errno.h>
#include <linnet/slab.h>
#include <linnet/string.h>
#include <linnet/uio.h>

void iov_iter_kvec(struct iov_iter *i, enum iter_dir dir, const struct kvec *v,
		   u32 nr, size_t count)
{
	*i = (struct iov_iter){.type = ITER_KVEC, .dest = dir, .kvec = v,
			       .nr_segs = nr, .count = count};
}

void iov_iter_bvec(struct iov_iter *i, enum iter_dir dir,
		   const struct bio_vec *v, u32 nr, size_t count)
{
	*i = (struct iov_iter){.type = ITER_BVEC, .dest = dir, .bvec = v,
			       .nr_segs = nr, .count = count};
}

static size_t seg_len(const struct iov_iter *i)
{
	switch (i->type) {
	case ITER_UBUF:
		return i->offset + i->count;
	case ITER_IOVEC:
		return i->iov->iov_len;
	case ITER_KVEC:
		return i->kvec->len;
	default:
		return i->bvec->len;
	}
}

static void next_seg(struct iov_iter *i)
{
	i->offset = 0;
	i->nr_segs--;
	if (i->type == ITER_IOVEC)
		i->iov++;
	else if (i->type == ITER_KVEC)
		i->kvec++;
	else
		i->bvec++;
}

/* Address of the current piece: user or kernel, by type. */
static void *piece(const struct iov_iter *i)
{
	switch (i->type) {
	case ITER_UBUF:
		return (u8 *)i->ubuf + i->offset;
	case ITER_IOVEC:
		return (u8 *)i->iov->iov_base + i->offset;
	case ITER_KVEC:
		return (u8 *)i->kvec->base + i->offset;
	default:
		return (u8 *)page_address(i->bvec->page) + i->bvec->offset +
		       i->offset;
	}
}

static bool is_user(const struct iov_iter *i)
{
	return i->type == ITER_UBUF || i->type == ITER_IOVEC;
}

void iov_iter_advance(struct iov_iter *i, size_t len)
{
	len = min(len, i->count);
	i->count -= len;
	if (i->type == ITER_UBUF) {
		i->offset += len;
		return;
	}
	while (len) {
		size_t n = min(len, seg_len(i) - i->offset);

		i->offset += n;
		len -= n;
		if (i->offset == seg_len(i) && i->nr_segs > 1)
			next_seg(i);
		else if (!n)
			return;
	}
}

void iov_iter_revert(struct iov_iter *i, size_t len)
{
	i->count += len;
	while (len > i->offset) {
		len -= i->offset;
		i->nr_segs++;
		if (i->type == ITER_IOVEC)
			i->offset = (--i->iov)->iov_len;
		else if (i->type == ITER_KVEC)
			i->offset = (--i->kvec)->len;
		else
			i->offset = (--i->bvec)->len;
	}
	i->offset -= len;
}

void iov_iter_truncate(struct iov_iter *i, size_t len)
{
	i->count = min(i->count, len);
}

enum copy_op { COPY_TO, COPY_FROM, COPY_ZERO };

/* One piece; returns bytes done. */
static size_t copy_piece(struct iov_iter *i, void *kernel, size_t n,
			 enum copy_op op)
{
	void *at = piece(i);

	if (!is_user(i)) {
		if (op == COPY_TO)
			memcpy(at, kernel, n);
		else if (op == COPY_FROM)
			memcpy(kernel, at, n);
		else
			memset(at, 0, n);
		return n;
	}
	if (op == COPY_TO)
		return n - raw_copy_to_user(at, kernel, n);
	if (op == COPY_FROM)
		return n - raw_copy_from_user(kernel, at, n);
	return n - clear_user(at, n);
}

static size_t copy_iter(struct iov_iter *i, u8 *kernel, size_t len,
			enum copy_op op)
{
	size_t done = 0;

	len = min(len, i->count);
	while (done < len) {
		size_t n = min(len - done, seg_len(i) - i->offset), got;

		if (!n && i->type != ITER_UBUF) {
			next_seg(i); /* empty segment */
			continue;
		}
		got = copy_piece(i, op == COPY_ZERO ? NULL : kernel + done, n,
				 op);
		iov_iter_advance(i, got);
		done += got;
		if (got < n)
			break;
	}
	return done;
}

/* A page, with offset and length inside of it, need not be checked again. */
static __always_inline size_t do_copy_to_iter(const void *from, size_t len,
					      struct iov_iter *i, bool page)
{
	u8 __user *at = (u8 __user *)i->ubuf + i->offset;

	if (unlikely(i->type != ITER_UBUF))
		return copy_iter(i, (u8 *)from, len, COPY_TO);
	len = min(len, i->count);
	len -= page ? unchecked_copy_to_user(at, from, len)
		    : raw_copy_to_user(at, from, len);
	i->offset += len;
	i->count -= len;
	return len;
}

static __always_inline size_t do_copy_from_iter(void *to, size_t len,
						struct iov_iter *i, bool page)
{
	const u8 __user *at = (const u8 __user *)i->ubuf + i->offset;

	if (unlikely(i->type != ITER_UBUF))
		return copy_iter(i, to, len, COPY_FROM);
	len = min(len, i->count);
	len -= page ? unchecked_copy_from_user(to, at, len)
		    : raw_copy_from_user(to, at, len);
	i->offset += len;
	i->count -= len;
	return len;
}

size_t copy_to_iter(const void *from, size_t len, struct iov_iter *i)
{
	return do_copy_to_iter(from, len, i, false);
}

size_t copy_from_iter(void *to, size_t len, struct iov_iter *i)
{
	return do_copy_from_iter(to, len, i, false);
}

size_t iov_iter_zero(size_t len, struct iov_iter *i)
{
	if (likely(i->type == ITER_UBUF)) {
		len = min(len, i->count);
		len -= clear_user((u8 __user *)i->ubuf + i->offset, len);
		i->offset += len;
		i->count -= len;
		return len;
	}
	return copy_iter(i, NULL, len, COPY_ZERO);
}

size_t copy_page_to_iter(struct page *p, size_t off, size_t len,
			 struct iov_iter *i)
{
	return do_copy_to_iter((u8 *)page_address(p) + off, len, i, true);
}

size_t copy_page_from_iter(struct page *p, size_t off, size_t len,
			   struct iov_iter *i)
{
	return do_copy_from_iter((u8 *)page_address(p) + off, len, i, true);
}

/* Read (or for a destination, write) one byte a page. Bytes accessible. */
size_t fault_in_iter(struct iov_iter *i, size_t len)
{
	struct iov_iter it = *i;
	size_t done = 0;

	len = min(len, i->count);
	if (!is_user(i))
		return len;
	while (done < len) {
		u8 __user *at = piece(&it);
		size_t n = min(len - done, seg_len(&it) - it.offset);
		u8 c;

		n = min(n, PAGE_SIZE - ((u64)at & ~PAGE_MASK));
		if (n && (it.dest ? put_user(0, at) : get_user(c, at)))
			break;
		if (!n)
			next_seg(&it);
		iov_iter_advance(&it, n);
		done += n;
		(void)c;
	}
	return done;
}

ssize_t import_iovec(enum iter_dir dir, const struct iovec __user *uvec, u32 nr,
		     struct iovec **iov, struct iovec *fast, struct iov_iter *i)
{
	struct iovec *v = fast;
	size_t total = 0;

	*iov = fast;
	if (nr > UIO_MAXIOV)
		return -EINVAL;
	if (nr > UIO_FASTIOV) {
		v = kmalloc(nr * sizeof(*v), GFP_KERNEL);
		if (!v)
			return -ENOMEM;
		*iov = v;
	}
	if (copy_from_user(v, uvec, nr * sizeof(*v)))
		return -EFAULT;
	for (u32 k = 0; k < nr; k++) {
		if ((ssize_t)v[k].iov_len < 0)
			return -EINVAL;
		if (!access_ok(v[k].iov_base, v[k].iov_len))
			return -EFAULT;
		v[k].iov_len = min(v[k].iov_len, MAX_RW_COUNT - total);
		total += v[k].iov_len;
	}
	*i = (struct iov_iter){.type = ITER_IOVEC, .dest = dir, .iov = v,
			       .nr_segs = nr, .count = total};
	return (ssize_t)total;
}
