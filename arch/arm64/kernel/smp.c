/*
 * Starting the other CPUs, and calls between CPUs.
 *
 * CPUs are numbered in device-tree order, the boot CPU first. Each gets an
 * idle task (whose stack it starts on) and a per-CPU area before PSCI starts
 * it at secondary_entry.
 */
#define PR_PREFIX "smp: "
#include <asm/percpu.h>
#include <asm/psci.h>
#include <asm/sections.h>
#include <asm/setup.h>
#include <asm/sysreg.h>
#include <linnet/fdt.h>
#include <linnet/init.h>
#include <linnet/boot.h>
#include <linnet/irq.h>
#include <linnet/errno.h>
#include <linnet/mm.h>
#include <linnet/kstrto.h>
#include <linnet/memblock.h>
#include <linnet/of.h>
#include <linnet/page.h>
#include <linnet/printk.h>
#include <linnet/slab.h>
#include <linnet/string.h>
#include <linnet/task.h>
#include <linnet/vmalloc.h>

/* Read by head.S with the MMU off. */
struct secondary_boot {
	u64 task, stack;
};

void secondary_start(void);
void secondary_entry(void);

static u64 boot_offsets[1];
u64 *percpu_offsets = boot_offsets;
cpumask_t cpu_possible_mask = {1}, cpu_online_mask = {1};
u32 nr_cpus = 1;

static u64 cpu_mpidr[NR_CPUS] __ro_after_init;
static u32 max_cpus __ro_after_init = NR_CPUS;

DEFINE_PERCPU(u64, irq_stack_ptr); /* top of the CPU's interrupt stack */

static int __init_text param_maxcpus(const char *value)
{
	max_cpus = (u32)max(simple_strtou64(value, NULL, 10), 1ul);
	return 0;
}
KERNEL_PARAM("maxcpus", param_maxcpus);

#define MPIDR_AFFINITY 0xff00fffffful

/* Number the CPUs the device tree lists; needs no allocation. */
void __init_text smp_init_cpus(void)
{
	u64 boot = read_sysreg(mpidr_el1) & MPIDR_AFFINITY;
	u32 node_cpus = 1;
	u64 mpidr;

	cpu_mpidr[0] = boot;
	for (u32 i = 0; of_cpu_mpidr(i, &mpidr); i++) {
		if (mpidr == boot)
			continue;
		if (node_cpus >= min(max_cpus, (u32)NR_CPUS))
			break;
		cpu_mpidr[node_cpus++] = mpidr;
	}
	nr_cpus = node_cpus;
	cpu_possible_mask.bits = nr_cpus == 64 ? ~0ul : (1ul << nr_cpus) - 1;
}

/* MPIDR of a CPU, for the interrupt controller. */
u64 cpu_affinity(u32 cpu)
{
	return cpu_mpidr[cpu];
}

/*
 * Copies of the per-CPU section for the other CPUs; CPU 0 uses the original. As
 * early as memory can be had: the copies must not contain lists of CPU 0.
 */
void __init_text percpu_init(void)
{
	size_t size = (size_t)(_percpu_end - _percpu_start);
	size_t stride = ALIGN_UP(size, 64);
	phys_addr_t pa = memblock_alloc(stride * (nr_cpus - 1) +
						nr_cpus * sizeof(u64),
					PAGE_SIZE);
	char *copies = phys_to_virt(pa);
	u64 *offsets = (u64 *)(copies + stride * (nr_cpus - 1));

	if (!pa)
		panic("no memory for per-CPU data");
	offsets[0] = 0;
	for (u32 cpu = 1; cpu < nr_cpus; cpu++, copies += stride) {
		memcpy(copies, _percpu_start, size);
		offsets[cpu] = (u64)copies - (u64)_percpu_start;
	}
	percpu_offsets = offsets;
}

/* Interrupt stacks: vmapped, aligned and guarded like task stacks. */
void __init_text irq_stacks_init(void)
{
	u32 cpu;

	for_each_possible_cpu(cpu) {
		void *stack = kernel_stack_alloc();

		if (!stack)
			panic("no memory for an interrupt stack");
		per_cpu(irq_stack_ptr, cpu) = (u64)stack + THREAD_SIZE - 16;
	}
}

/* First C code of a secondary CPU, on its idle task's stack. */
void secondary_start(void)
{
	u32 cpu = smp_processor_id();

	switch_mm(NULL);
	cpu_init();
	pauth_begin();
	irq_init_cpu();
	timer_init_cpu();
	cpumask_set(&cpu_online_mask, cpu);
	local_irq_enable();
	cpu_idle_loop();
}

static bool __init_text start_cpu(u32 cpu, struct secondary_boot *sb)
{
	struct task *idle = idle_task_create(cpu);
	ktime_t limit = ktime_get() + NSEC_PER_SEC;
	long err;

	if (IS_ERR(idle))
		return false;
	sched_init_cpu(cpu, idle);
	sb->task = (u64)idle;
	sb->stack = idle->ti.kstack;
	dsb(sy);
	err = psci_cpu_on(cpu_mpidr[cpu], symbol_to_phys(secondary_entry),
			  virt_to_phys(sb));
	if (err) {
		pr_err("CPU %u does not start: firmware error %ld\n", cpu, err);
		return false;
	}
	while (!cpumask_test(&cpu_online_mask, cpu)) {
		if (ktime_get() > limit) {
			pr_err("CPU %u does not answer\n", cpu);
			return false;
		}
		cpu_relax();
	}
	return true;
}

void __init_text smp_bring_up(void)
{
	struct secondary_boot *sb;
	u32 cpu, up = 1;

	if (nr_cpus == 1)
		return;
	sb = kzalloc(sizeof(*sb), GFP_KERNEL);
	if (!sb)
		return;
	for (cpu = 1; cpu < nr_cpus; cpu++)
		up += start_cpu(cpu, sb);
	kfree(sb);
	pr_info("%u CPUs running\n", up);
}

/* --- calls between CPUs --- */

struct cpu_call {
	void (*fn)(void *arg);
	void *arg;
	u32 pending; /* [A] CPUs that have not run it */
};

static DEFINE_MUTEX(call_mutex); /* one call at a time */
static struct cpu_call call;
static DEFINE_PERCPU(bool, call_waiting);

static void run_call(void)
{
	if (!atomic_xchg(&this_cpu(call_waiting), false))
		return;
	call.fn(call.arg);
	atomic_sub_return(&call.pending, 1);
}

/* [call_mutex], preemption off */
static void call_begin(const cpumask_t *cpus, void (*fn)(void *arg), void *arg)
{
	u32 cpu;

	call.fn = fn;
	call.arg = arg;
	atomic_set(&call.pending, cpumask_weight(cpus));
	for_each_cpu(cpu, cpus) {
		smp_store_release(&per_cpu(call_waiting, cpu), true);
		ipi_send(cpu, IPI_CALL);
	}
}

static void call_wait(void)
{
	while (smp_load_acquire(&call.pending))
		cpu_relax();
}

void smp_call(const cpumask_t *mask, void (*fn)(void *arg), void *arg)
{
	cpumask_t others;

	mutex_lock(&call_mutex);
	preempt_disable();
	others.bits = mask->bits & cpu_online_mask.bits &
		      ~(1ul << smp_processor_id());
	call_begin(&others, fn, arg);
	call_wait();
	preempt_enable();
	mutex_unlock(&call_mutex);
}

#ifdef CONFIG_DEBUG /* for the leak scanner */
static u32 parked; /* [A] */
static bool parking; /* [A] */

static void park(void *unused)
{
	(void)unused;
	atomic_add_return(&parked, 1);
	while (smp_load_acquire(&parking))
		cpu_relax();
}

void smp_call_alone(void (*fn)(void *arg), void *arg)
{
	cpumask_t others;
	u64 flags;

	mutex_lock(&call_mutex);
	preempt_disable();
	others.bits = cpu_online_mask.bits & ~(1ul << smp_processor_id());
	atomic_set(&parked, 0);
	smp_store_release(&parking, true);
	call_begin(&others, park, NULL);
	while (atomic_read(&parked) < cpumask_weight(&others))
		cpu_relax();
	flags = local_irq_save();
	fn(arg);
	local_irq_restore(flags);
	/* Pairs with the acquire in park(). */
	smp_store_release(&parking, false);
	call_wait();
	preempt_enable();
	mutex_unlock(&call_mutex);
}
#endif

static void stop_this_cpu(void)
{
	cpumask_clear(&cpu_online_mask, smp_processor_id());
	for (;;) {
		local_irq_disable();
		cpu_wait_for_interrupt();
	}
}

void ipi_handle(u32 kind)
{
	switch (kind) {
	case IPI_RESCHEDULE:
		resched_current();
		break;
	case IPI_CALL:
		run_call();
		break;
	case IPI_STOP:
		stop_this_cpu();
	}
}
