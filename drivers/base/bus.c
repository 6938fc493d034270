/*
 * Buses, classes and drivers: the folders /sys/class/X, /sys/bus/X and
 * /sys/bus/X/drivers/Y, which hold links to devices.
 *
 * They are registered once and stay.
 */
#include <linnet/errno.h>
#include <linnet/init.h>
#include "base.h"

/* --- classes --- */

static bool is_of_class(const struct device *dev, const void *class)
{
	return dev->class == class;
}

static bool class_next(struct kobject *k, u64 pos, struct sysfs_item *item)
{
	return devices_next(is_of_class, container_of(k, struct class, kobj),
			    pos, item);
}

static const struct kobj_type class_type = {.next = class_next};

int class_register(struct class *c)
{
	kobject_init(&c->kobj, &class_type, c->name);
	return kobject_add(&c->kobj, &sys_class);
}

/* --- buses --- */

static bool is_on_bus(const struct device *dev, const void *bus)
{
	return dev->bus == bus;
}

static bool bus_next(struct kobject *k, u64 cookie, u64 pos,
		     struct sysfs_item *item)
{
	return devices_next(is_on_bus, container_of(k, struct bus, kobj), pos,
			    item);
}

static const struct sysfs_entry bus_entries[] = {
	{.name = "devices", .mode = S_IFDIR | 0755, .next = bus_next},
	{.name = "uevent", .mode = S_IFREG | 0200, .store = uevent_store},
	{.name = NULL},
};

static const struct sysfs_entry *bus_table(const struct kobject *k, u32 n)
{
	return n ? NULL : bus_entries;
}

static const char *bus_subsystem(const struct kobject *k)
{
	return "bus";
}

static const struct kobj_type bus_type = {
	.table = bus_table,
	.subsystem = bus_subsystem,
};

int bus_register(struct bus *b)
{
	int err;

	kobject_init(&b->kobj, &bus_type, b->name);
	kobject_init(&b->drivers, &kobj_folder_type, "drivers");
	err = kobject_add(&b->kobj, &sys_bus);
	return err ? err : kobject_add(&b->drivers, &b->kobj);
}

/* --- drivers --- */

static bool is_driven_by(const struct device *dev, const void *drv)
{
	return READ_ONCE(dev->driver) == drv;
}

static bool driver_next(struct kobject *k, u64 pos, struct sysfs_item *item)
{
	return devices_next(is_driven_by,
			    container_of(k, struct device_driver, kobj), pos,
			    item);
}

static const struct sysfs_entry driver_entries[] = {
	{.name = "uevent", .mode = S_IFREG | 0200, .store = uevent_store},
	{.name = NULL},
};

static const struct sysfs_entry *driver_table(const struct kobject *k, u32 n)
{
	return n ? NULL : driver_entries;
}

static const char *driver_subsystem(const struct kobject *k)
{
	return "drivers";
}

static const struct kobj_type driver_type = {
	.table = driver_table,
	.next = driver_next,
	.subsystem = driver_subsystem,
};

int driver_register(struct device_driver *drv)
{
	kobject_init(&drv->kobj, &driver_type, drv->name);
	return kobject_add(&drv->kobj, &drv->bus->drivers);
}
