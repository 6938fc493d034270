/*
 * Heap sort: n log n in the worst case too, in place, with a bounded stack. It
 * is not stable.
 */
#include <linnet/sort.h>
#include <linnet/string.h>
#include <linnet/types.h>

struct array {
	u8 *base;
	size_t size; /* of an element */
	sort_compare_t compare;
	void *arg;
};

static void *element(const struct array *a, size_t i)
{
	return a->base + i * a->size;
}

static bool is_less(const struct array *a, size_t i, size_t j)
{
	return a->compare(element(a, i), element(a, j), a->arg) < 0;
}

static void swap_elements(const struct array *a, size_t i, size_t j)
{
	u8 *p = element(a, i);
	u8 *q = element(a, j);
	size_t left = a->size;
	u8 tmp[32];
	size_t n;

	for (; left; left -= n, p += n, q += n) {
		n = min(left, sizeof(tmp));
		memcpy(tmp, p, n);
		memcpy(p, q, n);
		memcpy(q, tmp, n);
	}
}

/* Let element @i sink below the larger ones among the first @n. */
static void sift_down(const struct array *a, size_t i, size_t n)
{
	size_t child;

	for (; 2 * i + 1 < n; i = child) {
		child = 2 * i + 1;
		if (child + 1 < n && is_less(a, child, child + 1))
			child++;
		if (!is_less(a, i, child))
			break;
		swap_elements(a, i, child);
	}
}

/**
 * sort - sort an array
 * @base: its first element
 * @n: number of elements
 * @size: size of one
 * @compare: order
 * @arg: passed to @compare
 */
void sort(void *base, size_t n, size_t size, sort_compare_t compare, void *arg)
{
	struct array a = {base, size, compare, arg};
	size_t i;

	for (i = n / 2; i-- > 0;)
		sift_down(&a, i, n);
	for (i = n; i-- > 1;) {
		swap_elements(&a, 0, i);
		sift_down(&a, 0, i);
	}
}
