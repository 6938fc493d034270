/*
 * nsfs: namespaces as files.
 *
 * A link of /proc/PID/ns leads to an inode here that holds its namespace: as long
 * as it is open or mounted somewhere the namespace lives, even without a task.
 * Each walk through a link makes an inode of its own; they have the same number.
 */
#include <asm/uaccess.h>
#include <linnet/errno.h>
#include <linnet/fs.h>
#include <linnet/idr.h>
#include <linnet/init.h>
#include <linnet/ns_common.h>
#include <linnet/nsproxy.h>
#include <linnet/printf.h>
#include <linnet/printk.h>
#include <linnet/task.h>
#include <linux/magic.h>
#include <linux/nsfs.h>
#include "internal.h"
#include "mount.h"

/* The first number, as on Linux: no other inode of /proc gets there. */
#define NS_FIRST_INO 0xf0000000u

static struct mount *ns_mount;
static struct idr ns_numbers = IDR_INIT; /* [numbers_lock] */
static DEFINE_SPINLOCK(numbers_lock);

const struct ns_ops *const ns_kinds[] = {&mnt_ns_ops, &uts_ns_ops, NULL};

int ns_common_init(struct ns_common *ns, const struct ns_ops *ops)
{
	int n;

	spin_lock(&numbers_lock);
	n = idr_alloc(&ns_numbers, ns, 0, U32_MAX - NS_FIRST_INO);
	spin_unlock(&numbers_lock);
	if (n < 0)
		return n;
	refcount_set(&ns->refs, 1);
	ns->inum = NS_FIRST_INO + (u32)n;
	ns->ops = ops;
	return 0;
}

void ns_common_free(struct ns_common *ns)
{
	spin_lock(&numbers_lock);
	idr_remove(&ns_numbers, ns->inum - NS_FIRST_INO);
	spin_unlock(&numbers_lock);
}

static long ns_ioctl(struct file *f, u32 cmd, u64 arg)
{
	const struct ns_common *ns = f->inode->private;

	switch (cmd) {
	case NS_GET_NSTYPE:
		return ns->ops->type;
	case NS_GET_USERNS:
		return -EPERM; /* there is only the first one, out of reach */
	case NS_GET_PARENT:
	case NS_GET_OWNER_UID:
		return -EINVAL; /* these kinds have neither */
	default:
		return -ENOTTY;
	}
}

static const struct file_ops ns_fops = {.ioctl = ns_ioctl};

static void ns_evict(struct inode *inode)
{
	struct ns_common *ns = inode->private;

	if (ns)
		ns->ops->put(ns);
}

static char *ns_dname(struct dentry *d, char *buf, int len)
{
	const struct ns_common *ns = d->inode->private;
	int n = snprintf(buf, (size_t)len, "%s:[%u]", ns->ops->name, ns->inum);

	return n < len ? buf : ERR_PTR(-ENAMETOOLONG);
}

static const struct super_ops ns_super_ops = {
	.statfs = simple_statfs,
	.evict_inode = ns_evict,
};

static const struct dentry_ops ns_dops = {
	.dname = ns_dname,
	.delete = always_delete_dentry,
};

static struct ns_common *ns_of_task(struct task *t, const struct ns_ops *ops)
{
	struct ns_common *ns = NULL;

	spin_lock(&t->lock);
	if (t->nsproxy)
		ns = ops->get(t->nsproxy);
	spin_unlock(&t->lock);
	return ns;
}

int ns_get_path(struct path *p, struct task *t, const struct ns_ops *ops)
{
	struct super_block *sb = mount_sb(ns_mount);
	struct ns_common *ns = ns_of_task(t, ops);
	struct inode *inode;
	struct dentry *d;

	if (!ns)
		return -ENOENT;
	inode = new_inode(sb);
	d = inode ? d_alloc_pseudo(sb, ops->name) : NULL;
	if (!d) {
		iput(inode);
		ops->put(ns);
		return -ENOMEM;
	}
	inode->ino = ns->inum;
	inode->mode = S_IFREG | 0444;
	inode->fops = &ns_fops;
	inode->private = ns;
	d_instantiate(d, inode);
	*p = (struct path){mntget(ns_mount), d};
	return 0;
}

int ns_link_text(struct task *t, const struct ns_ops *ops, char *buf, int len)
{
	struct ns_common *ns = ns_of_task(t, ops);
	int n;

	if (!ns)
		return -ENOENT;
	n = snprintf(buf, (size_t)len, "%s:[%u]", ops->name, ns->inum);
	ops->put(ns);
	return n;
}

struct ns_common *ns_of_file(const struct file *f)
{
	return f->ops == &ns_fops ? f->inode->private : NULL;
}

bool is_mnt_ns_file(const struct dentry *d)
{
	const struct ns_common *ns = d->inode->private;

	return d->sb == mount_sb(ns_mount) && ns && ns->ops == &mnt_ns_ops;
}

/*
 * A namespace's file can be mounted to keep it; but one of a mount namespace only
 * in an older one, or two could hold each other for ever.
 */
bool ns_path_bindable(const struct path *p)
{
	if (p->dentry->sb != mount_sb(ns_mount))
		return false;
	return !is_mnt_ns_file(p->dentry) ||
	       mnt_ns_is_younger(p->dentry->inode->private);
}

static int ns_fill(struct super_block *sb, char *data)
{
	struct inode *inode;

	sb->ops = &ns_super_ops;
	sb->dops = &ns_dops;
	sb->magic = NSFS_MAGIC;
	inode = new_inode(sb);
	if (!inode)
		return -ENOMEM;
	inode->mode = S_IFDIR | 0555;
	sb->root = d_make_root(inode);
	return sb->root ? 0 : -ENOMEM;
}

static struct dentry *ns_mount_fs(struct file_system_type *type,
				  struct fs_context_params *p)
{
	return mount_nodev(type, p, ns_fill);
}

static struct file_system_type ns_type = {.name = "nsfs", .mount = ns_mount_fs};

static int __init_text nsfs_init(void)
{
	ns_mount = kern_mount(&ns_type);
	if (IS_ERR(ns_mount))
		panic("no memory for nsfs");
	return 0;
}
fs_initcall(nsfs_init);
