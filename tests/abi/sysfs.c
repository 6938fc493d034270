/* sysfs: the devices that every kernel here has, as programs read them. */
#include "abi.h"

#include <dirent.h>
#include <limits.h>
#include <poll.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <linux/magic.h>

#define NULL_DIR "/sys/devices/virtual/mem/null"

static char *target(const char *link)
{
	static char buf[PATH_MAX];
	ssize_t n = readlink(link, buf, sizeof(buf) - 1);

	buf[n < 0 ? 0 : n] = '\0';
	return buf;
}

static bool has_entry(const char *dir, const char *name)
{
	DIR *d = opendir(dir);
	struct dirent *e;
	bool found = false;

	while (d && (e = readdir(d)))
		if (!strcmp(e->d_name, name))
			found = true;
	if (d)
		closedir(d);
	return found;
}

CASE("the file system says what it is")
{
	struct statfs fs;
	struct stat st;

	OK(statfs("/sys", &fs));
	EQ(fs.f_type, SYSFS_MAGIC);
	OK(stat("/sys", &st));
	EQ(st.st_ino, 1);
	EQ(st.st_mode, S_IFDIR | 0555);
}

CASE("a device's files")
{
	struct stat st;

	STR(abi_read(NULL_DIR "/dev"), "1:3\n");
	STR(abi_read(NULL_DIR "/uevent"),
	    "MAJOR=1\nMINOR=3\nDEVNAME=null\nDEVMODE=0666\n");
	OK(stat(NULL_DIR "/dev", &st));
	EQ(st.st_mode, S_IFREG | 0444);
	EQ(st.st_size, 4096);
	OK(stat(NULL_DIR "/uevent", &st));
	EQ(st.st_mode, S_IFREG | 0644);
	STR(abi_read("/sys/class/tty/tty/uevent"),
	    "MAJOR=5\nMINOR=0\nDEVNAME=tty\nDEVMODE=0666\n");
	STR(abi_read("/sys/class/tty/console/uevent"),
	    "MAJOR=5\nMINOR=1\nDEVNAME=console\n");
}

CASE("links lead from everywhere to the device")
{
	STR(target("/sys/class/mem/null"), "../../devices/virtual/mem/null");
	STR(target("/sys/dev/char/1:3"), "../../devices/virtual/mem/null");
	STR(target(NULL_DIR "/subsystem"), "../../../../class/mem");
	STR(realpath("/sys/class/mem/null/subsystem/null", NULL), NULL_DIR);
	STR(target("/sys/devices/system/cpu/cpu0/subsystem"),
	    "../../../../bus/cpu");
	STR(target("/sys/bus/cpu/devices/cpu0"),
	    "../../../devices/system/cpu/cpu0");
	STR(target("/sys/devices/system/node/node0/cpu0"), "../../cpu/cpu0");
	ERR(readlink(NULL_DIR "/device", (char[8]){0}, 8), ENOENT);
}

CASE("a device on the device tree")
{
	const char *dev = "/sys/devices/platform/9000000.pl011";
	char *uevent;

	if (access(dev, F_OK))
		SKIP("not the machine these names are of");
	STR(target("/sys/devices/platform/9000000.pl011/driver"),
	    "../../../bus/amba/drivers/uart-pl011");
	STR(target("/sys/devices/platform/9000000.pl011/of_node"),
	    "../../../firmware/devicetree/base/pl011@9000000");
	STR(target("/sys/devices/platform/9000000.pl011/tty/ttyAMA0/device"),
	    "../../../9000000.pl011");
	STR(target("/sys/class/tty/ttyAMA0"),
	    "../../devices/platform/9000000.pl011/tty/ttyAMA0");
	STR(target("/sys/bus/amba/drivers/uart-pl011/9000000.pl011"),
	    "../../../../devices/platform/9000000.pl011");
	uevent = abi_read("/sys/devices/platform/9000000.pl011/uevent");
	NEED(uevent);
	CHECK(strstr(uevent, "DRIVER=uart-pl011\nOF_NAME=pl011\n"
			     "OF_FULLNAME=/pl011@9000000\n"
			     "OF_COMPATIBLE_0=arm,pl011\n") == uevent);
	CHECK(strstr(uevent, "OF_COMPATIBLE_N=2\n"));
}

CASE("the device tree: folders and bytes")
{
	struct stat st;
	char *bytes;

	STR(abi_read("/sys/firmware/devicetree/base/compatible"),
	    "linux,dummy-virt");
	OK(stat("/sys/firmware/devicetree/base/compatible", &st));
	EQ(st.st_size, sizeof("linux,dummy-virt"));
	EQ(st.st_mode, S_IFREG | 0444);
	STR(abi_read("/sys/firmware/devicetree/base/psci/name"), "psci");
	STR(target("/proc/device-tree"), "/sys/firmware/devicetree/base");
	/* What seeded the random generator is nobody's business. */
	bytes = abi_read("/sys/firmware/devicetree/base/chosen/kaslr-seed");
	if (bytes)
		MEM(bytes, "\0\0\0\0\0\0\0\0", 8);
	OK(stat("/sys/firmware/fdt", &st));
	EQ(st.st_mode, S_IFREG | 0400);
}

CASE("the processors")
{
	char *online = abi_read("/sys/devices/system/cpu/online");
	long n = sysconf(_SC_NPROCESSORS_ONLN);
	char want[32];

	snprintf(want, sizeof(want), n > 1 ? "0-%ld\n" : "0\n", n - 1);
	STR(online, want);
	STR(abi_read("/sys/devices/system/cpu/possible"), want);
	STR(abi_read("/sys/devices/system/cpu/present"), want);
	STR(abi_read("/sys/devices/system/cpu/offline"), "\n");
	STR(abi_read("/sys/devices/system/node/node0/cpulist"), want);
#define TOPOLOGY "/sys/devices/system/cpu/cpu0/topology/"
	STR(abi_read(TOPOLOGY "core_id"), "0\n");
	STR(abi_read(TOPOLOGY "physical_package_id"), "0\n");
	STR(abi_read(TOPOLOGY "thread_siblings_list"), "0\n");
	STR(abi_read(TOPOLOGY "thread_siblings"), "1\n");
	STR(abi_read(TOPOLOGY "core_siblings_list"), want);
	CHECK(strlen(abi_read("/sys/devices/system/cpu/cpu0/regs/"
			      "identification/midr_el1")) == 19);
}

CASE("what is listed is there, with the same number")
{
	static const char *const dirs[] = {
		"/sys", "/sys/class", "/sys/class/mem", "/sys/dev/char",
		NULL_DIR, "/sys/bus/cpu/devices", "/sys/devices/system/cpu",
		"/sys/firmware/devicetree/base",
	};

	for (size_t i = 0; i < ARRAY_SIZE(dirs); i++) {
		DIR *d = opendir(dirs[i]);
		struct dirent *e;
		struct stat st;

		NEED(d);
		while ((e = readdir(d))) {
			if (e->d_name[0] == '.')
				continue;
			OK(fstatat(dirfd(d), e->d_name, &st,
				   AT_SYMLINK_NOFOLLOW));
			if (major(st.st_dev) || strcmp(dirs[i], "/sys"))
				EQ(e->d_ino, st.st_ino);
			EQ(e->d_type, st.st_mode >> 12);
		}
		closedir(d);
	}
}

CASE("a folder can be read in pieces")
{
	DIR *d = opendir("/sys/class/mem");
	struct dirent *e;
	char first[NAME_MAX + 1];
	long at;

	NEED(d);
	readdir(d);
	readdir(d);
	at = telldir(d);
	e = readdir(d);
	NEED(e);
	strcpy(first, e->d_name);
	while (readdir(d))
		;
	seekdir(d, at);
	e = readdir(d);
	NEED(e);
	STR(e->d_name, first);
	closedir(d);
	CHECK(has_entry("/sys/class/mem", "null"));
	CHECK(!has_entry("/sys/class/mem", "tty"));
}

CASE("nothing is made or removed by hand")
{
	ERR(open("/sys/new", O_CREAT | O_WRONLY, 0644), EACCES);
	ERR(mkdir("/sys/class/new", 0755), EPERM);
	ERR(unlink(NULL_DIR "/dev"), EPERM);
	ERR(rmdir(NULL_DIR), EPERM);
	ERR(symlink("x", "/sys/class/mem/x"), EPERM);
	ERR(rename(NULL_DIR "/dev", NULL_DIR "/x"), EPERM);
	ERR(stat("/sys/class/mem/nothing", &(struct stat){0}), ENOENT);
}

CASE("a value that cannot be written, or read, is not opened for it")
{
	ERR(open(NULL_DIR "/dev", O_WRONLY), EACCES);
	ERR(open(NULL_DIR "/dev", O_RDWR), EACCES);
	ERR(open("/sys/bus/cpu/uevent", O_RDONLY), EACCES);
	ERR(open(NULL_DIR, O_WRONLY), EISDIR);
	OK(close((int)OK(open(NULL_DIR "/uevent", O_RDWR | O_TRUNC))));
}

CASE("a value is read afresh from its beginning")
{
	int fd = (int)OK(open(NULL_DIR "/dev", O_RDONLY));
	char buf[8] = {0};

	EQ(read(fd, buf, 2), 2);
	STR(buf, "1:");
	EQ(read(fd, buf, sizeof(buf)), 2);
	EQ(read(fd, buf, sizeof(buf)), 0);
	EQ(lseek(fd, 0, SEEK_SET), 0);
	EQ(read(fd, buf, sizeof(buf)), 4);
	EQ(pread(fd, buf, sizeof(buf), 2), 2);
	MEM(buf, "3\n", 2);
}

CASE("mode and owner that were set stay")
{
	struct stat st;

	OK(chmod(NULL_DIR "/dev", 0400));
	OK(chown(NULL_DIR "/dev", 7, 8));
	OK(stat("/sys/class/mem/null/dev", &st));
	EQ(st.st_mode, S_IFREG | 0400);
	EQ(st.st_uid, 7);
	EQ(st.st_gid, 8);
	OK(chown(NULL_DIR "/dev", 0, 0));
	OK(chmod(NULL_DIR "/dev", 0444));
}

static bool event_is_taken(const char *text)
{
	int fd = open(NULL_DIR "/uevent", O_WRONLY);
	ssize_t n = write(fd, text, strlen(text));

	if (n < 0)
		EQ(errno, EINVAL);
	else
		EQ(n, (long)strlen(text));
	close(fd);
	return n > 0;
}

static long seqnum(void)
{
	return strtol(abi_read("/sys/kernel/uevent_seqnum"), NULL, 10);
}

CASE("events that a user asks for")
{
#define UUID "fe4d7c9d-b8c6-4a70-9ef1-3d8a58d18eed"
	long before = seqnum();

	CHECK(event_is_taken("change"));
	CHECK(event_is_taken("change\n"));
	CHECK(event_is_taken("add " UUID));
	CHECK(event_is_taken("add " UUID " A=1 B2=abc\n"));
	CHECK(seqnum() >= before + 4);
	CHECK(!event_is_taken("changed"));
	CHECK(!event_is_taken("chang"));
	CHECK(!event_is_taken("add "));
	CHECK(!event_is_taken("add x"));
	CHECK(!event_is_taken("add " UUID "0"));
	CHECK(!event_is_taken("add " UUID " A"));
	CHECK(!event_is_taken("add " UUID " A="));
	CHECK(!event_is_taken("add " UUID " A=/"));
	CHECK(!event_is_taken("add\nremove"));
}

CASE("a user may look, not write")
{
	pid_t pid;

	CHILD(pid)
	{
		abi_drop(1000, 1000);
		STR(abi_read(NULL_DIR "/dev"), "1:3\n");
		ERR(open(NULL_DIR "/uevent", O_WRONLY), EACCES);
		ERR(open("/sys/firmware/fdt", O_RDONLY), EACCES);
	}
	EQ(abi_exit_code(pid), 0);
}

CASE("two mounts show the same")
{
	struct stat a, b;

	OK(mkdir("sys", 0755));
	OK(syscall(SYS_mount, "sysfs", "sys", "sysfs", 0, NULL));
	OK(stat("/sys/class/mem/null/dev", &a));
	OK(stat("sys/class/mem/null/dev", &b));
	EQ(a.st_ino, b.st_ino);
	OK(syscall(SYS_umount2, "sys", 0));
}

CASE("the build id is an ELF note")
{
	int fd = (int)OK(open("/sys/kernel/notes", O_RDONLY));
	uint32_t head[4];

	EQ(read(fd, head, sizeof(head)), sizeof(head));
	EQ(head[0], 4);
	EQ(head[2], 3); /* NT_GNU_BUILD_ID */
	MEM(&head[3], "GNU", 4);
}
