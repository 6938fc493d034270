/*
 * Platform devices: see include/linnet/platform.h.
 */
#define PR_PREFIX "platform: "
#include <linnet/errno.h>
#include <linnet/fdt.h>
#include <linnet/init.h>
#include <linnet/of.h>
#include <linnet/platform.h>
#include <linnet/printf.h>
#include <linnet/printk.h>
#include <linnet/seq_file.h>
#include <linnet/slab.h>
#include <linnet/string.h>
#include "base.h"

static struct kobject platform_root; /* /sys/devices/platform */

/* "of:NnameTtypeCcompatible...", from which a module's name is guessed. */
static void format_modalias(int node, char *buf, size_t size)
{
	const struct fdt *tree = of_tree();
	const char *type = fdt_prop_string(tree, node, "device_type"), *s;
	char name[64];
	u32 len;
	const void *list = fdt_prop(tree, node, "compatible", &len);
	size_t n;

	of_node_base_name(node, name, sizeof(name));
	n = (size_t)scnprintf(buf, size, "of:N%sT%s", name,
			      type ? type : "(null)");
	for (u32 i = 0; list && (s = fdt_string_at(list, len, i)); i++)
		n += (size_t)scnprintf(buf + n, size - n, "C%s", s);
}

static int modalias_show(struct seq_file *m, struct kobject *k,
			 const struct sysfs_entry *e)
{
	char text[256];

	format_modalias(kobj_to_dev(k)->of_node, text, sizeof(text));
	seq_printf(m, "%s\n", text);
	return 0;
}

static int platform_uevent(const struct device *dev, struct uevent_env *env)
{
	char text[256];

	format_modalias(dev->of_node, text, sizeof(text));
	return uevent_add(env, "MODALIAS=%s", text);
}

static const struct sysfs_entry platform_entries[] = {
	{.name = "modalias", .mode = S_IFREG | 0444, .show = modalias_show},
	{.name = NULL},
};

struct bus platform_bus = {
	.name = "platform",
	.root = &platform_root,
	.entries = platform_entries,
	.uevent = platform_uevent,
};
struct bus amba_bus = {.name = "amba", .root = &platform_root};

/* --- probing --- */

extern struct platform_driver *const _driver_table_start[];
extern struct platform_driver *const _driver_table_end[];

static struct platform_driver *find_driver(const void *list, u32 len)
{
	for (struct platform_driver *const *d = _driver_table_start;
	     d < _driver_table_end; d++)
		for (const char *const *c = (*d)->compatible; *c; c++)
			if (fdt_strings_contain(list, len, *c))
				return *d;
	return NULL;
}

static void platform_release(struct device *dev)
{
	kfree(container_of(dev, struct platform_device, dev));
}

/* "9000000.pl011", or the node's name if it has no address. */
static void format_name(int node, char *buf, size_t size)
{
	phys_addr_t base;
	size_t n = 0;
	u64 len;

	if (!of_reg(node, 0, &base, &len))
		n = (size_t)scnprintf(buf, size, "%lx.", base);
	of_node_base_name(node, buf + n, size - n);
}

/* A device of @node, added; ERR_PTR. */
static struct platform_device *make_device(int node, struct bus *bus)
{
	struct platform_device *pd = kzalloc(sizeof(*pd), GFP_KERNEL);
	int err;

	if (!pd)
		return ERR_PTR(-ENOMEM);
	format_name(node, pd->name, sizeof(pd->name));
	device_init(&pd->dev, pd->name);
	pd->dev.bus = bus;
	pd->dev.of_node = node;
	pd->dev.release = platform_release;
	err = device_add(&pd->dev);
	if (!err)
		return pd;
	device_put(&pd->dev);
	return ERR_PTR(err);
}

/* A driver appears on its bus with the first device that it knows. */
static int use_driver(struct platform_driver *drv, struct bus *bus)
{
	if (drv->driver.bus)
		return 0;
	drv->driver.bus = bus;
	return driver_register(&drv->driver);
}

static void probe_node(int node)
{
	struct platform_driver *drv;
	struct platform_device *pd;
	struct bus *bus;
	u32 len;
	const void *list = fdt_prop(of_tree(), node, "compatible", &len);
	int err;

	drv = list ? find_driver(list, len) : NULL;
	if (!drv || !fdt_is_available(of_tree(), node) ||
	    (drv->present && !drv->present(node)))
		return;
	bus = fdt_strings_contain(list, len, "arm,primecell") ? &amba_bus
							      : &platform_bus;
	err = use_driver(drv, bus);
	pd = err ? ERR_PTR(err) : make_device(node, bus);
	if (!IS_ERR(pd))
		err = drv->probe(pd);
	else
		err = (int)PTR_ERR(pd);
	if (err)
		pr_warn("%s: driver %s failed: %d\n",
			fdt_node_name(of_tree(), node), drv->driver.name, err);
	else
		device_bind(&pd->dev, &drv->driver);
}

static int __init_text platform_init(void)
{
	int err = bus_register(&platform_bus);

	kobject_init(&platform_root, &kobj_folder_type, "platform");
	if (!err)
		err = bus_register(&amba_bus);
	if (!err)
		err = kobject_add(&platform_root, &sys_devices);
	return err;
}
subsys_initcall(platform_init);

static int __init_text platform_probe(void)
{
	of_for_each_node(probe_node);
	return 0;
}
device_initcall(platform_probe);
