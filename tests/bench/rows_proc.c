/*
 * Rows of group proc: making tasks and programs, switching between them.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "bench.h"

double b_fork(long n, void *a)
{
	(void)a;
	double t = now();
	for (long i = 0; i < n; i++) {
		int pid = fork();
		if (pid < 0)
			fail("fork");
		if (!pid)
			_exit(0);
		reap(pid, "fork");
	}
	return now() - t;
}

static char *const exit0_argv[] = {"ubench", "--exit0", 0};
double b_forkexec(long n, void *a)
{
	(void)a;
	double t = now();
	for (long i = 0; i < n; i++) {
		int pid = fork();
		if (pid < 0)
			fail("fork");
		if (!pid) {
			execve(self, exit0_argv, environ);
			_exit(127);
		}
		reap(pid, "exec");
	}
	return now() - t;
}

static double b_vforkexec(long n, void *a)
{
	(void)a;
	double t = now();
	for (long i = 0; i < n; i++) {
		int pid = vfork();
		if (pid < 0)
			fail("vfork");
		if (!pid) {
			execve(self, exit0_argv, environ);
			_exit(127);
		}
		reap(pid, "exec");
	}
	return now() - t;
}

static double b_spawn(long n, void *a)
{
	(void)a;
	double t = now();
	for (long i = 0; i < n; i++) {
		pid_t pid;
		int e = posix_spawn(&pid, self, 0, 0, exit0_argv, environ);
		if (e)
			failx(ename(e), "posix_spawn");
		reap(pid, "spawn");
	}
	return now() - t;
}

static double b_sh(long n, void *a)
{
	double t = now();
	for (long i = 0; i < n; i++) {
		int pid = fork();
		if (pid < 0)
			fail("fork");
		if (!pid) {
			execl("/bin/sh", "sh", "-c", (char *)a, (char *)0);
			_exit(127);
		}
		reap(pid, "sh");
	}
	return now() - t;
}

static void t_fork(void)
{
	emit_us("fork_exit", measure(b_fork, 0, 1, 1 << 14));
}

static void t_forkexec(void)
{
	CK(access(self, X_OK));
	emit_us("fork_exec", measure(b_forkexec, 0, 1, 1 << 14));
}

static void t_vforkexec(void)
{
	CK(access(self, X_OK));
	emit_us("vfork_exec", measure(b_vforkexec, 0, 1, 1 << 14));
}

static void t_spawn(void)
{
	CK(access(self, X_OK));
	emit_us("posix_spawn", measure(b_spawn, 0, 1, 1 << 14));
}

static void t_sh(void)
{
	char c[200];
	CK(access("/bin/sh", X_OK));
	snprintf(c, sizeof c, "%s --exit0", self);
	emit_us("sh_c", measure(b_sh, c, 1, 1 << 12));
}

static void *nop_thread(void *a)
{
	return a;
}

static double b_thr(long n, void *a)
{
	(void)a;
	double t = now();
	for (long i = 0; i < n; i++) {
		pthread_t th;
		int e = pthread_create(&th, 0, nop_thread, 0);
		if (e)
			failx(ename(e), "pthread_create");
		pthread_join(th, 0);
	}
	return now() - t;
}

static void t_thr(void)
{
	emit_us("pthread_create_join", measure(b_thr, 0, 4, 1 << 16));
}

/* context switch: a token round a ring of pipes; ns per hop, the pipe's cost
 * included, the user-side cost of touching the working set subtracted */
static char *wset;
static long wset_len;
static void wtouch(void)
{
	long s = 0;
	for (long i = 0; i < wset_len; i += 64)
		s += *(volatile long *)(wset + i);
	wsink = s;
}

struct ring {
	int rd, wr, procs;
};

static double b_ring(long n, void *a)
{
	struct ring *r = a;
	char c = 0;
	double t = now();
	for (long i = 0; i < n; i++) {
		if (write(r->wr, &c, 1) != 1 || read(r->rd, &c, 1) != 1)
			fail("ring");
		wtouch();
	}
	return now() - t;
}

static double b_wtouch(long n, void *a)
{
	(void)a;
	double t = now();
	for (long i = 0; i < n; i++)
		wtouch();
	return now() - t;
}

static void ctx(const char *name, int procs, long len)
{
	int p[16][2];
	wset_len = len;
	wset = anon(len + PG);
	memset(wset, 1, len + PG);
	double own = len ? measure(b_wtouch, 0, 16, 1 << 20).med : 0;
	for (int i = 0; i < procs; i++)
		CK(pipe(p[i]));
	for (int i = 1; i < procs; i++) {
		int pid = CK(fork());
		if (!pid) {
			char c;
			memset(wset, 2, len + PG); /* its own copy */
			for (int k = 0; k < procs; k++) {
				if (k != i - 1)
					close(p[k][0]);
				if (k != i)
					close(p[k][1]);
			}
			while (read(p[i - 1][0], &c, 1) == 1) {
				wtouch();
				if (write(p[i][1], &c, 1) != 1)
					break;
			}
			xexit(0);
		}
	}
	memset(wset, 3, len + PG);
	struct ring r = {p[procs - 1][0], p[0][1], procs};
	struct res q = measure(b_ring, &r, 8, 1 << 20);
	q.med = q.med / procs - own;
	q.mn = q.mn / procs - own;
	q.mx = q.mx / procs - own;
	emit_ns(name, q);
}

static void t_ctx2(void)
{
	ctx("ctx_2p_0k", 2, 0);
}

static void t_ctx8(void)
{
	ctx("ctx_8p_16k", 8, 16 * KB);
}

const struct test proc_tests[] = {
    {"proc", t_fork, {"fork_exit"}},
    {"proc", t_vforkexec, {"vfork_exec"}},
    {"proc", t_spawn, {"posix_spawn"}},
    {"proc", t_forkexec, {"fork_exec"}},
    {"proc", t_sh, {"sh_c"}},
    {"proc", t_thr, {"pthread_create_join"}},
    {"proc", t_ctx2, {"ctx_2p_0k"}},
    {"proc", t_ctx8, {"ctx_8p_16k"}},
    {0},
};
