/*
 * The page cache: pages of files, found by (mapping, index).
 *
 * Every cached page holds one reference for the cache. Lookups run under RCU:
 * the page is found, a reference taken unless it is zero, and the slot checked
 * again. Changes to the index are made under mapping->lock.
 *
 * A page is locked while it is read in, truncated or written back; new pages
 * enter locked. Truncation removes pages under invalidate_lock held for
 * writing, faults hold it for reading while they look a page up.
 *
 * Lock order: invalidate_lock > page lock > mapping->lock;
 * invalidate_lock > i_mmap_lock > ptl > mapping->lock.
 */
#include <asm/mmu.h>
#include <asm/uaccess.h>
#include <linnet/cred.h>
#include <linnet/errno.h>
#include <linnet/fs.h>
#include <linnet/init.h>
#include <linnet/boot.h>
#include <linnet/mm.h>
#include <linnet/printk.h>
#include <linnet/rcu.h>
#include <linnet/sched.h>
#include <linnet/signal.h>
#include <linnet/slab.h>
#include <linnet/string.h>
#include <linnet/task.h>
#include "internal.h"

u64 nr_file_pages;  /* [A] in the page cache, tmpfs included */
u64 nr_shmem_pages; /* [A] of them, tmpfs */

static struct kmem_cache *xa_cache;

/* Under locks of the owner: no sleeping. */
struct xa_node *xa_node_alloc(void)
{
	return kmem_cache_alloc(xa_cache, GFP_ATOMIC | GFP_ZERO);
}

static_assert(sizeof(((struct xa_node *)0)->reclaim) == sizeof(struct rcu_head),
	      "the node's fields give way to the callback");

static void xa_node_free_rcu(struct rcu_head *head)
{
	kmem_cache_free(xa_cache, container_of((void *)head, struct xa_node, reclaim));
}

void xa_node_free(struct xa_node *node)
{
	call_rcu((struct rcu_head *)node->reclaim, xa_node_free_rcu);
}

/* --- page locks --- */

enum { WAIT_TABLE = 64 };
static struct wait_queue page_wait[WAIT_TABLE];

static struct wait_queue *page_queue(const struct page *p)
{
	return &page_wait[page_to_pfn(p) * 0x61c88647u >> 16 & (WAIT_TABLE - 1)];
}

bool trylock_page(struct page *p)
{
	return !(atomic_fetch_or(&p->flags, PG_LOCKED) & PG_LOCKED);
}

/*
 * Lock it, or have its unlock wake those on the queue. It is for somebody on the
 * queue: a mark made before that may be used up by an unlock that finds nobody.
 */
static bool trylock_or_mark(struct page *p)
{
	return !(atomic_fetch_or(&p->flags, PG_LOCKED | PG_WAITERS) & PG_LOCKED);
}

__no_canary void lock_page(struct page *p)
{
	might_sleep();
	if (!trylock_page(p))
		wait_event(page_queue(p), trylock_or_mark(p));
}

void unlock_page(struct page *p)
{
	u32 old = atomic_fetch_and(&p->flags, ~(u32)(PG_LOCKED | PG_WAITERS));

	if (old & PG_WAITERS)
		wake_up_all(page_queue(p));
}

/* --- lookup --- */

struct page *find_get_page(struct address_space *m, u64 index)
{
	struct page *p;

	rcu_read_lock();
	for (;;) {
		p = xa_load(&m->pages, index);
		if (!p)
			break;
		if (!get_page_unless_zero(p))
			continue;
		if (likely(xa_load(&m->pages, index) == p))
			break;
		put_page(p);
	}
	rcu_read_unlock();
	return p;
}

/*
 * Take a reference on what a lookup returned. A page that was freed and used
 * again since does not bear the same name any more.
 */
static bool get_cached_page(struct address_space *m, u64 index, struct page *p)
{
	if (!page_test(p, PG_UPTODATE) || !get_page_unless_zero(p))
		return false;
	if (likely(p->mapping == m && p->index == index))
		return true;
	put_page(p);
	return false;
}

/* References to the up-to-date pages at [index, index + n), NULL for others. */
void find_get_pages_range(struct address_space *m, u64 index, u32 n,
			  struct page **pages)
{
	rcu_read_lock();
	xa_load_range(&m->pages, index, n, (void **)pages);
	for (u32 i = 0; i < n; i++)
		if (pages[i] && !get_cached_page(m, index + i, pages[i]))
			pages[i] = NULL;
	rcu_read_unlock();
}

/* --- adding and removing --- */

static void account(struct address_space *m, s64 n)
{
	atomic_add(&nr_file_pages, n);
	if (m->unevictable)
		atomic_add(&nr_shmem_pages, n);
}

int add_to_page_cache(struct address_space *m, struct page *p, u64 index,
		      u32 gfp)
{
	u64 flags;
	int err;

	(void)gfp;
	if (m->ops && m->ops->charge_pages) {
		err = m->ops->charge_pages(m, 1);
		if (err)
			return err;
	}
	get_page(p);
	p->mapping = m;
	p->index = index;
	flags = spin_lock_irqsave(&m->lock);
	err = xa_load(&m->pages, index) ? -EEXIST : xa_store(&m->pages, index, p);
	if (!err)
		m->nr_pages++;
	spin_unlock_irqrestore(&m->lock, flags);
	if (!err) {
		account(m, 1);
		return 0;
	}
	p->mapping = NULL;
	put_page(p);
	if (m->ops && m->ops->charge_pages)
		m->ops->charge_pages(m, -1);
	return err;
}

/* Locked page. Drops the cache's reference. */
void delete_from_page_cache(struct page *p)
{
	struct address_space *m = p->mapping;
	u64 flags = spin_lock_irqsave(&m->lock);

	xa_erase(&m->pages, p->index);
	m->nr_pages--;
	p->mapping = NULL;
	spin_unlock_irqrestore(&m->lock, flags);
	account(m, -1);
	if (m->ops && m->ops->charge_pages)
		m->ops->charge_pages(m, -1);
	put_page(p);
}

bool set_page_dirty(struct page *p)
{
	struct address_space *m = p->mapping;
	u64 flags;

	if (!m || m->unevictable || page_test(p, PG_DIRTY))
		return false;
	if (atomic_fetch_or(&p->flags, PG_DIRTY) & PG_DIRTY)
		return false;
	flags = spin_lock_irqsave(&m->lock);
	if (p->mapping)
		xa_set_mark(&m->pages, p->index, PAGECACHE_TAG_DIRTY);
	spin_unlock_irqrestore(&m->lock, flags);
	return true;
}

/* A locked page at @index, found or new (then not up to date). */
struct page *grab_page(struct address_space *m, u64 index, u32 gfp)
{
	struct page *p;
	int err;

	for (;;) {
		p = find_get_page(m, index);
		if (p) {
			lock_page(p);
			if (p->mapping == m)
				return p;
			unlock_page(p); /* truncated meanwhile */
			put_page(p);
			continue;
		}
		p = alloc_page(gfp);
		if (!p)
			return ERR_PTR(-ENOMEM);
		p->flags |= PG_LOCKED | (m->unevictable ? PG_SWAPBACKED : 0);
		err = add_to_page_cache(m, p, index, gfp);
		if (!err)
			return p;
		p->flags &= ~(u32)PG_LOCKED;
		put_page(p);
		if (err != -EEXIST)
			return ERR_PTR(err);
	}
}

/* A page whose contents are valid, referenced; holes of tmpfs are filled. */
struct page *read_mapping_page(struct address_space *m, u64 index)
{
	struct page *p = find_get_page(m, index);
	int err;

	if (p && page_test(p, PG_UPTODATE))
		return p;
	if (p)
		put_page(p);
	p = grab_page(m, index, m->gfp);
	if (IS_ERR(p))
		return p;
	if (page_test(p, PG_UPTODATE)) {
		unlock_page(p);
		return p;
	}
	if (!m->ops || !m->ops->read_page) {
		clear_page(page_address(p));
		page_set(p, PG_UPTODATE);
		unlock_page(p);
		return p;
	}
	err = m->ops->read_page(m, p); /* unlocks when done */
	if (!err) {
		lock_page(p);
		if (!page_test(p, PG_UPTODATE))
			err = -EIO;
		unlock_page(p);
	}
	if (!err)
		return p;
	put_page(p);
	return ERR_PTR(err);
}

/* --- reading --- */

/* NULL: a hole of a file without a store. */
struct page *page_for_read(struct address_space *m, u64 index)
{
	struct page *p = find_get_page(m, index);

	if (likely(p && page_test(p, PG_UPTODATE)))
		return p;
	if (p)
		put_page(p);
	if (!m->ops || !m->ops->read_page)
		return NULL;
	return read_mapping_page(m, index);
}

ssize_t generic_file_read_iter(struct kiocb *io, struct iov_iter *to)
{
	struct address_space *m = io->file->mapping;
	struct inode *inode = m->host;
	loff_t pos = io->pos;
	ssize_t done = 0, err = 0;

	while (to->count) {
		loff_t size = i_size_read(inode);
		size_t off = (u64)pos & ~PAGE_MASK, n, got;
		struct page *p;

		if (pos >= size)
			break;
		n = min((size_t)(size - pos), min(to->count, PAGE_SIZE - off));
		p = page_for_read(m, (u64)pos >> PAGE_SHIFT);
		if (IS_ERR(p)) {
			err = PTR_ERR(p);
			break;
		}
		if (p) {
			got = copy_page_to_iter(p, off, n, to);
			put_page(p);
		} else {
			got = iov_iter_zero(n, to);
		}
		done += (ssize_t)got;
		pos += (loff_t)got;
		if (got < n) {
			err = -EFAULT;
			break;
		}
		if (fatal_signal_pending(current)) {
			err = -EINTR;
			break;
		}
	}
	io->pos = pos;
	file_accessed(io->file);
	return done ? done : err;
}

/* --- writing --- */

ssize_t generic_write_checks(struct kiocb *io, struct iov_iter *from)
{
	struct inode *inode = io->file->mapping->host;
	u64 limit = rlimit(RLIMIT_FSIZE);

	if (!from->count)
		return 0;
	if (io->flags & IOCB_APPEND)
		io->pos = i_size_read(inode);
	if ((io->flags & IOCB_NOWAIT) && !(io->flags & IOCB_DIRECT))
		return -EINVAL;
	if (limit != RLIM64_INFINITY && (u64)io->pos >= limit) {
		send_signal(SIGXFSZ, SEND_SIG_NOINFO, current, false);
		return -EFBIG;
	}
	if (io->pos >= inode->sb->max_bytes)
		return -EFBIG;
	if (limit != RLIM64_INFINITY)
		iov_iter_truncate(from, limit - (u64)io->pos);
	iov_iter_truncate(from, (size_t)(inode->sb->max_bytes - io->pos));
	return (ssize_t)from->count;
}

/* The kernel wrote to @p: mappings made from now on clean the caches again. */
static void page_written(struct page *p)
{
	if (page_test(p, PG_ICACHE))
		page_clear(p, PG_ICACHE);
}

/* One page's worth without a file system's help (tmpfs). */
static ssize_t write_page(struct address_space *m, loff_t pos, size_t n,
			  struct iov_iter *from)
{
	size_t off = (u64)pos & ~PAGE_MASK, got;
	struct page *p = grab_page(m, (u64)pos >> PAGE_SHIFT, m->gfp);

	if (IS_ERR(p))
		return PTR_ERR(p);
	/* User memory may be a mapping of this very page: don't fault. */
	pagefault_disable();
	got = copy_page_from_iter(p, off, n, from);
	pagefault_enable();
	page_written(p);
	if (got && !page_test(p, PG_UPTODATE)) {
		u8 *at = page_address(p);

		memset(at, 0, off);
		memset(at + off + got, 0, PAGE_SIZE - off - got);
		page_set(p, PG_UPTODATE);
	} else if (!got && !page_test(p, PG_UPTODATE)) {
		delete_from_page_cache(p);
	}
	unlock_page(p);
	put_page(p);
	return (ssize_t)got;
}

static ssize_t write_through_ops(struct file *f, struct address_space *m,
				 loff_t pos, size_t n, struct iov_iter *from)
{
	struct page *p;
	size_t got;
	int err = m->ops->write_begin(f, m, pos, (u32)n, &p);

	if (err)
		return err;
	pagefault_disable();
	got = copy_page_from_iter(p, (u64)pos & ~PAGE_MASK, n, from);
	pagefault_enable();
	page_written(p);
	return m->ops->write_end(f, m, pos, (u32)n, (u32)got, p);
}

/* inode->rwsem held for writing. */
static ssize_t perform_write(struct kiocb *io, struct iov_iter *from)
{
	struct address_space *m = io->file->mapping;
	bool has_ops = m->ops && m->ops->write_begin;
	loff_t pos = io->pos;
	ssize_t done = 0, got = 0;

	while (from->count) {
		size_t n = min(from->count, PAGE_SIZE - ((u64)pos & ~PAGE_MASK));

		got = has_ops ? write_through_ops(io->file, m, pos, n, from)
			      : write_page(m, pos, n, from);
		if (got < 0)
			break;
		if (!got) {
			got = -EFAULT;
			if (!fault_in_iter(from, n))
				break;
			continue;
		}
		pos += got;
		done += got;
		if (pos > i_size_read(m->host))
			i_size_write(m->host, pos);
		if (fatal_signal_pending(current)) {
			got = -EINTR;
			break;
		}
		cond_resched();
	}
	io->pos = pos;
	return done ? done : got;
}

/* [inode->rwsem for writing] */
ssize_t generic_file_write_locked(struct kiocb *io, struct iov_iter *from)
{
	ssize_t ret = generic_write_checks(io, from);

	if (ret > 0)
		ret = file_remove_privs(io->file) ? -EPERM : ret;
	if (ret > 0) {
		file_update_time(io->file);
		ret = perform_write(io, from);
	}
	return ret;
}

ssize_t generic_file_write_iter(struct kiocb *io, struct iov_iter *from)
{
	struct file *f = io->file;
	struct inode *inode = f->mapping->host;
	ssize_t ret;

	down_write(&inode->rwsem);
	ret = generic_file_write_locked(io, from);
	up_write(&inode->rwsem);
	if (ret > 0 && io->flags & (IOCB_DSYNC | IOCB_SYNC) && f->ops->fsync) {
		int err = f->ops->fsync(f, io->pos - ret, io->pos - 1,
					!(io->flags & IOCB_SYNC));

		if (err)
			ret = err;
	}
	return ret;
}

/* --- truncation --- */

static void remove_page(struct page *p, struct address_space *m)
{
	lock_page(p);
	if (p->mapping == m) {
		atomic_and(&p->flags, ~(u32)PG_DIRTY);
		delete_from_page_cache(p);
	}
	unlock_page(p);
}

/* Zero [from, to) of the page at @index, if it is cached. */
static void zero_part(struct address_space *m, u64 index, u32 from, u32 to)
{
	struct page *p = find_get_page(m, index);

	if (!p)
		return;
	lock_page(p);
	if (p->mapping == m && page_test(p, PG_UPTODATE)) {
		memset((u8 *)page_address(p) + from, 0, to - from);
		page_written(p);
		set_page_dirty(p);
	}
	unlock_page(p);
	put_page(p);
}

/* Remove the cache of bytes [start, end]; ends inside pages are zeroed. */
void truncate_inode_pages_range(struct address_space *m, loff_t start,
				loff_t end)
{
	u64 first = ((u64)start + PAGE_SIZE - 1) >> PAGE_SHIFT;
	u64 last_plus = end == S64_MAX ? ~0ul : ((u64)end + 1) >> PAGE_SHIFT;
	u32 head = (u64)start & ~PAGE_MASK, tail = ((u64)end + 1) & ~PAGE_MASK;
	struct page *batch[32];
	u64 index = first;

	if (!m->nr_pages)
		return;
	if (head && first > last_plus) {
		zero_part(m, first - 1, head, tail);
		return;
	}
	if (head)
		zero_part(m, first - 1, head, PAGE_SIZE);
	if (end != S64_MAX && tail)
		zero_part(m, last_plus, 0, tail);
	while (index < last_plus) {
		u32 n = 0;
		u64 at = index;

		rcu_read_lock();
		for (struct page *p = xa_find(&m->pages, &at, last_plus - 1);
		     p && n < ARRAY_SIZE(batch);
		     p = xa_find_after(&m->pages, &at, last_plus - 1)) {
			index = at + 1;
			if (get_page_unless_zero(p))
				batch[n++] = p;
		}
		rcu_read_unlock();
		if (!n)
			break;
		for (u32 i = 0; i < n; i++) {
			remove_page(batch[i], m);
			put_page(batch[i]);
		}
		cond_resched();
	}
}

void truncate_inode_pages_final(struct address_space *m)
{
	truncate_inode_pages_range(m, 0, S64_MAX);
	xa_destroy(&m->pages);
}

/* Mappings go first, and again after: a fault may have come between. */
void truncate_pagecache(struct inode *inode, loff_t size)
{
	struct address_space *m = inode->mapping;
	u64 first = ((u64)size + PAGE_SIZE - 1) >> PAGE_SHIFT;

	down_write(&m->invalidate_lock);
	unmap_mapping_range(m, first, ~0ul >> PAGE_SHIFT, true);
	truncate_inode_pages_range(m, size, S64_MAX);
	unmap_mapping_range(m, first, ~0ul >> PAGE_SHIFT, true);
	up_write(&m->invalidate_lock);
}

void truncate_setsize(struct inode *inode, loff_t size)
{
	loff_t old = i_size_read(inode);

	i_size_write(inode, size);
	if (size < old)
		truncate_pagecache(inode, size);
}

int filemap_write_and_wait(struct address_space *m, loff_t start, loff_t end)
{
	if (m->ops && m->ops->writepages)
		return m->ops->writepages(m, start, end, true);
	return 0;
}

/* --- mappings --- */

static int filemap_fault(struct vm_fault *vmf)
{
	struct address_space *m = vmf->vma->file->mapping;
	struct inode *inode = m->host;
	struct page *p;
	int result = 0;

	down_read(&m->invalidate_lock);
	if (vmf->pgoff >= ((u64)i_size_read(inode) + PAGE_SIZE - 1) >> PAGE_SHIFT) {
		up_read(&m->invalidate_lock);
		return VM_FAULT_SIGBUS;
	}
	p = find_get_page(m, vmf->pgoff);
	if (!p || !page_test(p, PG_UPTODATE)) {
		if (p)
			put_page(p);
		p = read_mapping_page(m, vmf->pgoff);
		if (m->ops && m->ops->read_page)
			result = VM_FAULT_MAJOR;
	}
	up_read(&m->invalidate_lock);
	if (IS_ERR(p))
		return PTR_ERR(p) == -ENOMEM ? VM_FAULT_OOM : VM_FAULT_SIGBUS;
	vmf->page = p;
	return result;
}

static int filemap_page_mkwrite(struct vm_fault *vmf)
{
	struct page *p = vmf->page;
	int r = 0;

	mnt_want_write_file(vmf->vma->file);
	file_update_time(vmf->vma->file);
	lock_page(p);
	if (p->mapping != vmf->vma->file->mapping)
		r = VM_FAULT_RETRY;
	else
		set_page_dirty(p);
	unlock_page(p);
	mnt_drop_write_file(vmf->vma->file);
	return r;
}

const struct vma_ops generic_file_vma_ops = {
	.fault = filemap_fault,
	.page_mkwrite = filemap_page_mkwrite,
};

int generic_file_mmap(struct file *f, struct vma *v)
{
	v->ops = &generic_file_vma_ops;
	file_accessed(f);
	return 0;
}

static int __init_text filemap_init(void)
{
	for (u32 i = 0; i < WAIT_TABLE; i++)
		wait_queue_init(&page_wait[i]);
	return 0;
}
early_initcall(filemap_init);

/* Before anything is indexed: interrupts, pids. */
void __init_text xarray_cache_init(void)
{
	xa_cache = kmem_cache_create("radix_tree_node", sizeof(struct xa_node), 0,
				     SLAB_RECLAIMABLE);
	BUG_ON(!xa_cache);
}
