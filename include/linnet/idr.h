/*
 * Small integer identifiers for objects: process numbers, handles.
 *
 * An identifier can be taken before its object is ready: allocated for NULL it
 * is in use, but not found, until idr_replace(). Locking is that of <xarray.h>:
 * the caller keeps writers apart, idr_find() and the walk may run under RCU.
 */
#ifndef LINNET_IDR_H
#define LINNET_IDR_H

#include <linnet/types.h>
#include <linnet/xarray.h>

/* Identifiers are handed out as int, with errors below 0. */
enum { IDR_MAX = S32_MAX };

struct idr {
	struct xarray xa;
	u32 next; /* where idr_alloc_cyclic() goes on */
};

#define IDR_INIT {XARRAY_INIT, 0}

int idr_alloc(struct idr *idr, void *object, u32 start, u32 max);
int idr_alloc_cyclic(struct idr *idr, void *object, u32 start, u32 max);
void *idr_remove(struct idr *idr, u32 id);
void *idr_replace(struct idr *idr, u32 id, void *object);

static inline void *idr_find(const struct idr *idr, u32 id)
{
	return xa_load(&idr->xa, id);
}

static inline bool idr_empty(const struct idr *idr)
{
	return xa_empty(&idr->xa);
}

/* First object with an identifier of *@id or more, which is set to its own. */
static inline void *idr_next(const struct idr *idr, u64 *id)
{
	return xa_find(&idr->xa, id, IDR_MAX);
}

/* @id (u64) and @object run over all; the body may remove @object. */
#define idr_for_each(idr, id, object) xa_for_each(&(idr)->xa, id, object)

/* Frees what the allocator itself holds, not the objects. */
static inline void idr_destroy(struct idr *idr)
{
	xa_destroy(&idr->xa);
}

#endif
