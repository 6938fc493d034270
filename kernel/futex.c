/*
 * Futexes: waiting on a word of user memory.
 *
 * A futex is named by a key: (mm, address) for private ones, (mapping, page
 * index, offset) for those in shared memory, so that processes which map the
 * same page meet. Waiters hang in hash buckets. A waiter reads the word under
 * the bucket's lock, so a wake-up between the test and the sleep is not lost:
 *
 *     waiter: count; lock bucket; read word; queue; unlock; sleep
 *     waker:  change word (user); if the count is not 0:
 *             lock bucket; take waiters off; unlock; wake
 *
 * Locks: two buckets are locked in address order. A shared key holds a
 * reference on its page's inode while somebody waits.
 */
#include <asm/uaccess.h>
#include <linnet/errno.h>
#include <linnet/fs.h>
#include <linnet/cred.h>
#include <linnet/ptrace_access.h>
#include <linnet/futex.h>
#include <linnet/hrtimer.h>
#include <linnet/init.h>
#include <linnet/mm.h>
#include <linnet/page.h>
#include <linnet/printk.h>
#include <linnet/slab.h>
#include <linnet/syscalls.h>
#include <linnet/task.h>
#include <linnet/timekeeping.h>
#include <linux/futex.h>
#include "futex.h"

static struct futex_bucket *table;
static u32 table_bits;

struct futex_bucket *futex_bucket_of(const struct futex_key *k)
{
	u64 h = (k->object ^ k->index * 0x9e3779b97f4a7c15ul ^ k->offset) *
		0xff51afd7ed558ccdul;

	return &table[h >> (64 - table_bits)];
}

__no_canary int futex_key_get(u32 __user *uaddr, bool shared, bool write,
		  struct futex_key *k)
{
	u64 addr = (u64)uaddr;
	bool can_write = true;
	struct page *p;
	int err = 0;
	long n;

	*k = (struct futex_key){0};
	if (!IS_ALIGNED(addr, 4))
		return -EINVAL;
	if (!access_ok(uaddr, 4))
		return -EFAULT;
	k->offset = addr & ~PAGE_MASK;
	if (!shared) {
		k->object = (u64)current->mm;
		k->index = addr & PAGE_MASK;
		return 0;
	}
	k->offset |= 1;
	/*
	 * As for writing, even if only a name is wanted: a page of a private mapping
	 * must not get another one when it is written and so copied.
	 */
	n = get_user_pages(current->mm, addr & PAGE_MASK, 1, GUP_WRITE, &p);
	if (n == -EFAULT && !write) { /* read-only mappings may still be named */
		can_write = false;
		n = get_user_pages(current->mm, addr & PAGE_MASK, 1, 0, &p);
	}
	if (n != 1)
		return n < 0 ? (int)n : -EFAULT;
	lock_page(p);
	if (p->mapping) {
		k->inode = ihold(p->mapping->host);
		k->object = (u64)k->inode;
		k->index = p->index;
	} else if (can_write && page_test(p, PG_ANON)) {
		k->object = (u64)current->mm;
		k->index = addr & PAGE_MASK;
	} else {
		err = -EFAULT; /* truncated, or memory that nobody can change */
	}
	unlock_page(p);
	put_page(p);
	return err;
}

void futex_key_put(struct futex_key *k)
{
	if (k->inode)
		iput(k->inode);
	k->inode = NULL;
}

void futex_take_out(struct futex_waiter *w)
{
	list_del(&w->node);
	atomic_dec(&w->bucket->nr);
	smp_store_release(&w->bucket, NULL);
}

/* [bucket lock] */
static void wake_waiter(struct futex_waiter *w)
{
	struct task *t = task_get(w->task);

	futex_take_out(w);
	wake_up_process(t);
	task_put(t);
}

static int wake_key(const struct futex_key *k, int nr, u32 bitset)
{
	struct futex_bucket *b = futex_bucket_of(k);
	struct futex_waiter *w, *next;
	int woken = 0;

	/* The user's store before the count: pairs with will_wait(). */
	smp_mb();
	if (!atomic_read(&b->nr))
		return 0;
	spin_lock(&b->lock);
	list_for_each_entry_safe(w, next, &b->waiters, node) {
		if (!futex_key_equal(&w->key, k))
			continue;
		if (w->requeue) { /* it must not come back without its lock */
			woken = -EINVAL;
			break;
		}
		if (!(w->bitset & bitset))
			continue;
		wake_waiter(w);
		if (++woken >= nr)
			break;
	}
	spin_unlock(&b->lock);
	return woken;
}

static long futex_wake(u32 __user *uaddr, bool shared, int nr, u32 bitset)
{
	struct futex_key k;
	long ret;

	if (!bitset)
		return -EINVAL;
	ret = futex_key_get(uaddr, shared, false, &k);
	if (ret)
		return ret;
	ret = wake_key(&k, max(nr, 1), bitset);
	futex_key_put(&k);
	return ret;
}

/* For the kernel: CLONE_CHILD_CLEARTID. The word may be shared. */
void futex_wake_addr(u32 __user *uaddr)
{
	futex_wake(uaddr, false, 1, FUTEX_BITSET_MATCH_ANY);
	futex_wake(uaddr, true, 1, FUTEX_BITSET_MATCH_ANY);
}

/* --- waiting --- */

/*
 * Say so before the word is read: a waker that changes it afterwards sees the
 * count and takes the lock.
 */
static void will_wait(struct futex_bucket *b)
{
	atomic_inc(&b->nr);
	smp_mb(); /* pairs with wake_key() */
}

int futex_queue_if_equal(struct futex_waiter *w, u32 __user *uaddr, u32 val)
{
	struct futex_bucket *b = futex_bucket_of(&w->key);
	u32 cur;
	int err;

	will_wait(b);
	for (;;) {
		spin_lock(&b->lock);
		pagefault_disable();
		err = get_user(cur, uaddr);
		pagefault_enable();
		if (!err)
			break;
		spin_unlock(&b->lock);
		if (get_user(cur, uaddr)) { /* served, or really bad */
			atomic_dec(&b->nr);
			return -EFAULT;
		}
	}
	if (cur != val) {
		spin_unlock(&b->lock);
		atomic_dec(&b->nr);
		return -EAGAIN;
	}
	w->bucket = b;
	list_add_tail(&w->node, &b->waiters);
	/* Before the lock goes, so that a waker finds us asleep. */
	set_current_state(TASK_INTERRUPTIBLE);
	spin_unlock(&b->lock);
	return 0;
}

bool futex_unqueue(struct futex_waiter *w)
{
	struct futex_bucket *b;

	while ((b = smp_load_acquire(&w->bucket))) {
		spin_lock(&b->lock);
		if (w->bucket == b) {
			list_del(&w->node);
			atomic_dec(&b->nr);
			w->bucket = NULL;
			spin_unlock(&b->lock);
			return true;
		}
		spin_unlock(&b->lock); /* requeued meanwhile */
	}
	return false;
}

static long futex_wait(u32 __user *uaddr, bool shared, u32 val,
		       struct deadline until, u32 bitset);

static long futex_wait_restart(struct restart_block *rb)
{
	struct deadline until = {.at = rb->expires, .clock = (int)rb->arg[4]};

	return futex_wait((u32 __user *)rb->arg[0], rb->arg[1], (u32)rb->arg[2],
			  until, (u32)rb->arg[3]);
}

static long interrupted(u32 __user *uaddr, bool shared, u32 val,
			struct deadline until, u32 bitset)
{
	struct restart_block *rb = &current->restart;

	if (until.at == KTIME_MAX)
		return -ERESTARTSYS;
	rb->fn = futex_wait_restart;
	rb->expires = until.at;
	rb->arg[4] = (u64)until.clock;
	rb->arg[0] = (u64)uaddr;
	rb->arg[1] = shared;
	rb->arg[2] = val;
	rb->arg[3] = bitset;
	return -ERESTART_RESTARTBLOCK;
}

static long futex_wait(u32 __user *uaddr, bool shared, u32 val,
		       struct deadline until, u32 bitset)
{
	struct futex_waiter w = {.task = current, .bitset = bitset,
				 .node = LIST_HEAD_INIT(w.node)};
	bool timed_out;
	long ret;

	if (!bitset)
		return -EINVAL;
	for (;;) {
		ret = futex_key_get(uaddr, shared, false, &w.key);
		if (ret)
			return ret;
		ret = futex_queue_if_equal(&w, uaddr, val);
		if (ret) {
			futex_key_put(&w.key);
			return ret;
		}
		current->wchan = "futex_wait";
		timed_out = READ_ONCE(w.bucket) && schedule_timeout_until(until);
		current->wchan = NULL;
		__set_current_state(TASK_RUNNING);
		if (!futex_unqueue(&w)) {
			futex_key_put(&w.key);
			return 0;
		}
		futex_key_put(&w.key);
		if (timed_out)
			return -ETIMEDOUT;
		if (signal_pending(current))
			return interrupted(uaddr, shared, val, until, bitset);
		/* A wake-up that was not ours: sleep again. */
	}
}

/* --- requeue and wake-op --- */

static void lock_two(struct futex_bucket *a, struct futex_bucket *b)
{
	if (a > b)
		swap(a, b);
	spin_lock(&a->lock);
	if (a != b)
		spin_lock(&b->lock);
}

static void unlock_two(struct futex_bucket *a, struct futex_bucket *b)
{
	spin_unlock(&a->lock);
	if (a != b)
		spin_unlock(&b->lock);
}

static void requeue_waiter(struct futex_waiter *w, struct futex_bucket *to,
			   const struct futex_key *k)
{
	/* The waiter drops what its key refers to: count the new one. */
	struct inode *old = w->key.inode;

	if (k->inode)
		ihold(k->inode);
	w->key = *k;
	/* Else it stays where it is, or the walk of the list came to it again. */
	if (to != w->bucket)
		list_move_tail(&w->node, &to->waiters);
	atomic_dec(&w->bucket->nr);
	atomic_inc(&to->nr);
	smp_store_release(&w->bucket, to);
	if (old)
		atomic_dec(&old->refs); /* the caller's key holds it too */
}

/* Wake @nr_wake, move up to @nr_requeue to the second futex. */
static long futex_requeue(u32 __user *u1, u32 __user *u2, bool shared,
			  int nr_wake, int nr_requeue, const u32 *cmp)
{
	struct futex_bucket *b1, *b2;
	struct futex_waiter *w, *next;
	struct futex_key k1, k2;
	int done = 0, woken = 0;
	long ret;
	u32 cur;

	if (nr_wake < 0 || nr_requeue < 0)
		return -EINVAL;
	ret = futex_key_get(u1, shared, false, &k1);
	if (ret)
		return ret;
	ret = futex_key_get(u2, shared, false, &k2);
	if (ret)
		goto put_first;
	b1 = futex_bucket_of(&k1);
	b2 = futex_bucket_of(&k2);
	will_wait(b2); /* on behalf of those that are moved there */
	for (;;) {
		lock_two(b1, b2);
		if (!cmp)
			break;
		pagefault_disable();
		ret = get_user(cur, u1);
		pagefault_enable();
		if (!ret)
			break;
		unlock_two(b1, b2);
		ret = get_user(cur, u1);
		if (ret)
			goto put_both;
	}
	if (cmp && cur != *cmp) {
		unlock_two(b1, b2);
		ret = -EAGAIN;
		goto put_both;
	}
	list_for_each_entry_safe(w, next, &b1->waiters, node) {
		if (done - nr_wake >= nr_requeue) /* no overflow */
			break;
		if (!futex_key_equal(&w->key, &k1))
			continue;
		if (w->requeue) {
			done = -EINVAL;
			break;
		}
		if (woken < nr_wake) {
			wake_waiter(w);
			woken++;
		} else {
			requeue_waiter(w, b2, &k2);
		}
		done++;
	}
	unlock_two(b1, b2);
	ret = done;
put_both:
	atomic_dec(&b2->nr);
	futex_key_put(&k2);
put_first:
	futex_key_put(&k1);
	return ret;
}

/* Apply @op to the second word, then wake on the first and, if the old value
 * compares as told, on the second. */
static long futex_wake_op(u32 __user *u1, u32 __user *u2, bool shared, int nr1,
			  int nr2, u32 op)
{
	s32 oparg = (s32)(op << 8) >> 20, cmparg = (s32)(op << 20) >> 20;
	struct futex_key k1, k2;
	u32 old = 0;
	bool hit;
	long ret;

	if (op & (u32)FUTEX_OP_OPARG_SHIFT << 28)
		oparg = 1 << (oparg & 31);
	ret = futex_key_get(u1, shared, false, &k1);
	if (ret)
		return ret;
	ret = futex_key_get(u2, shared, true, &k2);
	if (ret)
		goto put_first;
	ret = futex_atomic_op(op >> 28 & 7, (u32)oparg, u2, &old);
	if (ret)
		goto put_both;
	switch (op >> 24 & 15) {
	case FUTEX_OP_CMP_EQ:
		hit = (s32)old == cmparg;
		break;
	case FUTEX_OP_CMP_NE:
		hit = (s32)old != cmparg;
		break;
	case FUTEX_OP_CMP_LT:
		hit = (s32)old < cmparg;
		break;
	case FUTEX_OP_CMP_GE:
		hit = (s32)old >= cmparg;
		break;
	case FUTEX_OP_CMP_LE:
		hit = (s32)old <= cmparg;
		break;
	case FUTEX_OP_CMP_GT:
		hit = (s32)old > cmparg;
		break;
	default:
		ret = -ENOSYS;
		goto put_both;
	}
	ret = wake_key(&k1, nr1, FUTEX_BITSET_MATCH_ANY);
	if (hit && ret >= 0) {
		int more = wake_key(&k2, nr2, FUTEX_BITSET_MATCH_ANY);

		ret = more < 0 ? more : ret + more;
	}
put_both:
	futex_key_put(&k2);
put_first:
	futex_key_put(&k1);
	return ret;
}

/* --- the call --- */

__no_canary static int get_timeout(const struct __kernel_timespec __user *u, int op,
		       struct deadline *until)
{
	struct __kernel_timespec ts;
	ktime_t t;
	int err;

	if (!u)
		return 0;
	err = get_timespec(&ts, u);
	if (err)
		return err;
	t = timespec_to_ktime(&ts);
	if ((op & FUTEX_CMD_MASK) == FUTEX_WAIT)
		t = ktime_add_safe(ktime_get(), t);
	else if (op & FUTEX_CLOCK_REALTIME)
		until->clock = CLOCK_REALTIME;
	until->at = t;
	return 0;
}

__no_canary long sys_futex(u64 uaddr, u64 op, u64 val, u64 timeout, u64 uaddr2, u64 val3);
SYSCALL_DEFINE6(futex, u32 __user *, uaddr, int, op, u32, val,
		const struct __kernel_timespec __user *, utime, u32 __user *,
		uaddr2, u32, val3)
{
	bool shared = !(op & FUTEX_PRIVATE_FLAG);
	int cmd = op & FUTEX_CMD_MASK, val2 = (int)(u64)utime, err;
	struct deadline until = deadline_at(KTIME_MAX);

	if (op & FUTEX_CLOCK_REALTIME && cmd != FUTEX_WAIT &&
	    cmd != FUTEX_WAIT_BITSET && cmd != FUTEX_LOCK_PI2 &&
	    cmd != FUTEX_WAIT_REQUEUE_PI)
		return -ENOSYS;
	switch (cmd) {
	case FUTEX_WAIT:
		val3 = FUTEX_BITSET_MATCH_ANY;
		__fallthrough;
	case FUTEX_WAIT_BITSET:
		err = get_timeout(utime, op, &until);
		return err ? err : futex_wait(uaddr, shared, val, until, val3);
	case FUTEX_WAKE:
		val3 = FUTEX_BITSET_MATCH_ANY;
		__fallthrough;
	case FUTEX_WAKE_BITSET:
		return futex_wake(uaddr, shared, (int)val, val3);
	case FUTEX_REQUEUE:
		return futex_requeue(uaddr, uaddr2, shared, (int)val, val2, NULL);
	case FUTEX_CMP_REQUEUE:
		return futex_requeue(uaddr, uaddr2, shared, (int)val, val2,
				     &val3);
	case FUTEX_WAKE_OP:
		return futex_wake_op(uaddr, uaddr2, shared, (int)val, val2, val3);
	case FUTEX_LOCK_PI:
		op |= FUTEX_CLOCK_REALTIME; /* always was on that clock */
		__fallthrough;
	case FUTEX_LOCK_PI2:
		err = get_timeout(utime, op, &until);
		return err ? err : futex_lock_pi(uaddr, shared, until, false);
	case FUTEX_TRYLOCK_PI:
		return futex_lock_pi(uaddr, shared, until, true);
	case FUTEX_UNLOCK_PI:
		return futex_unlock_pi(uaddr, shared);
	case FUTEX_WAIT_REQUEUE_PI:
		err = get_timeout(utime, op, &until);
		return err ? err : futex_wait_requeue_pi(uaddr, shared, val,
							 until, uaddr2);
	case FUTEX_CMP_REQUEUE_PI:
		return futex_requeue_pi(uaddr, uaddr2, shared, (int)val, val2,
					val3);
	default:
		return -ENOSYS;
	}
}

/* --- robust futexes --- */

SYSCALL_DEFINE2(set_robust_list, struct robust_list_head __user *, head, size_t,
		len)
{
	if (len != sizeof(*head))
		return -EINVAL;
	current->robust_list = head;
	current->robust_len = len;
	return 0;
}

SYSCALL_DEFINE3(get_robust_list, int, pid, void __user *__user *, uhead,
		size_t __user *, ulen)
{
	struct task *t = pid ? task_find_get(pid) : task_get(current);
	void __user *head;
	long err = 0;

	if (!t)
		return -ESRCH;
	if (!ptrace_may_access(t, PTRACE_MODE_READ_REALCREDS))
		err = -EPERM;
	head = t->robust_list;
	task_put(t);
	if (err)
		return err;
	if (put_user(sizeof(struct robust_list_head), ulen))
		return -EFAULT;
	return put_user((u64)head, (u64 __user *)uhead);
}

static void wake_one_of_any(u32 __user *uaddr)
{
	futex_wake(uaddr, true, 1, FUTEX_BITSET_MATCH_ANY);
	futex_wake(uaddr, false, 1, FUTEX_BITSET_MATCH_ANY);
}

/*
 * The owner died: mark the word and wake one waiter; of a PI futex, the next
 * owner is chosen by futex_pi_exit(). Bit 0 of @entry says which it is.
 * @pending: it was about to lock or unlock. If it had released the word it may not have
 * come to wake a waiter.
 */
static void handle_futex_death(u64 entry, s64 offset, bool pending)
{
	u32 __user *uaddr = (u32 __user *)((entry & ~1ul) + (u64)offset);
	u32 v, cur;

	if (!IS_ALIGNED((u64)uaddr, 4) || get_user(v, uaddr))
		return;
	if (pending && !(entry & 1) && !v) {
		wake_one_of_any(uaddr);
		return;
	}
	for (;;) {
		if ((v & FUTEX_TID_MASK) != (u32)task_pid(current))
			return;
		if (futex_cmpxchg(uaddr, v, (v & FUTEX_WAITERS) | FUTEX_OWNER_DIED,
				  &cur))
			return;
		if (cur == v)
			break;
		v = cur;
	}
	if (!(v & FUTEX_WAITERS) || entry & 1)
		return;
	wake_one_of_any(uaddr);
}

static void exit_robust_list(struct task *t)
{
	struct robust_list_head __user *head = t->robust_list;
	u64 entry, pending, next;
	s64 offset;

	if (!head || !t->mm)
		return;
	t->robust_list = NULL;
	if (get_user(entry, (u64 __user *)&head->list.next) ||
	    get_user(offset, (s64 __user *)&head->futex_offset) ||
	    get_user(pending, (u64 __user *)&head->list_op_pending))
		return;
	for (u32 n = 0; entry != (u64)&head->list && n < ROBUST_LIST_LIMIT; n++) {
		bool bad = get_user(next, (u64 __user *)(entry & ~1ul));

		if ((entry & ~1ul) != (pending & ~1ul))
			handle_futex_death(entry, offset, false);
		if (bad)
			return;
		entry = next;
		cond_resched();
	}
	if (pending & ~1ul)
		handle_futex_death(pending, offset, true);
}

void futex_exit_task(struct task *t)
{
	exit_robust_list(t);
	futex_pi_exit(t);
}

static int __init_text futex_init(void)
{
	table_bits = 4 + ilog2(max(nr_cpus, 1u) * 4);
	table = kvmalloc(sizeof(*table) << table_bits, GFP_KERNEL);
	if (!table)
		return -ENOMEM;
	for (u32 i = 0; i < 1u << table_bits; i++) {
		spin_init(&table[i].lock);
		table[i].nr = 0;
		list_init(&table[i].waiters);
	}
	return 0;
}
core_initcall(futex_init);
