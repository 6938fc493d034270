#!/bin/sh
# Wake-up latency: Debian's cyclictest on Linnet and on Linux, side by side, under
# -icount, so that a microsecond is 1000 instructions and the figures repeat.
#
# usage: tests/debian/run_latency.sh [OPTION]...
#
#	--kernel IMAGE	the kernel to measure (build/Image)
#	--reference, --smp, --mem, --gic, --cpu, --append
#			as for tests/phase_a/run_tests.sh (1 CPU, 1G)
#
# Prints a Markdown table: least, average and greatest latency of the worst thread
# in microseconds. Nothing is asserted.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
MEM=${MEM:-1G}
. "$here/../lib/suites.sh"
. "$here/image.sh"

suites_options "$@"
"$ROOT/scripts/fetch_linux_reference.sh"
debian_image base "$here/packages.base"
out=$BUILD/debian/latency
rm -rf "$out"
mkdir -p "$out/overlay/tests/debian"
cp "$here"/guest/* "$out/overlay/tests/debian"
debian_overlay "$out/overlay"

# run IMAGE NAME WORDS: results in $out/NAME
run() {
	say "measuring $2"
	KERNEL=$1 APPEND="quiet run=/tests/debian/run_latency $3 $APPEND" \
		TIMEOUT=$((600 * ${TEST_SCALE:-1})) "$ROOT/scripts/run_qemu.sh" \
		-icount shift=0,sleep=off </dev/null 2>&1 |
		tr -d '\r' | sed -n 's/^.*LATENCY //p' >"$out/$2"
	[ -s "$out/$2" ] || die "$2 gave no figures"
}

run "$KERNEL" linnet ''
run "$BUILD/reference/Image" linux 'mitigations=off nokaslr'
echo "| cyclictest | linnet min | avg | max | linux min | avg | max |"
echo "| --- | ---: | ---: | ---: | ---: | ---: | ---: |"
join "$out/linnet" "$out/linux" 2>/dev/null |
	awk '{ printf "| %s |", $1; for (i = 2; i <= NF; i++) printf " %s |", $i; print "" }'
