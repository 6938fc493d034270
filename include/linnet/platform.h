/*
 * Devices that only the device tree tells of, and their drivers.
 *
 * A driver lists the `compatible` strings it knows. At device_initcall time,
 * each node that has one becomes a device, on the bus "amba" if it is a
 * PrimeCell and on "platform" otherwise, and the driver's probe() is called, in
 * the order of the tree. Nodes without a driver are not made into devices.
 */
#ifndef LINNET_PLATFORM_H
#define LINNET_PLATFORM_H

#include <linnet/device.h>

struct platform_device {
	struct device dev; /* of_node: its node */
	char name[64];
};

struct platform_driver {
	struct device_driver driver;   /* name; the rest by the core */
	const char *const *compatible; /* NULL-ended */
	/* Is there anything at the node? Asked before a device is made of it.
	 * NULL: always. */
	bool (*present)(int node);
	/* 0 or an error, after which the device stays without a driver. */
	int (*probe)(struct platform_device *pd);
};
#define PLATFORM_DRIVER(drv)                                                   \
	static __section(".driver_table") __used struct platform_driver        \
		*const platform_driver_##drv = &drv

extern struct bus platform_bus, amba_bus;

#endif
