/* Between the files of the VFS core. */
#ifndef FS_INTERNAL_H
#define FS_INTERNAL_H

#include <linnet/cred.h>
#include <linnet/errno.h>
#include <linnet/fs.h>
#include <linnet/posix_acl.h>
#include <linnet/spinlock.h>

/* dcache.c */
extern seqcount_t rename_seq; /* [rename_lock] d_move, d_exchange */
extern spinlock_t rename_lock;
void dcache_init(void);
/* Child by name without a reference; RCU read section. */
struct dentry *d_lookup_rcu(const struct dentry *parent, const struct qstr *name);
/* Reference unless dying. */
bool dget_not_dead(struct dentry *d);
u64 dcache_count(void);

/* inode.c */
void inode_cache_init(void);
void inode_lru_add(struct inode *inode);
struct inode *inode_alloc(struct super_block *sb);
void evict_inodes(struct super_block *sb);
bool may_update_atime(const struct inode *inode, const struct mount *mnt);

/* permission.c */
/* What mode and access list say, without capabilities: 0 or -EACCES. */
static inline int mode_permission(struct inode *inode, u32 mask)
{
	u32 mode = inode->mode;
	const struct cred *c = current_cred();

	if (c->fsuid == inode->uid)
		mode >>= 6;
	else if (unlikely(inode->flags & S_ACL) && mode & S_IRWXG)
		return acl_permission(inode, mask);
	else if (in_group(c, inode->gid))
		mode >>= 3;
	return (mask & ~mode & (MAY_READ | MAY_WRITE | MAY_EXEC)) ? -EACCES : 0;
}

/* filename.c */
struct filename {
	char *name;
	bool kernel; /* name belongs to the caller */
};

/* namei.c, namei_open.c */
struct open_how_in {
	u32 flags; /* O_* */
	u16 mode;
	u32 acc_mode; /* MAY_* */
	u32 lookup;
};
struct file *do_filp_open(int dfd, struct filename *name,
			  const struct open_how_in *how);
int filename_lookup(int dfd, struct filename *name, u32 flags,
		    struct path *path, const struct path *root);
int vfs_path_lookup(const struct path *base, const char *name, u32 flags,
		    struct path *path);

/* open.c */
int vfs_open(const struct path *path, struct file *f);
int do_dentry_open(struct file *f);
/* For as long as the file changes: 0, or -ETXTBSY if it is being executed. */
int get_write_access(struct inode *inode);
static inline void put_write_access(struct inode *inode)
{
	atomic_dec(&inode->writecount);
}

/* super.c */
struct super_block *sb_get_active(struct super_block *sb);
extern struct list_head super_blocks;
extern spinlock_t sb_lock;

/* file_caps.c */
struct file_caps {
	u64 permitted, inheritable;
	bool effective; /* all that is permitted at once */
};
int file_caps_check(void *value, size_t *size);
bool file_caps_get(struct inode *inode, struct file_caps *caps);
int file_caps_remove(struct inode *inode);

/* locks.c */
void inode_free_locks(struct inode *inode);
struct seq_file;
/* All of them, for /proc/locks; those set through @f, for its fdinfo. */
int show_locks(struct seq_file *m);
void file_show_locks(struct seq_file *m, struct file *f);

/* file.c */
void file_cache_init(void);

#endif
