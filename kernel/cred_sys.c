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

/*
 * The real, effective and saved id of a kind. A change gets them, what is wanted
 * ((u32)-1: as it is) and whether any id may be taken; false if it may not be.
 */
struct ids {
	u32 real, effective, saved;
};
typedef bool (*id_change)(struct ids *ids, const struct ids *want, bool any);

static bool keeps(u32 id)
{
	return id == (u32)-1;
}

static u32 or_else(u32 id, u32 old)
{
	return keeps(id) ? old : id;
}

/* setuid: one id; all three if any may be taken. */
static bool change_one(struct ids *ids, const struct ids *want, bool any)
{
	u32 id = want->effective;

	if (any)
		ids->real = ids->saved = id;
	else if (id != ids->real && id != ids->saved)
		return false;
	ids->effective = id;
	return true;
}

/* setreuid: the saved id follows the effective one. */
static bool change_re(struct ids *ids, const struct ids *want, bool any)
{
	u32 r = want->real, e = want->effective;
	const struct ids old = *ids;

	if (!any && !keeps(r) && r != old.real && r != old.effective)
		return false;
	if (!any && !keeps(e) && e != old.real && e != old.effective &&
	    e != old.saved)
		return false;
	ids->real = or_else(r, old.real);
	ids->effective = or_else(e, old.effective);
	if (!keeps(r) || (!keeps(e) && e != old.real))
		ids->saved = ids->effective;
	return true;
}

static bool is_one_of(u32 id, const struct ids *ids)
{
	return keeps(id) || id == ids->real || id == ids->effective ||
	       id == ids->saved;
}

/* setresuid: each as told. */
static bool change_res(struct ids *ids, const struct ids *want, bool any)
{
	if (!any && !(is_one_of(want->real, ids) &&
		      is_one_of(want->effective, ids) &&
		      is_one_of(want->saved, ids)))
		return false;
	ids->real = or_else(want->real, ids->real);
	ids->effective = or_else(want->effective, ids->effective);
	ids->saved = or_else(want->saved, ids->saved);
	return true;
}

/* Leaving or taking on root changes the capabilities (capabilities(7),
 * "Effect of user ID changes"). */
static void fix_caps(struct cred *new, const struct cred *old)
{
	bool was_root = !old->uid || !old->euid || !old->suid;
	bool is_root = !new->uid || !new->euid || !new->suid;

	if (new->securebits & SECBIT_NO_SETUID_FIXUP)
		return;
	if (was_root && !is_root) {
		if (!(new->securebits & SECBIT_KEEP_CAPS)) {
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

static long change_uids(id_change change, const struct ids *want)
{
	const struct cred *old = current_cred();
	struct ids ids = {old->uid, old->euid, old->suid};
	struct cred *new = cred_prepare();
	long err = -EPERM;

	if (!new)
		return -ENOMEM;
	if (!change(&ids, want, capable(CAP_SETUID)))
		goto abort;
	new->uid = ids.real;
	new->euid = new->fsuid = ids.effective;
	new->suid = ids.saved;
	err = new->uid != old->uid && cred_set_user(new) ? -EAGAIN : 0;
	if (err)
		goto abort;
	fix_caps(new, old);
	cred_commit(new);
	return 0;
abort:
	cred_abort(new);
	return err;
}

static long change_gids(id_change change, const struct ids *want)
{
	const struct cred *old = current_cred();
	struct ids ids = {old->gid, old->egid, old->sgid};
	struct cred *new = cred_prepare();

	if (!new)
		return -ENOMEM;
	if (!change(&ids, want, capable(CAP_SETGID))) {
		cred_abort(new);
		return -EPERM;
	}
	new->gid = ids.real;
	new->egid = new->fsgid = ids.effective;
	new->sgid = ids.saved;
	cred_commit(new);
	return 0;
}

SYSCALL_DEFINE1(setuid, uid_t, uid)
{
	return keeps(uid) ? -EINVAL
			  : change_uids(change_one,
					&(struct ids){.effective = uid});
}

SYSCALL_DEFINE1(setgid, gid_t, gid)
{
	return keeps(gid) ? -EINVAL
			  : change_gids(change_one,
					&(struct ids){.effective = gid});
}

SYSCALL_DEFINE2(setreuid, uid_t, r, uid_t, e)
{
	return change_uids(change_re, &(struct ids){r, e, 0});
}

SYSCALL_DEFINE2(setregid, gid_t, r, gid_t, e)
{
	return change_gids(change_re, &(struct ids){r, e, 0});
}

SYSCALL_DEFINE3(setresuid, uid_t, r, uid_t, e, uid_t, s)
{
	return change_uids(change_res, &(struct ids){r, e, s});
}

SYSCALL_DEFINE3(setresgid, gid_t, r, gid_t, e, gid_t, s)
{
	return change_gids(change_res, &(struct ids){r, e, s});
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

#define FS_CAPS                                                                \
	(1ul << CAP_CHOWN | 1ul << CAP_DAC_OVERRIDE |                          \
	 1ul << CAP_DAC_READ_SEARCH | 1ul << CAP_FOWNER | 1ul << CAP_FSETID |  \
	 1ul << CAP_LINUX_IMMUTABLE | 1ul << CAP_MAC_OVERRIDE | 1ul << CAP_MKNOD)

/* Root's rights over files come and go with the id that files see. */
static void fix_fs_caps(struct cred *new, u32 before)
{
	if (new->securebits & SECBIT_NO_SETUID_FIXUP)
		return;
	if (!before && new->fsuid)
		new->cap_effective &= ~FS_CAPS;
	if (before && !new->fsuid)
		new->cap_effective |= new->cap_permitted & FS_CAPS;
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
		fix_fs_caps(new, before);
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
	e &= CAP_FULL;
	p &= CAP_FULL;
	i &= CAP_FULL;
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
