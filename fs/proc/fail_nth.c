/*
 * /proc/PID/fail-nth, and that of a thread: how many points of fault injection
 * are left to it (kernel/fault_inject.c).
 */
#include <linnet/errno.h>
#include <linnet/task.h>
#include "proc.h"

int proc_fail_nth_show(struct seq_file *m, struct task *t)
{
	seq_printf(m, "%u\n", READ_ONCE(t->fail_nth));
	return 0;
}

static ssize_t fail_nth_write(struct kiocb *io, struct iov_iter *from)
{
	size_t asked = from->count;
	struct task *t;
	s64 v;
	int err = proc_get_number(from, &v);

	if (err)
		return err;
	if (v < 0 || v > U32_MAX)
		return v < 0 ? -EINVAL : -ERANGE;
	t = proc_task(io->file->inode);
	if (!t)
		return -ESRCH;
	WRITE_ONCE(t->fail_nth, (u32)v);
	task_put(t);
	return (ssize_t)asked;
}

const struct file_ops proc_fail_nth_fops = {
	.open = proc_task_open,
	.read_iter = seq_read_iter,
	.write_iter = fail_nth_write,
	.llseek = seq_lseek,
	.release = single_release,
};
