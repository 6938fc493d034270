/*
 * epoll: the ready list, and epoll_wait(2) and its kin. See eventpoll.c.
 */
#include <asm/uaccess.h>
#include <linnet/errno.h>
#include <linnet/fdtable.h>
#include <linnet/hrtimer.h>
#include <linnet/signal.h>
#include <linnet/syscalls.h>
#include <linnet/task.h>
#include "eventpoll.h"

/* --- the ready list --- */

/* [lock] */
static struct epitem *take_first(struct list_head *batch)
{
	struct epitem *item =
		list_first_entry_or_null(batch, struct epitem, ready);

	if (item)
		list_del(&item->ready);
	return item;
}

/* [lock] An event may have queued it already. */
static void requeue(struct eventpoll *ep, struct epitem *item)
{
	if (item && list_empty(&item->ready))
		list_add_tail(&item->ready, &ep->ready);
}

struct epitem *ep_harvest_begin(struct eventpoll *ep, struct list_head *batch)
{
	struct epitem *item;

	list_init(batch);
	spin_lock_irq(&ep->lock);
	list_splice_tail(&ep->ready, batch);
	item = take_first(batch);
	spin_unlock_irq(&ep->lock);
	return item;
}

struct epitem *ep_harvest_next(struct eventpoll *ep, struct list_head *batch,
			       struct epitem *again)
{
	struct epitem *item;

	spin_lock_irq(&ep->lock);
	requeue(ep, again);
	item = take_first(batch);
	spin_unlock_irq(&ep->lock);
	return item;
}

void ep_harvest_end(struct eventpoll *ep, struct list_head *batch,
		    struct epitem *again)
{
	spin_lock_irq(&ep->lock);
	requeue(ep, again);
	list_splice_tail(&ep->ready, batch);
	list_splice_tail(batch, &ep->ready);
	if (ep_has_ready(ep) && wait_queue_active(&ep->waiters))
		wake_up(&ep->waiters);
	spin_unlock_irq(&ep->lock);
}

void ep_make_ready(struct epitem *item)
{
	struct eventpoll *ep = item->ep;

	spin_lock_irq(&ep->lock);
	requeue(ep, item);
	spin_unlock_irq(&ep->lock);
}

/* --- waiting --- */

/* An item was reported: @item if it goes back on the list. [mutex] */
static struct epitem *item_reported(struct eventpoll *ep, struct epitem *item)
{
	if (item->event.events & EPOLLONESHOT) {
		spin_lock_irq(&ep->lock);
		item->event.events &= PRIVATE_BITS;
		spin_unlock_irq(&ep->lock);
		return NULL;
	}
	return item->event.events & EPOLLET ? NULL : item;
}

/* Report what is ready: how many, or -EFAULT before the first. */
static int send_events(struct eventpoll *ep, struct epoll_event __user *uev,
		       int max)
{
	struct epitem *item, *again = NULL;
	struct list_head batch;
	int n = 0;

	mutex_lock(&ep->mutex);
	item = ep_harvest_begin(ep, &batch);
	while (item) {
		u32 revents = ep_item_poll(item, NULL);

		if (revents && (put_user(revents, &uev[n].events) ||
				put_user(item->event.data, &uev[n].data))) {
			again = item;
			n = n ? n : -EFAULT;
			break;
		}
		if (revents) {
			again = item_reported(ep, item);
			if (++n == max)
				break;
		}
		item = ep_harvest_next(ep, &batch, again);
		again = NULL;
	}
	ep_harvest_end(ep, &batch, again);
	mutex_unlock(&ep->mutex);
	return n;
}

/* --- sleeping --- */

/* Sleep until something may be ready: true once @expires has passed. */
static bool wait_ready(struct eventpoll *ep, ktime_t expires)
{
	bool timed_out = false;
	DEFINE_WAIT(w);

	w.flags = WAIT_EXCLUSIVE;
	current->wchan = "ep_poll";
	wait_prepare(&ep->waiters, &w, TASK_INTERRUPTIBLE);
	if (!ep_has_ready(ep) && !signal_pending(current))
		timed_out = schedule_timeout_at(expires);
	wait_finish(&ep->waiters, &w);
	current->wchan = NULL;
	return timed_out;
}

/* @expires: 0 means do not wait. */
static int ep_wait_events(struct eventpoll *ep, struct epoll_event __user *uev,
			  int max, ktime_t expires)
{
	bool last = !expires;
	int n;

	for (;;) {
		if (ep_has_ready(ep)) {
			n = send_events(ep, uev, max);
			if (n)
				return n;
		}
		if (last)
			return 0;
		if (signal_pending(current))
			return -EINTR;
		last = wait_ready(ep, expires);
	}
}

__no_canary static int do_epoll_wait(u32 epfd, struct epoll_event __user *uev, int max,
			 ktime_t expires)
{
	struct fd f;
	int n = -EINVAL;

	if (max <= 0 || max > MAX_EVENTS)
		return -EINVAL;
	if (!access_ok(uev, (size_t)max * sizeof(*uev)))
		return -EFAULT;
	f = fdget(epfd);
	if (!f.file)
		return -EBADF;
	if (is_epoll(f.file))
		n = ep_wait_events(f.file->private, uev, max, expires);
	fdput(f);
	return n;
}

/* With a signal mask for the time of the wait. */
static int masked_wait(u32 epfd, struct epoll_event __user *uev, int max,
		       ktime_t expires, const sigset_t __user *mask, size_t size)
{
	int n = set_user_sigmask(mask, size);

	if (n)
		return n;
	n = do_epoll_wait(epfd, uev, max, expires);
	restore_saved_sigmask_unless(n == -EINTR);
	return n;
}

SYSCALL_DEFINE6(epoll_pwait, u32, epfd, struct epoll_event __user *, uev,
		int, max, int, timeout_ms, const sigset_t __user *, mask,
		size_t, size)
{
	ktime_t expires = 0;

	if (timeout_ms < 0)
		expires = KTIME_MAX;
	else if (timeout_ms)
		expires = ktime_get() + timeout_ms * NSEC_PER_MSEC;
	return masked_wait(epfd, uev, max, expires, mask, size);
}

SYSCALL_DEFINE6(epoll_pwait2, u32, epfd, struct epoll_event __user *, uev,
		int, max, const struct __kernel_timespec __user *, uts,
		const sigset_t __user *, mask, size_t, size)
{
	ktime_t expires = KTIME_MAX;
	struct __kernel_timespec ts;
	int err;

	if (uts) {
		err = get_timespec(&ts, uts);
		if (err)
			return err;
		expires = timespec_to_ktime(&ts);
		if (expires)
			expires = ktime_add_safe(ktime_get(), expires);
	}
	return masked_wait(epfd, uev, max, expires, mask, size);
}

