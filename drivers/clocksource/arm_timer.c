/*
 * The Arm generic timer: counter and per-CPU one-shot interrupt.
 *
 * The kernel uses the virtual timer: it works at EL1 with or without a
 * hypervisor, and the counter behind it is the one programs read.
 */
#define PR_PREFIX "arm_timer: "
#include <asm/arch_timer.h>
#include <linnet/clockevent.h>
#include <linnet/errno.h>
#include <linnet/irq.h>
#include <linnet/of.h>
#include <linnet/printk.h>

/* Order of the interrupts in the binding arm,armv8-timer. */
enum { TIMER_SECURE, TIMER_PHYS, TIMER_VIRT, TIMER_HYP };

static int timer_irq;

static enum irq_return timer_interrupt(int irq, void *data)
{
	(void)irq;
	(void)data;
	arch_timer_stop();
	hrtimer_interrupt();
	return IRQ_HANDLED;
}

static void set_deadline(u64 cycles)
{
	if (cycles == ~0ul)
		arch_timer_stop();
	else
		arch_timer_start(cycles);
}

static void timer_start_cpu(void)
{
	arch_timer_stop();
	enable_percpu_irq(timer_irq);
}

static const struct clockevent arm_clockevent = {
	.set_deadline = set_deadline,
	.init_cpu = timer_start_cpu,
};

static int arm_timer_probe(int node)
{
	timer_irq = of_irq(node, TIMER_VIRT);
	if (timer_irq < 0)
		return timer_irq;
	clocksource_register(arch_timer_rate());
	clockevent_register(&arm_clockevent);
	return request_irq(timer_irq, timer_interrupt, IRQF_PERCPU, "arch_timer",
			   NULL);
}

static const char *const arm_timer_compatible[] = {"arm,armv8-timer",
						   "arm,armv7-timer", NULL};
static const struct of_driver arm_timer = {
	.name = "arm-timer",
	.compatible = arm_timer_compatible,
	.probe = arm_timer_probe,
};
OF_TIMER(arm_timer);
