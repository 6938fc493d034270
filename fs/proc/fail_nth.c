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

static int set_fail_nth(struct task *t, s64 v)
{
	if (v < 0 || v > U32_MAX)
		return v < 0 ? -EINVAL : -ERANGE;
	WRITE_ONCE(t->fail_nth, (u32)v);
	return 0;
}

static ssize_t fail_nth_write(struct kiocb *io, struct iov_iter *from)
{
	return proc_write_number(io, from, set_fail_nth);
}

const struct file_ops proc_fail_nth_fops = {
	.open = proc_task_open,
	.read_iter = seq_read_iter,
	.write_iter = fail_nth_write,
	.llseek = seq_lseek,
	.release = single_release,
};
