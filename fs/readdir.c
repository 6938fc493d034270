/* Reading directories: getdents64. */
#include <asm/uaccess.h>
#include <linnet/errno.h>
#include <linnet/fdtable.h>
#include <linnet/fs.h>
#include <linnet/syscalls.h>
#include <linnet/task.h>

/* The ABI's record; UAPI has it only in the C library's headers. */
struct linux_dirent64 {
	u64 d_ino;
	s64 d_off;
	u16 d_reclen;
	u8 d_type;
	char d_name[];
};

struct getdents {
	struct dir_context ctx;
	char __user *at;
	char __user *prev; /* its d_off is known with the next entry */
	size_t left;
	int err;
};

__no_canary static bool emit(struct dir_context *ctx, const char *name, int len, loff_t off,
		 u64 ino, u32 dtype)
{
	struct getdents *g = container_of(ctx, struct getdents, ctx);
	size_t size = ALIGN_UP(offsetof(struct linux_dirent64, d_name) +
				       (size_t)len + 1, 8);
	struct linux_dirent64 h = {.d_ino = ino, .d_reclen = (u16)size,
				   .d_type = (u8)dtype};
	struct linux_dirent64 __user *u = (void __user *)g->at;

	if (size > g->left) {
		g->err = g->prev ? 0 : -EINVAL;
		return false;
	}
	if (g->prev && signal_pending(current))
		return false;
	g->err = -EFAULT;
	if (g->prev &&
	    put_user(off, &((struct linux_dirent64 __user *)g->prev)->d_off))
		return false;
	if (copy_to_user(u, &h, offsetof(struct linux_dirent64, d_name)) ||
	    unchecked_copy_to_user(u->d_name, name, (size_t)len) ||
	    put_user(0, &u->d_name[len]))
		return false;
	g->err = 0;
	g->prev = g->at;
	g->at += size;
	g->left -= size;
	return true;
}

static int iterate_dir(struct file *f, struct dir_context *ctx)
{
	struct inode *inode = f->inode;
	int err;

	if (!f->ops->iterate)
		return -ENOTDIR;
	down_read(&inode->rwsem);
	if (inode->flags & S_DEAD) {
		err = -ENOENT;
	} else {
		ctx->pos = f->pos;
		err = f->ops->iterate(f, ctx);
		f->pos = ctx->pos;
		file_accessed(f);
	}
	up_read(&inode->rwsem);
	return err;
}

SYSCALL_DEFINE3(getdents64, u32, fd, void __user *, buf, u32, size)
{
	struct getdents g = {.ctx.emit = emit, .at = buf, .left = size};
	struct fd f = fdget_pos(fd);
	long ret;

	if (!f.file)
		return -EBADF;
	ret = iterate_dir(f.file, &g.ctx);
	if (ret >= 0)
		ret = g.err;
	if (g.prev) {
		struct linux_dirent64 __user *last = (void __user *)g.prev;

		ret = put_user(g.ctx.pos, &last->d_off)
			      ? -EFAULT
			      : (long)(size - g.left);
	}
	fdput_pos(f);
	return ret;
}
