/*
 * GICv3: system-register CPU interface, one redistributor per CPU
 * (Arm IHI 0069). The machine has a single security state view: group 1,
 * affinity routing on.
 */
#define PR_PREFIX "gicv3: "
#include <asm/gicv3_regs.h>
#include <asm/percpu.h>
#include <linnet/errno.h>
#include <linnet/irq.h>
#include <linnet/of.h>
#include <linnet/printk.h>
#include <linnet/slab.h>
#include "gic_internal.h"

enum gicr_reg {
	GICR_TYPER = 0x8,
	GICR_WAKER = 0x14,
	GICR_SGI_BASE = 0x10000, /* second frame: private interrupts */
};
enum { GICR_STRIDE = 0x20000, GICR_STRIDE_V4 = 0x40000 };
#define GICR_TYPER_VLPIS (1u << 1)
#define GICR_TYPER_LAST	 (1u << 4)
#define WAKER_SLEEP	 (1u << 1)
#define WAKER_ASLEEP	 (1u << 2)
#define CTLR_ARE_GRP1	 0x12
#define CTLR_RWP	 (1u << 31)

enum { MAX_REGIONS = 8 };
static u8 __iomem *dist;
static struct {
	u8 __iomem *base;
	u64 size;
} regions[MAX_REGIONS];
static u32 nr_regions;
static DEFINE_PERCPU(u8 __iomem *, redist);

static u8 __iomem *frame_of(u32 hwirq)
{
	return hwirq < GIC_NR_PRIVATE ? this_cpu(redist) + GICR_SGI_BASE : dist;
}

static void v3_mask(u32 hwirq)
{
	gic_poke(frame_of(hwirq), GICD_ICENABLER, hwirq);
}

static void v3_unmask(u32 hwirq)
{
	gic_poke(frame_of(hwirq), GICD_ISENABLER, hwirq);
}

static int v3_set_type(u32 hwirq, u32 type)
{
	gic_configure(frame_of(hwirq), hwirq, type);
	return 0;
}

static int v3_set_affinity(u32 hwirq, u32 cpu)
{
	if (hwirq < GIC_NR_PRIVATE)
		return -EINVAL;
	writeq(cpu_affinity(cpu), dist + GICD_IROUTER + hwirq * 8ul);
	return 0;
}

static void v3_send_ipi(const cpumask_t *mask, u32 ipi)
{
	u32 cpu;

	wmb();
	for_each_cpu(cpu, mask) {
		u64 aff = cpu_affinity(cpu);

		/* ICC_SGI1R: Aff3, Aff2, INTID, Aff1, target list (§12.2) */
		gicv3_write_sgi1r((aff >> 32 & 0xff) << 48 |
				  (aff >> 16 & 0xff) << 32 | (u64)ipi << 24 |
				  (aff >> 8 & 0xff) << 16 |
				  (aff >> 4 & 0xf) << 44 | 1ul << (aff & 0xf));
	}
}

/* Frames stand in a row, the last one marked; VLPI ones are twice as large. */
static u8 __iomem *find_redist(u64 aff)
{
	u32 packed = (u32)(aff >> 8 & 0xff000000) | (u32)(aff & 0xffffff);

	for (u32 r = 0; r < nr_regions; r++) {
		u8 __iomem *p = regions[r].base;
		u64 typer;

		do {
			typer = readq(p + GICR_TYPER);
			if (typer >> 32 == packed)
				return p;
			p += typer & GICR_TYPER_VLPIS ? GICR_STRIDE_V4
						      : GICR_STRIDE;
		} while (!(typer & GICR_TYPER_LAST) &&
			 p < regions[r].base + regions[r].size);
	}
	return NULL;
}

static void v3_init_cpu(void)
{
	u32 cpu = smp_processor_id();
	u8 __iomem *p = find_redist(cpu_affinity(cpu)), *sgi;

	if (!p)
		panic("CPU %u has no interrupt redistributor", cpu);
	this_cpu(redist) = p;
	writel(readl(p + GICR_WAKER) & ~WAKER_SLEEP, p + GICR_WAKER);
	while (readl(p + GICR_WAKER) & WAKER_ASLEEP)
		cpu_relax();
	sgi = p + GICR_SGI_BASE;
	writel(~0u, sgi + GICD_IGROUPR);
	writel(~0u << GIC_NR_SGI, sgi + GICD_ICENABLER);
	writel((1u << GIC_NR_SGI) - 1, sgi + GICD_ISENABLER);
	for (u32 i = 0; i < GIC_NR_PRIVATE; i += 4)
		writel(GIC_PRIORITY, sgi + GICD_IPRIORITYR + i);
	gicv3_enable_cpu_interface(GIC_PRIORITY_MASK);
}

static void v3_handle(struct pt_regs *regs)
{
	(void)regs;
	for (;;) {
		u32 id = gicv3_acknowledge();

		if (id >= GIC_SPURIOUS && id < 1024)
			return;
		if (id < GIC_NR_SGI) {
			gicv3_end(id);
			ipi_count(id);
			ipi_handle(id);
			continue;
		}
		irq_handle(id);
		gicv3_end(id);
	}
}

static const struct irq_chip gic_v3_chip = {
	.name = "GICv3",
	.mask = v3_mask,
	.unmask = v3_unmask,
	.set_type = v3_set_type,
	.set_affinity = v3_set_affinity,
	.send_ipi = v3_send_ipi,
	.init_cpu = v3_init_cpu,
};

static void wait_writes(void)
{
	while (readl(dist + GICD_CTLR) & CTLR_RWP)
		cpu_relax();
}

static int gic_v3_probe(int node)
{
	phys_addr_t pa;
	u64 size;
	u32 nr;

	if (of_reg(node, 0, &pa, &size))
		return -EINVAL;
	dist = ioremap(pa, size);
	if (!dist)
		return -ENOMEM;
	while (nr_regions < MAX_REGIONS &&
	       !of_reg(node, nr_regions + 1, &pa, &size) && size > GICR_SGI_BASE) {
		regions[nr_regions].base = ioremap(pa, size);
		regions[nr_regions].size = size;
		if (!regions[nr_regions++].base)
			return -ENOMEM;
	}
	writel(0, dist + GICD_CTLR);
	wait_writes();
	nr = gicd_reset_shared(dist);
	for (u32 i = GIC_NR_PRIVATE; i < nr; i += 32)
		writel(~0u, dist + GICD_IGROUPR + i / 8);
	writel(CTLR_ARE_GRP1, dist + GICD_CTLR);
	wait_writes();
	for (u32 i = GIC_NR_PRIVATE; i < nr; i++)
		writeq(cpu_affinity(0), dist + GICD_IROUTER + i * 8ul);
	irq_set_chip(&gic_v3_chip);
	irq_set_root_handler(v3_handle);
	pr_info("%u interrupts, %u redistributor regions\n", nr, nr_regions);
	return 0;
}

static const char *const gic_v3_compatible[] = {"arm,gic-v3", NULL};
static const struct of_driver gic_v3 = {
	.name = "gic-v3",
	.compatible = gic_v3_compatible,
	.probe = gic_v3_probe,
};
OF_IRQCHIP(gic_v3);
