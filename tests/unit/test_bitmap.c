/* Bits and bitmaps, against one byte per bit. */
#include "unit.h"

#include <linnet/bitmap.h>
#include <linnet/errno.h>
#include <linnet/string.h>

enum { BITS_MAX = 200 };

static const size_t sizes[] = {1, 2, 31, 32, 63, 64, 65, 127, 128, 129, 200};

TEST(bitops_words)
{
	u64 state = 1;
	int i;

	EXPECT_EQ(fls64(0), 0);
	EXPECT_EQ(fls64(1), 1);
	EXPECT_EQ(fls64(U64_MAX), 64);
	EXPECT_EQ(__ffs(1ull << 63), 63);
	EXPECT_EQ(hweight64(0), 0);
	EXPECT_EQ(hweight64(U64_MAX), 64);
	EXPECT_EQ(rol32(0x80000001, 0), 0x80000001);
	EXPECT_EQ(rol32(0x80000001, 1), 3);
	EXPECT_EQ(ror32(3, 1), 0x80000001);
	EXPECT_EQ(rol64(1, 64), 1);
	EXPECT_EQ(ror64(1, 1), 1ull << 63);
	for (i = 0; i < 1000; i++) {
		u64 v = unit_random(&state);

		EXPECT_EQ(hweight64(v), __builtin_popcountll(v));
		EXPECT_EQ(rol64(ror64(v, (unsigned)i), (unsigned)i), v);
	}
}

TEST(bitops_atomic)
{
	unsigned long map[2] = {0};

	set_bit(64, map);
	EXPECT(test_bit(64, map) && map[0] == 0 && map[1] == 1);
	EXPECT(!test_and_set_bit(127, map));
	EXPECT(test_and_set_bit(127, map));
	EXPECT(test_and_clear_bit(127, map));
	EXPECT(!test_and_clear_bit(127, map));
	clear_bit(64, map);
	EXPECT(!map[0] && !map[1]);
	EXPECT(!__test_and_set_bit(3, map) && map[0] == 8);
	EXPECT(__test_and_clear_bit(3, map) && map[0] == 0);
}

/* The words end with the heap block; spare bits are noise. */
static unsigned long *random_map(size_t bits, u8 *model, u64 *state)
{
	size_t words = BITS_TO_LONGS(bits);
	unsigned long *map = malloc(words * sizeof(*map));
	u64 sparse = unit_random(state) % 4;
	size_t i;

	for (i = 0; i < words; i++)
		map[i] = unit_random(state);
	for (i = 0; i < bits; i++) {
		model[i] = unit_random(state) % 4 < sparse;
		if (model[i])
			__set_bit(i, map);
		else
			__clear_bit(i, map);
	}
	return map;
}

static void expect_model(const unsigned long *map, const u8 *model, size_t bits)
{
	size_t i;

	for (i = 0; i < bits; i++)
		EXPECT_EQ(test_bit(i, map), model[i]);
}

TEST(bitmap_find)
{
	u8 model[BITS_MAX];
	u64 state = 2;
	size_t round;

	for (round = 0; round < 400; round++) {
		size_t bits = sizes[round % ARRAY_SIZE(sizes)];
		unsigned long *map = random_map(bits, model, &state);
		size_t set = bits;
		size_t clear = bits;
		size_t weight = 0;
		size_t i = bits + 1;

		EXPECT_EQ(find_next_bit(map, bits, bits), bits);
		EXPECT_EQ(find_next_zero_bit(map, bits, bits + 70), bits);
		while (i-- > 0) {
			if (i < bits) {
				weight += model[i];
				if (model[i])
					set = i;
				else
					clear = i;
			}
			EXPECT_EQ(find_next_bit(map, bits, i), set);
			EXPECT_EQ(find_next_zero_bit(map, bits, i), clear);
		}
		EXPECT_EQ(bitmap_weight(map, bits), weight);
		EXPECT_EQ(bitmap_empty(map, bits), weight == 0);
		EXPECT_EQ(bitmap_full(map, bits), weight == bits);
		for_each_set_bit(i, map, bits) weight--;
		EXPECT_EQ(weight, 0);
		free(map);
	}
}

TEST(bitmap_ranges)
{
	u8 model[BITS_MAX];
	u64 state = 3;
	size_t round;

	for (round = 0; round < 2000; round++) {
		size_t bits = sizes[round % ARRAY_SIZE(sizes)];
		unsigned long *map = random_map(bits, model, &state);
		size_t start = unit_random(&state) % (bits + 1);
		size_t len = unit_random(&state) % (bits - start + 1);

		if (round % 2)
			bitmap_set(map, start, len);
		else
			bitmap_clear(map, start, len);
		memset(model + start, round % 2, len);
		expect_model(map, model, bits);
		free(map);
	}
}

TEST(bitmap_algebra)
{
	u8 ma[BITS_MAX];
	u8 mb[BITS_MAX];
	u64 state = 4;
	size_t round;
	size_t i;

	for (round = 0; round < 1000; round++) {
		size_t bits = sizes[round % ARRAY_SIZE(sizes)];
		unsigned long *a = random_map(bits, ma, &state);
		unsigned long *b = random_map(bits, mb, &state);
		DECLARE_BITMAP(dst, BITS_MAX);
		size_t both = 0;
		size_t only_a = 0;
		size_t only_b = 0;

		for (i = 0; i < bits; i++) {
			both += ma[i] & mb[i];
			only_a += ma[i] & ~mb[i];
			only_b += mb[i] & ~ma[i];
		}
		EXPECT_EQ(bitmap_and(dst, a, b, bits), both != 0);
		EXPECT_EQ(bitmap_weight(dst, bits), both);
		EXPECT_EQ(bitmap_andnot(dst, a, b, bits), only_a != 0);
		EXPECT_EQ(bitmap_weight(dst, bits), only_a);
		bitmap_or(dst, a, b, bits);
		EXPECT_EQ(bitmap_weight(dst, bits), both + only_a + only_b);
		EXPECT(bitmap_subset(a, dst, bits));
		EXPECT_EQ(bitmap_intersects(a, b, bits), both != 0);
		EXPECT_EQ(bitmap_subset(a, b, bits), only_a == 0);
		EXPECT_EQ(bitmap_equal(a, b, bits), only_a + only_b == 0);
		bitmap_copy(dst, a, bits);
		EXPECT(bitmap_equal(dst, a, bits));
		bitmap_fill(dst, bits);
		EXPECT_EQ(bitmap_weight(dst, bits), bits);
		bitmap_zero(dst, bits);
		EXPECT(bitmap_empty(dst, bits));
		free(a);
		free(b);
	}
}

TEST(bitmap_list_text)
{
	DECLARE_BITMAP(map, 70);
	char buf[64];

	EXPECT_EQ(bitmap_parse_list("0-3,5 64,69\n", map, 70), 0);
	EXPECT_EQ(map[0], 0x2f);
	EXPECT_EQ(map[1], 0x21);
	EXPECT_EQ(bitmap_print_list(buf, sizeof(buf), map, 70), 11);
	EXPECT_STR(buf, "0-3,5,64,69");
	EXPECT_EQ(bitmap_print_list(buf, 5, map, 70), 4);
	EXPECT_STR(buf, "0-3,");
	EXPECT_EQ(bitmap_print_list(buf, 0, map, 70), 0);
	EXPECT_EQ(bitmap_parse_list("", map, 70), 0);
	EXPECT(bitmap_empty(map, 70));
	EXPECT_EQ(bitmap_print_list(buf, sizeof(buf), map, 70), 0);
	EXPECT_STR(buf, "");
	EXPECT_EQ(bitmap_parse_list(",,1,,2,", map, 70), 0);
	EXPECT_EQ(map[0], 6);
	bitmap_fill(map, 70);
	EXPECT_EQ(bitmap_print_list(buf, sizeof(buf), map, 70), 4);
	EXPECT_STR(buf, "0-69");
	EXPECT_EQ(bitmap_parse_list("70", map, 70), -ERANGE);
	EXPECT_EQ(bitmap_parse_list("99999999999999999999", map, 70), -ERANGE);
	EXPECT_EQ(bitmap_parse_list("5-4", map, 70), -EINVAL);
	EXPECT_EQ(bitmap_parse_list("5-", map, 70), -EINVAL);
	EXPECT_EQ(bitmap_parse_list("-5", map, 70), -EINVAL);
	EXPECT_EQ(bitmap_parse_list("1x", map, 70), -EINVAL);
	EXPECT_EQ(bitmap_parse_list("1--2", map, 70), -EINVAL);
}

TEST(bitmap_hex_text)
{
	DECLARE_BITMAP(map, 70);
	char buf[64];

	EXPECT_EQ(bitmap_parse_hex("21,,0,2F\n", map, 70), 0);
	EXPECT_EQ(map[0], 0x2f);
	EXPECT_EQ(map[1], 0x21);
	EXPECT_EQ(bitmap_print_hex(buf, sizeof(buf), map, 70), 20);
	EXPECT_STR(buf, "21,00000000,0000002f");
	EXPECT_EQ(bitmap_print_hex(buf, sizeof(buf), map, 64), 17);
	EXPECT_STR(buf, "00000000,0000002f");
	EXPECT_EQ(bitmap_print_hex(buf, sizeof(buf), map, 4), 1);
	EXPECT_STR(buf, "f");
	EXPECT_EQ(bitmap_print_hex(buf, 3, map, 64), 2);
	EXPECT_STR(buf, "00");
	EXPECT_EQ(bitmap_parse_hex("", map, 70), 0);
	EXPECT(bitmap_empty(map, 70));
	EXPECT_EQ(bitmap_parse_hex("3f,ffffffff,ffffffff", map, 70), 0);
	EXPECT(bitmap_full(map, 70));
	EXPECT_EQ(bitmap_parse_hex("40,0,0", map, 70), -EOVERFLOW);
	EXPECT_EQ(bitmap_parse_hex("0,0,0,0", map, 70), -EOVERFLOW);
	EXPECT_EQ(bitmap_parse_hex("000000001", map, 70), -EOVERFLOW);
	EXPECT_EQ(bitmap_parse_hex("0x1", map, 70), -EINVAL);
	EXPECT_EQ(bitmap_parse_hex("g", map, 70), -EINVAL);
}
