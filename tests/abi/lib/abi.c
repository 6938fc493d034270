/*
 * Harness of the ABI tests; see abi.h.
 *
 * The runner is a subreaper: whatever a case started ends up as its child and
 * is killed and reaped before the next case begins.
 *
 * With ABI_FAIL_NTH=RUNS in the environment each case runs up to so many times,
 * and in the n-th run the n-th allocation or user copy of every process of it
 * fails (/proc/self/fail-nth; later runs leave some n out). What the case says
 * does not matter then, nor that it waits for ever; it must be possible to end
 * it, and the kernel must not complain, which others look at.
 */
#include "abi.h"

#include <dirent.h>
#include <ftw.h>
#include <grp.h>
#include <pthread.h>
#include <sched.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#define LOG_SIZE 16384

struct tally {
	int checks;
	int failures;
	int skipped;
	int used;
	char log[LOG_SIZE];
};

extern const struct abi_case __start_abi_cases[], __stop_abi_cases[];
extern const struct abi_helper __start_abi_helpers[]
	__attribute__((weak));
extern const struct abi_helper __stop_abi_helpers[] __attribute__((weak));

static struct tally *tally;
static int total_checks;

/* --- checks -------------------------------------------------------------- */

static void log_line(const char *text, int len)
{
	if (!tally)
		return;
	int at = __atomic_fetch_add(&tally->used, len, __ATOMIC_SEQ_CST);

	if (at + len < LOG_SIZE)
		memcpy(tally->log + at, text, (size_t)len);
}

static void vnote(const char *file, int line, const char *format, va_list args)
{
	char text[600];
	int len = snprintf(text, sizeof(text), "#   %s:%d: ", file, line);

	len += vsnprintf(text + len, sizeof(text) - (size_t)len - 1, format,
			 args);
	if (len > (int)sizeof(text) - 2)
		len = sizeof(text) - 2;
	for (int i = 0; i < len; i++)
		if ((unsigned char)text[i] < ' ')
			text[i] = '~';
	text[len++] = '\n';
	log_line(text, len);
	if (tally)
		__atomic_fetch_add(&tally->failures, 1, __ATOMIC_SEQ_CST);
}

void abi_note(const char *file, int line, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vnote(file, line, format, args);
	va_end(args);
}

static bool count(bool good)
{
	if (tally)
		__atomic_fetch_add(&tally->checks, 1, __ATOMIC_SEQ_CST);
	return good;
}

bool abi_check(const char *file, int line, const char *what, bool good)
{
	if (!count(good))
		abi_note(file, line, "%s: false", what);
	return good;
}

bool abi_eq(const char *file, int line, const char *what, long got, long want)
{
	if (!count(got == want))
		abi_note(file, line, "%s: got %ld (%#lx), want %ld (%#lx)",
			 what, got, got, want, want);
	return got == want;
}

long abi_ok(const char *file, int line, const char *what, long got)
{
	int error = errno;

	if (!count(got >= 0 || got < -4095))
		abi_note(file, line, "%s: %s", what, strerror(error));
	errno = error;
	return got;
}

bool abi_err(const char *file, int line, const char *what, long got, int want)
{
	int error = errno;
	bool good = got == -1 && error == want;

	if (!count(good)) {
		if (got == -1)
			abi_note(file, line, "%s: errno %d (%s), want %d (%s)",
				 what, error, strerror(error), want,
				 strerror(want));
		else
			abi_note(file, line, "%s: returned %ld, want %s", what,
				 got, strerror(want));
	}
	return good;
}

bool abi_str(const char *file, int line, const char *what, const char *got,
	     const char *want)
{
	bool good = got && !strcmp(got, want);

	if (!count(good))
		abi_note(file, line, "%s: got \"%s\", want \"%s\"", what,
			 got ? got : "(null)", want);
	return good;
}

bool abi_mem(const char *file, int line, const char *what, const void *got,
	     const void *want, size_t len)
{
	const unsigned char *a = got;
	const unsigned char *b = want;

	for (size_t i = 0; i < len; i++) {
		if (a[i] == b[i])
			continue;
		count(false);
		abi_note(file, line, "%s: byte %zu is %#x, want %#x", what, i,
			 a[i], b[i]);
		return false;
	}
	return count(true);
}

void abi_skip(const char *why)
{
	tally->skipped = 1;
	snprintf(tally->log, sizeof(tally->log), "%s", why);
	_exit(0);
}

/* --- tools of the cases ---------------------------------------------------- */

int abi_reap(pid_t pid)
{
	int status = -1;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -1;
	return status;
}

int abi_exit_code(pid_t pid)
{
	int status = abi_reap(pid);

	if (WIFSIGNALED(status))
		return 1000 + WTERMSIG(status);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

pid_t abi_exec(char *const argv[], char *const envp[])
{
	pid_t pid = fork();

	if (pid)
		return pid;
	execve("/proc/self/exe", argv, envp);
	_exit(127);
}

void abi_write(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		abi_note(ABI_AT, "cannot write %s: %s", path, strerror(errno));
	close(fd);
}

void abi_touch(const char *path, mode_t mode)
{
	int fd = open(path, O_WRONLY | O_CREAT, 0600);

	if (fd < 0 || fchmod(fd, mode))
		abi_note(ABI_AT, "cannot make %s: %s", path, strerror(errno));
	close(fd);
}

char *abi_read(const char *path)
{
	size_t size = 0;
	size_t room = 8192;
	char *text = malloc(room);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0) {
		free(text);
		return NULL;
	}
	while ((n = read(fd, text + size, room - size - 1)) > 0) {
		size += (size_t)n;
		if (room - size < 4096)
			text = realloc(text, room *= 2);
	}
	close(fd);
	text[size] = 0;
	return text;
}

char *abi_field(const char *text, const char *name)
{
	static char value[512];
	size_t len = strlen(name);

	for (const char *line = text; line && *line; ) {
		const char *end = strchrnul(line, '\n');

		if (!strncmp(line, name, len) && line[len] == ':') {
			line += len + 1;
			line += strspn(line, " \t");
			snprintf(value, sizeof(value), "%.*s",
				 (int)(end - line), line);
			return value;
		}
		line = *end ? end + 1 : NULL;
	}
	return NULL;
}

void abi_drop(uid_t uid, gid_t gid)
{
	if (setgroups(0, NULL) || syscall(SYS_setresgid, gid, gid, gid) ||
	    syscall(SYS_setresuid, uid, uid, uid))
		abi_note(ABI_AT, "cannot drop to %d: %s", uid,
			 strerror(errno));
}

/* Of /proc/PID/stat; 0: there is none. */
static char state_of(pid_t pid)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	char *text = abi_read(path);
	char *end = text ? strrchr(text, ')') : NULL;
	char state = end ? end[2] : 0;

	free(text);
	return state;
}

void abi_wait_state(pid_t pid, char state)
{
	for (;;) {
		char now = state_of(pid);

		if (now == state || !now)
			return;
		sched_yield();
	}
}

void abi_on(int signo, void (*handler)(int), int flags)
{
	struct sigaction sa = { .sa_handler = handler, .sa_flags = flags };

	sigaction(signo, &sa, NULL);
}

int64_t abi_now(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return ts.tv_sec * 1000000000LL + ts.tv_nsec;
}

void abi_limit(int resource, unsigned long soft, unsigned long hard)
{
	struct rlimit limit = { soft, hard };

	if (setrlimit(resource, &limit))
		abi_note(ABI_AT, "setrlimit: %s", strerror(errno));
}

void gate_init(struct abi_gate *g)
{
	if (pipe(g->fds))
		abi_note(ABI_AT, "pipe: %s", strerror(errno));
}

void gate_open(struct abi_gate *g)
{
	if (write(g->fds[1], "", 1) != 1)
		abi_note(ABI_AT, "gate: %s", strerror(errno));
}

void gate_wait(struct abi_gate *g)
{
	char c;

	while (read(g->fds[0], &c, 1) < 0 && errno == EINTR)
		;
}

/* --- the runner ------------------------------------------------------------ */

static int remove_one(const char *path, const struct stat *st, int type,
		      struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	remove(path);
	return 0;
}

/* Kill and reap what the case left; nothing else is a child of ours. */
static void sweep(void)
{
	for (;;) {
		pid_t pid = waitpid(-1, NULL, WNOHANG | __WALL);

		if (pid < 0)
			return;
		if (pid > 0)
			continue;
		char path[64];
		DIR *proc = opendir("/proc");
		struct dirent *e;

		while (proc && (e = readdir(proc))) {
			int child = atoi(e->d_name);
			char *text, *end;
			int parent = 0;

			if (child <= 0)
				continue;
			snprintf(path, sizeof(path), "/proc/%d/stat", child);
			text = abi_read(path);
			end = text ? strrchr(text, ')') : NULL;
			if (end)
				sscanf(end + 2, "%*c %d", &parent);
			free(text);
			if (parent == getpid())
				kill(child, SIGKILL);
		}
		if (proc)
			closedir(proc);
		waitpid(-1, NULL, __WALL);
	}
}

/* --- failing the n-th ------------------------------------------------------ */

/*
 * So long may a run take, even if it does something; a case, which has at least
 * MIN_RUNS; the end of a case that is killed.
 */
enum { RUN_SECONDS = 2, CASE_SECONDS = 4, MIN_RUNS = 3, END_SECONDS = 60 };
enum { POLL_NS = 50000000, IDLE_POLLS = 4 };

static unsigned int fail_nth;	/* in each process of the case; 0: nothing */

static void arm(void)
{
	char text[16];
	int fd = fail_nth ? open("/proc/self/fail-nth", O_WRONLY) : -1;

	if (fd < 0)
		return;
	write(fd, text, (size_t)snprintf(text, sizeof(text), "%u", fail_nth));
	close(fd);
}

/*
 * Instead of libc's: what was to be the number of a child is -1 if there could be
 * none, and that means everybody.
 */
int kill(pid_t pid, int signo)
{
	if (fail_nth && pid == -1) {
		errno = ESRCH;
		return -1;
	}
	return (int)syscall(SYS_kill, pid, signo);
}

/* Mounts that a case cannot take back any more go with its namespace. */
static void run_failing(const struct abi_case *c)
{
	if (unshare(CLONE_NEWNS) ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL))
		perror("mount namespace");
	/* It may write to what should have been a pipe. */
	int null = open("/dev/null", O_RDWR);
	for (int fd = 0; fd < 3; fd++)
		dup2(null, fd);
	close(null);
	pthread_atfork(NULL, NULL, arm);
	arm();
	c->run();
	_exit(0);
}

/* What is left of it in a process that has ended but was not waited for. */
static unsigned int points_left(pid_t pid)
{
	char path[64];
	unsigned int left = 0;
	char *text;

	snprintf(path, sizeof(path), "/proc/%d/fail-nth", pid);
	text = abi_read(path);
	if (text)
		left = (unsigned int)atoi(text);
	free(text);
	return left;
}

static void run_case(const struct abi_case *c)
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	setpgid(0, 0);
	umask(022);
	if (fail_nth)
		run_failing(c);
	c->run();
	_exit(0);
}

static bool is_zombie(pid_t pid)
{
	siginfo_t info = { .si_pid = 0 };

	waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT);
	return info.si_pid == pid;
}

/* Has the child ended in time? It is not reaped. */
static bool ended(pid_t pid, int seconds)
{
	struct timespec limit = { seconds, 0 };
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	while (!is_zombie(pid))
		if (sigtimedwait(&set, NULL, &limit) < 0 && errno == EAGAIN)
			return false;
	return true;
}

/* The same; or does it only sleep, waiting for what will not come? */
static bool ended_or_idle(pid_t pid)
{
	struct timespec poll = { 0, POLL_NS };
	int64_t limit = abi_now(CLOCK_MONOTONIC) + RUN_SECONDS * 1000000000LL;
	sigset_t set;
	int idle = 0;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	while (abi_now(CLOCK_MONOTONIC) < limit && idle < IDLE_POLLS) {
		if (is_zombie(pid))
			return true;
		if (sigtimedwait(&set, NULL, &poll) >= 0 || errno != EAGAIN)
			continue;
		idle = state_of(pid) == 'S' && !points_left(pid) ? idle + 1 : 0;
	}
	return is_zombie(pid);
}

/* The wait status of the case, or -1 if its time was up. */
static int await(pid_t pid, int seconds)
{
	int status;

	if (ended(pid, seconds)) {
		waitpid(pid, &status, 0);
		return status;
	}
	kill(-pid, SIGKILL);
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	return -1;
}

static bool report(const struct abi_case *c, int number, int status)
{
	bool good = status == 0 && !tally->failures;

	if (tally->skipped) {
		printf("ok %d - %s # SKIP %s\n", number, c->name, tally->log);
		return true;
	}
	printf("%s %d - %s\n", good ? "ok" : "not ok", number, c->name);
	if (tally->used > LOG_SIZE - 1)
		tally->used = LOG_SIZE - 1;
	printf("%.*s", tally->used, tally->log);
	if (status == -1)
		printf("#   line %d: not done in %d s\n", c->line, c->seconds);
	else if (WIFSIGNALED(status))
		printf("#   line %d: killed by signal %d\n", c->line,
		       WTERMSIG(status));
	else if (status)
		printf("#   line %d: exit code %d\n", c->line,
		       WEXITSTATUS(status));
	return good;
}

static int by_line(const void *a, const void *b)
{
	return ((const struct abi_case *)a)->line -
	       ((const struct abi_case *)b)->line;
}

static int helper_main(int argc, char **argv)
{
	for (const struct abi_helper *h = __start_abi_helpers;
	     h < __stop_abi_helpers; h++)
		if (!strcmp(argv[0], h->name))
			return h->run(argc, argv);
	return 126;
}

/* A child of its own in a folder of its own. */
static pid_t start_case(const struct abi_case *c, char *folder)
{
	strcpy(folder, "/tmp/abi.XXXXXX");
	memset(tally, 0, offsetof(struct tally, log));
	if (!mkdtemp(folder) || chmod(folder, 0755) || chdir(folder))
		perror(folder);
	pid_t pid = fork();
	if (!pid)
		run_case(c);
	return pid;
}

static void clean_up(const char *folder)
{
	sweep();
	if (chdir("/"))
		perror("/");
	nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}

static bool try_case(const struct abi_case *c, int number)
{
	char folder[32];
	int status = await(start_case(c, folder), c->seconds);

	clean_up(folder);
	return report(c, number, status);
}

/* One run; false: all of it went by without the failure. */
static bool run_with_fault(const struct abi_case *c, bool *stuck)
{
	char folder[32];
	pid_t pid = start_case(c, folder);
	bool again = true;

	if (!ended_or_idle(pid)) {
		again = !points_left(pid);
		kill(-pid, SIGKILL);
		kill(pid, SIGKILL);
		*stuck = !ended(pid, END_SECONDS);
	} else if (points_left(pid)) {
		again = false;
	}
	if (!*stuck) {
		waitpid(pid, NULL, 0);
		clean_up(folder);
	}
	return again && !*stuck;
}

/* Every n at first, then ever fewer of them. */
static bool try_faults(const struct abi_case *c, int number, int runs)
{
	int64_t limit = abi_now(CLOCK_MONOTONIC) + CASE_SECONDS * 1000000000LL;
	bool stuck = false;
	int done = 0;

	for (fail_nth = 1; done < runs && (done < MIN_RUNS ||
			abi_now(CLOCK_MONOTONIC) < limit); fail_nth += 1 + (unsigned int)done / 16) {
		done++;
		if (!run_with_fault(c, &stuck))
			break;
	}
	printf("%s %d - %s # %d runs, up to fault %u\n",
	       stuck ? "not ok" : "ok", number, c->name, done, fail_nth);
	if (stuck)
		printf("#   line %d: cannot be killed\n", c->line);
	return !stuck;
}

int main(int argc, char **argv)
{
	size_t nr = (size_t)(__stop_abi_cases - __start_abi_cases);
	struct abi_case *cases = calloc(nr, sizeof(*cases));
	int passed = 0, failed = 0, skipped = 0, number = 0;
	const char *only = getenv("ABI_CASE");
	const char *faults = getenv("ABI_FAIL_NTH");
	int fail_runs = faults ? atoi(faults) : 0;
	sigset_t chld;

	if (argc > 0 && argv[0][0] == '@')
		return helper_main(argc, argv);
	setvbuf(stdout, NULL, _IOLBF, 0);
	tally = mmap(NULL, sizeof(*tally), PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	memcpy(cases, __start_abi_cases, nr * sizeof(*cases));
	qsort(cases, nr, sizeof(*cases), by_line);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	sigemptyset(&chld);
	sigaddset(&chld, SIGCHLD);
	sigprocmask(SIG_BLOCK, &chld, NULL);
	for (size_t i = 0; i < nr; i++) {
		if (only && !strstr(cases[i].name, only))
			continue;
		bool good = fail_runs ? try_faults(&cases[i], ++number, fail_runs) :
			try_case(&cases[i], ++number);
		if (tally->skipped)
			skipped++;
		else if (good)
			passed++;
		else
			failed++;
		total_checks += tally->checks;
	}
	printf("# %d checks\n1..%d\n", total_checks, number);
	printf("%d passed, %d failed, %d skipped\n", passed, failed, skipped);
	return failed != 0;
}
