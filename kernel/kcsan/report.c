/*
 * Reports of data races: kept where they happen, printed by a thread, because a
 * race may be found under any lock. Each pair of places is told once.
 *
 * Lock: report_lock, interrupts off, a leaf.
 */
#define PR_PREFIX ""
#include <asm/irqflags.h>
#include <linnet/errno.h>
#include <linnet/init.h>
#include <linnet/kcsan.h>
#include <linnet/printk.h>
#include <linnet/sched.h>
#include <linnet/spinlock.h>
#include <linnet/task.h>
#include <linnet/time.h>
#include "kcsan.h"

enum { PENDING = 16, MAX_PLACES = 256, POLL_MS = 100 };

struct race {
	struct kcsan_access side[2];
	u64 before, after;
};

static DEFINE_SPINLOCK(report_lock);
static struct race pending[PENDING]; /* [report_lock] */
static u32 nr_pending;		     /* [report_lock] */
static u64 places[MAX_PLACES][2];    /* [report_lock] */
static u32 nr_places;		     /* [report_lock] */

static u32 seen;		     /* [report_lock] */
static bool expected;

u32 kcsan_seen(void)
{
	return READ_ONCE(seen);
}

void kcsan_expect(bool on)
{
	WRITE_ONCE(expected, on);
}

/* The place of an access: who called into the detector. */
static u64 place_of(const struct kcsan_access *a)
{
	return a->nr_pc ? a->pc[0] : 0;
}

/* [report_lock] */
static bool is_new(u64 a, u64 b)
{
	for (u32 i = 0; i < nr_places; i++)
		if ((places[i][0] == a && places[i][1] == b) ||
		    (places[i][0] == b && places[i][1] == a))
			return false;
	if (nr_places == MAX_PLACES)
		return false;
	places[nr_places][0] = a;
	places[nr_places++][1] = b;
	return true;
}

void kcsan_report(const struct kcsan_access *a, const struct kcsan_access *b,
		  u64 before, u64 after)
{
	spin_acquire(&report_lock);
	seen++;
	if (!READ_ONCE(expected) && nr_pending < PENDING && is_new(place_of(a), place_of(b)))
		pending[nr_pending++] = (struct race){{*a, *b}, before, after};
	spin_release(&report_lock);
}

static void print_side(const struct kcsan_access *a)
{
	pr_emerg("%s%s of size %u at %#lx by %s, CPU %u:\n",
		 a->marked ? "marked " : "", a->write ? "write" : "read", a->size,
		 a->addr, a->comm, a->cpu);
	for (u32 i = 0; i < a->nr_pc; i++)
		pr_emerg(" %pS\n", (void *)a->pc[i]);
}

static void print_race(const struct race *r)
{
	pr_emerg("BUG: KCSAN: data-race in %pS / %pS\n",
		 (void *)place_of(&r->side[0]), (void *)place_of(&r->side[1]));
	print_side(&r->side[0]);
	print_side(&r->side[1]);
	pr_emerg("value: %#lx, then %#lx\n", r->before, r->after);
	add_taint(TAINT_WARN);
}

static bool take(struct race *r)
{
	u64 flags = local_irq_save();
	bool any;

	spin_acquire(&report_lock);
	any = nr_pending;
	if (any)
		*r = pending[--nr_pending];
	spin_release(&report_lock);
	local_irq_restore(flags);
	return any;
}

static int reporter(void *unused)
{
	static struct race r; /* of this thread */

	(void)unused;
	for (;;) {
		while (take(&r))
			print_race(&r);
		msleep(POLL_MS);
	}
	return 0;
}

static int __init_text kcsan_start(void)
{
	struct task *t = kthread_run(reporter, NULL, "kcsan");

	if (IS_ERR(t))
		return (int)PTR_ERR(t);
	WRITE_ONCE(kcsan_enabled, true);
	return 0;
}
device_initcall(kcsan_start);
