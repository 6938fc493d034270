#!/usr/bin/env python3
"""Relocation table: an ELF file linked with --emit-relocs as the argument,
assembly on standard output.

The words of the image that hold an address of it: what must be added to when it
runs elsewhere than it was linked for. Section .relr, in 32-bit words: an even one
is the offset of such a word from _start; an odd one is a bitmap (shifted left by
one) of the 31 words behind the last that was described (early_kaslr.c).
"""
import struct
import sys

SHT_SYMTAB, SHT_RELA, SHF_ALLOC = 2, 4, 2
R_ABS64 = 257
# ABS32, ABS16, MOVW_UABS_*: too narrow; *_GOT_*: the linker's own words
REFUSED = {258, 259} | set(range(263, 273)) | {309, 310, 311, 312, 313}

elf = open(sys.argv[1], "rb").read()
shoff, = struct.unpack_from("<Q", elf, 40)
shentsize, shnum, shstrndx = struct.unpack_from("<HHH", elf, 58)
# name, type, flags, addr, offset, size, link, info, align, entsize
sections = [struct.unpack_from("<IIQQQQIIQQ", elf, shoff + i * shentsize)
            for i in range(shnum)]


def symbol(name):
    for s in sections:
        if s[1] != SHT_SYMTAB:
            continue
        strings = sections[s[6]][4]
        for at in range(s[4], s[4] + s[5], 24):
            st_name, _, _, _, value, _ = struct.unpack_from("<IBBHQQ", elf, at)
            end = elf.index(b"\0", strings + st_name)
            if elf[strings + st_name:end] == name:
                return value
    sys.exit("relocs.py: no symbol " + name.decode())


start, end = symbol(b"_start"), symbol(b"_image_end")
places = set()
for s in sections:
    if s[1] != SHT_RELA or not sections[s[7]][2] & SHF_ALLOC:
        continue
    target = sections[s[7]]
    for place, info, _ in struct.iter_unpack("<QQq", elf[s[4]:s[4] + s[5]]):
        kind = info & 0xffffffff
        if kind in REFUSED:
            sys.exit("relocs.py: relocation %d at %#x" % (kind, place))
        if kind != R_ABS64:
            continue
        value, = struct.unpack_from("<Q", elf, target[4] + place - target[3])
        if start <= value <= end:  # not numbers and absent weak symbols
            if place % 8:
                sys.exit("relocs.py: unaligned address at %#x" % place)
            places.add((place - start) // 8)

words, rest = [], sorted(places)
while rest:
    words.append(rest[0] * 8)
    base = rest.pop(0) + 1
    while rest and rest[0] < base + 31:
        bits = 0
        while rest and rest[0] < base + 31:
            bits |= 1 << (rest.pop(0) - base)
        words.append(bits << 1 | 1)
        base += 31

print('\t.section .relr, "a"\n\t.balign 4')
for w in words:
    print("\t.long %#x" % w)
