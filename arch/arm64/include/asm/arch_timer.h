/* The generic timer's system registers (Arm ARM D11). */
#ifndef ASM_ARCH_TIMER_H
#define ASM_ARCH_TIMER_H

#include <asm/sysreg.h>
#include <linnet/types.h>

static inline u32 arch_timer_rate(void)
{
	return (u32)read_sysreg(cntfrq_el0);
}

/* Interrupt this CPU when the counter reaches @cycles. */
static inline void arch_timer_start(u64 cycles)
{
	write_sysreg(cycles, cntv_cval_el0);
	write_sysreg(1, cntv_ctl_el0);
	isb();
}

static inline void arch_timer_stop(void)
{
	write_sysreg(0, cntv_ctl_el0);
	isb();
}

#endif
