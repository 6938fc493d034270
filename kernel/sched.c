/*
 * The scheduler core: run queues, switching, waking, states.
 *
 * Every CPU has a run queue with two classes: real-time (FIFO, RR; sched_rt.c),
 * served first, and fair (sched_fair.c). A task is on at most one queue; `on_rq`
 * says that it is runnable, `on_cpu` that a CPU still executes on its stack. The
 * running task stays accounted in its class but outside the class's tree.
 *
 * Preemption: resched_curr() marks the running task; it gives way at the next
 * interrupt return, unlock or return to user mode. A one-shot timer ends a turn
 * only while somebody else is waiting. Besides that a busy CPU has the slow tick
 * of cputime.c, slower still while one task has it for itself; an idle one has
 * none.
 *
 * Locks: task->wake_lock serialises wakers of a task, so that one that finds it
 * off the queues knows that it stays so; rq->lock nests inside. Both are
 * irq-safe and nest inside sighand->lock and wait-queue locks. Two rq->locks
 * are taken in CPU order. A task's queue is found with
 * task_rq_lock(), which retries if the task moved. That holds a task in its place
 * only while it is on a queue: a waker puts a sleeping one on another queue under
 * that queue's lock and wake_lock. Who changes a task, asleep or not, takes both,
 * task_change_lock().
 *
 * Wake-up against sleep:
 *     sleeper: state = S; full barrier; test condition; schedule()
 *     waker:   change condition; full barrier; test state
 */
#include <asm/mmu.h>
#include <linnet/boot.h>
#include <linnet/errno.h>
#include <linnet/init.h>
#include <linnet/irq.h>
#include <linnet/printk.h>
#include <linnet/rcu.h>
#include <linnet/time.h>
#include <linux/sched.h>
#include <asm/setup.h>
#include <asm/uaccess.h>
#include "sched.h"

DEFINE_PERCPU(struct rq, runqueues);

void preempt_schedule_irq(void);
void schedule_tail(struct task *prev);

/* --- locking a task's queue --- */

struct rq *task_rq_lock(struct task *t, u64 *flags)
{
	for (;;) {
		struct rq *rq;

		*flags = local_irq_save();
		rq = cpu_rq(READ_ONCE(t->ti.cpu));
		spin_lock(&rq->lock);
		if (likely(rq->cpu == t->ti.cpu))
			return rq;
		spin_unlock_irqrestore(&rq->lock, *flags);
	}
}

void task_rq_unlock(struct rq *rq, u64 flags)
{
	spin_unlock_irqrestore(&rq->lock, flags);
}

struct task_lock task_change_lock(struct task *t)
{
	struct task_lock l;

	l.flags = spin_lock_irqsave(&t->wake_lock);
	l.rq = task_rq_lock(t, &l.rq_flags);
	return l;
}

void task_change_unlock(struct task *t, struct task_lock l)
{
	task_rq_unlock(l.rq, l.rq_flags);
	spin_unlock_irqrestore(&t->wake_lock, l.flags);
}

/* --- accounting and the turn's end --- */

static void update_rq_clock(struct rq *rq)
{
	rq->clock = (u64)ktime_get();
}

/* Charge the running task for the time since the last call. */
void update_curr(struct rq *rq)
{
	struct task *t = rq->curr;
	u64 delta;

	update_rq_clock(rq);
	delta = rq->clock - t->se.exec_start;
	t->se.exec_start = rq->clock;
	if (t == rq->idle)
		return;
	t->se.sum_exec += delta;
	if (!task_is_rt(t))
		fair_charge(rq, t, delta);
	else
		rt_charge(rq, t, delta);
}

void resched_curr(struct rq *rq)
{
	struct task *t = rq->curr;

	if (test_ti_flag(t, TIF_NEED_RESCHED))
		return;
	set_ti_flag(t, TIF_NEED_RESCHED);
	if (rq->cpu == smp_processor_id())
		WRITE_ONCE(t->ti.no_resched, 0);
	else
		ipi_send(rq->cpu, IPI_RESCHEDULE);
}

void resched_task(struct task *t)
{
	u64 flags;
	struct rq *rq = task_rq_lock(t, &flags);

	if (rq->curr == t)
		resched_curr(rq);
	task_rq_unlock(rq, flags);
}

/* The other CPU's half of resched_curr(): from the IPI, interrupts off. */
void resched_current(void)
{
	if (test_ti_flag(current, TIF_NEED_RESCHED))
		WRITE_ONCE(current_ti()->no_resched, 0);
}

/* Does somebody wait for the end of the current turn? */
static bool others_wait(const struct rq *rq)
{
	if (task_is_rt(rq->curr))
		return rt_turn_ends(rq);
	return rq->fair.nr > 1 || rq->rt.nr;
}

/* ns until it ends. */
static u64 turn_left(struct rq *rq)
{
	u64 ns = U64_MAX;

	if (task_is_rt(rq->curr))
		return rt_turn_left(rq);
	if (rq->fair.nr > 1)
		ns = fair_slice_left(rq, rq->curr);
	if (rq->rt.nr)
		ns = min(ns, rt_throttle_left(rq));
	return ns;
}

/*
 * Arm the end of the current turn if somebody waits for it. A timer that an
 * earlier turn left behind fires sooner and finds out how much is left: tasks
 * that hand over to each other all the time need not set it every time.
 */
static void start_slice_timer(struct rq *rq)
{
	ktime_t end;

	if (rq->curr == rq->idle || !others_wait(rq))
		return;
	end = (ktime_t)(rq->clock + max(turn_left(rq), 1ul));
	if (!hrtimer_queued(&rq->slice_timer) || rq->slice_timer.expires > end)
		hrtimer_start(&rq->slice_timer, end);
}

static void slice_expired(struct hrtimer *timer)
{
	struct rq *rq = container_of(timer, struct rq, slice_timer);

	spin_lock(&rq->lock);
	update_curr(rq);
	if (rq->curr != rq->idle && others_wait(rq)) {
		if (turn_left(rq))
			start_slice_timer(rq);
		else
			resched_curr(rq);
	}
	spin_unlock(&rq->lock);
}

/* --- queueing --- */

static void enqueue_task(struct rq *rq, struct task *t, bool wakeup)
{
	t->on_rq = true;
	t->se.wait_start = rq->clock;
	rq->nr_running++;
	if (task_is_rt(t))
		rt_enqueue(rq, t);
	else
		fair_enqueue(rq, t, wakeup);
}

/* on_rq is left alone: see try_to_wake_up(). */
static void dequeue_task(struct rq *rq, struct task *t)
{
	rq->nr_running--;
	if (task_is_rt(t))
		rt_dequeue(rq, t);
	else
		fair_dequeue(rq, t);
}

struct sched_change sched_change_begin(struct rq *rq, struct task *t)
{
	struct sched_change c = {.queued = t->on_rq, .running = rq->curr == t};

	update_curr(rq);
	if (c.queued)
		dequeue_task(rq, t);
	return c;
}

void sched_change_end(struct rq *rq, struct task *t, struct sched_change c)
{
	if (c.queued)
		enqueue_task(rq, t, false);
	if (c.queued)
		resched_curr(rq);
}

static bool preempts(struct rq *rq, struct task *t)
{
	if (task_is_rt(t))
		return rt_preempts(rq, t);
	/* A throttled one ran because nobody else wanted to. */
	return task_is_rt(rq->curr) ? rt_throttled(rq) : fair_preempts(rq, t);
}

/* Does the woken @t take the CPU from the running task? */
static void check_preempt(struct rq *rq, struct task *t)
{
	if (rq->curr == rq->idle || preempts(rq, t))
		resched_curr(rq);
	else
		start_slice_timer(rq);
}

/* --- waking --- */

static void activate(struct rq *rq, struct task *t, bool wakeup)
{
	update_curr(rq);
	enqueue_task(rq, t, wakeup);
	check_preempt(rq, t);
}

/*
 * Still runnable, or about to sleep on its own CPU: just change the state. False if
 * it is off the queues.
 */
static bool wake_queued(struct task *t, u32 mask)
{
	u64 flags;
	struct rq *rq;
	bool queued;

	if (!READ_ONCE(t->on_rq))
		return false;
	rq = task_rq_lock(t, &flags);
	queued = t->on_rq;
	if (queued && (READ_ONCE(t->state) & mask))
		WRITE_ONCE(t->state, TASK_RUNNING);
	task_rq_unlock(rq, flags);
	return queued;
}

/* Put a sleeping task on a queue. [t->wake_lock], which keeps it asleep. */
static void wake_sleeper(struct task *t, u32 state)
{
	u32 prev_cpu = t->ti.cpu, cpu;
	struct rq *rq;

	if (state & TASK_UNINTERRUPTIBLE)
		atomic_sub(&this_rq()->nr_uninterruptible, 1);
	WRITE_ONCE(t->state, TASK_WAKING);
	/* It may still be on its way through schedule() on another CPU. */
	while (smp_load_acquire(&t->on_cpu))
		cpu_relax();
	cpu = select_task_rq(t, prev_cpu);
	rq = cpu_rq(cpu);
	spin_lock(&rq->lock);
	if (cpu != prev_cpu) {
		if (!task_is_rt(t))
			fair_migrate(t, cpu_rq(prev_cpu), rq);
		t->se.nr_migrations++;
		set_ti_cpu(&t->ti, cpu);
	}
	WRITE_ONCE(t->state, TASK_RUNNING);
	activate(rq, t, true);
	note_wakeup(rq);
	spin_unlock(&rq->lock);
}

/**
 * try_to_wake_up - make a sleeping task runnable
 * @mask: states it may be in
 *
 * on_rq is looked at without the queue's lock, so it is false only while the task
 * sleeps: one that is taken out of a queue to be put into another keeps it, or it
 * would be queued twice. Only the task itself goes from one sleep to the next, so
 * once it is off the queues its state does not change under wake_lock.
 *
 * Context: any; takes t->wake_lock and runqueue locks.
 * Return: true if it was in such a state.
 */
__no_canary bool try_to_wake_up(struct task *t, u32 mask)
{
	bool woken = false;
	u64 flags;
	u32 state;

	if (t == current) {
		if (!(READ_ONCE(t->state) & mask))
			return false;
		WRITE_ONCE(t->state, TASK_RUNNING);
		return true;
	}
	flags = spin_lock_irqsave(&t->wake_lock);
	smp_mb(); /* pairs with set_current_state() of the sleeper */
	if (!(READ_ONCE(t->state) & mask))
		goto out;
	smp_rmb(); /* the state before on_rq: what has been seen is this sleep */
	woken = true;
	if (wake_queued(t, mask))
		goto out;
	smp_rmb(); /* on_rq before the state it fell asleep with */
	state = READ_ONCE(t->state);
	woken = state & mask;
	if (woken)
		wake_sleeper(t, state);
out:
	spin_unlock_irqrestore(&t->wake_lock, flags);
	return woken;
}

bool wake_up_process(struct task *t)
{
	return try_to_wake_up(t, TASK_NORMAL);
}

void wake_up_new_task(struct task *t)
{
	u64 flags = spin_lock_irqsave(&t->wake_lock);
	u32 cpu = select_task_rq(t, smp_processor_id());
	struct rq *rq = cpu_rq(cpu);

	spin_lock(&rq->lock);
	set_ti_cpu(&t->ti, cpu);
	WRITE_ONCE(t->state, TASK_RUNNING);
	update_curr(rq);
	if (!task_is_rt(t))
		fair_place_new(rq, t);
	enqueue_task(rq, t, false);
	check_preempt(rq, t);
	note_wakeup(rq);
	spin_unlock(&rq->lock);
	spin_unlock_irqrestore(&t->wake_lock, flags);
}

void kick_process(struct task *t)
{
	u32 cpu;

	preempt_disable();
	/* What it is to see, before who runs: pairs with arch_switch_to(). */
	smp_mb();
	cpu = READ_ONCE(t->ti.cpu);
	if (cpu != smp_processor_id() && READ_ONCE(cpu_rq(cpu)->curr) == t)
		ipi_send(cpu, IPI_RESCHEDULE);
	preempt_enable();
}

void set_current_state(u32 state)
{
	WRITE_ONCE(current->state, state);
	smp_mb(); /* pairs with try_to_wake_up() */
}

/* --- switching --- */

/* The previous task is off the CPU: its waker may go on, or it is freed. */
static void finish_switch(struct rq *rq, struct task *prev)
{
	bool dead = READ_ONCE(prev->state) == TASK_DEAD;
	bool kick = rq->rt.nr > 1;

	smp_store_release(&prev->on_cpu, false);
	spin_unlock_irq(&rq->lock);
	if (unlikely(kick))
		rt_kick(rq);
	if (dead)
		task_dead(prev);
}

/* First thing a new task runs (ret_from_fork). */
void schedule_tail(struct task *prev)
{
	struct rq *rq = this_rq();

	/* As if it had called schedule(): lock and preemption are held. */
	finish_switch(rq, prev);
	preempt_enable_no_resched();
	if (current->set_child_tid)
		put_user(task_pid(current), current->set_child_tid);
}

static struct task *pick_next(struct rq *rq)
{
	struct task *t;

	if (rq->rt.nr && rt_first(rq))
		return rt_pick(rq);
	t = fair_pick(rq);
	return t ? t : rq->idle;
}

/* The running task leaves the CPU: out of its class, or back into it. */
static void put_prev(struct rq *rq, struct task *prev, bool sleeps)
{
	if (prev == rq->idle)
		return;
	if (sleeps) {
		note_sleep(rq, prev);
		if (READ_ONCE(prev->state) & TASK_UNINTERRUPTIBLE)
			atomic_add(&rq->nr_uninterruptible, 1);
		/* Release: from here a waker may change the state. */
		smp_store_release(&prev->on_rq, false);
		dequeue_task(rq, prev);
		return;
	}
	prev->se.wait_start = rq->clock;
	if (task_is_rt(prev))
		rt_put_prev(rq, prev);
	else
		fair_put_prev(rq, prev);
}

static void set_next(struct rq *rq, struct task *next)
{
	bool was_idle = rq->curr == rq->idle;
	u64 waited;

	next->se.exec_start = rq->clock;
	next->se.prev_sum_exec = next->se.sum_exec;
	next->se.nr_switches++;
	WRITE_ONCE(rq->curr, next);
	next->on_cpu = true;
	if (next == rq->idle)
		return;
	waited = rq->clock - next->se.wait_start;
	next->se.run_delay += waited;
	rq->run_delay += waited;
	if (was_idle)
		note_roused(rq, waited);
	if (unlikely(!rq->tick_short))
		cputime_start_tick(rq);
}

static void clear_resched(struct task *t)
{
	clear_ti_flag(t, TIF_NEED_RESCHED);
	WRITE_ONCE(t->ti.no_resched, 1);
}

static bool signal_interrupts_sleep(const struct task *t)
{
	u32 state = READ_ONCE(t->state);

	if (!(state & (TASK_INTERRUPTIBLE | TASK_WAKEKILL)) || !signal_pending(t))
		return false;
	return state & TASK_INTERRUPTIBLE || fatal_signal_pending(t);
}

/*
 * Choose who runs next and switch. @preempt: the task is pushed out and keeps
 * its place even if it has set a sleeping state meanwhile.
 */
static void __schedule(bool preempt)
{
	struct rq *rq;
	struct task *prev, *next;
	bool sleeps;

	local_irq_disable();
	rq = this_rq();
	spin_lock(&rq->lock);
	prev = rq->curr;
	if (unlikely(READ_ONCE(rt_overloaded.bits) & ~(1ul << rq->cpu)))
		rt_pull(rq);
	if (unlikely(cpumask_test(&rcu_waiting_for, rq->cpu)))
		rcu_quiescent_slow();
	if (test_ti_flag(prev, TIF_NEED_RESCHED))
		clear_resched(prev);
	update_curr(rq);
	smp_mb(); /* state was set before: see try_to_wake_up() */
	sleeps = !preempt && READ_ONCE(prev->state) != TASK_RUNNING;
	if (sleeps && signal_interrupts_sleep(prev)) {
		WRITE_ONCE(prev->state, TASK_RUNNING);
		sleeps = false;
	}
	if (prev->on_rq || prev == rq->idle) {
		if (sleeps)
			prev->nvcsw++;
		put_prev(rq, prev, sleeps);
	}
	if (!rq->nr_running)
		idle_balance(rq);
	next = pick_next(rq);
	if (unlikely(next->cpu_check_at != CPU_CHECK_NEVER))
		cpu_timers_run(next);
	if (next->rseq && next != prev) {
		next->rseq_event = true;
		set_ti_flag(next, TIF_NOTIFY);
	}
	if (next == prev) {
		next->se.prev_sum_exec = next->se.sum_exec;
		start_slice_timer(rq);
		spin_unlock_irq(&rq->lock);
		return;
	}
	if (!sleeps)
		prev->nivcsw++;
	rq->nr_switches++;
	set_next(rq, next);
	start_slice_timer(rq);
	prev = arch_switch_to(prev, next);
	finish_switch(this_rq(), prev);
}

void schedule(void)
{
	preempt_disable();
	debug_check_schedule();
	do {
		__schedule(false);
		/* spin_unlock_irq in there left our own count in place. */
	} while (test_ti_flag(current, TIF_NEED_RESCHED));
	preempt_enable_no_resched();
}

void preempt_schedule(void)
{
	if (irqs_disabled() || preempt_count())
		return;
	do {
		preempt_disable();
		__schedule(true);
		preempt_enable_no_resched();
	} while (test_ti_flag(current, TIF_NEED_RESCHED));
}

/* From the interrupt return path: interrupts off, count zero. */
void preempt_schedule_irq(void)
{
	do {
		preempt_disable();
		__schedule(true);
		preempt_enable_no_resched();
		local_irq_disable();
	} while (test_ti_flag(current, TIF_NEED_RESCHED));
}

void yield(void)
{
	u64 flags;
	struct rq *rq = task_rq_lock(current, &flags);

	if (task_is_rt(current)) {
		rt_requeue(rq, current);
	} else if (rq->fair.tree.rb_leftmost) {
		struct rb_node *last = rb_last(&rq->fair.tree.rb_root);
		u64 v = rb_entry(last, struct task, se.node)->se.vruntime;

		if ((s64)(v - current->se.vruntime) > 0)
			current->se.vruntime = v;
	}
	task_rq_unlock(rq, flags);
	schedule();
}

void io_schedule(void)
{
	struct rq *rq = this_rq();

	atomic_add(&rq->nr_iowait, 1);
	schedule();
	atomic_sub(&rq->nr_iowait, 1);
}

/* --- life of tasks --- */

void sched_fork(struct task *t)
{
	t->se.sum_exec = 0;
	t->times = (struct split_time){0};
	t->se.prev_sum_exec = 0;
	t->se.run_delay = 0;
	t->se.nr_switches = 0;
	t->se.nr_migrations = 0;
	t->se.overlap = AVERAGE_MAX_NS;
	t->se.first_wake = 0;
	t->se.boost = 0;
	rt_init_task(t);
	t->on_rq = false;
	t->on_cpu = false;
	t->state = TASK_NEW;
	/* As after the switch in schedule(): schedule_tail() drops the lock. */
	t->ti.preempt_count = 2;
	t->ti.no_resched = 1;
	if (t->se.reset_on_fork) {
		t->se.reset_on_fork = false;
		t->se.rt_priority = 0;
		t->se.policy = SCHED_NORMAL;
		t->se.nice = max(t->se.nice, 0);
		t->se.weight = nice_to_weight(t->se.nice);
	}
}

u64 task_cpu_time(struct task *t)
{
	u64 flags, ns;
	struct rq *rq = task_rq_lock(t, &flags);

	if (rq->curr == t)
		update_curr(rq);
	ns = t->se.sum_exec;
	task_rq_unlock(rq, flags);
	return ns;
}

/* --- idle --- */

static void idle_begins(struct rq *rq)
{
	seq_write_begin(&rq->idle_seq);
	WRITE_ONCE(rq->idle_since, get_cycles());
	seq_write_end(&rq->idle_seq);
}

static void idle_ends(struct rq *rq)
{
	u64 now = get_cycles();

	WRITE_ONCE(rq->busy_since, now);
	seq_write_begin(&rq->idle_seq);
	WRITE_ONCE(rq->idle_time, rq->idle_time + now - rq->idle_since);
	WRITE_ONCE(rq->idle_since, 0);
	seq_write_end(&rq->idle_seq);
}

void cpu_idle_loop(void)
{
	struct rq *rq = this_rq();

	for (;;) {
		local_irq_disable();
		if (!test_ti_flag(current, TIF_NEED_RESCHED) &&
		    !READ_ONCE(rq->nr_running)) {
			idle_begins(rq);
			/* Release: what an interrupt has read under RCU is over. */
			smp_store_release(&rq->idle_polling, true);
			smp_mb();
			cpu_wait_for_interrupt();
			WRITE_ONCE(rq->idle_polling, false);
			smp_mb();
			idle_ends(rq);
		}
		local_irq_enable();
		schedule();
	}
}

void sched_init_cpu(u32 cpu, struct task *idle)
{
	struct rq *rq = cpu_rq(cpu);

	spin_init(&rq->lock);
	rq->cpu = cpu;
	rq->curr = idle;
	rq->idle = idle;
	fair_rq_init(&rq->fair);
	rt_init_rq(&rq->rt);
	rq->idle_time = get_cycles();
	hrtimer_init(&rq->slice_timer, slice_expired);
	hrtimer_init(&rq->tick_timer, cputime_tick);
	idle->flags |= PF_IDLE;
	idle->on_cpu = true;
	idle->state = TASK_RUNNING;
	set_ti_cpu(&idle->ti, cpu);
	idle->ti.preempt_count = 0;
	idle->ti.no_resched = 1;
}

void __init_text sched_init(void)
{
	sched_init_cpu(0, &init_task);
}
