/*
 * Signals: what the receiving task does about them, on its way to user mode.
 *
 * get_signal() takes signals off the queues, performs default actions and
 * returns the one that has a handler. Job-control stops happen here too: every
 * thread of the group stops in do_signal_stop(), the last one tells the parent.
 *
 * [lock] below is sighand->lock; "dropped": the function releases it.
 */
#include <linnet/printk.h>
#include <linnet/task.h>
#include "exit.h"
#include "signal.h"

/* --- job-control stop --- */

/* This thread takes part in the group's stop: true if it was the last. */
static bool participate_stop(struct task *t)
{
	struct thread_group *tg = t->tg;
	bool consume = t->jobctl & JOBCTL_STOP_CONSUME;

	t->jobctl &= ~(u32)(JOBCTL_STOP_PENDING | JOBCTL_STOP_CONSUME);
	if (!consume)
		return false;
	if (tg->group_stop_count)
		tg->group_stop_count--;
	if (!tg->group_stop_count && !(tg->flags & TG_STOPPED)) {
		tg->flags = (tg->flags & TG_UNKILLABLE) | TG_STOPPED;
		return true;
	}
	return false;
}

static void start_group_stop(struct task *t, int sig)
{
	struct thread_group *tg = t->tg;
	struct task *u;

	tg->group_exit_code = sig;
	tg->group_stop_count = 0;
	list_for_each_entry(u, &tg->threads, thread_node) {
		if (u->flags & PF_EXITING || READ_ONCE(u->state) & TASK_STOPPED)
			continue;
		u->jobctl |= JOBCTL_STOP_PENDING | JOBCTL_STOP_CONSUME;
		tg->group_stop_count++;
		if (u != t)
			signal_wake_up(u, false);
	}
}

/* [lock], dropped. Stop until SIGCONT or SIGKILL. */
static void do_signal_stop(int sig)
{
	struct task *t = current;
	bool last;

	if (!(t->jobctl & JOBCTL_STOP_PENDING)) {
		if (!(t->jobctl & JOBCTL_STOP_DEQUEUED) ||
		    t->tg->flags & TG_GROUP_EXIT) {
			spin_unlock_irq(&t->sighand->lock);
			return;
		}
		start_group_stop(t, sig);
	}
	last = participate_stop(t);
	t->jobctl &= ~(u32)JOBCTL_STOP_DEQUEUED;
	WRITE_ONCE(t->state, TASK_STOPPED);
	recalc_sigpending();
	spin_unlock_irq(&t->sighand->lock);
	if (last) {
		spin_lock(&tasklist_lock);
		do_notify_parent_cldstop(t, CLD_STOPPED);
		spin_unlock(&tasklist_lock);
	}
	schedule();
}

/* Something happened that the parent has to hear about first. */
static bool report_continued(struct task *t)
{
	struct thread_group *tg = t->tg;
	int why;

	if (!(tg->flags & (TG_CLD_STOPPED | TG_CLD_CONTINUED)))
		return false;
	why = tg->flags & TG_CLD_CONTINUED ? CLD_CONTINUED : CLD_STOPPED;
	tg->flags &= ~(u32)(TG_CLD_STOPPED | TG_CLD_CONTINUED);
	spin_unlock_irq(&t->sighand->lock);
	spin_lock(&tasklist_lock);
	do_notify_parent_cldstop(t, why);
	spin_unlock(&tasklist_lock);
	return true;
}

/* --- delivery --- */

int print_fatal_signals;

/* The default action ends the process. [lock], dropped. */
static void __noreturn fatal_signal(int sig, siginfo_t *info)
{
	int code = sig;

	spin_unlock_irq(&current->sighand->lock);
	atomic_or(&current->flags, PF_SIGNALED);
	if (print_fatal_signals && sig != SIGKILL)
		pr_info("%s[%d]: killed by signal %d, address %#lx\n",
			current->comm, task_pid(current), sig,
			(u64)info->si_addr);
	do_group_exit(code);
}

/* Act on a signal without handler: true if it was dealt with. [lock] */
static bool default_action(int sig, siginfo_t *info)
{
	struct task *t = current;

	if (SIG_IGNORE_SET & sigmask(sig))
		return true;
	if ((t->tg->flags & TG_UNKILLABLE) && sig != SIGKILL &&
	    !(info->si_code > 0 && (SIG_SYNC_SET & sigmask(sig))))
		return true;
	if (!(SIG_STOP_SET & sigmask(sig)))
		fatal_signal(sig, info);
	if (sig != SIGSTOP) {
		bool orphaned;

		spin_unlock_irq(&t->sighand->lock);
		orphaned = is_current_pgrp_orphaned();
		spin_lock_irq(&t->sighand->lock);
		if (orphaned)
			return true;
	}
	do_signal_stop(sig);
	spin_lock_irq(&t->sighand->lock);
	return true;
}

/* One round under the lock: 1 handler found, 0 nothing left, -1 again. */
static int get_signal_once(struct ksignal *ks)
{
	struct task *t = current;
	struct kernel_sigaction *ka;

	if (t->tg->flags & TG_GROUP_EXIT || (t->pending.set & sigmask(SIGKILL)) ||
	    (t->tg->group_exec && t->tg->group_exec != t)) {
		siginfo_init(&ks->info, SIGKILL, SI_KERNEL);
		fatal_signal(SIGKILL, &ks->info);
	}
	if (t->jobctl & JOBCTL_STOP_PENDING) {
		do_signal_stop(0);
		spin_lock_irq(&t->sighand->lock);
		return -1;
	}
	ks->sig = dequeue_signal(t, t->blocked, &ks->info);
	if (!ks->sig)
		return 0;
	ka = &t->sighand->action[ks->sig - 1];
	if (ka->handler == (void __user *)SIG_IGN)
		return -1;
	if (ka->handler == (void __user *)SIG_DFL) {
		default_action(ks->sig, &ks->info);
		return -1;
	}
	ks->ka = *ka;
	if (ka->flags & SA_ONESHOT)
		ka->handler = (void __user *)SIG_DFL;
	return 1;
}

bool get_signal(struct ksignal *ks)
{
	struct task *t = current;
	int r = -1;

	spin_lock_irq(&t->sighand->lock);
	while (r < 0) {
		if (report_continued(t))
			spin_lock_irq(&t->sighand->lock);
		r = get_signal_once(ks);
	}
	spin_unlock_irq(&t->sighand->lock);
	return r > 0;
}

void signal_setup_done(bool failed, struct ksignal *ks)
{
	u64 mask = current->blocked | ks->ka.mask;

	if (failed) {
		spin_lock_irq(&current->sighand->lock);
		if (ks->sig == SIGSEGV)
			current->sighand->action[SIGSEGV - 1].handler =
				(void __user *)SIG_DFL;
		spin_unlock_irq(&current->sighand->lock);
		force_sig(SIGSEGV);
		return;
	}
	clear_ti_flag(current, TIF_RESTORE_MASK);
	if (!(ks->ka.flags & SA_NODEFER))
		mask |= sigmask(ks->sig);
	set_current_blocked(mask);
}

/* An exiting thread takes no more signals: pass shared ones on. */
void exit_signals(struct task *t)
{
	bool last_stop = false;

	spin_lock_irq(&t->sighand->lock);
	retarget_shared(t, ~t->blocked);
	if (t->jobctl & JOBCTL_STOP_PENDING)
		last_stop = participate_stop(t) && !(t->tg->flags & TG_GROUP_EXIT);
	spin_unlock_irq(&t->sighand->lock);
	if (last_stop) {
		spin_lock(&tasklist_lock);
		do_notify_parent_cldstop(t, CLD_STOPPED);
		spin_unlock(&tasklist_lock);
	}
}
