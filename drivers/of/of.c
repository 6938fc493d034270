/*
 * The machine's device tree: boot-time facts, and early drivers.
 *
 * The blob stays mapped read-only where the boot loader put it. Before memory
 * is up only the boot queries are used; they walk the blob and allocate
 * nothing. Later, interrupt controllers and the timer are probed from tables
 * of their own. Not here: devices and their drivers (drivers/base/platform.c).
 */
#define PR_PREFIX "of: "
#include <asm/setup.h>
#include <linnet/errno.h>
#include <linnet/fdt.h>
#include <linnet/init.h>
#include <linnet/irq.h>
#include <linnet/memblock.h>
#include <linnet/page.h>
#include <linnet/of.h>
#include <linnet/printk.h>
#include <linnet/random.h>
#include <linnet/string.h>

enum { FDT_WINDOW = 2 << 20 }; /* largest blob: what the fixmap maps */

static struct fdt tree;
static int chosen = -1;
static const struct fdt_walk *probing; /* at the node being probed */

void __init_text of_init(const void *blob)
{
	if (!blob || fdt_open(&tree, blob, FDT_WINDOW))
		panic("device tree: %s", tree.error ? tree.error : "not mapped");
	chosen = fdt_find_path(&tree, "/chosen");
}

const struct fdt *of_tree(void)
{
	return &tree;
}

u64 of_blob_size(void)
{
	return tree.size;
}

const char *of_machine_model(void)
{
	const char *model = fdt_prop_string(&tree, fdt_root(&tree), "model");

	return model ? model : "unknown";
}

const void *of_chosen_prop(const char *name, u32 *len)
{
	return chosen < 0 ? NULL : fdt_prop(&tree, chosen, name, len);
}

const char *of_bootargs(void)
{
	const char *s = chosen < 0 ? NULL
				   : fdt_prop_string(&tree, chosen, "bootargs");

	return s ? s : "";
}

const char *of_stdout_path(void)
{
	return chosen < 0 ? NULL
			  : fdt_prop_string(&tree, chosen, "stdout-path");
}

/* An address property of one or two cells. */
static bool chosen_address(const char *name, u64 *out)
{
	u32 len;
	const void *data = of_chosen_prop(name, &len);

	return data && (len == 4 || len == 8) && !fdt_cells(data, len / 4, out);
}

bool of_initrd(phys_addr_t *start, phys_addr_t *end)
{
	return chosen_address("linux,initrd-start", start) &&
	       chosen_address("linux,initrd-end", end) && *start < *end;
}

static bool node_is_memory(int node)
{
	const char *type = fdt_prop_string(&tree, node, "device_type");

	return type && !strcmp(type, "memory") && fdt_is_available(&tree, node);
}

void __init_text of_add_memory(void)
{
	struct fdt_walk w;
	u64 base, size;

	fdt_walk_start(&w, &tree);
	while (fdt_walk_next(&w)) {
		if (!node_is_memory(fdt_walk_node(&w)))
			continue;
		for (u32 i = 0; !fdt_reg(&w, i, &base, &size); i++)
			memblock_add(base, size);
	}
}

/* /memreserve/ entries and /reserved-memory children. */
void __init_text of_reserve_memory(void)
{
	int parent = fdt_find_path(&tree, "/reserved-memory");
	struct fdt_walk w;
	u64 base, size;

	for (u32 i = 0; !fdt_reservation(&tree, i, &base, &size); i++)
		memblock_reserve(base, size);
	if (parent < 0 || fdt_walk_to(&w, &tree, parent))
		return;
	while (fdt_walk_next(&w) && w.depth > 1)
		for (u32 i = 0; !fdt_reg(&w, i, &base, &size); i++)
			memblock_reserve(base, size);
}

static bool node_is_cpu(int node)
{
	const char *type = fdt_prop_string(&tree, node, "device_type");

	return type && !strcmp(type, "cpu");
}

bool of_cpu_mpidr(u32 i, u64 *mpidr)
{
	struct fdt_walk w;
	u64 size;

	fdt_walk_start(&w, &tree);
	while (fdt_walk_next(&w))
		if (node_is_cpu(fdt_walk_node(&w)) && i-- == 0)
			return !fdt_reg_untranslated(&w, 0, mpidr, &size);
	return false;
}

/* --- resources of a node --- */

/* The node being probed needs no search from the root. */
static int walk_to(struct fdt_walk *w, int node)
{
	if (!probing || fdt_walk_node(probing) != node)
		return fdt_walk_to(w, &tree, node);
	*w = *probing;
	return 0;
}

int of_reg(int node, u32 index, phys_addr_t *base, u64 *size)
{
	struct fdt_walk w;
	int err = walk_to(&w, node);

	return err ? err : fdt_reg(&w, index, base, size);
}

/*
 * GIC interrupt specifiers: type (0 SPI, 1 PPI), number, trigger flags
 * (Devicetree binding arm,gic). SPIs start at hardware number 32, PPIs at 16.
 */
static int gic_irq_map(const struct fdt_irq *irq)
{
	u32 base = irq->cells[0] ? 16 : 32;
	u32 level = irq->cells[2] & 0xc;

	if (irq->nr_cells < 3 || irq->cells[0] > 1)
		return -EINVAL;
	return irq_map(base + irq->cells[1],
		       level ? IRQ_TYPE_LEVEL_HIGH : IRQ_TYPE_EDGE_RISING);
}

int of_irq(int node, u32 index)
{
	struct fdt_walk w;
	struct fdt_irq irq;
	int err = walk_to(&w, node);

	if (!err)
		err = fdt_irq(&w, index, &irq);
	return err ? err : gic_irq_map(&irq);
}

/* --- drivers --- */

typedef const struct of_driver *const *driver_table;
extern const struct of_driver *const _irqchip_table_start[];
extern const struct of_driver *const _irqchip_table_end[];
extern const struct of_driver *const _timer_table_start[];
extern const struct of_driver *const _timer_table_end[];

static const struct of_driver *find_driver(driver_table d, driver_table end,
					   int node)
{
	u32 len;
	const void *list = fdt_prop(&tree, node, "compatible", &len);

	if (!list)
		return NULL;
	for (; d < end; d++)
		for (const char *const *c = (*d)->compatible; *c; c++)
			if (fdt_strings_contain(list, len, *c))
				return *d;
	return NULL;
}

/* Probe nodes in order until one is taken. */
static int probe_table(driver_table start, driver_table end)
{
	struct fdt_walk w;
	int result = -ENODEV;

	fdt_walk_start(&w, &tree);
	probing = &w;
	while (result && fdt_walk_next(&w)) {
		int node = fdt_walk_node(&w);
		const struct of_driver *d = find_driver(start, end, node);

		if (!d || !fdt_is_available(&tree, node))
			continue;
		result = d->probe(node);
		if (result && result != -ENODEV)
			pr_warn("%s: driver %s failed: %d\n",
				fdt_node_name(&tree, node), d->name, result);
	}
	probing = NULL;
	return result;
}

int __init_text of_probe_irqchip(void)
{
	return probe_table(_irqchip_table_start, _irqchip_table_end);
}

int __init_text of_probe_timer(void)
{
	return probe_table(_timer_table_start, _timer_table_end);
}

/**
 * of_for_each_node - call a function for each node, in the order of the tree
 * @fn: may look the resources of its node up without a search
 *
 * Context: boot, one at a time.
 */
void __init_text of_for_each_node(void (*fn)(int node))
{
	struct fdt_walk w;

	fdt_walk_start(&w, &tree);
	probing = &w;
	while (fdt_walk_next(&w))
		fn(fdt_walk_node(&w));
	probing = NULL;
}

/* --- secrets --- */

static void __init_text wipe_prop(const char *name)
{
	u32 len;
	const void *data = of_chosen_prop(name, &len);

	/* The blob is mapped read-only, the RAM it is in is not. */
	if (data && len)
		memset(phys_to_virt(translate_kernel_address((u64)data)), 0, len);
}

/**
 * of_wipe_seeds - forget what the boot loader gave for the random generator
 *
 * The tree can be read from user space.
 */
void __init_text of_wipe_seeds(void)
{
	wipe_prop("rng-seed");
	wipe_prop("kaslr-seed");
}
