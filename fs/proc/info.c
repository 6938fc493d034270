/*
 * The fixed files of /proc: memory, CPUs, time, versions.
 */
#include <asm/setup.h>
#include <linnet/boot.h>
#include <linnet/init.h>
#include <linnet/irq.h>
#include <linnet/lockcheck.h>
#include <linnet/mm.h>
#include <linnet/nsproxy.h>
#include <linnet/page.h>
#include <linnet/printf.h>
#include <linnet/printk.h>
#include <linnet/sched.h>
#include <linnet/string.h>
#include <linnet/syscalls.h>
#include <linnet/timekeeping.h>
#include <asm/percpu.h>
#include <asm/syscall_nr.h>
#include "proc.h"

extern u64 nr_file_pages, nr_shmem_pages, total_forks, nr_files;
extern pid_t last_pid;
DECLARE_PERCPU(u64[NR_SYSCALLS], syscall_counts);

void slab_pages(u64 *reclaimable, u64 *unreclaimable);
int show_slabinfo(struct seq_file *m);
int show_interrupts(struct seq_file *m);
int show_filesystems(struct seq_file *m);
int show_devices(struct seq_file *m);
int show_locks(struct seq_file *m);


static int version_show(struct seq_file *m, void *v)
{
	seq_printf(m, "%s\n", linnet_banner);
	return 0;
}

static int cmdline_show(struct seq_file *m, void *v)
{
	seq_printf(m, "%s\n", saved_command_line);
	return 0;
}

static int uptime_show(struct seq_file *m, void *v)
{
	u64 up = (u64)ktime_get(), idle = 0;
	u32 cpu;

	for_each_online_cpu(cpu) {
		struct sched_counters c;

		sched_cpu_counters(cpu, &c);
		idle += c.idle_ns;
	}
	seq_printf(m, "%lu.%02lu %lu.%02lu\n", up / NSEC_PER_SEC,
		   up % NSEC_PER_SEC / 10000000, idle / NSEC_PER_SEC,
		   idle % NSEC_PER_SEC / 10000000);
	return 0;
}

static int loadavg_show(struct seq_file *m, void *v)
{
	u64 l[3];

	get_avenrun(l);
	for (u32 i = 0; i < 3; i++) {
		u64 x = l[i] + (1 << 11) / 200;

		seq_printf(m, "%lu.%02lu ", x >> 11,
			   (x & ((1 << 11) - 1)) * 100 >> 11);
	}
	seq_printf(m, "%u/%u %d\n", nr_running_total(), nr_threads, last_pid);
	return 0;
}

static void mem_row(struct seq_file *m, const char *name, u64 pages)
{
	char label[24];

	snprintf(label, sizeof(label), "%s:", name);
	seq_printf(m, "%-15s %8lu kB\n", label, pages << (PAGE_SHIFT - 10));
}

/* What the processes use together: pages, and faults so far. */
struct mm_totals {
	u64 anon, mapped, pgtables; /* pages */
	u64 minor, major;
};

static void add_mm(struct mm_totals *sum, struct task *p)
{
	spin_lock(&p->lock);
	if (p->mm) {
		sum->anon += p->mm->rss_anon;
		sum->mapped += p->mm->rss_file + p->mm->rss_shmem;
		sum->pgtables += p->mm->pgtables >> PAGE_SHIFT;
	}
	spin_unlock(&p->lock);
}

static void collect_mm_totals(struct mm_totals *sum)
{
	struct task *p, *t;

	*sum = (struct mm_totals){0};
	spin_lock(&tasklist_lock);
	for_each_process(p) {
		add_mm(sum, p);
		sum->minor += p->tg->min_flt + p->tg->cmin_flt;
		sum->major += p->tg->maj_flt + p->tg->cmaj_flt;
		rcu_read_lock();
		for_each_thread(p, t) {
			sum->minor += t->min_flt;
			sum->major += t->maj_flt;
		}
		rcu_read_unlock();
	}
	spin_unlock(&tasklist_lock);
}

static int meminfo_show(struct seq_file *m, void *v)
{
	u64 free = nr_free_pages(), rec, unrec;
	struct mm_totals sum;

	slab_pages(&rec, &unrec);
	collect_mm_totals(&sum);
	mem_row(m, "MemTotal", mem_counters.total_pages);
	mem_row(m, "MemFree", free);
	mem_row(m, "MemAvailable", free + rec / 2 > mem_counters.low_wmark
					   ? free + rec / 2 - mem_counters.low_wmark
					   : 0);
	mem_row(m, "Buffers", 0);
	mem_row(m, "Cached", nr_file_pages);
	mem_row(m, "SwapCached", 0);
	mem_row(m, "Active", sum.anon + nr_file_pages);
	mem_row(m, "Inactive", 0);
	mem_row(m, "SwapTotal", 0);
	mem_row(m, "SwapFree", 0);
	mem_row(m, "Dirty", 0);
	mem_row(m, "Writeback", 0);
	mem_row(m, "AnonPages", sum.anon);
	mem_row(m, "Mapped", sum.mapped);
	mem_row(m, "Shmem", nr_shmem_pages);
	mem_row(m, "KReclaimable", rec);
	mem_row(m, "Slab", rec + unrec);
	mem_row(m, "SReclaimable", rec);
	mem_row(m, "SUnreclaim", unrec);
	mem_row(m, "KernelStack", nr_threads * (THREAD_SIZE >> PAGE_SHIFT));
	mem_row(m, "PageTables", sum.pgtables);
	mem_row(m, "CommitLimit", vm_commit_limit());
	mem_row(m, "Committed_AS", vm_committed());
	mem_row(m, "VmallocTotal", (VMALLOC_END - VMALLOC_START) >> PAGE_SHIFT);
	return 0;
}

static void cpu_row(struct seq_file *m, const char *name,
		    const struct sched_counters *c)
{
	const u64 unit = NSEC_PER_SEC / USER_HZ;

	seq_printf(m, "%s %lu %lu %lu %lu %lu %lu %lu 0 0 0\n", name,
		   c->user_ns / unit, c->nice_ns / unit, c->system_ns / unit,
		   c->idle_ns / unit, c->iowait_ns / unit, c->irq_ns / unit,
		   c->softirq_ns / unit);
}

static int stat_show(struct seq_file *m, void *v)
{
	struct sched_counters sum = {0}, c;
	char name[16];
	u32 cpu;

	for_each_online_cpu(cpu) {
		sched_cpu_counters(cpu, &c);
		sum.user_ns += c.user_ns;
		sum.nice_ns += c.nice_ns;
		sum.system_ns += c.system_ns;
		sum.idle_ns += c.idle_ns;
		sum.nr_switches += c.nr_switches;
	}
	cpu_row(m, "cpu ", &sum);
	for_each_online_cpu(cpu) {
		sched_cpu_counters(cpu, &c);
		snprintf(name, sizeof(name), "cpu%u", cpu);
		cpu_row(m, name, &c);
	}
	seq_printf(m, "intr %lu\nctxt %lu\nbtime %ld\nprocesses %lu\n"
		      "procs_running %u\nprocs_blocked %u\n"
		      "softirq 0 0 0 0 0 0 0 0 0 0 0\n", /* there are none */
		   irq_total(), sum.nr_switches,
		   ktime_real_offset() / NSEC_PER_SEC, total_forks,
		   nr_running_total(), nr_iowait_total());
	return 0;
}

/* Our own counters: one `name value` a line. */
static int stats_show(struct seq_file *m, void *v)
{
	struct sched_counters c;
	u64 switches = 0, calls = 0;
	u32 cpu;

	for_each_online_cpu(cpu) {
		sched_cpu_counters(cpu, &c);
		switches += c.nr_switches;
	}
	seq_printf(m, "context_switches %lu\nforks %lu\ninterrupts %lu\n"
		      "open_files %lu\ndentries_unused %lu\ninodes %lu\n",
		   switches, total_forks, irq_total(), nr_files,
		   dcache_unused(), inode_count());
	for (u32 nr = 0; nr < NR_SYSCALLS; nr++) {
		u64 n = 0;

		for_each_possible_cpu(cpu)
			n += per_cpu(syscall_counts, cpu)[nr];
		calls += n;
		if (n)
			seq_printf(m, "syscall_%u %lu\n", nr, n);
	}
	seq_printf(m, "syscalls %lu\n", calls);
	return 0;
}

static int cpuinfo_show(struct seq_file *m, void *v)
{
	show_cpuinfo(m);
	return 0;
}

#ifdef CONFIG_DEBUG
static int lockorder_show(struct seq_file *m, void *v)
{
	return lockcheck_show(m);
}
#endif

static int slabinfo_show(struct seq_file *m, void *v)
{
	return show_slabinfo(m);
}

static int interrupts_show(struct seq_file *m, void *v)
{
	return show_interrupts(m);
}

static int filesystems_show(struct seq_file *m, void *v)
{
	return show_filesystems(m);
}

static int locks_show(struct seq_file *m, void *v)
{
	return show_locks(m);
}

static int devices_show(struct seq_file *m, void *v)
{
	return show_devices(m);
}

static int partitions_show(struct seq_file *m, void *v)
{
	seq_puts(m, "major minor  #blocks  name\n\n");
	return 0;
}

static int swaps_show(struct seq_file *m, void *v)
{
	seq_puts(m, "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n");
	return 0;
}

static int buddyinfo_show(struct seq_file *m, void *v)
{
	seq_puts(m, "Node 0, zone      DMA ");
	for (u32 o = 0; o <= MAX_ORDER; o++)
		seq_printf(m, "%6lu ", free_blocks_of_order(o));
	seq_putc(m, '\n');
	return 0;
}

static int vmstat_show(struct seq_file *m, void *v)
{
	struct mm_totals sum;
	u64 rec, unrec;

	slab_pages(&rec, &unrec);
	collect_mm_totals(&sum);
	seq_printf(m, "nr_free_pages %lu\nnr_anon_pages %lu\nnr_mapped %lu\n"
		      "nr_file_pages %lu\nnr_shmem %lu\n",
		   nr_free_pages(), sum.anon, sum.mapped, nr_file_pages,
		   nr_shmem_pages);
	seq_printf(m, "nr_slab_reclaimable %lu\nnr_slab_unreclaimable %lu\n"
		      "nr_page_table_pages %lu\nnr_kernel_stack %lu\n",
		   rec, unrec, sum.pgtables, nr_threads * (THREAD_SIZE >> 10));
	/* Neither block devices nor swap move pages. */
	seq_printf(m, "pgpgin 0\npgpgout 0\npswpin 0\npswpout 0\n"
		      "pgfault %lu\npgmajfault %lu\n",
		   sum.minor + sum.major, sum.major);
	return 0;
}

static int consoles_show(struct seq_file *m, void *v)
{
	struct console c;
	char name[24];

	for (u32 i = 0; console_info(i, &c); i++) {
		snprintf(name, sizeof(name), "%s%d", c.name, c.index);
		seq_printf(m, "%-20s -W- (%c%c%c   )", name,
			   c.flags & CON_ENABLED ? 'E' : ' ',
			   c.flags & CON_PREFERRED ? 'C' : ' ',
			   c.flags & CON_BOOT ? 'B' : ' ');
		if (c.dev)
			seq_printf(m, " %4u:%u", dev_major(c.dev),
				   dev_minor(c.dev));
		seq_putc(m, '\n');
	}
	return 0;
}

static const char *self_link(char *buf, size_t size)
{
	snprintf(buf, size, "%d", task_tgid(current));
	return buf;
}

static const char *thread_self_link(char *buf, size_t size)
{
	snprintf(buf, size, "%d/task/%d", task_tgid(current), task_pid(current));
	return buf;
}

static const char *device_tree_link(char *buf, size_t size)
{
	strscpy(buf, "/sys/firmware/devicetree/base", size);
	return buf;
}

static const char *mounts_link(char *buf, size_t size)
{
	strscpy(buf, "self/mounts", size);
	return buf;
}

#define SELF                                                                   \
	{.name = "self", .mode = S_IFLNK | 0777, .link = self_link}
#define THREAD_SELF                                                            \
	{.name = "thread-self", .mode = S_IFLNK | 0777, .link = thread_self_link}
const struct proc_entry proc_task_link_entries[] = {
	SELF,
	THREAD_SELF,
	{.name = NULL},
};

#define TEXT(fn) .mode = S_IFREG | 0444, .show = fn
const struct proc_entry proc_root_entries[] = {
	{.name = "buddyinfo", TEXT(buddyinfo_show)},
	{.name = "cmdline", TEXT(cmdline_show)},
	{.name = "consoles", TEXT(consoles_show)},
	{.name = "cpuinfo", TEXT(cpuinfo_show)},
	{.name = "device-tree", .mode = S_IFLNK | 0777, .link = device_tree_link},
	{.name = "devices", TEXT(devices_show)},
	{.name = "diskstats", TEXT(proc_diskstats_show)},
	{.name = "execdomains", TEXT(proc_execdomains_show)},
	{.name = "filesystems", TEXT(filesystems_show)},
	{.name = "interrupts", TEXT(interrupts_show)},
	{.name = "iomem", TEXT(proc_iomem_show)},
	{.name = "irq", .mode = S_IFDIR | 0555, .iops = &proc_irq_iops,
	 .fops = &proc_irq_fops},
	{.name = "kallsyms", .mode = S_IFREG | 0444, .fops = &proc_kallsyms_fops},
	{.name = "kmsg", .mode = S_IFREG | 0400, .fops = &proc_kmsg_fops},
	{.name = "loadavg", TEXT(loadavg_show)},
	{.name = "locks", TEXT(locks_show)},
	{.name = "meminfo", TEXT(meminfo_show)},
	{.name = "mounts", .mode = S_IFLNK | 0777, .link = mounts_link},
	{.name = "partitions", TEXT(partitions_show)},
	{.name = "schedstat", TEXT(proc_schedstat_show)},
	SELF,
#ifdef CONFIG_DEBUG
	{.name = "lockorder", .mode = S_IFREG | 0400, .show = lockorder_show},
#endif
	{.name = "slabinfo", .mode = S_IFREG | 0400, .show = slabinfo_show},
	{.name = "softirqs", TEXT(proc_softirqs_show)},
	{.name = "stat", TEXT(stat_show)},
	{.name = "stats", TEXT(stats_show)},
	{.name = "swaps", TEXT(swaps_show)},
	{.name = "sys", .mode = S_IFDIR | 0555, .children = proc_sys_entries},
	{.name = "sysrq-trigger", .mode = S_IFREG | 0200,
	 .fops = &proc_sysrq_fops},
	THREAD_SELF,
	{.name = "uptime", TEXT(uptime_show)},
	{.name = "version", TEXT(version_show)},
	{.name = "vmstat", TEXT(vmstat_show)},
	{.name = "zoneinfo", TEXT(proc_zoneinfo_show)},
	{.name = NULL},
};
