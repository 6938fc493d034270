/*
 * devpts: the file system of pseudo terminal slaves, as the pty driver sees it.
 *
 * Each mount is an instance with its own numbers. The file system knows
 * terminals only as the pointer that pty_open() finds again.
 */
#ifndef LINNET_DEVPTS_H
#define LINNET_DEVPTS_H

#include <linnet/types.h>

struct dentry;
struct devpts;
struct file;
struct inode;
struct path;

/*
 * The instance that a file of /dev/ptmx or /dev/pts/ptmx belongs to: its own,
 * or the one mounted on "pts" beside it. Its root is put in @root, referenced.
 * 0 or -ENODEV, -ENOMEM.
 */
int devpts_of_file(struct file *f, struct path *root);
struct devpts *devpts_get(const struct path *root); /* keeps it alive */
void devpts_put(struct devpts *d);

/* A free number: -ENOSPC, -ENOMEM. */
int devpts_new_index(struct devpts *d);
void devpts_free_index(struct devpts *d, u32 index);
/* Make the node @index for @private: referenced, or ERR_PTR. */
struct dentry *devpts_node_new(struct devpts *d, u32 index, dev_t dev,
			       void *private);
/* Remove it; consumes the reference. */
void devpts_node_remove(struct devpts *d, struct dentry *node);
/* What devpts_node_new() was given; NULL if gone or no such inode. */
void *devpts_inode_private(const struct inode *inode);

#endif
