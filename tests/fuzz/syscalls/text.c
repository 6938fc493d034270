/* Programs as lines of text, see prog.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "prog.h"

static size_t print_arg(char *buf, size_t size, const struct arg *a)
{
	switch (a->kind) {
	case A_POINTER:
		return (size_t)snprintf(buf, size, "p%lx", a->v);
	case A_RESULT:
		return (size_t)snprintf(buf, size, "r%u", a->call);
	case A_MEMORY:
		return (size_t)snprintf(buf, size, "m%u.%x", a->call, a->off);
	case A_PLAY:
		return (size_t)snprintf(buf, size, "v%lx", a->v);
	case A_HANDLER:
		return (size_t)snprintf(buf, size, "f0");
	default:
		if ((int64_t)a->v < 0 && (int64_t)a->v > -4096)
			return (size_t)snprintf(buf, size, "c-%lx", -a->v);
		return (size_t)snprintf(buf, size, "c%lx", a->v);
	}
}

static int nr_args(const struct call_desc *d)
{
	int n = *d->args != '\0';

	for (const char *s = d->args; *s; s++)
		n += *s == ' ';
	return n;
}

/* Never more than @size bytes, which TEXT_MAX is enough for. */
size_t prog_print(const struct prog *p, char *buf, size_t size)
{
	size_t n = 0;

	if (p->race)
		n += (size_t)snprintf(buf, size, "race ; ");
	for (uint32_t i = 0; i < p->nr_calls && n + 2048 < size; i++) {
		const struct call *c = &p->calls[i];
		const struct call_desc *d = &calls[c->desc];

		n += (size_t)snprintf(buf + n, size - n, "%s%d:%s",
				      i ? " ; " : "", d->nr, d->name);
		for (int k = 0; k < nr_args(d); k++) {
			buf[n++] = ' ';
			n += print_arg(buf + n, size - n, &c->args[k]);
		}
		for (int k = 0; k < c->nr_words; k++) {
			const struct word *w = &c->words[k];

			n += (size_t)snprintf(buf + n, size - n, " w%x.%u=",
					      w->off, w->size);
			n += print_arg(buf + n, size - n, &w->a);
		}
	}
	buf[n] = '\0';
	return n;
}

static bool parse_arg(const char *s, struct arg *a)
{
	char *end;

	*a = (struct arg){.kind = A_CONST};
	switch (*s++) {
	case 'c':
		a->v = *s == '-' ? -strtoull(s + 1, &end, 16)
				 : strtoull(s, &end, 16);
		return true;
	case 'p':
		a->kind = A_POINTER;
		a->v = strtoull(s, &end, 16);
		return true;
	case 'v':
		a->kind = A_PLAY;
		a->v = strtoull(s, &end, 16);
		return true;
	case 'r':
		a->kind = A_RESULT;
		a->call = (uint8_t)strtoul(s, &end, 10);
		return a->call < MAX_CALLS;
	case 'm':
		a->kind = A_MEMORY;
		a->call = (uint8_t)strtoul(s, &end, 10);
		a->off = (uint16_t)(*end == '.' ? strtoul(end + 1, &end, 16) : 0);
		return a->call < MAX_CALLS && a->off <= PAGE - 4;
	case 'f':
		a->kind = A_HANDLER;
		return true;
	default:
		return false;
	}
}

static bool parse_word(struct call *c, const char *s)
{
	struct word *w = &c->words[c->nr_words];
	char *end;

	if (c->nr_words == MAX_WORDS)
		return false;
	w->off = (uint16_t)strtoul(s + 1, &end, 16);
	if (*end != '.')
		return false;
	w->size = (uint16_t)strtoul(end + 1, &end, 10);
	if (*end != '=' || w->size > 8 || w->off + w->size > PAGE)
		return false;
	c->nr_words++;
	return parse_arg(end + 1, &w->a);
}

static bool parse_call(struct call *c, const char *word)
{
	const char *name = strchr(word, ':');

	for (size_t i = 0; name && i < nr_call_descs; i++)
		if (!strcmp(calls[i].name, name + 1)) {
			*c = (struct call){.desc = (uint16_t)i};
			return true;
		}
	return false;
}

bool prog_parse(struct prog *p, const char *text)
{
	static char copy[TEXT_MAX];
	struct call *c = NULL;
	int args = 0;

	*p = (struct prog){0};
	strncpy(copy, text, sizeof(copy) - 1);
	for (char *s = strtok(copy, " \n"); s; s = strtok(NULL, " \n")) {
		if (!strcmp(s, ";")) {
			c = NULL;
		} else if (!strcmp(s, "race")) {
			p->race = true;
		} else if (!c) {
			if (p->nr_calls == MAX_CALLS)
				return false;
			c = &p->calls[p->nr_calls++];
			args = 0;
			if (!parse_call(c, s))
				return false;
		} else if (*s == 'w') {
			if (!parse_word(c, s))
				return false;
		} else if (args == MAX_ARGS || !parse_arg(s, &c->args[args++])) {
			return false;
		}
	}
	return p->nr_calls > 0;
}
