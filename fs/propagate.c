/*
 * Propagation: what happens on one mount happens on others too.
 *
 * A shared mount is a member of a peer group (a ring, `peers`): something mounted
 * or unmounted on one of them is mounted or unmounted on the same place of each.
 * A slave receives from a group, its master's, and sends nothing there; it may be
 * shared itself, so that the groups make a tree. A private mount does neither; an
 * unbindable one can moreover not be the source of a bind.
 *
 * Who receives a mount gets a copy of it: the copies within a group are peers of
 * each other, those of a slave group are slaves of its master's. Copies are made
 * and counted before anything is attached, so that an event happens everywhere
 * or, with an error, nowhere.
 *
 * Everything here is under mount_lock. The semantics are those of
 * mount_namespaces(7).
 */
#include <linnet/errno.h>
#include <linnet/idr.h>
#include <linnet/nsproxy.h>
#include <linnet/slab.h>
#include <linux/mount.h>
#include "internal.h"
#include "mount.h"

/* Mounts that one namespace may have, as Linux's fs.mount-max. */
enum { MOUNT_MAX = 100000 };

static struct idr group_ids = IDR_INIT; /* [N] */
static u64 last_event;			/* [N] */

/* --- groups --- */

int mnt_group_alloc(struct mount *m)
{
	int id = idr_alloc(&group_ids, m, 1, S32_MAX - 1);

	if (id < 0)
		return id;
	m->group_id = id;
	return 0;
}

static void group_release(struct mount *m)
{
	idr_remove(&group_ids, (u32)m->group_id);
	m->group_id = 0;
}

/* Back from those that have not become shared. */
static void take_groups(struct mount *top)
{
	struct mount *m;

	for_each_mount_below(m, top)
		if (m->group_id && !(m->flags & MNT_SHARED))
			group_release(m);
}

int mnt_groups_alloc(struct mount *top, bool recurse)
{
	struct mount *m;
	int err = 0;

	for (m = top; m && !err; m = recurse ? mnt_next(m, top) : NULL)
		if (!m->group_id)
			err = mnt_group_alloc(m);
	if (err)
		take_groups(top);
	return err;
}

void mnt_set_shared(struct mount *m)
{
	m->flags = (m->flags & ~(u32)MNT_UNBINDABLE) | MNT_SHARED;
}

static struct mount *next_peer(struct mount *m)
{
	return list_next_entry(m, peers);
}

/* A peer to take over as master: one with the same view, if there is one. */
static struct mount *successor(struct mount *m)
{
	struct mount *p;

	for (p = next_peer(m); p != m; p = next_peer(p))
		if (p->root == m->root)
			return p;
	return next_peer(m);
}

/* Out of its group; its slaves stay with those who are left. */
static struct mount *leave_group(struct mount *m)
{
	struct mount *heir = m->master;

	if (!list_empty(&m->peers)) {
		heir = successor(m);
		list_del(&m->peers);
		m->group_id = 0;
	} else if (m->group_id) {
		group_release(m);
	}
	m->flags &= ~(u32)MNT_SHARED;
	return heir;
}

static void set_master(struct mount *m, struct mount *master)
{
	list_del(&m->slave);
	m->master = master;
	if (master)
		list_add(&m->slave, &master->slaves);
}

static void make_slave(struct mount *m)
{
	struct mount *master = leave_group(m), *s, *next;

	list_for_each_entry_safe(s, next, &m->slaves, slave)
		set_master(s, master);
	set_master(m, master);
}

void mnt_change_type(struct mount *m, u64 type)
{
	if (type == MS_SHARED) {
		mnt_set_shared(m);
		return;
	}
	make_slave(m);
	if (type == MS_SLAVE)
		return;
	set_master(m, NULL);
	if (type == MS_UNBINDABLE)
		m->flags |= MNT_UNBINDABLE;
	else
		m->flags &= ~(u32)MNT_UNBINDABLE;
}

/* --- who receives --- */

static void reach(struct mount *m, struct list_head *out)
{
	m->event = last_event;
	list_add_tail(&m->receive, out);
}

/* @m and its peers. */
static void reach_group(struct mount *m, struct list_head *out)
{
	struct mount *p;

	reach(m, out);
	for (p = next_peer(m); p != m; p = next_peer(p))
		reach(p, out);
}

static void reach_slaves(struct mount *m, struct list_head *out)
{
	struct mount *s;

	list_for_each_entry(s, &m->slaves, slave)
		if (s->event != last_event)
			reach_group(s, out);
}

/*
 * All that get what happens on @origin, by `receive`; @origin itself comes first.
 * Members of a group stand together, masters before slaves.
 */
static void mnt_receivers(struct mount *origin, struct list_head *out)
{
	struct mount *m;

	last_event++;
	reach_group(origin, out);
	list_for_each_entry(m, out, receive)
		reach_slaves(m, out);
}

static void forget_receivers(struct list_head *all)
{
	while (!list_empty(all))
		list_del(all->next);
}

/* --- mounting --- */

static u32 count_mounts(struct mount *top)
{
	struct mount *m;
	u32 n = 0;

	for_each_mount_below(m, top)
		n++;
	return n;
}

/* Room in @ns for @n more, which are noted as coming. */
static int reserve(struct mnt_namespace *ns, u32 n)
{
	if (n > MOUNT_MAX || ns->nr + ns->pending + n > MOUNT_MAX)
		return -ENOSPC;
	ns->pending += n;
	return 0;
}

/* Copy @from onto @at in @m; the copy waits in @copies, by `expire`. */
static int receive_copy(struct mount *m, struct dentry *at, struct mount *from,
			u32 how, struct list_head *copies)
{
	struct mount *copy;
	int err;

	if (is_mnt_ns_file(from->root))
		return -EINVAL; /* it may get to where it would hold itself */
	copy = mnt_copy_tree(from, from->root, how);
	if (!copy)
		return -ENOMEM;
	err = reserve(m->ns, count_mounts(copy));
	if (err) {
		mnt_drop_tree(copy);
		return err;
	}
	copy->gone = (struct path){mntget(m), dget(at)};
	list_add_tail(&copy->expire, copies);
	m->given = copy;
	return 0;
}

/*
 * m->given is what the slaves of @m, and the next of its group, copy from: its own
 * copy, or without one what it would have copied from itself.
 */
static int make_copies(struct mount *source, struct mount *origin,
		       struct dentry *at, struct list_head *receivers,
		       struct list_head *copies)
{
	struct mount *m, *prev = origin;
	bool group_has_one = true;
	int err = 0;

	list_for_each_entry(m, receivers, receive) {
		bool same_group = m->group_id && m->group_id == prev->group_id;
		struct mount *from;
		u32 how;

		if (m == origin) {
			m->given = source;
			continue;
		}
		if (!same_group)
			group_has_one = false;
		from = same_group ? prev->given : m->master->given;
		how = group_has_one ? COPY_SHARED
		      : m->flags & MNT_SHARED ? COPY_SLAVE | COPY_SHARED
					      : COPY_SLAVE;
		m->given = from;
		prev = m;
		/* One that is only being made here does not receive. */
		if (!m->ns || !is_subdir(at, m->root))
			continue;
		err = receive_copy(m, at, from, how, copies);
		if (err)
			break;
		group_has_one = true;
	}
	return err;
}

static void drop_copies(struct list_head *copies)
{
	struct mount *c, *next;

	list_for_each_entry_safe(c, next, copies, expire) {
		struct path at = c->gone;

		list_del(&c->expire);
		c->gone = (struct path){NULL, NULL};
		mnt_drop_tree(c);
		path_put(&at); /* not the last: its mount is in the tree */
	}
}

/*
 * What was mounted there already, is so on top of the copy. It is in the namespace
 * already too: the copy enters that while it is alone.
 */
static void attach_copies(struct list_head *copies)
{
	struct mount *c, *next;

	list_for_each_entry_safe(c, next, copies, expire) {
		struct path at = c->gone;
		struct mount *top = lookup_mnt_rcu(at.mnt, at.dentry);

		list_del(&c->expire);
		c->gone = (struct path){NULL, NULL};
		mnt_adopt_tree(c, at.mnt->ns);
		if (top)
			mnt_attach_under(c, top);
		else
			mnt_attach(c, at.mnt, at.dentry);
		path_put(&at);
	}
}

static int prepare_copies(struct mount *source, struct mount *parent,
			  struct dentry *at, struct list_head *copies)
{
	struct mount *m;
	LIST_HEAD(receivers);
	int err = mnt_groups_alloc(source, true);

	if (err)
		return err;
	mnt_receivers(parent, &receivers);
	err = make_copies(source, parent, at, &receivers, copies);
	list_for_each_entry(m, &receivers, receive)
		if (m->ns)
			m->ns->pending = 0;
	forget_receivers(&receivers);
	if (err) {
		drop_copies(copies);
		take_groups(source);
		return err;
	}
	for_each_mount_below(m, source)
		mnt_set_shared(m);
	return 0;
}

/**
 * mnt_attach_shared - mount a tree, here and wherever it propagates to
 * @source: top of the tree; its reference becomes the tree's on success
 * @parent: mount to attach to, in a namespace
 * @at: directory or file in it
 * @moving: @source is attached elsewhere now
 *
 * Context: [N].
 * Return: 0, -ENOSPC (a namespace is full), -EINVAL (the file of a mount namespace
 * would be copied) or -ENOMEM; then nothing is changed.
 */
int mnt_attach_shared(struct mount *source, struct mount *parent,
		      struct dentry *at, bool moving)
{
	LIST_HEAD(copies);
	int err = 0;

	if (!moving)
		err = reserve(parent->ns, count_mounts(source));
	if (!err && parent->flags & MNT_SHARED)
		err = prepare_copies(source, parent, at, &copies);
	parent->ns->pending = 0;
	if (err)
		return err;
	if (moving) {
		mnt_reattach(source, parent, at);
	} else {
		mnt_attach(source, parent, at);
		mnt_adopt_tree(source, parent->ns);
	}
	attach_copies(&copies);
	return 0;
}

/* --- unmounting --- */

/* The only thing on @m may be one that covers its root. */
static struct mount *cover_of(struct mount *m)
{
	struct mount *c = lookup_mnt_rcu(m, m->root);

	return c && m->children.next == m->children.prev ? c : NULL;
}

bool mnt_propagation_busy(struct mount *m)
{
	struct mount *r, *c;
	LIST_HEAD(receivers);
	bool busy = false;

	mnt_receivers(m->parent, &receivers);
	list_for_each_entry(r, &receivers, receive) {
		c = lookup_mnt_rcu(r, m->mountpoint);
		if (!c || c == m)
			continue;
		/* One with mounts in it stays, and does not hinder. */
		if (list_empty(&c->children))
			busy = mount_has_users(c, 0);
		else if (cover_of(c))
			busy = mount_has_users(c, 1);
		if (busy)
			break;
	}
	forget_receivers(&receivers);
	return busy;
}

static bool has_lasting_child(const struct mount *m)
{
	struct mount *c;

	list_for_each_entry(c, &m->children, child)
		if (!(c->flags & MNT_DOOMED) && c->mountpoint != m->root)
			return true;
	return false;
}

/* @c cannot go: neither can what it is mounted on, unless it only covers that. */
static void keep(struct mount *c)
{
	while (c->flags & MNT_DOOMED) {
		c->flags &= ~(u32)MNT_DOOMED;
		if (c->mountpoint == c->parent->root)
			break;
		c = c->parent;
	}
}

/* What covers a mount that goes comes to lie on what stays below. */
static void lower_cover(struct mount *m)
{
	struct mount *cover = lookup_mnt_rcu(m, m->root);

	if (!cover || cover->flags & MNT_DOOMED)
		return;
	while (m->parent->flags & MNT_DOOMED)
		m = m->parent;
	mnt_reattach(cover, m->parent, m->mountpoint);
}

/* What lies where @m does, on mounts that receive from its parent. */
static void doom_received(struct mount *m, struct list_head *found)
{
	struct mount *r, *c;
	LIST_HEAD(receivers);

	mnt_receivers(m->parent, &receivers);
	list_for_each_entry(r, &receivers, receive) {
		c = lookup_mnt_rcu(r, m->mountpoint);
		if (!c || c->flags & MNT_DOOMED)
			continue;
		c->flags |= MNT_DOOMED;
		list_add_tail(&c->expire, found);
	}
	forget_receivers(&receivers);
}

void mnt_propagate_umount(struct list_head *doomed)
{
	struct mount *m, *next;
	LIST_HEAD(found);

	list_for_each_entry(m, doomed, expire)
		if (mnt_has_parent(m))
			doom_received(m, &found);
	list_for_each_entry(m, &found, expire)
		if (has_lasting_child(m))
			keep(m);
	list_for_each_entry_safe(m, next, &found, expire) {
		if (m->flags & MNT_DOOMED)
			lower_cover(m);
		else
			list_del(&m->expire);
	}
	list_splice_tail(&found, doomed);
}

/* --- what /proc/PID/mountinfo tells --- */

static bool group_visible(struct mount *m, const struct mount *viewer,
			  const struct path *root)
{
	struct mount *p = m;

	do {
		if (p->ns == viewer->ns && mnt_reachable(p, root))
			return true;
		p = next_peer(p);
	} while (p != m);
	return false;
}

int mnt_dominating_group(const struct mount *m, const struct path *root)
{
	struct mount *master;

	for (master = m->master; master; master = master->master)
		if (group_visible(master, m, root))
			return master->group_id;
	return 0;
}
