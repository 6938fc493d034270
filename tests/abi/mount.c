/* Mounting: kinds, flags, moves, unmounting, pivot_root. */
#include "mounts.h"

#include <poll.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>

CASE("mount: errors")
{
	pid_t pid;

	enter();
	mkdir("d", 0755);
	abi_write("f", "x");
	ERR(mount("none", "missing", "tmpfs", 0, NULL), ENOENT);
	ERR(mount("none", "d", "nofs", 0, NULL), ENODEV);
	ERR(mount("none", "f", "tmpfs", 0, NULL), ENOTDIR);
	ERR(mount("none", BAD_PTR, "tmpfs", 0, NULL), EFAULT);
	ERR(mount("none", "d", BAD_PTR, 0, NULL), EFAULT);
	ERR(mount("none", "d", NULL, 0, NULL), EINVAL);
	ERR(mount("none", "d", "tmpfs", 0, "size=oops"), EINVAL);
	ERR(mount("none", "d", "tmpfs", 0, "nosuch=1"), EINVAL);
	ERR(mount("none", "d", NULL, MS_REMOUNT, NULL), EINVAL);
	ERR(mount("missing", "d", NULL, MS_BIND, NULL), ENOENT);
	ERR(mount("f", "d", NULL, MS_BIND, NULL), ENOTDIR);
	ERR(mount("d", "f", NULL, MS_BIND, NULL), ENOTDIR);
	ERR(mount("d", "d", NULL, MS_MOVE, NULL), EINVAL);
	ERR(umount("d"), EINVAL);
	ERR(umount("missing"), ENOENT);
	ERR(umount2("d", 0x100), EINVAL);
	ERR(umount2("/proc", MNT_EXPIRE | MNT_FORCE), EINVAL);
	CHILD(pid) {
		abi_drop(1000, 1000);
		ERR(mount("none", "d", "tmpfs", 0, NULL), EPERM);
		ERR(umount("/proc"), EPERM);
	}
	EQ(abi_exit_code(pid), 0);
}

CASE("tmpfs: options, size and inode limits")
{
	struct statfs s;
	struct stat st;
	static char block[65536];

	enter();
	mkdir("d", 0755);
	OK(mount("none", "d", "tmpfs", 0, "size=64k,nr_inodes=5,mode=1700,"
		 "uid=12,gid=13"));
	stat("d", &st);
	EQ(st.st_mode, S_IFDIR | 01700);
	EQ(st.st_uid, 12);
	EQ(st.st_gid, 13);
	statfs("d", &s);
	EQ(s.f_blocks, 16);
	EQ(s.f_bfree, 16);
	EQ(s.f_files, 5);
	EQ(s.f_ffree, 4);
	int fd = (int)OK(open("d/f", O_RDWR | O_CREAT, 0600));
	EQ(write(fd, block, sizeof(block)), sizeof(block));
	ERR(write(fd, block, 1), ENOSPC);
	ERR(fallocate(fd, 0, 65536, 1), ENOSPC);
	statfs("d", &s);
	EQ(s.f_bfree, 0);
	ftruncate(fd, 0);
	statfs("d", &s);
	EQ(s.f_bfree, 16);
	OK(mkdir("d/a", 0700));
	OK(mkdir("d/b", 0700));
	OK(mkdir("d/c", 0700));
	ERR(mkdir("d/e", 0700), ENOSPC);
	OK(mount("none", "d", "tmpfs", MS_REMOUNT, "nr_inodes=100"));
	OK(mkdir("d/e", 0700));
	pwrite(fd, block, 32768, 0);
	ERR(mount("none", "d", "tmpfs", MS_REMOUNT, "size=4k"), EINVAL);
	ERR(umount("d"), EBUSY);
	close(fd);
	OK(umount("d"));
}

CASE("read-only, nosuid, nodev, noexec, noatime")
{
	char *argv[] = { "x", NULL };
	struct statvfs v;

	enter();
	mkdir("d", 0755);
	OK(mount("none", "d", "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC |
		 MS_NOATIME, NULL));
	statvfs("d", &v);
	EQ(v.f_flag & 15, ST_NOSUID | ST_NODEV | ST_NOEXEC);
	abi_write("d/s", "#!/bin/true\n");
	chmod("d/s", 0755);
	ERR(execve("d/s", argv, NULL), EACCES);
	mknod("d/null", S_IFCHR | 0666, 0x103);
	ERR(open("d/null", O_RDWR), EACCES);
	int fd = open("d/s", O_RDWR);
	ERR((long)mmap(NULL, PAGE, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0),
	    EPERM);
	ERR(mount("none", "d", NULL, MS_REMOUNT | MS_RDONLY, NULL), EBUSY);
	close(fd);
	OK(mount("none", "d", NULL, MS_REMOUNT | MS_RDONLY, NULL));
	ERR(open("d/s", O_RDWR), EROFS);
	ERR(open("d/new", O_RDWR | O_CREAT, 0600), EROFS);
	ERR(mkdir("d/new", 0700), EROFS);
	ERR(unlink("d/s"), EROFS);
	ERR(rename("d/s", "d/t"), EROFS);
	ERR(chmod("d/s", 0), EROFS);
	ERR(truncate("d/s", 0), EROFS);
	ERR(access("d/s", W_OK), EROFS);
	ERR(utimensat(AT_FDCWD, "d/s", NULL, 0) == 0 ? 0 : -1, EROFS);
	OK(open("d/s", O_RDONLY));
	CHECK(mounted("/d ro,"));
	mkdir("e", 0755);
	OK(mount("fresh", "e", "tmpfs", MS_RDONLY, NULL));
	CHECK(mounted("/e ro,relatime - tmpfs fresh ro"));
	OK(mount("fresh", "e", NULL, MS_REMOUNT, NULL));
	CHECK(mounted("/e rw,relatime - tmpfs fresh rw"));
	OK(mkdir("e/x", 0700));
}

CASE("bind mounts: one place, a file, recursive, read-only view")
{
	enter();
	mkdir("a", 0755);
	mkdir("b", 0755);
	mkdir("c", 0755);
	abi_write("a/f", "text");
	abi_write("file", "other");
	OK(mount("a", "b", NULL, MS_BIND, NULL));
	STR(abi_read("b/f"), "text");
	struct stat x, y;
	stat("a", &x);
	stat("b", &y);
	EQ(x.st_ino, y.st_ino);
	ERR(rmdir("b"), EBUSY);
	ERR(rename("b", "z"), EBUSY);
	OK(mount("file", "b/f", NULL, MS_BIND, NULL));
	STR(abi_read("b/f"), "other");
	STR(abi_read("a/f"), "text");
	ERR(unlink("b/f"), EBUSY);
	OK(mount("b", "c", NULL, MS_BIND, NULL));
	STR(abi_read("c/f"), "text");	/* not recursive */
	OK(umount("c"));
	OK(mount("b", "c", NULL, MS_BIND | MS_REC, NULL));
	STR(abi_read("c/f"), "other");
	OK(mount(NULL, "c", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL));
	ERR(open("c/new", O_CREAT | O_RDWR, 0600), EROFS);
	OK(open("b/new", O_CREAT | O_RDWR, 0600));
	ERR(link("b/new", "a/hard"), EXDEV);
	ERR(rename("b/new", "a/moved"), EXDEV);
	ERR(umount("b"), EBUSY);
	OK(umount2("b", MNT_DETACH));
	ERR(stat("b/new", &x), ENOENT);
	OK(umount("c/f"));
	OK(umount("c"));
}

CASE("moving, stacking, lazy unmounting")
{
	int fd;

	enter();
	mkdir("a", 0755);
	mkdir("b", 0755);
	OK(mount("one", "a", "tmpfs", 0, NULL));
	abi_write("a/1", "1");
	OK(mount("two", "a", "tmpfs", 0, NULL));
	ERR(access("a/1", F_OK), ENOENT);
	abi_write("a/2", "2");
	OK(umount("a"));
	OK(access("a/1", F_OK));
	OK(mount("a", "b", NULL, MS_MOVE, NULL));
	ERR(access("a/1", F_OK), ENOENT);
	OK(access("b/1", F_OK));
	ERR(mount("a", "b", NULL, MS_MOVE, NULL), EINVAL);
	mkdir("b/in", 0755);
	ERR(mount("b", "b/in", NULL, MS_MOVE, NULL), ELOOP);
	fd = open("b/1", O_RDONLY);
	ERR(umount("b"), EBUSY);
	OK(umount2("b", MNT_DETACH));
	char c;
	EQ(read(fd, &c, 1), 1);
	ERR(access("b/1", F_OK), ENOENT);
	symlink("a", "l");
	OK(mount("x", "a", "tmpfs", 0, NULL));
	ERR(umount2("l", UMOUNT_NOFOLLOW), EINVAL);
	OK(umount2("l", 0));
}

CASE("namespaces keep mounts apart")
{
	pid_t pid;
	struct abi_gate ready, go;

	enter();
	mkdir("d", 0755);
	gate_init(&ready);
	gate_init(&go);
	CHILD(pid) {
		NEED(unshare(CLONE_NEWNS) == 0);
		OK(mount("theirs", "d", "tmpfs", 0, NULL));
		abi_write("d/theirs", "x");
		gate_open(&ready);
		gate_wait(&go);
	}
	gate_wait(&ready);
	ERR(access("d/theirs", F_OK), ENOENT);
	gate_open(&go);
	EQ(abi_exit_code(pid), 0);
}

CASE("pivot_root")
{
	pid_t pid;

	enter();
	mkdir("new", 0755);
	OK(mount("new", "new", "tmpfs", 0, NULL));
	mkdir("new/old", 0755);
	abi_write("new/here", "x");
	ERR(syscall(SYS_pivot_root, "missing", "new"), ENOENT);
	ERR(syscall(SYS_pivot_root, "new", "missing"), ENOENT);
	mkdir("plain", 0755);
	ERR(syscall(SYS_pivot_root, "plain", "plain"), EINVAL);
	CHILD(pid) {
		abi_drop(1000, 1000);
		ERR(syscall(SYS_pivot_root, "new", "new/old"), EPERM);
	}
	abi_reap(pid);
	/* the first file system of all cannot be moved: a root below it can */
	mkdir("root", 0755);
	OK(mount("root", "root", "tmpfs", 0, NULL));
	OK(chdir("root"));
	mkdir("new", 0755);
	OK(mount("n", "new", "tmpfs", 0, NULL));
	mkdir("new/old", 0755);
	abi_write("new/here", "x");
	OK(chroot("."));
	ERR(syscall(SYS_pivot_root, "/new", "/"), EBUSY);
	OK(syscall(SYS_pivot_root, "/new", "/new/old"));
	OK(access("/here", F_OK));
	OK(access("/old/new", F_OK));
	OK(umount2("/old", MNT_DETACH));
	ERR(access("/old/new", F_OK), ENOENT);
}

CASE("pivot_root refuses shared mounts")
{
	enter();
	mkdir("root", 0755);
	OK(mount("root", "root", "tmpfs", 0, NULL));
	OK(chdir("root"));
	mkdir("new", 0755);
	OK(mount("n", "new", "tmpfs", 0, NULL));
	mkdir("new/old", 0755);
	OK(chroot("."));
	OK(mount(NULL, "/", NULL, MS_SHARED, NULL));
	ERR(syscall(SYS_pivot_root, "/new", "/new/old"), EINVAL);
	OK(mount(NULL, "/", NULL, MS_PRIVATE, NULL));
	OK(mount(NULL, "/new", NULL, MS_SHARED, NULL));
	ERR(syscall(SYS_pivot_root, "/new", "/new/old"), EINVAL);
	OK(mount(NULL, "/new", NULL, MS_PRIVATE, NULL));
	OK(syscall(SYS_pivot_root, "/new", "/new/old"));
}

CASE("MNT_EXPIRE unmounts what nobody uses in between")
{
	enter();
	mkdir("d", 0755);
	OK(mount("none", "d", "tmpfs", 0, NULL));
	int fd = (int)OK(open("d", O_RDONLY));
	ERR(umount2("d", MNT_EXPIRE), EBUSY);
	close(fd);
	ERR(umount2("d", MNT_EXPIRE), EAGAIN);
	close((int)OK(open("d", O_RDONLY)));
	ERR(umount2("d", MNT_EXPIRE), EAGAIN);
	OK(umount2("d", MNT_EXPIRE));
	ERR(umount2("d", MNT_EXPIRE), EINVAL);
	ERR(umount2("/", MNT_EXPIRE), EINVAL);
}

CASE("remounting: access times stay, writers on any mount count")
{
	enter();
	mkdir("d", 0755);
	mkdir("e", 0755);
	OK(mount("none", "d", "tmpfs", MS_NOATIME, NULL));
	OK(mount(NULL, "d", NULL, MS_REMOUNT | MS_NOSUID, NULL));
	CHECK(mounted("/d rw,nosuid,noatime"));
	OK(mount(NULL, "d", NULL, MS_REMOUNT | MS_RELATIME, NULL));
	CHECK(mounted("/d rw,relatime"));
	OK(mount(NULL, "d", NULL, MS_REMOUNT | MS_STRICTATIME, NULL));
	CHECK(mounted("/d rw - tmpfs"));
	OK(mount("d", "e", NULL, MS_BIND, NULL));
	int fd = (int)OK(open("e/f", O_CREAT | O_RDWR, 0600));
	ERR(mount(NULL, "d", NULL, MS_REMOUNT | MS_RDONLY, NULL), EBUSY);
	EQ(write(fd, "x", 1), 1);
	close(fd);
	OK(mount(NULL, "d", NULL, MS_REMOUNT | MS_RDONLY, NULL));
	ERR(open("e/g", O_CREAT | O_RDWR, 0600), EROFS);
}

CASE("removing what another namespace has mounted on")
{
	struct abi_gate ready, go;
	pid_t pid;

	enter();
	mkdir("d", 0755);
	mkdir("d2", 0755);
	abi_write("f", "x");
	abi_write("g", "y");
	abi_write("h", "z");
	gate_init(&ready);
	gate_init(&go);
	CHILD(pid) {
		NEED(unshare(CLONE_NEWNS) == 0);
		OK(mount("theirs", "d", "tmpfs", 0, NULL));
		OK(mount("g", "f", NULL, MS_BIND, NULL));
		OK(mount("g", "h", NULL, MS_BIND, NULL));
		OK(mount("theirs", "d2", "tmpfs", 0, NULL));
		ERR(rmdir("d"), EBUSY);
		ERR(unlink("f"), EBUSY);
		gate_open(&ready);
		gate_wait(&go);
		ERR(access("d", F_OK), ENOENT);
		ERR(access("f", F_OK), ENOENT);
		STR(abi_read("h"), "y");
		OK(access("moved", F_OK));
		CHECK(!mounted("/d "));
		CHECK(mounted("/moved "));
	}
	gate_wait(&ready);
	OK(rmdir("d"));
	OK(unlink("f"));
	OK(rename("d2", "moved"));
	gate_open(&go);
	EQ(abi_exit_code(pid), 0);
}

CASE("many mounts on one another")
{
	char dir[64] = "d";
	int i;

	enter();
	mkdir("d", 0755);
	for (i = 0; i < 600; i++)
		if (mount("deep", "d", "tmpfs", 0, "nr_inodes=4"))
			break;
	EQ(i, 600);
	mkdir("copy", 0755);
	OK(mount("d", "copy", NULL, MS_BIND | MS_REC, NULL));
	OK(umount("copy"));
	while (i && umount(dir) == 0)
		i--;
	EQ(i, 0);
	ERR(umount(dir), EINVAL);
}

CASE("/proc/PID/mounts: of that process, and what its root reaches; poll")
{
	struct abi_gate ready, go;
	struct pollfd p = { .events = POLLPRI };
	char path[64];
	pid_t pid;

	enter();
	mkdir("r", 0755);
	mkdir("d", 0755);
	OK(mount("jail", "r", "tmpfs", 0, NULL));
	mkdir("r/in", 0755);
	OK(mount("in side#", "r/in", "tmpfs", 0, NULL));
	CHECK(strstr(abi_read("/proc/self/mounts"), "in\\040side\\043 ") != NULL);
	gate_init(&ready);
	gate_init(&go);
	CHILD(pid) {
		NEED(chroot("r") == 0);
		gate_open(&ready);
		gate_wait(&go);
	}
	gate_wait(&ready);
	snprintf(path, sizeof(path), "/proc/%d/mounts", pid);
	const char *text = abi_read(path);
	CHECK(strstr(text, "jail / tmpfs rw") != NULL);
	CHECK(strstr(text, " /in tmpfs rw") != NULL);
	CHECK(strstr(text, " /proc ") == NULL);
	snprintf(path, sizeof(path), "/proc/%d/mountstats", pid);
	CHECK(strstr(abi_read(path),
		     "device jail mounted on / with fstype tmpfs\n") != NULL);
	gate_open(&go);
	EQ(abi_exit_code(pid), 0);
	p.fd = (int)OK(open("/proc/self/mountinfo", O_RDONLY));
	EQ(poll(&p, 1, 0), 0);
	OK(mount("new", "d", "tmpfs", 0, NULL));
	EQ(poll(&p, 1, 0), 1);
	EQ(p.revents, POLLPRI | POLLERR);
	EQ(poll(&p, 1, 0), 0);
}
