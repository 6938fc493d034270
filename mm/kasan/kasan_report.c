/*
 * What the address sanitizer prints: kind and place of the access, the call
 * trace, whose memory it was and who allocated and freed it, the shadow around
 * it.
 *
 * A place in the code is reported once; all reports are counted, and taint the
 * kernel. kasan=panic makes the first one the last. Accesses of the report
 * itself are not checked (per CPU, interrupts off), and one CPU reports at a
 * time.
 */
#define PR_PREFIX ""
#include <asm/irqflags.h>
#include <asm/percpu.h>
#include <asm/sections.h>
#include <linnet/init.h>
#include <linnet/page.h>
#include <linnet/printk.h>
#include <linnet/spinlock.h>
#include <linnet/stackdepot.h>
#include <linnet/string.h>
#include <linnet/task.h>
#include "kasan.h"

enum { MAX_PLACES = 256, ROWS = 2, ROW = 16 };

static DEFINE_SPINLOCK(report_lock);
static DEFINE_PERCPU(bool, reporting);
static u64 places[MAX_PLACES]; /* [report_lock] */
static u32 nr_places;	       /* [report_lock] */
static struct kasan_seen seen; /* [report_lock] */
static bool expected;	       /* [report_lock] a test provokes reports */
static bool panics;

static int __init_text param_kasan(const char *value)
{
	panics = !strcmp(value, "panic");
	return 0;
}
KERNEL_PARAM("kasan", param_kasan);

void kasan_expect(bool on)
{
	expected = on;
}

struct kasan_seen kasan_seen(void)
{
	return seen;
}

/* First byte of the range that may not be touched. */
static u64 first_bad(u64 addr, size_t size)
{
	u64 end = addr + size;

	for (; addr < end; addr++) {
		s8 s = *kasan_shadow(addr);

		if (s && (s8)(addr & 7) >= s)
			break;
	}
	return addr;
}

static const char *kind_of(u64 bad)
{
	u8 s = (u8)*kasan_shadow(bad);

	/* A part of a granule: what follows says what kind of memory it is. */
	if (s && s < 8)
		s = (u8)*kasan_shadow(bad + 8);
	switch (s) {
	case KASAN_PAGE_FREE:
		return "use-after-free of a page";
	case KASAN_SLAB_FREE:
		return "slab-use-after-free";
	case KASAN_SLAB_REDZONE:
	case KASAN_PAGE_REDZONE:
		return "slab-out-of-bounds";
	case KASAN_GLOBAL_REDZONE:
		return "global-out-of-bounds";
	case KASAN_VMALLOC:
		return "vmalloc-out-of-bounds";
	case KASAN_STACK_LEFT:
	case KASAN_STACK_MID:
	case KASAN_STACK_RIGHT:
		return "stack-out-of-bounds";
	default:
		return "out-of-bounds";
	}
}

/* [report_lock] True the first time, and always when the table is full. */
static bool new_place(u64 ip)
{
	for (u32 i = 0; i < nr_places; i++)
		if (places[i] == ip)
			return false;
	if (nr_places == MAX_PLACES)
		return false;
	places[nr_places++] = ip;
	return true;
}

static void print_object(u64 addr, const struct kasan_object *o)
{
	const struct kasan_meta *m = o->meta;

	pr_emerg("Object of %u bytes at %#lx, cache %s; the address is at %ld\n",
	       m->size, o->start, o->cache, (s64)(addr - o->start));
	pr_emerg("Allocated by task %d:\n", m->alloc_pid);
	stackdepot_print(m->alloc_trace);
	if (m->state == OBJ_USED)
		return;
	pr_emerg("Freed by task %d:\n", m->free_pid);
	stackdepot_print(m->free_trace);
}

static void print_page(u64 addr)
{
	u32 alloc, free;

	kasan_page_traces(addr, &alloc, &free);
	pr_emerg("Page allocated by:\n");
	stackdepot_print(alloc);
	if (!free)
		return;
	pr_emerg("Page freed by:\n");
	stackdepot_print(free);
}

/* The compiler left a description at the frame's lowest word but one. */
static void print_frame(u64 addr)
{
	static const u64 magic = 0x41b58ab3;
	u64 at = ALIGN_DOWN(addr, 8);
	u64 limit = max(at & ~(THREAD_SIZE - 1), at - 4096);

	while (at > limit && (u8)*kasan_shadow(at) != KASAN_STACK_LEFT)
		at -= 8;
	while (at > limit && (u8)*kasan_shadow(at - 8) == KASAN_STACK_LEFT)
		at -= 8;
	if (((const u64 *)at)[0] == magic)
		pr_emerg("Frame of %pS, at offset %ld: count, then offset, size, name length, name: %s\n",
		       (void *)((const u64 *)at)[2], addr - at,
		       (const char *)((const u64 *)at)[1]);
}

static void print_owner(u64 addr)
{
	const struct kasan_global *g;
	struct kasan_object o;
	u8 s = (u8)*kasan_shadow(addr);

	if (addr >= PAGE_OFFSET && addr < LINEAR_END) {
		if (kasan_find_object(addr, &o))
			print_object(addr, &o);
		else
			print_page(addr);
		return;
	}
	if (s == KASAN_STACK_LEFT || s == KASAN_STACK_MID ||
	    s == KASAN_STACK_RIGHT)
		print_frame(addr);
	g = kasan_find_global(addr);
	if (g)
		pr_emerg("Global %s of %s, %lu bytes at %#lx\n", g->name, g->file,
		       g->size, (u64)g->start);
}

static void print_shadow(u64 addr)
{
	u64 row = ALIGN_DOWN((u64)kasan_shadow(addr), ROW);

	pr_emerg("Shadow:\n");
	for (u64 r = row - ROWS * ROW; r <= row + ROWS * ROW; r += ROW) {
		const u8 *s = (const u8 *)r;

		if (r < KASAN_SHADOW_START || r >= KASAN_SHADOW_END)
			continue;
		pr_emerg("%c%016lx: %02x %02x %02x %02x %02x %02x %02x %02x %02x %02x %02x %02x %02x %02x %02x %02x\n",
		       r == row ? '>' : ' ', (r - KASAN_SHADOW_OFFSET) << 3,
		       s[0], s[1], s[2], s[3], s[4], s[5], s[6], s[7], s[8],
		       s[9], s[10], s[11], s[12], s[13], s[14], s[15]);
	}
}

static void print_report(u64 addr, u64 bad, size_t size, bool write, u64 ip,
			 const char *kind)
{
	pr_emerg("BUG: KASAN: %s in %pS\n", kind, (void *)ip);
	pr_emerg("%s of size %lu at %#lx by task %s/%d, CPU %u, first bad byte %#lx\n",
		 !size ? "Free" : write ? "Write" : "Read", size, addr,
		 current->comm,
		 current->pids[PIDTYPE_PID] ? task_pid(current) : 0,
		 smp_processor_id(), bad);
	dump_stack();
	print_owner(bad);
	print_shadow(bad);
}

void kasan_report(u64 addr, size_t size, bool write, u64 ip, const char *kind)
{
	u64 flags = local_irq_save();
	u64 bad = first_bad(addr, size);

	if (this_cpu(reporting))
		goto out;
	this_cpu(reporting) = true;
	spin_acquire(&report_lock);
	if (!kind)
		kind = kind_of(bad);
	seen = (struct kasan_seen){seen.count + 1, kind, bad};
	if (!expected) {
		if (new_place(ip))
			print_report(addr, bad, size, write, ip, kind);
		add_taint(TAINT_WARN);
		if (panics)
			panic("kasan=panic: %s", kind);
	}
	spin_release(&report_lock);
	this_cpu(reporting) = false;
out:
	local_irq_restore(flags);
}
