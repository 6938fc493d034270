/*
 * PL031 real-time clock (Arm DDI 0224): seconds since 1970. It sets the time of
 * day at boot and can be read and set as /dev/rtc0. Its alarm is not used.
 */
#define PR_PREFIX "pl031: "
#include <asm/io.h>
#include <linnet/errno.h>
#include <linnet/of.h>
#include <linnet/platform.h>
#include <linnet/printk.h>
#include <linnet/rtc.h>
#include <linnet/slab.h>
#include <linnet/timekeeping.h>

enum { RTC_DR = 0x0, RTC_LR = 0x8 }; /* the time, and what to set it to */

struct pl031 {
	struct rtc rtc;
	u8 __iomem *regs; /* [I] */
};

static int pl031_read(struct rtc *rtc, u64 *seconds)
{
	*seconds = readl(container_of(rtc, struct pl031, rtc)->regs + RTC_DR);
	return 0;
}

static int pl031_set(struct rtc *rtc, u64 seconds)
{
	writel((u32)seconds,
	       container_of(rtc, struct pl031, rtc)->regs + RTC_LR);
	return 0;
}

static int pl031_probe(struct platform_device *pd)
{
	struct pl031 *p = kzalloc(sizeof(*p), GFP_KERNEL);
	phys_addr_t pa;
	u64 size, now;
	int err = p ? of_reg(pd->dev.of_node, 0, &pa, &size) : -ENOMEM;

	if (err)
		goto free_clock;
	err = -ENOMEM;
	p->regs = ioremap(pa, size);
	if (!p->regs)
		goto free_clock;
	p->rtc = (struct rtc){
		.driver = "rtc-pl031",
		.max = U32_MAX,
		.read = pl031_read,
		.set = pl031_set,
	};
	err = rtc_register(&p->rtc, &pd->dev);
	if (err)
		goto unmap;
	pl031_read(&p->rtc, &now);
	if (timekeeping_set_real((ktime_t)now * NSEC_PER_SEC))
		pr_warn("%lu s since 1970 cannot be the time of day\n", now);
	else
		pr_info("time of day is %lu s since 1970\n", now);
	return 0;
unmap:
	iounmap(p->regs);
free_clock:
	kfree(p);
	return err;
}

static const char *const pl031_compatible[] = {"arm,pl031", NULL};
static struct platform_driver pl031 = {
	.driver = {.name = "rtc-pl031"},
	.compatible = pl031_compatible,
	.probe = pl031_probe,
};
PLATFORM_DRIVER(pl031);
