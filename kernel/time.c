/*
 * Timekeeping: the counter, monotonic, real and boot time.
 *
 * CLOCK_MONOTONIC is the counter times a fixed factor; CLOCK_REALTIME adds an
 * offset that settimeofday() and the RTC set, and that grows at a rate that
 * adjtimex() sets. The same numbers are published in the vDSO data page, so user
 * space reads clocks without a call.
 *
 *   ns = (cycles * mult) >> shift, with 128-bit intermediates
 *   real = ns + offset + ((ns - since) * rate >> 32), likewise
 *
 * Locks: time_seq, written under time_lock (irq-safe, innermost).
 */
#define PR_PREFIX "time: "
#include <asm/sysreg.h>
#include <asm/uaccess.h>
#include <linnet/boot.h>
#include <linnet/clockevent.h>
#include <linnet/errno.h>
#include <linnet/of.h>
#include <linnet/printk.h>
#include <linnet/seqlock.h>
#include <linnet/spinlock.h>
#include <linnet/timekeeping.h>
#include <linnet/vdso.h>

static u32 rate_hz __ro_after_init = 1;
static u64 mult;		   /* ns << TIME_SHIFT per cycle */
static u64 cycles_per_ns_mult;	   /* cycles << 32 per ns */
static seqcount_t time_seq;
static DEFINE_SPINLOCK(time_lock);
static struct real_clock real;	   /* [time_seq] against monotonic */
static int tai_seconds;		   /* TAI - realtime */
static const struct clockevent *event __ro_after_init;

u64 get_cycles(void)
{
	u64 v;

	__asm__ volatile("isb\n\tmrs %0, cntvct_el0" : "=r"(v)::"memory");
	return v;
}

u64 cycles_to_ns(u64 cycles)
{
	return (u64)((__uint128_t)cycles * mult >> TIME_SHIFT);
}

/* Rounded up: a deadline must not fire early. */
static u64 ns_to_cycles(u64 ns)
{
	return (u64)((__uint128_t)ns * cycles_per_ns_mult >> 32) + 1;
}

ktime_t ktime_get(void)
{
	return (ktime_t)cycles_to_ns(read_sysreg(cntvct_el0));
}

static ktime_t real_of(const struct real_clock *r, ktime_t now)
{
	return now + r->offset +
	       (ktime_t)((__int128_t)(now - r->since) * r->rate >> 32);
}

ktime_t ktime_get_real(void)
{
	struct real_clock r;
	u32 seq;

	do {
		seq = seq_read_begin(&time_seq);
		r = real;
	} while (seq_read_retry(&time_seq, seq));
	return real_of(&r, ktime_get());
}

/* There is no suspend: boot time is monotonic time. */
ktime_t ktime_get_boottime(void)
{
	return ktime_get();
}

ktime_t ktime_get_coarse(void)
{
	return ktime_get();
}

ktime_t ktime_get_real_coarse(void)
{
	return ktime_get_real();
}

ktime_t ktime_real_offset(void)
{
	return ktime_get_real() - ktime_get();
}

/* From @at on, real time is @now and grows by @rate. [time_lock] */
static void set_real_clock(ktime_t at, ktime_t now, s64 rate)
{
	seq_write_begin(&time_seq);
	real = (struct real_clock){.offset = now - at, .since = at,
				   .rate = rate};
	seq_write_end(&time_seq);
	vdso_update_clock(mult, &real);
}

/* Thirty years of running on are left to what can be set. */
#define REAL_MAX ((KTIME_MAX / NSEC_PER_SEC - 30 * 365 * 86400l) * NSEC_PER_SEC)

/**
 * timekeeping_set_real - set the time of day
 * @now: ns since 1970
 *
 * Context: any; the caller tells clock_was_set().
 * Return: 0; -EINVAL: so late that it would overflow soon, or before the machine
 * was started, as then the offset from monotonic time would be negative.
 */
int timekeeping_set_real(ktime_t now)
{
	u64 flags = spin_lock_irqsave(&time_lock);
	ktime_t at = ktime_get();
	int err = now < at || now >= REAL_MAX ? -EINVAL : 0;

	if (!err)
		set_real_clock(at, now, real.rate);
	spin_unlock_irqrestore(&time_lock, flags);
	return err;
}

void timekeeping_set_rate(s64 ns_per_second)
{
	u64 flags = spin_lock_irqsave(&time_lock);
	ktime_t at = ktime_get();

	set_real_clock(at, real_of(&real, at), ns_per_second / NSEC_PER_SEC);
	spin_unlock_irqrestore(&time_lock, flags);
}

void timekeeping_set_tai(int seconds)
{
	WRITE_ONCE(tai_seconds, seconds);
}

int timekeeping_tai(void)
{
	return READ_ONCE(tai_seconds);
}

ktime_t ktime_clock_offset(int clock)
{
	switch (clock) {
	case CLOCK_REALTIME:
		return ktime_real_offset();
	case CLOCK_TAI:
		return ktime_real_offset() + tai_seconds * NSEC_PER_SEC;
	default:
		return 0;
	}
}

void clocksource_register(u32 hz)
{
	rate_hz = hz;
	mult = ((u64)NSEC_PER_SEC << TIME_SHIFT) / hz;
	cycles_per_ns_mult = ((u64)hz << 32) / NSEC_PER_SEC;
}

void clockevent_register(const struct clockevent *ce)
{
	event = ce;
}

void clockevent_program(ktime_t at)
{
	if (at == KTIME_MAX)
		event->set_deadline(~0ul);
	else
		event->set_deadline(ns_to_cycles((u64)max(at, (ktime_t)0)));
}

void timer_init_cpu(void)
{
	event->init_cpu();
}

void __init_text time_init(void)
{
	ktime_t at;

	if (of_probe_timer() || !event)
		panic("no timer in the device tree");
	timer_init_cpu();
	at = ktime_get();
	set_real_clock(at, at, 0);
	pr_info("counter at %u.%02u MHz\n", rate_hz / 1000000,
		rate_hz / 10000 % 100);
}

void udelay(u32 us)
{
	ktime_t end = ktime_get() + us * NSEC_PER_USEC;

	while (ktime_get() < end)
		cpu_relax();
}

int get_timespec(struct __kernel_timespec *ts,
		 const struct __kernel_timespec __user *u)
{
	if (copy_from_user(ts, u, sizeof(*ts)))
		return -EFAULT;
	return timespec_valid(ts) ? 0 : -EINVAL;
}

int put_timespec(const struct __kernel_timespec *ts,
		 struct __kernel_timespec __user *u)
{
	return copy_to_user(u, ts, sizeof(*ts));
}
