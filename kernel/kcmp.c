/*
 * kcmp(2): do two processes share an object of the kernel?
 *
 * The answer orders the objects, so that a caller can sort them; the order is
 * that of the addresses after a secret permutation, which tells nothing else.
 */
#include <linnet/cred.h>
#include <linnet/ptrace_access.h>
#include <linnet/errno.h>
#include <linnet/fdtable.h>
#include <linnet/fs.h>
#include <linnet/init.h>
#include <linnet/random.h>
#include <linnet/syscalls.h>
#include <linnet/task.h>
#include <linux/kcmp.h>

static u64 cookie, factor __ro_after_init;

/* 0: equal, 1: less, 2: greater. */
static long order(const void *a, const void *b)
{
	u64 x = ((u64)a ^ cookie) * factor, y = ((u64)b ^ cookie) * factor;

	return x == y ? 0 : x < y ? 1 : 2;
}

static long compare_files(struct task *a, struct task *b, u64 fd_a, u64 fd_b)
{
	struct file *x = fget_task(a, (u32)fd_a), *y = fget_task(b, (u32)fd_b);
	long ret = x && y ? order(x, y) : -EBADF;

	if (x)
		fput(x);
	if (y)
		fput(y);
	return ret;
}

static long compare(struct task *a, struct task *b, int type, u64 i, u64 j)
{
	switch (type) {
	case KCMP_FILE:
		return compare_files(a, b, i, j);
	case KCMP_VM:
		return order(a->mm, b->mm);
	case KCMP_FILES:
		return order(a->files, b->files);
	case KCMP_FS:
		return order(a->fs, b->fs);
	case KCMP_SIGHAND:
		return order(a->sighand, b->sighand);
	case KCMP_IO: /* nothing to share */
		return 0;
	case KCMP_SYSVSEM:
	case KCMP_EPOLL_TFD:
		return -EOPNOTSUPP;
	default:
		return -EINVAL;
	}
}

SYSCALL_DEFINE5(kcmp, pid_t, pid1, pid_t, pid2, int, type, u64, i, u64, j)
{
	struct task *a = task_find_get(pid1), *b = task_find_get(pid2);
	long ret = -ESRCH;

	if (a && b)
		ret = ptrace_may_access(a, PTRACE_MODE_READ_REALCREDS) &&
				      ptrace_may_access(b, PTRACE_MODE_READ_REALCREDS)
			      ? compare(a, b, type, i, j) : -EPERM;
	if (a)
		task_put(a);
	if (b)
		task_put(b);
	return ret;
}

static int __init_text kcmp_init(void)
{
	cookie = get_random_u64();
	factor = get_random_u64() | 1; /* odd: a permutation */
	return 0;
}
late_initcall(kcmp_init);
