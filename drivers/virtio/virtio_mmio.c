/*
 * Virtio over MMIO (virtio 1.2 §4.2), versions 2 and, legacy, 1 (§4.2.4).
 *
 * The device tree lists slots ("virtio,mmio"); one without a device has device
 * id 0 and is passed over without a word. QEMU's slots are legacy unless told
 * otherwise.
 */
#define PR_PREFIX "virtio: "
#include <asm/io.h>
#include <asm/setup.h>
#include <linnet/errno.h>
#include <linnet/irq.h>
#include <linnet/of.h>
#include <linnet/page.h>
#include <linnet/platform.h>
#include <linnet/printk.h>
#include <linnet/slab.h>
#include <linnet/virtio.h>
#include <linux/virtio_mmio.h>

enum {
	MMIO_MAGIC = 0x74726976, /* "virt" */
	VERSION_LEGACY = 1,
	VERSION_MODERN = 2,
	USED_ALIGN = 64, /* at least 4; a cache line keeps the sides apart */
};

struct virtio_mmio {
	struct virtio_device dev;
	void __iomem *base; /* [I] */
	int irq;	    /* [I] */
};

static u32 mmio_read(struct virtio_device *dev, u32 reg)
{
	return readl(container_of(dev, struct virtio_mmio, dev)->base + reg);
}

static void mmio_write(struct virtio_device *dev, u32 reg, u32 v)
{
	writel(v, container_of(dev, struct virtio_mmio, dev)->base + reg);
}

static u64 mmio_get_features(struct virtio_device *dev)
{
	u64 features;

	mmio_write(dev, VIRTIO_MMIO_DEVICE_FEATURES_SEL, 0);
	features = mmio_read(dev, VIRTIO_MMIO_DEVICE_FEATURES);
	if (dev->legacy)
		return features;
	mmio_write(dev, VIRTIO_MMIO_DEVICE_FEATURES_SEL, 1);
	return features |
	       (u64)mmio_read(dev, VIRTIO_MMIO_DEVICE_FEATURES) << 32;
}

static void mmio_set_features(struct virtio_device *dev, u64 features)
{
	mmio_write(dev, VIRTIO_MMIO_DRIVER_FEATURES_SEL, 0);
	mmio_write(dev, VIRTIO_MMIO_DRIVER_FEATURES, (u32)features);
	if (dev->legacy)
		return;
	mmio_write(dev, VIRTIO_MMIO_DRIVER_FEATURES_SEL, 1);
	mmio_write(dev, VIRTIO_MMIO_DRIVER_FEATURES, (u32)(features >> 32));
}

static u8 mmio_get_status(struct virtio_device *dev)
{
	return (u8)mmio_read(dev, VIRTIO_MMIO_STATUS);
}

static void mmio_set_status(struct virtio_device *dev, u8 status)
{
	mmio_write(dev, VIRTIO_MMIO_STATUS, status);
}

static void mmio_config_write32(struct virtio_device *dev, u32 off, u32 v)
{
	mmio_write(dev, VIRTIO_MMIO_CONFIG + off, v);
}

/* --- queues --- */

/* A queue in use is none to be had: only after a reset that did not take. */
static u32 mmio_queue_max(struct virtio_device *dev, u32 index)
{
	mmio_write(dev, VIRTIO_MMIO_QUEUE_SEL, index);
	if (mmio_read(dev, dev->legacy ? VIRTIO_MMIO_QUEUE_PFN
				       : VIRTIO_MMIO_QUEUE_READY))
		return 0;
	return min(mmio_read(dev, VIRTIO_MMIO_QUEUE_NUM_MAX),
		   (u32)VIRTQUEUE_MAX);
}

static int enable_legacy(struct virtio_device *dev, struct virtio_queue *q)
{
	u64 pfn = page_to_pfn(q->pages);

	if (pfn > U32_MAX)
		return -EOVERFLOW;
	mmio_write(dev, VIRTIO_MMIO_QUEUE_ALIGN, dev->queue_align);
	mmio_write(dev, VIRTIO_MMIO_QUEUE_PFN, (u32)pfn);
	return 0;
}

static void write_address(struct virtio_device *dev, u32 low, const void *p)
{
	phys_addr_t pa = virt_to_phys(p);

	mmio_write(dev, low, (u32)pa);
	mmio_write(dev, low + 4, (u32)(pa >> 32));
}

static int mmio_queue_enable(struct virtio_device *dev, struct virtio_queue *q)
{
	const struct vring *r = &q->vq.ring;

	mmio_write(dev, VIRTIO_MMIO_QUEUE_SEL, q->index);
	mmio_write(dev, VIRTIO_MMIO_QUEUE_NUM, r->num);
	if (dev->legacy)
		return enable_legacy(dev, q);
	write_address(dev, VIRTIO_MMIO_QUEUE_DESC_LOW, r->desc);
	write_address(dev, VIRTIO_MMIO_QUEUE_AVAIL_LOW, r->avail);
	write_address(dev, VIRTIO_MMIO_QUEUE_USED_LOW, r->used);
	mmio_write(dev, VIRTIO_MMIO_QUEUE_READY, 1);
	return 0;
}

static void mmio_notify(struct virtio_device *dev, struct virtio_queue *q)
{
	mmio_write(dev, VIRTIO_MMIO_QUEUE_NOTIFY, q->index);
}

static const struct virtio_transport mmio_transport = {
	.get_features = mmio_get_features,
	.set_features = mmio_set_features,
	.get_status = mmio_get_status,
	.set_status = mmio_set_status,
	.config_write32 = mmio_config_write32,
	.queue_max = mmio_queue_max,
	.queue_enable = mmio_queue_enable,
	.notify = mmio_notify,
};

/* --- probing --- */

static enum irq_return mmio_interrupt(int irq, void *data)
{
	struct virtio_mmio *m = data;
	u32 status = mmio_read(&m->dev, VIRTIO_MMIO_INTERRUPT_STATUS);

	(void)irq;
	if (!status)
		return IRQ_NONE;
	mmio_write(&m->dev, VIRTIO_MMIO_INTERRUPT_ACK, status);
	if (status & VIRTIO_MMIO_INT_CONFIG &&
	    mmio_get_status(&m->dev) & VIRTIO_CONFIG_S_NEEDS_RESET)
		virtio_device_fail(&m->dev, "it asks for a reset");
	else if (status & VIRTIO_MMIO_INT_VRING)
		virtio_queues_interrupt(&m->dev);
	return IRQ_HANDLED;
}

/* Map the registers of @node: its virtual address, or ERR_PTR. */
static void __iomem *map_slot(int node)
{
	void __iomem *base;
	phys_addr_t pa;
	u64 size;
	int err = of_reg(node, 0, &pa, &size);

	if (err || size < VIRTIO_MMIO_CONFIG)
		return ERR_PTR(err ? err : -EINVAL);
	base = ioremap(pa, size);
	return base ? base : ERR_PTR(-ENOMEM);
}

/* An empty slot has device id 0. */
static bool mmio_present(int node)
{
	u8 __iomem *base = map_slot(node);
	bool present;

	if (IS_ERR(base))
		return false;
	present = readl(base + VIRTIO_MMIO_MAGIC_VALUE) == MMIO_MAGIC &&
		  readl(base + VIRTIO_MMIO_DEVICE_ID);
	iounmap(base);
	return present;
}

static int identify(struct virtio_device *dev)
{
	u32 version = mmio_read(dev, VIRTIO_MMIO_VERSION);

	if (version != VERSION_LEGACY && version != VERSION_MODERN)
		return -EINVAL;
	dev->id = mmio_read(dev, VIRTIO_MMIO_DEVICE_ID);
	dev->vendor = mmio_read(dev, VIRTIO_MMIO_VENDOR_ID);
	dev->legacy = version == VERSION_LEGACY;
	dev->queue_align = dev->legacy ? PAGE_SIZE : USED_ALIGN;
	return 0;
}

static void mmio_release(struct device *dev)
{
	kfree(container_of(dev, struct virtio_mmio, dev.dev));
}

static int start_device(struct virtio_mmio *m)
{
	int err = request_irq(m->irq, mmio_interrupt, 0, m->dev.name, m);

	if (err)
		return err;
	if (m->dev.legacy) /* the unit of queue addresses */
		mmio_write(&m->dev, VIRTIO_MMIO_GUEST_PAGE_SIZE, PAGE_SIZE);
	err = virtio_device_register(&m->dev);
	if (err)
		free_irq(m->irq, m);
	return err;
}

static int mmio_probe(struct platform_device *pd)
{
	struct virtio_mmio *m = kzalloc(sizeof(*m), GFP_KERNEL);
	int err;

	if (!m)
		return -ENOMEM;
	m->dev.transport = &mmio_transport;
	m->dev.dev.parent = &pd->dev;
	m->dev.dev.release = mmio_release;
	m->base = map_slot(pd->dev.of_node);
	if (IS_ERR(m->base)) {
		err = (int)PTR_ERR(m->base);
		goto free_slot;
	}
	err = identify(&m->dev);
	if (err)
		goto unmap;
	m->irq = of_irq(pd->dev.of_node, 0);
	err = m->irq < 0 ? m->irq : start_device(m);
	if (err)
		goto unmap;
	return 0;
unmap:
	iounmap(m->base);
free_slot:
	kfree(m);
	return err;
}

static const char *const mmio_compatible[] = {"virtio,mmio", NULL};
static struct platform_driver virtio_mmio_driver = {
	.driver = {.name = "virtio-mmio"},
	.compatible = mmio_compatible,
	.present = mmio_present,
	.probe = mmio_probe,
};
PLATFORM_DRIVER(virtio_mmio_driver);
