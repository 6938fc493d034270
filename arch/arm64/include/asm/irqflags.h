/* Masking interrupts on the local CPU (PSTATE.I; FIQ is not used). */
#ifndef ASM_IRQFLAGS_H
#define ASM_IRQFLAGS_H

#include <asm/sysreg.h>
#include <linnet/types.h>

static __always_inline void local_irq_enable(void)
{
	__asm__ volatile("msr daifclr, #2" ::: "memory");
}

static __always_inline void local_irq_disable(void)
{
	__asm__ volatile("msr daifset, #2" ::: "memory");
}

/* Mask interrupts; the value returned restores the state before. */
static __always_inline u64 local_irq_save(void)
{
	u64 flags;

	__asm__ volatile("mrs %0, daif\n\tmsr daifset, #2"
			 : "=r"(flags)::"memory");
	return flags;
}

static __always_inline void local_irq_restore(u64 flags)
{
	__asm__ volatile("msr daif, %0" ::"r"(flags) : "memory");
}

static inline bool irqs_disabled(void)
{
	return read_sysreg(daif) & PSR_I_BIT;
}

#endif
