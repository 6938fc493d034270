/*
 * timerfd: a timer whose expirations are read and polled as a file.
 *
 * One high-resolution timer counts expirations. A period is not rearmed in the
 * interrupt: the reader works out how many have passed and starts the next, so
 * a timer that nobody reads costs one interrupt. Setting CLOCK_REALTIME moves
 * its absolute timers.
 *
 * Lock order: timers_lock > the wait queue's lock, which guards the timer.
 */
#include <asm/uaccess.h>
#include <linnet/cred.h>
#include <linnet/errno.h>
#include <linnet/fdtable.h>
#include <linnet/fs.h>
#include <linnet/hrtimer.h>
#include <linnet/poll.h>
#include <linnet/seq_file.h>
#include <linnet/slab.h>
#include <linnet/syscalls.h>
#include <linnet/task.h>
#include <linnet/timekeeping.h>
#include <linux/capability.h>
#include <linux/timerfd.h>

struct timerfd {
	struct wait_queue wait;
	struct hrtimer timer;
	struct list_head node;	/* [timers_lock] on the real-time clocks */
	int clock;		/* [I] */
	ktime_t expires;	/* [wait.lock] next, on the timer's base */
	ktime_t interval;	/* [wait.lock] 0: once */
	u64 ticks;		/* [wait.lock] */
	bool expired;		/* [wait.lock] the timer fired and rests */
	bool absolute;		/* [wait.lock] on real time: @expires is that */
	bool cancel_on_set;	/* [wait.lock] */
	bool clock_was_set;	/* [wait.lock] since then, not yet reported */
	u32 settime_flags;	/* [wait.lock] */
};

static LIST_HEAD(real_timers);
static DEFINE_SPINLOCK(timers_lock);
static const struct file_ops timerfd_fops;

static bool on_real_time(const struct timerfd *t)
{
	return t->clock == CLOCK_REALTIME || t->clock == CLOCK_REALTIME_ALARM;
}

/* What to add to monotonic time to get the timer's base. */
static ktime_t base_offset(const struct timerfd *t)
{
	return t->absolute ? ktime_real_offset() : 0;
}

/* [wait.lock] */
static void arm(struct timerfd *t)
{
	t->expired = false;
	hrtimer_start(&t->timer, t->expires - base_offset(t));
}

static void timerfd_fire(struct hrtimer *h)
{
	struct timerfd *t = container_of(h, struct timerfd, timer);
	u64 flags = spin_lock_irqsave(&t->wait.lock);

	t->expired = true;
	t->ticks++;
	wake_up_locked(&t->wait, TASK_NORMAL, 1, EPOLLIN);
	spin_unlock_irqrestore(&t->wait.lock, flags);
}

/* Add the periods that passed since it fired, and start the next. [lock] */
static void catch_up(struct timerfd *t)
{
	ktime_t now = ktime_get() + base_offset(t);

	if (!t->expired || !t->interval)
		return;
	if (now >= t->expires) {
		u64 n = (u64)(now - t->expires) / (u64)t->interval + 1;

		t->ticks += n - 1;
		t->expires = ktime_add_safe(t->expires,
					    (ktime_t)n * t->interval);
	}
	arm(t);
}

static bool has_ticks(const struct timerfd *t)
{
	return READ_ONCE(t->ticks) || READ_ONCE(t->clock_was_set);
}

static ssize_t timerfd_read(struct kiocb *io, struct iov_iter *to)
{
	struct timerfd *t = io->file->private;
	bool nonblock = io->file->flags & O_NONBLOCK || io->flags & IOCB_NOWAIT;
	bool cancelled;
	u64 ticks;
	long err;

	if (to->count < sizeof(ticks))
		return -EINVAL;
	for (;;) {
		u64 flags = spin_lock_irqsave(&t->wait.lock);

		cancelled = t->clock_was_set;
		t->clock_was_set = false;
		ticks = t->ticks;
		if (ticks && !cancelled) {
			catch_up(t);
			ticks = t->ticks;
			t->expired = false;
			t->ticks = 0;
			if (!t->interval)
				t->expires = 0; /* disarmed */
		}
		spin_unlock_irqrestore(&t->wait.lock, flags);
		if (cancelled)
			return -ECANCELED;
		if (ticks)
			break;
		if (nonblock)
			return -EAGAIN;
		err = wait_event_interruptible(&t->wait, has_ticks(t));
		if (err)
			return err;
	}
	if (copy_to_iter(&ticks, sizeof(ticks), to) < sizeof(ticks))
		return -EFAULT;
	return sizeof(ticks);
}

static u32 timerfd_poll(struct file *f, struct poll_table *pt)
{
	struct timerfd *t = f->private;

	poll_wait(f, &t->wait, pt);
	return has_ticks(t) ? EPOLLIN : 0;
}

static void timerfd_release(struct inode *inode, struct file *f)
{
	struct timerfd *t = f->private;

	spin_lock_irq(&timers_lock);
	list_del(&t->node);
	spin_unlock_irq(&timers_lock);
	hrtimer_cancel(&t->timer);
	kfree(t);
}

/* [lock] */
static void remaining(struct timerfd *t, struct __kernel_itimerspec *out)
{
	ktime_t left = 0;

	catch_up(t);
	if (!t->expired && t->expires)
		left = max(t->expires - ktime_get() - base_offset(t),
			   (ktime_t)0);
	/* Armed, but due: never 0, which means disarmed. */
	if (!left && !t->expired && t->expires)
		left = 1;
	out->it_value = ktime_to_timespec(left);
	out->it_interval = ktime_to_timespec(t->interval);
}

static void timerfd_show_fdinfo(struct seq_file *m, struct file *f)
{
	struct timerfd *t = f->private;
	struct __kernel_itimerspec v;
	u64 flags = spin_lock_irqsave(&t->wait.lock), ticks = t->ticks;

	remaining(t, &v);
	spin_unlock_irqrestore(&t->wait.lock, flags);
	seq_printf(m,
		   "clockid: %d\nticks: %lu\nsettime flags: 0%o\nit_value: (%ld, %ld)\nit_interval: (%ld, %ld)\n",
		   t->clock, ticks, t->settime_flags, (long)v.it_value.tv_sec,
		   (long)v.it_value.tv_nsec, (long)v.it_interval.tv_sec,
		   (long)v.it_interval.tv_nsec);
}

static long timerfd_ioctl(struct file *f, u32 cmd, u64 arg)
{
	struct timerfd *t = f->private;
	u64 ticks, flags;

	if (cmd != TFD_IOC_SET_TICKS)
		return -ENOTTY;
	if (copy_from_user(&ticks, (const void __user *)arg, sizeof(ticks)))
		return -EFAULT;
	if (!ticks)
		return -EINVAL;
	flags = spin_lock_irqsave(&t->wait.lock);
	t->ticks = ticks;
	wake_up_locked(&t->wait, TASK_NORMAL, 1, EPOLLIN);
	spin_unlock_irqrestore(&t->wait.lock, flags);
	return 0;
}

static const struct file_ops timerfd_fops = {
	.read_iter = timerfd_read,
	.poll = timerfd_poll,
	.ioctl = timerfd_ioctl,
	.release = timerfd_release,
	.llseek = noop_llseek,
	.show_fdinfo = timerfd_show_fdinfo,
};

/**
 * timerfd_clock_was_set - CLOCK_REALTIME jumped
 *
 * Absolute timers move with it; who asked for it is told (-ECANCELED).
 * Context: task or softer; takes each timer's lock.
 */
void timerfd_clock_was_set(void)
{
	struct timerfd *t;
	u64 flags = spin_lock_irqsave(&timers_lock);

	list_for_each_entry(t, &real_timers, node) {
		spin_lock(&t->wait.lock);
		if (t->absolute && t->expires && !t->expired)
			arm(t);
		if (t->cancel_on_set) {
			t->clock_was_set = true;
			wake_up_locked(&t->wait, TASK_NORMAL, 0, EPOLLIN);
		}
		spin_unlock(&t->wait.lock);
	}
	spin_unlock_irqrestore(&timers_lock, flags);
}

SYSCALL_DEFINE2(timerfd_create, int, clock, int, flags)
{
	bool alarm = clock == CLOCK_REALTIME_ALARM ||
		     clock == CLOCK_BOOTTIME_ALARM;
	struct timerfd *t;
	int fd;

	if (flags & ~(TFD_CLOEXEC | TFD_NONBLOCK))
		return -EINVAL;
	if (!alarm && clock != CLOCK_MONOTONIC && clock != CLOCK_REALTIME &&
	    clock != CLOCK_BOOTTIME)
		return -EINVAL;
	if (alarm && !capable(CAP_WAKE_ALARM))
		return -EPERM;
	t = kzalloc(sizeof(*t), GFP_KERNEL);
	if (!t)
		return -ENOMEM;
	wait_queue_init(&t->wait);
	hrtimer_init(&t->timer, timerfd_fire);
	list_init(&t->node);
	t->clock = clock;
	if (on_real_time(t)) {
		spin_lock_irq(&timers_lock);
		list_add(&t->node, &real_timers);
		spin_unlock_irq(&timers_lock);
	}
	fd = anon_fd("[timerfd]", &timerfd_fops, t, O_RDWR | (u32)flags);
	if (fd < 0) {
		spin_lock_irq(&timers_lock);
		list_del(&t->node);
		spin_unlock_irq(&timers_lock);
		kfree(t);
	}
	return fd;
}

/* Stop, report what was left, and start anew. */
static void set_timer(struct timerfd *t, int how,
		      const struct __kernel_itimerspec *new,
		      struct __kernel_itimerspec *old)
{
	ktime_t value = timespec_to_ktime(&new->it_value);
	u64 flags;

	hrtimer_cancel(&t->timer);
	flags = spin_lock_irqsave(&t->wait.lock);
	remaining(t, old);
	t->absolute = how & TFD_TIMER_ABSTIME && on_real_time(t);
	t->cancel_on_set = t->absolute && how & TFD_TIMER_CANCEL_ON_SET;
	t->clock_was_set = false;
	t->settime_flags = (u32)how;
	t->ticks = 0;
	t->expired = false;
	t->interval = timespec_to_ktime(&new->it_interval);
	t->expires = value;
	if (value && !(how & TFD_TIMER_ABSTIME))
		t->expires = ktime_add_safe(ktime_get(), value);
	if (value)
		arm(t);
	else
		hrtimer_try_cancel(&t->timer);
	spin_unlock_irqrestore(&t->wait.lock, flags);
}

SYSCALL_DEFINE4(timerfd_settime, u32, fd, int, how,
		const struct __kernel_itimerspec __user *, unew,
		struct __kernel_itimerspec __user *, uold)
{
	struct __kernel_itimerspec new, old;
	struct fd f;
	int err = -EINVAL;

	if (copy_from_user(&new, unew, sizeof(new)))
		return -EFAULT;
	if (how & ~(TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET) ||
	    !timespec_valid(&new.it_value) || !timespec_valid(&new.it_interval))
		return -EINVAL;
	f = fdget(fd);
	if (!f.file)
		return -EBADF;
	if (f.file->ops == &timerfd_fops) {
		set_timer(f.file->private, how, &new, &old);
		err = 0;
	}
	fdput(f);
	if (!err && uold && copy_to_user(uold, &old, sizeof(old)))
		err = -EFAULT;
	return err;
}

SYSCALL_DEFINE2(timerfd_gettime, u32, fd, struct __kernel_itimerspec __user *,
		uold)
{
	struct fd f = fdget(fd);
	struct __kernel_itimerspec old;
	struct timerfd *t;
	u64 flags;

	if (!f.file)
		return -EBADF;
	if (f.file->ops != &timerfd_fops) {
		fdput(f);
		return -EINVAL;
	}
	t = f.file->private;
	flags = spin_lock_irqsave(&t->wait.lock);
	remaining(t, &old);
	spin_unlock_irqrestore(&t->wait.lock, flags);
	fdput(f);
	return copy_to_user(uold, &old, sizeof(old)) ? -EFAULT : 0;
}
