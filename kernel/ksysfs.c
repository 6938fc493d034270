/*
 * /sys/kernel and /sys/module: what the kernel says of itself.
 */
#include <asm/sections.h>
#include <linnet/errno.h>
#include <linnet/init.h>
#include <linnet/kobject.h>
#include <linnet/kstrto.h>
#include <linnet/printk.h>
#include <linnet/seq_file.h>
#include <linnet/uevent.h>

/* --- /sys/kernel --- */

static int fscaps_show(struct seq_file *m, struct kobject *k,
		       const struct sysfs_entry *e)
{
	seq_puts(m, "0\n"); /* execve does not use capabilities of files */
	return 0;
}

static int seqnum_show(struct seq_file *m, struct kobject *k,
		       const struct sysfs_entry *e)
{
	seq_printf(m, "%lu\n", uevent_seqnum());
	return 0;
}

static int helper_show(struct seq_file *m, struct kobject *k,
		       const struct sysfs_entry *e)
{
	char path[UEVENT_HELPER_MAX];

	uevent_get_helper(path);
	seq_printf(m, "%s\n", path);
	return 0;
}

static int helper_store(struct kobject *k, const char *text, size_t len)
{
	return uevent_set_helper(text, len);
}

/* ELF notes of the kernel's own image: the build id. */
static const void *notes_bytes(size_t *len)
{
	*len = (size_t)(_notes_end - _notes_start);
	return _notes_start;
}

static const struct sysfs_entry kernel_entries[] = {
	{.name = "fscaps", .mode = S_IFREG | 0444, .show = fscaps_show},
	{.name = "notes", .mode = S_IFREG | 0444, .bytes = notes_bytes},
	{.name = "uevent_helper", .mode = S_IFREG | 0644, .show = helper_show,
	 .store = helper_store},
	{.name = "uevent_seqnum", .mode = S_IFREG | 0444, .show = seqnum_show},
	{.name = NULL},
};

static const struct sysfs_entry *kernel_table(const struct kobject *k, u32 n)
{
	return n ? NULL : kernel_entries;
}

static const struct kobj_type kernel_type = {.table = kernel_table};

extern int panic_timeout; /* panic.c */

/* --- /sys/module/kernel: parameters of the command line --- */

static int panic_show(struct seq_file *m, struct kobject *k,
		      const struct sysfs_entry *e)
{
	seq_printf(m, "%d\n", READ_ONCE(panic_timeout));
	return 0;
}

static int panic_store(struct kobject *k, const char *text, size_t len)
{
	char *end;
	bool negative = *text == '-';
	u64 v = simple_strtou64(text + negative, &end, 0);

	if (end == text + negative || (*end && *end != '\n') || v > S32_MAX)
		return -EINVAL;
	WRITE_ONCE(panic_timeout, negative ? -(int)v : (int)v);
	return 0;
}

static const struct sysfs_entry kernel_parameters[] = {
	{.name = "panic", .mode = S_IFREG | 0644, .show = panic_show,
	 .store = panic_store},
	{.name = NULL},
};

static const struct sysfs_entry module_entries[] = {
	{.name = "parameters", .mode = S_IFDIR | 0755,
	 .entries = kernel_parameters},
	{.name = NULL},
};

static const struct sysfs_entry *module_table(const struct kobject *k, u32 n)
{
	return n ? NULL : module_entries;
}

static const struct kobj_type module_type = {.table = module_table};

static int __init_text ksysfs_init(void)
{
	static struct kobject sys_kernel, module_kernel;
	int err;

	kobject_init(&sys_kernel, &kernel_type, "kernel");
	kobject_init(&module_kernel, &module_type, "kernel");
	err = kobject_add(&sys_kernel, &sys_root);
	return err ? err : kobject_add(&module_kernel, &sys_module);
}
subsys_initcall(ksysfs_init);
