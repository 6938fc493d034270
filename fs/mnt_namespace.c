/*
 * Mount namespaces: each has a tree of mounts of its own; and the first one,
 * which the kernel makes at boot.
 */
#include <linnet/cred.h>
#include <linnet/errno.h>
#include <linnet/fs.h>
#include <linnet/init.h>
#include <linnet/nsproxy.h>
#include <linnet/printk.h>
#include <linnet/slab.h>
#include <linnet/task.h>
#include <linux/sched.h>
#include "internal.h"
#include "mount.h"
#include "namei.h"

static u64 last_born; /* [A] */

static struct mnt_namespace *ns_alloc(void)
{
	struct mnt_namespace *ns = kzalloc(sizeof(*ns), GFP_KERNEL);

	if (!ns)
		return NULL;
	if (ns_common_init(&ns->common, &mnt_ns_ops)) {
		kfree(ns);
		return NULL;
	}
	ns->born = atomic_add_return(&last_born, 1);
	list_init(&ns->mounts);
	wait_queue_init(&ns->poll);
	return ns;
}

static void ns_free(struct mnt_namespace *ns)
{
	ns_common_free(&ns->common);
	kfree(ns);
}

static struct mnt_namespace *to_mnt_ns(const struct ns_common *c)
{
	return container_of(c, struct mnt_namespace, common);
}

struct mnt_namespace *mnt_ns_get(struct mnt_namespace *ns)
{
	refcount_inc(&ns->common.refs);
	return ns;
}

/* Nobody refers to it any more. */
static void ns_end(struct mnt_namespace *ns)
{
	mutex_lock(&mount_lock);
	umount_tree(ns->root, false);
	mount_unlock();
	ns_free(ns);
}

void mnt_ns_put(struct mnt_namespace *ns)
{
	if (refcount_dec_and_test(&ns->common.refs))
		ns_end(ns);
}

static void ns_end_work(struct work *w)
{
	ns_end(container_of(w, struct mnt_namespace, end));
}

/* @slot lies in @old's tree: make it the same place of the copy. [N] */
static void move_along(struct fs_context *fs, const struct mnt_namespace *old,
		       void (*get)(struct fs_context *fs, struct path *p),
		       void (*set)(struct fs_context *fs, const struct path *p))
{
	struct path was, now;

	get(fs, &was);
	if (was.mnt->ns == old) {
		now = (struct path){was.mnt->copy, was.dentry};
		set(fs, &now);
	}
	path_put(&was);
}

/**
 * mnt_ns_copy - a namespace with the mounts of another
 * @old: the other
 * @fs: whose root and working directory move along into the copy
 *
 * The copies are peers of their originals where those are shared.
 *
 * Context: may sleep; takes mount_lock.
 * Return: the namespace, or ERR_PTR(-ENOMEM).
 */
struct mnt_namespace *mnt_ns_copy(struct mnt_namespace *old,
				  struct fs_context *fs)
{
	struct mnt_namespace *ns = ns_alloc();

	if (!ns)
		return ERR_PTR(-ENOMEM);
	mutex_lock(&mount_lock);
	ns->root = mnt_copy_tree(old->root, old->root->root, COPY_UNBINDABLE);
	if (ns->root) {
		mnt_adopt_tree(ns->root, ns);
		move_along(fs, old, get_fs_root, set_fs_root);
		move_along(fs, old, get_fs_pwd, set_fs_pwd);
	}
	mount_unlock();
	if (ns->root)
		return ns;
	ns_free(ns);
	return ERR_PTR(-ENOMEM);
}

bool mnt_ns_is_younger(const struct ns_common *c)
{
	return to_mnt_ns(c)->born > current->nsproxy->mnt->born;
}

/* --- setns(2), /proc/PID/ns/mnt --- */

static struct ns_common *mnt_ns_of(const struct nsproxy *proxy)
{
	return &mnt_ns_get(proxy->mnt)->common;
}

/*
 * With the last file of a namespace that has no task. A worker ends it: the files of
 * others may be mounted in there, in theirs the next, and the stack is short.
 */
static void mnt_ns_put_common(struct ns_common *c)
{
	struct mnt_namespace *ns = to_mnt_ns(c);

	if (!refcount_dec_and_test(&c->refs))
		return;
	work_init(&ns->end, ns_end_work);
	work_queue(&ns->end);
}

/* Threads that share a root would be torn out of their tree. */
static int mnt_ns_may_enter(struct ns_common *c)
{
	(void)c;
	if (!capable(CAP_SYS_CHROOT) || !capable(CAP_SYS_ADMIN))
		return -EPERM;
	return atomic_read(&current->fs->users) == 1 ? 0 : -EINVAL;
}

static void mnt_ns_install(struct nsproxy *proxy, struct ns_common *c)
{
	struct mnt_namespace *old = proxy->mnt;

	proxy->mnt = mnt_ns_get(to_mnt_ns(c));
	mnt_ns_put(old);
}

/* Root and working directory become the top of the tree. */
static void mnt_ns_entered(struct ns_common *c)
{
	struct mount *bottom = to_mnt_ns(c)->root;
	struct path p = {mntget(bottom), dget(bottom->root)};

	step_into_mounts(&p);
	set_fs_root(current->fs, &p);
	set_fs_pwd(current->fs, &p);
	path_put(&p);
}

const struct ns_ops mnt_ns_ops = {
	.name = "mnt",
	.type = CLONE_NEWNS,
	.get = mnt_ns_of,
	.put = mnt_ns_put_common,
	.may_enter = mnt_ns_may_enter,
	.install = mnt_ns_install,
	.entered = mnt_ns_entered,
};

/*
 * The bottom: an empty, hidden rootfs, and on top of it the tmpfs that the
 * initramfs is unpacked into; so that the root can be moved like any mount.
 */
void __init_text vfs_init_early(void)
{
	static struct fs_context init_fs = {.users = 1, .umask = 022};
	struct mnt_namespace *ns;
	struct mount *bottom, *root;
	struct path p;

	dcache_init();
	inode_cache_init();
	file_cache_init();
	ns = mount_cache_init() ? NULL : ns_alloc();
	if (!ns)
		panic("no memory for the root file system");
	bottom = kern_mount(&rootfs_type);
	root = kern_mount(&rootfs_type);
	if (IS_ERR(bottom) || IS_ERR(root))
		panic("cannot make the root file system");
	bottom->flags = root->flags = MNT_RELATIME;
	mutex_lock(&mount_lock);
	mnt_attach(root, bottom, bottom->root);
	ns->root = bottom;
	mnt_adopt_tree(bottom, ns);
	mount_unlock();
	init_nsproxy.mnt = ns;
	p = (struct path){root, root->root};
	spin_init(&init_fs.lock);
	init_task.fs = &init_fs;
	set_fs_root(&init_fs, &p);
	set_fs_pwd(&init_fs, &p);
}
