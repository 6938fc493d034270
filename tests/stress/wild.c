/*
 * Wild arguments: every system call with bad pointers, huge sizes and values
 * from the edges, many times, as a user and as root.
 *
 * usage: wild SEED ROUNDS [user|root] [NUMBER]
 *
 * A child makes the calls of one round, so that it may kill or break itself;
 * what must survive is the kernel. With NUMBER only that call is made. The
 * arguments depend on SEED alone: a crash can be repeated.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { NR_CALLS = 460, CALLS_PER_CHILD = 400, PAGE = 4096, FDS = 8 };

static uint64_t state;
static unsigned char *memory; /* two pages; behind them is one that faults */

static volatile long *calls_made; /* shared with the children */

static uint64_t next(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

/* Would end or block the test itself, or take the machine away from it. */
static bool is_excluded(int nr, bool root)
{
	static const int always[] = {
		SYS_exit, SYS_exit_group, SYS_rt_sigreturn, SYS_reboot,
		SYS_kill, SYS_tkill, SYS_tgkill, SYS_rt_sigqueueinfo,
		SYS_rt_tgsigqueueinfo, SYS_clone, SYS_clone3, SYS_vhangup,
		SYS_rt_sigsuspend, SYS_ptrace, 424 /* pidfd_send_signal */,
	};
	static const int as_root[] = {
		SYS_umount2, SYS_pivot_root, SYS_chroot, SYS_mount, SYS_unlinkat,
		SYS_renameat, SYS_renameat2, SYS_truncate, SYS_sethostname,
		SYS_setdomainname, SYS_settimeofday, SYS_clock_settime,
		SYS_adjtimex, SYS_clock_adjtime, SYS_setpriority,
		SYS_sched_setscheduler, SYS_sched_setparam, SYS_sched_setattr,
		SYS_prlimit64, SYS_syslog,
	};

	for (size_t i = 0; i < sizeof(always) / sizeof(always[0]); i++)
		if (nr == always[i])
			return true;
	for (size_t i = 0; root && i < sizeof(as_root) / sizeof(as_root[0]); i++)
		if (nr == as_root[i])
			return true;
	return false;
}

static uint64_t any_argument(void)
{
	static const uint64_t edges[] = {
		0, 1, 2, 7, 8, 4095, 4096, 4097, 0x7fffffff, 0x80000000,
		0xffffffff, 0x100000000, -1ul, -2ul, -8ul, -100ul /* AT_FDCWD */,
		-4096ul, 0x7fffffffffffffff, 0x8000000000000000,
		0xffff000000000000, 0xffff800080000000, 0x0000fffffffff000,
		0x0000ffffffffffff, 0x0001000000000000, 0xff00000000001000,
	};

	switch (next() % 8) {
	case 0:
	case 1:
		return edges[next() % (sizeof(edges) / sizeof(edges[0]))];
	case 2:
		return next() % FDS;
	case 3:
		return (uint64_t)memory + next() % (2 * PAGE);
	case 4: /* up to the end of what is mapped */
		return (uint64_t)memory + 2 * PAGE - next() % 64;
	case 5:
		return 1ul << next() % 64;
	case 6:
		return next() % 64;
	default:
		return next() >> next() % 64;
	}
}

static void scramble(void)
{
	size_t at = next() % (2 * PAGE - 64);

	for (size_t i = 0; i < 64; i += 8) {
		uint64_t v = any_argument();

		memcpy(memory + at + i, &v, 8);
	}
	if (next() % 4 == 0)
		strcpy((char *)memory + at, next() & 1 ? "/tmp/wild" : "/proc/self/maps");
}

static void open_files(void)
{
	int fds[2];

	for (int fd = 3; fd < 64; fd++)
		close(fd);
	open("/tmp/wild", O_RDWR | O_CREAT, 0600);
	open("/proc/self", O_RDONLY | O_DIRECTORY);
	if (!pipe2(fds, O_NONBLOCK))
		eventfd(0, EFD_NONBLOCK);
}

static void __attribute__((noreturn)) round_of_calls(bool root, int only)
{
	struct rlimit few = {64, 64}, small = {64 << 20, 64 << 20};
	int null = open("/dev/null", O_RDWR);

	for (int fd = 0; fd < 3; fd++)
		dup2(null, fd);
	setsid();
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	setrlimit(RLIMIT_NPROC, &few);
	setrlimit(RLIMIT_AS, &small);
	setrlimit(RLIMIT_FSIZE, &small);
	unshare(CLONE_NEWNS | CLONE_NEWUTS);
	if (!root && (setgroups(0, NULL) || setgid(1000) || setuid(1000)))
		_exit(1);
	open_files();
	alarm(3);
	for (int i = 0; i < CALLS_PER_CHILD; i++) {
		int nr = only >= 0 ? only : (int)(next() % NR_CALLS);
		uint64_t a[6];

		scramble();
		for (int k = 0; k < 6; k++)
			a[k] = any_argument();
		if (is_excluded(nr, root))
			continue;
		++*calls_made;
		syscall(nr, a[0], a[1], a[2], a[3], a[4], a[5]);
	}
	_exit(0);
}

static bool child_ended(pid_t pid)
{
	int status;

	for (int i = 0; i < 1500; i++) {
		if (waitpid(pid, &status, WNOHANG) == pid)
			return true;
		/* A stopped or alarm-proof child is ended by force. */
		if (i == 500)
			kill(pid, SIGKILL);
		usleep(i < 20 ? 500 : 10000);
	}
	return false;
}

int main(int argc, char **argv)
{
	int rounds, only;
	uint64_t seed;
	bool root;

	if (argc < 3) {
		fprintf(stderr, "usage: wild SEED ROUNDS [user|root] [NUMBER]\n");
		return 2;
	}
	seed = strtoull(argv[1], NULL, 0);
	rounds = atoi(argv[2]);
	root = argc > 3 && !strcmp(argv[3], "root");
	only = argc > 4 ? atoi(argv[4]) : -1;
	memory = mmap(NULL, 3 * PAGE, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED || mprotect(memory + 2 * PAGE, PAGE, PROT_NONE))
		return 2;
	calls_made = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
			  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (calls_made == MAP_FAILED)
		return 2;
	for (int i = 0; i < rounds; i++) {
		pid_t pid = fork();

		if (pid < 0) {
			perror("fork");
			return 1;
		}
		if (!pid) {
			state = (seed * 1000003 + (uint64_t)i) | 1;
			for (int k = 0; k < 20; k++)
				next();
			round_of_calls(root, only);
		}
		if (!child_ended(pid)) {
			printf("not ok: round %d does not end\n", i);
			return 1;
		}
	}
	unlink("/tmp/wild");
	printf("ok wild: %ld calls\n", *calls_made);
	return 0;
}
