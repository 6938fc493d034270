/*
 * Checks of the debug build (make debug): calls that may sleep where sleeping is
 * not allowed, locks that should be held, a CPU that waits for itself.
 *
 * A place reports once in a while, so that a loop does not fill the log.
 */
#include <asm/irqflags.h>
#include <linnet/preempt.h>
#include <linnet/printk.h>
#include <linnet/sched.h>
#include <linnet/spinlock.h>
#include <linnet/task.h>

enum { MAX_REPORTS = 50 };

static void report(const char *what)
{
	static u32 reports;

	if (atomic_add_return(&reports, 1) > MAX_REPORTS)
		return;
	pr_err("BUG: %s: preempt count %#x, interrupts %s, task %s\n", what,
	       preempt_count(), irqs_disabled() ? "off" : "on", current->comm);
	dump_stack();
}

/* The idle task runs the boot, before there is anybody to switch to. */
void might_sleep(void)
{
	if (current->flags & PF_IDLE)
		return;
	if (in_atomic() || irqs_disabled())
		report("sleeping function called from invalid context");
}

void debug_check_schedule(void)
{
	/* A dead task keeps preemption off: it does not come back. */
	if (preempt_count() != 1 && !(current->flags & PF_IDLE) &&
	    current->state != TASK_DEAD)
		report("scheduling while atomic");
}

void spin_assert_held(const spinlock_t *l)
{
	if (!spin_is_locked(l) || !lockcheck_held(l))
		report("lock is not held");
}
