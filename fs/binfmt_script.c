/*
 * Scripts: "#! interpreter [argument]" on the first line. The interpreter runs
 * with the argument, if any, and the script's path in place of argv[0].
 */
#include <linnet/binfmt.h>
#include <linnet/errno.h>
#include <linnet/string.h>

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* Cut the line into interpreter and rest. false: no valid line. */
static bool parse_line(char *line, size_t size, char **interp, char **arg)
{
	char *end = memchr(line, '\n', size), *p;

	if (!end) {
		/* Cut off: fine as long as the interpreter's name is whole. */
		end = line + size - 1;
		for (p = line; p < end && is_blank(*p); p++)
			;
		for (; p < end && !is_blank(*p) && *p; p++)
			;
		if (p == end)
			return false;
	}
	while (end > line && is_blank(end[-1]))
		end--;
	*end = '\0';
	for (p = line; is_blank(*p); p++)
		;
	if (!*p)
		return false;
	*interp = p;
	while (*p && !is_blank(*p))
		p++;
	*arg = NULL;
	if (*p) {
		*p++ = '\0';
		while (is_blank(*p))
			p++;
		if (*p)
			*arg = p;
	}
	return true;
}

static int load_script(struct binprm *b)
{
	char *interp, *arg;
	struct file *f;
	int err;

	if (b->buf[0] != '#' || b->buf[1] != '!')
		return -ENOEXEC;
	if (!parse_line(b->buf + 2, BINPRM_BUF_SIZE - 2, &interp, &arg))
		return -ENOEXEC;
	/* The interpreter could not open the script by that name. */
	if (b->fd_path_unreadable)
		return -ENOENT;
	err = remove_arg_zero(b);
	if (!err)
		err = copy_string_kernel(b->interp, b);
	if (err)
		return err;
	b->argc++;
	if (arg) {
		err = copy_string_kernel(arg, b);
		if (err)
			return err;
		b->argc++;
	}
	err = copy_string_kernel(interp, b);
	if (err)
		return err;
	b->argc++;
	err = binprm_change_interp(interp, b);
	if (err)
		return err;
	f = open_exec(interp);
	if (IS_ERR(f))
		return (int)PTR_ERR(f);
	b->script = f; /* exec.c goes on with it */
	return 0;
}

const struct binfmt script_format = {.load = load_script};
