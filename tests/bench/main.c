/*
 * ubench: the driver.
 *
 * ubench [--icount] [--only A,B] [--skip A,B] [--after TEST] [--dir DIR]
 *        [--self PATH] [--inline] [--list]
 *
 * Names in lists are rows or groups. Every test runs in a forked child under a
 * timeout; where fork does not work rows run inline, unprotected. --after goes
 * on behind a test: run.py boots again behind one that brought the guest down.
 * Units ns, us: smaller is better. MB/s, ops/s: larger is better.
 */
#define _GNU_SOURCE
#include "bench.h"
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

int opt_icount;
const char *tdir = "/tmp", *self = "/bin/ubench";
double target_ns = 10e6;
int nrep = 11;

static int opt_inline, row_timeout = 30; /* s */
static const char *opt_only, *opt_skip, *opt_after;

static const struct test *const tables[] = {
    syscall_tests, ipc_tests,  proc_tests, vm_tests,
    fs_tests,	   misc_tests, smp_tests,
};

/* --- which tests run --- */

static int in_list(const char *list, const char *word)
{
	size_t n = strlen(word);

	while (list && *list) {
		const char *e = strchr(list, ',');
		size_t k = e ? (size_t)(e - list) : strlen(list);

		if (k == n && !memcmp(list, word, n))
			return 1;
		list = e ? e + 1 : 0;
	}
	return 0;
}

static int test_in(const char *list, const struct test *t)
{
	if (in_list(list, t->group))
		return 1;
	for (int i = 0; i < TEST_NAMES && t->names[i]; i++)
		if (in_list(list, t->names[i]))
			return 1;
	return 0;
}

static int wanted(const struct test *t)
{
	if (opt_only ? !test_in(opt_only, t) : !strcmp(t->group, "selftest"))
		return 0;
	if (!strcmp(t->group, "smp") && (opt_icount || cpus_online() < 2))
		return 0;
	return !test_in(opt_skip, t);
}

/* --- one test, in a child --- */

static volatile int timed_out, alarm_pid;

static void on_alarm(int sig)
{
	(void)sig;
	timed_out = 1;
	if (alarm_pid > 0)
		kill(alarm_pid, SIGKILL);
}

/* From the parent; a row that the child did print stands (run.py). */
static void fail_all(const char *why)
{
	for (int i = 0; i < TEST_NAMES && cur->names[i]; i++)
		out("ROW %s FAIL %s group=%s\n", cur->names[i], why,
		    cur->group);
}

/*
 * Rows whose cost comes in bursts (RCU, scheduler modes) get samples of several
 * timer ticks, so that the bursts average out.
 */
static void run_test(void)
{
	static const char slow[] =
	    "stat,pthread_create_join,mmap_munmap_64k,rename,"
	    "eventfd_pingpong,futex_pingpong,sh_c,tmpfs_write_1m";
	double keep = target_ns;

	if (opt_icount && in_list(slow, cur->names[0]))
		target_ns *= 6;
	test_run();
	target_ns = keep;
}

/* Without a timer: look now and then. That disturbs, but protects. */
static int wait_polling(int pid, int *status)
{
	double end = now() + row_timeout * 1e9;
	int r;

	while ((r = waitpid(pid, status, WNOHANG)) == 0) {
		struct timespec ts = {0, 20000000};

		nanosleep(&ts, 0);
		if (!timed_out && now() > end) {
			timed_out = 1;
			kill(pid, SIGKILL);
		}
	}
	return r;
}

static int wait_limited(int pid, int *status)
{
	struct itimerval it = {.it_value.tv_sec = row_timeout}, off = {0};
	int r;

	if (setitimer(ITIMER_REAL, &it, 0))
		return wait_polling(pid, status);
	while ((r = waitpid(pid, status, 0)) < 0 && errno == EINTR)
		;
	setitimer(ITIMER_REAL, &off, 0);
	return r;
}

static void report_end(int waited, int status)
{
	char why[16];

	if (waited < 0) {
		fail_all(ename(errno));
	} else if (timed_out) {
		fail_all("TIMEOUT");
	} else if (WIFSIGNALED(status)) {
		snprintf(why, sizeof(why), "SIG%d", WTERMSIG(status));
		fail_all(why);
	} else if (WEXITSTATUS(status)) {
		snprintf(why, sizeof(why), "EXIT%d", WEXITSTATUS(status));
		fail_all(why);
	}
}

static void run_inline(void)
{
	run_test();
	for (int fd = 3; fd < 1024; fd++)
		close(fd);
	signal(SIGSEGV, SIG_DFL);
}

static void run_one(void)
{
	struct sigaction sa = {.sa_handler = on_alarm}, old; /* no SA_RESTART */
	int status = 0, pid, r;

	out("START %s\n", cur->names[0]);
	if (opt_inline) {
		run_inline();
		return;
	}
	timed_out = 0;
	sigaction(SIGALRM, &sa, &old);
	pid = fork();
	if (pid < 0) {
		fail_all(ename(errno));
		return;
	}
	if (pid == 0) {
		sigaction(SIGALRM, &old, 0);
		setpgid(0, 0);
		run_test();
		_exit(0);
	}
	alarm_pid = pid;
	r = wait_limited(pid, &status);
	alarm_pid = 0;
	kill(-pid, SIGKILL); /* stragglers of the test */
	report_end(r, status);
}

static void run_all(void)
{
	int skipping = opt_after != 0;

	for (unsigned k = 0; k < NELEM(tables); k++) {
		for (cur = tables[k]; cur->fn; cur++) {
			if (skipping)
				skipping =
				    strcmp(cur->names[0], opt_after) != 0;
			else if (wanted(cur))
				run_one();
		}
	}
}

/* --- start --- */

static void list_rows(void)
{
	for (unsigned k = 0; k < NELEM(tables); k++)
		for (const struct test *t = tables[k]; t->fn; t++)
			for (int j = 0; j < TEST_NAMES && t->names[j]; j++)
				out("%s %s\n", t->group, t->names[j]);
}

/* 0, or an exit status + 1. */
static int parse_options(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		const char *a = argv[i], *v = i + 1 < argc ? argv[i + 1] : "";

		if (!strcmp(a, "--exit0")) {
			return 1;
		} else if (!strcmp(a, "--icount")) {
			opt_icount = 1;
			continue;
		} else if (!strcmp(a, "--inline")) {
			opt_inline = 1;
			continue;
		} else if (!strcmp(a, "--list")) {
			list_rows();
			return 1;
		}
		i++;
		if (!strcmp(a, "--only")) {
			opt_only = strcmp(v, "all") ? v : 0;
		} else if (!strcmp(a, "--skip")) {
			opt_skip = v;
		} else if (!strcmp(a, "--after")) {
			opt_after = v;
		} else if (!strcmp(a, "--dir")) {
			tdir = v;
		} else if (!strcmp(a, "--self")) {
			self = v;
		} else {
			out("ubench: bad option %s\n", a);
			return 3;
		}
	}
	return 0;
}

static void try_fork(void)
{
	int status, pid = fork();

	if (pid == 0)
		_exit(7);
	if (pid < 0) {
		out("NOTE fork FAIL %s: rows run inline, unprotected\n",
		    ename(errno));
		opt_inline = 1;
	} else if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status) ||
		   WEXITSTATUS(status) != 7) {
		out("NOTE waitpid-broken\n");
	}
}

int main(int argc, char **argv)
{
	static char dir[128];
	int r = parse_options(argc, argv);

	if (r)
		_exit(r - 1);
	clock_init();
	if (opt_icount) {
		target_ns = 2e6;
		nrep = 9;
		row_timeout = 5;
	}
	snprintf(dir, sizeof(dir), "%s/ub%d", tdir, mypid());
	if (mkdir(dir, 0755) == 0)
		tdir = dir;
	out("UBENCH cntfrq=%llu cpus=%d icount=%d dir=%s\n",
	    (unsigned long long)cntfrq, cpus_online(), opt_icount, tdir);
	signal(SIGPIPE, SIG_DFL);
	try_fork();
	run_all();
	out("UBENCH_END\n");
	if (mypid() == 1) { /* init could not fork */
		out("BENCH_DONE\n");
		sync();
		reboot(RB_POWER_OFF);
	}
	return 0;
}
