/*
 * Running a program: the sandbox, the calls, the watch over it.
 *
 * The fuzzer's own root is a small read-only tree: /proc, /sys, /dev, the
 * program itself as /exe. Each program runs in a process and mount namespace
 * of its own, in a fresh tmpfs at /w. As root it lacks the capabilities to
 * restart the machine and to starve it.
 *
 * A program's process is a session of its own and its descendants come back to
 * the watcher, a subreaper, so that nothing is left behind.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/sched.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "exec.h"

enum {
	USER = 1000, THREADS = 3, CHILD_CALLS = 2, TICK_MS = 10, NUDGE_TICKS = 2,
	STACK_SIZE = 32768, NO_PROCESS = 0x3ffffff,
};

struct shared *shared;
static char stacks[MAX_CLONES][STACK_SIZE] __attribute__((aligned(16)));
static void (*one_call)(int i);
static int nr_calls;

void empty_handler(int sig)
{
	(void)sig;
}

static void die(const char *what)
{
	fprintf(stderr, "FUZZ: %s: %s\n", what, strerror(errno));
	_exit(99);
}

/* --- the sandbox --- */

static void make_node(const char *path, int minor)
{
	if (mknod(path, S_IFCHR | 0666, makedev(1, minor)) || chmod(path, 0666))
		die(path);
}

static void make_dev(void)
{
	make_node("dev/null", 3);
	make_node("dev/zero", 5);
	make_node("dev/full", 7);
	make_node("dev/random", 8);
	make_node("dev/urandom", 9);
	if (mknod("dev/tty", S_IFCHR | 0666, makedev(5, 0)) ||
	    mkdir("dev/pts", 0755) || symlink("pts/ptmx", "dev/ptmx") ||
	    mount("pts", "dev/pts", "devpts", 0, "newinstance,ptmxmode=666"))
		die("dev");
}

static void copy_self(const char *to)
{
	int in = open("/proc/self/exe", O_RDONLY);
	int out = open(to, O_CREAT | O_WRONLY, 0755);
	ssize_t n;

	while ((n = sendfile(out, in, NULL, 1 << 20)) > 0)
		;
	if (n < 0)
		die("exe");
	close(in);
	close(out);
}

void sandbox_prepare(const char *where)
{
	static const char *const dirs[] = {"proc", "sys", "dev", "w"};

	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		die("shared memory");
	umask(0);
	mkdir(where, 0755);
	if (unshare(CLONE_NEWNS) || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount("fuzz", where, "tmpfs", 0, "mode=755") || chdir(where))
		die(where);
	for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++)
		if (mkdir(dirs[i], 0755))
			die(dirs[i]);
	make_dev();
	copy_self("exe");
	if (mount("proc", "proc", "proc", 0, NULL) ||
	    mount("sysfs", "sys", "sysfs", 0, NULL) || chroot(".") ||
	    mount(NULL, "/", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL))
		die("chroot");
	prctl(PR_SET_CHILD_SUBREAPER, 1);
}

static void write_file(const char *path, const char *text, size_t len)
{
	int fd = open(path, O_CREAT | O_WRONLY, 0755);

	if (fd < 0 || write(fd, text, len) != (ssize_t)len || close(fd))
		die(path);
}

static void make_files(void)
{
	static char big[10000];

	write_file("a", "some text\n", 10);
	write_file("b", big, sizeof(big));
	write_file("script", "#!/exe --exit\n", 14);
	if (mkdir("d", 0755) || mkdir("d/e", 0755) || mkdir("mnt", 0755) ||
	    symlink("a", "l") || symlink("..", "d/up") ||
	    symlink("nothing", "dangling") || symlink("loop", "loop") ||
	    mkfifo("fifo", 0666))
		die("files");
	write_file("d/a", "x", 1);
}

static void set_limit(int what, rlim_t n)
{
	struct rlimit r = {n, n};

	setrlimit(what, &r);
}

static void drop_rights(bool user)
{
	static const int never[] = {CAP_SYS_BOOT, CAP_SYS_NICE, CAP_SYS_RESOURCE};
	struct __user_cap_header_struct h = {_LINUX_CAPABILITY_VERSION_3, 0};
	struct __user_cap_data_struct d[2];

	for (size_t i = 0; i < sizeof(never) / sizeof(never[0]); i++)
		prctl(PR_CAPBSET_DROP, never[i], 0, 0, 0);
	if (user) {
		if (setgroups(0, NULL) || setresgid(USER, USER, USER) ||
		    setresuid(USER, USER, USER))
			die("user");
		return;
	}
	syscall(SYS_capget, &h, d);
	for (size_t i = 0; i < sizeof(never) / sizeof(never[0]); i++) {
		d[0].effective &= ~(1u << never[i]);
		d[0].permitted &= ~(1u << never[i]);
		d[0].inheritable &= ~(1u << never[i]);
	}
	if (syscall(SYS_capset, &h, d))
		die("capset");
}

static void make_memory(void)
{
	int rw = PROT_READ | PROT_WRITE;
	int how = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED;

	for (int i = 0; i < MAX_CALLS; i++)
		if (mmap((void *)DATA(i, 0), PAGE, rw, how, -1, 0) == MAP_FAILED)
			die("memory");
	if (mmap((void *)PLAY(0), PLAY_PAGES * PAGE, rw, how, -1, 0) == MAP_FAILED)
		die("playground");
}

void sandbox_enter(bool user)
{
	struct sigaction sa = {.sa_handler = empty_handler};
	sigset_t none;
	int fd;

	setsid();
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (unshare(CLONE_NEWNS | CLONE_NEWUTS) ||
	    mount("w", "/w", "tmpfs", 0, "size=24m,mode=777") || chdir("/w"))
		die("namespace");
	fd = open("/proc/self/oom_score_adj", O_WRONLY);
	if (write(fd, "1000", 4) != 4)
		die("oom_score_adj");
	close(fd);
	set_limit(RLIMIT_NPROC, 100);
	set_limit(RLIMIT_NOFILE, 64);
	set_limit(RLIMIT_FSIZE, 16 << 20);
	set_limit(RLIMIT_AS, 256 << 20);
	set_limit(RLIMIT_MEMLOCK, 1 << 20);
	set_limit(RLIMIT_CORE, 0);
	set_limit(RLIMIT_SIGPENDING, 64);
	drop_rights(user);
	make_files();
	make_memory();
	sigaction(SIGUSR2, &sa, NULL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/* --- calls --- */

static long svc(long nr, const uint64_t a[6])
{
	register uint64_t x0 __asm__("x0") = a[0];
	register uint64_t x1 __asm__("x1") = a[1];
	register uint64_t x2 __asm__("x2") = a[2];
	register uint64_t x3 __asm__("x3") = a[3];
	register uint64_t x4 __asm__("x4") = a[4];
	register uint64_t x5 __asm__("x5") = a[5];
	register long x8 __asm__("x8") = nr;

	__asm__ volatile("svc 0"
			 : "+r"(x0)
			 : "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5), "r"(x8)
			 : "memory");
	return (long)x0;
}

/* Which arguments are processes. */
static unsigned process_args(long nr)
{
	switch (nr) {
	case SYS_kill:
	case SYS_tkill:
	case SYS_rt_sigqueueinfo:
	case SYS_pidfd_open:
	case SYS_process_vm_readv:
	case SYS_process_vm_writev:
	case SYS_prlimit64:
	case SYS_sched_setparam:
	case SYS_sched_setscheduler:
	case SYS_sched_setattr:
	case SYS_sched_setaffinity:
		return 1;
	case SYS_tgkill:
	case SYS_rt_tgsigqueueinfo:
		return 3;
	case SYS_setpriority:
	case SYS_ioprio_set:
		return 2;
	default:
		return 0;
	}
}

/* Itself, or a process that the program has made. */
static bool is_own(uint64_t v)
{
	int pid = (int)v;

	if (!pid || pid == (int)syscall(SYS_getpid) || pid == (int)syscall(SYS_gettid))
		return true;
	for (int i = 0; i < MAX_CLONES; i++)
		if (pid > 0 && shared->spawned[i] == pid)
			return true;
	return false;
}

static bool is_forbidden(long nr, const uint64_t a[6])
{
	switch (nr) {
	case SYS_setpriority: /* of all processes of a user */
	case SYS_ioprio_set:
		return (int)a[0] != 0 && (int)a[0] != 1;
	case SYS_syslog: /* no more messages on the console */
		return (int)a[0] >= 6 && (int)a[0] <= 8;
	case SYS_ioctl: /* the console's output goes elsewhere */
		return (uint32_t)a[1] == 0x541d;
	case SYS_prctl: /* the watcher's way to end it */
		return (int)a[0] == PR_SET_PDEATHSIG;
	default:
		return false;
	}
}

/* What a process made by call @i does. */
static void child_calls(int i)
{
	for (int k = i + 1; k < nr_calls && k <= i + CHILD_CALLS; k++)
		one_call(k);
}

static int vm_child(void *arg)
{
	child_calls((int)(intptr_t)arg);
	syscall(SYS_exit, 0);
	return 0;
}

/* No stack pointer but our own, no other thread pointer. */
static long make_clone(int i, uint32_t slot, const uint64_t a[6])
{
	uint64_t b[6] = {a[0] & ~(uint64_t)CLONE_SETTLS, 0, a[2], 0, a[4], 0};
	long r;

	if (b[0] & CLONE_VM) {
		r = clone(vm_child, stacks[slot] + STACK_SIZE, (int)b[0],
			  (void *)(intptr_t)i, (void *)b[2], NULL, (void *)b[4]);
		return r < 0 ? -errno : r;
	}
	r = svc(SYS_clone, b);
	if (!r) {
		child_calls(i);
		syscall(SYS_exit_group, 0);
	}
	return r;
}

static long make_clone3(int i, const uint64_t a[6])
{
	struct clone_args *args = (struct clone_args *)a[0];
	long r;

	if (a[0] >= DATA(i, 0) && a[0] + sizeof(*args) <= DATA(i, PAGE)) {
		args->flags &= ~(uint64_t)(CLONE_VM | CLONE_SETTLS);
		args->stack = args->stack_size = 0;
	}
	r = svc(SYS_clone3, a);
	if (!r) {
		child_calls(i);
		syscall(SYS_exit_group, 0);
	}
	return r;
}

static long count_clone(int i, long nr, const uint64_t a[6])
{
	uint32_t slot = __atomic_fetch_add(&shared->clones, 1, __ATOMIC_RELAXED);
	long r;

	if (slot >= MAX_CLONES)
		return -EAGAIN;
	r = nr == SYS_clone ? make_clone(i, slot, a) : make_clone3(i, a);
	if (r > 0)
		shared->spawned[slot] = (int32_t)r;
	return r;
}

long make_call_raw(int i, long nr, const uint64_t args[6])
{
	uint64_t a[6];

	memcpy(a, args, sizeof(a));
	for (unsigned m = process_args(nr), k = 0; m; m >>= 1, k++)
		if (m & 1 && !is_own(a[k]))
			a[k] = NO_PROCESS;
	if (is_forbidden(nr, a))
		return -EPERM;
	if (nr == SYS_clone || nr == SYS_clone3)
		return count_clone(i, nr, a);
	return svc(nr, a);
}

/* --- programs --- */

static volatile int threads_done;

static void *race_thread(void *arg)
{
	int first = (int)(intptr_t)arg * nr_calls / THREADS;

	for (int k = 0; k < nr_calls; k++)
		one_call((first + k) % nr_calls);
	__atomic_fetch_add(&threads_done, 1, __ATOMIC_RELEASE);
	return NULL;
}

/* Not pthread_join(): the program may have done anything to the threads. */
static void run_race(void)
{
	static const struct timespec tick = {.tv_nsec = 1000000};
	int started = 0;
	pthread_t t;

	for (intptr_t i = 0; i < THREADS; i++)
		started += !pthread_create(&t, NULL, race_thread, (void *)i);
	while (__atomic_load_n(&threads_done, __ATOMIC_ACQUIRE) < started)
		nanosleep(&tick, NULL);
}

void run_program(int n, bool race, void (*one)(int i))
{
	nr_calls = n;
	one_call = one;
	for (int i = 0; i < n; i++)
		one(i);
	if (race)
		run_race();
}

/* --- the watch --- */

static bool wait_tick(void)
{
	static const struct timespec tick = {.tv_nsec = TICK_MS * 1000000};
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	return sigtimedwait(&set, NULL, &tick) == SIGCHLD;
}

static int parent_of(const char *pid)
{
	char path[300], text[512], *p;
	int fd, n, ppid = 0;

	snprintf(path, sizeof(path), "/proc/%s/stat", pid);
	fd = open(path, O_RDONLY);
	n = fd < 0 ? 0 : (int)read(fd, text, sizeof(text) - 1);
	close(fd);
	text[n > 0 ? n : 0] = '\0';
	p = strrchr(text, ')');
	if (p)
		sscanf(p + 1, " %*c %d", &ppid);
	return ppid;
}

static void kill_children(void)
{
	DIR *d = opendir("/proc");
	struct dirent *e;

	while (d && (e = readdir(d)))
		if (e->d_name[0] >= '1' && e->d_name[0] <= '9' &&
		    parent_of(e->d_name) == getpid())
			kill(atoi(e->d_name), SIGKILL);
	if (d)
		closedir(d);
}

static void show_stuck(void)
{
	DIR *d = opendir("/proc");
	struct dirent *e;

	while (d && (e = readdir(d))) {
		char path[300], text[512];
		int fd, n;

		if (e->d_name[0] < '1' || e->d_name[0] > '9' ||
		    parent_of(e->d_name) != getpid())
			continue;
		snprintf(path, sizeof(path), "/proc/%s/wchan", e->d_name);
		fd = open(path, O_RDONLY);
		n = (int)read(fd, text, sizeof(text));
		close(fd);
		printf("FUZZ: %s sleeps in %.*s\n", e->d_name, n > 0 ? n : 0, text);
	}
	fflush(stdout);
}

/* Everything that came to us ends. False: something does not. */
static bool end_rest(void)
{
	for (int tries = 0; tries < 3000; tries++) {
		int r = waitpid(-1, NULL, WNOHANG | __WALL);

		if (r < 0)
			return true;
		if (r > 0)
			continue;
		if (tries % 16 == 0)
			kill_children();
		wait_tick();
	}
	show_stuck();
	return false;
}

int watch_program(int pid, int limit_ms)
{
	uint32_t progress = 0;
	int status, quiet = 0;

	for (int ms = 0;; ms += TICK_MS) {
		int r = waitpid(pid, &status, WNOHANG | __WALL);

		if (r == pid)
			break;
		if (ms > limit_ms) {
			kill(pid, SIGKILL);
			if (ms > limit_ms + 30000) {
				show_stuck();
				return -1;
			}
		}
		quiet = progress == shared->progress ? quiet + 1 : 0;
		progress = shared->progress;
		if (quiet >= NUDGE_TICKS && shared->tid) {
			syscall(SYS_tgkill, pid, shared->tid, SIGUSR2);
			kill(pid, SIGUSR2);
		}
		wait_tick();
	}
	return end_rest() ? status : -1;
}
