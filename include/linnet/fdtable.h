/*
 * File descriptor tables: small integers to open files.
 *
 * Lookups run under RCU; a task that does not share its table borrows the file
 * without touching its reference count (struct fd). Growing the table replaces
 * the arrays and frees the old ones after a grace period.
 */
#ifndef LINNET_FDTABLE_H
#define LINNET_FDTABLE_H

#include <linnet/fs.h>
#include <linnet/rcu.h>
#include <linnet/task.h>

struct fdtable {
	u32 max;		/* [I] descriptors that fit */
	struct file **fd;	/* RCU */
	u64 *open_fds;		/* [files->lock] bitmaps */
	u64 *close_on_exec;
	u64 *full_words;	/* one bit a word of open_fds that is full */
	struct rcu_head rcu;
};

#define NR_OPEN_DEFAULT 64

struct files {
	u32 users;		/* [A] */
	struct fdtable *fdt;	/* RCU */
	struct fdtable table0;	/* the first one, embedded */
	spinlock_t lock;
	u32 next_fd;		/* [lock] no free one below */
	struct file *fd0[NR_OPEN_DEFAULT];
	u64 open0[1], cloexec0[1], full0[1];
};

/* A borrowed or referenced file; fdput() when done. */
struct fd {
	struct file *file; /* NULL: no such descriptor */
	bool put;
	bool locked; /* fdget_pos() holds pos_lock */
};

/* Referenced, NULL for none and for files with a mode in @refuse. */
struct file *files_get(struct files *files, u32 fd, u32 refuse);

static __always_inline struct fd fdget_mode(u32 fd, u32 refuse)
{
	struct files *files = current->files;
	struct file *f = NULL;

	if (likely(atomic_read(&files->users) == 1)) {
		const struct fdtable *t = files->fdt;

		if (likely(fd < t->max))
			f = t->fd[fd];
		if (f && unlikely(f->mode & refuse))
			f = NULL;
		return (struct fd){f, false, false};
	}
	f = files_get(files, fd, refuse);
	return (struct fd){f, f != NULL, false};
}

/* Without O_PATH files (-EBADF for them); fdget_raw() includes them. */
static __always_inline struct fd fdget(u32 fd)
{
	return fdget_mode(fd, FMODE_PATH);
}

static __always_inline struct fd fdget_raw(u32 fd)
{
	return fdget_mode(fd, 0);
}

static __always_inline void fdput(struct fd f)
{
	if (unlikely(f.put))
		fput(f.file);
}

/* As fdget(), and holds the position lock if the file needs it: its position
 * is shared if the file is, by dup, fork or threads. */
static __always_inline struct fd fdget_pos(u32 fd)
{
	struct fd f = fdget(fd);

	if (f.file && f.file->mode & FMODE_ATOMIC_POS &&
	    (f.put || atomic_read(&f.file->refs) > 1)) {
		mutex_lock(&f.file->pos_lock);
		f.locked = true;
	}
	return f;
}

static __always_inline void fdput_pos(struct fd f)
{
	if (unlikely(f.locked))
		mutex_unlock(&f.file->pos_lock);
	fdput(f);
}

/* Referenced file or NULL. */
struct file *fget(u32 fd);
struct file *fget_raw(u32 fd);
struct file *fget_task(struct task *t, u32 fd);

/* Reserve the lowest free descriptor: number or -EMFILE, -ENOMEM. */
int get_unused_fd(u32 flags);
int get_unused_fd_from(u32 start, u32 flags);
void put_unused_fd(u32 fd);
/* Publish; consumes the reference. Cannot fail. */
void fd_install(u32 fd, struct file *f);
int close_fd(u32 fd);
/* Duplicate onto @newfd, closing what was there. */
int replace_fd(u32 newfd, struct file *f, u32 flags);
void set_close_on_exec(u32 fd, bool on);
bool get_close_on_exec(u32 fd);

struct files *files_copy(struct files *old, u32 max_fds, int *err);
void files_put(struct files *files);
void close_on_exec_files(struct files *files);
/* execve, unshare: stop sharing. 0 or -ENOMEM. */
int unshare_files(void);
/* Next open descriptor at or above @fd, or -1; RCU. */
int files_next_fd(struct files *files, u32 fd, struct file **f);

#endif
