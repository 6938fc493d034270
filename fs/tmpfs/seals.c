/*
 * Seals of memfds: what nobody may do to the file any more (fcntl(2), F_ADD_SEALS).
 *
 * A seal is added under inode->rwsem, under which tmpfs.c writes, truncates and
 * allocates by those that there are. Mappings are counted in mapping->nr_writable.
 */
#include <linnet/errno.h>
#include <linnet/fs.h>
#include <linnet/shmem.h>
#include "tmpfs.h"

/*
 * Against mmap(2), which takes no lock of the inode: that counts the mapping and then
 * looks at the seals, this sets them and then looks at the count. One of the two
 * sees the other. [inode->rwsem for writing]
 */
static int add_seals(struct file *f, struct tmpfs_inode *t, u32 seals)
{
	u32 old = t->seals;

	WRITE_ONCE(t->seals, old | seals);
	smp_mb(); /* pairs with map_new() */
	if (!(seals & F_SEAL_WRITE) || !atomic_read(&f->mapping->nr_writable))
		return 0;
	WRITE_ONCE(t->seals, old);
	return -EBUSY;
}

/* F_ADD_SEALS and F_GET_SEALS of memfds; other files are sealed against it. */
long shmem_fcntl(struct file *f, u32 cmd, u64 arg)
{
	struct tmpfs_inode *t;
	long ret = 0;

	if (!inode_is_tmpfs_file(f->inode))
		return -EINVAL;
	t = TMPFS_I(f->inode);
	if (cmd == F_GET_SEALS)
		return t->seals;
	if (!(f->mode & FMODE_WRITE))
		return -EPERM;
	if (arg & ~(u64)(F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW |
			 F_SEAL_WRITE | F_SEAL_FUTURE_WRITE))
		return -EINVAL;
	down_write(&f->inode->rwsem);
	if (t->seals & F_SEAL_SEAL)
		ret = -EPERM;
	else
		ret = add_seals(f, t, (u32)arg);
	up_write(&f->inode->rwsem);
	return ret;
}
