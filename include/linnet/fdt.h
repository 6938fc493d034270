/*
 * Flattened device trees: reading the blob the boot loader passes
 * (Devicetree Specification 0.4, chapter 5).
 *
 * fdt_open() checks the whole blob once; it must not change afterwards. A node
 * is then an offset into the structure block. Lookups by property scan from a
 * given node on; nothing is allocated and nothing recurses.
 *
 * A walk visits all nodes in the order of the blob and knows the ancestors of
 * the one it is at, which is what addresses and interrupts need to be decoded.
 * Boot code therefore walks once and looks at each node in passing;
 * fdt_walk_to() makes the same for a node that was found otherwise.
 */
#ifndef LINNET_FDT_H
#define LINNET_FDT_H

#include <linnet/types.h>

enum {
	FDT_MAX_DEPTH = 16, /* of nodes, the root being at depth 0 */
	FDT_MAX_IRQ_CELLS = 4,
};

/* Tokens of the structure block, Devicetree Specification 0.4 §5.4.1. */
enum fdt_tag {
	FDT_BEGIN_NODE = 1,
	FDT_END_NODE = 2,
	FDT_PROP = 3,
	FDT_NOP = 4,
	FDT_END = 9,
};

struct fdt {
	const u8 *blob;
	const u8 *nodes;     /* structure block */
	const char *strings; /* strings block: property names */
	u32 nodes_size;
	u32 strings_size;
	u32 reserve_offset; /* of the memory reservation block */
	u32 size;	    /* of the blob, as its header says */
	const char *error;  /* what fdt_open() refused */
};

struct fdt_prop {
	const char *name;
	const void *data;
	u32 len;
};

/* One node on the way from the root to where a walk is. */
struct fdt_level {
	int node;
	u32 address_cells; /* for the addresses of its children */
	u32 size_cells;
	u32 interrupt_parent; /* phandle, inherited; 0: none yet */
};

struct fdt_walk {
	const struct fdt *fdt;
	u32 position; /* of the token behind the node's own */
	int depth;    /* of the node; -1 before the first */
	struct fdt_level level[FDT_MAX_DEPTH];
	/* The last interrupt controller looked up; irq_node < 0: none yet. */
	int irq_node;
	u32 irq_phandle;
	u32 irq_cells;
};

struct fdt_irq {
	int controller; /* node */
	u32 nr_cells;
	u32 cells[FDT_MAX_IRQ_CELLS];
};

int __must_check fdt_open(struct fdt *fdt, const void *blob, size_t max);
int fdt_reservation(const struct fdt *fdt, u32 index, u64 *addr, u64 *size);

/* Nodes. A negative node is an error, -ENOENT if there is no such node. */
int fdt_root(const struct fdt *fdt);
int fdt_next_node(const struct fdt *fdt, int node, int *depth);
int fdt_find_path(const struct fdt *fdt, const char *path);
int fdt_find_compatible(const struct fdt *fdt, int after, const char *wanted);
int fdt_find_phandle(const struct fdt *fdt, u32 phandle);
const char *fdt_node_name(const struct fdt *fdt, int node);
bool fdt_is_compatible(const struct fdt *fdt, int node, const char *wanted);
bool fdt_is_available(const struct fdt *fdt, int node);

/* Properties of one node. */
const void *fdt_prop(const struct fdt *fdt, int node, const char *name,
		     u32 *len);
bool fdt_next_prop(const struct fdt *fdt, int node, u32 *position,
		   struct fdt_prop *prop);
int fdt_prop_u32(const struct fdt *fdt, int node, const char *name, u32 *out);
int fdt_prop_u64(const struct fdt *fdt, int node, const char *name, u64 *out);
const char *fdt_prop_string(const struct fdt *fdt, int node, const char *name);

/* Values: numbers in cells of 32 bits, and lists of strings. */
u32 fdt_cell(const void *data, u32 index);
int fdt_cells(const void *data, u32 nr_cells, u64 *out);
const char *fdt_string_at(const void *list, u32 len, u32 index);
bool fdt_strings_contain(const void *list, u32 len, const char *wanted);

/* Walks. */
void fdt_walk_start(struct fdt_walk *walk, const struct fdt *fdt);
bool fdt_walk_next(struct fdt_walk *walk);
int fdt_walk_to(struct fdt_walk *walk, const struct fdt *fdt, int node);

static inline int fdt_walk_node(const struct fdt_walk *walk)
{
	return walk->level[walk->depth].node;
}

/* Of the node a walk is at. */
int fdt_reg(const struct fdt_walk *walk, u32 index, u64 *addr, u64 *size);
int fdt_reg_untranslated(const struct fdt_walk *walk, u32 index, u64 *addr,
			 u64 *size);
int fdt_irq(struct fdt_walk *walk, u32 index, struct fdt_irq *irq);

#endif
