/*
 * devtmpfs: a tmpfs that holds a node for every registered device.
 *
 * One instance, however often it is mounted. Drivers announce nodes as they
 * probe; they are made in an internal mount of that instance.
 */
#include <linnet/errno.h>
#include <linnet/fs.h>
#include <linnet/init.h>
#include <linnet/printk.h>
#include <linnet/slab.h>
#include <linnet/string.h>
#include "../internal.h"
#include "../mount.h"

static struct mount *dev_mount;
static struct dentry *(*tmpfs_mount)(struct file_system_type *type,
				     struct fs_context_params *p);

/* One tmpfs instance, made by the first call. */
static struct dentry *devtmpfs_mount(struct file_system_type *type,
				     struct fs_context_params *p)
{
	char opts[] = "mode=0755,size=50%";
	struct fs_context_params own = {.source = p->source, .data = opts};

	if (dev_mount) {
		sb_get_active(dev_mount->sb);
		return dget(dev_mount->root);
	}
	return tmpfs_mount(type, &own);
}

static struct file_system_type devtmpfs_type = {
	.name = "devtmpfs",
	.mount = devtmpfs_mount,
	.kill_sb = kill_anon_super,
};

/* Parent directory of "a/b/c", made if needed; *last: "c". Referenced. */
static struct dentry *walk_to_parent(const char *name, const char **last)
{
	struct dentry *at = dget(dev_mount->root);

	for (;;) {
		const char *slash = strchr(name, '/');
		struct qstr q = {.name = name};
		struct dentry *d;
		int err = 0;

		if (!slash)
			break;
		q.len = (u32)(slash - name);
		q.hash = name_hash(at, name, q.len);
		down_write(&at->inode->rwsem);
		d = d_lookup(at, &q);
		if (!d)
			d = d_alloc(at, &q);
		if (d && !d->inode)
			err = at->inode->ops->mkdir(at->inode, d, 0755);
		up_write(&at->inode->rwsem);
		dput(at);
		if (!d || err) {
			dput(d);
			return ERR_PTR(err ? err : -ENOMEM);
		}
		at = d;
		name = slash + 1;
	}
	*last = name;
	return at;
}

/**
 * devtmpfs_create - make a device node
 * @name: path below /dev; directories are made
 * @mode: S_IFCHR or S_IFBLK with permissions
 *
 * Context: may sleep. Return: 0, -EEXIST, -ENOMEM.
 */
int devtmpfs_create(const char *name, u16 mode, dev_t dev)
{
	struct dentry *dir, *d;
	const char *last = name;
	struct qstr q;
	int err = -ENOMEM;

	if (!dev_mount)
		return -ENODEV;
	dir = walk_to_parent(name, &last);
	if (IS_ERR(dir))
		return (int)PTR_ERR(dir);
	q = (struct qstr){.name = last, .len = (u32)strlen(last)};
	q.hash = name_hash(dir, q.name, q.len);
	down_write(&dir->inode->rwsem);
	d = d_lookup(dir, &q);
	if (!d)
		d = d_alloc(dir, &q);
	if (d)
		err = d->inode ? -EEXIST
			       : dir->inode->ops->mknod(dir->inode, d, mode, dev);
	up_write(&dir->inode->rwsem);
	dput(d);
	dput(dir);
	return err;
}

/* Is it still the node that was made, or something of a user's? */
static bool is_node(const struct dentry *d, u16 mode, dev_t dev)
{
	return d->inode && (d->inode->mode & S_IFMT) == (mode & S_IFMT) &&
	       d->inode->rdev == dev;
}

/**
 * devtmpfs_remove - take a device's node away
 * @name: as it was made
 * @mode: of which the type counts
 * @dev: its number
 *
 * What else a user has put there stays.
 *
 * Context: may sleep. Return: 0, -ENOENT.
 */
int devtmpfs_remove(const char *name, u16 mode, dev_t dev)
{
	struct path p;
	int err = vfs_path_lookup(&(struct path){dev_mount, dev_mount->root},
				  name, 0, &p);
	struct dentry *dir;

	if (err)
		return err;
	dir = dget(p.dentry->parent);
	down_write(&dir->inode->rwsem);
	err = is_node(p.dentry, mode, dev) ? vfs_unlink(dir->inode, p.dentry)
					   : -ENOENT;
	up_write(&dir->inode->rwsem);
	path_put(&p);
	dput(dir);
	return err;
}

static void make_link(const char *name, const char *target)
{
	struct dentry *root = dev_mount->root, *d;
	struct qstr q = {.name = name, .len = (u32)strlen(name)};

	q.hash = name_hash(root, q.name, q.len);
	down_write(&root->inode->rwsem);
	d = d_alloc(root, &q);
	if (d && root->inode->ops->symlink(root->inode, d, target))
		pr_warn("devtmpfs: no memory for %s\n", name);
	up_write(&root->inode->rwsem);
	dput(d);
}

static int __init_text devtmpfs_init(void)
{
	static const char *const dirs[] = {"pts", "shm"};
	struct file_system_type *tmpfs = get_fs_type("tmpfs");
	struct mount *m;

	if (!tmpfs)
		return -ENODEV;
	tmpfs_mount = tmpfs->mount;
	m = kern_mount(&devtmpfs_type);
	if (IS_ERR(m))
		return (int)PTR_ERR(m);
	dev_mount = m;
	for (u32 i = 0; i < ARRAY_SIZE(dirs); i++) {
		struct qstr q = {.name = dirs[i], .len = 3};
		struct dentry *d;

		q.hash = name_hash(m->root, q.name, q.len);
		d = d_alloc(m->root, &q);
		if (d)
			m->root->inode->ops->mkdir(m->root->inode, d, 0755);
		dput(d);
	}
	make_link("fd", "/proc/self/fd");
	make_link("stdin", "/proc/self/fd/0");
	make_link("stdout", "/proc/self/fd/1");
	make_link("stderr", "/proc/self/fd/2");
	return register_filesystem(&devtmpfs_type);
}
subsys_initcall(devtmpfs_init);
