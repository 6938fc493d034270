/*
 * Process identifiers: numbers to struct pid, struct pid to tasks.
 *
 * A number is in use as long as its struct pid is referenced by a task in any
 * role (process, group, session); references by others (pidfds, ttys) keep the
 * struct but not the number's meaning. Numbers are given out cyclically.
 *
 * Locks: pid_lock guards the id table; task links are guarded by
 * tasklist_lock. Lookups run under RCU.
 */
#include <linnet/errno.h>
#include <linnet/idr.h>
#include <linnet/init.h>
#include <linnet/printk.h>
#include <linnet/slab.h>
#include <linnet/task.h>
#include "exit.h"

enum { RESERVED_PIDS = 300 };
int sysctl_pid_max = 32768;

static struct idr pids = IDR_INIT; /* [pid_lock] RCU readers */
static DEFINE_SPINLOCK(pid_lock);
static struct kmem_cache *pid_cache;
pid_t last_pid;

/* [pid_lock] A number for @p: the next one, or @want if that is not 0. */
static int take_number(struct pid *p, pid_t want)
{
	int nr;

	if (want) {
		nr = idr_alloc(&pids, p, (u32)want, (u32)want);
		return nr == -ENOSPC ? -EEXIST : nr;
	}
	nr = idr_alloc_cyclic(&pids, p, pids.next > RESERVED_PIDS ? RESERVED_PIDS
								  : 1,
			      (u32)sysctl_pid_max - 1);
	if (nr >= 0)
		last_pid = nr;
	return nr < 0 ? -EAGAIN : nr;
}

struct pid *pid_alloc(pid_t want)
{
	struct pid *p;
	int nr;

	if (want < 0 || want >= sysctl_pid_max)
		return ERR_PTR(-EINVAL);
	p = kmem_cache_zalloc(pid_cache, GFP_KERNEL);
	if (!p)
		return ERR_PTR(-ENOMEM);
	refcount_set(&p->refs, 1);
	wait_queue_init(&p->wait);
	/* Nodes of the table are allocated under the lock: not from reclaim. */
	spin_lock(&pid_lock);
	nr = take_number(p, want);
	p->nr = nr;
	spin_unlock(&pid_lock);
	if (nr >= 0)
		return p;
	kmem_cache_free(pid_cache, p);
	return ERR_PTR(nr);
}

struct pid *pid_get(struct pid *p)
{
	if (p)
		refcount_inc(&p->refs);
	return p;
}

static void pid_free(struct rcu_head *head)
{
	kmem_cache_free(pid_cache, container_of(head, struct pid, rcu));
}

void pid_put(struct pid *p)
{
	if (p && refcount_dec_and_test(&p->refs))
		call_rcu(&p->rcu, pid_free);
}

struct pid *pid_find(pid_t nr)
{
	return nr > 0 ? idr_find(&pids, (u32)nr) : NULL;
}

struct task *pid_task(struct pid *p, enum pid_type type)
{
	return p ? hlist_entry_or_null(READ_ONCE(p->tasks[type].first),
				       struct task, pid_links[type])
		 : NULL;
}

struct pid *pid_find_get(pid_t nr)
{
	struct pid *p;

	rcu_read_lock();
	p = pid_find(nr);
	if (p && !refcount_inc_not_zero(&p->refs))
		p = NULL;
	rcu_read_unlock();
	return p;
}

struct task *pid_task_get(struct pid *p, enum pid_type type)
{
	struct task *t;

	rcu_read_lock();
	t = pid_task(p, type);
	if (t && !refcount_inc_not_zero(&t->refs))
		t = NULL;
	rcu_read_unlock();
	return t;
}

struct task *task_find_get(pid_t nr)
{
	struct task *t;

	rcu_read_lock();
	t = pid_task_get(pid_find(nr), PIDTYPE_PID);
	rcu_read_unlock();
	return t;
}

struct pid *pid_next(pid_t nr)
{
	u64 id = (u64)max(nr, 1);
	struct pid *p;

	rcu_read_lock();
	do {
		p = idr_next(&pids, &id);
		if (p && refcount_inc_not_zero(&p->refs))
			break;
		id++;
	} while (p);
	rcu_read_unlock();
	return p;
}

void pid_discard(struct pid *p)
{
	spin_lock(&pid_lock);
	idr_remove(&pids, (u32)p->nr);
	spin_unlock(&pid_lock);
	pid_put(p);
}

void attach_pid(struct task *t, enum pid_type type, struct pid *p)
{
	t->pids[type] = p;
	hlist_add_head(&t->pid_links[type], &p->tasks[type]);
}

/* The number is free again when nobody bears it in any role. */
static void release_number(struct pid *p)
{
	for (u32 i = 0; i < PIDTYPE_MAX; i++)
		if (p->tasks[i].first)
			return;
	pid_discard(p);
}

void detach_pid(struct task *t, enum pid_type type)
{
	struct pid *p = t->pids[type];

	hlist_del(&t->pid_links[type]);
	if (type != PIDTYPE_PID) /* t's own name stays readable */
		t->pids[type] = NULL;
	release_number(p);
}

void change_pid(struct task *t, enum pid_type type, struct pid *p)
{
	struct pid *old = t->pids[type];

	hlist_del(&t->pid_links[type]);
	attach_pid(t, type, p);
	release_number(old);
}

static int __init_text pid_init(void)
{
	pid_cache = kmem_cache_create("pid", sizeof(struct pid), 0, 0);
	return pid_cache ? 0 : -ENOMEM;
}
early_initcall(pid_init);
