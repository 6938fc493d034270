#!/bin/sh
# Which lines of the kernel the suites reach: runs them on the kernel as it is
# released, under a QEMU plugin that notes what runs, and makes an HTML report.
#
# usage: tests/coverage/run.sh [SUITES]
#
# SUITES are commands (default: "selftest abi phase_a"), each the name of a
# folder of tests/ with a run_tests.sh. The report is $BUILD/coverage/index.html.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
. "$here/../../scripts/lib.sh"
help_option "$@"

out=$BUILD/coverage
cd "$ROOT"
rm -rf "$out"
mkdir -p "$out/counts"
cc -O2 -shared -fPIC -o "$out/plugin.so" tests/bench/profile_plugin.c
qemu=${QEMU:-qemu-system-aarch64}
cat >"$out/qemu" <<END
#!/bin/sh
exec $qemu -plugin "$out/plugin.so,out=$out/counts/\$\$" "\$@"
END
chmod +x "$out/qemu"

for suite in ${*:-selftest abi phase_a}; do
	QEMU=$out/qemu TEST_SCALE=${TEST_SCALE:-3} "tests/$suite/run_tests.sh" \
		--kernel "$BUILD/Image" --smp 4 --gic 3 | tail -n 1 |
		sed "s/^/$suite: /"
done
sleep 2 # QEMUs that were told to end write their counts
tests/coverage/report.py "$BUILD/kernel.elf" "$out" "$out"/counts/*
say "see $out/index.html"
