/*
 * The vDSO's pages: the code image linked into rodata, and the data page that
 * timekeeping updates. Both are mapped read-only into every process.
 */
#include <asm/mmu.h>
#include <asm/sections.h>
#include <linnet/errno.h>
#include <linnet/init.h>
#include <linnet/mm.h>
#include <linnet/random.h>
#include <linnet/string.h>
#include <linnet/vdso.h>
#include "../vdso/vdso_data.h"

/* Offset of __kernel_rt_sigreturn, from the build (vdso_offsets.h). */
#include "vdso_offsets.h"

static union {
	struct vdso_data data;
	u8 page[PAGE_SIZE];
} data_page __aligned(PAGE_SIZE) = {.data = {.billion = 1000000000}};

static_assert(TIME_SHIFT == VD_TIME_SHIFT, "vdso.S");

void vdso_update_clock(u64 mult, const struct real_clock *real)
{
	struct vdso_data *d = &data_page.data;

	seq_write_begin(&d->seq);
	d->mult = mult;
	d->real = *real;
	seq_write_end(&d->seq);
}

u64 vdso_sigreturn(u64 base)
{
	return base + VDSO_SIGRETURN_OFFSET;
}

/* private: 0 data page, 1 code */
static int vdso_fault(struct vm_fault *vmf)
{
	struct vma *v = vmf->vma;
	const void *at = v->private ? (const void *)vdso_start
				    : (const void *)&data_page;
	pfn_t pfn = symbol_to_phys(at) >> PAGE_SHIFT;
	pgprot_t prot = vm_get_page_prot(v->flags);
	spinlock_t *ptl;
	pte_t *pte;

	pfn += (vmf->address - v->start) >> PAGE_SHIFT;
	pte = pte_alloc_lock(v->mm, vmf->address, &ptl);
	if (!pte)
		return VM_FAULT_OOM;
	if (pte_none(pte_read(pte)))
		pte_set(pte, pte_mkspecial(pte_wrprotect(pte_make(pfn, prot))));
	pte_unlock(ptl);
	return VM_FAULT_NOPAGE;
}

static const char *vdso_name(struct vma *v)
{
	return v->private ? "[vdso]" : "[vvar]";
}

static const struct vma_ops vdso_ops = {.fault = vdso_fault, .name = vdso_name};

long vdso_map(struct mm *mm)
{
	u64 code = ALIGN_UP((u64)(vdso_end - vdso_start), PAGE_SIZE);
	u64 base = find_free_area(mm, 0, code + PAGE_SIZE, PAGE_SIZE);
	u64 flags = VM_READ | VM_MAYREAD | VM_DONTDUMP | VM_PFNMAP;
	int err;

	if ((s64)base < 0)
		return (long)base;
	err = install_special_mapping(mm, base, PAGE_SIZE, flags | VM_IO,
				      &vdso_ops, NULL);
	if (err)
		return err;
	err = install_special_mapping(mm, base + PAGE_SIZE, code,
				      VM_READ | VM_EXEC | VM_MAYREAD |
					      VM_MAYWRITE | VM_MAYEXEC |
					      VM_PFNMAP |
					      (cpu_has_bti ? VM_BTI : 0),
				      &vdso_ops, (void *)1);
	if (err)
		return err;
	mm->vdso = base + PAGE_SIZE;
	return (long)mm->vdso;
}
