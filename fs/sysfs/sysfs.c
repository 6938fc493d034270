/*
 * sysfs: the tree of kernel objects as files.
 *
 * Nothing of it is kept: a lookup asks the tables of the object for the name
 * and makes dentry and inode, which go with their last user. Only what chmod
 * and chown have changed is remembered, with the object.
 *
 * An inode stands for an object (entry NULL), for an entry of its tables, or
 * for an item that a folder counted out. It holds references on the object and
 * on the target of a link. Inode numbers are made of the object's id and the
 * entry, so they are the same each time.
 *
 * A folder is read in this order; a position says where to go on:
 *   its tables        table * TABLE_SPAN + entry
 *   its children      CHILD_BASE + id, or links at CHILD_BASE + position
 * or, if it is counted out, by the positions of its items.
 *
 * Not here: the objects (kernel/kobject.c), what the entries are (drivers/base).
 */
#include <linnet/errno.h>
#include <linnet/init.h>
#include <linnet/kobject.h>
#include <linnet/printk.h>
#include <linnet/seq_file.h>
#include <linnet/slab.h>
#include <linnet/string.h>
#include <linnet/timekeeping.h>
#include <linux/limits.h>
#include <linux/magic.h>
#include "../internal.h"

enum {
	TABLE_SPAN = 1000, /* more than any table has entries */
	CHILD_BASE = 1 << 20,
	FIRST_POS = 2, /* of a directory's contents: behind the dots */
	INO_BITS = 24, /* below the object's id */
	INO_ITEM = 1 << 23,
	INO_MASK = INO_ITEM - 1,
};

struct sysfs_inode {
	struct inode inode;
	struct kobject *k;	     /* [I] referenced */
	const struct sysfs_entry *e; /* [I] NULL: the object's own folder */
	u64 cookie;		     /* [I] of a folder that is counted out */
	struct kobject *target;	     /* [I] of a link, referenced */
	const void *bytes;	     /* [I] of a file, size in the inode */
};

/* Something that stands in a folder. */
struct found {
	struct kobject *k;	     /* borrowed, or the same as @child */
	struct kobject *child;	     /* referenced, or NULL */
	const struct sysfs_entry *e;
	struct sysfs_item item;	     /* its target is referenced */
	u64 ino;
};

static struct kmem_cache *sysfs_inode_cache;

static struct sysfs_inode *SYSFS_I(const struct inode *inode)
{
	return container_of(inode, struct sysfs_inode, inode);
}

/* --- inodes --- */

static struct inode *sysfs_alloc_inode(struct super_block *sb)
{
	struct sysfs_inode *s = kmem_cache_zalloc(sysfs_inode_cache, GFP_KERNEL);

	return s ? &s->inode : NULL;
}

static void sysfs_free_inode(struct inode *inode)
{
	kmem_cache_free(sysfs_inode_cache, SYSFS_I(inode));
}

static void sysfs_evict_inode(struct inode *inode)
{
	truncate_inode_pages_final(&inode->data);
	kobject_put(SYSFS_I(inode)->k);
	kobject_put(SYSFS_I(inode)->target);
}

static bool drop_always(struct inode *inode)
{
	(void)inode;
	return true;
}

static const struct super_ops sysfs_super_ops = {
	.alloc_inode = sysfs_alloc_inode,
	.free_inode = sysfs_free_inode,
	.evict_inode = sysfs_evict_inode,
	.drop_inode = drop_always,
	.statfs = simple_statfs,
};

static const struct inode_ops dir_iops, link_iops, file_iops;
static const struct file_ops dir_fops, text_fops, bytes_fops;

static void set_methods(struct inode *inode)
{
	struct sysfs_inode *s = SYSFS_I(inode);

	if (S_ISDIR(inode->mode)) {
		inode->nlink = 2;
		inode->ops = &dir_iops;
		inode->fops = &dir_fops;
	} else if (S_ISLNK(inode->mode)) {
		inode->ops = &link_iops;
	} else {
		inode->ops = &file_iops;
		inode->fops = s->bytes ? &bytes_fops : &text_fops;
	}
}

/* All of sysfs is as old as the system. */
static void set_times(struct inode *inode)
{
	inode->atime.tv_sec = ktime_real_offset() / NSEC_PER_SEC;
	inode->atime.tv_nsec = 0;
	inode->mtime = inode->ctime = inode->atime;
}

/* The inode of @f; NULL: no memory. */
static struct inode *get_inode(struct super_block *sb, const struct found *f)
{
	struct inode *inode = iget_locked(sb, f->ino);
	struct sysfs_inode *s;
	struct sysfs_change c;

	if (!inode || !(inode->state & I_NEW))
		return inode;
	s = SYSFS_I(inode);
	s->k = kobject_get(f->k);
	s->e = f->e;
	s->cookie = f->item.cookie;
	s->target = kobject_get(f->item.target);
	s->bytes = f->item.bytes;
	inode->mode = f->item.mode;
	inode->size = (loff_t)f->item.len;
	if (sysfs_find_change(s->k, inode->ino, &c)) {
		inode->mode = c.mode;
		inode->uid = c.uid;
		inode->gid = c.gid;
	}
	set_times(inode);
	set_methods(inode);
	unlock_new_inode(inode);
	return inode;
}

/* --- what is in a folder --- */

static void found_put(struct found *f)
{
	kobject_put(f->child);
	kobject_put(f->item.target);
	f->child = f->item.target = NULL;
}

static void found_object(struct found *f, struct kobject *k)
{
	f->k = f->child = k;
	f->e = NULL;
	f->ino = (k->id << INO_BITS) + 1; /* the root's is 1 */
	f->item = (struct sysfs_item){.pos = CHILD_BASE + k->id,
				      .mode = S_IFDIR | 0755, .name = k->name};
}

/* Entry @e of @k. False: it is not there. */
static bool found_entry(struct found *f, struct kobject *k,
			const struct sysfs_entry *e, u64 pos)
{
	if (e->visible && !e->visible(k))
		return false;
	*f = (struct found){
		.k = k, .e = e,
		.ino = k->id << INO_BITS | ((u64)e >> 3 & INO_MASK),
		.item = {.pos = pos, .name = e->name, .mode = e->mode},
	};
	if (S_ISREG(e->mode)) {
		f->item.len = PAGE_SIZE;
		if (e->bytes)
			f->item.bytes = e->bytes(&f->item.len);
	} else if (S_ISLNK(e->mode)) {
		f->item.target = e->target(k);
		return f->item.target;
	}
	return true;
}

/* The first entry of a table from @i on that is there. */
static bool next_in_table(struct kobject *k, const struct sysfs_entry *table,
			  u64 base, u64 i, struct found *f)
{
	u64 n = 0;

	for (; table[n].name; n++)
		if (n >= i && found_entry(f, k, &table[n], base + n))
			return true;
	return false;
}

static bool next_link(struct kobject *k, u64 pos, struct found *f)
{
	if (!k->type->next(k, pos, &f->item))
		return false;
	f->ino = k->id << INO_BITS | INO_ITEM | (f->item.pos & INO_MASK);
	f->item.pos += CHILD_BASE;
	return true;
}

static bool next_of_object(struct kobject *k, u64 pos, struct found *f)
{
	const struct sysfs_entry *table;
	struct kobject *child;

	while (k->type->table && pos < CHILD_BASE &&
	       (table = k->type->table(k, (u32)(pos / TABLE_SPAN)))) {
		u64 base = pos - pos % TABLE_SPAN;

		if (next_in_table(k, table, base, pos - base, f))
			return true;
		pos = base + TABLE_SPAN;
	}
	pos = pos < CHILD_BASE ? 0 : pos - CHILD_BASE;
	if (k->type->next)
		return next_link(k, pos, f);
	child = kobject_next_child(k, pos);
	if (!child)
		return false;
	found_object(f, child);
	return true;
}

/* The first thing in folder @s at or behind @pos. */
static bool next_in_folder(const struct sysfs_inode *s, u64 pos,
			   struct found *f)
{
	*f = (struct found){.k = s->k, .e = s->e};
	if (!s->e)
		return next_of_object(s->k, pos, f);
	if (!s->e->next)
		return next_in_table(s->k, s->e->entries, 0, pos, f);
	if (!s->e->next(s->k, s->cookie, pos, &f->item))
		return false;
	f->ino = s->k->id << INO_BITS | INO_ITEM | (f->item.pos & INO_MASK);
	return true;
}

static bool find_in_folder(const struct sysfs_inode *s, const char *name,
			   struct found *f)
{
	struct kobject *child = s->e ? NULL : kobject_find_child(s->k, name);

	if (child) {
		found_object(f, child);
		return true;
	}
	for (u64 pos = 0; next_in_folder(s, pos, f); pos = f->item.pos + 1) {
		if (!strcmp(f->item.name, name))
			return true;
		if (f->child) { /* only children follow, asked for above */
			found_put(f);
			return false;
		}
		found_put(f);
	}
	return false;
}

static struct dentry *dir_lookup(struct inode *dir, struct dentry *d, u32 flags)
{
	struct sysfs_inode *s = SYSFS_I(dir);
	struct inode *inode;
	struct found f;
	bool there;

	(void)flags;
	if (d->name.len > NAME_MAX)
		return ERR_PTR(-ENAMETOOLONG);
	if (!kobject_enter(s->k))
		return ERR_PTR(-ENOENT);
	there = find_in_folder(s, d->name.name, &f);
	kobject_leave(s->k);
	if (!there) {
		d_add(d, NULL); /* creating it is refused, not impossible */
		return NULL;
	}
	inode = get_inode(dir->sb, &f);
	found_put(&f);
	if (!inode)
		return ERR_PTR(-ENOMEM);
	d_add(d, inode);
	return NULL;
}

static bool emit_dots(struct file *f, struct dir_context *ctx)
{
	struct dentry *d = f->path.dentry;

	if (ctx->pos == 0) {
		if (!dir_emit(ctx, ".", 1, d->inode->ino, S_IFDIR >> 12))
			return false;
		ctx->pos = 1;
	}
	if (ctx->pos == 1) {
		if (!dir_emit(ctx, "..", 2, d->parent->inode->ino, S_IFDIR >> 12))
			return false;
		ctx->pos = FIRST_POS;
	}
	return true;
}

static void emit_contents(struct sysfs_inode *s, struct dir_context *ctx)
{
	struct found f;

	while (next_in_folder(s, (u64)ctx->pos - FIRST_POS, &f)) {
		bool ok;

		ctx->pos = (loff_t)f.item.pos + FIRST_POS;
		ok = dir_emit(ctx, f.item.name, (int)strlen(f.item.name), f.ino,
			      f.item.mode >> 12);
		found_put(&f);
		if (!ok)
			return;
		ctx->pos++;
	}
}

static int dir_iterate(struct file *f, struct dir_context *ctx)
{
	struct sysfs_inode *s = SYSFS_I(f->inode);

	if (!emit_dots(f, ctx) || !kobject_enter(s->k))
		return 0;
	emit_contents(s, ctx);
	kobject_leave(s->k);
	return 0;
}

/* --- attributes of the inodes --- */

static int sysfs_setattr(struct dentry *d, struct iattr *attr)
{
	struct inode *inode = d->inode;
	int err;

	attr->valid &= ~(u32)ATTR_SIZE; /* opening with O_TRUNC */
	err = setattr_prepare(d, attr);
	if (err)
		return err;
	if (attr->valid & (ATTR_MODE | ATTR_UID | ATTR_GID)) {
		struct sysfs_change c = {
			.ino = inode->ino,
			.mode = attr->valid & ATTR_MODE ? attr->mode
							: inode->mode,
			.uid = attr->valid & ATTR_UID ? attr->uid : inode->uid,
			.gid = attr->valid & ATTR_GID ? attr->gid : inode->gid,
		};

		err = sysfs_keep_change(SYSFS_I(inode)->k, &c);
		if (err)
			return err;
	}
	setattr_copy(inode, attr);
	return 0;
}

static const struct inode_ops dir_iops = {
	.lookup = dir_lookup,
	.setattr = sysfs_setattr,
};
static const struct inode_ops file_iops = {.setattr = sysfs_setattr};
static const struct file_ops dir_fops = {
	.iterate = dir_iterate,
	.llseek = generic_llseek,
};

/* --- files of text --- */

static int text_show(struct seq_file *m, void *v)
{
	struct sysfs_inode *s = SYSFS_I(m->file->inode);
	int err;

	(void)v;
	if (!kobject_enter(s->k))
		return -ENODEV;
	err = s->e->show(m, s->k, s->e);
	kobject_leave(s->k);
	return err;
}

static int text_open(struct inode *inode, struct file *f)
{
	const struct sysfs_entry *e = SYSFS_I(inode)->e;

	if (kobject_is_dead(SYSFS_I(inode)->k))
		return -ENODEV;
	if ((f->mode & FMODE_WRITE && !e->store) ||
	    (f->mode & FMODE_READ && !e->show))
		return -EACCES;
	return single_open(f, text_show, NULL);
}

static ssize_t text_write(struct kiocb *io, struct iov_iter *from)
{
	struct sysfs_inode *s = SYSFS_I(io->file->inode);
	size_t len = min(from->count, PAGE_SIZE - 1);
	char *text;
	int err;

	if (!len)
		return 0;
	text = kmalloc(len + 1, GFP_KERNEL);
	if (!text)
		return -ENOMEM;
	err = copy_from_iter(text, len, from) == len ? 0 : -EFAULT;
	text[len] = '\0';
	if (!err && !kobject_enter(s->k))
		err = -ENODEV;
	if (!err) {
		err = s->e->store(s->k, text, len);
		kobject_leave(s->k);
	}
	kfree(text);
	return err ? err : (ssize_t)len;
}

static const struct file_ops text_fops = {
	.open = text_open,
	.read_iter = seq_read_iter,
	.write_iter = text_write,
	.llseek = seq_lseek,
	.release = single_release,
};

/* --- files of bytes --- */

static int bytes_open(struct inode *inode, struct file *f)
{
	(void)inode;
	return f->mode & FMODE_WRITE ? -EACCES : 0;
}

static ssize_t bytes_read(struct kiocb *io, struct iov_iter *to)
{
	const struct inode *inode = io->file->inode;

	return simple_read_from_buffer(to, &io->pos, SYSFS_I(inode)->bytes,
				       (size_t)inode->size);
}

static const struct file_ops bytes_fops = {
	.open = bytes_open,
	.read_iter = bytes_read,
	.llseek = generic_llseek,
};

/* --- links --- */

static void free_text(void *text)
{
	kfree(text);
}

/*
 * The way from folder @dir to @target, both from the root: up out of what is
 * not on the target's path, then down. The last component of the target is
 * always named.
 */
static char *relative_path(const char *dir, const char *target)
{
	const char *d = dir, *t = target, *slash;
	u32 up = 0;
	char *buf, *p;

	while (*d == '/' && (slash = strchr(t + 1, '/'))) {
		size_t n = (size_t)(slash - t);

		if (strncmp(d, t, n) || (d[n] && d[n] != '/'))
			break;
		d += n;
		t = slash;
	}
	for (; *d; d++)
		up += *d == '/' && d[1];
	buf = kmalloc(3 * up + strlen(t) + 1, GFP_KERNEL);
	if (!buf)
		return NULL;
	for (p = buf; up--; p += 3)
		memcpy(p, "../", 3);
	memcpy(p, t + 1, strlen(t));
	return buf;
}

static char *link_text(struct dentry *d, const struct sysfs_inode *s, char *buf)
{
	char *dir = buf, *target = buf + PATH_MAX, *p;
	size_t len;

	p = dentry_path(d->parent, dir, PATH_MAX);
	if (IS_ERR(p))
		return p;
	dir = p;
	p = kobject_path(s->target, target, PATH_MAX);
	if (IS_ERR(p))
		return p;
	len = strlen(p);
	memmove(target, p, len + 1);
	if (s->e && s->e->suffix && kobject_enter(s->k)) {
		s->e->suffix(s->k, target + len, PATH_MAX - len);
		kobject_leave(s->k);
	}
	p = relative_path(dir, target);
	return p ? p : ERR_PTR(-ENOMEM);
}

static const char *link_get(struct dentry *d, struct inode *inode,
			    struct delayed_call *done)
{
	char *buf, *text;

	if (!d)
		return ERR_PTR(-ECHILD);
	buf = kmalloc(2 * PATH_MAX, GFP_KERNEL);
	if (!buf)
		return ERR_PTR(-ENOMEM);
	text = link_text(d, SYSFS_I(inode), buf);
	kfree(buf);
	if (IS_ERR(text))
		return text;
	done->fn = free_text;
	done->arg = text;
	return text;
}

static const struct inode_ops link_iops = {
	.get_link = link_get,
	.setattr = sysfs_setattr,
};

/* --- names --- */

/* What was not there may be by now. */
static int sysfs_revalidate(struct dentry *d, u32 flags)
{
	const struct sysfs_inode *s;

	(void)flags;
	if (!d->inode)
		return 0;
	s = SYSFS_I(d->inode);
	return !kobject_is_dead(s->k) &&
	       !(s->target && kobject_is_dead(s->target));
}

static const struct dentry_ops sysfs_dops = {
	.revalidate = sysfs_revalidate,
	.delete = always_delete_dentry,
};

/* --- mounting --- */

static int sysfs_fill(struct super_block *sb, char *data)
{
	struct found root;

	(void)data;
	sb->ops = &sysfs_super_ops;
	sb->dops = &sysfs_dops;
	sb->magic = SYSFS_MAGIC;
	found_object(&root, &sys_root);
	root.item.mode = S_IFDIR | 0555;
	sb->root = d_make_root(get_inode(sb, &root));
	return sb->root ? 0 : -ENOMEM;
}

static struct dentry *sysfs_mount(struct file_system_type *type,
				  struct fs_context_params *p)
{
	return mount_single(type, p, sysfs_fill);
}

static struct file_system_type sysfs_type = {
	.name = "sysfs",
	.flags = FS_USERNS_MOUNT,
	.mount = sysfs_mount,
	.kill_sb = kill_anon_super,
};

static int __init_text sysfs_init(void)
{
	sysfs_inode_cache = kmem_cache_create("sysfs_inode",
					      sizeof(struct sysfs_inode), 64, 0);
	if (!sysfs_inode_cache)
		return -ENOMEM;
	return register_filesystem(&sysfs_type);
}
subsys_initcall(sysfs_init);
