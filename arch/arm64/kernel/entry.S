/*
 * Exception entry and return, system-call dispatch, context switch.
 *
 * Register frame: struct pt_regs on the kernel stack. On entry from EL0 the
 * stack pointer is the top of the task's stack, where the task's own address
 * is stored; it is loaded into x18, which is `current` as long as the CPU is in
 * the kernel (-ffixed-x18). From EL1 it is already there.
 *
 * SP_EL0, ELR_EL1 and SPSR_EL1 mostly still hold what a system call came with:
 * they are written on the way out only if that is not what the frame says. A
 * write serialises the CPU, and ends a block of QEMU's translator.
 *
 * Interrupts run on the CPU's interrupt stack.
 */
#include <asm/boot_branch.h>
#include <asm/page.h>
#include <asm/ptregs.h>
#include <asm/syscall_nr.h>
#include <asm/sysreg.h>
#include <asm/thread.h>

tsk	.req	x18

	.macro	save_gprs
	stp	x0, x1, [sp, #16 * 0]
	stp	x2, x3, [sp, #16 * 1]
	stp	x4, x5, [sp, #16 * 2]
	stp	x6, x7, [sp, #16 * 3]
	stp	x8, x9, [sp, #16 * 4]
	stp	x10, x11, [sp, #16 * 5]
	stp	x12, x13, [sp, #16 * 6]
	stp	x14, x15, [sp, #16 * 7]
	stp	x16, x17, [sp, #16 * 8]
	stp	x18, x19, [sp, #16 * 9]
	stp	x20, x21, [sp, #16 * 10]
	stp	x22, x23, [sp, #16 * 11]
	stp	x24, x25, [sp, #16 * 12]
	stp	x26, x27, [sp, #16 * 13]
	stp	x28, x29, [sp, #16 * 14]
	.endm

	.macro	restore_gprs_and_return
	ldp	x0, x1, [sp, #16 * 0]
	ldp	x2, x3, [sp, #16 * 1]
	ldp	x4, x5, [sp, #16 * 2]
	ldp	x6, x7, [sp, #16 * 3]
	ldp	x8, x9, [sp, #16 * 4]
	ldp	x10, x11, [sp, #16 * 5]
	ldp	x12, x13, [sp, #16 * 6]
	ldp	x14, x15, [sp, #16 * 7]
	ldp	x16, x17, [sp, #16 * 8]
	ldp	x18, x19, [sp, #16 * 9]
	ldp	x20, x21, [sp, #16 * 10]
	ldp	x22, x23, [sp, #16 * 11]
	ldp	x24, x25, [sp, #16 * 12]
	ldp	x26, x27, [sp, #16 * 13]
	ldp	x28, x29, [sp, #16 * 14]
	ldr	x30, [sp, #PT_LR]
	add	sp, sp, #PT_SIZE
	eret
	.endm

/* Pointer authentication: the kernel's key, pauth.c. Changes x9, x10. */
	.macro	load_kernel_key
	ldp	x9, x10, [tsk, #TI_PAC_KEY]
	msr	s3_0_c2_c1_0, x9	/* APIAKeyLo, Hi_EL1 */
	msr	s3_0_c2_c1_1, x10
	.endm

	.macro	kernel_key
	load_kernel_key
	ldr	x9, [tsk, #TI_PAUTH_ENABLED]
	tbnz	x9, #SCTLR_EnIA_BIT, 773f
	mrs	x9, sctlr_el1
	orr	x9, x9, #SCTLR_EnIA
	msr	sctlr_el1, x9
773:	isb
	.endm

/* The program's key; no function that signs or checks comes before eret. */
	.macro	user_key
	ldp	x9, x10, [tsk, #TI_PAUTH]
	msr	s3_0_c2_c1_0, x9
	msr	s3_0_c2_c1_1, x10
	ldr	x9, [tsk, #TI_PAUTH_ENABLED]
	tbnz	x9, #SCTLR_EnIA_BIT, 773f
	mrs	x9, sctlr_el1
	bic	x9, x9, #SCTLR_EnIA
	msr	sctlr_el1, x9
773:
	.endm

	.macro	next_key
	load_kernel_key
	isb
	.endm

/* From EL0: leaves tsk, x22 = pc, x23 = pstate; x0-x7 and x8 untouched. */
	.macro	enter_from_user
	save_gprs
	mrs	x22, elr_el1
	mrs	x23, spsr_el1
	mrs	x21, sp_el0
	ldr	tsk, [sp, #PT_SIZE]
	stp	x30, x21, [sp, #PT_LR]
	stp	x22, x23, [sp, #PT_PC]
	stp	xzr, xzr, [sp, #PT_FRAME]
	with_pauth kernel_key, add x29, sp, #PT_FRAME
	.endm

	.macro	enter_from_kernel
	save_gprs
	mrs	x22, elr_el1
	mrs	x23, spsr_el1
	add	x21, sp, #PT_SIZE
	stp	x30, x21, [sp, #PT_LR]
	stp	x22, x23, [sp, #PT_PC]
	stp	x29, x22, [sp, #PT_FRAME]
	add	x29, sp, #PT_FRAME
	mov	x9, #-1
	str	x9, [sp, #PT_SYSCALLNO]
	.endm


/*
 * Vectors (Arm ARM D1.3.1). From EL1 the frame is only pushed if the stack
 * pointer did not run into the guard below the stack: stacks are aligned to
 * twice their size, so one bit of the address tells.
 */
	.macro	vector_el0 label
	.balign 128
	sub	sp, sp, #PT_SIZE
	b	\label
	.endm

	.macro	vector_el1 label
	.balign 128
	sub	sp, sp, #PT_SIZE
	/* sp and x0 change places by sums, without another register */
	add	sp, sp, x0
	sub	x0, sp, x0
	tbnz	x0, #THREAD_SHIFT, 1f
	sub	x0, sp, x0
	sub	sp, sp, x0
	b	\label
1:	msr	tpidr_el0, x0		/* the user's value is lost: we panic */
	b	stack_overflow
	.endm

	.section .vectors, "ax"
	.balign 2048
	.globl vectors
vectors:
	vector_el1 el1_bad		/* EL1t: never used */
	vector_el1 el1_bad
	vector_el1 el1_bad
	vector_el1 el1_bad
	vector_el1 el1_sync
	vector_el1 el1_irq
	vector_el1 el1_bad
	vector_el1 el1_serror
	vector_el0 el0_sync
	vector_el0 el0_irq
	vector_el0 el0_bad
	vector_el0 el0_serror
	vector_el0 el0_bad		/* AArch32 */
	vector_el0 el0_bad
	vector_el0 el0_bad
	vector_el0 el0_bad

	.text
	.balign 64
el0_sync:
	enter_from_user
	mrs	x25, esr_el1
	lsr	x24, x25, #ESR_EC_SHIFT
	cmp	x24, #EC_SVC64
	b.ne	el0_other

	/* System call: x8 = number, x0-x5 = arguments, still in place. */
	ldr	w9, [tsk, #TI_FLAGS]
	str	x0, [sp, #PT_ORIG_X0]
	mov	w8, w8
	str	x8, [sp, #PT_SYSCALLNO]
	tst	w9, #TIF_SYSCALL_WORK
	b.ne	el0_svc_traced
	cmp	x8, #NR_SYSCALLS
	b.hs	el0_svc_unknown
	adrp	x10, sys_call_table
	add	x10, x10, :lo12:sys_call_table
	ldr	x10, [x10, x8, lsl #3]
	ldr	x11, [tsk, #TI_PERCPU]
	adrp	x12, syscall_counts
	add	x12, x12, :lo12:syscall_counts
	add	x12, x12, x11
	ldr	x13, [x12, x8, lsl #3]
	add	x13, x13, #1
	str	x13, [x12, x8, lsl #3]
	msr	daifclr, #2
	blr	x10
	str	x0, [sp]

	.globl ret_to_user
ret_to_user:
	msr	daifset, #2
	ldr	w9, [tsk, #TI_FLAGS]
	tst	w9, #TIF_WORK_MASK
	b.ne	work_pending
finish_ret_to_user:
	ldp	x22, x23, [sp, #PT_PC]
	with_pauth user_key, ldr x21, [sp, #PT_SP]
	mrs	x9, elr_el1
	mrs	x10, spsr_el1
	mrs	x11, sp_el0
	cmp	x9, x22
	ccmp	x10, x23, #0, eq
	b.eq	1f
	msr	elr_el1, x22
	msr	spsr_el1, x23
1:	cmp	x11, x21
	b.eq	2f
	msr	sp_el0, x21
2:	restore_gprs_and_return

work_pending:
	mov	x0, sp
	bl	exit_to_user_work	/* returns with interrupts off */
	b	finish_ret_to_user

el0_svc_unknown:
	msr	daifclr, #2
	mov	x0, x8
	bl	sys_unknown
	str	x0, [sp]
	b	ret_to_user

el0_svc_traced:
	msr	daifclr, #2
	mov	x0, sp
	bl	syscall_traced
	b	ret_to_user

el0_other:
	mov	x9, #-1
	str	x9, [sp, #PT_SYSCALLNO]
	mrs	x2, far_el1
	mov	x0, sp
	mov	x1, x25
	bl	el0_exception
	b	ret_to_user

el0_irq:
	enter_from_user
	mov	x9, #-1
	str	x9, [sp, #PT_SYSCALLNO]
	bl	run_irq
	b	ret_to_user

el0_serror:
	enter_from_user
	mov	x0, sp
	mrs	x1, esr_el1
	bl	serror_exception
	b	ret_to_user

el0_bad:
	enter_from_user
	mov	x9, #-1
	str	x9, [sp, #PT_SYSCALLNO]
	mov	x0, sp
	mrs	x1, esr_el1
	mrs	x2, far_el1
	bl	el0_bad_vector
	b	ret_to_user

el1_sync:
	enter_from_kernel
	mov	x0, sp
	mrs	x1, esr_el1
	mrs	x2, far_el1
	bl	el1_exception
	b	ret_to_kernel

el1_irq:
	enter_from_kernel
	bl	run_irq
	ldr	x9, [tsk, #TI_PREEMPT]
	cbnz	x9, ret_to_kernel
	bl	preempt_schedule_irq

ret_to_kernel:
	ldp	x22, x23, [sp, #PT_PC]
	msr	elr_el1, x22
	msr	spsr_el1, x23
	restore_gprs_and_return

el1_serror:
	enter_from_kernel
	mov	x0, sp
	mrs	x1, esr_el1
	bl	serror_exception
	b	ret_to_kernel

el1_bad:
	enter_from_kernel
	mov	x0, sp
	mrs	x1, esr_el1
	mrs	x2, far_el1
	bl	el1_bad_vector
	b	.

/* The frame did not fit: report on the CPU's overflow stack. */
stack_overflow:
	sub	x0, sp, x0		/* the interrupted x0 */
	msr	tpidrro_el0, x0
	adrp	x0, overflow_stack + 4096
	add	x0, x0, :lo12:overflow_stack + 4096
	mov	sp, x0
	ldr	x0, [tsk, #TI_PERCPU]
	add	sp, sp, x0
	sub	sp, sp, #PT_SIZE
	mrs	x0, tpidrro_el0
	save_gprs
	mrs	x21, tpidr_el0
	mrs	x22, elr_el1
	mrs	x23, spsr_el1
	stp	x30, x21, [sp, #PT_LR]
	stp	x22, x23, [sp, #PT_PC]
	stp	x29, x22, [sp, #PT_FRAME]
	add	x29, sp, #PT_FRAME
	mov	x0, sp
	mrs	x1, esr_el1
	mrs	x2, far_el1
	bl	stack_overflow_panic
	b	.

/* Call irq_entry(regs) on the interrupt stack unless already there. */
run_irq:
	mov	x0, sp
	mov	x19, sp
	mov	x20, x30
	adrp	x9, irq_stack_ptr
	add	x9, x9, :lo12:irq_stack_ptr
	ldr	x10, [tsk, #TI_PERCPU]
	ldr	x9, [x9, x10]
	cbz	x9, 1f			/* before the stacks exist */
	ldr	w11, [tsk, #TI_PREEMPT]
	tst	w11, #0xf0000		/* HARDIRQ_MASK: nested */
	b.ne	1f
	mov	sp, x9
1:	bl	irq_entry
	mov	sp, x19
	ret	x20

/* First return of a new user task. x0 = previous task. */
	.globl ret_from_fork
ret_from_fork:
	bl	schedule_tail
	cbz	x19, 1f
	mov	x0, x20
	blr	x19			/* kernel thread: fn(arg) */
	bl	kthread_returned	/* 0: it has become a user task */
1:	b	ret_to_user

/*
 * struct task *cpu_switch_to(prev, next): save callee-saved registers of
 * prev, load those of next, change stacks; returns prev in next's context.
 */
	.globl cpu_switch_to
cpu_switch_to:
	add	x8, x0, #TI_CPU_CONTEXT
	add	x9, x1, #TI_CPU_CONTEXT
	mov	x10, sp
	stp	x19, x20, [x8], #16
	stp	x21, x22, [x8], #16
	stp	x23, x24, [x8], #16
	stp	x25, x26, [x8], #16
	stp	x27, x28, [x8], #16
	stp	x29, x10, [x8], #16
	str	x30, [x8]
	ldp	x19, x20, [x9], #16
	ldp	x21, x22, [x9], #16
	ldp	x23, x24, [x9], #16
	ldp	x25, x26, [x9], #16
	ldp	x27, x28, [x9], #16
	ldp	x29, x10, [x9], #16
	ldr	x30, [x9]
	mov	sp, x10
	with_pauth next_key, mov tsk, x1
	msr	tpidr_el1, x1		/* for the stack protector */
	ret

/* void fpsimd_save(struct fpsimd_state *), fpsimd_load(const ...) */
	.arch_extension fp
	.arch_extension simd
	.macro	fp_regs insn
	\insn	q0, q1, [x0, #16 * 0]
	\insn	q2, q3, [x0, #16 * 2]
	\insn	q4, q5, [x0, #16 * 4]
	\insn	q6, q7, [x0, #16 * 6]
	\insn	q8, q9, [x0, #16 * 8]
	\insn	q10, q11, [x0, #16 * 10]
	\insn	q12, q13, [x0, #16 * 12]
	\insn	q14, q15, [x0, #16 * 14]
	\insn	q16, q17, [x0, #16 * 16]
	\insn	q18, q19, [x0, #16 * 18]
	\insn	q20, q21, [x0, #16 * 20]
	\insn	q22, q23, [x0, #16 * 22]
	\insn	q24, q25, [x0, #16 * 24]
	\insn	q26, q27, [x0, #16 * 26]
	\insn	q28, q29, [x0, #16 * 28]
	\insn	q30, q31, [x0, #16 * 30]
	.endm
	.globl fpsimd_save
fpsimd_save:
	fp_regs	stp
	mrs	x1, fpsr
	mrs	x2, fpcr
	add	x0, x0, #16 * 32
	stp	w1, w2, [x0]
	ret
	.globl fpsimd_load
fpsimd_load:
	fp_regs	ldp
	add	x0, x0, #16 * 32
	ldp	w1, w2, [x0]
	msr	fpsr, x1
	msr	fpcr, x2
	ret
