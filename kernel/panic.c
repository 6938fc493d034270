/*
 * The end: panic, warnings.
 *
 * A panic stops the other CPUs, prints who was running, and restarts the
 * machine after panic= seconds (0: waits for ever, negative: at once).
 */
#include <asm/setup.h>
#include <linnet/init.h>
#include <linnet/irq.h>
#include <linnet/kstrto.h>
#include <linnet/log.h>
#include <linnet/printf.h>
#include <linnet/printk.h>
#include <linnet/task.h>
#include <linnet/time.h>

int panic_timeout;
int sysctl_panic_on_oops;
u32 tainted; /* [A] enum taint */
static u32 panicking;

void __stack_chk_fail(void);

static int __init_text param_panic(const char *value)
{
	s64 v;

	if (!kstrtos64(value, 10, &v))
		panic_timeout = (int)v;
	return 0;
}
KERNEL_PARAM("panic", param_panic);

static void stop_other_cpus(void)
{
	u32 cpu, self = smp_processor_id();

	for_each_online_cpu(cpu)
		if (cpu != self)
			ipi_send(cpu, IPI_STOP);
	udelay(20000);
}

void panic(const char *fmt, ...)
{
	char text[256];
	va_list ap;

	local_irq_disable();
	current_ti()->preempt_count += HARDIRQ_OFFSET;
	if (atomic_add_return(&panicking, 1) > 1)
		machine_halt(); /* a panic in the panic, or on another CPU */
	stop_other_cpus();
	printk_break_locks();
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	pr_emerg("Kernel panic - not syncing: %s\n", text);
	pr_emerg("CPU: %u  task: %s\n", smp_processor_id(), current->comm);
	dump_stack();
	pr_emerg("Kernel offset: %#lx\n", kaslr_offset);
	pr_emerg("---[ end Kernel panic - not syncing: %s ]---\n", text);
	if (panic_timeout > 0) {
		for (int s = 0; s < panic_timeout * 1000; s++)
			udelay(1000);
	}
	if (panic_timeout)
		machine_restart();
	machine_halt();
	unreachable();
}

/* Called by the compiler's code: the canary of a frame has been overwritten. */
void __stack_chk_fail(void)
{
	/* The call itself: it may be the function's last instruction. */
	u64 at = (u64)__builtin_return_address(0) - 4;

	panic("stack-protector: the stack is corrupted in %pS", (void *)at);
}

void add_taint(u32 flag)
{
	atomic_or(&tainted, flag);
}

void warn_at(const char *file, int line, const char *cond)
{
	add_taint(TAINT_WARN);
	pr_warn("WARNING: %s:%d: %s (CPU %u, task %s)\n", file, line, cond,
		smp_processor_id(), current->comm);
	dump_stack();
}
