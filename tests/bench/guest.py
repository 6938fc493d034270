"""Builds the benchmark programs, boots a kernel with them, collects the rows."""
import hashlib
import json
import os
import re
import select
import stat
import subprocess
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
BUILD = os.path.join(ROOT, os.environ.get("BUILD") or "build")
CC = (os.environ.get("CROSS") or "aarch64-linux-gnu-") + "gcc"
QEMU = os.environ.get("QEMU") or "qemu-system-aarch64"
PANIC = re.compile(r"[Kk]ernel panic|Unable to handle kernel|Internal error:|\bOops\b|"
                   r"kernel BUG|\bBUG:|\bpanic: |\bPANIC\b", re.A)
ROW = re.compile(r"^ROW (\S+) (\S+) (\S+)(.*)$")
ROW_FILES = ["core.c", "main.c"] + ["rows_%s.c" % n for n in
                                    ("syscall", "ipc", "proc", "vm", "fs", "misc", "smp")]

# --- building ---------------------------------------------------------------


def stale(out, sources):
    return not os.path.exists(out) or any(
        os.path.getmtime(out) < os.path.getmtime(s) for s in sources)


def build(libc):
    """-> (init, ubench). The references were measured with glibc's ubench."""
    out = os.path.join(BUILD, "bench")
    os.makedirs(out, exist_ok=True)
    init, ubench = os.path.join(out, "init"), os.path.join(out, "ubench-" + libc)
    src = os.path.join(HERE, "init.c")
    if stale(init, [src]):
        subprocess.run([CC, "-O2", "-static", "-nostdlib", "-ffreestanding",
                        "-fno-stack-protector", "-fno-tree-loop-distribute-patterns",
                        "-mno-outline-atomics", "-s", "-Wl,--build-id=none",
                        "-Wl,-z,noexecstack", "-Wl,-z,max-page-size=4096",
                        "-o", init, src], check=True)
    sources = [os.path.join(HERE, f) for f in ROW_FILES]
    if stale(ubench, sources + [os.path.join(HERE, "bench.h")]):
        cc = CC if libc == "glibc" else os.path.join(BUILD, "musl/bin/linnet-gcc")
        subprocess.run([cc, "-O2", "-static", "-s", "-o", ubench] + sources + ["-lpthread"],
                       check=True)
    return init, ubench


class Cpio:
    """newc archive, written by hand: no root needed, the same every time"""

    def __init__(self):
        self.bytes, self.ino = bytearray(), 1

    def add(self, name, mode, data=b"", rdev=(0, 0)):
        name = name.encode() + b"\0"
        fields = (self.ino, mode, 0, 0, 1, 0, len(data), 0, 0, rdev[0], rdev[1],
                  len(name), 0)
        self.ino += 1
        self.bytes += b"070701" + b"".join(b"%08X" % x for x in fields) + name
        self.bytes += b"\0" * (-len(self.bytes) % 4)
        self.bytes += data
        self.bytes += b"\0" * (-len(self.bytes) % 4)

    def file(self, name, path):
        with open(path, "rb") as f:
            self.add(name, stat.S_IFREG | 0o755, f.read())

    def write(self, path):
        self.ino = 0
        self.add("TRAILER!!!", 0)
        self.bytes += b"\0" * (-len(self.bytes) % 512)
        with open(path, "wb") as f:
            f.write(self.bytes)


def initramfs(path, init, ubench=None, shell=None):
    c = Cpio()
    for d in ("dev", "proc", "tmp", "mnt", "bin", "etc"):
        c.add(d, stat.S_IFDIR | 0o755)
    for name, major, minor in (("console", 5, 1), ("null", 1, 3), ("zero", 1, 5)):
        c.add("dev/" + name, stat.S_IFCHR | 0o666, b"", (major, minor))
    c.file("init", init)
    if ubench:
        c.file("bin/ubench", ubench)
    if shell and os.path.exists(shell):
        c.file("bin/sh", shell)
    c.write(path)

# --- running ----------------------------------------------------------------


def command_line(a, *more, **keys):
    words = ["console=ttyAMA0 rdinit=/init panic=-1", *more] + ([a.append] if a.append else [])
    return " ".join(words + ["%s=%s" % kv for kv in keys.items() if kv[1] not in (None, "")])


def qemu_command(a, initrd, append, icount=None, smp=None, mem=None, seed=1):
    cmd = [QEMU, "-machine", a.machine, "-cpu", a.cpu, "-smp", str(smp or a.smp),
           "-m", "%dM" % (mem or a.mem), "-kernel", a.kernel, "-initrd", initrd,
           "-append", append, "-nodefaults", "-display", "none", "-monitor", "none",
           "-serial", "stdio", "-no-reboot", "-seed", str(seed)]
    if a.icount if icount is None else icount:
        cmd += ["-icount", "shift=0,sleep=off", "-rtc", "base=2024-01-01T00:00:00,clock=vm"]
    return cmd + a.qemu_arg


class Boot:
    """One guest from start to end.

    end: off (powered off), killed (done, but still there), panic, hang (no
    output for `idle` s), timeout."""

    def __init__(self, cmd, timeout, idle, on_line=None, grace=8):
        self.lines, self.panics = [], []
        self.first_ms = self.done_at = self.panic_at = self.end = None
        self.on_line = on_line
        start = time.monotonic()
        guest = subprocess.Popen(cmd, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                 stderr=subprocess.STDOUT)
        try:
            self.read(guest.stdout.fileno(), start, timeout, idle, grace)
        finally:
            if guest.poll() is None:
                guest.kill()
            guest.wait()
            guest.stdout.close()
        self.wall_s = round(time.monotonic() - start, 2)
        self.done = self.done_at is not None

    def overdue(self, start, last, timeout, idle, grace):
        now = time.monotonic()
        if self.done_at and now > self.done_at + grace:
            return "killed"
        if self.panic_at and now > self.panic_at + 3:
            return "panic"
        if now > start + timeout:
            return "timeout"
        return "hang" if now > last + idle else None

    def read(self, fd, start, timeout, idle, grace):
        last, buf = start, b""
        while not self.end:
            self.end = self.overdue(start, last, timeout, idle, grace)
            if self.end or not select.select([fd], [], [], 0.2)[0]:
                continue
            data = os.read(fd, 65536)
            if not data:
                self.end = "panic" if self.panic_at else "off"
                return
            last = time.monotonic()
            if self.first_ms is None and b"BOOT cntvct" in buf + data:
                self.first_ms = (last - start) * 1e3
            *lines, buf = (buf + data).split(b"\n")
            for line in lines:
                self.take(line.decode("latin1").rstrip("\r"), last)

    def take(self, line, when):
        self.lines.append(line)
        if line.startswith("BENCH_DONE"):
            self.done_at = when
        if PANIC.search(line) and not line.startswith(("ROW", "START")):
            self.panics.append(line)
            self.panic_at = self.panic_at or when
        if self.on_line:
            self.on_line(line)

# --- what the guest prints --------------------------------------------------


def parse_row(line, rows, fails):
    name, value, unit, rest = ROW.match(line).groups()
    words = dict(x.split("=", 1) for x in rest.split() if "=" in x)
    if value == "FAIL":
        fails.setdefault(name, {"why": unit, **words})
        return
    try:
        rows.setdefault(name, {"value": float(value), "unit": unit,
                               "group": words.get("group", "?"),
                               "min": float(words.get("min", value)),
                               "max": float(words.get("max", value)),
                               "n": int(words.get("n", 0))})
    except ValueError:
        fails.setdefault(name, {"why": "GARBLED", "text": line})


def parse(lines, rows, fails, info):
    for line in lines:
        if ROW.match(line):
            parse_row(line, rows, fails)
        elif line.startswith("BOOT cntvct_us="):
            m = re.match(r"BOOT cntvct_us=(\d+)", line)
            if m:
                info.setdefault("boot_cntvct_us", int(m.group(1)))
        elif line.startswith("MEM "):
            words = line.split()
            info.setdefault("mem_kib", {}).setdefault(words[1], {
                k: int(v) for k, v in (w.split("=") for w in words[2:] if "=" in w)})
        elif line.startswith(("NOTE ", "UBENCH_STATUS ", "UBENCH ")):
            info.setdefault("notes", []).append(line)


def meta(a, **extra):
    with open(a.kernel, "rb") as f:
        image = f.read()
    version = subprocess.run([QEMU, "--version"], capture_output=True, text=True).stdout
    return {"kernel": os.path.basename(a.kernel), "label": a.label,
            "kernel_bytes": len(image), "kernel_sha256": hashlib.sha256(image).hexdigest(),
            "cpu": a.cpu, "smp": a.smp, "mem_mib": a.mem, "icount": a.icount,
            "append": a.append, "qemu": version.splitlines()[0], **extra}


def save(path, result):
    with open(path, "w") as f:
        json.dump(result, f, indent=1)
        f.write("\n")
