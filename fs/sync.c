/*
 * Pushing data to the store and pulling it in ahead: sync, syncfs, fsync,
 * fdatasync, sync_file_range, readahead, posix_fadvise.
 */
#include <asm/uaccess.h>
#include <linnet/errno.h>
#include <linnet/fdtable.h>
#include <linnet/fs.h>
#include <linnet/sched.h>
#include <linnet/syscalls.h>
#include <linux/fadvise.h>
#include "internal.h"

/* Data of all inodes of @sb, then its metadata. [umount, for reading] */
static int sync_filesystem(struct super_block *sb, bool wait)
{
	struct inode *inode, *prev = NULL;
	int err = 0, ret;

	if (sb->flags & SB_RDONLY)
		return 0;
	spin_lock(&sb->inodes_lock);
	list_for_each_entry(inode, &sb->inodes, sb_node) {
		if (!inode->mapping || !inode->mapping->ops ||
		    !inode->mapping->ops->writepages ||
		    !refcount_inc_not_zero((refcount_t *)&inode->refs))
			continue;
		spin_unlock(&sb->inodes_lock);
		/* The reference keeps our place in the list. */
		if (prev)
			iput(prev);
		prev = inode;
		ret = inode->mapping->ops->writepages(inode->mapping, 0,
						      S64_MAX, wait);
		err = err ? err : ret;
		spin_lock(&sb->inodes_lock);
	}
	spin_unlock(&sb->inodes_lock);
	if (prev)
		iput(prev);
	ret = sb->ops->sync_fs ? sb->ops->sync_fs(sb, wait) : 0;
	return err ? err : ret;
}

/* Every super block that is still in use, one after the other. */
static void sync_all(bool wait)
{
	struct super_block *sb, *prev = NULL;

	spin_lock(&sb_lock);
	list_for_each_entry(sb, &super_blocks, node) {
		if (!refcount_inc_not_zero(&sb->active))
			continue;
		spin_unlock(&sb_lock);
		if (prev)
			deactivate_super(prev);
		prev = sb;
		sync_filesystem(sb, wait);
		spin_lock(&sb_lock);
	}
	spin_unlock(&sb_lock);
	if (prev)
		deactivate_super(prev);
}

/* All file systems: start everything, then wait for it. */
void ksys_sync(void)
{
	sync_all(false);
	sync_all(true);
}

SYSCALL_DEFINE0(sync)
{
	ksys_sync();
	return 0;
}

SYSCALL_DEFINE1(syncfs, u32, fd)
{
	struct fd f = fdget(fd);
	struct super_block *sb;
	int err;

	if (!f.file)
		return -EBADF;
	sb = f.file->inode->sb;
	err = sync_filesystem(sb, true);
	fdput(f);
	return err;
}

static int do_fsync(u32 fd, bool datasync)
{
	struct fd f = fdget(fd);
	int err = -EINVAL;

	if (!f.file)
		return -EBADF;
	if (f.file->ops->fsync)
		err = f.file->ops->fsync(f.file, 0, S64_MAX, datasync);
	fdput(f);
	return err;
}

SYSCALL_DEFINE1(fsync, u32, fd)
{
	return do_fsync(fd, false);
}

SYSCALL_DEFINE1(fdatasync, u32, fd)
{
	return do_fsync(fd, true);
}

static int sync_range(struct file *f, loff_t off, loff_t len, u32 flags)
{
	struct address_space *m = f->mapping;
	loff_t end;
	u16 mode = f->inode->mode;

	if (flags & ~(u32)(SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE |
			   SYNC_FILE_RANGE_WAIT_AFTER))
		return -EINVAL;
	if (off < 0 || len < 0 || __builtin_add_overflow(off, len, &end))
		return -EINVAL;
	if (!S_ISREG(mode) && !S_ISBLK(mode) && !S_ISDIR(mode) &&
	    !S_ISLNK(mode))
		return -ESPIPE;
	if (!flags || !m->ops || !m->ops->writepages)
		return 0;
	end = len ? end - 1 : S64_MAX;
	return m->ops->writepages(m, off, end,
				  flags & ~(u32)SYNC_FILE_RANGE_WRITE);
}

SYSCALL_DEFINE4(sync_file_range, u32, fd, loff_t, off, loff_t, len, u32, flags)
{
	struct fd f = fdget(fd);
	int err;

	if (!f.file)
		return -EBADF;
	err = sync_range(f.file, off, len, flags);
	fdput(f);
	return err;
}

/* --- reading ahead --- */

/* Start reading [off, off + len); 0 bytes: to the end. */
static void read_ahead(struct file *f, loff_t off, loff_t len)
{
	struct address_space *m = f->mapping;
	loff_t size = i_size_read(m->host), end = size;
	u64 first = (u64)off >> PAGE_SHIFT, n;

	if (!m->ops || !m->ops->readahead || off >= size)
		return;
	if (len && len < size - off)
		end = off + len;
	n = (((u64)end - 1) >> PAGE_SHIFT) - first + 1;
	while (n) {
		u32 chunk = (u32)min(n, 512ul);

		m->ops->readahead(m, first, chunk);
		first += chunk;
		n -= chunk;
		cond_resched();
	}
}

SYSCALL_DEFINE3(readahead, u32, fd, loff_t, off, size_t, count)
{
	struct fd f = fdget(fd);
	int err = 0;

	if (!f.file)
		return -EBADF;
	if (!(f.file->mode & FMODE_READ))
		err = -EBADF;
	else if (!S_ISREG(f.file->inode->mode) && !S_ISBLK(f.file->inode->mode))
		err = -EINVAL;
	else if (off < 0 || (loff_t)count < 0)
		err = -EINVAL;
	else if (count)
		read_ahead(f.file, off, (loff_t)count);
	fdput(f);
	return err;
}

/* Start writing what is dirty; clean pages go when memory is wanted. */
static void write_soon(struct address_space *m, loff_t off, loff_t len)
{
	loff_t end;

	if (!m->ops || !m->ops->writepages)
		return;
	if (!len || __builtin_add_overflow(off, len, &end))
		end = S64_MAX;
	m->ops->writepages(m, off, end, false);
}

static int fadvise(struct file *f, loff_t off, loff_t len, int advice)
{
	if (S_ISFIFO(f->inode->mode))
		return -ESPIPE;
	if (!f->mapping || len < 0)
		return -EINVAL;
	switch (advice) {
	case POSIX_FADV_NORMAL:
	case POSIX_FADV_RANDOM:
	case POSIX_FADV_SEQUENTIAL:
	case POSIX_FADV_NOREUSE:
		return 0;
	case POSIX_FADV_WILLNEED:
		read_ahead(f, max(off, (loff_t)0), len);
		return 0;
	case POSIX_FADV_DONTNEED:
		write_soon(f->mapping, max(off, (loff_t)0), len);
		return 0;
	default:
		return -EINVAL;
	}
}

SYSCALL_DEFINE4(fadvise64_64, u32, fd, loff_t, off, loff_t, len, int, advice)
{
	struct fd f = fdget(fd);
	int err;

	if (!f.file)
		return -EBADF;
	err = fadvise(f.file, off, len, advice);
	fdput(f);
	return err;
}
