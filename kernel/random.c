/*
 * Random numbers: a ChaCha20 generator fed by an entropy pool.
 *
 * The pool is a BLAKE2s state into which everything unpredictable is mixed: the
 * seed from the device tree, the CPU's generator, a virtio entropy device, what
 * programs write, when interrupts come, and the cycle counter at each reseeding.
 * The generator's key comes from the pool and is replaced after each use by its
 * own output (fast key erasure), so that a captured state says nothing about the
 * past; it is reseeded from the pool every so often.
 *
 * Who needs numbers that nobody can know waits until FULL_BITS have been credited
 * (random_wait_ready): getrandom() and /dev/random.
 *
 * Lock: random_lock, irq-safe, innermost.
 */
#include <asm/percpu.h>
#include <asm/setup.h>
#include <linnet/bitops.h>
#include <linnet/blake2s.h>
#include <linnet/boot.h>
#include <linnet/chacha20.h>
#include <linnet/errno.h>
#include <linnet/hrtimer.h>
#include <linnet/init.h>
#include <linnet/of.h>
#include <linnet/random.h>
#include <linnet/sched.h>
#include <linnet/spinlock.h>
#include <linnet/string.h>
#include <linnet/task.h>
#include <linnet/time.h>
#include <linnet/timekeeping.h>
#include <linnet/wait.h>
#include <linnet/types.h>

enum {
	KEY_SIZE = 32,
	RESEED_BYTES = 1 << 20,
	FULL_BITS = 256,
	JITTER_BATCH = 64, /* interrupts that count as one bit */
};

static DEFINE_SPINLOCK(random_lock);
static u8 pool[KEY_SIZE];  /* [random_lock] */
static u8 key[KEY_SIZE];   /* [random_lock] */
static u64 nonce;	   /* [random_lock] */
static u64 since_reseed;   /* [random_lock] bytes given out */
static u32 generation;	   /* [random_lock] counts reseedings */
static u32 entropy_bits;   /* [random_lock] credited, at most FULL_BITS */
DEFINE_WAIT_QUEUE(random_ready_wq); /* until it is FULL_BITS */

/* pool = BLAKE2s(pool, data) [random_lock] */
static void mix(const void *data, size_t len)
{
	struct blake2s h;

	blake2s_init(&h, KEY_SIZE, pool, KEY_SIZE);
	blake2s_update(&h, data, len);
	blake2s_final(&h, pool);
}

static void mix_time(void)
{
	u64 t[2] = {get_cycles(), 0};
	bool ok;

	t[1] = arch_random_long(&ok);
	mix(t, sizeof(t));
}

/* A new key from the pool. [random_lock] */
static void reseed(void)
{
	struct blake2s h;

	mix_time();
	blake2s_init(&h, KEY_SIZE, pool, KEY_SIZE);
	blake2s_update(&h, key, KEY_SIZE);
	blake2s_final(&h, key);
	since_reseed = 0;
	WRITE_ONCE(generation, generation + 1);
}

/* Count @bits of entropy: true if there is enough for the first time. [random_lock] */
static bool credit(u32 bits)
{
	bool before = entropy_bits >= FULL_BITS;

	WRITE_ONCE(entropy_bits, min(entropy_bits + bits, (u32)FULL_BITS));
	if (before || entropy_bits < FULL_BITS)
		return false;
	reseed();
	return true;
}

void add_randomness(const void *data, size_t len, u32 bits)
{
	u64 flags = spin_lock_irqsave(&random_lock);
	bool ready;

	mix(data, len);
	ready = credit(bits);
	if (bits && !ready)
		reseed();
	spin_unlock_irqrestore(&random_lock, flags);
	if (ready)
		wake_up_all(&random_ready_wq);
}

/* When interrupts came, folded; by CPU, so that most of them take no lock. */
struct jitter {
	u64 word[4];
	u32 n;
};
static DEFINE_PERCPU(struct jitter, jitter);

void add_interrupt_randomness(u32 hwirq)
{
	struct jitter *j = this_cpu_ptr(&jitter);
	u64 *w = &j->word[j->n % ARRAY_SIZE(j->word)];
	bool ready;

	*w = rol64(*w, 19) ^ get_cycles() ^ (u64)hwirq << 48;
	if (++j->n % JITTER_BATCH)
		return;
	spin_lock(&random_lock);
	mix(j->word, sizeof(j->word));
	ready = credit(1);
	spin_unlock(&random_lock);
	if (ready)
		wake_up_all(&random_ready_wq);
}

bool random_ready(void)
{
	return READ_ONCE(entropy_bits) >= FULL_BITS;
}

/*
 * Nothing has seeded the generator, and an idle machine has few interrupts: how late
 * a sleeper wakes is what there is.
 */
int random_wait_ready(void)
{
	while (!random_ready()) {
		u64 t;

		if (signal_pending(current))
			return -ERESTARTSYS;
		__set_current_state(TASK_INTERRUPTIBLE);
		schedule_timeout_at(ktime_get() + NSEC_PER_MSEC);
		t = get_cycles();
		add_randomness(&t, sizeof(t), 1);
	}
	return 0;
}

u32 random_entropy_bits(void)
{
	return READ_ONCE(entropy_bits);
}

/* The first half of each run's first block becomes the next key. */
void get_random_bytes(void *buf, size_t len)
{
	u8 block[CHACHA20_BLOCK_SIZE];
	u64 n[2] = {0, 0}, flags;
	size_t have = KEY_SIZE, at = 0;
	struct chacha20 c;

	flags = spin_lock_irqsave(&random_lock);
	since_reseed += len;
	if (since_reseed > RESEED_BYTES)
		reseed();
	n[0] = nonce++;
	chacha20_init(&c, key, (const u8 *)n, 0);
	chacha20_block(&c, block);
	memcpy(key, block, KEY_SIZE);
	spin_unlock_irqrestore(&random_lock, flags);
	/* The other half of it, then whole blocks. */
	while (at < len) {
		size_t step = min(len - at, sizeof(block) - have);

		memcpy((u8 *)buf + at, block + have, step);
		at += step;
		have = 0;
		if (at < len)
			chacha20_block(&c, block);
	}
	memzero_explicit(block, sizeof(block));
	memzero_explicit(&c, sizeof(c));
}

/*
 * Words made ahead, by CPU, because a block makes more than one of them: the
 * rest of the first and one whole. What has been given out is erased; what was
 * made before the last reseeding is not given out.
 */
struct random_words {
	u64 word[12];
	u32 left, generation;
};
static DEFINE_PERCPU(struct random_words, random_words);

u64 get_random_u64(void)
{
	u64 flags = local_irq_save();
	struct random_words *w = this_cpu_ptr(&random_words);
	u64 v;

	if (!w->left || w->generation != READ_ONCE(generation)) {
		w->generation = READ_ONCE(generation);
		get_random_bytes(w->word, sizeof(w->word));
		w->left = ARRAY_SIZE(w->word);
	}
	v = w->word[--w->left];
	w->word[w->left] = 0;
	local_irq_restore(flags);
	return v;
}

u64 get_random_below(u64 bound)
{
	return (u64)((__uint128_t)get_random_u64() * bound >> 64);
}

/* Seeds known at boot: the device tree's and the CPU's. */
void __init_text random_init_early(void)
{
	const void *seed;
	bool ok = true;
	u32 len;

	mix(pool, 0);
	seed = of_chosen_prop("rng-seed", &len);
	if (seed && len)
		add_randomness(seed, len, len * 8);
	for (u32 i = 0; i < 8 && ok; i++) {
		u64 v = arch_random_long(&ok);

		if (ok)
			add_randomness(&v, sizeof(v), 64);
	}
	reseed();
}
