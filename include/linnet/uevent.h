/*
 * Events about kernel objects, told to user space.
 */
#ifndef LINNET_UEVENT_H
#define LINNET_UEVENT_H

#include <linnet/types.h>

struct kobject;
struct seq_file;

enum { UEVENT_VARS = 64, UEVENT_BYTES = 2048, UEVENT_HELPER_MAX = 256 };

/*
 * The variables of an event: "KEY=value" strings, one behind the other with
 * their NULs, which is also how a message carries them.
 */
struct uevent_env {
	u32 nr, len;
	const char *vars[UEVENT_VARS + 1]; /* into text, ended by NULL */
	char text[UEVENT_BYTES];
};

enum uevent_action {
	UEVENT_ADD, UEVENT_REMOVE, UEVENT_CHANGE, UEVENT_MOVE, UEVENT_ONLINE,
	UEVENT_OFFLINE, UEVENT_BIND, UEVENT_UNBIND, UEVENT_ACTIONS,
};

/* 0, or -ENOMEM: no room. */
int uevent_add(struct uevent_env *env, const char *fmt, ...) __printf(2, 3);
/* 0 or -ENOMEM. May sleep. */
int kobject_uevent(struct kobject *k, enum uevent_action action);
/* The file "uevent": its variables; an event that a user asks for. */
int uevent_show(struct seq_file *m, struct kobject *k);
int uevent_store(struct kobject *k, const char *text, size_t len);

u64 uevent_seqnum(void);
void uevent_get_helper(char path[UEVENT_HELPER_MAX]);
int uevent_set_helper(const char *text, size_t len);

#endif
