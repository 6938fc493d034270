/*
 * Inode attributes: who may change them, and how a change is made.
 */
#include <linnet/cred.h>
#include <linnet/errno.h>
#include <linnet/fs.h>
#include <linnet/signal.h>
#include <linnet/task.h>
#include <linux/inotify.h>
#include <linux/resource.h>
#include "internal.h"
#include "mount.h"

bool inode_owner_or_capable(const struct inode *inode)
{
	return current_cred()->fsuid == inode->uid || capable(CAP_FOWNER);
}

static bool chown_ok(const struct inode *inode, uid_t uid)
{
	return (current_cred()->fsuid == inode->uid && uid == inode->uid) ||
	       capable(CAP_CHOWN);
}

static bool chgrp_ok(const struct inode *inode, gid_t gid)
{
	return (current_cred()->fsuid == inode->uid &&
		(gid == inode->gid || in_group(current_cred(), gid))) ||
	       capable(CAP_CHOWN);
}

int inode_newsize_ok(struct inode *inode, loff_t size)
{
	if (size > inode->size) {
		if ((u64)size > rlimit(RLIMIT_FSIZE)) {
			send_signal(SIGXFSZ, SEND_SIG_NOINFO, current, false);
			return -EFBIG;
		}
		if (size > inode->sb->max_bytes)
			return -EFBIG;
	}
	return 0;
}

/* Is the change allowed? [inode->rwsem for writing] */
int setattr_prepare(struct dentry *d, struct iattr *attr)
{
	struct inode *inode = d->inode;
	int err;

	if (attr->valid & ATTR_SIZE) {
		err = inode_newsize_ok(inode, attr->size);
		if (err)
			return err;
	}
	if (attr->valid & ATTR_FORCE)
		return 0;
	if (attr->valid & ATTR_UID && !chown_ok(inode, attr->uid))
		return -EPERM;
	if (attr->valid & ATTR_GID && !chgrp_ok(inode, attr->gid))
		return -EPERM;
	if (attr->valid & ATTR_MODE) {
		gid_t gid = attr->valid & ATTR_GID ? attr->gid : inode->gid;

		if (!inode_owner_or_capable(inode))
			return -EPERM;
		if (!in_group(current_cred(), gid) && !capable(CAP_FSETID))
			attr->mode &= (u16)~S_ISGID;
	}
	if (attr->valid & (ATTR_ATIME_SET | ATTR_MTIME_SET) &&
	    !inode_owner_or_capable(inode))
		return -EPERM;
	return 0;
}

void setattr_copy(struct inode *inode, const struct iattr *attr)
{
	spin_lock(&inode->lock);
	if (attr->valid & ATTR_UID)
		inode->uid = attr->uid;
	if (attr->valid & ATTR_GID)
		inode->gid = attr->gid;
	if (attr->valid & ATTR_ATIME)
		inode->atime = attr->atime;
	if (attr->valid & ATTR_MTIME)
		inode->mtime = attr->mtime;
	if (attr->valid & ATTR_CTIME)
		inode->ctime = attr->ctime;
	if (attr->valid & ATTR_MODE)
		inode->mode = attr->mode;
	spin_unlock(&inode->lock);
}

static int simple_setattr(struct dentry *d, struct iattr *attr)
{
	int err = setattr_prepare(d, attr);

	if (err)
		return err;
	if (attr->valid & ATTR_SIZE)
		truncate_setsize(d->inode, attr->size);
	setattr_copy(d->inode, attr);
	mark_inode_dirty(d->inode);
	return 0;
}

/* A set-gid bit without execution is no privilege: it goes with a foreign group. */
static bool sgid_goes(const struct inode *inode)
{
	if (!(inode->mode & S_ISGID))
		return false;
	return inode->mode & S_IXGRP || (!in_group(current_cred(), inode->gid) &&
					 !capable(CAP_FSETID));
}

u32 attr_kill_setid(const struct inode *inode)
{
	u32 valid = 0;

	if (inode->mode & S_ISUID)
		valid |= ATTR_KILL_SUID;
	if (sgid_goes(inode))
		valid |= ATTR_KILL_SGID;
	return valid;
}

u32 attr_kill_by_write(const struct inode *inode)
{
	return capable(CAP_FSETID) ? 0 : attr_kill_setid(inode);
}

/* KILL_SUID and KILL_SGID become a change of mode. */
static void strip_privileges(struct inode *inode, struct iattr *attr)
{
	u16 mode = attr->valid & ATTR_MODE ? attr->mode : inode->mode;

	if (!(attr->valid & (ATTR_KILL_SUID | ATTR_KILL_SGID)))
		return;
	if (attr->valid & ATTR_KILL_SUID)
		mode &= (u16)~S_ISUID;
	if (attr->valid & ATTR_KILL_SGID)
		mode &= (u16)~S_ISGID;
	attr->valid &= ~(u32)(ATTR_KILL_SUID | ATTR_KILL_SGID);
	if (mode != inode->mode) {
		attr->valid |= ATTR_MODE | ATTR_FORCE;
		attr->mode = mode;
	}
}

/**
 * notify_change - change attributes
 *
 * Context: inode->rwsem for writing; may sleep.
 * Return: 0, -EPERM, -EROFS or what the file system says.
 */
int notify_change(struct dentry *d, struct iattr *attr)
{
	struct inode *inode = d->inode;
	struct __kernel_timespec now = current_time(inode);
	struct posix_acl *acl = NULL;
	int err;

	if (inode->flags & (S_IMMUTABLE | S_APPEND) &&
	    attr->valid & (ATTR_MODE | ATTR_UID | ATTR_GID | ATTR_ATIME_SET |
			   ATTR_MTIME_SET))
		return -EPERM;
	/* utimes(NULL): writing permission is enough. */
	if (attr->valid & ATTR_TOUCH && !inode_owner_or_capable(inode)) {
		err = inode->flags & S_IMMUTABLE
			      ? -EPERM
			      : inode_permission(inode, MAY_WRITE);
		if (err)
			return err;
	} else if (attr->valid & (ATTR_ATIME | ATTR_MTIME) &&
		   !(attr->valid & (ATTR_TOUCH | ATTR_SIZE)) &&
		   !inode_owner_or_capable(inode)) {
		return -EPERM;
	}
	if (attr->valid & (ATTR_UID | ATTR_GID) &&
	    attr->valid & (ATTR_KILL_SUID | ATTR_KILL_SGID | ATTR_KILL_PRIV)) {
		if (attr->valid & ATTR_UID && !chown_ok(inode, attr->uid))
			return -EPERM;
		if (attr->valid & ATTR_GID && !chgrp_ok(inode, attr->gid))
			return -EPERM;
	}
	if (!(attr->valid & ATTR_ATIME_SET))
		attr->atime = now;
	if (!(attr->valid & ATTR_MTIME_SET))
		attr->mtime = now;
	attr->ctime = now;
	strip_privileges(inode, attr);
	if (attr->valid & ATTR_KILL_PRIV && inode->flags & S_FILE_CAPS) {
		err = file_caps_remove(inode);
		if (err)
			return err;
	}
	if (attr->valid & ATTR_MODE)
		acl = acl_after_chmod(inode, attr->mode);
	if (IS_ERR(acl))
		return (int)PTR_ERR(acl);
	if (inode->ops->setattr)
		err = inode->ops->setattr(d, attr);
	else
		err = simple_setattr(d, attr);
	if (err)
		acl_put(acl);
	else if (acl)
		acl_replace(inode, acl);
	if (!err)
		fsnotify(inode, d,
			 attr->valid & ATTR_SIZE ? IN_MODIFY : IN_ATTRIB, 0);
	return err;
}

/*
 * A write clears set-id bits, unless by somebody with CAP_FSETID, and the file's
 * capabilities. [rwsem]
 */
__no_canary int file_remove_privs(struct file *f)
{
	struct inode *inode = f->inode;
	struct iattr attr = {.valid = ATTR_CTIME | ATTR_FORCE};

	if (likely(!(inode->mode & (S_ISUID | S_ISGID)) &&
		   !(inode->flags & S_FILE_CAPS)) || !S_ISREG(inode->mode))
		return 0;
	attr.valid |= attr_kill_by_write(inode);
	if (inode->flags & S_FILE_CAPS)
		attr.valid |= ATTR_KILL_PRIV;
	if (!(attr.valid & (ATTR_KILL_SUID | ATTR_KILL_SGID | ATTR_KILL_PRIV)))
		return 0;
	return notify_change(f->path.dentry, &attr);
}
