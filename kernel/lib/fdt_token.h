/*
 * Reading tokens of the structure block (Devicetree Specification 0.4 §5.4), shared
 * by fdt.c and fdt_walk.c.
 */
#ifndef LINNET_LIB_FDT_TOKEN_H
#define LINNET_LIB_FDT_TOKEN_H

#include <linnet/fdt.h>
#include <linnet/types.h>

enum { FDT_CELL = 4 }; /* bytes of a cell; tokens are aligned to it */

struct fdt_token {
	u32 tag;
	u32 next;	  /* position of the token behind */
	const char *name; /* of BEGIN_NODE and PROP */
	const void *data; /* of PROP */
	u32 len;	  /* of PROP */
};

/* False if there is no whole token at @position. */
bool fdt_read_token(const struct fdt *fdt, u32 position,
		    struct fdt_token *token);

/* Position behind the token that begins @node, 0 if there is no such node. */
u32 fdt_node_body(const struct fdt *fdt, int node);

#endif
