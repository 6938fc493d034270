/*
 * CPU times: of tasks, of processes, rusage.
 *
 * The scheduler's sum_exec and the idle loop are the exact totals. How they split
 * into user and kernel time is sampled: reading the counter at every entry and
 * exit of the kernel would cost more than a small system call does. A busy CPU
 * has a tick every TICK_NS that notes which mode it interrupted; the total is
 * divided in the proportion of the samples (struct split_time).
 *
 * The tick is armed when a CPU takes a task and stays away when it finds the CPU
 * idle. While one task has the CPU for itself, each interval is twice as long as
 * the one before and its sample counts for all of it, up to TICKS_MAX; the
 * next switch of tasks brings the short tick back (rq->tick_short).
 */
#include <asm/uaccess.h>
#include <linnet/errno.h>
#include <linnet/irq.h>
#include <linnet/mm.h>
#include <linnet/posix_timers.h>
#include <linnet/string.h>
#include <linnet/syscalls.h>
#include <linnet/task.h>
#include "sched.h"
#include "watchdog.h"

static void add_sample(struct split_time *s, bool first, u32 n)
{
	if (first)
		WRITE_ONCE(s->first, s->first + n);
	else
		WRITE_ONCE(s->second, s->second + n);
}

/* Length of the interval after one of @n ticks in which @switches happened. */
static u32 next_interval(struct rq *rq, u32 n)
{
	bool alone = READ_ONCE(rq->nr_running) == 1 && rq->nr_switches == rq->tick_switches;

	rq->tick_switches = rq->nr_switches;
	return alone ? min(n * 2, (u32)TICKS_MAX) : 1;
}

/* Timer handler: interrupts off, on the runqueue's own CPU. */
void cputime_tick(struct hrtimer *timer)
{
	struct rq *rq = container_of(timer, struct rq, tick_timer);
	struct task *t = rq->curr;
	bool user = irq_interrupted_user();
	ktime_t now = ktime_get();
	u32 n = rq->tick_len;

	rq->tick_short = false;
	if (t == rq->idle)
		return;
	watchdog_tick(rq, (u64)now);
	load_tick(now);
	add_sample(&t->times, user, n);
	add_sample(&rq->times, user, n);
	if (user)
		add_sample(&rq->user_times, t->se.nice <= 0, n);
	balance_tick(rq);
	rq->tick_len = next_interval(rq, n);
	rq->tick_short = rq->tick_len == 1;
	hrtimer_start(timer, now + (ktime_t)(rq->tick_len * TICK_NS));
}

void cputime_start_tick(struct rq *rq)
{
	rq->tick_short = true;
	rq->tick_len = 1;
	hrtimer_start(&rq->tick_timer, (ktime_t)(rq->clock + TICK_NS));
}

/* @total * part / all, rounded down a little: without 128-bit division. */
static u64 share(u64 total, u64 part, u64 all)
{
	return total / all * part + total % all * part / all;
}

/* What @total, which grows, divides into; neither part ever shrinks. */
static void split(struct split_time *s, u64 total, u64 *first, u64 *second)
{
	u64 nr_first = READ_ONCE(s->first), nr_second = READ_ONCE(s->second);
	u64 part, flags;

	if (!nr_second)
		part = 0; /* too short to tell: as Linux says, user time */
	else
		part = share(total, nr_second, nr_first + nr_second);
	flags = spin_lock_irqsave(&s->lock);
	/* A reader with an older total may come later. */
	if (total > s->first_ns + s->second_ns) {
		s->second_ns = clamp(part, s->second_ns, total - s->first_ns);
		s->first_ns = total - s->second_ns;
	}
	*first = s->first_ns;
	*second = s->second_ns;
	spin_unlock_irqrestore(&s->lock, flags);
}

void task_cputime(struct task *t, u64 *utime, u64 *stime)
{
	split(&t->times, task_cpu_time(t), utime, stime);
}

/*
 * An interval that just ends must be counted, and once: what is not idle time is taken
 * for other time, for good.
 */
static u64 idle_cycles(const struct rq *rq)
{
	u64 idle, since, now;
	u32 seq;

	do {
		seq = seq_read_begin(&rq->idle_seq);
		idle = READ_ONCE(rq->idle_time);
		since = READ_ONCE(rq->idle_since);
		now = get_cycles();
	} while (seq_read_retry(&rq->idle_seq, seq));
	return since && now > since ? idle + now - since : idle;
}

/**
 * sched_cpu_counters - what a CPU has done since the start
 *
 * user, nice, system and idle time add up to the time since the start.
 *
 * Context: any.
 */
void sched_cpu_counters(u32 cpu, struct sched_counters *out)
{
	struct rq *rq = cpu_rq(cpu);
	u64 total = (u64)ktime_get(), user;

	memset(out, 0, sizeof(*out));
	out->idle_ns = min(cycles_to_ns(idle_cycles(rq)), total);
	split(&rq->times, total - out->idle_ns, &user, &out->system_ns);
	split(&rq->user_times, user, &out->user_ns, &out->nice_ns);
	out->nr_switches = rq->nr_switches;
	out->nr_running = READ_ONCE(rq->nr_running);
	out->run_delay_ns = rq->run_delay;
}

u32 nr_running_total(void)
{
	u32 n = 0, cpu;

	for_each_online_cpu(cpu)
		n += READ_ONCE(cpu_rq(cpu)->nr_running);
	return n;
}

u32 nr_iowait_total(void)
{
	s64 n = 0;
	u32 cpu;

	for_each_online_cpu(cpu)
		n += atomic_read(&cpu_rq(cpu)->nr_iowait);
	return (u32)max(n, (s64)0);
}

void thread_group_cputime(struct task *t, u64 *utime, u64 *stime)
{
	struct thread_group *tg = t->tg;
	struct task *u;

	rcu_read_lock();
	*utime = tg->dead.utime;
	*stime = tg->dead.stime;
	for_each_thread(t, u) {
		u64 ut, st;

		task_cputime(u, &ut, &st);
		*utime += ut;
		*stime += st;
	}
	rcu_read_unlock();
}

static struct __kernel_old_timeval ns_to_timeval(u64 ns)
{
	return (struct __kernel_old_timeval){
		(s64)(ns / NSEC_PER_SEC), (s64)(ns % NSEC_PER_SEC / 1000)};
}

struct ru_sum {
	u64 utime, stime, nvcsw, nivcsw, min_flt, maj_flt, maxrss;
};

static void add_thread(struct ru_sum *s, struct task *t)
{
	u64 ut, st;

	task_cputime(t, &ut, &st);
	s->utime += ut;
	s->stime += st;
	s->nvcsw += READ_ONCE(t->nvcsw);
	s->nivcsw += t->nivcsw;
	s->min_flt += t->min_flt;
	s->maj_flt += t->maj_flt;
}

static void add_process(struct ru_sum *s, struct task *t)
{
	struct thread_group *tg = t->tg;
	struct task *u;

	s->utime += tg->dead.utime;
	s->stime += tg->dead.stime;
	s->nvcsw += tg->nvcsw;
	s->nivcsw += tg->nivcsw;
	s->min_flt += tg->min_flt;
	s->maj_flt += tg->maj_flt;
	s->maxrss = max(s->maxrss, tg->maxrss);
	rcu_read_lock();
	for_each_thread(t, u)
		add_thread(s, u);
	rcu_read_unlock();
}

static void add_children(struct ru_sum *s, struct thread_group *tg)
{
	s->utime += tg->cdead.utime;
	s->stime += tg->cdead.stime;
	s->nvcsw += tg->cnvcsw;
	s->nivcsw += tg->cnivcsw;
	s->min_flt += tg->cmin_flt;
	s->maj_flt += tg->cmaj_flt;
	s->maxrss = max(s->maxrss, tg->cmaxrss);
}

void getrusage_of(struct task *t, int who, struct rusage *ru)
{
	struct ru_sum s = {0};

	if (who == RUSAGE_THREAD)
		add_thread(&s, t);
	if (who == RUSAGE_SELF || who == RUSAGE_BOTH_SELF_CHILDREN)
		add_process(&s, t);
	if (who == RUSAGE_CHILDREN || who == RUSAGE_BOTH_SELF_CHILDREN)
		add_children(&s, t->tg);
	if (who != RUSAGE_CHILDREN && t->mm) {
		struct mm *mm = t->mm;
		u64 rss = max(mm->hiwater_rss,
			      mm->rss_anon + mm->rss_file + mm->rss_shmem);

		s.maxrss = max(s.maxrss, rss << (PAGE_SHIFT - 10));
	}
	memset(ru, 0, sizeof(*ru));
	ru->ru_utime = ns_to_timeval(s.utime);
	ru->ru_stime = ns_to_timeval(s.stime);
	ru->ru_maxrss = (long)s.maxrss;
	ru->ru_minflt = (long)s.min_flt;
	ru->ru_majflt = (long)s.maj_flt;
	ru->ru_nvcsw = (long)s.nvcsw;
	ru->ru_nivcsw = (long)s.nivcsw;
}

SYSCALL_DEFINE2(getrusage, int, who, struct rusage __user *, uru)
{
	struct rusage ru;

	if (who != RUSAGE_SELF && who != RUSAGE_CHILDREN && who != RUSAGE_THREAD)
		return -EINVAL;
	getrusage_of(current, who, &ru);
	return copy_to_user(uru, &ru, sizeof(ru));
}
