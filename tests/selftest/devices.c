/* Devices that come and go while their files are open. */
#include <linnet/device.h>
#include <linnet/errno.h>
#include <linnet/fs.h>
#include <linnet/ktest.h>
#include <linnet/sched.h>
#include <linnet/seq_file.h>
#include <linnet/slab.h>
#include <linnet/string.h>
#include <linnet/task.h>
#include <linnet/wait.h>
#include "../../fs/internal.h"
#include "../../fs/mount.h"

enum { ROUNDS = 200 };

static struct class class = {.name = "selftest"};
static struct file_system_type *sysfs;
static struct mount *sys; /* of our own: nothing is mounted yet */
static struct completion inside, go_on;
static u64 nr_released, nr_shown, nr_late; /* [A] */
static bool gone;			   /* device_del() has returned */

struct test_device {
	struct device dev;
	u64 magic; /* wiped by release() */
};
#define MAGIC 0x5e1f7e57ul

static void test_release(struct device *dev)
{
	container_of(dev, struct test_device, dev)->magic = 0;
	atomic_inc(&nr_released);
	kfree(container_of(dev, struct test_device, dev));
}

static int magic_show(struct seq_file *m, struct kobject *k,
		      const struct sysfs_entry *e)
{
	struct test_device *t = container_of(kobj_to_dev(k), struct test_device,
					     dev);

	if (READ_ONCE(gone) || t->magic != MAGIC)
		atomic_inc(&nr_late);
	atomic_inc(&nr_shown);
	seq_printf(m, "%#lx\n", t->magic);
	return 0;
}

static int slow_show(struct seq_file *m, struct kobject *k,
		     const struct sysfs_entry *e)
{
	complete(&inside);
	wait_for_completion(&go_on);
	if (READ_ONCE(gone))
		atomic_inc(&nr_late);
	seq_puts(m, "slow\n");
	return 0;
}

static const struct sysfs_entry entries[] = {
	{.name = "magic", .mode = S_IFREG | 0444, .show = magic_show},
	{.name = "slow", .mode = S_IFREG | 0444, .show = slow_show},
	{.name = NULL},
};

static struct test_device *make_device(const char *name)
{
	struct test_device *t = kzalloc(sizeof(*t), GFP_KERNEL);

	if (!t)
		return NULL;
	device_init(&t->dev, name);
	t->magic = MAGIC;
	t->dev.class = &class;
	t->dev.entries = entries;
	t->dev.release = test_release;
	if (!device_add(&t->dev))
		return t;
	device_put(&t->dev);
	return NULL;
}

static struct file *open_below_sys(const char *name)
{
	struct path p;
	struct file *f;
	int err = vfs_path_lookup(&(struct path){sys, sys->root}, name,
				  LOOKUP_FOLLOW, &p);

	if (err)
		return ERR_PTR(err);
	f = dentry_open(&p, O_RDONLY, current_cred());
	path_put(&p);
	return f;
}

/* Bytes, or a negative error. */
static ssize_t read_below_sys(const char *name, char *buf, size_t size)
{
	struct file *f = open_below_sys(name);
	loff_t pos = 0;
	ssize_t n;

	if (IS_ERR(f))
		return PTR_ERR(f);
	n = kernel_read(f, buf, size, &pos);
	fput(f);
	return n;
}

static bool set_up(void)
{
	completion_init(&inside);
	completion_init(&go_on);
	WRITE_ONCE(gone, false);
	nr_released = nr_shown = nr_late = 0;
	if (sys)
		return true;
	sysfs = get_fs_type("sysfs");
	KTEST_CHECK(sysfs);
	sys = kern_mount(sysfs);
	KTEST_CHECK(!IS_ERR(sys));
	KTEST_CHECK(!class_register(&class));
	return true;
}

/* Dentries of closed files, which hold the object, go after a grace period: wait for
 * that, but not for ever. */
static bool released_get_to(u64 n)
{
	for (u32 i = 0; i < 1000 && atomic_read(&nr_released) < n; i++)
		msleep(10);
	return atomic_read(&nr_released) == n;
}

static bool device_comes_and_goes(void)
{
	struct test_device *t;
	char buf[64];

	KTEST_CHECK(set_up());
	KTEST_CHECK(read_below_sys("devices/virtual/selftest", buf, 1) == -ENOENT);
	t = make_device("a");
	KTEST_CHECK(t);
	KTEST_CHECK(read_below_sys("class/selftest/a/magic", buf, 64) == 11);
	KTEST_CHECK(!memcmp(buf, "0x5e1f7e57\n", 11));
	KTEST_CHECK(!make_device("a")); /* the name is taken */
	KTEST_CHECK(released_get_to(1));
	device_unregister(&t->dev);
	KTEST_CHECK(released_get_to(2));
	KTEST_CHECK(read_below_sys("class/selftest/a/magic", buf, 64) == -ENOENT);
	/* With its last device the class's folder went. */
	KTEST_CHECK(read_below_sys("devices/virtual/selftest", buf, 1) == -ENOENT);
	return true;
}
KTEST(device_comes_and_goes);

/* The node in /dev, as devtmpfs has it: its number, or a negative error. */
static s64 node_number(const char *name)
{
	static struct mount *dev;
	struct path p;
	s64 number;
	int err;

	if (!dev)
		dev = kern_mount(get_fs_type("devtmpfs"));
	if (IS_ERR(dev))
		return PTR_ERR(dev);
	err = vfs_path_lookup(&(struct path){dev, dev->root}, name, 0, &p);
	if (err)
		return err;
	number = p.dentry->inode->rdev;
	path_put(&p);
	return number;
}

static bool device_has_a_node(void)
{
	static const char event[] =
		"MAJOR=240\nMINOR=7\nDEVNAME=sub/e7\nDEVMODE=0640\n";
	const dev_t number = dev_make(240, 7);
	struct device *dev;
	char buf[64];

	KTEST_CHECK(set_up());
	dev = device_create(&class, NULL, number, 0640, NULL, NULL, "sub!e%d", 7);
	KTEST_CHECK(!IS_ERR(dev));
	KTEST_CHECK(node_number("sub/e7") == (s64)number);
	KTEST_CHECK(read_below_sys("dev/char/240:7/uevent", buf, 64) ==
		    sizeof(event) - 1);
	KTEST_CHECK(!memcmp(buf, event, sizeof(event) - 1));
	device_unregister(dev);
	KTEST_CHECK(node_number("sub/e7") == -ENOENT);
	KTEST_CHECK(read_below_sys("dev/char/240:7/uevent", buf, 64) == -ENOENT);
	/* What is not the device's own stays. */
	dev = device_create(&class, NULL, number, 0, NULL, NULL, "e8");
	KTEST_CHECK(!IS_ERR(dev));
	KTEST_CHECK(!devtmpfs_remove("e8", S_IFCHR, number));
	KTEST_CHECK(!devtmpfs_create("e8", S_IFCHR | 0600, number + 1));
	device_unregister(dev);
	KTEST_CHECK(node_number("e8") == (s64)number + 1);
	KTEST_CHECK(!devtmpfs_remove("e8", S_IFCHR, number + 1));
	return true;
}
KTEST(device_has_a_node);

static bool device_goes_under_an_open_file(void)
{
	struct test_device *t;
	struct file *f, *dir;
	loff_t pos = 0;
	char buf[64];

	KTEST_CHECK(set_up());
	t = make_device("b");
	KTEST_CHECK(t);
	f = open_below_sys("class/selftest/b/magic");
	dir = open_below_sys("class/selftest/b");
	KTEST_CHECK(!IS_ERR(f) && !IS_ERR(dir));
	KTEST_CHECK(kernel_read(f, buf, 4, &pos) == 4);
	device_unregister(&t->dev);
	KTEST_CHECK(nr_released == 0); /* the files hold it */
	pos = 0;
	KTEST_CHECK(kernel_read(f, buf, 64, &pos) == -ENODEV);
	fput(f);
	fput(dir);
	KTEST_CHECK(released_get_to(1));
	return true;
}
KTEST(device_goes_under_an_open_file);

static int slow_reader(void *unused)
{
	char buf[64];

	read_below_sys("class/selftest/c/slow", buf, sizeof(buf));
	return 0;
}

static int deleter(void *dev)
{
	device_del(dev);
	WRITE_ONCE(gone, true);
	return 0;
}

/* device_del() waits for a method that runs. */
static bool device_del_waits_for_methods(void)
{
	struct test_device *t;

	KTEST_CHECK(set_up());
	t = make_device("c");
	KTEST_CHECK(t);
	KTEST_CHECK(!IS_ERR(kthread_run(slow_reader, NULL, "reader")));
	wait_for_completion(&inside);
	KTEST_CHECK(!IS_ERR(kthread_run(deleter, &t->dev, "deleter")));
	while (!kobject_is_dead(&t->dev.kobj))
		msleep(1);
	msleep(10);
	KTEST_CHECK(!READ_ONCE(gone));
	complete(&go_on);
	while (!READ_ONCE(gone))
		msleep(1);
	KTEST_CHECK(!nr_late);
	device_put(&t->dev);
	return true;
}
KTEST(device_del_waits_for_methods);

static bool stop;
static struct completion reader_done;

static int busy_reader(void *unused)
{
	char buf[64];

	while (!READ_ONCE(stop)) {
		read_below_sys("class/selftest/d/magic", buf, sizeof(buf));
		read_below_sys("devices/virtual/selftest/d/magic", buf, 64);
		cond_resched();
	}
	complete(&reader_done);
	return 0;
}

/* Readers look for a device that comes and goes all the time. */
static bool devices_against_readers(void)
{
	enum { READERS = 3 };

	KTEST_CHECK(set_up());
	completion_init(&reader_done);
	WRITE_ONCE(stop, false);
	for (u32 i = 0; i < READERS; i++)
		KTEST_CHECK(!IS_ERR(kthread_run(busy_reader, NULL, "reader")));
	for (u32 i = 0; i < ROUNDS; i++) {
		struct test_device *t = make_device("d");

		KTEST_CHECK(t);
		if (i % 2)
			msleep(1);
		device_unregister(&t->dev);
	}
	WRITE_ONCE(stop, true);
	for (u32 i = 0; i < READERS; i++)
		wait_for_completion(&reader_done);
	KTEST_CHECK(released_get_to(ROUNDS));
	KTEST_CHECK(nr_shown);
	KTEST_CHECK(!nr_late);
	return true;
}
KTEST(devices_against_readers);
