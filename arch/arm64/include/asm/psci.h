/* Power State Coordination Interface (Arm DEN0022): calls to the firmware. */
#ifndef ASM_PSCI_H
#define ASM_PSCI_H

#include <linnet/types.h>

/* Find the conduit (HVC or SMC) in the device tree. */
struct fdt;
void psci_init(const struct fdt *fdt);
/* 0 or negative PSCI error: start the CPU with this MPIDR. */
long psci_cpu_on(u64 mpidr, phys_addr_t entry, u64 context);
/* Do not return if the firmware obeys. */
void psci_system_off(void);
void psci_system_reset(void);

#endif
