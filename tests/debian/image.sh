# shellcheck shell=sh disable=SC2154
# Root images of Debian guests; sourced after lib/suites.sh.
#
#	debian_image NAME LIST...	the packages of LIST as an image
#	debian_overlay DIR		add files to it
#
# An image is a plain cpio archive: unpacking 200 MB costs an emulated CPU less
# than inflating a quarter of that. It is kept in build/debian until the packages
# change.

# Left out: what a program needs only to be compiled against.
debian_image() {
	debian_tree=$BUILD/debian/$1/tree
	debian_root=$BUILD/debian/$1/root.cpio
	shift
	"$here/fetch_packages.sh" "$debian_tree" "$@"
	if [ "$debian_root" -nt "$debian_tree.stamp" ] &&
		[ "$debian_root" -nt "$here/image.sh" ] &&
		[ "$debian_root" -nt "$here/guest/init" ]; then
		return
	fi
	say "packing ${debian_root#"$ROOT"/}"
	rm -rf "$debian_tree"/usr/lib/aarch64-linux-gnu/perl/5.*/CORE
	mkdir -p "$debian_tree/etc" "$debian_tree/root" "$debian_tree/proc" \
		"$debian_tree/sys" "$debian_tree/dev"
	# What the packages' own scripts would have made.
	cp "$debian_tree/usr/share/base-passwd/passwd.master" \
		"$debian_tree/etc/passwd"
	cp "$debian_tree/usr/share/base-passwd/group.master" \
		"$debian_tree/etc/group"
	ln -sf dash "$debian_tree/usr/bin/sh"
	ln -sf gawk "$debian_tree/usr/bin/awk"
	"$ROOT/scripts/mkinitramfs" --plain -o "$debian_root" \
		--overlay "$debian_tree" --init "$here/guest/init"
}

debian_overlay() {
	"$ROOT/scripts/mkinitramfs" --plain -o "$BUILD/debian/overlay.cpio" \
		--overlay "$1"
	INITRD=$BUILD/debian/guest.cpio
	cat "$debian_root" "$BUILD/debian/overlay.cpio" >"$INITRD"
	export INITRD
}
