#!/bin/sh
# Debian 12's own arm64 programs: glibc and its dynamic linker, shells, the
# core tools, Perl and Python, each tried by a script in the guest. Boots once,
# with Debian's files as the root and no BusyBox.
#
# usage: tests/debian/run_tests.sh [OPTION]... [SUITE]...
#
#	--kernel IMAGE	the kernel to test (build/Image)
#	--reference	the Linux reference; fetched if it is not there
#	--smp N		CPUs (1)
#	--mem SIZE	RAM (1G; the root takes a quarter of it)
#	--gic 2|3	version of the interrupt controller (2)
#	--cpu MODEL	(cortex-a57)
#	--console ttyAMA0|hvc0
#	--append WORDS	more for the kernel command line
#	--list		print the suites and stop
#	SUITE...	run only these: shell, procps, ...
#
# Prints TAP per suite and ends with "N passed, N failed, N skipped". The
# console's log is in build/log/tests. The packages are fetched on the first run
# (packages.base, fetch_packages.sh); TEST_SCALE=3 stretches the time limits.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
SUITE_SUFFIX=.test
MEM=${MEM:-1G}
. "$here/../lib/suites.sh"
. "$here/image.sh"

suites_options "$@"
debian_image base "$here/packages.base"
stage=$BUILD/debian/overlay
rm -rf "$stage"
mkdir -p "$stage/tests/debian"
cp "$here"/*.test "$here/missing" "$here"/guest/* "$stage/tests/debian"
debian_overlay "$stage"

suites=
for source in "$here"/*.test; do
	suites="$suites $(basename "$source" .test)"
done
suites=$(echo ${SUITES:-$suites} | tr ' ' ',')
mkdir -p "$TEST_LOG"
console=$TEST_LOG/debian.console.log
export APPEND="quiet run=/tests/debian/run_suites,$suites $APPEND"
TIMEOUT=$((${DEBIAN_LIMIT:-900} * ${TEST_SCALE:-1})) \
	"$ROOT/scripts/run_qemu.sh" </dev/null 2>&1 | sed -u 's/\r//g' |
	tee "$console" |
	grep -a --line-buffered -E '^(ok|not ok|#|[0-9]|Kernel panic)' || :
for suite in $(echo "$suites" | tr ',' ' '); do
	awk -v "suite=$suite" '/^# suite / { mine = $3 == suite } mine' \
		"$console" >"$TEST_LOG/debian-$suite.tap"
	suites_collect "$suite" "$TEST_LOG/debian-$suite.tap"
done
suites_summary
