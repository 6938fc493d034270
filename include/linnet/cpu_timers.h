/*
 * Timers on CPU time: of a process or a thread (kernel/cpu_timers.c).
 */
#ifndef LINNET_CPU_TIMERS_H
#define LINNET_CPU_TIMERS_H

#include <linnet/list.h>
#include <linnet/types.h>

struct task;
struct thread_group;
struct rlimit64;

/* [sighand->lock] of the process */
struct cpu_timer {
	struct list_head node;	/* in thread_group.cpu_timers; empty: stopped */
	struct task *thread;	/* whose time; NULL: the process's */
	bool user;		/* time in user mode only */
	u64 expires;		/* ns of that time */
	/*
	 * The time @now is past expires and the timer stopped; may start it
	 * again. sighand->lock held, interrupts off.
	 */
	void (*fire)(struct cpu_timer *t, u64 now);
};

/* An interval timer on CPU time: ITIMER_VIRTUAL, ITIMER_PROF. */
struct cpu_itimer {
	struct cpu_timer timer;
	u64 interval; /* ns */
};

/* task.cpu_check_at of a task without CPU timers */
#define CPU_CHECK_NEVER U64_MAX

void cpu_timers_init(struct thread_group *tg);
/* Start, for the current process; sighand->lock held. @expires > 0. */
void cpu_timer_start(struct cpu_timer *t, u64 expires);
void cpu_timer_stop(struct cpu_timer *t);
static inline bool cpu_timer_running(const struct cpu_timer *t)
{
	return !list_empty(&t->node);
}
/* The time that @t measures, of the current process. */
u64 cpu_timer_now(const struct cpu_timer *t);
/* On CPU clock @id of the current process: 0, or -EINVAL. */
int cpu_timer_init(struct cpu_timer *t, int id,
		   void (*fire)(struct cpu_timer *t, u64 now));
/* Stop it and let its thread go; by its process. */
void cpu_timer_destroy(struct cpu_timer *t);
/* After starting timers, with no lock held: set the machinery going. */
void cpu_timers_go(struct task *t);
/* Of the scheduler: @next, which has CPU timers, is about to run here. */
void cpu_timers_run(struct task *next);
/* RLIMIT_CPU has changed; sighand->lock held. cpu_timers_go() must follow. */
void cpu_limit_set(struct task *t);

/* Interval timers ITIMER_VIRTUAL and ITIMER_PROF of the current process. */
void cpu_itimer_get(int which, u64 *value, u64 *interval);
void cpu_itimer_set(int which, u64 value, u64 interval);

#endif
