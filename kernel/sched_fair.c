/*
 * The fair class: virtual-runtime scheduling with nice weights.
 *
 * A task's vruntime grows by the time it runs, divided by its weight; the one
 * with the least runs next. min_vruntime of a queue only grows; tasks that
 * slept are placed at most one latency period behind it, so sleeping does not
 * build up credit. Weights follow nice(2): a step of one changes the share of
 * CPU time by a factor of 1.25.
 *
 * Lock: rq->lock for everything here.
 */
#include <linux/sched.h>
#include "sched.h"

/* ns; the values Linux uses on one CPU */
#define LATENCY_NS	      6000000ul /* period in which everybody runs once */
#define MIN_SLICE_NS	      750000ul
#define WAKEUP_GRANULARITY_NS 1000000ul /* lead a waking task must have */

/* 1024 * 1.25^-nice, rounded; SCHED_IDLE gets 3. */
static const u32 weights[40] = {
	88818, 71054, 56843, 45475, 36380, 29104, 23283, 18626, 14901, 11921,
	9537,  7629,  6104,  4883,  3906,  3125,  2500,	 2000,	1600,  1280,
	1024,  819,   655,   524,   419,   336,	  268,	 215,	172,   137,
	110,   88,    70,    56,    45,	   36,	  29,	 23,	18,    15,
};
enum { NICE_0_WEIGHT = 1024 };

u32 nice_to_weight(int nice)
{
	return weights[nice + 20];
}

static struct task *se_task(struct rb_node *n)
{
	return rb_entry_or_null(n, struct task, se.node);
}

static bool vruntime_before(u64 a, u64 b)
{
	return (s64)(a - b) < 0;
}

static bool node_less(const struct rb_node *a, const struct rb_node *b)
{
	return vruntime_before(container_of(a, struct task, se.node)->se.vruntime,
			       container_of(b, struct task, se.node)->se.vruntime);
}

void fair_rq_init(struct fair_rq *f)
{
	f->tree = RB_ROOT_CACHED;
	f->min_vruntime = 1ul << 32;
	f->nr = 0;
	f->weight = 0;
}

static void update_min_vruntime(struct rq *rq)
{
	struct task *left = se_task(rq->fair.tree.rb_leftmost);
	u64 v = rq->fair.min_vruntime;
	bool curr_fair = rq->curr->on_rq && !task_is_rt(rq->curr) &&
			 rq->curr != rq->idle;

	if (curr_fair)
		v = rq->curr->se.vruntime;
	if (left && (!curr_fair || vruntime_before(left->se.vruntime, v)))
		v = left->se.vruntime;
	if (vruntime_before(rq->fair.min_vruntime, v))
		rq->fair.min_vruntime = v;
}

void fair_charge(struct rq *rq, struct task *t, u64 delta)
{
	if (t->se.weight == NICE_0_WEIGHT)
		t->se.vruntime += delta;
	else
		t->se.vruntime += delta * NICE_0_WEIGHT / t->se.weight;
	update_min_vruntime(rq);
}

void fair_enqueue(struct rq *rq, struct task *t, bool wakeup)
{
	u64 floor;

	if (wakeup) {
		floor = rq->fair.min_vruntime - LATENCY_NS / 2;
		if (vruntime_before(t->se.vruntime, floor))
			t->se.vruntime = floor;
	}
	rq->fair.nr++;
	rq->fair.weight += t->se.weight;
	if (t != rq->curr)
		rb_add_cached(&t->se.node, &rq->fair.tree, node_less);
}

void fair_dequeue(struct rq *rq, struct task *t)
{
	rq->fair.nr--;
	rq->fair.weight -= t->se.weight;
	if (t != rq->curr)
		rb_erase_cached(&t->se.node, &rq->fair.tree);
}

/* The running task stops running but stays runnable. */
void fair_put_prev(struct rq *rq, struct task *t)
{
	rb_add_cached(&t->se.node, &rq->fair.tree, node_less);
}

struct task *fair_pick(struct rq *rq)
{
	struct task *t = se_task(rq->fair.tree.rb_leftmost);

	if (t)
		rb_erase_cached(&t->se.node, &rq->fair.tree);
	return t;
}

static u64 fair_slice(struct rq *rq, struct task *t)
{
	u64 slice = LATENCY_NS;

	if (rq->fair.nr > 1)
		slice = LATENCY_NS * t->se.weight / rq->fair.weight;
	return max(slice, MIN_SLICE_NS);
}

u64 fair_slice_left(struct rq *rq, struct task *t)
{
	u64 slice = fair_slice(rq, t);
	u64 ran = t->se.sum_exec - t->se.prev_sum_exec;

	return ran < slice ? slice - ran : 0;
}

bool fair_preempts(struct rq *rq, struct task *t)
{
	struct task *curr = rq->curr;
	s64 lead = (s64)(curr->se.vruntime - t->se.vruntime);

	if (t->se.policy == SCHED_IDLE && curr->se.policy != SCHED_IDLE)
		return false;
	if (curr->se.policy == SCHED_IDLE && t->se.policy != SCHED_IDLE)
		return true;
	if (t->se.policy == SCHED_BATCH)
		return false;
	return lead > (s64)(WAKEUP_GRANULARITY_NS * NICE_0_WEIGHT / t->se.weight);
}

/* A new task starts one slice behind, so that forking gains nothing. */
void fair_place_new(struct rq *rq, struct task *t)
{
	u64 start = rq->fair.min_vruntime;

	if (rq->curr != rq->idle && !task_is_rt(rq->curr) &&
	    vruntime_before(start, rq->curr->se.vruntime))
		start = rq->curr->se.vruntime;
	t->se.vruntime = start;
}

/* vruntime is relative to a queue: keep the distance when it changes. */
void fair_migrate(struct task *t, struct rq *from, struct rq *to)
{
	/* Neither is locked: as good as any moment's. */
	t->se.vruntime += READ_ONCE(to->fair.min_vruntime) -
			  READ_ONCE(from->fair.min_vruntime);
}

struct task *fair_pick_movable(struct rq *rq, u32 cpu)
{
	struct rb_node *n = rb_last(&rq->fair.tree.rb_root);

	for (u32 tries = 0; n && tries < 32; n = rb_prev(n), tries++) {
		struct task *t = se_task(n);

		if (cpumask_test(&t->se.allowed, cpu) && !t->on_cpu)
			return t;
	}
	return NULL;
}
