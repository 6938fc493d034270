/*
 * Readiness: how poll methods, select, poll and epoll meet.
 */
#ifndef LINNET_POLL_H
#define LINNET_POLL_H

#include <linnet/fs.h>
#include <linnet/wait.h>
#include <linux/eventpoll.h>
#include <linux/poll.h>

struct poll_table {
	/* Register on @q; NULL once an event was found, or for a pure query. */
	void (*queue)(struct file *f, struct wait_queue *q, struct poll_table *pt);
	u32 key; /* events of interest */
};

/* A poll method calls this for each queue that announces its events. */
static inline void poll_wait(struct file *f, struct wait_queue *q,
			     struct poll_table *pt)
{
	if (pt && pt->queue)
		pt->queue(f, q, pt);
}

#define DEFAULT_POLLMASK (EPOLLIN | EPOLLOUT | EPOLLRDNORM | EPOLLWRNORM)

static inline u32 vfs_poll(struct file *f, struct poll_table *pt)
{
	return f->ops->poll ? f->ops->poll(f, pt) : DEFAULT_POLLMASK;
}

/* The file is going away: leave every epoll set. */
void epoll_release_file(struct file *f);

#endif
