/* Decoding exception syndromes for fault handling. */
#ifndef ASM_ESR_H
#define ASM_ESR_H

#include <asm/sysreg.h>
#include <linnet/types.h>

static inline u32 esr_class(u64 esr)
{
	return esr >> ESR_EC_SHIFT & ESR_EC_MASK;
}

/* Fault status code groups of data and instruction aborts (D17.2.37). */
enum fault_status {
	FSC_ADDRSIZE = 0x00,
	FSC_TRANSLATION = 0x04,
	FSC_ACCESS_FLAG = 0x08,
	FSC_PERMISSION = 0x0c,
	FSC_SYNC_EXTERNAL = 0x10,
	FSC_ALIGNMENT = 0x21,
};

/* Group of a status with a table level in its low bits. */
static inline u32 esr_fault_group(u64 esr)
{
	return esr & 0x3c;
}

static inline bool esr_is_write(u64 esr)
{
	/* Cache maintenance reports WnR but only needs to read. */
	return (esr & ESR_WNR) && !(esr & ESR_CM);
}

#endif
