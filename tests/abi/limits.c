/* Limits, usage, priorities and personality of processes. */
#include "abi.h"

#include <sys/resource.h>

CASE("personality: query, set, inherit")
{
	pid_t pid;

	EQ(syscall(SYS_personality, 0xffffffff), 0);
	EQ(syscall(SYS_personality, 0x0040000), 0);	/* ADDR_NO_RANDOMIZE */
	EQ(syscall(SYS_personality, 0xffffffff), 0x0040000);
	CHILD(pid) {
		EQ(syscall(SYS_personality, 0xffffffff), 0x0040000);
	}
	abi_reap(pid);
	EQ(syscall(SYS_personality, 0), 0x0040000);
}

CASE("rlimits: get, set, prlimit, hard limit rules")
{
	struct rlimit limit, other;
	pid_t pid;

	ERR(getrlimit(99, &limit), EINVAL);
	ERR(syscall(SYS_setrlimit, RLIM_NLIMITS, &limit), EINVAL);
	ERR(syscall(SYS_getrlimit, RLIMIT_NOFILE, BAD_PTR), EFAULT);
	ERR(syscall(SYS_setrlimit, RLIMIT_NOFILE, BAD_PTR), EFAULT);
	OK(getrlimit(RLIMIT_NOFILE, &limit));
	EQ(limit.rlim_cur, 1024);
	EQ(limit.rlim_max, 4096);
	limit.rlim_cur = limit.rlim_max + 1;
	ERR(syscall(SYS_setrlimit, RLIMIT_NOFILE, &limit), EINVAL);
	limit.rlim_cur = limit.rlim_max = 1UL << 40;
	ERR(syscall(SYS_setrlimit, RLIMIT_NOFILE, &limit), EPERM);
	OK(getrlimit(RLIMIT_STACK, &limit));
	EQ(limit.rlim_cur, 8UL << 20);
	EQ(limit.rlim_max, RLIM_INFINITY);
	OK(getrlimit(RLIMIT_CORE, &limit));
	EQ(limit.rlim_cur, 0);
	EQ(limit.rlim_max, RLIM_INFINITY);
	OK(getrlimit(RLIMIT_NICE, &limit));
	EQ(limit.rlim_cur, 0);
	OK(getrlimit(RLIMIT_MSGQUEUE, &limit));
	EQ(limit.rlim_cur, 819200);
	OK(getrlimit(RLIMIT_AS, &limit));
	EQ(limit.rlim_cur, RLIM_INFINITY);
	limit = (struct rlimit){ 10, 20 };
	OK(prlimit(0, RLIMIT_NOFILE, &limit, &other));
	EQ(other.rlim_cur, 1024);
	OK(prlimit(getpid(), RLIMIT_NOFILE, NULL, &other));
	EQ(other.rlim_cur, 10);
	EQ(other.rlim_max, 20);
	ERR(prlimit(999999, RLIMIT_NOFILE, NULL, &other), ESRCH);
	ERR(dup2(0, 10), EBADF);
	EQ(dup2(0, 9), 9);
	ERR(fcntl(0, F_DUPFD, 10), EINVAL);
	ERR(fcntl(0, F_DUPFD, 9), EMFILE);
	CHILD(pid) {
		abi_drop(1000, 1000);
		limit = (struct rlimit){ 10, 21 };
		ERR(setrlimit(RLIMIT_NOFILE, &limit), EPERM);
		limit = (struct rlimit){ 5, 15 };
		OK(setrlimit(RLIMIT_NOFILE, &limit));
		ERR(prlimit(getppid(), RLIMIT_NOFILE, NULL, &other), EPERM);
		ERR(prlimit(1, RLIMIT_NOFILE, NULL, &other), EPERM);
	}
	abi_reap(pid);
}

CASE("RLIMIT_NPROC stops fork of a user, not of root")
{
	pid_t pid;

	abi_limit(RLIMIT_NPROC, 0, 0);
	CHILD(pid) {}
	EQ(abi_exit_code(pid), 0);
	CHILD(pid) {
		abi_drop(4321, 4321);
		ERR(fork(), EAGAIN);
	}
	abi_reap(pid);
}

CASE("RLIMIT_FSIZE: SIGXFSZ and EFBIG")
{
	int fd = open("f", O_RDWR | O_CREAT, 0600);

	abi_limit(RLIMIT_FSIZE, 10, 20);
	abi_on(SIGXFSZ, SIG_IGN, 0);
	EQ(write(fd, "0123456789abc", 13), 10);
	ERR(write(fd, "x", 1), EFBIG);
	ERR(ftruncate(fd, 11), EFBIG);
	EQ(ftruncate(fd, 10), 0);
	EQ(pwrite(fd, "abc", 3, 8), 2);
	ERR(pwrite(fd, "abc", 3, 50), EFBIG);
	EQ(write(fd, "", 0), 0);
	ERR(fallocate(fd, 0, 0, 100), EFBIG);
	abi_on(SIGXFSZ, SIG_DFL, 0);
	pid_t pid;
	CHILD(pid) write(fd, "x", 1);
	EQ(abi_exit_code(pid), 1000 + SIGXFSZ);
}

CASE("RLIMIT_CPU: SIGXCPU at the soft, SIGKILL at the hard limit")
{
	pid_t pid;

	CHILD(pid) {
		abi_limit(RLIMIT_CPU, 1, 10);
		for (;;)
			;
	}
	EQ(abi_exit_code(pid), 1000 + SIGXCPU);
}

CASE("getrusage and times")
{
	struct rusage usage;

	OK(getrusage(RUSAGE_SELF, &usage));
	OK(getrusage(RUSAGE_CHILDREN, &usage));
	EQ(usage.ru_maxrss, 0);
	EQ(usage.ru_minflt, 0);
	OK(getrusage(RUSAGE_THREAD, &usage));
	ERR(getrusage(5, &usage), EINVAL);
	ERR(getrusage(-2, &usage), EINVAL);
	ERR(syscall(SYS_getrusage, RUSAGE_SELF, BAD_PTR), EFAULT);
	ERR(syscall(SYS_times, BAD_PTR), EFAULT);
	CHECK(syscall(SYS_times, NULL) > 0);
	pid_t pid;
	CHILD(pid) {}
	abi_reap(pid);
	OK(getrusage(RUSAGE_CHILDREN, &usage));
	CHECK(usage.ru_maxrss > 0);
	CHECK(usage.ru_minflt > 0);
}

CASE("nice, getpriority and setpriority")
{
	pid_t pid;

	ERR(getpriority(3, 0), EINVAL);
	ERR(setpriority(-1, 0, 0), EINVAL);
	ERR(setpriority(PRIO_PROCESS, 999999, 0), ESRCH);
	ERR(getpriority(PRIO_PROCESS, 999999), ESRCH);
	EQ(syscall(SYS_getpriority, PRIO_PROCESS, 0), 20);
	EQ(setpriority(PRIO_PROCESS, 0, 5), 0);
	EQ(syscall(SYS_getpriority, PRIO_PROCESS, 0), 15);
	EQ(setpriority(PRIO_PROCESS, 0, 100), 0);
	EQ(getpriority(PRIO_PROCESS, 0), 19);
	EQ(setpriority(PRIO_PROCESS, 0, -100), 0);
	EQ(getpriority(PRIO_PROCESS, 0), -20);
	EQ(setpriority(PRIO_PROCESS, 0, 3), 0);
	EQ(getpriority(PRIO_PGRP, 0), 3);
	EQ(getpriority(PRIO_PGRP, getpgrp()), 3);
	CHILD(pid) {
		EQ(getpriority(PRIO_PROCESS, 0), 3);
		abi_drop(1000, 1000);
		ERR(setpriority(PRIO_PROCESS, 0, 2), EACCES);
		EQ(setpriority(PRIO_PROCESS, 0, 4), 0);
		ERR(setpriority(PRIO_PROCESS, getppid(), 10), EPERM);
		EQ(getpriority(PRIO_USER, 1000), 4);
		EQ(getpriority(PRIO_USER, 0), 4);
	}
	abi_reap(pid);
}
