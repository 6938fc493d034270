/* Size of the system-call table, for entry.S and kernel/syscall_table.c. */
#ifndef ASM_SYSCALL_NR_H
#define ASM_SYSCALL_NR_H

#define NR_SYSCALLS 512

#endif
