/*
 * Translation table format: VMSAv8-64, 4 KiB granule (Arm ARM D8.3), and the
 * operations generic memory management uses on entries.
 *
 * Software bits of a user page entry: PTE_SPECIAL (no struct page behind it),
 * PTE_PROTNONE (present but inaccessible: hardware-invalid).
 */
#ifndef ASM_PGTABLE_H
#define ASM_PGTABLE_H

#include <asm/barrier.h>
#include <asm/page.h>
#include <asm/sysreg.h>
#include <linnet/types.h>

#define PTE_VALID      (1ul << 0)
#define PTE_TABLE      (1ul << 1) /* level 0-2: table; level 3: page */
#define PTE_ATTR(n)    ((u64)(n) << 2)
#define PTE_ATTR_MASK  (7ul << 2)
#define PTE_USER       (1ul << 6) /* AP[1] */
#define PTE_RDONLY     (1ul << 7) /* AP[2] */
#define PTE_SHARED     (3ul << 8) /* inner shareable */
#define PTE_AF	       (1ul << 10)
#define PTE_NG	       (1ul << 11)
#define PTE_GP	       (1ul << 50)
#define PTE_PXN	       (1ul << 53)
#define PTE_UXN	       (1ul << 54)
#define PTE_DIRTY      (1ul << 55)
#define PTE_SPECIAL    (1ul << 56)
#define PTE_PROTNONE   (1ul << 58)
#define PTE_ADDR_MASK  0x0000fffffffff000ul

#define PROT_KERNEL_BASE                                                       \
	(PTE_VALID | PTE_AF | PTE_SHARED | PTE_ATTR(MT_NORMAL) | PTE_UXN)
#define PROT_KERNEL_RX	 (PROT_KERNEL_BASE | PTE_TABLE | PTE_RDONLY)
#define PROT_KERNEL_RO	 (PROT_KERNEL_BASE | PTE_TABLE | PTE_RDONLY | PTE_PXN)
#define PROT_KERNEL_RW	 (PROT_KERNEL_BASE | PTE_TABLE | PTE_PXN)
#define PROT_KERNEL_DEVICE                                                     \
	(PTE_VALID | PTE_TABLE | PTE_AF | PTE_SHARED |                         \
	 PTE_ATTR(MT_DEVICE_nGnRE) | PTE_UXN | PTE_PXN)
#define PROT_IDMAP_BLOCK                                                       \
	(PTE_VALID | PTE_AF | PTE_SHARED | PTE_ATTR(MT_NORMAL) | PTE_UXN |     \
	 PTE_RDONLY)

typedef struct {
	u64 v;
} pte_t;

/* Protection bits of a user mapping, computed from VM_* flags. */
typedef struct {
	u64 v;
} pgprot_t;

struct mm;
pgprot_t vm_get_page_prot(u64 vm_flags);

static inline pgprot_t pgprot_noncached(pgprot_t p)
{
	return (pgprot_t){(p.v & ~PTE_ATTR_MASK) | PTE_ATTR(MT_NORMAL_NC)};
}

static inline pgprot_t pgprot_device(pgprot_t p)
{
	return (pgprot_t){(p.v & ~PTE_ATTR_MASK) | PTE_ATTR(MT_DEVICE_nGnRE)};
}

static inline pte_t pte_make(pfn_t pfn, pgprot_t prot)
{
	return (pte_t){pfn << PAGE_SHIFT | prot.v};
}

static inline bool pte_none(pte_t p) { return !p.v; }
static inline bool pte_present(pte_t p)
{
	return p.v & (PTE_VALID | PTE_PROTNONE);
}
static inline bool pte_writable(pte_t p) { return !(p.v & PTE_RDONLY); }
static inline bool pte_dirty(pte_t p) { return p.v & PTE_DIRTY; }
static inline bool pte_young(pte_t p) { return p.v & PTE_AF; }
static inline bool pte_special(pte_t p) { return p.v & PTE_SPECIAL; }
static inline bool pte_exec(pte_t p) { return !(p.v & PTE_UXN); }
static inline pfn_t pte_pfn(pte_t p)
{
	return (p.v & PTE_ADDR_MASK) >> PAGE_SHIFT;
}
static inline pte_t pte_wrprotect(pte_t p) { return (pte_t){p.v | PTE_RDONLY}; }
static inline pte_t pte_mkwrite(pte_t p) { return (pte_t){p.v & ~PTE_RDONLY}; }
static inline pte_t pte_mkdirty(pte_t p) { return (pte_t){p.v | PTE_DIRTY}; }
static inline pte_t pte_mkclean(pte_t p) { return (pte_t){p.v & ~PTE_DIRTY}; }
static inline pte_t pte_mkyoung(pte_t p) { return (pte_t){p.v | PTE_AF}; }
static inline pte_t pte_mkold(pte_t p) { return (pte_t){p.v & ~PTE_AF}; }
static inline pte_t pte_mkspecial(pte_t p) { return (pte_t){p.v | PTE_SPECIAL}; }

/* New protection, same page and software state. */
static inline pte_t pte_modify(pte_t p, pgprot_t prot)
{
	u64 keep = PTE_ADDR_MASK | PTE_DIRTY | PTE_SPECIAL | PTE_ATTR_MASK;

	return (pte_t){(p.v & keep) | (prot.v & ~PTE_ATTR_MASK)};
}

static inline pte_t pte_read(const pte_t *p)
{
	return (pte_t){READ_ONCE(p->v)};
}

/* Entry from invalid to valid: the walker must see it before the next access. */
static inline void pte_set(pte_t *p, pte_t v)
{
	WRITE_ONCE(p->v, v.v);
	dsb(ishst);
}

/* Without the barrier: the caller ends a batch with pte_sync(). */
static inline void pte_set_nosync(pte_t *p, pte_t v)
{
	WRITE_ONCE(p->v, v.v);
}

static inline void pte_sync(void)
{
	dsb(ishst);
}

static inline pte_t pte_clear(pte_t *p)
{
	pte_t old = pte_read(p);

	WRITE_ONCE(p->v, 0);
	return old;
}

/*
 * Levels above the entries. An upper entry is 0 or points at a table; user
 * space has no block mappings.
 */
static inline u64 *table_of(u64 e)
{
	return phys_to_virt(e & PTE_ADDR_MASK);
}

/* Kernel mappings: map, unmap, change; see mmu.c. */
int map_kernel_range(u64 va, phys_addr_t pa, u64 size, u64 prot);
void unmap_kernel_range(u64 va, u64 size);
/* Physical address behind a kernel virtual address, or ~0. */
phys_addr_t kernel_virt_to_phys(u64 va);

extern u64 swapper_pg_dir[], idmap_pg_dir[];

#endif
