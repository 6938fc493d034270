/*
 * Tests that run inside the kernel, before init, when the command line says
 * `selftest` or `selftest=PREFIX`. They live in tests/selftest/.
 */
#ifndef LINNET_KTEST_H
#define LINNET_KTEST_H

#include <linnet/printk.h>

struct ktest {
	const char *name;
	bool (*run)(void); /* false: it failed and said why */
	bool fatal;
};

#define KTEST(fn)                                                              \
	static __section(".ktest") __used const struct ktest ktest_##fn = {    \
		.name = #fn, .run = fn}

/* Ends in a panic or an oops: runs only when the whole of its name is given. */
#define KTEST_FATAL(fn)                                                        \
	static __section(".ktest") __used const struct ktest ktest_##fn = {    \
		.name = #fn, .run = fn, .fatal = true}

/* In a test: report and fail unless @cond holds. */
#define KTEST_CHECK(cond)                                                      \
	do {                                                                   \
		if (!(cond)) {                                                 \
			pr_err("# %s:%d: %s\n", __FILE__, __LINE__, #cond);    \
			return false;                                          \
		}                                                              \
	} while (0)

/* Run what the command line asked for; TAP lines in the log. May sleep. */
void ktest_run(void);

#endif
