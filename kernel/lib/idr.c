/*
 * Identifiers: a sparse array plus the place where a cyclic search goes on.
 * The array knows which of its subtrees are full, so a free identifier is
 * found in one walk however many are taken.
 */
#include <linnet/errno.h>
#include <linnet/idr.h>
#include <linnet/types.h>
#include <linnet/xarray.h>

/* Take the first free identifier in [@from, @max]. */
static int take_first(struct idr *idr, void *object, u64 from, u32 max)
{
	u64 id = from;
	int err;

	if (!xa_find_free(&idr->xa, &id, max))
		return -ENOSPC;
	if (object)
		err = xa_store(&idr->xa, id, object);
	else
		err = xa_reserve(&idr->xa, id);
	return err ? err : (int)id;
}

/**
 * idr_alloc - take the lowest free identifier
 * @idr: allocator
 * @object: what it stands for; NULL to take it first and set it later
 * @start: lowest identifier wanted
 * @max: highest identifier wanted, at most IDR_MAX
 *
 * Context: the caller's lock.
 * Return: the identifier, -ENOSPC if all are taken, -ENOMEM, or -EINVAL for
 * a bad range or an @object that the array cannot hold.
 */
int idr_alloc(struct idr *idr, void *object, u32 start, u32 max)
{
	if (start > max || max > IDR_MAX)
		return -EINVAL;
	return take_first(idr, object, start, max);
}

/**
 * idr_alloc_cyclic - take the next free identifier after the last one taken
 * @idr: allocator
 * @object: as idr_alloc()
 * @start: lowest identifier wanted, where the search goes on after @max
 * @max: highest identifier wanted, at most IDR_MAX
 *
 * An identifier that was given back comes again as late as possible.
 *
 * Context: the caller's lock.
 * Return: as idr_alloc().
 */
int idr_alloc_cyclic(struct idr *idr, void *object, u32 start, u32 max)
{
	int id;

	if (start > max || max > IDR_MAX)
		return -EINVAL;
	id = take_first(idr, object, max(idr->next, start), max);
	if (id == -ENOSPC && idr->next > start)
		id = take_first(idr, object, start, max);
	if (id >= 0)
		idr->next = (u32)id + 1;
	return id;
}

/**
 * idr_remove - give an identifier back
 * @idr: allocator
 * @id: identifier; need not be in use
 *
 * Context: the caller's lock.
 * Return: its object, or NULL.
 */
void *idr_remove(struct idr *idr, u32 id)
{
	return xa_erase(&idr->xa, id);
}

/**
 * idr_replace - set what a taken identifier stands for
 * @idr: allocator
 * @id: identifier in use
 * @object: new object, not NULL
 *
 * Context: the caller's lock. Allocates nothing.
 * Return: the object before, or NULL; ERR_PTR(-EINVAL) for an object that the
 * array cannot hold.
 */
void *idr_replace(struct idr *idr, u32 id, void *object)
{
	void *old = xa_load(&idr->xa, id);
	int err = xa_store(&idr->xa, id, object);

	return err ? ERR_PTR(err) : old;
}
