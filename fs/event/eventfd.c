/*
 * eventfd: a counter that is read, written and polled as a file.
 *
 * Lock: the wait queue's, so that one critical section changes the counter and
 * wakes who waits for the change.
 */
#include <asm/uaccess.h>
#include <linnet/errno.h>
#include <linnet/fs.h>
#include <linnet/poll.h>
#include <linnet/seq_file.h>
#include <linnet/slab.h>
#include <linnet/syscalls.h>
#include <linnet/task.h>

/* The C library's <sys/eventfd.h> has these; the UAPI headers do not. */
enum eventfd_flags {
	EFD_SEMAPHORE = 1,
	EFD_CLOEXEC = O_CLOEXEC,
	EFD_NONBLOCK = O_NONBLOCK,
};

struct eventfd {
	struct wait_queue wait;
	u64 count; /* [wait.lock] < U64_MAX */
	bool semaphore; /* [I] */
};

/* Take the counter's value, or 1 of it: false if it is 0. */
static bool take(struct eventfd *e, u64 *value)
{
	u64 flags = spin_lock_irqsave(&e->wait.lock);
	bool ok = e->count;

	if (ok) {
		*value = e->semaphore ? 1 : e->count;
		e->count -= *value;
		wake_up_locked(&e->wait, TASK_NORMAL, 1, EPOLLOUT);
	}
	spin_unlock_irqrestore(&e->wait.lock, flags);
	return ok;
}

static bool give(struct eventfd *e, u64 value)
{
	u64 flags = spin_lock_irqsave(&e->wait.lock);
	bool ok = U64_MAX - e->count > value;

	if (ok) {
		e->count += value;
		wake_up_locked(&e->wait, TASK_NORMAL, 1, EPOLLIN);
	}
	spin_unlock_irqrestore(&e->wait.lock, flags);
	return ok;
}

static bool nonblocking(const struct kiocb *io)
{
	return io->file->flags & O_NONBLOCK || io->flags & IOCB_NOWAIT;
}

__no_canary static ssize_t eventfd_read(struct kiocb *io, struct iov_iter *to)
{
	struct eventfd *e = io->file->private;
	u64 value;
	long err;

	if (to->count < sizeof(value))
		return -EINVAL;
	while (!take(e, &value)) {
		if (nonblocking(io))
			return -EAGAIN;
		err = wait_event_interruptible(&e->wait, READ_ONCE(e->count));
		if (err)
			return err;
	}
	if (copy_to_iter(&value, sizeof(value), to) < sizeof(value))
		return -EFAULT;
	return sizeof(value);
}

__no_canary static ssize_t eventfd_write(struct kiocb *io, struct iov_iter *from)
{
	struct eventfd *e = io->file->private;
	u64 value;
	long err;

	if (from->count < sizeof(value))
		return -EINVAL;
	if (copy_from_iter(&value, sizeof(value), from) < sizeof(value))
		return -EFAULT;
	if (value == U64_MAX)
		return -EINVAL;
	while (!give(e, value)) {
		if (nonblocking(io))
			return -EAGAIN;
		err = wait_event_interruptible(
			&e->wait, U64_MAX - READ_ONCE(e->count) > value);
		if (err)
			return err;
	}
	return sizeof(value);
}

static u32 eventfd_poll(struct file *f, struct poll_table *pt)
{
	struct eventfd *e = f->private;
	u64 count;
	u32 mask = 0;

	poll_wait(f, &e->wait, pt);
	count = READ_ONCE(e->count);
	if (count)
		mask |= EPOLLIN;
	if (count == U64_MAX)
		mask |= EPOLLERR;
	if (count < U64_MAX - 1)
		mask |= EPOLLOUT;
	return mask;
}

static void eventfd_release(struct inode *inode, struct file *f)
{
	struct eventfd *e = f->private;

	wake_up_common(&e->wait, TASK_NORMAL, 0, EPOLLHUP);
	kfree(e);
}

static void eventfd_show_fdinfo(struct seq_file *m, struct file *f)
{
	struct eventfd *e = f->private;

	seq_printf(m, "eventfd-count: %16lx\n", READ_ONCE(e->count));
}

static const struct file_ops eventfd_fops = {
	.read_iter = eventfd_read,
	.write_iter = eventfd_write,
	.poll = eventfd_poll,
	.release = eventfd_release,
	.llseek = noop_llseek,
	.show_fdinfo = eventfd_show_fdinfo,
};

SYSCALL_DEFINE2(eventfd2, u32, count, int, flags)
{
	struct eventfd *e;
	int fd;

	if (flags & ~(EFD_SEMAPHORE | EFD_CLOEXEC | EFD_NONBLOCK))
		return -EINVAL;
	e = kzalloc(sizeof(*e), GFP_KERNEL);
	if (!e)
		return -ENOMEM;
	wait_queue_init(&e->wait);
	e->count = count;
	e->semaphore = flags & EFD_SEMAPHORE;
	fd = anon_fd("[eventfd]", &eventfd_fops, e,
		     O_RDWR | ((u32)flags & ~(u32)EFD_SEMAPHORE));
	if (fd < 0)
		kfree(e);
	return fd;
}
