/*
 * Finding the multiplier for a fraction.
 */
#include <linnet/div.h>
#include <linnet/types.h>

/**
 * mult_shift_for - a multiplication and a shift instead of a fraction
 * @from: units per second that come in, such as a clock's frequency; not 0
 * @to: units per second that go out, such as 10^9; both below 2^32
 *
 * The multiplier uses all of its 32 bits if 64-bit arithmetic allows, so that
 * the result is off by less than one part in 2^31. The product has 96 bits, so
 * that every u64 can be converted as long as its result fits one.
 *
 * Return: multiplier and shift, rounded to nearest.
 */
struct mult_shift mult_shift_for(u64 from, u64 to)
{
	struct mult_shift ms = {0};
	u64 mult = 0;
	u32 shift;

	/* As far as the shifted @to and the rounding fit 64 bits. */
	for (shift = 0; shift < 63 && !(to >> (63 - shift)); shift++) {
		mult = ((to << shift) + from / 2) / from;
		if (mult > U32_MAX)
			break;
		ms.mult = (u32)mult;
		ms.shift = shift;
	}
	return ms;
}
