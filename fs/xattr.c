/*
 * Extended attributes: the system calls and who may do what.
 *
 * Name spaces: user.* of regular files and directories follows their
 * permission bits; trusted.* is for CAP_SYS_ADMIN and invisible to others;
 * security.* may be read by everybody and set with privilege; in system.* there
 * are the access control lists (posix_acl.c), which no file system sees.
 */
#include <asm/uaccess.h>
#include <linnet/cred.h>
#include <linnet/errno.h>
#include <linnet/fdtable.h>
#include <linnet/fs.h>
#include <linnet/slab.h>
#include <linnet/string.h>
#include <linnet/syscalls.h>
#include <linux/capability.h>
#include <linux/inotify.h>
#include <linux/limits.h>
#include <linux/xattr.h>
#include "internal.h"

/* A name, copied from user space. */
struct xattr_name {
	char text[XATTR_NAME_MAX + 1];
};

static bool has_prefix(const char *name, const char *prefix)
{
	return !strncmp(name, prefix, strlen(prefix));
}

/* --- permission --- */

/* A known name space, and a name in it. */
static int check_name(const char *name)
{
	static const char *const spaces[] = {
		XATTR_USER_PREFIX, XATTR_TRUSTED_PREFIX, XATTR_SECURITY_PREFIX,
		XATTR_SYSTEM_PREFIX,
	};

	for (u32 i = 0; i < ARRAY_SIZE(spaces); i++)
		if (has_prefix(name, spaces[i]))
			return name[strlen(spaces[i])] ? 0 : -EINVAL;
	return -EOPNOTSUPP;
}

static int user_permission(struct inode *inode, u32 mask)
{
	if (!S_ISREG(inode->mode) && !S_ISDIR(inode->mode))
		return mask & MAY_WRITE ? -EPERM : -ENODATA;
	if (S_ISDIR(inode->mode) && inode->mode & S_ISVTX &&
	    mask & MAY_WRITE && !inode_owner_or_capable(inode))
		return -EPERM;
	return inode_permission(inode, mask);
}

static int security_permission(const char *name, u32 mask)
{
	int cap = strcmp(name, XATTR_NAME_CAPS) ? CAP_SYS_ADMIN : CAP_SETFCAP;

	return !(mask & MAY_WRITE) || capable(cap) ? 0 : -EPERM;
}

static int xattr_permission(struct inode *inode, const char *name, u32 mask)
{
	if (mask & MAY_WRITE && inode->flags & (S_IMMUTABLE | S_APPEND))
		return -EPERM;
	if (has_prefix(name, XATTR_SECURITY_PREFIX))
		return security_permission(name, mask);
	if (has_prefix(name, XATTR_SYSTEM_PREFIX))
		return 0;
	if (has_prefix(name, XATTR_USER_PREFIX))
		return user_permission(inode, mask);
	if (!has_prefix(name, XATTR_TRUSTED_PREFIX))
		return inode_permission(inode, mask);
	if (capable(CAP_SYS_ADMIN))
		return 0;
	return mask & MAY_WRITE ? -EPERM : -ENODATA;
}

/* --- operations on a dentry --- */

static int copy_name(struct xattr_name *n, const char __user *uname)
{
	long len = strncpy_from_user(n->text, uname, sizeof(n->text));

	if (len < 0)
		return (int)len;
	return !len || len >= (long)sizeof(n->text) ? -ERANGE : 0;
}

/* By the file system, which may have none. [rwsem for writing] */
static int change_stored(struct inode *inode, const char *name, void *value,
			 size_t size, u32 flags, bool remove)
{
	int err;

	if (has_prefix(name, XATTR_SYSTEM_PREFIX) ||
	    (remove ? !inode->ops->removexattr : !inode->ops->setxattr))
		return -EOPNOTSUPP;
	if (remove)
		err = inode->ops->removexattr(inode, name);
	else
		err = inode->ops->setxattr(inode, name, value, size, flags);
	if (!err && !strcmp(name, XATTR_NAME_CAPS))
		inode->flags = remove ? inode->flags & ~(u32)S_FILE_CAPS
				      : inode->flags | S_FILE_CAPS;
	return err;
}

/* Set the attribute, or remove it. The mount is writable. */
static int change_xattr(struct dentry *d, const char *name, void *value,
			size_t size, u32 flags, bool remove)
{
	struct inode *inode = d->inode;
	int err;

	down_write(&inode->rwsem);
	err = xattr_permission(inode, name, MAY_WRITE);
	if (!err)
		err = check_name(name);
	if (!err && !remove && !strcmp(name, XATTR_NAME_CAPS))
		err = file_caps_check(value, &size);
	if (!err && acl_type_of(name))
		err = acl_set(inode, acl_type_of(name),
			      remove ? NULL : value ? value : "", size);
	else if (!err)
		err = change_stored(inode, name, value, size, flags, remove);
	if (!err) {
		inode->ctime = current_time(inode);
		mark_inode_dirty(inode);
	}
	up_write(&inode->rwsem);
	if (!err)
		fsnotify(inode, d, IN_ATTRIB, 0);
	return err;
}

static int set_xattr(struct dentry *d, const char __user *uname,
		     const void __user *uvalue, size_t size, u32 flags)
{
	struct xattr_name name;
	void *value = NULL;
	int err;

	if (flags & ~(u32)(XATTR_CREATE | XATTR_REPLACE))
		return -EINVAL;
	err = copy_name(&name, uname);
	if (err)
		return err;
	if (size > XATTR_SIZE_MAX)
		return -E2BIG;
	if (size) {
		value = kvmalloc(size, GFP_KERNEL);
		if (!value)
			return -ENOMEM;
		err = copy_from_user(value, uvalue, size) ? -EFAULT : 0;
	}
	if (!err)
		err = change_xattr(d, name.text, value, size, flags, false);
	kvfree(value);
	return err;
}

static int remove_xattr(struct dentry *d, const char __user *uname)
{
	struct xattr_name name;
	int err = copy_name(&name, uname);

	return err ? err : change_xattr(d, name.text, NULL, 0, 0, true);
}

static ssize_t read_xattr(struct inode *inode, const char *name, void *buf,
			  size_t size)
{
	ssize_t n = xattr_permission(inode, name, MAY_READ);

	if (!n)
		n = check_name(name);
	if (n)
		return n;
	if (!inode->ops->getxattr ||
	    (has_prefix(name, XATTR_SYSTEM_PREFIX) && !acl_type_of(name)))
		return -EOPNOTSUPP;
	down_read(&inode->rwsem);
	n = acl_type_of(name) ? acl_get(inode, acl_type_of(name), buf, size)
			      : inode->ops->getxattr(inode, name, buf, size);
	up_read(&inode->rwsem);
	return n;
}

static ssize_t get_xattr(struct dentry *d, const char __user *uname,
			 void __user *ubuf, size_t size)
{
	struct xattr_name name;
	void *buf = NULL;
	ssize_t n = copy_name(&name, uname);

	if (n)
		return n;
	size = min(size, (size_t)XATTR_SIZE_MAX);
	if (size) {
		buf = kvmalloc(size, GFP_KERNEL);
		if (!buf)
			return -ENOMEM;
	}
	n = read_xattr(d->inode, name.text, buf, size);
	if (n > 0 && size && copy_to_user(ubuf, buf, (size_t)n))
		n = -EFAULT;
	else if (n == -ERANGE && size >= XATTR_SIZE_MAX)
		n = -E2BIG;
	kvfree(buf);
	return n;
}

/* Squeeze the names out that the caller must not see. */
static ssize_t hide_trusted(char *list, ssize_t len)
{
	ssize_t kept = 0;

	for (ssize_t at = 0; at < len;) {
		ssize_t n = (ssize_t)strlen(list + at) + 1;

		if (!has_prefix(list + at, XATTR_TRUSTED_PREFIX)) {
			memmove(list + kept, list + at, (size_t)n);
			kept += n;
		}
		at += n;
	}
	return kept;
}

static ssize_t list_xattr(struct dentry *d, char __user *ubuf, size_t size)
{
	struct inode *inode = d->inode;
	ssize_t n, acls;
	char *buf;

	if (!inode->ops->listxattr)
		return 0;
	buf = kvmalloc(XATTR_LIST_MAX, GFP_KERNEL);
	if (!buf)
		return -ENOMEM;
	down_read(&inode->rwsem);
	acls = acl_list(inode, buf);
	n = inode->ops->listxattr(inode, buf + acls,
				  XATTR_LIST_MAX - (size_t)acls);
	up_read(&inode->rwsem);
	if (n == -ERANGE)
		n = -E2BIG;
	else if (n >= 0)
		n += acls;
	if (n > 0 && !capable(CAP_SYS_ADMIN))
		n = hide_trusted(buf, n);
	if (n > 0 && size && (size_t)n > size)
		n = -ERANGE;
	else if (n > 0 && size && copy_to_user(ubuf, buf, (size_t)n))
		n = -EFAULT;
	kvfree(buf);
	return n;
}

/* --- system calls: by path, by path without following, by descriptor --- */

static int path_set(const char __user *path, const char __user *name,
		    const void __user *value, size_t size, u32 flags,
		    u32 lookup)
{
	struct path p;
	int err = user_path_at(AT_FDCWD, path, lookup, &p);

	if (err)
		return err;
	err = mnt_want_write(p.mnt);
	if (!err) {
		err = set_xattr(p.dentry, name, value, size, flags);
		mnt_drop_write(p.mnt);
	}
	path_put(&p);
	return err;
}

static int path_remove(const char __user *path, const char __user *name,
		       u32 lookup)
{
	struct path p;
	int err = user_path_at(AT_FDCWD, path, lookup, &p);

	if (err)
		return err;
	err = mnt_want_write(p.mnt);
	if (!err) {
		err = remove_xattr(p.dentry, name);
		mnt_drop_write(p.mnt);
	}
	path_put(&p);
	return err;
}

static ssize_t path_get_xattr(const char __user *path, const char __user *name,
			      void __user *buf, size_t size, u32 lookup)
{
	struct path p;
	ssize_t n = user_path_at(AT_FDCWD, path, lookup, &p);

	if (n)
		return n;
	n = get_xattr(p.dentry, name, buf, size);
	path_put(&p);
	return n;
}

static ssize_t path_list(const char __user *path, char __user *buf, size_t size,
			 u32 lookup)
{
	struct path p;
	ssize_t n = user_path_at(AT_FDCWD, path, lookup, &p);

	if (n)
		return n;
	n = list_xattr(p.dentry, buf, size);
	path_put(&p);
	return n;
}

SYSCALL_DEFINE5(setxattr, const char __user *, path, const char __user *, name,
		const void __user *, value, size_t, size, u32, flags)
{
	return path_set(path, name, value, size, flags, LOOKUP_FOLLOW);
}

SYSCALL_DEFINE5(lsetxattr, const char __user *, path, const char __user *, name,
		const void __user *, value, size_t, size, u32, flags)
{
	return path_set(path, name, value, size, flags, 0);
}

SYSCALL_DEFINE5(fsetxattr, u32, fd, const char __user *, name,
		const void __user *, value, size_t, size, u32, flags)
{
	struct fd f = fdget(fd);
	int err;

	if (!f.file)
		return -EBADF;
	err = mnt_want_write_file(f.file);
	if (!err) {
		err = set_xattr(f.file->path.dentry, name, value, size, flags);
		mnt_drop_write_file(f.file);
	}
	fdput(f);
	return err;
}

SYSCALL_DEFINE4(getxattr, const char __user *, path, const char __user *, name,
		void __user *, buf, size_t, size)
{
	return path_get_xattr(path, name, buf, size, LOOKUP_FOLLOW);
}

SYSCALL_DEFINE4(lgetxattr, const char __user *, path, const char __user *, name,
		void __user *, buf, size_t, size)
{
	return path_get_xattr(path, name, buf, size, 0);
}

SYSCALL_DEFINE4(fgetxattr, u32, fd, const char __user *, name,
		void __user *, buf, size_t, size)
{
	struct fd f = fdget(fd);
	ssize_t n;

	if (!f.file)
		return -EBADF;
	n = get_xattr(f.file->path.dentry, name, buf, size);
	fdput(f);
	return n;
}

SYSCALL_DEFINE3(listxattr, const char __user *, path, char __user *, buf,
		size_t, size)
{
	return path_list(path, buf, size, LOOKUP_FOLLOW);
}

SYSCALL_DEFINE3(llistxattr, const char __user *, path, char __user *, buf,
		size_t, size)
{
	return path_list(path, buf, size, 0);
}

SYSCALL_DEFINE3(flistxattr, u32, fd, char __user *, buf, size_t, size)
{
	struct fd f = fdget(fd);
	ssize_t n;

	if (!f.file)
		return -EBADF;
	n = list_xattr(f.file->path.dentry, buf, size);
	fdput(f);
	return n;
}

SYSCALL_DEFINE2(removexattr, const char __user *, path,
		const char __user *, name)
{
	return path_remove(path, name, LOOKUP_FOLLOW);
}

SYSCALL_DEFINE2(lremovexattr, const char __user *, path,
		const char __user *, name)
{
	return path_remove(path, name, 0);
}

SYSCALL_DEFINE2(fremovexattr, u32, fd, const char __user *, name)
{
	struct fd f = fdget(fd);
	int err;

	if (!f.file)
		return -EBADF;
	err = mnt_want_write_file(f.file);
	if (!err) {
		err = remove_xattr(f.file->path.dentry, name);
		mnt_drop_write_file(f.file);
	}
	fdput(f);
	return err;
}
