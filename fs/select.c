/*
 * Waiting for several files: poll, ppoll, select, pselect6.
 *
 * Each file's poll method registers one wait entry per queue; an entry's wake
 * function marks the call as triggered and wakes the task. After the first pass
 * nothing is registered again, only asked.
 */
#include <asm/uaccess.h>
#include <linnet/cred.h>
#include <linnet/errno.h>
#include <linnet/fdtable.h>
#include <linnet/hrtimer.h>
#include <linnet/poll.h>
#include <linnet/slab.h>
#include <linnet/string.h>
#include <linnet/syscalls.h>
#include <linnet/task.h>
#include <linux/resource.h>

struct poll_entry {
	struct wait_entry wait;
	struct wait_queue *queue;
	struct file *file; /* referenced: its queue must stay */
	u64 key;	   /* events of interest */
	struct poll_wait_state *state;
};

enum { INLINE_ENTRIES = 8, BLOCK_ENTRIES = 40 };

struct entry_block {
	struct entry_block *next;
	u32 used;
	struct poll_entry entries[BLOCK_ENTRIES];
};

/* One call's registrations. */
struct poll_wait_state {
	struct poll_table pt;
	struct task *task;
	bool triggered;
	int err;
	u32 nr_inline;
	struct poll_entry inline_entries[INLINE_ENTRIES];
	struct entry_block *blocks;
};

static bool poll_wake(struct wait_entry *w, u32 mode, u64 key)
{
	struct poll_entry *e = container_of(w, struct poll_entry, wait);

	if (key && !(key & e->key))
		return false;
	WRITE_ONCE(e->state->triggered, true);
	smp_mb(); /* pairs with set_current_state() in wait_for_events() */
	return try_to_wake_up(w->task, mode);
}

static struct poll_entry *entry_alloc(struct poll_wait_state *s)
{
	struct entry_block *b = s->blocks;

	if (s->nr_inline < INLINE_ENTRIES)
		return &s->inline_entries[s->nr_inline++];
	if (!b || b->used == BLOCK_ENTRIES) {
		b = kmalloc(sizeof(*b), GFP_KERNEL);
		if (!b)
			return NULL;
		b->next = s->blocks;
		b->used = 0;
		s->blocks = b;
	}
	return &b->entries[b->used++];
}

static void poll_register(struct file *f, struct wait_queue *q,
			  struct poll_table *pt)
{
	struct poll_wait_state *s = container_of(pt, struct poll_wait_state, pt);
	struct poll_entry *e = entry_alloc(s);

	if (!e) {
		s->err = -ENOMEM;
		return;
	}
	e->queue = q;
	e->file = get_file(f);
	e->key = pt->key;
	e->state = s;
	e->wait = (struct wait_entry){.task = s->task, .func = poll_wake};
	list_init(&e->wait.node);
	wait_add(q, &e->wait);
}

static void state_init(struct poll_wait_state *s)
{
	s->pt.queue = poll_register;
	s->pt.key = ~0u;
	s->task = current;
	s->triggered = false;
	s->err = 0;
	s->nr_inline = 0;
	s->blocks = NULL;
}

static void entry_free(struct poll_entry *e)
{
	wait_remove(e->queue, &e->wait);
	fput(e->file);
}

static void state_free(struct poll_wait_state *s)
{
	struct entry_block *b;

	for (u32 i = 0; i < s->nr_inline; i++)
		entry_free(&s->inline_entries[i]);
	while ((b = s->blocks)) {
		s->blocks = b->next;
		for (u32 i = 0; i < b->used; i++)
			entry_free(&b->entries[i]);
		kfree(b);
	}
}

/* Sleep until something triggers: true if @expires passed. */
static bool wait_for_events(struct poll_wait_state *s, ktime_t expires)
{
	bool timed_out = false;

	current->wchan = "do_poll";
	set_current_state(TASK_INTERRUPTIBLE);
	if (!READ_ONCE(s->triggered))
		timed_out = schedule_timeout_at(expires);
	__set_current_state(TASK_RUNNING);
	current->wchan = NULL;
	WRITE_ONCE(s->triggered, false);
	return timed_out;
}

/* @scan returns how many files are ready, or an error. */
static long poll_loop(struct poll_wait_state *s, ktime_t expires,
		      int (*scan)(struct poll_wait_state *s, void *arg),
		      void *arg)
{
	bool timed_out = expires == 0;
	int n;

	if (timed_out)
		s->pt.queue = NULL;
	for (;;) {
		n = scan(s, arg);
		s->pt.queue = NULL;
		if (n || timed_out)
			return n;
		if (s->err)
			return s->err;
		if (signal_pending(current))
			return -ERESTARTNOHAND;
		timed_out = wait_for_events(s, expires);
	}
}

/* Relative time to an absolute one; 0 means: do not wait. */
static ktime_t deadline(const struct __kernel_timespec *ts)
{
	ktime_t t = timespec_to_ktime(ts);

	return t ? ktime_add_safe(ktime_get(), t) : 0;
}

/* What is left, for the caller's timespec. Errors are ignored, as Linux does:
 * the result matters more. */
static void put_remaining(ktime_t expires, struct __kernel_timespec __user *u)
{
	struct __kernel_timespec ts = {0, 0};

	if (!u || expires == KTIME_MAX)
		return;
	if (expires)
		ts = ktime_to_timespec(max(expires - ktime_get(), (ktime_t)0));
	if (put_timespec(&ts, u))
		return;
}

/* --- poll --- */

struct poll_args {
	struct pollfd *fds;
	u32 n;
};

static int scan_pollfds(struct poll_wait_state *s, void *arg)
{
	struct poll_args *a = arg;
	int ready = 0;

	for (u32 i = 0; i < a->n; i++) {
		struct pollfd *p = &a->fds[i];
		u32 want = (u16)p->events | EPOLLERR | EPOLLHUP, got = EPOLLNVAL;
		struct fd f;

		p->revents = 0;
		if (p->fd < 0)
			continue;
		f = fdget((u32)p->fd);
		if (f.file) {
			s->pt.key = want;
			got = vfs_poll(f.file, &s->pt) & want;
			fdput(f);
		}
		p->revents = (short)got;
		if (got) {
			ready++;
			s->pt.queue = NULL; /* we won't sleep */
		}
	}
	return ready;
}

static long do_poll(struct pollfd __user *ufds, u32 n, ktime_t expires)
{
	struct pollfd fast[16], *fds = fast;
	struct poll_wait_state s;
	struct poll_args a;
	long ret;

	if (n > rlimit(RLIMIT_NOFILE))
		return -EINVAL;
	if (n > ARRAY_SIZE(fast)) {
		fds = kvmalloc(n * sizeof(*fds), GFP_KERNEL);
		if (!fds)
			return -ENOMEM;
	}
	ret = -EFAULT;
	if (copy_from_user(fds, ufds, n * sizeof(*fds)))
		goto out;
	a = (struct poll_args){fds, n};
	state_init(&s);
	ret = poll_loop(&s, expires, scan_pollfds, &a);
	state_free(&s);
	for (u32 i = 0; ret >= 0 && i < n; i++)
		if (put_user(fds[i].revents, &ufds[i].revents))
			ret = -EFAULT;
out:
	if (fds != fast)
		kvfree(fds);
	return ret;
}

SYSCALL_DEFINE5(ppoll, struct pollfd __user *, ufds, u32, n,
		struct __kernel_timespec __user *, uts,
		const sigset_t __user *, sigmask, size_t, size)
{
	struct __kernel_timespec ts;
	ktime_t expires = KTIME_MAX;
	long ret;

	if (uts) {
		ret = get_timespec(&ts, uts);
		if (ret)
			return ret;
		expires = deadline(&ts);
	}
	ret = set_user_sigmask(sigmask, size);
	if (ret)
		return ret;
	ret = do_poll(ufds, n, expires);
	restore_saved_sigmask_unless(ret == -ERESTARTNOHAND);
	put_remaining(expires, uts);
	return ret;
}

/* --- select --- */

enum { SET_IN, SET_OUT, SET_EX, NR_SETS };
#define POLL_IN_SET  (EPOLLRDNORM | EPOLLRDBAND | EPOLLIN | EPOLLHUP | EPOLLERR)
#define POLL_OUT_SET (EPOLLWRBAND | EPOLLWRNORM | EPOLLOUT | EPOLLERR)
#define POLL_EX_SET  (EPOLLPRI)

struct select_args {
	u64 *want[NR_SETS], *got[NR_SETS];
	u32 n;
};

/* The descriptors of one word of the sets; how many times one is ready. */
static int scan_word(struct poll_wait_state *s, struct select_args *a, u32 w)
{
	u64 in = a->want[SET_IN][w], out = a->want[SET_OUT][w], ex = a->want[SET_EX][w];
	u64 all = in | out | ex;
	int ready = 0;

	for (; all; all &= all - 1) {
		u64 bit = all & -all;
		struct fd f = fdget(w * 64 + (u32)__builtin_ctzl(all));
		u32 events;

		if (!f.file)
			return -EBADF;
		s->pt.key = EPOLLERR | EPOLLHUP | (in & bit ? POLL_IN_SET : 0) |
			    (out & bit ? POLL_OUT_SET : 0) |
			    (ex & bit ? POLL_EX_SET : 0);
		events = vfs_poll(f.file, &s->pt);
		fdput(f);
		if (!(events & (POLL_IN_SET | POLL_OUT_SET | POLL_EX_SET)))
			continue;
		if (in & bit && events & POLL_IN_SET) {
			a->got[SET_IN][w] |= bit;
			ready++;
		}
		if (out & bit && events & POLL_OUT_SET) {
			a->got[SET_OUT][w] |= bit;
			ready++;
		}
		if (ex & bit && events & POLL_EX_SET) {
			a->got[SET_EX][w] |= bit;
			ready++;
		}
		if (ready)
			s->pt.queue = NULL; /* we won't sleep */
	}
	return ready;
}

/* do_select() has cut the sets to a->n bits. */
static int scan_sets(struct poll_wait_state *s, void *arg)
{
	struct select_args *a = arg;
	int ready = 0;

	for (u32 w = 0; w < DIV_ROUND_UP(a->n, 64); w++) {
		int r = scan_word(s, a, w);

		if (r < 0)
			return r;
		ready += r;
	}
	return ready;
}

static int get_set(u64 *dst, const u64 __user *src, u32 words)
{
	if (!src) {
		memset(dst, 0, words * 8);
		return 0;
	}
	return copy_from_user(dst, src, words * 8);
}

static long do_select(int n, u64 __user *usets[NR_SETS], ktime_t expires)
{
	u64 fast[6 * 4], *bits = fast;
	struct poll_wait_state s;
	struct select_args a;
	u32 words, max = READ_ONCE(current->files->fdt)->max;
	long ret = -EFAULT;

	if (n < 0)
		return -EINVAL;
	a.n = min((u32)n, max);
	words = DIV_ROUND_UP(a.n, 64);
	if (words > 4) {
		bits = kcalloc(6 * words, 8, GFP_KERNEL);
		if (!bits)
			return -ENOMEM;
	}
	for (u32 k = 0; k < NR_SETS; k++) {
		a.want[k] = bits + k * words;
		a.got[k] = bits + (NR_SETS + k) * words;
		memset(a.got[k], 0, words * 8);
		if (get_set(a.want[k], usets[k], words))
			goto out;
		if (a.n % 64)
			a.want[k][words - 1] &= (1ul << a.n % 64) - 1;
	}
	state_init(&s);
	ret = poll_loop(&s, expires, scan_sets, &a);
	state_free(&s);
	for (u32 k = 0; k < NR_SETS && ret >= 0; k++)
		if (usets[k] && copy_to_user(usets[k], a.got[k], words * 8))
			ret = -EFAULT;
out:
	if (bits != fast)
		kfree(bits);
	return ret;
}

/* The sixth argument: mask and its size. */
struct sigset_argpack {
	const sigset_t __user *mask;
	size_t size;
};

SYSCALL_DEFINE6(pselect6, int, n, u64 __user *, in, u64 __user *, out,
		u64 __user *, ex, struct __kernel_timespec __user *, uts,
		const struct sigset_argpack __user *, usig)
{
	u64 __user *sets[NR_SETS] = {in, out, ex};
	struct sigset_argpack sig = {NULL, 0};
	ktime_t expires = KTIME_MAX;
	struct __kernel_timespec ts;
	long ret;

	if (usig && copy_from_user(&sig, usig, sizeof(sig)))
		return -EFAULT;
	if (uts) {
		ret = get_timespec(&ts, uts);
		if (ret)
			return ret;
		expires = deadline(&ts);
	}
	ret = set_user_sigmask(sig.mask, sig.size);
	if (ret)
		return ret;
	ret = do_select(n, sets, expires);
	restore_saved_sigmask_unless(ret == -ERESTARTNOHAND);
	put_remaining(expires, uts);
	return ret;
}
