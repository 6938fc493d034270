/*
 * Atomic counters and flag words, and reference counts.
 *
 * Plain operations are relaxed unless their name says otherwise; what orders
 * other memory is spelled _acquire, _release or is fully ordered (fetch_* used
 * for hand-over). Compiled to load/store-exclusive loops, which every ARMv8
 * CPU has.
 */
#ifndef LINNET_ATOMIC_H
#define LINNET_ATOMIC_H

#include <linnet/types.h>

#define atomic_read(p)		__atomic_load_n(p, __ATOMIC_RELAXED)
#define atomic_set(p, v)	__atomic_store_n(p, v, __ATOMIC_RELAXED)
#define atomic_add(p, v)	((void)__atomic_fetch_add(p, v, __ATOMIC_RELAXED))
#define atomic_sub(p, v)	((void)__atomic_fetch_sub(p, v, __ATOMIC_RELAXED))
#define atomic_inc(p)		atomic_add(p, 1)
#define atomic_dec(p)		atomic_sub(p, 1)
#define atomic_or(p, v)		((void)__atomic_fetch_or(p, v, __ATOMIC_RELAXED))
#define atomic_and(p, v)	((void)__atomic_fetch_and(p, v, __ATOMIC_RELAXED))
#define atomic_add_return(p, v) __atomic_add_fetch(p, v, __ATOMIC_ACQ_REL)
#define atomic_sub_return(p, v) __atomic_sub_fetch(p, v, __ATOMIC_ACQ_REL)
#define atomic_fetch_or(p, v)	__atomic_fetch_or(p, v, __ATOMIC_ACQ_REL)
#define atomic_fetch_and(p, v)	__atomic_fetch_and(p, v, __ATOMIC_ACQ_REL)
#define atomic_xchg(p, v)	__atomic_exchange_n(p, v, __ATOMIC_ACQ_REL)

/* True if *p was @old and is now @new; fully ordered on success. */
#define atomic_cmpxchg(p, old, new)                                            \
	({                                                                     \
		__typeof__(*(p)) _o = (old);                                   \
		__atomic_compare_exchange_n(p, &_o, new, false,                \
					    __ATOMIC_ACQ_REL,                  \
					    __ATOMIC_RELAXED);                 \
	})

/*
 * Reference count. Saturates instead of wrapping: an object whose count was
 * broken leaks, it is never freed while in use.
 */
typedef struct {
	u32 n;
} refcount_t;

#define REFCOUNT_SATURATED 0xc0000000u
#define REFCOUNT_INIT(v)   {v}

static inline void refcount_set(refcount_t *r, u32 n)
{
	atomic_set(&r->n, n);
}

static inline u32 refcount_read(const refcount_t *r)
{
	return atomic_read(&r->n);
}

void refcount_warn(refcount_t *r);

static inline void refcount_inc(refcount_t *r)
{
	u32 old = __atomic_fetch_add(&r->n, 1, __ATOMIC_RELAXED);

	if (unlikely(old - 1 >= REFCOUNT_SATURATED - 1))
		refcount_warn(r);
}

/* Take a reference unless the object is already dying. */
static inline bool refcount_inc_not_zero(refcount_t *r)
{
	u32 old = atomic_read(&r->n);

	do {
		if (!old)
			return false;
	} while (!__atomic_compare_exchange_n(&r->n, &old, old + 1, true,
					      __ATOMIC_ACQUIRE,
					      __ATOMIC_RELAXED));
	return true;
}

/* Drop a reference; true for the last one, whose holder frees the object. */
static inline bool refcount_dec_and_test(refcount_t *r)
{
	u32 old = __atomic_fetch_sub(&r->n, 1, __ATOMIC_RELEASE);

	if (unlikely(old - 1 >= REFCOUNT_SATURATED - 1)) {
		refcount_warn(r);
		return false;
	}
	if (old != 1)
		return false;
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	return true;
}

#endif
