/* What runs later: work items, RCU callbacks, timers; and the watchdog. */
#include <linnet/errno.h>
#include <linnet/hrtimer.h>
#include <linnet/ktest.h>
#include <linnet/rcu.h>
#include <linnet/sched.h>
#include <linnet/task.h>
#include <linnet/wait.h>
#include <linnet/workqueue.h>
#include "../../kernel/watchdog.h"

extern int sysctl_hung_task_warnings;

static struct completion gate, ran;
static u64 inside, overlapped, runs; /* [A] */

static void slow_work(struct work *w)
{
	if (atomic_add_return(&inside, 1) != 1)
		atomic_inc(&overlapped);
	msleep(2);
	atomic_inc(&runs);
	atomic_dec(&inside);
}

static bool work_is_not_reentrant(void)
{
	static struct work w = WORK_INIT(w, slow_work);

	inside = overlapped = runs = 0;
	for (u32 i = 0; i < 20; i++) {
		work_queue(&w);
		msleep(1);
	}
	work_flush(&w);
	KTEST_CHECK(!overlapped);
	KTEST_CHECK(runs >= 2);
	return true;
}
KTEST(work_is_not_reentrant);

static void blocked_work(struct work *w)
{
	wait_for_completion(&gate);
}

static void free_work(struct work *w)
{
	complete(&ran);
}

/* Work that comes while all other workers sleep is run. */
static bool work_runs_beside_blocked_work(void)
{
	static struct work blocked[3] = {WORK_INIT(blocked[0], blocked_work),
					 WORK_INIT(blocked[1], blocked_work),
					 WORK_INIT(blocked[2], blocked_work)};
	static struct work last = WORK_INIT(last, free_work);

	completion_init(&gate);
	completion_init(&ran);
	for (u32 i = 0; i < ARRAY_SIZE(blocked); i++) {
		work_queue(&blocked[i]);
		msleep(2);
	}
	work_queue(&last);
	wait_for_completion(&ran);
	complete_all(&gate);
	for (u32 i = 0; i < ARRAY_SIZE(blocked); i++)
		work_flush(&blocked[i]);
	return true;
}
KTEST(work_runs_beside_blocked_work);

static void rcu_ran(struct rcu_head *head)
{
	complete(&ran);
}

/* Without anybody who is in a hurry. */
static bool rcu_callback_runs_by_itself(void)
{
	static struct rcu_head head;

	completion_init(&ran);
	call_rcu(&head, rcu_ran);
	wait_for_completion(&ran);
	synchronize_rcu();
	rcu_barrier();
	return true;
}
KTEST(rcu_callback_runs_by_itself);

enum { BARRIER_THREADS = 6, BARRIER_ROUNDS = 40 };
static u64 barriers_ended, barriers_early; /* [A] */

struct own_callback {
	struct rcu_head head;
	bool done;
};

static void own_callback_done(struct rcu_head *head)
{
	WRITE_ONCE(container_of(head, struct own_callback, head)->done, true);
}

static int use_barriers(void *unused)
{
	for (u32 i = 0; i < BARRIER_ROUNDS; i++) {
		struct own_callback own = {.done = false};

		call_rcu(&own.head, own_callback_done);
		rcu_barrier();
		/* Then it is still queued, and on this stack. */
		if (!READ_ONCE(own.done)) {
			atomic_inc(&barriers_early);
			synchronize_rcu();
			rcu_barrier();
		}
	}
	if (atomic_add_return(&barriers_ended, 1) == BARRIER_THREADS)
		complete(&ran);
	return 0;
}

/* However many others queue theirs meanwhile, on other CPUs. */
static bool rcu_barrier_waits_for_own(void)
{
	barriers_ended = barriers_early = 0;
	completion_init(&ran);
	for (u32 i = 0; i < BARRIER_THREADS; i++)
		KTEST_CHECK(!IS_ERR(kthread_run(use_barriers, NULL, "barrier")));
	wait_for_completion(&ran);
	KTEST_CHECK(!barriers_early);
	return true;
}
KTEST(rcu_barrier_waits_for_own);

static u32 fired[3], nr_fired; /* in the order of firing */

struct test_timer {
	struct hrtimer timer;
	u32 id;
};

static void timer_fires(struct hrtimer *t)
{
	fired[nr_fired++] = container_of(t, struct test_timer, timer)->id;
	if (nr_fired == ARRAY_SIZE(fired))
		complete(&ran);
}

static bool timers_fire_in_order(void)
{
	static struct test_timer t[3];
	ktime_t now = ktime_get();

	completion_init(&ran);
	nr_fired = 0;
	/* All on one CPU, so that they share a queue. */
	preempt_disable();
	for (u32 i = 0; i < 3; i++) {
		t[i].id = i;
		hrtimer_init(&t[i].timer, timer_fires);
		hrtimer_start(&t[i].timer,
			      now + (ktime_t)((3 - i) * 3 * NSEC_PER_MSEC));
	}
	preempt_enable();
	wait_for_completion(&ran);
	KTEST_CHECK(fired[0] == 2 && fired[1] == 1 && fired[2] == 0);
	KTEST_CHECK(ktime_get() >= now + (ktime_t)(9 * NSEC_PER_MSEC));
	return true;
}
KTEST(timers_fire_in_order);

static int sleeps_through(void *arg)
{
	wait_for_completion(&gate);
	complete(&ran);
	return 0;
}

static bool hung_task_is_seen(void)
{
	int warnings = sysctl_hung_task_warnings;
	u32 found = 0;

	completion_init(&gate);
	completion_init(&ran);
	KTEST_CHECK(!IS_ERR(kthread_run(sleeps_through, NULL, "selftest")));
	sysctl_hung_task_warnings = 0; /* not in the log */
	/* It may take a while to fall asleep; not for ever. */
	for (u32 i = 0; i < 1000 && !found; i++) {
		msleep(5);
		check_hung_tasks();
		found = check_hung_tasks();
	}
	sysctl_hung_task_warnings = warnings;
	complete(&gate);
	wait_for_completion(&ran);
	KTEST_CHECK(found >= 1);
	return true;
}
KTEST(hung_task_is_seen);
