/* Mounts: the VFS core's own view. */
#ifndef FS_MOUNT_H
#define FS_MOUNT_H

#include <linnet/fs.h>
#include <linnet/list.h>
#include <linnet/ns_common.h>
#include <linnet/seqlock.h>
#include <linnet/workqueue.h>
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
#define MNT_USER_FLAGS 0xff
#define MNT_SHARED     0x1000 /* sends and receives events of its peer group */
#define MNT_UNBINDABLE 0x2000
#define MNT_INTERNAL   0x4000
#define MNT_DOOMED     0x8000 /* being unmounted. [N] */
#define MNT_EXPIRING   0x10000 /* unused since the last umount2(MNT_EXPIRE) */

/* umount2(2); the ABI's numbers, which no UAPI header has */
#define MNT_FORCE	1
#define MNT_DETACH	2
#define MNT_EXPIRE	4
#define UMOUNT_NOFOLLOW 8

/* mnt_clone(), mnt_copy_tree(): how a copy stands to its original */
#define COPY_SLAVE	1 /* receives from it; else its peer, if that is shared */
#define COPY_SHARED	2 /* shared itself */
#define COPY_UNBINDABLE 4 /* with those mounts that cannot be bound */
#define COPY_NS_FILES	8 /* with files of mount namespaces: see nsfs.c */

/*
 * One place a tree is attached. [N] mount_lock (a mutex) and, for writers,
 * mount_seq; lock-free walks check mount_seq.
 */
struct mount {
	struct hlist_node hash;	    /* [N] by (parent, mountpoint); RCU */
	struct hlist_node at_node;  /* [N] by mountpoint */
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
	int group_id;		    /* [N] peer group, 0: none */
	struct list_head peers;	    /* [N] of the same group: a ring */
	struct mount *master;	    /* [N] receives what happens there */
	struct list_head slaves;    /* [N] */
	struct list_head slave;	    /* [N] in master->slaves */
	struct list_head receive;   /* [N] of one event: mnt_receivers() */
	u64 event;		    /* [N] the last one it was reached by */
	struct mount *copy;	    /* [N] made of it last: mnt_copy_tree() */
	struct mount *given;	    /* [N] what came with the event, for others */
	char *devname;		    /* [I] source, for /proc/mounts */
	struct list_head sb_node;   /* [mounts_lock] in sb->mounts */
	struct list_head expire;    /* [N] in a list of mounts to go */
	struct path gone;	    /* [N] where it was, put by mount_unlock() */
	struct rcu_head rcu;
};

struct mnt_namespace {
	struct ns_common common;
	u64 born;		 /* [I] order in which namespaces were made */
	struct mount *root;
	struct list_head mounts; /* [N] in order of mounting */
	u64 event;		 /* [N] changes, for poll of /proc/mounts */
	struct wait_queue poll;
	u32 nr;			 /* [N] */
	u32 pending;		 /* [N] copies about to be attached */
	struct work end;	 /* once nobody refers to it */
};

extern seqcount_t mount_seq;
extern struct mutex mount_lock;

/* The mount on top of @d in @m, or NULL. RCU. No reference. */
struct mount *lookup_mnt_rcu(struct mount *m, struct dentry *d);
/* The topmost of the mounts on @p, referenced, or NULL. */
struct mount *lookup_mnt(const struct path *p);
void mntput(struct mount *m);
void mntput_no_expire(struct mount *m); /* by who has not used it */
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

/*
 * mount.c: the tree. mount_lock is taken inside inode->rwsem of a mountpoint.
 * What goes out of the tree meanwhile is put by mount_unlock().
 */
void mount_unlock(void);
int mount_cache_init(void);
struct mount *mnt_alloc(struct super_block *sb, struct dentry *root,
			const char *devname);

/* All from here on with [N] held. */

/* Tell who polls /proc/mounts. */
void mnt_tree_changed(struct mnt_namespace *ns);
/* Attach @m, whose creation reference becomes the tree's. */
void mnt_attach(struct mount *m, struct mount *parent, struct dentry *at);
/* Attach @m, which is new, where @top is, and @top on it: a walk that comes by sees
 * @top all the time. */
void mnt_attach_under(struct mount *m, struct mount *top);
/* Move @m, which is attached. */
void mnt_reattach(struct mount *m, struct mount *parent, struct dentry *at);
/* Take @m out; it is private from now on, mount_unlock() drops it. */
void mnt_detach(struct mount *m);
/* Walk over @top and all below it, parents first. */
struct mount *mnt_next(struct mount *m, const struct mount *top);
/* Some mount on @d, or NULL. */
struct mount *mnt_first_at(const struct dentry *d);
#define for_each_mount_below(m, top)                                           \
	for (m = (top); m; m = mnt_next(m, top))
/* Is the root of @m, or is @p, at or below @root? */
bool mnt_reachable(const struct mount *m, const struct path *root);
bool mnt_path_below(const struct path *p, const struct path *top);
/* Is something mounted on @d in the caller's namespace? */
bool mnt_is_local_mountpoint(const struct dentry *d);
/* COPY_* as @how. NULL: no memory. */
struct mount *mnt_clone(struct mount *old, struct dentry *root, u32 how);
/* Copy @old and the mounts below it, inside @root. NULL: no memory. */
struct mount *mnt_copy_tree(struct mount *old, struct dentry *root, u32 how);
/* Enter a copied tree into @ns. */
void mnt_adopt_tree(struct mount *top, struct mnt_namespace *ns);
/* Undo copies that were never attached to a namespace. */
void mnt_drop_tree(struct mount *top);
/* Read-only from now on, unless somebody writes: 0 or -EBUSY. */
int sb_make_readonly(struct super_block *sb);

/* mount_sys.c: the file system's own part of MS_REMOUNT; all of it or, on an error,
 * nothing. With [N] held. */
int sb_remount(struct super_block *sb, u32 sb_flags, char *data);

/* propagate.c: peer groups. With [N] held. */
int mnt_group_alloc(struct mount *m);
/* Groups for those that have none: all, or on failure none. */
int mnt_groups_alloc(struct mount *top, bool recurse);
void mnt_set_shared(struct mount *m);
/* MS_SHARED, MS_SLAVE, MS_PRIVATE or MS_UNBINDABLE; a group is there already. */
void mnt_change_type(struct mount *m, u64 type);
/* Put @source on @at and on the same place of all who receive from @parent. */
int mnt_attach_shared(struct mount *source, struct mount *parent,
		      struct dentry *at, bool moving);
/* Would unmounting @m be refused by a mount that receives it? */
bool mnt_propagation_busy(struct mount *m);
/* Add to @doomed, a list by `expire`, what goes with its members. */
void mnt_propagate_umount(struct list_head *doomed);
/* The group that @m's events come from, as far as @root's owner can see. */
int mnt_dominating_group(const struct mount *m, const struct path *root);

/* mnt_namespace.c: was @ns, a mount namespace, made after the caller's? */
bool mnt_ns_is_younger(const struct ns_common *ns);
/* nsfs.c: is @p the file of a namespace that may be bound here? */
bool ns_path_bindable(const struct path *p);
bool is_mnt_ns_file(const struct dentry *d);

/* umount.c. With [N] held: take @top and all below it out of the tree. */
void umount_tree(struct mount *top, bool propagate);
/* Users beyond the tree and @extra? */
static inline bool mount_has_users(const struct mount *m, u32 extra)
{
	return atomic_read(&m->refs) > 1 + extra;
}

#endif
