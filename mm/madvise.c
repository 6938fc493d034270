/*
 * madvise(2): what a program expects of its memory.
 *
 * An advice either changes the flags of the VMAs in a range or acts on their
 * pages; the table says which. Ranges with holes are worked through to their
 * end and then answered with -ENOMEM.
 *
 * Locks: mmap_lock, for writing where flags change, else for reading.
 * MADV_REMOVE lets go of it, so the walk looks up each VMA anew.
 */
#include <asm/mmu.h>
#include <linnet/errno.h>
#include <linnet/fs.h>
#include <linnet/mm.h>
#include <linnet/syscalls.h>
#include <linnet/task.h>
#include <linux/falloc.h>
#include "internal.h"

struct advice {
	/* Flags change: @set and @clear unless the VMA has one of @deny. */
	u64 set, clear, deny;
	bool anon_only; /* private anonymous memory only */
	/*
	 * Pages change: 0 or -errno for [start, end) of @v. NULL: flags.
	 * mmap_lock is held for reading; true in *dropped: not any more.
	 */
	int (*act)(struct vma *v, u64 start, u64 end, bool *dropped);
};

static int advise_dontneed_locked(struct vma *v, u64 start, u64 end,
				  bool *dropped)
{
	if (v->flags & VM_PFNMAP)
		return -EINVAL;
	zap_range(v, start, end);
	return 0;
}

static int advise_dontneed(struct vma *v, u64 start, u64 end, bool *dropped)
{
	if (v->flags & VM_LOCKED)
		return -EINVAL;
	return advise_dontneed_locked(v, start, end, dropped);
}

/* The contents may go at any time: they go now. */
static int advise_free(struct vma *v, u64 start, u64 end, bool *dropped)
{
	if (v->file || v->ops)
		return -EINVAL;
	return advise_dontneed(v, start, end, dropped);
}

static int advise_willneed(struct vma *v, u64 start, u64 end, bool *dropped)
{
	struct address_space *m;
	u64 first, pages;

	if (!v->file)
		return 0;
	m = v->file->mapping;
	if (!m->ops || !m->ops->readahead)
		return 0;
	first = v->pgoff + ((start - v->start) >> PAGE_SHIFT);
	pages = ((u64)i_size_read(m->host) + PAGE_SIZE - 1) >> PAGE_SHIFT;
	if (first < pages)
		m->ops->readahead(m, first,
				  (u32)min(pages - first,
					   min((end - start) >> PAGE_SHIFT,
					       (u64)U32_MAX)));
	return 0;
}

/* There is no swap: nothing is to be aged or written out early. */
static int advise_cold(struct vma *v, u64 start, u64 end, bool *dropped)
{
	return v->flags & (VM_LOCKED | VM_PFNMAP) ? -EINVAL : 0;
}

/* Punch a hole into the file behind a shared mapping. */
static int advise_remove(struct vma *v, u64 start, u64 end, bool *dropped)
{
	struct mm *mm = v->mm;
	struct file *file = v->file;
	loff_t off;
	long err;

	if (v->flags & VM_LOCKED || !file)
		return -EINVAL;
	if ((v->flags & (VM_SHARED | VM_WRITE)) != (VM_SHARED | VM_WRITE))
		return -EACCES;
	if (!file->ops->fallocate)
		return -EOPNOTSUPP;
	off = (loff_t)(v->pgoff << PAGE_SHIFT) + (loff_t)(start - v->start);
	get_file(file);
	up_read(&mm->mmap_lock);
	*dropped = true;
	err = file->ops->fallocate(file,
				   FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
				   off, (loff_t)(end - start));
	fput(file);
	return (int)err;
}

static int populate(struct vma *v, u64 start, u64 end, bool write)
{
	int r;

	if (v->flags & (VM_PFNMAP | VM_IO) ||
	    !(v->flags & (write ? VM_WRITE : VM_READ)))
		return -EINVAL;
	for (; start < end; start += PAGE_SIZE) {
		do {
			r = handle_mm_fault(v, start, write, false);
		} while (r & VM_FAULT_RETRY && !fatal_signal_pending(current));
		if (r & VM_FAULT_OOM)
			return -ENOMEM;
		if (r & (VM_FAULT_SIGBUS | VM_FAULT_SIGSEGV | VM_FAULT_ACCERR))
			return -EFAULT;
		if (fatal_signal_pending(current))
			return -EINTR;
		cond_resched();
	}
	return 0;
}

static int advise_populate_read(struct vma *v, u64 start, u64 end,
				bool *dropped)
{
	return populate(v, start, end, false);
}

static int advise_populate_write(struct vma *v, u64 start, u64 end,
				 bool *dropped)
{
	return populate(v, start, end, true);
}

static const struct advice advices[] = {
	[MADV_NORMAL] = {.clear = VM_RAND_READ | VM_SEQ_READ},
	[MADV_RANDOM] = {.set = VM_RAND_READ, .clear = VM_SEQ_READ},
	[MADV_SEQUENTIAL] = {.set = VM_SEQ_READ, .clear = VM_RAND_READ},
	[MADV_WILLNEED] = {.act = advise_willneed},
	[MADV_DONTNEED] = {.act = advise_dontneed},
	[MADV_FREE] = {.act = advise_free},
	[MADV_REMOVE] = {.act = advise_remove},
	[MADV_DONTFORK] = {.set = VM_DONTCOPY},
	[MADV_DOFORK] = {.clear = VM_DONTCOPY, .deny = VM_IO},
	[MADV_HUGEPAGE] = {.set = VM_HUGEPAGE, .clear = VM_NOHUGEPAGE},
	[MADV_NOHUGEPAGE] = {.set = VM_NOHUGEPAGE, .clear = VM_HUGEPAGE},
	[MADV_DONTDUMP] = {.set = VM_DONTDUMP},
	[MADV_DODUMP] = {.clear = VM_DONTDUMP,
			 .deny = VM_IO | VM_PFNMAP | VM_DONTEXPAND},
	[MADV_WIPEONFORK] = {.set = VM_WIPEONFORK, .deny = VM_SHARED,
			     .anon_only = true},
	[MADV_KEEPONFORK] = {.clear = VM_WIPEONFORK},
	[MADV_COLD] = {.act = advise_cold},
	[MADV_PAGEOUT] = {.act = advise_cold},
	[MADV_POPULATE_READ] = {.act = advise_populate_read},
	[MADV_POPULATE_WRITE] = {.act = advise_populate_write},
	[MADV_DONTNEED_LOCKED] = {.act = advise_dontneed_locked},
};

static const struct advice *advice_of(int behavior)
{
	const struct advice *a;

	if (behavior < 0 || (size_t)behavior >= ARRAY_SIZE(advices))
		return NULL;
	a = &advices[behavior];
	return a->act || a->set || a->clear ? a : NULL;
}

/* mmap_lock for writing. */
static int advise_flags(const struct advice *a, struct vma *v, u64 start,
			u64 end)
{
	struct vma *now;

	if (v->flags & a->deny || (a->anon_only && (v->file || v->ops)))
		return -EINVAL;
	now = vma_set_flags(v, start, end, (v->flags & ~a->clear) | a->set);
	return IS_ERR(now) ? (int)PTR_ERR(now) : 0;
}

/* mmap_lock held, for reading if a->act; still held afterwards. */
static int advise_range_locked(const struct advice *a, struct mm *mm, u64 at,
			       u64 end)
{
	int hole = 0, err = 0;

	while (at < end && !err) {
		struct vma *v = vma_find(mm, at);
		bool dropped = false;
		u64 stop;

		if (!v || v->start >= end)
			return -ENOMEM;
		if (v->start > at) {
			hole = -ENOMEM;
			at = v->start;
		}
		stop = min(v->end, end);
		err = a->act ? a->act(v, at, stop, &dropped)
			     : advise_flags(a, v, at, stop);
		if (dropped)
			down_read(&mm->mmap_lock);
		at = stop;
	}
	return err ? err : hole;
}

static int do_madvise(struct mm *mm, u64 start, size_t len_in, int behavior)
{
	const struct advice *a = advice_of(behavior);
	u64 len = ALIGN_UP(len_in, PAGE_SIZE);
	int err;

	if (!a || !IS_ALIGNED(start, PAGE_SIZE) || (len_in && !len) ||
	    start + len < start)
		return -EINVAL;
	if (!len)
		return 0;
	if (a->act) {
		down_read(&mm->mmap_lock);
		err = advise_range_locked(a, mm, start, start + len);
		up_read(&mm->mmap_lock);
		return err;
	}
	if (down_write_killable(&mm->mmap_lock))
		return -EINTR;
	err = advise_range_locked(a, mm, start, start + len);
	up_write(&mm->mmap_lock);
	return err;
}

SYSCALL_DEFINE3(madvise, u64, start, size_t, len, int, behavior)
{
	return do_madvise(current->mm, start, len, behavior);
}
