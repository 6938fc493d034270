/*
 * Pointer authentication and branch targets. Cases for what the CPU lacks are
 * skipped: run this with --cpu max too.
 */
#include "abi.h"

#include <asm/hwcap.h>
#include <elf.h>
#include <pthread.h>
#include <stddef.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/ucontext.h>

#ifndef PROT_BTI
#define PROT_BTI 0x10
#endif

#define ADDRESS_KEYS                                                         \
	(PR_PAC_APIAKEY | PR_PAC_APIBKEY | PR_PAC_APDAKEY | PR_PAC_APDBKEY)

static bool has_pac(void)
{
	return getauxval(AT_HWCAP) & HWCAP_PACA;
}

static bool has_bti(void)
{
	return getauxval(AT_HWCAP2) & HWCAP2_BTI;
}

static int reset_keys(unsigned long keys)
{
	return prctl(PR_PAC_RESET_KEYS, keys, 0, 0, 0);
}

static int enable_keys(unsigned long keys, unsigned long on)
{
	return prctl(PR_PAC_SET_ENABLED_KEYS, keys, on, 0, 0);
}

static long enabled_keys(void)
{
	return prctl(PR_PAC_GET_ENABLED_KEYS, 0, 0, 0, 0);
}

CASE("hwcaps, cpuinfo and ID registers say the same")
{
	char features[1024] = " ", line[1024];
	FILE *f = fopen("/proc/cpuinfo", "r");
	unsigned long isar1, pfr1;

	while (fgets(line, sizeof(line), f))
		if (!strncmp(line, "Features", 8)) {
			line[strcspn(line, "\n")] = ' ';
			strcpy(features, line);
			break;
		}
	fclose(f);
	EQ(strstr(features, " paca ") != NULL, has_pac());
	EQ(strstr(features, " pacg ") != NULL,
	   !!(getauxval(AT_HWCAP) & HWCAP_PACG));
	EQ(strstr(features, " bti ") != NULL, has_bti());
	__asm__("mrs %0, id_aa64isar1_el1" : "=r"(isar1));
	__asm__("mrs %0, id_aa64pfr1_el1" : "=r"(pfr1));
	if (isar1 & 0xff0)
		CHECK(has_pac());
	EQ(!!(pfr1 & 0xf), has_bti());
}

CASE("prctl: what is refused")
{
	ERR(prctl(PR_PAC_RESET_KEYS, 0, 1, 0, 0), EINVAL);
	ERR(prctl(PR_PAC_RESET_KEYS, 0, 0, 1, 0), EINVAL);
	ERR(prctl(PR_PAC_RESET_KEYS, 0, 0, 0, 1), EINVAL);
	ERR(reset_keys(1 << 5), EINVAL);
	ERR(reset_keys(-1ul), EINVAL);
	ERR(prctl(PR_PAC_SET_ENABLED_KEYS, 0, 0, 1, 0), EINVAL);
	ERR(prctl(PR_PAC_SET_ENABLED_KEYS, 0, 0, 0, 1), EINVAL);
	ERR(enable_keys(PR_PAC_APGAKEY, 0), EINVAL);
	ERR(enable_keys(PR_PAC_APIAKEY, PR_PAC_APIBKEY), EINVAL);
	ERR(prctl(PR_PAC_GET_ENABLED_KEYS, 1, 0, 0, 0), EINVAL);
	ERR(prctl(PR_PAC_GET_ENABLED_KEYS, 0, 0, 0, 1), EINVAL);
	if (has_pac()) {
		EQ(reset_keys(0), 0);
		EQ(enable_keys(0, 0), 0);
		EQ(enabled_keys(), ADDRESS_KEYS);
	} else {
		ERR(reset_keys(0), EINVAL);
		ERR(enable_keys(0, 0), EINVAL);
		ERR(enabled_keys(), EINVAL);
	}
}

/* --- keys -------------------------------------------------------------- */

#define SIGN(insn, p)                                                        \
	({                                                                   \
		unsigned long _v = (p);                                      \
		__asm__ volatile(".arch_extension pauth\n\t" insn " %0, %1"  \
				 : "+r"(_v) : "r"(0x1234ul));                \
		_v;                                                          \
	})

enum { SAMPLES = 16 };

/* A signature by each key of several pointers: one alone has few bits. */
struct signatures {
	unsigned long v[5][SAMPLES];
};

static struct signatures sign_all(void)
{
	struct signatures s;

	for (unsigned long i = 0; i < SAMPLES; i++) {
		unsigned long p = 0x400000 + i * 4096, g;

		s.v[0][i] = SIGN("pacia", p);
		s.v[1][i] = SIGN("pacib", p);
		s.v[2][i] = SIGN("pacda", p);
		s.v[3][i] = SIGN("pacdb", p);
		__asm__ volatile(".arch_extension pauth\n\tpacga %0, %1, %2"
				 : "=r"(g) : "r"(p), "r"(0x1234ul));
		s.v[4][i] = g;
	}
	return s;
}

/* Which keys differ, as a mask of PR_PAC_*KEY. */
static int changed(const struct signatures *a, const struct signatures *b)
{
	int mask = 0;

	for (int k = 0; k < 5; k++)
		if (memcmp(a->v[k], b->v[k], sizeof(a->v[k])))
			mask |= 1 << k;
	return mask;
}

#define NEED_PAC()                                                           \
	do {                                                                 \
		if (!has_pac())                                              \
			SKIP("no pointer authentication");                   \
	} while (0)

static void *sign_in_thread(void *result)
{
	*(struct signatures *)result = sign_all();
	return NULL;
}

CASE("fork and threads inherit the keys")
{
	NEED_PAC();
	struct signatures mine = sign_all(), theirs;
	pthread_t t;
	pid_t pid;

	for (int k = 0; k < 5; k++)
		CHECK(mine.v[k][0] != 0x400000);
	CHILD(pid) {
		theirs = sign_all();
		EQ(changed(&mine, &theirs), 0);
	}
	EQ(abi_reap(pid), 0);
	pthread_create(&t, NULL, sign_in_thread, &theirs);
	pthread_join(t, NULL);
	EQ(changed(&mine, &theirs), 0);
	/* Over switches to others. */
	for (int i = 0; i < 50; i++) {
		CHILD(pid)
			reset_keys(0);
		abi_reap(pid);
	}
	theirs = sign_all();
	EQ(changed(&mine, &theirs), 0);
}

HELPER(sign)
{
	struct signatures s = sign_all();

	write(1, &s, sizeof(s));
	return enabled_keys() == ADDRESS_KEYS ? 0 : 1;
}

CASE("exec makes new keys, all enabled")
{
	NEED_PAC();
	char *argv[] = { "@sign", NULL }, *envp[] = { NULL };
	struct signatures s[2];
	int fd[2];
	pid_t pid;

	for (int i = 0; i < 2; i++) {
		OK(pipe(fd));
		pid = fork();
		if (pid == 0) {
			enable_keys(PR_PAC_APIAKEY, 0);
			dup2(fd[1], 1);
			execve("/proc/self/exe", argv, envp);
			_exit(1);
		}
		EQ(read(fd[0], &s[i], sizeof(s[i])), sizeof(s[i]));
		EQ(abi_reap(pid), 0);
	}
	EQ(changed(&s[0], &s[1]), 0x1f);
}

CASE("PR_PAC_RESET_KEYS makes those it names")
{
	NEED_PAC();
	struct signatures before = sign_all(), after;

	for (int k = 0; k < 5; k++) {
		EQ(reset_keys(1 << k), 0);
		after = sign_all();
		EQ(changed(&before, &after), 1 << k);
		before = after;
	}
	EQ(reset_keys(PR_PAC_APIBKEY | PR_PAC_APDAKEY), 0);
	after = sign_all();
	EQ(changed(&before, &after), PR_PAC_APIBKEY | PR_PAC_APDAKEY);
	before = after;
	EQ(reset_keys(0), 0);
	after = sign_all();
	EQ(changed(&before, &after), 0x1f);
}

CASE("a key that is disabled signs nothing; children inherit that")
{
	NEED_PAC();
	struct signatures s;
	pid_t pid;

	EQ(enable_keys(PR_PAC_APIAKEY | PR_PAC_APDBKEY, PR_PAC_APDBKEY), 0);
	EQ(enabled_keys(), ADDRESS_KEYS & ~PR_PAC_APIAKEY);
	s = sign_all();
	EQ(s.v[0][3], 0x403000);
	CHECK(s.v[3][3] != 0x403000);
	sched_yield();
	CHILD(pid) {
		s = sign_all();
		EQ(s.v[0][3], 0x403000);
		EQ(enabled_keys(), ADDRESS_KEYS & ~PR_PAC_APIAKEY);
	}
	EQ(abi_reap(pid), 0);
	EQ(enable_keys(PR_PAC_APIAKEY, PR_PAC_APIAKEY), 0);
	s = sign_all();
	CHECK(s.v[0][3] != 0x403000);
}

/* --- faults ------------------------------------------------------------- */

static volatile int faults;
static siginfo_t last;
static unsigned long last_pstate, last_pc;
static volatile int let_pass; /* the fault that goes on at the caller */

static void on_fault(int signo, siginfo_t *info, void *context)
{
	ucontext_t *uc = context;

	(void)signo;
	last = *info;
	last_pstate = uc->uc_mcontext.pstate;
	last_pc = uc->uc_mcontext.pc;
	if (++faults < let_pass)
		return;
	uc->uc_mcontext.pc = uc->uc_mcontext.regs[30];
	uc->uc_mcontext.pstate &= ~0xc00ul;
}

static void catch_faults(int nth)
{
	struct sigaction sa = { .sa_sigaction = on_fault,
				.sa_flags = SA_SIGINFO };

	sigaction(SIGILL, &sa, NULL);
	sigaction(SIGSEGV, &sa, NULL);
	faults = 0;
	let_pass = nth;
}

static __attribute__((noinline)) unsigned long load_signed(unsigned long p)
{
	__asm__ volatile(".arch_extension pauth\n\tautda %0, %1\n\tldr %0, [%0]"
			 : "+r"(p) : "r"(0x1234ul) : "memory", "x30");
	return p;
}

CASE("a pointer with a wrong signature cannot be used")
{
	NEED_PAC();
	static unsigned long value = 4711;
	unsigned long p = SIGN("pacda", (unsigned long)&value);

	EQ(load_signed(p), 4711);
	pid_t pid = fork();
	if (pid == 0)
		_exit(load_signed(p ^ 1ul << 50) == 4711);
	int status = abi_reap(pid);
	/* With FEAT_FPAC the check itself traps. */
	CHECK(WIFSIGNALED(status) && (WTERMSIG(status) == SIGSEGV ||
				      WTERMSIG(status) == SIGILL));
}

/* --- branch targets ------------------------------------------------------ */

enum insn {
	INSN_NOP = 0xd503201f,
	INSN_BTI_C = 0xd503245f,
	INSN_BTI_J = 0xd503249f,
	INSN_BTI_JC = 0xd50324df,
	INSN_RET = 0xd65f03c0,
};

/* nop; ret | bti c; ret | bti j; ret | bti jc; ret */
static unsigned int *make_code(int prot)
{
	static const unsigned int code[] = {
		INSN_NOP, INSN_RET, INSN_BTI_C, INSN_RET,
		INSN_BTI_J, INSN_RET, INSN_BTI_JC, INSN_RET,
	};
	unsigned int *p = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	memcpy(p, code, sizeof(code));
	__builtin___clear_cache((char *)p, (char *)p + PAGE);
	OK(mprotect(p, PAGE, prot));
	return p;
}

/* Go to @to in one of three ways; 1 if it faulted. */
#define GO(how, to)                                                          \
	({                                                                   \
		register unsigned long _x16 __asm__("x16") = (unsigned long)(to);\
		register unsigned long _x2 __asm__("x2") = (unsigned long)(to);\
		faults = 0;                                                  \
		__asm__ volatile("adr x30, 1f\n\t" how "\n1:"                \
				 : "+r"(_x16), "+r"(_x2) : : "x30", "memory");\
		(int)faults;                                                 \
	})
#define CALL "blr x2"
#define JUMP "br x2"
#define TAIL "br x16"

#define NEED_BTI()                                                           \
	do {                                                                 \
		if (!has_bti())                                              \
			SKIP("no branch target identification");             \
	} while (0)

CASE("PROT_BTI where there is none is refused by mprotect, ignored by mmap")
{
	void *p;

	if (has_bti())
		SKIP("the CPU has it");
	p = mmap(NULL, PAGE, PROT_READ | PROT_BTI, MAP_PRIVATE | MAP_ANONYMOUS,
		 -1, 0);
	CHECK(p != MAP_FAILED);
	ERR(mprotect(p, PAGE, PROT_READ | PROT_BTI), EINVAL);
}

CASE("PROT_BTI: calls and jumps must end at landing pads")
{
	NEED_BTI();
	unsigned int *p = make_code(PROT_READ | PROT_EXEC | PROT_BTI);

	catch_faults(1);
	EQ(GO(CALL, p + 0), 1);
	EQ(last.si_signo, SIGILL);
	EQ(last.si_code, ILL_ILLOPC);
	EQ((long)last.si_addr, (long)p);
	EQ(last_pc, (long)p);
	EQ(last_pstate & 0xc00, 0x800);
	EQ(GO(CALL, p + 2), 0);
	EQ(GO(CALL, p + 4), 1);
	EQ(GO(CALL, p + 6), 0);
	/* From a page that is not guarded a BR counts as a tail call. */
	EQ(GO(TAIL, p + 2), 0);
	EQ(GO(TAIL, p + 0), 1);
	EQ(last_pstate & 0xc00, 0x400);
	EQ(GO(JUMP, p + 2), 0);
	EQ(GO(JUMP, p + 0), 1);
	/* A return may go anywhere. */
	EQ(GO("ret x2", p), 0);
}

CASE("mprotect gives and takes it, mmap gives it")
{
	NEED_BTI();
	unsigned int *p = make_code(PROT_READ | PROT_EXEC);
	int fd = open("code", O_RDWR | O_CREAT, 0700);
	unsigned int *q;

	catch_faults(1);
	/* Elsewhere each time: QEMU 7.2 keeps what it translated. */
	EQ(GO(CALL, p), 0);
	OK(mprotect(p, PAGE, PROT_READ | PROT_EXEC | PROT_BTI));
	EQ(GO(CALL, p + 4), 1);
	OK(mprotect(p, PAGE, PROT_READ | PROT_EXEC));
	EQ(GO(CALL, p + 1), 0);
	write(fd, p, PAGE);
	q = mmap(NULL, PAGE, PROT_READ | PROT_EXEC | PROT_BTI, MAP_PRIVATE, fd,
		 0);
	EQ(GO(CALL, q), 1);
	EQ(GO(CALL, q + 2), 0);
	/* A child has it too. */
	pid_t pid;
	CHILD(pid) {
		EQ(GO(CALL, q), 1);
		EQ(GO(CALL, q + 2), 0);
	}
	EQ(abi_reap(pid), 0);
}

CASE("signal frames keep the kind of branch")
{
	NEED_BTI();
	unsigned int *p = make_code(PROT_READ | PROT_EXEC | PROT_BTI);

	/* The first handler changes nothing: it must fault again. */
	catch_faults(2);
	EQ(GO(CALL, p), 2);
}

CASE("a handler is called: it needs a landing pad")
{
	NEED_BTI();
	unsigned int *p = make_code(PROT_READ | PROT_EXEC | PROT_BTI);

	catch_faults(1);
	signal(SIGUSR1, (void (*)(int))(p + 2));
	raise(SIGUSR1);
	EQ(faults, 0);
	signal(SIGUSR1, (void (*)(int))(p + 0));
	raise(SIGUSR1);
	EQ(faults, 1);
	EQ(last_pc, (long)p);
	EQ(last_pstate & 0xc00, 0x800);
	signal(SIGUSR1, (void (*)(int))(p + 4)); /* bti j */
	raise(SIGUSR1);
	EQ(faults, 2);
}

static bool smaps_has_bt(unsigned long addr)
{
	FILE *f = fopen("/proc/self/smaps", "r");
	unsigned long start, end;
	bool inside = false, found = false;
	char line[512];

	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%lx-%lx ", &start, &end) == 2)
			inside = start <= addr && addr < end;
		if (inside && !strncmp(line, "VmFlags:", 8))
			found = strstr(line, " bt ") != NULL;
	}
	fclose(f);
	return found;
}

CASE("smaps: bt; the vDSO can be called")
{
	NEED_BTI();
	unsigned int *p = make_code(PROT_READ | PROT_EXEC | PROT_BTI);
	struct timespec ts;

	CHECK(smaps_has_bt((unsigned long)p));
	OK(mprotect(p, PAGE, PROT_READ | PROT_EXEC));
	CHECK(!smaps_has_bt((unsigned long)p));
	CHECK(!smaps_has_bt((unsigned long)smaps_has_bt));
	EQ(clock_gettime(CLOCK_MONOTONIC, &ts), 0);
}

/* --- ELF ------------------------------------------------------------------ */

struct property_note {
	Elf64_Nhdr head;
	char name[4];
	unsigned int type, size, value, pad;
};

struct program {
	Elf64_Ehdr ehdr;
	Elf64_Phdr phdr[2];
	struct property_note note;
	unsigned int code[8];
};

/* Calls what is no landing pad, then exits with 42. */
static struct program make_program(void)
{
	struct program e = {
		.ehdr = {
			.e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS64,
				     ELFDATA2LSB, EV_CURRENT },
			.e_type = ET_EXEC,
			.e_machine = EM_AARCH64,
			.e_version = EV_CURRENT,
			.e_entry = 0x400000 + offsetof(struct program, code),
			.e_phoff = offsetof(struct program, phdr),
			.e_ehsize = sizeof(Elf64_Ehdr),
			.e_phentsize = sizeof(Elf64_Phdr),
			.e_phnum = 2,
		},
		.phdr = {
			{ .p_type = PT_LOAD, .p_flags = PF_R | PF_X,
			  .p_vaddr = 0x400000, .p_filesz = sizeof(e),
			  .p_memsz = sizeof(e), .p_align = PAGE },
			{ .p_type = 0x6474e553 /* PT_GNU_PROPERTY */,
			  .p_flags = PF_R, .p_align = 8,
			  .p_offset = offsetof(struct program, note),
			  .p_vaddr = 0x400000 + offsetof(struct program, note),
			  .p_filesz = sizeof(e.note),
			  .p_memsz = sizeof(e.note) },
		},
		.note = { { 4, 16, 5 }, "GNU", 0xc0000000, 4, 1, 0 },
		.code = {
			0x10000060,	/* adr x0, .+12 */
			0xd63f0000,	/* blr x0 */
			INSN_NOP,
			0xd2800540,	/* mov x0, #42 */
			0xd2800ba8,	/* mov x8, #93: exit */
			0xd4000001,	/* svc #0 */
		},
	};

	return e;
}

static int run_program(const struct program *e)
{
	char *argv[] = { "./program", NULL }, *envp[] = { NULL };
	int fd = open("program", O_WRONLY | O_CREAT | O_TRUNC, 0700);
	pid_t pid;

	write(fd, e, sizeof(*e));
	close(fd);
	pid = fork();
	if (pid == 0) {
		execve("program", argv, envp);
		_exit(100 + errno);
	}
	return abi_exit_code(pid);
}

CASE("ELF: the property note asks for it")
{
	struct program e = make_program();

	EQ(run_program(&e), has_bti() ? 1000 + SIGILL : 42);
	e.note.value = 2; /* only PAC */
	EQ(run_program(&e), 42);
	e.note.value = 3;
	EQ(run_program(&e), has_bti() ? 1000 + SIGILL : 42);
	e.code[3] = INSN_BTI_C;
	e.code[4] = 0xd2800540;
	e.code[5] = 0xd2800ba8;
	e.code[6] = 0xd4000001;
	EQ(run_program(&e), 42);
	e = make_program();
	e.phdr[1].p_type = PT_NULL;
	EQ(run_program(&e), 42);
}

CASE("ELF: notes that are wrong are refused")
{
	struct program e = make_program();

	e.note.size = 8;
	EQ(run_program(&e), 100 + ENOEXEC);
	e = make_program();
	e.note.head.n_descsz = 32;
	EQ(run_program(&e), 100 + ENOEXEC);
	e = make_program();
	e.note.name[0] = 'X';
	EQ(run_program(&e), 100 + ENOEXEC);
	e = make_program();
	e.phdr[1].p_filesz = 8192;
	EQ(run_program(&e), 100 + ENOEXEC);
}
