/*
 * sysfs: the registered devices and classes as a tree of small text files.
 *
 * Whoever registers a device makes its directory and attributes; they exist
 * until removed. Paths are relative to /sys; missing directories are made.
 */
#ifndef LINNET_SYSFS_H
#define LINNET_SYSFS_H

#include <linnet/types.h>

struct seq_file;

struct sysfs_attr {
	const char *name;
	u16 mode;
	/* Print the value; @data is what the file was made with. */
	int (*show)(struct seq_file *m, void *data);
	/* Take a value: 0 or an error. NULL: read-only. */
	int (*store)(void *data, const char *text, size_t len);
};

/* 0, -EEXIST, -ENOMEM, -ENODEV before sysfs is there. May sleep. */
int sysfs_make_dir(const char *path);
int sysfs_make_file(const char *dir, const struct sysfs_attr *attr, void *data);
int sysfs_make_link(const char *path, const char *target);

#endif
