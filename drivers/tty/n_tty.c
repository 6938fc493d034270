/*
 * Line discipline, input side: editing, echo, signals, flow control.
 *
 * In canonical mode (ICANON) bytes collect in [canon_head, head), where they
 * can be erased, until a delimiter completes the line and moves canon_head up.
 * An end-of-file character is stored as a NUL that is marked as a line end.
 * Otherwise every byte can be read at once.
 *
 * A canonical line holds N_TTY_BUF_SIZE - 1 bytes and its delimiter; when it
 * is longer the newest byte is overwritten. In all other cases a full buffer
 * leaves input in the ring, and the driver stops.
 *
 * All under nt.lock, in task context: signals can be sent.
 * Not here: output and echo (n_tty_out.c), reading (n_tty_read.c).
 */
#include <linnet/ctype.h>
#include <linnet/poll.h>
#include <linnet/signal.h>
#include <linnet/string.h>
#include <linnet/task.h>
#include "tty_internal.h"

enum { BUF_MASK = N_TTY_BUF_SIZE - 1, TAKE_CHUNK = 128, TAB_MASK = 7,
       PARITY_MARK = 0377, DISABLED = 0 /* _POSIX_VDISABLE */ };

/* --- the buffer --- */

static u8 byte_at(const struct n_tty *nt, u32 pos)
{
	return nt->buf[pos & BUF_MASK];
}

static void set_end(struct n_tty *nt, u32 pos)
{
	pos &= BUF_MASK;
	nt->ends[pos / 64] |= 1ul << (pos % 64);
}

/* Callers have seen input_room(). The mark of an older line is gone. */
static void put_byte(struct n_tty *nt, u8 c)
{
	if (nt->head - nt->tail < N_TTY_BUF_SIZE)
		nt->buf[nt->head++ & BUF_MASK] = c;
}

/* 0377 that is data is doubled where it also marks parity errors. */
static void put_data(struct tty *tty, u8 c)
{
	if (c == PARITY_MARK && I_FLAG(tty, PARMRK))
		put_byte(&tty->nt, c);
	put_byte(&tty->nt, c);
}

void n_tty_reset(struct tty *tty)
{
	struct n_tty *nt = &tty->nt;

	nt->head = nt->canon_head = nt->tail = 0;
	nt->lnext = nt->erasing = false;
	memset(nt->ends, 0, sizeof(nt->ends));
}

/* How many bytes may come in now. */
static u32 input_room(struct tty *tty)
{
	struct n_tty *nt = &tty->nt;
	s32 room = N_TTY_BUF_SIZE - (s32)(nt->head - nt->tail);

	if (I_FLAG(tty, PARMRK))
		room = (room + 2) / 3;
	room--;
	if (room > 0)
		return (u32)room;
	if (!L_FLAG(tty, ICANON) || nt->canon_head != nt->tail)
		return 0;
	if (nt->head - nt->tail == N_TTY_BUF_SIZE)
		nt->head--;
	return 1;
}

/* --- echo of editing --- */

static void finish_erasing(struct tty *tty)
{
	if (tty->nt.erasing) {
		echo_byte(tty, '/');
		tty->nt.erasing = false;
	}
}

static void echo_input(struct tty *tty, u8 c)
{
	struct n_tty *nt = &tty->nt;

	if (!L_FLAG(tty, ECHO))
		return;
	finish_erasing(tty);
	if (c == '\n') {
		echo_byte(tty, c);
		return;
	}
	if (nt->canon_head == nt->head)
		nt->canon_column = nt->column;
	echo_char(tty, c);
}

static void rub_out_column(struct tty *tty)
{
	echo_byte(tty, '\b');
	echo_byte(tty, ' ');
	echo_byte(tty, '\b');
}

/* Move the cursor back over a tab that was at @pos. */
static void rub_out_tab(struct tty *tty, u32 pos)
{
	struct n_tty *nt = &tty->nt;
	u32 columns = 0;
	bool after_tab = false;

	while (pos != nt->canon_head) {
		u8 c = byte_at(nt, --pos);

		if (c == '\t') {
			after_tab = true;
			break;
		}
		if (iscntrl(c))
			columns += L_FLAG(tty, ECHOCTL) ? 2 : 0;
		else if (!utf8_continuation(tty, c))
			columns++;
	}
	if (!after_tab)
		columns += nt->canon_column;
	for (columns = 8 - (columns & TAB_MASK); columns; columns--)
		echo_byte(tty, '\b');
}

/* Show that the @n bytes from nt->head on, which begin with @c, are gone. */
static void echo_erased(struct tty *tty, u8 c, u32 n, bool one)
{
	struct n_tty *nt = &tty->nt;

	if (!L_FLAG(tty, ECHO))
		return;
	if (L_FLAG(tty, ECHOPRT)) {
		if (!nt->erasing) {
			echo_byte(tty, '\\');
			nt->erasing = true;
		}
		echo_char(tty, c);
		for (u32 i = 1; i < n; i++)
			echo_byte(tty, byte_at(nt, nt->head + i));
	} else if (one && !L_FLAG(tty, ECHOE)) {
		echo_char(tty, C_CHAR(tty, VERASE));
	} else if (c == '\t') {
		rub_out_tab(tty, nt->head);
	} else {
		if (iscntrl(c) && L_FLAG(tty, ECHOCTL))
			rub_out_column(tty);
		if (!iscntrl(c) || L_FLAG(tty, ECHOCTL))
			rub_out_column(tty);
	}
}

/* --- editing --- */

/* Take the last character, of one or more bytes, off the line. */
static bool erase_one(struct tty *tty, u8 *first, u32 *bytes)
{
	struct n_tty *nt = &tty->nt;
	u32 pos = nt->head;
	u8 c;

	do {
		c = byte_at(nt, --pos);
	} while (utf8_continuation(tty, c) && pos != nt->canon_head);
	if (utf8_continuation(tty, c))
		return false; /* its start is in a line that is complete */
	*first = c;
	*bytes = nt->head - pos;
	nt->head = pos;
	return true;
}

static void erase_char(struct tty *tty)
{
	u32 bytes;
	u8 c;

	if (erase_one(tty, &c, &bytes))
		echo_erased(tty, c, bytes, true);
}

static void erase_word(struct tty *tty)
{
	struct n_tty *nt = &tty->nt;
	bool in_word = false;
	u32 bytes;
	u8 c;

	while (nt->head != nt->canon_head && erase_one(tty, &c, &bytes)) {
		if (isalnum(c) || c == '_') {
			in_word = true;
		} else if (in_word) {
			nt->head += bytes;
			return;
		}
		echo_erased(tty, c, bytes, false);
	}
}

static void erase_line(struct tty *tty)
{
	struct n_tty *nt = &tty->nt;
	u32 bytes;
	u8 c;

	if (!L_FLAG(tty, ECHO)) {
		nt->head = nt->canon_head;
		return;
	}
	if (!L_FLAG(tty, ECHOK) || !L_FLAG(tty, ECHOKE) ||
	    !L_FLAG(tty, ECHOE)) {
		nt->head = nt->canon_head;
		finish_erasing(tty);
		echo_char(tty, C_CHAR(tty, VKILL));
		if (L_FLAG(tty, ECHOK))
			echo_byte(tty, '\n');
		return;
	}
	while (nt->head != nt->canon_head && erase_one(tty, &c, &bytes))
		echo_erased(tty, c, bytes, false);
}

static void edit_line(struct tty *tty, void (*edit)(struct tty *tty))
{
	struct n_tty *nt = &tty->nt;

	if (nt->head == nt->canon_head)
		return;
	edit(tty);
	if (nt->head == nt->canon_head && L_FLAG(tty, ECHO))
		finish_erasing(tty);
}

static void reprint_line(struct tty *tty, u8 c)
{
	struct n_tty *nt = &tty->nt;

	finish_erasing(tty);
	echo_char(tty, c);
	echo_byte(tty, '\n');
	for (u32 pos = nt->canon_head; pos != nt->head; pos++)
		echo_char(tty, byte_at(nt, pos));
}

/* --- signals --- */

static void signal_foreground(struct tty *tty, int sig)
{
	struct pid *pgrp = tty_get_pgrp(tty);

	if (pgrp)
		kill_pgrp(pgrp, sig, SEND_SIG_PRIV);
	pid_put(pgrp);
}

/* A signal from the keyboard drops what is under way, unless NOFLSH. */
static void raise_signal(struct tty *tty, int sig)
{
	signal_foreground(tty, sig);
	if (L_FLAG(tty, NOFLSH))
		return;
	tty->nt.echo_tail = tty->nt.echo_head;
	if (tty->driver->ops->flush_buffer)
		tty->driver->ops->flush_buffer(tty);
	n_tty_flush_input(tty);
}

static void receive_signal_char(struct tty *tty, int sig, u8 c)
{
	raise_signal(tty, sig);
	if (I_FLAG(tty, IXON))
		tty_start(tty);
	if (L_FLAG(tty, ECHO))
		echo_char(tty, c);
}

static void receive_break(struct tty *tty)
{
	if (I_FLAG(tty, IGNBRK))
		return;
	if (I_FLAG(tty, BRKINT)) {
		raise_signal(tty, SIGINT);
		return;
	}
	if (I_FLAG(tty, PARMRK)) {
		put_byte(&tty->nt, PARITY_MARK);
		put_byte(&tty->nt, 0);
	}
	put_byte(&tty->nt, 0);
}

/* --- bytes --- */

static void end_line(struct tty *tty, u8 c)
{
	struct n_tty *nt = &tty->nt;

	set_end(nt, nt->head);
	put_byte(nt, c);
	nt->canon_head = nt->head;
}

static void literal_next(struct tty *tty)
{
	tty->nt.lnext = true;
	if (!L_FLAG(tty, ECHO))
		return;
	finish_erasing(tty);
	if (L_FLAG(tty, ECHOCTL)) {
		echo_byte(tty, '^');
		echo_byte(tty, '\b');
	}
}

/* Line editing and delimiters. False: @c is data after all. */
static bool receive_canon(struct tty *tty, u8 c)
{
	bool ext = L_FLAG(tty, IEXTEN);

	if (c == '\n') {
		if (L_FLAG(tty, ECHO | ECHONL))
			echo_byte(tty, c);
		end_line(tty, c);
		return true;
	}
	if (c == DISABLED)
		return false;
	if (c == C_CHAR(tty, VERASE)) {
		edit_line(tty, erase_char);
	} else if (c == C_CHAR(tty, VKILL)) {
		edit_line(tty, erase_line);
	} else if (c == C_CHAR(tty, VWERASE) && ext) {
		edit_line(tty, erase_word);
	} else if (c == C_CHAR(tty, VLNEXT) && ext) {
		literal_next(tty);
	} else if (c == C_CHAR(tty, VREPRINT) && ext && L_FLAG(tty, ECHO)) {
		reprint_line(tty, c);
	} else if (c == C_CHAR(tty, VEOF)) {
		end_line(tty, DISABLED);
	} else if (c == C_CHAR(tty, VEOL) || (c == C_CHAR(tty, VEOL2) && ext)) {
		echo_input(tty, c);
		if (c == PARITY_MARK && I_FLAG(tty, PARMRK))
			put_byte(&tty->nt, c);
		end_line(tty, c);
	} else {
		return false;
	}
	return true;
}

/* ^S and ^Q. True: taken. */
static bool receive_flow(struct tty *tty, u8 c)
{
	if (!I_FLAG(tty, IXON) || c == DISABLED)
		return false;
	if (c == C_CHAR(tty, VSTART)) {
		tty_start(tty);
		return true;
	}
	if (c == C_CHAR(tty, VSTOP)) {
		tty_stop(tty);
		return true;
	}
	return false;
}

static int signal_of(const struct tty *tty, u8 c)
{
	if (c == DISABLED || !L_FLAG(tty, ISIG))
		return 0;
	if (c == C_CHAR(tty, VINTR))
		return SIGINT;
	if (c == C_CHAR(tty, VQUIT))
		return SIGQUIT;
	return c == C_CHAR(tty, VSUSP) ? SIGTSTP : 0;
}

static void receive_data(struct tty *tty, u8 c)
{
	echo_input(tty, c);
	put_data(tty, c);
}

static void any_restarts(struct tty *tty)
{
	if (READ_ONCE(tty->stopped) && !tty->tco_stopped &&
	    I_FLAG(tty, IXON) && I_FLAG(tty, IXANY))
		tty_start(tty);
}

static void receive_special(struct tty *tty, u8 c)
{
	int sig;

	if (receive_flow(tty, c))
		return;
	sig = signal_of(tty, c);
	if (sig) {
		receive_signal_char(tty, sig, c);
		return;
	}
	any_restarts(tty);
	if (c == '\r') {
		if (I_FLAG(tty, IGNCR))
			return;
		if (I_FLAG(tty, ICRNL))
			c = '\n';
	} else if (c == '\n' && I_FLAG(tty, INLCR)) {
		c = '\r';
	}
	if (L_FLAG(tty, ICANON) && receive_canon(tty, c))
		return;
	receive_data(tty, c);
}

void n_tty_receive_byte(struct tty *tty, u8 c)
{
	struct n_tty *nt = &tty->nt;

	if (I_FLAG(tty, ISTRIP))
		c &= 0x7f;
	if (I_FLAG(tty, IUCLC) && L_FLAG(tty, IEXTEN))
		c = (u8)tolower(c);
	if (nt->lnext) {
		nt->lnext = false;
		receive_data(tty, c);
	} else if (L_FLAG(tty, EXTPROC)) {
		put_byte(nt, c);
	} else if (nt->special[c / 64] >> (c % 64) & 1) {
		receive_special(tty, c);
	} else {
		any_restarts(tty);
		receive_data(tty, c);
	}
}

/* --- a batch --- */

/* Nothing is interpreted, echoed or changed. */
static bool is_transparent(const struct tty *tty)
{
	static const u32 iflags = ISTRIP | IUCLC | IGNCR | ICRNL | INLCR | IXON |
				  PARMRK;

	return !I_FLAG(tty, iflags) &&
	       !L_FLAG(tty, ICANON | ECHO | ISIG | IEXTEN);
}

/* Move bytes from the ring straight into the buffer. */
static void receive_raw(struct tty *tty)
{
	struct n_tty *nt = &tty->nt;
	u32 n;

	tty->nt.lnext = false;
	do {
		u32 off = nt->head & BUF_MASK;
		u32 room = N_TTY_BUF_SIZE - (nt->head - nt->tail);

		n = tty_ring_take(tty, nt->buf + off,
				  min(room, N_TTY_BUF_SIZE - off));
		nt->head += n;
	} while (n);
}

static void receive_cooked(struct tty *tty)
{
	u8 in[TAKE_CHUNK];
	u32 n;

	/* A byte may need more than one place: see input_room(). */
	while ((n = tty_ring_take(tty, in, min(input_room(tty),
					       (u32)TAKE_CHUNK))))
		for (u32 i = 0; i < n; i++)
			n_tty_receive_byte(tty, in[i]);
	echo_flush(tty);
}

/* Process what waits in the ring and tell readers. */
void n_tty_receive(struct tty *tty)
{
	bool brk;

	spin_lock_irq(&tty->ring_lock);
	brk = tty->break_pending;
	tty->break_pending = false;
	spin_unlock_irq(&tty->ring_lock);
	if (brk)
		receive_break(tty);
	if (is_transparent(tty))
		receive_raw(tty);
	else
		receive_cooked(tty);
	if (n_tty_input_ready(tty, 1))
		wake_up_poll(&tty->read_wait, EPOLLIN | EPOLLRDNORM);
}

/* --- termios --- */

static void mark_special(struct tty *tty, u32 c)
{
	tty->nt.special[c / 64] |= 1ul << (c % 64);
}

static void find_special(struct tty *tty)
{
	static const u8 canon[] = {VERASE, VKILL, VEOF, VEOL};
	static const u8 extended[] = {VWERASE, VLNEXT, VEOL2, VREPRINT};
	struct n_tty *nt = &tty->nt;

	memset(nt->special, 0, sizeof(nt->special));
	if (L_FLAG(tty, ICANON))
		for (u32 i = 0; i < ARRAY_SIZE(canon); i++)
			mark_special(tty, C_CHAR(tty, canon[i]));
	if (L_FLAG(tty, ICANON) && L_FLAG(tty, IEXTEN))
		for (u32 i = 0; i < ARRAY_SIZE(extended); i++)
			mark_special(tty, C_CHAR(tty, extended[i]));
	if (I_FLAG(tty, IXON)) {
		mark_special(tty, C_CHAR(tty, VSTART));
		mark_special(tty, C_CHAR(tty, VSTOP));
	}
	if (L_FLAG(tty, ISIG)) {
		mark_special(tty, C_CHAR(tty, VINTR));
		mark_special(tty, C_CHAR(tty, VQUIT));
		mark_special(tty, C_CHAR(tty, VSUSP));
	}
	nt->special[0] &= ~1ul; /* DISABLED */
	if (I_FLAG(tty, IGNCR | ICRNL))
		mark_special(tty, '\r');
	if (I_FLAG(tty, INLCR) || L_FLAG(tty, ICANON))
		mark_special(tty, '\n');
}

/* Canonical mode was switched: what is there is one line, or no line. */
static void switch_canon(struct tty *tty)
{
	struct n_tty *nt = &tty->nt;

	memset(nt->ends, 0, sizeof(nt->ends));
	if (!L_FLAG(tty, ICANON) || nt->head == nt->tail) {
		nt->canon_head = nt->tail;
	} else {
		set_end(nt, nt->head - 1);
		nt->canon_head = nt->head;
	}
	nt->erasing = nt->lnext = false;
}

/* tty->termios was changed from @old (NULL: made). [nt.lock] */
void n_tty_termios_changed(struct tty *tty, const struct ktermios *old)
{
	if (!old || (old->c_lflag ^ tty->termios.c_lflag) & (ICANON | EXTPROC))
		switch_canon(tty);
	find_special(tty);
	if (old && old->c_iflag & IXON && !I_FLAG(tty, IXON) &&
	    !tty->tco_stopped)
		tty_start(tty);
}

void n_tty_init(struct tty *tty)
{
	mutex_init(&tty->nt.lock);
	n_tty_reset(tty);
	n_tty_termios_changed(tty, NULL);
}

/* Drop input that nobody has read, as a keyboard signal does. */
void n_tty_flush_input(struct tty *tty)
{
	n_tty_reset(tty);
	if (!tty->link || !READ_ONCE(tty->link->packet))
		return;
	spin_lock_irq(&tty->ctrl_lock);
	tty->pktstatus |= TIOCPKT_FLUSHREAD;
	spin_unlock_irq(&tty->ctrl_lock);
	wake_up_all(&tty->link->read_wait);
}
