/*
 * The data-race detector: a plain read beside writes of another CPU is found, a
 * marked one and one under the writer's lock are not.
 */
#include <linnet/errno.h>
#include <linnet/kcsan.h>
#include <linnet/ktest.h>
#include <linnet/sched.h>
#include <linnet/spinlock.h>
#include <linnet/task.h>
#include <linnet/time.h>
#include <linnet/wait.h>

enum { LIMIT_S = 20, QUIET_READS = 300000 };

static u64 shared;
static DEFINE_SPINLOCK(shared_lock);
static bool stop, stopped; /* [A] */
static u64 sink; /* what is read is used */

static int writer(void *unused)
{
	(void)unused;
	while (!READ_ONCE(stop)) {
		spin_lock(&shared_lock);
		shared++;
		spin_unlock(&shared_lock);
		cond_resched();
	}
	WRITE_ONCE(stopped, true);
	return 0;
}

static u64 __noinline read_plain(void)
{
	return shared;
}

static u64 __noinline read_locked(void)
{
	u64 v;

	spin_lock(&shared_lock);
	v = shared;
	spin_unlock(&shared_lock);
	return v;
}

/* Until there is a report, or the limit. */
static void provoke(void)
{
	ktime_t end = ktime_get() + (ktime_t)LIMIT_S * NSEC_PER_SEC;
	u32 before = kcsan_seen();

	while (kcsan_seen() == before && ktime_get() < end) {
		for (u32 i = 0; i < 1000; i++)
			WRITE_ONCE(sink, read_plain());
		cond_resched();
	}
}

static void stay_quiet(void)
{
	for (u32 i = 0; i < QUIET_READS / 3; i++) {
		(void)READ_ONCE(shared);
		WRITE_ONCE(sink, data_race(shared));
		WRITE_ONCE(sink, read_locked());
	}
}

/* How many reports @fn makes beside the writer; -1: no other CPU. */
static int reports(void (*fn)(void))
{
	u32 before = kcsan_seen();

	if (nr_cpus < 2)
		return -1;
	WRITE_ONCE(stop, false);
	WRITE_ONCE(stopped, false);
	if (IS_ERR(kthread_run(writer, NULL, "racer")))
		return -1;
	kcsan_expect(true);
	fn();
	kcsan_expect(false);
	WRITE_ONCE(stop, true);
	while (!READ_ONCE(stopped))
		msleep(10);
	return (int)(kcsan_seen() - before);
}

static bool kcsan_finds_race(void)
{
	int n = reports(provoke);

	KTEST_CHECK(n == -1 || n > 0);
	return true;
}
KTEST(kcsan_finds_race);

static bool kcsan_knows_order(void)
{
	KTEST_CHECK(reports(stay_quiet) <= 0);
	return true;
}
KTEST(kcsan_knows_order);
