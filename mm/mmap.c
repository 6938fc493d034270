/*
 * Changing the layout of an address space: mmap, munmap, mprotect, brk
 * (mremap: mremap.c).
 *
 * Every function with _locked in its name needs mmap_lock for writing.
 * Limits: RLIMIT_AS, RLIMIT_DATA, RLIMIT_STACK, RLIMIT_MEMLOCK, the overcommit
 * policy, and sysctl_max_map_count VMAs.
 */
#include <asm/mmu.h>
#include <linnet/cred.h>
#include <linnet/errno.h>
#include <linnet/fdtable.h>
#include <linnet/fs.h>
#include <linnet/mm.h>
#include <linnet/random.h>
#include <linnet/shmem.h>
#include <linnet/syscalls.h>
#include <linnet/task.h>
#include "internal.h"

int sysctl_overcommit_memory;	      /* OVERCOMMIT_GUESS */
int sysctl_overcommit_ratio = 50;
u64 sysctl_mmap_min_addr = 65536;
int sysctl_max_map_count = 65530;

u64 sysctl_overcommit_kbytes;	    /* 0: by the ratio */
static s64 committed_pages; /* [A] */

u64 vm_committed(void)
{
	return (u64)max((s64)atomic_read(&committed_pages), 0l);
}

/* Pages that may be promised under strict accounting. */
u64 vm_commit_limit(void)
{
	u64 kbytes = READ_ONCE(sysctl_overcommit_kbytes);

	if (kbytes)
		return kbytes >> (PAGE_SHIFT - 10);
	return mem_counters.total_pages * (u64)sysctl_overcommit_ratio / 100;
}

/* Account for memory that will be private and writable: 0 or -ENOMEM. */
int vm_enough_memory(s64 pages)
{
	s64 now = __atomic_add_fetch(&committed_pages, pages, __ATOMIC_RELAXED);

	if (sysctl_overcommit_memory == 1)
		return 0;
	if (sysctl_overcommit_memory == 0 &&
	    (u64)pages <= mem_counters.total_pages)
		return 0;
	if (sysctl_overcommit_memory == 2 && (u64)now <= vm_commit_limit())
		return 0;
	atomic_sub(&committed_pages, pages);
	return -ENOMEM;
}

void vm_unacct_memory(u64 pages)
{
	atomic_sub(&committed_pages, (s64)pages);
}

void vm_stat_account(struct mm *mm, u64 flags, s64 pages)
{
	mm->total_vm += pages;
	if (flags & VM_GROWSDOWN)
		mm->stack_vm += pages;
	else if ((flags & (VM_WRITE | VM_SHARED)) == VM_WRITE)
		mm->data_vm += pages;
	else if (flags & VM_EXEC)
		mm->exec_vm += pages;
	mm->hiwater_vm = max(mm->hiwater_vm, mm->total_vm);
}

bool may_expand_vm(struct mm *mm, u64 flags, u64 pages)
{
	if (mm->total_vm + pages > rlimit(RLIMIT_AS) >> PAGE_SHIFT)
		return false;
	if ((flags & (VM_WRITE | VM_SHARED | VM_GROWSDOWN)) == VM_WRITE)
		return mm->data_vm + pages <= rlimit(RLIMIT_DATA) >> PAGE_SHIFT;
	return true;
}

static u64 prot_to_flags(u32 prot)
{
	return (prot & PROT_READ ? VM_READ : 0) |
	       (prot & PROT_WRITE ? VM_WRITE : 0) |
	       (prot & PROT_EXEC ? VM_EXEC : 0) |
	       (prot & arch_prot_bits() ? VM_BTI : 0);
}

/* Private writable memory that nothing else can supply again. */
static bool accountable(struct file *file, u64 flags)
{
	if (sysctl_overcommit_memory != 2 && (flags & VM_NORESERVE))
		return false;
	return (flags & (VM_SHARED | VM_WRITE)) == VM_WRITE;
	(void)file;
}

/* --- munmap --- */

static void vma_destroy(struct vma *v)
{
	if (v->ops && v->ops->close)
		v->ops->close(v);
	if (v->file)
		fput(v->file);
	vma_free(v);
}

/* VMAs of [start, end), which begin and end exactly there, go away. */
static void remove_range(struct mm *mm, struct vma *first, u64 start, u64 end)
{
	struct vma *prev = vma_prev(first), *v, *next;
	u64 ceiling;

	unmap_vmas(mm, first, start, end, false);
	for (v = first; v && v->start < end; v = next) {
		u64 pages = (v->end - v->start) >> PAGE_SHIFT;

		next = vma_next(v);
		vm_stat_account(mm, v->flags, -(s64)pages);
		if (v->flags & VM_ACCOUNT)
			vm_unacct_memory(pages);
		if (v->flags & VM_LOCKED)
			mm->locked_vm -= pages;
		vma_unlink_file(v);
		vma_erase(mm, v);
		vma_destroy(v);
	}
	ceiling = v ? v->start : USER_END;
	free_page_tables(mm, start, end, prev ? prev->end : 0, ceiling);
}

int do_munmap_locked(struct mm *mm, u64 start, u64 len)
{
	u64 end;
	struct vma *v, *last;

	len = ALIGN_UP(len, PAGE_SIZE);
	if (!IS_ALIGNED(start, PAGE_SIZE) || !len || start > USER_END ||
	    len > USER_END - start)
		return -EINVAL;
	end = start + len;
	v = vma_find(mm, start);
	if (!v || v->start >= end)
		return 0;
	if (v->start < start) {
		v = vma_split(v, start);
		if (IS_ERR(v))
			return (int)PTR_ERR(v);
	}
	last = vma_lookup(mm, end - 1);
	if (last && last->end > end) {
		struct vma *upper = vma_split(last, end);

		if (IS_ERR(upper))
			return (int)PTR_ERR(upper);
	}
	remove_range(mm, v, start, end);
	return 0;
}

int do_munmap(struct mm *mm, u64 addr, u64 len)
{
	int err;

	if (down_write_killable(&mm->mmap_lock))
		return -EINTR;
	err = do_munmap_locked(mm, addr, len);
	up_write(&mm->mmap_lock);
	return err;
}

SYSCALL_DEFINE2(munmap, u64, addr, size_t, len)
{
	return do_munmap(current->mm, addr, len);
}

/* --- mmap --- */

/* A fresh VMA over a free range. */
static int map_new(struct mm *mm, struct file *file, u64 addr, u64 len,
		   u64 flags, u64 pgoff)
{
	bool writes = file && (flags & VM_SHARED) && (flags & VM_MAYWRITE);
	struct vma *v = vma_alloc(mm);
	int err = 0;

	if (!v)
		return -ENOMEM;
	v->start = addr;
	v->end = addr + len;
	v->flags = flags;
	v->pgoff = pgoff;
	/* Counted before the file is asked: it may be sealed at this moment. */
	if (writes) {
		atomic_inc(&file->mapping->nr_writable);
		smp_mb(); /* pairs with add_seals() of tmpfs */
	}
	if (file) {
		v->file = get_file(file);
		err = file->ops->mmap(file, v);
	}
	if (err) {
		fput(v->file);
		vma_free(v);
	} else {
		vma_insert(mm, v);
		vma_link_file(v);
	}
	if (writes)
		atomic_dec(&file->mapping->nr_writable);
	return err;
}

u64 mmap_region_locked(struct mm *mm, struct file *file, u64 addr, u64 len,
		       u64 flags, u64 pgoff)
{
	u64 pages = len >> PAGE_SHIFT;
	int err;

	err = do_munmap_locked(mm, addr, len);
	if (err)
		return (u64)err;
	if (!may_expand_vm(mm, flags, pages) ||
	    mm->nr_vmas >= (u32)sysctl_max_map_count)
		return (u64)-ENOMEM;
	if (accountable(file, flags)) {
		if (vm_enough_memory((s64)pages))
			return (u64)-ENOMEM;
		flags |= VM_ACCOUNT;
	}
	if (!file && vma_extend(mm, addr, addr + len, flags, NULL, pgoff, NULL,
				NULL))
		err = 0;
	else
		err = map_new(mm, file, addr, len, flags, pgoff);
	if (err) {
		if (flags & VM_ACCOUNT)
			vm_unacct_memory(pages);
		return (u64)err;
	}
	vm_stat_account(mm, flags, (s64)pages);
	if (flags & VM_LOCKED)
		mm->locked_vm += pages;
	return addr;
}

/* VM_* limits that the file's open mode and mount impose; or -errno. */
static int file_map_flags(struct file *file, u32 type, u64 *flags)
{
	if (!file->ops->mmap)
		return -ENODEV;
	if (!(file->mode & FMODE_READ))
		return -EACCES;
	if (type != MAP_PRIVATE) {
		if ((*flags & VM_WRITE) && !(file->mode & FMODE_WRITE))
			return -EACCES;
		if (file->inode->flags & S_APPEND && (file->mode & FMODE_WRITE))
			return -EACCES;
		*flags |= VM_SHARED | VM_MAYSHARE;
		if (!(file->mode & FMODE_WRITE))
			*flags &= ~(u64)(VM_MAYWRITE | VM_SHARED);
	}
	if (path_noexec(&file->path)) {
		if (*flags & VM_EXEC)
			return -EPERM;
		*flags &= ~(u64)VM_MAYEXEC;
	}
	return 0;
}

static int anon_map_flags(u32 type, u64 *flags)
{
	if (type == MAP_SHARED)
		*flags |= VM_SHARED | VM_MAYSHARE;
	else if (type != MAP_PRIVATE)
		return -EINVAL;
	return 0;
}

bool memlock_ok(struct mm *mm, u64 pages)
{
	return capable(CAP_IPC_LOCK) ||
	       mm->locked_vm + pages <= rlimit(RLIMIT_MEMLOCK) >> PAGE_SHIFT;
}

u64 choose_address(struct mm *mm, u64 addr, u64 len, u32 flags)
{
	struct vma *v;

	if (!(flags & (MAP_FIXED | MAP_FIXED_NOREPLACE)))
		return find_free_area(mm, addr, len, PAGE_SIZE);
	if (!IS_ALIGNED(addr, PAGE_SIZE))
		return (u64)-EINVAL;
	if (len > USER_END || addr > USER_END - len)
		return (u64)-ENOMEM;
	if (addr < sysctl_mmap_min_addr && !capable(CAP_SYS_RAWIO))
		return (u64)-EPERM;
	if (flags & MAP_FIXED_NOREPLACE) {
		v = vma_find(mm, addr);
		if (v && v->start < addr + len)
			return (u64)-EEXIST;
	}
	return addr;
}

/* Do the pages lie below the size a file can have? Devices have no size. */
static bool file_offset_ok(const struct file *file, u64 pgoff, u64 len)
{
	u64 max = (u64)file->inode->sb->max_bytes;

	if (!S_ISREG(file->inode->mode))
		return true;
	return len <= max && pgoff <= (max - len) >> PAGE_SHIFT;
}

/* mmap_lock held. */
static u64 do_mmap_locked(struct mm *mm, struct file *file, u64 addr, u64 len,
			  u32 prot, u32 flags, u64 pgoff)
{
	u64 vm_flags = prot_to_flags(prot) | mm->def_flags | VM_MAYREAD |
		       VM_MAYWRITE | VM_MAYEXEC;
	u32 type = flags & MAP_TYPE;
	int err;

	if (mm->nr_vmas > (u32)sysctl_max_map_count)
		return (u64)-ENOMEM;
	addr = choose_address(mm, addr, len, flags);
	if ((s64)addr < 0)
		return addr;
	if (flags & MAP_GROWSDOWN)
		vm_flags |= VM_GROWSDOWN;
	if (flags & MAP_LOCKED) {
		if (!rlimit(RLIMIT_MEMLOCK) && !capable(CAP_IPC_LOCK))
			return (u64)-EPERM;
		vm_flags |= VM_LOCKED;
	}
	if (flags & MAP_NORESERVE && sysctl_overcommit_memory != 2)
		vm_flags |= VM_NORESERVE;
	if (vm_flags & VM_LOCKED && !memlock_ok(mm, len >> PAGE_SHIFT))
		return (u64)-EAGAIN;
	if (file && !file_offset_ok(file, pgoff, len))
		return (u64)-EOVERFLOW;
	err = file ? file_map_flags(file, type, &vm_flags)
		   : anon_map_flags(type, &vm_flags);
	if (err)
		return (u64)err;
	if (file && (vm_flags & VM_GROWSDOWN))
		return (u64)-EINVAL;
	if (file)
		return mmap_region_locked(mm, file, addr, len, vm_flags, pgoff);
	if (!(vm_flags & VM_SHARED))
		return mmap_region_locked(mm, NULL, addr, len, vm_flags,
					  addr >> PAGE_SHIFT);
	/* Shared anonymous memory is an unlinked file in the internal tmpfs. */
	file = shmem_file_setup("dev/zero", len, vm_flags & VM_NORESERVE);
	if (IS_ERR(file))
		return (u64)PTR_ERR(file);
	addr = mmap_region_locked(mm, file, addr, len, vm_flags, 0);
	fput(file);
	return addr;
}

/* Fault in a range now (MAP_POPULATE, mlock). Errors only matter to mlock. */
long populate_range(struct mm *mm, u64 start, u64 len)
{
	u64 end = start + len;

	while (start < end) {
		struct vma *v;
		int r;

		down_read(&mm->mmap_lock);
		v = vma_lookup(mm, start);
		if (!v) {
			up_read(&mm->mmap_lock);
			return -ENOMEM;
		}
		r = handle_mm_fault(v, start,
				    (v->flags & (VM_WRITE | VM_SHARED)) == VM_WRITE,
				    false);
		up_read(&mm->mmap_lock);
		if (r & (VM_FAULT_OOM | VM_FAULT_SIGBUS | VM_FAULT_ACCERR |
			 VM_FAULT_SIGSEGV))
			return r & VM_FAULT_OOM ? -ENOMEM : -EFAULT;
		if (fatal_signal_pending(current))
			return -EINTR;
		start += PAGE_SIZE;
	}
	return 0;
}

#define MAP_KNOWN                                                              \
	(MAP_TYPE | MAP_FIXED | MAP_ANONYMOUS | MAP_NORESERVE | MAP_POPULATE | \
	 MAP_NONBLOCK | MAP_STACK | MAP_GROWSDOWN | MAP_DENYWRITE |            \
	 MAP_EXECUTABLE | MAP_LOCKED | MAP_FIXED_NOREPLACE | MAP_UNINITIALIZED)

u64 do_mmap(struct file *file, u64 addr, u64 len, u32 prot, u32 flags,
	    u64 offset)
{
	struct mm *mm = current->mm;
	u64 pages, ret;

	if (!len)
		return (u64)-EINVAL;
	if (len > USER_END)
		return (u64)-ENOMEM;
	len = ALIGN_UP(len, PAGE_SIZE);
	pages = len >> PAGE_SHIFT;
	if ((offset >> PAGE_SHIFT) + pages < pages)
		return (u64)-EOVERFLOW;
	if (current->personality & 0x0400000 /* READ_IMPLIES_EXEC */ &&
	    (prot & PROT_READ) && !(file && path_noexec(&file->path)))
		prot |= PROT_EXEC;
	if (down_write_killable(&mm->mmap_lock))
		return (u64)-EINTR;
	ret = do_mmap_locked(mm, file, addr, len, prot, flags,
			     offset >> PAGE_SHIFT);
	up_write(&mm->mmap_lock);
	if ((s64)ret >= 0 &&
	    ((flags & (MAP_POPULATE | MAP_NONBLOCK)) == MAP_POPULATE ||
	     flags & MAP_LOCKED || mm->def_flags & VM_LOCKED))
		populate_range(mm, ret, len);
	return ret;
}

SYSCALL_DEFINE6(mmap, u64, addr, size_t, len, u32, prot, u32, flags, u32, fd,
		u64, off)
{
	struct file *file = NULL;
	u64 ret;

	if (!IS_ALIGNED(off, PAGE_SIZE))
		return -EINVAL;
	if (!(flags & MAP_ANONYMOUS)) {
		file = fget(fd);
		if (!file)
			return -EBADF;
	}
	switch (flags & MAP_TYPE) {
	case MAP_SHARED_VALIDATE:
		ret = flags & ~(u32)MAP_KNOWN ? (u64)-EOPNOTSUPP : 0;
		break;
	case MAP_SHARED:
	case MAP_PRIVATE:
		ret = 0;
		break;
	default:
		ret = (u64)-EINVAL;
	}
	if (!ret)
		ret = flags & MAP_HUGETLB ? (u64)-EINVAL
					  : do_mmap(file, addr, len, prot,
						    flags, off);
	if (file)
		fput(file);
	return (long)ret;
}

int install_special_mapping(struct mm *mm, u64 addr, u64 len, u64 vm_flags,
			    const struct vma_ops *ops, void *private)
{
	struct vma *v = vma_alloc(mm);

	if (!v)
		return -ENOMEM;
	v->start = addr;
	v->end = addr + len;
	v->flags = vm_flags | VM_DONTEXPAND;
	v->ops = ops;
	v->private = private;
	vma_insert(mm, v);
	mm->total_vm += len >> PAGE_SHIFT;
	return 0;
}

/* --- mprotect --- */

/* Give [start, end), inside one VMA, new flags. */
static int protect_vma(struct vma *v, u64 start, u64 end, u64 flags)
{
	u64 old = v->flags, pages = (end - start) >> PAGE_SHIFT;
	bool charge = !(old & (VM_ACCOUNT | VM_SHARED | VM_NORESERVE)) &&
		      (flags & VM_WRITE);
	struct vma *upper;

	if (old == flags)
		return 0;
	if ((flags & VM_WRITE) && !(old & VM_WRITE) &&
	    !may_expand_vm(v->mm, flags, pages) && !(flags & VM_SHARED) &&
	    v->mm->data_vm + pages > rlimit(RLIMIT_DATA) >> PAGE_SHIFT)
		return -ENOMEM;
	if (charge && vm_enough_memory((s64)pages))
		return -ENOMEM;
	if (v->start < start) {
		v = vma_split(v, start);
		if (IS_ERR(v))
			goto uncharge;
	}
	if (v->end > end) {
		upper = vma_split(v, end);
		if (IS_ERR(upper)) {
			v = upper;
			goto uncharge;
		}
	}
	vm_stat_account(v->mm, old, -(s64)pages);
	if (charge)
		flags |= VM_ACCOUNT;
	vm_stat_account(v->mm, flags, (s64)pages);
	v->flags = flags;
	change_protection(v, start, end);
	vma_merge_around(v);
	return 0;
uncharge:
	if (charge)
		vm_unacct_memory(pages);
	return (int)PTR_ERR(v);
}

static int mprotect_locked(struct mm *mm, u64 start, u64 end, u32 prot,
			   u32 grows)
{
	struct vma *v = vma_find(mm, start);
	u64 at = start;

	if (!v || v->start > start)
		return -ENOMEM;
	if (grows & PROT_GROWSDOWN) {
		if (!(v->flags & VM_GROWSDOWN))
			return -EINVAL;
		at = v->start;
	} else if (grows & PROT_GROWSUP) {
		return -EINVAL;
	}
	while (at < end) {
		u64 stop = min(v->end, end);
		u64 flags = (v->flags & ~(u64)(VM_ACCESS_FLAGS | VM_BTI)) |
			    prot_to_flags(prot);
		int err;

		if (flags & VM_ACCESS_FLAGS & ~(v->flags >> 4))
			return -EACCES;
		err = protect_vma(v, at, stop, flags);
		if (err)
			return err;
		at = stop;
		if (at >= end)
			break;
		v = vma_find(mm, at);
		if (!v || v->start != at)
			return -ENOMEM;
	}
	return 0;
}

int do_mprotect(u64 start, u64 len, u32 prot)
{
	u32 grows = prot & (PROT_GROWSDOWN | PROT_GROWSUP);
	struct mm *mm = current->mm;
	int err;

	prot &= ~(u32)(PROT_GROWSDOWN | PROT_GROWSUP);
	if (grows == (PROT_GROWSDOWN | PROT_GROWSUP))
		return -EINVAL;
	if (!IS_ALIGNED(start, PAGE_SIZE))
		return -EINVAL;
	if (!len)
		return 0;
	len = ALIGN_UP(len, PAGE_SIZE);
	if (!len || start + len < start || start + len > USER_END)
		return -ENOMEM;
	if (prot & ~((u32)(PROT_READ | PROT_WRITE | PROT_EXEC | PROT_SEM) |
		     arch_prot_bits()))
		return -EINVAL;
	if (current->personality & 0x0400000 /* READ_IMPLIES_EXEC */ &&
	    (prot & PROT_READ))
		prot |= PROT_EXEC;
	if (down_write_killable(&mm->mmap_lock))
		return -EINTR;
	err = mprotect_locked(mm, start, start + len, prot, grows);
	up_write(&mm->mmap_lock);
	return err;
}

SYSCALL_DEFINE3(mprotect, u64, start, size_t, len, u32, prot)
{
	return do_mprotect(start, len, prot);
}

/* --- brk and the stack --- */

/* Anonymous memory at a fixed place: the heap, ELF's zero pages. */
int do_brk_locked(struct mm *mm, u64 addr, u64 len, u64 vm_flags)
{
	u64 r = mmap_region_locked(mm, NULL, addr, len,
				   VM_READ | VM_WRITE | VM_MAYREAD |
					   VM_MAYWRITE | VM_MAYEXEC | vm_flags |
					   mm->def_flags,
				   addr >> PAGE_SHIFT);

	return (s64)r < 0 ? (int)r : 0;
}

static u64 brk_locked(struct mm *mm, u64 brk)
{
	u64 old = ALIGN_UP(mm->brk, PAGE_SIZE), new = ALIGN_UP(brk, PAGE_SIZE);
	struct vma *next;

	if (brk < mm->start_brk || new > USER_END)
		return mm->brk;
	if (brk - mm->start_brk + (mm->end_data - mm->start_data) >
	    rlimit(RLIMIT_DATA))
		return mm->brk;
	if (new < old) {
		if (do_munmap_locked(mm, new, old - new))
			return mm->brk;
	} else if (new > old) {
		next = vma_find(mm, old);
		if (next && new + PAGE_SIZE > next->start)
			return mm->brk;
		if (do_brk_locked(mm, old, new - old, 0))
			return mm->brk;
	}
	mm->brk = brk;
	return brk;
}

SYSCALL_DEFINE1(brk, u64, brk)
{
	struct mm *mm = current->mm;
	u64 ret, old;

	if (down_write_killable(&mm->mmap_lock))
		return -EINTR;
	old = mm->brk;
	ret = brk_locked(mm, brk);
	up_write(&mm->mmap_lock);
	if (ret > old && (mm->def_flags & VM_LOCKED))
		populate_range(mm, ALIGN_UP(old, PAGE_SIZE),
			       ALIGN_UP(ret, PAGE_SIZE) -
				       ALIGN_UP(old, PAGE_SIZE));
	return (long)ret;
}

int expand_stack(struct vma *v, u64 addr)
{
	struct vma *prev = vma_prev(v);
	struct mm *mm = v->mm;
	u64 pages, old_start = v->start;

	addr &= PAGE_MASK;
	if (addr < sysctl_mmap_min_addr)
		return -EPERM;
	if (prev && !(prev->flags & VM_GROWSDOWN) &&
	    (prev->flags & VM_ACCESS_FLAGS) &&
	    addr < prev->end + STACK_GUARD_PAGES * PAGE_SIZE)
		return -ENOMEM;
	pages = (old_start - addr) >> PAGE_SHIFT;
	if (v->end - addr > rlimit(RLIMIT_STACK) ||
	    !may_expand_vm(mm, v->flags, pages) ||
	    vm_enough_memory((s64)pages))
		return -ENOMEM;
	vma_resize(v, addr, v->end, v->pgoff - pages);
	vm_stat_account(mm, v->flags, (s64)pages);
	return 0;
}
