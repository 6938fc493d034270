/*
 * /proc/PID/smaps and smaps_rollup: how much of each mapping is in memory.
 *
 * A page counts for 1/n in Pss when n mappings share it; n is its references
 * without the page cache's own, which a page in use by a system call at that
 * moment overstates.
 *
 * Locks: mmap_lock for reading > ptl.
 */
#include <asm/mmu.h>
#include <linnet/errno.h>
#include <linnet/mm.h>
#include <linnet/page.h>
#include <linnet/string.h>
#include "proc.h"

enum { PSS_SHIFT = 12 }; /* fraction bits of the proportional size */

struct smaps {
	u64 size, rss, pss; /* bytes; pss: << PSS_SHIFT */
	u64 shared_clean, shared_dirty, private_clean, private_dirty;
	u64 referenced, anonymous, locked;
};

static void account_page(struct smaps *s, pte_t pte, const struct vma *v)
{
	struct page *p = pfn_to_page(pte_pfn(pte));
	bool anon = page_test(p, PG_ANON);
	bool dirty = page_test(p, PG_DIRTY) || pte_dirty(pte);
	u32 refs = atomic_read(&p->refs), users;

	users = refs > 1 && !anon ? refs - 1 : max(refs, 1u);
	s->rss += PAGE_SIZE;
	s->pss += (PAGE_SIZE << PSS_SHIFT) / users;
	if (v->flags & VM_LOCKED)
		s->locked += (PAGE_SIZE << PSS_SHIFT) / users;
	if (anon)
		s->anonymous += PAGE_SIZE;
	if (pte_young(pte))
		s->referenced += PAGE_SIZE;
	if (users > 1)
		*(dirty ? &s->shared_dirty : &s->shared_clean) += PAGE_SIZE;
	else
		*(dirty ? &s->private_dirty : &s->private_clean) += PAGE_SIZE;
}

static void account_vma(struct smaps *s, struct vma *v)
{
	u64 addr = v->start;

	s->size += v->end - v->start;
	while ((addr = pte_skip_holes(v->mm, addr, v->end)) < v->end) {
		u64 stop = min(v->end, ALIGN_DOWN(addr, PMD_SIZE) + PMD_SIZE);
		spinlock_t *ptl;
		pte_t *pte = pte_lookup_lock(v->mm, addr, &ptl);

		for (; pte && addr < stop; addr += PAGE_SIZE, pte++) {
			pte_t cur = pte_read(pte);

			if (pte_present(cur) && !pte_special(cur))
				account_page(s, cur, v);
		}
		if (pte)
			pte_unlock(ptl);
		addr = stop;
		cond_resched();
	}
}

/*
 * "Label:             4 kB": the label, filled up to column 16, and the number
 * in at least eight. Without printf, which would be most of the cost of a read.
 */
static void row(struct seq_file *m, const char *label, u64 bytes)
{
	enum { LABEL = 16, NUMBER = 20, ALIGN = 8 };
	char line[LABEL + NUMBER + sizeof(" kB\n")], *end, *p;
	size_t len = strlen(label);
	u64 kb = bytes >> 10;

	memset(line, ' ', LABEL + NUMBER);
	end = p = line + LABEL + NUMBER;
	do {
		*--p = (char)('0' + kb % 10);
		kb /= 10;
	} while (kb);
	p = min(p, end - ALIGN) - LABEL;
	memcpy(p, label, len);
	memcpy(end, " kB\n", 4);
	seq_write(m, p, (size_t)(end + 4 - p));
}

static void show_counts(struct seq_file *m, const struct smaps *s)
{
	row(m, "Rss:", s->rss);
	row(m, "Pss:", s->pss >> PSS_SHIFT);
	row(m, "Shared_Clean:", s->shared_clean);
	row(m, "Shared_Dirty:", s->shared_dirty);
	row(m, "Private_Clean:", s->private_clean);
	row(m, "Private_Dirty:", s->private_dirty);
	row(m, "Referenced:", s->referenced);
	row(m, "Anonymous:", s->anonymous);
	row(m, "LazyFree:", 0);
	row(m, "AnonHugePages:", 0);
	row(m, "ShmemPmdMapped:", 0);
	row(m, "FilePmdMapped:", 0);
	row(m, "Shared_Hugetlb:", 0);
	row(m, "Private_Hugetlb:", 0);
	row(m, "Swap:", 0);
	row(m, "SwapPss:", 0);
	row(m, "Locked:", s->locked >> PSS_SHIFT);
}

static void show_flags(struct seq_file *m, u64 flags)
{
	static const struct {
		u64 flag;
		char name[4];
	} names[] = {
		{VM_READ, "rd "}, {VM_WRITE, "wr "}, {VM_EXEC, "ex "},
		{VM_SHARED, "sh "}, {VM_MAYREAD, "mr "}, {VM_MAYWRITE, "mw "},
		{VM_MAYEXEC, "me "}, {VM_MAYSHARE, "ms "}, {VM_GROWSDOWN, "gd "},
		{VM_PFNMAP, "pf "}, {VM_LOCKED, "lo "}, {VM_IO, "io "},
		{VM_SEQ_READ, "sr "}, {VM_RAND_READ, "rr "},
		{VM_DONTCOPY, "dc "}, {VM_DONTEXPAND, "de "},
		{VM_LOCKONFAULT, "lf "}, {VM_ACCOUNT, "ac "},
		{VM_NORESERVE, "nr "}, {VM_BTI, "bt "}, {VM_WIPEONFORK, "wf "},
		{VM_DONTDUMP, "dd "}, {VM_HUGEPAGE, "hg "},
		{VM_NOHUGEPAGE, "nh "},
	};

	seq_puts(m, "VmFlags: ");
	for (u32 i = 0; i < ARRAY_SIZE(names); i++)
		if (flags & names[i].flag)
			seq_write(m, names[i].name, 3);
	seq_putc(m, '\n');
}

/* mmap_lock for reading. */
void proc_show_smaps(struct seq_file *m, struct vma *v)
{
	struct smaps s = {0};

	account_vma(&s, v);
	proc_show_vma(m, v);
	row(m, "Size:", s.size);
	row(m, "KernelPageSize:", PAGE_SIZE);
	row(m, "MMUPageSize:", PAGE_SIZE);
	show_counts(m, &s);
	seq_puts(m, "THPeligible:    0\n");
	show_flags(m, v->flags);
}

/* The sum of all, under one heading. mmap_lock for reading. */
void proc_show_smaps_rollup(struct seq_file *m, struct mm *mm)
{
	struct smaps s = {0};
	struct vma *v = vma_first(mm);
	u64 start = v ? v->start : 0, end = 0;

	for (; v; v = vma_next(v)) {
		account_vma(&s, v);
		end = v->end;
	}
	seq_printf(m, "%08lx-%08lx ---p 00000000 00:00 0 %26s[rollup]\n", start,
		   end, "");
	show_counts(m, &s);
}
