/*
 * inotify: hooks for watchers of files, and the descriptors that report.
 *
 * A watch joins a group (an inotify descriptor) and an inode; it does not pin
 * the inode, whose end removes the watch. Hooks look at nothing but a counter
 * while there is no watch anywhere. Events that repeat the last one in the
 * queue are dropped; a full queue ends in IN_Q_OVERFLOW.
 *
 * Lock order: dentry->lock > marks_lock, which guards all watches and queues,
 * > group->wait.lock
 */
#include <asm/ioctls.h>
#include <asm/uaccess.h>
#include <linnet/errno.h>
#include <linnet/fdtable.h>
#include <linnet/fs.h>
#include <linnet/poll.h>
#include <linnet/seq_file.h>
#include <linnet/slab.h>
#include <linnet/string.h>
#include <linnet/syscalls.h>
#include <linnet/task.h>
#include <linux/inotify.h>
#include "internal.h"

/* /proc/sys/fs/inotify: events of a queue; queues and watches of a user. */
int sysctl_inotify_queue = 16384;
int sysctl_inotify_groups = 128;
int sysctl_inotify_watches = 8192;

/* [marks_lock] */
struct group {
	struct wait_queue wait;
	struct list_head events, watches;
	u32 nr_events;
	int last_wd;
	struct user_limits *user; /* [I] referenced: whom it counts for */
};

struct watch {
	struct list_head by_inode, by_group;
	struct group *group;
	struct inode *inode;
	int wd;
	u32 mask;
};

struct fsnotify_mark_list {
	struct list_head watches; /* watch.by_inode */
};

struct event {
	struct list_head node;
	struct inotify_event head;
	char name[]; /* padded with NUL to head.len */
};

static DEFINE_SPINLOCK(marks_lock);
u32 fsnotify_nr_watches; /* [marks_lock] */
static const struct file_ops inotify_fops;

/* --- queueing [marks_lock] --- */

static bool repeats_last(struct group *g, int wd, u32 mask, u32 cookie,
			 const char *name)
{
	struct event *e;

	if (list_empty(&g->events))
		return false;
	e = list_last_entry(&g->events, struct event, node);
	return e->head.wd == wd && e->head.mask == mask &&
	       e->head.cookie == cookie &&
	       !strcmp(e->head.len ? e->name : "", name ? name : "");
}

static void queue_event(struct group *g, int wd, u32 mask, u32 cookie,
			const char *name)
{
	size_t len = name ? strlen(name) : 0, padded = 0;
	struct event *e;

	if (g->nr_events >= (u32)READ_ONCE(sysctl_inotify_queue)) {
		wd = -1;
		mask = IN_Q_OVERFLOW;
		cookie = 0;
		len = 0;
		name = NULL;
	}
	if (repeats_last(g, wd, mask, cookie, name))
		return;
	if (len)
		padded = DIV_ROUND_UP(len + 1, sizeof(e->head)) *
			 sizeof(e->head);
	e = kzalloc(sizeof(*e) + padded, GFP_ATOMIC);
	if (!e)
		return;
	e->head = (struct inotify_event){wd, mask, cookie, (u32)padded};
	if (len)
		memcpy(e->name, name, len);
	list_add_tail(&e->node, &g->events);
	g->nr_events++;
	wake_up_poll(&g->wait, EPOLLIN | EPOLLRDNORM);
}

static void remove_watch(struct watch *w)
{
	queue_event(w->group, w->wd, IN_IGNORED, 0, NULL);
	list_del(&w->by_inode);
	list_del(&w->by_group);
	fsnotify_nr_watches--;
	atomic_dec(&w->group->user->inotify_watches);
	kfree(w);
}

static void notify_locked(struct inode *inode, u32 mask, u32 cookie,
			  const char *name, bool unlinked)
{
	struct watch *w, *next;

	if (!inode->marks)
		return;
	list_for_each_entry_safe(w, next, &inode->marks->watches, by_inode) {
		if (!(w->mask & mask & IN_ALL_EVENTS) ||
		    (unlinked && w->mask & IN_EXCL_UNLINK))
			continue;
		queue_event(w->group, w->wd, mask, cookie, name);
		if (w->mask & IN_ONESHOT)
			remove_watch(w);
	}
}

/* --- hooks --- */

void fsnotify_name(struct inode *dir, const char *name, u32 mask, u32 cookie)
{
	if (!fsnotify_wanted())
		return;
	spin_lock(&marks_lock);
	notify_locked(dir, mask, cookie, name, false);
	spin_unlock(&marks_lock);
}

/* An event of @d itself: for its watchers, and by name for its parent's. */
static void notify_self(struct dentry *d, u32 mask)
{
	if (S_ISDIR(d->inode->mode))
		mask |= IN_ISDIR;
	spin_lock(&d->lock);
	spin_lock(&marks_lock);
	if (d->parent != d && d->parent->inode)
		notify_locked(d->parent->inode, mask, 0, d->name.name,
			      d_unhashed(d));
	notify_locked(d->inode, mask, 0, NULL, false);
	spin_unlock(&marks_lock);
	spin_unlock(&d->lock);
}

void fsnotify(struct inode *inode, struct dentry *d, u32 mask, u32 cookie)
{
	if (!fsnotify_wanted())
		return;
	if (d && d->inode == inode) {
		notify_self(d, mask);
		return;
	}
	if (d && d->inode && S_ISDIR(d->inode->mode))
		mask |= IN_ISDIR;
	fsnotify_name(inode, d ? d->name.name : NULL, mask, cookie);
}

void fsnotify_create(struct inode *dir, struct dentry *d)
{
	fsnotify(dir, d, IN_CREATE, 0);
}

/* An event of an open file; the callers ask fsnotify_wanted() first. */
void fsnotify_file(struct file *f, u32 mask)
{
	if (f->mode & FMODE_NONOTIFY || !f->path.dentry ||
	    !f->path.dentry->inode)
		return;
	notify_self(f->path.dentry, mask);
}

/* The inode goes: its watches with it. */
void inode_free_attachments(struct inode *inode)
{
	u32 mask = inode->nlink ? IN_UNMOUNT : IN_DELETE_SELF;
	struct watch *w, *next;

	inode_free_locks(inode);
	if (!inode->marks)
		return;
	spin_lock(&marks_lock);
	list_for_each_entry_safe(w, next, &inode->marks->watches, by_inode) {
		if (mask == IN_UNMOUNT || w->mask & mask)
			queue_event(w->group, w->wd, mask, 0, NULL);
		remove_watch(w);
	}
	spin_unlock(&marks_lock);
	kfree(inode->marks);
	inode->marks = NULL;
}

/* --- the descriptor --- */

/* The first event off the queue; NULL: none, ERR_PTR: it does not fit. */
static struct event *take_event(struct group *g, size_t room)
{
	struct event *e;

	spin_lock(&marks_lock);
	e = list_first_entry_or_null(&g->events, struct event, node);
	if (e && sizeof(e->head) + e->head.len > room) {
		e = ERR_PTR(-EINVAL);
	} else if (e) {
		list_del(&e->node);
		g->nr_events--;
	}
	spin_unlock(&marks_lock);
	return e;
}

static ssize_t inotify_read(struct kiocb *io, struct iov_iter *to)
{
	struct group *g = io->file->private;
	ssize_t done = 0;
	long err;

	for (;;) {
		struct event *e = take_event(g, to->count);
		size_t n;

		if (IS_ERR(e))
			return done ? done : PTR_ERR(e);
		if (e) {
			n = sizeof(e->head) + e->head.len;
			err = copy_to_iter(&e->head, n, to) < n ? -EFAULT : 0;
			kfree(e);
			if (err)
				return done ? done : err;
			done += (ssize_t)n;
			continue;
		}
		if (done)
			return done;
		if (io->file->flags & O_NONBLOCK || io->flags & IOCB_NOWAIT)
			return -EAGAIN;
		err = wait_event_interruptible(&g->wait,
					       !list_empty(&g->events));
		if (err)
			return err;
	}
}

static u32 inotify_poll(struct file *f, struct poll_table *pt)
{
	struct group *g = f->private;

	poll_wait(f, &g->wait, pt);
	return list_empty(&g->events) ? 0 : EPOLLIN | EPOLLRDNORM;
}

static long inotify_ioctl(struct file *f, u32 cmd, u64 arg)
{
	struct group *g = f->private;
	struct event *e;
	int bytes = 0;

	if (cmd != FIONREAD)
		return -ENOTTY;
	spin_lock(&marks_lock);
	list_for_each_entry(e, &g->events, node)
		bytes += (int)(sizeof(e->head) + e->head.len);
	spin_unlock(&marks_lock);
	return put_user(bytes, (int __user *)arg);
}

static void free_group(struct group *g)
{
	atomic_dec(&g->user->inotify_instances);
	user_limits_put(g->user);
	kfree(g);
}

/* A queue that counts for the caller: -EMFILE if that would be too many. */
static struct group *make_group(void)
{
	struct group *g = kzalloc(sizeof(*g), GFP_KERNEL);

	if (!g)
		return ERR_PTR(-ENOMEM);
	wait_queue_init(&g->wait);
	list_init(&g->events);
	list_init(&g->watches);
	g->user = current_cred()->user;
	refcount_inc(&g->user->refs);
	if (atomic_add_return(&g->user->inotify_instances, 1) <=
	    (u32)READ_ONCE(sysctl_inotify_groups))
		return g;
	free_group(g);
	return ERR_PTR(-EMFILE);
}

static void inotify_release(struct inode *inode, struct file *f)
{
	struct group *g = f->private;
	struct watch *w, *nw;
	struct event *e, *ne;

	spin_lock(&marks_lock);
	list_for_each_entry_safe(w, nw, &g->watches, by_group)
		remove_watch(w);
	spin_unlock(&marks_lock);
	list_for_each_entry_safe(e, ne, &g->events, node)
		kfree(e);
	free_group(g);
}

/* As Linux, but for the file handle, which there is none of. */
static void inotify_show_fdinfo(struct seq_file *m, struct file *f)
{
	struct group *g = f->private;
	struct watch *w;

	spin_lock(&marks_lock);
	list_for_each_entry(w, &g->watches, by_group)
		seq_printf(m, "inotify wd:%x ino:%lx sdev:%x mask:%x ignored_mask:0 \n",
			   (u32)w->wd, w->inode->ino, w->inode->sb->dev, w->mask);
	spin_unlock(&marks_lock);
}

static const struct file_ops inotify_fops = {
	.read_iter = inotify_read,
	.poll = inotify_poll,
	.ioctl = inotify_ioctl,
	.release = inotify_release,
	.llseek = noop_llseek,
	.show_fdinfo = inotify_show_fdinfo,
};

SYSCALL_DEFINE1(inotify_init1, int, flags)
{
	struct group *g;
	int fd;

	if (flags & ~(IN_CLOEXEC | IN_NONBLOCK))
		return -EINVAL;
	g = make_group();
	if (IS_ERR(g))
		return (int)PTR_ERR(g);
	fd = anon_fd("inotify", &inotify_fops, g, (u32)flags);
	if (fd < 0)
		free_group(g);
	return fd;
}

/* --- watches --- */

static int mark_list_get(struct inode *inode)
{
	struct fsnotify_mark_list *list, *none = NULL;

	if (READ_ONCE(inode->marks))
		return 0;
	list = kmalloc(sizeof(*list), GFP_KERNEL);
	if (!list)
		return -ENOMEM;
	list_init(&list->watches);
	if (!atomic_cmpxchg(&inode->marks, none, list))
		kfree(list);
	return 0;
}

/* Change the group's watch of @inode, or add *new. [marks_lock] */
static int set_watch(struct group *g, struct inode *inode, u32 mask,
		     struct watch **new)
{
	u32 kept = mask & (IN_ALL_EVENTS | IN_ONESHOT | IN_EXCL_UNLINK);
	struct watch *w;

	list_for_each_entry(w, &inode->marks->watches, by_inode) {
		if (w->group != g)
			continue;
		if (mask & IN_MASK_CREATE)
			return -EEXIST;
		w->mask = mask & IN_MASK_ADD ? w->mask | kept : kept;
		return w->wd;
	}
	if (atomic_add_return(&g->user->inotify_watches, 1) >
	    (u32)READ_ONCE(sysctl_inotify_watches)) {
		atomic_dec(&g->user->inotify_watches);
		return -ENOSPC;
	}
	w = *new;
	*new = NULL;
	*w = (struct watch){.group = g, .inode = inode, .mask = kept,
			    .wd = ++g->last_wd};
	list_add_tail(&w->by_inode, &inode->marks->watches);
	list_add_tail(&w->by_group, &g->watches);
	fsnotify_nr_watches++;
	return w->wd;
}

static int add_watch(struct group *g, struct inode *inode, u32 mask)
{
	struct watch *new;
	int ret = inode_permission(inode, MAY_READ);

	if (ret)
		return ret;
	new = kmalloc(sizeof(*new), GFP_KERNEL);
	if (!new || mark_list_get(inode)) {
		kfree(new);
		return -ENOMEM;
	}
	spin_lock(&marks_lock);
	ret = set_watch(g, inode, mask, &new);
	spin_unlock(&marks_lock);
	kfree(new);
	return ret;
}

SYSCALL_DEFINE3(inotify_add_watch, u32, fd, const char __user *, name,
		u32, mask)
{
	u32 lookup = mask & IN_DONT_FOLLOW ? 0 : LOOKUP_FOLLOW;
	struct path p;
	struct fd f;
	int ret = -EINVAL;

	if (!(mask & IN_ALL_EVENTS) ||
	    (mask & IN_MASK_ADD && mask & IN_MASK_CREATE))
		return -EINVAL;
	f = fdget(fd);
	if (!f.file)
		return -EBADF;
	if (f.file->ops != &inotify_fops)
		goto put;
	if (mask & IN_ONLYDIR)
		lookup |= LOOKUP_DIRECTORY;
	ret = user_path_at(AT_FDCWD, name, lookup, &p);
	if (ret)
		goto put;
	ret = add_watch(f.file->private, p.dentry->inode, mask);
	path_put(&p);
put:
	fdput(f);
	return ret;
}

SYSCALL_DEFINE2(inotify_rm_watch, u32, fd, int, wd)
{
	struct fd f = fdget(fd);
	struct group *g;
	struct watch *w;
	int ret = -EINVAL;

	if (!f.file)
		return -EBADF;
	if (f.file->ops == &inotify_fops) {
		g = f.file->private;
		spin_lock(&marks_lock);
		list_for_each_entry(w, &g->watches, by_group) {
			if (w->wd != wd)
				continue;
			remove_watch(w);
			ret = 0;
			break;
		}
		spin_unlock(&marks_lock);
	}
	fdput(f);
	return ret;
}
