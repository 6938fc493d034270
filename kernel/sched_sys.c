/*
 * Scheduling parameters: nice, policies, affinity, and load figures.
 */
#include <asm/uaccess.h>
#include <linnet/cred.h>
#include <linnet/errno.h>
#include <linnet/futex.h>
#include <linnet/init.h>
#include <linnet/string.h>
#include <linnet/syscalls.h>
#include <linux/sched.h>
#include <linux/sched/types.h>
#include "sched.h"

void set_user_nice(struct task *t, int nice)
{
	struct task_lock l = task_change_lock(t);
	struct rq *rq = l.rq;
	struct sched_change c = sched_change_begin(rq, t);

	t->se.nice = nice;
	t->se.weight = t->se.policy == SCHED_IDLE ? 3 : nice_to_weight(nice);
	sched_change_end(rq, t, c);
	task_change_unlock(t, l);
}

/*
 * Change where a task may run. Wakers, which choose a CPU, are kept out; so a task
 * that sleeps now is placed by the new mask.
 */
int set_cpus_allowed(struct task *t, const cpumask_t *mask)
{
	bool running = false;
	struct task_lock l;
	struct rq *rq;

	if (!(mask->bits & cpu_online_mask.bits))
		return -EINVAL;
	l = task_change_lock(t);
	rq = l.rq;
	t->se.allowed = *mask;
	if (!cpumask_test(mask, rq->cpu) && t->on_rq) {
		if (rq->curr != t)
			move_waiting(rq, t);
		/* Still here: it runs, perhaps only since. */
		running = t->ti.cpu == rq->cpu && t->on_rq;
	}
	task_change_unlock(t, l);
	return running ? migrate_running(t) : 0;
}

/* --- who may change whom --- */

static bool owns(struct task *t)
{
	const struct cred *c = current_cred(), *tc;
	bool r;

	rcu_read_lock();
	tc = rcu_dereference(t->real_cred);
	r = c->euid == tc->euid || c->euid == tc->uid;
	rcu_read_unlock();
	return r || capable(CAP_SYS_NICE);
}

static bool can_nice(struct task *t, int nice)
{
	return (u64)(20 - nice) <= t->tg->rlim[RLIMIT_NICE].rlim_cur ||
	       capable(CAP_SYS_NICE);
}

static struct task *task_of(pid_t nr)
{
	return nr ? task_find_get(nr) : task_get(current);
}

/* --- nice --- */

static int set_one_prio(struct task *t, int nice, int err)
{
	const struct cred *c = current_cred(), *tc = t->real_cred;

	if (tc->uid != c->euid && tc->euid != c->euid && !capable(CAP_SYS_NICE))
		return -EPERM;
	if (nice < t->se.nice && !can_nice(t, nice))
		return -EACCES;
	if (err == -ESRCH)
		err = 0;
	set_user_nice(t, nice);
	return err;
}

int for_each_named_task(int which, int who,
			int (*fn)(struct task *t, int arg, int acc), int arg,
			int acc)
{
	struct task *p, *t;
	struct pid *pid;

	switch (which) {
	case PRIO_PROCESS:
		t = who ? pid_task(pid_find(who), PIDTYPE_PID) : current;
		return t ? fn(t, arg, acc) : acc;
	case PRIO_PGRP:
		pid = who ? pid_find(who) : task_pgrp(current);
		if (!pid)
			return acc;
		for_each_pid_task(pid, PIDTYPE_PGID, p)
			for_each_thread(p, t)
				acc = fn(t, arg, acc);
		return acc;
	default:
		for_each_process(p)
			for_each_thread(p, t)
				if (t->real_cred->uid ==
				    (who ? (uid_t)who : current_cred()->uid))
					acc = fn(t, arg, acc);
		return acc;
	}
}

SYSCALL_DEFINE3(setpriority, int, which, int, who, int, nice)
{
	int err;

	if (which < PRIO_PROCESS || which > PRIO_USER)
		return -EINVAL;
	nice = clamp(nice, -20, 19);
	spin_lock(&tasklist_lock);
	rcu_read_lock();
	err = for_each_named_task(which, who, set_one_prio, nice, -ESRCH);
	rcu_read_unlock();
	spin_unlock(&tasklist_lock);
	return err;
}

static int max_prio(struct task *t, int arg, int acc)
{
	(void)arg;
	return max(acc, 20 - t->se.nice);
}

/* 40 ... 1, so that a valid result is never negative. */
SYSCALL_DEFINE2(getpriority, int, which, int, who)
{
	int r;

	if (which < PRIO_PROCESS || which > PRIO_USER)
		return -EINVAL;
	spin_lock(&tasklist_lock);
	rcu_read_lock();
	r = for_each_named_task(which, who, max_prio, 0, -ESRCH);
	rcu_read_unlock();
	spin_unlock(&tasklist_lock);
	return r;
}

/* --- policies --- */

static bool policy_is_rt(int policy)
{
	return policy == SCHED_FIFO || policy == SCHED_RR;
}

static int check_policy(struct task *t, int policy, int prio, bool reset)
{
	u64 rtprio = t->tg->rlim[RLIMIT_RTPRIO].rlim_cur;

	if (policy != SCHED_NORMAL && policy != SCHED_BATCH &&
	    policy != SCHED_IDLE && !policy_is_rt(policy))
		return -EINVAL;
	if (prio < 0 || prio > 99 || policy_is_rt(policy) != (prio != 0))
		return -EINVAL;
	if (capable(CAP_SYS_NICE))
		return 0;
	if (t->se.reset_on_fork && !reset)
		return -EPERM;
	if (policy_is_rt(policy) &&
	    ((policy != t->se.policy && !rtprio) ||
	     (prio > t->se.rt_priority && (u64)prio > rtprio)))
		return -EPERM;
	if (t->se.policy == SCHED_IDLE && policy != SCHED_IDLE &&
	    !can_nice(t, t->se.nice))
		return -EPERM;
	return owns(t) ? 0 : -EPERM;
}

static void apply_policy(struct task *t, int policy, int prio, bool reset)
{
	struct task_lock l = task_change_lock(t);
	struct rq *rq = l.rq;
	struct sched_change c = sched_change_begin(rq, t);

	if (!task_is_rt(t) != !prio && !prio)
		t->se.vruntime = rq->fair.min_vruntime;
	t->se.policy = policy;
	t->se.rt_priority = prio;
	t->se.reset_on_fork = reset;
	t->se.weight = policy == SCHED_IDLE ? 3 : nice_to_weight(t->se.nice);
	sched_change_end(rq, t, c);
	task_change_unlock(t, l);
	futex_pi_reprioritize(t);
}

void sched_boost(struct task *t, u32 prio)
{
	struct task_lock l = task_change_lock(t);
	struct rq *rq = l.rq;
	struct sched_change c = sched_change_begin(rq, t);

	if (task_is_rt(t) && !prio && !t->se.rt_priority)
		t->se.vruntime = rq->fair.min_vruntime;
	t->se.boost = (u8)prio;
	sched_change_end(rq, t, c);
	task_change_unlock(t, l);
}

/* @policy < 0: keep it. */
static int set_scheduler(pid_t nr, int policy, int prio)
{
	bool reset = policy >= 0 && policy & SCHED_RESET_ON_FORK;
	struct task *t;
	int err;

	if (nr < 0)
		return -EINVAL;
	t = task_of(nr);
	if (!t)
		return -ESRCH;
	if (policy < 0) {
		policy = t->se.policy;
		reset = t->se.reset_on_fork;
	}
	policy &= ~SCHED_RESET_ON_FORK;
	err = check_policy(t, policy, prio, reset);
	if (!err)
		apply_policy(t, policy, prio, reset);
	task_put(t);
	return err;
}

SYSCALL_DEFINE3(sched_setscheduler, pid_t, nr, int, policy,
		struct sched_param __user *, uparam)
{
	int prio;

	if (!uparam || policy < 0)
		return -EINVAL;
	if (get_user(prio, (int __user *)uparam))
		return -EFAULT;
	return set_scheduler(nr, policy, prio);
}

SYSCALL_DEFINE2(sched_setparam, pid_t, nr, struct sched_param __user *, uparam)
{
	int prio;

	if (!uparam)
		return -EINVAL;
	if (get_user(prio, (int __user *)uparam))
		return -EFAULT;
	return set_scheduler(nr, -1, prio);
}

SYSCALL_DEFINE1(sched_getscheduler, pid_t, nr)
{
	struct task *t;
	long r;

	if (nr < 0)
		return -EINVAL;
	t = task_of(nr);
	if (!t)
		return -ESRCH;
	r = t->se.policy | (t->se.reset_on_fork ? SCHED_RESET_ON_FORK : 0);
	task_put(t);
	return r;
}

SYSCALL_DEFINE2(sched_getparam, pid_t, nr, struct sched_param __user *, uparam)
{
	struct task *t;
	int prio;

	if (nr < 0 || !uparam)
		return -EINVAL;
	t = task_of(nr);
	if (!t)
		return -ESRCH;
	prio = t->se.rt_priority;
	task_put(t);
	return put_user(prio, (int __user *)uparam);
}

/* --- policies with all their parameters --- */

/* -E2BIG tells the caller which size we know. */
static int copy_attr(struct sched_attr *a, struct sched_attr __user *uattr)
{
	u32 size;
	int err;

	if (get_user(size, &uattr->size))
		return -EFAULT;
	if (!size)
		size = SCHED_ATTR_SIZE_VER0;
	err = size < SCHED_ATTR_SIZE_VER0 || size > PAGE_SIZE
		      ? -E2BIG
		      : copy_struct_from_user(a, sizeof(*a), uattr, size);
	if (err == -E2BIG && put_user((u32)sizeof(*a), &uattr->size))
		return -EFAULT;
	if (err)
		return err;
	if (a->sched_flags & SCHED_FLAG_UTIL_CLAMP && size < SCHED_ATTR_SIZE_VER1)
		return -EINVAL;
	a->sched_nice = clamp(a->sched_nice, -20, 19);
	return 0;
}

static int set_attr(struct task *t, const struct sched_attr *a)
{
	bool keep = a->sched_flags & SCHED_FLAG_KEEP_PARAMS;
	int policy = a->sched_flags & SCHED_FLAG_KEEP_POLICY
			     ? (int)t->se.policy : (int)a->sched_policy;
	int prio = keep ? (int)t->se.rt_priority : (int)a->sched_priority;
	int nice = keep ? t->se.nice : a->sched_nice, err;
	bool reset = a->sched_flags & SCHED_FLAG_RESET_ON_FORK;

	if (a->sched_flags & ~(u64)SCHED_FLAG_ALL)
		return -EINVAL;
	if (a->sched_flags & SCHED_FLAG_UTIL_CLAMP)
		return -EOPNOTSUPP;
	err = check_policy(t, policy, prio, reset);
	if (err)
		return err;
	if (!policy_is_rt(policy) && nice < t->se.nice && !can_nice(t, nice))
		return -EPERM;
	apply_policy(t, policy, prio, reset);
	if (!policy_is_rt(policy))
		set_user_nice(t, nice);
	return 0;
}

SYSCALL_DEFINE3(sched_setattr, pid_t, nr, struct sched_attr __user *, uattr,
		u32, flags)
{
	struct sched_attr a;
	struct task *t;
	int err;

	if (!uattr || nr < 0 || flags)
		return -EINVAL;
	err = copy_attr(&a, uattr);
	if (err)
		return err;
	if ((int)a.sched_policy < 0)
		return -EINVAL;
	t = task_of(nr);
	if (!t)
		return -ESRCH;
	err = set_attr(t, &a);
	task_put(t);
	return err;
}

SYSCALL_DEFINE4(sched_getattr, pid_t, nr, struct sched_attr __user *, uattr,
		u32, usize, u32, flags)
{
	struct sched_attr a = {.size = min(usize, (u32)sizeof(a))};
	struct task *t;

	if (!uattr || nr < 0 || usize > PAGE_SIZE ||
	    usize < SCHED_ATTR_SIZE_VER0 || flags)
		return -EINVAL;
	t = task_of(nr);
	if (!t)
		return -ESRCH;
	a.sched_policy = (u32)t->se.policy;
	if (t->se.reset_on_fork)
		a.sched_flags = SCHED_FLAG_RESET_ON_FORK;
	if (policy_is_rt(t->se.policy))
		a.sched_priority = (u32)t->se.rt_priority;
	else
		a.sched_nice = t->se.nice;
	task_put(t);
	return copy_to_user(uattr, &a, a.size) ? -EFAULT : 0;
}

SYSCALL_DEFINE1(sched_get_priority_max, int, policy)
{
	if (policy_is_rt(policy))
		return 99;
	return policy == SCHED_NORMAL || policy == SCHED_BATCH ||
			       policy == SCHED_IDLE || policy == SCHED_DEADLINE
		       ? 0 : -EINVAL;
}

SYSCALL_DEFINE1(sched_get_priority_min, int, policy)
{
	if (policy_is_rt(policy))
		return 1;
	return policy == SCHED_NORMAL || policy == SCHED_BATCH ||
			       policy == SCHED_IDLE || policy == SCHED_DEADLINE
		       ? 0 : -EINVAL;
}

SYSCALL_DEFINE2(sched_rr_get_interval, pid_t, nr,
		struct __kernel_timespec __user *, uts)
{
	struct __kernel_timespec ts = {0, 0};
	struct task *t;

	if (nr < 0)
		return -EINVAL;
	t = task_of(nr);
	if (!t)
		return -ESRCH;
	if (t->se.policy == SCHED_RR)
		ts = ktime_to_timespec((ktime_t)rr_slice());
	else if (t->se.policy != SCHED_FIFO)
		ts.tv_nsec = 4000000;
	task_put(t);
	return put_timespec(&ts, uts);
}

SYSCALL_DEFINE0(sched_yield)
{
	yield();
	return 0;
}

/* --- affinity --- */

SYSCALL_DEFINE3(sched_setaffinity, pid_t, nr, u32, len, u64 __user *, umask)
{
	cpumask_t mask = {0};
	struct task *t;
	int err;

	if (copy_from_user(&mask, umask, min(len, (u32)sizeof(mask))))
		return -EFAULT;
	t = task_of(nr);
	if (!t)
		return -ESRCH;
	mask.bits &= cpu_possible_mask.bits;
	err = owns(t) ? set_cpus_allowed(t, &mask) : -EPERM;
	task_put(t);
	return err;
}

SYSCALL_DEFINE3(sched_getaffinity, pid_t, nr, u32, len, u64 __user *, umask)
{
	struct task *t;
	u64 bits;

	if (len * 8ul < nr_cpus || len % sizeof(u64))
		return -EINVAL;
	t = task_of(nr);
	if (!t)
		return -ESRCH;
	bits = t->se.allowed.bits & cpu_possible_mask.bits;
	task_put(t);
	if (copy_to_user(umask, &bits, sizeof(bits)))
		return -EFAULT;
	return sizeof(bits);
}
