#!/bin/sh
# Stress: many tasks on the same objects, what must hold afterwards, whether the
# memory comes back; and every system call with wild arguments.
#
# usage: tests/stress/run_tests.sh [OPTION]... [SUITE]...
#
# Options, --reference too, as for tests/phase_a/run_tests.sh; --smp is 4 unless
# given.
# STRESS_SCALE=10 multiplies the rounds of every test.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
. "$here/../lib/suites.sh"
SMP=${SMP:-4}

suites_options "$@"
[ -x "$BUILD/musl/bin/linnet-gcc" ] || "$ROOT/scripts/build_musl.sh"
programs=$BUILD/tests/stress/tests
mkdir -p "$programs"
for program in stress wild; do
	"$BUILD/musl/bin/linnet-gcc" -std=gnu17 -O2 -Wall -Wextra -Werror \
		-static -o "$programs/$program" "$here/$program.c"
done
suites_initrd --overlay "${programs%/tests}"
# shellcheck disable=SC2086 # lists of words
suites_run ${SUITES:-stress}
suites_summary
