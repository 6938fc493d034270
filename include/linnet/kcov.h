/* Coverage of one task's system calls (kernel/kcov.c; make kcov). */
#ifndef LINNET_KCOV_H
#define LINNET_KCOV_H

#include <linnet/types.h>

struct kcov;
struct task;

/* A task's part: what the compiler's hook looks at. */
struct kcov_task {
	struct kcov *kcov; /* counted; NULL: not traced */
	u64 *area;	   /* NULL while off; else [0] counts what follows */
	u64 size;	   /* of the area, in words */
};

#ifdef CONFIG_KCOV
void kcov_task_init(struct task *t); /* a copied task is not traced */
void kcov_task_exit(struct task *t); /* current ends */
void __sanitizer_cov_trace_pc(void);
#else
static inline void kcov_task_init(struct task *t)
{
	(void)t;
}

static inline void kcov_task_exit(struct task *t)
{
	(void)t;
}
#endif

#endif
