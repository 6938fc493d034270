/*
 * May the caller use an inode? Mode bits, access list, owner and capabilities.
 */
#include <linnet/cred.h>
#include <linnet/errno.h>
#include <linnet/fs.h>
#include "internal.h"

int generic_permission(struct inode *inode, u32 mask)
{
	if (likely(!mode_permission(inode, mask)))
		return 0;
	mask &= MAY_READ | MAY_WRITE | MAY_EXEC;
	if (S_ISDIR(inode->mode)) {
		if (!(mask & MAY_WRITE) && capable(CAP_DAC_READ_SEARCH))
			return 0;
		return capable(CAP_DAC_OVERRIDE) ? 0 : -EACCES;
	}
	if (mask == MAY_READ && capable(CAP_DAC_READ_SEARCH))
		return 0;
	/* Executable by root only if somebody may execute it. */
	if ((!(mask & MAY_EXEC) || inode->mode & (S_IXUSR | S_IXGRP | S_IXOTH)) &&
	    capable(CAP_DAC_OVERRIDE))
		return 0;
	return -EACCES;
}

int inode_permission(struct inode *inode, u32 mask)
{
	if (mask & MAY_WRITE) {
		if (inode->sb->flags & SB_RDONLY &&
		    (S_ISREG(inode->mode) || S_ISDIR(inode->mode) ||
		     S_ISLNK(inode->mode)))
			return -EROFS;
		if (inode->flags & S_IMMUTABLE)
			return -EPERM;
	}
	if (inode->ops->permission)
		return inode->ops->permission(inode, mask);
	return generic_permission(inode, mask);
}
