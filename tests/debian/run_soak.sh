#!/bin/sh
# Soak: the stressors of stress-ng's classes, each on four tasks and verifying what
# it does, an hour of them. Nothing may fail, the memory must be back, and the
# kernel must have nothing to report.
#
# usage: tests/debian/run_soak.sh [OPTION]... [CLASS]...
#
#	--kernel IMAGE	the kernel to test (build/Image)
#	--smp, --mem, --gic, --cpu, --console, --append
#			as for tests/phase_a/run_tests.sh (4 CPUs, 1G)
#	CLASS		only these: cpu, scheduler, vm, ...
#
# Ends with "N passed, N failed, N skipped"; build/debian/soak/ has the console's log.
# SECONDS_EACH=2 makes it shorter. SOAK_NAME=debug keeps the files of two runs apart.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
SMP=${SMP:-4}
GIC=${GIC:-3}
MEM=${MEM:-1G}
. "$here/side_by_side.sh"

side_by_side_arguments "$@"
# shellcheck disable=SC2154 # set by side_by_side_arguments
debian_image stress_ng "$here/packages.base"
suite=soak
name=${SOAK_NAME:-linnet}
out=$BUILD/debian/soak
mkdir -p "$out"
stage=$out/$name.overlay
rm -rf "$stage"
mkdir -p "$stage/tests/debian"
cp "$here"/guest/* "$stage/tests/debian"
echo "${SECONDS_EACH:-14}" \
	"${words:-cpu scheduler vm filesystem pipe signal os}" \
	>"$stage/tests/debian/words"
debian_overlay "$stage"
# The guest maps its image: a second run must not replace it.
mv "$INITRD" "$out/$name.cpio"
INITRD=$out/$name.cpio
side_run "$KERNEL" "$name" /tests/debian/run_soak
rm -rf "$stage" "$INITRD"
grep -E '^(FAIL|SKIPPED)' "$out/$name.results" || :
grep -q '^DEBIAN END' "$out/$name.log" || die "the soak did not end"
awk '{ n[$1]++ } END {
	printf "%d passed, %d failed, %d skipped\n", n["PASS"], n["FAIL"], n["SKIPPED"]
	exit n["FAIL"] > 0 }' "$out/$name.results"
