/* What rights must not leak through: exec, what was open before it, leftovers. */
#include "rights.h"

#include <stddef.h>

#include <dirent.h>
#include <elf.h>
#include <linux/sched.h>
#include <pthread.h>
#include <sched.h>
#include <sys/auxv.h>
#include <sys/ioctl.h>
#include <sys/klog.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/uio.h>
#include <sys/xattr.h>
#include <linux/securebits.h>

/* Says that it runs, and stays. */
HELPER(stay)
{
	dprintf(1, "x");
	pause();
	return 0;
}

/* --- what was open before a set-id program came --- */

/* "./PATH @stay" by a process of the caller's, once it was looked at by @before. */
static pid_t becomes(const char *path, void (*before)(pid_t pid))
{
	struct abi_gate go;
	int fds[2];
	char c;
	pid_t pid;

	gate_init(&go);
	NEED(pipe(fds) == 0);
	CHILD(pid) {
		gate_wait(&go);
		dup2(fds[1], 1);
		execve(path, (char *[]){ "@stay", NULL }, (char *[]){ NULL });
	}
	before(pid);
	gate_open(&go);
	NEED(read(fds[0], &c, 1) == 1);
	close(fds[0]);
	close(fds[1]);
	return pid;
}

static const char *const kept_names[] = {
	"io", "personality", "wchan", "stat", "environ", "auxv", "maps", "smaps",
	"mem", "cmdline", "comm", "oom_score_adj", "timerslack_ns", "status",
	"limits", "schedstat",
};
static int kept[ARRAY_SIZE(kept_names)];

static void keep_open(pid_t pid)
{
	char path[64];

	for (size_t i = 0; i < ARRAY_SIZE(kept); i++) {
		snprintf(path, sizeof(path), "/proc/%d/%s", pid, kept_names[i]);
		kept[i] = (int)OK(open(path, O_RDONLY));
	}
}

/* Errno, or 0. */
static int read_kept(const char *name, char *text, size_t size)
{
	for (size_t i = 0; i < ARRAY_SIZE(kept); i++) {
		long n;

		if (strcmp(kept_names[i], name))
			continue;
		n = pread(kept[i], text, size - 1, 0);
		text[n > 0 ? n : 0] = '\0';
		return n < 0 ? errno : 0;
	}
	return -1;
}

CASE("files of /proc/PID that were open before a set-id program came")
{
	char text[4096];

	programs();
	AS(60, 0) {
		pid_t pid = becomes("./setuid", keep_open);
		char *f;

		EQ(read_kept("io", text, sizeof(text)), EACCES);
		EQ(read_kept("personality", text, sizeof(text)), EPERM);
		EQ(read_kept("timerslack_ns", text, sizeof(text)), EPERM);
		EQ(read_kept("wchan", text, sizeof(text)), 0);
		STR(text, "0");
		EQ(read_kept("environ", text, sizeof(text)), 0);
		STR(text, "");
		EQ(read_kept("maps", text, sizeof(text)), 0);
		STR(text, "");
		EQ(read_kept("status", text, sizeof(text)), 0);
		CHECK(strstr(text, "50") != NULL);
		EQ(read_kept("stat", text, sizeof(text)), 0);
		/* From start_code on: no addresses. */
		f = strrchr(text, ')');
		NEED(f);
		for (int i = 2; i < 26 && f; i++)
			f = strchr(f + 1, ' ');
		NEED(f);
		EQ(atol(f + 1), 1);
		kill(pid, SIGKILL);
	}
	AS(60, 0) {
		becomes("./plain", keep_open);
		EQ(read_kept("io", text, sizeof(text)), 0);
		EQ(read_kept("personality", text, sizeof(text)), 0);
	}
}

CASE("its own descriptors a process finds, dumpable or not")
{
	char path[64];
	pid_t other;

	abi_touch("f", 0644);
	AS(60, 0) {
		int fd = (int)OK(open("/dev/null", O_RDWR));

		OK(prctl(PR_SET_DUMPABLE, 0));
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		OK(open(path, O_RDWR));
		OK(open(path, O_PATH));
		OK(open("/proc/self/fd", O_RDONLY));
		OK(readlink(path, (char[8]){ 0 }, 8));
		OK(open("/proc/self/fdinfo", O_RDONLY));
		snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
		OK(open(path, O_RDONLY));
		ERR(open("/proc/self/environ", O_RDONLY), EACCES);
		snprintf(path, sizeof(path), "/proc/%d/fd", getpid());
		CHILD(other) {
			OK(prctl(PR_SET_DUMPABLE, 1));
			ERR(open(path, O_RDONLY), EACCES);
			strcat(path, "info");
			ERR(open(path, O_RDONLY), EACCES);
			ERR(access(path, X_OK), EACCES);
			strcat(path, "/0");
			ERR(open(path, O_RDONLY), EACCES);
		}
		EQ(abi_exit_code(other), 0);
	}
}

/* --- the exit signal --- */

/* Its child, which the program before it made, ends; then 0. */
HELPER(outlive)
{
	dprintf(1, "x");
	return waitpid(-1, NULL, __WALL) > 0 ? 0 : 1;
}

static int outlived(int signo)
{
	struct abi_gate go;
	int fds[2];
	pid_t pid;
	char c;

	gate_init(&go);
	NEED(pipe(fds) == 0);
	CHILD(pid) {
		if (syscall(SYS_clone, signo, 0, 0, 0, 0) == 0) {
			gate_wait(&go);
			_exit(0);
		}
		dup2(fds[1], 1);
		execve("/proc/self/exe", (char *[]){ "@outlive", NULL },
		       (char *[]){ NULL });
	}
	NEED(read(fds[0], &c, 1) == 1);
	gate_open(&go);
	return abi_exit_code(pid);
}

CASE("a child's exit signal is SIGCHLD once the parent executed a program")
{
	pid_t pid;

	EQ(outlived(SIGCHLD), 0);
	EQ(outlived(SIGUSR1), 0);
	EQ(outlived(SIGKILL), 0);
	/* Without that it is what was asked for. */
	CHILD(pid) {
		if (syscall(SYS_clone, SIGUSR1, 0, 0, 0, 0) == 0)
			_exit(0);
		waitpid(-1, NULL, __WALL);
		pause();
	}
	EQ(abi_exit_code(pid), 1000 + SIGUSR1);
}

/* --- set-id bits of what is changed --- */

static mode_t mode_of(const char *path)
{
	struct stat st;

	return stat(path, &st) ? 0 : st.st_mode & 07777;
}

static void by_truncate(const char *p) { OK(truncate(p, 1)); }
static void by_open(const char *p) { OK(open(p, O_RDONLY | O_TRUNC)); }
static void by_creat(const char *p) { OK(open(p, O_WRONLY | O_TRUNC)); }

static void by_ftruncate(const char *p)
{
	OK(ftruncate(open(p, O_RDWR), 2));
}

static void by_write(const char *p)
{
	OK(write(open(p, O_RDWR), "x", 1));
}

static void by_sendfile(const char *p)
{
	EQ(sendfile(open(p, O_RDWR), open("/proc/self/exe", O_RDONLY), NULL, 8), 8);
}

static void by_copy_range(const char *p)
{
	EQ(copy_file_range(open("plain", O_RDONLY), NULL, open(p, O_RDWR), NULL,
			   8, 0), 8);
}

static void by_splice(const char *p)
{
	int fds[2];

	NEED(pipe(fds) == 0);
	NEED(write(fds[1], "abc", 3) == 3);
	EQ(splice(fds[0], NULL, open(p, O_RDWR), NULL, 3, 0), 3);
}

static void by_pwritev(const char *p)
{
	struct iovec v = { "abc", 3 };

	EQ(pwritev(open(p, O_RDWR), &v, 1, 0), 3);
}

CASE("each way to change a file takes its set-id bits")
{
	static void (*const ways[])(const char *p) = {
		by_truncate, by_open, by_creat, by_ftruncate, by_write,
		by_sendfile, by_copy_range, by_splice, by_pwritev,
	};

	programs();
	for (size_t i = 0; i < ARRAY_SIZE(ways); i++) {
		abi_touch("f", 0666);
		OK(chown("f", 70, 71));
		OK(chmod("f", 06777));
		AS(60, 0) ways[i]("f");
		if (mode_of("f") != 0777)
			FAIL("way %zu: mode %o", i, mode_of("f"));
		/* Not for CAP_FSETID. */
		OK(chmod("f", 06777));
		AS(60, CAP(CAP_FSETID)) ways[i]("f");
		if (mode_of("f") != 06777)
			FAIL("way %zu with CAP_FSETID: mode %o", i, mode_of("f"));
		/* Without execution it goes if the writer is not in the group. */
		OK(chmod("f", 02666));
		AS(60, 0) ways[i]("f");
		if (mode_of("f") != 0666)
			FAIL("way %zu, no execution: mode %o", i, mode_of("f"));
		OK(chmod("f", 02666));
		AS(71, 0) ways[i]("f");
		if (mode_of("f") != 02666)
			FAIL("way %zu in the group: mode %o", i, mode_of("f"));
		OK(unlink("f"));
	}
}

CASE("what takes the capabilities of a file")
{
	struct vfs_cap_data caps = {
		.magic_etc = VFS_CAP_REVISION_2,
		.data = { { .permitted = 1 } },
	};

	programs();
	abi_touch("f", 0666);
	OK(setxattr("f", "security.capability", &caps, sizeof(caps), 0));
	AS(60, 0) by_open("f");
	ERR(getxattr("f", "security.capability", NULL, 0), ENODATA);
	OK(setxattr("f", "security.capability", &caps, sizeof(caps), 0));
	AS(60, ALL) by_open("f");
	ERR(getxattr("f", "security.capability", NULL, 0), ENODATA);
}

/* --- exec --- */

CASE("only a regular file is executed, and nothing else opened for it")
{
	char *const argv[] = { "x", NULL };

	programs();
	OK(mkfifo("fifo", 0777));
	ERR(execve("fifo", argv, argv), EACCES);	/* does not wait */
	OK(mknod("null", S_IFCHR | 0777, 0x103));
	ERR(execve("null", argv, argv), EACCES);
	OK(mknod("none", S_IFCHR | 0777, 0xfe01));
	ERR(execve("none", argv, argv), EACCES);
	ERR(execve(".", argv, argv), EACCES);
	ERR(syscall(SYS_execveat, open("fifo", O_PATH), "", argv, argv,
		    AT_EMPTY_PATH), EACCES);
}

HELPER(stack)
{
	struct rlimit r;

	getrlimit(RLIMIT_STACK, &r);
	printf("%d %d", (int)(r.rlim_cur >> 20), (int)(r.rlim_max >> 20));
	fflush(stdout);
	return 0;
}

CASE("a set-id program's stack limit is the usual one")
{
	programs();
	abi_limit(RLIMIT_STACK, 64 << 20, 128 << 20);
	AS(60, 0) {
		STR(said_by("./plain", "@stack"), "64 128");
		STR(said_by("./setuid", "@stack"), "8 128");
		abi_limit(RLIMIT_STACK, 4 << 20, 128 << 20);
		STR(said_by("./setuid", "@stack"), "4 128");
		OK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
		abi_limit(RLIMIT_STACK, 64 << 20, 128 << 20);
		STR(said_by("./setuid", "@stack"), "64 128");
	}
}

HELPER(caps)
{
	char *status = abi_read("/proc/self/status");

	printf("%s ", abi_field(status, "CapPrm"));
	printf("%s %d %lu", abi_field(status, "CapAmb"), geteuid(),
	       getauxval(AT_SECURE));
	fflush(stdout);
	return 0;
}

/* CAP_NET_RAW also ambient. */
static void raise_ambient(void)
{
	struct __user_cap_header_struct h = { _LINUX_CAPABILITY_VERSION_3, 0 };
	uint32_t raw = 1U << CAP_NET_RAW;
	struct __user_cap_data_struct d[2] = { { raw, raw, raw } };

	OK(syscall(SYS_capset, &h, d));
	OK(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_NET_RAW, 0, 0));
}

CASE("rights of a script are its interpreter's")
{
	struct vfs_cap_data caps = {
		.magic_etc = VFS_CAP_REVISION_2 | VFS_CAP_FLAGS_EFFECTIVE,
		.data = { { .permitted = 1U << CAP_SYS_TIME } },
	};

	programs();
	copy_self("@caps", 0755, 0);
	abi_touch("script", 0755);
	abi_write("script", "#!@caps\n");
	OK(chown("script", 50, 50));
	OK(chmod("script", 06755));
	AS(60, CAP(CAP_NET_RAW)) {
		raise_ambient();
		STR(said_by("./@caps", "@caps"),
		    "0000000000002000 0000000000002000 60 0");
		STR(said_by("./script", "x"),
		    "0000000000002000 0000000000002000 60 0");
	}
	OK(setxattr("script", "security.capability", &caps, sizeof(caps), 0));
	AS(60, CAP(CAP_NET_RAW)) {
		raise_ambient();
		STR(said_by("./script", "x"),
		    "0000000000002000 0000000000002000 60 0");
	}
	/* More than the bounding set allows: no matter, for a script. */
	AS(60, CAP(CAP_NET_RAW) | CAP(CAP_SETPCAP)) {
		OK(prctl(PR_CAPBSET_DROP, CAP_SYS_TIME));
		raise_ambient();
		STR(said_by("./script", "x"),
		    "0000000000002000 0000000000002000 60 0");
	}
}

HELPER(one)
{
	return 1;
}

CASE("too many processes of a user: exec fails after the change of ids")
{
	struct abi_gate go;
	pid_t pid, busy;

	programs();
	gate_init(&go);
	CHILD(busy) {
		be(60, 0);
		pause();
	}
	abi_wait_state(busy, 'S');
	CHILD(pid) {
		abi_limit(RLIMIT_NPROC, 0, 50);
		OK(syscall(SYS_setresuid, 60, 60, 60));
		execve("./plain", (char *[]){ "@caps", NULL }, (char *[]){ NULL });
		EQ(errno, EAGAIN);
		ERR(fork(), EAGAIN);
		/* There is room: it is not held against the process later. */
		abi_limit(RLIMIT_NPROC, 50, 50);
		CHECK(*said_by("./plain", "@caps") == '0');
		abi_limit(RLIMIT_NPROC, 1, 50);
		execve("./plain", (char *[]){ "@one", NULL },
		       (char *[]){ NULL });
	}
	EQ(abi_exit_code(pid), 1);
	/* One who was that user before is not asked. */
	CHILD(pid) {
		be(60, 0);
		abi_limit(RLIMIT_NPROC, 1, 50);
		execve("./plain", (char *[]){ "@one", NULL },
		       (char *[]){ NULL });
	}
	EQ(abi_exit_code(pid), 1);
	kill(busy, SIGKILL);
}

/* --- odds and ends --- */

CASE("reset-on-fork cannot be taken back")
{
	struct sched_param p = { 0 };
	struct {
		uint32_t size, policy;
		uint64_t flags;
		int32_t nice;
		uint32_t prio;
		uint64_t runtime, deadline, period;
	} a = { .size = 48 };

	AS(60, 0) {
		OK(syscall(SYS_sched_setscheduler, 0,
			   SCHED_OTHER | SCHED_RESET_ON_FORK, &p));
		ERR(syscall(SYS_sched_setscheduler, 0, SCHED_OTHER, &p), EPERM);
		ERR(syscall(SYS_sched_setattr, 0, &a, 0), EPERM);
		OK(syscall(SYS_sched_setscheduler, 0,
			   SCHED_BATCH | SCHED_RESET_ON_FORK, &p));
		OK(syscall(SYS_sched_setparam, 0, &p));
		a.flags = 1;
		OK(syscall(SYS_sched_setattr, 0, &a, 0));
		if (fork() == 0) {
			OK(syscall(SYS_sched_setscheduler, 0, SCHED_OTHER, &p));
			_exit(0);
		}
		wait(NULL);
	}
	AS(60, CAP(CAP_SYS_NICE)) {
		OK(syscall(SYS_sched_setscheduler, 0,
			   SCHED_OTHER | SCHED_RESET_ON_FORK, &p));
		OK(syscall(SYS_sched_setscheduler, 0, SCHED_OTHER, &p));
	}
}

CASE("capset forgets capabilities that there are not")
{
	struct __user_cap_header_struct h = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct d[2] = { { ~0U, ~0U, ~0U },
					       { ~0U, ~0U, ~0U } };

	OK(syscall(SYS_capset, &h, d));
	OK(syscall(SYS_capget, &h, d));
	EQ(d[0].permitted, ~0U);
	EQ(d[1].permitted, 0x1ff);
	EQ(d[1].effective, 0x1ff);
	EQ(d[1].inheritable, 0x1ff);
}

CASE("access() by the real user: with which capabilities")
{
	struct __user_cap_header_struct h = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct d[2];

	programs();
	abi_touch("secret", 0);
	OK(chown("secret", 50, 50));
	AS(0, ALL) {		/* root: what is permitted */
		OK(syscall(SYS_capget, &h, d));
		d[0].effective = d[1].effective = 0;
		OK(syscall(SYS_capset, &h, d));
		ERR(open("secret", O_RDONLY), EACCES);
		OK(access("secret", R_OK));
		ERR(syscall(SYS_faccessat2, AT_FDCWD, "secret", R_OK, AT_EACCESS),
		    EACCES);
	}
	AS(60, ALL)		/* others: none */
		ERR(access("secret", R_OK), EACCES);
	AS(0, ALL) {		/* unless ids and capabilities are apart */
		OK(prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP));
		be(60, ALL);
		OK(access("secret", R_OK));
	}
}

CASE("a length that is none, of the other process's memory")
{
	char c;
	struct iovec l = { &c, 1 }, r = { &c, (size_t)-1 };

	ERR(process_vm_readv(getpid(), &l, 1, &r, 1, 0), EINVAL);
	r.iov_len = (size_t)1 << 63;
	ERR(process_vm_writev(getpid(), &l, 1, &r, 1, 0), EINVAL);
	r = (struct iovec){ KERNEL_PTR, 1 };
	ERR(process_vm_readv(getpid(), &l, 1, &r, 1, 0), EFAULT);
	r = (struct iovec){ (void *)-1UL, 1 };
	ERR(process_vm_readv(getpid(), &l, 1, &r, 1, 0), EFAULT);
}

/* --- a program that changes rights, in the middle of a look at it --- */

static volatile uid_t runs_as = 60;

HELPER(brief)
{
	runs_as = geteuid();
	return 0;
}

CASE_LIMIT("nobody gets hold of a set-id program's memory while it starts", 60)
{
	programs();
	AS(60, 0) {
		long seen = 0, looks = 0;

		for (int i = 0; i < 300; i++) {
			pid_t pid = fork();

			if (!pid) {
				execve("./setuid", (char *[]){ "@brief", NULL },
				       (char *[]){ NULL });
				_exit(127);
			}
			do {
				uid_t got = 60;
				struct iovec l = { &got, sizeof(got) };
				struct iovec r = { (void *)&runs_as, sizeof(got) };

				looks += process_vm_readv(pid, &l, 1, &r, 1, 0) > 0;
				seen += got != 60;
			} while (waitpid(pid, NULL, WNOHANG) == 0);
		}
		CHECK(looks > 0);
		EQ(seen, 0);
	}
}

/* --- memory that is not for everybody --- */

CASE("nothing of old pages in what a failed write leaves")
{
	char *map = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *dirty, page[PAGE];
	int fd;

	NEED(map != MAP_FAILED && munmap(map + PAGE, PAGE) == 0);
	memset(map, 'x', PAGE);
	for (int round = 0; round < 20; round++) {
		/* Pages with something in them go back to the kernel. */
		dirty = mmap(NULL, 64 * PAGE, PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		NEED(dirty != MAP_FAILED);
		memset(dirty, 0xa5, 64 * PAGE);
		munmap(dirty, 64 * PAGE);
		fd = open("f", O_RDWR | O_CREAT | O_TRUNC, 0600);
		NEED(fd >= 0);
		write(fd, map + PAGE - 100, 3000);	/* 100 bytes, then a hole */
		pwrite(fd, map + PAGE, 100, 2 * PAGE);	/* nothing */
		pwrite(fd, map, 10, 3 * PAGE + 50);
		OK(ftruncate(fd, 4 * PAGE));
		for (int i = 0; i < 4; i++) {
			NEED(pread(fd, page, PAGE, i * PAGE) == PAGE);
			for (size_t k = 0; k < PAGE; k++)
				if (page[k] && page[k] != 'x') {
					FAIL("page %d byte %zu: %x", i, k, page[k]);
					_exit(0);
				}
		}
		close(fd);
	}
}

CASE("what is spliced into a pipe is not written to there")
{
	int fds[2], file;
	char buf[PAGE];
	loff_t off = 0;

	abi_write("f", "secret text");
	file = (int)OK(open("f", O_RDONLY));
	NEED(pipe(fds) == 0);
	memset(buf, 0, sizeof(buf));
	for (int i = 0; i < 16; i++)	/* each slot was the pipe's own */
		NEED(write(fds[1], buf, PAGE) == (long)PAGE);
	for (int i = 0; i < 16; i++)
		NEED(read(fds[0], buf, PAGE) == (long)PAGE);
	EQ(splice(file, &off, fds[1], NULL, 1, 0), 1);
	EQ(write(fds[1], "XXXX", 4), 4);
	STR(abi_read("f"), "secret text");
	EQ(read(fds[0], buf, 10), 5);
	MEM(buf, "sXXXX", 5);
}

CASE("a growing mapping stops at mmap_min_addr")
{
	char *least = (char *)atol(abi_read("/proc/sys/vm/mmap_min_addr"));

	AS(60, 0) {
		char *low = mmap(least, PAGE, PROT_READ | PROT_WRITE,
				 MAP_PRIVATE | MAP_ANONYMOUS | MAP_GROWSDOWN |
				 MAP_FIXED_NOREPLACE, -1, 0);
		char c = 1;
		struct iovec l = { &c, 1 }, r = { low - 1, 1 };
		int status;

		NEED(low == least);
		ERR(process_vm_writev(getpid(), &l, 1, &r, 1, 0), EFAULT);
		ERR(pwrite(open("/proc/self/mem", O_RDWR), &c, 1,
			   (off_t)low - 1), EIO);
		ERR(read(open("/dev/zero", O_RDONLY), low - 1, 1), EFAULT);
		if (fork() == 0) {
			*(volatile char *)(low - 1) = 1;
			_exit(0);
		}
		wait(&status);
		CHECK(WIFSIGNALED(status));
	}
}

/* Addresses that are not a user's, however one gets to them. */
static void *const bad_addresses[] = {
	(void *)1, (void *)0xfff, (void *)(1UL << 48), (void *)((1UL << 48) - 1),
	(void *)((1UL << 48) - 7), (void *)0xffff000000000000UL,
	(void *)0xffff000040080000UL, (void *)0xffff800008000000UL,
	(void *)-1UL, (void *)-8UL, (void *)-4096UL, (void *)(1UL << 56),
	(void *)0x7fffffffffffffffUL, (void *)0x8000000000000000UL,
};

static long p_stat(void *p) { return syscall(SYS_newfstatat, AT_FDCWD, "/", p, 0); }
static long p_path(void *p) { return syscall(SYS_openat, AT_FDCWD, p, 0, 0); }
static long p_uname(void *p) { return syscall(SYS_uname, p); }
static long p_sysinfo(void *p) { return syscall(SYS_sysinfo, p); }
static long p_clock(void *p) { return syscall(SYS_clock_gettime, 0, p); }
static long p_cpuclock(void *p) { return syscall(SYS_clock_gettime, 2, p); }
static long p_read(void *p) { return syscall(SYS_read, open("/dev/zero", 0), p, 64); }
static long p_rand(void *p) { return syscall(SYS_getrandom, p, 64, 0); }
static long p_pipe(void *p) { return syscall(SYS_pipe2, p, 0); }
static long p_rlimit(void *p) { return syscall(SYS_prlimit64, 0, 7, NULL, p); }
static long p_rusage(void *p) { return syscall(SYS_getrusage, 0, p); }
static long p_times(void *p) { return syscall(SYS_times, p); }
static long p_statx(void *p) { return syscall(SYS_statx, AT_FDCWD, "/", 0, 0xfff, p); }
static long p_cwd(void *p) { return syscall(SYS_getcwd, p, 4096); }
static long p_dents(void *p) { return syscall(SYS_getdents64, open("/", 0), p, 4096); }
static long p_readv(void *p) { return syscall(SYS_readv, open("/dev/zero", 0), p, 1); }
static long p_sigact(void *p) { return syscall(SYS_rt_sigaction, 10, NULL, p, 8); }
static long p_sigproc(void *p) { return syscall(SYS_rt_sigprocmask, 0, NULL, p, 8); }
static long p_sigpend(void *p) { return syscall(SYS_rt_sigpending, p, 8); }
static long p_altstack(void *p) { return syscall(SYS_sigaltstack, NULL, p); }
static long p_setalt(void *p) { return syscall(SYS_sigaltstack, p, NULL); }
static long p_affinity(void *p) { return syscall(SYS_sched_getaffinity, 0, 128, p) < 0 ? -1 : 0; }
static long p_attr(void *p) { return syscall(SYS_sched_getattr, 0, p, 48, 0); }
static long p_setattr(void *p) { return syscall(SYS_sched_setattr, 0, p, 0); }
static long p_openat2(void *p) { return syscall(SYS_openat2, AT_FDCWD, "/", p, 24); }
static long p_clone3(void *p) { return syscall(SYS_clone3, p, 64); }
static long p_futex(void *p) { return syscall(SYS_futex, p, 0, 0, NULL); }
static long p_poll(void *p) { return syscall(SYS_ppoll, p, 1, NULL, NULL, 8); }
static long p_exec(void *p) { return syscall(SYS_execve, "/proc/self/exe", p, NULL); }
static long p_xattr(void *p) { return syscall(SYS_setxattr, ".", "trusted.a", p, 8, 0); }
static long p_wait(void *p) { return syscall(SYS_clock_nanosleep, 1, 0, p, NULL); }
static long p_getres(void *p) { return syscall(SYS_getresuid, p, p, p); }
static long p_capget(void *p) { return syscall(SYS_capget, p, p); }
static long p_mincore(void *p)
{
	void *m = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return syscall(SYS_mincore, m, 4096, p);
}
static long p_vmread(void *p)
{
	char c[8];
	struct iovec l = { c, 8 }, r = { p, 8 };

	return syscall(SYS_process_vm_readv, getpid(), &l, 1, &r, 1, 0);
}

CASE_LIMIT("addresses that are no user's, in each kind of argument", 60)
{
#define P(name) { #name, p_##name }
	static const struct {
		const char *name;
		long (*run)(void *p);
	} calls[] = {
		P(stat), P(path), P(uname), P(sysinfo), P(clock), P(cpuclock),
		P(read), P(rand), P(pipe), P(rlimit), P(rusage), P(times),
		P(statx), P(cwd), P(dents), P(readv), P(sigact), P(sigproc),
		P(sigpend), P(altstack), P(setalt), P(affinity), P(attr),
		P(setattr), P(openat2), P(clone3), P(poll), P(exec), P(xattr),
		P(wait), P(getres), P(capget), P(mincore), P(vmread),
	};
	pid_t pid;

	for (size_t i = 0; i < ARRAY_SIZE(calls); i++) {
		CHILD(pid) {
			for (size_t k = 0; k < ARRAY_SIZE(bad_addresses); k++) {
				long r = calls[i].run(bad_addresses[k]);

				if (r != -1 || errno != EFAULT)
					FAIL("%s %p: %ld, errno %d", calls[i].name,
					     bad_addresses[k], r, errno);
			}
		}
		EQ(abi_exit_code(pid), 0);
	}
	for (size_t k = 0; k < ARRAY_SIZE(bad_addresses); k++) {
		CHILD(pid) {
			long r = p_futex(bad_addresses[k]);

			CHECK(r == -1 && (errno == EFAULT || errno == EINVAL));
		}
		EQ(abi_exit_code(pid), 0);
	}
}

/* --- new files in a set-gid directory --- */

CASE("set-gid executables of a foreign group cannot be made")
{
	struct stat st;

	programs();
	OK(mkdir("d", 0777));
	OK(chown("d", 50, 71));
	OK(chmod("d", 02777));
	AS(60, 0) {
		umask(0);
		OK(open("d/a", O_CREAT | O_RDWR, 02777));
		EQ(mode_of("d/a"), 0777);
		OK(open("d/b", O_CREAT | O_RDWR, 02767));
		EQ(mode_of("d/b"), 02767);
		OK(mknod("d/c", S_IFREG | 02777, 0));
		EQ(mode_of("d/c"), 0777);
		OK(mkfifo("d/p", 02777));
		OK(mkdir("d/e", 0777));
		EQ(mode_of("d/e"), 02777);
		OK(fstat((int)OK(open("d", O_TMPFILE | O_RDWR, 02777)), &st));
		EQ(st.st_mode & 07777, 0777);
		OK(chmod("d/a", 02777));
		EQ(mode_of("d/a"), 0777);
		OK(stat("d/a", &st));
		EQ(st.st_gid, 71);
	}
}

/* --- addresses of the kernel --- */

/* Does a kernel address stand in it? Sixteen digits, but no mask like SigBlk. */
static const char *kernel_address(const char *text)
{
	for (const char *p = text; (p = strstr(p, "ffff")); p++) {
		size_t n = strspn(p, "0123456789abcdef");

		if (n == 16 && strncmp(p, "fffffff", 7) &&
		    (p == text || !strchr("0123456789abcdef", p[-1])))
			return p;
		p += n - 1;
	}
	return NULL;
}

static int looked_at;

static void search_tree(const char *dir, int depth)
{
	static char text[1 << 18];
	struct dirent *e;
	DIR *d = opendir(dir);

	while (d && (e = readdir(d))) {
		char path[4096];
		struct stat st;
		long n = 0, r = 0;
		int fd;

		snprintf(path, sizeof(path), "%s/%s", dir, e->d_name);
		if (*e->d_name == '.' || lstat(path, &st) || S_ISLNK(st.st_mode))
			continue;
		if (S_ISDIR(st.st_mode)) {
			if (depth < 7 && strcmp(e->d_name, "task"))
				search_tree(path, depth + 1);
			continue;
		}
		fd = open(path, O_RDONLY | O_NONBLOCK);
		if (fd < 0)
			continue;
		while (n < (long)sizeof(text) - 1 &&
		       (r = read(fd, text + n, sizeof(text) - 1 - (size_t)n)) > 0)
			n += r;
		close(fd);
		text[n] = '\0';
		looked_at++;
		if (kernel_address(text))
			FAIL("%s: %.60s", path, kernel_address(text));
	}
	if (d)
		closedir(d);
}

CASE_LIMIT("no address of the kernel in what a user can read", 120)
{
	static char log[1 << 17];

	AS(60, 0) {
		long n;

		search_tree("/proc", 0);
		search_tree("/sys", 0);
		CHECK(looked_at > 100);
		n = klogctl(3, log, sizeof(log) - 1);
		log[n > 0 ? n : 0] = '\0';
		if (n > 0 && kernel_address(log))
			FAIL("the log: %.60s", kernel_address(log));
	}
}

/* --- what a mount takes away --- */

static void remount_bind(unsigned long flags)
{
	NEED(mount("none", ".", NULL, MS_REMOUNT | MS_BIND | flags, NULL) == 0);
}

CASE("noexec, nosuid, nodev: by each way")
{
	struct vfs_cap_data caps = {
		.magic_etc = VFS_CAP_REVISION_2 | VFS_CAP_FLAGS_EFFECTIVE,
		.data = { { .permitted = 1U << CAP_SYS_TIME } },
	};
	char *const argv[] = { "@caps", NULL };
	char link[64];
	int fd;
	void *p;

	programs();
	NEED(chdir("../p") == 0);
	copy_self("capped", 0755, 0);
	OK(setxattr("capped", "security.capability", &caps, sizeof(caps), 0));
	abi_touch("script", 0755);
	abi_write("script", "#!/proc/self/exe\n");
	OK(mknod("null", S_IFCHR | 0666, 0x103));
	AS(60, 0) STR(said_by("./capped", "@caps"),
		      "0000000002000000 0000000000000000 60 1");
	remount_bind(MS_NOSUID);
	AS(60, 0) {
		STR(said_by("./capped", "@caps"),
		    "0000000000000000 0000000000000000 60 0");
		STR(said_by("./setuid", "@caps"),
		    "0000000000000000 0000000000000000 60 0");
	}
	remount_bind(MS_NODEV);
	ERR(open("null", O_RDONLY), EACCES);
	ERR(open("null", O_WRONLY | O_CREAT, 0), EACCES);
	fd = (int)OK(open("null", O_PATH));
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	ERR(open(link, O_RDONLY), EACCES);
	OK(access("null", R_OK));
	remount_bind(MS_NOEXEC);
	ERR(execve("./plain", argv, argv), EACCES);
	ERR(execve("./script", argv, argv), EACCES);
	ERR(access("plain", X_OK), EACCES);
	fd = (int)OK(open("plain", O_RDONLY));
	ERR(syscall(SYS_execveat, fd, "", argv, argv, AT_EMPTY_PATH), EACCES);
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	ERR(execve(link, argv, argv), EACCES);
	ERR((long)mmap(NULL, PAGE, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0),
	    EPERM);
	p = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, fd, 0);
	NEED(p != MAP_FAILED);
	ERR(mprotect(p, PAGE, PROT_READ | PROT_EXEC), EACCES);
	syscall(SYS_personality, 0x0400000);	/* READ_IMPLIES_EXEC */
	p = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, fd, 0);
	NEED(p != MAP_FAILED);
	ERR(mprotect(p, PAGE, PROT_READ | PROT_EXEC), EACCES);
}

/* --- links in a directory for everybody --- */

CASE("links and files of others in a sticky directory")
{
	static const char *const knobs[] = {
		"/proc/sys/fs/protected_symlinks",
		"/proc/sys/fs/protected_hardlinks",
		"/proc/sys/fs/protected_fifos",
		"/proc/sys/fs/protected_regular",
	};
	char *was[ARRAY_SIZE(knobs)];

	programs();
	OK(mkdir("t", 0777));
	OK(chmod("t", 01777));
	abi_touch("mine", 0666);
	OK(chown("mine", 60, 60));
	OK(symlink("t/link", "two"));
	OK(symlink("t/dir/mine", "through"));
	for (size_t i = 0; i < ARRAY_SIZE(knobs); i++) {
		was[i] = abi_read(knobs[i]);
		abi_write(knobs[i], "1");
	}
	AS(50, 0) {
		umask(0);
		OK(symlink("../mine", "t/link"));
		OK(symlink("..", "t/dir"));
		OK(symlink("link", "t/again"));
		OK(mkfifo("t/fifo", 0666));
		abi_touch("t/file", 0666);
	}
	AS(60, 0) {
		struct stat st;
		char to[16];

		ERR(open("t/link", O_RDONLY), EACCES);
		ERR(open("t/link", O_RDWR | O_CREAT, 0600), EACCES);
		ERR(open("t/again", O_RDONLY), EACCES);
		ERR(stat("t/link", &st), EACCES);
		OK(open("t/dir/mine", O_RDONLY)); /* on the way it may be */
		OK(open("t/dir/t/dir/mine", O_RDONLY));
		ERR(open("t/dir", O_RDONLY), EACCES);
		ERR(open("t/dir/", O_RDONLY), EACCES);
		OK(open("t/dir/.", O_RDONLY));
		ERR(open("two", O_RDONLY), EACCES);
		OK(open("through", O_RDONLY));
		ERR(open("t/link", O_PATH), EACCES);
		ERR(truncate("t/link", 0), EACCES);
		ERR(chmod("t/link", 0600), EACCES);
		ERR(execve("t/link", (char *[]){ NULL }, (char *[]){ NULL }),
		    EACCES);
		OK(open("t/link", O_PATH | O_NOFOLLOW));
		OK(readlink("t/link", to, sizeof(to)));
		OK(lstat("t/link", &st));
		OK(open("t/file", O_RDWR));
		ERR(open("t/file", O_RDWR | O_CREAT, 0600), EACCES);
		ERR(open("t/fifo", O_RDWR | O_CREAT | O_NONBLOCK, 0600), EACCES);
		OK(open("t/fifo", O_RDWR | O_NONBLOCK));
		ERR(unlink("t/file"), EPERM);
		ERR(rename("t/file", "t/other"), EPERM);
		abi_touch("t/own", 0600);
		ERR(rename("t/own", "t/file"), EPERM);
		ERR(syscall(SYS_renameat2, AT_FDCWD, "t/own", AT_FDCWD, "t/file",
			    2), EPERM);
		ERR(link("setuid", "t/l"), EPERM);
		ERR(link("unreadable", "t/l"), EPERM);
		ERR(link("t/fifo", "t/l"), EPERM);
		OK(link("t/file", "t/l"));
		OK(link("mine", "t/l2"));
		ERR(linkat((int)OK(open("setuid", O_PATH)), "", AT_FDCWD, "t/m",
			   AT_EMPTY_PATH), ENOENT);
		ERR(linkat(AT_FDCWD, "setuid", AT_FDCWD, "t/m", AT_SYMLINK_FOLLOW),
		    EPERM);
	}
	AS(50, 0) OK(open("t/link", O_RDONLY));
	AS(0, ALL) ERR(open("t/link", O_RDONLY), EACCES);
	for (size_t i = 0; i < ARRAY_SIZE(knobs); i++)
		abi_write(knobs[i], was[i]);
}

/* --- seals --- */

static int sealed_fd;
static volatile int stop_writing;

static void *writes(void *arg)
{
	(void)arg;
	for (char c = 1; !stop_writing; c = (char)(c % 100 + 1))
		pwrite(sealed_fd, &c, 1, 0);
	return NULL;
}

static void *maps(void *arg)
{
	char *p = arg;

	for (char c = 1; !stop_writing; c = (char)(c % 100 + 1)) {
		p = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED,
			 sealed_fd, 0);
		if (p == MAP_FAILED)
			continue;
		for (int i = 0; i < 100; i++)
			((volatile char *)p)[0] = c;
		munmap(p, PAGE);
	}
	return NULL;
}

CASE_LIMIT("what is sealed does not change any more", 60)
{
	static void *(*const kinds[])(void *) = { writes, maps };

	for (int round = 0; round < 100; round++) {
		pthread_t t;
		char c, now;
		int changed = 0;

		sealed_fd = memfd_create("s", MFD_ALLOW_SEALING);
		NEED(sealed_fd >= 0 && ftruncate(sealed_fd, PAGE) == 0);
		stop_writing = 0;
		NEED(!pthread_create(&t, NULL, kinds[round % 2], NULL));
		do {
			NEED(pread(sealed_fd, &c, 1, 0) == 1);
		} while (!c);
		while (fcntl(sealed_fd, F_ADD_SEALS, F_SEAL_WRITE) < 0)
			NEED(errno == EBUSY);
		pread(sealed_fd, &c, 1, 0);
		for (int i = 0; i < 300; i++) {
			pread(sealed_fd, &now, 1, 0);
			changed += now != c;
		}
		stop_writing = 1;
		pthread_join(t, NULL);
		EQ(changed, 0);
		close(sealed_fd);
	}
}

CASE("F_SEAL_GROW: a write that would go beyond the end")
{
	static char buf[3 * PAGE];
	int fd = memfd_create("s", MFD_ALLOW_SEALING);
	struct stat st;

	OK(ftruncate(fd, PAGE + 10));
	OK(fcntl(fd, F_ADD_SEALS, F_SEAL_GROW));
	EQ(pwrite(fd, buf, 10, PAGE), 10);
	ERR(pwrite(fd, buf, 11, PAGE), EPERM);
	ERR(pwrite(fd, buf, 1, PAGE + 10), EPERM);
	EQ(pwrite(fd, buf, 2 * PAGE, 0), (long)PAGE);
	EQ(pwrite(fd, buf, 2 * PAGE, 5), (long)PAGE - 5);
	ERR(ftruncate(fd, PAGE + 11), EPERM);
	ERR(fallocate(fd, 0, 0, PAGE + 11), EPERM);
	OK(ftruncate(fd, 5));
	ERR(pwrite(fd, buf, 6, 0), EPERM);
	OK(fstat(fd, &st));
	EQ(st.st_size, 5);
}

/* --- terminals --- */

CASE("another's terminal")
{
	char name[64];
	int master = (int)OK(open("/dev/ptmx", O_RDWR | O_NOCTTY)), n, unlock = 0;
	int slave;
	char c = 'x';

	NEED(ioctl(master, TIOCSPTLCK, &unlock) == 0);
	NEED(ioctl(master, TIOCGPTN, &n) == 0);
	snprintf(name, sizeof(name), "/dev/pts/%d", n);
	slave = (int)OK(open(name, O_RDWR | O_NOCTTY));
	AS(60, 0) {
		ERR(open(name, O_RDWR | O_NOCTTY), EACCES);
		ERR(ioctl(slave, TIOCSTI, &c), EPERM);
		ERR(ioctl(master, TIOCSTI, &c), EPERM);
		ERR(ioctl(slave, TIOCVHANGUP), EPERM);
	}
}

/* --- programs that want to be where they must not --- */

/* One segment at @vaddr that exits with 7. Exit code, or 1000 + signal. */
static int run_program(int type, uint64_t vaddr, uint64_t memsz, uint64_t align)
{
	static const uint32_t code[] = {
		0x528000e0,	/* mov w0, #7 */
		0x52800ba8,	/* mov w8, #93 */
		0xd4000001,	/* svc #0 */
	};
	struct {
		Elf64_Ehdr e;
		Elf64_Phdr p;
		uint32_t code[3];
	} f = {
		.e = { .e_ident = { 0x7f, 'E', 'L', 'F', 2, 1, 1 },
		       .e_type = (Elf64_Half)type, .e_machine = EM_AARCH64,
		       .e_version = 1, .e_ehsize = sizeof(Elf64_Ehdr),
		       .e_phoff = sizeof(Elf64_Ehdr),
		       .e_phentsize = sizeof(Elf64_Phdr), .e_phnum = 1 },
		.p = { .p_type = PT_LOAD, .p_flags = PF_R | PF_W | PF_X,
		       .p_vaddr = vaddr, .p_paddr = vaddr,
		       .p_filesz = sizeof(f), .p_align = align },
	};
	int fd;
	pid_t pid;

	f.p.p_memsz = memsz > sizeof(f) ? memsz : sizeof(f);
	f.e.e_entry = vaddr + offsetof(typeof(f), code);
	memcpy(f.code, code, sizeof(code));
	unlink("prog");
	fd = open("prog", O_WRONLY | O_CREAT, 0755);
	NEED(write(fd, &f, sizeof(f)) == sizeof(f));
	close(fd);
	CHILD(pid) {
		be(60, 0);
		execve("prog", (char *[]){ "prog", NULL }, (char *[]){ NULL });
		_exit(errno);
	}
	return abi_exit_code(pid);
}

CASE("where a program's segments may be")
{
	uint64_t top = 1UL << 48;
	uint64_t least = (uint64_t)atol(abi_read("/proc/sys/vm/mmap_min_addr"));

	OK(chmod(".", 0755));
	EQ(run_program(ET_EXEC, least, 0, PAGE), 7);
	EQ(run_program(ET_EXEC, least - PAGE, 0, PAGE), 1000 + SIGSEGV);
	EQ(run_program(ET_EXEC, least - PAGE, 0x10000, PAGE), 1000 + SIGSEGV);
	EQ(run_program(ET_EXEC, 0x400000, 0, PAGE), 7);
	EQ(run_program(ET_EXEC, 0, 0, PAGE), 1000 + SIGSEGV);
	EQ(run_program(ET_EXEC, 0, 0x500000, PAGE), 1000 + SIGSEGV);
	EQ(run_program(ET_EXEC, top, 0, PAGE), 1000 + SIGSEGV);
	EQ(run_program(ET_EXEC, top - PAGE, 0x100000, PAGE), 1000 + SIGSEGV);
	EQ(run_program(ET_EXEC, (uint64_t)-4096, 0, PAGE), 1000 + SIGSEGV);
	EQ(run_program(ET_EXEC, 0x400000, top, PAGE), 1000 + SIGSEGV);
	EQ(run_program(ET_EXEC, 0x400000, (uint64_t)-0x400000, PAGE),
	   1000 + SIGSEGV);
	EQ(run_program(ET_DYN, 0, 0, PAGE), 7);
	EQ(run_program(ET_DYN, 0, 0, 0), 7);
	EQ(run_program(ET_DYN, 0, 0, 3), 7);
	EQ(run_program(ET_DYN, 0, 0, 1UL << 40), 7);
	EQ(run_program(ET_DYN, 0, 0, 1UL << 48), 1000 + SIGSEGV);
	EQ(run_program(ET_DYN, 0, 0, 1UL << 63), 1000 + SIGSEGV);
	EQ(run_program(ET_DYN, top, 0, PAGE), 1000 + SIGSEGV);
	EQ(run_program(ET_EXEC, 0x400000, 0, 1UL << 63), 7);
}
