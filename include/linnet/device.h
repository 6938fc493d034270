/*
 * The device model: devices, the buses they are on, the classes they are of,
 * the drivers that run them.
 *
 * A device is a kobject below its parent in /sys/devices. It is on a bus (it
 * can be found on hardware and has a driver), or of a class (it is what a user
 * sees of hardware: a terminal, a clock), or neither. device_add() makes its
 * folder, the links to it in the folder of bus or class and in /sys/dev, its
 * node in /dev if it has a number, and tells user space; device_del() takes
 * all that away again.
 *
 *   device_init() --> device_add() --> device_del() --> device_put()
 *
 * A device is counted; open files of its folder keep it. Its driver or owner
 * may free what the attributes use once device_del() has returned.
 */
#ifndef LINNET_DEVICE_H
#define LINNET_DEVICE_H

#include <linnet/kobject.h>
#include <linnet/uevent.h>

struct device;

/* [I] all of it once registered */
struct class {
	const char *name;
	const struct sysfs_entry *entries; /* of its devices; may be NULL */
	struct kobject kobj;
};

struct bus {
	const char *name;
	struct kobject *root; /* where devices without a parent are */
	const struct sysfs_entry *entries; /* of its devices; may be NULL */
	/* Add variables to an event: 0 or -ENOMEM. NULL: none. */
	int (*uevent)(const struct device *dev, struct uevent_env *env);
	struct kobject kobj, drivers;
};

struct device_driver {
	const char *name;
	struct bus *bus;
	struct kobject kobj;
};

struct device {
	struct kobject kobj;
	struct device *parent;		/* [I] NULL: none; its kobj holds it */
	const struct class *class;	/* [I] */
	const struct bus *bus;		/* [I] */
	const struct device_driver *driver; /* [A] set by device_bind() */
	dev_t devt;			/* [I] 0: no node */
	u16 mode;			/* [I] S_IFBLK; permissions, 0: 0600 */
	int of_node;			/* [I] in the device tree; 0: none */
	const struct sysfs_entry *entries; /* [I] its own; may be NULL */
	void *private;			/* the owner's */
	void (*release)(struct device *dev); /* [I] NULL: never freed */
	struct list_head node;		/* [devices_lock] all, ascending ids */
};

static inline struct device *kobj_to_dev(const struct kobject *k)
{
	return container_of(k, struct device, kobj);
}

/* Once each, at initialisation: 0 or a negative error. */
int class_register(struct class *c);
int bus_register(struct bus *b);
int driver_register(struct device_driver *drv);

void device_init(struct device *dev, const char *name);
int device_add(struct device *dev);
void device_del(struct device *dev);
static inline struct device *device_get(struct device *dev)
{
	kobject_get(&dev->kobj);
	return dev;
}
static inline void device_put(struct device *dev)
{
	kobject_put(&dev->kobj);
}
void device_bind(struct device *dev, const struct device_driver *drv);

/* A device that is nothing but one of @class: added, or ERR_PTR. */
struct device *device_create(const struct class *class, struct device *parent,
			     dev_t devt, u16 mode, void *private,
			     const struct sysfs_entry *entries,
			     const char *fmt, ...) __printf(7, 8);
/* device_del() and the creator's reference. */
void device_unregister(struct device *dev);

#endif
