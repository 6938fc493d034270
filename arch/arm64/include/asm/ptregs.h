/*
 * Register frame pushed on every exception entry (entry.S).
 *
 * The first 34 words are the ABI's struct user_pt_regs. The frame record makes
 * backtraces run through exceptions.
 */
#ifndef ASM_PTREGS_H
#define ASM_PTREGS_H

#define PT_X0	     0
#define PT_LR	     240
#define PT_SP	     248
#define PT_PC	     256
#define PT_PSTATE    264
#define PT_ORIG_X0   272
#define PT_SYSCALLNO 280
#define PT_FRAME     288
#define PT_SIZE	     304

#ifndef __ASSEMBLER__
#include <asm/sysreg.h>
#include <linnet/types.h>

struct pt_regs {
	u64 regs[31];
	u64 sp;
	u64 pc;
	u64 pstate;
	u64 orig_x0;   /* first argument of the system call */
	s64 syscallno; /* NO_SYSCALL outside a system call */
	u64 frame[2];  /* frame record {fp, lr} for backtraces */
};

#define NO_SYSCALL (-1)

static_assert(offsetof(struct pt_regs, sp) == PT_SP, "entry.S");
static_assert(offsetof(struct pt_regs, pstate) == PT_PSTATE, "entry.S");
static_assert(offsetof(struct pt_regs, orig_x0) == PT_ORIG_X0, "entry.S");
static_assert(offsetof(struct pt_regs, syscallno) == PT_SYSCALLNO, "entry.S");
static_assert(offsetof(struct pt_regs, frame) == PT_FRAME, "entry.S");
static_assert(sizeof(struct pt_regs) == PT_SIZE, "entry.S");

static inline bool user_mode(const struct pt_regs *regs)
{
	return (regs->pstate & PSR_MODE_MASK) == PSR_MODE_EL0t;
}
#endif

#endif
