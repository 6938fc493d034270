/* Pipes and FIFOs. */
#include "abi.h"

#include <poll.h>
#include <sys/ioctl.h>
#include <sys/sendfile.h>
#include <sys/uio.h>

static int ready(int fd, short want)
{
	struct pollfd p = { fd, want, 0 };

	poll(&p, 1, 0);
	return p.revents;
}

CASE("pipe2: flags and bad pointers")
{
	int fds[2] = { -7, -7 };

	ERR(syscall(SYS_pipe2, fds, O_APPEND), EINVAL);
	ERR(syscall(SYS_pipe2, fds, O_TRUNC), EINVAL);
	ERR(syscall(SYS_pipe2, fds, ~0), EINVAL);
	ERR(syscall(SYS_pipe2, BAD_PTR, 0), EFAULT);
	ERR(syscall(SYS_pipe2, KERNEL_PTR, 0), EFAULT);
	EQ(fds[0], -7);
	OK(pipe2(fds, O_CLOEXEC | O_NONBLOCK));
	EQ(fds[0], 3);
	EQ(fds[1], 4);	/* nothing stayed open from the failures */
	EQ(fcntl(fds[0], F_GETFD), FD_CLOEXEC);
	EQ(fcntl(fds[0], F_GETFL), O_RDONLY | O_NONBLOCK);
	EQ(fcntl(fds[1], F_GETFL), O_WRONLY | O_NONBLOCK);
	OK(pipe2(fds, 0));
	EQ(fcntl(fds[1], F_GETFD), 0);
	EQ(fcntl(fds[1], F_GETFL), O_WRONLY);
	OK(pipe2(fds, O_DIRECT));
	EQ(fcntl(fds[1], F_GETFL), O_WRONLY | O_DIRECT);
}

CASE("descriptors run out between the two ends")
{
	int fds[2] = { -1, -1 };

	abi_limit(7, 4, 4096);
	ERR(pipe(fds), EMFILE);
	EQ(dup(0), 3);
	ERR(pipe(fds), EMFILE);
	EQ(fds[0], -1);
}

CASE("wrong end, bad buffers, zero lengths")
{
	int fds[2];
	char c;

	pipe2(fds, O_NONBLOCK);
	ERR(read(fds[1], &c, 1), EBADF);
	ERR(write(fds[0], &c, 1), EBADF);
	ERR(read(fds[0], &c, 1), EAGAIN);
	EQ(read(fds[0], &c, 0), 0);
	EQ(write(fds[1], &c, 0), 0);
	ERR(read(fds[0], &c, 1), EAGAIN);
	ERR(write(fds[1], BAD_PTR, 1), EFAULT);
	ERR(read(fds[0], &c, 1), EAGAIN);
	write(fds[1], "ab", 2);
	ERR(read(fds[0], BAD_PTR, 1), EFAULT);
	EQ(read(fds[0], &c, 1), 1);
	EQ(c, 'a');
	ERR(lseek(fds[0], 0, SEEK_SET), ESPIPE);
	ERR(pread(fds[0], &c, 1, 0), ESPIPE);
	ERR(pwrite(fds[1], &c, 1, 0), ESPIPE);
	ERR(ftruncate(fds[1], 0), EINVAL);
	ERR(fsync(fds[1]), EINVAL);
	ERR(fallocate(fds[1], 0, 0, 1), ESPIPE);
	ERR((long)mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fds[0], 0), ENODEV);
	ERR(fchdir(fds[0]), ENOTDIR);
}

CASE("end of file and broken pipe")
{
	int fds[2];
	char buf[8];
	pid_t pid;

	pipe(fds);
	write(fds[1], "abc", 3);
	close(fds[1]);
	EQ(ready(fds[0], POLLIN), POLLIN | POLLHUP);
	EQ(read(fds[0], buf, 8), 3);
	EQ(read(fds[0], buf, 8), 0);
	EQ(read(fds[0], buf, 8), 0);
	EQ(ready(fds[0], POLLIN), POLLHUP);
	pipe(fds);
	close(fds[0]);
	EQ(ready(fds[1], POLLOUT), POLLOUT | POLLERR);
	CHILD(pid) write(fds[1], "x", 1);
	EQ(abi_exit_code(pid), 1000 + SIGPIPE);
	abi_on(SIGPIPE, SIG_IGN, 0);
	ERR(write(fds[1], "x", 1), EPIPE);
	EQ(write(fds[1], "x", 0), 0);
}

CASE("capacity, atomic writes, FIONREAD")
{
	static char block[70000];
	int fds[2], n = -1;

	pipe2(fds, O_NONBLOCK);
	EQ(fcntl(fds[0], F_GETPIPE_SZ), 65536);
	EQ(write(fds[1], block, sizeof(block)), 65536);
	ERR(write(fds[1], block, 1), EAGAIN);
	EQ(ready(fds[1], POLLOUT), 0);
	EQ(ready(fds[0], POLLIN), POLLIN);
	EQ(ioctl(fds[0], FIONREAD, &n), 0);
	EQ(n, 65536);
	ERR(ioctl(fds[0], FIONREAD, BAD_PTR), EFAULT);
	EQ(ioctl(fds[1], FIONREAD, &n), 0);
	EQ(n, 65536);
	EQ(read(fds[0], block, 100), 100);
	ERR(write(fds[1], block, 100), EAGAIN);	/* a whole slot is wanted */
	EQ(ready(fds[1], POLLOUT), 0);
	EQ(read(fds[0], block, 3996), 3996);
	EQ(ready(fds[1], POLLOUT), POLLOUT);
	EQ(write(fds[1], block, 4097), 4096);	/* not atomic: a part */
	EQ(read(fds[0], block, 4096), 4096);
	EQ(write(fds[1], block, 4095), 4095);
	ERR(ioctl(fds[0], TCGETS, block), ENOTTY);
	ERR(ioctl(fds[0], 0x1234, 0), ENOTTY);
}

CASE("F_SETPIPE_SZ")
{
	static char block[200000];
	int fds[2];
	pid_t pid;

	pipe2(fds, O_NONBLOCK);
	EQ(fcntl(fds[0], F_SETPIPE_SZ, 1), 4096);
	EQ(fcntl(fds[1], F_GETPIPE_SZ), 4096);
	EQ(fcntl(fds[0], F_SETPIPE_SZ, 5000), 8192);
	EQ(fcntl(fds[0], F_SETPIPE_SZ, 131072), 131072);
	EQ(write(fds[1], block, sizeof(block)), 131072);
	ERR(fcntl(fds[0], F_SETPIPE_SZ, 4096), EBUSY);
	ERR(fcntl(fds[0], F_SETPIPE_SZ, 0x80000001UL), EINVAL);
	EQ(fcntl(fds[0], F_SETPIPE_SZ, 2 << 20), 2 << 20);	/* root */
	ERR(fcntl(0, F_GETPIPE_SZ), EBADF);
	int file = open("f", O_RDWR | O_CREAT, 0600);
	ERR(fcntl(file, F_GETPIPE_SZ), EBADF);
	ERR(fcntl(file, F_SETPIPE_SZ, 4096), EBADF);
	CHILD(pid) {
		abi_drop(1000, 1000);
		pipe(fds);
		ERR(fcntl(fds[0], F_SETPIPE_SZ, 2 << 20), EPERM);
		EQ(fcntl(fds[0], F_SETPIPE_SZ, 1 << 20), 1 << 20);
	}
	abi_reap(pid);
	STR(abi_read("/proc/sys/fs/pipe-max-size"), "1048576\n");
}

CASE("packet mode keeps writes apart")
{
	int fds[2];
	char buf[100];

	pipe2(fds, O_DIRECT | O_NONBLOCK);
	write(fds[1], "abc", 3);
	write(fds[1], "de", 2);
	EQ(read(fds[0], buf, 100), 3);
	EQ(read(fds[0], buf, 1), 1);	/* the rest of the packet is lost */
	ERR(read(fds[0], buf, 1), EAGAIN);
	EQ(fcntl(fds[1], F_SETFL, O_NONBLOCK), 0);
	write(fds[1], "f", 1);
	write(fds[1], "g", 1);
	EQ(read(fds[0], buf, 100), 2);
}

CASE("readv and writev over several segments")
{
	int fds[2];
	char a[3], b[5];
	struct iovec out[3] = { { "ab", 2 }, { "", 0 }, { "cdef", 4 } };
	struct iovec in[2] = { { a, 3 }, { b, 5 } };
	struct iovec bad[2] = { { "xy", 2 }, { BAD_PTR, 2 } };

	pipe2(fds, O_NONBLOCK);
	EQ(writev(fds[1], out, 3), 6);
	EQ(readv(fds[0], in, 2), 6);
	MEM(a, "abc", 3);
	MEM(b, "def", 3);
	ERR(writev(fds[1], bad, 2), EFAULT);
	ERR(read(fds[0], a, 3), EAGAIN);
	ERR(writev(fds[1], out, -1), EINVAL);
	ERR(writev(fds[1], out, 1025), EINVAL);
	EQ(writev(fds[1], out, 0), 0);
	out[1].iov_len = (size_t)-1;
	ERR(writev(fds[1], out, 3), EINVAL);
	ERR(writev(fds[1], BAD_PTR, 1), EFAULT);
}

CASE("fstat of a pipe and its /proc link")
{
	int fds[2];
	struct stat a, b;
	char link[64], path[64];

	pipe(fds);
	OK(fstat(fds[0], &a));
	OK(fstat(fds[1], &b));
	EQ(a.st_mode, S_IFIFO | 0600);
	EQ(a.st_ino, b.st_ino);
	EQ(a.st_size, 0);
	EQ(a.st_nlink, 1);
	EQ(a.st_blksize, 4096);
	sprintf(path, "/proc/self/fd/%d", fds[0]);
	ssize_t n = readlink(path, link, sizeof(link) - 1);
	link[n > 0 ? n : 0] = 0;
	sprintf(path, "pipe:[%lu]", a.st_ino);
	STR(link, path);
	sprintf(path, "/proc/self/fd/%d", fds[0]);
	int again = (int)OK(open(path, O_WRONLY | O_NONBLOCK));
	EQ(write(again, "q", 1), 1);
	EQ(read(fds[0], link, 5), 1);
}

CASE("a blocked reader and writer are woken, signals interrupt")
{
	int fds[2];
	pid_t pid;
	char c;

	pipe(fds);
	CHILD(pid) {
		close(fds[1]);
		EQ(read(fds[0], &c, 1), 1);
		EQ(read(fds[0], &c, 1), 0);
	}
	close(fds[0]);
	abi_wait_state(pid, 'S');
	write(fds[1], "x", 1);
	abi_wait_state(pid, 'S');
	close(fds[1]);
	EQ(abi_exit_code(pid), 0);

	pipe(fds);
	CHILD(pid) {
		static char block[65536 + 5000];

		EQ(write(fds[1], block, sizeof(block)), sizeof(block));
	}
	abi_wait_state(pid, 'S');
	static char sink[8192];
	size_t total = 0;
	close(fds[1]);
	ssize_t n;
	while ((n = read(fds[0], sink, sizeof(sink))) > 0)
		total += (size_t)n;
	EQ(total, 65536 + 5000);
	abi_reap(pid);
}

static void nothing(int signo)
{
	(void)signo;
}

CASE("a signal ends a write after a part, a read with EINTR or restart")
{
	static char block[65536 + 5000];
	struct abi_gate g;
	int fds[2];
	pid_t pid;

	gate_init(&g);
	pipe(fds);
	CHILD(pid) {
		abi_on(SIGUSR1, nothing, SA_RESTART);
		gate_open(&g);
		EQ(write(fds[1], block, sizeof(block)), 65536);
	}
	gate_wait(&g);
	abi_wait_state(pid, 'S');
	kill(pid, SIGUSR1);
	EQ(abi_exit_code(pid), 0);
	read(fds[0], block, sizeof(block));
	CHILD(pid) {
		char c;

		abi_on(SIGUSR1, nothing, 0);
		abi_on(SIGUSR2, nothing, SA_RESTART);
		gate_open(&g);
		ERR(read(fds[0], &c, 1), EINTR);
		gate_open(&g);
		EQ(read(fds[0], &c, 1), 1);
	}
	gate_wait(&g);
	abi_wait_state(pid, 'S');
	kill(pid, SIGUSR1);
	gate_wait(&g);
	abi_wait_state(pid, 'S');
	kill(pid, SIGUSR2);
	abi_wait_state(pid, 'S');
	write(fds[1], "x", 1);
	EQ(abi_exit_code(pid), 0);
}

CASE("FIFO: open rules")
{
	pid_t pid;
	int fd, other;
	struct stat st;

	OK(mkfifo("p", 0640));
	ERR(mkfifo("p", 0640), EEXIST);
	stat("p", &st);
	EQ(st.st_mode, S_IFIFO | 0640);
	ERR(open("p", O_WRONLY | O_NONBLOCK), ENXIO);
	fd = (int)OK(open("p", O_RDONLY | O_NONBLOCK));
	char c;
	EQ(read(fd, &c, 1), 0);			/* no writer: end of file */
	EQ(ready(fd, POLLIN), 0);		/* none so far: no hang-up */
	other = (int)OK(open("p", O_WRONLY | O_NONBLOCK));
	ERR(read(fd, &c, 1), EAGAIN);
	write(other, "k", 1);
	close(other);
	EQ(ready(fd, POLLIN), POLLIN | POLLHUP);
	EQ(read(fd, &c, 1), 1);
	EQ(read(fd, &c, 1), 0);
	EQ(ready(fd, POLLIN), POLLHUP);
	close(fd);
	fd = (int)OK(open("p", O_RDWR));	/* never blocks on Linux */
	EQ(write(fd, "zz", 2), 2);
	EQ(read(fd, &c, 1), 1);
	close(fd);
	fd = (int)OK(open("p", O_RDONLY | O_NONBLOCK));
	EQ(read(fd, &c, 1), 0);			/* what was left is gone */
	close(fd);
	CHILD(pid) {
		int w = open("p", O_WRONLY);

		EQ(write(w, "hello", 5), 5);
	}
	fd = (int)OK(open("p", O_RDONLY));
	char buf[8];
	EQ(read(fd, buf, 8), 5);
	EQ(abi_exit_code(pid), 0);
	EQ(read(fd, buf, 8), 0);
	ERR(open("p", O_RDONLY | O_DIRECTORY), ENOTDIR);
	ERR(lseek(fd, 0, SEEK_CUR), ESPIPE);
	ERR(truncate("p", 0), EINVAL);
}

CASE("FIFO: a blocked open is interrupted by a signal")
{
	struct abi_gate g;
	pid_t pid;

	gate_init(&g);
	mkfifo("p", 0600);
	CHILD(pid) {
		abi_on(SIGUSR1, nothing, 0);
		gate_open(&g);
		ERR(open("p", O_RDONLY), EINTR);
		gate_open(&g);
		ERR(open("p", O_WRONLY), EINTR);
	}
	gate_wait(&g);
	abi_wait_state(pid, 'S');
	kill(pid, SIGUSR1);
	gate_wait(&g);
	abi_wait_state(pid, 'S');
	kill(pid, SIGUSR1);
	EQ(abi_exit_code(pid), 0);
}

CASE("splice and tee between pipes and files")
{
	int a[2], b[2], file = open("f", O_RDWR | O_CREAT, 0600);
	char buf[32];
	loff_t off = 2;

	pipe2(a, O_NONBLOCK);
	pipe2(b, O_NONBLOCK);
	write(a[1], "abcdefgh", 8);
	EQ(tee(a[0], b[1], 3, 0), 3);
	EQ(read(b[0], buf, 32), 3);
	MEM(buf, "abc", 3);
	EQ(splice(a[0], NULL, b[1], NULL, 4, 0), 4);
	EQ(read(b[0], buf, 32), 4);
	MEM(buf, "abcd", 4);
	EQ(splice(a[0], NULL, file, &off, 100, 0), 4);
	EQ(off, 6);
	EQ(lseek(file, 0, SEEK_CUR), 0);
	EQ(lseek(file, 0, SEEK_END), 6);
	off = 3;
	EQ(splice(file, &off, a[1], NULL, 100, 0), 3);
	EQ(off, 6);
	EQ(splice(file, &off, a[1], NULL, 100, 0), 0);
	EQ(read(a[0], buf, 32), 3);
	MEM(buf, "fgh", 3);
	ERR(splice(a[0], NULL, b[1], NULL, 4, 0), EAGAIN);
	ERR(splice(a[0], NULL, b[1], NULL, 4, SPLICE_F_NONBLOCK), EAGAIN);
	ERR(splice(a[0], NULL, a[1], NULL, 4, 0), EINVAL);
	ERR(tee(a[0], a[1], 4, 0), EINVAL);
	ERR(splice(a[0], &off, b[1], NULL, 4, 0), ESPIPE);
	ERR(splice(a[0], NULL, b[1], &off, 4, 0), ESPIPE);
	ERR(splice(file, NULL, file, NULL, 4, 0), EINVAL);
	ERR(splice(a[0], NULL, b[1], NULL, 4, 0x80), EINVAL);
	ERR(splice(99, NULL, b[1], NULL, 4, 0), EBADF);
	ERR(splice(a[1], NULL, b[1], NULL, 4, 0), EBADF);
	ERR(splice(a[0], NULL, b[0], NULL, 4, 0), EBADF);
	ERR(splice(a[0], NULL, file, BAD_PTR, 4, 0), EFAULT);
	EQ(splice(a[0], NULL, b[1], NULL, 0, 0), 0);
	EQ(tee(a[0], b[1], 0, 0), 0);
	ERR(tee(file, b[1], 1, 0), EINVAL);
	ERR(tee(a[0], b[1], 1, 0), EAGAIN);
	close(a[1]);
	EQ(tee(a[0], b[1], 1, 0), 0);
	EQ(splice(a[0], NULL, b[1], NULL, 4, 0), 0);
	int append = open("f", O_WRONLY | O_APPEND);
	write(b[1], "x", 1);
	ERR(splice(b[0], NULL, append, NULL, 1, 0), EINVAL);
}

CASE("vmsplice")
{
	int fds[2];
	char text[] = "vmsplice!", buf[16];
	struct iovec v = { text, 9 };
	struct iovec w = { buf, 16 };

	pipe2(fds, O_NONBLOCK);
	EQ(vmsplice(fds[1], &v, 1, 0), 9);
	EQ(read(fds[0], buf, 16), 9);
	MEM(buf, "vmsplice!", 9);
	write(fds[1], "back", 4);
	EQ(vmsplice(fds[0], &w, 1, 0), 4);
	MEM(buf, "back", 4);
	EQ(vmsplice(fds[1], &v, 0, 0), 0);
	ERR(vmsplice(fds[1], &v, 1, 0x40), EINVAL);
	ERR(vmsplice(fds[1], &v, 1025, 0), EINVAL);
	int file = open("f", O_RDWR | O_CREAT, 0600);
	ERR(vmsplice(file, &v, 1, 0), EBADF);
	ERR(vmsplice(55, &v, 1, 0), EBADF);
	v.iov_base = BAD_PTR;
	ERR(vmsplice(fds[1], &v, 1, 0), EFAULT);
}

CASE("sendfile")
{
	int in = open("in", O_RDWR | O_CREAT, 0600);
	int out = open("out", O_RDWR | O_CREAT, 0600);
	int fds[2];
	char buf[32];
	off_t off = 1;

	pipe2(fds, O_NONBLOCK);
	write(in, "0123456789", 10);
	EQ(sendfile(out, in, &off, 4), 4);
	EQ(off, 5);
	EQ(lseek(in, 0, SEEK_CUR), 10);
	EQ(sendfile(out, in, NULL, 4), 0);
	lseek(in, 8, SEEK_SET);
	EQ(sendfile(out, in, NULL, 100), 2);
	EQ(pread(out, buf, 32, 0), 6);
	MEM(buf, "123489", 6);
	off = 0;
	EQ(sendfile(fds[1], in, &off, 3), 3);
	EQ(read(fds[0], buf, 32), 3);
	ERR(sendfile(out, fds[0], NULL, 1), EINVAL);
	ERR(sendfile(out, fds[0], &off, 1), ESPIPE);
	ERR(sendfile(in, 99, NULL, 1), EBADF);
	ERR(sendfile(99, in, NULL, 1), EBADF);
	ERR(syscall(SYS_sendfile, out, in, BAD_PTR, 1), EFAULT);
	off = -1;
	ERR(sendfile(out, in, &off, 1), EINVAL);
	int rd = open("in", O_RDONLY), wr = open("in", O_WRONLY);
	ERR(sendfile(rd, in, NULL, 1), EBADF);
	ERR(sendfile(out, wr, NULL, 1), EBADF);
	int ap = open("out", O_WRONLY | O_APPEND);
	off = 0;
	ERR(sendfile(ap, in, &off, 1), EINVAL);
	EQ(sendfile(out, in, &off, 0), 0);
}
