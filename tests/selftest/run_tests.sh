#!/bin/sh
# The tests inside the kernel (boot parameter "selftest").
#
# usage: tests/selftest/run_tests.sh [OPTION]...
#
# Options as for tests/phase_a/run_tests.sh. Only Linnet has these tests.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
. "$here/../lib/suites.sh"

suites_options "$@"
# shellcheck disable=SC2086 # lists of words
suites_run ${SUITES:-selftest kaslr init_on_free strace fatal}
suites_summary
