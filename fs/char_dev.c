/*
 * Character devices: numbers to drivers.
 *
 * A driver registers a range of device numbers with its file operations. Opening
 * a node finds the range and continues with the driver's open().
 */
#include <linnet/errno.h>
#include <linnet/fs.h>
#include <linnet/init.h>
#include <linnet/seq_file.h>

static LIST_HEAD(cdevs); /* [cdevs_lock] */
static DEFINE_SPINLOCK(cdevs_lock);

int cdev_register(struct cdev *c)
{
	struct cdev *o;
	int err = 0;

	spin_lock(&cdevs_lock);
	list_for_each_entry(o, &cdevs, node)
		if (c->first < o->first + o->count &&
		    o->first < c->first + c->count)
			err = -EBUSY;
	if (!err)
		list_add_tail(&c->node, &cdevs);
	spin_unlock(&cdevs_lock);
	return err;
}

void cdev_unregister(struct cdev *c)
{
	spin_lock(&cdevs_lock);
	list_del(&c->node);
	spin_unlock(&cdevs_lock);
}

static struct cdev *cdev_find(dev_t dev)
{
	struct cdev *c, *found = NULL;

	spin_lock(&cdevs_lock);
	list_for_each_entry(c, &cdevs, node)
		if (dev >= c->first && dev - c->first < c->count)
			found = c;
	spin_unlock(&cdevs_lock);
	return found;
}

static int chrdev_open(struct inode *inode, struct file *f)
{
	struct cdev *c = cdev_find(inode->rdev);

	if (!c)
		return -ENXIO;
	inode->cdev = c;
	f->ops = c->ops;
	return c->ops->open ? c->ops->open(inode, f) : 0;
}

static int blkdev_open(struct inode *inode, struct file *f)
{
	(void)inode;
	(void)f;
	return -ENXIO; /* no block driver is registered */
}

const struct file_ops chrdev_open_fops = {.open = chrdev_open};
const struct file_ops blkdev_open_fops = {.open = blkdev_open};

/* Show the lowest major number from @from on and return it. [cdevs_lock] */
static u32 show_major(struct seq_file *m, u32 from)
{
	u32 found = U32_MAX - 1;
	struct cdev *c;

	list_for_each_entry(c, &cdevs, node)
		if (dev_major(c->first) >= from)
			found = min(found, dev_major(c->first));
	list_for_each_entry(c, &cdevs, node)
		if (dev_major(c->first) == found)
			seq_printf(m, "%3u %s\n", found, c->name);
	return found;
}

/* /proc/devices */
int show_devices(struct seq_file *m);
int show_devices(struct seq_file *m)
{
	seq_puts(m, "Character devices:\n");
	spin_lock(&cdevs_lock);
	for (u32 major = 0; major <= S32_MAX; major = show_major(m, major) + 1)
		;
	spin_unlock(&cdevs_lock);
	seq_puts(m, "\nBlock devices:\n");
	return 0;
}
