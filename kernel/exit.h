/* Between fork.c, exit.c and wait4.c. */
#ifndef KERNEL_EXIT_H
#define KERNEL_EXIT_H

#include <linnet/task.h>

extern struct task *kthread_parent; /* kthreadd */
extern u32 max_threads;
extern u64 total_forks;

/* A pid that was never attached. */
void pid_discard(struct pid *pid);

/* [tasklist] Unhash a dead task; consumes the parent's reference later. */
void release_task(struct task *t);
/* [tasklist] Tell @t's parent that it ended; true if nobody will wait. */
bool do_notify_parent(struct task *t, int sig);
void wake_up_parent(struct task *t, struct task *parent);

#endif
