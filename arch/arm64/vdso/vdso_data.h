/* Layout of the data page, for vdso.S and kernel/vdso.c. */
#ifndef VDSO_DATA_H
#define VDSO_DATA_H

#define VD_SEQ	       0
#define VD_MULT	       8
#define VD_REAL_OFFSET 16
#define VD_REAL_SINCE  24
#define VD_REAL_RATE   32
#define VD_BILLION     40

#define VD_TIME_SHIFT  24 /* ns = cycles * mult >> this */

#ifndef __ASSEMBLER__
#include <linnet/seqlock.h>
#include <linnet/vdso.h>

struct vdso_data {
	seqcount_t seq;
	u64 mult;
	struct real_clock real;
	u64 billion;	 /* ns in a second */
};
static_assert(offsetof(struct vdso_data, mult) == VD_MULT, "vdso.S");
static_assert(offsetof(struct vdso_data, real.offset) == VD_REAL_OFFSET, "");
static_assert(offsetof(struct vdso_data, real.since) == VD_REAL_SINCE, "");
static_assert(offsetof(struct vdso_data, real.rate) == VD_REAL_RATE, "");
static_assert(offsetof(struct vdso_data, billion) == VD_BILLION, "vdso.S");
#endif

#endif
