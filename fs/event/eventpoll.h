/* Sets and items of epoll: between eventpoll.c and epoll_wait.c. */
#ifndef FS_EVENTPOLL_H
#define FS_EVENTPOLL_H

#include <linnet/fs.h>
#include <linnet/mutex.h>
#include <linnet/poll.h>
#include <linnet/rbtree.h>

#define PRIVATE_BITS (EPOLLWAKEUP | EPOLLONESHOT | EPOLLET | EPOLLEXCLUSIVE)
#define EXCLUSIVE_OK                                                           \
	(EPOLLIN | EPOLLOUT | EPOLLERR | EPOLLHUP | EPOLLWAKEUP | EPOLLET |    \
	 EPOLLEXCLUSIVE)
#define MAX_EVENTS (S32_MAX / (int)sizeof(struct epoll_event))

struct eventpoll {
	struct mutex mutex;	  /* items; harvesting */
	spinlock_t lock;	  /* irq-safe */
	struct list_head ready;	  /* [lock] epitem.ready */
	struct wait_queue waiters; /* epoll_wait() */
	struct wait_queue pollers; /* sets and polls that watch this set */
	struct rb_root items;	  /* [mutex] by file and descriptor */
	struct user_limits *user; /* [I] charged for the items */
	struct file *file;	  /* [I] its own, borrowed */
	/* [nest_mutex] what check_nesting() found, and in which walk */
	u64 walk_below, walk_above;
	int height_below, height_above;
};

/* One registration on a wait queue. */
struct ep_wait {
	struct wait_entry wait;
	struct wait_queue *queue; /* NULL: the queue is gone */
	struct epitem *item;	  /* [I] */
	struct ep_wait *next;	  /* [I] */
};

struct epitem {
	struct rb_node node;	/* [ep->mutex] */
	struct list_head ready; /* [ep->lock] empty: not on a list */
	struct list_head link;	/* [file->lock] in file->epoll_links */
	struct eventpoll *ep;	/* [I] */
	struct file *file;	/* [I] borrowed */
	u32 fd;			/* [I] */
	u32 nr_waits;		/* [ep->mutex] */
	struct epoll_event event; /* [ep->mutex and lock] */
	struct ep_wait first;	/* the usual one, in place */
	struct ep_wait *more;	/* [ep->mutex] */
};

bool is_epoll(const struct file *f);

static inline bool ep_has_ready(struct eventpoll *ep)
{
	return !list_empty(&ep->ready);
}

static inline u32 ep_item_poll(struct epitem *item, struct poll_table *pt)
{
	return vfs_poll(item->file, pt) & item->event.events;
}

/*
 * Take the ready list as it is now, and the first item, off every list (E1);
 * then the next ones; at the end what was not taken goes back to the front.
 * @again, if not NULL, is a taken item that goes to the end of the list. [mutex]
 */
struct epitem *ep_harvest_begin(struct eventpoll *ep, struct list_head *batch);
struct epitem *ep_harvest_next(struct eventpoll *ep, struct list_head *batch,
			       struct epitem *again);
void ep_harvest_end(struct eventpoll *ep, struct list_head *batch,
		    struct epitem *again);
void ep_make_ready(struct epitem *item);

#endif
