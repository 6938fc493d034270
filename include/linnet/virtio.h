/*
 * Virtio devices: what transports, the bus and drivers share.
 *
 * A transport (virtio_mmio.c) finds a device and registers it; the bus
 * (virtio.c) agrees on features and calls the driver of its kind:
 *
 *   reset --> ACKNOWLEDGE, DRIVER --> features --> driver->probe()
 *             { virtio_queue_setup(), virtio_device_ready() } --> running
 *   running --virtio_device_fail()--> FAILED, reset: silent for ever
 *
 * Devices stay for the life of the machine once a driver has them.
 */
#ifndef LINNET_VIRTIO_H
#define LINNET_VIRTIO_H

#include <linnet/device.h>
#include <linnet/virtqueue.h>
#include <linux/virtio_config.h>
#include <linux/virtio_ids.h>

struct virtio_device;
struct virtio_queue;

enum { VIRTIO_MAX_QUEUES = 8 };

/* How a device is reached. Any context. */
struct virtio_transport {
	u64 (*get_features)(struct virtio_device *dev);
	void (*set_features)(struct virtio_device *dev, u64 features);
	u8 (*get_status)(struct virtio_device *dev);
	void (*set_status)(struct virtio_device *dev, u8 status);
	void (*config_write32)(struct virtio_device *dev, u32 off, u32 v);
	/* Most entries of a queue; 0: there is no such queue. */
	u32 (*queue_max)(struct virtio_device *dev, u32 index);
	int (*queue_enable)(struct virtio_device *dev, struct virtio_queue *q);
	void (*notify)(struct virtio_device *dev, struct virtio_queue *q);
};

struct virtio_queue {
	struct virtqueue vq;
	struct virtio_device *dev;	/* [I] */
	u32 index;			/* [I] */
	/* Buffers may have been used, or the device has failed. Any context
	 * without locks. NULL: don't care. */
	void (*callback)(struct virtio_queue *q);
	struct page *pages;		/* the ring */
	u32 order;			/* of pages */
};

struct virtio_driver {
	struct device_driver driver; /* name; the rest by the bus */
	u32 id;		/* VIRTIO_ID_* */
	u64 features;	/* those it can use; the bus adds the ring's */
	/* 0 after virtio_device_ready(), or an error. May sleep. */
	int (*probe)(struct virtio_device *dev);
};

#define VIRTIO_DRIVER(drv)                                                     \
	static __section(".virtio_table") __used struct virtio_driver          \
		*const virtio_driver_##drv = &drv

/* [I] fixed when the driver is probed */
struct virtio_device {
	struct device dev;	/* on the bus "virtio", below the transport's */
	const struct virtio_transport *transport;	/* [I] */
	u32 id;			/* [I] VIRTIO_ID_* */
	u32 vendor;		/* [I] */
	bool legacy;		/* [I] before virtio 1.0 */
	u32 queue_align;	/* [I] of the used ring */
	u64 features;		/* [I] agreed on */
	char name[16];		/* [I] virtio0 */
	void *private;		/* [I] the driver's */
	bool failed;		/* [A] it was reset for good */
	u32 nr_queues;		/* [I] */
	struct virtio_queue *queues[VIRTIO_MAX_QUEUES];
};

/*
 * For transports: add @dev, which is zeroed but for transport, id, vendor,
 * legacy, queue_align, dev.parent and dev.release, and find its driver. The
 * device stays when it has no driver, or the driver fails: it has been reset
 * then and has no queues. On an error it was not added.
 */
int virtio_device_register(struct virtio_device *dev);
/* For transports: the interrupt for used buffers. */
void virtio_queues_interrupt(struct virtio_device *dev);

static inline bool virtio_has(const struct virtio_device *dev, u32 feature)
{
	return dev->features >> feature & 1;
}

/* For drivers. Queues are set up in order, 0 first, before the device is ready. */
struct virtio_queue *virtio_queue_setup(struct virtio_device *dev, u32 max_num,
					void (*callback)(struct virtio_queue *));
void virtio_device_ready(struct virtio_device *dev);
/* Tell the device of what was added, if it wants to know. The queue's lock. */
void virtio_queue_kick(struct virtio_queue *q);
void virtio_device_fail(struct virtio_device *dev, const char *why);

#endif
