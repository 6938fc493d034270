/*
 * /proc/PID: what can be seen of a process.
 *
 * Entries are tables as for the fixed files, with the task found again at each
 * access through the inode's struct pid. Memory and descriptors of others are
 * only shown to those who may trace them (ptrace_may_access()).
 */
#include <asm/uaccess.h>
#include <linnet/cred.h>
#include <linnet/errno.h>
#include <linnet/fdtable.h>
#include <linnet/kstrto.h>
#include <linnet/mm.h>
#include <linnet/pidfd.h>
#include <linnet/posix_timers.h>
#include <linnet/printf.h>
#include <linnet/sched.h>
#include <linnet/slab.h>
#include <linnet/string.h>
#include <linnet/tty.h>
#include <linux/limits.h>
#include <linux/sched.h>
#include "proc.h"

struct task_entry {
	const char *name;
	u16 mode;
	int (*show)(struct seq_file *m, struct task *t);
	const struct file_ops *fops;
	const struct inode_ops *iops;
	bool leader_only; /* not in task/TID */
	bool thread_only; /* only there */
};

static const struct task_entry task_entries[];

struct task *proc_task(const struct inode *inode)
{
	return pid_task_get(PROC_I(inode)->pid, PIDTYPE_PID);
}

/* A task that may be inspected: referenced, or ERR_PTR. */
struct task *proc_traceable_task(const struct inode *inode)
{
	struct task *t = proc_task(inode);

	if (!t)
		return ERR_PTR(-ESRCH);
	if (ptrace_may_access(t, PTRACE_MODE_READ_FSCREDS))
		return t;
	task_put(t);
	return ERR_PTR(-EACCES);
}

/* --- making inodes --- */

/*
 * The task's, but root's if it may not be dumped or has no memory. Directories that
 * everybody may search are its own in any case.
 */
static void set_owner(struct inode *inode, struct task *t)
{
	const struct cred *c = task_cred_get(t);
	bool own = inode->mode == (S_IFDIR | 0555);

	spin_lock(&t->lock);
	own |= t->mm && t->mm->dumpable == SUID_DUMP_USER;
	spin_unlock(&t->lock);
	inode->uid = own ? c->euid : 0;
	inode->gid = own ? c->egid : 0;
	cred_put(c);
}

struct inode *proc_task_inode(struct super_block *sb, struct pid *pid,
			      struct task *t, u16 mode)
{
	struct inode *inode = proc_new_inode(sb, mode);

	if (!inode)
		return NULL;
	PROC_I(inode)->pid = pid_get(pid);
	set_owner(inode, t);
	return inode;
}

/* Entries vanish with their process. */
static int task_revalidate(struct dentry *d, u32 flags)
{
	struct task *t;

	if (!d->inode)
		return 0;
	t = proc_task(d->inode);
	if (!t)
		return 0;
	set_owner(d->inode, t);
	task_put(t);
	return 1;
}

static const struct dentry_ops task_dops = {
	.revalidate = task_revalidate,
	.delete = always_delete_dentry,
};

struct dentry *proc_add_task_inode(struct dentry *d, struct inode *inode)
{
	if (!inode)
		return ERR_PTR(-ENOMEM);
	d->ops = &task_dops;
	d_add(d, inode);
	return NULL;
}

static int task_show(struct seq_file *m, void *v)
{
	struct inode *inode = m->file->inode;
	struct task *t = proc_task(inode);
	int err;

	if (!t)
		return -ESRCH;
	err = PROC_I(inode)->tent->show(m, t);
	task_put(t);
	return err;
}

int proc_task_open(struct inode *inode, struct file *f)
{
	return single_open(f, task_show, NULL);
}

static const struct file_ops task_file_fops = {
	.open = proc_task_open,
	.read_iter = seq_read_iter,
	.llseek = seq_lseek,
	.release = single_release,
};

/* --- fd/ and task/ --- */

static struct dentry *fd_lookup(struct inode *dir, struct dentry *d, u32 flags)
{
	struct task *t = proc_traceable_task(dir);
	struct inode *inode;
	struct file *f;
	u64 fd;

	if (IS_ERR(t))
		return ERR_CAST(t);
	f = kstrtou64(d->name.name, 10, &fd) || fd > U32_MAX
		    ? NULL : fget_task(t, (u32)fd);
	if (!f) {
		task_put(t);
		return ERR_PTR(-ENOENT);
	}
	inode = proc_task_inode(dir->sb, PROC_I(dir)->pid, t,
			   (u16)(S_IFLNK | (f->mode & FMODE_READ ? 0500 : 0) |
				 (f->mode & FMODE_WRITE ? 0300 : 0)));
	fput(f);
	task_put(t);
	if (inode) {
		PROC_I(inode)->nr = (u32)fd;
		inode->size = 64; /* as on Linux: it tells nothing */
		inode->ops = &proc_fd_iops;
	}
	return proc_add_task_inode(d, inode);
}

static bool emit_number(struct dir_context *ctx, u64 n, u32 dtype)
{
	char name[24];
	int len = snprintf(name, sizeof(name), "%lu", n);

	return dir_emit(ctx, name, len, n + 10000, dtype);
}

bool proc_emit_dots(struct file *f, struct dir_context *ctx)
{
	static const struct proc_entry none = {.name = NULL};

	return proc_emit_entries(f, ctx, &none, 2);
}

/* fd/ and fdinfo/: one entry a descriptor, links or files. */
static int fd_iterate(struct file *f, struct dir_context *ctx)
{
	u32 dtype = PROC_I(f->inode)->tent->iops == &proc_fdinfo_iops
			    ? S_IFREG >> 12 : S_IFLNK >> 12;
	struct task *t = proc_traceable_task(f->inode);

	if (IS_ERR(t))
		return (int)PTR_ERR(t);
	if (proc_emit_dots(f, ctx)) {
		for (;;) {
			struct file *x;
			int fd = -1;

			spin_lock(&t->lock);
			rcu_read_lock();
			if (t->files)
				fd = files_next_fd(t->files, (u32)ctx->pos - 2, &x);
			rcu_read_unlock();
			spin_unlock(&t->lock);
			if (fd < 0)
				break;
			ctx->pos = fd + 2;
			if (!emit_number(ctx, (u64)fd, dtype))
				break;
			ctx->pos++;
		}
	}
	task_put(t);
	return 0;
}

/* Its own a process always finds: root's directory, if it is not dumpable. */
static int fd_permission(struct inode *inode, u32 mask)
{
	int err = generic_permission(inode, mask);
	struct task *t;

	if (!err)
		return 0;
	if (mask & MAY_NOT_BLOCK)
		return -ECHILD;
	t = proc_task(inode);
	if (t && same_thread_group(t, current))
		err = 0;
	if (t)
		task_put(t);
	return err;
}

static const struct inode_ops fd_dir_iops = {
	.lookup = fd_lookup,
	.permission = fd_permission,
};
static const struct file_ops fd_dir_fops = {.iterate = fd_iterate,
					    .llseek = generic_llseek};

static struct dentry *make_task_dir(struct inode *dir, struct dentry *d,
				    struct pid *pid, struct task *t,
				    bool thread);

static struct dentry *tid_lookup(struct inode *dir, struct dentry *d, u32 flags)
{
	struct task *leader = proc_task(dir), *t = NULL;
	struct dentry *r = ERR_PTR(-ENOENT);
	u64 nr;

	if (leader && !kstrtou64(d->name.name, 10, &nr) && nr <= S32_MAX)
		t = task_find_get((pid_t)nr);
	if (t && same_thread_group(t, leader))
		r = make_task_dir(dir, d, t->pids[PIDTYPE_PID], t, true);
	if (t)
		task_put(t);
	if (leader)
		task_put(leader);
	return r;
}

static int tid_iterate(struct file *f, struct dir_context *ctx)
{
	struct task *leader = proc_task(f->inode), *t;
	pid_t next;

	if (!leader)
		return -ENOENT;
	if (!proc_emit_dots(f, ctx))
		goto out;
	for (;;) {
		next = S32_MAX;
		rcu_read_lock();
		for_each_thread(leader, t)
			if (task_pid(t) >= ctx->pos - 2 && task_pid(t) < next)
				next = task_pid(t);
		rcu_read_unlock();
		if (next == S32_MAX)
			break;
		ctx->pos = next + 2;
		if (!emit_number(ctx, (u64)next, 4))
			break;
		ctx->pos++;
	}
out:
	task_put(leader);
	return 0;
}

static const struct inode_ops tid_dir_iops = {
	.lookup = tid_lookup,
	.permission = proc_task_permission,
};
static const struct file_ops tid_dir_fops = {.iterate = tid_iterate,
					     .llseek = generic_llseek};

/* --- the directory of a process --- */

#define SHOW(fn) .mode = S_IFREG | 0444, .show = fn
#define DIR_OF(i, f) .mode = S_IFDIR | 0555, .iops = &i, .fops = &f
#ifdef CONFIG_DEBUG
#define FAIL_NTH_ENTRY                                                         \
	{.name = "fail-nth", .mode = S_IFREG | 0644,                           \
	 .show = proc_fail_nth_show, .fops = &proc_fail_nth_fops},
#else
#define FAIL_NTH_ENTRY
#endif
static const struct task_entry task_entries[] = {
	{.name = "auxv", .mode = S_IFREG | 0400, .fops = &proc_auxv_fops},
	{.name = "children", SHOW(proc_children_show), .thread_only = true},
	{.name = "cmdline", .mode = S_IFREG | 0444, .fops = &proc_cmdline_fops},
	{.name = "comm", .mode = S_IFREG | 0644, .show = proc_comm_show,
	 .fops = &proc_comm_fops},
	{.name = "cwd", .mode = S_IFLNK | 0777, .iops = &proc_cwd_iops},
	{.name = "environ", .mode = S_IFREG | 0400, .fops = &proc_environ_fops},
	{.name = "exe", .mode = S_IFLNK | 0777, .iops = &proc_exe_iops},
	FAIL_NTH_ENTRY
	{.name = "fd", .mode = S_IFDIR | 0500, .iops = &fd_dir_iops,
	 .fops = &fd_dir_fops},
	{.name = "fdinfo", DIR_OF(proc_fdinfo_iops, fd_dir_fops)},
	{.name = "io", .mode = S_IFREG | 0400, .show = proc_io_show},
	{.name = "limits", SHOW(proc_limits_show)},
	{.name = "maps", .mode = S_IFREG | 0444, .fops = &proc_maps_fops},
	{.name = "mem", .mode = S_IFREG | 0600, .fops = &proc_mem_fops},
	{.name = "mountinfo", .mode = S_IFREG | 0444,
	 .fops = &proc_mountinfo_fops},
	{.name = "mounts", .mode = S_IFREG | 0444, .fops = &proc_mounts_fops},
	{.name = "mountstats", .mode = S_IFREG | 0400,
	 .fops = &proc_mountstats_fops},
	{.name = "ns", .mode = S_IFDIR | 0511, .iops = &proc_ns_dir_iops,
	 .fops = &proc_ns_dir_fops},
	{.name = "oom_adj", .mode = S_IFREG | 0644, .show = proc_oom_old_show,
	 .fops = &proc_oom_old_fops},
	{.name = "oom_score", SHOW(proc_oom_score_show)},
	{.name = "oom_score_adj", .mode = S_IFREG | 0644, .show = proc_oom_adj_show,
	 .fops = &proc_oom_adj_fops},
	{.name = "personality", .mode = S_IFREG | 0400,
	 .show = proc_personality_show},
	{.name = "root", .mode = S_IFLNK | 0777, .iops = &proc_root_iops},
	{.name = "schedstat", SHOW(proc_task_schedstat_show)},
	{.name = "smaps", .mode = S_IFREG | 0444, .fops = &proc_smaps_fops},
	{.name = "smaps_rollup", SHOW(proc_smaps_rollup_show)},
	{.name = "stat", SHOW(proc_stat_show)},
	{.name = "statm", SHOW(proc_statm_show)},
	{.name = "status", SHOW(proc_status_show)},
	{.name = "task", DIR_OF(tid_dir_iops, tid_dir_fops), .leader_only = true},
	{.name = "timerslack_ns", .mode = S_IFREG | 0666, .show = proc_slack_show,
	 .fops = &proc_slack_fops, .leader_only = true},
	{.name = "wchan", SHOW(proc_wchan_show)},
	{.name = NULL},
};

/* Some entries are only in /proc/PID, or only in task/TID. */
static bool is_here(const struct inode *dir, const struct task_entry *e)
{
	return PROC_I(dir)->thread ? !e->leader_only : !e->thread_only;
}

static struct dentry *task_dir_lookup(struct inode *dir, struct dentry *d,
				      u32 flags)
{
	const struct task_entry *e;
	struct task *t = proc_task(dir);
	struct inode *inode;

	if (!t)
		return ERR_PTR(-ENOENT);
	for (e = task_entries; e->name; e++)
		if (is_here(dir, e) && !strcmp(e->name, d->name.name))
			break;
	inode = e->name ? proc_task_inode(dir->sb, PROC_I(dir)->pid, t, e->mode) : NULL;
	task_put(t);
	if (!e->name)
		return ERR_PTR(-ENOENT);
	if (inode) {
		PROC_I(inode)->tent = e;
		if (e->iops)
			inode->ops = e->iops;
		if (!S_ISLNK(e->mode))
			inode->fops = e->fops ? e->fops : &task_file_fops;
	}
	return proc_add_task_inode(d, inode);
}

static int task_dir_iterate(struct file *f, struct dir_context *ctx)
{
	loff_t n = 2;

	if (!proc_emit_dots(f, ctx))
		return 0;
	for (const struct task_entry *e = task_entries; e->name; e++, n++) {
		if (n < ctx->pos || !is_here(f->inode, e))
			continue;
		if (!dir_emit(ctx, e->name, (int)strlen(e->name), (u64)n + 2000,
			      e->mode >> 12))
			return 0;
		ctx->pos = n + 1;
	}
	return 0;
}

static const struct inode_ops thread_dir_iops = {
	.lookup = task_dir_lookup,
	.getattr = proc_task_getattr,
};
static const struct inode_ops task_dir_iops = {
	.lookup = task_dir_lookup,
	.getattr = proc_task_getattr,
	.permission = proc_task_permission,
};
static const struct file_ops task_dir_fops = {.iterate = task_dir_iterate,
					      .llseek = generic_llseek};

/**
 * process_dir_pid - the process whose directory in procfs is open
 * @f: any file
 *
 * Such a descriptor serves as a pidfd for pidfd_send_signal(2); it did before
 * there were others.
 *
 * Return: the pid, borrowed from @f, or NULL if @f is something else; the
 * directory of a thread below task/ is.
 */
struct pid *process_dir_pid(const struct file *f)
{
	return f->ops == &task_dir_fops && !PROC_I(f->inode)->thread
		       ? PROC_I(f->inode)->pid : NULL;
}

static struct dentry *make_task_dir(struct inode *dir, struct dentry *d,
				    struct pid *pid, struct task *t,
				    bool thread)
{
	struct inode *inode = proc_task_inode(dir->sb, pid, t, S_IFDIR | 0555);

	if (inode) {
		PROC_I(inode)->thread = thread;
		inode->ops = thread ? &thread_dir_iops : &task_dir_iops;
		inode->fops = &task_dir_fops;
	}
	return proc_add_task_inode(d, inode);
}

struct dentry *proc_pid_lookup(struct inode *dir, struct dentry *d)
{
	struct dentry *r = ERR_PTR(-ENOENT);
	struct task *t;
	u64 nr;

	if (kstrtou64(d->name.name, 10, &nr) || nr > S32_MAX)
		return r;
	t = task_find_get((pid_t)nr);
	if (!t)
		return r;
	if (proc_task_found(dir, t))
		r = make_task_dir(dir, d, t->pids[PIDTYPE_PID], t, false);
	task_put(t);
	return r;
}

int proc_pid_iterate(struct file *f, struct dir_context *ctx, loff_t base)
{
	for (;;) {
		struct pid *pid = pid_next((pid_t)(ctx->pos - base));
		struct task *t;
		bool shown, ok = true;

		if (!pid)
			return 0;
		t = pid_task_get(pid, PIDTYPE_PID);
		shown = t && thread_group_leader(t) &&
			proc_task_listed(f->inode, t);
		if (t)
			task_put(t);
		ctx->pos = base + pid->nr;
		if (shown)
			ok = emit_number(ctx, (u64)pid->nr, 4);
		pid_put(pid);
		if (!ok)
			return 0;
		ctx->pos++;
	}
}
