/* Pipes: a bounded queue of page fragments between files. */
#ifndef LINNET_PIPE_H
#define LINNET_PIPE_H

#include <linnet/fs.h>
#include <linnet/mutex.h>
#include <linnet/wait.h>

struct pipe_buf {
	struct page *page; /* referenced */
	u32 offset, len;
	u32 flags;	   /* enum pipe_buf_flags */
};

enum pipe_buf_flags {
	PIPE_BUF_MERGE = 1,  /* ours alone: writes may append */
	PIPE_BUF_PACKET = 2, /* O_DIRECT: one write, one read */
};

/* [L] lock */
struct pipe {
	struct mutex lock;
	struct pipe_buf *bufs;	   /* [L] ring of nr_slots */
	u32 nr_slots;		   /* [L] power of two */
	u32 head, tail;		   /* [L] free running; full: head - tail == nr_slots */
	u32 readers, writers;	   /* [L] open ends */
	u32 r_opened, w_opened;	   /* [L] counts of opens, for FIFOs */
	struct page *spare[2];	   /* [L] pages to be used again */
	struct wait_queue rd_wait, wr_wait;
	u32 files;		   /* [inode->lock] that refer to it */
	bool edge_polled;	   /* in an epoll set: announce every write */
	struct user_limits *user;
};

static inline bool pipe_empty(const struct pipe *p)
{
	return READ_ONCE(p->head) == READ_ONCE(p->tail);
}

static inline bool pipe_full(const struct pipe *p)
{
	return READ_ONCE(p->head) - READ_ONCE(p->tail) >= p->nr_slots;
}

static inline struct pipe_buf *pipe_slot(const struct pipe *p, u32 n)
{
	return &p->bufs[n & (p->nr_slots - 1)];
}

/* Add a fragment to a pipe that has room; consumes the page. [lock] */
static inline void pipe_push(struct pipe *p, const struct pipe_buf *b)
{
	*pipe_slot(p, p->head) = *b;
	smp_store_release(&p->head, p->head + 1);
}

/* Take @n bytes off the first fragment; an empty one goes. [lock] */
void pipe_consume(struct pipe *p, u32 n);
/* Wait for room: 0 with the lock held, or an error without it. */
int pipe_lock_for_write(struct pipe *p, bool nonblock);
/* 1: there is data, and the lock is held. 0: end of file. Or an error. */
int pipe_lock_for_read(struct pipe *p, bool nonblock);
void pipe_wake_readers(struct pipe *p);
void pipe_wake_writers(struct pipe *p);

long pipe_fcntl(struct file *f, u32 cmd, u64 arg);
/* The pipe of an open pipe or FIFO, or NULL. */
struct pipe *pipe_of(struct file *f);

#endif
