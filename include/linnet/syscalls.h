/*
 * System call definitions.
 *
 * SYSCALL_DEFINEn(name, type, arg, ...) defines sys_name() with the uniform
 * register signature the table wants, around a typed inline body. The table
 * (kernel/syscall_table.c) is made from the UAPI number list; a call nobody
 * defines is a weak alias of sys_ni_syscall, which returns -ENOSYS.
 */
#ifndef LINNET_SYSCALLS_H
#define LINNET_SYSCALLS_H

#include <asm/uaccess.h>
#include <linnet/errno.h>
#include <linnet/types.h>

#define SC_REGS6 u64 r0, u64 r1, u64 r2, u64 r3, u64 r4, u64 r5

#define SYSCALL_DEFINE0(name)                                                  \
	static inline long do_sys_##name(void);                                \
	long sys_##name(void);                                                 \
	long sys_##name(void)                                                  \
	{                                                                      \
		return do_sys_##name();                                        \
	}                                                                      \
	static inline long do_sys_##name(void)
#define SYSCALL_DEFINE1(name, t0, a0)                                          \
	static inline long do_sys_##name(t0 a0);                               \
	long sys_##name(u64 r0);                                               \
	long sys_##name(u64 r0)                                                \
	{                                                                      \
		return do_sys_##name((t0)r0);                                  \
	}                                                                      \
	static inline long do_sys_##name(t0 a0)
#define SYSCALL_DEFINE2(name, t0, a0, t1, a1)                                  \
	static inline long do_sys_##name(t0 a0, t1 a1);                        \
	long sys_##name(u64 r0, u64 r1);                                       \
	long sys_##name(u64 r0, u64 r1)                                        \
	{                                                                      \
		return do_sys_##name((t0)r0, (t1)r1);                          \
	}                                                                      \
	static inline long do_sys_##name(t0 a0, t1 a1)
#define SYSCALL_DEFINE3(name, t0, a0, t1, a1, t2, a2)                          \
	static inline long do_sys_##name(t0 a0, t1 a1, t2 a2);                 \
	long sys_##name(u64 r0, u64 r1, u64 r2);                               \
	long sys_##name(u64 r0, u64 r1, u64 r2)                                \
	{                                                                      \
		return do_sys_##name((t0)r0, (t1)r1, (t2)r2);                  \
	}                                                                      \
	static inline long do_sys_##name(t0 a0, t1 a1, t2 a2)
#define SYSCALL_DEFINE4(name, t0, a0, t1, a1, t2, a2, t3, a3)                  \
	static inline long do_sys_##name(t0 a0, t1 a1, t2 a2, t3 a3);          \
	long sys_##name(u64 r0, u64 r1, u64 r2, u64 r3);                       \
	long sys_##name(u64 r0, u64 r1, u64 r2, u64 r3)                        \
	{                                                                      \
		return do_sys_##name((t0)r0, (t1)r1, (t2)r2, (t3)r3);          \
	}                                                                      \
	static inline long do_sys_##name(t0 a0, t1 a1, t2 a2, t3 a3)
#define SYSCALL_DEFINE5(name, t0, a0, t1, a1, t2, a2, t3, a3, t4, a4)          \
	static inline long do_sys_##name(t0 a0, t1 a1, t2 a2, t3 a3, t4 a4);   \
	long sys_##name(u64 r0, u64 r1, u64 r2, u64 r3, u64 r4);               \
	long sys_##name(u64 r0, u64 r1, u64 r2, u64 r3, u64 r4)                \
	{                                                                      \
		return do_sys_##name((t0)r0, (t1)r1, (t2)r2, (t3)r3, (t4)r4);  \
	}                                                                      \
	static inline long do_sys_##name(t0 a0, t1 a1, t2 a2, t3 a3, t4 a4)
#define SYSCALL_DEFINE6(name, t0, a0, t1, a1, t2, a2, t3, a3, t4, a4, t5, a5)  \
	static inline long do_sys_##name(t0 a0, t1 a1, t2 a2, t3 a3, t4 a4,    \
					 t5 a5);                               \
	long sys_##name(SC_REGS6);                                             \
	long sys_##name(SC_REGS6)                                              \
	{                                                                      \
		return do_sys_##name((t0)r0, (t1)r1, (t2)r2, (t3)r3, (t4)r4,   \
				     (t5)r5);                                  \
	}                                                                      \
	static inline long do_sys_##name(t0 a0, t1 a1, t2 a2, t3 a3, t4 a4,    \
					 t5 a5)

#endif
