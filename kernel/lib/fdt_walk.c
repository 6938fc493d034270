/*
 * Walks over a flattened device tree, and what needs a node's ancestors.
 *
 * A walk passes every property on its way to the next node anyhow; it notes
 * the three that decide how children are read and keeps them per level. What
 * it notes of a node is complete once it has moved on to a child, since
 * properties come before children.
 */
#include <linnet/errno.h>
#include <linnet/fdt.h>
#include <linnet/string.h>
#include <linnet/types.h>

#include "fdt_token.h"

/* Devicetree Specification 0.4 §2.3.5: what holds if nothing is said. */
enum { DEFAULT_ADDRESS_CELLS = 2, DEFAULT_SIZE_CELLS = 1 };

/* Beyond any sense; keeps sums of cell counts small. */
enum { MAX_CELLS = 16 };

/**
 * fdt_walk_start - get ready to walk from the root
 * @walk: walk
 * @fdt: tree
 */
void fdt_walk_start(struct fdt_walk *walk, const struct fdt *fdt)
{
	walk->fdt = fdt;
	walk->position = 0;
	walk->depth = -1;
	walk->irq_phandle = 0;
	walk->irq_cells = 0;
	walk->irq_node = -ENOENT;
}

static void note_prop(struct fdt_level *level, const struct fdt_token *token)
{
	if (token->len != FDT_CELL)
		return;
	if (!strcmp(token->name, "#address-cells"))
		level->address_cells = fdt_cell(token->data, 0);
	else if (!strcmp(token->name, "#size-cells"))
		level->size_cells = fdt_cell(token->data, 0);
	else if (!strcmp(token->name, "interrupt-parent"))
		level->interrupt_parent = fdt_cell(token->data, 0);
}

static void enter_node(struct fdt_walk *walk, u32 position)
{
	struct fdt_level *level = &walk->level[++walk->depth];

	level->node = (int)position;
	level->address_cells = DEFAULT_ADDRESS_CELLS;
	level->size_cells = DEFAULT_SIZE_CELLS;
	level->interrupt_parent = walk->depth ? level[-1].interrupt_parent : 0;
}

/**
 * fdt_walk_next - move to the next node
 * @walk: walk
 *
 * Return: false behind the last node; the walk is then at none.
 */
bool fdt_walk_next(struct fdt_walk *walk)
{
	struct fdt_token token;
	u32 position = walk->position;

	for (; fdt_read_token(walk->fdt, position, &token);
	     position = token.next) {
		switch (token.tag) {
		case FDT_BEGIN_NODE:
			if (walk->depth + 1 >= FDT_MAX_DEPTH)
				return false;
			enter_node(walk, position);
			walk->position = token.next;
			return true;
		case FDT_PROP:
			if (walk->depth >= 0)
				note_prop(&walk->level[walk->depth], &token);
			break;
		case FDT_END_NODE:
			walk->depth--;
			if (walk->depth < 0)
				return false;
			break;
		default:
			break;
		}
	}
	return false;
}

/**
 * fdt_walk_to - put a walk at a node
 * @walk: walk
 * @fdt: tree
 * @node: node
 *
 * Return: 0, or -ENOENT if there is no such node.
 */
int fdt_walk_to(struct fdt_walk *walk, const struct fdt *fdt, int node)
{
	fdt_walk_start(walk, fdt);
	while (fdt_walk_next(walk)) {
		if (fdt_walk_node(walk) == node)
			return 0;
	}
	return -ENOENT;
}

static bool cells_make_sense(const struct fdt_level *level)
{
	return level->address_cells <= MAX_CELLS &&
	       level->size_cells <= MAX_CELLS;
}

/* The level whose cell counts hold for the node at @depth. */
static const struct fdt_level *level_above(const struct fdt_walk *walk,
					   int depth)
{
	static const struct fdt_level outside = {
	    .address_cells = DEFAULT_ADDRESS_CELLS,
	    .size_cells = DEFAULT_SIZE_CELLS,
	};

	return depth > 0 ? &walk->level[depth - 1] : &outside;
}

/**
 * fdt_reg_untranslated - address and size as the node's bus numbers them
 * @walk: walk, at the node
 * @index: which pair of its "reg" property
 * @addr: set to the address, such as a CPU's number
 * @size: set to the size, 0 on a bus without sizes; may be NULL
 *
 * Return: 0, -ENOENT if there is no such pair, -EINVAL if it makes no sense.
 */
int fdt_reg_untranslated(const struct fdt_walk *walk, u32 index, u64 *addr,
			 u64 *size)
{
	const struct fdt_level *bus = level_above(walk, walk->depth);
	const u8 *data;
	u64 ignored;
	u32 stride;
	u32 len;
	int err;

	data = fdt_prop(walk->fdt, fdt_walk_node(walk), "reg", &len);
	if (!data)
		return -ENOENT;
	if (!cells_make_sense(bus))
		return -EINVAL;
	stride = (bus->address_cells + bus->size_cells) * FDT_CELL;
	if (!stride || len % stride)
		return -EINVAL;
	if (index >= len / stride)
		return -ENOENT;
	data += index * stride;
	err = fdt_cells(data, bus->address_cells, addr);
	data += bus->address_cells * FDT_CELL;
	return err ? err
		   : fdt_cells(data, bus->size_cells, size ? size : &ignored);
}

/*
 * One entry of "ranges" (DT spec 0.4 §2.3.8): child address, parent address,
 * size. Moves [*@addr, +@size) up if it lies in there.
 */
static int apply_range(const u8 *entry, const struct fdt_level *bus,
		       const struct fdt_level *above, u64 *addr, u64 size)
{
	u64 child;
	u64 parent;
	u64 span;
	u64 offset;
	int err;

	err = fdt_cells(entry, bus->address_cells, &child);
	entry += bus->address_cells * FDT_CELL;
	if (!err)
		err = fdt_cells(entry, above->address_cells, &parent);
	entry += above->address_cells * FDT_CELL;
	if (!err)
		err = fdt_cells(entry, bus->size_cells, &span);
	if (err)
		return err;
	offset = *addr - child;
	if (*addr < child || offset >= span || size > span - offset)
		return -ENOENT;
	return __builtin_add_overflow(parent, offset, addr) ? -EINVAL : 0;
}

/* From the addresses of the bus at @depth to those of the one above it. */
static int translate_once(const struct fdt_walk *walk, int depth, u64 *addr,
			  u64 size)
{
	const struct fdt_level *bus = &walk->level[depth];
	const struct fdt_level *above = level_above(walk, depth);
	const u8 *data;
	u32 stride;
	u32 len;
	int err = -ENOENT;

	data = fdt_prop(walk->fdt, bus->node, "ranges", &len);
	if (!data)
		return -ENXIO;
	if (!len)
		return 0;
	if (!cells_make_sense(bus) || !cells_make_sense(above))
		return -EINVAL;
	stride = (bus->address_cells + above->address_cells + bus->size_cells) *
		 FDT_CELL;
	if (!stride || len % stride)
		return -EINVAL;
	for (; len && err == -ENOENT; len -= stride, data += stride)
		err = apply_range(data, bus, above, addr, size);
	return err == -ENOENT ? -ENXIO : err;
}

/**
 * fdt_reg - physical address and size of a node's registers or memory
 * @walk: walk, at the node
 * @index: which pair of its "reg" property
 * @addr: set to the physical address
 * @size: set to the size; may be NULL
 *
 * Return: 0, -ENOENT if there is no such pair, -ENXIO if it is not in the
 * CPU's address space, -EINVAL if it makes no sense.
 */
int fdt_reg(const struct fdt_walk *walk, u32 index, u64 *addr, u64 *size)
{
	u64 at;
	u64 len;
	u64 end;
	int depth;
	int err;

	err = fdt_reg_untranslated(walk, index, &at, &len);
	for (depth = walk->depth - 1; !err && depth > 0; depth--)
		err = translate_once(walk, depth, &at, len);
	if (err)
		return err;
	/* The last byte must have an address. */
	if (len && __builtin_add_overflow(at, len - 1, &end))
		return -EINVAL;
	*addr = at;
	if (size)
		*size = len;
	return 0;
}

/*
 * Fill in controller and number of cells; -EINVAL if there is no such thing.
 * Devices tend to ask for the same controller in a row.
 */
static int resolve_controller(struct fdt_walk *walk, u32 phandle,
			      struct fdt_irq *irq)
{
	int node = walk->irq_node;
	u32 cells = walk->irq_cells;

	if (node < 0 || walk->irq_phandle != phandle) {
		node = fdt_find_phandle(walk->fdt, phandle);
		if (node < 0 ||
		    fdt_prop_u32(walk->fdt, node, "#interrupt-cells", &cells))
			return -EINVAL;
		if (!cells || cells > FDT_MAX_IRQ_CELLS)
			return -EINVAL;
		walk->irq_node = node;
		walk->irq_phandle = phandle;
		walk->irq_cells = cells;
	}
	irq->controller = node;
	irq->nr_cells = cells;
	return 0;
}

static void copy_cells(struct fdt_irq *irq, const u8 *data)
{
	u32 i;

	for (i = 0; i < irq->nr_cells; i++)
		irq->cells[i] = fdt_cell(data, i);
}

/* "interrupts-extended" (DT spec 0.4 §2.4.1): each with its own controller. */
static int extended_irq(struct fdt_walk *walk, u32 index, struct fdt_irq *irq,
			const u8 *data, u32 len)
{
	u32 used;
	int err;

	for (; len >= FDT_CELL; data += used, len -= used) {
		err = resolve_controller(walk, fdt_cell(data, 0), irq);
		if (err)
			return err;
		used = (1 + irq->nr_cells) * FDT_CELL;
		if (used > len)
			return -EINVAL;
		if (!index--) {
			copy_cells(irq, data + FDT_CELL);
			return 0;
		}
	}
	return len ? -EINVAL : -ENOENT;
}

/**
 * fdt_irq - an interrupt of the node
 * @walk: walk, at the node
 * @index: which one of its "interrupts" or "interrupts-extended"
 * @irq: set to the controller and to the cells, whose meaning it knows
 *
 * Interrupts routed by "interrupt-map" (PCI) are the bus driver's.
 *
 * Return: 0, -ENOENT if there is no such interrupt, -EINVAL if the property
 * or its controller makes no sense.
 */
int fdt_irq(struct fdt_walk *walk, u32 index, struct fdt_irq *irq)
{
	int node = fdt_walk_node(walk);
	u32 phandle = walk->level[walk->depth].interrupt_parent;
	const u8 *data;
	u32 stride;
	u32 len;
	int err;

	data = fdt_prop(walk->fdt, node, "interrupts-extended", &len);
	if (data)
		return extended_irq(walk, index, irq, data, len);
	data = fdt_prop(walk->fdt, node, "interrupts", &len);
	if (!data)
		return -ENOENT;
	/* The walk has not passed the node's own property yet. */
	fdt_prop_u32(walk->fdt, node, "interrupt-parent", &phandle);
	err = resolve_controller(walk, phandle, irq);
	if (err)
		return err;
	stride = irq->nr_cells * FDT_CELL;
	if (len % stride)
		return -EINVAL;
	if (index >= len / stride)
		return -ENOENT;
	copy_cells(irq, data + index * stride);
	return 0;
}
