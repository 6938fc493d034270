/* Reports of undefined behaviour (debug build), for tests. */
#ifndef LINNET_UBSAN_H
#define LINNET_UBSAN_H

#include <linnet/types.h>

/* How many places have been reported. */
u32 ubsan_seen(void);
/* While on, reports are counted, not printed, and do not taint. */
void ubsan_expect(bool on);

#endif
