/*
 * Programs of the system-call fuzzer: what they are made of, and as text.
 *
 * A program is a list of calls. Each call has a page of memory of its own, with
 * an unmapped one behind it; before it is made, its words are stored there. So a
 * program is flat: no types, nothing nested. The types are in calls.c, and only
 * who makes programs (make.c) looks at them.
 *
 * As text, a program is one line, calls separated by " ; ":
 *
 *	56:openat c-64 p0 c42 c1b6 w0.8=c612f2e ; 57:close r0
 *
 *	cX	the number X          pX	address X in the call's page
 *	rN	result of call N      mN.X	32 bits at X in call N's page
 *	vX	address X of the playground, 64 pages for mmap() and friends
 *	f0	an empty signal handler
 *	wX.S=A	before the call, S bytes at X of its page become A
 */
#ifndef PROG_H
#define PROG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	MAX_CALLS = 16, MAX_ARGS = 6, MAX_WORDS = 28, MAX_OUT = 2,
	PAGE = 4096, PLAY_PAGES = 64, TEXT_MAX = 32768,
};

enum arg_kind { A_CONST, A_POINTER, A_RESULT, A_MEMORY, A_PLAY, A_HANDLER };

struct arg {
	uint8_t kind; /* enum arg_kind */
	uint8_t call; /* of A_RESULT, A_MEMORY */
	uint16_t off; /* of A_MEMORY */
	uint64_t v;
};

struct word {
	uint16_t off;
	uint16_t size; /* 1, 2, 4 or 8 */
	struct arg a;
};

struct call {
	uint16_t desc; /* in calls[] */
	uint8_t nr_words;
	uint8_t nr_out;	  /* resources it leaves in its page */
	uint8_t out_type;
	uint16_t out_off; /* 32 bits each */
	struct arg args[MAX_ARGS];
	struct word words[MAX_WORDS];
};

struct prog {
	uint32_t nr_calls;
	bool race; /* several threads run it once more */
	struct call calls[MAX_CALLS];
};

/* A call as described in calls.c. */
struct call_desc {
	const char *name; /* "openat", "openat$dir" */
	int nr;
	const char *args; /* see calls.c */
	const char *ret;  /* resource it returns; NULL: none */
	int weight;	  /* 0: as most */
};
extern const struct call_desc calls[];
extern const size_t nr_call_descs;

enum type_kind { T_RANGE, T_ONE_OF, T_FLAGS, T_RESOURCE, T_STRUCT, T_STRING };

struct type {
	const char *name;
	enum type_kind kind;
	const uint64_t *values; /* of a resource: what does as well */
	size_t nr_values;
	const char *fields;	/* of a structure */
	const char *const *strings; /* ended by NULL */
	const char *parent;	/* resource: this kind will do now and then */
};
extern const struct type types[];
extern const size_t nr_types;
const struct type *find_type(const char *name, size_t len);

/* make.c */
/* The description that names a type which is not there, or NULL. */
const char *check_descriptions(void);
void rng_seed(uint64_t seed);
uint64_t rng(void);
void prog_generate(struct prog *p);
/* @other: one to take calls from */
void prog_mutate(struct prog *p, const struct prog *other);

/* text.c */
size_t prog_print(const struct prog *p, char *buf, size_t size);
bool prog_parse(struct prog *p, const char *text);

#endif
