/*
 * Terminals: what drivers, job control and the rest of the kernel share.
 *
 * A struct tty is one terminal: a serial line, the virtio console, or one end
 * of a pseudo terminal. Its driver moves bytes; the line discipline (n_tty.c)
 * between driver and files edits lines, echoes and makes signals.
 *
 *   driver interrupt --tty_insert_input()--> ring --work item--> n_tty --> read
 *   write --> n_tty --> tty_ops.write --> driver
 *
 * Life: a driver that registers its terminals keeps them for ever; those of
 * pseudo terminals come and go. Every open file and every process group
 * leader's thread_group.tty holds a reference.
 *
 * Locks (outermost first)
 *   tty_mutex       opening, closing and hanging up; tty->files, tty->count
 *   tty->nt.lock    line discipline, termios, output; of a pty master
 *                   outside that of its slave
 *   tasklist_lock > sighand->lock > tty->ctrl_lock
 *   tty->ring_lock  bytes from the driver
 */
#ifndef LINNET_TTY_H
#define LINNET_TTY_H

#include <asm/termbits.h>
#include <asm/termios.h>
#include <linnet/atomic.h>
#include <linnet/fs.h>
#include <linnet/list.h>
#include <linnet/mutex.h>
#include <linnet/wait.h>
#include <linnet/workqueue.h>

struct pid;
struct task;
struct tty;
struct tty_driver;

enum {
	N_TTY_BUF_SIZE = 4096, /* input that nobody has read; a power of two */
	N_TTY_ECHO_SIZE = 2048, /* echo that the device has not taken yet */
	TTY_RING_SIZE = 8192,  /* input between driver and line discipline */
	TTY_WRITE_CHUNK = 1024,
	TTY_ROOM_MIN = 8, /* writers wait until there is this much room */
};

/* All but the stated ones may sleep and hold tty->nt.lock. */
struct tty_ops {
	/*
	 * The tty of a file being opened, referenced, or ERR_PTR. NULL: the
	 * driver's table. [tty_mutex]
	 */
	struct tty *(*lookup)(struct tty_driver *drv, struct inode *inode,
			      struct file *f);
	/* Each open and close; count includes the file. [tty_mutex] */
	int (*open)(struct tty *tty, struct file *f);
	void (*close)(struct tty *tty, struct file *f);
	/* Take up to @n bytes: how many. Never waits for room. */
	u32 (*write)(struct tty *tty, const u8 *buf, u32 n);
	/* Bytes write() is sure to take; also called without locks. */
	u32 (*write_room)(struct tty *tty);
	/* Bytes taken that are not sent yet; no locks. NULL: 0. */
	u32 (*chars_in_buffer)(struct tty *tty);
	void (*flush_buffer)(struct tty *tty);
	void (*set_termios)(struct tty *tty, const struct ktermios *old);
	/* Output flow: under tty->ctrl_lock, must not sleep. */
	void (*stop)(struct tty *tty);
	void (*start)(struct tty *tty);
	/* The input ring has room again. */
	void (*unthrottle)(struct tty *tty);
	int (*send_break)(struct tty *tty, bool on);
	/* Modem lines as TIOCM_*, no locks. */
	int (*tiocmget)(struct tty *tty);
	/* -ENOIOCTLCMD: not mine. No locks held. */
	long (*ioctl)(struct tty *tty, struct file *f, u32 cmd, u64 arg);
	void (*hangup)(struct tty *tty); /* [tty_mutex] */
};

struct tty_driver {
	const char *name;	/* device names are name + index */
	u32 major, first_minor, count;
	u32 flags;		/* enum tty_driver_flags */
	const struct tty_ops *ops;
	struct ktermios init_termios;
	struct tty **ttys;	/* [tty_mutex] count entries; NULL: lookup */
	struct cdev cdev;
	struct list_head node;	/* [tty_mutex] */
};

enum tty_driver_flags {
	TTY_DRV_PTY_MASTER = 1,
	TTY_DRV_PTY_SLAVE = 2,
};
#define TTY_DRV_PTY (TTY_DRV_PTY_MASTER | TTY_DRV_PTY_SLAVE)

/* Line discipline state; all under lock. */
struct n_tty {
	struct mutex lock;
	/*
	 * Input: buf[tail, head) by free-running counters.
	 *   N1  tail <= canon_head <= head, head - tail <= N_TTY_BUF_SIZE
	 *   N2  [tail, canon_head) are complete lines; the last byte of each
	 *       has its bit in ends
	 */
	u32 head, canon_head, tail;
	u32 column, canon_column; /* of the cursor; where the line began */
	bool lnext;	/* the next byte is literal */
	bool erasing;	/* ECHOPRT: inside \.../ */
	u32 echo_head, echo_tail;
	u64 special[4];	/* bytes that are more than data, by termios */
	u64 ends[N_TTY_BUF_SIZE / 64];
	u8 buf[N_TTY_BUF_SIZE];
	u8 echo[N_TTY_ECHO_SIZE];
};

/* [I] fixed [M] tty_mutex [N] nt.lock [C] ctrl_lock [R] ring_lock */
struct tty {
	refcount_t refs;
	u32 index;			/* [I] */
	struct tty_driver *driver;	/* [I] */
	void *private;			/* [I] the driver's */
	struct tty *link;		/* [I] other end of a pty, or NULL */
	u32 flags;			/* [A] enum tty_flags */
	u32 count;			/* [M] open files */
	struct list_head files;		/* [M] struct tty_file */

	struct ktermios termios;	/* [N] written; flag tests without */
	struct ktermios locked;		/* [N] bits that must stay as they are */
	struct winsize winsize;		/* [C] */

	spinlock_t ctrl_lock;		/* irq-safe */
	struct pid *pgrp;		/* [C] foreground process group */
	struct pid *session;		/* [C] */
	bool stopped;			/* [C] output: by ^S or TCXONC */
	bool tco_stopped;		/* [C] by TCXONC: ^Q can't start it */
	bool packet;			/* [C] pty master: TIOCPKT */
	u8 pktstatus;			/* [C] of a slave, for its master */

	spinlock_t ring_lock;		/* irq-safe */
	u32 ring_head, ring_tail;	/* [R] free-running */
	bool break_pending;		/* [R] */
	u8 *ring;			/* [I] TTY_RING_SIZE bytes */
	struct work input_work;		/* ring -> line discipline */

	struct wait_queue read_wait, write_wait;
	bool reading, writing;		/* [A] one read, one write at a time */
	struct wait_queue claim_wait;	/* one of these was cleared */
	struct n_tty nt;
	struct work free_work;
	u8 write_buf[TTY_WRITE_CHUNK];	/* of the one writer */
};

enum tty_flags {
	TTY_EXCLUSIVE = 1,	/* TIOCEXCL */
	TTY_OTHER_CLOSED = 2,	/* pty: nobody at the other end */
	TTY_IO_ERROR = 4,	/* pty slave: closed for good */
	TTY_PTY_LOCK = 8,	/* pty master: slave can't be opened yet */
	TTY_HUPPING = 16,
	TTY_THROTTLED = 32,	/* the driver waits for ring room */
};

/* What file->private of a tty file points at. */
struct tty_file {
	struct tty *tty;	/* referenced */
	struct file *file;
	struct list_head node;	/* [M] in tty->files */
	bool console;		/* opened as /dev/console */
	bool hung;		/* [A] its tty was hung up */
};

struct tty *tty_alloc(struct tty_driver *drv, u32 index);
struct tty *tty_kref_get(struct tty *tty);
void tty_kref_put(struct tty *tty);

/* Fill name ... init_termios first. Makes the table unless ops->lookup. */
int tty_driver_register(struct tty_driver *drv);
/* Make terminal @index and its device, which is on @parent or NULL: borrowed,
 * or ERR_PTR. */
struct device;
struct tty *tty_register_device(struct tty_driver *drv, u32 index,
				void *private, struct device *parent);
extern const struct ktermios tty_std_termios;
extern struct mutex tty_mutex;

/* Bytes from the device; how many fitted. Any context. */
u32 tty_insert_input(struct tty *tty, const u8 *buf, u32 n);
/* A break condition came. Any context. */
void tty_insert_break(struct tty *tty);
/* Room for input; if none to speak of, unthrottle() is called when there is some. */
u32 tty_input_room(struct tty *tty);
/* Output room grew or all was sent. Any context. */
void tty_wakeup(struct tty *tty);
/* Hand the ring to the line discipline now. Task context. */
void tty_process_input(struct tty *tty);

/* End all use of the tty by its present files. May sleep. */
void tty_vhangup(struct tty *tty);
/* The same with tty_mutex held. */
void tty_hangup_locked(struct tty *tty, bool exit_session);
void tty_vhangup_self(void); /* vhangup(2) */

/* Job control. */
struct tty *get_current_tty(void); /* referenced or NULL */
/* The session leader gives its terminal up (exit, TIOCNOTTY). */
void disassociate_ctty(bool on_exit);
/* The process leaves its terminal (setsid). */
void proc_clear_tty(struct task *t);
struct pid *tty_get_pgrp(struct tty *tty); /* referenced or NULL */
/* Device number: /proc, TIOCGDEV. */
dev_t tty_devnum(const struct tty *tty);

#endif
