/* The state of one path walk, shared by namei.c and namei_open.c. */
#ifndef FS_NAMEI_H
#define FS_NAMEI_H

#include <linnet/fs.h>
#include "internal.h"

enum { MAX_NESTED_LINKS = 40 };

enum last_type { LAST_NORM, LAST_ROOT, LAST_DOT, LAST_DOTDOT };

struct saved_link {
	const char *rest; /* where the outer path goes on */
	struct delayed_call done;
};

/*
 * RCU walk: path and root are not referenced; rename_seq and mount_seq tell in
 * the end whether what was seen belongs together. Reference walk: both are.
 */
struct nameidata {
	struct path path;    /* where the walk is */
	struct path root;    /* of the task, or of openat2(IN_ROOT) */
	struct qstr last;    /* with LOOKUP_PARENT: the component not walked */
	struct inode *seen;  /* RCU: what path.dentry was checked to be, or NULL */
	enum last_type last_type;
	bool last_slash;     /* it was followed by a slash */
	u32 flags;	     /* LOOKUP_* */
	u32 rename_start, mount_start;
	u32 nr_links;	     /* followed so far, in all */
	u32 depth;	     /* of the stack below */
	u32 max_depth;
	struct saved_link *stack;
	struct saved_link inline_stack[3];
	int dfd;
	bool root_held;	     /* root carries a reference */
	bool root_set;
};

void nd_init(struct nameidata *nd, int dfd, u32 flags, const struct path *root);
/* Walk all but the last component; then nd->last says what remains. In RCU
 * mode -ECHILD means: start again without LOOKUP_RCU. */
int walk_parent(struct nameidata *nd, const char *name);
/* End the walk: drop what it holds. Result path must have been taken. */
void nd_end(struct nameidata *nd);
/* RCU to reference mode at the current place; -ECHILD if things moved. */
int nd_unlazy(struct nameidata *nd);
/* Follow @link found as nd->last at nd->path; *rest: what to walk next. */
int follow_link(struct nameidata *nd, struct dentry *link, const char **rest);
int walk_rest(struct nameidata *nd, const char *name);
/* Look up nd->last in nd->path, under the directory's lock if needed. In
 * reference mode: a referenced dentry (maybe negative) or ERR_PTR. */
struct dentry *lookup_last(struct nameidata *nd);
/* Cross mounts on top of *d (in reference mode consumes and replaces refs). */
void step_into_mounts(struct path *p);
int nd_dotdot(struct nameidata *nd);
int may_lookup(struct nameidata *nd, struct inode *dir);
struct dentry *lookup_one_locked(const struct qstr *name, struct dentry *dir,
				 u32 flags);
int may_create(struct inode *dir, struct dentry *d);
/* Is @p at or below @top, seen through mounts? */
bool path_is_under(const struct path *p, const struct path *top);

#endif
