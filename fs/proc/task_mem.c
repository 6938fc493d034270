/*
 * /proc/PID: the address space: maps, smaps, and the parts of it that programs
 * read as files: cmdline, environ, auxv.
 */
#include <linnet/cred.h>
#include <linnet/errno.h>
#include <linnet/slab.h>
#include <linnet/string.h>
#include "proc.h"

static const char *vma_label(struct vma *v)
{
	struct mm *mm = v->mm;

	if (v->ops && v->ops->name)
		return v->ops->name(v);
	if (v->start <= mm->brk && v->end > mm->start_brk && !v->file)
		return "[heap]";
	if (v->start <= mm->start_stack && v->end >= mm->start_stack)
		return "[stack]";
	return NULL;
}

/*
 * "start-end rwxp offset major:minor inode   name". Without printf, which would be
 * most of the cost: debuggers and collectors read this all the time.
 */
void proc_show_vma(struct seq_file *m, struct vma *v)
{
	const char perms[] = {' ', v->flags & VM_READ ? 'r' : '-',
			      v->flags & VM_WRITE ? 'w' : '-',
			      v->flags & VM_EXEC ? 'x' : '-',
			      v->flags & VM_MAYSHARE ? 's' : 'p', ' '};
	struct inode *inode = v->file ? v->file->inode : NULL;
	const char *label = inode ? NULL : vma_label(v);
	dev_t dev = inode ? inode->sb->dev : 0;
	size_t begin = m->count;

	seq_put_hex(m, v->start, 8);
	seq_putc(m, '-');
	seq_put_hex(m, v->end, 8);
	seq_write(m, perms, sizeof(perms));
	seq_put_hex(m, inode ? v->pgoff << PAGE_SHIFT : 0, 8);
	seq_putc(m, ' ');
	seq_put_hex(m, dev_major(dev), 2);
	seq_putc(m, ':');
	seq_put_hex(m, dev_minor(dev), 2);
	seq_put_decimal(m, " ", inode ? inode->ino : 0);
	seq_putc(m, ' ');
	if (inode || label)
		seq_pad(m, begin, 73);
	if (inode)
		seq_path(m, &v->file->path, "\n");
	else if (label)
		seq_puts(m, label);
	seq_putc(m, '\n');
}

/* Call @show for the memory of a task that may be inspected. */
static int show_mm(struct seq_file *m, struct task *t,
		   void (*show)(struct seq_file *m, struct mm *mm))
{
	struct mm *mm;

	mm = ptrace_mm_get(t, PTRACE_MODE_READ_FSCREDS);
	if (IS_ERR_OR_NULL(mm))
		return mm ? (int)PTR_ERR(mm) : 0;
	down_read(&mm->mmap_lock);
	show(m, mm);
	up_read(&mm->mmap_lock);
	mm_put(mm);
	return 0;
}

struct mm *proc_grab_mm(const struct inode *inode, u32 ptrace_mode)
{
	struct task *t = proc_task(inode);
	struct mm *mm;

	if (!t)
		return ERR_PTR(-ESRCH);
	mm = ptrace_mm_get(t, ptrace_mode);
	task_put(t);
	if (!IS_ERR(mm) && mm) {
		mm_grab(mm);
		mm_put(mm);
	}
	return mm;
}

/*
 * maps and smaps have a record per mapping, as a process may have 65530 of
 * them. The place between two reads is an address: mappings come and go
 * meanwhile. They show the memory that the process had when they were opened.
 */
struct mappings {
	struct mm *mm; /* grabbed, or NULL */
	bool locked;   /* from start to stop */
};

static void *mappings_start(struct seq_file *m, loff_t *pos)
{
	struct mappings *maps = m->private;

	if (!maps->mm || !mm_get_live(maps->mm))
		return NULL;
	down_read(&maps->mm->mmap_lock);
	maps->locked = true;
	return vma_find(maps->mm, (u64)*pos);
}

static void *mappings_next(struct seq_file *m, void *v, loff_t *pos)
{
	struct vma *next = vma_next(v);

	(void)m;
	*pos = (loff_t)(next ? next->start : ((struct vma *)v)->end);
	return next;
}

static void mappings_stop(struct seq_file *m, void *v)
{
	struct mappings *maps = m->private;

	(void)v;
	if (!maps->locked)
		return;
	maps->locked = false;
	up_read(&maps->mm->mmap_lock);
	mm_put(maps->mm);
}

static int maps_show(struct seq_file *m, void *v)
{
	proc_show_vma(m, v);
	return 0;
}

static int smaps_show(struct seq_file *m, void *v)
{
	proc_show_smaps(m, v);
	return 0;
}

static void mappings_free(struct mappings *maps)
{
	if (maps->mm)
		mm_drop(maps->mm);
	kfree(maps);
}

static int mappings_open(struct inode *inode, struct file *f,
			 const struct seq_ops *ops)
{
	struct mappings *maps = kzalloc(sizeof(*maps), GFP_KERNEL);
	struct mm *mm = proc_grab_mm(inode, PTRACE_MODE_READ_FSCREDS);
	int err = IS_ERR(mm) ? (int)PTR_ERR(mm) : 0;

	if (maps && !err) {
		maps->mm = mm;
		err = seq_open(f, ops);
		if (err)
			mappings_free(maps);
		else
			((struct seq_file *)f->private)->private = maps;
		return err;
	}
	kfree(maps);
	if (!err && mm)
		mm_drop(mm);
	return err ? err : -ENOMEM;
}

static void mappings_release(struct inode *inode, struct file *f)
{
	struct seq_file *m = f->private;

	mappings_free(m->private);
	seq_release(inode, f);
}

static int maps_open(struct inode *inode, struct file *f)
{
	static const struct seq_ops ops = {.start = mappings_start,
					   .next = mappings_next,
					   .stop = mappings_stop,
					   .show = maps_show};

	return mappings_open(inode, f, &ops);
}

static int smaps_open(struct inode *inode, struct file *f)
{
	static const struct seq_ops ops = {.start = mappings_start,
					   .next = mappings_next,
					   .stop = mappings_stop,
					   .show = smaps_show};

	return mappings_open(inode, f, &ops);
}

const struct file_ops proc_maps_fops = {
	.open = maps_open,
	.read_iter = seq_read_iter,
	.llseek = seq_lseek,
	.release = mappings_release,
};

const struct file_ops proc_smaps_fops = {
	.open = smaps_open,
	.read_iter = seq_read_iter,
	.llseek = seq_lseek,
	.release = mappings_release,
};

int proc_smaps_rollup_show(struct seq_file *m, struct task *t)
{
	return show_mm(m, t, proc_show_smaps_rollup);
}

/* Bytes [start, end) of a process's memory as a file. */
static ssize_t read_range(struct kiocb *io, struct iov_iter *to, struct mm *mm,
			  u64 start, u64 end)
{
	char *page = (char *)get_zeroed_page(GFP_KERNEL);
	ssize_t done = 0;

	if (!page)
		return -ENOMEM;
	while (to->count && start + (u64)io->pos < end) {
		size_t n = min(min(to->count, PAGE_SIZE),
			       end - start - (u64)io->pos);

		n = access_process_vm(mm, start + (u64)io->pos, page, n, GUP_FORCE);
		if (!n)
			break;
		n = copy_to_iter(page, n, to);
		if (!n) {
			done = done ? done : -EFAULT;
			break;
		}
		io->pos += (loff_t)n;
		done += (ssize_t)n;
	}
	free_page(page);
	return done;
}

/* Everybody may read it: of the memory that the process has now. */
static ssize_t cmdline_read(struct kiocb *io, struct iov_iter *to)
{
	struct task *t = proc_task(io->file->inode);
	struct mm *mm = t ? task_mm_get(t) : NULL;
	ssize_t n = 0;

	if (t)
		task_put(t);
	if (mm) {
		n = read_range(io, to, mm, mm->arg_start, mm->arg_end);
		mm_put(mm);
	}
	return n;
}

/* environ and auxv: of the memory that it had when they were opened. */
static int memory_open(struct inode *inode, struct file *f)
{
	struct mm *mm = proc_grab_mm(inode, PTRACE_MODE_READ_FSCREDS);

	if (IS_ERR(mm))
		return (int)PTR_ERR(mm);
	f->private = mm;
	return 0;
}

static void memory_release(struct inode *inode, struct file *f)
{
	if (f->private)
		mm_drop(f->private);
}

static ssize_t environ_read(struct kiocb *io, struct iov_iter *to)
{
	struct mm *mm = io->file->private;
	ssize_t n;

	if (!mm || !mm_get_live(mm))
		return 0;
	n = read_range(io, to, mm, mm->env_start, mm->env_end);
	mm_put(mm);
	return n;
}

static ssize_t auxv_read(struct kiocb *io, struct iov_iter *to)
{
	struct mm *mm = io->file->private;

	return mm ? simple_read_from_buffer(to, &io->pos, mm->saved_auxv,
					    sizeof(mm->saved_auxv))
		  : 0;
}

const struct file_ops proc_cmdline_fops = {.read_iter = cmdline_read,
					     .llseek = generic_llseek};
const struct file_ops proc_environ_fops = {.open = memory_open,
					   .read_iter = environ_read,
					   .llseek = generic_llseek,
					   .release = memory_release};
const struct file_ops proc_auxv_fops = {.open = memory_open,
					.read_iter = auxv_read,
					.llseek = generic_llseek,
					.release = memory_release};
