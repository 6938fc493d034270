/* The distributor operations GICv2 and GICv3 have in common. */
#include <linnet/irq.h>
#include "gic_internal.h"

void gic_configure(void __iomem *base, u32 hwirq, u32 type)
{
	u8 __iomem *reg = (u8 __iomem *)base + GICD_ICFGR + hwirq / 16 * 4;
	u32 shift = hwirq % 16 * 2 + 1;
	u32 v = readl(reg);

	if (hwirq < GIC_NR_SGI)
		return;
	if (type & IRQ_TYPE_EDGE_RISING)
		v |= 1u << shift;
	else
		v &= ~(1u << shift);
	writel(v, reg);
}

u32 gicd_reset_shared(void __iomem *dist)
{
	u8 __iomem *d = dist;
	u32 nr = min(((readl(d + GICD_TYPER) & 0x1f) + 1) * 32, 1020u);

	for (u32 i = GIC_NR_PRIVATE; i < nr; i += 32) {
		writel(~0u, d + GICD_ICENABLER + i / 8);
		writel(~0u, d + GICD_ICPENDR + i / 8);
	}
	for (u32 i = GIC_NR_PRIVATE; i < nr; i += 4)
		writel(GIC_PRIORITY, d + GICD_IPRIORITYR + i);
	return nr;
}
