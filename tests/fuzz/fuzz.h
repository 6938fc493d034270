/*
 * What the fuzz targets share. Each is one libFuzzer program, built with ASan
 * and UBSan from the kernel's own files; see fuzz.mk.
 */
#ifndef LINNET_FUZZ_H
#define LINNET_FUZZ_H

#include <linnet/types.h>

int LLVMFuzzerTestOneInput(const u8 *data, size_t len);

/* Keep a value that was read from being optimised away. */
static inline void fuzz_use(u32 value)
{
	__asm__ volatile("" : : "r"(value));
}

/* What must hold whatever the input is. */
static inline void fuzz_require(bool ok)
{
	if (!ok)
		__builtin_trap();
}

#endif
