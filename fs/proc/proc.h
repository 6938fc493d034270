/* Inside procfs. */
#ifndef FS_PROC_H
#define FS_PROC_H

#include <linnet/fs.h>
#include <linnet/mm.h>
#include <linnet/ptrace_access.h>
#include <linnet/seq_file.h>
#include <linnet/task.h>

/*
 * A fixed file or directory. The children of a directory are a table; lookup
 * and listing walk it.
 */
struct proc_entry {
	const char *name;
	u16 mode;			/* S_IFREG, S_IFDIR or S_IFLNK | perms */
	int (*show)(struct seq_file *m, void *v); /* text of a file */
	const struct file_ops *fops;	/* instead of show */
	const struct proc_entry *children; /* NULL-named end */
	const struct inode_ops *iops;	/* of a directory without a table */
	const char *(*link)(char *buf, size_t size); /* target of a link */
	const void *data;		/* for show: m->private */
};

struct proc_inode {
	struct inode inode;
	const struct proc_entry *entry;	/* fixed entries */
	struct pid *pid;		/* task entries, referenced */
	const struct task_entry *tent;
	u32 nr;				/* fd/N, irq/N and below */
	const struct ns_ops *ns;	/* ns/KIND */
	bool thread;			/* task/TID */
};

static inline struct proc_inode *PROC_I(const struct inode *inode)
{
	return container_of(inode, struct proc_inode, inode);
}

extern const struct proc_entry proc_root_entries[], proc_sys_entries[];
extern const struct proc_entry proc_task_link_entries[]; /* of subset=pid */
struct inode *proc_new_inode(struct super_block *sb, u16 mode);
int proc_fill_entry(struct inode *dir, struct dentry *d,
		    const struct proc_entry *e);
/* Of files that are only read. */
ssize_t proc_no_write(struct kiocb *io, struct iov_iter *from);
/* Directory methods over a table, from entry @skip on. */
int proc_emit_entries(struct file *f, struct dir_context *ctx,
		      const struct proc_entry *e, loff_t base);

/* hidepid.c */
int proc_options_init(struct super_block *sb, char *data);
int proc_remount(struct super_block *sb, u32 *flags, char *data);
int proc_show_options(struct seq_file *m, struct dentry *root);
void proc_put_super(struct super_block *sb);
/* Does a listing show the process? Does a lookup find it? */
bool proc_task_listed(const struct inode *dir, struct task *t);
bool proc_task_found(const struct inode *dir, struct task *t);
/* Is there nothing but processes? */
bool proc_pids_only(const struct inode *dir);
/* Methods of a process's directory. */
int proc_task_permission(struct inode *inode, u32 mask);
int proc_task_getattr(const struct path *path, struct kstat *st, u32 mask,
		      u32 flags);

/* task.c */
struct dentry *proc_pid_lookup(struct inode *dir, struct dentry *d);
int proc_pid_iterate(struct file *f, struct dir_context *ctx, loff_t base);
/* The task of an inode, referenced, or NULL. */
struct task *proc_task(const struct inode *inode);

/* The same if it may be inspected; ERR_PTR. */
struct task *proc_traceable_task(const struct inode *inode);
/* An inode about @pid, owned by @t's user; NULL: no memory. */
struct inode *proc_task_inode(struct super_block *sb, struct pid *pid,
			      struct task *t, u16 mode);
/* Result of a lookup: attach @inode (NULL: -ENOMEM) to @d. */
struct dentry *proc_add_task_inode(struct dentry *d, struct inode *inode);

/* "." and "..": true if the listing is beyond them. */
bool proc_emit_dots(struct file *f, struct dir_context *ctx);
/* Open method of an entry with a show function. */
int proc_task_open(struct inode *inode, struct file *f);

/* task_status.c */
int proc_stat_show(struct seq_file *m, struct task *t);
int proc_status_show(struct seq_file *m, struct task *t);
int proc_statm_show(struct seq_file *m, struct task *t);
int proc_comm_show(struct seq_file *m, struct task *t);
int proc_wchan_show(struct seq_file *m, struct task *t);
int proc_personality_show(struct seq_file *m, struct task *t);
int proc_oom_adj_show(struct seq_file *m, struct task *t);
/* 0, -EINVAL, or -EACCES: below what the task was given. */
int proc_set_oom_adj(struct task *t, s64 v);
int proc_oom_score_show(struct seq_file *m, struct task *t);
int proc_io_show(struct seq_file *m, struct task *t);
int proc_task_schedstat_show(struct seq_file *m, struct task *t);
int proc_limits_show(struct seq_file *m, struct task *t);
extern const struct file_ops proc_comm_fops, proc_oom_adj_fops;

/* task_mem.c */
/*
 * The address space that the process of @inode has now: NULL without one, or ERR_PTR.
 * For files that stay with it over exec; it is not kept alive. Ends with mm_drop().
 */
struct mm *proc_grab_mm(const struct inode *inode, u32 ptrace_mode);
int proc_smaps_rollup_show(struct seq_file *m, struct task *t);
extern const struct file_ops proc_cmdline_fops, proc_environ_fops,
	proc_auxv_fops, proc_maps_fops, proc_smaps_fops;
/* One line of maps. mmap_lock for reading. */
void proc_show_vma(struct seq_file *m, struct vma *v);

/* task_links.c */
extern const struct inode_ops proc_exe_iops, proc_cwd_iops, proc_root_iops,
	proc_fd_iops;
/* A delayed_call that frees the text of a link. */
void proc_free_text(void *p);

/* smaps.c: mmap_lock for reading. */
void proc_show_smaps(struct seq_file *m, struct vma *v);
void proc_show_smaps_rollup(struct seq_file *m, struct mm *mm);

/* fdinfo.c */
extern const struct inode_ops proc_fdinfo_iops;

/* irq.c */
extern const struct inode_ops proc_irq_iops;
extern const struct file_ops proc_irq_fops;

/* kmsg.c */
extern const struct file_ops proc_kmsg_fops;

/* mounts.c */
extern const struct file_ops proc_mounts_fops, proc_mountinfo_fops,
	proc_mountstats_fops;
/* task_ns.c */
extern const struct inode_ops proc_ns_dir_iops;
extern const struct file_ops proc_ns_dir_fops;
/* task_more.c */
/* A whole number that is written: 0, -EFAULT, -EINVAL. */
int proc_get_number(struct iov_iter *from, s64 *v);
/* Write method: hand the number that is written to @set, with the inode's task. */
ssize_t proc_write_number(struct kiocb *io, struct iov_iter *from,
			  int (*set)(struct task *t, s64 v));
int proc_children_show(struct seq_file *m, struct task *t);
int proc_slack_show(struct seq_file *m, struct task *t);
int proc_oom_old_show(struct seq_file *m, struct task *t);
extern const struct file_ops proc_mem_fops, proc_slack_fops, proc_oom_old_fops;

/* fail_nth.c, in debug builds */
int proc_fail_nth_show(struct seq_file *m, struct task *t);
extern const struct file_ops proc_fail_nth_fops;

/* system.c */
int proc_softirqs_show(struct seq_file *m, void *v);
int proc_schedstat_show(struct seq_file *m, void *v);
int proc_execdomains_show(struct seq_file *m, void *v);
int proc_diskstats_show(struct seq_file *m, void *v);
int proc_zoneinfo_show(struct seq_file *m, void *v);
int proc_iomem_show(struct seq_file *m, void *v);
extern const struct file_ops proc_kallsyms_fops, proc_sysrq_fops;

#endif
