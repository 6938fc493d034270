/* What takes a privilege, and which; who may look into whom. */
#include "rights.h"

#include <grp.h>
#include <linux/kcmp.h>
#include <linux/ioprio.h>
#include <linux/random.h>
#include <sched.h>
#include <sys/auxv.h>
#include <sys/ioctl.h>
#include <sys/klog.h>
#include <sys/reboot.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/timex.h>
#include <sys/uio.h>
#include <sys/xattr.h>

static pid_t other;	/* a process of user 50 */
static int word = 4711;	/* in its memory */

static pid_t stranger(uid_t uid, uint64_t caps, int dumpable)
{
	struct abi_gate ready;
	pid_t pid;

	gate_init(&ready);
	CHILD(pid) {
		be(uid, caps);
		OK(prctl(PR_SET_DUMPABLE, dumpable));
		gate_open(&ready);
		for (;;)
			pause();
	}
	gate_wait(&ready);
	return pid;
}

/* --- one capability for each --- */

static long do_sethostname(void) { return sethostname("perm", 4); }
static long do_setdomainname(void) { return setdomainname("perm", 4); }

static long do_clock_settime(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return clock_settime(CLOCK_REALTIME, &ts);
}

static long do_settimeofday(void)
{
	struct timeval tv;

	gettimeofday(&tv, NULL);
	return settimeofday(&tv, NULL);
}

static long do_adjtimex(void)
{
	struct timex tx = { .modes = ADJ_MAXERROR, .maxerror = 1000 };
	long r = adjtimex(&tx);

	return r > 0 ? 0 : r;
}

static long do_mount(void) { return mount("none", "m", "tmpfs", 0, NULL); }
static long do_unshare(void) { return unshare(CLONE_NEWNS); }
static long do_unshare_uts(void) { return unshare(CLONE_NEWUTS); }
static long do_chroot(void) { return chroot("."); }
static long do_mkchr(void) { return mknod("c", S_IFCHR | 0600, 0x103); }
static long do_mkblk(void) { return mknod("b", S_IFBLK | 0600, 0x103); }
static long do_nice(void) { return setpriority(PRIO_PROCESS, 0, -1); }

static long do_nice_other(void)
{
	return setpriority(PRIO_PROCESS, (id_t)other, 5);
}

static long do_fifo(void)
{
	struct sched_param p = { .sched_priority = 1 };

	return syscall(SYS_sched_setscheduler, 0, SCHED_FIFO, &p);
}

static long do_affinity_other(void)
{
	unsigned long mask = 1;

	return syscall(SYS_sched_setaffinity, other, sizeof(mask), &mask);
}

static long do_ioprio_other(void)
{
	return syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, other,
		       IOPRIO_PRIO_VALUE(IOPRIO_CLASS_BE, 5));
}

static long do_kill(void) { return kill(other, 0); }
static long do_kill_cont(void) { return kill(other, SIGWINCH); }

static long do_raise_limit(void)
{
	struct rlimit r = { 1 << 20, 1 << 20 };

	return setrlimit(RLIMIT_CORE, &r);
}

static long do_prlimit_other(void)
{
	struct rlimit r;

	return prlimit(other, RLIMIT_NOFILE, NULL, &r);
}

static long do_setuid(void) { return syscall(SYS_setuid, 70); }
static long do_setgid(void) { return syscall(SYS_setgid, 70); }

static long do_setgroups(void)
{
	gid_t g = 70;

	return syscall(SYS_setgroups, 1, &g);
}

static long do_chown(void) { return chown("mine", 70, (gid_t)-1); }
static long do_chgrp(void) { return chown("mine", (uid_t)-1, 70); }
static long do_chmod(void) { return chmod("foreign", 0644); }

static long do_utimes(void)
{
	struct timespec ts[2] = { { 1, 0 }, { 1, 0 } };

	return utimensat(AT_FDCWD, "foreign", ts, 0);
}

static long do_unlink(void) { return unlink("sticky/f"); }
static long do_rename(void) { return rename("sticky/f", "sticky/g"); }
static long do_link(void) { return link("secret", "sticky/l"); }

static long do_noatime(void)
{
	int fd = open("foreign", O_RDONLY | O_NOATIME);

	return fd < 0 ? fd : close(fd);
}

static long do_read(void)
{
	int fd = open("secret", O_RDONLY);

	return fd < 0 ? fd : close(fd);
}

static long do_write(void)
{
	int fd = open("secret", O_WRONLY);

	return fd < 0 ? fd : close(fd);
}

static long do_search(void)
{
	struct stat st;

	return stat("closed/f", &st);
}

static long do_enter(void)
{
	int fd = open("closed/f", O_RDONLY);

	return fd < 0 ? fd : close(fd);
}

static long do_console(void) { return klogctl(8, NULL, 7); }
static long do_cad(void) { return reboot(RB_DISABLE_CAD); }

static long do_mlock(void)
{
	static char page[2 * PAGE];

	return mlock(page, sizeof(page));
}

static long do_pipe_size(void)
{
	int fds[2];

	if (pipe(fds))
		return 0;
	return fcntl(fds[0], F_SETPIPE_SZ, 2 << 20) < 0 ? -1 : 0;
}

static long do_trusted(void)
{
	return setxattr("mine", "trusted.x", "1", 1, 0);
}

static long do_setfcap(void)
{
	struct vfs_cap_data d = { .magic_etc = VFS_CAP_REVISION_2 };

	return setxattr("mine", "security.capability", &d, sizeof(d), 0);
}

static long do_bset(void) { return prctl(PR_CAPBSET_DROP, CAP_SYS_TIME); }
static long do_securebits(void) { return prctl(PR_SET_SECUREBITS, 0); }

static long do_map_zero(void)
{
	void *p = mmap(NULL, PAGE, PROT_READ,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);

	return p == MAP_FAILED ? -1 : 0;
}

static long do_oom(void)
{
	int fd = open("/proc/self/oom_score_adj", O_WRONLY);
	long r = write(fd, "-1", 2);

	return r < 0 ? -1 : 0;
}

static long do_vm_read(void)
{
	int got;
	struct iovec l = { &got, 4 }, r = { &word, 4 };

	return process_vm_readv(other, &l, 1, &r, 1, 0) < 0 ? -1 : 0;
}

static long do_kcmp(void)
{
	return syscall(SYS_kcmp, other, other, KCMP_VM, 0, 0);
}

static long do_robust(void)
{
	void *head;
	size_t len;

	return syscall(SYS_get_robust_list, other, &head, &len);
}

static long do_getfd(void)
{
	int fd = (int)syscall(SYS_pidfd_open, other, 0);

	return syscall(SYS_pidfd_getfd, fd, 0, 0) < 0 ? -1 : 0;
}

/* "/proc/OTHER/NAME" */
static long open_of(const char *name, int flags)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/%s", other, name);
	fd = open(path, flags);
	return fd < 0 ? fd : close(fd);
}

static long do_mem(void) { return open_of("mem", O_RDONLY); }
static long do_maps(void) { return open_of("maps", O_RDONLY); }
static long do_environ(void) { return open_of("environ", O_RDONLY); }
static long do_auxv(void) { return open_of("auxv", O_RDONLY); }

static long link_of(const char *name)
{
	char path[64], to[64];

	snprintf(path, sizeof(path), "/proc/%d/%s", other, name);
	return readlink(path, to, sizeof(to)) < 0 ? -1 : 0;
}

static long do_exe(void) { return link_of("exe"); }
static long do_fd(void) { return link_of("fd/0"); }

static long do_cwd(void)
{
	char path[64];
	struct stat st;

	snprintf(path, sizeof(path), "/proc/%d/cwd", other);
	return stat(path, &st);
}

struct op {
	const char *name;
	long (*run)(void);
	int err;	/* without the capability */
	uint64_t caps;	/* each of which is enough */
};

#define OP(name, err, caps) { #name, do_##name, err, caps }
static const struct op ops[] = {
	OP(sethostname, EPERM, CAP(CAP_SYS_ADMIN)),
	OP(setdomainname, EPERM, CAP(CAP_SYS_ADMIN)),
	OP(clock_settime, EPERM, CAP(CAP_SYS_TIME)),
	OP(settimeofday, EPERM, CAP(CAP_SYS_TIME)),
	OP(adjtimex, EPERM, CAP(CAP_SYS_TIME)),
	OP(mount, EPERM, CAP(CAP_SYS_ADMIN)),
	OP(unshare, EPERM, CAP(CAP_SYS_ADMIN)),
	OP(unshare_uts, EPERM, CAP(CAP_SYS_ADMIN)),
	OP(chroot, EPERM, CAP(CAP_SYS_CHROOT)),
	OP(mkchr, EPERM, CAP(CAP_MKNOD)),
	OP(mkblk, EPERM, CAP(CAP_MKNOD)),
	OP(nice, EACCES, CAP(CAP_SYS_NICE)),
	OP(nice_other, EPERM, CAP(CAP_SYS_NICE)),
	OP(fifo, EPERM, CAP(CAP_SYS_NICE)),
	OP(affinity_other, EPERM, CAP(CAP_SYS_NICE)),
	OP(ioprio_other, EPERM, CAP(CAP_SYS_NICE)),
	OP(kill, EPERM, CAP(CAP_KILL)),
	OP(kill_cont, EPERM, CAP(CAP_KILL)),
	OP(raise_limit, EPERM, CAP(CAP_SYS_RESOURCE)),
	OP(prlimit_other, EPERM, CAP(CAP_SYS_RESOURCE)),
	OP(setuid, EPERM, CAP(CAP_SETUID)),
	OP(setgid, EPERM, CAP(CAP_SETGID)),
	OP(setgroups, EPERM, CAP(CAP_SETGID)),
	OP(chown, EPERM, CAP(CAP_CHOWN)),
	OP(chgrp, EPERM, CAP(CAP_CHOWN)),
	OP(chmod, EPERM, CAP(CAP_FOWNER)),
	OP(utimes, EPERM, CAP(CAP_FOWNER)),
	OP(unlink, EPERM, CAP(CAP_FOWNER)),
	OP(rename, EPERM, CAP(CAP_FOWNER)),
	OP(link, EPERM, CAP(CAP_FOWNER) | CAP(CAP_DAC_OVERRIDE)),
	OP(noatime, EPERM, CAP(CAP_FOWNER)),
	OP(read, EACCES, CAP(CAP_DAC_OVERRIDE) | CAP(CAP_DAC_READ_SEARCH)),
	OP(write, EACCES, CAP(CAP_DAC_OVERRIDE)),
	OP(search, EACCES, CAP(CAP_DAC_OVERRIDE) | CAP(CAP_DAC_READ_SEARCH)),
	OP(enter, EACCES, CAP(CAP_DAC_OVERRIDE) | CAP(CAP_DAC_READ_SEARCH)),
	OP(console, EPERM, CAP(CAP_SYSLOG) | CAP(CAP_SYS_ADMIN)),
	OP(cad, EPERM, CAP(CAP_SYS_BOOT)),
	OP(mlock, EPERM, CAP(CAP_IPC_LOCK)),
	OP(pipe_size, EPERM, CAP(CAP_SYS_RESOURCE)),
	OP(trusted, EPERM, CAP(CAP_SYS_ADMIN)),
	OP(setfcap, EPERM, CAP(CAP_SETFCAP)),
	OP(bset, EPERM, CAP(CAP_SETPCAP)),
	OP(securebits, EPERM, CAP(CAP_SETPCAP)),
	OP(map_zero, EPERM, CAP(CAP_SYS_RAWIO)),
	OP(oom, EACCES, CAP(CAP_SYS_RESOURCE)),
	OP(vm_read, EPERM, CAP(CAP_SYS_PTRACE)),
	OP(kcmp, EPERM, CAP(CAP_SYS_PTRACE)),
	OP(robust, EPERM, CAP(CAP_SYS_PTRACE)),
	OP(getfd, EPERM, CAP(CAP_SYS_PTRACE)),
	OP(maps, EACCES, CAP(CAP_SYS_PTRACE)),
	OP(exe, EACCES, CAP(CAP_SYS_PTRACE)),
	OP(cwd, EACCES, CAP(CAP_SYS_PTRACE)),
};

static void own(const char *path, mode_t mode, uid_t uid)
{
	abi_touch(path, mode);
	NEED(chown(path, uid, uid) == 0);
	NEED(chmod(path, mode) == 0);
}

/* Files as the operations want them, fresh for each. */
static void arrange(void)
{
	umount("t");
	NEED(mount("none", "t", "tmpfs", 0, "mode=0777") == 0);
	NEED(chdir("t") == 0);
	own("mine", 0600, 60);
	own("foreign", 0666, 50);
	own("secret", 0600, 50);
	NEED(mkdir("m", 0777) == 0);
	NEED(mkdir("closed", 0700) == 0);
	own("closed/f", 0666, 60);
	NEED(mkdir("sticky", 0700) == 0);
	NEED(chmod("sticky", 01777) == 0);
	own("sticky/f", 0666, 50);
	abi_limit(RLIMIT_CORE, 0, 0);
	abi_limit(RLIMIT_MEMLOCK, 0, 0);
}

/* Does @op with @caps only. 0 or errno. */
static int try(const struct op *op, uint64_t caps)
{
	pid_t pid;
	int code;

	CHILD(pid) {
		arrange();
		be(60, caps);
		errno = 0;
		_exit(op->run() < 0 ? errno : 0);
	}
	code = abi_exit_code(pid);
	return code;
}

CASE_LIMIT("each operation with its capability, and without", 60)
{
	char host[65];

	enter();
	NEED(chmod(".", 0755) == 0);
	NEED(mkdir("t", 0777) == 0);
	gethostname(host, sizeof(host));
	other = stranger(50, 0, 1);
	for (size_t i = 0; i < ARRAY_SIZE(ops); i++) {
		const struct op *op = &ops[i];
		int got = try(op, 0);

		if (got != op->err)
			FAIL("%s as a user: errno %d", op->name, got);
		got = try(op, ALL & ~op->caps);
		if (got != op->err)
			FAIL("%s with all others: errno %d", op->name, got);
		for (int cap = 0; cap < 41; cap++) {
			if (!(op->caps & CAP(cap)))
				continue;
			got = try(op, CAP(cap));
			if (got)
				FAIL("%s with capability %d: errno %d",
				     op->name, cap, got);
		}
	}
	sethostname(host, strlen(host));
	abi_write("/proc/sys/kernel/domainname", "(none)");
}

/* --- who may look into whom --- */

static const struct op looks[] = {
	OP(vm_read, EPERM, 0), OP(kcmp, EPERM, 0), OP(robust, EPERM, 0),
	OP(getfd, EPERM, 0), OP(mem, EACCES, 0), OP(maps, EACCES, 0),
	OP(environ, EACCES, 0), OP(auxv, EACCES, 0), OP(fd, EACCES, 0),
	OP(exe, EACCES, 0), OP(cwd, EACCES, 0),
};

/* All or nothing. */
static void look(const char *file, int line, bool may)
{
	for (size_t i = 0; i < ARRAY_SIZE(looks); i++) {
		errno = 0;
		abi_eq(file, line, looks[i].name,
		       looks[i].run() < 0 ? errno : 0, may ? 0 : looks[i].err);
	}
}
#define LOOK(may) look(ABI_AT, may)

CASE("the same user may, another may not")
{
	other = stranger(50, 0, 1);
	AS(50, 0) LOOK(true);
	AS(60, 0) LOOK(false);
	AS(60, CAP(CAP_DAC_OVERRIDE) | CAP(CAP_KILL) | CAP(CAP_SYS_ADMIN)) {
		EQ(do_vm_read(), -1);
		EQ(do_mem(), -1);
		EQ(do_maps(), -1);
	}
	LOOK(true);
}

CASE("a process that is not dumpable")
{
	other = stranger(50, 0, 0);
	AS(50, 0) LOOK(false);
	LOOK(true);
}

CASE("a process with more capabilities")
{
	other = stranger(50, CAP(CAP_SYS_TIME), 1);
	AS(50, 0) LOOK(false);
	AS(50, CAP(CAP_SYS_NICE)) LOOK(false);
	AS(50, CAP(CAP_SYS_NICE) | CAP(CAP_SYS_TIME)) LOOK(true);
}

CASE("effective for files, permitted for calls")
{
	struct __user_cap_header_struct h = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct d[2] = {
		{ 0, 1U << CAP_SYS_TIME, 0 }, { 0, 0, 0 } };

	other = stranger(50, CAP(CAP_SYS_TIME), 1);
	AS(50, CAP(CAP_SYS_TIME)) {
		OK(syscall(SYS_capset, &h, d));
		EQ(do_vm_read(), 0);
		EQ(do_kcmp(), 0);
		EQ(do_mem(), -1);
		EQ(do_maps(), -1);
	}
}

CASE("one saved id of another user is enough to refuse")
{
	struct abi_gate ready;

	gate_init(&ready);
	CHILD(other) {
		OK(syscall(SYS_setresgid, 50, 50, 50));
		OK(syscall(SYS_setresuid, 50, 50, 51));
		OK(prctl(PR_SET_DUMPABLE, 1));
		gate_open(&ready);
		pause();
	}
	gate_wait(&ready);
	AS(50, 0) LOOK(false);
	AS(51, 0) LOOK(false);
	LOOK(true);
}

/* --- ptrace_scope --- */

#define SCOPE "/proc/sys/kernel/yama/ptrace_scope"

CASE("ptrace_scope: who may change it")
{
	STR(abi_read(SCOPE), "0\n");
	AS(0, ALL & ~CAP(CAP_SYS_PTRACE)) {
		int fd = OK(open(SCOPE, O_WRONLY));

		ERR(write(fd, "1", 1), EPERM);
	}
	AS(60, ALL) ERR(open(SCOPE, O_WRONLY), EACCES);
	AS(0, ALL) {
		int fd = OK(open(SCOPE, O_WRONLY));

		ERR(write(fd, "4", 1), EINVAL);
		ERR(write(fd, "-1", 2), EINVAL);
	}
	STR(abi_read(SCOPE), "0\n");
}

/* Reading as always; beyond that only as @may says. */
static void attach(const char *file, int line, bool may)
{
	abi_eq(file, line, "vm_read", do_vm_read(), may ? 0 : -1);
	abi_eq(file, line, "getfd", do_getfd(), may ? 0 : -1);
	abi_eq(file, line, "mem", do_mem(), may ? 0 : -1);
	abi_eq(file, line, "maps", do_maps(), 0);
	abi_eq(file, line, "kcmp", do_kcmp(), 0);
}
#define ATTACH(may) attach(ABI_AT, may)

/* A process of user 50 that then calls PR_SET_PTRACER. */
static void name_tracer(unsigned long whom)
{
	struct abi_gate named;
	pid_t pid;

	gate_init(&named);
	CHILD(pid) {
		be(50, 0);
		OK(prctl(PR_SET_PTRACER, whom, 0, 0, 0));
		gate_open(&named);
		for (;;)
			pause();
	}
	gate_wait(&named);
	other = pid;
}

CASE("ptrace_scope 1 and 2")
{
	struct abi_gate go;
	pid_t pid;

	abi_write(SCOPE, "1");
	other = stranger(50, 0, 1);
	AS(50, 0) ATTACH(false);		/* a sibling */
	AS(50, CAP(CAP_SYS_PTRACE)) ATTACH(true);
	AS(50, 0) {				/* an ancestor */
		other = stranger(50, 0, 1);
		ATTACH(true);
	}
	other = getppid();
	ERR(prctl(PR_SET_PTRACER, 999999, 0, 0, 0), EINVAL);
	name_tracer(PR_SET_PTRACER_ANY);
	AS(50, 0) ATTACH(true);
	AS(60, 0) { EQ(do_vm_read(), -1); EQ(do_maps(), -1); }
	name_tracer(0);
	AS(50, 0) ATTACH(false);
	/* By number: it and its descendants. */
	gate_init(&go);
	CHILD(pid) {
		be(50, 0);
		gate_wait(&go);
		other = atoi(abi_read("/proc/self/cwd/named"));
		ATTACH(true);
		AS(50, 0) ATTACH(true);
	}
	name_tracer((unsigned long)pid);
	{
		char text[16];

		snprintf(text, sizeof(text), "%d", other);
		chmod(".", 0755);
		abi_touch("named", 0644);
		abi_write("named", text);
	}
	AS(50, 0) ATTACH(false);
	gate_open(&go);
	EQ(abi_exit_code(pid), 0);
	abi_write(SCOPE, "2");
	AS(50, 0) {
		other = stranger(50, 0, 1);
		ATTACH(false);
	}
	other = stranger(50, 0, 1);
	AS(50, CAP(CAP_SYS_PTRACE)) ATTACH(true);
	abi_write(SCOPE, "0");
	AS(50, 0) ATTACH(true);
}

/* --- what exec does --- */

/* Prints itself into a pipe: ids, dumpable, AT_SECURE. */
HELPER(who)
{
	printf("%d %d %d %lu", getuid(), geteuid(), prctl(PR_GET_DUMPABLE),
	       getauxval(AT_SECURE));
	fflush(stdout);
	return 0;
}

/* What "./PATH @who" says, executed by the caller. */
static const char *run_here(const char *path)
{
	return said_by(path, "@who");
}

CASE("set-id programs and unreadable ones are not dumpable")
{
	programs();
	STR(run_here("./plain"), "0 0 1 0");
	STR(run_here("./unreadable"), "0 0 1 0");
	AS(60, 0) {
		STR(run_here("./plain"), "60 60 1 0");
		STR(run_here("./setuid"), "60 50 0 1");
		STR(run_here("./setgid"), "60 60 0 1");
		STR(run_here("./unreadable"), "60 60 0 0");
		OK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
		STR(run_here("./setuid"), "60 60 1 0");
	}
	AS(50, 0) STR(run_here("./setuid"), "50 50 1 0");
}

CASE("suid_dumpable")
{
	static const char knob[] = "/proc/sys/fs/suid_dumpable";

	programs();
	STR(abi_read(knob), "0\n");
	abi_write(knob, "1");
	AS(60, 0) STR(run_here("./setuid"), "60 50 1 1");
	abi_write(knob, "2");
	AS(60, 0) {
		STR(run_here("./setuid"), "60 50 2 1");
		STR(run_here("./unreadable"), "60 60 2 0");
		ERR(prctl(PR_SET_DUMPABLE, 2), EINVAL);
	}
	AS(0, ALL) {
		int fd = OK(open(knob, O_WRONLY));

		ERR(write(fd, "3", 1), EINVAL);
		OK(syscall(SYS_setresuid, -1, 60, -1));
		EQ(prctl(PR_GET_DUMPABLE), 2);
	}
	abi_write(knob, "0");
}

CASE("a change of rights takes the death signal away")
{
	int sig = 0;

	AS(0, ALL) {
		OK(prctl(PR_SET_PDEATHSIG, SIGUSR1));
		OK(syscall(SYS_setresuid, 60, 60, 60));
		OK(prctl(PR_GET_PDEATHSIG, &sig));
		EQ(sig, 0);
		EQ(prctl(PR_GET_DUMPABLE), 0);
	}
}

/* A child that shares root, cwd and umask, and waits. */
static pid_t share_fs(void)
{
	pid_t pid = (pid_t)syscall(SYS_clone, CLONE_FS | SIGCHLD, 0, 0, 0, 0);

	if (!pid)
		for (;;)
			pause();
	return pid;
}

CASE("who shares his root gets no rights from exec")
{
	programs();
	AS(60, 0) {
		char *argv[] = { "@who", NULL };
		int fds[2];
		char text[64] = "";
		pid_t pid, friend;

		OK(pipe(fds));
		CHILD(pid) {
			friend = share_fs();
			OK(friend);
			dup2(fds[1], 1);
			execve("./setuid", argv, (char *[]){ NULL });
		}
		close(fds[1]);
		OK(read(fds[0], text, sizeof(text) - 1));
		STR(text, "60 60 1 1");
	}
	/* With CAP_SETUID the ids change, but capabilities do not grow. */
	AS(60, CAP(CAP_SETUID)) {
		char *argv[] = { "@who", NULL };
		int fds[2];
		char text[64] = "";
		pid_t pid;

		OK(pipe(fds));
		CHILD(pid) {
			OK(share_fs());
			dup2(fds[1], 1);
			execve("./setuid", argv, (char *[]){ NULL });
		}
		close(fds[1]);
		OK(read(fds[0], text, sizeof(text) - 1));
		STR(text, "60 50 0 1");
	}
	/* Alone again. */
	AS(60, 0) STR(run_here("./setuid"), "60 50 0 1");
}

/* --- switches --- */

CASE("switches that root's file is not enough for")
{
	static const struct {
		const char *path;
		int cap;
	} knobs[] = {
		{ "/proc/sys/kernel/dmesg_restrict", CAP_SYS_ADMIN },
		{ "/proc/sys/kernel/kptr_restrict", CAP_SYS_ADMIN },
		{ "/proc/sys/vm/mmap_min_addr", CAP_SYS_RAWIO },
	};

	for (size_t i = 0; i < ARRAY_SIZE(knobs); i++) {
		char *old = abi_read(knobs[i].path);

		AS(0, ALL & ~CAP(knobs[i].cap)) {
			int fd = OK(open(knobs[i].path, O_WRONLY));

			ERR(write(fd, old, strlen(old)), EPERM);
		}
		AS(60, ALL & ~CAP(CAP_DAC_OVERRIDE))
			ERR(open(knobs[i].path, O_WRONLY), EACCES);
		AS(0, CAP(knobs[i].cap)) {
			int fd = OK(open(knobs[i].path, O_WRONLY));

			OK(write(fd, old, strlen(old)));
		}
	}
}

CASE("random devices: anybody adds, CAP_SYS_ADMIN is believed")
{
	static const unsigned long counts[] = { RNDZAPENTCNT, RNDCLEARPOOL,
						RNDRESEEDCRNG };
	struct {
		int bits, size;
		char data[16];
	} add = { 8, 16, "0123456789abcde" };
	int fd = OK(open("/dev/urandom", O_RDWR)), bits = 8;

	AS(60, ALL & ~CAP(CAP_SYS_ADMIN)) {
		EQ(write(fd, "abcd", 4), 4);
		OK(ioctl(fd, RNDGETENTCNT, &bits));
		ERR(ioctl(fd, RNDADDTOENTCNT, &bits), EPERM);
		ERR(ioctl(fd, RNDADDENTROPY, &add), EPERM);
		for (size_t i = 0; i < ARRAY_SIZE(counts); i++)
			ERR(ioctl(fd, (int)counts[i], 0), EPERM);
	}
	AS(60, CAP(CAP_SYS_ADMIN)) {
		OK(ioctl(fd, RNDADDTOENTCNT, &bits));
		OK(ioctl(fd, RNDADDENTROPY, &add));
		for (size_t i = 0; i < ARRAY_SIZE(counts); i++)
			OK(ioctl(fd, (int)counts[i], 0));
		bits = -1;
		ERR(ioctl(fd, RNDADDTOENTCNT, &bits), EINVAL);
		ERR(ioctl(fd, RNDADDTOENTCNT, BAD_PTR), EFAULT);
		add.bits = -1;
		ERR(ioctl(fd, RNDADDENTROPY, &add), EINVAL);
		add.bits = 8;
		add.size = -1;
		ERR(ioctl(fd, RNDADDENTROPY, &add), EFAULT);
		ERR(ioctl(fd, RNDADDENTROPY, BAD_PTR), EFAULT);
	}
	ERR(ioctl(fd, 0x5299, 0), EINVAL);
}
