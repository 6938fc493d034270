/*
 * fcntl and ioctl: what concerns every open file.
 */
#include <asm/ioctls.h>
#include <asm/uaccess.h>
#include <linnet/cred.h>
#include <linnet/errno.h>
#include <linnet/fdtable.h>
#include <linnet/fs.h>
#include <linnet/pipe.h>
#include <linnet/shmem.h>
#include <linnet/slab.h>
#include <linnet/syscalls.h>
#include <linnet/task.h>
#include <linux/resource.h>

#define SETFL_MASK (O_APPEND | O_NONBLOCK | O_DIRECT | O_NOATIME | FASYNC)

/* Who gets SIGIO: F_SETOWN and F_SETSIG. */
struct fown {
	struct pid *pid; /* referenced */
	enum pid_type type;
	int sig;
	uid_t uid, euid;
};

void fown_free(struct file *f)
{
	if (!f->owner)
		return;
	pid_put(f->owner->pid);
	kfree(f->owner);
}

static struct fown *fown_get(struct file *f)
{
	if (!f->owner) {
		struct fown *o = kzalloc(sizeof(*o), GFP_KERNEL);
		struct fown *none = NULL;

		if (!o)
			return NULL;
		if (!atomic_cmpxchg(&f->owner, none, o))
			kfree(o);
	}
	return f->owner;
}

static int set_owner(struct file *f, enum pid_type type, pid_t nr)
{
	struct fown *o = fown_get(f);
	struct pid *p = nr ? pid_find_get(nr) : NULL, *old;

	if (!o) {
		pid_put(p);
		return -ENOMEM;
	}
	if (nr && !p)
		return -ESRCH;
	spin_lock(&f->lock);
	old = o->pid;
	o->pid = p;
	o->type = type;
	o->uid = current_cred()->uid;
	o->euid = current_cred()->euid;
	spin_unlock(&f->lock);
	pid_put(old);
	return 0;
}

static long get_owner(struct file *f)
{
	const struct fown *o;
	long nr;

	spin_lock(&f->lock); /* another thread may set it */
	o = f->owner;
	nr = o ? pid_nr(o->pid) : 0;
	if (o && o->type == PIDTYPE_PGID)
		nr = -nr;
	spin_unlock(&f->lock);
	return nr;
}

static int set_owner_ex(struct file *f, const struct f_owner_ex __user *u)
{
	static const enum pid_type types[] = {PIDTYPE_PID, PIDTYPE_TGID,
					      PIDTYPE_PGID};
	struct f_owner_ex ex;

	if (copy_from_user(&ex, u, sizeof(ex)))
		return -EFAULT;
	if (ex.type < 0 || ex.type > F_OWNER_PGRP)
		return -EINVAL;
	return set_owner(f, types[ex.type], ex.pid);
}

static int get_owner_ex(struct file *f, struct f_owner_ex __user *u)
{
	struct f_owner_ex ex = {.type = F_OWNER_PID};

	spin_lock(&f->lock);
	if (f->owner) {
		ex.pid = pid_nr(f->owner->pid);
		if (f->owner->type == PIDTYPE_PGID)
			ex.type = F_OWNER_PGRP;
		else if (f->owner->type == PIDTYPE_PID)
			ex.type = F_OWNER_TID;
	}
	spin_unlock(&f->lock);
	return copy_to_user(u, &ex, sizeof(ex));
}

static int set_flags(u32 fd, struct file *f, u32 arg)
{
	int err;

	if (!(arg & O_APPEND) && f->inode->flags & S_APPEND &&
	    f->flags & O_APPEND)
		return -EPERM;
	if (arg & O_NOATIME && !(f->flags & O_NOATIME) &&
	    !inode_owner_or_capable(f->inode))
		return -EPERM;
	if (arg & O_DIRECT && S_ISREG(f->inode->mode))
		return -EINVAL;
	if (f->ops->check_flags) {
		err = f->ops->check_flags(arg);
		if (err)
			return err;
	}
	if ((arg ^ f->flags) & FASYNC && f->ops->fasync) {
		err = f->ops->fasync((int)fd, f, arg & FASYNC);
		if (err < 0)
			return err;
	}
	spin_lock(&f->lock);
	f->flags = (arg & SETFL_MASK) | (f->flags & ~(u32)SETFL_MASK);
	spin_unlock(&f->lock);
	return 0;
}

static long dup_from(struct file *f, u64 start, u32 flags)
{
	int fd;

	if (start >= rlimit(RLIMIT_NOFILE))
		return -EINVAL;
	fd = get_unused_fd_from((u32)start, flags);
	if (fd >= 0)
		fd_install((u32)fd, get_file(f));
	return fd;
}

static long do_fcntl(u32 fd, u32 cmd, u64 arg, struct file *f)
{
	switch (cmd) {
	case F_DUPFD:
		return dup_from(f, arg, 0);
	case F_DUPFD_CLOEXEC:
		return dup_from(f, arg, O_CLOEXEC);
	case F_GETFD:
		return get_close_on_exec(fd) ? FD_CLOEXEC : 0;
	case F_SETFD:
		set_close_on_exec(fd, arg & FD_CLOEXEC);
		return 0;
	case F_GETFL:
		return (long)f->flags;
	case F_SETFL:
		return set_flags(fd, f, (u32)arg);
	case F_GETOWN:
		return get_owner(f);
	case F_SETOWN:
		if ((int)arg == S32_MIN)
			return -EINVAL;
		return (int)arg < 0 ? set_owner(f, PIDTYPE_PGID, -(int)arg)
				    : set_owner(f, PIDTYPE_TGID, (int)arg);
	case F_GETOWN_EX:
		return get_owner_ex(f, (struct f_owner_ex __user *)arg);
	case F_SETOWN_EX:
		return set_owner_ex(f, (struct f_owner_ex __user *)arg);
	case F_GETSIG:
		return f->owner ? f->owner->sig : 0;
	case F_SETSIG:
		if (arg > NSIG_MAX)
			return -EINVAL;
		if (!fown_get(f))
			return -ENOMEM;
		f->owner->sig = (int)arg;
		return 0;
	case F_GETPIPE_SZ:
	case F_SETPIPE_SZ:
		return pipe_fcntl(f, cmd, arg);
	case F_ADD_SEALS:
	case F_GET_SEALS:
		return shmem_fcntl(f, cmd, arg);
	case F_GETLK:
	case F_SETLK:
	case F_SETLKW:
	case F_OFD_GETLK:
	case F_OFD_SETLK:
	case F_OFD_SETLKW:
		return file_lock_fcntl(f, cmd, (struct flock __user *)arg);
	default:
		return -EINVAL;
	}
}

static bool allowed_on_path(u32 cmd)
{
	return cmd == F_DUPFD || cmd == F_DUPFD_CLOEXEC || cmd == F_GETFD ||
	       cmd == F_SETFD || cmd == F_GETFL;
}

SYSCALL_DEFINE3(fcntl, u32, fd, u32, cmd, u64, arg)
{
	struct fd f = fdget_raw(fd);
	long ret = -EBADF;

	if (!f.file)
		return -EBADF;
	if (!(f.file->mode & FMODE_PATH) || allowed_on_path(cmd))
		ret = do_fcntl(fd, cmd, arg, f.file);
	fdput(f);
	return ret;
}

/* --- ioctl --- */

static long set_nonblock(struct file *f, const int __user *u)
{
	int on;

	if (get_user(on, u))
		return -EFAULT;
	spin_lock(&f->lock);
	if (on)
		f->flags |= O_NONBLOCK;
	else
		f->flags &= ~(u32)O_NONBLOCK;
	spin_unlock(&f->lock);
	return 0;
}

SYSCALL_DEFINE3(ioctl, u32, fd, u32, cmd, u64, arg)
{
	struct fd f = fdget(fd);
	struct inode *inode;
	long ret = -ENOIOCTLCMD;

	if (!f.file)
		return -EBADF;
	inode = f.file->inode;
	switch (cmd) {
	case FIOCLEX:
	case FIONCLEX:
		set_close_on_exec(fd, cmd == FIOCLEX);
		ret = 0;
		break;
	case FIONBIO:
		ret = set_nonblock(f.file, (const int __user *)arg);
		break;
	case FIOQSIZE:
		if (S_ISREG(inode->mode) || S_ISDIR(inode->mode) ||
		    S_ISLNK(inode->mode))
			ret = put_user(i_size_read(inode), (loff_t __user *)arg);
		break;
	case FIONREAD:
		if (S_ISREG(inode->mode)) {
			ret = put_user((int)(i_size_read(inode) - f.file->pos),
				       (int __user *)arg);
			break;
		}
		__fallthrough;
	default:
		if (f.file->ops->ioctl)
			ret = f.file->ops->ioctl(f.file, cmd, arg);
	}
	if (ret == -ENOIOCTLCMD)
		ret = -ENOTTY;
	fdput(f);
	return ret;
}
