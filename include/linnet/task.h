/*
 * Tasks: one per thread of execution.
 *
 * A task points at shared, reference-counted objects: its address space, file
 * table, working directory, signal handlers, thread group and credentials;
 * clone flags decide which are shared and which are copied.
 *
 * Life: copy_process() (kernel/fork.c) -> runs -> do_exit() -> zombie until the
 * parent waits (or at once when nobody will) -> release_task() unhashes it ->
 * last task_put() frees it after an RCU grace period.
 *
 * Locks
 *   tasklist_lock  parent/child/thread/ptrace links, process groups and
 *                  sessions, exit states; taken with interrupts on
 *   task->lock     mm, files, fs, nsproxy, comm, vfork_done as seen by others
 *   sighand->lock  signals and everything in struct thread_group
 *   order: tasklist_lock > task->lock > sighand->lock > runqueue lock
 */
#ifndef LINNET_TASK_H
#define LINNET_TASK_H

#include <asm/thread.h>
#include <linnet/atomic.h>
#include <linnet/cpumask.h>
#include <linnet/hrtimer.h>
#include <linnet/kcov.h>
#include <linnet/list.h>
#include <linnet/mutex.h>
#include <linnet/rbtree.h>
#include <linnet/rcu.h>
#include <linnet/sched.h>
#include <linnet/signal.h>
#include <linnet/wait.h>
#include <linux/resource.h>

struct mm;
struct files;
struct fs_context;
struct cred;
struct nsproxy;
struct file;
struct pid;
struct io_context;

#define TASK_COMM_LEN 16

enum pid_type { PIDTYPE_PID, PIDTYPE_TGID, PIDTYPE_PGID, PIDTYPE_SID, PIDTYPE_MAX };

/* What a blocked call needs to go on after a stop (restart_syscall(2)). */
struct restart_block {
	long (*fn)(struct restart_block *rb);
	ktime_t expires;
	u64 arg[5];
};

/* A function to run in the task's own context before it returns to user. */
struct task_work {
	struct task_work *next;
	void (*func)(struct task_work *w);
};

struct io_accounting {
	u64 rchar, wchar, syscr, syscw;
};

/* A time of two parts (user and kernel): samples of the tick, and what was
 * reported last. See kernel/cputime.c. */
struct split_time {
	u32 first, second; /* [A] */
	spinlock_t lock;
	u64 first_ns, second_ns; /* [lock] */
};

/* Where the task touches anonymous memory in sequence: guesses of mm/memory.c. */
enum { FAULT_STREAMS = 4 };
struct fault_stream {
	u64 next;   /* the address that would continue it */
	u32 window; /* pages installed last time */
};

struct task {
	struct thread_info ti; /* first: entry.S */

	/* Scheduling: [rq] the runqueue's lock */
	u32 state;	       /* enum task_state */
	bool on_cpu;	       /* executing: set and cleared by the switch */
	bool on_rq;	       /* [rq] */
	u64 cpu_check_at;      /* see kernel/cpu_timers.c */
	struct rseq __user *rseq; /* see kernel/rseq.c */
	bool rseq_event;       /* was off the CPU since it last looked */
	spinlock_t wake_lock;  /* one waker at a time; outside rq->lock */
	struct sched_entity se; /* [rq] */
	struct split_time times; /* user, kernel */

	void *stack;	       /* [I] lowest address of the kernel stack */
	refcount_t refs;
	u32 flags;	       /* [A] enum task_flags */
	u32 exit_state;	       /* [tasklist] enum exit_state */
	int exit_code;	       /* wait status */
	int exit_signal;       /* sent to the parent; -1: a thread */
	u32 parent_exec_id;    /* its exec_id when it made this one */
	int pdeath_signal;     /* PR_SET_PDEATHSIG */
	u32 personality;
	char comm[TASK_COMM_LEN]; /* [task->lock] */
	spinlock_t lock;

	struct mm *mm;	       /* NULL: kernel thread or dead */
	struct files *files;
	struct fs_context *fs;
	struct nsproxy *nsproxy;
	const struct cred *cred;      /* effective; changed by the task only */
	const struct cred *real_cred; /* as others see it */

	/* [tasklist] family */
	struct task *real_parent;     /* who gets SIGCHLD at the end */
	struct task *parent;	      /* who wait4() reports to (ptrace) */
	struct list_head children;    /* of real_parent: sibling */
	struct list_head sibling;
	struct list_head ptraced;     /* tasks traced by this one */
	struct list_head ptrace_node;
	struct task *group_leader;
	struct list_head thread_node; /* in thread_group.threads; RCU */
	struct list_head tasks;	      /* all group leaders; RCU */

	struct pid *pids[PIDTYPE_MAX]; /* PID own; others via the leader */
	struct hlist_node pid_links[PIDTYPE_MAX];

	/* Signals: [sighand->lock] */
	struct thread_group *tg;
	struct sighand *sighand;
	struct sigpending pending;
	u64 blocked;
	u64 real_blocked; /* while sigtimedwait has some unblocked: all */
	u64 saved_mask; /* to restore after sigsuspend, ppoll */
	stack_t sas;	/* alternate stack */
	u32 jobctl;	/* enum jobctl_flags */
	struct kernel_siginfo *last_siginfo;
	u32 ptrace;	/* [tasklist] flags, 0: not traced */
	u64 ptrace_message;

	/* exit and threads */
	int __user *set_child_tid;
	int __user *clear_child_tid;
	struct completion *vfork_done;
	void __user *robust_list;
	size_t robust_len;
	struct list_head pi_owned; /* contended PI futexes held; futex_pi.c */
	struct pi_waiter *pi_blocked; /* on one of another owner */
	u32 rseq_len, rseq_sig;

	struct restart_block restart;
	struct task_work *works; /* [A] pushed by anyone, run by the task */

	/* accounting */
	ktime_t start_time; /* boot-time clock */
	u64 nvcsw, nivcsw, min_flt, maj_flt;
	struct fault_stream streams[FAULT_STREAMS];
	u32 oldest_stream;
	u64 hang_switches; /* khungtaskd: switches at its last look */
	struct io_accounting io;
	u64 timer_slack_ns;
	u16 ioprio; /* IOPRIO_PRIO_VALUE() */

	void *plug;	    /* block layer: requests being batched */
	const char *wchan;  /* where it sleeps, for /proc */
	u32 syscall_depth;
	struct rcu_head rcu;
#ifdef CONFIG_DEBUG
	struct lock_stack locks; /* sleeping locks it holds; its own */
	u32 fail_nth; /* [A] points until one fails, 0: none; fault_inject.c */
#endif
#ifdef CONFIG_KCSAN
	u32 kcsan_off; /* nesting; its own */
#endif
#ifdef CONFIG_KCOV
	struct kcov_task kcov; /* its own */
#endif
};

enum task_flags {
	PF_KTHREAD = 1 << 0,
	PF_EXITING = 1 << 1,
	PF_FORKNOEXEC = 1 << 2,  /* has not called execve since fork */
	PF_SIGNALED = 1 << 3,
	PF_DUMPCORE = 1 << 4,
	PF_OOM_VICTIM = 1 << 5,  /* may use the memory reserve to exit */
	PF_MEMALLOC = 1 << 6,	 /* is itself reclaiming */
	PF_WORKER = 1 << 7,
	PF_IDLE = 1 << 8,
	PF_USED_FP = 1 << 9,
	PF_SUPERPRIV = 1 << 10,
	PF_NOFREEZE = 1 << 11,
	PF_NPROC_EXCEEDED = 1 << 12, /* became a user with too many processes */
};

enum exit_state { EXIT_NONE = 0, EXIT_ZOMBIE = 32, EXIT_DEAD = 16 };

extern spinlock_t tasklist_lock;
extern struct list_head all_tasks; /* group leaders, via tasks */
extern struct task init_task;	   /* the boot CPU's idle task */
extern struct task *child_reaper;  /* pid 1 */
extern struct kmem_cache *task_cache; /* [I] for mm/kmemleak.c */
extern u32 nr_threads;		   /* [A] */

static inline struct task *task_get(struct task *t)
{
	refcount_inc(&t->refs);
	return t;
}

void task_free_rcu(struct task *t);
/* Gives up the stack and the reference of the CPU it ran on. */
void task_dead(struct task *t);

static inline void task_put(struct task *t)
{
	if (refcount_dec_and_test(&t->refs))
		task_free_rcu(t);
}

static inline bool thread_group_leader(const struct task *t)
{
	return t->group_leader == t;
}

static inline bool same_thread_group(const struct task *a, const struct task *b)
{
	return a->tg == b->tg;
}

#define for_each_process(p) list_for_each_entry_rcu(p, &all_tasks, tasks)
#define for_each_thread(grp, t)                                                \
	list_for_each_entry_rcu(t, &(grp)->tg->threads, thread_node)

/* Atomic changes of thread_info.flags, also of other tasks. */
static inline void set_ti_flag(struct task *t, u32 flag)
{
	atomic_or(&t->ti.flags, flag);
}

static inline void clear_ti_flag(struct task *t, u32 flag)
{
	atomic_and(&t->ti.flags, ~flag);
}

static inline bool test_ti_flag(const struct task *t, u32 flag)
{
	return READ_ONCE(t->ti.flags) & flag;
}

static inline bool signal_pending(const struct task *t)
{
	return unlikely(test_ti_flag(t, TIF_SIGPENDING));
}

static inline bool fatal_signal_pending(const struct task *t)
{
	return signal_pending(t) &&
	       (t->pending.set & (1ul << (SIGKILL - 1)));
}

/* Queue work for @t; -ESRCH once it is past its last return to user. */
int task_work_add(struct task *t, struct task_work *w);
void task_work_run(void);

/*
 * Identities. A struct pid names a process, thread, group or session and
 * outlives the task; it is what a pidfd, F_SETOWN and a tty hold.
 */
struct pid {
	refcount_t refs;
	pid_t nr;
	struct hlist_head tasks[PIDTYPE_MAX]; /* [tasklist]; RCU */
	struct wait_queue wait;		      /* pidfd pollers: process ended */
	struct rcu_head rcu;
};

/* @want: the number, 0 for any. ERR_PTR: -EINVAL, -EEXIST, -EAGAIN, -ENOMEM. */
struct pid *pid_alloc(pid_t want);
struct pid *pid_get(struct pid *p);
void pid_put(struct pid *p);
/* Both need rcu_read_lock() and return borrowed pointers. */
struct pid *pid_find(pid_t nr);
struct task *pid_task(struct pid *p, enum pid_type type);
/* Referenced, or NULL. */
struct task *task_find_get(pid_t nr);
/* The task of @p, referenced, or NULL. */
struct task *pid_task_get(struct pid *p, enum pid_type type);
struct pid *pid_find_get(pid_t nr);
void attach_pid(struct task *t, enum pid_type type, struct pid *p);
void detach_pid(struct task *t, enum pid_type type);
void change_pid(struct task *t, enum pid_type type, struct pid *p);
/* First used pid at or above @nr, referenced; NULL at the end. */
struct pid *pid_next(pid_t nr);

static inline pid_t pid_nr(const struct pid *p)
{
	return p ? p->nr : 0;
}

static inline pid_t task_pid(const struct task *t)
{
	return t->pids[PIDTYPE_PID]->nr;
}

static inline pid_t task_tgid(const struct task *t)
{
	return t->group_leader->pids[PIDTYPE_PID]->nr;
}

/* Process group and session, from the leader; tasklist_lock or RCU. */
static inline struct pid *task_pgrp(const struct task *t)
{
	return READ_ONCE(t->group_leader->pids[PIDTYPE_PGID]);
}

static inline struct pid *task_session(const struct task *t)
{
	return READ_ONCE(t->group_leader->pids[PIDTYPE_SID]);
}

#define for_each_pid_task(p, type, t)                                          \
	hlist_for_each_entry(t, &(p)->tasks[type], pid_links[type])

/* fork.c */
enum { TIMER_SLACK_DEFAULT = 50000 }; /* ns */

struct kernel_clone_args {
	u64 flags;
	int __user *pidfd;
	int __user *child_tid;
	int __user *parent_tid;
	int exit_signal;
	u64 stack, stack_size;
	u64 tls;
	int (*fn)(void *); /* kernel thread */
	void *fn_arg;
	pid_t set_tid; /* the number to take, 0: any */
	const char *name;
};
long kernel_clone(const struct kernel_clone_args *args);
/* Idle task of another CPU; ERR_PTR(-ENOMEM). */
struct task *idle_task_create(u32 cpu);
/* Created stopped; wake_up_process() starts it. ERR_PTR on failure. */
struct task *kthread_create(int (*fn)(void *), void *arg, const char *fmt, ...)
	__printf(3, 4);
/* Created and started. */
struct task *kthread_run(int (*fn)(void *), void *arg, const char *fmt, ...)
	__printf(3, 4);

/* exit.c */
void do_exit(int code) __noreturn;
void do_group_exit(int code) __noreturn;
/* The task lets go of its mm: wake vfork parents, futex waiters. */
void mm_release(struct task *t);
/* execve: the others were told to end; become the leader. 0 or -EAGAIN. */
int exec_wait_threads(struct task *t);

/* arch: arm64 process.c */
struct pt_regs;
struct pt_regs *task_regs(const struct task *t);
int copy_thread(struct task *child, const struct kernel_clone_args *args);
void start_user_thread(struct pt_regs *regs, u64 pc, u64 sp);
void flush_thread(void);
struct task *arch_switch_to(struct task *prev, struct task *next);
/* A canary for a stack that no frame is on which has one. */
void stack_canary_init(struct task *t);
void set_task_comm(struct task *t, const char *name);
void get_task_comm(char buf[TASK_COMM_LEN], struct task *t);

#endif
