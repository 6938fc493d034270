/*
 * Physical memory before the page allocator: banks of RAM, reserved ranges.
 */
#ifndef LINNET_MEMBLOCK_H
#define LINNET_MEMBLOCK_H

#include <linnet/types.h>

/* Both panic when the (generous) table of ranges is full. */
void memblock_add(phys_addr_t start, u64 size);
void memblock_reserve(phys_addr_t start, u64 size);
/* Forget memory above @limit bytes in total (mem=). */
void memblock_cap(u64 limit);
/* The same, once the banks are known. */
void memblock_cap_later(u64 limit);
void memblock_apply_cap(void);
/* Zeroed, reserved; 0 if nothing fits. Only between memory_init steps. */
phys_addr_t memblock_alloc(u64 size, u64 align);
/* Where memblock_alloc() may look. */
void memblock_set_limit(phys_addr_t start, phys_addr_t end);
/* Bank @i of RAM; false after the last. */
bool memblock_memory(u32 i, phys_addr_t *start, phys_addr_t *end);
u64 memblock_total(void);
/* Give everything free to the page allocator. */
void memblock_release(void);
/* Give a reserved range back later (init sections, initrd). */
void memblock_free_late(phys_addr_t start, u64 size);

#endif
