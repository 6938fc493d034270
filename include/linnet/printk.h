/*
 * Kernel messages: a ring of records with level and time, read through
 * /dev/kmsg and syslog(2), and written to the consoles.
 */
#ifndef LINNET_PRINTK_H
#define LINNET_PRINTK_H

#include <linnet/list.h>
#include <linnet/types.h>

/* Message prefix: byte SOH and the level's digit. */
#define KERN_SOH     "\001"
#define KERN_EMERG   KERN_SOH "0"
#define KERN_ALERT   KERN_SOH "1"
#define KERN_CRIT    KERN_SOH "2"
#define KERN_ERR     KERN_SOH "3"
#define KERN_WARNING KERN_SOH "4"
#define KERN_NOTICE  KERN_SOH "5"
#define KERN_INFO    KERN_SOH "6"
#define KERN_DEBUG   KERN_SOH "7"
#define KERN_CONT    KERN_SOH "c"

/* Any context, any lock held. Each call is one record unless KERN_CONT. */
int printk(const char *fmt, ...) __printf(1, 2);

/* Subsystem files define PR_PREFIX "name: " before including this header. */
#ifndef PR_PREFIX
#define PR_PREFIX ""
#endif
#define pr_emerg(f, ...)  printk(KERN_EMERG PR_PREFIX f, ##__VA_ARGS__)
#define pr_err(f, ...)	  printk(KERN_ERR PR_PREFIX f, ##__VA_ARGS__)
#define pr_warn(f, ...)	  printk(KERN_WARNING PR_PREFIX f, ##__VA_ARGS__)
#define pr_notice(f, ...) printk(KERN_NOTICE PR_PREFIX f, ##__VA_ARGS__)
#define pr_info(f, ...)	  printk(KERN_INFO PR_PREFIX f, ##__VA_ARGS__)
#define pr_debug(f, ...)  printk(KERN_DEBUG PR_PREFIX f, ##__VA_ARGS__)
#define pr_cont(f, ...)	  printk(KERN_CONT f, ##__VA_ARGS__)

/* At most @burst messages in @interval_ms from one place. */
struct ratelimit {
	u64 begin_ns;
	u32 printed, missed;
};
bool ratelimit_ok(struct ratelimit *rl, u32 interval_ms, u32 burst);

#define pr_ratelimited(level, f, ...)                                          \
	({                                                                     \
		static struct ratelimit _rl;                                   \
		if (ratelimit_ok(&_rl, 5000, 10))                              \
			printk(level PR_PREFIX f, ##__VA_ARGS__);              \
	})
#define pr_warn_ratelimited(f, ...) pr_ratelimited(KERN_WARNING, f, ##__VA_ARGS__)
#define pr_warn_once(f, ...)                                                   \
	({                                                                     \
		static bool _done;                                             \
		if (!__atomic_exchange_n(&_done, true, __ATOMIC_RELAXED))      \
			pr_warn(f, ##__VA_ARGS__);                             \
	})

struct console {
	const char *name; /* as in console=: "ttyAMA" */
	int index;	  /* the number after it */
	/*
	 * Write raw bytes. Called from any context with interrupts off and
	 * the console lock held, also while the kernel panics: must not
	 * sleep or take locks that a crashed CPU may hold.
	 */
	void (*write)(struct console *con, const char *s, size_t len);
	dev_t dev;	  /* of its tty, for /dev/console; 0: none */
	u32 flags;	  /* enum console_flags */
	struct list_head node;
};

enum console_flags {
	CON_BOOT = 1,	   /* earlycon: retires when a real one registers */
	CON_ENABLED = 2,   /* named by console=, or the default */
	CON_PREFERRED = 4, /* the last console=: /dev/console */
};

void console_register(struct console *con);
/* Device number behind /dev/console, 0 if there is none. */
dev_t console_device(void);
/* A copy of the @n-th console in use; false: there are fewer. */
bool console_info(u32 n, struct console *out);

void panic(const char *fmt, ...) __printf(1, 2) __noreturn __cold;
/* Print registers, task and backtrace of a kernel fault (arch helper). */
struct pt_regs;
void dump_stack(void);

#define BUG_ON(cond)                                                           \
	do {                                                                   \
		if (unlikely(cond))                                            \
			panic("BUG at %s:%d: %s", __FILE__, __LINE__, #cond);  \
	} while (0)
void warn_at(const char *file, int line, const char *cond) __cold;
#define WARN_ON(cond)                                                          \
	({                                                                     \
		bool _c = !!(cond);                                            \
		if (unlikely(_c))                                              \
			warn_at(__FILE__, __LINE__, #cond);                    \
		_c;                                                            \
	})
#define WARN_ON_ONCE(cond)                                                     \
	({                                                                     \
		static bool _warned;                                           \
		bool _w = !!(cond);                                            \
		if (unlikely(_w && !_warned)) {                                \
			_warned = true;                                        \
			warn_at(__FILE__, __LINE__, #cond);                    \
		}                                                              \
		_w;                                                            \
	})

/* What the kernel has been through (/proc/sys/kernel/tainted). */
enum taint { TAINT_DIE = 1 << 7, TAINT_WARN = 1 << 9 };
void add_taint(u32 flag);
extern int sysctl_panic_on_oops;

struct kernel_symbol {
	u64 addr;
	const char *name;
	bool global;
};
bool symbol_at(u32 i, struct kernel_symbol *s);

#endif
