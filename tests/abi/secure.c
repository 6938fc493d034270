/* What rights must not leak through: exec, what was open before it, leftovers. */
#include "rights.h"

#include <linux/sched.h>
#include <sched.h>
#include <sys/auxv.h>
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

	printf("%s %s %d %lu", abi_field(status, "CapPrm"),
	       abi_field(status, "CapAmb"), geteuid(), getauxval(AT_SECURE));
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
