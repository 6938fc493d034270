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
 * is odd while walks must not trust what they see. It is taken inside the
 * inode->rwsem of a mountpoint, and let go by mount_unlock(), which then drops
 * what was taken out of the tree. What happens to other mounts when one changes
 * is in propagate.c.
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
static struct hlist_head table[1 << HASH_BITS];	   /* [N] RCU */
static struct hlist_head at_table[1 << HASH_BITS]; /* [N] */
static struct kmem_cache *mount_cache;
static struct idr mount_ids = IDR_INIT; /* [mounts_lock] */
static DEFINE_SPINLOCK(mounts_lock);

static u64 hash(u64 key)
{
	return key * 0x9e3779b97f4a7c15ul >> (64 - HASH_BITS);
}

static struct hlist_head *bucket(const struct mount *m, const struct dentry *d)
{
	return &table[hash((u64)m ^ (u64)d << 7)];
}

static struct hlist_head *at_bucket(const struct dentry *d)
{
	return &at_table[hash((u64)d)];
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

/* With the same reading of mount_seq for all of them: one that is taken away from
 * between two others must not be where the walk ends. RCU. */
static struct mount *topmost(const struct path *p)
{
	struct mount *m = lookup_mnt_rcu(p->mnt, p->dentry), *next = m;

	while (next) {
		m = next;
		next = lookup_mnt_rcu(m, m->root);
	}
	return m;
}

struct mount *lookup_mnt(const struct path *p)
{
	struct mount *m;
	u32 seq;

	rcu_read_lock();
	for (;;) {
		seq = seq_read_begin(&mount_seq);
		m = topmost(p);
		if (m && !mntget_live(m))
			continue; /* out of the table since */
		/* One that moves may take the walk along, past what it looks for. */
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
	m->id = -ENOMEM;
	spin_lock(&mounts_lock);
	if (m->devname)
		m->id = idr_alloc(&mount_ids, m, 1, S32_MAX - 1);
	if (m->id >= 0)
		list_add_tail(&m->sb_node, &sb->mounts);
	spin_unlock(&mounts_lock);
	if (m->id < 0) {
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
	list_init(&m->receive);
	list_init(&m->expire);
	return m;
}

static void mount_free_rcu(struct rcu_head *head)
{
	struct mount *m = container_of(head, struct mount, rcu);

	kfree(m->devname);
	kmem_cache_free(mount_cache, m);
}

/* The last user has gone. */
static __noinline void mount_free(struct mount *m)
{
	struct super_block *sb;

	spin_lock(&mounts_lock);
	idr_remove(&mount_ids, (u32)m->id);
	list_del(&m->sb_node);
	spin_unlock(&mounts_lock);
	sb = m->sb;
	dput(m->root);
	call_rcu(&m->rcu, mount_free_rcu);
	deactivate_super(sb);
}

void mntput_no_expire(struct mount *m)
{
	if (!atomic_sub_return(&m->refs, 1))
		mount_free(m);
}

void mntput(struct mount *m)
{
	if (!m)
		return;
	if (unlikely(READ_ONCE(m->flags) & MNT_EXPIRING))
		atomic_and(&m->flags, ~(u32)MNT_EXPIRING);
	if (!atomic_sub_return(&m->refs, 1))
		mount_free(m);
}

struct mount *kern_mount(struct file_system_type *type)
{
	struct fs_context_params p = {.source = type->name};
	struct dentry *root = type->mount(type, &p);
	struct super_block *sb;
	struct mount *m;

	if (IS_ERR(root))
		return ERR_CAST(root);
	m = mnt_alloc(root->sb, root, type->name);
	if (m)
		m->flags = MNT_INTERNAL;
	/* The mount has its own; without one the root is given up first. */
	sb = root->sb;
	dput(root);
	deactivate_super(sb);
	return m ? m : ERR_PTR(-ENOMEM);
}

struct super_block *mount_sb(const struct mount *m)
{
	return m->sb;
}

/* --- the tree. [N] --- */

/*
 * Dropping a mount may shut its file system, which must not happen under the
 * lock: what mnt_detach() takes out waits here.
 */
static LIST_HEAD(released); /* [N] by expire */

void mount_unlock(void)
{
	struct mount *m, *next;
	LIST_HEAD(out);

	list_splice_tail(&released, &out);
	mutex_unlock(&mount_lock);
	list_for_each_entry_safe(m, next, &out, expire) {
		struct path gone = m->gone;

		list_del(&m->expire);
		if (gone.mnt)
			path_put(&gone);
		mntput(m);
	}
}

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

static void link_to(struct mount *m, struct mount *parent, struct dentry *at)
{
	m->parent = parent;
	WRITE_ONCE(m->mountpoint, at);
	hlist_add_head(&m->hash, bucket(parent, at));
}

/* The half of attaching that no walk looks at. */
static void list_at(struct mount *m)
{
	hlist_add_head(&m->at_node, at_bucket(m->mountpoint));
	list_add_tail(&m->child, &m->parent->children);
}

struct mount *mnt_first_at(const struct dentry *d)
{
	struct mount *m;

	hlist_for_each_entry(m, at_bucket(d), at_node)
		if (m->mountpoint == d)
			return m;
	return NULL;
}

static void unlist_at(struct mount *m, struct dentry *at)
{
	hlist_del(&m->at_node);
	list_del(&m->child);
	if (!mnt_first_at(at))
		atomic_and(&at->flags, ~(u32)DCACHE_MOUNTED);
}

void mnt_attach(struct mount *m, struct mount *parent, struct dentry *at)
{
	mntget(parent);
	dget(at);
	atomic_or(&at->flags, DCACHE_MOUNTED);
	tree_change_begin();
	link_to(m, parent, at);
	tree_change_end();
	list_at(m);
}

void mnt_attach_under(struct mount *m, struct mount *top)
{
	struct dentry *at = top->mountpoint;

	mntget(m);
	dget(m->root);
	atomic_or(&m->root->flags, DCACHE_MOUNTED);
	tree_change_begin();
	hlist_del(&top->hash);
	link_to(m, top->parent, at); /* with the references that @top had */
	link_to(top, m, m->root);
	tree_change_end();
	list_at(m);
	unlist_at(top, at);
	list_at(top);
}

void mnt_reattach(struct mount *m, struct mount *parent, struct dentry *at)
{
	struct path old = {m->parent, m->mountpoint};

	mntget(parent);
	dget(at);
	atomic_or(&at->flags, DCACHE_MOUNTED);
	tree_change_begin();
	hlist_del(&m->hash);
	link_to(m, parent, at);
	tree_change_end();
	unlist_at(m, old.dentry);
	list_at(m);
	if (m->ns)
		mnt_tree_changed(m->ns);
	path_put(&old); /* not the last: the old parent is still mounted */
}

static void leave_namespace(struct mount *m)
{
	if (!m->ns)
		return;
	list_del(&m->list);
	m->ns->nr--;
	mnt_tree_changed(m->ns);
	m->ns = NULL;
}

void mnt_detach(struct mount *m)
{
	struct dentry *at = m->mountpoint;

	if (mnt_has_parent(m)) {
		m->gone = (struct path){m->parent, at};
		tree_change_begin();
		hlist_del(&m->hash);
		WRITE_ONCE(m->parent, m);
		WRITE_ONCE(m->mountpoint, m->root);
		tree_change_end();
		unlist_at(m, at);
	}
	leave_namespace(m);
	mnt_change_type(m, MS_PRIVATE);
	list_add_tail(&m->expire, &released);
}

/* The next one of the walk that is not below @m. */
static struct mount *next_beside(struct mount *m, const struct mount *top)
{
	while (m != top && m->child.next == &m->parent->children)
		m = m->parent;
	return m == top ? NULL : list_next_entry(m, child);
}

struct mount *mnt_next(struct mount *m, const struct mount *top)
{
	if (!list_empty(&m->children))
		return list_first_entry(&m->children, struct mount, child);
	return next_beside(m, top);
}

bool mnt_is_local_mountpoint(const struct dentry *d)
{
	struct mount *m;

	hlist_for_each_entry(m, at_bucket(d), at_node)
		if (m->mountpoint == d && current_in_ns(m))
			return true;
	return false;
}

struct mount *mnt_clone(struct mount *old, struct dentry *root, u32 how)
{
	struct mount *m = mnt_alloc(old->sb, root, old->devname);

	if (!m)
		return NULL;
	m->flags = old->flags & (MNT_USER_FLAGS | MNT_SHARED | MNT_UNBINDABLE);
	if (how & COPY_SLAVE) {
		m->flags &= ~(u32)MNT_SHARED;
		m->master = old;
		list_add(&m->slave, &old->slaves);
		if (!(how & COPY_SHARED))
			return m;
		if (mnt_group_alloc(m)) {
			mnt_detach(m);
			return NULL;
		}
	} else {
		if (how & COPY_SHARED || old->flags & MNT_SHARED) {
			m->group_id = old->group_id;
			list_add(&m->peers, &old->peers);
		}
		m->master = old->master;
		if (m->master)
			list_add(&m->slave, &old->slave);
	}
	if (how & COPY_SHARED)
		mnt_set_shared(m);
	return m;
}

/* Not attached below anything yet, so nobody else looks at these. */
void mnt_drop_tree(struct mount *top)
{
	struct mount *m, *next;
	LIST_HEAD(all);

	for_each_mount_below(m, top)
		list_add(&m->expire, &all);
	list_for_each_entry_safe(m, next, &all, expire) {
		list_del(&m->expire);
		mnt_detach(m);
	}
}

static bool is_left_out(const struct mount *m, u32 how)
{
	return (m->flags & MNT_UNBINDABLE && !(how & COPY_UNBINDABLE)) ||
	       (!(how & COPY_NS_FILES) && is_mnt_ns_file(m->root));
}

struct mount *mnt_copy_tree(struct mount *old, struct dentry *root, u32 how)
{
	struct mount *top = mnt_clone(old, root, how), *m, *c;

	if (!top)
		return NULL;
	old->copy = top;
	for (m = mnt_next(old, old); m;) {
		/* What is mounted outside of @root does not come along. */
		if (is_left_out(m, how) ||
		    (m->parent == old && !is_subdir(m->mountpoint, root))) {
			m = next_beside(m, old);
			continue;
		}
		c = mnt_clone(m, m->root, how);
		if (!c) {
			mnt_drop_tree(top);
			return NULL;
		}
		m->copy = c;
		mnt_attach(c, m->parent->copy, m->mountpoint);
		m = mnt_next(m, old);
	}
	return top;
}

void mnt_adopt_tree(struct mount *top, struct mnt_namespace *ns)
{
	struct mount *m;

	for_each_mount_below(m, top) {
		m->ns = ns;
		list_add_tail(&m->list, &ns->mounts);
		ns->nr++;
	}
	mnt_tree_changed(ns);
}

int sb_make_readonly(struct super_block *sb)
{
	struct mount *m;
	int err = 0;

	atomic_or(&sb->flags, SB_RDONLY);
	smp_mb(); /* pairs with mnt_want_write() */
	spin_lock(&mounts_lock);
	list_for_each_entry(m, &sb->mounts, sb_node)
		if (atomic_read(&m->writers))
			err = -EBUSY;
	spin_unlock(&mounts_lock);
	if (err)
		atomic_and(&sb->flags, ~(u32)SB_RDONLY);
	return err;
}

bool current_in_ns(const struct mount *m)
{
	return m->ns == current->nsproxy->mnt;
}

/* Is @d in @m below @top? [N] */
static bool is_below(const struct mount *m, struct dentry *d,
		     const struct path *top)
{
	while (m != top->mnt && mnt_has_parent(m)) {
		d = m->mountpoint;
		m = m->parent;
	}
	return m == top->mnt && is_subdir(d, top->dentry);
}

bool mnt_reachable(const struct mount *m, const struct path *root)
{
	return is_below(m, m->root, root);
}

bool mnt_path_below(const struct path *p, const struct path *top)
{
	return is_below(p->mnt, p->dentry, top);
}

bool path_is_under(const struct path *p, const struct path *top)
{
	bool r;

	mutex_lock(&mount_lock);
	r = mnt_path_below(p, top);
	mount_unlock();
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
