/*
 * Instructions that become branches at boot, because the CPU has a feature that
 * needs more than one instruction there; a CPU without it pays nothing.
 *
 * early_map.c patches the text while it still can; all CPUs of a machine are the
 * same in these features.
 */
#ifndef ASM_BOOT_BRANCH_H
#define ASM_BOOT_BRANCH_H

#define FEATURE_PAN   0
#define FEATURE_PAUTH 1

#ifdef __ASSEMBLY__
	/* On a CPU with @feature, @from jumps to @to. */
	.macro	boot_branch feature, from, to
	.pushsection .boot_branch, "a"
	.balign 4
	.long	\from - .
	.long	\to - .
	.long	\feature
	.popsection
	.endm

	/*
	 * @insn, which must not depend on where it is; on a CPU with pointer
	 * authentication macro @more after it.
	 */
	.macro	with_pauth more, insn:vararg
771:	\insn
	.pushsection .text.boot_branch, "ax"
772:	\insn
	\more
	b	771b + 4
	.popsection
	boot_branch FEATURE_PAUTH, 771b, 772b
	.endm
#else
#include <linnet/types.h>

struct boot_branch {
	s32 insn, target; /* relative to the field itself */
	u32 feature;
};
#endif

#endif
