/*
 * Line discipline: reading and readiness.
 *
 * A canonical read returns at most one line. Others follow MIN and TIME
 * (POSIX, "Non-Canonical Mode Input Processing"): with MIN, TIME bounds the
 * gap after each byte; without MIN, TIME bounds the whole read.
 *
 * Readers run the input side themselves when bytes wait in the ring, so a read
 * does not depend on the work item's turn. Bytes are copied to user memory
 * without nt.lock; a faulting buffer loses what was taken, as on Linux.
 */
#include <linnet/errno.h>
#include <linnet/hrtimer.h>
#include <linnet/poll.h>
#include <linnet/string.h>
#include <linnet/task.h>
#include <linnet/uio.h>
#include "tty_internal.h"

enum { BUF_MASK = N_TTY_BUF_SIZE - 1, READ_CHUNK = 512 };

#define TIME_UNIT_NS (100 * NSEC_PER_MSEC) /* of c_cc[VTIME] */

static bool is_canonical(const struct tty *tty)
{
	return L_FLAG(tty, ICANON) && !L_FLAG(tty, EXTPROC);
}

/* No lock needed: a reader that sees too little looks again when woken. */
bool n_tty_input_ready(struct tty *tty, u32 at_least)
{
	struct n_tty *nt = &tty->nt;
	u32 tail = READ_ONCE(nt->tail);

	if (is_canonical(tty))
		return READ_ONCE(nt->canon_head) != tail;
	return READ_ONCE(nt->head) - tail >= at_least;
}

u32 n_tty_poll_input(struct tty *tty)
{
	u32 amount = 1;

	if (!C_CHAR(tty, VTIME) && C_CHAR(tty, VMIN))
		amount = C_CHAR(tty, VMIN);
	if (n_tty_input_ready(tty, amount))
		return EPOLLIN | EPOLLRDNORM;
	if (tty_ring_empty(tty))
		return 0;
	tty_process_input(tty);
	return n_tty_input_ready(tty, amount) ? EPOLLIN | EPOLLRDNORM : 0;
}

static bool at_end(const struct n_tty *nt, u32 pos)
{
	pos &= BUF_MASK;
	return nt->ends[pos / 64] >> (pos % 64) & 1;
}

/* First line end in [tail, limit), or limit. */
static u32 find_end(const struct n_tty *nt, u32 limit)
{
	u32 pos = nt->tail;

	while (pos != limit) {
		u32 bit = pos & 63;
		u64 word = nt->ends[(pos & BUF_MASK) / 64] >> bit;

		if (word) {
			u32 step = (u32)__builtin_ctzl(word);

			return step < limit - pos ? pos + step : limit;
		}
		pos += min(64 - bit, limit - pos);
	}
	return limit;
}

/* TIOCINQ: end-of-file marks are not counted. */
u32 n_tty_inq(struct tty *tty)
{
	struct n_tty *nt = &tty->nt;
	u32 n;

	mutex_lock(&nt->lock);
	n_tty_receive(tty);
	if (!is_canonical(tty)) {
		n = nt->head - nt->tail;
	} else {
		n = nt->canon_head - nt->tail;
		for (u32 pos = nt->tail; pos != nt->canon_head; pos++)
			if (at_end(nt, pos) && !nt->buf[pos & BUF_MASK])
				n--;
	}
	mutex_unlock(&nt->lock);
	return n;
}

static void copy_out(struct n_tty *nt, u8 *dst, u32 n)
{
	u32 off = nt->tail & BUF_MASK, first = min(n, N_TTY_BUF_SIZE - off);

	memcpy(dst, nt->buf + off, first);
	memcpy(dst + first, nt->buf, n - first);
	nt->tail += n;
}

/*
 * Up to @n bytes of one line; *ended: the line was finished. An end-of-file
 * mark right behind a full buffer is taken along, so that it does not end the
 * next read.
 */
static u32 take_line(struct n_tty *nt, u8 *dst, u32 n, bool *ended)
{
	u32 avail = nt->canon_head - nt->tail, k;
	u32 limit = nt->tail + min(n + 1, avail), end = find_end(nt, limit);

	*ended = end != limit;
	if (!*ended) {
		copy_out(nt, dst, min(n, avail));
		return min(n, avail);
	}
	k = end - nt->tail;
	if (nt->buf[end & BUF_MASK] != 0) {
		if (k == n) { /* the delimiter does not fit */
			*ended = false;
			copy_out(nt, dst, k);
			return k;
		}
		k++;
		copy_out(nt, dst, k);
	} else {
		copy_out(nt, dst, k);
		nt->tail++;
	}
	nt->ends[(end & BUF_MASK) / 64] &= ~(1ul << (end % 64));
	return k;
}

/* Take up to @n bytes. *done: a canonical read is complete. */
static u32 take_input(struct tty *tty, u8 *dst, u32 n, bool *done)
{
	struct n_tty *nt = &tty->nt;
	u32 k;

	*done = false;
	mutex_lock(&nt->lock);
	if (!tty_ring_empty(tty))
		n_tty_receive(tty);
	if (!is_canonical(tty)) {
		k = min(n, nt->head - nt->tail);
		copy_out(nt, dst, k);
		nt->canon_head = nt->tail;
	} else if (nt->canon_head == nt->tail) {
		k = 0;
	} else {
		k = take_line(nt, dst, n, done);
	}
	/* Space in the buffer lets more in from the ring. */
	if (!tty_ring_empty(tty))
		n_tty_receive(tty);
	mutex_unlock(&nt->lock);
	return k;
}

/* Status of a pty's packet mode to report first; 0: none. */
static u8 take_pktstatus(struct tty *tty)
{
	struct tty *slave = tty->link;
	u8 status;

	if (!READ_ONCE(tty->packet) || !READ_ONCE(slave->pktstatus))
		return 0;
	spin_lock_irq(&slave->ctrl_lock);
	status = slave->pktstatus;
	slave->pktstatus = 0;
	spin_unlock_irq(&slave->ctrl_lock);
	return status;
}

static bool reader_event(struct tty_file *tf)
{
	struct tty *tty = tf->tty;

	return !tty_ring_empty(tty) || n_tty_input_ready(tty, 1) ||
	       tty_file_hung(tf) || tty_other_closed(tty) ||
	       (READ_ONCE(tty->packet) && READ_ONCE(tty->link->pktstatus));
}

/* Nothing to read: 0 after a wait, or 1 at end of file, or errno. */
static int reader_wait(struct tty_file *tf, ktime_t deadline)
{
	struct tty *tty = tf->tty;
	DEFINE_WAIT(w);

	if (tty_other_closed(tty))
		return -EIO;
	if (tty_file_hung(tf) || READ_ONCE(tty->flags) & TTY_HUPPING)
		return 1;
	if (deadline != KTIME_MAX && ktime_get() >= deadline)
		return 1;
	if (tty_file_nonblock(tf))
		return -EAGAIN;
	if (signal_pending(current))
		return -ERESTARTSYS;
	wait_prepare(&tty->read_wait, &w, TASK_INTERRUPTIBLE);
	if (!reader_event(tf) && !signal_pending(current))
		schedule_timeout_at(deadline);
	wait_finish(&tty->read_wait, &w);
	return 0;
}

struct read_limits {
	u32 minimum;	  /* return when this many were read */
	ktime_t gap;	  /* between bytes; 0: unlimited */
	ktime_t deadline; /* of the present wait */
};

static void read_limits_init(struct read_limits *l, const struct tty *tty)
{
	ktime_t time = C_CHAR(tty, VTIME) * TIME_UNIT_NS;

	*l = (struct read_limits){.minimum = 1, .deadline = KTIME_MAX};
	if (is_canonical(tty))
		return;
	if (C_CHAR(tty, VMIN)) {
		l->minimum = C_CHAR(tty, VMIN);
		l->gap = time;
	} else {
		l->deadline = ktime_get() + time;
	}
}

/* Data read so far is @done bytes. True: the read is over. */
static bool read_satisfied(struct tty *tty, struct read_limits *l, size_t done,
			   bool line_done)
{
	if (is_canonical(tty))
		return line_done;
	if (l->gap)
		l->deadline = ktime_get() + l->gap;
	return done >= l->minimum;
}

static int put_bytes(const u8 *buf, size_t n, struct iov_iter *to)
{
	return copy_to_iter(buf, n, to) == n ? 0 : -EFAULT;
}

static ssize_t read_loop(struct tty_file *tf, struct iov_iter *to)
{
	struct tty *tty = tf->tty;
	struct read_limits l;
	size_t done = 0;
	bool over = false;
	int err = 0;

	read_limits_init(&l, tty);
	while (!over && !err && to->count) {
		u32 head = READ_ONCE(tty->packet) && !done, n;
		u8 buf[READ_CHUNK];
		bool line_done;

		buf[0] = done ? 0 : take_pktstatus(tty);
		if (buf[0]) {
			err = put_bytes(buf, 1, to);
			return err ? err : 1;
		}
		/* In packet mode a data byte TIOCPKT_DATA (0) comes first. */
		n = (u32)min(to->count, (size_t)READ_CHUNK);
		if (n == head && n_tty_poll_input(tty)) {
			err = put_bytes(buf, 1, to);
			return err ? err : 1;
		}
		n = take_input(tty, buf + head, n - head, &line_done);
		if (n || line_done) {
			err = put_bytes(buf, n + head, to);
			if (!err)
				done += n + head;
			over = read_satisfied(tty, &l, done, line_done);
		} else if (done && is_canonical(tty)) {
			break;
		} else {
			err = reader_wait(tf, l.deadline);
			over = err > 0;
		}
	}
	return done ? (ssize_t)done : min(err, 0);
}

/**
 * n_tty_read - read from a terminal
 * @tf: the file
 * @to: where to
 *
 * Context: task, may sleep, takes nt.lock.
 * Return: bytes; 0 at end of file, hang-up or timeout; -EIO from a background
 * process that cannot be stopped, or when the other end of a pty is closed;
 * -EAGAIN; -EFAULT; -ERESTARTSYS.
 */
ssize_t n_tty_read(struct tty_file *tf, struct iov_iter *to)
{
	struct tty *tty = tf->tty;
	ssize_t ret;
	int err = tf->console ? 0 : tty_check_change(tty, SIGTTIN);

	if (err)
		return err;
	if (atomic_xchg(&tty->reading, true)) {
		if (tty_file_nonblock(tf))
			return -EAGAIN;
		err = wait_event_interruptible(
			&tty->claim_wait, !atomic_xchg(&tty->reading, true));
		if (err)
			return err;
	}
	ret = read_loop(tf, to);
	__atomic_store_n(&tty->reading, false, __ATOMIC_RELEASE);
	wake_up_all(&tty->claim_wait);
	return ret;
}
