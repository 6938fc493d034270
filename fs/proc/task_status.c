/*
 * /proc/PID: what is said of a process in words and numbers: stat, status,
 * limits, io, oom_score and the like. The formats are what ps, top and their
 * kin parse: proc(5).
 */
#include <asm/uaccess.h>
#include <linnet/cred.h>
#include <linnet/errno.h>
#include <linnet/fdtable.h>
#include <linnet/kstrto.h>
#include <linnet/posix_timers.h>
#include <linnet/sched.h>
#include <linnet/string.h>
#include <linnet/tty.h>
#include <linux/oom.h>
#include <linux/sched.h>
#include "proc.h"

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

/* As the scheduler sees it now: a PI futex's waiter may lend its priority. */
static int effective_prio(const struct task *t)
{
	int rt = max((int)t->se.rt_priority, (int)t->se.boost);

	return rt ? -1 - rt : 20 + t->se.nice;
}

int proc_stat_show(struct seq_file *m, struct task *t)
{
	const u64 unit = NSEC_PER_SEC / USER_HZ;
	struct thread_group *tg = t->tg;
	struct mm *mm = task_mm_get(t);
	bool own = ptrace_may_access(t, PTRACE_MODE_READ_FSCREDS);
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
		   effective_prio(t),
		   t->se.nice, tg->nr_threads, (u64)t->start_time / unit);
	seq_printf(m, "%lu %lu %lu ", mm ? mm->total_vm * PAGE_SIZE : 0,
		   mm ? mm_rss(mm) : 0, (u64)tg->rlim[RLIMIT_RSS].rlim_cur);
	seq_printf(m, "%lu %lu %lu 0 0 ", mm ? (own ? mm->start_code : 1) : 0,
		   mm ? (own ? mm->end_code : 1) : 0,
		   mm && own ? mm->start_stack : 0);
	seq_printf(m, "%lu %lu %lu %lu %d ", sig.pending & 0x7fffffff,
		   sig.blocked & 0x7fffffff, sig.ignored & 0x7fffffff,
		   sig.caught & 0x7fffffff, own && t->wchan);
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

/* Where it may run, and from which memory: there is one node. */
static void show_allowed(struct seq_file *m, struct task *t)
{
	cpumask_t cpus = {t->se.allowed.bits & cpu_possible_mask.bits};

	seq_puts(m, "Cpus_allowed:\t");
	seq_cpu_mask(m, cpus);
	seq_puts(m, "\nCpus_allowed_list:\t");
	seq_cpu_list(m, cpus);
	seq_puts(m, "\nMems_allowed:\t1\nMems_allowed_list:\t0\n");
}

int proc_status_show(struct seq_file *m, struct task *t)
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
	show_allowed(m, t);
	seq_printf(m, "voluntary_ctxt_switches:\t%lu\n"
		      "nonvoluntary_ctxt_switches:\t%lu\n",
		   READ_ONCE(t->nvcsw), READ_ONCE(t->nivcsw));
	if (mm)
		mm_put(mm);
	cred_put(c);
	return 0;
}

int proc_statm_show(struct seq_file *m, struct task *t)
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

int proc_comm_show(struct seq_file *m, struct task *t)
{
	char comm[TASK_COMM_LEN];

	get_task_comm(comm, t);
	seq_printf(m, "%s\n", comm);
	return 0;
}

int proc_wchan_show(struct seq_file *m, struct task *t)
{
	const char *w = ptrace_may_access(t, PTRACE_MODE_READ_FSCREDS)
				? READ_ONCE(t->wchan) : NULL;

	seq_puts(m, w ? w : "0");
	return 0;
}

int proc_personality_show(struct seq_file *m, struct task *t)
{
	if (!ptrace_may_access(t, PTRACE_MODE_ATTACH_FSCREDS))
		return -EPERM;
	seq_printf(m, "%08x\n", t->personality);
	return 0;
}

int proc_oom_adj_show(struct seq_file *m, struct task *t)
{
	seq_printf(m, "%d\n", t->tg->oom_score_adj);
	return 0;
}

int proc_oom_score_show(struct seq_file *m, struct task *t)
{
	u64 points;

	spin_lock(&tasklist_lock);
	points = oom_badness(t);
	spin_unlock(&tasklist_lock);
	seq_printf(m, "%lu\n", points * 1000 / max(mem_counters.total_pages, 1ul));
	return 0;
}

int proc_io_show(struct seq_file *m, struct task *t)
{
	struct thread_group *tg = t->tg;
	struct task *u;
	struct io_accounting s = {tg->rchar, tg->wchar, tg->syscr, tg->syscw};

	if (!ptrace_may_access(t, PTRACE_MODE_READ_FSCREDS))
		return -EACCES;
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

int proc_limits_show(struct seq_file *m, struct task *t)
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

/* --- writable: comm, oom_score_adj --- */

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

int proc_set_oom_adj(struct task *t, s64 v)
{
	if (v < OOM_SCORE_ADJ_MIN || v > OOM_SCORE_ADJ_MAX)
		return -EINVAL;
	if (v < t->tg->oom_score_adj_min && !capable(CAP_SYS_RESOURCE))
		return -EACCES;
	t->tg->oom_score_adj = (short)v;
	return 0;
}

static ssize_t oom_adj_write(struct kiocb *io, struct iov_iter *from)
{
	return proc_write_number(io, from, proc_set_oom_adj);
}

const struct file_ops proc_comm_fops = {
	.open = proc_task_open, .read_iter = seq_read_iter,
	.write_iter = comm_write, .llseek = seq_lseek, .release = single_release};
const struct file_ops proc_oom_adj_fops = {
	.open = proc_task_open, .read_iter = seq_read_iter,
	.write_iter = oom_adj_write, .llseek = seq_lseek,
	.release = single_release};

/* Time on a CPU, time waiting for one, turns. */
int proc_task_schedstat_show(struct seq_file *m, struct task *t)
{
	seq_printf(m, "%lu %lu %lu\n", task_cpu_time(t),
		   READ_ONCE(t->se.run_delay), READ_ONCE(t->se.nr_switches));
	return 0;
}
