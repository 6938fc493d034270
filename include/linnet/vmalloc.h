/* Kernel stacks from the vmalloc area; vmalloc() itself is in slab.h. */
#ifndef LINNET_VMALLOC_H
#define LINNET_VMALLOC_H

/*
 * THREAD_SIZE bytes, aligned to twice that, with unmapped memory below. The
 * contents are undefined. NULL: no memory. May sleep.
 */
void *kernel_stack_alloc(void);
void kernel_stack_free(void *stack);

#endif
