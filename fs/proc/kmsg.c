/*
 * /proc/kmsg: the lines of the kernel log that nobody has read yet, for klogd.
 * Readers share one place in the log with each other and with syslog(2).
 */
#include <linnet/errno.h>
#include <linnet/log.h>
#include <linnet/poll.h>
#include "proc.h"

static int proc_kmsg_open(struct inode *inode, struct file *f)
{
	return syslog_may_control() ? 0 : -EPERM;
}

static ssize_t proc_kmsg_read(struct kiocb *io, struct iov_iter *to)
{
	return syslog_read(to, io->file->flags & O_NONBLOCK);
}

static u32 proc_kmsg_poll(struct file *f, struct poll_table *pt)
{
	poll_wait(f, &log_wait, pt);
	return syslog_has_unread() ? EPOLLIN | EPOLLRDNORM : 0;
}

const struct file_ops proc_kmsg_fops = {
	.open = proc_kmsg_open,
	.read_iter = proc_kmsg_read,
	.poll = proc_kmsg_poll,
	.llseek = generic_llseek,
};
