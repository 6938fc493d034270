/*
 * Sequence counter: readers run without a lock and repeat when a writer was
 * active meanwhile. The counter is odd while a writer is inside; writers
 * exclude each other by a lock of their own and must not be preempted inside.
 */
#ifndef LINNET_SEQLOCK_H
#define LINNET_SEQLOCK_H

#include <asm/barrier.h>
#include <linnet/types.h>

typedef struct {
	u32 seq;
} seqcount_t;

static inline u32 seq_read_begin(const seqcount_t *s)
{
	u32 v;

	while (unlikely((v = smp_load_acquire(&s->seq)) & 1))
		cpu_relax();
	return v;
}

static inline bool seq_read_retry(const seqcount_t *s, u32 start)
{
	smp_rmb();
	return unlikely(READ_ONCE(s->seq) != start);
}

static inline void seq_write_begin(seqcount_t *s)
{
	WRITE_ONCE(s->seq, s->seq + 1);
	smp_wmb();
}

static inline void seq_write_end(seqcount_t *s)
{
	smp_store_release(&s->seq, s->seq + 1);
}

#endif
