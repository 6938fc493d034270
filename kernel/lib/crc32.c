/*
 * CRC-32.
 *
 * Nearly every arm64 processor has an instruction for it, which the
 * architecture offers through arch_crc32(). The code here is for the others:
 * four bytes at a time through four tables of 256 words ("slicing"). Eight
 * tables would hardly save instructions (one table look-up per byte remains)
 * and cost another 4 KiB.
 *
 * The tables are constants. A CRC is linear: the entry for a byte is the XOR of
 * the entries for its bits, so eight numbers per table define it.
 */
#include <linnet/crc32.h>
#include <linnet/types.h>

/* Entry @n of the table in which bit b of a byte stands for @tb. */
#define BIT_ENTRY(n, b, t) ((n) >> (b)&1 ? (t) : 0u)
#define ENTRY(n, t0, t1, t2, t3, t4, t5, t6, t7)                               \
	(BIT_ENTRY(n, 0, t0) ^ BIT_ENTRY(n, 1, t1) ^ BIT_ENTRY(n, 2, t2) ^     \
	 BIT_ENTRY(n, 3, t3) ^ BIT_ENTRY(n, 4, t4) ^ BIT_ENTRY(n, 5, t5) ^     \
	 BIT_ENTRY(n, 6, t6) ^ BIT_ENTRY(n, 7, t7))
#define ROWS_4(n, ...)                                                         \
	ENTRY(n, __VA_ARGS__), ENTRY((n) + 1, __VA_ARGS__),                    \
	    ENTRY((n) + 2, __VA_ARGS__), ENTRY((n) + 3, __VA_ARGS__)
#define ROWS_16(n, ...)                                                        \
	ROWS_4(n, __VA_ARGS__), ROWS_4((n) + 4, __VA_ARGS__),                  \
	    ROWS_4((n) + 8, __VA_ARGS__), ROWS_4((n) + 12, __VA_ARGS__)
#define ROWS_64(n, ...)                                                        \
	ROWS_16(n, __VA_ARGS__), ROWS_16((n) + 16, __VA_ARGS__),               \
	    ROWS_16((n) + 32, __VA_ARGS__), ROWS_16((n) + 48, __VA_ARGS__)
#define ROWS_256(...)                                                          \
	{                                                                      \
		ROWS_64(0u, __VA_ARGS__), ROWS_64(64u, __VA_ARGS__),           \
		    ROWS_64(128u, __VA_ARGS__), ROWS_64(192u, __VA_ARGS__)     \
	}

enum { SLICES = 4 };

/* table[k][b]: what byte b does to the CRC when k more bytes follow. */
static const u32 table[SLICES][256] = {
    ROWS_256(0x77073096, 0xee0e612c, 0x076dc419, 0x0edb8832, 0x1db71064,
	     0x3b6e20c8, 0x76dc4190, 0xedb88320),
    ROWS_256(0x191b3141, 0x32366282, 0x646cc504, 0xc8d98a08, 0x4ac21251,
	     0x958424a2, 0xf0794f05, 0x3b83984b),
    ROWS_256(0x01c26a37, 0x0384d46e, 0x0709a8dc, 0x0e1351b8, 0x1c26a370,
	     0x384d46e0, 0x709a8dc0, 0xe1351b80),
    ROWS_256(0xb8bc6765, 0xaa09c88b, 0x8f629757, 0xc5b428ef, 0x5019579f,
	     0xa032af3e, 0x9b14583d, 0xed59b63b),
};

__weak bool arch_crc32(u32 *crc, const void *data, size_t len)
{
	(void)crc;
	(void)data;
	(void)len;
	return false;
}

static u32 update_by_table(u32 crc, const u8 *p, size_t len)
{
	le32 word;

	for (; len >= sizeof(word); len -= sizeof(word), p += sizeof(word)) {
		__builtin_memcpy(&word, p, sizeof(word));
		crc ^= le32_to_cpu(word);
		crc = table[3][crc & 0xff] ^ table[2][crc >> 8 & 0xff] ^
		      table[1][crc >> 16 & 0xff] ^ table[0][crc >> 24];
	}
	while (len--)
		crc = crc >> 8 ^ table[0][(crc ^ *p++) & 0xff];
	return crc;
}

/**
 * crc32 - continue a checksum
 * @crc: checksum of what came before; 0 at first
 * @data: bytes
 * @len: number of bytes
 *
 * Return: the checksum including @data.
 */
u32 crc32(u32 crc, const void *data, size_t len)
{
	crc = ~crc;
	if (!arch_crc32(&crc, data, len))
		crc = update_by_table(crc, data, len);
	return ~crc;
}
