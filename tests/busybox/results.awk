#!/usr/bin/awk -f
# The console log of a run -> one line per test: RESULT NAME
#
# RESULT is PASS, FAIL, SKIPPED or UNTESTED.  A name that comes again gets a
# number.

function result(what, name) {
	if (++times[name] > 1)
		name = name " (" times[name] ")"
	print what, name
}

{ gsub(/\r/, "") }

/^(PASS|FAIL|SKIPPED|UNTESTED): / {
	what = $1
	sub(/:$/, "", what)
	name = $0
	sub(/^[A-Z]+: /, "", name)
	result(what, name)
}

/^ash-[^ ]*\.tests: (ok|fail)$/ {
	name = $1
	sub(/:$/, "", name)
	result($2 == "ok" ? "PASS" : "FAIL", name)
}
