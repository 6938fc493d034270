/* Between the files of kernel/kcsan/. */
#ifndef KERNEL_KCSAN_H
#define KERNEL_KCSAN_H

#include <linnet/stackdepot.h>
#include <linnet/types.h>

/* One side of a race. */
struct kcsan_access {
	u64 addr;
	u32 size;
	bool write, marked;
	u32 cpu, nr_pc;
	char comm[16];
	u64 pc[STACKDEPOT_MAX];
};

extern bool kcsan_enabled; /* set once the reporter runs */

/* Any context, interrupts off: the reporter will print it. */
void kcsan_report(const struct kcsan_access *a, const struct kcsan_access *b,
		  u64 before, u64 after);

#endif
