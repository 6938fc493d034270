#!/bin/sh
# Builds musl, static and shared, and a compiler wrapper for it.
#
# usage: scripts/build_musl.sh
#
# Products, under build/musl:
#	lib/		libc.a, libc.so, start files
#	include/	musl's headers, and links to the Linux UAPI headers
#	bin/linnet-gcc	aarch64 gcc that compiles and links against musl:
#			-static, -static-pie, -shared and dynamic links work
#	bin/linnet-{ar,strip,...}	the matching binary tools
#
# Does nothing if they are up to date.
# environment: BUILD, LINNET_CACHE, CROSS, JOBS (see scripts/lib.sh)
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
. "$here/lib.sh"

help_option "$@"

# Outline atomics would call into libgcc, whose start-up code asks glibc.
CFLAGS='-O2 -mno-outline-atomics -ffile-prefix-map=.=musl'

prefix=$BUILD/musl
work=$BUILD/musl-build

# UAPI folders that musl does not bring itself; scsi/ is musl's.
UAPI_DIRS='asm asm-generic drm linux misc mtd rdma sound video xen'

need "${CROSS}gcc" make
"$here/fetch_sources.sh" musl
pin=$(grep '^musl ' "$here/sources.pins")
version=$(echo "$pin" | awk '{ print $2 }')
tarball=$CACHE/sources/$(echo "$pin" | awk '{ print $3 }')
made_from="$pin; $("${CROSS}gcc" -dumpfullversion -dumpmachine | tr '\n' ' ')
$(sha256sum <"$0")"

if stamp_is "$prefix/.stamp" "$made_from"; then
	exit 0
fi

uapi=$("$here/make_uapi.sh" --where)

build_libc() {
	rm -rf "$work" "$prefix"
	mkdir -p "$work/src" "$work/obj"
	tar -xf "$tarball" -C "$work/src" --strip-components=1
	cd "$work/obj"
	run_logged "$BUILD/log/musl-configure.log" env \
		CC="${CROSS}gcc" CFLAGS="$CFLAGS" CROSS_COMPILE="$CROSS" \
		../src/configure --target=aarch64-linux-musl \
		--prefix="$prefix" --syslibdir="$prefix/lib" --disable-wrapper
	run_logged "$BUILD/log/musl-build.log" make -j"$JOBS" install
	cd "$ROOT"
	# The loader's link points at the build machine's prefix; programs name
	# it /lib/ld-musl-aarch64.so.1, and so does mkinitramfs.
	ln -sf libc.so "$prefix/lib/ld-musl-aarch64.so.1"
}

link_uapi() {
	for dir in $UAPI_DIRS; do
		[ -d "$uapi/$dir" ] || continue
		ln -sfn "$uapi/$dir" "$prefix/include/$dir"
	done
}

# The gcc spec strings that name a C library.  Everything else, -pie and
# -static-pie among it, stays what the compiler was built with.
write_specs() {
	cat >"$prefix/lib/linnet-gcc.specs" <<END
%rename cpp_options old_cpp_options

*cpp_options:
-nostdinc -isystem $prefix/include -isystem include%s %(old_cpp_options)

*cc1:
%(cc1_cpu) -nostdinc -isystem $prefix/include -isystem include%s

*link_libgcc:
-L$prefix/lib -L .%s

*libgcc:
libgcc.a%s %:if-exists(libgcc_eh.a%s)

*startfile:
%{!shared:%{static-pie:$prefix/lib/rcrt1.o;static|no-pie|nopie:$prefix/lib/crt1.o;:$prefix/lib/Scrt1.o}} $prefix/lib/crti.o %{static:crtbeginT.o%s;shared|static-pie|!no-pie:crtbeginS.o%s;:crtbegin.o%s}

*endfile:
%{static:crtend.o%s;shared|static-pie|!no-pie:crtendS.o%s;:crtend.o%s} $prefix/lib/crtn.o

*link:
%{h*} -EL -maarch64linux -X --hash-style=gnu --fix-cortex-a53-843419 -nostdlib %{static:-static} %{shared:-shared} %{rdynamic:-export-dynamic} %{static-pie:-static -pie --no-dynamic-linker -z text} %{!static:%{!static-pie:%{!shared:-dynamic-linker /lib/ld-musl-aarch64.so.1}}}

*esp_link:


*esp_options:


*esp_cpp_options:


END
}

write_wrappers() {
	mkdir -p "$prefix/bin"
	cat >"$prefix/bin/linnet-gcc" <<END
#!/bin/sh
exec ${CROSS}gcc -specs $prefix/lib/linnet-gcc.specs -mno-outline-atomics "\$@"
END
	for tool in ar as ld nm objcopy objdump ranlib readelf strip; do
		printf '#!/bin/sh\nexec %s%s "$@"\n' "$CROSS" "$tool" \
			>"$prefix/bin/linnet-$tool"
	done
	chmod +x "$prefix"/bin/linnet-*
}

# One program per way of linking: a wrapper that is wrong shows here.
check_wrapper() {
	cat >"$work/hello.c" <<-'END'
	#include <linux/stat.h>
	#include <stdio.h>
	int main(void)
	{
		return printf("hello, %d\n", STATX_SIZE) < 0;
	}
	END
	for how in -static -static-pie '-no-pie' '-fPIE -pie' \
		'-fPIC -shared'; do
		# shellcheck disable=SC2086 # several options
		"$prefix/bin/linnet-gcc" -Wall -Werror -O2 $how \
			-o "$work/hello" "$work/hello.c" ||
			die "linnet-gcc $how does not link"
	done
}

say "building musl $version"
build_libc
link_uapi
write_specs
write_wrappers
check_wrapper
rm -rf "$work"
stamp "$prefix/.stamp" "$made_from"
