#!/bin/sh
# Builds BusyBox, statically linked against build/musl.
#
# usage: scripts/build_busybox.sh
#
# Products, under build/busybox:
#	busybox		the program
#	applets.list	its applets, one path per line, as BusyBox installs them
#	config		the configuration it was built with
#	dropped.list	applets left out because they do not compile here
#	testsuite/, ash_test/
#			BusyBox's own tests, for tests/busybox/run_testsuite.sh
#
# The configuration is defconfig plus initramfs/busybox.config.  Two builds from
# the same sources and tools give the same bytes.  Does nothing if it is up to
# date.
# environment: BUILD, LINNET_CACHE, CROSS, JOBS (see scripts/lib.sh)
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
. "$here/lib.sh"

help_option "$@"

# The version line shows this date (that of the 1.35.0 release) on every build.
SOURCE_DATE_EPOCH=1640537597
export SOURCE_DATE_EPOCH

deltas=$ROOT/initramfs/busybox.config
product=$BUILD/busybox
work=$BUILD/busybox-build
src=$work/src
obj=$work/obj

"$here/build_musl.sh"
"$here/fetch_sources.sh" busybox
pin=$(grep '^busybox ' "$here/sources.pins")
version=$(echo "$pin" | awk '{ print $2 }')
tarball=$CACHE/sources/$(echo "$pin" | awk '{ print $3 }')
made_from="$pin; $(cat "$BUILD/musl/.stamp")
$(cat "$0" "$deltas" | sha256sum)"

if stamp_is "$product/.stamp" "$made_from"; then
	exit 0
fi

make_busybox() {
	make -C "$src" O="$obj" ARCH=aarch64 HOSTCC="${HOSTCC:-gcc}" \
		CROSS_COMPILE="$BUILD/musl/bin/linnet-" "$@"
}

# set_option LINE: put "CONFIG_X=..." (or "# CONFIG_X is not set") into .config.
set_option() {
	option=$(echo "$1" | grep -o 'CONFIG_[A-Z0-9_]*' | head -n 1)
	sed -i "/^$option=/d; /^# $option is not set/d" "$obj/.config"
	echo "$1" >>"$obj/.config"
}

# drop_applet OPTION REASON...
drop_applet() {
	set_option "# CONFIG_$1 is not set"
	option=$1
	shift
	echo "$option: $*" >>"$work/dropped.list"
	say "leaving out $option: $*"
}

# defines HEADER NAME: does the target's HEADER have the macro or enum NAME?
defines() {
	printf '#include <%s>\nlong probe = (long)%s;\n' "$1" "$2" |
		"$BUILD/musl/bin/linnet-gcc" -fsyntax-only -x c - 2>/dev/null
}

# The applets that some UAPI versions cannot compile; reasons are explained in
# initramfs/busybox.config.md.
drop_what_does_not_compile() {
	: >"$work/dropped.list"
	defines linux/pkt_sched.h TCA_CBQ_MAX ||
		drop_applet TC "these UAPI headers have no CBQ (gone in 6.8)"
}

configure() {
	run_logged "$BUILD/log/busybox-defconfig.log" make_busybox defconfig
	grep -E '^(CONFIG_|# CONFIG_.* is not set)' "$deltas" >"$work/deltas"
	while read -r line; do
		set_option "$line"
	done <"$work/deltas"
	drop_what_does_not_compile
	# New symbols take their defaults; silent because nothing is asked.
	run_logged "$BUILD/log/busybox-oldconfig.log" make_busybox \
		silentoldconfig
	while read -r line; do
		grep -qxF "$line" "$obj/.config" ||
			die "the option did not take: $line"
	done <"$work/deltas"
}

say "building BusyBox $version"
rm -rf "$work"
mkdir -p "$src" "$obj"
tar -xf "$tarball" -C "$src" --strip-components=1
configure
run_logged "$BUILD/log/busybox-build.log" make_busybox -j"$JOBS"
run_logged "$BUILD/log/busybox-links.log" make_busybox busybox.links

mkdir -p "$product"
rm -rf "$product/testsuite" "$product/ash_test"
install -m 755 "$obj/busybox" "$product/busybox"
sort "$obj/busybox.links" >"$product/applets.list"
cp "$obj/.config" "$product/config"
cp "$work/dropped.list" "$product/dropped.list"
cp -r "$src/testsuite" "$src/shell/ash_test" "$product"
rm -rf "$work"
stamp "$product/.stamp" "$made_from"
