/*
 * SipHash-2-4.
 */
#include <linnet/bitops.h>
#include <linnet/siphash.h>
#include <linnet/string.h>
#include <linnet/types.h>

/* The paper's v0 to v3. */
struct state {
	u64 v0;
	u64 v1;
	u64 v2;
	u64 v3;
};

/* Section 2.2 of the paper. */
static inline void sip_round(struct state *s)
{
	s->v0 += s->v1;
	s->v1 = rol64(s->v1, 13) ^ s->v0;
	s->v0 = rol64(s->v0, 32);
	s->v2 += s->v3;
	s->v3 = rol64(s->v3, 16) ^ s->v2;
	s->v0 += s->v3;
	s->v3 = rol64(s->v3, 21) ^ s->v0;
	s->v2 += s->v1;
	s->v1 = rol64(s->v1, 17) ^ s->v2;
	s->v2 = rol64(s->v2, 32);
}

static inline void absorb(struct state *s, u64 word)
{
	s->v3 ^= word;
	sip_round(s);
	sip_round(s);
	s->v0 ^= word;
}

static inline u64 load_le64(const u8 *p, size_t len)
{
	le64 v = {0};

	memcpy(&v, p, len);
	return le64_to_cpu(v);
}

/**
 * siphash - hash a block under a key
 * @data: bytes, of any alignment
 * @len: number of bytes
 * @key: secret key
 *
 * Return: the hash.
 */
u64 siphash(const void *data, size_t len, const struct siphash_key *key)
{
	struct state s = {
	    .v0 = key->k0 ^ 0x736f6d6570736575ul,
	    .v1 = key->k1 ^ 0x646f72616e646f6dul,
	    .v2 = key->k0 ^ 0x6c7967656e657261ul,
	    .v3 = key->k1 ^ 0x7465646279746573ul,
	};
	const u8 *p = data;
	size_t left = len;

	for (; left >= sizeof(u64); left -= sizeof(u64), p += sizeof(u64))
		absorb(&s, load_le64(p, sizeof(u64)));
	absorb(&s, load_le64(p, left) | (u64)len << 56);
	s.v2 ^= 0xff;
	sip_round(&s);
	sip_round(&s);
	sip_round(&s);
	sip_round(&s);
	return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}
