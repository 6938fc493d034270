/* Restartable sequences, for the way back to user mode. */
#ifndef LINNET_RSEQ_H
#define LINNET_RSEQ_H

struct pt_regs;

/* Of a task with task->rseq: after it was off the CPU or moved. May sleep. */
void rseq_resume(struct pt_regs *regs);
/* Before the frame of a signal handler is made. */
void rseq_signal(struct pt_regs *regs);

#endif
