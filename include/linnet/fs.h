/*
 * The virtual file system's objects.
 *
 *   super_block   one mounted instance of a file system
 *   inode         a file; its identity and metadata
 *   dentry        a name in a directory, cached; may be negative
 *   mount         where a super_block's tree is attached (fs/mount.h)
 *   file          an open file description
 *   address_space the cached pages of an inode
 *
 * Life cycles. Inodes are counted; the last iput() of an unlinked one evicts
 * it, others stay cached while a dentry names them. Dentries are counted;
 * unused ones wait on an LRU list until memory is short. Both are freed
 * after an RCU grace period because path walks look at them without locks.
 *
 * Lock order (outermost first)
 *   file->pos_lock > rename_mutex (per sb) > inode->rwsem parent > child >
 *   mm->mmap_lock > mapping->invalidate_lock > page lock > mapping->lock
 *   dcache: parent dentry->lock > child dentry->lock > hash, LRU locks
 */
#ifndef LINNET_FS_H
#define LINNET_FS_H

#include <linnet/errno.h>
#include <linnet/list.h>
#include <linnet/mutex.h>
#include <linnet/page.h>
#include <linnet/rbtree.h>
#include <linnet/rcu.h>
#include <linnet/seqlock.h>
#include <linnet/time.h>
#include <linnet/uio.h>
#include <linnet/wait.h>
#include <linnet/xarray.h>
#include <linux/fcntl.h>
#include <linux/fs.h>
#include <linux/inotify.h>
#include <linux/mount.h>
#include <linux/stat.h>

struct inode;
struct dentry;
struct file;
struct mount;
struct super_block;
struct cred;
struct vma;
struct seq_file;
struct poll_table;
struct pipe;
struct posix_acl;
struct pid;
struct statfs64;

/* Groups of permission bits (POSIX has only their parts). */
#define S_IRWXUGO (S_IRWXU | S_IRWXG | S_IRWXO)
#define S_IALLUGO (S_ISUID | S_ISGID | S_ISVTX | S_IRWXUGO)

/* Flags of a super block: mount(2)'s MS_* of the same name. */
#define SB_RDONLY      MS_RDONLY
#define SB_SYNCHRONOUS MS_SYNCHRONOUS
#define SB_MANDLOCK    MS_MANDLOCK
#define SB_DIRSYNC     MS_DIRSYNC
#define SB_SILENT      MS_SILENT
#define SB_POSIXACL    MS_POSIXACL
#define SB_LAZYTIME    MS_LAZYTIME

/* utimensat(2): nanoseconds that stand for "now" and "leave it". */
#define UTIME_NOW  ((1l << 30) - 1l)
#define UTIME_OMIT ((1l << 30) - 2l)

/* ------------------------------------------------------------ device ids */
#define MINORBITS 20
static inline u32 dev_major(dev_t d) { return d >> MINORBITS; }
static inline u32 dev_minor(dev_t d) { return d & ((1u << MINORBITS) - 1); }
static inline dev_t dev_make(u32 major, u32 minor)
{
	return major << MINORBITS | minor;
}
/* As user space packs it: stat, mknod. */
static inline u64 dev_encode(dev_t d)
{
	u32 maj = dev_major(d), min = dev_minor(d);

	return (min & 0xff) | (u64)maj << 8 | (u64)(min & ~0xffu) << 12;
}
static inline dev_t dev_decode(u32 d)
{
	return dev_make(d >> 8 & 0xfff, (d & 0xff) | (d >> 12 & 0xfff00));
}

/* ---------------------------------------------------------- address_space */
/* Marks in address_space.pages */
#define PAGECACHE_TAG_DIRTY	0
#define PAGECACHE_TAG_WRITEBACK 1
#define PAGECACHE_TAG_TOWRITE	2

struct address_space_ops {
	/*
	 * Fill a locked page from the backing store and unlock it when done.
	 * NULL: absent pages are holes, they appear zero-filled (tmpfs).
	 */
	int (*read_page)(struct address_space *m, struct page *p);
	/* Fill up to @n absent pages from index on, asynchronously. NULL: no
	 * readahead. */
	void (*readahead)(struct address_space *m, u64 index, u32 n);
	/* Write dirty pages of [start, end] (byte offsets). */
	int (*writepages)(struct address_space *m, loff_t start, loff_t end,
			  bool wait);
	/* Prepare and finish a buffered write inside one page, which is
	 * returned locked and referenced. NULL: tmpfs. */
	int (*write_begin)(struct file *f, struct address_space *m, loff_t pos,
			   u32 len, struct page **page);
	int (*write_end)(struct file *f, struct address_space *m, loff_t pos,
			 u32 len, u32 copied, struct page *page);
	/* May a new page be added (space accounting)? 0 or -ENOSPC. */
	int (*charge_pages)(struct address_space *m, s64 nr);
};

struct address_space {
	struct inode *host;	     /* [I] */
	struct xarray pages;	     /* [lock] struct page; readers: RCU */
	spinlock_t lock;	     /* irq-safe */
	u64 nr_pages;		     /* [lock] */
	const struct address_space_ops *ops; /* [I] */
	struct rb_root i_mmap;	     /* [i_mmap_lock] shared and private VMAs */
	struct rwsem i_mmap_lock;
	u32 nr_writable;	     /* [A] VM_SHARED|VM_MAYWRITE maps; <0: denied */
	u32 gfp;
	struct rwsem invalidate_lock; /* truncation against faults, reads */
	u32 wb_err;		     /* [A] errseq of failed writeback */
	bool unevictable;	     /* tmpfs: no store to drop pages to */
};

/* ------------------------------------------------------------------ inode */
struct inode {
	union {
		struct {
			u16 mode;
			u16 flags; /* enum inode_flags */
		};
		u32 mode_and_flags; /* both at a glance */
	};
	u32 uid, gid;		/* [rwsem]; read without lock */
	u32 nlink;		/* [rwsem of parent] */
	u32 refs;		/* [A]; 0: cached or dying, see iget/iput */
	u64 ino;		/* [I] */
	struct super_block *sb; /* [I] */
	const struct inode_ops *ops;  /* [I] */
	const struct file_ops *fops;  /* [I] what open() installs */
	struct address_space *mapping; /* [I] normally &data */
	loff_t size;		/* [rwsem] written with i_size_write() */
	u64 blocks;		/* [lock] units of 512 bytes */
	dev_t rdev;		/* [I] device nodes */
	u32 blkbits;
	u32 generation;
	struct __kernel_timespec atime, mtime, ctime, btime; /* [lock] */
	spinlock_t lock;	/* state, blocks, times */
	u32 state;		/* [lock] enum inode_state */
	u32 writecount;		/* [A] writers; "negative": execve denies */
	struct rwsem rwsem;	/* directory contents; file size and writes */
	struct hlist_node hash;	/* inode hash: sb, ino */
	struct list_head lru;
	struct list_head sb_node;     /* sb->inodes */
	struct hlist_head aliases;    /* [lock] dentries naming it */
	struct list_head dirty_node;
	union {
		struct pipe *pipe;    /* FIFOs */
		const struct cdev *cdev;
		char *link;	      /* [I] short symlinks: target, NUL-ended */
	};
	struct file_lock_context *locks; /* [A] published once */
	struct fsnotify_mark_list *marks; /* inotify watches, NULL none */
	/* [rwsem], read under RCU; NULL: none */
	struct posix_acl *acl, *default_acl;
	void *private;		/* the file system's */
	void (*sb_free)(struct inode *inode); /* set when it dies */
	struct address_space data;
	struct rcu_head rcu;
};

enum inode_flags {
	S_SYNC = 1, S_NOATIME = 2, S_APPEND = 4, S_IMMUTABLE = 8, S_DEAD = 16,
	S_FILE_CAPS = 32, /* there is a security.capability; set with it */
	S_NOSEC = 64, S_AUTOMOUNT = 128, S_NOXATTR = 256,
	S_ACL = 512, /* there is an access list */
};
enum inode_state {
	I_NEW = 1,	/* being filled; find waits for it */
	I_FREEING = 2,	/* being evicted; find skips it */
	I_DIRTY = 4,	/* metadata newer than the store */
	I_DIRTY_PAGES = 8,
	I_LRU = 16,
	I_LINKABLE = 32, /* O_TMPFILE: linkat() may name it */
};

struct iattr {
	u32 valid; /* ATTR_* */
	u16 mode;
	uid_t uid;
	gid_t gid;
	loff_t size;
	struct __kernel_timespec atime, mtime, ctime;
	struct file *file;
};
enum iattr_flags {
	ATTR_MODE = 1, ATTR_UID = 2, ATTR_GID = 4, ATTR_SIZE = 8,
	ATTR_ATIME = 16, ATTR_MTIME = 32, ATTR_CTIME = 64,
	ATTR_ATIME_SET = 128, ATTR_MTIME_SET = 256, ATTR_FORCE = 512,
	ATTR_KILL_SUID = 2048, ATTR_KILL_SGID = 4096, ATTR_FILE = 8192,
	ATTR_KILL_PRIV = 1 << 20, /* file capabilities */
	ATTR_TOUCH = 65536, /* utimes(NULL) */
};

struct kstat {
	u32 result_mask;
	u16 mode;
	u32 nlink, blksize;
	u64 attributes, attributes_mask;
	u64 ino;
	dev_t dev, rdev;
	uid_t uid;
	gid_t gid;
	loff_t size;
	struct __kernel_timespec atime, mtime, ctime, btime;
	u64 blocks;
	u64 mnt_id;
};

struct path {
	struct mount *mnt;
	struct dentry *dentry;
};


/* Something to release later. */
struct delayed_call {
	void (*fn)(void *arg);
	void *arg;
};


/*
 * All methods may sleep. Directory methods hold dir->rwsem for writing
 * (lookup: reading suffices); unlink, rmdir and rename hold the victim's too.
 * NULL: the operation does not exist there (-EPERM, -ENOTDIR, as Linux).
 */
struct inode_ops {
	/* Find d->name in @dir: attach with d_add(), NULL inode if absent.
	 * Return another dentry if one was spliced, NULL, or ERR_PTR. */
	struct dentry *(*lookup)(struct inode *dir, struct dentry *d, u32 flags);
	int (*create)(struct inode *dir, struct dentry *d, u16 mode, bool excl);
	int (*link)(struct dentry *old, struct inode *dir, struct dentry *d);
	int (*unlink)(struct inode *dir, struct dentry *d);
	int (*symlink)(struct inode *dir, struct dentry *d, const char *target);
	int (*mkdir)(struct inode *dir, struct dentry *d, u16 mode);
	int (*rmdir)(struct inode *dir, struct dentry *d);
	int (*mknod)(struct inode *dir, struct dentry *d, u16 mode, dev_t dev);
	/* @flags: RENAME_NOREPLACE, RENAME_EXCHANGE, RENAME_WHITEOUT */
	int (*rename)(struct inode *old_dir, struct dentry *old,
		      struct inode *new_dir, struct dentry *new, u32 flags);
	/* O_TMPFILE: an unlinked inode attached to @d with d_instantiate(). */
	int (*tmpfile)(struct inode *dir, struct dentry *d, u16 mode);
	/* Symlink target; *done(arg) releases it if set. NULL: inode->link. In
	 * RCU walks @d is NULL: return ERR_PTR(-ECHILD) to leave it. */
	const char *(*get_link)(struct dentry *d, struct inode *inode,
				struct delayed_call *done);
	/* Magic links (/proc/PID/fd/N): jump instead; sets the walk's path. */
	int (*follow_link)(struct dentry *d, struct path *result);
	/* NULL: generic_permission(). */
	int (*permission)(struct inode *inode, u32 mask);
	/* NULL: setattr_prepare() and setattr_copy(), truncation by pages. */
	int (*setattr)(struct dentry *d, struct iattr *attr);
	/* NULL: generic_fillattr(). */
	int (*getattr)(const struct path *path, struct kstat *st, u32 mask,
		       u32 flags);
	/* xattrs; NULL: -EOPNOTSUPP. list: bytes needed or written. */
	ssize_t (*getxattr)(struct inode *inode, const char *name, void *buf,
			    size_t size);
	int (*setxattr)(struct inode *inode, const char *name, const void *val,
			size_t size, u32 flags);
	ssize_t (*listxattr)(struct inode *inode, char *buf, size_t size);
	int (*removexattr)(struct inode *inode, const char *name);
};

/* ----------------------------------------------------------------- dentry */
struct qstr {
	u32 hash, len;
	const char *name;
};

#define DNAME_INLINE 40

struct dentry {
	u32 flags;		/* [A] enum dentry_flags */
	struct hlist_node hash;
	struct dentry *parent;	/* [lock of parent, rename_lock] */
	struct qstr name;
	struct inode *inode;	/* [lock]; NULL: negative */
	char iname[DNAME_INLINE]; /* storage of short names */
	spinlock_t lock;
	u32 refs;		/* [A]; dead: DENTRY_DEAD */
	const struct dentry_ops *ops; /* [I] NULL: none */
	struct super_block *sb;	/* [I] */
	void *private;
	struct list_head lru;
	struct list_head child;	/* [parent->lock] in parent's subdirs */
	struct list_head subdirs; /* [lock] */
	struct hlist_node alias; /* [inode->lock] */
	struct rcu_head rcu;
};

enum dentry_flags {
	DCACHE_MOUNTED = 1,	/* something is mounted here, in some namespace */
	DCACHE_REFERENCED = 2,
	DCACHE_DIRTY_LRU = 4,	/* on the LRU list */
	DCACHE_OP_REVALIDATE = 8,
	DCACHE_OP_DELETE = 16,
	DCACHE_SYMLINK = 32, DCACHE_DIRECTORY = 64,
	DCACHE_DISCONNECTED = 128,
	DCACHE_NOTIFY_PARENT = 256, /* somebody watches the parent */
};
#define DENTRY_DEAD 0x80000000u

struct dentry_ops {
	/* 1 valid, 0 not (drop it), or errno; -ECHILD: not in an RCU walk. */
	int (*revalidate)(struct dentry *d, u32 flags);
	/* Last reference gone: true to drop it from the cache at once. */
	bool (*delete)(const struct dentry *d);
	void (*release)(struct dentry *d);
	/* Text for d_path(), e.g. "pipe:[123]". */
	char *(*dname)(struct dentry *d, char *buf, int len);
};

/* ------------------------------------------------------------ super_block */
struct fs_context_params {
	const char *source; /* as given to mount(2); may be NULL */
	u32 sb_flags;	    /* SB_RDONLY, ... */
	char *data;	    /* option string, may be NULL; may be modified */
};

struct file_system_type {
	const char *name;
	u32 flags; /* enum fs_type_flags */
	/* A referenced root dentry (its sb active), or ERR_PTR. */
	struct dentry *(*mount)(struct file_system_type *type,
				struct fs_context_params *p);
	void (*kill_sb)(struct super_block *sb);
	struct file_system_type *next;
};
enum fs_type_flags {
	FS_REQUIRES_DEV = 1,
	FS_USERNS_MOUNT = 8,
	FS_PINNED_NAMES = 16, /* each name holds a reference on its dentry */
};

struct super_ops {
	/* Allocate / free the containing struct; NULL: a plain inode. */
	struct inode *(*alloc_inode)(struct super_block *sb);
	void (*free_inode)(struct inode *inode); /* after RCU */
	/* Last reference gone: true to drop from the cache. NULL: !nlink. */
	bool (*drop_inode)(struct inode *inode);
	/* Leaving the cache: truncate_inode_pages_final(), free blocks. */
	void (*evict_inode)(struct inode *inode);
	int (*write_inode)(struct inode *inode, bool wait);
	void (*put_super)(struct super_block *sb);
	int (*sync_fs)(struct super_block *sb, bool wait);
	int (*statfs)(struct dentry *d, struct statfs64 *st);
	int (*remount)(struct super_block *sb, u32 *flags, char *data);
	/* ",size=64k" for /proc/mounts. */
	int (*show_options)(struct seq_file *m, struct dentry *root);
};

struct super_block {
	struct list_head node;	/* all super blocks */
	dev_t dev;		/* st_dev */
	u32 blocksize;
	u8 blkbits;
	bool time_sec_only;
	u32 flags;		/* SB_* */
	u64 magic;
	loff_t max_bytes;
	struct file_system_type *type;
	const struct super_ops *ops;
	const struct dentry_ops *dops; /* for all its dentries; may be NULL */
	struct dentry *root;
	refcount_t active;	/* mounts and users; 0: shut down */
	struct mutex rename_mutex; /* cross-directory renames */
	spinlock_t inodes_lock;
	struct list_head inodes;
	struct list_head mounts; /* of it, in whatever namespace (fs/mount.c) */
	char id[32];		/* mount source for messages */
	void *private;
};

int register_filesystem(struct file_system_type *type);
struct file_system_type *get_fs_type(const char *name);
/* New sb with an anonymous device number, or ERR_PTR. */
struct super_block *sget_nodev(struct file_system_type *type, u32 flags);
/* Undo of sget: drops an sb that was never mounted, or deactivates. */
void deactivate_super(struct super_block *sb);
void kill_anon_super(struct super_block *sb);
/* mount methods for file systems without a device. @fill sets sb->root. */
struct dentry *mount_nodev(struct file_system_type *type,
			   struct fs_context_params *p,
			   int (*fill)(struct super_block *sb, char *data));
struct dentry *mount_single(struct file_system_type *type,
			    struct fs_context_params *p,
			    int (*fill)(struct super_block *sb, char *data));

/* ------------------------------------------------------------------- file */
struct file {
	u32 refs;		/* [A] */
	u32 flags;		/* O_*; status flags change under lock */
	u32 mode;		/* [I] FMODE_* */
	spinlock_t lock;
	const struct file_ops *ops; /* [I] */
	struct path path;	/* [I] */
	struct inode *inode;	/* [I] */
	loff_t pos;		/* [pos_lock] when FMODE_ATOMIC_POS */
	struct mutex pos_lock;
	const struct cred *cred; /* [I] of the opener */
	void *private;
	struct address_space *mapping;
	/* readahead state */
	u64 ra_start, ra_prev;
	u32 ra_size, ra_async;
	u32 wb_err;
	struct fown *owner;	/* F_SETOWN, F_SETSIG; NULL none */
	struct list_head epoll_links; /* [lock] watchers */
	struct rcu_head rcu;
};

enum fmode {
	FMODE_READ = 1, FMODE_WRITE = 2, FMODE_LSEEK = 4, FMODE_PREAD = 8,
	FMODE_PWRITE = 16, FMODE_EXEC = 32, FMODE_PATH = 0x4000,
	FMODE_ATOMIC_POS = 0x8000, FMODE_WRITER = 0x10000,
	FMODE_CAN_READ = 0x20000, FMODE_CAN_WRITE = 0x40000,
	FMODE_NOWAIT = 0x80000, FMODE_NONOTIFY = 0x100000,
	FMODE_STREAM = 0x200000,
};

struct kiocb {
	struct file *file;
	loff_t pos;
	u32 flags; /* IOCB_* */
};
enum iocb_flags {
	IOCB_APPEND = 1, IOCB_NOWAIT = 2, IOCB_DIRECT = 4, IOCB_DSYNC = 8,
	IOCB_SYNC = 16, IOCB_HIPRI = 32,
};

struct dir_context {
	/* Emit one entry; false: the buffer is full, stop. */
	bool (*emit)(struct dir_context *ctx, const char *name, int len,
		     loff_t off, u64 ino, u32 dtype);
	loff_t pos;
};

static inline bool dir_emit(struct dir_context *c, const char *name, int len,
			    u64 ino, u32 dtype)
{
	return c->emit(c, name, len, c->pos, ino, dtype);
}

struct file_ops {
	/* Bytes moved or errno; update kiocb->pos. NULL: -EINVAL. May sleep. */
	ssize_t (*read_iter)(struct kiocb *io, struct iov_iter *to);
	ssize_t (*write_iter)(struct kiocb *io, struct iov_iter *from);
	/* NULL: generic for FMODE_LSEEK files, -ESPIPE for others. */
	loff_t (*llseek)(struct file *f, loff_t off, int whence);
	/* Directory entries from ctx->pos; inode->rwsem held for reading. */
	int (*iterate)(struct file *f, struct dir_context *ctx);
	/* Ready events now (EPOLLIN...); poll_wait() on each queue. NULL:
	 * always readable and writable. */
	u32 (*poll)(struct file *f, struct poll_table *pt);
	/* -ENOIOCTLCMD: not mine. */
	long (*ioctl)(struct file *f, u32 cmd, u64 arg);
	int (*mmap)(struct file *f, struct vma *v);
	int (*open)(struct inode *inode, struct file *f);
	/* Each close(2) of a descriptor. */
	int (*flush)(struct file *f);
	/* Last reference gone. */
	void (*release)(struct inode *inode, struct file *f);
	int (*fsync)(struct file *f, loff_t start, loff_t end, bool datasync);
	long (*fallocate)(struct file *f, int mode, loff_t off, loff_t len);
	/* Move pages between a pipe and the file; NULL: through a copy. The
	 * pipe is locked; it has room (splice_read) or data (splice_write). */
	ssize_t (*splice_read)(struct file *in, loff_t *pos, struct pipe *pipe,
			       size_t len, u32 flags);
	ssize_t (*splice_write)(struct pipe *pipe, struct file *out,
				loff_t *pos, size_t len, u32 flags);
	int (*fasync)(int fd, struct file *f, bool on);
	int (*check_flags)(u32 flags);
	void (*show_fdinfo)(struct seq_file *m, struct file *f);
	u64 (*get_unmapped_area)(struct file *f, u64 addr, u64 len, u64 pgoff,
				 u64 flags);
};

struct file *file_alloc(u32 flags, const struct cred *cred);
/* Consumes the reference; the last one closes. May sleep. */
void fput(struct file *f);
static inline struct file *get_file(struct file *f)
{
	atomic_inc(&f->refs);
	return f;
}
/* Open @path; @mode for O_CREAT. Referenced or ERR_PTR. */
struct file *filp_open(const char *name, u32 flags, u16 mode);
struct file *dentry_open(const struct path *path, u32 flags,
			 const struct cred *cred);
/* A file on an anonymous inode: epoll, eventfd, pidfd. */
struct file *anon_file(const char *name, const struct file_ops *ops,
		       void *private, u32 flags);
/* The same as a new descriptor; on failure nothing is consumed. */
int anon_fd(const char *name, const struct file_ops *ops, void *private,
	    u32 flags);
ssize_t kernel_read(struct file *f, void *buf, size_t len, loff_t *pos);
ssize_t kernel_write(struct file *f, const void *buf, size_t len, loff_t *pos);
ssize_t vfs_read(struct file *f, struct iov_iter *to, loff_t *pos, u32 flags);
ssize_t vfs_write(struct file *f, struct iov_iter *from, loff_t *pos, u32 flags);
loff_t generic_llseek(struct file *f, loff_t off, int whence);
loff_t no_llseek(struct file *f, loff_t off, int whence);
loff_t noop_llseek(struct file *f, loff_t off, int whence);
/* No position at all: pipes, sockets, ttys. Call from open(). */
int stream_open(struct inode *inode, struct file *f);
int nonseekable_open(struct inode *inode, struct file *f);

/* --------------------------------------------------------- inode functions */
void iput(struct inode *inode);
static inline struct inode *ihold(struct inode *inode)
{
	atomic_inc(&inode->refs);
	return inode;
}
/* Fresh inode, I_NEW not set, refs 1, unhashed; NULL: no memory. */
struct inode *new_inode(struct super_block *sb);
/* Find (sb, ino) or make one with I_NEW set for the caller to fill. */
struct inode *iget_locked(struct super_block *sb, u64 ino);
void unlock_new_inode(struct inode *inode);
void iget_failed(struct inode *inode);
u64 get_next_ino(void);
void inode_init_owner(struct inode *inode, struct inode *dir, u16 mode);
void init_special_inode(struct inode *inode, u16 mode, dev_t rdev);
void clear_nlink(struct inode *inode);
void inc_nlink(struct inode *inode);
void drop_nlink(struct inode *inode);
void mark_inode_dirty(struct inode *inode);
struct __kernel_timespec current_time(struct inode *inode);
/* Update mtime and ctime for a write, atime for an access (relatime). */
int file_update_time(struct file *f);
void touch_atime(const struct path *path);
static inline void file_accessed(struct file *f)
{
	if (!(f->flags & O_NOATIME))
		touch_atime(&f->path);
}
static inline loff_t i_size_read(const struct inode *inode)
{
	return READ_ONCE(inode->size);
}
static inline void i_size_write(struct inode *inode, loff_t size)
{
	WRITE_ONCE(inode->size, size);
}
int generic_permission(struct inode *inode, u32 mask);
int inode_permission(struct inode *inode, u32 mask);
enum may_flags {
	MAY_EXEC = 1, MAY_WRITE = 2, MAY_READ = 4, MAY_APPEND = 8,
	MAY_ACCESS = 16, MAY_OPEN = 32, MAY_CHDIR = 64, MAY_NOT_BLOCK = 128,
};
bool inode_owner_or_capable(const struct inode *inode);
int setattr_prepare(struct dentry *d, struct iattr *attr);
void setattr_copy(struct inode *inode, const struct iattr *attr);
int notify_change(struct dentry *d, struct iattr *attr);
void generic_fillattr(struct inode *inode, struct kstat *st);
int vfs_getattr(const struct path *path, struct kstat *st, u32 mask, u32 flags);
int file_remove_privs(struct file *f);
/* The ATTR_KILL_* that a change of owner or contents brings. */
u32 attr_kill_setid(const struct inode *inode);
/* Unless the writer has CAP_FSETID. */
u32 attr_kill_by_write(const struct inode *inode);
int inode_newsize_ok(struct inode *inode, loff_t size);

/* --------------------------------------------------------- dentry functions */
static inline struct dentry *dget(struct dentry *d)
{
	atomic_inc(&d->refs);
	return d;
}
void dput(struct dentry *d);
struct dentry *d_alloc(struct dentry *parent, const struct qstr *name);
struct dentry *d_alloc_pseudo(struct super_block *sb, const char *name);
struct dentry *d_make_root(struct inode *inode); /* consumes inode */
void d_instantiate(struct dentry *d, struct inode *inode); /* consumes */
void d_add(struct dentry *d, struct inode *inode);	   /* + hash */
struct dentry *d_splice_alias(struct inode *inode, struct dentry *d);
void d_delete(struct dentry *d);	/* make negative or unhash */
void d_drop(struct dentry *d);		/* unhash */
void d_move(struct dentry *d, struct dentry *target);
void d_exchange(struct dentry *a, struct dentry *b);
void d_invalidate(struct dentry *d);	/* drop the subtree and its mounts */
struct dentry *d_lookup(struct dentry *parent, const struct qstr *name);
struct dentry *d_find_alias(struct inode *inode);
u32 name_hash(const struct dentry *parent, const char *name, u32 len);
const char *name_scan(const struct dentry *parent, const char *name,
		      struct qstr *q);
/* Path text ending at buf[len-1]; ERR_PTR(-ENAMETOOLONG). */
char *d_path(const struct path *path, char *buf, int len);
/* As seen from @root instead of the caller's. */
char *d_path_from(const struct path *path, const struct path *root, char *buf,
		  int len);
char *dentry_path(struct dentry *d, char *buf, int len);
bool is_subdir(struct dentry *d, struct dentry *ancestor);
void shrink_dcache_sb(struct super_block *sb);
void shrink_dcache_parent(struct dentry *d); /* unused ones below @d */

static inline bool d_is_negative(const struct dentry *d)
{
	return !READ_ONCE(d->inode);
}
static inline bool d_unhashed(const struct dentry *d)
{
	return hlist_unhashed(&d->hash);
}
static inline bool d_is_dir(const struct dentry *d)
{
	return d->inode && S_ISDIR(d->inode->mode);
}

/* --------------------------------------------------------------- path walk */
enum lookup_flags {
	LOOKUP_FOLLOW = 1, LOOKUP_DIRECTORY = 2, LOOKUP_AUTOMOUNT = 4,
	LOOKUP_EMPTY = 8, LOOKUP_PARENT = 16, LOOKUP_REVAL = 32,
	LOOKUP_RCU = 64, LOOKUP_OPEN = 128, LOOKUP_CREATE = 256,
	LOOKUP_EXCL = 512, LOOKUP_RENAME_TARGET = 1024,
	LOOKUP_NO_SYMLINKS = 0x10000, LOOKUP_NO_MAGICLINKS = 0x20000,
	LOOKUP_NO_XDEV = 0x40000, LOOKUP_BENEATH = 0x80000,
	LOOKUP_IN_ROOT = 0x100000, LOOKUP_CACHED = 0x200000,
};

/* A path name copied from user space; cached buffers of PATH_MAX. */
struct filename;
struct filename *getname_flags(const char __user *name, u32 lookup);
struct filename *getname_kernel(const char *name);
void putname(struct filename *n);

int user_path_at(int dfd, const char __user *name, u32 lookup, struct path *p);
int kern_path(const char *name, u32 lookup, struct path *p);
void path_get(const struct path *p);
void path_put(const struct path *p);
/* Lock the parent and return a negative dentry to create in; undo with
 * done_path_create(). */
struct dentry *user_path_create(int dfd, const char __user *name,
				struct path *parent, u32 lookup);
struct dentry *kern_path_create(const char *name, struct path *parent,
				u32 lookup);
void done_path_create(struct path *parent, struct dentry *d);
int vfs_mkdir(struct inode *dir, struct dentry *d, u16 mode);
int vfs_mknod(struct inode *dir, struct dentry *d, u16 mode, dev_t dev);
int vfs_symlink(struct inode *dir, struct dentry *d, const char *target);
int vfs_link(struct dentry *old, struct inode *dir, struct dentry *d);
int vfs_unlink(struct inode *dir, struct dentry *d);
int vfs_rmdir(struct inode *dir, struct dentry *d);
int vfs_truncate(const struct path *path, loff_t len);
/* sync(2). May sleep. */
void ksys_sync(void);
/* execve: nobody may write meanwhile. 0 or -ETXTBSY. */
int deny_write_access(struct file *f);
void allow_write_access(struct file *f);
int do_truncate(struct dentry *d, loff_t len, struct file *f);

/* ----------------------------------------------- a task's file-system context */
struct fs_context {
	u32 users;	 /* [A]; grows under lock */
	spinlock_t lock;
	u32 execs;	 /* [lock] running, that counted it as theirs alone */
	u32 umask;
	struct path root, pwd; /* [lock] */
};
struct fs_context *fs_context_copy(struct fs_context *old);
/* One user more: 0, or -EAGAIN while one of them executes a program. */
int fs_context_share(struct fs_context *fs);
void fs_context_put(struct fs_context *fs);
/* For execve: is it shared with another process? If not it stays so until
 * fs_exec_end(). */
bool fs_exec_begin(struct fs_context *fs);
void fs_exec_end(struct fs_context *fs);
void set_fs_pwd(struct fs_context *fs, const struct path *p);
void set_fs_root(struct fs_context *fs, const struct path *p);
u16 current_umask(void);
/* Referenced copies. */
void get_fs_root(struct fs_context *fs, struct path *p);
void get_fs_pwd(struct fs_context *fs, struct path *p);

/* ------------------------------------------------------------- mount points */
struct mnt_namespace;
/* Make the first mount tree: a tmpfs root, and the init task's context. */
void vfs_init_early(void);
extern struct file_system_type rootfs_type; /* tmpfs, as the root */
void fs_context_replace(struct fs_context *fs, const struct path *from,
			const struct path *to);
int kern_mount_at(const char *dev, const char *dir, const char *type, u32 flags,
		  const char *data);
/* An internal mount, in no namespace (pipes, anon inodes, memfd). */
struct mount *kern_mount(struct file_system_type *type);
/* A name is gone: so is what other namespaces mounted on it. May sleep. */
void detach_mounts(struct dentry *d);
int mnt_want_write(struct mount *m); /* 0 or -EROFS; pairs with drop */
void mnt_drop_write(struct mount *m);
int mnt_want_write_file(struct file *f);
void mnt_drop_write_file(struct file *f);
struct mnt_namespace *mnt_ns_get(struct mnt_namespace *ns);
void mnt_ns_put(struct mnt_namespace *ns);
struct mnt_namespace *mnt_ns_copy(struct mnt_namespace *ns,
				  struct fs_context *fs);
bool mount_is_noexec(const struct mount *m);
bool mount_is_nosuid(const struct mount *m);
bool mount_is_nodev(const struct mount *m);
bool path_noexec(const struct path *p);
struct super_block *mount_sb(const struct mount *m);

/* ------------------------------------------------------- generic page cache */
struct page *find_get_page(struct address_space *m, u64 index);
/* The uptodate pages of [index, index + n): NULL where there is none. */
void find_get_pages_range(struct address_space *m, u64 index, u32 n,
			  struct page **pages);
/* Find or add a locked page; not filled if new. NULL: no memory. */
struct page *grab_page(struct address_space *m, u64 index, u32 gfp);
/* Uptodate, referenced, not locked; reads it in. ERR_PTR. */
struct page *read_mapping_page(struct address_space *m, u64 index);
/* The same, but NULL for a hole of a file without a store. */
struct page *page_for_read(struct address_space *m, u64 index);
int add_to_page_cache(struct address_space *m, struct page *p, u64 index,
		      u32 gfp);
void delete_from_page_cache(struct page *p);
bool set_page_dirty(struct page *p);
ssize_t generic_file_read_iter(struct kiocb *io, struct iov_iter *to);
ssize_t generic_file_write_iter(struct kiocb *io, struct iov_iter *from);
ssize_t generic_file_write_locked(struct kiocb *io, struct iov_iter *from);
/* Checks before a write: limits, O_APPEND; bytes allowed or errno. */
ssize_t generic_write_checks(struct kiocb *io, struct iov_iter *from);
int generic_file_mmap(struct file *f, struct vma *v);
void truncate_inode_pages_range(struct address_space *m, loff_t start,
				loff_t end);
void truncate_inode_pages_final(struct address_space *m);
void truncate_setsize(struct inode *inode, loff_t size);
void truncate_pagecache(struct inode *inode, loff_t size);
void address_space_init(struct address_space *m, struct inode *host);
int filemap_write_and_wait(struct address_space *m, loff_t start, loff_t end);
ssize_t generic_splice_read(struct file *in, loff_t *pos, struct pipe *pipe,
			    size_t len, u32 flags);
ssize_t generic_splice_write(struct pipe *pipe, struct file *out, loff_t *pos,
			     size_t len, u32 flags);
extern const struct vma_ops generic_file_vma_ops;

/* ------------------------------------------------ helpers for simple systems */
struct dentry *simple_lookup(struct inode *dir, struct dentry *d, u32 flags);
int simple_link(struct dentry *old, struct inode *dir, struct dentry *d);
int simple_unlink(struct inode *dir, struct dentry *d);
int simple_rmdir(struct inode *dir, struct dentry *d);
bool simple_empty(struct dentry *d);
int simple_statfs(struct dentry *d, struct statfs64 *st);
int parse_mount_options(char *data,
			int (*parse)(void *opts, const char *key,
				     const char *value),
			void *opts);
int dcache_dir_iterate(struct file *f, struct dir_context *ctx);
loff_t dcache_dir_llseek(struct file *f, loff_t off, int whence);
int dcache_dir_open(struct inode *inode, struct file *f);
void dcache_dir_release(struct inode *inode, struct file *f);
bool always_delete_dentry(const struct dentry *d);
ssize_t simple_read_from_buffer(struct iov_iter *to, loff_t *pos,
				const void *from, size_t avail);
extern const struct file_ops simple_dir_fops;
extern const struct file_ops bad_file_ops;
extern const struct inode_ops empty_inode_ops;
/* What device nodes and FIFOs open as. */
extern const struct file_ops chrdev_open_fops, blkdev_open_fops;
extern const struct file_ops fifo_open_fops;
/* File locks and inotify marks of a dying inode. */
void inode_free_attachments(struct inode *inode);
u64 dcache_unused(void);
u64 inode_count(void);
extern const struct inode_ops simple_symlink_inode_ops;

/* ---------------------------------------------------------- character devices */
/*
 * A registered range of device numbers. The char file's open() finds it by
 * rdev, installs its ops and calls their open().
 */
struct cdev {
	const struct file_ops *ops;
	dev_t first;
	u32 count;
	const char *name; /* in /proc/devices */
	struct list_head node;
};
int cdev_register(struct cdev *c);
void cdev_unregister(struct cdev *c);
/* A node in devtmpfs (fs/devtmpfs); for device_add() and device_del(). */
int devtmpfs_create(const char *name, u16 mode, dev_t dev);
int devtmpfs_remove(const char *name, u16 mode, dev_t dev);

/* ------------------------------------------------------------------- locks */
/* flock and OFD locks of a closing file; POSIX locks of a closing owner. */
void file_locks_release(struct file *f);
struct files;
void posix_locks_remove(struct file *f, struct files *owner);
struct flock;
long file_lock_fcntl(struct file *f, u32 cmd, struct flock __user *u);
void fown_free(struct file *f);

/* ------------------------------------------------------------ notification */
void fsnotify(struct inode *inode, struct dentry *d, u32 mask, u32 cookie);
void fsnotify_name(struct inode *dir, const char *name, u32 mask, u32 cookie);
void fsnotify_create(struct inode *dir, struct dentry *d);
extern u32 fsnotify_nr_watches; /* while there is none nothing is to be done */
void fsnotify_file(struct file *f, u32 mask);

static __always_inline bool fsnotify_wanted(void)
{
	return unlikely(READ_ONCE(fsnotify_nr_watches) != 0);
}

static inline void fsnotify_access(struct file *f)
{
	if (fsnotify_wanted())
		fsnotify_file(f, IN_ACCESS);
}

static inline void fsnotify_modify(struct file *f)
{
	if (fsnotify_wanted())
		fsnotify_file(f, IN_MODIFY);
}

static inline void fsnotify_open(struct file *f)
{
	if (fsnotify_wanted())
		fsnotify_file(f, IN_OPEN);
}

static inline void fsnotify_close(struct file *f)
{
	if (fsnotify_wanted())
		fsnotify_file(f, f->mode & FMODE_WRITE ? IN_CLOSE_WRITE
						       : IN_CLOSE_NOWRITE);
}

#endif
