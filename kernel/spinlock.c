/* The contended side of spinlocks, and reference count reports. */
#include <linnet/atomic.h>
#include <linnet/printk.h>
#include <linnet/spinlock.h>

/* Wait until @ticket is served. Pairs with the release in spin_release(). */
void spin_wait(spinlock_t *l, u16 ticket)
{
	while (smp_load_acquire(&l->owner) != ticket)
		cpu_relax();
}

/* A count was incremented from zero, or over- or underflowed: park it. */
void refcount_warn(refcount_t *r)
{
	atomic_set(&r->n, REFCOUNT_SATURATED);
	WARN_ON_ONCE("reference count broken, object leaked");
}
