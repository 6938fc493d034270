/*
 * Virtually contiguous kernel memory: vmalloc, ioremap, kernel stacks.
 *
 * Areas are kept in a tree sorted by address; each is followed by an unmapped
 * guard page. A new area takes the first hole that fits, from where the last
 * search ended or an area was freed. Freed kernel stacks are kept in a small pool,
 * because every fork wants one and mapping costs more than the rest of it.
 *
 * Lock order: vmalloc_lock > kernel_map_lock (arch). Not from interrupts.
 */
#include <asm/pgtable.h>
#include <linnet/errno.h>
#include <linnet/fault_inject.h>
#include <linnet/init.h>
#include <linnet/kasan.h>
#include <linnet/kmemleak.h>
#include <linnet/printk.h>
#include <linnet/rbtree.h>
#include <linnet/slab.h>
#include <linnet/stackdepot.h>
#include <linnet/string.h>
#include <linnet/vmalloc.h>
#include <asm/setup.h>
#include "internal.h"

struct vm_area {
	struct rb_node node;
	u64 start, size; /* without the guard */
	u32 nr_pages;	 /* owned frames; 0 for ioremap */
#ifdef CONFIG_DEBUG
	u32 trace;	 /* who wanted it; 0 for stacks and ioremap */
	struct leak_mark leak;
#endif
};

static struct rb_root areas; /* [vmalloc_lock] */
/* Where the search for a hole begins: for pages, for stacks. [vmalloc_lock] */
static u64 search_from[2] = {VMALLOC_START, VMALLOC_START};
static DEFINE_SPINLOCK(vmalloc_lock);
struct kmem_cache *vm_area_cache;

static struct vm_area *to_area(struct rb_node *n)
{
	return rb_entry_or_null(n, struct vm_area, node);
}

/* First area that ends above @addr. */
static struct vm_area *area_above(u64 addr)
{
	struct rb_node *n = areas.rb_node;
	struct vm_area *best = NULL;

	while (n) {
		struct vm_area *a = to_area(n);

		if (a->start + a->size > addr) {
			best = a;
			n = n->rb_left;
		} else {
			n = n->rb_right;
		}
	}
	return best;
}

static void area_link(struct vm_area *new)
{
	struct rb_node **link = &areas.rb_node, *parent = NULL;

	while (*link) {
		parent = *link;
		link = new->start < to_area(parent)->start ? &parent->rb_left
							   : &parent->rb_right;
	}
	rb_link_node(&new->node, parent, link);
	rb_insert_color(&new->node, &areas);
}

/* Reserve an aligned range with a guard page behind it; NULL: none. */
static struct vm_area *area_alloc(u64 size, u64 align)
{
	struct vm_area *new = kmem_cache_alloc(vm_area_cache, GFP_KERNEL), *a;
	u64 *hint = &search_from[align != PAGE_SIZE], at;

	if (!new)
		return NULL;
	spin_lock(&vmalloc_lock);
	at = ALIGN_UP(*hint, align);
	for (a = area_above(at); a && a->start < at + size + PAGE_SIZE;
	     a = to_area(rb_next(&a->node)))
		at = ALIGN_UP(a->start + a->size + PAGE_SIZE, align);
	if (at + size > VMALLOC_END) {
		spin_unlock(&vmalloc_lock);
		kmem_cache_free(vm_area_cache, new);
		return NULL;
	}
	*new = (struct vm_area){.start = at, .size = size};
	area_link(new);
	*hint = at + size + PAGE_SIZE; /* behind the guard */
	spin_unlock(&vmalloc_lock);
	return new;
}

static void area_free(struct vm_area *a)
{
	kasan_vfree(a->start, a->size);
	spin_lock(&vmalloc_lock);
	rb_erase(&a->node, &areas);
	for (u32 i = 0; i < ARRAY_SIZE(search_from); i++)
		search_from[i] = min(search_from[i], a->start);
	spin_unlock(&vmalloc_lock);
	kmem_cache_free(vm_area_cache, a);
}

static struct vm_area *area_find(const void *va)
{
	struct vm_area *a;

	spin_lock(&vmalloc_lock);
	a = area_above((u64)va);
	spin_unlock(&vmalloc_lock);
	return a && a->start == (u64)va ? a : NULL;
}

static void area_release_pages(struct vm_area *a)
{
	u64 end = a->start + (u64)a->nr_pages * PAGE_SIZE;

	for (u64 va = a->start; va < end; va += PAGE_SIZE)
		put_page(phys_to_page(kernel_virt_to_phys(va)));
}

#ifdef CONFIG_DEBUG
enum { AREA_PAGE = PG_AREA };

/* From now on it is one that can leak. */
static void area_trace(struct vm_area *a)
{
	WRITE_ONCE(a->trace, stackdepot_save(2));
}

bool vmalloc_trylock(void)
{
	return spin_trylock(&vmalloc_lock);
}

void vmalloc_unlock(void)
{
	spin_unlock(&vmalloc_lock);
}

static bool area_use(struct vm_area *a, struct vmalloc_use *u)
{
	if (!a->trace)
		return false;
	*u = (struct vmalloc_use){a->start, a->size, &a->leak, a->trace};
	return true;
}

bool vmalloc_find_locked(u64 addr, struct vmalloc_use *u)
{
	struct vm_area *a = area_above(addr);

	return a && a->start <= addr && area_use(a, u);
}

bool vmalloc_next_locked(struct vmalloc_use *u)
{
	struct vm_area *a = area_above(u->start + u->size);

	while (a && !area_use(a, u))
		a = to_area(rb_next(&a->node));
	return a;
}
#else
enum { AREA_PAGE = 0 };
#define area_trace(a) ((void)0)
#endif

/* Map fresh pages over an area. 0 or -ENOMEM (then the area is gone). */
static int area_populate(struct vm_area *a, u32 gfp)
{
	u32 want = (u32)(a->size >> PAGE_SHIFT);

	for (; a->nr_pages < want; a->nr_pages++) {
		u64 va = a->start + (u64)a->nr_pages * PAGE_SIZE;
		struct page *p = alloc_page(gfp);

		if (!p)
			goto undo;
		p->flags |= AREA_PAGE;
		if (map_kernel_range(va, page_to_phys(p), PAGE_SIZE,
				     PROT_KERNEL_RW)) {
			put_page(p);
			goto undo;
		}
	}
	return 0;
undo:
	area_release_pages(a);
	unmap_kernel_range(a->start, a->size);
	area_free(a);
	return -ENOMEM;
}

static void *vmalloc_aligned(u64 size, u64 align, u32 gfp)
{
	u64 used = size;
	struct vm_area *a;

	size = ALIGN_UP(size, PAGE_SIZE);
	if (!size || size >> PAGE_SHIFT > mem_counters.total_pages)
		return NULL;
	a = area_alloc(size, align);
	if (!a)
		return NULL;
	if (kasan_vmalloc(a->start, used, size)) {
		area_free(a);
		return NULL;
	}
	if (area_populate(a, gfp))
		return NULL;
	if (align == PAGE_SIZE)
		area_trace(a);
	return (void *)a->start;
}

void *vmalloc(size_t size)
{
	return vmalloc_aligned(size, PAGE_SIZE, GFP_KERNEL);
}

void *vzalloc(size_t size)
{
	return vmalloc_aligned(size, PAGE_SIZE, GFP_KERNEL | GFP_ZERO);
}

void vfree(const void *va)
{
	struct vm_area *a;

	if (!va)
		return;
	a = area_find(va);
	if (WARN_ON(!a))
		return;
	/* Frames first looked up, then unmapped and flushed, then freed. */
	for (u32 i = 0; i < a->nr_pages; i++) {
		u64 at = a->start + (u64)i * PAGE_SIZE;
		struct page *p = phys_to_page(kernel_virt_to_phys(at));

		unmap_kernel_range(at, PAGE_SIZE);
		put_page(p);
	}
	area_free(a);
}

static bool is_vmalloc(const void *p)
{
	return (u64)p >= VMALLOC_START && (u64)p < VMALLOC_END;
}

void *kvmalloc(size_t size, u32 gfp)
{
	void *p = NULL;

	if (size <= 8 * PAGE_SIZE)
		p = kmalloc(size, gfp | GFP_NOWARN);
	if (p || (gfp & GFP_ATOMIC))
		return p;
	return gfp & GFP_ZERO ? vzalloc(size) : vmalloc(size);
}

void kvfree(const void *p)
{
	if (is_vmalloc(p))
		vfree(p);
	else
		kfree(p);
}

void __iomem *ioremap(phys_addr_t pa, size_t size)
{
	u64 off = pa & ~PAGE_MASK;
	u64 span = ALIGN_UP(size + off, PAGE_SIZE);
	struct vm_area *a = area_alloc(span, PAGE_SIZE);

	if (!a)
		return NULL;
	if (kasan_vmalloc(a->start, span, span) ||
	    map_kernel_range(a->start, pa - off, span, PROT_KERNEL_DEVICE)) {
		unmap_kernel_range(a->start, span);
		area_free(a);
		return NULL;
	}
	return (void __iomem *)(a->start + off);
}

void iounmap(void __iomem *va)
{
	struct vm_area *a = area_find((void *)((u64)va & PAGE_MASK));

	if (WARN_ON(!a))
		return;
	unmap_kernel_range(a->start, a->size);
	area_free(a);
}

/* --- kernel stacks --- */

enum { STACK_POOL_MAX = 16 };

struct stack_pool_entry {
	struct stack_pool_entry *next;
};
static struct stack_pool_entry *stack_pool; /* [stack_lock] */
static u32 stack_pool_count;		    /* [stack_lock] */
static DEFINE_SPINLOCK(stack_lock);

void *kernel_stack_alloc(void)
{
	struct stack_pool_entry *e;

	if (should_fail())
		return NULL;
	spin_lock(&stack_lock);
	e = stack_pool;
	if (e) {
		stack_pool = e->next;
		stack_pool_count--;
	}
	spin_unlock(&stack_lock);
	if (e)
		kasan_unpoison(e, THREAD_SIZE);
	return e ? (void *)e
		 : vmalloc_aligned(THREAD_SIZE, 2 * THREAD_SIZE, GFP_KERNEL);
}

void kernel_stack_free(void *stack)
{
	struct stack_pool_entry *e = stack;

	spin_lock(&stack_lock);
	if (stack_pool_count < STACK_POOL_MAX) {
		kasan_unpoison(e, sizeof(*e));
		kasan_poison(e + 1, THREAD_SIZE - sizeof(*e), KASAN_VMALLOC);
		e->next = stack_pool;
		stack_pool = e;
		stack_pool_count++;
		stack = NULL;
	}
	spin_unlock(&stack_lock);
	vfree(stack);
}

void __init_text vmalloc_init(void)
{
	vm_area_cache = kmem_cache_create("vm_area", sizeof(struct vm_area), 0, 0);
	if (!vm_area_cache)
		panic("no memory for vmalloc");
	for (u32 i = 0; i < ARRAY_SIZE(search_from); i++)
		search_from[i] += kaslr_vmalloc_offset;
}
