/*
 * The signal system calls: actions, masks, waiting, sending.
 */
#include <asm/ptregs.h>
#include <asm/uaccess.h>
#include <linnet/cred.h>
#include <linnet/errno.h>
#include <linnet/hrtimer.h>
#include <linnet/pidfd.h>
#include <linnet/signal.h>
#include <linnet/string.h>
#include <linnet/syscalls.h>
#include <linnet/task.h>

/* The ABI's struct sigaction on arm64. */
struct user_sigaction {
	u64 handler, flags, restorer, mask;
};

#define SIGSET_SIZE sizeof(sigset_t)

static bool valid_signal(int sig)
{
	return sig >= 0 && sig <= NSIG_MAX;
}

/* --- actions --- */

static bool handler_ignores(int sig, const struct kernel_sigaction *ka)
{
	if (ka->handler == (void __user *)SIG_IGN)
		return true;
	return ka->handler == (void __user *)SIG_DFL &&
	       (sig == SIGCONT || sig == SIGCHLD || sig == SIGWINCH ||
		sig == SIGURG);
}

/* A signal that is now ignored is removed where it is pending (POSIX). */
static void discard_pending(int sig)
{
	struct task *t;

	signal_flush_one(&current->tg->shared, sig);
	list_for_each_entry(t, &current->tg->threads, thread_node)
		signal_flush_one(&t->pending, sig);
}

__no_canary long sys_rt_sigaction(u64 sig, u64 act, u64 old, u64 size);
SYSCALL_DEFINE4(rt_sigaction, int, sig, const struct user_sigaction __user *,
		act, struct user_sigaction __user *, oact, size_t, size)
{
	struct user_sigaction u = {0}, old;
	struct kernel_sigaction *ka;

	if (size != SIGSET_SIZE)
		return -EINVAL;
	if (act && copy_from_user(&u, act, sizeof(u)))
		return -EFAULT;
	if (sig < 1 || sig > NSIG_MAX ||
	    (act && (sig == SIGKILL || sig == SIGSTOP)))
		return -EINVAL;
	ka = &current->sighand->action[sig - 1];
	spin_lock_irq(&current->sighand->lock);
	old = (struct user_sigaction){(u64)ka->handler, ka->flags,
				      (u64)ka->restorer, ka->mask};
	if (act) {
		u.flags &= SA_NOCLDSTOP | SA_NOCLDWAIT | SA_SIGINFO |
			   SA_ONSTACK | SA_RESTART | SA_NODEFER |
			   SA_RESETHAND | SA_EXPOSE_TAGBITS | SA_RESTORER;
		u.mask &= ~(sigmask(SIGKILL) | sigmask(SIGSTOP));
		*ka = (struct kernel_sigaction){(void __user *)u.handler, u.flags,
						(void __user *)u.restorer,
						u.mask};
		if (handler_ignores(sig, ka))
			discard_pending(sig);
	}
	spin_unlock_irq(&current->sighand->lock);
	return oact ? copy_to_user(oact, &old, sizeof(old)) : 0;
}

/* --- masks --- */

__no_canary long sys_rt_sigprocmask(u64 how, u64 set, u64 old, u64 size);
SYSCALL_DEFINE4(rt_sigprocmask, int, how, const sigset_t __user *, set,
		sigset_t __user *, oset, size_t, size)
{
	u64 old = current->blocked, mask;

	if (size != SIGSET_SIZE)
		return -EINVAL;
	if (set) {
		if (copy_from_user(&mask, set, sizeof(mask)))
			return -EFAULT;
		switch (how) {
		case SIG_BLOCK:
			mask |= old;
			break;
		case SIG_UNBLOCK:
			mask = old & ~mask;
			break;
		case SIG_SETMASK:
			break;
		default:
			return -EINVAL;
		}
		set_current_blocked(mask);
	}
	return oset ? copy_to_user(oset, &old, sizeof(old)) : 0;
}

SYSCALL_DEFINE2(rt_sigpending, sigset_t __user *, set, size_t, size)
{
	u64 pending;

	if (size > SIGSET_SIZE)
		return -EINVAL;
	spin_lock_irq(&current->sighand->lock);
	pending = current->pending.set | current->tg->shared.set;
	spin_unlock_irq(&current->sighand->lock);
	pending &= current->blocked;
	return copy_to_user(set, &pending, size);
}

/* Temporary mask of ppoll, pselect6, epoll_pwait: undone on return. */
__no_canary int set_user_sigmask(const sigset_t __user *umask, size_t size)
{
	u64 mask;

	if (!umask)
		return 0;
	if (size != SIGSET_SIZE)
		return -EINVAL;
	if (copy_from_user(&mask, umask, sizeof(mask)))
		return -EFAULT;
	set_ti_flag(current, TIF_RESTORE_MASK);
	current->saved_mask = current->blocked;
	set_current_blocked(mask);
	return 0;
}

/* The call ended: a handler, if one runs, sees the temporary mask. */
void restore_saved_sigmask_unless(bool interrupted)
{
	if (interrupted || !test_ti_flag(current, TIF_RESTORE_MASK))
		return;
	clear_ti_flag(current, TIF_RESTORE_MASK);
	set_current_blocked(current->saved_mask);
}

SYSCALL_DEFINE2(rt_sigsuspend, const sigset_t __user *, umask, size_t, size)
{
	u64 mask;

	if (size != SIGSET_SIZE)
		return -EINVAL;
	if (copy_from_user(&mask, umask, sizeof(mask)))
		return -EFAULT;
	current->saved_mask = current->blocked;
	set_current_blocked(mask);
	current->wchan = "sigsuspend";
	while (!signal_pending(current)) {
		set_current_state(TASK_INTERRUPTIBLE);
		if (!signal_pending(current))
			schedule();
		__set_current_state(TASK_RUNNING);
	}
	current->wchan = NULL;
	set_ti_flag(current, TIF_RESTORE_MASK);
	return -ERESTARTNOHAND;
}

/* --- waiting for a signal --- */

static int take_of_set(u64 set, siginfo_t *info)
{
	int sig;

	spin_lock_irq(&current->sighand->lock);
	sig = dequeue_signal(current, ~set, info);
	spin_unlock_irq(&current->sighand->lock);
	return sig;
}

SYSCALL_DEFINE4(rt_sigtimedwait, const sigset_t __user *, uset,
		siginfo_t __user *, uinfo,
		const struct __kernel_timespec __user *, uts, size_t, size)
{
	ktime_t expires = KTIME_MAX;
	struct __kernel_timespec ts;
	siginfo_t info;
	u64 set, blocked;
	int sig, err;

	if (size != SIGSET_SIZE)
		return -EINVAL;
	if (copy_from_user(&set, uset, sizeof(set)))
		return -EFAULT;
	if (uts) {
		err = get_timespec(&ts, uts);
		if (err)
			return err;
		expires = ktime_add_safe(ktime_get(), timespec_to_ktime(&ts));
	}
	set &= ~(sigmask(SIGKILL) | sigmask(SIGSTOP));
	sig = take_of_set(set, &info);
	if (!sig && (!uts || ts.tv_sec || ts.tv_nsec)) {
		/* Unblocked while we sleep, so that they wake us. */
		blocked = current->blocked;
		set_current_state(TASK_INTERRUPTIBLE);
		spin_lock_irq(&current->sighand->lock);
		current->real_blocked = blocked;
		current->blocked &= ~set;
		recalc_sigpending();
		spin_unlock_irq(&current->sighand->lock);
		schedule_timeout_at(expires);
		__set_current_state(TASK_RUNNING);
		sig = take_of_set(set, &info);
		spin_lock_irq(&current->sighand->lock);
		current->real_blocked = 0;
		spin_unlock_irq(&current->sighand->lock);
		set_current_blocked(blocked);
	}
	if (!sig)
		return signal_pending(current) ? -EINTR : -EAGAIN;
	if (uinfo && copy_to_user(uinfo, &info, sizeof(info)))
		return -EFAULT;
	return sig;
}

/* --- sending --- */

/* With permission check. A process or one thread. */
static int send_checked(struct task *t, int sig, siginfo_t *info, bool group)
{
	if (!may_signal(t, sig))
		return -EPERM;
	if (!sig)
		return 0;
	return send_signal(sig, info, t, group);
}

static int kill_one(pid_t nr, int sig)
{
	struct task *t;
	int err = -ESRCH;

	rcu_read_lock();
	t = pid_task(pid_find(nr), PIDTYPE_PID);
	if (t)
		err = send_checked(t, sig, SEND_SIG_NOINFO, true);
	rcu_read_unlock();
	return err;
}

static int kill_group(struct pid *pgrp, int sig)
{
	int err = -ESRCH, ok = 0;
	struct task *t;

	spin_lock(&tasklist_lock);
	if (pgrp) {
		for_each_pid_task(pgrp, PIDTYPE_PGID, t) {
			int e = send_checked(t, sig, SEND_SIG_NOINFO, true);

			if (!e)
				ok = 1;
			else
				err = e;
		}
	}
	spin_unlock(&tasklist_lock);
	return ok ? 0 : err;
}

/* kill(-1): everybody but init and ourselves. A refusal is not told. */
static int kill_all(int sig)
{
	int err = -ESRCH;
	struct task *t;

	spin_lock(&tasklist_lock);
	for_each_process(t) {
		int e = -EPERM;

		if (t == child_reaper || same_thread_group(t, current))
			continue;
		if (!(t->flags & PF_KTHREAD))
			e = send_checked(t, sig, SEND_SIG_NOINFO, true);
		err = e == -EPERM ? 0 : e;
	}
	spin_unlock(&tasklist_lock);
	return err;
}

SYSCALL_DEFINE2(kill, pid_t, nr, int, sig)
{
	struct pid *p;
	int err;

	if (!valid_signal(sig))
		return -EINVAL;
	if (nr > 0)
		return kill_one(nr, sig);
	if (nr == -1)
		return kill_all(sig);
	if (nr == S32_MIN)
		return -ESRCH;
	p = nr ? pid_find_get(-nr) : pid_get(task_pgrp(current));
	err = kill_group(p, sig);
	pid_put(p);
	return err;
}

static int do_tkill(pid_t tgid, pid_t nr, int sig, siginfo_t *info)
{
	struct task *t;
	siginfo_t own;
	int err = -ESRCH;

	if (!info) {
		siginfo_init(&own, sig, SI_TKILL);
		own.si_pid = task_tgid(current);
		own.si_uid = current_cred()->uid;
		info = &own;
	}
	rcu_read_lock();
	t = pid_task(pid_find(nr), PIDTYPE_PID);
	if (t && (tgid <= 0 || task_tgid(t) == tgid))
		err = send_checked(t, sig, info, false);
	rcu_read_unlock();
	return err;
}

SYSCALL_DEFINE3(tgkill, pid_t, tgid, pid_t, nr, int, sig)
{
	if (nr <= 0 || tgid <= 0 || !valid_signal(sig))
		return -EINVAL;
	return do_tkill(tgid, nr, sig, NULL);
}

SYSCALL_DEFINE2(tkill, pid_t, nr, int, sig)
{
	if (nr <= 0 || !valid_signal(sig))
		return -EINVAL;
	return do_tkill(0, nr, sig, NULL);
}

/* Codes >= 0 and SI_TKILL say "from the kernel" or "from kill": only to
 * oneself. */
static int get_user_info(siginfo_t *info, int sig, siginfo_t __user *uinfo,
			 pid_t nr)
{
	if (copy_from_user(info, uinfo, sizeof(*info)))
		return -EFAULT;
	info->si_signo = sig;
	if ((info->si_code >= 0 || info->si_code == SI_TKILL) &&
	    task_pid(current) != nr)
		return -EPERM;
	return valid_signal(sig) ? 0 : -EINVAL;
}

SYSCALL_DEFINE3(rt_sigqueueinfo, pid_t, nr, int, sig, siginfo_t __user *, uinfo)
{
	struct task *t;
	siginfo_t info;
	int err = get_user_info(&info, sig, uinfo, nr);

	if (err)
		return err;
	err = -ESRCH;
	rcu_read_lock();
	t = pid_task(pid_find(nr), PIDTYPE_PID);
	if (t)
		err = send_checked(t, sig, &info, true);
	rcu_read_unlock();
	return err;
}

SYSCALL_DEFINE4(rt_tgsigqueueinfo, pid_t, tgid, pid_t, nr, int, sig,
		siginfo_t __user *, uinfo)
{
	siginfo_t info;
	int err;

	if (nr <= 0 || tgid <= 0)
		return -EINVAL;
	err = get_user_info(&info, sig, uinfo, nr);
	return err ? err : do_tkill(tgid, nr, sig, &info);
}

/* --- alternate stack --- */

static bool on_altstack(u64 sp)
{
	const stack_t *s = &current->sas;

	if (s->ss_flags & SS_AUTODISARM)
		return false;
	return sp > (u64)s->ss_sp && sp - (u64)s->ss_sp <= s->ss_size;
}

static int altstack_flags(u64 sp)
{
	if (!current->sas.ss_size)
		return SS_DISABLE;
	return on_altstack(sp) ? SS_ONSTACK : 0;
}

static int set_altstack(const stack_t *ss, u64 sp)
{
	int mode = ss->ss_flags & ~SS_AUTODISARM;

	if (on_altstack(sp))
		return -EPERM;
	if (mode != SS_DISABLE && mode != SS_ONSTACK && mode != 0)
		return -EINVAL;
	if (mode == SS_DISABLE) {
		current->sas = (stack_t){.ss_flags = SS_DISABLE};
		return 0;
	}
	if (ss->ss_size < MINSIGSTKSZ)
		return -ENOMEM;
	current->sas = *ss;
	return 0;
}

SYSCALL_DEFINE2(sigaltstack, const stack_t __user *, uss, stack_t __user *, uoss)
{
	u64 sp = task_regs(current)->sp;
	stack_t ss, old = current->sas;
	int err = 0;

	old.ss_flags = altstack_flags(sp) | (old.ss_flags & SS_AUTODISARM);
	if (uss) {
		if (copy_from_user(&ss, uss, sizeof(ss)))
			return -EFAULT;
		err = set_altstack(&ss, sp);
	}
	if (!err && uoss)
		err = copy_to_user(uoss, &old, sizeof(old));
	return err;
}

int save_altstack(stack_t __user *u, u64 sp)
{
	stack_t s = current->sas;

	s.ss_flags = altstack_flags(sp) | (s.ss_flags & SS_AUTODISARM);
	if (current->sas.ss_flags & SS_AUTODISARM)
		current->sas = (stack_t){.ss_flags = SS_DISABLE};
	return copy_to_user(u, &s, sizeof(s));
}

void restore_altstack(const stack_t *sas)
{
	set_altstack(sas, task_regs(current)->sp);
}

/* --- interrupted calls --- */

SYSCALL_DEFINE0(restart_syscall)
{
	long (*fn)(struct restart_block *) = current->restart.fn;

	if (!fn)
		return -EINTR;
	current->restart.fn = NULL;
	return fn(&current->restart);
}
