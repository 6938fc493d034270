/*
 * Opening by name: the last component, creation, and the checks of open(2).
 *
 * The walk to the parent is lock-free if it can be; an existing file that is
 * cached is opened without taking the directory's lock. With O_CREAT and a
 * name that does not exist the directory is locked and the file made.
 */
#include <linnet/cred.h>
#include <linnet/errno.h>
#include <linnet/fs.h>
#include <linnet/init.h>
#include <linnet/string.h>
#include <linnet/task.h>
#include "mount.h"
#include "namei.h"

int sysctl_protected_symlinks = 1;
int sysctl_protected_hardlinks = 1;
int sysctl_protected_fifos = 1;
int sysctl_protected_regular = 2;

int may_create(struct inode *dir, struct dentry *d)
{
	if (d->inode)
		return -EEXIST;
	if (dir->flags & S_DEAD)
		return -ENOENT;
	return inode_permission(dir, MAY_WRITE | MAY_EXEC);
}

/* fs.protected_fifos, protected_regular: no O_CREAT on others' files in
 * sticky directories. */
static int may_create_in_sticky(const struct inode *dir,
				const struct inode *inode)
{
	bool fifo = S_ISFIFO(inode->mode), reg = S_ISREG(inode->mode);
	int level = fifo ? sysctl_protected_fifos
			 : reg ? sysctl_protected_regular : 0;

	if (!level || !(dir->mode & S_ISVTX) || inode->uid == dir->uid ||
	    inode->uid == current_cred()->fsuid)
		return 0;
	if (dir->mode & S_IWOTH || (level >= 2 && dir->mode & S_IWGRP))
		return -EACCES;
	return 0;
}

/* Access checks on an existing file. */
static int may_open(const struct path *path, const struct open_how_in *how)
{
	struct inode *inode = path->dentry->inode;
	int err;

	if (!inode)
		return -ENOENT;
	if (S_ISLNK(inode->mode))
		return -ELOOP;
	if (S_ISDIR(inode->mode) && how->acc_mode & MAY_WRITE)
		return -EISDIR;
	if ((S_ISCHR(inode->mode) || S_ISBLK(inode->mode)) &&
	    mount_is_nodev(path->mnt))
		return -EACCES;
	if (how->acc_mode & MAY_EXEC &&
	    (!S_ISREG(inode->mode) || path_noexec(path)))
		return -EACCES;
	err = inode_permission(inode, how->acc_mode);
	if (err)
		return err;
	if (inode->flags & S_APPEND) {
		if ((how->flags & O_ACCMODE) != O_RDONLY &&
		    !(how->flags & O_APPEND))
			return -EPERM;
		if (how->flags & O_TRUNC)
			return -EPERM;
	}
	if (how->flags & O_NOATIME && !inode_owner_or_capable(inode))
		return -EPERM;
	return 0;
}

static int truncate_opened(struct file *f)
{
	int err = mnt_want_write(f->path.mnt);

	if (err)
		return err;
	err = get_write_access(f->inode); /* O_RDONLY has it not yet */
	if (!err) {
		err = do_truncate(f->path.dentry, 0, NULL);
		put_write_access(f->inode);
	}
	mnt_drop_write(f->path.mnt);
	return err;
}

/* nd->path is the file. @created: it is new, with all rights. */
static int open_path(struct nameidata *nd, struct file *f,
		     const struct open_how_in *how, bool created)
{
	struct open_how_in h = *how;
	bool truncate;
	int err;

	/* Before the open: that of a FIFO would wait. */
	if ((h.flags & O_DIRECTORY || nd->last_slash) &&
	    !S_ISDIR(nd->path.dentry->inode->mode))
		return -ENOTDIR;
	if (created) {
		h.flags &= ~(u32)O_TRUNC;
		h.acc_mode = 0;
	}
	truncate = h.flags & O_TRUNC && S_ISREG(nd->path.dentry->inode->mode);
	if (truncate && nd->path.mnt->flags & MNT_READONLY)
		return -EROFS;
	err = may_open(&nd->path, &h);
	if (err)
		return err;
	err = vfs_open(&nd->path, f);
	if (!err && truncate) {
		err = truncate_opened(f);
		/* The file is open: fput() undoes that. */
	}
	return err;
}

/* Make the file. Directory locked. 0: *d is it, newly created or not. */
static int create_locked(struct nameidata *nd, struct dentry *d,
			 const struct open_how_in *how, bool *created)
{
	struct inode *dir = nd->path.dentry->inode;
	u16 mode = acl_apply_umask(dir, how->mode);
	int err = mnt_want_write(nd->path.mnt);

	if (err)
		return err;
	err = may_create(dir, d);
	if (!err && !dir->ops->create)
		err = -EACCES;
	if (!err)
		err = dir->ops->create(dir, d, (mode & S_IALLUGO) | S_IFREG,
				       how->flags & O_EXCL);
	if (!err) {
		*created = true;
		fsnotify_create(dir, d);
	}
	mnt_drop_write(nd->path.mnt);
	return err;
}

/* A referenced dentry for nd->last, created if asked for; ERR_PTR. */
static struct dentry *find_or_create(struct nameidata *nd,
				     const struct open_how_in *how,
				     bool *created)
{
	struct dentry *dir = nd->path.dentry, *d;
	int err = 0;

	d = lookup_last(nd);
	if (IS_ERR(d) || d->inode || !(how->flags & O_CREAT))
		return d;
	dput(d);
	down_write(&dir->inode->rwsem);
	d = lookup_one_locked(&nd->last, dir, nd->flags | LOOKUP_CREATE);
	if (!IS_ERR(d) && !d->inode)
		err = create_locked(nd, d, how, created);
	up_write(&dir->inode->rwsem);
	if (err) {
		dput(d);
		return ERR_PTR(err);
	}
	return d;
}

/* Lock-free: the last component is cached, positive and no link. */
static int open_cached(struct nameidata *nd, const struct open_how_in *how)
{
	struct dentry *d = d_lookup_rcu(nd->path.dentry, &nd->last);
	struct inode *inode = d ? READ_ONCE(d->inode) : NULL;

	if (!inode || (d->ops && d->ops->revalidate) ||
	    READ_ONCE(d->flags) & (DCACHE_SYMLINK | DCACHE_MOUNTED) ||
	    how->flags & O_CREAT || nd->last_slash)
		return -ECHILD;
	nd->path.dentry = d;
	nd->seen = inode;
	return nd_unlazy(nd);
}

/*
 * nd->last names something: 0 opened; 1 it is a link to follow, which was
 * entered and *rest is to be walked; or an error.
 */
static int open_last(struct nameidata *nd, struct file *f,
		     const struct open_how_in *how, const char **rest)
{
	bool created = false;
	struct dentry *d;
	struct path p;
	int err;

	if (nd->last_slash && how->flags & O_CREAT)
		return -EISDIR;
	if (nd->flags & LOOKUP_RCU) {
		err = open_cached(nd, how);
		return err ? err : open_path(nd, f, how, false);
	}
	d = find_or_create(nd, how, &created);
	if (IS_ERR(d))
		return (int)PTR_ERR(d);
	if (!d->inode) {
		dput(d);
		return -ENOENT;
	}
	if (!created && (how->flags & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL)) {
		dput(d);
		return -EEXIST;
	}
	if (d->flags & DCACHE_SYMLINK && !(how->flags & O_NOFOLLOW &&
					   !nd->last_slash)) {
		err = follow_link(nd, d, rest);
		dput(d);
		return err ? err : 1;
	}
	if (d->flags & DCACHE_SYMLINK && nd->flags & LOOKUP_NO_SYMLINKS) {
		dput(d);
		return -ELOOP;
	}
	if (how->flags & O_CREAT && !created) {
		err = S_ISDIR(d->inode->mode)
			      ? -EISDIR
			      : may_create_in_sticky(nd->path.dentry->inode,
						     d->inode);
		if (err) {
			dput(d);
			return err;
		}
	}
	p.mnt = mntget(nd->path.mnt);
	p.dentry = d;
	step_into_mounts(&p);
	if (p.mnt != nd->path.mnt && nd->flags & LOOKUP_NO_XDEV) {
		path_put(&p);
		return -EXDEV;
	}
	path_put(&nd->path);
	nd->path = p;
	return open_path(nd, f, how, created);
}

/* Where O_CREAT may not find what is there. */
static int may_exist(const struct inode *inode, const struct open_how_in *how)
{
	if (!(how->flags & O_CREAT))
		return 0;
	if (how->flags & O_EXCL)
		return -EEXIST;
	return S_ISDIR(inode->mode) ? -EISDIR : 0;
}

/* ".", ".." and "/", which need no lookup, or what a magic link led to. */
static int open_here(struct nameidata *nd, struct file *f,
		     const struct open_how_in *how)
{
	int err = 0;

	if (nd->last_type == LAST_DOTDOT)
		err = nd_dotdot(nd);
	if (!err)
		err = nd_unlazy(nd);
	if (!err)
		err = may_exist(nd->path.dentry->inode, how);
	return err ? err : open_path(nd, f, how, false);
}

static int do_open(struct nameidata *nd, const char *name, struct file *f,
		   const struct open_how_in *how)
{
	int err = walk_parent(nd, name);

	for (;;) {
		const char *rest = "";

		if (err)
			return err;
		if (nd->last_type != LAST_NORM)
			return open_here(nd, f, how);
		err = open_last(nd, f, how, &rest);
		if (err <= 0)
			return err;
		nd->last_type = LAST_ROOT;
		err = walk_rest(nd, rest);
	}
}

/* O_PATH: whatever the name leads to, without touching it. */
static int do_open_path(int dfd, struct filename *name, struct file *f,
			const struct open_how_in *how)
{
	u32 lookup = how->lookup;
	struct path path;
	int err;

	if (how->flags & O_NOFOLLOW)
		lookup &= ~(u32)LOOKUP_FOLLOW;
	if (how->flags & O_DIRECTORY)
		lookup |= LOOKUP_DIRECTORY;
	err = filename_lookup(dfd, name, lookup, &path, NULL);
	if (err)
		return err;
	err = vfs_open(&path, f);
	path_put(&path);
	return err;
}

static int do_tmpfile(int dfd, struct filename *name, struct file *f,
		      const struct open_how_in *how)
{
	struct qstr anon = {.name = "#tmpfile", .len = 8};
	struct dentry *d;
	struct path path, child;
	struct inode *dir;
	int err;

	err = filename_lookup(dfd, name, how->lookup | LOOKUP_DIRECTORY, &path,
			      NULL);
	if (err)
		return err;
	err = mnt_want_write(path.mnt);
	if (err)
		goto put_path;
	dir = path.dentry->inode;
	err = inode_permission(dir, MAY_WRITE | MAY_EXEC);
	if (!err && !dir->ops->tmpfile)
		err = -EOPNOTSUPP;
	if (err)
		goto drop_write;
	err = -ENOMEM;
	d = d_alloc(path.dentry, &anon);
	if (!d)
		goto drop_write;
	down_read(&dir->rwsem); /* its default list stays */
	err = dir->ops->tmpfile(dir, d,
				S_IFREG | acl_apply_umask(dir, how->mode &
								       S_IALLUGO));
	up_read(&dir->rwsem);
	if (!err) {
		child = (struct path){path.mnt, d};
		if (!(how->flags & O_EXCL))
			d->inode->state |= I_LINKABLE;
		err = vfs_open(&child, f);
	}
	dput(d);
drop_write:
	mnt_drop_write(path.mnt);
put_path:
	path_put(&path);
	return err;
}

static int open_once(int dfd, struct filename *name, struct file *f,
		     const struct open_how_in *how, u32 lookup)
{
	struct nameidata nd;
	int err;

	nd_init(&nd, dfd, lookup, NULL);
	err = do_open(&nd, name->name, f, how);
	if (!err && lookup & (LOOKUP_BENEATH | LOOKUP_IN_ROOT) &&
	    !path_is_under(&f->path, &nd.root))
		err = -EXDEV;
	nd_end(&nd);
	return err;
}

/**
 * do_filp_open - open a file by name
 * @how: checked flags, creation mode, access mode, LOOKUP_* restrictions
 *
 * Return: a referenced file or ERR_PTR.
 */
struct file *do_filp_open(int dfd, struct filename *name,
			  const struct open_how_in *how)
{
	struct file *f;
	int err;

	if (IS_ERR(name))
		return ERR_CAST(name);
	f = file_alloc(how->flags, current_cred());
	if (IS_ERR(f))
		return f;
	if (how->flags & O_PATH) {
		err = do_open_path(dfd, name, f, how);
	} else if ((how->flags & O_TMPFILE) == O_TMPFILE) {
		err = do_tmpfile(dfd, name, f, how);
	} else {
		err = open_once(dfd, name, f, how, how->lookup | LOOKUP_RCU);
		if (err == -ECHILD && how->lookup & LOOKUP_CACHED)
			err = -EAGAIN;
		while (err == -ECHILD)
			err = open_once(dfd, name, f, how, how->lookup);
	}
	if (!err) {
		fsnotify_open(f);
		return f;
	}
	fput(f);
	return ERR_PTR(err);
}

struct file *filp_open(const char *name, u32 flags, u16 mode)
{
	struct filename *n = getname_kernel(name);
	struct open_how_in how = {
		.flags = flags | O_LARGEFILE,
		.mode = mode,
		.acc_mode = ((u32[]){MAY_READ, MAY_WRITE, MAY_READ | MAY_WRITE,
				     0})[flags & O_ACCMODE],
		.lookup = LOOKUP_FOLLOW,
	};
	struct file *f = do_filp_open(AT_FDCWD, n, &how);

	putname(n);
	return f;
}
