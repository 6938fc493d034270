#!/bin/sh
# Boots a kernel in QEMU (machine virt) with the console on this terminal.
#
# usage: [VARIABLE=value]... scripts/run_qemu.sh [QEMU OPTION]...
#
#	KERNEL	the arm64 Image		(build/Image)
#	INITRD	the initramfs, "none" for no initramfs (build/initramfs.cpio.gz)
#	SMP	number of CPUs		(1; more than 8 need GIC=3)
#	MEM	RAM			(256M)
#	CPU	cortex-a53, cortex-a57, cortex-a72, neoverse-n1, max
#					(cortex-a57)
#	GIC	version of the interrupt controller, 2 or 3	(2)
#	CONSOLE	ttyAMA0 or hvc0		(ttyAMA0)
#	APPEND	more words for the kernel command line
#	GDB=1	wait for gdb on port 1234 before the first instruction; nokaslr
#	TIMEOUT	end the guest after that many seconds
#	QEMU	the emulator		(qemu-system-aarch64)
#
# The arguments are handed to QEMU.  Leave the guest with "poweroff", or QEMU
# with Ctrl-A X.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
. "$here/lib.sh"

help_option "$@"

QEMU=${QEMU:-qemu-system-aarch64}
KERNEL=${KERNEL:-$BUILD/Image}
INITRD=${INITRD:-$BUILD/initramfs.cpio.gz}
CONSOLE=${CONSOLE:-ttyAMA0}
SMP=${SMP:-1}
GIC=${GIC:-2}
[ "${GDB:-}" != 1 ] || APPEND="nokaslr${APPEND:+ $APPEND}"

need "$QEMU"
[ -f "$KERNEL" ] || die "there is no kernel '$KERNEL'; run make first"
[ "$INITRD" = none ] || [ -f "$INITRD" ] ||
	die "there is no initramfs '$INITRD'; run 'make initramfs' first"
[ "$SMP" -le 8 ] || [ "$GIC" -ge 3 ] ||
	die "GICv2 has at most 8 CPUs; say GIC=3 for SMP=$SMP"

# A caller's own options come last, so that they win.
set -- -kernel "$KERNEL" -smp "$SMP" -m "${MEM:-256M}" \
	-machine "virt,gic-version=$GIC" -cpu "${CPU:-cortex-a57}" \
	-append "console=$CONSOLE${APPEND:+ $APPEND}" \
	-nodefaults -display none -global virtio-mmio.force-legacy=false "$@"
[ "$INITRD" = none ] || set -- -initrd "$INITRD" "$@"

case $CONSOLE in
ttyAMA0) set -- -serial mon:stdio "$@" ;;
hvc0)
	set -- -chardev stdio,id=console,mux=on,signal=off \
		-mon chardev=console -serial null \
		-device virtio-serial-device \
		-device virtconsole,chardev=console "$@"
	;;
*) die "CONSOLE=$CONSOLE: only ttyAMA0 and hvc0 are known" ;;
esac

if [ "${GDB:-}" = 1 ]; then
	set -- -gdb tcp::1234 -S "$@"
	say "waiting for gdb: gdb-multiarch -ex 'target remote :1234'" \
		"$BUILD/kernel.elf"
fi
say "leave the guest with poweroff, QEMU with Ctrl-A X"
if [ -n "${TIMEOUT:-}" ]; then
	exec timeout --foreground --kill-after=5 "$TIMEOUT" "$QEMU" "$@"
fi
exec "$QEMU" "$@"
