/*
 * /proc/PID/exe, cwd, root, fd/N: links that lead to the object itself, whatever
 * its name is now; readlink() tells the name.
 */
#include <linnet/errno.h>
#include <linnet/fdtable.h>
#include <linnet/slab.h>
#include <linux/limits.h>
#include "proc.h"

static int take_path(struct path *out, const struct path *p)
{
	*out = *p;
	path_get(out);
	return 0;
}

static int exe_path(struct task *t, const struct inode *inode, struct path *p)
{
	struct mm *mm = task_mm_get(t);
	int err = -ENOENT;

	if (mm && mm->exe_file)
		err = take_path(p, &mm->exe_file->path);
	if (mm)
		mm_put(mm);
	return err;
}

static int fs_path(struct task *t, struct path *p, bool root)
{
	int err = -ENOENT;

	spin_lock(&t->lock);
	if (t->fs) {
		if (root)
			get_fs_root(t->fs, p);
		else
			get_fs_pwd(t->fs, p);
		err = 0;
	}
	spin_unlock(&t->lock);
	return err;
}

static int cwd_path(struct task *t, const struct inode *inode, struct path *p)
{
	return fs_path(t, p, false);
}

static int root_path(struct task *t, const struct inode *inode, struct path *p)
{
	return fs_path(t, p, true);
}

static int fd_path(struct task *t, const struct inode *inode, struct path *p)
{
	struct file *f = fget_task(t, PROC_I(inode)->nr);

	if (!f)
		return -ENOENT;
	take_path(p, &f->path);
	fput(f);
	return 0;
}

typedef int (*path_fn)(struct task *t, const struct inode *inode, struct path *p);

static int magic_follow(struct dentry *d, struct path *out, path_fn fn)
{
	struct task *t = proc_traceable_task(d->inode);
	int err;

	if (IS_ERR(t))
		return (int)PTR_ERR(t);
	err = fn(t, d->inode, out);
	task_put(t);
	return err;
}

void proc_free_text(void *p)
{
	kfree(p);
}

/* What readlink() says: the path as text. */
static const char *magic_text(struct dentry *d, struct inode *inode,
			      struct delayed_call *done, path_fn fn)
{
	struct path p;
	char *buf, *name;
	int err;

	if (!d)
		return ERR_PTR(-ECHILD);
	err = magic_follow(d, &p, fn);
	if (err)
		return ERR_PTR(err);
	buf = kmalloc(PATH_MAX, GFP_KERNEL);
	name = buf ? d_path(&p, buf, PATH_MAX) : ERR_PTR(-ENOMEM);
	path_put(&p);
	if (IS_ERR(name)) {
		kfree(buf);
		return name;
	}
	done->fn = proc_free_text;
	done->arg = buf;
	return name;
}

#define MAGIC_LINK(n)                                                          \
	static int n##_follow(struct dentry *d, struct path *out)              \
	{                                                                      \
		return magic_follow(d, out, n##_path);                         \
	}                                                                      \
	static const char *n##_text(struct dentry *d, struct inode *inode,     \
				    struct delayed_call *done)                 \
	{                                                                      \
		return magic_text(d, inode, done, n##_path);                   \
	}                                                                      \
	const struct inode_ops proc_##n##_iops = {.follow_link = n##_follow,   \
						  .get_link = n##_text}
MAGIC_LINK(exe);
MAGIC_LINK(cwd);
MAGIC_LINK(root);
MAGIC_LINK(fd);
