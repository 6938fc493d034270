/* debugfs: files of the kernel's own tools (fs/debugfs/debugfs.c). */
#ifndef LINNET_DEBUGFS_H
#define LINNET_DEBUGFS_H

#include <linnet/types.h>

struct file_ops;

int debugfs_create_file(const char *name, u16 mode, const struct file_ops *fops);

#endif
