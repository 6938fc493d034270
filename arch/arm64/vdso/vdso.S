/*
 * The vDSO's code: clock reads without a system call, and the return from
 * signal handlers. The data page (struct vdso_data, vdso.c) lies one page below.
 *
 * int __kernel_clock_gettime(clockid_t, struct timespec *)
 * int __kernel_gettimeofday(struct timeval *, struct timezone *)
 * int __kernel_clock_getres(clockid_t, struct timespec *)
 */
#include "vdso_data.h"

#define __NR_rt_sigreturn	139
#define __NR_gettimeofday	169
#define __NR_clock_gettime	113
#define __NR_clock_getres	114

/* BTI C, a NOP to CPUs without FEAT_BTI: the page is mapped guarded. */
	.macro	landing_pad
	hint	#34
	.endm

/* The file says so: GNU_PROPERTY_AARCH64_FEATURE_1_AND = BTI. */
	.section .note.gnu.property, "a"
	.balign 8
	.long	4, 16, 5
	.asciz	"GNU"
	.long	0xc0000000, 4, 1, 0

	.text

/* Reached by RET, so without a landing pad. A NOP before the symbol: unwinders look up pc - 4 */
	nop
	.globl __kernel_rt_sigreturn
	.type __kernel_rt_sigreturn, %function
__kernel_rt_sigreturn:
	mov	x8, #__NR_rt_sigreturn
	svc	#0
	.size __kernel_rt_sigreturn, . - __kernel_rt_sigreturn

/*
 * x9 = data page; returns x10 = ns since the clock's origin: real time if \real
 * is not 0. Clobbers x4-x6 and x11-x16.
 */
	.macro	read_clock real
	adr	x9, vdso_data
1:	ldr	w11, [x9, #VD_SEQ]
	tbnz	w11, #0, 1b
	dmb	ishld
	ldr	x12, [x9, #VD_MULT]
	.if \real
	ldp	x14, x4, [x9, #VD_REAL_OFFSET]
	ldr	x5, [x9, #VD_REAL_RATE]
	.endif
	isb
	mrs	x15, cntvct_el0
	dmb	ishld
	ldr	w16, [x9, #VD_SEQ]
	cmp	w16, w11
	b.ne	1b
	/* (cycles * mult) >> shift, 128 bits */
	mul	x10, x15, x12
	umulh	x15, x15, x12
	extr	x10, x15, x10, #VD_TIME_SHIFT
	.if \real
	/* + offset + ((ns - since) * rate >> 32) */
	sub	x4, x10, x4
	add	x10, x10, x14
	mul	x6, x4, x5
	smulh	x4, x4, x5
	extr	x6, x4, x6, #32
	add	x10, x10, x6
	.endif
	.endm

/* x10 ns -> x12 s, x10 ns rest */
	.macro	split_seconds
	ldr	x11, [x9, #VD_BILLION]
	udiv	x12, x10, x11
	msub	x10, x12, x11, x10
	.endm

	.balign 64
	.globl __kernel_clock_gettime
	.type __kernel_clock_gettime, %function
__kernel_clock_gettime:
	landing_pad
	/* 0 REALTIME, 5 its COARSE; 1 MONOTONIC, 4 RAW, 6 COARSE, 7 BOOTTIME */
	cmp	w0, #1
	b.ne	2f
0:	read_clock 0
	split_seconds
	stp	x12, x10, [x1]
	mov	w0, #0
	ret
2:	cmp	w0, #7
	b.hi	3f
	mov	w2, #1
	lsl	w2, w2, w0
	mov	w3, #0xd0
	tst	w2, w3
	b.ne	0b
	mov	w3, #0x21
	tst	w2, w3
	b.eq	3f
	read_clock 1
	split_seconds
	stp	x12, x10, [x1]
	mov	w0, #0
	ret
3:	mov	x8, #__NR_clock_gettime
	svc	#0
	ret
	.size __kernel_clock_gettime, . - __kernel_clock_gettime

	.balign 64
	.globl __kernel_gettimeofday
	.type __kernel_gettimeofday, %function
__kernel_gettimeofday:
	landing_pad
	cbnz	x1, 3f			/* the zone is the kernel's business */
	cbz	x0, 4f
	mov	x2, x0
	read_clock 1
	split_seconds
	mov	x11, #1000
	udiv	x10, x10, x11
	stp	x12, x10, [x2]
4:	mov	w0, #0
	ret
3:	mov	x8, #__NR_gettimeofday
	svc	#0
	ret
	.size __kernel_gettimeofday, . - __kernel_gettimeofday

	.balign 64
	.globl __kernel_clock_getres
	.type __kernel_clock_getres, %function
__kernel_clock_getres:
	landing_pad
	mov	x8, #__NR_clock_getres
	svc	#0
	ret
	.size __kernel_clock_getres, . - __kernel_clock_getres
