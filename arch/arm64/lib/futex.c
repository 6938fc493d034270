/*
 * Atomic operations on words of user memory: load/store-exclusive loops with
 * exception-table entries.
 */
#include <asm/uaccess.h>
#include <linnet/errno.h>
#include <linux/futex.h>

#define USER_ATOMIC(insn, old, tmp, status, uaddr, arg, err)                   \
	__asm__ volatile("1: ldxr %w1, [%4]\n" insn                            \
			 "2: stlxr %w3, %w2, [%4]\n"                           \
			 "   cbnz %w3, 1b\n"                                   \
			 "   dmb ish\n"                                        \
			 "3:\n"                                                \
			 ".pushsection .fixup, \"ax\"\n"                       \
			 "4: mov %w0, %6\n"                                    \
			 "   b 3b\n"                                           \
			 ".popsection\n" ASM_EXTABLE("1b", "4b")               \
				 ASM_EXTABLE("2b", "4b")                       \
			 : "+r"(err), "=&r"(old), "=&r"(tmp), "=&r"(status)    \
			 : "r"(uaddr), "r"(arg), "i"(-EFAULT)                  \
			 : "memory", "cc")

int futex_atomic_op(u32 op, u32 arg, u32 __user *uaddr, u32 *oldp)
{
	u32 old = 0, tmp, status;
	int err = 0;

	if (!access_ok(uaddr, 4))
		return -EFAULT;
	uaccess_enable();
	switch (op) {
	case FUTEX_OP_SET:
		USER_ATOMIC("mov %w2, %w5\n", old, tmp, status, uaddr, arg, err);
		break;
	case FUTEX_OP_ADD:
		USER_ATOMIC("add %w2, %w1, %w5\n", old, tmp, status, uaddr, arg,
			    err);
		break;
	case FUTEX_OP_OR:
		USER_ATOMIC("orr %w2, %w1, %w5\n", old, tmp, status, uaddr, arg,
			    err);
		break;
	case FUTEX_OP_ANDN:
		USER_ATOMIC("bic %w2, %w1, %w5\n", old, tmp, status, uaddr, arg,
			    err);
		break;
	case FUTEX_OP_XOR:
		USER_ATOMIC("eor %w2, %w1, %w5\n", old, tmp, status, uaddr, arg,
			    err);
		break;
	default:
		err = -ENOSYS;
	}
	uaccess_disable();
	*oldp = old;
	return err;
}

int futex_cmpxchg(u32 __user *uaddr, u32 expect, u32 new, u32 *cur)
{
	u32 old = 0, status;
	int err = 0;

	if (!access_ok(uaddr, 4))
		return -EFAULT;
	uaccess_enable();
	__asm__ volatile("1: ldxr %w1, [%3]\n"
			 "   cmp %w1, %w4\n"
			 "   b.ne 3f\n"
			 "2: stlxr %w2, %w5, [%3]\n"
			 "   cbnz %w2, 1b\n"
			 "3: dmb ish\n"
			 "5:\n"
			 ".pushsection .fixup, \"ax\"\n"
			 "4: mov %w0, %6\n"
			 "   b 5b\n"
			 ".popsection\n" ASM_EXTABLE("1b", "4b")
				 ASM_EXTABLE("2b", "4b")
			 : "+r"(err), "=&r"(old), "=&r"(status)
			 : "r"(uaddr), "r"(expect), "r"(new), "i"(-EFAULT)
			 : "memory", "cc");
	uaccess_disable();
	*cur = old;
	return err;
}
