/* Sorting, and scaling without division. */
#include "unit.h"

#include <linnet/div.h>
#include <linnet/sort.h>
#include <linnet/string.h>

enum { ELEMENT_MAX = 100, COUNT_MAX = 600 };

/* Elements begin with a key; the rest must travel with it. */
static int by_key(const void *a, const void *b, void *arg)
{
	u32 x;
	u32 y;

	EXPECT(arg == (void *)0x77);
	memcpy(&x, a, sizeof(x));
	memcpy(&y, b, sizeof(y));
	return (x > y) - (x < y);
}

static void check_sorted(const u8 *array, size_t n, size_t size, u64 sum)
{
	u32 last = 0;
	size_t i;
	size_t k;
	u32 key;

	for (i = 0; i < n; i++) {
		memcpy(&key, array + i * size, sizeof(key));
		EXPECT(key >= last);
		last = key;
		sum -= (u64)key * key + 1;
		for (k = sizeof(key); k < size; k++)
			EXPECT_EQ(array[i * size + k], (u8)(key + k));
	}
	EXPECT_EQ(sum, 0);
}

TEST(sort_random)
{
	static const size_t sizes[] = {4, 5, 8, 24, 32, 33, 64, ELEMENT_MAX};
	u64 state = 15;
	size_t round;

	for (round = 0; round < 400; round++) {
		size_t size = sizes[round % ARRAY_SIZE(sizes)];
		size_t n =
		    round < 50 ? round : (unit_random(&state) >> 9) % COUNT_MAX;
		u8 *array = malloc(n * size + 1);
		u32 range = round % 3 ? U32_MAX : 10;
		u64 sum = 0;
		size_t i;
		size_t k;

		for (i = 0; i < n; i++) {
			u32 key = (u32)(unit_random(&state) >> 20) % range;

			if (round % 5 == 0)
				key = (u32)i; /* sorted already */
			if (round % 5 == 1)
				key = (u32)(n - i);
			memcpy(array + i * size, &key, sizeof(key));
			for (k = sizeof(key); k < size; k++)
				array[i * size + k] = (u8)(key + k);
			sum += (u64)key * key + 1;
		}
		sort(array, n, size, by_key, (void *)0x77);
		check_sorted(array, n, size, sum);
		free(array);
	}
}

TEST(mul_shr)
{
	EXPECT_EQ(mul_u64_u32_shr(U64_MAX, U32_MAX, 32), 0xfffffffeffffffffull);
	EXPECT_EQ(mul_u64_u32_shr(1, 1, 1), 0);
	EXPECT_EQ(mul_u64_u32_shr(1ull << 63, 2, 63), 2);
	EXPECT_EQ(mul_u64_u64_shr(U64_MAX, U64_MAX, 64), U64_MAX - 1);
	EXPECT_EQ(mul_u64_u64_shr(U64_MAX, U64_MAX, 127), 1);
}

TEST(mult_shift_accuracy)
{
	static const u64 rates[] = {1,	      1000,	1000000,  19200000,
				    24000000, 62500000, 54000000, 1000000000};
	size_t i;
	size_t k;

	for (i = 0; i < ARRAY_SIZE(rates); i++) {
		for (k = 0; k < ARRAY_SIZE(rates); k++) {
			struct mult_shift ms =
			    mult_shift_for(rates[i], rates[k]);
			u64 x = rates[i] * 100000; /* 100000 seconds */
			u64 want = rates[k] * 100000;
			u64 got = mult_shift(x, ms);
			u64 off = got > want ? got - want : want - got;

			EXPECT(ms.mult != 0);
			/* One part in 2^29, and the last digit. */
			EXPECT(off <= (want >> 29) + 1);
		}
	}
	EXPECT_EQ(mult_shift(1, mult_shift_for(62500000, 1000000000)), 16);
	EXPECT_EQ(
	    mult_shift(U64_MAX / 16, mult_shift_for(62500000, 1000000000)),
	    U64_MAX - 15);
}
