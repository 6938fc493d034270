/*
 * Restartable sequences, rseq(2): a thread learns its CPU number without a call,
 * and a short critical section on data of that CPU is aborted if the thread
 * was preempted, moved or signalled in it.
 *
 * The thread registers a struct rseq. After each of those events, on the way
 * back to user mode, the CPU number is stored there, and if the program counter
 * lies in the section that rseq_cs names, it goes to the section's abort
 * handler. A word before the handler must be the signature given at
 * registration, so that a corrupted rseq_cs cannot send the thread anywhere.
 * What cannot be read or written there ends in SIGSEGV.
 *
 * task->rseq_event says that something happened; TIF_NOTIFY brings us here.
 */
#include <asm/ptregs.h>
#include <asm/uaccess.h>
#include <linnet/errno.h>
#include <linnet/rseq.h>
#include <linnet/signal.h>
#include <linnet/syscalls.h>
#include <linnet/task.h>
#include <linux/rseq.h>

enum { RSEQ_SIZE = 32 };

static int store_cpu(struct rseq __user *r, u32 start, u32 id)
{
	return put_user(start, &r->cpu_id_start) || put_user(id, &r->cpu_id)
		       ? -EFAULT : 0;
}

/* The section the thread says it is in: 1, or 0 for none, -errno if bad. */
static int read_section(struct task *t, struct rseq_cs *cs)
{
	u32 signature;
	u64 at;

	if (get_user(at, (u64 __user *)&t->rseq->rseq_cs))
		return -EFAULT;
	if (!at)
		return 0;
	if (copy_from_user(cs, (const void __user *)at, sizeof(*cs)))
		return -EFAULT;
	if (cs->version || cs->start_ip >= USER_END ||
	    cs->abort_ip >= USER_END ||
	    cs->start_ip + cs->post_commit_offset < cs->start_ip ||
	    cs->start_ip + cs->post_commit_offset >= USER_END ||
	    cs->abort_ip - cs->start_ip < cs->post_commit_offset)
		return -EINVAL;
	if (get_user(signature, (const u32 __user *)(cs->abort_ip - 4)))
		return -EFAULT;
	return signature == t->rseq_sig ? 1 : -EINVAL;
}

/* Abort the section if the thread was interrupted in it, as @event says. */
__no_canary static int leave_section(struct task *t, struct pt_regs *regs, bool event)
{
	struct rseq_cs cs;
	int r = read_section(t, &cs);
	bool inside;

	if (r <= 0)
		return r;
	inside = regs->pc - cs.start_ip < cs.post_commit_offset;
	if (inside && !event)
		return 0;
	/* Whether left or aborted, it is over. */
	if (put_user(0ul, (u64 __user *)&t->rseq->rseq_cs))
		return -EFAULT;
	if (inside)
		regs->pc = cs.abort_ip;
	return 0;
}

void rseq_signal(struct pt_regs *regs)
{
	if (leave_section(current, regs, true))
		force_sig(SIGSEGV);
}

void rseq_resume(struct pt_regs *regs)
{
	struct task *t = current;
	/* Before anything is looked at: if we lose the CPU from here on, it is another
	 * event, and we come here again. */
	bool event = atomic_xchg(&t->rseq_event, false);
	u32 cpu = READ_ONCE(t->ti.cpu);

	if (leave_section(t, regs, event) || store_cpu(t->rseq, cpu, cpu))
		force_sig(SIGSEGV);
}

static long unregister(struct rseq __user *r, u32 len, u32 sig)
{
	struct task *t = current;

	if (!t->rseq || t->rseq != r || len != t->rseq_len)
		return -EINVAL;
	if (sig != t->rseq_sig)
		return -EPERM;
	if (store_cpu(r, 0, (u32)RSEQ_CPU_ID_UNINITIALIZED))
		return -EFAULT;
	t->rseq = NULL;
	t->rseq_len = t->rseq_sig = 0;
	return 0;
}

SYSCALL_DEFINE4(rseq, struct rseq __user *, r, u32, len, int, flags, u32, sig)
{
	struct task *t = current;

	if (flags == RSEQ_FLAG_UNREGISTER)
		return unregister(r, len, sig);
	if (flags)
		return -EINVAL;
	if (t->rseq) {
		if (t->rseq != r || t->rseq_len != len)
			return -EINVAL;
		return t->rseq_sig == sig ? -EBUSY : -EPERM;
	}
	if (!IS_ALIGNED((u64)r, RSEQ_SIZE) || len != RSEQ_SIZE)
		return -EINVAL;
	if (!access_ok(r, len))
		return -EFAULT;
	t->rseq = r;
	t->rseq_len = len;
	t->rseq_sig = sig;
	set_ti_flag(t, TIF_NOTIFY); /* the number is there when we return */
	return 0;
}
