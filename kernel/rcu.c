/*
 * Read-copy-update: grace periods and deferred callbacks.
 *
 * Read sections disable preemption, so a CPU is quiescent whenever it switches
 * tasks, idles, or takes an interrupt where preemption was enabled (user mode
 * included). A grace period notes the CPUs that have not been quiescent since
 * it began (rcu_waiting_for) and ends when none is left. CPUs that do not pass
 * such a point by themselves get an interrupt after a while.
 *
 * call_rcu() pushes onto a list of the CPU; one kernel thread takes all lists,
 * waits for a grace period and runs the callbacks. It sleeps while there are
 * none, so an idle machine has no RCU activity. Callbacks run in that thread,
 * in no particular order, and may take sleeping locks but should not dawdle.
 */
#include <asm/percpu.h>
#include <linnet/boot.h>
#include <linnet/cpumask.h>
#include <linnet/errno.h>
#include <linnet/hrtimer.h>
#include <linnet/init.h>
#include <linnet/irq.h>
#include <linnet/printk.h>
#include <linnet/rcu.h>
#include <linnet/sched.h>
#include <linnet/task.h>
#include <linnet/wait.h>
#include "sched.h"

static DEFINE_PERCPU(struct rcu_head *, callbacks); /* [A] a stack */
static u64 nr_queued, nr_done;			   /* [A] callbacks, ever */
cpumask_t rcu_waiting_for;			   /* [A] */
static DEFINE_WAIT_QUEUE(rcu_wq);		   /* the thread */
static DEFINE_WAIT_QUEUE(rcu_done_wq);		   /* rcu_barrier() */
/*
 * Rounds of the thread. One takes all callbacks that were there when it began; so
 * what was queued before rcu_barrier() is done after the next round that begins.
 * Their number would not tell: later ones may be done before.
 */
static u64 rounds_begun, rounds_ended, round_wanted; /* [A] */
static u32 in_hurry; /* [A] how many wait for the end of the grace period */

/* A grace period is not free: collect callbacks for a moment. */
enum { GATHER_MS = 10, GATHER_MAX = 4000, POLL_US = 300 };

void call_rcu(struct rcu_head *head, void (*func)(struct rcu_head *head))
{
	struct rcu_head **list;
	u64 queued;

	head->func = func;
	preempt_disable();
	list = this_cpu_ptr(&callbacks);
	head->next = atomic_read(list);
	/* Pairs with the exchange in take_all(). */
	while (!__atomic_compare_exchange_n(list, &head->next, head, true,
					    __ATOMIC_RELEASE, __ATOMIC_RELAXED))
		;
	preempt_enable();
	queued = atomic_add_return(&nr_queued, 1);
	smp_mb(); /* pairs with work_pending() after rcu_thread() said that it sleeps */
	if ((queued - atomic_read(&nr_done)) % GATHER_MAX == 1)
		wake_up(&rcu_wq);
}

/* A quiescent point of this CPU, which somebody waits for. */
void rcu_quiescent_slow(void)
{
	smp_mb();
	cpumask_clear(&rcu_waiting_for, smp_processor_id());
}

static void clear_idle_cpus(void)
{
	u32 cpu;

	for_each_cpu(cpu, &rcu_waiting_for)
		if (cpu_is_idle(cpu))
			cpumask_clear(&rcu_waiting_for, cpu);
}

static void nudge_holdouts(void)
{
	u32 cpu;

	for_each_cpu(cpu, &rcu_waiting_for)
		ipi_send(cpu, IPI_RESCHEDULE);
}

/* Wait for a grace period that begins now. */
static void grace_period(void)
{
	smp_mb();
	atomic_set(&rcu_waiting_for.bits, atomic_read(&cpu_online_mask.bits));
	smp_mb();
	/* This thread is outside any read section, so this CPU is quiescent. */
	preempt_disable();
	cpumask_clear(&rcu_waiting_for, smp_processor_id());
	preempt_enable();
	clear_idle_cpus();
	while (READ_ONCE(rcu_waiting_for.bits)) {
		__set_current_state(TASK_IDLE_STATE);
		schedule_timeout_at(ktime_get() + POLL_US * NSEC_PER_USEC);
		clear_idle_cpus();
		nudge_holdouts();
	}
	smp_mb();
}

static struct rcu_head *take_all(void)
{
	struct rcu_head *all = NULL;
	u32 cpu;

	for_each_possible_cpu(cpu) {
		struct rcu_head *list = atomic_xchg(&per_cpu(callbacks, cpu), NULL);

		while (list) {
			struct rcu_head *next = list->next;

			list->next = all;
			all = list;
			list = next;
		}
	}
	return all;
}

static void run_callbacks(struct rcu_head *list)
{
	while (list) {
		struct rcu_head *next = list->next;

		list->func(list);
		atomic_add_return(&nr_done, 1);
		list = next;
	}
	atomic_add_return(&rounds_ended, 1);
	wake_up_all(&rcu_done_wq);
}

static bool work_pending(void)
{
	return atomic_read(&nr_queued) != atomic_read(&nr_done) ||
	       atomic_read(&round_wanted) > atomic_read(&rounds_begun);
}

static void gather(void)
{
	DEFINE_WAIT(w);

	wait_prepare(&rcu_wq, &w, TASK_IDLE_STATE);
	if (!atomic_read(&in_hurry) &&
	    atomic_read(&nr_queued) - atomic_read(&nr_done) < GATHER_MAX)
		schedule_timeout_at(ktime_get() + GATHER_MS * NSEC_PER_MSEC);
	wait_finish(&rcu_wq, &w);
}

static int rcu_thread(void *unused)
{
	struct rcu_head *list;

	(void)unused;
	for (;;) {
		wait_event_state(&rcu_wq, work_pending(), TASK_IDLE_STATE, false);
		gather();
		atomic_add_return(&rounds_begun, 1);
		smp_mb(); /* pairs with rcu_barrier() */
		list = take_all();
		grace_period();
		run_callbacks(list);
	}
	return 0;
}

void rcu_barrier(void)
{
	u64 round, wanted = atomic_read(&round_wanted);

	might_sleep();
	smp_mb(); /* what has been queued before the look at the rounds */
	round = atomic_read(&rounds_begun) + 1;
	while (wanted < round &&
	       !__atomic_compare_exchange_n(&round_wanted, &wanted, round, false,
					    __ATOMIC_RELAXED, __ATOMIC_RELAXED))
		;
	atomic_inc(&in_hurry);
	wake_up_common(&rcu_wq, ~0u, 0, 0);
	wait_event(&rcu_done_wq, atomic_read(&rounds_ended) >= round);
	atomic_dec(&in_hurry);
}

struct rcu_waiter {
	struct rcu_head head;
	struct completion done;
};

static void wake_waiter(struct rcu_head *head)
{
	complete(&container_of(head, struct rcu_waiter, head)->done);
}

void synchronize_rcu(void)
{
	struct rcu_waiter w;

	might_sleep();
	completion_init(&w.done);
	call_rcu(&w.head, wake_waiter);
	atomic_inc(&in_hurry);
	wake_up_common(&rcu_wq, ~0u, 0, 0);
	wait_for_completion(&w.done);
	atomic_dec(&in_hurry);
}

static int __init_text rcu_start(void)
{
	return IS_ERR(kthread_run(rcu_thread, NULL, "rcu")) ? -ENOMEM : 0;
}
core_initcall(rcu_start);
