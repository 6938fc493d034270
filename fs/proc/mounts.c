/* The mount tables: /proc/PID/mounts and mountinfo (proc(5) formats). */
#include <linnet/nsproxy.h>
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

static void show_where(struct seq_file *m, struct mount *mnt, char *buf)
{
	struct path p = {mnt, mnt->root};
	char *name = d_path(&p, buf, PATH_MAX);

	seq_escape(m, IS_ERR(name) ? "?" : name, " \t\n");
}

static void show_one(struct seq_file *m, struct mount *mnt, char *buf)
{
	seq_escape(m, mnt->devname, " \t\n");
	seq_putc(m, ' ');
	show_where(m, mnt, buf);
	seq_printf(m, " %s ", mnt->sb->type->name);
	show_flags(m, mnt, true);
	if (mnt->sb->ops->show_options)
		mnt->sb->ops->show_options(m, mnt->root);
	seq_puts(m, " 0 0\n");
}

static void show_info(struct seq_file *m, struct mount *mnt, char *buf)
{
	char *root = dentry_path(mnt->root, buf, PATH_MAX);

	seq_printf(m, "%d %d %u:%u ", mnt->id, mnt->parent->id,
		   dev_major(mnt->sb->dev), dev_minor(mnt->sb->dev));
	seq_escape(m, IS_ERR(root) ? "?" : root, " \t\n");
	seq_putc(m, ' ');
	show_where(m, mnt, buf);
	seq_putc(m, ' ');
	show_flags(m, mnt, false);
	seq_printf(m, " - %s ", mnt->sb->type->name);
	seq_escape(m, mnt->devname, " \t\n");
	seq_puts(m, mnt->sb->flags & SB_RDONLY ? " ro" : " rw");
	if (mnt->sb->ops->show_options)
		mnt->sb->ops->show_options(m, mnt->root);
	seq_putc(m, '\n');
}

/* The tree's hidden bottom is not shown. */
static int show_all(struct seq_file *m,
		    void (*show)(struct seq_file *m, struct mount *mnt, char *buf))
{
	struct mnt_namespace *ns = current->nsproxy->mnt;
	char *buf = kmalloc(PATH_MAX, GFP_KERNEL);
	struct mount *mnt;

	if (!buf)
		return -ENOMEM;
	mutex_lock(&mount_lock);
	list_for_each_entry(mnt, &ns->mounts, list)
		if (mnt != ns->root)
			show(m, mnt, buf);
	mutex_unlock(&mount_lock);
	kfree(buf);
	return 0;
}

int show_mounts(struct seq_file *m, void *v)
{
	return show_all(m, show_one);
}

int show_mountinfo(struct seq_file *m, void *v)
{
	return show_all(m, show_info);
}
