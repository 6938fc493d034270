/*
 * The mount tables of a process: /proc/PID/mounts, mountinfo, mountstats, in the
 * formats of proc(5). The namespace and the root are those at open time.
 */
#include <linnet/errno.h>
#include <linnet/nsproxy.h>
#include <linnet/poll.h>
#include <linnet/slab.h>
#include <linux/limits.h>
#include "../mount.h"
#include "proc.h"

static const struct {
	u32 flag;
	const char *text;
} flag_names[] = {
	{MNT_NOSUID, ",nosuid"},	 {MNT_NODEV, ",nodev"},
	{MNT_NOEXEC, ",noexec"},	 {MNT_NOATIME, ",noatime"},
	{MNT_NODIRATIME, ",nodiratime"}, {MNT_RELATIME, ",relatime"},
	{MNT_NOSYMFOLLOW, ",nosymfollow"},
};

static void show_flags(struct seq_file *m, const struct mount *mnt, bool sb)
{
	bool ro = mnt->flags & MNT_READONLY || (sb && mnt->sb->flags & SB_RDONLY);

	seq_puts(m, ro ? "ro" : "rw");
	for (u32 i = 0; i < ARRAY_SIZE(flag_names); i++)
		if (mnt->flags & flag_names[i].flag)
			seq_puts(m, flag_names[i].text);
}

/* An open table: whose it is, and the buffer for names. */
struct mount_table {
	struct mnt_namespace *ns;
	struct path root;
	u64 event; /* the last one that poll() has told */
	void (*show)(struct seq_file *m, struct mount *mnt, struct mount_table *t);
	char name[PATH_MAX];
};

static void show_where(struct seq_file *m, struct mount *mnt,
		       struct mount_table *t)
{
	struct path p = {mnt, mnt->root};
	char *name = d_path_from(&p, &t->root, t->name, PATH_MAX);

	seq_escape(m, IS_ERR(name) ? "?" : name, " \t\n");
}

/* proc(5), fstab(5) */
static void show_one(struct seq_file *m, struct mount *mnt,
		     struct mount_table *t)
{
	seq_escape(m, mnt->devname, " \t\n#");
	seq_putc(m, ' ');
	show_where(m, mnt, t);
	seq_printf(m, " %s ", mnt->sb->type->name);
	show_flags(m, mnt, true);
	if (mnt->sb->ops->show_options)
		mnt->sb->ops->show_options(m, mnt->root);
	seq_puts(m, " 0 0\n");
}

static void show_groups(struct seq_file *m, struct mount *mnt,
			struct mount_table *t)
{
	if (mnt->flags & MNT_SHARED)
		seq_printf(m, " shared:%d", mnt->group_id);
	if (mnt->master) {
		int from = mnt_dominating_group(mnt, &t->root);

		seq_printf(m, " master:%d", mnt->master->group_id);
		if (from && from != mnt->master->group_id)
			seq_printf(m, " propagate_from:%d", from);
	}
	if (mnt->flags & MNT_UNBINDABLE)
		seq_puts(m, " unbindable");
}

static void show_info(struct seq_file *m, struct mount *mnt,
		      struct mount_table *t)
{
	char *root = dentry_path(mnt->root, t->name, PATH_MAX);

	seq_printf(m, "%d %d %u:%u ", mnt->id, mnt->parent->id,
		   dev_major(mnt->sb->dev), dev_minor(mnt->sb->dev));
	seq_escape(m, IS_ERR(root) ? "?" : root, " \t\n");
	seq_putc(m, ' ');
	show_where(m, mnt, t);
	seq_putc(m, ' ');
	show_flags(m, mnt, false);
	show_groups(m, mnt, t);
	seq_printf(m, " - %s ", mnt->sb->type->name);
	seq_escape(m, mnt->devname, " \t\n#");
	seq_puts(m, mnt->sb->flags & SB_RDONLY ? " ro" : " rw");
	if (mnt->sb->ops->show_options)
		mnt->sb->ops->show_options(m, mnt->root);
	seq_putc(m, '\n');
}

static void show_stats(struct seq_file *m, struct mount *mnt,
		       struct mount_table *t)
{
	seq_puts(m, "device ");
	seq_escape(m, mnt->devname, " \t\n#");
	seq_puts(m, " mounted on ");
	show_where(m, mnt, t);
	seq_printf(m, " with fstype %s\n", mnt->sb->type->name);
}

/* The tree's hidden bottom is not shown, nor what the root does not reach. */
static int show_table(struct seq_file *m, void *v)
{
	struct mount_table *t = m->private;
	struct mount *mnt;

	mutex_lock(&mount_lock);
	list_for_each_entry(mnt, &t->ns->mounts, list)
		if (mnt != t->ns->root && mnt_reachable(mnt, &t->root))
			t->show(m, mnt, t);
	mount_unlock();
	return 0;
}

/* The namespace and root of the process, as they are now. */
static int find_tree(const struct inode *inode, struct mount_table *t)
{
	struct task *task = proc_task(inode);
	int err = -EINVAL;

	if (!task)
		return err;
	spin_lock(&task->lock);
	if (task->fs && task->nsproxy) {
		t->ns = mnt_ns_get(task->nsproxy->mnt);
		get_fs_root(task->fs, &t->root);
		err = 0;
	}
	spin_unlock(&task->lock);
	task_put(task);
	return err;
}

static void table_free(struct mount_table *t)
{
	if (t->ns) {
		path_put(&t->root);
		mnt_ns_put(t->ns);
	}
	kfree(t);
}

static int table_open(struct inode *inode, struct file *f,
		      void (*show)(struct seq_file *m, struct mount *mnt,
				   struct mount_table *t))
{
	struct mount_table *t = kzalloc(sizeof(*t), GFP_KERNEL);
	int err;

	if (!t)
		return -ENOMEM;
	t->show = show;
	err = find_tree(inode, t);
	if (!err) {
		t->event = READ_ONCE(t->ns->event);
		err = single_open(f, show_table, t);
	}
	if (err)
		table_free(t);
	return err;
}

static void table_release(struct inode *inode, struct file *f)
{
	struct seq_file *m = f->private;

	table_free(m->private);
	single_release(inode, f);
}

/* Readable always; EPOLLPRI | EPOLLERR tells that the tree has changed. */
static u32 table_poll(struct file *f, struct poll_table *pt)
{
	struct seq_file *m = f->private;
	struct mount_table *t = m->private;
	u32 ready = EPOLLIN | EPOLLRDNORM;
	u64 event;

	poll_wait(f, &t->ns->poll, pt);
	event = READ_ONCE(t->ns->event);
	if (atomic_xchg(&t->event, event) != event)
		ready |= EPOLLERR | EPOLLPRI;
	return ready;
}

static int mounts_open(struct inode *inode, struct file *f)
{
	return table_open(inode, f, show_one);
}

static int mountinfo_open(struct inode *inode, struct file *f)
{
	return table_open(inode, f, show_info);
}

static int mountstats_open(struct inode *inode, struct file *f)
{
	return table_open(inode, f, show_stats);
}

#define TABLE_FOPS(o)                                                          \
	{.open = o, .read_iter = seq_read_iter, .llseek = seq_lseek,           \
	 .poll = table_poll, .release = table_release}
const struct file_ops proc_mounts_fops = TABLE_FOPS(mounts_open);
const struct file_ops proc_mountinfo_fops = TABLE_FOPS(mountinfo_open);
const struct file_ops proc_mountstats_fops = TABLE_FOPS(mountstats_open);
