/*
 * Rows of group vm: mapping memory and faulting it in.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "bench.h"

static double b_mmap(long n, void *a)
{
	long len = *(long *)a;
	double t = now();
	for (long i = 0; i < n; i++) {
		void *p = mmap(0, len, PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (p == MAP_FAILED)
			fail("mmap");
		if (munmap(p, len) < 0)
			fail("munmap");
	}
	return now() - t;
}

static double b_mmaptouch(long n, void *a) /* map, touch each page, unmap */
{
	long len = *(long *)a;
	double t = now();
	for (long i = 0; i < n; i++) {
		char *p = mmap(0, len, PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (p == MAP_FAILED)
			fail("mmap");
		for (long o = 0; o < len; o += PG)
			*(volatile char *)(p + o) = 1;
		if (munmap(p, len) < 0)
			fail("munmap");
	}
	return now() - t;
}

static void t_mmap(void)
{
	long a = 64 * KB, b = 4 * MB;
	emit_ns("mmap_munmap_64k", measure(b_mmap, &a, 16, 1 << 20));
	emit_ns("mmap_munmap_4m", measure(b_mmap, &b, 16, 1 << 20));
	emit_ns("mmap_touch_munmap_64k", measure(b_mmaptouch, &a, 16, 1 << 20));
}

double b_pfanon(long n, void *a) /* n regions; ns of touching */
{
	struct pf *f = a;
	long len = f->pages * PG, slack = f->huge ? 2 * MB : 0;
	double sum = 0;
	for (long i = 0; i < n; i++) {
		char *m = anon(len + slack), *p = m;
		if (f->huge)
			p = (char *)(((uintptr_t)m + 2 * MB - 1) &
				     ~(uintptr_t)(2 * MB - 1));
		else
			madvise(m, len, 15 /* MADV_NOHUGEPAGE */);
		double t = now();
		for (long o = 0; o < len; o += PG)
			*(volatile char *)(p + o) = 1;
		sum += now() - t;
		munmap(m, len + slack);
	}
	return sum;
}

static struct res perpage(struct res r, long pages)
{
	r.med /= pages;
	r.mn /= pages;
	r.mx /= pages;
	return r;
}

static void t_pfanon(void)
{
	struct pf f = {1024, 0, -1};
	emit_ns("pf_anon_4k",
		perpage(measure(b_pfanon, &f, 1, 1 << 12), f.pages));
}

static void t_pfthp(void)
{
	struct pf f = {4096, 1, -1};
	emit_ns("pf_anon_default",
		perpage(measure(b_pfanon, &f, 1, 1 << 12), f.pages));
}

static char *cowm;
static double b_cow(long n, void *a)
{
	struct pf *f = a;
	double sum = 0;
	for (long i = 0; i < n; i++) {
		int p[2];
		double d;
		if (pipe(p) < 0)
			fail("pipe");
		int pid = fork();
		if (pid < 0)
			fail("fork");
		if (!pid) {
			double t = now();
			for (long o = 0; o < f->pages * PG; o += PG)
				*(volatile char *)(cowm + o) = 2;
			t = now() - t;
			xexit(write(p[1], &t, sizeof t) != sizeof t);
		}
		close(p[1]);
		readn(p[0], &d, sizeof d);
		close(p[0]);
		reap(pid, "cow");
		sum += d;
	}
	return sum;
}

static void t_cow(void)
{
	struct pf f = {512, 0, -1};
	cowm = anon(f.pages * PG);
	madvise(cowm, f.pages * PG, 15);
	memset(cowm, 1, f.pages * PG);
	emit_ns("pf_cow", perpage(measure(b_cow, &f, 1, 1 << 12), f.pages));
}

static double b_pffile(long n, void *a)
{
	struct pf *f = a;
	long len = f->pages * PG;
	double sum = 0;
	for (long i = 0; i < n; i++) {
		char *m = mmap(0, len, PROT_READ, MAP_SHARED, f->fd, 0);
		if (m == MAP_FAILED)
			fail("mmap-file");
		double t = now();
		for (long o = 0; o < len; o += PG)
			(void)*(volatile char *)(m + o);
		sum += now() - t;
		munmap(m, len);
	}
	return sum;
}

static void t_pffile(void)
{
	const char *p = tp(0, "pff");
	struct pf f = {1024, 0, mkfile(p, 4 * MB, 1)};
	emit_ns("pf_file", perpage(measure(b_pffile, &f, 1, 1 << 12), f.pages));
	unlink(p);
}

static double b_mprot(long n, void *a)
{
	double t = now();
	for (long i = 0; i < n; i++)
		if (mprotect(a, 64 * KB,
			     (i & 1) ? PROT_READ | PROT_WRITE : PROT_READ) < 0)
			fail("mprotect");
	return now() - t;
}

static void t_mprot(void)
{
	char *p = anon(192 * KB);
	memset(p, 1, 192 * KB);
	emit_ns("mprotect_64k", measure(b_mprot, p + 64 * KB, 64, 1 << 20));
}

static double b_brk(long n, void *a)
{
	char *base = a;
	double t = now();
	for (long i = 1; i <= n; i++) {
		char *w = base + i * PG;
		if ((char *)syscall(SYS_brk, w) != w)
			failx("ENOMEM", "brk");
		*(volatile char *)(w - PG) = 1;
	}
	t = now() - t;
	syscall(SYS_brk, base);
	return t;
}

static void t_brk(void)
{
	uintptr_t b = (uintptr_t)syscall(SYS_brk, 0);
	if ((long)b <= 0)
		failx("ENOSYS", "brk");
	b = (b + 2 * PG - 1) & ~(PG - 1);
	if ((uintptr_t)syscall(SYS_brk, b) != b)
		failx("ENOMEM", "brk");
	emit_ns("brk_grow_touch", measure(b_brk, (void *)b, 64, 4096));
}

const struct test vm_tests[] = {
    {"vm",
     t_mmap,
     {"mmap_munmap_64k", "mmap_munmap_4m", "mmap_touch_munmap_64k"}},
    {"vm", t_pfanon, {"pf_anon_4k"}},
    {"vm", t_pfthp, {"pf_anon_default"}},
    {"vm", t_cow, {"pf_cow"}},
    {"vm", t_pffile, {"pf_file"}},
    {"vm", t_mprot, {"mprotect_64k"}},
    {"vm", t_brk, {"brk_grow_touch"}},
    {0},
};
