/*
 * Per-CPU variables. DEFINE_PERCPU places a variable in the .percpu section;
 * every CPU has its own copy at an offset, which a task carries along with the
 * number of its CPU. Access with preemption disabled, or accept that the task
 * may move between CPUs.
 */
#ifndef ASM_PERCPU_H
#define ASM_PERCPU_H

#include <asm/thread.h>
#include <linnet/types.h>

#define DECLARE_PERCPU(type, name) extern __typeof__(type) name
#define DEFINE_PERCPU(type, name)                                              \
	__section(".percpu") __used __typeof__(type) name

static __always_inline u64 percpu_offset(void)
{
	return READ_ONCE(current_ti()->percpu);
}

extern u64 *percpu_offsets; /* indexed by CPU */

/* @ti does not run, or not yet; whoever calls says when it may. */
static inline void set_ti_cpu(struct thread_info *ti, u32 cpu)
{
	ti->percpu = percpu_offsets[cpu];
	WRITE_ONCE(ti->cpu, cpu);
}

#define this_cpu_ptr(p) ((__typeof__(p))((u64)(p) + percpu_offset()))
#define per_cpu_ptr(p, cpu) ((__typeof__(p))((u64)(p) + percpu_offsets[cpu]))
#define this_cpu(var)	    (*this_cpu_ptr(&(var)))
#define per_cpu(var, cpu)   (*per_cpu_ptr(&(var), cpu))

#endif
