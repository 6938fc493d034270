/* A task's root, working directory and umask; shared by CLONE_FS. */
#include <linnet/errno.h>
#include <linnet/fs.h>
#include <linnet/slab.h>
#include <linnet/syscalls.h>
#include <linnet/task.h>
#include "internal.h"

struct fs_context *fs_context_copy(struct fs_context *old)
{
	struct fs_context *fs = kzalloc(sizeof(*fs), GFP_KERNEL);

	if (!fs)
		return NULL;
	fs->users = 1;
	spin_init(&fs->lock);
	spin_lock(&old->lock);
	fs->umask = old->umask;
	fs->root = old->root;
	fs->pwd = old->pwd;
	path_get(&fs->root);
	path_get(&fs->pwd);
	spin_unlock(&old->lock);
	return fs;
}

int fs_context_share(struct fs_context *fs)
{
	int err = 0;

	spin_lock(&fs->lock);
	if (fs->execs)
		err = -EAGAIN;
	else
		atomic_inc(&fs->users);
	spin_unlock(&fs->lock);
	return err;
}

bool fs_exec_begin(struct fs_context *fs)
{
	struct task *t;
	bool shared;
	u32 own = 0;

	spin_lock(&fs->lock);
	rcu_read_lock();
	for_each_thread(current, t)
		if (READ_ONCE(t->fs) == fs)
			own++;
	rcu_read_unlock();
	shared = atomic_read(&fs->users) > own;
	fs->execs += !shared;
	spin_unlock(&fs->lock);
	return shared;
}

void fs_exec_end(struct fs_context *fs)
{
	spin_lock(&fs->lock);
	fs->execs--;
	spin_unlock(&fs->lock);
}

void fs_context_put(struct fs_context *fs)
{
	if (atomic_sub_return(&fs->users, 1))
		return;
	path_put(&fs->root);
	path_put(&fs->pwd);
	kfree(fs);
}

static void replace(struct fs_context *fs, struct path *slot,
		    const struct path *p)
{
	struct path old;

	path_get(p);
	spin_lock(&fs->lock);
	old = *slot;
	*slot = *p;
	spin_unlock(&fs->lock);
	if (old.mnt)
		path_put(&old);
}

void set_fs_pwd(struct fs_context *fs, const struct path *p)
{
	replace(fs, &fs->pwd, p);
}

void set_fs_root(struct fs_context *fs, const struct path *p)
{
	replace(fs, &fs->root, p);
}

static bool path_equal(const struct path *a, const struct path *b)
{
	return a->mnt == b->mnt && a->dentry == b->dentry;
}

/* pivot_root: whatever was @from becomes @to. Called with locks held; the
 * references of @from live on elsewhere, so none of these is the last. */
void fs_context_replace(struct fs_context *fs, const struct path *from,
			const struct path *to)
{
	u32 hits = 0;

	spin_lock(&fs->lock);
	if (path_equal(&fs->root, from)) {
		fs->root = *to;
		hits++;
	}
	if (path_equal(&fs->pwd, from)) {
		fs->pwd = *to;
		hits++;
	}
	spin_unlock(&fs->lock);
	while (hits--) {
		path_get(to);
		path_put(from);
	}
}

void get_fs_root(struct fs_context *fs, struct path *p)
{
	spin_lock(&fs->lock);
	*p = fs->root;
	path_get(p);
	spin_unlock(&fs->lock);
}

void get_fs_pwd(struct fs_context *fs, struct path *p)
{
	spin_lock(&fs->lock);
	*p = fs->pwd;
	path_get(p);
	spin_unlock(&fs->lock);
}

u16 current_umask(void)
{
	return (u16)current->fs->umask;
}

SYSCALL_DEFINE1(umask, u32, mask)
{
	u32 old;

	spin_lock(&current->fs->lock);
	old = current->fs->umask;
	current->fs->umask = mask & 0777;
	spin_unlock(&current->fs->lock);
	return old;
}
