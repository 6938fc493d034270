/*
 * memcpy, memmove, memset, page copy and clear. General registers only: the
 * kernel does not touch the FP registers of user programs.
 *
 * Unaligned accesses are fine on normal memory, so short tails are done with
 * overlapping accesses from both ends.
 */
#include <asm/page.h>

	.text

	/* The debug build's sanitizer puts functions of its own over these. */
	.macro	entry name
#ifdef CONFIG_DEBUG
	.weak	\name
	.globl	__\name
__\name:
#else
	.globl	\name
#endif
\name:
	.endm

/* void *memcpy(void *dst, const void *src, size_t n); also memmove upwards */
	.balign 64
	entry memcpy
	add	x4, x1, x2		/* ends */
	add	x5, x0, x2
	cmp	x2, #16
	b.hi	2f
	tbz	x2, #3, 1f		/* fewer than 8, or exactly 16 */
	tbnz	x2, #4, 9f
	ldr	x6, [x1]
	ldr	x7, [x4, #-8]
	str	x6, [x0]
	str	x7, [x5, #-8]
	ret
9:	ldp	x6, x7, [x1]
	stp	x6, x7, [x0]
	ret
1:	tbnz	x2, #4, 9b
	tbz	x2, #2, 1f
	ldr	w6, [x1]
	ldr	w7, [x4, #-4]
	str	w6, [x0]
	str	w7, [x5, #-4]
	ret
1:	cbz	x2, 1f
	lsr	x8, x2, #1
	ldrb	w6, [x1]
	ldrb	w7, [x1, x8]
	ldrb	w9, [x4, #-1]
	strb	w6, [x0]
	strb	w7, [x0, x8]
	strb	w9, [x5, #-1]
1:	ret

2:	cmp	x2, #64
	b.hi	3f
	ldp	x6, x7, [x1]		/* 17 ... 64 */
	ldp	x8, x9, [x4, #-16]
	cmp	x2, #32
	b.ls	1f
	ldp	x10, x11, [x1, #16]
	ldp	x12, x13, [x4, #-32]
	stp	x10, x11, [x0, #16]
	stp	x12, x13, [x5, #-32]
1:	stp	x6, x7, [x0]
	stp	x8, x9, [x5, #-16]
	ret

3:	ldp	x14, x15, [x4, #-64]	/* the tail, read before any store */
	ldp	x16, x17, [x4, #-48]
	mov	x3, x0
	sub	x2, x2, #64
4:	ldp	x6, x7, [x1]
	ldp	x8, x9, [x1, #16]
	ldp	x10, x11, [x1, #32]
	ldp	x12, x13, [x1, #48]
	add	x1, x1, #64
	stp	x6, x7, [x3]
	stp	x8, x9, [x3, #16]
	stp	x10, x11, [x3, #32]
	stp	x12, x13, [x3, #48]
	add	x3, x3, #64
	subs	x2, x2, #64
	b.hi	4b
	ldp	x6, x7, [x4, #-32]
	ldp	x8, x9, [x4, #-16]
	stp	x14, x15, [x5, #-64]
	stp	x16, x17, [x5, #-48]
	stp	x6, x7, [x5, #-32]
	stp	x8, x9, [x5, #-16]
	ret

/* void *memmove(void *dst, const void *src, size_t n) */
	.balign 64
	entry memmove
	sub	x3, x0, x1
	cmp	x3, x2
	b.hs	5f			/* dst below src, or apart */
	add	x4, x1, x2		/* overlapping, dst above: downwards */
	add	x5, x0, x2
1:	subs	x2, x2, #16
	b.lo	2f
	ldp	x6, x7, [x4, #-16]!
	stp	x6, x7, [x5, #-16]!
	b	1b
2:	adds	x2, x2, #16
	b.eq	4f
3:	ldrb	w6, [x4, #-1]!
	strb	w6, [x5, #-1]!
	subs	x2, x2, #1
	b.ne	3b
4:	ret
5:	sub	x3, x1, x0		/* overlapping, dst below: upwards */
	cmp	x3, x2
#ifdef CONFIG_DEBUG
	b.hs	__memcpy
#else
	b.hs	memcpy
#endif
	mov	x3, x0
6:	subs	x2, x2, #8
	b.lo	7f
	ldr	x6, [x1], #8
	cmp	x3, x1
	str	x6, [x3], #8
	b	6b
7:	adds	x2, x2, #8
	b.eq	9f
8:	ldrb	w6, [x1], #1
	strb	w6, [x3], #1
	subs	x2, x2, #1
	b.ne	8b
9:	ret

/* void *memset(void *dst, int c, size_t n) */
	.balign 64
	entry memset
	and	x1, x1, #0xff
	orr	x1, x1, x1, lsl #8
	orr	x1, x1, x1, lsl #16
	orr	x1, x1, x1, lsl #32
	add	x5, x0, x2
	cmp	x2, #16
	b.hs	2f
	tbz	x2, #3, 1f
	str	x1, [x0]
	str	x1, [x5, #-8]
	ret
1:	tbz	x2, #2, 1f
	str	w1, [x0]
	str	w1, [x5, #-4]
	ret
1:	cbz	x2, 1f
	strb	w1, [x0]
	strb	w1, [x5, #-1]
	tbz	x2, #1, 1f
	strb	w1, [x0, #1]
1:	ret
2:	mov	x3, x0
	cmp	x2, #64
	b.lo	5f
	cbnz	x1, 4f
	cmp	x2, #256		/* large zeroing: DC ZVA by lines */
	b.lo	4f
	adrp	x6, zva_size
	ldr	x6, [x6, :lo12:zva_size]
	cmp	x6, #64
	b.ne	4f
	stp	xzr, xzr, [x3]
	stp	xzr, xzr, [x3, #16]
	stp	xzr, xzr, [x3, #32]
	stp	xzr, xzr, [x3, #48]
	add	x3, x3, #64
	and	x3, x3, #~63
	sub	x7, x5, #64
3:	dc	zva, x3
	add	x3, x3, #64
	cmp	x3, x7
	b.ls	3b
	stp	xzr, xzr, [x5, #-64]
	stp	xzr, xzr, [x5, #-48]
	stp	xzr, xzr, [x5, #-32]
	stp	xzr, xzr, [x5, #-16]
	ret
4:	sub	x7, x5, #64
1:	stp	x1, x1, [x3]
	stp	x1, x1, [x3, #16]
	stp	x1, x1, [x3, #32]
	stp	x1, x1, [x3, #48]
	add	x3, x3, #64
	cmp	x3, x7
	b.ls	1b
	stp	x1, x1, [x5, #-64]
	stp	x1, x1, [x5, #-48]
	stp	x1, x1, [x5, #-32]
	stp	x1, x1, [x5, #-16]
	ret
5:	stp	x1, x1, [x0]		/* 16 ... 63 */
	stp	x1, x1, [x5, #-16]
	cmp	x2, #32
	b.ls	6f
	stp	x1, x1, [x0, #16]
	stp	x1, x1, [x5, #-32]
6:	ret

/* void clear_page(void *page) */
	.balign 64
	entry clear_page
	adrp	x2, zva_size
	ldr	x2, [x2, :lo12:zva_size]
	add	x3, x0, #PAGE_SIZE
	cmp	x2, #64
	b.ne	2f
1:	.rept	16
	dc	zva, x0
	add	x0, x0, #64
	.endr
	cmp	x0, x3
	b.ne	1b
	ret
2:	stp	xzr, xzr, [x0]
	stp	xzr, xzr, [x0, #16]
	stp	xzr, xzr, [x0, #32]
	stp	xzr, xzr, [x0, #48]
	add	x0, x0, #64
	cmp	x0, x3
	b.ne	2b
	ret

/* void copy_page(void *to, const void *from) */
	.balign 64
	entry copy_page
	add	x2, x1, #PAGE_SIZE
1:	.irp	at, 0, 96, 192
	ldp	x3, x4, [x1, #\at]
	ldp	x5, x6, [x1, #\at + 16]
	ldp	x7, x8, [x1, #\at + 32]
	ldp	x9, x10, [x1, #\at + 48]
	.if	\at < 192
	ldp	x11, x12, [x1, #\at + 64]
	ldp	x13, x14, [x1, #\at + 80]
	.endif
	stp	x3, x4, [x0, #\at]
	stp	x5, x6, [x0, #\at + 16]
	stp	x7, x8, [x0, #\at + 32]
	stp	x9, x10, [x0, #\at + 48]
	.if	\at < 192
	stp	x11, x12, [x0, #\at + 64]
	stp	x13, x14, [x0, #\at + 80]
	.endif
	.endr
	add	x1, x1, #256
	add	x0, x0, #256
	cmp	x1, x2
	b.ne	1b
	ret

	.section .data.ro_after_init, "aw"
	.balign 8
	.globl zva_size
zva_size:
	.quad	0			/* bytes of DC ZVA; 0: forbidden */
