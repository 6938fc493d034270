/*
 * /proc/irq: where interrupts are handled, and where they may be.
 *
 * A directory per interrupt that a driver has mapped; they appear and never go.
 * The inode keeps the number (proc_inode.nr), which files take over from
 * their directory.
 *
 * Formats: Linux, Documentation/core-api/irq/irq-affinity.rst.
 */
#include <linnet/bitmap.h>
#include <linnet/errno.h>
#include <linnet/irq.h>
#include <linnet/kstrto.h>
#include <linnet/printf.h>
#include <linnet/string.h>
#include "proc.h"

enum { MASK_TEXT = 512 };

/* --- files --- */

static void show_mask(struct seq_file *m, cpumask_t mask, bool list)
{
	if (list)
		seq_cpu_list(m, mask);
	else
		seq_cpu_mask(m, mask);
	seq_putc(m, '\n');
}

static int show_affinity(struct seq_file *m, bool effective, bool list)
{
	cpumask_t allowed, now;
	int err = irq_get_affinity((int)(size_t)m->private, &allowed, &now);

	if (!err)
		show_mask(m, effective ? now : allowed, list);
	return err;
}

static int affinity_show(struct seq_file *m, void *v)
{
	return show_affinity(m, false, false);
}

static int affinity_list_show(struct seq_file *m, void *v)
{
	return show_affinity(m, false, true);
}

static int effective_show(struct seq_file *m, void *v)
{
	return show_affinity(m, true, false);
}

static int effective_list_show(struct seq_file *m, void *v)
{
	return show_affinity(m, true, true);
}

/* What the driver would like: none says. */
static int hint_show(struct seq_file *m, void *v)
{
	show_mask(m, (cpumask_t){0}, false);
	return 0;
}

static int node_show(struct seq_file *m, void *v)
{
	seq_puts(m, "-1\n");
	return 0;
}

static int spurious_show(struct seq_file *m, void *v)
{
	seq_printf(m, "count %lu\nunhandled %lu\nlast_unhandled 0 ms\n",
		   irq_count((int)(size_t)m->private) % IRQ_UNHANDLED_MAX,
		   irq_unhandled((int)(size_t)m->private));
	return 0;
}

static int default_show(struct seq_file *m, void *v)
{
	show_mask(m, irq_default_affinity(), false);
	return 0;
}

static int get_mask(struct iov_iter *from, bool list, cpumask_t *mask)
{
	size_t len = from->count;
	char text[MASK_TEXT];

	if (len >= sizeof(text))
		return -EINVAL;
	if (copy_from_iter(text, len, from) != len)
		return -EFAULT;
	text[len] = '\0';
	mask->bits = 0;
	return list ? bitmap_parse_list(text, &mask->bits, nr_cpus)
		    : bitmap_parse_hex(text, &mask->bits, nr_cpus);
}

static ssize_t write_affinity(struct kiocb *io, struct iov_iter *from, bool list)
{
	int irq = (int)PROC_I(io->file->inode)->nr;
	size_t asked = from->count;
	cpumask_t mask;
	int err;

	if (!irq_can_set_affinity(irq))
		return -EIO;
	err = get_mask(from, list, &mask);
	if (!err)
		err = irq_set_affinity(irq, &mask);
	return err ? err : (ssize_t)asked;
}

static ssize_t affinity_write(struct kiocb *io, struct iov_iter *from)
{
	return write_affinity(io, from, false);
}

static ssize_t affinity_list_write(struct kiocb *io, struct iov_iter *from)
{
	return write_affinity(io, from, true);
}

static ssize_t default_write(struct kiocb *io, struct iov_iter *from)
{
	size_t asked = from->count;
	cpumask_t mask;
	int err = get_mask(from, false, &mask);

	if (!err)
		err = irq_set_default_affinity(&mask);
	return err ? err : (ssize_t)asked;
}

static int irq_file_open(struct inode *inode, struct file *f)
{
	return single_open(f, PROC_I(inode)->entry->show,
			   (void *)(size_t)PROC_I(inode)->nr);
}

#define IRQ_FOPS(name, write)                                                  \
	static const struct file_ops name = {                                  \
		.open = irq_file_open,                                         \
		.read_iter = seq_read_iter,                                    \
		.write_iter = write,                                           \
		.llseek = seq_lseek,                                           \
		.release = single_release,                                     \
	}
IRQ_FOPS(plain_fops, proc_no_write);
IRQ_FOPS(affinity_fops, affinity_write);
IRQ_FOPS(affinity_list_fops, affinity_list_write);
IRQ_FOPS(default_fops, default_write);

#define IRQ_FILE(n, perm, s, f)                                                \
	{.name = n, .mode = S_IFREG | (perm), .show = s, .fops = &f}

static const struct proc_entry irq_files[] = {
	IRQ_FILE("affinity_hint", 0444, hint_show, plain_fops),
	IRQ_FILE("effective_affinity", 0444, effective_show, plain_fops),
	IRQ_FILE("effective_affinity_list", 0444, effective_list_show, plain_fops),
	IRQ_FILE("node", 0444, node_show, plain_fops),
	IRQ_FILE("smp_affinity", 0644, affinity_show, affinity_fops),
	IRQ_FILE("smp_affinity_list", 0644, affinity_list_show,
		 affinity_list_fops),
	IRQ_FILE("spurious", 0444, spurious_show, plain_fops),
	{.name = NULL},
};

/* --- directories --- */

static const struct proc_entry irq_dir = {
	.mode = S_IFDIR | 0555, .children = irq_files};
static const struct proc_entry default_file =
	IRQ_FILE("default_smp_affinity", 0644, default_show, default_fops);

static struct dentry *irqs_lookup(struct inode *dir, struct dentry *d, u32 flags)
{
	u64 irq;
	int err;

	if (!strcmp(d->name.name, default_file.name))
		return ERR_PTR(proc_fill_entry(dir, d, &default_file));
	if (kstrtou64(d->name.name, 10, &irq) || irq > S32_MAX ||
	    irq_next((int)irq) != (int)irq)
		return ERR_PTR(-ENOENT);
	err = proc_fill_entry(dir, d, &irq_dir);
	if (!err)
		PROC_I(d->inode)->nr = (u32)irq;
	return ERR_PTR(err);
}

/* Positions: dots, the file, then irq + 3. */
static int irqs_iterate(struct file *f, struct dir_context *ctx)
{
	const struct proc_entry files[2] = {default_file, {.name = NULL}};
	char name[12];
	int irq, n;

	if (!proc_emit_entries(f, ctx, files, 2))
		return 0;
	for (irq = irq_next((int)ctx->pos - 3); irq >= 0; irq = irq_next(irq + 1)) {
		n = snprintf(name, sizeof(name), "%d", irq);
		if (!dir_emit(ctx, name, n, (u64)irq + 2000, S_IFDIR >> 12))
			return 0;
		ctx->pos = irq + 4;
	}
	return 0;
}

const struct inode_ops proc_irq_iops = {.lookup = irqs_lookup};
const struct file_ops proc_irq_fops = {
	.iterate = irqs_iterate,
	.llseek = generic_llseek,
};
