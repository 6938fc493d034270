# shellcheck shell=sh disable=SC2154
# A foreign test suite on both kernels, results side by side; sourced, after
# setting "here".
#
#	side_by_side_arguments "$@"	options; the other words are in $words
#	side_by_side NAME LIST COMMAND WORD...
#
# LIST names the packages. COMMAND is run in the guest and finds the words, too
# many for a command line of the kernel, in /tests/debian/words.
# The guest's command prints "@@ RESULT TEST" for each test; everything else on
# its console is there to be read by people.

side_by_side_arguments() {
	words=
	count=$#
	while [ "$count" -gt 0 ]; do
		word=$1
		shift
		count=$((count - 1))
		case $word in
		--reference | --help | -h) set -- "$@" "$word" ;;
		--*)
			set -- "$@" "$word" "${1:?$word needs a value}"
			shift
			count=$((count - 1))
			;;
		*) words="$words $word" ;;
		esac
	done
	# For an unset option these are the defaults, not the caller's words.
	. "$here/../lib/suites.sh"
	. "$here/image.sh"
	suites_options "$@"
}

# side_run KERNEL NAME COMMAND: console in $out/NAME.log, results beside it.
side_run() {
	side_name=$2
	say "running $suite's tests on $side_name"
	KERNEL=$1 APPEND="quiet run=$3 $APPEND" \
		TIMEOUT=$((${SIDE_LIMIT:-7200} * ${TEST_SCALE:-1})) \
		"$ROOT/scripts/run_qemu.sh" </dev/null 2>&1 | sed -u 's/\r//g' \
		>"$out/$side_name.log" || :
	sed -n 's/^@@ \([A-Z]* .*\)/\1/p' "$out/$side_name.log" |
		awk '!seen[$0]++' >"$out/$side_name.results"
	grep -q '^DEBIAN END' "$out/$side_name.log" ||
		say "the run on $side_name did not end well"
}

side_by_side() {
	suite=$1
	debian_image "$suite" "$here/$2"
	command=$3
	shift 3
	out=$BUILD/debian/$suite${words:+/some}
	stage=$out/overlay
	rm -rf "$stage"
	mkdir -p "$stage/tests/debian"
	cp "$here"/guest/* "$stage/tests/debian"
	echo "$@" >"$stage/tests/debian/words"
	debian_overlay "$stage"
	side_key=$( (cat "$INITRD" "$BUILD/reference/version"
		echo "$SMP $GIC $MEM $CPU") | sha256sum)
	if ! stamp_is "$out/linux.key" "$side_key"; then
		"$ROOT/scripts/fetch_linux_reference.sh"
		rm -f "$out/linux.key"
		side_run "$BUILD/reference/Image" linux "$command"
		grep -q '^DEBIAN END' "$out/linux.log" ||
			die "$suite's tests do not end on the reference"
		stamp "$out/linux.key" "$side_key"
	fi
	if [ "$TEST_REFERENCE" = 1 ]; then
		cut -d' ' -f1 "$out/linux.results" | sort | uniq -c
		exit
	fi
	side_run "$KERNEL" linnet "$command"
	"$here/../busybox/compare.awk" "$out/linux.results" \
		"$out/linnet.results" >"$out/compare.txt"
	awk 'NR == 1 || / <>$/' "$out/compare.txt"
	tail -n 1 "$out/compare.txt"
	tail -n 1 "$out/compare.txt" | grep -q ' 0 failed'
}
