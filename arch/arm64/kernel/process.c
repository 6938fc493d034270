/*
 * The port's side of tasks: first frames of new tasks, the switch between
 * tasks, floating-point state.
 *
 * FP registers belong to the task that last used them on this CPU until
 * another user task runs there: they are saved when a user task is switched
 * out, and loaded on the way to user mode if they are not the task's own
 * (TIF_FOREIGN_FP). fp_owner is the task whose state the registers hold.
 */
#include <asm/mmu.h>
#include <asm/percpu.h>
#include <asm/ptregs.h>
#include <asm/setup.h>
#include <asm/traps.h>
#include <linnet/errno.h>
#include <linnet/mm.h>
#include <linnet/sched.h>
#include <linnet/string.h>
#include <linnet/task.h>
#include <linux/sched.h>

struct task *cpu_switch_to(struct task *prev, struct task *next);
void fpsimd_save(struct fpsimd_state *st);
void fpsimd_load(const struct fpsimd_state *st);
void ret_from_fork(void);

#define FP_NO_CPU U32_MAX

static DEFINE_PERCPU(struct task *, fp_owner);

/* The task's address lies above the frame, where entry.S looks for it. */
static u64 *stack_task_slot(const struct task *t)
{
	return (u64 *)((u8 *)t->stack + THREAD_SIZE - 16);
}

struct pt_regs *task_regs(const struct task *t)
{
	return (struct pt_regs *)stack_task_slot(t) - 1;
}

void fpsimd_restore_current(void)
{
	struct thread_info *ti = current_ti();

	fpsimd_load(&ti->fp);
	this_cpu(fp_owner) = current;
	ti->fp_cpu = smp_processor_id();
	clear_ti_flag(current, TIF_FOREIGN_FP);
}

void fpsimd_sync_current(void)
{
	u64 flags = local_irq_save();

	if (!test_ti_flag(current, TIF_FOREIGN_FP))
		fpsimd_save(&current_ti()->fp);
	local_irq_restore(flags);
}

void fpsimd_invalidate(void)
{
	u64 flags = local_irq_save();

	current_ti()->fp_cpu = FP_NO_CPU;
	set_ti_flag(current, TIF_FOREIGN_FP);
	local_irq_restore(flags);
}

void fpsimd_flush_task(void)
{
	u64 flags = local_irq_save();

	memset(&current_ti()->fp, 0, sizeof(struct fpsimd_state));
	fpsimd_invalidate();
	local_irq_restore(flags);
}

static void fpsimd_switch(struct task *prev, struct task *next)
{
	if (prev->mm && !test_ti_flag(prev, TIF_FOREIGN_FP))
		fpsimd_save(&prev->ti.fp);
	if (!next->mm)
		return;
	if (this_cpu(fp_owner) == next &&
	    next->ti.fp_cpu == smp_processor_id())
		clear_ti_flag(next, TIF_FOREIGN_FP);
	else
		set_ti_flag(next, TIF_FOREIGN_FP);
}

/**
 * arch_switch_to - run @next instead of @prev on this CPU
 *
 * Context: runqueue lock held, interrupts off.
 * Return: in next's context, the task that ran before.
 */
struct task *arch_switch_to(struct task *prev, struct task *next)
{
	fpsimd_switch(prev, next);
	if (next->mm != prev->mm)
		switch_mm(next->mm);
	if (next->mm) {
		prev->ti.tls = read_sysreg(tpidr_el0);
		write_sysreg(next->ti.tls, tpidr_el0);
	} else if (prev->mm) {
		prev->ti.tls = read_sysreg(tpidr_el0);
	}
	if (cpu_has_pauth && next->mm)
		pauth_load(&next->ti.pauth);
	return cpu_switch_to(prev, next);
}

/* Load the tables of a new mm of the current task (execve, exit: NULL). */
void activate_mm(struct mm *mm)
{
	u64 flags = local_irq_save();

	switch_mm(mm);
	local_irq_restore(flags);
}

/**
 * copy_thread - first registers of a new task
 * @child: has its kernel stack
 *
 * A kernel thread starts in args->fn; a user task returns from the same system
 * call as its parent, with 0.
 * Return: 0 (other ports may fail).
 */
int copy_thread(struct task *child, const struct kernel_clone_args *args)
{
	struct pt_regs *regs = task_regs(child);
	struct cpu_context *ctx = &child->ti.ctx;

	pauth_init_task(child);
	*stack_task_slot(child) = (u64)child;
	child->ti.kstack = (u64)stack_task_slot(child);
	child->ti.fp_cpu = FP_NO_CPU;
	child->ti.flags = TIF_FOREIGN_FP | (current_ti()->flags & TIF_TRACE);
	*ctx = (struct cpu_context){.pc = (u64)ret_from_fork, .sp = (u64)regs};
	if (args->fn) {
		memset(regs, 0, sizeof(*regs));
		regs->pstate = PSR_MODE_EL0t;
		ctx->x19 = (u64)args->fn;
		ctx->x20 = (u64)args->fn_arg;
		return 0;
	}
	*regs = *task_regs(current);
	regs->regs[0] = 0;
	if (args->stack)
		regs->sp = args->stack + args->stack_size;
	fpsimd_sync_current();
	child->ti.fp = current_ti()->fp;
	child->ti.tls = args->flags & CLONE_SETTLS ? args->tls
						   : read_sysreg(tpidr_el0);
	return 0;
}

void start_user_thread(struct pt_regs *regs, u64 pc, u64 sp)
{
	memset(regs, 0, sizeof(*regs));
	regs->syscallno = NO_SYSCALL;
	regs->pc = pc;
	regs->sp = sp;
	regs->pstate = PSR_MODE_EL0t;
}

/* execve: nothing of the old program's register state may remain. */
void flush_thread(void)
{
	current_ti()->tls = 0;
	write_sysreg(0, tpidr_el0);
	write_sysreg(0, tpidrro_el0);
	fpsimd_flush_task();
	pauth_exec();
}

void cpu_wait_for_interrupt(void)
{
	dsb(sy);
	__asm__ volatile("wfi" ::: "memory");
}
