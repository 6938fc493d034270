/*
 * I/O priorities, ioprio_get(2) and ioprio_set(2): a class and a level that a
 * thread's requests to disks carry. It is kept and inherited; there are no disks
 * yet that would look at it.
 */
#include <linnet/cred.h>
#include <linnet/errno.h>
#include <linnet/syscalls.h>
#include <linnet/task.h>
#include <linux/ioprio.h>
#include "sched.h"

static int check(int prio)
{
	int level = prio & (IOPRIO_NR_LEVELS - 1); /* above it: hints */

	switch (prio >> IOPRIO_CLASS_SHIFT) {
	case IOPRIO_CLASS_RT:
		if (!capable(CAP_SYS_ADMIN) && !capable(CAP_SYS_NICE))
			return -EPERM;
		__fallthrough;
	case IOPRIO_CLASS_BE:
	case IOPRIO_CLASS_IDLE:
		return 0;
	case IOPRIO_CLASS_NONE:
		return level ? -EINVAL : 0;
	default:
		return -EINVAL;
	}
}

static int set_one(struct task *t, int prio, int err)
{
	const struct cred *c = current_cred(), *tc = t->real_cred;

	if (tc->uid != c->euid && tc->uid != c->uid && !capable(CAP_SYS_NICE))
		return -EPERM;
	t->ioprio = (u16)prio;
	return err == -ESRCH ? 0 : err;
}

static int or_default(int prio)
{
	return prio ? prio
		    : (int)IOPRIO_PRIO_VALUE(IOPRIO_CLASS_BE, IOPRIO_BE_NORM);
}

/* Of several threads the best counts: the lowest number. */
static int best(struct task *t, int unused, int acc)
{
	(void)unused;
	return acc < 0 ? (int)t->ioprio
		       : min(or_default(acc), or_default(t->ioprio));
}

/* The values of IOPRIO_WHO_* are those of PRIO_* and one. */
static long for_named(int which, int who,
		      int (*fn)(struct task *t, int arg, int acc), int arg)
{
	long ret;

	if (which < IOPRIO_WHO_PROCESS || which > IOPRIO_WHO_USER)
		return -EINVAL;
	spin_lock(&tasklist_lock);
	rcu_read_lock();
	ret = for_each_named_task(which - IOPRIO_WHO_PROCESS, who, fn, arg,
				  -ESRCH);
	rcu_read_unlock();
	spin_unlock(&tasklist_lock);
	return ret;
}

SYSCALL_DEFINE3(ioprio_set, int, which, int, who, int, prio)
{
	int err = check(prio);

	return err ? err : for_named(which, who, set_one, prio);
}

SYSCALL_DEFINE2(ioprio_get, int, which, int, who)
{
	return for_named(which, who, best, 0);
}
