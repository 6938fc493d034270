/*
 * PSCI 0.2+ client (Arm DEN0022): starting CPUs, power off, reset.
 */
#define PR_PREFIX "psci: "
#include <asm/irqflags.h>
#include <asm/psci.h>
#include <asm/setup.h>
#include <linnet/fdt.h>
#include <linnet/printk.h>
#include <linnet/string.h>

/* SMC64 / SMC32 function identifiers, DEN0022 §5.1 */
enum psci_function {
	PSCI_VERSION = 0x84000000,
	PSCI_SYSTEM_OFF = 0x84000008,
	PSCI_SYSTEM_RESET = 0x84000009,
};
#define PSCI_CPU_ON64 0xc4000003u

static enum { CONDUIT_NONE, CONDUIT_HVC, CONDUIT_SMC } conduit __ro_after_init;

static long psci_call(u32 fn, u64 a1, u64 a2, u64 a3)
{
	register u64 x0 __asm__("x0") = fn;
	register u64 x1 __asm__("x1") = a1;
	register u64 x2 __asm__("x2") = a2;
	register u64 x3 __asm__("x3") = a3;

	if (conduit == CONDUIT_HVC)
		__asm__ volatile("hvc #0"
				 : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3)::
					 "memory", "x4", "x5", "x6", "x7",
					 "x8", "x9", "x10", "x11", "x12",
					 "x13", "x14", "x15", "x16", "x17");
	else if (conduit == CONDUIT_SMC)
		__asm__ volatile("smc #0"
				 : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3)::
					 "memory", "x4", "x5", "x6", "x7",
					 "x8", "x9", "x10", "x11", "x12",
					 "x13", "x14", "x15", "x16", "x17");
	else
		return -1;
	return (long)x0;
}

void __init_text psci_init(const struct fdt *fdt)
{
	const char *method;
	long version;
	int node = fdt_find_compatible(fdt, -1, "arm,psci-0.2");

	if (node < 0)
		node = fdt_find_compatible(fdt, -1, "arm,psci-1.0");
	if (node < 0) {
		pr_warn("no firmware interface: one CPU, no power control\n");
		return;
	}
	method = fdt_prop_string(fdt, node, "method");
	if (method && !strcmp(method, "hvc"))
		conduit = CONDUIT_HVC;
	else if (method && !strcmp(method, "smc"))
		conduit = CONDUIT_SMC;
	version = psci_call(PSCI_VERSION, 0, 0, 0);
	pr_info("version %ld.%ld through %s\n", version >> 16, version & 0xffff,
		conduit == CONDUIT_HVC ? "hvc" : "smc");
}

long psci_cpu_on(u64 mpidr, phys_addr_t entry, u64 context)
{
	return psci_call(PSCI_CPU_ON64, mpidr, entry, context);
}

void psci_system_off(void)
{
	psci_call(PSCI_SYSTEM_OFF, 0, 0, 0);
}

void psci_system_reset(void)
{
	psci_call(PSCI_SYSTEM_RESET, 0, 0, 0);
}

void machine_power_off(void)
{
	psci_system_off();
}

void machine_restart(void)
{
	psci_system_reset();
}

void machine_halt(void)
{
	for (;;) {
		local_irq_disable();
		cpu_wait_for_interrupt();
	}
}
