/*
 * read, write, their vector and positioned forms, lseek, sendfile's base.
 *
 * vfs_read() and vfs_write() are the one way into a file's read_iter and
 * write_iter, for system calls and for the kernel itself.
 */
#include <asm/uaccess.h>
#include <linnet/errno.h>
#include <linnet/fdtable.h>
#include <linnet/fs.h>
#include <linnet/slab.h>
#include <linnet/syscalls.h>
#include <linnet/task.h>
#include <linnet/uio.h>

/* --- positions --- */

static loff_t set_pos(struct file *f, loff_t pos, loff_t max)
{
	if (pos < 0 || pos > max)
		return -EINVAL;
	f->pos = pos;
	return pos;
}

loff_t generic_llseek(struct file *f, loff_t off, int whence)
{
	struct inode *inode = f->mapping->host;
	loff_t size = i_size_read(inode), max = inode->sb->max_bytes;

	switch (whence) {
	case SEEK_SET:
		return set_pos(f, off, max);
	case SEEK_CUR:
		if (!off)
			return f->pos;
		if (__builtin_add_overflow(off, f->pos, &off))
			return -EINVAL;
		return set_pos(f, off, max);
	case SEEK_END:
		if (__builtin_add_overflow(off, size, &off))
			return -EINVAL;
		return set_pos(f, off, max);
	case SEEK_DATA:
		return off < 0 || off >= size ? -ENXIO : set_pos(f, off, max);
	case SEEK_HOLE:
		return off < 0 || off >= size ? -ENXIO : set_pos(f, size, max);
	default:
		return -EINVAL;
	}
}

loff_t no_llseek(struct file *f, loff_t off, int whence)
{
	(void)f;
	(void)off;
	(void)whence;
	return -ESPIPE;
}

loff_t noop_llseek(struct file *f, loff_t off, int whence)
{
	(void)off;
	(void)whence;
	return f->pos;
}

SYSCALL_DEFINE3(lseek, u32, fd, loff_t, off, u32, whence)
{
	struct fd f = fdget_pos(fd);
	loff_t ret;

	if (!f.file)
		return -EBADF;
	if (whence > SEEK_MAX)
		ret = -EINVAL;
	else if (!(f.file->mode & FMODE_LSEEK))
		ret = -ESPIPE;
	else if (f.file->ops->llseek)
		ret = f.file->ops->llseek(f.file, off, (int)whence);
	else
		ret = generic_llseek(f.file, off, (int)whence);
	fdput_pos(f);
	return ret;
}

/* --- the way in --- */

static u32 iocb_flags(const struct file *f)
{
	u32 flags = 0;

	if (likely(!(f->flags & (O_APPEND | O_DIRECT | O_SYNC))))
		return 0;
	if (f->flags & O_APPEND)
		flags |= IOCB_APPEND;
	if (f->flags & O_DIRECT)
		flags |= IOCB_DIRECT;
	if (f->flags & O_DSYNC)
		flags |= IOCB_DSYNC;
	if ((f->flags & O_SYNC) == O_SYNC)
		flags |= IOCB_SYNC;
	return flags;
}

/* What no file system has to ask again: does the range stay in 63 bits, and can
 * a read or write that must not wait be promised not to? */
static __always_inline int check_io(const struct kiocb *io, size_t count)
{
	if (unlikely((loff_t)((u64)io->pos + count) < 0))
		return -EINVAL;
	if (unlikely(io->flags & IOCB_NOWAIT) && S_ISREG(io->file->inode->mode))
		return -EOPNOTSUPP;
	return 0;
}

/* Read at *pos (NULL: no position). */
__no_canary ssize_t vfs_read(struct file *f, struct iov_iter *to, loff_t *pos, u32 flags)
{
	const u32 need = FMODE_READ | FMODE_CAN_READ;
	struct task *t = current;
	struct kiocb io;
	ssize_t ret;

	if (unlikely((f->mode & need) != need))
		return f->mode & FMODE_READ ? -EINVAL : -EBADF;
	if (!to->count)
		return 0;
	io = (struct kiocb){f, pos ? *pos : 0, iocb_flags(f) | flags};
	ret = check_io(&io, to->count);
	if (ret)
		return ret;
	ret = f->ops->read_iter(&io, to);
	if (ret > 0) {
		if (pos)
			*pos = io.pos;
		fsnotify_access(f);
		t->io.rchar += (u64)ret;
	}
	t->io.syscr++;
	return ret;
}

__no_canary ssize_t vfs_write(struct file *f, struct iov_iter *from, loff_t *pos, u32 flags)
{
	const u32 need = FMODE_WRITE | FMODE_CAN_WRITE;
	struct task *t = current;
	struct kiocb io;
	ssize_t ret;

	if (unlikely((f->mode & need) != need))
		return f->mode & FMODE_WRITE ? -EINVAL : -EBADF;
	if (!from->count && S_ISREG(f->inode->mode))
		return 0;
	io = (struct kiocb){f, pos ? *pos : 0, iocb_flags(f) | flags};
	ret = check_io(&io, from->count);
	if (ret)
		return ret;
	ret = f->ops->write_iter(&io, from);
	if (ret > 0) {
		if (pos)
			*pos = io.pos;
		fsnotify_modify(f);
		t->io.wchar += (u64)ret;
	}
	t->io.syscw++;
	return ret;
}

ssize_t kernel_read(struct file *f, void *buf, size_t len, loff_t *pos)
{
	struct kvec v = {buf, len};
	struct iov_iter it;

	iov_iter_kvec(&it, ITER_DEST, &v, 1, len);
	return vfs_read(f, &it, pos, 0);
}

ssize_t kernel_write(struct file *f, const void *buf, size_t len, loff_t *pos)
{
	struct kvec v = {(void *)buf, len};
	struct iov_iter it;

	iov_iter_kvec(&it, ITER_SOURCE, &v, 1, len);
	return vfs_write(f, &it, pos, 0);
}

static loff_t *file_ppos(struct file *f)
{
	return f->mode & FMODE_STREAM ? NULL : &f->pos;
}

/* --- system calls --- */

__no_canary long sys_read(u64 fd, u64 buf, u64 len);
SYSCALL_DEFINE3(read, u32, fd, char __user *, buf, size_t, len)
{
	struct fd f = fdget_pos(fd);
	struct iov_iter it;
	ssize_t ret = -EFAULT;

	if (!f.file)
		return -EBADF;
	if (likely(access_ok(buf, len))) {
		iov_iter_ubuf(&it, ITER_DEST, buf, min(len, MAX_RW_COUNT));
		ret = vfs_read(f.file, &it, file_ppos(f.file), 0);
	} else if (!(f.file->mode & FMODE_READ)) {
		ret = -EBADF;
	}
	fdput_pos(f);
	return ret;
}

__no_canary long sys_write(u64 fd, u64 buf, u64 len);
SYSCALL_DEFINE3(write, u32, fd, const char __user *, buf, size_t, len)
{
	struct fd f = fdget_pos(fd);
	struct iov_iter it;
	ssize_t ret = -EFAULT;

	if (!f.file)
		return -EBADF;
	if (likely(access_ok(buf, len))) {
		iov_iter_ubuf(&it, ITER_SOURCE, (void __user *)buf,
			      min(len, MAX_RW_COUNT));
		ret = vfs_write(f.file, &it, file_ppos(f.file), 0);
	} else if (!(f.file->mode & FMODE_WRITE)) {
		ret = -EBADF;
	}
	fdput_pos(f);
	return ret;
}

/* One positioned transfer of an iterator. */
static ssize_t positioned(u32 fd, struct iov_iter *it, loff_t pos, u32 flags,
			  bool write)
{
	struct fd f;
	ssize_t ret = -ESPIPE;

	if (pos < 0)
		return -EINVAL;
	f = fdget(fd);
	if (!f.file)
		return -EBADF;
	if (f.file->mode & (write ? FMODE_PWRITE : FMODE_PREAD))
		ret = write ? vfs_write(f.file, it, &pos, flags)
			    : vfs_read(f.file, it, &pos, flags);
	fdput(f);
	return ret;
}

SYSCALL_DEFINE4(pread64, u32, fd, char __user *, buf, size_t, len, loff_t, pos)
{
	struct iov_iter it;

	iov_iter_ubuf(&it, ITER_DEST, buf, min(len, MAX_RW_COUNT));
	return positioned(fd, &it, pos, 0, false);
}

SYSCALL_DEFINE4(pwrite64, u32, fd, const char __user *, buf, size_t, len,
		loff_t, pos)
{
	struct iov_iter it;

	iov_iter_ubuf(&it, ITER_SOURCE, (void __user *)buf,
		      min(len, MAX_RW_COUNT));
	return positioned(fd, &it, pos, 0, true);
}

/* readv, writev at the file's position. */
static ssize_t vector_io(u32 fd, const struct iovec __user *vec, u32 nr,
			 u32 flags, bool write)
{
	struct iovec fast[UIO_FASTIOV], *iov = fast;
	struct iov_iter it;
	struct fd f = fdget_pos(fd);
	ssize_t ret;

	if (!f.file)
		return -EBADF;
	ret = import_iovec(write ? ITER_SOURCE : ITER_DEST, vec, nr, &iov, fast,
			   &it);
	if (ret >= 0)
		ret = write ? vfs_write(f.file, &it, file_ppos(f.file), flags)
			    : vfs_read(f.file, &it, file_ppos(f.file), flags);
	if (iov != fast)
		kfree(iov);
	fdput_pos(f);
	return ret;
}

static ssize_t vector_io_at(u32 fd, const struct iovec __user *vec, u32 nr,
			    loff_t pos, u32 flags, bool write)
{
	struct iovec fast[UIO_FASTIOV], *iov = fast;
	struct iov_iter it;
	ssize_t ret;

	if (pos < 0)
		return -EINVAL;
	ret = import_iovec(write ? ITER_SOURCE : ITER_DEST, vec, nr, &iov, fast,
			   &it);
	if (ret >= 0)
		ret = positioned(fd, &it, pos, flags, write);
	if (iov != fast)
		kfree(iov);
	return ret;
}

SYSCALL_DEFINE3(readv, u32, fd, const struct iovec __user *, vec, u32, nr)
{
	return vector_io(fd, vec, nr, 0, false);
}

SYSCALL_DEFINE3(writev, u32, fd, const struct iovec __user *, vec, u32, nr)
{
	return vector_io(fd, vec, nr, 0, true);
}

SYSCALL_DEFINE4(preadv, u32, fd, const struct iovec __user *, vec, u32, nr,
		loff_t, pos)
{
	return vector_io_at(fd, vec, nr, pos, 0, false);
}

SYSCALL_DEFINE4(pwritev, u32, fd, const struct iovec __user *, vec, u32, nr,
		loff_t, pos)
{
	return vector_io_at(fd, vec, nr, pos, 0, true);
}

/* RWF_* to IOCB_*; -EOPNOTSUPP for what is unknown. */
static int rwf_flags(u32 rwf, u32 *flags)
{
	*flags = 0;
	if (rwf & ~(u32)(RWF_HIPRI | RWF_DSYNC | RWF_SYNC | RWF_NOWAIT |
			 RWF_APPEND))
		return -EOPNOTSUPP;
	if (rwf & RWF_NOWAIT)
		*flags |= IOCB_NOWAIT;
	if (rwf & RWF_APPEND)
		*flags |= IOCB_APPEND;
	if (rwf & RWF_DSYNC)
		*flags |= IOCB_DSYNC;
	if (rwf & RWF_SYNC)
		*flags |= IOCB_SYNC | IOCB_DSYNC;
	return 0;
}

/* The position comes in two halves for 32-bit kin; arm64 uses the first. */
SYSCALL_DEFINE6(preadv2, u32, fd, const struct iovec __user *, vec, u32, nr,
		loff_t, pos, u64, pos_high, u32, rwf)
{
	u32 flags;
	int err = rwf_flags(rwf, &flags);

	(void)pos_high;
	if (err)
		return err;
	return pos == -1 ? vector_io(fd, vec, nr, flags, false)
			 : vector_io_at(fd, vec, nr, pos, flags, false);
}

SYSCALL_DEFINE6(pwritev2, u32, fd, const struct iovec __user *, vec, u32, nr,
		loff_t, pos, u64, pos_high, u32, rwf)
{
	u32 flags;
	int err = rwf_flags(rwf, &flags);

	(void)pos_high;
	if (err)
		return err;
	return pos == -1 ? vector_io(fd, vec, nr, flags, true)
			 : vector_io_at(fd, vec, nr, pos, flags, true);
}
