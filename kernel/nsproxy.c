/*
 * Namespaces: sharing and copying at clone and unshare.
 *
 * unshare(2) that fails gives the task back what it had.
 */
#include <linnet/cred.h>
#include <linnet/errno.h>
#include <linnet/fdtable.h>
#include <linnet/fs.h>
#include <linnet/mm.h>
#include <linnet/nsproxy.h>
#include <linnet/slab.h>
#include <linnet/string.h>
#include <linnet/syscalls.h>
#include <linnet/task.h>
#include <linux/sched.h>
#include "version.h"

static struct uts_namespace init_uts = {
	.refs = REFCOUNT_INIT(1),
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

struct nsproxy init_nsproxy = {.refs = REFCOUNT_INIT(2), .uts = &init_uts};

static struct uts_namespace *uts_copy(struct uts_namespace *old)
{
	struct uts_namespace *new = kmalloc(sizeof(*new), GFP_KERNEL);

	if (!new)
		return NULL;
	refcount_set(&new->refs, 1);
	rwsem_init(&new->lock);
	down_read(&old->lock);
	new->name = old->name;
	up_read(&old->lock);
	return new;
}

static void uts_put(struct uts_namespace *u)
{
	if (refcount_dec_and_test(&u->refs))
		kfree(u);
}

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
	if (flags & CLONE_NEWUTS) {
		new->uts = uts_copy(old->uts);
	} else {
		new->uts = old->uts;
		refcount_inc(&old->uts->refs);
	}
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

/* New namespaces; root and working directory move along into them. */
static int unshare_namespaces(u64 flags)
{
	struct nsproxy *old = current->nsproxy, *new;

	if (!(flags & UNSHARE_NS))
		return 0;
	new = nsproxy_copy(flags, current, current);
	if (IS_ERR(new))
		return (int)PTR_ERR(new);
	spin_lock(&current->lock);
	current->nsproxy = new;
	spin_unlock(&current->lock);
	nsproxy_put(old);
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
