/*
 * ASIDs: tagging TLB entries with the address space they belong to.
 *
 * An mm's context id is (generation << 16 | ASID). When the ASIDs of one
 * generation are used up the generation advances: every CPU must flush its TLB
 * before it runs anything under the new one, and the ASIDs that are running at
 * that moment stay reserved for their owners. ASID 0 is used while no user
 * address space is active.
 *
 * The fast path (same generation) is one compare-and-swap on the CPU's active
 * id, which a roll-over on another CPU sets to 0.
 */
#include <asm/mmu.h>
#include <asm/percpu.h>
#include <asm/setup.h>
#include <linnet/bitmap.h>
#include <linnet/cpumask.h>
#include <linnet/errno.h>
#include <linnet/mm.h>
#include <linnet/page.h>
#include <linnet/task.h>
#include <linnet/string.h>

#define ASID_BITS 16
#define ASID_MASK ((1ul << ASID_BITS) - 1)

static DEFINE_SPINLOCK(asid_lock);
static u64 asid_generation = 1ul << ASID_BITS; /* [A] */
static u64 asid_map[(1ul << ASID_BITS) / 64];  /* [asid_lock] */
static u32 nr_asids;
static u32 asid_hint = 1;		       /* [asid_lock] */
static cpumask_t flush_pending;		       /* [asid_lock] */
static DEFINE_PERCPU(u64, active_id);	       /* [A] */
static DEFINE_PERCPU(u64, reserved_id);	       /* [asid_lock] */
/* [A] Whose ASID, perhaps an old one, is in TTBR0; also while the tables are not. */
static DEFINE_PERCPU(struct mmu_context *, asid_owner);

/* An empty root for CPUs that run no user address space. */
static u64 reserved_pgd[PTRS_PER_TABLE] __aligned(PAGE_SIZE);

static void __init_text asid_probe(void)
{
	u64 bits = read_sysreg(id_aa64mmfr0_el1) >> 4 & 0xf;

	nr_asids = bits == 2 ? 1u << 16 : 1u << 8;
}

/* Start a generation: running address spaces keep their ASIDs. */
static void asid_roll_over(void)
{
	u32 cpu;

	memset(asid_map, 0, nr_asids / 8);
	for_each_possible_cpu(cpu) {
		u64 id = atomic_xchg(&per_cpu(active_id, cpu), 0);

		if (!id)
			id = per_cpu(reserved_id, cpu);
		per_cpu(reserved_id, cpu) = id;
		__set_bit(id & ASID_MASK, asid_map);
	}
	flush_pending = cpu_possible_mask;
}

/* Does a CPU hold @id over the roll-over? Then it lives on as @new_id. */
static bool asid_was_running(u64 id, u64 new_id)
{
	bool hit = false;
	u32 cpu;

	for_each_possible_cpu(cpu) {
		if (per_cpu(reserved_id, cpu) == id) {
			per_cpu(reserved_id, cpu) = new_id;
			hit = true;
		}
	}
	return hit;
}

static u64 asid_new(u64 old_id)
{
	u64 gen = atomic_read(&asid_generation);
	u64 asid;

	if (old_id) {
		u64 id = gen | (old_id & ASID_MASK);

		if (asid_was_running(old_id, id))
			return id;
		if (!__test_and_set_bit(old_id & ASID_MASK, asid_map))
			return id;
	}
	asid = find_next_zero_bit(asid_map, nr_asids, asid_hint);
	if (asid >= nr_asids) {
		gen += 1ul << ASID_BITS;
		atomic_set(&asid_generation, gen);
		asid_roll_over();
		asid = find_next_zero_bit(asid_map, nr_asids, 1);
	}
	__set_bit(asid, asid_map);
	asid_hint = asid + 1;
	return gen | asid;
}

static u64 asid_assign_slow(struct mmu_context *c)
{
	u32 cpu = smp_processor_id();
	u64 id;

	spin_lock(&asid_lock);
	id = atomic_read(&c->id);
	if ((id ^ atomic_read(&asid_generation)) >> ASID_BITS) {
		id = asid_new(id);
		atomic_set(&c->id, id);
		/*
		 * Who changes the tables meanwhile and still reads the old id, has made
		 * the change before we walk them: pairs with flush_begin().
		 */
		dsb(ish);
	}
	if (cpumask_test(&flush_pending, cpu)) {
		cpumask_clear(&flush_pending, cpu);
		__asm__ volatile("tlbi vmalle1\n\tdsb nsh\n\tisb" ::: "memory");
	}
	atomic_set(&this_cpu(active_id), id);
	spin_unlock(&asid_lock);
	return id;
}

static u64 asid_assign(struct mmu_context *c)
{
	u64 id = atomic_read(&c->id);
	u64 *active = this_cpu_ptr(&active_id);
	u64 old = atomic_read(active);

	if (likely(old && !((id ^ atomic_read(&asid_generation)) >> ASID_BITS) &&
		   __atomic_compare_exchange_n(active, &old, id, false,
					       __ATOMIC_ACQ_REL,
					       __ATOMIC_RELAXED)))
		return id;
	return asid_assign_slow(c);
}

/*
 * This CPU is going to have entries of the address space. Pairs with
 * flush_begin_local(): either that sees the bit, or what this CPU loads into its TLB
 * is already changed.
 */
static void note_cpu(struct mmu_context *c)
{
	u32 cpu = smp_processor_id();

	if (likely(cpumask_test(&c->cpus, cpu)))
		return;
	cpumask_set(&c->cpus, cpu);
	dsb(ish);
}

void switch_mm(struct mm *mm)
{
	struct mmu_context **owner = this_cpu_ptr(&asid_owner);
	u64 ttbr;

	if (!mm) {
		/* Same ASID, empty tables: no TLB entry has to go. */
		ttbr = read_sysreg(ttbr0_el1) & ~PTE_ADDR_MASK;
		ttbr |= symbol_to_phys(reserved_pgd);
	} else {
		u64 id = asid_assign(&mm->mmu);

		note_cpu(&mm->mmu);
		ttbr = virt_to_phys(mm->mmu.pgd) | (id & ASID_MASK) << 48;
	}
	write_sysreg(ttbr, ttbr0_el1);
	isb();
	/* Not before the old one's is out of use: see used_elsewhere(). */
	if (mm && READ_ONCE(*owner) != &mm->mmu)
		smp_store_release(owner, &mm->mmu);
}

int mmu_context_init(struct mmu_context *c)
{
	if (unlikely(!nr_asids))
		asid_probe();
	c->pgd = get_zeroed_page(GFP_KERNEL);
	c->id = 0;
	c->flags = 0;
	c->cpus = (cpumask_t){0};
	return c->pgd ? 0 : -ENOMEM;
}

void mmu_context_free(struct mmu_context *c)
{
	free_page(c->pgd);
	c->pgd = NULL;
}

/*
 * Leave all entries behind under the old ASID, which nobody gets before every TLB is
 * flushed for a new generation. The address space runs on this CPU and nowhere else;
 * preemption is off. Who changes its tables from elsewhere and still reads the old
 * ASID has made the change before note_cpu() orders what we load.
 */
static void asid_renew(struct mm *mm)
{
	u64 irq = local_irq_save();

	atomic_set(&mm->mmu.id, 0);
	atomic_set(&mm->mmu.cpus.bits, 0);
	switch_mm(mm);
	local_irq_restore(irq);
}

/*
 * --- TLB maintenance (Arm ARM D8.14) ---
 *
 * Entries of all CPUs are removed by hardware, which interrupts what the others
 * do. That is saved where the address space has been used on this CPU only, as
 * that of most short-lived processes. One that has moved here with its only task
 * takes a new ASID instead, and is local from then on.
 */

/* Above this many pages one flush of the whole ASID is cheaper. */
enum { FLUSH_PAGES_LOCAL = 32, FLUSH_PAGES_ALL = 8 };

enum tlb_reach {
	TLB_NONE, /* no entry is left */
	TLB_LOCAL,
	TLB_ALL,
};

static u64 tlbi_arg(u64 va, u64 id)
{
	return (va >> PAGE_SHIFT & ((1ul << 44) - 1)) | (id & ASID_MASK) << 48;
}

/* No other CPU runs in it: others who use it only look into its tables. */
static bool only_task_is_current(const struct mm *mm)
{
	return current->mm == mm && atomic_read(&mm->users) == 1;
}

/*
 * Begin a flush: the changed entries become visible to table walks, then it is
 * seen who may have old ones, and under which ASID. Until flush_end() the task
 * stays on its CPU.
 */
static enum tlb_reach flush_begin(struct mm *mm)
{
	preempt_disable();
	dsb(ish);
	if (READ_ONCE(mm->mmu.cpus.bits) == 1ul << smp_processor_id())
		return TLB_LOCAL;
	if (!only_task_is_current(mm))
		return TLB_ALL;
	asid_renew(mm);
	return TLB_NONE;
}

static void flush_end(enum tlb_reach reach)
{
	if (reach == TLB_LOCAL)
		dsb(nsh);
	else if (reach == TLB_ALL)
		dsb(ish);
	preempt_enable();
}

static void tlbi_page(enum tlb_reach reach, u64 addr, u64 id)
{
	u64 arg = tlbi_arg(addr, id);

	if (reach == TLB_LOCAL)
		__asm__ volatile("tlbi vae1, %0" ::"r"(arg) : "memory");
	else if (reach == TLB_ALL)
		__asm__ volatile("tlbi vae1is, %0" ::"r"(arg) : "memory");
}

static void tlbi_asid(enum tlb_reach reach, u64 id)
{
	u64 arg = tlbi_arg(0, id);

	if (reach == TLB_LOCAL)
		__asm__ volatile("tlbi aside1, %0" ::"r"(arg) : "memory");
	else if (reach == TLB_ALL)
		__asm__ volatile("tlbi aside1is, %0" ::"r"(arg) : "memory");
}

void flush_tlb_page(struct mm *mm, u64 addr)
{
	enum tlb_reach reach = flush_begin(mm);

	tlbi_page(reach, addr, atomic_read(&mm->mmu.id));
	flush_end(reach);
}

void flush_tlb_mm(struct mm *mm)
{
	enum tlb_reach reach = flush_begin(mm);

	tlbi_asid(reach, atomic_read(&mm->mmu.id));
	flush_end(reach);
}

void flush_tlb_range(struct mm *mm, u64 start, u64 end)
{
	enum tlb_reach reach = flush_begin(mm);
	u64 id = atomic_read(&mm->mmu.id);
	u64 limit = reach == TLB_LOCAL ? FLUSH_PAGES_LOCAL : FLUSH_PAGES_ALL;

	if ((end - start) >> PAGE_SHIFT > limit)
		tlbi_asid(reach, id);
	else
		for (; start < end; start += PAGE_SIZE)
			tlbi_page(reach, start, id);
	flush_end(reach);
}

void flush_tlb_page_local(struct mm *mm, u64 addr)
{
	preempt_disable();
	dsb(ish);
	tlbi_page(TLB_LOCAL, addr, atomic_read(&mm->mmu.id));
	flush_end(TLB_LOCAL);
}

/*
 * May another CPU have entries of @mm under the ASID that it uses now? That of an idle
 * CPU may be an old one, and is still good for walks that begin in the middle. One
 * that is about to begin sees the tables as they are.
 */
static bool used_elsewhere(const struct mm *mm)
{
	u32 self = smp_processor_id(), cpu;

	if (READ_ONCE(mm->mmu.cpus.bits) & ~(1ul << self) && atomic_read(&mm->users))
		return true;
	for_each_online_cpu(cpu)
		if (cpu != self &&
		    smp_load_acquire(&per_cpu(asid_owner, cpu)) == &mm->mmu)
			return true;
	return false;
}

void flush_tlb_tables(struct mm *mm, u64 addr, bool many)
{
	u64 id;

	preempt_disable();
	dsb(ish);
	id = atomic_read(&mm->mmu.id);
	if (used_elsewhere(mm)) {
		if (many)
			__asm__ volatile("tlbi vmalle1is" ::: "memory");
		else
			__asm__ volatile("tlbi vaae1is, %0" ::"r"(tlbi_arg(addr, 0))
					 : "memory");
		dsb(ish);
	} else if (this_cpu(asid_owner) == &mm->mmu) {
		if (many)
			tlbi_asid(TLB_LOCAL, id);
		else
			tlbi_page(TLB_LOCAL, addr, id);
		dsb(nsh);
	}
	preempt_enable();
}

void flush_tlb_kernel_range(u64 start, u64 end)
{
	dsb(ishst);
	if ((end - start) >> PAGE_SHIFT > FLUSH_PAGES_LOCAL) {
		__asm__ volatile("tlbi vmalle1is" ::: "memory");
	} else {
		for (; start < end; start += PAGE_SIZE)
			__asm__ volatile("tlbi vaale1is, %0" ::"r"(
						 tlbi_arg(start, 0))
					 : "memory");
	}
	dsb(ish);
	isb();
}

void sync_icache(void *va, size_t len)
{
	u64 ctr = read_sysreg(ctr_el0);
	u64 dline = 4ul << (ctr >> 16 & 0xf), iline = 4ul << (ctr & 0xf);
	u64 start = (u64)va, end = start + len, p;

	if (!(ctr >> 28 & 1)) /* IDC: no clean to the point of unification */
		for (p = start & ~(dline - 1); p < end; p += dline)
			__asm__ volatile("dc cvau, %0" ::"r"(p) : "memory");
	dsb(ish);
	if (!(ctr >> 29 & 1)) /* DIC: no instruction cache invalidation */
		for (p = start & ~(iline - 1); p < end; p += iline)
			__asm__ volatile("ic ivau, %0" ::"r"(p) : "memory");
	dsb(ish);
	isb();
}
