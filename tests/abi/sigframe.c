/* Signal frames, faults and alternate stacks. */
#include "abi.h"

#include <sys/ucontext.h>

static volatile int count;
static siginfo_t last;

static void note(int signo)
{
	(void)signo;
	count++;
}

static void block(int how, int signo)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, signo);
	sigprocmask(how, &set, NULL);
}

static ucontext_t frame;
static volatile unsigned long frame_sp;
static unsigned char reserved[4096] __attribute__((aligned(16)));

static void keep_frame(int signo, siginfo_t *info, void *context)
{
	ucontext_t *uc = context;

	note(signo);
	last = *info;
	frame = *uc;
	memcpy(reserved, uc->uc_mcontext.__reserved, sizeof(reserved));
	frame_sp = (unsigned long)__builtin_frame_address(0);
}

static void skip_brk(int signo, siginfo_t *info, void *context)
{
	ucontext_t *uc = context;

	keep_frame(signo, info, context);
	uc->uc_mcontext.pc += 4;
	uc->uc_mcontext.regs[19] ^= 0xff;
}

CASE("rt_sigframe: registers, pc, stack, FP state; changes take effect")
{
	struct sigaction sa = { .sa_sigaction = skip_brk,
				.sa_flags = SA_SIGINFO };
	register unsigned long x19 __asm__("x19") = 0x1919191919191919;
	register unsigned long x25 __asm__("x25") = 0x2525252525252525;
	unsigned long pc, sp, d8 = 0;

	sigaction(SIGTRAP, &sa, NULL);
	__asm__ volatile("fmov d8, %5\n"
			 "\tmov %4, sp\n"
			 "\tadr %3, 1f\n"
			 "1:\tbrk #7\n"
			 "\tfmov %2, d8\n"
			 : "+r"(x19), "+r"(x25), "=&r"(d8), "=&r"(pc),
			   "=&r"(sp)
			 : "r"(0x4045000000000000UL) : "memory", "v8");
	EQ(x19, 0x1919191919191919 ^ 0xff);
	EQ(x25, 0x2525252525252525);
	EQ(d8, 0x4045000000000000UL);
	EQ(count, 1);
	EQ(frame.uc_mcontext.pc, pc);
	EQ(frame.uc_mcontext.sp, sp);
	EQ(frame.uc_mcontext.regs[19], 0x1919191919191919);
	EQ(frame.uc_mcontext.regs[25], 0x2525252525252525);
	EQ(frame.uc_flags, 0);
	EQ(frame.uc_link, 0);
	EQ(frame.uc_stack.ss_flags, SS_DISABLE);
	EQ(frame.uc_mcontext.pstate & 0xf, 0);
	CHECK(frame_sp < sp && frame_sp + 8192 > sp);
	EQ(last.si_signo, SIGTRAP);
	EQ(last.si_code, TRAP_BRKPT);
	EQ((long)last.si_addr, pc);
	/* first record: fpsimd_context, then others, closed by a null record */
	uint32_t *record = (uint32_t *)reserved;
	EQ(record[0], 0x46508001);
	EQ(record[1], 528);
	uint64_t v8;
	memcpy(&v8, reserved + 16 + 8 * 16, 8);
	EQ(v8, 0x4045000000000000UL);
	size_t at = 528;
	while (at < sizeof(reserved) - 8 && *(uint32_t *)(reserved + at)) {
		CHECK(*(uint32_t *)(reserved + at + 4) >= 8);
		at += *(uint32_t *)(reserved + at + 4);
	}
	EQ(*(uint32_t *)(reserved + at + 4), 0);
}

static void go_to_fault(int signo, siginfo_t *info, void *context)
{
	ucontext_t *uc = context;

	note(signo);
	last = *info;
	frame = *uc;
	uc->uc_mcontext.pc = uc->uc_mcontext.regs[21];
}

/* Runs one instruction after setting x20; comes back whatever happens. */
#define TRY(instruction, x)                                                  \
	do {                                                                 \
		register unsigned long x20 __asm__("x20") = (unsigned long)(x); \
		__asm__ volatile("adr x21, 9f\n\t" instruction "\n9:"         \
				 : "+r"(x20) : : "x21", "x22", "memory");    \
	} while (0)

CASE("fault siginfo: SEGV_MAPERR, SEGV_ACCERR, BUS_ADRERR, ILL")
{
	struct sigaction sa = { .sa_sigaction = go_to_fault,
				.sa_flags = SA_SIGINFO };
	char *page = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS,
			  -1, 0);
	int fd = memfd_create("short", 0);
	char *file = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 0);

	sigaction(SIGSEGV, &sa, NULL);
	sigaction(SIGBUS, &sa, NULL);
	sigaction(SIGILL, &sa, NULL);
	TRY("ldr x22, [x20]", 0x18);
	EQ(last.si_signo, SIGSEGV);
	EQ(last.si_code, SEGV_MAPERR);
	EQ((long)last.si_addr, 0x18);
	EQ(frame.uc_mcontext.fault_address, 0x18);
	TRY("str x22, [x20]", page);
	EQ(last.si_code, SEGV_ACCERR);
	EQ((long)last.si_addr, (long)page);
	/* the first record after fpsimd tells a write: esr_context */
	TRY("ldrb w22, [x20]", file);
	EQ(last.si_signo, SIGBUS);
	EQ(last.si_code, BUS_ADRERR);
	EQ((long)last.si_addr, (long)file);
	TRY("ldr x22, [x20]", 0xffff000000000000);
	EQ(last.si_signo, SIGSEGV);
	EQ(last.si_code, SEGV_MAPERR);
	TRY(".inst 0x00000000", 0);
	EQ(last.si_signo, SIGILL);
	EQ(last.si_code, ILL_ILLOPC);
	EQ((long)last.si_addr, frame.uc_mcontext.pc);
	TRY("br x20", page);
	EQ(last.si_signo, SIGSEGV);
	EQ(last.si_code, SEGV_ACCERR);
	TRY("mrs x22, ttbr0_el1", 0);
	EQ(last.si_signo, SIGILL);
	EQ(count, 7);
}

CASE("a fault whose signal is blocked or ignored kills")
{
	pid_t pid;

	CHILD(pid) { block(SIG_BLOCK, SIGSEGV); *(volatile int *)8 = 0; }
	EQ(abi_exit_code(pid), 1000 + SIGSEGV);
	CHILD(pid) { abi_on(SIGSEGV, SIG_IGN, 0); *(volatile int *)8 = 0; }
	EQ(abi_exit_code(pid), 1000 + SIGSEGV);
	CHILD(pid) { abi_on(SIGSEGV, note, 0); block(SIG_BLOCK, SIGSEGV);
		     *(volatile int *)8 = 0; }
	EQ(abi_exit_code(pid), 1000 + SIGSEGV);
	CHILD(pid) { abi_on(SIGSEGV, note, 0); kill(getpid(), SIGSEGV);
		     _exit(count); }
	EQ(abi_exit_code(pid), 1);
}

CASE("a frame that does not fit: SIGSEGV")
{
	pid_t pid;

	CHILD(pid) {
		abi_on(SIGUSR1, note, 0);
		__asm__ volatile("mov x0, #0x1000\n\tmov sp, x0\n"
				 "mov x8, #172\n\tsvc 0\n"	/* getpid */
				 "mov x1, #10\n\tmov x8, #129\n\tsvc 0"
				 : : : "x0", "x1", "x8", "memory");
	}
	EQ(abi_exit_code(pid), 1000 + SIGSEGV);
}

CASE("sigaltstack: rules and use")
{
	static char stack[16384], small[16];
	stack_t old, set = { .ss_sp = stack, .ss_size = sizeof(stack) };
	pid_t pid;

	EQ(syscall(SYS_sigaltstack, NULL, &old), 0);
	EQ(old.ss_flags, SS_DISABLE);
	EQ(old.ss_size, 0);
	ERR(syscall(SYS_sigaltstack, BAD_PTR, NULL), EFAULT);
	ERR(syscall(SYS_sigaltstack, NULL, BAD_PTR), EFAULT);
	set.ss_flags = 0x10;
	ERR(syscall(SYS_sigaltstack, &set, NULL), EINVAL);
	set.ss_flags = 0;
	set.ss_sp = small;
	set.ss_size = sizeof(small);
	ERR(syscall(SYS_sigaltstack, &set, NULL), ENOMEM);
	set.ss_size = 5119;	/* MINSIGSTKSZ is 5120 on arm64 */
	ERR(syscall(SYS_sigaltstack, &set, NULL), ENOMEM);
	set.ss_sp = stack;
	set.ss_size = sizeof(stack);
	EQ(syscall(SYS_sigaltstack, &set, NULL), 0);
	EQ(syscall(SYS_sigaltstack, NULL, &old), 0);
	EQ(old.ss_flags, 0);
	EQ(old.ss_size, sizeof(stack));
	CHECK(old.ss_sp == stack);
	struct sigaction sa = { .sa_sigaction = keep_frame,
				.sa_flags = SA_SIGINFO };
	sigaction(SIGUSR1, &sa, NULL);
	raise(SIGUSR1);
	CHECK(frame_sp < (unsigned long)stack ||
	      frame_sp > (unsigned long)stack + sizeof(stack));
	sa.sa_flags |= SA_ONSTACK;
	sigaction(SIGUSR1, &sa, NULL);
	raise(SIGUSR1);
	CHECK(frame_sp > (unsigned long)stack &&
	      frame_sp < (unsigned long)stack + sizeof(stack));
	CHECK(frame.uc_stack.ss_sp == stack);
	EQ(frame.uc_stack.ss_flags, 0);
	EQ(frame.uc_stack.ss_size, sizeof(stack));
	CHILD(pid) {	/* a fork keeps it, exec drops it */
		EQ(syscall(SYS_sigaltstack, NULL, &old), 0);
		CHECK(old.ss_sp == stack);
	}
	abi_reap(pid);
	set.ss_flags = SS_DISABLE;
	EQ(syscall(SYS_sigaltstack, &set, NULL), 0);
	EQ(syscall(SYS_sigaltstack, NULL, &old), 0);
	EQ(old.ss_flags, SS_DISABLE);
	EQ(old.ss_size, 0);
}

static volatile int altstack_errno, altstack_flags;

static void touch_altstack(int signo)
{
	static char other[16384];
	stack_t now, set = { .ss_sp = other, .ss_size = sizeof(other) };

	note(signo);
	errno = 0;
	syscall(SYS_sigaltstack, &set, NULL);
	altstack_errno = errno;
	syscall(SYS_sigaltstack, NULL, &now);
	altstack_flags = now.ss_flags;
}

CASE("sigaltstack in use: EPERM, SS_ONSTACK; SS_AUTODISARM")
{
	static char stack[16384];
	stack_t set = { .ss_sp = stack, .ss_size = sizeof(stack) };

	syscall(SYS_sigaltstack, &set, NULL);
	abi_on(SIGUSR1, touch_altstack, SA_ONSTACK);
	raise(SIGUSR1);
	EQ(altstack_errno, EPERM);
	EQ(altstack_flags, SS_ONSTACK);
	set.ss_flags = (int)0x80000000;	/* SS_AUTODISARM */
	EQ(syscall(SYS_sigaltstack, &set, NULL), 0);
	raise(SIGUSR1);
	EQ(altstack_errno, 0);
	EQ(altstack_flags, 0);
	stack_t now;
	syscall(SYS_sigaltstack, NULL, &now);
	CHECK(now.ss_sp == stack);	/* the frame brought it back */
	EQ((unsigned)now.ss_flags, 0x80000000);
}

CASE("a stack overflow is caught on the alternate stack")
{
	static char stack[16384];
	stack_t set = { .ss_sp = stack, .ss_size = sizeof(stack) };
	pid_t pid;

	CHILD(pid) {
		struct sigaction sa = { .sa_handler = _exit,
					.sa_flags = SA_ONSTACK };

		sigaltstack(&set, NULL);
		sigaction(SIGSEGV, &sa, NULL);
		__asm__ volatile("1: sub sp, sp, #4080\n\tstr xzr, [sp]\n"
				 "\tb 1b" : : : "memory");
	}
	EQ(abi_exit_code(pid), SIGSEGV);
}
