/*
 * Rows of the groups time (how late a timer fires) and selftest (asked for by
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
    {0},
};
