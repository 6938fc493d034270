/* Files of the internal tmpfs: shared anonymous memory, memfd. */
#ifndef LINNET_SHMEM_H
#define LINNET_SHMEM_H

#include <linnet/types.h>

struct file;
struct super_block;

/* An unlinked tmpfs file of @size bytes, open for reading and writing;
 * referenced, or ERR_PTR(-ENOMEM, -ENFILE, -EINVAL). */
struct file *shmem_file_setup(const char *name, loff_t size, u64 vm_flags);

/* F_ADD_SEALS, F_GET_SEALS. */
long shmem_fcntl(struct file *f, u32 cmd, u64 arg);

/* Give the root, unlimited while it was unpacked, what a tmpfs has. */
void rootfs_set_limits(struct super_block *sb);

#endif
