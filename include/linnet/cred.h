/*
 * Credentials: who a task acts as. Immutable once installed; a change makes a
 * copy and swaps it in, so a reader with rcu_read_lock() or a reference sees a
 * consistent set.
 */
#ifndef LINNET_CRED_H
#define LINNET_CRED_H

#include <linnet/atomic.h>
#include <linnet/rcu.h>
#include <linnet/task.h>
#include <linux/capability.h>

struct group_info {
	refcount_t refs;
	u32 n;
	gid_t gid[]; /* sorted */
};

/* What one user id holds, over all its processes. */
struct user_limits {
	struct hlist_node node;
	refcount_t refs;
	uid_t uid;
	u32 processes;	 /* [A] */
	u32 sigpending;	 /* [A] */
	u64 locked_pages; /* [A] */
	u64 epoll_watches; /* [A] */
	u32 inotify_watches, inotify_instances;
};

/* All capabilities that there are. */
#define CAP_FULL ((1ul << (CAP_LAST_CAP + 1)) - 1)

struct cred {
	refcount_t refs;
	uid_t uid, suid, euid, fsuid;
	gid_t gid, sgid, egid, fsgid;
	u64 cap_inheritable, cap_permitted, cap_effective, cap_bset, cap_ambient;
	u32 securebits;
	bool no_new_privs;
	struct group_info *groups;
	struct user_limits *user; /* of uid */
	struct rcu_head rcu;
};

extern struct cred init_cred;

/* New private copy of the current credentials, or NULL. */
struct cred *cred_prepare(void);
/* Install as the current task's (both views); consumes @new. */
void cred_commit(struct cred *new);
void cred_abort(struct cred *new);
void cred_free_rcu(const struct cred *c);

static inline const struct cred *cred_get(const struct cred *c)
{
	refcount_inc((refcount_t *)&c->refs);
	return c;
}

static inline void cred_put(const struct cred *c)
{
	if (refcount_dec_and_test((refcount_t *)&c->refs))
		cred_free_rcu(c);
}

static inline const struct cred *current_cred(void)
{
	return current->cred;
}

/* Referenced credentials of another task. */
const struct cred *task_cred_get(struct task *t);

static inline bool cred_capable(const struct cred *c, int cap)
{
	return c->cap_effective >> cap & 1;
}

static inline bool capable(int cap)
{
	return cred_capable(current_cred(), cap);
}

bool in_group(const struct cred *c, gid_t gid); /* fsgid or supplementary */

/*
 * setuid() of a user with too many processes succeeds, as programs that give up
 * root's rights do not look; what they execute next fails while it is so.
 */
bool cred_over_nproc(void);

/* Steps of a change that can fail: 0 or -ENOMEM. */
int cred_set_user(struct cred *new);
int cred_set_groups(struct cred *new, const gid_t *gids, u32 n); /* sorted */

struct user_limits *user_limits_get(uid_t uid);
void user_limits_put(struct user_limits *u);

/* May the current task send @sig to @t? */
bool may_signal(struct task *t, int sig);
extern int sysctl_suid_dumpable;

/* Resource limit of the current process. */
u64 rlimit(u32 which);

#endif
