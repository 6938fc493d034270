/*
 * Memory aborts: from the syndrome to mm/, a fixup, a signal or an oops.
 *
 * A user address is looked up in the task's VMAs under mmap_lock. A fault
 * taken in kernel mode on a user address is served the same way; if it cannot
 * be, execution goes on at the fixup of the instruction's exception-table entry.
 * Anything else in kernel mode is a bug.
 */
#include <asm/esr.h>
#include <asm/mmu.h>
#include <asm/ptregs.h>
#include <asm/sections.h>
#include <asm/traps.h>
#include <asm/uaccess.h>
#include <linnet/mm.h>
#include <linnet/printk.h>
#include <linnet/signal.h>
#include <linnet/task.h>

struct extable_entry {
	s32 insn, fixup; /* relative to the field itself */
};

/* Only failed accesses come here: the table is short and not sorted. */
static const struct extable_entry *extable_find(u64 pc)
{
	const struct extable_entry *e = (void *)_extable_start;
	const struct extable_entry *end = (void *)_extable_end;

	for (; e < end; e++)
		if ((u64)&e->insn + (s64)e->insn == pc)
			return e;
	return NULL;
}

bool fixup_exception(struct pt_regs *regs)
{
	const struct extable_entry *e = extable_find(regs->pc);

	if (!e)
		return false;
	regs->pc = (u64)&e->fixup + (s64)e->fixup;
	return true;
}

void pagefault_disable(void)
{
	current_ti()->preempt_count += PAGEFAULT_OFFSET;
	barrier();
}

void pagefault_enable(void)
{
	barrier();
	current_ti()->preempt_count -= PAGEFAULT_OFFSET;
	if (unlikely(!READ_ONCE(current_ti()->preempt_word)))
		preempt_schedule();
}

/* Kernel mode, and nothing can be done about it. */
static void kernel_fault(struct pt_regs *regs, u64 esr, u64 addr)
{
	if (fixup_exception(regs))
		return;
	die("Unable to handle kernel memory access", regs, esr, addr);
}

static void user_fault_signal(u64 esr, u64 addr, int sig, int code)
{
	current_ti()->fault_address = addr;
	current_ti()->fault_code = esr;
	force_sig_fault(sig, code, addr);
}

/*
 * Find the VMA and let it serve the fault. Returns VM_FAULT_* and, for
 * SIGSEGV, whether there was a mapping in *mapped.
 */
static int serve_fault(struct mm *mm, u64 addr, bool write, bool exec,
		       bool *mapped)
{
	struct vma *v;
	int result;

	down_read(&mm->mmap_lock);
	v = vma_find(mm, addr);
	if (v && v->start > addr) {
		if (!(v->flags & VM_GROWSDOWN)) {
			v = NULL;
		} else {
			up_read(&mm->mmap_lock);
			down_write(&mm->mmap_lock);
			v = vma_find(mm, addr);
			if (v && v->start > addr && expand_stack(v, addr))
				v = NULL;
			downgrade_write(&mm->mmap_lock);
		}
	}
	*mapped = v != NULL;
	if (!v)
		result = VM_FAULT_SIGSEGV;
	else
		result = handle_mm_fault(v, addr & PAGE_MASK, write, exec);
	up_read(&mm->mmap_lock);
	return result;
}

static void report_user_fault(int result, u64 esr, u64 addr, bool mapped)
{
	if (result & VM_FAULT_OOM)
		return; /* the OOM killer has chosen somebody: retry or die */
	if (result & VM_FAULT_SIGBUS)
		user_fault_signal(esr, addr, SIGBUS, BUS_ADRERR);
	else
		user_fault_signal(esr, addr, SIGSEGV,
				  mapped ? SEGV_ACCERR : SEGV_MAPERR);
}

/* LDTR, STTR and their kind: user mode's rights count (Arm ARM C4.1.66). */
static bool is_unprivileged(u32 insn)
{
	return (insn & 0x3b200c00) == 0x38000800;
}

/*
 * The kernel touches user memory with unprivileged loads and stores, or with PAN
 * off. PAN makes anything else a permission fault, which no VMA can resolve.
 */
static bool stray_access(const struct pt_regs *regs, u64 esr)
{
	if (esr_class(esr) == EC_IABT_CUR)
		return true;
	return esr_fault_group(esr) == FSC_PERMISSION &&
	       (regs->pstate & PSR_PAN) &&
	       !is_unprivileged(*(const u32 *)regs->pc);
}

static void do_page_fault(struct pt_regs *regs, u64 esr, u64 addr)
{
	bool exec = esr_class(esr) == EC_IABT_LOW;
	bool write = !exec && esr_is_write(esr);
	struct mm *mm = current->mm;
	bool mapped = false;
	int result;

	if (!user_mode(regs) && stray_access(regs, esr)) {
		die(esr_class(esr) == EC_IABT_CUR
			    ? "Kernel executes user memory"
			    : "Kernel access to user memory outside of a user copy",
		    regs, esr, addr);
		return;
	}
	if (!user_mode(regs) && (!mm || in_atomic())) {
		kernel_fault(regs, esr, addr);
		return;
	}
	do {
		result = serve_fault(mm, addr, write, exec, &mapped);
	} while ((result & VM_FAULT_RETRY) && !fatal_signal_pending(current));
	if (result & VM_FAULT_MAJOR)
		current->maj_flt++;
	else
		current->min_flt++;
	if (!(result & (VM_FAULT_OOM | VM_FAULT_SIGBUS | VM_FAULT_SIGSEGV |
			VM_FAULT_ACCERR | VM_FAULT_RETRY)))
		return;
	if (!user_mode(regs))
		kernel_fault(regs, esr, addr);
	else if (!(result & VM_FAULT_RETRY))
		report_user_fault(result, esr, addr, mapped);
}

/* Address bits 55 and up select the half; the top byte may be a tag. */
static u64 untag_user(u64 addr)
{
	return addr >> 55 & 1 ? addr : addr & ~(0xfful << 56);
}

/**
 * do_memory_abort - data or instruction abort
 *
 * Context: task or, for kernel bugs, any; interrupts as they were when the
 * fault happened.
 */
void do_memory_abort(struct pt_regs *regs, u64 esr, u64 far)
{
	u64 addr = untag_user(far);
	u32 group = esr_fault_group(esr);

	if ((esr & ESR_FSC_MASK) == FSC_ALIGNMENT) {
		if (user_mode(regs))
			user_fault_signal(esr, addr, SIGBUS, BUS_ADRALN);
		else
			kernel_fault(regs, esr, addr);
		return;
	}
	if (group != FSC_TRANSLATION && group != FSC_ACCESS_FLAG &&
	    group != FSC_PERMISSION) {
		if (user_mode(regs))
			user_fault_signal(esr, addr, SIGBUS, BUS_OBJERR);
		else
			kernel_fault(regs, esr, addr);
		return;
	}
	if (addr < USER_END) {
		do_page_fault(regs, esr, addr);
	} else if (user_mode(regs)) {
		user_fault_signal(esr, addr, SIGSEGV, SEGV_MAPERR);
	} else {
		kernel_fault(regs, esr, addr);
	}
}
