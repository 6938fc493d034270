/*
 * Deferred work: functions run soon in a kernel thread, where they may sleep.
 *
 * A work item is queued at most once until it starts; queueing a queued one
 * does nothing. It may queue itself again while it runs.
 */
#ifndef LINNET_WORKQUEUE_H
#define LINNET_WORKQUEUE_H

#include <linnet/hrtimer.h>
#include <linnet/list.h>

struct work {
	struct list_head node;
	void (*func)(struct work *w);
	u32 state; /* [pool lock] enum work_state */
};

#define WORK_INIT(name, fn) {LIST_HEAD_INIT((name).node), fn, 0}

static inline void work_init(struct work *w, void (*fn)(struct work *w))
{
	list_init(&w->node);
	w->func = fn;
	w->state = 0;
}

/* Any context. Return: false if it was already queued. */
bool work_queue(struct work *w);
/* Wait until @w is neither queued nor running. May sleep. */
void work_flush(struct work *w);
/* Dequeue if queued, wait if running. May sleep. */
void work_cancel_sync(struct work *w);

struct delayed_work {
	struct work work;
	struct hrtimer timer;
};

void delayed_work_init(struct delayed_work *w, void (*fn)(struct work *w));
void delayed_work_queue(struct delayed_work *w, u32 delay_ms);
void delayed_work_cancel_sync(struct delayed_work *w);

#endif
