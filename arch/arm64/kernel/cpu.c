/*
 * CPU features: what the hardware has, what programs are told about it.
 *
 * The ID registers of the boot CPU decide; a CPU that comes up later with
 * less is reported. AT_HWCAP bits follow Linux's
 * Documentation/arm64/elf_hwcaps.
 */
#define PR_PREFIX "cpu: "
#include <asm/hwcap.h>
#include <asm/setup.h>
#include <asm/mmu.h>
#include <asm/sysreg.h>
#include <asm/uaccess.h>
#include <linnet/cpumask.h>
#include <linnet/printk.h>
#include <linnet/seq_file.h>
#include <linnet/task.h>
#include <asm/percpu.h>

u64 elf_hwcap __ro_after_init, elf_hwcap2 __ro_after_init;
extern u64 zva_size;

/* ID register fields that become hardware capability bits. */
/* AUTH is made up: address (0) and generic (4) pointer authentication, by any
 * algorithm. */
enum id_reg { ISAR0, ISAR1, PFR0, PFR1, MMFR2, AUTH, NR_ID };

struct hwcap_rule {
	u8 reg, shift, min; /* field value >= min; PFR0's FP is signed */
	u8 word;	    /* AT_HWCAP or AT_HWCAP2 */
	u64 bit;
	const char *name; /* in /proc/cpuinfo, in Linux's order */
};

static const struct hwcap_rule rules[] = {
	{PFR0, 16, 0, 1, HWCAP_FP, "fp"},
	{PFR0, 20, 0, 1, HWCAP_ASIMD, "asimd"},
	{ISAR0, 4, 1, 1, HWCAP_AES, "aes"},
	{ISAR0, 4, 2, 1, HWCAP_PMULL, "pmull"},
	{ISAR0, 8, 1, 1, HWCAP_SHA1, "sha1"},
	{ISAR0, 12, 1, 1, HWCAP_SHA2, "sha2"},
	{ISAR0, 16, 1, 1, HWCAP_CRC32, "crc32"},
	{ISAR0, 20, 2, 1, HWCAP_ATOMICS, "atomics"},
	{PFR0, 16, 1, 1, HWCAP_FPHP, "fphp"},
	{PFR0, 20, 1, 1, HWCAP_ASIMDHP, "asimdhp"},
	{ISAR0, 28, 1, 1, HWCAP_ASIMDRDM, "asimdrdm"},
	{ISAR1, 12, 1, 1, HWCAP_JSCVT, "jscvt"},
	{ISAR1, 16, 1, 1, HWCAP_FCMA, "fcma"},
	{ISAR1, 20, 1, 1, HWCAP_LRCPC, "lrcpc"},
	{ISAR1, 0, 1, 1, HWCAP_DCPOP, "dcpop"},
	{ISAR0, 32, 1, 1, HWCAP_SHA3, "sha3"},
	{ISAR0, 36, 1, 1, HWCAP_SM3, "sm3"},
	{ISAR0, 40, 1, 1, HWCAP_SM4, "sm4"},
	{ISAR0, 44, 1, 1, HWCAP_ASIMDDP, "asimddp"},
	{ISAR0, 12, 2, 1, HWCAP_SHA512, "sha512"},
	{ISAR0, 48, 1, 1, HWCAP_ASIMDFHM, "asimdfhm"},
	{PFR0, 48, 1, 1, HWCAP_DIT, "dit"},
	{MMFR2, 32, 1, 1, HWCAP_USCAT, "uscat"},
	{ISAR1, 20, 2, 1, HWCAP_ILRCPC, "ilrcpc"},
	{ISAR0, 52, 1, 1, HWCAP_FLAGM, "flagm"},
	{ISAR1, 36, 1, 1, HWCAP_SB, "sb"},
	{AUTH, 0, 1, 1, HWCAP_PACA, "paca"},
	{AUTH, 4, 1, 1, HWCAP_PACG, "pacg"},
	{ISAR1, 0, 2, 2, HWCAP2_DCPODP, "dcpodp"},
	{ISAR0, 52, 2, 2, HWCAP2_FLAGM2, "flagm2"},
	{ISAR1, 32, 1, 2, HWCAP2_FRINT, "frint"},
	{ISAR1, 52, 1, 2, HWCAP2_I8MM, "i8mm"},
	{ISAR1, 44, 1, 2, HWCAP2_BF16, "bf16"},
	{ISAR1, 48, 1, 2, HWCAP2_DGH, "dgh"},
	{ISAR0, 60, 1, 2, HWCAP2_RNG, "rng"},
	{PFR1, 0, 1, 2, HWCAP2_BTI, "bti"},
};

bool cpu_has_pauth __ro_after_init, cpu_has_bti __ro_after_init;
static u64 id_regs[NR_ID] __ro_after_init;

static u64 field(u64 reg, u32 shift)
{
	return reg >> shift & 0xf;
}

/* APA, API, APA3; GPA, GPI, GPA3. ISAR2's older name is "reserved": zero. */
static u64 pauth_features(void)
{
	u64 isar2 = read_sysreg(s3_0_c0_c6_2);
	bool address = field(id_regs[ISAR1], 4) || field(id_regs[ISAR1], 8) ||
		       field(isar2, 12);
	bool generic = field(id_regs[ISAR1], 24) ||
		       field(id_regs[ISAR1], 28) || field(isar2, 8);

	return (u64)address | (u64)generic << 4;
}

static bool rule_holds(const struct hwcap_rule *r)
{
	u64 v = field(id_regs[r->reg], r->shift);

	if (r->reg == PFR0 && r->shift <= 20 && v == 0xf)
		return false; /* FP and AdvSIMD: 15 means absent */
	return v >= r->min;
}

void __init_text cpu_features_init(void)
{
	u64 dczid = read_sysreg(dczid_el0);

	id_regs[ISAR0] = read_sysreg(id_aa64isar0_el1);
	id_regs[ISAR1] = read_sysreg(id_aa64isar1_el1);
	id_regs[PFR0] = read_sysreg(id_aa64pfr0_el1);
	id_regs[PFR1] = read_sysreg(id_aa64pfr1_el1);
	id_regs[MMFR2] = read_sysreg(id_aa64mmfr2_el1);
	id_regs[AUTH] = pauth_features();
	if (!(dczid & 0x10))
		zva_size = 4ul << (dczid & 0xf);
	for (u32 i = 0; i < ARRAY_SIZE(rules); i++) {
		if (!rule_holds(&rules[i]))
			continue;
		if (rules[i].word == 1)
			elf_hwcap |= rules[i].bit;
		else
			elf_hwcap2 |= rules[i].bit;
	}
	cpu_has_pauth = elf_hwcap & HWCAP_PACA;
	cpu_has_bti = elf_hwcap2 & HWCAP2_BTI;
	elf_hwcap |= HWCAP_CPUID; /* ID register reads are emulated */
}

struct cpu_identity {
	u64 midr, mpidr;
};
static DEFINE_PERCPU(struct cpu_identity, cpu_identity);

bool pan_in_use __ro_after_init;

/*
 * PAN is set from here on, and by each exception. What must turn it off has been
 * patched by what the boot CPU has; all CPUs of a machine are the same in that.
 */
static void pan_init(void)
{
	bool here = cpu_has_pan();

	if (smp_processor_id() == 0)
		pan_in_use = here;
	if (here != pan_in_use)
		panic("CPU %u differs from the first in FEAT_PAN",
		      smp_processor_id());
	if (!here)
		return;
	write_sysreg(read_sysreg(sctlr_el1) & ~(u64)SCTLR_SPAN, sctlr_el1);
	isb();
	uaccess_disable();
}

/**
 * cpu_init - registers every CPU sets up for itself
 *
 * EL0 may use the FP unit and read the counters and CTR_EL0.
 */
void cpu_init(void)
{
	struct cpu_identity *id = this_cpu_ptr(&cpu_identity);

	id->midr = read_sysreg(midr_el1);
	id->mpidr = read_sysreg(mpidr_el1);
	write_sysreg(3ul << 20, cpacr_el1);
	write_sysreg(0x2, cntkctl_el1); /* EL0VCTEN: the virtual counter */
	write_sysreg(0, mdscr_el1);
	write_sysreg(0, tpidrro_el0);
	isb();
	pan_init();
	if (cpu_id_bti())
		write_sysreg(read_sysreg(sctlr_el1) | SCTLR_BT0 | SCTLR_BT1,
			     sctlr_el1);
}

/* CRm, op2 of the ID registers whose features programs may see. */
bool cpu_id_register_for_user(u32 crm, u32 op2, u64 *value)
{
	*value = 0;
	if (crm == 0) {
		if (op2 == 0)
			*value = read_sysreg(midr_el1);
		else if (op2 == 5)
			*value = read_sysreg(mpidr_el1) | 1ul << 31;
		else if (op2 == 6)
			*value = read_sysreg(revidr_el1);
		else
			return false;
		return true;
	}
	if (crm < 4 || crm > 7)
		return false;
	if (crm == 4 && op2 == 0) /* PFR0: FP, AdvSIMD, DIT, EL0/EL1 64-bit */
		*value = (id_regs[PFR0] & 0x000f0000000f0000ul) |
			 (id_regs[PFR0] & 0xf00000ul) | 0x11;
	else if (crm == 4 && op2 == 1) /* PFR1: BTI */
		*value = id_regs[PFR1] & 0xf;
	else if (crm == 6 && op2 == 0)
		*value = id_regs[ISAR0] & ~0x000000000f00000ful;
	else if (crm == 6 && op2 == 1)
		*value = id_regs[ISAR1] & 0x00fff0fffffffffful;
	else if (crm == 7 && op2 == 2)
		*value = id_regs[MMFR2] & (0xful << 32);
	return true;
}

u64 cpu_midr(u32 cpu)
{
	return per_cpu(cpu_identity, cpu).midr;
}

void show_cpuinfo(struct seq_file *m)
{
	u32 cpu;

	for_each_online_cpu(cpu) {
		u64 midr = per_cpu(cpu_identity, cpu).midr;

		seq_printf(m, "processor\t: %u\n", cpu);
		seq_printf(m, "BogoMIPS\t: %lu.%02lu\n",
			   read_sysreg(cntfrq_el0) / 500000,
			   read_sysreg(cntfrq_el0) / 5000 % 100);
		seq_puts(m, "Features\t:");
		for (u32 i = 0; i < ARRAY_SIZE(rules); i++)
			if (rule_holds(&rules[i]))
				seq_printf(m, " %s", rules[i].name);
		seq_puts(m, " cpuid\n");
		seq_printf(m, "CPU implementer\t: 0x%02lx\n", midr >> 24);
		seq_puts(m, "CPU architecture: 8\n");
		seq_printf(m, "CPU variant\t: 0x%lx\n", midr >> 20 & 0xf);
		seq_printf(m, "CPU part\t: 0x%03lx\n", midr >> 4 & 0xfff);
		seq_printf(m, "CPU revision\t: %lu\n\n", midr & 0xf);
	}
}

/* RNDR (FEAT_RNG); *ok is false if the CPU has none or it failed. */
u64 arch_random_long(bool *ok)
{
	u64 v = 0, good = 0;

	if (elf_hwcap2 & HWCAP2_RNG)
		__asm__ volatile("mrs %0, s3_3_c2_c4_0\n\tcset %1, ne"
				 : "=r"(v), "=r"(good)::"cc");
	*ok = good;
	return v;
}
