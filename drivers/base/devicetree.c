/*
 * The device tree in sysfs: /sys/firmware/devicetree/base with a folder for
 * each node and a file for each property, /sys/firmware/fdt with the blob, and
 * what the events of devices say of their nodes.
 *
 * A folder's cookie is its node's offset in the blob. The positions of what is
 * in it are offsets too, times four: a property's is where the next thing
 * begins, one more the property "name", which blobs of today leave out, two
 * more a node there.
 */
#include <linnet/errno.h>
#include <linnet/fdt.h>
#include <linnet/init.h>
#include <linnet/of.h>
#include <linnet/printf.h>
#include <linnet/string.h>
#include "base.h"

enum { PROP = 0, NAME = 1, NODE = 2, UNIT = 4 };

static struct kobject devicetree;

static size_t base_name_len(const char *name)
{
	const char *at = strchr(name, '@');

	return at ? (size_t)(at - name) : strlen(name);
}

void of_node_base_name(int node, char *buf, size_t size)
{
	const char *name = fdt_node_name(of_tree(), node);

	snprintf(buf, size, "%.*s", (int)base_name_len(name), name);
}

/* --- folders --- */

static bool next_prop(int node, u64 pos, u32 *end, struct sysfs_item *item)
{
	struct fdt_prop prop;
	u32 position = 0;

	while (fdt_next_prop(of_tree(), node, &position, &prop)) {
		*end = position;
		if ((u64)position * UNIT < pos)
			continue;
		*item = (struct sysfs_item){
			.pos = (u64)position * UNIT + PROP,
			.mode = S_IFREG | 0444,
			.name = prop.name,
			.bytes = prop.data,
			.len = prop.len,
		};
		return true;
	}
	return false;
}

/* The property "name": the node's, without address. */
static bool name_prop(int node, u64 pos, u32 end, struct sysfs_item *item)
{
	const char *name = fdt_node_name(of_tree(), node);
	u32 ignored;

	if (pos > (u64)end * UNIT + NAME ||
	    fdt_prop(of_tree(), node, "name", &ignored) ||
	    base_name_len(name) != strlen(name))
		return false;
	*item = (struct sysfs_item){
		.pos = (u64)end * UNIT + NAME,
		.mode = S_IFREG | 0444,
		.name = "name",
		.bytes = name,
		.len = strlen(name) + 1,
	};
	return true;
}

static bool next_node(int node, u64 pos, struct sysfs_item *item)
{
	int depth = 0;

	while ((node = fdt_next_node(of_tree(), node, &depth)) >= 0 &&
	       depth > 0) {
		if (depth > 1 || (u64)node * UNIT + NODE < pos)
			continue;
		*item = (struct sysfs_item){
			.pos = (u64)node * UNIT + NODE,
			.cookie = (u64)node,
			.mode = S_IFDIR | 0755,
			.name = fdt_node_name(of_tree(), node),
		};
		return true;
	}
	return false;
}

static bool node_next(struct kobject *k, u64 cookie, u64 pos,
		      struct sysfs_item *item)
{
	int node = cookie ? (int)cookie : fdt_root(of_tree());
	u32 end = (u32)node;

	return next_prop(node, pos, &end, item) ||
	       name_prop(node, pos, end, item) || next_node(node, pos, item);
}

static const struct sysfs_entry devicetree_entries[] = {
	{.name = "base", .mode = S_IFDIR | 0755, .next = node_next},
	{.name = NULL},
};

static const struct sysfs_entry *devicetree_table(const struct kobject *k,
						  u32 n)
{
	return n ? NULL : devicetree_entries;
}

static const struct kobj_type devicetree_type = {.table = devicetree_table};

/* --- devices' nodes --- */

struct kobject *of_sysfs_root(void)
{
	return kobject_get(&devicetree);
}

/* "/cpus/cpu@0" of a node. */
static void full_name(int node, char *buf, size_t size)
{
	struct fdt_walk w;
	size_t n = 0;

	*buf = '\0';
	if (fdt_walk_to(&w, of_tree(), node))
		return;
	for (int i = 1; i <= w.depth; i++)
		n += (size_t)scnprintf(buf + n, size - n, "/%s",
				       fdt_node_name(of_tree(), w.level[i].node));
}

void of_node_path(int node, char *buf, size_t size)
{
	size_t n = (size_t)scnprintf(buf, size, "/base");

	full_name(node, buf + n, size - n);
}

int of_node_uevent(int node, struct uevent_env *env)
{
	const struct fdt *tree = of_tree();
	const char *type = fdt_prop_string(tree, node, "device_type"), *s;
	u32 len = 0, i = 0;
	const void *list = fdt_prop(tree, node, "compatible", &len);
	char path[256];
	int err;

	of_node_base_name(node, path, sizeof(path));
	err = uevent_add(env, "OF_NAME=%s", path);
	full_name(node, path, sizeof(path));
	if (!err)
		err = uevent_add(env, "OF_FULLNAME=%s", path);
	if (!err && type)
		err = uevent_add(env, "OF_TYPE=%s", type);
	for (; !err && list && (s = fdt_string_at(list, len, i)); i++)
		err = uevent_add(env, "OF_COMPATIBLE_%u=%s", i, s);
	if (!err && list)
		err = uevent_add(env, "OF_COMPATIBLE_N=%u", i);
	return err;
}

/* --- the blob --- */

static const void *fdt_bytes(size_t *len)
{
	*len = of_tree()->size;
	return of_tree()->blob;
}

static const struct sysfs_entry firmware_entries[] = {
	{.name = "fdt", .mode = S_IFREG | 0400, .bytes = fdt_bytes},
	{.name = NULL},
};

static const struct sysfs_entry *firmware_table(const struct kobject *k, u32 n)
{
	return n ? NULL : firmware_entries;
}

static const struct kobj_type firmware_type = {.table = firmware_table};

static int __init_text devicetree_init(void)
{
	static struct kobject firmware;
	int err;

	of_wipe_seeds();
	kobject_init(&firmware, &firmware_type, "firmware");
	kobject_init(&devicetree, &devicetree_type, "devicetree");
	err = kobject_add(&firmware, &sys_root);
	return err ? err : kobject_add(&devicetree, &firmware);
}
subsys_initcall(devicetree_init);
