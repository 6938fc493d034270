/*
 * What programs ask of the system-call table, told in the kernel's log.
 *
 * The boot parameter "strace=NAME" traces programs: those whose name (/proc/PID/comm
 * after an exec) is NAME, or every one ("strace=all"), and what they fork until that
 * executes something else. One line a call, when it returns: name, six arguments as
 * numbers, result. It is for bringing programs up where no strace can run yet; a
 * call that goes to sleep is not seen before it ends, and exit only when it begins.
 *
 * Calls that are not there are named without being asked for, at debug level (dmesg
 * shows them, the console does not) and once per program, which is its mm.
 *
 * TIF_TRACE leads to here (arch's syscall_traced()); the path of other tasks pays
 * nothing.
 */
#define PR_PREFIX "strace: "
#include <asm/syscall_nr.h>
#include <asm/unistd.h>
#include <linnet/bitmap.h>
#include <linnet/init.h>
#include <linnet/mm.h>
#include <linnet/printf.h>
#include <linnet/printk.h>
#include <linnet/string.h>
#include <linnet/syscall_trace.h>
#include <linnet/task.h>

static char traced[TASK_COMM_LEN] __ro_after_init;

static int __init_text param_strace(const char *value)
{
	strscpy(traced, value, sizeof(traced));
	return 0;
}
KERNEL_PARAM("strace", param_strace);

void syscall_trace_exec(void)
{
	if (likely(!traced[0]))
		return;
	if (!strcmp(traced, "all") || !strcmp(traced, current->comm))
		set_ti_flag(current, TIF_TRACE);
	else
		clear_ti_flag(current, TIF_TRACE);
}

/* "sh[12] openat(...)": the call of the table's entry @fn, without its "sys_". */
static void trace(u64 nr, u64 fn, const u64 *a, const char *end)
{
	char name[48];
	char *plus;

	symbol_format(name, sizeof(name), fn);
	plus = strchr(name, '+');
	if (plus)
		*plus = '\0';
	pr_info("%s[%d] %s(%#lx, %#lx, %#lx, %#lx, %#lx, %#lx), %lu%s\n",
		current->comm, task_pid(current), name + (plus ? 4 : 0), a[0],
		a[1], a[2], a[3], a[4], a[5], nr, end);
}

void syscall_trace_enter(u64 nr, u64 fn, const u64 *args)
{
	if (nr == __NR_exit || nr == __NR_exit_group)
		trace(nr, fn, args, "");
}

void syscall_trace_exit(u64 nr, u64 fn, const u64 *args, long ret)
{
	char end[32];

	/* Addresses as such. */
	snprintf(end, sizeof(end), ret < 1l << 32 ? " = %ld" : " = %#lx", ret);
	trace(nr, fn, args, end);
}

void syscall_missing(u64 nr)
{
	if (nr < NR_SYSCALLS &&
	    test_and_set_bit(nr, current->mm->missing_calls))
		return;
	pr_ratelimited(KERN_DEBUG, "%s[%d] calls %lu, which is not there\n",
		       current->comm, task_pid(current), nr);
}
