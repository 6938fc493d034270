/*
 * Kernel start: from the port's first C code to the init process.
 *
 * arm64_start() (head.S calls it on the boot task's stack, interrupts off)
 * brings up memory, scheduling, interrupts and time in an order where each step
 * only needs the ones before it. The boot task then becomes CPU 0's idle task;
 * the rest - initcalls, devices, the initramfs - happens in kernel_init, which
 * ends as PID 1.
 */
#include <asm/mmu.h>
#include <asm/percpu.h>
#include <asm/psci.h>
#include <asm/sections.h>
#include <asm/setup.h>
#include <linnet/boot.h>
#include <linnet/errno.h>
#include <linnet/fs.h>
#include <linnet/init.h>
#include <linnet/kasan.h>
#include <linnet/irq.h>
#include <linnet/memblock.h>
#include <linnet/of.h>
#include <linnet/page.h>
#include <linnet/printk.h>
#include <linnet/random.h>
#include <linnet/sched.h>
#include <linnet/string.h>
#include <linnet/task.h>
#include "version.h"

extern const initcall_t _early_initcall_start[];
extern const initcall_t _initcall_start[], _initcall_end[];

const char linnet_banner[] = "Linux version " UTS_RELEASE " (" LINNET_BUILDER
			     ") " LINNET_COMPILER " " UTS_VERSION;

void arm64_start(phys_addr_t fdt_pa, u64 boot_el);

/* Reserve what must survive: the image, the device tree, the initrd. */
static void __init_text reserve_memory(phys_addr_t fdt_pa)
{
	phys_addr_t image = symbol_to_phys(_start);
	phys_addr_t start, end;

	memblock_reserve(image, (u64)(_image_end - _start));
	memblock_reserve(fdt_pa, of_blob_size());
	of_reserve_memory();
	if (of_initrd(&start, &end))
		memblock_reserve(start, end - start);
}

static void __init_text memory_init(phys_addr_t fdt_pa)
{
	of_add_memory();
	memblock_apply_cap();
	reserve_memory(fdt_pa);
	paging_init();
	kasan_init();
	percpu_init();
	page_alloc_init();
	slab_init();
	vmalloc_init();
	xarray_cache_init();
	irq_stacks_init();
}

/* First C code; x0 and x1 of head.S. */
void __init_text arm64_start(phys_addr_t fdt_pa, u64 boot_el)
{
	phys_addr_t text = translate_kernel_address((u64)_start);
	kimage_voffset = (u64)_start - text;
	switch_mm(NULL);
	cpu_init();
	cpu_features_init();

	of_init(fixmap_fdt(fdt_pa));
	parse_early_params();
	printk("%s\n", linnet_banner);
	pr_info("Machine model: %s, started at EL%lu\n", of_machine_model(),
		boot_el);
	psci_init(of_tree());
	smp_init_cpus();
	memory_init(fdt_pa);
	pr_info("Kernel command line: %s\n", saved_command_line);
	start_kernel();
}

static void __init_text run_initcalls(const initcall_t *fn, const initcall_t *end)
{
	for (; fn < end; fn++) {
		int err = (*fn)();

		if (err && err != -ENODEV)
			pr_warn("initcall %pS failed: %d\n", (void *)*fn, err);
	}
}

void __init_text do_initcalls(void)
{
	run_initcalls(_initcall_start, _initcall_end);
}

/* Not in .init.text: the idle task may be switched out inside it while that is
 * freed. */
void start_kernel(void)
{
	cred_init();
	fork_init();
	sched_init();

	irq_init();
	time_init();
	random_init_early();
	/* No caller of this returns. */
	stack_canary_init(current);
	pauth_init_task(current);
	pauth_begin();
	local_irq_enable();
	pr_info("Memory: %lu KiB RAM, %lu KiB free\n",
		memblock_total() >> 10, nr_free_pages() << (PAGE_SHIFT - 10));
	run_initcalls(_early_initcall_start, _initcall_start);
	vfs_init_early();
	start_init_thread();
	schedule();
	cpu_idle_loop();
}
