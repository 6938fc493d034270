# shellcheck shell=sh disable=SC2034
# Shared by the shell scripts of this folder and of tests/: where things are,
# and how a script speaks.  Sourced, never run:
#
#	here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
#	. "$here/lib.sh"
#
# Sets
#	ROOT	the top of the tree
#	BUILD	the build folder, absolute (default: $ROOT/build)
#	CACHE	what is downloaded, shared by all build folders
#		(LINNET_CACHE, default: $ROOT/build/cache)
#	CROSS	prefix of the cross tools
#	JOBS	how many compilers run at once
# and the functions below.

here=${here:?set "here" to the folder of lib.sh before sourcing it}
ROOT=$(CDPATH='' cd -- "$here" && while [ ! -e scripts/lib.sh ]; do
	[ "$PWD" != / ] || exit 1
	cd ..
done && pwd)

# absolute PATH: PATH seen from the top of the tree.
absolute() {
	case $1 in
	/*) printf '%s\n' "$1" ;;
	*) printf '%s\n' "$ROOT/$1" ;;
	esac
}

BUILD=$(absolute "${BUILD:-build}")
CACHE=$(absolute "${LINNET_CACHE:-build/cache}")
CROSS=${CROSS:-aarch64-linux-gnu-}
JOBS=${JOBS:-$(nproc 2>/dev/null || echo 2)}

# The options and command-line variables of the make that runs a script are not
# meant for the builds of musl and BusyBox.
unset MAKEFLAGS MFLAGS MAKEOVERRIDES MAKELEVEL

# say WORDS: one line of progress.
say() {
	printf '%s: %s\n' "${0##*/}" "$*"
}

# die WORDS: what is wrong, on stderr, and the end.
die() {
	printf '%s: error: %s\n' "${0##*/}" "$*" >&2
	exit 1
}

# usage: the header comment of the running script, without its "# ".
usage() {
	sed -n '2,/^[^#]/{ /^#/!q; s/^# \{0,1\}//p; }' "$0"
}

# help_option "$@": --help or -h first prints the usage and ends.
help_option() {
	case ${1:-} in
	--help | -h)
		usage
		exit
		;;
	esac
}

# need TOOL...: refuse to go on without a program.
need() {
	for tool; do
		command -v "$tool" >/dev/null 2>&1 ||
			die "$tool is missing; run scripts/setup"
	done
}

# sha256_is FILE HASH: true if FILE is there and has that SHA-256.
sha256_is() {
	[ -f "$1" ] && [ "$(sha256sum <"$1")" = "$2  -" ]
}

# run_logged LOG COMMAND...: run quietly; show the end of LOG on failure.
run_logged() {
	log=$1
	shift
	mkdir -p "$(dirname "$log")"
	if ! "$@" >"$log" 2>&1 </dev/null; then
		tail -n 40 "$log" >&2
		die "'$1' failed; the whole log is in $log"
	fi
}

# stamp_is FILE TEXT / stamp FILE TEXT: what a product was made from.
stamp_is() {
	[ -f "$1" ] && [ "$(cat "$1")" = "$2" ]
}

stamp() {
	mkdir -p "$(dirname "$1")"
	printf '%s\n' "$2" >"$1"
}
