/*
 * Rows of group ipc: two tasks that hand something to and fro.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "bench.h"

struct pp {
	int rd, wr;
};

static double b_pp1(long n, void *a) /* 1-byte round trip */
{
	struct pp *p = a;
	char c = 0;
	double t = now();
	for (long i = 0; i < n; i++)
		if (write(p->wr, &c, 1) != 1 || read(p->rd, &c, 1) != 1)
			fail("pingpong");
	return now() - t;
}

static double b_drain(long n, void *a) /* n blocks of 64K */
{
	int fd = *(int *)a;
	double t = now();
	for (long i = 0; i < n; i++)
		readn(fd, bulk, 64 * KB);
	return now() - t;
}

static void flood_child(int fd)
{
	for (;;)
		if (write(fd, bulk, 64 * KB) <= 0)
			xexit(0);
}

static void t_pipelat(void)
{
	int a[2], b[2];
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
	struct pp p = {b[0], a[1]};
	emit_ns("pipe_lat", measure(b_pp1, &p, 16, 1 << 20));
}

static void t_pipebw(void)
{
	int a[2];
	bulk_init();
	CK(pipe(a));
	int pid = CK(fork());
	if (!pid) {
		close(a[0]);
		flood_child(a[1]);
	}
	close(a[1]);
	emit_bw("pipe_bw", measure(b_drain, &a[0], 64, 1 << 20), 64 * KB);
	kill(pid, SIGKILL);
}

static double b_pp8(long n, void *a)
{
	struct pp *p = a;
	uint64_t v = 1;
	double t = now();
	for (long i = 0; i < n; i++)
		if (write(p->wr, &v, 8) != 8 || read(p->rd, &v, 8) != 8)
			fail("pingpong");
	return now() - t;
}

static void t_eventfd(void)
{
	int a = CK(eventfd(0, 0)), b = CK(eventfd(0, 0));
	int pid = CK(fork());
	if (!pid) {
		uint64_t v;
		while (read(a, &v, 8) == 8 && write(b, &v, 8) == 8)
			;
		xexit(0);
	}
	struct pp p = {b, a};
	emit_ns("eventfd_pingpong", measure(b_pp8, &p, 16, 1 << 20));
	kill(pid, SIGKILL);
}

static int fx;
#define FUTEX_WAIT_P (0 | 128)
#define FUTEX_WAKE_P (1 | 128)
static void fwait_until(int want, int stop)
{
	int v;
	while ((v = __atomic_load_n(&fx, __ATOMIC_ACQUIRE)) != want &&
	       v != stop)
		if (syscall(SYS_futex, &fx, FUTEX_WAIT_P, v, 0, 0, 0) < 0 &&
		    errno != EAGAIN && errno != EINTR)
			return;
}

static void fset(int v)
{
	__atomic_store_n(&fx, v, __ATOMIC_RELEASE);
	syscall(SYS_futex, &fx, FUTEX_WAKE_P, 1, 0, 0, 0);
}

static void *fx_thread(void *a)
{
	(void)a;
	for (;;) {
		fwait_until(1, 2);
		if (__atomic_load_n(&fx, __ATOMIC_ACQUIRE) == 2)
			return 0;
		fset(0);
	}
}

static double b_futex(long n, void *a)
{
	(void)a;
	double t = now();
	for (long i = 0; i < n; i++) {
		fset(1);
		fwait_until(0, 2);
	}
	return now() - t;
}

static void t_futex(void)
{
	pthread_t th;
	int x = 0;
	CK(syscall(SYS_futex, &x, FUTEX_WAKE_P, 1, 0, 0, 0));
	fx = 0;
	int e = pthread_create(&th, 0, fx_thread, 0);
	if (e)
		failx(ename(e), "pthread_create");
	emit_ns("futex_pingpong", measure(b_futex, 0, 16, 1 << 20));
	fset(2);
	pthread_join(th, 0);
}

const struct test ipc_tests[] = {
    {"ipc", t_pipelat, {"pipe_lat"}},
    {"ipc", t_pipebw, {"pipe_bw"}},
    {"ipc", t_eventfd, {"eventfd_pingpong"}},
    {"ipc", t_futex, {"futex_pingpong"}},
    {0},
};
