#!/usr/bin/env python3
"""Makes an HTML report of which lines of the kernel have run.

usage: tests/coverage/report.py KERNEL.elf OUTPUT-FOLDER COUNTS...

COUNTS are files of tests/bench/profile_plugin.c: a line "address instructions
total" for each translated block that ran. Every instruction of the kernel is
looked up in its debug information; a line has run if one of its instructions
has. The total goes to standard output.
"""

import collections
import html
import os
import re
import subprocess
import sys

CROSS = os.environ.get("CROSS", "aarch64-linux-gnu-")
INSN = 4

STYLE = """<style>
body { font: 14px sans-serif; margin: 2em }
table { border-collapse: collapse }
td, th { padding: 1px 10px; text-align: right }
td:first-child, th:first-child { text-align: left }
pre { line-height: 1.3 }
.ran { background: #d8f3dc } .not { background: #ffd9d9 }
.no { color: #888 }
</style>"""


def instructions(elf):
    """The address of each instruction, in order."""
    out = subprocess.run([CROSS + "objdump", "-d", "--no-show-raw-insn", elf],
                         check=True, capture_output=True, text=True).stdout
    return [int(a, 16) for a in re.findall(r"^(ffff[0-9a-f]+):", out, re.M)]


def places(elf, addresses):
    """(function, file, line) of each address; file is None if not known."""
    text = "".join(f"{a:x}\n" for a in addresses)
    out = subprocess.run([CROSS + "addr2line", "-fe", elf], input=text,
                         check=True, capture_output=True, text=True).stdout
    lines = out.splitlines()
    for function, where in zip(lines[::2], lines[1::2]):
        path, _, number = where.split(" (")[0].rpartition(":")
        if number.isdigit() and int(number):
            yield function, os.path.normpath(path), int(number)
        else:
            yield function, None, 0


def executed(files):
    """Addresses of the kernel's instructions that ran."""
    ran = set()
    for name in files:
        with open(name) as f:
            for line in f:
                start, n, _ = line.split()
                start = int(start, 16)
                if start >> 48 == 0xFFFF:
                    ran.update(range(start, start + INSN * int(n), INSN))
    return ran


def collect(elf, counts):
    """{file: {line: ran}}, {file: {function: [lines]}}"""
    ran = executed(counts)
    addresses = instructions(elf)
    lines = collections.defaultdict(dict)
    functions = collections.defaultdict(lambda: collections.defaultdict(set))
    for a, (function, path, n) in zip(addresses, places(elf, addresses)):
        if not path or not os.path.exists(path):
            continue
        lines[path][n] = lines[path].get(n, False) or a in ran
        functions[path][function].add(n)
    return lines, functions


def share(done, of):
    return f"{100 * done / of:.1f} %" if of else "-"


def row(name, done, of, more=""):
    return (f"<tr><td>{name}</td><td>{done}</td><td>{of}</td>"
            f"<td>{share(done, of)}</td>{more}</tr>\n")


def page_name(path):
    return path.replace("/", "_") + ".html"


def write_file_page(out, path, lines, functions):
    with open(path, errors="replace") as f:
        source = f.read().splitlines()
    with open(os.path.join(out, page_name(path)), "w") as f:
        f.write(f"<!doctype html><title>{path}</title>{STYLE}<h1>{path}</h1>\n"
                "<table><tr><th>function<th>ran<th>lines<th></tr>\n")
        for name, own in sorted(functions.items(), key=lambda x: min(x[1])):
            link = f'<a href="#{min(own)}">{html.escape(name)}</a>'
            f.write(row(link, sum(lines[n] for n in own), len(own)))
        f.write("</table><pre>\n")
        for n, text in enumerate(source, 1):
            kind = {True: "ran", False: "not"}.get(lines.get(n), "")
            f.write(f'<span id="{n}" class="{kind}"><span class="no">{n:5}'
                    f"</span> {html.escape(text)}</span>\n")
        f.write("</pre>\n")


def main():
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    elf, out, counts = sys.argv[1], sys.argv[2], sys.argv[3:]
    lines, functions = collect(elf, counts)
    os.makedirs(out, exist_ok=True)
    done = of = 0
    with open(os.path.join(out, "index.html"), "w") as f:
        f.write(f"<!doctype html><title>Coverage</title>{STYLE}<h1>Coverage</h1>"
                "<table><tr><th>file<th>ran<th>lines<th><th>functions that ran"
                "</tr>\n")
        for path in sorted(lines):
            ran = [n for n, r in lines[path].items() if r]
            called = sum(any(lines[path][n] for n in own)
                         for own in functions[path].values())
            f.write(row(f'<a href="{page_name(path)}">{path}</a>', len(ran),
                        len(lines[path]),
                        f"<td>{called} of {len(functions[path])}</td>"))
            write_file_page(out, path, lines[path], functions[path])
            done += len(ran)
            of += len(lines[path])
        f.write(row("<b>all</b>", done, of) + "</table>\n")
    print(f"{done} of {of} lines ran, {share(done, of)}")


main()
