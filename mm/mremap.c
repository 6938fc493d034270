/*
 * mremap: making a mapping larger or smaller, or moving it with its pages.
 *
 * No VMA is kept over a munmap or a new mapping: they split, merge and free them.
 *
 * Lock: every function with _locked in its name, and those below it, need mmap_lock
 * for writing.
 */
#include <linnet/errno.h>
#include <linnet/mm.h>
#include <linnet/syscalls.h>
#include <linnet/task.h>
#include "internal.h"

static u64 mremap_move(struct vma *v, u64 old, u64 old_len, u64 new,
		       u64 new_len, bool dontunmap)
{
	struct mm *mm = v->mm;
	u64 pgoff = v->pgoff + ((old - v->start) >> PAGE_SHIFT);
	u64 flags = v->flags & ~(u64)VM_ACCOUNT;
	bool anonymous = !v->file;
	struct vma *nv;
	u64 at;

	at = mmap_region_locked(mm, v->file, new, new_len, flags, pgoff);
	if ((s64)at < 0)
		return at;
	/* What was looked up before may have been merged with the new one. */
	nv = vma_lookup(mm, new);
	if (anonymous && nv->start == new)
		nv->pgoff = pgoff; /* same identity as before the move */
	v = vma_lookup(mm, old);
	if (move_page_tables(v, old, new, min(old_len, new_len))) {
		move_page_tables(v, new, old, min(old_len, new_len));
		do_munmap_locked(mm, new, new_len);
		return (u64)-ENOMEM;
	}
	if (!dontunmap)
		do_munmap_locked(mm, old, old_len);
	return new;
}

/* Enlarge in place if the address space behind is free. */
static bool mremap_grow(struct vma *v, u64 addr, u64 old_len, u64 new_len)
{
	u64 delta = new_len - old_len, pages = delta >> PAGE_SHIFT;
	struct vma *next = vma_next(v);

	if (addr + old_len != v->end || v->flags & VM_DONTEXPAND ||
	    addr + new_len > USER_END ||
	    (next && next->start < addr + new_len))
		return false;
	if (!may_expand_vm(v->mm, v->flags, pages))
		return false;
	if (v->flags & VM_ACCOUNT && vm_enough_memory((s64)pages))
		return false;
	vma_resize(v, v->start, v->end + delta, v->pgoff);
	vm_stat_account(v->mm, v->flags, (s64)pages);
	vma_merge_around(v);
	return true;
}

/* The VMA of [@addr, @addr + @old_len) if it may become @new_len long. */
static struct vma *mremap_vma(struct mm *mm, u64 addr, u64 old_len, u64 new_len)
{
	struct vma *v = vma_lookup(mm, addr);
	u64 more = new_len > old_len ? (new_len - old_len) >> PAGE_SHIFT : 0;

	if (!v)
		return ERR_PTR(-EFAULT);
	if (!old_len && !(v->flags & (VM_SHARED | VM_MAYSHARE)))
		return ERR_PTR(-EINVAL);
	if (old_len > v->end - addr)
		return ERR_PTR(-EFAULT);
	if (more && v->flags & (VM_DONTEXPAND | VM_PFNMAP))
		return ERR_PTR(-EFAULT);
	if (more && v->flags & VM_LOCKED && !memlock_ok(mm, more))
		return ERR_PTR(-EAGAIN);
	if (more && !may_expand_vm(mm, v->flags, more))
		return ERR_PTR(-ENOMEM);
	return v;
}

/* MREMAP_FIXED, MREMAP_DONTUNMAP: @new_addr is where, or a hint. */
static u64 mremap_to(struct mm *mm, u64 addr, u64 old_len, u64 new_len,
		     u32 flags, u64 new_addr)
{
	u32 fixed = flags & MREMAP_FIXED ? MAP_FIXED : 0;
	struct vma *v;

	if (!IS_ALIGNED(new_addr, PAGE_SIZE) || new_len > USER_END ||
	    new_addr > USER_END - new_len ||
	    (addr < new_addr + new_len && new_addr < addr + old_len))
		return (u64)-EINVAL;
	/* No VMA is kept over these: they split, shrink and free them. */
	if (fixed && do_munmap_locked(mm, new_addr, new_len))
		return (u64)-ENOMEM;
	if (old_len > new_len) {
		if (do_munmap_locked(mm, addr + new_len, old_len - new_len))
			return (u64)-ENOMEM;
		old_len = new_len;
	}
	v = mremap_vma(mm, addr, old_len, new_len);
	if (IS_ERR(v))
		return (u64)PTR_ERR(v);
	if (flags & MREMAP_DONTUNMAP && v->flags & (VM_DONTEXPAND | VM_PFNMAP))
		return (u64)-EINVAL;
	new_addr = choose_address(mm, new_addr, new_len, fixed);
	if ((s64)new_addr < 0)
		return new_addr;
	return mremap_move(v, addr, old_len, new_addr, new_len,
			   flags & MREMAP_DONTUNMAP);
}

static u64 mremap_locked(struct mm *mm, u64 addr, u64 old_len, u64 new_len,
			 u32 flags, u64 new_addr)
{
	struct vma *v = vma_lookup(mm, addr);

	if (!v)
		return (u64)-EFAULT;
	if (flags & (MREMAP_FIXED | MREMAP_DONTUNMAP))
		return mremap_to(mm, addr, old_len, new_len, flags, new_addr);
	if (old_len >= new_len) {
		if (old_len > new_len &&
		    do_munmap_locked(mm, addr + new_len, old_len - new_len))
			return (u64)-EINVAL;
		return addr;
	}
	v = mremap_vma(mm, addr, old_len, new_len);
	if (IS_ERR(v))
		return (u64)PTR_ERR(v);
	if (mremap_grow(v, addr, old_len, new_len))
		return addr;
	if (!(flags & MREMAP_MAYMOVE))
		return (u64)-ENOMEM;
	new_addr = choose_address(mm, 0, new_len, 0);
	if ((s64)new_addr < 0)
		return new_addr;
	return mremap_move(v, addr, old_len, new_addr, new_len, false);
}

SYSCALL_DEFINE5(mremap, u64, addr, size_t, old_len, size_t, new_len, u32, flags,
		u64, new_addr)
{
	struct mm *mm = current->mm;
	u64 ret;

	if (flags & ~(u32)(MREMAP_FIXED | MREMAP_MAYMOVE | MREMAP_DONTUNMAP))
		return -EINVAL;
	if (flags & (MREMAP_FIXED | MREMAP_DONTUNMAP) &&
	    !(flags & MREMAP_MAYMOVE))
		return -EINVAL;
	if (flags & MREMAP_DONTUNMAP && old_len != new_len)
		return -EINVAL;
	if (!IS_ALIGNED(addr, PAGE_SIZE))
		return -EINVAL;
	old_len = ALIGN_UP(old_len, PAGE_SIZE);
	new_len = ALIGN_UP(new_len, PAGE_SIZE);
	if (!new_len)
		return -EINVAL;
	if (down_write_killable(&mm->mmap_lock))
		return -EINTR;
	ret = mremap_locked(mm, addr, old_len, new_len, flags, new_addr);
	up_write(&mm->mmap_lock);
	return (long)ret;
}
