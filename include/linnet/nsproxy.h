/*
 * Namespaces of a task: what it shares with others of the global names.
 */
#ifndef LINNET_NSPROXY_H
#define LINNET_NSPROXY_H

#include <linnet/atomic.h>
#include <linnet/mutex.h>
#include <linnet/ns_common.h>
#include <linux/utsname.h>

struct mnt_namespace;
struct task;

struct uts_namespace {
	struct ns_common common;
	struct rwsem lock;
	struct new_utsname name; /* [lock] */
};

struct nsproxy {
	refcount_t refs;
	struct uts_namespace *uts;
	struct mnt_namespace *mnt;
};

extern struct nsproxy init_nsproxy;

void nsproxy_put(struct nsproxy *ns);
/* What a clone or unshare with @flags gets: shared or with copies. ERR_PTR. */
struct nsproxy *nsproxy_copy(u64 flags, struct task *from, struct task *to);

static inline struct uts_namespace *current_uts(void);

#include <linnet/task.h>
static inline struct uts_namespace *current_uts(void)
{
	return current->nsproxy->uts;
}

#endif
