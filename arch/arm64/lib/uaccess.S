/*
 * Copies between kernel and user memory with exception-table fixups.
 *
 * size_t __arch_copy_{to,from}_user(to, from, n): bytes NOT copied.
 * User accesses use the unprivileged forms for scalars (uaccess.h), which PAN
 * does not mind. Here plain loads and stores move twice as much, and PAN is off
 * meanwhile: on a CPU that has it early_map.c makes the first instruction of
 * each function a branch to its pan_ form. A CPU without it pays nothing.
 *
 * A fault restarts the rest byte by byte, so that the count is exact. Every
 * store moves x0 on as it is done; x1 may be ahead of it, so it is worked out
 * again from x4, the end of the source.
 */
#include <asm/boot_branch.h>
#include <asm/page.h>
#include <asm/sysreg.h>

	.macro	ext from, to
	.pushsection .extable, "a"
	.balign 4
	.long	\from - .
	.long	\to - .
	.popsection
	.endm

	/* Every instruction of [from, end) goes on at \to. */
	.macro	ext_range from, end, to
	.set	ext_at, 0
	.rept	(\end - \from) / 4
	ext	\from + ext_at, \to
	.set	ext_at, ext_at + 4
	.endr
	.endm

/*
 * The same body serves both directions: only one side of each pair can fault,
 * but a fixup on the other costs nothing. x0 = to, x1 = from, x2 = n.
 */
	.macro	copy_body
	add	x4, x1, x2		/* ends */
	add	x5, x0, x2
	cmp	x2, #64
	b.lo	20f
	subs	x2, x2, #128
	b.lo	15f
10:	ldp	x6, x7, [x1], #16	/* 128 bytes a round */
	ldp	x8, x9, [x1], #16
	ldp	x10, x11, [x1], #16
	ldp	x12, x13, [x1], #16
	stp	x6, x7, [x0], #16
	stp	x8, x9, [x0], #16
	stp	x10, x11, [x0], #16
	stp	x12, x13, [x0], #16
	ldp	x6, x7, [x1], #16
	ldp	x8, x9, [x1], #16
	ldp	x10, x11, [x1], #16
	ldp	x12, x13, [x1], #16
	stp	x6, x7, [x0], #16
	stp	x8, x9, [x0], #16
	stp	x10, x11, [x0], #16
	stp	x12, x13, [x0], #16
11:	subs	x2, x2, #128
	b.hs	10b
15:	add	x2, x2, #128		/* 0 ... 127 left */
	tbz	x2, #6, 20f
16:	ldp	x6, x7, [x1], #16
	ldp	x8, x9, [x1], #16
	ldp	x10, x11, [x1], #16
	ldp	x12, x13, [x1], #16
	stp	x6, x7, [x0], #16
	stp	x8, x9, [x0], #16
	stp	x10, x11, [x0], #16
	stp	x12, x13, [x0], #16
17:
20:	tbz	x2, #5, 1f
21:	ldp	x6, x7, [x1], #16
	ldp	x8, x9, [x1], #16
	stp	x6, x7, [x0], #16
	stp	x8, x9, [x0], #16
22:
1:	tbz	x2, #4, 1f
23:	ldp	x6, x7, [x1], #16
	stp	x6, x7, [x0], #16
24:
1:	tbz	x2, #3, 1f
25:	ldr	x6, [x1], #8
	str	x6, [x0], #8
26:
1:	tbz	x2, #2, 1f
27:	ldr	w6, [x1], #4
	str	w6, [x0], #4
28:
1:	tbz	x2, #1, 1f
29:	ldrh	w6, [x1], #2
	strh	w6, [x0], #2
30:
1:	tbz	x2, #0, 1f
31:	ldrb	w6, [x1]
	strb	w6, [x0]
32:
1:	mov	x0, #0
	ret
	/* The rest by bytes, from where the stores have come to. */
40:	sub	x6, x5, x0
	sub	x1, x4, x6
41:	cmp	x0, x5
	b.eq	1b
42:	ldrb	w6, [x1], #1
43:	strb	w6, [x0], #1
	b	41b
44:	sub	x0, x5, x0		/* the byte that cannot be had */
	ret
	ext_range 10b, 11b, 40b
	ext_range 16b, 17b, 40b
	ext_range 21b, 22b, 40b
	ext_range 23b, 24b, 40b
	ext_range 25b, 26b, 40b
	ext_range 27b, 28b, 40b
	ext_range 29b, 30b, 40b
	ext_range 31b, 32b, 40b
	ext	42b, 44b
	ext	43b, 44b
	.endm

	/*
	 * With PAN: \fn is \first, followed by what this calls. x15 is free in
	 * all of them.
	 */
	.macro	pan_form fn, first:vararg
pan_\fn:
	mov	x15, x30
	SET_PAN(0)
	\first
	bl	\fn + 4
	SET_PAN(1)
	ret	x15
	boot_branch FEATURE_PAN, \fn, pan_\fn
	.endm

	.text
	.balign 64
	.globl __arch_copy_to_user
__arch_copy_to_user:
	copy_body

	.balign 64
	.globl __arch_copy_from_user
__arch_copy_from_user:
	copy_body

/* size_t __arch_clear_user(to, n): bytes not cleared */
	.balign 64
	.globl __arch_clear_user
__arch_clear_user:
	add	x5, x0, x1
	subs	x1, x1, #32
	b.lo	2f
1:	stp	xzr, xzr, [x0]
11:	stp	xzr, xzr, [x0, #16]
	add	x0, x0, #32
	subs	x1, x1, #32
	b.hs	1b
2:	cmp	x0, x5
	b.eq	4f
3:	strb	wzr, [x0], #1
	b	2b
4:	mov	x0, #0
	ret
5:	sub	x0, x5, x0
	ret
	ext	1b, 2b
	ext	11b, 2b
	ext	3b, 5b

	pan_form __arch_copy_to_user, add x4, x1, x2
	pan_form __arch_copy_from_user, add x4, x1, x2
	pan_form __arch_clear_user, add x5, x0, x1
