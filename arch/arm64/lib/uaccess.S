/*
 * Copies between kernel and user memory with exception-table fixups.
 *
 * size_t __arch_copy_{to,from}_user(to, from, n): bytes NOT copied.
 * User accesses use the unprivileged forms for scalars (uaccess.h); here plain
 * loads and stores do, inside the window opened by uaccess_enable (PAN).
 *
 * A fault inside the 64-byte loop restarts the rest byte by byte, so that the
 * count is exact: x3 = how far we got when the block began.
 */
#include <asm/page.h>

	.macro	ext from, to
	.pushsection .extable, "a"
	.balign 4
	.long	\from - .
	.long	\to - .
	.popsection
	.endm

/*
 * The same body serves both directions: only one side of each pair can fault,
 * but a fixup on the other costs nothing. x0 = to, x1 = from, x2 = n.
 */
	.macro	copy_body
	add	x5, x0, x2		/* end of destination */
	cmp	x2, #16
	b.lo	30f
	subs	x2, x2, #64
	b.lo	20f
10:	ldp	x6, x7, [x1]
11:	ldp	x8, x9, [x1, #16]
12:	ldp	x10, x11, [x1, #32]
13:	ldp	x12, x13, [x1, #48]
14:	stp	x6, x7, [x0]
15:	stp	x8, x9, [x0, #16]
16:	stp	x10, x11, [x0, #32]
17:	stp	x12, x13, [x0, #48]
	add	x1, x1, #64
	add	x0, x0, #64
	subs	x2, x2, #64
	b.hs	10b
20:	add	x2, x2, #64		/* 0 ... 63 left */
	tbz	x2, #5, 1f
21:	ldp	x6, x7, [x1]
22:	ldp	x8, x9, [x1, #16]
23:	stp	x6, x7, [x0]
24:	stp	x8, x9, [x0, #16]
	add	x1, x1, #32
	add	x0, x0, #32
1:	tbz	x2, #4, 30f
25:	ldp	x6, x7, [x1]
26:	stp	x6, x7, [x0]
	add	x1, x1, #16
	add	x0, x0, #16
30:	tbz	x2, #3, 1f
31:	ldr	x6, [x1]
32:	str	x6, [x0]
	add	x1, x1, #8
	add	x0, x0, #8
1:	tbz	x2, #2, 1f
33:	ldr	w6, [x1]
34:	str	w6, [x0]
	add	x1, x1, #4
	add	x0, x0, #4
1:	tbz	x2, #1, 1f
35:	ldrh	w6, [x1]
36:	strh	w6, [x0]
	add	x1, x1, #2
	add	x0, x0, #2
1:	tbz	x2, #0, 1f
37:	ldrb	w6, [x1]
38:	strb	w6, [x0]
1:	mov	x0, #0
	ret
	/* x0 and x1 are exact up to the failing block: finish by bytes. */
40:	cmp	x0, x5
	b.eq	1b
41:	ldrb	w6, [x1], #1
42:	strb	w6, [x0], #1
	b	40b
43:	sub	x0, x5, x0		/* the byte that cannot be had */
	ret
	.irp	l, 10b, 11b, 12b, 13b, 14b, 15b, 16b, 17b, 21b, 22b, 23b, \
		24b, 25b, 26b, 31b, 32b, 33b, 34b, 35b, 36b, 37b, 38b
	ext	\l, 40b
	.endr
	ext	41b, 43b
	ext	42b, 43b
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
