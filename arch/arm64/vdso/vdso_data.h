/* Layout of the data page, for vdso.S and kernel/vdso.c. */
#ifndef VDSO_DATA_H
#define VDSO_DATA_H

#define VD_SEQ	       0
#define VD_SHIFT       4
#define VD_MULT	       8
#define VD_REAL_OFFSET 16
#define VD_BILLION     24

#ifndef __ASSEMBLER__
#include <linnet/seqlock.h>

struct vdso_data {
	seqcount_t seq;
	u32 shift;
	u64 mult;	 /* ns = cycles * mult >> shift */
	s64 real_offset; /* ns: realtime - monotonic */
	u64 billion;	 /* ns in a second */
};
static_assert(offsetof(struct vdso_data, shift) == VD_SHIFT, "vdso.S");
static_assert(offsetof(struct vdso_data, real_offset) == VD_REAL_OFFSET, "");
static_assert(offsetof(struct vdso_data, billion) == VD_BILLION, "vdso.S");
#endif

#endif
