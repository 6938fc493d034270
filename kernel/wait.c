/*
 * Wait queues and completions.
 */
#include <linnet/errno.h>
#include <linnet/sched.h>
#include <linnet/task.h>
#include <linnet/wait.h>

void wait_add(struct wait_queue *q, struct wait_entry *e)
{
	u64 flags = spin_lock_irqsave(&q->lock);

	if (e->flags & WAIT_EXCLUSIVE)
		list_add_tail(&e->node, &q->head);
	else
		list_add(&e->node, &q->head);
	spin_unlock_irqrestore(&q->lock, flags);
}

void wait_remove(struct wait_queue *q, struct wait_entry *e)
{
	u64 flags = spin_lock_irqsave(&q->lock);

	list_del(&e->node);
	spin_unlock_irqrestore(&q->lock, flags);
}

void wait_prepare(struct wait_queue *q, struct wait_entry *e, u32 state)
{
	u64 flags = spin_lock_irqsave(&q->lock);

	if (list_empty(&e->node)) {
		if (e->flags & WAIT_EXCLUSIVE)
			list_add_tail(&e->node, &q->head);
		else
			list_add(&e->node, &q->head);
	}
	set_current_state(state);
	spin_unlock_irqrestore(&q->lock, flags);
}

void wait_finish(struct wait_queue *q, struct wait_entry *e)
{
	__set_current_state(TASK_RUNNING);
	/*
	 * Unlinked by the waker? Only if it is done with the entry, which lives
	 * on our stack: pairs with the release in wait_wake_auto().
	 */
	if (smp_load_acquire(&e->node.next) != &e->node)
		wait_remove(q, e);
}

bool wait_wake_auto(struct wait_entry *e, u32 mode, u64 key)
{
	struct task *t = e->task;

	(void)key;
	if (!try_to_wake_up(t, mode))
		return false;
	list_del_rcu(&e->node);
	WRITE_ONCE(e->node.prev, &e->node);
	/* The last access: the waiter may go on and leave the function. */
	smp_store_release(&e->node.next, &e->node);
	return true;
}

void wake_up_locked(struct wait_queue *q, u32 mode, int nr_exclusive, u64 key)
{
	struct wait_entry *e, *next;

	list_for_each_entry_safe(e, next, &q->head, node) {
		u32 flags = e->flags;

		if (e->func(e, mode, key) && (flags & WAIT_EXCLUSIVE) &&
		    --nr_exclusive == 0)
			return;
	}
}

void wake_up_common(struct wait_queue *q, u32 mode, int nr_exclusive, u64 key)
{
	u64 flags;

	/* Pairs with set_current_state() in wait_prepare(). */
	smp_mb();
	if (!wait_queue_active(q))
		return;
	flags = spin_lock_irqsave(&q->lock);
	wake_up_locked(q, mode, nr_exclusive, key);
	spin_unlock_irqrestore(&q->lock, flags);
}

enum { COMPLETED_FOR_ALL = 0x80000000u };

void complete(struct completion *c)
{
	u64 flags = spin_lock_irqsave(&c->wait.lock);

	if (c->done < COMPLETED_FOR_ALL)
		c->done++;
	wake_up_locked(&c->wait, TASK_NORMAL, 1, 0);
	spin_unlock_irqrestore(&c->wait.lock, flags);
}

void complete_all(struct completion *c)
{
	u64 flags = spin_lock_irqsave(&c->wait.lock);

	c->done = COMPLETED_FOR_ALL;
	wake_up_locked(&c->wait, TASK_NORMAL, 0, 0);
	spin_unlock_irqrestore(&c->wait.lock, flags);
}

/* Always through the lock: the completion may live on the waiter's stack and
 * complete() must have left it before the waiter returns. */
static bool completion_take(struct completion *c)
{
	u64 flags = spin_lock_irqsave(&c->wait.lock);
	bool done = c->done != 0;

	if (done && c->done < COMPLETED_FOR_ALL)
		c->done--;
	spin_unlock_irqrestore(&c->wait.lock, flags);
	return done;
}

void wait_for_completion(struct completion *c)
{
	might_sleep();
	while (!completion_take(c))
		wait_event(&c->wait, READ_ONCE(c->done));
}

long wait_for_completion_killable(struct completion *c)
{
	long err;

	might_sleep();
	while (!completion_take(c)) {
		err = wait_event_killable(&c->wait, READ_ONCE(c->done));
		if (err && !completion_take(c))
			return err;
		if (err)
			return 0;
	}
	return 0;
}
