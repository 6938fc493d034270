/*
 * Names of futexes, and the two kinds of them: plain (futex.c) and with
 * priority inheritance (futex_pi.c).
 */
#ifndef FUTEX_KEY_H
#define FUTEX_KEY_H

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

long futex_lock_pi(u32 __user *uaddr, bool shared, struct deadline until,
		   bool try);
long futex_unlock_pi(u32 __user *uaddr, bool shared);
/* The task ends: those who wait for its PI futexes get them. */
void futex_pi_exit(struct task *t);

#endif
