/*
 * Access to user memory. A bad pointer gives -EFAULT (or a short copy)
 * through the exception table, never a kernel fault.
 *
 * Context: task; may sleep (a fault may read a file) unless pagefault_disable()
 * is in force, in which case only present pages can be reached.
 */
#ifndef ASM_UACCESS_H
#define ASM_UACCESS_H

#include <asm/page.h>
#include <linnet/errno.h>
#include <linnet/fault_inject.h>
#include <linnet/kasan.h>
#include <linnet/types.h>

extern bool pan_in_use; /* [I] PSTATE.PAN is set in the kernel */

/* Is [addr, addr + len) inside the user half? */
static __always_inline bool access_ok(const void __user *addr, size_t len)
{
	return len <= USER_END && (u64)addr <= USER_END - len;
}

/* access_ok() for a copy, which may be chosen to fail. */
static __always_inline bool copy_ok(const void __user *addr, size_t len)
{
	return access_ok(addr, len) && !should_fail();
}

/* Return: bytes NOT copied. No range check: use the checked forms below. */
size_t __arch_copy_to_user(void __user *to, const void *from, size_t n);
size_t __arch_copy_from_user(void *to, const void __user *from, size_t n);
size_t __arch_clear_user(void __user *to, size_t n);

/*
 * Panics unless the @n bytes at @p lie inside of one slab object, if @p is in
 * one, and not in the kernel's text. A length that the compiler knows is the
 * programmer's and not a user's: not looked at.
 */
void usercopy_check(const void *p, size_t n);

static __always_inline void usercopy_check_size(const void *p, size_t n)
{
	if (!__builtin_constant_p(n))
		usercopy_check(p, n);
}

/*
 * For lengths that were checked just before: within a page, within a name.
 * Return: bytes not copied, 0 when all went well.
 */
static inline size_t unchecked_copy_to_user(void __user *to, const void *from,
					    size_t n)
{
	kasan_check_read(from, n);
	return copy_ok(to, n) ? __arch_copy_to_user(to, from, n) : n;
}

static inline size_t unchecked_copy_from_user(void *to, const void __user *from,
					      size_t n)
{
	kasan_check_write(to, n);
	return copy_ok(from, n) ? __arch_copy_from_user(to, from, n) : n;
}

/* Return: bytes not copied, 0 when all went well. */
static inline size_t raw_copy_to_user(void __user *to, const void *from,
				      size_t n)
{
	usercopy_check_size(from, n);
	return unchecked_copy_to_user(to, from, n);
}

static inline size_t raw_copy_from_user(void *to, const void __user *from,
					size_t n)
{
	usercopy_check_size(to, n);
	return unchecked_copy_from_user(to, from, n);
}

/* Return: 0 or -EFAULT. */
static inline int __must_check copy_to_user(void __user *to, const void *from,
					    size_t n)
{
	return raw_copy_to_user(to, from, n) ? -EFAULT : 0;
}

static inline int __must_check copy_from_user(void *to, const void __user *from,
					      size_t n)
{
	return raw_copy_from_user(to, from, n) ? -EFAULT : 0;
}

/* Zero user memory. Return: bytes not cleared. */
static inline size_t clear_user(void __user *to, size_t n)
{
	return copy_ok(to, n) ? __arch_clear_user(to, n) : n;
}

/*
 * Around plain loads and stores of user memory; the unprivileged ones need
 * nothing. Not nested, and nothing that sleeps by itself is between them.
 */
static inline void uaccess_enable(void)
{
	if (pan_in_use)
		__asm__ volatile(".inst 0xd500409f" ::: "memory");
}

static inline void uaccess_disable(void)
{
	if (pan_in_use)
		__asm__ volatile(".inst 0xd500419f" ::: "memory");
}

/* One entry of the exception table, relative to itself. */
#define ASM_EXTABLE(from, to)                                                  \
	".pushsection .extable, \"a\"\n"                                       \
	".balign 4\n"                                                          \
	".long (" from ") - .\n"                                               \
	".long (" to ") - .\n"                                                 \
	".popsection\n"

#define __get_user_asm(x, ptr, err, insn, mod)                                 \
	__asm__ volatile("1: " insn " %" mod "1, [%2]\n"                       \
			 "2:\n"                                                \
			 ".pushsection .fixup, \"ax\"\n"                       \
			 "3: mov %w0, %3\n"                                    \
			 "   mov %1, #0\n"                                     \
			 "   b 2b\n"                                           \
			 ".popsection\n" ASM_EXTABLE("1b", "3b")               \
			 : "+r"(err), "=&r"(x)                                 \
			 : "r"(ptr), "i"(-EFAULT))

#define __put_user_asm(x, ptr, err, insn, mod)                                 \
	__asm__ volatile("1: " insn " %" mod "1, [%2]\n"                       \
			 "2:\n"                                                \
			 ".pushsection .fixup, \"ax\"\n"                       \
			 "3: mov %w0, %3\n"                                    \
			 "   b 2b\n"                                           \
			 ".popsection\n" ASM_EXTABLE("1b", "3b")               \
			 : "+r"(err)                                           \
			 : "r"(x), "r"(ptr), "i"(-EFAULT)                      \
			 : "memory")

/* Scalars of 1, 2, 4 or 8 bytes. Return: 0 or -EFAULT (and x = 0). */
#define get_user(x, uptr) get_user_if(copy_ok, x, uptr)

/* @ok: copy_ok, or access_ok in the middle of a copy that began with the other. */
#define get_user_if(ok, x, uptr)                                               \
	({                                                                     \
		__typeof__(*(uptr)) __user *_p = (uptr);                       \
		int _err = -EFAULT;                                            \
		u64 _v = 0;                                                    \
		if (likely(ok(_p, sizeof(*_p)))) {                             \
			_err = 0;                                              \
			switch (sizeof(*_p)) {                                 \
			case 1:                                                \
				__get_user_asm(_v, _p, _err, "ldtrb", "w");    \
				break;                                         \
			case 2:                                                \
				__get_user_asm(_v, _p, _err, "ldtrh", "w");    \
				break;                                         \
			case 4:                                                \
				__get_user_asm(_v, _p, _err, "ldtr", "w");     \
				break;                                         \
			default:                                               \
				__get_user_asm(_v, _p, _err, "ldtr", "x");     \
			}                                                      \
		}                                                              \
		(x) = (__typeof__(x))(_v);                                     \
		_err;                                                          \
	})

#define put_user(x, uptr)                                                      \
	({                                                                     \
		__typeof__(*(uptr)) __user *_p = (uptr);                       \
		int _err = -EFAULT;                                            \
		u64 _v = (u64)(x);                                             \
		if (likely(copy_ok(_p, sizeof(*_p)))) {                        \
			_err = 0;                                              \
			switch (sizeof(*_p)) {                                 \
			case 1:                                                \
				__put_user_asm(_v, _p, _err, "sttrb", "w");    \
				break;                                         \
			case 2:                                                \
				__put_user_asm(_v, _p, _err, "sttrh", "w");    \
				break;                                         \
			case 4:                                                \
				__put_user_asm(_v, _p, _err, "sttr", "w");     \
				break;                                         \
			default:                                               \
				__put_user_asm(_v, _p, _err, "sttr", "x");     \
			}                                                      \
		}                                                              \
		_err;                                                          \
	})

/*
 * Copy a NUL-terminated string. Return: its length without the NUL; @size if
 * there was no NUL in @size bytes; -EFAULT.
 */
long strncpy_from_user(char *dst, const char __user *src, size_t size);
/* Length including the NUL; more than @max if longer; 0 on a fault. */
size_t strnlen_user(const char __user *s, size_t max);

/* kmalloc'ed copies: ERR_PTR(-EFAULT, -ENOMEM, -EINVAL too long). */
char *strndup_user(const char __user *s, size_t max);
void *memdup_user(const void __user *p, size_t len);

/*
 * An extensible struct: the user's @usize bytes into our @ksize. Missing ones
 * are zero; unknown ones must be. 0, -EFAULT, -E2BIG.
 */
int copy_struct_from_user(void *dst, size_t ksize, const void __user *src,
			  size_t usize);

/* Faults of the current task fail at once instead of being served. */
void pagefault_disable(void);
void pagefault_enable(void);

/*
 * Atomic read-modify-write of a user word for futexes: *old gets the value
 * before. Return: 0, -EFAULT, -ENOSYS for an unknown operation.
 */
int futex_atomic_op(u32 op, u32 arg, u32 __user *uaddr, u32 *old);
/* Compare and exchange: *cur gets the value found. 0 or -EFAULT. */
int futex_cmpxchg(u32 __user *uaddr, u32 old, u32 new, u32 *cur);

#endif
