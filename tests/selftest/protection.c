/*
 * What protects the kernel's memory from the kernel's own mistakes. The tests
 * that are called fatal make one and must not survive it (fatal.exp).
 */
#include <linnet/errno.h>
#include <linnet/ktest.h>
#include <linnet/string.h>
#include <linnet/task.h>
#include <linnet/wait.h>

struct canary_report {
	u64 canary;
	struct completion done;
};

static int report_canary(void *arg)
{
	struct canary_report *r = arg;

	r->canary = current->ti.canary;
	complete(&r->done);
	return 0;
}

static bool canary_of_each_task(void)
{
	static struct canary_report r;
	u64 seen[8];

	for (u32 i = 0; i < ARRAY_SIZE(seen); i++) {
		completion_init(&r.done);
		KTEST_CHECK(!IS_ERR(kthread_run(report_canary, &r, "canary")));
		wait_for_completion(&r.done);
		seen[i] = r.canary;
		KTEST_CHECK(!(seen[i] & 0xff));
		KTEST_CHECK(seen[i] != current->ti.canary);
		for (u32 k = 0; k < i; k++)
			KTEST_CHECK(seen[k] != seen[i]);
	}
	return true;
}
KTEST(canary_of_each_task);

/* The length is hidden from the compiler. */
static __noinline void overrun(char *at, size_t len)
{
	__asm__ volatile("" : "+r"(at), "+r"(len));
	memset(at, 'x', len);
}

static bool fatal_stack_overrun(void)
{
	char buf[16];

	overrun(buf, sizeof(buf) + 64); /* past redzones, if there are any */
	return true;
}
KTEST_FATAL(fatal_stack_overrun);
