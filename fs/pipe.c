/*
 * Pipes and FIFOs: a bounded byte queue between open files.
 *
 * A struct pipe is a ring of page fragments. It lives from pipe2(2), or the
 * first open of a FIFO, until its last file closes. Bytes move under pipe->lock.
 *
 * Invariants
 *   P1  head - tail <= nr_slots
 *   P2  a write of at most PIPE_BUF bytes is not interleaved with others
 *       (POSIX write())
 *
 * Lock order: pipe->lock > mmap_lock (copies to and from user memory), wait
 * queues; inode->lock guards inode->pipe, with nothing inside. A page that was
 * read empty is kept for the next write: two per pipe.
 */
#include <asm/ioctls.h>
#include <asm/uaccess.h>
#include <linnet/cred.h>
#include <linnet/errno.h>
#include <linnet/fdtable.h>
#include <linnet/fs.h>
#include <linnet/init.h>
#include <linnet/pipe.h>
#include <linnet/poll.h>
#include <linnet/printf.h>
#include <linnet/printk.h>
#include <linnet/signal.h>
#include <linnet/slab.h>
#include <linnet/string.h>
#include <linnet/syscalls.h>
#include <linnet/task.h>
#include <linux/limits.h>
#include <linux/magic.h>
#include <asm/statfs.h>
#include "internal.h"
#include "mount.h"

enum { DEFAULT_SLOTS = 16 };

static const struct file_ops pipe_fops;
u32 sysctl_pipe_max_size = 1 << 20;

static struct pipe *pipe_alloc(void)
{
	struct pipe *p = kzalloc(sizeof(*p), GFP_KERNEL);

	if (!p)
		return NULL;
	p->bufs = kcalloc(DEFAULT_SLOTS, sizeof(*p->bufs), GFP_KERNEL);
	if (!p->bufs) {
		kfree(p);
		return NULL;
	}
	p->nr_slots = DEFAULT_SLOTS;
	mutex_init(&p->lock);
	wait_queue_init(&p->rd_wait);
	wait_queue_init(&p->wr_wait);
	return p;
}

static void pipe_free(struct pipe *p)
{
	for (; p->tail != p->head; p->tail++)
		put_page(pipe_slot(p, p->tail)->page);
	for (u32 i = 0; i < ARRAY_SIZE(p->spare); i++)
		if (p->spare[i])
			put_page(p->spare[i]);
	kfree(p->bufs);
	kfree(p);
}

/* --- pages --- */

static struct page *page_get_new(struct pipe *p)
{
	for (u32 i = 0; i < ARRAY_SIZE(p->spare); i++) {
		struct page *page = p->spare[i];

		if (page) {
			p->spare[i] = NULL;
			return page;
		}
	}
	return alloc_page(GFP_KERNEL);
}

static void buf_release(struct pipe *p, struct pipe_buf *b)
{
	if (b->flags & PIPE_BUF_MERGE && atomic_read(&b->page->refs) == 1) {
		for (u32 i = 0; i < ARRAY_SIZE(p->spare); i++) {
			if (!p->spare[i]) {
				p->spare[i] = b->page;
				return;
			}
		}
	}
	put_page(b->page);
}

/* --- reading --- */

/* What is there, up to @to's size. [lock] */
static ssize_t take_bytes(struct pipe *p, struct iov_iter *to, bool *emptied)
{
	ssize_t done = 0;

	while (to->count && !pipe_empty(p)) {
		struct pipe_buf *b = pipe_slot(p, p->tail);
		size_t n = min((size_t)b->len, to->count), got;
		bool packet = b->flags & PIPE_BUF_PACKET;

		got = copy_page_to_iter(b->page, b->offset, n, to);
		if (got < n) /* a fragment goes out as a whole or not at all */
			return done ? done : -EFAULT;
		done += (ssize_t)got;
		b->offset += (u32)n;
		b->len -= (u32)n;
		if (packet)
			b->len = 0; /* the rest of a packet is dropped */
		if (!b->len) {
			*emptied |= pipe_full(p);
			buf_release(p, b);
			p->tail++;
		}
		if (packet)
			break;
	}
	return done;
}

__no_canary static ssize_t pipe_read_iter(struct kiocb *io, struct iov_iter *to)
{
	struct pipe *p = io->file->private;
	bool nonblock = io->file->flags & O_NONBLOCK || io->flags & IOCB_NOWAIT;
	bool made_room = false;
	ssize_t ret;

	for (;;) {
		mutex_lock(&p->lock);
		ret = take_bytes(p, to, &made_room);
		if (ret || !p->writers) {
			mutex_unlock(&p->lock);
			break;
		}
		mutex_unlock(&p->lock);
		if (nonblock) {
			ret = -EAGAIN;
			break;
		}
		current->wchan = "pipe_read";
		ret = wait_event_interruptible(&p->rd_wait,
					       !pipe_empty(p) ||
						       !READ_ONCE(p->writers));
		current->wchan = NULL;
		if (ret)
			break;
	}
	if (made_room)
		wake_up_poll(&p->wr_wait, EPOLLOUT | EPOLLWRNORM);
	if (ret > 0)
		file_accessed(io->file);
	return ret;
}

/* --- writing --- */

/* Append to the last fragment if it is ours and all fits (P2). A page's worth
 * of bytes goes in as a whole or, if memory is missing, not at all. [lock] */
static ssize_t merge(struct pipe *p, struct iov_iter *from)
{
	struct pipe_buf *b;
	size_t n = from->count & ~PAGE_MASK, got;

	if (pipe_empty(p) || !n)
		return 0;
	b = pipe_slot(p, p->head - 1);
	if (!(b->flags & PIPE_BUF_MERGE) || b->flags & PIPE_BUF_PACKET ||
	    b->offset + b->len + n > PAGE_SIZE)
		return 0;
	got = copy_page_from_iter(b->page, b->offset + b->len, n, from);
	if (got < n)
		return -EFAULT;
	b->len += (u32)got;
	return (ssize_t)got;
}

/* One new fragment. [lock] */
static ssize_t append(struct pipe *p, struct iov_iter *from, u32 flags)
{
	struct page *page = page_get_new(p);
	size_t want = min(from->count, PAGE_SIZE), got;

	if (!page)
		return -ENOMEM;
	got = copy_page_from_iter(page, 0, want, from);
	if (got < want) {
		put_page(page);
		return -EFAULT;
	}
	pipe_push(p, &(struct pipe_buf){.page = page, .len = (u32)got,
					.flags = PIPE_BUF_MERGE | flags});
	return (ssize_t)got;
}

static ssize_t broken_pipe(void)
{
	send_signal(SIGPIPE, SEND_SIG_NOINFO, current, false);
	return -EPIPE;
}

/* As much as fits now. [lock] 0: full. */
static ssize_t put_bytes(struct pipe *p, struct iov_iter *from, u32 flags,
			 bool first)
{
	ssize_t done = 0, n = 0;

	if (first && !flags)
		n = merge(p, from);
	while (n >= 0) {
		done += n;
		if (!from->count || pipe_full(p))
			break;
		n = append(p, from, flags);
	}
	return done ? done : n;
}

__no_canary static ssize_t pipe_write_iter(struct kiocb *io, struct iov_iter *from)
{
	struct pipe *p = io->file->private;
	bool nonblock = io->file->flags & O_NONBLOCK || io->flags & IOCB_NOWAIT;
	u32 flags = io->file->flags & O_DIRECT ? PIPE_BUF_PACKET : 0;
	ssize_t done = 0, ret = 0;
	bool was_empty;

	if (!from->count)
		return 0;
	for (;;) {
		mutex_lock(&p->lock);
		if (!p->readers) {
			mutex_unlock(&p->lock);
			ret = broken_pipe();
			break;
		}
		was_empty = pipe_empty(p);
		ret = put_bytes(p, from, flags, !done);
		mutex_unlock(&p->lock);
		if (ret > 0) {
			done += ret;
			if (was_empty || p->edge_polled)
				wake_up_poll(&p->rd_wait, EPOLLIN | EPOLLRDNORM);
		}
		if (ret < 0 || !from->count)
			break;
		if (nonblock) {
			ret = -EAGAIN;
			break;
		}
		current->wchan = "pipe_write";
		ret = wait_event_interruptible(&p->wr_wait,
					       !pipe_full(p) ||
						       !READ_ONCE(p->readers));
		current->wchan = NULL;
		if (ret)
			break;
	}
	if (done)
		file_update_time(io->file);
	return done ? done : ret;
}

/* --- for splice --- */

/**
 * pipe_consume - take bytes off the first fragment
 * @p: a pipe that is not empty; locked
 * @n: at most the fragment's length
 */
void pipe_consume(struct pipe *p, u32 n)
{
	struct pipe_buf *b = pipe_slot(p, p->tail);

	b->offset += n;
	b->len -= n;
	if (b->len && !(b->flags & PIPE_BUF_PACKET))
		return;
	buf_release(p, b);
	p->tail++;
}

int pipe_lock_for_write(struct pipe *p, bool nonblock)
{
	long err;

	for (;;) {
		mutex_lock(&p->lock);
		if (p->readers && !pipe_full(p))
			return 0;
		err = !p->readers ? broken_pipe() : nonblock ? -EAGAIN : 0;
		mutex_unlock(&p->lock);
		if (!err)
			err = wait_event_interruptible(
				&p->wr_wait,
				!pipe_full(p) || !READ_ONCE(p->readers));
		if (err)
			return (int)err;
	}
}

int pipe_lock_for_read(struct pipe *p, bool nonblock)
{
	long err;
	bool eof;

	for (;;) {
		mutex_lock(&p->lock);
		if (!pipe_empty(p))
			return 1;
		eof = !p->writers;
		mutex_unlock(&p->lock);
		if (eof)
			return 0;
		err = -EAGAIN;
		if (!nonblock)
			err = wait_event_interruptible(
				&p->rd_wait,
				!pipe_empty(p) || !READ_ONCE(p->writers));
		if (err)
			return (int)err;
	}
}

void pipe_wake_readers(struct pipe *p)
{
	wake_up_poll(&p->rd_wait, EPOLLIN | EPOLLRDNORM);
}

void pipe_wake_writers(struct pipe *p)
{
	wake_up_poll(&p->wr_wait, EPOLLOUT | EPOLLWRNORM);
}

static u32 pipe_poll(struct file *f, struct poll_table *pt)
{
	struct pipe *p = f->private;
	u32 mask = 0;

	if (!list_empty(&f->epoll_links))
		p->edge_polled = true;
	if (f->mode & FMODE_READ)
		poll_wait(f, &p->rd_wait, pt);
	if (f->mode & FMODE_WRITE)
		poll_wait(f, &p->wr_wait, pt);
	if (f->mode & FMODE_READ) {
		if (!pipe_empty(p))
			mask |= EPOLLIN | EPOLLRDNORM;
		if (!READ_ONCE(p->writers) && f->pos != p->w_opened)
			mask |= EPOLLHUP;
	}
	if (f->mode & FMODE_WRITE) {
		if (!pipe_full(p))
			mask |= EPOLLOUT | EPOLLWRNORM;
		if (!READ_ONCE(p->readers))
			mask |= EPOLLERR;
	}
	return mask;
}

static long pipe_ioctl(struct file *f, u32 cmd, u64 arg)
{
	struct pipe *p = f->private;
	int count = 0;

	if (cmd != FIONREAD)
		return -ENOIOCTLCMD;
	mutex_lock(&p->lock);
	for (u32 i = p->tail; i != p->head; i++)
		count += (int)pipe_slot(p, i)->len;
	mutex_unlock(&p->lock);
	return put_user(count, (int __user *)arg);
}

/* --- size --- */

static long resize(struct pipe *p, u64 bytes)
{
	u32 slots, used;
	struct pipe_buf *bufs;

	if (bytes > 1u << 31)
		return -EINVAL;
	slots = (u32)max(DIV_ROUND_UP(bytes, PAGE_SIZE), 1ul);
	if (!is_power_of_2(slots))
		slots = 1u << (ilog2(slots) + 1);
	if (slots * PAGE_SIZE > sysctl_pipe_max_size && slots > p->nr_slots &&
	    !capable(CAP_SYS_RESOURCE))
		return -EPERM;
	used = p->head - p->tail;
	if (slots < used)
		return -EBUSY;
	bufs = kcalloc(slots, sizeof(*bufs), GFP_KERNEL);
	if (!bufs)
		return -ENOMEM;
	for (u32 i = 0; i < used; i++)
		bufs[i] = *pipe_slot(p, p->tail + i);
	kfree(p->bufs);
	p->bufs = bufs;
	p->nr_slots = slots;
	p->tail = 0;
	p->head = used;
	return (long)(slots * PAGE_SIZE);
}

struct pipe *pipe_of(struct file *f)
{
	return f->ops == &pipe_fops ? f->private : NULL;
}

long pipe_fcntl(struct file *f, u32 cmd, u64 arg)
{
	struct pipe *p = pipe_of(f);
	long ret;

	if (!p)
		return -EBADF;
	mutex_lock(&p->lock);
	ret = cmd == F_SETPIPE_SZ ? resize(p, (u32)arg)
				  : (long)(p->nr_slots * PAGE_SIZE);
	mutex_unlock(&p->lock);
	if (cmd == F_SETPIPE_SZ && ret > 0)
		wake_up_poll(&p->wr_wait, EPOLLOUT | EPOLLWRNORM);
	return ret;
}

/* --- opening and closing --- */

static void pipe_put(struct inode *inode, struct pipe *p)
{
	bool last;

	spin_lock(&inode->lock);
	last = --p->files == 0;
	if (last)
		inode->pipe = NULL;
	spin_unlock(&inode->lock);
	if (last)
		pipe_free(p);
}

static void pipe_release(struct inode *inode, struct file *f)
{
	struct pipe *p = f->private;

	mutex_lock(&p->lock);
	if (f->mode & FMODE_READ)
		p->readers--;
	if (f->mode & FMODE_WRITE)
		p->writers--;
	mutex_unlock(&p->lock);
	wake_up_common(&p->rd_wait, TASK_NORMAL, 0,
		       EPOLLIN | EPOLLRDNORM | EPOLLHUP);
	wake_up_common(&p->wr_wait, TASK_NORMAL, 0,
		       EPOLLOUT | EPOLLWRNORM | EPOLLERR);
	pipe_put(inode, p);
}

static struct pipe *fifo_pipe(struct inode *inode)
{
	struct pipe *p, *new = NULL;

	for (;;) {
		spin_lock(&inode->lock);
		p = inode->pipe;
		if (!p && new) {
			p = inode->pipe = new;
			new = NULL;
		}
		if (p)
			p->files++;
		spin_unlock(&inode->lock);
		if (p)
			break;
		new = pipe_alloc();
		if (!new)
			return NULL;
	}
	if (new)
		pipe_free(new);
	return p;
}

/* Wait for the other end to have been opened once more. */
static int wait_partner(struct pipe *p, u32 *counter, u32 seen)
{
	struct wait_queue *q = counter == &p->w_opened ? &p->rd_wait : &p->wr_wait;

	return wait_event_interruptible(q, READ_ONCE(*counter) != seen);
}

/*
 * Count this end as open. Return: the counter of the other end to wait for, or
 * NULL. Whether the other end is there and the counter's value are one
 * observation: it may come and be gone again before the caller sleeps. [p->lock]
 */
static u32 *fifo_join(struct pipe *p, struct file *f)
{
	bool alone = false;

	f->pos = -1;
	switch (f->mode & (FMODE_READ | FMODE_WRITE)) {
	case FMODE_READ:
		alone = !p->writers;
		if (alone && f->flags & O_NONBLOCK)
			f->pos = p->w_opened; /* no hang-up before a writer */
		break;
	case FMODE_WRITE:
		alone = !p->readers;
		break;
	}
	if (f->mode & FMODE_READ) {
		p->readers++;
		p->r_opened++;
	}
	if (f->mode & FMODE_WRITE) {
		p->writers++;
		p->w_opened++;
	}
	if (!alone || f->flags & O_NONBLOCK)
		return NULL;
	return f->mode & FMODE_READ ? &p->w_opened : &p->r_opened;
}

static int fifo_open(struct inode *inode, struct file *f)
{
	/* An unnamed pipe (through /proc/PID/fd) has had both its ends. */
	bool named = inode->sb->magic != PIPEFS_MAGIC;
	struct pipe *p = fifo_pipe(inode);
	u32 *awaited, seen;
	int err = 0;

	if (!p)
		return -ENOMEM;
	stream_open(inode, f);
	mutex_lock(&p->lock);
	if ((f->mode & (FMODE_READ | FMODE_WRITE)) == FMODE_WRITE &&
	    f->flags & O_NONBLOCK && !p->readers && named) {
		mutex_unlock(&p->lock);
		pipe_put(inode, p);
		return -ENXIO;
	}
	awaited = fifo_join(p, f);
	seen = awaited ? *awaited : 0;
	mutex_unlock(&p->lock);
	f->private = p;
	f->ops = &pipe_fops;
	wake_up_all(&p->rd_wait);
	wake_up_all(&p->wr_wait);
	if (awaited && named)
		err = wait_partner(p, awaited, seen);
	if (err)
		pipe_release(inode, f);
	return err;
}

const struct file_ops fifo_open_fops = {.open = fifo_open};

static const struct file_ops pipe_fops = {
	.read_iter = pipe_read_iter,
	.write_iter = pipe_write_iter,
	.llseek = no_llseek,
	.poll = pipe_poll,
	.ioctl = pipe_ioctl,
	.release = pipe_release,
	.splice_read = NULL,
};

/* --- pipe2(2) --- */

static struct mount *pipe_mount;

static char *pipe_dname(struct dentry *d, char *buf, int len)
{
	int n = snprintf(buf, (size_t)len, "pipe:[%lu]", d->inode->ino);

	return n < len ? buf : ERR_PTR(-ENAMETOOLONG);
}

static const struct dentry_ops pipe_dops = {
	.dname = pipe_dname,
	.delete = always_delete_dentry,
};

static struct inode *pipe_inode(void)
{
	struct inode *inode = new_inode(mount_sb(pipe_mount));

	if (!inode)
		return NULL;
	inode->pipe = pipe_alloc();
	if (!inode->pipe) {
		iput(inode);
		return NULL;
	}
	inode->pipe->files = 2;
	inode->pipe->readers = inode->pipe->writers = 1;
	inode->pipe->w_opened = 1;
	inode->ino = get_next_ino();
	inode->mode = S_IFIFO | S_IRUSR | S_IWUSR;
	inode->uid = current_cred()->fsuid;
	inode->gid = current_cred()->fsgid;
	inode->fops = &fifo_open_fops; /* reopened through /proc/PID/fd */
	inode->atime = inode->mtime = inode->ctime = current_time(inode);
	return inode;
}

/* One end: takes a reference on the dentry. */
static struct file *pipe_end(struct dentry *d, u32 flags)
{
	struct file *f = file_alloc(flags, current_cred());

	if (IS_ERR(f))
		return f;
	f->path = (struct path){mntget(pipe_mount), dget(d)};
	f->inode = d->inode;
	f->mapping = d->inode->mapping;
	f->mode = ((flags + 1) & O_ACCMODE) | FMODE_STREAM |
		  ((flags & O_ACCMODE) == O_RDONLY ? FMODE_CAN_READ
						   : FMODE_CAN_WRITE);
	f->ops = &pipe_fops;
	f->private = d->inode->pipe;
	return f;
}

static int create_pipe_files(struct file *ends[2], u32 flags)
{
	struct inode *inode = pipe_inode();
	struct pipe *p;
	struct dentry *d;
	int err = -ENFILE;

	if (!inode)
		return -ENFILE;
	p = inode->pipe;
	d = d_alloc_pseudo(inode->sb, "");
	if (!d) {
		iput(inode);
		pipe_free(p);
		return -ENOMEM;
	}
	d_instantiate(d, inode);
	ends[0] = pipe_end(d, O_RDONLY | (flags & O_NONBLOCK));
	if (IS_ERR(ends[0])) {
		err = (int)PTR_ERR(ends[0]);
		dput(d);
		pipe_free(p);
		return err;
	}
	ends[1] = pipe_end(d, O_WRONLY | (flags & (O_NONBLOCK | O_DIRECT)));
	if (IS_ERR(ends[1])) {
		err = (int)PTR_ERR(ends[1]);
		p->files = 1;
		fput(ends[0]);
		dput(d);
		return err;
	}
	dput(d);
	return 0;
}

SYSCALL_DEFINE2(pipe2, int __user *, ufds, int, flags)
{
	struct file *ends[2];
	int fds[2] = {-1, -1}, err;

	if (flags & ~(O_CLOEXEC | O_NONBLOCK | O_DIRECT))
		return -EINVAL;
	err = create_pipe_files(ends, (u32)flags);
	if (err)
		return err;
	for (u32 i = 0; i < 2 && !err; i++) {
		fds[i] = get_unused_fd((u32)flags);
		if (fds[i] < 0)
			err = fds[i];
	}
	if (!err)
		err = copy_to_user(ufds, fds, sizeof(fds));
	for (u32 i = 0; i < 2; i++) {
		if (!err) {
			fd_install((u32)fds[i], ends[i]);
			continue;
		}
		fput(ends[i]);
		if (fds[i] >= 0)
			put_unused_fd((u32)fds[i]);
	}
	return err;
}

static const struct super_ops pipe_super_ops = {.statfs = simple_statfs};

static int pipe_fill(struct super_block *sb, char *data)
{
	struct inode *root;

	(void)data;
	sb->ops = &pipe_super_ops;
	sb->dops = &pipe_dops;
	sb->magic = PIPEFS_MAGIC;
	root = new_inode(sb);
	if (root)
		root->mode = S_IFDIR;
	sb->root = d_make_root(root);
	return sb->root ? 0 : -ENOMEM;
}

static struct dentry *pipefs_mount(struct file_system_type *type,
				   struct fs_context_params *p)
{
	return mount_nodev(type, p, pipe_fill);
}

static struct file_system_type pipefs_type = {
	.name = "pipefs",
	.mount = pipefs_mount,
};

static int __init_text pipe_init(void)
{
	pipe_mount = kern_mount(&pipefs_type);
	if (IS_ERR(pipe_mount))
		panic("no memory for pipes");
	return 0;
}
fs_initcall(pipe_init);
