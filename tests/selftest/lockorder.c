/*
 * The lock-order checker of the debug build: each test shows it the parts of a
 * deadlock one after the other, so that none happens.
 */
#include <asm/irqflags.h>
#include <linnet/ktest.h>
#include <linnet/lockcheck.h>
#include <linnet/mutex.h>
#include <linnet/spinlock.h>

#define REPORTS(n, bad)                                                        \
	do {                                                                   \
		u32 _before = lockcheck_seen();                                \
		lockcheck_expect(true);                                        \
		bad;                                                           \
		lockcheck_expect(false);                                       \
		KTEST_CHECK(lockcheck_seen() == _before + (n));                \
	} while (0)

static DEFINE_MUTEX(order_a);
static DEFINE_MUTEX(order_b);
static DEFINE_SPINLOCK(order_c);

static void nest(struct mutex *outer, struct mutex *inner)
{
	mutex_lock(outer);
	mutex_lock(inner);
	mutex_unlock(inner);
	mutex_unlock(outer);
}

static bool lockorder_abba(void)
{
	REPORTS(0, nest(&order_a, &order_b));
	REPORTS(0, nest(&order_a, &order_b));
	REPORTS(1, nest(&order_b, &order_a));
	/* once per pair */
	REPORTS(0, nest(&order_b, &order_a));
	return true;
}
KTEST(lockorder_abba);

/* x > y > z is known: z > x closes a circle of three. */
static bool lockorder_circle(void)
{
	static DEFINE_RWSEM(x);
	static DEFINE_RWSEM(y);
	static DEFINE_RWSEM(z);

	down_read(&x);
	down_write(&y);
	up_write(&y);
	up_read(&x);
	down_write(&y);
	down_read(&z);
	up_read(&z);
	up_write(&y);
	down_read(&z);
	REPORTS(1, down_read(&x));
	up_read(&x);
	/* a try cannot wait */
	REPORTS(0, KTEST_CHECK(down_write_trylock(&y)));
	up_write(&y);
	up_read(&z);
	return true;
}
KTEST(lockorder_circle);

static bool lockorder_recursion(void)
{
	static DEFINE_RWSEM(sem);

	down_read(&sem);
	REPORTS(1, down_read(&sem));
	up_read(&sem);
	up_read(&sem);
	return true;
}
KTEST(lockorder_recursion);

static bool lockorder_owner(void)
{
	static DEFINE_MUTEX(m);

	REPORTS(1, mutex_unlock(&m));
	REPORTS(1, { mutex_lock(&m); lockcheck_exit(); });
	mutex_unlock(&m);
	return true;
}
KTEST(lockorder_owner);

static void in_interrupt(spinlock_t *l)
{
	u64 flags = local_irq_save();

	current_ti()->preempt_count += HARDIRQ_OFFSET;
	spin_lock(l);
	spin_unlock(l);
	current_ti()->preempt_count -= HARDIRQ_OFFSET;
	local_irq_restore(flags);
}

static void with_interrupts(spinlock_t *l)
{
	spin_lock(l);
	spin_unlock(l);
}

static void under(spinlock_t *outer, spinlock_t *inner)
{
	u64 flags = spin_lock_irqsave(outer);

	spin_lock(inner);
	spin_unlock(inner);
	spin_unlock_irqrestore(outer, flags);
}

static bool lockorder_irq(void)
{
	static DEFINE_SPINLOCK(outer);
	static DEFINE_SPINLOCK(inner);

	REPORTS(0, in_interrupt(&order_c));
	REPORTS(1, with_interrupts(&order_c));
	REPORTS(0, in_interrupt(&outer));
	REPORTS(0, under(&outer, &inner));
	REPORTS(1, with_interrupts(&inner));
	return true;
}
KTEST(lockorder_irq);
