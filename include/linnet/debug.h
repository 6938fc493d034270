/* Reports of kernel/debug.c (debug build), for tests. */
#ifndef LINNET_DEBUG_H
#define LINNET_DEBUG_H

#include <linnet/types.h>

/* How many there were. */
u32 debug_seen(void);
/* While on, reports are counted, not printed, and do not taint. */
void debug_expect(bool on);

#endif
