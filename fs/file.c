/*
 * Open files and descriptor tables.
 *
 * A struct file is counted; the last fput() closes it, which may sleep.
 *
 * The descriptor table is read under RCU. Closing clears the slot and drops the
 * table's reference; a reader that found the file just before takes its own
 * with an increment that fails at zero, so files are freed after a grace
 * period. A task that shares its table with nobody borrows the reference of
 * the table itself.
 *
 * Lock: files->lock for writers.
 */
#include <asm/uaccess.h>
#include <linnet/bitops.h>
#include <linnet/bitmap.h>
#include <linnet/cred.h>
#include <linnet/errno.h>
#include <linnet/fdtable.h>
#include <linnet/init.h>
#include <linnet/poll.h>
#include <linnet/printk.h>
#include <linnet/slab.h>
#include <linnet/string.h>
#include <linnet/syscalls.h>
#include <linnet/task.h>
#include <linux/close_range.h>
#include <linux/resource.h>
#include "internal.h"
#include "mount.h"

static struct kmem_cache *file_cache, *files_cache;
u64 nr_files; /* [A] */
u64 sysctl_file_max;
u32 sysctl_nr_open = 1 << 20;

/* --- struct file --- */

struct file *file_alloc(u32 flags, const struct cred *cred)
{
	struct file *f;

	if (atomic_read(&nr_files) >= sysctl_file_max && !capable(CAP_SYS_ADMIN))
		return ERR_PTR(-ENFILE);
	f = kmem_cache_alloc(file_cache, GFP_KERNEL);
	if (!f)
		return ERR_PTR(-ENOMEM);
	f->refs = 1;
	f->flags = flags;
	f->mode = 0;
	spin_init(&f->lock);
	f->ops = NULL;
	f->path = (struct path){NULL, NULL};
	f->inode = NULL;
	f->pos = 0;
	mutex_init(&f->pos_lock);
	f->cred = cred_get(cred);
	f->private = NULL;
	f->mapping = NULL;
	f->ra_start = f->ra_prev = 0;
	f->ra_size = f->ra_async = 0;
	f->wb_err = 0;
	f->owner = NULL;
	list_init(&f->epoll_links);
	atomic_inc(&nr_files);
	return f;
}

static void file_free_rcu(struct rcu_head *head)
{
	kmem_cache_free(file_cache, container_of(head, struct file, rcu));
}

static void file_close(struct file *f)
{
	struct inode *inode = f->inode;

	might_sleep();
	if (inode && !(f->mode & FMODE_PATH)) {
		fsnotify_close(f);
		if (unlikely(!list_empty(&f->epoll_links)))
			epoll_release_file(f);
		file_locks_release(f);
		if (f->flags & FASYNC && f->ops->fasync)
			f->ops->fasync(-1, f, false);
		if (f->ops && f->ops->release)
			f->ops->release(inode, f);
		if (f->mode & FMODE_WRITER) {
			atomic_dec(&inode->writecount);
			mnt_drop_write(f->path.mnt);
		}
	}
	fown_free(f);
	atomic_dec(&nr_files);
	cred_put(f->cred);
	/* Lock-free lookups may still see the file, and start at its path. */
	if (f->path.dentry)
		path_put(&f->path);
	call_rcu(&f->rcu, file_free_rcu);
}

void fput(struct file *f)
{
	if (atomic_sub_return(&f->refs, 1))
		return;
	file_close(f);
}

/* --- tables --- */

static void table_free_rcu(struct rcu_head *head)
{
	struct fdtable *t = container_of(head, struct fdtable, rcu);

	kvfree(t->fd);
	kfree(t->open_fds);
	kfree(t);
}

static void table_init_embedded(struct files *files)
{
	files->table0 = (struct fdtable){
		.max = NR_OPEN_DEFAULT,
		.fd = files->fd0,
		.open_fds = files->open0,
		.close_on_exec = files->cloexec0,
		.full_words = files->full0,
	};
	files->fdt = &files->table0;
}

/* A table of at least @want descriptors; NULL: no memory. */
static struct fdtable *table_alloc(u32 want)
{
	struct fdtable *t = kzalloc(sizeof(*t), GFP_KERNEL);
	u32 max = 256, words, full;

	if (!t)
		return NULL;
	while (max < want)
		max *= 2;
	words = max / 64;
	full = DIV_ROUND_UP(words, 64);
	t->max = max;
	t->fd = kvmalloc(max * sizeof(t->fd[0]), GFP_KERNEL | GFP_ZERO);
	t->open_fds = kzalloc((2 * words + full) * sizeof(u64), GFP_KERNEL);
	if (!t->fd || !t->open_fds) {
		kvfree(t->fd);
		kfree(t->open_fds);
		kfree(t);
		return NULL;
	}
	t->close_on_exec = t->open_fds + words;
	t->full_words = t->close_on_exec + words;
	return t;
}

static void table_copy(struct fdtable *to, const struct fdtable *from)
{
	u32 n = min(to->max, from->max);

	memcpy(to->fd, from->fd, n * sizeof(from->fd[0]));
	memcpy(to->open_fds, from->open_fds, n / 8);
	memcpy(to->close_on_exec, from->close_on_exec, n / 8);
	memcpy(to->full_words, from->full_words,
	       DIV_ROUND_UP(n / 64, 64) * sizeof(u64));
}

/* [files->lock], dropped and retaken. Room for @fd: 0, -ENOMEM, -EMFILE. */
static int table_grow(struct files *files, u32 fd)
{
	struct fdtable *new, *old;

	if (fd >= sysctl_nr_open)
		return -EMFILE;
	spin_unlock(&files->lock);
	new = table_alloc(fd + 1);
	spin_lock(&files->lock);
	if (!new)
		return -ENOMEM;
	old = files->fdt;
	if (old->max >= new->max) { /* somebody else was faster */
		table_free_rcu(&new->rcu);
		return 0;
	}
	table_copy(new, old);
	rcu_assign_pointer(files->fdt, new);
	if (old != &files->table0)
		call_rcu(&old->rcu, table_free_rcu);
	return 0;
}

static void mark_open(struct fdtable *t, u32 fd)
{
	__set_bit(fd, t->open_fds);
	if (!~t->open_fds[fd / 64])
		__set_bit(fd / 64, t->full_words);
}

static void mark_free(struct fdtable *t, u32 fd)
{
	__clear_bit(fd, t->open_fds);
	__clear_bit(fd / 64, t->full_words);
}

static u32 next_free(const struct fdtable *t, u32 from)
{
	u32 word = from / 64;
	u64 rest = ~t->open_fds[word] >> from % 64 << from % 64;

	if (rest)
		return word * 64 + (u32)__builtin_ctzl(rest);
	word = (u32)find_next_zero_bit(t->full_words, t->max / 64, word + 1);
	if (word >= t->max / 64)
		return t->max;
	return word * 64 + (u32)__builtin_ctzl(~t->open_fds[word]);
}

int get_unused_fd_from(u32 start, u32 flags)
{
	struct files *files = current->files;
	u64 limit = rlimit(RLIMIT_NOFILE);
	struct fdtable *t;
	u32 fd;
	int err;

	spin_lock(&files->lock);
	for (;;) {
		t = files->fdt;
		fd = max(start, files->next_fd);
		if (fd < t->max)
			fd = next_free(t, fd);
		if (fd >= limit) {
			err = -EMFILE;
			break;
		}
		if (fd < t->max) {
			mark_open(t, fd);
			if (flags & O_CLOEXEC)
				__set_bit(fd, t->close_on_exec);
			else
				__clear_bit(fd, t->close_on_exec);
			if (start <= files->next_fd)
				files->next_fd = fd + 1;
			err = (int)fd;
			break;
		}
		err = table_grow(files, fd);
		if (err)
			break;
	}
	spin_unlock(&files->lock);
	return err;
}

int get_unused_fd(u32 flags)
{
	return get_unused_fd_from(0, flags);
}

static void release_slot(struct files *files, u32 fd)
{
	mark_free(files->fdt, fd);
	if (fd < files->next_fd)
		files->next_fd = fd;
}

void put_unused_fd(u32 fd)
{
	struct files *files = current->files;

	spin_lock(&files->lock);
	release_slot(files, fd);
	spin_unlock(&files->lock);
}

void fd_install(u32 fd, struct file *f)
{
	struct files *files = current->files;

	/* Under the lock: the table must not be replaced in between. */
	spin_lock(&files->lock);
	rcu_assign_pointer(files->fdt->fd[fd], f);
	spin_unlock(&files->lock);
}

/* --- lookup --- */

static struct file *file_of(const struct fdtable *t, u32 fd)
{
	return fd < t->max ? rcu_dereference(t->fd[fd]) : NULL;
}

/* Referenced. The slot is checked again: the file may be a recycled one. */
struct file *files_get(struct files *files, u32 fd, u32 refuse)
{
	struct file *f;

	rcu_read_lock();
	for (;;) {
		f = file_of(rcu_dereference(files->fdt), fd);
		if (!f || f->mode & refuse) {
			f = NULL;
			break;
		}
		if (refcount_inc_not_zero((refcount_t *)&f->refs)) {
			if (f == file_of(rcu_dereference(files->fdt), fd))
				break;
			rcu_read_unlock();
			fput(f);
			rcu_read_lock();
		}
	}
	rcu_read_unlock();
	return f;
}

struct file *fget(u32 fd)
{
	return files_get(current->files, fd, FMODE_PATH);
}

struct file *fget_raw(u32 fd)
{
	return files_get(current->files, fd, 0);
}

struct file *fget_task(struct task *t, u32 fd)
{
	struct file *f = NULL;

	spin_lock(&t->lock);
	if (t->files)
		f = files_get(t->files, fd, 0);
	spin_unlock(&t->lock);
	return f;
}

int files_next_fd(struct files *files, u32 fd, struct file **file)
{
	struct fdtable *t = rcu_dereference(files->fdt);

	for (; fd < t->max; fd++) {
		*file = file_of(t, fd);
		if (*file)
			return (int)fd;
	}
	return -1;
}

/* --- close --- */

static int filp_close(struct file *f, struct files *files)
{
	int err = 0;

	if (f->ops && f->ops->flush && !(f->mode & FMODE_PATH))
		err = f->ops->flush(f);
	if (!(f->mode & FMODE_PATH))
		posix_locks_remove(f, files);
	fput(f);
	return err;
}

/* [files->lock] */
static struct file *take_fd(struct files *files, u32 fd)
{
	struct file *f = file_of(files->fdt, fd);

	if (f) {
		rcu_assign_pointer(files->fdt->fd[fd], NULL);
		release_slot(files, fd);
	}
	return f;
}

int close_fd(u32 fd)
{
	struct files *files = current->files;
	struct file *f;

	spin_lock(&files->lock);
	f = take_fd(files, fd);
	spin_unlock(&files->lock);
	return f ? filp_close(f, files) : -EBADF;
}

SYSCALL_DEFINE1(close, u32, fd)
{
	int err = close_fd(fd);

	/* The descriptor is gone: a restart would close another one. */
	if (err == -ERESTARTSYS || err == -ERESTARTNOINTR ||
	    err == -ERESTARTNOHAND || err == -ERESTART_RESTARTBLOCK)
		err = -EINTR;
	return err;
}

static void close_many(struct files *files, u32 first, u32 last)
{
	while (first <= last && first < READ_ONCE(files->fdt)->max) {
		struct file *f;

		spin_lock(&files->lock);
		f = take_fd(files, first);
		spin_unlock(&files->lock);
		if (f)
			filp_close(f, files);
		if (first++ == U32_MAX)
			break;
		cond_resched();
	}
}

static void cloexec_many(struct files *files, u32 first, u32 last)
{
	spin_lock(&files->lock);
	for (; first <= last && first < files->fdt->max; first++)
		if (test_bit(first, files->fdt->open_fds))
			__set_bit(first, files->fdt->close_on_exec);
	spin_unlock(&files->lock);
}

SYSCALL_DEFINE3(close_range, u32, first, u32, last, u32, flags)
{
	int err;

	if (flags & ~(CLOSE_RANGE_UNSHARE | CLOSE_RANGE_CLOEXEC) || first > last)
		return -EINVAL;
	if (flags & CLOSE_RANGE_UNSHARE) {
		err = unshare_files();
		if (err)
			return err;
	}
	if (flags & CLOSE_RANGE_CLOEXEC)
		cloexec_many(current->files, first, last);
	else
		close_many(current->files, first, last);
	return 0;
}

/* --- life of tables --- */

struct files *files_copy(struct files *old, u32 max_fds, int *err)
{
	struct files *new = kmem_cache_zalloc(files_cache, GFP_KERNEL);
	struct fdtable *t, *from;

	(void)max_fds;
	*err = -ENOMEM;
	if (!new)
		return NULL;
	new->users = 1;
	spin_init(&new->lock);
	table_init_embedded(new);
	spin_lock(&old->lock);
	while (new->fdt->max < old->fdt->max) {
		u32 want = old->fdt->max;

		spin_unlock(&old->lock);
		if (new->fdt != &new->table0)
			table_free_rcu(&new->fdt->rcu);
		t = table_alloc(want);
		if (!t) {
			kmem_cache_free(files_cache, new);
			return NULL;
		}
		new->fdt = t;
		spin_lock(&old->lock);
	}
	from = old->fdt;
	t = new->fdt;
	memcpy(t->open_fds, from->open_fds, from->max / 8);
	memcpy(t->close_on_exec, from->close_on_exec, from->max / 8);
	memcpy(t->full_words, from->full_words,
	       DIV_ROUND_UP(from->max / 64, 64) * sizeof(u64));
	new->next_fd = old->next_fd;
	for (u32 w = 0; w < from->max / 64; w++) {
		u64 bits = from->open_fds[w];

		for (; bits; bits &= bits - 1) {
			u32 fd = w * 64 + (u32)__builtin_ctzl(bits);

			t->fd[fd] = from->fd[fd];
			if (t->fd[fd])
				get_file(t->fd[fd]);
			else
				mark_free(t, fd); /* reserved, not installed */
		}
	}
	spin_unlock(&old->lock);
	*err = 0;
	return new;
}

void files_put(struct files *files)
{
	struct fdtable *t;

	if (atomic_sub_return(&files->users, 1))
		return;
	t = files->fdt;
	for (u32 w = 0; w < t->max / 64; w++) {
		u64 bits = t->open_fds[w];

		for (; bits; bits &= bits - 1) {
			u32 fd = w * 64 + (u32)__builtin_ctzl(bits);

			if (t->fd[fd])
				filp_close(t->fd[fd], files);
		}
		cond_resched();
	}
	if (t != &files->table0)
		table_free_rcu(&t->rcu);
	kmem_cache_free(files_cache, files);
}

int unshare_files(void)
{
	struct files *old = current->files, *new;
	int err;

	if (atomic_read(&old->users) == 1)
		return 0;
	new = files_copy(old, U32_MAX, &err);
	if (!new)
		return err;
	spin_lock(&current->lock);
	current->files = new;
	spin_unlock(&current->lock);
	files_put(old);
	return 0;
}

void close_on_exec_files(struct files *files)
{
	for (u32 w = 0; w < files->fdt->max / 64; w++) {
		u64 bits = files->fdt->close_on_exec[w] &
			   files->fdt->open_fds[w];

		files->fdt->close_on_exec[w] = 0;
		for (; bits; bits &= bits - 1)
			close_fd(w * 64 + (u32)__builtin_ctzl(bits));
	}
}

void set_close_on_exec(u32 fd, bool on)
{
	struct files *files = current->files;

	spin_lock(&files->lock);
	if (on)
		__set_bit(fd, files->fdt->close_on_exec);
	else
		__clear_bit(fd, files->fdt->close_on_exec);
	spin_unlock(&files->lock);
}

bool get_close_on_exec(u32 fd)
{
	bool on;

	rcu_read_lock();
	on = test_bit(fd, rcu_dereference(current->files->fdt)->close_on_exec);
	rcu_read_unlock();
	return on;
}

/* --- dup --- */

int replace_fd(u32 newfd, struct file *f, u32 flags)
{
	struct files *files = current->files;
	struct file *old;
	int err = 0;

	if (newfd >= rlimit(RLIMIT_NOFILE))
		return -EBADF;
	spin_lock(&files->lock);
	while (!err && newfd >= files->fdt->max)
		err = table_grow(files, newfd);
	if (err)
		goto unlock;
	old = file_of(files->fdt, newfd);
	if (!old && test_bit(newfd, files->fdt->open_fds)) {
		err = -EBUSY; /* reserved by an open() in progress */
		goto unlock;
	}
	get_file(f);
	mark_open(files->fdt, newfd);
	if (flags & O_CLOEXEC)
		__set_bit(newfd, files->fdt->close_on_exec);
	else
		__clear_bit(newfd, files->fdt->close_on_exec);
	rcu_assign_pointer(files->fdt->fd[newfd], f);
	spin_unlock(&files->lock);
	if (old)
		filp_close(old, files);
	return (int)newfd;
unlock:
	spin_unlock(&files->lock);
	return err;
}

SYSCALL_DEFINE1(dup, u32, oldfd)
{
	struct file *f = fget_raw(oldfd);
	int fd;

	if (!f)
		return -EBADF;
	fd = get_unused_fd(0);
	if (fd >= 0)
		fd_install((u32)fd, f);
	else
		fput(f);
	return fd;
}

SYSCALL_DEFINE3(dup3, u32, oldfd, u32, newfd, int, flags)
{
	struct file *f;
	int ret;

	if (flags & ~O_CLOEXEC || oldfd == newfd)
		return -EINVAL;
	if (newfd >= rlimit(RLIMIT_NOFILE))
		return -EBADF;
	f = fget_raw(oldfd);
	if (!f)
		return -EBADF;
	ret = replace_fd(newfd, f, (u32)flags);
	fput(f);
	return ret;
}

void __init_text file_cache_init(void)
{
	static struct files init_files;

	file_cache = kmem_cache_create("file", sizeof(struct file), 64, 0);
	files_cache = kmem_cache_create("files", sizeof(struct files), 64, 0);
	if (!file_cache || !files_cache)
		panic("no memory for files");
	sysctl_file_max = max(mem_counters.total_pages / 10 * 4, 8192ul);
	init_files.users = 1;
	spin_init(&init_files.lock);
	table_init_embedded(&init_files);
	init_task.files = &init_files;
}
