/*
 * Deferred work: a pool of kernel threads that run queued functions.
 *
 * Work is queued on one list; idle threads take it. A thread that takes work
 * first sees to it that another one is idle, so work that comes while all the
 * others sleep in their functions is still run, and one item may wait for
 * another. Idle threads beyond MAX_IDLE end.
 *
 * A work item: idle -> PENDING (queued) -> running (PENDING clear, so that it
 * can be queued again meanwhile) -> idle. It never runs on two threads at once:
 * one that was queued again while it ran is left to the thread that runs it.
 * Its function may free it, so it is not touched once the function has begun.
 * Lock: pool.lock, irq-safe.
 */
#include <linnet/boot.h>
#include <linnet/errno.h>
#include <linnet/init.h>
#include <linnet/printk.h>
#include <linnet/sched.h>
#include <linnet/task.h>
#include <linnet/workqueue.h>

enum { WORK_PENDING = 1, MAX_WORKERS = 256, MAX_IDLE = 2 };

struct worker {
	struct list_head node;
	struct work *current_work;
};

static struct {
	spinlock_t lock;
	struct list_head queue;	  /* [lock] struct work.node */
	struct list_head workers; /* [lock] */
	u32 nr_workers, nr_idle;  /* [lock] */
	struct wait_queue more;	  /* queue is not empty */
	struct wait_queue done;	  /* a work item ended */
} pool = {
	.lock = SPINLOCK_INIT,
	.queue = LIST_HEAD_INIT(pool.queue),
	.workers = LIST_HEAD_INIT(pool.workers),
	.more = WAIT_QUEUE_INIT(pool.more),
	.done = WAIT_QUEUE_INIT(pool.done),
};

/* [pool.lock] */
static bool is_running(const struct work *w)
{
	struct worker *k;

	list_for_each_entry(k, &pool.workers, node)
		if (k->current_work == w)
			return true;
	return false;
}

/* The first item that no thread runs at present. [pool.lock] */
static struct work *first_runnable(void)
{
	struct work *w;

	list_for_each_entry(w, &pool.queue, node)
		if (!is_running(w))
			return w;
	return NULL;
}

bool work_queue(struct work *w)
{
	bool queued = false;
	u64 flags = spin_lock_irqsave(&pool.lock);

	if (!(w->state & WORK_PENDING)) {
		w->state |= WORK_PENDING;
		list_add_tail(&w->node, &pool.queue);
		queued = true;
	}
	spin_unlock_irqrestore(&pool.lock, flags);
	if (queued)
		wake_up(&pool.more);
	return queued;
}

static int worker_thread(void *arg);

/* Start another thread unless one is idle. Task context. */
static void keep_one_idle(void)
{
	bool grow;

	spin_lock_irq(&pool.lock);
	grow = !pool.nr_idle && pool.nr_workers < MAX_WORKERS;
	if (grow) {
		pool.nr_workers++;
		pool.nr_idle++; /* it is, from its start */
	}
	spin_unlock_irq(&pool.lock);
	if (grow && IS_ERR(kthread_run(worker_thread, NULL, "kworker/%u",
				       pool.nr_workers))) {
		spin_lock_irq(&pool.lock);
		pool.nr_workers--;
		pool.nr_idle--;
		spin_unlock_irq(&pool.lock);
	}
}

static struct work *take_work(struct worker *self)
{
	struct work *w;

	spin_lock_irq(&pool.lock);
	self->current_work = NULL;
	w = first_runnable();
	if (w) {
		list_del(&w->node);
		w->state &= ~(u32)WORK_PENDING;
		self->current_work = w;
	}
	spin_unlock_irq(&pool.lock);
	return w;
}

static bool work_waits(void)
{
	bool waits;

	spin_lock_irq(&pool.lock);
	waits = first_runnable();
	spin_unlock_irq(&pool.lock);
	return waits;
}

/* Run what is queued. The caller counts as busy. */
static void run_queue(struct worker *self)
{
	struct work *w;

	while ((w = take_work(self))) {
		keep_one_idle();
		w->func(w);
		spin_lock_irq(&pool.lock);
		self->current_work = NULL;
		spin_unlock_irq(&pool.lock);
		wake_up_all(&pool.done);
	}
}

/* Return: false if there are idle threads enough without the caller. */
static bool become_idle(struct worker *self)
{
	bool stay;

	spin_lock_irq(&pool.lock);
	stay = pool.nr_idle < MAX_IDLE || first_runnable();
	if (stay) {
		pool.nr_idle++;
	} else {
		pool.nr_workers--;
		list_del(&self->node);
	}
	spin_unlock_irq(&pool.lock);
	return stay;
}

/* Born idle. */
static int worker_thread(void *arg)
{
	struct worker self = {.current_work = NULL};

	(void)arg;
	current->flags |= PF_WORKER;
	spin_lock_irq(&pool.lock);
	list_add(&self.node, &pool.workers);
	spin_unlock_irq(&pool.lock);
	do {
		wait_event_state(&pool.more, work_waits(), TASK_IDLE_STATE,
				 false);
		spin_lock_irq(&pool.lock);
		pool.nr_idle--;
		spin_unlock_irq(&pool.lock);
		run_queue(&self);
	} while (become_idle(&self));
	return 0;
}

static bool work_busy(const struct work *w)
{
	bool busy;

	spin_lock_irq(&pool.lock);
	busy = w->state & WORK_PENDING || is_running(w);
	spin_unlock_irq(&pool.lock);
	return busy;
}

void work_flush(struct work *w)
{
	might_sleep();
	wait_event(&pool.done, !work_busy(w));
}

void work_cancel_sync(struct work *w)
{
	spin_lock_irq(&pool.lock);
	if (w->state & WORK_PENDING) {
		list_del(&w->node);
		w->state &= ~(u32)WORK_PENDING;
	}
	spin_unlock_irq(&pool.lock);
	work_flush(w);
}

static void delayed_work_fire(struct hrtimer *t)
{
	work_queue(&container_of(t, struct delayed_work, timer)->work);
}

void delayed_work_init(struct delayed_work *w, void (*fn)(struct work *w))
{
	work_init(&w->work, fn);
	hrtimer_init(&w->timer, delayed_work_fire);
}

void delayed_work_queue(struct delayed_work *w, u32 delay_ms)
{
	hrtimer_start(&w->timer, ktime_get() + delay_ms * NSEC_PER_MSEC);
}

void delayed_work_cancel_sync(struct delayed_work *w)
{
	hrtimer_cancel(&w->timer);
	work_cancel_sync(&w->work);
}

static int __init_text workqueue_start(void)
{
	pool.nr_workers = pool.nr_idle = 1;
	return IS_ERR(kthread_run(worker_thread, NULL, "kworker/1")) ? -ENOMEM
								     : 0;
}
core_initcall(workqueue_start);
