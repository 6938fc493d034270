/*
 * sysfs: see include/linnet/sysfs.h.
 *
 * One instance. Entries are dentries pinned by a reference, made in an internal
 * mount; a file's inode holds its attribute and the data it was made with.
 */
#include <linnet/errno.h>
#include <linnet/init.h>
#include <linnet/printk.h>
#include <linnet/seq_file.h>
#include <linnet/slab.h>
#include <linnet/string.h>
#include <linnet/sysfs.h>
#include <linux/magic.h>
#include "../internal.h"
#include "../mount.h"

struct sysfs_inode {
	struct inode inode;
	const struct sysfs_attr *attr;
	void *data;
};

static struct mount *sys_mount;
static struct kmem_cache *sysfs_inode_cache;

static struct sysfs_inode *SYSFS_I(const struct inode *inode)
{
	return container_of(inode, struct sysfs_inode, inode);
}

static struct inode *sysfs_alloc_inode(struct super_block *sb)
{
	struct sysfs_inode *s = kmem_cache_zalloc(sysfs_inode_cache, GFP_KERNEL);

	return s ? &s->inode : NULL;
}

static void sysfs_free_inode(struct inode *inode)
{
	if (S_ISLNK(inode->mode))
		kfree(inode->link);
	kmem_cache_free(sysfs_inode_cache, SYSFS_I(inode));
}

static const struct super_ops sysfs_super_ops = {
	.alloc_inode = sysfs_alloc_inode,
	.free_inode = sysfs_free_inode,
	.statfs = simple_statfs,
};

static const struct inode_ops dir_iops = {.lookup = simple_lookup};

static struct inode *sysfs_new_inode(struct super_block *sb, u16 mode)
{
	struct inode *inode = new_inode(sb);

	if (!inode)
		return NULL;
	inode->ino = get_next_ino();
	inode->mode = mode;
	inode->atime = inode->mtime = inode->ctime = current_time(inode);
	if (S_ISDIR(mode)) {
		inode->nlink = 2;
		inode->ops = &dir_iops;
		inode->fops = &simple_dir_fops;
	} else {
		inode->size = S_ISREG(mode) ? (loff_t)PAGE_SIZE : 0;
	}
	return inode;
}

/* --- attribute files --- */

static int attr_show(struct seq_file *m, void *v)
{
	struct sysfs_inode *s = SYSFS_I(m->file->inode);

	return s->attr->show(m, s->data);
}

static int attr_open(struct inode *inode, struct file *f)
{
	if (f->mode & FMODE_WRITE && !SYSFS_I(inode)->attr->store)
		return -EACCES;
	return single_open(f, attr_show, NULL);
}

static ssize_t attr_write(struct kiocb *io, struct iov_iter *from)
{
	struct sysfs_inode *s = SYSFS_I(io->file->inode);
	size_t len = min(from->count, PAGE_SIZE - 1);
	char *text = kmalloc(len + 1, GFP_KERNEL);
	int err;

	if (!text)
		return -ENOMEM;
	err = copy_from_iter(text, len, from) == len ? 0 : -EFAULT;
	text[len] = '\0';
	if (!err)
		err = s->attr->store(s->data, text, len);
	kfree(text);
	return err ? err : (ssize_t)len;
}

static const struct file_ops attr_fops = {
	.open = attr_open,
	.read_iter = seq_read_iter,
	.write_iter = attr_write,
	.llseek = seq_lseek,
	.release = single_release,
};

/* --- making entries --- */

/* The child @name of @dir, made by @inode if absent; consumes @inode. A new one
 * is pinned. Returns a reference or ERR_PTR. */
static struct dentry *add_child(struct dentry *dir, const char *name, u32 len,
				struct inode *inode)
{
	struct qstr q = {.name = name, .len = len,
			 .hash = name_hash(dir, name, len)};
	struct dentry *d;

	if (!inode)
		return ERR_PTR(-ENOMEM);
	down_write(&dir->inode->rwsem);
	d = d_lookup(dir, &q);
	if (d && d->inode) {
		dput(d);
		d = ERR_PTR(-EEXIST);
	} else if (!d) {
		d = d_alloc(dir, &q);
	}
	if (!IS_ERR_OR_NULL(d)) {
		d_add(d, inode);
		dget(d);
		if (S_ISDIR(inode->mode))
			inc_nlink(dir->inode);
		inode = NULL;
	}
	up_write(&dir->inode->rwsem);
	iput(inode);
	return d ? d : ERR_PTR(-ENOMEM);
}

/* Directory @path below the root, with its parents; referenced. */
static struct dentry *walk_dirs(const char *path, size_t len)
{
	struct dentry *at = dget(sys_mount->root), *next;
	const char *end = path + len;

	while (path < end) {
		const char *slash = memchr(path, '/', (size_t)(end - path));
		u32 n = (u32)((slash ? slash : end) - path);
		struct qstr q = {.name = path, .len = n,
				 .hash = name_hash(at, path, n)};

		next = d_lookup(at, &q);
		if (!next || !next->inode) {
			if (next)
				dput(next);
			next = add_child(at, path, n,
					 sysfs_new_inode(at->sb, S_IFDIR | 0755));
		}
		dput(at);
		if (IS_ERR(next))
			return next;
		at = next;
		path += n + 1;
	}
	return at;
}

int sysfs_make_dir(const char *path)
{
	struct dentry *d;

	if (!sys_mount)
		return -ENODEV;
	d = walk_dirs(path, strlen(path));
	if (IS_ERR(d))
		return (int)PTR_ERR(d);
	dput(d);
	return 0;
}

static int make_in(const char *dir, size_t len, const char *name,
		   struct inode *inode)
{
	struct dentry *parent = walk_dirs(dir, len), *d;

	if (IS_ERR(parent)) {
		iput(inode);
		return (int)PTR_ERR(parent);
	}
	d = add_child(parent, name, (u32)strlen(name), inode);
	dput(parent);
	if (IS_ERR(d))
		return (int)PTR_ERR(d);
	dput(d);
	return 0;
}

int sysfs_make_file(const char *dir, const struct sysfs_attr *attr, void *data)
{
	struct inode *inode;

	if (!sys_mount)
		return -ENODEV;
	inode = sysfs_new_inode(sys_mount->sb, S_IFREG | attr->mode);
	if (!inode)
		return -ENOMEM;
	inode->fops = &attr_fops;
	SYSFS_I(inode)->attr = attr;
	SYSFS_I(inode)->data = data;
	return make_in(dir, strlen(dir), attr->name, inode);
}

int sysfs_make_link(const char *path, const char *target)
{
	const char *slash = strrchr(path, '/');
	struct inode *inode;

	if (!sys_mount)
		return -ENODEV;
	inode = sysfs_new_inode(sys_mount->sb, S_IFLNK | 0777);
	if (!inode)
		return -ENOMEM;
	inode->link = kstrdup(target, GFP_KERNEL);
	if (!inode->link) {
		iput(inode);
		return -ENOMEM;
	}
	return make_in(path, slash ? (size_t)(slash - path) : 0,
		       slash ? slash + 1 : path, inode);
}

/* --- mounting --- */

static int sysfs_fill(struct super_block *sb, char *data)
{
	sb->ops = &sysfs_super_ops;
	sb->magic = SYSFS_MAGIC;
	sb->root = d_make_root(sysfs_new_inode(sb, S_IFDIR | 0555));
	return sb->root ? 0 : -ENOMEM;
}

static struct dentry *sysfs_mount_fs(struct file_system_type *type,
				     struct fs_context_params *p)
{
	return mount_single(type, p, sysfs_fill);
}

static struct file_system_type sysfs_type = {
	.name = "sysfs",
	.flags = FS_USERNS_MOUNT,
	.mount = sysfs_mount_fs,
	.kill_sb = kill_anon_super,
};

static int __init_text sysfs_init(void)
{
	static const char *const dirs[] = {"block", "bus",	"class",
					   "dev",   "devices",	"firmware",
					   "fs",    "kernel",	"module"};
	struct mount *m;

	sysfs_inode_cache = kmem_cache_create("sysfs_inode",
					      sizeof(struct sysfs_inode), 64, 0);
	if (!sysfs_inode_cache)
		return -ENOMEM;
	m = kern_mount(&sysfs_type);
	if (IS_ERR(m))
		return (int)PTR_ERR(m);
	sys_mount = m;
	for (u32 i = 0; i < ARRAY_SIZE(dirs); i++)
		if (sysfs_make_dir(dirs[i]))
			pr_warn("sysfs: no memory for %s\n", dirs[i]);
	return register_filesystem(&sysfs_type);
}
subsys_initcall(sysfs_init);
