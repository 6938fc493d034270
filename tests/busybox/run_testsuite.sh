#!/bin/sh
# BusyBox's own tests, run in the guest: the result of every test must be the one
# that the Linux reference gives.
#
# usage: tests/busybox/run_testsuite.sh [OPTION]... [APPLET]...
#
#	--kernel IMAGE	the kernel to test (build/Image)
#	--reference	only make the reference's results
#	--initrd, --smp, --mem, --gic, --cpu, --console, --append
#			as for tests/phase_a/run_tests.sh
#	APPLET		only the tests of these; "ash_test" for the shell's own
#
# Prints the tests whose results differ, Linux on the left, and ends with
# "N passed, N failed, N skipped", where a test passes if both kernels agree.
# build/tests/busybox/compare.txt has the whole table.  The reference's results
# are kept in build/tests/busybox/ until BusyBox or the reference changes.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)

# The arguments after the options are applets here, not suites.
applets=
count=$#
while [ "$count" -gt 0 ]; do
	word=$1
	shift
	count=$((count - 1))
	case $word in
	--reference | --help | -h | --list) set -- "$@" "$word" ;;
	--*)
		set -- "$@" "$word" "${1:?$word needs a value}"
		value=$1
		shift
		count=$((count - 1))
		;;
	*) applets="$applets $word" ;;
	esac
done
unset word value
. "$here/../lib/suites.sh"
suites_options "$@"

out=$BUILD/tests/busybox${applets:+/some}
MEM=${MEM:-512M}

# Two tests of bc and one of ash compute for many minutes on an emulated CPU and
# ask nothing of the kernel: they are skipped unless BBTEST_SLOW=1.
skip_slow() {
	[ "${BBTEST_SLOW:-}" != 1 ] || return 0
	bc=$1/testsuite/bc.tests
	awk '/^testing "bc (parsing|printing) of numbers"/ {
		print "SKIP=1"
		slow = 1
	}
	/^(testing|for|if|exit) / && !/ of numbers"/ && slow {
		print "SKIP="
		slow = 0
	}
	{ print }' "$BUILD/busybox/testsuite/bc.tests" >"$bc"
	chmod -x "$1/shell/ash_test/ash-z_slow/many_ifs.tests"
}

# The tests as BusyBox's tree has them, below /bbtest.
pack() {
	stage=$out/overlay
	rm -rf "$stage"
	mkdir -p "$stage/bbtest/shell"
	cp -r "$BUILD/busybox/testsuite" "$stage/bbtest"
	cp -r "$BUILD/busybox/ash_test" "$stage/bbtest/shell"
	skip_slow "$stage/bbtest"
	cp "$BUILD/busybox/config" "$stage/bbtest/.config"
	ln -s /bin/busybox "$stage/bbtest/busybox"
	install -m 755 "$here/guest_run.sh" "$stage/bbtest/run"
	for helper in printenv recho zecho; do
		"$BUILD/musl/bin/linnet-gcc" -w -O2 -static \
			-o "$stage/bbtest/shell/ash_test/$helper" \
			"$BUILD/busybox/ash_test/$helper.c"
	done
	suites_initrd --overlay "$stage"
}

# run NAME KERNEL: boot KERNEL; "RESULT TEST" lines in $out/NAME.results.
run() {
	say "running BusyBox's tests on $1"
	status=0
	# shellcheck disable=SC2086 # a list
	KERNEL=$2 TEST_LOG=$out/$1 "$here/testsuite.exp" $applets || status=$?
	"$here/results.awk" "$out/$1/testsuite.console.log" \
		>"$out/$1.results"
	return $status
}

# What the reference's results depend on.
key() {
	cat "$BUILD/busybox/.stamp" "$BUILD/reference/version" \
		"$0" "$here/guest_run.sh" "$here/results.awk"
	echo "$applets $MEM ${BBTEST_SLOW:-}"
}

run_reference() {
	"$ROOT/scripts/fetch_linux_reference.sh"
	now=$(key | sha256sum)
	if [ -s "$out/linux.results" ] && stamp_is "$out/linux.key" "$now"; then
		return
	fi
	rm -f "$out/linux.key"
	run linux "$BUILD/reference/Image" ||
		die "BusyBox's tests do not end on the reference"
	stamp "$out/linux.key" "$now"
}

mkdir -p "$out"
pack
run_reference
if [ "$TEST_REFERENCE" = 1 ]; then
	cut -d' ' -f1 "$out/linux.results" | sort | uniq -c
	exit
fi
run linnet "$KERNEL" || say "the run did not end well"
"$here/compare.awk" "$out/linux.results" "$out/linnet.results" \
	>"$out/compare.txt"
awk 'NR == 1 || / <>$/' "$out/compare.txt"
tail -n 1 "$out/compare.txt"
tail -n 1 "$out/compare.txt" | grep -q ' 0 failed'
