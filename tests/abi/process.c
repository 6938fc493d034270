/* Processes and threads: clone, fork, vfork, wait, exit, sessions, prctl. */
#include "abi.h"

#include <pthread.h>
#include <linux/sched.h>
#include <linux/securebits.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#ifndef P_PIDFD
#define P_PIDFD 3
#endif

static long clone3(struct clone_args *args, size_t size)
{
	return syscall(SYS_clone3, args, size);
}

static long raw_clone(unsigned long flags)
{
	return syscall(SYS_clone, flags, NULL, NULL, NULL, NULL);
}

static void nothing(int signo)
{
	(void)signo;
}

CASE("clone refuses contradicting flags")
{
	ERR(raw_clone(CLONE_THREAD | SIGCHLD), EINVAL);
	ERR(raw_clone(CLONE_SIGHAND | SIGCHLD), EINVAL);
	ERR(raw_clone(CLONE_THREAD | CLONE_SIGHAND | SIGCHLD), EINVAL);
	ERR(raw_clone(CLONE_NEWNS | CLONE_FS | SIGCHLD), EINVAL);
	ERR(raw_clone(CLONE_PIDFD | CLONE_PARENT_SETTID | SIGCHLD), EINVAL);
	ERR(raw_clone(CLONE_PIDFD | CLONE_DETACHED | SIGCHLD), EINVAL);
	EQ(waitpid(-1, NULL, WNOHANG), -1);
	EQ(errno, ECHILD);
}

CASE("clone3 checks size and fields")
{
	struct clone_args a = { 0 };
	char big[256] = { 0 };

	ERR(clone3(&a, 0), EINVAL);
	ERR(clone3(&a, CLONE_ARGS_SIZE_VER0 - 1), EINVAL);
	ERR(clone3((void *)big, 5000), E2BIG);
	ERR(clone3(BAD_PTR, sizeof(a)), EFAULT);
	big[200] = 1;
	ERR(clone3((void *)big, sizeof(big)), E2BIG);
	a.exit_signal = 65;
	ERR(clone3(&a, sizeof(a)), EINVAL);
	a.exit_signal = SIGCHLD;
	a.flags = SIGCHLD;
	ERR(clone3(&a, sizeof(a)), EINVAL);
	a.flags = CLONE_DETACHED;
	ERR(clone3(&a, sizeof(a)), EINVAL);
	a.flags = 1ULL << 40;
	ERR(clone3(&a, sizeof(a)), EINVAL);
	a.flags = 0;
	a.stack = 0x1000;
	ERR(clone3(&a, sizeof(a)), EINVAL);
	a.stack = 0;
	a.stack_size = 0x1000;
	ERR(clone3(&a, sizeof(a)), EINVAL);
	a.stack_size = 0;
	a.flags = CLONE_THREAD | CLONE_SIGHAND | CLONE_VM;
	ERR(clone3(&a, sizeof(a)), EINVAL); /* exit_signal with a thread */
	a.flags = CLONE_PARENT;
	ERR(clone3(&a, sizeof(a)), EINVAL);
	a.flags = CLONE_CLEAR_SIGHAND | CLONE_SIGHAND | CLONE_VM;
	a.exit_signal = 0;
	ERR(clone3(&a, sizeof(a)), EINVAL);
	a.flags = 0;
	a.set_tid_size = 1;
	ERR(clone3(&a, sizeof(a)), EINVAL);
	a.set_tid_size = 0;
	a.set_tid = 8;
	ERR(clone3(&a, sizeof(a)), EINVAL);
	a.set_tid_size = 40;
	ERR(clone3(&a, sizeof(a)), EINVAL);
}

CASE("clone3 makes a process, pidfd and tids")
{
	int pidfd = -1;
	pid_t tid = -1;
	struct clone_args a = {
		.flags = CLONE_PIDFD | CLONE_PARENT_SETTID,
		.pidfd = (uintptr_t)&pidfd,
		.parent_tid = (uintptr_t)&tid,
		.exit_signal = SIGCHLD,
	};
	long pid = OK(clone3(&a, sizeof(a)));
	siginfo_t info = { 0 };

	if (!pid)
		_exit(7);
	EQ(tid, pid);
	CHECK(pidfd > 2);
	EQ(fcntl(pidfd, F_GETFD), FD_CLOEXEC);
	OK(waitid(P_PIDFD, pidfd, &info, WEXITED));
	EQ(info.si_pid, pid);
	EQ(info.si_status, 7);
	EQ(info.si_code, CLD_EXITED);
	EQ(info.si_signo, SIGCHLD);
	ERR(syscall(SYS_pidfd_send_signal, pidfd, 0, NULL, 0), ESRCH);
}

CASE("clone3 set_tid picks the number")
{
	pid_t want = 30123;
	struct clone_args a = {
		.exit_signal = SIGCHLD,
		.set_tid = (uintptr_t)&want,
		.set_tid_size = 1,
	};
	long pid = OK(clone3(&a, sizeof(a)));

	if (!pid)
		_exit(getpid() == 30123 ? 0 : 1);
	EQ(pid, want);
	ERR(clone3(&a, sizeof(a)), EEXIST);
	EQ(abi_exit_code((pid_t)pid), 0);
	want = 0;
	ERR(clone3(&a, sizeof(a)), EINVAL);
	want = -5;
	ERR(clone3(&a, sizeof(a)), EINVAL);
	want = 1 << 30;
	ERR(clone3(&a, sizeof(a)), EINVAL);
}

CASE("CLONE_CLEAR_SIGHAND resets handlers but not ignored signals")
{
	struct clone_args a = { .flags = CLONE_CLEAR_SIGHAND,
				.exit_signal = SIGCHLD };
	struct sigaction sa;

	abi_on(SIGUSR1, nothing, 0);
	abi_on(SIGUSR2, SIG_IGN, 0);
	long pid = OK(clone3(&a, sizeof(a)));
	if (!pid) {
		sigaction(SIGUSR1, NULL, &sa);
		CHECK(sa.sa_handler == SIG_DFL);
		sigaction(SIGUSR2, NULL, &sa);
		CHECK(sa.sa_handler == SIG_IGN);
		_exit(0);
	}
	abi_reap((pid_t)pid);
}

CASE("exit signal other than SIGCHLD and the __WCLONE, __WALL rules")
{
	int status;
	long pid;

	abi_on(SIGUSR1, SIG_IGN, 0);
	pid = OK(raw_clone(SIGUSR1));
	if (!pid)
		_exit(3);
	ERR(waitpid((pid_t)pid, &status, 0), ECHILD);
	EQ(waitpid((pid_t)pid, &status, __WCLONE), pid);
	EQ(WEXITSTATUS(status), 3);
	pid = OK(raw_clone(0));
	if (!pid)
		_exit(4);
	EQ(waitpid((pid_t)pid, &status, __WALL), pid);
	EQ(WEXITSTATUS(status), 4);
	CHILD(pid) {}
	ERR(waitpid((pid_t)pid, &status, __WCLONE), ECHILD);
	EQ(waitpid((pid_t)pid, &status, 0), pid);
}

CASE("an exit signal that there is not is none")
{
	for (unsigned long sig = 65; sig < 256; sig += 38) {
		long pid = OK(raw_clone(sig));
		int status = -1;

		if (!pid)
			_exit(7);
		EQ(waitpid((pid_t)pid, &status, __WALL), pid);
		EQ(WEXITSTATUS(status), 7);
	}
}

CASE("CLONE_FILES, CLONE_FS and CLONE_VM share what they name")
{
	volatile int *cell = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
				  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char here[256];
	long pid;

	mkdir("inner", 0755);
	pid = OK(raw_clone(CLONE_FILES | CLONE_FS | SIGCHLD));
	if (!pid) {
		dup2(0, 50);
		chdir("inner");
		umask(0123);
		*cell = 1;
		_exit(0);
	}
	EQ(abi_exit_code((pid_t)pid), 0);
	OK(fcntl(50, F_GETFD));
	CHECK(strstr(getcwd(here, sizeof(here)), "/inner"));
	EQ(umask(022), 0123);
	EQ(*cell, 0);
	close(50);
	pid = OK(raw_clone(SIGCHLD));
	if (!pid) {
		dup2(0, 50);
		chdir("/");
		umask(0);
		_exit(0);
	}
	EQ(abi_exit_code((pid_t)pid), 0);
	ERR(fcntl(50, F_GETFD), EBADF);
	CHECK(strstr(getcwd(here, sizeof(here)), "/inner"));
	EQ(umask(022), 022);
}

/* The child runs on the parent's stack, so no function may return in it; the
 * C library's vfork is allowed to be a fork. */
static inline __attribute__((always_inline)) pid_t raw_vfork(void)
{
	register long x0 __asm__("x0") = CLONE_VM | CLONE_VFORK | SIGCHLD;
	register long x1 __asm__("x1") = 0;
	register long x8 __asm__("x8") = SYS_clone;

	__asm__ volatile("svc 0" : "+r"(x0) : "r"(x1), "r"(x8) : "memory");
	return (pid_t)x0;
}

CASE("vfork holds the parent until the child leaves its memory")
{
	static volatile int order;
	pid_t pid = raw_vfork();

	if (!pid) {
		order = 1;
		_exit(9);
	}
	EQ(order, 1);
	EQ(abi_exit_code(pid), 9);
}

HELPER(exit_with)
{
	return atoi(argv[1]);
}

CASE("vfork, then exec")
{
	char *args[] = { "@exit_with", "12", NULL };
	pid_t pid = raw_vfork();

	if (!pid) {
		syscall(SYS_execve, "/proc/self/exe", args, NULL);
		_exit(1);
	}
	EQ(abi_exit_code(pid), 12);
}

CASE("unshare: flags and what becomes one's own")
{
	ERR(unshare(CLONE_PIDFD), EINVAL);
	ERR(unshare(CLONE_SETTLS), EINVAL);
	ERR(unshare(CLONE_CHILD_SETTID), EINVAL);
	ERR(unshare((int)0x80000000), EINVAL);
	EQ(unshare(0), 0);
	EQ(unshare(CLONE_FILES), 0);
	EQ(unshare(CLONE_FS), 0);
	EQ(unshare(CLONE_FILES | CLONE_FS), 0);
	EQ(unshare(CLONE_THREAD), 0);	/* alone already */
	EQ(unshare(CLONE_SIGHAND), 0);
	EQ(unshare(CLONE_VM), 0);
	long pid = raw_clone(CLONE_FILES | SIGCHLD);
	if (!pid) {
		unshare(CLONE_FILES);
		dup2(0, 60);
		_exit(0);
	}
	abi_reap((pid_t)pid);
	ERR(fcntl(60, F_GETFD), EBADF);
	OK(unshare(CLONE_NEWUTS));
	OK(sethostname("abi-inner", 9));
	OK(unshare(CLONE_NEWNS));
	CHILD(pid) {
		abi_drop(1000, 1000);
		ERR(unshare(CLONE_NEWNS), EPERM);
		ERR(unshare(CLONE_NEWUTS), EPERM);
		ERR(raw_clone(CLONE_NEWUTS | SIGCHLD), EPERM);
	}
	abi_reap((pid_t)pid);
}

CASE("wait4: arguments and errors")
{
	int status;
	struct rusage usage;
	pid_t pid;

	ERR(wait4(-1, &status, 0, NULL), ECHILD);
	ERR(wait4(-1, &status, 0x40, NULL), EINVAL);
	ERR(wait4(-1, &status, WEXITED, NULL), EINVAL);
	ERR(wait4(-1, &status, WNOWAIT, NULL), EINVAL);
	ERR(wait4(999999, &status, 0, NULL), ECHILD);
	ERR(wait4(INT32_MIN, &status, 0, NULL), ESRCH);
	ERR(wait4(0, &status, WNOHANG, NULL), ECHILD);
	ERR(wait4(getpid(), &status, 0, NULL), ECHILD);
	ERR(wait4(getppid(), &status, 0, NULL), ECHILD);
	CHILD(pid) {}
	ERR(wait4(pid, BAD_PTR, 0, NULL), EFAULT);
	ERR(wait4(pid, &status, 0, NULL), ECHILD);	/* reaped all the same */
	CHILD(pid) {}
	memset(&usage, 0xff, sizeof(usage));
	EQ(wait4(pid, &status, 0, &usage), pid);
	CHECK(usage.ru_utime.tv_sec >= 0 && usage.ru_utime.tv_usec < 1000000);
	CHECK(usage.ru_maxrss > 0);
	CHECK(usage.ru_minflt > 0);
	CHILD(pid) pause();
	EQ(wait4(pid, &status, WNOHANG, NULL), 0);
	kill(pid, SIGKILL);
	EQ(wait4(pid, &status, 0, NULL), pid);
	CHECK(WIFSIGNALED(status));
	EQ(status, SIGKILL);
	CHILD(pid) _exit(0x1ff);
	EQ(wait4(0, &status, 0, NULL), pid);
	EQ(status, 0xff00);
	CHILD(pid) syscall(SYS_exit_group, -1);
	EQ(wait4(-getpgrp(), &status, 0, NULL), pid);
	EQ(status, 0xff00);
}

CASE("wait4 selects by process group")
{
	pid_t a, b;
	int status;

	CHILD(a) { setpgid(0, 0); pause(); }
	setpgid(a, a);
	CHILD(b) pause();
	EQ(waitpid(-a, &status, WNOHANG), 0);
	kill(b, SIGTERM);
	EQ(waitpid(0, &status, 0), b);
	EQ(status, SIGTERM);
	ERR(waitpid(0, &status, WNOHANG), ECHILD);
	kill(a, SIGINT);
	EQ(waitpid(-a, &status, 0), a);
	EQ(status, SIGINT);
}

CASE("waitid: arguments and errors")
{
	siginfo_t info;
	struct rusage usage;
	pid_t pid;

	ERR(waitid(P_ALL, 0, &info, 0), EINVAL);
	ERR(waitid(P_ALL, 0, &info, WNOHANG), EINVAL);
	ERR(waitid(P_ALL, 0, &info, WEXITED | 0x10), EINVAL);
	ERR(waitid(9, 0, &info, WEXITED), EINVAL);
	ERR(waitid(P_PID, 0, &info, WEXITED), EINVAL);
	ERR(waitid(P_PID, (id_t)-1, &info, WEXITED), EINVAL);
	ERR(waitid(P_PGID, (id_t)-1, &info, WEXITED), EINVAL);
	ERR(waitid(P_PGID, 0, &info, WEXITED), ECHILD);
	ERR(waitid(P_PIDFD, (id_t)-1, &info, WEXITED), EINVAL);
	ERR(waitid(P_PIDFD, 77, &info, WEXITED), EBADF);
	ERR(waitid(P_PIDFD, 0, &info, WEXITED), EBADF);
	ERR(waitid(P_ALL, 0, &info, WEXITED), ECHILD);
	CHILD(pid) pause();
	memset(&info, 0xff, sizeof(info));
	EQ(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG), 0);
	EQ(info.si_signo, 0);
	EQ(info.si_pid, 0);
	EQ(info.si_code, 0);
	kill(pid, SIGSTOP);
	EQ(waitid(P_PID, (id_t)pid, &info, WSTOPPED | WNOWAIT), 0);
	EQ(info.si_signo, SIGCHLD);
	EQ(info.si_code, CLD_STOPPED);
	EQ(info.si_status, SIGSTOP);
	EQ(info.si_pid, pid);
	EQ(info.si_uid, 0);
	EQ(waitid(P_PID, (id_t)pid, &info, WSTOPPED), 0);
	EQ(waitid(P_PID, (id_t)pid, &info, WSTOPPED | WNOHANG), 0);
	EQ(info.si_pid, 0);
	kill(pid, SIGCONT);
	EQ(waitid(P_ALL, 0, &info, WCONTINUED), 0);
	EQ(info.si_code, CLD_CONTINUED);
	EQ(info.si_status, SIGCONT);
	EQ(info.si_pid, pid);
	kill(pid, SIGQUIT);
	EQ(waitid(P_ALL, 0, &info, WEXITED | WNOWAIT), 0);
	EQ(info.si_status, SIGQUIT);
	EQ(info.si_code, CLD_KILLED);
	EQ(syscall(SYS_waitid, P_PID, pid, NULL, WEXITED | WNOWAIT, &usage), 0);
	ERR(syscall(SYS_waitid, P_PID, pid, BAD_PTR, WEXITED, NULL), EFAULT);
	ERR(waitid(P_PID, (id_t)pid, &info, WEXITED), ECHILD);
}

CASE("waitpid sees stop and continue only when asked")
{
	pid_t pid;
	int status;

	CHILD(pid) for (;;) pause();
	kill(pid, SIGTSTP);
	EQ(waitpid(pid, &status, WUNTRACED), pid);
	CHECK(WIFSTOPPED(status));
	EQ(WSTOPSIG(status), SIGTSTP);
	EQ(status, (SIGTSTP << 8) | 0x7f);
	kill(pid, SIGCONT);
	EQ(waitpid(pid, &status, WCONTINUED), pid);
	EQ(status, 0xffff);
	EQ(waitpid(pid, &status, WNOHANG | WCONTINUED | WUNTRACED), 0);
	kill(pid, SIGSTOP);
	abi_wait_state(pid, 'T');
	EQ(waitpid(pid, &status, WNOHANG), 0);
	kill(pid, SIGKILL);
	EQ(waitpid(pid, &status, WUNTRACED), pid);
	EQ(status, SIGKILL);
}

CASE("core dump bit only with a core limit")
{
	pid_t pid;
	int status;

	abi_limit(RLIMIT_CORE, 0, 0);
	CHILD(pid) abort();
	status = abi_reap(pid);
	EQ(WTERMSIG(status), SIGABRT);
	EQ(!!WCOREDUMP(status), 0);
}

CASE("SIGCHLD ignored: children vanish, wait ends with ECHILD")
{
	pid_t pid;
	int status;
	struct sigaction sa = { .sa_handler = SIG_DFL,
				.sa_flags = SA_NOCLDWAIT };

	abi_on(SIGCHLD, SIG_IGN, 0);
	CHILD(pid) {}
	ERR(waitpid(pid, &status, 0), ECHILD);
	sigaction(SIGCHLD, &sa, NULL);
	CHILD(pid) {}
	ERR(waitpid(-1, &status, 0), ECHILD);
}

CASE("orphans go to the nearest subreaper, PDEATHSIG follows the parent")
{
	struct abi_gate ready, go;
	int value = -1;
	pid_t middle, orphan = 0;
	int report[2];

	EQ(prctl(PR_GET_CHILD_SUBREAPER, &value), 0);
	EQ(value, 0);
	OK(prctl(PR_SET_CHILD_SUBREAPER, 1));
	EQ(prctl(PR_GET_CHILD_SUBREAPER, &value), 0);
	EQ(value, 1);
	gate_init(&ready);
	gate_init(&go);
	pipe(report);
	CHILD(middle) {
		pid_t pid = fork();

		if (!pid) {
			OK(prctl(PR_SET_PDEATHSIG, SIGUSR1));
			abi_on(SIGUSR1, SIG_DFL, 0);
			prctl(PR_GET_CHILD_SUBREAPER, &value);
			EQ(value, 0);
			gate_open(&ready);
			for (;;)
				pause();
		}
		write(report[1], &pid, sizeof(pid));
		gate_wait(&go);
	}
	gate_wait(&ready);
	read(report[0], &orphan, sizeof(orphan));
	gate_open(&go);
	EQ(abi_exit_code(middle), 0);
	EQ(abi_exit_code(orphan), 1000 + SIGUSR1);
}

static void *last_of_its_process(void *old_parent)
{
	pid_t me = getpid(), child;

	while (getppid() == (pid_t)(intptr_t)old_parent)
		sched_yield();
	abi_wait_state(me, 'Z'); /* the leader */
	child = fork();
	if (!child) {
		while (getppid() == me)
			sched_yield();
		_exit(getppid() == 1 ? 8 : 9);
	}
	syscall(SYS_exit, 0);
	return NULL;
}

CASE("threads get the new parent too: the orphans of the last one find it")
{
	pid_t a, b;
	int status, got = 0;

	OK(prctl(PR_SET_CHILD_SUBREAPER, 1));
	CHILD(a) {
		pid_t me = getpid();

		b = fork();
		if (!b) {
			pthread_t t;

			pthread_create(&t, NULL, last_of_its_process,
				       (void *)(intptr_t)me);
			syscall(SYS_exit, 0);
		}
		_exit(0);
	}
	EQ(abi_exit_code(a), 0);
	while ((b = waitpid(-1, &status, 0)) > 0)
		got |= WEXITSTATUS(status);
	EQ(got, 9);
}

static volatile bool forked;

static void *fork_and_end(void *pipe)
{
	int *fds = pipe;
	pid_t child = fork();

	forked = true;
	if (!child) {
		sigset_t set;

		sigemptyset(&set);
		sigaddset(&set, SIGUSR1);
		sigprocmask(SIG_BLOCK, &set, NULL);
		prctl(PR_SET_PDEATHSIG, SIGUSR1);
		write(fds[1], "x", 1);
		_exit(sigwaitinfo(&set, NULL) == SIGUSR1 ? 5 : 6);
	}
	read(fds[0], &(char){0}, 1);
	syscall(SYS_exit, 0);
	return NULL;
}

CASE("PDEATHSIG comes when the thread that forked ends")
{
	int fds[2], status;
	pthread_t t;

	OK(pipe(fds));
	NEED(!pthread_create(&t, NULL, fork_and_end, fds));
	while (!forked)
		sched_yield();
	CHECK(waitpid(-1, &status, 0) > 0);
	EQ(WEXITSTATUS(status), 5);
}

CASE("a subreaper's flag is not inherited, an orphan's getppid changes")
{
	pid_t child;

	prctl(PR_SET_CHILD_SUBREAPER, 1);
	CHILD(child) {
		int out[2];
		pid_t parent = 0, pid;

		prctl(PR_SET_CHILD_SUBREAPER, 1);
		pipe(out);
		CHILD(pid) {
			if (!fork()) {
				while (getppid() != 0 && waitpid(-1, 0, 0) > 0)
					;
				abi_wait_state(getppid(), 'S');
				parent = getppid();
				write(out[1], &parent, sizeof(parent));
				_exit(0);
			}
		}
		abi_reap(pid);
		read(out[0], &parent, sizeof(parent));
		CHECK(parent == getpid() || parent == pid);
		CHECK(wait(NULL) > 0);
		ERR(wait(NULL), ECHILD);
	}
	abi_reap(child);
}

CASE("process groups: setpgid rules")
{
	pid_t pid, other;
	struct abi_gate done;

	gate_init(&done);
	EQ(getpgrp(), getpid());
	ERR(setpgid(0, -1), EINVAL);
	ERR(setpgid(-5, 0), EINVAL);
	ERR(setpgid(999999, 0), ESRCH);
	ERR(setpgid(1, 0), ESRCH);
	ERR(setpgid(0, 999999), EPERM);
	ERR(getpgid(999999), ESRCH);
	ERR(getpgid(-1), ESRCH);
	EQ(getpgid(0), getpgrp());
	EQ(getpgid(getpid()), getpgrp());
	CHILD(pid) pause();
	EQ(getpgid(pid), getpgrp());
	EQ(setpgid(pid, 0), 0);
	EQ(getpgid(pid), pid);
	EQ(setpgid(pid, getpgrp()), 0);
	EQ(getpgid(pid), getpgrp());
	kill(pid, SIGKILL);
	EQ(setpgid(pid, pid), 0);	/* a zombie still has a group */
	abi_reap(pid);
	CHILD(other) {
		OK(setsid());
		ERR(setpgid(0, 0), EPERM);
		ERR(setpgid(getppid(), 0), ESRCH);
		gate_open(&done);
		pause();
	}
	gate_wait(&done);
	ERR(setpgid(other, getpgrp()), EPERM);
	ERR(setpgid(0, other), EPERM);
	kill(other, SIGKILL);
	abi_reap(other);
	char *args[] = { "@exit_with", "0", NULL };
	struct abi_gate stop;
	gate_init(&stop);
	CHILD(pid) {
		dup2(stop.fds[1], 40);
		execve("/proc/self/exe", (char *[]){ "@hold", NULL }, NULL);
	}
	gate_wait(&stop);
	ERR(setpgid(pid, pid), EACCES);
	kill(pid, SIGKILL);
	abi_reap(pid);
	(void)args;
}

HELPER(hold)
{
	write(40, "", 1);
	return pause();
}

CASE("sessions: setsid rules")
{
	pid_t pid;

	ERR(setsid(), EPERM);	/* a group leader */
	ERR(getsid(999999), ESRCH);
	EQ(getsid(0), getsid(getpid()));
	CHILD(pid) {
		pid_t self = getpid();

		EQ(setsid(), self);
		EQ(getsid(0), self);
		EQ(getpgrp(), self);
		ERR(setsid(), EPERM);
		ERR(open("/dev/tty", O_RDWR), ENXIO);
	}
	abi_reap(pid);
	/* a group with the child's number keeps it from becoming a leader */
	struct abi_gate go;
	gate_init(&go);
	CHILD(pid) {
		pid_t member = fork();

		if (!member) {
			setpgid(0, getppid());
			pause();
		}
		setpgid(0, 0);
		setpgid(member, getpid());
		setpgid(0, getpgid(getppid()));
		EQ(getpgrp(), getppid());
		ERR(setsid(), EPERM);
		kill(member, SIGKILL);
		abi_reap(member);
		OK(setsid());
	}
	abi_reap(pid);
}

CASE("threads: gettid, set_tid_address, tgkill, exit of one")
{
	pid_t tid = (pid_t)syscall(SYS_gettid);

	EQ(tid, getpid());
	EQ(syscall(SYS_set_tid_address, NULL), tid);
	EQ(syscall(SYS_tgkill, getpid(), tid, 0), 0);
	ERR(syscall(SYS_tgkill, getpid() + 1, tid, 0), ESRCH);
	ERR(syscall(SYS_tgkill, 0, tid, 0), EINVAL);
	ERR(syscall(SYS_tgkill, getpid(), 0, 0), EINVAL);
	ERR(syscall(SYS_tgkill, getpid(), -1, 0), EINVAL);
	ERR(syscall(SYS_tgkill, getpid(), tid, 65), EINVAL);
	ERR(syscall(SYS_tkill, 0, 0), EINVAL);
	ERR(syscall(SYS_tkill, 999999, 0), ESRCH);
	EQ(syscall(SYS_tkill, tid, 0), 0);
}

CASE("CLONE_CHILD_SETTID and CLONE_CHILD_CLEARTID")
{
	volatile pid_t *cell = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
				    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	long pid;

	cell[0] = cell[1] = 55;
	pid = syscall(SYS_clone, CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID |
		      SIGCHLD, NULL, NULL, NULL, &cell[0]);
	if (!pid) {
		EQ(cell[0], getpid());
		_exit(0);
	}
	abi_reap((pid_t)pid);
	/* the address is cleared only if somebody else maps the memory */
	CHECK(cell[0] == 0 || cell[0] == pid);
	pid = syscall(SYS_clone, CLONE_PARENT_SETTID | SIGCHLD, NULL,
		      &cell[1], NULL, NULL);
	if (!pid)
		_exit(0);
	EQ(cell[1], pid);
	abi_reap((pid_t)pid);
}

CASE("prctl: names, dumpable, keepcaps, timerslack, bad options")
{
	char name[17];
	int value;

	memset(name, 'x', sizeof(name));
	OK(prctl(PR_SET_NAME, "0123456789abcdefgh"));
	OK(prctl(PR_GET_NAME, name));
	MEM(name, "0123456789abcde", 16);
	char *comm = abi_read("/proc/self/comm");
	STR(comm, "0123456789abcde\n");
	ERR(prctl(PR_SET_NAME, BAD_PTR), EFAULT);
	ERR(prctl(PR_GET_NAME, BAD_PTR), EFAULT);
	ERR(prctl(9999, 0, 0, 0, 0), EINVAL);
	EQ(prctl(PR_GET_DUMPABLE), 1);
	ERR(prctl(PR_SET_DUMPABLE, 2), EINVAL);
	ERR(prctl(PR_SET_DUMPABLE, 77), EINVAL);
	EQ(prctl(PR_SET_DUMPABLE, 0), 0);
	EQ(prctl(PR_GET_DUMPABLE), 0);
	EQ(prctl(PR_SET_DUMPABLE, 1), 0);
	EQ(prctl(PR_GET_KEEPCAPS), 0);
	EQ(prctl(PR_SET_KEEPCAPS, 1), 0);
	EQ(prctl(PR_GET_KEEPCAPS), 1);
	ERR(prctl(PR_SET_KEEPCAPS, 2), EINVAL);
	EQ(prctl(PR_GET_TIMERSLACK), 50000);
	EQ(prctl(PR_SET_TIMERSLACK, 1234), 0);
	EQ(prctl(PR_GET_TIMERSLACK), 1234);
	EQ(prctl(PR_SET_TIMERSLACK, 0), 0);
	EQ(prctl(PR_GET_TIMERSLACK), 50000);
	ERR(prctl(PR_SET_PDEATHSIG, 65), EINVAL);
	ERR(prctl(PR_SET_PDEATHSIG, -1), EINVAL);
	EQ(prctl(PR_SET_PDEATHSIG, SIGUSR2), 0);
	EQ(prctl(PR_GET_PDEATHSIG, &value), 0);
	EQ(value, SIGUSR2);
	ERR(prctl(PR_GET_PDEATHSIG, BAD_PTR), EFAULT);
	EQ(prctl(PR_SET_PDEATHSIG, 0), 0);
	EQ(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), 0);
	ERR(prctl(PR_SET_NO_NEW_PRIVS, 0, 0, 0, 0), EINVAL);
	ERR(prctl(PR_SET_NO_NEW_PRIVS, 1, 1, 0, 0), EINVAL);
	ERR(prctl(PR_GET_NO_NEW_PRIVS, 1, 0, 0, 0), EINVAL);
	EQ(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
	EQ(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), 1);
	EQ(prctl(PR_GET_THP_DISABLE, 0, 0, 0, 0), 0);
	ERR(prctl(PR_GET_THP_DISABLE, 1, 0, 0, 0), EINVAL);
	ERR(prctl(PR_SET_TIMING, 1), EINVAL);
	EQ(prctl(PR_GET_TIMING), 0);
	EQ(prctl(PR_CAPBSET_READ, 0), 1);
	ERR(prctl(PR_CAPBSET_READ, 64), EINVAL);
	ERR(prctl(PR_CAPBSET_DROP, 64), EINVAL);
	EQ(prctl(PR_GET_SECUREBITS), 1 << SECURE_KEEP_CAPS);
	ERR(prctl(PR_GET_UNALIGN, &value), EINVAL);
}

CASE("a pdeathsig is lost by a set-id exec and by fork")
{
	int value = -1;
	pid_t pid;

	prctl(PR_SET_PDEATHSIG, SIGUSR1);
	CHILD(pid) {
		prctl(PR_GET_PDEATHSIG, &value);
		EQ(value, 0);
	}
	abi_reap(pid);
}

CASE("pidfd_send_signal takes a process's directory in /proc")
{
	char path[40];
	pid_t pid;
	int fd, thread, path_only;

	CHILD(pid)
		pause();
	sprintf(path, "/proc/%d", pid);
	fd = (int)OK(open(path, O_RDONLY | O_DIRECTORY));
	path_only = (int)OK(open(path, O_PATH));
	sprintf(path, "/proc/%d/task/%d", pid, pid);
	thread = (int)OK(open(path, O_RDONLY | O_DIRECTORY));
	EQ(syscall(SYS_pidfd_send_signal, fd, 0, NULL, 0), 0);
	ERR(syscall(SYS_pidfd_send_signal, path_only, 0, NULL, 0), EBADF);
	ERR(syscall(SYS_pidfd_send_signal, thread, 0, NULL, 0), EBADF);
	siginfo_t si;
	ERR(waitid(P_PIDFD, (id_t)fd, &si, WEXITED), EBADF);
	EQ(syscall(SYS_pidfd_send_signal, fd, SIGKILL, NULL, 0), 0);
	EQ(abi_reap(pid), SIGKILL);
	ERR(syscall(SYS_pidfd_send_signal, fd, 0, NULL, 0), ESRCH);
	int dir = (int)OK(open("/proc", O_RDONLY | O_DIRECTORY));
	ERR(syscall(SYS_pidfd_send_signal, dir, 0, NULL, 0), EBADF);
}

CASE("pidfd: open, signal, poll, getfd, waitid")
{
	pid_t pid;
	int fd, got;
	struct abi_gate g;

	gate_init(&g);
	CHILD(pid) {
		dup2(g.fds[1], 70);
		gate_open(&g);
		pause();
	}
	gate_wait(&g);
	ERR(syscall(SYS_pidfd_open, pid, 1), EINVAL);
	ERR(syscall(SYS_pidfd_open, 0, 0), EINVAL);
	ERR(syscall(SYS_pidfd_open, -1, 0), EINVAL);
	ERR(syscall(SYS_pidfd_open, 999999, 0), ESRCH);
	fd = (int)OK(syscall(SYS_pidfd_open, pid, 0));
	EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
	EQ(fcntl(fd, F_GETFL), O_RDWR);
	EQ(syscall(SYS_pidfd_send_signal, fd, 0, NULL, 0), 0);
	ERR(syscall(SYS_pidfd_send_signal, fd, 0, NULL, 1), EINVAL);
	ERR(syscall(SYS_pidfd_send_signal, fd, 65, NULL, 0), EINVAL);
	ERR(syscall(SYS_pidfd_send_signal, 0, 0, NULL, 0), EBADF);
	ERR(syscall(SYS_pidfd_send_signal, 99, 0, NULL, 0), EBADF);
	ERR(syscall(SYS_pidfd_getfd, fd, 70, 1), EINVAL);
	ERR(syscall(SYS_pidfd_getfd, fd, 71, 0), EBADF);
	ERR(syscall(SYS_pidfd_getfd, 0, 0, 0), EBADF);
	got = (int)OK(syscall(SYS_pidfd_getfd, fd, 70, 0));
	EQ(fcntl(got, F_GETFD), FD_CLOEXEC);
	EQ(write(got, "z", 1), 1);
	gate_wait(&g);
	char text[100];
	ERR(read(fd, text, 1), EINVAL);
	sprintf(text, "/proc/self/fdinfo/%d", fd);
	char *info = abi_read(text);
	CHECK(info && atoi(abi_field(info, "Pid")) == pid);
	EQ(syscall(SYS_pidfd_send_signal, fd, SIGKILL, NULL, 0), 0);
	siginfo_t si;
	EQ(waitid(P_PIDFD, (id_t)fd, &si, WEXITED | WNOWAIT), 0);
	EQ(syscall(SYS_pidfd_send_signal, fd, 0, NULL, 0), 0); /* zombie */
	EQ(waitid(P_PIDFD, (id_t)fd, &si, WEXITED), 0);
	ERR(syscall(SYS_pidfd_send_signal, fd, 0, NULL, 0), ESRCH);
	ERR(waitid(P_PIDFD, (id_t)fd, &si, WEXITED), ECHILD);
}
