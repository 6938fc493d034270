/*
 * Spreading tasks over CPUs: placement of woken tasks, idle stealing.
 *
 * A woken task goes to its last CPU if that is idle (warm caches), else to the
 * waker's if that is about to be free, else to any idle CPU, else it stays.
 * A CPU that runs out of work takes a waiting task from the busiest queue.
 */
#include <linnet/errno.h>
#include <linux/sched.h>
#include "sched.h"

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
	if (cpumask_test(&allowed, prev_cpu) && rq_idle(prev_cpu))
		return prev_cpu;
	/* The waker sleeps soon after most wake-ups of a lone partner. */
	if (cpumask_test(&allowed, this_cpu) &&
	    (rq_idle(this_cpu) ||
	     (prev_cpu == this_cpu && cpu_rq(this_cpu)->nr_running <= 1)))
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

/* Hold both; keep the order of CPU numbers. @self is locked on entry. */
static void lock_second(struct rq *self, struct rq *other)
{
	if (other->cpu > self->cpu) {
		spin_lock(&other->lock);
		return;
	}
	spin_unlock(&self->lock);
	spin_lock(&other->lock);
	spin_lock(&self->lock);
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

struct migration {
	struct task *task;
	struct completion done;
};

static int migration_thread(void *arg)
{
	struct migration *m = arg;
	struct task *t = m->task;
	u64 flags;
	struct rq *rq = task_rq_lock(t, &flags);
	u32 cpu = least_loaded((cpumask_t){t->se.allowed.bits &
					   cpu_online_mask.bits});

	/* Preempted by this thread, so it is queued and not running; if it
	 * sleeps or has moved it will be placed right when it wakes. */
	if (t->on_rq && rq->curr != t && cpu < NR_CPUS && cpu != rq->cpu &&
	    !cpumask_test(&t->se.allowed, rq->cpu)) {
		struct rq *to = cpu_rq(cpu);

		spin_unlock(&rq->lock);
		spin_lock(rq->cpu < cpu ? &rq->lock : &to->lock);
		spin_lock(rq->cpu < cpu ? &to->lock : &rq->lock);
		if (t->ti.cpu == rq->cpu && t->on_rq && rq->curr != t &&
		    !t->on_cpu && cpumask_test(&t->se.allowed, cpu))
			move_task_locked(rq, to, t);
		spin_unlock(&to->lock);
	}
	task_rq_unlock(rq, flags);
	complete(&m->done);
	return 0;
}

/**
 * migrate_running - move a running task off a CPU it may no longer use
 * @t: the task, perhaps the caller
 *
 * A real-time helper on that CPU displaces it: when the helper runs, the task
 * is queued and can be moved, or sleeps and is placed anew when it wakes, or
 * has left, which its affinity allows only to where it may be.
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
	helper->se.allowed.bits = 1ul << READ_ONCE(t->ti.cpu);
	wake_up_new_task(helper);
	wait_for_completion(&m.done);
	return 0;
}
