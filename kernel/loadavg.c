/*
 * Load averages: how many tasks run, wait to run, or wait uninterruptibly,
 * decaying exponentially over 1, 5 and 15 minutes as Linux counts it.
 *
 * A sample is taken every LOAD_PERIOD_NS, by the tick of any CPU that is busy or
 * by who asks. Where no CPU was busy nobody ticked; samples whose time has passed
 * since then are made up for, knowing that nobody ran.
 *
 * Lock: load_lock, irq-safe, a leaf.
 */
#include <linnet/cpumask.h>
#include <linnet/sched.h>
#include <linnet/spinlock.h>
#include <linnet/time.h>
#include <linnet/timekeeping.h>
#include "sched.h"

enum { LOAD_SHIFT = 11, LOAD_ONE = 1 << LOAD_SHIFT };
#define LOAD_PERIOD_NS 5010000000l /* a bit over 5 s, against aliasing */
static const u64 decay[3] = {1884, 2014, 2037}; /* 1/e^(5/60), (5/300), (5/900) */
static u64 avenrun[3];
static ktime_t next_load;
static DEFINE_SPINLOCK(load_lock); /* irq-safe */

/* Has a CPU been busy since before @then (ns)? */
static bool some_cpu_busy_since(ktime_t then)
{
	u32 cpu;

	for_each_online_cpu(cpu) {
		const struct rq *rq = cpu_rq(cpu);

		if (READ_ONCE(rq->curr) != rq->idle &&
		    (ktime_t)cycles_to_ns(READ_ONCE(rq->busy_since)) <= then)
			return true;
	}
	return false;
}

/* Those who run, if a CPU did, and those who wait uninterruptibly. */
static u64 active_tasks(bool busy)
{
	s64 n = busy ? nr_running_total() : 0;
	u32 cpu;

	for_each_online_cpu(cpu)
		n += atomic_read(&cpu_rq(cpu)->nr_uninterruptible);
	return (u64)max(n, (s64)0);
}

/*
 * Bring the average up to date. The sample of the moment itself counts who is
 * running, the reader included; for one whose time is past, it is known only
 * whether somebody has been since.
 */
static void calc_load_locked(ktime_t now)
{
	spin_assert_held(&load_lock);
	for (u32 n = 0; now >= next_load && n < 1000; n++) {
		bool busy = now - next_load <= 2 * (ktime_t)TICK_NS ||
			    some_cpu_busy_since(next_load);
		u64 active = active_tasks(busy) << LOAD_SHIFT;

		for (u32 i = 0; i < 3; i++)
			avenrun[i] = (avenrun[i] * decay[i] +
				      active * (LOAD_ONE - decay[i])) >>
				     LOAD_SHIFT;
		WRITE_ONCE(next_load, next_load + LOAD_PERIOD_NS);
	}
	if (now >= next_load)
		WRITE_ONCE(next_load, now + LOAD_PERIOD_NS);
}

/* From the tick of a CPU that is not idle; interrupts off. */
void load_tick(ktime_t now)
{
	if (now < READ_ONCE(next_load) || !spin_trylock(&load_lock))
		return;
	calc_load_locked(now);
	spin_unlock(&load_lock);
}

void get_avenrun(u64 loads[3])
{
	u64 flags = spin_lock_irqsave(&load_lock);

	calc_load_locked(ktime_get());
	for (u32 i = 0; i < 3; i++)
		loads[i] = avenrun[i];
	spin_unlock_irqrestore(&load_lock, flags);
}
