/* A mount namespace of the case's own. */
#ifndef ABI_MOUNTS_H
#define ABI_MOUNTS_H

#include "abi.h"

#include <sched.h>
#include <sys/mount.h>

/* Nothing that is mounted from now on goes out of the case. */
static inline void enter(void)
{
	NEED(unshare(CLONE_NEWNS) == 0);
	mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);
}

static inline bool mounted(const char *what)
{
	return strstr(abi_read("/proc/self/mountinfo"), what) != NULL;
}

#endif
