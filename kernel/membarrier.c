/*
 * membarrier(2): a memory barrier on all CPUs at the cost of one caller.
 *
 * Every command interrupts the other CPUs; an interrupt is a full barrier
 * there, and its return synchronises the instruction stream. Sparing CPUs that
 * run something else would need a barrier in each context switch instead.
 * Expedited commands want the process registered first: bits of
 * mm->membarrier_state, named like the registering commands.
 */
#include <asm/barrier.h>
#include <linnet/cpumask.h>
#include <linnet/errno.h>
#include <linnet/irq.h>
#include <linnet/mm.h>
#include <linnet/syscalls.h>
#include <linnet/task.h>
#include <linux/membarrier.h>

#define REGISTER_CMDS                                                          \
	(MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED |                            \
	 MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED |                           \
	 MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE)
#define ALL_CMDS                                                               \
	(MEMBARRIER_CMD_GLOBAL | MEMBARRIER_CMD_GLOBAL_EXPEDITED |             \
	 MEMBARRIER_CMD_PRIVATE_EXPEDITED |                                    \
	 MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE | REGISTER_CMDS)

static void barrier_here(void *arg)
{
	(void)arg;
	smp_mb();
}

/* A move to another CPU on the way is itself a barrier on both. */
static long barrier_everywhere(void)
{
	smp_mb();
	smp_call(&cpu_online_mask, barrier_here, NULL);
	smp_mb();
	return 0;
}

static long barrier_if_registered(u32 registration)
{
	if (!(atomic_read(&current->mm->membarrier_state) & registration))
		return -EPERM;
	return barrier_everywhere();
}

SYSCALL_DEFINE3(membarrier, int, cmd, u32, flags, int, cpu)
{
	(void)cpu;
	if (flags)
		return -EINVAL;
	switch (cmd) {
	case MEMBARRIER_CMD_QUERY:
		return ALL_CMDS;
	case MEMBARRIER_CMD_GLOBAL:
	case MEMBARRIER_CMD_GLOBAL_EXPEDITED:
		return barrier_everywhere();
	case MEMBARRIER_CMD_PRIVATE_EXPEDITED:
		return barrier_if_registered(
			MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED);
	case MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE:
		return barrier_if_registered(
			MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE);
	case MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED:
	case MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED:
	case MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE:
		atomic_fetch_or(&current->mm->membarrier_state, (u32)cmd);
		return 0;
	default:
		return -EINVAL;
	}
}
