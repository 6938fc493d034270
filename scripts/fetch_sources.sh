#!/bin/sh
# Fetches the pinned sources of musl and BusyBox into the cache.
#
# usage: scripts/fetch_sources.sh [NAME...]
#
#	NAME	musl or busybox (default: both)
#
# The sources are the system's own source packages, asked for by name with
# apt-get through a private configuration (scripts/apt_private.sh); nothing is
# installed.  Each tarball must have the SHA-256 of scripts/sources.pins; one
# that is already in the cache is not fetched again.  Where apt-get is missing,
# put the tarballs into the cache folder by hand.
#
# environment: LINNET_CACHE (default build/cache); tarballs go to its sources/
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
. "$here/lib.sh"
. "$here/apt_private.sh"

help_option "$@"

sources=$CACHE/sources
apt_open=no

# fetch NAME TARBALL SHA256
fetch() {
	command -v apt-get >/dev/null 2>&1 ||
		die "no apt-get here: put $2 (SHA-256 $3) into $sources"
	if [ $apt_open = no ]; then
		apt_private_open "$CACHE/apt-source" deb-src \
			"$(dpkg --print-architecture)"
		apt_open=yes
	fi
	say "fetching the source of $1"
	rm -rf "$CACHE/apt-source/download"
	mkdir -p "$CACHE/apt-source/download"
	(cd "$CACHE/apt-source/download" &&
		apt_private apt-get source -qq --download-only \
			--only-source "$1") ||
		die "no source package '$1': put $2 (SHA-256 $3) into $sources"
	[ -f "$CACHE/apt-source/download/$2" ] ||
		die "the source package of $1 has another version" \
			"($(cd "$CACHE/apt-source/download" && echo *.orig.*)):" \
			"put $2 (SHA-256 $3) into $sources"
	sha256_is "$CACHE/apt-source/download/$2" "$3" ||
		die "$2 has the wrong SHA-256; expected $3"
	mv "$CACHE/apt-source/download/$2" "$sources/$2"
}

[ $# -gt 0 ] || set -- musl busybox
mkdir -p "$sources"
for name; do
	pin=$(grep "^$name " "$here/sources.pins") ||
		die "'$name' is not in scripts/sources.pins"
	# shellcheck disable=SC2086 # the fields of the pin
	set -- $pin
	if ! sha256_is "$sources/$3" "$4"; then
		fetch "$1" "$3" "$4"
	fi
done
rm -rf "$CACHE/apt-source"
