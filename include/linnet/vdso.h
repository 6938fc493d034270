/* The code and data pages the kernel maps into every process. */
#ifndef LINNET_VDSO_H
#define LINNET_VDSO_H

#include <linnet/types.h>

struct mm;

/* Map both into @mm (mmap_lock held for writing): address of the code, or
 * negative errno. */
long vdso_map(struct mm *mm);
/* Address of the signal return trampoline in a vDSO mapped at @base. */
u64 vdso_sigreturn(u64 base);

enum { TIME_SHIFT = 24 }; /* ns = cycles * mult >> TIME_SHIFT */

/* CLOCK_REALTIME = mono + offset + ((mono - since) * rate >> 32) */
struct real_clock {
	s64 offset, since; /* ns */
	s64 rate;
};
/* Publish clock parameters. Caller serialises. */
void vdso_update_clock(u64 mult, const struct real_clock *real);

#endif
