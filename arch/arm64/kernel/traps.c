/*
 * Synchronous exceptions other than system calls, work on the way back to
 * user mode, and reports of kernel faults.
 */
#include <asm/esr.h>
#include <asm/percpu.h>
#include <asm/ptregs.h>
#include <asm/sections.h>
#include <asm/setup.h>
#include <asm/syscall_nr.h>
#include <asm/thread.h>
#include <asm/traps.h>
#include <asm/uaccess.h>
#include <linnet/irq.h>
#include <linnet/mm.h>
#include <linnet/printk.h>
#include <linnet/rseq.h>
#include <linnet/sched.h>
#include <linnet/signal.h>
#include <linnet/string.h>
#include <linnet/syscall_trace.h>
#include <linnet/syscalls.h>
#include <linnet/task.h>

/* Entry points called by entry.S only. */
void exit_to_user_work(struct pt_regs *regs);
void el0_exception(struct pt_regs *regs, u64 esr, u64 far);
void el1_exception(struct pt_regs *regs, u64 esr, u64 far);
void el0_bad_vector(struct pt_regs *regs, u64 esr, u64 far);
void el1_bad_vector(struct pt_regs *regs, u64 esr, u64 far);
void serror_exception(struct pt_regs *regs, u64 esr);
void stack_overflow_panic(struct pt_regs *regs, u64 esr, u64 far);
long sys_unknown(u64 nr);
void syscall_traced(struct pt_regs *regs);

DECLARE_PERCPU(u64[NR_SYSCALLS], syscall_counts);
extern long (*const sys_call_table[NR_SYSCALLS])(u64, u64, u64, u64, u64, u64);

/* One stack per CPU for the report of a kernel stack overflow. */
DEFINE_PERCPU(u8[4096 + 16], overflow_stack) __aligned(16);

/*
 * Everything that must happen before user mode is entered. Called and returns
 * with interrupts off.
 */
void exit_to_user_work(struct pt_regs *regs)
{
	u32 flags;

	while ((flags = READ_ONCE(current_ti()->flags)) & TIF_WORK_MASK) {
		if (!(flags & (TIF_WORK_MASK & ~TIF_FOREIGN_FP))) {
			fpsimd_restore_current();
			continue;
		}
		local_irq_enable();
		if (flags & TIF_NEED_RESCHED)
			schedule();
		if (flags & TIF_NOTIFY) {
			task_work_run();
			if (current->rseq)
				rseq_resume(regs);
		}
		if (flags & (TIF_SIGPENDING | TIF_RESTORE_MASK))
			do_signal(regs);
		local_irq_disable();
	}
}

long sys_unknown(u64 nr)
{
	syscall_missing(nr);
	return -ENOSYS;
}

/* A system call of a task with TIF_TRACE. */
void syscall_traced(struct pt_regs *regs)
{
	u64 nr = (u64)regs->syscallno, fn = 0, a[6];
	long ret;

	memcpy(a, regs->regs, sizeof(a));
	if (nr >= NR_SYSCALLS) {
		ret = sys_unknown(nr);
	} else {
		fn = (u64)sys_call_table[nr];
		this_cpu(syscall_counts)[nr]++;
		syscall_trace_enter(nr, fn, a);
		ret = sys_call_table[nr](a[0], a[1], a[2], a[3], a[4], a[5]);
	}
	regs->regs[0] = (u64)ret;
	syscall_trace_exit(nr, fn, a, ret);
}

static const char *const class_names[64] = {
	[EC_UNKNOWN] = "undefined instruction",
	[EC_WFX] = "WFI/WFE trap",
	[EC_BTI] = "branch target exception",
	[EC_ILLEGAL] = "illegal execution state",
	[EC_SYS64] = "system register trap",
	[EC_FPAC] = "pointer authentication failure",
	[EC_IABT_CUR] = "instruction abort",
	[EC_PC_ALIGN] = "misaligned PC",
	[EC_DABT_CUR] = "data abort",
	[EC_SP_ALIGN] = "misaligned SP",
	[EC_SERROR] = "SError",
	[EC_BRK64] = "BRK instruction",
};

static const char *class_name(u64 esr)
{
	const char *name = class_names[esr_class(esr)];

	return name ? name : "unexpected exception";
}

/*
 * MRS of an ID register from EL0: the values a program may know, as Linux's
 * emulation gives them (Documentation/arm64/cpu-feature-registers). A CPU
 * without FEAT_IDST reports the access as an undefined instruction, so it is
 * the instruction that says which register: 0xd53 o0 op1 CRn CRm op2 Rt.
 */
static bool emulate_id_register(struct pt_regs *regs)
{
	u32 insn, rt;
	u64 value;

	if (get_user(insn, (const u32 __user *)regs->pc))
		return false;
	/* op0 = 3, op1 = 0, CRn = 0 */
	if ((insn & 0xfffff000) != 0xd5380000)
		return false;
	if (!cpu_id_register_for_user(insn >> 8 & 15, insn >> 5 & 7, &value))
		return false;
	rt = insn & 31;
	if (rt != 31)
		regs->regs[rt] = value;
	regs->pc += 4;
	regs->pstate &= ~(u64)PSR_BTYPE;
	return true;
}

static void el0_undefined(struct pt_regs *regs, u64 esr)
{
	u64 class = esr_class(esr);

	if ((class == EC_SYS64 || class == EC_UNKNOWN) &&
	    emulate_id_register(regs))
		return;
	force_sig_fault(SIGILL, class == EC_FPAC ? ILL_ILLOPN : ILL_ILLOPC,
			regs->pc);
}

static void el0_debug(struct pt_regs *regs, u64 esr)
{
	int code = esr_class(esr) == EC_BRK64 ? TRAP_BRKPT : TRAP_HWBKPT;

	if (esr_class(esr) == EC_STEP_LOW)
		code = TRAP_TRACE;
	force_sig_fault(SIGTRAP, code, regs->pc);
}

static void el0_fp_exception(struct pt_regs *regs, u64 esr)
{
	int code = FPE_FLTUNK;

	if (esr & BIT(23)) { /* TFV: the flags below are valid */
		if (esr & BIT(0))
			code = FPE_FLTINV;
		else if (esr & BIT(1))
			code = FPE_FLTDIV;
		else if (esr & BIT(2))
			code = FPE_FLTOVF;
		else if (esr & BIT(3))
			code = FPE_FLTUND;
		else if (esr & BIT(4))
			code = FPE_FLTRES;
	}
	force_sig_fault(SIGFPE, code, regs->pc);
}

__no_canary void el0_exception(struct pt_regs *regs, u64 esr, u64 far)
{
	local_irq_enable();
	current_ti()->fault_code = 0;
	switch (esr_class(esr)) {
	case EC_DABT_LOW:
	case EC_IABT_LOW:
		do_memory_abort(regs, esr, far);
		break;
	case EC_FP_EXC:
		el0_fp_exception(regs, esr);
		break;
	case EC_PC_ALIGN:
		force_sig_fault(SIGBUS, BUS_ADRALN, far);
		break;
	case EC_SP_ALIGN:
		force_sig_fault(SIGBUS, BUS_ADRALN, regs->sp);
		break;
	case EC_BREAK_LOW:
	case EC_STEP_LOW:
	case EC_WATCH_LOW:
	case EC_BRK64:
		el0_debug(regs, esr);
		break;
	default:
		el0_undefined(regs, esr);
	}
}

void el0_bad_vector(struct pt_regs *regs, u64 esr, u64 far)
{
	(void)esr;
	(void)far;
	local_irq_enable();
	force_sig_fault(SIGILL, ILL_ILLOPC, regs->pc);
}

void el1_exception(struct pt_regs *regs, u64 esr, u64 far)
{
	switch (esr_class(esr)) {
	case EC_DABT_CUR:
	case EC_IABT_CUR:
		if (!(regs->pstate & PSR_I_BIT))
			local_irq_enable();
		do_memory_abort(regs, esr, far);
		local_irq_disable();
		return;
	default:
		die(class_name(esr), regs, esr, far);
	}
}

void el1_bad_vector(struct pt_regs *regs, u64 esr, u64 far)
{
	die("bad exception vector", regs, esr, far);
}

void serror_exception(struct pt_regs *regs, u64 esr)
{
	show_regs(regs);
	panic("asynchronous SError interrupt, syndrome %#lx", esr);
}

void stack_overflow_panic(struct pt_regs *regs, u64 esr, u64 far)
{
	pr_emerg("kernel stack overflow: task %s, stack %#lx\n", current->comm,
		 (u64)current->stack);
	pr_emerg("syndrome %#lx, address %#lx\n", esr, far);
	show_regs(regs);
	panic("kernel stack overflow");
}

void show_regs(const struct pt_regs *regs)
{
	pr_emerg("CPU: %u  task: %s  pid: %d\n", smp_processor_id(),
		 current->comm,
		 current->pids[PIDTYPE_PID] ? task_pid(current) : 0);
	pr_emerg("pc : %pS\n", (void *)regs->pc);
	pr_emerg("lr : %pS\n", (void *)regs->regs[30]);
	pr_emerg("sp : %016lx  pstate: %08lx\n", regs->sp, regs->pstate);
	for (u32 i = 0; i < 30; i += 3)
		pr_emerg("x%-2u: %016lx  x%-2u: %016lx  x%-2u: %016lx\n", i,
			 regs->regs[i], i + 1, regs->regs[i + 1], i + 2,
			 regs->regs[i + 2]);
	if (!user_mode(regs))
		show_backtrace(regs->regs[29], regs->pc);
}

/* A frame record must lie above the last one, on a mapped kernel address. */
static bool frame_ok(u64 fp, u64 last)
{
	return fp > last && IS_ALIGNED(fp, 8) && fp >= PAGE_OFFSET &&
	       kernel_virt_to_phys(fp) != ~0ul;
}

void show_backtrace(u64 fp, u64 pc)
{
	u64 last = 0;

	pr_emerg("Call trace:\n");
	for (u32 depth = 0; depth < 40; depth++) {
		pr_emerg(" %pS\n", (void *)pc);
		if (!frame_ok(fp, last))
			return;
		last = fp;
		pc = strip_pac(((u64 *)fp)[1]);
		fp = ((u64 *)fp)[0];
		if (!pc)
			return;
	}
}

void dump_stack(void)
{
	/* The caller's frame: our own may be gone when the callee runs. */
	show_backtrace(*(const u64 *)__builtin_frame_address(0),
		       (u64)__builtin_return_address(0));
}

/**
 * die - a kernel bug was hit: report it, end the task
 *
 * If the fault came from an interrupt, from the idle task or from init, or
 * with locks held, there is nobody to end: panic.
 */
void die(const char *what, struct pt_regs *regs, u64 esr, u64 addr)
{
	pr_emerg("Internal error: %s at virtual address %016lx\n", what, addr);
	pr_emerg("syndrome %08lx: %s\n", esr, class_name(esr));
	show_regs(regs);
	add_taint(TAINT_DIE);
	if (READ_ONCE(sysctl_panic_on_oops))
		panic("%s: panic_on_oops is set", what);
	if (in_atomic() || (current->flags & PF_IDLE) ||
	    current == child_reaper || irqs_disabled())
		panic("%s: fatal exception", what);
	local_irq_enable();
	do_exit(SIGSEGV);
}
