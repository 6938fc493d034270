/*
 * Memory barriers (Arm ARM DDI 0487 B2.3). smp_* order accesses to normal
 * memory between CPUs; the plain ones also order device accesses.
 */
#ifndef ASM_BARRIER_H
#define ASM_BARRIER_H

#define isb()	__asm__ volatile("isb" ::: "memory")
#define dsb(op) __asm__ volatile("dsb " #op ::: "memory")
#define dmb(op) __asm__ volatile("dmb " #op ::: "memory")

#define mb()	  dsb(sy)
#define rmb()	  dsb(ld)
#define wmb()	  dsb(st)
#define smp_mb()  dmb(ish)
#define smp_rmb() dmb(ishld)
#define smp_wmb() dmb(ishst)

#define smp_load_acquire(p)	__atomic_load_n(p, __ATOMIC_ACQUIRE)
#define smp_store_release(p, v) __atomic_store_n(p, v, __ATOMIC_RELEASE)

/* A spinning CPU's hint that it waits for another one. */
static inline void cpu_relax(void)
{
	__asm__ volatile("yield" ::: "memory");
}

#endif
