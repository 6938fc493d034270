/*
 * ubench: the clock, measuring, reporting, helpers of the rows.
 *
 * Time is CNTVCT_EL0; where reading it traps, CLOCK_MONOTONIC. Every result is
 * one line, written with one write(2):
 *	ROW name value unit group=G min=V max=V n=OPERATIONS
 *	ROW name FAIL why group=G [at=CALL]
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "bench.h"

uint64_t cntfrq;
static double ns_per_tick;
static sigjmp_buf illjmp;

static void on_ill(int s)
{
	(void)s;
	siglongjmp(illjmp, 1);
}

static inline uint64_t rdcnt(void)
{
	uint64_t v;
	__asm__ volatile("isb; mrs %0, cntvct_el0" : "=r"(v)::"memory");
	return v;
}

double now(void)
{
	struct timespec ts;

	if (cntfrq)
		return (double)rdcnt() * ns_per_tick;
	if (clock_gettime(CLOCK_MONOTONIC, &ts) < 0)
		return 0;
	return ts.tv_sec * 1e9 + ts.tv_nsec;
}

void clock_init(void)
{
	struct sigaction sa, old;
	uint64_t f = 0;

	memset(&sa, 0, sizeof sa);
	sa.sa_handler = on_ill;
	sigaction(SIGILL, &sa, &old);
	if (sigsetjmp(illjmp, 1) == 0) {
		__asm__ volatile("mrs %0, cntfrq_el0" : "=r"(f));
		(void)rdcnt();
		cntfrq = f;
		if (f)
			ns_per_tick = 1e9 / (double)f;
	}
	sigaction(SIGILL, &old, NULL);
}

/* --- output --- */

void out(const char *fmt, ...)
{
	char b[600];
	va_list ap;
	int n, o = 0;

	va_start(ap, fmt);
	n = vsnprintf(b, sizeof b, fmt, ap);
	va_end(ap);
	if (n > (int)sizeof b - 1)
		n = sizeof b - 1;
	while (o < n) {
		ssize_t w = write(1, b + o, n - o);
		if (w <= 0)
			break;
		o += w;
	}
}

const char *ename(int e)
{
	static const struct {
		int e;
		const char *s;
	} t[] = {
#define E(x) {x, #x}
	    E(EPERM),		E(ENOENT),	  E(ESRCH),
	    E(EINTR),		E(EIO),		  E(ENXIO),
	    E(E2BIG),		E(ENOEXEC),	  E(EBADF),
	    E(ECHILD),		E(EAGAIN),	  E(ENOMEM),
	    E(EACCES),		E(EFAULT),	  E(EBUSY),
	    E(EEXIST),		E(EXDEV),	  E(ENODEV),
	    E(ENOTDIR),		E(EISDIR),	  E(EINVAL),
	    E(ENFILE),		E(EMFILE),	  E(ENOTTY),
	    E(EFBIG),		E(ENOSPC),	  E(ESPIPE),
	    E(EROFS),		E(EPIPE),	  E(EDOM),
	    E(ERANGE),		E(EDEADLK),	  E(ENAMETOOLONG),
	    E(ENOSYS),		E(ENOTEMPTY),	  E(ELOOP),
	    E(EPROTO),		E(ENOTSOCK),	  E(EDESTADDRREQ),
	    E(EMSGSIZE),	E(EPROTOTYPE),	  E(ENOPROTOOPT),
	    E(EPROTONOSUPPORT), E(EOPNOTSUPP),	  E(EAFNOSUPPORT),
	    E(EADDRINUSE),	E(EADDRNOTAVAIL), E(ENETDOWN),
	    E(ENETUNREACH),	E(ECONNABORTED),  E(ECONNRESET),
	    E(ENOBUFS),		E(EISCONN),	  E(ENOTCONN),
	    E(ETIMEDOUT),	E(ECONNREFUSED),  E(EHOSTUNREACH),
	    E(EALREADY),	E(EINPROGRESS),
	};
	static char b[16];
	for (unsigned i = 0; i < NELEM(t); i++)
		if (t[i].e == e)
			return t[i].s;
	snprintf(b, sizeof b, "E%d", e);
	return b;
}

/* --- tests and reporting --- */

const struct test *cur;
static unsigned done_mask;
static int row_pid;
static jmp_buf rowjmp;

int mypid(void)
{
	return (int)syscall(SYS_getpid);
}

static void mark(const char *name)
{
	for (unsigned i = 0; i < TEST_NAMES && cur->names[i]; i++)
		if (!strcmp(cur->names[i], name))
			done_mask |= 1u << i;
}

static int marked(const char *name)
{
	for (unsigned i = 0; i < TEST_NAMES && cur->names[i]; i++)
		if (!strcmp(cur->names[i], name))
			return (done_mask >> i) & 1;
	return 0;
}

static void row_fail(const char *name, const char *why, const char *note)
{
	out("ROW %s FAIL %s group=%s%s%s\n", name, why, cur->group,
	    note ? " at=" : "", note ? note : "");
	mark(name);
}

/* Abandon the current test: the names that have no value yet become FAIL. */
void __attribute__((noreturn)) failx(const char *why, const char *note)
{
	if (mypid() != row_pid)
		_exit(99); /* a helper process of the test */
	for (unsigned i = 0; i < TEST_NAMES && cur->names[i]; i++)
		if (!marked(cur->names[i]))
			row_fail(cur->names[i], why, note);
	longjmp(rowjmp, 1);
}

void __attribute__((noreturn)) fail(const char *note)
{
	failx(ename(errno), note);
}

/* For functions that end in a helper process: never returns to the test. */
void xexit(int c)
{
	_exit(c);
}

static int cmpd(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return x < y ? -1 : x > y;
}

struct res stat_of(double *v, int k, long n)
{
	struct res r;
	qsort(v, k, sizeof *v, cmpd);
	r.med = (k & 1) ? v[k / 2] : (v[k / 2 - 1] + v[k / 2]) / 2;
	r.mn = v[0];
	r.mx = v[k - 1];
	r.n = n;
	return r;
}

struct res measure(bench_fn f, void *arg, long n0, long nmax)
{
	double v[64];
	long n = n0;

	for (;;) {
		double t = f(n, arg);

		if (t >= target_ns || n >= nmax)
			break;
		n *= t < target_ns / 16 ? 8 : 2;
		if (n > nmax)
			n = nmax;
	}
	for (int i = 0; i < nrep; i++)
		v[i] = f(n, arg) / (double)n;
	return stat_of(v, nrep, n);
}

void emit(const char *name, struct res r, const char *unit)
{
	out("ROW %s %.2f %s group=%s min=%.2f max=%.2f n=%ld\n", name, r.med,
	    unit, cur->group, r.mn, r.mx, r.n);
	mark(name);
}

/* ns per operation, printed in ns or us */
void emit_ns(const char *name, struct res r)
{
	emit(name, r, "ns");
}

void emit_us(const char *name, struct res r)
{
	r.med /= 1e3;
	r.mn /= 1e3;
	r.mx /= 1e3;
	emit(name, r, "us");
}

/* ns per operation of `bytes` bytes -> MB/s (1e6) */
void emit_bw(const char *name, struct res r, double bytes)
{
	struct res q = {bytes * 1e3 / r.med, bytes * 1e3 / r.mx,
			bytes * 1e3 / r.mn, r.n};
	emit(name, q, "MB/s");
}

/* --- helpers --- */

char pathbuf[PATH_SLOTS][PATH_LEN];
char *bulk;
volatile long wsink;
const char *tp(int slot, const char *rel)
{
	snprintf(pathbuf[slot], sizeof pathbuf[slot], "%s/%s", tdir, rel);
	return pathbuf[slot];
}

int mkfile(const char *p, long size, int fill)
{
	static char b[64 * KB];
	int fd = CK(open(p, O_RDWR | O_CREAT | O_TRUNC, 0644));

	memset(b, fill, sizeof b);
	while (size > 0) {
		long k = size < (long)sizeof b ? size : (long)sizeof b;
		ssize_t w = CK(write(fd, b, k));
		if (w == 0)
			failx("SHORTWRITE", p);
		size -= w;
	}
	return fd;
}

void *anon(long len)
{
	void *p = mmap(0, len, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED)
		fail("mmap-anon");
	return p;
}

void readn(int fd, void *b, long n)
{
	char *p = b;
	while (n > 0) {
		ssize_t r = read(fd, p, n);
		if (r < 0)
			fail("read");
		if (r == 0)
			failx("EOF", "read");
		p += r;
		n -= r;
	}
}

int cpus_online(void)
{
	unsigned long m[32];
	long r = syscall(SYS_sched_getaffinity, 0, sizeof m, m);
	int c = 0;
	if (r <= 0)
		return 1;
	for (long i = 0; i < r / (long)sizeof(long); i++)
		c += __builtin_popcountl(m[i]);
	return c > 0 ? c : 1;
}

void echo_child(int rd, int wr)
{
	char c;
	while (read(rd, &c, 1) == 1)
		if (write(wr, &c, 1) != 1)
			break;
	xexit(0);
}

void bulk_init(void)
{
	bulk = anon(MB);
	memset(bulk, 1, MB);
}

void reap(int pid, const char *what)
{
	int st;
	while (waitpid(pid, &st, 0) < 0)
		if (errno != EINTR)
			fail("waitpid");
	if (!WIFEXITED(st) || WEXITSTATUS(st))
		failx("CHILDSTATUS", what);
}

/* Run cur->fn in this process; emits a FAIL for what it could not measure. */
void test_run(void)
{
	row_pid = mypid();
	done_mask = 0;
	if (!setjmp(rowjmp))
		cur->fn();
}
