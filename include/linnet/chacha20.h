/*
 * ChaCha20 key stream (RFC 8439 §2.3), for the random number generator.
 */
#ifndef LINNET_CHACHA20_H
#define LINNET_CHACHA20_H

#include <linnet/types.h>

enum {
	CHACHA20_KEY_SIZE = 32,
	CHACHA20_NONCE_SIZE = 12,
	CHACHA20_BLOCK_SIZE = 64,
};

struct chacha20 {
	u32 state[16]; /* constants, key, block counter, nonce */
};

void chacha20_init(struct chacha20 *c, const u8 *key, const u8 *nonce,
		   u32 counter);
void chacha20_block(struct chacha20 *c, u8 *out);

#endif
