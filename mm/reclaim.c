/*
 * Memory pressure: shrinkers, and the out-of-memory killer.
 *
 * An allocation that does not fit first asks the shrinkers (dentries, inodes)
 * for memory. If nothing comes back and the request is on behalf of a program,
 * the process that uses most is killed and the request tried again; its victim
 * may use the reserve to exit. oom_score_adj shifts the choice, -1000 exempts.
 *
 * Locks: shrinkers_lock (mutex); tasklist_lock while choosing.
 */
#define PR_PREFIX "oom: "
#include <linnet/init.h>
#include <linnet/mm.h>
#include <linnet/mutex.h>
#include <linnet/page.h>
#include <linnet/printk.h>
#include <linnet/rcu.h>
#include <linnet/sched.h>
#include <linnet/task.h>
#include "internal.h"

static LIST_HEAD(shrinkers); /* [shrinkers_lock] */
static DEFINE_MUTEX(shrinkers_lock);
int sysctl_panic_on_oom;
static DEFINE_MUTEX(oom_lock);

enum { SHRINK_BATCH = 128, OOM_WAIT_MS = 20 };

void shrinker_register(struct shrinker *s)
{
	mutex_lock(&shrinkers_lock);
	list_add_tail(&s->node, &shrinkers);
	mutex_unlock(&shrinkers_lock);
}

static u64 run_shrinkers(void)
{
	struct shrinker *s;
	u64 freed = 0;

	if (!mutex_trylock(&shrinkers_lock))
		return 0;
	list_for_each_entry(s, &shrinkers, node)
		if (s->count(s))
			freed += s->scan(s, max(s->count(s) / 8,
						(u64)SHRINK_BATCH));
	mutex_unlock(&shrinkers_lock);
	return freed;
}

/* Free every unused cached object: /proc/sys/vm/drop_caches. May sleep. */
void drop_slab(void)
{
	while (run_shrinkers() && !fatal_signal_pending(current))
		cond_resched();
	rcu_barrier();
}

u64 reclaim_pages(u64 target, u32 gfp)
{
	u64 before = nr_free_pages(), freed;

	(void)gfp;
	if (current->flags & PF_MEMALLOC)
		return 0;
	/* Atomic: out_of_memory() may mark us meanwhile. */
	atomic_or(&current->flags, PF_MEMALLOC);
	do {
		freed = run_shrinkers();
	} while (freed && nr_free_pages() < before + target);
	/* What the shrinkers freed comes back after a grace period. */
	rcu_barrier();
	atomic_and(&current->flags, ~(u32)PF_MEMALLOC);
	return nr_free_pages() > before ? nr_free_pages() - before : 0;
}

/* --- OOM --- */

static u64 mm_pages(const struct mm *mm)
{
	return mm->rss_anon + mm->rss_file + mm->rss_shmem +
	       mm->pgtables / PAGE_SIZE;
}

struct memory_use {
	u64 total_vm, anon, file, shmem, pages; /* in pages */
};

/* What a process uses: of the first of its threads that still has memory. */
static struct memory_use memory_use(struct task *p)
{
	struct memory_use u = {0};
	struct task *t;

	for_each_thread(p, t) {
		spin_lock(&t->lock);
		if (t->mm)
			u = (struct memory_use){t->mm->total_vm, t->mm->rss_anon,
						t->mm->rss_file, t->mm->rss_shmem,
						mm_pages(t->mm)};
		spin_unlock(&t->lock);
		if (u.pages)
			break;
	}
	return u;
}

/* Badness in pages; 0: never kill. [tasklist] */
u64 oom_badness(struct task *p)
{
	s64 adj = p->tg->oom_score_adj, points;
	u64 pages;

	if (p == child_reaper || p->flags & PF_KTHREAD || adj == -1000)
		return 0;
	pages = memory_use(p).pages;
	if (!pages)
		return 0;
	points = (s64)pages + adj * (s64)(mem_counters.total_pages / 1000);
	return points > 0 ? (u64)points : 1;
}

/* Somebody is dying already: wait for that. [tasklist] */
static struct task *choose_victim(bool *dying)
{
	struct task *p, *best = NULL;
	u64 most = 0;

	*dying = false;
	for_each_process(p) {
		u64 points;

		if (p->flags & PF_OOM_VICTIM && p->tg->live) {
			*dying = true;
			return NULL;
		}
		points = oom_badness(p);
		if (points > most) {
			most = points;
			best = p;
		}
	}
	return best;
}

static void kill_victim(struct task *p)
{
	struct memory_use u = memory_use(p);
	struct task *t;

	pr_err("Out of memory: Killed process %d (%s) total-vm:%lukB, anon-rss:%lukB, file-rss:%lukB, shmem-rss:%lukB\n",
	       task_pid(p), p->comm, u.total_vm * 4, u.anon * 4, u.file * 4,
	       u.shmem * 4);
	for_each_thread(p, t)
		atomic_or(&t->flags, PF_OOM_VICTIM);
	send_signal(SIGKILL, SEND_SIG_PRIV, p, true);
}

void out_of_memory(u32 order)
{
	struct task *victim;
	bool dying;

	(void)order;
	if (READ_ONCE(sysctl_panic_on_oom))
		panic("out of memory, and panic_on_oom is set");
	spin_lock(&tasklist_lock);
	victim = choose_victim(&dying);
	if (victim)
		kill_victim(victim);
	spin_unlock(&tasklist_lock);
	if (!victim && !dying)
		panic("out of memory and no process left to kill");
}

/**
 * reclaim_for_alloc - make room for a request that did not fit
 *
 * Context: task, may sleep. Return: true if trying again makes sense.
 */
bool reclaim_for_alloc(u32 gfp, u32 order)
{
	u64 want = (1ul << order) + mem_counters.low_wmark;

	if (current->flags & (PF_MEMALLOC | PF_OOM_VICTIM))
		return false;
	if (reclaim_pages(want, gfp))
		return true;
	if (!(gfp & GFP_USER) || gfp & (GFP_NORETRY | GFP_NOWARN) || order)
		return false;
	if (fatal_signal_pending(current))
		return false;
	if (mutex_trylock(&oom_lock)) {
		out_of_memory(order);
		mutex_unlock(&oom_lock);
	}
	msleep(OOM_WAIT_MS);
	return !fatal_signal_pending(current);
}
