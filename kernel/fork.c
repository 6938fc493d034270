/*
 * Creating tasks: clone, clone3, fork, vfork, kernel threads.
 *
 * copy_process() makes a complete task that nobody can find yet, step by step,
 * each with an undo; the last step, under tasklist_lock, publishes it and
 * cannot fail. Which parts are shared follows the clone flags.
 */
#define PR_PREFIX "fork: "
#include <asm/mmu.h>
#include <asm/percpu.h>
#include <asm/uaccess.h>
#include <linnet/boot.h>
#include <linnet/cred.h>
#include <linnet/errno.h>
#include <linnet/fdtable.h>
#include <linnet/fs.h>
#include <linnet/futex.h>
#include <linnet/init.h>
#include <linnet/mm.h>
#include <linnet/nsproxy.h>
#include <linnet/posix_timers.h>
#include <linnet/pidfd.h>
#include <linnet/printf.h>
#include <linnet/printk.h>
#include <linnet/random.h>
#include <linnet/slab.h>
#include <linnet/string.h>
#include <linnet/syscalls.h>
#include <linnet/task.h>
#include <linnet/vmalloc.h>
#include <linux/sched.h>
#include <linnet/tty.h>
#include "exit.h"

DEFINE_SPINLOCK(tasklist_lock);
LIST_HEAD(all_tasks);
struct task *child_reaper;
u32 nr_threads;
u64 total_forks;
u32 max_threads = 1u << 15;

struct kmem_cache *task_cache;
static struct kmem_cache *tg_cache;

static struct thread_group init_tg = {
	.refs = REFCOUNT_INIT(1),
	.nr_threads = 1,
	.live = 1,
	.threads = LIST_HEAD_INIT(init_tg.threads),
	.wait_chld = WAIT_QUEUE_INIT(init_tg.wait_chld),
	.exec_lock = RWSEM_INIT(init_tg.exec_lock),
	.shared = {.list = LIST_HEAD_INIT(init_tg.shared.list)},
	.posix_timers = LIST_HEAD_INIT(init_tg.posix_timers),
	.leader = &init_task,
	.cpu_timers = LIST_HEAD_INIT(init_tg.cpu_timers),
	.cpu_limit = {.node = LIST_HEAD_INIT(init_tg.cpu_limit.node)},
};

/* Number 0: process group and session of the kernel's own threads. */
static struct pid init_pid = {
	.refs = REFCOUNT_INIT(2),
	.wait = WAIT_QUEUE_INIT(init_pid.wait),
};

/* The boot CPU's idle task: pid 0, the template of the first kernel thread. */
struct task init_task __aligned(64) = {
	.ti = {.no_resched = 1, .preempt_count = 1},
	.state = TASK_RUNNING,
	.on_cpu = true,
	.refs = REFCOUNT_INIT(2),
	.flags = PF_KTHREAD | PF_IDLE,
	.comm = "swapper",
	.se = {.weight = 1024, .allowed = {~0ul}},
	.real_cred = &init_cred,
	.cred = &init_cred,
	.nsproxy = &init_nsproxy,
	.real_parent = &init_task,
	.parent = &init_task,
	.children = LIST_HEAD_INIT(init_task.children),
	.sibling = LIST_HEAD_INIT(init_task.sibling),
	.ptraced = LIST_HEAD_INIT(init_task.ptraced),
	.ptrace_node = LIST_HEAD_INIT(init_task.ptrace_node),
	.thread_node = LIST_HEAD_INIT(init_task.thread_node),
	.tasks = LIST_HEAD_INIT(init_task.tasks),
	.pending = {.list = LIST_HEAD_INIT(init_task.pending.list)},
	.pi_owned = LIST_HEAD_INIT(init_task.pi_owned),
	.group_leader = &init_task,
	.tg = &init_tg,
	.pids = {&init_pid, &init_pid, &init_pid, &init_pid},
	.timer_slack_ns = TIMER_SLACK_DEFAULT,
	.cpu_check_at = CPU_CHECK_NEVER,
};

/* --- task structs --- */

static void thread_group_free(struct thread_group *tg)
{
	if (tg->ptracer)
		pid_put(tg->ptracer);
	kmem_cache_free(tg_cache, tg);
}

static void task_free(struct rcu_head *head)
{
	struct task *t = container_of(head, struct task, rcu);

	if (t->pids[PIDTYPE_PID])
		pid_put(t->pids[PIDTYPE_PID]);
	if (t->tg && refcount_dec_and_test(&t->tg->refs))
		thread_group_free(t->tg);
	kmem_cache_free(task_cache, t);
}

/* The task has left its last CPU. Only it used its stack, so that goes now;
 * the next task can have it while the struct waits for its grace period. */
void task_dead(struct task *t)
{
	kernel_stack_free(t->stack);
	t->stack = NULL;
	task_put(t);
}

/* Last reference: others may still look at it under RCU. */
void task_free_rcu(struct task *t)
{
	cred_put(t->real_cred);
	cred_put(t->cred);
	call_rcu(&t->rcu, task_free);
}

/* The lowest byte ends a string: no string function reads or writes past it. */
void stack_canary_init(struct task *t)
{
	t->ti.canary = get_random_u64() & ~0xfful;
}

static struct task *task_dup(struct task *from)
{
	struct task *t = kmem_cache_alloc(task_cache, GFP_KERNEL);

	if (!t)
		return NULL;
	memcpy(t, from, sizeof(*t));
	t->stack = kernel_stack_alloc();
	if (!t->stack) {
		kmem_cache_free(task_cache, t);
		return NULL;
	}
	/* One for the parent (until waited for), one for the CPU it runs on. */
	refcount_set(&t->refs, 2);
	spin_init(&t->lock);
	spin_init(&t->wake_lock);
	list_init(&t->children);
	list_init(&t->sibling);
	list_init(&t->ptraced);
	list_init(&t->ptrace_node);
	list_init(&t->thread_node);
	list_init(&t->tasks);
	list_init(&t->pi_owned);
	list_init(&t->pending.list);
	t->pending.set = 0;
	stack_canary_init(t);
#ifdef CONFIG_DEBUG
	t->locks.n = 0;
	t->fail_nth = 0;
#endif
#ifdef CONFIG_KCSAN
	t->kcsan_off = 0;
#endif
	kcov_task_init(t);
	memset(t->pids, 0, sizeof(t->pids));
	memset(t->pid_links, 0, sizeof(t->pid_links));
	return t;
}

static void task_init_fields(struct task *t, const struct kernel_clone_args *args)
{
	u64 flags = args->flags;

	t->flags &= ~(u32)(PF_IDLE | PF_SUPERPRIV | PF_KTHREAD | PF_WORKER |
			   PF_MEMALLOC | PF_SIGNALED | PF_NPROC_EXCEEDED);
	t->flags |= PF_FORKNOEXEC;
	if (args->fn)
		t->flags |= PF_KTHREAD;
	t->exit_state = EXIT_NONE;
	t->exit_code = 0;
	t->pdeath_signal = 0;
	t->jobctl = 0;
	t->real_blocked = 0;
	t->ptrace = 0;
	t->last_siginfo = NULL;
	t->vfork_done = NULL;
	t->works = NULL;
	t->robust_list = NULL;
	t->restart.fn = NULL;
	t->plug = NULL;
	t->wchan = NULL;
	t->set_child_tid = flags & CLONE_CHILD_SETTID ? args->child_tid : NULL;
	t->clear_child_tid = flags & CLONE_CHILD_CLEARTID ? args->child_tid
							  : NULL;
	if ((flags & (CLONE_VM | CLONE_VFORK)) == CLONE_VM)
		t->sas = (stack_t){.ss_flags = SS_DISABLE};
	if (flags & CLONE_VM) {
		t->rseq = NULL;
		t->rseq_len = t->rseq_sig = 0;
	}
	t->nvcsw = t->nivcsw = t->min_flt = t->maj_flt = 0;
	t->io = (struct io_accounting){0};
	if (t->cpu_check_at != CPU_CHECK_NEVER)
		t->cpu_check_at = 0;
	t->start_time = ktime_get_boottime();
}

/* --- the shared parts --- */

static int copy_files(struct task *t, const struct kernel_clone_args *args)
{
	int err = 0;

	if (!current->files || args->fn) {
		t->files = NULL;
		return 0;
	}
	if (args->flags & CLONE_FILES) {
		atomic_inc(&t->files->users);
		return 0;
	}
	t->files = files_copy(current->files, U32_MAX, &err);
	return err;
}

static int copy_fs(struct task *t, const struct kernel_clone_args *args)
{
	if (!t->fs)
		return 0;
	if (args->flags & CLONE_FS)
		return fs_context_share(t->fs);
	t->fs = fs_context_copy(current->fs);
	return t->fs ? 0 : -ENOMEM;
}

static int copy_sighand(struct task *t, const struct kernel_clone_args *args)
{
	struct sighand *sh;

	if (args->flags & CLONE_SIGHAND) {
		refcount_inc(&t->sighand->refs);
		return 0;
	}
	sh = sighand_alloc();
	if (!sh) {
		t->sighand = NULL;
		return -ENOMEM;
	}
	if (current->sighand) {
		spin_lock_irq(&current->sighand->lock);
		memcpy(sh->action, current->sighand->action, sizeof(sh->action));
		spin_unlock_irq(&current->sighand->lock);
	}
	t->sighand = sh;
	if (args->flags & CLONE_CLEAR_SIGHAND)
		flush_signal_handlers(t, false);
	return 0;
}

static int copy_thread_group(struct task *t, const struct kernel_clone_args *args)
{
	struct thread_group *tg, *old = current->tg;

	if (args->flags & CLONE_THREAD) {
		refcount_inc(&t->tg->refs);
		return 0;
	}
	tg = kmem_cache_zalloc(tg_cache, GFP_KERNEL);
	t->tg = tg;
	if (!tg)
		return -ENOMEM;
	refcount_set(&tg->refs, 1);
	tg->nr_threads = 1;
	tg->live = 1;
	list_init(&tg->threads);
	list_init(&tg->shared.list);
	list_init(&tg->posix_timers);
	wait_queue_init(&tg->wait_chld);
	rwsem_init(&tg->exec_lock);
	tg->leader = t;
	itimers_init(tg);
	cpu_timers_init(tg);
	memcpy(tg->rlim, old->rlim, sizeof(tg->rlim));
	cpu_limit_set(t);
	tg->oom_score_adj = old->oom_score_adj;
	tg->oom_score_adj_min = old->oom_score_adj_min;
	tg->has_child_subreaper = old->has_child_subreaper ||
				  old->child_subreaper;
	return 0;
}

static int copy_mm(struct task *t, const struct kernel_clone_args *args)
{
	struct mm *mm = current->mm;

	t->mm = NULL;
	if (!mm || args->fn)
		return 0;
	if (args->flags & CLONE_VM) {
		mm_get(mm);
		t->mm = mm;
		return 0;
	}
	mm = mm_dup(mm);
	if (IS_ERR(mm))
		return (int)PTR_ERR(mm);
	t->mm = mm;
	return 0;
}

static int copy_creds(struct task *t)
{
	const struct cred *c = current->real_cred;
	u32 n = atomic_add_return(&c->user->processes, 1);

	cred_get(c);
	cred_get(c);
	t->real_cred = c;
	t->cred = c;
	if (n > rlimit(RLIMIT_NPROC) && c->uid != 0 && !capable(CAP_SYS_RESOURCE) &&
	    !capable(CAP_SYS_ADMIN))
		return -EAGAIN;
	atomic_and(&current->flags, ~(u32)PF_NPROC_EXCEEDED);
	return 0;
}

static void uncopy_creds(struct task *t)
{
	atomic_dec(&t->real_cred->user->processes);
}

/* --- flags --- */

static int check_flags(const struct kernel_clone_args *a)
{
	u64 f = a->flags;
	const u64 unsupported_ns = CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET |
				   CLONE_NEWIPC | CLONE_NEWCGROUP | CLONE_NEWTIME;

	if ((f & (CLONE_NEWNS | CLONE_FS)) == (CLONE_NEWNS | CLONE_FS))
		return -EINVAL;
	if ((f & CLONE_THREAD) && !(f & CLONE_SIGHAND))
		return -EINVAL;
	if ((f & CLONE_SIGHAND) && !(f & CLONE_VM))
		return -EINVAL;
	if ((f & (CLONE_SIGHAND | CLONE_CLEAR_SIGHAND)) ==
	    (CLONE_SIGHAND | CLONE_CLEAR_SIGHAND))
		return -EINVAL;
	if ((f & CLONE_PARENT) && (current->tg->flags & TG_UNKILLABLE))
		return -EINVAL;
	if ((f & CLONE_PIDFD) && (f & (CLONE_DETACHED | CLONE_THREAD)))
		return -EINVAL;
	if (f & unsupported_ns || f & CLONE_INTO_CGROUP)
		return -EINVAL;
	if ((f & (CLONE_NEWNS | CLONE_NEWUTS)) && !capable(CAP_SYS_ADMIN))
		return -EPERM;
	return 0;
}

/* --- publishing --- */

/* [tasklist] [sighand] Fails if the parent is being killed. */
static int link_task(struct task *t, const struct kernel_clone_args *args,
		     struct pid *pid)
{
	bool thread = args->flags & CLONE_THREAD;

	if (args->flags & (CLONE_PARENT | CLONE_THREAD)) {
		t->real_parent = current->real_parent;
		t->parent_exec_id = current->parent_exec_id;
		t->exit_signal = thread ? -1 : current->group_leader->exit_signal;
	} else {
		t->real_parent = current;
		t->parent_exec_id = current->tg->exec_id;
		t->exit_signal = args->exit_signal;
	}
	if (args->fn) {
		t->real_parent = kthread_parent;
		t->exit_signal = -1;
	}
	t->parent = t->real_parent;
	if (fatal_signal_pending(current))
		return -EINTR;
	pid_get(pid); /* the task's own name outlives its use of the number */
	t->group_leader = thread ? current->group_leader : t;
	attach_pid(t, PIDTYPE_PID, pid);
	if (thread) {
		t->tg->nr_threads++;
		atomic_inc(&t->tg->live);
		list_add_tail(&t->thread_node, &t->tg->threads);
	} else {
		attach_pid(t, PIDTYPE_TGID, pid);
		attach_pid(t, PIDTYPE_PGID, task_pgrp(current));
		attach_pid(t, PIDTYPE_SID, task_session(current));
		t->tg->tty = current->tg->tty ? tty_kref_get(current->tg->tty)
					      : NULL;
		list_add_tail(&t->thread_node, &t->tg->threads);
		list_add_tail(&t->sibling, &t->real_parent->children);
		list_add_tail(&t->tasks, &all_tasks);
	}
	nr_threads++;
	total_forks++;
	return 0;
}

static int publish(struct task *t, const struct kernel_clone_args *args,
		   struct pid *pid)
{
	int err;

	spin_lock(&tasklist_lock);
	if (current->sighand)
		spin_lock_irq(&current->sighand->lock);
	err = link_task(t, args, pid);
	recalc_sigpending_of(t);
	if (current->sighand)
		spin_unlock_irq(&current->sighand->lock);
	spin_unlock(&tasklist_lock);
	return err;
}

static int alloc_pidfd(const struct kernel_clone_args *args, struct pid *pid,
		       struct file **file)
{
	int fd;

	if (!(args->flags & CLONE_PIDFD))
		return -1;
	fd = get_unused_fd(O_CLOEXEC);
	if (fd < 0)
		return fd;
	*file = pidfd_create_file(pid, O_RDWR | O_CLOEXEC);
	if (IS_ERR(*file)) {
		put_unused_fd((u32)fd);
		return (int)PTR_ERR(*file);
	}
	if (put_user(fd, args->pidfd)) {
		fput(*file);
		put_unused_fd((u32)fd);
		return -EFAULT;
	}
	return fd;
}

/* A finished task, not yet running; ERR_PTR. */
static struct task *copy_process(const struct kernel_clone_args *args)
{
	struct file *pidfd_file = NULL;
	struct pid *pid;
	struct task *t;
	int err, fd = -1;

	err = check_flags(args);
	if (err)
		return ERR_PTR(err);
	if (atomic_read(&nr_threads) >= max_threads)
		return ERR_PTR(-EAGAIN);
	t = task_dup(current);
	if (!t)
		return ERR_PTR(-ENOMEM);
	task_init_fields(t, args);
	err = copy_creds(t);
	if (err)
		goto undo_creds;
	sched_fork(t);
	err = copy_files(t, args);
	if (err)
		goto undo_creds;
	err = copy_fs(t, args);
	if (err)
		goto undo_files;
	err = copy_sighand(t, args);
	if (err)
		goto undo_fs;
	err = copy_thread_group(t, args);
	if (err)
		goto undo_sighand;
	err = copy_mm(t, args);
	if (err)
		goto undo_tg;
	t->nsproxy = nsproxy_copy(args->flags, current, t);
	if (IS_ERR(t->nsproxy)) {
		err = (int)PTR_ERR(t->nsproxy);
		goto undo_mm;
	}
	err = copy_thread(t, args);
	if (err)
		goto undo_ns;
	pid = pid_alloc(args->set_tid);
	if (IS_ERR(pid)) {
		err = (int)PTR_ERR(pid);
		goto undo_ns;
	}
	fd = alloc_pidfd(args, pid, &pidfd_file);
	if (args->flags & CLONE_PIDFD && fd < 0) {
		err = fd;
		goto undo_pid;
	}
	if (args->name)
		strscpy(t->comm, args->name, sizeof(t->comm));
	err = publish(t, args, pid);
	if (err)
		goto undo_fd;
	if (pidfd_file)
		fd_install((u32)fd, pidfd_file);
	return t;

undo_fd:
	if (pidfd_file) {
		fput(pidfd_file);
		put_unused_fd((u32)fd);
	}
undo_pid:
	pid_discard(pid);
undo_ns:
	nsproxy_put(t->nsproxy);
undo_mm:
	if (t->mm)
		mm_put(t->mm);
undo_tg:
	if (!(args->flags & CLONE_THREAD))
		thread_group_free(t->tg);
	else
		refcount_dec_and_test(&t->tg->refs);
undo_sighand:
	sighand_put(t->sighand);
undo_fs:
	if (t->fs)
		fs_context_put(t->fs);
undo_files:
	if (t->files)
		files_put(t->files);
undo_creds:
	uncopy_creds(t);
	cred_put(t->real_cred);
	cred_put(t->cred);
	kernel_stack_free(t->stack);
	kmem_cache_free(task_cache, t);
	return ERR_PTR(err);
}

/* CLONE_VFORK: the parent waits until the child lets go of its mm. */
static void wait_for_vfork(struct task *child, struct completion *done)
{
	if (wait_for_completion_killable(done)) {
		spin_lock(&child->lock);
		child->vfork_done = NULL;
		spin_unlock(&child->lock);
	}
	task_put(child);
}

/**
 * kernel_clone - create a task and start it
 *
 * Return: its pid, or -EINVAL, -EAGAIN, -ENOMEM, -EPERM, -EFAULT.
 */
long kernel_clone(const struct kernel_clone_args *args)
{
	struct completion vfork;
	struct task *t = copy_process(args);
	long nr;

	if (IS_ERR(t))
		return PTR_ERR(t);
	nr = task_pid(t);
	if (args->flags & CLONE_PARENT_SETTID)
		put_user((int)nr, args->parent_tid);
	if (args->flags & CLONE_VFORK) {
		completion_init(&vfork);
		t->vfork_done = &vfork;
		task_get(t);
	}
	wake_up_new_task(t);
	if (args->flags & CLONE_VFORK)
		wait_for_vfork(t, &vfork);
	return nr;
}

SYSCALL_DEFINE5(clone, u64, flags, u64, stack, int __user *, parent_tid, u64,
		tls, int __user *, child_tid)
{
	struct kernel_clone_args args = {
		.flags = (u32)flags & ~(u64)CSIGNAL,
		.pidfd = parent_tid,
		.child_tid = child_tid,
		.parent_tid = parent_tid,
		.exit_signal = (int)(flags & CSIGNAL),
		.stack = stack,
		.tls = tls,
	};

	if ((flags & (CLONE_PIDFD | CLONE_PARENT_SETTID)) ==
	    (CLONE_PIDFD | CLONE_PARENT_SETTID))
		return -EINVAL;
	return kernel_clone(&args);
}

/* The process number wanted: there is one pid namespace, so at most one. */
static int clone3_set_tid(const struct clone_args *u, pid_t *nr)
{
	*nr = 0;
	if (!u->set_tid && !u->set_tid_size)
		return 0;
	if (!u->set_tid || u->set_tid_size != 1)
		return -EINVAL;
	if (get_user(*nr, (const pid_t __user *)u->set_tid))
		return -EFAULT;
	if (*nr < 1)
		return -EINVAL;
	return capable(CAP_SYS_ADMIN) || capable(CAP_CHECKPOINT_RESTORE)
		       ? 0 : -EPERM;
}

static int clone3_check(const struct clone_args *u)
{
	if (u->flags & ~(u64)(0xffffffff | CLONE_CLEAR_SIGHAND | CLONE_INTO_CGROUP))
		return -EINVAL;
	if (u->flags & (CLONE_DETACHED | (CSIGNAL & ~CLONE_NEWTIME)))
		return -EINVAL;
	if ((u->exit_signal & ~(u64)CSIGNAL) || u->exit_signal > NSIG_MAX)
		return -EINVAL;
	if ((u->flags & (CLONE_THREAD | CLONE_PARENT)) && u->exit_signal)
		return -EINVAL;
	if (!u->stack != !u->stack_size)
		return -EINVAL;
	if (u->stack && !access_ok((void __user *)u->stack, u->stack_size))
		return -EINVAL;
	return 0;
}

SYSCALL_DEFINE2(clone3, struct clone_args __user *, uargs, size_t, size)
{
	struct clone_args u;
	pid_t nr;
	int err;

	if (size > PAGE_SIZE)
		return -E2BIG;
	if (size < CLONE_ARGS_SIZE_VER0)
		return -EINVAL;
	err = copy_struct_from_user(&u, sizeof(u), uargs, size);
	if (err)
		return err;
	err = clone3_set_tid(&u, &nr);
	if (!err)
		err = clone3_check(&u);
	if (err)
		return err;
	return kernel_clone(&(struct kernel_clone_args){
		.flags = u.flags,
		.pidfd = (int __user *)u.pidfd,
		.child_tid = (int __user *)u.child_tid,
		.parent_tid = (int __user *)u.parent_tid,
		.exit_signal = (int)u.exit_signal,
		.stack = u.stack,
		.stack_size = u.stack_size,
		.tls = u.tls,
		.set_tid = nr,
	});
}

SYSCALL_DEFINE1(set_tid_address, int __user *, tidptr)
{
	current->clear_child_tid = tidptr;
	return task_pid(current);
}

/* --- kernel threads --- */

/* Of kernel threads. The first ones, init and kthreadd, are nobody's to wait for. */
struct task *kthread_parent = &init_task;

static struct task *kthread_vcreate(int (*fn)(void *), void *arg,
				    const char *fmt, va_list ap)
{
	char name[TASK_COMM_LEN];
	struct kernel_clone_args args = {.flags = CLONE_FS | CLONE_FILES,
					 .fn = fn, .fn_arg = arg, .name = name};

	vsnprintf(name, sizeof(name), fmt, ap);
	return copy_process(&args);
}

struct task *kthread_create(int (*fn)(void *), void *arg, const char *fmt, ...)
{
	struct task *t;
	va_list ap;

	va_start(ap, fmt);
	t = kthread_vcreate(fn, arg, fmt, ap);
	va_end(ap);
	return t;
}

struct task *kthread_run(int (*fn)(void *), void *arg, const char *fmt, ...)
{
	struct task *t;
	va_list ap;

	va_start(ap, fmt);
	t = kthread_vcreate(fn, arg, fmt, ap);
	va_end(ap);
	if (!IS_ERR(t))
		wake_up_new_task(t);
	return t;
}

void kthread_returned(int code); /* entry.S */
/* A kernel thread's function returned. 0: it has become a user program. */
void kthread_returned(int code)
{
	if (code || !current->mm)
		do_exit(0);
}

/* An idle task for another CPU: never queued, no pid. ERR_PTR(-ENOMEM). */
struct task *idle_task_create(u32 cpu)
{
	struct kernel_clone_args args = {.fn = (int (*)(void *))cpu_idle_loop};
	struct task *t = task_dup(&init_task);

	if (!t)
		return ERR_PTR(-ENOMEM);
	cred_get(t->cred);
	cred_get(t->real_cred);
	copy_thread(t, &args);
	set_ti_cpu(&t->ti, cpu);
	snprintf(t->comm, sizeof(t->comm), "swapper/%u", cpu);
	return t;
}

void set_task_comm(struct task *t, const char *name)
{
	spin_lock(&t->lock);
	memset(t->comm, 0, sizeof(t->comm));
	strscpy(t->comm, name, sizeof(t->comm));
	spin_unlock(&t->lock);
}

void get_task_comm(char buf[TASK_COMM_LEN], struct task *t)
{
	spin_lock(&t->lock);
	memcpy(buf, t->comm, TASK_COMM_LEN);
	spin_unlock(&t->lock);
}

void __init_text fork_init(void)
{
	task_cache = kmem_cache_create("task", sizeof(struct task), 64, 0);
	tg_cache = kmem_cache_create("thread_group", sizeof(struct thread_group),
				     0, 0);
	if (!task_cache || !tg_cache)
		panic("no memory for tasks");
	max_threads = (u32)clamp(mem_counters.total_pages / 32, 64ul, 1ul << 22);
	for (u32 i = 0; i < RLIM_NLIMITS; i++)
		init_tg.rlim[i] = (struct rlimit64){RLIM64_INFINITY,
						    RLIM64_INFINITY};
	init_tg.rlim[RLIMIT_STACK].rlim_cur = 8 << 20;
	init_tg.rlim[RLIMIT_CORE].rlim_cur = 0;
	init_tg.rlim[RLIMIT_NOFILE] = (struct rlimit64){1024, 4096};
	init_tg.rlim[RLIMIT_MEMLOCK] = (struct rlimit64){8 << 20, 8 << 20};
	init_tg.rlim[RLIMIT_NPROC] =
		(struct rlimit64){max_threads / 2, max_threads / 2};
	init_tg.rlim[RLIMIT_SIGPENDING] = init_tg.rlim[RLIMIT_NPROC];
	init_tg.rlim[RLIMIT_MSGQUEUE] = (struct rlimit64){819200, 819200};
	init_tg.rlim[RLIMIT_NICE] = (struct rlimit64){0, 0};
	init_tg.rlim[RLIMIT_RTPRIO] = (struct rlimit64){0, 0};
}
