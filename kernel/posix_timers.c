/*
 * POSIX per-process timers: timer_create and relatives.
 *
 * A timer lives in its process's list from timer_create() to timer_delete(),
 * exit or execve. Each owns one preallocated signal entry, queued at most once:
 * further expiries while it is queued count as overruns. A periodic timer is
 * started again when its signal is delivered, so a process that does not take
 * its signals costs nothing; if the signal is ignored, it goes on by itself.
 * A timer on a CPU clock is a struct cpu_timer instead of an hrtimer and goes
 * on by itself always: it costs nothing while the process sleeps.
 *
 * Lock order: list_lock, for the lists and timer_settime() > sighand->lock, for
 * the signal entry and timers on CPU clocks > the hrtimer base's.
 */
#include <asm/uaccess.h>
#include <linnet/errno.h>
#include <linnet/hrtimer.h>
#include <linnet/list.h>
#include <linnet/posix_timers.h>
#include <linnet/slab.h>
#include <linnet/syscalls.h>
#include <linnet/task.h>
#include <linnet/timekeeping.h>

struct posix_timer {
	struct list_head node;	/* [list_lock] */
	struct list_head settable; /* [list_lock] absolute, on a clock that can be set */
	ktime_t offset;		/* [list_lock] of that clock, as @timer has it */
	struct hrtimer timer;
	struct cpu_timer cpu;	/* [sighand->lock] if on a CPU clock */
	struct thread_group *tg; /* whose list it is in */
	struct task *target;	/* referenced: who gets the signal */
	struct sigqueue *q;
	int id;
	__kernel_clockid_t clock;
	int notify;		/* SIGEV_* */
	ktime_t interval;
	s64 overrun_last;
	s64 overrun;		/* [sighand->lock] of a CPU timer, so far */
	bool dead;
};

static DEFINE_SPINLOCK(list_lock); /* all lists; irq-safe */
static LIST_HEAD(settable_timers); /* [list_lock] */
static const ktime_t IGNORED_PERIOD_NS = 4 * NSEC_PER_MSEC;

/* Skip the periods that have passed: how many. */
static s64 forward(struct posix_timer *t, ktime_t now)
{
	s64 missed;

	if (!t->interval || now < t->timer.expires)
		return 0;
	missed = (now - t->timer.expires) / t->interval + 1;
	t->timer.expires += missed * t->interval;
	return missed;
}

static void timer_fires(struct hrtimer *h)
{
	struct posix_timer *t = container_of(h, struct posix_timer, timer);

	if (t->notify == SIGEV_NONE || READ_ONCE(t->dead))
		return;
	if (send_sigqueue(t->q, t->target, t->notify != SIGEV_THREAD_ID) !=
		    -EAGAIN ||
	    !t->interval)
		return;
	/* Ignored: nobody will start the next period, and it may be tiny. */
	forward(t, ktime_get() + max(IGNORED_PERIOD_NS - t->interval,
				     (ktime_t)0));
	hrtimer_start(h, h->expires);
}

/* [sighand->lock] The thread that is to get the signal may have gone. */
static void cpu_timer_fires(struct cpu_timer *ct, u64 now)
{
	struct posix_timer *t = container_of(ct, struct posix_timer, cpu);
	u64 periods;

	if (t->notify != SIGEV_NONE && t->target->sighand &&
	    send_sigqueue_locked(t->q, t->target,
				 t->notify != SIGEV_THREAD_ID) == -EBUSY)
		t->overrun++;
	if (!t->interval)
		return;
	periods = (now - ct->expires) / (u64)t->interval + 1;
	t->overrun += (s64)periods - 1;
	cpu_timer_start(ct, ct->expires + periods * (u64)t->interval);
}

/* [sighand->lock] The signal is being taken: report overruns, go on. */
void posix_timer_delivered(struct posix_timer *t, siginfo_t *info)
{
	if (is_cpu_clock(t->clock)) {
		t->overrun_last = t->overrun;
		t->overrun = 0;
	} else if (t->interval && !t->dead) {
		t->overrun_last = max(forward(t, ktime_get()) - 1, (s64)0);
		hrtimer_start(&t->timer, t->timer.expires);
	}
	info->si_overrun = (int)min(t->overrun_last, (s64)S32_MAX);
}

static struct posix_timer *find_locked(struct thread_group *tg, int id)
{
	struct posix_timer *t;

	list_for_each_entry(t, &tg->posix_timers, node)
		if (t->id == id)
			return t;
	return NULL;
}

/* Not in any list any more. Waits for its handler. */
static void timer_destroy(struct posix_timer *t)
{
	struct sighand *sh;
	u64 flags;

	WRITE_ONCE(t->dead, true);
	spin_lock_irq(&list_lock);
	list_del(&t->settable);
	spin_unlock_irq(&list_lock);
	if (is_cpu_clock(t->clock))
		cpu_timer_destroy(&t->cpu);
	hrtimer_cancel(&t->timer);
	sh = lock_task_sighand(t->target, &flags);
	if (!list_empty(&t->q->node))
		list_del(&t->q->node);
	if (sh)
		spin_unlock_irqrestore(&sh->lock, flags);
	hrtimer_cancel(&t->timer);
	sigqueue_free(t->q);
	task_put(t->target);
	kfree(t);
}

void posix_timers_exit(struct thread_group *tg)
{
	struct posix_timer *t;

	for (;;) {
		spin_lock_irq(&list_lock);
		t = list_first_entry_or_null(&tg->posix_timers,
					     struct posix_timer, node);
		if (t)
			list_del(&t->node);
		spin_unlock_irq(&list_lock);
		if (!t)
			return;
		timer_destroy(t);
	}
}

static int check_clock(__kernel_clockid_t clock)
{
	ktime_t now;

	switch (clock) {
	case CLOCK_REALTIME:
	case CLOCK_MONOTONIC:
	case CLOCK_BOOTTIME:
	case CLOCK_TAI:
		return 0;
	default:
		if (clock_now(clock, &now))
			return -EINVAL;
		return is_cpu_clock(clock) ? 0 : -EOPNOTSUPP;
	}
}

/* The thread a SIGEV_THREAD_ID names, or the process. Referenced or NULL. */
static struct task *notify_target(const sigevent_t *ev)
{
	struct task *t;

	switch (ev->sigev_notify) {
	case SIGEV_SIGNAL | SIGEV_THREAD_ID:
		t = task_find_get(ev->sigev_notify_thread_id);
		if (t && !same_thread_group(t, current)) {
			task_put(t);
			t = NULL;
		}
		break;
	case SIGEV_SIGNAL:
	case SIGEV_THREAD:
	case SIGEV_NONE:
		t = task_get(current->group_leader);
		break;
	default:
		return NULL;
	}
	if (t && ev->sigev_notify != SIGEV_NONE &&
	    (ev->sigev_signo <= 0 || ev->sigev_signo > NSIG_MAX)) {
		task_put(t);
		t = NULL;
	}
	return t;
}

static struct posix_timer *timer_alloc(__kernel_clockid_t clock,
				       const sigevent_t *ev, struct task *target)
{
	struct posix_timer *t = kzalloc(sizeof(*t), GFP_KERNEL);

	if (!t)
		return ERR_PTR(-EAGAIN);
	t->q = sigqueue_prealloc();
	if (!t->q) {
		kfree(t);
		return ERR_PTR(-EAGAIN);
	}
	list_init(&t->settable);
	hrtimer_init(&t->timer, timer_fires);
	if (is_cpu_clock(clock) &&
	    cpu_timer_init(&t->cpu, clock, cpu_timer_fires)) {
		sigqueue_free(t->q);
		kfree(t);
		return ERR_PTR(-EINVAL);
	}
	t->clock = clock;
	t->target = target;
	t->notify = ev->sigev_notify;
	t->q->timer = t;
	siginfo_init(&t->q->info, ev->sigev_signo, SI_TIMER);
	t->q->info.si_value = ev->sigev_value;
	return t;
}

/* Into its process's list, with a number of its own. */
static void timer_publish(struct posix_timer *t, bool value_is_id)
{
	struct thread_group *tg = current->tg;

	spin_lock_irq(&list_lock);
	do {
		t->id = tg->next_timer_id;
		tg->next_timer_id = tg->next_timer_id == S32_MAX
					    ? 0 : tg->next_timer_id + 1;
	} while (find_locked(tg, t->id));
	if (value_is_id)
		t->q->info.si_value.sival_int = t->id;
	t->q->info.si_tid = t->id;
	t->tg = tg;
	list_add_tail(&t->node, &tg->posix_timers);
	spin_unlock_irq(&list_lock);
}

static long timer_remove(int id)
{
	struct posix_timer *t;

	spin_lock_irq(&list_lock);
	t = find_locked(current->tg, id);
	if (t)
		list_del(&t->node);
	spin_unlock_irq(&list_lock);
	if (!t)
		return -EINVAL;
	timer_destroy(t);
	return 0;
}

SYSCALL_DEFINE3(timer_create, __kernel_clockid_t, clock, sigevent_t __user *,
		uev, __kernel_timer_t __user *, uid)
{
	sigevent_t ev = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGALRM};
	struct posix_timer *t;
	struct task *target;
	int err, id;

	if (uev && copy_from_user(&ev, uev, sizeof(ev)))
		return -EFAULT;
	err = check_clock(clock);
	if (err)
		return err;
	target = notify_target(&ev);
	if (!target)
		return -EINVAL;
	t = timer_alloc(clock, &ev, target);
	if (IS_ERR(t)) {
		task_put(target);
		return PTR_ERR(t);
	}
	timer_publish(t, !uev);
	id = t->id;
	err = put_user(id, uid);
	if (err)
		timer_remove(id);
	return err;
}

/* [list_lock] */
static void get_cpu_setting(struct posix_timer *t, struct __kernel_itimerspec *s)
{
	u64 now, left = 0;

	spin_lock(&current->sighand->lock);
	now = cpu_timer_now(&t->cpu);
	if (cpu_timer_running(&t->cpu))
		left = t->cpu.expires > now ? t->cpu.expires - now : 1;
	spin_unlock(&current->sighand->lock);
	s->it_value = ktime_to_timespec((ktime_t)left);
	s->it_interval = ktime_to_timespec(t->interval);
}

static void get_setting(struct posix_timer *t, struct __kernel_itimerspec *s)
{
	ktime_t left = 0, now = ktime_get();

	if (is_cpu_clock(t->clock)) {
		get_cpu_setting(t, s);
		return;
	}
	if (t->interval && !hrtimer_queued(&t->timer) && t->timer.expires)
		forward(t, now);
	if (hrtimer_queued(&t->timer) || (t->interval && t->timer.expires))
		left = max(t->timer.expires - now, (ktime_t)1);
	s->it_value = ktime_to_timespec(left);
	s->it_interval = ktime_to_timespec(t->interval);
}

SYSCALL_DEFINE2(timer_gettime, __kernel_timer_t, id,
		struct __kernel_itimerspec __user *, uset)
{
	struct __kernel_itimerspec s;
	struct posix_timer *t;

	spin_lock_irq(&list_lock);
	t = find_locked(current->tg, id);
	if (t)
		get_setting(t, &s);
	spin_unlock_irq(&list_lock);
	return t ? copy_to_user(uset, &s, sizeof(s)) : -EINVAL;
}

SYSCALL_DEFINE1(timer_getoverrun, __kernel_timer_t, id)
{
	struct posix_timer *t;
	long n = -EINVAL;

	spin_lock_irq(&list_lock);
	t = find_locked(current->tg, id);
	if (t)
		n = (long)min(t->overrun_last, (s64)S32_MAX);
	spin_unlock_irq(&list_lock);
	return n;
}

/* [list_lock] */
static void arm_cpu(struct posix_timer *t, int flags,
		    const struct __kernel_itimerspec *s)
{
	ktime_t value = timespec_to_ktime(&s->it_value);

	spin_lock(&current->sighand->lock);
	cpu_timer_stop(&t->cpu);
	t->interval = timespec_to_ktime(&s->it_interval);
	t->overrun = t->overrun_last = 0;
	if (value && !(flags & TIMER_ABSTIME))
		value = ktime_add_safe((ktime_t)cpu_timer_now(&t->cpu), value);
	if (value)
		cpu_timer_start(&t->cpu, (u64)value);
	spin_unlock(&current->sighand->lock);
	cpu_timers_go(current);
}

/* [list_lock] */
static void arm(struct posix_timer *t, int flags,
		const struct __kernel_itimerspec *s)
{
	ktime_t value = timespec_to_ktime(&s->it_value);

	if (is_cpu_clock(t->clock)) {
		arm_cpu(t, flags, s);
		return;
	}
	hrtimer_try_cancel(&t->timer);
	list_del(&t->settable);
	t->interval = 0;
	t->timer.expires = 0;
	t->overrun_last = 0;
	if (!value)
		return;
	if (!(flags & TIMER_ABSTIME)) {
		value = ktime_add_safe(ktime_get(), value);
	} else if (value != KTIME_MAX) {
		t->offset = ktime_clock_offset(t->clock);
		value -= t->offset;
		if (t->clock == CLOCK_REALTIME || t->clock == CLOCK_TAI)
			list_add(&t->settable, &settable_timers);
	}
	t->interval = timespec_to_ktime(&s->it_interval);
	hrtimer_start(&t->timer, value);
}

/* [list_lock] A timer that waits for its signal to be taken is not queued; it goes
 * on from the moved time then. */
static void follow_clock(struct posix_timer *t)
{
	ktime_t offset = ktime_clock_offset(t->clock), gained = offset - t->offset;
	struct sighand *sh;
	u64 flags;

	t->offset = offset;
	sh = lock_task_sighand(t->target, &flags);
	if (!sh)
		return;
	if (hrtimer_try_cancel(&t->timer))
		hrtimer_start(&t->timer, t->timer.expires - gained);
	else if (t->interval)
		t->timer.expires -= gained;
	spin_unlock_irqrestore(&sh->lock, flags);
}

void posix_timers_clock_was_set(void)
{
	struct posix_timer *t;

	spin_lock_irq(&list_lock);
	list_for_each_entry(t, &settable_timers, settable)
		follow_clock(t);
	spin_unlock_irq(&list_lock);
}

SYSCALL_DEFINE4(timer_settime, __kernel_timer_t, id, int, flags,
		const struct __kernel_itimerspec __user *, uset,
		struct __kernel_itimerspec __user *, uold)
{
	struct __kernel_itimerspec s, old;
	struct posix_timer *t;

	if (!uset)
		return -EINVAL;
	if (copy_from_user(&s, uset, sizeof(s)))
		return -EFAULT;
	if (!timespec_valid(&s.it_value) || !timespec_valid(&s.it_interval))
		return -EINVAL;
	spin_lock_irq(&list_lock);
	t = find_locked(current->tg, id);
	if (t) {
		get_setting(t, &old);
		arm(t, flags, &s);
	}
	spin_unlock_irq(&list_lock);
	if (!t)
		return -EINVAL;
	return uold ? copy_to_user(uold, &old, sizeof(old)) : 0;
}

SYSCALL_DEFINE1(timer_delete, __kernel_timer_t, id)
{
	return timer_remove(id);
}
