#!/bin/sh
# The ABI: user programs that try every system call of a family, its errors and
# edge cases first. Boots once, straight into them (no shell).
#
# usage: tests/abi/run_tests.sh [OPTION]... [FAMILY]...
#
#	--kernel IMAGE	the kernel to test (build/Image)
#	--reference	the Linux reference; fetched if it is not there
#	--initrd FILE	the initramfs (build/initramfs.cpio.gz)
#	--smp N		CPUs (1)
#	--mem SIZE	RAM (256M)
#	--gic 2|3	version of the interrupt controller (2)
#	--cpu MODEL	(cortex-a57)
#	--console ttyAMA0|hvc0
#	--append WORDS	more for the kernel command line; ABI_CASE=TEXT runs
#			only the cases with TEXT in their name
#	--fail-nth RUNS	run each case so many times, and fail the n-th allocation or
#			user copy in the n-th: wants a kernel of "make debug"
#	--list		print the families and stop
#	FAMILY...	run only these: pipe, signal, ...
#
# Prints TAP per family and ends with "N passed, N failed, N skipped", which
# counts cases; "# N checks" is each family's number of assertions. The console's
# log is in build/log/tests. ABI_LIMIT is the guest's time limit in seconds.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
SUITE_SUFFIX=.c
. "$here/../lib/suites.sh"

FAULTS=
for option; do
	shift
	if [ "$option" = --fail-nth ]; then
		FAULTS=next
	elif [ "$FAULTS" = next ]; then
		FAULTS=$option
	else
		set -- "$@" "$option"
	fi
done
suites_options "$@"
[ -x "$BUILD/musl/bin/linnet-gcc" ] || "$ROOT/scripts/build_musl.sh"
overlay=$BUILD/tests/abi
programs=$overlay/tests/abi
mkdir -p "$programs"

# build PROGRAM SOURCE...: if a source or the harness is newer.
build() {
	program=$programs/$1
	shift
	if [ -f "$program" ] && [ -z "$(find "$here/lib" "$@" -newer "$program")" ]
	then
		return
	fi
	"$BUILD/musl/bin/linnet-gcc" -std=gnu17 -O1 -g0 -Wall -Wextra -Werror -Wno-unused-result \
		-Wno-nonnull -Wno-stringop-overflow -Wno-stringop-overread -I"$here/lib" -idirafter "$BUILD/uapi" -static -s \
		-o "$program" "$@"
}

families=
for source in "$here"/*.c; do
	name=$(basename "$source" .c)
	build "$name" "$source" "$here/lib/abi.c"
	families="$families $name"
done
build init "$here/lib/init.c"
for program in "$programs"/*; do
	name=$(basename "$program")
	[ "$name" = init ] || [ -f "$here/$name.c" ] || rm "$program"
done
suites_initrd --overlay "$overlay"

families=$(echo ${SUITES:-$families} | tr ' ' ',')
mkdir -p "$TEST_LOG"
console=$TEST_LOG/abi.console.log
export APPEND="quiet rdinit=/tests/abi/init families=$families $APPEND"
[ -z "$FAULTS" ] || APPEND="$APPEND ABI_FAIL_NTH=$FAULTS"
TIMEOUT=$((${ABI_LIMIT:-${FAULTS:+3}300} * ${TEST_SCALE:-1})) \
	"$ROOT/scripts/run_qemu.sh" </dev/null 2>&1 | stdbuf -oL tr -d '\r' |
	tee "$console" | grep -a --line-buffered -E '^(ok|not ok|#|[0-9]|Kernel panic)' ||
	:
for family in $(echo "$families" | tr ',' ' '); do
	awk -v "family=$family" '/^# family / { mine = $3 == family } mine' \
		"$console" >"$TEST_LOG/$family.tap"
	suites_collect "$family" "$TEST_LOG/$family.tap"
done
# What the kernel had to say, which no case sees.
if grep -a -A 30 -E '^(\[[ 0-9.]*\] )?(BUG:|WARNING:|unreferenced object|slab objects left|Kernel panic|.*blocked for more than)' \
	"$console" >"$TEST_LOG/abi.complaints"; then
	head -n 60 "$TEST_LOG/abi.complaints"
	suites_failed=$((suites_failed + 1))
fi
suites_summary
