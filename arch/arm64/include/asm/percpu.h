/*
 * Per-CPU variables. DEFINE_PERCPU places a variable in the .percpu section;
 * every CPU has its own copy at the offset held in TPIDR_EL1. Access with
 * preemption disabled, or accept that the task may move between CPUs.
 */
#ifndef ASM_PERCPU_H
#define ASM_PERCPU_H

#include <linnet/types.h>

#define DECLARE_PERCPU(type, name) extern __typeof__(type) name
#define DEFINE_PERCPU(type, name)                                              \
	__section(".percpu") __used __typeof__(type) name

static __always_inline u64 percpu_offset(void)
{
	u64 off;

	__asm__ volatile("mrs %0, tpidr_el1" : "=r"(off));
	return off;
}

extern u64 *percpu_offsets; /* indexed by CPU */

#define this_cpu_ptr(p) ((__typeof__(p))((u64)(p) + percpu_offset()))
#define per_cpu_ptr(p, cpu) ((__typeof__(p))((u64)(p) + percpu_offsets[cpu]))
#define this_cpu(var)	    (*this_cpu_ptr(&(var)))
#define per_cpu(var, cpu)   (*per_cpu_ptr(&(var), cpu))

#endif
