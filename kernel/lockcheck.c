/*
 * The lock-order checker: deadlocks are reported when their parts have been
 * seen, not when they happen.
 *
 * Locks that are initialised at one place make a class; a lock with a static
 * initialiser is one of its own. When a lock is taken while others are held,
 * edges "held before taken" enter a graph of classes. Reported, once per pair,
 * with the trace that made the edge and those on the way back:
 *
 *   order      a new edge that closes a circle
 *   recursion  a lock that the same task, or CPU, holds already
 *   irq        a spinlock taken in interrupts, and somewhere with interrupts
 *              on; or, through the graph, one held while waiting for such
 *   owner      a lock let go by who does not hold it, or never
 *
 * Spinlocks are noted per CPU (a switch hands the run queue's on), sleeping
 * locks per task. What an interrupt takes is not ordered after what it
 * interrupted: that is what the irq rule is for. trylock makes no edge, but
 * what is taken under it does.
 *
 * Not seen: two locks of one class, where docs/locking.md has rules of its own
 * (parent > child, by address); the page lock and other bits; completions.
 * Readers of an rwsem count as writers: they queue behind those.
 *
 * graph_lock is taken without touching preemption, below all others; nothing
 * is printed under it. A CPU does not check its own reports.
 */
#define PR_PREFIX ""
#include <asm/irqflags.h>
#include <asm/percpu.h>
#include <asm/sections.h>
#include <linnet/lockcheck.h>
#include <linnet/mutex.h>
#include <linnet/printk.h>
#include <linnet/seq_file.h>
#include <linnet/stackdepot.h>
#include <linnet/task.h>

enum {
	MAX_CLASSES = 1024,
	MAX_EDGES = 8192,
	WORDS = MAX_CLASSES / 64,
	MAX_PATH = 16,
};

enum usage { IN_IRQ = 1, IRQS_ON = 2 };

struct lock_class {
	u64 key; /* place of initialisation, or the static lock */
	u32 usage;
	u32 first, in_irq, irqs_on; /* traces: of the first use, such uses */
};

struct lock_edge {
	u16 from, to;
	u32 trace; /* of taking `to` */
	u64 ip;	   /* where `from` was taken */
};

static DEFINE_SPINLOCK(graph_lock);
/* All [graph_lock] for writing; bits and classes are only ever added. */
static struct lock_class classes[MAX_CLASSES];
static u32 nr_classes = 1; /* 0: not known, not checked */
static u64 after[MAX_CLASSES][WORDS];
static struct lock_edge edges[MAX_EDGES];
static u32 nr_edges;

static DEFINE_PERCPU(struct lock_stack, cpu_locks);
static DEFINE_PERCPU(bool, checking);
static u32 seen;
static bool expected;

/* A report is made under graph_lock and printed without. */
struct report {
	const char *what; /* NULL: none */
	u32 first, last;  /* classes */
	u64 ip;		  /* where `first` was taken, 0 not at all */
	u32 n;
	struct {
		u32 class, trace;
	} step[MAX_PATH];
};

/* --- classes --- */

static bool is_static(u64 addr)
{
	return addr >= (u64)_start && addr < (u64)_image_end;
}

/* [graph_lock] */
static u32 class_of_key(u64 key)
{
	u32 c;

	for (c = 1; c < nr_classes; c++)
		if (classes[c].key == key)
			return c;
	if (c == MAX_CLASSES)
		return 0;
	nr_classes++;
	classes[c].key = key;
	classes[c].first = stackdepot_save(2);
	return c;
}

static u32 find_class(u64 key)
{
	u64 flags = local_irq_save();
	u32 c;

	spin_acquire(&graph_lock);
	c = class_of_key(key);
	spin_release(&graph_lock);
	local_irq_restore(flags);
	return c;
}

void spin_init(spinlock_t *l)
{
	l->word = 0;
	l->class = find_class((u64)__builtin_return_address(0));
}

void mutex_init(struct mutex *m)
{
	u64 site = (u64)__builtin_return_address(0);

	m->owner = 0;
	m->class = find_class(site);
	m->wait_lock = (spinlock_t)SPINLOCK_INIT;
	m->wait_lock.class = find_class((u64)mutex_init);
	list_init(&m->waiters);
}

void rwsem_init(struct rwsem *s)
{
	u64 site = (u64)__builtin_return_address(0);

	s->count = 0;
	s->class = find_class(site);
	s->wait_lock = (spinlock_t)SPINLOCK_INIT;
	s->wait_lock.class = find_class((u64)rwsem_init);
	list_init(&s->waiters);
}

/* --- the graph. [graph_lock] --- */

static bool has_edge(u32 from, u32 to)
{
	return READ_ONCE(after[from][to / 64]) >> to % 64 & 1;
}

static u32 edge_trace(u32 from, u32 to)
{
	for (u32 i = 0; i < nr_edges; i++)
		if (edges[i].from == from && edges[i].to == to)
			return edges[i].trace;
	return 0;
}

static u16 came_from[MAX_CLASSES]; /* of the last search */
static u16 queue[MAX_CLASSES];

/* Breadth first from @from, to the first class that has @usage or is @to. */
static u32 search(u32 from, u32 to, u32 usage)
{
	u32 head = 0, tail = 0;

	for (u32 i = 0; i < nr_classes; i++)
		came_from[i] = 0;
	came_from[from] = (u16)from;
	queue[tail++] = (u16)from;
	while (head < tail) {
		u32 c = queue[head++];

		if (c == to || classes[c].usage & usage)
			return c;
		for (u32 n = 1; n < nr_classes; n++)
			if (!came_from[n] && has_edge(c, n)) {
				came_from[n] = (u16)c;
				queue[tail++] = (u16)n;
			}
	}
	return 0;
}

/* The way the last search took, backwards. */
static void report_path(struct report *r, u32 from, u32 to)
{
	for (u32 c = to; r->n < MAX_PATH; c = came_from[c]) {
		r->step[r->n].class = c;
		r->step[r->n++].trace = c == from ? 0
						  : edge_trace(came_from[c], c);
		if (c == from)
			return;
	}
}

/* An interrupt may wait for @c, or for what leads to it. */
static u32 used_in_irq(u32 c)
{
	if (classes[c].usage & IN_IRQ)
		return c;
	for (u32 i = 1; i < nr_classes; i++)
		if (classes[i].usage & IN_IRQ && search(i, c, 0) == c)
			return i;
	return 0;
}

static void check_irq(struct report *r, u32 from, u32 to)
{
	u32 irq, on;

	irq = used_in_irq(from);
	if (!irq)
		return;
	on = search(to, 0, IRQS_ON);
	if (!on)
		return;
	r->what = irq == on ? "taken in interrupts and with interrupts on"
			    : "waited for under a lock of interrupts, and taken with interrupts on";
	r->first = irq;
	r->last = on;
	report_path(r, to, on);
}

static void add_edge(struct report *r, const struct held_lock *h, u32 to)
{
	u32 from = h->class;

	if (has_edge(from, to) || nr_edges == MAX_EDGES)
		return;
	if (search(to, from, 0) == from) {
		r->what = "taken in the wrong order";
		r->first = from;
		r->last = to;
		r->ip = h->ip;
		report_path(r, to, from);
	}
	after[from][to / 64] |= 1ul << to % 64;
	edges[nr_edges].from = (u16)from;
	edges[nr_edges].to = (u16)to;
	edges[nr_edges].ip = h->ip;
	edges[nr_edges++].trace = stackdepot_save(2);
	if (!r->what)
		check_irq(r, from, to);
}

static void add_usage(struct report *r, u32 c, u32 usage)
{
	struct lock_class *k = &classes[c];

	k->usage |= usage;
	if (usage & IN_IRQ)
		k->in_irq = stackdepot_save(2);
	else
		k->irqs_on = stackdepot_save(2);
	check_irq(r, c, c);
}

/* --- reports --- */

static void print_class(const char *what, u32 c)
{
	const struct lock_class *k = &classes[c];

	if (is_static(k->key) && k->key >= (u64)_text_end)
		pr_emerg("%s: the static lock at %#lx, first taken:\n", what,
			 k->key);
	else
		pr_emerg("%s: locks initialised at %pS, first:\n", what,
			 (void *)k->key);
	stackdepot_print(k->first);
}

static void print_usage(u32 c)
{
	if (classes[c].in_irq) {
		pr_emerg("in an interrupt:\n");
		stackdepot_print(classes[c].in_irq);
	}
	if (classes[c].irqs_on) {
		pr_emerg("with interrupts on:\n");
		stackdepot_print(classes[c].irqs_on);
	}
}

static void print_report(const struct report *r)
{
	atomic_inc(&seen);
	if (expected)
		return;
	add_taint(TAINT_WARN);
	pr_emerg("BUG: LOCKS: %s (task %s, CPU %u)\n", r->what, current->comm,
		 smp_processor_id());
	dump_stack();
	print_class("one", r->first);
	print_usage(r->first);
	if (r->ip)
		pr_emerg("held since %pS\n", (void *)r->ip);
	if (r->last != r->first) {
		print_class("other", r->last);
		print_usage(r->last);
	}
	for (u32 i = 0; i + 1 < r->n; i++) {
		print_class("taken earlier", r->step[i].class);
		print_class("under", r->step[i + 1].class);
		pr_emerg("by:\n");
		stackdepot_print(r->step[i].trace);
	}
	pr_emerg("---[ end of the report ]---\n");
}

/* --- taking and letting go --- */

static struct lock_stack *stack_of(u32 flags)
{
	return flags & LOCK_SLEEPS ? &current->locks : this_cpu_ptr(&cpu_locks);
}

enum { HELD_IN_IRQ = 0x100 };

/* [graph_lock] The new lock against those on one stack. */
static void check_against(struct report *r, const struct lock_stack *s,
			  const void *lock, u32 class, u32 context)
{
	for (u32 i = 0; i < s->n; i++) {
		const struct held_lock *h = &s->held[i];

		if ((h->flags & HELD_IN_IRQ) != context)
			continue;
		if (h->lock == lock && !r->what) {
			r->what = "taken while held";
			r->first = r->last = class;
			r->ip = h->ip;
		}
		if (h->class != class && !has_edge(h->class, class))
			add_edge(r, h, class);
	}
}

/* Is everything about this in the graph? Then no lock is needed. */
static bool all_known(const struct lock_stack *s, const void *lock, u32 class,
		      u32 context)
{
	for (u32 i = 0; i < s->n; i++) {
		const struct held_lock *h = &s->held[i];

		if ((h->flags & HELD_IN_IRQ) == context &&
		    (h->lock == lock ||
		     (h->class != class && !has_edge(h->class, class))))
			return false;
	}
	return true;
}

static void push(const void *lock, u32 class, u32 flags, u64 ip)
{
	struct lock_stack *s = stack_of(flags);

	if (s->n < LOCKS_HELD)
		s->held[s->n++] = (struct held_lock){lock, class, flags, ip};
}

/* What @flags say of how the lock is used that its class does not know yet. */
static u32 new_usage(u32 class, u32 flags, bool irqs_were_on)
{
	u32 usage = 0;

	if (flags & LOCK_SLEEPS)
		return 0;
	if (flags & HELD_IN_IRQ && !(flags & LOCK_TRY))
		usage = IN_IRQ;
	else if (irqs_were_on)
		usage = IRQS_ON;
	return usage & ~READ_ONCE(classes[class].usage);
}

static void check(struct report *r, const void *lock, u32 class, u32 flags,
		  bool irqs_were_on)
{
	u32 context = flags & HELD_IN_IRQ, usage;
	const struct lock_stack *cpu = this_cpu_ptr(&cpu_locks);
	bool known = flags & LOCK_TRY ||
		     (all_known(cpu, lock, class, context) &&
		      (context || all_known(&current->locks, lock, class, 0)));

	usage = new_usage(class, flags, irqs_were_on);
	if (known && !usage)
		return;
	spin_acquire(&graph_lock);
	if (!known) {
		check_against(r, cpu, lock, class, context);
		if (!context)
			check_against(r, &current->locks, lock, class, 0);
	}
	if (usage && !(classes[class].usage & usage))
		add_usage(r, class, usage);
	spin_release(&graph_lock);
}

void lockcheck_acquire(const void *lock, u32 *class, u32 flags)
{
	u64 ip = (u64)__builtin_return_address(0);
	struct report r = {.what = NULL};
	bool irqs_were_on = !irqs_disabled();
	u64 irq = local_irq_save();

	if (this_cpu(checking))
		goto out;
	this_cpu(checking) = true;
	if (in_hardirq())
		flags |= HELD_IN_IRQ;
	if (!*class)
		*class = find_class(is_static((u64)lock) ? (u64)lock : ip);
	if (*class)
		check(&r, lock, *class, flags, irqs_were_on);
	if (r.what)
		print_report(&r);
	push(lock, *class, flags, ip);
	this_cpu(checking) = false;
out:
	local_irq_restore(irq);
}

/* Take @lock off the stack; false: it is not there. */
static bool pop(struct lock_stack *s, const void *lock)
{
	for (u32 i = s->n; i-- > 0;) {
		if (s->held[i].lock != lock)
			continue;
		for (s->n--; i < s->n; i++)
			s->held[i] = s->held[i + 1];
		return true;
	}
	return s->n == LOCKS_HELD; /* there may have been more */
}

static void report_plain(const char *what, const void *lock)
{
	atomic_inc(&seen);
	if (expected)
		return;
	add_taint(TAINT_WARN);
	pr_emerg("BUG: LOCKS: %#lx %s (task %s, CPU %u)\n", (u64)lock, what,
		 current->comm, smp_processor_id());
	dump_stack();
}

void lockcheck_release(const void *lock, u32 flags)
{
	u64 irq = local_irq_save();

	if (!this_cpu(checking) && !pop(stack_of(flags), lock)) {
		this_cpu(checking) = true;
		report_plain("is let go by who does not hold it", lock);
		this_cpu(checking) = false;
	}
	local_irq_restore(irq);
}

void lockcheck_exit(void)
{
	const struct lock_stack *s = &current->locks;

	for (u32 i = 0; i < s->n; i++)
		report_plain("is held by a task that ends", s->held[i].lock);
}

bool lockcheck_held(const void *lock)
{
	const struct lock_stack *s;
	u64 irq = local_irq_save();
	bool held;

	s = this_cpu_ptr(&cpu_locks);
	held = s->n == LOCKS_HELD || this_cpu(checking);
	for (u32 i = 0; i < s->n; i++)
		held |= s->held[i].lock == lock;
	local_irq_restore(irq);
	return held;
}

u32 lockcheck_seen(void)
{
	return atomic_read(&seen);
}

void lockcheck_expect(bool on)
{
	expected = on;
}

static void show_class(struct seq_file *m, u32 c)
{
	u64 key = classes[c].key;

	if (is_static(key) && key >= (u64)_text_end)
		seq_printf(m, "%#lx", key);
	else
		seq_printf(m, "%pS", (void *)key);
}

/* /proc/lockorder: "outer > inner", addresses for static locks. */
int lockcheck_show(struct seq_file *m)
{
	u32 n = READ_ONCE(nr_edges);

	for (u32 i = 0; i < n; i++) {
		show_class(m, edges[i].from);
		seq_puts(m, " > ");
		show_class(m, edges[i].to);
		seq_printf(m, "  at %pS\n", (void *)edges[i].ip);
	}
	return 0;
}
