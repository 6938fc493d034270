/*
 * BLAKE2s hash, with or without a key (RFC 7693): mixes entropy.
 */
#ifndef LINNET_BLAKE2S_H
#define LINNET_BLAKE2S_H

#include <linnet/types.h>

enum {
	BLAKE2S_BLOCK_SIZE = 64,
	BLAKE2S_HASH_SIZE = 32, /* the longest; shorter ones may be asked */
	BLAKE2S_KEY_SIZE = 32,	/* the longest */
};

struct blake2s {
	u32 h[8];
	u64 total;		    /* bytes compressed so far */
	u8 buf[BLAKE2S_BLOCK_SIZE]; /* not compressed yet */
	u32 buf_len;
	u32 hash_size;
};

void blake2s_init(struct blake2s *b, size_t hash_size, const void *key,
		  size_t key_size);
void blake2s_update(struct blake2s *b, const void *data, size_t len);
void blake2s_final(struct blake2s *b, u8 *hash);

#endif
