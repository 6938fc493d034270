/*
 * devpts: /dev/pts/N for each pseudo terminal, and /dev/pts/ptmx.
 *
 * Every mount makes a new instance with numbers of its own. Nodes come with
 * devpts_node_new() and go with devpts_node_remove(); users cannot create or
 * remove any. A node belongs to who opened ptmx unless uid= or gid= say
 * otherwise.
 *
 * Lock: the root's rwsem for the directory, devpts->lock for the numbers. The
 * inode's private pointer is stable under the tty layer's tty_mutex.
 */
#include <asm/statfs.h>
#include <linnet/cred.h>
#include <linnet/devpts.h>
#include <linnet/errno.h>
#include <linnet/fs.h>
#include <linnet/idr.h>
#include <linnet/init.h>
#include <linnet/kstrto.h>
#include <linnet/page.h>
#include <linnet/printf.h>
#include <linnet/printk.h>
#include <linnet/seq_file.h>
#include <linnet/slab.h>
#include <linnet/string.h>
#include <linnet/task.h>
#include <linux/limits.h>
#include <linux/magic.h>
#include <linux/major.h>
#include "../internal.h"

enum {
	ROOT_INO = 1, PTMX_INO = 2, FIRST_PTS_INO = 3, DEVPTS_BLOCK = 1024,
	PTMX_MINOR = 2, DEFAULT_MODE = 0600, NR_PTYS_MAX = 4096,
};

struct devpts {
	struct super_block *sb;	   /* [I] */
	bool set_uid, set_gid;	   /* [root rwsem] options */
	uid_t uid;
	gid_t gid;
	u16 mode, ptmx_mode;
	u32 max;
	struct inode *ptmx;	   /* [I] */
	struct mutex lock;
	struct idr indices;	   /* [lock] */
	u32 nr;			   /* [lock] in use */
};

static struct devpts *devpts_of(const struct super_block *sb)
{
	return sb->private;
}

/* --- options --- */

static int parse_option(void *opts, const char *key, const char *value)
{
	struct devpts *d = opts;
	u64 n;

	if (!strcmp(key, "newinstance"))
		return 0;
	if (!value)
		return -EINVAL;
	if (!strcmp(key, "uid") && !kstrtou64(value, 10, &n) && n < U32_MAX) {
		d->uid = (uid_t)n;
		d->set_uid = true;
	} else if (!strcmp(key, "gid") && !kstrtou64(value, 10, &n) &&
		   n < U32_MAX) {
		d->gid = (gid_t)n;
		d->set_gid = true;
	} else if (!strcmp(key, "mode") && !kstrtou64(value, 8, &n)) {
		d->mode = (u16)(n & S_IALLUGO);
	} else if (!strcmp(key, "ptmxmode") && !kstrtou64(value, 8, &n)) {
		d->ptmx_mode = (u16)(n & S_IALLUGO);
	} else if (!strcmp(key, "max") && !kstrtou64(value, 10, &n) &&
		   n <= NR_PTYS_MAX) {
		d->max = (u32)n;
	} else {
		return -EINVAL;
	}
	return 0;
}

static int parse_options(struct devpts *d, char *data)
{
	d->set_uid = d->set_gid = false;
	d->mode = DEFAULT_MODE;
	d->ptmx_mode = 0;
	d->max = NR_PTYS_MAX;
	return parse_mount_options(data, parse_option, d);
}

static int devpts_remount(struct super_block *sb, u32 *flags, char *data)
{
	struct devpts *d = devpts_of(sb), new = {.sb = sb};
	int err = parse_options(&new, data);

	(void)flags;
	if (err)
		return err;
	down_write(&sb->root->inode->rwsem);
	d->set_uid = new.set_uid;
	d->set_gid = new.set_gid;
	d->uid = new.uid;
	d->gid = new.gid;
	d->mode = new.mode;
	d->max = new.max;
	d->ptmx_mode = new.ptmx_mode;
	d->ptmx->mode = (u16)(S_IFCHR | new.ptmx_mode);
	up_write(&sb->root->inode->rwsem);
	return 0;
}

static int devpts_show_options(struct seq_file *m, struct dentry *root)
{
	struct devpts *d = devpts_of(root->sb);

	if (d->set_uid)
		seq_printf(m, ",uid=%u", d->uid);
	if (d->set_gid)
		seq_printf(m, ",gid=%u", d->gid);
	seq_printf(m, ",mode=%03o,ptmxmode=%03o", d->mode, d->ptmx_mode);
	if (d->max < NR_PTYS_MAX)
		seq_printf(m, ",max=%u", d->max);
	return 0;
}

/* --- nodes --- */

static const struct inode_ops node_inode_ops = {0}; /* all defaults */

static struct inode *node_inode(struct super_block *sb, u64 ino, u16 mode,
				dev_t dev)
{
	struct inode *inode = new_inode(sb);

	if (!inode)
		return NULL;
	inode->ino = ino;
	inode_init_owner(inode, NULL, mode);
	inode->atime = inode->mtime = inode->ctime = inode->btime =
		current_time(inode);
	inode->ops = &node_inode_ops;
	init_special_inode(inode, mode, dev);
	return inode;
}

/* Give @inode the name @name in the root: referenced dentry, or NULL.
 * Consumes @inode. */
static struct dentry *add_name(struct super_block *sb, const char *name,
			       struct inode *inode)
{
	struct dentry *root = sb->root, *d;
	struct qstr q = {.name = name, .len = (u32)strlen(name)};

	q.hash = name_hash(root, name, q.len);
	down_write(&root->inode->rwsem);
	d = d_lookup(root, &q); /* a negative one somebody looks at */
	if (!d)
		d = d_alloc(root, &q);
	if (d)
		d_add(d, inode);
	else
		iput(inode);
	up_write(&root->inode->rwsem);
	return d;
}

struct dentry *devpts_node_new(struct devpts *d, u32 index, dev_t dev,
			       void *private)
{
	struct inode *inode;
	struct dentry *node;
	char name[12];

	inode = node_inode(d->sb, FIRST_PTS_INO + index,
			   (u16)(S_IFCHR | d->mode), dev);
	if (!inode)
		return ERR_PTR(-ENOMEM);
	inode->uid = d->set_uid ? d->uid : current_cred()->fsuid;
	inode->gid = d->set_gid ? d->gid : current_cred()->fsgid;
	inode->private = private;
	snprintf(name, sizeof(name), "%u", index);
	node = add_name(d->sb, name, inode);
	if (!node)
		return ERR_PTR(-ENOMEM);
	fsnotify_create(d->sb->root->inode, node);
	return node;
}

void devpts_node_remove(struct devpts *d, struct dentry *node)
{
	struct inode *dir = d->sb->root->inode;

	down_write(&dir->rwsem);
	node->inode->private = NULL;
	clear_nlink(node->inode);
	d_drop(node);
	up_write(&dir->rwsem);
	dput(node);
}

void *devpts_inode_private(const struct inode *inode)
{
	if (inode->sb->magic != DEVPTS_SUPER_MAGIC)
		return NULL;
	return inode->private;
}

int devpts_new_index(struct devpts *d)
{
	int index = -ENOSPC;

	mutex_lock(&d->lock);
	if (d->nr < d->max) {
		index = idr_alloc(&d->indices, d, 0, NR_PTYS_MAX - 1);
		if (index >= 0)
			d->nr++;
	}
	mutex_unlock(&d->lock);
	return index;
}

void devpts_free_index(struct devpts *d, u32 index)
{
	mutex_lock(&d->lock);
	idr_remove(&d->indices, index);
	d->nr--;
	mutex_unlock(&d->lock);
}

/* --- from ptmx to its instance --- */

static bool is_devpts_root(const struct path *p)
{
	return p->dentry->sb->magic == DEVPTS_SUPER_MAGIC &&
	       p->dentry == p->dentry->sb->root;
}

int devpts_of_file(struct file *f, struct path *root)
{
	struct path dir;
	int err;

	if (f->inode->sb->magic == DEVPTS_SUPER_MAGIC) {
		root->mnt = f->path.mnt;
		root->dentry = f->inode->sb->root;
		path_get(root);
		return 0;
	}
	dir.mnt = f->path.mnt;
	dir.dentry = f->path.dentry->parent;
	if (!dir.dentry || !d_is_dir(dir.dentry))
		return -ENODEV;
	path_get(&dir);
	err = vfs_path_lookup(&dir, "pts", LOOKUP_FOLLOW | LOOKUP_DIRECTORY,
			      root);
	path_put(&dir);
	if (err)
		return -ENODEV;
	if (is_devpts_root(root))
		return 0;
	path_put(root);
	return -ENODEV;
}

struct devpts *devpts_get(const struct path *root)
{
	sb_get_active(root->dentry->sb);
	return devpts_of(root->dentry->sb);
}

void devpts_put(struct devpts *d)
{
	deactivate_super(d->sb);
}

/* --- super block --- */

static const struct inode_ops root_inode_ops = {
	.lookup = simple_lookup,
};

static const struct dentry_ops devpts_dentry_ops = {
	.delete = always_delete_dentry,
};

static int devpts_statfs(struct dentry *dentry, struct statfs64 *st)
{
	(void)dentry;
	st->f_type = DEVPTS_SUPER_MAGIC;
	st->f_bsize = st->f_frsize = PAGE_SIZE; /* unlike st_blksize */
	st->f_namelen = NAME_MAX;
	return 0;
}

static void devpts_put_super(struct super_block *sb)
{
	struct devpts *d = devpts_of(sb);

	if (!d)
		return;
	idr_destroy(&d->indices);
	kfree(d);
}

static const struct super_ops devpts_super_ops = {
	.put_super = devpts_put_super,
	.statfs = devpts_statfs,
	.remount = devpts_remount,
	.show_options = devpts_show_options,
};

static struct inode *root_inode(struct super_block *sb)
{
	struct inode *inode = new_inode(sb);

	if (!inode)
		return NULL;
	inode->ino = ROOT_INO;
	inode_init_owner(inode, NULL, S_IFDIR | 0755);
	inode->uid = inode->gid = 0;
	inode->atime = inode->mtime = inode->ctime = inode->btime =
		current_time(inode);
	inc_nlink(inode);
	inode->ops = &root_inode_ops;
	inode->fops = &simple_dir_fops;
	return inode;
}

static int make_ptmx(struct devpts *d)
{
	struct inode *inode = node_inode(d->sb, PTMX_INO,
					 (u16)(S_IFCHR | d->ptmx_mode),
					 dev_make(TTYAUX_MAJOR, PTMX_MINOR));

	if (!inode)
		return -ENOMEM;
	inode->uid = inode->gid = 0;
	d->ptmx = inode;
	/* The name keeps it, and the tree keeps the name: not put here. */
	return add_name(d->sb, "ptmx", inode) ? 0 : -ENOMEM;
}

static int devpts_fill(struct super_block *sb, char *data)
{
	struct devpts *d = kzalloc(sizeof(*d), GFP_KERNEL);
	int err;

	if (!d)
		return -ENOMEM;
	d->sb = sb;
	xa_init(&d->indices.xa);
	mutex_init(&d->lock);
	sb->private = d;
	sb->blocksize = DEVPTS_BLOCK;
	sb->blkbits = 10;
	sb->magic = DEVPTS_SUPER_MAGIC;
	sb->ops = &devpts_super_ops;
	sb->dops = &devpts_dentry_ops;
	err = parse_options(d, data);
	if (err)
		return err;
	sb->root = d_make_root(root_inode(sb));
	return sb->root ? make_ptmx(d) : -ENOMEM;
}

static struct dentry *devpts_mount(struct file_system_type *type,
				   struct fs_context_params *p)
{
	return mount_nodev(type, p, devpts_fill);
}

static struct file_system_type devpts_type = {
	.name = "devpts",
	.flags = FS_USERNS_MOUNT | FS_PINNED_NAMES,
	.mount = devpts_mount,
	.kill_sb = kill_anon_super,
};

static int __init_text devpts_init(void)
{
	return register_filesystem(&devpts_type);
}
fs_initcall(devpts_init);
