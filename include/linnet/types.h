/*
 * Base types and the handful of macros everything uses.
 *
 * Fixed-width integers, the kernel's view of the POSIX scalar types, byte-order
 * typed integers for data that comes from outside, and annotations.
 *
 * This header is also compiled on the host (tests/unit), where the C library
 * supplies the POSIX scalars; LINNET_HOST is defined there.
 */
#ifndef LINNET_TYPES_H
#define LINNET_TYPES_H

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef signed char s8;
typedef signed short s16;
typedef signed int s32;

#ifdef LINNET_HOST
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <assert.h>
#undef major
#undef minor
#undef makedev
typedef unsigned long long u64;
typedef signed long long s64;
#else
typedef unsigned long u64;
typedef signed long s64;
typedef unsigned long size_t;
typedef signed long ssize_t;
typedef unsigned long uintptr_t;
typedef signed long ptrdiff_t;
typedef s64 loff_t;
typedef s64 off_t;
typedef s32 pid_t;
typedef u32 uid_t;
typedef u32 gid_t;
typedef u32 mode_t;
typedef u32 dev_t; /* major:12, minor:20, as the kernel holds it */
typedef u64 ino_t;
#define bool  _Bool
#define true  1
#define false 0
#define NULL  ((void *)0)
#define offsetof(type, member) __builtin_offsetof(type, member)
#define static_assert	       _Static_assert
#endif

typedef u64 phys_addr_t;
typedef u64 pfn_t;
typedef u64 sector_t; /* units of 512 bytes */

#define U8_MAX	((u8)~0u)
#define U16_MAX ((u16)~0u)
#define U32_MAX (~0u)
#define S32_MAX ((s32)(U32_MAX >> 1))
#define S32_MIN (-S32_MAX - 1)
#define U64_MAX ((u64)~0ull)
#define S64_MAX ((s64)(U64_MAX >> 1))
#define S64_MIN (-S64_MAX - 1)

/* Integers whose bytes have a stated order: convert at first touch. */
typedef struct { u16 raw; } le16;
typedef struct { u32 raw; } le32;
typedef struct { u64 raw; } le64;
typedef struct { u16 raw; } be16;
typedef struct { u32 raw; } be32;
typedef struct { u64 raw; } be64;

static inline u16 le16_to_cpu(le16 v) { return v.raw; }
static inline u32 le32_to_cpu(le32 v) { return v.raw; }
static inline u64 le64_to_cpu(le64 v) { return v.raw; }
static inline le16 cpu_to_le16(u16 v) { return (le16){v}; }
static inline le32 cpu_to_le32(u32 v) { return (le32){v}; }
static inline le64 cpu_to_le64(u64 v) { return (le64){v}; }
static inline u16 be16_to_cpu(be16 v) { return __builtin_bswap16(v.raw); }
static inline u32 be32_to_cpu(be32 v) { return __builtin_bswap32(v.raw); }
static inline u64 be64_to_cpu(be64 v) { return __builtin_bswap64(v.raw); }
static inline be16 cpu_to_be16(u16 v) { return (be16){__builtin_bswap16(v)}; }
static inline be32 cpu_to_be32(u32 v) { return (be32){__builtin_bswap32(v)}; }
static inline be64 cpu_to_be64(u64 v) { return (be64){__builtin_bswap64(v)}; }

/*
 * Pointers that plain C code must not dereference: user memory goes through
 * <asm/uaccess.h>, device registers through <asm/io.h>. `make check` lets
 * clang enforce it.
 */
#ifdef __CHECKER__
#define __user	__attribute__((noderef, address_space(1)))
#define __iomem __attribute__((noderef, address_space(2)))
#define __force __attribute__((force))
#else
#define __user
#define __iomem
#define __force
#endif

#define __packed	 __attribute__((packed))
#define __aligned(n)	 __attribute__((aligned(n)))
#define __section(name)	 __attribute__((section(name)))
#define __used		 __attribute__((used))
#define __maybe_unused	 __attribute__((unused))
#define __weak		 __attribute__((weak))
#define __noreturn	 __attribute__((noreturn))
#define __must_check	 __attribute__((warn_unused_result))
#define __printf(f, a)	 __attribute__((format(printf, f, a)))
#define __noinline	 __attribute__((noinline))
#undef __always_inline /* UAPI has one too */
#define __always_inline	 inline __attribute__((always_inline))
#define __cold		 __attribute__((cold))
/*
 * No stack canary: for what every system call, fault or wake-up goes through,
 * and only if no array is on the frame that a length from elsewhere indexes.
 */
#define __no_canary	 __attribute__((no_stack_protector))
#define __fallthrough	 __attribute__((fallthrough))
#define __init_text	 __section(".init.text") __cold
#define __init_data	 __section(".init.data")
#define __ro_after_init	 __section(".data.ro_after_init")
#define __cacheline_aligned __aligned(64)

#define likely(x)   __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)
#define barrier()   __asm__ volatile("" ::: "memory")
#define unreachable() __builtin_unreachable()

#define READ_ONCE(x)	 (*(const volatile __typeof__(x) *)&(x))
#define WRITE_ONCE(x, v) (*(volatile __typeof__(x) *)&(x) = (v))

#define container_of(ptr, type, member)                                        \
	((type *)((char *)(ptr)-offsetof(type, member)))
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

#define min(a, b)                                                              \
	({                                                                     \
		__typeof__(a) _a = (a);                                        \
		__typeof__(b) _b = (b);                                        \
		_a < _b ? _a : _b;                                             \
	})
#define max(a, b)                                                              \
	({                                                                     \
		__typeof__(a) _a = (a);                                        \
		__typeof__(b) _b = (b);                                        \
		_a > _b ? _a : _b;                                             \
	})
#define min_t(t, a, b)	 min((t)(a), (t)(b))
#define max_t(t, a, b)	 max((t)(a), (t)(b))
#define clamp(v, lo, hi) min(max(v, lo), hi)
#define swap(a, b)                                                             \
	do {                                                                   \
		__typeof__(a) _t = (a);                                        \
		(a) = (b);                                                     \
		(b) = _t;                                                      \
	} while (0)

#define BIT(n)		   (1ul << (n))
#define ALIGN_UP(x, a)	   (((x) + ((a)-1)) & ~((__typeof__(x))(a)-1))
#define ALIGN_DOWN(x, a)   ((x) & ~((__typeof__(x))(a)-1))
#define IS_ALIGNED(x, a)   (((x) & ((__typeof__(x))(a)-1)) == 0)
#define DIV_ROUND_UP(n, d) (((n) + (d)-1) / (d))
#define is_power_of_2(x)   ((x) != 0 && ((x) & ((x)-1)) == 0)

/* Index of the highest set bit; v must not be 0. */
static inline unsigned int ilog2(u64 v)
{
	return 63 - (unsigned int)__builtin_clzll(v);
}

#define __stringify_1(x) #x
#define __stringify(x)	 __stringify_1(x)

#endif
