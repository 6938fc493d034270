/* Watchdogs: see watchdog.c. */
#ifndef KERNEL_WATCHDOG_H
#define KERNEL_WATCHDOG_H

#include <linnet/types.h>

struct rq;

/* From the tick, interrupts off, on @rq's CPU; @now in ns. */
void watchdog_tick(struct rq *rq, u64 now);
/* Look once; returns how many tasks slept through since the last look. */
u32 check_hung_tasks(void);

#endif
