/*
 * Scaling of 64-bit quantities by a fraction, without overflow and without a
 * division: clocks count in their own unit, and everybody wants nanoseconds.
 */
#ifndef LINNET_DIV_H
#define LINNET_DIV_H

#include <linnet/types.h>

/* (@a * @mul) >> @shift, the product having 96 bits; @shift < 64. */
static inline u64 mul_u64_u32_shr(u64 a, u32 mul, unsigned int shift)
{
	return (u64)((unsigned __int128)a * mul >> shift);
}

/* (@a * @b) >> @shift, the product having 128 bits; @shift < 128. */
static inline u64 mul_u64_u64_shr(u64 a, u64 b, unsigned int shift)
{
	return (u64)((unsigned __int128)a * b >> shift);
}

/* x -> x * mult >> shift. */
struct mult_shift {
	u32 mult;
	u32 shift;
};

static inline u64 mult_shift(u64 x, struct mult_shift ms)
{
	return mul_u64_u32_shr(x, ms.mult, ms.shift);
}

struct mult_shift mult_shift_for(u64 from, u64 to);

#endif
