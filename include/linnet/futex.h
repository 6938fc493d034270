/* Futexes, for the rest of the kernel. */
#ifndef LINNET_FUTEX_H
#define LINNET_FUTEX_H

#include <linnet/types.h>

struct task;

/* Wake one waiter at a user address; errors don't matter. May sleep. */
void futex_wake_addr(u32 __user *uaddr);
/* The task ends or execs: its robust futexes get a new owner. May sleep. */
void futex_exit_task(struct task *t);
/* Its own priority has changed: those that it waits for inherit the new one. */
void futex_pi_reprioritize(struct task *t);

#endif
