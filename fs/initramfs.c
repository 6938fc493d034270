/*
 * The initramfs: cpio archives, plain or gzip, unpacked into the root tmpfs.
 *
 * The boot loader's blob may be several archives one after the other, each
 * compressed or not. gzip output is fed to the cpio parser as it comes; the
 * parser's callbacks make the files. A file's data is written straight into
 * its page cache. Afterwards the blob's memory is freed.
 *
 * Before the first archive the root has /dev, /dev/console and /root, as from
 * the archive that is built into every Linux kernel: an image without device
 * nodes still gets a console for init.
 */
#define PR_PREFIX "initramfs: "
#include <linnet/cpio.h>
#include <linnet/errno.h>
#include <linnet/fs.h>
#include <linnet/inflate.h>
#include <linnet/initramfs.h>
#include <linnet/memblock.h>
#include <linnet/of.h>
#include <linnet/page.h>
#include <linnet/printk.h>
#include <linnet/shmem.h>
#include <linnet/slab.h>
#include <linnet/string.h>
#include <linnet/uio.h>
#include <linux/limits.h>

enum { WINDOW_SIZE = 128 << 10 };

/* First name of a file with several links, within one archive. */
struct hard_link {
	struct hard_link *next;
	u32 ino, major, minor;
	char name[];
};

struct unpacker {
	struct cpio cpio;
	struct file *file;  /* being written */
	loff_t pos;
	char *link;	    /* symlink target being collected */
	u32 link_len;
	struct hard_link *links;
};

static void set_owner_and_mode(struct inode *inode, const struct cpio_entry *e)
{
	inode->uid = e->uid;
	inode->gid = e->gid;
	if (!S_ISLNK(inode->mode))
		inode->mode = (inode->mode & S_IFMT) | (e->mode & S_IALLUGO);
	inode->mtime = inode->ctime = inode->atime =
		(struct __kernel_timespec){e->mtime, 0};
}

/* A folder that is there already becomes what the later entry says. */
static int adopt_directory(const struct cpio_entry *e)
{
	struct path p;
	int err = kern_path(e->name, 0, &p);

	if (err)
		return err;
	if (S_ISDIR(p.dentry->inode->mode))
		set_owner_and_mode(p.dentry->inode, e);
	else
		err = -EEXIST;
	path_put(&p);
	return err;
}

/* Make a node of any kind but regular file. */
static int make_node(const struct cpio_entry *e, const char *target)
{
	struct path parent;
	struct dentry *d = kern_path_create(e->name, &parent,
					    S_ISDIR(e->mode) ? LOOKUP_DIRECTORY
							     : 0);
	struct inode *dir;
	int err;

	if (IS_ERR(d))
		return PTR_ERR(d) == -EEXIST && S_ISDIR(e->mode)
			       ? adopt_directory(e) : (int)PTR_ERR(d);
	dir = parent.dentry->inode;
	if (S_ISDIR(e->mode))
		err = vfs_mkdir(dir, d, (u16)e->mode);
	else if (S_ISLNK(e->mode))
		err = vfs_symlink(dir, d, target);
	else
		err = vfs_mknod(dir, d, (u16)e->mode,
				dev_make(e->rdev_major, e->rdev_minor));
	if (!err)
		set_owner_and_mode(d->inode, e);
	done_path_create(&parent, d);
	return err;
}

/* Makes room for @e: what has its name goes, but folders stay folders. One with
 * something in it stays too, and @e fails. */
static void remove_old(const struct cpio_entry *e)
{
	struct path p;
	struct dentry *dir;
	bool is_dir;

	if (kern_path(e->name, 0, &p))
		return;
	dir = dget(p.dentry->parent);
	is_dir = S_ISDIR(p.dentry->inode->mode);
	if (dir != p.dentry && !(is_dir && S_ISDIR(e->mode))) {
		down_write(&dir->inode->rwsem);
		if (is_dir)
			vfs_rmdir(dir->inode, p.dentry);
		else
			vfs_unlink(dir->inode, p.dentry);
		up_write(&dir->inode->rwsem);
	}
	dput(dir);
	path_put(&p);
}

/* --- hard links --- */

static int link_to(const char *old, const char *new)
{
	struct path from, parent;
	struct dentry *d;
	int err = kern_path(old, 0, &from);

	if (err)
		return err;
	d = kern_path_create(new, &parent, 0);
	err = IS_ERR(d) ? (int)PTR_ERR(d)
			: vfs_link(from.dentry, parent.dentry->inode, d);
	if (!IS_ERR(d))
		done_path_create(&parent, d);
	path_put(&from);
	return err;
}

static bool same_file(const struct hard_link *l, const struct cpio_entry *e)
{
	return l->ino == e->ino && l->major == e->dev_major &&
	       l->minor == e->dev_minor;
}

/* 1: it was linked to an earlier name; 0: it is the first; or an error. */
static int maybe_link(struct unpacker *u, const struct cpio_entry *e)
{
	struct hard_link *l;
	int err;

	if (e->nlink < 2)
		return 0;
	for (l = u->links; l; l = l->next) {
		if (!same_file(l, e))
			continue;
		remove_old(e);
		err = link_to(l->name, e->name);
		return err ? err : 1;
	}
	l = kmalloc(sizeof(*l) + e->name_len + 1, GFP_KERNEL);
	if (!l)
		return -ENOMEM;
	*l = (struct hard_link){u->links, e->ino, e->dev_major, e->dev_minor};
	memcpy(l->name, e->name, e->name_len + 1);
	u->links = l;
	return 0;
}

static void forget_links(struct unpacker *u)
{
	while (u->links) {
		struct hard_link *l = u->links;

		u->links = l->next;
		kfree(l);
	}
}

/* --- the parser's callbacks --- */

static int begin_file(struct unpacker *u, const struct cpio_entry *e)
{
	int linked = maybe_link(u, e);
	struct file *f;

	if (linked < 0)
		return linked;
	if (linked && !e->size)
		return 0;
	if (!linked)
		remove_old(e);
	f = filp_open(e->name, O_WRONLY | O_CREAT | O_LARGEFILE,
		      (u16)(e->mode & S_IALLUGO));
	if (IS_ERR(f))
		return (int)PTR_ERR(f);
	u->file = f;
	u->pos = 0;
	return 0;
}

static int entry_begin(void *ctx, const struct cpio_entry *e)
{
	struct unpacker *u = ctx;

	if (S_ISREG(e->mode))
		return begin_file(u, e);
	if (S_ISLNK(e->mode)) {
		if (e->size >= PATH_MAX)
			return -ENAMETOOLONG;
		u->link = kmalloc(e->size + 1, GFP_KERNEL);
		u->link_len = 0;
		return u->link ? 0 : -ENOMEM;
	}
	remove_old(e);
	return make_node(e, NULL);
}

static int entry_data(void *ctx, const u8 *data, size_t len)
{
	struct unpacker *u = ctx;

	if (u->link) {
		memcpy(u->link + u->link_len, data, len);
		u->link_len += (u32)len;
	} else if (u->file) {
		ssize_t n = kernel_write(u->file, data, len, &u->pos);

		if (n != (ssize_t)len)
			return n < 0 ? (int)n : -ENOSPC;
	}
	return 0;
}

static int entry_end(void *ctx, const struct cpio_entry *e)
{
	struct unpacker *u = ctx;
	int err = 0;

	if (u->link) {
		u->link[u->link_len] = '\0';
		remove_old(e);
		err = make_node(e, u->link);
		kfree(u->link);
		u->link = NULL;
	} else if (u->file) {
		set_owner_and_mode(u->file->inode, e);
		fput(u->file);
		u->file = NULL;
	}
	return err;
}

static int archive_end(void *ctx)
{
	forget_links(ctx);
	return 0;
}

static const struct cpio_ops ops = {
	.begin = entry_begin,
	.data = entry_data,
	.end = entry_end,
	.trailer = archive_end,
};

/* --- compressed or not --- */

static int inflated(void *ctx, const u8 *data, size_t len)
{
	struct unpacker *u = ctx;
	ssize_t n = cpio_feed(&u->cpio, data, len);

	return n < 0 ? (int)n : 0;
}

static const struct inflate_ops gz_ops = {.flush = inflated};

/* One gzip file at @data: bytes used, or an error. */
static ssize_t unpack_gzip(struct unpacker *u, const u8 *data, size_t len)
{
	struct inflate *s = kvmalloc(sizeof(*s), GFP_KERNEL);
	u8 *window = kvmalloc(WINDOW_SIZE, GFP_KERNEL);
	ssize_t ret = -ENOMEM;

	if (s && window) {
		inflate_init(s, &gz_ops, u, window, WINDOW_SIZE);
		inflate_set_input(s, data, len);
		ret = gunzip(s);
		if (ret < 0 && s->error)
			pr_err("gzip: %s\n", s->error);
		if (ret >= 0)
			ret = (ssize_t)(len - inflate_unused(s));
	}
	kvfree(window);
	kvfree(s);
	return ret;
}

static int unpack(struct unpacker *u, const u8 *data, size_t len)
{
	while (len) {
		ssize_t n;

		if (len > 2 && data[0] == 0x1f && data[1] == 0x8b)
			n = unpack_gzip(u, data, len);
		else
			n = cpio_feed(&u->cpio, data, len);
		if (n < 0)
			return (int)n;
		if (!n)
			return -EINVAL;
		data += n;
		len -= (size_t)n;
	}
	return cpio_finish(&u->cpio);
}

/* What Linux's built-in archive has. */
static void make_default_nodes(void)
{
	static const struct cpio_entry nodes[] = {
		{.name = "/dev", .mode = S_IFDIR | 0755},
		{.name = "/dev/console", .mode = S_IFCHR | 0600,
		 .rdev_major = 5, .rdev_minor = 1},
		{.name = "/root", .mode = S_IFDIR | 0700},
	};

	for (u32 i = 0; i < ARRAY_SIZE(nodes); i++) {
		int err = make_node(&nodes[i], NULL);

		if (err)
			pr_warn("no %s (error %d)\n", nodes[i].name, err);
	}
}

static void unpack_blob(phys_addr_t start, phys_addr_t end)
{
	struct unpacker *u;
	int err;

	u = kvmalloc(sizeof(*u), GFP_KERNEL | GFP_ZERO);
	if (!u)
		panic("no memory to unpack the initramfs");
	cpio_init(&u->cpio, &ops, u);
	err = unpack(u, phys_to_virt(start), end - start);
	if (err)
		panic("the initramfs cannot be unpacked: %s (error %d). Is it a newc cpio archive, plain or gzip?",
		      u->cpio.error ? u->cpio.error : "bad data or no room", err);
	forget_links(u);
	kvfree(u);
	memblock_free_late(start, end - start);
}

void unpack_initramfs(void)
{
	phys_addr_t start, end;
	struct path root;

	make_default_nodes();
	if (of_initrd(&start, &end))
		unpack_blob(start, end);
	if (!kern_path("/", 0, &root)) {
		rootfs_set_limits(root.dentry->sb);
		path_put(&root);
	}
}
