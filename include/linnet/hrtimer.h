/*
 * One-shot timers with nanosecond expiry, one ordered tree per CPU.
 *
 * A timer fires once, in hard interrupt context on the CPU that started it, at
 * or after its expiry. The handler may start it again. The owner keeps the
 * struct alive until hrtimer_cancel() has returned or the handler has run.
 */
#ifndef LINNET_HRTIMER_H
#define LINNET_HRTIMER_H

#include <linnet/rbtree.h>
#include <linnet/time.h>

struct hrtimer {
	struct rb_node node;
	ktime_t expires; /* CLOCK_MONOTONIC */
	void (*func)(struct hrtimer *t);
	u32 cpu;	 /* whose tree it is in */
	u32 state;	 /* enum hrtimer_state */
};

enum hrtimer_state { HRTIMER_IDLE, HRTIMER_QUEUED };

void hrtimer_init(struct hrtimer *t, void (*func)(struct hrtimer *t));
/* (Re)start at absolute monotonic time. Any context. */
void hrtimer_start(struct hrtimer *t, ktime_t expires);
/* Dequeue without waiting; true if it was queued. */
bool hrtimer_try_cancel(struct hrtimer *t);
/* Dequeue and wait for a running handler; not from the handler itself. */
bool hrtimer_cancel(struct hrtimer *t);

static inline bool hrtimer_queued(const struct hrtimer *t)
{
	return READ_ONCE(t->state) == HRTIMER_QUEUED;
}

/*
 * Sleep until @expires (monotonic; KTIME_MAX: no limit) or a wake-up. The
 * caller has set its task state. Return: true if the time was reached.
 */
bool schedule_timeout_at(ktime_t expires);

/* A time on a clock. One that can be set takes its deadlines along. */
struct deadline {
	ktime_t at; /* KTIME_MAX: never */
	int clock;  /* CLOCK_* without CPU clocks */
};

static inline struct deadline deadline_at(ktime_t monotonic)
{
	return (struct deadline){.at = monotonic, .clock = CLOCK_MONOTONIC};
}

/* As schedule_timeout_at(). */
bool schedule_timeout_until(struct deadline d);
/* Has @d come? */
bool deadline_passed(struct deadline d);

/* CLOCK_REALTIME jumped: sleepers and timers on it follow. Task context. */
void clock_was_set(void);

/* Uninterruptible sleep for kernel threads and drivers. */
void msleep(u32 ms);

#endif
