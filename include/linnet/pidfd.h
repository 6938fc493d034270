/* Process file descriptors. */
#ifndef LINNET_PIDFD_H
#define LINNET_PIDFD_H

#include <linnet/types.h>

struct file;
struct pid;

/* Referenced file, or ERR_PTR. Takes its own reference on @pid. */
struct file *pidfd_create_file(struct pid *pid, u32 flags);
/* The pid behind a pidfd, referenced, or ERR_PTR(-EBADF). A non-blocking pidfd
 * adds WNOHANG to *wait_flags (may be NULL). */
struct pid *pidfd_get_pid(u32 fd, int *wait_flags);
bool is_pidfd(const struct file *f);
/* fs/proc/task.c: the process whose directory in procfs @f is, or NULL. */
struct pid *process_dir_pid(const struct file *f);

#endif
