/* Files: open flags, reading, writing, seeking, space, times, descriptors. */
#include "abi.h"

#include <linux/falloc.h>
#include <linux/fs.h>
#include <linux/openat2.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/statfs.h>
#include <sys/uio.h>

#ifndef RWF_NOWAIT
#define RWF_NOWAIT 8
#define RWF_APPEND 16
#endif

static int make(const char *name, const char *text)
{
	int fd = open(name, O_RDWR | O_CREAT | O_TRUNC, 0644);

	if (write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		FAIL("cannot make %s", name);
	return fd;
}

static off_t size_of(int fd)
{
	struct stat st;

	return fstat(fd, &st) ? -1 : st.st_size;
}

CASE("open: flags and errors")
{
	pid_t pid;

	make("f", "text");
	mkdir("d", 0755);
	symlink("f", "link");
	symlink("nowhere", "dangling");
	ERR(open("none", O_RDONLY), ENOENT);
	ERR(open("", O_RDONLY), ENOENT);
	ERR(open(BAD_PTR, O_RDONLY), EFAULT);
	ERR(open("f/x", O_RDONLY), ENOTDIR);
	ERR(open("f/", O_RDONLY), ENOTDIR);
	ERR(open("d", O_WRONLY), EISDIR);
	ERR(open("d", O_RDWR), EISDIR);
	ERR(open("d", O_RDONLY | O_CREAT, 0600), EISDIR);
	ERR(open("d", O_RDONLY | O_TRUNC), EISDIR);
	ERR(open("new/", O_RDWR | O_CREAT, 0600), EISDIR);
	ERR(open("f", O_RDWR | O_CREAT | O_EXCL, 0600), EEXIST);
	ERR(open("dangling", O_RDWR | O_CREAT | O_EXCL, 0600), EEXIST);
	ERR(open("link", O_RDONLY | O_NOFOLLOW), ELOOP);
	ERR(open("f", O_RDONLY | O_DIRECTORY), ENOTDIR);
	ERR(open("dangling", O_RDONLY), ENOENT);
	OK(open("dangling", O_RDWR | O_CREAT, 0600));
	OK(access("nowhere", F_OK));
	OK(open("d", O_RDONLY | O_DIRECTORY));
	OK(open("d/", O_RDONLY));
	OK(open("d/.", O_RDONLY));
	ERR(open("d/..", O_RDWR | O_CREAT, 0600), EISDIR);
	char name[300];
	memset(name, 'a', sizeof(name));
	name[256] = 0;
	ERR(open(name, O_RDONLY), ENAMETOOLONG);
	name[255] = 0;
	ERR(open(name, O_RDONLY), ENOENT);
	static char path[5000];
	memset(path, '/', sizeof(path));
	path[4096] = 0;
	ERR(open(path, O_RDONLY), ENAMETOOLONG);
	path[4095] = 0;
	OK(open(path, O_RDONLY));
	ERR(open("f", O_RDONLY | O_CREAT | O_DIRECTORY | O_EXCL, 0600), EINVAL);
	ERR(syscall(SYS_openat, 99, "f", O_RDONLY), EBADF);
	int fd = open("f", O_RDONLY);
	ERR(openat(fd, "x", O_RDONLY), ENOTDIR);
	OK(openat(99, "/", O_RDONLY));
	CHILD(pid) {
		chmod("f", 0600);
		abi_drop(1000, 1000);
		ERR(open("f", O_RDONLY), EACCES);
		ERR(open("created", O_RDWR | O_CREAT, 0600), EACCES);
		ERR(open("f", O_RDONLY | O_NOATIME), EACCES);
	}
	abi_reap(pid);
	chmod("f", 0644);
	CHILD(pid) {
		abi_drop(1000, 1000);
		ERR(open("f", O_RDONLY | O_NOATIME), EPERM);
		OK(open("f", O_RDONLY));
		ERR(open("f", O_WRONLY), EACCES);
	}
	abi_reap(pid);
	/* access mode 3: read and write permission, neither operation */
	fd = (int)OK(open("f", 3));
	ERR(read(fd, name, 1), EBADF);
	ERR(write(fd, name, 1), EBADF);
}

CASE("open: mode, umask, ids of a new file")
{
	struct stat st;
	pid_t pid;

	umask(027);
	close(open("a", O_WRONLY | O_CREAT, 0666));
	stat("a", &st);
	EQ(st.st_mode, S_IFREG | 0640);
	close(open("b", O_WRONLY | O_CREAT, 07777));
	stat("b", &st);
	EQ(st.st_mode, S_IFREG | 07750);
	chmod(".", 02777);
	chown(".", 0, 55);
	close(open("c", O_WRONLY | O_CREAT, 0644));
	stat("c", &st);
	EQ(st.st_gid, 55);
	mkdir("d", 0755);
	stat("d", &st);
	EQ(st.st_gid, 55);
	EQ(st.st_mode & 07777, 02750);
	CHILD(pid) {
		umask(0);
		abi_drop(1000, 1000);
		close(open("e", O_WRONLY | O_CREAT, 02771));
		stat("e", &st);
		EQ(st.st_uid, 1000);
		EQ(st.st_gid, 55);
		EQ(st.st_mode & 07777, 0771);	/* not in that group */
	}
	abi_reap(pid);
	/* a file without write permission, but open for writing at creation */
	int fd = (int)OK(open("ro", O_RDWR | O_CREAT, 0400));
	EQ(write(fd, "x", 1), 1);
}

CASE("O_PATH: what may be done with it")
{
	struct stat st;
	struct statfs fs;
	char c, link[100];

	make("f", "text");
	symlink("f", "l");
	mkdir("d", 0755);
	make("d/in", "inside");
	int fd = (int)OK(open("f", O_PATH));
	EQ(fcntl(fd, F_GETFL), O_PATH);
	ERR(read(fd, &c, 1), EBADF);
	ERR(write(fd, &c, 1), EBADF);
	ERR(lseek(fd, 0, SEEK_SET), EBADF);
	ERR(ftruncate(fd, 0), EBADF);
	ERR(syscall(SYS_fchmod, fd, 0600), EBADF);
	ERR(syscall(SYS_fchown, fd, 0, 0), EBADF);
	ERR(ioctl(fd, FIONREAD, &c), EBADF);
	ERR((long)mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, fd, 0), EBADF);
	ERR(fsync(fd), EBADF);
	ERR(fcntl(fd, F_SETFL, 0), EBADF);
	ERR(fcntl(fd, F_SETLK, &(struct flock){ 0 }), EBADF);
	struct pollfd p = { fd, POLLIN, 0 };
	EQ(poll(&p, 1, 0), 1);
	EQ(p.revents, POLLNVAL);
	OK(fstat(fd, &st));
	OK(fstatfs(fd, &fs));
	OK(fcntl(fd, F_GETFD));
	int copy = (int)OK(dup(fd));
	EQ(fcntl(copy, F_GETFL), O_PATH);
	sprintf(link, "/proc/self/fd/%d", fd);
	OK(open(link, O_RDWR));
	fd = (int)OK(open("l", O_PATH | O_NOFOLLOW));
	OK(fstat(fd, &st));
	EQ(st.st_mode & S_IFMT, S_IFLNK);
	EQ(readlinkat(fd, "", link, sizeof(link)), 1);
	fd = (int)OK(open("d", O_PATH));
	OK(openat(fd, "in", O_RDONLY));
	OK(fchdir(fd));
	OK(access("in", F_OK));
	ERR(fchdir(copy), ENOTDIR);
	/* other flags than a few are dropped */
	fd = (int)OK(open("in", O_PATH | O_RDWR | O_CREAT | O_APPEND, 0600));
	EQ(fcntl(fd, F_GETFL), O_PATH);
}

CASE("O_TMPFILE: unnamed, linkable, or not with O_EXCL")
{
	struct stat st;
	char path[64];

	ERR(open(".", O_TMPFILE | O_RDONLY, 0600), EINVAL);
	ERR(open("none", O_TMPFILE | O_RDWR, 0600), ENOENT);
	make("f", "");
	ERR(open("f", O_TMPFILE | O_RDWR, 0600), ENOTDIR);
	int fd = (int)OK(open(".", O_TMPFILE | O_RDWR, 0640));
	fstat(fd, &st);
	EQ(st.st_nlink, 0);
	EQ(st.st_mode, S_IFREG | 0640);
	write(fd, "tmp", 3);
	sprintf(path, "/proc/self/fd/%d", fd);
	OK(linkat(AT_FDCWD, path, AT_FDCWD, "linked", AT_SYMLINK_FOLLOW));
	fstat(fd, &st);
	EQ(st.st_nlink, 1);
	STR(abi_read("linked"), "tmp");
	fd = (int)OK(open(".", O_TMPFILE | O_RDWR | O_EXCL, 0600));
	sprintf(path, "/proc/self/fd/%d", fd);
	ERR(linkat(AT_FDCWD, path, AT_FDCWD, "l2", AT_SYMLINK_FOLLOW), ENOENT);
	fd = (int)OK(open(".", O_TMPFILE | O_RDWR, 0600));
	OK(linkat(fd, "", AT_FDCWD, "l3", AT_EMPTY_PATH));
}

static long openat2(int dfd, const char *path, struct open_how *how, size_t size)
{
	return syscall(SYS_openat2, dfd, path, how, size);
}

CASE("openat2: sizes, unknown bits, modes")
{
	struct { struct open_how how; uint64_t more; } big = { 0 };
	struct open_how how = { .flags = O_RDONLY };

	make("f", "x");
	OK(openat2(AT_FDCWD, "f", &how, sizeof(how)));
	ERR(openat2(AT_FDCWD, "f", &how, 0), EINVAL);
	ERR(openat2(AT_FDCWD, "f", &how, sizeof(how) - 1), EINVAL);
	ERR(openat2(AT_FDCWD, "f", BAD_PTR, sizeof(how)), EFAULT);
	ERR(openat2(AT_FDCWD, "f", &how, 5000), E2BIG);
	OK(openat2(AT_FDCWD, "f", &big.how, sizeof(big)));
	big.more = 1;
	ERR(openat2(AT_FDCWD, "f", &big.how, sizeof(big)), E2BIG);
	how.mode = 0600;
	ERR(openat2(AT_FDCWD, "f", &how, sizeof(how)), EINVAL);
	how.flags = O_RDWR | O_CREAT;
	OK(openat2(AT_FDCWD, "g", &how, sizeof(how)));
	how.mode = 010600;
	ERR(openat2(AT_FDCWD, "h", &how, sizeof(how)), EINVAL);
	how = (struct open_how){ .flags = 1ULL << 40 };
	ERR(openat2(AT_FDCWD, "f", &how, sizeof(how)), EINVAL);
	how.flags = O_RDONLY;
	how.resolve = 0x100;
	ERR(openat2(AT_FDCWD, "f", &how, sizeof(how)), EINVAL);
	how.resolve = RESOLVE_BENEATH | RESOLVE_IN_ROOT;
	ERR(openat2(AT_FDCWD, "f", &how, sizeof(how)), EINVAL);
	how.resolve = 0;
	how.flags = O_PATH | O_RDWR;
	ERR(openat2(AT_FDCWD, "f", &how, sizeof(how)), EINVAL);
	how.flags = O_RDWR | O_DIRECTORY | O_CREAT;
	ERR(openat2(AT_FDCWD, "f", &how, sizeof(how)), EINVAL);
}

static long resolve(int dfd, const char *path, uint64_t flags)
{
	struct open_how how = { .flags = O_RDONLY, .resolve = flags };
	long fd = openat2(dfd, path, &how, sizeof(how));

	if (fd >= 0)
		close((int)fd);
	return fd < 0 ? fd : 0;
}

CASE("openat2: RESOLVE_*")
{
	int here;

	mkdir("d", 0755);
	mkdir("d/e", 0755);
	make("d/f", "x");
	make("top", "x");
	symlink("f", "d/rel");
	symlink("/d/f", "d/abs");
	symlink("../top", "d/up");
	symlink("e", "d/dirlink");
	here = open("d", O_PATH);
	EQ(resolve(here, "rel", RESOLVE_BENEATH), 0);
	EQ(resolve(here, "e/../f", RESOLVE_BENEATH), 0);
	ERR(resolve(here, "..", RESOLVE_BENEATH), EXDEV);
	ERR(resolve(here, "../d/f", RESOLVE_BENEATH), EXDEV);
	ERR(resolve(here, "/tmp", RESOLVE_BENEATH), EXDEV);
	ERR(resolve(here, "abs", RESOLVE_BENEATH), EXDEV);
	ERR(resolve(here, "up", RESOLVE_BENEATH), EXDEV);
	EQ(resolve(here, "/f", RESOLVE_IN_ROOT), 0);
	EQ(resolve(here, "../../f", RESOLVE_IN_ROOT), 0);
	ERR(resolve(here, "abs", RESOLVE_IN_ROOT), ENOENT);
	ERR(resolve(here, "rel", RESOLVE_NO_SYMLINKS), ELOOP);
	ERR(resolve(here, "dirlink/..", RESOLVE_NO_SYMLINKS), ELOOP);
	EQ(resolve(here, "f", RESOLVE_NO_SYMLINKS), 0);
	EQ(resolve(AT_FDCWD, "/proc", 0), 0);
	ERR(resolve(AT_FDCWD, "/proc", RESOLVE_NO_XDEV), EXDEV);
	ERR(resolve(AT_FDCWD, "/proc/self/exe", RESOLVE_NO_MAGICLINKS), ELOOP);
	ERR(resolve(AT_FDCWD, "/proc/self/cwd/d", RESOLVE_NO_MAGICLINKS), ELOOP);
	EQ(resolve(here, "rel", RESOLVE_NO_MAGICLINKS), 0);
	ERR(resolve(here, "none", RESOLVE_BENEATH), ENOENT);
}

CASE("read and write: edges")
{
	char buf[32];
	int fd = make("f", "0123456789");
	int ro = open("f", O_RDONLY), wo = open("f", O_WRONLY);
	int dir = open(".", O_RDONLY);

	ERR(read(99, buf, 1), EBADF);
	ERR(write(99, buf, 1), EBADF);
	ERR(read(wo, buf, 1), EBADF);
	ERR(write(ro, buf, 1), EBADF);
	ERR(read(dir, buf, 1), EISDIR);
	ERR(read(ro, BAD_PTR, 1), EFAULT);
	ERR(read(ro, KERNEL_PTR, 1), EFAULT);
	ERR(write(wo, BAD_PTR, 1), EFAULT);
	EQ(read(ro, buf, 0), 0);
	EQ(read(ro, BAD_PTR, 0), 0);
	EQ(write(wo, BAD_PTR, 0), 0);
	ERR(read(ro, buf, (size_t)-1), EFAULT);
	ERR(write(wo, buf, (size_t)-1), EFAULT);
	EQ(pread(ro, buf, 32, 8), 2);
	EQ(pread(ro, buf, 32, 10), 0);
	EQ(pread(ro, buf, 32, 1000), 0);
	ERR(pread(ro, buf, 1, -1), EINVAL);
	ERR(pwrite(wo, buf, 1, -1), EINVAL);
	ERR(pread(wo, buf, 1, 0), EBADF);
	EQ(pwrite(wo, "z", 1, 20), 1);
	EQ(pread(ro, buf, 32, 10), 11);
	EQ(buf[0], 0);
	EQ(buf[10], 'z');
	ERR(pwrite(wo, "z", 1, INT64_MAX), EINVAL);
	EQ(pwrite(wo, "z", 0, INT64_MAX), 0);
	EQ(lseek(fd, 0, SEEK_CUR), 10);
	/* a buffer that ends in the middle: what fits is moved */
	char *p = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	munmap(p + PAGE, PAGE);
	EQ(pread(ro, p + PAGE - 4, 10, 0), 4);
	EQ(pwrite(wo, p + PAGE - 4, 10, 0), 4);
}

CASE("O_APPEND: at the end wherever the position is")
{
	int fd = make("f", "abc");
	int ap = open("f", O_RDWR | O_APPEND);
	char buf[16];

	EQ(lseek(ap, 0, SEEK_SET), 0);
	EQ(write(ap, "def", 3), 3);
	EQ(lseek(ap, 0, SEEK_CUR), 6);
	EQ(pwrite(ap, "ghi", 3, 0), 3);		/* appends as well */
	EQ(pread(fd, buf, 16, 0), 9);
	MEM(buf, "abcdefghi", 9);
	EQ(fcntl(ap, F_SETFL, 0), 0);
	EQ(pwrite(ap, "X", 1, 0), 1);
	EQ(fcntl(ap, F_SETFL, O_APPEND), 0);
	EQ(fcntl(ap, F_GETFL), O_RDWR | O_APPEND | O_LARGEFILE);
	struct iovec v = { "Q", 1 };
	int plain = open("f", O_RDWR);
	EQ(syscall(SYS_pwritev2, plain, &v, 1, 0, 0, RWF_APPEND), 1);
	EQ(size_of(fd), 10);
}

CASE("vectors: readv, preadv2 and relatives")
{
	int fd = make("f", "0123456789");
	char a[4], b[4];
	struct iovec v[3] = { { a, 2 }, { NULL, 0 }, { b, 3 } };

	lseek(fd, 0, SEEK_SET);
	EQ(readv(fd, v, 3), 5);
	MEM(a, "01", 2);
	MEM(b, "234", 3);
	EQ(preadv(fd, v, 3, 8), 2);
	ERR(preadv(fd, v, 3, -1), EINVAL);
	ERR(readv(fd, v, -1), EINVAL);
	ERR(readv(fd, v, 1025), EINVAL);
	EQ(readv(fd, v, 0), 0);
	ERR(readv(fd, BAD_PTR, 1), EFAULT);
	ERR(readv(99, v, 1), EBADF);
	v[0].iov_len = (size_t)-1;
	ERR(readv(fd, v, 3), EINVAL);
	v[0].iov_len = 2;
	/* position -1 of the second forms: the file's own */
	lseek(fd, 4, SEEK_SET);
	EQ(syscall(SYS_preadv2, fd, v, 1, -1L, -1L, 0), 2);
	MEM(a, "45", 2);
	EQ(lseek(fd, 0, SEEK_CUR), 6);
	ERR(syscall(SYS_preadv2, fd, v, 1, 0, 0, RWF_NOWAIT), EOPNOTSUPP);
	ERR(syscall(SYS_preadv2, fd, v, 1, 0, 0, 0x100), EOPNOTSUPP);
	ERR(syscall(SYS_preadv2, fd, v, 1, -2L, -1L, 0), EINVAL);
	EQ(syscall(SYS_pwritev2, fd, v, 1, 0, 0, 2 /* DSYNC */), 2);
	EQ(syscall(SYS_pwritev2, fd, v, 1, 0, 0, 4 /* SYNC */), 2);
	struct iovec w[2] = { { "wx", 2 }, { BAD_PTR, 2 } };
	EQ(pwritev(fd, w, 2, 0), 2);
	int pipefd[2];
	pipe(pipefd);
	ERR(preadv(pipefd[0], v, 1, 0), ESPIPE);
	write(pipefd[1], "ab", 2);
	EQ(syscall(SYS_preadv2, pipefd[0], v, 1, -1L, -1L, 0), 2);
}

CASE("lseek: whence, holes, limits")
{
	int fd = open("f", O_RDWR | O_CREAT, 0600);

	EQ(lseek(fd, 10, SEEK_SET), 10);
	EQ(lseek(fd, -3, SEEK_CUR), 7);
	ERR(lseek(fd, -8, SEEK_CUR), EINVAL);
	ERR(lseek(fd, -1, SEEK_SET), EINVAL);
	ERR(lseek(fd, 0, 9), EINVAL);
	ERR(lseek(99, 0, SEEK_SET), EBADF);
	EQ(lseek(fd, INT64_MAX, SEEK_SET), INT64_MAX);
	ERR(lseek(fd, 1, SEEK_CUR), EINVAL);
	ftruncate(fd, 10 * PAGE);
	pwrite(fd, "x", 1, 4 * PAGE);
	EQ(lseek(fd, 0, SEEK_DATA), 4 * PAGE);
	EQ(lseek(fd, 0, SEEK_HOLE), 0);
	EQ(lseek(fd, 4 * PAGE + 7, SEEK_DATA), 4 * PAGE + 7);
	EQ(lseek(fd, 4 * PAGE, SEEK_HOLE), 5 * PAGE);
	ERR(lseek(fd, 6 * PAGE, SEEK_DATA), ENXIO);
	EQ(lseek(fd, 6 * PAGE, SEEK_HOLE), 6 * PAGE);
	ERR(lseek(fd, 10 * PAGE, SEEK_DATA), ENXIO);
	ERR(lseek(fd, 10 * PAGE, SEEK_HOLE), ENXIO);
	ERR(lseek(fd, -1, SEEK_DATA), ENXIO);
	EQ(lseek(fd, -1, SEEK_END), 10 * PAGE - 1);
}

CASE("truncate and ftruncate")
{
	int fd = make("f", "0123456789");
	int ro = open("f", O_RDONLY);
	char buf[16];

	EQ(truncate("f", 5), 0);
	EQ(size_of(fd), 5);
	EQ(ftruncate(fd, 10), 0);
	EQ(pread(fd, buf, 16, 0), 10);
	MEM(buf, "01234\0\0\0\0\0", 10);
	ERR(truncate("f", -1), EINVAL);
	ERR(ftruncate(fd, -1), EINVAL);
	ERR(ftruncate(ro, 0), EINVAL);
	ERR(ftruncate(99, 0), EBADF);
	ERR(truncate("none", 0), ENOENT);
	ERR(truncate(".", 0), EISDIR);
	ERR(truncate("f/", 0), ENOTDIR);
	ERR(truncate(BAD_PTR, 0), EFAULT);
	int dir = open(".", O_RDONLY);
	ERR(ftruncate(dir, 0), EINVAL);
	pid_t pid;
	chmod("f", 0444);
	CHILD(pid) {
		abi_drop(1000, 1000);
		ERR(truncate("f", 0), EACCES);
	}
	abi_reap(pid);
	/* set-id bits go when another user's write or truncation comes */
	struct stat st;
	chown("f", 1000, 1000);
	chmod("f", 06777);
	CHILD(pid) {
		abi_drop(1001, 1001);
		OK(truncate("f", 3));
	}
	abi_reap(pid);
	stat("f", &st);
	EQ(st.st_mode & 07777, 0777);
}

CASE("fallocate")
{
	int fd = make("f", "0123456789");
	struct stat st;
	char buf[16];

	EQ(fallocate(fd, 0, 0, 3 * PAGE), 0);
	fstat(fd, &st);
	EQ(st.st_size, 3 * PAGE);
	EQ(st.st_blocks, 24);
	EQ(fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, 5 * PAGE), 0);
	EQ(size_of(fd), 3 * PAGE);
	EQ(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 2, 4), 0);
	pread(fd, buf, 10, 0);
	MEM(buf, "01\0\0\0\0006789", 10);
	ERR(fallocate(fd, FALLOC_FL_PUNCH_HOLE, 0, 4), EOPNOTSUPP);
	ERR(fallocate(fd, FALLOC_FL_COLLAPSE_RANGE, 0, PAGE), EOPNOTSUPP);
	ERR(fallocate(fd, 0x1000, 0, PAGE), EOPNOTSUPP);
	ERR(fallocate(fd, 0, -1, 1), EINVAL);
	ERR(fallocate(fd, 0, 0, 0), EINVAL);
	ERR(fallocate(fd, 0, 0, -1), EINVAL);
	ERR(fallocate(fd, 0, INT64_MAX, 1), EFBIG);
	ERR(fallocate(99, 0, 0, 1), EBADF);
	ERR(fallocate(open("f", O_RDONLY), 0, 0, 1), EBADF);
	ERR(fallocate(open(".", O_RDONLY), 0, 0, 1), EBADF);
	EQ(posix_fadvise(fd, 0, 0, POSIX_FADV_WILLNEED), 0);
	ERR(syscall(SYS_fadvise64, fd, 0, 0, 77), EINVAL);
	ERR(syscall(SYS_fadvise64, 99, 0, 0, 0), EBADF);
	ERR(syscall(SYS_fadvise64, fd, 0, -1L, 0), EINVAL);
	int p[2];
	pipe(p);
	ERR(syscall(SYS_fadvise64, p[0], 0, 0, 0), ESPIPE);
	ERR(syscall(SYS_readahead, 99, 0, 1), EBADF);
	ERR(syscall(SYS_readahead, p[0], 0, 1), EINVAL);
	EQ(syscall(SYS_readahead, fd, 0, PAGE), 0);
	EQ(fsync(fd), 0);
	EQ(fdatasync(fd), 0);
	EQ(syscall(SYS_sync_file_range, fd, 0, 0, 7), 0);
	ERR(syscall(SYS_sync_file_range, fd, 0, 0, 8), EINVAL);
	ERR(syscall(SYS_sync_file_range, fd, -1L, 0L, 7), EINVAL);
	EQ(syscall(SYS_syncfs, fd), 0);
	ERR(syscall(SYS_syncfs, 99), EBADF);
}

CASE("copy_file_range")
{
	int in = make("in", "0123456789"), out = make("out", "");
	loff_t a = 2, b = 1;
	char buf[16];

	EQ(copy_file_range(in, &a, out, &b, 4, 0), 4);
	EQ(a, 6);
	EQ(b, 5);
	EQ(pread(out, buf, 16, 0), 5);
	MEM(buf, "\0" "2345", 5);
	EQ(lseek(in, 0, SEEK_CUR), 10);
	EQ(copy_file_range(in, NULL, out, NULL, 4, 0), 0);
	lseek(in, 7, SEEK_SET);
	EQ(copy_file_range(in, NULL, out, NULL, 100, 0), 3);
	EQ(lseek(in, 0, SEEK_CUR), 10);
	ERR(copy_file_range(in, &a, out, &b, 4, 1), EINVAL);
	ERR(copy_file_range(99, &a, out, &b, 4, 0), EBADF);
	ERR(copy_file_range(in, &a, open("out", O_RDONLY), &b, 4, 0), EBADF);
	ERR(copy_file_range(in, &a, open("out", O_WRONLY | O_APPEND), &b, 4, 0),
	    EBADF);
	ERR(copy_file_range(open("in", O_WRONLY), &a, out, &b, 4, 0), EBADF);
	ERR(copy_file_range(open(".", O_RDONLY), &a, out, &b, 4, 0), EISDIR);
	int p[2];
	pipe(p);
	ERR(copy_file_range(in, &a, p[1], NULL, 4, 0), EINVAL);
	a = 0;
	b = 2;
	ERR(copy_file_range(in, &a, in, &b, 4, 0), EINVAL);
	b = 6;
	EQ(copy_file_range(in, &a, in, &b, 4, 0), 4);
	EQ(copy_file_range(in, &a, out, &b, 0, 0), 0);
	ERR(syscall(SYS_copy_file_range, in, BAD_PTR, out, &b, 1, 0), EFAULT);
}

CASE("dup, dup2, dup3, F_DUPFD: flags and limits")
{
	int fd = make("f", "abc");

	ERR(dup(99), EBADF);
	EQ(fcntl(fd, F_SETFD, FD_CLOEXEC), 0);
	int copy = (int)OK(dup(fd));
	EQ(fcntl(copy, F_GETFD), 0);
	lseek(copy, 1, SEEK_SET);
	EQ(lseek(fd, 0, SEEK_CUR), 1);
	ERR(syscall(SYS_dup3, fd, fd, 0), EINVAL);
	ERR(syscall(SYS_dup3, fd, 30, O_NONBLOCK), EINVAL);
	ERR(syscall(SYS_dup3, 99, 30, 0), EBADF);
	ERR(syscall(SYS_dup3, fd, -1, 0), EBADF);
	ERR(syscall(SYS_dup3, fd, 1 << 20, 0), EBADF);
	EQ(syscall(SYS_dup3, fd, 30, O_CLOEXEC), 30);
	EQ(fcntl(30, F_GETFD), FD_CLOEXEC);
	EQ(fcntl(fd, F_DUPFD, 40), 40);
	EQ(fcntl(fd, F_DUPFD, 40), 41);
	EQ(fcntl(fd, F_DUPFD_CLOEXEC, 40), 42);
	EQ(fcntl(42, F_GETFD), FD_CLOEXEC);
	ERR(fcntl(fd, F_DUPFD, -1), EINVAL);
	ERR(fcntl(fd, F_DUPFD, 1 << 20), EINVAL);
	ERR(fcntl(99, F_GETFD), EBADF);
	ERR(fcntl(fd, 9999), EINVAL);
	EQ(fcntl(fd, F_SETFD, 0xff), 0);
	EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
	EQ(fcntl(fd, F_SETFD, 0), 0);
	EQ(fcntl(fd, F_GETFD), 0);
	/* F_SETFL changes only some flags */
	EQ(fcntl(fd, F_SETFL, O_WRONLY | O_CREAT | O_NONBLOCK | O_APPEND), 0);
	EQ(fcntl(fd, F_GETFL), O_RDWR | O_LARGEFILE | O_NONBLOCK | O_APPEND);
	EQ(fcntl(fd, F_SETFL, 0), 0);
	ERR(close(99), EBADF);
	ERR(close(-1), EBADF);
	EQ(close(42), 0);
	ERR(close(42), EBADF);
}

CASE("close_range")
{
	pid_t pid;

	for (int fd = 20; fd < 30; fd++)
		dup2(0, fd);
	ERR(syscall(SYS_close_range, 25, 20, 0), EINVAL);
	ERR(syscall(SYS_close_range, 20, 25, 8), EINVAL);
	EQ(syscall(SYS_close_range, 22, 24, 0), 0);
	OK(fcntl(21, F_GETFD));
	ERR(fcntl(22, F_GETFD), EBADF);
	ERR(fcntl(24, F_GETFD), EBADF);
	OK(fcntl(25, F_GETFD));
	EQ(syscall(SYS_close_range, 26, 27, 4 /* CLOEXEC */), 0);
	EQ(fcntl(26, F_GETFD), FD_CLOEXEC);
	EQ(fcntl(27, F_GETFD), FD_CLOEXEC);
	EQ(fcntl(28, F_GETFD), 0);
	EQ(syscall(SYS_close_range, 1000, ~0U, 0), 0);
	pid = (pid_t)syscall(SYS_clone, 0x400 /* FILES */ | SIGCHLD, NULL,
			     NULL, NULL, NULL);
	if (!pid) {
		EQ(syscall(SYS_close_range, 20, ~0U, 2 /* UNSHARE */), 0);
		ERR(fcntl(28, F_GETFD), EBADF);
		_exit(0);
	}
	EQ(abi_exit_code(pid), 0);
	OK(fcntl(28, F_GETFD));
	EQ(syscall(SYS_close_range, 3, ~0U, 0), 0);
	ERR(fcntl(28, F_GETFD), EBADF);
	OK(fcntl(2, F_GETFD));
}

CASE("descriptor numbers: lowest free, close-on-exec over exec")
{
	char *args[] = { "@fds", NULL };
	pid_t pid;

	EQ(open("/dev/null", O_RDONLY), 3);
	EQ(open("/dev/null", O_RDONLY | O_CLOEXEC), 4);
	EQ(open("/dev/null", O_RDONLY), 5);
	close(3);
	EQ(open("/dev/null", O_RDONLY), 3);
	pid = abi_exec(args, NULL);
	EQ(abi_exit_code(pid), 1 | 4);
	abi_limit(RLIMIT_NOFILE, 6, 4096);
	ERR(open("/dev/null", O_RDONLY), EMFILE);
	ERR(dup(0), EMFILE);
}

HELPER(fds)
{
	int open_ones = 0;

	for (int fd = 3; fd < 6; fd++)
		open_ones |= (fcntl(fd, F_GETFD) >= 0) << (fd - 3);
	return open_ones;
}

CASE("utimensat")
{
	struct timespec t[2] = { { 1000, 5 }, { 2000, 6 } };
	struct stat st;
	pid_t pid;

	int fd = make("f", "x");
	symlink("f", "l");
	EQ(utimensat(AT_FDCWD, "f", t, 0), 0);
	stat("f", &st);
	EQ(st.st_atim.tv_sec, 1000);
	EQ(st.st_atim.tv_nsec, 5);
	EQ(st.st_mtim.tv_sec, 2000);
	EQ(st.st_mtim.tv_nsec, 6);
	CHECK(st.st_ctim.tv_sec > 2000);
	t[0].tv_nsec = UTIME_OMIT;
	t[1].tv_nsec = UTIME_NOW;
	EQ(syscall(SYS_utimensat, fd, NULL, t, 0), 0);
	stat("f", &st);
	EQ(st.st_atim.tv_sec, 1000);
	CHECK(st.st_mtim.tv_sec > 2000);
	t[0] = (struct timespec){ -5, 1 };
	t[1] = (struct timespec){ 7, 1 };
	EQ(utimensat(AT_FDCWD, "l", t, AT_SYMLINK_NOFOLLOW), 0);
	lstat("l", &st);
	EQ(st.st_mtim.tv_sec, 7);
	EQ(st.st_atim.tv_sec, -5);
	t[0].tv_nsec = 1000000000;
	ERR(utimensat(AT_FDCWD, "f", t, 0), EINVAL);
	t[0].tv_nsec = -1;
	ERR(utimensat(AT_FDCWD, "f", t, 0), EINVAL);
	t[0].tv_nsec = 0;
	ERR(utimensat(AT_FDCWD, "f", t, 0x8000), EINVAL);
	ERR(utimensat(AT_FDCWD, "none", t, 0), ENOENT);
	ERR(syscall(SYS_utimensat, AT_FDCWD, NULL, t, 0), EFAULT);
	ERR(syscall(SYS_utimensat, 99, NULL, t, 0), EBADF);
	ERR(syscall(SYS_utimensat, AT_FDCWD, "f", BAD_PTR, 0), EFAULT);
	t[0].tv_nsec = t[1].tv_nsec = UTIME_OMIT;
	EQ(utimensat(AT_FDCWD, "none", t, 0), 0);
	chmod("f", 0666);
	CHILD(pid) {
		abi_drop(1000, 1000);
		EQ(syscall(SYS_utimensat, AT_FDCWD, "f", NULL, 0), 0);
		t[0].tv_nsec = t[1].tv_nsec = UTIME_NOW;
		EQ(utimensat(AT_FDCWD, "f", t, 0), 0);
		t[0].tv_nsec = 1;
		ERR(utimensat(AT_FDCWD, "f", t, 0), EPERM);
		t[0].tv_nsec = UTIME_OMIT;
		ERR(utimensat(AT_FDCWD, "f", t, 0), EPERM);
	}
	abi_reap(pid);
	chmod("f", 0644);
	CHILD(pid) {
		abi_drop(1000, 1000);
		ERR(syscall(SYS_utimensat, AT_FDCWD, "f", NULL, 0), EACCES);
	}
	abi_reap(pid);
}

CASE("times change when they should")
{
	struct timespec old[2] = { { 1000, 0 }, { 1000, 0 } };
	struct stat a, b;
	char c;

	int fd = make("f", "x");
	utimensat(AT_FDCWD, "f", old, 0);
	lseek(fd, 0, SEEK_SET);
	read(fd, &c, 1);
	fstat(fd, &a);
	CHECK(a.st_atim.tv_sec > 1000);
	EQ(a.st_mtim.tv_sec, 1000);
	utimensat(AT_FDCWD, "f", old, 0);
	write(fd, "y", 1);
	fstat(fd, &a);
	EQ(a.st_atim.tv_sec, 1000);
	CHECK(a.st_mtim.tv_sec > 1000);
	utimensat(AT_FDCWD, "f", old, 0);
	write(fd, "y", 0);
	ftruncate(fd, size_of(fd));
	fstat(fd, &a);
	CHECK(a.st_mtim.tv_sec > 1000);
	mkdir("d", 0755);
	utimensat(AT_FDCWD, "d", old, 0);
	make("d/new", "");
	stat("d", &b);
	CHECK(b.st_mtim.tv_sec > 1000);
	utimensat(AT_FDCWD, "d", old, 0);
	unlink("d/new");
	stat("d", &b);
	CHECK(b.st_mtim.tv_sec > 1000);
	utimensat(AT_FDCWD, "f", old, 0);
	fstat(fd, &a);
	chmod("f", 0600);
	fstat(fd, &b);
	EQ(b.st_mtim.tv_sec, 1000);
	CHECK(b.st_ctim.tv_sec > a.st_ctim.tv_sec ||
	      b.st_ctim.tv_nsec >= a.st_ctim.tv_nsec);
}
