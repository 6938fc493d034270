/*
 * Capabilities of files: the attribute security.capability (capabilities(7)).
 *
 * S_FILE_CAPS of the inode says that it is there, so that exec and write ask for
 * it only then. There are three layouts: one word of capabilities, two words, two
 * words and the root of the user namespace that it counts in. There is one user
 * namespace, whose root is 0: for any other the attribute does not count.
 */
#include <linnet/cred.h>
#include <linnet/errno.h>
#include <linnet/fs.h>
#include <linux/xattr.h>
#include "internal.h"

/* The layouts differ in what is left away at the end. */
static u32 revision_of(const struct vfs_ns_cap_data *data, size_t size)
{
	u32 revision = data->magic_etc & VFS_CAP_REVISION_MASK;

	if ((revision == VFS_CAP_REVISION_1 && size == XATTR_CAPS_SZ_1) ||
	    (revision == VFS_CAP_REVISION_2 && size == XATTR_CAPS_SZ_2) ||
	    (revision == VFS_CAP_REVISION_3 && size == XATTR_CAPS_SZ_3))
		return revision;
	return 0;
}

/**
 * file_caps_check - may this become the attribute?
 * @value: its bytes, which may be changed: root's own namespace needs no mention
 * @size: how many; updated
 *
 * Return: 0 or -EINVAL.
 */
int file_caps_check(void *value, size_t *size)
{
	struct vfs_ns_cap_data *data = value;
	u32 revision;

	if (!*size)
		return 0; /* an attribute that gives nothing */
	revision = *size >= sizeof(data->magic_etc) ? revision_of(data, *size)
						    : 0;
	if (revision != VFS_CAP_REVISION_2 && revision != VFS_CAP_REVISION_3)
		return -EINVAL;
	if (revision == VFS_CAP_REVISION_3 && !data->rootid) {
		data->magic_etc = VFS_CAP_REVISION_2 |
				  (data->magic_etc & VFS_CAP_FLAGS_MASK);
		*size = XATTR_CAPS_SZ_2;
	}
	return 0;
}

static u64 words(u32 low, u32 high)
{
	return (low | (u64)high << 32) & CAP_FULL;
}

/**
 * file_caps_get - the capabilities of a file that is executed
 * @inode: the file
 * @caps: where they go
 *
 * Context: may sleep; takes inode->rwsem.
 * Return: true if it has some that count.
 */
bool file_caps_get(struct inode *inode, struct file_caps *caps)
{
	struct vfs_ns_cap_data data = {0};
	ssize_t n;

	if (likely(!(inode->flags & S_FILE_CAPS)))
		return false;
	down_read(&inode->rwsem);
	n = inode->ops->getxattr(inode, XATTR_NAME_CAPS, &data, sizeof(data));
	up_read(&inode->rwsem);
	if (n < (ssize_t)sizeof(data.magic_etc) ||
	    !revision_of(&data, (size_t)n) || data.rootid)
		return false;
	if (n == XATTR_CAPS_SZ_1)
		data.data[1].permitted = data.data[1].inheritable = 0;
	caps->permitted = words(data.data[0].permitted, data.data[1].permitted);
	caps->inheritable = words(data.data[0].inheritable,
				  data.data[1].inheritable);
	caps->effective = data.magic_etc & VFS_CAP_FLAGS_EFFECTIVE;
	return true;
}

/* The file is written to or gets another owner: they are gone. [rwsem] */
int file_caps_remove(struct inode *inode)
{
	int err = inode->ops->removexattr(inode, XATTR_NAME_CAPS);

	if (!err || err == -ENODATA)
		inode->flags &= ~(u32)S_FILE_CAPS;
	return err == -ENODATA ? 0 : err;
}
