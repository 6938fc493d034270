"""Boot time, memory in use, smallest RAM of a kernel."""
import os

import guest


class Footprint:
    def __init__(self, a, work):
        self.a, self.work = a, work
        init, _ = guest.build(a.libc)
        self.tiny = os.path.join(work, "tiny.cpio")
        self.shell = os.path.join(work, "shell.cpio")
        guest.initramfs(self.tiny, init)
        guest.initramfs(self.shell, init, None, a.sh)

    def boot(self, initrd=None, mode="boot", icount=True, **machine):
        limit = self.a.boot_timeout
        cmd = guest.qemu_command(self.a, initrd or self.tiny,
                                 guest.command_line(self.a, bmode=mode), icount=icount, **machine)
        b, info = guest.Boot(cmd, limit, limit, grace=2), {}
        guest.parse(b.lines, {}, {}, info)
        return b, info

    def boot_times(self, smp):
        counted = [self.boot(smp=smp)[1].get("boot_cntvct_us") for _ in range(2)]
        wall = sorted(b.first_ms for b in (self.boot(icount=False, smp=smp)[0]
                                           for _ in range(self.a.n)) if b.first_ms)
        median = round(wall[len(wall) // 2], 1) if wall else None
        print("boot smp=%d: %s us counted, wall median %s ms" % (smp, counted, median), flush=True)
        return {"icount_us": counted, "wall_ms_median": median,
                "wall_ms": [round(x, 1) for x in wall]}

    def boot_default(self):
        """The default image with our init in front: its rdinit is ours, the rest
        is unpacked all the same."""
        both = os.path.join(self.work, "default.cpio.gz")
        with open(both, "wb") as out:
            for part in (self.a.default_initrd, self.tiny):
                with open(part, "rb") as f:
                    data = f.read()
                out.write(data + b"\0" * (-len(data) % 4))
        us = [self.boot(both)[1].get("boot_cntvct_us") for _ in range(2)]
        print("boot with the default initramfs: %s us counted" % us, flush=True)
        return {"icount_us": us, "initrd_bytes": os.path.getsize(self.a.default_initrd)}

    def memory(self, mode, mem):
        b, info = self.boot(self.shell if mode == "shell" else self.tiny, mode, mem=mem)
        m = info.get("mem_kib", {}).get("shell" if mode == "shell" else "init")
        if m:
            m = dict(m, given=mem * 1024, total_minus_free=m["MemTotal"] - m["MemFree"],
                     given_minus_free=mem * 1024 - m["MemFree"])
            if mode == "shell":
                m["prompt_seen"] = any("PROMPT#" in line for line in b.lines)
        print("memory, %s, %d MiB: %s" % (mode, mem, m), flush=True)
        return m

    def runs_in(self, mem):
        b, _ = self.boot(mem=mem)
        good = b.done and not b.panics
        print("  -m %d: %s" % (mem, "ok" if good else b.end), flush=True)
        return good

    def smallest_ram(self):
        if not self.runs_in(self.a.mem):
            return None
        low, high = 0, self.a.mem
        while high - low > 1:
            middle = (high + low) // 2
            if self.runs_in(middle):
                high = middle
            else:
                low = middle
        return high

    def measure(self):
        res = {"schema": 1, "meta": guest.meta(self.a),
               "kernel_bytes": os.path.getsize(self.a.kernel),
               "initrd_bytes": {"tiny": os.path.getsize(self.tiny),
                                "shell": os.path.getsize(self.shell)}}
        res["boot"] = {"smp%d" % n: self.boot_times(n) for n in (1, 4)}
        if os.path.exists(self.a.default_initrd):
            res["boot_default"] = self.boot_default()
        res["mem"] = {"first_user": self.memory("boot", self.a.mem),
                      "shell_prompt": self.memory("shell", self.a.mem),
                      "shell_prompt_64": self.memory("shell", 64)}
        res["min_ram_mib"] = self.smallest_ram()
        print("smallest RAM: %s MiB, image %d bytes" % (res["min_ram_mib"], res["kernel_bytes"]))
        return res
