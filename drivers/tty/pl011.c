/*
 * Arm PL011 serial port: terminal ttyAMA, console, early console.
 *
 * Output goes straight into the transmit FIFO; what does not fit waits in a
 * ring that the transmit interrupt empties. Input stays in the receive FIFO
 * while the terminal's ring is full, so a sender with flow control (a pipe
 * behind an emulated port) loses nothing.
 *
 * Registers: Arm DDI 0183, chapter 3.
 * Lock: port->lock, irq-safe, guards the registers and the ring. The console
 * takes no lock: it must write from a panic.
 */
#define PR_PREFIX "pl011: "
#include <asm/io.h>
#include <asm/setup.h>
#include <linnet/errno.h>
#include <linnet/fdt.h>
#include <linnet/init.h>
#include <linnet/irq.h>
#include <linnet/kstrto.h>
#include <linnet/of.h>
#include <linnet/platform.h>
#include <linnet/printk.h>
#include <linnet/slab.h>
#include <linnet/string.h>
#include <linnet/tty.h>

enum pl011_reg {
	UART_DR = 0x00,
	UART_FR = 0x18,
	UART_IBRD = 0x24,
	UART_FBRD = 0x28,
	UART_LCR_H = 0x2c,
	UART_CR = 0x30,
	UART_IFLS = 0x34,
	UART_IMSC = 0x38,
	UART_MIS = 0x40,
	UART_ICR = 0x44,
	UART_SIZE = 0x1000,
};

enum {
	DR_BREAK = 1 << 10,
	FR_BUSY = 1 << 3, FR_RX_EMPTY = 1 << 4, FR_TX_FULL = 1 << 5,
	LCR_BREAK = 1, LCR_PARITY = 2, LCR_EVEN = 4, LCR_STOP2 = 8,
	LCR_FIFO = 16, LCR_BITS_SHIFT = 5,
	CR_ENABLE = 1, CR_TX = 1 << 8, CR_RX = 1 << 9, CR_DTR = 1 << 10,
	CR_RTS = 1 << 11,
	INT_RX = 1 << 4, INT_TX = 1 << 5, INT_RX_TIMEOUT = 1 << 6,
	INT_ALL = 0x7ff,
};

enum {
	AMBA_MAJOR = 204, AMBA_MINOR = 64, MAX_PORTS = 14, /* devices.txt */
	TX_RING = 4096, RX_BATCH = 64,
	TX_SPINS = 1000000, /* a stuck port must not stop the kernel */
};

struct pl011 {
	void __iomem *base;	/* [I] */
	u32 clock;		/* [I] Hz; 0: unknown, rates are left alone */
	int irq;		/* [I] */
	struct tty *tty;	/* [I] */
	struct console console;
	spinlock_t lock;
	u32 imsc;		/* [lock] interrupts enabled */
	u32 head, tail;		/* [lock] of tx, free-running */
	bool stopped;		/* [lock] ^S */
	u8 tx[TX_RING];
};

static u32 port_read(const struct pl011 *p, enum pl011_reg reg)
{
	return readl(p->base + reg);
}

static void port_write(struct pl011 *p, enum pl011_reg reg, u32 v)
{
	writel(v, p->base + reg);
}

static void set_interrupts(struct pl011 *p, u32 set, u32 clear)
{
	u32 v = (p->imsc | set) & ~clear;

	if (v != p->imsc)
		port_write(p, UART_IMSC, v);
	p->imsc = v;
}

/* --- polled output: consoles --- */

static void put_polled(void __iomem *base, char c)
{
	for (u32 i = 0; readl(base + UART_FR) & FR_TX_FULL; i++)
		if (i == TX_SPINS)
			return;
	writel((u8)c, base + UART_DR);
}

static void write_polled(void __iomem *base, const char *s, size_t len)
{
	for (; len; s++, len--) {
		if (*s == '\n')
			put_polled(base, '\r');
		put_polled(base, *s);
	}
}

static void pl011_console_write(struct console *con, const char *s, size_t len)
{
	write_polled(container_of(con, struct pl011, console)->base, s, len);
}

/* --- interrupts --- */

/* [lock] */
static void fill_fifo(struct pl011 *p)
{
	while (p->tail != p->head && !p->stopped &&
	       !(port_read(p, UART_FR) & FR_TX_FULL))
		port_write(p, UART_DR, p->tx[p->tail++ & (TX_RING - 1)]);
	if (p->tail == p->head || p->stopped)
		set_interrupts(p, 0, INT_TX);
	else
		set_interrupts(p, INT_TX, 0);
}

/* Move received bytes to the terminal as far as it has room. [lock] */
static void drain_fifo(struct pl011 *p)
{
	u8 buf[RX_BATCH];
	bool more;
	u32 room, n;

	do {
		more = false;
		room = min(tty_input_room(p->tty), (u32)RX_BATCH);
		for (n = 0; n < room; n++) {
			u32 v;

			if (port_read(p, UART_FR) & FR_RX_EMPTY)
				break;
			v = port_read(p, UART_DR);
			if (v & DR_BREAK) {
				tty_insert_break(p->tty);
				more = true; /* what is left raises no interrupt */
				break;
			}
			buf[n] = (u8)v;
		}
		tty_insert_input(p->tty, buf, n);
	} while (n || more);
	if (!room)
		set_interrupts(p, 0, INT_RX | INT_RX_TIMEOUT);
}

static enum irq_return pl011_interrupt(int irq, void *data)
{
	struct pl011 *p = data;
	bool wake = false;
	u32 status;

	(void)irq;
	spin_lock(&p->lock);
	status = port_read(p, UART_MIS);
	port_write(p, UART_ICR, status & ~(u32)INT_TX);
	if (status & (INT_RX | INT_RX_TIMEOUT))
		drain_fifo(p);
	if (status & INT_TX) {
		fill_fifo(p);
		wake = p->head - p->tail <= TX_RING / 2;
	}
	spin_unlock(&p->lock);
	if (wake)
		tty_wakeup(p->tty);
	return status ? IRQ_HANDLED : IRQ_NONE;
}

/* --- terminal --- */

static u32 pl011_write(struct tty *tty, const u8 *buf, u32 n)
{
	struct pl011 *p = tty->private;
	u64 flags = spin_lock_irqsave(&p->lock);
	u32 done = 0;

	while (p->head == p->tail && !p->stopped && done < n &&
	       !(port_read(p, UART_FR) & FR_TX_FULL))
		port_write(p, UART_DR, buf[done++]);
	while (done < n && p->head - p->tail < TX_RING)
		p->tx[p->head++ & (TX_RING - 1)] = buf[done++];
	if (p->head != p->tail && !p->stopped)
		set_interrupts(p, INT_TX, 0);
	spin_unlock_irqrestore(&p->lock, flags);
	return done;
}

static u32 pl011_chars_in_buffer(struct tty *tty)
{
	struct pl011 *p = tty->private;

	return READ_ONCE(p->head) - READ_ONCE(p->tail);
}

static u32 pl011_write_room(struct tty *tty)
{
	return TX_RING - pl011_chars_in_buffer(tty);
}

static void pl011_flush_buffer(struct tty *tty)
{
	struct pl011 *p = tty->private;
	u64 flags = spin_lock_irqsave(&p->lock);

	p->tail = p->head;
	set_interrupts(p, 0, INT_TX);
	spin_unlock_irqrestore(&p->lock, flags);
	tty_wakeup(tty);
}

static void set_stopped(struct pl011 *p, bool stopped)
{
	u64 flags = spin_lock_irqsave(&p->lock);

	p->stopped = stopped;
	fill_fifo(p);
	spin_unlock_irqrestore(&p->lock, flags);
}

static void pl011_stop(struct tty *tty)
{
	set_stopped(tty->private, true);
}

static void pl011_start(struct tty *tty)
{
	set_stopped(tty->private, false);
}

/* Bytes that wait in the FIFO raise no interrupt again: take them here. */
static void pl011_unthrottle(struct tty *tty)
{
	struct pl011 *p = tty->private;
	u64 flags = spin_lock_irqsave(&p->lock);

	set_interrupts(p, INT_RX | INT_RX_TIMEOUT, 0);
	drain_fifo(p);
	spin_unlock_irqrestore(&p->lock, flags);
}

static int pl011_send_break(struct tty *tty, bool on)
{
	struct pl011 *p = tty->private;
	u64 flags = spin_lock_irqsave(&p->lock);
	u32 lcr = port_read(p, UART_LCR_H) & ~(u32)LCR_BREAK;

	port_write(p, UART_LCR_H, lcr | (on ? LCR_BREAK : 0));
	spin_unlock_irqrestore(&p->lock, flags);
	return 0;
}

/* The lines are not wired up: present a peer that is always ready. */
static int pl011_tiocmget(struct tty *tty)
{
	(void)tty;
	return TIOCM_CAR | TIOCM_DSR | TIOCM_CTS | TIOCM_DTR | TIOCM_RTS;
}

static u32 line_control(const struct ktermios *k)
{
	u32 bits = (k->c_cflag & CSIZE) >> 4; /* CS5 ... CS8: 0 ... 3 */
	u32 lcr = bits << LCR_BITS_SHIFT | LCR_FIFO;

	if (k->c_cflag & CSTOPB)
		lcr |= LCR_STOP2;
	if (k->c_cflag & PARENB)
		lcr |= LCR_PARITY;
	if (k->c_cflag & PARENB && !(k->c_cflag & PARODD))
		lcr |= LCR_EVEN;
	return lcr;
}

/*
 * The divisor has six fraction bits: clock / (16 * rate) * 64. LCR_H must be
 * written last, it latches the divisor, and the port be off (§3.3.6).
 */
static void program_line(struct pl011 *p, const struct ktermios *k)
{
	u64 flags = spin_lock_irqsave(&p->lock);
	u32 cr = CR_ENABLE | CR_TX | CR_DTR | CR_RTS;

	if (k->c_cflag & CREAD)
		cr |= CR_RX;
	for (u32 i = 0; i < TX_SPINS && port_read(p, UART_FR) & FR_BUSY; i++)
		;
	port_write(p, UART_CR, 0);
	if (p->clock && k->c_ospeed && k->c_ospeed <= p->clock / 16) {
		u32 div = (u32)(((u64)p->clock * 4 + k->c_ospeed / 2) /
				k->c_ospeed);

		port_write(p, UART_IBRD, div >> 6);
		port_write(p, UART_FBRD, div & 63);
	}
	port_write(p, UART_LCR_H, line_control(k));
	port_write(p, UART_CR, cr);
	spin_unlock_irqrestore(&p->lock, flags);
}

static void pl011_set_termios(struct tty *tty, const struct ktermios *old)
{
	static const u32 line = CSIZE | CSTOPB | PARENB | PARODD | CREAD;
	const struct ktermios *k = &tty->termios;

	if (old->c_ospeed != k->c_ospeed || (old->c_cflag ^ k->c_cflag) & line)
		program_line(tty->private, k);
}

static const struct tty_ops pl011_tty_ops = {
	.write = pl011_write,
	.write_room = pl011_write_room,
	.chars_in_buffer = pl011_chars_in_buffer,
	.flush_buffer = pl011_flush_buffer,
	.set_termios = pl011_set_termios,
	.stop = pl011_stop,
	.start = pl011_start,
	.unthrottle = pl011_unthrottle,
	.send_break = pl011_send_break,
	.tiocmget = pl011_tiocmget,
};

static struct tty_driver pl011_driver = {
	.name = "ttyAMA",
	.major = AMBA_MAJOR,
	.first_minor = AMBA_MINOR,
	.count = MAX_PORTS,
	.ops = &pl011_tty_ops,
};

/* --- probing --- */

static u32 nr_ports;

/* Frequency of the fixed clock that the node names first. */
static u32 port_clock(int node)
{
	const struct fdt *tree = of_tree();
	u32 len, hz = 0;
	const void *clocks = fdt_prop(tree, node, "clocks", &len);
	int clock;

	if (!clocks || len < 4)
		return 0;
	clock = fdt_find_phandle(tree, fdt_cell(clocks, 0));
	if (clock < 0 || fdt_prop_u32(tree, clock, "clock-frequency", &hz))
		return 0;
	return hz;
}

static int register_driver(void)
{
	pl011_driver.init_termios = tty_std_termios;
	pl011_driver.init_termios.c_cflag |= CLOCAL;
	return tty_driver_register(&pl011_driver);
}

/* Terminal, interrupt, console of a port whose registers are mapped. */
static int port_setup(struct pl011 *p, u32 index, struct device *parent)
{
	int err;

	port_write(p, UART_IMSC, 0);
	port_write(p, UART_ICR, INT_ALL);
	program_line(p, &pl011_driver.init_termios);
	p->tty = tty_register_device(&pl011_driver, index, p, parent);
	if (IS_ERR(p->tty))
		return (int)PTR_ERR(p->tty);
	err = request_irq(p->irq, pl011_interrupt, 0, "uart-pl011", p);
	if (err)
		pr_err("ttyAMA%u: interrupt: %d; output only\n", index, err);
	else
		pl011_unthrottle(p->tty);
	p->console.name = "ttyAMA";
	p->console.index = (int)index;
	p->console.write = pl011_console_write;
	p->console.dev = tty_devnum(p->tty);
	console_register(&p->console);
	return 0;
}

static int pl011_probe(struct platform_device *pd)
{
	int node = pd->dev.of_node;
	struct pl011 *p = kzalloc(sizeof(*p), GFP_KERNEL);
	phys_addr_t base;
	u64 size;
	int err;

	if (!p)
		return -ENOMEM;
	spin_init(&p->lock);
	p->irq = of_irq(node, 0);
	p->clock = port_clock(node);
	err = p->irq < 0 ? p->irq : of_reg(node, 0, &base, &size);
	if (!err && !nr_ports)
		err = register_driver();
	if (err)
		goto free_port;
	err = -ENOMEM;
	p->base = ioremap(base, UART_SIZE);
	if (!p->base)
		goto free_port;
	err = port_setup(p, nr_ports, &pd->dev);
	if (err)
		goto unmap;
	pr_info("ttyAMA%u at %#lx, irq %d\n", nr_ports, base, p->irq);
	nr_ports++;
	return 0;
unmap:
	iounmap(p->base);
free_port:
	kfree(p);
	return err;
}

static const char *const pl011_compatible[] = {"arm,pl011", NULL};
static struct platform_driver pl011_platform_driver = {
	.driver = {.name = "uart-pl011"},
	.compatible = pl011_compatible,
	.probe = pl011_probe,
};
PLATFORM_DRIVER(pl011_platform_driver);

/* --- early console --- */

static void __iomem *early_base;

static void early_write(struct console *con, const char *s, size_t len)
{
	(void)con;
	write_polled(early_base, s, len);
}

static struct console early_console = {
	.name = "pl11",
	.write = early_write,
	.flags = CON_BOOT,
};

/* The node of /chosen stdout-path: a path or an alias, options after ':'. */
static int stdout_node(void)
{
	const struct fdt *tree = of_tree();
	const char *s = of_stdout_path(), *target = s;
	char path[64];
	size_t n = 0;

	for (; s && s[n] && s[n] != ':' && n < sizeof(path) - 1; n++)
		path[n] = s[n];
	path[n] = '\0';
	if (n && path[0] != '/') {
		int aliases = fdt_find_path(tree, "/aliases");

		target = aliases < 0 ? NULL
				     : fdt_prop_string(tree, aliases, path);
		return target ? fdt_find_path(tree, target) : -ENOENT;
	}
	return n ? fdt_find_path(tree, path) : -ENOENT;
}

static bool stdout_address(phys_addr_t *base)
{
	int node = stdout_node();
	u64 size;

	return node >= 0 &&
	       fdt_is_compatible(of_tree(), node, "arm,pl011") &&
	       !of_reg(node, 0, base, &size);
}

/* earlycon, or earlycon=pl011,[mmio32,]ADDRESS */
static int __init_text param_earlycon(const char *value)
{
	phys_addr_t base = 0;

	if (!*value) {
		if (!stdout_address(&base))
			return -ENODEV;
	} else {
		if (strncmp(value, "pl011,", 6))
			return -EINVAL;
		value += 6;
		if (!strncmp(value, "mmio32,", 7))
			value += 7;
		base = simple_strtou64(value, NULL, 0);
	}
	early_base = base ? fixmap_uart(base) : NULL;
	if (!early_base)
		return -EINVAL;
	console_register(&early_console);
	return 0;
}
KERNEL_PARAM("earlycon", param_earlycon);
