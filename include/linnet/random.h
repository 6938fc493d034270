/* Random numbers from the kernel's generator; any context, never blocks but for
 * random_wait_ready(). */
#ifndef LINNET_RANDOM_H
#define LINNET_RANDOM_H

#include <linnet/types.h>

void get_random_bytes(void *buf, size_t len);
u64 get_random_u64(void);
/* Uniform in [0, bound); bound > 0. */
u64 get_random_below(u64 bound);
/* Mix in unpredictable data; @bits: entropy credited. */
void add_randomness(const void *data, size_t len, u32 bits);
/* From an interrupt: its moment is hard to foresee. Interrupts off. */
void add_interrupt_randomness(u32 hwirq);

struct wait_queue;
/* Has it been seeded? Woken when it has. */
bool random_ready(void);
extern struct wait_queue random_ready_wq;
/* Wait until then, making entropy if need be: 0 or -ERESTARTSYS. */
int random_wait_ready(void);

/* Credited so far, at most 256. */
u32 random_entropy_bits(void);

#endif
