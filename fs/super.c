/*
 * File-system types and super blocks.
 *
 * `active` counts the mounts and other users of a super block; when it drops to
 * zero the file system is shut down: its dentries and inodes are dropped and
 * kill_sb() runs. The struct is freed once nothing under RCU points to it.
 */
#include <linnet/errno.h>
#include <linnet/fs.h>
#include <linnet/idr.h>
#include <linnet/printk.h>
#include <linnet/seq_file.h>
#include <linnet/slab.h>
#include <linnet/string.h>
#include <linnet/workqueue.h>
#include <linux/limits.h>
#include "internal.h"
#include "mount.h"

LIST_HEAD(super_blocks); /* [sb_lock] */
DEFINE_SPINLOCK(sb_lock);

static struct file_system_type *fs_types; /* [types_lock] */
static DEFINE_SPINLOCK(types_lock);
static struct idr anon_devs = IDR_INIT; /* [sb_lock] minors of major 0 */

int register_filesystem(struct file_system_type *type)
{
	struct file_system_type **p;
	int err = 0;

	spin_lock(&types_lock);
	for (p = &fs_types; *p; p = &(*p)->next)
		if (!strcmp((*p)->name, type->name))
			break;
	if (*p)
		err = -EBUSY;
	else
		*p = type;
	spin_unlock(&types_lock);
	return err;
}

struct file_system_type *get_fs_type(const char *name)
{
	struct file_system_type *t;

	spin_lock(&types_lock);
	for (t = fs_types; t && strcmp(t->name, name); t = t->next)
		;
	spin_unlock(&types_lock);
	return t;
}

/* /proc/filesystems */
int show_filesystems(struct seq_file *m);
int show_filesystems(struct seq_file *m)
{
	spin_lock(&types_lock);
	for (struct file_system_type *t = fs_types; t; t = t->next)
		seq_printf(m, "%s\t%s\n",
			   t->flags & FS_REQUIRES_DEV ? "" : "nodev", t->name);
	spin_unlock(&types_lock);
	return 0;
}

static struct super_block *sb_alloc(struct file_system_type *type, u32 flags)
{
	struct super_block *sb = kzalloc(sizeof(*sb), GFP_KERNEL);

	if (!sb)
		return NULL;
	sb->type = type;
	sb->flags = flags;
	sb->blocksize = PAGE_SIZE;
	sb->blkbits = PAGE_SHIFT;
	sb->max_bytes = S64_MAX;
	refcount_set(&sb->active, 1);
	mutex_init(&sb->rename_mutex);
	spin_init(&sb->inodes_lock);
	list_init(&sb->inodes);
	list_init(&sb->mounts);
	list_init(&sb->node);
	strscpy(sb->id, type->name, sizeof(sb->id));
	return sb;
}

struct super_block *sget_nodev(struct file_system_type *type, u32 flags)
{
	struct super_block *sb = sb_alloc(type, flags);
	int minor;

	if (!sb)
		return ERR_PTR(-ENOMEM);
	spin_lock(&sb_lock);
	minor = idr_alloc(&anon_devs, sb, 1, (1u << MINORBITS) - 1);
	if (minor >= 0) {
		sb->dev = dev_make(0, (u32)minor);
		list_add_tail(&sb->node, &super_blocks);
	}
	spin_unlock(&sb_lock);
	if (minor < 0) {
		kfree(sb);
		return ERR_PTR(minor);
	}
	return sb;
}

/* Drop the tree and all inodes. Nobody uses the file system any more. */
static void generic_shutdown(struct super_block *sb)
{
	struct dentry *root = sb->root;

	if (root) {
		shrink_dcache_sb(sb);
		sb->root = NULL;
		dput(root);
	}
	evict_inodes(sb);
	if (sb->ops && sb->ops->put_super)
		sb->ops->put_super(sb);
	if (!list_empty(&sb->inodes))
		pr_warn("%s: inodes in use after unmount\n", sb->id);
}

void kill_anon_super(struct super_block *sb)
{
	generic_shutdown(sb);
	spin_lock(&sb_lock);
	idr_remove(&anon_devs, dev_minor(sb->dev));
	spin_unlock(&sb_lock);
}

static LIST_HEAD(dead); /* [sb_lock] super blocks that are to be freed */

/* Dentries and inodes being freed under RCU still point to them. */
static void free_dead(struct work *w)
{
	struct super_block *sb, *next;
	LIST_HEAD(all);

	(void)w;
	spin_lock(&sb_lock);
	list_splice_tail(&dead, &all);
	spin_unlock(&sb_lock);
	rcu_barrier();
	list_for_each_entry_safe(sb, next, &all, node)
		kfree(sb);
}

static struct work free_work = WORK_INIT(free_work, free_dead);

/**
 * deactivate_super - one user less; the last one shuts the file system
 * @sb: super block
 *
 * Context: may sleep; not with mount_lock held.
 */
void deactivate_super(struct super_block *sb)
{
	if (!refcount_dec_and_test(&sb->active))
		return;
	spin_lock(&sb_lock);
	list_del(&sb->node);
	spin_unlock(&sb_lock);
	if (sb->type->kill_sb)
		sb->type->kill_sb(sb);
	else
		kill_anon_super(sb);
	spin_lock(&sb_lock);
	list_add(&sb->node, &dead);
	spin_unlock(&sb_lock);
	work_queue(&free_work);
}

struct super_block *sb_get_active(struct super_block *sb)
{
	refcount_inc(&sb->active);
	return sb;
}

struct dentry *mount_nodev(struct file_system_type *type,
			   struct fs_context_params *p,
			   int (*fill)(struct super_block *sb, char *data))
{
	struct super_block *sb = sget_nodev(type, p->sb_flags);
	int err;

	if (IS_ERR(sb))
		return ERR_CAST(sb);
	err = fill(sb, p->data);
	if (err) {
		deactivate_super(sb);
		return ERR_PTR(err);
	}
	return dget(sb->root);
}

static struct super_block *find_of_type(struct file_system_type *type)
{
	struct super_block *sb;

	spin_lock(&sb_lock);
	list_for_each_entry(sb, &super_blocks, node) {
		if (sb->type == type && sb->root &&
		    refcount_inc_not_zero(&sb->active)) {
			spin_unlock(&sb_lock);
			return sb;
		}
	}
	spin_unlock(&sb_lock);
	return NULL;
}

/* One instance however often it is mounted: sysfs, debugfs. */
struct dentry *mount_single(struct file_system_type *type,
			    struct fs_context_params *p,
			    int (*fill)(struct super_block *sb, char *data))
{
	static DEFINE_MUTEX(single_lock);
	struct super_block *sb;
	struct dentry *root;

	mutex_lock(&single_lock);
	sb = find_of_type(type);
	root = sb ? dget(sb->root) : mount_nodev(type, p, fill);
	/* The first mount's reference stays for ever: the tree is kept. */
	if (!sb && !IS_ERR(root))
		sb_get_active(root->sb);
	mutex_unlock(&single_lock);
	return root;
}

/* --- write access --- */

/* 0 or -EROFS. Remounting read-only waits for, or refuses on, writers. */
int mnt_want_write(struct mount *m)
{
	atomic_inc(&m->writers);
	smp_mb(); /* pairs with the test after setting READONLY */
	if (likely(!(READ_ONCE(m->flags) & MNT_READONLY) &&
		   !(READ_ONCE(m->sb->flags) & SB_RDONLY)))
		return 0;
	atomic_dec(&m->writers);
	return -EROFS;
}

void mnt_drop_write(struct mount *m)
{
	atomic_dec(&m->writers);
}

int mnt_want_write_file(struct file *f)
{
	if (f->mode & FMODE_WRITER) {
		atomic_inc(&f->path.mnt->writers);
		return 0;
	}
	return mnt_want_write(f->path.mnt);
}

void mnt_drop_write_file(struct file *f)
{
	mnt_drop_write(f->path.mnt);
}
