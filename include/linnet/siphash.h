/*
 * SipHash-2-4 (Aumasson, Bernstein: "SipHash: a fast short-input PRF", 2012): a
 * hash with a secret key, so that outsiders cannot make tables collide or guess
 * sequence numbers.
 */
#ifndef LINNET_SIPHASH_H
#define LINNET_SIPHASH_H

#include <linnet/types.h>

struct siphash_key {
	u64 k0;
	u64 k1;
};

u64 siphash(const void *data, size_t len, const struct siphash_key *key);

#endif
