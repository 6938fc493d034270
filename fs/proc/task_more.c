/*
 * /proc/PID: memory as a file, children of a thread, timer slack, the old form
 * of oom_score_adj.
 */
#include <linnet/cred.h>
#include <linnet/errno.h>
#include <linnet/kstrto.h>
#include <linnet/mm.h>
#include <linnet/slab.h>
#include <linnet/task.h>
#include <linux/oom.h>
#include "proc.h"

enum { NUMBER_TEXT = 24 };

/*
 * --- mem: the position is the address ---
 *
 * An open file stands for the address space that the process had then, without
 * keeping its memory: in the hands of a set-user-ID program that came with exec it
 * must not reach that program. Written is only what the process itself may
 * write: no breakpoints in read-only text yet.
 */

static int mem_open(struct inode *inode, struct file *f)
{
	struct mm *mm = proc_grab_mm(inode, PTRACE_MODE_ATTACH_FSCREDS);

	if (IS_ERR(mm))
		return (int)PTR_ERR(mm);
	f->private = mm;
	return 0;
}

static void mem_release(struct inode *inode, struct file *f)
{
	if (f->private)
		mm_drop(f->private);
}

/* At most a page; how much went through. */
static size_t mem_piece(struct mm *mm, u64 addr, struct iov_iter *it,
			u8 *page, bool write)
{
	size_t n = min(it->count, PAGE_SIZE - (addr & ~PAGE_MASK)), done;

	if (!write) {
		n = access_process_vm(mm, addr, page, n, GUP_FORCE);
		return copy_to_iter(page, n, it);
	}
	n = copy_from_iter(page, n, it);
	done = access_process_vm(mm, addr, page, n, GUP_WRITE);
	iov_iter_revert(it, n - done);
	return done;
}

static ssize_t mem_move(struct kiocb *io, struct iov_iter *it, bool write)
{
	struct mm *mm = io->file->private;
	ssize_t done = 0;
	u8 *page;

	if (!mm || !mm_get_live(mm))
		return 0; /* of the kernel, or nobody is in it any more */
	page = get_zeroed_page(GFP_KERNEL);
	while (page && it->count && !fatal_signal_pending(current)) {
		size_t n = mem_piece(mm, (u64)io->pos, it, page, write);

		if (!n)
			break;
		done += (ssize_t)n;
		io->pos += (loff_t)n;
	}
	mm_put(mm);
	if (!page)
		return -ENOMEM;
	free_page(page);
	return done || !it->count ? done : -EIO;
}

static ssize_t mem_read(struct kiocb *io, struct iov_iter *to)
{
	return mem_move(io, to, false);
}

static ssize_t mem_write(struct kiocb *io, struct iov_iter *from)
{
	return mem_move(io, from, true);
}

/* Any address will do. */
static loff_t mem_llseek(struct file *f, loff_t off, int whence)
{
	if (whence != SEEK_SET && whence != SEEK_CUR)
		return -EINVAL;
	f->pos = whence == SEEK_CUR ? f->pos + off : off;
	return f->pos;
}

const struct file_ops proc_mem_fops = {
	.open = mem_open,
	.release = mem_release,
	.read_iter = mem_read,
	.write_iter = mem_write,
	.llseek = mem_llseek,
};

/* --- task/TID/children --- */

int proc_children_show(struct seq_file *m, struct task *t)
{
	struct task *c;

	spin_lock(&tasklist_lock);
	list_for_each_entry(c, &t->children, sibling)
		if (thread_group_leader(c))
			seq_printf(m, "%d ", task_pid(c));
	spin_unlock(&tasklist_lock);
	return 0;
}

/* --- numbers that can be written --- */

/* A whole number from user memory: 0, -EFAULT, -EINVAL. */
int proc_get_number(struct iov_iter *from, s64 *v)
{
	char text[NUMBER_TEXT] = {0};
	size_t n = min(from->count, sizeof(text) - 1);

	if (copy_from_iter(text, n, from) != n)
		return -EFAULT;
	if (n && text[n - 1] == '\n')
		text[n - 1] = '\0';
	return kstrtos64(text, 0, v) ? -EINVAL : 0;
}

ssize_t proc_write_number(struct kiocb *io, struct iov_iter *from,
			  int (*set)(struct task *t, s64 v))
{
	size_t asked = from->count;
	struct task *t;
	s64 v;
	int err = proc_get_number(from, &v);

	if (err)
		return err;
	t = proc_task(io->file->inode);
	if (!t)
		return -ESRCH;
	err = set(t, v);
	task_put(t);
	return err ? err : (ssize_t)asked;
}

/* The caller's own, or with the right to schedule others. */
static bool may_set_slack(struct task *t)
{
	return t == current || capable(CAP_SYS_NICE);
}

int proc_slack_show(struct seq_file *m, struct task *t)
{
	if (!may_set_slack(t))
		return -EPERM;
	seq_printf(m, "%lu\n", READ_ONCE(t->timer_slack_ns));
	return 0;
}

static ssize_t slack_write(struct kiocb *io, struct iov_iter *from)
{
	struct task *t = proc_task(io->file->inode);
	size_t asked = from->count;
	int err;
	s64 v;

	if (!t)
		return -ESRCH;
	err = proc_get_number(from, &v);
	if (!err && v < 0)
		err = -EINVAL;
	if (!err && !may_set_slack(t))
		err = -EPERM;
	if (!err)
		WRITE_ONCE(t->timer_slack_ns, v ? (u64)v : TIMER_SLACK_DEFAULT);
	task_put(t);
	return err ? err : (ssize_t)asked;
}

const struct file_ops proc_slack_fops = {
	.open = proc_task_open,
	.read_iter = seq_read_iter,
	.write_iter = slack_write,
	.llseek = seq_lseek,
	.release = single_release,
};

/* oom_score_adj on the scale of -17 to 15. */
int proc_oom_old_show(struct seq_file *m, struct task *t)
{
	int adj = t->tg->oom_score_adj;

	if (adj == OOM_SCORE_ADJ_MAX)
		adj = OOM_ADJUST_MAX;
	else
		adj = adj * -OOM_DISABLE / OOM_SCORE_ADJ_MAX;
	seq_printf(m, "%d\n", adj);
	return 0;
}

static int set_oom_old(struct task *t, s64 v)
{
	if ((v < OOM_ADJUST_MIN || v > OOM_ADJUST_MAX) && v != OOM_DISABLE)
		return -EINVAL;
	return proc_set_oom_adj(t, v == OOM_ADJUST_MAX
					   ? OOM_SCORE_ADJ_MAX
					   : v * OOM_SCORE_ADJ_MAX / -OOM_DISABLE);
}

static ssize_t oom_old_write(struct kiocb *io, struct iov_iter *from)
{
	return proc_write_number(io, from, set_oom_old);
}

const struct file_ops proc_oom_old_fops = {
	.open = proc_task_open,
	.read_iter = seq_read_iter,
	.write_iter = oom_old_write,
	.llseek = seq_lseek,
	.release = single_release,
};
