/*
 * Mutex and rwsem: the contended paths.
 *
 * A waiter queues itself under wait_lock and sleeps. An unlocker hands nothing
 * over: it frees the lock and wakes the first waiter, which competes again, so
 * a running task may take the lock meanwhile (cheap), but the first waiter
 * keeps its place in the queue.
 *
 * Mutex owner word: task pointer | MUTEX_WAITERS. While WAITERS is set every
 * unlock goes through mutex_unlock_slow().
 * Rwsem: while RWSEM_WAITERS is set newcomers queue, so writers don't starve;
 * rwsem_wake() grants the lock directly to the head of the queue. Each such grant is a
 * sleep and a wake-up long, so who finds nobody waiting spins for a while first.
 */
#include <linnet/errno.h>
#include <linnet/mutex.h>
#include <linnet/printk.h>
#include <linnet/sched.h>
#include <linnet/task.h>

enum { SPIN_LIMIT = 200 };

struct lock_waiter {
	struct list_head node;
	struct task *task;
	bool write;   /* rwsem: wants it for writing */
	bool granted; /* rwsem: has it */
};

/* Spin while the owner runs on another CPU: it will unlock soon. */
static bool mutex_spin(struct mutex *m)
{
	for (u32 i = 0; i < SPIN_LIMIT; i++) {
		u64 owner = atomic_read(&m->owner);
		bool running;

		if (owner & MUTEX_WAITERS)
			return false;
		if (!owner) {
			if (mutex_grab(m))
				return true;
			continue;
		}
		/* Tasks are freed after a grace period: the read is safe. */
		rcu_read_lock();
		running = atomic_read(&m->owner) == owner &&
			  READ_ONCE(((struct task *)owner)->on_cpu);
		rcu_read_unlock();
		if (!running || test_ti_flag(current, TIF_NEED_RESCHED))
			return false;
		cpu_relax();
	}
	return false;
}

/*
 * [wait_lock] Take it if it is free, else see to it that the owner's unlock
 * comes to us: on false the waiters flag was seen or set on an owned lock.
 */
static bool mutex_take_locked(struct mutex *m, const struct lock_waiter *self)
{
	bool alone = m->waiters.next == &self->node &&
		     m->waiters.prev == &self->node;
	u64 mine = (u64)current | (alone ? 0 : MUTEX_WAITERS);
	u64 old = atomic_read(&m->owner);
	bool owned;

	do {
		owned = old & ~MUTEX_WAITERS;
		if (owned && old & MUTEX_WAITERS)
			return false;
	} while (!__atomic_compare_exchange_n(
		&m->owner, &old, owned ? old | MUTEX_WAITERS : mine, false,
		__ATOMIC_ACQUIRE, __ATOMIC_RELAXED));
	return !owned;
}

static int mutex_wait(struct mutex *m, u32 state)
{
	struct lock_waiter self = {.task = current};

	spin_lock(&m->wait_lock);
	list_add_tail(&self.node, &m->waiters);
	while (!mutex_take_locked(m, &self)) {
		if (state == TASK_KILLABLE && fatal_signal_pending(current)) {
			list_del(&self.node);
			if (list_empty(&m->waiters))
				atomic_and(&m->owner, ~MUTEX_WAITERS);
			spin_unlock(&m->wait_lock);
			return -EINTR;
		}
		set_current_state(state);
		spin_unlock(&m->wait_lock);
		if (atomic_read(&m->owner) & ~MUTEX_WAITERS)
			schedule();
		__set_current_state(TASK_RUNNING);
		spin_lock(&m->wait_lock);
	}
	list_del(&self.node);
	spin_unlock(&m->wait_lock);
	return 0;
}

void mutex_lock_slow(struct mutex *m)
{
	if (!mutex_spin(m))
		mutex_wait(m, TASK_UNINTERRUPTIBLE);
}

int mutex_lock_killable_slow(struct mutex *m)
{
	return mutex_spin(m) ? 0 : mutex_wait(m, TASK_KILLABLE);
}

void mutex_unlock_slow(struct mutex *m)
{
	struct lock_waiter *first;

	spin_lock(&m->wait_lock);
	first = list_first_entry_or_null(&m->waiters, struct lock_waiter, node);
	__atomic_store_n(&m->owner, first ? MUTEX_WAITERS : 0,
			 __ATOMIC_RELEASE);
	if (first)
		wake_up_process(first->task);
	spin_unlock(&m->wait_lock);
}

/* --- rwsem --- */

/*
 * Spin while nobody waits: most holders are soon done, and to sleep and be woken costs
 * more than what they do. Who holds it for reading is not known, nor whether it runs.
 */
static bool rwsem_spin(struct rwsem *s, bool write)
{
	if (cpumask_weight(&cpu_online_mask) == 1)
		return false;
	for (u32 i = 0; i < SPIN_LIMIT; i++) {
		if (write ? rwsem_grab_write(s) : rwsem_grab_read(s))
			return true;
		if (atomic_read(&s->count) & RWSEM_WAITERS ||
		    test_ti_flag(current, TIF_NEED_RESCHED))
			return false;
		cpu_relax();
	}
	return false;
}

/* Tasks to wake when wait_lock is free again: that takes long, and interrupts CPUs. */
struct granted {
	u32 nr;
	struct task *tasks[16];
};

static void wake_granted(struct granted *g)
{
	for (u32 i = 0; i < g->nr; i++) {
		wake_up_process(g->tasks[i]);
		task_put(g->tasks[i]);
	}
	g->nr = 0;
}

static void grant(struct rwsem *s, struct lock_waiter *w, struct granted *g)
{
	/* So many that they are woken with the lock held: after it @s may be gone. */
	if (g->nr == ARRAY_SIZE(g->tasks))
		wake_granted(g);
	atomic_add(&s->count, w->write ? RWSEM_WRITER : RWSEM_READER);
	list_del(&w->node);
	task_get(w->task);
	g->tasks[g->nr++] = w->task;
	/* Once this is seen the waiter's stack may be gone. */
	smp_store_release(&w->granted, true);
}

/* [wait_lock] Grant to the head of the queue what is possible now. */
static void rwsem_grant_locked(struct rwsem *s, struct granted *g)
{
	while (!list_empty(&s->waiters)) {
		struct lock_waiter *w = list_first_entry(
			&s->waiters, struct lock_waiter, node);
		u64 held = atomic_read(&s->count) & ~RWSEM_WAITERS;

		if (w->write ? held != 0 : (held & RWSEM_WRITER) != 0)
			return;
		grant(s, w, g);
	}
	atomic_and(&s->count, ~RWSEM_WAITERS);
}

void rwsem_wake(struct rwsem *s)
{
	struct granted g;

	g.nr = 0;
	spin_lock(&s->wait_lock);
	rwsem_grant_locked(s, &g);
	spin_unlock(&s->wait_lock);
	wake_granted(&g);
}

static int rwsem_wait(struct rwsem *s, bool write, u32 state)
{
	struct lock_waiter self = {.task = current, .write = write};
	struct granted g;

	if (rwsem_spin(s, write))
		return 0;
	g.nr = 0;
	spin_lock(&s->wait_lock);
	list_add_tail(&self.node, &s->waiters);
	atomic_fetch_or(&s->count, RWSEM_WAITERS);
	rwsem_grant_locked(s, &g);
	spin_unlock(&s->wait_lock);
	wake_granted(&g);
	for (;;) {
		set_current_state(state);
		if (smp_load_acquire(&self.granted))
			break;
		if (state == TASK_KILLABLE && fatal_signal_pending(current)) {
			spin_lock(&s->wait_lock);
			if (!self.granted) {
				list_del(&self.node);
				rwsem_grant_locked(s, &g);
				spin_unlock(&s->wait_lock);
				__set_current_state(TASK_RUNNING);
				wake_granted(&g);
				return -EINTR;
			}
			spin_unlock(&s->wait_lock);
			break;
		}
		schedule();
	}
	__set_current_state(TASK_RUNNING);
	return 0;
}

void down_read_slow(struct rwsem *s)
{
	rwsem_wait(s, false, TASK_UNINTERRUPTIBLE);
}

void down_write_slow(struct rwsem *s)
{
	rwsem_wait(s, true, TASK_UNINTERRUPTIBLE);
}

int down_write_killable_slow(struct rwsem *s)
{
	return rwsem_wait(s, true, TASK_KILLABLE);
}
