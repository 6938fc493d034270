/*
 * epoll: a set of files of which the kernel keeps the ready ones in a list.
 *
 * Adding a file makes an item and puts wait entries on the file's wait queues;
 * their callback moves the item to the ready list and wakes a waiter, so that
 * waiting costs as much as there are events, not files. What is on the ready
 * list may be ready; epoll_wait() asks the file's poll method before it
 * reports, and puts level-triggered items back.
 *
 * An item holds no reference on its file: the file's last close takes it out
 * of its sets (epoll_release_file()).
 *
 * Invariants
 *   E1  an item leaves the ready list before its file is asked, so an event
 *       that comes meanwhile puts it back
 *   E2  sets that watch sets form no cycle, and no chain of more than
 *       MAX_CHAIN; adding a set to a set holds nest_mutex
 *
 * Lock order: nest_mutex > ep->mutex (watcher before watched) > file->lock;
 * wait queue of a file > ep->lock > ep->waiters.lock
 */
#include <asm/uaccess.h>
#include <linnet/cred.h>
#include <linnet/errno.h>
#include <linnet/fdtable.h>
#include <linnet/fs.h>
#include <linnet/hrtimer.h>
#include <linnet/init.h>
#include <linnet/poll.h>
#include <linnet/printk.h>
#include <linnet/seq_file.h>
#include <linnet/signal.h>
#include <linnet/slab.h>
#include <linnet/syscalls.h>
#include <linnet/task.h>
#include "eventpoll.h"

enum { MAX_CHAIN = 5 };

/* Passed to poll methods while an item is added. */
struct ep_register {
	struct poll_table pt;
	struct epitem *item;
	int err;
};

static DEFINE_MUTEX(nest_mutex);
static u64 walk;		/* [nest_mutex] */
static struct kmem_cache *item_cache;
u64 sysctl_max_user_watches; /* a user's, in all sets */
static const struct file_ops ep_fops;

bool is_epoll(const struct file *f)
{
	return f->ops == &ep_fops;
}

/* --- from the watched files --- */

/* May the wake-up with @key stop at this exclusive watcher? */
static bool takes_wakeup(u32 events, u64 key)
{
	switch (key & (EPOLLIN | EPOLLOUT)) {
	case EPOLLIN:
		return events & EPOLLIN;
	case EPOLLOUT:
		return events & EPOLLOUT;
	default:
		return !(key & (EPOLLIN | EPOLLOUT));
	}
}

/* Something happened on a file's queue, whose lock is held, irqs off. */
static bool ep_callback(struct wait_entry *e, u32 mode, u64 key)
{
	struct ep_wait *w = container_of(e, struct ep_wait, wait);
	struct epitem *item = w->item;
	struct eventpoll *ep = item->ep;
	bool used = false, queued = false;
	u32 events;

	spin_lock(&ep->lock);
	events = item->event.events;
	if (events & ~(u32)PRIVATE_BITS &&
	    (!(u32)key || (u32)key & events)) {
		if (list_empty(&item->ready))
			list_add_tail(&item->ready, &ep->ready);
		queued = true;
		if (wait_queue_active(&ep->waiters)) {
			used = takes_wakeup(events, key);
			wake_up(&ep->waiters);
		}
	}
	spin_unlock(&ep->lock);
	if (queued && wait_queue_active(&ep->pollers))
		wake_up_poll(&ep->pollers, EPOLLIN | EPOLLRDNORM);
	if (key & WAKE_QUEUE_GONE) {
		list_del(&e->node);
		smp_store_release(&w->queue, NULL); /* ends our use of @w */
	}
	return used || !(events & EPOLLEXCLUSIVE);
}

static void ep_register_wait(struct file *f, struct wait_queue *q,
			     struct poll_table *pt)
{
	struct ep_register *r = container_of(pt, struct ep_register, pt);
	struct epitem *item = r->item;
	struct ep_wait *w = &item->first;

	if (item->nr_waits) {
		w = kmalloc(sizeof(*w), GFP_KERNEL);
		if (!w) {
			r->err = -ENOMEM;
			return;
		}
		w->next = item->more;
		item->more = w;
	}
	item->nr_waits++;
	w->item = item;
	w->queue = q;
	w->wait = (struct wait_entry){.func = ep_callback};
	if (item->event.events & EPOLLEXCLUSIVE)
		w->wait.flags = WAIT_EXCLUSIVE;
	list_init(&w->wait.node);
	wait_add(q, &w->wait);
}

static void unregister_one(struct ep_wait *w)
{
	struct wait_queue *q;

	/* A queue that goes away says so first and is freed by RCU. */
	rcu_read_lock();
	q = __atomic_load_n(&w->queue, __ATOMIC_ACQUIRE);
	if (q)
		wait_remove(q, &w->wait);
	rcu_read_unlock();
}

static void unregister_waits(struct epitem *item)
{
	struct ep_wait *w;

	if (item->nr_waits)
		unregister_one(&item->first);
	while ((w = item->more)) {
		item->more = w->next;
		unregister_one(w);
		kfree(w);
	}
}

/* Is anything ready? Items that are not leave the list. */
static u32 ep_poll(struct file *f, struct poll_table *pt)
{
	struct eventpoll *ep = f->private;
	struct list_head batch;
	struct epitem *item;

	poll_wait(f, &ep->pollers, pt);
	if (!ep_has_ready(ep))
		return 0;
	mutex_lock(&ep->mutex);
	item = ep_harvest_begin(ep, &batch);
	while (item && !ep_item_poll(item, NULL))
		item = ep_harvest_next(ep, &batch, NULL);
	ep_harvest_end(ep, &batch, item);
	mutex_unlock(&ep->mutex);
	return item ? EPOLLIN | EPOLLRDNORM : 0;
}

/* --- items --- */

static int item_cmp(const struct epitem *i, const struct file *f, u32 fd)
{
	if (i->file != f)
		return i->file < f ? -1 : 1;
	return i->fd == fd ? 0 : i->fd < fd ? -1 : 1;
}

static struct epitem *item_find(struct eventpoll *ep, struct file *f, u32 fd)
{
	struct rb_node *n = ep->items.rb_node;

	while (n) {
		struct epitem *i = container_of(n, struct epitem, node);
		int c = item_cmp(i, f, fd);

		if (!c)
			return i;
		n = c < 0 ? n->rb_right : n->rb_left;
	}
	return NULL;
}

static void item_link(struct eventpoll *ep, struct epitem *item)
{
	struct rb_node **p = &ep->items.rb_node, *parent = NULL;

	while (*p) {
		struct epitem *i = container_of(*p, struct epitem, node);

		parent = *p;
		p = item_cmp(i, item->file, item->fd) < 0 ? &parent->rb_right
							  : &parent->rb_left;
	}
	rb_link_node(&item->node, parent, p);
	rb_insert_color(&item->node, &ep->items);
	spin_lock(&item->file->lock);
	list_add(&item->link, &item->file->epoll_links);
	spin_unlock(&item->file->lock);
}

/* [ep->mutex] */
static void item_remove(struct eventpoll *ep, struct epitem *item)
{
	struct file *f = item->file;

	unregister_waits(item);
	rb_erase(&item->node, &ep->items);
	spin_lock_irq(&ep->lock);
	list_del(&item->ready);
	spin_unlock_irq(&ep->lock);
	/* Last: a dying file goes on as soon as its list is empty; RCU keeps
	 * its lock until we are out. */
	spin_lock(&f->lock);
	list_del(&item->link);
	spin_unlock(&f->lock);
	atomic_dec(&ep->user->epoll_watches);
	kmem_cache_free(item_cache, item);
}

/* Queue the item if it is ready now and tell waiters. */
static void announce(struct epitem *item, u32 revents)
{
	struct eventpoll *ep = item->ep;

	if (!revents)
		return;
	ep_make_ready(item);
	wake_up(&ep->waiters);
	if (wait_queue_active(&ep->pollers))
		wake_up_poll(&ep->pollers, EPOLLIN | EPOLLRDNORM);
}

/* [ep->mutex] */
static int item_add(struct eventpoll *ep, const struct epoll_event *ev,
		    struct file *f, u32 fd)
{
	struct ep_register r = {.pt.queue = ep_register_wait};
	struct epitem *item;
	u32 revents;

	if (atomic_add_return(&ep->user->epoll_watches, 1) >
	    READ_ONCE(sysctl_max_user_watches)) {
		atomic_dec(&ep->user->epoll_watches);
		return -ENOSPC;
	}
	item = kmem_cache_alloc(item_cache, GFP_KERNEL);
	if (!item) {
		atomic_dec(&ep->user->epoll_watches);
		return -ENOMEM;
	}
	list_init(&item->ready);
	item->ep = ep;
	item->file = f;
	item->fd = fd;
	item->nr_waits = 0;
	item->more = NULL;
	item->event = *ev;
	item_link(ep, item);
	r.item = item;
	r.pt.key = ev->events;
	revents = ep_item_poll(item, &r.pt);
	if (r.err) {
		item_remove(ep, item);
		return r.err;
	}
	announce(item, revents);
	return 0;
}

/* [ep->mutex] */
static void item_modify(struct eventpoll *ep, struct epitem *item,
			const struct epoll_event *ev)
{
	spin_lock_irq(&ep->lock);
	item->event = *ev;
	spin_unlock_irq(&ep->lock);
	smp_mb(); /* the callback sees the new mask, or we see the event */
	announce(item, ep_item_poll(item, NULL));
}

/**
 * epoll_release_file - a file is closed for good: leave every set
 * @f: file without references
 *
 * Context: task; may sleep.
 */
void epoll_release_file(struct file *f)
{
	mutex_lock(&nest_mutex);
	while (!list_empty(&f->epoll_links)) {
		struct epitem *item = list_first_entry(&f->epoll_links,
						       struct epitem, link);
		struct eventpoll *ep = item->ep;

		mutex_lock(&ep->mutex);
		item_remove(ep, item);
		mutex_unlock(&ep->mutex);
	}
	mutex_unlock(&nest_mutex);
}

static void ep_release(struct inode *inode, struct file *f)
{
	struct eventpoll *ep = f->private;
	struct rb_node *n;

	/* Against files that close meanwhile: they hold it to find us. */
	mutex_lock(&nest_mutex);
	mutex_lock(&ep->mutex);
	while ((n = ep->items.rb_node)) {
		item_remove(ep, container_of(n, struct epitem, node));
		cond_resched();
	}
	mutex_unlock(&ep->mutex);
	mutex_unlock(&nest_mutex);
	user_limits_put(ep->user);
	kfree(ep);
}

static void ep_show_fdinfo(struct seq_file *m, struct file *f)
{
	struct eventpoll *ep = f->private;

	mutex_lock(&ep->mutex);
	for (struct rb_node *n = rb_first(&ep->items); n; n = rb_next(n)) {
		struct epitem *i = container_of(n, struct epitem, node);
		struct inode *inode = i->file->inode;

		seq_printf(m,
			   "tfd: %8d events: %8x data: %16llx  pos:%lld ino:%lx sdev:%x\n",
			   (int)i->fd, i->event.events,
			   (unsigned long long)i->event.data,
			   (long long)i->file->pos, (unsigned long)inode->ino,
			   inode->sb->dev);
	}
	mutex_unlock(&ep->mutex);
}

static const struct file_ops ep_fops = {
	.poll = ep_poll,
	.release = ep_release,
	.llseek = noop_llseek,
	.show_fdinfo = ep_show_fdinfo,
};

/* --- epoll_create1(2), epoll_ctl(2) --- */

static struct eventpoll *ep_alloc(void)
{
	struct eventpoll *ep = kzalloc(sizeof(*ep), GFP_KERNEL);

	if (!ep)
		return NULL;
	mutex_init(&ep->mutex);
	spin_init(&ep->lock);
	list_init(&ep->ready);
	wait_queue_init(&ep->waiters);
	wait_queue_init(&ep->pollers);
	ep->user = current_cred()->user;
	refcount_inc(&ep->user->refs);
	return ep;
}

SYSCALL_DEFINE1(epoll_create1, int, flags)
{
	struct eventpoll *ep;
	int fd;

	if (flags & ~EPOLL_CLOEXEC)
		return -EINVAL;
	ep = ep_alloc();
	if (!ep)
		return -ENOMEM;
	fd = get_unused_fd((u32)flags);
	if (fd < 0)
		goto free;
	ep->file = anon_file("[eventpoll]", &ep_fops, ep, O_RDWR);
	if (IS_ERR(ep->file)) {
		put_unused_fd((u32)fd);
		fd = (int)PTR_ERR(ep->file);
		goto free;
	}
	fd_install((u32)fd, ep->file);
	return fd;
free:
	user_limits_put(ep->user);
	kfree(ep);
	return fd;
}

/* Sets in the longest chain down from @ep, or -ELOOP if @target is in one.
 * [nest_mutex] */
static int height_below(struct eventpoll *ep, const struct eventpoll *target)
{
	int height = 1;

	if (ep == target)
		return -ELOOP;
	if (ep->walk_below == walk)
		return ep->height_below;
	mutex_lock(&ep->mutex);
	for (struct rb_node *n = rb_first(&ep->items); n && height > 0;
	     n = rb_next(n)) {
		struct epitem *i = container_of(n, struct epitem, node);
		int h;

		if (!is_epoll(i->file))
			continue;
		h = height_below(i->file->private, target);
		height = h < 0 ? h : max(height, h + 1);
	}
	mutex_unlock(&ep->mutex);
	ep->walk_below = walk;
	ep->height_below = height;
	return height;
}

/* The same upwards: through the sets that watch @ep. [nest_mutex] */
static int height_above(struct eventpoll *ep)
{
	struct file *f = ep->file;
	struct epitem *i;
	int height = 1;

	if (ep->walk_above == walk)
		return ep->height_above;
	spin_lock(&f->lock); /* of watched before watchers */
	list_for_each_entry(i, &f->epoll_links, link)
		height = max(height, height_above(i->ep) + 1);
	spin_unlock(&f->lock);
	ep->walk_above = walk;
	ep->height_above = height;
	return height;
}

/* E2: @set may watch the set behind @file. [nest_mutex] */
static int check_nesting(struct eventpoll *set, struct file *file)
{
	int below;

	walk++;
	below = height_below(file->private, set);
	if (below < 0)
		return below;
	return below + height_above(set) > MAX_CHAIN ? -ELOOP : 0;
}

static int change_set(struct eventpoll *ep, int op, struct file *f, u32 fd,
		      struct epoll_event *ev)
{
	struct epitem *item;
	int err = 0;

	mutex_lock(&ep->mutex);
	item = item_find(ep, f, fd);
	ev->events |= EPOLLERR | EPOLLHUP;
	switch (op) {
	case EPOLL_CTL_ADD:
		err = item ? -EEXIST : item_add(ep, ev, f, fd);
		break;
	case EPOLL_CTL_DEL:
		if (item)
			item_remove(ep, item);
		else
			err = -ENOENT;
		break;
	case EPOLL_CTL_MOD:
		if (!item)
			err = -ENOENT;
		else if (!(item->event.events & EPOLLEXCLUSIVE))
			item_modify(ep, item, ev);
		else
			err = -EINVAL;
		break;
	default:
		err = -EINVAL;
	}
	mutex_unlock(&ep->mutex);
	return err;
}

static int do_epoll_ctl(struct file *set, int op, struct file *f, u32 fd,
			struct epoll_event *ev)
{
	struct eventpoll *ep = set->private;
	int err;

	if (!f->ops->poll)
		return -EPERM;
	if (set == f || !is_epoll(set))
		return -EINVAL;
	if (op != EPOLL_CTL_DEL && ev->events & EPOLLEXCLUSIVE) {
		if (op == EPOLL_CTL_MOD || is_epoll(f) ||
		    ev->events & ~(u32)EXCLUSIVE_OK)
			return -EINVAL;
	}
	if (op != EPOLL_CTL_ADD || !is_epoll(f))
		return change_set(ep, op, f, fd, ev);
	mutex_lock(&nest_mutex);
	err = check_nesting(ep, f);
	if (!err)
		err = change_set(ep, op, f, fd, ev);
	mutex_unlock(&nest_mutex);
	return err;
}

SYSCALL_DEFINE4(epoll_ctl, u32, epfd, int, op, u32, fd,
		struct epoll_event __user *, uev)
{
	struct epoll_event ev = {0};
	struct fd set, f;
	int err = -EBADF;

	if (op != EPOLL_CTL_DEL && copy_from_user(&ev, uev, sizeof(ev)))
		return -EFAULT;
	set = fdget(epfd);
	if (!set.file)
		return -EBADF;
	f = fdget(fd);
	if (f.file) {
		err = do_epoll_ctl(set.file, op, f.file, fd, &ev);
		fdput(f);
	}
	fdput(set);
	return err;
}

static int __init_text eventpoll_init(void)
{
	item_cache = kmem_cache_create("eventpoll_epi", sizeof(struct epitem),
				       0, 0);
	if (!item_cache)
		panic("no memory for epoll");
	/* A twenty-fifth of memory, for each user. */
	sysctl_max_user_watches = mem_counters.total_pages / 25 * PAGE_SIZE /
			   sizeof(struct epitem);
	return 0;
}
fs_initcall(eventpoll_init);
