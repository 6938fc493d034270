/* POSIX timers and interval timers, for signals, fork and exit. */
#ifndef LINNET_POSIX_TIMERS_H
#define LINNET_POSIX_TIMERS_H

#include <linnet/signal.h>

struct posix_timer;
struct thread_group;

/* All timers of a process go: exit, execve. May sleep. */
void posix_timers_exit(struct thread_group *tg);
/* A timer's signal was taken off the queue: fill si_overrun, start the next
 * period. [sighand->lock] */
void posix_timer_delivered(struct posix_timer *t, siginfo_t *info);
void itimers_init(struct thread_group *tg);
/* Of the current process. */
void itimer_real_stop(struct thread_group *tg);
void itimer_real_delivered(struct thread_group *tg);
/* Time on a clock: 0 or -EINVAL. */
int clock_now(int id, ktime_t *now);
/* CPU clocks (cpu_clock.c); 0 or -EINVAL. */
bool is_cpu_clock(int id);
bool cpu_clock_is_fine(int id); /* counts single ns */
int cpu_clock_now(int id, ktime_t *now);
struct __kernel_timespec;
long cpu_nanosleep(int id, bool absolute, ktime_t t,
		   struct __kernel_timespec __user *urem);
/* CPU time of all threads of @t's process, ns; ended ones included. */
struct task;
void thread_group_cputime(struct task *t, u64 *utime, u64 *stime);
/* RUSAGE_SELF, RUSAGE_CHILDREN, RUSAGE_THREAD of current, or of @t. */
#define RUSAGE_BOTH_SELF_CHILDREN (-2)
struct rusage;
void getrusage_of(struct task *t, int who, struct rusage *ru);
/* CLOCK_REALTIME jumped: absolute timers on it follow. */
void posix_timers_clock_was_set(void);

#endif
