/* POSIX access control lists: see fs/posix_acl.c. */
#ifndef LINNET_POSIX_ACL_H
#define LINNET_POSIX_ACL_H

#include <linnet/rcu.h>
#include <linnet/types.h>
#include <linux/posix_acl.h>

struct inode;

struct acl_entry {
	u16 tag;  /* ACL_USER_OBJ, ... */
	u16 perm; /* ACL_READ | ACL_WRITE | ACL_EXECUTE */
	u32 id;	  /* of ACL_USER and ACL_GROUP */
};

/* Never changed once it is an inode's; may be shared by several. */
struct posix_acl {
	u32 refs; /* [A] */
	u32 n;
	struct rcu_head rcu;
	struct acl_entry entries[];
};

/* ACL_TYPE_* of an attribute's name, 0 if it is none of the two. */
u32 acl_type_of(const char *name);
/* The attribute @type: bytes needed or written, or an errno. [rwsem] */
ssize_t acl_get(struct inode *inode, u32 type, void *buf, size_t size);
/* NULL as @value takes it away. [rwsem for writing] */
int acl_set(struct inode *inode, u32 type, const void *value, size_t size);
/* The names of those that are there, as listxattr(2) has them, into XATTR_LIST_MAX
 * bytes; their length. [rwsem] */
ssize_t acl_list(const struct inode *inode, char *buf);

/* Neither owner nor without rights for the group class: 0 or -EACCES. */
int acl_permission(struct inode *inode, u32 mask);

/* What the umask of the current task leaves, where @dir has nothing to say. */
u16 acl_apply_umask(const struct inode *dir, u32 mode);
/* A new inode gets what its directory passes on. 0 or -ENOMEM. */
int acl_inherit(struct inode *inode, struct inode *dir);
/* The list after a chmod to @mode: NULL without one, or ERR_PTR. [rwsem] */
struct posix_acl *acl_after_chmod(const struct inode *inode, u16 mode);
void acl_replace(struct inode *inode, struct posix_acl *acl);
void acl_put(struct posix_acl *acl);
/* A dying inode's. */
void inode_free_acls(struct inode *inode);

#endif
