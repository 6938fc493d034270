/* Credentials and capabilities. */
#include "abi.h"

#include <grp.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <sched.h>
#include <sys/auxv.h>
#include <sys/fsuid.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/xattr.h>

static void ids(const char *file, int line, uid_t r, uid_t e, uid_t s)
{
	uid_t a, b, c;

	syscall(SYS_getresuid, &a, &b, &c);
	abi_eq(file, line, "real", a, r);
	abi_eq(file, line, "effective", b, e);
	abi_eq(file, line, "saved", c, s);
}
#define IDS(r, e, s) ids(ABI_AT, r, e, s)

static void gids(const char *file, int line, gid_t r, gid_t e, gid_t s)
{
	gid_t a, b, c;

	syscall(SYS_getresgid, &a, &b, &c);
	abi_eq(file, line, "real", a, r);
	abi_eq(file, line, "effective", b, e);
	abi_eq(file, line, "saved", c, s);
}
#define GIDS(r, e, s) gids(ABI_AT, r, e, s)

static uint64_t caps(const char *set)
{
	return strtoull(abi_field(abi_read("/proc/self/status"), set), NULL,
			16);
}

static long capset(uint64_t effective, uint64_t permitted, uint64_t inheritable)
{
	struct __user_cap_header_struct h = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct d[2] = {
		{ (uint32_t)effective, (uint32_t)permitted,
		  (uint32_t)inheritable },
		{ (uint32_t)(effective >> 32), (uint32_t)(permitted >> 32),
		  (uint32_t)(inheritable >> 32) },
	};

	return syscall(SYS_capset, &h, d);
}

#define CAP(c) (1UL << (c))
#define ALL ((1UL << 41) - 1)

CASE("setuid, setreuid, setresuid as root")
{
	pid_t pid;

	CHILD(pid) {
		OK(syscall(SYS_setuid, 10));
		IDS(10, 10, 10);
		ERR(syscall(SYS_setuid, 0), EPERM);
		EQ(syscall(SYS_setuid, 10), 0);
	}
	EQ(abi_exit_code(pid), 0);
	CHILD(pid) {
		OK(syscall(SYS_setreuid, 10, 20));
		IDS(10, 20, 20);
		OK(syscall(SYS_setreuid, 20, 10));
		IDS(20, 10, 10);
		OK(syscall(SYS_setreuid, -1, 20));
		IDS(20, 20, 10);
		OK(syscall(SYS_setreuid, -1, 10));
		IDS(20, 10, 10);
		ERR(syscall(SYS_setreuid, 30, -1), EPERM);
		ERR(syscall(SYS_setreuid, -1, 30), EPERM);
	}
	EQ(abi_exit_code(pid), 0);
	CHILD(pid) {
		OK(syscall(SYS_setresuid, 10, 20, 30));
		IDS(10, 20, 30);
		OK(syscall(SYS_setresuid, 30, 10, 20));
		IDS(30, 10, 20);
		OK(syscall(SYS_setresuid, -1, -1, -1));
		OK(syscall(SYS_setresuid, -1, 20, -1));
		IDS(30, 20, 20);
		ERR(syscall(SYS_setresuid, 40, -1, -1), EPERM);
		ERR(syscall(SYS_setresuid, -1, 10, -1), EPERM);
		ERR(syscall(SYS_setuid, 10), EPERM);
		OK(syscall(SYS_setuid, 30));	/* the effective one only */
		IDS(30, 30, 20);
	}
	EQ(abi_exit_code(pid), 0);
	ERR(syscall(SYS_setuid, -1), EINVAL);
	ERR(syscall(SYS_getresuid, BAD_PTR, BAD_PTR, BAD_PTR), EFAULT);
}

CASE("setgid, setregid, setresgid")
{
	pid_t pid;

	ERR(syscall(SYS_setgid, -1), EINVAL);
	CHILD(pid) {
		OK(syscall(SYS_setresgid, 10, 20, 30));
		GIDS(10, 20, 30);
		OK(syscall(SYS_setregid, 5, 6));
		GIDS(5, 6, 6);
		OK(syscall(SYS_setgid, 7));
		GIDS(7, 7, 7);
		OK(syscall(SYS_setresgid, 1, 2, 3));
		OK(syscall(SYS_setuid, 1000));
		OK(syscall(SYS_setresgid, 3, 1, 2));
		GIDS(3, 1, 2);
		OK(syscall(SYS_setregid, 1, 3));
		GIDS(1, 3, 3);
		OK(syscall(SYS_setgid, 1));
		GIDS(1, 1, 3);
		ERR(syscall(SYS_setgid, 2), EPERM);
		ERR(syscall(SYS_setresgid, 9, -1, -1), EPERM);
		ERR(syscall(SYS_setregid, -1, 9), EPERM);
	}
	EQ(abi_exit_code(pid), 0);
}

CASE("file-system ids")
{
	pid_t pid;

	EQ(setfsuid(500), 0);
	EQ(setfsuid((uid_t)-1), 500);
	EQ(setfsgid(600), 0);
	EQ(setfsgid((gid_t)-1), 600);
	STR(abi_field(abi_read("/proc/self/status"), "Uid"), "0\t0\t0\t500");
	STR(abi_field(abi_read("/proc/self/status"), "Gid"), "0\t0\t0\t600");
	CHILD(pid) {
		OK(syscall(SYS_setresuid, 1, 2, 3));
		EQ(setfsuid((uid_t)-1), 2);
		setfsuid(1);
		EQ(setfsuid((uid_t)-1), 1);
		setfsuid(99);
		EQ(setfsuid((uid_t)-1), 1);
		OK(syscall(SYS_setresuid, -1, 3, -1));
		EQ(setfsuid((uid_t)-1), 3);
	}
	EQ(abi_exit_code(pid), 0);
	setfsuid(0);
	CHECK(caps("CapEff") == ALL);
	setfsuid(500);
	CHECK((caps("CapEff") & 0x1f) == 0);	/* the file capabilities go */
	setfsuid(0);
	CHECK(caps("CapEff") == ALL);
}

CASE("supplementary groups")
{
	gid_t list[4] = { 9, 3, 7, 0 }, got[10];
	pid_t pid;

	EQ(getgroups(0, NULL), 0);
	OK(syscall(SYS_setgroups, 3, list));
	EQ(getgroups(0, NULL), 3);
	EQ(getgroups(10, got), 3);
	EQ(got[0], 3);
	EQ(got[1], 7);
	EQ(got[2], 9);
	ERR(getgroups(2, got), EINVAL);
	ERR(getgroups(-1, got), EINVAL);
	ERR(syscall(SYS_getgroups, 10, BAD_PTR), EFAULT);
	ERR(syscall(SYS_setgroups, 3, BAD_PTR), EFAULT);
	ERR(syscall(SYS_setgroups, 65537, list), EINVAL);
	ERR(syscall(SYS_setgroups, -1, list), EINVAL);
	STR(abi_field(abi_read("/proc/self/status"), "Groups"), "3 7 9 ");
	CHILD(pid) {
		OK(syscall(SYS_setuid, 1000));
		ERR(syscall(SYS_setgroups, 0, NULL), EPERM);
		EQ(getgroups(10, got), 3);
	}
	EQ(abi_exit_code(pid), 0);
	OK(syscall(SYS_setgroups, 0, NULL));
	EQ(getgroups(10, got), 0);
}

CASE("capabilities follow the ids")
{
	pid_t pid;

	EQ(caps("CapEff"), ALL);
	EQ(caps("CapPrm"), ALL);
	EQ(caps("CapInh"), 0);
	EQ(caps("CapBnd"), ALL);
	EQ(caps("CapAmb"), 0);
	CHILD(pid) {
		OK(syscall(SYS_setresuid, -1, 1000, -1));
		EQ(caps("CapEff"), 0);
		EQ(caps("CapPrm"), ALL);
		OK(syscall(SYS_setresuid, -1, 0, -1));
		EQ(caps("CapEff"), ALL);
		OK(syscall(SYS_setresuid, 1000, 1000, 1000));
		EQ(caps("CapEff"), 0);
		EQ(caps("CapPrm"), 0);
	}
	EQ(abi_exit_code(pid), 0);
	CHILD(pid) {
		OK(prctl(PR_SET_KEEPCAPS, 1));
		OK(syscall(SYS_setresuid, 1000, 1000, 1000));
		EQ(caps("CapEff"), 0);
		EQ(caps("CapPrm"), ALL);
		OK(capset(CAP(CAP_SETUID), ALL, 0));
		EQ(caps("CapEff"), CAP(CAP_SETUID));
		OK(syscall(SYS_setresuid, 5, 6, 7));
	}
	EQ(abi_exit_code(pid), 0);
	CHILD(pid) {
		OK(prctl(PR_SET_SECUREBITS, 1 << SECURE_NO_SETUID_FIXUP));
		OK(syscall(SYS_setresuid, 1000, 1000, 1000));
		EQ(caps("CapEff"), ALL);
	}
	EQ(abi_exit_code(pid), 0);
}

CASE("capget and capset: versions and rules")
{
	struct __user_cap_header_struct h = { 0, 0 };
	struct __user_cap_data_struct d[2];
	pid_t pid;

	ERR(syscall(SYS_capget, &h, d), EINVAL);
	EQ(h.version, _LINUX_CAPABILITY_VERSION_3);
	h.version = 0;
	EQ(syscall(SYS_capget, &h, NULL), 0);
	EQ(syscall(SYS_capget, &h, d), 0);
	EQ(d[0].effective, 0xffffffff);
	EQ(d[1].effective, (uint32_t)(ALL >> 32));
	h.pid = -1;
	ERR(syscall(SYS_capget, &h, d), EINVAL);
	h.pid = 999999;
	ERR(syscall(SYS_capget, &h, d), ESRCH);
	h.pid = 1;
	EQ(syscall(SYS_capget, &h, d), 0);
	ERR(syscall(SYS_capset, &h, d), EPERM);
	ERR(syscall(SYS_capget, BAD_PTR, d), EFAULT);
	h.pid = 0;
	ERR(syscall(SYS_capget, &h, BAD_PTR), EFAULT);
	CHILD(pid) {
		OK(capset(CAP(CAP_CHOWN), CAP(CAP_CHOWN) | CAP(CAP_KILL),
			  CAP(CAP_NET_RAW)));
		EQ(caps("CapPrm"), CAP(CAP_CHOWN) | CAP(CAP_KILL));
		EQ(caps("CapInh"), CAP(CAP_NET_RAW));
		ERR(capset(CAP(CAP_SYSLOG), CAP(CAP_CHOWN), 0), EPERM);
		ERR(capset(0, CAP(CAP_SYSLOG), 0), EPERM);
		OK(capset(0, CAP(CAP_KILL), 0));
		ERR(capset(0, CAP(CAP_CHOWN), 0), EPERM);
		ERR(capset(0, 0, CAP(CAP_SETPCAP)), EPERM);
	}
	EQ(abi_exit_code(pid), 0);
}

CASE("the bounding set, ambient capabilities, securebits")
{
	pid_t pid;

	CHILD(pid) {
		EQ(prctl(PR_CAPBSET_DROP, CAP_SYS_BOOT), 0);
		EQ(prctl(PR_CAPBSET_READ, CAP_SYS_BOOT), 0);
		EQ(caps("CapBnd"), ALL & ~CAP(CAP_SYS_BOOT));
		EQ(caps("CapPrm"), ALL);
		ERR(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_KILL, 0,
			  0), EPERM);
		OK(capset(ALL, ALL, CAP(CAP_KILL)));
		EQ(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_KILL, 0, 0),
		   0);
		EQ(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, CAP_KILL, 0,
			 0), 1);
		EQ(caps("CapAmb"), CAP(CAP_KILL));
		OK(capset(ALL, ALL, 0));
		EQ(caps("CapAmb"), 0);
		ERR(prctl(PR_CAP_AMBIENT, 9, 0, 0, 0), EINVAL);
		ERR(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, 99, 0, 0),
		    EINVAL);
		ERR(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 1, 0, 0),
		    EINVAL);
		ERR(prctl(PR_SET_SECUREBITS, 0x10000), EPERM);
		OK(prctl(PR_SET_SECUREBITS, SECBIT_NOROOT |
			 SECBIT_NOROOT_LOCKED));
		ERR(prctl(PR_SET_SECUREBITS, SECBIT_NOROOT), EPERM);
		ERR(prctl(PR_SET_SECUREBITS, SECBIT_NOROOT_LOCKED), EPERM);
		OK(prctl(PR_SET_SECUREBITS, SECBIT_NOROOT |
			 SECBIT_NOROOT_LOCKED | SECBIT_KEEP_CAPS));
		EQ(prctl(PR_GET_KEEPCAPS), 1);
		abi_drop(1000, 1000);
		ERR(prctl(PR_CAPBSET_DROP, CAP_KILL), EPERM);
	}
	EQ(abi_exit_code(pid), 0);
}

HELPER(caps)
{
	uint64_t e = caps("CapEff"), p = caps("CapPrm"), a = caps("CapAmb");

	write(50, &e, 8);
	write(50, &p, 8);
	write(50, &a, 8);
	return 0;
}

static void caps_over_exec(void (*prepare)(void), uint64_t out[3])
{
	char *args[] = { "@caps", NULL };
	int fds[2];
	pid_t pid;

	pipe(fds);
	CHILD(pid) {
		dup2(fds[1], 50);
		prepare();
		execv("/proc/self/exe", args);
		_exit(1);
	}
	EQ(abi_exit_code(pid), 0);
	read(fds[0], out, 24);
}

static void root(void)
{
	capset(0, CAP(CAP_KILL), 0);
}

static void user(void)
{
	prctl(PR_SET_KEEPCAPS, 1);
	syscall(SYS_setresuid, 1000, 1000, 1000);
	capset(ALL, ALL, 0);
}

static void ambient(void)
{
	prctl(PR_SET_KEEPCAPS, 1);
	syscall(SYS_setresuid, 1000, 1000, 1000);
	capset(ALL, ALL, CAP(CAP_KILL));
	prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_KILL, 0, 0);
}

static void noroot(void)
{
	prctl(PR_SET_SECUREBITS, SECBIT_NOROOT);
}

static void bounded(void)
{
	prctl(PR_CAPBSET_DROP, CAP_SYS_BOOT);
}

CASE("capabilities over exec")
{
	uint64_t c[3];

	caps_over_exec(root, c);
	EQ(c[0], ALL);
	EQ(c[1], ALL);
	caps_over_exec(user, c);
	EQ(c[0], 0);
	EQ(c[1], 0);
	caps_over_exec(ambient, c);
	EQ(c[0], CAP(CAP_KILL));
	EQ(c[1], CAP(CAP_KILL));
	EQ(c[2], CAP(CAP_KILL));
	caps_over_exec(noroot, c);
	EQ(c[0], 0);
	caps_over_exec(bounded, c);
	EQ(c[1], ALL & ~CAP(CAP_SYS_BOOT));
}

/* --- capabilities of files --- */

/* security.capability, revision 2; @size to be wrong about it. */
static int set_file_caps(const char *path, uint64_t permitted,
			 uint64_t inheritable, bool effective, size_t size)
{
	uint32_t data[6] = { 0x02000000 | effective, (uint32_t)permitted,
			     (uint32_t)inheritable, (uint32_t)(permitted >> 32),
			     (uint32_t)(inheritable >> 32) };

	return setxattr(path, "security.capability", data, size, 0);
}

static void copy_self(const char *to)
{
	static char block[65536];
	int in = open("/proc/self/exe", O_RDONLY);
	int out = (int)OK(open(to, O_CREAT | O_TRUNC | O_WRONLY, 0755));
	ssize_t n;

	while ((n = read(in, block, sizeof(block))) > 0)
		EQ(write(out, block, (size_t)n), n);
	close(in);
	close(out);
	chmod(to, 0755);
}

/* What "./prog" runs with: effective, permitted, ambient, AT_SECURE. */
HELPER(filecaps)
{
	uint64_t s = getauxval(AT_SECURE);

	abi_helper_caps(argc, argv);
	write(50, &s, 8);
	return 0;
}

static int caps_of_program(void (*prepare)(void), uint64_t out[4])
{
	char *args[] = { "@filecaps", NULL };
	int fds[2], code;
	pid_t pid;

	memset(out, 0, 32);
	pipe(fds);
	CHILD(pid) {
		dup2(fds[1], 50);
		prepare();
		execv("./prog", args);
		_exit(errno);
	}
	code = abi_exit_code(pid);
	close(fds[1]);
	read(fds[0], out, 32);
	close(fds[0]);
	return code;
}

static void plain_user(void)
{
	abi_drop(1000, 1000);
}

static void user_without_boot(void)
{
	prctl(PR_CAPBSET_DROP, CAP_SYS_BOOT);
	abi_drop(1000, 1000);
}

static void user_no_new_privs(void)
{
	abi_drop(1000, 1000);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

static void user_inherits_kill(void)
{
	prctl(PR_SET_KEEPCAPS, 1);
	syscall(SYS_setresuid, 1000, 1000, 1000);
	capset(0, ALL, CAP(CAP_KILL));
}

static void stay_root(void)
{
}

CASE("capabilities of a file over exec")
{
	const uint64_t both = CAP(CAP_NET_RAW) | CAP(CAP_SYS_BOOT);
	uint64_t c[4];

	NEED(unshare(CLONE_NEWNS) == 0);
	mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);
	mkdir("m", 0755);
	OK(mount("m", "m", "tmpfs", 0, NULL));
	OK(chdir("m"));
	copy_self("prog");
	OK(set_file_caps("prog", both, 0, true, 20));
	EQ(caps_of_program(plain_user, c), 0);
	EQ(c[0], both);
	EQ(c[1], both);
	EQ(c[3], 1);
	/* permitted only: the program raises them itself */
	OK(set_file_caps("prog", both, 0, false, 20));
	EQ(caps_of_program(plain_user, c), 0);
	EQ(c[0], 0);
	EQ(c[1], both);
	EQ(c[3], 1);
	/* not in the bounding set: less, or, if effective, no start */
	EQ(caps_of_program(user_without_boot, c), 0);
	EQ(c[1], CAP(CAP_NET_RAW));
	OK(set_file_caps("prog", both, 0, true, 20));
	EQ(caps_of_program(user_without_boot, c), EPERM);
	/* inheritable meets inheritable, and ambient ends */
	OK(set_file_caps("prog", 0, CAP(CAP_KILL) | CAP(CAP_CHOWN), true, 20));
	EQ(caps_of_program(plain_user, c), 0);
	EQ(c[1], 0);
	EQ(caps_of_program(user_inherits_kill, c), 0);
	EQ(c[0], CAP(CAP_KILL));
	EQ(caps_of_program(ambient, c), 0);
	EQ(c[0], CAP(CAP_KILL));
	EQ(c[2], 0);
	/* where nothing may be gained */
	OK(set_file_caps("prog", both, 0, true, 20));
	EQ(caps_of_program(user_no_new_privs, c), 0);
	EQ(c[1], 0);
	OK(mount(NULL, ".", NULL, MS_REMOUNT | MS_BIND | MS_NOSUID, NULL));
	EQ(caps_of_program(plain_user, c), 0);
	EQ(c[1], 0);
	EQ(c[3], 0);
	OK(mount(NULL, ".", NULL, MS_REMOUNT | MS_BIND, NULL));
	/* root has all; through set-user-ID only what the file has */
	EQ(caps_of_program(stay_root, c), 0);
	EQ(c[1], ALL);
	OK(chmod("prog", 04755));
	EQ(caps_of_program(plain_user, c), 0);
	EQ(c[0], both);
	EQ(c[1], both);
}

CASE("security.capability: what may be set, and what takes it away")
{
	uint32_t rooted[6] = { 0x03000001, 1 << CAP_KILL, 0, 0, 0, 0 }, got[6];
	pid_t pid;
	int fd;

	NEED(unshare(CLONE_NEWNS) == 0);
	mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);
	mkdir("m", 0755);
	OK(mount("m", "m", "tmpfs", 0, NULL));
	OK(chdir("m"));
	abi_write("f", "text");
	ERR(set_file_caps("f", 1, 0, true, 19), EINVAL);
	ERR(set_file_caps("f", 1, 0, true, 24), EINVAL);
	ERR(set_file_caps("f", 1, 0, true, 12), EINVAL);
	ERR(set_file_caps("f", 1, 0, true, 3), EINVAL);
	OK(set_file_caps("f", 1, 0, true, 0)); /* none */
	CHILD(pid) {
		capset(ALL & ~CAP(CAP_SETFCAP), ALL & ~CAP(CAP_SETFCAP), 0);
		ERR(set_file_caps("f", 1, 0, true, 20), EPERM);
	}
	EQ(abi_exit_code(pid), 0);
	OK(setxattr("f", "security.capability", rooted, 24, 0));
	EQ(getxattr("f", "security.capability", got, sizeof(got)), 20);
	EQ(got[0], 0x02000001);
	EQ(got[1], 1 << CAP_KILL);
	ERR(setxattr("f", "security.capability", got, 20, XATTR_CREATE), EEXIST);
	fd = (int)OK(open("f", O_WRONLY));
	EQ(write(fd, "x", 1), 1);
	ERR(getxattr("f", "security.capability", got, sizeof(got)), ENODATA);
	OK(set_file_caps("f", 1, 0, true, 20));
	OK(ftruncate(fd, 2));
	ERR(getxattr("f", "security.capability", got, sizeof(got)), ENODATA);
	OK(set_file_caps("f", 1, 0, true, 20));
	OK(chown("f", 5, 5));
	ERR(getxattr("f", "security.capability", got, sizeof(got)), ENODATA);
	OK(set_file_caps("f", 1, 0, true, 20));
	OK(chmod("f", 0700));
	OK(utimensat(AT_FDCWD, "f", NULL, 0));
	CHILD(pid) {
		/* who may not change the owner takes nothing away either */
		abi_drop(1000, 1000);
		ERR(chown("f", 1000, 1000), EPERM);
		ERR(chown("f", 5, -1), EPERM);
	}
	EQ(abi_exit_code(pid), 0);
	EQ(getxattr("f", "security.capability", got, sizeof(got)), 20);
	OK(removexattr("f", "security.capability"));
	ERR(removexattr("f", "security.capability"), ENODATA);
	OK(mkdir("d", 0755));
	OK(set_file_caps("d", 1, 0, true, 20));
	OK(chown("d", 5, 5));
	EQ(getxattr("d", "security.capability", got, sizeof(got)), 20);
}

CASE("DAC_OVERRIDE, DAC_READ_SEARCH, FOWNER, CHOWN each do their part")
{
	pid_t pid;

	abi_write("f", "x");
	chmod("f", 0);
	mkdir("d", 0);
	CHILD(pid) {
		OK(capset(CAP(CAP_DAC_READ_SEARCH), ALL, 0));
		OK(open("f", O_RDONLY));
		ERR(open("f", O_WRONLY), 0 + EACCES);
		OK(open("d", O_RDONLY));
		ERR(mkdir("d/x", 0700), EACCES);
		OK(capset(CAP(CAP_DAC_OVERRIDE), ALL, 0));
		OK(open("f", O_RDWR));
		OK(mkdir("d/x", 0700));
	}
	EQ(abi_exit_code(pid), 0);
	CHILD(pid) {
		OK(prctl(PR_SET_KEEPCAPS, 1));
		OK(syscall(SYS_setresuid, 1000, 1000, 1000));
		OK(capset(CAP(CAP_DAC_OVERRIDE), ALL, 0));
		ERR(chmod("f", 0644), EPERM);
		ERR(chown("f", 1000, -1), EPERM);
		OK(capset(CAP(CAP_FOWNER), ALL, 0));
		OK(chmod("f", 0600));
		ERR(chown("f", 1000, -1), EPERM);
		OK(capset(CAP(CAP_CHOWN), ALL, 0));
		OK(chown("f", 1000, 77));
	}
	EQ(abi_exit_code(pid), 0);
}
