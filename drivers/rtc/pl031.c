/*
 * PL031 real-time clock (Arm DDI 0224): seconds since 1970, read once at boot
 * to set the time of day.
 */
#define PR_PREFIX "pl031: "
#include <asm/io.h>
#include <linnet/errno.h>
#include <linnet/of.h>
#include <linnet/platform.h>
#include <linnet/printk.h>
#include <linnet/slab.h>
#include <linnet/timekeeping.h>

enum { RTC_DR = 0x0 };

static int pl031_probe(struct platform_device *pd)
{
	phys_addr_t pa;
	void __iomem *regs;
	u64 size;
	u32 now;
	int err = of_reg(pd->dev.of_node, 0, &pa, &size);

	if (err)
		return err;
	regs = ioremap(pa, size);
	if (!regs)
		return -ENOMEM;
	now = readl((u8 __iomem *)regs + RTC_DR);
	iounmap(regs);
	timekeeping_set_real((ktime_t)now * NSEC_PER_SEC);
	pr_info("time of day is %u s since 1970\n", now);
	return 0;
}

static const char *const pl031_compatible[] = {"arm,pl031", NULL};
static struct platform_driver pl031 = {
	.driver = {.name = "rtc-pl031"},
	.compatible = pl031_compatible,
	.probe = pl031_probe,
};
PLATFORM_DRIVER(pl031);
