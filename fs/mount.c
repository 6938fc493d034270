/*
 * Mounts: the tree of attached file systems.
 *
 * A mount attaches the tree of a super block at a dentry of its parent mount.
 * Walks find it in a hash table by (parent, mountpoint) under RCU, checked with
 * mount_seq. A mount is kept alive by its users and, while attached, by the
 * tree; umount(2) refuses while there are users unless MNT_DETACH, which takes
 * it out of the tree at once and lets it go with its last user.
 *
 * Locks: mount_lock (mutex) for every change of the tree, inside it mount_seq
 * is odd while walks must not trust what they see.
 */
#include <asm/uaccess.h>
#include <linnet/cred.h>
#include <linnet/errno.h>
#include <linnet/fs.h>
#include <linnet/idr.h>
#include <linnet/init.h>
#include <linnet/nsproxy.h>
#include <linnet/printk.h>
#include <linnet/slab.h>
#include <linnet/string.h>
#include <linnet/syscalls.h>
#include <linnet/task.h>
#include <linux/mount.h>
#include "internal.h"
#include "mount.h"
#include "namei.h"

seqcount_t mount_seq;
DEFINE_MUTEX(mount_lock);

enum { HASH_BITS = 8 };
static struct hlist_head table[1 << HASH_BITS]; /* [N] RCU */
static struct kmem_cache *mount_cache;
static struct idr mount_ids = IDR_INIT; /* [id_lock] */
static DEFINE_SPINLOCK(id_lock);

static struct hlist_head *bucket(const struct mount *m, const struct dentry *d)
{
	u64 h = ((u64)m ^ (u64)d << 7) * 0x9e3779b97f4a7c15ul;

	return &table[h >> (64 - HASH_BITS)];
}

struct mount *lookup_mnt_rcu(struct mount *m, struct dentry *d)
{
	struct mount *c, *found = NULL;

	/* The one mounted last stands first. */
	hlist_for_each_entry(c, bucket(m, d), hash) {
		if (READ_ONCE(c->parent) == m && READ_ONCE(c->mountpoint) == d) {
			found = c;
			break;
		}
	}
	return found;
}

struct mount *lookup_mnt(const struct path *p)
{
	struct mount *m;
	u32 seq;

	rcu_read_lock();
	for (;;) {
		seq = seq_read_begin(&mount_seq);
		m = lookup_mnt_rcu(p->mnt, p->dentry);
		if (!m)
			break;
		if (!mntget_live(m))
			continue; /* out of the table since */
		if (!seq_read_retry(&mount_seq, seq))
			break;
		rcu_read_unlock();
		mntput(m);
		rcu_read_lock();
	}
	rcu_read_unlock();
	return m;
}

/* --- life --- */

struct mount *mnt_alloc(struct super_block *sb, struct dentry *root,
				 const char *devname)
{
	struct mount *m = kmem_cache_zalloc(mount_cache, GFP_KERNEL);

	if (!m)
		return NULL;
	m->devname = kstrdup(devname ? devname : "none", GFP_KERNEL);
	spin_lock(&id_lock);
	m->id = idr_alloc(&mount_ids, m, 1, S32_MAX - 1);
	spin_unlock(&id_lock);
	if (!m->devname || m->id < 0) {
		kfree(m->devname);
		kmem_cache_free(mount_cache, m);
		return NULL;
	}
	m->refs = 1;
	m->sb = sb_get_active(sb);
	m->root = dget(root);
	m->parent = m;
	m->mountpoint = root;
	list_init(&m->list);
	list_init(&m->children);
	list_init(&m->child);
	list_init(&m->peers);
	list_init(&m->slaves);
	list_init(&m->slave);
	list_init(&m->expire);
	return m;
}

static void mount_free_rcu(struct rcu_head *head)
{
	struct mount *m = container_of(head, struct mount, rcu);

	kfree(m->devname);
	kmem_cache_free(mount_cache, m);
}

void mntput(struct mount *m)
{
	struct super_block *sb;

	if (!m || atomic_sub_return(&m->refs, 1))
		return;
	spin_lock(&id_lock);
	idr_remove(&mount_ids, (u32)m->id);
	spin_unlock(&id_lock);
	sb = m->sb;
	dput(m->root);
	call_rcu(&m->rcu, mount_free_rcu);
	deactivate_super(sb);
}

struct mount *kern_mount(struct file_system_type *type)
{
	struct fs_context_params p = {.source = type->name};
	struct dentry *root = type->mount(type, &p);
	struct mount *m;

	if (IS_ERR(root))
		return ERR_CAST(root);
	m = mnt_alloc(root->sb, root, type->name);
	if (m)
		m->flags = MNT_INTERNAL;
	deactivate_super(root->sb); /* the mount has its own */
	dput(root);
	return m ? m : ERR_PTR(-ENOMEM);
}

struct super_block *mount_sb(const struct mount *m)
{
	return m->sb;
}

/* --- the tree. [N] --- */

void mnt_tree_changed(struct mnt_namespace *ns)
{
	ns->event++;
	wake_up_common(&ns->poll, TASK_NORMAL, 0, 0);
}

/*
 * Walks spin while mount_seq is odd, with preemption off: a writer that was
 * preempted then would not get the CPU back.
 */
static void tree_change_begin(void)
{
	preempt_disable();
	seq_write_begin(&mount_seq);
}

static void tree_change_end(void)
{
	seq_write_end(&mount_seq);
	preempt_enable();
}

/* Attach @m, whose creation reference becomes the tree's. */
void mnt_attach(struct mount *m, struct mount *parent, struct dentry *at)
{
	mntget(parent);
	dget(at);
	atomic_or(&at->flags, DCACHE_MOUNTED);
	tree_change_begin();
	m->parent = parent;
	WRITE_ONCE(m->mountpoint, at);
	hlist_add_head(&m->hash, bucket(parent, at));
	tree_change_end();
	list_add_tail(&m->child, &parent->children);
	m->ns = parent->ns;
	if (m->ns) {
		list_add_tail(&m->list, &m->ns->mounts);
		m->ns->nr++;
		mnt_tree_changed(m->ns);
	}
}

static bool still_mountpoint(struct dentry *d)
{
	for (u32 i = 0; i < ARRAY_SIZE(table); i++) {
		struct mount *m;

		hlist_for_each_entry(m, &table[i], hash)
			if (m->mountpoint == d)
				return true;
	}
	return false;
}

/* Take @m out of the tree. The caller drops what it returns later: the tree's
 * reference on m, on its parent and on the mountpoint, through *old. */
void mnt_detach(struct mount *m, struct path *old)
{
	struct dentry *at = m->mountpoint;

	*old = (struct path){m->parent, at};
	tree_change_begin();
	hlist_del(&m->hash);
	WRITE_ONCE(m->parent, m);
	WRITE_ONCE(m->mountpoint, m->root);
	tree_change_end();
	if (!still_mountpoint(at))
		atomic_and(&at->flags, ~(u32)DCACHE_MOUNTED);
	list_del(&m->child);
	if (m->ns) {
		list_del(&m->list);
		m->ns->nr--;
		mnt_tree_changed(m->ns);
		m->ns = NULL;
	}
}

/* @m and all below it, innermost last, by their `expire` links. */
void mnt_collect(struct mount *m, struct list_head *out)
{
	struct mount *at, *c;

	list_add_tail(&m->expire, out);
	list_for_each_entry(at, out, expire)
		list_for_each_entry(c, &at->children, child)
			list_add_tail(&c->expire, out);
}

struct mount *mnt_clone(struct mount *old, struct dentry *root)
{
	struct mount *m = mnt_alloc(old->sb, root, old->devname);

	if (m)
		m->flags = old->flags & ~(u32)(MNT_INTERNAL | MNT_SHARED);
	return m;
}

/* Undo copies that were never attached to a namespace. [N] */
void mnt_drop_tree(struct mount *top)
{
	struct mount *m, *next;
	LIST_HEAD(all);

	mnt_collect(top, &all);
	list_for_each_entry_safe(m, next, &all, expire) {
		struct path old;

		list_del(&m->expire);
		if (!mnt_has_parent(m))
			continue;
		mnt_detach(m, &old);
		path_put(&old);
		mntput(m);
	}
	mntput(top);
}

/* Copy the mounts below @old (inside @root) onto @copy. [N] */
int mnt_copy_children(struct mount *old, struct dentry *root,
			 struct mount *copy)
{
	struct mount *c;

	list_for_each_entry(c, &old->children, child) {
		struct mount *cc;
		int err;

		if (c->flags & MNT_UNBINDABLE || !is_subdir(c->mountpoint, root))
			continue;
		cc = mnt_clone(c, c->root);
		if (!cc)
			return -ENOMEM;
		mnt_attach(cc, copy, c->mountpoint);
		/* Depth is bounded by the nesting of mounts, not of paths. */
		err = mnt_copy_children(c, c->root, cc);
		if (err)
			return err;
	}
	return 0;
}

/* The copies get their namespace when the top is attached. [N] */
void mnt_adopt_tree(struct mount *top)
{
	struct mount *m, *next;
	LIST_HEAD(all);

	mnt_collect(top, &all);
	list_for_each_entry_safe(m, next, &all, expire) {
		list_del(&m->expire);
		if (m->ns || m == top)
			continue;
		m->ns = top->ns;
		list_add_tail(&m->list, &m->ns->mounts);
		m->ns->nr++;
	}
}

bool current_in_ns(const struct mount *m)
{
	return m->ns == current->nsproxy->mnt;
}

bool path_is_under(const struct path *p, const struct path *top)
{
	struct mount *m = p->mnt;
	struct dentry *d = p->dentry;
	bool r;

	mutex_lock(&mount_lock);
	while (m != top->mnt && mnt_has_parent(m)) {
		d = m->mountpoint;
		m = m->parent;
	}
	r = m == top->mnt && is_subdir(d, top->dentry);
	mutex_unlock(&mount_lock);
	return r;
}

bool mount_is_noexec(const struct mount *m) { return m->flags & MNT_NOEXEC; }
bool mount_is_nosuid(const struct mount *m) { return m->flags & MNT_NOSUID; }
bool mount_is_nodev(const struct mount *m) { return m->flags & MNT_NODEV; }

bool path_noexec(const struct path *p)
{
	return p->mnt->flags & MNT_NOEXEC;
}

int __init_text mount_cache_init(void)
{
	mount_cache = kmem_cache_create("mount", sizeof(struct mount), 64, 0);
	return mount_cache ? 0 : -ENOMEM;
}
