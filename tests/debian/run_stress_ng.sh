#!/bin/sh
# stress-ng in the guest, one stressor after the other, each on four tasks and
# checking what it does: the verdict must be the one on the Linux reference.
#
# usage: tests/debian/run_stress_ng.sh [OPTION]... [STRESSOR]...
#
#	--kernel IMAGE	the kernel to test (build/Image)
#	--reference	only make the reference's results
#	--smp, --mem, --gic, --cpu, --console, --append
#			as for tests/phase_a/run_tests.sh (4 CPUs, 1G)
#	STRESSOR	only these: madvise, pty, ...
#
# Prints the stressors whose verdicts differ, Linux on the left, and ends with
# "N passed, N failed, N skipped". build/debian/stress_ng/ has the whole table and
# the consoles' logs, which say how much memory was free before and after each.
# SECONDS_EACH=20 makes them run longer.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
SMP=${SMP:-4}
GIC=${GIC:-3}
MEM=${MEM:-1G}
. "$here/side_by_side.sh"

side_by_side_arguments "$@"
# shellcheck disable=SC2086 # a list
side_by_side stress_ng packages.base /tests/debian/run_stress_ng \
	"${SECONDS_EACH:-2}" ${words:-all}
