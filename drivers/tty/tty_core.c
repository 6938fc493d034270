/*
 * Terminals: objects and drivers, opening, closing, hang-up.
 *
 * Device numbers lead to a tty as follows:
 *   5,0  /dev/tty      the controlling terminal of the process
 *   5,1  /dev/console  the tty of the console that printk prefers
 *   others             the driver that registered the range
 *
 * tty_mutex serialises opening, closing and hanging up of all terminals; the
 * data path does not take it.
 */
#define PR_PREFIX "tty: "
#include <linnet/cred.h>
#include <linnet/device.h>
#include <linnet/errno.h>
#include <linnet/init.h>
#include <linnet/poll.h>
#include <linnet/printf.h>
#include <linnet/printk.h>
#include <linnet/slab.h>
#include <linnet/seq_file.h>
#include <linnet/string.h>
#include <linnet/task.h>
#include <linux/major.h>
#include "tty_internal.h"

enum { TTY_MINOR = 0, CONSOLE_MINOR = 1, NO_INDEX = U32_MAX };
#define CLOSE_WAIT_NS (30 * NSEC_PER_SEC) /* for output at the last close */

DEFINE_MUTEX(tty_mutex);
static LIST_HEAD(drivers); /* [tty_mutex] */

#define CONTROL(c) ((c) & 037)

/* What a terminal starts with; stty's "sane". */
const struct ktermios tty_std_termios = {
	.c_iflag = ICRNL | IXON,
	.c_oflag = OPOST | ONLCR,
	.c_cflag = B38400 | CS8 | CREAD | HUPCL,
	.c_lflag = ISIG | ICANON | ECHO | ECHOE | ECHOK | ECHOCTL | ECHOKE |
		   IEXTEN,
	.c_cc = {
		[VINTR] = CONTROL('C'), [VQUIT] = CONTROL('\\'),
		[VERASE] = 0177, [VKILL] = CONTROL('U'), [VEOF] = CONTROL('D'),
		[VMIN] = 1, [VSTART] = CONTROL('Q'), [VSTOP] = CONTROL('S'),
		[VSUSP] = CONTROL('Z'), [VREPRINT] = CONTROL('R'),
		[VDISCARD] = CONTROL('O'), [VWERASE] = CONTROL('W'),
		[VLNEXT] = CONTROL('V'),
	},
	.c_ispeed = 38400,
	.c_ospeed = 38400,
};

/* --- objects --- */

static void tty_free_work(struct work *w)
{
	struct tty *tty = container_of(w, struct tty, free_work);

	work_cancel_sync(&tty->input_work);
	pid_put(tty->pgrp);
	pid_put(tty->session);
	kfree(tty->ring);
	kfree(tty);
}

/**
 * tty_alloc - make a terminal
 * @drv: its driver, whose init_termios it gets
 * @index: number within the driver
 *
 * Context: may sleep. Return: one reference, or NULL when out of memory.
 */
struct tty *tty_alloc(struct tty_driver *drv, u32 index)
{
	struct tty *tty = kzalloc(sizeof(*tty), GFP_KERNEL);

	if (!tty)
		return NULL;
	tty->ring = kmalloc(TTY_RING_SIZE, GFP_KERNEL);
	if (!tty->ring) {
		kfree(tty);
		return NULL;
	}
	refcount_set(&tty->refs, 1);
	tty->driver = drv;
	tty->index = index;
	tty->termios = drv->init_termios;
	list_init(&tty->files);
	spin_init(&tty->ctrl_lock);
	spin_init(&tty->ring_lock);
	wait_queue_init(&tty->read_wait);
	wait_queue_init(&tty->write_wait);
	wait_queue_init(&tty->claim_wait);
	work_init(&tty->input_work, tty_input_work);
	work_init(&tty->free_work, tty_free_work);
	n_tty_init(tty);
	return tty;
}

struct tty *tty_kref_get(struct tty *tty)
{
	if (tty)
		refcount_inc(&tty->refs);
	return tty;
}

/* Any context: the last reference may go under tasklist_lock. */
void tty_kref_put(struct tty *tty)
{
	if (tty && refcount_dec_and_test(&tty->refs))
		work_queue(&tty->free_work);
}

dev_t tty_devnum(const struct tty *tty)
{
	return dev_make(tty->driver->major,
			tty->driver->first_minor + tty->index);
}

/* --- drivers --- */

int tty_driver_register(struct tty_driver *drv)
{
	int err;

	if (!drv->ops->lookup) {
		drv->ttys = kcalloc(drv->count, sizeof(*drv->ttys), GFP_KERNEL);
		if (!drv->ttys)
			return -ENOMEM;
	}
	drv->cdev = (struct cdev){
		.ops = &tty_fops,
		.first = dev_make(drv->major, drv->first_minor),
		.count = drv->count,
		.name = drv->name,
	};
	err = cdev_register(&drv->cdev);
	if (err) {
		kfree(drv->ttys);
		return err;
	}
	mutex_lock(&tty_mutex);
	list_add_tail(&drv->node, &drivers);
	mutex_unlock(&tty_mutex);
	return 0;
}

static struct class tty_class = {.name = "tty"};

/* In /sys and /dev; the terminal works without, so errors only warn. */
static void announce(const char *name, u32 index, dev_t devt, u16 mode,
		     struct device *parent, const struct sysfs_entry *entries)
{
	struct device *dev;

	if (index == NO_INDEX)
		dev = device_create(&tty_class, parent, devt, mode, NULL,
				    entries, "%s", name);
	else
		dev = device_create(&tty_class, parent, devt, mode, NULL,
				    entries, "%s%u", name, index);
	if (IS_ERR(dev))
		pr_warn("no device for %s: %ld\n", name, PTR_ERR(dev));
}

/* A terminal that is no driver's by number, such as ptmx. */
void tty_announce(const char *name, dev_t devt, u16 mode)
{
	announce(name, NO_INDEX, devt, mode, NULL, NULL);
}

struct tty *tty_register_device(struct tty_driver *drv, u32 index,
				void *private, struct device *parent)
{
	struct tty *tty;

	if (index >= drv->count)
		return ERR_PTR(-ENODEV);
	tty = tty_alloc(drv, index);
	if (!tty)
		return ERR_PTR(-ENOMEM);
	tty->private = private;
	mutex_lock(&tty_mutex);
	if (drv->ttys[index]) {
		mutex_unlock(&tty_mutex);
		tty_kref_put(tty);
		return ERR_PTR(-EBUSY);
	}
	drv->ttys[index] = tty;
	mutex_unlock(&tty_mutex);
	announce(drv->name, index, tty_devnum(tty), 0, parent, NULL);
	return tty;
}

/* [tty_mutex] */
static struct tty_driver *find_driver(dev_t dev)
{
	struct tty_driver *d;

	list_for_each_entry(d, &drivers, node)
		if (dev - d->cdev.first < d->count)
			return d;
	return NULL;
}

/* --- open --- */

/* The tty of device number @dev: referenced, or ERR_PTR. [tty_mutex] */
static struct tty *lookup_device(dev_t dev, struct inode *inode, struct file *f)
{
	struct tty_driver *drv = find_driver(dev);
	struct tty *tty;

	if (!drv)
		return ERR_PTR(-ENODEV);
	if (drv->ops->lookup)
		return drv->ops->lookup(drv, inode, f);
	tty = drv->ttys[dev - drv->cdev.first];
	return tty ? tty_kref_get(tty) : ERR_PTR(-ENODEV);
}

/* [tty_mutex] @tf->console is set for /dev/console. */
static struct tty *lookup_file(struct inode *inode, struct file *f,
			       struct tty_file *tf)
{
	struct tty *tty;

	if (inode->rdev == dev_make(TTYAUX_MAJOR, TTY_MINOR)) {
		tty = get_current_tty();
		if (tty && !tty->count) { /* it is being closed */
			tty_kref_put(tty);
			return ERR_PTR(-EIO);
		}
		return tty ? tty : ERR_PTR(-ENXIO);
	}
	if (inode->rdev == dev_make(TTYAUX_MAJOR, CONSOLE_MINOR)) {
		dev_t dev = console_device();

		tf->console = true;
		return dev ? lookup_device(dev, inode, f) : ERR_PTR(-ENODEV);
	}
	return lookup_device(inode->rdev, inode, f);
}

/* [tty_mutex] */
static int attach_file(struct tty *tty, struct tty_file *tf)
{
	const struct tty_ops *ops = tty->driver->ops;
	int err = 0;

	if (READ_ONCE(tty->flags) & TTY_EXCLUSIVE && tty->count &&
	    !capable(CAP_SYS_ADMIN))
		return -EBUSY;
	tf->tty = tty;
	tty->count++;
	list_add_tail(&tf->node, &tty->files);
	if (ops->open)
		err = ops->open(tty, tf->file);
	if (err) {
		list_del(&tf->node);
		tty->count--;
	}
	return err;
}

/* /dev/tty and /dev/console never become a controlling terminal. */
static bool is_aux(dev_t dev)
{
	return dev_major(dev) == TTYAUX_MAJOR &&
	       dev_minor(dev) <= CONSOLE_MINOR;
}

int tty_open(struct inode *inode, struct file *f)
{
	struct tty_file *tf = kzalloc(sizeof(*tf), GFP_KERNEL);
	bool no_ctty = f->flags & O_NOCTTY || is_aux(inode->rdev);
	struct tty *tty;
	int err;

	if (!tf)
		return -ENOMEM;
	stream_open(inode, f);
	tf->file = f;
	mutex_lock(&tty_mutex);
	tty = lookup_file(inode, f, tf);
	err = IS_ERR(tty) ? (int)PTR_ERR(tty) : attach_file(tty, tf);
	if (!err && !no_ctty && !(tty->driver->flags & TTY_DRV_PTY_MASTER))
		tty_open_set_ctty(f, tty);
	mutex_unlock(&tty_mutex);
	if (!err) {
		f->private = tf;
		return 0;
	}
	if (!IS_ERR(tty))
		tty_kref_put(tty);
	kfree(tf);
	return err;
}

/* --- close --- */

/* Nobody has the terminal open any more. A pty goes by its own rules. */
static void last_close(struct tty *tty)
{
	tty_clear_session(tty);
	atomic_and(&tty->flags, ~(u32)TTY_EXCLUSIVE);
	mutex_lock(&tty->nt.lock);
	n_tty_flush_input(tty);
	tty->nt.echo_tail = tty->nt.echo_head;
	mutex_unlock(&tty->nt.lock);
	spin_lock_irq(&tty->ctrl_lock);
	tty->tco_stopped = false;
	tty->winsize = (struct winsize){0};
	spin_unlock_irq(&tty->ctrl_lock);
	tty_start(tty);
}

void tty_release(struct inode *inode, struct file *f)
{
	struct tty_file *tf = f->private;
	struct tty *tty = tf->tty;

	(void)inode;
	if (READ_ONCE(tty->count) == 1 && !tty_file_hung(tf))
		tty_wait_sent(tty, CLOSE_WAIT_NS);
	mutex_lock(&tty_mutex);
	if (tty->driver->ops->close)
		tty->driver->ops->close(tty, f);
	list_del(&tf->node);
	tty->count--;
	if (!tty->count && !(tty->driver->flags & TTY_DRV_PTY))
		last_close(tty);
	mutex_unlock(&tty_mutex);
	f->private = NULL;
	kfree(tf);
	tty_kref_put(tty);
}

/* --- hang-up --- */

/**
 * tty_hangup_locked - cut all present files off a terminal
 * @tty: the terminal
 * @exit_session: its session leader ends: SIGHUP for the foreground group
 *
 * The session leader gets SIGHUP and SIGCONT and the session loses its
 * controlling terminal. Files opened as /dev/console stay connected.
 *
 * Context: task, may sleep; the caller holds tty_mutex.
 */
void tty_hangup_locked(struct tty *tty, bool exit_session)
{
	struct tty_file *tf;

	atomic_or(&tty->flags, TTY_HUPPING);
	list_for_each_entry(tf, &tty->files, node)
		if (!tf->console)
			WRITE_ONCE(tf->hung, true);
	tty_signal_session(tty, exit_session);
	mutex_lock(&tty->nt.lock);
	n_tty_flush_input(tty);
	tty->nt.echo_tail = tty->nt.echo_head;
	if (tty->driver->ops->flush_buffer)
		tty->driver->ops->flush_buffer(tty);
	mutex_unlock(&tty->nt.lock);
	tty_clear_session(tty);
	spin_lock_irq(&tty->ctrl_lock);
	tty->tco_stopped = tty->packet = false;
	tty->pktstatus = 0;
	spin_unlock_irq(&tty->ctrl_lock);
	tty_start(tty);
	if (tty->driver->ops->hangup)
		tty->driver->ops->hangup(tty);
	atomic_and(&tty->flags, ~(u32)(TTY_HUPPING | TTY_EXCLUSIVE));
	wake_up_common(&tty->read_wait, TASK_NORMAL, 0, 0);
	wake_up_common(&tty->write_wait, TASK_NORMAL, 0, 0);
}

void tty_vhangup(struct tty *tty)
{
	mutex_lock(&tty_mutex);
	tty_hangup_locked(tty, false);
	mutex_unlock(&tty_mutex);
}

void tty_vhangup_self(void)
{
	struct tty *tty = get_current_tty();

	if (tty)
		tty_vhangup(tty);
	tty_kref_put(tty);
}

static struct cdev aux_cdev = {
	.ops = &tty_fops,
	.count = 2,
	.name = "/dev/tty",
};

/* The tty that is /dev/console, by name; what console= chose. */
static int active_show(struct seq_file *m, struct kobject *k,
		       const struct sysfs_entry *e)
{
	dev_t dev = console_device();
	struct tty_driver *drv;

	mutex_lock(&tty_mutex);
	drv = find_driver(dev);
	if (drv)
		seq_printf(m, "%s%u\n", drv->name, dev - drv->cdev.first);
	mutex_unlock(&tty_mutex);
	return 0;
}

static const struct sysfs_entry console_entries[] = {
	{.name = "active", .mode = S_IFREG | 0444, .show = active_show},
	{.name = NULL},
};

static int __init_text tty_class_init(void)
{
	return class_register(&tty_class);
}
subsys_initcall(tty_class_init);

static int __init_text tty_init(void)
{
	int err;

	aux_cdev.first = dev_make(TTYAUX_MAJOR, TTY_MINOR);
	err = cdev_register(&aux_cdev);
	if (err)
		return err;
	tty_announce("tty", dev_make(TTYAUX_MAJOR, TTY_MINOR), 0666);
	announce("console", NO_INDEX, dev_make(TTYAUX_MAJOR, CONSOLE_MINOR), 0,
		 NULL, console_entries);
	return 0;
}
device_initcall(tty_init);
