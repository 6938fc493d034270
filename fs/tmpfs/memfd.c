/*
 * memfd_create(2): an unnamed tmpfs file that can be sealed.
 */
#include <asm/uaccess.h>
#include <linnet/errno.h>
#include <linnet/fdtable.h>
#include <linnet/fs.h>
#include <linnet/shmem.h>
#include <linnet/slab.h>
#include <linnet/string.h>
#include <linnet/syscalls.h>
#include <linux/limits.h>
#include <linux/memfd.h>
#include "tmpfs.h"

static const char prefix[] = "memfd:";

enum {
	PREFIX_LEN = sizeof(prefix) - 1,
	MAX_NAME = NAME_MAX - PREFIX_LEN,
};

static int memfd_file(const char *name, u32 flags)
{
	int fd = get_unused_fd(flags & MFD_CLOEXEC ? O_CLOEXEC : 0);
	struct file *f;

	if (fd < 0)
		return fd;
	f = shmem_file_setup(name, 0, 0);
	if (IS_ERR(f)) {
		put_unused_fd((u32)fd);
		return (int)PTR_ERR(f);
	}
	if (flags & MFD_ALLOW_SEALING)
		TMPFS_I(f->inode)->seals &= ~(u32)F_SEAL_SEAL;
	fd_install((u32)fd, f);
	return fd;
}

SYSCALL_DEFINE2(memfd_create, const char __user *, uname, u32, flags)
{
	char *name;
	long len;
	int fd;

	if (flags & MFD_HUGETLB)
		return -ENOSYS;
	if (flags & ~(MFD_CLOEXEC | MFD_ALLOW_SEALING))
		return -EINVAL;
	name = kmalloc(NAME_MAX + 1, GFP_KERNEL);
	if (!name)
		return -ENOMEM;
	memcpy(name, prefix, PREFIX_LEN);
	len = strncpy_from_user(name + PREFIX_LEN, uname, MAX_NAME + 1);
	if (len < 0)
		fd = (int)len;
	else if (len > MAX_NAME)
		fd = -EINVAL;
	else
		fd = memfd_file(name, flags);
	kfree(name);
	return fd;
}
