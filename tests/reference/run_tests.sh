#!/bin/sh
# The oracle: every suite that takes a kernel, run on stock Linux.  A test that
# fails here is a wrong test.
#
# usage: tests/reference/run_tests.sh [FOLDER]...
#
#	FOLDER	a folder of tests/ whose run_tests.sh knows --reference
#		(default: all of them)
#
# The kernel is Debian's for arm64 (scripts/fetch_linux_reference.sh).  Ends with
# "N passed, N failed, N skipped".
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
. "$here/../lib/suites.sh"

help_option "$@"

# folders: what can run on the reference.
folders() {
	for script in "$ROOT"/tests/*/run_tests.sh; do
		folder=$(basename "$(dirname "$script")")
		[ "$folder" != reference ] || continue
		! grep -q -e '--reference' "$script" || echo "$folder"
	done
}

"$ROOT/scripts/fetch_linux_reference.sh"
[ $# -gt 0 ] || eval "set -- $(folders | tr '\n' ' ')"
log=$BUILD/log/reference
mkdir -p "$log"
for folder; do
	[ -x "$ROOT/tests/$folder/run_tests.sh" ] ||
		die "tests/$folder has no run_tests.sh"
	TEST_LOG=$log/$folder "$ROOT/tests/$folder/run_tests.sh" --reference \
		2>&1 | tee "$log/$folder.tap"
	suites_collect "$folder" "$log/$folder.tap"
done
suites_summary
