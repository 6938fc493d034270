/*
 * CPU clocks: time used by a process or a thread, and sleeping on it.
 *
 * A negative clock id is ~pid << 3 | bits: bit 2 says "one thread", the two
 * low bits which time: 0 PROF (user and system), 1 VIRT (user), 2 SCHED (all);
 * here PROF and SCHED are the same, since the split adds up exactly.
 *
 * Anybody may read the clock of any process. Timers and sleeps are for the
 * clocks of one's own process only.
 */
#include <linnet/cpu_timers.h>
#include <linnet/errno.h>
#include <linnet/posix_timers.h>
#include <linnet/syscalls.h>
#include <linnet/task.h>

enum { CLOCK_WHICH = 3, WHICH_VIRT = 1, WHICH_SCHED = 2, CLOCK_PER_THREAD = 4 };

/* The two with a number of their own, as negative ids. */
static int cpu_clock_id(int id)
{
	if (id == CLOCK_PROCESS_CPUTIME_ID)
		return ~0 << 3 | WHICH_SCHED;
	if (id == CLOCK_THREAD_CPUTIME_ID)
		return ~0 << 3 | CLOCK_PER_THREAD | WHICH_SCHED;
	return id;
}

bool is_cpu_clock(int id)
{
	return cpu_clock_id(id) < 0;
}

/* Whose clock it is, referenced, or NULL. */
static struct task *clock_task(int id)
{
	pid_t nr = ~(id >> 3);
	struct task *t;

	if ((id & CLOCK_WHICH) == CLOCK_WHICH)
		return NULL;
	t = nr ? task_find_get(nr) : task_get(current);
	if (t && id & CLOCK_PER_THREAD && !same_thread_group(t, current)) {
		task_put(t);
		t = NULL;
	}
	return t;
}

int cpu_clock_now(int id, ktime_t *now)
{
	struct task *t;
	u64 ut, st;

	id = cpu_clock_id(id);
	t = clock_task(id);
	if (!t)
		return -EINVAL;
	if (id & CLOCK_PER_THREAD)
		task_cputime(t, &ut, &st);
	else
		thread_group_cputime(t, &ut, &st);
	*now = (ktime_t)((id & CLOCK_WHICH) == WHICH_VIRT ? ut : ut + st);
	task_put(t);
	return 0;
}

bool cpu_clock_is_fine(int id)
{
	return (cpu_clock_id(id) & CLOCK_WHICH) == WHICH_SCHED;
}

int cpu_timer_init(struct cpu_timer *ct, int id,
		   void (*fire)(struct cpu_timer *ct, u64 now))
{
	struct task *t;

	id = cpu_clock_id(id);
	t = clock_task(id);
	if (!t)
		return -EINVAL;
	if (!same_thread_group(t, current)) {
		task_put(t);
		return -EINVAL;
	}
	list_init(&ct->node);
	ct->fire = fire;
	ct->user = (id & CLOCK_WHICH) == WHICH_VIRT;
	ct->thread = NULL;
	if (id & CLOCK_PER_THREAD)
		ct->thread = t; /* keeps the reference */
	else
		task_put(t);
	return 0;
}

void cpu_timer_destroy(struct cpu_timer *ct)
{
	spin_lock_irq(&current->sighand->lock);
	cpu_timer_stop(ct);
	spin_unlock_irq(&current->sighand->lock);
	if (ct->thread)
		task_put(ct->thread);
}

/* --- sleeping --- */

struct cpu_sleep {
	struct cpu_timer timer;
	struct task *task;
	bool over; /* [sighand->lock] */
};

static void sleep_is_over(struct cpu_timer *ct, u64 now)
{
	struct cpu_sleep *s = container_of(ct, struct cpu_sleep, timer);

	(void)now;
	WRITE_ONCE(s->over, true);
	wake_up_process(s->task);
}

/* Start, wait; what is left of the time, ns. */
static u64 sleep_until_cpu(struct cpu_sleep *s, u64 expires)
{
	u64 now;

	spin_lock_irq(&current->sighand->lock);
	cpu_timer_start(&s->timer, expires);
	spin_unlock_irq(&current->sighand->lock);
	cpu_timers_go(current);
	for (;;) {
		set_current_state(TASK_INTERRUPTIBLE);
		if (READ_ONCE(s->over) || signal_pending(current))
			break;
		schedule();
	}
	__set_current_state(TASK_RUNNING);
	now = cpu_timer_now(&s->timer);
	return s->over || now >= expires ? 0 : expires - now;
}

static long cpu_sleep_restart(struct restart_block *rb);

static long do_cpu_sleep(int id, u64 expires, bool absolute,
			 struct __kernel_timespec __user *urem)
{
	struct restart_block *rb = &current->restart;
	struct cpu_sleep s = {.task = current};
	struct __kernel_timespec ts;
	int err = cpu_timer_init(&s.timer, id, sleep_is_over);
	u64 left;

	if (err)
		return err;
	left = cpu_timer_now(&s.timer) < expires ? sleep_until_cpu(&s, expires)
						 : 0;
	cpu_timer_destroy(&s.timer);
	if (!left)
		return 0;
	if (absolute)
		return -ERESTARTNOHAND;
	ts = ktime_to_timespec((ktime_t)left);
	if (urem && put_timespec(&ts, urem))
		return -EFAULT;
	rb->fn = cpu_sleep_restart;
	rb->expires = (ktime_t)expires;
	rb->arg[0] = (u64)urem;
	rb->arg[1] = (u64)id;
	return -ERESTART_RESTARTBLOCK;
}

static long cpu_sleep_restart(struct restart_block *rb)
{
	return do_cpu_sleep((int)rb->arg[1], (u64)rb->expires, false,
			    (struct __kernel_timespec __user *)rb->arg[0]);
}

long cpu_nanosleep(int id, bool absolute, ktime_t t,
		   struct __kernel_timespec __user *urem)
{
	ktime_t now;
	int err = cpu_clock_now(id, &now);

	if (err)
		return err;
	return do_cpu_sleep(id,
			    (u64)(absolute ? t : ktime_add_safe(now, t)),
			    absolute, urem);
}
