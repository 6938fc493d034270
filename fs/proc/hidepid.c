/*
 * What a mount of procfs shows: hidepid=, gid=, subset= (proc(5)).
 *
 * Each mount has options of its own, which a remount changes one by one. hidepid
 * says how much of a process those see who may not inspect it; members of the
 * group gid= may always, but for hidepid=ptraceable, where only the right to
 * inspect counts. subset=pid leaves away what is about no process.
 */
#include <linnet/cred.h>
#include <linnet/errno.h>
#include <linnet/kstrto.h>
#include <linnet/slab.h>
#include <linnet/string.h>
#include "proc.h"

enum hidepid {
	HIDEPID_OFF = 0,
	HIDEPID_NO_ACCESS = 1,	/* directories are listed but closed */
	HIDEPID_INVISIBLE = 2,	/* nor listed */
	HIDEPID_PTRACEABLE = 4, /* as if they were not there */
};

struct proc_options {
	u32 hidepid;	/* enum hidepid */
	gid_t gid;
	bool pids_only; /* subset=pid */
};

static const struct {
	const char *name;
	u32 value;
} levels[] = {
	{"off", HIDEPID_OFF},
	{"noaccess", HIDEPID_NO_ACCESS},
	{"invisible", HIDEPID_INVISIBLE},
	{"ptraceable", HIDEPID_PTRACEABLE},
};

static const struct proc_options *options_of(const struct inode *inode)
{
	return inode->sb->private;
}

/* --- options --- */

static int parse_hidepid(const char *v, u32 *level)
{
	u64 n;
	bool number = !kstrtou64(v, 0, &n);

	for (u32 i = 0; i < ARRAY_SIZE(levels); i++) {
		if ((number && n == levels[i].value) ||
		    !strcmp(v, levels[i].name)) {
			*level = levels[i].value;
			return 0;
		}
	}
	return -EINVAL;
}

static int parse_option(void *opts, const char *key, const char *v)
{
	struct proc_options *o = opts;
	u64 n;

	if (!v)
		return -EINVAL;
	if (!strcmp(key, "hidepid"))
		return parse_hidepid(v, &o->hidepid);
	if (!strcmp(key, "gid") && !kstrtou64(v, 0, &n) && n < U32_MAX)
		o->gid = (gid_t)n;
	else if (!strcmp(key, "subset") && !strcmp(v, "pid"))
		o->pids_only = true;
	else
		return -EINVAL;
	return 0;
}

/* Those of a new mount. 0, -EINVAL, -ENOMEM. */
int proc_options_init(struct super_block *sb, char *data)
{
	struct proc_options *o = kzalloc(sizeof(*o), GFP_KERNEL);

	if (!o)
		return -ENOMEM;
	sb->private = o; /* freed with the super block, on an error too */
	return parse_mount_options(data, parse_option, o);
}

int proc_remount(struct super_block *sb, u32 *flags, char *data)
{
	struct proc_options *own = sb->private, o = *own;
	int err = parse_mount_options(data, parse_option, &o);

	(void)flags;
	if (err)
		return err;
	/* Each for itself: who reads them meanwhile sees old or new. */
	WRITE_ONCE(own->gid, o.gid);
	WRITE_ONCE(own->hidepid, o.hidepid);
	WRITE_ONCE(own->pids_only, o.pids_only);
	return 0;
}

int proc_show_options(struct seq_file *m, struct dentry *root)
{
	const struct proc_options *o = options_of(root->inode);
	u32 hidepid = READ_ONCE(o->hidepid);

	if (READ_ONCE(o->gid))
		seq_printf(m, ",gid=%u", o->gid);
	for (u32 i = 1; i < ARRAY_SIZE(levels); i++)
		if (hidepid == levels[i].value)
			seq_printf(m, ",hidepid=%s", levels[i].name);
	if (READ_ONCE(o->pids_only))
		seq_puts(m, ",subset=pid");
	return 0;
}

void proc_put_super(struct super_block *sb)
{
	kfree(sb->private);
}

/* --- what they do --- */

/* Is the process shown to the caller, where @from is the least that hides it? */
static bool may_see(const struct inode *inode, struct task *t, u32 from)
{
	const struct proc_options *o = options_of(inode);
	u32 hidepid = READ_ONCE(o->hidepid);

	if (hidepid != HIDEPID_PTRACEABLE &&
	    (hidepid < from || in_group(current_cred(), READ_ONCE(o->gid))))
		return true;
	return ptrace_may_access(t, PTRACE_MODE_READ_FSCREDS);
}

bool proc_task_listed(const struct inode *dir, struct task *t)
{
	return may_see(dir, t, HIDEPID_INVISIBLE);
}

bool proc_task_found(const struct inode *dir, struct task *t)
{
	return READ_ONCE(options_of(dir)->hidepid) != HIDEPID_PTRACEABLE ||
	       may_see(dir, t, HIDEPID_NO_ACCESS);
}

bool proc_pids_only(const struct inode *dir)
{
	return READ_ONCE(options_of(dir)->pids_only);
}

/* Into the directory of a process, and its task/. */
int proc_task_permission(struct inode *inode, u32 mask)
{
	struct task *t;
	bool shown;

	if (mask & MAY_NOT_BLOCK)
		return -ECHILD; /* nothing keeps the pid in a lock-free walk */
	t = proc_task(inode);
	if (!t)
		return -ESRCH;
	shown = may_see(inode, t, HIDEPID_NO_ACCESS);
	task_put(t);
	if (shown)
		return generic_permission(inode, mask);
	return READ_ONCE(options_of(inode)->hidepid) == HIDEPID_INVISIBLE
		       ? -ENOENT : -EPERM;
}

int proc_task_getattr(const struct path *path, struct kstat *st, u32 mask,
		      u32 flags)
{
	struct inode *inode = path->dentry->inode;
	struct task *t = proc_task(inode);
	bool shown = !t || proc_task_listed(inode, t);

	(void)mask;
	(void)flags;
	if (t)
		task_put(t);
	if (!shown)
		return -ENOENT;
	generic_fillattr(inode, st);
	return 0;
}
