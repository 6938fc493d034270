/*
 * The machine's device tree: boot-time queries, and early drivers.
 */
#ifndef LINNET_OF_H
#define LINNET_OF_H

#include <linnet/types.h>

/* Panics if @blob is not a usable device tree. */
void of_init(const void *blob);
struct fdt;
const struct fdt *of_tree(void);
u64 of_blob_size(void);
const char *of_machine_model(void);
/* /chosen: command line ("" if none), initrd, console path, seeds. */
const char *of_bootargs(void);
bool of_initrd(phys_addr_t *start, phys_addr_t *end);
const char *of_stdout_path(void);
const void *of_chosen_prop(const char *name, u32 *len);
void of_add_memory(void);
void of_reserve_memory(void);
/* MPIDR of the @i-th CPU node; false after the last. */
bool of_cpu_mpidr(u32 i, u64 *mpidr);

/* A node's name without its address. */
void of_node_base_name(int node, char *buf, size_t size);
void of_for_each_node(void (*fn)(int node));
void of_wipe_seeds(void);

/*
 * Drivers that are probed before there are devices: interrupt controllers and
 * timers, by their compatible strings, one table each.
 */
struct of_driver {
	const char *name;
	const char *const *compatible; /* NULL-ended */
	/* 0, -ENODEV if the device is not there after all, or an error. */
	int (*probe)(int node);
};
#define OF_IRQCHIP(drv)                                                        \
	static __section(".irqchip_table") __used const struct of_driver       \
		*const of_irqchip_##drv = &drv
#define OF_TIMER(drv)                                                          \
	static __section(".timer_table") __used const struct of_driver         \
		*const of_timer_##drv = &drv
int of_probe_irqchip(void);
int of_probe_timer(void);

/* Resources of a node: 0, -ENOENT, -EINVAL. */
int of_reg(int node, u32 index, phys_addr_t *base, u64 *size);
/* virq of the node's @index-th interrupt, or negative errno. */
int of_irq(int node, u32 index);

#endif
