/*
 * The first system calls: one check for each call that a shell cannot do
 * without, and for its near relatives.
 *
 * A program that a kernel under construction can run early: static, no threads,
 * every call made through syscall(2) so that the C library's choices do not
 * matter.  Each check is a function that returns true, or says with CHECK()
 * which expectation failed.  Output is one line per check,
 *
 *	ok NAME
 *	not ok NAME: line N: EXPRESSION (errno E)
 *
 * and then "done".  syscalls.exp reads it.  Depth is not here but in tests/abi.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <linux/stat.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/select.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PAGE 4096UL
#define MS 1000000L
#define BAD_POINTER ((void *)8)

static const char *failed_at;
static int failed_line;
static int failed_errno;

#define CHECK(condition)						\
	do {								\
		errno = 0;						\
		if (!(condition)) {					\
			failed_at = #condition;				\
			failed_line = __LINE__;				\
			failed_errno = errno;				\
			return false;					\
		}							\
	} while (0)

/* The call fails with that error. */
#define FAILS(call, error) CHECK((call) == -1 && errno == (error))

static char scratch[] = "/tmp/first_syscalls.XXXXXX";

static int scratch_file(void)
{
	return syscall(SYS_openat, AT_FDCWD, scratch,
		       O_RDWR | O_CREAT | O_TRUNC, 0600);
}

static int64_t now_ns(void)
{
	struct timespec ts;

	if (syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &ts))
		return -1;
	return ts.tv_sec * 1000000000L + ts.tv_nsec;
}

static pid_t fork_raw(void)
{
	return syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
}

/* wait4 for one child; its status, or -1. */
static int reap(pid_t pid)
{
	int status;

	if (syscall(SYS_wait4, pid, &status, 0, 0) != pid)
		return -1;
	return status;
}

/* --- files ------------------------------------------------------------- */

static bool check_openat(void)
{
	int fd;

	CHECK((fd = scratch_file()) >= 0);
	CHECK(syscall(SYS_close, fd) == 0);
	FAILS(syscall(SYS_openat, AT_FDCWD, scratch, O_CREAT | O_EXCL, 0600),
	      EEXIST);
	FAILS(syscall(SYS_openat, AT_FDCWD, "/nope/x", O_RDONLY), ENOENT);
	FAILS(syscall(SYS_openat, AT_FDCWD, "/etc/passwd/x", O_RDONLY),
	      ENOTDIR);
	FAILS(syscall(SYS_openat, AT_FDCWD, "/etc", O_WRONLY), EISDIR);
	FAILS(syscall(SYS_openat, AT_FDCWD, BAD_POINTER, O_RDONLY), EFAULT);
	return true;
}

static bool check_close(void)
{
	int fd;

	CHECK((fd = scratch_file()) >= 0);
	CHECK(syscall(SYS_close, fd) == 0);
	FAILS(syscall(SYS_close, fd), EBADF);
	FAILS(syscall(SYS_close, -1L), EBADF);
	return true;
}

static bool check_write(void)
{
	int fd;

	CHECK((fd = scratch_file()) >= 0);
	CHECK(syscall(SYS_write, fd, "words", 5) == 5);
	CHECK(syscall(SYS_write, fd, "", 0) == 0);
	FAILS(syscall(SYS_write, fd, BAD_POINTER, 5), EFAULT);
	FAILS(syscall(SYS_write, 999, "x", 1), EBADF);
	CHECK(close(fd) == 0);
	return true;
}

static bool check_read(void)
{
	char buf[8];
	int fd;

	CHECK((fd = open(scratch, O_RDONLY)) >= 0);
	CHECK(syscall(SYS_read, fd, buf, sizeof(buf)) == 5);
	CHECK(memcmp(buf, "words", 5) == 0);
	CHECK(syscall(SYS_read, fd, buf, sizeof(buf)) == 0);
	FAILS(syscall(SYS_write, fd, "x", 1), EBADF);
	CHECK(lseek(fd, 0, SEEK_SET) == 0);
	FAILS(syscall(SYS_read, fd, BAD_POINTER, 5), EFAULT);
	CHECK(close(fd) == 0);
	CHECK((fd = open("/tmp", O_RDONLY)) >= 0);
	FAILS(syscall(SYS_read, fd, buf, 1), EISDIR);
	CHECK(close(fd) == 0);
	return true;
}

static bool check_lseek(void)
{
	int fd;

	CHECK((fd = open(scratch, O_RDWR)) >= 0);
	CHECK(syscall(SYS_lseek, fd, 0, SEEK_END) == 5);
	CHECK(syscall(SYS_lseek, fd, -2L, SEEK_CUR) == 3);
	CHECK(syscall(SYS_lseek, fd, 1L << 32, SEEK_SET) == 1L << 32);
	FAILS(syscall(SYS_lseek, fd, -1L, SEEK_SET), EINVAL);
	FAILS(syscall(SYS_lseek, fd, 0, 99), EINVAL);
	CHECK(close(fd) == 0);
	return true;
}

static bool check_pread_pwrite(void)
{
	char buf[4] = "";
	int fd;

	CHECK((fd = open(scratch, O_RDWR)) >= 0);
	CHECK(syscall(SYS_pwrite64, fd, "XY", 2, 1) == 2);
	CHECK(syscall(SYS_pread64, fd, buf, 3, 0) == 3);
	CHECK(memcmp(buf, "wXY", 3) == 0);
	CHECK(lseek(fd, 0, SEEK_CUR) == 0);
	CHECK(close(fd) == 0);
	return true;
}

static bool check_readv_writev(void)
{
	char a[2], b[3];
	struct iovec out[] = { { "ab", 2 }, { "", 0 }, { "cde", 3 } };
	struct iovec in[] = { { a, sizeof(a) }, { b, sizeof(b) } };
	int fd;

	CHECK((fd = scratch_file()) >= 0);
	CHECK(syscall(SYS_writev, fd, out, 3) == 5);
	CHECK(lseek(fd, 0, SEEK_SET) == 0);
	CHECK(syscall(SYS_readv, fd, in, 2) == 5);
	CHECK(memcmp(a, "ab", 2) == 0 && memcmp(b, "cde", 3) == 0);
	FAILS(syscall(SYS_writev, fd, out, -1L), EINVAL);
	CHECK(close(fd) == 0);
	return true;
}

static bool check_fstat(void)
{
	struct stat st;
	int fd;

	CHECK((fd = open(scratch, O_RDONLY)) >= 0);
	CHECK(syscall(SYS_fstat, fd, &st) == 0);
	CHECK(S_ISREG(st.st_mode) && (st.st_mode & 07777) == 0600);
	CHECK(st.st_size == 5 && st.st_nlink == 1 && st.st_uid == 0);
	FAILS(syscall(SYS_fstat, fd, BAD_POINTER), EFAULT);
	CHECK(close(fd) == 0);
	FAILS(syscall(SYS_fstat, fd, &st), EBADF);
	return true;
}

static bool check_newfstatat(void)
{
	struct stat st;

	CHECK(syscall(SYS_newfstatat, AT_FDCWD, "/dev/null", &st, 0) == 0);
	CHECK(S_ISCHR(st.st_mode) && st.st_rdev == ((1 << 8) | 3));
	CHECK(syscall(SYS_newfstatat, AT_FDCWD, "/etc/mtab", &st,
		      AT_SYMLINK_NOFOLLOW) == 0);
	CHECK(S_ISLNK(st.st_mode));
	FAILS(syscall(SYS_newfstatat, AT_FDCWD, "", &st, 0), ENOENT);
	CHECK(syscall(SYS_newfstatat, 0, "", &st, AT_EMPTY_PATH) == 0);
	return true;
}

static bool check_statx(void)
{
	struct statx stx;

	CHECK(syscall(SYS_statx, AT_FDCWD, scratch, 0, STATX_BASIC_STATS,
		      &stx) == 0);
	CHECK(stx.stx_size == 5 && (stx.stx_mask & STATX_SIZE));
	return true;
}

static bool check_getdents64(void)
{
	char buf[2048];
	long n;
	bool dot = false;
	int fd;

	CHECK((fd = open("/etc", O_RDONLY | O_DIRECTORY)) >= 0);
	CHECK((n = syscall(SYS_getdents64, fd, buf, sizeof(buf))) > 0);
	for (long at = 0; at < n;) {
		struct dirent *d = (void *)(buf + at);

		dot |= !strcmp(d->d_name, ".") && d->d_type == DT_DIR;
		CHECK(d->d_reclen >= 24 && d->d_reclen % 8 == 0);
		at += d->d_reclen;
	}
	CHECK(dot);
	CHECK(lseek(fd, 0, SEEK_SET) == 0);
	FAILS(syscall(SYS_getdents64, fd, buf, 1), EINVAL);
	CHECK(close(fd) == 0);
	return true;
}

static bool check_folders(void)
{
	char buf[64];

	CHECK(syscall(SYS_mkdirat, AT_FDCWD, "/tmp/fs_dir", 0755) == 0);
	FAILS(syscall(SYS_mkdirat, AT_FDCWD, "/tmp/fs_dir", 0755), EEXIST);
	CHECK(syscall(SYS_chdir, "/tmp/fs_dir") == 0);
	CHECK(syscall(SYS_getcwd, buf, sizeof(buf)) == 12);
	CHECK(strcmp(buf, "/tmp/fs_dir") == 0);
	FAILS(syscall(SYS_getcwd, buf, 3), ERANGE);
	CHECK(syscall(SYS_chdir, "/") == 0);
	FAILS(syscall(SYS_unlinkat, AT_FDCWD, "/tmp/fs_dir", 0), EISDIR);
	CHECK(syscall(SYS_unlinkat, AT_FDCWD, "/tmp/fs_dir", AT_REMOVEDIR) ==
	      0);
	FAILS(syscall(SYS_chdir, "/tmp/fs_dir"), ENOENT);
	return true;
}

static bool check_ioctl(void)
{
	struct winsize ws;
	int pair[2];
	int n;

	CHECK(syscall(SYS_ioctl, 0, TIOCGWINSZ, &ws) == 0);
	CHECK(pipe(pair) == 0);
	FAILS(syscall(SYS_ioctl, pair[0], TIOCGWINSZ, &ws), ENOTTY);
	CHECK(write(pair[1], "abc", 3) == 3);
	CHECK(syscall(SYS_ioctl, pair[0], FIONREAD, &n) == 0 && n == 3);
	FAILS(syscall(SYS_ioctl, 0, TIOCGWINSZ, BAD_POINTER), EFAULT);
	FAILS(syscall(SYS_ioctl, 999, TIOCGWINSZ, &ws), EBADF);
	CHECK(close(pair[0]) == 0 && close(pair[1]) == 0);
	return true;
}

static bool check_fcntl(void)
{
	int fd;
	int copy;

	CHECK((fd = scratch_file()) >= 0);
	CHECK(syscall(SYS_fcntl, fd, F_GETFD) == 0);
	CHECK(syscall(SYS_fcntl, fd, F_SETFD, FD_CLOEXEC) == 0);
	CHECK(syscall(SYS_fcntl, fd, F_GETFD) == FD_CLOEXEC);
	CHECK((syscall(SYS_fcntl, fd, F_GETFL) & O_ACCMODE) == O_RDWR);
	CHECK((copy = syscall(SYS_fcntl, fd, F_DUPFD, 50)) >= 50);
	CHECK(close(copy) == 0 && close(fd) == 0);
	FAILS(syscall(SYS_fcntl, fd, F_GETFD), EBADF);
	return true;
}

/* --- pipes and waiting ---------------------------------------------------- */

static bool check_pipe2(void)
{
	char buf[8];
	int pair[2];

	CHECK(syscall(SYS_pipe2, pair, O_CLOEXEC | O_NONBLOCK) == 0);
	FAILS(syscall(SYS_read, pair[0], buf, 1), EAGAIN);
	CHECK(syscall(SYS_write, pair[1], "pipe", 4) == 4);
	CHECK(syscall(SYS_read, pair[0], buf, 8) == 4);
	CHECK(fcntl(pair[0], F_GETFD) == FD_CLOEXEC);
	CHECK(close(pair[1]) == 0);
	CHECK(syscall(SYS_read, pair[0], buf, 1) == 0);
	CHECK(close(pair[0]) == 0);
	FAILS(syscall(SYS_pipe2, pair, 0x10), EINVAL);
	FAILS(syscall(SYS_pipe2, BAD_POINTER, 0), EFAULT);
	return true;
}

static bool check_dup(void)
{
	int fd;
	int copy;

	CHECK((fd = scratch_file()) >= 0);
	CHECK((copy = syscall(SYS_dup, fd)) > fd);
	CHECK(write(fd, "12", 2) == 2);
	CHECK(lseek(copy, 0, SEEK_CUR) == 2);
	CHECK(close(copy) == 0 && close(fd) == 0);
	FAILS(syscall(SYS_dup, fd), EBADF);
	return true;
}

static bool check_dup3(void)
{
	int fd;

	CHECK((fd = scratch_file()) >= 0);
	CHECK(syscall(SYS_dup3, fd, 77, O_CLOEXEC) == 77);
	CHECK(fcntl(77, F_GETFD) == FD_CLOEXEC);
	FAILS(syscall(SYS_dup3, fd, fd, 0), EINVAL);
	FAILS(syscall(SYS_dup3, fd, 78, 1), EINVAL);
	FAILS(syscall(SYS_dup3, fd, 1 << 30, 0), EBADF);
	CHECK(close(77) == 0 && close(fd) == 0);
	return true;
}

static bool check_ppoll(void)
{
	struct timespec ts = { 0, 20 * MS };
	struct pollfd p = { .events = POLLIN | POLLOUT };
	int pair[2];
	int64_t start;

	CHECK(pipe(pair) == 0);
	p.fd = pair[0];
	start = now_ns();
	CHECK(syscall(SYS_ppoll, &p, 1, &ts, NULL, 8) == 0);
	CHECK(now_ns() - start >= 20 * MS);
	CHECK(write(pair[1], "x", 1) == 1);
	CHECK(syscall(SYS_ppoll, &p, 1, NULL, NULL, 8) == 1);
	CHECK(p.revents == POLLIN);
	CHECK(close(pair[0]) == 0);
	p.fd = pair[1];
	CHECK(syscall(SYS_ppoll, &p, 1, NULL, NULL, 8) == 1);
	CHECK(p.revents == (POLLOUT | POLLERR));
	CHECK(close(pair[1]) == 0);
	CHECK(syscall(SYS_ppoll, &p, 1, NULL, NULL, 8) == 1);
	CHECK(p.revents == POLLNVAL);
	return true;
}

static bool check_pselect6(void)
{
	struct timespec ts = { 0, 20 * MS };
	fd_set set;
	int pair[2];

	CHECK(pipe(pair) == 0);
	FD_ZERO(&set);
	FD_SET(pair[0], &set);
	CHECK(syscall(SYS_pselect6, pair[0] + 1, &set, NULL, NULL, &ts,
		      NULL) == 0);
	CHECK(!FD_ISSET(pair[0], &set));
	FD_SET(pair[0], &set);
	CHECK(write(pair[1], "x", 1) == 1);
	CHECK(syscall(SYS_pselect6, pair[0] + 1, &set, NULL, NULL, NULL,
		      NULL) == 1);
	CHECK(FD_ISSET(pair[0], &set));
	FAILS(syscall(SYS_pselect6, -1L, NULL, NULL, NULL, &ts, NULL), EINVAL);
	CHECK(close(pair[0]) == 0 && close(pair[1]) == 0);
	FAILS(syscall(SYS_pselect6, pair[0] + 1, &set, NULL, NULL, &ts, NULL),
	      EBADF);
	return true;
}

/* --- memory ---------------------------------------------------------------- */

static bool check_brk(void)
{
	char *end = (char *)syscall(SYS_brk, 0);
	char *more = end + 8 * PAGE;

	CHECK(end != NULL);
	CHECK((char *)syscall(SYS_brk, more) == more);
	memset(end, 0x5a, 8 * PAGE);
	CHECK(more[-1] == 0x5a);
	CHECK((char *)syscall(SYS_brk, end) == end);
	CHECK((char *)syscall(SYS_brk, 1) == end);
	return true;
}

static bool check_mmap(void)
{
	char *p;
	char *q;
	int fd;

	p = (char *)syscall(SYS_mmap, NULL, 4 * PAGE, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1L, 0L);
	CHECK(p != MAP_FAILED);
	CHECK(p[0] == 0 && p[4 * PAGE - 1] == 0);
	p[PAGE] = 1;
	CHECK((fd = scratch_file()) >= 0);
	CHECK(write(fd, "mapped", 6) == 6);
	q = (char *)syscall(SYS_mmap, p, PAGE, PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_FIXED, fd, 0);
	CHECK(q == p);
	CHECK(memcmp(q, "mapped", 7) == 0);
	q[0] = 'M';
	CHECK(pread(fd, q + 100, 1, 0) == 1 && q[100] == 'M');
	CHECK(close(fd) == 0);
	CHECK(p[PAGE] == 1);
	FAILS(syscall(SYS_mmap, NULL, 0, PROT_READ, MAP_PRIVATE, fd, 0),
	      EBADF);
	FAILS(syscall(SYS_mmap, NULL, 0, PROT_READ,
		      MAP_PRIVATE | MAP_ANONYMOUS, -1L, 0L), EINVAL);
	CHECK(munmap(p, 4 * PAGE) == 0);
	return true;
}

static bool check_munmap(void)
{
	char *p = mmap(NULL, 3 * PAGE, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1L, 0L);

	CHECK(p != MAP_FAILED);
	p[2 * PAGE] = 7;
	CHECK(syscall(SYS_munmap, p + PAGE, PAGE) == 0);
	CHECK(p[0] == 0 && p[2 * PAGE] == 7);
	FAILS(write(1, p + PAGE, 1), EFAULT);
	FAILS(syscall(SYS_munmap, p + 1, PAGE), EINVAL);
	CHECK(syscall(SYS_munmap, p, 3 * PAGE) == 0);
	return true;
}

static bool check_mprotect(void)
{
	char *p = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1L, 0L);
	pid_t pid;

	CHECK(p != MAP_FAILED);
	CHECK(syscall(SYS_mprotect, p, PAGE, PROT_READ) == 0);
	CHECK((pid = fork_raw()) >= 0);
	if (pid == 0) {
		*(volatile char *)p = 1;
		_exit(0);
	}
	CHECK(WTERMSIG(reap(pid)) == SIGSEGV);
	CHECK(munmap(p, PAGE) == 0);
	FAILS(syscall(SYS_mprotect, p, PAGE, PROT_READ), ENOMEM);
	return true;
}

static bool check_mremap(void)
{
	char *p = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1L, 0L);

	CHECK(p != MAP_FAILED);
	p[5] = 9;
	p = (char *)syscall(SYS_mremap, p, PAGE, 16 * PAGE, MREMAP_MAYMOVE);
	CHECK(p != MAP_FAILED && p[5] == 9 && p[15 * PAGE] == 0);
	CHECK(syscall(SYS_madvise, p, 16 * PAGE, MADV_DONTNEED) == 0);
	CHECK(p[5] == 0);
	CHECK(munmap(p, 16 * PAGE) == 0);
	return true;
}

/* --- processes ------------------------------------------------------------ */

static bool check_clone(void)
{
	volatile int mine = 1;
	pid_t pid;
	int status;

	CHECK((pid = fork_raw()) >= 0);
	if (pid == 0) {
		mine = 2;
		syscall(SYS_exit, mine + 40);
	}
	CHECK((status = reap(pid)) >= 0);
	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 42 && mine == 1);
	FAILS(syscall(SYS_clone, CLONE_SIGHAND | SIGCHLD, 0, 0, 0, 0), EINVAL);
	return true;
}

static bool check_execve(void)
{
	char *argv[] = { "sh", "-c", "exit $(($A + $#))", "x", "y", NULL };
	char *envp[] = { "A=6", NULL };
	pid_t pid;

	CHECK((pid = fork_raw()) >= 0);
	if (pid == 0) {
		syscall(SYS_execve, "/bin/sh", argv, envp);
		_exit(99);
	}
	CHECK(WEXITSTATUS(reap(pid)) == 7);
	FAILS(syscall(SYS_execve, "/nope", argv, envp), ENOENT);
	FAILS(syscall(SYS_execve, "/etc/passwd", argv, envp), EACCES);
	FAILS(syscall(SYS_execve, "/bin", argv, envp), EACCES);
	FAILS(syscall(SYS_execve, "/bin/sh", BAD_POINTER, envp), EFAULT);
	return true;
}

static bool check_wait4(void)
{
	int status;
	pid_t pid;

	FAILS(syscall(SYS_wait4, -1L, &status, 0, NULL), ECHILD);
	CHECK((pid = fork_raw()) >= 0);
	if (pid == 0) {
		pause();
		_exit(0);
	}
	CHECK(syscall(SYS_wait4, pid, &status, WNOHANG, NULL) == 0);
	CHECK(syscall(SYS_kill, pid, SIGSTOP) == 0);
	CHECK(syscall(SYS_wait4, pid, &status, WUNTRACED, NULL) == pid);
	CHECK(WIFSTOPPED(status) && WSTOPSIG(status) == SIGSTOP);
	CHECK(syscall(SYS_kill, pid, SIGKILL) == 0);
	CHECK(syscall(SYS_wait4, -1L, &status, 0, NULL) == pid);
	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	FAILS(syscall(SYS_wait4, pid, &status, 0x1000, NULL), EINVAL);
	return true;
}

static bool check_waitid(void)
{
	siginfo_t info = { 0 };
	pid_t pid;

	CHECK((pid = fork_raw()) >= 0);
	if (pid == 0)
		_exit(3);
	CHECK(syscall(SYS_waitid, P_PID, pid, &info, WEXITED | WNOWAIT, NULL) ==
	      0);
	CHECK(info.si_pid == pid && info.si_status == 3 &&
	      info.si_code == CLD_EXITED);
	CHECK(syscall(SYS_waitid, P_PID, pid, &info, WEXITED, NULL) == 0);
	FAILS(syscall(SYS_waitid, P_PID, pid, &info, WEXITED, NULL), ECHILD);
	return true;
}

static bool check_exit(void)
{
	pid_t pid;

	CHECK((pid = fork_raw()) >= 0);
	if (pid == 0)
		syscall(SYS_exit, 0x1ff);
	CHECK(WEXITSTATUS(reap(pid)) == 0xff);
	CHECK((pid = fork_raw()) >= 0);
	if (pid == 0)
		syscall(SYS_exit_group, 5);
	CHECK(WEXITSTATUS(reap(pid)) == 5);
	return true;
}

static bool check_getpid(void)
{
	long self = syscall(SYS_getpid);
	pid_t pid;

	CHECK(self > 1);
	CHECK(syscall(SYS_gettid) == self);
	CHECK((pid = fork_raw()) >= 0);
	if (pid == 0)
		_exit(syscall(SYS_getppid) == self &&
		      syscall(SYS_getpid) != self ? 0 : 1);
	CHECK(reap(pid) == 0);
	CHECK(syscall(SYS_set_tid_address, &pid) == self);
	CHECK(syscall(SYS_getuid) == 0 && syscall(SYS_geteuid) == 0 &&
	      syscall(SYS_getgid) == 0 && syscall(SYS_getegid) == 0);
	return true;
}

static volatile int caught;

static void catch(int sig)
{
	caught = sig;
}

static bool check_signals(void)
{
	struct sigaction action = { .sa_handler = catch };
	sigset_t set;
	sigset_t pending;

	CHECK(sigaction(SIGUSR1, &action, NULL) == 0);
	CHECK(syscall(SYS_kill, getpid(), SIGUSR1) == 0);
	CHECK(caught == SIGUSR1);
	caught = 0;
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	CHECK(syscall(SYS_rt_sigprocmask, SIG_BLOCK, &set, NULL, 8) == 0);
	CHECK(syscall(SYS_kill, getpid(), SIGUSR1) == 0);
	CHECK(caught == 0);
	CHECK(syscall(SYS_rt_sigpending, &pending, 8) == 0);
	CHECK(sigismember(&pending, SIGUSR1) == 1);
	CHECK(syscall(SYS_rt_sigprocmask, SIG_UNBLOCK, &set, NULL, 8) == 0);
	CHECK(caught == SIGUSR1);
	FAILS(syscall(SYS_kill, getpid(), 65), EINVAL);
	return true;
}

static bool check_sched(void)
{
	unsigned long mask[16] = { 0 };
	uint32_t word = 1;
	struct timespec ts = { 0, MS };

	CHECK(syscall(SYS_sched_yield) == 0);
	CHECK(syscall(SYS_sched_getaffinity, 0, sizeof(mask), mask) > 0);
	CHECK(mask[0] & 1);
	FAILS(syscall(SYS_futex, &word, FUTEX_WAIT, 2, NULL), EAGAIN);
	FAILS(syscall(SYS_futex, &word, FUTEX_WAIT, 1, &ts), ETIMEDOUT);
	CHECK(syscall(SYS_futex, &word, FUTEX_WAKE, 1) == 0);
	return true;
}

/* --- time and the system ---------------------------------------------------- */

static bool check_clock_gettime(void)
{
	struct timespec ts;
	int64_t a;

	CHECK((a = now_ns()) > 0);
	CHECK(now_ns() >= a);
	CHECK(syscall(SYS_clock_gettime, CLOCK_REALTIME, &ts) == 0);
	CHECK(ts.tv_nsec >= 0 && ts.tv_nsec < 1000 * MS);
	CHECK(syscall(SYS_clock_getres, CLOCK_MONOTONIC, &ts) == 0);
	CHECK(ts.tv_sec == 0 && ts.tv_nsec >= 1);
	FAILS(syscall(SYS_clock_gettime, 999, &ts), EINVAL);
	FAILS(syscall(SYS_clock_gettime, CLOCK_REALTIME, BAD_POINTER), EFAULT);
	CHECK(syscall(SYS_gettimeofday, &ts, NULL) == 0);
	return true;
}

static bool check_nanosleep(void)
{
	struct timespec ts = { 0, 30 * MS };
	int64_t start = now_ns();

	CHECK(syscall(SYS_nanosleep, &ts, NULL) == 0);
	CHECK(now_ns() - start >= 30 * MS);
	CHECK(syscall(SYS_clock_nanosleep, CLOCK_MONOTONIC, 0, &ts, NULL) ==
	      0);
	CHECK(now_ns() - start >= 60 * MS);
	ts.tv_nsec = -1;
	FAILS(syscall(SYS_nanosleep, &ts, NULL), EINVAL);
	return true;
}

static bool check_uname(void)
{
	struct utsname u;

	CHECK(syscall(SYS_uname, &u) == 0);
	CHECK(!strcmp(u.sysname, "Linux") && !strcmp(u.machine, "aarch64"));
	return true;
}

static bool check_getrandom(void)
{
	uint64_t a = 0;
	uint64_t b = 0;

	CHECK(syscall(SYS_getrandom, &a, sizeof(a), 0) == sizeof(a));
	CHECK(syscall(SYS_getrandom, &b, sizeof(b), GRND_NONBLOCK) ==
	      sizeof(b));
	CHECK(a != b);
	FAILS(syscall(SYS_getrandom, &a, sizeof(a), 0x80), EINVAL);
	return true;
}

static bool check_enosys(void)
{
	FAILS(syscall(5000), ENOSYS);
	FAILS(syscall(-1), ENOSYS);
	return true;
}

static const struct {
	const char *name;
	bool (*run)(void);
} checks[] = {
	{ "openat", check_openat },
	{ "close", check_close },
	{ "write", check_write },
	{ "read", check_read },
	{ "lseek", check_lseek },
	{ "pread64, pwrite64", check_pread_pwrite },
	{ "readv, writev", check_readv_writev },
	{ "fstat", check_fstat },
	{ "newfstatat", check_newfstatat },
	{ "statx", check_statx },
	{ "getdents64", check_getdents64 },
	{ "mkdirat, chdir, getcwd, unlinkat", check_folders },
	{ "ioctl", check_ioctl },
	{ "fcntl", check_fcntl },
	{ "pipe2", check_pipe2 },
	{ "dup", check_dup },
	{ "dup3", check_dup3 },
	{ "ppoll", check_ppoll },
	{ "pselect6", check_pselect6 },
	{ "brk", check_brk },
	{ "mmap", check_mmap },
	{ "munmap", check_munmap },
	{ "mprotect", check_mprotect },
	{ "mremap, madvise", check_mremap },
	{ "clone as fork", check_clone },
	{ "execve", check_execve },
	{ "wait4", check_wait4 },
	{ "waitid", check_waitid },
	{ "exit, exit_group", check_exit },
	{ "getpid, getppid, gettid, getuid", check_getpid },
	{ "kill, rt_sigaction, rt_sigprocmask", check_signals },
	{ "sched_yield, sched_getaffinity, futex", check_sched },
	{ "clock_gettime, clock_getres", check_clock_gettime },
	{ "nanosleep, clock_nanosleep", check_nanosleep },
	{ "uname", check_uname },
	{ "getrandom", check_getrandom },
	{ "a call that does not exist", check_enosys },
};

int main(void)
{
	int fd = mkstemp(scratch);

	if (fd < 0)
		return 1;
	close(fd);
	for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++) {
		if (checks[i].run())
			printf("ok %s\n", checks[i].name);
		else
			printf("not ok %s: line %d: %s (errno %d)\n",
			       checks[i].name, failed_line, failed_at,
			       failed_errno);
		fflush(stdout);
	}
	unlink(scratch);
	puts("done");
	return 0;
}
