/*
 * The system-call table, made from the UAPI list.
 *
 * Every number Linux defines for arm64 has an entry; one that nobody defines
 * resolves to sys_ni_syscall through a weak alias.
 */
#include <asm/percpu.h>
#include <asm/ptregs.h>
#include <asm/syscall_nr.h>
#include <linnet/errno.h>
#include <linnet/syscall_trace.h>
#include <linnet/task.h>
#include <linnet/types.h>

long sys_ni_syscall(void);
long sys_ni_syscall(void)
{
	syscall_missing((u64)task_regs(current)->syscallno);
	return -ENOSYS;
}

#define SYSCALL_HOLE(nr)
#define __SYSCALL(nr, fn)                                                      \
	long fn(void) __attribute__((weak, alias("sys_ni_syscall")));
#include "syscall_list.h"
#undef __SYSCALL
#undef SYSCALL_HOLE

typedef long (*syscall_fn)(void);

#define __SYSCALL(nr, fn) [nr] = fn,
#define SYSCALL_HOLE(nr)  [nr] = sys_ni_syscall,
extern const syscall_fn sys_call_table[NR_SYSCALLS];
const syscall_fn sys_call_table[NR_SYSCALLS] = {
#include "syscall_list.h"
};

/* How often each was called, per CPU; counted by entry.S. */
DEFINE_PERCPU(u64[NR_SYSCALLS], syscall_counts);
