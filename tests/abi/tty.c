/* Terminals: ptys, settings, line discipline, job control. */
#include "abi.h"

#include <poll.h>
#include <sys/ioctl.h>
#include <termios.h>

#ifndef TIOCGPTPEER
#define TIOCGPTPEER 0x5441
#endif

static int master, slave;

/* A fresh pty, in raw mode if told. */
static void pair(bool raw)
{
	struct termios t;
	int unlock = 0, n = -1;
	char name[40];

	master = open("/dev/ptmx", O_RDWR | O_NOCTTY);
	NEED(master >= 0);
	OK(ioctl(master, TIOCSPTLCK, &unlock));
	OK(ioctl(master, TIOCGPTN, &n));
	sprintf(name, "/dev/pts/%d", n);
	slave = open(name, O_RDWR | O_NOCTTY);
	NEED(slave >= 0);
	if (!raw)
		return;
	tcgetattr(slave, &t);
	cfmakeraw(&t);
	tcsetattr(slave, TCSANOW, &t);
}

static void expect(const char *file, int line, int fd, const char *want)
{
	char buf[512];
	ssize_t n = read(fd, buf, sizeof(buf) - 1);

	buf[n > 0 ? n : 0] = 0;
	abi_str(file, line, "read", buf, want);
}
#define EXPECT(fd, want) expect(ABI_AT, fd, want)

static void put(int fd, const char *text)
{
	EQ(write(fd, text, strlen(text)), strlen(text));
}

CASE("opening: locks, numbers, names, peers")
{
	int n, locked = 0, m;
	char name[40];
	struct stat st;

	m = (int)OK(open("/dev/ptmx", O_RDWR | O_NOCTTY));
	OK(ioctl(m, TIOCGPTN, &n));
	OK(ioctl(m, TIOCGPTLCK, &locked));
	EQ(locked, 1);
	sprintf(name, "/dev/pts/%d", n);
	ERR(open(name, O_RDWR | O_NOCTTY), EIO);
	stat(name, &st);
	EQ(st.st_mode, S_IFCHR | 0620);
	EQ(st.st_rdev >> 8, 136);
	locked = 0;
	OK(ioctl(m, TIOCSPTLCK, &locked));
	int s = (int)OK(open(name, O_RDWR | O_NOCTTY));
	int peer = (int)OK(ioctl(m, TIOCGPTPEER, O_RDWR | O_NOCTTY));
	STR(ttyname(peer), name);
	EQ(isatty(s), 1);
	ERR(ioctl(s, TIOCGPTN, &n), ENOTTY);
	close(s);
	close(peer);
	close(m);
	ERR(open(name, O_RDWR), ENOENT);
}

CASE("the default settings")
{
	struct termios t;
	struct winsize w = { 1, 1, 1, 1 };

	pair(false);
	OK(tcgetattr(slave, &t));
	EQ(t.c_iflag, ICRNL | IXON);
	EQ(t.c_oflag, OPOST | ONLCR);
	EQ(t.c_cflag & ~CBAUD, CS8 | CREAD);
	EQ(cfgetospeed(&t), B38400);
	EQ(t.c_lflag, ISIG | ICANON | ECHO | ECHOE | ECHOK | ECHOCTL | ECHOKE |
		      IEXTEN);
	EQ(t.c_cc[VINTR], 3);
	EQ(t.c_cc[VQUIT], 28);
	EQ(t.c_cc[VERASE], 127);
	EQ(t.c_cc[VKILL], 21);
	EQ(t.c_cc[VEOF], 4);
	EQ(t.c_cc[VMIN], 1);
	EQ(t.c_cc[VTIME], 0);
	EQ(t.c_cc[VSUSP], 26);
	EQ(t.c_cc[VWERASE], 23);
	EQ(t.c_cc[VLNEXT], 22);
	OK(ioctl(slave, TIOCGWINSZ, &w));
	EQ(w.ws_row, 0);
	w = (struct winsize){ 24, 80, 0, 0 };
	OK(ioctl(master, TIOCSWINSZ, &w));
	w.ws_row = 0;
	OK(ioctl(slave, TIOCGWINSZ, &w));
	EQ(w.ws_row, 24);
	EQ(w.ws_col, 80);
	ERR(ioctl(slave, TCGETS, BAD_PTR), EFAULT);
	ERR(ioctl(slave, TCSETS, BAD_PTR), EFAULT);
	ERR(ioctl(slave, TIOCGWINSZ, BAD_PTR), EFAULT);
	ERR(ioctl(slave, 0x54ff, 0), ENOTTY);
	ERR(lseek(slave, 0, SEEK_SET), ESPIPE);
	int ldisc = -1;
	OK(ioctl(slave, TIOCGETD, &ldisc));
	EQ(ldisc, 0);
}

CASE("settings can be locked")
{
	struct termios lock, t;
	int master = open("/dev/ptmx", O_RDWR | O_NOCTTY), slave;
	pid_t pid;

	unlockpt(master);
	slave = (int)OK(open(ptsname(master), O_RDWR | O_NOCTTY));
	memset(&lock, 0xee, sizeof(lock));
	EQ(ioctl(slave, TIOCGLCKTRMIOS, &lock), 0);
	EQ(lock.c_lflag | lock.c_iflag | lock.c_oflag | lock.c_cflag, 0);
	EQ(lock.c_cc[VINTR] | lock.c_line, 0);
	lock.c_lflag = ECHO;
	lock.c_oflag = OPOST;
	lock.c_cc[VINTR] = 1;
	/* Either end; the lock is the slave's. */
	EQ(ioctl(master, TIOCSLCKTRMIOS, &lock), 0);
	tcgetattr(slave, &t);
	t.c_lflag &= ~(tcflag_t)(ECHO | ICANON);
	t.c_oflag &= ~(tcflag_t)OPOST;
	t.c_cc[VINTR] = 'i';
	t.c_cc[VQUIT] = 'q';
	EQ(ioctl(slave, TCSETS, &t), 0);
	tcgetattr(slave, &t);
	EQ(t.c_lflag & (ECHO | ICANON), ECHO);
	EQ(t.c_oflag & OPOST, OPOST);
	EQ(t.c_cc[VINTR], 3);
	EQ(t.c_cc[VQUIT], 'q');
	EQ(ioctl(slave, TIOCGLCKTRMIOS, &t), 0);
	EQ(t.c_lflag, ECHO);
	EQ(t.c_cc[VINTR], 1);
	ERR(ioctl(slave, TIOCSLCKTRMIOS, BAD_PTR), EFAULT);
	ERR(ioctl(slave, TIOCGLCKTRMIOS, BAD_PTR), EFAULT);
	CHILD(pid) {
		abi_drop(1000, 1000);
		ERR(ioctl(slave, TIOCSLCKTRMIOS, &lock), EPERM);
		EQ(ioctl(slave, TIOCGLCKTRMIOS, &lock), 0);
	}
	abi_reap(pid);
	memset(&lock, 0, sizeof(lock));
	EQ(ioctl(slave, TIOCSLCKTRMIOS, &lock), 0);
	t.c_lflag = 0;
	EQ(ioctl(slave, TCSETS, &t), 0);
	tcgetattr(slave, &t);
	EQ(t.c_lflag & ECHO, 0);
}

CASE("canonical input: lines, editing, end of file")
{
	pair(false);
	put(master, "hello\n");
	EXPECT(slave, "hello\n");
	EXPECT(master, "hello\r\n");
	put(master, "abc\177\177d\r");
	EXPECT(slave, "ad\n");
	EXPECT(master, "abc\b \b\b \bd\r\n");
	put(master, "one two\027three\n");
	EXPECT(slave, "one three\n");
	EXPECT(master, "one two\b \b\b \b\b \bthree\r\n");
	put(master, "gone\025kept\n");
	EXPECT(slave, "kept\n");
	EXPECT(master, "gone\b \b\b \b\b \b\b \bkept\r\n");
	put(master, "a\026\003b\n");	/* literal ^C */
	EXPECT(slave, "a\003b\n");
	EXPECT(master, "a^\b^Cb\r\n");
	put(master, "half\004");
	EXPECT(slave, "half");
	put(master, "\004");
	EXPECT(slave, "");
	put(master, "first\nsecond\n");
	char c[3];
	EQ(read(slave, c, 3), 3);
	EXPECT(slave, "st\n");
	EXPECT(slave, "second\n");
	int n = -1;
	put(master, "xy");
	OK(ioctl(slave, FIONREAD, &n));
	EQ(n, 0);
	put(master, "\n");
	OK(ioctl(slave, FIONREAD, &n));
	EQ(n, 3);
	fcntl(slave, F_SETFL, O_NONBLOCK);
	EXPECT(slave, "xy\n");
	ERR(read(slave, c, 1), EAGAIN);
}

CASE("output processing")
{
	struct termios t;

	pair(false);
	put(slave, "a\nb");
	EXPECT(master, "a\r\nb");
	tcgetattr(slave, &t);
	t.c_oflag &= ~(tcflag_t)OPOST;
	tcsetattr(slave, TCSANOW, &t);
	put(slave, "a\nb");
	EXPECT(master, "a\nb");
	t.c_oflag |= OPOST | OCRNL;
	t.c_oflag &= ~(tcflag_t)ONLCR;
	tcsetattr(slave, TCSANOW, &t);
	put(slave, "a\rb");
	EXPECT(master, "a\nb");
	t.c_oflag = OPOST | ONLCR | 014000;	/* XTABS */
	tcsetattr(slave, TCSANOW, &t);
	put(slave, "\nab\tc");
	EXPECT(master, "\r\nab      c");
	int n;
	put(slave, "12345");
	OK(ioctl(master, FIONREAD, &n));
	EQ(n, 5);
	OK(tcflush(slave, TCOFLUSH));
	OK(tcdrain(slave));
}

CASE("raw input: VMIN and VTIME")
{
	struct termios t;
	char buf[16];

	pair(true);
	put(master, "\003\004\177x");
	EXPECT(slave, "\003\004\177x");
	tcgetattr(slave, &t);
	t.c_cc[VMIN] = 0;
	t.c_cc[VTIME] = 0;
	tcsetattr(slave, TCSANOW, &t);
	EQ(read(slave, buf, 16), 0);
	t.c_cc[VTIME] = 1;
	tcsetattr(slave, TCSANOW, &t);
	int64_t before = abi_now(CLOCK_MONOTONIC);
	EQ(read(slave, buf, 16), 0);
	CHECK(abi_now(CLOCK_MONOTONIC) - before >= 90000000);
	t.c_cc[VMIN] = 5;
	tcsetattr(slave, TCSANOW, &t);
	put(master, "ab");
	EQ(read(slave, buf, 16), 2);	/* the time between bytes was up */
	t.c_cc[VTIME] = 0;
	t.c_cc[VMIN] = 3;
	tcsetattr(slave, TCSANOW, &t);
	put(master, "abcd");
	EQ(read(slave, buf, 16), 4);
	put(master, "abcd");
	EQ(read(slave, buf, 2), 2);
	EQ(read(slave, buf, 2), 2);
	struct pollfd p = { slave, POLLIN, 0 };
	put(master, "a");
	EQ(poll(&p, 1, 0), 0);	/* fewer than VMIN */
	put(master, "bc");
	EQ(poll(&p, 1, 0), 1);
	EQ(p.revents, POLLIN);
	OK(tcflush(slave, TCIFLUSH));
	EQ(poll(&p, 1, 0), 0);
}

CASE("input flags")
{
	struct termios t;

	pair(true);
	tcgetattr(slave, &t);
	t.c_iflag = INLCR;
	tcsetattr(slave, TCSANOW, &t);
	put(master, "a\nb");
	EXPECT(slave, "a\rb");
	t.c_iflag = IGNCR;
	tcsetattr(slave, TCSANOW, &t);
	put(master, "a\rb");
	EXPECT(slave, "ab");
	t.c_iflag = ISTRIP;
	tcsetattr(slave, TCSANOW, &t);
	put(master, "\xc1");
	EXPECT(slave, "A");
	t.c_iflag = IUCLC;
	t.c_lflag = IEXTEN;
	tcsetattr(slave, TCSANOW, &t);
	put(master, "ABC");
	EXPECT(slave, "abc");
}

CASE("hang-up when either side goes")
{
	char buf[4];
	struct pollfd p;

	pair(true);
	close(slave);
	p = (struct pollfd){ master, POLLIN, 0 };
	poll(&p, 1, 0);
	EQ(p.revents, POLLHUP);
	ERR(read(master, buf, 1), EIO);
	pair(true);
	put(master, "left");
	close(master);
	p = (struct pollfd){ slave, POLLIN | POLLOUT, 0 };
	poll(&p, 1, 0);
	CHECK(p.revents & POLLHUP);
	EQ(read(slave, buf, 4), 0);
	ERR(write(slave, "x", 1), EIO);
	ERR(ioctl(slave, TCGETS, buf), EIO);
}

CASE("packet mode")
{
	char buf[64];
	int on = 1;
	struct termios t;

	pair(true);
	OK(ioctl(master, TIOCPKT, &on));
	put(slave, "data");
	EQ(read(master, buf, 64), 5);
	EQ(buf[0], TIOCPKT_DATA);
	MEM(buf + 1, "data", 4);
	OK(tcflush(slave, TCIFLUSH));
	EQ(read(master, buf, 64), 1);
	EQ(buf[0] & TIOCPKT_FLUSHREAD, TIOCPKT_FLUSHREAD);
	tcgetattr(slave, &t);
	t.c_iflag |= IXON;
	t.c_cc[VSTART] = 17;
	t.c_cc[VSTOP] = 19;
	tcsetattr(slave, TCSANOW, &t);
	EQ(read(master, buf, 64), 1);
	EQ(buf[0] & TIOCPKT_DOSTOP, TIOCPKT_DOSTOP);
	struct pollfd p = { master, POLLIN | POLLPRI, 0 };
	EQ(poll(&p, 1, 0), 0);
}

CASE("controlling terminal, foreground group, signals from keys")
{
	pid_t pid;
	int status;

	pair(false);
	ERR(ioctl(slave, TIOCGPGRP, &status), ENOTTY);
	ERR(ioctl(slave, TIOCSCTTY, 0), EPERM);	/* no session leader */
	CHILD(pid) {
		pid_t group = -1, worker;

		setsid();
		OK(ioctl(slave, TIOCSCTTY, 0));
		OK(ioctl(slave, TIOCGPGRP, &group));
		EQ(group, getpid());
		OK(ioctl(slave, TIOCGSID, &group));
		EQ(group, getsid(0));
		int tty = (int)OK(open("/dev/tty", O_RDWR));
		EQ(tcgetpgrp(tty), getpid());
		CHILD(worker) {
			setpgid(0, 0);
			for (;;)
				pause();
		}
		setpgid(worker, worker);
		OK(tcsetpgrp(slave, worker));
		EQ(tcgetpgrp(slave), worker);
		abi_wait_state(worker, 'S');
		put(master, "\003");
		EQ(abi_exit_code(worker), 1000 + SIGINT);
		/* now in the background: reading is SIGTTIN's business */
		abi_on(SIGTTIN, SIG_IGN, 0);
		abi_on(SIGTTOU, SIG_IGN, 0);
		char c;
		ERR(read(slave, &c, 1), EIO);
		OK(tcsetpgrp(slave, getpid()));
		ERR(tcsetpgrp(slave, 999999), ESRCH);
		ERR(tcsetpgrp(slave, -1), EINVAL);
		CHILD(worker) {
			setpgid(0, 0);
			abi_on(SIGTTIN, SIG_DFL, 0);
			read(slave, &c, 1);
		}
		waitpid(worker, &status, WUNTRACED);
		CHECK(WIFSTOPPED(status));
		EQ(WSTOPSIG(status), SIGTTIN);
		kill(worker, SIGKILL);
		abi_reap(worker);
		OK(ioctl(slave, TIOCNOTTY));
		ERR(open("/dev/tty", O_RDWR), ENXIO);
	}
	EQ(abi_exit_code(pid), 1000 + SIGHUP);
}

CASE("TOSTOP, SIGWINCH, hang-up of a session")
{
	struct termios t;
	struct winsize w = { 10, 10, 0, 0 };
	struct abi_gate g;
	pid_t pid;
	int status;

	gate_init(&g);
	pair(false);
	CHILD(pid) {
		pid_t worker;
		sigset_t set;
		int signo;

		close(master);
		setsid();
		ioctl(slave, TIOCSCTTY, 0);
		sigemptyset(&set);
		sigaddset(&set, SIGWINCH);
		sigaddset(&set, SIGHUP);
		sigaddset(&set, SIGCONT);
		sigprocmask(SIG_BLOCK, &set, NULL);
		OK(ioctl(slave, TIOCSWINSZ, &w));
		EQ(sigwait(&set, &signo), 0);
		EQ(signo, SIGWINCH);
		tcgetattr(slave, &t);
		t.c_lflag |= TOSTOP;
		tcsetattr(slave, TCSANOW, &t);
		CHILD(worker) {
			setpgid(0, 0);
			write(slave, "x", 1);
		}
		waitpid(worker, &status, WUNTRACED);
		EQ(WSTOPSIG(status), SIGTTOU);
		kill(worker, SIGKILL);
		abi_reap(worker);
		gate_open(&g);
		EQ(sigwait(&set, &signo), 0);
		CHECK(signo == SIGHUP || signo == SIGCONT);
	}
	gate_wait(&g);
	close(master);
	EQ(abi_exit_code(pid), 0);
}
