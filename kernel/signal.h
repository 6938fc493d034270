/* Sets of signals by what they do; between signal.c and signal_deliver.c. */
#ifndef KERNEL_SIGNAL_H
#define KERNEL_SIGNAL_H

#include <linnet/signal.h>
#include <linnet/task.h>

#define SIG_STOP_SET                                                           \
	(sigmask(SIGSTOP) | sigmask(SIGTSTP) | sigmask(SIGTTIN) |              \
	 sigmask(SIGTTOU))
#define SIG_IGNORE_SET                                                         \
	(sigmask(SIGCONT) | sigmask(SIGCHLD) | sigmask(SIGWINCH) |             \
	 sigmask(SIGURG))
#define SIG_CORE_SET                                                           \
	(sigmask(SIGQUIT) | sigmask(SIGILL) | sigmask(SIGTRAP) |               \
	 sigmask(SIGABRT) | sigmask(SIGFPE) | sigmask(SIGSEGV) |               \
	 sigmask(SIGBUS) | sigmask(SIGSYS) | sigmask(SIGXCPU) |                \
	 sigmask(SIGXFSZ))
#define SIG_UNBLOCKABLE (sigmask(SIGKILL) | sigmask(SIGSTOP))
/* Delivered before others: they are about the instruction at hand. */
#define SIG_SYNC_SET                                                           \
	(sigmask(SIGSEGV) | sigmask(SIGBUS) | sigmask(SIGILL) |                \
	 sigmask(SIGTRAP) | sigmask(SIGFPE) | sigmask(SIGSYS))

/* Have other threads look at shared signals that @t has blocked. [lock] */
void retarget_shared(struct task *t, u64 newly_blocked);

#endif
