"""Where a benchmark row spends its instructions: run.py --profile.

A QEMU plugin (profile_plugin.c) counts the instructions of every translation
block; here the blocks become functions of kernel.elf."""
import bisect
import os
import subprocess

import guest

NM = (os.environ.get("CROSS") or "aarch64-linux-gnu-") + "nm"
KERNEL_HALF = 1 << 63


def counts(work):
    return os.path.join(work, "counts")


def plugin_args(work):
    """Build the plugin; -> QEMU arguments that load it."""
    src = os.path.join(guest.HERE, "profile_plugin.c")
    lib = os.path.join(guest.BUILD, "bench", "profile_plugin.so")
    os.makedirs(os.path.dirname(lib), exist_ok=True)
    if guest.stale(lib, [src]):
        subprocess.run(["gcc", "-O2", "-Wall", "-Wextra", "-fPIC", "-shared",
                        "-fvisibility=hidden", "-o", lib, src], check=True)
    return ["-plugin", "%s,out=%s" % (lib, counts(work))]


class Symbolizer:
    def __init__(self, elf):
        out = subprocess.check_output([NM, "-n", elf], text=True)
        self.table = [(int(a, 16), name) for a, kind, name in
                      (line.split() for line in out.splitlines())
                      if kind in "tTwW" and not name.startswith("$")]
        self.addrs = [a for a, _ in self.table]

    def name(self, addr):
        if addr < KERNEL_HALF:
            return "[user]", addr
        i = bisect.bisect_right(self.addrs, addr) - 1
        return (self.table[i][1], addr - self.addrs[i]) if i >= 0 else ("[unknown]", addr)


def blocks(path):
    with open(path) as f:
        for line in f:
            addr, insns, total = line.split()
            yield int(addr, 16), int(insns), int(total)


def report(path, elf, top, func):
    sym = Symbolizer(elf)
    totals, inside = {}, []
    for addr, insns, total in blocks(path):
        name, offset = sym.name(addr)
        totals[name] = totals.get(name, 0) + total
        if name == func:
            inside.append((total, offset, insns, total // insns))
    if func:
        print("%14s %8s %6s %14s" % ("instructions", "offset", "block", "runs"))
        for total, offset, insns, runs in sorted(inside, reverse=True)[:top]:
            print("%14d %#8x %6d %14d" % (total, offset, insns, runs))
        return
    whole = sum(totals.values())
    print("%14s %7s  function" % ("instructions", "share"))
    for name, n in sorted(totals.items(), key=lambda x: -x[1])[:top]:
        print("%14d %6.2f%%  %s" % (n, 100.0 * n / whole, name))
    print("%14d 100.00%%  all" % whole)
