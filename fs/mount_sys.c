/*
 * mount(2), pivot_root(2): what the caller may do to the tree of mounts (mount.c).
 * [N] is mount_lock, as there.
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

/*
 * Hold the place that something is to be mounted on: the directory or file cannot
 * go away, and nothing is mounted there. The topmost mount on a path may have
 * changed before the lock was had.
 */
static int lock_mount(struct path *where)
{
	for (;;) {
		struct inode *inode = where->dentry->inode;
		struct mount *m;

		down_write(&inode->rwsem);
		if (inode->flags & S_DEAD ||
		    (where->dentry != where->mnt->root &&
		     d_unhashed(where->dentry))) {
			up_write(&inode->rwsem);
			return -ENOENT;
		}
		mutex_lock(&mount_lock);
		m = lookup_mnt(where);
		if (!m)
			return 0;
		mount_unlock();
		up_write(&inode->rwsem);
		path_put(where);
		where->mnt = m;
		where->dentry = dget(m->root);
	}
}

static void unlock_mount(struct path *where)
{
	up_write(&where->dentry->inode->rwsem);
	mount_unlock();
}

static bool same_kind(const struct dentry *a, const struct dentry *b)
{
	return S_ISDIR(a->inode->mode) == S_ISDIR(b->inode->mode);
}

/* Put a finished mount on top of @where; consumes it on success. [N] */
static int graft(struct mount *m, struct path *where)
{
	if (where->mnt->flags & MNT_INTERNAL || !current_in_ns(where->mnt))
		return -EINVAL;
	if (!same_kind(m->root, where->dentry))
		return -ENOTDIR;
	return mnt_attach_shared(m, where->mnt, where->dentry, false);
}

static int do_new_mount(struct path *where, const char *type_name, u64 ms,
			const char *source, char *data)
{
	struct fs_context_params p = {.source = source, .data = data,
				      .sb_flags = sb_flags_of(ms)};
	struct file_system_type *type = type_name ? get_fs_type(type_name)
						  : NULL;
	struct super_block *sb;
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
	/* Without a mount this ends the file system: its root is given up first. */
	sb = root->sb;
	dput(root);
	deactivate_super(sb);
	if (!m)
		return -ENOMEM;
	err = lock_mount(where);
	if (!err) {
		/* The same file system twice on one place. */
		if (where->mnt->sb == m->sb && where->mnt->root == where->dentry)
			err = -EBUSY;
		else
			err = graft(m, where);
		unlock_mount(where);
	}
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

/* [N] */
static int bind_locked(struct path *where, struct path *src, bool recurse)
{
	struct mount *m;
	int err;

	if (src->mnt->flags & MNT_UNBINDABLE ||
	    (!current_in_ns(src->mnt) && !ns_path_bindable(src)))
		return -EINVAL;
	m = recurse ? mnt_copy_tree(src->mnt, src->dentry, COPY_NS_FILES)
		    : mnt_clone(src->mnt, src->dentry, 0);
	if (!m)
		return -ENOMEM;
	err = graft(m, where);
	if (err)
		mnt_drop_tree(m);
	return err;
}

static bool has_unbindable(struct mount *top)
{
	struct mount *m;

	for_each_mount_below(m, top)
		if (m->flags & MNT_UNBINDABLE)
			return true;
	return false;
}

/* [N] */
static int move_locked(struct path *where, struct path *src, bool recurse)
{
	struct mount *m = src->mnt, *p;

	if (src->dentry != m->root || !mnt_has_parent(m) ||
	    !current_in_ns(m) || !current_in_ns(where->mnt) ||
	    !same_kind(src->dentry, where->dentry) ||
	    m->parent->flags & MNT_SHARED)
		return -EINVAL;
	/* Others would get a copy of what must not be copied. */
	if (where->mnt->flags & MNT_SHARED && has_unbindable(m))
		return -EINVAL;
	for (p = where->mnt; mnt_has_parent(p); p = p->parent)
		if (p == m)
			return -ELOOP;
	return mnt_attach_shared(m, where->mnt, where->dentry, true);
}

/* Bind or move what @from names to @where, by @fn. */
static int do_from(struct path *where, const char *from,
		   int (*fn)(struct path *where, struct path *src, bool recurse),
		   bool recurse)
{
	struct path src;
	int err = source_path(from, &src);

	if (err)
		return err;
	err = lock_mount(where);
	if (!err) {
		err = fn(where, &src, recurse);
		unlock_mount(where);
	}
	path_put(&src);
	return err;
}

enum { ATIME_FLAGS = MNT_NOATIME | MNT_NODIRATIME | MNT_RELATIME };

/* Access times stay as they are, unless the call speaks of them. */
static u32 remount_flags(u64 ms, const struct mount *m)
{
	u32 flags = mnt_flags_of(ms);

	if (ms & (MS_NOATIME | MS_NODIRATIME | MS_RELATIME | MS_STRICTATIME))
		return flags;
	return (flags & ~(u32)ATIME_FLAGS) | (m->flags & ATIME_FLAGS);
}

int sb_remount(struct super_block *sb, u32 sb_flags, char *data)
{
	bool to_ro = sb_flags & SB_RDONLY && !(sb->flags & SB_RDONLY);
	int err = to_ro ? sb_make_readonly(sb) : 0;

	if (err)
		return err;
	if (sb->ops->remount)
		err = sb->ops->remount(sb, &sb_flags, data);
	if (err ? to_ro : !(sb_flags & SB_RDONLY))
		atomic_and(&sb->flags, ~(u32)SB_RDONLY);
	return err;
}

/* MS_REMOUNT: the mount's flags; without MS_BIND the super block's too. */
static int do_remount(struct path *where, u64 ms, char *data)
{
	struct mount *m = where->mnt;
	u32 flags = remount_flags(ms, m);
	int err = 0;

	mutex_lock(&mount_lock);
	if (where->dentry != m->root || !current_in_ns(m))
		err = -EINVAL;
	else if (!(ms & MS_BIND))
		err = sb_remount(m->sb, sb_flags_of(ms), data);
	else if (flags & MNT_READONLY && !(m->flags & MNT_READONLY))
		err = make_readonly(m);
	if (!err) {
		m->flags = (m->flags & ~(u32)MNT_USER_FLAGS) | flags;
		mnt_tree_changed(m->ns);
	}
	mount_unlock();
	return err;
}

/* MS_SHARED, MS_SLAVE, MS_PRIVATE, MS_UNBINDABLE */
static int do_change_type(struct path *where, u64 ms)
{
	u64 type = ms & (MS_PRIVATE | MS_SHARED | MS_SLAVE | MS_UNBINDABLE);
	struct mount *top = where->mnt, *m;
	bool recurse = ms & MS_REC;
	int err = 0;

	if (ms & ~(u64)(MS_REC | MS_SILENT | type) || !is_power_of_2(type) ||
	    where->dentry != top->root)
		return -EINVAL;
	mutex_lock(&mount_lock);
	if (!current_in_ns(top))
		err = -EINVAL;
	else if (type == MS_SHARED)
		err = mnt_groups_alloc(top, recurse);
	if (!err) {
		for (m = top; m; m = recurse ? mnt_next(m, top) : NULL)
			mnt_change_type(m, type);
		mnt_tree_changed(top->ns);
	}
	mount_unlock();
	return err;
}

static int do_mount(struct path *where, const char *source, const char *type,
		    u64 ms, char *data)
{
	if ((ms & MS_MGC_MSK) == MS_MGC_VAL)
		ms &= ~(u64)MS_MGC_MSK;
	if (ms & MS_REMOUNT)
		return do_remount(where, ms, data);
	if (ms & MS_BIND)
		return do_from(where, source, bind_locked, ms & MS_REC);
	if (ms & (MS_SHARED | MS_PRIVATE | MS_SLAVE | MS_UNBINDABLE))
		return do_change_type(where, ms);
	if (ms & MS_MOVE)
		return do_from(where, source, move_locked, true);
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

/* [N]; the place of @put_old is held. */
static int pivot(struct path *new, struct path *put_old, struct path *root)
{
	struct mount *nm = new->mnt, *rm = root->mnt;

	if (put_old->mnt->flags & MNT_SHARED || nm->parent->flags & MNT_SHARED ||
	    rm->parent->flags & MNT_SHARED)
		return -EINVAL;
	if (!current_in_ns(nm) || !current_in_ns(rm))
		return -EINVAL;
	if (d_unhashed(new->dentry) && new->dentry != nm->root)
		return -ENOENT;
	if (nm == rm || put_old->mnt == rm)
		return -EBUSY;
	if (root->dentry != rm->root || new->dentry != nm->root ||
	    !mnt_has_parent(rm) || !mnt_has_parent(nm) ||
	    !mnt_path_below(put_old, new) || !mnt_path_below(new, root))
		return -EINVAL;
	/* The new root takes the old one's place, and gets it on top. */
	mnt_reattach(nm, rm->parent, rm->mountpoint);
	mnt_reattach(rm, put_old->mnt, put_old->dentry);
	return 0;
}

SYSCALL_DEFINE2(pivot_root, const char __user *, unew, const char __user *, uold)
{
	struct path new, old, root;
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
	err = lock_mount(&old);
	if (!err) {
		err = pivot(&new, &old, &root);
		unlock_mount(&old);
	}
	if (!err)
		move_fs_roots(&root, &new);
	path_put(&root);
	path_put(&old);
put_new:
	path_put(&new);
	return err;
}
