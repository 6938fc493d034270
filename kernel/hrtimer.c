/*
 * High-resolution timers: a tree per CPU, ordered by expiry, and the CPU's
 * one-shot clock event device set to the earliest.
 *
 * A timer belongs to the tree of the CPU that started it (timer->cpu), or that
 * runs its handler just then, and is guarded by that base's lock. Its handler runs without the lock; base->running
 * lets hrtimer_cancel() wait for it.
 *
 * Lock: base->lock, irq-safe, inside runqueue and sighand locks.
 */
#include <asm/percpu.h>
#include <linnet/clockevent.h>
#include <linnet/hrtimer.h>
#include <linnet/list.h>
#include <linnet/posix_timers.h>
#include <linnet/printk.h>
#include <linnet/sched.h>
#include <linnet/spinlock.h>
#include <linnet/task.h>
#include <linnet/timekeeping.h>

struct timer_base {
	spinlock_t lock;
	struct rb_root_cached tree; /* [lock] */
	struct hrtimer *running;    /* [lock] whose handler runs */
	bool in_interrupt;	    /* [lock] reprogramming comes at the end */
	ktime_t programmed;
};

static DEFINE_PERCPU(struct timer_base, timer_bases);

static struct hrtimer *to_timer(struct rb_node *n)
{
	return rb_entry_or_null(n, struct hrtimer, node);
}

static bool expires_before(const struct rb_node *a, const struct rb_node *b)
{
	return container_of(a, struct hrtimer, node)->expires <
	       container_of(b, struct hrtimer, node)->expires;
}

void hrtimer_init(struct hrtimer *t, void (*func)(struct hrtimer *t))
{
	t->func = func;
	t->state = HRTIMER_IDLE;
	t->cpu = 0;
	t->expires = 0;
}

/* Lock the base the timer is (or was last) on. */
static struct timer_base *lock_base(struct hrtimer *t, u64 *flags)
{
	for (;;) {
		u32 cpu = READ_ONCE(t->cpu);
		struct timer_base *b = per_cpu_ptr(&timer_bases, cpu);

		*flags = spin_lock_irqsave(&b->lock);
		if (likely(cpu == t->cpu))
			return b;
		spin_unlock_irqrestore(&b->lock, *flags);
	}
}

static void program(struct timer_base *b)
{
	struct hrtimer *first = to_timer(rb_first_cached(&b->tree));
	ktime_t at = first ? first->expires : KTIME_MAX;

	if (at == b->programmed || b->in_interrupt)
		return;
	b->programmed = at;
	clockevent_program(at);
}

static void dequeue(struct timer_base *b, struct hrtimer *t)
{
	rb_erase_cached(&t->node, &b->tree);
	WRITE_ONCE(t->state, HRTIMER_IDLE);
}

bool hrtimer_try_cancel(struct hrtimer *t)
{
	struct timer_base *b;
	bool queued;
	u64 flags;

	if (!hrtimer_queued(t))
		return false;
	b = lock_base(t, &flags);
	queued = t->state == HRTIMER_QUEUED;
	/* The device may fire once for nothing: cheaper than reprogramming. */
	if (queued)
		dequeue(b, t);
	spin_unlock_irqrestore(&b->lock, flags);
	return queued;
}

bool hrtimer_cancel(struct hrtimer *t)
{
	bool queued = hrtimer_try_cancel(t);

	for (;;) {
		u64 flags;
		struct timer_base *b = lock_base(t, &flags);
		bool busy = b->running == t;

		if (!busy && t->state == HRTIMER_QUEUED) { /* it restarted */
			dequeue(b, t);
			queued = true;
		}
		spin_unlock_irqrestore(&b->lock, flags);
		if (!busy)
			return queued;
		cpu_relax();
	}
}

/*
 * The base to start @t on, locked: this CPU's. But while its handler runs on
 * another one it stays there, or hrtimer_cancel() would not see the handler;
 * that CPU looks at its tree again when the handler is done.
 */
static struct timer_base *base_to_start(struct hrtimer *t, u64 *flags)
{
	struct timer_base *b = per_cpu_ptr(&timer_bases, t->cpu);

	smp_rmb(); /* not queued any more: it is known who runs it */
	if (unlikely(READ_ONCE(b->running) == t)) {
		b = lock_base(t, flags);
		if (b->running == t)
			return b;
		spin_unlock_irqrestore(&b->lock, *flags);
	}
	*flags = local_irq_save();
	b = this_cpu_ptr(&timer_bases);
	/* Not queued and the owner serialises starts: cpu may change now. */
	WRITE_ONCE(t->cpu, smp_processor_id());
	spin_lock(&b->lock);
	return b;
}

void hrtimer_start(struct hrtimer *t, ktime_t expires)
{
	struct timer_base *b;
	u64 flags;

	hrtimer_try_cancel(t);
	b = base_to_start(t, &flags);
	t->expires = expires;
	rb_add_cached(&t->node, &b->tree, expires_before);
	WRITE_ONCE(t->state, HRTIMER_QUEUED);
	if (b->tree.rb_leftmost == &t->node)
		program(b);
	spin_unlock(&b->lock);
	local_irq_restore(flags);
}

/* The CPU's clock event fired. Interrupts off. */
void hrtimer_interrupt(void)
{
	struct timer_base *b = this_cpu_ptr(&timer_bases);
	struct hrtimer *t;
	ktime_t now;

	spin_lock(&b->lock);
	b->in_interrupt = true;
	now = ktime_get();
	while ((t = to_timer(rb_first_cached(&b->tree))) && t->expires <= now) {
		WRITE_ONCE(b->running, t);
		smp_wmb(); /* partner: hrtimer_start() */
		dequeue(b, t);
		spin_unlock(&b->lock);
		t->func(t);
		spin_lock(&b->lock);
		WRITE_ONCE(b->running, NULL);
		if (!rb_first_cached(&b->tree))
			break;
		now = ktime_get();
	}
	b->in_interrupt = false;
	b->programmed = 0;
	program(b);
	spin_unlock(&b->lock);
}

/* --- sleeping with a limit --- */

struct sleeper {
	struct hrtimer timer;
	struct task *task;
	struct list_head node; /* [settable_lock] on a clock that can be set */
	struct deadline until;
	bool expired;
};

static LIST_HEAD(settable); /* [settable_lock] */
static DEFINE_SPINLOCK(settable_lock);

static void sleeper_wake(struct hrtimer *t)
{
	struct sleeper *s = container_of(t, struct sleeper, timer);

	WRITE_ONCE(s->expired, true);
	try_to_wake_up(s->task, TASK_NORMAL);
}

static void sleeper_start(struct sleeper *s)
{
	hrtimer_start(&s->timer, s->until.at - ktime_clock_offset(s->until.clock));
}

/* The list keeps clock_was_set() from starting the timer at the same time. */
static void sleeper_start_settable(struct sleeper *s)
{
	spin_lock(&settable_lock);
	list_add(&s->node, &settable);
	sleeper_start(s);
	spin_unlock(&settable_lock);
}

static void sleeper_leave_settable(struct sleeper *s)
{
	spin_lock(&settable_lock);
	list_del(&s->node);
	spin_unlock(&settable_lock);
}

bool schedule_timeout_until(struct deadline d)
{
	struct sleeper s = {.task = current, .until = d};
	bool can_be_set = d.clock == CLOCK_REALTIME || d.clock == CLOCK_TAI;

	if (d.at == KTIME_MAX) {
		schedule();
		return false;
	}
	hrtimer_init(&s.timer, sleeper_wake);
	if (can_be_set)
		sleeper_start_settable(&s);
	else
		sleeper_start(&s);
	if (!READ_ONCE(s.expired))
		schedule();
	if (can_be_set)
		sleeper_leave_settable(&s);
	hrtimer_cancel(&s.timer);
	__set_current_state(TASK_RUNNING);
	return READ_ONCE(s.expired);
}

bool schedule_timeout_at(ktime_t expires)
{
	return schedule_timeout_until(deadline_at(expires));
}

bool deadline_passed(struct deadline d)
{
	return ktime_get() + ktime_clock_offset(d.clock) >= d.at;
}

static void restart_sleepers(void)
{
	struct sleeper *s;

	spin_lock(&settable_lock);
	list_for_each_entry(s, &settable, node)
		if (hrtimer_try_cancel(&s->timer))
			sleeper_start(s);
	spin_unlock(&settable_lock);
}

void clock_was_set(void)
{
	restart_sleepers();
	posix_timers_clock_was_set();
	timerfd_clock_was_set();
}

void msleep(u32 ms)
{
	ktime_t end = ktime_get() + (ktime_t)ms * NSEC_PER_MSEC;

	do {
		set_current_state(TASK_UNINTERRUPTIBLE);
	} while (!schedule_timeout_at(end));
}
