/*
 * CPUs as devices: /sys/devices/system/cpu, and the one memory node,
 * /sys/devices/system/node.
 *
 * All CPUs that the firmware describes are started at boot and stay; there is
 * no hot plugging. The kernel knows nothing of clusters and packages: each CPU
 * is a core of its own, all are in one package.
 */
#include <asm/setup.h>
#include <linnet/cpumask.h>
#include <linnet/errno.h>
#include <linnet/init.h>
#include <linnet/page.h>
#include <linnet/printf.h>
#include <linnet/seq_file.h>
#include <linnet/slab.h>
#include "base.h"

struct cpu_device {
	struct device dev;
	u32 cpu;
	char name[8];
};

static u32 kobj_to_cpu(const struct kobject *k)
{
	return container_of(kobj_to_dev(k), struct cpu_device, dev)->cpu;
}

static int show_mask(struct seq_file *m, u64 mask, bool list)
{
	if (list)
		seq_cpu_list(m, (cpumask_t){mask});
	else
		seq_cpu_mask(m, (cpumask_t){mask});
	seq_putc(m, '\n');
	return 0;
}

/* --- all of them --- */

enum { ONLINE, POSSIBLE, OFFLINE };

static int set_show(struct seq_file *m, struct kobject *k,
		    const struct sysfs_entry *e)
{
	u64 online = READ_ONCE(cpu_online_mask.bits);
	u64 possible = cpu_possible_mask.bits;

	return show_mask(m, e->data == ONLINE ? online
			    : e->data == POSSIBLE ? possible
						  : possible & ~online, true);
}

static int kernel_max_show(struct seq_file *m, struct kobject *k,
			   const struct sysfs_entry *e)
{
	seq_printf(m, "%u\n", NR_CPUS - 1);
	return 0;
}

static const struct sysfs_entry cpus_entries[] = {
	{.name = "kernel_max", .mode = S_IFREG | 0444, .show = kernel_max_show},
	{.name = "offline", .mode = S_IFREG | 0444, .show = set_show,
	 .data = OFFLINE},
	{.name = "online", .mode = S_IFREG | 0444, .show = set_show,
	 .data = ONLINE},
	{.name = "possible", .mode = S_IFREG | 0444, .show = set_show,
	 .data = POSSIBLE},
	{.name = "present", .mode = S_IFREG | 0444, .show = set_show,
	 .data = POSSIBLE},
	{.name = NULL},
};

static const struct sysfs_entry *cpus_table(const struct kobject *k, u32 n)
{
	return n ? NULL : cpus_entries;
}

static const struct kobj_type cpus_type = {.table = cpus_table};
static struct kobject cpus_root, system_root;

/* --- one of them --- */

enum { SELF = 0, ALL = 2, AS_LIST = 1 }; /* whom, and how */

static int siblings_show(struct seq_file *m, struct kobject *k,
			 const struct sysfs_entry *e)
{
	u64 mask = e->data & ALL ? READ_ONCE(cpu_online_mask.bits)
				 : 1ul << kobj_to_cpu(k);

	return show_mask(m, mask, e->data & AS_LIST);
}

static int core_id_show(struct seq_file *m, struct kobject *k,
			const struct sysfs_entry *e)
{
	seq_printf(m, "%u\n", kobj_to_cpu(k));
	return 0;
}

static int zero_show(struct seq_file *m, struct kobject *k,
		     const struct sysfs_entry *e)
{
	seq_puts(m, "0\n");
	return 0;
}

static int midr_show(struct seq_file *m, struct kobject *k,
		     const struct sysfs_entry *e)
{
	seq_printf(m, "0x%016lx\n", cpu_midr(kobj_to_cpu(k)));
	return 0;
}

#define SIBLINGS(n, whom)                                                      \
	{.name = n, .mode = S_IFREG | 0444, .show = siblings_show,             \
	 .data = whom},                                                        \
	{.name = n "_list", .mode = S_IFREG | 0444, .show = siblings_show,     \
	 .data = (whom) | AS_LIST}
static const struct sysfs_entry topology_entries[] = {
	SIBLINGS("core_cpus", SELF),
	{.name = "core_id", .mode = S_IFREG | 0444, .show = core_id_show},
	SIBLINGS("core_siblings", ALL),
	SIBLINGS("package_cpus", ALL),
	{.name = "physical_package_id", .mode = S_IFREG | 0444,
	 .show = zero_show},
	SIBLINGS("thread_siblings", SELF),
	{.name = NULL},
};

static const struct sysfs_entry identification_entries[] = {
	{.name = "midr_el1", .mode = S_IFREG | 0444, .show = midr_show},
	{.name = NULL},
};

static const struct sysfs_entry regs_entries[] = {
	{.name = "identification", .mode = S_IFDIR | 0755,
	 .entries = identification_entries},
	{.name = NULL},
};

static struct kobject node0;

static struct kobject *node_target(struct kobject *k)
{
	return kobject_get(&node0);
}

static const struct sysfs_entry cpu_entries[] = {
	{.name = "node0", .mode = S_IFLNK | 0777, .target = node_target},
	{.name = "regs", .mode = S_IFDIR | 0755, .entries = regs_entries},
	{.name = "topology", .mode = S_IFDIR | 0755,
	 .entries = topology_entries},
	{.name = NULL},
};

static struct bus cpu_bus = {
	.name = "cpu",
	.root = &cpus_root,
	.entries = cpu_entries,
};

/* --- the memory node --- */

static int meminfo_show(struct seq_file *m, struct kobject *k,
			const struct sysfs_entry *e)
{
	u64 total = mem_counters.total_pages, free = nr_free_pages();

	seq_printf(m, "Node 0 MemTotal:       %8lu kB\n"
		      "Node 0 MemFree:        %8lu kB\n"
		      "Node 0 MemUsed:        %8lu kB\n",
		   total << (PAGE_SHIFT - 10), free << (PAGE_SHIFT - 10),
		   (total - free) << (PAGE_SHIFT - 10));
	return 0;
}

static int distance_show(struct seq_file *m, struct kobject *k,
			 const struct sysfs_entry *e)
{
	seq_puts(m, "10\n"); /* ACPI 6.5 §5.2.17: to itself */
	return 0;
}

static int node_cpus_show(struct seq_file *m, struct kobject *k,
			  const struct sysfs_entry *e)
{
	return show_mask(m, READ_ONCE(cpu_online_mask.bits), e->data);
}

static const struct sysfs_entry node0_entries[] = {
	{.name = "cpulist", .mode = S_IFREG | 0444, .show = node_cpus_show,
	 .data = true},
	{.name = "cpumap", .mode = S_IFREG | 0444, .show = node_cpus_show,
	 .data = false},
	{.name = "distance", .mode = S_IFREG | 0444, .show = distance_show},
	{.name = "meminfo", .mode = S_IFREG | 0444, .show = meminfo_show},
	{.name = NULL},
};

static bool is_cpu(const struct device *dev, const void *bus)
{
	return dev->bus == bus;
}

static bool node0_next(struct kobject *k, u64 pos, struct sysfs_item *item)
{
	return devices_next(is_cpu, &cpu_bus, pos, item);
}

static const struct sysfs_entry *node0_table(const struct kobject *k, u32 n)
{
	return n ? NULL : node0_entries;
}

static const struct kobj_type node0_type = {
	.table = node0_table,
	.next = node0_next,
};

static const struct sysfs_entry nodes_entries[] = {
	{.name = "has_cpu", .mode = S_IFREG | 0444, .show = zero_show},
	{.name = "has_memory", .mode = S_IFREG | 0444, .show = zero_show},
	{.name = "has_normal_memory", .mode = S_IFREG | 0444,
	 .show = zero_show},
	{.name = "online", .mode = S_IFREG | 0444, .show = zero_show},
	{.name = "possible", .mode = S_IFREG | 0444, .show = zero_show},
	{.name = NULL},
};

static const struct sysfs_entry *nodes_table(const struct kobject *k, u32 n)
{
	return n ? NULL : nodes_entries;
}

static const struct kobj_type nodes_type = {.table = nodes_table};

/* --- start --- */

static void cpu_release(struct device *dev)
{
	kfree(container_of(dev, struct cpu_device, dev));
}

static int __init_text add_cpu(u32 cpu)
{
	struct cpu_device *c = kzalloc(sizeof(*c), GFP_KERNEL);
	int err;

	if (!c)
		return -ENOMEM;
	c->cpu = cpu;
	snprintf(c->name, sizeof(c->name), "cpu%u", cpu);
	device_init(&c->dev, c->name);
	c->dev.bus = &cpu_bus;
	c->dev.release = cpu_release;
	err = device_add(&c->dev);
	if (err)
		device_put(&c->dev);
	return err;
}

static int __init_text cpu_devices_init(void)
{
	static struct kobject nodes;
	u32 cpu;
	int err = bus_register(&cpu_bus);

	kobject_init(&system_root, &kobj_folder_type, "system");
	kobject_init(&cpus_root, &cpus_type, "cpu");
	kobject_init(&nodes, &nodes_type, "node");
	kobject_init(&node0, &node0_type, "node0");
	if (err || (err = kobject_add(&system_root, &sys_devices)) ||
	    (err = kobject_add(&cpus_root, &system_root)) ||
	    (err = kobject_add(&nodes, &system_root)) ||
	    (err = kobject_add(&node0, &nodes)))
		return err;
	for_each_possible_cpu(cpu) {
		err = add_cpu(cpu);
		if (err)
			return err;
	}
	return 0;
}
subsys_initcall(cpu_devices_init);
