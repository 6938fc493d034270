/*
 * Opening files, and changing what the inode says: truncate, chmod, chown,
 * utimes, access, chdir, chroot.
 */
#include <asm/uaccess.h>
#include <linnet/cred.h>
#include <linnet/errno.h>
#include <linnet/fdtable.h>
#include <linnet/fs.h>
#include <linnet/mm.h>
#include <linnet/string.h>
#include <linnet/syscalls.h>
#include <linnet/task.h>
#include <linux/falloc.h>
#include <linux/inotify.h>
#include <linux/openat2.h>
#include <linux/securebits.h>
#include "internal.h"
#include "mount.h"

/* --- making a struct file from a path --- */

/* Writers and execve exclude each other (ETXTBSY). */
int get_write_access(struct inode *inode)
{
	u32 n = atomic_read(&inode->writecount);

	do {
		if ((s32)n < 0)
			return -ETXTBSY;
	} while (!__atomic_compare_exchange_n(&inode->writecount, &n, n + 1,
					      true, __ATOMIC_RELAXED,
					      __ATOMIC_RELAXED));
	return 0;
}

int deny_write_access(struct file *f)
{
	u32 n = atomic_read(&f->inode->writecount);

	do {
		if ((s32)n > 0)
			return -ETXTBSY;
	} while (!__atomic_compare_exchange_n(&f->inode->writecount, &n, n - 1,
					      true, __ATOMIC_RELAXED,
					      __ATOMIC_RELAXED));
	return 0;
}

void allow_write_access(struct file *f)
{
	atomic_inc(&f->inode->writecount);
}

static int begin_writing(struct file *f)
{
	int err;

	if (!S_ISREG(f->inode->mode) && !S_ISDIR(f->inode->mode) &&
	    !S_ISLNK(f->inode->mode))
		return 0;
	err = get_write_access(f->inode);
	if (err)
		return err;
	err = mnt_want_write(f->path.mnt);
	if (err)
		atomic_dec(&f->inode->writecount);
	else
		f->mode |= FMODE_WRITER;
	return err;
}

/* f->path is set and referenced. On failure fput() cleans up. */
int do_dentry_open(struct file *f)
{
	struct inode *inode = f->path.dentry->inode;
	int err;

	f->inode = inode;
	f->mapping = inode->mapping;
	f->wb_err = inode->mapping->wb_err;
	if (f->flags & O_PATH) {
		f->mode = FMODE_PATH;
		f->ops = &bad_file_ops;
		return 0;
	}
	f->mode = ((f->flags + 1) & O_ACCMODE) | FMODE_LSEEK | FMODE_PREAD |
		  FMODE_PWRITE;
	if (S_ISREG(inode->mode) || S_ISDIR(inode->mode))
		f->mode |= FMODE_ATOMIC_POS;
	f->ops = inode->fops;
	if (f->mode & FMODE_WRITE) {
		err = begin_writing(f);
		if (err)
			goto fail;
	}
	if (f->ops->open) {
		err = f->ops->open(inode, f);
		if (err)
			goto fail;
	}
	if (f->mode & FMODE_READ && f->ops->read_iter)
		f->mode |= FMODE_CAN_READ;
	if (f->mode & FMODE_WRITE && f->ops->write_iter)
		f->mode |= FMODE_CAN_WRITE;
	f->flags &= ~(u32)(O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC);
	return 0;
fail:
	if (f->mode & FMODE_WRITER) {
		atomic_dec(&inode->writecount);
		mnt_drop_write(f->path.mnt);
	}
	f->mode = FMODE_PATH; /* nothing to release */
	return err;
}

int vfs_open(const struct path *path, struct file *f)
{
	f->path = *path;
	path_get(path);
	return do_dentry_open(f);
}

struct file *dentry_open(const struct path *path, u32 flags,
			 const struct cred *cred)
{
	struct file *f = file_alloc(flags, cred);
	int err;

	if (IS_ERR(f))
		return f;
	err = vfs_open(path, f);
	if (!err)
		return f;
	fput(f);
	return ERR_PTR(err);
}

int stream_open(struct inode *inode, struct file *f)
{
	(void)inode;
	f->mode &= ~(u32)(FMODE_LSEEK | FMODE_PREAD | FMODE_PWRITE |
			  FMODE_ATOMIC_POS);
	f->mode |= FMODE_STREAM;
	return 0;
}

int nonseekable_open(struct inode *inode, struct file *f)
{
	(void)inode;
	f->mode &= ~(u32)(FMODE_LSEEK | FMODE_PREAD | FMODE_PWRITE);
	return 0;
}

/* --- open(2) --- */

/* The first published struct open_how: three words. */
#define OPEN_HOW_SIZE_VER0 24

#define VALID_OPEN_FLAGS                                                       \
	(O_ACCMODE | O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC | O_APPEND |        \
	 O_NONBLOCK | O_SYNC | O_DSYNC | FASYNC | O_DIRECT | O_LARGEFILE |     \
	 O_DIRECTORY | O_NOFOLLOW | O_NOATIME | O_CLOEXEC | O_PATH |           \
	 __O_TMPFILE)
#define O_PATH_FLAGS (O_DIRECTORY | O_NOFOLLOW | O_PATH | O_CLOEXEC)
#define VALID_RESOLVE                                                          \
	(RESOLVE_NO_XDEV | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_SYMLINKS |       \
	 RESOLVE_BENEATH | RESOLVE_IN_ROOT | RESOLVE_CACHED)

static u32 resolve_to_lookup(u64 resolve)
{
	return (resolve & RESOLVE_NO_XDEV ? LOOKUP_NO_XDEV : 0) |
	       (resolve & RESOLVE_NO_MAGICLINKS ? LOOKUP_NO_MAGICLINKS : 0) |
	       (resolve & RESOLVE_NO_SYMLINKS
			? LOOKUP_NO_SYMLINKS | LOOKUP_NO_MAGICLINKS : 0) |
	       (resolve & RESOLVE_BENEATH ? LOOKUP_BENEATH : 0) |
	       (resolve & RESOLVE_IN_ROOT ? LOOKUP_IN_ROOT : 0) |
	       (resolve & RESOLVE_CACHED ? LOOKUP_CACHED : 0);
}

/* Check the flags of openat2() and derive what the walk needs. */
static int build_open(const struct open_how *how, struct open_how_in *in)
{
	u64 flags = how->flags;

	if (flags & ~(u64)VALID_OPEN_FLAGS || how->resolve & ~(u64)VALID_RESOLVE)
		return -EINVAL;
	if ((how->resolve & (RESOLVE_BENEATH | RESOLVE_IN_ROOT)) ==
	    (RESOLVE_BENEATH | RESOLVE_IN_ROOT))
		return -EINVAL;
	if (flags & (O_CREAT | __O_TMPFILE)) {
		if (how->mode & ~(u64)S_IALLUGO)
			return -EINVAL;
	} else if (how->mode) {
		return -EINVAL;
	}
	if (flags & __O_TMPFILE &&
	    ((flags & O_TMPFILE) != O_TMPFILE || flags & O_CREAT ||
	     (flags & O_ACCMODE) == O_RDONLY))
		return -EINVAL;
	if (flags & O_PATH && flags & ~(u64)O_PATH_FLAGS)
		return -EINVAL;
	if (how->resolve & RESOLVE_CACHED &&
	    flags & (O_TRUNC | O_CREAT | __O_TMPFILE))
		return -EAGAIN;
	if (flags & O_CREAT && flags & O_DIRECTORY)
		return -EINVAL;
	if (flags & __O_SYNC)
		flags |= O_DSYNC;
	in->flags = (u32)flags | (flags & O_PATH ? 0 : O_LARGEFILE);
	in->mode = (u16)how->mode;
	in->acc_mode = ((const u32[]){MAY_READ, MAY_WRITE, MAY_READ | MAY_WRITE,
				      MAY_READ | MAY_WRITE})[flags & O_ACCMODE];
	if (flags & O_TRUNC)
		in->acc_mode |= MAY_WRITE;
	in->lookup = resolve_to_lookup(how->resolve);
	if (!(flags & O_NOFOLLOW))
		in->lookup |= LOOKUP_FOLLOW;
	return 0;
}

static long do_openat2(int dfd, const char __user *path,
		       const struct open_how *how)
{
	struct open_how_in in;
	struct filename *name;
	struct file *f;
	int fd, err = build_open(how, &in);

	if (err)
		return err;
	name = getname_flags(path, 0);
	if (IS_ERR(name))
		return PTR_ERR(name);
	fd = get_unused_fd((u32)how->flags);
	if (fd >= 0) {
		f = do_filp_open(dfd, name, &in);
		if (IS_ERR(f)) {
			put_unused_fd((u32)fd);
			fd = (int)PTR_ERR(f);
		} else {
			fd_install((u32)fd, f);
		}
	}
	putname(name);
	return fd;
}

SYSCALL_DEFINE4(openat, int, dfd, const char __user *, path, int, flags, u32,
		mode)
{
	struct open_how how = {.flags = (u32)flags & VALID_OPEN_FLAGS};

	/* Classic open() ignores what it does not know. */
	if (how.flags & O_PATH)
		how.flags &= O_PATH_FLAGS;
	if (how.flags & (O_CREAT | __O_TMPFILE))
		how.mode = mode & S_IALLUGO;
	return do_openat2(dfd, path, &how);
}

SYSCALL_DEFINE4(openat2, int, dfd, const char __user *, path,
		struct open_how __user *, uhow, size_t, size)
{
	struct open_how how;
	int err;

	if (size < OPEN_HOW_SIZE_VER0)
		return -EINVAL;
	err = copy_struct_from_user(&how, sizeof(how), uhow, size);
	return err ? err : do_openat2(dfd, path, &how);
}

/* --- truncation and allocation --- */

int do_truncate(struct dentry *d, loff_t len, struct file *f)
{
	struct iattr attr = {.valid = ATTR_SIZE | ATTR_MTIME | ATTR_CTIME,
			     .size = len, .file = f};
	int err;

	if (len < 0)
		return -EINVAL;
	if (f)
		attr.valid |= ATTR_FILE;
	down_write(&d->inode->rwsem);
	attr.valid |= attr_kill_by_write(d->inode) | ATTR_KILL_PRIV;
	err = notify_change(d, &attr);
	up_write(&d->inode->rwsem);
	return err;
}

int vfs_truncate(const struct path *path, loff_t len)
{
	struct inode *inode = path->dentry->inode;
	int err;

	if (S_ISDIR(inode->mode))
		return -EISDIR;
	if (!S_ISREG(inode->mode))
		return -EINVAL;
	err = mnt_want_write(path->mnt);
	if (err)
		return err;
	err = inode_permission(inode, MAY_WRITE);
	if (!err && inode->flags & S_APPEND)
		err = -EPERM;
	if (!err)
		err = get_write_access(inode);
	if (!err) {
		err = do_truncate(path->dentry, len, NULL);
		put_write_access(inode);
	}
	mnt_drop_write(path->mnt);
	return err;
}

SYSCALL_DEFINE2(truncate, const char __user *, name, loff_t, len)
{
	struct path path;
	int err;

	if (len < 0)
		return -EINVAL;
	err = user_path_at(AT_FDCWD, name, LOOKUP_FOLLOW, &path);
	if (err)
		return err;
	err = vfs_truncate(&path, len);
	path_put(&path);
	return err;
}

SYSCALL_DEFINE2(ftruncate, u32, fd, loff_t, len)
{
	struct fd f;
	int err;

	if (len < 0)
		return -EINVAL;
	f = fdget(fd);
	if (!f.file)
		return -EBADF;
	if (!S_ISREG(f.file->inode->mode) || !(f.file->mode & FMODE_WRITE))
		err = -EINVAL;
	else if (f.file->inode->flags & S_APPEND)
		err = -EPERM;
	else
		err = do_truncate(f.file->path.dentry, len, f.file);
	fdput(f);
	return err;
}

static int fallocate_check(struct file *f, int mode, loff_t off, loff_t len)
{
	if (off < 0 || len <= 0)
		return -EINVAL;
	if (mode & ~(FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE |
		     FALLOC_FL_COLLAPSE_RANGE | FALLOC_FL_ZERO_RANGE |
		     FALLOC_FL_INSERT_RANGE | FALLOC_FL_UNSHARE_RANGE))
		return -EOPNOTSUPP;
	if ((mode & (FALLOC_FL_PUNCH_HOLE | FALLOC_FL_ZERO_RANGE)) ==
	    (FALLOC_FL_PUNCH_HOLE | FALLOC_FL_ZERO_RANGE))
		return -EOPNOTSUPP;
	if (mode & FALLOC_FL_PUNCH_HOLE && !(mode & FALLOC_FL_KEEP_SIZE))
		return -EOPNOTSUPP;
	if (!(f->mode & FMODE_WRITE))
		return -EBADF;
	if (mode & ~FALLOC_FL_KEEP_SIZE && f->inode->flags & S_APPEND)
		return -EPERM;
	if (S_ISFIFO(f->inode->mode))
		return -ESPIPE;
	if (S_ISDIR(f->inode->mode))
		return -EISDIR;
	if (!S_ISREG(f->inode->mode) && !S_ISBLK(f->inode->mode))
		return -ENODEV;
	if (off > f->inode->sb->max_bytes - len)
		return -EFBIG;
	return f->ops->fallocate ? 0 : -EOPNOTSUPP;
}

SYSCALL_DEFINE4(fallocate, u32, fd, int, mode, loff_t, off, loff_t, len)
{
	struct fd f = fdget(fd);
	long err;

	if (!f.file)
		return -EBADF;
	err = fallocate_check(f.file, mode, off, len);
	if (!err)
		err = f.file->ops->fallocate(f.file, mode, off, len);
	if (!err)
		fsnotify_modify(f.file);
	fdput(f);
	return err;
}

/* --- access(2) --- */

/* What the real user could do: unless ids and capabilities are kept apart. */
static u64 real_caps(const struct cred *c)
{
	if (c->securebits & SECBIT_NO_SETUID_FIXUP)
		return c->cap_effective;
	return c->uid ? 0 : c->cap_permitted;
}

/* With the real ids and their capabilities, unless AT_EACCESS. */
static long do_faccessat(int dfd, const char __user *name, int mode, int flags)
{
	const struct cred *old = current->cred;
	struct cred *real = NULL;
	u32 lookup = LOOKUP_FOLLOW;
	struct path path;
	long err;

	if (mode & ~(MAY_READ | MAY_WRITE | MAY_EXEC) ||
	    flags & ~(AT_EACCESS | AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	if (flags & AT_SYMLINK_NOFOLLOW)
		lookup = 0;
	if (flags & AT_EMPTY_PATH)
		lookup |= LOOKUP_EMPTY;
	if (!(flags & AT_EACCESS) &&
	    (old->uid != old->fsuid || old->gid != old->fsgid ||
	     old->cap_effective != real_caps(old))) {
		real = cred_prepare();
		if (!real)
			return -ENOMEM;
		real->fsuid = real->uid;
		real->fsgid = real->gid;
		real->cap_effective = real_caps(old);
		current->cred = real;
	}
	err = user_path_at(dfd, name, lookup, &path);
	if (!err) {
		struct inode *inode = path.dentry->inode;

		if (mode & MAY_EXEC && S_ISREG(inode->mode) &&
		    path_noexec(&path))
			err = -EACCES;
		else
			err = inode_permission(inode, (u32)mode | MAY_ACCESS);
		if (!err && mode & MAY_WRITE && path.mnt->flags & MNT_READONLY &&
		    (S_ISREG(inode->mode) || S_ISDIR(inode->mode)))
			err = -EROFS;
		path_put(&path);
	}
	current->cred = old;
	if (real)
		cred_abort(real);
	return err;
}

SYSCALL_DEFINE3(faccessat, int, dfd, const char __user *, name, int, mode)
{
	return do_faccessat(dfd, name, mode, 0);
}

SYSCALL_DEFINE4(faccessat2, int, dfd, const char __user *, name, int, mode, int,
		flags)
{
	return do_faccessat(dfd, name, mode, flags);
}

/* --- chdir, chroot --- */

static int enter_dir(const struct path *path, bool root)
{
	int err = S_ISDIR(path->dentry->inode->mode)
			  ? inode_permission(path->dentry->inode,
					     MAY_EXEC | MAY_CHDIR)
			  : -ENOTDIR;

	if (err)
		return err;
	if (root && !capable(CAP_SYS_CHROOT))
		return -EPERM;
	if (root)
		set_fs_root(current->fs, path);
	else
		set_fs_pwd(current->fs, path);
	return 0;
}

static int change_dir(const char __user *name, bool root)
{
	struct path path;
	int err = user_path_at(AT_FDCWD, name, LOOKUP_FOLLOW | LOOKUP_DIRECTORY,
			       &path);

	if (err)
		return err;
	err = enter_dir(&path, root);
	path_put(&path);
	return err;
}

SYSCALL_DEFINE1(chdir, const char __user *, name)
{
	return change_dir(name, false);
}

SYSCALL_DEFINE1(chroot, const char __user *, name)
{
	return change_dir(name, true);
}

SYSCALL_DEFINE1(fchdir, u32, fd)
{
	struct fd f = fdget_raw(fd);
	int err;

	if (!f.file)
		return -EBADF;
	err = enter_dir(&f.file->path, false);
	fdput(f);
	return err;
}

/* --- chmod, chown, utimes --- */

/* One attribute change with everything around it. */
static int change_attr(const struct path *path, struct iattr *attr)
{
	struct inode *inode = path->dentry->inode;
	int err = mnt_want_write(path->mnt);

	if (err)
		return err;
	down_write(&inode->rwsem);
	if (attr->valid & ATTR_MODE)
		attr->mode = (attr->mode & S_IALLUGO) |
			     (inode->mode & (u16)~S_IALLUGO);
	if (attr->valid & (ATTR_UID | ATTR_GID) && !S_ISDIR(inode->mode))
		attr->valid |= attr_kill_setid(inode) | ATTR_KILL_PRIV;
	err = notify_change(path->dentry, attr);
	up_write(&inode->rwsem);
	mnt_drop_write(path->mnt);
	return err;
}

static long change_attr_at(int dfd, const char __user *name, u32 lookup,
			   struct iattr *attr)
{
	struct path path;
	int err = user_path_at(dfd, name, lookup, &path);

	if (err)
		return err;
	err = change_attr(&path, attr);
	path_put(&path);
	return err;
}

static long change_attr_fd(u32 fd, struct iattr *attr)
{
	struct fd f = fdget(fd);
	int err;

	if (!f.file)
		return -EBADF;
	err = change_attr(&f.file->path, attr);
	fdput(f);
	return err;
}

SYSCALL_DEFINE3(fchmodat, int, dfd, const char __user *, name, u32, mode)
{
	struct iattr attr = {.valid = ATTR_MODE | ATTR_CTIME, .mode = (u16)mode};

	return change_attr_at(dfd, name, LOOKUP_FOLLOW, &attr);
}

SYSCALL_DEFINE2(fchmod, u32, fd, u32, mode)
{
	struct iattr attr = {.valid = ATTR_MODE | ATTR_CTIME, .mode = (u16)mode};

	return change_attr_fd(fd, &attr);
}

static struct iattr chown_attr(uid_t uid, gid_t gid)
{
	struct iattr attr = {.valid = ATTR_CTIME, .uid = uid, .gid = gid};

	if (uid != (uid_t)-1)
		attr.valid |= ATTR_UID;
	if (gid != (gid_t)-1)
		attr.valid |= ATTR_GID;
	return attr;
}

SYSCALL_DEFINE5(fchownat, int, dfd, const char __user *, name, uid_t, uid,
		gid_t, gid, int, flags)
{
	struct iattr attr = chown_attr(uid, gid);
	u32 lookup = flags & AT_SYMLINK_NOFOLLOW ? 0 : LOOKUP_FOLLOW;

	if (flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	if (flags & AT_EMPTY_PATH)
		lookup |= LOOKUP_EMPTY;
	return change_attr_at(dfd, name, lookup, &attr);
}

SYSCALL_DEFINE3(fchown, u32, fd, uid_t, uid, gid_t, gid)
{
	struct iattr attr = chown_attr(uid, gid);

	return change_attr_fd(fd, &attr);
}

/* UTIME_NOW, UTIME_OMIT or a time: which attribute bits. -EINVAL. */
static int utime_flags(const struct __kernel_timespec *t, u32 which, u32 set,
		       struct iattr *attr)
{
	if (t->tv_nsec == UTIME_OMIT)
		return 0;
	attr->valid |= which;
	if (t->tv_nsec == UTIME_NOW)
		return 0;
	if ((u64)t->tv_nsec >= (u64)NSEC_PER_SEC)
		return -EINVAL;
	attr->valid |= set;
	return 0;
}

SYSCALL_DEFINE4(utimensat, int, dfd, const char __user *, name,
		struct __kernel_timespec __user *, utimes, int, flags)
{
	struct iattr attr = {.valid = ATTR_CTIME};
	struct __kernel_timespec t[2];
	u32 lookup = flags & AT_SYMLINK_NOFOLLOW ? 0 : LOOKUP_FOLLOW;

	if (utimes) {
		if (copy_from_user(t, utimes, sizeof(t)))
			return -EFAULT;
		if (t[0].tv_nsec == UTIME_OMIT && t[1].tv_nsec == UTIME_OMIT)
			return 0;
		if (utime_flags(&t[0], ATTR_ATIME, ATTR_ATIME_SET, &attr) ||
		    utime_flags(&t[1], ATTR_MTIME, ATTR_MTIME_SET, &attr))
			return -EINVAL;
		attr.atime = t[0];
		attr.mtime = t[1];
		if (t[0].tv_nsec == UTIME_NOW && t[1].tv_nsec == UTIME_NOW)
			attr.valid |= ATTR_TOUCH;
	} else {
		attr.valid |= ATTR_ATIME | ATTR_MTIME | ATTR_TOUCH;
	}
	if (!name && dfd != AT_FDCWD) {
		if (flags)
			return -EINVAL;
		return change_attr_fd((u32)dfd, &attr);
	}
	if (flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	if (flags & AT_EMPTY_PATH)
		lookup |= LOOKUP_EMPTY;
	return change_attr_at(dfd, name, lookup, &attr);
}
