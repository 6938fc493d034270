/*
 * Credentials: objects, changes, per-user limits; the id system calls are in
 * cred_sys.c.
 *
 * A task's credentials are replaced as a whole: cred_prepare() copies, the
 * caller changes the copy, cred_commit() installs it. Others read them under
 * RCU. user_limits exist once per user id, found in a hash table.
 */
#include <linnet/boot.h>
#include <linnet/cred.h>
#include <linnet/errno.h>
#include <linnet/init.h>
#include <linnet/mm.h>
#include <linnet/printk.h>
#include <linnet/slab.h>
#include <linnet/string.h>
#include <linnet/task.h>

enum { USER_HASH_BITS = 6 };

int sysctl_suid_dumpable; /* enum suid_dump: of who changed his rights */

static struct user_limits root_user = {.refs = REFCOUNT_INIT(2), .processes = 1};
static struct group_info no_groups = {.refs = REFCOUNT_INIT(2)};


struct cred init_cred = {
	.refs = REFCOUNT_INIT(4),
	.cap_permitted = CAP_FULL,
	.cap_effective = CAP_FULL,
	.cap_bset = CAP_FULL,
	.groups = &no_groups,
	.user = &root_user,
};

static struct hlist_head users[1 << USER_HASH_BITS]; /* [users_lock] */
static DEFINE_SPINLOCK(users_lock);
static struct kmem_cache *cred_cache;

static struct hlist_head *user_bucket(uid_t uid)
{
	return &users[uid * 0x61c88647u >> (32 - USER_HASH_BITS)];
}

/* One whose last reference has gone waits for the lock to be taken out. */
static struct user_limits *user_find_locked(uid_t uid)
{
	struct user_limits *u;

	hlist_for_each_entry(u, user_bucket(uid), node)
		if (u->uid == uid && refcount_inc_not_zero(&u->refs))
			return u;
	return NULL;
}

struct user_limits *user_limits_get(uid_t uid)
{
	struct user_limits *u, *new;
	u64 flags;

	flags = spin_lock_irqsave(&users_lock);
	u = user_find_locked(uid);
	spin_unlock_irqrestore(&users_lock, flags);
	if (u)
		return u;
	new = kzalloc(sizeof(*new), GFP_KERNEL);
	if (!new)
		return NULL;
	new->uid = uid;
	refcount_set(&new->refs, 1);
	flags = spin_lock_irqsave(&users_lock);
	u = user_find_locked(uid);
	if (!u)
		hlist_add_head(&new->node, user_bucket(uid));
	spin_unlock_irqrestore(&users_lock, flags);
	if (u)
		kfree(new);
	return u ? u : new;
}

void user_limits_put(struct user_limits *u)
{
	u64 flags;

	/* A timer's signal frees those it cancels, in its interrupt. */
	if (!u || !refcount_dec_and_test(&u->refs))
		return;
	flags = spin_lock_irqsave(&users_lock);
	hlist_del(&u->node);
	spin_unlock_irqrestore(&users_lock, flags);
	kfree(u);
}

static void groups_put(struct group_info *g)
{
	if (g && refcount_dec_and_test(&g->refs))
		kvfree(g);
}

struct cred *cred_prepare(void)
{
	struct cred *c = kmem_cache_alloc(cred_cache, GFP_KERNEL);

	if (!c)
		return NULL;
	memcpy(c, current_cred(), sizeof(*c));
	refcount_set(&c->refs, 1);
	refcount_inc(&c->groups->refs);
	refcount_inc(&c->user->refs);
	return c;
}

static void cred_free(struct rcu_head *head)
{
	struct cred *c = container_of(head, struct cred, rcu);

	groups_put(c->groups);
	user_limits_put(c->user);
	kmem_cache_free(cred_cache, c);
}

void cred_free_rcu(const struct cred *c)
{
	call_rcu(&((struct cred *)c)->rcu, cred_free);
}

void cred_abort(struct cred *new)
{
	cred_put(new);
}

/* The process count follows the real user id. */
static int switch_user(struct cred *new, const struct cred *old)
{
	struct user_limits *u;

	if (new->uid == old->uid && new->user->uid == new->uid)
		return 0;
	u = user_limits_get(new->uid);
	if (!u)
		return -ENOMEM;
	user_limits_put(new->user);
	new->user = u;
	return 0;
}

/* Before a commit that changes uid: the only step that can fail. */
int cred_set_user(struct cred *new)
{
	return switch_user(new, current_cred());
}

static bool over_nproc(const struct user_limits *u)
{
	return u->uid != 0 && atomic_read(&u->processes) > rlimit(RLIMIT_NPROC);
}

bool cred_over_nproc(void)
{
	if (likely(!(current->flags & PF_NPROC_EXCEEDED)))
		return false;
	if (over_nproc(current_cred()->user))
		return true;
	atomic_and(&current->flags, ~(u32)PF_NPROC_EXCEEDED);
	return false;
}

void cred_commit(struct cred *new)
{
	struct task *t = current;
	const struct cred *old = t->real_cred;

	if (new->user != old->user) {
		if (over_nproc(new->user))
			atomic_or(&t->flags, PF_NPROC_EXCEEDED);
		else
			atomic_and(&t->flags, ~(u32)PF_NPROC_EXCEEDED);
		atomic_inc(&new->user->processes);
		atomic_dec(&old->user->processes);
	}
	if (new->euid != old->euid || new->egid != old->egid ||
	    new->fsuid != old->fsuid || new->fsgid != old->fsgid ||
	    new->cap_permitted & ~old->cap_permitted) {
		if (t->mm)
			WRITE_ONCE(t->mm->dumpable,
				   (u32)READ_ONCE(sysctl_suid_dumpable));
		t->pdeath_signal = 0;
	}
	cred_get(new);
	rcu_assign_pointer(t->real_cred, new);
	rcu_assign_pointer(t->cred, new);
	cred_put(old);
	cred_put(old);
}

const struct cred *task_cred_get(struct task *t)
{
	const struct cred *c;

	rcu_read_lock();
	do {
		c = rcu_dereference(t->real_cred);
	} while (!refcount_inc_not_zero((refcount_t *)&c->refs));
	rcu_read_unlock();
	return c;
}

static bool group_listed(const struct group_info *g, gid_t gid)
{
	u32 lo = 0, hi = g->n;

	while (lo < hi) {
		u32 mid = (lo + hi) / 2;

		if (g->gid[mid] == gid)
			return true;
		if (g->gid[mid] < gid)
			lo = mid + 1;
		else
			hi = mid;
	}
	return false;
}

bool in_group(const struct cred *c, gid_t gid)
{
	return c->fsgid == gid || (c->groups->n && group_listed(c->groups, gid));
}

/* Install a sorted copy of @n groups in @new; 0 or -ENOMEM. */
int cred_set_groups(struct cred *new, const gid_t *gids, u32 n)
{
	struct group_info *g = kvmalloc(sizeof(*g) + n * sizeof(gid_t),
					GFP_KERNEL);

	if (!g)
		return -ENOMEM;
	refcount_set(&g->refs, 1);
	g->n = n;
	memcpy(g->gid, gids, n * sizeof(gid_t));
	groups_put(new->groups);
	new->groups = g;
	return 0;
}

bool may_signal(struct task *t, int sig)
{
	const struct cred *c = current_cred(), *tc;
	bool ok;

	if (same_thread_group(current, t))
		return true;
	rcu_read_lock();
	tc = rcu_dereference(t->real_cred);
	ok = c->euid == tc->suid || c->euid == tc->uid || c->uid == tc->suid ||
	     c->uid == tc->uid;
	rcu_read_unlock();
	if (ok || capable(CAP_KILL))
		return true;
	return sig == SIGCONT && task_session(t) == task_session(current);
}

u64 rlimit(u32 which)
{
	return READ_ONCE(current->tg->rlim[which].rlim_cur);
}

void __init_text cred_init(void)
{
	cred_cache = kmem_cache_create("cred", sizeof(struct cred), 0, 0);
	if (!cred_cache)
		panic("no memory for credentials");
	hlist_add_head(&root_user.node, user_bucket(0));
}
