/* The leak scanner of the debug build (mm/kmemleak.c). */
#ifndef LINNET_KMEMLEAK_H
#define LINNET_KMEMLEAK_H

#include <linnet/types.h>

/* What it keeps of an allocation, beside it. */
struct leak_mark {
	u32 reached; /* number of the scan that found a pointer to it last */
	u32 missed;  /* scans in a row that found none */
};

#ifdef CONFIG_DEBUG
/* @start stays for good although nothing points to it any more. NULL: nothing. */
void kmemleak_not_leak(const void *start);
#else
#define kmemleak_not_leak(start) ((void)0)
#endif

/*
 * Look for allocations that nothing points to. Return: how many were missed by
 * this scan and the one before it; -ENOMEM, -EAGAIN. May sleep.
 */
long kmemleak_scan(void);
/* Is the allocation at @start one of these? */
bool kmemleak_found(const void *start);

#endif
