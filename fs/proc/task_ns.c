/*
 * /proc/PID/ns: a link for each namespace of the task, that leads to the namespace
 * as a file (fs/nsfs.c).
 */
#include <linnet/errno.h>
#include <linnet/ns_common.h>
#include <linnet/slab.h>
#include <linnet/string.h>
#include "proc.h"

enum { NAME_SIZE = 32 };

static int ns_follow(struct dentry *d, struct path *out)
{
	struct task *t = proc_traceable_task(d->inode);
	int err;

	if (IS_ERR(t))
		return (int)PTR_ERR(t);
	err = ns_get_path(out, t, PROC_I(d->inode)->ns);
	task_put(t);
	return err;
}

static const char *ns_text(struct dentry *d, struct inode *inode,
			   struct delayed_call *done)
{
	struct task *t;
	char *text;
	int n;

	if (!d)
		return ERR_PTR(-ECHILD);
	t = proc_traceable_task(inode);
	if (IS_ERR(t))
		return ERR_CAST(t);
	text = kmalloc(NAME_SIZE, GFP_KERNEL);
	n = text ? ns_link_text(t, PROC_I(inode)->ns, text, NAME_SIZE) : -ENOMEM;
	task_put(t);
	if (n < 0) {
		kfree(text);
		return ERR_PTR(n);
	}
	done->fn = proc_free_text;
	done->arg = text;
	return text;
}

static const struct inode_ops ns_link_iops = {.follow_link = ns_follow,
					      .get_link = ns_text};

static struct dentry *ns_lookup(struct inode *dir, struct dentry *d, u32 flags)
{
	const struct ns_ops *const *kind = ns_kinds;
	struct task *t = proc_traceable_task(dir);
	struct inode *inode;

	if (IS_ERR(t))
		return ERR_CAST(t);
	while (*kind && strcmp((*kind)->name, d->name.name))
		kind++;
	if (!*kind) {
		task_put(t);
		return ERR_PTR(-ENOENT);
	}
	inode = proc_task_inode(dir->sb, PROC_I(dir)->pid, t, S_IFLNK | 0777);
	task_put(t);
	if (inode) {
		PROC_I(inode)->ns = *kind;
		inode->ops = &ns_link_iops;
	}
	return proc_add_task_inode(d, inode);
}

static int ns_iterate(struct file *f, struct dir_context *ctx)
{
	struct task *t = proc_traceable_task(f->inode);

	if (IS_ERR(t))
		return (int)PTR_ERR(t);
	task_put(t);
	if (!proc_emit_dots(f, ctx))
		return 0;
	for (; ns_kinds[ctx->pos - 2]; ctx->pos++) {
		const char *name = ns_kinds[ctx->pos - 2]->name;

		if (!dir_emit(ctx, name, (int)strlen(name),
			      (u64)ctx->pos + 3000, S_IFLNK >> 12))
			break;
	}
	return 0;
}

const struct inode_ops proc_ns_dir_iops = {.lookup = ns_lookup};
const struct file_ops proc_ns_dir_fops = {.iterate = ns_iterate,
					  .llseek = generic_llseek};
