/*
 * /proc/sys: tunable numbers.
 *
 * Each knob is an entry whose data names a variable and its range; reading
 * shows it, writing by a capable user sets it.
 */
#include <asm/uaccess.h>
#include <linnet/cred.h>
#include <linnet/errno.h>
#include <linnet/kstrto.h>
#include <linnet/mm.h>
#include <linnet/nsproxy.h>
#include <linnet/printf.h>
#include <linnet/random.h>
#include <linnet/string.h>
#include <linnet/uevent.h>
#include <linux/capability.h>
#include <linux/limits.h>
#include "../internal.h"
#include "proc.h"

struct knob {
	void *var;
	u8 size; /* 4 or 8 */
	s64 min, max;
	void (*apply)(s64 v); /* called after a write, or NULL */
	int (*set)(s64 v);   /* instead of storing it: 0 or an errno */
};

extern int sysctl_hung_task_timeout, sysctl_hung_task_warnings;
extern int sysctl_pid_max, panic_timeout, print_fatal_signals;
extern int sysctl_protected_symlinks, sysctl_protected_hardlinks;
extern int sysctl_protected_fifos, sysctl_protected_regular;
extern u32 sysctl_nr_open, sysctl_pipe_max_size;
extern u64 sysctl_file_max, nr_files;
extern int sysctl_overcommit_ratio, console_loglevel;
extern int sysctl_dmesg_restrict, sysctl_kptr_restrict, sysctl_panic_on_oops;
extern int sysctl_panic_on_oom, sysctl_min_free_kbytes;
extern u64 sysctl_overcommit_kbytes, sysctl_max_user_watches;
extern int sysctl_inotify_queue, sysctl_inotify_groups, sysctl_inotify_watches;
extern int sysctl_mmap_rnd_bits;
extern int sysctl_sched_rr_timeslice, sysctl_sched_rt_period;
extern int sysctl_sched_rt_runtime;
extern u32 max_threads, tainted;
extern pid_t last_pid;

static const struct knob *knob_of(const struct file *f)
{
	return PROC_I(f->inode)->entry->data;
}

static ssize_t knob_read(struct kiocb *io, struct iov_iter *to)
{
	const struct knob *k = knob_of(io->file);
	char text[32];
	int n;

	if (k->size == 8)
		n = snprintf(text, sizeof(text), "%lu\n", *(u64 *)k->var);
	else
		n = snprintf(text, sizeof(text), "%d\n", *(int *)k->var);
	return simple_read_from_buffer(to, &io->pos, text, (size_t)n);
}

static ssize_t knob_write(struct kiocb *io, struct iov_iter *from)
{
	const struct knob *k = knob_of(io->file);
	char text[32];
	size_t asked = from->count, len = min(asked, sizeof(text) - 1);
	int err;
	s64 v;

	if (io->pos || copy_from_iter(text, len, from) != len)
		return -EINVAL;
	text[len] = '\0';
	while (len && (text[len - 1] == '\n' || text[len - 1] == ' '))
		text[--len] = '\0';
	if (kstrtos64(text, 10, &v) || v < k->min || v > k->max)
		return -EINVAL;
	if (k->set) {
		err = k->set(v);
		if (err)
			return err;
	} else if (k->size == 8) {
		WRITE_ONCE(*(u64 *)k->var, (u64)v);
	} else {
		WRITE_ONCE(*(int *)k->var, (int)v);
	}
	if (k->apply)
		k->apply(v);
	io->pos += (loff_t)len;
	return (ssize_t)asked;
}

static const struct file_ops knob_fops = {
	.read_iter = knob_read,
	.write_iter = knob_write,
	.llseek = generic_llseek,
};

#define INT_KNOB(n, var, lo, hi)                                               \
	{.name = n, .mode = S_IFREG | 0644, .fops = &knob_fops,                \
	 .data = &(const struct knob){&var, 4, lo, hi, NULL, NULL}}
#define SET_KNOB(n, var, lo, hi, set)                                          \
	{.name = n, .mode = S_IFREG | 0644, .fops = &knob_fops,                \
	 .data = &(const struct knob){&var, 4, lo, hi, NULL, set}}
#define LONG_KNOB(n, var, lo, hi)                                              \
	{.name = n, .mode = S_IFREG | 0644, .fops = &knob_fops,                \
	 .data = &(const struct knob){&var, 8, lo, hi, NULL, NULL}}

/* --- switches that take a capability besides root's file --- */

static int set_privileged(int cap, int *var, s64 v)
{
	if (!capable(cap))
		return -EPERM;
	WRITE_ONCE(*var, (int)v);
	return 0;
}

static int set_dmesg_restrict(s64 v)
{
	return set_privileged(CAP_SYS_ADMIN, &sysctl_dmesg_restrict, v);
}

static int set_kptr_restrict(s64 v)
{
	return set_privileged(CAP_SYS_ADMIN, &sysctl_kptr_restrict, v);
}

static int set_mmap_min_addr(s64 v)
{
	if (!capable(CAP_SYS_RAWIO))
		return -EPERM;
	WRITE_ONCE(sysctl_mmap_min_addr, (u64)v);
	return 0;
}

/* --- names --- */

static int uts_show(struct seq_file *m, void *v)
{
	struct uts_namespace *uts = current_uts();

	down_read(&uts->lock);
	seq_printf(m, "%s\n", (char *)&uts->name + (size_t)m->private);
	up_read(&uts->lock);
	return 0;
}

/* Writing a name: root's, without the line's end. */
static ssize_t uts_write(struct kiocb *io, struct iov_iter *from)
{
	struct uts_namespace *uts = current_uts();
	char text[__NEW_UTS_LEN + 1] = {0};
	size_t asked = from->count, n = min(asked, (size_t)__NEW_UTS_LEN);

	if (copy_from_iter(text, n, from) != n)
		return -EFAULT;
	for (size_t i = 0; i < n; i++)
		if (text[i] == '\n')
			text[i] = '\0';
	down_write(&uts->lock);
	memcpy((char *)&uts->name +
		       (size_t)PROC_I(io->file->inode)->entry->data,
	       text, sizeof(text));
	up_write(&uts->lock);
	return (ssize_t)asked;
}

static int uts_open(struct inode *inode, struct file *f)
{
	return single_open(f, uts_show, (void *)PROC_I(inode)->entry->data);
}

static const struct file_ops uts_fops = {
	.open = uts_open,
	.read_iter = seq_read_iter,
	.write_iter = uts_write,
	.llseek = seq_lseek,
	.release = single_release,
};

#define UTS_KNOB(n, field)                                                     \
	{.name = n, .mode = S_IFREG | 0644, .fops = &uts_fops,                 \
	 .data = (void *)offsetof(struct new_utsname, field)}
#define UTS_ENTRY(n, field)                                                    \
	{.name = n, .mode = S_IFREG | 0444, .show = uts_show,                  \
	 .data = (void *)offsetof(struct new_utsname, field)}

static int entropy_show(struct seq_file *m, void *v)
{
	seq_printf(m, "%u\n", random_entropy_bits());
	return 0;
}

static int uuid_show(struct seq_file *m, void *v)
{
	static u8 boot_id[16];
	u8 fresh[16], *u = fresh;

	if (m->private) {
		if (!boot_id[8])
			get_random_bytes(boot_id, sizeof(boot_id));
		u = boot_id;
	} else {
		get_random_bytes(fresh, sizeof(fresh));
	}
	u[6] = (u8)((u[6] & 0x0f) | 0x40); /* RFC 4122: version 4 */
	u[8] = (u8)((u[8] & 0x3f) | 0x80);
	for (u32 i = 0; i < 16; i++)
		seq_printf(m, i == 4 || i == 6 || i == 8 || i == 10 ? "-%02x"
								   : "%02x",
			   u[i]);
	seq_putc(m, '\n');
	return 0;
}

/* Levels: of the console, of messages without one, the console's least, its
 * first. Only the first changes anything here and is kept. */
static ssize_t printk_read(struct kiocb *io, struct iov_iter *to)
{
	char text[32];
	int n = snprintf(text, sizeof(text), "%d\t4\t1\t7\n",
			 READ_ONCE(console_loglevel));

	return simple_read_from_buffer(to, &io->pos, text, (size_t)n);
}

static ssize_t printk_write(struct kiocb *io, struct iov_iter *from)
{
	size_t asked = from->count, len;
	char text[32];
	s64 level;

	len = min(asked, sizeof(text) - 1);
	if (copy_from_iter(text, len, from) != len)
		return -EFAULT;
	text[len] = '\0';
	for (char *c = text; *c; c++)
		if (*c == ' ' || *c == '\t' || *c == '\n')
			*c = '\0';
	if (kstrtos64(text, 10, &level) || level < 1 || level > 15)
		return -EINVAL;
	WRITE_ONCE(console_loglevel, (int)level);
	return (ssize_t)asked;
}

static const struct file_ops printk_fops = {
	.read_iter = printk_read,
	.write_iter = printk_write,
	.llseek = generic_llseek,
};

/* A number that cannot be changed. */
static int number_show(struct seq_file *m, void *v)
{
	seq_printf(m, "%ld\n", (long)m->private);
	return 0;
}

/* One that changes by itself. */
static int counter_show(struct seq_file *m, void *v)
{
	seq_printf(m, "%u\n", READ_ONCE(*(u32 *)m->private));
	return 0;
}

static int arch_show(struct seq_file *m, void *v)
{
	seq_puts(m, "aarch64\n");
	return 0;
}

#define NUMBER(n, value)                                                       \
	{.name = n, .mode = S_IFREG | 0444, .show = number_show,               \
	 .data = (void *)(value)}
#define COUNTER(n, var)                                                        \
	{.name = n, .mode = S_IFREG | 0444, .show = counter_show, .data = &var}

enum {
	OVERFLOW_ID = 65534, /* stands for ids that 16 bits cannot hold */
	POOL_BITS = 256,
};

static const struct proc_entry random_entries[] = {
	{.name = "boot_id", .mode = S_IFREG | 0444, .show = uuid_show,
	 .data = (void *)1},
	{.name = "entropy_avail", .mode = S_IFREG | 0444, .show = entropy_show},
	NUMBER("poolsize", POOL_BITS),
	{.name = "uuid", .mode = S_IFREG | 0444, .show = uuid_show},
	{.name = NULL},
};

/* The same as /sys/kernel/uevent_helper. */
static ssize_t hotplug_read(struct kiocb *io, struct iov_iter *to)
{
	char path[UEVENT_HELPER_MAX + 1];
	size_t n;

	uevent_get_helper(path);
	n = strlen(path);
	path[n++] = '\n';
	return simple_read_from_buffer(to, &io->pos, path, n);
}

static ssize_t hotplug_write(struct kiocb *io, struct iov_iter *from)
{
	char path[UEVENT_HELPER_MAX];
	size_t asked = from->count, n = min(asked, sizeof(path) - 1);

	if (copy_from_iter(path, n, from) != n)
		return -EFAULT;
	path[n] = '\0';
	uevent_set_helper(path, n);
	return (ssize_t)asked;
}

static const struct file_ops hotplug_fops = {
	.read_iter = hotplug_read,
	.write_iter = hotplug_write,
	.llseek = generic_llseek,
};

static const struct proc_entry yama_entries[] = {
	SET_KNOB("ptrace_scope", sysctl_ptrace_scope, 0, 3,
		 sysctl_set_ptrace_scope),
	{.name = NULL},
};

static const struct proc_entry kernel_entries[] = {
	{.name = "arch", .mode = S_IFREG | 0444, .show = arch_show},
	NUMBER("cap_last_cap", CAP_LAST_CAP),
	SET_KNOB("dmesg_restrict", sysctl_dmesg_restrict, 0, 1,
		 set_dmesg_restrict),
	UTS_KNOB("domainname", domainname),
	UTS_KNOB("hostname", nodename),
	{.name = "hotplug", .mode = S_IFREG | 0644, .fops = &hotplug_fops},
	INT_KNOB("hung_task_timeout_secs", sysctl_hung_task_timeout, 0, S32_MAX / 1000),
	INT_KNOB("hung_task_warnings", sysctl_hung_task_warnings, -1, S32_MAX),
	SET_KNOB("kptr_restrict", sysctl_kptr_restrict, 0, 2,
		 set_kptr_restrict),
	NUMBER("ngroups_max", NGROUPS_MAX),
	COUNTER("ns_last_pid", last_pid),
	UTS_ENTRY("osrelease", release),
	UTS_ENTRY("ostype", sysname),
	NUMBER("overflowgid", OVERFLOW_ID),
	NUMBER("overflowuid", OVERFLOW_ID),
	INT_KNOB("panic", panic_timeout, S32_MIN, S32_MAX),
	INT_KNOB("panic_on_oops", sysctl_panic_on_oops, 0, 1),
	INT_KNOB("pid_max", sysctl_pid_max, 301, 4194304),
	INT_KNOB("print-fatal-signals", print_fatal_signals, 0, 1),
	{.name = "printk", .mode = S_IFREG | 0644, .fops = &printk_fops},
	{.name = "random", .mode = S_IFDIR | 0555, .children = random_entries},
	INT_KNOB("randomize_va_space", sysctl_randomize_va_space, 0, 2),
	SET_KNOB("sched_rr_timeslice_ms", sysctl_sched_rr_timeslice, S32_MIN,
		 S32_MAX, sched_set_rr_timeslice),
	SET_KNOB("sched_rt_period_us", sysctl_sched_rt_period, 1, S32_MAX,
		 sched_set_rt_period),
	SET_KNOB("sched_rt_runtime_us", sysctl_sched_rt_runtime, -1, S32_MAX,
		 sched_set_rt_runtime),
	COUNTER("tainted", tainted),
	INT_KNOB("threads-max", max_threads, 1, S32_MAX),
	UTS_ENTRY("version", version),
	{.name = "yama", .mode = S_IFDIR | 0555, .children = yama_entries},
	{.name = NULL},
};

/*
 * Bit 0: clean page cache, of which there is none while every file is in memory
 * only. Bit 1: dentries and inodes.
 */
static int drop_caches;

static void apply_drop_caches(s64 v)
{
	if (v & 2)
		drop_slab();
}

static void apply_min_free(s64 kbytes)
{
	set_min_free_kbytes((u64)kbytes);
}

/* The limit is either a share or a number: setting one unsets the other. */
static void apply_overcommit_kbytes(s64 v)
{
	WRITE_ONCE(sysctl_overcommit_ratio, 0);
}

static void apply_overcommit_ratio(s64 v)
{
	WRITE_ONCE(sysctl_overcommit_kbytes, 0);
}

static const struct proc_entry vm_entries[] = {
	{.name = "drop_caches", .mode = S_IFREG | 0200, .fops = &knob_fops,
	 .data = &(const struct knob){&drop_caches, 4, 1, 4, apply_drop_caches, NULL}},
	INT_KNOB("max_map_count", sysctl_max_map_count, 0, S32_MAX),
	{.name = "mmap_rnd_bits", .mode = S_IFREG | 0600, .fops = &knob_fops,
	 .data = &(const struct knob){&sysctl_mmap_rnd_bits, 4,
				      MMAP_RND_BITS_MIN, MMAP_RND_BITS_MAX,
				      NULL, NULL}},
	{.name = "mmap_min_addr", .mode = S_IFREG | 0644, .fops = &knob_fops,
	 .data = &(const struct knob){&sysctl_mmap_min_addr, 8, 0, S64_MAX,
				      NULL, set_mmap_min_addr}},
	{.name = "min_free_kbytes", .mode = S_IFREG | 0644, .fops = &knob_fops,
	 .data = &(const struct knob){&sysctl_min_free_kbytes, 4, 0, S32_MAX,
				      apply_min_free, NULL}},
	{.name = "overcommit_kbytes", .mode = S_IFREG | 0644, .fops = &knob_fops,
	 .data = &(const struct knob){&sysctl_overcommit_kbytes, 8, 0, S64_MAX,
				      apply_overcommit_kbytes, NULL}},
	INT_KNOB("overcommit_memory", sysctl_overcommit_memory, 0, 2),
	{.name = "overcommit_ratio", .mode = S_IFREG | 0644, .fops = &knob_fops,
	 .data = &(const struct knob){&sysctl_overcommit_ratio, 4, 0, S32_MAX,
				      apply_overcommit_ratio, NULL}},
	INT_KNOB("panic_on_oom", sysctl_panic_on_oom, 0, 2),
	{.name = NULL},
};

/* Open files, free ones kept (never any), the limit. */
static int file_nr_show(struct seq_file *m, void *v)
{
	seq_printf(m, "%lu\t0\t%lu\n", atomic_read(&nr_files),
		   sysctl_file_max);
	return 0;
}

/* Names, unused ones, seconds until they are old, wanted by the VM: nothing
 * ever, negative ones: not counted. */
static int dentry_state_show(struct seq_file *m, void *v)
{
	seq_printf(m, "%lu\t%lu\t45\t0\t0\t0\n", dcache_count(),
		   dcache_unused());
	return 0;
}

/* @private: how many zeros follow. */
static int inode_state_show(struct seq_file *m, void *v)
{
	seq_printf(m, "%lu\t0", inode_count());
	for (u64 i = 0; i < (u64)m->private; i++)
		seq_puts(m, "\t0");
	seq_putc(m, '\n');
	return 0;
}

static const struct proc_entry epoll_entries[] = {
	LONG_KNOB("max_user_watches", sysctl_max_user_watches, 0, S64_MAX),
	{.name = NULL},
};

static const struct proc_entry inotify_entries[] = {
	INT_KNOB("max_queued_events", sysctl_inotify_queue, 0, S32_MAX),
	INT_KNOB("max_user_instances", sysctl_inotify_groups, 0, S32_MAX),
	INT_KNOB("max_user_watches", sysctl_inotify_watches, 0, S32_MAX),
	{.name = NULL},
};

static const struct proc_entry fs_entries[] = {
	{.name = "dentry-state", .mode = S_IFREG | 0444,
	 .show = dentry_state_show},
	{.name = "epoll", .mode = S_IFDIR | 0555, .children = epoll_entries},
	LONG_KNOB("file-max", sysctl_file_max, 0, S64_MAX),
	{.name = "file-nr", .mode = S_IFREG | 0444, .show = file_nr_show},
	{.name = "inode-nr", .mode = S_IFREG | 0444, .show = inode_state_show},
	{.name = "inode-state", .mode = S_IFREG | 0444,
	 .show = inode_state_show, .data = (void *)5},
	{.name = "inotify", .mode = S_IFDIR | 0555, .children = inotify_entries},
	INT_KNOB("nr_open", sysctl_nr_open, 8, S32_MAX),
	NUMBER("overflowgid", OVERFLOW_ID),
	NUMBER("overflowuid", OVERFLOW_ID),
	INT_KNOB("pipe-max-size", sysctl_pipe_max_size, 4096, S32_MAX),
	INT_KNOB("protected_fifos", sysctl_protected_fifos, 0, 2),
	INT_KNOB("protected_hardlinks", sysctl_protected_hardlinks, 0, 1),
	INT_KNOB("protected_regular", sysctl_protected_regular, 0, 2),
	INT_KNOB("protected_symlinks", sysctl_protected_symlinks, 0, 1),
	INT_KNOB("suid_dumpable", sysctl_suid_dumpable, 0, 2),
	{.name = NULL},
};

const struct proc_entry proc_sys_entries[] = {
	{.name = "fs", .mode = S_IFDIR | 0555, .children = fs_entries},
	{.name = "kernel", .mode = S_IFDIR | 0555, .children = kernel_entries},
	{.name = "vm", .mode = S_IFDIR | 0555, .children = vm_entries},
	{.name = NULL},
};
