/*
 * Read-copy-update: readers of lookup-mostly data run without locks; what they
 * may still see is freed after a grace period, when every CPU has passed a
 * point where it held no such reference. A read section disables preemption
 * and must not sleep. See kernel/rcu.c.
 */
#ifndef LINNET_RCU_H
#define LINNET_RCU_H

#include <linnet/preempt.h>

struct rcu_head {
	struct rcu_head *next;
	void (*func)(struct rcu_head *head);
};

static __always_inline void rcu_read_lock(void)
{
	preempt_disable();
}

static __always_inline void rcu_read_unlock(void)
{
	preempt_enable();
}

#define rcu_dereference(p)	 __atomic_load_n(&(p), __ATOMIC_CONSUME)
#define rcu_assign_pointer(p, v) __atomic_store_n(&(p), v, __ATOMIC_RELEASE)

/* Run @func(head) after a grace period, in task context. Any context. */
void call_rcu(struct rcu_head *head, void (*func)(struct rcu_head *head));
/* Wait for a grace period; may sleep. */
void synchronize_rcu(void);
/* Wait until every callback queued so far has run; may sleep. */
void rcu_barrier(void);

#endif
