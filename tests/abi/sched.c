/* Scheduling: policies, affinity, I/O priorities, restartable sequences, kcmp. */
#include "abi.h"

#include <linux/ioprio.h>
#include <linux/kcmp.h>
#include <linux/membarrier.h>
#include <linux/rseq.h>
#include <sched.h>
#include <sys/resource.h>

struct attr {
	uint32_t size, policy;
	uint64_t flags;
	int32_t nice;
	uint32_t priority;
	uint64_t runtime, deadline, period;
	uint32_t util_min, util_max;
};

CASE("policies and priorities: ranges, errors")
{
	struct sched_param p = { 0 };

	EQ(syscall(SYS_sched_get_priority_max, SCHED_FIFO), 99);
	EQ(syscall(SYS_sched_get_priority_min, SCHED_FIFO), 1);
	EQ(syscall(SYS_sched_get_priority_max, SCHED_OTHER), 0);
	EQ(syscall(SYS_sched_get_priority_min, SCHED_RR), 1);
	EQ(syscall(SYS_sched_get_priority_max, SCHED_IDLE), 0);
	ERR(syscall(SYS_sched_get_priority_max, 99), EINVAL);
	ERR(syscall(SYS_sched_get_priority_min, -1), EINVAL);
	EQ(syscall(SYS_sched_getscheduler, 0), SCHED_OTHER);
	ERR(syscall(SYS_sched_getscheduler, -1), EINVAL);
	ERR(syscall(SYS_sched_getscheduler, 999999), ESRCH);
	ERR(syscall(SYS_sched_setscheduler, 0, 99, &p), EINVAL);
	ERR(syscall(SYS_sched_setscheduler, 0, -1, &p), EINVAL);
	ERR(syscall(SYS_sched_setscheduler, 0, SCHED_FIFO, &p), EINVAL);
	ERR(syscall(SYS_sched_setscheduler, 0, SCHED_FIFO, NULL), EINVAL);
	ERR(syscall(SYS_sched_setscheduler, 0, SCHED_FIFO, BAD_PTR), EFAULT);
	ERR(syscall(SYS_sched_setscheduler, -1, SCHED_OTHER, &p), EINVAL);
	ERR(syscall(SYS_sched_setscheduler, 999999, SCHED_OTHER, &p), ESRCH);
	p.sched_priority = 100;
	ERR(syscall(SYS_sched_setscheduler, 0, SCHED_FIFO, &p), EINVAL);
	p.sched_priority = 1;
	ERR(syscall(SYS_sched_setscheduler, 0, SCHED_OTHER, &p), EINVAL);
	p.sched_priority = 5;
	EQ(syscall(SYS_sched_setscheduler, 0, SCHED_FIFO, &p), 0);
	EQ(syscall(SYS_sched_getscheduler, 0), SCHED_FIFO);
	p.sched_priority = 0;
	EQ(syscall(SYS_sched_getparam, 0, &p), 0);
	EQ(p.sched_priority, 5);
	p.sched_priority = 7;
	EQ(syscall(SYS_sched_setparam, 0, &p), 0);
	ERR(syscall(SYS_sched_getparam, 0, NULL), EINVAL);
	ERR(syscall(SYS_sched_getparam, 0, BAD_PTR), EFAULT);
	char *stat = strrchr(abi_read("/proc/self/stat"), ')');
	int prio = 0;
	sscanf(stat + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u"
	       " %*d %*d %d", &prio);
	EQ(prio, -8);
	pid_t pid;
	CHILD(pid) EQ(syscall(SYS_sched_getscheduler, 0), SCHED_FIFO);
	abi_reap(pid);
	EQ(syscall(SYS_sched_setscheduler, 0, SCHED_RR | 0x40000000, &p), 0);
	EQ(syscall(SYS_sched_getscheduler, 0), SCHED_RR | 0x40000000);
	CHILD(pid) EQ(syscall(SYS_sched_getscheduler, 0), SCHED_OTHER);
	abi_reap(pid);
	struct timespec ts;
	EQ(syscall(SYS_sched_rr_get_interval, 0, &ts), 0);
	EQ(ts.tv_nsec, 100000000);
	ERR(syscall(SYS_sched_rr_get_interval, -1, &ts), EINVAL);
	ERR(syscall(SYS_sched_rr_get_interval, 999999, &ts), ESRCH);
	ERR(syscall(SYS_sched_rr_get_interval, 0, BAD_PTR), EFAULT);
	p.sched_priority = 0;
	EQ(syscall(SYS_sched_setscheduler, 0, SCHED_BATCH, &p), 0);
	EQ(syscall(SYS_sched_setscheduler, 0, SCHED_IDLE, &p), 0);
	EQ(syscall(SYS_sched_yield), 0);
}

CASE("policies without rights")
{
	struct sched_param p = { .sched_priority = 1 };
	pid_t pid;

	CHILD(pid) {
		abi_drop(1000, 1000);
		ERR(syscall(SYS_sched_setscheduler, 0, SCHED_FIFO, &p), EPERM);
		p.sched_priority = 0;
		OK(syscall(SYS_sched_setscheduler, 0, SCHED_BATCH, &p));
		OK(syscall(SYS_sched_setscheduler, 0, SCHED_IDLE, &p));
		ERR(syscall(SYS_sched_setscheduler, getppid(), SCHED_BATCH,
			    &p), EPERM);
	}
	EQ(abi_exit_code(pid), 0);
	CHILD(pid) {
		abi_limit(RLIMIT_RTPRIO, 10, 10);
		abi_drop(1000, 1000);
		p.sched_priority = 10;
		OK(syscall(SYS_sched_setscheduler, 0, SCHED_FIFO, &p));
		p.sched_priority = 11;
		ERR(syscall(SYS_sched_setscheduler, 0, SCHED_FIFO, &p), EPERM);
		p.sched_priority = 3;
		OK(syscall(SYS_sched_setparam, 0, &p));
	}
	EQ(abi_exit_code(pid), 0);
}

CASE("sched_setattr and sched_getattr")
{
	struct attr a = { .size = 48 };

	memset(&a, 0xff, sizeof(a));
	EQ(syscall(SYS_sched_getattr, 0, &a, sizeof(a), 0), 0);
	EQ(a.size, 56);
	EQ(a.policy, SCHED_OTHER);
	EQ(a.nice, 0);
	EQ(a.priority, 0);
	EQ(syscall(SYS_sched_getattr, 0, &a, 48, 0), 0);
	EQ(a.size, 48);
	ERR(syscall(SYS_sched_getattr, 0, &a, 47, 0), EINVAL);
	ERR(syscall(SYS_sched_getattr, 0, &a, 48, 1), EINVAL);
	ERR(syscall(SYS_sched_getattr, 0, NULL, 48, 0), EINVAL);
	ERR(syscall(SYS_sched_getattr, 999999, &a, 48, 0), ESRCH);
	a = (struct attr){ .size = 48, .policy = SCHED_OTHER, .nice = 5 };
	EQ(syscall(SYS_sched_setattr, 0, &a, 0), 0);
	EQ(getpriority(PRIO_PROCESS, 0), 5);
	ERR(syscall(SYS_sched_setattr, 0, &a, 1), EINVAL);
	ERR(syscall(SYS_sched_setattr, 0, NULL, 0), EINVAL);
	a.flags = 0x100;
	ERR(syscall(SYS_sched_setattr, 0, &a, 0), EINVAL);
	a.flags = 0;
	a.size = 10;
	ERR(syscall(SYS_sched_setattr, 0, &a, 0), E2BIG);
	EQ(a.size, 56);
	a = (struct attr){ .size = 48, .policy = SCHED_RR, .priority = 9,
			   .flags = 1 };
	EQ(syscall(SYS_sched_setattr, 0, &a, 0), 0);
	EQ(syscall(SYS_sched_getattr, 0, &a, 48, 0), 0);
	EQ(a.policy, SCHED_RR);
	EQ(a.priority, 9);
	EQ(a.flags, 1);
}

CASE("affinity")
{
	unsigned long mask[16] = { 0 }, all[16] = { 0 };
	unsigned cpu, node;
	pid_t pid;

	CHECK(OK(syscall(SYS_sched_getaffinity, 0, sizeof(all), all)) >= 8);
	CHECK(all[0] & 1);
	ERR(syscall(SYS_sched_getaffinity, 0, 4, mask), EINVAL);
	ERR(syscall(SYS_sched_getaffinity, 0, 9, mask), EINVAL);
	ERR(syscall(SYS_sched_getaffinity, 0, 0, mask), EINVAL);
	ERR(syscall(SYS_sched_getaffinity, 0, 8 * 16, BAD_PTR), EFAULT);
	ERR(syscall(SYS_sched_getaffinity, 999999, 128, mask), ESRCH);
	ERR(syscall(SYS_sched_setaffinity, 0, 128, BAD_PTR), EFAULT);
	ERR(syscall(SYS_sched_setaffinity, 0, 128, mask), EINVAL);
	mask[0] = 1;
	EQ(syscall(SYS_sched_setaffinity, 0, 8, mask), 0);
	EQ(syscall(SYS_getcpu, &cpu, &node, NULL), 0);
	EQ(cpu, 0);
	EQ(node, 0);
	STR(abi_field(abi_read("/proc/self/status"), "Cpus_allowed_list"), "0");
	CHILD(pid) {
		EQ(syscall(SYS_sched_getaffinity, 0, 128, mask) > 0, 1);
		EQ(mask[0], 1);
		abi_drop(1000, 1000);
		ERR(syscall(SYS_sched_setaffinity, getppid(), 8, mask), EPERM);
		OK(syscall(SYS_sched_setaffinity, 0, 8, all));
	}
	EQ(abi_exit_code(pid), 0);
	mask[0] = 1UL << 63;	/* none that exists */
	ERR(syscall(SYS_sched_setaffinity, 0, 8, mask), EINVAL);
	EQ(syscall(SYS_getcpu, NULL, NULL, NULL), 0);
	ERR(syscall(SYS_getcpu, BAD_PTR, NULL, NULL), EFAULT);
	for (int i = 0; i < 8; i++) {	/* go to each CPU and be there */
		mask[0] = 1UL << i;
		if (!(all[0] & mask[0]))
			continue;
		OK(syscall(SYS_sched_setaffinity, 0, 8, mask));
		syscall(SYS_getcpu, &cpu, NULL, NULL);
		EQ(cpu, i);
	}
}

CASE("ioprio_get and ioprio_set")
{
	pid_t pid;
	int be4 = IOPRIO_CLASS_BE << 13 | 4;

	EQ(syscall(SYS_ioprio_get, IOPRIO_WHO_PROCESS, 0), 0);
	EQ(syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, 0,
		   IOPRIO_CLASS_BE << 13 | 7), 0);
	EQ(syscall(SYS_ioprio_get, IOPRIO_WHO_PROCESS, 0),
	   IOPRIO_CLASS_BE << 13 | 7);
	CHILD(pid) EQ(syscall(SYS_ioprio_get, IOPRIO_WHO_PROCESS, 0),
		      IOPRIO_CLASS_BE << 13 | 7);
	abi_reap(pid);
	ERR(syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, 0, 5 << 13), EINVAL);
	ERR(syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, 0, 3), EINVAL);
	EQ(syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, 0,
		   IOPRIO_CLASS_IDLE << 13), 0);
	EQ(syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, 0,
		   IOPRIO_CLASS_RT << 13 | 1), 0);
	EQ(syscall(SYS_ioprio_get, IOPRIO_WHO_PGRP, 0),
	   IOPRIO_CLASS_RT << 13 | 1);
	EQ(syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, 0, 0), 0);
	ERR(syscall(SYS_ioprio_get, 0, 0), EINVAL);
	ERR(syscall(SYS_ioprio_get, 4, 0), EINVAL);
	ERR(syscall(SYS_ioprio_set, 4, 0, be4), EINVAL);
	ERR(syscall(SYS_ioprio_get, IOPRIO_WHO_PROCESS, 999999), ESRCH);
	ERR(syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, 999999, be4), ESRCH);
	CHILD(pid) {
		abi_drop(1000, 1000);
		ERR(syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, getppid(),
			    be4), EPERM);
		ERR(syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, 0,
			    IOPRIO_CLASS_RT << 13), EPERM);
		EQ(syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, 0, be4), 0);
	}
	abi_reap(pid);
}

CASE("kcmp")
{
	pid_t pid, me = getpid();
	int copy = dup(0), other = open("/dev/null", O_RDONLY);

	EQ(syscall(SYS_kcmp, me, me, KCMP_FILE, 0, copy), 0);
	long r = syscall(SYS_kcmp, me, me, KCMP_FILE, 0, other);
	CHECK(r == 1 || r == 2);
	EQ(syscall(SYS_kcmp, me, me, KCMP_FILE, other, 0), 3 - r);
	EQ(syscall(SYS_kcmp, me, me, KCMP_VM, 0, 0), 0);
	ERR(syscall(SYS_kcmp, me, me, KCMP_FILE, 0, 99), EBADF);
	ERR(syscall(SYS_kcmp, me, me, 99, 0, 0), EINVAL);
	ERR(syscall(SYS_kcmp, me, 999999, KCMP_VM, 0, 0), ESRCH);
	pid = (pid_t)syscall(SYS_clone, CLONE_FILES | SIGCHLD, NULL, NULL, NULL,
			     NULL);
	if (!pid) {
		pause();
		_exit(0);
	}
	EQ(syscall(SYS_kcmp, me, pid, KCMP_FILES, 0, 0), 0);
	CHECK(syscall(SYS_kcmp, me, pid, KCMP_FS, 0, 0) > 0);
	CHECK(syscall(SYS_kcmp, me, pid, KCMP_VM, 0, 0) > 0);
	CHECK(syscall(SYS_kcmp, me, pid, KCMP_SIGHAND, 0, 0) > 0);
	EQ(syscall(SYS_kcmp, me, pid, KCMP_FILE, 0, 0), 0);
	kill(pid, SIGKILL);
	abi_reap(pid);
	CHILD(pid) {
		abi_drop(1000, 1000);
		ERR(syscall(SYS_kcmp, 1, getpid(), KCMP_VM, 0, 0), EPERM);
	}
	abi_reap(pid);
}

CASE("membarrier")
{
	long known = OK(syscall(SYS_membarrier, MEMBARRIER_CMD_QUERY, 0, 0));

	CHECK(known & MEMBARRIER_CMD_GLOBAL);
	CHECK(known & MEMBARRIER_CMD_PRIVATE_EXPEDITED);
	ERR(syscall(SYS_membarrier, MEMBARRIER_CMD_QUERY, 1, 0), EINVAL);
	ERR(syscall(SYS_membarrier, 1 << 20, 0, 0), EINVAL);
	EQ(syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0), 0);
	ERR(syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0),
	    EPERM);
	EQ(syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED,
		   0, 0), 0);
	EQ(syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0), 0);
	EQ(syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL_EXPEDITED, 0, 0), 0);
}

/* --- restartable sequences ------------------------------------------------- */

#define SIG 0xd428bc00

static struct rseq area __attribute__((aligned(32)));

CASE("rseq: registering")
{
	pid_t pid;

	ERR(syscall(SYS_rseq, &area, 31, 0, SIG), EINVAL);
	ERR(syscall(SYS_rseq, (char *)&area + 8, 32, 0, SIG), EINVAL);
	ERR(syscall(SYS_rseq, &area, 32, 2, SIG), EINVAL);
	ERR(syscall(SYS_rseq, (void *)0xffff000000000000, 32, 0, SIG), EFAULT);
	ERR(syscall(SYS_rseq, &area, 32, RSEQ_FLAG_UNREGISTER, SIG), EINVAL);
	area.cpu_id = (uint32_t)RSEQ_CPU_ID_UNINITIALIZED;
	EQ(syscall(SYS_rseq, &area, 32, 0, SIG), 0);
	CHECK(area.cpu_id < 64);
	EQ(area.cpu_id, area.cpu_id_start);
	ERR(syscall(SYS_rseq, &area, 32, 0, SIG), EBUSY);
	ERR(syscall(SYS_rseq, &area, 32, 0, SIG + 1), EPERM);
	ERR(syscall(SYS_rseq, &area + 1, 32, 0, SIG), EINVAL);
	CHILD(pid) {
		CHECK(area.cpu_id < 64);	/* a fork keeps it */
		ERR(syscall(SYS_rseq, &area, 32, 0, SIG), EBUSY);
	}
	EQ(abi_exit_code(pid), 0);
	ERR(syscall(SYS_rseq, &area, 32, RSEQ_FLAG_UNREGISTER, SIG + 1), EPERM);
	ERR(syscall(SYS_rseq, &area, 33, RSEQ_FLAG_UNREGISTER, SIG), EINVAL);
	EQ(syscall(SYS_rseq, &area, 32, RSEQ_FLAG_UNREGISTER, SIG), 0);
	EQ((int)area.cpu_id, RSEQ_CPU_ID_UNINITIALIZED);
	EQ(area.cpu_id_start, 0);
	ERR(syscall(SYS_rseq, &area, 32, RSEQ_FLAG_UNREGISTER, SIG), EINVAL);
}

CASE("rseq: the CPU number follows the thread")
{
	unsigned long all = 0, mask;

	OK(syscall(SYS_rseq, &area, 32, 0, SIG));
	syscall(SYS_sched_getaffinity, 0, 8, &all);
	for (int round = 0; round < 3; round++) {
		for (unsigned i = 0; i < 8; i++) {
			mask = 1UL << i;
			if (!(all & mask))
				continue;
			syscall(SYS_sched_setaffinity, 0, 8, &mask);
			EQ(area.cpu_id, i);
			EQ(area.cpu_id_start, i);
		}
	}
}

static void nothing(int signo)
{
	(void)signo;
}

/* Raises a signal inside a critical section: 1 if it was aborted. */
static int interrupted_section(struct rseq_cs *cs)
{
	register long x0 __asm__("x0") = getpid();
	register long x1 __asm__("x1") = SIGUSR1;
	register long x8 __asm__("x8") = SYS_kill;
	long result;

	__asm__ volatile(
		"	adr	x9, 1f\n"
		"	str	x9, [%4, #8]\n"		/* start_ip */
		"	adr	x10, 2f\n"
		"	sub	x10, x10, x9\n"
		"	str	x10, [%4, #16]\n"	/* post_commit_offset */
		"	adr	x10, 4f\n"
		"	str	x10, [%4, #24]\n"	/* abort_ip */
		"	str	%4, [%5, #8]\n"		/* rseq_cs */
		"1:	svc	0\n"
		"	mov	%0, #0\n"
		"2:	b	5f\n"
		"	.inst	0xd428bc00\n"
		"4:	mov	%0, #1\n"
		"5:\n"
		: "=&r"(result), "+r"(x0)
		: "r"(x1), "r"(x8), "r"(cs), "r"(&area)
		: "x9", "x10", "memory");
	return (int)result;
}

CASE("rseq: a signal aborts the critical section")
{
	static struct rseq_cs cs __attribute__((aligned(32)));
	pid_t pid;

	abi_on(SIGUSR1, nothing, 0);
	OK(syscall(SYS_rseq, &area, 32, 0, SIG));
	EQ(interrupted_section(&cs), 1);
	EQ(area.rseq_cs, 0);
	EQ(interrupted_section(&cs), 1);
	OK(syscall(SYS_rseq, &area, 32, RSEQ_FLAG_UNREGISTER, SIG));
	EQ(interrupted_section(&cs), 0);
	area.rseq_cs = 0;
	/* the wrong signature, or an unknown version: SIGSEGV */
	CHILD(pid) {
		OK(syscall(SYS_rseq, &area, 32, 0, SIG + 4));
		interrupted_section(&cs);
	}
	EQ(abi_exit_code(pid), 1000 + SIGSEGV);
	CHILD(pid) {
		cs.version = 1;
		OK(syscall(SYS_rseq, &area, 32, 0, SIG));
		interrupted_section(&cs);
	}
	EQ(abi_exit_code(pid), 1000 + SIGSEGV);
}
