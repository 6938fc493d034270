/*
 * Rows of the group smp: what 1, 2 and 4 workers get done together in a while, in
 * real time only. Each worker has its own objects or shares one with the others,
 * as the row says:
 *
 *	fork, exec	its own children
 *	pf		its own memory		pf_mm	one memory, threads
 *	pipe, futex	a pair that answers each other
 *	create		files in its own folder
 *	lookup		one deep path for all
 *	null		nothing: a call that only enters and leaves the kernel. What it
 *			gains is what the machine, emulated or not, lets any row gain
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/futex.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include "bench.h"

/* What a worker does until then; -> how many operations. */
typedef long (*smpop)(int id, double until);

enum { MAX_WORKERS = 4, SAMPLES = 5 };
static const double sample_ns = 200e6;

static long op_fork(int id, double until)
{
	long c = 0;
	(void)id;
	for (; now() < until; c++)
		b_fork(1, 0);
	return c;
}

static long op_exec(int id, double until)
{
	long c = 0;
	(void)id;
	for (; now() < until; c++)
		b_forkexec(1, 0);
	return c;
}

static long op_pf(int id, double until)
{
	struct pf f = {64, 0, -1};
	long c = 0;
	(void)id;
	for (; now() < until; c += f.pages)
		b_pfanon(1, &f);
	return c;
}

/* One mapping for the whole time: nothing but faults touches the memory map. */
static long op_fault(int id, double until)
{
	enum { PAGES = 256 };
	char *m = anon(PAGES * PG);
	long c = 0;
	(void)id;
	for (; now() < until; c += PAGES) {
		for (long i = 0; i < PAGES; i++)
			m[i * PG] = 1;
		madvise(m, PAGES * PG, MADV_DONTNEED);
	}
	munmap(m, PAGES * PG);
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

static void turn_to(_Atomic int *turn, int whose)
{
	*turn = whose;
	syscall(SYS_futex, turn, FUTEX_WAKE, 1, 0, 0, 0);
}

/* -> what it is, once it is not @whose */
static int wait_while(_Atomic int *turn, int whose)
{
	int v;

	while ((v = *turn) == whose)
		syscall(SYS_futex, turn, FUTEX_WAIT, v, 0, 0, 0);
	return v;
}

static long op_futex(int id, double until)
{
	enum { MINE, YOURS, OVER };
	_Atomic int *turn = mmap(0, PG, PROT_READ | PROT_WRITE,
				 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	long c = 0;
	(void)id;
	if (turn == MAP_FAILED)
		xexit(96);
	int pid = CK(fork());
	if (!pid) {
		while (wait_while(turn, MINE) != OVER)
			turn_to(turn, MINE);
		xexit(0);
	}
	while (now() < until)
		for (int k = 0; k < 16; k++, c++) {
			turn_to(turn, YOURS);
			wait_while(turn, YOURS);
		}
	turn_to(turn, OVER);
	waitpid(pid, 0, 0);
	munmap((void *)turn, PG);
	return c;
}

static long op_create(int id, double until)
{
	char d[120], p[160];
	long c = 0;
	snprintf(d, sizeof d, "%s/smp%d", tdir, id);
	mkdir(d, 0755);
	snprintf(p, sizeof p, "%s/f", d);
	for (; now() < until; c++) {
		int fd = open(p, O_CREAT | O_WRONLY, 0644);
		if (fd < 0)
			xexit(97);
		close(fd);
		unlink(p);
	}
	rmdir(d);
	return c;
}

enum { DEPTH = 6 };

/* tdir/d/d/.../d, with @levels of them */
static const char *deep(char *p, size_t size, int levels)
{
	int n = snprintf(p, size, "%s", tdir);

	for (int i = 0; i < levels; i++)
		n += snprintf(p + n, size - n, "/d");
	return p;
}

static long op_lookup(int id, double until)
{
	char p[160];
	struct stat st;
	long c = 0;
	(void)id;
	deep(p, sizeof p, DEPTH);
	while (now() < until)
		for (int k = 0; k < 16; k++, c++)
			if (stat(p, &st))
				xexit(95);
	return c;
}

static long op_null(int id, double until)
{
	long c = 0;
	(void)id;
	while (now() < until)
		for (int k = 0; k < 64; k++, c++)
			syscall(SYS_getppid);
	return c;
}

/* --- processes --- */

/* -> operations a second of all @n together */
static double with_processes(smpop op, int n)
{
	int go[2], rs[2], pids[MAX_WORKERS];
	double tot = 0;
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
			cnt = op(i, t0 + sample_ns);
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

/* --- threads --- */

struct worker {
	pthread_t thread;
	pthread_barrier_t *start;
	smpop op;
	int id;
	double rate;
};

static void *work(void *arg)
{
	struct worker *w = arg;

	pthread_barrier_wait(w->start);
	double t0 = now();
	long cnt = w->op(w->id, t0 + sample_ns);
	w->rate = cnt / ((now() - t0) / 1e9);
	return 0;
}

static double with_threads(smpop op, int n)
{
	struct worker w[MAX_WORKERS];
	pthread_barrier_t start;
	double tot = 0;

	pthread_barrier_init(&start, 0, n);
	for (int i = 0; i < n; i++) {
		w[i] = (struct worker){.start = &start, .op = op, .id = i};
		int e = pthread_create(&w[i].thread, 0, work, &w[i]);
		if (e)
			failx(ename(e), "pthread_create");
	}
	for (int i = 0; i < n; i++) {
		pthread_join(w[i].thread, 0);
		tot += w[i].rate;
	}
	return tot;
}

static void smp_rows(double (*run)(smpop op, int n), smpop op)
{
	static const int ns[] = {1, 2, 4};

	if (opt_icount || cpus_online() < 2)
		failx("SKIP", opt_icount ? "icount" : "one-cpu");
	for (unsigned k = 0; k < NELEM(ns); k++) {
		double v[SAMPLES];

		for (int i = 0; i < SAMPLES; i++)
			v[i] = run(op, ns[k]);
		emit(cur->names[k], stat_of(v, SAMPLES, ns[k]), "ops/s");
	}
}

static void t_fork(void)
{
	smp_rows(with_processes, op_fork);
}

static void t_exec(void)
{
	smp_rows(with_processes, op_exec);
}

static void t_pf(void)
{
	smp_rows(with_processes, op_pf);
}

static void t_pf_mm(void)
{
	smp_rows(with_threads, op_fault);
}

static void t_pipe(void)
{
	smp_rows(with_processes, op_pipe);
}

static void t_futex(void)
{
	smp_rows(with_processes, op_futex);
}

static void t_create(void)
{
	smp_rows(with_processes, op_create);
}

static void t_lookup(void)
{
	char p[160];

	for (int i = 1; i <= DEPTH; i++)
		CK(mkdir(deep(p, sizeof p, i), 0755));
	smp_rows(with_processes, op_lookup);
	for (int i = DEPTH; i >= 1; i--)
		rmdir(deep(p, sizeof p, i));
}

static void t_null(void)
{
	smp_rows(with_processes, op_null);
}

#define SMP_ROW(name, fn) \
	{"smp", fn, {"smp_" name "_1", "smp_" name "_2", "smp_" name "_4"}}

const struct test smp_tests[] = {
    SMP_ROW("null", t_null),	 SMP_ROW("fork", t_fork),	 SMP_ROW("exec", t_exec),
    SMP_ROW("pf", t_pf),	 SMP_ROW("pf_mm", t_pf_mm),
    SMP_ROW("pipe", t_pipe),	 SMP_ROW("futex", t_futex),
    SMP_ROW("create", t_create), SMP_ROW("lookup", t_lookup),
    {0},
};
