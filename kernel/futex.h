/*
 * Between the files of futexes: plain ones (futex.c), those with priority
 * inheritance (futex_pi.c), and the way from one to the other
 * (futex_requeue_pi.c).
 */
#ifndef KERNEL_FUTEX_H
#define KERNEL_FUTEX_H

#include <linnet/list.h>
#include <linnet/spinlock.h>
#include <linnet/time.h>
#include <linnet/types.h>

struct inode;
struct task;

struct futex_key {
	u64 object; /* struct mm or struct inode */
	u64 index;  /* address, or page index in the file */
	u32 offset; /* in the page; bit 0: shared (words are aligned) */
	struct inode *inode; /* referenced, or NULL */
};

static inline bool futex_key_equal(const struct futex_key *a,
				   const struct futex_key *b)
{
	return a->object == b->object && a->index == b->index &&
	       a->offset == b->offset;
}

/*
 * Name the futex at @uaddr, which is faulted in for writing if @write.
 * 0, -EINVAL, -EFAULT, -ENOMEM. futex_key_put() must follow.
 */
int futex_key_get(u32 __user *uaddr, bool shared, bool write,
		  struct futex_key *k);
void futex_key_put(struct futex_key *k);

/* --- futex.c --- */

struct futex_waiter {
	struct list_head node; /* [bucket lock]; empty: woken */
	struct task *task;
	struct futex_key key;  /* [bucket lock] changes by requeue */
	struct futex_bucket *bucket; /* [A] the one it is in; NULL: woken */
	u32 bitset;
	struct requeue_waiter *requeue; /* FUTEX_WAIT_REQUEUE_PI, else NULL */
};

struct futex_bucket {
	spinlock_t lock;
	u32 nr; /* [A] those in the list, and those about to join it */
	struct list_head waiters;
} __cacheline_aligned;

struct futex_bucket *futex_bucket_of(const struct futex_key *k);
/* Queue if the word still has @val, and set the task's state. 0, -EAGAIN, -EFAULT. */
int futex_queue_if_equal(struct futex_waiter *w, u32 __user *uaddr, u32 val);
/* Leave the queue: true if we were still in it (not woken, not moved). */
bool futex_unqueue(struct futex_waiter *w);
/* [bucket lock] Take it out; its stack may be gone once bucket is NULL. */
void futex_take_out(struct futex_waiter *w);

/* --- futex_pi.c --- */

struct pi_futex;

struct pi_waiter {
	struct list_head node; /* empty: the futex is ours */
	struct task *task;
	struct pi_futex *futex;
};

/* How an attempt to lock went, beside 0 and errors. */
enum { PI_RETRY = 1, PI_QUEUED = 2 };

/* What one attempt needs. */
struct pi_request {
	u32 __user *uaddr;
	struct futex_key key;
	struct pi_futex *fresh; /* used if this makes the futex contended */
	struct pi_waiter *w;	/* its task is who gets the lock */
	bool try;
	/* Called when the waiter has been queued, before it can be handed the
	 * lock: pi_lock is held. Or NULL. */
	void (*queued)(struct pi_waiter *w);
};

/* The memory for pi_request.fresh; kfree() ends it if it has not been used. */
struct pi_futex *pi_futex_alloc(void);
/* 0: locked; PI_QUEUED; PI_RETRY; an error, -EFAULT until faulted in. No sleep. */
int futex_pi_attempt(struct pi_request *r);
/* After -EFAULT: 0 if the word can be written after all. */
int futex_fault_in(u32 __user *uaddr);
/* After PI_RETRY, if it was not the first: let others get on. May sleep, ends at signals. */
void futex_pi_pause(void);
/* Wait for a lock that the current task is queued for; @signalled: if a signal comes. */
long futex_pi_wait(u32 __user *uaddr, struct pi_waiter *w, struct deadline until,
		   long signalled);

long futex_lock_pi(u32 __user *uaddr, bool shared, struct deadline until,
		   bool try);
long futex_unlock_pi(u32 __user *uaddr, bool shared);
/* The task ends: those who wait for its PI futexes get them. */
void futex_pi_exit(struct task *t);


/* --- futex_requeue_pi.c --- */

long futex_wait_requeue_pi(u32 __user *uaddr, bool shared, u32 val,
			   struct deadline until, u32 __user *uaddr2);
long futex_requeue_pi(u32 __user *u1, u32 __user *u2, bool shared, int nr_wake,
		      int nr_requeue, u32 val);

#endif
