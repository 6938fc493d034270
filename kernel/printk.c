/*
 * Kernel messages: the record ring, consoles.
 *
 * Records are kept in a byte ring, oldest overwritten first; each has a
 * sequence number by which readers (/dev/kmsg, syslog) find their place again.
 * A message is stored under log_lock and then written to the consoles under
 * console_lock, unless another CPU is writing: that one takes it along. Both
 * work in any context; a panic breaks them open.
 *
 * Lock order: console_lock > log_lock; both irq-safe spinlocks.
 */
#include <linnet/errno.h>
#include <linnet/init.h>
#include <linnet/log.h>
#include <linnet/printf.h>
#include <linnet/kstrto.h>
#include <linnet/printk.h>
#include <linnet/sched.h>
#include <linnet/spinlock.h>
#include <linnet/string.h>
#include <linnet/task.h>
#include <linnet/time.h>
#include <linnet/wait.h>

enum { LINE_MAX_LEN = 1024, DEFAULT_LEVEL = 4 };

struct record {
	u16 size; /* with header and padding; 0: wrap to the start */
	u16 len;  /* of the text */
	u8 level, facility;
	bool cont; /* text goes on in the next record */
	u64 ts_ns;
	char text[];
};

static u8 ring[LOG_SIZE] __aligned(8);
static DEFINE_SPINLOCK(log_lock);
static u32 head, tail;	       /* [log_lock] next free, oldest */
static u64 head_seq, tail_seq; /* [log_lock] */
DEFINE_WAIT_QUEUE(log_wait);

static LIST_HEAD(consoles); /* [console_lock] */
static DEFINE_SPINLOCK(console_lock);
static u64 console_seq;	    /* [console_lock] next record to print */
int console_loglevel = 7;
bool oops_in_progress;

static struct record *record_at(u32 off)
{
	struct record *r = (struct record *)(ring + off);

	/* No room for a header, or a wrap mark: the next one is at 0. */
	if (off + sizeof(*r) > LOG_SIZE || !r->size)
		return (struct record *)ring;
	return r;
}

static u32 record_end(const struct record *r)
{
	return (u32)((const u8 *)r - ring) + r->size;
}

static void drop_oldest(void)
{
	tail = record_end(record_at(tail));
	tail_seq++;
}

/* Contiguous room for @size bytes at head; drops old records as needed. */
static struct record *ring_reserve(u32 size)
{
	for (;;) {
		if (head_seq == tail_seq) {
			head = tail = 0;
			return (struct record *)ring;
		}
		if (head > tail && head + size <= LOG_SIZE)
			return (struct record *)(ring + head);
		if (head > tail) {
			if (head + sizeof(struct record) <= LOG_SIZE)
				((struct record *)(ring + head))->size = 0;
			head = 0;
			continue;
		}
		if (head + size <= tail && head != tail)
			return (struct record *)(ring + head);
		drop_oldest();
		if (tail + sizeof(struct record) > LOG_SIZE ||
		    !((struct record *)(ring + tail))->size)
			tail = 0;
	}
}

/* [log_lock] */
static void log_store(int level, int facility, const char *text, u32 len,
		      bool cont)
{
	u32 size = ALIGN_UP((u32)sizeof(struct record) + len, 8u);
	struct record *r = ring_reserve(size);

	r->size = (u16)size;
	r->len = (u16)len;
	r->level = (u8)level;
	r->facility = (u8)facility;
	r->cont = cont;
	r->ts_ns = (u64)ktime_get();
	memcpy(r->text, text, len);
	head = record_end(r);
	head_seq++;
}

u64 log_first_seq(void)
{
	return READ_ONCE(tail_seq);
}

u64 log_next_seq(void)
{
	return READ_ONCE(head_seq);
}

/**
 * log_read - copy a record
 * @seq: in: which; out: the one after it. Raised to the oldest if overwritten
 * @out: filled in
 *
 * Return: true, or false if @seq is not written yet. Any context.
 */
bool log_read(u64 *seq, struct log_record *out)
{
	u64 flags = spin_lock_irqsave(&log_lock), s;
	struct record *r;
	u32 off = tail;

	*seq = max(*seq, tail_seq);
	if (*seq >= head_seq) {
		spin_unlock_irqrestore(&log_lock, flags);
		return false;
	}
	for (s = tail_seq;; s++) {
		r = record_at(off);
		if (s == *seq)
			break;
		off = record_end(r);
	}
	out->seq = s;
	out->ts_ns = r->ts_ns;
	out->level = r->level;
	out->facility = r->facility;
	out->cont = r->cont;
	out->len = r->len;
	memcpy(out->text, r->text, min(r->len, (u16)LOG_LINE_MAX));
	*seq = s + 1;
	spin_unlock_irqrestore(&log_lock, flags);
	return true;
}

/* "[    0.123456] text\n" into @buf; returns the length. */
int log_format(const struct log_record *r, char *buf, size_t size, bool prefix)
{
	int n = 0;

	if (prefix)
		n = scnprintf(buf, size, "[%5lu.%06lu] ", r->ts_ns / NSEC_PER_SEC,
			      r->ts_ns % NSEC_PER_SEC / 1000);
	return n + scnprintf(buf + n, size - n, "%.*s%s", (int)r->len, r->text,
			     r->cont ? "" : "\n");
}

static void consoles_write(const char *s, size_t len)
{
	struct console *c;

	list_for_each_entry(c, &consoles, node)
		if (c->flags & (CON_ENABLED | CON_BOOT))
			c->write(c, s, len);
}

/* Print what is new. [console_lock], interrupts off */
static void console_flush_locked(void)
{
	static struct log_record rec;
	static char line[LOG_LINE_MAX + 64];
	static bool mid_line;

	while (console_seq < log_next_seq()) {
		if (!log_read(&console_seq, &rec))
			break;
		if (rec.level < console_loglevel) {
			int n = log_format(&rec, line, sizeof(line), !mid_line);

			consoles_write(line, (size_t)n);
			mid_line = rec.cont;
		}
	}
}

static void console_flush(void)
{
	u64 flags = local_irq_save();

	/* Whoever holds the lock looks again after it has let go. */
	while (console_seq < log_next_seq() && spin_trylock(&console_lock)) {
		console_flush_locked();
		spin_unlock(&console_lock);
	}
	local_irq_restore(flags);
}

/* Level of a message from its prefix; -1 for KERN_CONT. */
static int strip_level(const char **text)
{
	int level = DEFAULT_LEVEL;

	while ((*text)[0] == KERN_SOH[0] && (*text)[1]) {
		level = (*text)[1] == 'c' ? -1 : (*text)[1] - '0';
		*text += 2;
	}
	return level;
}

void log_message(int level, int facility, const char *text)
{
	u64 flags = spin_lock_irqsave(&log_lock);

	while (*text) {
		const char *nl = strchr(text, '\n');
		u32 len = nl ? (u32)(nl - text) : (u32)strlen(text);

		log_store(level, facility, text, min(len, (u32)LINE_MAX_LEN),
			  !nl);
		text += nl ? len + 1 : len;
	}
	spin_unlock_irqrestore(&log_lock, flags);
	console_flush();
	if (!in_hardirq() && !irqs_disabled())
		wake_up_common(&log_wait, TASK_NORMAL, 0, 0);
}

int printk(const char *fmt, ...)
{
	char text[LINE_MAX_LEN];
	const char *body = text;
	va_list ap;
	int level, n;

	va_start(ap, fmt);
	n = vscnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	level = strip_level(&body);
	log_message(level < 0 ? DEFAULT_LEVEL : level, 0, body);
	return n;
}

bool ratelimit_ok(struct ratelimit *rl, u32 interval_ms, u32 burst)
{
	u64 now = (u64)ktime_get();

	if (now - rl->begin_ns > (u64)interval_ms * NSEC_PER_MSEC ||
	    !rl->begin_ns) {
		u32 missed = atomic_xchg(&rl->missed, 0);

		rl->begin_ns = now;
		atomic_set(&rl->printed, 0);
		if (missed)
			pr_warn("%u messages suppressed\n", missed);
	}
	if (atomic_add_return(&rl->printed, 1) <= burst)
		return true;
	atomic_inc(&rl->missed);
	return false;
}

/* --- consoles --- */

struct console_choice {
	char name[16];
	int index;
};
enum { MAX_CHOICES = 8 };
static struct console_choice choices[MAX_CHOICES];
static u32 nr_choices;

/* console=ttyAMA0,115200: the last one given becomes /dev/console. */
static int __init_text param_console(const char *value)
{
	struct console_choice *c = &choices[nr_choices];
	size_t n = 0;

	if (nr_choices == MAX_CHOICES)
		return -ENOSPC;
	while (value[n] && value[n] != ',' && n < sizeof(c->name) - 1) {
		c->name[n] = value[n];
		n++;
	}
	while (n && c->name[n - 1] >= '0' && c->name[n - 1] <= '9')
		c->index = value[--n] - '0';
	c->name[n] = '\0';
	nr_choices++;
	return 0;
}
KERNEL_PARAM("console", param_console);

static int __init_text param_loglevel(const char *value)
{
	console_loglevel = (int)simple_strtou64(value, NULL, 10);
	return 0;
}
KERNEL_PARAM("loglevel", param_loglevel);

static int __init_text param_quiet(const char *value)
{
	(void)value;
	console_loglevel = 4;
	return 0;
}
KERNEL_PARAM("quiet", param_quiet);

static int __init_text param_debug(const char *value)
{
	(void)value;
	console_loglevel = 10;
	return 0;
}
KERNEL_PARAM("debug", param_debug);

/* Which console= named this one: its position, or -1. */
static int chosen_as(const struct console *con)
{
	for (u32 i = 0; i < nr_choices; i++)
		if (!strcmp(choices[i].name, con->name) &&
		    choices[i].index == con->index)
			return (int)i;
	return -1;
}

static bool have_real_console(void)
{
	struct console *c;

	list_for_each_entry(c, &consoles, node)
		if (c->flags & CON_ENABLED)
			return true;
	return false;
}

static void retire_boot_consoles(void)
{
	struct console *c, *next;

	list_for_each_entry_safe(c, next, &consoles, node)
		if (c->flags & CON_BOOT)
			list_del(&c->node);
}

/*
 * A console is used if console= names it, or if no console= was given and it
 * is the first. It prints the log from the beginning unless an early console
 * has done so.
 */
void console_register(struct console *con)
{
	int choice = chosen_as(con);
	u64 flags = spin_lock_irqsave(&console_lock);
	bool had_boot = !list_empty(&consoles);

	if (!(con->flags & CON_BOOT)) {
		if (choice >= 0 || (!nr_choices && !have_real_console()))
			con->flags |= CON_ENABLED;
		if (choice >= 0 && choice == (int)nr_choices - 1)
			con->flags |= CON_PREFERRED;
	}
	if (con->flags & (CON_ENABLED | CON_BOOT)) {
		if (con->flags & CON_ENABLED)
			retire_boot_consoles();
		list_add_tail(&con->node, &consoles);
		if (!had_boot)
			console_seq = tail_seq;
		console_flush_locked();
	}
	spin_unlock_irqrestore(&console_lock, flags);
}

dev_t console_device(void)
{
	struct console *c;
	dev_t dev = 0;
	u64 flags = spin_lock_irqsave(&console_lock);

	list_for_each_entry(c, &consoles, node)
		if ((c->flags & CON_PREFERRED) || !dev)
			dev = c->dev ? c->dev : dev;
	spin_unlock_irqrestore(&console_lock, flags);
	return dev;
}

bool console_info(u32 n, struct console *out)
{
	u64 flags = spin_lock_irqsave(&console_lock);
	struct console *c;
	bool found = false;

	list_for_each_entry(c, &consoles, node) {
		if (n--)
			continue;
		*out = *c;
		found = true;
		break;
	}
	spin_unlock_irqrestore(&console_lock, flags);
	return found;
}

/* The machine is going down: locks held by stopped CPUs don't count. */
void printk_break_locks(void)
{
	oops_in_progress = true;
	spin_init(&log_lock);
	spin_init(&console_lock);
}
