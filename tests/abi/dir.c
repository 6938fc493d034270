/* Directories and names: links, renames, removal, permissions, attributes. */
#include "abi.h"

#include <dirent.h>
#include <linux/fs.h>
#include <linux/stat.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

#ifndef AT_EMPTY_PATH
#define AT_EMPTY_PATH 0x1000
#endif

static void make(const char *name, const char *text)
{
	abi_write(name, text);
}

static long renameat2(const char *a, const char *b, unsigned flags)
{
	return syscall(SYS_renameat2, AT_FDCWD, a, AT_FDCWD, b, flags);
}

CASE("mkdir, mknod: errors and kinds")
{
	struct stat st;
	pid_t pid;

	OK(mkdir("d", 0777));
	ERR(mkdir("d", 0777), EEXIST);
	ERR(mkdir("d/", 0777), EEXIST);
	ERR(mkdir(".", 0777), EEXIST);
	ERR(mkdir("/", 0777), EEXIST);
	ERR(mkdir("", 0777), ENOENT);
	ERR(mkdir("none/x", 0777), ENOENT);
	OK(mkdir("slash/", 0700));
	make("f", "");
	ERR(mkdir("f/x", 0777), ENOTDIR);
	symlink("nowhere", "l");
	ERR(mkdir("l", 0777), EEXIST);
	ERR(mkdir("l/", 0777), EEXIST);
	stat("d", &st);
	EQ(st.st_mode, S_IFDIR | 0755);
	EQ(st.st_nlink, 2);
	OK(mkdir("d/e", 0777));
	stat("d", &st);
	EQ(st.st_nlink, 3);
	OK(mknod("fifo", S_IFIFO | 0600, 0));
	OK(mknod("reg", 0600, 0));
	OK(mknod("null", S_IFCHR | 0666, makedev(1, 3)));
	OK(mknod("sock", S_IFSOCK | 0600, 0));
	OK(mknod("blk", S_IFBLK | 0600, makedev(200, 1)));
	ERR(mknod("dir", S_IFDIR | 0600, 0), EPERM);
	ERR(mknod("lnk", S_IFLNK | 0600, 0), EINVAL);
	ERR(mknod("fifo", S_IFIFO | 0600, 0), EEXIST);
	stat("null", &st);
	EQ(st.st_rdev, makedev(1, 3));
	int fd = (int)OK(open("null", O_WRONLY));
	EQ(write(fd, "gone", 4), 4);
	ERR(open("sock", O_RDONLY), ENXIO);
	ERR(open("blk", O_RDONLY), ENXIO);
	CHILD(pid) {
		chmod(".", 0777);
		abi_drop(1000, 1000);
		ERR(mknod("dev", S_IFCHR | 0600, makedev(1, 3)), EPERM);
		ERR(mknod("dev", S_IFBLK | 0600, makedev(1, 3)), EPERM);
		OK(mknod("p", S_IFIFO | 0600, 0));
	}
	abi_reap(pid);
}

CASE("unlink and rmdir")
{
	struct stat st;

	mkdir("d", 0755);
	mkdir("d/e", 0755);
	make("f", "x");
	symlink("d", "l");
	ERR(unlink("none"), ENOENT);
	ERR(unlink("d"), EISDIR);
	ERR(unlink("f/"), ENOTDIR);
	ERR(unlink("."), EISDIR);
	ERR(unlink(""), ENOENT);
	ERR(unlink("d/e/.."), EISDIR);
	ERR(rmdir("f"), ENOTDIR);
	ERR(rmdir("d"), ENOTEMPTY);
	ERR(rmdir("."), EINVAL);
	ERR(rmdir("d/e/.."), ENOTEMPTY);
	ERR(rmdir("l"), ENOTDIR);
	ERR(rmdir("l/"), ENOTDIR);
	ERR(rmdir("/"), EBUSY);
	ERR(rmdir("/proc"), EBUSY);
	ERR(unlinkat(AT_FDCWD, "f", 4), EINVAL);
	ERR(unlinkat(99, "f", 0), EBADF);
	OK(unlinkat(AT_FDCWD, "d/e", AT_REMOVEDIR));
	OK(rmdir("d/"));
	int fd = open("f", O_RDWR);
	OK(unlink("f"));
	fstat(fd, &st);
	EQ(st.st_nlink, 0);
	EQ(write(fd, "y", 1), 1);
	OK(unlink("l"));
	/* a directory removed under one's feet */
	mkdir("gone", 0755);
	OK(chdir("gone"));
	OK(rmdir("../gone"));
	ERR(open("x", O_CREAT | O_RDWR, 0600), ENOENT);
	ERR(mkdir("x", 0700), ENOENT);
	char buf[100];
	ERR(syscall(SYS_getcwd, buf, sizeof(buf)), ENOENT);
	OK(stat(".", &st));
	EQ(st.st_nlink, 0);
	OK(chdir(".."));
}

CASE("link and symlink")
{
	struct stat st;
	char buf[10];

	make("f", "x");
	mkdir("d", 0755);
	OK(link("f", "g"));
	stat("g", &st);
	EQ(st.st_nlink, 2);
	ERR(link("f", "g"), EEXIST);
	ERR(link("none", "h"), ENOENT);
	ERR(link("d", "dd"), EPERM);
	ERR(link("f", "/dev/x"), EXDEV);
	ERR(link("f", "h/"), ENOENT);
	ERR(linkat(AT_FDCWD, "f", AT_FDCWD, "h", 1), EINVAL);
	OK(symlink("f", "l"));
	OK(link("l", "l2"));	/* the link itself */
	lstat("l2", &st);
	CHECK(S_ISLNK(st.st_mode));
	OK(linkat(AT_FDCWD, "l", AT_FDCWD, "f3", AT_SYMLINK_FOLLOW));
	lstat("f3", &st);
	CHECK(S_ISREG(st.st_mode));
	ERR(symlink("", "e"), ENOENT);
	ERR(symlink("x", "f"), EEXIST);
	ERR(symlink("x", "none/y"), ENOENT);
	EQ(readlink("l", buf, sizeof(buf)), 1);
	ERR(readlink("f", buf, sizeof(buf)), EINVAL);
	ERR(readlink("none", buf, sizeof(buf)), ENOENT);
	ERR(readlink("l", BAD_PTR, 10), EFAULT);
	ERR(syscall(SYS_readlinkat, AT_FDCWD, "l", buf, 0), EINVAL);
	ERR(syscall(SYS_readlinkat, AT_FDCWD, "l", buf, -1), EINVAL);
	symlink("0123456789abcdef", "long");
	EQ(readlink("long", buf, 10), 10);
	lstat("long", &st);
	EQ(st.st_size, 16);
	EQ(st.st_mode, S_IFLNK | 0777);
}

CASE("symlink chains and loops")
{
	char from[20], to[20];

	make("s0", "end");
	for (int i = 1; i <= 41; i++) {
		sprintf(from, "s%d", i);
		sprintf(to, "s%d", i - 1);
		symlink(to, from);
	}
	OK(open("s40", O_RDONLY));
	ERR(open("s41", O_RDONLY), ELOOP);
	symlink("loop", "loop");
	ERR(open("loop", O_RDONLY), ELOOP);
	ERR(open("loop/x", O_RDONLY), ELOOP);
	OK(open("loop", O_PATH | O_NOFOLLOW));
	symlink("b", "a");
	symlink("a", "b");
	ERR(chdir("a"), ELOOP);
	ERR(stat("b", &(struct stat){ 0 }), ELOOP);
	static char target[4096];
	memset(target, 'x', sizeof(target) - 1);
	OK(symlink(target, "max"));
	target[4095] = 0;
	ERR(open("max", O_RDONLY), ENAMETOOLONG);
}

CASE("rename: files and directories over one another")
{
	struct stat st;

	make("f", "f");
	make("g", "g");
	mkdir("d", 0755);
	mkdir("e", 0755);
	make("e/in", "");
	ERR(rename("none", "x"), ENOENT);
	ERR(rename("f", "d"), EISDIR);
	ERR(rename("d", "f"), ENOTDIR);
	ERR(rename("d", "e"), ENOTEMPTY);
	ERR(rename("d", "d/x"), EINVAL);
	ERR(rename("f", "x/"), ENOTDIR);
	ERR(rename("f/", "x"), ENOTDIR);
	ERR(rename(".", "x"), EBUSY);
	ERR(rename("d/.", "x"), EBUSY);
	ERR(rename("d/..", "x"), EBUSY);
	ERR(rename("f", "."), EBUSY);
	ERR(rename("f", "/proc/x"), EXDEV);
	ERR(rename("", "x"), ENOENT);
	ERR(rename("e/in", "e"), ENOTEMPTY);
	OK(rename("f", "f"));
	OK(rename("f", "g"));
	STR(abi_read("g"), "f");
	ERR(stat("f", &st), ENOENT);
	OK(rename("e", "d"));	/* over an empty one */
	OK(stat("d/in", &st));
	OK(rename("d", "d2/"));
	link("g", "h");
	OK(rename("g", "h"));	/* the same file: nothing happens */
	OK(stat("g", &st));
	OK(stat("h", &st));
	symlink("d2", "l");
	OK(rename("l", "l2"));
	lstat("l2", &st);
	CHECK(S_ISLNK(st.st_mode));
	ERR(rename("l2/", "l3"), ENOTDIR);
	stat(".", &st);
	EQ(st.st_nlink, 3);
	/* .. of a moved directory */
	mkdir("p", 0755);
	mkdir("q", 0755);
	OK(rename("p", "q/p"));
	struct stat a, b;
	stat("q", &a);
	stat("q/p/..", &b);
	EQ(a.st_ino, b.st_ino);
	EQ(a.st_nlink, 3);
}

CASE("renameat2: NOREPLACE, EXCHANGE, WHITEOUT")
{
	struct stat st;

	make("a", "A");
	make("b", "B");
	mkdir("d", 0755);
	make("d/x", "");
	ERR(renameat2("a", "b", RENAME_NOREPLACE), EEXIST);
	OK(renameat2("a", "c", RENAME_NOREPLACE));
	ERR(renameat2("c", "c", RENAME_NOREPLACE), EEXIST);
	ERR(renameat2("c", "none", RENAME_EXCHANGE), ENOENT);
	OK(renameat2("c", "b", RENAME_EXCHANGE));
	STR(abi_read("c"), "B");
	STR(abi_read("b"), "A");
	OK(renameat2("b", "d", RENAME_EXCHANGE));
	STR(abi_read("d"), "A");
	OK(stat("b/x", &st));
	ERR(renameat2("b", "b/x", RENAME_EXCHANGE), EINVAL);
	ERR(renameat2("b/x", "b", RENAME_EXCHANGE), EINVAL);
	ERR(renameat2("c", "d", 8), EINVAL);
	ERR(renameat2("c", "d", RENAME_EXCHANGE | RENAME_NOREPLACE), EINVAL);
	ERR(renameat2("c", "d", RENAME_EXCHANGE | RENAME_WHITEOUT), EINVAL);
	OK(renameat2("c", "moved", RENAME_WHITEOUT));
	lstat("c", &st);
	CHECK(S_ISCHR(st.st_mode));
	EQ(st.st_rdev, 0);
}

CASE("permission bits: search, read, write, owner and group")
{
	struct stat st;
	pid_t pid;

	mkdir("noexec", 0700);
	chmod("noexec", 0666);
	make("noexec/f", "x");
	mkdir("noread", 0711);
	make("noread/f", "x");
	mkdir("g", 0770);
	chmod("g", 0770);
	chown("g", 0, 500);
	CHILD(pid) {
		abi_drop(1000, 1000);
		ERR(open("noexec/f", O_RDONLY), EACCES);
		ERR(stat("noexec/f", &st), EACCES);
		OK(open("noexec", O_RDONLY));
		ERR(open("noread", O_RDONLY), EACCES);
		OK(open("noread/f", O_RDONLY));
		ERR(chdir("noexec"), EACCES);
		ERR(mkdir("noread/x", 0700), EACCES);
		ERR(unlink("noread/f"), EACCES);
		ERR(rename("noread/f", "noread/g"), EACCES);
		ERR(open("g/x", O_CREAT | O_RDWR, 0600), EACCES);
		ERR(chmod("noread/f", 0777), EPERM);
		ERR(chown("noread/f", 1000, -1), EPERM);
		ERR(truncate("noread/f", 0), EACCES);
	}
	abi_reap(pid);
	CHILD(pid) {
		gid_t group = 500;

		syscall(SYS_setgroups, 1, &group);
		syscall(SYS_setresgid, 1000, 1000, 1000);
		syscall(SYS_setresuid, 1000, 1000, 1000);
		OK(open("g/x", O_CREAT | O_RDWR, 0600));
	}
	abi_reap(pid);
	/* the first class that fits decides, even if a later one would allow */
	make("f", "x");
	chown("f", 1000, 500);
	chmod("f", 0077);
	CHILD(pid) {
		abi_drop(1000, 500);
		ERR(open("f", O_RDONLY), EACCES);
		OK(chmod("f", 0707));
		OK(open("f", O_RDONLY));
	}
	abi_reap(pid);
}

CASE("sticky directories")
{
	pid_t pid;

	mkdir("s", 0777);
	chmod("s", 01777);
	make("s/root", "x");
	make("s/theirs", "x");
	chown("s/theirs", 2000, 2000);
	make("s/own", "x");
	chown("s/own", 1000, 1000);
	mkdir("s/dir", 0777);
	CHILD(pid) {
		abi_drop(1000, 1000);
		ERR(unlink("s/root"), EPERM);
		ERR(unlink("s/theirs"), EPERM);
		ERR(rename("s/root", "s/x"), EPERM);
		ERR(rename("s/own", "s/theirs"), EPERM);
		ERR(rmdir("s/dir"), EPERM);
		ERR(renameat2("s/own", "s/theirs", RENAME_EXCHANGE), EPERM);
		OK(rename("s/own", "s/mine"));
		OK(unlink("s/mine"));
	}
	abi_reap(pid);
	chown("s", 1000, 1000);	/* the directory's owner may do it */
	CHILD(pid) {
		abi_drop(1000, 1000);
		OK(unlink("s/theirs"));
	}
	abi_reap(pid);
}

CASE("access, faccessat2, eaccess rules")
{
	pid_t pid;

	make("f", "x");
	chmod("f", 0600);
	mkdir("d", 0700);
	symlink("nowhere", "l");
	OK(access("f", F_OK));
	OK(access("f", R_OK | W_OK));
	ERR(access("f", X_OK), EACCES);	/* not even for root */
	OK(access("d", X_OK));
	ERR(access("none", F_OK), ENOENT);
	ERR(access("f", 8), EINVAL);
	ERR(access("l", F_OK), ENOENT);
	EQ(syscall(SYS_faccessat2, AT_FDCWD, "l", F_OK, AT_SYMLINK_NOFOLLOW),
	   0);
	ERR(syscall(SYS_faccessat2, AT_FDCWD, "f", F_OK, 0x8), EINVAL);
	int fd = open("f", O_RDONLY);
	EQ(syscall(SYS_faccessat2, fd, "", R_OK, AT_EMPTY_PATH), 0);
	ERR(syscall(SYS_faccessat2, fd, "", R_OK, 0), ENOENT);
	CHILD(pid) {
		syscall(SYS_setresuid, 1000, 0, 0);
		ERR(syscall(SYS_faccessat, AT_FDCWD, "f", R_OK), EACCES);
		EQ(syscall(SYS_faccessat2, AT_FDCWD, "f", R_OK, AT_EACCESS),
		   0);
		OK(open("f", O_RDONLY));
	}
	abi_reap(pid);
}

CASE("chmod and chown")
{
	struct stat st;
	pid_t pid;

	make("f", "x");
	mkdir("d", 0755);
	symlink("f", "l");
	OK(chmod("f", 07777));
	stat("f", &st);
	EQ(st.st_mode, S_IFREG | 07777);
	OK(chown("f", 1000, 1001));
	stat("f", &st);
	EQ(st.st_mode, S_IFREG | 01777);	/* set-ids are dropped */
	EQ(st.st_uid, 1000);
	EQ(st.st_gid, 1001);
	OK(chown("f", -1, -1));
	OK(chown("f", -1, 5));
	stat("f", &st);
	EQ(st.st_uid, 1000);
	EQ(st.st_gid, 5);
	OK(lchown("l", 7, 8));
	lstat("l", &st);
	EQ(st.st_uid, 7);
	stat("l", &st);
	EQ(st.st_uid, 1000);
	ERR(syscall(SYS_fchownat, AT_FDCWD, "f", 0, 0, 0x8), EINVAL);
	ERR(chmod("none", 0), ENOENT);
	ERR(fchmod(99, 0), EBADF);
	int fd = open("f", O_RDONLY);
	OK(fchmod(fd, 0600));
	EQ(syscall(SYS_fchownat, fd, "", 9, 9, AT_EMPTY_PATH), 0);
	stat("f", &st);
	EQ(st.st_uid, 9);
	/* a group member may give to a group of its own only */
	chown("f", 1000, 1000);
	chmod("f", 0755);
	CHILD(pid) {
		gid_t group = 500;

		syscall(SYS_setgroups, 1, &group);
		syscall(SYS_setresgid, 1000, 1000, 1000);
		syscall(SYS_setresuid, 1000, 1000, 1000);
		OK(chown("f", -1, 500));
		ERR(chown("f", -1, 501), EPERM);
		ERR(chown("f", 1001, -1), EPERM);
		OK(chown("f", 1000, 1000));
		OK(chmod("f", 02755));
		stat("f", &st);
		EQ(st.st_mode & 07777, 02755);
		OK(chown("f", -1, 500));
		stat("f", &st);
		EQ(st.st_mode & 07777, 0755);
	}
	abi_reap(pid);
	chown("f", 1000, 600);
	CHILD(pid) {
		abi_drop(1000, 1000);
		OK(chmod("f", 02755));	/* not a member: no set-gid */
		stat("f", &st);
		EQ(st.st_mode & 07777, 0755);
	}
	abi_reap(pid);
}

CASE("stat and statx")
{
	struct statx x;
	struct stat st;

	make("f", "12345");
	symlink("f", "l");
	OK(stat("f", &st));
	EQ(st.st_size, 5);
	EQ(st.st_blksize, 4096);
	EQ(st.st_blocks, 8);
	EQ(st.st_nlink, 1);
	ERR(stat("none", &st), ENOENT);
	ERR(syscall(SYS_newfstatat, AT_FDCWD, "f", BAD_PTR, 0), EFAULT);
	ERR(syscall(SYS_newfstatat, AT_FDCWD, "f", &st, 8), EINVAL);
	ERR(syscall(SYS_newfstatat, AT_FDCWD, "", &st, 0), ENOENT);
	EQ(syscall(SYS_newfstatat, AT_FDCWD, "", &st, AT_EMPTY_PATH), 0);
	CHECK(S_ISDIR(st.st_mode));
	EQ(syscall(SYS_newfstatat, 0, "", &st, AT_EMPTY_PATH), 0);
	CHECK(S_ISCHR(st.st_mode));
	ERR(fstat(99, &st), EBADF);
	EQ(syscall(SYS_newfstatat, AT_FDCWD, "l", &st, AT_SYMLINK_NOFOLLOW), 0);
	CHECK(S_ISLNK(st.st_mode));
	memset(&x, 0xff, sizeof(x));
	EQ(syscall(SYS_statx, AT_FDCWD, "f", 0, STATX_BASIC_STATS, &x), 0);
	EQ(x.stx_mask & STATX_BASIC_STATS, STATX_BASIC_STATS);
	EQ(x.stx_size, 5);
	EQ(x.stx_mode, S_IFREG | 0644);
	EQ(x.stx_blksize, 4096);
	EQ(x.stx_nlink, 1);
	stat("f", &st);
	EQ(x.stx_ino, st.st_ino);
	EQ(x.stx_mtime.tv_sec, st.st_mtim.tv_sec);
	EQ(x.stx_mtime.tv_nsec, st.st_mtim.tv_nsec);
	EQ(makedev(x.stx_dev_major, x.stx_dev_minor), st.st_dev);
	/* The time of birth is there for those who ask. */
	static const char *const kinds[] = {"f", "l", "p", "."};
	mkfifo("p", 0600);
	EQ(x.stx_mask & STATX_BTIME, 0);
	EQ(x.stx_btime.tv_sec, 0);
	for (unsigned i = 0; i < ARRAY_SIZE(kinds); i++) {
		EQ(syscall(SYS_statx, AT_FDCWD, kinds[i], AT_SYMLINK_NOFOLLOW,
			   STATX_BTIME, &x), 0);
		EQ(x.stx_mask & STATX_BTIME, STATX_BTIME);
		CHECK(x.stx_btime.tv_sec > 0);
	}
	chmod("f", 0600);
	EQ(syscall(SYS_statx, AT_FDCWD, "f", 0, STATX_ALL, &x), 0);
	CHECK(x.stx_btime.tv_sec < x.stx_ctime.tv_sec ||
	      x.stx_btime.tv_nsec <= x.stx_ctime.tv_nsec);
	chmod("f", 0644);
	EQ(syscall(SYS_statx, AT_FDCWD, "f", 0, STATX_BASIC_STATS, &x), 0);
	EQ(x.stx_mnt_id, atol(strchr(strstr(abi_read("/proc/self/mountinfo"),
					    " /tmp ") -
				     20, '\n') + 1));
	ERR(syscall(SYS_statx, AT_FDCWD, "f", 0, 0x80000000, &x), EINVAL);
	ERR(syscall(SYS_statx, AT_FDCWD, "f", 0x8, STATX_ALL, &x), EINVAL);
	ERR(syscall(SYS_statx, AT_FDCWD, "f", 0x6000, STATX_ALL, &x), EINVAL);
	ERR(syscall(SYS_statx, AT_FDCWD, "f", 0, STATX_ALL, BAD_PTR), EFAULT);
	EQ(syscall(SYS_statx, AT_FDCWD, "/proc", 0, STATX_ALL, &x), 0);
	CHECK(x.stx_attributes & STATX_ATTR_MOUNT_ROOT);
}

struct entry {
	uint64_t ino;
	int64_t off;
	unsigned short len;
	unsigned char type;
	char name[];
};

CASE("getdents64: records, types, small buffers, seeking")
{
	char buf[4096] __attribute__((aligned(8)));
	int seen = 0, fd, calls = 0;
	long n;

	make("file", "");
	mkdir("folder", 0755);
	symlink("x", "link");
	mkfifo("fifo", 0600);
	for (int i = 0; i < 20; i++) {
		char name[20];

		sprintf(name, "entry%02d", i);
		make(name, "");
	}
	fd = open(".", O_RDONLY);
	ERR(syscall(SYS_getdents64, fd, buf, 20), EINVAL);
	ERR(syscall(SYS_getdents64, 0, buf, 4096), ENOTDIR);
	ERR(syscall(SYS_getdents64, 99, buf, 4096), EBADF);
	ERR(syscall(SYS_getdents64, fd, BAD_PTR, 4096), EFAULT);
	lseek(fd, 0, SEEK_SET);
	while ((n = syscall(SYS_getdents64, fd, buf, 128)) > 0) {
		calls++;
		for (long at = 0; at < n; ) {
			struct entry *d = (void *)(buf + at);

			EQ(d->len % 8, 0);
			CHECK(d->len >= 19 + strlen(d->name) + 1);
			if (!strcmp(d->name, "file"))
				EQ(d->type, DT_REG);
			if (!strcmp(d->name, "folder") || d->name[0] == '.')
				EQ(d->type, DT_DIR);
			if (!strcmp(d->name, "link"))
				EQ(d->type, DT_LNK);
			if (!strcmp(d->name, "fifo"))
				EQ(d->type, DT_FIFO);
			seen++;
			at += d->len;
		}
	}
	EQ(n, 0);
	EQ(seen, 26);
	CHECK(calls > 5);
	EQ(syscall(SYS_getdents64, fd, buf, 4096), 0);
	EQ(lseek(fd, 0, SEEK_SET), 0);
	CHECK(syscall(SYS_getdents64, fd, buf, 4096) > 500);
	/* removing while reading skips nothing that stays */
	int left = 0;
	DIR *dir = opendir(".");
	struct dirent *e;
	while ((e = readdir(dir))) {
		if (!strncmp(e->d_name, "entry", 5))
			OK(unlink(e->d_name));
		left++;
	}
	EQ(left, 26);
	rewinddir(dir);
	for (left = 0; readdir(dir); left++)
		;
	EQ(left, 6);
	mkdir("dead", 0700);
	fd = open("dead", O_RDONLY);
	rmdir("dead");
	ERR(syscall(SYS_getdents64, fd, buf, 4096), ENOENT);
}

CASE("getcwd, chdir, fchdir, chroot")
{
	char buf[PATH_MAX], here[PATH_MAX];
	pid_t pid;

	long n = OK(syscall(SYS_getcwd, here, sizeof(here)));
	EQ(n, strlen(here) + 1);
	ERR(syscall(SYS_getcwd, buf, 3), ERANGE);
	ERR(syscall(SYS_getcwd, BAD_PTR, 100), EFAULT);
	ERR(syscall(SYS_getcwd, buf, 0), ERANGE);
	make("f", "");
	ERR(chdir("f"), ENOTDIR);
	ERR(chdir("none"), ENOENT);
	ERR(fchdir(99), EBADF);
	int fd = open("f", O_RDONLY);
	ERR(fchdir(fd), ENOTDIR);
	mkdir("d", 0755);
	mkdir("d/e", 0755);
	int up = open(".", O_RDONLY);
	CHILD(pid) {
		OK(chroot("d"));
		OK(chdir("/"));
		EQ(syscall(SYS_getcwd, buf, 100), 2);
		STR(buf, "/");
		OK(chdir(".."));
		OK(access("e", F_OK));
		OK(fchdir(up));	/* out of the root */
		syscall(SYS_getcwd, buf, sizeof(buf));
		CHECK(!strncmp(buf, "(unreachable)/", 14));
	}
	abi_reap(pid);
	CHILD(pid) {
		abi_drop(1000, 1000);
		ERR(chroot("d"), EPERM);
	}
	abi_reap(pid);
	ERR(chroot("f"), ENOTDIR);
	ERR(chroot("none"), ENOENT);
}

CASE("extended attributes on tmpfs")
{
	char buf[256];
	pid_t pid;

	make("f", "");
	symlink("f", "l");
	OK(setxattr("f", "trusted.a", "value", 5, 0));
	EQ(getxattr("f", "trusted.a", buf, sizeof(buf)), 5);
	MEM(buf, "value", 5);
	EQ(getxattr("f", "trusted.a", NULL, 0), 5);
	ERR(getxattr("f", "trusted.a", buf, 4), ERANGE);
	ERR(getxattr("f", "trusted.b", buf, 4), ENODATA);
	ERR(setxattr("f", "trusted.a", "x", 1, XATTR_CREATE), EEXIST);
	ERR(setxattr("f", "trusted.b", "x", 1, XATTR_REPLACE), ENODATA);
	OK(setxattr("f", "trusted.a", "new", 3, XATTR_REPLACE));
	ERR(setxattr("f", "trusted.a", "x", 1, 4), EINVAL);
	ERR(setxattr("f", "other.a", "x", 1, 0), EOPNOTSUPP);
	ERR(setxattr("f", "", "x", 1, 0), ERANGE);
	ERR(setxattr("none", "trusted.a", "x", 1, 0), ENOENT);
	static char big[70000];
	ERR(setxattr("f", "trusted.big", big, 65537, 0), E2BIG);
	memset(buf, 'n', 255);
	memcpy(buf, "trusted.", 8);
	buf[255] = 0;
	OK(setxattr("f", buf, "x", 1, 0));
	OK(removexattr("f", buf));
	char longer[300];
	memset(longer, 'n', 299);
	memcpy(longer, "trusted.", 8);
	longer[299] = 0;
	ERR(setxattr("f", longer, "x", 1, 0), ERANGE);
	OK(setxattr("f", "security.x", "s", 1, 0));
	long n = OK(listxattr("f", buf, sizeof(buf)));
	EQ(n, sizeof("trusted.a") + sizeof("security.x"));
	EQ(listxattr("f", NULL, 0), n);
	ERR(listxattr("f", buf, 3), ERANGE);
	OK(removexattr("f", "trusted.a"));
	ERR(removexattr("f", "trusted.a"), ENODATA);
	OK(lsetxattr("l", "trusted.l", "on the link", 11, 0));
	ERR(getxattr("l", "trusted.l", buf, 256), ENODATA);
	EQ(lgetxattr("l", "trusted.l", buf, 256), 11);
	int fd = open("f", O_RDONLY);
	OK(fsetxattr(fd, "trusted.f", "", 0, 0));
	EQ(fgetxattr(fd, "trusted.f", buf, 256), 0);
	ERR(fsetxattr(99, "trusted.f", "", 0, 0), EBADF);
	ERR(fsetxattr(open("f", O_PATH), "trusted.f", "", 0, 0), EBADF);
	CHILD(pid) {
		chmod("f", 0666);
		abi_drop(1000, 1000);
		ERR(setxattr("f", "trusted.x", "x", 1, 0), EPERM);
		ERR(getxattr("f", "trusted.f", buf, 256), ENODATA);
		EQ(listxattr("f", buf, 256), sizeof("security.x"));
	}
	abi_reap(pid);
}

/* Objects in use of the name cache. */
static long cached_names(void)
{
	char *line = strstr(abi_read("/proc/slabinfo"), "\ndentry ");

	return line ? atol(line + strlen("\ndentry ")) : -1;
}

CASE("names that were not found can be dropped from memory")
{
	enum { NAMES = 20000 };
	char name[40];
	long before, after;

	abi_write("/proc/sys/vm/drop_caches", "2");
	before = cached_names();
	NEED(before > 0);
	for (int i = 0; i < NAMES; i++) {
		sprintf(name, "no such name %d", i);
		access(name, F_OK);
		access(name, F_OK);
	}
	abi_write("/proc/sys/vm/drop_caches", "2");
	after = cached_names();
	CHECK(after < before + NAMES / 2);
}

CASE("statfs and friends")
{
	struct statfs s;

	OK(statfs("/tmp", &s));
	EQ(s.f_type, 0x01021994);
	EQ(s.f_bsize, 4096);
	EQ(s.f_namelen, 255);
	CHECK(s.f_blocks > 0 && s.f_bfree <= s.f_blocks);
	/* The root in memory is as large as a tmpfs would be. */
	OK(statfs("/", &s));
	CHECK(s.f_blocks > 0 && s.f_bfree < s.f_blocks && s.f_bfree > 0);
	CHECK(s.f_files > 0 && s.f_ffree < s.f_files);
	OK(statfs("/proc", &s));
	EQ(s.f_type, 0x9fa0);
	OK(statfs("/sys", &s));
	EQ(s.f_type, 0x62656572);
	OK(statfs("/dev/pts", &s));
	EQ(s.f_type, 0x1cd1);
	EQ(s.f_bsize, 4096);
	EQ(s.f_frsize, 4096);
	ERR(statfs("none", &s), ENOENT);
	ERR(syscall(SYS_statfs, "/tmp", BAD_PTR), EFAULT);
	ERR(fstatfs(99, &s), EBADF);
	int p[2];
	pipe(p);
	OK(fstatfs(p[0], &s));
	EQ(s.f_type, 0x50495045);
}
