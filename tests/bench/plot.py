#!/usr/bin/env python3
"""Drawings of the measured figures, as SVG.

    plot.py ratios OUT.svg LINNET.json REFERENCE.json...
    plot.py footprint OUT.svg LINNET.json REFERENCE.json...
    plot.py scaling OUT.svg WORKERS LINNET.json REFERENCE.json

No module outside Python's own library is needed."""
import math
import sys
from xml.sax.saxutils import escape

import report

FONT = 'font-family="sans-serif" font-size="%d"'
COLOURS = ["#2f6f9f", "#c0763a", "#6a9a4b", "#8d5a97"]
ROW_H, LEFT, RIGHT, TOP = 16, 190, 60, 56


class Svg:
    def __init__(self, width, height):
        self.parts = ['<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" '
                      'viewBox="0 0 %d %d">' % (width, height, width, height),
                      '<rect width="100%" height="100%" fill="white"/>']

    def rect(self, x, y, w, h, fill):
        self.parts.append('<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" fill="%s"/>'
                          % (x, y, max(w, 0.5), h, fill))

    def line(self, x1, y1, x2, y2, colour="#bbb", dash=""):
        self.parts.append('<line x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f" stroke="%s"%s/>'
                          % (x1, y1, x2, y2, colour,
                             ' stroke-dasharray="%s"' % dash if dash else ""))

    def text(self, x, y, s, size=11, anchor="start", colour="#222"):
        self.parts.append('<text x="%.1f" y="%.1f" text-anchor="%s" fill="%s" %s>%s</text>'
                          % (x, y, anchor, colour, FONT % size, escape(s)))

    def write(self, path):
        with open(path, "w") as f:
            f.write("\n".join(self.parts + ["</svg>", ""]))


def axis(svg, top, bottom, width, largest):
    """A logarithmic axis from 1/2; -> ratio to x"""
    low, high = math.log2(0.5), math.log2(largest)

    def place(ratio):
        return LEFT + (math.log2(ratio) - low) / (high - low) * width
    tick = 0.5
    while tick <= largest:
        x = place(tick)
        svg.line(x, top, x, bottom, "#333" if tick == 1 else "#ddd")
        svg.text(x, top - 4, "%gx" % tick, 10, "middle", "#555")
        tick *= 2
    return place


def ratios(out, linnet, references):
    """One bar a row: how many times faster than each reference."""
    data = [(r["meta"]["label"], report.ratios(r, linnet)) for r in references]
    groups = {}
    for name, (group, _) in data[0][1].items():
        if group not in report.UNSCORED:
            groups.setdefault(group, []).append(name)
    rows = sum(len(v) for v in groups.values())
    bar = (ROW_H - 4) / len(data)
    height = TOP + rows * ROW_H + len(groups) * 22 + 20
    svg, width = Svg(LEFT + 520 + RIGHT, height), 520
    largest = 2 ** math.ceil(math.log2(max(q for _, d in data for _, q in d.values()
                                           if _ not in report.UNSCORED)))
    svg.text(12, 20, "Linnet against Linux 6.1: instructions per operation, "
             "times better (more is better)", 13)
    for i, (label, _) in enumerate(data):
        svg.rect(LEFT + i * 170, 28, 10, 10, COLOURS[i])
        svg.text(LEFT + i * 170 + 14, 37, label, 11)
    place = axis(svg, TOP, height - 16, width, largest)
    y = TOP + 6
    for group, names in groups.items():
        mean = report.group_means(data[0][1])[group][0]
        svg.text(12, y + 12, "%s: %.2f" % (group, mean), 12, colour="#000")
        y += 20
        for name in names:
            svg.text(LEFT - 6, y + 11, name, 11, "end")
            for i, (_, d) in enumerate(data):
                if name not in d:
                    continue
                q = d[name][1]
                x0, x1 = sorted((place(1), place(q)))
                svg.rect(x0, y + 1 + i * bar, x1 - x0, bar, COLOURS[i])
                if i == 0:
                    svg.text(x1 + 3, y + 11, "%.2f" % q, 9, colour="#444")
            y += ROW_H
        y += 2
    svg.write(out)


FOOTPRINT = [
    ("kernel image, MiB", lambda d: d["kernel_bytes"] / 2 ** 20),
    ("reset to init, ms", lambda d: d["boot"]["smp1"]["icount_us"][0] / 1e3),
    ("in use at a shell, MiB of 1 GiB",
     lambda d: d["mem"]["shell_prompt"]["given_minus_free"] / 1024),
    ("smallest RAM, MiB", lambda d: d["min_ram_mib"]),
]


def footprint(out, results):
    """Logarithmic bars: size, boot time, memory."""
    bar, gap = 16, 26
    height = 40 + len(FOOTPRINT) * (len(results) * bar + gap)
    svg, left, width = Svg(760, height), 210, 440
    values = [[get(d) for d in results] for _, get in FOOTPRINT]
    low = math.log10(min(min(v) for v in values)) - 0.3
    high = math.log10(max(max(v) for v in values))
    svg.text(12, 20, "Footprint (logarithmic; less is better)", 13)
    y = 36
    for (title, _), row in zip(FOOTPRINT, values):
        svg.text(left - 8, y + len(row) * bar / 2 + 4, title, 11, "end")
        for i, v in enumerate(row):
            w = (math.log10(v) - low) / (high - low) * width
            svg.rect(left, y, w, bar - 3, COLOURS[i])
            svg.text(left + w + 4, y + 10, "%.3g  %s" % (v, results[i]["meta"]["label"]), 10)
            y += bar
        y += gap
    svg.write(out)


def scaling(out, workers, results):
    """Bars from 0: how many times the work of one worker several do together."""
    data = [report.scaling_of(r, workers) for r in results]
    names = [n for n in data[0] if all(n in d for d in data)]
    bar, gap, left, width = 14, 12, 130, 480
    height = 60 + len(names) * (len(data) * bar + gap)
    svg = Svg(left + width + 150, height)
    longest = max(workers, max(d[n][1] for d in data for n in names))

    def place(times):
        return left + times / longest * width
    svg.text(12, 20, "Work of %d workers on %d CPUs against that of one (more is better)"
             % (workers, workers), 13)
    for i, r in enumerate(results):
        svg.rect(left + i * 170, 28, 10, 10, COLOURS[i])
        svg.text(left + i * 170 + 14, 37, r["meta"]["label"], 11)
    for times in range(0, workers + 1):
        svg.line(place(times), 50, place(times), height - 6,
                 "#333" if times in (0, 1) else "#ddd")
        svg.text(place(times), 48, "%dx" % times, 10, "middle", "#555")
    y = 56
    for name in names:
        svg.text(left - 8, y + len(data) * bar / 2 + 4, name, 11, "end")
        for i, d in enumerate(data):
            one, times = d[name]
            svg.rect(left, y, place(times) - left, bar - 3, COLOURS[i])
            svg.text(place(times) + 4, y + 10, "%.2f  (%.0f/s alone)" % (times, one), 9)
            y += bar
        y += gap
    svg.write(out)


def main(argv):
    if len(argv) == 6 and argv[1] == "scaling":
        scaling(argv[2], int(argv[3]), [report.load(f) for f in argv[4:]])
        return
    if len(argv) < 4 or argv[1] not in ("ratios", "footprint"):
        sys.exit(__doc__)
    files = [report.load(f) for f in argv[3:]]
    if argv[1] == "ratios":
        ratios(argv[2], files[0], files[1:])
    else:
        footprint(argv[2], files)


if __name__ == "__main__":
    main(sys.argv)
