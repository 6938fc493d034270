/*
 * A user address space as the MMU sees it: table root, ASID; walking and
 * allocating its tables; TLB maintenance. Interface between mm/ and the port.
 */
#ifndef ASM_MMU_H
#define ASM_MMU_H

#include <asm/mman.h>
#include <asm/pgtable.h>
#include <linnet/cpumask.h>
#include <linnet/spinlock.h>

struct mm;
struct page;

extern bool cpu_has_bti; /* [I] */

/* Bits of PROT_* that are only this machine's: VM_BTI. */
static inline u32 arch_prot_bits(void)
{
	return cpu_has_bti ? PROT_BTI : 0;
}

struct mmu_context {
	u64 *pgd;	 /* [I] linear address of the level 0 table */
	u64 id;		 /* [A] generation and ASID; 0: none yet */
	u64 flags;
	cpumask_t cpus;	 /* [A] that may have entries of it in their TLB */
};

int mmu_context_init(struct mmu_context *c);
void mmu_context_free(struct mmu_context *c);
/* Make @mm's tables current on this CPU (NULL: none); interrupts off. */
void switch_mm(struct mm *mm);

/*
 * Entry for @addr with its table's lock held, or NULL if there is no table.
 * pte_unlock() ends it. pte_alloc_lock() makes the tables; NULL: no memory.
 */
pte_t *pte_lookup_lock(struct mm *mm, u64 addr, spinlock_t **ptl);
pte_t *pte_alloc_lock(struct mm *mm, u64 addr, spinlock_t **ptl);

/* The entry's value at this moment, 0 without a table. mmap_lock held. */
pte_t pte_peek(struct mm *mm, u64 addr);

static inline void pte_unlock(spinlock_t *ptl)
{
	spin_unlock(ptl);
}

/* First address >= @addr that a table may cover; @end if none before it. */
u64 pte_skip_holes(struct mm *mm, u64 addr, u64 end);

/* Free the tables that lie wholly inside [floor, ceiling) and intersect
 * [start, end). Caller excludes all other walkers of the range, and of an mm without
 * users has done flush_tlb_tables(). */
void free_page_tables(struct mm *mm, u64 start, u64 end, u64 floor,
		      u64 ceiling);

/* After entries were removed or made stricter. */
void flush_tlb_page(struct mm *mm, u64 addr);
void flush_tlb_range(struct mm *mm, u64 start, u64 end);
void flush_tlb_mm(struct mm *mm);
void flush_tlb_kernel_range(u64 start, u64 end);

/*
 * Before tables that have been taken out are freed: CPUs remember them for walks that
 * begin in the middle, also CPUs that left the mm and have been idle since. @addr: one
 * address that all of them served; or there are @many.
 */
void flush_tlb_tables(struct mm *mm, u64 addr, bool many);

/*
 * After an entry has come to allow more: what other CPUs have of the old one makes
 * them fault, find the new one and come here too.
 */
void flush_tlb_page_local(struct mm *mm, u64 addr);

/* Make instructions written through the linear map visible to fetches. */
void sync_icache(void *va, size_t len);

#endif
