/*
 * Line discipline, output side: OPOST processing, echo, write.
 *
 * Echo passes through the same processing as output and waits in a small ring
 * until the device takes it. Output is written only when that ring is empty,
 * so the cursor column that processing keeps is true for both. Echo that finds
 * the ring full is dropped.
 *
 * All under nt.lock, which no one holds while waiting for the device.
 */
#include <linnet/ctype.h>
#include <linnet/errno.h>
#include <linnet/sched.h>
#include <linnet/string.h>
#include <linnet/task.h>
#include "tty_internal.h"

enum {
	TAB_WIDTH = 8,
	EXPANSION_MAX = TTY_ROOM_MIN, /* bytes that one can become */
	OUT_CHUNK = 256,
	ECHO_MASK = N_TTY_ECHO_SIZE - 1,
};

bool utf8_continuation(const struct tty *tty, u8 c)
{
	return (c & 0xc0) == 0x80 && I_FLAG(tty, IUTF8);
}

static u32 opost_newline(struct n_tty *nt, u32 oflag, u8 *out)
{
	u32 n = 0;

	if (oflag & (ONLRET | ONLCR))
		nt->column = 0;
	nt->canon_column = nt->column;
	if (oflag & ONLCR)
		out[n++] = '\r';
	out[n++] = '\n';
	return n;
}

static u32 opost_return(struct n_tty *nt, u32 oflag, u8 *out)
{
	if (oflag & ONOCR && !nt->column)
		return 0;
	if (oflag & OCRNL) {
		out[0] = '\n';
		if (oflag & ONLRET)
			nt->canon_column = nt->column = 0;
		return 1;
	}
	out[0] = '\r';
	nt->canon_column = nt->column = 0;
	return 1;
}

static u32 opost_tab(struct n_tty *nt, u32 oflag, u8 *out)
{
	u32 spaces = TAB_WIDTH - (nt->column & (TAB_WIDTH - 1));

	nt->column += spaces;
	if ((oflag & TABDLY) == XTABS) {
		memset(out, ' ', spaces);
		return spaces;
	}
	out[0] = '\t';
	return 1;
}

/* Process one byte into @out (EXPANSION_MAX bytes): how many came of it. */
static u32 opost_char(struct tty *tty, u8 c, u8 *out)
{
	struct n_tty *nt = &tty->nt;
	u32 oflag = tty->termios.c_oflag;

	switch (c) {
	case '\n':
		return opost_newline(nt, oflag, out);
	case '\r':
		return opost_return(nt, oflag, out);
	case '\t':
		return opost_tab(nt, oflag, out);
	case '\b':
		if (nt->column)
			nt->column--;
		break;
	default:
		if (iscntrl(c))
			break;
		if (oflag & OLCUC)
			c = (u8)toupper(c);
		if (!utf8_continuation(tty, c))
			nt->column++;
	}
	out[0] = c;
	return 1;
}

/* --- echo --- */

void echo_byte(struct tty *tty, u8 c)
{
	struct n_tty *nt = &tty->nt;
	u8 out[EXPANSION_MAX];
	u32 n = 1;

	if (O_FLAG(tty, OPOST))
		n = opost_char(tty, c, out);
	else
		out[0] = c;
	if (N_TTY_ECHO_SIZE - (nt->echo_head - nt->echo_tail) < n)
		echo_flush(tty);
	if (N_TTY_ECHO_SIZE - (nt->echo_head - nt->echo_tail) < n)
		return;
	for (u32 i = 0; i < n; i++)
		nt->echo[nt->echo_head++ & ECHO_MASK] = out[i];
}

void echo_char(struct tty *tty, u8 c)
{
	if (L_FLAG(tty, ECHOCTL) && iscntrl(c) && c != '\t') {
		echo_byte(tty, '^');
		c ^= 0100;
	}
	echo_byte(tty, c);
}

/* Give the device as much of the echo as it takes. */
void echo_flush(struct tty *tty)
{
	struct n_tty *nt = &tty->nt;

	while (nt->echo_tail != nt->echo_head) {
		u32 off = nt->echo_tail & ECHO_MASK;
		u32 n = min(nt->echo_head - nt->echo_tail,
			    N_TTY_ECHO_SIZE - off);

		n = tty->driver->ops->write(tty, nt->echo + off, n);
		if (!n)
			return;
		nt->echo_tail += n;
	}
}

/* --- write --- */

/* Process and send what has room: source bytes consumed. */
static u32 opost_block(struct tty *tty, const u8 *buf, u32 n, u32 room)
{
	struct n_tty *nt = &tty->nt;
	u8 out[OUT_CHUNK], one[EXPANSION_MAX];
	u32 used = 0, done = 0, plain_min = 0x20;

	if (O_FLAG(tty, OLCUC))
		plain_min = 0x100;
	room = min(room, (u32)OUT_CHUNK);
	while (done < n && used < room) {
		u8 c = buf[done];
		u32 column = nt->column, canon = nt->canon_column, k;

		if (c >= plain_min && c < 0x7f) {
			nt->column++;
			out[used++] = c;
			done++;
			continue;
		}
		k = opost_char(tty, c, one);
		if (used + k > room) {
			nt->column = column;
			nt->canon_column = canon;
			break;
		}
		memcpy(out + used, one, k);
		used += k;
		done++;
	}
	if (used)
		tty->driver->ops->write(tty, out, used);
	return done;
}

/* Send what fits now. Return: bytes of @buf consumed. [nt.lock] */
u32 n_tty_output(struct tty *tty, const u8 *buf, u32 n)
{
	struct n_tty *nt = &tty->nt;
	u32 done = 0, k;

	echo_flush(tty);
	if (nt->echo_head != nt->echo_tail)
		return 0;
	if (!O_FLAG(tty, OPOST))
		return tty->driver->ops->write(tty, buf, n);
	do {
		u32 room = tty->driver->ops->write_room(tty);

		k = opost_block(tty, buf + done, n - done, room);
		done += k;
	} while (k && done < n);
	return done;
}

static bool output_ended(const struct tty_file *tf)
{
	return tty_file_hung(tf) ||
	       (tf->tty->driver->flags & TTY_DRV_PTY_SLAVE &&
		tty_other_closed(tf->tty));
}

/* Enough room for any one byte, or no use in waiting. */
static bool output_event(struct tty_file *tf)
{
	struct tty *tty = tf->tty;

	return output_ended(tf) ||
	       tty->driver->ops->write_room(tty) >= EXPANSION_MAX;
}

/**
 * n_tty_write - write kernel bytes to a terminal
 * @tf: the file; the caller is its tty's one writer
 *
 * Context: task, may sleep, takes nt.lock.
 * Return: bytes written, or if none -EIO, -EAGAIN or -ERESTARTSYS.
 */
ssize_t n_tty_write(struct tty_file *tf, const u8 *buf, u32 n)
{
	struct tty *tty = tf->tty;
	ssize_t err = 0;
	u32 done = 0, k;

	while (done < n && !err) {
		if (signal_pending(current)) {
			err = -ERESTARTSYS;
			break;
		}
		if (output_ended(tf)) {
			err = -EIO;
			break;
		}
		mutex_lock(&tty->nt.lock);
		k = n_tty_output(tty, buf + done, n - done);
		mutex_unlock(&tty->nt.lock);
		done += k;
		if (k)
			continue;
		if (tty_file_nonblock(tf))
			err = -EAGAIN;
		else
			err = wait_event_interruptible(&tty->write_wait,
						       output_event(tf));
	}
	return done ? (ssize_t)done : err;
}
