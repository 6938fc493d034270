/*
 * Memory that stays: mlock, munlock, mlockall; mincore asks what is there.
 *
 * Pages are never taken from an address space except by truncation, so locking
 * is a flag on VMAs, a count against RLIMIT_MEMLOCK and faulting everything in.
 *
 * Locks: mmap_lock for writing while flags change, for reading while asking.
 */
#include <asm/mmu.h>
#include <linnet/cred.h>
#include <linnet/errno.h>
#include <linnet/fs.h>
#include <linnet/mm.h>
#include <linnet/syscalls.h>
#include <linnet/task.h>
#include "internal.h"

#define LOCK_FLAGS (VM_LOCKED | VM_LOCKONFAULT)
/* Mappings that are always there and never counted. */
#define UNLOCKABLE (VM_IO | VM_PFNMAP | VM_DONTEXPAND)

static bool may_lock(void)
{
	return rlimit(RLIMIT_MEMLOCK) || capable(CAP_IPC_LOCK);
}

static u64 lock_limit(void)
{
	return rlimit(RLIMIT_MEMLOCK) >> PAGE_SHIFT;
}

/* [start, end), inside @v, becomes locked as @lock says (0: not at all). */
static int lock_vma(struct vma *v, u64 start, u64 end, u64 lock)
{
	struct mm *mm = v->mm;
	u64 old = v->flags, pages = (end - start) >> PAGE_SHIFT;

	if (old & UNLOCKABLE)
		return 0;
	v = vma_set_flags(v, start, end, (old & ~(u64)LOCK_FLAGS) | lock);
	if (IS_ERR(v))
		return (int)PTR_ERR(v);
	if (lock && !(old & VM_LOCKED))
		mm->locked_vm += pages;
	else if (!lock && old & VM_LOCKED)
		mm->locked_vm -= pages;
	return 0;
}

/* -ENOMEM at the first hole. mmap_lock for writing. */
static int lock_range_locked(struct mm *mm, u64 at, u64 end, u64 lock)
{
	while (at < end) {
		struct vma *v = vma_lookup(mm, at);
		u64 stop;
		int err;

		if (!v)
			return -ENOMEM;
		stop = min(v->end, end);
		err = lock_vma(v, at, stop, lock);
		if (err)
			return err;
		at = stop;
	}
	return 0;
}

static u64 locked_in_range(struct mm *mm, u64 start, u64 end)
{
	u64 bytes = 0;

	for (struct vma *v = vma_find(mm, start); v && v->start < end;
	     v = vma_next(v))
		if (v->flags & VM_LOCKED)
			bytes += min(v->end, end) - max(v->start, start);
	return bytes >> PAGE_SHIFT;
}

/* Fault in what is locked of [start, end); the lock is not held across. */
static long populate_locked(struct mm *mm, u64 start, u64 end)
{
	long err = 0;

	while (start < end && !err) {
		struct vma *v;
		u64 from, stop;
		bool want;

		down_read(&mm->mmap_lock);
		v = vma_find(mm, start);
		from = v ? max(v->start, start) : end;
		stop = v ? min(v->end, end) : end;
		want = v && (v->flags & LOCK_FLAGS) == VM_LOCKED;
		up_read(&mm->mmap_lock);
		if (from < end && want)
			err = populate_range(mm, from, stop - from);
		start = stop;
	}
	return err;
}

static long do_mlock(struct mm *mm, u64 start, size_t len, u64 lock)
{
	u64 end, pages;
	long err;

	if (!may_lock())
		return -EPERM;
	len = ALIGN_UP(len + (start & ~PAGE_MASK), PAGE_SIZE);
	start &= PAGE_MASK;
	end = start + len;
	pages = len >> PAGE_SHIFT;
	if (down_write_killable(&mm->mmap_lock))
		return -EINTR;
	if (mm->locked_vm + pages > lock_limit() && !capable(CAP_IPC_LOCK))
		pages -= min(pages, locked_in_range(mm, start, end));
	if (mm->locked_vm + pages > lock_limit() && !capable(CAP_IPC_LOCK))
		err = -ENOMEM;
	else
		err = end < start ? -EINVAL
				  : lock_range_locked(mm, start, end, lock);
	up_write(&mm->mmap_lock);
	if (err)
		return err;
	err = populate_locked(mm, start, end);
	if (err == -EFAULT)
		return -ENOMEM;
	return err == -ENOMEM ? -EAGAIN : err;
}

/* Every VMA, and with @future those to come. */
static long lock_all(struct mm *mm, u64 current_lock, bool now, u64 future)
{
	struct vma *v, *next;

	mm->def_flags = (mm->def_flags & ~(u64)LOCK_FLAGS) | future;
	for (v = now ? vma_first(mm) : NULL; v; v = next) {
		u64 end = v->end;

		/* One that cannot be split or merged does not stop the rest. */
		(void)lock_vma(v, v->start, end, current_lock);
		next = vma_find(mm, end);
	}
	return 0;
}

SYSCALL_DEFINE2(mlock, u64, start, size_t, len)
{
	return do_mlock(current->mm, start, len, VM_LOCKED);
}

SYSCALL_DEFINE3(mlock2, u64, start, size_t, len, int, flags)
{
	if (flags & ~MLOCK_ONFAULT)
		return -EINVAL;
	return do_mlock(current->mm, start, len,
			flags ? LOCK_FLAGS : VM_LOCKED);
}

SYSCALL_DEFINE2(munlock, u64, start, size_t, len)
{
	struct mm *mm = current->mm;
	int err;

	len = ALIGN_UP(len + (start & ~PAGE_MASK), PAGE_SIZE);
	start &= PAGE_MASK;
	if (start + len < start)
		return -EINVAL;
	if (down_write_killable(&mm->mmap_lock))
		return -EINTR;
	err = lock_range_locked(mm, start, start + len, 0);
	up_write(&mm->mmap_lock);
	return err;
}

SYSCALL_DEFINE1(mlockall, int, flags)
{
	struct mm *mm = current->mm;
	u64 lock = flags & MCL_ONFAULT ? LOCK_FLAGS : VM_LOCKED;
	bool now = flags & MCL_CURRENT;
	long err = -ENOMEM;

	if (!flags || flags == MCL_ONFAULT ||
	    flags & ~(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT))
		return -EINVAL;
	if (!may_lock())
		return -EPERM;
	if (down_write_killable(&mm->mmap_lock))
		return -EINTR;
	if (!now || mm->total_vm <= lock_limit() || capable(CAP_IPC_LOCK))
		err = lock_all(mm, lock, now, flags & MCL_FUTURE ? lock : 0);
	up_write(&mm->mmap_lock);
	if (!err && now)
		populate_locked(mm, 0, USER_END);
	return err;
}

SYSCALL_DEFINE0(munlockall)
{
	struct mm *mm = current->mm;
	long err;

	if (down_write_killable(&mm->mmap_lock))
		return -EINTR;
	err = lock_all(mm, 0, true, 0);
	up_write(&mm->mmap_lock);
	return err;
}

/* --- mincore --- */

/* Others' files are not to be spied upon: they look resident. */
static bool may_see_cache(struct file *f)
{
	return inode_owner_or_capable(f->inode) ||
	       !inode_permission(f->inode, MAY_WRITE);
}

static bool page_resident(struct vma *v, u64 addr, bool see_cache)
{
	spinlock_t *ptl;
	pte_t *pte = pte_lookup_lock(v->mm, addr, &ptl);
	bool present = false;
	struct page *p;

	if (pte) {
		present = pte_present(pte_read(pte));
		pte_unlock(ptl);
	}
	if (present || !v->file)
		return present;
	if (!see_cache)
		return true;
	p = find_get_page(v->file->mapping,
			  v->pgoff + ((addr - v->start) >> PAGE_SHIFT));
	if (!p)
		return false;
	present = page_test(p, PG_UPTODATE);
	put_page(p);
	return present;
}

/* Answer for up to @n pages of one VMA: how many, or -ENOMEM. */
static long mincore_some(struct mm *mm, u64 addr, u64 n, u8 *out)
{
	struct vma *v = vma_lookup(mm, addr);
	bool see_cache;

	if (!v)
		return -ENOMEM;
	see_cache = !v->file || may_see_cache(v->file);
	n = min(n, (v->end - addr) >> PAGE_SHIFT);
	for (u64 i = 0; i < n; i++)
		out[i] = page_resident(v, addr + i * PAGE_SIZE, see_cache);
	return (long)n;
}

SYSCALL_DEFINE3(mincore, u64, start, size_t, len, u8 __user *, vec)
{
	struct mm *mm = current->mm;
	u64 pages = (len >> PAGE_SHIFT) + ((len & ~PAGE_MASK) != 0);
	u8 chunk[256];
	long n;

	if (!IS_ALIGNED(start, PAGE_SIZE))
		return -EINVAL;
	if (len > USER_END || start > USER_END - len)
		return -ENOMEM;
	for (; pages; pages -= (u64)n) {
		down_read(&mm->mmap_lock);
		n = mincore_some(mm, start, min(pages, sizeof(chunk)), chunk);
		up_read(&mm->mmap_lock);
		if (n < 0)
			return n;
		if (copy_to_user(vec, chunk, (size_t)n))
			return -EFAULT;
		start += (u64)n * PAGE_SIZE;
		vec += n;
		cond_resched();
	}
	return 0;
}
