#!/bin/sh
# Unpacks Debian arm64 packages, with all they depend on, into a folder.
#
# usage: tests/debian/fetch_packages.sh TREE LIST...
#
#	TREE	the folder; made afresh when the packages change
#	LIST	files with names of packages, any number per line; '#' starts a
#		comment
#
# The packages come through a private apt (scripts/apt_private.sh) into
# cache/debian; nothing is installed, no maintainer script runs, no root is
# needed. What a list stands for is looked up once and kept beside the packages
# (cache/debian/KEY.list), so a second run needs no network; remove that file to
# look again. The tree has the merged /usr that Debian's own installer makes.
#
# environment: BUILD, LINNET_CACHE (see scripts/lib.sh)
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
. "$here/../../scripts/lib.sh"
. "$here/../../scripts/apt_private.sh"

help_option "$@"
[ $# -ge 2 ] || die "a folder and a list, please"
tree=$1
shift
packages=$(sed 's/#.*//' "$@" | tr -s ' \t\n' '\n' | sed '/^$/d' | sort -u)
store=$CACHE/debian
key=$(printf '%s\n' "$packages" | sha256sum | cut -c1-16)
list=$store/$key.list

# Fetches what is missing and writes the names of the .deb files to $list.
fetch() {
	command -v apt-get >/dev/null 2>&1 ||
		die "no apt-get here, so no Debian packages"
	say "fetching the package lists for arm64"
	apt_private_open "$store/apt" deb arm64
	say "fetching $(printf '%s\n' "$packages" | wc -l) packages and what" \
		"they depend on"
	# shellcheck disable=SC2086 # a list of names
	apt_private apt-get install -qq -y --no-install-recommends \
		-o "Dir::Cache::archives=$store/archives" --download-only \
		$packages >"$store/apt.log" 2>&1 || {
		tail -n 20 "$store/apt.log" >&2
		die "could not fetch the packages"
	}
	# shellcheck disable=SC2086
	apt_private apt-get install -qq -y --no-install-recommends \
		--print-uris --reinstall -o Dir::Cache::archives=/nonexistent \
		$packages | awk '{ print $2 }' >"$list.new"
	mv "$list.new" "$list"
	rm -rf "$store/apt"
}

# The names of a usr-merged system must be there before anything is unpacked.
unpack() {
	say "unpacking $(wc -l <"$list") packages"
	chmod -R u+w "$tree" 2>/dev/null || :
	rm -rf "$tree"
	mkdir -p "$tree/usr/bin" "$tree/usr/sbin" "$tree/usr/lib"
	ln -s usr/bin usr/sbin usr/lib "$tree"
	while read -r deb; do
		dpkg-deb --fsys-tarfile "$store/archives/$deb" |
			tar -x -p --no-same-owner --keep-directory-symlink \
				--warning=no-timestamp -C "$tree"
	done <"$list"
	rm -rf "$tree/usr/share/doc" "$tree/usr/share/man" \
		"$tree/usr/share/locale" "$tree/usr/share/info"
}

need dpkg-deb sha256sum
mkdir -p "$store/archives/partial" "$(dirname "$tree")"
[ -s "$list" ] || fetch
stamp_now=$(sha256sum <"$list")
if ! stamp_is "$tree.stamp" "$stamp_now"; then
	unpack
	stamp "$tree.stamp" "$stamp_now"
fi
