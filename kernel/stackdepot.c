/*
 * Call traces as numbers: for reports that name the past of an object.
 *
 * A trace is a row of 32-bit offsets into the kernel's text, at most MAX_DEPTH
 * of them, innermost first. Equal traces are found through a hash table and
 * stored once, so a slab object pays four bytes for one. The pool comes from
 * memblock and never grows: when it is full, new traces get number 0.
 *
 * The walk follows frame records as long as they stay on the stack it began
 * on: a trace taken in an interrupt does not contain what was interrupted,
 * which would make nearly every one different.
 *
 * Context: any. The lock is taken without touching preemption and below every
 * other lock, so that the lock checker and the allocator can use this.
 */
#define PR_PREFIX ""
#include <asm/setup.h>
#include <asm/irqflags.h>
#include <asm/sections.h>
#include <linnet/memblock.h>
#include <linnet/page.h>
#include <linnet/printk.h>
#include <linnet/spinlock.h>
#include <linnet/stackdepot.h>

enum { MAX_DEPTH = STACKDEPOT_MAX, BUCKETS = 4096, POOL_WORDS = 1 << 19 };

struct trace {
	u32 next; /* word number in the pool; 0 ends */
	u32 hash;
	u32 n;
	u32 pc[];
};

enum { TRACE_HEAD = sizeof(struct trace) / sizeof(u32) };

static u32 *pool;
static u32 used = 1; /* [depot_lock] words; number 0 is no trace */
static u32 bucket[BUCKETS];
static DEFINE_SPINLOCK(depot_lock);

void stackdepot_init(void)
{
	phys_addr_t pa = memblock_alloc(POOL_WORDS * sizeof(u32), PAGE_SIZE);

	if (!pa)
		panic("no memory for call traces");
	pool = phys_to_virt(pa);
}

static u32 walk(u32 skip, u32 pc[MAX_DEPTH])
{
	const u64 *fp = __builtin_frame_address(0);
	u64 stack = (u64)fp & ~(THREAD_SIZE - 1);
	u32 n = 0;

	while (n < MAX_DEPTH) {
		const u64 *up = (const u64 *)fp[0];
		u64 ret = strip_pac(fp[1]);

		if (ret < (u64)_start || ret >= (u64)_init_text_end)
			break;
		if (skip)
			skip--;
		else
			pc[n++] = (u32)(ret - (u64)_start);
		if (up <= fp || ((u64)up & ~(THREAD_SIZE - 1)) != stack)
			break;
		fp = up;
	}
	return n;
}

u32 stackdepot_walk(u64 pc[STACKDEPOT_MAX])
{
	u32 at[MAX_DEPTH], n = walk(3, at); /* not the detector's own frames */

	for (u32 i = 0; i < n; i++)
		pc[i] = at[i] + (u64)_start;
	return n;
}

static u32 hash_of(const u32 *pc, u32 n)
{
	u32 h = n;

	for (u32 i = 0; i < n; i++)
		h = (h ^ pc[i]) * 0x9e3779b1u;
	return h ^ h >> 15;
}

static bool same(const struct trace *t, u32 hash, const u32 *pc, u32 n)
{
	if (t->hash != hash || t->n != n)
		return false;
	for (u32 i = 0; i < n; i++)
		if (t->pc[i] != pc[i])
			return false;
	return true;
}

static struct trace *trace_at(u32 id)
{
	return (struct trace *)&pool[id];
}

static u32 find(u32 hash, const u32 *pc, u32 n)
{
	u32 id = __atomic_load_n(&bucket[hash % BUCKETS], __ATOMIC_ACQUIRE);

	while (id && !same(trace_at(id), hash, pc, n))
		id = trace_at(id)->next;
	return id;
}

/* [depot_lock] */
static u32 add(u32 hash, const u32 *pc, u32 n)
{
	u32 id = used;
	struct trace *t = trace_at(id);

	if (used + TRACE_HEAD + n > POOL_WORDS)
		return 0;
	used += TRACE_HEAD + n;
	t->hash = hash;
	t->n = n;
	for (u32 i = 0; i < n; i++)
		t->pc[i] = pc[i];
	t->next = bucket[hash % BUCKETS];
	/* Pairs with the acquire in find(). */
	__atomic_store_n(&bucket[hash % BUCKETS], id, __ATOMIC_RELEASE);
	return id;
}

u32 stackdepot_save(u32 skip)
{
	u32 pc[MAX_DEPTH], n, hash, id;
	u64 flags;

	if (!pool)
		return 0;
	n = walk(skip, pc);
	hash = hash_of(pc, n);
	id = find(hash, pc, n);
	if (id)
		return id;
	flags = local_irq_save();
	spin_acquire(&depot_lock);
	id = find(hash, pc, n);
	if (!id)
		id = add(hash, pc, n);
	spin_release(&depot_lock);
	local_irq_restore(flags);
	return id;
}

u32 stackdepot_get(u32 id, u64 pc[STACKDEPOT_MAX])
{
	u32 n = id ? trace_at(id)->n : 0;

	for (u32 i = 0; i < n; i++)
		pc[i] = trace_at(id)->pc[i] + (u64)_start;
	return n;
}

void stackdepot_print(u32 id)
{
	if (!id) {
		pr_emerg(" (no trace)\n");
		return;
	}
	for (u32 i = 0; i < trace_at(id)->n; i++)
		pr_emerg(" %pS\n", (void *)(trace_at(id)->pc[i] + (u64)_start));
}
