/*
 * Fault injection (debug build): the n-th allocation or user copy of a task
 * fails. See kernel/fault_inject.c.
 */
#ifndef LINNET_FAULT_INJECT_H
#define LINNET_FAULT_INJECT_H

#include <linnet/types.h>

#ifdef CONFIG_DEBUG
/* A point that can fail: true if this one shall. Any context. */
bool should_fail(void);
#else
static __always_inline bool should_fail(void)
{
	return false;
}
#endif

#endif
