/*
 * signalfd: signals of the reading process are read from a file.
 *
 * The file holds only a set; the signals are those pending for whoever reads.
 * Their arrival is announced on sighand->signalfd, which an epoll set may still
 * be on when the process is gone: the last sighand_put() says WAKE_QUEUE_GONE.
 */
#include <asm/uaccess.h>
#include <linnet/errno.h>
#include <linnet/fdtable.h>
#include <linnet/fs.h>
#include <linnet/poll.h>
#include <linnet/seq_file.h>
#include <linnet/signal.h>
#include <linnet/slab.h>
#include <linnet/string.h>
#include <linnet/syscalls.h>
#include <linnet/task.h>
#include <linux/signalfd.h>

struct signalfd {
	u64 set; /* [A] signals to read */
};

static const struct file_ops signalfd_fops;

static bool any_pending(u64 set)
{
	return (READ_ONCE(current->pending.set) |
		READ_ONCE(current->tg->shared.set)) & set;
}

static u32 signalfd_poll(struct file *f, struct poll_table *pt)
{
	struct signalfd *s = f->private;

	poll_wait(f, &current->sighand->signalfd, pt);
	return any_pending(READ_ONCE(s->set)) ? EPOLLIN : 0;
}

static void fill_info(struct signalfd_siginfo *o, const siginfo_t *i)
{
	memset(o, 0, sizeof(*o));
	o->ssi_signo = (u32)i->si_signo;
	o->ssi_errno = i->si_errno;
	o->ssi_code = i->si_code;
	switch (i->si_code > 0 ? i->si_signo : 0) {
	case SIGCHLD:
		o->ssi_pid = (u32)i->si_pid;
		o->ssi_uid = i->si_uid;
		o->ssi_status = i->si_status;
		o->ssi_utime = (u64)i->si_utime;
		o->ssi_stime = (u64)i->si_stime;
		return;
	case SIGILL:
	case SIGFPE:
	case SIGSEGV:
	case SIGBUS:
	case SIGTRAP:
		o->ssi_addr = (u64)i->si_addr;
		return;
	case SIGPOLL:
		o->ssi_band = (u32)i->si_band;
		o->ssi_fd = i->si_fd;
		return;
	}
	if (i->si_code == SI_TIMER) {
		o->ssi_tid = (u32)i->si_tid;
		o->ssi_overrun = (u32)i->si_overrun;
	} else {
		o->ssi_pid = (u32)i->si_pid;
		o->ssi_uid = i->si_uid;
	}
	if (i->si_code < 0) {
		o->ssi_ptr = (u64)i->si_ptr;
		o->ssi_int = i->si_int;
	}
}

/* Next signal of the set, 0 if there is none now. */
static int take_signal(u64 set, siginfo_t *info)
{
	int sig;

	spin_lock_irq(&current->sighand->lock);
	sig = dequeue_signal(current, ~set, info);
	spin_unlock_irq(&current->sighand->lock);
	return sig;
}

static int wait_signal(struct signalfd *s, siginfo_t *info, bool nonblock)
{
	int sig = take_signal(READ_ONCE(s->set), info);
	long err;

	while (!sig) {
		if (nonblock)
			return -EAGAIN;
		err = wait_event_interruptible(&current->sighand->signalfd,
					       any_pending(READ_ONCE(s->set)));
		if (err)
			return (int)err;
		sig = take_signal(READ_ONCE(s->set), info);
	}
	return sig;
}

static ssize_t signalfd_read(struct kiocb *io, struct iov_iter *to)
{
	struct signalfd *s = io->file->private;
	bool nonblock = io->file->flags & O_NONBLOCK || io->flags & IOCB_NOWAIT;
	struct signalfd_siginfo out;
	ssize_t done = 0;
	siginfo_t info;
	int sig;

	if (to->count < sizeof(out))
		return -EINVAL;
	while (to->count >= sizeof(out)) {
		sig = wait_signal(s, &info, nonblock || done);
		if (sig < 0)
			return done ? done : sig;
		fill_info(&out, &info);
		if (copy_to_iter(&out, sizeof(out), to) < sizeof(out))
			return done ? done : -EFAULT;
		done += (ssize_t)sizeof(out);
	}
	return done;
}

static void signalfd_release(struct inode *inode, struct file *f)
{
	kfree(f->private);
}

static void signalfd_show_fdinfo(struct seq_file *m, struct file *f)
{
	struct signalfd *s = f->private;

	seq_printf(m, "sigmask:\t%016lx\n", READ_ONCE(s->set));
}

static const struct file_ops signalfd_fops = {
	.read_iter = signalfd_read,
	.poll = signalfd_poll,
	.release = signalfd_release,
	.llseek = noop_llseek,
	.show_fdinfo = signalfd_show_fdinfo,
};

static int signalfd_new(u64 set, u32 flags)
{
	struct signalfd *s = kmalloc(sizeof(*s), GFP_KERNEL);
	int fd;

	if (!s)
		return -ENOMEM;
	s->set = set;
	fd = anon_fd("[signalfd]", &signalfd_fops, s, O_RDWR | flags);
	if (fd < 0)
		kfree(s);
	return fd;
}

/* Another set for an existing descriptor. */
static int signalfd_change(u32 fd, u64 set)
{
	struct fd f = fdget(fd);
	int ret = -EINVAL;

	if (!f.file)
		return -EBADF;
	if (f.file->ops == &signalfd_fops) {
		WRITE_ONCE(((struct signalfd *)f.file->private)->set, set);
		wake_up_all(&current->sighand->signalfd);
		ret = (int)fd;
	}
	fdput(f);
	return ret;
}

SYSCALL_DEFINE4(signalfd4, int, fd, const sigset_t __user *, uset, size_t, size,
		int, flags)
{
	u64 set;

	if (size != sizeof(set))
		return -EINVAL;
	if (copy_from_user(&set, uset, sizeof(set)))
		return -EFAULT;
	if (flags & ~(SFD_CLOEXEC | SFD_NONBLOCK))
		return -EINVAL;
	set &= ~(sigmask(SIGKILL) | sigmask(SIGSTOP));
	return fd == -1 ? signalfd_new(set, (u32)flags)
			: signalfd_change((u32)fd, set);
}
