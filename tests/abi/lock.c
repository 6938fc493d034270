/* File locks: flock, POSIX, open file description; futexes are in futex.c. */
#include "abi.h"

#include <sys/file.h>

#ifndef F_OFD_SETLK
#define F_OFD_GETLK 36
#define F_OFD_SETLK 37
#define F_OFD_SETLKW 38
#endif

static struct flock range(short type, off_t start, off_t len)
{
	return (struct flock){ .l_type = type, .l_whence = SEEK_SET,
			       .l_start = start, .l_len = len };
}

static long set(int fd, short type, off_t start, off_t len)
{
	struct flock l = range(type, start, len);

	return fcntl(fd, F_SETLK, &l);
}

static long ofd(int fd, short type, off_t start, off_t len)
{
	struct flock l = range(type, start, len);

	return fcntl(fd, F_OFD_SETLK, &l);
}

/* Who would be in the way of another process: type, 0 for nobody. */
static int blocker(int fd, short type, off_t start, off_t len,
		   struct flock *out)
{
	static struct flock *shared;
	pid_t pid;

	if (!shared)
		shared = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
			      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	CHILD(pid) {
		*shared = range(type, start, len);
		OK(fcntl(fd, F_GETLK, shared));
	}
	abi_reap(pid);
	if (out)
		*out = *shared;
	return shared->l_type;
}

CASE("POSIX locks: arguments")
{
	int fd = open("f", O_RDWR | O_CREAT, 0600);
	int ro = open("f", O_RDONLY), wo = open("f", O_WRONLY);
	struct flock l = range(F_RDLCK, 0, 0);
	int p[2];

	OK(set(fd, F_RDLCK, 0, 10));
	ERR(set(ro, F_WRLCK, 0, 10), EBADF);
	ERR(set(wo, F_RDLCK, 0, 10), EBADF);
	ERR(set(99, F_RDLCK, 0, 10), EBADF);
	ERR(set(fd, 7, 0, 10), EINVAL);
	ERR(set(fd, F_RDLCK, -1, 10), EINVAL);
	ERR(set(fd, F_RDLCK, 5, -10), EINVAL);
	OK(set(fd, F_RDLCK, 10, -10));
	ERR(set(fd, F_RDLCK, INT64_MAX, 10), EOVERFLOW);
	ERR(fcntl(fd, F_SETLK, BAD_PTR), EFAULT);
	ERR(fcntl(fd, F_GETLK, BAD_PTR), EFAULT);
	l.l_whence = 9;
	ERR(fcntl(fd, F_SETLK, &l), EINVAL);
	l = range(F_UNLCK, 0, 0);
	ERR(fcntl(fd, F_GETLK, &l), EINVAL);
	pipe(p);
	OK(set(p[0], F_RDLCK, 0, 0));
	lseek(fd, 100, SEEK_SET);
	l = range(F_WRLCK, -10, 5);
	l.l_whence = SEEK_CUR;
	OK(fcntl(fd, F_SETLK, &l));
	struct flock got;
	EQ(blocker(fd, F_RDLCK, 90, 1, &got), F_WRLCK);
	EQ(got.l_start, 90);
	EQ(got.l_len, 5);
	EQ(got.l_whence, SEEK_SET);
	EQ(got.l_pid, getpid());
}

CASE("POSIX locks: splitting, merging, upgrade, conflicts")
{
	int fd = open("f", O_RDWR | O_CREAT, 0600);
	struct flock got;
	pid_t pid;

	OK(set(fd, F_WRLCK, 0, 100));
	OK(set(fd, F_UNLCK, 40, 20));
	EQ(blocker(fd, F_RDLCK, 40, 20, NULL), F_UNLCK);
	EQ(blocker(fd, F_RDLCK, 0, 0, &got), F_WRLCK);
	EQ(got.l_start, 0);
	EQ(got.l_len, 40);
	EQ(blocker(fd, F_RDLCK, 60, 0, &got), F_WRLCK);
	EQ(got.l_start, 60);
	EQ(got.l_len, 40);
	OK(set(fd, F_WRLCK, 40, 20));
	EQ(blocker(fd, F_RDLCK, 50, 1, &got), F_WRLCK);
	EQ(got.l_start, 0);
	EQ(got.l_len, 100);	/* one again */
	OK(set(fd, F_RDLCK, 50, 10));
	EQ(blocker(fd, F_RDLCK, 50, 10, NULL), F_UNLCK);
	EQ(blocker(fd, F_WRLCK, 50, 10, &got), F_RDLCK);
	EQ(got.l_start, 50);
	CHILD(pid) {
		ERR(set(fd, F_WRLCK, 0, 1), EAGAIN);
		ERR(set(fd, F_RDLCK, 0, 1), EAGAIN);
		OK(set(fd, F_RDLCK, 50, 1));
		ERR(set(fd, F_WRLCK, 50, 1), EAGAIN);
		OK(set(fd, F_WRLCK, 100, 0));
	}
	EQ(abi_exit_code(pid), 0);
	/* to the end of the file, wherever that will be */
	OK(set(fd, F_UNLCK, 0, 0));
	OK(set(fd, F_WRLCK, 1000, 0));
	EQ(blocker(fd, F_RDLCK, 1L << 40, 1, &got), F_WRLCK);
	EQ(got.l_len, 0);
}

CASE("POSIX locks: gone with any close, kept by exec, not forked")
{
	int fd = open("f", O_RDWR | O_CREAT, 0600);
	pid_t pid;

	OK(set(fd, F_WRLCK, 0, 0));
	close(open("f", O_RDONLY));
	EQ(blocker(fd, F_RDLCK, 0, 0, NULL), F_UNLCK);
	OK(set(fd, F_WRLCK, 0, 0));
	CHILD(pid) {
		ERR(set(fd, F_RDLCK, 0, 0), EAGAIN);
		close(fd);	/* not ours: nothing happens */
	}
	abi_reap(pid);
	EQ(blocker(fd, F_RDLCK, 0, 0, NULL), F_WRLCK);
	struct abi_gate g;
	gate_init(&g);
	OK(set(fd, F_UNLCK, 0, 0));
	CHILD(pid) {
		OK(set(fd, F_WRLCK, 0, 0));
		dup2(g.fds[1], 40);
		execve("/proc/self/exe", (char *[]){ "@hold", NULL }, NULL);
	}
	gate_wait(&g);
	struct flock l = range(F_RDLCK, 0, 0);
	OK(fcntl(fd, F_GETLK, &l));
	EQ(l.l_type, F_WRLCK);
	EQ(l.l_pid, pid);
	kill(pid, SIGKILL);
	abi_reap(pid);
	OK(set(fd, F_WRLCK, 0, 0));
}

HELPER(hold)
{
	write(40, "", 1);
	return pause();
}

static void nothing(int signo)
{
	(void)signo;
}

CASE("POSIX locks: waiting, EINTR, deadlock")
{
	int fd = open("f", O_RDWR | O_CREAT, 0600);
	struct flock l = range(F_WRLCK, 0, 1);
	struct abi_gate g;
	pid_t pid;

	gate_init(&g);
	OK(set(fd, F_WRLCK, 0, 1));
	CHILD(pid) {
		OK(set(fd, F_WRLCK, 10, 1));
		abi_on(SIGUSR1, nothing, 0);
		gate_open(&g);
		ERR(fcntl(fd, F_SETLKW, &l), EINTR);
		gate_open(&g);
		OK(fcntl(fd, F_SETLKW, &l));
	}
	gate_wait(&g);
	abi_wait_state(pid, 'S');
	kill(pid, SIGUSR1);
	gate_wait(&g);
	abi_wait_state(pid, 'S');
	struct flock other = range(F_WRLCK, 10, 1);
	ERR(fcntl(fd, F_SETLKW, &other), EDEADLK);
	OK(set(fd, F_UNLCK, 0, 1));
	EQ(abi_exit_code(pid), 0);
}

CASE("open file description locks")
{
	int a = open("f", O_RDWR | O_CREAT, 0600), b = open("f", O_RDWR);
	struct flock l = range(F_WRLCK, 0, 10);
	pid_t pid;

	l.l_pid = 5;
	ERR(fcntl(a, F_OFD_SETLK, &l), EINVAL);
	OK(ofd(a, F_WRLCK, 0, 10));
	ERR(ofd(b, F_RDLCK, 0, 10), EAGAIN);
	ERR(set(b, F_RDLCK, 0, 10), EAGAIN);
	ERR(set(a, F_RDLCK, 0, 10), EAGAIN);	/* another owner */
	l = range(F_RDLCK, 0, 10);
	OK(fcntl(b, F_OFD_GETLK, &l));
	EQ(l.l_type, F_WRLCK);
	EQ(l.l_pid, -1);
	int copy = dup(a);
	OK(ofd(copy, F_RDLCK, 0, 10));
	OK(ofd(b, F_RDLCK, 0, 10));
	close(copy);
	ERR(ofd(b, F_WRLCK, 0, 10), EAGAIN);	/* a still has its part */
	CHILD(pid) OK(ofd(a, F_RDLCK, 5, 1));	/* inherited */
	abi_reap(pid);
	close(a);
	OK(ofd(b, F_WRLCK, 0, 10));
}

CASE("flock")
{
	int a = open("f", O_RDWR | O_CREAT, 0600), b = open("f", O_RDONLY);
	struct abi_gate g;
	pid_t pid;

	ERR(flock(a, 0), EINVAL);
	ERR(flock(a, LOCK_SH | LOCK_EX), EINVAL);
	ERR(flock(99, LOCK_SH), EBADF);
	ERR(flock(open("f", O_PATH), LOCK_SH), EBADF);
	OK(flock(a, LOCK_EX));
	ERR(flock(b, LOCK_SH | LOCK_NB), EAGAIN);
	OK(flock(a, LOCK_SH));
	OK(flock(b, LOCK_SH | LOCK_NB));
	ERR(flock(b, LOCK_EX | LOCK_NB), EAGAIN);
	OK(flock(b, LOCK_UN));
	OK(flock(b, LOCK_UN));
	int copy = dup(a);
	close(a);
	ERR(flock(b, LOCK_EX | LOCK_NB), EAGAIN);
	OK(flock(copy, LOCK_UN));
	OK(flock(b, LOCK_EX | LOCK_NB));	/* works on a read-only file */
	/* independent of POSIX locks */
	OK(set(copy, F_WRLCK, 0, 0));
	gate_init(&g);
	CHILD(pid) {
		int c = open("f", O_RDONLY);

		abi_on(SIGUSR1, nothing, 0);
		gate_open(&g);
		ERR(flock(c, LOCK_SH), EINTR);
		gate_open(&g);
		OK(flock(c, LOCK_SH));
	}
	gate_wait(&g);
	abi_wait_state(pid, 'S');
	kill(pid, SIGUSR1);
	gate_wait(&g);
	abi_wait_state(pid, 'S');
	OK(flock(b, LOCK_UN));
	EQ(abi_exit_code(pid), 0);
	CHILD(pid) OK(flock(b, LOCK_EX));	/* shared by the two */
	abi_reap(pid);
	OK(flock(b, LOCK_EX | LOCK_NB));
}

CASE("/proc/locks and fdinfo")
{
	int fd = open("f", O_RDWR | O_CREAT, 0600);
	char want[200], path[64];
	struct stat st;

	OK(set(fd, F_WRLCK, 3, 4));
	fstat(fd, &st);
	sprintf(want, "POSIX  ADVISORY  WRITE %d %02x:%02x:%lu 3 6", getpid(),
		(unsigned)(st.st_dev >> 8) & 0xfff, (unsigned)st.st_dev & 0xff,
		st.st_ino);
	CHECK(strstr(abi_read("/proc/locks"), want));
	sprintf(path, "/proc/self/fdinfo/%d", fd);
	CHECK(strstr(abi_read(path), want));
	CHECK(strstr(abi_read(path), "lock:\t1: POSIX"));
	OK(set(fd, F_UNLCK, 0, 0));
	OK(flock(fd, LOCK_SH));
	sprintf(want, "FLOCK  ADVISORY  READ %d ", getpid());
	CHECK(strstr(abi_read("/proc/locks"), want));
	CHECK(strstr(abi_read("/proc/locks"), " 0 EOF\n"));
}

CASE("F_SETOWN, F_GETOWN, F_SETSIG, O_ASYNC on a pipe")
{
	int p[2];
	struct f_owner { int type; pid_t pid; } owner;

	pipe(p);
	EQ(fcntl(p[0], F_GETOWN), 0);
	OK(fcntl(p[0], F_SETOWN, getpid()));
	EQ(fcntl(p[0], F_GETOWN), getpid());
	EQ(fcntl(p[0], F_GETSIG), 0);
	OK(fcntl(p[0], F_SETSIG, SIGUSR1));
	EQ(fcntl(p[0], F_GETSIG), SIGUSR1);
	ERR(fcntl(p[0], F_SETSIG, 65), EINVAL);
	ERR(fcntl(p[0], F_SETOWN, INT32_MIN), EINVAL);
	ERR(fcntl(p[0], F_SETOWN, 999999), ESRCH);
	OK(fcntl(p[0], F_GETOWN_EX, &owner));
	EQ(owner.pid, getpid());
	EQ(owner.type, 1);
}
