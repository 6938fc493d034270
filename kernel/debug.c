/*
 * Checks of the debug build (make debug): calls that may sleep where sleeping is
 * not allowed, locks that should be held, lists whose nodes do not point at each
 * other, references to pages that have none.
 *
 * A place reports once in a while, so that a loop does not fill the log.
 */
#include <asm/irqflags.h>
#include <linnet/debug.h>
#include <linnet/list.h>
#include <linnet/page.h>
#include <linnet/preempt.h>
#include <linnet/printk.h>
#include <linnet/sched.h>
#include <linnet/spinlock.h>
#include <linnet/task.h>

enum { MAX_REPORTS = 50 };

static u32 reports;
static bool expected;

u32 debug_seen(void)
{
	return atomic_read(&reports);
}

void debug_expect(bool on)
{
	expected = on;
}

static void report(const char *what)
{
	if (atomic_add_return(&reports, 1) > MAX_REPORTS || expected)
		return;
	add_taint(TAINT_WARN);
	pr_emerg("BUG: %s: preempt count %#x, interrupts %s, task %s\n", what,
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

void list_check_add(const struct list_head *n, const struct list_head *prev,
		    const struct list_head *next)
{
	if (next->prev != prev || prev->next != next)
		report("list_add: the neighbours do not point at each other");
	else if (n == prev || n == next)
		report("list_add: the node is in the list already");
}

void list_check_del(const struct list_head *n)
{
	if (n->prev == LIST_POISON)
		report("list_del: the node has been taken out already");
	else if (n->prev->next != n || n->next->prev != n)
		report("list_del: the neighbours do not point at the node");
}

void page_check_ref(const struct page *p, u32 old)
{
	if (!old || (s32)old < 0)
		report("reference to a page that has none");
}
