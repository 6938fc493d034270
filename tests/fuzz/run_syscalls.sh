#!/bin/sh
# Fuzzing of the system calls: boots a guest whose init is the fuzzer
# (tests/fuzz/syscalls), once for every seed, and looks at what the kernel says.
#
# usage: tests/fuzz/run_syscalls.sh [OPTION]...
#
#	--kernel IMAGE	(build/Image); build-kcov-debug/Image for coverage and checks
#	--reference	the Linux reference, to see whether the descriptions are sane
#	--seeds "N..."	where the random numbers begin, one boot each	(1 2)
#	--runs N	programs per boot				(1500)
#	--smp N		CPUs, in turn if there are several: "1 4"	(1 4)
#	--mem SIZE							(1G)
#	--limit MS	time for one program				(400)
#	--replay LOG	run the programs of a log instead, --times N each
#	--calls		print how often each call was made and succeeded
#
# Each program is in build/log/fuzz/SEED.log before it runs. After a complaint
# of the kernel the last one is written as C to build/log/fuzz/SEED.c.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
. "$here/../../scripts/lib.sh"

kernel=$BUILD/Image seeds="1 2" runs=1500 smp="1 4" mem=1G limit=400
replay='' times=1 more='' reference=''
while [ $# -gt 0 ]; do
	case $1 in
	--reference)
		"$ROOT/scripts/fetch_linux_reference.sh"
		kernel=$BUILD/reference/Image reference=1
		shift
		continue
		;;
	--calls)
		more=calls=1
		shift
		continue
		;;
	--help | -h)
		usage
		exit
		;;
	esac
	[ $# -ge 2 ] || die "$1 needs a value"
	case $1 in
	--kernel) kernel=$2 ;;
	--seeds) seeds=$2 ;;
	--runs) runs=$2 ;;
	--smp) smp=$2 ;;
	--mem) mem=$2 ;;
	--limit) limit=$2 ;;
	--replay) replay=$(realpath "$2") seeds=replay ;;
	--times) times=$2 ;;
	*)
		usage >&2
		exit 2
		;;
	esac
	shift 2
done
[ -f "$kernel" ] || die "there is no kernel '$kernel'"
[ -x "$BUILD/musl/bin/linnet-gcc" ] || "$ROOT/scripts/build_musl.sh"
work=$BUILD/tests/fuzz
logs=$BUILD/log/fuzz
mkdir -p "$work/root" "$logs"
"$BUILD/musl/bin/linnet-gcc" -std=gnu17 -O2 -Wall -Wextra -Werror \
	-Wno-missing-field-initializers -static -o "$work/sysfuzz" \
	"$here"/syscalls/*.c
options="limit=$((limit * ${TEST_SCALE:-1})) $more"
rm -f "$work/root/programs"
if [ -n "$replay" ]; then
	cp "$replay" "$work/root/programs"
	options="$options replay=/programs times=$times"
fi
# Debian's kernel has the driver of the second port as a module, and frees late.
if [ -n "$reference" ]; then options="$options leaks=0"
else options="$options log=/dev/hvc0"; fi
"$ROOT/scripts/mkinitramfs" -o "$work/fuzz.cpio" --init "$work/sysfuzz" \
	--overlay "$work/root"

complaints='BUG|WARNING|Internal error|Kernel panic|Oops|stall|hung|more objects|FUZZ: hang|FUZZ: the sandbox'

# boot SEED CPUS: true if the kernel had nothing to say.
boot() {
	console=$logs/$1.console
	log=$logs/$1.log
	KERNEL=$kernel INITRD=$work/fuzz.cpio SMP=$2 GIC=3 MEM=$mem \
		APPEND="rdinit=/init panic=-1 -- seed=$1 runs=$runs $options" \
		TIMEOUT=$((60 + runs * ${TEST_SCALE:-1} / 5)) \
		"$ROOT/scripts/run_qemu.sh" -no-reboot \
		-device virtio-serial-device -chardev "file,id=log,path=$log" \
		-device virtconsole,chardev=log </dev/null >"$console" 2>&1 || true
	grep -a -q '^FUZZ: done' "$console" &&
		! grep -a -E -q "$complaints" "$console"
}

passed=0 failed=0
for seed in $seeds; do
	cpus=${smp%% *}
	smp="${smp#* } $cpus" # next time the next
	if boot "$seed" "$cpus"; then
		passed=$((passed + 1))
		echo "ok   seed $seed, $cpus CPUs: $(grep -a '^FUZZ: done' "$console")"
		grep -a 'succeeded$' "$console" || true
		continue
	fi
	failed=$((failed + 1))
	echo "FAIL seed $seed, $cpus CPUs; the console said:"
	grep -a -E -A 12 -m 1 "$complaints" "$console" || tail -n 5 "$console"
	[ -s "$log" ] || continue
	echo "the last programs were:"
	tail -n 3 "$log" | cut -c 1-400
	"$here/syscalls/to_c.py" "$log" >"$logs/$seed.c" &&
		echo "the last one as C: $logs/$seed.c"
done
echo "$passed passed, $failed failed, 0 skipped"
[ "$failed" = 0 ]
