/* Setting the clocks, and the offset between them. */
#ifndef LINNET_TIMEKEEPING_H
#define LINNET_TIMEKEEPING_H

#include <linnet/time.h>

/* CLOCK_REALTIME becomes @now. Any context. */
int timekeeping_set_real(ktime_t now);
/* CLOCK_REALTIME gains that much on CLOCK_MONOTONIC, ns << 32. Any context. */
void timekeeping_set_rate(s64 ns_per_second);
/* TAI - CLOCK_REALTIME, in seconds. */
void timekeeping_set_tai(int seconds);
int timekeeping_tai(void);
/* CLOCK_REALTIME - CLOCK_MONOTONIC, now. */
ktime_t ktime_real_offset(void);
/* @clock - CLOCK_MONOTONIC; 0 for those that are the same. */
ktime_t ktime_clock_offset(int clock);

/* fs/event/timerfd.c: CLOCK_REALTIME jumped; task context. */
void timerfd_clock_was_set(void);

#endif
