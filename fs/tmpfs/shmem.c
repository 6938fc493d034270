/*
 * Files of tmpfs without a name: shared anonymous memory, memfd.
 *
 * They live in an internal mount of their own. Such a file has no link, so it and
 * its memory go with its last user.
 */
#include <linnet/cred.h>
#include <linnet/errno.h>
#include <linnet/init.h>
#include <linnet/printf.h>
#include <linnet/printk.h>
#include <linnet/shmem.h>
#include "tmpfs.h"

static struct mount *shm_mount;

struct file *shmem_file_setup(const char *name, loff_t size, u64 vm_flags)
{
	struct super_block *sb = mount_sb(shm_mount);
	struct inode *inode;
	struct path path;
	struct file *f;

	(void)vm_flags;
	if (size < 0 || size > sb->max_bytes)
		return ERR_PTR(-EINVAL);
	path.mnt = shm_mount;
	path.dentry = d_alloc_pseudo(sb, name);
	if (!path.dentry)
		return ERR_PTR(-ENOMEM);
	inode = tmpfs_new_inode(sb, NULL, S_IFREG | S_IRWXUGO, 0);
	if (!inode) {
		dput(path.dentry);
		return ERR_PTR(-ENOSPC);
	}
	inode->size = size;
	clear_nlink(inode);
	d_instantiate(path.dentry, inode);
	f = dentry_open(&path, O_RDWR | O_LARGEFILE, current_cred());
	dput(path.dentry);
	return f;
}

/* Unnamed files have the name they were made with. */
static char *shmem_dname(struct dentry *d, char *buf, int len)
{
	int n = snprintf(buf, (size_t)len, "/%s (deleted)", d->name.name);

	return n < len ? buf : ERR_PTR(-ENAMETOOLONG);
}

static const struct dentry_ops shmem_dops = {
	.dname = shmem_dname,
	.delete = always_delete_dentry,
};

static int __init_text shmem_init(void)
{
	shm_mount = kern_mount(&rootfs_type);
	if (IS_ERR(shm_mount))
		panic("no memory for shared memory");
	mount_sb(shm_mount)->dops = &shmem_dops;
	return 0;
}
subsys_initcall(shmem_init);
