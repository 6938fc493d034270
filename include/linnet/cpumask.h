/*
 * Sets of CPUs. One machine word holds them: NR_CPUS is the architectural
 * limit of this build, not the number present (nr_cpus).
 */
#ifndef LINNET_CPUMASK_H
#define LINNET_CPUMASK_H

#include <linnet/atomic.h>

#define NR_CPUS 64

typedef struct {
	u64 bits;
} cpumask_t;

extern cpumask_t cpu_possible_mask; /* described by firmware */
extern cpumask_t cpu_online_mask;   /* scheduling tasks */
extern u32 nr_cpus;		    /* possible CPUs: ids 0 ... nr_cpus - 1 */

static inline bool cpumask_test(const cpumask_t *m, u32 cpu)
{
	return READ_ONCE(m->bits) >> cpu & 1;
}

static inline void cpumask_set(cpumask_t *m, u32 cpu)
{
	atomic_or(&m->bits, 1ul << cpu);
}

static inline void cpumask_clear(cpumask_t *m, u32 cpu)
{
	atomic_and(&m->bits, ~(1ul << cpu));
}

static inline u32 cpumask_weight(const cpumask_t *m)
{
	u32 n = 0;

	for (u64 rest = m->bits; rest; rest &= rest - 1)
		n++;
	return n;
}

/* Lowest set bit >= @from, or NR_CPUS. */
static inline u32 cpumask_next(const cpumask_t *m, u32 from)
{
	u64 rest = from < NR_CPUS ? READ_ONCE(m->bits) >> from << from : 0;

	return rest ? (u32)__builtin_ctzl(rest) : NR_CPUS;
}

#define for_each_cpu(cpu, mask)                                                \
	for (cpu = cpumask_next(mask, 0); cpu < NR_CPUS;                       \
	     cpu = cpumask_next(mask, cpu + 1))
#define for_each_online_cpu(cpu)   for_each_cpu(cpu, &cpu_online_mask)
#define for_each_possible_cpu(cpu) for_each_cpu(cpu, &cpu_possible_mask)

#endif
