/*
 * Changing directories: mkdir, mknod, symlink, link, unlink, rmdir, rename.
 *
 * Each operation walks to the parent, locks it (two parents in a fixed order
 * for rename), looks the name up again under the lock, checks permission and
 * calls the file system. Victims are locked too, after the parents.
 *
 * Lock order: sb->rename_mutex > parents (ancestor first) > victims.
 */
#include <asm/uaccess.h>
#include <linnet/cred.h>
#include <linnet/errno.h>
#include <linnet/fs.h>
#include <linnet/slab.h>
#include <linnet/string.h>
#include <linnet/syscalls.h>
#include <linnet/task.h>
#include <linux/inotify.h>
#include "mount.h"
#include "namei.h"

extern int sysctl_protected_hardlinks;

/* --- finding the parent --- */

struct parent_walk {
	struct nameidata nd;
	struct filename *name;
};

/* Referenced nd.path and the last component; ended with parent_end(). */
static int parent_begin(struct parent_walk *w, int dfd, struct filename *name,
			u32 lookup)
{
	int err;
	u32 mode = LOOKUP_RCU;

	w->name = name;
	if (IS_ERR(name))
		return (int)PTR_ERR(name);
	for (;;) {
		nd_init(&w->nd, dfd, lookup | LOOKUP_PARENT | mode, NULL);
		err = walk_parent(&w->nd, name->name);
		if (!err)
			err = nd_unlazy(&w->nd);
		if (!err)
			return 0;
		nd_end(&w->nd);
		if (err != -ECHILD)
			break;
		mode = 0;
	}
	putname(name);
	return err;
}

static void parent_end(struct parent_walk *w)
{
	nd_end(&w->nd);
	putname(w->name);
}

/* --- permission --- */

/* Sticky directories: only the owner of the file or of the directory. */
static bool sticky_forbids(struct inode *dir, struct inode *victim)
{
	u32 fsuid = current_cred()->fsuid;

	return (dir->mode & S_ISVTX) && victim->uid != fsuid &&
	       dir->uid != fsuid && !capable(CAP_FOWNER);
}

static int may_delete(struct inode *dir, struct dentry *d, bool is_dir)
{
	struct inode *victim = d->inode;
	int err;

	if (!victim)
		return -ENOENT;
	err = inode_permission(dir, MAY_WRITE | MAY_EXEC);
	if (err)
		return err;
	if (dir->flags & S_APPEND || sticky_forbids(dir, victim) ||
	    victim->flags & (S_APPEND | S_IMMUTABLE))
		return -EPERM;
	if (is_dir && !S_ISDIR(victim->mode))
		return -ENOTDIR;
	if (!is_dir && S_ISDIR(victim->mode))
		return -EISDIR;
	return dir->flags & S_DEAD ? -ENOENT : 0;
}

/* --- creation --- */

/* Lock the parent and find the free name; undone by create_end(). */
static struct dentry *create_begin(struct parent_walk *w, bool dir_ok)
{
	struct nameidata *nd = &w->nd;
	struct dentry *d;
	int err, err2;

	if (nd->last_type != LAST_NORM)
		return ERR_PTR(-EEXIST);
	err2 = mnt_want_write(nd->path.mnt);
	down_write(&nd->path.dentry->inode->rwsem);
	d = lookup_one_locked(&nd->last, nd->path.dentry,
			      LOOKUP_CREATE | LOOKUP_EXCL);
	err = IS_ERR(d) ? (int)PTR_ERR(d) : 0;
	if (!err && d->inode)
		err = -EEXIST;
	/* "name/" can only become a directory. */
	if (!err && !dir_ok && nd->last_slash)
		err = -ENOENT;
	if (!err)
		err = err2;
	if (!err)
		return d;
	if (!IS_ERR(d))
		dput(d);
	up_write(&nd->path.dentry->inode->rwsem);
	if (!err2)
		mnt_drop_write(nd->path.mnt);
	return ERR_PTR(err);
}

static void create_end(struct parent_walk *w, struct dentry *d)
{
	dput(d);
	up_write(&w->nd.path.dentry->inode->rwsem);
	mnt_drop_write(w->nd.path.mnt);
}

int vfs_mkdir(struct inode *dir, struct dentry *d, u16 mode)
{
	int err = may_create(dir, d);

	if (err)
		return err;
	if (!dir->ops->mkdir)
		return -EPERM;
	err = dir->ops->mkdir(dir, d, mode & (S_IRWXUGO | S_ISVTX));
	if (!err)
		fsnotify(dir, d, IN_CREATE | IN_ISDIR, 0);
	return err;
}

int vfs_mknod(struct inode *dir, struct dentry *d, u16 mode, dev_t dev)
{
	int err = may_create(dir, d);

	if (err)
		return err;
	if ((S_ISCHR(mode) || S_ISBLK(mode)) && !capable(CAP_MKNOD) &&
	    !(S_ISCHR(mode) && !dev))
		return -EPERM;
	if (!dir->ops->mknod)
		return -EPERM;
	err = dir->ops->mknod(dir, d, mode, dev);
	if (!err)
		fsnotify_create(dir, d);
	return err;
}

int vfs_symlink(struct inode *dir, struct dentry *d, const char *target)
{
	int err = may_create(dir, d);

	if (err)
		return err;
	if (!dir->ops->symlink)
		return -EPERM;
	err = dir->ops->symlink(dir, d, target);
	if (!err)
		fsnotify_create(dir, d);
	return err;
}

SYSCALL_DEFINE3(mkdirat, int, dfd, const char __user *, path, u32, mode)
{
	struct parent_walk w;
	struct dentry *d;
	int err = parent_begin(&w, dfd, getname_flags(path, 0), 0);

	if (err)
		return err;
	d = create_begin(&w, true);
	err = IS_ERR(d) ? (int)PTR_ERR(d)
			: vfs_mkdir(w.nd.path.dentry->inode, d,
				    acl_apply_umask(w.nd.path.dentry->inode,
						    mode));
	if (!IS_ERR(d))
		create_end(&w, d);
	parent_end(&w);
	return err;
}

static int do_mknod(struct inode *dir, struct dentry *d, u32 mode, u32 dev)
{
	u16 perm = acl_apply_umask(dir, mode);

	switch (mode & S_IFMT) {
	case 0:
	case S_IFREG: {
		int err = may_create(dir, d);

		if (err)
			return err;
		if (!dir->ops->create)
			return -EACCES;
		err = dir->ops->create(dir, d, (perm & S_IALLUGO) | S_IFREG,
				       true);
		if (!err)
			fsnotify_create(dir, d);
		return err;
	}
	case S_IFCHR:
	case S_IFBLK:
		return vfs_mknod(dir, d, perm, dev_decode(dev));
	default:
		return vfs_mknod(dir, d, perm, 0);
	}
}

SYSCALL_DEFINE4(mknodat, int, dfd, const char __user *, path, u32, mode, u32,
		dev)
{
	struct parent_walk w;
	struct dentry *d;
	int err;

	switch (mode & S_IFMT) {
	case 0:
	case S_IFREG:
	case S_IFCHR:
	case S_IFBLK:
	case S_IFIFO:
	case S_IFSOCK:
		break;
	case S_IFDIR:
		return -EPERM;
	default:
		return -EINVAL;
	}
	err = parent_begin(&w, dfd, getname_flags(path, 0), 0);
	if (err)
		return err;
	d = create_begin(&w, false);
	err = IS_ERR(d) ? (int)PTR_ERR(d)
			: do_mknod(w.nd.path.dentry->inode, d, mode, dev);
	if (!IS_ERR(d))
		create_end(&w, d);
	parent_end(&w);
	return err;
}

SYSCALL_DEFINE3(symlinkat, const char __user *, target, int, dfd,
		const char __user *, path)
{
	struct filename *to = getname_flags(target, 0);
	struct parent_walk w;
	struct dentry *d;
	int err;

	if (IS_ERR(to))
		return PTR_ERR(to);
	err = parent_begin(&w, dfd, getname_flags(path, 0), 0);
	if (err)
		goto put_target;
	d = create_begin(&w, false);
	err = IS_ERR(d) ? (int)PTR_ERR(d)
			: vfs_symlink(w.nd.path.dentry->inode, d, to->name);
	if (!IS_ERR(d))
		create_end(&w, d);
	parent_end(&w);
put_target:
	putname(to);
	return err;
}

/* For the kernel itself (devtmpfs, AF_UNIX): parent locked, name free. */
static struct dentry *path_create(int dfd, struct filename *name,
				  struct path *parent, u32 lookup)
{
	struct parent_walk w;
	struct dentry *d;
	int err = parent_begin(&w, dfd, name, 0);

	if (err)
		return ERR_PTR(err);
	d = create_begin(&w, lookup & LOOKUP_DIRECTORY);
	if (!IS_ERR(d)) {
		*parent = w.nd.path;
		path_get(parent);
	}
	parent_end(&w);
	return d;
}

struct dentry *user_path_create(int dfd, const char __user *name,
				struct path *parent, u32 lookup)
{
	return path_create(dfd, getname_flags(name, 0), parent, lookup);
}

struct dentry *kern_path_create(const char *name, struct path *parent,
				u32 lookup)
{
	return path_create(AT_FDCWD, getname_kernel(name), parent, lookup);
}

void done_path_create(struct path *parent, struct dentry *d)
{
	dput(d);
	up_write(&parent->dentry->inode->rwsem);
	mnt_drop_write(parent->mnt);
	path_put(parent);
}

/* --- hard links --- */

/* fs.protected_hardlinks: only files one owns or could read and write. */
static int may_link(struct inode *inode)
{
	u16 mode = inode->mode;

	if (!sysctl_protected_hardlinks || inode_owner_or_capable(inode))
		return 0;
	if (S_ISREG(mode) && !(mode & S_ISUID) &&
	    (mode & (S_ISGID | S_IXGRP)) != (S_ISGID | S_IXGRP) &&
	    !inode_permission(inode, MAY_READ | MAY_WRITE))
		return 0;
	return -EPERM;
}

int vfs_link(struct dentry *old, struct inode *dir, struct dentry *d)
{
	struct inode *inode = old->inode;
	int err;

	if (!inode)
		return -ENOENT;
	err = may_create(dir, d);
	if (err)
		return err;
	if (dir->sb != inode->sb)
		return -EXDEV;
	if (inode->flags & (S_APPEND | S_IMMUTABLE))
		return -EPERM;
	if (!dir->ops->link || S_ISDIR(inode->mode))
		return -EPERM;
	down_write(&inode->rwsem);
	if (!inode->nlink && !(inode->state & I_LINKABLE))
		err = -ENOENT;
	else
		err = dir->ops->link(old, dir, d);
	up_write(&inode->rwsem);
	if (!err) {
		fsnotify(inode, NULL, IN_ATTRIB, 0);
		fsnotify_create(dir, d);
	}
	return err;
}

SYSCALL_DEFINE5(linkat, int, olddfd, const char __user *, oldname, int, newdfd,
		const char __user *, newname, int, flags)
{
	u32 lookup = 0;
	struct parent_walk w;
	struct path old;
	struct dentry *d;
	int err;

	if (flags & ~(AT_SYMLINK_FOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	if (flags & AT_EMPTY_PATH) {
		if (!capable(CAP_DAC_READ_SEARCH))
			return -ENOENT;
		lookup = LOOKUP_EMPTY;
	}
	if (flags & AT_SYMLINK_FOLLOW)
		lookup |= LOOKUP_FOLLOW;
	err = user_path_at(olddfd, oldname, lookup, &old);
	if (err)
		return err;
	err = parent_begin(&w, newdfd, getname_flags(newname, 0), 0);
	if (err)
		goto put_old;
	d = create_begin(&w, false);
	if (IS_ERR(d)) {
		err = (int)PTR_ERR(d);
	} else {
		err = -EXDEV;
		if (old.mnt == w.nd.path.mnt)
			err = may_link(old.dentry->inode);
		if (!err)
			err = vfs_link(old.dentry, w.nd.path.dentry->inode, d);
		create_end(&w, d);
	}
	parent_end(&w);
put_old:
	path_put(&old);
	return err;
}

/* --- removal --- */

/* Other namespaces do not hinder: detach_mounts() takes theirs away. */
static bool is_mountpoint(const struct dentry *d)
{
	bool r;

	if (likely(!(READ_ONCE(d->flags) & DCACHE_MOUNTED)))
		return false;
	mutex_lock(&mount_lock);
	r = mnt_is_local_mountpoint(d);
	mount_unlock();
	return r;
}

int vfs_unlink(struct inode *dir, struct dentry *d)
{
	struct inode *victim = d->inode;
	int err = may_delete(dir, d, false);

	if (err)
		return err;
	if (!dir->ops->unlink)
		return -EPERM;
	down_write(&victim->rwsem);
	if (is_mountpoint(d))
		err = -EBUSY;
	else
		err = dir->ops->unlink(dir, d);
	up_write(&victim->rwsem);
	if (err)
		return err;
	ihold(victim);
	fsnotify(victim, NULL, IN_ATTRIB, 0);
	d_delete(d);
	detach_mounts(d);
	iput(victim);
	/* After the victim's own last events, as on Linux. */
	fsnotify_name(dir, d->name.name, IN_DELETE, 0);
	return 0;
}

int vfs_rmdir(struct inode *dir, struct dentry *d)
{
	struct inode *victim = d->inode;
	int err = may_delete(dir, d, true);

	if (err)
		return err;
	if (!dir->ops->rmdir)
		return -EPERM;
	dget(d);
	down_write(&victim->rwsem);
	if (is_mountpoint(d))
		err = -EBUSY;
	else
		err = dir->ops->rmdir(dir, d);
	if (!err)
		victim->flags |= S_DEAD;
	up_write(&victim->rwsem);
	if (!err) {
		shrink_dcache_parent(d);
		fsnotify(dir, d, IN_DELETE | IN_ISDIR, 0);
	}
	if (!err) {
		d_delete(d);
		detach_mounts(d);
	}
	dput(d);
	return err;
}

static int remove_name(struct parent_walk *w, bool is_dir)
{
	struct nameidata *nd = &w->nd;
	struct inode *dir = nd->path.dentry->inode, *victim = NULL;
	struct dentry *d;
	int err = mnt_want_write(nd->path.mnt);

	if (err)
		return err;
	down_write(&dir->rwsem);
	d = lookup_one_locked(&nd->last, nd->path.dentry, 0);
	if (IS_ERR(d)) {
		err = (int)PTR_ERR(d);
	} else {
		if (!d->inode)
			err = -ENOENT;
		else if (!is_dir && nd->last_slash)
			err = S_ISDIR(d->inode->mode) ? -EISDIR : -ENOTDIR;
		else
			err = is_dir ? vfs_rmdir(dir, d)
				     : (victim = ihold(d->inode),
					vfs_unlink(dir, d));
		dput(d);
	}
	up_write(&dir->rwsem);
	iput(victim); /* freeing a large file needs no directory lock */
	mnt_drop_write(nd->path.mnt);
	return err;
}

SYSCALL_DEFINE3(unlinkat, int, dfd, const char __user *, path, int, flags)
{
	bool is_dir = flags & AT_REMOVEDIR;
	struct parent_walk w;
	int err;

	if (flags & ~AT_REMOVEDIR)
		return -EINVAL;
	err = parent_begin(&w, dfd, getname_flags(path, 0), 0);
	if (err)
		return err;
	switch (w.nd.last_type) {
	case LAST_NORM:
		err = remove_name(&w, is_dir);
		break;
	case LAST_DOTDOT:
		err = is_dir ? -ENOTEMPTY : -EISDIR;
		break;
	case LAST_DOT:
		err = is_dir ? -EINVAL : -EISDIR;
		break;
	default:
		err = is_dir ? -EBUSY : -EISDIR;
	}
	parent_end(&w);
	return err;
}

/* --- rename --- */

/*
 * Lock both parents. If one is an ancestor of the other, its child on the way
 * is returned in *trap: renaming that one into its own subtree is refused.
 */
static void lock_parents(struct dentry *a, struct dentry *b,
			 struct dentry **trap)
{
	struct dentry *p;

	*trap = NULL;
	if (a == b) {
		down_write(&a->inode->rwsem);
		return;
	}
	mutex_lock(&a->sb->rename_mutex);
	for (p = b; p->parent != p; p = p->parent) {
		if (p->parent == a) { /* a is the ancestor */
			*trap = p;
			down_write(&a->inode->rwsem);
			down_write(&b->inode->rwsem);
			return;
		}
	}
	for (p = a; p->parent != p; p = p->parent)
		if (p->parent == b)
			*trap = p;
	down_write(&b->inode->rwsem);
	down_write(&a->inode->rwsem);
}

static void unlock_parents(struct dentry *a, struct dentry *b)
{
	up_write(&a->inode->rwsem);
	if (a == b)
		return;
	up_write(&b->inode->rwsem);
	mutex_unlock(&a->sb->rename_mutex);
}

/* Victims in address order, after their parents. */
static void lock_pair(struct inode *a, struct inode *b)
{
	if (a > b)
		swap(a, b);
	if (a && a != b)
		down_write(&a->rwsem);
	if (b)
		down_write(&b->rwsem);
}

static void unlock_pair(struct inode *a, struct inode *b)
{
	if (a)
		up_write(&a->rwsem);
	if (b && a != b)
		up_write(&b->rwsem);
}

static u32 rename_cookie;

static void notify_rename(struct inode *old_dir, struct dentry *old,
			  struct inode *new_dir, struct inode *target,
			  const char *old_name)
{
	u32 cookie = atomic_add_return(&rename_cookie, 1);
	u32 dir = S_ISDIR(old->inode->mode) ? IN_ISDIR : 0;

	fsnotify_name(old_dir, old_name, IN_MOVED_FROM | dir, cookie);
	fsnotify(new_dir, old, IN_MOVED_TO | dir, cookie);
	fsnotify(old->inode, NULL, IN_MOVE_SELF, 0);
	if (target)
		fsnotify(target, NULL, IN_ATTRIB, 0);
}

/* Permission and type rules of rename(2). */
static int may_rename(struct inode *old_dir, struct dentry *old,
		      struct inode *new_dir, struct dentry *new, u32 flags)
{
	bool is_dir = S_ISDIR(old->inode->mode);
	bool new_is_dir = new->inode && S_ISDIR(new->inode->mode);
	int err = may_delete(old_dir, old, is_dir);

	if (err)
		return err;
	if (!new->inode) {
		err = may_create(new_dir, new);
	} else {
		err = may_delete(new_dir, new,
				 flags & RENAME_EXCHANGE ? new_is_dir : is_dir);
	}
	if (err)
		return err;
	if (!old_dir->ops->rename)
		return -EPERM;
	/* A directory that changes its parent has its ".." written. */
	if (new_dir != old_dir) {
		if (is_dir)
			err = inode_permission(old->inode, MAY_WRITE);
		if (!err && flags & RENAME_EXCHANGE && new_is_dir)
			err = inode_permission(new->inode, MAY_WRITE);
	}
	return err;
}

static int vfs_rename(struct inode *old_dir, struct dentry *old,
		      struct inode *new_dir, struct dentry *new, u32 flags)
{
	struct inode *source = old->inode, *target = new->inode;
	char *old_name;
	int err;

	if (source == target)
		return 0;
	err = may_rename(old_dir, old, new_dir, new, flags);
	if (err)
		return err;
	old_name = kstrdup(old->name.name, GFP_KERNEL);
	if (!old_name)
		return -ENOMEM;
	dget(new);
	lock_pair(source, target);
	if (is_mountpoint(old) || is_mountpoint(new))
		err = -EBUSY;
	else
		err = old_dir->ops->rename(old_dir, old, new_dir, new, flags);
	if (!err && !(flags & RENAME_EXCHANGE) && target) {
		if (S_ISDIR(source->mode))
			target->flags |= S_DEAD;
	}
	unlock_pair(source, target);
	if (!err) {
		if (flags & RENAME_EXCHANGE)
			d_exchange(old, new);
		else
			d_move(old, new);
		if (!(flags & RENAME_EXCHANGE))
			detach_mounts(new);
		notify_rename(old_dir, old, new_dir,
			      flags & RENAME_EXCHANGE ? NULL : target, old_name);
	}
	dput(new);
	kfree(old_name);
	return err;
}

/* Both parents are locked, both names looked up. */
static int rename_checked(struct parent_walk *from, struct parent_walk *to,
			  struct dentry *old, struct dentry *new,
			  struct dentry *trap, u32 flags)
{
	if (!old->inode)
		return -ENOENT;
	if (flags & RENAME_NOREPLACE && new->inode)
		return -EEXIST;
	if (flags & RENAME_EXCHANGE) {
		if (!new->inode)
			return -ENOENT;
		if (!S_ISDIR(new->inode->mode) && to->nd.last_slash)
			return -ENOTDIR;
	}
	if (!S_ISDIR(old->inode->mode) &&
	    (from->nd.last_slash ||
	     (!(flags & RENAME_EXCHANGE) && to->nd.last_slash)))
		return -ENOTDIR;
	if (old == trap)
		return -EINVAL; /* into its own subtree */
	if (new == trap)
		return flags & RENAME_EXCHANGE ? -EINVAL : -ENOTEMPTY;
	return vfs_rename(from->nd.path.dentry->inode, old,
			  to->nd.path.dentry->inode, new, flags);
}

static int rename_locked(struct parent_walk *from, struct parent_walk *to,
			 u32 flags)
{
	struct dentry *pa = from->nd.path.dentry, *pb = to->nd.path.dentry;
	struct dentry *old, *new, *trap;
	int err;

	lock_parents(pa, pb, &trap);
	old = lookup_one_locked(&from->nd.last, pa, 0);
	if (IS_ERR(old)) {
		err = (int)PTR_ERR(old);
		goto unlock;
	}
	new = lookup_one_locked(&to->nd.last, pb,
				LOOKUP_CREATE | LOOKUP_RENAME_TARGET);
	if (IS_ERR(new)) {
		err = (int)PTR_ERR(new);
	} else {
		err = rename_checked(from, to, old, new, trap, flags);
		dput(new);
	}
	dput(old);
unlock:
	unlock_parents(pa, pb);
	return err;
}

static int do_rename(struct parent_walk *from, struct parent_walk *to, u32 flags)
{
	int err;

	if (from->nd.path.mnt != to->nd.path.mnt)
		return -EXDEV;
	if (from->nd.last_type != LAST_NORM)
		return -EBUSY;
	if (to->nd.last_type != LAST_NORM)
		return flags & RENAME_NOREPLACE ? -EEXIST : -EBUSY;
	err = mnt_want_write(from->nd.path.mnt);
	if (err)
		return err;
	err = rename_locked(from, to, flags);
	mnt_drop_write(from->nd.path.mnt);
	return err;
}

SYSCALL_DEFINE5(renameat2, int, olddfd, const char __user *, oldname, int,
		newdfd, const char __user *, newname, u32, flags)
{
	struct parent_walk from, to;
	int err;

	if (flags & ~(u32)(RENAME_NOREPLACE | RENAME_EXCHANGE | RENAME_WHITEOUT))
		return -EINVAL;
	if (flags & (RENAME_NOREPLACE | RENAME_WHITEOUT) &&
	    flags & RENAME_EXCHANGE)
		return -EINVAL;
	if (flags & RENAME_WHITEOUT && !capable(CAP_MKNOD))
		return -EPERM;
	err = parent_begin(&from, olddfd, getname_flags(oldname, 0), 0);
	if (err)
		return err;
	err = parent_begin(&to, newdfd, getname_flags(newname, 0), 0);
	if (!err) {
		err = do_rename(&from, &to, flags);
		parent_end(&to);
	}
	parent_end(&from);
	return err;
}

long sys_renameat(u64 olddfd, u64 oldname, u64 newdfd, u64 newname);
long sys_renameat(u64 olddfd, u64 oldname, u64 newdfd, u64 newname)
{
	return sys_renameat2(olddfd, oldname, newdfd, newname, 0);
}
