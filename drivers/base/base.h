/* Inside the device model. */
#ifndef DRIVERS_BASE_H
#define DRIVERS_BASE_H

#include <linnet/device.h>

/* A link to the first device of id >= @pos that is @wanted. */
bool devices_next(bool (*wanted)(const struct device *dev, const void *arg),
		  const void *arg, u64 pos, struct sysfs_item *item);

/* devicetree.c: /sys/firmware/devicetree/base, referenced; below it a node. */
struct kobject *of_sysfs_root(void);
void of_node_path(int node, char *buf, size_t size);
/* OF_NAME and the like. */
int of_node_uevent(int node, struct uevent_env *env);

#endif
