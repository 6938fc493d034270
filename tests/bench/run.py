#!/usr/bin/env python3
"""Measure a kernel with ubench, compare the results.

    run.py [--kernel IMAGE] [--bench ROWS] [--out FILE]     measure
    run.py footprint [--kernel IMAGE] [--out FILE]          boot time, memory, size
    run.py compare A B [--min RATIO]                        ratio > 1: B is better
    run.py table A B...                                     the same as Markdown
    run.py scaling A B [--workers N]                        smp rows: N against 1
    run.py best A B... --out FILE                           the per-row best
    run.py spread A B...                                    repeatability

Under -icount shift=0 (the default) one guest instruction takes 1 ns of guest
time: figures in ns count instructions and repeat exactly. README.md says what
that measures and what it does not."""
import argparse
import os
import shutil
import subprocess
import sys
import tempfile

import counts
import footprint
import guest
import report

WHY = {"panic": "PANIC", "off": "DIED", "hang": "HANG", "timeout": "HANG"}


def one_run(a, work, k):
    """Boot until all rows are there: behind one that brings the guest down it is
    booted again. -> (rows, fails, info)"""
    init, ubench = guest.build(a.libc)
    initrd = os.path.join(work, "rd%d.cpio" % k)
    guest.initramfs(initrd, init, ubench, a.sh)
    rows, fails, info = {}, {}, {"panics": [], "boots": []}
    after, seen = None, set()
    while True:
        # Boot k gets another seed and, by bpad, another layout.
        append = guest.command_line(a, "nokaslr", bench=a.bench, bicount=1 if a.icount else None,
                                    bskip=a.skip, bafter=after, bpad="x" * (7 * k))
        current = [None]

        def line(s):
            if s.startswith("START "):
                current[0] = s.split()[1]
            if a.verbose:
                print(s, flush=True)
        b = guest.Boot(guest.qemu_command(a, initrd, append, seed=k + 1),
                       a.timeout, a.idle, line)
        guest.parse(b.lines, rows, fails, info)
        info["boots"].append({"end": b.end, "done": b.done, "after": after,
                              "wall_s": b.wall_s})
        if b.panics:
            info["panics"].append({"at": current[0], "lines": b.panics[:8],
                                   "tail": b.lines[-25:]})
        at = current[0]
        if b.done or at is None or at in seen or len(seen) >= a.max_reboots:
            break
        if at not in rows:
            fails.setdefault(at, {"why": WHY.get(b.end, "DIED")})
        seen.add(at)
        after = at
    if not b.done and not rows:
        print("\n".join(b.lines[-40:]))
    info["complete"] = b.done
    info["clean_poweroff"] = b.end == "off"
    return rows, {n: f for n, f in fails.items() if n not in rows}, info


def merge(runs):
    """the medians over several boots"""
    rows = {}
    for name in dict.fromkeys(n for r in runs for n in r):
        rs = [r[name] for r in runs if name in r]
        vs = sorted(r["value"] for r in rs)
        half = len(vs) // 2
        median = vs[half] if len(vs) % 2 else (vs[half - 1] + vs[half]) / 2
        rows[name] = dict(rs[0], value=median, min=min(r["min"] for r in rs),
                          max=max(r["max"] for r in rs))
        if len(vs) > 1:
            pct = round((vs[-1] - vs[0]) / median * 100, 2) if median else 0
            rows[name].update(boot_values=[r["value"] for r in rs], spread_pct=pct,
                              unstable=pct > 3)
    return rows


def run(a, work):
    if a.profile:
        a.qemu_arg += counts.plugin_args(work)
    runs = [one_run(a, work, k) for k in range(a.repeat)]
    rows = merge([r[0] for r in runs])
    fails = {n: f for r in runs for n, f in r[1].items() if n not in rows}
    info = runs[0][2]
    res = {"schema": 1, "meta": guest.meta(a, libc=a.libc, repeat=a.repeat),
           "boot_cntvct_us": info.get("boot_cntvct_us"), "mem_kib": info.get("mem_kib"),
           "complete": all(r[2]["complete"] for r in runs), "rows": rows, "fails": fails,
           "panics": [p for r in runs for p in r[2]["panics"]],
           "boots": [b for r in runs for b in r[2]["boots"]],
           "clean_poweroff": info["clean_poweroff"], "notes": info.get("notes", [])}
    print("%d rows, %d failed, %d panics, complete: %s, boot %s us" % (
        len(rows), len(fails), len(res["panics"]), res["complete"], res["boot_cntvct_us"]))
    if a.out:
        guest.save(a.out, res)
    else:
        for name, r in rows.items():
            print("%-26s %14.2f %s" % (name, r["value"], r["unit"]))
    for name, f in fails.items():
        print("FAIL %-26s %s %s" % (name, f["why"], f.get("at", "")))
    if a.profile:
        counts.report(counts.counts(work), a.elf, a.top, a.func)
    return 0 if res["complete"] else 1


def run_footprint(a, work):
    res = footprint.Footprint(a, work).measure()
    if a.out:
        guest.save(a.out, res)
    return 0


def parser(fp):
    build = guest.BUILD
    p = argparse.ArgumentParser(prog="run.py footprint" if fp else "run.py",
                                description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    p.add_argument("--kernel", default=os.path.join(build, "Image"))
    p.add_argument("--append", default="", help="more words for the kernel command line")
    p.add_argument("--label", default="linnet")
    p.add_argument("--smp", type=int, default=1)
    p.add_argument("--mem", type=int, default=1024, help="MiB")
    p.add_argument("--cpu", default="cortex-a57")
    p.add_argument("--machine", default="virt")
    p.add_argument("--no-icount", dest="icount", action="store_false",
                   help="real time instead of instructions")
    p.add_argument("--qemu-arg", action="append", default=[])
    p.add_argument("--sh", default=os.path.join(build, "busybox/busybox"),
                   help="static arm64 shell, put at /bin/sh")
    p.add_argument("--libc", choices=("glibc", "musl"), default="glibc",
                   help="that ubench is linked with (the references: glibc)")
    p.add_argument("--out", help="write the result here")
    if fp:
        p.add_argument("-n", type=int, default=7, help="boots for the wall-clock time")
        p.add_argument("--boot-timeout", type=float, default=60)
        p.add_argument("--default-initrd", default=os.path.join(build, "initramfs.cpio.gz"))
        return p
    p.add_argument("--bench", default="all", help="rows or groups, comma separated")
    p.add_argument("--skip")
    p.add_argument("--repeat", type=int, default=1,
                   help="boots, each perturbed; the rows' medians are kept")
    p.add_argument("--timeout", type=float, default=900, help="limit of one boot, s")
    p.add_argument("--idle", type=float, default=180, help="no output for so long: a hang, s")
    p.add_argument("--max-reboots", type=int, default=15)
    p.add_argument("--verbose", "-v", action="store_true")
    p.add_argument("--profile", action="store_true",
                   help="say which kernel functions the instructions went to")
    p.add_argument("--elf", default=os.path.join(build, "kernel.elf"))
    p.add_argument("--top", type=int, default=30)
    p.add_argument("--func", help="with --profile: the blocks of this function")
    return p


def main():
    sub = {"compare": report.compare, "table": report.table, "best": report.best,
           "spread": report.spread, "scaling": report.scaling}
    if len(sys.argv) > 1 and sys.argv[1] in sub:
        return sub[sys.argv[1]](sys.argv[2:])
    fp = len(sys.argv) > 1 and sys.argv[1] == "footprint"
    a = parser(fp).parse_args(sys.argv[2 if fp else 1:])
    work = tempfile.mkdtemp(prefix="ubench.")
    try:
        return run_footprint(a, work) if fp else run(a, work)
    finally:
        shutil.rmtree(work)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except subprocess.CalledProcessError as e:
        sys.exit("run.py: %s" % e)
