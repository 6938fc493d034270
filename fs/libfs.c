/*
 * Ready-made methods for simple file systems: directories that exist only as
 * dentries, plain symlinks, buffers read as files, anonymous inodes.
 */
#include <asm/statfs.h>
#include <asm/uaccess.h>
#include <linnet/cred.h>
#include <linnet/errno.h>
#include <linnet/fdtable.h>
#include <linnet/fs.h>
#include <linnet/init.h>
#include <linnet/printk.h>
#include <linnet/printf.h>
#include <linnet/slab.h>
#include <linnet/string.h>
#include <linnet/task.h>
#include <linux/limits.h>
#include <linux/magic.h>
#include "internal.h"
#include "mount.h"

/* --- operations that fail, for files that cannot be opened --- */

static int bad_open(struct inode *inode, struct file *f)
{
	(void)f;
	return S_ISSOCK(inode->mode) ? -ENXIO : -EIO;
}

const struct file_ops bad_file_ops = {.open = bad_open};
const struct inode_ops empty_inode_ops = {.lookup = NULL};

/* --- mount options --- */

/**
 * parse_mount_options - take "key=value,key" apart
 * @data: the options, cut up in place; NULL for none
 * @parse: takes one; @value is NULL for a bare key
 *
 * Return: 0, or the first error of @parse.
 */
int parse_mount_options(char *data,
			int (*parse)(void *opts, const char *key,
				     const char *value),
			void *opts)
{
	while (data && *data) {
		char *next = strchr(data, ','), *value;
		int err;

		if (next)
			*next++ = '\0';
		value = strchr(data, '=');
		if (value)
			*value++ = '\0';
		err = *data ? parse(opts, data, value) : 0;
		if (err)
			return err;
		data = next;
	}
	return 0;
}

/* --- directories of dentries --- */

bool always_delete_dentry(const struct dentry *d)
{
	(void)d;
	return true;
}

/* Everything that exists is in the cache already. */
struct dentry *simple_lookup(struct inode *dir, struct dentry *d, u32 flags)
{
	(void)dir;
	(void)flags;
	if (d->name.len > NAME_MAX)
		return ERR_PTR(-ENAMETOOLONG);
	d_add(d, NULL);
	return NULL;
}

bool simple_empty(struct dentry *d)
{
	struct dentry *c;
	bool empty = true;

	spin_lock(&d->lock);
	list_for_each_entry(c, &d->subdirs, child)
		if (c->inode && !d_unhashed(c)) {
			empty = false;
			break;
		}
	spin_unlock(&d->lock);
	return empty;
}

int simple_statfs(struct dentry *d, struct statfs64 *st)
{
	(void)d;
	(void)st;
	return 0;
}

/*
 * Reading such a directory: a cursor dentry, not hashed, stands in the child
 * list where the next call goes on. f->pos counts entries.
 */
int dcache_dir_open(struct inode *inode, struct file *f)
{
	struct qstr q = {.name = ".", .len = 1};

	(void)inode;
	f->private = d_alloc(f->path.dentry, &q);
	return f->private ? 0 : -ENOMEM;
}

void dcache_dir_release(struct inode *inode, struct file *f)
{
	(void)inode;
	dput(f->private);
}

static bool is_entry(const struct dentry *d)
{
	return d->inode && !d_unhashed(d);
}

/* Next entry behind @at in the list, referenced; the cursor moves behind it.
 * [dir->rwsem] Children are added at the head, so walk from the tail. */
static struct dentry *next_entry(struct dentry *dir, struct dentry *cursor,
				 bool from_start)
{
	struct dentry *found = NULL;
	struct list_head *p;

	spin_lock(&dir->lock);
	p = from_start ? dir->subdirs.prev : cursor->child.prev;
	for (; p != &dir->subdirs; p = p->prev) {
		struct dentry *d = list_entry(p, struct dentry, child);

		if (is_entry(d) && dget_not_dead(d)) {
			found = d;
			break;
		}
	}
	/* In front of (list-wise before) what was found. */
	list_del_rcu(&cursor->child);
	if (found)
		list_add_tail(&cursor->child, &found->child);
	else
		list_add(&cursor->child, &dir->subdirs);
	spin_unlock(&dir->lock);
	return found;
}

static u32 dtype_of(const struct inode *inode)
{
	return inode->mode >> 12 & 15;
}

static bool emit_dots(struct file *f, struct dir_context *ctx)
{
	struct dentry *d = f->path.dentry;

	if (ctx->pos == 0) {
		if (!dir_emit(ctx, ".", 1, d->inode->ino, 4))
			return false;
		ctx->pos = 1;
	}
	if (ctx->pos == 1) {
		if (!dir_emit(ctx, "..", 2, d->parent->inode->ino, 4))
			return false;
		ctx->pos = 2;
	}
	return true;
}

int dcache_dir_iterate(struct file *f, struct dir_context *ctx)
{
	struct dentry *dir = f->path.dentry, *cursor = f->private, *d;
	bool first = ctx->pos <= 2;

	if (!emit_dots(f, ctx))
		return 0;
	while ((d = next_entry(dir, cursor, first && ctx->pos == 2))) {
		bool ok = dir_emit(ctx, d->name.name, (int)d->name.len,
				   d->inode->ino, dtype_of(d->inode));

		if (!ok) {
			/* Next time this one again: the cursor before it. */
			spin_lock(&dir->lock);
			list_del_rcu(&cursor->child);
			list_add(&cursor->child, &d->child);
			spin_unlock(&dir->lock);
			dput(d);
			return 0;
		}
		dput(d);
		ctx->pos++;
		first = false;
	}
	return 0;
}

loff_t dcache_dir_llseek(struct file *f, loff_t off, int whence)
{
	struct dentry *dir = f->path.dentry, *cursor = f->private, *d;
	loff_t n;

	if (whence == SEEK_CUR)
		off += f->pos;
	else if (whence != SEEK_SET)
		return -EINVAL;
	if (off < 0)
		return -EINVAL;
	down_read(&dir->inode->rwsem);
	for (n = 2; n < off; n++) {
		d = next_entry(dir, cursor, n == 2);
		if (!d)
			break;
		dput(d);
	}
	f->pos = off;
	up_read(&dir->inode->rwsem);
	return off;
}

static ssize_t read_dir(struct kiocb *io, struct iov_iter *to)
{
	(void)io;
	(void)to;
	return -EISDIR;
}

static int dir_fsync(struct file *f, loff_t start, loff_t end, bool datasync)
{
	(void)f;
	(void)start;
	(void)end;
	(void)datasync;
	return 0;
}

const struct file_ops simple_dir_fops = {
	.open = dcache_dir_open,
	.release = dcache_dir_release,
	.llseek = dcache_dir_llseek,
	.read_iter = read_dir,
	.iterate = dcache_dir_iterate,
	.fsync = dir_fsync,
};

/* --- buffers --- */

ssize_t simple_read_from_buffer(struct iov_iter *to, loff_t *pos,
				const void *from, size_t avail)
{
	size_t n;

	if (*pos < 0)
		return -EINVAL;
	if ((size_t)*pos >= avail || !to->count)
		return 0;
	n = copy_to_iter((const u8 *)from + *pos, avail - (size_t)*pos, to);
	if (!n)
		return -EFAULT;
	*pos += (loff_t)n;
	return (ssize_t)n;
}

/* --- anonymous inodes: one inode under many files --- */

static struct mount *anon_mount;
static struct inode *anon_inode;

static char *anon_dname(struct dentry *d, char *buf, int len)
{
	int n = snprintf(buf, (size_t)len, "anon_inode:%s", d->name.name);

	return n < len ? buf : ERR_PTR(-ENAMETOOLONG);
}

static const struct dentry_ops anon_dops = {
	.dname = anon_dname,
	.delete = always_delete_dentry,
};

static const struct super_ops anon_super_ops = {.statfs = simple_statfs};

static int anon_fill(struct super_block *sb, char *data)
{
	(void)data;
	sb->ops = &anon_super_ops;
	sb->dops = &anon_dops;
	sb->magic = ANON_INODE_FS_MAGIC;
	anon_inode = new_inode(sb);
	if (!anon_inode)
		return -ENOMEM;
	anon_inode->ino = get_next_ino();
	anon_inode->mode = S_IRUSR | S_IWUSR;
	ihold(anon_inode);
	sb->root = d_make_root(anon_inode);
	return sb->root ? 0 : -ENOMEM;
}

static struct dentry *anon_mount_fs(struct file_system_type *type,
				    struct fs_context_params *p)
{
	return mount_nodev(type, p, anon_fill);
}

static struct file_system_type anon_type = {
	.name = "anon_inodefs",
	.mount = anon_mount_fs,
};

struct file *anon_file(const char *name, const struct file_ops *ops,
		       void *private, u32 flags)
{
	struct file *f = file_alloc(flags, current_cred());

	if (IS_ERR(f))
		return f;
	f->path.dentry = d_alloc_pseudo(mount_sb(anon_mount), name);
	if (!f->path.dentry) {
		fput(f);
		return ERR_PTR(-ENOMEM);
	}
	d_instantiate(f->path.dentry, ihold(anon_inode));
	f->path.mnt = mntget(anon_mount);
	f->inode = anon_inode;
	f->mapping = anon_inode->mapping;
	f->mode = ((flags + 1) & O_ACCMODE) | FMODE_STREAM |
		  (ops->llseek ? FMODE_LSEEK : 0);
	if (f->mode & FMODE_READ && ops->read_iter)
		f->mode |= FMODE_CAN_READ;
	if (f->mode & FMODE_WRITE && ops->write_iter)
		f->mode |= FMODE_CAN_WRITE;
	f->ops = ops;
	f->private = private;
	return f;
}

int anon_fd(const char *name, const struct file_ops *ops, void *private,
	    u32 flags)
{
	int fd = get_unused_fd(flags);
	struct file *f;

	if (fd < 0)
		return fd;
	f = anon_file(name, ops, private, flags & ~(u32)O_CLOEXEC);
	if (IS_ERR(f)) {
		put_unused_fd((u32)fd);
		return (int)PTR_ERR(f);
	}
	fd_install((u32)fd, f);
	return fd;
}

static int __init_text anon_init(void)
{
	anon_mount = kern_mount(&anon_type);
	if (IS_ERR(anon_mount))
		panic("no memory for anonymous inodes");
	return 0;
}
fs_initcall(anon_init);
