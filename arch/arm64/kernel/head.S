/*
 * Kernel entry: from the boot loader to C in the high half.
 *
 * Boot protocol (Linux Documentation/arm64/booting): x0 = physical address of
 * the device tree, MMU off, interrupts masked, at EL2 or EL1, image loaded at
 * a 2 MiB aligned address. CPUs started later by PSCI enter at secondary_entry
 * with x0 = physical address of their struct secondary_boot.
 *
 * The code here runs at physical addresses until the jump through
 * enable_mmu; everything it touches is addressed relative to the PC.
 */
#include <asm/page.h>
#include <asm/sysreg.h>
#include <asm/thread.h>

	.section .head.text, "ax"
	.globl _start
_start:
	b	primary_entry
	.long	0
	.quad	0			/* text_offset */
	.quad	_image_size
	.quad	0xa			/* little endian, 4 KiB, anywhere */
	.quad	0
	.quad	0
	.quad	0
	.ascii	"ARM\x64"
	.long	0			/* no PE header */

	.section .idmap.text, "ax"

	.globl primary_entry
primary_entry:
	mov	x20, x0			/* device tree */
	bl	drop_to_el1
	mov	x22, x0			/* exception level we came from */
	adrp	x1, boot_stack_top
	add	x1, x1, :lo12:boot_stack_top
	mov	sp, x1
	mov	x29, xzr
	mov	x0, x20
	bl	early_map_kernel	/* returns idmap root, swapper root */
	adrp	x2, primary_switched_ptr
	ldr	x2, [x2, :lo12:primary_switched_ptr]
	b	enable_mmu

	.globl secondary_entry
secondary_entry:
	mov	x20, x0
	bl	drop_to_el1
	adrp	x0, idmap_pg_dir
	add	x0, x0, :lo12:idmap_pg_dir
	adrp	x1, swapper_pg_dir
	add	x1, x1, :lo12:swapper_pg_dir
	adrp	x2, secondary_switched_ptr
	ldr	x2, [x2, :lo12:secondary_switched_ptr]
	b	enable_mmu

/* x0 = TTBR0, x1 = TTBR1, x2 = where to go. Arm ARM D8.2. */
enable_mmu:
	msr	ttbr0_el1, x0
	msr	ttbr1_el1, x1
	ldr	x3, =MAIR_VALUE
	msr	mair_el1, x3
	ldr	x3, =(TCR_T0SZ | TCR_T1SZ | TCR_WBWA0 | TCR_WBWA1 | \
		      TCR_SH0_INNER | TCR_SH1_INNER | TCR_TG1_4K | TCR_TBI0)
	mrs	x4, id_aa64mmfr0_el1
	and	x5, x4, #0xf		/* PARange; above 48 bits is not used */
	cmp	x5, #5
	mov	x6, #5
	csel	x5, x5, x6, lo
	bfi	x3, x5, #TCR_IPS_SHIFT, #3
	ubfx	x5, x4, #4, #4		/* ASIDBits */
	cmp	x5, #2
	b.ne	1f
	orr	x3, x3, #TCR_AS16
1:	msr	tcr_el1, x3
	isb
	tlbi	vmalle1
	dsb	nsh
	ic	iallu
	dsb	nsh
	isb
	ldr	x3, =SCTLR_EL1_ON
	/* SPAN: exceptions leave PAN alone until cpu_init(). */
	orr	x3, x3, #SCTLR_SPAN
	msr	sctlr_el1, x3
	isb
	br	x2

	.ltorg

/*
 * Make EL1 ours: the generic timer, the FP unit and the GICv3 system
 * registers accessible, EL2 left with a vector table that refuses.
 * Returns the old exception level in x0. Clobbers x1-x4.
 */
drop_to_el1:
	msr	daifset, #0xf
	mrs	x1, currentel
	lsr	x0, x1, #2
	cmp	x0, #2
	b.eq	1f
	ldr	x1, =(SCTLR_RES1 | SCTLR_SPAN)
	msr	sctlr_el1, x1
	isb
	ret
1:	ldr	x1, =(SCTLR_RES1 | SCTLR_SPAN)
	msr	sctlr_el1, x1
	ldr	x1, =(HCR_RW | HCR_APK_API)
	msr	hcr_el2, x1
	mov	x1, #3			/* EL1PCTEN, EL1PCEN */
	msr	cnthctl_el2, x1
	msr	cntvoff_el2, xzr
	mov	x1, #0x33ff		/* no FP, trace or SVE traps but SVE's */
	msr	cptr_el2, x1
	msr	hstr_el2, xzr
	msr	vttbr_el2, xzr
	mrs	x1, midr_el1
	msr	vpidr_el2, x1
	mrs	x1, mpidr_el1
	msr	vmpidr_el2, x1
	mrs	x1, id_aa64dfr0_el1	/* PMU: all counters to EL1 */
	ubfx	x1, x1, #8, #4
	cbz	x1, 2f
	cmp	x1, #0xf
	b.eq	2f
	mrs	x1, pmcr_el0
	ubfx	x1, x1, #11, #5
	msr	mdcr_el2, x1
2:	mrs	x1, id_aa64pfr0_el1
	ubfx	x1, x1, #24, #4		/* GICv3 system registers */
	cbz	x1, 3f
	mrs	x1, s3_4_c12_c9_5	/* ICC_SRE_EL2 */
	orr	x1, x1, #1		/* SRE */
	orr	x1, x1, #8		/* Enable: for EL1 too */
	msr	s3_4_c12_c9_5, x1
	isb
	mrs	x1, s3_4_c12_c9_5
	tbz	x1, #0, 3f
	msr	s3_4_c12_c11_0, xzr	/* ICH_HCR_EL2 */
3:	adrp	x1, el2_vectors
	add	x1, x1, :lo12:el2_vectors
	msr	vbar_el2, x1
	mov	x1, #(PSR_MODE_EL1h | 0x3c0)
	msr	spsr_el2, x1
	msr	elr_el2, x30
	eret

	.ltorg

/* EL2 belongs to nobody yet: a call from EL1 returns -1 in x0. */
	.balign 2048
el2_vectors:
	.rept	16
	.balign	128
	mov	x0, #-1
	eret
	.endr

	.section .init.data, "aw"
	.balign 8
primary_switched_ptr:
	.quad	primary_switched
	.section .data, "aw"
	.balign 8
secondary_switched_ptr:
	.quad	secondary_switched

	.text
/* In the high half, on the boot task's stack. x20 = device tree (physical) */
primary_switched:
	hint	#38			/* bti jc */
	adrp	x0, init_task
	add	x0, x0, :lo12:init_task
	mov	x18, x0
	adrp	x1, init_stack
	add	x1, x1, :lo12:init_stack
	mov	x2, #(THREAD_SIZE - 16)
	add	x1, x1, x2
	str	x0, [x1]		/* entry.S finds the task here */
	mov	sp, x1
	mov	x29, xzr
	adrp	x2, vectors
	add	x2, x2, :lo12:vectors
	msr	vbar_el1, x2
	msr	tpidr_el1, x0
	isb
	mov	x0, x20
	mov	x1, x22
	bl	arm64_start
	b	.

/* x20 = struct secondary_boot: task, stack top (physical) */
secondary_switched:
	hint	#38
	ldr	x1, =PAGE_OFFSET
	add	x20, x20, x1
	ldp	x0, x1, [x20]
	mov	x18, x0
	mov	sp, x1
	str	x0, [sp]
	msr	tpidr_el1, x0
	mov	x29, xzr
	adrp	x2, vectors
	add	x2, x2, :lo12:vectors
	msr	vbar_el1, x2
	isb
	bl	secondary_start
	b	.
	.ltorg

/* Gone after boot, with the frames behind it: below init_stack is its guard. */
	.section .boot_stack.early, "aw", @nobits
	.balign 4096
	.space	4096
boot_stack_top:
	.space	4096

	.section .boot_stack, "aw", @nobits
	.balign 2 * THREAD_SIZE
	.globl init_stack
init_stack:
	.space	THREAD_SIZE
