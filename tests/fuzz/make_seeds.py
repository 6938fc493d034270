#!/usr/bin/env python3
"""Write the inputs that fuzzing starts from: make_seeds.py FOLDER."""
import gzip
import os
import shutil
import struct
import sys
import zlib


def cpio_entry(name, mode, data=b"", magic=b"070701", check=0):
    name = name.encode() + b"\0"
    fields = (1, mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(name), check)
    head = magic + b"".join(b"%08x" % f for f in fields) + name
    return pad(head) + pad(data)


def pad(data):
    return data + bytes(-len(data) % 4)


def cpio():
    plain = cpio_entry("dir", 0o40755)
    plain += cpio_entry("dir/file", 0o100644, b"contents")
    plain += cpio_entry("link", 0o120777, b"target")
    trailer = cpio_entry("TRAILER!!!", 0)
    summed = cpio_entry("f", 0o100644, b"abc", b"070702", sum(b"abc"))
    yield b"\0" + plain + trailer
    yield b"\x05" + summed + trailer + bytes(64) + plain + trailer


def inflate():
    text = b"".join(b"line %d of some text\n" % (i * i) for i in range(60))
    for level in (0, 1, 9):
        yield b"\x01" + gzip.compress(text, level, mtime=0)
    for strategy in (zlib.Z_FIXED, zlib.Z_HUFFMAN_ONLY, zlib.Z_RLE):
        z = zlib.compressobj(9, zlib.DEFLATED, -15, 9, strategy)
        yield b"\x06" + z.compress(text) + z.flush()
    z = zlib.compressobj(9, zlib.DEFLATED, -15)
    yield b"\x00" + z.compress(bytes(5000) + text) + z.flush()


def elf():
    def phdr(kind, flags, offset, vaddr, filesz, memsz):
        return struct.pack("<IIQQQQQQ", kind, flags, offset, vaddr, vaddr,
                           filesz, memsz, 0x1000)

    phdrs = [
        phdr(1, 5, 0, 0x400000, 0x1234, 0x1234),
        phdr(1, 6, 0x1ff0, 0x402ff0, 0x20, 0x2100),
        phdr(3, 4, 0x200, 0x400200, 27, 27),
        phdr(0x6474E553, 4, 0x300, 0x400300, 32, 32),
        phdr(0x6474E551, 6, 0, 0, 0, 0),
    ]
    for kind in (2, 3):
        head = b"\x7fELF\2\1\1" + bytes(9)
        head += struct.pack("<HHIQQQIHHHHHH", kind, 183, 1, 0x400100, 64, 0, 0,
                            64, 56, len(phdrs), 0, 0, 0)
        yield head + b"".join(phdrs)
    yield struct.pack("<8I", 4, 16, 5, 0x554E47, 0xC0000000, 4, 1, 0)


def fdt():
    with open("tests/unit/data/virt.dtb", "rb") as f:
        yield f.read()


def main():
    root = sys.argv[1]
    shutil.rmtree(root, ignore_errors=True)
    for make in (cpio, inflate, elf, fdt):
        folder = os.path.join(root, make.__name__)
        os.makedirs(folder)
        for i, data in enumerate(make()):
            with open(os.path.join(folder, "seed%d" % i), "wb") as f:
                f.write(data)


if __name__ == "__main__":
    main()
