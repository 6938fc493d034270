/*
 * prctl(2): what a process sets about itself.
 */
#include <asm/uaccess.h>
#include <linnet/cred.h>
#include <linnet/errno.h>
#include <linnet/mm.h>
#include <linnet/ptrace_access.h>
#include <linnet/syscalls.h>
#include <linnet/task.h>
#include <linux/prctl.h>
#include <linux/securebits.h>

static long prctl_name(int op, u64 arg)
{
	char name[TASK_COMM_LEN] = {0};

	if (op == PR_GET_NAME) {
		get_task_comm(name, current);
		return copy_to_user((void __user *)arg, name, sizeof(name));
	}
	if (strncpy_from_user(name, (const char __user *)arg,
			      sizeof(name) - 1) < 0)
		return -EFAULT;
	set_task_comm(current, name);
	return 0;
}

static long set_subreaper(bool on)
{
	struct task *p;

	current->tg->child_subreaper = on;
	if (!on)
		return 0;
	/* Descendants look for a subreaper only if there may be one. */
	spin_lock(&tasklist_lock);
	for_each_process(p) {
		struct task *up = p->real_parent;

		while (up != &init_task && !same_thread_group(up, current))
			up = up->real_parent;
		if (same_thread_group(up, current))
			p->tg->has_child_subreaper = true;
	}
	spin_unlock(&tasklist_lock);
	return 0;
}

static long set_securebits(u32 bits)
{
	struct cred *c = cred_prepare();

	if (!c)
		return -ENOMEM;
	c->securebits = bits;
	cred_commit(c);
	return 0;
}

/* A locked bit stays as it is, and so does the lock (capabilities(7)). */
static long prctl_securebits(u64 bits)
{
	u64 old = current_cred()->securebits;
	u64 locks = old & SECURE_ALL_LOCKS;

	if (locks >> 1 & (old ^ bits) || locks & ~bits ||
	    bits & ~(u64)(SECURE_ALL_BITS | SECURE_ALL_LOCKS) ||
	    !capable(CAP_SETPCAP))
		return -EPERM;
	return set_securebits((u32)bits);
}

static long prctl_keepcaps(u64 on)
{
	u32 bits = current_cred()->securebits;

	if (on > 1)
		return -EINVAL;
	if (bits & SECBIT_KEEP_CAPS_LOCKED)
		return -EPERM;
	bits &= ~(u32)SECBIT_KEEP_CAPS;
	return set_securebits(on ? bits | SECBIT_KEEP_CAPS : bits);
}

static long set_no_new_privs(void)
{
	struct cred *c = cred_prepare();

	if (!c)
		return -ENOMEM;
	c->no_new_privs = true;
	cred_commit(c);
	return 0;
}

static long prctl_capbset(int op, u64 cap)
{
	struct cred *c;

	if (cap > CAP_LAST_CAP)
		return -EINVAL;
	if (op == PR_CAPBSET_READ)
		return current_cred()->cap_bset >> cap & 1;
	if (!capable(CAP_SETPCAP))
		return -EPERM;
	c = cred_prepare();
	if (!c)
		return -ENOMEM;
	c->cap_bset &= ~(1ul << cap);
	cred_commit(c);
	return 0;
}

/* May the current task raise @cap in its ambient set? */
static bool may_raise_ambient(const struct cred *c, u64 cap)
{
	return c->cap_permitted >> cap & 1 && c->cap_inheritable >> cap & 1 &&
	       !(c->securebits & (1 << SECURE_NO_CAP_AMBIENT_RAISE));
}

static long prctl_ambient(u64 op, u64 cap)
{
	const struct cred *old = current_cred();
	struct cred *c;

	if (op == PR_CAP_AMBIENT_CLEAR_ALL ? cap != 0 : cap > CAP_LAST_CAP)
		return -EINVAL;
	switch (op) {
	case PR_CAP_AMBIENT_IS_SET:
		return old->cap_ambient >> cap & 1;
	case PR_CAP_AMBIENT_RAISE:
		if (!may_raise_ambient(old, cap))
			return -EPERM;
		break;
	case PR_CAP_AMBIENT_LOWER:
	case PR_CAP_AMBIENT_CLEAR_ALL:
		break;
	default:
		return -EINVAL;
	}
	c = cred_prepare();
	if (!c)
		return -ENOMEM;
	if (op == PR_CAP_AMBIENT_RAISE)
		c->cap_ambient |= 1ul << cap;
	else if (op == PR_CAP_AMBIENT_LOWER)
		c->cap_ambient &= ~(1ul << cap);
	else
		c->cap_ambient = 0;
	cred_commit(c);
	return 0;
}

SYSCALL_DEFINE5(prctl, int, op, u64, a2, u64, a3, u64, a4, u64, a5)
{
	struct mm *mm = current->mm;

	switch (op) {
	case PR_SET_NAME:
	case PR_GET_NAME:
		return prctl_name(op, a2);
	case PR_SET_PDEATHSIG:
		if (a2 > NSIG_MAX)
			return -EINVAL;
		current->pdeath_signal = (int)a2;
		return 0;
	case PR_GET_PDEATHSIG:
		return put_user(current->pdeath_signal, (int __user *)a2);
	case PR_GET_DUMPABLE:
		return mm->dumpable;
	case PR_SET_DUMPABLE:
		if (a2 > SUID_DUMP_USER)
			return -EINVAL;
		mm->dumpable = (u32)a2;
		return 0;
	case PR_SET_PTRACER:
		return prctl_set_ptracer(a2);
	case PR_SET_CHILD_SUBREAPER:
		return set_subreaper(a2);
	case PR_GET_CHILD_SUBREAPER:
		return put_user(current->tg->child_subreaper, (int __user *)a2);
	case PR_SET_NO_NEW_PRIVS:
		if (a2 != 1 || a3 || a4 || a5)
			return -EINVAL;
		return set_no_new_privs();
	case PR_GET_NO_NEW_PRIVS:
		if (a2 || a3 || a4 || a5)
			return -EINVAL;
		return current_cred()->no_new_privs;
	case PR_GET_SECUREBITS:
		return (long)current_cred()->securebits;
	case PR_SET_SECUREBITS:
		return prctl_securebits(a2);
	case PR_GET_KEEPCAPS:
		return !!(current_cred()->securebits & SECBIT_KEEP_CAPS);
	case PR_SET_KEEPCAPS:
		return prctl_keepcaps(a2);
	case PR_CAPBSET_READ:
	case PR_CAPBSET_DROP:
		return prctl_capbset(op, a2);
	case PR_CAP_AMBIENT:
		return a4 || a5 ? -EINVAL : prctl_ambient(a2, a3);
	case PR_SET_TIMERSLACK:
		current->timer_slack_ns = a2 ? a2 : TIMER_SLACK_DEFAULT;
		return 0;
	case PR_GET_TIMERSLACK:
		return (long)current->timer_slack_ns;
	case PR_GET_TID_ADDRESS:
		return put_user((u64)current->clear_child_tid,
				(u64 __user *)a2);
	case PR_GET_TIMING:
		return PR_TIMING_STATISTICAL;
	case PR_SET_TIMING: /* the only kind there is */
		return a2 == PR_TIMING_STATISTICAL ? 0 : -EINVAL;
	case PR_PAC_RESET_KEYS:
		return a3 || a4 || a5 ? -EINVAL : pauth_reset_keys(a2);
	case PR_PAC_SET_ENABLED_KEYS:
		return a4 || a5 ? -EINVAL : pauth_set_enabled_keys(a2, a3);
	case PR_PAC_GET_ENABLED_KEYS:
		return a2 || a3 || a4 || a5 ? -EINVAL
					    : pauth_get_enabled_keys();
	case PR_GET_THP_DISABLE: /* there are no huge pages to turn off */
		return a2 || a3 || a4 || a5 ? -EINVAL : 0;
	default:
		return -EINVAL;
	}
}
