/*
 * Looking up one name in a directory: the dentry cache, else the file system.
 */
#include <linnet/errno.h>
#include <linnet/fs.h>
#include "namei.h"

/* Ask the file system for a name that is not cached. [dir->rwsem for writing] */
static struct dentry *lookup_real(struct dentry *dir, const struct qstr *name,
				  u32 flags)
{
	struct dentry *d, *other;

	if (dir->inode->flags & S_DEAD)
		return ERR_PTR(-ENOENT);
	d = d_alloc(dir, name);
	if (!d)
		return ERR_PTR(-ENOMEM);
	other = dir->inode->ops->lookup(dir->inode, d, flags);
	if (other) {
		dput(d);
		d = other;
	}
	return d;
}

/* 1 valid; 0: was dropped, look again; errno. */
static int d_revalidate(struct dentry *d, u32 flags)
{
	int r;

	if (likely(!d->ops || !d->ops->revalidate))
		return 1;
	r = d->ops->revalidate(d, flags);
	if (!r)
		d_invalidate(d);
	return r;
}

/* Cached and valid, else from the file system. [dir->rwsem for writing] */
struct dentry *lookup_one_locked(const struct qstr *name, struct dentry *dir,
				 u32 flags)
{
	struct dentry *d = d_lookup(dir, name);
	int r;

	if (d) {
		r = d_revalidate(d, flags);
		if (r > 0)
			return d;
		dput(d);
		if (r < 0)
			return ERR_PTR(r);
	}
	return lookup_real(dir, name, flags);
}

struct dentry *lookup_last(struct nameidata *nd)
{
	struct dentry *dir = nd->path.dentry, *d;
	int r;

	d = d_lookup(dir, &nd->last);
	if (d) {
		r = d_revalidate(d, nd->flags);
		if (r > 0)
			return d;
		dput(d);
		if (r < 0)
			return ERR_PTR(r);
	}
	/* Alone: two that miss at once would make two dentries of one name. */
	down_write(&dir->inode->rwsem);
	d = lookup_one_locked(&nd->last, dir, nd->flags);
	up_write(&dir->inode->rwsem);
	return d;
}
