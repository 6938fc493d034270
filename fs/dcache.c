/*
 * The dentry cache: names, and the tree they form.
 *
 * Dentries hang in their parent's list and, unless unhashed, in a hash table
 * by (parent, name). Each holds a reference on its parent and, if positive, on
 * its inode. References: `refs` counts users; 0 means cached and reclaimable;
 * DENTRY_DEAD is set, from 0 only, by whoever tears the dentry down. An unused
 * hashed dentry stays on an LRU list until memory is short.
 *
 * Lock-free lookups walk the hash chains under RCU. A rename moves a dentry
 * between chains, so a walk that misses, or that has gone through several
 * components, is only valid if rename_seq did not change meanwhile.
 *
 * Locks: rename_lock (writers of rename_seq) > parent->lock > child->lock >
 * hash lock, lru_lock, inode->lock.
 */
#include <linnet/errno.h>
#include <linnet/fs.h>
#include <linnet/init.h>
#include <linnet/kasan.h>
#include <linnet/page.h>
#include <linnet/printk.h>
#include <linnet/slab.h>
#include <linnet/string.h>
#include "internal.h"

DEFINE_SPINLOCK(rename_lock);
seqcount_t rename_seq;

static struct hlist_head *table; /* [hash lock of the bucket] RCU */
static u32 table_bits;
enum { HASH_LOCKS = 64 };
static spinlock_t hash_locks[HASH_LOCKS];

static LIST_HEAD(lru); /* [lru_lock] oldest first */
static u64 lru_count;  /* [lru_lock] */
static u64 nr_dentries; /* [A] */
static DEFINE_SPINLOCK(lru_lock);

static struct kmem_cache *dentry_cache;

/*
 * Multiplicative hash of eight bytes at a time, seeded by the parent; the bytes
 * of the last, shorter chunk are its low ones.
 */
#define HASH_FACTOR 0x9e3779b97f4a7c15ul

static u64 hash_seed(const struct dentry *parent)
{
	return (u64)parent >> 6;
}

static u64 hash_word(u64 h, u64 chunk)
{
	h = (h ^ chunk) * HASH_FACTOR;
	return h ^ h >> 32;
}

static u32 hash_end(u64 h, u64 chunk, u32 len)
{
	if (len)
		h = (h ^ chunk) * HASH_FACTOR;
	return (u32)(h >> 32); /* the low half knows little of late bytes */
}

static u64 load_bytes(const char *p, u32 n)
{
	u64 v = 0;

	for (u32 i = 0; i < n; i++)
		v |= (u64)(u8)p[i] << (8 * i);
	return v;
}

static u64 load_word(const char *p)
{
	u64 v;

	memcpy(&v, p, sizeof(v));
	return v;
}

u32 name_hash(const struct dentry *parent, const char *name, u32 len)
{
	u64 h = hash_seed(parent);

	for (; len >= 8; len -= 8, name += 8)
		h = hash_word(h, load_word(name));
	return hash_end(h, load_bytes(name, len), len);
}

/* The lowest byte that is zero has its top bit set; those above it may. */
static u64 zero_bytes(u64 v)
{
	return (v - 0x0101010101010101ul) & ~v & 0x8080808080808080ul;
}

/* Eight bytes, of which those up to the string's end are right: a load that
 * would reach into the next page takes them one by one; so does every load
 * where the sanitizer looks. */
static u64 load_string(const char *p)
{
	u32 n = 0;

	if (likely(!KASAN_ENABLED && ((u64)p & ~PAGE_MASK) <= PAGE_SIZE - 8))
		return load_word(p);
	while (n < 8 && p[n])
		n++;
	return load_bytes(p, n);
}

/**
 * name_scan - the path component that begins at @name
 * @parent: directory it is looked up in
 * @name: ends with a slash or NUL
 * @q: receives name, length and name_hash()
 *
 * Return: the end of the component.
 */
const char *name_scan(const struct dentry *parent, const char *name,
		      struct qstr *q)
{
	const u64 slashes = 0x2f2f2f2f2f2f2f2ful;
	u64 h = hash_seed(parent);
	const char *p = name;

	for (;;) {
		u64 w = load_string(p);
		u64 ends = zero_bytes(w) | zero_bytes(w ^ slashes);
		u32 n;

		if (!ends) {
			h = hash_word(h, w);
			p += 8;
			continue;
		}
		n = (u32)__builtin_ctzl(ends) / 8;
		q->name = name;
		q->len = (u32)(p - name) + n;
		q->hash = hash_end(h, w & ((1ul << n * 8) - 1), n);
		return p + n;
	}
}

static u32 bucket_of(u32 hash)
{
	return (hash * 0x61c88647u) >> (32 - table_bits);
}

static spinlock_t *hash_lock(u32 bucket)
{
	return &hash_locks[bucket % HASH_LOCKS];
}

static void d_hash(struct dentry *d)
{
	u32 b = bucket_of(d->name.hash);

	spin_lock(hash_lock(b));
	hlist_add_head(&d->hash, &table[b]);
	spin_unlock(hash_lock(b));
}

static void d_unhash(struct dentry *d)
{
	u32 b = bucket_of(d->name.hash);

	spin_lock(hash_lock(b));
	hlist_del(&d->hash);
	spin_unlock(hash_lock(b));
}

/* --- references --- */

bool dget_not_dead(struct dentry *d)
{
	u32 old = atomic_read(&d->refs);

	do {
		if (old & DENTRY_DEAD)
			return false;
	} while (!__atomic_compare_exchange_n(&d->refs, &old, old + 1, true,
					      __ATOMIC_ACQUIRE,
					      __ATOMIC_RELAXED));
	return true;
}

static void lru_add(struct dentry *d)
{
	spin_lock(&lru_lock);
	if (list_empty(&d->lru)) {
		list_add_tail(&d->lru, &lru);
		lru_count++;
	}
	spin_unlock(&lru_lock);
}

static void lru_del(struct dentry *d)
{
	spin_lock(&lru_lock);
	if (!list_empty(&d->lru)) {
		list_del(&d->lru);
		lru_count--;
	}
	spin_unlock(&lru_lock);
}

static void dentry_free_rcu(struct rcu_head *head)
{
	struct dentry *d = container_of(head, struct dentry, rcu);

	if (d->name.name != d->iname)
		kfree(d->name.name);
	kmem_cache_free(dentry_cache, d);
}

/* Detach from the inode; returns the inode whose reference we held. */
static struct inode *d_unlink_inode(struct dentry *d)
{
	struct inode *inode = d->inode;

	if (!inode)
		return NULL;
	spin_lock(&inode->lock);
	hlist_del(&d->alias);
	spin_unlock(&inode->lock);
	WRITE_ONCE(d->inode, NULL);
	atomic_and(&d->flags, ~(u32)(DCACHE_SYMLINK | DCACHE_DIRECTORY));
	return inode;
}

/* Tear down a dentry we set DEAD. Returns its parent, whose reference it
 * held, or NULL. */
static struct dentry *dentry_kill(struct dentry *d)
{
	struct dentry *parent = d->parent == d ? NULL : d->parent;
	struct inode *inode;

	if (!d_unhashed(d))
		d_unhash(d);
	if (!list_empty(&d->lru))
		lru_del(d);
	if (parent) {
		spin_lock(&parent->lock);
		list_del(&d->child);
		spin_unlock(&parent->lock);
	}
	inode = d_unlink_inode(d);
	if (d->ops && d->ops->release)
		d->ops->release(d);
	if (inode)
		iput(inode);
	atomic_dec(&nr_dentries);
	call_rcu(&d->rcu, dentry_free_rcu);
	return parent;
}

static bool keep_cached(const struct dentry *d)
{
	if (d_unhashed(d))
		return false;
	return !(d->ops && d->ops->delete && d->ops->delete(d));
}

/* Drop our reference, the last one. Returns a dentry to go on with. */
static struct dentry *dput_last(struct dentry *d)
{
	u32 one = 1;

	if (keep_cached(d)) {
		/* On the list before it can be found unused and freed. */
		if (list_empty(&d->lru))
			lru_add(d);
		if (!(READ_ONCE(d->flags) & DCACHE_REFERENCED))
			atomic_or(&d->flags, DCACHE_REFERENCED);
		if (__atomic_compare_exchange_n(&d->refs, &one, 0, false,
						__ATOMIC_RELEASE,
						__ATOMIC_RELAXED))
			return NULL;
		return d; /* somebody took it meanwhile: count again */
	}
	if (!__atomic_compare_exchange_n(&d->refs, &one, DENTRY_DEAD, false,
					 __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
		return d;
	return dentry_kill(d);
}

void dput(struct dentry *d)
{
	while (d) {
		u32 old = atomic_read(&d->refs);

		if (old > 1) {
			if (__atomic_compare_exchange_n(&d->refs, &old, old - 1,
							true, __ATOMIC_RELEASE,
							__ATOMIC_RELAXED))
				return;
			continue;
		}
		d = dput_last(d);
	}
}

/* --- making dentries --- */

struct dentry *d_alloc(struct dentry *parent, const struct qstr *name)
{
	struct dentry *d = kmem_cache_alloc(dentry_cache, GFP_KERNEL);
	char *text;

	if (!d)
		return NULL;
	text = d->iname;
	if (name->len >= DNAME_INLINE) {
		text = kmalloc(name->len + 1, GFP_KERNEL);
		if (!text) {
			kmem_cache_free(dentry_cache, d);
			return NULL;
		}
	}
	memcpy(text, name->name, name->len);
	text[name->len] = '\0';
	d->flags = 0;
	d->hash.pprev = NULL;
	d->name = (struct qstr){.hash = name->hash, .len = name->len,
				.name = text};
	d->inode = NULL;
	spin_init(&d->lock);
	d->refs = 1;
	d->private = NULL;
	list_init(&d->lru);
	list_init(&d->child);
	list_init(&d->subdirs);
	d->alias.pprev = NULL;
	d->parent = d;
	d->sb = NULL;
	d->ops = NULL;
	if (parent) {
		d->sb = parent->sb;
		d->ops = parent->sb->dops;
		d->parent = dget(parent);
		spin_lock(&parent->lock);
		list_add(&d->child, &parent->subdirs);
		spin_unlock(&parent->lock);
	}
	atomic_inc(&nr_dentries);
	return d;
}

struct dentry *d_alloc_pseudo(struct super_block *sb, const char *name)
{
	struct qstr q = {.name = name, .len = (u32)strlen(name)};
	struct dentry *d = d_alloc(NULL, &q);

	if (d) {
		d->sb = sb;
		d->ops = sb->dops;
	}
	return d;
}

void d_instantiate(struct dentry *d, struct inode *inode)
{
	u32 type = 0;

	if (!inode)
		return;
	if (S_ISDIR(inode->mode))
		type = DCACHE_DIRECTORY;
	else if (S_ISLNK(inode->mode))
		type = DCACHE_SYMLINK;
	spin_lock(&d->lock);
	atomic_or(&d->flags, type);
	spin_lock(&inode->lock);
	hlist_add_head(&d->alias, &inode->aliases);
	spin_unlock(&inode->lock);
	/* Pairs with the dependent loads of lock-free walks. */
	smp_store_release(&d->inode, inode);
	spin_unlock(&d->lock);
}

void d_add(struct dentry *d, struct inode *inode)
{
	d_instantiate(d, inode);
	if (d_unhashed(d))
		d_hash(d);
}

struct dentry *d_make_root(struct inode *inode)
{
	struct dentry *d;

	if (!inode)
		return NULL;
	d = d_alloc_pseudo(inode->sb, "/");
	if (!d) {
		iput(inode);
		return NULL;
	}
	d_instantiate(d, inode);
	return d;
}

/* A directory may have one dentry only: use the one it has. */
struct dentry *d_splice_alias(struct inode *inode, struct dentry *d)
{
	if (IS_ERR(inode))
		return ERR_CAST(inode);
	if (inode && S_ISDIR(inode->mode)) {
		struct dentry *old = d_find_alias(inode);

		if (old && old != d) {
			d_move(old, d);
			iput(inode);
			return old;
		}
		if (old)
			dput(old);
	}
	d_add(d, inode);
	return NULL;
}

struct dentry *d_find_alias(struct inode *inode)
{
	struct dentry *d = NULL;

	spin_lock(&inode->lock);
	hlist_for_each_entry(d, &inode->aliases, alias)
		if (dget_not_dead(d))
			break;
	spin_unlock(&inode->lock);
	return d;
}

/* --- lookup --- */

/* Words and a last one that overlaps; fewer than eight bytes singly. */
static bool bytes_equal(const char *a, const char *b, u32 n)
{
	u32 i;

	if (n < 8) {
		for (i = 0; i < n; i++)
			if (a[i] != b[i])
				return false;
		return true;
	}
	for (i = 0; i + 8 < n; i += 8)
		if (load_word(a + i) != load_word(b + i))
			return false;
	return load_word(a + n - 8) == load_word(b + n - 8);
}

static bool name_equal(const struct dentry *d, const struct qstr *name)
{
	return d->name.len == name->len &&
	       bytes_equal(d->name.name, name->name, name->len);
}

struct dentry *d_lookup_rcu(const struct dentry *parent, const struct qstr *name)
{
	struct dentry *d;

	hlist_for_each_entry(d, &table[bucket_of(name->hash)], hash)
		if (d->name.hash == name->hash &&
		    READ_ONCE(d->parent) == parent && name_equal(d, name))
			return d;
	return NULL;
}

struct dentry *d_lookup(struct dentry *parent, const struct qstr *name)
{
	struct dentry *d;
	u32 seq;

	rcu_read_lock();
	do {
		seq = seq_read_begin(&rename_seq);
		d = d_lookup_rcu(parent, name);
		if (d && !dget_not_dead(d))
			d = NULL;
		if (!seq_read_retry(&rename_seq, seq))
			break;
		if (d) {
			rcu_read_unlock();
			dput(d);
			rcu_read_lock();
		}
	} while (true);
	rcu_read_unlock();
	return d;
}

/* --- removing and moving names --- */

void d_drop(struct dentry *d)
{
	spin_lock(&d->lock);
	if (!d_unhashed(d))
		d_unhash(d);
	spin_unlock(&d->lock);
}

/* The name was removed: a negative entry if nobody else uses the dentry. */
void d_delete(struct dentry *d)
{
	struct inode *inode = NULL;
	u32 one = 1;

	spin_lock(&d->lock);
	/* Dead for the moment, so that no walk takes it while it changes. */
	if (__atomic_compare_exchange_n(&d->refs, &one, one | DENTRY_DEAD,
					false, __ATOMIC_ACQUIRE,
					__ATOMIC_RELAXED)) {
		inode = d_unlink_inode(d);
		smp_store_release(&d->refs, 1);
	} else if (!d_unhashed(d)) {
		d_unhash(d);
	}
	spin_unlock(&d->lock);
	if (inode)
		iput(inode);
}

static void set_parent(struct dentry *d, struct dentry *parent)
{
	struct dentry *old = d->parent;

	spin_lock(&old->lock);
	list_del(&d->child);
	spin_unlock(&old->lock);
	WRITE_ONCE(d->parent, parent);
	spin_lock(&parent->lock);
	list_add(&d->child, &parent->subdirs);
	spin_unlock(&parent->lock);
}

static void swap_names(struct dentry *a, struct dentry *b)
{
	bool a_inline = a->name.name == a->iname;
	bool b_inline = b->name.name == b->iname;
	struct qstr t = a->name;

	a->name = b->name;
	b->name = t;
	for (u32 i = 0; i < DNAME_INLINE; i++)
		swap(a->iname[i], b->iname[i]);
	if (b_inline)
		a->name.name = a->iname;
	if (a_inline)
		b->name.name = b->iname;
}

/* [rename_lock, inside rename_seq] Both get each other's place and name. */
static void exchange_places(struct dentry *a, struct dentry *b)
{
	struct dentry *pa = a->parent, *pb = b->parent;

	swap_names(a, b);
	if (pa != pb) {
		set_parent(a, pb);
		set_parent(b, pa);
	}
}

/**
 * d_move - @d takes the name and place of @target, which loses its name
 *
 * Context: both directories locked, references held on both.
 */
void d_move(struct dentry *d, struct dentry *target)
{
	spin_lock(&rename_lock);
	seq_write_begin(&rename_seq);
	if (!d_unhashed(d))
		d_unhash(d);
	if (!d_unhashed(target))
		d_unhash(target);
	exchange_places(d, target);
	d_hash(d);
	seq_write_end(&rename_seq);
	spin_unlock(&rename_lock);
}

void d_exchange(struct dentry *a, struct dentry *b)
{
	spin_lock(&rename_lock);
	seq_write_begin(&rename_seq);
	d_unhash(a);
	d_unhash(b);
	exchange_places(a, b);
	d_hash(a);
	d_hash(b);
	seq_write_end(&rename_seq);
	spin_unlock(&rename_lock);
}

bool is_subdir(struct dentry *d, struct dentry *ancestor)
{
	bool found;
	u32 seq;

	rcu_read_lock();
	do {
		struct dentry *p = d;

		seq = seq_read_begin(&rename_seq);
		while (p != ancestor && READ_ONCE(p->parent) != p)
			p = READ_ONCE(p->parent);
		found = p == ancestor;
	} while (seq_read_retry(&rename_seq, seq));
	rcu_read_unlock();
	return found;
}

/* --- shrinking --- */

/* Users of a dentry that is only kept: its pin, where names are pinned. */
static u32 idle_refs(const struct dentry *d, bool pinned)
{
	return pinned && d->inode && !d_unhashed(d);
}

/* A child with no users, marked dead, or NULL. */
static struct dentry *claim_unused_child(struct dentry *parent, bool pinned)
{
	struct dentry *d;

	spin_lock(&parent->lock);
	list_for_each_entry(d, &parent->subdirs, child) {
		u32 idle = idle_refs(d, pinned);

		if (__atomic_compare_exchange_n(&d->refs, &idle, DENTRY_DEAD,
						false, __ATOMIC_ACQ_REL,
						__ATOMIC_RELAXED)) {
			spin_unlock(&parent->lock);
			return d;
		}
	}
	spin_unlock(&parent->lock);
	return NULL;
}

static void kill_unused_children(struct dentry *parent, bool pinned)
{
	struct dentry *d;

	while ((d = claim_unused_child(parent, pinned)))
		dput(dentry_kill(d));
}

/* First child that has children of its own, referenced. */
static struct dentry *busy_child(struct dentry *parent, struct dentry *after)
{
	struct dentry *d;
	bool seen = !after;

	spin_lock(&parent->lock);
	list_for_each_entry(d, &parent->subdirs, child) {
		if (seen && !list_empty(&d->subdirs) && dget_not_dead(d)) {
			spin_unlock(&parent->lock);
			return d;
		}
		if (d == after)
			seen = true;
	}
	spin_unlock(&parent->lock);
	return NULL;
}

/* Drop all unused dentries below @top: depth first, without recursion. */
static void shrink_subtree(struct dentry *top, bool pinned)
{
	struct dentry *at = dget(top), *after = NULL, *next;

	for (;;) {
		kill_unused_children(at, pinned);
		next = busy_child(at, after);
		if (after) {
			dput(after);
			kill_unused_children(at, pinned);
		}
		after = NULL;
		if (!next) {
			if (at == top)
				break;
			/* Up, and on behind this one; it holds its parent. */
			next = dget(at->parent);
			after = at;
			at = next;
			continue;
		}
		dput(at); /* lives on: @next holds it */
		at = next;
	}
	dput(at);
}

void shrink_dcache_sb(struct super_block *sb)
{
	if (sb->root)
		shrink_subtree(sb->root, sb->type->flags & FS_PINNED_NAMES);
}

/* A directory was removed: what it remembers of names would keep its inode. */
void shrink_dcache_parent(struct dentry *d)
{
	if (!list_empty(&d->subdirs))
		shrink_subtree(d, false);
}

/* The file system says that what is below @d is gone. */
void d_invalidate(struct dentry *d)
{
	d_drop(d);
	shrink_subtree(d, false);
}

u64 dcache_count(void)
{
	return atomic_read(&nr_dentries);
}

u64 dcache_unused(void)
{
	return READ_ONCE(lru_count);
}

static u64 dcache_shrink_count(struct shrinker *s)
{
	(void)s;
	return READ_ONCE(lru_count);
}

/*
 * Oldest first. Recently used ones get a second round, once per scan, and those in
 * use leave the list. Neither counts against @nr: if a whole scan could be
 * spent on them, nothing would be freed and reclaim would give up.
 */
static u64 dcache_shrink_scan(struct shrinker *s, u64 nr)
{
	u64 freed = 0, chances = READ_ONCE(lru_count);

	(void)s;
	while (nr) {
		struct dentry *d = NULL;
		u32 zero = 0;

		spin_lock(&lru_lock);
		if (!list_empty(&lru)) {
			d = list_first_entry(&lru, struct dentry, lru);
			if (d->flags & DCACHE_REFERENCED && chances) {
				chances--;
				atomic_and(&d->flags, ~(u32)DCACHE_REFERENCED);
				list_move_tail(&d->lru, &lru);
				spin_unlock(&lru_lock);
				continue;
			}
			list_del(&d->lru);
			lru_count--;
			if (!__atomic_compare_exchange_n(
				    &d->refs, &zero, DENTRY_DEAD, false,
				    __ATOMIC_ACQ_REL, __ATOMIC_RELAXED)) {
				spin_unlock(&lru_lock);
				continue; /* in use: back on the list at dput */
			}
		}
		spin_unlock(&lru_lock);
		if (!d)
			break;
		dput(dentry_kill(d));
		freed++;
		nr--;
	}
	return freed;
}

static struct shrinker dcache_shrinker = {
	.name = "dentry",
	.count = dcache_shrink_count,
	.scan = dcache_shrink_scan,
};

void __init_text dcache_init(void)
{
	u64 want = clamp(mem_counters.total_pages / 16, 256ul, 1ul << 20);

	table_bits = ilog2(want);
	table = kvmalloc(sizeof(*table) << table_bits, GFP_KERNEL | GFP_ZERO);
	dentry_cache = kmem_cache_create("dentry", sizeof(struct dentry), 64,
					 SLAB_RECLAIMABLE);
	if (!table || !dentry_cache)
		panic("no memory for the dentry cache");
	shrinker_register(&dcache_shrinker);
}
