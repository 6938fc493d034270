/*
 * procfs: the kernel's state as files.
 *
 * Fixed entries are tables (info.c, sysctl.c); directories of processes are
 * made on lookup (task.c) and hold a struct pid, not the task: when the process
 * is gone its files fail with ESRCH. Nothing is cached across lookups except
 * dentries, which task entries revalidate.
 */
#include <asm/statfs.h>
#include <linnet/cred.h>
#include <linnet/errno.h>
#include <linnet/init.h>
#include <linnet/slab.h>
#include <linnet/string.h>
#include <linux/magic.h>
#include "proc.h"

static struct kmem_cache *proc_inode_cache;

static struct inode *proc_alloc_inode(struct super_block *sb)
{
	struct proc_inode *p = kmem_cache_zalloc(proc_inode_cache, GFP_KERNEL);

	return p ? &p->inode : NULL;
}

static void proc_free_inode(struct inode *inode)
{
	kmem_cache_free(proc_inode_cache, PROC_I(inode));
}

static void proc_evict_inode(struct inode *inode)
{
	truncate_inode_pages_final(&inode->data);
	pid_put(PROC_I(inode)->pid);
}

static const struct super_ops proc_super_ops = {
	.alloc_inode = proc_alloc_inode,
	.free_inode = proc_free_inode,
	.evict_inode = proc_evict_inode,
	.put_super = proc_put_super,
	.statfs = simple_statfs,
	.remount = proc_remount,
	.show_options = proc_show_options,
};

struct inode *proc_new_inode(struct super_block *sb, u16 mode)
{
	struct inode *inode = new_inode(sb);

	if (!inode)
		return NULL;
	inode->ino = get_next_ino();
	inode->mode = mode;
	inode->atime = inode->mtime = inode->ctime = current_time(inode);
	if (S_ISDIR(mode))
		inode->nlink = 2;
	return inode;
}

/* --- files shown by a function --- */

static int entry_open(struct inode *inode, struct file *f)
{
	const struct proc_entry *e = PROC_I(inode)->entry;

	return single_open(f, e->show, (void *)e->data);
}

/* Root gets past the mode. */
ssize_t proc_no_write(struct kiocb *io, struct iov_iter *from)
{
	return -EIO;
}

static const struct file_ops entry_fops = {
	.open = entry_open,
	.read_iter = seq_read_iter,
	.write_iter = proc_no_write,
	.llseek = seq_lseek,
	.release = single_release,
};

/* --- links made by a function --- */

static void free_link(void *p)
{
	kfree(p);
}

static const char *entry_get_link(struct dentry *d, struct inode *inode,
				  struct delayed_call *done)
{
	const struct proc_entry *e = PROC_I(inode)->entry;
	char *buf;

	if (!d)
		return ERR_PTR(-ECHILD);
	buf = kmalloc(64, GFP_KERNEL);
	if (!buf)
		return ERR_PTR(-ENOMEM);
	done->fn = free_link;
	done->arg = buf;
	return e->link(buf, 64);
}

static const struct inode_ops link_inode_ops = {.get_link = entry_get_link};

/* --- directories --- */

static struct dentry *dir_lookup(struct inode *dir, struct dentry *d,
				 u32 flags);
static const struct inode_ops dir_inode_ops;
static const struct file_ops dir_fops;

/*
 * Tunables go by their bits even for root: what has no write bit is not
 * written. The classes are root, its group, others.
 */
static int sysctl_permission(struct inode *inode, u32 mask)
{
	const struct cred *c = current_cred();
	u32 mode = inode->mode;

	if (!c->euid)
		mode >>= 6;
	else if (in_group(c, 0))
		mode >>= 3;
	return mask & ~mode & (MAY_READ | MAY_WRITE | MAY_EXEC) ? -EACCES : 0;
}

static const struct inode_ops sysctl_dir_iops = {
	.lookup = dir_lookup,
	.permission = sysctl_permission,
};
static const struct inode_ops sysctl_file_iops = {
	.permission = sysctl_permission,
};

static const struct inode_ops *sysctl_ops(const struct inode *dir,
					  const struct proc_entry *e)
{
	if (dir->ops != &sysctl_dir_iops && e->children != proc_sys_entries)
		return NULL;
	return S_ISDIR(e->mode) ? &sysctl_dir_iops : &sysctl_file_iops;
}

int proc_fill_entry(struct inode *dir, struct dentry *d,
		    const struct proc_entry *e)
{
	struct inode *inode = proc_new_inode(dir->sb, e->mode);

	if (!inode)
		return -ENOMEM;
	PROC_I(inode)->entry = e;
	PROC_I(inode)->nr = PROC_I(dir)->nr;
	if (S_ISDIR(e->mode)) {
		inode->ops = e->iops ? e->iops : &dir_inode_ops;
		inode->fops = e->fops ? e->fops : &dir_fops;
	} else if (S_ISLNK(e->mode)) {
		inode->ops = &link_inode_ops;
	} else {
		inode->fops = e->fops ? e->fops : &entry_fops;
	}
	if (sysctl_ops(dir, e))
		inode->ops = sysctl_ops(dir, e);
	d_add(d, inode);
	return 0;
}

static struct dentry *dir_lookup(struct inode *dir, struct dentry *d, u32 flags)
{
	const struct proc_entry *e = PROC_I(dir)->entry->children;

	for (; e->name; e++)
		if (!strcmp(e->name, d->name.name))
			return ERR_PTR(proc_fill_entry(dir, d, e));
	return ERR_PTR(-ENOENT);
}

static int emit_dots(struct file *f, struct dir_context *ctx)
{
	struct dentry *d = f->path.dentry;

	if (ctx->pos == 0) {
		if (!dir_emit(ctx, ".", 1, d->inode->ino, 4))
			return 0;
		ctx->pos = 1;
	}
	if (ctx->pos == 1) {
		if (!dir_emit(ctx, "..", 2, d->parent->inode->ino, 4))
			return 0;
		ctx->pos = 2;
	}
	return 1;
}

int proc_emit_entries(struct file *f, struct dir_context *ctx,
		      const struct proc_entry *e, loff_t base)
{
	loff_t n = base;

	if (base == 2 && !emit_dots(f, ctx))
		return 0;
	for (; e->name; e++, n++) {
		if (n < ctx->pos)
			continue;
		if (!dir_emit(ctx, e->name, (int)strlen(e->name),
			      (u64)n + 1000, e->mode >> 12))
			return 0;
		ctx->pos = n + 1;
	}
	return 1;
}

static int dir_iterate(struct file *f, struct dir_context *ctx)
{
	proc_emit_entries(f, ctx, PROC_I(f->inode)->entry->children, 2);
	return 0;
}

static const struct inode_ops dir_inode_ops = {.lookup = dir_lookup};
static const struct file_ops dir_fops = {
	.iterate = dir_iterate,
	.llseek = generic_llseek,
};

/* --- the root: fixed entries, then processes --- */

static const struct proc_entry *root_entries(const struct inode *dir)
{
	return proc_pids_only(dir) ? proc_task_link_entries : proc_root_entries;
}

static struct dentry *root_lookup(struct inode *dir, struct dentry *d, u32 flags)
{
	const struct proc_entry *e;

	for (e = root_entries(dir); e->name; e++)
		if (!strcmp(e->name, d->name.name))
			return ERR_PTR(proc_fill_entry(dir, d, e));
	return proc_pid_lookup(dir, d);
}

enum { PID_BASE = 1000 }; /* positions from here on are pids + this */

static int root_iterate(struct file *f, struct dir_context *ctx)
{
	if (ctx->pos < PID_BASE) {
		if (!proc_emit_entries(f, ctx, root_entries(f->inode), 2))
			return 0;
		ctx->pos = PID_BASE;
	}
	return proc_pid_iterate(f, ctx, PID_BASE);
}

static const struct inode_ops root_inode_ops = {.lookup = root_lookup};
static const struct file_ops root_fops = {
	.iterate = root_iterate,
	.llseek = generic_llseek,
};

static int proc_fill(struct super_block *sb, char *data)
{
	struct inode *root;
	int err;

	sb->ops = &proc_super_ops;
	sb->magic = PROC_SUPER_MAGIC;
	err = proc_options_init(sb, data);
	if (err)
		return err;
	root = proc_new_inode(sb, S_IFDIR | 0555);
	if (root) {
		root->ino = 1;
		root->ops = &root_inode_ops;
		root->fops = &root_fops;
	}
	sb->root = d_make_root(root);
	return sb->root ? 0 : -ENOMEM;
}

static struct dentry *proc_mount(struct file_system_type *type,
				 struct fs_context_params *p)
{
	return mount_nodev(type, p, proc_fill);
}

static struct file_system_type proc_type = {
	.name = "proc",
	.flags = FS_USERNS_MOUNT,
	.mount = proc_mount,
	.kill_sb = kill_anon_super,
};

static int __init_text proc_init(void)
{
	proc_inode_cache = kmem_cache_create("proc_inode",
					     sizeof(struct proc_inode), 64,
					     SLAB_RECLAIMABLE);
	if (!proc_inode_cache)
		return -ENOMEM;
	return register_filesystem(&proc_type);
}
fs_initcall(proc_init);
