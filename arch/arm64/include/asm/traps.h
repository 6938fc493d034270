/* Exceptions and crash reports, between the files of the port. */
#ifndef ASM_TRAPS_H
#define ASM_TRAPS_H

#include <linnet/types.h>

struct pt_regs;

void do_memory_abort(struct pt_regs *regs, u64 esr, u64 far);
bool fixup_exception(struct pt_regs *regs);
/* Oops: report and end the task, or panic where no task can be blamed. */
void die(const char *what, struct pt_regs *regs, u64 esr, u64 addr);
void show_regs(const struct pt_regs *regs);
/* Call chain from a frame pointer, inside one stack. */
void show_backtrace(u64 fp, u64 pc);

/* FP state */
void fpsimd_flush_task(void);	  /* forget: execve */
void fpsimd_sync_current(void);	  /* registers -> task.ti.fp */
void fpsimd_invalidate(void);	  /* task.ti.fp was changed: reload later */
void fpsimd_restore_current(void);

#endif
