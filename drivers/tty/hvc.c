/*
 * Virtio console (virtio 1.2 §5.3): terminal hvc, console.
 *
 * One terminal a device: its port 0, which has queue 0 for input and queue 1
 * for output. Output is copied to small buffers:
 *
 *   free --filled--> held --submit()--> in flight --reap()--> free
 *
 * Held are those that ^S stops. The terminal and the console have buffers of
 * their own, so that a kernel message never takes the room that the terminal
 * was promised. The output queue interrupts only while something of the
 * terminal may be in flight: a device that sends at once costs no interrupt.
 *
 * Kernel messages come under any lock, so the console path wakes nobody: what
 * it takes back of the terminal's is noted (port->wake) for the interrupt that
 * the device owes for it. That is also why it leaves the queue's interrupt as
 * it is; moving its event index could cancel the one that is owed.
 *
 * Input comes in buffers of one byte. What the terminal has no room for stays in
 * them, and the device stops when it has no other: a sender with flow control
 * loses nothing. With larger ones it would: QEMU reckons with the bytes that
 * all buffers hold, but uses one up for each byte of a multiplexed terminal,
 * and drops the rest.
 *
 * A device that breaks the ring's rules is reset; its terminal then swallows
 * what is written and has no more input.
 *
 * Lock: port->lock, irq-safe, guards the queues and buffers; nothing is printed
 * under it, for the console takes it too (hvc_unlock). The console does not
 * wait for it for ever: its holder may be a CPU that a panic stopped, or the
 * very one that prints. It then writes to the emergency register.
 *
 * Not here: several ports on a device (VIRTIO_CONSOLE_F_MULTIPORT).
 */
#define PR_PREFIX "hvc: "
#include <asm/barrier.h>
#include <linnet/errno.h>
#include <linnet/log.h>
#include <linnet/page.h>
#include <linnet/printk.h>
#include <linnet/slab.h>
#include <linnet/string.h>
#include <linnet/tty.h>
#include <linnet/virtio.h>
#include <linux/virtio_console.h>

enum {
	HVC_MAJOR = 229, HVC_PORTS = 8, /* devices.txt */
	BUF_SIZE = 256,
	NR_BUFS = PAGE_SIZE / BUF_SIZE,
	TTY_BUFS = NR_BUFS - 4, /* the others are the console's */
	CONSOLE_BUFS = NR_BUFS - TTY_BUFS,
	RX_BUFS = 128, /* at most; QEMU's queue */
	RX_BATCH = 64,
	WAIT_SPINS = 1000000, /* a stuck device must not stop the kernel */
};

/* For output. */
struct hvc_buf {
	u8 *data;	/* [I] BUF_SIZE bytes */
	u32 len;	/* bytes in it */
	bool console;	/* [I] of the console */
};

/* A stack, or queue, of buffers. */
struct buf_list {
	u32 nr;
	struct hvc_buf *bufs[NR_BUFS];
};

struct hvc_port {
	struct virtio_device *dev;	/* [I] */
	struct virtio_queue *rx, *tx;	/* [I]; [lock] the rings */
	struct tty *tty;		/* [I] */
	struct console console;
	spinlock_t lock;
	bool stopped;			/* [lock] ^S */
	bool stuck;			/* [lock] console: no use in waiting */
	bool wake;			/* [lock] tell the tty of its room */
	u32 tty_bytes;			/* [lock] held or in flight */
	u32 in_flight;			/* [lock] of all output buffers */
	struct buf_list tty_free, held;	/* [lock] */
	struct buf_list console_free;	/* [lock] */
	u8 *rx_page, *tx_page;		/* [I] */
	struct hvc_buf tx_bufs[NR_BUFS];
};

/* Unlock; a device found broken meanwhile is reported now. Its queues' callbacks
 * then run once more. */
static void hvc_unlock(struct hvc_port *p, u64 flags)
{
	const char *why = p->rx->vq.error ? p->rx->vq.error : p->tx->vq.error;

	spin_unlock_irqrestore(&p->lock, flags);
	if (unlikely(why))
		virtio_device_fail(p->dev, why);
}

static bool port_dead(const struct hvc_port *p)
{
	return READ_ONCE(p->dev->failed);
}

/* --- output --- */

/* Give @b to the device. The queue has an entry for each buffer. [lock] */
static void submit(struct hvc_port *p, struct hvc_buf *b)
{
	struct virtio_buf piece = {virt_to_phys(b->data), b->len};

	if (!virtqueue_add(&p->tx->vq, &piece, 1, 0, b))
		p->in_flight++;
}

/* Take back what has been sent. [lock] */
static void reap(struct hvc_port *p)
{
	void *token;
	u32 len;

	while (virtqueue_get(&p->tx->vq, &token, &len) > 0) {
		struct hvc_buf *b = token;
		struct buf_list *l = b->console ? &p->console_free
						: &p->tty_free;

		l->bufs[l->nr++] = b;
		p->in_flight--;
		p->stuck = false;
		if (!b->console) {
			p->tty_bytes -= b->len;
			p->wake = true;
		}
	}
}

/* Notify the device, see what it sent at once, wait for the rest. [lock] */
static void kick_output(struct hvc_port *p)
{
	virtio_queue_kick(p->tx);
	reap(p);
	while (p->in_flight && virtqueue_enable_interrupt(&p->tx->vq))
		reap(p);
	if (!p->in_flight)
		virtqueue_disable_interrupt(&p->tx->vq);
}

static bool take_wake(struct hvc_port *p)
{
	bool wake = p->wake;

	p->wake = false;
	return wake;
}

/* Send what is held. [lock] */
static void send_held(struct hvc_port *p)
{
	if (p->stopped || !p->held.nr)
		return;
	for (u32 i = 0; i < p->held.nr; i++)
		submit(p, p->held.bufs[i]);
	p->held.nr = 0;
	kick_output(p);
}

static void tx_callback(struct virtio_queue *q)
{
	struct hvc_port *p = q->dev->private;
	u64 flags = spin_lock_irqsave(&p->lock);
	bool wake;

	kick_output(p);
	wake = take_wake(p);
	hvc_unlock(p, flags);
	if (wake || port_dead(p))
		tty_wakeup(p->tty);
}

/* A buffer with room for more of the terminal's output. [lock] */
static struct hvc_buf *tty_buffer(struct hvc_port *p)
{
	struct buf_list *held = &p->held;
	struct hvc_buf *b;

	if (held->nr && held->bufs[held->nr - 1]->len < BUF_SIZE)
		return held->bufs[held->nr - 1];
	if (!p->tty_free.nr)
		return NULL;
	b = p->tty_free.bufs[--p->tty_free.nr];
	b->len = 0;
	held->bufs[held->nr++] = b;
	return b;
}

static u32 hvc_write(struct tty *tty, const u8 *buf, u32 n)
{
	struct hvc_port *p = tty->private;
	struct hvc_buf *b;
	bool idle, wake;
	u32 done = 0;
	u64 flags;

	if (port_dead(p))
		return n;
	flags = spin_lock_irqsave(&p->lock);
	idle = !p->tty_bytes && !p->wake; /* so nobody waits */
	while (done < n && (b = tty_buffer(p))) {
		u32 k = min(n - done, BUF_SIZE - b->len);

		memcpy(b->data + b->len, buf + done, k);
		b->len += k;
		done += k;
	}
	p->tty_bytes += done;
	send_held(p);
	wake = take_wake(p) && !idle;
	hvc_unlock(p, flags);
	if (wake)
		tty_wakeup(tty);
	return done;
}

static u32 hvc_write_room(struct tty *tty)
{
	struct hvc_port *p = tty->private;

	return port_dead(p) ? BUF_SIZE : READ_ONCE(p->tty_free.nr) * BUF_SIZE;
}

static u32 hvc_chars_in_buffer(struct tty *tty)
{
	struct hvc_port *p = tty->private;

	return port_dead(p) ? 0 : READ_ONCE(p->tty_bytes);
}

/* What the device has cannot be taken back. */
static void hvc_flush_buffer(struct tty *tty)
{
	struct hvc_port *p = tty->private;
	u64 flags = spin_lock_irqsave(&p->lock);

	while (p->held.nr) {
		struct hvc_buf *b = p->held.bufs[--p->held.nr];

		p->tty_bytes -= b->len;
		p->tty_free.bufs[p->tty_free.nr++] = b;
	}
	hvc_unlock(p, flags);
	tty_wakeup(tty);
}

static void set_stopped(struct hvc_port *p, bool stopped)
{
	u64 flags = spin_lock_irqsave(&p->lock);

	p->stopped = stopped;
	send_held(p);
	hvc_unlock(p, flags);
}

static void hvc_stop(struct tty *tty)
{
	set_stopped(tty->private, true);
}

static void hvc_start(struct tty *tty)
{
	set_stopped(tty->private, false);
}

/* --- input --- */

/* Let the device fill one byte. [lock] */
static void offer(struct hvc_port *p, u8 *byte)
{
	struct virtio_buf piece = {virt_to_phys(byte), 1};

	virtqueue_add(&p->rx->vq, &piece, 0, 1, byte);
}

/* Up to @max bytes of input: how many. [lock] */
static u32 take_input(struct hvc_port *p, u8 *to, u32 max)
{
	u32 n = 0, len;
	void *byte;

	while (n < max && virtqueue_get(&p->rx->vq, &byte, &len) > 0) {
		if (len)
			to[n++] = READ_ONCE(*(u8 *)byte);
		offer(p, byte);
	}
	return n;
}

/* Move input to the terminal as far as it has room. [lock] */
static void receive(struct hvc_port *p)
{
	u8 batch[RX_BATCH];
	u32 room, n;

	do {
		room = min(tty_input_room(p->tty), (u32)RX_BATCH);
		n = take_input(p, batch, room);
		tty_insert_input(p->tty, batch, n);
		/* Without room hvc_unthrottle() goes on. */
	} while (room && (n || virtqueue_enable_interrupt(&p->rx->vq)));
	virtio_queue_kick(p->rx);
}

static void receive_all(struct hvc_port *p)
{
	u64 flags = spin_lock_irqsave(&p->lock);

	receive(p);
	hvc_unlock(p, flags);
}

static void rx_callback(struct virtio_queue *q)
{
	receive_all(q->dev->private);
}

static void hvc_unthrottle(struct tty *tty)
{
	receive_all(tty->private);
}

static const struct tty_ops hvc_tty_ops = {
	.write = hvc_write,
	.write_room = hvc_write_room,
	.chars_in_buffer = hvc_chars_in_buffer,
	.flush_buffer = hvc_flush_buffer,
	.stop = hvc_stop,
	.start = hvc_start,
	.unthrottle = hvc_unthrottle,
};

static struct tty_driver hvc_driver = {
	.name = "hvc",
	.major = HVC_MAJOR,
	.count = HVC_PORTS,
	.ops = &hvc_tty_ops,
};

/* --- console --- */

/* Reap until @l has a buffer, or nothing is in flight if NULL. [lock] */
static void wait_output(struct hvc_port *p, const struct buf_list *l)
{
	for (u32 i = 0; !p->stuck && p->in_flight && !(l && l->nr); i++) {
		reap(p);
		p->stuck = i == WAIT_SPINS || p->tx->vq.error;
		cpu_relax();
	}
}

/* Fill @b from @s, newlines as the terminal would. Return: bytes of @s. */
static size_t fill_console(struct hvc_buf *b, const char *s, size_t len)
{
	size_t i;

	b->len = 0;
	for (i = 0; i < len && b->len + 2 <= BUF_SIZE; i++) {
		if (s[i] == '\n')
			b->data[b->len++] = '\r';
		b->data[b->len++] = (u8)s[i];
	}
	return i;
}

/* What finds no buffer in time is lost here, but stays in the log. [lock] */
static void console_send(struct hvc_port *p, const char *s, size_t len)
{
	struct buf_list *l = &p->console_free;

	while (len) {
		struct hvc_buf *b;
		size_t n;

		wait_output(p, l);
		if (!l->nr)
			break;
		b = l->bufs[--l->nr];
		n = fill_console(b, s, len);
		s += n;
		len -= n;
		submit(p, b);
		virtio_queue_kick(p->tx);
	}
	reap(p);
	if (oops_in_progress)
		wait_output(p, NULL);
}

/* One register write a byte, no queue (§5.3.4, emerg_wr). */
static void emergency_send(struct hvc_port *p, const char *s, size_t len)
{
	u32 reg = offsetof(struct virtio_console_config, emerg_wr);

	if (!virtio_has(p->dev, VIRTIO_CONSOLE_F_EMERG_WRITE))
		return;
	for (; len; s++, len--) {
		if (*s == '\n')
			p->dev->transport->config_write32(p->dev, reg, '\r');
		p->dev->transport->config_write32(p->dev, reg, (u8)*s);
	}
}

static bool try_to_lock(struct hvc_port *p)
{
	for (u32 i = 0; i < WAIT_SPINS; i++) {
		if (spin_trylock(&p->lock))
			return true;
		cpu_relax();
	}
	return false;
}

static void hvc_console_write(struct console *con, const char *s, size_t len)
{
	struct hvc_port *p = container_of(con, struct hvc_port, console);

	if (port_dead(p))
		return;
	if (!try_to_lock(p)) {
		emergency_send(p, s, len);
		return;
	}
	console_send(p, s, len);
	spin_unlock(&p->lock);
}

/* --- probing --- */

static u32 nr_ports;

static void fill_list(struct buf_list *l, struct hvc_buf *bufs, u32 n)
{
	for (l->nr = 0; l->nr < n; l->nr++)
		l->bufs[l->nr] = &bufs[l->nr];
}

static int alloc_buffers(struct hvc_port *p)
{
	p->rx_page = get_zeroed_page(GFP_KERNEL);
	p->tx_page = get_zeroed_page(GFP_KERNEL);
	if (!p->rx_page || !p->tx_page)
		return -ENOMEM;
	for (u32 i = 0; i < NR_BUFS; i++) {
		p->tx_bufs[i].data = p->tx_page + i * BUF_SIZE;
		p->tx_bufs[i].console = i >= TTY_BUFS;
	}
	fill_list(&p->tty_free, p->tx_bufs, TTY_BUFS);
	fill_list(&p->console_free, p->tx_bufs + TTY_BUFS, CONSOLE_BUFS);
	return 0;
}

static int setup_queues(struct hvc_port *p)
{
	p->rx = virtio_queue_setup(p->dev, RX_BUFS, rx_callback);
	if (IS_ERR(p->rx))
		return (int)PTR_ERR(p->rx);
	p->tx = virtio_queue_setup(p->dev, NR_BUFS, tx_callback);
	if (IS_ERR(p->tx))
		return (int)PTR_ERR(p->tx);
	/* Every output buffer has its entry, see submit(). */
	if (p->tx->vq.ring.num < NR_BUFS)
		return -EINVAL;
	virtqueue_disable_interrupt(&p->tx->vq);
	return 0;
}

static int register_driver(void)
{
	hvc_driver.init_termios = tty_std_termios;
	return tty_driver_register(&hvc_driver);
}

static void start_port(struct hvc_port *p, u32 index)
{
	u64 flags;

	virtio_device_ready(p->dev);
	flags = spin_lock_irqsave(&p->lock);
	for (u32 i = 0; i < p->rx->vq.ring.num; i++)
		offer(p, &p->rx_page[i]);
	receive(p);
	hvc_unlock(p, flags);
	p->console = (struct console){
		.name = "hvc",
		.index = (int)index,
		.write = hvc_console_write,
		.dev = tty_devnum(p->tty),
	};
	console_register(&p->console);
}

static int hvc_probe(struct virtio_device *dev)
{
	struct hvc_port *p = kzalloc(sizeof(*p), GFP_KERNEL);
	int err;

	if (!p)
		return -ENOMEM;
	spin_init(&p->lock);
	p->dev = dev;
	dev->private = p;
	err = alloc_buffers(p);
	if (!err)
		err = setup_queues(p);
	if (!err && !nr_ports)
		err = register_driver();
	if (err)
		goto free_port;
	p->tty = tty_register_device(&hvc_driver, nr_ports, p, NULL);
	if (IS_ERR(p->tty)) {
		err = (int)PTR_ERR(p->tty);
		goto free_port;
	}
	start_port(p, nr_ports);
	pr_info("hvc%u on %s\n", nr_ports, dev->name);
	nr_ports++;
	return 0;
free_port:
	if (p->rx_page)
		free_page(p->rx_page);
	if (p->tx_page)
		free_page(p->tx_page);
	kfree(p);
	return err;
}

static struct virtio_driver hvc_virtio_driver = {
	.driver = {.name = "virtio_console"},
	.id = VIRTIO_ID_CONSOLE,
	.features = 1ull << VIRTIO_CONSOLE_F_EMERG_WRITE,
	.probe = hvc_probe,
};
VIRTIO_DRIVER(hvc_virtio_driver);
