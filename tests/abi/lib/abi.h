/*
 * Harness of the ABI tests: a program per family, a child per case.
 *
 * A family is a file of cases:
 *
 *	CASE("dup2 onto itself needs an open descriptor")
 *	{
 *		ERR(dup2(99, 99), EBADF);
 *		EQ(dup2(0, 0), 0);
 *	}
 *
 * Each case runs in a child of its own, in an empty folder of its own, with
 * file descriptors 0, 1 and 2 only, signals at their defaults, root's rights
 * and a time limit. A failed check is noted and the case goes on; NEED ends it.
 * Checks count from every descendant of the case: the tally is shared memory.
 * What a case leaves running is killed after it.
 *
 * A case that must execute a program executes its own again: a HELPER is
 * started with abi_exec() or by argv = { "@name", ... } on /proc/self/exe.
 *
 * Every check passes on stock Linux first. Nothing here may depend on how
 * fast the machine is: wait for events, use limits only against hangs.
 */
#ifndef ABI_H
#define ABI_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct abi_case {
	const char *name;
	void (*run)(void);
	int line;
	int seconds;	/* limit */
};

struct abi_helper {
	const char *name;
	int (*run)(int argc, char **argv);
};

#define ABI_JOIN_(a, b) a##b
#define ABI_JOIN(a, b) ABI_JOIN_(a, b)
#define ABI_FN ABI_JOIN(abi_case_, __LINE__)

#define CASE(text) CASE_LIMIT(text, 20)
#define CASE_LIMIT(text, limit)                                              \
	static void ABI_FN(void);                                            \
	static const struct abi_case ABI_JOIN(abi_entry_, __LINE__)          \
		__attribute__((used, section("abi_cases"))) = {              \
			text, ABI_FN, __LINE__, limit };                     \
	static void ABI_FN(void)

#define HELPER(id)                                                           \
	static int abi_helper_##id(int argc, char **argv);                   \
	static const struct abi_helper abi_helper_entry_##id                 \
		__attribute__((used, section("abi_helpers"))) = {            \
			"@" #id, abi_helper_##id };                          \
	static int abi_helper_##id(int argc __attribute__((unused)),         \
				   char **argv __attribute__((unused)))

#define ABI_AT __FILE_NAME__, __LINE__

/* CHECK: a condition; EQ: two integers; OK: a call that succeeds, gives its
 * value; ERR: a call that fails with an errno; STR, MEM: equal text, bytes. */
#define CHECK(condition) abi_check(ABI_AT, #condition, !!(condition))
#define EQ(got, want)                                                        \
	abi_eq(ABI_AT, #got " == " #want, (long)(got), (long)(want))
#define OK(call) (errno = 0, abi_ok(ABI_AT, #call, (long)(call)))
#define ERR(call, want) (errno = 0, abi_err(ABI_AT, #call, (long)(call), want))
#define STR(got, want) abi_str(ABI_AT, #got, got, want)
#define MEM(got, want, len) abi_mem(ABI_AT, #got, got, want, len)
#define NEED(condition)                                                      \
	do {                                                                 \
		if (!CHECK(condition))                                       \
			_exit(0);                                            \
	} while (0)
/* SKIP: ends the case; only for what the machine lacks, not the kernel. */
#define SKIP(why) abi_skip(why)
#define FAIL(...) abi_note(ABI_AT, __VA_ARGS__)

bool abi_check(const char *file, int line, const char *what, bool good);
bool abi_eq(const char *file, int line, const char *what, long got, long want);
long abi_ok(const char *file, int line, const char *what, long got);
bool abi_err(const char *file, int line, const char *what, long got, int want);
bool abi_str(const char *file, int line, const char *what, const char *got,
	     const char *want);
bool abi_mem(const char *file, int line, const char *what, const void *got,
	     const void *want, size_t len);
void abi_note(const char *file, int line, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void abi_skip(const char *why) __attribute__((noreturn));

/* --- what many families need ------------------------------------------ */

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define BAD_PTR ((void *)0x10)		/* never mapped: below mmap_min_addr */
#define KERNEL_PTR ((void *)0xffff000000001000UL)
#define PAGE 4096UL

/* Forks; the child runs the block and exits with 0. */
#define CHILD(pid)                                                           \
	for (pid_t abi_pid_ = pid = fork(); abi_pid_ == 0; _exit(0))

int abi_reap(pid_t pid);		/* wait status */
int abi_exit_code(pid_t pid);		/* exit code, 1000 + signal if killed */
pid_t abi_exec(char *const argv[], char *const envp[]);
void abi_write(const char *path, const char *text);
void abi_touch(const char *path, mode_t mode);
char *abi_read(const char *path);	/* malloced, NUL at the end; NULL */
char *abi_field(const char *text, const char *name); /* "Name:\tvalue" */
void abi_drop(uid_t uid, gid_t gid);	/* all ids, no groups, no caps */
void abi_wait_state(pid_t pid, char state); /* /proc/PID/stat field 3 */
void abi_on(int signo, void (*handler)(int), int flags);
int64_t abi_now(clockid_t clock);	/* ns */
void abi_limit(int resource, unsigned long soft, unsigned long hard);

/* Two sides that take turns: bytes through pipes. */
struct abi_gate {
	int fds[2];
};
void gate_init(struct abi_gate *g);
void gate_open(struct abi_gate *g);
void gate_wait(struct abi_gate *g);

#endif
