/*
 * Numbers from text. The kstrto functions take a whole string or nothing and
 * are for knobs and parameters; simple_strtou64() reads a prefix and is for
 * parsers that go on behind it.
 */
#ifndef LINNET_KSTRTO_H
#define LINNET_KSTRTO_H

#include <linnet/types.h>

int __must_check kstrtou64(const char *s, unsigned base, u64 *out);
int __must_check kstrtos64(const char *s, unsigned base, s64 *out);
u64 simple_strtou64(const char *s, char **end, unsigned base);

#endif
