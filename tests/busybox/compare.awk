#!/usr/bin/awk -f
# Two result files side by side: compare.awk LINUX LINNET
#
# A line whose results differ ends in "<>".  The last line counts: passed are
# the tests with equal results, skipped those that neither kernel ran.

function name_of(line) {
	sub(/^[A-Z]+ /, "", line)
	return line
}

function row(name, a, b) {
	mark = ""
	if (a != b) {
		failed++
		mark = " <>"
	} else if (a == "SKIPPED" || a == "UNTESTED") {
		skipped++
	} else {
		passed++
	}
	printf "%-60s %-9s %-9s%s\n", name, a, b, mark
}

BEGIN { printf "%-60s %-9s %s\n", "test", "Linux", "Linnet" }

NR == FNR {
	order[++n] = name_of($0)
	linux[name_of($0)] = $1
	next
}

{ linnet[name_of($0)] = $1 }

END {
	for (i = 1; i <= n; i++) {
		name = order[i]
		row(name, linux[name], name in linnet ? linnet[name] : "-")
	}
	for (name in linnet)
		if (!(name in linux))
			row(name, "-", linnet[name])
	printf "%d passed, %d failed, %d skipped\n", passed, failed, skipped
}
