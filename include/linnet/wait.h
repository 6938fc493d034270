/*
 * Wait queues: tasks that sleep until an event.
 *
 * A waiter puts an entry on the queue, sets its state, tests its condition and
 * schedules; a waker changes the condition, then calls wake_up(). Both sides
 * take the queue's lock, so no wake-up is lost. Exclusive waiters stand behind
 * the others and are woken one at a time. An entry may carry a function of its
 * own instead of a task (poll, epoll); it runs under the queue's lock with
 * interrupts off.
 *
 * The lock of a wait queue nests inside every other lock. Inside it are only
 * those of the scheduler, of epoll (its callback) and, where the queue's lock
 * guards an object of its own (timerfd), of timer bases.
 */
#ifndef LINNET_WAIT_H
#define LINNET_WAIT_H

#include <linnet/list.h>
#include <linnet/spinlock.h>

struct task;
struct wait_entry;

/*
 * Called for an entry on its queue's wake-up; @key is the wake's poll mask (0:
 * unspecified). Returns true if it woke somebody, which uses up one exclusive
 * wake-up. May unlink the entry.
 */
typedef bool (*wait_func)(struct wait_entry *e, u32 mode, u64 key);

struct wait_queue {
	spinlock_t lock;
	struct list_head head; /* [L] struct wait_entry.node */
};

struct wait_entry {
	struct list_head node;
	struct task *task;
	wait_func func;
	u32 flags; /* enum wait_flags */
};

enum wait_flags { WAIT_EXCLUSIVE = 1 };

/*
 * In the key of a queue's last wake-up, above the poll mask: the queue goes
 * away before the entries' owners do; they must unlink and forget it. The
 * queue's memory stays for an RCU grace period.
 */
#define WAKE_QUEUE_GONE (1ul << 32)

#define WAIT_QUEUE_INIT(name) {SPINLOCK_INIT, LIST_HEAD_INIT((name).head)}
#define DEFINE_WAIT_QUEUE(name)                                                \
	struct wait_queue name = WAIT_QUEUE_INIT(name)
#define DEFINE_WAIT(name)                                                      \
	struct wait_entry name = {.node = LIST_HEAD_INIT((name).node),         \
				  .task = current,                             \
				  .func = wait_wake_auto}

static __always_inline void wait_queue_init(struct wait_queue *q)
{
	spin_init(&q->lock);
	list_init(&q->head);
}

/* Wake the task and take the entry off the queue. */
bool wait_wake_auto(struct wait_entry *e, u32 mode, u64 key);

void wait_add(struct wait_queue *q, struct wait_entry *e);
void wait_remove(struct wait_queue *q, struct wait_entry *e);
/* Queue the entry (if it is not yet) and set the task's state. */
void wait_prepare(struct wait_queue *q, struct wait_entry *e, u32 state);
/* Set TASK_RUNNING and unlink the entry. */
void wait_finish(struct wait_queue *q, struct wait_entry *e);

/* The general wake-up: @nr_exclusive 0 wakes all; @mode: task states to wake. */
void wake_up_common(struct wait_queue *q, u32 mode, int nr_exclusive, u64 key);
void wake_up_locked(struct wait_queue *q, u32 mode, int nr_exclusive, u64 key);

/*
 * Is anybody waiting? Cheap test before a wake-up; the caller has a full
 * barrier between changing the condition and this (pairs with wait_prepare()).
 */
static inline bool wait_queue_active(struct wait_queue *q)
{
	return !list_empty(&q->head);
}

#define wake_up(q)		 wake_up_common(q, TASK_NORMAL, 1, 0)
#define wake_up_all(q)		 wake_up_common(q, TASK_NORMAL, 0, 0)
#define wake_up_interruptible(q) wake_up_common(q, TASK_INTERRUPTIBLE, 1, 0)
/* Wake pollers and readers that wait for @mask (EPOLLIN and so on). */
#define wake_up_poll(q, mask) wake_up_common(q, TASK_NORMAL, 1, mask)

/*
 * Sleep until @cond. The expression is evaluated with no lock held and may be
 * evaluated often; it must not sleep.
 */
#define wait_event_state(q, cond, state, onsignal)                             \
	({                                                                     \
		long _ret = 0;                                                 \
		DEFINE_WAIT(_w);                                               \
		for (;;) {                                                     \
			wait_prepare(q, &_w, state);                           \
			if (cond)                                              \
				break;                                         \
			if (onsignal) {                                        \
				_ret = -ERESTARTSYS;                           \
				break;                                         \
			}                                                      \
			schedule();                                            \
		}                                                              \
		wait_finish(q, &_w);                                           \
		_ret;                                                          \
	})
#define wait_event(q, cond)                                                    \
	((cond) ? (void)0                                                      \
		: (void)wait_event_state(q, cond, TASK_UNINTERRUPTIBLE, false))
/* 0, or -ERESTARTSYS if a signal is pending. */
#define wait_event_interruptible(q, cond)                                      \
	((cond) ? 0                                                            \
		: wait_event_state(q, cond, TASK_INTERRUPTIBLE,                \
				   signal_pending(current)))
#define wait_event_killable(q, cond)                                           \
	((cond) ? 0                                                            \
		: wait_event_state(q, cond, TASK_KILLABLE,                     \
				   fatal_signal_pending(current)))

/* A one-shot event: wait_for_completion() returns after complete(). */
struct completion {
	u32 done;
	struct wait_queue wait;
};

#define COMPLETION_INIT(name) {0, WAIT_QUEUE_INIT((name).wait)}

static inline void completion_init(struct completion *c)
{
	c->done = 0;
	wait_queue_init(&c->wait);
}

void complete(struct completion *c);
void complete_all(struct completion *c);
void wait_for_completion(struct completion *c);
/* 0, or -ERESTARTSYS on a fatal signal. */
long wait_for_completion_killable(struct completion *c);

#endif
