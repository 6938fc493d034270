/*
 * Futexes with priority inheritance: FUTEX_LOCK_PI and relatives.
 *
 * The word holds the owner's thread number, with FUTEX_WAITERS if somebody
 * sleeps; without it user space locks and unlocks by itself. A struct pi_futex
 * exists while a word is contended. Unlocking hands the futex to the waiter of
 * the highest priority; meanwhile the owner runs with that priority if it is a
 * real-time one, and so does whoever that owner waits for.
 *
 * An owner that dies hands over too, but it cannot reach the word through
 * another process's mapping: the new owner writes it (P2).
 *
 *   P1  a task owns, in pi_owned, exactly the contended futexes whose word has
 *       its number
 *   P2  but for those with "handing" set, whose word is about to get it
 *   P3  pi_owned of an exiting task is empty once its mm is gone
 *
 * Whoever meets a word in between, its owner dying or its new owner about to write
 * it, tries again a moment later (futex_pi_pause()).
 *
 * Lock: pi_lock for all of it, since priorities run along chains of futexes and
 * owners; contention is the rare case. Inside it: task->wake_lock. The word
 * is touched under the lock with page faults off, and faulted in outside.
 */
#include <asm/uaccess.h>
#include <linnet/errno.h>
#include <linnet/futex.h>
#include <linnet/hrtimer.h>
#include <linnet/slab.h>
#include <linnet/task.h>
#include <linux/futex.h>
#include "futex.h"
#include "sched.h"

enum { HASH_SIZE = 64, MAX_CHAIN = 1024, PAUSE_NS = 50000 };

struct pi_futex {
	struct list_head node;	  /* in its hash chain */
	struct list_head owned;	  /* in owner->pi_owned */
	struct list_head waiters; /* highest priority first, then in order */
	struct futex_key key;	  /* its inode belongs to the waiters */
	struct task *owner;	  /* referenced */
	bool handing;		  /* P2 */
};

static DEFINE_SPINLOCK(pi_lock);
static struct list_head contended[HASH_SIZE];

static struct list_head *chain_of(const struct futex_key *k)
{
	struct list_head *head =
		&contended[(k->object / 64 ^ k->index ^ k->offset / 4) %
			   HASH_SIZE];

	if (!head->next)
		list_init(head);
	return head;
}

static struct pi_futex *find(const struct futex_key *k)
{
	struct pi_futex *f;

	list_for_each_entry(f, chain_of(k), node)
		if (futex_key_equal(&f->key, k))
			return f;
	return NULL;
}

static void drop(struct pi_futex *f)
{
	list_del(&f->node);
	list_del(&f->owned);
	task_put(f->owner);
	kfree(f);
}

/* --- the word --- */

static int read_word(u32 __user *uaddr, u32 *v)
{
	int err;

	pagefault_disable();
	err = get_user(*v, uaddr);
	pagefault_enable();
	return err;
}

/* 0, PI_RETRY if it was not @old, -EFAULT. */
static int swap_word(u32 __user *uaddr, u32 old, u32 new)
{
	u32 cur;
	int err;

	pagefault_disable();
	err = futex_cmpxchg(uaddr, old, new, &cur);
	pagefault_enable();
	if (err)
		return -EFAULT;
	return cur == old ? 0 : PI_RETRY;
}

int futex_fault_in(u32 __user *uaddr)
{
	u32 v, cur;

	if (get_user(v, uaddr) || futex_cmpxchg(uaddr, v, v, &cur))
		return -EFAULT;
	return 0;
}

/* --- priorities --- */

static int priority(const struct task *t)
{
	return max((int)t->se.rt_priority, (int)t->se.boost);
}

static struct pi_waiter *top_waiter(struct pi_futex *f)
{
	return list_first_entry_or_null(&f->waiters, struct pi_waiter, node);
}

static void insert(struct pi_futex *f, struct pi_waiter *w)
{
	struct pi_waiter *other;

	list_for_each_entry(other, &f->waiters, node)
		if (priority(other->task) < priority(w->task))
			break;
	list_add_tail(&w->node, &other->node);
}

/* What @t inherits has changed: tell it, and those it waits for. */
static void inherit(struct task *t)
{
	for (u32 step = 0; step < MAX_CHAIN; step++) {
		struct pi_waiter *w = t->pi_blocked;
		struct pi_futex *f;
		int want = 0;

		list_for_each_entry(f, &t->pi_owned, owned)
			if (top_waiter(f))
				want = max(want, priority(top_waiter(f)->task));
		if (want == t->se.boost)
			return;
		sched_boost(t, (u32)want);
		if (!w)
			return;
		list_del(&w->node);
		insert(w->futex, w);
		t = w->futex->owner;
	}
}

void futex_pi_reprioritize(struct task *t)
{
	struct pi_waiter *w;

	spin_lock(&pi_lock);
	w = t->pi_blocked;
	if (w) {
		list_del(&w->node);
		insert(w->futex, w);
		inherit(w->futex->owner);
	}
	spin_unlock(&pi_lock);
}

/* Does @t wait, over others, for @us? */
static bool waits_for(struct task *t, const struct task *us)
{
	for (u32 step = 0; t != us; step++) {
		if (!t->pi_blocked)
			return false;
		if (step == MAX_CHAIN)
			return true;
		t = t->pi_blocked->futex->owner;
	}
	return true;
}

/* @w gets the futex. */
static void hand_over(struct pi_futex *f, struct pi_waiter *w, bool died)
{
	struct task *old = f->owner, *new = w->task;

	f->owner = task_get(new);
	f->handing = died;
	list_del(&w->node);
	new->pi_blocked = NULL;
	list_move(&f->owned, &new->pi_owned);
	wake_up_process(new);
	if (!died && !top_waiter(f))
		drop(f);
	else
		inherit(new);
	inherit(old);
	task_put(old);
}

/* --- locking --- */

struct pi_futex *pi_futex_alloc(void)
{
	return kmalloc(sizeof(struct pi_futex), GFP_KERNEL);
}

/* The task that the word names, referenced, when the futex is not contended. */
static int owner_by_number(u32 __user *uaddr, u32 v, struct task **owner)
{
	struct task *t = task_find_get((pid_t)(v & FUTEX_TID_MASK));
	int err = 0;
	u32 now;

	if (t && t->flags & PF_KTHREAD)
		err = -EPERM;
	else if (t && t->flags & PF_EXITING && READ_ONCE(t->mm))
		err = PI_RETRY; /* it is about to let go (P3) */
	else if (!t || t->flags & PF_EXITING)
		err = read_word(uaddr, &now) ? -EFAULT
		      : now == v	     ? -ESRCH : PI_RETRY;
	if (err && t)
		task_put(t);
	*owner = t;
	return err;
}

/* Consumes the reference on @owner. */
static struct pi_futex *make_contended(struct pi_request *r, struct task *owner)
{
	struct pi_futex *f = r->fresh;

	r->fresh = NULL;
	f->key = r->key;
	f->owner = owner;
	f->handing = false;
	list_init(&f->waiters);
	list_add(&f->node, chain_of(&f->key));
	list_add(&f->owned, &owner->pi_owned);
	return f;
}

static int queue(struct pi_request *r, struct pi_futex *f, u32 v)
{
	struct task *owner;
	int err = 0;

	if (!f)
		err = owner_by_number(r->uaddr, v, &owner);
	else if ((v & FUTEX_TID_MASK) != (u32)task_pid(f->owner))
		err = f->handing || READ_ONCE(f->owner->flags) & PF_EXITING
			      ? PI_RETRY : -EINVAL;
	else
		owner = task_get(f->owner);
	if (err)
		return err;
	err = r->try ? -EAGAIN : waits_for(owner, r->w->task) ? -EDEADLK : 0;
	if (!err && !(v & FUTEX_WAITERS))
		err = swap_word(r->uaddr, v, v | FUTEX_WAITERS);
	if (err) {
		task_put(owner);
		return err;
	}
	if (f)
		task_put(owner);
	else
		f = make_contended(r, owner);
	r->w->futex = f;
	insert(f, r->w);
	r->w->task->pi_blocked = r->w;
	inherit(f->owner);
	return PI_QUEUED;
}

static int attempt_locked(struct pi_request *r)
{
	u32 v, tid = (u32)task_pid(r->w->task);
	struct pi_futex *f = find(&r->key);

	spin_assert_held(&pi_lock);
	if (read_word(r->uaddr, &v))
		return -EFAULT;
	if ((v & FUTEX_TID_MASK) == tid)
		return -EDEADLK;
	if (!f && !(v & FUTEX_TID_MASK))
		return swap_word(r->uaddr, v, tid | (v & FUTEX_OWNER_DIED));
	return queue(r, f, v);
}

int futex_pi_attempt(struct pi_request *r)
{
	int ret;

	spin_lock(&pi_lock);
	smp_mb(); /* pairs with futex_pi_exit(): the lock before PF_EXITING */
	ret = attempt_locked(r);
	if (ret == PI_QUEUED && r->queued)
		r->queued(r->w);
	spin_unlock(&pi_lock);
	return ret;
}

/*
 * Until somebody else has got on. Not by yielding: that one may be less urgent, and
 * wait for this CPU.
 */
void futex_pi_pause(void)
{
	set_current_state(TASK_INTERRUPTIBLE);
	schedule_timeout_at(ktime_get() + PAUSE_NS);
}

/* The last owner died: put our number in the word, and say so. */
static long write_owner(u32 __user *uaddr, struct pi_futex *f)
{
	u32 v, cur, me = (u32)task_pid(current);
	long err;

	do {
		err = get_user(v, uaddr);
		if (!err)
			err = futex_cmpxchg(uaddr, v,
					    me | FUTEX_WAITERS |
						    FUTEX_OWNER_DIED,
					    &cur);
	} while (!err && cur != v);
	spin_lock(&pi_lock);
	f->handing = false;
	if (!top_waiter(f))
		drop(f);
	spin_unlock(&pi_lock);
	return err;
}

/* @f if it is still there, and ours. [pi_lock] */
static struct pi_futex *find_owned(const struct pi_futex *f)
{
	struct pi_futex *g;

	list_for_each_entry(g, &current->pi_owned, owned)
		if (g == f)
			return g;
	return NULL;
}

/* No longer interested. [pi_lock] */
static void give_up(struct pi_waiter *w)
{
	struct pi_futex *f = w->futex;

	list_del(&w->node);
	current->pi_blocked = NULL;
	if (f->handing || top_waiter(f))
		inherit(f->owner);
	else {
		struct task *owner = task_get(f->owner);

		drop(f);
		inherit(owner);
		task_put(owner);
	}
}

long futex_pi_wait(u32 __user *uaddr, struct pi_waiter *w, struct deadline until,
		   long signalled)
{
	bool timed_out = false, died = false;
	struct pi_futex *f = w->futex;
	long ret = PI_RETRY;

	for (;;) {
		spin_lock(&pi_lock);
		if (list_empty(&w->node)) {
			/* Contended still and handed over by a dead owner? */
			struct pi_futex *now = find_owned(f);

			died = now && now->handing;
			ret = 0;
		} else if (timed_out || signal_pending(current)) {
			give_up(w);
			ret = timed_out ? -ETIMEDOUT : signalled;
		} else {
			set_current_state(TASK_INTERRUPTIBLE);
		}
		spin_unlock(&pi_lock);
		if (ret != PI_RETRY)
			break;
		timed_out = schedule_timeout_until(until);
		__set_current_state(TASK_RUNNING);
	}
	return died ? write_owner(uaddr, f) : ret;
}

long futex_lock_pi(u32 __user *uaddr, bool shared, struct deadline until,
		   bool try)
{
	struct pi_waiter w = {.task = current, .node = LIST_HEAD_INIT(w.node)};
	struct pi_request r = {.uaddr = uaddr, .try = try, .w = &w};
	long ret = futex_key_get(uaddr, shared, true, &r.key);
	bool again = false;

	if (ret)
		return ret;
	r.fresh = pi_futex_alloc();
	ret = r.fresh ? PI_RETRY : -ENOMEM;
	while (ret == PI_RETRY) {
		ret = futex_pi_attempt(&r);
		if (ret == -EFAULT && !futex_fault_in(uaddr))
			ret = PI_RETRY;
		if (ret == PI_RETRY && signal_pending(current))
			ret = -ERESTARTNOINTR;
		if (ret == PI_RETRY && again)
			futex_pi_pause();
		again = true;
	}
	if (ret == PI_QUEUED)
		ret = futex_pi_wait(uaddr, &w, until, -ERESTARTNOINTR);
	kfree(r.fresh);
	futex_key_put(&r.key);
	return ret;
}

/* --- unlocking --- */

/* [pi_lock] 0, PI_RETRY, or an error, -EFAULT until faulted in. */
static int release(u32 __user *uaddr, const struct futex_key *k)
{
	struct pi_futex *f = find(k);
	struct pi_waiter *w = f ? top_waiter(f) : NULL;
	u32 v;
	int err;

	if (read_word(uaddr, &v))
		return -EFAULT;
	if ((v & FUTEX_TID_MASK) != (u32)task_pid(current))
		return -EPERM;
	if (!w || f->owner != current)
		return swap_word(uaddr, v, 0);
	err = swap_word(uaddr, v, (u32)task_pid(w->task) | FUTEX_WAITERS);
	if (!err)
		hand_over(f, w, false);
	return err;
}

long futex_unlock_pi(u32 __user *uaddr, bool shared)
{
	struct futex_key key;
	long ret = futex_key_get(uaddr, shared, true, &key);

	if (ret)
		return ret;
	do {
		spin_lock(&pi_lock);
		ret = release(uaddr, &key);
		spin_unlock(&pi_lock);
		if (ret == -EFAULT && !futex_fault_in(uaddr))
			ret = PI_RETRY;
	} while (ret == PI_RETRY && !fatal_signal_pending(current));
	futex_key_put(&key);
	return ret == PI_RETRY ? -EINTR : ret;
}

void futex_pi_exit(struct task *t)
{
	struct pi_futex *f;

	/*
	 * PF_EXITING before this look: who takes the lock later sees it, who has it
	 * now may have found us alive.
	 */
	smp_mb();
	if (list_empty(&t->pi_owned) && !spin_is_locked(&pi_lock))
		return;
	spin_lock(&pi_lock);
	while ((f = list_first_entry_or_null(&t->pi_owned, struct pi_futex,
					     owned))) {
		if (top_waiter(f))
			hand_over(f, top_waiter(f), true);
		else
			drop(f);
	}
	spin_unlock(&pi_lock);
}
