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
};

#define MUTEX_WAITERS	   1ul
#define MUTEX_INIT(name)   {0, SPINLOCK_INIT, LIST_HEAD_INIT((name).waiters)}
#define DEFINE_MUTEX(name) struct mutex name = MUTEX_INIT(name)

static inline void mutex_init(struct mutex *m)
{
	m->owner = 0;
	spin_init(&m->wait_lock);
	list_init(&m->waiters);
}

void mutex_lock_slow(struct mutex *m);
int mutex_lock_killable_slow(struct mutex *m);
void mutex_unlock_slow(struct mutex *m);

static inline bool mutex_trylock(struct mutex *m)
{
	u64 old = 0;

	return __atomic_compare_exchange_n(&m->owner, &old, (u64)current, false,
					   __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
}

static inline void mutex_lock(struct mutex *m)
{
	might_sleep();
	if (unlikely(!mutex_trylock(m)))
		mutex_lock_slow(m);
}

/* 0, or -EINTR if a fatal signal came first. */
static inline int __must_check mutex_lock_killable(struct mutex *m)
{
	might_sleep();
	return likely(mutex_trylock(m)) ? 0 : mutex_lock_killable_slow(m);
}

static inline void mutex_unlock(struct mutex *m)
{
	u64 old = (u64)current;

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
};

#define RWSEM_WRITER	   1ul
#define RWSEM_WAITERS	   2ul
#define RWSEM_READER	   4ul
#define RWSEM_INIT(name)   {0, SPINLOCK_INIT, LIST_HEAD_INIT((name).waiters)}
#define DEFINE_RWSEM(name) struct rwsem name = RWSEM_INIT(name)

static inline void rwsem_init(struct rwsem *s)
{
	s->count = 0;
	spin_init(&s->wait_lock);
	list_init(&s->waiters);
}

void down_read_slow(struct rwsem *s);
void down_write_slow(struct rwsem *s);
int down_write_killable_slow(struct rwsem *s);
void rwsem_wake(struct rwsem *s);

static inline bool down_read_trylock(struct rwsem *s)
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

static inline void down_read(struct rwsem *s)
{
	might_sleep();
	if (unlikely(!down_read_trylock(s)))
		down_read_slow(s);
}

static inline void up_read(struct rwsem *s)
{
	u64 now = __atomic_sub_fetch(&s->count, RWSEM_READER, __ATOMIC_RELEASE);

	if (unlikely(now == RWSEM_WAITERS))
		rwsem_wake(s);
}

static inline bool down_write_trylock(struct rwsem *s)
{
	u64 old = 0;

	return __atomic_compare_exchange_n(&s->count, &old, RWSEM_WRITER, false,
					   __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
}

static inline void down_write(struct rwsem *s)
{
	might_sleep();
	if (unlikely(!down_write_trylock(s)))
		down_write_slow(s);
}

/* 0, or -EINTR if a fatal signal came first. */
static inline int __must_check down_write_killable(struct rwsem *s)
{
	might_sleep();
	return likely(down_write_trylock(s)) ? 0 : down_write_killable_slow(s);
}

static inline void up_write(struct rwsem *s)
{
	u64 now = __atomic_sub_fetch(&s->count, RWSEM_WRITER, __ATOMIC_RELEASE);

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
