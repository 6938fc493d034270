/*
 * Terminals: ioctl.
 *
 * Requests go to the terminal itself, then to its driver. On a pty master most
 * of them mean its slave, which is what has modes, a window and a session.
 */
#include <asm/uaccess.h>
#include <linnet/cred.h>
#include <linnet/errno.h>
#include <linnet/hrtimer.h>
#include <linnet/string.h>
#include <linnet/task.h>
#include <linux/serial.h>
#include <linux/tty.h>
#include "tty_internal.h"

enum { BREAK_MS = 250, CC_CLASSIC = 8 /* c_cc of struct termio */ };
enum set_how { SET_NOW, SET_DRAIN, SET_FLUSH };

/* --- speeds --- */

struct baud {
	u32 code, rate;
};

static const struct baud bauds[] = {
	{B0, 0}, {B50, 50}, {B75, 75}, {B110, 110}, {B134, 134}, {B150, 150},
	{B200, 200}, {B300, 300}, {B600, 600}, {B1200, 1200}, {B1800, 1800},
	{B2400, 2400}, {B4800, 4800}, {B9600, 9600}, {B19200, 19200},
	{B38400, 38400}, {B57600, 57600}, {B115200, 115200}, {B230400, 230400},
	{B460800, 460800}, {B500000, 500000}, {B576000, 576000},
	{B921600, 921600}, {B1000000, 1000000}, {B1152000, 1152000},
	{B1500000, 1500000}, {B2000000, 2000000}, {B2500000, 2500000},
	{B3000000, 3000000}, {B3500000, 3500000}, {B4000000, 4000000},
};

/* The rate a CBAUD code stands for; @other for BOTHER. */
static u32 baud_rate(u32 code, u32 other)
{
	if (code == BOTHER)
		return other;
	for (u32 i = 0; i < ARRAY_SIZE(bauds); i++)
		if (bauds[i].code == code)
			return bauds[i].rate;
	return 0;
}

static void fix_speeds(struct ktermios *k)
{
	u32 in = k->c_cflag >> IBSHIFT & CBAUD;

	k->c_ospeed = baud_rate(k->c_cflag & CBAUD, k->c_ospeed);
	k->c_ispeed = in ? baud_rate(in, k->c_ispeed) : k->c_ospeed;
}

/* --- modes --- */

static bool same_flow_chars(const struct ktermios *k)
{
	return k->c_cc[VSTOP] == ('S' & 037) &&
	       k->c_cc[VSTART] == ('Q' & 037);
}

/* Changes that a pty master in packet mode is told. [nt.lock] */
static void report_modes(struct tty *tty, const struct ktermios *old)
{
	const struct ktermios *new = &tty->termios;
	bool was = old->c_iflag & IXON && same_flow_chars(old);
	bool is = new->c_iflag & IXON && same_flow_chars(new);
	bool extproc = (old->c_lflag | new->c_lflag) & EXTPROC;

	if (!tty->link || !READ_ONCE(tty->link->packet) ||
	    (was == is && !extproc))
		return;
	spin_lock_irq(&tty->ctrl_lock);
	if (was != is) {
		tty->pktstatus &= ~(TIOCPKT_DOSTOP | TIOCPKT_NOSTOP);
		tty->pktstatus |= is ? TIOCPKT_DOSTOP : TIOCPKT_NOSTOP;
	}
	if (extproc)
		tty->pktstatus |= TIOCPKT_IOCTL;
	spin_unlock_irq(&tty->ctrl_lock);
	wake_up_all(&tty->link->read_wait);
}

/* TIOCSLCKTRMIOS: bits that are set in tty->locked, characters that are not 0
 * there, keep their old values. */
static void keep_locked(struct tty *tty, const struct ktermios *old)
{
	const struct ktermios *l = &tty->locked;
	struct ktermios *k = &tty->termios;

	k->c_iflag ^= (k->c_iflag ^ old->c_iflag) & l->c_iflag;
	k->c_oflag ^= (k->c_oflag ^ old->c_oflag) & l->c_oflag;
	k->c_cflag ^= (k->c_cflag ^ old->c_cflag) & l->c_cflag;
	k->c_lflag ^= (k->c_lflag ^ old->c_lflag) & l->c_lflag;
	if (l->c_line)
		k->c_line = old->c_line;
	for (u32 i = 0; i < ARRAY_SIZE(k->c_cc); i++)
		if (l->c_cc[i])
			k->c_cc[i] = old->c_cc[i];
}

static void change_termios(struct tty *tty, const struct ktermios *new)
{
	struct ktermios old;

	mutex_lock(&tty->nt.lock);
	old = tty->termios;
	tty->termios = *new;
	keep_locked(tty, &old);
	if (tty->driver->flags & TTY_DRV_PTY) {
		tty->termios.c_cflag &= ~(u32)(CSIZE | PARENB);
		tty->termios.c_cflag |= CS8 | CREAD;
	}
	if (tty->driver->ops->set_termios)
		tty->driver->ops->set_termios(tty, &old);
	n_tty_termios_changed(tty, &old);
	report_modes(tty, &old);
	mutex_unlock(&tty->nt.lock);
	wake_up_all(&tty->read_wait);
	wake_up_all(&tty->write_wait);
}

static void flush_input(struct tty *tty)
{
	mutex_lock(&tty->nt.lock);
	tty_ring_flush(tty);
	n_tty_flush_input(tty);
	mutex_unlock(&tty->nt.lock);
	if (tty->link)
		tty_wakeup(tty->link);
}

static void flush_output(struct tty *tty)
{
	mutex_lock(&tty->nt.lock);
	tty->nt.echo_tail = tty->nt.echo_head;
	if (tty->driver->ops->flush_buffer)
		tty->driver->ops->flush_buffer(tty);
	mutex_unlock(&tty->nt.lock);
	tty_wakeup(tty);
}

/* The three layouts of a TCSETS argument. */
enum layout { TERMIO, TERMIOS, TERMIOS2 };

static int fetch_termios(struct ktermios *k, enum layout layout, void __user *u)
{
	struct termio t;

	if (layout == TERMIOS2)
		return copy_from_user(k, u, sizeof(struct termios2));
	if (layout == TERMIOS)
		return copy_from_user(k, u, sizeof(struct termios));
	if (copy_from_user(&t, u, sizeof(t)))
		return -EFAULT;
	/* It knows the low half of each word and eight characters. */
	k->c_iflag = (k->c_iflag & ~0xffffu) | t.c_iflag;
	k->c_oflag = (k->c_oflag & ~0xffffu) | t.c_oflag;
	k->c_cflag = (k->c_cflag & ~0xffffu) | t.c_cflag;
	k->c_lflag = (k->c_lflag & ~0xffffu) | t.c_lflag;
	k->c_line = t.c_line;
	memcpy(k->c_cc, t.c_cc, CC_CLASSIC);
	return 0;
}

static int store_termios(const struct ktermios *k, enum layout layout,
			 void __user *u)
{
	struct termio t;

	if (layout == TERMIOS2)
		return copy_to_user(u, k, sizeof(struct termios2));
	if (layout == TERMIOS)
		return copy_to_user(u, k, sizeof(struct termios));
	memset(&t, 0, sizeof(t)); /* it has a byte that is nothing */
	t.c_iflag = (u16)k->c_iflag;
	t.c_oflag = (u16)k->c_oflag;
	t.c_cflag = (u16)k->c_cflag;
	t.c_lflag = (u16)k->c_lflag;
	t.c_line = k->c_line;
	memcpy(t.c_cc, k->c_cc, CC_CLASSIC);
	return copy_to_user(u, &t, sizeof(t));
}

static_assert(offsetof(struct ktermios, c_ispeed) ==
		      offsetof(struct termios2, c_ispeed) &&
	      sizeof(struct ktermios) == sizeof(struct termios2),
	      "ktermios is copied as termios2");

static long get_termios(struct tty *tty, enum layout layout, void __user *u)
{
	struct ktermios k;

	mutex_lock(&tty->nt.lock);
	k = tty->termios;
	mutex_unlock(&tty->nt.lock);
	return store_termios(&k, layout, u);
}

static long set_termios(struct tty *tty, enum layout layout, void __user *u,
			enum set_how how)
{
	struct ktermios k;
	int err = tty_check_change(tty, SIGTTOU);

	if (err)
		return err;
	mutex_lock(&tty->nt.lock);
	k = tty->termios;
	mutex_unlock(&tty->nt.lock);
	if (fetch_termios(&k, layout, u))
		return -EFAULT;
	fix_speeds(&k);
	if (how == SET_FLUSH)
		flush_input(tty);
	if (how != SET_NOW) {
		err = tty_wait_sent(tty, KTIME_MAX);
		if (err)
			return err;
	}
	change_termios(tty, &k);
	return 0;
}

static long get_locked(struct tty *tty, void __user *u)
{
	struct ktermios k;

	mutex_lock(&tty->nt.lock);
	k = tty->locked;
	mutex_unlock(&tty->nt.lock);
	return store_termios(&k, TERMIOS, u);
}

static long set_locked(struct tty *tty, void __user *u)
{
	struct ktermios k = {0};

	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	if (fetch_termios(&k, TERMIOS, u))
		return -EFAULT;
	mutex_lock(&tty->nt.lock);
	tty->locked = k;
	mutex_unlock(&tty->nt.lock);
	return 0;
}

static long mode_ioctl(struct tty *real, u32 cmd, void __user *u)
{
	switch (cmd) {
	case TCGETS:
		return get_termios(real, TERMIOS, u);
	case TCSETS:
	case TCSETSW:
	case TCSETSF:
		return set_termios(real, TERMIOS, u, (enum set_how)(cmd - TCSETS));
	case TCGETS2:
		return get_termios(real, TERMIOS2, u);
	case TCSETS2:
	case TCSETSW2:
	case TCSETSF2:
		return set_termios(real, TERMIOS2, u,
				   (enum set_how)(cmd - TCSETS2));
	case TCGETA:
		return get_termios(real, TERMIO, u);
	case TCSETA:
	case TCSETAW:
	case TCSETAF:
		return set_termios(real, TERMIO, u, (enum set_how)(cmd - TCSETA));
	case TIOCGLCKTRMIOS:
		return get_locked(real, u);
	case TIOCSLCKTRMIOS:
		return set_locked(real, u);
	default:
		return -ENOIOCTLCMD;
	}
}

/* --- window --- */

static long get_winsize(struct tty *tty, struct winsize __user *u)
{
	struct winsize ws;

	spin_lock_irq(&tty->ctrl_lock);
	ws = tty->winsize;
	spin_unlock_irq(&tty->ctrl_lock);
	return copy_to_user(u, &ws, sizeof(ws));
}

static long set_winsize(struct tty *tty, const struct winsize __user *u)
{
	struct pid *pgrp = NULL;
	struct winsize ws;

	if (copy_from_user(&ws, u, sizeof(ws)))
		return -EFAULT;
	spin_lock_irq(&tty->ctrl_lock);
	if (memcmp(&ws, &tty->winsize, sizeof(ws))) {
		tty->winsize = ws;
		pgrp = pid_get(tty->pgrp);
	}
	spin_unlock_irq(&tty->ctrl_lock);
	if (pgrp)
		kill_pgrp(pgrp, SIGWINCH, SEND_SIG_PRIV);
	pid_put(pgrp);
	return 0;
}

/* --- flow, breaks, queues --- */

static long send_flow_char(struct tty *tty, u8 c)
{
	if (c == 0)
		return 0;
	mutex_lock(&tty->nt.lock);
	tty->driver->ops->write(tty, &c, 1);
	mutex_unlock(&tty->nt.lock);
	return 0;
}

static void set_tco_stopped(struct tty *tty, bool on)
{
	spin_lock_irq(&tty->ctrl_lock);
	tty->tco_stopped = on;
	spin_unlock_irq(&tty->ctrl_lock);
}

static long flow_ioctl(struct tty *tty, u64 arg)
{
	int err = tty_check_change(tty, SIGTTOU);

	if (err)
		return err;
	switch (arg) {
	case TCOOFF:
		tty_stop(tty);
		set_tco_stopped(tty, true);
		return 0;
	case TCOON:
		set_tco_stopped(tty, false);
		tty_start(tty);
		return 0;
	case TCIOFF:
		return send_flow_char(tty, C_CHAR(tty, VSTOP));
	case TCION:
		return send_flow_char(tty, C_CHAR(tty, VSTART));
	default:
		return -EINVAL;
	}
}

static long flush_ioctl(struct tty *tty, u64 arg)
{
	int err = tty_check_change(tty, SIGTTOU);

	if (err)
		return err;
	if (arg != TCIFLUSH && arg != TCOFLUSH && arg != TCIOFLUSH)
		return -EINVAL;
	if (arg != TCOFLUSH)
		flush_input(tty);
	if (arg != TCIFLUSH)
		flush_output(tty);
	return 0;
}

static long set_break(struct tty *tty, bool on)
{
	const struct tty_ops *ops = tty->driver->ops;

	return ops->send_break ? ops->send_break(tty, on) : 0;
}

static long send_break(struct tty *tty, u32 ms)
{
	DEFINE_WAIT(w);
	long err;

	if (!tty->driver->ops->send_break)
		return 0;
	err = tty_claim_write(tty, false);
	if (err)
		return err;
	err = set_break(tty, true);
	if (!err) {
		wait_prepare(&tty->write_wait, &w, TASK_INTERRUPTIBLE);
		if (!signal_pending(current))
			schedule_timeout_at(ktime_get() + ms * NSEC_PER_MSEC);
		wait_finish(&tty->write_wait, &w);
		err = set_break(tty, false);
	}
	tty_release_write(tty);
	return err ? err : signal_pending(current) ? -EINTR : 0;
}

/* Those that wait for output first. */
static long break_ioctl(struct tty *tty, u32 cmd, u64 arg)
{
	long err = tty_check_change(tty, SIGTTOU);

	if (err)
		return err;
	if (cmd == TIOCCBRK)
		return set_break(tty, false);
	if (tty_wait_sent(tty, KTIME_MAX))
		return -EINTR;
	if (cmd == TIOCSBRK)
		return set_break(tty, true);
	if (cmd == TCSBRK) /* an argument other than 0 only drains */
		return arg ? 0 : send_break(tty, BREAK_MS);
	return send_break(tty, arg ? (u32)min(arg, 600ul) * 100 : BREAK_MS);
}

/* Pretend that a byte was typed. */
static long insert_char(struct tty *tty, const u8 __user *u)
{
	u8 c;

	if (READ_ONCE(current->tg->tty) != tty && !capable(CAP_SYS_ADMIN))
		return -EPERM;
	if (get_user(c, u))
		return -EFAULT;
	tty_insert_input(tty, &c, 1);
	tty_process_input(tty);
	return 0;
}

static long set_ldisc(struct tty *tty, const int __user *u)
{
	int n, err;

	if (get_user(n, u))
		return -EFAULT;
	err = tty_check_change(tty, SIGTTOU);
	if (err)
		return err;
	return n == N_TTY ? 0 : -EINVAL;
}

static void set_flag(struct tty *tty, u32 flag, bool on)
{
	if (on)
		atomic_or(&tty->flags, flag);
	else
		atomic_and(&tty->flags, ~flag);
}

static long modem_get(struct tty *tty, int __user *u)
{
	int lines;

	if (!tty->driver->ops->tiocmget)
		return -ENOTTY;
	lines = tty->driver->ops->tiocmget(tty);
	return lines < 0 ? lines : put_user(lines, u);
}

static long soft_carrier(struct tty *tty, u32 cmd, int __user *u)
{
	struct ktermios k = tty->termios;
	int on;

	if (cmd == TIOCGSOFTCAR)
		return put_user(k.c_cflag & CLOCAL ? 1 : 0, u);
	if (get_user(on, u))
		return -EFAULT;
	k.c_cflag = (k.c_cflag & ~(u32)CLOCAL) | (on ? CLOCAL : 0);
	change_termios(tty, &k);
	return 0;
}

static long do_ioctl(struct tty *tty, struct tty *real, u32 cmd, u64 arg)
{
	void __user *u = (void __user *)arg;

	switch (cmd) {
	case TIOCGWINSZ:
		return get_winsize(real, u);
	case TIOCSWINSZ:
		return set_winsize(real, u);
	case TIOCINQ:
		return put_user((int)n_tty_inq(tty), (int __user *)u);
	case TIOCOUTQ:
		return put_user((int)tty_chars_in_buffer(tty), (int __user *)u);
	case TCFLSH:
		return flush_ioctl(tty, arg);
	case TCXONC:
		return flow_ioctl(tty, arg);
	case TCSBRK:
	case TCSBRKP:
	case TIOCSBRK:
	case TIOCCBRK:
		return break_ioctl(tty, cmd, arg);
	case TIOCSTI:
		return insert_char(tty, u);
	case TIOCEXCL:
	case TIOCNXCL:
		set_flag(tty, TTY_EXCLUSIVE, cmd == TIOCEXCL);
		return 0;
	case TIOCGEXCL:
		return put_user(READ_ONCE(tty->flags) & TTY_EXCLUSIVE ? 1 : 0,
				(int __user *)u);
	case TIOCGETD:
		return put_user(N_TTY, (int __user *)u);
	case TIOCSETD:
		return set_ldisc(tty, u);
	case TIOCGDEV:
		return put_user((u32)dev_encode(tty_devnum(real)),
				(u32 __user *)u);
	case TIOCMGET:
		return modem_get(tty, u);
	case TIOCGSOFTCAR:
	case TIOCSSOFTCAR:
		return soft_carrier(real, cmd, u);
	case TIOCVHANGUP:
		if (!capable(CAP_SYS_ADMIN))
			return -EPERM;
		tty_vhangup(tty);
		return 0;
	default:
		return -ENOIOCTLCMD;
	}
}

long tty_ioctl(struct file *f, u32 cmd, u64 arg)
{
	struct tty_file *tf = f->private;
	struct tty *tty = tf->tty, *real = tty;
	long ret;

	if (tty_file_hung(tf))
		return cmd == TIOCSPGRP ? -ENOTTY : -EIO;
	if (tty->driver->flags & TTY_DRV_PTY_MASTER)
		real = tty->link;
	ret = tty_jobctrl_ioctl(tty, real, f, cmd, arg);
	if (ret == -ENOIOCTLCMD)
		ret = do_ioctl(tty, real, cmd, arg);
	if (ret == -ENOIOCTLCMD)
		ret = mode_ioctl(real, cmd, (void __user *)arg);
	if (ret == -ENOIOCTLCMD && tty->driver->ops->ioctl)
		ret = tty->driver->ops->ioctl(tty, f, cmd, arg);
	return ret == -ENOIOCTLCMD ? -ENOTTY : ret;
}
