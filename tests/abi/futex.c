/* Futexes: wait, wake, requeue, bitsets, robust lists, priority inheritance. */
#include "abi.h"

#include <limits.h>
#include <linux/futex.h>
#include <stddef.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <sys/syscall.h>

#ifndef FUTEX_LOCK_PI2
#define FUTEX_LOCK_PI2 13
#endif

static uint32_t *word;		/* shared memory, a page of words */

static void init_words(void)
{
	word = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
}

static long futex(void *at, int op, unsigned val, void *timeout, void *at2,
		  unsigned val3)
{
	return syscall(SYS_futex, at, op, val, timeout, at2, val3);
}

static void nothing(int signo)
{
	(void)signo;
}

/* A child that waits on word[at]; exits with 0 if woken, 1 on timeout. */
static pid_t waiter(int at, unsigned bitset)
{
	unsigned value = word[at];
	pid_t pid;

	CHILD(pid) {
		if (futex(&word[at], FUTEX_WAIT_BITSET, value, NULL, NULL,
			  bitset))
			_exit(errno);
	}
	abi_wait_state(pid, 'S');
	return pid;
}

CASE("wait and wake: errors")
{
	struct timespec t = { 0, 1000000000 };

	init_words();
	ERR(futex(BAD_PTR, FUTEX_WAIT, 0, NULL, NULL, 0), EFAULT);
	ERR(futex(KERNEL_PTR, FUTEX_WAIT, 0, NULL, NULL, 0), EFAULT);
	ERR(futex((char *)word + 1, FUTEX_WAIT, 0, NULL, NULL, 0), EINVAL);
	ERR(futex(word, FUTEX_WAIT, 1, NULL, NULL, 0), EAGAIN);
	ERR(futex(word, FUTEX_WAIT, 0, &t, NULL, 0), EINVAL);
	ERR(futex(word, FUTEX_WAIT, 0, BAD_PTR, NULL, 0), EFAULT);
	ERR(futex(word, FUTEX_WAIT_BITSET, 0, NULL, NULL, 0), EINVAL);
	ERR(futex(word, FUTEX_WAKE_BITSET, 1, NULL, NULL, 0), EINVAL);
	ERR(futex(word, 77, 0, NULL, NULL, 0), ENOSYS);
	ERR(futex(word, FUTEX_FD, 0, NULL, NULL, 0), ENOSYS);
	ERR(futex(word, FUTEX_WAKE | FUTEX_CLOCK_REALTIME, 1, NULL, NULL, 0),
	    ENOSYS);
	EQ(futex(word, FUTEX_WAKE, 1, NULL, NULL, 0), 0);
	EQ(futex(word, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, 1, NULL, NULL, 0), 0);
	ERR(futex((char *)word + 2, FUTEX_WAKE, 1, NULL, NULL, 0), EINVAL);
	t = (struct timespec){ 0, 2000000 };
	ERR(futex(word, FUTEX_WAIT, 0, &t, NULL, 0), ETIMEDOUT);
	t = (struct timespec){ 0, 0 };
	ERR(futex(word, FUTEX_WAIT, 0, &t, NULL, 0), ETIMEDOUT);
	/* absolute, on either clock */
	t = (struct timespec){ 1, 0 };
	ERR(futex(word, FUTEX_WAIT_BITSET, 0, &t, NULL, ~0U), ETIMEDOUT);
	ERR(futex(word, FUTEX_WAIT_BITSET | FUTEX_CLOCK_REALTIME, 0, &t, NULL,
		  ~0U), ETIMEDOUT);
	int64_t at = abi_now(CLOCK_REALTIME) + 3000000;
	t = (struct timespec){ at / 1000000000, at % 1000000000 };
	ERR(futex(word, FUTEX_WAIT_BITSET | FUTEX_CLOCK_REALTIME, 0, &t, NULL,
		  ~0U), ETIMEDOUT);
	CHECK(abi_now(CLOCK_REALTIME) >= at);
	ERR(syscall(SYS_set_robust_list, word, 23), EINVAL);
	EQ(syscall(SYS_set_robust_list, word, 24), 0);
}

CASE("wake: count, order, bitsets")
{
	pid_t a, b, c;

	init_words();
	a = waiter(0, 1);
	b = waiter(0, 2);
	c = waiter(0, 3);
	EQ(futex(word, FUTEX_WAKE_BITSET, 1, NULL, NULL, 2), 1);
	EQ(abi_exit_code(b), 0);
	EQ(futex(word, FUTEX_WAKE_BITSET, 9, NULL, NULL, 4), 0);
	EQ(futex(word, FUTEX_WAKE, 1, NULL, NULL, 0), 1);
	EQ(abi_exit_code(a), 0);
	EQ(futex(word, FUTEX_WAKE, INT32_MAX, NULL, NULL, 0), 1);
	EQ(abi_exit_code(c), 0);
	/* private and shared names do not meet */
	a = waiter(0, ~0U);
	EQ(futex(word, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, 1, NULL, NULL, 0), 0);
	EQ(futex(word, FUTEX_WAKE, 1, NULL, NULL, 0), 1);
	EQ(abi_exit_code(a), 0);
}

CASE("signals: EINTR or restart")
{
	struct abi_gate g;
	pid_t pid;

	init_words();
	gate_init(&g);
	CHILD(pid) {
		struct timespec t = { 100, 0 };

		abi_on(SIGUSR1, nothing, 0);
		abi_on(SIGUSR2, nothing, SA_RESTART);
		gate_open(&g);
		ERR(futex(word, FUTEX_WAIT, 0, NULL, NULL, 0), EINTR);
		gate_open(&g);
		EQ(futex(word, FUTEX_WAIT, 0, NULL, NULL, 0), 0);
		gate_open(&g);
		ERR(futex(word, FUTEX_WAIT, 0, &t, NULL, 0), EINTR);
	}
	gate_wait(&g);
	abi_wait_state(pid, 'S');
	kill(pid, SIGUSR1);
	gate_wait(&g);
	abi_wait_state(pid, 'S');
	kill(pid, SIGUSR2);
	abi_wait_state(pid, 'S');
	while (futex(word, FUTEX_WAKE, 1, NULL, NULL, 0) != 1)
		sched_yield();
	gate_wait(&g);
	abi_wait_state(pid, 'S');
	kill(pid, SIGUSR2);	/* with a timeout: no restart from the start */
	EQ(abi_exit_code(pid), 0);
}

CASE("requeue and compare-requeue")
{
	pid_t p[4];

	init_words();
	for (int i = 0; i < 4; i++)
		p[i] = waiter(0, ~0U);
	ERR(futex(word, FUTEX_CMP_REQUEUE, 1, (void *)1, &word[1], 5), EAGAIN);
	ERR(futex(word, FUTEX_CMP_REQUEUE, -1, (void *)1, &word[1], 0), EINVAL);
	ERR(futex(word, FUTEX_CMP_REQUEUE, 1, (void *)-1, &word[1], 0), EINVAL);
	EQ(futex(word, FUTEX_CMP_REQUEUE, 1, (void *)2, &word[1], 0), 3);
	EQ(abi_exit_code(p[0]), 0);
	EQ(futex(&word[1], FUTEX_WAKE, 9, NULL, NULL, 0), 2);
	EQ(abi_exit_code(p[1]), 0);
	EQ(abi_exit_code(p[2]), 0);
	EQ(futex(word, FUTEX_REQUEUE, 0, (void *)9, &word[1], 0), 1);
	EQ(futex(word, FUTEX_WAKE, 9, NULL, NULL, 0), 0);
	EQ(futex(&word[1], FUTEX_WAKE, 9, NULL, NULL, 0), 1);
	EQ(abi_exit_code(p[3]), 0);
}

#define OP(op, arg, cmp, cmparg)                                             \
	((op) << 28 | (cmp) << 24 | ((arg) & 0xfff) << 12 | ((cmparg) & 0xfff))

CASE("FUTEX_WAKE_OP: operations and comparisons")
{
	pid_t a, b;

	init_words();
	word[1] = 5;
	a = waiter(0, ~0U);
	b = waiter(1, ~0U);
	/* add 3; wake on word 1 too if it was 5 */
	EQ(futex(word, FUTEX_WAKE_OP, 1, (void *)1, &word[1],
		 OP(FUTEX_OP_ADD, 3, FUTEX_OP_CMP_EQ, 5)), 2);
	EQ(word[1], 8);
	EQ(abi_exit_code(a), 0);
	EQ(abi_exit_code(b), 0);
	EQ(futex(word, FUTEX_WAKE_OP, 1, (void *)1, &word[1],
		 OP(FUTEX_OP_SET, 1, FUTEX_OP_CMP_LT, 0)), 0);
	EQ(word[1], 1);
	futex(word, FUTEX_WAKE_OP, 1, (void *)1, &word[1],
	      OP(FUTEX_OP_OR, 6, FUTEX_OP_CMP_NE, 0));
	EQ(word[1], 7);
	futex(word, FUTEX_WAKE_OP, 1, (void *)1, &word[1],
	      OP(FUTEX_OP_ANDN, 2, FUTEX_OP_CMP_NE, 0));
	EQ(word[1], 5);
	futex(word, FUTEX_WAKE_OP, 1, (void *)1, &word[1],
	      OP(FUTEX_OP_XOR, 1, FUTEX_OP_CMP_NE, 0));
	EQ(word[1], 4);
	futex(word, FUTEX_WAKE_OP, 1, (void *)1, &word[1],
	      OP(FUTEX_OP_OR | 8, 5, FUTEX_OP_CMP_NE, 0));	/* 1 << 5 */
	EQ(word[1], 36);
	ERR(futex(word, FUTEX_WAKE_OP, 1, (void *)1, &word[1],
		  OP(6, 1, FUTEX_OP_CMP_NE, 0)), ENOSYS);
	ERR(futex(word, FUTEX_WAKE_OP, 1, (void *)1, BAD_PTR,
		  OP(FUTEX_OP_SET, 1, 0, 0)), EFAULT);
}

CASE("a file mapped twice is one futex; CLEARTID wakes")
{
	int fd = memfd_create("m", 0);
	uint32_t *a, *b;
	pid_t pid;

	init_words();
	ftruncate(fd, PAGE);
	a = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	b = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	CHILD(pid) {
		EQ(futex(&a[3], FUTEX_WAIT, 0, NULL, NULL, 0), 0);
	}
	abi_wait_state(pid, 'S');
	EQ(futex(&b[3], FUTEX_WAKE, 1, NULL, NULL, 0), 1);
	EQ(abi_exit_code(pid), 0);
}

struct robust {
	struct robust_list list;
	uint32_t lock;
};

CASE("robust lists: a dead owner's words are marked and one waiter woken")
{
	struct robust_list_head *head;
	struct robust *one;
	size_t len = 0;
	void *got = NULL;
	pid_t pid, w;

	init_words();
	one = (void *)&word[16];
	CHILD(pid) {
		head = (void *)&word[64];
		head->list.next = &one[0].list;
		one[0].list.next = &one[1].list;
		one[1].list.next = (void *)&head->list;
		head->futex_offset = offsetof(struct robust, lock);
		head->list_op_pending = &one[2].list;
		one[0].lock = (uint32_t)getpid() | FUTEX_WAITERS;
		one[1].lock = 12345;	/* somebody else's */
		one[2].lock = (uint32_t)getpid();
		syscall(SYS_set_robust_list, head, sizeof(*head));
		OK(syscall(SYS_get_robust_list, 0, &got, &len));
		CHECK(got == head);
		EQ(len, 24);
		raise(SIGSTOP);
	}
	waitpid(pid, NULL, WUNTRACED);
	CHILD(w) {
		EQ(futex(&one[0].lock, FUTEX_WAIT, one[0].lock, NULL, NULL, 0),
		   0);
	}
	abi_wait_state(w, 'S');
	kill(pid, SIGKILL);
	abi_reap(pid);
	EQ(abi_exit_code(w), 0);
	EQ(one[0].lock, FUTEX_OWNER_DIED | FUTEX_WAITERS);
	EQ(one[1].lock, 12345);
	EQ(one[2].lock, FUTEX_OWNER_DIED);
	ERR(syscall(SYS_get_robust_list, 999999, &got, &len), ESRCH);
}
CASE("PI: lock, trylock, unlock, errors")
{
	struct timespec past = { 1, 0 };
	pid_t pid;

	init_words();
	EQ(futex(word, FUTEX_LOCK_PI, 0, NULL, NULL, 0), 0);
	EQ(word[0], getpid());
	ERR(futex(word, FUTEX_LOCK_PI, 0, NULL, NULL, 0), EDEADLK);
	ERR(futex(word, FUTEX_TRYLOCK_PI, 0, NULL, NULL, 0), EDEADLK);
	CHILD(pid) {
		ERR(futex(word, FUTEX_TRYLOCK_PI, 0, NULL, NULL, 0), EAGAIN);
		ERR(futex(word, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0), EPERM);
		ERR(futex(word, FUTEX_LOCK_PI, 0, &past, NULL, 0), ETIMEDOUT);
		ERR(futex(word, FUTEX_LOCK_PI2, 0, &past, NULL, 0), ETIMEDOUT);
	}
	EQ(abi_exit_code(pid), 0);
	EQ(word[0] & FUTEX_TID_MASK, getpid());
	EQ(futex(word, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0), 0);
	EQ(word[0], 0);
	ERR(futex(word, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0), EPERM);
	word[0] = 999999;	/* an owner that does not exist */
	ERR(futex(word, FUTEX_LOCK_PI, 0, NULL, NULL, 0), ESRCH);
	ERR(futex(BAD_PTR, FUTEX_LOCK_PI, 0, NULL, NULL, 0), EFAULT);
	ERR(futex((char *)word + 1, FUTEX_LOCK_PI, 0, NULL, NULL, 0), EINVAL);
	EQ(futex(&word[3], FUTEX_TRYLOCK_PI, 0, NULL, NULL, 0), 0);
	EQ(word[3], getpid());
}

CASE("PI: the lock is handed over, waiters are marked")
{
	struct abi_gate g;
	pid_t a, b;

	init_words();
	gate_init(&g);
	EQ(futex(word, FUTEX_LOCK_PI, 0, NULL, NULL, 0), 0);
	CHILD(a) {
		EQ(futex(word, FUTEX_LOCK_PI, 0, NULL, NULL, 0), 0);
		EQ(word[0] & FUTEX_TID_MASK, getpid());
		gate_wait(&g);
		EQ(futex(word, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0), 0);
	}
	abi_wait_state(a, 'S');
	EQ(word[0], (uint32_t)getpid() | FUTEX_WAITERS);
	CHILD(b) {
		EQ(futex(word, FUTEX_LOCK_PI, 0, NULL, NULL, 0), 0);
		EQ(word[0], (uint32_t)getpid() | FUTEX_WAITERS);
		EQ(futex(word, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0), 0);
	}
	abi_wait_state(b, 'S');
	EQ(futex(word, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0), 0);
	EQ(word[0], (uint32_t)a | FUTEX_WAITERS);
	gate_open(&g);
	EQ(abi_exit_code(a), 0);
	EQ(abi_exit_code(b), 0);
	EQ(word[0], 0);
}

CASE("PI: the owner dies")
{
	pid_t a, b;

	init_words();
	CHILD(a) {
		EQ(futex(word, FUTEX_LOCK_PI, 0, NULL, NULL, 0), 0);
		raise(SIGSTOP);
	}
	waitpid(a, NULL, WUNTRACED);
	CHILD(b) {
		EQ(futex(word, FUTEX_LOCK_PI, 0, NULL, NULL, 0), 0);
		EQ(word[0], (uint32_t)getpid() | FUTEX_OWNER_DIED |
		   FUTEX_WAITERS);
	}
	abi_wait_state(b, 'S');
	kill(a, SIGKILL);
	abi_reap(a);
	EQ(abi_exit_code(b), 0);
}

static int priority_of(pid_t pid)
{
	char path[40], *text;
	int prio = 999;

	sprintf(path, "/proc/%d/stat", pid);
	text = abi_read(path);
	sscanf(strrchr(text, ')') + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u"
	       " %*u %*u %*u %*u %*d %*d %d", &prio);
	return prio;
}

CASE("PI: the owner inherits its waiter's priority, along a chain")
{
	struct sched_param p = { .sched_priority = 20 };
	pid_t a, b, c;

	init_words();
	CHILD(a) {
		EQ(futex(word, FUTEX_LOCK_PI, 0, NULL, NULL, 0), 0);
		raise(SIGSTOP);
	}
	waitpid(a, NULL, WUNTRACED);
	CHILD(b) {
		EQ(futex(&word[1], FUTEX_LOCK_PI, 0, NULL, NULL, 0), 0);
		EQ(futex(word, FUTEX_LOCK_PI, 0, NULL, NULL, 0), 0);
	}
	abi_wait_state(b, 'S');
	EQ(priority_of(a), 20);
	CHILD(c) {
		syscall(SYS_sched_setscheduler, 0, SCHED_FIFO, &p);
		EQ(futex(&word[1], FUTEX_LOCK_PI, 0, NULL, NULL, 0), 0);
	}
	abi_wait_state(c, 'S');
	EQ(priority_of(c), -21);
	EQ(priority_of(b), -21);
	EQ(priority_of(a), -21);
	p.sched_priority = 30;	/* also what it is given while it waits */
	OK(syscall(SYS_sched_setscheduler, c, SCHED_FIFO, &p));
	EQ(priority_of(b), -31);
	EQ(priority_of(a), -31);
	p.sched_priority = 20;
	OK(syscall(SYS_sched_setscheduler, c, SCHED_FIFO, &p));
	EQ(priority_of(a), -21);
	kill(c, SIGKILL);
	abi_reap(c);
	EQ(priority_of(b), 20);
	EQ(priority_of(a), 20);
	CHILD(c) {
		EQ(futex(&word[1], FUTEX_LOCK_PI, 0, NULL, NULL, 0), 0);
	}
	abi_wait_state(c, 'S');
	kill(a, SIGKILL);
	abi_reap(a);
	EQ(abi_exit_code(b), 0);
	EQ(abi_exit_code(c), 0);
}

/* word[2]: the condition; word[0]: the lock that comes with it. */
static long wait_cond(void *timeout)
{
	return futex(&word[2], FUTEX_WAIT_REQUEUE_PI, 0, timeout, word, 0);
}

static long requeue_pi(unsigned nr_wake, unsigned long nr, unsigned val)
{
	return futex(&word[2], FUTEX_CMP_REQUEUE_PI, nr_wake, (void *)nr, word,
		     val);
}

/* A child that waits for the condition; it holds the lock for a moment. */
static pid_t cond_waiter(struct abi_gate *g)
{
	pid_t pid;

	CHILD(pid) {
		EQ(wait_cond(NULL), 0);
		EQ(word[0] & FUTEX_TID_MASK, getpid());
		if (g)
			gate_wait(g);
		EQ(futex(word, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0), 0);
	}
	abi_wait_state(pid, 'S');
	return pid;
}

CASE("requeue to PI: errors")
{
	struct timespec past = { 1, 0 };
	pid_t pid;

	init_words();
	ERR(futex(word, FUTEX_WAIT_REQUEUE_PI, 0, NULL, word, 0), EINVAL);
	ERR(futex(&word[2], FUTEX_WAIT_REQUEUE_PI, 1, NULL, word, 0), EAGAIN);
	ERR(futex(BAD_PTR, FUTEX_WAIT_REQUEUE_PI, 0, NULL, word, 0), EFAULT);
	ERR(futex(&word[2], FUTEX_WAIT_REQUEUE_PI, 0, NULL, BAD_PTR, 0), EFAULT);
	ERR(wait_cond(&past), ETIMEDOUT);
	ERR(futex(word, FUTEX_CMP_REQUEUE_PI, 1, NULL, word, 0), EINVAL);
	ERR(requeue_pi(0, 1, 0), EINVAL);
	ERR(requeue_pi(2, 1, 0), EINVAL);
	ERR(requeue_pi(1, -1UL, 0), EINVAL);
	ERR(requeue_pi(1, 1, 7), EAGAIN);
	EQ(requeue_pi(1, 1, 0), 0);
	ERR(futex(&word[2], FUTEX_CMP_REQUEUE_PI, 1, NULL, BAD_PTR, 0), EFAULT);

	/* Who waits for a lock must be given one, and that one. */
	pid = cond_waiter(NULL);
	ERR(futex(&word[2], FUTEX_WAKE, 1, NULL, NULL, 0), EINVAL);
	ERR(futex(&word[2], FUTEX_REQUEUE, 1, NULL, word, 0), EINVAL);
	ERR(futex(&word[2], FUTEX_CMP_REQUEUE_PI, 1, NULL, &word[5], 0), EINVAL);
	EQ(requeue_pi(1, 0, 0), 1);
	EQ(abi_exit_code(pid), 0);
	/* Who does not cannot be. */
	pid = waiter(2, FUTEX_BITSET_MATCH_ANY);
	ERR(requeue_pi(1, 0, 0), EINVAL);
	EQ(futex(&word[2], FUTEX_WAKE, 1, NULL, NULL, 0), 1);
	EQ(abi_exit_code(pid), 0);
}

CASE("requeue to PI: the first gets the lock, the others queue for it")
{
	struct abi_gate g;
	pid_t a, b, c;

	init_words();
	gate_init(&g);
	a = cond_waiter(&g);
	b = cond_waiter(NULL);
	c = cond_waiter(NULL);
	EQ(requeue_pi(1, 1, 0), 2);
	EQ(word[0] & FUTEX_TID_MASK, a);
	EQ(!!(word[0] & FUTEX_WAITERS), 1);
	abi_wait_state(b, 'S');
	gate_open(&g);
	EQ(abi_exit_code(a), 0);
	EQ(abi_exit_code(b), 0);
	abi_wait_state(c, 'S');
	EQ(requeue_pi(1, INT_MAX, 0), 1);
	EQ(abi_exit_code(c), 0);
	EQ(word[0], 0);
}

CASE("requeue to PI: the lock is taken")
{
	struct timespec soon;
	pid_t a, b, c;

	init_words();
	abi_on(SIGUSR1, nothing, 0);
	EQ(futex(word, FUTEX_LOCK_PI, 0, NULL, NULL, 0), 0);
	a = cond_waiter(NULL);
	CHILD(b) {
		clock_gettime(CLOCK_MONOTONIC, &soon);
		soon.tv_sec += 2;
		ERR(wait_cond(&soon), ETIMEDOUT);
	}
	abi_wait_state(b, 'S');
	CHILD(c) ERR(wait_cond(NULL), EAGAIN);
	abi_wait_state(c, 'S');
	EQ(requeue_pi(1, INT_MAX, 0), 3);
	EQ(word[0], (uint32_t)getpid() | FUTEX_WAITERS);
	/* A signal or the time ends it for who is in the queue. */
	kill(c, SIGUSR1);
	EQ(abi_exit_code(c), 0);
	EQ(abi_exit_code(b), 0);
	abi_wait_state(a, 'S');
	EQ(futex(word, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0), 0);
	EQ(abi_exit_code(a), 0);
	EQ(word[0], 0);
}

CASE("requeue to PI: a signal before, and the priority afterwards")
{
	struct sched_param p = { .sched_priority = 20 };
	pid_t a, b;

	init_words();
	abi_on(SIGUSR1, nothing, 0);
	/* Before it is requeued the call begins again. */
	a = cond_waiter(NULL);
	kill(a, SIGUSR1);
	usleep(20000);
	abi_wait_state(a, 'S');
	EQ(requeue_pi(1, 0, 0), 1);
	EQ(abi_exit_code(a), 0);
	/* The owner inherits from one that was requeued. */
	CHILD(a) {
		EQ(futex(word, FUTEX_LOCK_PI, 0, NULL, NULL, 0), 0);
		raise(SIGSTOP);
		EQ(futex(word, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0), 0);
	}
	waitpid(a, NULL, WUNTRACED);
	CHILD(b) {
		syscall(SYS_sched_setscheduler, 0, SCHED_FIFO, &p);
		EQ(wait_cond(NULL), 0);
		EQ(futex(word, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0), 0);
	}
	abi_wait_state(b, 'S');
	EQ(priority_of(a), 20);
	EQ(requeue_pi(1, 0, 0), 1);
	EQ(priority_of(a), -21);
	kill(a, SIGCONT);
	EQ(abi_exit_code(a), 0);
	EQ(abi_exit_code(b), 0);
}

/* The lock goes to and fro meanwhile: it is handed over as somebody is queued. */
CASE("requeue to PI: many times, many waiters, beside others that lock")
{
	enum { WAITERS = 6, ROUNDS = 200, LOCKERS = 2 };
	pid_t pids[WAITERS], lockers[LOCKERS];
	int done = 0;

	init_words();
	for (int i = 0; i < WAITERS; i++)
		CHILD(pids[i])
			for (int k = 0; k < ROUNDS; k++) {
				EQ(wait_cond(NULL), 0);
				/* [word[0]] */
				word[4]++;
				EQ(futex(word, FUTEX_UNLOCK_PI, 0, NULL, NULL,
					 0), 0);
			}
	for (int i = 0; i < LOCKERS; i++)
		CHILD(lockers[i])
			while (!word[5]) {
				EQ(futex(word, FUTEX_LOCK_PI, 0, NULL, NULL, 0),
				   0);
				EQ(futex(word, FUTEX_UNLOCK_PI, 0, NULL, NULL,
					 0), 0);
			}
	while (done < WAITERS * ROUNDS) {
		long n = requeue_pi(1, done % 3, 0);

		CHECK(n >= 0);
		if (n <= 0)
			sched_yield();
		else
			done += n;
	}
	for (int i = 0; i < WAITERS; i++)
		EQ(abi_exit_code(pids[i]), 0);
	word[5] = 1;
	for (int i = 0; i < LOCKERS; i++)
		EQ(abi_exit_code(lockers[i]), 0);
	EQ(word[4], WAITERS * ROUNDS);
	EQ(word[0], 0);
}

CASE("robust lists: who dies after unlocking and before waking")
{
	struct robust_list_head *head;
	struct robust *one;
	pid_t pid, w;

	init_words();
	one = (void *)&word[16];
	one->lock = FUTEX_WAITERS | 1;
	CHILD(w) {
		EQ(futex(&one->lock, FUTEX_WAIT, FUTEX_WAITERS | 1, NULL, NULL, 0),
		   0);
	}
	abi_wait_state(w, 'S');
	CHILD(pid) {
		head = (void *)&word[64];
		head->list.next = (void *)&head->list;
		head->futex_offset = offsetof(struct robust, lock);
		head->list_op_pending = &one->list;
		OK(syscall(SYS_set_robust_list, head, sizeof(*head)));
		one->lock = 0;
	}
	abi_reap(pid);
	EQ(abi_exit_code(w), 0);
}

CASE("requeue of as many as there are, and to the same word")
{
	pid_t p[3];

	init_words();
	for (int i = 0; i < 3; i++)
		p[i] = waiter(0, ~0U);
	EQ(futex(word, FUTEX_REQUEUE, 0, (void *)INT_MAX, word, 0), 3);
	EQ(futex(word, FUTEX_REQUEUE, 1, (void *)INT_MAX, &word[1], 0), 3);
	EQ(abi_exit_code(p[0]), 0);
	EQ(futex(word, FUTEX_WAKE, 9, NULL, NULL, 0), 0);
	EQ(futex(&word[1], FUTEX_CMP_REQUEUE, INT_MAX, (void *)INT_MAX, word, 0),
	   2);
	EQ(abi_exit_code(p[1]), 0);
	EQ(abi_exit_code(p[2]), 0);
}

static atomic_int waiting_tid;

static void *waits_shared(void *at)
{
	waiting_tid = (int)syscall(SYS_gettid);
	return (void *)futex(at, FUTEX_WAIT, 7, NULL, NULL, 0);
}

CASE("a word of a private file mapping keeps its name when it is written")
{
	uint32_t *w, content = 7;
	pthread_t t;
	void *result;
	int fd;

	OK(fd = open("file", O_RDWR | O_CREAT, 0600));
	EQ(write(fd, &content, 4), 4);
	w = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	CHECK(w != MAP_FAILED);
	EQ(pthread_create(&t, NULL, waits_shared, w), 0);
	while (!waiting_tid)
		sched_yield();
	abi_wait_state(waiting_tid, 'S');
	*w = 8;
	EQ(futex(w, FUTEX_WAKE, 1, NULL, NULL, 0), 1);
	EQ(pthread_join(t, &result), 0);
	EQ((long)result, 0);
	/* Memory that nobody can change has no name to share. */
	w = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ERR(futex(w, FUTEX_WAIT, 1, NULL, NULL, 0), EFAULT);
	ERR(futex(w, FUTEX_WAKE, 1, NULL, NULL, 0), EFAULT);
	ERR(futex(w, FUTEX_LOCK_PI, 0, NULL, NULL, 0), EFAULT);
	ERR(futex(w, FUTEX_WAIT | FUTEX_PRIVATE_FLAG, 1, NULL, NULL, 0), EAGAIN);
}

/* A child that takes word[0], tells, and dies as its owner. */
static pid_t dying_owner(bool robust)
{
	static struct {
		struct robust_list_head head;
		struct robust_list lock;
	} list;
	pid_t pid;

	word[0] = word[1] = 0;
	CHILD(pid) {
		if (robust) {
			list.lock.next = &list.head.list;
			list.head.list.next = (void *)((long)&list.lock | 1);
			list.head.futex_offset = (long)word - (long)&list.lock;
			OK(syscall(SYS_set_robust_list, &list.head,
				   sizeof(list.head)));
		}
		atomic_store((_Atomic uint32_t *)&word[0], (uint32_t)getpid());
		atomic_store((_Atomic uint32_t *)&word[1], 1);
		_exit(0);
	}
	while (!atomic_load((_Atomic uint32_t *)&word[1]))
		sched_yield();
	return pid;
}

CASE("a lock that is wanted while its owner dies")
{
	init_words();
	for (int i = 0; i < 200; i++) {
		bool robust = i & 1;
		pid_t pid = dying_owner(robust);
		long r;

		for (volatile int spin = i * 10; spin > 0; spin--)
			;
		r = futex(word, FUTEX_LOCK_PI, 0, NULL, NULL, 0);
		if (r && robust)
			FAIL("lock: errno %d", errno);
		if (r)
			EQ(errno, ESRCH);
		else
			EQ(word[0] & FUTEX_TID_MASK, (uint32_t)getpid());
		if (!r)
			OK(futex(word, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0));
		abi_reap(pid);
	}
}
