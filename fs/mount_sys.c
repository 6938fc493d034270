/*
 * mount(2), umount2(2), pivot_root(2): what the caller may do to the tree of
 * mounts (mount.c). [N] is mount_lock, as there.
 */
#include <asm/uaccess.h>
#include <linnet/cred.h>
#include <linnet/errno.h>
#include <linnet/fs.h>
#include <linnet/nsproxy.h>
#include <linnet/slab.h>
#include <linnet/string.h>
#include <linnet/syscalls.h>
#include <linnet/task.h>
#include <linux/mount.h>
#include "internal.h"
#include "mount.h"
#include "namei.h"

/* --- flags --- */

static u32 mnt_flags_of(u64 ms)
{
	static const struct {
		u64 ms;
		u32 mnt;
	} map[] = {{MS_NOSUID, MNT_NOSUID}, {MS_NODEV, MNT_NODEV},
		   {MS_NOEXEC, MNT_NOEXEC}, {MS_NOATIME, MNT_NOATIME},
		   {MS_NODIRATIME, MNT_NODIRATIME}, {MS_RDONLY, MNT_READONLY},
		   {MS_NOSYMFOLLOW, MNT_NOSYMFOLLOW}};
	u32 f = 0;

	for (u32 i = 0; i < ARRAY_SIZE(map); i++)
		if (ms & map[i].ms)
			f |= map[i].mnt;
	if (!(ms & (MS_NOATIME | MS_STRICTATIME)))
		f |= MNT_RELATIME;
	return f;
}

static u32 sb_flags_of(u64 ms)
{
	return (u32)ms & (SB_RDONLY | SB_SYNCHRONOUS | SB_MANDLOCK |
			  SB_DIRSYNC | SB_SILENT | SB_POSIXACL | SB_LAZYTIME);
}

/* Read-only from now on, unless somebody writes. [N] */
static int make_readonly(struct mount *m)
{
	atomic_or(&m->flags, MNT_READONLY);
	smp_mb(); /* pairs with mnt_want_write() */
	if (!atomic_read(&m->writers))
		return 0;
	atomic_and(&m->flags, ~(u32)MNT_READONLY);
	return -EBUSY;
}

/* --- mount(2) --- */

/* Put a finished mount on top of @where; consumes it on success. [N] */
static int graft(struct mount *m, struct path *where)
{
	if (where->mnt->flags & MNT_INTERNAL || !current_in_ns(where->mnt))
		return -EINVAL;
	if (S_ISDIR(m->root->inode->mode) !=
	    S_ISDIR(where->dentry->inode->mode))
		return -ENOTDIR;
	if (where->dentry != where->mnt->root && d_unhashed(where->dentry))
		return -ENOENT;
	mnt_attach(m, where->mnt, where->dentry);
	return 0;
}

/* The topmost mount on a path may have changed before the lock was had. */
static void lock_mount(struct path *where)
{
	mutex_lock(&mount_lock);
	for (;;) {
		struct mount *m = lookup_mnt(where);

		if (!m)
			return;
		path_put(where);
		where->mnt = m;
		where->dentry = dget(m->root);
	}
}

static int do_new_mount(struct path *where, const char *type_name, u64 ms,
			const char *source, char *data)
{
	struct fs_context_params p = {.source = source, .data = data,
				      .sb_flags = sb_flags_of(ms)};
	struct file_system_type *type = type_name ? get_fs_type(type_name)
						  : NULL;
	struct dentry *root;
	struct mount *m;
	int err;

	if (!type_name)
		return -EINVAL;
	if (!type)
		return -ENODEV;
	root = type->mount(type, &p);
	if (IS_ERR(root))
		return (int)PTR_ERR(root);
	m = mnt_alloc(root->sb, root, source);
	if (m)
		m->flags = mnt_flags_of(ms);
	deactivate_super(root->sb);
	dput(root);
	if (!m)
		return -ENOMEM;
	lock_mount(where);
	/* The same file system twice on one place (Linux refuses it too). */
	if (where->mnt->sb == m->sb && where->mnt->root == where->dentry)
		err = -EBUSY;
	else
		err = graft(m, where);
	mutex_unlock(&mount_lock);
	if (err)
		mntput(m);
	return err;
}

/* The existing mount or directory that a bind or move names. */
static int source_path(const char *from, struct path *src)
{
	if (!from || !*from)
		return -EINVAL;
	return kern_path(from, LOOKUP_FOLLOW, src);
}

static int do_bind(struct path *where, const char *from, bool recurse)
{
	struct path src;
	struct mount *m;
	int err;

	err = source_path(from, &src);
	if (err)
		return err;
	lock_mount(where);
	err = -EINVAL;
	if (!current_in_ns(src.mnt) || src.mnt->flags & MNT_UNBINDABLE)
		goto out;
	err = -ENOMEM;
	m = mnt_clone(src.mnt, src.dentry);
	if (!m)
		goto out;
	err = recurse ? mnt_copy_children(src.mnt, src.dentry, m) : 0;
	if (!err)
		err = graft(m, where);
	if (err)
		mnt_drop_tree(m);
	else
		mnt_adopt_tree(m);
out:
	mutex_unlock(&mount_lock);
	path_put(&src);
	return err;
}

static int do_move(struct path *where, const char *from)
{
	struct path src, old = {NULL, NULL};
	struct mount *p;
	int err;

	err = source_path(from, &src);
	if (err)
		return err;
	lock_mount(where);
	err = -EINVAL;
	if (src.dentry != src.mnt->root || !mnt_has_parent(src.mnt) ||
	    !current_in_ns(src.mnt) || !current_in_ns(where->mnt))
		goto out;
	if (S_ISDIR(src.dentry->inode->mode) !=
	    S_ISDIR(where->dentry->inode->mode))
		goto out;
	err = -ELOOP;
	for (p = where->mnt; mnt_has_parent(p); p = p->parent)
		if (p == src.mnt)
			goto out;
	mnt_detach(src.mnt, &old);
	mnt_attach(src.mnt, where->mnt, where->dentry);
	err = 0;
out:
	mutex_unlock(&mount_lock);
	if (old.mnt)
		path_put(&old);
	path_put(&src);
	return err;
}

/* MS_REMOUNT: the mount's flags; without MS_BIND the super block's too. */
static int do_remount(struct path *where, u64 ms, char *data)
{
	struct super_block *sb = where->mnt->sb;
	struct mount *m = where->mnt;
	u32 flags = mnt_flags_of(ms), sb_flags = sb_flags_of(ms);
	int err = 0;

	if (where->dentry != m->root)
		return -EINVAL;
	mutex_lock(&mount_lock);
	if (!(ms & MS_BIND)) {
		if (sb_flags & SB_RDONLY && !(sb->flags & SB_RDONLY) &&
		    atomic_read(&m->writers))
			err = -EBUSY;
		if (!err && sb->ops->remount)
			err = sb->ops->remount(sb, &sb_flags, data);
		if (!err)
			sb->flags = (sb->flags & ~(u32)SB_RDONLY) |
				    (sb_flags & SB_RDONLY);
	} else if (flags & MNT_READONLY && !(m->flags & MNT_READONLY)) {
		err = make_readonly(m);
	}
	if (!err) {
		m->flags = (m->flags & ~(u32)MNT_USER_FLAGS) | flags;
		if (m->ns)
			mnt_tree_changed(m->ns);
	}
	mutex_unlock(&mount_lock);
	return err;
}

/* MS_PRIVATE and MS_UNBINDABLE; sharing needs what containers bring. */
static int do_change_type(struct path *where, u64 ms)
{
	u64 type = ms & (MS_PRIVATE | MS_SHARED | MS_SLAVE | MS_UNBINDABLE);
	struct mount *m, *next;
	LIST_HEAD(all);

	if (ms & ~(u64)(MS_REC | MS_SILENT | type) || !is_power_of_2(type) ||
	    where->dentry != where->mnt->root)
		return -EINVAL;
	if (type == MS_SHARED || type == MS_SLAVE)
		return -EINVAL;
	mutex_lock(&mount_lock);
	if (ms & MS_REC)
		mnt_collect(where->mnt, &all);
	else
		list_add(&where->mnt->expire, &all);
	list_for_each_entry_safe(m, next, &all, expire) {
		list_del(&m->expire);
		if (type == MS_UNBINDABLE)
			m->flags |= MNT_UNBINDABLE;
		else
			m->flags &= ~(u32)MNT_UNBINDABLE;
	}
	mutex_unlock(&mount_lock);
	return 0;
}

static int do_mount(struct path *where, const char *source, const char *type,
		    u64 ms, char *data)
{
	if ((ms & MS_MGC_MSK) == MS_MGC_VAL)
		ms &= ~(u64)MS_MGC_MSK;
	if (ms & MS_REMOUNT)
		return do_remount(where, ms, data);
	if (ms & MS_BIND)
		return do_bind(where, source, ms & MS_REC);
	if (ms & (MS_SHARED | MS_PRIVATE | MS_SLAVE | MS_UNBINDABLE))
		return do_change_type(where, ms);
	if (ms & MS_MOVE)
		return do_move(where, source);
	return do_new_mount(where, type, ms, source, data);
}

int kern_mount_at(const char *dev, const char *dir, const char *type, u32 flags,
		  const char *data)
{
	char *copy = data ? kstrdup(data, GFP_KERNEL) : NULL;
	struct path where;
	int err = kern_path(dir, LOOKUP_FOLLOW, &where);

	if (!err) {
		err = do_mount(&where, dev, type, flags, copy);
		path_put(&where);
	}
	kfree(copy);
	return err;
}

/* A page of option text; may be shorter at the end of memory. */
static char *copy_mount_data(const void __user *data)
{
	char *copy;
	size_t left;

	if (!data)
		return NULL;
	copy = kzalloc(PAGE_SIZE, GFP_KERNEL);
	if (!copy)
		return ERR_PTR(-ENOMEM);
	left = raw_copy_from_user(copy, data, PAGE_SIZE);
	if (left == PAGE_SIZE) {
		kfree(copy);
		return ERR_PTR(-EFAULT);
	}
	copy[PAGE_SIZE - 1] = '\0';
	return copy;
}

SYSCALL_DEFINE5(mount, const char __user *, usource, const char __user *, udir,
		const char __user *, utype, u64, flags, void __user *, udata)
{
	char *type = utype ? strndup_user(utype, PAGE_SIZE) : NULL;
	char *source = usource ? strndup_user(usource, PAGE_SIZE) : NULL;
	char *data = copy_mount_data(udata);
	struct path where;
	int err;

	err = IS_ERR(type) ? (int)PTR_ERR(type)
	      : IS_ERR(source) ? (int)PTR_ERR(source)
	      : IS_ERR(data) ? (int)PTR_ERR(data) : 0;
	if (!err)
		err = user_path_at(AT_FDCWD, udir, LOOKUP_FOLLOW, &where);
	if (!err) {
		err = capable(CAP_SYS_ADMIN)
			      ? do_mount(&where, source, type, flags, data)
			      : -EPERM;
		path_put(&where);
	}
	if (!IS_ERR(type))
		kfree(type);
	if (!IS_ERR(source))
		kfree(source);
	if (!IS_ERR(data))
		kfree(data);
	return err;
}

/* --- umount(2) --- */

/* Users beyond the tree and @extra (the caller's own)? [N] */
static bool mount_busy(const struct mount *m, u32 extra)
{
	u32 children = 0;
	struct mount *c;

	list_for_each_entry(c, &m->children, child)
		children++;
	return children || atomic_read(&m->refs) > 1 + extra;
}

static int do_umount(struct path *p, int flags)
{
	struct mount *m = p->mnt, *next;
	struct path old;
	LIST_HEAD(all);
	LIST_HEAD(gone);

	if (p->dentry != m->root || !mnt_has_parent(m) || !current_in_ns(m))
		return -EINVAL;
	if (flags & MNT_EXPIRE)
		return flags & (MNT_FORCE | MNT_DETACH) ? -EINVAL : -EAGAIN;
	mutex_lock(&mount_lock);
	if (!(flags & MNT_DETACH) && mount_busy(m, 1)) {
		mutex_unlock(&mount_lock);
		return -EBUSY;
	}
	mnt_collect(m, &all);
	while (!list_empty(&all)) {
		struct mount *last = list_last_entry(&all, struct mount, expire);

		list_del(&last->expire);
		mnt_detach(last, &old);
		/* Put after the lock is dropped: may shut a file system. */
		last->parent = old.mnt;
		last->mountpoint = old.dentry;
		list_add_tail(&last->expire, &gone);
	}
	mutex_unlock(&mount_lock);
	list_for_each_entry_safe(m, next, &gone, expire) {
		old = (struct path){m->parent, m->mountpoint};
		list_del(&m->expire);
		m->parent = m;
		m->mountpoint = m->root;
		path_put(&old);
		mntput(m);
	}
	return 0;
}

SYSCALL_DEFINE2(umount, const char __user *, name, int, flags)
{
	struct path path;
	int err;

	if (flags & ~(MNT_FORCE | MNT_DETACH | MNT_EXPIRE | UMOUNT_NOFOLLOW))
		return -EINVAL;
	err = user_path_at(AT_FDCWD, name,
			   flags & UMOUNT_NOFOLLOW ? 0 : LOOKUP_FOLLOW, &path);
	if (err)
		return err;
	err = capable(CAP_SYS_ADMIN) ? do_umount(&path, flags) : -EPERM;
	path_put(&path);
	return err;
}

/* --- pivot_root(2) --- */

/* Tasks whose root or directory is the old root move along. */
static void move_fs_roots(const struct path *from, const struct path *to)
{
	struct task *p, *t;

	spin_lock(&tasklist_lock);
	for_each_process(p) {
		for_each_thread(p, t) {
			spin_lock(&t->lock);
			if (t->fs)
				fs_context_replace(t->fs, from, to);
			spin_unlock(&t->lock);
		}
	}
	spin_unlock(&tasklist_lock);
}

/* @inside: @put_old lies below @new. */
static int pivot(struct path *new, struct path *put_old, struct path *root,
		 bool inside)
{
	struct mount *nm = new->mnt, *rm = root->mnt;
	struct path at_new, at_root;

	if (!current_in_ns(nm) || !current_in_ns(rm))
		return -EINVAL;
	if (nm == rm || put_old->mnt == rm)
		return -EBUSY;
	if (root->dentry != rm->root || new->dentry != nm->root ||
	    !mnt_has_parent(rm) || !mnt_has_parent(nm) || !inside)
		return -EINVAL;
	mnt_detach(nm, &at_new);
	mnt_detach(rm, &at_root);
	/* From the top down: a mount gets its parent's namespace. */
	mnt_attach(nm, at_root.mnt, at_root.dentry);
	mnt_attach(rm, put_old->mnt, put_old->dentry);
	path_put(&at_new);
	path_put(&at_root);
	return 0;
}

SYSCALL_DEFINE2(pivot_root, const char __user *, unew, const char __user *, uold)
{
	struct path new, old, root;
	bool inside;
	int err;

	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	err = user_path_at(AT_FDCWD, unew, LOOKUP_FOLLOW | LOOKUP_DIRECTORY, &new);
	if (err)
		return err;
	err = user_path_at(AT_FDCWD, uold, LOOKUP_FOLLOW | LOOKUP_DIRECTORY, &old);
	if (err)
		goto put_new;
	get_fs_root(current->fs, &root);
	inside = path_is_under(&old, &new);
	mutex_lock(&mount_lock);
	err = pivot(&new, &old, &root, inside);
	mutex_unlock(&mount_lock);
	if (!err)
		move_fs_roots(&root, &new);
	path_put(&root);
	path_put(&old);
put_new:
	path_put(&new);
	return err;
}
