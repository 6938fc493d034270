#!/bin/sh
# Builds the default initramfs: BusyBox and the files of initramfs/.
#
# usage: scripts/build_initramfs.sh [OUTPUT]
#
#	OUTPUT	default build/initramfs.cpio.gz; without .gz it is not compressed
#
# environment:
#	OVERLAY	folders (separated by spaces) whose content is added on top
#	INIT	a script or program that is installed as /init
#	LIST	more lists in the format of scripts/mkinitramfs
#	BUILD	the build folder
#
# An example: boot straight into a static program of your own:
#
#	mkdir hello
#	build/musl/bin/linnet-gcc -static -o hello/hello hello.c
#	printf '#!/bin/sh\n/hello\nexec poweroff -f\n' >my_init
#	make run OVERLAY=hello INIT=my_init
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
. "$here/lib.sh"

help_option "$@"

output=${1:-$BUILD/initramfs.cpio.gz}
"$here/build_busybox.sh"
set -- -o "$output" --var "BUILD=$BUILD" "$ROOT/initramfs/initramfs.list"
for list in ${LIST:-}; do
	set -- "$@" "$list"
done
for dir in ${OVERLAY:-}; do
	set -- "$@" --overlay "$dir"
done
[ -z "${INIT:-}" ] || set -- "$@" --init "$INIT"
mkdir -p "$(dirname "$output")"
"$here/mkinitramfs" "$@"
