/*
 * The tree of kernel objects: see include/linnet/kobject.h.
 *
 * Children hang in their parent's list in the order of their ids, which is
 * the order in which they were made, so a reader of a folder can go on behind
 * the last one it saw however the list has changed meanwhile.
 *
 * A method runs between kobject_enter() and kobject_leave(), which count in
 * k->active; kobject_del() sets KOBJ_DEAD there and waits for the count to
 * fall. One wait queue serves all objects: deletions are rare.
 *
 * Lock: tree_lock, a leaf. Not here: the file system (fs/sysfs).
 */
#include <linnet/errno.h>
#include <linnet/init.h>
#include <linnet/kobject.h>
#include <linnet/sched.h>
#include <linnet/slab.h>
#include <linnet/spinlock.h>
#include <linnet/string.h>
#include <linnet/wait.h>

static DEFINE_SPINLOCK(tree_lock);
static DEFINE_WAIT_QUEUE(left); /* the last method of a dead object */
static u64 last_id;		/* [A] the root has 0 */

static void folder_release(struct kobject *k)
{
	kfree(k->name);
	kfree(k);
}

static const struct kobj_type allocated_folder_type = {
	.release = folder_release,
};
const struct kobj_type kobj_folder_type = {.release = NULL};

struct kobject sys_block, sys_bus, sys_class, sys_devices, sys_fs,
	sys_module;
struct kobject sys_root = {
	.refs = REFCOUNT_INIT(1),
	.name = "",
	.type = &kobj_folder_type,
	.sibling = LIST_HEAD_INIT(sys_root.sibling),
	.children = LIST_HEAD_INIT(sys_root.children),
};

/**
 * kobject_init - make an object one can refer to
 * @k: zeroed memory
 * @type: its type
 * @name: its name below its parent, there until release()
 *
 * The caller has the first reference. Context: any.
 */
void kobject_init(struct kobject *k, const struct kobj_type *type,
		  const char *name)
{
	refcount_set(&k->refs, 1);
	k->id = atomic_add_return(&last_id, 1);
	k->type = type;
	k->name = name;
	list_init(&k->sibling);
	list_init(&k->children);
}

struct kobject *kobject_get(struct kobject *k)
{
	if (k)
		refcount_inc(&k->refs);
	return k;
}

/* Of a dying object. */
static void free_changes(struct kobject *k)
{
	while (k->changes) {
		struct sysfs_change *c = k->changes;

		k->changes = c->next;
		kfree(c);
	}
}

/**
 * kobject_put - give up a reference
 * @k: object, or NULL
 *
 * Context: may sleep, as release() and dropping the parent may.
 */
void kobject_put(struct kobject *k)
{
	while (k && refcount_dec_and_test(&k->refs)) {
		struct kobject *parent = k->parent;

		free_changes(k);
		if (k->type->release)
			k->type->release(k);
		k = parent;
	}
}

/* [tree_lock] */
static struct kobject *find_locked(struct kobject *parent, const char *name)
{
	struct kobject *k;

	list_for_each_entry(k, &parent->children, sibling)
		if (!strcmp(k->name, name))
			return k;
	return NULL;
}

/* [tree_lock] Most come last: ids are given out in ascending order. */
static void insert_by_id(struct kobject *k, struct kobject *parent)
{
	struct list_head *at = parent->children.prev;

	while (at != &parent->children &&
	       list_entry(at, struct kobject, sibling)->id > k->id)
		at = at->prev;
	list_add(&k->sibling, at);
}

/**
 * kobject_add - show an object in /sys
 * @k: initialised, not added before
 * @parent: what it is to be found below; a reference is taken
 *
 * The tree has a reference of its own until kobject_del(). Context: any.
 * Return: 0; -EEXIST: the name is taken; -ENOENT: the parent is deleted.
 */
int kobject_add(struct kobject *k, struct kobject *parent)
{
	int err = 0;

	spin_lock(&tree_lock);
	if (kobject_is_dead(parent)) {
		err = -ENOENT;
	} else if (find_locked(parent, k->name)) {
		err = -EEXIST;
	} else {
		k->parent = kobject_get(parent);
		insert_by_id(kobject_get(k), parent);
	}
	spin_unlock(&tree_lock);
	return err;
}

/**
 * kobject_del - take an object out of /sys
 * @k: object that was added; its children have been deleted
 *
 * No method of the object runs when this returns, and none will be called.
 * Files that are open stay so and say ENODEV. Context: may sleep; not called
 * from a method of @k.
 */
void kobject_del(struct kobject *k)
{
	spin_lock(&tree_lock);
	list_del(&k->sibling);
	spin_unlock(&tree_lock);
	atomic_fetch_or(&k->active, KOBJ_DEAD);
	wait_event(&left, atomic_read(&k->active) == KOBJ_DEAD);
	kobject_put(k);
}

bool kobject_enter(struct kobject *k)
{
	u32 old = atomic_read(&k->active);

	do {
		if (old & KOBJ_DEAD)
			return false;
	} while (!__atomic_compare_exchange_n(&k->active, &old, old + 1, true,
					      __ATOMIC_ACQUIRE,
					      __ATOMIC_RELAXED));
	return true;
}

void kobject_leave(struct kobject *k)
{
	/* Fully ordered: what the method did is seen by who waits. */
	if (atomic_sub_return(&k->active, 1) == KOBJ_DEAD)
		wake_up_all(&left);
}

struct kobject *kobject_find_child(struct kobject *parent, const char *name)
{
	struct kobject *k;

	spin_lock(&tree_lock);
	k = kobject_get(find_locked(parent, name));
	spin_unlock(&tree_lock);
	return k;
}

struct kobject *kobject_next_child(struct kobject *parent, u64 from)
{
	struct kobject *k, *found = NULL;

	spin_lock(&tree_lock);
	list_for_each_entry(k, &parent->children, sibling) {
		if (k->id < from)
			continue;
		found = kobject_get(k);
		break;
	}
	spin_unlock(&tree_lock);
	return found;
}

char *kobject_path(const struct kobject *k, char *buf, size_t size)
{
	char *p = buf + size;

	*--p = '\0';
	for (; k->parent; k = k->parent) {
		size_t n = strlen(k->name);

		if ((size_t)(p - buf) < n + 1)
			return ERR_PTR(-ENAMETOOLONG);
		p -= n;
		memcpy(p, k->name, n);
		*--p = '/';
	}
	return p;
}

struct kobject *kobject_create_folder(const char *name, struct kobject *parent)
{
	struct kobject *k = kzalloc(sizeof(*k), GFP_KERNEL);
	char *copy = kstrdup(name, GFP_KERNEL);
	int err = -ENOMEM;

	if (k && copy) {
		kobject_init(k, &allocated_folder_type, copy);
		err = kobject_add(k, parent);
		if (!err)
			return k;
	}
	kfree(copy);
	kfree(k);
	return ERR_PTR(err);
}

/* --- what chmod and chown have changed --- */

static struct sysfs_change *find_change(struct kobject *k, u64 ino)
{
	struct sysfs_change *c = k->changes;

	while (c && c->ino != ino)
		c = c->next;
	return c;
}

bool sysfs_find_change(struct kobject *k, u64 ino, struct sysfs_change *out)
{
	struct sysfs_change *c;

	spin_lock(&tree_lock);
	c = find_change(k, ino);
	if (c)
		*out = *c;
	spin_unlock(&tree_lock);
	return c;
}

int sysfs_keep_change(struct kobject *k, const struct sysfs_change *change)
{
	struct sysfs_change *new = kmemdup(change, sizeof(*change), GFP_KERNEL);
	struct sysfs_change *c;

	if (!new)
		return -ENOMEM;
	spin_lock(&tree_lock);
	c = find_change(k, change->ino);
	if (c) {
		new->next = c->next;
		*c = *new;
	} else {
		new->next = k->changes;
		k->changes = new;
		new = NULL;
	}
	spin_unlock(&tree_lock);
	kfree(new);
	return 0;
}

static int __init_text kobject_init_folders(void)
{
	static const struct {
		struct kobject *k;
		const char *name;
	} folders[] = {
		{&sys_block, "block"}, {&sys_bus, "bus"},
		{&sys_class, "class"},
		{&sys_devices, "devices"}, {&sys_fs, "fs"},
		{&sys_module, "module"},
	};

	for (u32 i = 0; i < ARRAY_SIZE(folders); i++) {
		kobject_init(folders[i].k, &kobj_folder_type, folders[i].name);
		kobject_add(folders[i].k, &sys_root);
	}
	return 0;
}
core_initcall(kobject_init_folders);
