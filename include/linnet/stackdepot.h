/*
 * Call traces as numbers (debug build): equal traces are kept once.
 */
#ifndef LINNET_STACKDEPOT_H
#define LINNET_STACKDEPOT_H

#include <linnet/types.h>

/* Room for the traces; boot CPU, memblock. */
void stackdepot_init(void);
/*
 * The trace of the caller without the innermost @skip callers. Any context.
 * Return: its number, 0 if there is no room left.
 */
u32 stackdepot_save(u32 skip);
/* Trace @id, innermost first. Return: how many there are. */
enum { STACKDEPOT_MAX = 12 };
u32 stackdepot_get(u32 id, u64 pc[STACKDEPOT_MAX]);
/* The same of the caller, right now, without keeping it. */
u32 stackdepot_walk(u64 pc[STACKDEPOT_MAX]);
/* Print trace @id, one line a frame. */
void stackdepot_print(u32 id);

#endif
