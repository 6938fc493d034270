/*
 * Sequence files: text generated record by record for /proc and /sys.
 */
#ifndef LINNET_SEQ_FILE_H
#define LINNET_SEQ_FILE_H

#include <linnet/cpumask.h>
#include <linnet/fs.h>

struct seq_file {
	char *buf;
	size_t size, count, from;
	u64 index;
	loff_t read_pos;
	struct mutex lock;
	const struct seq_ops *op;
	const struct file *file;
	void *private;
};

struct seq_ops {
	/* Iterator at *pos (record number): NULL ends, ERR_PTR fails. */
	void *(*start)(struct seq_file *m, loff_t *pos);
	void (*stop)(struct seq_file *m, void *v);
	void *(*next)(struct seq_file *m, void *v, loff_t *pos);
	/* Print one record; SEQ_SKIP drops it. */
	int (*show)(struct seq_file *m, void *v);
};
#define SEQ_SKIP 1

int seq_open(struct file *f, const struct seq_ops *op);
void seq_release(struct inode *inode, struct file *f);
ssize_t seq_read_iter(struct kiocb *io, struct iov_iter *to);
loff_t seq_lseek(struct file *f, loff_t off, int whence);
/* One record shown by @show; private data from @data. */
int single_open(struct file *f, int (*show)(struct seq_file *m, void *v),
		void *data);
void single_release(struct inode *inode, struct file *f);

void seq_printf(struct seq_file *m, const char *fmt, ...) __printf(2, 3);
void seq_puts(struct seq_file *m, const char *s);
void seq_putc(struct seq_file *m, char c);
void seq_write(struct seq_file *m, const void *data, size_t len);
/* Escape characters of @esc (and \\) as octal. */
void seq_escape(struct seq_file *m, const char *s, const char *esc);
int seq_path(struct seq_file *m, const struct path *p, const char *esc);
/* " value" as a decimal; the fast path of large tables. */
void seq_put_decimal(struct seq_file *m, const char *delim, u64 v);
/* In at least @width digits (1 to 16). */
void seq_put_hex(struct seq_file *m, u64 v, u32 width);
/* Spaces up to @column of the line that began at count @from. */
void seq_pad(struct seq_file *m, size_t from, size_t column);
/* Sets of CPUs as Linux writes them: "0-3,5" and "2f". */
void seq_cpu_list(struct seq_file *m, cpumask_t mask);
void seq_cpu_mask(struct seq_file *m, cpumask_t mask);
bool seq_has_overflowed(struct seq_file *m);

/* Iterate a list_head under the caller's lock. */
void *seq_list_start(struct list_head *head, loff_t pos);
void *seq_list_next(void *v, struct list_head *head, loff_t *pos);

#endif
