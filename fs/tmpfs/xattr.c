/* Extended attributes of tmpfs: a list per inode. [inode->rwsem] */
#include <linnet/errno.h>
#include <linnet/slab.h>
#include <linnet/string.h>
#include <linux/xattr.h>
#include "tmpfs.h"

struct tmpfs_xattr {
	struct list_head node;
	size_t size;
	char *name;   /* behind the value */
	u8 value[];
};

static struct tmpfs_xattr *find(struct tmpfs_inode *t, const char *name)
{
	struct tmpfs_xattr *x;

	list_for_each_entry(x, &t->xattrs, node)
		if (!strcmp(x->name, name))
			return x;
	return NULL;
}

ssize_t tmpfs_getxattr(struct inode *inode, const char *name, void *buf,
		       size_t size)
{
	struct tmpfs_xattr *x = find(TMPFS_I(inode), name);

	if (!x)
		return -ENODATA;
	if (!size)
		return (ssize_t)x->size;
	if (size < x->size)
		return -ERANGE;
	memcpy(buf, x->value, x->size);
	return (ssize_t)x->size;
}

int tmpfs_setxattr(struct inode *inode, const char *name, const void *val,
		   size_t size, u32 flags)
{
	struct tmpfs_inode *t = TMPFS_I(inode);
	struct tmpfs_xattr *old = find(t, name), *new;
	size_t len = strlen(name) + 1;

	if (old && flags & XATTR_CREATE)
		return -EEXIST;
	if (!old && flags & XATTR_REPLACE)
		return -ENODATA;
	new = kvmalloc(sizeof(*new) + size + len, GFP_KERNEL);
	if (!new)
		return -ENOMEM;
	new->size = size;
	new->name = (char *)new->value + size;
	memcpy(new->value, val, size);
	memcpy(new->name, name, len);
	list_add(&new->node, &t->xattrs);
	if (old) {
		list_del(&old->node);
		kvfree(old);
	}
	return 0;
}

ssize_t tmpfs_listxattr(struct inode *inode, char *buf, size_t size)
{
	struct tmpfs_xattr *x;
	size_t used = 0;

	list_for_each_entry(x, &TMPFS_I(inode)->xattrs, node) {
		size_t len = strlen(x->name) + 1;

		if (size) {
			if (size - used < len)
				return -ERANGE;
			memcpy(buf + used, x->name, len);
		}
		used += len;
	}
	return (ssize_t)used;
}

int tmpfs_removexattr(struct inode *inode, const char *name)
{
	struct tmpfs_xattr *x = find(TMPFS_I(inode), name);

	if (!x)
		return -ENODATA;
	list_del(&x->node);
	kvfree(x);
	return 0;
}

void tmpfs_xattrs_free(struct tmpfs_inode *t)
{
	struct tmpfs_xattr *x, *next;

	list_for_each_entry_safe(x, next, &t->xattrs, node)
		kvfree(x);
}
