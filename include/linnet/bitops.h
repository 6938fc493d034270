/*
 * Bits in words: searching, counting, rotating, and single bits of an array
 * of words. set_bit() and its like are atomic, those with two underscores are
 * for data the caller has locked. Only the test_and_ forms order memory:
 * setting acquires, clearing releases, so a bit can serve as a lock.
 */
#ifndef LINNET_BITOPS_H
#define LINNET_BITOPS_H

#include <linnet/types.h>

#define BITS_PER_LONG	 64
#define BITS_TO_LONGS(n) DIV_ROUND_UP(n, (size_t)BITS_PER_LONG)

/* Index of the lowest set bit; @v must not be 0. */
static inline unsigned int __ffs(u64 v)
{
	return (unsigned int)__builtin_ctzll(v);
}

/* Index of the highest set bit; @v must not be 0. */
static inline unsigned int __fls(u64 v)
{
	return 63 - (unsigned int)__builtin_clzll(v);
}

/* One more than the index of the highest set bit, 0 for 0. */
static inline unsigned int fls64(u64 v)
{
	return v ? __fls(v) + 1 : 0;
}

/*
 * Number of set bits. Not the compiler's builtin: without SIMD registers that
 * is a call into a library the kernel does not link.
 */
static inline unsigned int hweight64(u64 v)
{
	v -= (v >> 1) & 0x5555555555555555ul;
	v = (v & 0x3333333333333333ul) + ((v >> 2) & 0x3333333333333333ul);
	v = (v + (v >> 4)) & 0x0f0f0f0f0f0f0f0ful;
	return (unsigned int)((v * 0x0101010101010101ul) >> 56);
}

static inline u32 rol32(u32 v, unsigned int n)
{
	return v << (n & 31) | v >> (-n & 31);
}

static inline u32 ror32(u32 v, unsigned int n)
{
	return v >> (n & 31) | v << (-n & 31);
}

static inline u64 rol64(u64 v, unsigned int n)
{
	return v << (n & 63) | v >> (-n & 63);
}

static inline u64 ror64(u64 v, unsigned int n)
{
	return v >> (n & 63) | v << (-n & 63);
}

static inline unsigned long bit_mask(size_t nr)
{
	return 1ul << (nr % BITS_PER_LONG);
}

static inline bool test_bit(size_t nr, const unsigned long *map)
{
	return READ_ONCE(map[nr / BITS_PER_LONG]) >> (nr % BITS_PER_LONG) & 1;
}

static inline void __set_bit(size_t nr, unsigned long *map)
{
	map[nr / BITS_PER_LONG] |= bit_mask(nr);
}

static inline void __clear_bit(size_t nr, unsigned long *map)
{
	map[nr / BITS_PER_LONG] &= ~bit_mask(nr);
}

static inline bool __test_and_set_bit(size_t nr, unsigned long *map)
{
	bool old = test_bit(nr, map);

	__set_bit(nr, map);
	return old;
}

static inline bool __test_and_clear_bit(size_t nr, unsigned long *map)
{
	bool old = test_bit(nr, map);

	__clear_bit(nr, map);
	return old;
}

static inline void set_bit(size_t nr, unsigned long *map)
{
	__atomic_fetch_or(&map[nr / BITS_PER_LONG], bit_mask(nr),
			  __ATOMIC_RELAXED);
}

static inline void clear_bit(size_t nr, unsigned long *map)
{
	__atomic_fetch_and(&map[nr / BITS_PER_LONG], ~bit_mask(nr),
			   __ATOMIC_RELAXED);
}

static inline bool test_and_set_bit(size_t nr, unsigned long *map)
{
	return __atomic_fetch_or(&map[nr / BITS_PER_LONG], bit_mask(nr),
				 __ATOMIC_ACQUIRE) &
	       bit_mask(nr);
}

static inline bool test_and_clear_bit(size_t nr, unsigned long *map)
{
	return __atomic_fetch_and(&map[nr / BITS_PER_LONG], ~bit_mask(nr),
				  __ATOMIC_RELEASE) &
	       bit_mask(nr);
}

#endif
