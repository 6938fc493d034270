/*
 * /proc/PID: what can be seen of a process.
 *
 * Entries are tables as for the fixed files, with the task found again at each
 * access through the inode's struct pid. Memory and descriptors of others are
 * only shown to those who may trace them (ptrace_may_access()).
 */
#include <asm/uaccess.h>
#include <linnet/cred.h>
#include <linnet/errno.h>
#include <linnet/fdtable.h>
#include <linnet/kstrto.h>
#include <linnet/mm.h>
#include <linnet/posix_timers.h>
#include <linnet/printf.h>
#include <linnet/sched.h>
#include <linnet/slab.h>
#include <linnet/string.h>
#include <linnet/tty.h>
#include <linux/limits.h>
#include <linux/sched.h>
#include "proc.h"

struct task_entry {
	const char *name;
	u16 mode;
	int (*show)(struct seq_file *m, struct task *t);
	const struct file_ops *fops;
	const struct inode_ops *iops;
	bool leader_only; /* not in task/TID */
};

static const struct task_entry task_entries[];

struct task *proc_task(const struct inode *inode)
{
	struct task *t;

	rcu_read_lock();
	t = pid_task(PROC_I(inode)->pid, PIDTYPE_PID);
	if (t && !refcount_inc_not_zero(&t->refs))
		t = NULL;
	rcu_read_unlock();
	return t;
}

/* A task that may be inspected: referenced, or ERR_PTR. */
struct task *proc_traceable_task(const struct inode *inode)
{
	struct task *t = proc_task(inode);

	if (!t)
		return ERR_PTR(-ESRCH);
	if (ptrace_may_access(t, PTRACE_MODE_READ))
		return t;
	task_put(t);
	return ERR_PTR(-EACCES);
}

/* --- stat and status --- */

static char state_letter(const struct task *t)
{
	u32 s = READ_ONCE(t->state);

	if (t->exit_state == EXIT_ZOMBIE)
		return 'Z';
	if (t->exit_state)
		return 'X';
	if (s & TASK_STOPPED)
		return 'T';
	if (s & TASK_TRACED)
		return 't';
	if (s & TASK_UNINTERRUPTIBLE)
		return 'D';
	if (s & TASK_IDLE_STATE)
		return 'I';
	return s & TASK_INTERRUPTIBLE ? 'S' : 'R';
}

static const char *state_text(char c)
{
	switch (c) {
	case 'R':
		return "R (running)";
	case 'S':
		return "S (sleeping)";
	case 'D':
		return "D (disk sleep)";
	case 'T':
		return "T (stopped)";
	case 't':
		return "t (tracing stop)";
	case 'Z':
		return "Z (zombie)";
	case 'I':
		return "I (idle)";
	default:
		return "X (dead)";
	}
}

struct sigsets {
	u64 pending, shared, blocked, ignored, caught;
};

static void collect_sigs(struct task *t, struct sigsets *s)
{
	struct sighand *sh;
	u64 flags;

	memset(s, 0, sizeof(*s));
	sh = lock_task_sighand(t, &flags);
	if (!sh)
		return;
	s->pending = t->pending.set;
	s->shared = t->tg->shared.set;
	s->blocked = t->blocked;
	for (u32 i = 0; i < NSIG_MAX; i++) {
		if (sh->action[i].handler == (void __user *)SIG_IGN)
			s->ignored |= 1ul << i;
		else if (sh->action[i].handler != (void __user *)SIG_DFL)
			s->caught |= 1ul << i;
	}
	spin_unlock_irqrestore(&sh->lock, flags);
}

static u64 mm_rss(const struct mm *mm)
{
	return mm->rss_anon + mm->rss_file + mm->rss_shmem;
}

static int stat_show(struct seq_file *m, struct task *t)
{
	const u64 unit = NSEC_PER_SEC / USER_HZ;
	struct thread_group *tg = t->tg;
	struct mm *mm = task_mm_get(t);
	bool own = ptrace_may_access(t, PTRACE_MODE_READ);
	struct tty *tty = tg->tty;
	char comm[TASK_COMM_LEN];
	struct sigsets sig;
	u64 ut, st;
	pid_t ppid, tpgid = -1;
	struct pid *fg;

	get_task_comm(comm, t);
	collect_sigs(t, &sig);
	thread_group_cputime(t, &ut, &st);
	rcu_read_lock();
	ppid = task_tgid(t->real_parent);
	rcu_read_unlock();
	if (tty) {
		fg = tty_get_pgrp(tty);
		tpgid = fg ? pid_nr(fg) : -1;
		pid_put(fg);
	}
	seq_printf(m, "%d (%s) %c %d %d %d %lu %d %u ", pid_nr(t->pids[PIDTYPE_PID]),
		   comm, state_letter(t), ppid, pid_nr(task_pgrp(t)),
		   pid_nr(task_session(t)), tty ? dev_encode(tty_devnum(tty)) : 0,
		   tpgid, t->flags);
	seq_printf(m, "%lu %lu %lu %lu ", tg->min_flt + t->min_flt, tg->cmin_flt,
		   tg->maj_flt + t->maj_flt, tg->cmaj_flt);
	seq_printf(m, "%lu %lu %ld %ld ", ut / unit, st / unit,
		   (s64)(tg->cdead.utime / unit), (s64)(tg->cdead.stime / unit));
	seq_printf(m, "%d %d %u 0 %lu ",
		   t->se.rt_priority ? -1 - t->se.rt_priority : 20 + t->se.nice,
		   t->se.nice, tg->nr_threads, (u64)t->start_time / unit);
	seq_printf(m, "%lu %lu %lu ", mm ? mm->total_vm * PAGE_SIZE : 0,
		   mm ? mm_rss(mm) : 0, (u64)tg->rlim[RLIMIT_RSS].rlim_cur);
	seq_printf(m, "%lu %lu %lu 0 0 ", mm ? (own ? mm->start_code : 1) : 0,
		   mm ? (own ? mm->end_code : 1) : 0,
		   mm && own ? mm->start_stack : 0);
	seq_printf(m, "%lu %lu %lu %lu %d ", sig.pending & 0x7fffffff,
		   sig.blocked & 0x7fffffff, sig.ignored & 0x7fffffff,
		   sig.caught & 0x7fffffff, t->wchan != NULL);
	seq_printf(m, "0 0 %d %u %d %d 0 0 0 ", t->exit_signal, t->ti.cpu,
		   t->se.rt_priority, t->se.policy);
	seq_printf(m, "%lu %lu %lu %lu %lu %lu %lu %d\n",
		   mm && own ? mm->start_data : 0, mm && own ? mm->end_data : 0,
		   mm && own ? mm->start_brk : 0, mm && own ? mm->arg_start : 0,
		   mm && own ? mm->arg_end : 0, mm && own ? mm->env_start : 0,
		   mm && own ? mm->env_end : 0, own ? t->exit_code : 0);
	if (mm)
		mm_put(mm);
	return 0;
}

static void status_mem(struct seq_file *m, struct mm *mm)
{
	static const u32 k = PAGE_SHIFT - 10;
	u64 rss = mm_rss(mm);

	seq_printf(m, "VmPeak:\t%8lu kB\nVmSize:\t%8lu kB\nVmLck:\t%8lu kB\n"
		      "VmPin:\t%8u kB\nVmHWM:\t%8lu kB\nVmRSS:\t%8lu kB\n",
		   max(mm->hiwater_vm, mm->total_vm) << k, mm->total_vm << k,
		   mm->locked_vm << k, 0, max(mm->hiwater_rss, rss) << k,
		   rss << k);
	seq_printf(m, "RssAnon:\t%8lu kB\nRssFile:\t%8lu kB\nRssShmem:\t%8lu kB\n"
		      "VmData:\t%8lu kB\nVmStk:\t%8lu kB\nVmExe:\t%8lu kB\n"
		      "VmLib:\t%8lu kB\nVmPTE:\t%8lu kB\nVmSwap:\t%8u kB\n",
		   mm->rss_anon << k, mm->rss_file << k, mm->rss_shmem << k,
		   mm->data_vm << k, mm->stack_vm << k,
		   (mm->end_code - mm->start_code) >> 10, mm->exec_vm << k,
		   mm->pgtables >> 10, 0);
}

static int status_show(struct seq_file *m, struct task *t)
{
	const struct cred *c = task_cred_get(t);
	struct mm *mm = task_mm_get(t);
	char comm[TASK_COMM_LEN];
	struct sigsets s;
	pid_t ppid;

	get_task_comm(comm, t);
	rcu_read_lock();
	ppid = task_tgid(t->real_parent);
	rcu_read_unlock();
	seq_printf(m, "Name:\t%s\nUmask:\t%04o\nState:\t%s\nTgid:\t%d\nNgid:\t0\n"
		      "Pid:\t%d\nPPid:\t%d\nTracerPid:\t0\n",
		   comm, t->fs ? t->fs->umask : 0, state_text(state_letter(t)),
		   task_tgid(t), task_pid(t), ppid);
	seq_printf(m, "Uid:\t%u\t%u\t%u\t%u\nGid:\t%u\t%u\t%u\t%u\n", c->uid,
		   c->euid, c->suid, c->fsuid, c->gid, c->egid, c->sgid,
		   c->fsgid);
	seq_printf(m, "FDSize:\t%u\nGroups:\t", t->files ? t->files->fdt->max : 0);
	for (u32 i = 0; i < c->groups->n; i++)
		seq_printf(m, "%u ", c->groups->gid[i]);
	seq_putc(m, '\n');
	if (mm)
		status_mem(m, mm);
	collect_sigs(t, &s);
	seq_printf(m, "Threads:\t%u\nSigQ:\t%u/%lu\nSigPnd:\t%016lx\n"
		      "ShdPnd:\t%016lx\nSigBlk:\t%016lx\nSigIgn:\t%016lx\n"
		      "SigCgt:\t%016lx\n",
		   t->tg->nr_threads, c->user->sigpending,
		   (u64)t->tg->rlim[RLIMIT_SIGPENDING].rlim_cur, s.pending, s.shared,
		   s.blocked, s.ignored, s.caught);
	seq_printf(m, "CapInh:\t%016lx\nCapPrm:\t%016lx\nCapEff:\t%016lx\n"
		      "CapBnd:\t%016lx\nCapAmb:\t%016lx\nNoNewPrivs:\t%d\n"
		      "Seccomp:\t0\n",
		   c->cap_inheritable, c->cap_permitted, c->cap_effective,
		   c->cap_bset, c->cap_ambient, c->no_new_privs);
	seq_printf(m, "Cpus_allowed:\t%lx\nvoluntary_ctxt_switches:\t%lu\n"
		      "nonvoluntary_ctxt_switches:\t%lu\n",
		   t->se.allowed.bits & cpu_possible_mask.bits, t->nvcsw,
		   t->nivcsw);
	if (mm)
		mm_put(mm);
	cred_put(c);
	return 0;
}

static int statm_show(struct seq_file *m, struct task *t)
{
	struct mm *mm = task_mm_get(t);

	if (!mm) {
		seq_puts(m, "0 0 0 0 0 0 0\n");
		return 0;
	}
	seq_printf(m, "%lu %lu %lu %lu 0 %lu 0\n", mm->total_vm, mm_rss(mm),
		   mm->rss_file + mm->rss_shmem,
		   (mm->end_code - mm->start_code + PAGE_SIZE - 1) >> PAGE_SHIFT,
		   mm->data_vm + mm->stack_vm);
	mm_put(mm);
	return 0;
}

static int comm_show(struct seq_file *m, struct task *t)
{
	char comm[TASK_COMM_LEN];

	get_task_comm(comm, t);
	seq_printf(m, "%s\n", comm);
	return 0;
}

static int wchan_show(struct seq_file *m, struct task *t)
{
	const char *w = READ_ONCE(t->wchan);

	seq_puts(m, w ? w : "0");
	return 0;
}

static int oom_adj_show(struct seq_file *m, struct task *t)
{
	seq_printf(m, "%d\n", t->tg->oom_score_adj);
	return 0;
}

static int oom_score_show(struct seq_file *m, struct task *t)
{
	u64 points;

	spin_lock(&tasklist_lock);
	points = oom_badness(t);
	spin_unlock(&tasklist_lock);
	seq_printf(m, "%lu\n", points * 1000 / max(mem_counters.total_pages, 1ul));
	return 0;
}

static int io_show(struct seq_file *m, struct task *t)
{
	struct thread_group *tg = t->tg;
	struct task *u;
	struct io_accounting s = {tg->rchar, tg->wchar, tg->syscr, tg->syscw};

	rcu_read_lock();
	for_each_thread(t, u) {
		s.rchar += u->io.rchar;
		s.wchar += u->io.wchar;
		s.syscr += u->io.syscr;
		s.syscw += u->io.syscw;
	}
	rcu_read_unlock();
	seq_printf(m, "rchar: %lu\nwchar: %lu\nsyscr: %lu\nsyscw: %lu\n"
		      "read_bytes: 0\nwrite_bytes: 0\ncancelled_write_bytes: 0\n",
		   s.rchar, s.wchar, s.syscr, s.syscw);
	return 0;
}

static void show_limit_value(struct seq_file *m, u64 v)
{
	if (v == RLIM64_INFINITY)
		seq_printf(m, "%-20s ", "unlimited");
	else
		seq_printf(m, "%-20lu ", v);
}

static int limits_show(struct seq_file *m, struct task *t)
{
	static const struct {
		const char *name, *unit;
	} rows[RLIM_NLIMITS] = {
		[RLIMIT_CPU] = {"Max cpu time", "seconds"},
		[RLIMIT_FSIZE] = {"Max file size", "bytes"},
		[RLIMIT_DATA] = {"Max data size", "bytes"},
		[RLIMIT_STACK] = {"Max stack size", "bytes"},
		[RLIMIT_CORE] = {"Max core file size", "bytes"},
		[RLIMIT_RSS] = {"Max resident set", "bytes"},
		[RLIMIT_NPROC] = {"Max processes", "processes"},
		[RLIMIT_NOFILE] = {"Max open files", "files"},
		[RLIMIT_MEMLOCK] = {"Max locked memory", "bytes"},
		[RLIMIT_AS] = {"Max address space", "bytes"},
		[RLIMIT_LOCKS] = {"Max file locks", "locks"},
		[RLIMIT_SIGPENDING] = {"Max pending signals", "signals"},
		[RLIMIT_MSGQUEUE] = {"Max msgqueue size", "bytes"},
		[RLIMIT_NICE] = {"Max nice priority", NULL},
		[RLIMIT_RTPRIO] = {"Max realtime priority", NULL},
		[RLIMIT_RTTIME] = {"Max realtime timeout", "us"},
	};

	seq_puts(m, "Limit                     Soft Limit           "
		    "Hard Limit           Units     \n");
	for (u32 i = 0; i < RLIM_NLIMITS; i++) {
		seq_printf(m, "%-25s ", rows[i].name);
		show_limit_value(m, t->tg->rlim[i].rlim_cur);
		show_limit_value(m, t->tg->rlim[i].rlim_max);
		if (rows[i].unit)
			seq_printf(m, "%-10s\n", rows[i].unit);
		else
			seq_putc(m, '\n');
	}
	return 0;
}

static int mounts_entry_show(struct seq_file *m, struct task *t)
{
	return show_mounts(m, NULL);
}

static int mountinfo_entry_show(struct seq_file *m, struct task *t)
{
	return show_mountinfo(m, NULL);
}

/* --- address space --- */

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

void proc_show_vma(struct seq_file *m, struct vma *v)
{
	struct inode *inode = v->file ? v->file->inode : NULL;
	size_t before = m->count;
	const char *label;

	seq_printf(m, "%08lx-%08lx %c%c%c%c %08lx %02x:%02x %lu ", v->start,
		   v->end, v->flags & VM_READ ? 'r' : '-',
		   v->flags & VM_WRITE ? 'w' : '-', v->flags & VM_EXEC ? 'x' : '-',
		   v->flags & VM_MAYSHARE ? 's' : 'p',
		   inode ? v->pgoff << PAGE_SHIFT : 0,
		   inode ? dev_major(inode->sb->dev) : 0,
		   inode ? dev_minor(inode->sb->dev) : 0, inode ? inode->ino : 0);
	label = inode ? NULL : vma_label(v);
	if (inode || label)
		while (m->count < before + 73 && !seq_has_overflowed(m))
			seq_putc(m, ' ');
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

	if (!ptrace_may_access(t, PTRACE_MODE_READ))
		return -EACCES;
	mm = task_mm_get(t);
	if (!mm)
		return 0;
	down_read(&mm->mmap_lock);
	show(m, mm);
	up_read(&mm->mmap_lock);
	mm_put(mm);
	return 0;
}

static void show_maps(struct seq_file *m, struct mm *mm)
{
	for (struct vma *v = vma_first(mm); v; v = vma_next(v))
		proc_show_vma(m, v);
}

static int maps_show(struct seq_file *m, struct task *t)
{
	return show_mm(m, t, show_maps);
}

static int smaps_show(struct seq_file *m, struct task *t)
{
	return show_mm(m, t, proc_show_smaps);
}

static int smaps_rollup_show(struct seq_file *m, struct task *t)
{
	return show_mm(m, t, proc_show_smaps_rollup);
}

/* Bytes [start, end) of the process's memory as a file. */
static ssize_t read_range(struct kiocb *io, struct iov_iter *to,
			  u64 (*range)(struct mm *mm, u64 *end))
{
	struct task *t = proc_task(io->file->inode);
	struct mm *mm = t ? task_mm_get(t) : NULL;
	char *page = (char *)get_zeroed_page(GFP_KERNEL);
	u64 start, end = 0;
	ssize_t done = 0;

	if (t)
		task_put(t);
	if (!mm || !page)
		goto out;
	start = range(mm, &end);
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
out:
	free_page(page);
	if (mm)
		mm_put(mm);
	return done;
}

static u64 arg_range(struct mm *mm, u64 *end)
{
	*end = mm->arg_end;
	return mm->arg_start;
}

static u64 env_range(struct mm *mm, u64 *end)
{
	*end = mm->env_end;
	return mm->env_start;
}

static ssize_t cmdline_read(struct kiocb *io, struct iov_iter *to)
{
	return read_range(io, to, arg_range);
}

static ssize_t environ_read(struct kiocb *io, struct iov_iter *to)
{
	struct task *t = proc_traceable_task(io->file->inode);

	if (IS_ERR(t))
		return PTR_ERR(t);
	task_put(t);
	return read_range(io, to, env_range);
}

static ssize_t auxv_read(struct kiocb *io, struct iov_iter *to)
{
	struct task *t = proc_traceable_task(io->file->inode);
	struct mm *mm;
	ssize_t n = 0;

	if (IS_ERR(t))
		return PTR_ERR(t);
	mm = task_mm_get(t);
	task_put(t);
	if (mm) {
		n = simple_read_from_buffer(to, &io->pos, mm->saved_auxv,
					    sizeof(mm->saved_auxv));
		mm_put(mm);
	}
	return n;
}

static const struct file_ops cmdline_fops = {.read_iter = cmdline_read,
					     .llseek = generic_llseek};
static const struct file_ops environ_fops = {.read_iter = environ_read,
					     .llseek = generic_llseek};
static const struct file_ops auxv_fops = {.read_iter = auxv_read,
					  .llseek = generic_llseek};

/* --- writable: comm, oom_score_adj --- */

static int task_file_open(struct inode *inode, struct file *f);

static ssize_t comm_write(struct kiocb *io, struct iov_iter *from)
{
	char name[TASK_COMM_LEN] = {0};
	size_t asked = from->count, n = min(asked, sizeof(name) - 1);
	struct task *t = proc_task(io->file->inode);
	int err = -EINVAL;

	if (!t)
		return -ESRCH;
	if (copy_from_iter(name, n, from) != n)
		err = -EFAULT;
	else if (same_thread_group(t, current)) {
		if (n && name[n - 1] == '\n')
			name[n - 1] = '\0';
		set_task_comm(t, name);
		err = 0;
	}
	task_put(t);
	return err ? err : (ssize_t)asked;
}

static ssize_t oom_adj_write(struct kiocb *io, struct iov_iter *from)
{
	char text[16] = {0};
	size_t asked = from->count, n = min(asked, sizeof(text) - 1);
	struct task *t;
	int err = 0;
	s64 v;

	if (copy_from_iter(text, n, from) != n)
		return -EFAULT;
	if (n && text[n - 1] == '\n')
		text[n - 1] = '\0';
	if (kstrtos64(text, 10, &v) || v < -1000 || v > 1000)
		return -EINVAL;
	t = proc_task(io->file->inode);
	if (!t)
		return -ESRCH;
	if (v < t->tg->oom_score_adj_min && !capable(CAP_SYS_RESOURCE))
		err = -EACCES;
	else
		t->tg->oom_score_adj = (short)v;
	task_put(t);
	return err ? err : (ssize_t)asked;
}

static const struct file_ops comm_fops = {
	.open = task_file_open, .read_iter = seq_read_iter,
	.write_iter = comm_write, .llseek = seq_lseek, .release = single_release};
static const struct file_ops oom_adj_fops = {
	.open = task_file_open, .read_iter = seq_read_iter,
	.write_iter = oom_adj_write, .llseek = seq_lseek,
	.release = single_release};

/* --- magic links: exe, cwd, root, fd/N --- */

static int take_path(struct path *out, const struct path *p)
{
	*out = *p;
	path_get(out);
	return 0;
}

static int exe_path(struct task *t, const struct inode *inode, struct path *p)
{
	struct mm *mm = task_mm_get(t);
	int err = -ENOENT;

	if (mm && mm->exe_file)
		err = take_path(p, &mm->exe_file->path);
	if (mm)
		mm_put(mm);
	return err;
}

static int fs_path(struct task *t, struct path *p, bool root)
{
	int err = -ENOENT;

	spin_lock(&t->lock);
	if (t->fs) {
		if (root)
			get_fs_root(t->fs, p);
		else
			get_fs_pwd(t->fs, p);
		err = 0;
	}
	spin_unlock(&t->lock);
	return err;
}

static int cwd_path(struct task *t, const struct inode *inode, struct path *p)
{
	return fs_path(t, p, false);
}

static int root_path(struct task *t, const struct inode *inode, struct path *p)
{
	return fs_path(t, p, true);
}

static int fd_path(struct task *t, const struct inode *inode, struct path *p)
{
	struct file *f = fget_task(t, PROC_I(inode)->fd);

	if (!f)
		return -ENOENT;
	take_path(p, &f->path);
	fput(f);
	return 0;
}

typedef int (*path_fn)(struct task *t, const struct inode *inode, struct path *p);

static int magic_follow(struct dentry *d, struct path *out, path_fn fn)
{
	struct task *t = proc_traceable_task(d->inode);
	int err;

	if (IS_ERR(t))
		return (int)PTR_ERR(t);
	err = fn(t, d->inode, out);
	task_put(t);
	return err;
}

static void free_text(void *p)
{
	kfree(p);
}

/* What readlink() says: the path as text. */
static const char *magic_text(struct dentry *d, struct inode *inode,
			      struct delayed_call *done, path_fn fn)
{
	struct path p;
	char *buf, *name;
	int err;

	if (!d)
		return ERR_PTR(-ECHILD);
	err = magic_follow(d, &p, fn);
	if (err)
		return ERR_PTR(err);
	buf = kmalloc(PATH_MAX, GFP_KERNEL);
	name = buf ? d_path(&p, buf, PATH_MAX) : ERR_PTR(-ENOMEM);
	path_put(&p);
	if (IS_ERR(name)) {
		kfree(buf);
		return name;
	}
	done->fn = free_text;
	done->arg = buf;
	return name;
}

#define MAGIC_LINK(n)                                                          \
	static int n##_follow(struct dentry *d, struct path *out)              \
	{                                                                      \
		return magic_follow(d, out, n##_path);                         \
	}                                                                      \
	static const char *n##_text(struct dentry *d, struct inode *inode,     \
				    struct delayed_call *done)                 \
	{                                                                      \
		return magic_text(d, inode, done, n##_path);                   \
	}                                                                      \
	static const struct inode_ops n##_iops = {.follow_link = n##_follow,   \
						  .get_link = n##_text}
MAGIC_LINK(exe);
MAGIC_LINK(cwd);
MAGIC_LINK(root);
MAGIC_LINK(fd);

/* --- making inodes --- */

struct inode *proc_task_inode(struct super_block *sb, struct pid *pid,
			      struct task *t, u16 mode)
{
	struct inode *inode = proc_new_inode(sb, mode);
	const struct cred *c;

	if (!inode)
		return NULL;
	PROC_I(inode)->pid = pid_get(pid);
	c = task_cred_get(t);
	inode->uid = c->euid;
	inode->gid = c->egid;
	cred_put(c);
	return inode;
}

/* Entries vanish with their process. */
static int task_revalidate(struct dentry *d, u32 flags)
{
	struct task *t;

	if (!d->inode)
		return 0;
	t = proc_task(d->inode);
	if (!t)
		return 0;
	task_put(t);
	return 1;
}

static const struct dentry_ops task_dops = {
	.revalidate = task_revalidate,
	.delete = always_delete_dentry,
};

struct dentry *proc_add_task_inode(struct dentry *d, struct inode *inode)
{
	if (!inode)
		return ERR_PTR(-ENOMEM);
	d->ops = &task_dops;
	d_add(d, inode);
	return NULL;
}

static int task_show(struct seq_file *m, void *v)
{
	struct inode *inode = m->file->inode;
	struct task *t = proc_task(inode);
	int err;

	if (!t)
		return -ESRCH;
	err = PROC_I(inode)->tent->show(m, t);
	task_put(t);
	return err;
}

static int task_file_open(struct inode *inode, struct file *f)
{
	return single_open(f, task_show, NULL);
}

static const struct file_ops task_file_fops = {
	.open = task_file_open,
	.read_iter = seq_read_iter,
	.llseek = seq_lseek,
	.release = single_release,
};

/* --- fd/ and task/ --- */

static struct dentry *fd_lookup(struct inode *dir, struct dentry *d, u32 flags)
{
	struct task *t = proc_traceable_task(dir);
	struct inode *inode;
	struct file *f;
	u64 fd;

	if (IS_ERR(t))
		return ERR_CAST(t);
	f = kstrtou64(d->name.name, 10, &fd) || fd > U32_MAX
		    ? NULL : fget_task(t, (u32)fd);
	if (!f) {
		task_put(t);
		return ERR_PTR(-ENOENT);
	}
	inode = proc_task_inode(dir->sb, PROC_I(dir)->pid, t,
			   (u16)(S_IFLNK | (f->mode & FMODE_READ ? 0500 : 0) |
				 (f->mode & FMODE_WRITE ? 0300 : 0)));
	fput(f);
	task_put(t);
	if (inode) {
		PROC_I(inode)->fd = (u32)fd;
		inode->ops = &fd_iops;
	}
	return proc_add_task_inode(d, inode);
}

static bool emit_number(struct dir_context *ctx, u64 n, u32 dtype)
{
	char name[24];
	int len = snprintf(name, sizeof(name), "%lu", n);

	return dir_emit(ctx, name, len, n + 10000, dtype);
}

static bool emit_two_dots(struct file *f, struct dir_context *ctx)
{
	static const struct proc_entry none = {.name = NULL};

	return proc_emit_entries(f, ctx, &none, 2);
}

/* fd/ and fdinfo/: one entry a descriptor, links or files. */
static int fd_iterate(struct file *f, struct dir_context *ctx)
{
	u32 dtype = PROC_I(f->inode)->tent->iops == &proc_fdinfo_iops
			    ? S_IFREG >> 12 : S_IFLNK >> 12;
	struct task *t = proc_traceable_task(f->inode);

	if (IS_ERR(t))
		return (int)PTR_ERR(t);
	if (emit_two_dots(f, ctx)) {
		for (;;) {
			struct file *x;
			int fd = -1;

			spin_lock(&t->lock);
			rcu_read_lock();
			if (t->files)
				fd = files_next_fd(t->files, (u32)ctx->pos - 2, &x);
			rcu_read_unlock();
			spin_unlock(&t->lock);
			if (fd < 0)
				break;
			ctx->pos = fd + 2;
			if (!emit_number(ctx, (u64)fd, dtype))
				break;
			ctx->pos++;
		}
	}
	task_put(t);
	return 0;
}

static const struct inode_ops fd_dir_iops = {.lookup = fd_lookup};
static const struct file_ops fd_dir_fops = {.iterate = fd_iterate,
					    .llseek = generic_llseek};

static struct dentry *make_task_dir(struct inode *dir, struct dentry *d,
				    struct pid *pid, struct task *t);

static struct dentry *tid_lookup(struct inode *dir, struct dentry *d, u32 flags)
{
	struct task *leader = proc_task(dir), *t = NULL;
	struct dentry *r = ERR_PTR(-ENOENT);
	u64 nr;

	if (leader && !kstrtou64(d->name.name, 10, &nr) && nr <= S32_MAX)
		t = task_find_get((pid_t)nr);
	if (t && same_thread_group(t, leader))
		r = make_task_dir(dir, d, t->pids[PIDTYPE_PID], t);
	if (t)
		task_put(t);
	if (leader)
		task_put(leader);
	return r;
}

static int tid_iterate(struct file *f, struct dir_context *ctx)
{
	struct task *leader = proc_task(f->inode), *t;
	pid_t next;

	if (!leader)
		return -ENOENT;
	if (!emit_two_dots(f, ctx))
		goto out;
	for (;;) {
		next = S32_MAX;
		rcu_read_lock();
		for_each_thread(leader, t)
			if (task_pid(t) >= ctx->pos - 2 && task_pid(t) < next)
				next = task_pid(t);
		rcu_read_unlock();
		if (next == S32_MAX)
			break;
		ctx->pos = next + 2;
		if (!emit_number(ctx, (u64)next, 4))
			break;
		ctx->pos++;
	}
out:
	task_put(leader);
	return 0;
}

static const struct inode_ops tid_dir_iops = {.lookup = tid_lookup};
static const struct file_ops tid_dir_fops = {.iterate = tid_iterate,
					     .llseek = generic_llseek};

/* --- the directory of a process --- */

#define SHOW(fn) .mode = S_IFREG | 0444, .show = fn
#define DIR_OF(i, f) .mode = S_IFDIR | 0555, .iops = &i, .fops = &f
static const struct task_entry task_entries[] = {
	{.name = "auxv", .mode = S_IFREG | 0400, .fops = &auxv_fops},
	{.name = "cmdline", .mode = S_IFREG | 0444, .fops = &cmdline_fops},
	{.name = "comm", .mode = S_IFREG | 0644, .show = comm_show,
	 .fops = &comm_fops},
	{.name = "cwd", .mode = S_IFLNK | 0777, .iops = &cwd_iops},
	{.name = "environ", .mode = S_IFREG | 0400, .fops = &environ_fops},
	{.name = "exe", .mode = S_IFLNK | 0777, .iops = &exe_iops},
	{.name = "fd", .mode = S_IFDIR | 0500, .iops = &fd_dir_iops,
	 .fops = &fd_dir_fops},
	{.name = "fdinfo", DIR_OF(proc_fdinfo_iops, fd_dir_fops)},
	{.name = "io", .mode = S_IFREG | 0400, .show = io_show},
	{.name = "limits", SHOW(limits_show)},
	{.name = "maps", SHOW(maps_show)},
	{.name = "mountinfo", SHOW(mountinfo_entry_show)},
	{.name = "mounts", SHOW(mounts_entry_show)},
	{.name = "oom_score", SHOW(oom_score_show)},
	{.name = "oom_score_adj", .mode = S_IFREG | 0644, .show = oom_adj_show,
	 .fops = &oom_adj_fops},
	{.name = "root", .mode = S_IFLNK | 0777, .iops = &root_iops},
	{.name = "smaps", SHOW(smaps_show)},
	{.name = "smaps_rollup", SHOW(smaps_rollup_show)},
	{.name = "stat", SHOW(stat_show)},
	{.name = "statm", SHOW(statm_show)},
	{.name = "status", SHOW(status_show)},
	{.name = "task", DIR_OF(tid_dir_iops, tid_dir_fops), .leader_only = true},
	{.name = "wchan", SHOW(wchan_show)},
	{.name = NULL},
};

static struct dentry *task_dir_lookup(struct inode *dir, struct dentry *d,
				      u32 flags)
{
	const struct task_entry *e;
	struct task *t = proc_task(dir);
	struct inode *inode;

	if (!t)
		return ERR_PTR(-ENOENT);
	for (e = task_entries; e->name && strcmp(e->name, d->name.name); e++)
		;
	inode = e->name ? proc_task_inode(dir->sb, PROC_I(dir)->pid, t, e->mode) : NULL;
	task_put(t);
	if (!e->name)
		return ERR_PTR(-ENOENT);
	if (inode) {
		PROC_I(inode)->tent = e;
		if (e->iops)
			inode->ops = e->iops;
		if (!S_ISLNK(e->mode))
			inode->fops = e->fops ? e->fops : &task_file_fops;
	}
	return proc_add_task_inode(d, inode);
}

static int task_dir_iterate(struct file *f, struct dir_context *ctx)
{
	loff_t n = 2;

	if (!emit_two_dots(f, ctx))
		return 0;
	for (const struct task_entry *e = task_entries; e->name; e++, n++) {
		if (n < ctx->pos)
			continue;
		if (!dir_emit(ctx, e->name, (int)strlen(e->name), (u64)n + 2000,
			      e->mode >> 12))
			return 0;
		ctx->pos = n + 1;
	}
	return 0;
}

static const struct inode_ops task_dir_iops = {.lookup = task_dir_lookup};
static const struct file_ops task_dir_fops = {.iterate = task_dir_iterate,
					      .llseek = generic_llseek};

static struct dentry *make_task_dir(struct inode *dir, struct dentry *d,
				    struct pid *pid, struct task *t)
{
	struct inode *inode = proc_task_inode(dir->sb, pid, t, S_IFDIR | 0555);

	if (inode) {
		inode->ops = &task_dir_iops;
		inode->fops = &task_dir_fops;
	}
	return proc_add_task_inode(d, inode);
}

struct dentry *proc_pid_lookup(struct inode *dir, struct dentry *d)
{
	struct dentry *r = ERR_PTR(-ENOENT);
	struct task *t;
	u64 nr;

	if (kstrtou64(d->name.name, 10, &nr) || nr > S32_MAX)
		return r;
	t = task_find_get((pid_t)nr);
	if (!t)
		return r;
	r = make_task_dir(dir, d, t->pids[PIDTYPE_PID], t);
	task_put(t);
	return r;
}

int proc_pid_iterate(struct file *f, struct dir_context *ctx, loff_t base)
{
	for (;;) {
		struct pid *pid = pid_next((pid_t)(ctx->pos - base));
		struct task *t;
		bool leader, ok = true;

		if (!pid)
			return 0;
		rcu_read_lock();
		t = pid_task(pid, PIDTYPE_PID);
		leader = t && thread_group_leader(t);
		rcu_read_unlock();
		ctx->pos = base + pid->nr;
		if (leader)
			ok = emit_number(ctx, (u64)pid->nr, 4);
		pid_put(pid);
		if (!ok)
			return 0;
		ctx->pos++;
	}
}
