/* Waiting for descriptors: poll, select, epoll, eventfd, inotify. */
#include "abi.h"

#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/sysmacros.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/timerfd.h>

static void nothing(int signo)
{
	(void)signo;
}

CASE("ppoll: arguments, timeouts, revents")
{
	struct pollfd p[3];
	struct timespec t = { 0, 0 };
	int fds[2];
	unsigned long mask = 0;

	pipe(fds);
	p[0] = (struct pollfd){ fds[0], POLLIN, -1 };
	p[1] = (struct pollfd){ fds[1], POLLOUT, -1 };
	p[2] = (struct pollfd){ 99, POLLIN, 0 };
	EQ(syscall(SYS_ppoll, p, 3, &t, NULL, 8), 2);
	EQ(p[0].revents, 0);
	EQ(p[1].revents, POLLOUT);
	EQ(p[2].revents, POLLNVAL);
	p[2].fd = -1;
	EQ(syscall(SYS_ppoll, p, 3, &t, NULL, 8), 1);
	EQ(p[2].revents, 0);
	ERR(syscall(SYS_ppoll, BAD_PTR, 1, &t, NULL, 8), EFAULT);
	EQ(syscall(SYS_ppoll, BAD_PTR, 0, &t, NULL, 8), 0);
	ERR(syscall(SYS_ppoll, p, 1, BAD_PTR, NULL, 8), EFAULT);
	ERR(syscall(SYS_ppoll, p, 1, &t, &mask, 4), EINVAL);
	ERR(syscall(SYS_ppoll, p, 1, &t, BAD_PTR, 8), EFAULT);
	t.tv_nsec = 1000000000;
	ERR(syscall(SYS_ppoll, p, 1, &t, NULL, 8), EINVAL);
	t.tv_nsec = -1;
	ERR(syscall(SYS_ppoll, p, 1, &t, NULL, 8), EINVAL);
	t = (struct timespec){ -1, 0 };
	ERR(syscall(SYS_ppoll, p, 1, &t, NULL, 8), EINVAL);
	t = (struct timespec){ 0, 2000000 };
	int64_t before = abi_now(CLOCK_MONOTONIC);
	EQ(syscall(SYS_ppoll, p, 1, &t, NULL, 8), 0);
	CHECK(abi_now(CLOCK_MONOTONIC) - before >= 2000000);
	EQ(t.tv_sec, 0);
	EQ(t.tv_nsec, 0);	/* what is left is written back */
	abi_limit(RLIMIT_NOFILE, 10, 4096);
	ERR(syscall(SYS_ppoll, p, 11, &t, NULL, 8), EINVAL);
	/* files are always ready */
	p[0] = (struct pollfd){ open("f", O_RDWR | O_CREAT, 0600),
				POLLIN | POLLOUT | POLLPRI, 0 };
	EQ(poll(p, 1, 0), 1);
	EQ(p[0].revents, POLLIN | POLLOUT);
	p[0] = (struct pollfd){ open("/dev/null", O_RDWR), POLLIN, 0 };
	EQ(poll(p, 1, 0), 1);
}

CASE("ppoll: the signal mask is for the call only")
{
	unsigned long none = 0, usr1 = 1UL << (SIGUSR1 - 1), old;
	struct timespec t = { 10, 0 };

	abi_on(SIGUSR1, nothing, 0);
	syscall(SYS_rt_sigprocmask, SIG_BLOCK, &usr1, NULL, 8);
	raise(SIGUSR1);
	ERR(syscall(SYS_ppoll, NULL, 0, &t, &none, 8), EINTR);
	syscall(SYS_rt_sigprocmask, SIG_BLOCK, NULL, &old, 8);
	EQ(old, usr1);
	t = (struct timespec){ 0, 0 };
	raise(SIGUSR1);
	EQ(syscall(SYS_ppoll, NULL, 0, &t, &usr1, 8), 0);
	/* ready first: the signal stays pending */
	struct pollfd p = { open("/dev/null", O_RDWR), POLLIN, 0 };
	EQ(syscall(SYS_ppoll, &p, 1, &t, &none, 8), 1);
}

CASE("pselect6: sets, counts, errors")
{
	fd_set r, w, x;
	struct timespec t = { 0, 0 };
	int fds[2];

	pipe(fds);
	FD_ZERO(&r);
	FD_ZERO(&w);
	FD_ZERO(&x);
	FD_SET(fds[0], &r);
	FD_SET(fds[1], &w);
	FD_SET(fds[0], &x);
	EQ(syscall(SYS_pselect6, fds[1] + 1, &r, &w, &x, &t, NULL), 1);
	CHECK(!FD_ISSET(fds[0], &r));
	CHECK(FD_ISSET(fds[1], &w));
	CHECK(!FD_ISSET(fds[0], &x));
	write(fds[1], "x", 1);
	FD_SET(fds[0], &r);
	EQ(syscall(SYS_pselect6, fds[1] + 1, &r, &w, NULL, &t, NULL), 2);
	ERR(syscall(SYS_pselect6, -1, &r, NULL, NULL, &t, NULL), EINVAL);
	ERR(syscall(SYS_pselect6, 5, BAD_PTR, NULL, NULL, &t, NULL), EFAULT);
	ERR(syscall(SYS_pselect6, 5, NULL, NULL, NULL, BAD_PTR, NULL), EFAULT);
	FD_ZERO(&r);
	FD_SET(60, &r);
	ERR(syscall(SYS_pselect6, 61, &r, NULL, NULL, &t, NULL), EBADF);
	EQ(syscall(SYS_pselect6, 60, &r, NULL, NULL, &t, NULL), 0);
	EQ(syscall(SYS_pselect6, 0, NULL, NULL, NULL, &t, NULL), 0);
	t.tv_nsec = 1000000000;
	ERR(syscall(SYS_pselect6, 0, NULL, NULL, NULL, &t, NULL), EINVAL);
	t = (struct timespec){ 0, 3000000 };
	EQ(syscall(SYS_pselect6, 0, NULL, NULL, NULL, &t, NULL), 0);
	EQ(t.tv_nsec, 0);
	struct { void *mask; size_t size; } sigs = { &r, 4 };
	ERR(syscall(SYS_pselect6, 0, NULL, NULL, NULL, &t, &sigs), EINVAL);
	/* end of a pipe: readable */
	close(fds[1]);
	FD_ZERO(&r);
	FD_SET(fds[0], &r);
	EQ(syscall(SYS_pselect6, fds[0] + 1, &r, NULL, NULL, &t, NULL), 1);
}

CASE("eventfd: arguments, counting, semaphore, limits")
{
	uint64_t v = 0;
	struct pollfd p;
	int fd;

	ERR(syscall(SYS_eventfd2, 0, 0x10), EINVAL);
	fd = (int)OK(eventfd(3, EFD_CLOEXEC | EFD_NONBLOCK));
	EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
	EQ(fcntl(fd, F_GETFL), O_RDWR | O_NONBLOCK);
	ERR(read(fd, &v, 7), EINVAL);
	EQ(read(fd, &v, 8), 8);
	EQ(v, 3);
	ERR(read(fd, &v, 8), EAGAIN);
	p = (struct pollfd){ fd, POLLIN | POLLOUT, 0 };
	poll(&p, 1, 0);
	EQ(p.revents, POLLOUT);
	v = 5;
	EQ(write(fd, &v, 8), 8);
	EQ(write(fd, &v, 8), 8);
	ERR(write(fd, &v, 7), EINVAL);
	v = UINT64_MAX;
	ERR(write(fd, &v, 8), EINVAL);
	v = UINT64_MAX - 11;
	EQ(write(fd, &v, 8), 8);
	v = 1;
	ERR(write(fd, &v, 8), EAGAIN);
	poll(&p, 1, 0);
	EQ(p.revents, POLLIN);
	EQ(read(fd, &v, 8), 8);
	EQ(v, UINT64_MAX - 1);
	ERR(write(fd, BAD_PTR, 8), EFAULT);
	v = 0;
	EQ(write(fd, &v, 8), 8);
	ERR(read(fd, &v, 8), EAGAIN);
	fd = eventfd(2, EFD_SEMAPHORE | EFD_NONBLOCK);
	EQ(read(fd, &v, 8), 8);
	EQ(v, 1);
	EQ(read(fd, &v, 8), 8);
	ERR(read(fd, &v, 8), EAGAIN);
	char path[64];
	v = 0x1f;
	write(fd, &v, 8);
	sprintf(path, "/proc/self/fdinfo/%d", fd);
	STR(abi_field(abi_read(path), "eventfd-count"), "1f");
}

CASE("epoll_create1 and epoll_ctl: errors")
{
	struct epoll_event e = { .events = EPOLLIN };
	int ep, fds[2], inner;

	ERR(epoll_create1(1), EINVAL);
	ep = (int)OK(epoll_create1(EPOLL_CLOEXEC));
	EQ(fcntl(ep, F_GETFD), FD_CLOEXEC);
	pipe(fds);
	ERR(epoll_ctl(ep, EPOLL_CTL_ADD, 99, &e), EBADF);
	ERR(epoll_ctl(99, EPOLL_CTL_ADD, fds[0], &e), EBADF);
	ERR(epoll_ctl(fds[0], EPOLL_CTL_ADD, fds[1], &e), EINVAL);
	ERR(epoll_ctl(ep, EPOLL_CTL_ADD, ep, &e), EINVAL);
	ERR(epoll_ctl(ep, 9, fds[0], &e), EINVAL);
	ERR(syscall(SYS_epoll_ctl, ep, EPOLL_CTL_ADD, fds[0], BAD_PTR), EFAULT);
	ERR(epoll_ctl(ep, EPOLL_CTL_MOD, fds[0], &e), ENOENT);
	ERR(epoll_ctl(ep, EPOLL_CTL_DEL, fds[0], NULL), ENOENT);
	OK(epoll_ctl(ep, EPOLL_CTL_ADD, fds[0], &e));
	ERR(epoll_ctl(ep, EPOLL_CTL_ADD, fds[0], &e), EEXIST);
	int copy = dup(fds[0]);
	OK(epoll_ctl(ep, EPOLL_CTL_ADD, copy, &e));
	OK(epoll_ctl(ep, EPOLL_CTL_DEL, copy, NULL));
	int file = open("f", O_RDWR | O_CREAT, 0600);
	ERR(epoll_ctl(ep, EPOLL_CTL_ADD, file, &e), EPERM);
	ERR(epoll_ctl(ep, EPOLL_CTL_ADD, open(".", O_RDONLY), &e), EPERM);
	e.events = EPOLLIN | EPOLLEXCLUSIVE;
	ERR(epoll_ctl(ep, EPOLL_CTL_MOD, fds[0], &e), EINVAL);
	OK(epoll_ctl(ep, EPOLL_CTL_ADD, fds[1], &e));
	e.events = EPOLLIN;
	ERR(epoll_ctl(ep, EPOLL_CTL_MOD, fds[1], &e), EINVAL);
	e.events = EPOLLIN | EPOLLEXCLUSIVE | EPOLLONESHOT;
	ERR(epoll_ctl(ep, EPOLL_CTL_ADD, copy, &e), EINVAL);
	/* loops, and chains that are too long */
	e.events = EPOLLIN;
	inner = epoll_create1(0);
	OK(epoll_ctl(ep, EPOLL_CTL_ADD, inner, &e));
	ERR(epoll_ctl(inner, EPOLL_CTL_ADD, ep, &e), ELOOP);
	int chain[8];
	for (int i = 0; i < 8; i++)
		chain[i] = epoll_create1(0);
	for (int i = 0; i < 4; i++)
		OK(epoll_ctl(chain[i], EPOLL_CTL_ADD, chain[i + 1], &e));
	ERR(epoll_ctl(chain[4], EPOLL_CTL_ADD, chain[5], &e), ELOOP);
	struct epoll_event got[2];
	ERR(epoll_wait(ep, got, 0, 0), EINVAL);
	ERR(epoll_wait(ep, got, -1, 0), EINVAL);
	ERR(epoll_wait(fds[0], got, 1, 0), EINVAL);
	ERR(epoll_wait(99, got, 1, 0), EBADF);
	ERR(syscall(SYS_epoll_pwait, ep, got, 1, 0, got, 4), EINVAL);
	ERR(syscall(SYS_epoll_pwait2, ep, got, 1,
		    &(struct timespec){ 0, 1000000000 }, NULL, 8), EINVAL);
	EQ(syscall(SYS_epoll_pwait2, inner, got, 1,
		   &(struct timespec){ 0, 1000 }, NULL, 8), 0);
}

CASE("epoll: level, edge, one-shot")
{
	struct epoll_event e = { .events = EPOLLIN, .data.u64 = 0x1122334455 };
	struct epoll_event got[4];
	int ep = epoll_create1(0), fds[2];
	char c;

	pipe(fds);
	epoll_ctl(ep, EPOLL_CTL_ADD, fds[0], &e);
	EQ(epoll_wait(ep, got, 4, 0), 0);
	write(fds[1], "ab", 2);
	for (int i = 0; i < 3; i++) {
		EQ(epoll_wait(ep, got, 4, 0), 1);
		EQ(got[0].events, EPOLLIN);
		EQ(got[0].data.u64, 0x1122334455);
	}
	e.events = EPOLLIN | EPOLLET;
	epoll_ctl(ep, EPOLL_CTL_MOD, fds[0], &e);
	EQ(epoll_wait(ep, got, 4, 0), 1);
	EQ(epoll_wait(ep, got, 4, 0), 0);
	read(fds[0], &c, 1);
	EQ(epoll_wait(ep, got, 4, 0), 0);
	write(fds[1], "c", 1);
	EQ(epoll_wait(ep, got, 4, 0), 1);
	EQ(epoll_wait(ep, got, 4, 0), 0);
	e.events = EPOLLIN | EPOLLONESHOT;
	epoll_ctl(ep, EPOLL_CTL_MOD, fds[0], &e);
	EQ(epoll_wait(ep, got, 4, 0), 1);
	EQ(epoll_wait(ep, got, 4, 0), 0);
	write(fds[1], "d", 1);
	EQ(epoll_wait(ep, got, 4, 0), 0);
	epoll_ctl(ep, EPOLL_CTL_MOD, fds[0], &e);
	EQ(epoll_wait(ep, got, 4, 0), 1);
	/* hang-up and errors come unasked */
	e.events = 0;
	epoll_ctl(ep, EPOLL_CTL_MOD, fds[0], &e);
	EQ(epoll_wait(ep, got, 4, 0), 0);
	close(fds[1]);
	EQ(epoll_wait(ep, got, 4, 0), 1);
	EQ(got[0].events, EPOLLHUP);
	/* a closed file leaves the set, unless a duplicate is open */
	int copy = dup(fds[0]);
	close(fds[0]);
	EQ(epoll_wait(ep, got, 4, 0), 1);
	close(copy);
	EQ(epoll_wait(ep, got, 4, 0), 0);
}

CASE("epoll: round robin, nesting, waking, fdinfo")
{
	struct epoll_event e = { .events = EPOLLIN }, got[4];
	int ep = epoll_create1(0), outer = epoll_create1(0), ev[3];
	uint64_t one = 1;
	pid_t pid;

	for (int i = 0; i < 3; i++) {
		ev[i] = eventfd(1, EFD_NONBLOCK);
		e.data.fd = i;
		epoll_ctl(ep, EPOLL_CTL_ADD, ev[i], &e);
	}
	int seen[3] = { 0 };
	for (int i = 0; i < 3; i++) {
		EQ(epoll_wait(ep, got, 1, 0), 1);
		seen[got[0].data.fd]++;
	}
	EQ(seen[0] * 100 + seen[1] * 10 + seen[2], 111);
	e.data.fd = 7;
	epoll_ctl(outer, EPOLL_CTL_ADD, ep, &e);
	EQ(epoll_wait(outer, got, 4, 0), 1);
	EQ(got[0].data.fd, 7);
	for (int i = 0; i < 3; i++)
		read(ev[i], &one, 8);
	EQ(epoll_wait(outer, got, 4, 0), 0);
	struct pollfd p = { ep, POLLIN, 0 };
	EQ(poll(&p, 1, 0), 0);
	pid_t parent = getpid();
	CHILD(pid) {
		abi_wait_state(parent, 'S');
		one = 1;
		write(ev[1], &one, 8);
	}
	EQ(epoll_wait(outer, got, 4, 10000), 1);
	EQ(epoll_wait(ep, got, 4, 0), 1);
	EQ(got[0].data.fd, 1);
	abi_reap(pid);
	char path[64], want[64];
	sprintf(path, "/proc/self/fdinfo/%d", ep);
	sprintf(want, "tfd: %8d events: %8x data: %16llx ", ev[0], EPOLLIN | EPOLLERR |
		EPOLLHUP, 0LL);
	CHECK(strstr(abi_read(path), want));
}

/* --- inotify ------------------------------------------------------------------ */

static struct inotify_event *next(int fd)
{
	static char buf[4096] __attribute__((aligned(8)));
	static ssize_t at, size;

	if (at >= size) {
		at = 0;
		size = read(fd, buf, sizeof(buf));
		if (size <= 0)
			return NULL;
	}
	struct inotify_event *e = (void *)(buf + at);
	at += (ssize_t)(sizeof(*e) + e->len);
	return e;
}

static void expect(const char *file, int line, int fd, uint32_t mask,
		   const char *name)
{
	struct inotify_event *e = next(fd);

	if (!abi_check(file, line, "an event", e != NULL))
		return;
	abi_eq(file, line, "its mask", e->mask, mask);
	abi_str(file, line, "its name", e->len ? e->name : "", name);
}
#define EXPECT(mask, name) expect(ABI_AT, fd, mask, name)

CASE("inotify: watches in fdinfo")
{
	char path[40], want[100];
	struct stat st;
	unsigned long ino = 0;
	unsigned wd = 0, dev = 0, mask = 0, ignored = 1;

	int fd = (int)OK(inotify_init1(0));
	sprintf(path, "/proc/self/fdinfo/%d", fd);
	CHECK(!strstr(abi_read(path), "inotify"));
	EQ(inotify_add_watch(fd, ".", IN_CREATE | IN_ONESHOT | IN_ONLYDIR), 1);
	stat(".", &st);
	char *line = strstr(abi_read(path), "inotify ");
	NEED(line);
	EQ(sscanf(line, "inotify wd:%x ino:%lx sdev:%x mask:%x ignored_mask:%x",
		  &wd, &ino, &dev, &mask, &ignored), 5);
	EQ(wd, 1);
	EQ(ino, st.st_ino);
	EQ(dev, major(st.st_dev) << 20 | minor(st.st_dev));
	EQ(mask, IN_CREATE | IN_ONESHOT);
	EQ(ignored, 0);
	for (int i = 2; i <= 20; i++) {
		sprintf(want, "f%d", i);
		abi_touch(want, 0600);
		EQ(inotify_add_watch(fd, want, IN_MODIFY), i);
	}
	char *text = abi_read(path);
	/* The first had its one event. */
	for (int i = 2; i <= 20; i++) {
		sprintf(want, "inotify wd:%x ", i);
		CHECK(strstr(text, want));
	}
	inotify_rm_watch(fd, 20);
	CHECK(!strstr(abi_read(path), "inotify wd:14 "));
}

CASE("inotify: arguments")
{
	char small[10];
	int n, fd, wd;

	ERR(inotify_init1(1), EINVAL);
	fd = (int)OK(inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
	EQ(fcntl(fd, F_GETFL), O_NONBLOCK);
	ERR(inotify_add_watch(fd, "none", IN_ALL_EVENTS), ENOENT);
	ERR(inotify_add_watch(fd, ".", 0), EINVAL);
	ERR(inotify_add_watch(99, ".", IN_MODIFY), EBADF);
	ERR(inotify_add_watch(0, ".", IN_MODIFY), EINVAL);
	ERR(inotify_add_watch(fd, BAD_PTR, IN_MODIFY), EFAULT);
	abi_write("f", "x");
	ERR(inotify_add_watch(fd, "f", IN_MODIFY | IN_ONLYDIR), ENOTDIR);
	wd = (int)OK(inotify_add_watch(fd, "f", IN_MODIFY));
	EQ(wd, 1);
	EQ(inotify_add_watch(fd, "f", IN_ATTRIB), 1);
	ERR(inotify_add_watch(fd, "f", IN_ATTRIB | IN_MASK_CREATE), EEXIST);
	ERR(inotify_add_watch(fd, "f", IN_MASK_ADD | IN_MASK_CREATE |
			      IN_ATTRIB), EINVAL);
	EQ(inotify_add_watch(fd, ".", IN_MODIFY), 2);
	ERR(inotify_rm_watch(fd, 77), EINVAL);
	ERR(inotify_rm_watch(99, 1), EBADF);
	ERR(read(fd, small, 10), EAGAIN);
	EQ(ioctl(fd, FIONREAD, &n), 0);
	EQ(n, 0);
	chmod("f", 0600);
	ERR(read(fd, small, 10), EINVAL);
	EQ(ioctl(fd, FIONREAD, &n), 0);
	EQ(n, 16);
	EXPECT(IN_ATTRIB, "");
	OK(inotify_rm_watch(fd, 1));
	EXPECT(IN_IGNORED, "");
	EQ(inotify_add_watch(fd, "f", IN_MODIFY), 3);
	ERR(write(fd, "x", 1), EBADF);
}

CASE("inotify: events of a directory and its files")
{
	int fd = inotify_init1(IN_NONBLOCK), f;
	char c;

	mkdir("d", 0755);
	OK(inotify_add_watch(fd, "d", IN_ALL_EVENTS));
	f = open("d/a", O_RDWR | O_CREAT, 0644);
	EXPECT(IN_CREATE, "a");
	EXPECT(IN_OPEN, "a");
	write(f, "x", 1);
	EXPECT(IN_MODIFY, "a");
	lseek(f, 0, SEEK_SET);
	read(f, &c, 1);
	EXPECT(IN_ACCESS, "a");
	close(f);
	EXPECT(IN_CLOSE_WRITE, "a");
	close(open("d/a", O_RDONLY));
	EXPECT(IN_OPEN, "a");
	EXPECT(IN_CLOSE_NOWRITE, "a");
	chmod("d/a", 0600);
	EXPECT(IN_ATTRIB, "a");
	truncate("d/a", 0);
	EXPECT(IN_MODIFY, "a");
	rename("d/a", "d/b");
	struct inotify_event *e = next(fd);
	uint32_t cookie = e ? e->cookie : 0;
	EQ(e ? e->mask : 0, IN_MOVED_FROM);
	CHECK(cookie != 0);
	e = next(fd);
	EQ(e ? e->mask : 0, IN_MOVED_TO);
	EQ(e ? e->cookie : 0, cookie);
	mkdir("d/sub", 0755);
	EXPECT(IN_CREATE | IN_ISDIR, "sub");
	rmdir("d/sub");
	EXPECT(IN_DELETE | IN_ISDIR, "sub");
	link("d/b", "d/c");
	EXPECT(IN_CREATE, "c");
	unlink("d/b");
	EXPECT(IN_DELETE, "b");
	symlink("x", "d/l");
	EXPECT(IN_CREATE, "l");
	rename("d/c", "out");
	EXPECT(IN_MOVED_FROM, "c");
	rename("out", "d/in");
	EXPECT(IN_MOVED_TO, "in");
	unlink("d/in");
	EXPECT(IN_DELETE, "in");
	unlink("d/l");
	EXPECT(IN_DELETE, "l");
	rmdir("d");
	EXPECT(IN_DELETE_SELF, "");
	EXPECT(IN_IGNORED, "");
	CHECK(next(fd) == NULL);
}

CASE("inotify: the file itself, one-shot, merging, overflow")
{
	int fd = inotify_init1(IN_NONBLOCK), f;

	abi_write("f", "x");
	OK(inotify_add_watch(fd, "f", IN_MODIFY | IN_MOVE_SELF | IN_DELETE_SELF |
			     IN_CLOSE_WRITE));
	f = open("f", O_WRONLY);
	write(f, "a", 1);
	write(f, "b", 1);	/* equal to the last in the queue: merged */
	close(f);
	EXPECT(IN_MODIFY, "");
	EXPECT(IN_CLOSE_WRITE, "");
	rename("f", "g");
	EXPECT(IN_MOVE_SELF, "");
	f = open("g", O_RDONLY);
	unlink("g");
	CHECK(next(fd) == NULL);	/* still open */
	close(f);
	EXPECT(IN_DELETE_SELF, "");
	EXPECT(IN_IGNORED, "");
	abi_write("h", "x");
	OK(inotify_add_watch(fd, "h", IN_ATTRIB | IN_ONESHOT));
	chmod("h", 0600);
	chmod("h", 0644);
	EXPECT(IN_ATTRIB, "");
	EXPECT(IN_IGNORED, "");
	CHECK(next(fd) == NULL);
	abi_write("i", "x");
	OK(inotify_add_watch(fd, "h", IN_ATTRIB));
	OK(inotify_add_watch(fd, "i", IN_ATTRIB));
	for (int i = 0; i < 9000; i++)
		chmod(i & 1 ? "h" : "i", 0600);
	int events = 0, overflow = 0;
	struct inotify_event *e;
	while ((e = next(fd))) {
		events++;
		overflow += e->mask == IN_Q_OVERFLOW && e->wd == -1;
	}
	EQ(events, 9000);
	EQ(overflow, 0);
}
