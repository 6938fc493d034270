/*
 * Signal frames: entering a handler and returning from it.
 *
 * The frame is Linux's struct rt_sigframe (siginfo, ucontext) on the user
 * stack, followed by a frame record so that unwinders can pass. The context's
 * __reserved area holds records: FP/SIMD registers, the fault's syndrome, and
 * an end mark (arch/arm64 UAPI asm/sigcontext.h).
 */
#include <asm/mmu.h>
#include <asm/ptregs.h>
#include <asm/siginfo.h>
#include <asm/signal.h>
#include <asm/sigcontext.h>
#include <asm/thread.h>
#include <asm/traps.h>
#include <asm/uaccess.h>
#include <asm/ucontext.h>
#include <asm/unistd.h>
#include <linnet/errno.h>
#include <linnet/mm.h>
#include <linnet/rseq.h>
#include <linnet/signal.h>
#include <linnet/string.h>
#include <linnet/syscalls.h>
#include <linnet/task.h>
#include <linnet/vdso.h>

struct rt_sigframe {
	siginfo_t info;
	struct ucontext uc;
};

struct frame_record {
	u64 fp, lr;
};

static_assert(sizeof(struct fpsimd_context) == 528, "asm/sigcontext.h");

/* --- the FP record --- */

static int put_fpsimd(struct fpsimd_context __user *ctx)
{
	struct fpsimd_state *st = &current_ti()->fp;
	int err;

	fpsimd_sync_current();
	err = copy_to_user(ctx->vregs, st->vregs, sizeof(st->vregs));
	err |= put_user(st->fpsr, &ctx->fpsr);
	err |= put_user(st->fpcr, &ctx->fpcr);
	err |= put_user(FPSIMD_MAGIC, &ctx->head.magic);
	err |= put_user((u32)sizeof(*ctx), &ctx->head.size);
	return err;
}

static int get_fpsimd(struct fpsimd_context __user *ctx)
{
	struct fpsimd_state st;
	int err = copy_from_user(st.vregs, ctx->vregs, sizeof(st.vregs));

	err |= get_user(st.fpsr, &ctx->fpsr);
	err |= get_user(st.fpcr, &ctx->fpcr);
	if (err)
		return -EFAULT;
	st.pad = 0;
	fpsimd_invalidate();
	current_ti()->fp = st;
	return 0;
}

static int put_record(void __user *at, u32 magic, u32 size)
{
	struct _aarch64_ctx head = {magic, size};

	return copy_to_user(at, &head, sizeof(head));
}

static int put_context(struct rt_sigframe __user *f, struct pt_regs *regs)
{
	struct sigcontext __user *sc = &f->uc.uc_mcontext;
	u8 __user *rec = sc->__reserved;
	struct thread_info *ti = current_ti();
	int err;

	err = copy_to_user(sc->regs, regs->regs, sizeof(regs->regs));
	err |= put_user(regs->sp, &sc->sp);
	err |= put_user(regs->pc, &sc->pc);
	err |= put_user(regs->pstate, &sc->pstate);
	err |= put_user(ti->fault_address, &sc->fault_address);
	err |= put_fpsimd((struct fpsimd_context __user *)rec);
	rec += sizeof(struct fpsimd_context);
	if (ti->fault_code) {
		struct esr_context __user *esr = (void __user *)rec;

		err |= put_record(rec, ESR_MAGIC, sizeof(*esr));
		err |= put_user(ti->fault_code, &esr->esr);
		rec += sizeof(*esr);
	}
	return err | put_record(rec, 0, 0);
}

/* Find the records; the FP one is required. */
static int get_records(struct sigcontext __user *sc)
{
	struct fpsimd_context __user *fp = NULL;
	u8 __user *p = sc->__reserved;
	u8 __user *end = p + sizeof(sc->__reserved);

	for (;;) {
		struct _aarch64_ctx head;

		if (end - p < (ptrdiff_t)sizeof(head) ||
		    copy_from_user(&head, p, sizeof(head)))
			return -EFAULT;
		if (!head.magic && !head.size)
			break;
		if (head.size < sizeof(head) || head.size % 16 ||
		    head.size > end - p)
			return -EINVAL;
		if (head.magic == FPSIMD_MAGIC) {
			if (fp || head.size < sizeof(*fp))
				return -EINVAL;
			fp = (void __user *)p;
		} else if (head.magic != ESR_MAGIC) {
			return -EINVAL;
		}
		p += head.size;
	}
	return fp ? get_fpsimd(fp) : -EINVAL;
}

/* Flags user code may set; the rest of PSTATE is ours. */
static bool pstate_valid(u64 pstate)
{
	u64 allowed = PSR_NZCV | PSR_SS_BIT | BIT(24) /* DIT */ |
		      BIT(12) /* SSBS */ | PSR_BTYPE;

	return !(pstate & ~allowed);
}

static int get_context(struct pt_regs *regs, struct rt_sigframe __user *f)
{
	struct sigcontext __user *sc = &f->uc.uc_mcontext;
	struct pt_regs new = *regs;
	int err;

	err = copy_from_user(new.regs, sc->regs, sizeof(new.regs));
	err |= get_user(new.sp, &sc->sp);
	err |= get_user(new.pc, &sc->pc);
	err |= get_user(new.pstate, &sc->pstate);
	if (err || !pstate_valid(new.pstate))
		return -EINVAL;
	if (get_records(sc))
		return -EINVAL;
	new.syscallno = NO_SYSCALL;
	*regs = new;
	return 0;
}

SYSCALL_DEFINE0(rt_sigreturn)
{
	struct pt_regs *regs = task_regs(current);
	struct rt_sigframe __user *f = (void __user *)regs->sp;
	sigset_t set;
	stack_t sas;

	current->restart.fn = NULL;
	if (!IS_ALIGNED(regs->sp, 16) || !access_ok(f, sizeof(*f)) ||
	    copy_from_user(&set, &f->uc.uc_sigmask, sizeof(set)))
		goto bad;
	set_current_blocked(set.sig[0]);
	if (get_context(regs, f) ||
	    copy_from_user(&sas, &f->uc.uc_stack, sizeof(sas)))
		goto bad;
	restore_altstack(&sas);
	return (long)regs->regs[0];
bad:
	force_sig_fault(SIGSEGV, SEGV_MAPERR, regs->sp);
	return 0;
}

/* Where the frame goes: below sp, or on the alternate stack. */
static u64 frame_address(const struct ksignal *ks, u64 sp)
{
	const stack_t *sas = &current->sas;
	bool on_it = sp > (u64)sas->ss_sp && sp - (u64)sas->ss_sp <= sas->ss_size;

	if (sas->ss_flags & SS_AUTODISARM)
		on_it = false;
	if ((ks->ka.flags & SA_ONSTACK) && sas->ss_size && !on_it)
		sp = (u64)sas->ss_sp + sas->ss_size;
	return sp & ~15ul;
}

static int setup_frame(struct ksignal *ks, struct pt_regs *regs, u64 oldmask)
{
	u64 sp = frame_address(ks, regs->sp) - sizeof(struct frame_record);
	struct frame_record __user *rec = (void __user *)sp;
	struct rt_sigframe __user *f =
		(void __user *)((sp - sizeof(struct rt_sigframe)) & ~15ul);
	sigset_t set = {{oldmask}};
	int err;

	if (!access_ok(f, sp + sizeof(*rec) - (u64)f))
		return -EFAULT;
	err = put_user(regs->regs[29], &rec->fp);
	err |= put_user(regs->regs[30], &rec->lr);
	err |= put_user(0ul, &f->uc.uc_flags);
	err |= put_user(NULL, &f->uc.uc_link);
	err |= save_altstack(&f->uc.uc_stack, regs->sp);
	err |= copy_to_user(&f->uc.uc_sigmask, &set, sizeof(set));
	err |= put_context(f, regs);
	if (ks->ka.flags & SA_SIGINFO)
		err |= copy_to_user(&f->info, &ks->info, sizeof(ks->info));
	if (err)
		return -EFAULT;
	regs->regs[0] = (u64)ks->sig;
	if (ks->ka.flags & SA_SIGINFO) {
		regs->regs[1] = (u64)&f->info;
		regs->regs[2] = (u64)&f->uc;
	}
	regs->regs[29] = (u64)rec;
	regs->regs[30] = ks->ka.flags & SA_RESTORER
				 ? (u64)ks->ka.restorer
				 : vdso_sigreturn(current->mm->vdso);
	regs->sp = (u64)f;
	regs->pc = (u64)ks->ka.handler;
	regs->pstate &= ~(u64)(PSR_BTYPE | PSR_TCO_BIT);
	if (cpu_has_bti) /* a handler is called */
		regs->pstate |= PSR_BTYPE_CALL;
	return 0;
}

static void handle_signal(struct ksignal *ks, struct pt_regs *regs)
{
	u64 oldmask = test_ti_flag(current, TIF_RESTORE_MASK)
			      ? current->saved_mask
			      : current->blocked;

	if (current->rseq)
		rseq_signal(regs);
	signal_setup_done(setup_frame(ks, regs, oldmask), ks);
}

/*
 * The interrupted call's result, adjusted for what comes: restarted, or
 * failed with -EINTR. True if it will be restarted and a handler may still
 * turn that into -EINTR.
 */
static void prepare_restart(struct pt_regs *regs, const struct ksignal *ks)
{
	long ret = (long)regs->regs[0];
	bool restart;

	if (regs->syscallno == NO_SYSCALL)
		return;
	switch (-ret) {
	case ERESTARTNOINTR:
		restart = true;
		break;
	case ERESTARTSYS:
		restart = !ks || (ks->ka.flags & SA_RESTART);
		break;
	case ERESTARTNOHAND:
		restart = !ks;
		break;
	case ERESTART_RESTARTBLOCK:
		restart = !ks;
		break;
	default:
		return;
	}
	if (!restart) {
		regs->regs[0] = (u64)-EINTR;
		return;
	}
	regs->regs[0] = regs->orig_x0;
	if (ret == -ERESTART_RESTARTBLOCK)
		regs->regs[8] = __NR_restart_syscall;
	regs->pc -= 4; /* the svc instruction */
	regs->syscallno = NO_SYSCALL;
}

/* On the way to user mode with a signal pending or a mask to restore. */
void do_signal(struct pt_regs *regs)
{
	struct ksignal ks;

	if (get_signal(&ks)) {
		prepare_restart(regs, &ks);
		handle_signal(&ks, regs);
		return;
	}
	prepare_restart(regs, NULL);
	if (test_ti_flag(current, TIF_RESTORE_MASK)) {
		clear_ti_flag(current, TIF_RESTORE_MASK);
		set_current_blocked(current->saved_mask);
	}
}
