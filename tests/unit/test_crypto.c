/* Ciphers and hashes: the vectors of their specifications. */
#include "unit.h"

#include <linnet/blake2s.h>
#include <linnet/chacha20.h>
#include <linnet/printf.h>
#include <linnet/sha256.h>
#include <linnet/siphash.h>
#include <linnet/string.h>

static const char *hex(const u8 *data, size_t len)
{
	static char text[256];
	size_t i;

	for (i = 0; i < len; i++)
		scnprintf(text + 2 * i, sizeof(text) - 2 * i, "%02x", data[i]);
	return text;
}

static void count_up(u8 *data, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		data[i] = (u8)i;
}

/* RFC 8439 §2.3.2 and appendix A.1, vectors 1 and 2. */
TEST(chacha20_vectors)
{
	static const u8 nonce[12] = {0, 0, 0, 9, 0, 0, 0, 0x4a};
	static const u8 zero[32];
	struct chacha20 c;
	u8 out[65];
	u8 key[32];

	count_up(key, sizeof(key));
	chacha20_init(&c, key, nonce, 1);
	chacha20_block(&c, out + 1);
	EXPECT_STR(
	    hex(out + 1, 64),
	    "10f1e7e4d13b5915500fdd1fa32071c4c7d1f4c733c068030422aa9ac3d46c4e"
	    "d2826446079faa0914c2d705d98b02a2b5129cd1de164eb9cbd083e8a2503c4e");
	chacha20_init(&c, zero, zero, 0);
	chacha20_block(&c, out);
	EXPECT_STR(
	    hex(out, 64),
	    "76b8e0ada0f13d90405d6ae55386bd28bdd219b8a08ded1aa836efcc8b770dc7"
	    "da41597c5157488d7724e03fb8d84a376a43b8f41518a11cc387b669b2ee6586");
	chacha20_block(&c, out);
	EXPECT_STR(
	    hex(out, 64),
	    "9f07e7be5551387a98ba977c732d080dcb0f29a048e3656912c6533e32ee7aed"
	    "29b721769ce64e43d57133b074d839d531ed1f28510afb45ace10a1f4b794d6f");
}

/* RFC 7693 appendix B. */
TEST(blake2s_abc)
{
	struct blake2s b;
	u8 hash[32];

	blake2s_init(&b, 32, NULL, 0);
	blake2s_update(&b, "abc", 3);
	blake2s_final(&b, hash);
	EXPECT_STR(
	    hex(hash, 32),
	    "508c5e8c327c14e2e1a72ba34eeb452f37458b209ed63a294d999b4c86675982");
}

/* The numbers RFC 7693 appendix E hashes. */
static void fill(u8 *data, size_t len, u32 seed)
{
	u32 a = 0xdead4bad * seed;
	u32 b = 1;
	size_t i;
	u32 t;

	for (i = 0; i < len; i++) {
		t = a + b;
		a = b;
		b = t;
		data[i] = (u8)(t >> 24);
	}
}

/* RFC 7693 appendix E: all sizes, with and without a key, and in pieces. */
TEST(blake2s_selftest)
{
	static const size_t hash_sizes[] = {16, 20, 28, 32};
	static const size_t lengths[] = {0, 3, 64, 65, 255, 1024};
	size_t piece;

	for (piece = 1; piece <= 2000; piece = piece * 3 + 1) {
		struct blake2s all;
		u8 in[1024];
		u8 key[32];
		u8 md[32];
		size_t i;
		size_t k;

		blake2s_init(&all, 32, NULL, 0);
		for (i = 0; i < 8 * ARRAY_SIZE(lengths); i++) {
			size_t size = hash_sizes[i / 2 / ARRAY_SIZE(lengths)];
			size_t len = lengths[i / 2 % ARRAY_SIZE(lengths)];
			struct blake2s b;

			fill(in, len, (u32)len);
			fill(key, size, (u32)size);
			blake2s_init(&b, size, i % 2 ? key : NULL,
				     i % 2 ? size : 0);
			for (k = 0; k < len; k += piece)
				blake2s_update(&b, in + k, min(piece, len - k));
			blake2s_final(&b, md);
			blake2s_update(&all, md, size);
		}
		blake2s_final(&all, md);
		EXPECT_STR(
		    hex(md, 32),
		    "6a411f08ce25adcdfb02aba641451cec53c598b24f4fc787fbdc88797f4c1dfe");
	}
}

static const char *sha256_of(const void *data, size_t len, size_t piece)
{
	const u8 *p = data;
	struct sha256 s;
	u8 hash[32];
	size_t k;

	sha256_init(&s);
	for (k = 0; k < len; k += piece)
		sha256_update(&s, p + k, min(piece, len - k));
	sha256_final(&s, hash);
	return hex(hash, 32);
}

/* FIPS 180-4's examples, and lengths around a block's end. */
TEST(sha256_vectors)
{
	char *million = malloc(1000000);
	char a[130];
	size_t piece;

	memset(million, 'a', 1000000);
	memset(a, 'a', sizeof(a));
	for (piece = 1; piece < 2000; piece = piece * 2 + 1) {
		EXPECT_STR(
		    sha256_of("", 0, piece),
		    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
		EXPECT_STR(
		    sha256_of("abc", 3, piece),
		    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
		EXPECT_STR(
		    sha256_of(
			"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
			56, piece),
		    "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
		EXPECT_STR(
		    sha256_of(a, 55, piece),
		    "9f4390f8d30c2dd92ec9f095b65e2b9ae9b0a925a5258e241c9f1e910f734318");
		EXPECT_STR(
		    sha256_of(a, 56, piece),
		    "b35439a4ac6f0948b6d6f9e3c6af0f5f590ce20f1bde7090ef7970686ec6738a");
		EXPECT_STR(
		    sha256_of(a, 64, piece),
		    "ffe054fe7ae0cb6dc65c3af9b61d5209f439851db43d0ba5997337df154668eb");
		EXPECT_STR(
		    sha256_of(a, 119, piece),
		    "31eba51c313a5c08226adf18d4a359cfdfd8d2e816b13f4af952f7ea6584dcfb");
	}
	EXPECT_STR(
	    sha256_of(million, 1000000, 777),
	    "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
	free(million);
}

/* The paper's appendix A, and the first vectors of its reference code. */
TEST(siphash_vectors)
{
	const struct siphash_key key = {0x0706050403020100, 0x0f0e0d0c0b0a0908};
	u8 block[1 + 64];
	u8 *data = block + 1;

	count_up(data, 64);
	EXPECT_EQ(siphash(data, 15, &key), 0xa129ca6149be45e5);
	EXPECT_EQ(siphash(data, 0, &key), 0x726fdb47dd0e0e31);
	EXPECT_EQ(siphash(data, 1, &key), 0x74f839c593dc67fd);
	EXPECT_EQ(siphash(data, 8, &key), 0x93f5f5799a932462);
	EXPECT_EQ(siphash(data, 63, &key), 0x958a324ceb064572);
}
