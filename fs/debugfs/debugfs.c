/*
 * debugfs: files of the kernel's own tools, usually at /sys/kernel/debug.
 *
 * One flat folder that only root may enter. A file is made at boot with the
 * methods of its owner and stays for ever; its name holds the dentry, the
 * first mount the tree. It is there in builds that have something to show
 * (make kcov).
 */
#include <linnet/debugfs.h>
#include <linnet/errno.h>
#include <linnet/fs.h>
#include <linnet/init.h>
#include <linnet/kobject.h>
#include <linnet/printk.h>
#include <linnet/string.h>
#include <linux/magic.h>
#include "../internal.h"

static const struct super_ops debugfs_super_ops = {.statfs = simple_statfs};
static const struct inode_ops root_iops = {.lookup = simple_lookup};
static const struct inode_ops file_iops = {0}; /* all defaults */

static struct mount *debugfs_mnt;

static struct inode *debugfs_inode(struct super_block *sb, u16 mode)
{
	struct inode *inode = new_inode(sb);

	if (!inode)
		return NULL;
	inode->ino = get_next_ino();
	inode_init_owner(inode, NULL, mode);
	inode->uid = inode->gid = 0;
	inode->atime = inode->mtime = inode->ctime = inode->btime =
		current_time(inode);
	return inode;
}

static int debugfs_fill(struct super_block *sb, char *data)
{
	struct inode *root;

	(void)data;
	sb->magic = DEBUGFS_MAGIC;
	sb->ops = &debugfs_super_ops;
	root = debugfs_inode(sb, S_IFDIR | 0700);
	if (!root)
		return -ENOMEM;
	inc_nlink(root);
	root->ops = &root_iops;
	root->fops = &simple_dir_fops;
	sb->root = d_make_root(root);
	return sb->root ? 0 : -ENOMEM;
}

static struct dentry *debugfs_mount(struct file_system_type *type,
				    struct fs_context_params *p)
{
	return mount_single(type, p, debugfs_fill);
}

static struct file_system_type debugfs_type = {
	.name = "debugfs",
	.flags = FS_PINNED_NAMES,
	.mount = debugfs_mount,
	.kill_sb = kill_anon_super,
};

/**
 * debugfs_create_file - add a file
 * @name: in the root folder; lives as long as the kernel
 * @mode: permissions
 * @fops: its methods
 *
 * Context: from device_initcall on; may sleep.
 * Return: 0, -ENODEV without debugfs, -ENOMEM.
 */
int debugfs_create_file(const char *name, u16 mode, const struct file_ops *fops)
{
	struct qstr q = {.name = name, .len = (u32)strlen(name)};
	struct super_block *sb;
	struct inode *inode;
	struct dentry *d;

	if (!debugfs_mnt)
		return -ENODEV;
	sb = mount_sb(debugfs_mnt);
	inode = debugfs_inode(sb, (u16)(S_IFREG | mode));
	if (!inode)
		return -ENOMEM;
	inode->ops = &file_iops;
	inode->fops = fops;
	q.hash = name_hash(sb->root, name, q.len);
	down_write(&sb->root->inode->rwsem);
	d = d_alloc(sb->root, &q);
	if (d)
		d_add(d, inode);
	else
		iput(inode);
	up_write(&sb->root->inode->rwsem);
	return d ? 0 : -ENOMEM;
}

/* The folder it is usually mounted on. */
static int __init_text make_mountpoint(void)
{
	struct kobject *kernel = kobject_find_child(&sys_root, "kernel"), *dir;

	if (!kernel)
		return -ENOENT;
	dir = kobject_create_folder("debug", kernel);
	kobject_put(kernel);
	return IS_ERR(dir) ? (int)PTR_ERR(dir) : 0;
}

static int __init_text debugfs_init(void)
{
	struct mount *m;
	int err = register_filesystem(&debugfs_type);

	if (err)
		return err;
	m = kern_mount(&debugfs_type);
	if (IS_ERR(m))
		return (int)PTR_ERR(m);
	debugfs_mnt = m;
	return make_mountpoint();
}
fs_initcall(debugfs_init);
