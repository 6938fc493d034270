/*
 * More fixed files of /proc: what is where in memory, symbols, and lists that
 * tools expect although they are short here.
 */
#include <asm/sections.h>
#include <linnet/cred.h>
#include <linnet/cpumask.h>
#include <linnet/errno.h>
#include <linnet/memblock.h>
#include <linnet/page.h>
#include <linnet/printf.h>
#include <linnet/printk.h>
#include <linnet/sysrq.h>
#include <linux/capability.h>
#include "proc.h"

int sysctl_kptr_restrict; /* 0, 1: addresses for CAP_SYSLOG; 2: for nobody */

/* Linux's kinds of deferred work. Ours runs in threads: none is counted. */
int proc_softirqs_show(struct seq_file *m, void *v)
{
	static const char *const names[] = {"HI", "TIMER", "NET_TX", "NET_RX",
					    "BLOCK", "IRQ_POLL", "TASKLET",
					    "SCHED", "HRTIMER", "RCU"};
	u32 cpu;

	seq_puts(m, "                    ");
	for_each_possible_cpu(cpu)
		seq_printf(m, "CPU%-8u", cpu);
	seq_putc(m, '\n');
	for (u32 i = 0; i < ARRAY_SIZE(names); i++) {
		seq_printf(m, "%12s:", names[i]);
		for_each_possible_cpu(cpu)
			seq_printf(m, " %10u", 0);
		seq_putc(m, '\n');
	}
	return 0;
}

/*
 * Version 15: of the nine fields the last three, which Linux too counts always; the
 * others are zero there unless kernel.sched_schedstats is set.
 */
int proc_schedstat_show(struct seq_file *m, void *v)
{
	struct sched_counters c;
	u32 cpu;

	seq_printf(m, "version 15\ntimestamp %lu\n",
		   (u64)ktime_get() / (NSEC_PER_SEC / USER_HZ));
	for_each_online_cpu(cpu) {
		sched_cpu_counters(cpu, &c);
		seq_printf(m, "cpu%u 0 0 0 0 0 0 %lu %lu %lu\n", cpu,
			   c.user_ns + c.nice_ns + c.system_ns, c.run_delay_ns,
			   c.nr_switches);
	}
	return 0;
}

int proc_execdomains_show(struct seq_file *m, void *v)
{
	seq_puts(m, "0-0\tLinux           \t[kernel]\n");
	return 0;
}

/* A line per block device, of which there are none. */
int proc_diskstats_show(struct seq_file *m, void *v)
{
	return 0;
}

int proc_zoneinfo_show(struct seq_file *m, void *v)
{
	phys_addr_t start, end, lowest = ~0ul;
	u64 present = 0;

	for (u32 i = 0; memblock_memory(i, &start, &end); i++) {
		present += (end - start) >> PAGE_SHIFT;
		lowest = min(lowest, start);
	}
	seq_printf(m, "Node 0, zone      DMA\n"
		      "  pages free     %lu\n"
		      "        boost    0\n"
		      "        min      %lu\n"
		      "        low      %lu\n"
		      "        high     %lu\n"
		      "        spanned  %lu\n"
		      "        present  %lu\n"
		      "        managed  %lu\n"
		      "        cma      0\n"
		      "        protection: (0, 0, 0, 0)\n"
		      "      nr_free_pages %lu\n"
		      "  start_pfn:           %lu\n",
		   nr_free_pages(), mem_counters.min_wmark,
		   mem_counters.low_wmark, mem_counters.low_wmark, present,
		   present, mem_counters.total_pages, nr_free_pages(),
		   (u64)lowest >> PAGE_SHIFT);
	return 0;
}

/* --- /proc/iomem: RAM and the kernel in it --- */

static void show_range(struct seq_file *m, u32 depth, u64 start, u64 end,
		       const char *name)
{
	/* Where things are is not for all; who opened the file counts. */
	if (!cred_capable(m->file->cred, CAP_SYS_ADMIN))
		start = end = 0;
	seq_printf(m, "%*s%08lx-%08lx : %s\n", (int)depth * 2, "", start, end,
		   name);
}

int proc_iomem_show(struct seq_file *m, void *v)
{
	u64 text = symbol_to_phys(_start), data = symbol_to_phys(_data_start);
	phys_addr_t start, end;

	for (u32 i = 0; memblock_memory(i, &start, &end); i++) {
		show_range(m, 0, start, end - 1, "System RAM");
		if (text < start || text >= end)
			continue;
		show_range(m, 1, text, symbol_to_phys(_text_end) - 1,
			   "Kernel code");
		show_range(m, 1, data, symbol_to_phys(_image_end) - 1,
			   "Kernel data");
	}
	return 0;
}

/* --- /proc/kallsyms: the functions of the kernel --- */

static void *symbol_start(struct seq_file *m, loff_t *pos)
{
	struct kernel_symbol s;

	/* The position, plus one so that it is not NULL. */
	return symbol_at((u32)*pos, &s) ? (void *)(*pos + 1) : NULL;
}

static void *symbol_next(struct seq_file *m, void *v, loff_t *pos)
{
	++*pos;
	return symbol_start(m, pos);
}

static void symbol_stop(struct seq_file *m, void *v)
{
}

static bool may_see_addresses(const struct file *f)
{
	return READ_ONCE(sysctl_kptr_restrict) < 2 &&
	       cred_capable(f->cred, CAP_SYSLOG);
}

static int symbol_show(struct seq_file *m, void *v)
{
	struct kernel_symbol s;

	if (symbol_at((u32)((u64)v - 1), &s))
		seq_printf(m, "%016lx %c %s\n",
			   may_see_addresses(m->file) ? s.addr : 0,
			   s.global ? 'T' : 't', s.name);
	return 0;
}

static const struct seq_ops symbol_ops = {
	.start = symbol_start,
	.next = symbol_next,
	.stop = symbol_stop,
	.show = symbol_show,
};

static int kallsyms_open(struct inode *inode, struct file *f)
{
	return seq_open(f, &symbol_ops);
}

const struct file_ops proc_kallsyms_fops = {
	.open = kallsyms_open,
	.read_iter = seq_read_iter,
	.llseek = seq_lseek,
	.release = seq_release,
};

/* --- /proc/sysrq-trigger: the first byte of a write is an order --- */

static ssize_t sysrq_write(struct kiocb *io, struct iov_iter *from)
{
	size_t n = from->count;
	char key;

	if (!n)
		return 0;
	if (copy_from_iter(&key, 1, from) != 1)
		return -EFAULT;
	sysrq_handle(key);
	return (ssize_t)n;
}

/* Root can open it for reading, and then cannot read. */
static ssize_t sysrq_read(struct kiocb *io, struct iov_iter *to)
{
	return -EIO;
}

const struct file_ops proc_sysrq_fops = {
	.read_iter = sysrq_read,
	.write_iter = sysrq_write,
	.llseek = noop_llseek,
};
