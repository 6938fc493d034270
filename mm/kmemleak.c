/*
 * The leak scanner: allocations that no pointer in the kernel leads to.
 *
 * Allocations are slab objects in use, large blocks of kmalloc() and areas of
 * vmalloc(); what is known of each stands beside it (struct kasan_meta, struct
 * page, struct vm_area), there is no table. A scan goes
 *
 *   roots: .data, .bss, per-CPU variables, all pages that are in use and none of
 *   the above, of a file, of a process or of page tables; struct page itself
 *        | every aligned word that is an address inside an allocation
 *        v
 *   allocations reached, their contents, and so on; of a task its stack too
 *
 * and what is not reached is leaked, or its address was just being kept
 * somewhere else (a register of a device, a physical address): only what two
 * scans in a row did not reach is told. All other CPUs stand still meanwhile,
 * so that no pointer can move from where it was not looked at yet to where it
 * was.
 *
 * Stale words on a stack or in a page hide leaks, never the other way round.
 * Stacks that no task has are not looked at, nor what is below a sleeping
 * task's stack pointer.
 *
 * Interface: /sys/kernel/debug/kmemleak, like Linux's. Reading lists the first
 * MAX_LISTED; "scan" looks, "clear" forgets what is known so far.
 *
 * Not instrumented: it reads everything.
 * Lock order: scan_mutex > smp_call_alone().
 */
#define PR_PREFIX "kmemleak: "
#include <asm/pgtable.h>
#include <asm/sections.h>
#include <linnet/debugfs.h>
#include <linnet/errno.h>
#include <linnet/init.h>
#include <linnet/irq.h>
#include <linnet/kmemleak.h>
#include <linnet/memblock.h>
#include <linnet/mutex.h>
#include <linnet/printk.h>
#include <linnet/seq_file.h>
#include <linnet/slab.h>
#include <linnet/stackdepot.h>
#include <linnet/string.h>
#include <linnet/task.h>
#include "internal.h"
#include "kasan/kasan.h"
#include "slab.h"

enum { MAX_LISTED = 64, TOLD_AFTER = 2, FORGOTTEN = 1 << 30 };

/* One allocation. */
struct target {
	u64 start, size;
	struct leak_mark *mark;
	u32 trace;
	s32 pid; /* 0: not known */
	const struct kmem_cache *cache; /* NULL: not of a slab */
};

static DEFINE_MUTEX(scan_mutex);
static struct target listed[MAX_LISTED]; /* [scan_mutex] */
static u32 nr_listed, nr_found;		 /* [scan_mutex] */

/* One scan: allocations reached whose contents were not looked at yet. */
static struct {
	u32 number;
	u64 *todo;
	u64 nr, room;
	bool overflow, busy;
} scan; /* [scan_mutex] */

/* --- from addresses to allocations --- */

static void slab_target(const struct page *p, u64 obj, struct target *t)
{
	struct kasan_meta *m = (struct kasan_meta *)(obj + p->slab->meta);

	*t = (struct target){obj,	   p->slab->object_size, &m->leak,
			     m->alloc_trace, m->alloc_pid,	 p->slab};
}

static bool slab_find(u64 addr, struct target *t)
{
	const struct page *p = slab_of((void *)addr);
	const struct kmem_cache *c = p->slab;
	u64 first = (u64)page_address(p) + c->left, i;
	const struct kasan_meta *m;

	if (addr < first)
		return false;
	i = (addr - first) / c->size;
	if (i >= c->per_slab || addr > first + i * c->size + c->object_size)
		return false;
	m = (struct kasan_meta *)(first + i * c->size + c->meta);
	if (READ_ONCE(m->state) != OBJ_USED)
		return false;
	slab_target(p, first + i * c->size, t);
	return true;
}

static void large_target(struct page *p, struct target *t)
{
	u32 alloc, free;

	kasan_page_traces((u64)page_address(p), &alloc, &free);
	*t = (struct target){(u64)page_address(p),
			     PAGE_SIZE << (p->flags >> PG_ORDER_SHIFT),
			     (struct leak_mark *)&p->private, alloc, 0, NULL};
}

static bool find(u64 addr, struct target *t)
{
	struct page *p;

	if (addr >= VMALLOC_START && addr < VMALLOC_END) {
		struct vmalloc_use u;

		if (!vmalloc_find_locked(addr, &u))
			return false;
		*t = (struct target){u.start, u.size, u.mark, u.trace, 0, NULL};
		return true;
	}
	if (addr < PAGE_OFFSET || addr >= LINEAR_END ||
	    !pfn_valid((addr - PAGE_OFFSET) >> PAGE_SHIFT))
		return false;
	p = virt_to_page((void *)addr);
	if (p->flags & PG_SLAB)
		return slab_find(addr, t);
	if (!(p->flags & PG_LARGE))
		return false;
	large_target(p - p->index, t);
	return true;
}

/* --- marking --- */

static void reach(u64 addr)
{
	struct target t;

	if (addr < PAGE_OFFSET || !find(addr, &t) ||
	    t.mark->reached == scan.number)
		return;
	t.mark->reached = scan.number;
	if (t.cache == vm_area_cache)
		return;
	if (scan.nr == scan.room)
		scan.overflow = true;
	else
		scan.todo[scan.nr++] = t.start;
}

static void look_at(u64 start, u64 end)
{
	for (const u64 *w = (const u64 *)ALIGN_UP(start, 8); (u64)(w + 1) <= end;
	     w++)
		reach(*w);
}

/* Of a task that runs we do not know how far down its stack is in use. */
static void look_at_stack(const struct task *t)
{
	u64 low = (u64)t->stack, from = low;

	if (!low)
		return;
	if (t == current)
		from = (u64)__builtin_frame_address(0);
	else if (!READ_ONCE(t->on_cpu))
		from = t->ti.ctx.sp;
	if (from < low || from > low + THREAD_SIZE)
		from = low;
	look_at(from, low + THREAD_SIZE);
}

static void look_at_reached(void)
{
	struct target t;

	while (scan.nr) {
		if (!find(scan.todo[--scan.nr], &t))
			continue;
		look_at(t.start, t.start + t.size);
		if (t.cache == task_cache)
			look_at_stack((const struct task *)t.start);
	}
}

/* --- all of memory --- */

static bool page_in_use(const struct page *p)
{
	return !(p->flags & PG_BUDDY) &&
	       (u8)*kasan_shadow((u64)page_address(p)) != KASAN_PAGE_FREE;
}

/* Contents that may lead somewhere, and that are there for good. */
static bool is_root(const struct page *p)
{
	enum { NOT = PG_SLAB | PG_LARGE | PG_AREA | PG_TABLE | PG_ANON |
		     PG_LOCKED | PG_UPTODATE | PG_SWAPBACKED | PG_LRU };

	return !(p->flags & NOT) && page_in_use(p);
}

static void each_page(void (*fn)(struct page *p))
{
	phys_addr_t start, end;

	for (u32 i = 0; memblock_memory(i, &start, &end); i++)
		for (pfn_t n = start >> PAGE_SHIFT; n < end >> PAGE_SHIFT; n++)
			fn(pfn_to_page(n));
}

static void look_at_root(struct page *p)
{
	u64 va = (u64)page_address(p);

	if (!is_root(p))
		return;
	look_at(va, va + PAGE_SIZE);
	look_at_reached();
}

/* A vm_area knows where its area is: a pointer that keeps nothing alive. */
static void judge(const struct target *t)
{
	if (t->cache == vm_area_cache)
		return;
	if (t->mark->missed >= FORGOTTEN)
		return;
	if (t->mark->reached == scan.number) {
		t->mark->missed = 0;
		return;
	}
	if (++t->mark->missed < TOLD_AFTER)
		return;
	nr_found++;
	if (nr_listed < MAX_LISTED)
		listed[nr_listed++] = *t;
}

static void judge_page(struct page *p)
{
	struct target t;

	if (p->flags & PG_LARGE && !p->index) {
		large_target(p, &t);
		judge(&t);
	}
	if (!(p->flags & PG_SLAB) || slab_of(page_address(p)) != p)
		return;
	for (u32 i = 0; i < p->slab->per_slab; i++)
		if (slab_find((u64)page_address(p) + p->slab->left +
				      i * (u64)p->slab->size, &t))
			judge(&t);
}

static void judge_areas(void)
{
	struct vmalloc_use u = {.start = VMALLOC_START};

	while (vmalloc_next_locked(&u)) {
		struct target t = {u.start, u.size, u.mark, u.trace, 0, NULL};

		judge(&t);
	}
}

/* The only one that runs. */
static void scan_alone(void *unused)
{
	(void)unused;
	scan.busy = !vmalloc_trylock();
	if (scan.busy)
		return;
	scan.number++;
	scan.nr = 0;
	scan.overflow = false;
	look_at_stack(current);
	each_page(look_at_root);
	if (!scan.overflow) {
		nr_listed = nr_found = 0;
		judge_areas();
		each_page(judge_page);
	}
	vmalloc_unlock();
}

static u64 count_objects(void)
{
	u64 reclaimable, unreclaimable;

	slab_pages(&reclaimable, &unreclaimable);
	return (reclaimable + unreclaimable) * (PAGE_SIZE / 64) + 4096;
}

long kmemleak_scan(void)
{
	long err = 0;

	mutex_lock(&scan_mutex);
	scan.room = count_objects();
	scan.todo = vmalloc(scan.room * sizeof(u64));
	if (!scan.todo) {
		err = -ENOMEM;
		goto out;
	}
	do
		smp_call_alone(scan_alone, NULL);
	while (scan.busy);
	vfree(scan.todo);
	scan.todo = NULL;
	err = scan.overflow ? -EAGAIN : (long)nr_found;
out:
	mutex_unlock(&scan_mutex);
	return err;
}

void kmemleak_not_leak(const void *start)
{
	struct target t;

	if (find((u64)start, &t))
		t.mark->missed = FORGOTTEN;
}

bool kmemleak_found(const void *start)
{
	bool found = false;

	mutex_lock(&scan_mutex);
	for (u32 i = 0; i < nr_listed; i++)
		found |= listed[i].start == (u64)start;
	mutex_unlock(&scan_mutex);
	return found;
}

/* --- /sys/kernel/debug/kmemleak --- */

static void show_one(struct seq_file *m, const struct target *t)
{
	u64 pc[STACKDEPOT_MAX];
	u32 n = stackdepot_get(t->trace, pc);

	seq_printf(m, "unreferenced object 0x%lx (size %lu): %s, pid %d\n",
		   t->start, t->size, t->cache ? t->cache->name : "pages", t->pid);
	for (u32 i = 0; i < n; i++)
		seq_printf(m, "    %pS\n", (void *)pc[i]);
}

static int leaks_show(struct seq_file *m, void *v)
{
	(void)v;
	mutex_lock(&scan_mutex);
	for (u32 i = 0; i < nr_listed; i++)
		show_one(m, &listed[i]);
	if (nr_found > nr_listed)
		seq_printf(m, "and %u more\n", nr_found - nr_listed);
	mutex_unlock(&scan_mutex);
	return 0;
}

static int leaks_open(struct inode *inode, struct file *f)
{
	(void)inode;
	return single_open(f, leaks_show, NULL);
}

static void forget(struct target *t)
{
	struct target now;

	/* May be something else by now; then a leak is told later. */
	if (find(t->start, &now) && now.mark == t->mark)
		now.mark->missed = FORGOTTEN;
}

static void clear_alone(void *unused)
{
	(void)unused;
	scan.busy = !vmalloc_trylock();
	if (scan.busy)
		return;
	while (nr_listed)
		forget(&listed[--nr_listed]);
	nr_found = 0;
	vmalloc_unlock();
}

static long clear(void)
{
	mutex_lock(&scan_mutex);
	do
		smp_call_alone(clear_alone, NULL);
	while (scan.busy);
	mutex_unlock(&scan_mutex);
	return 0;
}

static ssize_t leaks_write(struct kiocb *io, struct iov_iter *from)
{
	char word[8] = {0};
	size_t asked = from->count, n = min(asked, sizeof(word) - 1);
	long err;

	(void)io;
	if (copy_from_iter(word, n, from) != n)
		return -EFAULT;
	if (n && word[n - 1] == '\n')
		word[n - 1] = '\0';
	if (!strcmp(word, "scan"))
		err = kmemleak_scan();
	else if (!strcmp(word, "clear"))
		err = clear();
	else
		err = -EINVAL;
	return err < 0 ? err : (ssize_t)asked;
}

static const struct file_ops leaks_fops = {
	.open = leaks_open,
	.read_iter = seq_read_iter,
	.write_iter = leaks_write,
	.llseek = seq_lseek,
	.release = single_release,
};

static int __init_text kmemleak_init(void)
{
	return debugfs_create_file("kmemleak", 0644, &leaks_fops);
}
device_initcall(kmemleak_init);
