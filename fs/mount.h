/* Mounts: the VFS core's own view. */
#ifndef FS_MOUNT_H
#define FS_MOUNT_H

#include <linnet/fs.h>
#include <linnet/list.h>
#include <linnet/seqlock.h>
#include <linux/mount.h>

/* enum mnt_flags: per mount point */
#define MNT_NOSUID     0x01
#define MNT_NODEV      0x02
#define MNT_NOEXEC     0x04
#define MNT_NOATIME    0x08
#define MNT_NODIRATIME 0x10
#define MNT_RELATIME   0x20
#define MNT_READONLY   0x40
#define MNT_NOSYMFOLLOW 0x80
#define MNT_INTERNAL   0x4000
#define MNT_SHARED     0x1000
#define MNT_UNBINDABLE 0x2000
#define MNT_USER_FLAGS 0xff

/* umount2(2); the ABI's numbers, which no UAPI header has */
#define MNT_FORCE	1
#define MNT_DETACH	2
#define MNT_EXPIRE	4
#define UMOUNT_NOFOLLOW 8

/*
 * One place a tree is attached. [N] mount_lock (a mutex) and, for writers,
 * mount_seq; lock-free walks check mount_seq.
 */
struct mount {
	struct hlist_node hash;	    /* [N] by (parent, mountpoint); RCU */
	struct mount *parent;	    /* [N] itself: root or detached */
	struct dentry *mountpoint;  /* [N] in parent; referenced */
	struct dentry *root;	    /* [I] referenced */
	struct super_block *sb;	    /* [I] active reference */
	u32 refs;		    /* [A] users + 1 while attached */
	u32 flags;		    /* [A] MNT_* */
	u32 writers;		    /* [A] mnt_want_write() in progress */
	int id;
	struct mnt_namespace *ns;   /* [N] NULL: detached, internal */
	struct list_head list;	    /* [N] ns->mounts */
	struct list_head children;  /* [N] */
	struct list_head child;	    /* [N] parent->children */
	int group_id;		    /* [N] peer group, 0: private */
	struct list_head peers;	    /* [N] of the same group: a ring */
	struct mount *master;	    /* [N] propagation source */
	struct list_head slaves;    /* [N] */
	struct list_head slave;	    /* [N] in master->slaves */
	char *devname;		    /* [I] source, for /proc/mounts */
	struct list_head expire;    /* being unmounted */
	struct rcu_head rcu;
};

struct mnt_namespace {
	refcount_t refs;
	struct mount *root;
	struct list_head mounts; /* [N] in order of mounting */
	u64 event;		 /* [N] changes, for poll of /proc/mounts */
	struct wait_queue poll;
	u32 nr;
};

extern seqcount_t mount_seq;
extern struct mutex mount_lock;

/* The mount on top of @d in @m, or NULL. RCU. No reference. */
struct mount *lookup_mnt_rcu(struct mount *m, struct dentry *d);
struct mount *lookup_mnt(const struct path *p); /* referenced */
void mntput(struct mount *m);
static inline struct mount *mntget(struct mount *m)
{
	atomic_inc(&m->refs);
	return m;
}
/* For who has found @m under RCU: false if its last user has gone. */
static inline bool mntget_live(struct mount *m)
{
	u32 refs = atomic_read(&m->refs);

	do {
		if (!refs)
			return false;
	} while (!__atomic_compare_exchange_n(&m->refs, &refs, refs + 1, true,
					      __ATOMIC_ACQUIRE,
					      __ATOMIC_RELAXED));
	return true;
}
/* Step from the root of a mount to its mountpoint. [RCU or reference] */
static inline bool mnt_has_parent(const struct mount *m)
{
	return READ_ONCE(m->parent) != m;
}
bool current_in_ns(const struct mount *m);

/* mount.c: the tree. All but mount_cache_init() and mnt_alloc() with [N] held. */
int mount_cache_init(void);
/* Tell who polls /proc/mounts. */
void mnt_tree_changed(struct mnt_namespace *ns);
struct mount *mnt_alloc(struct super_block *sb, struct dentry *root,
			const char *devname);
/* Attach @m, whose creation reference becomes the tree's. */
void mnt_attach(struct mount *m, struct mount *parent, struct dentry *at);
/* Take @m out; the caller drops the tree's references on m and *old later. */
void mnt_detach(struct mount *m, struct path *old);
/* @m and all below it, innermost last, by their `expire` links. */
void mnt_collect(struct mount *m, struct list_head *out);
struct mount *mnt_clone(struct mount *old, struct dentry *root);
/* Copy the mounts below @old (inside @root) onto @copy. */
int mnt_copy_children(struct mount *old, struct dentry *root,
		      struct mount *copy);
/* Enter a copied tree into the namespace of its top. */
void mnt_adopt_tree(struct mount *top);
/* Undo copies that were never attached to a namespace. */
void mnt_drop_tree(struct mount *top);

#endif
