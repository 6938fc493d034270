/*
 * Spreading fair tasks over CPUs: placement of woken tasks, idle stealing,
 * periodic balance. (Real-time tasks: sched_rt.c.)
 *
 * A woken task goes to the waker's CPU if that is about to be free, else to its
 * last one if that is idle (warm caches), else to any idle CPU, else it stays.
 * Whether a waker is about to sleep is guessed from what it did before: if the
 * average time from a wake-up to its own sleep is shorter than what it takes to
 * rouse an idle CPU, which is measured too, the woken task is on the waker's CPU
 * sooner. Two tasks that answer each other share a CPU that way.
 * A CPU that runs out of work takes a waiting task from the busiest queue. The
 * tick of a CPU on which somebody waits hands on a task to the least loaded CPU,
 * where load is the sum of the weights. With three equal tasks on two CPUs nothing
 * is gained by that, but the turn to be alone on a CPU should go round: such a
 * swap happens every SWAP_NS.
 *
 * Lock: rq->lock; two are taken in CPU order.
 */
#include <linnet/errno.h>
#include <linux/sched.h>
#include "sched.h"

#define SWAP_NS 100000000ul

static bool rq_idle(u32 cpu)
{
	struct rq *rq = cpu_rq(cpu);

	return READ_ONCE(rq->curr) == rq->idle && !READ_ONCE(rq->nr_running);
}

static u32 find_idle_cpu(cpumask_t allowed)
{
	u32 cpu;

	for_each_cpu(cpu, &allowed)
		if (rq_idle(cpu))
			return cpu;
	return NR_CPUS;
}

/* Least loaded allowed CPU, for a task that cannot stay where it is. */
static u32 least_loaded(cpumask_t allowed)
{
	u32 best = NR_CPUS, best_nr = U32_MAX, cpu;

	for_each_cpu(cpu, &allowed) {
		u32 nr = READ_ONCE(cpu_rq(cpu)->nr_running);

		if (nr < best_nr) {
			best = cpu;
			best_nr = nr;
		}
	}
	return best;
}

/* Of times up to AVERAGE_MAX_NS; recent ones count more. */
static void update_average(u32 *average, u64 ns)
{
	s32 sample = (s32)min(ns, (u64)AVERAGE_MAX_NS);

	WRITE_ONCE(*average, *average + (u32)((sample - (s32)*average) / 4));
}

void note_wakeup(const struct rq *rq)
{
	if (!in_hardirq() && !current->se.first_wake)
		current->se.first_wake = rq->clock;
}

void note_sleep(const struct rq *rq, struct task *t)
{
	if (!t->se.first_wake)
		return;
	update_average(&t->se.overlap, rq->clock - t->se.first_wake);
	t->se.first_wake = 0;
}

void note_roused(struct rq *rq, u64 ns)
{
	update_average(&rq->rouse, ns);
}

/*
 * Is the running task, which wakes another, alone here, and about to sleep before
 * @other would be roused?
 */
static bool waker_leaves_soon(const struct rq *rq, const struct rq *other)
{
	const struct sched_entity *se = &current->se;
	u32 soon = max(READ_ONCE(other->rouse), (u32)ROUSE_MIN_NS);

	return READ_ONCE(rq->nr_running) == 1 && se->overlap < soon && !in_hardirq() &&
	       (!se->first_wake || rq->clock - se->first_wake < soon);
}

/**
 * select_task_rq - choose the CPU a task becomes runnable on
 * @prev_cpu: where it ran last
 *
 * Context: preemption disabled. Return: an online CPU it may use; if its
 * affinity holds no online CPU, any online one.
 */
u32 select_task_rq(struct task *t, u32 prev_cpu)
{
	u32 this_cpu = smp_processor_id(), cpu;
	cpumask_t allowed;

	allowed.bits = t->se.allowed.bits & READ_ONCE(cpu_online_mask.bits);
	if (unlikely(!allowed.bits))
		allowed.bits = READ_ONCE(cpu_online_mask.bits);
	if (is_power_of_2(allowed.bits))
		return (u32)__builtin_ctzl(allowed.bits);
	if (task_is_rt(t))
		return rt_select_cpu(t, allowed, prev_cpu);
	if (cpumask_test(&allowed, this_cpu) &&
	    waker_leaves_soon(cpu_rq(this_cpu), cpu_rq(prev_cpu)))
		return this_cpu;
	if (cpumask_test(&allowed, prev_cpu) && rq_idle(prev_cpu))
		return prev_cpu;
	if (cpumask_test(&allowed, this_cpu) && rq_idle(this_cpu))
		return this_cpu;
	cpu = find_idle_cpu(allowed);
	if (cpu < NR_CPUS)
		return cpu;
	if (cpumask_test(&allowed, prev_cpu))
		return prev_cpu;
	return least_loaded(allowed);
}

/* Both queues locked; @t is queued on @from and does not run. */
void move_task_locked(struct rq *from, struct rq *to, struct task *t)
{
	struct sched_change c = sched_change_begin(from, t);

	if (!task_is_rt(t))
		fair_migrate(t, from, to);
	set_ti_cpu(&t->ti, to->cpu);
	t->se.nr_migrations++;
	sched_change_end(to, t, c);
}

static struct rq *busiest_rq(struct rq *self)
{
	struct rq *best = NULL;
	u32 cpu, most = 1;

	for_each_online_cpu(cpu) {
		struct rq *rq = cpu_rq(cpu);
		u32 nr = READ_ONCE(rq->nr_running);

		if (rq != self && nr > most) {
			best = rq;
			most = nr;
		}
	}
	return best;
}

/* Who wants @self's lock must not wait with us for the other one. */
void lock_second(struct rq *self, struct rq *other)
{
	struct rq *first = self->cpu < other->cpu ? self : other;

	if (likely(spin_trylock(&other->lock)))
		return;
	spin_unlock(&self->lock);
	spin_lock(&first->lock);
	spin_lock(first == self ? &other->lock : &self->lock);
}

/**
 * idle_balance - nothing left to run here: take a task from another CPU
 *
 * Context: rq->lock held, interrupts off; the lock may be dropped and retaken.
 * Return: true if this queue has tasks now.
 */
bool idle_balance(struct rq *rq)
{
	struct rq *busy;
	struct task *t;

	if (nr_cpus == 1)
		return false;
	busy = busiest_rq(rq);
	if (!busy)
		return false;
	lock_second(rq, busy);
	if (!rq->nr_running && busy->nr_running > 1) {
		t = fair_pick_movable(busy, rq->cpu);
		if (t)
			move_task_locked(busy, rq, t);
	}
	spin_unlock(&busy->lock);
	return rq->nr_running;
}

/* How much of the CPU's time is spoken for. */
static u64 load_of(const struct rq *rq)
{
	return READ_ONCE(rq->fair.weight) +
	       READ_ONCE(rq->rt.nr) * (u64)nice_to_weight(-20);
}

static struct rq *lightest_rq(struct rq *self)
{
	struct rq *best = self;
	u32 cpu;

	for_each_online_cpu(cpu)
		if (load_of(cpu_rq(cpu)) < load_of(best))
			best = cpu_rq(cpu);
	return best;
}

/* Both locked. Move one that waits on @from, if then neither has more. */
static void hand_on(struct rq *from, struct rq *to)
{
	struct task *t = fair_pick_movable(from, to->cpu);
	u64 then;

	if (!t)
		return;
	then = load_of(to) + t->se.weight;
	if (then > load_of(from) ||
	    (then == load_of(from) && from->clock < from->next_swap))
		return;
	from->next_swap = to->next_swap = from->clock + SWAP_NS;
	move_task_locked(from, to, t);
}

void balance_tick(struct rq *rq)
{
	struct rq *to;

	if (nr_cpus == 1 || READ_ONCE(rq->nr_running) < 2)
		return;
	if (READ_ONCE(rq->rt.nr) > 1)
		rt_kick(rq);
	to = lightest_rq(rq);
	if (to == rq || !READ_ONCE(rq->fair.nr))
		return;
	spin_lock(&rq->lock);
	lock_second(rq, to);
	update_curr(rq);
	hand_on(rq, to);
	spin_unlock(&to->lock);
	spin_unlock(&rq->lock);
}

void move_waiting(struct rq *rq, struct task *t)
{
	u32 cpu = least_loaded((cpumask_t){t->se.allowed.bits &
					   cpu_online_mask.bits});
	struct rq *to;

	if (cpu == NR_CPUS || cpu == rq->cpu)
		return;
	to = cpu_rq(cpu);
	lock_second(rq, to);
	/* The queue may have changed while none was held. */
	if (t->ti.cpu == rq->cpu && t->on_rq && rq->curr != t && !t->on_cpu &&
	    cpumask_test(&t->se.allowed, cpu))
		move_task_locked(rq, to, t);
	spin_unlock(&to->lock);
}

struct migration {
	struct task *task;
	struct completion done;
};

static int migration_thread(void *arg)
{
	struct migration *m = arg;
	struct task *t = m->task;
	struct task_lock l = task_change_lock(t);
	struct rq *rq = l.rq;

	/* Preempted by this thread, so it is queued and not running; if it
	 * sleeps or has moved it will be placed right when it wakes. */
	if (t->on_rq && rq->curr != t && !cpumask_test(&t->se.allowed, rq->cpu))
		move_waiting(rq, t);
	task_change_unlock(t, l);
	complete(&m->done);
	return 0;
}

/**
 * migrate_running - move a running task off a CPU it may no longer use
 * @t: the task, perhaps the caller
 *
 * A helper on that CPU, more urgent than any program's task, displaces it: when the
 * helper runs, the task is queued and can be moved, or sleeps and is placed anew when
 * it wakes, or has left, which its affinity allows only to where it may be.
 *
 * Context: may sleep. Return: 0, or -ENOMEM.
 */
int migrate_running(struct task *t)
{
	struct migration m = {.task = t};
	struct task *helper;

	completion_init(&m.done);
	helper = kthread_create(migration_thread, &m, "migration");
	if (IS_ERR(helper))
		return -ENOMEM;
	helper->se.rt_priority = 99;
	helper->se.policy = SCHED_FIFO;
	helper->se.boost = RT_PRIO_HELPER;
	helper->se.allowed.bits = 1ul << READ_ONCE(t->ti.cpu);
	wake_up_new_task(helper);
	wait_for_completion(&m.done);
	return 0;
}
