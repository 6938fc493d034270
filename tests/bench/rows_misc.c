/*
 * Rows of the groups time (how late a timer fires), smp (throughput of
 * 1, 2 and 4 processes at once; without icount only) and selftest (asked for by
 * name: what the harness makes of failures).
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "bench.h"

static void t_nanosleep(void)
{
	double v[32];
	struct timespec ts = {0, 1000000};
	for (int i = 0; i < 21; i++) {
		double t = now();
		CK(nanosleep(&ts, 0));
		v[i] = now() - t - 1e6;
	}
	if (v[10] < -1000)
		failx("EARLY", "nanosleep");
	emit_us("nanosleep_1ms_late", stat_of(v, 21, 1));
}

static void t_timerfd(void)
{
	double v[32];
	struct timespec n;
	int fd = CK(timerfd_create(CLOCK_MONOTONIC, 0));
	for (int i = 0; i < 21; i++) {
		struct itimerspec it;
		uint64_t x;
		memset(&it, 0, sizeof it);
		it.it_value.tv_nsec = 1000000;
		double t = now();
		CK(timerfd_settime(fd, 0, &it, 0));
		CK(read(fd, &x, 8));
		v[i] = now() - t - 1e6;
	}
	clock_gettime(CLOCK_MONOTONIC, &n);
	emit_us("timerfd_1ms_late", stat_of(v, 21, 1));
}

/* --- smp --- */
typedef long (*smpop)(int id, double until);
static long op_fork(int id, double until)
{
	long c = 0;
	(void)id;
	while (now() < until) {
		b_fork(1, 0);
		c++;
	}
	return c;
}

static long op_pf(int id, double until)
{
	struct pf f = {64, 0, -1};
	long c = 0;
	(void)id;
	while (now() < until) {
		b_pfanon(1, &f);
		c += 64;
	}
	return c;
}

static long op_pipe(int id, double until)
{
	int a[2], b[2];
	long c = 0;
	char ch = 0;
	(void)id;
	CK(pipe(a));
	CK(pipe(b));
	int pid = CK(fork());
	if (!pid) {
		close(a[1]);
		close(b[0]);
		echo_child(a[0], b[1]);
	}
	close(a[0]);
	close(b[1]);
	while (now() < until)
		for (int k = 0; k < 16; k++, c++)
			if (write(a[1], &ch, 1) != 1 || read(b[0], &ch, 1) != 1)
				xexit(98);
	close(a[1]);
	waitpid(pid, 0, 0);
	return c;
}

static long op_create(int id, double until)
{
	char d[120], p[160];
	long c = 0;
	snprintf(d, sizeof d, "%s/smp%d", tdir, id);
	mkdir(d, 0755);
	snprintf(p, sizeof p, "%s/f", d);
	while (now() < until) {
		int fd = open(p, O_CREAT | O_WRONLY, 0644);
		if (fd < 0)
			xexit(97);
		close(fd);
		unlink(p);
		c++;
	}
	rmdir(d);
	return c;
}

static double smp_once(smpop op, int n)
{
	int go[2], rs[2], pids[16];
	double tot = 0, dur = 200e6;
	char c = 0;
	CK(pipe(go));
	CK(pipe(rs));
	for (int i = 0; i < n; i++) {
		pids[i] = CK(fork());
		if (!pids[i]) {
			double t0;
			long cnt;
			close(go[1]);
			while (read(go[0], &c, 1) > 0)
				;
			t0 = now();
			cnt = op(i, t0 + dur);
			double rate = cnt / ((now() - t0) / 1e9);
			xexit(write(rs[1], &rate, sizeof rate) != sizeof rate);
		}
	}
	close(go[0]);
	close(go[1]);
	close(rs[1]);
	for (int i = 0; i < n; i++) {
		double r;
		readn(rs[0], &r, sizeof r);
		tot += r;
	}
	close(rs[0]);
	for (int i = 0; i < n; i++)
		reap(pids[i], "smp");
	return tot;
}

static void smp_rows(smpop op)
{
	static const int ns[] = {1, 2, 4};
	int have = cpus_online();
	if (opt_icount || have < 2)
		failx("SKIP", opt_icount ? "icount" : "one-cpu");
	for (unsigned k = 0; k < 3; k++) {
		double v[8];
		for (int i = 0; i < 5; i++)
			v[i] = smp_once(op, ns[k]);
		emit(cur->names[k], stat_of(v, 5, ns[k]), "ops/s");
	}
}

static void t_smpfork(void)
{
	smp_rows(op_fork);
}

static void t_smppf(void)
{
	smp_rows(op_pf);
}

static void t_smppipe(void)
{
	smp_rows(op_pipe);
}

static void t_smpcreate(void)
{
	smp_rows(op_create);
}

/* --- selftest --- */
static void t_selfenosys(void)
{
	CK(syscall(9999));
}

static void t_selfcrash(void)
{
	*(volatile int *)0 = 1;
}

static void t_selfhang(void)
{
	for (;;)
		__asm__ volatile("");
}

static void t_selfblock(void)
{
	int p[2];
	char c;
	CK(pipe(p));
	read(p[0], &c, 1) ? fail("x") : fail("y");
}

static void t_selfpanic(void)
{
	int fd = CK(open("/proc/sysrq-trigger", O_WRONLY));
	CK(write(fd, "c", 1));
}

const struct test misc_tests[] = {
    {"selftest", t_selfenosys, {"self_enosys"}},
    {"selftest", t_selfcrash, {"self_crash"}},
    {"selftest", t_selfpanic, {"self_panic"}},
    {"selftest", t_selfhang, {"self_hang"}},
    {"selftest", t_selfblock, {"self_block"}},
    {"time", t_nanosleep, {"nanosleep_1ms_late"}},
    {"time", t_timerfd, {"timerfd_1ms_late"}},
    {"smp", t_smpfork, {"smp_fork_1", "smp_fork_2", "smp_fork_4"}},
    {"smp", t_smppf, {"smp_pf_1", "smp_pf_2", "smp_pf_4"}},
    {"smp", t_smppipe, {"smp_pipe_1", "smp_pipe_2", "smp_pipe_4"}},
    {"smp", t_smpcreate, {"smp_create_1", "smp_create_2", "smp_create_4"}},
    {0},
};
