/*
 * Interrupts: numbers, handlers, controllers.
 *
 * An interrupt is named by a small kernel number (virq) that the controller
 * driver maps to its hardware number. Handlers run with interrupts off.
 */
#ifndef LINNET_IRQ_H
#define LINNET_IRQ_H

#include <linnet/cpumask.h>
#include <linnet/list.h>
#include <linnet/spinlock.h>

struct irq_desc;
struct pt_regs;

enum irq_return { IRQ_NONE, IRQ_HANDLED };
typedef enum irq_return (*irq_handler)(int irq, void *data);

enum irq_flags {
	IRQF_SHARED = 1,
	IRQF_PERCPU = 2, /* private to each CPU; enable on each */
};

enum irq_trigger {
	IRQ_TYPE_EDGE_RISING = 1,
	IRQ_TYPE_LEVEL_HIGH = 4,
};

struct irq_chip {
	const char *name;
	/* All may be called with interrupts off and the descriptor locked. */
	void (*mask)(u32 hwirq);
	void (*unmask)(u32 hwirq);
	void (*eoi)(u32 hwirq);
	int (*set_type)(u32 hwirq, u32 type);
	int (*set_affinity)(u32 hwirq, u32 cpu);
	/* Raise software interrupt @ipi on @mask. */
	void (*send_ipi)(const cpumask_t *mask, u32 ipi);
	/* Per-CPU interface of the calling CPU. */
	void (*init_cpu)(void);
};

/* 0 or -EBUSY, -ENOMEM, -EINVAL. May sleep. */
int request_irq(int irq, irq_handler fn, u32 flags, const char *name,
		void *data);
void free_irq(int irq, void *data);
void enable_percpu_irq(int irq);
void disable_irq(int irq);
void enable_irq(int irq);

/*
 * Where an interrupt may go and where it goes; may sleep. -EIO: it belongs to each
 * CPU; -EINVAL: no CPU of @mask is online.
 */
bool irq_can_set_affinity(int irq);
int irq_set_affinity(int irq, const cpumask_t *mask);
int irq_get_affinity(int irq, cpumask_t *allowed, cpumask_t *now);
/* Of interrupts that are mapped later. */
int irq_set_default_affinity(const cpumask_t *mask);
cpumask_t irq_default_affinity(void);

/* The next interrupt that is mapped, from @irq on; -1: there is none. */
int irq_next(int irq);
/* How often it came; how often nobody knew it (masked after the maximum). */
enum { IRQ_UNHANDLED_MAX = 100000 };
u64 irq_count(int irq);
u64 irq_unhandled(int irq);

/* For controllers: make (or find) the virq of @hwirq. Negative: -ENOMEM. */
int irq_map(u32 hwirq, u32 type);
void irq_set_chip(const struct irq_chip *chip);
/* The controller's entry: acknowledges and calls irq_handle()/ipi_handle(). */
void irq_set_root_handler(void (*fn)(struct pt_regs *regs));
/* Entry from the controller's handler with the hardware number. */
void irq_handle(u32 hwirq);

/* Inter-processor interrupts. */
enum ipi_kind { IPI_RESCHEDULE, IPI_CALL, IPI_STOP, IPI_TIMER, IPI_NR };
void ipi_send(u32 cpu, enum ipi_kind kind);
void ipi_handle(u32 kind);
void ipi_count(u32 kind);
u64 irq_total(void);
/* In a handler: did the interrupt come from user mode? */
bool irq_interrupted_user(void);
/* Could it have switched tasks there? */
bool irq_interrupted_free(void);

/* The affinity fields of a CPU's MPIDR. */
u64 cpu_affinity(u32 cpu);
/* Run @fn on every CPU in @mask (without the caller) and wait. */
void smp_call(const cpumask_t *mask, void (*fn)(void *arg), void *arg);
/*
 * Run @fn here, interrupts off, while all other CPUs stand still in an
 * interrupt: it must not take a lock that one of them may hold. May sleep.
 */
void smp_call_alone(void (*fn)(void *arg), void *arg);

#endif
