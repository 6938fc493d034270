/*
 * BLAKE2s (RFC 7693).
 *
 * The last block is compressed differently, so a full buffer is kept until
 * more data shows that it was not the last.
 */
#include <linnet/bitops.h>
#include <linnet/blake2s.h>
#include <linnet/string.h>
#include <linnet/types.h>

enum { ROUNDS = 10, WORDS = 16 };

/* RFC 7693 §2.6: that of SHA-256. */
static const u32 iv[8] = {
    0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
    0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
};

/* RFC 7693 §2.7. */
static const u8 sigma[ROUNDS][WORDS] = {
    {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},
    {14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3},
    {11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4},
    {7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8},
    {9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13},
    {2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9},
    {12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11},
    {13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10},
    {6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5},
    {10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0},
};

/* RFC 7693 §3.1. */
static inline void mix(u32 *v, int a, int b, int c, int d, u32 x, u32 y)
{
	v[a] += v[b] + x;
	v[d] = ror32(v[d] ^ v[a], 16);
	v[c] += v[d];
	v[b] = ror32(v[b] ^ v[c], 12);
	v[a] += v[b] + y;
	v[d] = ror32(v[d] ^ v[a], 8);
	v[c] += v[d];
	v[b] = ror32(v[b] ^ v[c], 7);
}

static void load_words(u32 *m, const u8 *block)
{
	le32 word;
	int i;

	for (i = 0; i < WORDS; i++) {
		memcpy(&word, block + i * sizeof(word), sizeof(word));
		m[i] = le32_to_cpu(word);
	}
}

/* RFC 7693 §3.2; @len bytes of @block are data. */
static void compress(struct blake2s *b, const u8 *block, u32 len, bool last)
{
	u32 m[WORDS];
	u32 v[WORDS];
	const u8 *s;
	int i;

	b->total += len;
	load_words(m, block);
	memcpy(v, b->h, sizeof(b->h));
	memcpy(v + 8, iv, sizeof(iv));
	v[12] ^= (u32)b->total;
	v[13] ^= (u32)(b->total >> 32);
	if (last)
		v[14] = ~v[14];
	for (i = 0; i < ROUNDS; i++) {
		s = sigma[i];
		mix(v, 0, 4, 8, 12, m[s[0]], m[s[1]]);
		mix(v, 1, 5, 9, 13, m[s[2]], m[s[3]]);
		mix(v, 2, 6, 10, 14, m[s[4]], m[s[5]]);
		mix(v, 3, 7, 11, 15, m[s[6]], m[s[7]]);
		mix(v, 0, 5, 10, 15, m[s[8]], m[s[9]]);
		mix(v, 1, 6, 11, 12, m[s[10]], m[s[11]]);
		mix(v, 2, 7, 8, 13, m[s[12]], m[s[13]]);
		mix(v, 3, 4, 9, 14, m[s[14]], m[s[15]]);
	}
	for (i = 0; i < 8; i++)
		b->h[i] ^= v[i] ^ v[i + 8];
}

/**
 * blake2s_init - begin a hash
 * @b: hash
 * @hash_size: bytes wanted, 1 to BLAKE2S_HASH_SIZE
 * @key: key, or NULL
 * @key_size: its size, 0 to BLAKE2S_KEY_SIZE
 */
void blake2s_init(struct blake2s *b, size_t hash_size, const void *key,
		  size_t key_size)
{
	memcpy(b->h, iv, sizeof(iv));
	/* The parameter block: sizes, fan-out 1, depth 1 (RFC 7693 §2.5). */
	b->h[0] ^= 0x01010000 ^ (u32)key_size << 8 ^ (u32)hash_size;
	b->total = 0;
	b->buf_len = 0;
	b->hash_size = (u32)hash_size;
	if (key_size) {
		memset(b->buf, 0, sizeof(b->buf));
		memcpy(b->buf, key, key_size);
		b->buf_len = BLAKE2S_BLOCK_SIZE;
	}
}

/**
 * blake2s_update - add data
 * @b: hash
 * @data: bytes
 * @len: number of bytes
 */
void blake2s_update(struct blake2s *b, const void *data, size_t len)
{
	const u8 *p = data;
	size_t n;

	while (len) {
		if (b->buf_len == BLAKE2S_BLOCK_SIZE) {
			compress(b, b->buf, BLAKE2S_BLOCK_SIZE, false);
			b->buf_len = 0;
		}
		n = min(len, (size_t)BLAKE2S_BLOCK_SIZE - b->buf_len);
		memcpy(b->buf + b->buf_len, p, n);
		b->buf_len += (u32)n;
		p += n;
		len -= n;
	}
}

/**
 * blake2s_final - finish a hash and wipe its state
 * @b: hash
 * @hash: as many bytes as blake2s_init() was told
 */
void blake2s_final(struct blake2s *b, u8 *hash)
{
	le32 words[8];
	int i;

	memset(b->buf + b->buf_len, 0, BLAKE2S_BLOCK_SIZE - b->buf_len);
	compress(b, b->buf, b->buf_len, true);
	for (i = 0; i < 8; i++)
		words[i] = cpu_to_le32(b->h[i]);
	memcpy(hash, words, b->hash_size);
	memzero_explicit(b, sizeof(*b));
}
