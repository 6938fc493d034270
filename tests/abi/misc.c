/* Names, system information, random numbers, logs, odds and ends. */
#include "abi.h"

#include <linux/kcov.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/klog.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/statfs.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>

CASE("uname, sethostname, setdomainname")
{
	struct utsname u;
	char name[70];
	pid_t pid;

	OK(uname(&u));
	STR(u.sysname, "Linux");
	STR(u.machine, "aarch64");
	CHECK(u.release[0] >= '4' && u.release[1] == '.');
	ERR(syscall(SYS_uname, BAD_PTR), EFAULT);
	unshare(0x04000000);
	OK(sethostname("box", 3));
	OK(setdomainname("example", 7));
	OK(uname(&u));
	STR(u.nodename, "box");
	STR(u.domainname, "example");
	STR(abi_read("/proc/sys/kernel/hostname"), "box\n");
	ERR(syscall(SYS_sethostname, name, 65), EINVAL);
	ERR(syscall(SYS_sethostname, name, -1), EINVAL);
	ERR(syscall(SYS_sethostname, BAD_PTR, 5), EFAULT);
	memset(name, 'h', 64);
	OK(sethostname(name, 64));
	OK(sethostname("", 0));
	CHILD(pid) {
		abi_drop(1000, 1000);
		ERR(sethostname("x", 1), EPERM);
		ERR(setdomainname("x", 1), EPERM);
	}
	abi_reap(pid);
	syscall(SYS_personality, 0x0020000);	/* UNAME26 */
	uname(&u);
	CHECK(!strncmp(u.release, "2.6.", 4));
}

CASE("sysinfo")
{
	struct sysinfo i;

	memset(&i, 0xff, sizeof(i));
	OK(sysinfo(&i));
	CHECK(i.uptime < 100000);
	CHECK(i.totalram * i.mem_unit > (8UL << 20));
	CHECK(i.freeram <= i.totalram);
	CHECK(i.procs > 1);
	CHECK(i.mem_unit == 1);
	EQ(i.totalswap, 0);
	ERR(syscall(SYS_sysinfo, BAD_PTR), EFAULT);
}

CASE("getrandom and the random devices")
{
	unsigned char a[600] = { 0 }, b[600] = { 0 };
	int zero = 0;

	EQ(getrandom(a, 600, 0), 600);
	EQ(getrandom(b, 600, GRND_NONBLOCK), 600);
	CHECK(memcmp(a, b, 600));
	for (int i = 0; i < 600; i++)
		zero += !a[i];
	CHECK(zero < 30);
	EQ(getrandom(a, 0, 0), 0);
	ERR(getrandom(a, 1, 8), EINVAL);
	ERR(getrandom(a, 1, 2 | 4), EINVAL);
	EQ(getrandom(a, 10, GRND_RANDOM), 10);
	EQ(getrandom(a, 10, 4), 10);
	ERR(syscall(SYS_getrandom, BAD_PTR, 10, 0), EFAULT);
	int fd = open("/dev/urandom", O_RDWR);
	EQ(read(fd, a, 100), 100);
	EQ(write(fd, a, 100), 100);
	ERR(read(fd, BAD_PTR, 8), EFAULT);
	fd = open("/dev/random", O_RDONLY | O_NONBLOCK);
	EQ(read(fd, a, 64), 64);
	int bits = 0;
	OK(ioctl(fd, 0x80045200, &bits));	/* RNDGETENTCNT */
	CHECK(bits >= 0);
}

CASE("syslog(2) and /dev/kmsg")
{
	static char buf[1 << 20];
	pid_t pid;

	long size = OK(klogctl(10, NULL, 0));
	CHECK(size > 1000);
	CHECK(OK(klogctl(3, buf, sizeof(buf))) > 0);
	CHECK(buf[0] == '<');
	ERR(klogctl(3, NULL, 10), EINVAL);
	ERR(klogctl(3, buf, -1), EINVAL);
	EQ(klogctl(3, buf, 0), 0);
	ERR(klogctl(99, buf, 0), EINVAL);
	ERR(klogctl(8, NULL, 0), EINVAL);
	ERR(klogctl(8, NULL, 9), EINVAL);
	EQ(klogctl(8, NULL, 1), 0);
	EQ(klogctl(0, NULL, 0), 0);
	EQ(klogctl(1, NULL, 0), 0);
	int fd = open("/dev/kmsg", O_RDWR | O_NONBLOCK);
	EQ(write(fd, "<6>abi: hello\n", 14), 14);
	lseek(fd, 0, SEEK_SET);
	bool seen = false;
	ssize_t n;
	while ((n = read(fd, buf, sizeof(buf) - 1)) > 0) {
		buf[n] = 0;
		seen |= strstr(buf, ";abi: hello\n") != NULL;
	}
	CHECK(seen);
	ERR(read(fd, buf, 1000), EAGAIN);
	CHILD(pid) {
		abi_drop(1000, 1000);
		ERR(klogctl(8, NULL, 1), EPERM);
		ERR(klogctl(5, NULL, 0), EPERM);
	}
	abi_reap(pid);
}

CASE("devices: null, zero, full")
{
	char buf[16] = "abcdefgh";
	int fd = open("/dev/null", O_RDWR);

	EQ(write(fd, buf, 16), 16);
	EQ(write(fd, BAD_PTR, 16), 16);
	EQ(read(fd, buf, 16), 0);
	EQ(lseek(fd, 100, SEEK_SET), 0);
	fd = open("/dev/zero", O_RDWR);
	EQ(read(fd, buf, 8), 8);
	MEM(buf, "\0\0\0\0\0\0\0\0", 8);
	EQ(write(fd, buf, 16), 16);
	char *p = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd,
		       0);
	CHECK(p != MAP_FAILED && p[PAGE] == 0);
	p[0] = 1;
	p = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	CHECK(p != MAP_FAILED);
	p[5] = 7;
	fd = open("/dev/full", O_RDWR);
	EQ(read(fd, buf, 8), 8);
	ERR(write(fd, buf, 1), ENOSPC);
	ERR(ioctl(fd, TCGETS, buf), ENOTTY);
	ERR(open("/dev/tty", O_RDWR), ENXIO);
}

CASE("system calls that are not there: ENOSYS")
{
	ERR(syscall(1000), ENOSYS);
	ERR(syscall(-1), ENOSYS);
	ERR(syscall(0x7fffffff), ENOSYS);
	ERR(syscall(244), ENOSYS);	/* first of the arch-specific holes */
	ERR(syscall(259), ENOSYS);
}

CASE("reboot: magic numbers and rights")
{
	pid_t pid;

	ERR(syscall(SYS_reboot, 0, 0, 0, NULL), EINVAL);
	ERR(syscall(SYS_reboot, 0xfee1dead, 5, 0, NULL), EINVAL);
	ERR(syscall(SYS_reboot, 0xfee1dead, 672274793, 0x55, NULL), EINVAL);
	EQ(syscall(SYS_reboot, 0xfee1dead, 672274793, 0, NULL), 0); /* CAD */
	CHILD(pid) {
		abi_drop(1000, 1000);
		ERR(syscall(SYS_reboot, 0xfee1dead, 672274793, 0x4321fedc,
			    NULL), EPERM);
	}
	abi_reap(pid);
}

/* --- KCOV, in a build that has it --- */

static int open_kcov(void)
{
	int fd;

	mkdir("debug", 0700);
	if (mount("debugfs", "debug", "debugfs", 0, NULL))
		SKIP("no debugfs");
	fd = open("debug/kcov", O_RDWR);
	if (fd < 0)
		SKIP("no KCOV");
	return fd;
}

CASE("kcov: a task's calls leave their way in the area")
{
	enum { WORDS = 4096 };
	int fd = open_kcov(), other;
	volatile uint64_t *area;
	pid_t pid;

	ERR(ioctl(fd, KCOV_ENABLE, KCOV_TRACE_PC), EINVAL);
	ERR(ioctl(fd, KCOV_INIT_TRACE, 1), EINVAL);
	ERR(ioctl(fd, TCGETS, 0), ENOTTY);
	OK(ioctl(fd, KCOV_INIT_TRACE, WORDS));
	ERR(ioctl(fd, KCOV_INIT_TRACE, WORDS), EBUSY);
	CHECK(mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 0) == MAP_FAILED);
	area = mmap(NULL, WORDS * 8, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	NEED(area != MAP_FAILED);
	ERR(ioctl(fd, KCOV_ENABLE, 7), EINVAL);
	ERR(ioctl(fd, KCOV_DISABLE, 0), EINVAL);
	OK(ioctl(fd, KCOV_ENABLE, KCOV_TRACE_PC));
	ERR(ioctl(fd, KCOV_ENABLE, KCOV_TRACE_PC), EBUSY);
	area[0] = 0;
	syscall(SYS_getppid);
	uint64_t n = area[0];
	CHECK(n > 0 && n < WORDS);
	CHECK(area[1] >> 48 == 0xffff && area[n] >> 48 == 0xffff);
	/* A child is not traced, and cannot take the area over. */
	CHILD(pid) {
		area[0] = 0;
		syscall(SYS_getppid);
		EQ(area[0], 0);
		ERR(ioctl(fd, KCOV_ENABLE, KCOV_TRACE_PC), EBUSY);
		ERR(ioctl(fd, KCOV_DISABLE, 0), EINVAL);
	}
	abi_reap(pid);
	other = open("debug/kcov", O_RDWR);
	OK(ioctl(other, KCOV_INIT_TRACE, WORDS));
	ERR(ioctl(other, KCOV_ENABLE, KCOV_TRACE_PC), EBUSY);
	ERR(ioctl(fd, KCOV_DISABLE, 1), EINVAL);
	OK(ioctl(fd, KCOV_DISABLE, 0));
	area[0] = 0;
	syscall(SYS_getppid);
	EQ(area[0], 0);
	/* Who ends lets go of it. */
	CHILD(pid) {
		OK(ioctl(fd, KCOV_ENABLE, KCOV_TRACE_PC));
		close(fd);
	}
	abi_reap(pid);
	CHECK(area[0] > 0);
	OK(ioctl(fd, KCOV_ENABLE, KCOV_TRACE_PC));
}
