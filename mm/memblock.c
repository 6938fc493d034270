/*
 * Boot-time memory: two sorted lists of ranges, RAM and reserved.
 *
 * Filled in from the device tree on the boot CPU; memblock_alloc() reserves
 * from the top of what is free. memblock_release() hands the rest to the page
 * allocator and ends this allocator's life, except for memblock_free_late().
 */
#define PR_PREFIX "memblock: "
#include <linnet/init.h>
#include <linnet/memblock.h>
#include <linnet/page.h>
#include <linnet/printk.h>
#include <linnet/string.h>
#include "internal.h"

enum { MAX_RANGES = 128 };

struct range {
	phys_addr_t start, end;
};

struct range_list {
	u32 n;
	struct range r[MAX_RANGES];
};

static struct range_list memory, reserved;
static phys_addr_t limit_start, limit_end = ~0ul;

static void list_remove(struct range_list *l, u32 i)
{
	memmove(&l->r[i], &l->r[i + 1], (l->n - i - 1) * sizeof(l->r[0]));
	l->n--;
}

/* Insert in order, joined with neighbours that touch or overlap. */
static void list_insert(struct range_list *l, phys_addr_t start,
			phys_addr_t end)
{
	u32 i = 0;

	if (start >= end)
		return;
	while (i < l->n && l->r[i].end < start)
		i++;
	while (i < l->n && l->r[i].start <= end) {
		start = min(start, l->r[i].start);
		end = max(end, l->r[i].end);
		list_remove(l, i);
	}
	if (l->n == MAX_RANGES)
		panic("memblock: more than %u memory ranges", MAX_RANGES);
	memmove(&l->r[i + 1], &l->r[i], (l->n - i) * sizeof(l->r[0]));
	l->r[i] = (struct range){start, end};
	l->n++;
}

void __init_text memblock_add(phys_addr_t start, u64 size)
{
	phys_addr_t end;

	if (__builtin_add_overflow(start, size, &end))
		return;
	list_insert(&memory, ALIGN_UP(start, PAGE_SIZE),
		    ALIGN_DOWN(end, PAGE_SIZE));
}

void __init_text memblock_reserve(phys_addr_t start, u64 size)
{
	phys_addr_t end;

	if (__builtin_add_overflow(start, size, &end))
		return;
	list_insert(&reserved, ALIGN_DOWN(start, PAGE_SIZE),
		    ALIGN_UP(end, PAGE_SIZE));
}

void __init_text memblock_cap(u64 limit)
{
	for (u32 i = 0; i < memory.n; i++) {
		u64 size = memory.r[i].end - memory.r[i].start;

		if (size <= limit) {
			limit -= size;
			continue;
		}
		memory.r[i].end = memory.r[i].start +
				  ALIGN_DOWN(limit, PAGE_SIZE);
		memory.n = limit ? i + 1 : i;
		return;
	}
}

static u64 pending_cap;

void __init_text memblock_cap_later(u64 limit)
{
	pending_cap = limit;
}

void __init_text memblock_apply_cap(void)
{
	if (pending_cap)
		memblock_cap(pending_cap);
}

void __init_text memblock_set_limit(phys_addr_t start, phys_addr_t end)
{
	limit_start = start;
	limit_end = end;
}

bool memblock_memory(u32 i, phys_addr_t *start, phys_addr_t *end)
{
	if (i >= memory.n)
		return false;
	*start = memory.r[i].start;
	*end = memory.r[i].end;
	return true;
}

u64 memblock_total(void)
{
	u64 sum = 0;

	for (u32 i = 0; i < memory.n; i++)
		sum += memory.r[i].end - memory.r[i].start;
	return sum;
}

/* Highest place for @size bytes in the free gap [lo, hi), or 0. */
static phys_addr_t fit_in_gap(phys_addr_t lo, phys_addr_t hi, u64 size,
			      u64 align)
{
	phys_addr_t at;

	lo = max(lo, limit_start);
	hi = min(hi, limit_end);
	if (hi < size || hi - size < lo)
		return 0;
	at = ALIGN_DOWN(hi - size, align);
	return at >= lo ? at : 0;
}

static phys_addr_t find_free(u64 size, u64 align)
{
	for (u32 b = memory.n; b-- > 0;) {
		phys_addr_t hi = memory.r[b].end;

		for (u32 i = reserved.n; i-- > 0;) {
			phys_addr_t at;

			if (reserved.r[i].start >= hi)
				continue;
			if (reserved.r[i].end <= memory.r[b].start)
				break;
			at = fit_in_gap(max(reserved.r[i].end,
					    memory.r[b].start),
					hi, size, align);
			if (at)
				return at;
			hi = reserved.r[i].start;
		}
		if (hi > memory.r[b].start) {
			phys_addr_t at = fit_in_gap(memory.r[b].start, hi,
						    size, align);

			if (at)
				return at;
		}
	}
	return 0;
}

phys_addr_t __init_text memblock_alloc(u64 size, u64 align)
{
	phys_addr_t at;

	size = ALIGN_UP(size, PAGE_SIZE);
	at = find_free(size, align);
	if (!at)
		return 0;
	list_insert(&reserved, at, at + size);
	memset(phys_to_virt(at), 0, size);
	return at;
}

static void __init_text release_bank(struct range bank)
{
	phys_addr_t at = bank.start;

	for (u32 i = 0; i < reserved.n && at < bank.end; i++) {
		if (reserved.r[i].end <= at)
			continue;
		if (reserved.r[i].start >= bank.end)
			break;
		if (reserved.r[i].start > at)
			page_alloc_add(at >> PAGE_SHIFT,
				       reserved.r[i].start >> PAGE_SHIFT);
		at = reserved.r[i].end;
	}
	if (at < bank.end)
		page_alloc_add(at >> PAGE_SHIFT, bank.end >> PAGE_SHIFT);
}

void __init_text memblock_release(void)
{
	for (u32 i = 0; i < memory.n; i++)
		release_bank(memory.r[i]);
}

void memblock_free_late(phys_addr_t start, u64 size)
{
	pfn_t first = DIV_ROUND_UP(start, PAGE_SIZE);
	pfn_t end = (start + size) >> PAGE_SHIFT;

	if (first < end)
		page_alloc_add(first, end);
}

bool pfn_valid(pfn_t pfn)
{
	for (u32 i = 0; i < memory.n; i++)
		if (pfn >= memory.r[i].start >> PAGE_SHIFT &&
		    pfn < memory.r[i].end >> PAGE_SHIFT)
			return true;
	return false;
}
