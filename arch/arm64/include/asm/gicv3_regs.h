/* GICv3 CPU interface: system registers (Arm IHI 0069 §12.2). */
#ifndef ASM_GICV3_REGS_H
#define ASM_GICV3_REGS_H

#include <asm/sysreg.h>
#include <linnet/types.h>

static inline u32 gicv3_acknowledge(void)
{
	u32 id = (u32)read_sysreg(s3_0_c12_c12_0); /* ICC_IAR1_EL1 */

	dsb(sy);
	return id;
}

static inline void gicv3_end(u32 id)
{
	write_sysreg(id, s3_0_c12_c12_1); /* ICC_EOIR1_EL1 */
	isb();
}

static inline void gicv3_write_sgi1r(u64 v)
{
	write_sysreg(v, s3_0_c12_c11_5); /* ICC_SGI1R_EL1 */
	isb();
}

static inline void gicv3_enable_cpu_interface(u32 priority_mask)
{
	write_sysreg(read_sysreg(s3_0_c12_c12_5) | 1, s3_0_c12_c12_5); /* SRE */
	isb();
	write_sysreg(priority_mask, s3_0_c4_c6_0); /* ICC_PMR_EL1 */
	write_sysreg(0, s3_0_c12_c12_4);	   /* ICC_CTLR_EL1: EOI drops */
	write_sysreg(1, s3_0_c12_c12_7);	   /* ICC_IGRPEN1_EL1 */
	isb();
}

#endif
