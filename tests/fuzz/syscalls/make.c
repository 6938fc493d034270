/*
 * Making programs from the descriptions, and changing them.
 *
 * An argument that needs a resource (a descriptor, a process) takes it from an
 * earlier call of the program; if there is none, often a call that makes one is
 * put before. All choices come from one generator of random numbers.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include "prog.h"

static uint64_t state = 1;

void rng_seed(uint64_t seed)
{
	state = seed * 0x9e3779b97f4a7c15 + 0x632be59bd9b4e019;
	state += !state;
	for (int i = 0; i < 10; i++)
		rng();
}

uint64_t rng(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state * 0x2545f4914f6cdd1d >> 8;
}

static bool one_in(uint64_t n)
{
	return rng() % n == 0;
}

const struct type *find_type(const char *name, size_t len)
{
	for (size_t i = 0; i < nr_types; i++)
		if (strlen(types[i].name) == len &&
		    !memcmp(types[i].name, name, len))
			return &types[i];
	return NULL;
}

static const struct type *type_of(const char *name)
{
	return find_type(name, strlen(name));
}

/* Of "NAME", "*NAME", "*NAME[]", "!2NAME", "NAME:4": whether it is a type. */
static bool names_type(const char *s, size_t len)
{
	const char *colon = memchr(s, ':', len);

	if (colon)
		len = (size_t)(colon - s);
	if (strchr("=>#@&~", *s))
		return true;
	if (*s == '!')
		return find_type(s + 2, len - 2);
	if (*s == '*')
		return find_type(s + 1, len - (s[len - 1] == ']' ? 3 : 1));
	return find_type(s, len);
}

static bool all_name_types(const char *s)
{
	while (*s) {
		size_t len = strcspn(s, " ");

		if (!names_type(s, len))
			return false;
		s += len + (s[len] == ' ');
	}
	return true;
}

const char *check_descriptions(void)
{
	for (size_t i = 0; i < nr_types; i++)
		if (types[i].fields && !all_name_types(types[i].fields))
			return types[i].name;
	for (size_t i = 0; i < nr_call_descs; i++)
		if (!all_name_types(calls[i].args) ||
		    (calls[i].ret && !type_of(calls[i].ret)))
			return calls[i].name;
	return NULL;
}

/* --- building a call --- */

struct builder {
	struct prog *p;
	uint32_t at;   /* the call being built */
	struct call c;
	uint32_t used; /* bytes of its page */
	uint64_t last_len; /* what '#' means now: bytes or elements */
	int depth;     /* of calls made for resources */
};

static void make_call(struct prog *p, uint16_t desc, int depth);
static uint32_t put_fields(struct builder *b, const char *fields, uint32_t off);

static struct arg constant(uint64_t v)
{
	return (struct arg){.kind = A_CONST, .v = v};
}

static uint64_t any_value(void)
{
	static const uint64_t edges[] = {
		0, 1, 2, 3, 7, 8, 16, 64, 255, 4095, 4096, 4097, 65535, 65536,
		0x7fffffff, 0x80000000, 0xffffffff, 0x100000000, -1ul, -2ul,
		-100ul, -4096ul, 0x7fffffffffffffff, 0x8000000000000000,
		0xffff000000000000, 0x0000fffffffff000, 0x1000000000000,
	};

	switch (rng() % 4) {
	case 0:
		return edges[rng() % (sizeof(edges) / sizeof(edges[0]))];
	case 1:
		return 1ul << rng() % 64;
	case 2:
		return rng() % 32;
	default:
		return rng() >> rng() % 56;
	}
}

static void put_word(struct builder *b, uint32_t off, uint32_t size,
		     struct arg a)
{
	if (b->c.nr_words == MAX_WORDS || off + size > PAGE)
		return;
	b->c.words[b->c.nr_words++] = (struct word){
		.off = (uint16_t)off, .size = (uint16_t)size, .a = a,
	};
}

/* Room in the page; now and then its last bytes, so that an overrun faults. */
static uint32_t page_alloc(struct builder *b, uint32_t size)
{
	uint32_t at = b->used;

	if (size >= PAGE / 2 || one_in(24))
		return size < PAGE ? PAGE - size : 0;
	b->used += (size + 7) & ~7u;
	if (b->used > PAGE - 64)
		b->used = 0;
	return at + size > PAGE ? 0 : at;
}

static uint32_t put_string(struct builder *b, const char *s)
{
	size_t len = strlen(s) + 1;
	uint32_t off = page_alloc(b, (uint32_t)(len + 7) & ~7u);

	for (size_t i = 0; i < len; i += 8) {
		uint64_t v = 0;

		memcpy(&v, s + i, len - i < 8 ? len - i : 8);
		put_word(b, off + (uint32_t)i, 8, constant(v));
	}
	return off;
}

/* Does a resource @have serve where @want is needed? */
static bool serves(const struct type *have, const struct type *want)
{
	while (have && have != want)
		have = have->parent ? type_of(have->parent) : NULL;
	return have;
}

static bool find_resource(struct builder *b, const struct type *want,
			  struct arg *out)
{
	uint32_t found = 0;

	for (uint32_t i = 0; i < b->at; i++) {
		const struct call *c = &b->p->calls[i];
		const char *ret = calls[c->desc].ret;

		if (ret && serves(type_of(ret), want) && one_in(++found))
			*out = (struct arg){.kind = A_RESULT, .call = (uint8_t)i};
		for (uint32_t k = 0; k < c->nr_out; k++)
			if (serves(&types[c->out_type], want) && one_in(++found))
				*out = (struct arg){
					.kind = A_MEMORY,
					.call = (uint8_t)i,
					.off = (uint16_t)(c->out_off + 4 * k),
				};
	}
	return found;
}

/* The type that the call leaves in its page: after '!'. */
static const struct type *out_type_of(const struct call_desc *d)
{
	const char *s = strchr(d->args, '!');

	return s ? find_type(s + 2, strcspn(s + 2, " ")) : NULL;
}

static bool needs(const struct call_desc *d, const struct type *t)
{
	size_t len = strlen(t->name);

	for (const char *s = d->args; *s;) {
		size_t n = strcspn(s, " ");

		if (n == len && !memcmp(s, t->name, n))
			return true;
		s += n + (s[n] == ' ');
	}
	return false;
}

/* Out of nothing, or of something else. */
static bool makes(const struct call_desc *d, const struct type *want)
{
	const struct type *out = out_type_of(d);

	if (needs(d, want))
		return false;
	return (d->ret && serves(type_of(d->ret), want)) ||
	       (out && serves(out, want));
}

/* Before the call, one that makes @want. */
static void make_producer(struct builder *b, const struct type *want)
{
	uint16_t pick = 0;
	uint32_t found = 0;

	if (b->depth >= 3 || b->p->nr_calls + 2 >= MAX_CALLS)
		return;
	for (size_t i = 0; i < nr_call_descs; i++)
		if (makes(&calls[i], want) && one_in(++found))
			pick = (uint16_t)i;
	if (!found)
		return;
	make_call(b->p, pick, b->depth + 1);
	b->at = b->p->nr_calls;
}

static struct arg make_resource(struct builder *b, const struct type *t)
{
	struct arg a;

	/* Now and then one of a kind that will not do. */
	if (t->parent && one_in(12))
		t = type_of(t->parent);
	/* AT_FDCWD is the folder most calls should look in. */
	if (t->nr_values && one_in((int64_t)t->values[0] == AT_FDCWD ? 2 : 8))
		return constant(t->values[rng() % t->nr_values]);
	if (!one_in(10) && find_resource(b, t, &a))
		return a;
	make_producer(b, t);
	if (find_resource(b, t, &a))
		return a;
	return constant(t->nr_values ? t->values[rng() % t->nr_values] : -1ul);
}

static struct arg make_value(struct builder *b, const struct type *t)
{
	uint64_t v = 0;

	switch (t->kind) {
	case T_RANGE:
		return one_in(24) ? constant(any_value())
				  : constant(t->values[0] +
					     rng() % (t->values[1] -
						      t->values[0] + 1));
	case T_ONE_OF:
		return one_in(24) ? constant(any_value())
				  : constant(t->values[rng() % t->nr_values]);
	case T_FLAGS:
		for (uint64_t n = rng() % 4; n; n--)
			v |= t->values[rng() % t->nr_values];
		return constant(one_in(32) ? v | 1ul << rng() % 32 : v);
	case T_RESOURCE:
		return make_resource(b, t);
	default:
		return constant(any_value());
	}
}

static uint32_t size_of(const char *fields)
{
	uint32_t n = 0;

	while (*fields) {
		size_t len = strcspn(fields, " ");
		const char *colon = memchr(fields, ':', len);

		n += colon ? (uint32_t)atoi(colon + 1) : 8;
		fields += len + (fields[len] == ' ');
	}
	return n;
}

/* One or, as an array, some of @t in the page: where. */
static struct arg make_pointer(struct builder *b, const struct type *t, bool array)
{
	uint32_t n = array ? (uint32_t)(rng() % 4) : 1, size, off;

	if (one_in(20))
		return constant(one_in(3) ? any_value() : 0);
	if (t->kind == T_STRING) {
		const char *const *s = t->strings;
		uint32_t count = 0;

		while (s[count])
			count++;
		off = put_string(b, s[rng() % count]);
		return (struct arg){.kind = A_POINTER, .v = off};
	}
	size = t->kind == T_STRUCT ? size_of(t->fields) : 8;
	off = page_alloc(b, size * (n ? n : 1));
	for (uint32_t i = 0; i < n; i++) {
		if (t->kind == T_STRUCT)
			put_fields(b, t->fields, off + i * size);
		else
			put_word(b, off + i * size, 8, make_value(b, t));
	}
	b->last_len = array ? n : size;
	return (struct arg){.kind = A_POINTER, .v = off};
}

static struct arg make_buffer(struct builder *b, uint32_t size)
{
	b->last_len = size;
	if (one_in(20))
		return constant(one_in(3) ? any_value() : 0);
	if (one_in(12))
		return (struct arg){.kind = A_PLAY, .v = rng() % PLAY_PAGES * PAGE};
	return (struct arg){.kind = A_POINTER, .v = page_alloc(b, size)};
}

static struct arg make_out(struct builder *b, const char *s, size_t len)
{
	uint32_t n = (uint32_t)(s[0] - '0'), off = page_alloc(b, 4 * n);

	b->c.nr_out = (uint8_t)n;
	b->c.out_type = (uint8_t)(find_type(s + 1, len - 1) - types);
	b->c.out_off = (uint16_t)off;
	return (struct arg){.kind = A_POINTER, .v = off};
}

static struct arg make_length(struct builder *b)
{
	if (one_in(10))
		return constant(one_in(2) ? any_value() : b->last_len / 2);
	return constant(b->last_len);
}

static struct arg make_address(struct builder *b)
{
	struct arg a;

	if (one_in(6) && find_resource(b, type_of("addr"), &a))
		return a;
	if (one_in(30))
		return constant(any_value());
	a = (struct arg){.kind = A_PLAY, .v = rng() % PLAY_PAGES * PAGE};
	if (one_in(16))
		a.v += rng() % PAGE;
	return a;
}

static struct arg make_arg(struct builder *b, const char *s, size_t len)
{
	switch (*s) {
	case '=':
		return constant(strtoull(s + 1, NULL, 16));
	case '*':
		if (s[len - 1] == ']')
			return make_pointer(b, find_type(s + 1, len - 3), true);
		return make_pointer(b, find_type(s + 1, len - 1), false);
	case '>':
		return make_buffer(b, (uint32_t)atoi(s + 1));
	case '!':
		return make_out(b, s + 1, len - 1);
	case '#':
		return make_length(b);
	case '@':
		if (len > 1)
			return constant((1 + rng() % (one_in(3) ? PLAY_PAGES : 4)) *
					PAGE);
		return make_address(b);
	case '&':
		return (struct arg){.kind = A_HANDLER};
	case '~': /* one of a few words that all programs share */
		return (struct arg){.kind = A_PLAY, .v = rng() % 2 * 8};
	default:
		return make_value(b, find_type(s, len));
	}
}

static uint32_t put_fields(struct builder *b, const char *fields, uint32_t off)
{
	while (*fields) {
		size_t len = strcspn(fields, " ");
		const char *colon = memchr(fields, ':', len);
		size_t name = colon ? (size_t)(colon - fields) : len;
		uint32_t size = colon ? (uint32_t)atoi(colon + 1) : 8;
		struct arg a = make_arg(b, fields, name);

		/* The page is zero: those need no word. */
		if (a.kind != A_CONST || a.v)
			put_word(b, off, size, a);
		off += size;
		fields += len + (fields[len] == ' ');
	}
	return off;
}

static void make_call(struct prog *p, uint16_t desc, int depth)
{
	struct builder b = {.p = p, .at = p->nr_calls, .depth = depth};
	const char *s = calls[desc].args;

	b.c.desc = desc;
	for (int i = 0; *s; i++) {
		size_t len = strcspn(s, " ");

		b.c.args[i] = make_arg(&b, s, len);
		s += len + (s[len] == ' ');
	}
	if (p->nr_calls < MAX_CALLS)
		p->calls[p->nr_calls++] = b.c;
}

static uint16_t pick_desc(void)
{
	static uint64_t total;
	uint64_t n;

	if (!total)
		for (size_t i = 0; i < nr_call_descs; i++)
			total += calls[i].weight ? (uint64_t)calls[i].weight : 10;
	n = rng() % total;
	for (size_t i = 0;; i++) {
		uint64_t w = calls[i].weight ? (uint64_t)calls[i].weight : 10;

		if (n < w)
			return (uint16_t)i;
		n -= w;
	}
}

void prog_generate(struct prog *p)
{
	uint32_t want = 3 + (uint32_t)(rng() % (MAX_CALLS - 4));

	*p = (struct prog){.race = one_in(4)};
	while (p->nr_calls < want)
		make_call(p, pick_desc(), 0);
}

/* --- changing programs --- */

/* References after call @at was taken out (@by -1) or put in (@by 1). */
static void shift_arg(struct arg *a, uint32_t at, int by)
{
	if (a->kind != A_RESULT && a->kind != A_MEMORY)
		return;
	if (by < 0 && a->call == at)
		*a = constant(-1ul);
	else if (a->call >= at)
		a->call = (uint8_t)(a->call + by);
}

static void shift_from(struct prog *p, uint32_t from, uint32_t at, int by)
{
	for (uint32_t i = from; i < p->nr_calls; i++) {
		struct call *c = &p->calls[i];

		for (int k = 0; k < MAX_ARGS; k++)
			shift_arg(&c->args[k], at, by);
		for (int k = 0; k < c->nr_words; k++)
			shift_arg(&c->words[k].a, at, by);
	}
}

static void remove_call(struct prog *p, uint32_t at)
{
	memmove(&p->calls[at], &p->calls[at + 1],
		(p->nr_calls - at - 1) * sizeof(p->calls[0]));
	p->nr_calls--;
	shift_from(p, at, at, -1);
}

static void insert_copy(struct prog *p, uint32_t at, uint32_t of)
{
	struct call c = p->calls[of];

	if (p->nr_calls == MAX_CALLS || at < of)
		return;
	memmove(&p->calls[at + 1], &p->calls[at],
		(p->nr_calls - at) * sizeof(p->calls[0]));
	p->calls[at] = c;
	p->nr_calls++;
	shift_from(p, at + 1, at, 1);
}

static void change_number(struct arg *a)
{
	switch (a->kind) {
	case A_CONST:
		switch (rng() % 4) {
		case 0:
			a->v ^= 1ul << rng() % (one_in(3) ? 64 : 12);
			break;
		case 1:
			a->v += rng() % 9 - 4;
			break;
		default:
			a->v = any_value();
		}
		break;
	case A_POINTER:
		a->v = one_in(2) ? PAGE - rng() % 32 : (a->v + rng() % 16) % PAGE;
		break;
	case A_PLAY:
		a->v = rng() % PLAY_PAGES * PAGE + (one_in(4) ? rng() % PAGE : 0);
		break;
	}
}

static void change_call(struct call *c)
{
	if (c->nr_words && one_in(2))
		change_number(&c->words[rng() % c->nr_words].a);
	else
		change_number(&c->args[rng() % MAX_ARGS]);
}

/* Call @at made anew of its description, from what stands before it. */
static void remake_call(struct prog *p, uint32_t at)
{
	static struct prog head;

	head = *p;
	head.nr_calls = at;
	make_call(&head, p->calls[at].desc, 3);
	p->calls[at] = head.calls[at];
}

static void splice(struct prog *p, const struct prog *other)
{
	uint32_t keep = (uint32_t)(rng() % p->nr_calls), base = keep;

	p->nr_calls = keep;
	for (uint32_t i = 0; i < other->nr_calls && p->nr_calls < MAX_CALLS; i++) {
		struct call *c = &p->calls[p->nr_calls++];

		*c = other->calls[i];
		for (int k = 0; k < MAX_ARGS; k++)
			shift_arg(&c->args[k], 0, (int)base);
		for (int k = 0; k < c->nr_words; k++)
			shift_arg(&c->words[k].a, 0, (int)base);
	}
}

void prog_mutate(struct prog *p, const struct prog *other)
{
	for (uint64_t n = 1 + rng() % 4; n; n--) {
		uint32_t at = (uint32_t)(rng() % p->nr_calls);

		switch (rng() % 10) {
		case 0:
			if (p->nr_calls > 2)
				remove_call(p, at);
			break;
		case 1:
			insert_copy(p, at + (uint32_t)(rng() % (p->nr_calls - at + 1)),
				    at);
			break;
		case 2:
			splice(p, other);
			break;
		case 3:
		case 4:
			remake_call(p, at);
			break;
		case 5:
		case 6:
			change_call(&p->calls[at]);
			break;
		case 7:
			p->race = !p->race;
			break;
		default:
			if (p->nr_calls < MAX_CALLS)
				make_call(p, pick_desc(), 0);
		}
	}
}
