/*
 * Flattened device trees: the blob, its nodes and their properties.
 *
 * Everything reads the structure block through read_token(), which checks each
 * token against the blocks' ends; fdt_open() additionally checks once that the
 * tokens form a tree. So even a blob that is changed later can only give wrong
 * answers, not wild accesses.
 *
 * Not here: walks, addresses and interrupts (fdt_walk.c).
 */
#include <linnet/errno.h>
#include <linnet/fdt.h>
#include <linnet/string.h>
#include <linnet/types.h>

#include "fdt_token.h"

enum { FDT_MAGIC = (int)0xd00dfeed, FDT_VERSION = 17 };

/* Devicetree Specification 0.4 §5.2. */
struct fdt_header {
	be32 magic;
	be32 totalsize;
	be32 off_dt_struct;
	be32 off_dt_strings;
	be32 off_mem_rsvmap;
	be32 version;
	be32 last_comp_version;
	be32 boot_cpuid_phys;
	be32 size_dt_strings;
	be32 size_dt_struct;
};
static_assert(sizeof(struct fdt_header) == 40, "DT spec 0.4 §5.2");

/* Devicetree Specification 0.4 §5.3.2. */
struct fdt_reserve_entry {
	be64 address;
	be64 size;
};
static_assert(sizeof(struct fdt_reserve_entry) == 16, "DT spec 0.4 §5.3.2");

/**
 * fdt_cell - one 32-bit cell of a value
 * @data: value, of any alignment
 * @index: which of its cells; the caller knows that it is there
 */
u32 fdt_cell(const void *data, u32 index)
{
	be32 v;

	memcpy(&v, (const u8 *)data + index * sizeof(v), sizeof(v));
	return be32_to_cpu(v);
}

bool fdt_read_token(const struct fdt *fdt, u32 position,
		    struct fdt_token *token)
{
	const u8 *p;
	u32 name;
	u32 rest;
	u32 used;

	if (position > fdt->nodes_size || fdt->nodes_size - position < FDT_CELL)
		return false;
	rest = fdt->nodes_size - position;
	p = fdt->nodes + position;
	token->tag = fdt_cell(p, 0);
	switch (token->tag) {
	case FDT_END:
	case FDT_END_NODE:
	case FDT_NOP:
		token->next = position + FDT_CELL;
		return true;
	case FDT_BEGIN_NODE:
		token->name = (const char *)p + FDT_CELL;
		used = (u32)strnlen(token->name, rest - FDT_CELL) + FDT_CELL;
		if (used == rest)
			return false;
		token->next = position + ALIGN_UP(used + 1, FDT_CELL);
		return true;
	case FDT_PROP:
		if (rest < 3 * FDT_CELL)
			return false;
		token->len = fdt_cell(p, 1);
		name = fdt_cell(p, 2);
		if (token->len > rest - 3 * FDT_CELL ||
		    name >= fdt->strings_size)
			return false;
		token->name = fdt->strings + name;
		token->data = p + 3 * FDT_CELL;
		token->next =
		    position + ALIGN_UP(3 * FDT_CELL + token->len, FDT_CELL);
		return true;
	default:
		return false;
	}
}

static int refuse(struct fdt *fdt, const char *why)
{
	fdt->error = why;
	return -EINVAL;
}

static bool block_fits(u32 offset, u32 size, u32 total)
{
	return offset <= total && size <= total - offset;
}

static int check_header(struct fdt *fdt, size_t max)
{
	struct fdt_header h;
	u32 nodes;
	u32 strings;

	if (max < sizeof(h))
		return refuse(fdt, "device tree: no room for a header");
	memcpy(&h, fdt->blob, sizeof(h));
	if (be32_to_cpu(h.magic) != (u32)FDT_MAGIC)
		return refuse(fdt, "device tree: wrong magic number");
	if (be32_to_cpu(h.version) < FDT_VERSION ||
	    be32_to_cpu(h.last_comp_version) > FDT_VERSION)
		return refuse(fdt, "device tree: unknown version");
	fdt->size = be32_to_cpu(h.totalsize);
	if (fdt->size < sizeof(h) || fdt->size > max || fdt->size > S32_MAX)
		return refuse(fdt, "device tree: bad total size");
	nodes = be32_to_cpu(h.off_dt_struct);
	strings = be32_to_cpu(h.off_dt_strings);
	fdt->nodes_size = be32_to_cpu(h.size_dt_struct);
	fdt->strings_size = be32_to_cpu(h.size_dt_strings);
	fdt->reserve_offset = be32_to_cpu(h.off_mem_rsvmap);
	if (!IS_ALIGNED(nodes, FDT_CELL) ||
	    !block_fits(nodes, fdt->nodes_size, fdt->size))
		return refuse(fdt, "device tree: structure block outside");
	if (!block_fits(strings, fdt->strings_size, fdt->size))
		return refuse(fdt, "device tree: strings block outside");
	if (!block_fits(fdt->reserve_offset, 0, fdt->size))
		return refuse(fdt, "device tree: reservation block outside");
	fdt->nodes = fdt->blob + nodes;
	fdt->strings = (const char *)fdt->blob + strings;
	/* With this, a name that starts in the block ends in it. */
	if (fdt->strings_size && fdt->strings[fdt->strings_size - 1])
		return refuse(fdt, "device tree: strings block not terminated");
	return 0;
}

/* One root, properties before child nodes (§2.2.4), END behind it. */
static int check_nodes(struct fdt *fdt)
{
	struct fdt_token token;
	bool props_may_come = false;
	bool root_seen = false;
	u32 position = 0;
	int depth = 0;

	for (;; position = token.next) {
		if (!fdt_read_token(fdt, position, &token))
			return refuse(fdt, "device tree: bad token");
		switch (token.tag) {
		case FDT_BEGIN_NODE:
			if (depth ? depth == FDT_MAX_DEPTH : root_seen)
				return refuse(fdt, "device tree: bad nesting");
			root_seen = true;
			props_may_come = true;
			depth++;
			break;
		case FDT_END_NODE:
			if (!depth--)
				return refuse(fdt, "device tree: bad nesting");
			props_may_come = false;
			break;
		case FDT_PROP:
			if (!props_may_come)
				return refuse(fdt,
					      "device tree: stray property");
			break;
		case FDT_END:
			if (depth || !root_seen)
				return refuse(fdt, "device tree: bad nesting");
			return 0;
		default:
			break;
		}
	}
}

static int check_reservations(struct fdt *fdt)
{
	u32 index = 0;
	u64 addr;
	u64 size;
	int err;

	do {
		err = fdt_reservation(fdt, index++, &addr, &size);
		if (err == -EINVAL)
			return refuse(fdt, "device tree: endless reservations");
	} while (!err);
	return 0;
}

/**
 * fdt_open - check a blob and get ready to read it
 * @fdt: filled in; on error fdt->error says why, as a sentence for the log
 * @blob: blob, of any alignment; must stay as it is while @fdt is used
 * @max: bytes that can be read there; the blob may be smaller
 *
 * Return: 0 or -EINVAL.
 */
int fdt_open(struct fdt *fdt, const void *blob, size_t max)
{
	int err;

	*fdt = (struct fdt){.blob = blob};
	err = check_header(fdt, max);
	if (!err)
		err = check_nodes(fdt);
	if (!err)
		err = check_reservations(fdt);
	return err;
}

/**
 * fdt_reservation - memory the boot loader wants left alone
 * @fdt: tree
 * @index: number of the reservation, from 0
 * @addr: set to its physical address
 * @size: set to its size
 *
 * Return: 0, -ENOENT behind the last.
 */
int fdt_reservation(const struct fdt *fdt, u32 index, u64 *addr, u64 *size)
{
	struct fdt_reserve_entry entry;
	u32 room = (fdt->size - fdt->reserve_offset) / (u32)sizeof(entry);

	if (index >= room)
		return -EINVAL;
	memcpy(&entry, fdt->blob + fdt->reserve_offset + index * sizeof(entry),
	       sizeof(entry));
	*addr = be64_to_cpu(entry.address);
	*size = be64_to_cpu(entry.size);
	return *addr || *size ? 0 : -ENOENT;
}

/* First node token from @position on, over whatever else; *@depth follows. */
static int scan_node(const struct fdt *fdt, u32 position, int *depth)
{
	struct fdt_token token;

	for (; fdt_read_token(fdt, position, &token); position = token.next) {
		switch (token.tag) {
		case FDT_BEGIN_NODE:
			++*depth;
			return (int)position;
		case FDT_END_NODE:
			--*depth;
			break;
		case FDT_END:
			return -ENOENT;
		default:
			break;
		}
	}
	return -ENOENT;
}

u32 fdt_node_body(const struct fdt *fdt, int node)
{
	struct fdt_token token;

	if (node < 0 || !fdt_read_token(fdt, (u32)node, &token) ||
	    token.tag != FDT_BEGIN_NODE)
		return 0;
	return token.next;
}

/**
 * fdt_root - the root node
 * @fdt: tree
 *
 * Return: the node.
 */
int fdt_root(const struct fdt *fdt)
{
	int depth = -1;

	return scan_node(fdt, 0, &depth);
}

/**
 * fdt_next_node - the node behind another in the order of the blob
 * @fdt: tree
 * @node: node before
 * @depth: changed by how much deeper the new node is, if not NULL
 *
 * Return: the node, or -ENOENT behind the last.
 */
int fdt_next_node(const struct fdt *fdt, int node, int *depth)
{
	u32 body = fdt_node_body(fdt, node);
	int ignored = 0;

	if (!body)
		return -ENOENT;
	return scan_node(fdt, body, depth ? depth : &ignored);
}

/**
 * fdt_node_name - name of a node with its unit address
 * @fdt: tree
 * @node: node
 *
 * Return: name like "pl011@9000000", "" for the root.
 */
const char *fdt_node_name(const struct fdt *fdt, int node)
{
	struct fdt_token token;

	if (!fdt_node_body(fdt, node))
		return "";
	fdt_read_token(fdt, (u32)node, &token);
	return token.name;
}

/**
 * fdt_next_prop - step through the properties of a node
 * @fdt: tree
 * @node: node
 * @position: 0 at first; changed to where to go on
 * @prop: set to the property
 *
 * Return: false behind the last.
 */
bool fdt_next_prop(const struct fdt *fdt, int node, u32 *position,
		   struct fdt_prop *prop)
{
	struct fdt_token token;

	if (!*position)
		*position = fdt_node_body(fdt, node);
	if (!*position)
		return false;
	while (fdt_read_token(fdt, *position, &token)) {
		if (token.tag == FDT_PROP) {
			*position = token.next;
			prop->name = token.name;
			prop->data = token.data;
			prop->len = token.len;
			return true;
		}
		if (token.tag != FDT_NOP)
			break;
		*position = token.next;
	}
	return false;
}

/**
 * fdt_prop - value of a property
 * @fdt: tree
 * @node: node
 * @name: name of the property
 * @len: set to the length of the value in bytes, if not NULL
 *
 * Return: the value, not aligned, or NULL if there is no such property.
 */
const void *fdt_prop(const struct fdt *fdt, int node, const char *name,
		     u32 *len)
{
	struct fdt_prop prop;
	u32 position = 0;

	while (fdt_next_prop(fdt, node, &position, &prop)) {
		if (strcmp(prop.name, name))
			continue;
		if (len)
			*len = prop.len;
		return prop.data;
	}
	return NULL;
}

/**
 * fdt_cells - a number made of cells
 * @data: its first cell
 * @nr_cells: number of cells
 * @out: the number; 0 if it has no cells
 *
 * Return: 0, or -EINVAL if it has more than 64 bits.
 */
int fdt_cells(const void *data, u32 nr_cells, u64 *out)
{
	if (nr_cells > 2)
		return -EINVAL;
	*out = nr_cells ? fdt_cell(data, 0) : 0;
	if (nr_cells == 2)
		*out = *out << 32 | fdt_cell(data, 1);
	return 0;
}

/**
 * fdt_prop_u32 - property that is one cell
 * @fdt: tree
 * @node: node
 * @name: name of the property
 * @out: set on success only
 *
 * Return: 0, -ENOENT without the property, -EINVAL if it has another size.
 */
int fdt_prop_u32(const struct fdt *fdt, int node, const char *name, u32 *out)
{
	u32 len;
	const void *data = fdt_prop(fdt, node, name, &len);

	if (!data)
		return -ENOENT;
	if (len != FDT_CELL)
		return -EINVAL;
	*out = fdt_cell(data, 0);
	return 0;
}

/**
 * fdt_prop_u64 - property that is a number of one or two cells
 * @fdt: tree
 * @node: node
 * @name: name of the property
 * @out: set on success only
 *
 * Return: 0, -ENOENT without the property, -EINVAL if it has another size.
 */
int fdt_prop_u64(const struct fdt *fdt, int node, const char *name, u64 *out)
{
	u32 len;
	const void *data = fdt_prop(fdt, node, name, &len);

	if (!data)
		return -ENOENT;
	if (len != FDT_CELL && len != 2 * FDT_CELL)
		return -EINVAL;
	return fdt_cells(data, len / FDT_CELL, out);
}

/**
 * fdt_string_at - one string of a list
 * @list: value of a property
 * @len: its length
 * @index: number of the string, from 0
 *
 * Return: the string, or NULL if the list is shorter or not terminated.
 */
const char *fdt_string_at(const void *list, u32 len, u32 index)
{
	const char *s = list;
	const char *end;

	while (len) {
		end = memchr(s, '\0', len);
		if (!end || !index--)
			return end ? s : NULL;
		len -= (u32)(end + 1 - s);
		s = end + 1;
	}
	return NULL;
}

/**
 * fdt_strings_contain - is a string in a list
 * @list: value of a property
 * @len: its length
 * @wanted: string
 */
bool fdt_strings_contain(const void *list, u32 len, const char *wanted)
{
	const char *s = list;
	const char *end;

	while (len) {
		end = memchr(s, '\0', len);
		if (!end)
			return false;
		if (!strcmp(s, wanted))
			return true;
		len -= (u32)(end + 1 - s);
		s = end + 1;
	}
	return false;
}

/**
 * fdt_prop_string - property that is a string
 * @fdt: tree
 * @node: node
 * @name: name of the property
 *
 * Return: the string, the first one of a list; NULL without it.
 */
const char *fdt_prop_string(const struct fdt *fdt, int node, const char *name)
{
	u32 len;
	const void *data = fdt_prop(fdt, node, name, &len);

	return data ? fdt_string_at(data, len, 0) : NULL;
}

/**
 * fdt_is_compatible - does a node name a programming model
 * @fdt: tree
 * @node: node
 * @wanted: string its "compatible" property must have
 */
bool fdt_is_compatible(const struct fdt *fdt, int node, const char *wanted)
{
	u32 len;
	const void *list = fdt_prop(fdt, node, "compatible", &len);

	return list && fdt_strings_contain(list, len, wanted);
}

/**
 * fdt_is_available - is a device there for us (DT spec 0.4 §2.3.4)
 * @fdt: tree
 * @node: node
 */
bool fdt_is_available(const struct fdt *fdt, int node)
{
	const char *status;

	if (!fdt_prop(fdt, node, "status", NULL))
		return true;
	status = fdt_prop_string(fdt, node, "status");
	return status && (!strcmp(status, "okay") || !strcmp(status, "ok"));
}

/**
 * fdt_find_compatible - next node with a programming model
 * @fdt: tree
 * @after: node to search behind; negative: from the root
 * @wanted: string the "compatible" property must have
 *
 * Return: the node, or -ENOENT.
 */
int fdt_find_compatible(const struct fdt *fdt, int after, const char *wanted)
{
	int node = after < 0 ? fdt_root(fdt) : fdt_next_node(fdt, after, NULL);
	struct fdt_token token;
	u32 position = (u32)node;

	if (node < 0)
		return node;
	for (; fdt_read_token(fdt, position, &token); position = token.next) {
		if (token.tag == FDT_BEGIN_NODE)
			node = (int)position;
		else if (token.tag == FDT_PROP &&
			 !strcmp(token.name, "compatible") &&
			 fdt_strings_contain(token.data, token.len, wanted))
			return node;
	}
	return -ENOENT;
}

/**
 * fdt_find_phandle - the node a phandle stands for
 * @fdt: tree
 * @phandle: number from a property of another node
 *
 * Return: the node, or -ENOENT.
 */
int fdt_find_phandle(const struct fdt *fdt, u32 phandle)
{
	struct fdt_token token;
	int node = -ENOENT;
	u32 position = 0;

	for (; fdt_read_token(fdt, position, &token); position = token.next) {
		if (token.tag == FDT_BEGIN_NODE)
			node = (int)position;
		else if (token.tag == FDT_PROP && token.len == FDT_CELL &&
			 fdt_cell(token.data, 0) == phandle &&
			 !strcmp(token.name, "phandle"))
			return node;
	}
	return -ENOENT;
}

/* Does @name match a path component, which may lack the unit address? */
static bool component_matches(const char *name, const char *component,
			      size_t len)
{
	if (strncmp(name, component, len))
		return false;
	return !name[len] || (name[len] == '@' && !memchr(component, '@', len));
}

static int find_child(const struct fdt *fdt, int parent, const char *component,
		      size_t len)
{
	int depth = 0;
	int node = parent;

	for (;;) {
		node = fdt_next_node(fdt, node, &depth);
		if (node < 0 || depth <= 0)
			return -ENOENT;
		if (depth == 1 &&
		    component_matches(fdt_node_name(fdt, node), component, len))
			return node;
	}
}

/* A ':' ends the path: "serial0:115200n8". */
static size_t component_length(const char *path)
{
	size_t len = 0;

	while (path[len] && path[len] != '/' && path[len] != ':')
		len++;
	return len;
}

static int follow_path(const struct fdt *fdt, int node, const char *path)
{
	size_t len;

	for (; node >= 0; path += len) {
		while (*path == '/')
			path++;
		len = component_length(path);
		if (!len)
			break;
		node = find_child(fdt, node, path, len);
	}
	return node;
}

/* The node an alias of @len bytes stands for (DT spec 0.4 §3.3). */
static int find_alias(const struct fdt *fdt, const char *alias, size_t len)
{
	struct fdt_prop prop;
	const char *path;
	u32 position = 0;
	int aliases;

	aliases = follow_path(fdt, fdt_root(fdt), "/aliases");
	while (fdt_next_prop(fdt, aliases, &position, &prop)) {
		if (strncmp(prop.name, alias, len) || prop.name[len])
			continue;
		path = fdt_string_at(prop.data, prop.len, 0);
		if (path && *path == '/')
			return follow_path(fdt, fdt_root(fdt), path);
	}
	return -ENOENT;
}

/**
 * fdt_find_path - the node at a path
 * @fdt: tree
 * @path: "/chosen", or an alias with more components behind it; a component
 *	without '@' matches any unit address, and a ':' ends the path
 *
 * Return: the node, or -ENOENT.
 */
int fdt_find_path(const struct fdt *fdt, const char *path)
{
	size_t len = component_length(path);

	if (*path == '/')
		return follow_path(fdt, fdt_root(fdt), path);
	if (!len)
		return -ENOENT;
	return follow_path(fdt, find_alias(fdt, path, len), path + len);
}
