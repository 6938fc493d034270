/*
 * Signals: generation and queues.
 *
 * A signal is sent to a thread (its private queue) or to a process (the shared
 * queue of the thread group). Standard signals are queued once, real-time ones
 * as often as they are sent, up to RLIMIT_SIGPENDING. The task that should act
 * gets TIF_SIGPENDING and a wake-up; on its way to user mode it acts on them
 * (signal_deliver.c). SIGCONT removes stop signals when it is sent, and vice
 * versa.
 *
 * Locks: sighand->lock guards the queues and struct thread_group. Lookups of
 * t->sighand from outside go through lock_task_sighand().
 */
#include <asm/siginfo.h>
#include <asm/uaccess.h>
#include <linnet/cred.h>
#include <linnet/errno.h>
#include <linnet/init.h>
#include <linnet/mm.h>
#include <linnet/posix_timers.h>
#include <linnet/printk.h>
#include <linnet/slab.h>
#include <linnet/string.h>
#include <linnet/task.h>
#include <linux/eventpoll.h>
#include "exit.h"
#include "signal.h"

static struct kmem_cache *sighand_cache, *sigqueue_cache;

/* --- handlers table --- */

struct sighand *sighand_alloc(void)
{
	struct sighand *sh = kmem_cache_zalloc(sighand_cache, GFP_KERNEL);

	if (!sh)
		return NULL;
	spin_init(&sh->lock);
	refcount_set(&sh->refs, 1);
	wait_queue_init(&sh->signalfd);
	return sh;
}

/*
 * lock_task_sighand() may touch the lock of one that was just dropped: it is
 * freed after a grace period, and the pointer is checked again under the lock.
 */
static void sighand_free_rcu(struct rcu_head *head)
{
	kmem_cache_free(sighand_cache, container_of(head, struct sighand, rcu));
}

void sighand_put(struct sighand *sh)
{
	if (!sh || !refcount_dec_and_test(&sh->refs))
		return;
	wake_up_common(&sh->signalfd, TASK_NORMAL, 0,
		       WAKE_QUEUE_GONE | EPOLLHUP);
	call_rcu(&sh->rcu, sighand_free_rcu);
}

struct sighand *lock_task_sighand(struct task *t, u64 *flags)
{
	struct sighand *sh;

	rcu_read_lock();
	for (;;) {
		sh = rcu_dereference(t->sighand);
		if (!sh)
			break;
		*flags = spin_lock_irqsave(&sh->lock);
		if (likely(sh == t->sighand))
			break;
		spin_unlock_irqrestore(&sh->lock, *flags);
	}
	rcu_read_unlock();
	return sh;
}

void flush_signal_handlers(struct task *t, bool force_default)
{
	for (int i = 0; i < NSIG_MAX; i++) {
		struct kernel_sigaction *ka = &t->sighand->action[i];

		if (force_default || ka->handler != (void __user *)SIG_IGN)
			ka->handler = (void __user *)SIG_DFL;
		ka->flags = 0;
		ka->restorer = NULL;
		ka->mask = 0;
	}
}

/* --- queue entries --- */

static struct sigqueue *sigqueue_new(struct task *t, bool may_exceed)
{
	struct user_limits *u = t->real_cred->user;
	u32 n = atomic_add_return(&u->sigpending, 1);
	struct sigqueue *q;

	if (!may_exceed && n > t->tg->rlim[RLIMIT_SIGPENDING].rlim_cur)
		goto fail;
	q = kmem_cache_alloc(sigqueue_cache, GFP_ATOMIC);
	if (!q)
		goto fail;
	list_init(&q->node);
	q->user = u;
	refcount_inc(&u->refs);
	q->timer = NULL;
	return q;
fail:
	atomic_dec(&u->sigpending);
	return NULL;
}

static void sigqueue_delete(struct sigqueue *q)
{
	if (q->timer) {
		list_init(&q->node); /* belongs to its timer */
		return;
	}
	if (q->user) {
		atomic_dec(&q->user->sigpending);
		user_limits_put(q->user);
	}
	kmem_cache_free(sigqueue_cache, q);
}

struct sigqueue *sigqueue_prealloc(void)
{
	struct sigqueue *q = kmem_cache_zalloc(sigqueue_cache, GFP_KERNEL);

	if (q)
		list_init(&q->node);
	return q;
}

void sigqueue_free(struct sigqueue *q)
{
	q->timer = NULL;
	q->user = NULL;
	sigqueue_delete(q);
}

static void flush_set(struct sigpending *p, u64 set)
{
	struct sigqueue *q, *next;

	if (!(p->set & set))
		return;
	p->set &= ~set;
	list_for_each_entry_safe(q, next, &p->list, node) {
		if (set & sigmask(q->info.si_signo)) {
			list_del(&q->node);
			sigqueue_delete(q);
		}
	}
}

void signal_flush_one(struct sigpending *p, int sig)
{
	flush_set(p, sigmask(sig));
}

void flush_sigqueue(struct sigpending *p)
{
	flush_set(p, ~0ul);
}

/* --- pending state --- */

void recalc_sigpending_of(struct task *t)
{
	u64 ready = (t->pending.set | t->tg->shared.set) & ~t->blocked;

	if (ready || (t->jobctl & (JOBCTL_STOP_PENDING | JOBCTL_TRAP_STOP)))
		set_ti_flag(t, TIF_SIGPENDING);
	else if (t == current)
		clear_ti_flag(t, TIF_SIGPENDING);
}

void recalc_sigpending(void)
{
	recalc_sigpending_of(current);
}

void signal_wake_up(struct task *t, bool fatal)
{
	set_ti_flag(t, TIF_SIGPENDING);
	if (!try_to_wake_up(t, TASK_INTERRUPTIBLE |
				       (fatal ? TASK_WAKEKILL | TASK_STOPPED |
							TASK_TRACED
					      : 0)))
		kick_process(t);
}

/* --- who gets it --- */

static bool sig_ignored(struct task *t, int sig, bool force)
{
	void __user *h = t->sighand->action[sig - 1].handler;

	if ((t->blocked | t->real_blocked) & sigmask(sig))
		return false; /* may be unblocked with another disposition */
	if (t->ptrace && sig != SIGKILL)
		return false;
	if ((t->tg->flags & TG_UNKILLABLE) && h == (void __user *)SIG_DFL &&
	    !force)
		return true;
	if (h == (void __user *)SIG_IGN)
		return true;
	return h == (void __user *)SIG_DFL && (SIG_IGNORE_SET & sigmask(sig));
}

static bool wants_signal(int sig, struct task *t)
{
	if (t->blocked & sigmask(sig) || t->flags & PF_EXITING)
		return false;
	if (sig == SIGKILL)
		return true;
	if (READ_ONCE(t->state) & (TASK_STOPPED | TASK_TRACED))
		return false;
	return t == current || !signal_pending(t);
}

static struct task *choose_thread(int sig, struct task *t, bool group)
{
	struct task *u;

	if (wants_signal(sig, t))
		return t;
	if (!group || t->tg->nr_threads == 1)
		return NULL;
	list_for_each_entry(u, &t->tg->threads, thread_node)
		if (wants_signal(sig, u))
			return u;
	return NULL;
}

static bool sig_fatal(struct task *t, int sig)
{
	return !((SIG_IGNORE_SET | SIG_STOP_SET) & sigmask(sig)) &&
	       t->sighand->action[sig - 1].handler == (void __user *)SIG_DFL;
}

/* Give every thread a pending SIGKILL. */
void zap_other_threads(struct task *t)
{
	struct task *u;

	t->tg->group_stop_count = 0;
	list_for_each_entry(u, &t->tg->threads, thread_node) {
		u->jobctl &= ~(u32)(JOBCTL_STOP_PENDING | JOBCTL_STOP_CONSUME);
		if (u == t || u->exit_state)
			continue;
		u->pending.set |= sigmask(SIGKILL);
		signal_wake_up(u, true);
	}
}

/* Wake a thread for a queued signal; a fatal one ends the group at once. */
static void complete_signal(int sig, struct task *t, bool group)
{
	struct task *target = choose_thread(sig, t, group);
	struct thread_group *tg = t->tg;

	if (!target)
		return;
	if (sig_fatal(target, sig) && !(tg->flags & TG_GROUP_EXIT) &&
	    !((target->blocked | target->real_blocked) & sigmask(sig)) &&
	    (sig == SIGKILL || !target->ptrace) &&
	    !(SIG_CORE_SET & sigmask(sig))) {
		tg->flags = (tg->flags & TG_UNKILLABLE) | TG_GROUP_EXIT;
		tg->group_exit_code = sig;
		zap_other_threads(target);
		target->jobctl &= ~(u32)JOBCTL_STOP_PENDING;
		target->pending.set |= sigmask(SIGKILL);
		signal_wake_up(target, true);
		return;
	}
	signal_wake_up(target, sig == SIGKILL);
}

/* Stop and continue cancel each other when sent. */
static bool prepare_signal(int sig, struct task *t, bool force)
{
	struct thread_group *tg = t->tg;
	struct task *u;

	if (tg->flags & TG_GROUP_EXIT)
		return sig == SIGKILL;
	if (sigmask(sig) & SIG_STOP_SET) {
		flush_set(&tg->shared, sigmask(SIGCONT));
		list_for_each_entry(u, &tg->threads, thread_node)
			flush_set(&u->pending, sigmask(SIGCONT));
	} else if (sig == SIGCONT) {
		bool was_stopped = tg->flags & TG_STOPPED;
		bool stopping = tg->group_stop_count != 0;

		flush_set(&tg->shared, SIG_STOP_SET);
		list_for_each_entry(u, &tg->threads, thread_node) {
			flush_set(&u->pending, SIG_STOP_SET);
			u->jobctl &= ~(u32)(JOBCTL_STOP_PENDING |
					    JOBCTL_STOP_CONSUME);
			try_to_wake_up(u, TASK_STOPPED);
		}
		if (was_stopped || stopping) {
			tg->flags = (tg->flags & TG_UNKILLABLE) |
				    (was_stopped ? TG_STOP_CONTINUED |
							   TG_CLD_CONTINUED
						 : TG_CLD_STOPPED);
			tg->group_stop_count = 0;
			tg->group_exit_code = 0;
		}
	}
	return !sig_ignored(t, sig, force);
}

static void fill_info(siginfo_t *to, int sig, siginfo_t *from)
{
	if (from == SEND_SIG_NOINFO) {
		siginfo_init(to, sig, SI_USER);
		to->si_pid = task_tgid(current);
		to->si_uid = current_cred()->uid;
	} else if (from == SEND_SIG_PRIV) {
		siginfo_init(to, sig, SI_KERNEL);
	} else {
		*to = *from;
		to->si_signo = sig;
	}
}

/**
 * send_signal_locked - queue a signal
 * @group: for the process rather than the thread
 *
 * Context: any; t->sighand->lock held.
 * Return: 0, or -EAGAIN if a real-time signal with data found no room.
 */
int send_signal_locked(int sig, siginfo_t *info, struct task *t, bool group)
{
	struct sigpending *p = group ? &t->tg->shared : &t->pending;
	bool from_kernel = info == SEND_SIG_PRIV ||
			   (info != SEND_SIG_NOINFO && info->si_code > 0);
	struct sigqueue *q;

	if (!prepare_signal(sig, t, from_kernel))
		return 0;
	if (sig < SIGRTMIN && (p->set & sigmask(sig)))
		return 0;
	if (sig == SIGKILL || t->flags & PF_KTHREAD)
		goto mark;
	q = sigqueue_new(t, sig < SIGRTMIN &&
				    (info == SEND_SIG_NOINFO || from_kernel));
	if (q) {
		fill_info(&q->info, sig, info);
		list_add_tail(&q->node, &p->list);
	} else if (sig >= SIGRTMIN && info != SEND_SIG_NOINFO &&
		   info != SEND_SIG_PRIV && info->si_code != SI_USER) {
		return -EAGAIN;
	}
mark:
	p->set |= sigmask(sig);
	wake_up_common(&t->sighand->signalfd, TASK_NORMAL, 0,
		       0x41 /* EPOLLIN | EPOLLRDNORM */);
	complete_signal(sig, t, group);
	return 0;
}

int send_signal(int sig, siginfo_t *info, struct task *t, bool group)
{
	struct sighand *sh;
	u64 flags;
	int err = -ESRCH;

	sh = lock_task_sighand(t, &flags);
	if (sh) {
		err = send_signal_locked(sig, info, t, group);
		spin_unlock_irqrestore(&sh->lock, flags);
	}
	return err;
}

int send_sigqueue_locked(struct sigqueue *q, struct task *t, bool group)
{
	struct sigpending *p = group ? &t->tg->shared : &t->pending;
	int sig = q->info.si_signo;

	if (!list_empty(&q->node))
		return -EBUSY;
	if (!prepare_signal(sig, t, false))
		return -EAGAIN;
	list_add_tail(&q->node, &p->list);
	p->set |= sigmask(sig);
	wake_up_common(&t->sighand->signalfd, TASK_NORMAL, 0,
		       EPOLLIN | EPOLLRDNORM);
	complete_signal(sig, t, group);
	return 0;
}

int send_sigqueue(struct sigqueue *q, struct task *t, bool group)
{
	struct sighand *sh;
	u64 flags;
	int ret;

	sh = lock_task_sighand(t, &flags);
	if (!sh)
		return -ESRCH;
	ret = send_sigqueue_locked(q, t, group);
	spin_unlock_irqrestore(&sh->lock, flags);
	return ret;
}

int kill_pid(struct pid *p, int sig, siginfo_t *info)
{
	struct task *t;
	int err = -ESRCH;

	rcu_read_lock();
	t = pid_task(p, PIDTYPE_PID);
	if (t)
		err = sig ? send_signal(sig, info, t, true) : 0;
	rcu_read_unlock();
	return err;
}

int kill_pgrp_locked(struct pid *pgrp, int sig, siginfo_t *info)
{
	int err = -ESRCH;
	struct task *t;

	for_each_pid_task(pgrp, PIDTYPE_PGID, t)
		if (!send_signal(sig, info, t, true))
			err = 0;
	return err;
}

int kill_pgrp(struct pid *pgrp, int sig, siginfo_t *info)
{
	int err;

	spin_lock(&tasklist_lock);
	err = kill_pgrp_locked(pgrp, sig, info);
	spin_unlock(&tasklist_lock);
	return err;
}

/* --- faults --- */

void force_sig_info(siginfo_t *info)
{
	struct task *t = current;
	struct kernel_sigaction *ka;
	u64 mask = sigmask(info->si_signo);

	spin_lock_irq(&t->sighand->lock);
	ka = &t->sighand->action[info->si_signo - 1];
	if (t->blocked & mask || ka->handler == (void __user *)SIG_IGN) {
		ka->handler = (void __user *)SIG_DFL;
		t->blocked &= ~mask;
	}
	if (ka->handler == (void __user *)SIG_DFL)
		t->tg->flags &= ~(u32)TG_UNKILLABLE;
	send_signal_locked(info->si_signo, info, t, false);
	recalc_sigpending();
	spin_unlock_irq(&t->sighand->lock);
}

void force_sig(int sig)
{
	siginfo_t info;

	siginfo_init(&info, sig, SI_KERNEL);
	force_sig_info(&info);
}

void force_sig_fault(int sig, int code, u64 addr)
{
	siginfo_t info;

	siginfo_init(&info, sig, code);
	info.si_addr = (void __user *)addr;
	force_sig_info(&info);
}

/* --- masks --- */

void retarget_shared(struct task *t, u64 newly_blocked)
{
	u64 lost = t->tg->shared.set & newly_blocked;
	struct task *u;

	if (!lost || t->tg->nr_threads == 1)
		return;
	list_for_each_entry(u, &t->tg->threads, thread_node) {
		if (u == t || u->flags & PF_EXITING || !(lost & ~u->blocked))
			continue;
		lost &= u->blocked;
		if (!signal_pending(u))
			signal_wake_up(u, false);
		if (!lost)
			return;
	}
}

void set_current_blocked(u64 mask)
{
	struct task *t = current;

	mask &= ~SIG_UNBLOCKABLE;
	if (t->blocked == mask)
		return;
	spin_lock_irq(&t->sighand->lock);
	if (signal_pending(t))
		retarget_shared(t, mask & ~t->blocked);
	t->blocked = mask;
	recalc_sigpending();
	spin_unlock_irq(&t->sighand->lock);
}

/* --- taking signals off the queues --- */

static int next_signal(const struct sigpending *p, u64 blocked)
{
	u64 ready = p->set & ~blocked;

	if (ready & SIG_SYNC_SET)
		ready &= SIG_SYNC_SET;
	return ready ? __builtin_ctzl(ready) + 1 : 0;
}

/* First entry of @sig into @info; the set bit stays if there are more. */
static void collect(struct sigpending *p, int sig, siginfo_t *info)
{
	struct sigqueue *q, *first = NULL;
	bool more = false;

	list_for_each_entry(q, &p->list, node) {
		if (q->info.si_signo != sig)
			continue;
		if (first) {
			more = true;
			break;
		}
		first = q;
	}
	if (!more)
		p->set &= ~sigmask(sig);
	if (!first) {
		siginfo_init(info, sig, SI_USER);
		return;
	}
	list_del(&first->node);
	*info = first->info;
	if (first->timer)
		posix_timer_delivered(first->timer, info);
	sigqueue_delete(first);
}

int dequeue_signal(struct task *t, u64 blocked, siginfo_t *info)
{
	struct sigpending *p = &t->pending;
	int sig = next_signal(p, blocked);

	if (!sig) {
		p = &t->tg->shared;
		sig = next_signal(p, blocked);
	}
	if (sig) {
		collect(p, sig, info);
		if (sig == SIGALRM && p == &t->tg->shared)
			itimer_real_delivered(t->tg);
		if (sigmask(sig) & SIG_STOP_SET)
			t->jobctl |= JOBCTL_STOP_DEQUEUED;
	}
	recalc_sigpending();
	return sig;
}

static int __init_text signal_init(void)
{
	sighand_cache = kmem_cache_create("sighand", sizeof(struct sighand), 0, 0);
	sigqueue_cache = kmem_cache_create("sigqueue", sizeof(struct sigqueue),
					   0, 0);
	return sighand_cache && sigqueue_cache ? 0 : -ENOMEM;
}
early_initcall(signal_init);
