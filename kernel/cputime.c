/*
 * CPU times: of tasks, of processes, rusage; CPU-time interval timers.
 *
 * thread_info counts the cycles a task spent in user and in kernel mode
 * exactly; the scheduler's sum_exec is the total. The split of the total is
 * made in the proportion of the two counters, so the parts add up.
 */
#include <asm/uaccess.h>
#include <linnet/errno.h>
#include <linnet/mm.h>
#include <linnet/posix_timers.h>
#include <linnet/string.h>
#include <linnet/syscalls.h>
#include <linnet/task.h>


void task_cputime(struct task *t, u64 *utime, u64 *stime)
{
	u64 total = task_cpu_time(t);
	u64 u = cycles_to_ns(READ_ONCE(t->ti.utime));

	*utime = min(u, total);
	*stime = total - *utime;
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
