#!/bin/sh
# Runs every suite and ends with one line that adds them up.
#
# usage: tests/run_all.sh [--quick] [KERNEL [INITRD]]
#
# Host: whether docs/syscalls is up to date, unit tests and a fixed number of
# fuzzing runs of the parsers, under sanitizers. Guest: the kernel's own tests, the
# ABI programs and the expect suites on one CPU with GICv2 and on four with
# GICv3, programs of system calls, then stress. --quick leaves out the fuzzing,
# the second round and the slow suites.
set -u
cd "$(dirname "$0")/.."
BUILD=${BUILD:-build}
quick=
[ "${1:-}" = --quick ] && { quick=1; shift; }
kernel=${1:-$BUILD/Image}
initrd=${2:-$BUILD/initramfs.cpio.gz}
log=$BUILD/log/test-output
mkdir -p "$BUILD/log"
passed=0 failed=0 skipped=0

# suite NAME COMMAND...: prints as it goes; its closing line is counted.
suite() {
	name=$1
	shift
	echo "=== $name"
	{ "$@" 2>&1; echo "status $?"; } | tee "$log" | grep -v '^status '
	status=$(sed -n 's/^status //p' "$log" | tail -n 1)
	line=$(grep -E '^[0-9]+ passed, [0-9]+ failed' "$log" | tail -n 1)
	if [ -z "$line" ]; then
		if [ "$status" = 0 ]; then line="1 passed, 0 failed, 0 skipped"
		else line="0 passed, 1 failed, 0 skipped"; fi
	fi
	# shellcheck disable=SC2086 # the words of the line
	set -- $line
	f=$3
	[ "$status" = 0 ] || [ "$f" != 0 ] || f=1
	passed=$((passed + $1)) failed=$((failed + f)) skipped=$((skipped + ${5:-0}))
}

suite "table of system calls" scripts/make_syscall_table.py --check \
	--build "$BUILD"
suite "unit tests" make -s test-unit BUILD="$BUILD"
suite "inside the kernel, 4 CPUs" tests/selftest/run_tests.sh \
	--kernel "$kernel" --initrd "$initrd" --smp 4 --gic 3
suite "ABI, 4 CPUs" tests/abi/run_tests.sh \
	--kernel "$kernel" --initrd "$initrd" --smp 4 --gic 3
if [ -z "$quick" ]; then
	suite "fuzzing" make -s fuzz-host FUZZ_RUNS=20000 BUILD="$BUILD"
	suite "fuzzing of system calls, 1 and 4 CPUs" tests/fuzz/run_syscalls.sh \
		--kernel "$kernel"
	suite "ABI, 1 CPU" tests/abi/run_tests.sh \
		--kernel "$kernel" --initrd "$initrd"
	suite "ABI, newest CPU" tests/abi/run_tests.sh --kernel "$kernel" \
		--initrd "$initrd" --cpu max --smp 2 --gic 3 pac_bti aslr exec \
		signal sigframe memory thread
	suite "phase A, 1 CPU, GICv2" tests/phase_a/run_tests.sh \
		--kernel "$kernel" --initrd "$initrd"
	suite "phase A, 4 CPUs, GICv3" tests/phase_a/run_tests.sh \
		--kernel "$kernel" --initrd "$initrd" --smp 4 --gic 3
	suite "phase E, 4 CPUs" tests/phase_e/run_tests.sh \
		--kernel "$kernel" --initrd "$initrd" --smp 4 --gic 3
	suite "stress, 4 CPUs" tests/stress/run_tests.sh \
		--kernel "$kernel" --initrd "$initrd" --gic 3
else
	suite "phase A, 4 CPUs" tests/phase_a/run_tests.sh --kernel "$kernel" \
		--initrd "$initrd" --smp 4 shell syscalls files jobs
fi
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ]
