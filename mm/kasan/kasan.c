/*
 * The address sanitizer: every access that the compiler emits is looked up in
 * the shadow (asm/kasan.h) before it is done.
 *
 * Poisoned are: redzones around slab objects, stack variables, globals and
 * areas of vmalloc, freed objects while they are in quarantine or on a free
 * list, and free pages. The compiler poisons frames inline and calls the
 * functions below for all else ("outline": kernel text stays small).
 *
 * Life: with the MMU comes a shadow of zeroes; kasan_init() makes a true one
 * and turns checking on; page_alloc_init() poisons free memory.
 *
 * Not seen: accesses from assembly (but for memcpy and its like, page copies
 * and copies of user memory), by devices and page walks; a wild access that
 * happens to hit another live object; overruns inside an object.
 *
 * Not instrumented itself. Elsewhere: kasan_report.c, kasan_slab.c,
 * kasan_string.c, and the page tables in arch/.
 */
#define PR_PREFIX "kasan: "
#include <asm/sections.h>
#include <linnet/errno.h>
#include <linnet/init.h>
#include <linnet/memblock.h>
#include <linnet/page.h>
#include <linnet/printk.h>
#include <linnet/stackdepot.h>
#include <linnet/string.h>
#include "kasan.h"

bool kasan_on;

/* --- poisoning --- */

void kasan_poison(const void *addr, size_t size, u8 value)
{
	if (kasan_on)
		__memset(kasan_shadow((u64)addr), value, DIV_ROUND_UP(size, 8));
}

void kasan_unpoison(const void *addr, size_t size)
{
	kasan_poison(addr, ALIGN_DOWN(size, 8), 0);
	if (kasan_on && size % 8)
		*kasan_shadow((u64)addr + size) = (s8)(size % 8);
}

/* --- checks --- */

static __always_inline bool byte_ok(u64 addr)
{
	s8 s = *kasan_shadow(addr);

	return likely(!s) || (s8)(addr & 7) < s;
}

/* Sizes up to 8: the last byte tells of all in its granule. */
static __always_inline bool small_ok(u64 addr, size_t size)
{
	u64 last = addr + size - 1;

	return byte_ok(last) &&
	       (likely((addr & 7) + size <= 8) || !*kasan_shadow(addr));
}

static bool range_ok(u64 addr, size_t size)
{
	u64 last = addr + size - 1;
	const s8 *s = kasan_shadow(addr), *end = kasan_shadow(last);

	for (; s < end && (u64)s % 8; s++)
		if (*s)
			return false;
	for (; s + 8 <= end; s += 8)
		if (*(const u64 *)s)
			return false;
	for (; s < end; s++)
		if (*s)
			return false;
	return byte_ok(last);
}

/* Outside of the upper half the MMU is the judge. */
static __always_inline void check(u64 addr, size_t size, bool write, u64 ip)
{
	bool ok;

	if (unlikely(!kasan_on) || unlikely(addr < PAGE_OFFSET) ||
	    unlikely(!size))
		return;
	ok = size <= 8 ? small_ok(addr, size) : range_ok(addr, size);
	if (unlikely(!ok))
		kasan_report(addr, size, write, ip, NULL);
}

bool kasan_check(u64 addr, size_t size, bool write)
{
	if (!kasan_on || addr < PAGE_OFFSET || !size)
		return true;
	if (likely(addr + size >= addr && range_ok(addr, size)))
		return true;
	kasan_report(addr, size, write, (u64)__builtin_return_address(0), NULL);
	return false;
}

#define ACCESS(n)                                                              \
	void __asan_load##n##_noabort(u64 addr);                               \
	void __asan_load##n##_noabort(u64 addr)                                \
	{                                                                      \
		check(addr, n, false, (u64)__builtin_return_address(0));       \
	}                                                                      \
	void __asan_store##n##_noabort(u64 addr);                              \
	void __asan_store##n##_noabort(u64 addr)                               \
	{                                                                      \
		check(addr, n, true, (u64)__builtin_return_address(0));        \
	}
ACCESS(1)
ACCESS(2)
ACCESS(4)
ACCESS(8)
ACCESS(16)

void __asan_loadN_noabort(u64 addr, size_t size);
void __asan_storeN_noabort(u64 addr, size_t size);
void __asan_handle_no_return(void);
void __asan_register_globals(struct kasan_global *g, size_t n);
void __asan_unregister_globals(struct kasan_global *g, size_t n);

void __asan_loadN_noabort(u64 addr, size_t size)
{
	check(addr, size, false, (u64)__builtin_return_address(0));
}

void __asan_storeN_noabort(u64 addr, size_t size)
{
	check(addr, size, true, (u64)__builtin_return_address(0));
}

/* A stack that is left for good is cleaned when it is handed out again. */
void __asan_handle_no_return(void)
{
}

/* --- globals: one call per file, from its constructor --- */

enum { MAX_FILES = 512 };
static struct {
	const struct kasan_global *g;
	size_t n;
} files[MAX_FILES];
static u32 nr_files;

void __asan_register_globals(struct kasan_global *g, size_t n)
{
	if (nr_files < MAX_FILES) {
		files[nr_files].g = g;
		files[nr_files++].n = n;
	}
	for (; n--; g++) {
		const u8 *end = (const u8 *)g->start + ALIGN_UP(g->size, 8);

		kasan_unpoison(g->start, g->size);
		kasan_poison(end, (u64)g->start + g->room - (u64)end,
			     KASAN_GLOBAL_REDZONE);
	}
}

/* The kernel is never unloaded. */
void __asan_unregister_globals(struct kasan_global *g, size_t n)
{
	(void)g;
	(void)n;
}

const struct kasan_global *kasan_find_global(u64 addr)
{
	for (u32 f = 0; f < nr_files; f++)
		for (size_t i = 0; i < files[f].n; i++) {
			const struct kasan_global *g = &files[f].g[i];

			if (addr >= (u64)g->start &&
			    addr < (u64)g->start + g->room)
				return g;
		}
	return NULL;
}

/* --- pages --- */

/* One per page frame; set by whoever owns the frame. */
static struct page_traces {
	u32 alloc, free;
} *page_traces;
static u64 first_va, end_va;

static struct page_traces *traces_of(u64 va)
{
	if (!page_traces || va < first_va || va >= end_va)
		return NULL;
	return &page_traces[(va - first_va) >> PAGE_SHIFT];
}

void kasan_page_traces(u64 addr, u32 *alloc, u32 *free)
{
	struct page_traces *t = traces_of(addr);

	*alloc = t ? t->alloc : 0;
	*free = t ? t->free : 0;
}

void kasan_alloc_pages(void *va, u64 nr)
{
	struct page_traces *t = traces_of((u64)va);
	u32 trace = t ? stackdepot_save(1) : 0;

	kasan_unpoison(va, nr * PAGE_SIZE);
	for (u64 i = 0; t && i < nr; i++)
		t[i] = (struct page_traces){.alloc = trace};
}

void kasan_free_pages(void *va, u64 nr)
{
	struct page_traces *t = traces_of((u64)va);
	u32 trace = t ? stackdepot_save(1) : 0;

	if (kasan_on && (u8)*kasan_shadow((u64)va) == KASAN_PAGE_FREE)
		kasan_report((u64)va, 0, true, (u64)__builtin_return_address(0),
			     "double-free of a page");
	kasan_poison(va, nr * PAGE_SIZE, KASAN_PAGE_FREE);
	for (u64 i = 0; t && i < nr; i++)
		t[i].free = trace;
}

static void __init_text page_traces_init(void)
{
	phys_addr_t start, end, pa;

	first_va = ~0ul;
	for (u32 i = 0; memblock_memory(i, &start, &end); i++) {
		first_va = min(first_va, start + PAGE_OFFSET);
		end_va = max(end_va, end + PAGE_OFFSET);
	}
	pa = memblock_alloc(((end_va - first_va) >> PAGE_SHIFT) *
				    sizeof(*page_traces),
			    PAGE_SIZE);
	if (!pa)
		panic("no memory for the traces of pages");
	page_traces = phys_to_virt(pa);
}

/* --- vmalloc --- */

int kasan_vmalloc(u64 start, u64 used, u64 size)
{
	if (kasan_populate(start, size + PAGE_SIZE, KASAN_VMALLOC))
		return -ENOMEM;
	kasan_unpoison((void *)start, used);
	used = ALIGN_UP(used, 8);
	kasan_poison((u8 *)start + used, size - used, KASAN_VMALLOC);
	return 0;
}

void kasan_vfree(u64 start, u64 size)
{
	kasan_poison((void *)start, size, KASAN_VMALLOC);
}

/* --- boot --- */

void __init_text kasan_init(void)
{
	typedef void (*ctor_t)(void);
	extern const ctor_t _init_array_start[], _init_array_end[];

	kasan_map_shadow();
	stackdepot_init();
	page_traces_init();
	kasan_on = true;
	for (const ctor_t *c = _init_array_start; c < _init_array_end; c++)
		(*c)();
}
