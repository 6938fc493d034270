/* Who may look into a task, and change it: kernel/ptrace_access.c. */
#ifndef LINNET_PTRACE_ACCESS_H
#define LINNET_PTRACE_ACCESS_H

#include <linnet/types.h>

struct file;
struct mm;
struct task;

enum ptrace_mode {
	PTRACE_MODE_READ = 1,
	PTRACE_MODE_ATTACH = 2,
	/* Whose: exactly one of them. */
	PTRACE_MODE_FSCREDS = 8,
	PTRACE_MODE_REALCREDS = 16,
	PTRACE_MODE_READ_FSCREDS = PTRACE_MODE_READ | PTRACE_MODE_FSCREDS,
	PTRACE_MODE_READ_REALCREDS = PTRACE_MODE_READ | PTRACE_MODE_REALCREDS,
	PTRACE_MODE_ATTACH_FSCREDS = PTRACE_MODE_ATTACH | PTRACE_MODE_FSCREDS,
	PTRACE_MODE_ATTACH_REALCREDS = PTRACE_MODE_ATTACH | PTRACE_MODE_REALCREDS,
};

bool ptrace_may_access(struct task *t, u32 mode);
/* What belongs to a task, if so: what it has when it is asked for. */
struct mm *ptrace_mm_get(struct task *t, u32 mode);
struct file *ptrace_file_get(struct task *t, u32 fd, u32 mode);

int prctl_set_ptracer(u64 nr);
extern int sysctl_ptrace_scope;
int sysctl_set_ptrace_scope(s64 v);

#endif
