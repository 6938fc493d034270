/*
 * ChaCha20 (RFC 8439).
 *
 * The sixteen words stay in registers over the twenty rounds; that is why they
 * are sixteen variables in all but name: the loop over an array is unrolled by
 * its constant indices.
 */
#include <linnet/bitops.h>
#include <linnet/chacha20.h>
#include <linnet/string.h>
#include <linnet/types.h>

enum { DOUBLE_ROUNDS = 10, WORDS = 16, COUNTER = 12 };

/* RFC 8439 §2.1. */
static inline void quarter_round(u32 *x, int a, int b, int c, int d)
{
	x[a] += x[b];
	x[d] = rol32(x[d] ^ x[a], 16);
	x[c] += x[d];
	x[b] = rol32(x[b] ^ x[c], 12);
	x[a] += x[b];
	x[d] = rol32(x[d] ^ x[a], 8);
	x[c] += x[d];
	x[b] = rol32(x[b] ^ x[c], 7);
}

static u32 load_le32(const u8 *p)
{
	le32 v;

	memcpy(&v, p, sizeof(v));
	return le32_to_cpu(v);
}

static void store_le32(u8 *p, u32 v)
{
	le32 le = cpu_to_le32(v);

	memcpy(p, &le, sizeof(le));
}

/**
 * chacha20_init - set key, nonce and place in the stream
 * @c: generator
 * @key: CHACHA20_KEY_SIZE bytes
 * @nonce: CHACHA20_NONCE_SIZE bytes
 * @counter: number of the first block
 */
void chacha20_init(struct chacha20 *c, const u8 *key, const u8 *nonce,
		   u32 counter)
{
	static const u8 constants[] = "expand 32-byte k";
	int i;

	for (i = 0; i < 4; i++)
		c->state[i] = load_le32(constants + 4 * i);
	for (i = 0; i < 8; i++)
		c->state[4 + i] = load_le32(key + 4 * i);
	c->state[COUNTER] = counter;
	for (i = 0; i < 3; i++)
		c->state[COUNTER + 1 + i] = load_le32(nonce + 4 * i);
}

/**
 * chacha20_block - make the next block of the key stream
 * @c: generator
 * @out: CHACHA20_BLOCK_SIZE bytes
 */
void chacha20_block(struct chacha20 *c, u8 *out)
{
	u32 x[WORDS];
	int i;

	memcpy(x, c->state, sizeof(x));
	for (i = 0; i < DOUBLE_ROUNDS; i++) {
		quarter_round(x, 0, 4, 8, 12);
		quarter_round(x, 1, 5, 9, 13);
		quarter_round(x, 2, 6, 10, 14);
		quarter_round(x, 3, 7, 11, 15);
		quarter_round(x, 0, 5, 10, 15);
		quarter_round(x, 1, 6, 11, 12);
		quarter_round(x, 2, 7, 8, 13);
		quarter_round(x, 3, 4, 9, 14);
	}
	for (i = 0; i < WORDS; i++)
		store_le32(out + 4 * i, x[i] + c->state[i]);
	c->state[COUNTER]++;
	memzero_explicit(x, sizeof(x));
}
