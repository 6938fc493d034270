#!/bin/sh
# Fetches Debian's stock arm64 kernel, the oracle of the test suites.
#
# usage: scripts/fetch_linux_reference.sh
#
# Products, under build/reference:
#	Image		the kernel, uncompressed
#	modules/	its modules (lib/modules/VERSION of the package)
#	version		the package and its version
#
# The package is found by name (what linux-image-arm64 depends on) through a
# private apt configuration for the foreign architecture
# (scripts/apt_private.sh); nothing is installed.  A package that is in the
# cache is not fetched again.  Where apt-get is missing, put the package into
# the cache by hand, as linux-image-arm64.deb.
#
# environment: BUILD, LINNET_CACHE (see scripts/lib.sh)
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
. "$here/lib.sh"
. "$here/apt_private.sh"

help_option "$@"

package=$CACHE/reference/linux-image-arm64.deb
product=$BUILD/reference

fetch() {
	command -v apt-get >/dev/null 2>&1 ||
		die "no apt-get here: put Debian's linux-image package for" \
			"arm64 at $package"
	say "fetching the package lists for arm64"
	apt_private_open "$CACHE/apt-arm64" deb arm64
	name=$(apt_private apt-cache depends --important linux-image-arm64 |
		sed -n 's/^ *Depends: \(linux-image-[^ ]*\)$/\1/p' |
		head -n 1)
	[ -n "$name" ] || die "no package linux-image-arm64 in the archive"
	say "fetching $name (about 70 MB)"
	mkdir -p "$CACHE/apt-arm64/download" "$CACHE/reference"
	(cd "$CACHE/apt-arm64/download" &&
		apt_private apt-get download -qq "$name") ||
		die "could not fetch $name"
	mv "$CACHE/apt-arm64/download/$name"_*.deb "$package"
	rm -rf "$CACHE/apt-arm64"
}

# unpack_kernel VMLINUZ: the bare Image out of what the package ships.
unpack_kernel() {
	case $(od -An -tx1 -N2 "$1" | tr -d ' ') in
	1f8b) gzip -dc "$1" >"$product/Image" ;;
	*) cp "$1" "$product/Image" ;;
	esac
	[ "$(od -An -c -j56 -N3 "$product/Image" | tr -d ' ')" = ARM ] ||
		die "$1 is no arm64 Image"
}

unpack() {
	say "unpacking $1"
	rm -rf "$product"
	mkdir -p "$product/tree"
	dpkg-deb --fsys-tarfile "$package" | tar -x -C "$product/tree" \
		./boot ./lib/modules
	unpack_kernel "$product"/tree/boot/vmlinu*
	mv "$product/tree/lib/modules" "$product/modules"
	rm -rf "$product/tree"
}

[ -f "$package" ] || fetch
need dpkg-deb
version=$(dpkg-deb -W --showformat '${Package} ${Version}\n' "$package")
if ! stamp_is "$product/version" "$version"; then
	unpack "$version"
	stamp "$product/version" "$version"
fi
