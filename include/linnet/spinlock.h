/*
 * Spinlocks; holding one disables preemption.
 *
 * A free lock goes to whoever asks first: it is not kept for a CPU that has
 * waited longer. On a virtual machine that CPU may not be running at all, and
 * keeping the lock for it would make everybody wait until the host runs it
 * again. A CPU that has waited long marks the lock (@claimed), and for a moment
 * the others let it go first; see spin_wait().
 *
 * A lock that is ever taken from an interrupt handler must always be taken
 * with the _irq forms. Never sleep under one. The debug build reports sleeping
 * with preemption off, spin_assert_held() of a lock that this CPU does not
 * hold, and what lockcheck.h finds.
 */
#ifndef LINNET_SPINLOCK_H
#define LINNET_SPINLOCK_H

#include <asm/barrier.h>
#include <asm/irqflags.h>
#include <linnet/atomic.h>
#include <linnet/lockcheck.h>
#include <linnet/preempt.h>

typedef struct {
	union {
		u32 word;
		struct {
			u8 locked;
			u8 claimed; /* one waiter asks to be let through */
		};
	};
#ifdef CONFIG_DEBUG
	u32 class; /* lockcheck.h */
#endif
} spinlock_t;

#ifdef CONFIG_DEBUG
#define SPINLOCK_INIT {{0}, 0}
#else
#define SPINLOCK_INIT {{0}}
#endif
#define DEFINE_SPINLOCK(name) spinlock_t name = SPINLOCK_INIT

#ifdef CONFIG_DEBUG
void spin_init(spinlock_t *l);
#else
static inline void spin_init(spinlock_t *l)
{
	l->word = 0;
}
#endif

void spin_wait(spinlock_t *l);

/* Free and not claimed: ours. */
static __always_inline bool spin_try_acquire(spinlock_t *l)
{
	u32 free = 0;

	return __atomic_compare_exchange_n(&l->word, &free, 1, false,
					   __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
}

/* Acquire without touching preemption: callers have done that. */
static __always_inline void spin_acquire(spinlock_t *l)
{
	if (unlikely(!spin_try_acquire(l)))
		spin_wait(l);
}

/* Pairs with the acquire in spin_try_acquire() and spin_wait(). */
static __always_inline void spin_release(spinlock_t *l)
{
	__atomic_store_n(&l->locked, 0, __ATOMIC_RELEASE);
}

static __always_inline void spin_lock(spinlock_t *l)
{
	preempt_disable();
	lockcheck_acquire(l, &l->class, 0);
	spin_acquire(l);
}

static __always_inline void spin_unlock(spinlock_t *l)
{
	lockcheck_release(l, 0);
	spin_release(l);
	preempt_enable();
}

static inline bool spin_trylock(spinlock_t *l)
{
	preempt_disable();
	if (likely(spin_try_acquire(l))) {
		lockcheck_acquire(l, &l->class, LOCK_TRY);
		return true;
	}
	preempt_enable();
	return false;
}

static __always_inline void spin_lock_irq(spinlock_t *l)
{
	local_irq_disable();
	spin_lock(l);
}

static __always_inline void spin_unlock_irq(spinlock_t *l)
{
	lockcheck_release(l, 0);
	spin_release(l);
	local_irq_enable();
	preempt_enable();
}

static __always_inline u64 spin_lock_irqsave(spinlock_t *l)
{
	u64 flags = local_irq_save();

	spin_lock(l);
	return flags;
}

static __always_inline void spin_unlock_irqrestore(spinlock_t *l, u64 flags)
{
	lockcheck_release(l, 0);
	spin_release(l);
	local_irq_restore(flags);
	preempt_enable();
}

static inline bool spin_is_locked(const spinlock_t *l)
{
	return READ_ONCE(l->locked);
}

#ifdef CONFIG_DEBUG
void spin_assert_held(const spinlock_t *l);
#else
static inline void spin_assert_held(const spinlock_t *l)
{
	(void)l;
}
#endif

#endif
