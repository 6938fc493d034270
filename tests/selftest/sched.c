/* The scheduler's queues: a wake-up meets other changes of a task's place. */
#include <linnet/errno.h>
#include <linnet/ktest.h>
#include <linnet/sched.h>
#include <linnet/task.h>
#include <linnet/wait.h>

enum { WAKES = 5000, CROWD = 3 };

static struct task *dozer;
static struct completion all_done;
static u64 left;	/* [A] threads that still run */
static bool dozer_done; /* [A] */

static void thread_ends(void)
{
	if (!atomic_sub_return(&left, 1))
		complete(&all_done);
}

/* Sets a sleeping state, and sleeps only sometimes; pushed out in between. */
static int doze(void *arg)
{
	for (u32 i = 0; i < WAKES; i++) {
		set_current_state(TASK_UNINTERRUPTIBLE);
		if (i % 16 == 0)
			schedule();
		__set_current_state(TASK_RUNNING);
	}
	WRITE_ONCE(dozer_done, true);
	thread_ends();
	return 0;
}

static int keep_waking(void *arg)
{
	while (!READ_ONCE(dozer_done)) {
		wake_up_process(dozer);
		cond_resched();
	}
	thread_ends();
	return 0;
}

/* Takes the dozer out of its queue and puts it back. */
static int keep_renicing(void *arg)
{
	for (u32 i = 0; !READ_ONCE(dozer_done); i++) {
		set_user_nice(dozer, (int)(i & 1));
		cond_resched();
	}
	thread_ends();
	return 0;
}

static int keep_busy(void *arg)
{
	while (!READ_ONCE(dozer_done))
		cond_resched();
	thread_ends();
	return 0;
}

/*
 * A task that is being moved between queues, with a sleeping state already set,
 * must not look asleep: it would be queued twice, and run twice.
 */
static bool a_task_is_queued_once(void)
{
	completion_init(&all_done);
	left = CROWD + 3;
	dozer_done = false;
	dozer = kthread_run(doze, NULL, "dozer");
	KTEST_CHECK(!IS_ERR(dozer));
	task_get(dozer);
	KTEST_CHECK(!IS_ERR(kthread_run(keep_waking, NULL, "waker")));
	KTEST_CHECK(!IS_ERR(kthread_run(keep_renicing, NULL, "renicer")));
	for (u32 i = 0; i < CROWD; i++)
		KTEST_CHECK(!IS_ERR(kthread_run(keep_busy, NULL, "crowd")));
	wait_for_completion(&all_done);
	task_put(dozer);
	return true;
}
KTEST(a_task_is_queued_once);
