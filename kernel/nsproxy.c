/*
 * Namespaces: sharing and copying at clone and unshare.
 *
 * unshare(2) that fails gives the task back what it had.
 */
#include <linnet/cred.h>
#include <linnet/ptrace_access.h>
#include <linnet/errno.h>
#include <linnet/fdtable.h>
#include <linnet/fs.h>
#include <linnet/init.h>
#include <linnet/mm.h>
#include <linnet/nsproxy.h>
#include <linnet/pidfd.h>
#include <linnet/slab.h>
#include <linnet/string.h>
#include <linnet/syscalls.h>
#include <linnet/task.h>
#include <linux/sched.h>
#include "version.h"

static struct uts_namespace init_uts = {
	.lock = RWSEM_INIT(init_uts.lock),
	.name = {
		.sysname = "Linux",
		.nodename = "(none)",
		.release = UTS_RELEASE,
		.version = UTS_VERSION,
		.machine = "aarch64",
		.domainname = "(none)",
	},
};

/* As many as ns_kinds has. */
enum { NS_KINDS = 2 };

struct nsproxy init_nsproxy = {.refs = REFCOUNT_INIT(2), .uts = &init_uts};

static struct uts_namespace *uts_copy(struct uts_namespace *old)
{
	struct uts_namespace *new = kmalloc(sizeof(*new), GFP_KERNEL);

	if (!new)
		return NULL;
	if (ns_common_init(&new->common, &uts_ns_ops)) {
		kfree(new);
		return NULL;
	}
	rwsem_init(&new->lock);
	down_read(&old->lock);
	new->name = old->name;
	up_read(&old->lock);
	return new;
}

static struct uts_namespace *uts_get(struct uts_namespace *u)
{
	refcount_inc(&u->common.refs);
	return u;
}

static void uts_put(struct uts_namespace *u)
{
	if (!refcount_dec_and_test(&u->common.refs))
		return;
	ns_common_free(&u->common);
	kfree(u);
}

static struct uts_namespace *to_uts(struct ns_common *c)
{
	return container_of(c, struct uts_namespace, common);
}

static struct ns_common *uts_ns_of(const struct nsproxy *proxy)
{
	return &uts_get(proxy->uts)->common;
}

static void uts_ns_put(struct ns_common *c)
{
	uts_put(to_uts(c));
}

static int uts_ns_may_enter(struct ns_common *c)
{
	(void)c;
	return capable(CAP_SYS_ADMIN) ? 0 : -EPERM;
}

static void uts_ns_install(struct nsproxy *proxy, struct ns_common *c)
{
	struct uts_namespace *old = proxy->uts;

	proxy->uts = uts_get(to_uts(c));
	uts_put(old);
}

const struct ns_ops uts_ns_ops = {
	.name = "uts",
	.type = CLONE_NEWUTS,
	.get = uts_ns_of,
	.put = uts_ns_put,
	.may_enter = uts_ns_may_enter,
	.install = uts_ns_install,
};

/* The first one gets its number, and the reference it never loses. */
static int __init_text init_uts_ns(void)
{
	return ns_common_init(&init_uts.common, &uts_ns_ops);
}
core_initcall(init_uts_ns);

void nsproxy_put(struct nsproxy *ns)
{
	if (!ns || !refcount_dec_and_test(&ns->refs))
		return;
	uts_put(ns->uts);
	mnt_ns_put(ns->mnt);
	kfree(ns);
}

struct nsproxy *nsproxy_copy(u64 flags, struct task *from, struct task *to)
{
	struct nsproxy *old = from->nsproxy, *new;

	if (!(flags & (CLONE_NEWNS | CLONE_NEWUTS))) {
		refcount_inc(&old->refs);
		return old;
	}
	new = kzalloc(sizeof(*new), GFP_KERNEL);
	if (!new)
		return ERR_PTR(-ENOMEM);
	refcount_set(&new->refs, 1);
	new->uts = flags & CLONE_NEWUTS ? uts_copy(old->uts)
					: uts_get(old->uts);
	if (!new->uts)
		goto free_proxy;
	new->mnt = flags & CLONE_NEWNS ? mnt_ns_copy(old->mnt, to->fs)
				       : mnt_ns_get(old->mnt);
	if (!IS_ERR(new->mnt))
		return new;
	uts_put(new->uts);
free_proxy:
	kfree(new);
	return ERR_PTR(-ENOMEM);
}

#define UNSHARE_NS   (CLONE_NEWNS | CLONE_NEWUTS)
/* Only a process that shares none of these may "stop sharing" them. */
#define UNSHARE_ALONE (CLONE_THREAD | CLONE_SIGHAND | CLONE_VM)
#define UNSHARE_KNOWN (UNSHARE_NS | CLONE_FS | CLONE_FILES | UNSHARE_ALONE)

static struct fs_context *swap_fs(struct fs_context *fs)
{
	struct fs_context *old = current->fs;

	spin_lock(&current->lock);
	current->fs = fs;
	spin_unlock(&current->lock);
	return old;
}

static void switch_nsproxy(struct nsproxy *new)
{
	struct nsproxy *old = current->nsproxy;

	spin_lock(&current->lock);
	current->nsproxy = new;
	spin_unlock(&current->lock);
	nsproxy_put(old);
}

/* New namespaces; root and working directory move along into them. */
static int unshare_namespaces(u64 flags)
{
	struct nsproxy *new;

	if (!(flags & UNSHARE_NS))
		return 0;
	new = nsproxy_copy(flags, current, current);
	if (IS_ERR(new))
		return (int)PTR_ERR(new);
	switch_nsproxy(new);
	return 0;
}

static bool shares(u64 flags)
{
	if (flags & UNSHARE_ALONE && current->tg->nr_threads > 1)
		return true;
	if (flags & (CLONE_SIGHAND | CLONE_VM) &&
	    refcount_read(&current->sighand->refs) > 1)
		return true;
	return flags & CLONE_VM && atomic_read(&current->mm->users) > 1;
}

static int do_unshare(u64 flags)
{
	struct fs_context *old_fs = NULL, *fs;
	int err;

	if (flags & CLONE_FS && atomic_read(&current->fs->users) > 1) {
		fs = fs_context_copy(current->fs);
		if (!fs)
			return -ENOMEM;
		old_fs = swap_fs(fs);
	}
	/* A copy of the descriptors shows nowhere if the rest fails. */
	err = flags & CLONE_FILES ? unshare_files() : 0;
	if (!err)
		err = unshare_namespaces(flags);
	if (err && old_fs)
		old_fs = swap_fs(old_fs);
	if (old_fs)
		fs_context_put(old_fs);
	return err;
}

SYSCALL_DEFINE1(unshare, u64, flags)
{
	if (flags & CLONE_NEWNS)
		flags |= CLONE_FS;
	if (flags & ~(u64)UNSHARE_KNOWN)
		return -EINVAL;
	if (shares(flags))
		return -EINVAL;
	if (flags & UNSHARE_NS && !capable(CAP_SYS_ADMIN))
		return -EPERM;
	return do_unshare(flags);
}

/* --- setns(2) --- */

/* A proxy of the caller's own, with what it has now. */
static struct nsproxy *private_copy(void)
{
	struct nsproxy *new = kzalloc(sizeof(*new), GFP_KERNEL);

	if (!new)
		return NULL;
	refcount_set(&new->refs, 1);
	new->uts = uts_get(current->nsproxy->uts);
	new->mnt = mnt_ns_get(current->nsproxy->mnt);
	return new;
}

/* Enter all of @from, or none. */
static int enter_namespaces(struct ns_common *const *from, u32 nr)
{
	struct nsproxy *new;
	int err = 0;

	for (u32 i = 0; i < nr && !err; i++)
		err = from[i]->ops->may_enter(from[i]);
	if (err)
		return err;
	new = private_copy();
	if (!new)
		return -ENOMEM;
	for (u32 i = 0; i < nr; i++)
		from[i]->ops->install(new, from[i]);
	switch_nsproxy(new);
	for (u32 i = 0; i < nr; i++)
		if (from[i]->ops->entered)
			from[i]->ops->entered(from[i]);
	return 0;
}

/* The namespaces of the process that a pidfd names. */
static int enter_those_of(struct task *t, u32 types)
{
	struct ns_common *from[NS_KINDS];
	u32 nr = 0;
	int err;

	if (!ptrace_may_access(t, PTRACE_MODE_READ_REALCREDS))
		return -EPERM;
	spin_lock(&t->lock);
	for (u32 i = 0; t->nsproxy && i < NS_KINDS; i++)
		if (types & ns_kinds[i]->type)
			from[nr++] = ns_kinds[i]->get(t->nsproxy);
	spin_unlock(&t->lock);
	err = nr ? enter_namespaces(from, nr) : -ESRCH;
	while (nr--)
		from[nr]->ops->put(from[nr]);
	return err;
}

static int setns_pidfd(u32 fd, u32 types)
{
	struct pid *pid;
	struct task *t;
	int err;

	if (!types || types & ~(u32)UNSHARE_NS)
		return -EINVAL;
	pid = pidfd_get_pid(fd, NULL);
	if (IS_ERR(pid))
		return (int)PTR_ERR(pid);
	t = pid_task_get(pid, PIDTYPE_PID);
	err = t ? enter_those_of(t, types) : -ESRCH;
	if (t)
		task_put(t);
	pid_put(pid);
	return err;
}

/**
 * setns(2): enter the namespace that a file of /proc/PID/ns stands for, or those
 * of a process by its pidfd
 *
 * Return: 0; -EBADF; -EINVAL (not such a file, another kind, a shared root);
 * -EPERM; -ESRCH (the process has ended); -ENOMEM.
 */
SYSCALL_DEFINE2(setns, u32, fd, u32, types)
{
	struct fd f = fdget(fd);
	struct ns_common *ns;
	int err;

	if (!f.file)
		return -EBADF;
	ns = ns_of_file(f.file);
	if (ns)
		err = types && types != ns->ops->type
			      ? -EINVAL : enter_namespaces(&ns, 1);
	else if (is_pidfd(f.file))
		err = setns_pidfd(fd, types);
	else
		err = -EINVAL;
	fdput(f);
	return err;
}
