#!/bin/sh
# Phase D: security as a person sees it: permissions, users, what memory may be
# executed, where it is, random numbers.
#
# usage: tests/phase_d/run_tests.sh [OPTION]... [SUITE]...
#
#	--kernel IMAGE	the kernel to test (build/Image)
#	--reference	the Linux reference; fetched if it is not there
#	--initrd FILE	the initramfs (build/initramfs.cpio.gz)
#	--smp N		CPUs (1)
#	--mem SIZE	RAM (256M)
#	--gic 2|3	version of the interrupt controller (2)
#	--cpu MODEL	(cortex-a57)
#	--console ttyAMA0|hvc0
#	--append WORDS	more for the kernel command line
#	--list		print the suites and stop
#	SUITE...	run only these: permissions, users, ...
#
# Prints TAP per suite and ends with "N passed, N failed, N skipped". The consoles'
# logs are in build/log/tests. TEST_SCALE=3 stretches the time limits on a slow
# machine.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
. "$here/../lib/suites.sh"

ALL='permissions users memory random'

suites_options "$@"
[ -x "$BUILD/musl/bin/linnet-gcc" ] || "$ROOT/scripts/build_musl.sh"
programs=$BUILD/tests/phase_d/tests
mkdir -p "$programs"
"$BUILD/musl/bin/linnet-gcc" -std=gnu17 -O2 -Wall -Wextra -Werror -static \
	-o "$programs/secure" "$here/secure.c" -lm
suites_initrd --overlay "${programs%/tests}"
# shellcheck disable=SC2086 # lists of words
suites_run ${SUITES:-$ALL}
suites_summary
