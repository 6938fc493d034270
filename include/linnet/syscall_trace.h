/*
 * What programs ask of the system-call table, told in the kernel's log.
 */
#ifndef LINNET_SYSCALL_TRACE_H
#define LINNET_SYSCALL_TRACE_H

#include <linnet/types.h>

/* An exec has named the current task: is it to be traced? */
void syscall_trace_exec(void);

/*
 * A traced call before and after; @fn is the table's entry, @args are six. Those that
 * do not return are told before.
 */
void syscall_trace_enter(u64 nr, u64 fn, const u64 *args);
void syscall_trace_exit(u64 nr, u64 fn, const u64 *args, long ret);

/* A call that is not there: named once per program, at debug level. */
void syscall_missing(u64 nr);

#endif
