/*
 * Kernel time: nanoseconds since boot in 64 bits, conversions, clocks.
 */
#ifndef LINNET_TIME_H
#define LINNET_TIME_H

#include <linnet/types.h>
#include <linux/time.h>
#include <linux/time_types.h>

#define NSEC_PER_SEC  1000000000L
#define NSEC_PER_MSEC 1000000L
#define NSEC_PER_USEC 1000L
#define USEC_PER_SEC  1000000L
#define USER_HZ	      100 /* unit of clock_t in the ABI */
#define KTIME_MAX     S64_MAX

/* Nanoseconds. Signed, so that differences work; 292 years. */
typedef s64 ktime_t;

/* CLOCK_MONOTONIC; any context. */
ktime_t ktime_get(void);
/* CLOCK_REALTIME. */
ktime_t ktime_get_real(void);
ktime_t ktime_get_boottime(void);
ktime_t ktime_get_coarse(void);
ktime_t ktime_get_real_coarse(void);
/* Raw counter and its conversion. */
u64 get_cycles(void);
u64 cycles_to_ns(u64 cycles);

static inline bool timespec_valid(const struct __kernel_timespec *ts)
{
	return ts->tv_sec >= 0 && (u64)ts->tv_nsec < (u64)NSEC_PER_SEC;
}

/* Saturates at KTIME_MAX; @ts is valid. */
static inline ktime_t timespec_to_ktime(const struct __kernel_timespec *ts)
{
	if (ts->tv_sec >= KTIME_MAX / NSEC_PER_SEC)
		return KTIME_MAX;
	return ts->tv_sec * NSEC_PER_SEC + ts->tv_nsec;
}

static inline struct __kernel_timespec ktime_to_timespec(ktime_t t)
{
	struct __kernel_timespec ts = {t / NSEC_PER_SEC, t % NSEC_PER_SEC};

	if (ts.tv_nsec < 0) {
		ts.tv_sec--;
		ts.tv_nsec += NSEC_PER_SEC;
	}
	return ts;
}

/* a + b without overflow, for b >= 0. */
static inline ktime_t ktime_add_safe(ktime_t a, ktime_t b)
{
	ktime_t sum;

	return __builtin_add_overflow(a, b, &sum) ? KTIME_MAX : sum;
}

/* Copy to and from user memory: 0, -EFAULT, or -EINVAL if not valid. */
int get_timespec(struct __kernel_timespec *ts,
		 const struct __kernel_timespec __user *u);
int put_timespec(const struct __kernel_timespec *ts,
		 struct __kernel_timespec __user *u);

/* Busy-wait; for device drivers, microseconds up to a few thousand. */
void udelay(u32 us);

#endif
