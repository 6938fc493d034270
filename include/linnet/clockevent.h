/* The timer driver's side of timekeeping. */
#ifndef LINNET_CLOCKEVENT_H
#define LINNET_CLOCKEVENT_H

#include <linnet/time.h>

/* The driver tells its rate; once, on the boot CPU. */
void clocksource_register(u32 rate_hz);
/* Interrupt this CPU at monotonic time @at; KTIME_MAX: never. */
void clockevent_program(ktime_t at);
/* Called by the driver's interrupt handler. */
void hrtimer_interrupt(void);

struct clockevent {
	/* Fire when the counter reaches @cycles; ~0: stop. */
	void (*set_deadline)(u64 cycles);
	/* Per-CPU start. */
	void (*init_cpu)(void);
};
void clockevent_register(const struct clockevent *ce);

#endif
