/*
 * tmpfs: files that live in the page cache alone.
 *
 * Names are dentries pinned by a reference each; contents are page-cache pages
 * that are never dropped, only truncated. Limits: size= (pages) and nr_inodes=,
 * counted per super block; the root file system gets its own once the initramfs is
 * unpacked. The same code backs shared anonymous memory and memfds: shmem.c.
 *
 * Lock: inode->rwsem for directories (VFS); counters are atomic.
 */
#include <asm/statfs.h>
#include <linnet/cred.h>
#include <linnet/errno.h>
#include <linnet/fs.h>
#include <linnet/init.h>
#include <linnet/kstrto.h>
#include <linnet/mm.h>
#include <linnet/posix_acl.h>
#include <linnet/seq_file.h>
#include <linnet/shmem.h>
#include <linnet/slab.h>
#include <linnet/string.h>
#include <linnet/task.h>
#include <linux/falloc.h>
#include <linux/magic.h>
#include <linux/stat.h>
#include "tmpfs.h"

enum { NAME_COST = 20 }; /* a directory entry's share of its size */

static const struct super_ops tmpfs_super_ops;
static const struct inode_ops dir_inode_ops, file_inode_ops;
static const struct file_ops file_fops;

static struct tmpfs_sb *sbi(const struct super_block *sb)
{
	return sb->private;
}

/* --- limits --- */

static int charge_inode(struct super_block *sb)
{
	struct tmpfs_sb *s = sbi(sb);

	if (atomic_add_return(&s->used_inodes, 1) > s->max_inodes) {
		atomic_dec(&s->used_inodes);
		return -ENOSPC;
	}
	return 0;
}

static int tmpfs_charge_pages(struct address_space *m, s64 nr)
{
	struct tmpfs_sb *s = sbi(m->host->sb);

	if (atomic_add_return(&s->used_pages, (u64)nr) > s->max_pages && nr > 0) {
		atomic_sub(&s->used_pages, (u64)nr);
		return -ENOSPC;
	}
	atomic_add(&m->host->blocks, (u64)(nr * (s64)(PAGE_SIZE / 512)));
	return 0;
}

static const struct address_space_ops tmpfs_aops = {
	.charge_pages = tmpfs_charge_pages,
};

/* --- inodes --- */

static struct kmem_cache *inode_cache;

static struct inode *tmpfs_alloc_inode(struct super_block *sb)
{
	struct tmpfs_inode *t = kmem_cache_alloc(inode_cache, GFP_KERNEL);

	(void)sb;
	if (!t)
		return NULL;
	list_init(&t->xattrs);
	t->seals = F_SEAL_SEAL;
	return &t->inode;
}

static void tmpfs_free_inode(struct inode *inode)
{
	struct tmpfs_inode *t = TMPFS_I(inode);

	if (S_ISLNK(inode->mode))
		kfree(inode->link);
	tmpfs_xattrs_free(t);
	kmem_cache_free(inode_cache, t);
}

static void tmpfs_evict_inode(struct inode *inode)
{
	truncate_inode_pages_final(&inode->data);
	atomic_dec(&sbi(inode->sb)->used_inodes);
}

struct inode *tmpfs_new_inode(struct super_block *sb, struct inode *dir,
			      u16 mode, dev_t dev)
{
	struct inode *inode;

	if (charge_inode(sb))
		return NULL;
	inode = new_inode(sb);
	if (!inode) {
		atomic_dec(&sbi(sb)->used_inodes);
		return NULL;
	}
	inode->ino = get_next_ino();
	inode_init_owner(inode, dir, mode);
	inode->atime = inode->mtime = inode->ctime = inode->btime =
		current_time(inode);
	inode->data.ops = &tmpfs_aops;
	inode->data.unevictable = true;
	switch (mode & S_IFMT) {
	case S_IFREG:
		inode->ops = &file_inode_ops;
		inode->fops = &file_fops;
		break;
	case S_IFDIR:
		inc_nlink(inode);
		inode->size = 2 * NAME_COST;
		inode->ops = &dir_inode_ops;
		inode->fops = &simple_dir_fops;
		break;
	case S_IFLNK:
		inode->ops = &tmpfs_symlink_inode_ops;
		break;
	default:
		inode->ops = &tmpfs_special_inode_ops;
		init_special_inode(inode, mode, dev);
	}
	return inode;
}

/* --- directories --- */

static void dir_changed(struct inode *dir, int entries)
{
	dir->size += entries * NAME_COST;
	dir->mtime = dir->ctime = current_time(dir);
}

/* With what the directory's default list gives. */
static struct inode *new_in_dir(struct inode *dir, u16 mode, dev_t dev)
{
	struct inode *inode = tmpfs_new_inode(dir->sb, dir, mode, dev);
	int err;

	if (!inode)
		return ERR_PTR(-ENOSPC);
	err = acl_inherit(inode, dir);
	if (!err)
		return inode;
	clear_nlink(inode);
	iput(inode);
	return ERR_PTR(err);
}

static int tmpfs_mknod(struct inode *dir, struct dentry *d, u16 mode, dev_t dev)
{
	struct inode *inode = new_in_dir(dir, mode, dev);

	if (IS_ERR(inode))
		return (int)PTR_ERR(inode);
	dir_changed(dir, 1);
	d_add(d, inode);
	dget(d); /* pinned: the name exists nowhere else */
	return 0;
}

static int tmpfs_create(struct inode *dir, struct dentry *d, u16 mode, bool excl)
{
	(void)excl;
	return tmpfs_mknod(dir, d, mode | S_IFREG, 0);
}

static int tmpfs_mkdir(struct inode *dir, struct dentry *d, u16 mode)
{
	int err = tmpfs_mknod(dir, d, mode | S_IFDIR, 0);

	if (!err)
		inc_nlink(dir);
	return err;
}

static int tmpfs_tmpfile(struct inode *dir, struct dentry *d, u16 mode)
{
	struct inode *inode = new_in_dir(dir, mode, 0);

	if (IS_ERR(inode))
		return (int)PTR_ERR(inode);
	clear_nlink(inode);
	d_instantiate(d, inode);
	return 0;
}

static int tmpfs_symlink(struct inode *dir, struct dentry *d, const char *target)
{
	char *copy = kstrdup(target, GFP_KERNEL);
	struct inode *inode;

	if (!copy)
		return -ENOMEM;
	inode = tmpfs_new_inode(dir->sb, dir, S_IFLNK | S_IRWXUGO, 0);
	if (!inode) {
		kfree(copy);
		return -ENOSPC;
	}
	inode->link = copy;
	inode->size = (loff_t)strlen(copy);
	dir_changed(dir, 1);
	d_add(d, inode);
	dget(d);
	return 0;
}

static int tmpfs_link(struct dentry *old, struct inode *dir, struct dentry *d)
{
	struct inode *inode = old->inode;

	/* A name of an O_TMPFILE file was not counted yet. */
	dir_changed(dir, 1);
	inode->ctime = dir->ctime;
	inc_nlink(inode);
	ihold(inode);
	d_add(d, inode);
	dget(d);
	return 0;
}

static int tmpfs_unlink(struct inode *dir, struct dentry *d)
{
	dir_changed(dir, -1);
	d->inode->ctime = dir->ctime;
	drop_nlink(d->inode);
	dput(d); /* the pin */
	return 0;
}

static int tmpfs_rmdir(struct inode *dir, struct dentry *d)
{
	if (!simple_empty(d))
		return -ENOTEMPTY;
	drop_nlink(d->inode);
	drop_nlink(dir);
	return tmpfs_unlink(dir, d);
}

static int tmpfs_exchange(struct inode *old_dir, struct dentry *old,
			  struct inode *new_dir, struct dentry *new)
{
	bool old_is_dir = d_is_dir(old), new_is_dir = d_is_dir(new);

	if (old_dir != new_dir && old_is_dir != new_is_dir) {
		if (old_is_dir) {
			drop_nlink(old_dir);
			inc_nlink(new_dir);
		} else {
			drop_nlink(new_dir);
			inc_nlink(old_dir);
		}
	}
	dir_changed(old_dir, 0);
	dir_changed(new_dir, 0);
	old->inode->ctime = new->inode->ctime = old_dir->ctime;
	return 0;
}

/* RENAME_WHITEOUT: a character device 0:0 stays under the old name. */
static int make_whiteout(struct inode *dir, struct dentry *old)
{
	struct dentry *w = d_alloc(old->parent, &old->name);
	int err;

	if (!w)
		return -ENOMEM;
	err = tmpfs_mknod(dir, w, S_IFCHR, 0);
	if (!err)
		d_drop(w); /* hashed again below, after the rename */
	if (!err)
		d_add(w, NULL);
	dput(w);
	return err;
}

static int tmpfs_rename(struct inode *old_dir, struct dentry *old,
			struct inode *new_dir, struct dentry *new, u32 flags)
{
	bool is_dir = d_is_dir(old);
	int err;

	if (flags & RENAME_EXCHANGE)
		return tmpfs_exchange(old_dir, old, new_dir, new);
	if (new->inode && is_dir && !simple_empty(new))
		return -ENOTEMPTY;
	if (flags & RENAME_WHITEOUT) {
		err = make_whiteout(old_dir, old);
		if (err)
			return err;
	}
	if (new->inode) {
		if (is_dir) {
			drop_nlink(new->inode);
			drop_nlink(new_dir);
		}
		tmpfs_unlink(new_dir, new);
	}
	if (is_dir && old_dir != new_dir) {
		drop_nlink(old_dir);
		inc_nlink(new_dir);
	}
	dir_changed(old_dir, -1);
	dir_changed(new_dir, 1);
	old->inode->ctime = old_dir->ctime;
	return 0;
}

/* The time it was made, for those who ask. */
static int tmpfs_getattr(const struct path *path, struct kstat *st, u32 mask,
			 u32 flags)
{
	struct inode *inode = path->dentry->inode;

	(void)flags;
	generic_fillattr(inode, st);
	if (mask & STATX_BTIME) {
		st->result_mask |= STATX_BTIME;
		st->btime = inode->btime;
	}
	return 0;
}

static const struct inode_ops dir_inode_ops = {
	.getattr = tmpfs_getattr,
	.lookup = simple_lookup,
	.create = tmpfs_create,
	.link = tmpfs_link,
	.unlink = tmpfs_unlink,
	.symlink = tmpfs_symlink,
	.mkdir = tmpfs_mkdir,
	.rmdir = tmpfs_rmdir,
	.mknod = tmpfs_mknod,
	.rename = tmpfs_rename,
	.tmpfile = tmpfs_tmpfile,
	TMPFS_XATTR_OPS,
};

const struct inode_ops tmpfs_symlink_inode_ops = {.getattr = tmpfs_getattr,
							  TMPFS_XATTR_OPS};
const struct inode_ops tmpfs_special_inode_ops = {.getattr = tmpfs_getattr,
							  TMPFS_XATTR_OPS};

/* --- files --- */

static int tmpfs_setattr(struct dentry *d, struct iattr *attr)
{
	struct inode *inode = d->inode;
	u32 seals = TMPFS_I(inode)->seals;
	int err = setattr_prepare(d, attr);

	if (err)
		return err;
	if (attr->valid & ATTR_SIZE) {
		if ((attr->size < inode->size && seals & F_SEAL_SHRINK) ||
		    (attr->size > inode->size && seals & F_SEAL_GROW))
			return -EPERM;
		truncate_setsize(inode, attr->size);
	}
	setattr_copy(inode, attr);
	return 0;
}

/*
 * What the seals leave of a write; a page is written as a whole or not at all.
 * 0 or -EPERM. [inode->rwsem]
 */
static int obey_seals(struct kiocb *io, struct iov_iter *from)
{
	struct inode *inode = io->file->inode;
	u32 seals = TMPFS_I(inode)->seals;
	loff_t whole = inode->size & (loff_t)PAGE_MASK;

	if (!from->count)
		return 0;
	if (seals & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE))
		return -EPERM;
	if (!(seals & F_SEAL_GROW))
		return 0;
	if (io->flags & IOCB_APPEND || io->pos >= inode->size)
		return -EPERM;
	if (from->count <= (size_t)(inode->size - io->pos))
		return 0;
	if (io->pos >= whole)
		return -EPERM;
	iov_iter_truncate(from, (size_t)(whole - io->pos));
	return 0;
}

static ssize_t tmpfs_write_iter(struct kiocb *io, struct iov_iter *from)
{
	struct inode *inode = io->file->inode;
	ssize_t ret;

	down_write(&inode->rwsem); /* no seal is added before the end */
	ret = obey_seals(io, from);
	if (!ret)
		ret = generic_file_write_locked(io, from);
	up_write(&inode->rwsem);
	return ret;
}

static int tmpfs_mmap(struct file *f, struct vma *v)
{
	/* After map_new() has counted it: see add_seals(). */
	u32 seals = READ_ONCE(TMPFS_I(f->inode)->seals);

	if (seals & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE) &&
	    v->flags & VM_SHARED) {
		if (v->flags & VM_WRITE)
			return -EPERM;
		v->flags &= ~(u64)VM_MAYWRITE;
	}
	return generic_file_mmap(f, v);
}

/* Fill the holes of [start, end) with zero pages. */
static long preallocate(struct inode *inode, loff_t start, loff_t end)
{
	for (u64 i = (u64)start >> PAGE_SHIFT; i << PAGE_SHIFT < (u64)end; i++) {
		struct page *p = read_mapping_page(inode->mapping, i);

		if (IS_ERR(p))
			return PTR_ERR(p);
		put_page(p);
		if (signal_pending(current))
			return -EINTR;
		cond_resched();
	}
	return 0;
}

static long punch_hole(struct inode *inode, loff_t off, loff_t len)
{
	struct address_space *m = inode->mapping;
	u64 first = ((u64)off + PAGE_SIZE - 1) >> PAGE_SHIFT;
	u64 end = ((u64)off + (u64)len) >> PAGE_SHIFT;

	down_write(&m->invalidate_lock);
	if (end > first)
		unmap_mapping_range(m, first, end - 1, false);
	truncate_inode_pages_range(m, off, off + len - 1);
	up_write(&m->invalidate_lock);
	return 0;
}

static long tmpfs_fallocate(struct file *f, int mode, loff_t off, loff_t len)
{
	struct inode *inode = f->inode;
	long err = 0;
	u32 seals;

	if (mode & ~(FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE))
		return -EOPNOTSUPP;
	down_write(&inode->rwsem);
	seals = TMPFS_I(inode)->seals;
	if (mode & FALLOC_FL_PUNCH_HOLE) {
		if (seals & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE))
			err = -EPERM;
		else
			err = punch_hole(inode, off, len);
	} else {
		if (!(mode & FALLOC_FL_KEEP_SIZE))
			err = inode_newsize_ok(inode, off + len);
		if (!err && seals & F_SEAL_GROW && off + len > inode->size)
			err = -EPERM;
		if (!err)
			err = preallocate(inode, off, off + len);
		if (!err && !(mode & FALLOC_FL_KEEP_SIZE) &&
		    off + len > inode->size)
			i_size_write(inode, off + len);
	}
	if (!err)
		inode->ctime = inode->mtime = current_time(inode);
	up_write(&inode->rwsem);
	return err;
}

/* SEEK_DATA and SEEK_HOLE know which pages exist. */
static loff_t seek_page(struct inode *inode, loff_t pos, bool data)
{
	loff_t size = i_size_read(inode);
	u64 index = (u64)pos >> PAGE_SHIFT;

	if (pos < 0 || pos >= size)
		return -ENXIO;
	rcu_read_lock();
	if (data) {
		if (!xa_find(&inode->data.pages, &index,
			     ((u64)size - 1) >> PAGE_SHIFT))
			size = -ENXIO;
	} else {
		while (index << PAGE_SHIFT < (u64)size &&
		       xa_load(&inode->data.pages, index))
			index++;
	}
	rcu_read_unlock();
	if (size < 0)
		return size;
	return min(max(pos, (loff_t)(index << PAGE_SHIFT)), size);
}

static loff_t tmpfs_llseek(struct file *f, loff_t off, int whence)
{
	if (whence != SEEK_DATA && whence != SEEK_HOLE)
		return generic_llseek(f, off, whence);
	off = seek_page(f->inode, off, whence == SEEK_DATA);
	if (off >= 0)
		f->pos = off;
	return off;
}

static int noop_fsync(struct file *f, loff_t start, loff_t end, bool datasync)
{
	(void)f;
	(void)start;
	(void)end;
	(void)datasync;
	return 0;
}

static const struct file_ops file_fops = {
	.read_iter = generic_file_read_iter,
	.write_iter = tmpfs_write_iter,
	.splice_read = generic_splice_read,
	.llseek = tmpfs_llseek,
	.mmap = tmpfs_mmap,
	.fsync = noop_fsync,
	.fallocate = tmpfs_fallocate,
};

static const struct inode_ops file_inode_ops = {
	.getattr = tmpfs_getattr,
	.setattr = tmpfs_setattr,
	TMPFS_XATTR_OPS,
};

bool inode_is_tmpfs_file(const struct inode *inode)
{
	return inode->fops == &file_fops;
}

/* --- super block --- */

static int tmpfs_statfs(struct dentry *d, struct statfs64 *st)
{
	struct tmpfs_sb *s = sbi(d->sb);

	if (s->max_pages != U64_MAX) {
		st->f_blocks = s->max_pages;
		st->f_bfree = st->f_bavail =
			s->max_pages - min(s->used_pages, s->max_pages);
	}
	if (s->max_inodes != U64_MAX) {
		st->f_files = s->max_inodes;
		st->f_ffree = s->max_inodes - min(s->used_inodes, s->max_inodes);
	}
	return 0;
}

/* "10m", "50%" of memory; false if malformed or too large for 64 bits. */
static bool parse_size(const char *v, u64 *bytes)
{
	u64 unit = 1;
	char *end;

	*bytes = simple_strtou64(v, &end, 0);
	if (end == v)
		return false;
	switch (*end | 0x20) {
	case 'g':
		unit <<= 10;
		__fallthrough;
	case 'm':
		unit <<= 10;
		__fallthrough;
	case 'k':
		unit <<= 10;
		end++;
		break;
	}
	if (*end == '%') {
		unit *= mem_counters.total_pages * PAGE_SIZE / 100;
		end++;
	}
	return !*end && !__builtin_mul_overflow(*bytes, unit, bytes);
}

static int parse_option(void *opts, const char *key, const char *v)
{
	struct tmpfs_opts *o = opts;
	u64 n;

	if (!v)
		return -EINVAL;
	if (!strcmp(key, "size") && parse_size(v, &n))
		o->max_pages = n ? (n - 1) / PAGE_SIZE + 1 : U64_MAX;
	else if (!strcmp(key, "nr_blocks") && parse_size(v, &n))
		o->max_pages = n ? n : U64_MAX;
	else if (!strcmp(key, "nr_inodes") && parse_size(v, &n))
		o->max_inodes = n ? n : U64_MAX;
	else if (!strcmp(key, "mode") && !kstrtou64(v, 8, &n) && n <= 07777)
		o->mode = (u16)n;
	else if (!strcmp(key, "uid") && !kstrtou64(v, 10, &n) && n < U32_MAX)
		o->uid = (u32)n;
	else if (!strcmp(key, "gid") && !kstrtou64(v, 10, &n) && n < U32_MAX)
		o->gid = (u32)n;
	else
		return -EINVAL;
	return 0;
}

static int tmpfs_remount(struct super_block *sb, u32 *flags, char *data)
{
	struct tmpfs_sb *s = sbi(sb);
	struct tmpfs_opts o = {.max_pages = s->max_pages,
			       .max_inodes = s->max_inodes};
	int err = parse_mount_options(data, parse_option, &o);

	(void)flags;
	if (err)
		return err;
	if (o.max_pages < s->used_pages || o.max_inodes < s->used_inodes)
		return -EINVAL;
	s->max_pages = o.max_pages;
	s->max_inodes = o.max_inodes;
	return 0;
}

static int tmpfs_show_options(struct seq_file *m, struct dentry *root)
{
	struct tmpfs_sb *s = sbi(root->sb);

	if (s->max_pages != s->default_pages && s->max_pages != U64_MAX)
		seq_printf(m, ",size=%luk", s->max_pages << (PAGE_SHIFT - 10));
	if (s->max_inodes != s->default_pages && s->max_inodes != U64_MAX)
		seq_printf(m, ",nr_inodes=%lu", s->max_inodes);
	if (s->opts.mode != 01777)
		seq_printf(m, ",mode=%03o", s->opts.mode);
	if (s->opts.uid)
		seq_printf(m, ",uid=%u", s->opts.uid);
	if (s->opts.gid)
		seq_printf(m, ",gid=%u", s->opts.gid);
	return 0;
}

static void tmpfs_put_super(struct super_block *sb)
{
	kfree(sb->private);
}

static const struct super_ops tmpfs_super_ops = {
	.alloc_inode = tmpfs_alloc_inode,
	.free_inode = tmpfs_free_inode,
	.evict_inode = tmpfs_evict_inode,
	.put_super = tmpfs_put_super,
	.statfs = tmpfs_statfs,
	.remount = tmpfs_remount,
	.show_options = tmpfs_show_options,
};

static int fill_super(struct super_block *sb, const struct tmpfs_opts *o)
{
	struct tmpfs_sb *s = kzalloc(sizeof(*s), GFP_KERNEL);
	struct inode *root;

	if (!s)
		return -ENOMEM;
	s->opts = *o;
	s->max_pages = o->max_pages;
	s->max_inodes = o->max_inodes;
	s->default_pages = mem_counters.total_pages / 2;
	sb->private = s;
	sb->magic = TMPFS_MAGIC;
	sb->flags |= SB_POSIXACL;
	sb->ops = &tmpfs_super_ops;
	root = tmpfs_new_inode(sb, NULL, S_IFDIR | o->mode, 0);
	if (root) {
		root->uid = o->uid;
		root->gid = o->gid;
	}
	sb->root = d_make_root(root);
	return sb->root ? 0 : -ENOMEM;
}

static int tmpfs_fill(struct super_block *sb, char *data)
{
	struct tmpfs_opts o = {.max_pages = mem_counters.total_pages / 2,
			       .max_inodes = mem_counters.total_pages / 2,
			       .mode = 01777,
			       .uid = current_cred()->fsuid,
			       .gid = current_cred()->fsgid};
	int err = parse_mount_options(data, parse_option, &o);

	return err ? err : fill_super(sb, &o);
}

static struct dentry *tmpfs_mount(struct file_system_type *type,
				  struct fs_context_params *p)
{
	return mount_nodev(type, p, tmpfs_fill);
}

static struct file_system_type tmpfs_type = {
	.name = "tmpfs",
	.flags = FS_USERNS_MOUNT | FS_PINNED_NAMES,
	.mount = tmpfs_mount,
	.kill_sb = kill_anon_super,
};

static int rootfs_fill(struct super_block *sb, char *data)
{
	struct tmpfs_opts o = {.max_pages = U64_MAX, .max_inodes = U64_MAX,
			       .mode = 0755};

	(void)data;
	return fill_super(sb, &o);
}

/*
 * As on Linux the root may fill half of memory, so that a file that grows without
 * end there gets -ENOSPC, and df has something to show. But an initramfs that
 * is larger has been unpacked all the same.
 */
void rootfs_set_limits(struct super_block *sb)
{
	struct tmpfs_sb *s = sbi(sb);

	s->max_pages = max(s->default_pages, s->used_pages);
	s->max_inodes = max(s->default_pages, s->used_inodes);
}

static struct dentry *rootfs_mount(struct file_system_type *type,
				   struct fs_context_params *p)
{
	if (!inode_cache)
		inode_cache = kmem_cache_create("tmpfs_inode",
						sizeof(struct tmpfs_inode), 64,
						SLAB_RECLAIMABLE);
	if (!inode_cache)
		return ERR_PTR(-ENOMEM);
	return mount_nodev(type, p, rootfs_fill);
}

struct file_system_type rootfs_type = {
	.name = "rootfs",
	.mount = rootfs_mount,
	.kill_sb = kill_anon_super,
};

static int __init_text tmpfs_init(void)
{
	register_filesystem(&rootfs_type);
	return register_filesystem(&tmpfs_type);
}
subsys_initcall(tmpfs_init);
