/* Namespaces as files: /proc/PID/ns, setns. */
#include "mounts.h"

#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/statfs.h>

static long ns_inode(const char *path)
{
	struct stat st = { .st_ino = 0 };

	return stat(path, &st) ? -1 : (long)st.st_ino;
}

CASE("namespace files: names, numbers, ioctls")
{
	char text[64] = "", want[64];
	struct statfs fs;
	struct stat st;
	pid_t pid;

	long ino = ns_inode("/proc/self/ns/mnt");
	CHECK(ino > 0);
	snprintf(want, sizeof(want), "mnt:[%ld]", ino);
	OK(readlink("/proc/self/ns/mnt", text, sizeof(text) - 1));
	STR(text, want);
	lstat("/proc/self/ns/uts", &st);
	EQ(st.st_mode, S_IFLNK | 0777);
	CHECK(ns_inode("/proc/self/ns/uts") != ino);
	int fd = (int)OK(open("/proc/self/ns/mnt", O_RDONLY));
	fstat(fd, &st);
	EQ(st.st_mode, S_IFREG | 0444);
	fstatfs(fd, &fs);
	EQ(fs.f_type, 0x6e736673);
	EQ(ioctl(fd, 0xb703), CLONE_NEWNS);	/* NS_GET_NSTYPE */
	ERR(ioctl(fd, 0xb702), EINVAL);		/* NS_GET_PARENT */
	ERR(ioctl(fd, 0xb7ff), ENOTTY);
	char c;
	ERR(read(fd, &c, 1), EINVAL);
	ERR(open("/proc/self/ns/nothing", O_RDONLY), ENOENT);
	CHILD(pid) {
		EQ(ns_inode("/proc/self/ns/mnt"), ino);
		NEED(unshare(CLONE_NEWNS | CLONE_NEWUTS) == 0);
		CHECK(ns_inode("/proc/self/ns/mnt") != ino);
	}
	EQ(abi_exit_code(pid), 0);
}

CASE("setns: by file, by pidfd, errors")
{
	struct abi_gate ready, go;
	char path[64], name[64];
	pid_t pid, other;
	int mnt, uts, pidfd;

	enter();
	mkdir("d", 0755);
	gate_init(&ready);
	gate_init(&go);
	CHILD(pid) {
		NEED(unshare(CLONE_NEWNS | CLONE_NEWUTS) == 0);
		OK(mount("theirs", "d", "tmpfs", 0, NULL));
		abi_write("d/theirs", "x");
		OK(sethostname("elsewhere", 9));
		gate_open(&ready);
		gate_wait(&go);
	}
	gate_wait(&ready);
	NEED(getcwd(name, sizeof(name)) != NULL);
	snprintf(path, sizeof(path), "/proc/%d/ns/mnt", pid);
	mnt = (int)OK(open(path, O_RDONLY));
	snprintf(path, sizeof(path), "/proc/%d/ns/uts", pid);
	uts = (int)OK(open(path, O_RDONLY));
	pidfd = (int)OK(syscall(SYS_pidfd_open, pid, 0));
	ERR(setns(-1, 0), EBADF);
	ERR(setns(mnt, CLONE_NEWUTS), EINVAL);
	ERR(setns(open("/", O_RDONLY), 0), EINVAL);
	ERR(setns(pidfd, 0), EINVAL);
	ERR(setns(pidfd, CLONE_VM), EINVAL);
	CHILD(other) {
		char dir[64], host[64];

		ERR(access("d/theirs", F_OK), ENOENT);
		OK(setns(mnt, 0));
		STR(getcwd(dir, sizeof(dir)), "/");
		OK(chdir(name));
		OK(access("d/theirs", F_OK));
		gethostname(host, sizeof(host));
		CHECK(strcmp(host, "elsewhere") != 0);
		OK(setns(uts, CLONE_NEWUTS));
		gethostname(host, sizeof(host));
		STR(host, "elsewhere");
	}
	EQ(abi_exit_code(other), 0);
	CHILD(other) {
		char host[64];

		OK(setns(pidfd, CLONE_NEWNS | CLONE_NEWUTS));
		OK(chdir(name));
		OK(access("d/theirs", F_OK));
		gethostname(host, sizeof(host));
		STR(host, "elsewhere");
	}
	EQ(abi_exit_code(other), 0);
	CHILD(other) {
		abi_drop(1000, 1000);
		ERR(setns(mnt, 0), EPERM);
		ERR(setns(uts, 0), EPERM);
	}
	EQ(abi_exit_code(other), 0);
	gate_open(&go);
	EQ(abi_exit_code(pid), 0);
	ERR(setns(pidfd, CLONE_NEWNS), ESRCH);
	/* the open files keep them */
	CHILD(other) {
		OK(setns(mnt, CLONE_NEWNS));
		OK(chdir(name));
		OK(access("d/theirs", F_OK));
	}
	EQ(abi_exit_code(other), 0);
}

CASE("namespace files can be mounted, to be kept")
{
	pid_t pid;

	enter();
	abi_write("uts", "");
	abi_write("mnt", "");
	/* one's own mount namespace would hold itself */
	ERR(mount("/proc/self/ns/mnt", "mnt", NULL, MS_BIND, NULL), EINVAL);
	CHILD(pid) {
		NEED(unshare(CLONE_NEWUTS) == 0);
		OK(sethostname("kept", 4));
		OK(mount("/proc/self/ns/uts", "uts", NULL, MS_BIND, NULL));
	}
	EQ(abi_exit_code(pid), 0);
	CHECK(mounted(" - nsfs nsfs "));
	CHILD(pid) {
		char host[64];

		OK(setns(open("uts", O_RDONLY), CLONE_NEWUTS));
		gethostname(host, sizeof(host));
		STR(host, "kept");
	}
	EQ(abi_exit_code(pid), 0);
	OK(umount("uts"));
}

/*
 * A new namespace, whose file is mounted in the present one; from there on again.
 * All but the first process end at once.
 */
static void chain(int length)
{
	struct abi_gate ready, held;
	char path[32];
	pid_t pid;

	if (!length)
		return;
	gate_init(&ready);
	gate_init(&held);
	pid = fork();
	if (!pid) {
		NEED(unshare(CLONE_NEWNS) == 0);
		gate_open(&ready);
		gate_wait(&held);
		chain(length - 1);
		_exit(0);
	}
	gate_wait(&ready);
	snprintf(path, sizeof(path), "/proc/%d/ns/mnt", pid);
	OK(mount(path, "f", NULL, MS_BIND, NULL));
	gate_open(&held);
}

CASE_LIMIT("namespaces that hold each other in a chain go one after the other", 60)
{
	enter();
	abi_write("f", "");
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	chain(200);
	while (wait(NULL) > 0)
		;
	CHECK(mounted(" - nsfs nsfs "));
	OK(umount("f"));
	CHECK(!mounted(" - nsfs nsfs "));
}
