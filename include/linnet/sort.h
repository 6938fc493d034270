/*
 * Sorting arrays in place, without recursion or memory of its own.
 */
#ifndef LINNET_SORT_H
#define LINNET_SORT_H

#include <linnet/types.h>

/*
 * @compare says whether @a sorts before (below 0), with (0) or after (above 0)
 * @b; @arg is what sort() was given.
 */
typedef int (*sort_compare_t)(const void *a, const void *b, void *arg);

void sort(void *base, size_t n, size_t size, sort_compare_t compare, void *arg);

#endif
