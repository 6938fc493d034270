/*
 * The kernel command line.
 *
 * Words are `name=value` or `name`; a value may be quoted. A parameter that the
 * kernel knows (KERNEL_PARAM) is consumed. The others go to init, as on Linux:
 * `name=value` into its environment, bare words and everything after `--` as
 * arguments; words with a dot are taken for module parameters and dropped.
 */
#include <linnet/boot.h>
#include <linnet/init.h>
#include <linnet/kstrto.h>
#include <linnet/memblock.h>
#include <linnet/of.h>
#include <linnet/printk.h>
#include <linnet/string.h>

extern const struct kernel_param _kparam_start[], _kparam_end[];

enum { CMDLINE_MAX = 2048, INIT_WORDS = 32 };

static char cmdline[CMDLINE_MAX], words[CMDLINE_MAX];
const char *saved_command_line = cmdline;

char *init_argv[INIT_WORDS + 2] = {"init"};
char *init_envp[INIT_WORDS + 3] = {"HOME=/", "TERM=linux"};
static u32 nr_args = 1, nr_env = 2;

const char *param_rdinit, *param_init;

static int __init_text param_rdinit_fn(const char *value)
{
	param_rdinit = value;
	return 0;
}
KERNEL_PARAM("rdinit", param_rdinit_fn);

static int __init_text param_init_fn(const char *value)
{
	param_init = value;
	return 0;
}
KERNEL_PARAM("init", param_init_fn);

/* Has been seen before the first page table; here it is kept from init. */
static int __init_text param_nokaslr(const char *value)
{
	return 0;
}
KERNEL_PARAM("nokaslr", param_nokaslr);

static int __init_text param_mem(const char *value)
{
	const char *end;
	u64 v = simple_strtou64(value, (char **)&end, 0);

	switch (*end | 0x20) {
	case 'g':
		v <<= 10;
		__fallthrough;
	case 'm':
		v <<= 10;
		__fallthrough;
	case 'k':
		v <<= 10;
	}
	if (v)
		memblock_cap_later(v);
	return 0;
}
KERNEL_PARAM("mem", param_mem);

/* '-' and '_' are the same in parameter names. */
static bool name_equal(const char *a, const char *b)
{
	for (; *a && *b; a++, b++) {
		char x = *a == '-' ? '_' : *a, y = *b == '-' ? '_' : *b;

		if (x != y)
			return false;
	}
	return *a == *b;
}

/* Some names mean something to the kernel and to init alike. */
static bool kernel_takes(const char *name, const char *value)
{
	bool known = false;

	for (const struct kernel_param *p = _kparam_start; p < _kparam_end; p++) {
		if (!name_equal(p->name, name))
			continue;
		known = true;
		if (p->fn(value))
			pr_warn("parameter %s=%s is not understood\n", name,
				value);
	}
	return known;
}

static void give_to_init(char *name, char *value)
{
	if (value) {
		value[-1] = '=';
		if (nr_env < INIT_WORDS + 2)
			init_envp[nr_env++] = name;
	} else if (nr_args < INIT_WORDS + 1) {
		init_argv[nr_args++] = name;
	}
}

static void handle_word(char *word, bool after_dashes)
{
	char *value = after_dashes ? NULL : strchr(word, '=');

	if (after_dashes) {
		give_to_init(word, NULL);
		return;
	}
	if (value)
		*value++ = '\0';
	if (value && *value == '"') {
		size_t n = strlen(++value);

		if (n && value[n - 1] == '"')
			value[n - 1] = '\0';
	}
	if (kernel_takes(word, value ? value : ""))
		return;
	if (!strchr(word, '.'))
		give_to_init(word, value);
}

/* Cut the next word (ended by blanks outside quotes) off *p. */
static char *next_word(char **p)
{
	bool quoted = false;
	char *start;

	while (**p == ' ' || **p == '\t' || **p == '\n')
		(*p)++;
	start = *p;
	for (; **p; (*p)++) {
		if (**p == '"')
			quoted = !quoted;
		if (!quoted && (**p == ' ' || **p == '\t' || **p == '\n')) {
			*(*p)++ = '\0';
			break;
		}
	}
	return *start ? start : NULL;
}

void __init_text parse_early_params(void)
{
	bool after_dashes = false;
	char *p = words, *word;

	if (strscpy(cmdline, of_bootargs(), sizeof(cmdline)) < 0)
		pr_warn("command line cut at %d bytes\n", CMDLINE_MAX - 1);
	strscpy(words, cmdline, sizeof(words));
	while ((word = next_word(&p))) {
		if (!after_dashes && !strcmp(word, "--"))
			after_dashes = true;
		else
			handle_word(word, after_dashes);
	}
}
