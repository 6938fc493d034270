/*
 * Identities of processes: pids, process groups, sessions.
 */
#include <linnet/cred.h>
#include <linnet/errno.h>
#include <linnet/syscalls.h>
#include <linnet/task.h>
#include <linnet/tty.h>

SYSCALL_DEFINE0(getpid)
{
	return task_tgid(current);
}

SYSCALL_DEFINE0(gettid)
{
	return task_pid(current);
}

SYSCALL_DEFINE0(getppid)
{
	pid_t nr;

	rcu_read_lock();
	nr = task_tgid(READ_ONCE(current->real_parent));
	rcu_read_unlock();
	return nr;
}

/* pgrp or session of a process; a number of 0 means the caller's. */
static long get_id(pid_t nr, enum pid_type type)
{
	struct task *t;
	long ret = -ESRCH;

	rcu_read_lock();
	t = nr ? pid_task(pid_find(nr), PIDTYPE_PID) : current;
	if (t)
		ret = pid_nr(type == PIDTYPE_PGID ? task_pgrp(t)
						  : task_session(t));
	rcu_read_unlock();
	return ret;
}

SYSCALL_DEFINE1(getpgid, pid_t, nr)
{
	return get_id(nr, PIDTYPE_PGID);
}

SYSCALL_DEFINE1(getsid, pid_t, nr)
{
	return get_id(nr, PIDTYPE_SID);
}

/* POSIX setpgid(): the rules, in Linux's order. [tasklist] */
static int setpgid_check(struct task *p, struct pid *pgrp, pid_t pgid)
{
	struct task *member;

	if (!p || !thread_group_leader(p))
		return p ? -EINVAL : -ESRCH;
	if (same_thread_group(p->real_parent, current)) {
		if (task_session(p) != task_session(current))
			return -EPERM;
		if (!(p->flags & PF_FORKNOEXEC))
			return -EACCES;
	} else if (p != current->group_leader) {
		return -ESRCH;
	}
	if (p->tg->session_leader)
		return -EPERM;
	if (pgid != task_pid(p)) {
		member = pid_task(pgrp, PIDTYPE_PGID);
		if (!member || task_session(member) != task_session(current))
			return -EPERM;
	}
	return 0;
}

SYSCALL_DEFINE2(setpgid, pid_t, nr, pid_t, pgid)
{
	struct pid *pgrp;
	struct task *p;
	int err;

	if (!nr)
		nr = task_tgid(current);
	if (!pgid)
		pgid = nr;
	if (pgid < 0)
		return -EINVAL;
	spin_lock(&tasklist_lock);
	rcu_read_lock();
	p = pid_task(pid_find(nr), PIDTYPE_PID);
	pgrp = pid_find(pgid);
	err = setpgid_check(p, pgrp, pgid);
	if (!err && task_pgrp(p) != pgrp)
		change_pid(p, PIDTYPE_PGID, pgrp);
	rcu_read_unlock();
	spin_unlock(&tasklist_lock);
	return err;
}

SYSCALL_DEFINE0(setsid)
{
	struct task *leader = current->group_leader;
	struct pid *own = leader->pids[PIDTYPE_PID];
	int err = -EPERM;

	spin_lock(&tasklist_lock);
	if (!leader->tg->session_leader && !pid_task(own, PIDTYPE_PGID)) {
		leader->tg->session_leader = true;
		change_pid(leader, PIDTYPE_SID, own);
		change_pid(leader, PIDTYPE_PGID, own);
		err = own->nr;
	}
	spin_unlock(&tasklist_lock);
	if (err > 0)
		proc_clear_tty(current);
	return err;
}
