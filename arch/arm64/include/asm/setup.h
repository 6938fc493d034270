/* Boot-time interface between the port and kernel/main.c. */
#ifndef ASM_SETUP_H
#define ASM_SETUP_H

#include <asm/page.h>
#include <asm/sysreg.h>
#include <asm/thread.h>
#include <linnet/types.h>

/*
 * early_map.c and early_kaslr.c, with the MMU off. What the image and the first
 * vmalloc area have been moved by: 0 without kaslr-seed or with "nokaslr".
 */
void early_kaslr(u32 *fdt);
void early_invalidate_lines(u64 start, u64 end);
extern u64 kaslr_offset, kaslr_vmalloc_offset;

/* mmu.c; in this order */
const void *fixmap_fdt(phys_addr_t pa);
void __iomem *fixmap_uart(phys_addr_t pa);
void paging_init(void);
void vmemmap_populate(pfn_t start, pfn_t end);
void paging_use_buddy(void);
void mark_rodata_ro(void);

/* Probe the boot CPU: features, cache geometry, ASID width. */
void cpu_features_init(void);
/* Per-CPU part, on each CPU. */
void cpu_init(void);
/*
 * From here on this CPU signs return addresses. Inlined into a function that never
 * returns, nor do its callers: their frames are not signed. Interrupts off.
 */
static __always_inline void pauth_begin(void)
{
	if (!cpu_has_pauth)
		return;
	write_sysreg(current_ti()->pac_key[0], s3_0_c2_c1_0);
	write_sysreg(current_ti()->pac_key[1], s3_0_c2_c1_1);
	write_sysreg(read_sysreg(sctlr_el1) | SCTLR_EnIA, sctlr_el1);
	isb();
}

/* A return address of the kernel as a frame holds it, without the signature. */
static inline u64 strip_pac(u64 pc)
{
	return pc ? pc | PAGE_OFFSET : 0;
}

/* Find the other CPUs in the device tree; then start them. */
void smp_init_cpus(void);
void smp_bring_up(void);

/* Power: do not return if the firmware obeys. */
void machine_power_off(void);
void machine_restart(void);
void machine_halt(void);

/* Ask the MMU where a mapped kernel address lies (AT S1E1R). */
phys_addr_t translate_kernel_address(u64 va);

/* The idle instruction: wait for an interrupt, with interrupts masked. */
void cpu_wait_for_interrupt(void);

/* AT_HWCAP and AT_HWCAP2, /proc/cpuinfo */
extern u64 elf_hwcap, elf_hwcap2;
struct seq_file;
void show_cpuinfo(struct seq_file *m);
/* MIDR_EL1 of a CPU; 0 before it has started. */
u64 cpu_midr(u32 cpu);
u64 arch_random_long(bool *ok);
/* What an EL0 read of ID register (CRm, op2) yields; false: undefined. */
bool cpu_id_register_for_user(u32 crm, u32 op2, u64 *value);

#endif
