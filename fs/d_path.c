/*
 * From dentries to path names: d_path(), getcwd(2).
 *
 * The name is built from its end, in a buffer, under RCU; a rename or mount
 * meanwhile makes it start again.
 */
#include <asm/uaccess.h>
#include <linnet/errno.h>
#include <linnet/fs.h>
#include <linnet/slab.h>
#include <linnet/string.h>
#include <linnet/syscalls.h>
#include <linnet/task.h>
#include <linux/limits.h>
#include "internal.h"
#include "mount.h"

struct backwards {
	char *at, *start;
};

static bool prepend(struct backwards *b, const char *s, size_t len)
{
	if ((size_t)(b->at - b->start) < len)
		return false;
	b->at -= len;
	memcpy(b->at, s, len);
	return true;
}

static bool prepend_name(struct backwards *b, const struct dentry *d)
{
	u32 len = READ_ONCE(d->name.len);
	const char *name = READ_ONCE(d->name.name);

	/* A racing rename may give one's length with another's text. */
	return prepend(b, name, strnlen(name, len)) && prepend(b, "/", 1);
}

enum walk_end { REACHED_ROOT, REACHED_TOP, DETACHED, TOO_LONG };

/* Up from @p to @root, through mounts. RCU. */
static enum walk_end walk_up(struct backwards *b, const struct path *p,
			     const struct path *root)
{
	struct dentry *d = p->dentry;
	struct mount *m = p->mnt;

	while (d != root->dentry || m != root->mnt) {
		if (d == m->root) {
			if (!mnt_has_parent(m))
				return m->ns ? REACHED_TOP : DETACHED;
			d = READ_ONCE(m->mountpoint);
			m = READ_ONCE(m->parent);
			continue;
		}
		if (READ_ONCE(d->parent) == d)
			return DETACHED;
		if (!prepend_name(b, d))
			return TOO_LONG;
		d = READ_ONCE(d->parent);
	}
	return REACHED_ROOT;
}

static enum walk_end build(struct backwards *b, const struct path *p,
			   const struct path *root, char *end)
{
	enum walk_end r;
	u32 rs, ms;

	do {
		rcu_read_lock();
		rs = seq_read_begin(&rename_seq);
		ms = seq_read_begin(&mount_seq);
		b->at = end;
		r = walk_up(b, p, root);
		rcu_read_unlock();
	} while (seq_read_retry(&rename_seq, rs) ||
		 seq_read_retry(&mount_seq, ms));
	if (b->at == end && r != TOO_LONG && !prepend(b, "/", 1))
		r = TOO_LONG;
	return r;
}

static bool is_deleted(const struct dentry *d)
{
	return d_unhashed(d) && d->parent != d;
}

/* Name as seen from @root; " (deleted)" if it has none any more. */
char *d_path_from(const struct path *p, const struct path *root, char *buf,
		  int len)
{
	struct backwards b = {.start = buf, .at = buf + len};
	char *end;

	if (p->dentry->ops && p->dentry->ops->dname)
		return p->dentry->ops->dname(p->dentry, buf, len);
	if (!prepend(&b, "", 1))
		return ERR_PTR(-ENAMETOOLONG);
	if (is_deleted(p->dentry) && !prepend(&b, " (deleted)", 10))
		return ERR_PTR(-ENAMETOOLONG);
	end = b.at;
	if (build(&b, p, root, end) == TOO_LONG)
		return ERR_PTR(-ENAMETOOLONG);
	return b.at;
}

char *d_path(const struct path *path, char *buf, int len)
{
	struct path root;
	char *r;

	if (!current->fs)
		return ERR_PTR(-ENOENT);
	get_fs_root(current->fs, &root);
	r = d_path_from(path, &root, buf, len);
	path_put(&root);
	return r;
}

/* Inside its own file system, without mounts. */
char *dentry_path(struct dentry *d, char *buf, int len)
{
	struct backwards b = {.start = buf, .at = buf + len};
	char *end;
	u32 seq;
	bool ok;

	if (!prepend(&b, "", 1))
		return ERR_PTR(-ENAMETOOLONG);
	end = b.at;
	do {
		struct dentry *p = d;

		rcu_read_lock();
		seq = seq_read_begin(&rename_seq);
		b.at = end;
		for (ok = true; ok && READ_ONCE(p->parent) != p;
		     p = READ_ONCE(p->parent))
			ok = prepend_name(&b, p);
		rcu_read_unlock();
	} while (seq_read_retry(&rename_seq, seq));
	if (b.at == end && ok)
		ok = prepend(&b, "/", 1);
	return ok ? b.at : ERR_PTR(-ENAMETOOLONG);
}

SYSCALL_DEFINE2(getcwd, char __user *, ubuf, size_t, size)
{
	struct backwards b;
	struct path pwd, root;
	char *buf = kmalloc(PATH_MAX, GFP_KERNEL);
	enum walk_end r;
	long ret;

	if (!buf)
		return -ENOMEM;
	get_fs_pwd(current->fs, &pwd);
	get_fs_root(current->fs, &root);
	b = (struct backwards){.start = buf, .at = buf + PATH_MAX};
	prepend(&b, "", 1);
	ret = -ENOENT;
	if (is_deleted(pwd.dentry))
		goto out;
	r = build(&b, &pwd, &root, b.at);
	if (r == REACHED_TOP || r == DETACHED)
		prepend(&b, "(unreachable)", 13);
	ret = buf + PATH_MAX - b.at;
	if (r == TOO_LONG)
		ret = -ENAMETOOLONG;
	else if ((size_t)ret > size)
		ret = -ERANGE;
	else if (copy_to_user(ubuf, b.at, (size_t)ret))
		ret = -EFAULT;
out:
	path_put(&root);
	path_put(&pwd);
	kfree(buf);
	return ret;
}
