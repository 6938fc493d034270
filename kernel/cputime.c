/*
 * CPU times: of tasks, of processes, rusage.
 *
 * The scheduler's sum_exec is the exact total. How it splits into user and
 * kernel time is sampled: reading the counter at every entry and exit of the
 * kernel would cost more than a small system call does. A busy CPU has a tick
 * every TICK_NS that notes which mode it interrupted; the total is divided in
 * the proportion of a task's samples. The tick is armed when a CPU takes a task
 * and stays away when it finds the CPU idle.
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

/* Timer handler: interrupts off, on the runqueue's own CPU. */
void cputime_tick(struct hrtimer *timer)
{
	struct rq *rq = container_of(timer, struct rq, tick_timer);
	struct task_samples *s = &rq->curr->samples;
	ktime_t now = ktime_get();

	if (rq->curr == rq->idle)
		return;
	watchdog_tick(rq, (u64)now);
	load_tick(now);
	if (irq_interrupted_user()) {
		rq->user_samples++;
		WRITE_ONCE(s->user, s->user + 1);
	} else {
		rq->kernel_samples++;
		WRITE_ONCE(s->kernel, s->kernel + 1);
	}
	hrtimer_start(timer, ktime_get() + (ktime_t)TICK_NS);
}

/* @total * part / all, rounded down a little: without 128-bit division. */
static u64 share(u64 total, u64 part, u64 all)
{
	return total / all * part + total % all * part / all;
}

void task_cputime(struct task *t, u64 *utime, u64 *stime)
{
	struct task_samples *s = &t->samples;
	u64 total = task_cpu_time(t);
	u64 user = READ_ONCE(s->user), kernel = READ_ONCE(s->kernel);
	u64 system, flags;

	if (!kernel)
		system = 0; /* too short to tell: as Linux says, user time */
	else
		system = share(total, kernel, user + kernel);
	flags = spin_lock_irqsave(&s->lock);
	/* A reader with an older total may come later. */
	if (total > s->utime + s->stime) {
		s->stime = clamp(system, s->stime, total - s->utime);
		s->utime = total - s->stime;
	}
	*utime = s->utime;
	*stime = s->stime;
	spin_unlock_irqrestore(&s->lock, flags);
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
	s->nvcsw += t->nvcsw;
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
