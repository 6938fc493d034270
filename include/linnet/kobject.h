/*
 * Kernel objects: what has a folder of its own in /sys.
 *
 * A kobject is embedded in a device, a bus, a class, a driver or stands alone.
 * It has a name, a place below a parent, a reference count and a type, whose
 * tables say which files, links and folders are in its folder. Nothing is
 * allocated for them: sysfs asks the tables when somebody looks.
 *
 *   kobject_init() --> kobject_add() --> kobject_del() --> kobject_put()
 *   counted            can be found      gone from /sys    last one: release()
 *
 * After kobject_del() no show or store function of the object runs any more,
 * and files that are still open say ENODEV. The memory lives until the last
 * reference goes; each child and each open file holds one.
 *
 * Methods that open files, links and folders are called with no lock held and
 * may sleep. Their object is not deleted while they run, so they must not
 * delete it themselves.
 */
#ifndef LINNET_KOBJECT_H
#define LINNET_KOBJECT_H

#include <linnet/atomic.h>
#include <linnet/list.h>
#include <linnet/types.h>
#include <linux/stat.h>

struct kobject;
struct seq_file;
struct sysfs_change;
struct uevent_env;

/* One thing in a folder whose content is counted out, not listed in a table. */
struct sysfs_item {
	u64 pos;	/* where it stands; those that follow come behind */
	u64 cookie;	/* of a folder: names it to next() */
	u16 mode;	/* S_IFLNK, S_IFDIR or S_IFREG with permissions */
	const char *name; /* may be @text, or live as long as @target */
	char text[32];
	struct kobject *target; /* of a link; referenced */
	const void *bytes;	/* of a file: @len of them, there for ever */
	size_t len;
};

/*
 * An entry of a folder. What kind it is says @mode:
 *   S_IFREG  show and store, or bytes
 *   S_IFLNK  target, whose path may be gone on with by suffix
 *   S_IFDIR  entries, or next
 */
struct sysfs_entry {
	const char *name;
	u16 mode;
	/* Print the value. NULL: cannot be read. */
	int (*show)(struct seq_file *m, struct kobject *k,
		    const struct sysfs_entry *e);
	/* Take a NUL-ended value: 0 or an error. NULL: cannot be written. */
	int (*store)(struct kobject *k, const char *text, size_t len);
	/* Bytes that stay where they are for ever. */
	const void *(*bytes)(size_t *len);
	/* A reference, or NULL: there is no such link. */
	struct kobject *(*target)(struct kobject *k);
	void (*suffix)(struct kobject *k, char *buf, size_t size);
	const struct sysfs_entry *entries; /* ended by one without a name */
	/* The first item at or behind @pos of the folder @cookie, 0 being the
	 * entry itself. False: there is none. */
	bool (*next)(struct kobject *k, u64 cookie, u64 pos,
		     struct sysfs_item *item);
	/* NULL: always there. */
	bool (*visible)(const struct kobject *k);
	u64 data; /* for show: what distinguishes like entries */
};

struct kobj_type {
	/* The @n-th table of entries, NULL behind the last one. NULL: none. */
	const struct sysfs_entry *(*table)(const struct kobject *k, u32 n);
	/* Links behind the tables, as a folder's next(). NULL: the children of
	 * the object stand there. */
	bool (*next)(struct kobject *k, u64 pos, struct sysfs_item *item);
	/* The last reference is gone. NULL: the object is never freed. */
	void (*release)(struct kobject *k);
	/* Of its events; NULL: it has none. */
	const char *(*subsystem)(const struct kobject *k);
	/* Add variables to an event: 0 or -ENOMEM. NULL: none. */
	int (*uevent)(const struct kobject *k, struct uevent_env *env);
};

struct kobject {
	refcount_t refs;
	u32 active;		/* [A] running methods; KOBJ_DEAD */
	u64 id;			/* [I] ascending, never used again */
	const char *name;	/* [I] lives as long as the object */
	const struct kobj_type *type; /* [I] */
	struct kobject *parent; /* [I] once added; referenced */
	struct list_head sibling;  /* [tree_lock] in parent's children */
	struct list_head children; /* [tree_lock] ascending ids */
	struct sysfs_change *changes; /* [tree_lock] by chmod and chown */
};
#define KOBJ_DEAD 0x80000000u

void kobject_init(struct kobject *k, const struct kobj_type *type,
		  const char *name);
/* 0, -EEXIST, -ENOENT if @parent has been deleted. Context: may sleep. */
int kobject_add(struct kobject *k, struct kobject *parent);
void kobject_del(struct kobject *k);
struct kobject *kobject_get(struct kobject *k);
void kobject_put(struct kobject *k);

/* The child of that name, or the first of id >= @from: referenced, or NULL. */
struct kobject *kobject_find_child(struct kobject *parent, const char *name);
struct kobject *kobject_next_child(struct kobject *parent, u64 from);

/* For users of methods: false if it is being deleted. */
bool kobject_enter(struct kobject *k);
void kobject_leave(struct kobject *k);
static inline bool kobject_is_dead(const struct kobject *k)
{
	return atomic_read(&k->active) & KOBJ_DEAD;
}

/* "/devices/virtual/mem/null" at the end of @buf: where it begins, or ERR_PTR. */
char *kobject_path(const struct kobject *k, char *buf, size_t size);

/* Folders that are only that; allocated, or in static memory. ERR_PTR. */
struct kobject *kobject_create_folder(const char *name, struct kobject *parent);
extern const struct kobj_type kobj_folder_type;

/* /sys and what is in it, there once core_initcalls have run. */
extern struct kobject sys_root, sys_block, sys_bus, sys_class, sys_devices,
	sys_firmware, sys_fs, sys_module;

/* For sysfs, whose inodes come and go: the mode and owner a user gave a file. */
struct sysfs_change {
	struct sysfs_change *next;
	u64 ino;
	u16 mode;
	u32 uid, gid;
};
bool sysfs_find_change(struct kobject *k, u64 ino, struct sysfs_change *out);
/* 0 or -ENOMEM. */
int sysfs_keep_change(struct kobject *k, const struct sysfs_change *change);

#endif
