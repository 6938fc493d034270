#!/bin/sh
# Makes a folder of links to the exported Linux headers (UAPI) for arm64.
#
# usage: scripts/make_uapi.sh DIR	make or refresh DIR
#        scripts/make_uapi.sh --where	print the folder the links lead to
#
# The kernel is compiled with -nostdinc -isystem DIR: system-call numbers,
# structures and constants come from these headers and nowhere else.  A few of
# them include a C library header (<sys/time.h> for struct timeval, <stdint.h>);
# DIR holds a tiny stand-in for each, which takes the type from UAPI or from the
# compiler.
#
# environment: CROSS (prefix of the cross compiler)
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
. "$here/lib.sh"

LINKS='asm asm-generic drm linux misc mtd rdma scsi sound video xen'

# where: the include folder that holds linux/stat.h for the target.
where() {
	sysroot=$("${CROSS}gcc" -print-sysroot)
	for dir in "${sysroot%/}/usr/${CROSS%-}/include" \
		"${sysroot%/}/usr/include" "/usr/${CROSS%-}/include"; do
		if [ -f "$dir/linux/openat2.h" ] &&
			grep -q renameat "$dir/asm/unistd.h" \
				"$dir/asm-generic/unistd.h" 2>/dev/null
		then
			echo "$dir"
			return
		fi
	done
	die "no Linux UAPI headers for arm64 found; run scripts/setup"
}

# shim NAME: the stand-in for <NAME>, its text on stdin.
shim() {
	guard=LINNET_SHIM_$(echo "$1" | tr 'a-z/.' 'A-Z__')
	mkdir -p "$(dirname "$out/$1")"
	{
		echo "/* Made by scripts/make_uapi.sh: UAPI headers include it. */"
		echo "#ifndef $guard"
		echo "#define $guard"
		cat
		echo "#endif"
	} >"$out/$1.new"
	# Keep the time of an unchanged file: objects depend on it.
	if cmp -s "$out/$1.new" "$out/$1"; then
		rm "$out/$1.new"
	else
		mv "$out/$1.new" "$out/$1"
	fi
}

write_shims() {
	shim stddef.h <<-'END'
	typedef __SIZE_TYPE__ size_t;
	typedef __PTRDIFF_TYPE__ ptrdiff_t;
	#ifndef NULL
	#define NULL ((void *)0)
	#endif
	#ifndef offsetof
	#define offsetof(type, member) __builtin_offsetof(type, member)
	#endif
	END
	shim stdint.h <<-'END'
	typedef __INT8_TYPE__ int8_t;
	typedef __INT16_TYPE__ int16_t;
	typedef __INT32_TYPE__ int32_t;
	typedef __INT64_TYPE__ int64_t;
	typedef __UINT8_TYPE__ uint8_t;
	typedef __UINT16_TYPE__ uint16_t;
	typedef __UINT32_TYPE__ uint32_t;
	typedef __UINT64_TYPE__ uint64_t;
	typedef __UINTPTR_TYPE__ uintptr_t;
	END
	shim limits.h <<-'END'
	#define INT_MAX __INT_MAX__
	#define INT_MIN (-INT_MAX - 1)
	END
	shim endian.h <<-'END'
	#define __LITTLE_ENDIAN __ORDER_LITTLE_ENDIAN__
	#define __BIG_ENDIAN __ORDER_BIG_ENDIAN__
	#define __BYTE_ORDER __BYTE_ORDER__
	END
	shim time.h <<-'END'
	#include <linux/time.h>
	END
	shim sys/time.h <<-'END'
	#include <linux/time.h>
	END
	shim sys/ioctl.h <<-'END'
	#include <asm/ioctls.h>
	#include <linux/ioctl.h>
	END
	shim sys/ioccom.h <<-'END'
	#include <linux/ioctl.h>
	END
	shim sys/types.h <<-'END'
	#include <linux/types.h>
	#include <stddef.h>
	END
	shim sys/socket.h <<-'END'
	#include <linux/socket.h>
	/* socket(7): the one structure here that UAPI leaves to the C library. */
	struct sockaddr {
		__kernel_sa_family_t sa_family;
		char sa_data[14];
	};
	END
	shim netinet/in.h <<-'END'
	#include <linux/in.h>
	#include <linux/in6.h>
	END
	for header in stdlib.h string.h unistd.h; do
		shim $header <<-'END'
		#include <stddef.h>
		END
	done
}

case ${1:-} in
--where)
	where
	exit
	;;
--help | -h | '')
	usage
	exit
	;;
esac

need "${CROSS}gcc"
out=$(absolute "$1")
from=$(where)
mkdir -p "$out"
for dir in $LINKS; do
	[ -d "$from/$dir" ] || continue
	[ "$(readlink "$out/$dir" || :)" = "$from/$dir" ] ||
		ln -sfn "$from/$dir" "$out/$dir"
done
write_shims
