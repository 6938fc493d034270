/*
 * Virtio entropy device (virtio 1.2 §5.4): random bytes from the host.
 *
 * One buffer, which is the device's or ours:
 *
 *   empty --request()--> asked --callback()--> full --read--> empty
 *                                    `-- fed to the kernel's generator --> empty
 *
 * The generator is fed when the device is found and every minute from then on;
 * /dev/hwrng, which is root's, reads what comes as it is. What the device says it
 * wrote is checked by the queue; one that writes nothing at all is given up.
 *
 * Invariants
 *   R1  while asked, the buffer is only the device's
 *   R2  bytes are given out once and erased
 *
 * Lock: rng->lock, irq-safe; > the queue's transport, random_lock.
 * There is one such device; another one is left alone.
 */
#include <linnet/device.h>
#include <linnet/errno.h>
#include <linnet/fs.h>
#include <linnet/mm.h>
#include <linnet/random.h>
#include <linnet/sched.h>
#include <linnet/slab.h>
#include <linnet/string.h>
#include <linnet/task.h>
#include <linnet/virtio.h>
#include <linnet/wait.h>
#include <linnet/workqueue.h>
#include <linux/major.h>

enum {
	CHUNK = 64,
	HWRNG_MINOR = 183,
	FEED_MS = 60 * 1000,
	BITS_PER_BYTE = 8,
};

struct virtio_rng {
	struct virtio_device *dev;	/* [I] */
	struct virtio_queue *q;		/* [I]; [lock] the ring */
	spinlock_t lock;
	u8 *buf;			/* [I] a page; R1 */
	u32 at, end;			/* [lock] bytes not given out yet */
	bool asked;			/* [lock] the device has the buffer */
	bool feed;			/* [lock] what comes is for the generator */
	struct wait_queue wait;		/* asked or end has changed */
	struct delayed_work feeder;
};

static struct virtio_rng *the_rng; /* [I] once set */

/* Let the device fill the buffer. [lock] */
static void request(struct virtio_rng *r)
{
	struct virtio_buf piece = {virt_to_phys(r->buf), CHUNK};

	if (r->asked || r->dev->failed)
		return;
	r->at = r->end = 0;
	virtqueue_enable_interrupt(&r->q->vq); /* of the next one */
	if (virtqueue_add(&r->q->vq, &piece, 0, 1, r))
		return; /* broken: rng_unlock() says so */
	r->asked = true;
	virtio_queue_kick(r->q);
}

static void rng_unlock(struct virtio_rng *r, u64 flags, const char *why)
{
	if (!why)
		why = r->q->vq.error;
	spin_unlock_irqrestore(&r->lock, flags);
	if (unlikely(why))
		virtio_device_fail(r->dev, why);
}

/* [lock] */
static void feed_generator(struct virtio_rng *r)
{
	add_randomness(r->buf, r->end, r->end * BITS_PER_BYTE);
	memzero_explicit(r->buf, CHUNK);
	r->at = r->end = 0;
	r->feed = false;
}

static void rng_callback(struct virtio_queue *q)
{
	struct virtio_rng *r = q->dev->private;
	u64 flags = spin_lock_irqsave(&r->lock);
	const char *why = NULL;
	void *token;
	u32 len;

	if (!r->dev->failed && virtqueue_get(&q->vq, &token, &len) > 0) {
		r->asked = false;
		r->end = len;
		if (!len)
			why = "gives no random bytes";
		else if (r->feed)
			feed_generator(r);
	}
	rng_unlock(r, flags, why);
	wake_up_all(&r->wait);
}

static void feed_work(struct work *w)
{
	struct virtio_rng *r = container_of(w, struct virtio_rng, feeder.work);
	u64 flags = spin_lock_irqsave(&r->lock);

	r->feed = true;
	request(r);
	rng_unlock(r, flags, NULL);
	if (!r->dev->failed)
		delayed_work_queue(&r->feeder, FEED_MS);
}

/* --- /dev/hwrng --- */

/* Take up to @n bytes, or ask for some: how many there were. */
static u32 take(struct virtio_rng *r, u8 *out, size_t n)
{
	u64 flags = spin_lock_irqsave(&r->lock);
	u32 len = (u32)min(n, (size_t)(r->end - r->at));

	if (len) {
		memcpy(out, r->buf + r->at, len);
		memzero_explicit(r->buf + r->at, len); /* R2 */
		r->at += len;
	} else {
		request(r);
	}
	rng_unlock(r, flags, NULL);
	return len;
}

static bool may_take(struct virtio_rng *r)
{
	return r->dev->failed || !READ_ONCE(r->asked);
}

static ssize_t hwrng_read(struct kiocb *io, struct iov_iter *to)
{
	struct virtio_rng *r = the_rng;
	u8 bytes[CHUNK];
	ssize_t done = 0, err = 0;

	while (to->count && !err) {
		u32 n = take(r, bytes, min(to->count, sizeof(bytes)));

		if (n && copy_to_iter(bytes, n, to) != n)
			err = -EFAULT;
		else if (n)
			done += n;
		else if (r->dev->failed)
			err = -EIO;
		else if (io->file->flags & O_NONBLOCK)
			err = -EAGAIN;
		else
			err = wait_event_interruptible(&r->wait, may_take(r));
	}
	memzero_explicit(bytes, sizeof(bytes));
	return done ? done : err;
}

static const struct file_ops hwrng_fops = {
	.read_iter = hwrng_read,
	.llseek = noop_llseek,
};

static struct cdev hwrng_cdev = {
	.ops = &hwrng_fops,
	.count = 1,
	.name = "misc",
};

static struct class misc_class = {.name = "misc"};

/* --- start --- */

static int make_node(void)
{
	struct device *dev;
	int err = class_register(&misc_class);

	hwrng_cdev.first = dev_make(MISC_MAJOR, HWRNG_MINOR);
	if (!err)
		err = cdev_register(&hwrng_cdev);
	if (err)
		return err;
	dev = device_create(&misc_class, NULL, hwrng_cdev.first, 0600, NULL,
			    NULL, "hwrng");
	return IS_ERR(dev) ? (int)PTR_ERR(dev) : 0;
}

static int rng_probe(struct virtio_device *dev)
{
	struct virtio_rng *r;
	int err = -ENOMEM;

	if (the_rng)
		return -EBUSY;
	r = kzalloc(sizeof(*r), GFP_KERNEL);
	if (!r)
		return -ENOMEM;
	r->dev = dev;
	spin_init(&r->lock);
	wait_queue_init(&r->wait);
	delayed_work_init(&r->feeder, feed_work);
	dev->private = r;
	r->buf = (u8 *)get_zeroed_page(GFP_KERNEL);
	if (!r->buf)
		goto free_rng;
	r->q = virtio_queue_setup(dev, 1, rng_callback);
	if (IS_ERR(r->q)) {
		err = (int)PTR_ERR(r->q);
		goto free_buf;
	}
	the_rng = r;
	err = make_node();
	if (err) {
		the_rng = NULL;
		goto free_buf;
	}
	virtio_device_ready(dev);
	delayed_work_queue(&r->feeder, 0);
	return 0;
free_buf:
	free_page(r->buf);
free_rng:
	kfree(r);
	return err;
}

static struct virtio_driver rng_virtio_driver = {
	.driver = {.name = "virtio_rng"},
	.id = VIRTIO_ID_RNG,
	.probe = rng_probe,
};
VIRTIO_DRIVER(rng_virtio_driver);
