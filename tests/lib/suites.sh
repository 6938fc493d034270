# shellcheck shell=sh disable=SC2034,SC2154
# What the run_tests.sh of each phase has in common; sourced, after setting
# "here" to the caller's folder.
#
#	suites_options "$@"	the options below; the rest is in $SUITES
#	suites_initrd ARG...	add to the initramfs what mkinitramfs ARG... makes
#	suites_run SUITE...	run them, each an expect script
#	suites_collect NAME TAP	count the results of what another program ran
#	suites_summary		the closing line; fails if a test failed
#
# Options of every run_tests.sh:
#
#	--kernel IMAGE	the kernel to test (build/Image)
#	--reference	the Linux reference; fetched if it is not there
#	--initrd FILE	the initramfs (build/initramfs.cpio.gz)
#	--smp N, --mem SIZE, --gic 2|3, --cpu MODEL, --console ttyAMA0|hvc0,
#	--append WORDS	the machine
#	--list		print the suites and stop
#	SUITE...	run only these

. "$here/../../scripts/lib.sh"

SUITE_SUFFIX=${SUITE_SUFFIX:-.exp}	# what a suite's file ends in
suites_passed=0
suites_failed=0
suites_skipped=0
suites_trouble=

suites_options() {
	SUITES=
	KERNEL=${KERNEL:-$BUILD/Image}
	INITRD=${INITRD:-$BUILD/initramfs.cpio.gz}
	while [ $# -gt 0 ]; do
		case $1 in
		--reference)
			"$ROOT/scripts/fetch_linux_reference.sh"
			KERNEL=$BUILD/reference/Image
			TEST_REFERENCE=1
			shift
			continue
			;;
		--list)
			for suite in "$here"/*"$SUITE_SUFFIX"; do
				basename "$suite" "$SUITE_SUFFIX"
			done
			exit
			;;
		--help | -h)
			usage
			exit
			;;
		--*) [ $# -ge 2 ] || die "$1 needs a value" ;;
		esac
		case $1 in
		--kernel) KERNEL=$2 ;;
		--initrd) INITRD=$2 ;;
		--smp) SMP=$2 ;;
		--mem) MEM=$2 ;;
		--gic) GIC=$2 ;;
		--cpu) CPU=$2 ;;
		--console) CONSOLE=$2 ;;
		--append) APPEND=$2 ;;
		--*)
			usage >&2
			exit 2
			;;
		*)
			[ -f "$here/$1$SUITE_SUFFIX" ] ||
				die "there is no suite '$1'"
			SUITES="$SUITES $1"
			shift
			continue
			;;
		esac
		shift 2
	done
	KERNEL=$(realpath "$KERNEL" 2>/dev/null) || die "no such kernel"
	[ -f "$KERNEL" ] || die "there is no kernel '$KERNEL'"
	[ -f "$INITRD" ] || die "there is no initramfs '$INITRD'"
	need expect qemu-system-aarch64
	TEST_LOG=${TEST_LOG:-$BUILD/log/tests}
	export KERNEL INITRD TEST_LOG
	export SMP="${SMP:-1}" MEM="${MEM:-256M}" GIC="${GIC:-2}" \
		CPU="${CPU:-cortex-a57}" CONSOLE="${CONSOLE:-ttyAMA0}" \
		APPEND="${APPEND:-}" TEST_REFERENCE="${TEST_REFERENCE:-0}"
}

# suites_initrd ARG...: append an archive of mkinitramfs(ARG...) to the
# initramfs; the kernel unpacks one after the other.
suites_initrd() {
	image=$BUILD/tests/${here##*/}.img
	mkdir -p "$BUILD/tests"
	"$ROOT/scripts/mkinitramfs" -o "$image.cpio" "$@"
	cp "$INITRD" "$image"
	truncate -s %4 "$image"
	cat "$image.cpio" >>"$image"
	INITRD=$image
}

# suites_collect NAME TAP: add the closing line of a finished suite to the totals.
suites_collect() {
	counts=$(grep -a -E '^[0-9]+ passed, [0-9]+ failed, [0-9]+ skipped' "$2" |
		tail -n 1 | tr -dc '0-9 ')
	if [ -z "$counts" ]; then
		echo "# $1 ended without a result"
		suites_trouble="$suites_trouble $1"
		suites_failed=$((suites_failed + 1))
		return
	fi
	# shellcheck disable=SC2086 # three numbers
	set -- $counts
	suites_passed=$((suites_passed + $1))
	suites_failed=$((suites_failed + $2))
	suites_skipped=$((suites_skipped + $3))
}

suites_run() {
	mkdir -p "$TEST_LOG"
	for suite; do
		echo "# ${here##*/}/$suite"
		tap=$TEST_LOG/$suite.tap
		"$here/$suite.exp" </dev/null 2>&1 | tee "$tap"
		suites_collect "$suite" "$tap"
	done
}

suites_summary() {
	for suite in $suites_trouble; do
		echo "# no result from $suite"
	done
	echo "$suites_passed passed, $suites_failed failed," \
		"$suites_skipped skipped"
	[ "$suites_failed" = 0 ]
}
