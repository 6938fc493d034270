/*
 * Rows of group fs: names and data on the tmpfs below /tmp.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>
#include "bench.h"

#define NF 500
static char fname[NF][80];
static double b_create(long k, int del, double *dt)
{
	double t = now(), u;
	for (int i = 0; i < NF; i++) {
		int fd = open(fname[i], O_CREAT | O_WRONLY, 0644);
		if (fd < 0)
			fail("creat");
		if (k && write(fd, bulk, k) != k)
			fail("write");
		close(fd);
	}
	u = now();
	for (int i = 0; i < NF && del; i++)
		if (unlink(fname[i]) < 0)
			fail("unlink");
	*dt = now() - u;
	return u - t;
}

static void crdel(const char *cn, const char *dn, long k)
{
	double c[16], d[16];
	bulk_init();
	CK(mkdir(tp(0, "cr"), 0755));
	for (int i = 0; i < NF; i++)
		snprintf(fname[i], sizeof fname[i], "%s/cr/f%d", tdir, i);
	b_create(k, 1, &d[0]);
	for (int i = 0; i < nrep; i++) {
		c[i] = b_create(k, 1, &d[i]) / NF;
		d[i] /= NF;
	}
	emit_ns(cn, stat_of(c, nrep, NF));
	emit_ns(dn, stat_of(d, nrep, NF));
	rmdir(tp(0, "cr"));
}

static void t_cr0(void)
{
	crdel("create_0k", "delete_0k", 0);
}

static void t_cr10(void)
{
	crdel("create_10k", "delete_10k", 10 * KB);
}

static double b_rename(long n, void *a)
{
	(void)a;
	double t = now();
	for (long i = 0; i < n; i++)
		if (rename(pathbuf[i & 1], pathbuf[1 - (i & 1)]) < 0)
			fail("rename");
	t = now() - t;
	if (n & 1)
		rename(pathbuf[1], pathbuf[0]);
	return t;
}

static void t_rename(void)
{
	tp(1, "rn_b");
	close(mkfile(tp(0, "rn_a"), 0, 0));
	emit_ns("rename", measure(b_rename, 0, 32, 1 << 20));
	unlink(pathbuf[0]);
}

#define FSZ (8 * MB)
struct io {
	const char *path;
	int fd;
	long blk;
};

static double b_wfresh(long n, void *a) /* n fresh 8 MB files */
{
	struct io *o = a;
	double sum = 0;
	for (long i = 0; i < n; i++) {
		int fd = open(o->path, O_CREAT | O_TRUNC | O_RDWR, 0644);
		if (fd < 0)
			fail("open");
		double t = now();
		for (long k = 0; k < FSZ; k += o->blk)
			if (write(fd, bulk, o->blk) != o->blk)
				fail("write");
		sum += now() - t;
		close(fd);
		unlink(o->path);
	}
	return sum;
}

static double b_rewrite(long n, void *a)
{
	struct io *o = a;
	double t = now();
	for (long i = 0; i < n; i++) {
		lseek(o->fd, 0, SEEK_SET);
		for (long k = 0; k < FSZ; k += o->blk)
			if (write(o->fd, bulk, o->blk) != o->blk)
				fail("write");
	}
	return now() - t;
}

static double b_reread(long n, void *a)
{
	struct io *o = a;
	double t = now();
	for (long i = 0; i < n; i++) {
		lseek(o->fd, 0, SEEK_SET);
		for (long k = 0; k < FSZ; k += o->blk)
			if (read(o->fd, bulk, o->blk) != o->blk)
				fail("read");
	}
	return now() - t;
}

static void t_fswr(void)
{
	struct io o = {tp(0, "wr"), -1, MB};
	bulk_init();
	emit_bw("tmpfs_write_1m", measure(b_wfresh, &o, 1, 64), FSZ);
	o.blk = 4 * KB;
	emit_bw("tmpfs_write_4k", measure(b_wfresh, &o, 1, 64), FSZ);
	o.fd = mkfile(o.path, FSZ, 1);
	emit_bw("tmpfs_rewrite_4k", measure(b_rewrite, &o, 1, 64), FSZ);
	unlink(o.path);
}

static void t_fsrd(void)
{
	struct io o = {tp(0, "rd"), -1, MB};
	bulk_init();
	o.fd = mkfile(o.path, FSZ, 1);
	emit_bw("tmpfs_read_1m", measure(b_reread, &o, 1, 64), FSZ);
	o.blk = 4 * KB;
	emit_bw("tmpfs_read_4k", measure(b_reread, &o, 1, 64), FSZ);
	unlink(o.path);
}

static double b_mmapread(long n, void *a)
{
	struct io *o = a;
	double t = now();
	for (long i = 0; i < n; i++) {
		long s = 0;
		int fd = open(o->path, O_RDONLY);
		if (fd < 0)
			fail("open");
		char *m = mmap(0, FSZ, PROT_READ, MAP_SHARED, fd, 0);
		if (m == MAP_FAILED)
			fail("mmap-file");
		for (long k = 0; k < FSZ; k += 64)
			s += *(volatile long *)(m + k);
		wsink = s;
		munmap(m, FSZ);
		close(fd);
	}
	return now() - t;
}

static void t_mmapread(void)
{
	struct io o = {tp(0, "mr"), -1, MB};
	close(mkfile(o.path, FSZ, 1));
	emit_bw("mmap_reread", measure(b_mmapread, &o, 1, 64), FSZ);
	unlink(o.path);
}

struct sf {
	int in, out;
};

static double b_sendfile(long n, void *a)
{
	struct sf *s = a;
	double t = now();
	for (long i = 0; i < n; i++) {
		off_t off = (i * 64 * KB) % FSZ;
		long left = 64 * KB;
		while (left > 0) {
			ssize_t r = sendfile(s->out, s->in, &off, left);
			if (r <= 0)
				fail("sendfile");
			left -= r;
		}
	}
	return now() - t;
}

static void t_sendfile(void)
{
	int p[2];
	const char *path = tp(0, "sf");
	bulk_init();
	int fd = mkfile(path, FSZ, 1);
	CK(pipe(p));
	int pid = CK(fork());
	if (!pid) {
		close(p[1]);
		while (read(p[0], bulk, 64 * KB) > 0)
			;
		xexit(0);
	}
	close(p[0]);
	struct sf s = {fd, p[1]};
	emit_bw("sendfile_pipe", measure(b_sendfile, &s, 64, 1 << 20), 64 * KB);
	unlink(path);
	kill(pid, SIGKILL);
}

const struct test fs_tests[] = {
    {"fs", t_cr0, {"create_0k", "delete_0k"}},
    {"fs", t_cr10, {"create_10k", "delete_10k"}},
    {"fs", t_rename, {"rename"}},
    {"fs", t_fswr, {"tmpfs_write_1m", "tmpfs_write_4k", "tmpfs_rewrite_4k"}},
    {"fs", t_fsrd, {"tmpfs_read_1m", "tmpfs_read_4k"}},
    {"fs", t_mmapread, {"mmap_reread"}},
    {"fs", t_sendfile, {"sendfile_pipe"}},
    {0},
};
