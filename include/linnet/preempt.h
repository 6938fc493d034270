/*
 * Preemption control.
 *
 * thread_info.preempt_count: bits 0-15 nesting of preempt_disable() (a held
 * spinlock counts one), bits 16-19 nesting of hard interrupts. The kernel is
 * preemptible wherever the count is zero and interrupts are on.
 */
#ifndef LINNET_PREEMPT_H
#define LINNET_PREEMPT_H

#include <asm/thread.h>
#include <linnet/types.h>

#define PREEMPT_MASK   0xffffu
#define HARDIRQ_SHIFT  16
#define HARDIRQ_OFFSET (1u << HARDIRQ_SHIFT)
#define HARDIRQ_MASK   (0xfu << HARDIRQ_SHIFT)
#define PAGEFAULT_OFFSET (1u << 20) /* user faults are not served */

void preempt_schedule(void);

static __always_inline u32 preempt_count(void)
{
	return READ_ONCE(current_ti()->preempt_count);
}

static __always_inline void preempt_disable(void)
{
	struct thread_info *ti = current_ti();

	WRITE_ONCE(ti->preempt_count, ti->preempt_count + 1);
	barrier();
}

/* For callers that are about to schedule, or know that nobody waits. */
static __always_inline void preempt_enable_no_resched(void)
{
	struct thread_info *ti = current_ti();

	barrier();
	WRITE_ONCE(ti->preempt_count, ti->preempt_count - 1);
}

static __always_inline void preempt_enable(void)
{
	struct thread_info *ti = current_ti();

	barrier();
	WRITE_ONCE(ti->preempt_count, ti->preempt_count - 1);
	if (unlikely(!READ_ONCE(ti->preempt_word)))
		preempt_schedule();
}

static inline bool in_hardirq(void)
{
	return preempt_count() & HARDIRQ_MASK;
}

static inline bool in_atomic(void)
{
	return preempt_count() != 0;
}

#ifdef CONFIG_DEBUG
void might_sleep(void);
void debug_check_schedule(void); /* on entry to the scheduler */
#else
static inline void debug_check_schedule(void)
{
}

static inline void might_sleep(void)
{
}
#endif

/* The CPU this runs on; stable only while preemption is off. */
static inline u32 smp_processor_id(void)
{
	return READ_ONCE(current_ti()->cpu);
}

#endif
