/*
 * Waiting for children: wait4, waitid.
 *
 * Every thread of a process can wait for every child of the process. Under
 * tasklist_lock the children are looked at: a zombie is reaped (its exit code
 * and times collected, the task released), a stopped or continued one is
 * reported once. WNOWAIT leaves all as it is.
 */
#include <asm/uaccess.h>
#include <linnet/cred.h>
#include <linnet/errno.h>
#include <linnet/fdtable.h>
#include <linnet/pidfd.h>
#include <linnet/posix_timers.h>
#include <linnet/syscalls.h>
#include <linnet/task.h>
#include <linux/wait.h>
#include "exit.h"

struct wait_opts {
	enum pid_type type;
	struct pid *pid; /* PIDTYPE_MAX: any child */
	int flags;	 /* W* */
	/* result */
	pid_t found;
	uid_t uid;
	int status; /* wait status for wait4 */
	int why;    /* CLD_* */
	struct rusage ru;
	bool eligible; /* there are children to wait for */
};

static bool pid_matches(const struct wait_opts *wo, const struct task *p)
{
	if (wo->type == PIDTYPE_MAX)
		return true;
	if (wo->type == PIDTYPE_PID)
		return p->pids[PIDTYPE_PID] == wo->pid;
	return p->pids[wo->type] == wo->pid;
}

static bool child_matches(const struct wait_opts *wo, const struct task *p)
{
	bool clone_child = p->exit_signal != SIGCHLD;

	if (!pid_matches(wo, p))
		return false;
	if (wo->flags & __WALL)
		return true;
	return clone_child == !!(wo->flags & __WCLONE);
}

static void fill_status(struct wait_opts *wo, int code)
{
	wo->status = code;
	if (code & 0x80)
		wo->why = CLD_DUMPED;
	else
		wo->why = code & 0x7f ? CLD_KILLED : CLD_EXITED;
}

/* The child's totals become part of the parent's children totals. */
static void add_child_times(struct thread_group *parent, struct task *child)
{
	struct thread_group *tg = child->tg;
	u64 ut, st;

	thread_group_cputime(child, &ut, &st);
	parent->cdead.utime += ut + tg->cdead.utime;
	parent->cdead.stime += st + tg->cdead.stime;
	parent->cmin_flt += child->min_flt + tg->min_flt + tg->cmin_flt;
	parent->cmaj_flt += child->maj_flt + tg->maj_flt + tg->cmaj_flt;
	parent->cnvcsw += READ_ONCE(child->nvcsw) + tg->nvcsw + tg->cnvcsw;
	parent->cnivcsw += child->nivcsw + tg->nivcsw + tg->cnivcsw;
	parent->cmaxrss = max(parent->cmaxrss, max(tg->maxrss, tg->cmaxrss));
}

/* True if @p is reported. [tasklist]; *reap: caller drops its reference. */
static bool wait_zombie(struct wait_opts *wo, struct task *p, struct task **reap)
{
	if (p->exit_state != EXIT_ZOMBIE || p->tg->nr_threads > 1)
		return false;
	if (!(wo->flags & WEXITED))
		return false;
	getrusage_of(p, RUSAGE_BOTH_SELF_CHILDREN, &wo->ru);
	fill_status(wo, p->tg->flags & TG_GROUP_EXIT ? p->tg->group_exit_code
						     : p->exit_code);
	if (!(wo->flags & WNOWAIT)) {
		p->exit_state = EXIT_DEAD;
		add_child_times(current->tg, p);
		release_task(p);
		*reap = p;
	}
	return true;
}

static bool wait_stopped(struct wait_opts *wo, struct task *p)
{
	bool found = false;
	u64 flags;

	if (!(wo->flags & WUNTRACED) || !p->sighand)
		return false;
	flags = spin_lock_irqsave(&p->sighand->lock);
	if ((p->tg->flags & TG_STOPPED) && p->tg->group_exit_code) {
		found = true;
		wo->status = (p->tg->group_exit_code & 0x7f) << 8 | 0x7f;
		wo->why = CLD_STOPPED;
		if (!(wo->flags & WNOWAIT))
			p->tg->group_exit_code = 0;
	}
	spin_unlock_irqrestore(&p->sighand->lock, flags);
	if (found)
		getrusage_of(p, RUSAGE_BOTH_SELF_CHILDREN, &wo->ru);
	return found;
}

static bool wait_continued(struct wait_opts *wo, struct task *p)
{
	bool found = false;
	u64 flags;

	if (!(wo->flags & WCONTINUED) || !p->sighand)
		return false;
	flags = spin_lock_irqsave(&p->sighand->lock);
	if (p->tg->flags & TG_STOP_CONTINUED) {
		found = true;
		wo->status = 0xffff;
		wo->why = CLD_CONTINUED;
		if (!(wo->flags & WNOWAIT))
			p->tg->flags &= ~(u32)TG_STOP_CONTINUED;
	}
	spin_unlock_irqrestore(&p->sighand->lock, flags);
	if (found)
		getrusage_of(p, RUSAGE_BOTH_SELF_CHILDREN, &wo->ru);
	return found;
}

/* [tasklist] Look at the children of one thread. */
static bool scan_children(struct wait_opts *wo, struct task *parent,
			  struct task **reap)
{
	struct task *p;

	list_for_each_entry(p, &parent->children, sibling) {
		if (!child_matches(wo, p) || p->exit_state == EXIT_DEAD)
			continue;
		wo->eligible = true;
		wo->found = task_pid(p);
		wo->uid = p->real_cred->uid;
		if (wait_zombie(wo, p, reap) || wait_stopped(wo, p) ||
		    wait_continued(wo, p))
			return true;
	}
	return false;
}

/* 1: reported, 0: nothing yet, -ECHILD. */
static int scan_once(struct wait_opts *wo)
{
	struct task *reap = NULL, *t;
	bool found = false;

	wo->eligible = false;
	spin_lock(&tasklist_lock);
	list_for_each_entry(t, &current->tg->threads, thread_node) {
		found = scan_children(wo, t, &reap);
		if (found || (wo->flags & __WNOTHREAD))
			break;
	}
	spin_unlock(&tasklist_lock);
	if (reap)
		task_put(reap);
	if (found)
		return 1;
	return wo->eligible ? 0 : -ECHILD;
}

static long do_wait(struct wait_opts *wo)
{
	DEFINE_WAIT(w);
	long ret;

	for (;;) {
		wait_prepare(&current->tg->wait_chld, &w, TASK_INTERRUPTIBLE);
		ret = scan_once(wo);
		if (ret)
			break;
		wo->found = 0;
		if (wo->flags & WNOHANG)
			break;
		if (signal_pending(current)) {
			ret = -ERESTARTSYS;
			break;
		}
		current->wchan = "do_wait";
		schedule();
		current->wchan = NULL;
	}
	wait_finish(&current->tg->wait_chld, &w);
	return ret;
}

/* The pid of a number in a role; a missing one means there is no child. */
static int pick_pid(struct wait_opts *wo, enum pid_type type, pid_t nr)
{
	wo->type = type;
	wo->pid = pid_find_get(nr);
	return wo->pid ? 0 : -ECHILD;
}

SYSCALL_DEFINE4(wait4, pid_t, pid, int __user *, status, int, options,
		struct rusage __user *, ru)
{
	struct wait_opts wo = {.flags = options | WEXITED};
	long ret = 0;

	if (options & ~(WNOHANG | WUNTRACED | WCONTINUED | __WNOTHREAD |
			__WCLONE | __WALL))
		return -EINVAL;
	if (pid == S32_MIN)
		return -ESRCH;
	if (pid == -1) {
		wo.type = PIDTYPE_MAX;
	} else if (pid < 0) {
		ret = pick_pid(&wo, PIDTYPE_PGID, -pid);
	} else if (pid == 0) {
		wo.type = PIDTYPE_PGID;
		wo.pid = pid_get(task_pgrp(current));
	} else {
		ret = pick_pid(&wo, PIDTYPE_PID, pid);
	}
	if (!ret)
		ret = do_wait(&wo);
	pid_put(wo.pid);
	if (ret <= 0)
		return ret;
	if (status && put_user(wo.status, status))
		return -EFAULT;
	if (ru && copy_to_user(ru, &wo.ru, sizeof(wo.ru)))
		return -EFAULT;
	return wo.found;
}

static int waitid_target(struct wait_opts *wo, int which, pid_t id)
{
	switch (which) {
	case P_ALL:
		wo->type = PIDTYPE_MAX;
		return 0;
	case P_PID:
		return id <= 0 ? -EINVAL : pick_pid(wo, PIDTYPE_PID, id);
	case P_PGID:
		if (id < 0)
			return -EINVAL;
		if (id)
			return pick_pid(wo, PIDTYPE_PGID, id);
		wo->type = PIDTYPE_PGID;
		wo->pid = pid_get(task_pgrp(current));
		return 0;
	case P_PIDFD:
		if (id < 0)
			return -EINVAL;
		wo->type = PIDTYPE_PID;
		wo->pid = pidfd_get_pid((u32)id, &wo->flags);
		if (IS_ERR(wo->pid)) {
			int err = (int)PTR_ERR(wo->pid);

			wo->pid = NULL;
			return err;
		}
		return 0;
	default:
		return -EINVAL;
	}
}

static int put_waitid_info(siginfo_t __user *uinfo, const struct wait_opts *wo)
{
	siginfo_t info;

	siginfo_init(&info, wo->found ? SIGCHLD : 0, wo->found ? wo->why : 0);
	if (wo->found) {
		info.si_pid = wo->found;
		info.si_uid = wo->uid;
		if (wo->why == CLD_EXITED)
			info.si_status = wo->status >> 8 & 0xff;
		else if (wo->why == CLD_STOPPED)
			info.si_status = wo->status >> 8 & 0xff;
		else if (wo->why == CLD_CONTINUED)
			info.si_status = SIGCONT;
		else
			info.si_status = wo->status & 0x7f;
	}
	return copy_to_user(uinfo, &info, sizeof(info));
}

SYSCALL_DEFINE5(waitid, int, which, pid_t, id, siginfo_t __user *, uinfo, int,
		options, struct rusage __user *, ru)
{
	struct wait_opts wo = {.flags = options};
	long ret;

	if (options & ~(WNOHANG | WNOWAIT | WEXITED | WSTOPPED | WCONTINUED |
			__WNOTHREAD | __WCLONE | __WALL))
		return -EINVAL;
	if (!(options & (WEXITED | WSTOPPED | WCONTINUED)))
		return -EINVAL;
	ret = waitid_target(&wo, which, id);
	if (!ret)
		ret = do_wait(&wo);
	pid_put(wo.pid);
	if (ret < 0)
		return ret;
	if (which == P_PIDFD && !wo.found && (wo.flags & WNOHANG) &&
	    !(options & WNOHANG))
		return -EAGAIN;
	if (ret && ru && copy_to_user(ru, &wo.ru, sizeof(wo.ru)))
		return -EFAULT;
	if (uinfo && put_waitid_info(uinfo, &wo))
		return -EFAULT;
	return 0;
}
