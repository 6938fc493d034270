/*
 * Timers on CPU time: ITIMER_VIRTUAL and ITIMER_PROF, RLIMIT_CPU, and what
 * POSIX timers and clock_nanosleep need for CPU clocks.
 *
 * Running timers are in a list of the process whose time they measure. There
 * is no tick to look at them: a thread of such a process has in cpu_check_at
 * the amount of its own CPU time at which somebody must look again. When the
 * scheduler lets it run, it sets its CPU's look timer to that moment; the
 * handler fires what has expired and works out the next moment. What other
 * threads of the process use up meanwhile is not foreseen, so a process of
 * several threads is looked at every LOOK_NS.
 *
 * cpu_check_at is only a hint: 0 (look at once) is always right. It is 0 after
 * a start and in a new thread, and CPU_CHECK_NEVER once the list is empty.
 *
 * Lock: sighand->lock of the process for the list and the timers; it is taken
 * before the runqueue's, so cpu_timers_run() does without.
 */
#include <asm/percpu.h>
#include <linnet/cpu_timers.h>
#include <linnet/hrtimer.h>
#include <linnet/posix_timers.h>
#include <linnet/task.h>
#include <linnet/timekeeping.h>
#include <linux/time.h>

enum { LOOK_NS = 4000000, MIN_LOOK_NS = 20000 };

static void look(struct hrtimer *h);

struct look_timer {
	struct hrtimer timer;
	bool ready;
};
static DEFINE_PERCPU(struct look_timer, look_timers);

static u64 time_of(const struct cpu_timer *t, struct task *member)
{
	u64 ut, st;

	if (t->thread)
		task_cputime(t->thread, &ut, &st);
	else
		thread_group_cputime(member, &ut, &st);
	return t->user ? ut : ut + st;
}

u64 cpu_timer_now(const struct cpu_timer *t)
{
	return time_of(t, current);
}

static void fire_expired(struct task *t)
{
	struct cpu_timer *ct, *next;
	LIST_HEAD(expired);

	list_for_each_entry_safe(ct, next, &t->tg->cpu_timers, node)
		if (time_of(ct, t) >= ct->expires)
			list_move_tail(&ct->node, &expired);
	while (!list_empty(&expired)) {
		ct = list_first_entry(&expired, struct cpu_timer, node);
		cpu_timer_stop(ct);
		ct->fire(ct, time_of(ct, t));
	}
}

/* How long @t may run before the next look; U64_MAX: there are no timers. */
static u64 next_look(struct task *t)
{
	u64 least = U64_MAX;
	struct cpu_timer *ct;

	list_for_each_entry(ct, &t->tg->cpu_timers, node) {
		u64 now = time_of(ct, t);
		u64 left = ct->expires > now ? ct->expires - now : 0;

		/* Another thread's: that one looks itself. */
		if (ct->thread && ct->thread != t)
			left = U64_MAX - 1;
		least = min(least, left);
	}
	if (least < U64_MAX && atomic_read(&t->tg->live) > 1)
		least = min(least, (u64)LOOK_NS);
	return max(least, (u64)MIN_LOOK_NS);
}

static void start_look(u64 delay)
{
	struct look_timer *l = this_cpu_ptr(&look_timers);

	if (!l->ready) {
		hrtimer_init(&l->timer, look);
		l->ready = true;
	}
	hrtimer_start(&l->timer,
		      ktime_add_safe(ktime_get(),
				     (ktime_t)min(delay, (u64)KTIME_MAX)));
}

/* In the interrupt of the CPU on which the current task runs. */
static void look(struct hrtimer *h)
{
	struct task *t = current;
	struct sighand *sh;
	u64 flags, delay;

	if (READ_ONCE(t->cpu_check_at) == CPU_CHECK_NEVER)
		return;
	sh = lock_task_sighand(t, &flags);
	if (!sh) {
		WRITE_ONCE(t->cpu_check_at, CPU_CHECK_NEVER);
		return;
	}
	fire_expired(t);
	delay = next_look(t);
	if (delay == U64_MAX) {
		WRITE_ONCE(t->cpu_check_at, CPU_CHECK_NEVER);
	} else {
		WRITE_ONCE(t->cpu_check_at, task_cpu_time(t) + delay);
		start_look(delay);
	}
	spin_unlock_irqrestore(&sh->lock, flags);
}

void cpu_timers_run(struct task *next)
{
	u64 at = READ_ONCE(next->cpu_check_at), ran = next->se.sum_exec;

	start_look(at > ran ? at - ran : 0);
}

void cpu_timer_start(struct cpu_timer *t, u64 expires)
{
	t->expires = expires;
	list_move_tail(&t->node, &current->tg->cpu_timers);
}

void cpu_timer_stop(struct cpu_timer *t)
{
	list_del(&t->node);
}

void cpu_timers_go(struct task *t)
{
	struct task *u;

	rcu_read_lock();
	for_each_thread(t, u) {
		WRITE_ONCE(u->cpu_check_at, 0);
		resched_task(u);
	}
	rcu_read_unlock();
}

/* --- RLIMIT_CPU --- */

static u64 limit_ns(u64 seconds)
{
	return seconds > U64_MAX / NSEC_PER_SEC ? U64_MAX
						: seconds * NSEC_PER_SEC;
}

/* The soft limit sends SIGXCPU once a second, the hard one ends it. */
static void limit_reached(struct cpu_timer *ct, u64 now)
{
	struct thread_group *tg = container_of(ct, struct thread_group,
					       cpu_limit);
	struct rlimit64 *r = &tg->rlim[RLIMIT_CPU];

	if (now >= limit_ns(r->rlim_max)) {
		send_signal_locked(SIGKILL, SEND_SIG_PRIV, tg->leader, true);
		return;
	}
	if (now >= limit_ns(r->rlim_cur)) {
		send_signal_locked(SIGXCPU, SEND_SIG_PRIV, tg->leader, true);
		r->rlim_cur = now / NSEC_PER_SEC + 1;
	}
	cpu_limit_set(tg->leader);
}

void cpu_limit_set(struct task *t)
{
	struct rlimit64 *r = &t->tg->rlim[RLIMIT_CPU];
	u64 at = limit_ns(min(r->rlim_cur, r->rlim_max));

	cpu_timer_stop(&t->tg->cpu_limit);
	if (at == U64_MAX)
		return;
	t->tg->cpu_limit.expires = at;
	list_add_tail(&t->tg->cpu_limit.node, &t->tg->cpu_timers);
}

/* --- ITIMER_VIRTUAL, ITIMER_PROF --- */

static void itimer_again(struct cpu_itimer *it, u64 now)
{
	struct cpu_timer *t = &it->timer;

	if (!it->interval)
		return;
	t->expires += it->interval * ((now - t->expires) / it->interval + 1);
	list_add_tail(&t->node, &current->tg->cpu_timers);
}

static void virtual_fires(struct cpu_timer *t, u64 now)
{
	send_signal_locked(SIGVTALRM, SEND_SIG_PRIV, current->tg->leader, true);
	itimer_again(container_of(t, struct cpu_itimer, timer), now);
}

static void prof_fires(struct cpu_timer *t, u64 now)
{
	send_signal_locked(SIGPROF, SEND_SIG_PRIV, current->tg->leader, true);
	itimer_again(container_of(t, struct cpu_itimer, timer), now);
}

static struct cpu_itimer *itimer_of(int which)
{
	return which == ITIMER_VIRTUAL ? &current->tg->itimer_virtual
				       : &current->tg->itimer_prof;
}

static void itimer_read(struct cpu_itimer *it, u64 *value, u64 *interval)
{
	u64 now = cpu_timer_now(&it->timer);

	*interval = it->interval;
	*value = 0;
	if (cpu_timer_running(&it->timer))
		*value = it->timer.expires > now ? it->timer.expires - now
						 : NSEC_PER_USEC;
}

void cpu_itimer_get(int which, u64 *value, u64 *interval)
{
	spin_lock_irq(&current->sighand->lock);
	itimer_read(itimer_of(which), value, interval);
	spin_unlock_irq(&current->sighand->lock);
}

void cpu_itimer_set(int which, u64 value, u64 interval)
{
	struct cpu_itimer *it = itimer_of(which);
	u64 at;

	spin_lock_irq(&current->sighand->lock);
	cpu_timer_stop(&it->timer);
	it->interval = interval;
	if (value && !__builtin_add_overflow(cpu_timer_now(&it->timer), value,
					     &at))
		cpu_timer_start(&it->timer, at);
	spin_unlock_irq(&current->sighand->lock);
	if (value)
		cpu_timers_go(current);
}

void cpu_timers_init(struct thread_group *tg)
{
	list_init(&tg->cpu_timers);
	list_init(&tg->cpu_limit.node);
	tg->cpu_limit.fire = limit_reached;
	list_init(&tg->itimer_virtual.timer.node);
	tg->itimer_virtual.timer.user = true;
	tg->itimer_virtual.timer.fire = virtual_fires;
	list_init(&tg->itimer_prof.timer.node);
	tg->itimer_prof.timer.fire = prof_fires;
}
