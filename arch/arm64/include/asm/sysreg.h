/*
 * System registers by name, and the field values the port uses.
 * Source: Arm ARM DDI 0487, D17 (register descriptions).
 */
#ifndef ASM_SYSREG_H
#define ASM_SYSREG_H

#include <asm/ptrace.h>

#ifndef __ASSEMBLER__
#include <asm/barrier.h>

#define read_sysreg(reg)                                                       \
	({                                                                     \
		unsigned long _v;                                              \
		__asm__ volatile("mrs %0, " #reg : "=r"(_v));                  \
		_v;                                                            \
	})
#define write_sysreg(v, reg)                                                   \
	__asm__ volatile("msr " #reg ", %0" ::"r"((unsigned long)(v)) : "memory")

/* FEAT_PAN: the kernel cannot use user addresses by mistake. */
#define cpu_has_pan() (read_sysreg(id_aa64mmfr1_el1) >> ID_PAN_SHIFT & 0xf)
/* APA or API of ISAR1, APA3 of ISAR2. */
#define cpu_id_pauth()                                                         \
	(read_sysreg(id_aa64isar1_el1) & 0xff0 ||                              \
	 read_sysreg(s3_0_c0_c6_2) & 0xf000)
#define cpu_id_bti() (read_sysreg(id_aa64pfr1_el1) & 0xf)
#endif

/* PSTATE / SPSR_ELx: most fields come from the UAPI's asm/ptrace.h */
#define PSR_M32_BIT   0x10
#define PSR_SS_BIT    (1 << 21)
#define PSR_BTYPE     (3 << 10)
#define PSR_BTYPE_CALL (2 << 10) /* as if by BLR */
#define PSR_PAN       (1 << 22)
#define PSR_NZCV      0xf0000000

/* SCTLR_EL1 */
#define SCTLR_M	   (1 << 0)
#define SCTLR_C	   (1 << 2)
#define SCTLR_SA   (1 << 3)
#define SCTLR_SA0  (1 << 4)
#define SCTLR_I	   (1 << 12)
#define SCTLR_DZE  (1 << 14) /* EL0 may use DC ZVA */
#define SCTLR_UCT  (1 << 15) /* EL0 may read CTR_EL0 */
#define SCTLR_nTWI (1 << 16)
#define SCTLR_nTWE (1 << 18)
#define SCTLR_EnDB (1 << 13) /* pointer authentication, by key */
#define SCTLR_EnDA (1 << 27)
#define SCTLR_EnIB (1 << 30)
#define SCTLR_EnIA_BIT 31
#define SCTLR_EnIA (1ul << SCTLR_EnIA_BIT)
#define SCTLR_BT0  (1ul << 35) /* EL0: PACIASP is no target of any BR */
#define SCTLR_BT1  (1ul << 36) /* the same for EL1 */
#define SCTLR_SPAN (1 << 23) /* do not set PAN on exception entry */
#define SCTLR_UCI  (1 << 26) /* EL0 may do cache maintenance by VA */
#define SCTLR_RES1 ((1 << 11) | (1 << 20) | (1 << 22) | (1 << 28) | (1 << 29))
#define SCTLR_EL1_ON                                                           \
	(SCTLR_RES1 | SCTLR_M | SCTLR_C | SCTLR_SA | SCTLR_SA0 | SCTLR_I |     \
	 SCTLR_DZE | SCTLR_UCT | SCTLR_nTWI | SCTLR_nTWE | SCTLR_UCI)

/* MAIR indices */
#define MT_NORMAL	 0 /* write-back cacheable */
#define MT_DEVICE_nGnRE	 1
#define MT_NORMAL_NC	 2
#define MAIR_VALUE	 0x4404ff

/* TCR_EL1: 48-bit both halves, 4 KiB, inner shareable write-back, IPS by ID */
#define TCR_T0SZ       16
#define TCR_T1SZ       (16 << 16)
#define TCR_WBWA0      ((1 << 8) | (1 << 10))
#define TCR_WBWA1      ((1 << 24) | (1 << 26))
#define TCR_SH0_INNER  (3 << 12)
#define TCR_SH1_INNER  (3 << 28)
#define TCR_TG1_4K     (2 << 30)
#define TCR_IPS_SHIFT  32
#define TCR_AS16       (1 << 36)
#define TCR_TBI0       (1 << 37)

/* ID_AA64MMFR1_EL1 */
#define ID_PAN_SHIFT   20

/* The assembler knows the name only with -march=armv8.1-a. */
#define SET_PAN(n)     .inst 0xd500409f | (n) << 8

/* ESR_EL1 */
#define ESR_EC_SHIFT   26
#define ESR_EC_MASK    0x3f
#define EC_UNKNOWN     0x00
#define EC_WFX	       0x01
#define EC_FP_ASIMD    0x07
#define EC_PAC	       0x09
#define EC_BTI	       0x0d
#define EC_ILLEGAL     0x0e
#define EC_SVC64       0x15
#define EC_SYS64       0x18
#define EC_SVE	       0x19
#define EC_FPAC	       0x1c
#define EC_IABT_LOW    0x20
#define EC_IABT_CUR    0x21
#define EC_PC_ALIGN    0x22
#define EC_DABT_LOW    0x24
#define EC_DABT_CUR    0x25
#define EC_SP_ALIGN    0x26
#define EC_FP_EXC      0x2c
#define EC_SERROR      0x2f
#define EC_BREAK_LOW   0x30
#define EC_STEP_LOW    0x32
#define EC_WATCH_LOW   0x34
#define EC_BRK64       0x3c
#define ESR_WNR	       (1 << 6)
#define ESR_CM	       (1 << 8)
#define ESR_FSC_MASK   0x3f

/* HCR_EL2 */
#define HCR_RW (1 << 31)
#define HCR_APK_API (3 << 40) /* EL1 has pointer authentication */

#endif
