/* Signals: sending, blocking, queueing, handlers, frames, restart, stops. */
#include "abi.h"

#include <poll.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/ucontext.h>

struct kernel_action {
	void *handler;
	unsigned long flags;
	void *restorer;
	unsigned long mask;
};

static volatile int count, order[20];
static siginfo_t last;

static void note(int signo)
{
	if (count < 20)
		order[count] = signo;
	count++;
}

static void note_info(int signo, siginfo_t *info, void *context)
{
	(void)context;
	last = *info;
	note(signo);
}

static void on_info(int signo, int flags)
{
	struct sigaction sa = { .sa_sigaction = note_info,
				.sa_flags = SA_SIGINFO | flags };

	sigaction(signo, &sa, NULL);
}

static void block(int how, int signo)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, signo);
	sigprocmask(how, &set, NULL);
}

static long rt_sigprocmask(int how, unsigned long *set, unsigned long *old,
			   size_t size)
{
	return syscall(SYS_rt_sigprocmask, how, set, old, size);
}

static unsigned long current_mask(void)
{
	unsigned long old = 0;

	rt_sigprocmask(0, NULL, &old, 8);
	return old;
}

static unsigned long pending(void)
{
	unsigned long set = 0;

	syscall(SYS_rt_sigpending, &set, 8);
	return set;
}

#define BIT_OF(signo) (1UL << ((signo) - 1))

CASE("rt_sigaction: errors")
{
	struct kernel_action a = { 0 };

	ERR(syscall(SYS_rt_sigaction, 0, NULL, &a, 8), EINVAL);
	ERR(syscall(SYS_rt_sigaction, 65, NULL, &a, 8), EINVAL);
	ERR(syscall(SYS_rt_sigaction, -1, NULL, &a, 8), EINVAL);
	ERR(syscall(SYS_rt_sigaction, SIGUSR1, NULL, &a, 16), EINVAL);
	ERR(syscall(SYS_rt_sigaction, SIGUSR1, NULL, &a, 4), EINVAL);
	ERR(syscall(SYS_rt_sigaction, SIGKILL, &a, NULL, 8), EINVAL);
	ERR(syscall(SYS_rt_sigaction, SIGSTOP, &a, NULL, 8), EINVAL);
	EQ(syscall(SYS_rt_sigaction, SIGKILL, NULL, &a, 8), 0);
	EQ(a.handler, SIG_DFL);
	ERR(syscall(SYS_rt_sigaction, SIGUSR1, BAD_PTR, NULL, 8), EFAULT);
	ERR(syscall(SYS_rt_sigaction, SIGUSR1, NULL, BAD_PTR, 8), EFAULT);
	EQ(syscall(SYS_rt_sigaction, SIGUSR1, NULL, NULL, 8), 0);
	EQ(syscall(SYS_rt_sigaction, 64, NULL, &a, 8), 0);
}

CASE("rt_sigaction: what is set is what is read, but for unknown bits")
{
	struct kernel_action a = { (void *)note, SA_RESTART | SA_NODEFER,
				   NULL, ~0UL };
	struct kernel_action b;

	EQ(syscall(SYS_rt_sigaction, SIGUSR1, &a, NULL, 8), 0);
	EQ(syscall(SYS_rt_sigaction, SIGUSR1, NULL, &b, 8), 0);
	CHECK(b.handler == (void *)note);
	EQ(b.flags, SA_RESTART | SA_NODEFER);
	EQ(b.mask, ~(BIT_OF(SIGKILL) | BIT_OF(SIGSTOP)));
	/* flags that the kernel does not know are cleared, for detection */
	a.flags = 0x400 | 0x20000000;
	EQ(syscall(SYS_rt_sigaction, SIGUSR1, &a, NULL, 8), 0);
	EQ(syscall(SYS_rt_sigaction, SIGUSR1, NULL, &b, 8), 0);
	EQ(b.flags, 0);
	a.flags = 0x800;	/* SA_EXPOSE_TAGBITS */
	EQ(syscall(SYS_rt_sigaction, SIGUSR1, &a, NULL, 8), 0);
	EQ(syscall(SYS_rt_sigaction, SIGUSR1, NULL, &b, 8), 0);
	EQ(b.flags, 0x800);
}

CASE("rt_sigprocmask: how, sizes, KILL and STOP stay unblocked")
{
	unsigned long set = BIT_OF(SIGUSR1), old;

	ERR(rt_sigprocmask(5, &set, NULL, 8), EINVAL);
	ERR(rt_sigprocmask(-1, &set, NULL, 8), EINVAL);
	EQ(rt_sigprocmask(-1, NULL, &old, 8), 0);
	ERR(rt_sigprocmask(SIG_BLOCK, &set, NULL, 4), EINVAL);
	ERR(rt_sigprocmask(SIG_BLOCK, BAD_PTR, NULL, 8), EFAULT);
	ERR(rt_sigprocmask(SIG_BLOCK, NULL, BAD_PTR, 8), EFAULT);
	EQ(rt_sigprocmask(SIG_BLOCK, &set, &old, 8), 0);
	EQ(old, 0);
	set = BIT_OF(SIGUSR2);
	EQ(rt_sigprocmask(SIG_BLOCK, &set, &old, 8), 0);
	EQ(old, BIT_OF(SIGUSR1));
	set = BIT_OF(SIGUSR1);
	EQ(rt_sigprocmask(SIG_UNBLOCK, &set, &old, 8), 0);
	EQ(current_mask(), BIT_OF(SIGUSR2));
	set = ~0UL;
	EQ(rt_sigprocmask(SIG_SETMASK, &set, NULL, 8), 0);
	EQ(current_mask(), ~(BIT_OF(SIGKILL) | BIT_OF(SIGSTOP)));
	ERR(syscall(SYS_rt_sigpending, BAD_PTR, 8), EFAULT);
	ERR(syscall(SYS_rt_sigpending, &set, 16), EINVAL);
	EQ(syscall(SYS_rt_sigpending, &set, 4), 0);
}

CASE("kill: errors, permissions, signal 0")
{
	pid_t pid, other;

	ERR(kill(getpid(), 65), EINVAL);
	ERR(kill(getpid(), -1), EINVAL);
	ERR(kill(999999, 0), ESRCH);
	ERR(kill(-999999, 0), ESRCH);
	ERR(kill(INT32_MIN, SIGTERM), ESRCH);
	EQ(kill(getpid(), 0), 0);
	EQ(kill(0, 0), 0);
	EQ(kill(-getpgrp(), 0), 0);
	CHILD(other) pause();
	CHILD(pid) {
		abi_drop(1000, 1000);
		ERR(kill(1, 0), EPERM);
		ERR(kill(getppid(), SIGTERM), EPERM);
		EQ(kill(getpid(), 0), 0);
		ERR(syscall(SYS_tgkill, other, other, SIGUSR1), EPERM);
	}
	EQ(abi_exit_code(pid), 0);
	CHILD(pid) {	/* real or effective id of the sender decides */
		syscall(SYS_setresuid, 500, 500, 500);
		pause();
	}
	abi_wait_state(pid, 'S');
	CHILD(other) {
		syscall(SYS_setresuid, 700, 500, 700);
		EQ(kill(pid, SIGTERM), 0);
	}
	EQ(abi_exit_code(other), 0);
	EQ(abi_exit_code(pid), 1000 + SIGTERM);
	CHILD(pid) {}
	while (kill(pid, 0) == 0 && waitpid(pid, NULL, WNOHANG) == 0)
		;
	ERR(kill(pid, 0), ESRCH);
}

CASE("SIGCONT may be sent within a session whatever the ids")
{
	pid_t pid, other;

	CHILD(other) {
		for (;;)
			pause();
	}
	CHILD(pid) {
		abi_drop(1000, 1000);
		EQ(kill(other, SIGCONT), 0);
		ERR(kill(other, SIGSTOP), EPERM);
	}
	abi_reap(pid);
	(void)pid;
}

CASE("kill(-1) reaches all but the caller and init")
{
	pid_t pid, a;

	CHILD(pid) {
		CHILD(a) pause();
		syscall(SYS_setresuid, 6001, 6001, 6001);
		EQ(kill(-1, SIGTERM), 0);	/* a refusal is not told */
		CHILD(a) pause();
		EQ(kill(-1, SIGTERM), 0);
		EQ(abi_exit_code(a), 1000 + SIGTERM);
	}
	EQ(abi_exit_code(pid), 0);
}

CASE("siginfo of kill, tgkill, sigqueue, abort, child")
{
	pid_t pid;

	on_info(SIGUSR1, 0);
	on_info(SIGCHLD, 0);
	kill(getpid(), SIGUSR1);
	EQ(last.si_signo, SIGUSR1);
	EQ(last.si_code, SI_USER);
	EQ(last.si_pid, getpid());
	EQ(last.si_uid, 0);
	EQ(last.si_errno, 0);
	syscall(SYS_tgkill, getpid(), getpid(), SIGUSR1);
	EQ(last.si_code, SI_TKILL);
	EQ(last.si_pid, getpid());
	union sigval v = { .sival_int = 0x1234567 };
	OK(sigqueue(getpid(), SIGUSR1, v));
	EQ(last.si_code, SI_QUEUE);
	EQ(last.si_value.sival_int, 0x1234567);
	EQ(last.si_pid, getpid());
	block(SIG_BLOCK, SIGCHLD);
	CHILD(pid) { syscall(SYS_setresuid, 44, 44, 44); _exit(33); }
	abi_wait_state(pid, 'Z');
	block(SIG_UNBLOCK, SIGCHLD);
	EQ(last.si_signo, SIGCHLD);
	EQ(last.si_code, CLD_EXITED);
	EQ(last.si_status, 33);
	EQ(last.si_pid, pid);
	EQ(last.si_uid, 44);
	abi_reap(pid);
	block(SIG_BLOCK, SIGCHLD);
	CHILD(pid) raise(SIGKILL);
	abi_wait_state(pid, 'Z');
	block(SIG_UNBLOCK, SIGCHLD);
	EQ(last.si_code, CLD_KILLED);
	EQ(last.si_status, SIGKILL);
	abi_reap(pid);
}

CASE("rt_sigqueueinfo: codes a process may not forge")
{
	siginfo_t info = { .si_signo = 3, .si_code = 0 };
	pid_t pid;

	CHILD(pid) pause();
	ERR(syscall(SYS_rt_sigqueueinfo, pid, SIGUSR1, &info), EPERM);
	info.si_code = SI_TKILL;
	ERR(syscall(SYS_rt_sigqueueinfo, pid, SIGUSR1, &info), EPERM);
	info.si_code = 5;
	ERR(syscall(SYS_rt_sigqueueinfo, pid, SIGUSR1, &info), EPERM);
	info.si_code = SI_QUEUE;
	ERR(syscall(SYS_rt_sigqueueinfo, pid, 65, &info), EINVAL);
	ERR(syscall(SYS_rt_sigqueueinfo, 999999, SIGUSR1, &info), ESRCH);
	ERR(syscall(SYS_rt_sigqueueinfo, pid, SIGUSR1, BAD_PTR), EFAULT);
	EQ(syscall(SYS_rt_sigqueueinfo, pid, 0, &info), 0);
	ERR(syscall(SYS_rt_tgsigqueueinfo, pid, 0, SIGUSR1, &info), EINVAL);
	ERR(syscall(SYS_rt_tgsigqueueinfo, pid, getpid(), SIGUSR1, &info),
	    ESRCH);
	on_info(SIGUSR2, 0);
	info.si_code = 5;	/* to itself anything goes */
	EQ(syscall(SYS_rt_sigqueueinfo, getpid(), SIGUSR2, &info), 0);
	EQ(last.si_code, 5);
	EQ(last.si_signo, SIGUSR2);
	kill(pid, SIGKILL);
	abi_reap(pid);
}

CASE("standard signals merge, real-time ones queue in order of number")
{
	union sigval v;
	sigset_t all;

	for (int i = 37; i <= 39; i++)
		abi_on(i, note, 0);
	abi_on(SIGUSR1, note, 0);
	abi_on(SIGHUP, note, 0);
	sigfillset(&all);
	/* no handler may interrupt another */
	struct kernel_action a;
	for (int i = 37; i <= 39; i++) {
		syscall(SYS_rt_sigaction, i, NULL, &a, 8);
		a.mask = ~0UL;
		syscall(SYS_rt_sigaction, i, &a, NULL, 8);
	}
	unsigned long set = ~0UL;
	rt_sigprocmask(SIG_SETMASK, &set, NULL, 8);
	v.sival_int = 1;
	sigqueue(getpid(), 39, v);
	sigqueue(getpid(), 38, v);
	sigqueue(getpid(), 37, v);
	sigqueue(getpid(), 38, v);
	kill(getpid(), SIGUSR1);
	kill(getpid(), SIGUSR1);
	kill(getpid(), SIGHUP);
	EQ(pending(), BIT_OF(37) | BIT_OF(38) | BIT_OF(39) | BIT_OF(SIGUSR1) |
		      BIT_OF(SIGHUP));
	set = 0;
	rt_sigprocmask(SIG_SETMASK, &set, NULL, 8);
	EQ(count, 6);
	/* frames are built lowest first; the last built runs first */
	EQ(pending(), 0);
	int rt = 0;
	for (int i = 0; i < 6; i++)
		rt += order[i] >= 37;
	EQ(rt, 4);
}

CASE("sigqueue keeps values in order, RLIMIT_SIGPENDING ends it")
{
	union sigval v;
	sigset_t set;
	siginfo_t info;
	struct timespec zero = { 0, 0 };

	sigemptyset(&set);
	sigaddset(&set, 40);
	sigprocmask(SIG_BLOCK, &set, NULL);
	abi_drop(4000, 4000);
	abi_limit(RLIMIT_SIGPENDING, 3, 3);
	for (v.sival_int = 1; v.sival_int <= 3; v.sival_int++)
		EQ(sigqueue(getpid(), 40, v), 0);
	ERR(sigqueue(getpid(), 40, v), EAGAIN);
	EQ(kill(getpid(), 40), 0);	/* kill never fails for that */
	for (int i = 1; i <= 3; i++) {
		EQ(sigtimedwait(&set, &info, &zero), 40);
		EQ(info.si_value.sival_int, i);
	}
}

CASE("SA_NODEFER, SA_RESETHAND, sa_mask")
{
	abi_on(SIGUSR1, note, SA_RESETHAND);
	raise(SIGUSR1);
	EQ(count, 1);
	struct kernel_action a;
	syscall(SYS_rt_sigaction, SIGUSR1, NULL, &a, 8);
	EQ(a.handler, SIG_DFL);
	struct sigaction sa = { .sa_handler = note };
	sigaddset(&sa.sa_mask, SIGHUP);
	sigaction(SIGUSR2, &sa, NULL);
	raise(SIGUSR2);
	EQ(current_mask(), 0);
}

static volatile unsigned long seen_mask;

static void see_mask(int signo)
{
	(void)signo;
	seen_mask = current_mask();
}

CASE("the mask within a handler")
{
	struct sigaction sa = { .sa_handler = see_mask };

	sigaddset(&sa.sa_mask, SIGHUP);
	sigaction(SIGUSR1, &sa, NULL);
	block(SIG_BLOCK, SIGWINCH);
	raise(SIGUSR1);
	EQ(seen_mask, BIT_OF(SIGHUP) | BIT_OF(SIGUSR1) | BIT_OF(SIGWINCH));
	EQ(current_mask(), BIT_OF(SIGWINCH));
	sa.sa_flags = SA_NODEFER;
	sigaction(SIGUSR1, &sa, NULL);
	raise(SIGUSR1);
	EQ(seen_mask, BIT_OF(SIGHUP) | BIT_OF(SIGWINCH));
}

static void change_mask(int signo, siginfo_t *info, void *context)
{
	ucontext_t *uc = context;

	(void)signo;
	(void)info;
	sigaddset(&uc->uc_sigmask, SIGURG);
	sigaddset(&uc->uc_sigmask, SIGKILL);
}

CASE("the mask in the frame is what comes back, KILL apart")
{
	struct sigaction sa = { .sa_sigaction = change_mask,
				.sa_flags = SA_SIGINFO };

	sigaction(SIGUSR1, &sa, NULL);
	raise(SIGUSR1);
	EQ(current_mask(), BIT_OF(SIGURG));
}

/* --- waiting ----------------------------------------------------------------- */

CASE("sigtimedwait: errors, polling, timeouts")
{
	unsigned long set = BIT_OF(SIGUSR1);
	struct timespec t = { 0, 0 };
	siginfo_t info;

	ERR(syscall(SYS_rt_sigtimedwait, &set, NULL, &t, 4), EINVAL);
	ERR(syscall(SYS_rt_sigtimedwait, BAD_PTR, NULL, &t, 8), EFAULT);
	ERR(syscall(SYS_rt_sigtimedwait, &set, NULL, BAD_PTR, 8), EFAULT);
	t.tv_nsec = 1000000000;
	ERR(syscall(SYS_rt_sigtimedwait, &set, NULL, &t, 8), EINVAL);
	t.tv_nsec = -1;
	ERR(syscall(SYS_rt_sigtimedwait, &set, NULL, &t, 8), EINVAL);
	t.tv_nsec = 0;
	t.tv_sec = -1;
	ERR(syscall(SYS_rt_sigtimedwait, &set, NULL, &t, 8), EINVAL);
	t.tv_sec = 0;
	ERR(syscall(SYS_rt_sigtimedwait, &set, NULL, &t, 8), EAGAIN);
	t.tv_nsec = 1000000;
	ERR(syscall(SYS_rt_sigtimedwait, &set, NULL, &t, 8), EAGAIN);
	block(SIG_BLOCK, SIGUSR1);
	raise(SIGUSR1);
	ERR(syscall(SYS_rt_sigtimedwait, &set, BAD_PTR, &t, 8), EFAULT);
	EQ(pending(), 0);	/* taken all the same */
	raise(SIGUSR1);
	memset(&info, 0xff, sizeof(info));
	EQ(syscall(SYS_rt_sigtimedwait, &set, &info, NULL, 8), SIGUSR1);
	EQ(info.si_signo, SIGUSR1);
	EQ(info.si_code, SI_TKILL);
	EQ(info.si_pid, getpid());
	/* waiting for an unblocked one works too, before the handler */
	abi_on(SIGUSR2, note, 0);
	set = BIT_OF(SIGUSR2);
	pid_t parent = getpid(), pid;
	CHILD(pid) {
		abi_wait_state(parent, 'S');
		kill(parent, SIGUSR2);
	}
	EQ(syscall(SYS_rt_sigtimedwait, &set, &info, NULL, 8), SIGUSR2);
	EQ(count, 0);
	abi_reap(pid);
	/* another signal's handler interrupts it */
	abi_on(SIGUSR1, note, SA_RESTART);
	block(SIG_UNBLOCK, SIGUSR1);
	CHILD(pid) {
		abi_wait_state(parent, 'S');
		kill(parent, SIGUSR1);
	}
	ERR(syscall(SYS_rt_sigtimedwait, &set, &info, NULL, 8), EINTR);
	EQ(count, 1);
	abi_reap(pid);
}

CASE("sigsuspend and pause")
{
	unsigned long none = 0, got;
	pid_t pid, parent = getpid();

	ERR(syscall(SYS_rt_sigsuspend, &none, 4), EINVAL);
	ERR(syscall(SYS_rt_sigsuspend, BAD_PTR, 8), EFAULT);
	struct sigaction sa = { .sa_handler = see_mask };
	sigaction(SIGUSR1, &sa, NULL);
	block(SIG_BLOCK, SIGUSR1);
	raise(SIGUSR1);
	ERR(syscall(SYS_rt_sigsuspend, &none, 8), EINTR);
	EQ(seen_mask, BIT_OF(SIGUSR1));
	got = current_mask();
	EQ(got, BIT_OF(SIGUSR1));
	abi_on(SIGUSR2, note, SA_RESTART);
	CHILD(pid) {
		abi_wait_state(parent, 'S');
		kill(parent, SIGUSR2);
	}
	ERR(pause(), EINTR);
	EQ(count, 1);
	abi_reap(pid);
}

static void kick(pid_t *pid, int signo)
{
	pid_t parent = getpid();

	CHILD(*pid) {
		abi_wait_state(parent, 'S');
		kill(parent, signo);
		abi_wait_state(parent, 'S');
		kill(parent, SIGHUP);
		pause();
	}
}

static void dismiss(pid_t pid)
{
	kill(pid, SIGKILL);
	abi_reap(pid);
}

static void nothing(int signo)
{
	(void)signo;
}

CASE("restart: what goes on after a SA_RESTART handler, what ends")
{
	struct timespec long_time = { 100, 0 }, rest = { 0, 0 };
	struct pollfd none = { -1, 0, 0 };
	int fds[2], ep = epoll_create1(0);
	struct epoll_event event;
	pid_t pid;
	char c;

	pipe(fds);
	abi_on(SIGUSR1, nothing, SA_RESTART);
	abi_on(SIGHUP, nothing, 0);
	/* restarted: only the second signal, without SA_RESTART, ends them */
	kick(&pid, SIGUSR1);
	ERR(read(fds[0], &c, 1), EINTR);
	dismiss(pid);
	kick(&pid, SIGUSR1);
	ERR(syscall(SYS_wait4, pid, NULL, 0, NULL), EINTR);
	dismiss(pid);
	/* never restarted */
	abi_on(SIGHUP, SIG_IGN, 0);
	kick(&pid, SIGUSR1);
	ERR(poll(&none, 1, 100000), EINTR);
	dismiss(pid);
	kick(&pid, SIGUSR1);
	ERR(epoll_wait(ep, &event, 1, 100000), EINTR);
	dismiss(pid);
	kick(&pid, SIGUSR1);
	ERR(syscall(SYS_nanosleep, &long_time, &rest), EINTR);
	CHECK(rest.tv_sec >= 90 && rest.tv_sec < 100);
	dismiss(pid);
	kick(&pid, SIGUSR1);
	ERR(syscall(SYS_futex, &count, 0, count, &long_time), EINTR);
	dismiss(pid);
}

CASE("a stop and SIGCONT without handler: calls go on")
{
	struct timespec brief = { 0, 50000000 };
	struct abi_gate go;
	pid_t pid;
	int fds[2];
	char c;

	gate_init(&go);
	pipe(fds);
	CHILD(pid) {
		gate_open(&go);
		EQ(read(fds[0], &c, 1), 1);
		gate_open(&go);
		EQ(syscall(SYS_nanosleep, &brief, NULL), 0);
		EQ(poll(NULL, 0, 50), 0);
		gate_open(&go);
	}
	gate_wait(&go);
	abi_wait_state(pid, 'S');
	kill(pid, SIGSTOP);
	waitpid(pid, NULL, WUNTRACED);
	kill(pid, SIGCONT);
	abi_wait_state(pid, 'S');
	write(fds[1], "x", 1);
	gate_wait(&go);
	for (int i = 0; i < 5; i++) {
		kill(pid, SIGSTOP);
		if (waitpid(pid, NULL, WUNTRACED) != pid)
			break;
		kill(pid, SIGCONT);
	}
	gate_wait(&go);
	EQ(abi_exit_code(pid), 0);
}

CASE("stop signals drop SIGCONT and the other way round")
{
	pid_t pid;

	block(SIG_BLOCK, SIGCONT);
	block(SIG_BLOCK, SIGTSTP);
	raise(SIGTSTP);
	EQ(pending(), BIT_OF(SIGTSTP));
	raise(SIGCONT);
	EQ(pending(), BIT_OF(SIGCONT));
	raise(SIGTSTP);
	EQ(pending(), BIT_OF(SIGTSTP));
	abi_on(SIGTSTP, SIG_IGN, 0);
	EQ(pending(), 0);	/* ignoring drops what is pending */
	block(SIG_BLOCK, SIGUSR1);
	raise(SIGUSR1);
	abi_on(SIGUSR1, SIG_IGN, 0);
	EQ(pending(), 0);
	raise(SIGUSR1);		/* blocked and ignored: it stays */
	EQ(pending(), BIT_OF(SIGUSR1));
	raise(SIGURG);
	EQ(pending(), BIT_OF(SIGUSR1));
	CHILD(pid) EQ(pending(), 0);	/* not inherited */
	abi_reap(pid);
}

CASE("SIGSTOP stops, SIGKILL ends a stopped process, SIGCONT is seen")
{
	pid_t pid;
	int status;

	CHILD(pid) {
		abi_on(SIGCONT, _exit, 0);
		block(SIG_BLOCK, SIGCONT);
		raise(SIGSTOP);
		block(SIG_UNBLOCK, SIGCONT);
	}
	waitpid(pid, &status, WUNTRACED);
	EQ(WSTOPSIG(status), SIGSTOP);
	kill(pid, SIGTERM);	/* waits until it goes on */
	abi_wait_state(pid, 'T');
	kill(pid, SIGCONT);
	EQ(abi_exit_code(pid), 1000 + SIGTERM);
}

CASE("an orphaned group ignores SIGTSTP")
{
	pid_t pid;

	CHILD(pid) {
		setsid();
		raise(SIGTSTP);
		raise(SIGTTIN);
		raise(SIGTTOU);
	}
	EQ(abi_exit_code(pid), 0);
}

CASE("SIGCHLD: SA_NOCLDSTOP, stop and continue notices")
{
	struct sigaction sa = { .sa_sigaction = note_info,
				.sa_flags = SA_SIGINFO | SA_NOCLDSTOP };
	sigset_t set;
	siginfo_t info;
	pid_t pid;

	sigaction(SIGCHLD, &sa, NULL);
	CHILD(pid) for (;;) pause();
	kill(pid, SIGSTOP);
	waitpid(pid, NULL, WUNTRACED);
	kill(pid, SIGCONT);
	waitpid(pid, NULL, WCONTINUED);
	abi_wait_state(pid, 'S');	/* it tells its parent by itself */
	EQ(count, 0);
	sa.sa_flags = SA_SIGINFO;
	sigaction(SIGCHLD, &sa, NULL);
	block(SIG_BLOCK, SIGCHLD);
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	kill(pid, SIGSTOP);
	EQ(sigwaitinfo(&set, &info), SIGCHLD);
	EQ(info.si_code, CLD_STOPPED);
	EQ(info.si_status, SIGSTOP);
	EQ(info.si_pid, pid);
	kill(pid, SIGCONT);
	EQ(sigwaitinfo(&set, &info), SIGCHLD);
	EQ(info.si_code, CLD_CONTINUED);
	EQ(info.si_status, SIGCONT);
	kill(pid, SIGKILL);
	EQ(sigwaitinfo(&set, &info), SIGCHLD);
	EQ(info.si_code, CLD_KILLED);
	abi_reap(pid);
}

/* --- signalfd ------------------------------------------------------------- */

CASE("signalfd4: flags, sizes, reading, poll")
{
	unsigned long set = BIT_OF(SIGUSR1) | BIT_OF(SIGKILL);
	struct signalfd_siginfo info[3];
	int fd;

	ERR(syscall(SYS_signalfd4, -1, &set, 4, 0), EINVAL);
	ERR(syscall(SYS_signalfd4, -1, &set, 8, 1), EINVAL);
	ERR(syscall(SYS_signalfd4, -1, BAD_PTR, 8, 0), EFAULT);
	ERR(syscall(SYS_signalfd4, 0, &set, 8, 0), EINVAL);
	ERR(syscall(SYS_signalfd4, 99, &set, 8, 0), EBADF);
	fd = (int)OK(syscall(SYS_signalfd4, -1, &set, 8,
			     SFD_NONBLOCK | SFD_CLOEXEC));
	EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
	EQ(fcntl(fd, F_GETFL), O_RDWR | O_NONBLOCK);
	ERR(read(fd, info, sizeof(info)), EAGAIN);
	ERR(read(fd, info, 127), EINVAL);
	ERR(write(fd, info, 128), EINVAL);
	struct pollfd p = { fd, POLLIN, 0 };
	EQ(poll(&p, 1, 0), 0);
	block(SIG_BLOCK, SIGUSR1);
	block(SIG_BLOCK, SIGUSR2);
	union sigval v = { .sival_int = 42 };
	sigqueue(getpid(), SIGUSR1, v);
	EQ(poll(&p, 1, 0), 1);
	EQ(p.revents, POLLIN);
	ERR(read(fd, BAD_PTR, 128), EFAULT);
	sigqueue(getpid(), SIGUSR1, v);
	memset(info, 0xff, sizeof(info));
	EQ(read(fd, info, sizeof(info)), 128);
	EQ(info[0].ssi_signo, SIGUSR1);
	EQ(info[0].ssi_code, SI_QUEUE);
	EQ(info[0].ssi_pid, getpid());
	EQ(info[0].ssi_uid, 0);
	EQ(info[0].ssi_int, 42);
	set = BIT_OF(SIGUSR2);
	EQ(syscall(SYS_signalfd4, fd, &set, 8, 0), fd);
	raise(SIGUSR1);
	ERR(read(fd, info, 128), EAGAIN);
	raise(SIGUSR2);
	EQ(read(fd, info, 128), 128);
	char path[64];
	sprintf(path, "/proc/self/fdinfo/%d", fd);
	STR(abi_field(abi_read(path), "sigmask"), "0000000000000800");
}
