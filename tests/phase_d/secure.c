/*
 * What the kernel promises a program, for the suites of this folder.
 *
 * usage: secure nx PLACE	jump to an instruction in PLACE (stack, heap, data,
 *				mmap, mprotect, rwx); says "ran" or the signal
 *	  secure layout		addresses: stack, heap, mmap area, vDSO
 *	  secure cow		fork: who sees which writes, and what is copied
 *	  secure ids		real and effective user, group, AT_SECURE
 *	  secure random MB	statistics of /dev/urandom
 *	  secure fork		getrandom() of parent and child
 *	  secure read PID ADDR	8 bytes of another process by process_vm_readv
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#define NEED(x)                                                              \
	do {                                                                 \
		if (!(x)) {                                                  \
			perror(#x);                                          \
			exit(1);                                             \
		}                                                            \
	} while (0)

enum { PAGE = 4096 };

/* --- execution --- */

static const uint32_t ret = 0xd65f03c0; /* the instruction "ret" */
static uint32_t in_data[4];

static void *map(int prot)
{
	void *p = mmap(NULL, PAGE, prot, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	NEED(p != MAP_FAILED);
	return p;
}

static void *place_code(const char *where, uint32_t *on_stack)
{
	bool rwx = !strcmp(where, "rwx");
	void *p;

	if (!strcmp(where, "stack"))
		p = on_stack;
	else if (!strcmp(where, "heap"))
		p = malloc(64);
	else if (!strcmp(where, "data"))
		p = in_data;
	else
		p = map(PROT_READ | PROT_WRITE | (rwx ? PROT_EXEC : 0));
	memcpy(p, &ret, sizeof(ret));
	__builtin___clear_cache((char *)p, (char *)p + sizeof(ret));
	if (!strcmp(where, "mprotect"))
		NEED(mprotect(p, PAGE, PROT_READ | PROT_EXEC) == 0);
	return p;
}

static int nx(const char *where)
{
	uint32_t on_stack[4];
	int status;
	pid_t pid = fork();

	if (!pid) {
		((void (*)(void))place_code(where, on_stack))();
		_exit(0);
	}
	NEED(waitpid(pid, &status, 0) == pid);
	if (WIFSIGNALED(status))
		puts(strsignal(WTERMSIG(status)));
	else
		puts(WEXITSTATUS(status) ? "failed" : "ran");
	return 0;
}

static int layout(void)
{
	int here;

	printf("%p %p %p %p\n", (void *)&here, sbrk(0), map(PROT_READ),
	       (void *)getauxval(AT_SYSINFO_EHDR));
	return 0;
}

/* --- copy on write --- */

enum { PAGES = 8192, STEP = 8, WRITTEN = PAGES / STEP };

static long field(const char *name)
{
	static char text[4096];
	int fd = open("/proc/self/smaps_rollup", O_RDONLY);
	long n = read(fd, text, sizeof(text) - 1);
	char *at;

	close(fd);
	NEED(n > 0);
	text[n] = '\0';
	at = strstr(text, name);
	NEED(at);
	return atol(at + strlen(name));
}

static long faults(void)
{
	struct rusage r;

	getrusage(RUSAGE_SELF, &r);
	return r.ru_minflt;
}

static bool all_are(const uint32_t *p, uint32_t what)
{
	for (uint32_t i = 0; i < PAGES; i++)
		if (p[i * (PAGE / 4)] != what + i)
			return false;
	return true;
}

/* What it takes to write every eighth page: so many pages, and no more. */
static void cow_child(uint32_t *p)
{
	long f, dirty = field("Private_Dirty:"), read;

	NEED(all_are(p, 1));
	read = field("Private_Dirty:");
	printf("reading: %s\n", (read - dirty) / (PAGE / 1024) <= 64 ? "no copies"
								    : "copies");
	dirty = read;
	f = faults();
	for (uint32_t i = 0; i < PAGES; i += STEP)
		p[i * (PAGE / 4)] = 7;
	f = faults() - f;
	dirty = (field("Private_Dirty:") - dirty) / (PAGE / 1024);
	printf("writing: %s, %s\n",
	       f <= WRITTEN + 64 ? "a fault a page" : "more faults",
	       dirty >= WRITTEN && dirty <= WRITTEN + 64 ? "a copy a page"
							 : "more copies");
	fflush(stdout);
}

static int cow(void)
{
	size_t len = (size_t)PAGES * PAGE;
	uint32_t *p = mmap(NULL, len, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int to_child[2], to_parent[2];
	char byte = 0;
	pid_t pid;

	NEED(p != MAP_FAILED && !pipe(to_child) && !pipe(to_parent));
	/* Large pages would be copied as a whole. */
	madvise(p, len, MADV_NOHUGEPAGE);
	for (uint32_t i = 0; i < PAGES; i++)
		p[i * (PAGE / 4)] = 1 + i;
	pid = fork();
	if (!pid) {
		cow_child(p);
		NEED(write(to_parent[1], &byte, 1) == 1);
		NEED(read(to_child[0], &byte, 1) == 1);
		puts(p[0] == 7 && p[PAGE / 4] == 2 ? "child: its own"
						   : "child: the parent's");
		fflush(stdout);
		_exit(0);
	}
	NEED(read(to_parent[0], &byte, 1) == 1);
	puts(all_are(p, 1) ? "parent: as it was" : "parent: changed");
	for (uint32_t i = 0; i < PAGES; i++)
		p[i * (PAGE / 4)] = 9;
	fflush(stdout);
	NEED(write(to_child[1], &byte, 1) == 1);
	waitpid(pid, NULL, 0);
	return 0;
}

/* --- random numbers --- */

/*
 * Each figure is one that a normal distribution of mean 0 and deviation 1 has:
 * beyond 6.2 it is once in 1.8e9 times.
 */
static int verdict(const char *what, double z)
{
	bool good = fabs(z) < 6.2;

	printf("%s: %s", what, good ? "good\n" : "BAD");
	if (!good)
		printf(" (%g)\n", z);
	return !good;
}

static int random_stats(size_t megabytes)
{
	static uint8_t buf[1 << 16];
	uint64_t count[256] = { 0 }, ones = 0, runs = 1, bits;
	int fd = open("/dev/urandom", O_RDONLY), last = -1, bad = 0;
	double n, chi = 0, pi, df = 255, each;

	NEED(fd >= 0);
	bits = (uint64_t)megabytes << 23;
	for (uint64_t left = bits >> 19; left; left--) {
		NEED(read(fd, buf, sizeof(buf)) == (long)sizeof(buf));
		for (size_t i = 0; i < sizeof(buf); i++) {
			unsigned b = buf[i];

			count[b]++;
			ones += (unsigned)__builtin_popcount(b);
			/* Changes inside of the byte, and from the last one. */
			runs += (unsigned)__builtin_popcount((b ^ (b >> 1)) & 0x7f);
			runs += last >= 0 && (unsigned)last >> 7 != (b & 1);
			last = (int)b;
		}
	}
	n = (double)bits;
	bad |= verdict("monobit", (2.0 * (double)ones - n) / sqrt(n));
	pi = (double)ones / n;
	bad |= verdict("runs", ((double)runs - 2 * n * pi * (1 - pi)) /
				       (2 * sqrt(n) * pi * (1 - pi)));
	each = n / 8 / 256;
	for (int i = 0; i < 256; i++)
		chi += ((double)count[i] - each) * ((double)count[i] - each) /
		       each;
	/* Wilson and Hilferty: the cube root is nearly normal. */
	bad |= verdict("chi-square", (cbrt(chi / df) - (1 - 2 / (9 * df))) /
					     sqrt(2 / (9 * df)));
	return bad;
}

static int random_fork(void)
{
	uint8_t a[32], b[32], c[32];
	int fds[2];
	pid_t pid;

	NEED(!pipe(fds));
	pid = fork();
	NEED(getrandom(pid ? a : b, 32, 0) == 32);
	if (!pid) {
		NEED(write(fds[1], b, 32) == 32);
		_exit(0);
	}
	NEED(read(fds[0], b, 32) == 32);
	NEED(getrandom(c, 32, 0) == 32);
	waitpid(pid, NULL, 0);
	puts(memcmp(a, b, 32) && memcmp(a, c, 32) && memcmp(b, c, 32)
		     ? "all differ" : "THE SAME");
	return 0;
}

static int ids(void)
{
	printf("%u %u %u %u %lu\n", getuid(), geteuid(), getgid(), getegid(),
	       getauxval(AT_SECURE));
	return 0;
}

static int read_other(pid_t pid, uint64_t addr)
{
	uint64_t word;
	struct iovec l = { &word, 8 }, r = { (void *)addr, 8 };

	if (process_vm_readv(pid, &l, 1, &r, 1, 0) == 8)
		puts("read");
	else
		puts(strerror(errno));
	return 0;
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";

	if (!strcmp(what, "nx") && argc == 3)
		return nx(argv[2]);
	if (!strcmp(what, "layout"))
		return layout();
	if (!strcmp(what, "cow"))
		return cow();
	if (!strcmp(what, "ids"))
		return ids();
	if (!strcmp(what, "random") && argc == 3)
		return random_stats((size_t)atoi(argv[2]));
	if (!strcmp(what, "fork"))
		return random_fork();
	if (!strcmp(what, "read") && argc == 4)
		return read_other(atoi(argv[2]), strtoull(argv[3], NULL, 0));
	return 2;
}
