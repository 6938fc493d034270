/*
 * Terminals: the data path between files, line discipline and driver.
 *
 * Input of a device waits in a ring until its work item, a reader or a poller
 * hands it to the line discipline. When the line discipline is full the ring
 * fills up, and the driver leaves the rest in the device until unthrottle().
 *
 * A file of a terminal that was hung up reads end of file, fails to write with
 * -EIO and polls as ready; /dev/console files outlive hang-ups.
 */
#include <linnet/errno.h>
#include <linnet/hrtimer.h>
#include <linnet/poll.h>
#include <linnet/string.h>
#include <linnet/task.h>
#include <linnet/uio.h>
#include "tty_internal.h"

enum { RING_MASK = TTY_RING_SIZE - 1, MTIME_GRAIN_S = 8 };

/* --- input ring --- */

bool tty_ring_empty(const struct tty *tty)
{
	return READ_ONCE(tty->ring_head) == READ_ONCE(tty->ring_tail);
}

u32 tty_input_room(struct tty *tty)
{
	u64 flags = spin_lock_irqsave(&tty->ring_lock);
	u32 room = TTY_RING_SIZE - (tty->ring_head - tty->ring_tail);

	if (room < TTY_ROOM_MIN)
		atomic_or(&tty->flags, TTY_THROTTLED);
	spin_unlock_irqrestore(&tty->ring_lock, flags);
	return room;
}

u32 tty_ring_put(struct tty *tty, const u8 *buf, u32 n)
{
	u64 flags = spin_lock_irqsave(&tty->ring_lock);
	u32 used = tty->ring_head - tty->ring_tail;
	u32 off = tty->ring_head & RING_MASK, first;

	if (n > TTY_RING_SIZE - used) {
		n = TTY_RING_SIZE - used;
		atomic_or(&tty->flags, TTY_THROTTLED);
	}
	first = min(n, TTY_RING_SIZE - off);
	memcpy(tty->ring + off, buf, first);
	memcpy(tty->ring, buf + first, n - first);
	tty->ring_head += n;
	spin_unlock_irqrestore(&tty->ring_lock, flags);
	return n;
}

u32 tty_ring_take(struct tty *tty, u8 *buf, u32 n)
{
	u64 flags = spin_lock_irqsave(&tty->ring_lock);
	u32 off = tty->ring_tail & RING_MASK, first;

	n = min(n, tty->ring_head - tty->ring_tail);
	first = min(n, TTY_RING_SIZE - off);
	memcpy(buf, tty->ring + off, first);
	memcpy(buf + first, tty->ring, n - first);
	tty->ring_tail += n;
	spin_unlock_irqrestore(&tty->ring_lock, flags);
	/* A throttled driver waits for half a ring, not for every byte. */
	if (n && READ_ONCE(tty->flags) & TTY_THROTTLED &&
	    tty->ring_head - tty->ring_tail <= TTY_RING_SIZE / 2 &&
	    atomic_fetch_and(&tty->flags, ~(u32)TTY_THROTTLED) & TTY_THROTTLED)
		tty->driver->ops->unthrottle(tty);
	return n;
}

void tty_ring_flush(struct tty *tty)
{
	u64 flags = spin_lock_irqsave(&tty->ring_lock);

	tty->ring_tail = tty->ring_head;
	spin_unlock_irqrestore(&tty->ring_lock, flags);
	if (atomic_fetch_and(&tty->flags, ~(u32)TTY_THROTTLED) & TTY_THROTTLED)
		tty->driver->ops->unthrottle(tty);
}

u32 tty_insert_input(struct tty *tty, const u8 *buf, u32 n)
{
	n = tty_ring_put(tty, buf, n);
	if (n)
		work_queue(&tty->input_work);
	return n;
}

void tty_insert_break(struct tty *tty)
{
	u64 flags = spin_lock_irqsave(&tty->ring_lock);

	tty->break_pending = true;
	spin_unlock_irqrestore(&tty->ring_lock, flags);
	work_queue(&tty->input_work);
}

void tty_process_input(struct tty *tty)
{
	mutex_lock(&tty->nt.lock);
	n_tty_receive(tty);
	mutex_unlock(&tty->nt.lock);
}

void tty_input_work(struct work *w)
{
	tty_process_input(container_of(w, struct tty, input_work));
}

/* --- output flow --- */

void tty_wakeup(struct tty *tty)
{
	wake_up_poll(&tty->write_wait, EPOLLOUT | EPOLLWRNORM);
	if (READ_ONCE(tty->nt.echo_head) != READ_ONCE(tty->nt.echo_tail))
		work_queue(&tty->input_work);
}

/* A pty tells its master in packet mode: [ctrl_lock] */
static void flow_status(struct tty *tty, u8 set, u8 clear)
{
	if (tty->link && READ_ONCE(tty->link->packet))
		tty->pktstatus = (u8)((tty->pktstatus & ~clear) | set);
}

static void wake_packet_master(struct tty *tty)
{
	if (tty->link && READ_ONCE(tty->link->packet))
		wake_up_poll(&tty->link->read_wait, EPOLLPRI | EPOLLIN);
}

void tty_stop(struct tty *tty)
{
	u64 flags = spin_lock_irqsave(&tty->ctrl_lock);
	bool change = !tty->stopped;

	if (change) {
		tty->stopped = true;
		flow_status(tty, TIOCPKT_STOP, TIOCPKT_START);
		if (tty->driver->ops->stop)
			tty->driver->ops->stop(tty);
	}
	spin_unlock_irqrestore(&tty->ctrl_lock, flags);
	if (change)
		wake_packet_master(tty);
}

void tty_start(struct tty *tty)
{
	u64 flags = spin_lock_irqsave(&tty->ctrl_lock);
	bool change = tty->stopped && !tty->tco_stopped;

	if (change) {
		tty->stopped = false;
		flow_status(tty, TIOCPKT_START, TIOCPKT_STOP);
		if (tty->driver->ops->start)
			tty->driver->ops->start(tty);
	}
	spin_unlock_irqrestore(&tty->ctrl_lock, flags);
	if (change) {
		wake_packet_master(tty);
		tty_wakeup(tty);
	}
}

int tty_wait_sent(struct tty *tty, ktime_t limit)
{
	ktime_t end = limit == KTIME_MAX ? KTIME_MAX
					 : ktime_add_safe(ktime_get(), limit);
	DEFINE_WAIT(w);
	int err = 0;

	for (;;) {
		wait_prepare(&tty->write_wait, &w, TASK_INTERRUPTIBLE);
		if (!tty_chars_in_buffer(tty))
			break;
		if (signal_pending(current)) {
			err = -ERESTARTSYS;
			break;
		}
		if (schedule_timeout_at(end))
			break;
	}
	wait_finish(&tty->write_wait, &w);
	return err;
}

/* --- files --- */

static struct tty_file *tty_file_of(const struct file *f)
{
	return f->private;
}

/*
 * Times of the node show idleness (w, finger) but not the typing rhythm: they
 * move in steps.
 */
static void update_time(struct inode *inode, struct __kernel_timespec *ts)
{
	struct __kernel_timespec now = current_time(inode);

	spin_lock(&inode->lock);
	if ((now.tv_sec ^ ts->tv_sec) & ~(s64)(MTIME_GRAIN_S - 1)) {
		ts->tv_sec = now.tv_sec & ~(s64)(MTIME_GRAIN_S - 1);
		ts->tv_nsec = 0;
	}
	spin_unlock(&inode->lock);
}

static ssize_t tty_read_iter(struct kiocb *io, struct iov_iter *to)
{
	struct tty_file *tf = tty_file_of(io->file);
	ssize_t ret;

	if (tty_file_hung(tf))
		return 0;
	if (READ_ONCE(tf->tty->flags) & TTY_IO_ERROR)
		return -EIO;
	ret = n_tty_read(tf, to);
	if (ret > 0)
		update_time(io->file->inode, &io->file->inode->atime);
	return ret;
}

int tty_claim_write(struct tty *tty, bool nonblock)
{
	if (!atomic_xchg(&tty->writing, true))
		return 0;
	if (nonblock)
		return -EAGAIN;
	return (int)wait_event_interruptible(
		&tty->claim_wait, !atomic_xchg(&tty->writing, true));
}

void tty_release_write(struct tty *tty)
{
	__atomic_store_n(&tty->writing, false, __ATOMIC_RELEASE);
	wake_up_all(&tty->claim_wait);
	wake_up_poll(&tty->write_wait, EPOLLOUT | EPOLLWRNORM);
}

static ssize_t write_loop(struct tty_file *tf, struct iov_iter *from)
{
	struct tty *tty = tf->tty;
	size_t done = 0;
	ssize_t ret = 0;

	while (from->count) {
		size_t n = min(from->count, (size_t)TTY_WRITE_CHUNK);

		if (copy_from_iter(tty->write_buf, n, from) != n) {
			ret = -EFAULT;
			break;
		}
		ret = n_tty_write(tf, tty->write_buf, (u32)n);
		if (ret < 0)
			break;
		done += (size_t)ret;
		if ((size_t)ret < n)
			break;
		cond_resched();
	}
	return done ? (ssize_t)done : ret;
}

static ssize_t tty_write_iter(struct kiocb *io, struct iov_iter *from)
{
	struct tty_file *tf = tty_file_of(io->file);
	struct tty *tty = tf->tty;
	ssize_t ret;

	if (tty_file_hung(tf) || READ_ONCE(tty->flags) & TTY_IO_ERROR)
		return -EIO;
	if (L_FLAG(tty, TOSTOP) && !tf->console) {
		ret = tty_check_change(tty, SIGTTOU);
		if (ret)
			return ret;
	}
	ret = tty_claim_write(tty, tty_file_nonblock(tf));
	if (ret)
		return ret;
	ret = write_loop(tf, from);
	tty_release_write(tty);
	if (ret > 0)
		update_time(io->file->inode, &io->file->inode->mtime);
	return ret;
}

static u32 tty_poll(struct file *f, struct poll_table *pt)
{
	struct tty_file *tf = tty_file_of(f);
	struct tty *tty = tf->tty;
	u32 mask;

	if (tty_file_hung(tf))
		return EPOLLIN | EPOLLOUT | EPOLLERR | EPOLLHUP | EPOLLRDNORM |
		       EPOLLWRNORM;
	poll_wait(f, &tty->read_wait, pt);
	poll_wait(f, &tty->write_wait, pt);
	mask = n_tty_poll_input(tty);
	if (READ_ONCE(tty->packet) && READ_ONCE(tty->link->pktstatus))
		mask |= EPOLLPRI | EPOLLIN | EPOLLRDNORM;
	if (tty_other_closed(tty) || tty_file_hung(tf))
		mask |= EPOLLHUP;
	if (!READ_ONCE(tty->writing) && tty->driver->ops->write_room(tty))
		mask |= EPOLLOUT | EPOLLWRNORM;
	return mask;
}

const struct file_ops tty_fops = {
	.read_iter = tty_read_iter,
	.write_iter = tty_write_iter,
	.llseek = no_llseek,
	.poll = tty_poll,
	.ioctl = tty_ioctl,
	.open = tty_open,
	.release = tty_release,
};
