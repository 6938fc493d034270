/*
 * Work for the CPUs, for the suites of this folder.
 *
 * usage: busy hog N		N processes that compute until they are killed
 *	  busy spread N		start N hogs, wait until each has a CPU of its own
 *	  busy switch N		N messages to and fro between two processes of one
 *				CPU; says how many switches of tasks that took, and ns
 *	  busy work		a round of everything: forks, memory, files, signals
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define NEED(x)                                                              \
	do {                                                                 \
		if (!(x)) {                                                  \
			perror(#x);                                          \
			exit(1);                                             \
		}                                                            \
	} while (0)

static pid_t start_hog(void)
{
	pid_t pid = fork();

	NEED(pid >= 0);
	if (!pid)
		for (;;)
			__asm__ volatile("");
	return pid;
}

static int hog(int n)
{
	while (n--)
		start_hog();
	return 0;
}

/* Field 39 of /proc/PID/stat. */
static int last_cpu(pid_t pid)
{
	char path[64], text[1024], *p;
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	fd = open(path, O_RDONLY);
	NEED(fd >= 0);
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	NEED(n > 0);
	text[n] = '\0';
	p = strrchr(text, ')') + 1;
	for (int field = 3; field <= 39; field++)
		p = strchr(p, ' ') + 1;
	return atoi(p);
}

static int spread(int n)
{
	pid_t pids[64];
	uint64_t used;

	NEED(n <= 64);
	for (int i = 0; i < n; i++)
		pids[i] = start_hog();
	do {
		usleep(1000);
		used = 0;
		for (int i = 0; i < n; i++)
			used |= UINT64_C(1) << last_cpu(pids[i]);
	} while (__builtin_popcountll(used) < n);
	for (int i = 0; i < n; i++) {
		kill(pids[i], SIGKILL);
		waitpid(pids[i], NULL, 0);
	}
	printf("%d hogs on %d CPUs\n", n, __builtin_popcountll(used));
	return 0;
}

static long ns_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000L + ts.tv_nsec;
}

static int switches(long n)
{
	unsigned long one = 1;
	struct rusage before, after;
	int to[2], from[2];
	long start;
	char c = 0;
	pid_t pid;

	NEED(!syscall(SYS_sched_setaffinity, 0, sizeof(one), &one));
	NEED(!pipe(to) && !pipe(from));
	pid = fork();
	NEED(pid >= 0);
	if (!pid) {
		close(to[1]);
		while (read(to[0], &c, 1) == 1)
			NEED(write(from[1], &c, 1) == 1);
		_exit(0);
	}
	getrusage(RUSAGE_SELF, &before);
	start = ns_now();
	for (long i = 0; i < n; i++)
		NEED(write(to[1], &c, 1) == 1 && read(from[0], &c, 1) == 1);
	start = ns_now() - start;
	getrusage(RUSAGE_SELF, &after);
	close(to[1]);
	waitpid(pid, NULL, 0);
	/* The other one may preempt this one between its two calls. */
	n = after.ru_nvcsw - before.ru_nvcsw + after.ru_nivcsw - before.ru_nivcsw;
	printf("%ld switches, %ld ns each\n", n, start / (2 * n));
	return 0;
}

/* --- a round of everything --- */

static void many_forks(void)
{
	for (int i = 0; i < 100; i++) {
		pid_t pid = fork();

		NEED(pid >= 0);
		if (!pid)
			_exit(i & 127);
		int status;
		NEED(waitpid(pid, &status, 0) == pid);
		NEED(WEXITSTATUS(status) == (i & 127));
	}
}

static void memory(void)
{
	for (int i = 0; i < 20; i++) {
		size_t len = 1 << 20;
		char *m = mmap(NULL, len, PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		NEED(m != MAP_FAILED);
		for (size_t k = 0; k < len; k += 4096)
			m[k] = (char)k;
		NEED(!mprotect(m, len / 2, PROT_READ));
		NEED(!munmap(m, len));
	}
}

static void files(void)
{
	char dir[64], a[96], b[96];

	snprintf(dir, sizeof(dir), "/tmp/busy.%d", getpid());
	NEED(!mkdir(dir, 0700));
	for (int i = 0; i < 200; i++) {
		snprintf(a, sizeof(a), "%s/a%d", dir, i % 7);
		snprintf(b, sizeof(b), "%s/b%d", dir, i % 5);
		int fd = open(a, O_CREAT | O_WRONLY, 0600);
		NEED(fd >= 0);
		NEED(write(fd, a, sizeof(a)) == sizeof(a));
		close(fd);
		NEED(!rename(a, b));
		NEED(!unlink(b));
	}
	NEED(!rmdir(dir));
}

static volatile sig_atomic_t got;

static void on_signal(int signo)
{
	(void)signo;
	got++;
}

static void signals(void)
{
	signal(SIGUSR1, on_signal);
	for (int i = 0; i < 500; i++) {
		got = 0;
		kill(getpid(), SIGUSR1);
		NEED(got == 1);
	}
}

static int work(void)
{
	many_forks();
	memory();
	files();
	signals();
	return 0;
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";
	long n = argc > 2 ? atol(argv[2]) : 0;

	if (!strcmp(what, "hog"))
		return hog((int)n);
	if (!strcmp(what, "spread"))
		return spread((int)n);
	if (!strcmp(what, "switch"))
		return switches(n);
	if (!strcmp(what, "work"))
		return work();
	fprintf(stderr, "usage: busy hog|spread|switch|work [N]\n");
	return 2;
}
