/*
 * Pseudo terminals: pairs of a master, behind /dev/ptmx, and a slave in devpts.
 *
 * What is written to one end is input of the other. The slave is a full
 * terminal; the master is transparent. Each open of ptmx makes a pair:
 *
 *   ptmx open -> pair, node N, locked -> TIOCSPTLCK 0 -> slave opens, closes
 *   ... -> master closes: node gone, slave hung up -> last slave file closes
 *   -> pair freed
 *
 * Invariants
 *   P1  the pair lives while either end has a file; the ends hold a reference
 *       to each other until then
 *   P2  the master has one file
 *
 * Locks: as in <linnet/tty.h>. The master's nt.lock is taken outside the
 * slave's: bytes for the slave are processed in the context of their writer.
 */
#include <asm/uaccess.h>
#include <linnet/cred.h>
#include <linnet/devpts.h>
#include <linnet/errno.h>
#include <linnet/fdtable.h>
#include <linnet/init.h>
#include <linnet/poll.h>
#include <linnet/slab.h>
#include <linnet/string.h>
#include <linnet/task.h>
#include <linux/major.h>
#include "tty_internal.h"

enum { PTMX_MINOR = 2, NR_SLAVES = 1 << MINORBITS };

/* A master's private data. */
struct pty {
	struct devpts *devpts;	/* [I] counted */
	struct path root;	/* [I] of devpts, referenced */
	struct dentry *node;	/* [tty_mutex] NULL once the master closed */
};

static struct tty_driver master_driver, slave_driver;

static bool is_master(const struct tty *tty)
{
	return tty->driver == &master_driver;
}

/* --- bytes --- */

static u32 pty_write_room(struct tty *tty)
{
	struct tty *to = tty->link;

	if (READ_ONCE(tty->stopped))
		return 0;
	return tty_input_room(to);
}

static u32 pty_write(struct tty *tty, const u8 *buf, u32 n)
{
	struct tty *to = tty->link;

	if (READ_ONCE(tty->stopped) || !n)
		return 0;
	n = tty_ring_put(to, buf, n);
	if (!n)
		return 0;
	if (is_master(to)) /* nothing to edit or echo: its reader takes it */
		wake_up_poll(&to->read_wait, EPOLLIN | EPOLLRDNORM);
	else
		tty_process_input(to);
	return n;
}

static void pty_unthrottle(struct tty *tty)
{
	tty_wakeup(tty->link);
}

/* Output of a slave that its master has not read. */
static void pty_flush_buffer(struct tty *tty)
{
	struct tty *to = tty->link;

	tty_ring_flush(to);
	if (!READ_ONCE(to->packet))
		return;
	spin_lock_irq(&tty->ctrl_lock);
	tty->pktstatus |= TIOCPKT_FLUSHWRITE;
	spin_unlock_irq(&tty->ctrl_lock);
	wake_up_all(&to->read_wait);
}

static void wake_both(struct tty *tty)
{
	wake_up_common(&tty->read_wait, TASK_NORMAL, 0, 0);
	wake_up_common(&tty->write_wait, TASK_NORMAL, 0, 0);
}

/* --- the pair --- */

static void pty_put_devpts(struct pty *pty)
{
	path_put(&pty->root);
	devpts_put(pty->devpts);
	kfree(pty);
}

/* [tty_mutex] Both ends are closed. P1 */
static void pair_release(struct tty *master)
{
	struct tty *slave = master->link;
	struct pty *pty = master->private;

	tty_clear_session(slave);
	devpts_free_index(pty->devpts, slave->index);
	pty_put_devpts(pty);
	tty_kref_put(slave);
	tty_kref_put(master);
}

/* A master with its slave; both referenced twice. */
static struct tty *pair_alloc(u32 index)
{
	struct tty *master = tty_alloc(&master_driver, index);
	struct tty *slave = tty_alloc(&slave_driver, index);

	if (!master || !slave) {
		tty_kref_put(master);
		tty_kref_put(slave);
		return NULL;
	}
	master->link = slave;
	slave->link = master;
	master->flags = TTY_PTY_LOCK;
	return master;
}

static int pty_attach_devpts(struct pty *pty, struct file *f)
{
	int err = devpts_of_file(f, &pty->root);

	if (!err)
		pty->devpts = devpts_get(&pty->root);
	return err;
}

/* The pair's number and node. On failure nothing is left. */
static struct tty *pair_create(struct pty *pty)
{
	int index = devpts_new_index(pty->devpts);
	struct tty *master;

	if (index < 0)
		return ERR_PTR(index);
	master = pair_alloc((u32)index);
	if (!master) {
		devpts_free_index(pty->devpts, (u32)index);
		return ERR_PTR(-ENOMEM);
	}
	pty->node = devpts_node_new(pty->devpts, (u32)index,
				    tty_devnum(master->link), master->link);
	if (IS_ERR(pty->node)) {
		int err = (int)PTR_ERR(pty->node);

		devpts_free_index(pty->devpts, (u32)index);
		tty_kref_put(master->link);
		tty_kref_put(master);
		return ERR_PTR(err);
	}
	master->private = pty;
	return master;
}

/* --- opening and closing, under tty_mutex --- */

static struct tty *master_lookup(struct tty_driver *drv, struct inode *inode,
				 struct file *f)
{
	struct pty *pty = kzalloc(sizeof(*pty), GFP_KERNEL);
	struct tty *master;
	int err;

	(void)drv;
	(void)inode;
	if (!pty)
		return ERR_PTR(-ENOMEM);
	err = pty_attach_devpts(pty, f);
	if (err) {
		kfree(pty);
		return ERR_PTR(err);
	}
	master = pair_create(pty);
	if (IS_ERR(master)) {
		pty_put_devpts(pty);
		return master;
	}
	return tty_kref_get(master);
}

static struct tty *slave_lookup(struct tty_driver *drv, struct inode *inode,
				struct file *f)
{
	struct tty *slave = devpts_inode_private(inode);

	(void)drv;
	(void)f;
	return slave ? tty_kref_get(slave) : ERR_PTR(-EIO);
}

static int slave_open(struct tty *slave, struct file *f)
{
	struct tty *master = slave->link;

	(void)f;
	if (!master->count || READ_ONCE(master->flags) & TTY_PTY_LOCK)
		return -EIO;
	atomic_and(&slave->flags, ~(u32)TTY_IO_ERROR);
	atomic_and(&master->flags, ~(u32)TTY_OTHER_CLOSED);
	return 0;
}

static void slave_close(struct tty *slave, struct file *f)
{
	struct tty *master = slave->link;

	(void)f;
	if (slave->count > 1)
		return;
	atomic_or(&slave->flags, TTY_IO_ERROR);
	atomic_or(&master->flags, TTY_OTHER_CLOSED);
	wake_both(slave);
	wake_both(master);
	if (!master->count)
		pair_release(master);
}

static void master_close(struct tty *master, struct file *f)
{
	struct tty *slave = master->link;
	struct pty *pty = master->private;

	(void)f;
	master->packet = false;
	atomic_or(&slave->flags, TTY_OTHER_CLOSED);
	wake_both(master);
	devpts_node_remove(pty->devpts, pty->node);
	pty->node = NULL;
	tty_hangup_locked(slave, false);
	if (!slave->count)
		pair_release(master);
}

/* --- ioctl --- */

static long set_lock(struct tty *master, const int __user *u)
{
	int on;

	if (get_user(on, u))
		return -EFAULT;
	if (on)
		atomic_or(&master->flags, TTY_PTY_LOCK);
	else
		atomic_and(&master->flags, ~(u32)TTY_PTY_LOCK);
	return 0;
}

static long set_packet(struct tty *master, const int __user *u)
{
	struct tty *slave = master->link;
	int on;

	if (get_user(on, u))
		return -EFAULT;
	spin_lock_irq(&slave->ctrl_lock);
	if (on && !master->packet)
		slave->pktstatus = 0;
	WRITE_ONCE(master->packet, on != 0);
	spin_unlock_irq(&slave->ctrl_lock);
	return 0;
}

/* TIOCGPTPEER: open the slave without its path. */
static long open_peer(struct tty *master, u32 flags)
{
	struct pty *pty = master->private;
	struct path path = {.mnt = pty->root.mnt, .dentry = pty->node};
	struct file *f;
	int fd;

	fd = get_unused_fd(flags);
	if (fd < 0)
		return fd;
	f = dentry_open(&path, flags, current_cred());
	if (IS_ERR(f)) {
		put_unused_fd((u32)fd);
		return PTR_ERR(f);
	}
	fd_install((u32)fd, f);
	return fd;
}

/* Send a signal to the slave's foreground group. */
static long signal_slave(struct tty *slave, int sig)
{
	struct pid *pgrp;

	if (sig != SIGINT && sig != SIGQUIT && sig != SIGTSTP)
		return -EINVAL;
	pgrp = tty_get_pgrp(slave);
	if (pgrp)
		kill_pgrp(pgrp, sig, SEND_SIG_PRIV);
	pid_put(pgrp);
	return 0;
}

static long master_ioctl(struct tty *master, struct file *f, u32 cmd, u64 arg)
{
	int __user *u = (int __user *)arg;

	(void)f;
	switch (cmd) {
	case TIOCSPTLCK:
		return set_lock(master, u);
	case TIOCGPTLCK:
		return put_user(master->flags & TTY_PTY_LOCK ? 1 : 0, u);
	case TIOCPKT:
		return set_packet(master, u);
	case TIOCGPKT:
		return put_user(master->packet, u);
	case TIOCGPTN:
		return put_user(master->index, (u32 __user *)u);
	case TIOCGPTPEER:
		return open_peer(master, (u32)arg);
	case TIOCSIG:
		return signal_slave(master->link, (int)arg);
	default:
		return -ENOIOCTLCMD;
	}
}

static const struct tty_ops master_ops = {
	.lookup = master_lookup,
	.close = master_close,
	.write = pty_write,
	.write_room = pty_write_room,
	.flush_buffer = pty_flush_buffer,
	.unthrottle = pty_unthrottle,
	.ioctl = master_ioctl,
};

static const struct tty_ops slave_ops = {
	.lookup = slave_lookup,
	.open = slave_open,
	.close = slave_close,
	.write = pty_write,
	.write_room = pty_write_room,
	.flush_buffer = pty_flush_buffer,
	.unthrottle = pty_unthrottle,
};

static struct tty_driver master_driver = {
	.name = "ptmx",
	.major = TTYAUX_MAJOR,
	.first_minor = PTMX_MINOR,
	.count = 1,
	.flags = TTY_DRV_PTY_MASTER,
	.ops = &master_ops,
};

static struct tty_driver slave_driver = {
	.name = "pts",
	.major = UNIX98_PTY_SLAVE_MAJOR,
	.count = NR_SLAVES,
	.flags = TTY_DRV_PTY_SLAVE,
	.ops = &slave_ops,
};

static int __init_text pty_init(void)
{
	int err;

	slave_driver.init_termios = master_driver.init_termios =
		tty_std_termios;
	slave_driver.init_termios.c_cflag = B38400 | CS8 | CREAD;
	master_driver.init_termios.c_cflag = B38400 | CS8 | CREAD;
	master_driver.init_termios.c_iflag = 0;
	master_driver.init_termios.c_oflag = 0;
	master_driver.init_termios.c_lflag = 0;
	err = tty_driver_register(&master_driver);
	if (!err)
		err = tty_driver_register(&slave_driver);
	if (!err)
		tty_announce("ptmx", dev_make(TTYAUX_MAJOR, PTMX_MINOR), 0666);
	return err;
}
device_initcall(pty_init);
