/*
 * Process file descriptors: pidfd_open, pidfd_send_signal, pidfd_getfd, and
 * polling for the end of a process.
 */
#include <asm/uaccess.h>
#include <linnet/cred.h>
#include <linnet/ptrace_access.h>
#include <linnet/errno.h>
#include <linnet/fdtable.h>
#include <linnet/fs.h>
#include <linnet/pidfd.h>
#include <linnet/poll.h>
#include <linnet/seq_file.h>
#include <linnet/signal.h>
#include <linnet/syscalls.h>
#include <linnet/task.h>
#include <linux/pidfd.h>
#include <linux/wait.h>

static bool process_ended(struct pid *pid)
{
	struct task *t;
	bool ended;

	rcu_read_lock();
	t = pid_task(pid, PIDTYPE_PID);
	ended = !t || (t->exit_state && t->tg->nr_threads <= 1);
	rcu_read_unlock();
	return ended;
}

static u32 pidfd_poll(struct file *f, struct poll_table *pt)
{
	struct pid *pid = f->private;

	poll_wait(f, &pid->wait, pt);
	return process_ended(pid) ? EPOLLIN | EPOLLRDNORM : 0;
}

static void pidfd_release(struct inode *inode, struct file *f)
{
	(void)inode;
	pid_put(f->private);
}

static void pidfd_show_fdinfo(struct seq_file *m, struct file *f)
{
	struct pid *pid = f->private;
	int nr = process_ended(pid) ? -1 : pid_nr(pid);

	seq_printf(m, "Pid:\t%d\nNSpid:\t%d\n", nr, nr);
}

static const struct file_ops pidfd_fops = {
	.poll = pidfd_poll,
	.release = pidfd_release,
	.show_fdinfo = pidfd_show_fdinfo,
};

struct file *pidfd_create_file(struct pid *pid, u32 flags)
{
	struct file *f = anon_file("[pidfd]", &pidfd_fops, pid, flags);

	if (!IS_ERR(f))
		pid_get(pid);
	return f;
}

bool is_pidfd(const struct file *f)
{
	return f->ops == &pidfd_fops;
}

struct pid *pidfd_get_pid(u32 fd, int *wait_flags)
{
	struct fd f = fdget(fd);
	struct pid *pid = ERR_PTR(-EBADF);

	if (!f.file)
		return pid;
	if (is_pidfd(f.file)) {
		pid = pid_get(f.file->private);
		if (wait_flags && f.file->flags & O_NONBLOCK)
			*wait_flags |= WNOHANG;
	}
	fdput(f);
	return pid;
}

/* A pidfd, or a descriptor of the process's directory in procfs. */
static struct pid *pid_to_signal(u32 nr)
{
	struct fd f;
	struct pid *pid = pidfd_get_pid(nr, NULL);

	if (!IS_ERR(pid))
		return pid;
	f = fdget(nr);
	if (!f.file)
		return ERR_PTR(-EBADF);
	pid = process_dir_pid(f.file);
	pid = pid ? pid_get(pid) : ERR_PTR(-EBADF);
	fdput(f);
	return pid;
}

SYSCALL_DEFINE2(pidfd_open, pid_t, nr, u32, flags)
{
	struct file *f;
	struct pid *pid;
	struct task *t;
	int fd;

	if (flags & ~(u32)PIDFD_NONBLOCK || nr <= 0)
		return -EINVAL;
	pid = pid_find_get(nr);
	if (!pid)
		return -ESRCH;
	rcu_read_lock();
	t = pid_task(pid, PIDTYPE_PID);
	fd = !t ? -ESRCH : thread_group_leader(t) ? 0 : -EINVAL;
	rcu_read_unlock();
	if (!fd)
		fd = get_unused_fd(O_CLOEXEC);
	if (fd >= 0) {
		f = pidfd_create_file(pid, O_RDWR | (flags & O_NONBLOCK));
		if (IS_ERR(f)) {
			put_unused_fd((u32)fd);
			fd = (int)PTR_ERR(f);
		} else {
			fd_install((u32)fd, f);
		}
	}
	pid_put(pid);
	return fd;
}

SYSCALL_DEFINE4(pidfd_send_signal, u32, fd, int, sig, siginfo_t __user *, uinfo,
		u32, flags)
{
	struct task *t;
	struct pid *pid;
	siginfo_t info;
	int err = -ESRCH;

	if (flags)
		return -EINVAL;
	pid = pid_to_signal(fd);
	if (IS_ERR(pid))
		return PTR_ERR(pid);
	if (uinfo) {
		err = copy_from_user(&info, uinfo, sizeof(info));
		if (!err && info.si_signo != sig)
			err = -EINVAL;
		if (!err && pid != current->group_leader->pids[PIDTYPE_PID] &&
		    (info.si_code >= 0 || info.si_code == SI_TKILL))
			err = -EPERM;
		if (err)
			goto out;
	}
	err = -EINVAL;
	if (sig < 0 || sig > NSIG_MAX)
		goto out;
	rcu_read_lock();
	t = pid_task(pid, PIDTYPE_PID);
	if (!t)
		err = -ESRCH;
	else if (!may_signal(t, sig))
		err = -EPERM;
	else
		err = sig ? send_signal(sig, uinfo ? &info : SEND_SIG_NOINFO, t,
					true)
			  : 0;
	rcu_read_unlock();
out:
	pid_put(pid);
	return err;
}

SYSCALL_DEFINE3(pidfd_getfd, u32, pidfd, u32, fd, u32, flags)
{
	struct pid *pid;
	struct task *t;
	struct file *f = NULL;
	int ret = -ESRCH;

	if (flags)
		return -EINVAL;
	pid = pidfd_get_pid(pidfd, NULL);
	if (IS_ERR(pid))
		return PTR_ERR(pid);
	t = pid_task_get(pid, PIDTYPE_PID);
	if (t) {
		f = ptrace_file_get(t, fd, PTRACE_MODE_ATTACH_REALCREDS);
		ret = IS_ERR(f) ? (int)PTR_ERR(f) : get_unused_fd(O_CLOEXEC);
		task_put(t);
	}
	if (ret >= 0)
		fd_install((u32)ret, f);
	else if (!IS_ERR_OR_NULL(f))
		fput(f);
	pid_put(pid);
	return ret;
}
