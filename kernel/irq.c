/*
 * Interrupt core: descriptors, handlers, dispatch.
 *
 * A descriptor is made when a driver maps a hardware interrupt (irq_map) and
 * stays. Handlers are a list under RCU; dispatch takes no lock. The controller
 * is one irq_chip for the machine.
 *
 * Lock: desc->lock, irq-safe, around mask/unmask/type/affinity.
 */
#define PR_PREFIX "irq: "
#include <asm/percpu.h>
#include <asm/ptregs.h>
#include <linnet/boot.h>
#include <linnet/errno.h>
#include <linnet/irq.h>
#include <linnet/mutex.h>
#include <linnet/of.h>
#include <linnet/printk.h>
#include <linnet/rcu.h>
#include <linnet/seq_file.h>
#include <linnet/slab.h>
#include <linnet/task.h>
#include <linnet/xarray.h>
#include "sched.h"

struct irq_action {
	struct irq_action *next; /* RCU */
	irq_handler fn;
	void *data;
	const char *name;
	u32 flags;
	struct rcu_head rcu;
};

struct irq_desc {
	spinlock_t lock;
	u32 hwirq;
	int irq;
	u32 type;
	u32 disabled; /* [lock] depth */
	struct irq_action *actions; /* [irq_mutex], RCU */
	cpumask_t affinity;
	u64 *counts; /* per CPU */
	u64 unhandled;
};

static const struct irq_chip *chip __ro_after_init;
static struct xarray by_hwirq; /* [irq_mutex], RCU: struct irq_desc */
static struct irq_desc **descs; /* [irq_mutex] by irq; RCU */
static int nr_descs;		/* [irq_mutex] */
static DEFINE_MUTEX(irq_mutex);
static DEFINE_PERCPU(u64[IPI_NR], ipi_counts);
enum irq_hit { HIT_ATOMIC, HIT_PREEMPTIBLE, HIT_USER };
static DEFINE_PERCPU(enum irq_hit, irq_hit); /* what was interrupted */

void irq_entry(struct pt_regs *regs);
int show_interrupts(struct seq_file *m);

void irq_set_chip(const struct irq_chip *c)
{
	chip = c;
}

static struct irq_desc *desc_of(int irq)
{
	return irq >= 0 && irq < READ_ONCE(nr_descs) ? descs[irq] : NULL;
}

static struct irq_desc *desc_create(u32 hwirq, u32 type)
{
	struct irq_desc *d = kzalloc(sizeof(*d), GFP_KERNEL);
	struct irq_desc **grown;

	if (!d)
		return NULL;
	d->counts = kcalloc(nr_cpus, sizeof(u64), GFP_KERNEL);
	if (!d->counts || xa_store(&by_hwirq, hwirq, d))
		goto fail;
	/* Descriptors stay, and so do outgrown arrays: few and small. */
	if ((nr_descs & (nr_descs - 1)) == 0) {
		grown = kcalloc(max(nr_descs * 2, 1), sizeof(*grown), GFP_KERNEL);
		if (!grown) {
			xa_erase(&by_hwirq, hwirq);
			goto fail;
		}
		for (int i = 0; i < nr_descs; i++)
			grown[i] = descs[i];
		rcu_assign_pointer(descs, grown);
	}
	spin_init(&d->lock);
	d->hwirq = hwirq;
	d->type = type;
	d->irq = nr_descs;
	d->affinity = cpu_possible_mask;
	descs[nr_descs] = d;
	smp_store_release(&nr_descs, nr_descs + 1);
	return d;
fail:
	kfree(d->counts);
	kfree(d);
	return NULL;
}

int irq_map(u32 hwirq, u32 type)
{
	struct irq_desc *d;
	int irq;

	mutex_lock(&irq_mutex);
	d = xa_load(&by_hwirq, hwirq);
	if (!d)
		d = desc_create(hwirq, type);
	irq = d ? d->irq : -ENOMEM;
	mutex_unlock(&irq_mutex);
	return irq;
}

int request_irq(int irq, irq_handler fn, u32 flags, const char *name, void *data)
{
	struct irq_desc *d = desc_of(irq);
	struct irq_action *a, **tail;
	int err = 0;

	if (!d)
		return -EINVAL;
	a = kzalloc(sizeof(*a), GFP_KERNEL);
	if (!a)
		return -ENOMEM;
	*a = (struct irq_action){.fn = fn, .data = data, .name = name,
				 .flags = flags};
	mutex_lock(&irq_mutex);
	if (d->actions && !(flags & d->actions->flags & IRQF_SHARED)) {
		kfree(a);
		err = -EBUSY;
		goto out;
	}
	for (tail = &d->actions; *tail; tail = &(*tail)->next)
		;
	rcu_assign_pointer(*tail, a);
	if (tail == &d->actions) {
		spin_lock_irq(&d->lock);
		if (chip->set_type)
			err = chip->set_type(d->hwirq, d->type);
		if (!err)
			chip->unmask(d->hwirq);
		spin_unlock_irq(&d->lock);
	}
out:
	mutex_unlock(&irq_mutex);
	return err;
}

void free_irq(int irq, void *data)
{
	struct irq_desc *d = desc_of(irq);
	struct irq_action **p, *a = NULL;

	if (!d)
		return;
	mutex_lock(&irq_mutex);
	for (p = &d->actions; *p; p = &(*p)->next) {
		if ((*p)->data != data)
			continue;
		a = *p;
		rcu_assign_pointer(*p, a->next);
		break;
	}
	if (!d->actions) {
		spin_lock_irq(&d->lock);
		chip->mask(d->hwirq);
		spin_unlock_irq(&d->lock);
	}
	mutex_unlock(&irq_mutex);
	if (a) {
		synchronize_rcu();
		kfree(a);
	}
}

void enable_percpu_irq(int irq)
{
	struct irq_desc *d = desc_of(irq);

	if (d)
		chip->unmask(d->hwirq);
}

void disable_irq(int irq)
{
	struct irq_desc *d = desc_of(irq);
	u64 flags;

	if (!d)
		return;
	flags = spin_lock_irqsave(&d->lock);
	if (d->disabled++ == 0)
		chip->mask(d->hwirq);
	spin_unlock_irqrestore(&d->lock, flags);
}

void enable_irq(int irq)
{
	struct irq_desc *d = desc_of(irq);
	u64 flags;

	if (!d)
		return;
	flags = spin_lock_irqsave(&d->lock);
	if (d->disabled && --d->disabled == 0)
		chip->unmask(d->hwirq);
	spin_unlock_irqrestore(&d->lock, flags);
}

int irq_set_affinity(int irq, const cpumask_t *mask)
{
	struct irq_desc *d = desc_of(irq);
	int err = -EINVAL;
	u64 flags;

	if (!d || !chip->set_affinity ||
	    !(mask->bits & READ_ONCE(cpu_online_mask.bits)))
		return -EINVAL;
	flags = spin_lock_irqsave(&d->lock);
	err = chip->set_affinity(d->hwirq, mask);
	if (!err)
		d->affinity = *mask;
	spin_unlock_irqrestore(&d->lock, flags);
	return err;
}

/* Called by the controller driver for each pending interrupt. */
void irq_handle(u32 hwirq)
{
	struct irq_desc *d = xa_load(&by_hwirq, hwirq);
	bool handled = false;

	if (unlikely(!d)) {
		chip->mask(hwirq);
		pr_warn("spurious interrupt %u masked\n", hwirq);
		return;
	}
	d->counts[smp_processor_id()]++;
	for (struct irq_action *a = rcu_dereference(d->actions); a;
	     a = rcu_dereference(a->next))
		handled |= a->fn(d->irq, a->data) == IRQ_HANDLED;
	/* A stuck line would keep this CPU here for ever. */
	if (unlikely(!handled) && ++d->unhandled == 100000) {
		chip->mask(hwirq);
		pr_err("interrupt %u: nobody cared, masked\n", hwirq);
	}
}

static void (*root_handler)(struct pt_regs *regs) __ro_after_init;

void irq_set_root_handler(void (*fn)(struct pt_regs *regs))
{
	root_handler = fn;
}

/*
 * From the vectors, on the interrupt stack. An interrupt taken where
 * preemption was enabled is a quiescent point for RCU.
 */
void irq_entry(struct pt_regs *regs)
{
	struct thread_info *ti = current_ti();

	if (unlikely(cpumask_test(&rcu_waiting_for, ti->cpu)) &&
	    !ti->preempt_count)
		rcu_quiescent_slow();
	this_cpu(irq_hit) = user_mode(regs)	  ? HIT_USER
			    : !ti->preempt_count ? HIT_PREEMPTIBLE
						 : HIT_ATOMIC;
	ti->preempt_count += HARDIRQ_OFFSET;
	root_handler(regs);
	ti->preempt_count -= HARDIRQ_OFFSET;
}

bool irq_interrupted_user(void)
{
	return this_cpu(irq_hit) == HIT_USER;
}

bool irq_interrupted_free(void)
{
	return this_cpu(irq_hit) != HIT_ATOMIC;
}

void ipi_send(u32 cpu, enum ipi_kind kind)
{
	cpumask_t mask = {1ul << cpu};

	chip->send_ipi(&mask, kind);
}

void ipi_count(u32 kind)
{
	this_cpu(ipi_counts)[kind]++;
}

void __init_text irq_init(void)
{
	xa_init(&by_hwirq);
	if (of_probe_irqchip() || !chip)
		panic("no interrupt controller in the device tree");
	irq_init_cpu();
}

void irq_init_cpu(void)
{
	chip->init_cpu();
}

u64 irq_total(void)
{
	u64 sum = 0;

	for (int i = 0; i < READ_ONCE(nr_descs); i++)
		for (u32 cpu = 0; cpu < nr_cpus; cpu++)
			sum += descs[i]->counts[cpu];
	return sum;
}

/* /proc/interrupts */
int show_interrupts(struct seq_file *m)
{
	static const char *const ipi_names[IPI_NR] = {
		"Rescheduling interrupts", "Function call interrupts",
		"CPU stop interrupts", "Timer broadcast interrupts"};
	u32 cpu;

	seq_puts(m, "     ");
	for_each_online_cpu(cpu)
		seq_printf(m, "      CPU%-3u", cpu);
	seq_putc(m, '\n');
	for (int i = 0; i < READ_ONCE(nr_descs); i++) {
		struct irq_desc *d = descs[i];

		if (!d->actions)
			continue;
		seq_printf(m, "%3d: ", i);
		for_each_online_cpu(cpu)
			seq_printf(m, "%10lu ", d->counts[cpu]);
		seq_printf(m, " %s %5u %s", chip->name, d->hwirq,
			   d->type == IRQ_TYPE_LEVEL_HIGH ? "Level" : "Edge");
		rcu_read_lock();
		for (struct irq_action *a = d->actions; a; a = a->next)
			seq_printf(m, "%s %s", a == d->actions ? "    " : ",",
				   a->name);
		rcu_read_unlock();
		seq_putc(m, '\n');
	}
	for (u32 k = 0; k < IPI_NR; k++) {
		seq_printf(m, "IPI%u:", k);
		for_each_online_cpu(cpu)
			seq_printf(m, "%10lu ", per_cpu(ipi_counts, cpu)[k]);
		seq_printf(m, "      %s\n", ipi_names[k]);
	}
	return 0;
}
