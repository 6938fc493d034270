#!/usr/bin/env python3
"""Writes a program of the system-call fuzzer as C.

usage: tests/fuzz/syscalls/to_c.py [LOG [LINE]] >repro.c

LOG is what sysfuzz wrote (default: standard input), LINE the line to take,
counted from 1 (default: the last). The result makes the same calls in the same
sandbox; build it with

    build/musl/bin/linnet-gcc -std=gnu17 -static -Itests/fuzz/syscalls \\
        -o repro repro.c tests/fuzz/syscalls/exec.c

and run it as root in a guest, with a number of times as its argument.
"""

import sys

HEAD = """/*
 * usage: repro [TIMES]
 *
 * {line}
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "exec.h"

#define RESULT(n)	(uint64_t)shared->results[n]
#define MEMORY(n, off)	(uint64_t)*(int32_t *)DATA(n, off)
#define STORE(i, off, size, value)                                             \\
	memcpy((void *)DATA(i, off), &(uint64_t){{value}}, size)
#define CALL(nr, ...)                                                          \\
	(shared->results[i] = make_call_raw(i, nr, (uint64_t[6]){{__VA_ARGS__}}))

static void call(int i)
{{
	switch (i) {{
"""

TAIL = """	}}
	shared->progress++;
}}

int main(int argc, char **argv)
{{
	int times = argc > 1 ? atoi(argv[1]) : 1, pid;

	sandbox_prepare("/fuzz");
	while (times--) {{
		memset((void *)shared, 0, sizeof(*shared));
		pid = fork();
		if (!pid) {{
			sandbox_enter({user});
			shared->tid = getpid();
			run_program({calls}, {race}, call);
			_exit(0);
		}}
		if (pid < 0 || watch_program(pid, 1000) < 0)
			return 1;
	}}
	return 0;
}}
"""


def value(text, i):
    kind, rest = text[0], text[1:]
    if kind == "c":
        if rest.startswith("-"):
            return "-" + hex(int(rest[1:], 16))
        return hex(int(rest, 16))
    if kind == "p":
        return f"DATA({i}, {int(rest, 16):#x})"
    if kind == "v":
        return f"PLAY({int(rest, 16):#x})"
    if kind == "r":
        return f"RESULT({rest})"
    if kind == "m":
        call, off = rest.split(".")
        return f"MEMORY({call}, {int(off, 16):#x})"
    if kind == "f":
        return "(uint64_t)empty_handler"
    raise ValueError(text)


def string_at(words, k):
    """The string that begins with word k, and how many words it is."""
    data = b""
    start = words[k][0]
    for n, (off, size, text) in enumerate(words[k:], 1):
        if size != 8 or off != start + len(data) or not text.startswith("c"):
            break
        data += (int(text[1:], 16) & (1 << 64) - 1).to_bytes(8, "little")
        if b"\0" in data:
            s = data[: data.index(0)]
            if len(s) > 0 and all(32 <= c < 127 and c not in b'"\\' for c in s):
                return s.decode(), n
            break
    return None, 1


def emit_call(i, text):
    head, *rest = text.split()
    nr, name = head.split(":", 1)
    args = [w for w in rest if w[0] != "w"]
    words = []
    for w in rest:
        if w[0] == "w":
            where, what = w[1:].split("=", 1)
            off, size = where.split(".")
            words.append((int(off, 16), int(size), what))
    print(f"\tcase {i}: /* {name} */")
    k = 0
    while k < len(words):
        s, n = string_at(words, k)
        off, size, what = words[k]
        if s is None:
            print(f"\t\tSTORE(i, {off:#x}, {size}, {value(what, i)});")
        else:
            print(f'\t\tstrcpy((char *)DATA(i, {off:#x}), "{s}");')
        k += n
    print(f"\t\tCALL({nr}, {', '.join(value(a, i) for a in args) or 0});")
    print("\t\tbreak;")


def main():
    if len(sys.argv) > 1 and sys.argv[1] in ("-h", "--help"):
        sys.exit(__doc__)
    with open(sys.argv[1]) if len(sys.argv) > 1 else sys.stdin as f:
        lines = f.read().splitlines()
    line = lines[int(sys.argv[2]) - 1 if len(sys.argv) > 2 else -1]
    head, text = line.split("|", 1)
    calls = [c.strip() for c in text.split(" ; ")]
    race = calls[0] == "race"
    calls = calls[race:]
    print(HEAD.format(line=line.replace("*/", "* /")), end="")
    for i, c in enumerate(calls):
        emit_call(i, c)
    print(TAIL.format(user=str("user" in head).lower(), calls=len(calls),
                      race=str(race).lower()), end="")


main()
