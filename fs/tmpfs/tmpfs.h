/* Inside tmpfs: its inode and super block, and extended attributes. */
#ifndef FS_TMPFS_H
#define FS_TMPFS_H

#include <linnet/fs.h>

struct tmpfs_opts {
	u64 max_pages, max_inodes; /* U64_MAX: no limit */
	u16 mode;		   /* of the root directory */
	u32 uid, gid;
};

struct tmpfs_sb {
	struct tmpfs_opts opts;
	u64 max_pages, max_inodes;
	u64 used_pages, used_inodes; /* [A] */
	u64 default_pages;
};

struct tmpfs_inode {
	struct inode inode;
	u32 seals;		 /* [inode->rwsem] F_SEAL_* */
	struct list_head xattrs; /* [inode->rwsem] */
};

static inline struct tmpfs_inode *TMPFS_I(const struct inode *inode)
{
	return container_of(inode, struct tmpfs_inode, inode);
}

/* xattr.c */
ssize_t tmpfs_getxattr(struct inode *inode, const char *name, void *buf,
		       size_t size);
int tmpfs_setxattr(struct inode *inode, const char *name, const void *val,
		   size_t size, u32 flags);
ssize_t tmpfs_listxattr(struct inode *inode, char *buf, size_t size);
int tmpfs_removexattr(struct inode *inode, const char *name);
void tmpfs_xattrs_free(struct tmpfs_inode *t);

#define TMPFS_XATTR_OPS                                                        \
	.getxattr = tmpfs_getxattr, .setxattr = tmpfs_setxattr,                \
	.listxattr = tmpfs_listxattr, .removexattr = tmpfs_removexattr

extern const struct inode_ops tmpfs_symlink_inode_ops;
extern const struct inode_ops tmpfs_special_inode_ops;
bool inode_is_tmpfs_file(const struct inode *inode);
struct inode *tmpfs_new_inode(struct super_block *sb, struct inode *dir,
			      u16 mode, dev_t dev);

#endif
