/*
 * Disciplining the clock: adjtimex(2), clock_adjtime(2).
 *
 * CLOCK_REALTIME runs against CLOCK_MONOTONIC at a rate that is the sum of
 *
 *   - the tick's length and the frequency that the caller sets,
 *   - what takes away a phase offset (the phase-locked loop of RFC 5905, A.5.5,
 *     in the form of the kernel clock model), exponentially,
 *   - what takes away a single-shot adjustment, at most 500 us a second.
 *
 * A timer works the last two out once a second while there is something to take
 * away; otherwise nothing runs. CLOCK_MONOTONIC keeps its own pace here: on
 * Linux it is slewed along. Leap seconds and PPS are not there: STA_INS and
 * STA_DEL are kept but do nothing.
 *
 * Lock: ntp_lock, irq-safe, outside the timekeeping lock.
 */
#include <asm/uaccess.h>
#include <linnet/cred.h>
#include <linnet/errno.h>
#include <linnet/hrtimer.h>
#include <linnet/init.h>
#include <linnet/posix_timers.h>
#include <linnet/spinlock.h>
#include <linnet/syscalls.h>
#include <linnet/timekeeping.h>
#include <linux/timex.h>

enum {
	MAX_FREQ_NS = 500000,	   /* 500 ppm: ns per second */
	MAX_PHASE_NS = 500000000,
	MAX_SLEW_US = 500,	   /* of a single shot, per second */
	MAX_TIME_CONSTANT = 10,
	MAX_TAI_OFFSET = 100000,
	PLL_SHIFT = 2,
	USER_TICK_US = 1000000 / USER_HZ,
	ERROR_GROWTH_US = 500,	   /* per second without a new estimate */
	MAX_ERROR_US = 16000000,
	FRACTION = 32,		   /* frequencies: ns per second << FRACTION */
};

/* The two calls of adjtime(3) have a mode bit of their own, one another. */
enum {
	ADJ_ADJTIME = ADJ_OFFSET_SINGLESHOT & ~ADJ_OFFSET,
	ADJ_OFFSET_READONLY = ADJ_OFFSET_SS_READ & ~ADJ_OFFSET_SINGLESHOT,
};

static struct {
	s64 tick_us;
	s64 freq;	/* << FRACTION */
	s64 offset_ns;	/* still to be taken away by the loop */
	s64 single_us;	/* still to be taken away at once */
	s64 this_second; /* ns of the two that this second takes away */
	long constant;
	int status;
	long max_error, est_error; /* us; the first as of error_at */
	ktime_t error_at, offset_at;
	struct hrtimer timer;
} ntp = {
	.tick_us = USER_TICK_US,
	.constant = 2,
	.status = STA_UNSYNC,
	.max_error = MAX_ERROR_US,
	.est_error = MAX_ERROR_US,
};
static DEFINE_SPINLOCK(ntp_lock);

static void set_rate(void)
{
	s64 tick_ns = (ntp.tick_us - USER_TICK_US) * USER_HZ * 1000;

	timekeeping_set_rate(ntp.freq +
			     ((tick_ns + ntp.this_second) << FRACTION));
}

static long max_error_now(void)
{
	s64 seconds = (ktime_get() - ntp.error_at) / NSEC_PER_SEC;

	return (long)min(ntp.max_error + seconds * ERROR_GROWTH_US,
			 (s64)MAX_ERROR_US);
}

/* A second begins: what of the offsets does it take away? */
static void next_second(struct hrtimer *t)
{
	u64 flags = spin_lock_irqsave(&ntp_lock);
	s64 single = clamp(ntp.single_us, (s64)-MAX_SLEW_US, (s64)MAX_SLEW_US);
	s64 phase = ntp.offset_ns >> (PLL_SHIFT + ntp.constant);

	ntp.single_us -= single;
	ntp.offset_ns -= phase;
	ntp.this_second = phase + single * 1000;
	if (!phase)
		ntp.offset_ns = 0; /* what is left is less than it can tell */
	set_rate();
	if (ntp.this_second)
		hrtimer_start(t, ktime_get() + NSEC_PER_SEC);
	spin_unlock_irqrestore(&ntp_lock, flags);
}

/* --- settings, ntp_lock held --- */

static void set_status(int status)
{
	if (ntp.status & STA_PLL && !(status & STA_PLL))
		ntp.status = STA_UNSYNC;
	ntp.status = (ntp.status & STA_RONLY) | (status & ~STA_RONLY);
}

/* A new phase error: to be taken away, and a hint at the frequency. */
static void set_offset(s64 ns)
{
	s64 seconds, limit = (s64)MAX_FREQ_NS << FRACTION;

	if (!(ntp.status & STA_PLL))
		return;
	if (!(ntp.status & STA_NANO))
		ns = clamp(ns, (s64)-MAX_PHASE_NS / 1000,
			   (s64)MAX_PHASE_NS / 1000) * 1000;
	ns = clamp(ns, (s64)-MAX_PHASE_NS, (s64)MAX_PHASE_NS);
	seconds = (ktime_get() - ntp.offset_at) / NSEC_PER_SEC;
	ntp.offset_at = ktime_get();
	seconds = ntp.status & STA_FREQHOLD
			  ? 0 : min(seconds, 1l << (PLL_SHIFT + 1 + ntp.constant));
	ntp.freq += (ns * seconds)
		    << (FRACTION - 2 * (PLL_SHIFT + 2 + ntp.constant));
	ntp.freq = clamp(ntp.freq, -limit, limit);
	ntp.offset_ns = ns;
}

static void set_frequency(s64 freq) /* ppm << 16 */
{
	const s64 limit = (s64)MAX_FREQ_NS * 65536 / 1000;

	ntp.freq = clamp(freq, -limit, limit) * 1000 * 65536;
}

static void apply(const struct __kernel_timex *t)
{
	u32 m = t->modes;

	if (m & ADJ_STATUS)
		set_status(t->status);
	if (m & ADJ_NANO)
		ntp.status |= STA_NANO;
	if (m & ADJ_MICRO)
		ntp.status &= ~STA_NANO;
	if (m & ADJ_FREQUENCY)
		set_frequency(t->freq);
	if (m & ADJ_MAXERROR) {
		ntp.max_error = (long)t->maxerror;
		ntp.error_at = ktime_get();
	}
	if (m & ADJ_ESTERROR)
		ntp.est_error = (long)t->esterror;
	if (m & ADJ_TIMECONST)
		ntp.constant = clamp((long)t->constant +
					     (ntp.status & STA_NANO ? 0 : 4),
				     0l, (long)MAX_TIME_CONSTANT);
	if (m & ADJ_TAI && t->constant >= 0 && t->constant <= MAX_TAI_OFFSET)
		timekeeping_set_tai((int)t->constant);
	if (m & ADJ_OFFSET)
		set_offset(t->offset);
	if (m & ADJ_TICK)
		ntp.tick_us = t->tick;
}

static void fill(struct __kernel_timex *t)
{
	struct __kernel_timespec now = ktime_to_timespec(ktime_get_real());
	bool nano = ntp.status & STA_NANO;

	if (!(t->modes & ADJ_ADJTIME))
		t->offset = nano ? ntp.offset_ns : ntp.offset_ns / 1000;
	t->freq = ntp.freq / 1000 / 65536;
	t->maxerror = max_error_now();
	t->esterror = ntp.est_error;
	t->status = ntp.status;
	t->constant = ntp.constant;
	t->precision = 1;
	t->tolerance = (s64)MAX_FREQ_NS * 65536 / 1000;
	t->tick = ntp.tick_us;
	t->tai = timekeeping_tai();
	t->ppsfreq = t->jitter = t->shift = t->stabil = 0;
	t->jitcnt = t->calcnt = t->errcnt = t->stbcnt = 0;
	t->time.tv_sec = now.tv_sec;
	t->time.tv_usec = nano ? now.tv_nsec : now.tv_nsec / 1000;
}

/* --- the calls --- */

static int check(const struct __kernel_timex *t)
{
	u32 m = t->modes;
	bool reads = !m || (m & ADJ_ADJTIME && m & ADJ_OFFSET_READONLY);

	if (m & ADJ_ADJTIME && !(m & ADJ_OFFSET))
		return -EINVAL;
	if (!reads && !capable(CAP_SYS_TIME))
		return -EPERM;
	if (!(m & ADJ_ADJTIME) && m & ADJ_TICK &&
	    (t->tick < 900000 / USER_HZ || t->tick > 1100000 / USER_HZ))
		return -EINVAL;
	if (m & ADJ_SETOFFSET &&
	    (t->time.tv_usec < 0 ||
	     t->time.tv_usec >= (m & ADJ_NANO ? NSEC_PER_SEC : USEC_PER_SEC)))
		return -EINVAL;
	return 0;
}

/* ADJ_SETOFFSET: the clock jumps. */
static int step(const struct __kernel_timex *t)
{
	s64 unit = t->modes & ADJ_NANO ? 1 : 1000, ns;
	int err;

	if (__builtin_mul_overflow(t->time.tv_sec, NSEC_PER_SEC, &ns) ||
	    __builtin_add_overflow(ns, t->time.tv_usec * unit, &ns) ||
	    __builtin_add_overflow(ns, ktime_get_real(), &ns))
		return -EINVAL;
	err = timekeeping_set_real(ns);
	if (!err)
		clock_was_set();
	return err;
}

static int adjust(struct __kernel_timex *t)
{
	int err = check(t);
	bool start;
	s64 single;

	if (!err && t->modes & ADJ_SETOFFSET)
		err = step(t);
	if (err)
		return err;
	spin_lock_irq(&ntp_lock);
	if (t->modes & ADJ_ADJTIME) {
		single = ntp.single_us;
		if (!(t->modes & ADJ_OFFSET_READONLY))
			ntp.single_us = t->offset;
		t->offset = single;
	} else {
		apply(t);
	}
	set_rate();
	start = (ntp.single_us || ntp.offset_ns) && !hrtimer_queued(&ntp.timer);
	if (start)
		hrtimer_start(&ntp.timer, ktime_get() + NSEC_PER_SEC);
	fill(t);
	err = ntp.status & (STA_UNSYNC | STA_CLOCKERR) ? TIME_ERROR : TIME_OK;
	spin_unlock_irq(&ntp_lock);
	return err;
}

static long do_adjtimex(struct __kernel_timex __user *utx)
{
	struct __kernel_timex t;
	int ret;

	if (copy_from_user(&t, utx, sizeof(t)))
		return -EFAULT;
	ret = adjust(&t);
	if (ret >= 0 && copy_to_user(utx, &t, sizeof(t)))
		return -EFAULT;
	return ret;
}

SYSCALL_DEFINE1(adjtimex, struct __kernel_timex __user *, utx)
{
	return do_adjtimex(utx);
}

SYSCALL_DEFINE2(clock_adjtime, __kernel_clockid_t, id,
		struct __kernel_timex __user *, utx)
{
	ktime_t now;

	if (id == CLOCK_REALTIME)
		return do_adjtimex(utx);
	return clock_now(id, &now) ? -EINVAL : -EOPNOTSUPP;
}

static int __init_text ntp_init(void)
{
	hrtimer_init(&ntp.timer, next_second);
	return 0;
}
core_initcall(ntp_init);
