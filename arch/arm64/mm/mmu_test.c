/*
 * Walks the kernel's translation tables, all levels and blocks, after boot has
 * made everything what it stays, and looks for what must not be:
 *
 *   M1  a page that the kernel can both write and execute
 *   M2  a mapping of text or read-only data, anywhere, that can be written
 *   M3  anything executable but the text, once
 *   M4  anything that user mode can reach, or could execute
 *
 * and at what the kernel may do with user memory, and at the guards of stacks.
 */
#include <asm/kasan.h>
#include <asm/mmu.h>
#include <asm/percpu.h>
#include <asm/sections.h>
#include <linnet/cpumask.h>
#include <linnet/ktest.h>
#include <linnet/mm.h>
#include <linnet/task.h>

DECLARE_PERCPU(u64, irq_stack_ptr);
extern char init_stack[];

struct leaf {
	u64 va, size, entry;
};

static u64 nr_leaves, nr_executable; /* of one walk; bytes */

static bool overlaps(phys_addr_t pa, u64 size, const char *start,
		     const char *end)
{
	return pa < symbol_to_phys(end) && pa + size > symbol_to_phys(start);
}

/* Is some of this frame the image's text or read-only data? */
static bool is_read_only(phys_addr_t pa, u64 size)
{
	return overlaps(pa, size, _start, _rodata_end) ||
	       overlaps(pa, size, _ro_after_init_start, _ro_after_init_end);
}

static bool leaf_ok(const struct leaf *l)
{
	phys_addr_t pa = l->entry & PTE_ADDR_MASK & ~(l->size - 1);
	bool writable = !(l->entry & PTE_RDONLY);
	bool executable = !(l->entry & PTE_PXN);

	KTEST_CHECK(!(writable && executable));			 /* M1 */
	KTEST_CHECK(!(writable && is_read_only(pa, l->size)));	 /* M2 */
	if (executable) {					 /* M3 */
		KTEST_CHECK(l->va >= (u64)_start);
		KTEST_CHECK(l->va + l->size <= (u64)_text_end);
		nr_executable += l->size;
	}
	KTEST_CHECK(!(l->entry & PTE_USER));			 /* M4 */
	KTEST_CHECK(l->entry & PTE_UXN);
	if (l->va < LINEAR_END)
		KTEST_CHECK(l->va == PAGE_OFFSET + pa);
	nr_leaves++;
	return true;
}

/* The tables that stand for all shadow without memory are looked at once. */
static bool seen_before(u64 entry)
{
#ifdef CONFIG_DEBUG
	static const u64 *const shared[] = {kasan_zero.pud, kasan_zero.pmd,
					    kasan_zero.pte};
	static bool seen[ARRAY_SIZE(shared)];

	for (u32 i = 0; i < ARRAY_SIZE(shared); i++) {
		if ((entry & PTE_ADDR_MASK) != symbol_to_phys(shared[i]))
			continue;
		if (seen[i])
			return true;
		seen[i] = true;
	}
#endif
	return false;
}

static const u64 *table_at(phys_addr_t pa)
{
	return phys_to_virt(pa);
}

static bool walk(const u64 *table, u64 base, u32 shift)
{
	for (u64 i = 0; i < PTRS_PER_TABLE; i++) {
		u64 e = READ_ONCE(table[i]);
		struct leaf l = {base + (i << shift), 1ul << shift, e};

		if (!(e & PTE_VALID))
			continue;
		if (shift == PAGE_SHIFT || !(e & PTE_TABLE)) {
			if (!leaf_ok(&l)) {
				pr_err("# entry %#lx at %#lx\n", e, l.va);
				return false;
			}
		} else {
			KTEST_CHECK(!(e >> 59)); /* no limits from above */
			if (!seen_before(e) &&
			    !walk(table_at(e & PTE_ADDR_MASK), l.va, shift - 9))
				return false;
		}
	}
	return true;
}

static bool mmu_kernel_map(void)
{
	nr_leaves = 0;
	nr_executable = 0;
	KTEST_CHECK(walk(swapper_pg_dir, 0xfffful << 48, PGD_SHIFT));
	KTEST_CHECK(nr_leaves > 100);
	KTEST_CHECK(nr_executable == (u64)(_text_end - _start));
	return true;
}
KTEST(mmu_kernel_map);

/* AT S1E1R: does the kernel reach @va? */
static bool reachable(u64 va)
{
	__asm__ volatile("at s1e1r, %0\n\tisb" ::"r"(va) : "memory");
	return !(read_sysreg(par_el1) & 1);
}

/* The map that the MMU was turned on with has text where user memory goes. */
static bool mmu_idmap_is_gone(void)
{
	u64 root = read_sysreg(ttbr0_el1) & PTE_ADDR_MASK;

	KTEST_CHECK(root != symbol_to_phys(idmap_pg_dir));
	KTEST_CHECK(!reachable(symbol_to_phys(_idmap_text)));
	KTEST_CHECK(reachable((u64)_idmap_text));
	return true;
}
KTEST(mmu_idmap_is_gone);

/* Every protection a user mapping can have. */
static bool mmu_user_protections(void)
{
	for (u64 flags = 0; flags < 16; flags++) {
		u64 p = vm_get_page_prot(flags).v;

		KTEST_CHECK(p & PTE_PXN);
		KTEST_CHECK(p & PTE_NG);
		KTEST_CHECK(!(p & PTE_UXN) == !!(flags & VM_EXEC));
		if (!(p & PTE_VALID))
			continue;
		KTEST_CHECK(p & PTE_USER);
		KTEST_CHECK(!(p & PTE_RDONLY) == !!(flags & VM_WRITE));
	}
	return true;
}
KTEST(mmu_user_protections);

/* A CPU that has it refuses the kernel user addresses (uaccess.S). */
static bool mmu_pan_is_on(void)
{
	if (!cpu_has_pan())
		return true;
	KTEST_CHECK(read_sysreg(s3_0_c4_c2_3) & PSR_PAN);
	KTEST_CHECK(!(read_sysreg(sctlr_el1) & SCTLR_SPAN));
	return true;
}
KTEST(mmu_pan_is_on);

static bool stack_guarded(u64 stack)
{
	KTEST_CHECK(kernel_virt_to_phys(stack) != ~0ul);
	KTEST_CHECK(kernel_virt_to_phys(stack - 1) == ~0ul);
	return true;
}

static bool mmu_stacks_are_guarded(void)
{
	u32 cpu;

	KTEST_CHECK(stack_guarded((u64)current->stack));
	KTEST_CHECK(stack_guarded((u64)init_stack));
	for_each_possible_cpu(cpu)
		KTEST_CHECK(stack_guarded(per_cpu(irq_stack_ptr, cpu) + 16 -
					  THREAD_SIZE));
	return true;
}
KTEST(mmu_stacks_are_guarded);
