/*
 * File status: fstat, newfstatat, statx, statfs, readlinkat.
 */
#include <asm/stat.h>
#include <asm/statfs.h>
#include <asm/uaccess.h>
#include <linnet/errno.h>
#include <linnet/fdtable.h>
#include <linnet/fs.h>
#include <linnet/string.h>
#include <linnet/syscalls.h>
#include <linux/limits.h>
#include <linux/stat.h>
#include "mount.h"

void generic_fillattr(struct inode *inode, struct kstat *st)
{
	st->dev = inode->sb->dev;
	st->ino = inode->ino;
	st->mode = inode->mode;
	st->nlink = inode->nlink;
	st->uid = inode->uid;
	st->gid = inode->gid;
	st->rdev = inode->rdev;
	st->size = i_size_read(inode);
	st->atime = inode->atime;
	st->mtime = inode->mtime;
	st->ctime = inode->ctime;
	st->blksize = 1u << inode->blkbits;
	st->blocks = inode->blocks;
}

int vfs_getattr(const struct path *path, struct kstat *st, u32 mask, u32 flags)
{
	struct inode *inode = path->dentry->inode;

	st->result_mask = STATX_BASIC_STATS;
	st->attributes = 0;
	st->attributes_mask = STATX_ATTR_AUTOMOUNT | STATX_ATTR_IMMUTABLE |
			      STATX_ATTR_APPEND | STATX_ATTR_MOUNT_ROOT;
	st->btime = (struct __kernel_timespec){0, 0};
	if (inode->flags & S_IMMUTABLE)
		st->attributes |= STATX_ATTR_IMMUTABLE;
	if (inode->flags & S_APPEND)
		st->attributes |= STATX_ATTR_APPEND;
	if (inode->ops->getattr)
		return inode->ops->getattr(path, st, mask, flags);
	generic_fillattr(inode, st);
	return 0;
}

__no_canary static int put_stat(const struct kstat *k, struct stat __user *u)
{
	struct stat s = {
		.st_dev = dev_encode(k->dev),
		.st_ino = k->ino,
		.st_mode = k->mode,
		.st_nlink = k->nlink,
		.st_uid = k->uid,
		.st_gid = k->gid,
		.st_rdev = dev_encode(k->rdev),
		.st_size = k->size,
		.st_blksize = (int)k->blksize,
		.st_blocks = (long)k->blocks,
		.st_atime = k->atime.tv_sec,
		.st_atime_nsec = (unsigned long)k->atime.tv_nsec,
		.st_mtime = k->mtime.tv_sec,
		.st_mtime_nsec = (unsigned long)k->mtime.tv_nsec,
		.st_ctime = k->ctime.tv_sec,
		.st_ctime_nsec = (unsigned long)k->ctime.tv_nsec,
	};

	return copy_to_user(u, &s, sizeof(s));
}

__no_canary long sys_newfstat(u64 fd, u64 buf);
SYSCALL_DEFINE2(newfstat, u32, fd, struct stat __user *, buf)
{
	struct fd f = fdget_raw(fd);
	struct kstat st;
	int err;

	if (!f.file)
		return -EBADF;
	err = vfs_getattr(&f.file->path, &st, STATX_BASIC_STATS, 0);
	fdput(f);
	return err ? err : put_stat(&st, buf);
}

/* Is the name empty? Then fstat() semantics need no walk. */
static bool name_is_empty(const char __user *name)
{
	char c;

	return !get_user(c, name) && !c;
}

__no_canary static int stat_at(int dfd, const char __user *name, u32 flags, u32 mask,
		   struct kstat *st)
{
	u32 lookup = flags & AT_SYMLINK_NOFOLLOW ? 0 : LOOKUP_FOLLOW;
	struct path path;
	int err;

	if (flags & AT_EMPTY_PATH) {
		if (dfd >= 0 && name_is_empty(name)) {
			struct fd f = fdget_raw((u32)dfd);

			if (!f.file)
				return -EBADF;
			err = vfs_getattr(&f.file->path, st, mask, flags);
			st->mnt_id = (u64)f.file->path.mnt->id;
			fdput(f);
			return err;
		}
		lookup |= LOOKUP_EMPTY;
	}
	err = user_path_at(dfd, name, lookup, &path);
	if (err)
		return err;
	err = vfs_getattr(&path, st, mask, flags);
	st->mnt_id = (u64)path.mnt->id;
	if (path.dentry == path.mnt->root)
		st->attributes |= STATX_ATTR_MOUNT_ROOT;
	path_put(&path);
	return err;
}

__no_canary long sys_newfstatat(u64 dfd, u64 name, u64 buf, u64 flags);
SYSCALL_DEFINE4(newfstatat, int, dfd, const char __user *, name,
		struct stat __user *, buf, u32, flags)
{
	struct kstat st;
	int err;

	if (flags & ~(u32)(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH | AT_NO_AUTOMOUNT))
		return -EINVAL;
	err = stat_at(dfd, name, flags, STATX_BASIC_STATS, &st);
	return err ? err : put_stat(&st, buf);
}

static struct statx_timestamp statx_time(struct __kernel_timespec t)
{
	return (struct statx_timestamp){.tv_sec = t.tv_sec,
					.tv_nsec = (u32)t.tv_nsec};
}

static int put_statx(const struct kstat *k, struct statx __user *u)
{
	struct statx s = {
		.stx_mask = (k->result_mask & ~0u) | STATX_MNT_ID,
		.stx_blksize = k->blksize,
		.stx_attributes = k->attributes,
		.stx_nlink = k->nlink,
		.stx_uid = k->uid,
		.stx_gid = k->gid,
		.stx_mode = k->mode,
		.stx_ino = k->ino,
		.stx_size = (u64)k->size,
		.stx_blocks = k->blocks,
		.stx_attributes_mask = k->attributes_mask,
		.stx_atime = statx_time(k->atime),
		.stx_btime = statx_time(k->btime),
		.stx_ctime = statx_time(k->ctime),
		.stx_mtime = statx_time(k->mtime),
		.stx_rdev_major = dev_major(k->rdev),
		.stx_rdev_minor = dev_minor(k->rdev),
		.stx_dev_major = dev_major(k->dev),
		.stx_dev_minor = dev_minor(k->dev),
		.stx_mnt_id = k->mnt_id,
	};

	return copy_to_user(u, &s, sizeof(s));
}

SYSCALL_DEFINE5(statx, int, dfd, const char __user *, name, u32, flags, u32,
		mask, struct statx __user *, buf)
{
	struct kstat st;
	int err;

	if (mask & STATX__RESERVED ||
	    (flags & AT_STATX_SYNC_TYPE) == AT_STATX_SYNC_TYPE)
		return -EINVAL;
	if (flags & ~(u32)(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH |
			   AT_NO_AUTOMOUNT | AT_STATX_SYNC_TYPE))
		return -EINVAL;
	err = stat_at(dfd, name, flags, mask, &st);
	return err ? err : put_statx(&st, buf);
}

/* --- statfs --- */

/* Flags as statfs(2) reports them; their values differ from MNT_*. */
static long statfs_flags(const struct path *p)
{
	static const struct {
		u32 mnt;
		long st;
	} map[] = {{MNT_READONLY, 1}, {MNT_NOSUID, 2}, {MNT_NODEV, 4},
		   {MNT_NOEXEC, 8}, {MNT_NOATIME, 1024},
		   {MNT_NODIRATIME, 2048}, {MNT_RELATIME, 4096},
		   {MNT_NOSYMFOLLOW, 8192}};
	long flags = 0x20; /* ST_VALID */

	for (u32 i = 0; i < ARRAY_SIZE(map); i++)
		if (p->mnt->flags & map[i].mnt)
			flags |= map[i].st;
	if (p->dentry->sb->flags & SB_RDONLY)
		flags |= 1;
	return flags;
}

static int do_statfs(const struct path *p, struct statfs __user *u)
{
	struct statfs64 st = {0};
	int err;

	if (!p->dentry->sb->ops->statfs)
		return -ENOSYS;
	st.f_type = (__statfs_word)p->dentry->sb->magic;
	st.f_bsize = p->dentry->sb->blocksize;
	st.f_frsize = st.f_bsize;
	st.f_namelen = NAME_MAX;
	err = p->dentry->sb->ops->statfs(p->dentry, &st);
	if (err)
		return err;
	st.f_flags = (__statfs_word)statfs_flags(p);
	static_assert(sizeof(struct statfs64) == sizeof(struct statfs), "");
	return copy_to_user(u, &st, sizeof(st));
}

SYSCALL_DEFINE2(statfs, const char __user *, name, struct statfs __user *, buf)
{
	struct path path;
	int err = user_path_at(AT_FDCWD, name, LOOKUP_FOLLOW, &path);

	if (err)
		return err;
	err = do_statfs(&path, buf);
	path_put(&path);
	return err;
}

SYSCALL_DEFINE2(fstatfs, u32, fd, struct statfs __user *, buf)
{
	struct fd f = fdget_raw(fd);
	int err;

	if (!f.file)
		return -EBADF;
	err = do_statfs(&f.file->path, buf);
	fdput(f);
	return err;
}

/* --- readlink --- */

static long read_link(struct dentry *d, char __user *buf, size_t size)
{
	struct inode *inode = d->inode;
	struct delayed_call done = {NULL, NULL};
	const char *target;
	size_t len;
	int err;

	if (!inode || !S_ISLNK(inode->mode))
		return -EINVAL;
	if (inode->ops->get_link)
		target = inode->ops->get_link(d, inode, &done);
	else
		target = inode->link;
	if (IS_ERR(target))
		return PTR_ERR(target);
	len = min(strlen(target), size);
	err = copy_to_user(buf, target, len);
	if (done.fn)
		done.fn(done.arg);
	return err ? err : (long)len;
}

SYSCALL_DEFINE4(readlinkat, int, dfd, const char __user *, name, char __user *,
		buf, int, size)
{
	struct path path;
	long ret;

	if (size <= 0)
		return -EINVAL;
	ret = user_path_at(dfd, name, LOOKUP_EMPTY, &path);
	if (ret)
		return ret;
	ret = read_link(path.dentry, buf, (size_t)size);
	if (ret == -EINVAL && name_is_empty(name))
		ret = -ENOENT;
	if (ret >= 0)
		touch_atime(&path);
	path_put(&path);
	return ret;
}
