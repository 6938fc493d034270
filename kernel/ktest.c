/* Runs the tests of ktest.h and says in TAP what came out. */
#define PR_PREFIX "selftest: "
#include <linnet/init.h>
#include <linnet/ktest.h>
#include <linnet/string.h>

extern const struct ktest _ktest_start[], _ktest_end[];

static const char *wanted; /* prefix of names; NULL: no tests */

static int __init_text param_selftest(const char *value)
{
	wanted = value;
	return 0;
}
KERNEL_PARAM("selftest", param_selftest);

void ktest_run(void)
{
	u32 n = 0, failed = 0;

	if (!wanted)
		return;
	for (const struct ktest *t = _ktest_start; t < _ktest_end; t++) {
		bool ok;

		if (t->fatal ? strcmp(t->name, wanted)
			     : strncmp(t->name, wanted, strlen(wanted)))
			continue;
		ok = t->run();
		failed += !ok;
		pr_info("%sok %u - %s\n", ok ? "" : "not ", ++n, t->name);
	}
	pr_info("%u passed, %u failed, 0 skipped\n", n - failed, failed);
}
