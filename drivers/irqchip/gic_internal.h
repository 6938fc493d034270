/* Shared by the GICv2 and GICv3 drivers: the distributor (IHI 0048B §4.3,
 * IHI 0069 §12.9), which both have. */
#ifndef GIC_INTERNAL_H
#define GIC_INTERNAL_H

#include <asm/io.h>
#include <linnet/types.h>

enum gicd_reg {
	GICD_CTLR = 0x0,
	GICD_TYPER = 0x4,
	GICD_IGROUPR = 0x80,
	GICD_ISENABLER = 0x100,
	GICD_ICENABLER = 0x180,
	GICD_ICPENDR = 0x280,
	GICD_IPRIORITYR = 0x400,
	GICD_ITARGETSR = 0x800,
	GICD_ICFGR = 0xc00,
	GICD_SGIR = 0xf00,
	GICD_IROUTER = 0x6000, /* v3 */
};

enum { GIC_NR_SGI = 16, GIC_NR_PRIVATE = 32, GIC_SPURIOUS = 1020 };
#define GIC_PRIORITY	  0xa0a0a0a0u /* four interrupts a word */
#define GIC_PRIORITY_MASK 0xf0

/* Set the bit of an interrupt in a 1-bit-each register bank. */
static inline void gic_poke(void __iomem *base, u32 bank, u32 hwirq)
{
	writel(1u << hwirq % 32, (u8 __iomem *)base + bank + hwirq / 32 * 4);
}

/* Edge or level: two bits each (ICFGR). */
void gic_configure(void __iomem *base, u32 hwirq, u32 type);
/* Shared interrupts: level, lowest usable priority, off. Returns how many. */
u32 gicd_reset_shared(void __iomem *dist);

#endif
