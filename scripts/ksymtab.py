#!/usr/bin/env python3
"""Kernel symbol table: `nm -n` on standard input, assembly on standard output.

Section .ksymtab: count (u32), then per text symbol the offset of its address
from _start (u32) and of its name in the string block (u32; the top bit says that
the symbol is global), then the strings.
"""
import sys

syms, base = [], 0
for line in sys.stdin:
    addr, kind, name = line.split()[:3]
    if name == "_start":
        base = int(addr, 16)
    if kind in "tT" and not name.startswith(("$", ".L")):
        syms.append((int(addr, 16), name, kind == "T"))
syms = [s for s in syms if s[0] >= base]

print('\t.section .ksymtab, "a"\n\t.balign 4\n\t.globl ksymtab\nksymtab:')
print("\t.long %d" % len(syms))
off = 0
for addr, name, is_global in syms:
    print("\t.long %d, %d" % (addr - base, off | is_global << 31))
    off += len(name) + 1
for _, name, _ in syms:
    print('\t.asciz "%s"' % name)
print("\t.balign 8")
