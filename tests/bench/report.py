"""Result files side by side: compare, table, best, spread."""
import argparse
import json
import math

# Groups that are shown but do not enter the geometric mean: they check the
# machine, or measure it more than the kernel.
UNSCORED = {"sanity", "time", "smp"}


def load(path):
    with open(path) as f:
        return json.load(f)


def smaller_is_better(unit):
    return unit in ("ns", "us", "ms", "KiB", "MiB", "bytes")


def geomean(values):
    return math.exp(sum(map(math.log, values)) / len(values)) if values else None


def row_names(*results):
    return list(dict.fromkeys(n for r in results for part in ("rows", "fails") for n in r[part]))


def ratios(a, b):
    """-> {row: (group, ratio)}; a ratio above 1 says that b is better"""
    out = {}
    for name, x in a["rows"].items():
        y = b["rows"].get(name)
        if y and x["value"] > 0 and y["value"] > 0:
            q = x["value"] / y["value"]
            out[name] = (x["group"], q if smaller_is_better(x["unit"]) else 1 / q)
    return out


def group_means(ratio):
    groups = {}
    for group, q in ratio.values():
        groups.setdefault(group, []).append(q)
    return {g: (geomean(v), len(v)) for g, v in groups.items()}


def warn_differences(a, b):
    for k in ("icount", "cpu", "smp", "mem_mib", "libc", "qemu"):
        if a["meta"].get(k) != b["meta"].get(k):
            print("WARNING: %s differs: %s / %s" % (k, a["meta"].get(k), b["meta"].get(k)))


def cell(result, name):
    row = result["rows"].get(name)
    if row:
        return "%13.2f" % row["value"]
    return "%13s" % ("FAIL " + result["fails"].get(name, {}).get("why", "absent"))


def print_rows(a, b, ratio):
    last = None
    print("%-24s %13s %13s %-6s %7s" % ("row", "A", "B", "unit", "B/A"))
    for name in row_names(b, a):
        x, y = a["rows"].get(name), b["rows"].get(name)
        if not y and not b["fails"].get(name):
            continue  # a row of a later issue
        row = x or y or {}
        group = row.get("group") or b["fails"].get(name, {}).get("group", "?")
        if group != last:
            print("-- " + group)
            last = group
        q = ratio.get(name, (None, None))[1]
        unstable = any(r and r.get("unstable") for r in (x, y))
        print("%-24s %s %s %-6s %7s%s%s" % (
            name, cell(a, name), cell(b, name), row.get("unit", ""),
            "%.2f" % q if q else "-", "  <" if q and q < 1 else "",
            "  ~" if unstable else ""))


def check_sanity(a, ratio):
    for name in ("user_loop", "memcpy_bw"):
        q = ratio.get(name, (None, 1))[1]
        if abs(q - 1) > (0.02 if a["meta"]["icount"] else 0.1):
            print("\nWARNING: sanity row %s has ratio %.2f: the two runs did not get the "
                  "same machine" % (name, q))


def compare_rows(a, b, limit):
    warn_differences(a, b)
    for letter, r in (("A", a), ("B", b)):
        print("%s = %s [%s]" % (letter, r["meta"]["label"], r["meta"]["append"]))
    print("B/A: how much better B is   <: B is worse   ~: over 3 % between boots\n")
    ratio = ratios(a, b)
    print_rows(a, b, ratio)
    check_sanity(a, ratio)
    scored = {n: q for n, (g, q) in ratio.items() if g not in UNSCORED}
    print("\nboot to init: A %s us, B %s us" % (a["boot_cntvct_us"], b["boot_cntvct_us"]))
    for group, (mean, n) in group_means(ratio).items():
        print("geomean %-9s %.3f  (%d rows%s)" % (
            group, mean, n, ", not scored" if group in UNSCORED else ""))
    if scored:
        print("geomean of all    %.3f  (%d rows; B better in %d, worse in %d)" % (
            geomean(list(scored.values())), len(scored),
            sum(q > 1 for q in scored.values()), sum(q < 1 for q in scored.values())))
    under = [n for n, q in scored.items() if limit and q < limit]
    if under:
        print("below %.2f: %s" % (limit, " ".join(under)))
    return 1 if under else 0


def compare_footprint(a, b):
    keys = [("kernel_bytes",), ("min_ram_mib",)]
    keys += [("boot", s, k) for s in ("smp1", "smp4") for k in ("icount_us", "wall_ms_median")]
    keys += [("boot_default", "icount_us")]
    keys += [("mem", w, "given_minus_free") for w in ("first_user", "shell_prompt")]

    def get(result, path):
        for k in path:
            result = result.get(k) if isinstance(result, dict) else None
        return result[0] if isinstance(result, list) and result else result
    for path in keys:
        x, y = get(a, path), get(b, path)
        print("%-34s %14s %14s %7s" % (".".join(path), x, y, "%.2f" % (x / y) if x and y else "-"))
    return 0


def compare(argv):
    p = argparse.ArgumentParser(prog="run.py compare")
    p.add_argument("a")
    p.add_argument("b")
    p.add_argument("--min", type=float, help="exit 1 if a scored row's ratio is under this")
    o = p.parse_args(argv)
    a, b = load(o.a), load(o.b)
    if "min_ram_mib" in a and "min_ram_mib" in b:
        return compare_footprint(a, b)
    return compare_rows(a, b, o.min)


def number(value):
    return "%.0f" % value if value >= 1000 else "%.1f" % value if value >= 100 else "%.2f" % value


def table_lines(mine, others):
    versus = [ratios(r, mine) for r in others]
    means = [group_means(v) for v in versus]
    yield "| row | %s | unit | %s |" % (mine["meta"]["label"],
                                        " | ".join(r["meta"]["label"] for r in others))
    yield "| --- | ---: | --- |" + " ---: |" * len(others)
    last = None
    for name, row in mine["rows"].items():
        group = row["group"]
        if group != last:
            last = group
            scored = group not in UNSCORED
            yield "| **%s** | | %s | %s |" % (group, "mean" if scored else "not scored", " | ".join(
                "**%.2f**" % m[group][0] if scored and group in m else "" for m in means))
        yield "| %s | %s | %s | %s |" % (name, number(row["value"]), row["unit"], " | ".join(
            "%.2f" % v[name][1] if name in v else "" for v in versus))
    yield "| **all** | | mean | %s |" % " | ".join("**%.2f**" % geomean(
        [q for g, q in v.values() if g not in UNSCORED]) for v in versus)


def put_between(path, name, lines):
    """Replace what stands between the marks <!-- name --> and <!-- /name -->."""
    with open(path) as f:
        text = f.read()
    head, rest = text.split("<!-- %s -->\n" % name, 1)
    tail = rest.split("<!-- /%s -->" % name, 1)[1]
    with open(path, "w") as f:
        f.write("%s<!-- %s -->\n%s\n<!-- /%s -->%s" % (head, name, "\n".join(lines), name, tail))


def table(argv):
    """a Markdown table: a result, and how many times better it is than others"""
    p = argparse.ArgumentParser(prog="run.py table")
    p.add_argument("file")
    p.add_argument("others", nargs="+")
    p.add_argument("--into", nargs=2, metavar=("PAGE", "NAME"),
                   help="put it between the marks <!-- NAME --> of the page")
    o = p.parse_args(argv)
    lines = list(table_lines(load(o.file), [load(f) for f in o.others]))
    if o.into:
        put_between(o.into[0], o.into[1], lines)
    else:
        print("\n".join(lines))
    return 0


def scaling_of(result, workers):
    """-> {row: (rate of one worker, how many times that with @workers)}"""
    out = {}
    for name, row in result["rows"].items():
        more = result["rows"].get("%s_%d" % (name[:-2], workers))
        if row["group"] == "smp" and name.endswith("_1") and more:
            out[name[:-2]] = (row["value"], more["value"] / row["value"])
    return out


def scaling_lines(mine, other, workers):
    a, b = scaling_of(mine, workers), scaling_of(other, workers)
    yield "| row | %s, 1 | %s, 1 | times | %s, %d | %s, %d | times |" % (
        mine["meta"]["label"], other["meta"]["label"], mine["meta"]["label"], workers,
        other["meta"]["label"], workers)
    yield "| --- |" + " ---: |" * 6
    for name in a:
        if name not in b:
            continue
        (mine1, mine_up), (other1, other_up) = a[name], b[name]
        yield "| %s | %.0f | %.0f | %.2f | %.2f | %.2f | %.2f |" % (
            name, mine1, other1, mine1 / other1, mine_up, other_up, mine_up / other_up)


def scaling(argv):
    """a Markdown table of the smp rows: operations a second of one worker, and how many
    times that several have, of two kernels"""
    p = argparse.ArgumentParser(prog="run.py scaling")
    p.add_argument("file")
    p.add_argument("other")
    p.add_argument("--workers", type=int, default=2)
    p.add_argument("--into", nargs=2, metavar=("PAGE", "NAME"))
    o = p.parse_args(argv)
    lines = list(scaling_lines(load(o.file), load(o.other), o.workers))
    if o.into:
        put_between(o.into[0], o.into[1], lines)
    else:
        print("\n".join(lines))
    return 0


def best(argv):
    """the per-row best of several results: the strictest reference"""
    p = argparse.ArgumentParser(prog="run.py best")
    p.add_argument("files", nargs="+")
    p.add_argument("--out", required=True)
    p.add_argument("--label", default="best")
    o = p.parse_args(argv)
    results = [load(f) for f in o.files]
    labels = ", ".join(r["meta"]["label"] for r in results)
    res = dict(results[0], rows={},
               meta=dict(results[0]["meta"], label=o.label, append="best of " + labels))
    for name in dict.fromkeys(n for r in results for n in r["rows"]):
        have = [dict(r["rows"][name], of=r["meta"]["label"]) for r in results if name in r["rows"]]
        pick = min if smaller_is_better(have[0]["unit"]) else max
        res["rows"][name] = pick(have, key=lambda x: x["value"])
    res["fails"] = {n: f for n, f in results[0]["fails"].items() if n not in res["rows"]}
    res["boot_cntvct_us"] = min(r["boot_cntvct_us"] for r in results if r["boot_cntvct_us"])
    with open(o.out, "w") as f:
        json.dump(res, f, indent=1)
        f.write("\n")
    return 0


def spread(argv):
    p = argparse.ArgumentParser(prog="run.py spread")
    p.add_argument("files", nargs="+")
    p.add_argument("--limit", type=float, default=3.0, help="percent")
    o = p.parse_args(argv)
    results = [load(f) for f in o.files]
    over = 0
    for name in results[0]["rows"]:
        v = [r["rows"][name]["value"] for r in results if name in r["rows"]]
        middle = sorted(v)[len(v) // 2]
        pct = (max(v) - min(v)) / middle * 100 if middle else 0
        over += pct > o.limit
        print("%-26s %7.3f %%  %s%s" % (name, pct, " ".join("%.2f" % x for x in v),
                                        "  <-- over" if pct > o.limit else ""))
    print("rows over %.1f %%: %d" % (o.limit, over))
    return 0
