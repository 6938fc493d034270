/*
 * Inodes: allocation, the inode hash, references, eviction, attributes.
 *
 * File systems without a store (tmpfs, procfs) make inodes with new_inode();
 * those with one find them by number with iget_locked(). The last iput() of an
 * inode that nobody names any more evicts it; one that is still on disk stays
 * on an LRU list for the shrinker.
 *
 * Locks: hash_lock > inode->lock > lru_lock.
 */
#include <linnet/cred.h>
#include <linnet/errno.h>
#include <linnet/fs.h>
#include <linnet/init.h>
#include <linnet/kcsan.h>
#include <linnet/page.h>
#include <linnet/printk.h>
#include <linnet/slab.h>
#include <linnet/string.h>
#include <linnet/task.h>
#include "internal.h"
#include "mount.h"

static struct kmem_cache *inode_cache;
static struct hlist_head *table; /* [hash_lock] */
static u32 table_bits;
static DEFINE_SPINLOCK(hash_lock);
static DEFINE_WAIT_QUEUE(new_wait); /* I_NEW cleared */
static LIST_HEAD(lru);		    /* [lru_lock] */
static u64 lru_count;
static DEFINE_SPINLOCK(lru_lock);
static u64 nr_inodes;		    /* [A] */
static u64 next_ino = 1;	    /* [A] */

u64 get_next_ino(void)
{
	return atomic_add_return(&next_ino, 1);
}

u64 inode_count(void)
{
	return atomic_read(&nr_inodes);
}

void address_space_init(struct address_space *m, struct inode *host)
{
	m->host = host;
	xa_init(&m->pages);
	spin_init(&m->lock);
	m->nr_pages = 0;
	m->ops = NULL;
	m->i_mmap.rb_node = NULL;
	rwsem_init(&m->i_mmap_lock);
	m->nr_writable = 0;
	m->gfp = GFP_USER;
	rwsem_init(&m->invalidate_lock);
	m->wb_err = 0;
	m->unevictable = false;
}

/* Every field a file system may rely on has its default. */
static void inode_init(struct inode *inode, struct super_block *sb)
{
	inode->sb = sb;
	inode->mode = 0;
	inode->flags = 0;
	inode->uid = inode->gid = 0;
	inode->nlink = 1;
	inode->refs = 1;
	inode->ops = &empty_inode_ops;
	inode->fops = &bad_file_ops;
	inode->size = 0;
	inode->blocks = 0;
	inode->rdev = 0;
	inode->blkbits = sb->blkbits;
	inode->generation = 0;
	spin_init(&inode->lock);
	inode->state = 0;
	inode->writecount = 0;
	rwsem_init(&inode->rwsem);
	inode->hash.pprev = NULL;
	list_init(&inode->lru);
	list_init(&inode->sb_node);
	inode->aliases.first = NULL;
	list_init(&inode->dirty_node);
	inode->pipe = NULL;
	inode->locks = NULL;
	inode->marks = NULL;
	inode->acl = inode->default_acl = NULL;
	inode->private = NULL;
	inode->mapping = &inode->data;
	address_space_init(&inode->data, inode);
}

struct inode *inode_alloc(struct super_block *sb)
{
	struct inode *inode = sb->ops->alloc_inode
				      ? sb->ops->alloc_inode(sb)
				      : kmem_cache_alloc(inode_cache, GFP_KERNEL);

	if (!inode)
		return NULL;
	inode_init(inode, sb);
	atomic_inc(&nr_inodes);
	return inode;
}

struct inode *new_inode(struct super_block *sb)
{
	struct inode *inode = inode_alloc(sb);

	if (!inode)
		return NULL;
	spin_lock(&sb->inodes_lock);
	list_add(&inode->sb_node, &sb->inodes);
	spin_unlock(&sb->inodes_lock);
	return inode;
}

static void inode_free_rcu(struct rcu_head *head)
{
	struct inode *inode = container_of(head, struct inode, rcu);

	if (inode->sb_free)
		inode->sb_free(inode);
	else
		kmem_cache_free(inode_cache, inode);
}

static void inode_destroy(struct inode *inode)
{
	atomic_dec(&nr_inodes);
	inode->sb_free = inode->sb->ops->free_inode;
	call_rcu(&inode->rcu, inode_free_rcu);
}

static struct hlist_head *bucket(const struct super_block *sb, u64 ino)
{
	u64 h = ((u64)sb ^ ino) * 0x9e3779b97f4a7c15ul;

	return &table[h >> (64 - table_bits)];
}

static struct inode *find_locked(struct super_block *sb, u64 ino)
{
	struct inode *inode;

	hlist_for_each_entry(inode, bucket(sb, ino), hash) {
		if (inode->ino != ino || inode->sb != sb)
			continue;
		spin_lock(&inode->lock);
		if (!(inode->state & I_FREEING)) {
			atomic_inc(&inode->refs);
			spin_unlock(&inode->lock);
			return inode;
		}
		spin_unlock(&inode->lock);
	}
	return NULL;
}

static struct inode *wait_filled(struct inode *inode)
{
	wait_event(&new_wait, !(READ_ONCE(inode->state) & I_NEW));
	if (!hlist_unhashed(&inode->hash))
		return inode;
	iput(inode); /* filling it failed */
	return NULL;
}

struct inode *iget_locked(struct super_block *sb, u64 ino)
{
	struct inode *inode, *new;

	for (;;) {
		spin_lock(&hash_lock);
		inode = find_locked(sb, ino);
		spin_unlock(&hash_lock);
		if (inode) {
			inode = wait_filled(inode);
			if (inode)
				return inode;
			continue;
		}
		new = new_inode(sb);
		if (!new)
			return NULL;
		new->ino = ino;
		new->state = I_NEW;
		spin_lock(&hash_lock);
		inode = find_locked(sb, ino);
		if (!inode)
			hlist_add_head(&new->hash, bucket(sb, ino));
		spin_unlock(&hash_lock);
		if (!inode)
			return new;
		new->nlink = 1;
		new->state = 0;
		iput(new);
		iput(inode);
	}
}

void unlock_new_inode(struct inode *inode)
{
	spin_lock(&inode->lock);
	inode->state &= ~(u32)I_NEW;
	spin_unlock(&inode->lock);
	wake_up_all(&new_wait);
}

static void inode_unhash(struct inode *inode)
{
	spin_lock(&hash_lock);
	hlist_del(&inode->hash);
	spin_unlock(&hash_lock);
}

void iget_failed(struct inode *inode)
{
	inode_unhash(inode);
	clear_nlink(inode);
	unlock_new_inode(inode);
	iput(inode);
}

/* --- the end of inodes --- */

static void inode_evict(struct inode *inode)
{
	spin_lock(&inode->sb->inodes_lock);
	list_del(&inode->sb_node);
	spin_unlock(&inode->sb->inodes_lock);
	if (inode->sb->ops->evict_inode)
		inode->sb->ops->evict_inode(inode);
	else
		truncate_inode_pages_final(&inode->data);
	if (inode->locks || inode->marks)
		inode_free_attachments(inode);
	if (inode->acl || inode->default_acl)
		inode_free_acls(inode);
	if (!hlist_unhashed(&inode->hash))
		inode_unhash(inode);
	inode_destroy(inode);
}

static bool drop_now(struct inode *inode)
{
	if (inode->sb->ops->drop_inode)
		return inode->sb->ops->drop_inode(inode);
	return !inode->nlink || hlist_unhashed(&inode->hash);
}

static void lru_remove(struct inode *inode)
{
	spin_lock(&lru_lock);
	if (!list_empty(&inode->lru)) {
		list_del(&inode->lru);
		lru_count--;
	}
	spin_unlock(&lru_lock);
}

void iput(struct inode *inode)
{
	u32 old;

	if (!inode)
		return;
	old = atomic_read(&inode->refs);
	while (old > 1)
		if (__atomic_compare_exchange_n(&inode->refs, &old, old - 1,
						true, __ATOMIC_RELEASE,
						__ATOMIC_RELAXED))
			return;
	spin_lock(&inode->lock);
	if (atomic_sub_return(&inode->refs, 1)) {
		spin_unlock(&inode->lock);
		return;
	}
	if (!drop_now(inode) && inode->sb->root) {
		spin_lock(&lru_lock);
		if (list_empty(&inode->lru)) {
			list_add_tail(&inode->lru, &lru);
			lru_count++;
		}
		spin_unlock(&lru_lock);
		spin_unlock(&inode->lock);
		return;
	}
	inode->state |= I_FREEING;
	spin_unlock(&inode->lock);
	lru_remove(inode);
	inode_evict(inode);
}

/* Unmount: all cached inodes of a file system go. */
void evict_inodes(struct super_block *sb)
{
	struct inode *inode, *victim;

	do {
		victim = NULL;
		spin_lock(&sb->inodes_lock);
		list_for_each_entry(inode, &sb->inodes, sb_node) {
			spin_lock(&inode->lock);
			if (!atomic_read(&inode->refs) &&
			    !(inode->state & I_FREEING)) {
				inode->state |= I_FREEING;
				victim = inode;
			}
			spin_unlock(&inode->lock);
			if (victim)
				break;
		}
		spin_unlock(&sb->inodes_lock);
		if (victim) {
			lru_remove(victim);
			inode_evict(victim);
		}
	} while (victim);
}

static u64 inode_shrink_count(struct shrinker *s)
{
	(void)s;
	return READ_ONCE(lru_count);
}

/* Those in use leave the list without counting against @nr, as in dcache.c. */
static u64 inode_shrink_scan(struct shrinker *s, u64 nr)
{
	u64 freed = 0;

	(void)s;
	while (freed < nr) {
		struct inode *inode;
		bool mine = false;

		spin_lock(&lru_lock);
		inode = list_first_entry_or_null(&lru, struct inode, lru);
		if (inode) {
			list_del(&inode->lru);
			lru_count--;
			/* Lock order is inode->lock > lru_lock: only try. */
			if (spin_trylock(&inode->lock)) {
				/* A watch lasts as long as its inode. */
				mine = !atomic_read(&inode->refs) &&
				       !inode->marks &&
				       !(inode->state & (I_FREEING | I_DIRTY |
							 I_DIRTY_PAGES));
				if (mine)
					inode->state |= I_FREEING;
				spin_unlock(&inode->lock);
			}
		}
		spin_unlock(&lru_lock);
		if (!inode)
			break;
		if (mine) {
			inode_evict(inode);
			freed++;
		}
	}
	return freed;
}

static struct shrinker inode_shrinker = {
	.name = "inode",
	.count = inode_shrink_count,
	.scan = inode_shrink_scan,
};

/* --- links and special files --- */

void clear_nlink(struct inode *inode)
{
	inode->nlink = 0;
}

void inc_nlink(struct inode *inode)
{
	inode->nlink++;
}

void drop_nlink(struct inode *inode)
{
	if (!WARN_ON(!inode->nlink))
		inode->nlink--;
}

/* Owner and mode of a new file: set-gid directories pass on their group. */
void inode_init_owner(struct inode *inode, struct inode *dir, u16 mode)
{
	const struct cred *c = current_cred();

	inode->uid = c->fsuid;
	inode->gid = c->fsgid;
	if (dir && (dir->mode & S_ISGID)) {
		inode->gid = dir->gid;
		if (S_ISDIR(mode))
			mode |= S_ISGID;
		else if ((mode & (S_ISGID | S_IXGRP)) == (S_ISGID | S_IXGRP) &&
			 !in_group(c, dir->gid) && !capable(CAP_FSETID))
			mode &= (u16)~S_ISGID;
	}
	inode->mode = mode;
}

void init_special_inode(struct inode *inode, u16 mode, dev_t rdev)
{
	inode->mode = mode;
	inode->rdev = rdev;
	if (S_ISCHR(mode))
		inode->fops = &chrdev_open_fops;
	else if (S_ISBLK(mode))
		inode->fops = &blkdev_open_fops;
	else if (S_ISFIFO(mode))
		inode->fops = &fifo_open_fops;
	else
		inode->fops = &bad_file_ops; /* sockets: ENXIO */
}

/* --- times --- */

struct __kernel_timespec current_time(struct inode *inode)
{
	(void)inode;
	return ktime_to_timespec(ktime_get_real());
}

static bool ts_before(const struct __kernel_timespec *a,
		      const struct __kernel_timespec *b)
{
	return a->tv_sec < b->tv_sec ||
	       (a->tv_sec == b->tv_sec && a->tv_nsec < b->tv_nsec);
}

/* relatime: at most one update a day unless the file changed since. */
static bool atime_is_due(const struct inode *inode, u32 mnt_flags,
			 s64 now_sec)
{
	if (!(mnt_flags & MNT_RELATIME))
		return true;
	/* Without the lock: a time that just changes is taken for either. */
	return data_race(!ts_before(&inode->mtime, &inode->atime) ||
			 !ts_before(&inode->ctime, &inode->atime) ||
			 now_sec - inode->atime.tv_sec >= 24 * 60 * 60);
}

bool may_update_atime(const struct inode *inode, const struct mount *mnt)
{
	u32 f = mnt->flags;

	if (inode->flags & S_NOATIME || inode->sb->flags & SB_RDONLY ||
	    f & (MNT_NOATIME | MNT_READONLY))
		return false;
	if (f & MNT_NODIRATIME && S_ISDIR(inode->mode))
		return false;
	return !(f & MNT_RELATIME) ||
	       atime_is_due(inode, f, ktime_get_real() / NSEC_PER_SEC);
}

void touch_atime(const struct path *path)
{
	struct inode *inode = path->dentry->inode;

	if (!may_update_atime(inode, path->mnt))
		return;
	spin_lock(&inode->lock);
	inode->atime = current_time(inode);
	spin_unlock(&inode->lock);
	mark_inode_dirty(inode);
}

int file_update_time(struct file *f)
{
	struct inode *inode = f->inode;
	struct __kernel_timespec now = current_time(inode);

	spin_lock(&inode->lock);
	inode->mtime = now;
	inode->ctime = now;
	spin_unlock(&inode->lock);
	mark_inode_dirty(inode);
	return 0;
}

void mark_inode_dirty(struct inode *inode)
{
	if (inode->sb->ops->write_inode && !(inode->state & I_DIRTY)) {
		spin_lock(&inode->lock);
		inode->state |= I_DIRTY;
		spin_unlock(&inode->lock);
	}
}

void __init_text inode_cache_init(void)
{
	u64 want = clamp(mem_counters.total_pages / 32, 64ul, 1ul << 18);

	table_bits = ilog2(want);
	table = kvmalloc(sizeof(*table) << table_bits, GFP_KERNEL | GFP_ZERO);
	inode_cache = kmem_cache_create("inode", sizeof(struct inode), 64,
					SLAB_RECLAIMABLE);
	if (!table || !inode_cache)
		panic("no memory for inodes");
	shrinker_register(&inode_shrinker);
}
