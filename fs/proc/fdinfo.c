/*
 * /proc/PID/fdinfo/N: position and flags of an open descriptor.
 *
 * The listing is fd/'s own (task.c).
 */
#include <linnet/errno.h>
#include <linnet/fdtable.h>
#include <linnet/kstrto.h>
#include "../internal.h"
#include "../mount.h"
#include "proc.h"

static bool fd_closes_on_exec(struct task *t, u32 fd)
{
	struct fdtable *fdt;
	bool on = false;

	spin_lock(&t->lock);
	rcu_read_lock();
	fdt = t->files ? rcu_dereference(t->files->fdt) : NULL;
	if (fdt && fd < fdt->max)
		on = READ_ONCE(fdt->close_on_exec[fd / 64]) >> fd % 64 & 1;
	rcu_read_unlock();
	spin_unlock(&t->lock);
	return on;
}

static int fdinfo_show(struct seq_file *m, void *v)
{
	struct inode *inode = m->file->inode;
	struct task *t = proc_traceable_task(inode);
	u32 fd = PROC_I(inode)->nr, flags;
	struct file *f;

	if (IS_ERR(t))
		return (int)PTR_ERR(t);
	f = fget_task(t, fd);
	if (!f) {
		task_put(t);
		return -ENOENT;
	}
	flags = (f->flags & ~(u32)O_CLOEXEC) |
		(fd_closes_on_exec(t, fd) ? O_CLOEXEC : 0);
	seq_printf(m, "pos:\t%ld\nflags:\t0%o\nmnt_id:\t%d\nino:\t%lu\n", f->pos,
		   flags, f->path.mnt->id, f->inode->ino);
	file_show_locks(m, f);
	if (f->ops->show_fdinfo)
		f->ops->show_fdinfo(m, f);
	fput(f);
	task_put(t);
	return 0;
}

static int fdinfo_open(struct inode *inode, struct file *f)
{
	return single_open(f, fdinfo_show, NULL);
}

static const struct file_ops fdinfo_fops = {
	.open = fdinfo_open,
	.read_iter = seq_read_iter,
	.llseek = seq_lseek,
	.release = single_release,
};

static struct dentry *fdinfo_lookup(struct inode *dir, struct dentry *d,
				    u32 flags)
{
	struct task *t = proc_traceable_task(dir);
	struct inode *inode = NULL;
	struct file *f;
	u64 fd;

	if (IS_ERR(t))
		return ERR_CAST(t);
	f = kstrtou64(d->name.name, 10, &fd) || fd > U32_MAX
		    ? NULL : fget_task(t, (u32)fd);
	if (f)
		inode = proc_task_inode(dir->sb, PROC_I(dir)->pid, t,
					S_IFREG | 0444);
	task_put(t);
	if (!f)
		return ERR_PTR(-ENOENT);
	fput(f);
	if (inode) {
		PROC_I(inode)->nr = (u32)fd;
		inode->fops = &fdinfo_fops;
	}
	return proc_add_task_inode(d, inode);
}

/* Who may look into the process, whatever the mode says. */
static int fdinfo_permission(struct inode *inode, u32 mask)
{
	struct task *t;

	if (mask & MAY_NOT_BLOCK)
		return -ECHILD;
	t = proc_traceable_task(inode);
	if (IS_ERR(t))
		return (int)PTR_ERR(t);
	task_put(t);
	return generic_permission(inode, mask);
}

const struct inode_ops proc_fdinfo_iops = {
	.lookup = fdinfo_lookup,
	.permission = fdinfo_permission,
};
