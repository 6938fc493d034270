/*
 * Fault injection: the n-th thing that can fail, of one task, does.
 *
 * Points are: every slab object, every block of pages that was asked for as
 * such, every kernel stack, every copy to or from user memory. A task that has
 * N in /proc/PID/task/TID/fail-nth passes N - 1 of them; the N-th fails, and the
 * file then says 0. So a program finds each error path of a call by trying
 * 1, 2, 3, ... until the file is not 0 afterwards. The interface is Linux's
 * (Documentation/fault-injection in its source).
 *
 * The number survives execve(2); a child has none. Interrupts do not count, nor
 * do pages that a slab takes, because whether it needs some depends on others.
 * Nothing is exempt: there is no allocation here that must not fail.
 *
 * With "fault_trace" on the command line each injected failure is printed.
 */
#define PR_PREFIX "fault: "
#include <linnet/fault_inject.h>
#include <linnet/init.h>
#include <linnet/preempt.h>
#include <linnet/printk.h>
#include <linnet/stackdepot.h>
#include <linnet/task.h>

static bool fault_trace; /* [I] */

static void __noinline __cold report(void)
{
	pr_emerg("%s/%d: this fails\n", current->comm, task_pid(current));
	stackdepot_print(stackdepot_save(2));
}

bool should_fail(void)
{
	u32 n = READ_ONCE(current->fail_nth);

	if (likely(!n) || in_hardirq())
		return false;
	WRITE_ONCE(current->fail_nth, n - 1);
	if (n > 1)
		return false;
	if (unlikely(fault_trace))
		report();
	return true;
}

static int __init_text param_fault_trace(const char *value)
{
	(void)value;
	fault_trace = true;
	return 0;
}
KERNEL_PARAM("fault_trace", param_fault_trace);
