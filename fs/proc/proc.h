/* Inside procfs. */
#ifndef FS_PROC_H
#define FS_PROC_H

#include <linnet/fs.h>
#include <linnet/mm.h>
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
	const char *(*link)(char *buf, size_t size); /* target of a link */
	const void *data;		/* for show: m->private */
};

struct proc_inode {
	struct inode inode;
	const struct proc_entry *entry;	/* fixed entries */
	struct pid *pid;		/* task entries, referenced */
	const struct task_entry *tent;
	u32 fd;				/* fd/N */
};

static inline struct proc_inode *PROC_I(const struct inode *inode)
{
	return container_of(inode, struct proc_inode, inode);
}

extern const struct proc_entry proc_root_entries[], proc_sys_entries[];
struct inode *proc_new_inode(struct super_block *sb, u16 mode);
int proc_fill_entry(struct inode *dir, struct dentry *d,
		    const struct proc_entry *e);
/* Directory methods over a table, from entry @skip on. */
int proc_emit_entries(struct file *f, struct dir_context *ctx,
		      const struct proc_entry *e, loff_t base);

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
int proc_oom_score_show(struct seq_file *m, struct task *t);
int proc_io_show(struct seq_file *m, struct task *t);
int proc_limits_show(struct seq_file *m, struct task *t);
extern const struct file_ops proc_comm_fops, proc_oom_adj_fops;

/* task_mem.c */
int proc_smaps_rollup_show(struct seq_file *m, struct task *t);
extern const struct file_ops proc_cmdline_fops, proc_environ_fops,
	proc_auxv_fops, proc_maps_fops, proc_smaps_fops;
/* One line of maps. mmap_lock for reading. */
void proc_show_vma(struct seq_file *m, struct vma *v);

/* task_links.c */
extern const struct inode_ops proc_exe_iops, proc_cwd_iops, proc_root_iops,
	proc_fd_iops;

/* smaps.c: mmap_lock for reading. */
void proc_show_smaps(struct seq_file *m, struct vma *v);
void proc_show_smaps_rollup(struct seq_file *m, struct mm *mm);

/* fdinfo.c */
extern const struct inode_ops proc_fdinfo_iops;

/* kmsg.c */
extern const struct file_ops proc_kmsg_fops;

/* info.c, mounts.c */
int show_mounts(struct seq_file *m, void *v);
int show_mountinfo(struct seq_file *m, void *v);

#endif
