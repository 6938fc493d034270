/*
 * /dev/kmsg: the kernel log as records (Documentation/ABI/testing/dev-kmsg).
 *
 * A read returns one record, "level,sequence,microseconds,flags;text", with
 * bytes that are not printable as \xNN. A reader whose next record has been
 * overwritten gets -EPIPE once and goes on with the oldest. A write adds a
 * message; "<N>" before it gives facility and level as in syslog(3).
 */
#include <asm/uaccess.h>
#include <linnet/errno.h>
#include <linnet/kstrto.h>
#include <linnet/log.h>
#include <linnet/mutex.h>
#include <linnet/poll.h>
#include <linnet/printf.h>
#include <linnet/printk.h>
#include <linnet/slab.h>
#include <linnet/string.h>
#include <linnet/task.h>
#include <linnet/uio.h>
#include "mem.h"

enum {
	FACILITY_USER = 1, LEVEL_DEFAULT = 4, PRIORITY_BITS = 3,
	HEADER_MAX = 80,
	TEXT_MAX = HEADER_MAX + 4 * LOG_LINE_MAX, /* each byte as \xNN */
	WRITES_PER_INTERVAL = 10, INTERVAL_MS = 5000,
};

struct kmsg_reader {
	struct mutex lock;
	u64 seq;		 /* [lock] of the next record */
	struct ratelimit limit;	 /* of writes */
	struct log_record record; /* [lock] */
	char text[TEXT_MAX];	 /* [lock] */
};

static size_t format_record(struct kmsg_reader *r)
{
	const struct log_record *rec = &r->record;
	char *p = r->text;

	p += scnprintf(p, HEADER_MAX, "%u,%lu,%lu,%c;",
		       (u32)rec->facility << PRIORITY_BITS | rec->level,
		       rec->seq, rec->ts_ns / 1000, rec->cont ? 'c' : '-');
	for (u32 i = 0; i < min(rec->len, (u16)LOG_LINE_MAX); i++) {
		u8 c = (u8)rec->text[i];

		if (c < ' ' || c >= 127 || c == '\\')
			p += scnprintf(p, 5, "\\x%02x", c);
		else
			*p++ = (char)c;
	}
	*p++ = '\n';
	return (size_t)(p - r->text);
}

/* [lock] */
static ssize_t read_record(struct kmsg_reader *r, struct iov_iter *to)
{
	u64 next = r->seq;
	size_t n;

	if (r->seq < log_first_seq()) {
		r->seq = log_first_seq();
		return -EPIPE;
	}
	if (!log_read(&next, &r->record))
		return -EAGAIN;
	if (r->record.seq != r->seq) { /* overwritten between the two */
		r->seq = r->record.seq;
		return -EPIPE;
	}
	n = format_record(r);
	if (n > to->count)
		return -EINVAL;
	r->seq = next;
	return copy_to_iter(r->text, n, to) == n ? (ssize_t)n : -EFAULT;
}

static ssize_t kmsg_read(struct kiocb *io, struct iov_iter *to)
{
	struct kmsg_reader *r = io->file->private;
	ssize_t ret;

	for (;;) {
		if (mutex_lock_killable(&r->lock))
			return -EINTR;
		ret = read_record(r, to);
		mutex_unlock(&r->lock);
		if (ret != -EAGAIN || io->file->flags & O_NONBLOCK)
			return ret;
		ret = wait_event_interruptible(&log_wait,
					       READ_ONCE(r->seq) <
						       log_next_seq());
		if (ret)
			return ret;
	}
}

/* "<N>" in front of the message. Return: the message proper. */
static char *parse_priority(char *s, u32 *level, u32 *facility)
{
	char *end;
	u64 n;

	if (s[0] != '<')
		return s;
	n = simple_strtou64(s + 1, &end, 10);
	if (end == s + 1 || *end != '>')
		return s;
	*level = n & ((1u << PRIORITY_BITS) - 1);
	if (n >> PRIORITY_BITS & 0xff)
		*facility = n >> PRIORITY_BITS & 0xff;
	return end + 1;
}

static ssize_t kmsg_write(struct kiocb *io, struct iov_iter *from)
{
	struct kmsg_reader *r = io->file->private;
	u32 level = LEVEL_DEFAULT, facility = FACILITY_USER;
	size_t n = from->count;
	char *text, *body;

	if (n > LOG_LINE_MAX)
		return -EINVAL;
	if (!ratelimit_ok(&r->limit, INTERVAL_MS, WRITES_PER_INTERVAL))
		return (ssize_t)n;
	text = kmalloc(n + 2, GFP_KERNEL);
	if (!text)
		return -ENOMEM;
	if (copy_from_iter(text, n, from) != n) {
		kfree(text);
		return -EFAULT;
	}
	/* One newline ends the message, whether or not it came with one. */
	body = text + n;
	if (!n || body[-1] != '\n')
		*body++ = '\n';
	*body = '\0';
	body = parse_priority(text, &level, &facility);
	log_message((int)level, (int)facility, body);
	kfree(text);
	return (ssize_t)n;
}

static loff_t kmsg_llseek(struct file *f, loff_t off, int whence)
{
	struct kmsg_reader *r = f->private;
	u64 seq;

	if (off)
		return -ESPIPE;
	switch (whence) {
	case SEEK_SET:
	case SEEK_DATA: /* after the last clear: the log is never cleared */
		seq = log_first_seq();
		break;
	case SEEK_END:
		seq = log_next_seq();
		break;
	default:
		return -EINVAL;
	}
	mutex_lock(&r->lock);
	r->seq = seq;
	mutex_unlock(&r->lock);
	return 0;
}

static u32 kmsg_poll(struct file *f, struct poll_table *pt)
{
	struct kmsg_reader *r = f->private;
	u64 seq = READ_ONCE(r->seq);

	poll_wait(f, &log_wait, pt);
	if (seq >= log_next_seq())
		return 0;
	if (seq < log_first_seq())
		return EPOLLIN | EPOLLRDNORM | EPOLLERR | EPOLLPRI;
	return EPOLLIN | EPOLLRDNORM;
}

static int kmsg_open(struct inode *inode, struct file *f)
{
	struct kmsg_reader *r;

	(void)inode;
	if (f->mode & FMODE_READ && !syslog_may_read())
		return -EPERM;
	r = kzalloc(sizeof(*r), GFP_KERNEL);
	if (!r)
		return -ENOMEM;
	mutex_init(&r->lock);
	r->seq = log_first_seq();
	f->private = r;
	return 0;
}

static void kmsg_release(struct inode *inode, struct file *f)
{
	(void)inode;
	kfree(f->private);
}

const struct file_ops kmsg_fops = {
	.read_iter = kmsg_read,
	.write_iter = kmsg_write,
	.llseek = kmsg_llseek,
	.poll = kmsg_poll,
	.open = kmsg_open,
	.release = kmsg_release,
};
