/* The contended side of spinlocks, and reference count reports. */
#include <linnet/atomic.h>
#include <linnet/printk.h>
#include <linnet/spinlock.h>

/*
 * Looks at a lock before a waiter claims it, and how many more looks the others
 * give the claimant. The second bounds what a claimant costs that the host does
 * not run; the first is long enough that short queues never come to it.
 */
enum { PATIENCE = 256, COURTESY = 32 };

/* The one-byte exchange leaves @claimed alone. Pairs with spin_release(). */
static bool take(spinlock_t *l)
{
	return !__atomic_exchange_n(&l->locked, 1, __ATOMIC_ACQUIRE);
}

static bool claim(spinlock_t *l)
{
	return !READ_ONCE(l->claimed) &&
	       !__atomic_exchange_n(&l->claimed, 1, __ATOMIC_RELAXED);
}

/* The contended side of spin_acquire(). One waiter at a time is the claimant. */
void spin_wait(spinlock_t *l)
{
	bool claimant = false;
	u32 courtesy = COURTESY;

	for (u32 looks = 0;; looks++) {
		if (!READ_ONCE(l->locked)) {
			if (!claimant && READ_ONCE(l->claimed) && courtesy)
				courtesy--;
			else if (take(l))
				break;
		}
		if (!claimant && looks >= PATIENCE)
			claimant = claim(l);
		cpu_relax();
	}
	if (claimant)
		__atomic_store_n(&l->claimed, 0, __ATOMIC_RELAXED);
}

/* A count was incremented from zero, or over- or underflowed: park it. */
void refcount_warn(refcount_t *r)
{
	atomic_set(&r->n, REFCOUNT_SATURATED);
	WARN_ON_ONCE("reference count broken, object leaked");
}
