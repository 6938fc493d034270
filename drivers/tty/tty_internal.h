/* Between the files of the tty layer. */
#ifndef TTY_INTERNAL_H
#define TTY_INTERNAL_H

#include <linnet/tty.h>

/* tty_core.c */
static inline bool tty_file_nonblock(const struct tty_file *tf)
{
	return tf->file->flags & O_NONBLOCK;
}

static inline bool tty_file_hung(const struct tty_file *tf)
{
	return READ_ONCE(tf->hung);
}

/* A pty whose other end nobody holds. */
static inline bool tty_other_closed(const struct tty *tty)
{
	return READ_ONCE(tty->flags) & TTY_OTHER_CLOSED;
}

/* tty_io.c */
extern const struct file_ops tty_fops;
u32 tty_ring_take(struct tty *tty, u8 *buf, u32 n);
u32 tty_ring_put(struct tty *tty, const u8 *buf, u32 n);
bool tty_ring_empty(const struct tty *tty);
void tty_ring_flush(struct tty *tty);
void tty_input_work(struct work *w);
int tty_claim_write(struct tty *tty, bool nonblock);
void tty_release_write(struct tty *tty);
void tty_start(struct tty *tty);
void tty_stop(struct tty *tty);
/* Until the device has sent everything: 0 or -ERESTARTSYS. */
int tty_wait_sent(struct tty *tty, ktime_t limit);
static inline u32 tty_chars_in_buffer(struct tty *tty)
{
	const struct tty_ops *ops = tty->driver->ops;

	return ops->chars_in_buffer ? ops->chars_in_buffer(tty) : 0;
}

/* tty_core.c */
int tty_open(struct inode *inode, struct file *f);
void tty_release(struct inode *inode, struct file *f);

/* tty_ioctl.c */
long tty_ioctl(struct file *f, u32 cmd, u64 arg);

/* tty_jobctrl.c */
int tty_check_change(struct tty *tty, int sig);
void tty_open_set_ctty(struct file *f, struct tty *tty);
void session_clear_tty(struct pid *session);
void tty_signal_session(struct tty *tty, bool exit_session);
void tty_clear_session(struct tty *tty);
/* -ENOIOCTLCMD: not about job control. */
long tty_jobctrl_ioctl(struct tty *tty, struct tty *real, struct file *f,
		       u32 cmd, u64 arg);

/* n_tty.c */
/* tty_core.c */
void tty_announce(const char *name, dev_t devt, u16 mode);

void n_tty_init(struct tty *tty);
void n_tty_reset(struct tty *tty);	  /* [nt.lock] drop input */
void n_tty_flush_input(struct tty *tty);
void n_tty_receive(struct tty *tty);
void n_tty_receive_byte(struct tty *tty, u8 c);
void n_tty_termios_changed(struct tty *tty, const struct ktermios *old);
/* n_tty_out.c; [nt.lock] unless noted */
void echo_byte(struct tty *tty, u8 c);	  /* as it is */
void echo_char(struct tty *tty, u8 c);	  /* control characters as ^X */
void echo_flush(struct tty *tty);
u32 n_tty_output(struct tty *tty, const u8 *buf, u32 n);
bool utf8_continuation(const struct tty *tty, u8 c);
ssize_t n_tty_write(struct tty_file *tf, const u8 *buf, u32 n); /* no lock */
/* n_tty_read.c; no lock */
ssize_t n_tty_read(struct tty_file *tf, struct iov_iter *to);
u32 n_tty_poll_input(struct tty *tty);
u32 n_tty_inq(struct tty *tty);
bool n_tty_input_ready(struct tty *tty, u32 at_least);

#define L_FLAG(tty, f) (READ_ONCE((tty)->termios.c_lflag) & (f))
#define I_FLAG(tty, f) (READ_ONCE((tty)->termios.c_iflag) & (f))
#define O_FLAG(tty, f) (READ_ONCE((tty)->termios.c_oflag) & (f))
#define C_CHAR(tty, i) ((tty)->termios.c_cc[i])

#endif
