/*
 * Error numbers: the ABI's, the kernel-internal restart codes that never
 * reach user space, and errors carried in pointers.
 */
#ifndef LINNET_ERRNO_H
#define LINNET_ERRNO_H

#include <linnet/types.h>

#ifdef LINNET_HOST
#include <errno.h>
#else
#include <linux/errno.h>
#endif

/*
 * What an interrupted call returns to the signal code, which turns it into
 * -EINTR or a restart (signal(7), "Interruption of system calls").
 */
enum {
	ERESTARTSYS = 512,	    /* restart if SA_RESTART */
	ERESTARTNOINTR = 513,	    /* always restart */
	ERESTARTNOHAND = 514,	    /* restart if no handler ran */
	ENOIOCTLCMD = 515,	    /* this layer has no such ioctl: -ENOTTY */
	ERESTART_RESTARTBLOCK = 516, /* restart through restart_syscall(2) */
};

#define MAX_ERRNO 4095

static inline void *ERR_PTR(long err)
{
	return (void *)err;
}

static inline long PTR_ERR(const void *p)
{
	return (long)p;
}

static inline bool IS_ERR(const void *p)
{
	return unlikely((uintptr_t)p >= (uintptr_t)-MAX_ERRNO);
}

static inline bool IS_ERR_OR_NULL(const void *p)
{
	return !p || IS_ERR(p);
}

/* Carry the error of one pointer type in another. */
static inline void *ERR_CAST(const void *p)
{
	return (void *)p;
}

#endif
