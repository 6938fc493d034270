/*
 * Signals: sets, queued siginfo, handlers, thread groups.
 *
 * A thread group (process) owns the signals sent to it as a whole, its
 * resource limits, timers, times of ended threads and its place in job
 * control. struct sighand is the table of handlers, which CLONE_SIGHAND
 * shares; its lock guards the group's state too.
 */
#ifndef LINNET_SIGNAL_H
#define LINNET_SIGNAL_H

#include <linnet/atomic.h>
#include <linnet/cpu_timers.h>
#include <linnet/hrtimer.h>
#include <linnet/list.h>
#include <linnet/mutex.h>
#include <linnet/spinlock.h>
#include <linnet/rcu.h>
#include <linnet/wait.h>
#include <asm/siginfo.h>
#include <asm/signal.h>
#include <linux/signal.h>
#include <linux/resource.h>

struct task;
struct pid;
struct tty;
struct cred;
struct pt_regs;

#define NSIG_MAX     64
#define sigmask(sig) (1ul << ((sig)-1))

typedef struct kernel_siginfo {
	siginfo_t info; /* as user space sees it */
} kernel_siginfo_t;

struct sigqueue {
	struct list_head node;
	siginfo_t info;
	struct user_limits *user;  /* charged for it; NULL: preallocated */
	struct posix_timer *timer; /* whose expiry it announces */
};

struct sigpending {
	struct list_head list; /* struct sigqueue */
	u64 set;
};

struct kernel_sigaction {
	void __user *handler; /* SIG_DFL, SIG_IGN or code */
	u64 flags;
	void __user *restorer;
	u64 mask;
};

struct sighand {
	spinlock_t lock; /* irq-safe */
	refcount_t refs;
	struct kernel_sigaction action[NSIG_MAX];
	struct wait_queue signalfd;
	struct rcu_head rcu;
};

struct cputime {
	u64 utime, stime; /* ns */
};

/* [S] sighand->lock [T] tasklist_lock */
struct thread_group {
	refcount_t refs;
	u32 nr_threads;		    /* [T][S] live + zombie members */
	u32 live;		    /* [A] not yet exiting */
	struct list_head threads;   /* [T] task.thread_node; RCU */
	struct task *leader;
	struct wait_queue wait_chld; /* the group's wait4() callers */
	struct sigpending shared;   /* [S] */
	struct task *curr_target;   /* [S] next to try for a shared signal */
	u32 flags;		    /* [S] enum tg_flags */
	int group_exit_code;	    /* [S] */
	struct task *group_exec;    /* [S] thread that runs execve */
	/* Held by exec while memory and credentials change, for reading by
	 * others who look at the one because of the other. */
	struct rwsem exec_lock;
	u32 exec_id;		    /* [A] counts programs executed */
	u32 group_stop_count;	    /* [S] threads still to stop */
	u32 notify_count;

	struct pid *tty_old_pgrp;
	struct tty *tty;	    /* [S] controlling terminal */
	bool session_leader;	    /* [T] */
	struct pid *ptracer;	    /* [ptracer_lock] PR_SET_PTRACER, or NULL */
	bool ptracer_any;	    /* [ptracer_lock] */
	bool child_subreaper;	    /* [T] */
	bool has_child_subreaper;

	/* of ended threads and waited-for children */
	struct cputime dead, cdead;
	u64 nvcsw, nivcsw, cnvcsw, cnivcsw;
	u64 min_flt, maj_flt, cmin_flt, cmaj_flt;
	u64 inblock, oublock, cinblock, coublock;
	u64 maxrss, cmaxrss; /* KiB */
	u64 sum_exec_dead;
	u64 rchar, wchar, syscr, syscw;

	struct rlimit64 rlim[RLIM_NLIMITS]; /* [S] written under group leader's */
	struct hrtimer real_timer;	    /* ITIMER_REAL */
	ktime_t real_interval;
	struct list_head cpu_timers;	    /* [S] running ones */
	struct cpu_itimer itimer_virtual, itimer_prof; /* [S] */
	struct cpu_timer cpu_limit;	    /* [S] RLIMIT_CPU */
	struct list_head posix_timers;
	int next_timer_id;
	short oom_score_adj, oom_score_adj_min;
	u32 audit_tty;
};

enum tg_flags {
	TG_GROUP_EXIT = 1,
	TG_STOPPED = 2,		/* job-control stopped */
	TG_STOP_CONTINUED = 4,	/* SIGCONT came: for WCONTINUED */
	TG_CLD_STOPPED = 8,	/* parent to be told */
	TG_CLD_CONTINUED = 16,
	TG_UNKILLABLE = 32,	/* init: default actions don't end it */
	TG_GROUP_EXEC = 64,
};

enum jobctl_flags {
	JOBCTL_STOP_SIGMASK = 0xff,
	JOBCTL_STOP_PENDING = 1 << 17,
	JOBCTL_STOP_CONSUME = 1 << 18,
	JOBCTL_TRAP_STOP = 1 << 19,
	JOBCTL_STOP_DEQUEUED = 1 << 20,
};

#define SEND_SIG_NOINFO ((siginfo_t *)0) /* from user code: kill(2) */
#define SEND_SIG_PRIV	((siginfo_t *)1) /* from the kernel */

/*
 * Sending. All return 0 or -ESRCH/-EAGAIN and may be called from any context
 * unless noted; permission is the caller's business.
 */
int send_signal(int sig, siginfo_t *info, struct task *t, bool group);
int kill_pid(struct pid *p, int sig, siginfo_t *info);  /* process */
/* All processes of a group; takes tasklist_lock: task context. */
int kill_pgrp(struct pid *pgrp, int sig, siginfo_t *info);
/* A fault of the current task: cannot be blocked or ignored. */
void force_sig(int sig);
void force_sig_fault(int sig, int code, u64 addr);
void force_sig_info(siginfo_t *info);

/* With sighand->lock (of @t) or tasklist_lock (of a group) held. */
int send_signal_locked(int sig, siginfo_t *info, struct task *t, bool group);
int kill_pgrp_locked(struct pid *pgrp, int sig, siginfo_t *info);
/* Queue a preallocated entry (POSIX timers): 0, -EBUSY if it is queued already,
 * -EAGAIN if the signal is ignored, -ESRCH. */
int send_sigqueue(struct sigqueue *q, struct task *t, bool group);
int send_sigqueue_locked(struct sigqueue *q, struct task *t, bool group);
struct sigqueue *sigqueue_prealloc(void);
void sigqueue_free(struct sigqueue *q);
/* [sighand->lock] SIGKILL for all threads but @t. */
void zap_other_threads(struct task *t);
void do_notify_parent_cldstop(struct task *t, int why);
/* Take the next of @mask off the queues: its number, 0 if none. [lock] */
int dequeue_signal(struct task *t, u64 mask, siginfo_t *info);

/* Recompute TIF_SIGPENDING of the current task. */
void recalc_sigpending(void);
void recalc_sigpending_of(struct task *t);
void signal_wake_up(struct task *t, bool fatal);
/* Change the blocked set of the current task. */
void set_current_blocked(u64 mask);
int set_user_sigmask(const sigset_t __user *mask, size_t size);
void restore_saved_sigmask_unless(bool interrupted);

struct sighand *sighand_alloc(void);
void sighand_put(struct sighand *sh);
/* Lock t->sighand if it still has one (t not yet released). */
struct sighand *lock_task_sighand(struct task *t, u64 *flags);
void flush_sigqueue(struct sigpending *q);
/* [sighand->lock] */
void signal_flush_one(struct sigpending *q, int sig);
void flush_signal_handlers(struct task *t, bool force_default);
void exit_signals(struct task *t);
bool is_current_pgrp_orphaned(void);

/* A signal chosen for delivery. */
struct ksignal {
	struct kernel_sigaction ka;
	siginfo_t info;
	int sig;
};
/* Next signal with a handler; acts on the others. False: none. */
bool get_signal(struct ksignal *ks);
/* After the frame is set up (or failed, which kills). */
void signal_setup_done(bool failed, struct ksignal *ks);

/* sigaltstack state in and out of signal frames. */
int save_altstack(stack_t __user *u, u64 sp);
void restore_altstack(const stack_t *sas);

/* Work on the way to user mode; arch code calls it with interrupts on. */
void do_signal(struct pt_regs *regs);

static inline void siginfo_init(siginfo_t *i, int sig, int code)
{
	*i = (siginfo_t){0};
	i->si_signo = sig;
	i->si_code = code;
}

#endif
