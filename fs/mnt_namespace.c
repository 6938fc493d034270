/*
 * Mount namespaces: each has a tree of mounts of its own; and the first one,
 * which the kernel makes at boot.
 */
#include <linnet/errno.h>
#include <linnet/fs.h>
#include <linnet/init.h>
#include <linnet/nsproxy.h>
#include <linnet/printk.h>
#include <linnet/slab.h>
#include <linnet/task.h>
#include "internal.h"
#include "mount.h"

static struct mnt_namespace *ns_alloc(void)
{
	struct mnt_namespace *ns = kzalloc(sizeof(*ns), GFP_KERNEL);

	if (!ns)
		return NULL;
	refcount_set(&ns->refs, 1);
	list_init(&ns->mounts);
	wait_queue_init(&ns->poll);
	return ns;
}

struct mnt_namespace *mnt_ns_get(struct mnt_namespace *ns)
{
	refcount_inc(&ns->refs);
	return ns;
}

static void ns_set_root(struct mnt_namespace *ns, struct mount *root)
{
	ns->root = root;
	root->ns = ns;
	list_add(&root->list, &ns->mounts);
	ns->nr++;
}

void mnt_ns_put(struct mnt_namespace *ns)
{
	if (!refcount_dec_and_test(&ns->refs))
		return;
	mutex_lock(&mount_lock);
	list_del(&ns->root->list);
	ns->root->ns = NULL;
	mnt_drop_tree(ns->root);
	mutex_unlock(&mount_lock);
	kfree(ns);
}

/* Where a task's directory is in the copied tree: same mount, counted in
 * order, since a copy is made in the order of the original. [N] */
static struct mount *counterpart(struct mnt_namespace *old,
				 struct mnt_namespace *new, struct mount *m)
{
	struct mount *a, *b = list_first_entry(&new->mounts, struct mount, list);

	list_for_each_entry(a, &old->mounts, list) {
		if (a == m)
			return b;
		b = list_next_entry(b, list);
		if (&b->list == &new->mounts)
			break;
	}
	return NULL;
}

struct mnt_namespace *mnt_ns_copy(struct mnt_namespace *old,
				  struct fs_context *fs)
{
	struct mnt_namespace *ns = ns_alloc();
	struct path paths[2], moved;
	struct mount *root;

	if (!ns)
		return ERR_PTR(-ENOMEM);
	mutex_lock(&mount_lock);
	root = mnt_clone(old->root, old->root->root);
	if (!root || mnt_copy_children(old->root, old->root->root, root)) {
		if (root)
			mnt_drop_tree(root);
		mutex_unlock(&mount_lock);
		kfree(ns);
		return ERR_PTR(-ENOMEM);
	}
	ns_set_root(ns, root);
	mnt_adopt_tree(root);
	mutex_unlock(&mount_lock);
	get_fs_root(fs, &paths[0]);
	get_fs_pwd(fs, &paths[1]);
	for (u32 i = 0; i < 2; i++) {
		moved.mnt = counterpart(old, ns, paths[i].mnt);
		moved.dentry = paths[i].dentry;
		if (moved.mnt && i == 0)
			set_fs_root(fs, &moved);
		else if (moved.mnt)
			set_fs_pwd(fs, &moved);
		path_put(&paths[i]);
	}
	return ns;
}

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
	ns_set_root(ns, bottom);
	mutex_lock(&mount_lock);
	mnt_attach(root, bottom, bottom->root);
	mutex_unlock(&mount_lock);
	init_nsproxy.mnt = ns;
	p = (struct path){root, root->root};
	spin_init(&init_fs.lock);
	init_task.fs = &init_fs;
	set_fs_root(&init_fs, &p);
	set_fs_pwd(&init_fs, &p);
}
