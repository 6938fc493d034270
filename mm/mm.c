/*
 * Life of an address space: creation, fork's copy, exit, references.
 *
 * users counts the tasks (and others who use the memory): the last mm_put()
 * unmaps everything. count keeps the struct itself; all users together hold
 * one.
 */
#include <asm/mmu.h>
#include <linnet/binfmt.h>
#include <linnet/errno.h>
#include <linnet/fs.h>
#include <linnet/init.h>
#include <linnet/mm.h>
#include <linnet/printk.h>
#include <linnet/slab.h>
#include <linnet/string.h>
#include <linnet/task.h>
#include "internal.h"

static struct kmem_cache *mm_cache;

static struct mm *mm_init(struct mm *mm)
{
	if (mmu_context_init(&mm->mmu)) {
		kmem_cache_free(mm_cache, mm);
		return NULL;
	}
	mm->vmas.rb_node = NULL;
	mm->cache = NULL;
	mm->nr_vmas = 0;
	rwsem_init(&mm->mmap_lock);
	mm->users = 1;
	mm->count = 1;
	mm->total_vm = mm->data_vm = mm->stack_vm = mm->exec_vm = 0;
	mm->locked_vm = mm->shared_vm = 0;
	mm->rss_anon = mm->rss_file = mm->rss_shmem = 0;
	mm->hiwater_rss = mm->hiwater_vm = 0;
	mm->pgtables = PAGE_SIZE;
	mm->membarrier_state = 0;
	mm->oom_reaped = false;
	return mm;
}

struct mm *mm_alloc(void)
{
	struct mm *mm = kmem_cache_zalloc(mm_cache, GFP_KERNEL);

	return mm ? mm_init(mm) : NULL;
}

/*
 * Free the tables below all VMAs: where there is no VMA there is no table.
 * VMAs that may share a last-level table are taken together; one that reaches
 * into the next group is left to that.
 */
static void free_all_page_tables(struct mm *mm)
{
	struct vma *v = vma_first(mm), *next;
	u64 start, end;

	for (; v; v = next) {
		start = v->start;
		end = v->end;
		for (next = vma_next(v); next && next->start - end <= PMD_SIZE;
		     next = vma_next(next))
			end = next->end;
		free_page_tables(mm, start, end, 0,
				 next ? next->start : USER_END);
	}
}

/* Unmap everything. No other user is left, no CPU runs in it. */
static void exit_mmap(struct mm *mm)
{
	struct vma *v, *next;

	down_write(&mm->mmap_lock);
	flush_tlb_tables(mm, 0, true);
	unmap_vmas(mm, vma_first(mm), 0, USER_END, true);
	/* Truncation may still look at us through the files. */
	for (v = vma_first(mm); v; v = vma_next(v))
		vma_unlink_file(v);
	free_all_page_tables(mm);
	for (v = vma_first(mm); v; v = next) {
		next = vma_next(v);
		if (v->ops && v->ops->close)
			v->ops->close(v);
		if (v->flags & VM_ACCOUNT)
			vm_unacct_memory((v->end - v->start) >> PAGE_SHIFT);
		if (v->file)
			fput(v->file);
		rb_erase(&v->node, &mm->vmas); /* no gaps to keep any more */
		vma_free(v);
		cond_resched();
	}
	mm->nr_vmas = 0;
	mm->cache = NULL;
	WARN_ON_ONCE(mm->pgtables != PAGE_SIZE); /* a table without a VMA */
	up_write(&mm->mmap_lock);
}

void mm_drop(struct mm *mm)
{
	if (atomic_sub_return(&mm->count, 1))
		return;
	mmu_context_free(&mm->mmu);
	kmem_cache_free(mm_cache, mm);
}

void mm_put(struct mm *mm)
{
	might_sleep();
	if (atomic_sub_return(&mm->users, 1))
		return;
	exit_mmap(mm);
	if (mm->exe_file)
		exec_file_close(mm->exe_file);
	mm_drop(mm);
}

struct mm *task_mm_get(struct task *t)
{
	struct mm *mm;

	spin_lock(&t->lock);
	mm = t->mm;
	if (mm && !(t->flags & PF_KTHREAD))
		mm_get(mm);
	else
		mm = NULL;
	spin_unlock(&t->lock);
	return mm;
}

static struct vma *vma_copy(struct mm *mm, struct vma *old)
{
	struct vma *v = vma_alloc(mm);

	if (!v)
		return NULL;
	v->start = old->start;
	v->end = old->end;
	v->flags = old->flags & ~(u64)(VM_LOCKED | VM_LOCKONFAULT);
	v->pgoff = old->pgoff;
	v->ops = old->ops;
	v->private = old->private;
	if (old->file)
		v->file = get_file(old->file);
	return v;
}

/* Copy one VMA with its pages. 0 or -ENOMEM. */
static int dup_vma(struct mm *mm, struct vma *old, bool *stricter)
{
	u64 pages = (old->end - old->start) >> PAGE_SHIFT;
	struct vma *v;
	int err;

	if (old->flags & VM_DONTCOPY) {
		mm->total_vm -= pages;
		return 0;
	}
	if (old->flags & VM_ACCOUNT) {
		err = vm_enough_memory((s64)pages);
		if (err)
			return err;
	}
	v = vma_copy(mm, old);
	if (!v) {
		if (old->flags & VM_ACCOUNT)
			vm_unacct_memory(pages);
		return -ENOMEM;
	}
	vma_insert(mm, v);
	vma_link_file(v);
	if (v->ops && v->ops->open)
		v->ops->open(v);
	return copy_page_range(mm, old, stricter);
}

static int dup_mmap(struct mm *mm, struct mm *old)
{
	bool stricter = false;
	struct vma *v;
	int err = 0;

	for (v = vma_first(old); v && !err; v = vma_next(v))
		err = dup_vma(mm, v, &stricter);
	if (stricter)
		flush_tlb_mm(old);
	return err;
}

/**
 * mm_dup - copy an address space for fork
 *
 * Private pages become shared copy-on-write, shared file pages are left to be
 * faulted in again.
 * Context: may sleep; takes old->mmap_lock. Return: ERR_PTR(-ENOMEM, -EINTR).
 */
struct mm *mm_dup(struct mm *old)
{
	struct mm *mm = kmem_cache_alloc(mm_cache, GFP_KERNEL);
	int err;

	if (!mm)
		return ERR_PTR(-ENOMEM);
	if (down_write_killable(&old->mmap_lock)) {
		kmem_cache_free(mm_cache, mm);
		return ERR_PTR(-EINTR);
	}
	*mm = *old;
	mm->exe_file = NULL;
	mm->def_flags = 0;
	if (!mm_init(mm)) {
		up_write(&old->mmap_lock);
		return ERR_PTR(-ENOMEM);
	}
	mm->total_vm = old->total_vm;
	mm->data_vm = old->data_vm;
	mm->stack_vm = old->stack_vm;
	mm->exec_vm = old->exec_vm;
	mm->shared_vm = old->shared_vm;
	mm->membarrier_state = old->membarrier_state;
	if (old->exe_file)
		mm->exe_file = exec_file_get(old->exe_file);
	err = dup_mmap(mm, old);
	up_write(&old->mmap_lock);
	if (!err)
		return mm;
	mm_put(mm);
	return ERR_PTR(err);
}

static int __init_text mm_cache_init(void)
{
	mm_cache = kmem_cache_create("mm", sizeof(struct mm), 64, 0);
	return mm_cache ? 0 : -ENOMEM;
}
early_initcall(mm_cache_init);
