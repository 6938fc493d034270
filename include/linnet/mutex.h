/*
 * Sleeping locks: mutex and reader-writer semaphore.
 *
 * A mutex has one owner, who unlocks it; a contender spins while the owner
 * runs on another CPU and sleeps otherwise. An rwsem admits readers together
 * or one writer alone; waiters are served in order, so writers don't starve.
 *
 * Context of every function here: task, may sleep, no spinlock held.
 */
#ifndef LINNET_MUTEX_H
#define LINNET_MUTEX_H

#include <linnet/list.h>
#include <linnet/spinlock.h>

struct task;

struct mutex {
	u64 owner; /* [A] task pointer; bit 0: there are waiters */
	spinlock_t wait_lock;
	struct list_head waiters; /* [wait_lock] FIFO */
#ifdef CONFIG_DEBUG
	u32 class; /* lockcheck.h */
#endif
};

#define MUTEX_WAITERS	   1ul
#ifdef CONFIG_DEBUG
#define MUTEX_INIT(name)   {0, SPINLOCK_INIT, LIST_HEAD_INIT((name).waiters), 0}
#else
#define MUTEX_INIT(name)   {0, SPINLOCK_INIT, LIST_HEAD_INIT((name).waiters)}
#endif
#define DEFINE_MUTEX(name) struct mutex name = MUTEX_INIT(name)

#ifdef CONFIG_DEBUG
void mutex_init(struct mutex *m);
#else
static inline void mutex_init(struct mutex *m)
{
	m->owner = 0;
	spin_init(&m->wait_lock);
	list_init(&m->waiters);
}
#endif

void mutex_lock_slow(struct mutex *m);
int mutex_lock_killable_slow(struct mutex *m);
void mutex_unlock_slow(struct mutex *m);

/* Take it if it is free; unknown to the lock checker. */
static inline bool mutex_grab(struct mutex *m)
{
	u64 old = 0;

	return __atomic_compare_exchange_n(&m->owner, &old, (u64)current, false,
					   __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
}

static inline bool mutex_trylock(struct mutex *m)
{
	if (!mutex_grab(m))
		return false;
	lockcheck_acquire(m, &m->class, LOCK_SLEEPS | LOCK_TRY);
	return true;
}

static inline void mutex_lock(struct mutex *m)
{
	might_sleep();
	lockcheck_acquire(m, &m->class, LOCK_SLEEPS);
	if (unlikely(!mutex_grab(m)))
		mutex_lock_slow(m);
}

/* 0, or -EINTR if a fatal signal came first. */
static inline int __must_check mutex_lock_killable(struct mutex *m)
{
	int err = 0;

	might_sleep();
	lockcheck_acquire(m, &m->class, LOCK_SLEEPS);
	if (unlikely(!mutex_grab(m)))
		err = mutex_lock_killable_slow(m);
	if (unlikely(err))
		lockcheck_release(m, LOCK_SLEEPS);
	return err;
}

static inline void mutex_unlock(struct mutex *m)
{
	u64 old = (u64)current;

	lockcheck_release(m, LOCK_SLEEPS);
	if (unlikely(!__atomic_compare_exchange_n(&m->owner, &old, 0, false,
						  __ATOMIC_RELEASE,
						  __ATOMIC_RELAXED)))
		mutex_unlock_slow(m);
}

static inline bool mutex_is_locked(const struct mutex *m)
{
	return atomic_read(&m->owner) != 0;
}

/*
 * count: bit 0 a writer holds it, bit 1 somebody waits, the rest counts
 * readers in units of RWSEM_READER.
 */
struct rwsem {
	u64 count; /* [A] */
	spinlock_t wait_lock;
	struct list_head waiters; /* [wait_lock] FIFO */
#ifdef CONFIG_DEBUG
	u32 class; /* lockcheck.h */
#endif
};

#define RWSEM_WRITER	   1ul
#define RWSEM_WAITERS	   2ul
#define RWSEM_READER	   4ul
#define RWSEM_INIT(name)   MUTEX_INIT(name)
#define DEFINE_RWSEM(name) struct rwsem name = RWSEM_INIT(name)

#ifdef CONFIG_DEBUG
void rwsem_init(struct rwsem *s);
#else
static inline void rwsem_init(struct rwsem *s)
{
	s->count = 0;
	spin_init(&s->wait_lock);
	list_init(&s->waiters);
}
#endif

void down_read_slow(struct rwsem *s);
void down_write_slow(struct rwsem *s);
int down_write_killable_slow(struct rwsem *s);
void rwsem_wake(struct rwsem *s);

static inline bool rwsem_grab_read(struct rwsem *s)
{
	u64 old = atomic_read(&s->count);

	while (!(old & (RWSEM_WRITER | RWSEM_WAITERS)))
		if (__atomic_compare_exchange_n(&s->count, &old,
						old + RWSEM_READER, true,
						__ATOMIC_ACQUIRE,
						__ATOMIC_RELAXED))
			return true;
	return false;
}

static inline bool down_read_trylock(struct rwsem *s)
{
	if (!rwsem_grab_read(s))
		return false;
	lockcheck_acquire(s, &s->class, LOCK_SLEEPS | LOCK_READ | LOCK_TRY);
	return true;
}

static inline void down_read(struct rwsem *s)
{
	might_sleep();
	lockcheck_acquire(s, &s->class, LOCK_SLEEPS | LOCK_READ);
	if (unlikely(!rwsem_grab_read(s)))
		down_read_slow(s);
}

static inline void up_read(struct rwsem *s)
{
	u64 now;

	lockcheck_release(s, LOCK_SLEEPS);
	now = __atomic_sub_fetch(&s->count, RWSEM_READER, __ATOMIC_RELEASE);

	if (unlikely(now == RWSEM_WAITERS))
		rwsem_wake(s);
}

static inline bool rwsem_grab_write(struct rwsem *s)
{
	u64 old = 0;

	return __atomic_compare_exchange_n(&s->count, &old, RWSEM_WRITER, false,
					   __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
}

static inline bool down_write_trylock(struct rwsem *s)
{
	if (!rwsem_grab_write(s))
		return false;
	lockcheck_acquire(s, &s->class, LOCK_SLEEPS | LOCK_TRY);
	return true;
}

static inline void down_write(struct rwsem *s)
{
	might_sleep();
	lockcheck_acquire(s, &s->class, LOCK_SLEEPS);
	if (unlikely(!rwsem_grab_write(s)))
		down_write_slow(s);
}

/* 0, or -EINTR if a fatal signal came first. */
static inline int __must_check down_write_killable(struct rwsem *s)
{
	int err = 0;

	might_sleep();
	lockcheck_acquire(s, &s->class, LOCK_SLEEPS);
	if (unlikely(!rwsem_grab_write(s)))
		err = down_write_killable_slow(s);
	if (unlikely(err))
		lockcheck_release(s, LOCK_SLEEPS);
	return err;
}

static inline void up_write(struct rwsem *s)
{
	u64 now;

	lockcheck_release(s, LOCK_SLEEPS);
	now = __atomic_sub_fetch(&s->count, RWSEM_WRITER, __ATOMIC_RELEASE);

	if (unlikely(now & RWSEM_WAITERS))
		rwsem_wake(s);
}

/* Turn a write hold into a read hold without letting a writer in between. */
static inline void downgrade_write(struct rwsem *s)
{
	u64 now = __atomic_add_fetch(&s->count, RWSEM_READER - RWSEM_WRITER,
				     __ATOMIC_RELEASE);

	if (unlikely(now & RWSEM_WAITERS))
		rwsem_wake(s);
}

static inline bool rwsem_is_locked(const struct rwsem *s)
{
	return atomic_read(&s->count) & ~RWSEM_WAITERS;
}

#endif
