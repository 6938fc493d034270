/*
 * init: a tiny freestanding PID 1 for the benchmark initramfs.
 *
 * First of all it reads CNTVCT_EL0 and prints how much guest time has passed
 * since reset; then it mounts proc, dev and tmp, prints memory figures, runs
 * /bin/ubench and powers off. Keys on the kernel command line (or, without
 * /proc, in the environment):
 *	bmode=bench|boot|shell	benchmarks, nothing more, or a shell's memory
 *	bench=, bskip=, bafter=	for ubench: --only, --skip, --after
 *	bicount=1		for ubench: --icount
 */
typedef unsigned long u64;
typedef long s64;

enum {
	AT_FDCWD = -100,
	TIOCSCTTY = 0x540E,
	SIGILL = 4,
	SIGKILL = 9,
	SIGCHLD = 17,
	EINTR = 4,
};

enum {
	NR_dup3 = 24,
	NR_ioctl = 29,
	NR_mkdirat = 34,
	NR_mount = 40,
	NR_openat = 56,
	NR_close = 57,
	NR_read = 63,
	NR_write = 64,
	NR_sync = 81,
	NR_exit = 93,
	NR_nanosleep = 101,
	NR_kill = 129,
	NR_rt_sigaction = 134,
	NR_reboot = 142,
	NR_setsid = 157,
	NR_sysinfo = 179,
	NR_clone = 220,
	NR_execve = 221,
	NR_wait4 = 260,
};

static inline s64 syscall6(s64 nr, s64 a, s64 b, s64 c, s64 d, s64 e)
{
	register s64 x8 __asm__("x8") = nr;
	register s64 x0 __asm__("x0") = a;
	register s64 x1 __asm__("x1") = b;
	register s64 x2 __asm__("x2") = c;
	register s64 x3 __asm__("x3") = d;
	register s64 x4 __asm__("x4") = e;

	__asm__ volatile("svc 0"
			 : "+r"(x0)
			 : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4)
			 : "memory", "cc");
	return x0;
}
#define SC(n, ...) SC_(n, ##__VA_ARGS__, 0, 0, 0, 0, 0)
#define SC_(n, a, b, c, d, e, ...)                                             \
	syscall6(n, (s64)(a), (s64)(b), (s64)(c), (s64)(d), (s64)(e))

/* --- strings; the compiler may call these two --- */

void *memset(void *d, int c, u64 n)
{
	for (char *p = d; n--;)
		*p++ = (char)c;
	return d;
}

void *memcpy(void *d, const void *s, u64 n)
{
	const char *q = s;

	for (char *p = d; n--;)
		*p++ = *q++;
	return d;
}

static u64 length(const char *s)
{
	u64 n = 0;

	while (s[n])
		n++;
	return n;
}

static int begins(const char *s, const char *prefix)
{
	while (*prefix)
		if (*s++ != *prefix++)
			return 0;
	return 1;
}

/* --- output: collected, then written in one go --- */

static char out_buf[512];
static u64 out_len;

static void put_str(const char *s)
{
	while (*s && out_len < sizeof(out_buf))
		out_buf[out_len++] = *s++;
}

static void put_num(s64 v)
{
	char t[24];
	int i = sizeof(t);
	u64 u = v < 0 ? -(u64)v : (u64)v;

	t[--i] = 0;
	do
		t[--i] = (char)('0' + u % 10);
	while (u /= 10);
	if (v < 0)
		t[--i] = '-';
	put_str(t + i);
}

static s64 flush(void)
{
	u64 done = 0;
	s64 r = 0;

	while (done < out_len &&
	       (r = SC(NR_write, 1, out_buf + done, out_len - done)) > 0)
		done += (u64)r;
	out_len = 0;
	return r;
}

static void note(const char *what, s64 r)
{
	put_str("NOTE ");
	put_str(what);
	put_str(" ");
	put_num(r);
	put_str("\n");
	flush();
}

/* --- the counter, guarded against SIGILL: the handler steps over the mrs --- */

struct kernel_sigaction {
	void *handler;
	u64 flags;
	void *restorer;
	u64 mask;
};

enum {
	SA_FLAGS = 0x04000004,	/* SA_RESTORER | SA_SIGINFO */
	UC_PC = 176 + 8 + 32 * 8, /* ucontext: pc in uc_mcontext */
};

static volatile int counter_traps;

extern void sigreturn_stub(void);
__asm__(".global sigreturn_stub\n"
	"sigreturn_stub: mov x8, #139\n\tsvc 0\n"
	".global _start\n"
	"_start: mov x29, #0\n\tmov x0, sp\n\tb start_c\n");

static void on_sigill(int sig, void *info, char *uc)
{
	(void)sig;
	(void)info;
	*(u64 *)(uc + UC_PC) += 4;
	counter_traps = 1;
}

static void print_boot(u64 count, u64 freq, const char *why)
{
	put_str("BOOT cntvct_us=");
	if (freq)
		put_num((s64)(count * 1000000 / freq));
	else
		put_str("unavailable");
	put_str(" cntfrq=");
	put_num((s64)freq);
	put_str(why);
}

static void read_counter(u64 *count, u64 *freq)
{
	static struct kernel_sigaction sa = {.flags = SA_FLAGS}, old;

	*freq = 0;
	sa.handler = (void *)on_sigill;
	sa.restorer = (void *)sigreturn_stub;
	SC(NR_rt_sigaction, SIGILL, &sa, &old, 8);
	__asm__ volatile("isb\n\tmrs %0, cntvct_el0" : "=r"(*count)::"memory");
	if (!counter_traps)
		__asm__ volatile("mrs %0, cntfrq_el0" : "=r"(*freq)::"memory");
	SC(NR_rt_sigaction, SIGILL, &old, 0, 8);
}

/* --- the command line --- */

static char cmdline[2048];
static char **env;

static s64 slurp(const char *path, char *buf, u64 size)
{
	s64 fd = SC(NR_openat, AT_FDCWD, path, 0), r;
	u64 n = 0;

	buf[0] = 0;
	if (fd < 0)
		return fd;
	while (n < size - 1 && (r = SC(NR_read, fd, buf + n, size - 1 - n)) > 0)
		n += (u64)r;
	buf[n] = 0;
	SC(NR_close, fd);
	return (s64)n;
}

static int is_blank(char c)
{
	return c == ' ' || c == '\n';
}

/* Value of key= on the command line, else in the environment, else NULL. */
static char *option(const char *key, char *buf, u64 size)
{
	u64 k = length(key), n = 0;

	for (char *p = cmdline; *p;) {
		while (is_blank(*p))
			p++;
		if (begins(p, key) && p[k] == '=') {
			for (p += k + 1; *p && !is_blank(*p) && n < size - 1;)
				buf[n++] = *p++;
			buf[n] = 0;
			return buf;
		}
		while (*p && !is_blank(*p))
			p++;
	}
	for (char **e = env; e && *e; e++)
		if (begins(*e, key) && (*e)[k] == '=')
			return *e + k + 1;
	return 0;
}

/* --- memory figures --- */

static char meminfo[4096];

static s64 meminfo_kib(const char *key)
{
	u64 k = length(key);
	s64 v = 0;

	for (char *p = meminfo; *p; p++) {
		if ((p != meminfo && p[-1] != '\n') || !begins(p, key) ||
		    p[k] != ':')
			continue;
		for (p += k + 1; *p == ' '; p++)
			;
		while (*p >= '0' && *p <= '9')
			v = v * 10 + *p++ - '0';
		return v;
	}
	return -1;
}

static void print_memory(const char *when)
{
	static const char *const keys[] = {"MemTotal", "MemFree", "MemAvailable",
					   "Cached", "Slab"};

	put_str("MEM ");
	put_str(when);
	if (slurp("/proc/meminfo", meminfo, sizeof(meminfo)) > 0) {
		for (u64 i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
			put_str(" ");
			put_str(keys[i]);
			put_str("=");
			put_num(meminfo_kib(keys[i]));
		}
	} else {
		put_str(" unavailable");
	}
	put_str("\n");
	flush();
}

/* --- what init does --- */

static void sleep_ms(s64 ms)
{
	s64 ts[2] = {ms / 1000, ms % 1000 * 1000000};

	SC(NR_nanosleep, ts, 0);
}

static void __attribute__((noreturn)) finish(void)
{
	put_str("BENCH_DONE\n");
	flush();
	SC(NR_sync);
	SC(NR_reboot, 0xfee1dead, 672274793, 0x4321fedc);
	note("reboot-failed", 0);
	for (;;)
		sleep_ms(1000);
}

/* A kernel that could not open a console for us. */
static void open_console(void)
{
	s64 fd;

	SC(NR_mkdirat, AT_FDCWD, "/dev", 0755);
	SC(NR_mount, "devtmpfs", "/dev", "devtmpfs", 0, 0);
	fd = SC(NR_openat, AT_FDCWD, "/dev/console", 2);
	for (s64 i = 0; fd >= 0 && i < 3; i++)
		if (i != fd)
			SC(NR_dup3, fd, i, 0);
}

static void mount_one(const char *type, const char *dir, s64 mode)
{
	s64 r;

	SC(NR_mkdirat, AT_FDCWD, dir, mode);
	r = SC(NR_mount, type, dir, type, 0, 0);
	if (r < 0)
		note(dir, r);
}

/* Memory in use while an interactive shell waits for a line. */
static void __attribute__((noreturn)) measure_shell(void)
{
	static char *argv[] = {"sh", "-i", 0};
	static char *envp[] = {"PS1=PROMPT# ", "PATH=/bin", 0};
	s64 pid = SC(NR_clone, SIGCHLD);

	if (pid == 0) {
		SC(NR_setsid);
		SC(NR_ioctl, 0, TIOCSCTTY, 1);
		SC(NR_execve, "/bin/sh", argv, envp);
		note("no-shell", 0);
		SC(NR_exit, 1);
	}
	sleep_ms(500);
	put_str("\n");
	print_memory("shell");
	SC(NR_kill, pid, SIGKILL);
	finish();
}

static char **bench_argv(void)
{
	static const struct {
		const char *key;
		char *word;
	} keys[] = {{"bench", "--only"}, {"bskip", "--skip"}, {"bafter", "--after"}};
	static char buf[3][1024], flag[8];
	static char *argv[12] = {"/bin/ubench"};
	int n = 1;
	char *v;

	v = option("bicount", flag, sizeof(flag));
	if (v && *v == '1')
		argv[n++] = "--icount";
	for (int i = 0; i < 3; i++) {
		v = option(keys[i].key, buf[i], sizeof(buf[i]));
		if (!v)
			continue;
		argv[n++] = keys[i].word;
		argv[n++] = v;
	}
	argv[n] = 0;
	return argv;
}

static void run_bench(void)
{
	static char *envp[] = {"PATH=/bin", 0};
	char **argv = bench_argv();
	s64 pid = SC(NR_clone, SIGCHLD), r, status = 0;

	if (pid < 0)
		note("fork", pid);
	if (pid <= 0) {
		note("exec-ubench", SC(NR_execve, "/bin/ubench", argv, envp));
		if (pid < 0)
			finish();
		SC(NR_exit, 127);
	}
	do
		r = SC(NR_wait4, -1, &status, 0, 0);
	while (r >= 0 ? r != pid : r == -EINTR);
	put_str("UBENCH_STATUS ");
	put_num(status & 0xffff);
	put_str("\n");
	flush();
}

void start_c(u64 *sp);
void start_c(u64 *sp)
{
	static char buf[64];
	u64 count, freq;
	char *mode;

	read_counter(&count, &freq);
	env = (char **)(sp + 1 + sp[0] + 1);
	print_boot(count, freq, "\n");
	if (flush() <= 0) {
		open_console();
		print_boot(count, freq, " late-console\n");
		flush();
	}
	SC(NR_mkdirat, AT_FDCWD, "/mnt", 0755);
	mount_one("proc", "/proc", 0755);
	mount_one("devtmpfs", "/dev", 0755);
	mount_one("tmpfs", "/tmp", 0777);
	slurp("/proc/cmdline", cmdline, sizeof(cmdline));
	print_memory("init");
	mode = option("bmode", buf, sizeof(buf));
	if (mode && begins(mode, "boot"))
		finish();
	if (mode && begins(mode, "shell"))
		measure_shell();
	run_bench();
	print_memory("end");
	finish();
}
