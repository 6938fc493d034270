/*
 * The lock-order checker (debug build): told of every lock that is taken or
 * let go. Nothing in a release build.
 */
#ifndef LINNET_LOCKCHECK_H
#define LINNET_LOCKCHECK_H

#include <linnet/types.h>

enum lockcheck_flags {
	LOCK_TRY = 1,	 /* cannot wait: has no place in the order */
	LOCK_SLEEPS = 2, /* belongs to the task, else to the CPU */
	LOCK_READ = 4,
};

#ifdef CONFIG_DEBUG
struct seq_file;

enum { LOCKS_HELD = 24 };

struct held_lock {
	const void *lock;
	u32 class;
	u32 flags;
	u64 ip;
};

/* Locks held by a task, or spinlocks held on a CPU; innermost last. */
struct lock_stack {
	u32 n;
	struct held_lock held[LOCKS_HELD];
};

/*
 * About to wait for, or with LOCK_TRY has got, @lock; its class is kept in
 * *@class, 0 until it is known.
 */
void lockcheck_acquire(const void *lock, u32 *class, u32 flags);
void lockcheck_release(const void *lock, u32 flags);
/* The current task ends: it holds no lock. */
void lockcheck_exit(void);
/* Spinlocks: does this CPU hold it? */
bool lockcheck_held(const void *lock);

/* Tests: reports are counted, not printed, and do not taint. */
u32 lockcheck_seen(void);
void lockcheck_expect(bool on);
int lockcheck_show(struct seq_file *m);
#else
#define lockcheck_acquire(lock, class, flags) ((void)0)
#define lockcheck_release(lock, flags)	      ((void)0)
#define lockcheck_exit()		      ((void)0)
#endif

#endif
