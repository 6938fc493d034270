/*
 * Scheduler interface: task states, scheduling, waking, policies.
 */
#ifndef LINNET_SCHED_H
#define LINNET_SCHED_H

#include <linnet/cpumask.h>
#include <linnet/list.h>
#include <linnet/rbtree.h>
#include <linnet/time.h>

struct task;

enum task_state {
	TASK_RUNNING = 0,
	TASK_INTERRUPTIBLE = 1,
	TASK_UNINTERRUPTIBLE = 2,
	TASK_STOPPED = 4,    /* job control */
	TASK_TRACED = 8,
	TASK_DEAD = 64,	     /* off the CPU for good */
	TASK_WAKEKILL = 128, /* with others: fatal signals wake */
	TASK_NEW = 256,
	TASK_IDLE_STATE = 512, /* uninterruptible, not in the load average */
	TASK_WAKING = 1024,    /* a waker has claimed it */
};
#define TASK_KILLABLE (TASK_UNINTERRUPTIBLE | TASK_WAKEKILL)
#define TASK_NORMAL                                                            \
	(TASK_INTERRUPTIBLE | TASK_UNINTERRUPTIBLE | TASK_IDLE_STATE)

struct sched_entity {
	struct rb_node node;	/* fair: by vruntime */
	struct list_head rt;	/* FIFO, RR: in its priority's list */
	u64 vruntime;		/* weighted ns */
	u64 sum_exec;		/* ns ever run */
	u64 prev_sum_exec;	/* at the start of this turn */
	u64 exec_start;		/* runqueue clock */
	u64 wait_start, run_delay, nr_switches; /* schedstat */
	u32 weight;
	int policy;		/* SCHED_NORMAL ... */
	int nice;		/* -20 ... 19 */
	int rt_priority;	/* 1 ... 99, 0 for fair */
	u64 rr_left;		/* ns of the round-robin turn left */
	bool reset_on_fork;
	u8 boost;		/* PI: effective rt priority, 0 none */
	cpumask_t allowed;
	u32 nr_migrations;
	/* A waker: ns from waking somebody until it sleeps, on average; and
	 * when it first did since it last slept, 0 for not yet. */
	u32 overlap;
	u64 first_wake;
};

/* Give up the CPU; returns when chosen again. Task context, no locks. */
void schedule(void);
/* Let others of the same priority run. */
void yield(void);
void cond_resched_slow(void);

#include <linnet/preempt.h>

/*
 * A preemption point for loops over user-controlled sizes. The kernel is
 * preemptible, so this only matters with preemption disabled around it.
 */
static inline void cond_resched(void)
{
	might_sleep();
}

/* Wake @t if its state is in @mask. Any context. True if it was woken. */
bool try_to_wake_up(struct task *t, u32 mask);
bool wake_up_process(struct task *t);
/* First wake-up of a new task. */
void wake_up_new_task(struct task *t);
/* If @t runs, send it through schedule(). */
void resched_task(struct task *t);
/* Send the task's CPU through the return-to-user path. */
void kick_process(struct task *t);

/* The current task's own state, ordered before the following tests. */
void set_current_state(u32 state);
#define __set_current_state(s) WRITE_ONCE(current->state, s)

void sched_fork(struct task *t);
void sched_exit_task(struct task *t);
/* ns of CPU time used by @t, including the turn it is in. */
u64 task_cpu_time(struct task *t);
/* Split into user and system time, ns; sums to task_cpu_time(). */
void task_cputime(struct task *t, u64 *utime, u64 *stime);
void set_user_nice(struct task *t, int nice);
int set_cpus_allowed(struct task *t, const cpumask_t *mask);
bool task_is_running_on_cpu(const struct task *t);

void sched_init(void);
void sched_init_cpu(u32 cpu, struct task *idle);
void cpu_idle_loop(void) __noreturn;
/* Timer and IPI entry points. */
void resched_current(void);

struct sched_counters {
	u64 nr_switches;
	u64 user_ns, nice_ns, system_ns, idle_ns, iowait_ns, irq_ns, softirq_ns;
	u64 run_delay_ns; /* runnable tasks waited for their turn */
	u32 nr_running;
};
/* Snapshot for /proc/stat. */
void sched_cpu_counters(u32 cpu, struct sched_counters *out);
void get_avenrun(u64 loads[3]); /* fixed point, 11 bits */
u32 nr_running_total(void);
u32 nr_iowait_total(void);
void io_schedule(void);

/* Limits of real-time tasks (kernel/sched_rt.c): 0 or -EINVAL. */
int sched_set_rr_timeslice(s64 ms); /* <= 0: the default */
int sched_set_rt_period(s64 us);
int sched_set_rt_runtime(s64 us); /* -1: not limited */

#endif
