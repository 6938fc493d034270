/*
 * The real-time class: FIFO and round-robin, by fixed priority.
 *
 * A list per priority and a bitmap of those that are not empty; the running
 * task stays in its list. FIFO runs until it sleeps or something more urgent
 * comes, RR gives way to its equals after its turn.
 *
 * Several CPUs: of N CPUs, the N most urgent tasks that their affinity allows
 * shall run. A task that wakes goes to the CPU doing the least urgent work
 * (rt_select_cpu). A CPU on which more than one is runnable is in
 * rt_overloaded; one that is about to do less urgent work takes from there what
 * waits (rt_pull), and one that leaves a task waiting asks a CPU with less
 * urgent work to come for it (rt_kick).
 *
 * Throttling: a CPU gives its real-time tasks `sched_rt_runtime_us` out of each
 * `sched_rt_period_us`, so that a runaway one leaves a shell to kill it with.
 * Only while a fair task waits: otherwise nobody would gain.
 *
 * Lock: rq->lock; two are taken in CPU order.
 */
#include <linnet/errno.h>
#include <linnet/printk.h>
#include <linux/sched.h>
#include "sched.h"

enum {
	RR_TIMESLICE_MS = 100,
	LEVEL_FAIR = RT_LEVELS,	 /* less urgent than any real-time task */
	LEVEL_IDLE,
	SCAN_MAX = 32,		 /* waiting tasks looked at under the lock */
};

int sysctl_sched_rr_timeslice = RR_TIMESLICE_MS; /* ms, a round-robin turn */
int sysctl_sched_rt_period = 1000000; /* us */
int sysctl_sched_rt_runtime = 950000; /* us; -1: not limited */

cpumask_t rt_overloaded;

/* --- queues --- */

static void add(struct rq *rq, struct task *t)
{
	int level = task_rt_level(t);

	list_add_tail(&t->se.rt, &rq->rt.queue[level]);
	rq->rt.bitmap[level / 64] |= 1ul << level % 64;
}

static void del(struct rq *rq, struct task *t)
{
	int level = task_rt_level(t);

	list_del(&t->se.rt);
	if (list_empty(&rq->rt.queue[level]))
		rq->rt.bitmap[level / 64] &= ~(1ul << level % 64);
}

void rt_enqueue(struct rq *rq, struct task *t)
{
	add(rq, t);
	if (++rq->rt.nr == 2)
		cpumask_set(&rt_overloaded, rq->cpu);
}

void rt_dequeue(struct rq *rq, struct task *t)
{
	del(rq, t);
	if (--rq->rt.nr == 1)
		cpumask_clear(&rt_overloaded, rq->cpu);
}

void rt_requeue(struct rq *rq, struct task *t)
{
	del(rq, t);
	add(rq, t);
}

/* The first level >= @from that has tasks, RT_LEVELS if there is none. */
static int next_level(const struct rq *rq, int from)
{
	for (int i = from / 64; i < 2; i++) {
		u64 bits = rq->rt.bitmap[i];

		if (i == from / 64)
			bits &= ~0ul << from % 64;
		if (bits)
			return i * 64 + __builtin_ctzl(bits);
	}
	return RT_LEVELS;
}

struct task *rt_pick(struct rq *rq)
{
	return list_first_entry(&rq->rt.queue[next_level(rq, 0)], struct task,
				se.rt);
}

u64 rr_slice(void)
{
	return (u64)READ_ONCE(sysctl_sched_rr_timeslice) * NSEC_PER_MSEC;
}

void rt_put_prev(struct rq *rq, struct task *t)
{
	if (t->se.policy != SCHED_RR || t->se.rr_left)
		return;
	t->se.rr_left = rr_slice();
	rt_requeue(rq, t);
}

void rt_init_task(struct task *t)
{
	list_init(&t->se.rt);
	t->se.rr_left = rr_slice();
}

void rt_init_rq(struct rt_rq *rt)
{
	for (u32 i = 0; i < RT_LEVELS; i++)
		list_init(&rt->queue[i]);
}

/* --- turns and throttling --- */

static u64 rt_period(void)
{
	return (u64)READ_ONCE(sysctl_sched_rt_period) * NSEC_PER_USEC;
}

static u64 rt_runtime(void)
{
	int us = READ_ONCE(sysctl_sched_rt_runtime);

	return us < 0 ? U64_MAX : (u64)us * NSEC_PER_USEC;
}

int sched_set_rr_timeslice(s64 ms)
{
	WRITE_ONCE(sysctl_sched_rr_timeslice, ms > 0 ? (int)ms : RR_TIMESLICE_MS);
	return 0;
}

int sched_set_rt_period(s64 us)
{
	if (us < READ_ONCE(sysctl_sched_rt_runtime))
		return -EINVAL;
	WRITE_ONCE(sysctl_sched_rt_period, (int)us);
	return 0;
}

int sched_set_rt_runtime(s64 us)
{
	if (us > READ_ONCE(sysctl_sched_rt_period))
		return -EINVAL;
	WRITE_ONCE(sysctl_sched_rt_runtime, (int)us);
	return 0;
}

/* Begin a new period if the last one is over. */
static bool refill(struct rq *rq)
{
	if (rq->clock - rq->rt.period_start < rt_period())
		return false;
	rq->rt.period_start = rq->clock;
	rq->rt.used = 0;
	return true;
}

void rt_charge(struct rq *rq, struct task *t, u64 delta)
{
	if (t->se.policy == SCHED_RR)
		t->se.rr_left -= min(delta, t->se.rr_left);
	if (refill(rq))
		return;
	rq->rt.used += delta;
	if (rq->rt.used >= rt_runtime())
		rq->rt.throttled_until = rq->rt.period_start + rt_period();
}

bool rt_throttled(const struct rq *rq)
{
	return rq->clock < rq->rt.throttled_until;
}

u64 rt_throttle_left(const struct rq *rq)
{
	return rt_throttled(rq) ? rq->rt.throttled_until - rq->clock : 0;
}

bool rt_first(const struct rq *rq)
{
	static bool told;

	if (!rt_throttled(rq) || !rq->fair.nr)
		return true;
	if (!atomic_xchg(&told, true))
		pr_warn("sched: RT throttling activated on CPU %u\n", rq->cpu);
	return false;
}

/* Does an equal of the running RR task wait? */
static bool equal_waits(const struct rq *rq)
{
	const struct list_head *q = &rq->rt.queue[task_rt_level(rq->curr)];

	return rq->curr->se.policy == SCHED_RR && q->next->next != q;
}

bool rt_turn_ends(const struct rq *rq)
{
	return (rq->fair.nr && rt_runtime() != U64_MAX) || equal_waits(rq);
}

u64 rt_turn_left(struct rq *rq)
{
	u64 ns = U64_MAX, runtime = rt_runtime();

	refill(rq);
	if (equal_waits(rq))
		ns = rq->curr->se.rr_left;
	if (rq->fair.nr && runtime != U64_MAX)
		ns = min(ns, runtime - min(runtime, rq->rt.used));
	return ns;
}

bool rt_preempts(const struct rq *rq, const struct task *t)
{
	if (task_is_rt(rq->curr))
		return task_rt_level(t) < task_rt_level(rq->curr);
	return !rt_throttled(rq);
}

/* --- several CPUs --- */

/* How urgent what the CPU does is; without its lock, so only a hint. */
static int cpu_level(u32 cpu)
{
	const struct rq *rq = cpu_rq(cpu);
	const struct task *t = READ_ONCE(rq->curr);

	if (t == rq->idle)
		return READ_ONCE(rq->nr_running) ? LEVEL_FAIR : LEVEL_IDLE;
	return task_is_rt(t) ? task_rt_level(t) : LEVEL_FAIR;
}

u32 rt_select_cpu(const struct task *t, cpumask_t allowed, u32 prev_cpu)
{
	u32 best = prev_cpu, cpu;
	int level = cpumask_test(&allowed, prev_cpu) ? cpu_level(prev_cpu) : -1;

	for_each_cpu(cpu, &allowed) {
		int l = cpu_level(cpu);

		/* Not away from where it would run, unless to an idle CPU. */
		if (l > level &&
		    (l == LEVEL_IDLE || level <= task_rt_level(t))) {
			best = cpu;
			level = l;
		}
	}
	return best;
}

/*
 * The most urgent task that waits on @rq, is more urgent than @level, and for
 * which @fit says yes.
 */
static struct task *first_waiting(struct rq *rq, int level,
				  bool (*fit)(struct task *t, u32 *cpu),
				  u32 *cpu)
{
	int l = next_level(rq, 0), n = 0;
	struct task *t;

	for (; l < level; l = next_level(rq, l + 1))
		list_for_each_entry(t, &rq->rt.queue[l], se.rt) {
			if (n++ == SCAN_MAX)
				return NULL;
			if (t != rq->curr && !t->on_cpu && fit(t, cpu))
				return t;
		}
	return NULL;
}

static bool may_run_on(struct task *t, u32 *cpu)
{
	return cpumask_test(&t->se.allowed, *cpu);
}

/* Find a CPU that does something less urgent than @t. */
static bool find_cpu(struct task *t, u32 *cpu)
{
	cpumask_t allowed = {t->se.allowed.bits &
			     READ_ONCE(cpu_online_mask.bits)};

	*cpu = rt_select_cpu(t, allowed, t->ti.cpu);
	return *cpu != t->ti.cpu && cpu_level(*cpu) > task_rt_level(t);
}

/* What this CPU would run, if the running task is about to sleep without it. */
static int level_here(const struct rq *rq)
{
	const struct task *t;

	for (int l = next_level(rq, 0); l < RT_LEVELS; l = next_level(rq, l + 1))
		list_for_each_entry(t, &rq->rt.queue[l], se.rt)
			if (t != rq->curr || READ_ONCE(t->state) == TASK_RUNNING)
				return l;
	return RT_LEVELS;
}

static void pull_from(struct rq *rq, struct rq *other)
{
	u32 self = rq->cpu;
	struct task *t;

	lock_second(rq, other);
	t = first_waiting(other, level_here(rq), may_run_on, &self);
	if (t)
		move_task_locked(other, rq, t);
	spin_unlock(&other->lock);
}

void rt_pull(struct rq *rq)
{
	u32 cpu;

	if (rt_throttled(rq))
		return;
	for_each_cpu(cpu, &(cpumask_t){READ_ONCE(rt_overloaded.bits)})
		if (cpu != rq->cpu)
			pull_from(rq, cpu_rq(cpu));
}

void rt_kick(struct rq *rq)
{
	u64 flags = spin_lock_irqsave(&rq->lock);
	u32 cpu = NR_CPUS;
	bool found = first_waiting(rq, RT_LEVELS, find_cpu, &cpu);

	spin_unlock(&rq->lock);
	if (found) {
		struct rq *to = cpu_rq(cpu);

		spin_lock(&to->lock);
		resched_curr(to);
		spin_unlock(&to->lock);
	}
	local_irq_restore(flags);
}
