/* Between the files of the scheduler (sched*.c) and rcu.c. */
#ifndef KERNEL_SCHED_H
#define KERNEL_SCHED_H

#include <asm/percpu.h>
#include <linnet/hrtimer.h>
#include <linnet/rbtree.h>
#include <linnet/sched.h>
#include <linnet/seqlock.h>
#include <linnet/spinlock.h>
#include <linnet/task.h>

/* Priorities 1 to 99 are for users, the one above for the kernel's helpers. */
enum { RT_LEVELS = 100, RT_PRIO_HELPER = 100 };

struct fair_rq {
	struct rb_root_cached tree; /* by vruntime; without the current task */
	u64 min_vruntime;
	u32 nr;			    /* with the current task */
	u64 weight;		    /* with the current task */
};

struct rt_rq {
	u64 bitmap[2]; /* by 100 - priority: lowest set bit is highest */
	struct list_head queue[RT_LEVELS]; /* with the current task */
	u32 nr;
	u64 period_start, used, throttled_until; /* rq->clock, ns */
};

/* [lock] everything; a CPU's own lock is taken with interrupts off. */
struct rq {
	spinlock_t lock;
	u32 cpu;
	struct task *curr, *idle;
	u32 nr_running;	 /* without the idle task */
	u64 clock;	 /* ns, updated on entry */
	struct fair_rq fair;
	struct rt_rq rt;
	struct hrtimer slice_timer; /* end of the current task's turn */
	u64 nr_switches, run_delay;
	s64 nr_uninterruptible, nr_iowait; /* [A] sums over CPUs count */
	bool idle_polling;
	u32 rouse; /* ns: how long rousing it from idle takes, on average */
	seqcount_t idle_seq; /* written by the CPU itself, interrupts off */
	/* cycles: [idle_seq] spent idle, idle since; not idle since */
	u64 idle_time, idle_since, busy_since;
	/* cputime.c; the CPU's own, interrupts off */
	struct hrtimer tick_timer;
	bool tick_short;   /* the next tick is not more than TICK_NS away */
	u32 tick_len;	   /* in TICK_NS */
	u64 tick_switches; /* nr_switches then */
	struct split_time times;      /* user, kernel */
	struct split_time user_times; /* at nice <= 0, nicer */
	u64 next_swap; /* sched_balance.c */
};

DECLARE_PERCPU(struct rq, runqueues);
#define cpu_rq(cpu) per_cpu_ptr(&runqueues, cpu)
#define this_rq()   this_cpu_ptr(&runqueues)

static inline bool task_is_rt(const struct task *t)
{
	return t->se.rt_priority || t->se.boost;
}

static inline int task_rt_level(const struct task *t)
{
	int p = max(t->se.rt_priority, (int)t->se.boost);

	return RT_LEVELS - p;
}

/* A CPU in its idle loop holds no RCU reference. */
static inline bool cpu_is_idle(u32 cpu)
{
	struct rq *rq = cpu_rq(cpu);

	return READ_ONCE(rq->curr) == rq->idle && READ_ONCE(rq->idle_polling);
}

/* sched_fair.c */
void fair_rq_init(struct fair_rq *f);
void fair_enqueue(struct rq *rq, struct task *t, bool wakeup);
void fair_dequeue(struct rq *rq, struct task *t);
void fair_put_prev(struct rq *rq, struct task *t);
struct task *fair_pick(struct rq *rq);
void fair_charge(struct rq *rq, struct task *t, u64 delta);
/* Should @t, just woken, run before the current task? */
bool fair_preempts(struct rq *rq, struct task *t);
/* ns the current task may still go on. */
u64 fair_slice_left(struct rq *rq, struct task *t);
void fair_migrate(struct task *t, struct rq *from, struct rq *to);
void fair_place_new(struct rq *rq, struct task *t);
/* A task that may move to @cpu, or NULL. [rq->lock] */
struct task *fair_pick_movable(struct rq *rq, u32 cpu);
u32 nice_to_weight(int nice);

/* sched_rt.c: [rq->lock] unless it says otherwise */
void rt_enqueue(struct rq *rq, struct task *t);
void rt_dequeue(struct rq *rq, struct task *t);
/* To the end of its priority's list. */
void rt_requeue(struct rq *rq, struct task *t);
void rt_put_prev(struct rq *rq, struct task *t);
struct task *rt_pick(struct rq *rq);
void rt_charge(struct rq *rq, struct task *t, u64 delta);
void rt_init_task(struct task *t);
u64 rr_slice(void); /* ns, a round-robin turn */
void rt_init_rq(struct rt_rq *rt);
/* There are real-time tasks: do they run before the fair ones? */
bool rt_first(const struct rq *rq);
bool rt_throttled(const struct rq *rq);
u64 rt_throttle_left(const struct rq *rq);
/* Does the running real-time task's turn end, and in how many ns? */
bool rt_turn_ends(const struct rq *rq);
u64 rt_turn_left(struct rq *rq);
/* Should @t, just woken, run before the current task? */
bool rt_preempts(const struct rq *rq, const struct task *t);
/* The CPU doing what is least urgent; no lock. */
u32 rt_select_cpu(const struct task *t, cpumask_t allowed, u32 prev_cpu);
extern cpumask_t rt_overloaded; /* [A] CPUs with more than one of them */
/* Before the choice of the next task; drops and retakes the lock. */
void rt_pull(struct rq *rq);
/* Have another CPU come for what waits here. No lock held. */
void rt_kick(struct rq *rq);

/* sched.c */
extern cpumask_t rcu_waiting_for;
/* The current task leaves a CPU it may no longer use: 0. */
int migrate_running(struct task *t);
void rcu_quiescent_slow(void);
struct rq *task_rq_lock(struct task *t, u64 *flags);
void task_rq_unlock(struct rq *rq, u64 flags);
/* The task keeps its queue, or sleeps on: what it is scheduled by may change. */
struct task_lock {
	struct rq *rq;
	u64 flags, rq_flags;
};
struct task_lock task_change_lock(struct task *t);
void task_change_unlock(struct task *t, struct task_lock l);
void resched_curr(struct rq *rq);
void update_curr(struct rq *rq);
/* Dequeue if queued; put it back after a change of its parameters. [task_change_lock()]
 * or, to move it, with both queues locked. */
struct sched_change {
	bool queued, running;
};
struct sched_change sched_change_begin(struct rq *rq, struct task *t);
void sched_change_end(struct rq *rq, struct task *t, struct sched_change c);

/* cputime.c: the tick that samples where time goes */
#define TICK_NS 10000000ul
enum { TICKS_MAX = 64 }; /* the longest interval */
void cputime_tick(struct hrtimer *timer);
void cputime_start_tick(struct rq *rq);

/* loadavg.c */
void load_tick(ktime_t now);

/* sched_balance.c */
u32 select_task_rq(struct task *t, u32 prev_cpu);
/* The current task has woken another; a task goes to sleep at rq->clock. */
void note_wakeup(const struct rq *rq);
void note_sleep(const struct rq *rq, struct task *t);
/* This idle CPU began to run a task @ns after that was woken. */
void note_roused(struct rq *rq, u64 ns);
enum { AVERAGE_MAX_NS = 1000000, ROUSE_MIN_NS = 5000 };
bool idle_balance(struct rq *rq);
void move_task_locked(struct rq *from, struct rq *to, struct task *t);
/* Off a CPU it may no longer use; drops and retakes @rq's lock. */
void move_waiting(struct rq *rq, struct task *t);
/* Lock @other too; in CPU order, so @self may be dropped for a moment. */
void lock_second(struct rq *self, struct rq *other);
/* From the tick: hand on what waits here and would run elsewhere. */
void balance_tick(struct rq *rq);

/*
 * Call @fn for each thread that (@which, @who) names, as in setpriority(2);
 * @acc is handed from one to the next. tasklist_lock and RCU are held.
 */
int for_each_named_task(int which, int who,
			int (*fn)(struct task *t, int arg, int acc), int arg,
			int acc);

/* Run @t at least at real-time priority @prio; 0: as its own policy says. */
void sched_boost(struct task *t, u32 prio);

#endif
