/*
 * The virtio bus: features, status, queues, drivers.
 *
 * The order of steps is that of virtio 1.2 §3.1. A device that is refused, or
 * found broken later, is told so (FAILED) and reset, after which it touches no
 * memory of ours (§2.4).
 *
 * Features of the ring are agreed on here, all others by drivers. A device
 * before 1.0 has neither VIRTIO_F_VERSION_1 nor a FEATURES_OK step.
 */
#define PR_PREFIX "virtio: "
#include <linnet/errno.h>
#include <linnet/init.h>
#include <linnet/page.h>
#include <linnet/printf.h>
#include <linnet/printk.h>
#include <linnet/seq_file.h>
#include <linnet/slab.h>
#include <linnet/virtio.h>

static u32 nr_devices; /* probing is sequential */

static u8 get_status(struct virtio_device *dev)
{
	return dev->transport->get_status(dev);
}

static void add_status(struct virtio_device *dev, u8 bit)
{
	dev->transport->set_status(dev, get_status(dev) | bit);
}

static void reset(struct virtio_device *dev)
{
	dev->transport->set_status(dev, 0);
}

/* --- queues --- */

static void free_queue(struct virtio_queue *q)
{
	if (q->pages)
		free_pages(q->pages, q->order);
	kfree(q->vq.slots);
	kfree(q);
}

static u32 order_of(u64 bytes)
{
	u32 order = 0;

	while (((u64)PAGE_SIZE << order) < bytes)
		order++;
	return order;
}

/* Memory for @num entries. 0 or -ENOMEM. */
static int alloc_ring(struct virtio_queue *q, u32 num)
{
	struct virtio_device *dev = q->dev;
	struct virtqueue_slot *slots = kcalloc(num, sizeof(*slots), GFP_KERNEL);

	if (!slots)
		return -ENOMEM;
	q->order = order_of(vring_size(num, dev->queue_align));
	q->pages = alloc_pages(GFP_KERNEL | GFP_ZERO, q->order);
	if (!q->pages) {
		kfree(slots);
		return -ENOMEM;
	}
	virtqueue_init(&q->vq, num, page_address(q->pages), dev->queue_align,
		       slots, virtio_has(dev, VIRTIO_RING_F_EVENT_IDX));
	return 0;
}

/**
 * virtio_queue_setup - make the device's next queue
 * @dev: device in its driver's probe()
 * @max_num: entries wanted at most, a power of two
 * @callback: see struct virtio_queue
 *
 * Context: task; may sleep.
 * Return: the queue, freed with the device's other queues if the probe fails,
 * or ERR_PTR.
 */
struct virtio_queue *virtio_queue_setup(struct virtio_device *dev, u32 max_num,
					void (*callback)(struct virtio_queue *))
{
	u32 num = min(dev->transport->queue_max(dev, dev->nr_queues), max_num);
	struct virtio_queue *q;
	int err;

	if (dev->nr_queues == VIRTIO_MAX_QUEUES || !num)
		return ERR_PTR(-ENODEV);
	q = kzalloc(sizeof(*q), GFP_KERNEL);
	if (!q)
		return ERR_PTR(-ENOMEM);
	q->dev = dev;
	q->index = dev->nr_queues;
	q->callback = callback;
	/* The size of a split queue is a power of two (§2.7). */
	err = alloc_ring(q, 1u << ilog2(num));
	if (!err)
		err = dev->transport->queue_enable(dev, q);
	if (err) {
		free_queue(q);
		return ERR_PTR(err);
	}
	dev->queues[dev->nr_queues++] = q;
	return q;
}

void virtio_queue_kick(struct virtio_queue *q)
{
	if (virtqueue_kick_needed(&q->vq) && !READ_ONCE(q->dev->failed))
		q->dev->transport->notify(q->dev, q);
}

void virtio_queues_interrupt(struct virtio_device *dev)
{
	for (u32 i = 0; i < dev->nr_queues; i++)
		if (dev->queues[i]->callback)
			dev->queues[i]->callback(dev->queues[i]);
}

/* --- devices as sysfs shows them --- */

static struct virtio_device *kobj_to_virtio(const struct kobject *k)
{
	return container_of(kobj_to_dev(k), struct virtio_device, dev);
}

static int id_show(struct seq_file *m, struct kobject *k,
		   const struct sysfs_entry *e)
{
	seq_printf(m, "0x%04x\n", kobj_to_virtio(k)->id);
	return 0;
}

static int vendor_show(struct seq_file *m, struct kobject *k,
		       const struct sysfs_entry *e)
{
	seq_printf(m, "0x%04x\n", kobj_to_virtio(k)->vendor);
	return 0;
}

static int status_show(struct seq_file *m, struct kobject *k,
		       const struct sysfs_entry *e)
{
	seq_printf(m, "0x%08x\n", get_status(kobj_to_virtio(k)));
	return 0;
}

/* Bit 0 first. */
static int features_show(struct seq_file *m, struct kobject *k,
			 const struct sysfs_entry *e)
{
	u64 features = kobj_to_virtio(k)->features;

	for (u32 i = 0; i < 64; i++)
		seq_putc(m, features >> i & 1 ? '1' : '0');
	seq_putc(m, '\n');
	return 0;
}

#define MODALIAS "virtio:d%08Xv%08X"

static int modalias_show(struct seq_file *m, struct kobject *k,
			 const struct sysfs_entry *e)
{
	const struct virtio_device *dev = kobj_to_virtio(k);

	seq_printf(m, MODALIAS "\n", dev->id, dev->vendor);
	return 0;
}

static int virtio_uevent(const struct device *d, struct uevent_env *env)
{
	const struct virtio_device *dev = kobj_to_virtio(&d->kobj);

	return uevent_add(env, "MODALIAS=" MODALIAS, dev->id, dev->vendor);
}

static const struct sysfs_entry virtio_entries[] = {
	{.name = "device", .mode = S_IFREG | 0444, .show = id_show},
	{.name = "features", .mode = S_IFREG | 0444, .show = features_show},
	{.name = "modalias", .mode = S_IFREG | 0444, .show = modalias_show},
	{.name = "status", .mode = S_IFREG | 0444, .show = status_show},
	{.name = "vendor", .mode = S_IFREG | 0444, .show = vendor_show},
	{.name = NULL},
};

static struct bus virtio_bus = {
	.name = "virtio",
	.entries = virtio_entries,
	.uevent = virtio_uevent,
};

/* --- devices --- */

extern struct virtio_driver *const _virtio_table_start[];
extern struct virtio_driver *const _virtio_table_end[];

static struct virtio_driver *find_driver(u32 id)
{
	for (struct virtio_driver *const *d = _virtio_table_start;
	     d < _virtio_table_end; d++)
		if ((*d)->id == id)
			return *d;
	return NULL;
}

static int negotiate(struct virtio_device *dev, u64 wanted)
{
	u64 offered = dev->transport->get_features(dev);

	wanted |= 1ull << VIRTIO_RING_F_EVENT_IDX;
	if (!dev->legacy) {
		wanted |= 1ull << VIRTIO_F_VERSION_1;
		if (!(offered & 1ull << VIRTIO_F_VERSION_1))
			return -EINVAL;
	}
	dev->features = offered & wanted;
	dev->transport->set_features(dev, dev->features);
	if (dev->legacy)
		return 0;
	add_status(dev, VIRTIO_CONFIG_S_FEATURES_OK);
	return get_status(dev) & VIRTIO_CONFIG_S_FEATURES_OK ? 0 : -EOPNOTSUPP;
}

/* 0, or an error after which the device is as after its reset. */
static int start(struct virtio_device *dev, const struct virtio_driver *drv)
{
	int err;

	add_status(dev, VIRTIO_CONFIG_S_DRIVER);
	err = negotiate(dev, drv->features);
	if (!err)
		err = drv->probe(dev);
	if (!err)
		return 0;
	add_status(dev, VIRTIO_CONFIG_S_FAILED);
	reset(dev);
	while (dev->nr_queues)
		free_queue(dev->queues[--dev->nr_queues]);
	return err;
}

int virtio_device_register(struct virtio_device *dev)
{
	struct virtio_driver *drv = find_driver(dev->id);
	int err;

	snprintf(dev->name, sizeof(dev->name), "virtio%u", nr_devices++);
	device_init(&dev->dev, dev->name);
	dev->dev.bus = &virtio_bus;
	reset(dev);
	add_status(dev, VIRTIO_CONFIG_S_ACKNOWLEDGE);
	err = device_add(&dev->dev);
	if (err || !drv)
		return err;
	err = start(dev, drv);
	if (err)
		pr_err("%s: driver %s failed: %d\n", dev->name,
		       drv->driver.name, err);
	else
		device_bind(&dev->dev, &drv->driver);
	return 0;
}

void virtio_device_ready(struct virtio_device *dev)
{
	add_status(dev, VIRTIO_CONFIG_S_DRIVER_OK);
}

/**
 * virtio_device_fail - give a broken device up
 * @dev: device with a driver
 * @why: what it did
 *
 * Resets it: it uses no memory any more, and no interrupt comes. The callbacks
 * of its queues run once more, so that those who wait can be told; the caller
 * holds no lock that they or a console take.
 *
 * Context: any.
 */
void virtio_device_fail(struct virtio_device *dev, const char *why)
{
	if (__atomic_exchange_n(&dev->failed, true, __ATOMIC_RELAXED))
		return;
	add_status(dev, VIRTIO_CONFIG_S_FAILED);
	reset(dev);
	pr_err("%s: device broken, stopped: %s\n", dev->name, why);
	virtio_queues_interrupt(dev);
}

static int __init_text virtio_init(void)
{
	int err = bus_register(&virtio_bus);

	for (struct virtio_driver *const *d = _virtio_table_start;
	     !err && d < _virtio_table_end; d++) {
		(*d)->driver.bus = &virtio_bus;
		err = driver_register(&(*d)->driver);
	}
	return err;
}
subsys_initcall(virtio_init);
