/*
 * The system-call fuzzer: makes programs of system calls, runs each in a
 * sandbox, keeps those that reached something new and changes them further.
 *
 * usage: sysfuzz [NAME=VALUE]...; as init: the words behind "--" on the
 * kernel's command line
 *
 *	seed=N	    where the random numbers begin (1)
 *	runs=N	    programs to run (1000)
 *	limit=MS    time that one may take (400)
 *	log=FILE    each program is written there before it runs
 *	replay=FILE run the programs of a log, seed and runs do not matter
 *	times=N	    how often each, for replay (1)
 *	user=0|1    only as root, only as a user (both)
 *	feedback=0  keep nothing: the programs depend on the seed alone
 *	calls=1	    at the end, how often each call was made and succeeded
 *	leaks=0	    do not compare /proc/slabinfo before and after
 *
 * New is a program that ran an edge of the kernel for the first time (KCOV, if
 * debugfs has it), or that got a result of a call which was not seen before.
 *
 * It says "FUZZ: done" at the end and exits with 0 if all programs could be
 * ended; looking for the kernel's complaints is left to who reads the console.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/kcov.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>
#include "exec.h"

enum { CORPUS_MAX = 1024, KCOV_WORDS = 1 << 16, STATUS_EVERY = 500, MAX_CACHES = 200 };

static struct {
	uint64_t seed, runs, limit, times, feedback, calls, leaks;
	int user;
	const char *log, *replay;
} opt = {.seed = 1, .runs = 1000, .limit = 400, .times = 1, .feedback = 1, .leaks = 1, .user = -1};

static struct prog *corpus;
static uint32_t corpus_size;
static struct prog current;
static uint64_t *kcov_area;
static int kcov_fd = -1, log_fd = -1, pid_of_main;

/* Shared with children too. */
struct call_stats {
	uint64_t made, succeeded;
};
static struct call_stats *stats;

/* --- one program --- */

static uint64_t value_of(const struct arg *a, int call)
{
	int32_t v;

	switch (a->kind) {
	case A_POINTER:
		return DATA(call, a->v);
	case A_RESULT:
		return (uint64_t)shared->results[a->call];
	case A_MEMORY:
		memcpy(&v, (void *)DATA(a->call, a->off), 4);
		return (uint64_t)v;
	case A_PLAY:
		return PLAY(a->v);
	case A_HANDLER:
		return (uint64_t)empty_handler;
	default:
		return a->v;
	}
}

static bool is_new(uint64_t hash)
{
	uint64_t bit = hash % EDGES, mask = 1ul << bit % 64;

	if (shared->edges[bit / 64] & mask)
		return false;
	shared->edges[bit / 64] |= mask;
	shared->nr_edges++;
	return true;
}

static uint64_t mix(uint64_t v)
{
	v = (v ^ v >> 29) * 0xbf58476d1ce4e5b9;
	return v ^ v >> 32;
}

/* What the call did: its outcome, and the edges it ran. */
static void collect(int i, int nr, long result)
{
	uint64_t n = kcov_area ? kcov_area[0] : 0, last = 0, news = 0;

	news += is_new(mix((uint64_t)nr << 16 |
			   (uint64_t)(result < 0 ? -result : !!result)));
	for (uint64_t k = 1; k <= n && k < KCOV_WORDS; k++) {
		news += is_new(mix(kcov_area[k] ^ last));
		last = kcov_area[k] << 1;
	}
	if (!news)
		return;
	shared->news += (uint32_t)news;
	shared->last_new = (uint32_t)i;
}

static void run_call(int i)
{
	const struct call *c = &current.calls[i];
	int nr = calls[c->desc].nr;
	bool traced = getpid() == pid_of_main;
	uint64_t a[6];
	long r;

	for (int k = 0; k < c->nr_words; k++) {
		uint64_t v = value_of(&c->words[k].a, i);

		memcpy((void *)DATA(i, c->words[k].off), &v, c->words[k].size);
	}
	for (int k = 0; k < 6; k++)
		a[k] = value_of(&c->args[k], i);
	if (traced && kcov_area)
		__atomic_store_n(&kcov_area[0], 0, __ATOMIC_RELAXED);
	r = make_call_raw(i, nr, a);
	shared->results[i] = r;
	shared->progress++;
	stats[c->desc].made++;
	stats[c->desc].succeeded += r >= 0 || r < -4095;
	if (traced)
		collect(i, nr, r);
}

static void __attribute__((noreturn)) run_in_child(bool user)
{
	int null = open("/dev/null", O_RDWR), kcov = fcntl(kcov_fd, F_DUPFD, 100);

	pid_of_main = getpid();
	sandbox_enter(user); /* which may have something to say */
	for (int fd = 0; fd < 3; fd++)
		dup2(null, fd);
	for (int fd = 3; fd < 100; fd++)
		close(fd);
	if (kcov >= 0 && ioctl(kcov, KCOV_ENABLE, KCOV_TRACE_PC))
		_exit(1);
	close(kcov);
	shared->tid = pid_of_main;
	run_program((int)current.nr_calls, current.race, run_call);
	_exit(0);
}

static void write_log(uint64_t n, bool user)
{
	static char line[TEXT_MAX + 100];
	int len = snprintf(line, sizeof(line), "%lu %s | ", n, user ? "user" : "root");

	len += (int)prog_print(&current, line + len, TEXT_MAX);
	line[len++] = '\n';
	if (log_fd >= 0 && write(log_fd, line, (size_t)len) != len)
		fprintf(stderr, "FUZZ: log: %s\n", strerror(errno));
}

/* 0, or 1 if it cannot be ended. */
static int run_one(uint64_t n, bool user)
{
	int pid, status;

	write_log(n, user);
	shared->progress = shared->news = shared->clones = 0;
	shared->tid = 0;
	memset((void *)shared->spawned, 0, sizeof(shared->spawned));
	memset((void *)shared->results, -1, sizeof(shared->results));
	pid = fork();
	if (pid < 0) {
		printf("FUZZ: fork: %s\n", strerror(errno));
		return 1;
	}
	if (!pid)
		run_in_child(user);
	status = watch_program(pid, (int)opt.limit);
	if (status < 0) {
		printf("FUZZ: hang: program %lu cannot be ended\n", n);
		return 1;
	}
	if (!shared->tid) {
		printf("FUZZ: the sandbox cannot be made (%#x)\n", status);
		return 1;
	}
	return 0;
}

/* --- choosing --- */

static void next_program(void)
{
	static struct prog other;

	if (corpus_size < 50 || rng() % 3 == 0) {
		prog_generate(&current);
		return;
	}
	/* Half the time one of the newest. */
	current = corpus[rng() % 2 && corpus_size > 64
				 ? corpus_size - 1 - rng() % 64
				 : rng() % corpus_size];
	other = corpus[rng() % corpus_size];
	prog_mutate(&current, &other);
}

static void keep_program(void)
{
	uint32_t at = corpus_size;

	if (!opt.feedback || !shared->news)
		return;
	if (corpus_size < CORPUS_MAX)
		corpus_size++;
	else
		at = (uint32_t)(rng() % CORPUS_MAX);
	corpus[at] = current;
	if (!current.race && shared->last_new + 1 < current.nr_calls)
		corpus[at].nr_calls = shared->last_new + 1;
}

/* --- leaks --- */

struct cache {
	char name[32];
	uint64_t objects;
};

static size_t read_caches(struct cache *c)
{
	static const struct timespec second = {.tv_sec = 1};
	FILE *f;
	char line[512];
	size_t n = 0;
	int fd;

	sync();
	fd = open("/proc/sys/vm/drop_caches", O_WRONLY);
	if (write(fd, "3", 1) != 1)
		fprintf(stderr, "FUZZ: drop_caches: %s\n", strerror(errno));
	close(fd);
	nanosleep(&second, NULL); /* what RCU still holds */
	f = fopen("/proc/slabinfo", "r");
	while (f && n < MAX_CACHES && fgets(line, sizeof(line), f))
		n += sscanf(line, "%31s %lu", c[n].name, &c[n].objects) == 2;
	if (f)
		fclose(f);
	return n;
}

/* Growth that some objects on lists of CPUs do not explain. */
static void compare_caches(const struct cache *a, size_t na, uint64_t programs)
{
	static struct cache b[MAX_CACHES];
	size_t nb = read_caches(b);

	for (size_t i = 0; i < nb; i++)
		for (size_t k = 0; k < na; k++)
			if (!strcmp(a[k].name, b[i].name) &&
			    b[i].objects > a[k].objects + 200 + programs / 50)
				printf("FUZZ: more objects: %s %lu -> %lu\n",
				       b[i].name, a[k].objects, b[i].objects);
}

/* --- the run --- */

static void print_status(const char *word, uint64_t n)
{
	printf("FUZZ: %s %lu programs, %u kept, %lu edges and outcomes\n", word, n,
	       corpus_size, shared->nr_edges);
	fflush(stdout);
}

static void print_calls(void)
{
	for (size_t i = 0; i < nr_call_descs; i++)
		printf("FUZZ: %-28s %8lu made, %3lu%% succeeded\n", calls[i].name,
		       stats[i].made,
		       stats[i].made ? stats[i].succeeded * 100 / stats[i].made : 0);
}

static int fuzz(void)
{
	static struct cache before[MAX_CACHES];
	size_t nr_before = 0;
	uint64_t warm = opt.runs / 4;

	for (uint64_t n = 0; n < opt.runs; n++) {
		if (n == warm && opt.leaks)
			nr_before = read_caches(before);
		rng_seed(opt.seed * 1000003 + n);
		next_program();
		if (run_one(n, opt.user < 0 ? rng() % 2 == 1 : opt.user == 1))
			return 1;
		keep_program();
		if (n % STATUS_EVERY == STATUS_EVERY - 1)
			print_status("after", n + 1);
	}
	if (opt.leaks)
		compare_caches(before, nr_before, opt.runs - warm);
	if (opt.calls)
		print_calls();
	print_status("done", opt.runs);
	return 0;
}

/* Lines as the log has them: "12 root | CALLS". */
static int replay(FILE *f)
{
	static char line[TEXT_MAX];
	uint64_t n = 0;

	while (fgets(line, sizeof(line), f)) {
		const char *text = strchr(line, '|');
		bool user = strstr(line, "user |");

		if (!text || !prog_parse(&current, text + 1)) {
			printf("FUZZ: not a program: %s", line);
			return 1;
		}
		for (uint64_t k = 0; k < opt.times; k++)
			if (run_one(n++, user))
				return 1;
	}
	print_status("done", n);
	return 0;
}

/* --- setting up --- */

static void set_option(char *word)
{
	char *value = strchr(word, '=');

	if (!value) {
		fprintf(stderr, "FUZZ: what is '%s'?\n", word);
		exit(2);
	}
	*value++ = '\0';
	if (!strcmp(word, "seed"))
		opt.seed = strtoull(value, NULL, 0);
	else if (!strcmp(word, "runs"))
		opt.runs = strtoull(value, NULL, 0);
	else if (!strcmp(word, "limit"))
		opt.limit = strtoull(value, NULL, 0);
	else if (!strcmp(word, "times"))
		opt.times = strtoull(value, NULL, 0);
	else if (!strcmp(word, "feedback"))
		opt.feedback = strtoull(value, NULL, 0);
	else if (!strcmp(word, "calls"))
		opt.calls = strtoull(value, NULL, 0);
	else if (!strcmp(word, "user"))
		opt.user = atoi(value);
	else if (!strcmp(word, "leaks"))
		opt.leaks = strtoull(value, NULL, 0);
	else if (!strcmp(word, "log"))
		opt.log = value;
	else if (!strcmp(word, "replay"))
		opt.replay = value;
	else {
		fprintf(stderr, "FUZZ: there is no option '%s'\n", word);
		exit(2);
	}
}

static void init_options(void)
{
	static char line[4096];
	int fd = open("/proc/cmdline", O_RDONLY);
	char *p;

	if (read(fd, line, sizeof(line) - 1) < 0)
		return;
	close(fd);
	p = strstr(line, " -- ");
	for (p = p ? strtok(p + 4, " \n") : NULL; p; p = strtok(NULL, " \n"))
		set_option(p);
}

static void become_init(void)
{
	int fd;

	mkdir("/proc", 0755);
	mkdir("/sys", 0755);
	mkdir("/dev", 0755);
	mount("proc", "/proc", "proc", 0, NULL);
	mount("sysfs", "/sys", "sysfs", 0, NULL);
	mount("dev", "/dev", "devtmpfs", 0, NULL);
	fd = open("/dev/console", O_RDWR);
	for (int i = 0; fd >= 0 && i < 3; i++)
		dup2(fd, i);
	init_options();
}

static void open_log(void)
{
	struct termios t;

	if (!opt.log)
		return;
	log_fd = open(opt.log, O_WRONLY | O_CREAT | O_APPEND | O_NOCTTY, 0600);
	if (log_fd < 0) {
		fprintf(stderr, "FUZZ: %s: %s\n", opt.log, strerror(errno));
		exit(2);
	}
	if (!tcgetattr(log_fd, &t)) {
		cfmakeraw(&t);
		tcsetattr(log_fd, TCSANOW, &t);
	}
}

static void open_kcov(void)
{
	mkdir("/debug", 0700);
	mount("debugfs", "/debug", "debugfs", 0, NULL);
	kcov_fd = open("/debug/kcov", O_RDWR);
	if (kcov_fd < 0)
		return;
	if (ioctl(kcov_fd, KCOV_INIT_TRACE, KCOV_WORDS)) {
		perror("FUZZ: kcov");
		exit(2);
	}
	kcov_area = mmap(NULL, KCOV_WORDS * 8, PROT_READ | PROT_WRITE, MAP_SHARED,
			 kcov_fd, 0);
	if (kcov_area == MAP_FAILED) {
		perror("FUZZ: kcov");
		exit(2);
	}
}

static void *shared_memory(size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED) {
		perror("FUZZ: memory");
		exit(2);
	}
	return p;
}

static void protect_self(void)
{
	int fd = open("/proc/self/oom_score_adj", O_WRONLY);
	sigset_t all;

	if (write(fd, "-1000", 5) != 5)
		perror("FUZZ: oom_score_adj");
	close(fd);
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
}

int main(int argc, char **argv)
{
	FILE *programs = NULL;
	int r;

	if (argc > 1 && !strcmp(argv[1], "--exit"))
		return 0;
	if (getpid() == 1)
		become_init();
	else if (argc < 2)
		return 2; /* a program has executed it */
	else
		for (int i = 1; i < argc; i++)
			set_option(argv[i]);
	if (check_descriptions()) {
		fprintf(stderr, "FUZZ: no such type: %s\n", check_descriptions());
		return 2;
	}
	if (opt.replay && !(programs = fopen(opt.replay, "r"))) {
		perror(opt.replay);
		return 2;
	}
	open_log();
	open_kcov();
	protect_self();
	stats = shared_memory(nr_call_descs * sizeof(*stats));
	corpus = shared_memory(CORPUS_MAX * sizeof(*corpus));
	sandbox_prepare("/fuzz");
	printf("FUZZ: seed %lu, %s\n", opt.seed, kcov_area ? "KCOV" : "no KCOV");
	r = programs ? replay(programs) : fuzz();
	fflush(stdout);
	if (getpid() == 1) {
		sync();
		reboot(RB_POWER_OFF);
	}
	return r;
}
