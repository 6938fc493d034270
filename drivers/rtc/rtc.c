/*
 * The real-time clock as /dev/rtc0: rtc(4).
 *
 * Reading and setting the time; no alarms and no periodic interrupts, whose
 * requests are refused. One file at a time may be open.
 *
 * Lock: rtc_lock: one call of the driver at a time.
 */
#define PR_PREFIX "rtc: "
#include <asm/uaccess.h>
#include <linnet/cred.h>
#include <linnet/device.h>
#include <linnet/errno.h>
#include <linnet/fs.h>
#include <linnet/init.h>
#include <linnet/mutex.h>
#include <linnet/printk.h>
#include <linnet/rtc.h>
#include <linnet/seq_file.h>
#include <linnet/string.h>
#include <linux/capability.h>
#include <linux/rtc.h>

enum {
	RTC_MAJOR = 251, /* of the range for devices without one of their own */
	SECONDS_PER_DAY = 86400,
	EPOCH_YEAR = 1970,
	EPOCH_WDAY = 4, /* a Thursday */
	TM_YEAR = 1900, /* what years of struct rtc_time begin with */
};

static DEFINE_MUTEX(rtc_lock);
static struct rtc *the_rtc; /* [I] once set */
static u32 in_use;	    /* [A] */

/* --- the calendar (Gregorian, before its time too) --- */

static bool is_leap(u32 year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static u32 days_of_year(u32 year)
{
	return is_leap(year) ? 366 : 365;
}

/* @month: 0 to 11. */
static u32 days_of_month(u32 month, u32 year)
{
	static const u8 days[] = {31, 28, 31, 30, 31, 30,
				  31, 31, 30, 31, 30, 31};

	return days[month] + (month == 1 && is_leap(year));
}

static void seconds_to_tm(u64 seconds, struct rtc_time *tm)
{
	u64 days = seconds / SECONDS_PER_DAY;
	u32 rest = (u32)(seconds % SECONDS_PER_DAY), year = EPOCH_YEAR, month;

	*tm = (struct rtc_time){
		.tm_sec = (int)(rest % 60),
		.tm_min = (int)(rest / 60 % 60),
		.tm_hour = (int)(rest / 3600),
		.tm_wday = (int)((days + EPOCH_WDAY) % 7),
	};
	for (; days >= days_of_year(year); year++)
		days -= days_of_year(year);
	tm->tm_yday = (int)days;
	for (month = 0; days >= days_of_month(month, year); month++)
		days -= days_of_month(month, year);
	tm->tm_mday = (int)days + 1;
	tm->tm_mon = (int)month;
	tm->tm_year = (int)(year - TM_YEAR);
}

static bool tm_is_valid(const struct rtc_time *tm)
{
	return tm->tm_year >= EPOCH_YEAR - TM_YEAR &&
	       tm->tm_year <= S32_MAX - TM_YEAR && (u32)tm->tm_mon < 12 &&
	       tm->tm_mday >= 1 &&
	       (u32)tm->tm_mday <= days_of_month((u32)tm->tm_mon,
						 (u32)tm->tm_year + TM_YEAR) &&
	       (u32)tm->tm_hour < 24 && (u32)tm->tm_min < 60 &&
	       (u32)tm->tm_sec < 60;
}

/* A valid @tm; more than @max means later. */
static u64 tm_to_seconds(const struct rtc_time *tm, u64 max)
{
	u32 last = (u32)tm->tm_year + TM_YEAR;
	u64 days = (u64)tm->tm_mday - 1;

	for (u32 y = EPOCH_YEAR; y < last && days <= max / SECONDS_PER_DAY; y++)
		days += days_of_year(y);
	for (u32 m = 0; m < (u32)tm->tm_mon; m++)
		days += days_of_month(m, last);
	return days * SECONDS_PER_DAY + (u64)tm->tm_hour * 3600 +
	       (u64)tm->tm_min * 60 + (u64)tm->tm_sec;
}

/* --- reading and setting --- */

static int read_clock(u64 *seconds)
{
	int err;

	mutex_lock(&rtc_lock);
	err = the_rtc->read(the_rtc, seconds);
	mutex_unlock(&rtc_lock);
	return err;
}

static long read_time(struct rtc_time __user *u)
{
	struct rtc_time tm;
	u64 seconds;
	int err = read_clock(&seconds);

	if (err)
		return err;
	seconds_to_tm(seconds, &tm);
	return copy_to_user(u, &tm, sizeof(tm)) ? -EFAULT : 0;
}

static long set_time(const struct rtc_time __user *u)
{
	struct rtc_time tm;
	u64 seconds;
	int err;

	if (!capable(CAP_SYS_TIME))
		return -EACCES;
	if (copy_from_user(&tm, u, sizeof(tm)))
		return -EFAULT;
	if (!tm_is_valid(&tm))
		return -EINVAL;
	seconds = tm_to_seconds(&tm, the_rtc->max);
	if (seconds > the_rtc->max)
		return -ERANGE;
	mutex_lock(&rtc_lock);
	err = the_rtc->set(the_rtc, seconds);
	mutex_unlock(&rtc_lock);
	return err;
}

static long rtc_ioctl(struct file *f, u32 cmd, u64 arg)
{
	switch (cmd) {
	case RTC_RD_TIME:
		return read_time((struct rtc_time __user *)arg);
	case RTC_SET_TIME:
		return set_time((const struct rtc_time __user *)arg);
	case RTC_ALM_READ: /* there is no alarm */
	case RTC_ALM_SET:
	case RTC_WKALM_RD:
	case RTC_WKALM_SET:
	case RTC_AIE_ON:
	case RTC_AIE_OFF:
	case RTC_UIE_ON:
	case RTC_UIE_OFF:
		return -EINVAL;
	default:
		return -ENOTTY;
	}
}

static int rtc_open(struct inode *inode, struct file *f)
{
	if (dev_minor(inode->rdev) || !the_rtc)
		return -ENODEV;
	return atomic_xchg(&in_use, 1u) ? -EBUSY : 0;
}

static void rtc_release(struct inode *inode, struct file *f)
{
	__atomic_store_n(&in_use, 0, __ATOMIC_RELEASE);
}

static const struct file_ops rtc_fops = {
	.open = rtc_open,
	.release = rtc_release,
	.ioctl = rtc_ioctl,
	.llseek = no_llseek,
};

/* --- in sysfs --- */

static int date_show(struct seq_file *m, struct kobject *k,
		     const struct sysfs_entry *e)
{
	struct rtc_time tm;
	u64 seconds;
	int err = read_clock(&seconds);

	if (err)
		return err;
	seconds_to_tm(seconds, &tm);
	seq_printf(m, "%04d-%02d-%02d\n", tm.tm_year + TM_YEAR, tm.tm_mon + 1,
		   tm.tm_mday);
	return 0;
}

static int time_show(struct seq_file *m, struct kobject *k,
		     const struct sysfs_entry *e)
{
	struct rtc_time tm;
	u64 seconds;
	int err = read_clock(&seconds);

	if (err)
		return err;
	seconds_to_tm(seconds, &tm);
	seq_printf(m, "%02d:%02d:%02d\n", tm.tm_hour, tm.tm_min, tm.tm_sec);
	return 0;
}

static int epoch_show(struct seq_file *m, struct kobject *k,
		      const struct sysfs_entry *e)
{
	u64 seconds;
	int err = read_clock(&seconds);

	if (!err)
		seq_printf(m, "%lu\n", seconds);
	return err;
}

/* The system's time of day was set from this clock. */
static int hctosys_show(struct seq_file *m, struct kobject *k,
			const struct sysfs_entry *e)
{
	seq_puts(m, "1\n");
	return 0;
}

static int name_show(struct seq_file *m, struct kobject *k,
		     const struct sysfs_entry *e)
{
	seq_printf(m, "%s %s\n", the_rtc->driver,
		   kobj_to_dev(k)->parent->kobj.name);
	return 0;
}

static int range_show(struct seq_file *m, struct kobject *k,
		      const struct sysfs_entry *e)
{
	seq_printf(m, "[0,%lu]\n", the_rtc->max);
	return 0;
}

static const struct sysfs_entry rtc_entries[] = {
	{.name = "date", .mode = S_IFREG | 0444, .show = date_show},
	{.name = "hctosys", .mode = S_IFREG | 0444, .show = hctosys_show},
	{.name = "name", .mode = S_IFREG | 0444, .show = name_show},
	{.name = "range", .mode = S_IFREG | 0444, .show = range_show},
	{.name = "since_epoch", .mode = S_IFREG | 0444, .show = epoch_show},
	{.name = "time", .mode = S_IFREG | 0444, .show = time_show},
	{.name = NULL},
};

static struct class rtc_class = {.name = "rtc", .entries = rtc_entries};
static struct cdev rtc_cdev = {.ops = &rtc_fops, .count = 1, .name = "rtc"};

int rtc_register(struct rtc *rtc, struct device *parent)
{
	struct device *dev;

	if (the_rtc)
		return -EBUSY;
	the_rtc = rtc;
	dev = device_create(&rtc_class, parent, rtc_cdev.first, 0, NULL, NULL,
			    "rtc0");
	if (!IS_ERR(dev))
		return 0;
	the_rtc = NULL;
	return (int)PTR_ERR(dev);
}

static int __init_text rtc_init(void)
{
	int err = class_register(&rtc_class);

	rtc_cdev.first = dev_make(RTC_MAJOR, 0);
	return err ? err : cdev_register(&rtc_cdev);
}
subsys_initcall(rtc_init);
