/*
 * Devices: see include/linnet/device.h.
 *
 * All devices stand in one list, in the order of their ids. The folders of
 * links (/sys/class/X, /sys/bus/X/devices, a driver's, /sys/dev/char) are views
 * of that list, made when somebody reads them.
 *
 * A device of a class stands in a folder named after the class below its
 * parent, unless the parent is of a class itself; without a parent, below
 * /sys/devices/virtual. Such a folder lives from its first device to its last.
 *
 * Lock: devices_lock: the list, folders named after classes > tree_lock.
 */
#include <linnet/errno.h>
#include <linnet/fs.h>
#include <linnet/init.h>
#include <linnet/mutex.h>
#include <linnet/printf.h>
#include <linnet/printk.h>
#include <linnet/seq_file.h>
#include <linnet/slab.h>
#include <linnet/string.h>
#include "base.h"

static DEFINE_MUTEX(devices_lock);
static LIST_HEAD(devices); /* [devices_lock] */
static struct kobject virtual_devices; /* /sys/devices/virtual */

/* --- attributes all devices have --- */

static bool has_number(const struct kobject *k)
{
	return kobj_to_dev(k)->devt;
}

static int dev_show(struct seq_file *m, struct kobject *k,
		    const struct sysfs_entry *e)
{
	dev_t devt = kobj_to_dev(k)->devt;

	seq_printf(m, "%u:%u\n", dev_major(devt), dev_minor(devt));
	return 0;
}

static int device_uevent_show(struct seq_file *m, struct kobject *k,
			      const struct sysfs_entry *e)
{
	return uevent_show(m, k);
}

static struct kobject *subsystem_target(struct kobject *k)
{
	const struct device *dev = kobj_to_dev(k);

	if (dev->class)
		return kobject_get((struct kobject *)&dev->class->kobj);
	return dev->bus ? kobject_get((struct kobject *)&dev->bus->kobj) : NULL;
}

static struct kobject *driver_target(struct kobject *k)
{
	const struct device_driver *drv = READ_ONCE(kobj_to_dev(k)->driver);

	return drv ? kobject_get((struct kobject *)&drv->kobj) : NULL;
}

/* What a device of a class is on. */
static struct kobject *parent_target(struct kobject *k)
{
	struct device *dev = kobj_to_dev(k);

	return dev->class && dev->parent ? kobject_get(&dev->parent->kobj)
					 : NULL;
}

static struct kobject *of_target(struct kobject *k)
{
	return kobj_to_dev(k)->of_node ? of_sysfs_root() : NULL;
}

static void of_suffix(struct kobject *k, char *buf, size_t size)
{
	of_node_path(kobj_to_dev(k)->of_node, buf, size);
}

static const struct sysfs_entry common_entries[] = {
	{.name = "dev", .mode = S_IFREG | 0444, .show = dev_show,
	 .visible = has_number},
	{.name = "device", .mode = S_IFLNK | 0777, .target = parent_target},
	{.name = "driver", .mode = S_IFLNK | 0777, .target = driver_target},
	{.name = "of_node", .mode = S_IFLNK | 0777, .target = of_target,
	 .suffix = of_suffix},
	{.name = "subsystem", .mode = S_IFLNK | 0777,
	 .target = subsystem_target},
	{.name = "uevent", .mode = S_IFREG | 0644, .show = device_uevent_show,
	 .store = uevent_store},
	{.name = NULL},
};

/* --- devices as kernel objects --- */

static const struct sysfs_entry *device_table(const struct kobject *k, u32 n)
{
	static const struct sysfs_entry none[] = {{.name = NULL}};
	const struct device *dev = kobj_to_dev(k);
	const struct sysfs_entry *t;

	switch (n) {
	case 0:
		return common_entries;
	case 1:
		t = dev->class ? dev->class->entries
			       : dev->bus ? dev->bus->entries : NULL;
		return t ? t : none;
	case 2:
		return dev->entries;
	default:
		return NULL;
	}
}

static void device_release(struct kobject *k)
{
	struct device *dev = kobj_to_dev(k);

	if (dev->release)
		dev->release(dev);
}

static const char *device_subsystem(const struct kobject *k)
{
	const struct device *dev = kobj_to_dev(k);

	return dev->class ? dev->class->name : dev->bus ? dev->bus->name : NULL;
}

static u16 node_mode(const struct device *dev)
{
	u16 type = dev->mode & S_IFMT ? dev->mode & S_IFMT : S_IFCHR;

	return type | (dev->mode & S_IRWXUGO ? dev->mode & S_IRWXUGO : 0600);
}

/* Names in /dev may have folders, which names of devices spell with '!'. */
static char *node_name(const struct device *dev)
{
	char *name = kstrdup(dev->kobj.name, GFP_KERNEL);

	for (char *p = name; p && *p; p++)
		if (*p == '!')
			*p = '/';
	return name;
}

static int add_node(const struct device *dev, struct uevent_env *env)
{
	char *name = node_name(dev);
	int err;

	if (!name)
		return -ENOMEM;
	err = uevent_add(env, "MAJOR=%u", dev_major(dev->devt));
	if (!err)
		err = uevent_add(env, "MINOR=%u", dev_minor(dev->devt));
	if (!err)
		err = uevent_add(env, "DEVNAME=%s", name);
	if (!err && dev->mode & S_IRWXUGO)
		err = uevent_add(env, "DEVMODE=%#o", dev->mode & S_IRWXUGO);
	kfree(name);
	return err;
}

static int device_uevent(const struct kobject *k, struct uevent_env *env)
{
	const struct device *dev = kobj_to_dev(k);
	const struct device_driver *drv = READ_ONCE(dev->driver);
	int err = dev->devt ? add_node(dev, env) : 0;

	if (!err && drv)
		err = uevent_add(env, "DRIVER=%s", drv->name);
	if (!err && dev->of_node)
		err = of_node_uevent(dev->of_node, env);
	if (!err && dev->bus && dev->bus->uevent)
		err = dev->bus->uevent(dev, env);
	return err;
}

static const struct kobj_type device_type = {
	.table = device_table,
	.release = device_release,
	.subsystem = device_subsystem,
	.uevent = device_uevent,
};

/* --- where a device stands --- */

/* The folder for devices of @class below @parent: referenced. [devices_lock] */
static struct kobject *class_folder(const struct class *class,
				    struct device *parent)
{
	struct kobject *above = parent ? &parent->kobj : &virtual_devices;
	struct kobject *k;

	if (parent && parent->class)
		return kobject_get(above);
	k = kobject_find_child(above, class->name);
	return k ? k : kobject_create_folder(class->name, above);
}

/* [devices_lock] A reference, or ERR_PTR. */
static struct kobject *place_of(struct device *dev)
{
	if (dev->class)
		return class_folder(dev->class, dev->parent);
	if (dev->parent)
		return kobject_get(&dev->parent->kobj);
	return kobject_get(dev->bus && dev->bus->root ? dev->bus->root
						      : &sys_devices);
}

/* [devices_lock] The folder @k of a class, referenced, may have lost its last
 * device. */
static void tidy_folder(const struct device *dev, struct kobject *k)
{
	struct kobject *child;

	if (!dev->class || (dev->parent && &dev->parent->kobj == k))
		return;
	child = kobject_next_child(k, 0);
	if (!child)
		kobject_del(k);
	kobject_put(child);
}

/* [devices_lock] */
static void insert_by_id(struct device *dev)
{
	struct list_head *at = devices.prev;

	while (at != &devices &&
	       list_entry(at, struct device, node)->kobj.id > dev->kobj.id)
		at = at->prev;
	list_add(&dev->node, at);
}

static int add_to_tree(struct device *dev)
{
	struct kobject *place;
	int err;

	mutex_lock(&devices_lock);
	place = place_of(dev);
	if (IS_ERR(place)) {
		mutex_unlock(&devices_lock);
		return (int)PTR_ERR(place);
	}
	err = kobject_add(&dev->kobj, place);
	if (err)
		tidy_folder(dev, place);
	else
		insert_by_id(dev);
	mutex_unlock(&devices_lock);
	kobject_put(place);
	return err;
}

static void remove_from_tree(struct device *dev)
{
	struct kobject *place = kobject_get(dev->kobj.parent);

	mutex_lock(&devices_lock);
	list_del(&dev->node);
	mutex_unlock(&devices_lock);
	kobject_del(&dev->kobj); /* waits, so without the lock */
	mutex_lock(&devices_lock);
	if (!kobject_is_dead(place))
		tidy_folder(dev, place);
	mutex_unlock(&devices_lock);
	kobject_put(place);
}

/* --- life --- */

/**
 * device_init - make a device one can refer to
 * @dev: zeroed; the caller sets what it is before device_add()
 * @name: there until release()
 */
void device_init(struct device *dev, const char *name)
{
	kobject_init(&dev->kobj, &device_type, name);
	list_init(&dev->node);
}

/**
 * device_add - let a device be found
 * @dev: initialised
 *
 * A node in /dev that cannot be made is only logged.
 *
 * Context: task; may sleep. Return: 0; -EEXIST: there is one of that name;
 * -ENOENT: its parent is deleted; -ENOMEM.
 */
int device_add(struct device *dev)
{
	int err = add_to_tree(dev);

	if (err)
		return err;
	if (dev->devt) {
		char *name = node_name(dev);

		err = name ? devtmpfs_create(name, node_mode(dev), dev->devt)
			   : -ENOMEM;
		if (err)
			pr_warn("%s: no node in /dev: %d\n", dev->kobj.name, err);
		kfree(name);
	}
	kobject_uevent(&dev->kobj, UEVENT_ADD);
	return 0;
}

/**
 * device_del - the opposite of device_add()
 * @dev: device whose children have been deleted
 *
 * When it returns no attribute of the device is being read or written. Context:
 * task; may sleep; not called from a method of the device.
 */
void device_del(struct device *dev)
{
	if (dev->devt) {
		char *name = node_name(dev);

		if (name)
			devtmpfs_remove(name, node_mode(dev), dev->devt);
		kfree(name);
	}
	kobject_uevent(&dev->kobj, UEVENT_REMOVE);
	remove_from_tree(dev);
}

void device_unregister(struct device *dev)
{
	device_del(dev);
	device_put(dev);
}

void device_bind(struct device *dev, const struct device_driver *drv)
{
	WRITE_ONCE(dev->driver, drv);
	kobject_uevent(&dev->kobj, UEVENT_BIND);
}

static void created_release(struct device *dev)
{
	kfree(dev->kobj.name);
	kfree(dev);
}

struct device *device_create(const struct class *class, struct device *parent,
			     dev_t devt, u16 mode, void *private,
			     const struct sysfs_entry *entries,
			     const char *fmt, ...)
{
	struct device *dev = kzalloc(sizeof(*dev), GFP_KERNEL);
	char name[64];
	va_list ap;
	int err;

	if (!dev)
		return ERR_PTR(-ENOMEM);
	va_start(ap, fmt);
	vsnprintf(name, sizeof(name), fmt, ap);
	va_end(ap);
	device_init(dev, kstrdup(name, GFP_KERNEL));
	dev->class = class;
	dev->parent = parent;
	dev->devt = devt;
	dev->mode = mode;
	dev->private = private;
	dev->entries = entries;
	dev->release = created_release;
	err = dev->kobj.name ? device_add(dev) : -ENOMEM;
	if (!err)
		return dev;
	device_put(dev);
	return ERR_PTR(err);
}

/* --- views of the list --- */

bool devices_next(bool (*wanted)(const struct device *dev, const void *arg),
		  const void *arg, u64 pos, struct sysfs_item *item)
{
	struct device *dev, *found = NULL;

	mutex_lock(&devices_lock);
	list_for_each_entry(dev, &devices, node) {
		if (dev->kobj.id < pos || !wanted(dev, arg))
			continue;
		found = device_get(dev);
		break;
	}
	mutex_unlock(&devices_lock);
	if (!found)
		return false;
	*item = (struct sysfs_item){
		.pos = found->kobj.id,
		.mode = S_IFLNK | 0777,
		.name = found->kobj.name,
		.target = &found->kobj,
	};
	return true;
}

/* --- /sys/dev: devices by number --- */

static bool is_of_type(const struct device *dev, const void *type)
{
	return dev->devt && (node_mode(dev) & S_IFMT) == (u16)(u64)type;
}

static bool number_next(struct kobject *k, u16 type, u64 pos,
			struct sysfs_item *item)
{
	dev_t devt;

	if (!devices_next(is_of_type, (void *)(u64)type, pos, item))
		return false;
	devt = kobj_to_dev(item->target)->devt;
	snprintf(item->text, sizeof(item->text), "%u:%u", dev_major(devt),
		 dev_minor(devt));
	item->name = item->text;
	return true;
}

static bool char_next(struct kobject *k, u64 cookie, u64 pos,
		      struct sysfs_item *item)
{
	return number_next(k, S_IFCHR, pos, item);
}

static bool block_next(struct kobject *k, u64 cookie, u64 pos,
		       struct sysfs_item *item)
{
	return number_next(k, S_IFBLK, pos, item);
}

static const struct sysfs_entry number_entries[] = {
	{.name = "block", .mode = S_IFDIR | 0755, .next = block_next},
	{.name = "char", .mode = S_IFDIR | 0755, .next = char_next},
	{.name = NULL},
};

static const struct sysfs_entry *number_table(const struct kobject *k, u32 n)
{
	return n ? NULL : number_entries;
}

static const struct kobj_type number_type = {.table = number_table};

static int __init_text devices_init(void)
{
	static struct kobject sys_dev;
	int err;

	kobject_init(&virtual_devices, &kobj_folder_type, "virtual");
	kobject_init(&sys_dev, &number_type, "dev");
	err = kobject_add(&virtual_devices, &sys_devices);
	return err ? err : kobject_add(&sys_dev, &sys_root);
}
core_initcall(devices_init);
