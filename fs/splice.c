/*
 * Moving bytes between files inside the kernel: sendfile, splice, tee,
 * vmsplice, copy_file_range.
 *
 * A pipe is a ring of page references, so bytes that start in the page cache
 * enter a pipe by reference, and leave it for a file as an iterator over pages:
 * one copy at most. A transfer between two files that are not pipes needs no
 * pipe: pages of the source are looked up in batches and written from there.
 * Files without pages of their own are read into fresh ones.
 *
 * Lock order: pipe->lock (of two pipes: lower address first) > inode->rwsem
 */
#include <asm/uaccess.h>
#include <linnet/cred.h>
#include <linnet/errno.h>
#include <linnet/fdtable.h>
#include <linnet/fs.h>
#include <linnet/mm.h>
#include <linnet/pipe.h>
#include <linnet/signal.h>
#include <linnet/slab.h>
#include <linnet/syscalls.h>
#include <linnet/task.h>
#include <linnet/uio.h>

enum { SPLICE_BATCH = 16 };

/* The C library's <fcntl.h> has these; the UAPI headers do not. */
enum splice_flags {
	SPLICE_F_MOVE = 1,
	SPLICE_F_NONBLOCK = 2,
	SPLICE_F_MORE = 4,
	SPLICE_F_GIFT = 8,
	SPLICE_F_ALL = 15,
};

/* --- file to pages --- */

/*
 * The fragment of @in at *pos, at most @len bytes, as a referenced page.
 * Return: bytes, 0 at the end, or an error.
 */
static ssize_t cached_fragment(struct file *in, loff_t pos, size_t len,
			       struct bio_vec *v)
{
	struct address_space *m = in->mapping;
	loff_t size = i_size_read(m->host);
	u32 off = (u32)((u64)pos & ~PAGE_MASK);
	struct page *p;

	if (pos >= size)
		return 0;
	p = page_for_read(m, (u64)pos >> PAGE_SHIFT);
	if (IS_ERR(p))
		return PTR_ERR(p);
	if (!p) {
		p = zero_page;
		get_page(p);
	}
	v->page = p;
	v->offset = off;
	v->len = (u32)min(min(len, PAGE_SIZE - off), (size_t)(size - pos));
	return v->len;
}

/* The same by reading, for files without a page cache. */
static ssize_t copied_fragment(struct file *in, loff_t *pos, size_t len,
			       struct bio_vec *v)
{
	struct iov_iter it;
	ssize_t n;

	v->page = alloc_page(GFP_USER);
	if (!v->page)
		return -ENOMEM;
	v->offset = 0;
	v->len = (u32)min(len, PAGE_SIZE);
	iov_iter_bvec(&it, ITER_DEST, v, 1, v->len);
	n = vfs_read(in, &it, pos, 0);
	if (n <= 0)
		put_page(v->page);
	v->len = (u32)n;
	return n;
}

/**
 * generic_splice_read - put references to cached pages into a pipe
 * @in: file with a page cache
 * @pos: where; advanced
 * @pipe: locked, with room
 * @len: bytes wanted
 * @flags: SPLICE_F_*
 *
 * Return: bytes moved, 0 at the end of the file, or an error.
 */
ssize_t generic_splice_read(struct file *in, loff_t *pos, struct pipe *pipe,
			    size_t len, u32 flags)
{
	ssize_t done = 0, n = 0;

	while (len && !pipe_full(pipe)) {
		struct bio_vec v;

		n = cached_fragment(in, *pos, len, &v);
		if (n <= 0)
			break;
		pipe_push(pipe, &(struct pipe_buf){.page = v.page,
						   .offset = v.offset,
						   .len = v.len});
		*pos += n;
		done += n;
		len -= (size_t)n;
	}
	file_accessed(in);
	return done ? done : n;
}

static ssize_t copy_splice_read(struct file *in, loff_t *pos, struct pipe *pipe,
				size_t len)
{
	ssize_t done = 0, n = 0;

	while (len && !pipe_full(pipe)) {
		struct bio_vec v;

		n = copied_fragment(in, pos, len, &v);
		if (n <= 0)
			break;
		pipe_push(pipe,
			  &(struct pipe_buf){.page = v.page, .len = v.len});
		done += n;
		len -= (size_t)n;
		/* Another read of a stream might wait. */
		if (v.len < PAGE_SIZE || in->mode & FMODE_STREAM)
			break;
	}
	return done ? done : n;
}

static ssize_t file_to_pipe(struct file *in, loff_t *pos, struct pipe *pipe,
			    size_t len, u32 flags)
{
	ssize_t n = pipe_lock_for_write(pipe, flags & SPLICE_F_NONBLOCK);

	if (n)
		return n;
	if (in->ops->splice_read)
		n = in->ops->splice_read(in, pos, pipe, len, flags);
	else
		n = copy_splice_read(in, pos, pipe, len);
	mutex_unlock(&pipe->lock);
	if (n > 0)
		pipe_wake_readers(pipe);
	return n;
}

/* --- pages to file --- */

static ssize_t write_pages(struct file *out, loff_t *pos,
			   const struct bio_vec *v, u32 nr, size_t bytes)
{
	struct iov_iter it;

	iov_iter_bvec(&it, ITER_SOURCE, v, nr, bytes);
	return vfs_write(out, &it, pos, 0);
}

/**
 * generic_splice_write - write the fragments in a pipe to a file
 * @pipe: locked, with data
 * @out: any file that can be written
 * @pos: where, or NULL; advanced
 * @len: bytes wanted
 * @flags: SPLICE_F_*
 *
 * Return: bytes written, which may be fewer than there are, or an error.
 */
ssize_t generic_splice_write(struct pipe *pipe, struct file *out, loff_t *pos,
			     size_t len, u32 flags)
{
	struct bio_vec v[SPLICE_BATCH];
	size_t bytes = 0;
	ssize_t done;
	u32 nr = 0;

	for (u32 i = pipe->tail;
	     i != pipe->head && nr < SPLICE_BATCH && bytes < len; i++) {
		const struct pipe_buf *b = pipe_slot(pipe, i);

		v[nr] = (struct bio_vec){b->page,
					 (u32)min((size_t)b->len, len - bytes),
					 b->offset};
		bytes += v[nr++].len;
	}
	done = write_pages(out, pos, v, nr, bytes);
	for (ssize_t left = done; left > 0;) {
		u32 n = (u32)min((ssize_t)pipe_slot(pipe, pipe->tail)->len, left);

		pipe_consume(pipe, n);
		left -= n;
	}
	return done;
}

static ssize_t pipe_to_file(struct pipe *pipe, struct file *out, loff_t *pos,
			    size_t len, u32 flags)
{
	ssize_t done = 0, n = 0;

	while (len) {
		n = pipe_lock_for_read(pipe, done || flags & SPLICE_F_NONBLOCK);
		if (n <= 0)
			break;
		if (out->ops->splice_write)
			n = out->ops->splice_write(pipe, out, pos, len, flags);
		else
			n = generic_splice_write(pipe, out, pos, len, flags);
		mutex_unlock(&pipe->lock);
		pipe_wake_writers(pipe);
		if (n <= 0)
			break;
		done += n;
		len -= (size_t)n;
	}
	return done ? done : n;
}

/* --- file to file --- */

/* Fill @v with up to a batch of fragments: bytes, 0 at the end, or an error. */
static ssize_t gather(struct file *in, loff_t *pos, size_t len,
		      struct bio_vec *v, u32 *nr)
{
	ssize_t bytes = 0, n = 0;

	for (*nr = 0; *nr < SPLICE_BATCH && (size_t)bytes < len; ++*nr) {
		size_t want = len - (size_t)bytes;

		if (in->ops->splice_read == generic_splice_read) {
			n = cached_fragment(in, *pos, want, &v[*nr]);
			if (n > 0)
				*pos += n;
		} else {
			n = copied_fragment(in, pos, want, &v[*nr]);
		}
		if (n <= 0)
			break;
		bytes += n;
	}
	return bytes ? bytes : n;
}

/* Both positions advance by what was written. */
static ssize_t file_to_file(struct file *in, loff_t *in_pos, struct file *out,
			    loff_t *out_pos, size_t len)
{
	struct bio_vec v[SPLICE_BATCH];
	ssize_t done = 0, n = 0;

	while (len) {
		loff_t pos = *in_pos;
		u32 nr;
		ssize_t got = gather(in, &pos, len, v, &nr);

		n = got;
		if (got <= 0)
			break;
		n = write_pages(out, out_pos, v, nr, (size_t)got);
		while (nr)
			put_page(v[--nr].page);
		if (n <= 0)
			break;
		*in_pos += n;
		done += n;
		len -= (size_t)n;
		if (n < got)
			break;
		if (signal_pending(current)) {
			n = -EINTR;
			break;
		}
		cond_resched();
	}
	file_accessed(in);
	return done ? done : n;
}

/* --- pipe to pipe --- */

static void lock_two(struct pipe *a, struct pipe *b)
{
	mutex_lock(a < b ? &a->lock : &b->lock);
	mutex_lock(a < b ? &b->lock : &a->lock);
}

/* Move (or, for tee, share) fragments. [both locks] */
static ssize_t transfer(struct pipe *in, struct pipe *out, size_t len, bool tee)
{
	ssize_t done = 0;

	for (u32 i = in->tail; i != in->head && len && !pipe_full(out); i++) {
		struct pipe_buf b = *pipe_slot(in, i);

		if (tee || b.len > len) {
			get_page(b.page);
			b.flags &= ~(u32)PIPE_BUF_MERGE;
			b.len = (u32)min((size_t)b.len, len);
			pipe_push(out, &b);
			if (!tee)
				pipe_consume(in, b.len);
		} else {
			pipe_push(out, &b);
			in->tail++;
		}
		done += b.len;
		len -= b.len;
	}
	return done;
}

static ssize_t pipe_to_pipe(struct pipe *in, struct pipe *out, size_t len,
			    u32 flags, bool tee)
{
	bool nonblock = flags & SPLICE_F_NONBLOCK;
	ssize_t n;

	for (;;) {
		n = pipe_lock_for_read(in, nonblock);
		if (n <= 0)
			return n;
		mutex_unlock(&in->lock);
		n = pipe_lock_for_write(out, nonblock);
		if (n)
			return n;
		mutex_unlock(&out->lock);
		lock_two(in, out);
		/* 0: somebody else was faster; wait again. */
		n = transfer(in, out, len, tee);
		mutex_unlock(&in->lock);
		mutex_unlock(&out->lock);
		if (n)
			break;
	}
	pipe_wake_readers(out);
	if (!tee)
		pipe_wake_writers(in);
	return n;
}

/* --- sendfile(2) --- */

/* @count cut to what fits below both files' limits, or -EOVERFLOW. */
static ssize_t sendfile_limit(const struct file *in, const struct file *out,
			      loff_t pos, size_t count)
{
	loff_t max = min(in->inode->sb->max_bytes, out->inode->sb->max_bytes);

	if (pos < 0)
		return -EINVAL;
	if (!max)
		max = S64_MAX;
	count = min(count, MAX_RW_COUNT);
	if (pos >= max && count)
		return -EOVERFLOW;
	return (ssize_t)min(count, (size_t)(max - pos));
}

static ssize_t do_sendfile(struct file *in, loff_t *pos, struct file *out,
			   size_t count)
{
	struct pipe *pipe = pipe_of(out);
	ssize_t n;

	if (!(out->mode & FMODE_WRITE))
		return -EBADF;
	n = sendfile_limit(in, out, *pos, count);
	if (n <= 0)
		return n;
	if (pipe_of(in) || !(in->mode & FMODE_CAN_READ))
		return -EINVAL;
	if (pipe)
		return file_to_pipe(in, pos, pipe, (size_t)n,
				    out->flags & O_NONBLOCK ? SPLICE_F_NONBLOCK
							    : 0);
	if (!(in->mode & FMODE_LSEEK) || out->flags & O_APPEND)
		return -EINVAL;
	return file_to_file(in, pos, out,
			    out->mode & FMODE_STREAM ? NULL : &out->pos,
			    (size_t)n);
}

SYSCALL_DEFINE4(sendfile64, u32, out_fd, u32, in_fd, loff_t __user *, uoff,
		size_t, count)
{
	struct fd in, out;
	loff_t pos;
	ssize_t ret = -EBADF;

	if (uoff && get_user(pos, uoff))
		return -EFAULT;
	in = fdget(in_fd);
	if (!in.file)
		return -EBADF;
	out = fdget(out_fd);
	if (!out.file || !(in.file->mode & FMODE_READ))
		goto put;
	ret = -ESPIPE;
	if (!uoff)
		ret = do_sendfile(in.file, &in.file->pos, out.file, count);
	else if (in.file->mode & FMODE_PREAD)
		ret = do_sendfile(in.file, &pos, out.file, count);
	if (uoff && put_user(pos, uoff))
		ret = -EFAULT;
put:
	if (out.file)
		fdput(out);
	fdput(in);
	return ret;
}

/* --- splice(2), tee(2) --- */

/* One end is a file: its position is @off if given. */
static ssize_t splice_file(struct file *f, loff_t *off, struct pipe *pipe,
			   size_t len, u32 flags, bool to_pipe)
{
	u32 need = to_pipe ? FMODE_PREAD : FMODE_PWRITE;
	loff_t *pos = off ? off : f->mode & FMODE_STREAM ? NULL : &f->pos;
	loff_t none = 0;

	if (off && !(f->mode & need))
		return -EINVAL;
	if (off && *off < 0)
		return -EINVAL;
	if (!to_pipe && f->flags & O_APPEND)
		return -EINVAL;
	if (!(f->mode & (to_pipe ? FMODE_CAN_READ : FMODE_CAN_WRITE)))
		return -EINVAL;
	if (to_pipe)
		return file_to_pipe(f, pos ? pos : &none, pipe, len, flags);
	return pipe_to_file(pipe, f, pos, len, flags);
}

static ssize_t do_splice(struct file *in, loff_t *off_in, struct file *out,
			 loff_t *off_out, size_t len, u32 flags)
{
	struct pipe *from = pipe_of(in), *to = pipe_of(out);

	if (!(in->mode & FMODE_READ) || !(out->mode & FMODE_WRITE))
		return -EBADF;
	if ((from && in->flags & O_NONBLOCK) || (to && out->flags & O_NONBLOCK))
		flags |= SPLICE_F_NONBLOCK;
	len = min(len, MAX_RW_COUNT);
	if (from && to)
		return from == to ? -EINVAL
				  : pipe_to_pipe(from, to, len, flags, false);
	if (from)
		return splice_file(out, off_out, from, len, flags, false);
	if (to)
		return splice_file(in, off_in, to, len, flags, true);
	return -EINVAL;
}

/* A user's offset for a file that is no pipe. */
static int get_offset(struct file *f, loff_t __user *u, loff_t *off)
{
	if (!u)
		return 0;
	if (pipe_of(f))
		return -ESPIPE;
	return get_user(*off, u);
}

static ssize_t splice_files(struct file *in, loff_t __user *uin,
			    struct file *out, loff_t __user *uout, size_t len,
			    u32 flags)
{
	loff_t off_in, off_out;
	ssize_t ret;

	if ((uin && pipe_of(in)) || (uout && pipe_of(out)))
		return -ESPIPE;
	if (get_offset(out, uout, &off_out) || get_offset(in, uin, &off_in))
		return -EFAULT;
	ret = do_splice(in, uin ? &off_in : NULL, out, uout ? &off_out : NULL,
			len, flags);
	if (ret < 0)
		return ret;
	if ((uout && put_user(off_out, uout)) || (uin && put_user(off_in, uin)))
		return -EFAULT;
	return ret;
}

SYSCALL_DEFINE6(splice, u32, fd_in, loff_t __user *, uin, u32, fd_out,
		loff_t __user *, uout, size_t, len, u32, flags)
{
	struct fd in, out;
	ssize_t ret = -EBADF;

	if (!len)
		return 0;
	if (flags & ~(u32)SPLICE_F_ALL)
		return -EINVAL;
	in = fdget(fd_in);
	if (!in.file)
		return -EBADF;
	out = fdget(fd_out);
	if (out.file) {
		ret = splice_files(in.file, uin, out.file, uout, len, flags);
		fdput(out);
	}
	fdput(in);
	return ret;
}

static ssize_t do_tee(struct file *in, struct file *out, size_t len, u32 flags)
{
	struct pipe *from = pipe_of(in), *to = pipe_of(out);

	if (!(in->mode & FMODE_READ) || !(out->mode & FMODE_WRITE))
		return -EBADF;
	if (!from || !to || from == to)
		return -EINVAL;
	if ((in->flags | out->flags) & O_NONBLOCK)
		flags |= SPLICE_F_NONBLOCK;
	return pipe_to_pipe(from, to, min(len, MAX_RW_COUNT), flags, true);
}

SYSCALL_DEFINE4(tee, u32, fd_in, u32, fd_out, size_t, len, u32, flags)
{
	struct fd in, out;
	ssize_t ret = -EBADF;

	if (flags & ~(u32)SPLICE_F_ALL)
		return -EINVAL;
	if (!len)
		return 0;
	in = fdget(fd_in);
	if (!in.file)
		return -EBADF;
	out = fdget(fd_out);
	if (out.file) {
		ret = do_tee(in.file, out.file, len, flags);
		fdput(out);
	}
	fdput(in);
	return ret;
}

/* --- vmsplice(2) --- */

/* The pages behind [addr, addr + len) into the pipe, as far as there is room.
 * [lock] */
static ssize_t push_user(struct pipe *p, u64 addr, size_t len)
{
	ssize_t done = 0;

	while (len && !pipe_full(p)) {
		u32 off = (u32)(addr & ~PAGE_MASK);
		u32 n = (u32)min(len, PAGE_SIZE - off);
		struct page *page;
		long got = get_user_pages(current->mm, addr & PAGE_MASK, 1, 0,
					  &page);

		if (got <= 0)
			return done ? done : -EFAULT;
		pipe_push(p, &(struct pipe_buf){.page = page, .offset = off,
						.len = n});
		addr += n;
		len -= n;
		done += n;
	}
	return done;
}

static ssize_t user_to_pipe(struct pipe *p, const struct iovec *v, u32 nr,
			    bool nonblock)
{
	ssize_t done = 0, n = 0;
	size_t off = 0;

	while (nr) {
		if (off == v->iov_len) {
			v++;
			nr--;
			off = 0;
			continue;
		}
		n = pipe_lock_for_write(p, nonblock);
		if (n)
			break;
		n = push_user(p, (u64)v->iov_base + off, v->iov_len - off);
		mutex_unlock(&p->lock);
		if (n < 0)
			break;
		pipe_wake_readers(p);
		off += (size_t)n;
		done += n;
	}
	return done ? done : n;
}

SYSCALL_DEFINE4(vmsplice, u32, fd, const struct iovec __user *, uvec, u64, nr,
		u32, flags)
{
	struct iovec fast[UIO_FASTIOV], *iov = fast;
	struct pipe *p;
	struct iov_iter it;
	struct fd f;
	ssize_t ret;
	bool into_pipe, nonblock;

	if (flags & ~(u32)SPLICE_F_ALL)
		return -EINVAL;
	f = fdget(fd);
	if (!f.file)
		return -EBADF;
	p = pipe_of(f.file);
	into_pipe = f.file->mode & FMODE_WRITE;
	ret = -EBADF;
	if (!p || !(f.file->mode & (FMODE_READ | FMODE_WRITE)))
		goto put;
	ret = import_iovec(into_pipe ? ITER_SOURCE : ITER_DEST, uvec,
			   (u32)min(nr, (u64)U32_MAX), &iov, fast, &it);
	if (ret <= 0)
		goto free;
	nonblock = (flags & SPLICE_F_NONBLOCK) || f.file->flags & O_NONBLOCK;
	if (!into_pipe)
		ret = vfs_read(f.file, &it, NULL, nonblock ? IOCB_NOWAIT : 0);
	else if (it.type == ITER_UBUF)
		ret = user_to_pipe(p,
				   &(struct iovec){it.ubuf, it.count}, 1,
				   nonblock);
	else
		ret = user_to_pipe(p, it.iov, it.nr_segs, nonblock);
free:
	if (iov != fast)
		kfree(iov);
put:
	fdput(f);
	return ret;
}

/* --- copy_file_range(2) --- */

static int copy_range_checks(struct file *in, loff_t in_pos, struct file *out,
			     loff_t out_pos, size_t *len)
{
	loff_t size = i_size_read(in->inode), in_end, out_end;

	if (S_ISDIR(in->inode->mode) || S_ISDIR(out->inode->mode))
		return -EISDIR;
	if (!S_ISREG(in->inode->mode) || !S_ISREG(out->inode->mode))
		return -EINVAL;
	if (!(in->mode & FMODE_READ) || !(out->mode & FMODE_WRITE) ||
	    out->flags & O_APPEND)
		return -EBADF;
	if (in->inode->sb != out->inode->sb)
		return -EXDEV;
	if (out->inode->flags & S_IMMUTABLE)
		return -EPERM;
	if (in_pos < 0 || out_pos < 0)
		return -EINVAL;
	if (__builtin_add_overflow(in_pos, *len, &in_end) ||
	    __builtin_add_overflow(out_pos, *len, &out_end))
		return -EOVERFLOW;
	*len = in_pos >= size ? 0 : min(*len, (size_t)(size - in_pos));
	if (in->inode == out->inode && out_pos + (loff_t)*len > in_pos &&
	    out_pos < in_pos + (loff_t)*len)
		return -EINVAL;
	return 0;
}

static ssize_t copy_range(struct file *in, loff_t __user *uin, struct file *out,
			  loff_t __user *uout, size_t len, u32 flags)
{
	loff_t in_pos = in->pos, out_pos = out->pos;
	ssize_t ret;

	if ((uin && get_user(in_pos, uin)) || (uout && get_user(out_pos, uout)))
		return -EFAULT;
	if (flags)
		return -EINVAL;
	ret = copy_range_checks(in, in_pos, out, out_pos, &len);
	if (ret || !len)
		return ret;
	ret = file_to_file(in, &in_pos, out, &out_pos, min(len, MAX_RW_COUNT));
	if (ret <= 0)
		return ret;
	if ((uin && put_user(in_pos, uin)) || (uout && put_user(out_pos, uout)))
		return -EFAULT;
	if (!uin)
		in->pos = in_pos;
	if (!uout)
		out->pos = out_pos;
	return ret;
}

SYSCALL_DEFINE6(copy_file_range, u32, fd_in, loff_t __user *, uin, u32, fd_out,
		loff_t __user *, uout, size_t, len, u32, flags)
{
	struct fd in = fdget(fd_in), out;
	ssize_t ret = -EBADF;

	if (!in.file)
		return -EBADF;
	out = fdget(fd_out);
	if (out.file) {
		ret = copy_range(in.file, uin, out.file, uout, len, flags);
		fdput(out);
	}
	fdput(in);
	return ret;
}
