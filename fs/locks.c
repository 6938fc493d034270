/*
 * File locks: POSIX record locks, open-file-description locks, flock(2).
 *
 * An inode gets a context with its first lock. Record locks belong to a
 * descriptor table (POSIX) or an open file (OFD); one owner's locks never
 * overlap, and neighbours of one type are one lock. A lock that must wait
 * sleeps on the context's queue until some lock of the inode goes, then tries
 * again. Who waits for whom is noted, to refuse POSIX waits that would make a
 * cycle.
 *
 * Lock order: contexts_lock > context->lock > blocked_lock
 */
#include <asm/uaccess.h>
#include <linnet/errno.h>
#include <linnet/fdtable.h>
#include <linnet/fs.h>
#include <linnet/seq_file.h>
#include <linnet/slab.h>
#include <linnet/syscalls.h>
#include <linnet/task.h>
#include "internal.h"

enum { MAX_DEADLOCK_STEPS = 10, PID_OF_OFD = -1 };

struct file_lock {
	struct list_head node; /* [context->lock] */
	const void *owner;     /* [I] files, or the file (OFD, flock) */
	struct file *file;     /* [I] borrowed: it goes no later than that */
	loff_t start, end;     /* [context->lock] both inclusive */
	pid_t pid;	       /* [I] */
	u8 type;	       /* [I] F_RDLCK, F_WRLCK or (a request) F_UNLCK */
};

struct file_lock_context {
	struct list_head node; /* [contexts_lock] in contexts */
	struct inode *inode;   /* [I] */
	spinlock_t lock;
	struct list_head posix; /* [L] by start */
	struct list_head flock; /* [L] */
	struct wait_queue wait;
};

/* A request that waits for @blocker. [blocked_lock] */
struct lock_wait {
	struct list_head node;
	struct file_lock_context *ctx;
	const void *owner, *blocker;
	bool woken; /* a lock of the context went */
};

static LIST_HEAD(contexts); /* for /proc/locks */
static DEFINE_SPINLOCK(contexts_lock);
static LIST_HEAD(blocked);
static DEFINE_SPINLOCK(blocked_lock);

/* --- contexts --- */

static struct file_lock_context *context_of(struct inode *inode)
{
	return __atomic_load_n(&inode->locks, __ATOMIC_ACQUIRE);
}

static struct file_lock_context *context_get(struct inode *inode)
{
	struct file_lock_context *ctx = context_of(inode), *none = NULL;

	if (ctx)
		return ctx;
	ctx = kmalloc(sizeof(*ctx), GFP_KERNEL);
	if (!ctx)
		return NULL;
	ctx->inode = inode;
	spin_init(&ctx->lock);
	list_init(&ctx->posix);
	list_init(&ctx->flock);
	wait_queue_init(&ctx->wait);
	if (!atomic_cmpxchg(&inode->locks, none, ctx)) {
		kfree(ctx);
		return context_of(inode);
	}
	spin_lock(&contexts_lock);
	list_add_tail(&ctx->node, &contexts);
	spin_unlock(&contexts_lock);
	return ctx;
}

static void free_list(struct list_head *list)
{
	struct file_lock *l, *next;

	list_for_each_entry_safe(l, next, list, node)
		kfree(l);
	list_init(list);
}

/* The inode dies: no file refers to it. */
void inode_free_locks(struct inode *inode)
{
	struct file_lock_context *ctx = inode->locks;

	if (!ctx)
		return;
	spin_lock(&contexts_lock);
	list_del(&ctx->node);
	spin_unlock(&contexts_lock);
	free_list(&ctx->posix);
	free_list(&ctx->flock);
	kfree(ctx);
	inode->locks = NULL;
}

/* --- /proc/locks, /proc/PID/fdinfo --- */

static void show_lock(struct seq_file *m, struct inode *inode,
		      const struct file_lock *l, const char *kind, u64 number)
{
	dev_t dev = inode->sb->dev;

	seq_printf(m, "%lu: %s  ADVISORY  %s %d %02x:%02x:%lu %ld ", number,
		   kind, l->type == F_WRLCK ? "WRITE" : "READ", l->pid,
		   dev_major(dev), dev_minor(dev), inode->ino, l->start);
	if (l->end == S64_MAX)
		seq_puts(m, "EOF\n");
	else
		seq_printf(m, "%ld\n", l->end);
}

/* Locks of one file, @prefix before each; @f: only those set through it or by
 * its descriptor table's owner. The next number. */
static u64 show_context(struct seq_file *m, struct file_lock_context *ctx,
			const struct file *f, const char *prefix, u64 number)
{
	struct file_lock *l;

	spin_lock(&ctx->lock);
	list_for_each_entry(l, &ctx->flock, node) {
		if (f && l->file != f)
			continue;
		seq_puts(m, prefix);
		show_lock(m, ctx->inode, l, "FLOCK", number++);
	}
	list_for_each_entry(l, &ctx->posix, node) {
		if (f && l->file != f)
			continue;
		seq_puts(m, prefix);
		show_lock(m, ctx->inode, l,
			  l->owner == l->file ? "OFDLCK" : "POSIX", number++);
	}
	spin_unlock(&ctx->lock);
	return number;
}

int show_locks(struct seq_file *m)
{
	struct file_lock_context *ctx;
	u64 number = 1;

	spin_lock(&contexts_lock);
	list_for_each_entry(ctx, &contexts, node)
		number = show_context(m, ctx, NULL, "", number);
	spin_unlock(&contexts_lock);
	return 0;
}

void file_show_locks(struct seq_file *m, struct file *f)
{
	struct file_lock_context *ctx = context_of(f->inode);

	if (ctx)
		show_context(m, ctx, f, "lock:\t", 1);
}

/* --- waiting --- */

/* Some lock went: whoever waits in this context looks again. */
static void wake_blocked(struct file_lock_context *ctx)
{
	struct lock_wait *w;

	if (list_empty(&blocked))
		return;
	spin_lock(&blocked_lock);
	list_for_each_entry(w, &blocked, node) {
		if (w->ctx != ctx)
			continue;
		w->blocker = NULL;
		WRITE_ONCE(w->woken, true);
	}
	spin_unlock(&blocked_lock);
	wake_up_all(&ctx->wait);
}

/* Whom @owner waits for, or NULL. [blocked_lock] */
static const void *waits_for(const void *owner)
{
	struct lock_wait *w;

	list_for_each_entry(w, &blocked, node)
		if (w->owner == owner && w->blocker)
			return w->blocker;
	return NULL;
}

static bool would_deadlock(const struct lock_wait *w)
{
	const void *o = w->blocker;

	for (u32 i = 0; o && i < MAX_DEADLOCK_STEPS; i++) {
		if (o == w->owner)
			return true;
		o = waits_for(o);
	}
	return false;
}

/* Note the wait before ctx->lock is dropped: 0 or -EDEADLK. */
static int block_on(struct lock_wait *w, struct file_lock_context *ctx,
		    const struct file_lock *want,
		    const struct file_lock *holder, bool detect)
{
	int err = 0;

	*w = (struct lock_wait){.ctx = ctx, .owner = want->owner,
				.blocker = holder->owner};
	spin_lock(&blocked_lock);
	if (detect && would_deadlock(w))
		err = -EDEADLK;
	else
		list_add_tail(&w->node, &blocked);
	spin_unlock(&blocked_lock);
	return err;
}

static int wait_blocked(struct lock_wait *w)
{
	long err = wait_event_interruptible(&w->ctx->wait,
					    READ_ONCE(w->woken));

	spin_lock(&blocked_lock);
	list_del(&w->node);
	spin_unlock(&blocked_lock);
	return (int)err;
}

/* --- record locks --- */

static bool overlap(const struct file_lock *a, const struct file_lock *b)
{
	return a->start <= b->end && b->start <= a->end;
}

/* Also side by side; an end of S64_MAX has nothing behind it. */
static bool touches(const struct file_lock *a, const struct file_lock *b)
{
	return (a->end == S64_MAX || b->start <= a->end + 1) &&
	       (b->end == S64_MAX || a->start <= b->end + 1);
}

static struct file_lock *posix_conflict(struct file_lock_context *ctx,
					const struct file_lock *want)
{
	struct file_lock *l;

	list_for_each_entry(l, &ctx->posix, node)
		if (l->owner != want->owner && overlap(l, want) &&
		    (l->type == F_WRLCK || want->type == F_WRLCK))
			return l;
	return NULL;
}

static void posix_insert(struct file_lock_context *ctx, struct file_lock *new)
{
	struct file_lock *l;

	list_for_each_entry(l, &ctx->posix, node)
		if (l->start > new->start)
			break;
	list_add_tail(&new->node, &l->node);
}

static void drop_lock(struct file_lock *l)
{
	list_del(&l->node);
	kfree(l);
}

/* Make room in @l, of the same owner and another type; a lock that sticks out
 * on both sides is split into *@spare. */
static void posix_cut(struct file_lock_context *ctx, struct file_lock *l,
		      const struct file_lock *want, struct file_lock **spare)
{
	bool left = l->start < want->start, right = l->end > want->end;

	if (left && right) {
		struct file_lock *r = *spare;

		*spare = NULL;
		*r = *l;
		r->start = want->end + 1;
		posix_insert(ctx, r);
	}
	if (left) {
		l->end = want->start - 1;
	} else if (right) {
		l->start = want->end + 1;
		list_del(&l->node);
		posix_insert(ctx, l);
	} else {
		drop_lock(l);
	}
}

/* @want has no conflict: take it (*new) or unlock. [ctx->lock] */
static void posix_apply(struct file_lock_context *ctx,
			const struct file_lock *want, struct file_lock **new,
			struct file_lock **spare)
{
	struct file_lock merged = *want, *l, *next;

	list_for_each_entry_safe(l, next, &ctx->posix, node) {
		if (l->owner != want->owner)
			continue;
		if (l->type == want->type && touches(l, want)) {
			merged.start = min(merged.start, l->start);
			merged.end = max(merged.end, l->end);
			drop_lock(l);
		} else if (l->type != want->type && overlap(l, want)) {
			posix_cut(ctx, l, want, spare);
		}
	}
	if (want->type == F_UNLCK)
		return;
	**new = merged;
	posix_insert(ctx, *new);
	*new = NULL;
}

static bool posix_owns(struct file_lock_context *ctx, const void *owner)
{
	struct file_lock *l;

	list_for_each_entry(l, &ctx->posix, node)
		if (l->owner == owner)
			return true;
	return false;
}

/* One attempt; -EAGAIN with @w noted if the caller is to wait. */
static int posix_try(struct file_lock_context *ctx,
		     const struct file_lock *want, struct file_lock **new,
		     struct file_lock **spare, struct lock_wait *w)
{
	struct file_lock *holder = NULL;
	int err = 0;

	spin_lock(&ctx->lock);
	if (want->type != F_UNLCK)
		holder = posix_conflict(ctx, want);
	if (!holder) {
		bool had = posix_owns(ctx, want->owner);

		posix_apply(ctx, want, new, spare);
		spin_unlock(&ctx->lock);
		if (had)
			wake_blocked(ctx);
		return 0;
	}
	if (w)
		err = block_on(w, ctx, want, holder, want->pid != PID_OF_OFD);
	spin_unlock(&ctx->lock);
	return err ? err : -EAGAIN;
}

static int posix_lock(struct inode *inode, const struct file_lock *want,
		      bool wait)
{
	struct file_lock_context *ctx;
	struct file_lock *new, *spare;
	struct lock_wait w;
	int err = -ENOLCK;

	if (want->type == F_UNLCK && !context_of(inode))
		return 0;
	ctx = context_get(inode);
	new = kmalloc(sizeof(*new), GFP_KERNEL);
	spare = kmalloc(sizeof(*spare), GFP_KERNEL);
	if (!ctx || !new || !spare)
		goto free;
	for (;;) {
		err = posix_try(ctx, want, &new, &spare, wait ? &w : NULL);
		if (err != -EAGAIN || !wait)
			break;
		err = wait_blocked(&w);
		if (err)
			break;
	}
free:
	kfree(new);
	kfree(spare);
	return err;
}

/* --- fcntl --- */

static int range_of(struct file *f, const struct flock *u, struct file_lock *l)
{
	loff_t base;

	switch (u->l_whence) {
	case SEEK_SET:
		base = 0;
		break;
	case SEEK_CUR:
		base = f->pos;
		break;
	case SEEK_END:
		base = i_size_read(f->inode);
		break;
	default:
		return -EINVAL;
	}
	if (__builtin_add_overflow(base, u->l_start, &l->start))
		return -EOVERFLOW;
	if (l->start < 0)
		return -EINVAL;
	l->end = S64_MAX;
	if (u->l_len > 0) {
		if (__builtin_add_overflow(l->start, u->l_len - 1, &l->end))
			return -EOVERFLOW;
	} else if (u->l_len < 0) {
		if (l->start + u->l_len < 0)
			return -EINVAL;
		l->end = l->start - 1;
		l->start += u->l_len;
	}
	return 0;
}

static int request_of(struct file *f, u32 cmd, const struct flock *u,
		      struct file_lock *l)
{
	bool ofd = cmd == F_OFD_GETLK || cmd == F_OFD_SETLK ||
		   cmd == F_OFD_SETLKW;
	int err = range_of(f, u, l);

	if (err)
		return err;
	if (u->l_type != F_RDLCK && u->l_type != F_WRLCK &&
	    u->l_type != F_UNLCK)
		return -EINVAL;
	if (ofd && u->l_pid)
		return -EINVAL;
	l->type = (u8)u->l_type;
	l->file = f;
	l->owner = ofd ? (const void *)f : current->files;
	l->pid = ofd ? PID_OF_OFD : task_tgid(current);
	return 0;
}

static int get_lock(struct file *f, const struct file_lock *want,
		    struct flock *u)
{
	struct file_lock_context *ctx = context_of(f->inode);
	struct file_lock *l = NULL;

	u->l_type = F_UNLCK;
	if (!ctx)
		return 0;
	spin_lock(&ctx->lock);
	l = posix_conflict(ctx, want);
	if (l) {
		u->l_type = l->type;
		u->l_whence = SEEK_SET;
		u->l_start = l->start;
		u->l_len = l->end == S64_MAX ? 0 : l->end - l->start + 1;
		u->l_pid = l->pid;
	}
	spin_unlock(&ctx->lock);
	return 0;
}

/**
 * file_lock_fcntl - F_GETLK, F_SETLK, F_SETLKW and their F_OFD_ forms
 * @f: open file
 * @cmd: which
 * @u: struct flock of user space
 *
 * Context: task; may sleep. Return: 0 or an errno, -EDEADLK among them.
 */
long file_lock_fcntl(struct file *f, u32 cmd, struct flock __user *u)
{
	bool get = cmd == F_GETLK || cmd == F_OFD_GETLK;
	struct file_lock want = {0};
	struct flock fl;
	int err;

	if (copy_from_user(&fl, u, sizeof(fl)))
		return -EFAULT;
	if (cmd == F_GETLK && fl.l_type != F_RDLCK && fl.l_type != F_WRLCK)
		return -EINVAL;
	err = request_of(f, cmd, &fl, &want);
	if (err)
		return err;
	if (get) {
		get_lock(f, &want, &fl);
		return copy_to_user(u, &fl, sizeof(fl)) ? -EFAULT : 0;
	}
	if ((want.type == F_RDLCK && !(f->mode & FMODE_READ)) ||
	    (want.type == F_WRLCK && !(f->mode & FMODE_WRITE)))
		return -EBADF;
	return posix_lock(f->inode, &want,
			  cmd == F_SETLKW || cmd == F_OFD_SETLKW);
}

/* --- flock(2) --- */

static struct file_lock *flock_find(struct file_lock_context *ctx,
				    const struct file *f)
{
	struct file_lock *l;

	list_for_each_entry(l, &ctx->flock, node)
		if (l->file == f)
			return l;
	return NULL;
}

static struct file_lock *flock_conflict(struct file_lock_context *ctx, u8 type)
{
	struct file_lock *l;

	list_for_each_entry(l, &ctx->flock, node)
		if (l->type == F_WRLCK || type == F_WRLCK)
			return l;
	return NULL;
}

/* A conversion gives the old lock up first, as Linux documents it. */
static int flock_try(struct file_lock_context *ctx, struct file_lock **new,
		     struct lock_wait *w)
{
	struct file_lock *want = *new, *old, *holder;
	bool gone = false;
	int err = 0;

	spin_lock(&ctx->lock);
	old = flock_find(ctx, want->file);
	if (old && old->type == want->type)
		goto unlock;
	if (old) {
		drop_lock(old);
		gone = true;
	}
	if (want->type == F_UNLCK)
		goto unlock;
	holder = flock_conflict(ctx, want->type);
	if (holder) {
		err = -EAGAIN;
		if (w)
			block_on(w, ctx, want, holder, false);
	} else {
		list_add_tail(&want->node, &ctx->flock);
		*new = NULL;
	}
unlock:
	spin_unlock(&ctx->lock);
	if (gone)
		wake_blocked(ctx);
	return err;
}

static int flock_file(struct file *f, u8 type, bool wait)
{
	struct file_lock_context *ctx = context_get(f->inode);
	struct file_lock *new = kzalloc(sizeof(*new), GFP_KERNEL);
	struct lock_wait w;
	int err = -ENOMEM;

	if (!ctx || !new)
		goto free;
	new->file = f;
	new->owner = f;
	new->end = S64_MAX;
	new->pid = task_tgid(current);
	new->type = type;
	for (;;) {
		err = flock_try(ctx, &new, wait ? &w : NULL);
		if (err != -EAGAIN || !wait)
			break;
		err = wait_blocked(&w);
		if (err)
			break;
	}
free:
	kfree(new);
	return err;
}

SYSCALL_DEFINE2(flock, u32, fd, u32, cmd)
{
	struct fd f;
	int err = -EBADF;
	u8 type;

	if (cmd & LOCK_MAND)
		return 0; /* gone from Linux, which ignores it */
	switch (cmd & ~(u32)LOCK_NB) {
	case LOCK_SH:
		type = F_RDLCK;
		break;
	case LOCK_EX:
		type = F_WRLCK;
		break;
	case LOCK_UN:
		type = F_UNLCK;
		break;
	default:
		return -EINVAL;
	}
	f = fdget(fd);
	if (!f.file)
		return -EBADF;
	if (type == F_UNLCK || f.file->mode & (FMODE_READ | FMODE_WRITE))
		err = flock_file(f.file, type, !(cmd & LOCK_NB));
	fdput(f);
	return err;
}

/* --- closing --- */

/* Drop the locks of @list that belong to @owner or came through @f. */
static bool drop_matching(struct list_head *list, const void *owner,
			  const struct file *f)
{
	struct file_lock *l, *next;
	bool any = false;

	list_for_each_entry_safe(l, next, list, node) {
		if ((!owner || l->owner != owner) && (!f || l->file != f))
			continue;
		drop_lock(l);
		any = true;
	}
	return any;
}

/* The last close of an open file. */
void file_locks_release(struct file *f)
{
	struct file_lock_context *ctx = context_of(f->inode);
	bool any;

	if (!ctx)
		return;
	spin_lock(&ctx->lock);
	any = drop_matching(&ctx->posix, f, f);
	any |= drop_matching(&ctx->flock, f, f);
	spin_unlock(&ctx->lock);
	if (any)
		wake_blocked(ctx);
}

/* Any close by a process ends all its POSIX locks of the file. */
void posix_locks_remove(struct file *f, struct files *owner)
{
	struct file_lock_context *ctx =
		f->inode ? context_of(f->inode) : NULL;
	bool any;

	if (!ctx)
		return;
	spin_lock(&ctx->lock);
	any = drop_matching(&ctx->posix, owner, NULL);
	spin_unlock(&ctx->lock);
	if (any)
		wake_blocked(ctx);
}
