/*
 * msync(2): writes to shared mappings reach their files.
 *
 * A write to a shared page marks it dirty at its first fault, so what is left
 * to do is the file's own fsync over the range.
 */
#include <linnet/errno.h>
#include <linnet/fs.h>
#include <linnet/mm.h>
#include <linnet/syscalls.h>
#include <linnet/task.h>

/* Write [start, end) of @v to its file. Drops mmap_lock and takes it again. */
static int sync_vma(struct vma *v, u64 start, u64 end)
{
	struct mm *mm = v->mm;
	struct file *f = get_file(v->file);
	loff_t from = (loff_t)((v->pgoff << PAGE_SHIFT) + (start - v->start));
	int err;

	up_read(&mm->mmap_lock);
	err = f->ops->fsync ? f->ops->fsync(f, from,
					    from + (loff_t)(end - start) - 1,
					    true)
			    : -EINVAL;
	fput(f);
	down_read(&mm->mmap_lock);
	return err;
}

/* mmap_lock for reading. */
static int msync_locked(struct mm *mm, u64 at, u64 end, int flags)
{
	int hole = 0, err = 0;

	while (at < end && !err) {
		struct vma *v = vma_find(mm, at);
		u64 stop;

		if (!v || v->start >= end)
			return -ENOMEM;
		if (v->start > at) {
			hole = -ENOMEM;
			at = v->start;
		}
		if (flags & MS_INVALIDATE && v->flags & VM_LOCKED)
			return -EBUSY;
		stop = min(v->end, end);
		if (flags & MS_SYNC && v->file && v->flags & VM_SHARED)
			err = sync_vma(v, at, stop);
		at = stop;
	}
	return err ? err : hole;
}

SYSCALL_DEFINE3(msync, u64, start, size_t, len, int, flags)
{
	struct mm *mm = current->mm;
	int err;

	if (flags & ~(MS_ASYNC | MS_INVALIDATE | MS_SYNC) ||
	    !IS_ALIGNED(start, PAGE_SIZE) ||
	    (flags & (MS_ASYNC | MS_SYNC)) == (MS_ASYNC | MS_SYNC))
		return -EINVAL;
	len = ALIGN_UP(len, PAGE_SIZE);
	if (start + len < start)
		return -ENOMEM;
	down_read(&mm->mmap_lock);
	err = msync_locked(mm, start, start + len, flags);
	up_read(&mm->mmap_lock);
	return err;
}
