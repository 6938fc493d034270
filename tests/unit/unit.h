/*
 * A small harness for host tests of kernel code.
 *
 * TEST(name) { ... } defines and registers a test. Each runs in a process of
 * its own, so a sanitizer report or a crash fails that test and no other. A
 * failed EXPECT is reported and the test goes on; EXPECT results can guard the
 * code that would not survive.
 *
 * A program's tests are run by unit_main.c, which prints one line per test and
 * a total; an argument selects the tests whose name contains it.
 */
#ifndef LINNET_UNIT_H
#define LINNET_UNIT_H

#include <linnet/types.h>

struct unit_test {
	const char *name;
	void (*run)(void);
	struct unit_test *next;
};

void unit_register(struct unit_test *test);

/* Counts a check; prints it when it failed. Returns @ok. */
bool unit_check(bool ok, const char *file, int line, const char *what);
bool unit_check_eq(long long got, long long want, const char *file, int line,
		   const char *what);
bool unit_check_str(const char *got, const char *want, const char *file,
		    int line);

/* Ends the running test as skipped. */
void unit_skip(const char *why) __noreturn;

/* Repeatable pseudo-random numbers (xorshift64*); @state must not be 0. */
u64 unit_random(u64 *state);

/* Whole file, NUL behind it; NULL if it cannot be read. Free it. */
u8 *unit_read_file(const char *path, size_t *len);

#define TEST(id)                                                               \
	static void test_##id(void);                                           \
	__attribute__((constructor)) static void register_##id(void)           \
	{                                                                      \
		static struct unit_test test = {#id, test_##id, NULL};         \
                                                                               \
		unit_register(&test);                                          \
	}                                                                      \
	static void test_##id(void)

#define EXPECT(cond) unit_check(!!(cond), __FILE__, __LINE__, #cond)
#define EXPECT_EQ(got, want)                                                   \
	unit_check_eq((long long)(got), (long long)(want), __FILE__, __LINE__, \
		      #got)
#define EXPECT_STR(got, want) unit_check_str(got, want, __FILE__, __LINE__)

#endif
