/*
 * What every kind of namespace has: a count, a number, and how a task enters it.
 * fs/nsfs.c shows them as the files of /proc/PID/ns.
 */
#ifndef LINNET_NS_COMMON_H
#define LINNET_NS_COMMON_H

#include <linnet/atomic.h>

struct file;
struct ns_common;
struct nsproxy;
struct path;
struct task;

struct ns_ops {
	const char *name; /* file name in /proc/PID/ns */
	u32 type;	  /* CLONE_NEW* */
	/* The namespace that @ns has, with a reference. */
	struct ns_common *(*get)(const struct nsproxy *ns);
	void (*put)(struct ns_common *ns); /* drop a reference */
	/* May the caller enter @ns? 0 or -errno. */
	int (*may_enter)(struct ns_common *ns);
	/* Make @ns the one of @proxy, which nobody else sees yet; the other is put.
	 * Does not fail. */
	void (*install)(struct nsproxy *proxy, struct ns_common *ns);
	/* The caller has @ns now. May be NULL. */
	void (*entered)(struct ns_common *ns);
};

struct ns_common {
	refcount_t refs;
	u32 inum; /* st_ino of its files: unique among all namespaces */
	const struct ns_ops *ops;
};

extern const struct ns_ops uts_ns_ops, mnt_ns_ops;
/* All kinds, for setns(2) and /proc/PID/ns; ends with NULL. */
extern const struct ns_ops *const ns_kinds[];

/* Give @ns a number and its first reference: 0 or -ENOMEM. */
int ns_common_init(struct ns_common *ns, const struct ns_ops *ops);
void ns_common_free(struct ns_common *ns);

/* fs/nsfs.c. A path to the file of @t's namespace: 0 or -errno. */
int ns_get_path(struct path *p, struct task *t, const struct ns_ops *ops);
/* "mnt:[4026531841]", as readlink(2) tells it. */
int ns_link_text(struct task *t, const struct ns_ops *ops, char *buf, int len);
/* The namespace that @f is a file of, or NULL; no reference. */
struct ns_common *ns_of_file(const struct file *f);

#endif
