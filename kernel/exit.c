/*
 * The end of tasks: exit, exit_group, reparenting, release.
 *
 * do_exit() gives up everything the task holds, becomes a zombie and tells the
 * parent; the zombie's pid and exit code stay until the parent waits
 * (wait4.c), or go at once when the parent ignores SIGCHLD. A thread that is
 * not the leader releases itself; a leader waits for its threads to end.
 *
 * Lock order: tasklist_lock > sighand->lock.
 */
#include <asm/mmu.h>
#include <asm/uaccess.h>
#include <linnet/cred.h>
#include <linnet/errno.h>
#include <linnet/fdtable.h>
#include <linnet/fs.h>
#include <linnet/futex.h>
#include <linnet/mm.h>
#include <linnet/nsproxy.h>
#include <linnet/posix_timers.h>
#include <linnet/printk.h>
#include <linnet/syscalls.h>
#include <linnet/task.h>
#include <linnet/tty.h>
#include <linux/wait.h>
#include "exit.h"

/* --- memory --- */

/* The task lets go of its mm: wake those who wait for that. */
void mm_release(struct task *t)
{
	struct completion *vfork;

	futex_exit_task(t);
	if (t->clear_child_tid && t->mm) {
		if (!(t->tg->flags & TG_GROUP_EXIT) ||
		    atomic_read(&t->mm->users) > 1) {
			put_user(0, t->clear_child_tid);
			futex_wake_addr((u32 __user *)t->clear_child_tid);
		}
		t->clear_child_tid = NULL;
	}
	spin_lock(&t->lock);
	vfork = t->vfork_done;
	t->vfork_done = NULL;
	if (vfork)
		complete(vfork);
	spin_unlock(&t->lock);
}

static void exit_mm(void)
{
	struct mm *mm = current->mm;
	u64 rss;

	mm_release(current);
	if (!mm)
		return;
	/* Other threads may still add to it. */
	rss = READ_ONCE(mm->rss_anon) + READ_ONCE(mm->rss_file) +
	      READ_ONCE(mm->rss_shmem);
	mm->hiwater_rss = max(mm->hiwater_rss, rss);
	current->tg->maxrss = max(current->tg->maxrss,
				  mm->hiwater_rss << (PAGE_SHIFT - 10));
	spin_lock(&current->lock);
	current->mm = NULL;
	/* At once: between tasks without memory the tables are not changed. */
	activate_mm(NULL);
	spin_unlock(&current->lock);
	mm_put(mm);
}

/* --- parents --- */

/* Who inherits the children: a thread of the group, a subreaper, or init. */
static struct task *find_new_parent(struct task *dying)
{
	struct task *t;

	list_for_each_entry(t, &dying->tg->threads, thread_node)
		if (!(t->flags & PF_EXITING))
			return t;
	if (dying->tg->has_child_subreaper) {
		for (t = dying->real_parent; t && t != child_reaper &&
					     t != &init_task;
		     t = t->real_parent) {
			struct task *u;

			if (!t->tg->child_subreaper)
				continue;
			list_for_each_entry(u, &t->tg->threads, thread_node)
				if (!(u->flags & PF_EXITING))
					return u;
		}
	}
	return child_reaper;
}

static bool pgrp_is_orphaned(struct pid *pgrp, struct task *ignored)
{
	struct task *t;

	for_each_pid_task(pgrp, PIDTYPE_PGID, t) {
		struct task *parent = t->real_parent;

		if ((t == ignored) || (t->exit_state && !t->tg->live) ||
		    parent == child_reaper)
			continue;
		if (task_pgrp(parent) != pgrp &&
		    task_session(parent) == task_session(t))
			return false;
	}
	return true;
}

bool is_current_pgrp_orphaned(void)
{
	bool r;

	spin_lock(&tasklist_lock);
	r = pgrp_is_orphaned(task_pgrp(current), NULL);
	spin_unlock(&tasklist_lock);
	return r;
}

static bool has_stopped_jobs(struct pid *pgrp)
{
	struct task *t;

	for_each_pid_task(pgrp, PIDTYPE_PGID, t)
		if (t->tg->flags & TG_STOPPED)
			return true;
	return false;
}

/*
 * POSIX: a process group that becomes orphaned with stopped members gets
 * SIGHUP and SIGCONT. @parent NULL: @t itself ends and leaves its own group.
 */
static void kill_orphaned_pgrp(struct task *t, struct task *parent)
{
	struct pid *pgrp = task_pgrp(t);
	struct task *ignored = t;

	if (!parent)
		parent = t->real_parent;
	else
		ignored = NULL;
	if (task_pgrp(parent) != pgrp &&
	    task_session(parent) == task_session(t) &&
	    pgrp_is_orphaned(pgrp, ignored) && has_stopped_jobs(pgrp)) {
		kill_pgrp_locked(pgrp, SIGHUP, SEND_SIG_PRIV);
		kill_pgrp_locked(pgrp, SIGCONT, SEND_SIG_PRIV);
	}
}

static void reparent_child(struct task *dying, struct task *child,
			   struct task *to, struct list_head *dead)
{
	bool same_group = same_thread_group(to, dying);
	struct task *t;

	/* Only the leader is in the list of children, but all have a parent. */
	list_for_each_entry(t, &child->tg->threads, thread_node) {
		t->real_parent = to;
		t->parent = to;
		if (t->pdeath_signal)
			send_signal(t->pdeath_signal, SEND_SIG_NOINFO, t, true);
	}
	list_move_tail(&child->sibling, &to->children);
	if (same_group)
		return;
	child->exit_signal = SIGCHLD;
	if (child->exit_state == EXIT_ZOMBIE && !child->tg->live &&
	    do_notify_parent(child, child->exit_signal)) {
		child->exit_state = EXIT_DEAD;
		list_add_tail(&child->ptrace_node, dead);
	}
	kill_orphaned_pgrp(child, dying);
}

/* [tasklist] */
static void forget_children(struct task *dying, struct list_head *dead)
{
	struct task *child, *next, *to;

	if (list_empty(&dying->children))
		return;
	to = find_new_parent(dying);
	list_for_each_entry_safe(child, next, &dying->children, sibling)
		reparent_child(dying, child, to, dead);
}

/* --- telling the parent --- */

void wake_up_parent(struct task *t, struct task *parent)
{
	(void)t;
	wake_up_common(&parent->tg->wait_chld, TASK_NORMAL, 0, 0);
}

/* [tasklist] siginfo of a SIGCHLD about @t. */
static void fill_chld_info(siginfo_t *info, struct task *t, int sig, int why,
			   int status)
{
	u64 ut, st;

	siginfo_init(info, sig, why);
	info->si_pid = task_pid(t);
	info->si_uid = t->real_cred->uid;
	thread_group_cputime(t, &ut, &st);
	info->si_utime = (s64)(ut / (NSEC_PER_SEC / USER_HZ));
	info->si_stime = (s64)(st / (NSEC_PER_SEC / USER_HZ));
	info->si_status = status;
}

bool do_notify_parent(struct task *t, int sig)
{
	struct sighand *psig = t->parent->sighand;
	bool autoreap = false;
	siginfo_t info;
	u64 flags;
	int code = t->exit_code;

	if (thread_group_leader(t))
		wake_up_common(&t->pids[PIDTYPE_PID]->wait, TASK_NORMAL, 0,
			       0x41 /* EPOLLIN | EPOLLRDNORM */);
	if (t->flags & PF_KTHREAD || !psig)
		return true;
	/* The program that asked for it has gone: another one, perhaps with other
	 * rights, is not to get a signal that it does not know of. */
	if (t->parent_exec_id != READ_ONCE(t->parent->tg->exec_id))
		sig = SIGCHLD;
	if (code & 0x80)
		fill_chld_info(&info, t, sig, CLD_DUMPED, code & 0x7f);
	else if (code & 0x7f)
		fill_chld_info(&info, t, sig, CLD_KILLED, code & 0x7f);
	else
		fill_chld_info(&info, t, sig, CLD_EXITED, code >> 8);
	flags = spin_lock_irqsave(&psig->lock);
	if (sig == SIGCHLD) {
		struct kernel_sigaction *ka = &psig->action[SIGCHLD - 1];

		if (ka->handler == (void __user *)SIG_IGN ||
		    ka->flags & SA_NOCLDWAIT) {
			autoreap = true;
			if (ka->handler == (void __user *)SIG_IGN)
				sig = 0;
		}
	}
	/* clone(2) takes any byte; one that is no signal is as good as none. */
	if (sig > 0 && sig <= NSIG_MAX)
		send_signal_locked(sig, &info, t->parent, true);
	spin_unlock_irqrestore(&psig->lock, flags);
	wake_up_parent(t, t->parent);
	return autoreap;
}

/* Stopped or continued: SIGCHLD unless SA_NOCLDSTOP. [tasklist] */
void do_notify_parent_cldstop(struct task *t, int why)
{
	struct task *parent = t->group_leader->parent;
	struct sighand *psig = parent->sighand;
	struct kernel_sigaction *ka;
	siginfo_t info;
	u64 flags;

	if (!psig)
		return;
	fill_chld_info(&info, t->group_leader, SIGCHLD, why,
		       why == CLD_CONTINUED ? SIGCONT
					    : t->tg->group_exit_code & 0x7f);
	flags = spin_lock_irqsave(&psig->lock);
	ka = &psig->action[SIGCHLD - 1];
	if (ka->handler != (void __user *)SIG_IGN &&
	    !(ka->flags & SA_NOCLDSTOP))
		send_signal_locked(SIGCHLD, &info, parent, true);
	spin_unlock_irqrestore(&psig->lock, flags);
	wake_up_parent(t, parent);
}

/* --- release --- */

/* What a thread used counts for its group from now on. */
static void account_exit(struct task *t)
{
	struct thread_group *tg = t->tg;
	u64 ut, st;

	task_cputime(t, &ut, &st);
	tg->dead.utime += ut;
	tg->dead.stime += st;
	tg->sum_exec_dead += t->se.sum_exec;
	tg->nvcsw += t->nvcsw;
	tg->nivcsw += t->nivcsw;
	tg->min_flt += t->min_flt;
	tg->maj_flt += t->maj_flt;
	tg->rchar += t->io.rchar;
	tg->wchar += t->io.wchar;
	tg->syscr += t->io.syscr;
	tg->syscw += t->io.syscw;
}

static void detach_group_ids(struct task *t)
{
	detach_pid(t, PIDTYPE_TGID);
	detach_pid(t, PIDTYPE_PGID);
	detach_pid(t, PIDTYPE_SID);
}

/* The zombie disappears. [tasklist] The caller drops the parent's reference. */
void release_task(struct task *t)
{
	struct sighand *sh = t->sighand;
	u64 flags = spin_lock_irqsave(&sh->lock);
	struct tty *tty = NULL;

	account_exit(t);
	list_del_rcu(&t->thread_node);
	t->tg->nr_threads--;
	if (thread_group_leader(t)) {
		tty = t->tg->tty;
		t->tg->tty = NULL;
		flush_sigqueue(&t->tg->shared);
	}
	flush_sigqueue(&t->pending);
	t->sighand = NULL;
	spin_unlock_irqrestore(&sh->lock, flags);
	atomic_dec(&t->real_cred->user->processes);
	if (thread_group_leader(t)) {
		detach_group_ids(t);
		list_del_rcu(&t->tasks);
		list_del(&t->sibling);
	}
	detach_pid(t, PIDTYPE_PID);
	nr_threads--;
	sighand_put(sh);
	if (tty)
		tty_kref_put(tty);
}

/* --- exit --- */

/* Last thread of a group but the zombie leader has gone: now tell. */
static void leader_last(struct task *leader, struct list_head *dead)
{
	if (do_notify_parent(leader, leader->exit_signal)) {
		leader->exit_state = EXIT_DEAD;
		list_add_tail(&leader->ptrace_node, dead);
	}
}

static void exit_notify(bool group_dead)
{
	struct task *t = current, *leader = t->group_leader, *p, *next;
	LIST_HEAD(dead);

	spin_lock(&tasklist_lock);
	forget_children(t, &dead);
	if (group_dead)
		kill_orphaned_pgrp(leader, NULL);
	t->exit_state = EXIT_ZOMBIE;
	if (thread_group_leader(t)) {
		if (t->tg->nr_threads == 1)
			leader_last(t, &dead);
		else if (t->tg->group_exec)
			try_to_wake_up(t->tg->group_exec, TASK_KILLABLE);
	} else {
		t->exit_state = EXIT_DEAD;
		list_add_tail(&t->ptrace_node, &dead);
		if (leader->exit_state == EXIT_ZOMBIE &&
		    t->tg->nr_threads == 2 && !t->tg->group_exec)
			leader_last(leader, &dead);
		/* execve by another thread waits for us. */
		if (t->tg->group_exec)
			try_to_wake_up(t->tg->group_exec, TASK_KILLABLE);
	}
	list_for_each_entry(p, &dead, ptrace_node)
		release_task(p);
	spin_unlock(&tasklist_lock);
	list_for_each_entry_safe(p, next, &dead, ptrace_node) {
		list_del(&p->ptrace_node);
		task_put(p);
	}
}

static void exit_files(void)
{
	struct files *files = current->files;

	spin_lock(&current->lock);
	current->files = NULL;
	spin_unlock(&current->lock);
	if (files)
		files_put(files);
}

static void exit_fs(void)
{
	struct fs_context *fs = current->fs;

	spin_lock(&current->lock);
	current->fs = NULL;
	spin_unlock(&current->lock);
	if (fs)
		fs_context_put(fs);
}

/**
 * do_exit - end the current thread
 * @code: wait status: signal in the low 7 bits, exit code in bits 8 to 15
 */
void do_exit(int code)
{
	struct task *t = current;
	struct nsproxy *ns;
	bool group_dead;

	if (in_atomic())
		panic("exit of %s with preemption disabled", t->comm);
	if (t->flags & PF_IDLE)
		panic("attempt to kill the idle task");
	if (t->flags & PF_EXITING) {
		/* A fault in exit: stay where no harm is done. */
		set_current_state(TASK_UNINTERRUPTIBLE);
		schedule();
	}
	kcov_task_exit(t);
	lockcheck_exit();
	atomic_or(&t->flags, PF_EXITING);
	exit_signals(t);
	group_dead = atomic_sub_return(&t->tg->live, 1) == 0;
	if (group_dead && t->group_leader == child_reaper)
		panic("Attempted to kill init: %s ended with %s %d. Check that the init program runs on its own: boot with rdinit=/bin/sh, or look at its messages above",
		      t->comm, code & 0x7f ? "signal" : "exit code",
		      code & 0x7f ? code & 0x7f : code >> 8);
	t->exit_code = code;
	if (group_dead) {
		itimer_real_stop(t->tg);
		posix_timers_exit(t->tg);
	}
	exit_mm();
	exit_files();
	exit_fs();
	if (group_dead)
		disassociate_ctty(true);
	task_work_run();
	spin_lock(&t->lock);
	ns = t->nsproxy;
	t->nsproxy = NULL;
	spin_unlock(&t->lock);
	nsproxy_put(ns);
	exit_notify(group_dead);
	/* No preemption from here: a dead task must not be queued again. */
	preempt_disable();
	WRITE_ONCE(t->state, TASK_DEAD);
	schedule();
	unreachable();
}

/*
 * End every thread of the process with @code; but if one of them executes a
 * program, that one lives on, and only the caller ends.
 */
void do_group_exit(int code)
{
	struct thread_group *tg = current->tg;
	struct sighand *sh = current->sighand;

	spin_lock_irq(&sh->lock);
	if (tg->flags & TG_GROUP_EXIT) {
		code = tg->group_exit_code;
	} else if (tg->group_exec && tg->group_exec != current) {
		code = 0;
	} else {
		tg->group_exit_code = code;
		tg->flags = (tg->flags & TG_UNKILLABLE) | TG_GROUP_EXIT;
		zap_other_threads(current);
	}
	spin_unlock_irq(&sh->lock);
	do_exit(code);
}

SYSCALL_DEFINE1(exit, int, code)
{
	do_exit((code & 0xff) << 8);
}

SYSCALL_DEFINE1(exit_group, int, code)
{
	do_group_exit((code & 0xff) << 8);
}

/* --- execve in a threaded process --- */

/* [tasklist] The other threads are gone; of the leader the zombie remains. */
static bool others_gone(struct task *t)
{
	struct task *leader = t->group_leader;

	if (leader == t)
		return t->tg->nr_threads == 1;
	return t->tg->nr_threads == 2 && leader->exit_state == EXIT_ZOMBIE;
}

/* [tasklist] @t takes the leader's pid and place in the family. */
static void become_leader(struct task *t, struct task *old)
{
	static const enum pid_type group_types[] = {PIDTYPE_TGID, PIDTYPE_PGID,
						    PIDTYPE_SID};
	struct pid *mine = t->pids[PIDTYPE_PID];
	struct task *child, *next;

	t->start_time = old->start_time;
	hlist_del(&t->pid_links[PIDTYPE_PID]);
	hlist_del(&old->pid_links[PIDTYPE_PID]);
	attach_pid(t, PIDTYPE_PID, old->pids[PIDTYPE_PID]);
	attach_pid(old, PIDTYPE_PID, mine);
	for (u32 i = 0; i < ARRAY_SIZE(group_types); i++) {
		struct pid *p = old->pids[group_types[i]];

		hlist_del(&old->pid_links[group_types[i]]);
		attach_pid(t, group_types[i], p);
	}
	list_for_each_entry_safe(child, next, &old->children, sibling) {
		child->real_parent = child->parent = t;
		list_move_tail(&child->sibling, &t->children);
	}
	t->real_parent = old->real_parent;
	t->parent = old->parent;
	list_add_tail(&t->sibling, &t->real_parent->children);
	list_del(&old->sibling);
	list_add_tail(&t->tasks, &all_tasks);
	list_del_rcu(&old->tasks);
	t->group_leader = t;
	t->tg->leader = t;
	t->exit_signal = SIGCHLD;
	old->group_leader = t;
	old->exit_signal = -1;
	old->exit_state = EXIT_DEAD;
	release_task(old);
}

int exec_wait_threads(struct task *t)
{
	struct task *old = NULL;

	for (;;) {
		spin_lock(&tasklist_lock);
		set_current_state(TASK_KILLABLE);
		if (others_gone(t))
			break;
		spin_unlock(&tasklist_lock);
		schedule();
		__set_current_state(TASK_RUNNING);
		if (t->tg->flags & TG_GROUP_EXIT) {
			t->tg->group_exec = NULL;
			return -EAGAIN;
		}
	}
	__set_current_state(TASK_RUNNING);
	if (t->group_leader != t) {
		old = t->group_leader;
		become_leader(t, old);
	}
	t->tg->group_exec = NULL;
	spin_unlock(&tasklist_lock);
	if (old)
		task_put(old);
	return 0;
}

/* --- work in the task's own context --- */

static struct task_work work_exited; /* marks a task that takes no more */

int task_work_add(struct task *t, struct task_work *w)
{
	struct task_work *head = atomic_read(&t->works);

	do {
		if (head == &work_exited)
			return -ESRCH;
		w->next = head;
	} while (!__atomic_compare_exchange_n(&t->works, &head, w, true,
					      __ATOMIC_RELEASE,
					      __ATOMIC_RELAXED));
	set_ti_flag(t, TIF_NOTIFY);
	kick_process(t);
	return 0;
}

void task_work_run(void)
{
	struct task_work *end = current->flags & PF_EXITING ? &work_exited : NULL;
	struct task_work *w;

	clear_ti_flag(current, TIF_NOTIFY);
	w = atomic_xchg(&current->works, end);
	while (w && w != &work_exited) {
		struct task_work *next = w->next;

		w->func(w);
		w = next;
	}
}
