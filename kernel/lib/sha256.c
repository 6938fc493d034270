/*
 * SHA-256 (FIPS 180-4).
 */
#include <linnet/bitops.h>
#include <linnet/sha256.h>
#include <linnet/string.h>
#include <linnet/types.h>

enum { ROUNDS = 64, WORDS = 16, LENGTH_SIZE = 8 };

/* FIPS 180-4 §4.2.2. */
static const u32 k[ROUNDS] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1,
    0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3,
    0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786,
    0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147,
    0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13,
    0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b,
    0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a,
    0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208,
    0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

/* FIPS 180-4 §6.2.2, step 1: the block's words and what follows from them. */
static void schedule(u32 *w, const u8 *block)
{
	be32 word;
	u32 s0;
	u32 s1;
	int i;

	for (i = 0; i < WORDS; i++) {
		memcpy(&word, block + i * sizeof(word), sizeof(word));
		w[i] = be32_to_cpu(word);
	}
	for (; i < ROUNDS; i++) {
		s0 =
		    ror32(w[i - 15], 7) ^ ror32(w[i - 15], 18) ^ w[i - 15] >> 3;
		s1 = ror32(w[i - 2], 17) ^ ror32(w[i - 2], 19) ^ w[i - 2] >> 10;
		w[i] = w[i - 16] + s0 + w[i - 7] + s1;
	}
}

/* Steps 2 to 4. The variables a to h are v[0] to v[7]. */
static void compress(struct sha256 *s, const u8 *block)
{
	u32 w[ROUNDS];
	u32 v[8];
	u32 t1;
	u32 t2;
	int i;

	schedule(w, block);
	memcpy(v, s->h, sizeof(v));
	for (i = 0; i < ROUNDS; i++) {
		t1 = v[7] + k[i] + w[i] +
		     (ror32(v[4], 6) ^ ror32(v[4], 11) ^ ror32(v[4], 25)) +
		     ((v[4] & v[5]) ^ (~v[4] & v[6]));
		t2 = (ror32(v[0], 2) ^ ror32(v[0], 13) ^ ror32(v[0], 22)) +
		     ((v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]));
		v[7] = v[6];
		v[6] = v[5];
		v[5] = v[4];
		v[4] = v[3] + t1;
		v[3] = v[2];
		v[2] = v[1];
		v[1] = v[0];
		v[0] = t1 + t2;
	}
	for (i = 0; i < 8; i++)
		s->h[i] += v[i];
}

/**
 * sha256_init - begin a hash
 * @s: hash
 */
void sha256_init(struct sha256 *s)
{
	static const u32 start[8] = {
	    0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
	    0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
	};

	memcpy(s->h, start, sizeof(start));
	s->total = 0;
}

/**
 * sha256_update - add data
 * @s: hash
 * @data: bytes
 * @len: number of bytes
 */
void sha256_update(struct sha256 *s, const void *data, size_t len)
{
	const u8 *p = data;
	size_t have = s->total % SHA256_BLOCK_SIZE;
	size_t n;

	s->total += len;
	for (; have + len >= SHA256_BLOCK_SIZE; have = 0, p += n, len -= n) {
		n = SHA256_BLOCK_SIZE - have;
		if (!have) {
			compress(s, p);
			continue;
		}
		memcpy(s->buf + have, p, n);
		compress(s, s->buf);
	}
	memcpy(s->buf + have, p, len);
}

/**
 * sha256_final - finish a hash and wipe its state
 * @s: hash
 * @hash: SHA256_HASH_SIZE bytes
 */
void sha256_final(struct sha256 *s, u8 *hash)
{
	static const u8 padding[SHA256_BLOCK_SIZE] = {0x80};
	be64 bits = cpu_to_be64(s->total * 8);
	size_t have = s->total % SHA256_BLOCK_SIZE;
	be32 words[8];
	int i;

	/* Up to where only the length is missing in a block (§5.1.1). */
	sha256_update(s, padding,
		      1 + (2 * SHA256_BLOCK_SIZE - LENGTH_SIZE - 1 - have) %
			      SHA256_BLOCK_SIZE);
	sha256_update(s, &bits, sizeof(bits));
	for (i = 0; i < 8; i++)
		words[i] = cpu_to_be32(s->h[i]);
	memcpy(hash, words, sizeof(words));
	memzero_explicit(s, sizeof(*s));
}
