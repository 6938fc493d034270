/*
 * GICv2: up to eight CPUs, memory-mapped CPU interface (Arm IHI 0048B).
 */
#define PR_PREFIX "gicv2: "
#include <asm/percpu.h>
#include <linnet/errno.h>
#include <linnet/irq.h>
#include <linnet/of.h>
#include <linnet/printk.h>
#include <linnet/slab.h>
#include "gic_internal.h"

enum gicc_reg { GICC_CTLR = 0x0, GICC_PMR = 0x4, GICC_IAR = 0xc, GICC_EOIR = 0x10 };

static u8 __iomem *dist, *cpu_if;
static DEFINE_PERCPU(u8, cpu_target); /* this CPU's bit in ITARGETSR, SGIR */

static void v2_mask(u32 hwirq)
{
	gic_poke(dist, GICD_ICENABLER, hwirq);
}

static void v2_unmask(u32 hwirq)
{
	gic_poke(dist, GICD_ISENABLER, hwirq);
}

static int v2_set_type(u32 hwirq, u32 type)
{
	gic_configure(dist, hwirq, type);
	return 0;
}

static int v2_set_affinity(u32 hwirq, u32 cpu)
{
	if (hwirq < GIC_NR_PRIVATE)
		return -EINVAL;
	writeb(per_cpu(cpu_target, cpu), dist + GICD_ITARGETSR + hwirq);
	return 0;
}

static void v2_send_ipi(const cpumask_t *mask, u32 ipi)
{
	u32 targets = 0, cpu;

	for_each_cpu(cpu, mask)
		targets |= per_cpu(cpu_target, cpu);
	writel(targets << 16 | ipi, dist + GICD_SGIR);
}

/* ITARGETSR of a private interrupt reads as the reading CPU's own bit. */
static void v2_init_cpu(void)
{
	this_cpu(cpu_target) = readb(dist + GICD_ITARGETSR);
	writel(~0u << GIC_NR_SGI, dist + GICD_ICENABLER);
	writel((1u << GIC_NR_SGI) - 1, dist + GICD_ISENABLER);
	for (u32 i = 0; i < GIC_NR_PRIVATE; i += 4)
		writel(GIC_PRIORITY, dist + GICD_IPRIORITYR + i);
	writel(GIC_PRIORITY_MASK, cpu_if + GICC_PMR);
	writel(1, cpu_if + GICC_CTLR);
}

static void v2_handle(struct pt_regs *regs)
{
	(void)regs;
	for (;;) {
		u32 iar = readl(cpu_if + GICC_IAR), id = iar & 0x3ff;

		if (id >= GIC_SPURIOUS)
			return;
		if (id < GIC_NR_SGI) {
			writel(iar, cpu_if + GICC_EOIR);
			ipi_count(id);
			ipi_handle(id);
			continue;
		}
		irq_handle(id);
		writel(iar, cpu_if + GICC_EOIR);
	}
}

static const struct irq_chip gic_v2_chip = {
	.name = "GICv2",
	.mask = v2_mask,
	.unmask = v2_unmask,
	.set_type = v2_set_type,
	.set_affinity = v2_set_affinity,
	.send_ipi = v2_send_ipi,
	.init_cpu = v2_init_cpu,
};

static int gic_v2_probe(int node)
{
	phys_addr_t dpa, cpa;
	u64 dsize, csize;
	u32 nr;

	if (of_reg(node, 0, &dpa, &dsize) || of_reg(node, 1, &cpa, &csize))
		return -EINVAL;
	dist = ioremap(dpa, dsize);
	cpu_if = ioremap(cpa, csize);
	if (!dist || !cpu_if)
		return -ENOMEM;
	writel(0, dist + GICD_CTLR);
	nr = gicd_reset_shared(dist);
	/* Shared interrupts go to the boot CPU until told otherwise. */
	for (u32 i = GIC_NR_PRIVATE; i < nr; i++)
		writeb(readb(dist + GICD_ITARGETSR), dist + GICD_ITARGETSR + i);
	writel(1, dist + GICD_CTLR);
	irq_set_chip(&gic_v2_chip);
	irq_set_root_handler(v2_handle);
	pr_info("%u interrupts\n", nr);
	return 0;
}

static const char *const gic_v2_compatible[] = {"arm,cortex-a15-gic",
						"arm,gic-400", NULL};
static const struct of_driver gic_v2 = {
	.name = "gic-v2",
	.compatible = gic_v2_compatible,
	.probe = gic_v2_probe,
};
OF_IRQCHIP(gic_v2);
