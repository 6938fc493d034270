/* Sleeping locks under contention: exclusion, and nobody is forgotten. */
#include <linnet/errno.h>
#include <linnet/ktest.h>
#include <linnet/mutex.h>
#include <linnet/sched.h>
#include <linnet/task.h>
#include <linnet/wait.h>

enum { THREADS = 6, ROUNDS = 3000 };

static DEFINE_MUTEX(mutex);
static DEFINE_RWSEM(rwsem);
static struct completion all_done;
static u64 left;		 /* [A] threads that still run */
static u64 counter;		 /* [mutex] */
static u64 readers, writers, bad; /* [A] inside rwsem; broken rules seen */

static void thread_ends(void)
{
	if (!atomic_sub_return(&left, 1))
		complete(&all_done);
}

/* The sleep inside makes the others queue. */
static int mutex_thread(void *arg)
{
	u64 self = (u64)arg;

	for (u64 i = 0; i < ROUNDS; i++) {
		u64 seen;

		mutex_lock(&mutex);
		seen = READ_ONCE(counter);
		if (i % 64 == self)
			cond_resched();
		WRITE_ONCE(counter, seen + 1);
		mutex_unlock(&mutex);
	}
	thread_ends();
	return 0;
}

static int rwsem_thread(void *arg)
{
	bool writer = (u64)arg % 3 == 0;

	for (u64 i = 0; i < ROUNDS; i++) {
		if (writer) {
			down_write(&rwsem);
			if (atomic_add_return(&writers, 1) != 1 ||
			    atomic_read(&readers))
				atomic_inc(&bad);
			atomic_dec(&writers);
			up_write(&rwsem);
		} else {
			down_read(&rwsem);
			atomic_inc(&readers);
			if (atomic_read(&writers))
				atomic_inc(&bad);
			atomic_dec(&readers);
			up_read(&rwsem);
		}
		if (i % 32 == 0)
			cond_resched();
	}
	thread_ends();
	return 0;
}

static bool run_threads(int (*fn)(void *arg))
{
	completion_init(&all_done);
	left = THREADS;
	for (u64 i = 0; i < THREADS; i++)
		KTEST_CHECK(!IS_ERR(kthread_run(fn, (void *)i, "selftest")));
	wait_for_completion(&all_done);
	return true;
}

static bool mutex_excludes(void)
{
	counter = 0;
	KTEST_CHECK(run_threads(mutex_thread));
	KTEST_CHECK(counter == (u64)THREADS * ROUNDS);
	KTEST_CHECK(!mutex_is_locked(&mutex));
	return true;
}
KTEST(mutex_excludes);

static bool rwsem_excludes(void)
{
	bad = 0;
	KTEST_CHECK(run_threads(rwsem_thread));
	KTEST_CHECK(!bad);
	KTEST_CHECK(!rwsem_is_locked(&rwsem));
	return true;
}
KTEST(rwsem_excludes);
