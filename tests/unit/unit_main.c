/*
 * The harness behind unit.h: registration, one process per test, totals.
 */
#include "unit.h"

#include <sys/wait.h>
#include <unistd.h>

/* The harness must not judge strcmp() by strcmp(). */
#undef strcmp
#undef strstr

enum { STATUS_PASS = 0, STATUS_FAIL = 1, STATUS_SKIP = 77 };

/* A test that says this much wrong has said enough. */
enum { FAILURES_SHOWN = 20, TIME_LIMIT_S = 120 };

static struct unit_test *tests;
static struct unit_test **last = &tests;
static int failures; /* of the running test */

void unit_register(struct unit_test *test)
{
	*last = test;
	last = &test->next;
}

bool unit_check(bool ok, const char *file, int line, const char *what)
{
	if (!ok && failures++ < FAILURES_SHOWN)
		printf("# %s:%d: %s\n", file, line, what);
	return ok;
}

bool unit_check_eq(long long got, long long want, const char *file, int line,
		   const char *what)
{
	if (got != want && failures++ < FAILURES_SHOWN)
		printf("# %s:%d: %s is %lld (0x%llx), not %lld\n", file, line,
		       what, got, got, want);
	return got == want;
}

bool unit_check_str(const char *got, const char *want, const char *file,
		    int line)
{
	bool ok = got && !strcmp(got, want);

	if (!ok && failures++ < FAILURES_SHOWN)
		printf("# %s:%d: \"%s\" is not \"%s\"\n", file, line,
		       got ? got : "(null)", want);
	return ok;
}

void unit_skip(const char *why)
{
	printf("# skipped: %s\n", why);
	fflush(stdout);
	_exit(STATUS_SKIP);
}

u64 unit_random(u64 *state)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return *state * 0x2545f4914f6cdd1dull;
}

u8 *unit_read_file(const char *path, size_t *len)
{
	FILE *f = fopen(path, "rb");
	u8 *data = NULL;
	long size;

	if (!f)
		return NULL;
	fseek(f, 0, SEEK_END);
	size = ftell(f);
	rewind(f);
	if (size >= 0)
		data = calloc(1, (size_t)size + 1);
	if (data && fread(data, 1, (size_t)size, f) != (size_t)size) {
		free(data);
		data = NULL;
	}
	*len = data ? (size_t)size : 0;
	fclose(f);
	return data;
}

static int run_in_child(const struct unit_test *test)
{
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid < 0)
		return STATUS_FAIL;
	if (!pid) {
		alarm(TIME_LIMIT_S);
		test->run();
		fflush(stdout);
		/* exit(), not _exit(): the leak checker runs at exit. */
		exit(failures ? STATUS_FAIL : STATUS_PASS);
	}
	if (waitpid(pid, &status, 0) != pid)
		return STATUS_FAIL;
	if (WIFSIGNALED(status))
		printf("# killed by signal %d\n", WTERMSIG(status));
	return WIFEXITED(status) ? WEXITSTATUS(status) : STATUS_FAIL;
}

int main(int argc, char **argv)
{
	const char *wanted = argc > 1 ? argv[1] : "";
	const struct unit_test *t;
	int passed = 0;
	int failed = 0;
	int skipped = 0;

	for (t = tests; t; t = t->next) {
		if (!strstr(t->name, wanted))
			continue;
		switch (run_in_child(t)) {
		case STATUS_PASS:
			passed++;
			printf("ok   %s\n", t->name);
			break;
		case STATUS_SKIP:
			skipped++;
			printf("skip %s\n", t->name);
			break;
		default:
			failed++;
			printf("FAIL %s\n", t->name);
			break;
		}
	}
	printf("%d passed, %d failed, %d skipped\n", passed, failed, skipped);
	return failed != 0;
}
