/*
 * process_vm_readv(2) and process_vm_writev(2): copy between the memory of two
 * processes, through a page of the kernel's.
 *
 * The caller needs the right to trace the other process. The transfer stops at
 * the first byte that cannot be reached on either side: what was moved before
 * is the result.
 */
#include <asm/uaccess.h>
#include <linnet/cred.h>
#include <linnet/ptrace_access.h>
#include <linnet/errno.h>
#include <linnet/mm.h>
#include <linnet/slab.h>
#include <linnet/syscalls.h>
#include <linnet/task.h>
#include <linnet/uio.h>

struct transfer {
	struct mm *mm;	      /* the other process's */
	struct iov_iter *local;
	u8 *page;
	bool write;	      /* to the other process */
};

/* At most a page at @addr; how much went through. */
static size_t move_piece(struct transfer *t, u64 addr, size_t n)
{
	size_t got;

	if (!t->write) {
		n = access_process_vm(t->mm, addr, t->page, n, 0);
		return copy_to_iter(t->page, n, t->local);
	}
	got = copy_from_iter(t->page, n, t->local);
	n = access_process_vm(t->mm, addr, t->page, got, GUP_WRITE);
	iov_iter_revert(t->local, got - n);
	return n;
}

/* One segment of the other side: less than its length if it stopped. */
static size_t move_segment(struct transfer *t, const struct iovec *v)
{
	size_t done = 0, len = min(v->iov_len, t->local->count);

	while (done < len && !fatal_signal_pending(current)) {
		u64 at = (u64)v->iov_base + done;
		size_t n = min(len - done, PAGE_SIZE - (at & ~PAGE_MASK));
		size_t got = move_piece(t, at, n);

		done += got;
		if (got < n)
			break;
	}
	return done;
}

static ssize_t move_all(struct transfer *t, const struct iovec *remote, u32 nr)
{
	size_t done = 0;

	for (u32 i = 0; i < nr; i++)
		if ((ssize_t)remote[i].iov_len < 0)
			return -EINVAL;
	for (u32 i = 0; i < nr && t->local->count; i++) {
		size_t want = min(remote[i].iov_len, t->local->count);
		size_t got = move_segment(t, &remote[i]);

		done += got;
		if (got < want)
			return done ? (ssize_t)done : -EFAULT;
	}
	return (ssize_t)done;
}

/* The other process's memory, referenced; ERR_PTR. */
static struct mm *other_mm(pid_t pid)
{
	struct task *t = task_find_get(pid);
	struct mm *mm;

	if (!t)
		return ERR_PTR(-ESRCH);
	mm = ptrace_mm_get(t, PTRACE_MODE_ATTACH_REALCREDS);
	task_put(t);
	if (IS_ERR(mm)) /* the call says it so */
		return ERR_PTR(-EPERM);
	return mm ? mm : ERR_PTR(-ESRCH);
}

static ssize_t transfer(pid_t pid, struct iov_iter *local,
			const struct iovec *remote, u32 nr, bool write)
{
	struct transfer t = {.local = local, .write = write};
	ssize_t ret;

	t.page = get_zeroed_page(GFP_KERNEL);
	if (!t.page)
		return -ENOMEM;
	t.mm = other_mm(pid);
	if (IS_ERR(t.mm)) {
		ret = PTR_ERR(t.mm);
	} else {
		ret = move_all(&t, remote, nr);
		mm_put(t.mm);
	}
	free_page(t.page);
	return ret;
}

static ssize_t process_vm_rw(pid_t pid, const struct iovec __user *ulocal,
			     u64 nr_local, const struct iovec __user *uremote,
			     u64 nr_remote, u64 flags, bool write)
{
	struct iovec fast[UIO_FASTIOV], *v = fast, *remote;
	struct iov_iter local;
	ssize_t ret;

	if (flags || nr_local > UIO_MAXIOV || nr_remote > UIO_MAXIOV)
		return -EINVAL;
	ret = import_iovec(write ? ITER_SOURCE : ITER_DEST, ulocal,
			   (u32)nr_local, &v, fast, &local);
	if (ret <= 0 || !nr_remote) {
		ret = min(ret, (ssize_t)0);
		goto free_local;
	}
	remote = kmalloc(nr_remote * sizeof(*remote), GFP_KERNEL);
	ret = -ENOMEM;
	if (!remote)
		goto free_local;
	ret = -EFAULT;
	if (!copy_from_user(remote, uremote, nr_remote * sizeof(*remote)))
		ret = transfer(pid, &local, remote, (u32)nr_remote, write);
	kfree(remote);
free_local:
	if (v != fast)
		kfree(v);
	return ret;
}

SYSCALL_DEFINE6(process_vm_readv, pid_t, pid, const struct iovec __user *,
		local, u64, nr_local, const struct iovec __user *, remote, u64,
		nr_remote, u64, flags)
{
	return process_vm_rw(pid, local, nr_local, remote, nr_remote, flags,
			     false);
}

SYSCALL_DEFINE6(process_vm_writev, pid_t, pid, const struct iovec __user *,
		local, u64, nr_local, const struct iovec __user *, remote, u64,
		nr_remote, u64, flags)
{
	return process_vm_rw(pid, local, nr_local, remote, nr_remote, flags,
			     true);
}
