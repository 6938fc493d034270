/*
 * The architecture's part of a task: what entry.S and the context switch
 * touch. It is the first member of struct task, so `current` points at it.
 *
 * `current` is in x18, and in TPIDR_EL1 too: there the code that the compiler
 * makes for the stack protector finds the task's canary. Nothing on the way of
 * a system call has to load it, because only the context switch changes it.
 */
#ifndef ASM_THREAD_H
#define ASM_THREAD_H

#define TI_FLAGS	 0
#define TI_PREEMPT	 8
#define TI_KSTACK	 16
#define TI_PERCPU	 24
#define TI_CANARY	 32 /* the Makefile tells the compiler */
#define TI_PAC_KEY	 40
#define TI_CPU_CONTEXT	 56
#define TI_PAUTH	 168
#define TI_PAUTH_ENABLED (TI_PAUTH + 80)

/* thread_info.flags: work to do before returning to user space */
#define TIF_NEED_RESCHED_BIT 0
#define TIF_SIGPENDING_BIT   1
#define TIF_NOTIFY_BIT	     2
#define TIF_FOREIGN_FP_BIT   3
#define TIF_RESTORE_MASK_BIT 4
#define TIF_TRACE_BIT	     5
#define TIF_WORK_MASK	     0x1f /* checked on the way to user space */
#define TIF_SYSCALL_WORK     0x20 /* checked at system-call entry too */

#ifndef __ASSEMBLER__
#include <linnet/types.h>

enum thread_flags {
	TIF_NEED_RESCHED = 1 << TIF_NEED_RESCHED_BIT,
	TIF_SIGPENDING = 1 << TIF_SIGPENDING_BIT,
	TIF_NOTIFY = 1 << TIF_NOTIFY_BIT,	    /* task work is queued */
	TIF_FOREIGN_FP = 1 << TIF_FOREIGN_FP_BIT,   /* FP registers not ours */
	TIF_TRACE = 1 << TIF_TRACE_BIT,		    /* system calls are traced */
	TIF_RESTORE_MASK = 1 << TIF_RESTORE_MASK_BIT, /* saved_mask pending */
};

/* Callee-saved registers of a task that is switched out. */
struct cpu_context {
	u64 x19, x20, x21, x22, x23, x24, x25, x26, x27, x28;
	u64 fp, sp, pc;
};

/* Pointer authentication in user mode, pauth.c. */
struct pauth {
	u64 keys[10];	/* APIA, APIB, APDA, APDB, APGA: low, high half */
	u64 enabled;	/* SCTLR_EL1's bits for the first four */
};

struct fpsimd_state {
	__uint128_t vregs[32];
	u32 fpsr, fpcr;
	u64 pad;
};

struct thread_info {
	u32 flags; /* enum thread_flags; atomic */
	u32 cpu;   /* where it runs or last ran */
	/*
	 * Preemption is allowed when the whole word is zero: count is the
	 * nesting depth, no_resched is 1 while nobody asked for the CPU.
	 */
	union {
		struct {
			u32 preempt_count;
			u32 no_resched;
		};
		u64 preempt_word;
	};
	u64 kstack; /* [I] top of the kernel stack: where frames start */
	u64 percpu; /* offset of the per-CPU variables of `cpu` */
	u64 canary; /* [I] of its stack; the first byte is 0, to end a string */
	u64 pac_key[2]; /* [I] signs the kernel's return addresses; APIA there */
	struct cpu_context ctx;
	u64 tls;    /* TPIDR_EL0 while switched out */
	struct pauth pauth;
	struct fpsimd_state fp;
	u32 fp_cpu; /* CPU whose registers last held fp */
	u64 fault_address; /* for signal frames */
	u64 fault_code;	   /* ESR of the last user fault */
};

static_assert(offsetof(struct thread_info, preempt_word) == TI_PREEMPT, "");
static_assert(offsetof(struct thread_info, kstack) == TI_KSTACK, "");

struct task;

/* On a CPU that has it; [I] whether that is so. */
extern bool cpu_has_pauth;
/* The key of a task that has not run. */
void pauth_init_task(struct task *t);
/* New keys for a new program, all enabled. */
void pauth_exec(void);
/* Interrupts off. */
void pauth_load(const struct pauth *p);
/* prctl(2) */
long pauth_reset_keys(u64 keys);
long pauth_set_enabled_keys(u64 keys, u64 enabled);
long pauth_get_enabled_keys(void);

static_assert(offsetof(struct thread_info, percpu) == TI_PERCPU, "");
static_assert(offsetof(struct thread_info, canary) == TI_CANARY, "");
static_assert(offsetof(struct thread_info, pac_key) == TI_PAC_KEY, "");
static_assert(offsetof(struct thread_info, ctx) == TI_CPU_CONTEXT, "");
static_assert(offsetof(struct thread_info, pauth) == TI_PAUTH, "");
static_assert(offsetof(struct thread_info, pauth.enabled) == TI_PAUTH_ENABLED, "");


/* In kernel mode x18 belongs to entry.S and the context switch. */
register struct task *__current_task __asm__("x18");

static __always_inline struct task *get_current(void)
{
	return __current_task;
}
#define current get_current()

static __always_inline struct thread_info *current_ti(void)
{
	return (struct thread_info *)get_current();
}
#endif

#endif
