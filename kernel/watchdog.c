/*
 * Watchdogs: tasks that sleep for ever, CPUs that are stuck.
 *
 * Hung tasks: a kernel thread looks every hung_task_timeout_secs at all tasks.
 * One that is in an uninterruptible sleep and has not been switched since the
 * last look waits for something that does not come.
 *
 * Stuck CPUs: the tick of a busy CPU (cputime.c) sees whether the CPU could
 * switch tasks: it was in user mode, or preemptible, or has switched since. If
 * it could not for STUCK_NS, the code it interrupts is reported. A CPU that
 * does not even take its tick is reported by the tick of another.
 *
 * Reports only say where; they change nothing.
 * Locks: none; the thread reads tasks under RCU, ticks look at counters.
 */
#define PR_PREFIX "watchdog: "
#include <asm/percpu.h>
#include <asm/traps.h>
#include <linnet/boot.h>
#include <linnet/cpumask.h>
#include <linnet/errno.h>
#include <linnet/init.h>
#include <linnet/irq.h>
#include <linnet/printk.h>
#include <linnet/rcu.h>
#include <linnet/task.h>
#include <linnet/time.h>
#include "sched.h"
#include "watchdog.h"

#define STUCK_NS (20 * NSEC_PER_SEC)
#define DEAF_NS	 (30 * NSEC_PER_SEC)

int sysctl_hung_task_timeout = 120; /* s; 0: do not look */
int sysctl_hung_task_warnings = 10; /* reports left; -1: no limit */

/* --- hung tasks --- */

static void report_hung(struct task *t)
{
	if (!sysctl_hung_task_warnings)
		return;
	if (sysctl_hung_task_warnings > 0)
		sysctl_hung_task_warnings--;
	pr_err("INFO: task %s:%d blocked for more than %d seconds.\n", t->comm,
	       task_pid(t), sysctl_hung_task_timeout);
	show_backtrace(t->ti.ctx.fp, t->ti.ctx.pc);
}

/* [RCU] Was it asleep, uninterruptibly, since the last look? */
static bool is_hung(struct task *t)
{
	u64 switches = READ_ONCE(t->nvcsw) + READ_ONCE(t->nivcsw);
	bool same = switches == t->hang_switches;

	t->hang_switches = switches;
	return same && READ_ONCE(t->state) == TASK_UNINTERRUPTIBLE;
}

u32 check_hung_tasks(void)
{
	struct task *p, *t;
	u32 found = 0;

	rcu_read_lock();
	for_each_process(p) {
		for_each_thread(p, t) {
			if (!is_hung(t))
				continue;
			found++;
			report_hung(t);
		}
	}
	rcu_read_unlock();
	return found;
}

static int hung_task_thread(void *unused)
{
	(void)unused;
	for (;;) {
		int period = READ_ONCE(sysctl_hung_task_timeout);

		__set_current_state(TASK_IDLE_STATE);
		schedule_timeout_at(ktime_get() +
				    (period > 0 ? period : 120) * NSEC_PER_SEC);
		if (period > 0)
			check_hung_tasks();
	}
	return 0;
}

/* --- stuck CPUs --- */

struct cpu_watch {
	u64 tick_at;	 /* ns: last tick */
	u64 free_at;	 /* ns: last seen able to switch tasks */
	u64 switches;	 /* rq->nr_switches then */
	bool reported;
};

static DEFINE_PERCPU(struct cpu_watch, watches);

/* The next CPU has work and has not had a tick for long. */
static void watch_neighbour(u32 self, u64 now)
{
	u32 cpu = cpumask_next(&cpu_online_mask, self + 1);
	struct cpu_watch *w;

	if (cpu >= NR_CPUS)
		cpu = cpumask_next(&cpu_online_mask, 0);
	w = &per_cpu(watches, cpu);
	if (cpu == self || READ_ONCE(cpu_rq(cpu)->curr) == cpu_rq(cpu)->idle ||
	    !READ_ONCE(w->tick_at) || now < READ_ONCE(w->tick_at) + DEAF_NS ||
	    READ_ONCE(cpu_rq(cpu)->nr_switches) != w->switches || w->reported)
		return;
	w->reported = true;
	pr_emerg("BUG: CPU %u takes no interrupts since %lu s, task %s:%d\n", cpu,
		 (now - w->tick_at) / NSEC_PER_SEC, cpu_rq(cpu)->curr->comm,
		 task_pid(cpu_rq(cpu)->curr));
}

void watchdog_tick(struct rq *rq, u64 now)
{
	struct cpu_watch *w = this_cpu_ptr(&watches);

	w->tick_at = now;
	watch_neighbour(rq->cpu, now);
	if (irq_interrupted_free() || rq->nr_switches != w->switches) {
		w->free_at = now;
		w->switches = rq->nr_switches;
		w->reported = false;
		return;
	}
	if (now < w->free_at + STUCK_NS || w->reported)
		return;
	w->reported = true;
	pr_emerg("BUG: soft lockup - CPU %u stuck for %lu s, task %s:%d\n",
		 rq->cpu, (now - w->free_at) / NSEC_PER_SEC, rq->curr->comm,
		 task_pid(rq->curr));
	dump_stack();
}

static int __init_text watchdog_start(void)
{
	return IS_ERR(kthread_run(hung_task_thread, NULL, "khungtaskd")) ? -ENOMEM
									 : 0;
}
late_initcall(watchdog_start);
