/* Setting the clocks, and the offset between them. */
#ifndef LINNET_TIMEKEEPING_H
#define LINNET_TIMEKEEPING_H

#include <linnet/time.h>

/* CLOCK_REALTIME becomes @now. Any context. */
void timekeeping_set_real(ktime_t now);
/* CLOCK_REALTIME - CLOCK_MONOTONIC. */
ktime_t ktime_real_offset(void);

/* fs/event/timerfd.c: CLOCK_REALTIME jumped; task context. */
void timerfd_clock_was_set(void);

#endif
