/*
 * User and group ids, supplementary groups, capability sets
 * (credentials(7), capabilities(7)).
 */
#include <asm/uaccess.h>
#include <linnet/cred.h>
#include <linnet/errno.h>
#include <linnet/slab.h>
#include <linnet/sort.h>
#include <linnet/syscalls.h>
#include <linnet/task.h>
#include <linux/capability.h>
#include <linux/limits.h>
#include <linux/securebits.h>

SYSCALL_DEFINE0(getuid)
{
	return current_cred()->uid;
}

SYSCALL_DEFINE0(geteuid)
{
	return current_cred()->euid;
}

SYSCALL_DEFINE0(getgid)
{
	return current_cred()->gid;
}

SYSCALL_DEFINE0(getegid)
{
	return current_cred()->egid;
}

/* Leaving or taking on root changes the capabilities (capabilities(7),
 * "Effect of user ID changes"). */
static void fix_caps(struct cred *new, const struct cred *old)
{
	bool was_root = !old->uid || !old->euid || !old->suid;
	bool is_root = !new->uid || !new->euid || !new->suid;

	if (new->securebits & (1 << SECURE_NO_SETUID_FIXUP))
		return;
	if (was_root && !is_root) {
		if (!(new->securebits & (1 << SECURE_KEEP_CAPS))) {
			new->cap_permitted = 0;
			new->cap_effective = 0;
		}
		new->cap_ambient = 0;
	}
	if (!old->euid && new->euid)
		new->cap_effective = 0;
	if (old->euid && !new->euid)
		new->cap_effective = new->cap_permitted;
}

/* Finish a change of user ids. */
static long commit_uids(struct cred *new)
{
	const struct cred *old = current_cred();
	int err;

	if (new->uid != old->uid) {
		err = cred_set_user(new);
		if (err) {
			cred_abort(new);
			return -EAGAIN;
		}
	}
	new->fsuid = new->euid;
	fix_caps(new, old);
	cred_commit(new);
	return 0;
}

static long commit_gids(struct cred *new)
{
	new->fsgid = new->egid;
	cred_commit(new);
	return 0;
}

SYSCALL_DEFINE1(setuid, uid_t, uid)
{
	struct cred *new;

	if (uid == (uid_t)-1)
		return -EINVAL;
	new = cred_prepare();
	if (!new)
		return -ENOMEM;
	if (capable(CAP_SETUID)) {
		new->uid = new->suid = uid;
	} else if (uid != new->uid && uid != new->suid) {
		cred_abort(new);
		return -EPERM;
	}
	new->euid = uid;
	return commit_uids(new);
}

SYSCALL_DEFINE1(setgid, gid_t, gid)
{
	struct cred *new;

	if (gid == (gid_t)-1)
		return -EINVAL;
	new = cred_prepare();
	if (!new)
		return -ENOMEM;
	if (capable(CAP_SETGID)) {
		new->gid = new->sgid = gid;
	} else if (gid != new->gid && gid != new->sgid) {
		cred_abort(new);
		return -EPERM;
	}
	new->egid = gid;
	return commit_gids(new);
}

/* Is @id one of the three an unprivileged process may choose from? */
static bool one_of(u32 id, u32 a, u32 b, u32 c)
{
	return id == (u32)-1 || id == a || id == b || id == c;
}

SYSCALL_DEFINE3(setresuid, uid_t, r, uid_t, e, uid_t, s)
{
	struct cred *new = cred_prepare();

	if (!new)
		return -ENOMEM;
	if (!capable(CAP_SETUID) &&
	    !(one_of(r, new->uid, new->euid, new->suid) &&
	      one_of(e, new->uid, new->euid, new->suid) &&
	      one_of(s, new->uid, new->euid, new->suid))) {
		cred_abort(new);
		return -EPERM;
	}
	if (r != (uid_t)-1)
		new->uid = r;
	if (e != (uid_t)-1)
		new->euid = e;
	if (s != (uid_t)-1)
		new->suid = s;
	return commit_uids(new);
}

SYSCALL_DEFINE3(setresgid, gid_t, r, gid_t, e, gid_t, s)
{
	struct cred *new = cred_prepare();

	if (!new)
		return -ENOMEM;
	if (!capable(CAP_SETGID) &&
	    !(one_of(r, new->gid, new->egid, new->sgid) &&
	      one_of(e, new->gid, new->egid, new->sgid) &&
	      one_of(s, new->gid, new->egid, new->sgid))) {
		cred_abort(new);
		return -EPERM;
	}
	if (r != (gid_t)-1)
		new->gid = r;
	if (e != (gid_t)-1)
		new->egid = e;
	if (s != (gid_t)-1)
		new->sgid = s;
	return commit_gids(new);
}

SYSCALL_DEFINE2(setreuid, uid_t, r, uid_t, e)
{
	struct cred *new = cred_prepare();
	const struct cred *old = current_cred();

	if (!new)
		return -ENOMEM;
	if (!capable(CAP_SETUID) &&
	    !(one_of(r, old->uid, old->euid, old->uid) &&
	      one_of(e, old->uid, old->euid, old->suid))) {
		cred_abort(new);
		return -EPERM;
	}
	if (r != (uid_t)-1)
		new->uid = r;
	if (e != (uid_t)-1)
		new->euid = e;
	if (r != (uid_t)-1 || (e != (uid_t)-1 && e != old->uid))
		new->suid = new->euid;
	return commit_uids(new);
}

SYSCALL_DEFINE2(setregid, gid_t, r, gid_t, e)
{
	struct cred *new = cred_prepare();
	const struct cred *old = current_cred();

	if (!new)
		return -ENOMEM;
	if (!capable(CAP_SETGID) &&
	    !(one_of(r, old->gid, old->egid, old->gid) &&
	      one_of(e, old->gid, old->egid, old->sgid))) {
		cred_abort(new);
		return -EPERM;
	}
	if (r != (gid_t)-1)
		new->gid = r;
	if (e != (gid_t)-1)
		new->egid = e;
	if (r != (gid_t)-1 || (e != (gid_t)-1 && e != old->gid))
		new->sgid = new->egid;
	return commit_gids(new);
}

static long put_three(u32 a, u32 b, u32 c, u32 __user *ua, u32 __user *ub,
		      u32 __user *uc)
{
	return put_user(a, ua) || put_user(b, ub) || put_user(c, uc) ? -EFAULT
								     : 0;
}

SYSCALL_DEFINE3(getresuid, u32 __user *, r, u32 __user *, e, u32 __user *, s)
{
	const struct cred *c = current_cred();

	return put_three(c->uid, c->euid, c->suid, r, e, s);
}

SYSCALL_DEFINE3(getresgid, u32 __user *, r, u32 __user *, e, u32 __user *, s)
{
	const struct cred *c = current_cred();

	return put_three(c->gid, c->egid, c->sgid, r, e, s);
}

/* Both return the old id, whether or not it was changed. */
SYSCALL_DEFINE1(setfsuid, uid_t, uid)
{
	const struct cred *old = current_cred();
	u32 before = old->fsuid;
	struct cred *new;

	if (uid != old->uid && uid != old->euid && uid != old->suid &&
	    uid != old->fsuid && !capable(CAP_SETUID))
		return before;
	new = uid == (uid_t)-1 ? NULL : cred_prepare();
	if (new) {
		new->fsuid = uid;
		cred_commit(new);
	}
	return before;
}

SYSCALL_DEFINE1(setfsgid, gid_t, gid)
{
	const struct cred *old = current_cred();
	u32 before = old->fsgid;
	struct cred *new;

	if (gid != old->gid && gid != old->egid && gid != old->sgid &&
	    gid != old->fsgid && !capable(CAP_SETGID))
		return before;
	new = gid == (gid_t)-1 ? NULL : cred_prepare();
	if (new) {
		new->fsgid = gid;
		cred_commit(new);
	}
	return before;
}

/* --- supplementary groups --- */

SYSCALL_DEFINE2(getgroups, int, size, gid_t __user *, list)
{
	const struct group_info *g = current_cred()->groups;

	if (size < 0)
		return -EINVAL;
	if (size) {
		if ((u32)size < g->n)
			return -EINVAL;
		if (copy_to_user(list, g->gid, g->n * sizeof(gid_t)))
			return -EFAULT;
	}
	return g->n;
}

static int compare_gids(const void *a, const void *b, void *unused)
{
	gid_t x = *(const gid_t *)a, y = *(const gid_t *)b;

	return x < y ? -1 : x > y;
}

SYSCALL_DEFINE2(setgroups, int, size, const gid_t __user *, list)
{
	struct cred *new;
	gid_t *gids;
	int err;

	if (!capable(CAP_SETGID))
		return -EPERM;
	if ((u32)size > NGROUPS_MAX)
		return -EINVAL;
	gids = kvmalloc(max((size_t)size, (size_t)1) * sizeof(gid_t), GFP_KERNEL);
	if (!gids)
		return -ENOMEM;
	err = copy_from_user(gids, list, (size_t)size * sizeof(gid_t));
	new = err ? NULL : cred_prepare();
	if (new) {
		sort(gids, (size_t)size, sizeof(gid_t), compare_gids, NULL);
		err = cred_set_groups(new, gids, (u32)size);
		if (err)
			cred_abort(new);
		else
			cred_commit(new);
	} else if (!err) {
		err = -ENOMEM;
	}
	kvfree(gids);
	return err;
}

/* --- capability sets --- */

/* How many 32-bit words the version has; 0: unknown, and ours was written. */
static u32 cap_words(cap_user_header_t uh, pid_t *pid, int *err)
{
	u32 version;

	*err = -EFAULT;
	if (get_user(version, &uh->version) || get_user(*pid, &uh->pid))
		return 0;
	*err = -EINVAL;
	switch (version) {
	case _LINUX_CAPABILITY_VERSION_1:
		return 1;
	case _LINUX_CAPABILITY_VERSION_2:
	case _LINUX_CAPABILITY_VERSION_3:
		return 2;
	default:
		if (put_user((u32)_LINUX_CAPABILITY_VERSION_3, &uh->version))
			*err = -EFAULT;
		return 0;
	}
}

SYSCALL_DEFINE2(capget, cap_user_header_t, uh, cap_user_data_t, ud)
{
	struct __user_cap_data_struct d[2];
	const struct cred *c;
	struct task *t;
	pid_t pid;
	int err;
	u32 n = cap_words(uh, &pid, &err);

	if (!n)
		return !ud && err == -EINVAL ? 0 : err;
	if (pid < 0)
		return -EINVAL;
	t = pid ? task_find_get(pid) : task_get(current);
	if (!t)
		return -ESRCH;
	c = task_cred_get(t);
	for (u32 i = 0; i < 2; i++) {
		d[i].effective = (u32)(c->cap_effective >> 32 * i);
		d[i].permitted = (u32)(c->cap_permitted >> 32 * i);
		d[i].inheritable = (u32)(c->cap_inheritable >> 32 * i);
	}
	cred_put(c);
	task_put(t);
	return ud ? copy_to_user(ud, d, n * sizeof(d[0])) : 0;
}

SYSCALL_DEFINE2(capset, cap_user_header_t, uh, const cap_user_data_t, ud)
{
	struct __user_cap_data_struct d[2] = {{0}};
	u64 e = 0, p = 0, i = 0;
	struct cred *new;
	pid_t pid;
	int err;
	u32 n = cap_words(uh, &pid, &err);

	if (!n)
		return err;
	if (pid && pid != task_pid(current))
		return -EPERM;
	if (copy_from_user(d, ud, n * sizeof(d[0])))
		return -EFAULT;
	for (u32 k = 0; k < n; k++) {
		e |= (u64)d[k].effective << 32 * k;
		p |= (u64)d[k].permitted << 32 * k;
		i |= (u64)d[k].inheritable << 32 * k;
	}
	new = cred_prepare();
	if (!new)
		return -ENOMEM;
	err = -EPERM;
	if (p & ~new->cap_permitted || e & ~p ||
	    i & ~(new->cap_inheritable | new->cap_bset) ||
	    (!capable(CAP_SETPCAP) &&
	     i & ~(new->cap_inheritable | new->cap_permitted))) {
		cred_abort(new);
		return err;
	}
	new->cap_effective = e;
	new->cap_permitted = p;
	new->cap_inheritable = i;
	new->cap_ambient &= p & i;
	cred_commit(new);
	return 0;
}
