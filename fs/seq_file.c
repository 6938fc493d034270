/*
 * Sequence files: text made record by record, read in any pieces.
 *
 * A record is shown into a buffer; one that does not fit makes the buffer
 * twice as large and is shown again. What the reader did not take stays in the
 * buffer for the next call. Reading from another position starts over and
 * skips.
 *
 * Lock: m->lock (one reader at a time per open file).
 */
#include <linnet/bitmap.h>
#include <linnet/errno.h>
#include <linnet/printf.h>
#include <linnet/seq_file.h>
#include <linnet/slab.h>
#include <linnet/string.h>
#include <linux/limits.h>

static void set_overflow(struct seq_file *m)
{
	m->count = m->size;
}

bool seq_has_overflowed(struct seq_file *m)
{
	return m->count == m->size;
}

int seq_open(struct file *f, const struct seq_ops *op)
{
	struct seq_file *m = kzalloc(sizeof(*m), GFP_KERNEL);

	if (!m)
		return -ENOMEM;
	mutex_init(&m->lock);
	m->op = op;
	m->file = f;
	f->private = m;
	f->mode &= ~(u32)FMODE_PWRITE;
	return 0;
}

void seq_release(struct inode *inode, struct file *f)
{
	struct seq_file *m = f->private;

	(void)inode;
	kvfree(m->buf);
	kfree(m);
}

static int seq_grow(struct seq_file *m, size_t size)
{
	kvfree(m->buf);
	m->buf = kvmalloc(size, GFP_KERNEL);
	m->size = m->buf ? size : 0;
	m->count = 0;
	return m->buf ? 0 : -ENOMEM;
}

/* Show records from m->index until the buffer holds @want bytes or more, or
 * is full. 0; m->count 0 means the end. */
static int fill(struct seq_file *m, size_t want)
{
	loff_t pos = (loff_t)m->index;
	int err = 0;
	void *p;

	m->from = 0;
	m->count = 0;
	p = m->op->start(m, &pos);
	while (p && !IS_ERR(p) && m->count < want) {
		size_t before = m->count;

		err = m->op->show(m, p);
		if (err < 0)
			break;
		if (err == SEQ_SKIP) {
			m->count = before;
			err = 0;
		}
		if (seq_has_overflowed(m)) {
			m->count = before;
			if (before)
				break; /* it comes first next time */
			m->op->stop(m, p);
			err = seq_grow(m, m->size * 2);
			if (err)
				return err;
			pos = (loff_t)m->index;
			p = m->op->start(m, &pos);
			continue;
		}
		p = m->op->next(m, p, &pos);
		m->index = (u64)pos;
	}
	if (IS_ERR(p))
		err = (int)PTR_ERR(p);
	m->op->stop(m, IS_ERR(p) ? NULL : p);
	return err;
}

/* Start over and skip to byte @offset. */
static int traverse(struct seq_file *m, loff_t offset)
{
	loff_t pos = 0;
	int err;

	m->index = 0;
	m->count = m->from = 0;
	while (pos < offset) {
		err = fill(m, 1);
		if (err)
			return err;
		if (!m->count)
			break;
		if (pos + (loff_t)m->count > offset) {
			m->from = (size_t)(offset - pos);
			m->count -= m->from;
			pos = offset;
			break;
		}
		pos += (loff_t)m->count;
		m->count = 0;
	}
	m->read_pos = offset;
	return 0;
}

ssize_t seq_read_iter(struct kiocb *io, struct iov_iter *to)
{
	struct seq_file *m = io->file->private;
	ssize_t done = 0;
	int err = 0;

	mutex_lock(&m->lock);
	if (!m->buf)
		err = seq_grow(m, PAGE_SIZE);
	if (!err && io->pos != m->read_pos)
		err = traverse(m, io->pos);
	while (!err && to->count) {
		size_t n;

		if (!m->count) {
			err = fill(m, done ? 1 : min(to->count, m->size - 1));
			if (err || !m->count)
				break;
		}
		n = copy_to_iter(m->buf + m->from, m->count, to);
		if (!n) {
			err = -EFAULT;
			break;
		}
		m->count -= n;
		m->from += n;
		done += (ssize_t)n;
	}
	if (done) {
		err = 0;
		io->pos += done;
		m->read_pos = io->pos;
	}
	mutex_unlock(&m->lock);
	return done ? done : err;
}

loff_t seq_lseek(struct file *f, loff_t off, int whence)
{
	struct seq_file *m = f->private;

	mutex_lock(&m->lock);
	if (whence == SEEK_CUR)
		off += f->pos;
	else if (whence != SEEK_SET)
		off = -EINVAL;
	if (off >= 0)
		f->pos = off; /* the next read goes there */
	else
		off = -EINVAL;
	mutex_unlock(&m->lock);
	return off;
}

/* --- one record --- */

static void *single_start(struct seq_file *m, loff_t *pos)
{
	(void)m;
	return *pos ? NULL : (void *)1;
}

static void *single_next(struct seq_file *m, void *v, loff_t *pos)
{
	(void)m;
	(void)v;
	++*pos;
	return NULL;
}

static void single_stop(struct seq_file *m, void *v)
{
	(void)m;
	(void)v;
}

int single_open(struct file *f, int (*show)(struct seq_file *m, void *v),
		void *data)
{
	struct seq_ops *op = kzalloc(sizeof(*op), GFP_KERNEL);
	int err;

	if (!op)
		return -ENOMEM;
	*op = (struct seq_ops){.start = single_start, .next = single_next,
			       .stop = single_stop, .show = show};
	err = seq_open(f, op);
	if (err)
		kfree(op);
	else
		((struct seq_file *)f->private)->private = data;
	return err;
}

void single_release(struct inode *inode, struct file *f)
{
	const struct seq_ops *op = ((struct seq_file *)f->private)->op;

	seq_release(inode, f);
	kfree(op);
}

/* --- output --- */

void seq_write(struct seq_file *m, const void *data, size_t len)
{
	if (m->count + len >= m->size) {
		set_overflow(m);
		return;
	}
	memcpy(m->buf + m->count, data, len);
	m->count += len;
}

void seq_puts(struct seq_file *m, const char *s)
{
	seq_write(m, s, strlen(s));
}

void seq_putc(struct seq_file *m, char c)
{
	seq_write(m, &c, 1);
}

void seq_printf(struct seq_file *m, const char *fmt, ...)
{
	size_t room = m->size - m->count;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(m->buf + m->count, room, fmt, ap);
	va_end(ap);
	if ((size_t)n < room)
		m->count += (size_t)n;
	else
		set_overflow(m);
}

void seq_put_decimal(struct seq_file *m, const char *delim, u64 v)
{
	char text[24], *p = text + sizeof(text);

	do {
		*--p = (char)('0' + v % 10);
		v /= 10;
	} while (v);
	seq_puts(m, delim);
	seq_write(m, p, (size_t)(text + sizeof(text) - p));
}

void seq_put_hex(struct seq_file *m, u64 v, u32 width)
{
	char text[16], *p = text + sizeof(text);

	do {
		*--p = "0123456789abcdef"[v & 15];
		v >>= 4;
	} while (v || p > text + sizeof(text) - width);
	seq_write(m, p, (size_t)(text + sizeof(text) - p));
}

void seq_pad(struct seq_file *m, size_t from, size_t column)
{
	size_t end = from + column;

	if (m->count >= end)
		return;
	if (end >= m->size) {
		set_overflow(m);
		return;
	}
	memset(m->buf + m->count, ' ', end - m->count);
	m->count = end;
}

void seq_escape(struct seq_file *m, const char *s, const char *esc)
{
	const char *plain = s;

	for (; *s; s++) {
		if (*s != '\\' && !strchr(esc, *s))
			continue;
		seq_write(m, plain, (size_t)(s - plain));
		seq_printf(m, "\\%03o", (u8)*s);
		plain = s + 1;
	}
	seq_write(m, plain, (size_t)(s - plain));
}

enum { CPU_SET_TEXT = 256 }; /* holds the longest list of NR_CPUS */

void seq_cpu_list(struct seq_file *m, cpumask_t mask)
{
	char text[CPU_SET_TEXT];

	bitmap_print_list(text, sizeof(text), &mask.bits, NR_CPUS);
	seq_puts(m, text);
}

void seq_cpu_mask(struct seq_file *m, cpumask_t mask)
{
	char text[CPU_SET_TEXT];

	bitmap_print_hex(text, sizeof(text), &mask.bits, nr_cpus);
	seq_puts(m, text);
}

int seq_path(struct seq_file *m, const struct path *p, const char *esc)
{
	char *buf = kmalloc(PATH_MAX, GFP_KERNEL), *name;
	int err = 0;

	if (!buf)
		return -ENOMEM;
	name = d_path(p, buf, PATH_MAX);
	if (IS_ERR(name))
		err = (int)PTR_ERR(name);
	else
		seq_escape(m, name, esc);
	kfree(buf);
	return err;
}

void *seq_list_start(struct list_head *head, loff_t pos)
{
	struct list_head *p;

	for (p = head->next; p != head; p = p->next)
		if (pos-- == 0)
			return p;
	return NULL;
}

void *seq_list_next(void *v, struct list_head *head, loff_t *pos)
{
	struct list_head *p = ((struct list_head *)v)->next;

	++*pos;
	return p == head ? NULL : p;
}
