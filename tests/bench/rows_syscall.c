/*
 * Rows: what the machine gives (group sanity), single system calls and signals.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/select.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>
#include "bench.h"

static double b_memcpy(long n, void *a)
{
	char *p = a, *q = p + MB;
	double t = now();
	for (long i = 0; i < n; i++) {
		memcpy(q, p, MB);
		__asm__ volatile("" ::: "memory");
	}
	return now() - t;
}

static void t_memcpy(void)
{
	char *p = anon(2 * MB);
	memset(p, 1, 2 * MB);
	emit_bw("memcpy_bw", measure(b_memcpy, p, 1, 1 << 20), MB);
}

static double b_loop(long n, void *a)
{
	(void)a;
	double t = now();
	for (long i = 0; i < n; i++)
		__asm__ volatile("" ::: "memory");
	return now() - t;
}

static void t_loop(void)
{
	emit_ns("user_loop", measure(b_loop, 0, 1024, 1 << 26));
}

/* --- system calls --- */
static double b_null(long n, void *a)
{
	(void)a;
	double t = now();
	for (long i = 0; i < n; i++)
		syscall(SYS_getppid);
	return now() - t;
}

static void t_null(void)
{
	CK(syscall(SYS_getppid));
	emit_ns("null_getppid", measure(b_null, 0, 64, 1 << 22));
}

static double b_clk(long n, void *a)
{
	struct timespec ts;
	(void)a;
	double t = now();
	for (long i = 0; i < n; i++)
		clock_gettime(CLOCK_MONOTONIC, &ts);
	return now() - t;
}

static double b_clks(long n, void *a)
{
	struct timespec ts;
	(void)a;
	double t = now();
	for (long i = 0; i < n; i++)
		syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &ts);
	return now() - t;
}

static void t_clk(void)
{
	struct timespec ts;
	CK(clock_gettime(CLOCK_MONOTONIC, &ts));
	emit_ns("clock_gettime", measure(b_clk, 0, 64, 1 << 22));
	CK(syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &ts));
	emit_ns("clock_gettime_syscall", measure(b_clks, 0, 64, 1 << 22));
}

static double b_rd1(long n, void *a)
{
	int fd = *(int *)a;
	char c;
	double t = now();
	for (long i = 0; i < n; i++)
		if (read(fd, &c, 1) != 1)
			fail("read");
	return now() - t;
}

static void t_rdzero(void)
{
	int fd = CK(open("/dev/zero", O_RDONLY));
	emit_ns("read_zero_1", measure(b_rd1, &fd, 64, 1 << 22));
}

static double b_wr1(long n, void *a)
{
	int fd = *(int *)a;
	char c = 0;
	double t = now();
	for (long i = 0; i < n; i++)
		if (write(fd, &c, 1) != 1)
			fail("write");
	return now() - t;
}

static void t_wrnull(void)
{
	int fd = CK(open("/dev/null", O_WRONLY));
	emit_ns("write_null_1", measure(b_wr1, &fd, 64, 1 << 22));
}

static double b_stat(long n, void *a)
{
	struct stat st;
	double t = now();
	for (long i = 0; i < n; i++)
		if (stat(a, &st) < 0)
			fail("stat");
	return now() - t;
}

static double b_fstat(long n, void *a)
{
	struct stat st;
	int fd = *(int *)a;
	double t = now();
	for (long i = 0; i < n; i++)
		if (fstat(fd, &st) < 0)
			fail("fstat");
	return now() - t;
}

static double b_fstatsys(long n, void *a)
{
	struct stat st;
	int fd = *(int *)a;
	double t = now();
	for (long i = 0; i < n; i++)
		if (syscall(SYS_fstat, fd, &st) < 0)
			fail("fstat");
	return now() - t;
}

static double b_open(long n, void *a)
{
	double t = now();
	for (long i = 0; i < n; i++) {
		int fd = open(a, O_RDONLY);
		if (fd < 0)
			fail("open");
		close(fd);
	}
	return now() - t;
}

static void t_stat(void)
{
	char *p = (char *)tp(0, "s");
	int fd = mkfile(p, 0, 0);
	emit_ns("stat", measure(b_stat, p, 64, 1 << 22));
	emit_ns("fstat", measure(b_fstat, &fd, 64, 1 << 22));
	emit_ns("fstat_syscall", measure(b_fstatsys, &fd, 64, 1 << 22));
	emit_ns("open_close", measure(b_open, p, 64, 1 << 22));
	close(fd);
	unlink(p);
}

static void t_path8(void)
{
	char p[160];
	int l = snprintf(p, sizeof p, "%s", tdir);
	for (int i = 0; i < 7; i++) {
		l += snprintf(p + l, sizeof p - l, "/dir%d", i);
		if (mkdir(p, 0755) < 0 && errno != EEXIST)
			fail("mkdir");
	}
	snprintf(p + l, sizeof p - l, "/leaf");
	close(mkfile(p, 0, 0));
	emit_ns("path_lookup_8", measure(b_stat, p, 64, 1 << 22));
}

static double b_getdents(long n, void *a)
{
	static char b[32 * KB] __attribute__((aligned(16)));
	double t = now();
	for (long i = 0; i < n; i++) {
		int fd = open(a, O_RDONLY | O_DIRECTORY);
		long r, tot = 0;
		if (fd < 0)
			fail("open");
		while ((r = syscall(SYS_getdents64, fd, b, sizeof b)) > 0)
			tot += r;
		if (r < 0)
			fail("getdents64");
		if (tot < 1000 * 24)
			failx("SHORT", "getdents64");
		close(fd);
	}
	return now() - t;
}

static void t_getdents(void)
{
	char p[160], q[200];
	snprintf(p, sizeof p, "%s/gd", tdir);
	CK(mkdir(p, 0755));
	for (int i = 0; i < 1000; i++) {
		snprintf(q, sizeof q, "%s/file%04d", p, i);
		close(CK(open(q, O_CREAT | O_WRONLY, 0644)));
	}
	emit_us("getdents_1000", measure(b_getdents, p, 1, 1 << 16));
	for (int i = 0; i < 1000; i++) {
		snprintf(q, sizeof q, "%s/file%04d", p, i);
		unlink(q);
	}
	rmdir(p);
}

static int pfd[100][2];
static void pipes100(void)
{
	for (int i = 0; i < 100; i++)
		CK(pipe(pfd[i]));
}

static double b_select(long n, void *a)
{
	int mx = *(int *)a;
	double t = now();
	for (long i = 0; i < n; i++) {
		fd_set s;
		struct timeval z = {0, 0};
		FD_ZERO(&s);
		for (int k = 0; k < 100; k++)
			FD_SET(pfd[k][0], &s);
		if (select(mx + 1, &s, 0, 0, &z) != 0)
			fail("select");
	}
	return now() - t;
}

static double b_poll(long n, void *a)
{
	struct pollfd *p = a;
	double t = now();
	for (long i = 0; i < n; i++)
		if (poll(p, 100, 0) != 0)
			fail("poll");
	return now() - t;
}

static double b_epoll(long n, void *a)
{
	int ep = *(int *)a;
	struct epoll_event ev[100];
	double t = now();
	for (long i = 0; i < n; i++)
		if (epoll_wait(ep, ev, 100, 0) != 1)
			fail("epoll_wait");
	return now() - t;
}

static void t_select(void)
{
	int mx = 0;
	pipes100();
	for (int i = 0; i < 100; i++)
		if (pfd[i][0] > mx)
			mx = pfd[i][0];
	emit_ns("select_100", measure(b_select, &mx, 8, 1 << 20));
}

static void t_poll(void)
{
	struct pollfd p[100];
	pipes100();
	for (int i = 0; i < 100; i++)
		p[i] = (struct pollfd){pfd[i][0], POLLIN, 0};
	emit_ns("poll_100", measure(b_poll, p, 8, 1 << 20));
}

static void t_epoll(void)
{
	int ep = CK(epoll_create1(0));
	pipes100();
	for (int i = 0; i < 100; i++) {
		struct epoll_event ev = {.events = EPOLLIN,
					 .data.fd = pfd[i][0]};
		CK(epoll_ctl(ep, EPOLL_CTL_ADD, pfd[i][0], &ev));
	}
	CK(write(pfd[50][1], "x", 1));
	emit_ns("epoll_wait_100", measure(b_epoll, &ep, 8, 1 << 20));
}

/* --- signals --- */
static volatile int sigcount;
static void on_usr(int s)
{
	(void)s;
	sigcount++;
}

static void on_segv(int s, siginfo_t *si, void *u)
{
	(void)s;
	(void)si;
	((ucontext_t *)u)->uc_mcontext.pc += 4;
	sigcount++;
}

static double b_siginst(long n, void *a)
{
	struct sigaction sa;
	(void)a;
	memset(&sa, 0, sizeof sa);
	sa.sa_handler = on_usr;
	double t = now();
	for (long i = 0; i < n; i++)
		if (sigaction(SIGUSR1, &sa, 0) < 0)
			fail("sigaction");
	return now() - t;
}

static double b_sigdel(long n, void *a)
{
	int me = *(int *)a;
	sigcount = 0;
	double t = now();
	for (long i = 0; i < n; i++)
		if (kill(me, SIGUSR1) < 0)
			fail("kill");
	t = now() - t;
	if (sigcount != n)
		failx("LOST", "signal");
	return t;
}

static double b_sigprot(long n, void *a)
{
	char *p = a;
	sigcount = 0;
	double t = now();
	for (long i = 0; i < n; i++)
		__asm__ volatile("str wzr, [%0]" ::"r"(p) : "memory");
	t = now() - t;
	if (sigcount != n)
		failx("LOST", "SIGSEGV");
	return t;
}

static void t_siginst(void)
{
	emit_ns("sig_install", measure(b_siginst, 0, 64, 1 << 22));
}

static void t_sigdel(void)
{
	int me = mypid();
	b_siginst(1, 0);
	emit_ns("sig_deliver", measure(b_sigdel, &me, 64, 1 << 22));
}

static void t_sigprot(void)
{
	struct sigaction sa;
	char *p = anon(PG);
	p[0] = 1;
	CK(mprotect(p, PG, PROT_READ));
	memset(&sa, 0, sizeof sa);
	sa.sa_sigaction = on_segv;
	sa.sa_flags = SA_SIGINFO;
	CK(sigaction(SIGSEGV, &sa, 0));
	emit_ns("sig_segv", measure(b_sigprot, p, 64, 1 << 22));
}

const struct test syscall_tests[] = {
    {"sanity", t_loop, {"user_loop"}},
    {"sanity", t_memcpy, {"memcpy_bw"}},
    {"syscall", t_null, {"null_getppid"}},
    {"syscall", t_clk, {"clock_gettime", "clock_gettime_syscall"}},
    {"syscall", t_rdzero, {"read_zero_1"}},
    {"syscall", t_wrnull, {"write_null_1"}},
    {"syscall", t_stat, {"stat", "fstat", "fstat_syscall", "open_close"}},
    {"syscall", t_path8, {"path_lookup_8"}},
    {"syscall", t_getdents, {"getdents_1000"}},
    {"syscall", t_select, {"select_100"}},
    {"syscall", t_poll, {"poll_100"}},
    {"syscall", t_epoll, {"epoll_wait_100"}},
    {"signal", t_siginst, {"sig_install"}},
    {"signal", t_sigdel, {"sig_deliver"}},
    {"signal", t_sigprot, {"sig_segv"}},
    {0},
};
