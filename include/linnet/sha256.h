/*
 * SHA-256 hash (FIPS 180-4).
 */
#ifndef LINNET_SHA256_H
#define LINNET_SHA256_H

#include <linnet/types.h>

enum { SHA256_BLOCK_SIZE = 64, SHA256_HASH_SIZE = 32 };

struct sha256 {
	u32 h[8];
	u64 total;		   /* bytes so far */
	u8 buf[SHA256_BLOCK_SIZE]; /* the last total % 64 of them */
};

void sha256_init(struct sha256 *s);
void sha256_update(struct sha256 *s, const void *data, size_t len);
void sha256_final(struct sha256 *s, u8 *hash);

#endif
