/*
 * umount2(2), and what else takes mounts out of the tree. [N] is mount_lock, as in
 * mount.c.
 */
#include <asm/uaccess.h>
#include <linnet/cred.h>
#include <linnet/errno.h>
#include <linnet/fs.h>
#include <linnet/nsproxy.h>
#include <linnet/syscalls.h>
#include <linnet/task.h>
#include "internal.h"
#include "mount.h"

void umount_tree(struct mount *top, bool propagate)
{
	struct mount *m;
	LIST_HEAD(doomed);

	for_each_mount_below(m, top) {
		m->flags |= MNT_DOOMED;
		list_add_tail(&m->expire, &doomed);
	}
	if (propagate)
		mnt_propagate_umount(&doomed);
	/* What is mounted on others comes after them. */
	while (!list_empty(&doomed)) {
		m = list_last_entry(&doomed, struct mount, expire);
		list_del(&m->expire);
		mnt_detach(m);
	}
}

void detach_mounts(struct dentry *d)
{
	struct mount *m;

	if (!(READ_ONCE(d->flags) & DCACHE_MOUNTED))
		return;
	mutex_lock(&mount_lock);
	while ((m = mnt_first_at(d)))
		umount_tree(m, false);
	mount_unlock();
}

/* The root stays, but nothing is written to its file system any more. */
static int umount_root(struct mount *m)
{
	int err;

	mutex_lock(&mount_lock);
	err = sb_remount(m->sb, m->sb->flags | SB_RDONLY, NULL);
	mount_unlock();
	return err;
}

/* MNT_EXPIRE: the second call in a row without a use in between unmounts. [N] */
static int expire(struct mount *m)
{
	if (mount_has_users(m, 1))
		return -EBUSY;
	if (m->flags & MNT_EXPIRING)
		return 0;
	atomic_or(&m->flags, MNT_EXPIRING);
	return -EAGAIN;
}

/* [N] */
static int umount_locked(struct mount *m, int flags)
{
	int err;

	if (!current_in_ns(m) || !mnt_has_parent(m))
		return -EINVAL; /* somebody was faster, or the bottom */
	if (flags & MNT_EXPIRE) {
		err = expire(m);
		if (err)
			return err;
	}
	if (!(flags & MNT_DETACH) &&
	    (!list_empty(&m->children) || mount_has_users(m, 1) ||
	     mnt_propagation_busy(m)))
		return -EBUSY;
	umount_tree(m, true);
	return 0;
}

static int do_umount(struct path *p, int flags)
{
	struct mount *m = p->mnt;
	struct path root;
	bool is_root;
	int err;

	if (p->dentry != m->root || !current_in_ns(m))
		return -EINVAL;
	get_fs_root(current->fs, &root);
	is_root = root.mnt == m;
	path_put(&root);
	if (flags & MNT_EXPIRE &&
	    (is_root || flags & (MNT_FORCE | MNT_DETACH)))
		return -EINVAL;
	if (is_root && !(flags & MNT_DETACH))
		return umount_root(m);
	mutex_lock(&mount_lock);
	err = umount_locked(m, flags);
	mount_unlock();
	return err;
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
	dput(path.dentry);
	mntput_no_expire(path.mnt);
	return err;
}
