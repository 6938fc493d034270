/*
 * Clocks and sleeping: clock_gettime and relatives, nanosleep, interval timers.
 */
#include <asm/uaccess.h>
#include <linnet/cred.h>
#include <linnet/errno.h>
#include <linnet/hrtimer.h>
#include <linnet/posix_timers.h>
#include <linnet/syscalls.h>
#include <linnet/task.h>
#include <linnet/timekeeping.h>
#include <linux/times.h>

/* Time on a clock; -EINVAL for an unknown one. */
int clock_now(__kernel_clockid_t id, ktime_t *now)
{
	switch (id) {
	case CLOCK_REALTIME:
	case CLOCK_REALTIME_COARSE:
	case CLOCK_REALTIME_ALARM:
		*now = ktime_get_real();
		return 0;
	case CLOCK_TAI:
		*now = ktime_get_real() + timekeeping_tai() * NSEC_PER_SEC;
		return 0;
	case CLOCK_MONOTONIC:
	case CLOCK_MONOTONIC_RAW:
	case CLOCK_MONOTONIC_COARSE:
	case CLOCK_BOOTTIME:
	case CLOCK_BOOTTIME_ALARM:
		*now = ktime_get();
		return 0;
	default:
		return is_cpu_clock(id) ? cpu_clock_now(id, now) : -EINVAL;
	}
}

__no_canary long sys_clock_gettime(u64 id, u64 ts);
SYSCALL_DEFINE2(clock_gettime, __kernel_clockid_t, id, struct __kernel_timespec __user *,
		uts)
{
	struct __kernel_timespec ts;
	ktime_t now;
	int err = clock_now(id, &now);

	if (err)
		return err;
	ts = ktime_to_timespec(now);
	return put_timespec(&ts, uts);
}

SYSCALL_DEFINE2(clock_getres, __kernel_clockid_t, id, struct __kernel_timespec __user *,
		uts)
{
	struct __kernel_timespec ts = {0, 1};
	ktime_t now;
	int err = clock_now(id, &now);

	if (err)
		return err;
	if (id == CLOCK_REALTIME_COARSE || id == CLOCK_MONOTONIC_COARSE ||
	    (is_cpu_clock(id) && !cpu_clock_is_fine(id)))
		ts.tv_nsec = 4000000;
	return uts ? put_timespec(&ts, uts) : 0;
}

static int set_realtime(const struct __kernel_timespec *ts)
{
	int err;

	if (!capable(CAP_SYS_TIME))
		return -EPERM;
	err = timekeeping_set_real(timespec_to_ktime(ts));
	if (!err)
		clock_was_set();
	return err;
}

SYSCALL_DEFINE2(clock_settime, __kernel_clockid_t, id,
		const struct __kernel_timespec __user *, uts)
{
	struct __kernel_timespec ts;
	int err;

	if (id != CLOCK_REALTIME)
		return -EINVAL;
	err = get_timespec(&ts, uts);
	return err ? err : set_realtime(&ts);
}

SYSCALL_DEFINE2(gettimeofday, struct __kernel_old_timeval __user *, utv,
		struct timezone __user *, utz)
{
	struct __kernel_timespec ts = ktime_to_timespec(ktime_get_real());
	struct __kernel_old_timeval tv = {ts.tv_sec, ts.tv_nsec / 1000};
	struct timezone tz = {0, 0};

	if (utv && copy_to_user(utv, &tv, sizeof(tv)))
		return -EFAULT;
	return utz ? copy_to_user(utz, &tz, sizeof(tz)) : 0;
}

SYSCALL_DEFINE2(settimeofday, const struct __kernel_old_timeval __user *, utv,
		const struct timezone __user *, utz)
{
	struct __kernel_old_timeval tv;
	struct __kernel_timespec ts;
	struct timezone tz;

	if (utz && copy_from_user(&tz, utz, sizeof(tz)))
		return -EFAULT;
	if (!utv)
		return 0;
	if (copy_from_user(&tv, utv, sizeof(tv)))
		return -EFAULT;
	if (tv.tv_sec < 0 || (u64)tv.tv_usec >= (u64)USEC_PER_SEC)
		return -EINVAL;
	ts = (struct __kernel_timespec){tv.tv_sec, tv.tv_usec * 1000};
	return set_realtime(&ts);
}

/* --- sleeping --- */

static long nanosleep_restart(struct restart_block *rb);

/* True if @d came before a signal did. */
static bool sleep_until(struct deadline d)
{
	current->wchan = "hrtimer_nanosleep";
	while (!deadline_passed(d) && !signal_pending(current)) {
		set_current_state(TASK_INTERRUPTIBLE);
		schedule_timeout_until(d);
	}
	current->wchan = NULL;
	__set_current_state(TASK_RUNNING);
	return deadline_passed(d);
}

/* Sleep until @expires (monotonic). @urem: where the rest goes, or NULL. */
static long sleep_rest(ktime_t expires, struct __kernel_timespec __user *urem)
{
	struct restart_block *rb = &current->restart;
	struct __kernel_timespec ts;
	ktime_t left;

	if (sleep_until(deadline_at(expires)))
		return 0;
	left = max(expires - ktime_get(), (ktime_t)1);
	if (urem) {
		ts = ktime_to_timespec(left);
		if (put_timespec(&ts, urem))
			return -EFAULT;
	}
	rb->fn = nanosleep_restart;
	rb->expires = expires;
	rb->arg[0] = (u64)urem;
	return -ERESTART_RESTARTBLOCK;
}

static long nanosleep_restart(struct restart_block *rb)
{
	return sleep_rest(rb->expires,
			  (struct __kernel_timespec __user *)rb->arg[0]);
}

SYSCALL_DEFINE2(nanosleep, const struct __kernel_timespec __user *, uts,
		struct __kernel_timespec __user *, urem)
{
	struct __kernel_timespec ts;
	int err = get_timespec(&ts, uts);

	if (err)
		return err;
	return sleep_rest(ktime_add_safe(ktime_get(), timespec_to_ktime(&ts)),
			  urem);
}

SYSCALL_DEFINE4(clock_nanosleep, __kernel_clockid_t, id, int, flags,
		const struct __kernel_timespec __user *, uts,
		struct __kernel_timespec __user *, urem)
{
	struct __kernel_timespec ts;
	bool absolute = flags & TIMER_ABSTIME;
	ktime_t t;
	int err;

	switch (id) {
	case CLOCK_REALTIME:
	case CLOCK_TAI:
	case CLOCK_MONOTONIC:
	case CLOCK_BOOTTIME:
		break;
	case CLOCK_THREAD_CPUTIME_ID:
		return -EOPNOTSUPP;
	default:
		if (clock_now(id, &t))
			return -EINVAL;
		if (!is_cpu_clock(id))
			return -EOPNOTSUPP;
	}
	err = get_timespec(&ts, uts);
	if (err)
		return err;
	t = timespec_to_ktime(&ts);
	if (is_cpu_clock(id))
		return cpu_nanosleep(id, absolute, t, urem);
	if (!absolute)
		return sleep_rest(ktime_add_safe(ktime_get(), t), urem);
	return sleep_until((struct deadline){.at = t, .clock = id})
		       ? 0 : -ERESTARTNOHAND;
}

/* --- interval timers --- */

static void real_timer_fires(struct hrtimer *timer)
{
	struct thread_group *tg = container_of(timer, struct thread_group,
					       real_timer);

	send_signal(SIGALRM, SEND_SIG_PRIV, tg->leader, true);
}

/**
 * itimer_real_delivered - a SIGALRM of the process is being taken
 * @tg: the process
 *
 * Only now the next period begins: one that is shorter than it takes to send
 * the signal would keep the CPU in the timer's interrupt. Missed periods are
 * skipped.
 *
 * Context: sighand->lock.
 */
void itimer_real_delivered(struct thread_group *tg)
{
	ktime_t now, missed;

	if (!tg->real_interval || hrtimer_queued(&tg->real_timer))
		return;
	now = ktime_get();
	missed = max(now - tg->real_timer.expires, (ktime_t)0) /
		 tg->real_interval;
	hrtimer_start(&tg->real_timer,
		      ktime_add_safe(tg->real_timer.expires,
				     (missed + 1) * tg->real_interval));
}

void itimers_init(struct thread_group *tg)
{
	hrtimer_init(&tg->real_timer, real_timer_fires);
}

void itimer_real_stop(struct thread_group *tg)
{
	spin_lock_irq(&current->sighand->lock);
	tg->real_interval = 0; /* a SIGALRM that is taken starts it no more */
	spin_unlock_irq(&current->sighand->lock);
	hrtimer_cancel(&tg->real_timer);
}

static struct __kernel_old_timeval to_timeval(u64 ns)
{
	return (struct __kernel_old_timeval){
		(s64)(ns / NSEC_PER_SEC), (s64)(ns % NSEC_PER_SEC / 1000)};
}

static void get_itimer(int which, struct __kernel_old_itimerval *v)
{
	struct thread_group *tg = current->tg;
	u64 left = 0, interval = (u64)tg->real_interval;

	if (which != ITIMER_REAL)
		cpu_itimer_get(which, &left, &interval);
	else if (hrtimer_queued(&tg->real_timer))
		left = (u64)max(tg->real_timer.expires - ktime_get(),
				(ktime_t)NSEC_PER_USEC);
	v->it_value = to_timeval(left);
	v->it_interval = to_timeval(interval);
}

SYSCALL_DEFINE2(getitimer, int, which,
		struct __kernel_old_itimerval __user *, uval)
{
	struct __kernel_old_itimerval v;

	if (which < ITIMER_REAL || which > ITIMER_PROF)
		return -EINVAL;
	get_itimer(which, &v);
	return copy_to_user(uval, &v, sizeof(v));
}

static bool timeval_ok(const struct __kernel_old_timeval *tv)
{
	return tv->tv_sec >= 0 && (u64)tv->tv_usec < (u64)USEC_PER_SEC;
}

static u64 timeval_ns(const struct __kernel_old_timeval *tv)
{
	if (tv->tv_sec > KTIME_MAX / NSEC_PER_SEC - 1)
		return KTIME_MAX;
	return (u64)(tv->tv_sec * NSEC_PER_SEC + tv->tv_usec * 1000);
}

static void set_itimer(int which, u64 value, u64 interval)
{
	struct thread_group *tg = current->tg;

	if (which != ITIMER_REAL) {
		cpu_itimer_set(which, value, interval);
		return;
	}
	itimer_real_stop(tg);
	spin_lock_irq(&current->sighand->lock);
	tg->real_interval = value ? (ktime_t)interval : 0;
	if (value)
		hrtimer_start(&tg->real_timer,
			      ktime_add_safe(ktime_get(), (ktime_t)value));
	spin_unlock_irq(&current->sighand->lock);
}

SYSCALL_DEFINE3(setitimer, int, which,
		const struct __kernel_old_itimerval __user *, uval,
		struct __kernel_old_itimerval __user *, uold)
{
	struct __kernel_old_itimerval v = {0}, old;

	if (uval && copy_from_user(&v, uval, sizeof(v)))
		return -EFAULT;
	if (which < ITIMER_REAL || which > ITIMER_PROF ||
	    !timeval_ok(&v.it_value) || !timeval_ok(&v.it_interval))
		return -EINVAL;
	get_itimer(which, &old);
	set_itimer(which, timeval_ns(&v.it_value), timeval_ns(&v.it_interval));
	return uold ? copy_to_user(uold, &old, sizeof(old)) : 0;
}

SYSCALL_DEFINE1(times, struct tms __user *, utms)
{
	const u64 unit = NSEC_PER_SEC / USER_HZ;
	struct thread_group *tg = current->tg;
	u64 ut, st;
	struct tms t;

	if (utms) {
		thread_group_cputime(current, &ut, &st);
		t.tms_utime = (s64)(ut / unit);
		t.tms_stime = (s64)(st / unit);
		t.tms_cutime = (s64)(tg->cdead.utime / unit);
		t.tms_cstime = (s64)(tg->cdead.stime / unit);
		if (copy_to_user(utms, &t, sizeof(t)))
			return -EFAULT;
	}
	return (long)((u64)ktime_get() / unit);
}
