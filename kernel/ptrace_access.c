/*
 * May a task look into another one, or change it? (ptrace(2), "access mode
 * checking")
 *
 * Three questions, and all must be answered with yes: is it the same user, may the
 * process be looked into at all (dumpable), has the caller every capability that
 * the process has. CAP_SYS_PTRACE stands for each of them. A caller of a system call
 * counts with its real ids and what it is permitted, one that opens a file of
 * procfs with its file-system ids and what is effective.
 *
 * kernel.yama.ptrace_scope narrows what goes beyond reading: to descendants and
 * those who named the caller by prctl(PR_SET_PTRACER), to CAP_SYS_PTRACE, to none.
 */
#include <linnet/cred.h>
#include <linnet/errno.h>
#include <linnet/fdtable.h>
#include <linnet/mm.h>
#include <linnet/ptrace_access.h>
#include <linnet/spinlock.h>
#include <linnet/task.h>
#include <linux/prctl.h>

enum ptrace_scope {
	SCOPE_DISABLED = 0,
	SCOPE_DESCENDANTS = 1,
	SCOPE_CAPABILITY = 2,
	SCOPE_NONE = 3, /* until the next boot */
};

int sysctl_ptrace_scope;

static DEFINE_SPINLOCK(ptracer_lock); /* thread_group.ptracer */

/* --- who may trace a process besides its ancestors --- */

static void replace_ptracer(struct pid *pid, bool any)
{
	struct thread_group *tg = current->tg;
	struct pid *old;

	spin_lock(&ptracer_lock);
	old = tg->ptracer;
	tg->ptracer = pid;
	tg->ptracer_any = any;
	spin_unlock(&ptracer_lock);
	if (old)
		pid_put(old);
}

/**
 * prctl_set_ptracer - PR_SET_PTRACER: name the process that may trace the caller
 * @nr: its pid; 0: none any more; PR_SET_PTRACER_ANY: every one of the same user
 *
 * Return: 0, or -EINVAL without such a process.
 */
int prctl_set_ptracer(u64 nr)
{
	struct task *t;

	if (!nr || nr == PR_SET_PTRACER_ANY) {
		replace_ptracer(NULL, nr);
		return 0;
	}
	t = nr <= S32_MAX ? task_find_get((pid_t)nr) : NULL;
	if (!t)
		return -EINVAL;
	replace_ptracer(pid_get(t->group_leader->pids[PIDTYPE_PID]), false);
	task_put(t);
	return 0;
}

/* RCU read section. */
static bool is_descendant(const struct task *ancestor, struct task *t)
{
	for (;;) {
		t = READ_ONCE(t->group_leader);
		if (t == ancestor->group_leader)
			return true;
		if (t == &init_task)
			return false;
		t = rcu_dereference(t->real_parent);
	}
}

/* RCU read section. */
static bool is_named(struct task *tracer, const struct task *t)
{
	struct task *named = NULL;
	bool any;

	spin_lock(&ptracer_lock);
	any = t->tg->ptracer_any;
	if (t->tg->ptracer)
		named = pid_task(t->tg->ptracer, PIDTYPE_PID);
	spin_unlock(&ptracer_lock);
	return any || (named && is_descendant(named, tracer));
}

static bool scope_allows(struct task *t)
{
	bool ok;

	switch (READ_ONCE(sysctl_ptrace_scope)) {
	case SCOPE_DISABLED:
		return true;
	case SCOPE_DESCENDANTS:
		rcu_read_lock();
		ok = is_descendant(current, t) || is_named(current, t);
		rcu_read_unlock();
		return ok || capable(CAP_SYS_PTRACE);
	case SCOPE_CAPABILITY:
		return capable(CAP_SYS_PTRACE);
	default:
		return false;
	}
}

/**
 * sysctl_set_ptrace_scope - write kernel.yama.ptrace_scope
 * @v: 0 to 3; there is no way back from 3
 *
 * Return: 0, -EPERM without CAP_SYS_PTRACE, -EINVAL.
 */
int sysctl_set_ptrace_scope(s64 v)
{
	if (!capable(CAP_SYS_PTRACE))
		return -EPERM;
	if (READ_ONCE(sysctl_ptrace_scope) == SCOPE_NONE && v != SCOPE_NONE)
		return -EINVAL;
	WRITE_ONCE(sysctl_ptrace_scope, (int)v);
	return 0;
}

/* --- the check --- */

static bool same_user(const struct cred *tc, uid_t uid, gid_t gid)
{
	return uid == tc->euid && uid == tc->suid && uid == tc->uid &&
	       gid == tc->egid && gid == tc->sgid && gid == tc->gid;
}

static bool is_dumpable(struct task *t)
{
	bool ok;

	spin_lock(&t->lock);
	ok = !t->mm || READ_ONCE(t->mm->dumpable) == SUID_DUMP_USER;
	spin_unlock(&t->lock);
	return ok;
}

/**
 * ptrace_may_access - may the current task look into @t?
 * @t: referenced, or RCU read section
 * @mode: PTRACE_MODE_READ or _ATTACH, and whose ids count: _FSCREDS or _REALCREDS
 *
 * Context: any that may take t->lock.
 */
bool ptrace_may_access(struct task *t, u32 mode)
{
	const struct cred *c = current_cred(), *tc;
	bool fs = mode & PTRACE_MODE_FSCREDS;
	bool same, capped;

	if (same_thread_group(current, t))
		return true;
	rcu_read_lock();
	tc = rcu_dereference(t->real_cred);
	same = same_user(tc, fs ? c->fsuid : c->uid, fs ? c->fsgid : c->gid);
	capped = !(tc->cap_permitted &
		   ~(fs ? c->cap_effective : c->cap_permitted));
	rcu_read_unlock();
	/* Who lost rights is not dumpable before his ids say so: see the ids
	 * first. Pairs with the release in cred_commit(). */
	smp_rmb();
	if (!(same && capped && is_dumpable(t)) && !capable(CAP_SYS_PTRACE))
		return false;
	return !(mode & PTRACE_MODE_ATTACH) || scope_allows(t);
}

/**
 * ptrace_mm_get - the memory of a task that the current one may look into
 * @t: referenced
 * @mode: as for ptrace_may_access()
 *
 * The task may execute a program meanwhile: who was allowed to see the old memory
 * does not get the new one instead.
 *
 * Context: may sleep; takes exec_lock of @t.
 * Return: referenced; NULL, it has none; ERR_PTR(-EACCES).
 */
struct mm *ptrace_mm_get(struct task *t, u32 mode)
{
	struct mm *mm;

	down_read(&t->tg->exec_lock);
	mm = ptrace_may_access(t, mode) ? task_mm_get(t) : ERR_PTR(-EACCES);
	up_read(&t->tg->exec_lock);
	return mm;
}

/**
 * ptrace_file_get - an open file of a task that the current one may look into
 * @t: referenced
 * @fd: its descriptor
 * @mode: as for ptrace_may_access()
 *
 * Context: may sleep; takes exec_lock of @t.
 * Return: referenced; ERR_PTR(-EBADF, -EPERM).
 */
struct file *ptrace_file_get(struct task *t, u32 fd, u32 mode)
{
	struct file *f = ERR_PTR(-EPERM);

	down_read(&t->tg->exec_lock);
	if (ptrace_may_access(t, mode)) {
		f = fget_task(t, fd);
		if (!f)
			f = ERR_PTR(-EBADF);
	}
	up_read(&t->tg->exec_lock);
	return f;
}
