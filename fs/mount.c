/*
 * Mounts: the tree of attached file systems, and mount(2).
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
		mntget(m);
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

static struct mount *mount_alloc(struct super_block *sb, struct dentry *root,
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
	m = mount_alloc(root->sb, root, type->name);
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

static void tree_changed(struct mnt_namespace *ns)
{
	ns->event++;
	wake_up_common(&ns->poll, TASK_NORMAL, 0, 0);
}

/* Attach @m, whose creation reference becomes the tree's. */
static void attach(struct mount *m, struct mount *parent, struct dentry *at)
{
	seq_write_begin(&mount_seq);
	m->parent = mntget(parent);
	WRITE_ONCE(m->mountpoint, dget(at));
	spin_lock(&at->lock);
	at->flags |= DCACHE_MOUNTED;
	spin_unlock(&at->lock);
	hlist_add_head(&m->hash, bucket(parent, at));
	seq_write_end(&mount_seq);
	list_add_tail(&m->child, &parent->children);
	m->ns = parent->ns;
	if (m->ns) {
		list_add_tail(&m->list, &m->ns->mounts);
		m->ns->nr++;
		tree_changed(m->ns);
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
static void detach(struct mount *m, struct path *old)
{
	struct dentry *at = m->mountpoint;

	seq_write_begin(&mount_seq);
	*old = (struct path){m->parent, at};
	hlist_del(&m->hash);
	WRITE_ONCE(m->parent, m);
	WRITE_ONCE(m->mountpoint, m->root);
	seq_write_end(&mount_seq);
	if (!still_mountpoint(at)) {
		spin_lock(&at->lock);
		at->flags &= ~(u32)DCACHE_MOUNTED;
		spin_unlock(&at->lock);
	}
	list_del(&m->child);
	if (m->ns) {
		list_del(&m->list);
		m->ns->nr--;
		tree_changed(m->ns);
		m->ns = NULL;
	}
}

/* @m and all below it, innermost last, by their `expire` links. */
static void collect_subtree(struct mount *m, struct list_head *out)
{
	struct mount *at, *c;

	list_add_tail(&m->expire, out);
	list_for_each_entry(at, out, expire)
		list_for_each_entry(c, &at->children, child)
			list_add_tail(&c->expire, out);
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

/* --- flags --- */

bool mount_is_noexec(const struct mount *m) { return m->flags & MNT_NOEXEC; }
bool mount_is_nosuid(const struct mount *m) { return m->flags & MNT_NOSUID; }
bool mount_is_nodev(const struct mount *m) { return m->flags & MNT_NODEV; }

bool path_noexec(const struct path *p)
{
	return p->mnt->flags & MNT_NOEXEC;
}

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
	attach(m, where->mnt, where->dentry);
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
	m = mount_alloc(root->sb, root, source);
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

static struct mount *clone_mount(struct mount *old, struct dentry *root)
{
	struct mount *m = mount_alloc(old->sb, root, old->devname);

	if (m)
		m->flags = old->flags & ~(u32)(MNT_INTERNAL | MNT_SHARED);
	return m;
}

/* Undo copies that were never attached to a namespace. [N] */
static void drop_subtree(struct mount *top)
{
	struct mount *m, *next;
	LIST_HEAD(all);

	collect_subtree(top, &all);
	list_for_each_entry_safe(m, next, &all, expire) {
		struct path old;

		list_del(&m->expire);
		if (!mnt_has_parent(m))
			continue;
		detach(m, &old);
		path_put(&old);
		mntput(m);
	}
	mntput(top);
}

/* Copy the mounts below @old (inside @root) onto @copy. [N] */
static int copy_children(struct mount *old, struct dentry *root,
			 struct mount *copy)
{
	struct mount *c;

	list_for_each_entry(c, &old->children, child) {
		struct mount *cc;
		int err;

		if (c->flags & MNT_UNBINDABLE || !is_subdir(c->mountpoint, root))
			continue;
		cc = clone_mount(c, c->root);
		if (!cc)
			return -ENOMEM;
		attach(cc, copy, c->mountpoint);
		/* Depth is bounded by the nesting of mounts, not of paths. */
		err = copy_children(c, c->root, cc);
		if (err)
			return err;
	}
	return 0;
}

/* The copies get their namespace when the top is attached. [N] */
static void adopt_subtree(struct mount *top)
{
	struct mount *m, *next;
	LIST_HEAD(all);

	collect_subtree(top, &all);
	list_for_each_entry_safe(m, next, &all, expire) {
		list_del(&m->expire);
		if (m->ns || m == top)
			continue;
		m->ns = top->ns;
		list_add_tail(&m->list, &m->ns->mounts);
		m->ns->nr++;
	}
}

static int do_bind(struct path *where, const char *from, bool recurse)
{
	struct path src;
	struct mount *m;
	int err;

	if (!from || !*from)
		return -EINVAL;
	err = kern_path(from, LOOKUP_FOLLOW, &src);
	if (err)
		return err;
	lock_mount(where);
	err = -EINVAL;
	if (!current_in_ns(src.mnt) || src.mnt->flags & MNT_UNBINDABLE)
		goto out;
	err = -ENOMEM;
	m = clone_mount(src.mnt, src.dentry);
	if (!m)
		goto out;
	err = recurse ? copy_children(src.mnt, src.dentry, m) : 0;
	if (!err)
		err = graft(m, where);
	if (err)
		drop_subtree(m);
	else
		adopt_subtree(m);
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

	if (!from || !*from)
		return -EINVAL;
	err = kern_path(from, LOOKUP_FOLLOW, &src);
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
	detach(src.mnt, &old);
	attach(src.mnt, where->mnt, where->dentry);
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
		flags &= ~(u32)MNT_READONLY;
	} else if (flags & MNT_READONLY && !(m->flags & MNT_READONLY)) {
		err = make_readonly(m);
	}
	if (!err) {
		m->flags = (m->flags & ~(u32)MNT_USER_FLAGS) | flags;
		if (m->ns)
			tree_changed(m->ns);
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
		collect_subtree(where->mnt, &all);
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
	collect_subtree(m, &all);
	while (!list_empty(&all)) {
		struct mount *last = list_last_entry(&all, struct mount, expire);

		list_del(&last->expire);
		detach(last, &old);
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

static int pivot(struct path *new, struct path *put_old, struct path *root)
{
	struct mount *nm = new->mnt, *rm = root->mnt;
	struct path at_new, at_root;

	if (root->dentry != rm->root || new->dentry != nm->root ||
	    !mnt_has_parent(rm) || !mnt_has_parent(nm) || !current_in_ns(nm) ||
	    !current_in_ns(rm))
		return -EINVAL;
	if (nm == rm || put_old->mnt == rm)
		return -EBUSY;
	detach(nm, &at_new);
	detach(rm, &at_root);
	attach(rm, put_old->mnt, put_old->dentry);
	attach(nm, at_root.mnt, at_root.dentry);
	path_put(&at_new);
	path_put(&at_root);
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
	err = -EINVAL;
	if (path_is_under(&old, &new)) {
		mutex_lock(&mount_lock);
		err = pivot(&new, &old, &root);
		mutex_unlock(&mount_lock);
	}
	if (!err)
		move_fs_roots(&root, &new);
	path_put(&root);
	path_put(&old);
put_new:
	path_put(&new);
	return err;
}

/* --- namespaces and the root --- */

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
	drop_subtree(ns->root);
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
	root = clone_mount(old->root, old->root->root);
	if (!root || copy_children(old->root, old->root->root, root)) {
		if (root)
			drop_subtree(root);
		mutex_unlock(&mount_lock);
		kfree(ns);
		return ERR_PTR(-ENOMEM);
	}
	ns_set_root(ns, root);
	adopt_subtree(root);
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

	mount_cache = kmem_cache_create("mount", sizeof(struct mount), 64, 0);
	dcache_init();
	inode_cache_init();
	file_cache_init();
	ns = mount_cache ? ns_alloc() : NULL;
	if (!ns)
		panic("no memory for the root file system");
	bottom = kern_mount(&rootfs_type);
	root = kern_mount(&rootfs_type);
	if (IS_ERR(bottom) || IS_ERR(root))
		panic("cannot make the root file system");
	bottom->flags = root->flags = MNT_RELATIME;
	ns_set_root(ns, bottom);
	mutex_lock(&mount_lock);
	attach(root, bottom, bottom->root);
	mutex_unlock(&mount_lock);
	init_nsproxy.mnt = ns;
	p = (struct path){root, root->root};
	spin_init(&init_fs.lock);
	init_task.fs = &init_fs;
	set_fs_root(&init_fs, &p);
	set_fs_pwd(&init_fs, &p);
}
