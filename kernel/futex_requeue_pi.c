/*
 * From a plain futex to one with priority inheritance: FUTEX_WAIT_REQUEUE_PI and
 * FUTEX_CMP_REQUEUE_PI, made for condition variables over such mutexes.
 *
 * Who waits on the condition says beforehand which lock it needs afterwards. Who
 * signals it takes the lock on behalf of the first waiter, if it is free, and
 * queues the others for it, so that they do not wake only to wait again.
 *
 * A waiter begins in the bucket of the first futex. Being requeued takes it out,
 * after its requeue_waiter has been told how that went:
 *
 *   WAITING   --> LOCKED   it owns the second futex, and is woken
 *             --> QUEUED   it is in the queue of the second futex, and sleeps on
 *
 * It becomes QUEUED and leaves the bucket before pi_lock goes: whoever hands it
 * the lock wakes it once, and it must not go on waiting for the first futex.
 *
 * Locks: bucket > pi_lock.
 */
#include <asm/uaccess.h>
#include <linnet/errno.h>
#include <linnet/hrtimer.h>
#include <linnet/slab.h>
#include <linnet/task.h>
#include <linux/futex.h>
#include "futex.h"

struct requeue_waiter {
	struct futex_key key; /* of the lock; referenced */
	struct pi_waiter pi;
	struct futex_waiter *w;
	enum { REQUEUE_WAITING, REQUEUE_LOCKED, REQUEUE_QUEUED } state;
};

/* --- waiting --- */

/* Sleep until requeued: 0; or in vain, taken out: an error. */
static long wait_for_requeue(struct futex_waiter *w, struct deadline until)
{
	bool timed_out;

	do {
		timed_out = READ_ONCE(w->bucket) && schedule_timeout_until(until);
		__set_current_state(TASK_RUNNING);
		if (!smp_load_acquire(&w->bucket))
			return 0;
		if (timed_out || signal_pending(current)) {
			if (!futex_unqueue(w))
				return 0;
			return timed_out ? -ETIMEDOUT : -ERESTARTNOINTR;
		}
		set_current_state(TASK_INTERRUPTIBLE);
	} while (smp_load_acquire(&w->bucket));
	__set_current_state(TASK_RUNNING);
	return 0;
}

static long wait_and_lock(u32 __user *uaddr, u32 val, struct futex_waiter *w,
			  struct deadline until, u32 __user *uaddr2)
{
	struct requeue_waiter *r = w->requeue;
	long ret = futex_queue_if_equal(w, uaddr, val);

	if (!ret)
		ret = wait_for_requeue(w, until);
	/* It cannot be begun again: the first half is over. */
	if (!ret && r->state == REQUEUE_QUEUED)
		ret = futex_pi_wait(uaddr2, &r->pi, until, -EAGAIN);
	return ret;
}

/**
 * futex_wait_requeue_pi - wait on @uaddr, come back with the lock @uaddr2
 *
 * Context: may sleep.
 * Return: 0 with the lock; -EAGAIN: the word is not @val, or a signal came while
 * waiting for the lock; -ETIMEDOUT, -EINVAL, -EFAULT. Source: futex(2).
 */
long futex_wait_requeue_pi(u32 __user *uaddr, bool shared, u32 val,
			   struct deadline until, u32 __user *uaddr2)
{
	struct requeue_waiter r = {
		.pi = {.task = current, .node = LIST_HEAD_INIT(r.pi.node)}};
	struct futex_waiter w = {.task = current, .requeue = &r,
				 .bitset = FUTEX_BITSET_MATCH_ANY,
				 .node = LIST_HEAD_INIT(w.node)};
	long ret;

	r.w = &w;
	if (uaddr == uaddr2)
		return -EINVAL;
	ret = futex_key_get(uaddr, shared, false, &w.key);
	if (ret)
		return ret;
	ret = futex_key_get(uaddr2, shared, true, &r.key);
	if (!ret) {
		ret = futex_key_equal(&w.key, &r.key)
			      ? -EINVAL
			      : wait_and_lock(uaddr, val, &w, until, uaddr2);
		futex_key_put(&r.key);
	}
	futex_key_put(&w.key);
	return ret;
}

/* --- requeueing --- */

struct requeue {
	u32 __user *from;
	struct futex_key key;
	struct futex_bucket *bucket; /* of it */
	struct pi_request to;
	u32 val;
};

/* [bucket lock, pi_lock] */
static void now_queued(struct pi_waiter *pi)
{
	struct requeue_waiter *r = container_of(pi, struct requeue_waiter, pi);

	r->state = REQUEUE_QUEUED;
	futex_take_out(r->w);
}

/* [bucket lock] Lock for @w, or queue it: 0, else as futex_pi_attempt(). */
static int requeue_one(struct requeue *q, struct futex_waiter *w)
{
	struct requeue_waiter *r = w->requeue;
	struct task *t = w->task;
	int ret;

	if (!r || !futex_key_equal(&r->key, &q->to.key))
		return -EINVAL;
	q->to.w = &r->pi;
	q->to.queued = now_queued;
	ret = futex_pi_attempt(&q->to);
	if (ret)
		return ret == PI_QUEUED ? 0 : ret;
	r->state = REQUEUE_LOCKED;
	/* Then its stack may be gone. */
	task_get(t);
	futex_take_out(w);
	wake_up_process(t);
	task_put(t);
	return 0;
}

/* The first one that waits. [bucket lock] */
static struct futex_waiter *first_waiter(const struct requeue *q)
{
	struct futex_waiter *w;

	list_for_each_entry(w, &q->bucket->waiters, node)
		if (futex_key_equal(&w->key, &q->key))
			return w;
	return NULL;
}

/* Up to *@left of them. 0; PI_RETRY with as many left; an error. */
static int requeue_some(struct requeue *q, int *left)
{
	struct futex_waiter *w;
	int ret;
	u32 cur;

	spin_lock(&q->bucket->lock);
	pagefault_disable();
	ret = get_user(cur, q->from);
	pagefault_enable();
	if (!ret && cur != q->val)
		ret = -EAGAIN;
	while (!ret && *left && (w = first_waiter(q))) {
		if (!q->to.fresh) {
			ret = PI_RETRY;
			break;
		}
		ret = requeue_one(q, w);
		*left -= !ret;
	}
	spin_unlock(&q->bucket->lock);
	return ret;
}

/* What kept requeue_some() from going on: 0 if it may again. */
static int make_way(struct requeue *q, int ret)
{
	u32 v;

	if (ret == -EFAULT)
		return get_user(v, q->from) ? -EFAULT : futex_fault_in(q->to.uaddr);
	if (ret != PI_RETRY)
		return ret;
	if (!q->to.fresh) {
		q->to.fresh = pi_futex_alloc();
		return q->to.fresh ? 0 : -ENOMEM;
	}
	if (signal_pending(current))
		return -ERESTARTNOINTR;
	futex_pi_pause();
	return 0;
}

/**
 * futex_requeue_pi - give the lock @u2 to the first waiter of @u1, queue others
 * @nr_wake: 1
 * @nr_requeue: how many others
 * @val: what *@u1 must be
 *
 * Context: may sleep.
 * Return: how many; -EAGAIN if the word is not @val; -EINVAL if one waits for
 * another lock, or for none; -ESRCH, -EDEADLK, -EFAULT. Source: futex(2).
 */
long futex_requeue_pi(u32 __user *u1, u32 __user *u2, bool shared, int nr_wake,
		      int nr_requeue, u32 val)
{
	struct requeue q = {.from = u1, .to.uaddr = u2, .val = val};
	int total, left;
	long ret;

	if (nr_wake != 1 || nr_requeue < 0 || u1 == u2)
		return -EINVAL;
	total = left = nr_requeue == S32_MAX ? S32_MAX : nr_requeue + 1;
	ret = futex_key_get(u1, shared, false, &q.key);
	if (ret)
		return ret;
	ret = futex_key_get(u2, shared, true, &q.to.key);
	if (ret)
		goto put_first;
	q.bucket = futex_bucket_of(&q.key);
	q.to.fresh = pi_futex_alloc();
	ret = q.to.fresh ? 0 : -ENOMEM;
	if (futex_key_equal(&q.key, &q.to.key))
		ret = -EINVAL;
	while (!ret) {
		ret = requeue_some(&q, &left);
		if (!ret)
			break;
		ret = make_way(&q, (int)ret);
	}
	if (left < total)
		ret = total - left; /* so far so good */
	kfree(q.to.fresh);
	futex_key_put(&q.to.key);
put_first:
	futex_key_put(&q.key);
	return ret;
}
