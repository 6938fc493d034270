/*
 * Memory devices: null, zero, full, random, urandom.
 *
 * Numbers are those of Linux's devices.txt, major 1. Not here: kmsg (kmsg.c).
 */
#include <asm/uaccess.h>
#include <linnet/cred.h>
#include <linnet/device.h>
#include <linnet/errno.h>
#include <linnet/fs.h>
#include <linnet/init.h>
#include <linnet/mm.h>
#include <linnet/poll.h>
#include <linnet/random.h>
#include <linnet/sched.h>
#include <linnet/shmem.h>
#include <linnet/string.h>
#include <linnet/task.h>
#include <linnet/uio.h>
#include <linux/major.h>
#include <linux/random.h>
#include "mem.h"

enum { RANDOM_CHUNK = 256, ZERO_CHUNK = 64 * 1024, POOL_BITS = 256 };

static ssize_t read_nothing(struct kiocb *io, struct iov_iter *to)
{
	(void)io;
	(void)to;
	return 0;
}

static ssize_t write_all(struct kiocb *io, struct iov_iter *from)
{
	size_t n = from->count;

	(void)io;
	iov_iter_advance(from, n);
	return (ssize_t)n;
}

static ssize_t write_no_space(struct kiocb *io, struct iov_iter *from)
{
	(void)io;
	(void)from;
	return -ENOSPC;
}

static ssize_t read_zeros(struct kiocb *io, struct iov_iter *to)
{
	size_t done = 0;

	(void)io;
	while (to->count) {
		size_t n = min(to->count, (size_t)ZERO_CHUNK);
		size_t k = iov_iter_zero(n, to);

		done += k;
		if (k < n)
			return done ? (ssize_t)done : -EFAULT;
		if (signal_pending(current))
			return (ssize_t)done;
		cond_resched();
	}
	return (ssize_t)done;
}

/* Private mappings are anonymous memory; shared ones an unnamed tmpfs file. */
static int zero_mmap(struct file *f, struct vma *v)
{
	struct file *shared;

	(void)f;
	if (!(v->flags & VM_SHARED)) {
		fput(v->file);
		v->file = NULL;
		v->ops = NULL;
		v->pgoff = v->start >> PAGE_SHIFT;
		return 0;
	}
	shared = shmem_file_setup("dev/zero", (loff_t)(v->end - v->start),
				  v->flags);
	if (IS_ERR(shared))
		return (int)PTR_ERR(shared);
	fput(v->file);
	v->file = shared;
	v->pgoff = 0;
	return shared->ops->mmap(shared, v);
}

/* --- random --- */

static ssize_t urandom_read(struct kiocb *io, struct iov_iter *to)
{
	u8 buf[RANDOM_CHUNK];
	size_t done = 0;

	(void)io;
	while (to->count) {
		size_t n = min(to->count, sizeof(buf)), k;

		get_random_bytes(buf, n);
		k = copy_to_iter(buf, n, to);
		done += k;
		if (k < n) {
			memset(buf, 0, sizeof(buf));
			return done ? (ssize_t)done : -EFAULT;
		}
		if (!(done % PAGE_SIZE)) {
			if (signal_pending(current))
				break;
			cond_resched();
		}
	}
	memset(buf, 0, sizeof(buf));
	barrier(); /* keeps the memset: no key stream is left on the stack */
	return (ssize_t)done;
}

static ssize_t random_read(struct kiocb *io, struct iov_iter *to)
{
	int err = 0;

	if (!random_ready())
		err = io->file->flags & O_NONBLOCK ? -EAGAIN : random_wait_ready();
	return err ? err : urandom_read(io, to);
}

/* What users write is mixed in, but not believed to be random. */
static ssize_t mix_in(struct iov_iter *from, u32 bits)
{
	u8 buf[RANDOM_CHUNK];
	size_t done = 0;

	while (from->count) {
		size_t n = min(from->count, sizeof(buf));
		size_t k = copy_from_iter(buf, n, from);

		add_randomness(buf, k, done ? 0 : bits);
		done += k;
		if (k < n)
			return done ? (ssize_t)done : -EFAULT;
		if (!(done % PAGE_SIZE) && signal_pending(current))
			break;
	}
	return (ssize_t)done;
}

static ssize_t random_write(struct kiocb *io, struct iov_iter *from)
{
	(void)io;
	return mix_in(from, 0);
}

static long add_entropy(int __user *u)
{
	struct iov_iter it;
	int bits, size;
	ssize_t n;

	if (get_user(bits, u) || get_user(size, u + 1))
		return -EFAULT;
	if (bits < 0)
		return -EINVAL;
	if (size < 0)
		return -EFAULT; /* as Linux: more than there is memory */
	iov_iter_ubuf(&it, ITER_SOURCE, u + 2, (size_t)size);
	n = mix_in(&it, (u32)bits);
	return n == size ? 0 : n < 0 ? n : -EFAULT;
}

static long random_ioctl(struct file *f, u32 cmd, u64 arg)
{
	int __user *u = (int __user *)arg;
	int bits;

	(void)f;
	if (cmd == RNDGETENTCNT)
		return put_user(POOL_BITS, u);
	switch (cmd) {
	case RNDADDTOENTCNT:
	case RNDADDENTROPY:
	case RNDZAPENTCNT:
	case RNDCLEARPOOL:
	case RNDRESEEDCRNG:
		break;
	default:
		return -EINVAL;
	}
	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	if (cmd == RNDADDENTROPY)
		return add_entropy(u);
	if (cmd != RNDADDTOENTCNT)
		return 0;
	if (get_user(bits, u))
		return -EFAULT;
	return bits < 0 ? -EINVAL : 0;
}

static u32 random_poll(struct file *f, struct poll_table *pt)
{
	poll_wait(f, &random_ready_wq, pt);
	return (random_ready() ? EPOLLIN | EPOLLRDNORM : 0) | EPOLLOUT |
	       EPOLLWRNORM;
}

/* --- the table --- */

static const struct file_ops null_fops = {
	.read_iter = read_nothing,
	.write_iter = write_all,
	.llseek = noop_llseek,
};

static const struct file_ops zero_fops = {
	.read_iter = read_zeros,
	.write_iter = write_all,
	.llseek = noop_llseek,
	.mmap = zero_mmap,
};

static const struct file_ops full_fops = {
	.read_iter = read_zeros,
	.write_iter = write_no_space,
	.llseek = noop_llseek,
};

static const struct file_ops random_fops = {
	.read_iter = random_read,
	.write_iter = random_write,
	.llseek = noop_llseek,
	.poll = random_poll,
	.ioctl = random_ioctl,
};
static const struct file_ops urandom_fops = {
	.read_iter = urandom_read,
	.write_iter = random_write,
	.llseek = noop_llseek,
	.ioctl = random_ioctl,
};

static const struct mem_device {
	const char *name;
	u32 minor;
	u16 mode;
	const struct file_ops *fops;
} devices[] = {
	{"null", 3, 0666, &null_fops},	   {"zero", 5, 0666, &zero_fops},
	{"full", 7, 0666, &full_fops},	   {"random", 8, 0666, &random_fops},
	{"urandom", 9, 0666, &urandom_fops}, {"kmsg", 11, 0644, &kmsg_fops},
};

enum { MEM_MINORS = 12 };

static int mem_open(struct inode *inode, struct file *f)
{
	for (u32 i = 0; i < ARRAY_SIZE(devices); i++) {
		if (devices[i].minor != dev_minor(inode->rdev))
			continue;
		f->ops = devices[i].fops;
		return f->ops->open ? f->ops->open(inode, f) : 0;
	}
	return -ENXIO;
}

static const struct file_ops mem_fops = {.open = mem_open};
static struct cdev mem_cdev = {
	.ops = &mem_fops,
	.count = MEM_MINORS,
	.name = "mem",
};

static struct class mem_class = {.name = "mem"};

static int __init_text mem_init(void)
{
	int err = class_register(&mem_class);

	mem_cdev.first = dev_make(MEM_MAJOR, 0);
	if (!err)
		err = cdev_register(&mem_cdev);
	for (u32 i = 0; !err && i < ARRAY_SIZE(devices); i++) {
		struct device *dev = device_create(
			&mem_class, NULL, dev_make(MEM_MAJOR, devices[i].minor),
			devices[i].mode, NULL, NULL, "%s", devices[i].name);

		if (IS_ERR(dev))
			err = (int)PTR_ERR(dev);
	}
	return err;
}
device_initcall(mem_init);
