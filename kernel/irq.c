/*
 * Interrupt core: descriptors, handlers, dispatch.
 *
 * A descriptor is made when a driver maps a hardware interrupt (irq_map) and
 * stays. Handlers are a list under RCU; dispatch takes no lock. The controller
 * is one irq_chip for the machine.
 *
 * Spreading: an interrupt goes to one CPU, of those it may go to the one with
 * the fewest interrupts. It is chosen with the first handler and again
 * when the affinity is set.
 *
 * Locks: irq_mutex for tables, handlers and affinity; inside it desc->lock,
 * irq-safe, around mask/unmask/type/affinity of the controller.
 */
#define PR_PREFIX "irq: "
#include <asm/percpu.h>
#include <asm/ptregs.h>
#include <linnet/boot.h>
#include <linnet/errno.h>
#include <linnet/irq.h>
#include <linnet/kmemleak.h>
#include <linnet/mutex.h>
#include <linnet/of.h>
#include <linnet/printk.h>
#include <linnet/random.h>
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
	cpumask_t affinity; /* [irq_mutex] where it may go */
	u32 cpu;	    /* [irq_mutex] where it goes */
	u64 *counts; /* per CPU */
	u64 unhandled;
};

static const struct irq_chip *chip __ro_after_init;
static struct xarray by_hwirq; /* [irq_mutex], RCU: struct irq_desc */
static struct irq_desc **descs; /* [irq_mutex] by irq; RCU */
static int nr_descs;		/* [irq_mutex] */
static DEFINE_MUTEX(irq_mutex);
static cpumask_t default_affinity = {~0ul}; /* [irq_mutex] */
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
		kmemleak_not_leak(descs);
		rcu_assign_pointer(descs, grown);
	}
	spin_init(&d->lock);
	d->hwirq = hwirq;
	d->type = type;
	d->irq = nr_descs;
	d->affinity = default_affinity;
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

/* --- where interrupts go: [irq_mutex] --- */

/* The online CPU of @mask with the fewest interrupts; NR_CPUS: there is none. */
static u32 choose_cpu(const struct irq_desc *self, const cpumask_t *mask)
{
	u32 best = NR_CPUS, fewest = U32_MAX, cpu;

	for_each_online_cpu(cpu) {
		u32 n = 0;

		if (!cpumask_test(mask, cpu))
			continue;
		for (int i = 0; i < nr_descs; i++)
			n += descs[i] != self && descs[i]->actions &&
			     !(descs[i]->actions->flags & IRQF_PERCPU) &&
			     descs[i]->cpu == cpu;
		if (n < fewest) {
			best = cpu;
			fewest = n;
		}
	}
	return best;
}

static int route(struct irq_desc *d, const cpumask_t *mask)
{
	u32 cpu = choose_cpu(d, mask);
	int err;

	if (cpu == NR_CPUS)
		return -EINVAL;
	spin_lock_irq(&d->lock);
	err = chip->set_affinity(d->hwirq, cpu);
	spin_unlock_irq(&d->lock);
	if (!err)
		d->cpu = cpu;
	return err;
}

/* The CPUs of the default may all be offline, or not yet online. */
static int route_first(struct irq_desc *d)
{
	if (!chip->set_affinity || !route(d, &d->affinity))
		return 0;
	return route(d, &cpu_possible_mask);
}

bool irq_can_set_affinity(int irq)
{
	struct irq_desc *d = desc_of(irq);
	bool can;

	if (!d || !chip->set_affinity)
		return false;
	rcu_read_lock();
	can = d->actions && !(rcu_dereference(d->actions)->flags & IRQF_PERCPU);
	rcu_read_unlock();
	return can;
}

int irq_set_affinity(int irq, const cpumask_t *mask)
{
	struct irq_desc *d = desc_of(irq);
	int err;

	if (!irq_can_set_affinity(irq))
		return -EIO;
	mutex_lock(&irq_mutex);
	err = route(d, mask);
	if (!err)
		d->affinity = *mask;
	mutex_unlock(&irq_mutex);
	return err;
}

int irq_get_affinity(int irq, cpumask_t *allowed, cpumask_t *now)
{
	struct irq_desc *d = desc_of(irq);

	if (!d)
		return -EINVAL;
	mutex_lock(&irq_mutex);
	allowed->bits = d->affinity.bits & cpu_possible_mask.bits;
	now->bits = irq_can_set_affinity(irq) ? 1ul << d->cpu : 0;
	mutex_unlock(&irq_mutex);
	return 0;
}

int irq_set_default_affinity(const cpumask_t *mask)
{
	if (!(mask->bits & cpu_online_mask.bits))
		return -EINVAL;
	mutex_lock(&irq_mutex);
	default_affinity = *mask;
	mutex_unlock(&irq_mutex);
	return 0;
}

cpumask_t irq_default_affinity(void)
{
	return (cpumask_t){default_affinity.bits & cpu_possible_mask.bits};
}

/* --- handlers --- */

/* The first handler is there. [irq_mutex] */
static int start(struct irq_desc *d, u32 flags)
{
	int err = flags & IRQF_PERCPU ? 0 : route_first(d);

	if (err)
		return err;
	spin_lock_irq(&d->lock);
	if (chip->set_type)
		err = chip->set_type(d->hwirq, d->type);
	if (!err)
		chip->unmask(d->hwirq);
	spin_unlock_irq(&d->lock);
	return err;
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
	if (!d->actions) {
		rcu_assign_pointer(d->actions, a);
		err = start(d, flags);
		if (err)
			rcu_assign_pointer(d->actions, NULL);
	} else if (flags & d->actions->flags & IRQF_SHARED) {
		for (tail = &d->actions; *tail; tail = &(*tail)->next)
			;
		rcu_assign_pointer(*tail, a);
	} else {
		err = -EBUSY;
	}
	mutex_unlock(&irq_mutex);
	if (err) {
		synchronize_rcu(); /* it may have been seen */
		kfree(a);
	}
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

/* Called by the controller driver for each pending interrupt. */
void irq_handle(u32 hwirq)
{
	struct irq_desc *d = xa_load(&by_hwirq, hwirq);
	bool handled = false;

	add_interrupt_randomness(hwirq);
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
	if (unlikely(!handled) && ++d->unhandled == IRQ_UNHANDLED_MAX) {
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
		sum += irq_count(i);
	return sum;
}

int irq_next(int irq)
{
	irq = max(irq, 0);
	return irq < smp_load_acquire(&nr_descs) ? irq : -1;
}

u64 irq_count(int irq)
{
	struct irq_desc *d = desc_of(irq);
	u64 sum = 0;

	for (u32 cpu = 0; d && cpu < nr_cpus; cpu++)
		sum += d->counts[cpu];
	return sum;
}

u64 irq_unhandled(int irq)
{
	struct irq_desc *d = desc_of(irq);

	return d ? READ_ONCE(d->unhandled) : 0;
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
