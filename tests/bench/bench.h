/*
 * Between the files of ubench: measuring, reporting, helpers of the rows.
 *
 * A row is a function f(n, arg) that does n operations and returns the ns they
 * took; measure() finds an n that fills a sample and takes the median of
 * several. A test function may emit several rows. It runs in a process of its
 * own (main.c), so that a crash or a hang costs its rows only.
 */
#ifndef BENCH_H
#define BENCH_H

#include <stdint.h>

#define NELEM(a) (sizeof(a) / sizeof((a)[0]))
#define KB	 1024L
#define MB	 (1024L * 1024L)
#define PG	 4096L

enum { TEST_NAMES = 5 };

/* One test function and the rows it emits; a table ends with fn == NULL. */
struct test {
	const char *group;
	void (*fn)(void);
	const char *names[TEST_NAMES];
};

extern const struct test syscall_tests[], ipc_tests[], proc_tests[], vm_tests[],
    fs_tests[], misc_tests[], smp_tests[];

/* Options (main.c). */
extern int opt_icount;
extern const char *tdir; /* where the rows make their files */
extern const char *self; /* path of this program */
extern double target_ns; /* length of one sample */
extern int nrep;	 /* samples a row */

/* The test that runs (core.c); main.c calls test_run(). */
extern const struct test *cur;
void test_run(void);

/* --- time --- */
extern uint64_t cntfrq; /* 0: the counter is not usable from EL0 */
void clock_init(void);
double now(void); /* ns */

/* --- measuring --- */
struct res {
	double med, mn, mx;
	long n;
};
typedef double (*bench_fn)(long n, void *arg);

struct res stat_of(double *v, int k, long n);
/* @n0: operations to begin with, @nmax: at most so many a sample. */
struct res measure(bench_fn f, void *arg, long n0, long nmax);

/* --- reporting --- */
void out(const char *fmt, ...);
const char *ename(int e);
void emit(const char *name, struct res r, const char *unit);
void emit_ns(const char *name, struct res r);
void emit_us(const char *name, struct res r);
/* ns per operation of @bytes bytes, printed as MB/s (1e6). */
void emit_bw(const char *name, struct res r, double bytes);

/* Abandon the test: its names that have no value yet become FAIL. */
void __attribute__((noreturn)) failx(const char *why, const char *note);
void __attribute__((noreturn)) fail(const char *note); /* why = errno */
#define CK(x)                                                                  \
	({                                                                     \
		__typeof__(x) r_ = (x);                                        \
		if (r_ < 0)                                                    \
			fail(#x);                                              \
		r_;                                                            \
	})

/* --- helpers --- */
int mypid(void);
/* For functions that end in a helper process: never returns to the test. */
void xexit(int code);
void reap(int pid, const char *what);
int cpus_online(void);

enum { PATH_SLOTS = 16, PATH_LEN = 160 };
extern char pathbuf[PATH_SLOTS][PATH_LEN];
const char *tp(int slot, const char *rel); /* "tdir/rel" in pathbuf[slot] */
int mkfile(const char *p, long size, int fill);
void *anon(long len);
void readn(int fd, void *b, long n);

extern volatile long wsink; /* what the compiler must not drop */
extern char *bulk; /* 1 MiB of touched memory, after bulk_init() */
void bulk_init(void);

/* Answer each byte from @rd with one to @wr until it closes. */
void echo_child(int rd, int wr);

/* Used by the smp rows too. */
double b_fork(long n, void *a);
double b_forkexec(long n, void *a);
struct pf {
	long pages;
	int huge;
	int fd;
};
double b_pfanon(long n, void *a);

#endif
