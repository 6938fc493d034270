/*
 * Device register access. The accessors with barriers order the register
 * access against memory the device reads or writes; _relaxed ones do not.
 */
#ifndef ASM_IO_H
#define ASM_IO_H

#include <asm/barrier.h>
#include <linnet/types.h>

#define IO_ACCESSORS(sfx, type, insn, reg)                                     \
	static __always_inline type read##sfx##_relaxed(                       \
		const volatile void __iomem *p)                                \
	{                                                                      \
		type v;                                                        \
		__asm__ volatile("ldr" insn " %" reg "0, [%1]"                 \
				 : "=r"(v)                                     \
				 : "r"(p));                                    \
		return v;                                                      \
	}                                                                      \
	static __always_inline void write##sfx##_relaxed(                      \
		type v, volatile void __iomem *p)                              \
	{                                                                      \
		__asm__ volatile("str" insn " %" reg "0, [%1]" ::"r"(v),       \
				 "r"(p));                                      \
	}                                                                      \
	static __always_inline type read##sfx(                                 \
		const volatile void __iomem *p)                                \
	{                                                                      \
		type v = read##sfx##_relaxed(p);                               \
		rmb();                                                         \
		return v;                                                      \
	}                                                                      \
	static __always_inline void write##sfx(type v,                         \
					       volatile void __iomem *p)       \
	{                                                                      \
		wmb();                                                         \
		write##sfx##_relaxed(v, p);                                    \
	}

IO_ACCESSORS(b, u8, "b", "w")
IO_ACCESSORS(w, u16, "h", "w")
IO_ACCESSORS(l, u32, "", "w")
IO_ACCESSORS(q, u64, "", "x")

#endif
