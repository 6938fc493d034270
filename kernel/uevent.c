/*
 * Events about kernel objects: a device came, went or changed.
 *
 * An event has an action, the path of its object in /sys, the object's
 * subsystem, whatever the object's type adds, and a number that tells the
 * order. It goes to the user-mode helper, if one is set (the file
 * /sys/kernel/uevent_helper). Nobody else listens yet; without a helper an
 * event only takes its number.
 *
 * Lock: uevent_mutex: number, delivery in its order, the helper's name.
 */
#include <linnet/errno.h>
#include <linnet/ctype.h>
#include <linnet/kobject.h>
#include <linnet/mutex.h>
#include <linnet/printf.h>
#include <linnet/seq_file.h>
#include <linnet/slab.h>
#include <linnet/string.h>
#include <linnet/uevent.h>
#include <linnet/umh.h>

enum { UUID_LEN = 36, PATH_BYTES = 1024 };

static DEFINE_MUTEX(uevent_mutex);
static u64 seqnum;			/* [uevent_mutex] */
static char helper[UEVENT_HELPER_MAX];	/* [uevent_mutex] "" for none */

static const char *const action_names[UEVENT_ACTIONS] = {
	[UEVENT_ADD] = "add",	      [UEVENT_REMOVE] = "remove",
	[UEVENT_CHANGE] = "change",   [UEVENT_MOVE] = "move",
	[UEVENT_ONLINE] = "online",   [UEVENT_OFFLINE] = "offline",
	[UEVENT_BIND] = "bind",	      [UEVENT_UNBIND] = "unbind",
};

int uevent_add(struct uevent_env *env, const char *fmt, ...)
{
	size_t room = UEVENT_BYTES - env->len;
	va_list ap;
	int n;

	if (env->nr == UEVENT_VARS)
		return -ENOMEM;
	va_start(ap, fmt);
	n = vsnprintf(env->text + env->len, room, fmt, ap);
	va_end(ap);
	if ((size_t)n >= room)
		return -ENOMEM;
	env->vars[env->nr++] = env->text + env->len;
	env->vars[env->nr] = NULL;
	env->len += (u32)n + 1;
	return 0;
}

/* --- what a user wrote --- */

static bool is_uuid(const char *s)
{
	for (u32 i = 0; i < UUID_LEN; i++) {
		bool dash = i == 8 || i == 13 || i == 18 || i == 23;

		if (dash ? s[i] != '-' : !isxdigit(s[i]))
			return false;
	}
	return !s[UUID_LEN] || s[UUID_LEN] == ' ';
}

/* One "KEY=value" of letters and digits at @s: its length, or 0. */
static size_t argument_len(const char *s)
{
	const char *p = s;

	while (isalnum(*p))
		p++;
	if (p == s || *p++ != '=' || !isalnum(*p))
		return 0;
	while (isalnum(*p))
		p++;
	return *p && *p != ' ' ? 0 : (size_t)(p - s);
}

/* What stands behind the action: nothing, or " UUID[ KEY=value]...". */
static int add_synthetic(struct uevent_env *env, const char *args)
{
	int err;

	if (!*args)
		return uevent_add(env, "SYNTH_UUID=0");
	if (*args++ != ' ' || !is_uuid(args))
		return -EINVAL;
	err = uevent_add(env, "SYNTH_UUID=%.*s", UUID_LEN, args);
	for (args += UUID_LEN; !err && *args; args += 1 + argument_len(args + 1)) {
		size_t n = argument_len(args + 1);

		if (!n)
			return -EINVAL;
		err = uevent_add(env, "SYNTH_ARG_%.*s", (int)n, args + 1);
	}
	return err;
}

/* The action that @text begins with; *rest: what follows. */
static int parse_action(const char *text, const char **rest)
{
	for (int a = 0; a < UEVENT_ACTIONS; a++) {
		size_t n = strlen(action_names[a]);

		if (strncmp(text, action_names[a], n) ||
		    (text[n] && text[n] != ' '))
			continue;
		*rest = text + n;
		return a;
	}
	return -EINVAL;
}

/* --- sending --- */

static int add_object(struct uevent_env *env, struct kobject *k,
		      enum uevent_action action)
{
	char *buf = kmalloc(PATH_BYTES, GFP_KERNEL), *path;
	int err;

	if (!buf)
		return -ENOMEM;
	path = kobject_path(k, buf, PATH_BYTES);
	err = IS_ERR(path) ? (int)PTR_ERR(path) : 0;
	if (!err)
		err = uevent_add(env, "ACTION=%s", action_names[action]);
	if (!err)
		err = uevent_add(env, "DEVPATH=%s", path);
	if (!err)
		err = uevent_add(env, "SUBSYSTEM=%s", k->type->subsystem(k));
	kfree(buf);
	return err;
}

/* [uevent_mutex] The helper gets the subsystem as its argument. */
static int start_helper(struct uevent_env *env, const char *subsystem)
{
	const char *argv[] = {helper, subsystem, NULL};
	int err = uevent_add(env, "HOME=/");

	if (!err)
		err = uevent_add(env, "PATH=/sbin:/bin:/usr/sbin:/usr/bin");
	if (!err)
		err = call_usermodehelper(helper, argv, env->vars);
	return err;
}

/* Number the event and hand it to who listens. */
static int deliver(struct uevent_env *env, const char *subsystem)
{
	int err;

	mutex_lock(&uevent_mutex);
	err = uevent_add(env, "SEQNUM=%lu", ++seqnum);
	if (!err && helper[0])
		err = start_helper(env, subsystem);
	mutex_unlock(&uevent_mutex);
	return err;
}

/* @args: what a user wrote behind the action; NULL: the kernel's own event. */
static int send(struct kobject *k, enum uevent_action action, const char *args)
{
	struct uevent_env *env = kmalloc(sizeof(*env), GFP_KERNEL);
	int err;

	if (!env)
		return -ENOMEM;
	env->nr = env->len = 0;
	err = add_object(env, k, action);
	if (!err && args)
		err = add_synthetic(env, args);
	if (!err && k->type->uevent)
		err = k->type->uevent(k, env);
	if (!err)
		err = deliver(env, k->type->subsystem(k));
	kfree(env);
	return err;
}

/**
 * kobject_uevent - tell user space about an object
 * @k: object that is, or just was, in /sys
 * @action: what happened to it
 *
 * An object without a subsystem has no events. Context: task; may sleep.
 * Return: 0, or -ENOMEM when the event was lost.
 */
int kobject_uevent(struct kobject *k, enum uevent_action action)
{
	if (!k->type->subsystem || !k->type->subsystem(k))
		return 0;
	mutex_lock(&uevent_mutex);
	if (!helper[0]) {
		seqnum++;
		mutex_unlock(&uevent_mutex);
		return 0;
	}
	mutex_unlock(&uevent_mutex);
	return send(k, action, NULL);
}

int uevent_store(struct kobject *k, const char *text, size_t len)
{
	const char *args;
	char *line;
	int action, err = 0;

	if (text[len - 1] == '\n' || !text[len - 1])
		len--;
	line = kmemdup(text, len + 1, GFP_KERNEL);
	if (!line)
		return -ENOMEM;
	line[len] = '\0';
	action = parse_action(line, &args);
	if (action < 0)
		err = action;
	else if (k->type->subsystem && k->type->subsystem(k))
		err = send(k, (enum uevent_action)action, args);
	kfree(line);
	return err;
}

int uevent_show(struct seq_file *m, struct kobject *k)
{
	struct uevent_env *env;
	int err;

	if (!k->type->uevent)
		return 0;
	env = kmalloc(sizeof(*env), GFP_KERNEL);
	if (!env)
		return -ENOMEM;
	env->nr = env->len = 0;
	err = k->type->uevent(k, env);
	for (u32 i = 0; !err && i < env->nr; i++)
		seq_printf(m, "%s\n", env->vars[i]);
	kfree(env);
	return err;
}

/* --- knobs --- */

u64 uevent_seqnum(void)
{
	return READ_ONCE(seqnum);
}

void uevent_get_helper(char path[UEVENT_HELPER_MAX])
{
	mutex_lock(&uevent_mutex);
	strscpy(path, helper, UEVENT_HELPER_MAX);
	mutex_unlock(&uevent_mutex);
}

/* Up to the end of the line; "" for none. 0, or -ENOENT if it is too long. */
int uevent_set_helper(const char *text, size_t len)
{
	const char *end = memchr(text, '\n', len);

	if (end)
		len = (size_t)(end - text);
	if (len >= UEVENT_HELPER_MAX)
		return -ENOENT;
	mutex_lock(&uevent_mutex);
	memcpy(helper, text, len);
	helper[len] = '\0';
	mutex_unlock(&uevent_mutex);
	return 0;
}
