/*
 * Walking paths: from a name to a dentry and the mount it is seen through.
 *
 * A walk goes component by component: permission to search the directory,
 * lookup of the name in the dentry cache or, under the directory's lock, in the
 * file system; then symbolic links and mount points.
 *
 * It is first tried lock-free (LOOKUP_RCU): nothing is referenced on the way,
 * only the final dentry, and two sequence counters tell whether a rename or a
 * mount came between. Whatever cannot be done that way (a name not in the
 * cache, a file system that must be asked) ends the attempt with -ECHILD and
 * the walk starts again with references.
 *
 * openat2 flags: BENEATH and IN_ROOT keep the walk below its start; NO_XDEV,
 * NO_SYMLINKS and NO_MAGICLINKS refuse what they name.
 */
#include <linnet/cred.h>
#include <linnet/errno.h>
#include <linnet/fdtable.h>
#include <linnet/fs.h>
#include <linnet/init.h>
#include <linnet/slab.h>
#include <linnet/string.h>
#include <linnet/task.h>
#include <linux/limits.h>
#include "mount.h"
#include "namei.h"

int may_lookup(struct nameidata *nd, struct inode *dir)
{
	const u16 all = S_IXUSR | S_IXGRP | S_IXOTH;
	u32 mask = MAY_EXEC;

	if (likely(!dir->ops->permission)) {
		/* Whoever it is. */
		if (likely((dir->mode_and_flags & (all | S_ACL << 16)) == all))
			return 0;
		if (!mode_permission(dir, MAY_EXEC))
			return 0;
	}
	if (nd->flags & LOOKUP_RCU)
		mask |= MAY_NOT_BLOCK;
	return inode_permission(dir, mask);
}

/* --- start, end, leaving the lock-free mode --- */

void path_get(const struct path *p)
{
	mntget(p->mnt);
	dget(p->dentry);
}

void path_put(const struct path *p)
{
	dput(p->dentry);
	mntput(p->mnt);
}

void nd_init(struct nameidata *nd, int dfd, u32 flags, const struct path *root)
{
	nd->flags = flags;
	nd->nr_links = 0;
	nd->depth = 0;
	nd->max_depth = ARRAY_SIZE(nd->inline_stack);
	nd->stack = nd->inline_stack;
	nd->dfd = dfd;
	nd->root_held = false;
	nd->root_set = false;
	nd->path.mnt = NULL;
	nd->seen = NULL;
	if (root) {
		nd->root = *root;
		nd->root_set = true;
	}
}

static void drop_links(struct nameidata *nd)
{
	while (nd->depth) {
		struct delayed_call *d = &nd->stack[--nd->depth].done;

		if (d->fn)
			d->fn(d->arg);
	}
}

void nd_end(struct nameidata *nd)
{
	drop_links(nd);
	if (nd->stack != nd->inline_stack)
		kfree(nd->stack);
	if (nd->flags & LOOKUP_RCU) {
		nd->flags &= ~(u32)LOOKUP_RCU;
		rcu_read_unlock();
		return;
	}
	if (nd->path.mnt)
		path_put(&nd->path);
	if (nd->root_held)
		path_put(&nd->root);
	nd->path.mnt = NULL;
	nd->root_held = false;
}

/* Reference nd->path; false if it is dying. RCU held. */
static bool legitimize(struct path *p)
{
	if (!mntget_live(p->mnt))
		return false;
	if (dget_not_dead(p->dentry))
		return true;
	mntput(p->mnt);
	return false;
}

static bool walk_was_clean(const struct nameidata *nd)
{
	return !seq_read_retry(&rename_seq, nd->rename_start) &&
	       !seq_read_retry(&mount_seq, nd->mount_start);
}

int nd_unlazy(struct nameidata *nd)
{
	struct inode *inode;
	bool ok, stale;

	if (!(nd->flags & LOOKUP_RCU))
		return 0;
	ok = legitimize(&nd->path);
	nd->root_held = ok && nd->root_set && legitimize(&nd->root);
	nd->flags &= ~(u32)LOOKUP_RCU;
	rcu_read_unlock();
	if (!ok) {
		nd->path.mnt = NULL;
		return -ECHILD;
	}
	/* With the reference the inode stays: is it the one that was seen? */
	inode = nd->path.dentry->inode;
	stale = !inode || (nd->seen && inode != nd->seen);
	stale |= nd->root_set && !nd->root_held;
	return !stale && walk_was_clean(nd) ? 0 : -ECHILD;
}

static void set_root(struct nameidata *nd)
{
	struct fs_context *fs = current->fs;

	if (nd->root_set)
		return;
	spin_lock(&fs->lock);
	nd->root = fs->root;
	if (!(nd->flags & LOOKUP_RCU)) {
		path_get(&nd->root);
		nd->root_held = true;
	}
	spin_unlock(&fs->lock);
	nd->root_set = true;
}

static int jump_to_root(struct nameidata *nd)
{
	if (nd->flags & LOOKUP_BENEATH)
		return -EXDEV;
	set_root(nd);
	nd->seen = NULL;
	if (nd->flags & LOOKUP_RCU) {
		nd->path = nd->root;
		return 0;
	}
	path_get(&nd->root);
	if (nd->path.mnt)
		path_put(&nd->path);
	nd->path = nd->root;
	return 0;
}

static int start_at_fd(struct nameidata *nd, const char *name)
{
	struct fd f = fdget_raw((u32)nd->dfd);
	int err = 0;

	if (!f.file)
		return -EBADF;
	if (*name && !S_ISDIR(f.file->inode->mode)) {
		err = -ENOTDIR;
	} else {
		nd->path = f.file->path;
		if (!(nd->flags & LOOKUP_RCU))
			path_get(&nd->path);
	}
	/* In RCU mode the file may be closed meanwhile: its path is freed
	 * after a grace period. */
	fdput(f);
	return err;
}

static int nd_start(struct nameidata *nd, const char *name)
{
	int err = 0;

	if (nd->flags & LOOKUP_RCU) {
		rcu_read_lock();
		nd->rename_start = seq_read_begin(&rename_seq);
		nd->mount_start = seq_read_begin(&mount_seq);
	}
	nd->path.mnt = NULL;
	nd->last_type = LAST_ROOT;
	nd->last_slash = false;
	if (*name == '/' && !(nd->flags & LOOKUP_IN_ROOT))
		return jump_to_root(nd);
	if (nd->root_set && nd->dfd == AT_FDCWD && !(nd->flags & LOOKUP_IN_ROOT)) {
		nd->path = nd->root;
		if (!(nd->flags & LOOKUP_RCU))
			path_get(&nd->path);
		return 0;
	}
	if (nd->dfd == AT_FDCWD) {
		struct fs_context *fs = current->fs;

		spin_lock(&fs->lock);
		nd->path = fs->pwd;
		if (!(nd->flags & LOOKUP_RCU))
			path_get(&nd->path);
		spin_unlock(&fs->lock);
	} else {
		err = start_at_fd(nd, name);
	}
	if (!err && nd->flags & (LOOKUP_BENEATH | LOOKUP_IN_ROOT)) {
		nd->root = nd->path;
		nd->root_set = true;
		if (!(nd->flags & LOOKUP_RCU)) {
			path_get(&nd->root);
			nd->root_held = true;
		}
	}
	return err;
}

/* --- mounts --- */

/* Reference mode: replace *p by the root of what is mounted there. */
void step_into_mounts(struct path *p)
{
	while (READ_ONCE(p->dentry->flags) & DCACHE_MOUNTED) {
		struct mount *m = lookup_mnt(p);

		if (!m)
			return;
		dput(p->dentry);
		mntput(p->mnt);
		p->mnt = m;
		p->dentry = dget(m->root);
	}
}

static void step_into_mounts_rcu(struct path *p)
{
	while (READ_ONCE(p->dentry->flags) & DCACHE_MOUNTED) {
		struct mount *m = lookup_mnt_rcu(p->mnt, p->dentry);

		if (!m)
			return;
		p->mnt = m;
		p->dentry = m->root;
	}
}

static bool at_root(const struct nameidata *nd)
{
	return nd->path.dentry == nd->root.dentry && nd->path.mnt == nd->root.mnt;
}

/* From the root of a mount to where it is mounted; false at the very top. */
static bool step_up_mount(struct nameidata *nd)
{
	struct mount *m = nd->path.mnt;
	struct path up;

	if (!mnt_has_parent(m))
		return false;
	if (nd->flags & LOOKUP_RCU) {
		nd->path.dentry = READ_ONCE(m->mountpoint);
		nd->path.mnt = READ_ONCE(m->parent);
		return true;
	}
	mutex_lock(&mount_lock);
	up.mnt = mntget(m->parent);
	up.dentry = dget(m->mountpoint);
	mount_unlock();
	path_put(&nd->path);
	nd->path = up;
	return true;
}

int nd_dotdot(struct nameidata *nd)
{
	set_root(nd);
	nd->seen = NULL;
	for (;;) {
		if (at_root(nd))
			return nd->flags & LOOKUP_BENEATH ? -EXDEV : 0;
		if (nd->path.dentry != nd->path.mnt->root)
			break;
		if (nd->flags & LOOKUP_NO_XDEV && mnt_has_parent(nd->path.mnt))
			return -EXDEV;
		if (!step_up_mount(nd))
			return 0;
	}
	if (nd->flags & LOOKUP_RCU) {
		nd->path.dentry = READ_ONCE(nd->path.dentry->parent);
		step_into_mounts_rcu(&nd->path);
	} else {
		struct dentry *old = nd->path.dentry;

		spin_lock(&rename_lock); /* the parent must not change now */
		nd->path.dentry = dget(old->parent);
		spin_unlock(&rename_lock);
		dput(old);
		step_into_mounts(&nd->path);
	}
	return 0;
}

/* --- one component --- */

static int grow_stack(struct nameidata *nd)
{
	struct saved_link *s;

	if (nd->depth < nd->max_depth)
		return 0;
	if (nd->flags & LOOKUP_RCU)
		return -ECHILD;
	s = kmalloc(MAX_NESTED_LINKS * sizeof(*s), GFP_KERNEL);
	if (!s)
		return -ENOMEM;
	memcpy(s, nd->stack, nd->depth * sizeof(*s));
	nd->stack = s;
	nd->max_depth = MAX_NESTED_LINKS;
	return 0;
}

/* /proc/PID/fd/N and the like: the walk continues from another place. */
static int follow_magic(struct nameidata *nd, struct dentry *link)
{
	struct path to;
	int err;

	if (nd->flags & (LOOKUP_RCU))
		return -ECHILD;
	if (nd->flags & LOOKUP_NO_MAGICLINKS)
		return -ELOOP;
	if (nd->flags & (LOOKUP_BENEATH | LOOKUP_IN_ROOT))
		return -EXDEV;
	err = link->inode->ops->follow_link(link, &to);
	if (err)
		return err;
	if (nd->flags & LOOKUP_NO_XDEV && to.mnt != nd->path.mnt) {
		path_put(&to);
		return -EXDEV;
	}
	path_put(&nd->path);
	nd->path = to;
	return 0;
}

/*
 * fs.protected_symlinks: in a sticky world-writable directory a link at the end of
 * a path is only followed by its owner, or if it belongs to the directory's owner.
 */
extern int sysctl_protected_symlinks;

/* Is nothing left of the path, and of those that links on the way stood in? */
static bool path_ends(const struct nameidata *nd, const char *rest)
{
	u32 i = nd->depth;

	while (!*rest && i)
		rest = nd->stack[--i].rest;
	return !*rest;
}

static int may_follow(struct nameidata *nd, const struct inode *link,
		      const char *rest)
{
	const struct inode *dir = nd->path.dentry->inode;

	if (!sysctl_protected_symlinks || current_cred()->fsuid == link->uid)
		return 0;
	if (!path_ends(nd, rest))
		return 0;
	if ((dir->mode & (S_ISVTX | S_IWOTH)) != (S_ISVTX | S_IWOTH) ||
	    dir->uid == link->uid)
		return 0;
	return nd->flags & LOOKUP_RCU ? -ECHILD : -EACCES;
}

/**
 * follow_link - begin to walk a symbolic link's target
 * @link: found in nd->path; in reference mode the caller keeps its reference
 * @rest: in: the path behind the link; out: the target, or NULL if a magic
 *	link has already moved nd->path and @rest before applies
 *
 * Return: 0, -ELOOP, -ECHILD (lock-free mode), or an error of the link.
 */
int follow_link(struct nameidata *nd, struct dentry *link, const char **rest)
{
	struct inode *inode = READ_ONCE(link->inode);
	struct delayed_call done = {NULL, NULL};
	struct path at = {nd->path.mnt, link};
	const char *target;
	int err;

	if (!inode)
		return nd->flags & LOOKUP_RCU ? -ECHILD : -ENOENT;
	if (nd->flags & LOOKUP_NO_SYMLINKS || nd->nr_links++ >= MAX_NESTED_LINKS)
		return -ELOOP;
	if (nd->path.mnt->flags & MNT_NOSYMFOLLOW)
		return -ELOOP;
	err = may_follow(nd, inode, *rest);
	if (!err)
		err = grow_stack(nd);
	if (err)
		return err;
	if (!(nd->flags & LOOKUP_RCU))
		touch_atime(&at);
	else if (may_update_atime(inode, at.mnt))
		return -ECHILD;
	if (inode->ops->follow_link) {
		err = follow_magic(nd, link);
		if (err)
			return err;
		target = NULL;
	} else {
		target = inode->link && !inode->ops->get_link
				 ? inode->link
				 : inode->ops->get_link(
					   nd->flags & LOOKUP_RCU ? NULL : link,
					   inode, &done);
		if (IS_ERR(target))
			return (int)PTR_ERR(target);
		if (!*target) {
			if (done.fn)
				done.fn(done.arg);
			return -ENOENT;
		}
	}
	nd->stack[nd->depth].rest = *rest;
	nd->stack[nd->depth].done = done;
	nd->depth++;
	if (target && *target == '/') {
		if (nd->flags & LOOKUP_NO_XDEV) {
			set_root(nd);
			if (nd->root.mnt != nd->path.mnt)
				return -EXDEV;
		}
		err = jump_to_root(nd);
		if (err)
			return err;
	}
	*rest = target ? target : "";
	return 0;
}

/* The next component into nd->last; where it ends. */
static const char *next_component(struct nameidata *nd, const char *name)
{
	const char *end = name_scan(nd->path.dentry, name, &nd->last);

	nd->last_type = LAST_NORM;
	if (unlikely(name[0] == '.')) {
		if (nd->last.len == 1)
			nd->last_type = LAST_DOT;
		else if (nd->last.len == 2 && name[1] == '.')
			nd->last_type = LAST_DOTDOT;
	}
	return end;
}

/* Move to the child nd->last. 0; 1: it is a link, *link holds it. */
static int step_child_rcu(struct nameidata *nd, struct dentry **link)
{
	struct dentry *d = d_lookup_rcu(nd->path.dentry, &nd->last);
	struct path p;

	if (unlikely(!d || (d->ops && d->ops->revalidate)))
		return -ECHILD;
	if (unlikely(!READ_ONCE(d->inode)))
		return walk_was_clean(nd) ? -ENOENT : -ECHILD;
	if (READ_ONCE(d->flags) & DCACHE_SYMLINK) {
		*link = d;
		return 1;
	}
	p = (struct path){nd->path.mnt, d};
	step_into_mounts_rcu(&p);
	if (unlikely(p.mnt != nd->path.mnt && (nd->flags & LOOKUP_NO_XDEV)))
		return -EXDEV;
	nd->path = p;
	return 0;
}

static int step_child_ref(struct nameidata *nd, struct dentry **link)
{
	struct dentry *d = lookup_last(nd);
	struct path p;

	if (IS_ERR(d))
		return (int)PTR_ERR(d);
	if (d_is_negative(d)) {
		dput(d);
		return -ENOENT;
	}
	if (d->flags & DCACHE_SYMLINK) {
		*link = d;
		return 1;
	}
	p.mnt = mntget(nd->path.mnt);
	p.dentry = d;
	step_into_mounts(&p);
	if (p.mnt != nd->path.mnt && (nd->flags & LOOKUP_NO_XDEV)) {
		path_put(&p);
		return -EXDEV;
	}
	path_put(&nd->path);
	nd->path = p;
	return 0;
}

/*
 * Step onto nd->last. @rest is what follows it; with @follow a link is
 * entered and *rest becomes its target.
 */
__no_canary static int step(struct nameidata *nd, const char **rest, bool follow)
{
	bool rcu = nd->flags & LOOKUP_RCU;
	struct dentry *link = NULL;
	int r;

	nd->seen = NULL;
	if (nd->last_type == LAST_DOT)
		return 0;
	if (nd->last_type == LAST_DOTDOT)
		return nd_dotdot(nd);
	r = rcu ? step_child_rcu(nd, &link) : step_child_ref(nd, &link);
	if (r <= 0)
		return r;
	if (follow) {
		r = follow_link(nd, link, rest);
		if (!rcu)
			dput(link);
		return r;
	}
	if (nd->flags & LOOKUP_NO_SYMLINKS && !(nd->flags & LOOKUP_PARENT)) {
		if (!rcu)
			dput(link);
		return -ELOOP;
	}
	if (rcu) {
		nd->path.dentry = link;
	} else {
		dput(nd->path.dentry);
		nd->path.dentry = link;
	}
	return 0;
}

/* After the end of a link's target the outer path goes on. */
static const char *pop_link(struct nameidata *nd)
{
	struct saved_link *l = &nd->stack[--nd->depth];

	if (l->done.fn)
		l->done.fn(l->done.arg);
	return l->rest;
}

/**
 * walk_rest - walk @name from nd->path; its last component stays in nd->last
 *
 * Return: 0; then nd->path is the directory and nd->last, nd->last_type and
 * nd->last_slash describe what is left (LAST_ROOT: nothing). The text of
 * nd->last is valid until nd_end().
 */
int walk_rest(struct nameidata *nd, const char *name)
{
	for (;;) {
		const char *end;
		struct inode *dir;
		int err;

		while (*name == '/')
			name++;
		while (!*name) {
			if (!nd->depth)
				return 0;
			/* A link as the last component: no more to walk. */
			name = pop_link(nd);
			while (*name == '/')
				name++;
			if (!*name && !nd->depth)
				return 0;
		}
		dir = READ_ONCE(nd->path.dentry->inode);
		if (unlikely(!dir || !S_ISDIR(dir->mode)))
			return nd->flags & LOOKUP_RCU && !dir ? -ECHILD : -ENOTDIR;
		err = may_lookup(nd, dir);
		if (err)
			return err;
		end = next_component(nd, name);
		if (nd->last.len > NAME_MAX)
			return -ENAMETOOLONG;
		name = end;
		while (*name == '/')
			name++;
		if (!*name && !nd->depth) {
			nd->last_slash = name != end;
			nd->seen = dir;
			return 0; /* the last one is the caller's */
		}
		if (!*name) {
			/* Last of a link's target, but the path goes on? */
			const char *outer = nd->stack[nd->depth - 1].rest;
			u32 d = nd->depth - 1;

			while (!*outer && d > 0)
				outer = nd->stack[--d].rest;
			if (!*outer) {
				nd->last_slash = name != end || nd->last_slash;
				nd->seen = dir;
				return 0;
			}
		}
		nd->last_slash = false;
		err = step(nd, &name, true);
		if (err)
			return err;
	}
}

int walk_parent(struct nameidata *nd, const char *name)
{
	int err = nd_start(nd, name);

	return err ? err : walk_rest(nd, name);
}

/* Finish a lookup: step onto the last component, following links as asked. */
static int walk_last(struct nameidata *nd)
{
	for (;;) {
		const char *rest = "";
		bool follow = nd->flags & LOOKUP_FOLLOW || nd->last_slash;
		u32 depth = nd->depth;
		int err;

		if (nd->last_type == LAST_ROOT)
			return 0;
		err = step(nd, &rest, follow);
		if (err)
			return err;
		if (nd->depth == depth)
			return 0;
		nd->last_type = LAST_ROOT;
		err = walk_rest(nd, rest);
		if (err)
			return err;
	}
}

/* Hand the result over: nd->path, referenced. */
static int finish_walk(struct nameidata *nd, struct path *path)
{
	struct inode *inode;
	int err = nd_unlazy(nd);

	if (err)
		return err;
	inode = nd->path.dentry->inode;
	if ((nd->flags & LOOKUP_DIRECTORY || nd->last_slash) &&
	    !(inode && S_ISDIR(inode->mode)))
		return -ENOTDIR;
	if (nd->flags & (LOOKUP_BENEATH | LOOKUP_IN_ROOT) &&
	    !path_is_under(&nd->path, &nd->root))
		return -EXDEV;
	*path = nd->path;
	nd->path.mnt = NULL;
	return 0;
}

static int lookup_once(int dfd, const char *name, u32 flags, struct path *path,
		       const struct path *root)
{
	struct nameidata nd;
	int err;

	nd_init(&nd, dfd, flags, root);
	err = walk_parent(&nd, name);
	if (!err)
		err = walk_last(&nd);
	if (!err)
		err = finish_walk(&nd, path);
	nd_end(&nd);
	return err;
}

static int path_lookup(int dfd, const char *name, u32 flags, struct path *path,
		       const struct path *root)
{
	int err = lookup_once(dfd, name, flags | LOOKUP_RCU, path, root);

	if (unlikely(err == -ECHILD))
		err = flags & LOOKUP_CACHED
			      ? -EAGAIN
			      : lookup_once(dfd, name, flags, path, root);
	/* A rename or mount in the reference walk's way: just again. */
	while (err == -ECHILD)
		err = lookup_once(dfd, name, flags, path, root);
	return err;
}

int filename_lookup(int dfd, struct filename *name, u32 flags,
		    struct path *path, const struct path *root)
{
	if (IS_ERR(name))
		return (int)PTR_ERR(name);
	return path_lookup(dfd, name->name, flags, path, root);
}

int user_path_at(int dfd, const char __user *name, u32 lookup, struct path *p)
{
	struct filename *f = getname_flags(name, lookup);
	int err = filename_lookup(dfd, f, lookup & ~(u32)LOOKUP_EMPTY, p, NULL);

	putname(f);
	return err;
}

int kern_path(const char *name, u32 lookup, struct path *p)
{
	return path_lookup(AT_FDCWD, name, lookup, p, NULL);
}

int vfs_path_lookup(const struct path *base, const char *name, u32 flags,
		    struct path *path)
{
	return path_lookup(AT_FDCWD, name, flags, path, base);
}
