/*
 * KCOV: which code a task's system calls run, for coverage-guided fuzzing.
 *
 * The compiler puts a call of __sanitizer_cov_trace_pc() at each edge (make
 * kcov). If the current task is traced and not interrupted, it notes its return
 * address in an area that the tracer has mapped: word 0 counts those that
 * follow. Interface and semantics are Linux's: <linux/kcov.h>, Linux's
 * Documentation/dev-tools/kcov.rst.
 *
 * One open file is one struct kcov:
 *
 *              KCOV_INIT_TRACE          KCOV_ENABLE
 *   DISABLED ------------------> INIT <-------------> TRACED
 *              area allocated           KCOV_DISABLE, or the task ends
 *
 * References: the open file (its mappings hold the file) and the traced task.
 * A child is not traced; KCOV_DISABLE is for the traced task alone.
 *
 * Refused: KCOV_TRACE_CMP, KCOV_REMOTE_ENABLE.
 */
#include <asm/pgtable.h>
#include <linnet/debugfs.h>
#include <linnet/errno.h>
#include <linnet/fs.h>
#include <linnet/init.h>
#include <linnet/kcov.h>
#include <linnet/mm.h>
#include <linnet/preempt.h>
#include <linnet/slab.h>
#include <linnet/spinlock.h>
#include <linnet/task.h>
#include <linnet/vmalloc.h>
#include <linux/kcov.h>

struct kcov {
	refcount_t refs;
	spinlock_t lock;
	u64 *area;	/* [lock] set once */
	u64 size;	/* [lock] of the area, in words; set with it */
	struct task *t; /* [lock] who is traced */
};

/**
 * __sanitizer_cov_trace_pc - note where the current task is
 *
 * Context: any; called by instrumented code from where x18 is set on.
 */
void __sanitizer_cov_trace_pc(void)
{
	struct kcov_task *k = &current->kcov;
	u64 *area = READ_ONCE(k->area), n;

	if (likely(!area) || in_hardirq())
		return;
	n = READ_ONCE(area[0]) + 1;
	if (n >= k->size || !n)
		return;
	area[n] = (u64)__builtin_return_address(0);
	WRITE_ONCE(area[0], n);
}

static void kcov_put(struct kcov *k)
{
	if (!refcount_dec_and_test(&k->refs))
		return;
	vfree(k->area);
	kfree(k);
}

/* --- the traced task --- */

void kcov_task_init(struct task *t)
{
	t->kcov = (struct kcov_task){.kcov = NULL};
}

static void stop_tracing(struct kcov *k)
{
	WRITE_ONCE(current->kcov.area, NULL);
	barrier(); /* the hook looks at the size last */
	current->kcov = (struct kcov_task){.kcov = NULL};
	spin_lock(&k->lock);
	k->t = NULL;
	spin_unlock(&k->lock);
	kcov_put(k);
}

void kcov_task_exit(struct task *t)
{
	if (t->kcov.kcov)
		stop_tracing(t->kcov.kcov);
}

static long enable(struct kcov *k, u64 mode)
{
	struct kcov_task *mine = &current->kcov;
	long err = 0;

	spin_lock(&k->lock);
	if (!k->area)
		err = -EINVAL;
	else if (k->t || mine->kcov)
		err = -EBUSY;
	else if (mode != KCOV_TRACE_PC)
		err = -EINVAL;
	else
		k->t = current;
	spin_unlock(&k->lock);
	if (err)
		return err;
	refcount_inc(&k->refs);
	mine->kcov = k;
	mine->size = k->size;
	barrier(); /* partner: stop_tracing() */
	WRITE_ONCE(mine->area, k->area);
	return 0;
}

static long disable(struct kcov *k, u64 arg)
{
	if (arg || current->kcov.kcov != k)
		return -EINVAL;
	stop_tracing(k);
	return 0;
}

/* --- the file --- */

static long init_trace(struct kcov *k, u64 size)
{
	u64 *area;

	if (size < 2 || size > S32_MAX / sizeof(u64))
		return -EINVAL;
	area = vzalloc(size * sizeof(u64));
	if (!area)
		return -ENOMEM;
	spin_lock(&k->lock);
	if (!k->area) {
		k->size = size;
		k->area = area;
		area = NULL;
	}
	spin_unlock(&k->lock);
	vfree(area);
	return area ? -EBUSY : 0;
}

static long kcov_ioctl(struct file *f, u32 cmd, u64 arg)
{
	switch (cmd) {
	case KCOV_INIT_TRACE:
		return init_trace(f->private, arg);
	case KCOV_ENABLE:
		return enable(f->private, arg);
	case KCOV_DISABLE:
		return disable(f->private, arg);
	default:
		return -ENOTTY;
	}
}

/* The area stays as long as the file, and that as long as the mapping. */
static int kcov_fault(struct vm_fault *vmf)
{
	const struct kcov *k = vmf->vma->file->private;

	if (vmf->pgoff >= DIV_ROUND_UP(k->size * sizeof(u64), PAGE_SIZE))
		return VM_FAULT_SIGBUS;
	vmf->page = phys_to_page(kernel_virt_to_phys(
		(u64)k->area + (vmf->pgoff << PAGE_SHIFT)));
	get_page(vmf->page);
	return VM_FAULT_OK;
}

static const struct vma_ops kcov_vma_ops = {.fault = kcov_fault};

static int kcov_mmap(struct file *f, struct vma *v)
{
	struct kcov *k = f->private;
	u64 bytes;

	spin_lock(&k->lock);
	bytes = k->area ? k->size * sizeof(u64) : 0;
	spin_unlock(&k->lock);
	if (!bytes || v->pgoff || v->end - v->start != bytes)
		return -EINVAL;
	v->flags |= VM_DONTEXPAND;
	v->ops = &kcov_vma_ops;
	return 0;
}

static int kcov_open(struct inode *inode, struct file *f)
{
	struct kcov *k = kzalloc(sizeof(*k), GFP_KERNEL);

	if (!k)
		return -ENOMEM;
	refcount_set(&k->refs, 1);
	spin_init(&k->lock);
	f->private = k;
	return nonseekable_open(inode, f);
}

static void kcov_release(struct inode *inode, struct file *f)
{
	(void)inode;
	kcov_put(f->private);
}

static const struct file_ops kcov_fops = {
	.open = kcov_open,
	.release = kcov_release,
	.ioctl = kcov_ioctl,
	.mmap = kcov_mmap,
};

static int __init_text kcov_init(void)
{
	return debugfs_create_file("kcov", 0600, &kcov_fops);
}
device_initcall(kcov_init);
