/* The formats of /proc files as programs parse them. */
#include "abi.h"

#include <ctype.h>
#include <dirent.h>
#include <sched.h>
#include <sys/inotify.h>
#include <sys/prctl.h>

/* Does the text match? %d: a number, %x: hex digits, %w: a word, %f: decimals,
 * "%_": spaces and tabs; the rest literally. The text may go on. */
static bool like(const char *text, const char *pattern)
{
	for (; text && *pattern; pattern++) {
		const char *start = text;

		if (*pattern != '%') {
			if (*text++ != *pattern)
				return false;
			continue;
		}
		switch (*++pattern) {
		case 'd':
			if (*text == '-')
				text++;
			while (isdigit((unsigned char)*text))
				text++;
			break;
		case 'x':
			while (isxdigit((unsigned char)*text))
				text++;
			break;
		case 'f':
			while (isdigit((unsigned char)*text) || *text == '.')
				text++;
			break;
		case '_':
			while (*text == ' ' || *text == '\t')
				text++;
			break;
		case 'w':
			while (*text && !isspace((unsigned char)*text))
				text++;
			break;
		}
		if (text == start)
			return false;
	}
	return text != NULL;
}
#define LIKE(text, pattern) abi_check(ABI_AT, #text " like " pattern, \
				      like(text, pattern))

static char *line_of(const char *text, const char *name)
{
	static char out[512];
	const char *at = text;
	size_t len = strlen(name);

	while (at && *at) {
		const char *end = strchrnul(at, '\n');

		if (!strncmp(at, name, len)) {
			snprintf(out, sizeof(out), "%.*s", (int)(end - at), at);
			return out;
		}
		at = *end ? end + 1 : NULL;
	}
	return NULL;
}

CASE("/proc/self/stat: 52 fields, odd names")
{
	char *text, *at;
	int fields = 0;

	prctl(PR_SET_NAME, "a) b (c");
	text = abi_read("/proc/self/stat");
	NEED(text);
	char want[64];
	sprintf(want, "%d (a) b (c) R %d %d %d 0 -1 ", getpid(), getppid(),
		getpgrp(), getsid(0));
	CHECK(!strncmp(text, want, strlen(want)));
	at = strrchr(text, ')') + 2;
	for (char *word = strtok(at, " \n"); word; word = strtok(NULL, " \n")) {
		fields++;
		if (fields == 1)
			continue;
		CHECK(like(word, "%d"));
	}
	EQ(fields, 50);
}

CASE("the kernel's threads are nobody's children")
{
	STR(line_of(abi_read("/proc/2/status"), "Name:"), "Name:\tkthreadd");
	STR(line_of(abi_read("/proc/2/status"), "PPid:"), "PPid:\t0");
	STR(line_of(abi_read("/proc/1/status"), "PPid:"), "PPid:\t0");
}

CASE("/proc/self/status: fields in their order and form")
{
	char *s = abi_read("/proc/self/status"), buf[100];
	static const char *const order[] = {
		"Name:", "Umask:", "State:", "Tgid:", "Ngid:", "Pid:", "PPid:",
		"TracerPid:", "Uid:", "Gid:", "FDSize:", "Groups:", "VmPeak:",
		"VmSize:", "VmLck:", "VmPin:", "VmHWM:", "VmRSS:", "RssAnon:",
		"RssFile:", "RssShmem:", "VmData:", "VmStk:", "VmExe:", "VmLib:",
		"VmPTE:", "VmSwap:", "Threads:", "SigQ:", "SigPnd:", "ShdPnd:",
		"SigBlk:", "SigIgn:", "SigCgt:", "CapInh:", "CapPrm:", "CapEff:",
		"CapBnd:", "CapAmb:", "NoNewPrivs:", "Seccomp:",
		"Cpus_allowed:", "Cpus_allowed_list:", "Mems_allowed:",
		"Mems_allowed_list:", "voluntary_ctxt_switches:",
		"nonvoluntary_ctxt_switches:",
	};
	const char *last = s;

	for (size_t i = 0; i < ARRAY_SIZE(order); i++) {
		char *line = line_of(s, order[i]);

		if (!abi_check(ABI_AT, order[i], line != NULL))
			continue;
		snprintf(buf, sizeof(buf), "%s%s", i ? "\n" : "", order[i]);
		char *at = strstr(s, buf);
		abi_check(ABI_AT, order[i], at >= last);
		last = at;
	}
	LIKE(line_of(s, "Name:"), "Name:\tprocfs");
	LIKE(line_of(s, "Umask:"), "Umask:\t0022");
	STR(line_of(s, "State:"), "State:\tR (running)");
	sprintf(buf, "Pid:\t%d", getpid());
	STR(line_of(s, "Pid:"), buf);
	STR(line_of(s, "Uid:"), "Uid:\t0\t0\t0\t0");
	LIKE(line_of(s, "FDSize:"), "FDSize:\t%d");
	LIKE(line_of(s, "VmSize:"), "VmSize:\t%_%d kB");
	LIKE(line_of(s, "VmRSS:"), "VmRSS:\t%_%d kB");
	STR(line_of(s, "Threads:"), "Threads:\t1");
	LIKE(line_of(s, "SigQ:"), "SigQ:\t%d/%d");
	STR(line_of(s, "SigPnd:"), "SigPnd:\t0000000000000000");
	STR(line_of(s, "CapEff:"), "CapEff:\t000001ffffffffff");
	STR(line_of(s, "NoNewPrivs:"), "NoNewPrivs:\t0");
	STR(line_of(s, "Seccomp:"), "Seccomp:\t0");
	LIKE(line_of(s, "voluntary_ctxt"), "voluntary_ctxt_switches:\t%d");
}

CASE("signal masks in status")
{
	sigset_t set;
	char *s;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, 40);
	sigprocmask(SIG_BLOCK, &set, NULL);
	abi_on(SIGUSR2, SIG_IGN, 0);
	abi_on(SIGHUP, (void (*)(int))1 == SIG_IGN ? _exit : _exit, 0);
	raise(SIGUSR1);
	kill(getpid(), 40);
	s = abi_read("/proc/self/status");
	STR(abi_field(s, "SigPnd"), "0000000000000200");
	STR(abi_field(s, "ShdPnd"), "0000008000000000");
	STR(abi_field(s, "SigBlk"), "0000008000000200");
	STR(abi_field(s, "SigIgn"), "0000000000000800");
	STR(abi_field(s, "SigCgt"), "0000000000000001");
}

CASE("statm, comm, cmdline, environ, limits, io, oom")
{
	char *t;

	LIKE(abi_read("/proc/self/statm"), "%d %d %d %d 0 %d 0\n");
	STR(abi_read("/proc/self/comm"), "procfs\n");
	abi_write("/proc/self/comm", "renamed");
	STR(abi_read("/proc/self/comm"), "renamed\n");
	t = abi_read("/proc/self/cmdline");
	STR(t, "procfs");
	t = abi_read("/proc/self/limits");
	LIKE(t, "Limit                     Soft Limit           Hard Limit"
		"           Units     \n");
	STR(line_of(t, "Max open files"),
	    "Max open files            1024                 4096"
	    "                 files     ");
	STR(line_of(t, "Max cpu time"),
	    "Max cpu time              unlimited            unlimited"
	    "            seconds   ");
	STR(line_of(t, "Max nice"),
	    "Max nice priority         0                    0"
	    "                    ");
	t = abi_read("/proc/self/io");
	LIKE(line_of(t, "rchar"), "rchar: %d");
	LIKE(line_of(t, "syscw"), "syscw: %d");
	LIKE(line_of(t, "cancelled"), "cancelled_write_bytes: %d");
	STR(abi_read("/proc/self/oom_score_adj"), "0\n");
	abi_write("/proc/self/oom_score_adj", "500");
	STR(abi_read("/proc/self/oom_score_adj"), "500\n");
	LIKE(abi_read("/proc/self/oom_score"), "%d\n");
	int fd = open("/proc/self/oom_score_adj", O_WRONLY);
	ERR(write(fd, "1001", 4), EINVAL);
	ERR(write(fd, "x", 1), EINVAL);
	STR(abi_read("/proc/self/personality"), "00000000\n");
	LIKE(abi_read("/proc/self/wchan"), "0");
}

CASE("maps and smaps")
{
	char want[300], buf[100], name[64];
	char *p, *t;
	struct stat st;

	int fd = open("file name", O_RDWR | O_CREAT, 0600);
	ftruncate(fd, 3 * PAGE);
	fstat(fd, &st);
	p = mmap(NULL, 2 * PAGE, PROT_READ, MAP_SHARED, fd, PAGE);
	t = abi_read("/proc/self/maps");
	sprintf(want, "%lx-%lx r--s 00001000 %02x:%02x %lu", (long)p,
		(long)p + 2 * PAGE, (unsigned)(st.st_dev >> 8) & 0xfff,
		(unsigned)st.st_dev & 0xff, st.st_ino);
	char *line = line_of(t, want);
	NEED(line);
	getcwd(buf, sizeof(buf));
	snprintf(name, sizeof(name), "%.40s/file name", buf);
	STR(line + 73, name);
	unlink("file name");
	t = abi_read("/proc/self/maps");
	strcat(name, " (deleted)");
	CHECK(strstr(t, name));
	CHECK(strstr(t, "[stack]\n"));
	CHECK(strstr(t, "[vdso]\n"));
	CHECK(strstr(t, "[heap]\n") || !strstr(t, "[heap]"));
	char *q = mmap(NULL, PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		       0);
	mprotect(q, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC);
	sprintf(want, "%lx-%lx rwxp 00000000 00:00 0", (long)q,
		(long)q + PAGE);
	LIKE(line_of(abi_read("/proc/self/maps"), want), "%x-%x rwxp");
	t = abi_read("/proc/self/smaps");
	CHECK(strstr(t, "\nRss:   "));
	LIKE(line_of(t, "Size:"), "Size:%_%d kB");
	LIKE(line_of(t, "Pss:"), "Pss:%_%d kB");
	LIKE(line_of(t, "Private_Dirty:"), "Private_Dirty:%_%d kB");
	LIKE(line_of(t, "VmFlags:"), "VmFlags: rd");
	t = abi_read("/proc/self/smaps_rollup");
	LIKE(t, "%x-%x ---p 00000000 00:00 0%_[rollup]\nRss:%_%d kB\n");
}

/* Lines of an open maps or smaps that begin like a mapping in [start, end). */
static int count_mappings(int fd, unsigned long start, unsigned long end)
{
	char text[701];
	char line[300];
	size_t len = 0;
	int count = 0;

	for (ssize_t n; (n = read(fd, text, 700)) > 0;) {
		for (ssize_t i = 0; i < n; i++) {
			unsigned long a, b;

			if (text[i] != '\n') {
				if (len < sizeof(line) - 1)
					line[len++] = text[i];
				continue;
			}
			line[len] = '\0';
			len = 0;
			if (sscanf(line, "%lx-%lx ", &a, &b) == 2)
				count += a >= start && b <= end;
		}
	}
	return count;
}

CASE("maps and smaps of many mappings, read in pieces")
{
	enum { MANY = 2000 };
	char *p = mmap(NULL, MANY * PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS,
		       -1, 0);
	unsigned long start = (unsigned long)p, end = start + MANY * PAGE;
	char byte;

	NEED(p != MAP_FAILED);
	for (int i = 0; i < MANY; i += 2)
		NEED(!mprotect(p + i * PAGE, PAGE, PROT_READ | PROT_WRITE));
	int maps = (int)OK(open("/proc/self/maps", O_RDONLY));
	int smaps = (int)OK(open("/proc/self/smaps", O_RDONLY));
	EQ(count_mappings(maps, start, end), MANY);
	EQ(read(maps, &byte, 1), 0);
	EQ(count_mappings(smaps, start, end), MANY);
	EQ(lseek(maps, 0, SEEK_SET), 0);
	EQ(count_mappings(maps, start, end), MANY);
	/* They may go while they are being read. */
	EQ(lseek(maps, 0, SEEK_SET), 0);
	EQ(read(maps, &byte, 1), 1);
	munmap(p + PAGE * (MANY / 2), PAGE * (MANY / 2));
	EQ(count_mappings(maps, start, end), MANY / 2);
	pid_t pid, parent = getpid();
	CHILD(pid) {
		char path[40];

		abi_drop(1000, 1000);
		sprintf(path, "/proc/%d/maps", parent);
		ERR(open(path, O_RDONLY), EACCES);
		sprintf(path, "/proc/%d/smaps", parent);
		ERR(open(path, O_RDONLY), EACCES);
	}
	abi_reap(pid);
}

static double load_now(void)
{
	double load = -1;

	sscanf(abi_read("/proc/loadavg"), "%lf", &load);
	return load;
}

CASE_LIMIT("the load average remembers what ran while nobody looked", 60)
{
	enum { HOGS = 8 };
	double before = load_now(), after;
	pid_t pids[HOGS];

	/* Two samples at least, which Linux takes every 5.01 s. */
	for (int i = 0; i < HOGS; i++)
		CHILD(pids[i])
			for (;;)
				;
	sleep(11);
	for (int i = 0; i < HOGS; i++)
		kill(pids[i], SIGKILL);
	for (int i = 0; i < HOGS; i++)
		abi_reap(pids[i]);
	usleep(100000);
	after = load_now();
	CHECK(before >= 0 && before < 4);
	CHECK(after > before + 0.3);
}

CASE("mounts, mountinfo, mountstats")
{
	char *t = abi_read("/proc/self/mounts");

	STR(line_of(t, "proc"), "proc /proc proc rw,relatime 0 0");
	LIKE(line_of(t, "tmpfs /tmp"), "tmpfs /tmp tmpfs rw,relatime");
	LIKE(line_of(t, "devpts"), "devpts /dev/pts devpts rw,relatime,mode=620"
	     ",ptmxmode=666 0 0");
	t = abi_read("/proc/self/mountinfo");
	bool seen = false;
	for (char *line = strtok(t, "\n"); line; line = strtok(NULL, "\n")) {
		CHECK(like(line, "%d %d %d:%d / /"));
		CHECK(strstr(line, " - "));
		seen |= like(line, "%d %d %d:%d / /proc rw,relatime - proc proc"
			     " rw");
	}
	CHECK(seen);
	STR(abi_read("/proc/filesystems") ? "x" : "", "x");
	CHECK(strstr(abi_read("/proc/filesystems"), "nodev\ttmpfs\n"));
	CHECK(strstr(abi_read("/proc/filesystems"), "nodev\tproc\n"));
}

CASE("a thread's directory has no task/ of its own")
{
	char path[60];

	sprintf(path, "/proc/self/task/%d", getpid());
	OK(access(path, F_OK));
	strcat(path, "/task");
	ERR(access(path, F_OK), ENOENT);
	*strrchr(path, '/') = '\0';
	bool seen = false;
	DIR *dir = opendir(path);
	for (struct dirent *e; (e = readdir(dir));)
		seen |= !strcmp(e->d_name, "task");
	CHECK(!seen);
}

CASE("fd, fdinfo, exe, cwd, root, task")
{
	char link[300], path[64], cwd[300];
	struct stat st;
	ssize_t n;

	int fd = open("f", O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	write(fd, "12345", 5);
	sprintf(path, "/proc/self/fd/%d", fd);
	n = readlink(path, link, sizeof(link));
	link[n > 0 ? n : 0] = 0;
	syscall(SYS_getcwd, cwd, sizeof(cwd));
	strcat(cwd, "/f");
	STR(link, cwd);
	lstat(path, &st);
	EQ(st.st_mode, S_IFLNK | 0700);
	EQ(st.st_size, 64);
	unlink("f");
	n = readlink(path, link, sizeof(link));
	link[n > 0 ? n : 0] = 0;
	strcat(cwd, " (deleted)");
	STR(link, cwd);
	sprintf(path, "/proc/self/fdinfo/%d", fd);
	char *t = abi_read(path);
	LIKE(t, "pos:\t5\nflags:\t02402002\nmnt_id:\t%d\nino:\t%d\n");
	n = readlink("/proc/self/exe", link, sizeof(link));
	link[n > 0 ? n : 0] = 0;
	STR(link, "/tests/abi/procfs");
	n = readlink("/proc/self/root", link, sizeof(link));
	EQ(n, 1);
	n = readlink("/proc/self", link, sizeof(link));
	EQ(n > 0 ? atoi(link) : 0, getpid());
	n = readlink("/proc/thread-self", link, sizeof(link));
	link[n > 0 ? n : 0] = 0;
	sprintf(path, "%d/task/%d", getpid(), getpid());
	STR(link, path);
	int tasks = 0;
	DIR *dir = opendir("/proc/self/task");
	while (dir && readdir(dir))
		tasks++;
	EQ(tasks, 3);
	ERR(open("/proc/self/fd/99", O_RDONLY), ENOENT);
	ERR(open("/proc/999999/stat", O_RDONLY), ENOENT);
	ERR(mkdir("/proc/x", 0700), ENOENT);
	ERR(unlink("/proc/uptime"), EPERM);
}

CASE("system-wide files")
{
	char *t;

	LIKE(abi_read("/proc/uptime"), "%f %f\n");
	LIKE(abi_read("/proc/loadavg"), "%f %f %f %d/%d %d\n");
	LIKE(abi_read("/proc/version"), "Linux version %w ");
	t = abi_read("/proc/meminfo");
	LIKE(t, "MemTotal:%_%d kB\nMemFree:%_%d kB\nMemAvailable:%_%d kB\n"
		"Buffers:%_%d kB\nCached:%_%d kB\nSwapCached:%_%d kB\n");
	EQ(strlen(line_of(t, "MemTotal:")), 27);
	LIKE(line_of(t, "Committed_AS:"), "Committed_AS:%_%d kB");
	LIKE(line_of(t, "Shmem:"), "Shmem:%_%d kB");
	t = abi_read("/proc/stat");
	LIKE(t, "cpu  %d %d %d %d %d %d %d %d %d %d\ncpu0 %d %d %d %d");
	LIKE(line_of(t, "ctxt"), "ctxt %d");
	LIKE(line_of(t, "btime"), "btime %d");
	LIKE(line_of(t, "processes"), "processes %d");
	LIKE(line_of(t, "procs_running"), "procs_running %d");
	LIKE(line_of(t, "intr"), "intr %d");
	t = abi_read("/proc/cpuinfo");
	LIKE(t, "processor\t: 0\nBogoMIPS\t: %f\nFeatures\t: fp asimd");
	LIKE(line_of(t, "CPU implementer"), "CPU implementer\t: 0x%x");
	LIKE(line_of(t, "CPU part"), "CPU part\t: 0x%x");
	LIKE(abi_read("/proc/swaps"),
	     "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n");
	CHECK(strstr(abi_read("/proc/devices"), "Character devices:\n"));
	CHECK(strstr(abi_read("/proc/devices"), "\nBlock devices:\n"));
	t = abi_read("/proc/vmstat");
	LIKE(line_of(t, "pgfault"), "pgfault %d");
	LIKE(line_of(t, "nr_free_pages"), "nr_free_pages %d");
	LIKE(abi_read("/proc/interrupts"), "%_CPU0");
	CHECK(abi_read("/proc/cmdline"));
}

CASE("/proc/sys: reading, writing, refusing")
{
	int fd;
	char buf[20];

	STR(abi_read("/proc/sys/kernel/ostype"), "Linux\n");
	LIKE(abi_read("/proc/sys/kernel/pid_max"), "%d\n");
	LIKE(abi_read("/proc/sys/fs/file-max"), "%d\n");
	LIKE(abi_read("/proc/sys/fs/file-nr"), "%d\t%d\t%d\n");
	LIKE(abi_read("/proc/sys/fs/nr_open"), "%d\n");
	LIKE(abi_read("/proc/sys/vm/overcommit_memory"), "%d\n");
	LIKE(abi_read("/proc/sys/vm/max_map_count"), "65530\n");
	LIKE(abi_read("/proc/sys/kernel/printk"), "%d\t%d\t%d\t%d\n");
	LIKE(abi_read("/proc/sys/kernel/random/uuid"),
	     "%x-%x-4%x-%x-%x\n");
	LIKE(abi_read("/proc/sys/kernel/random/boot_id"), "%x-%x-%x-%x-%x\n");
	STR(abi_read("/proc/sys/kernel/random/boot_id"),
	    abi_read("/proc/sys/kernel/random/boot_id"));
	CHECK(strcmp(abi_read("/proc/sys/kernel/random/uuid"),
		     abi_read("/proc/sys/kernel/random/uuid")));
	STR(abi_read("/proc/sys/kernel/ngroups_max"), "65536\n");
	STR(abi_read("/proc/sys/kernel/cap_last_cap"), "40\n");
	fd = open("/proc/sys/vm/overcommit_memory", O_RDWR);
	EQ(write(fd, "1\n", 2), 2);
	lseek(fd, 0, SEEK_SET);
	EQ(read(fd, buf, 20), 2);
	MEM(buf, "1\n", 2);
	ERR(pwrite(fd, "3", 1, 0), EINVAL);
	ERR(pwrite(fd, "x", 1, 0), EINVAL);
	EQ(pwrite(fd, "0", 1, 0), 1);
	ERR(open("/proc/sys/none", O_RDONLY), ENOENT);
}

CASE("a tunable without a write bit is not opened for writing, not by root")
{
	ERR(open("/proc/sys/kernel/osrelease", O_WRONLY), EACCES);
	ERR(open("/proc/sys/kernel/cap_last_cap", O_RDWR), EACCES);
	ERR(open("/proc/sys/fs/file-nr", O_WRONLY | O_TRUNC), EACCES);
	ERR(open("/proc/sys/vm/drop_caches", O_RDONLY), EACCES);
	ERR(access("/proc/sys/kernel/osrelease", W_OK), EACCES);
	OK(close((int)OK(open("/proc/sys/kernel/pid_max", O_RDWR))));
}

CASE("constants among the tunables")
{
	STR(abi_read("/proc/sys/kernel/arch"), "aarch64\n");
	STR(abi_read("/proc/sys/kernel/ngroups_max"), "65536\n");
	STR(abi_read("/proc/sys/kernel/overflowuid"), "65534\n");
	STR(abi_read("/proc/sys/fs/overflowgid"), "65534\n");
	STR(abi_read("/proc/sys/kernel/random/poolsize"), "256\n");
	STR(abi_read("/proc/sys/kernel/sched_rr_timeslice_ms"), "100\n");
	LIKE(abi_read("/proc/sys/kernel/tainted"), "%d\n");
	LIKE(abi_read("/proc/sys/kernel/ns_last_pid"), "%d\n");
	LIKE(abi_read("/proc/sys/fs/dentry-state"), "%d\t%d\t45\t0\t%d\t0\n");
	LIKE(abi_read("/proc/sys/fs/inode-nr"), "%d\t%d\n");
	LIKE(abi_read("/proc/sys/fs/inode-state"),
	     "%d\t%d\t0\t0\t0\t0\t0\n");
}

CASE("symbols: their addresses are not for users")
{
	FILE *f = fopen("/proc/kallsyms", "r");
	unsigned long addr = 0;
	char kind, name[256];
	pid_t pid;

	NEED(f);
	EQ(fscanf(f, "%lx %c %255s", &addr, &kind, name), 3);
	CHECK(addr > 0xffff000000000000UL);
	CHECK(isalpha((unsigned char)kind));
	fclose(f);
	CHILD(pid)
	{
		abi_drop(1000, 1000);
		f = fopen("/proc/kallsyms", "r");
		NEED(f);
		EQ(fscanf(f, "%lx %c %255s", &addr, &kind, name), 3);
		EQ(addr, 0);
	}
	EQ(abi_exit_code(pid), 0);
}

CASE("iomem: the RAM, where it is for root only")
{
	char *text = abi_read("/proc/iomem");
	pid_t pid;

	NEED(text);
	LIKE(strstr(text, "System RAM") ? strstr(text, "System RAM") : "",
	     "System RAM\n  ");
	CHECK(strstr(text, " : Kernel code\n"));
	CHECK(strtoul(text, NULL, 16) != 0);
	CHILD(pid)
	{
		abi_drop(1000, 1000);
		LIKE(abi_read("/proc/iomem"), "00000000-00000000 : ");
	}
	EQ(abi_exit_code(pid), 0);
}

CASE("short lists")
{
	STR(abi_read("/proc/execdomains"), "0-0\tLinux           \t[kernel]\n");
	LIKE(abi_read("/proc/softirqs"), "                    CPU0%_");
	LIKE(line_of(abi_read("/proc/softirqs"), "          HI:"),
	     "          HI:%_%d");
	LIKE(abi_read("/proc/zoneinfo"), "Node 0, zone%_%w\n");
	LIKE(line_of(abi_read("/proc/zoneinfo"), "        managed"),
	     "        managed  %d");
	CHECK(abi_read("/proc/diskstats"));
}

CASE("sysrq-trigger takes orders, and tells nothing")
{
	struct stat st;
	int fd;

	OK(stat("/proc/sysrq-trigger", &st));
	EQ(st.st_mode, S_IFREG | 0200);
	fd = (int)OK(open("/proc/sysrq-trigger", O_RDWR));
	EQ(write(fd, "s\n", 2), 2);
	ERR(read(fd, &st, 1), EIO);
}

CASE("children of a thread")
{
	char path[64], want[32];
	pid_t pid;
	struct abi_gate gate;

	gate_init(&gate);
	snprintf(path, sizeof(path), "/proc/self/task/%d/children", getpid());
	STR(abi_read(path), "");
	CHILD(pid)
		gate_wait(&gate);
	snprintf(want, sizeof(want), "%d ", pid);
	STR(abi_read(path), want);
	gate_open(&gate);
	EQ(abi_exit_code(pid), 0);
	STR(abi_read(path), "");
	ERR(open("/proc/self/children", O_RDONLY), ENOENT);
	snprintf(path, sizeof(path), "/proc/self/task/%d/task", getpid());
	ERR(open(path, O_RDONLY), ENOENT);
}

CASE("timer slack")
{
	STR(abi_read("/proc/self/timerslack_ns"), "50000\n");
	abi_write("/proc/self/timerslack_ns", "12345");
	EQ(prctl(PR_GET_TIMERSLACK), 12345);
	abi_write("/proc/self/timerslack_ns", "0");
	EQ(prctl(PR_GET_TIMERSLACK), 50000);
}

CASE("oom_adj is oom_score_adj on another scale")
{
	int fd;

	abi_write("/proc/self/oom_score_adj", "500");
	STR(abi_read("/proc/self/oom_adj"), "8\n");
	abi_write("/proc/self/oom_adj", "15");
	STR(abi_read("/proc/self/oom_score_adj"), "1000\n");
	abi_write("/proc/self/oom_adj", "-17");
	STR(abi_read("/proc/self/oom_score_adj"), "-1000\n");
	STR(abi_read("/proc/self/oom_adj"), "-17\n");
	fd = (int)OK(open("/proc/self/oom_adj", O_WRONLY));
	ERR(write(fd, "16", 2), EINVAL);
	ERR(write(fd, "-18", 3), EINVAL);
	ERR(write(fd, "x", 1), EINVAL);
	abi_write("/proc/self/oom_adj", "0");
}

static char in_memory[] = "a text in memory";

CASE("mem: the position is an address")
{
	int fd = (int)OK(open("/proc/self/mem", O_RDWR));
	char *page = mmap(NULL, 2 * PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS,
			  -1, 0);
	char buf[32] = "";
	pid_t pid;

	EQ(pread(fd, buf, sizeof(in_memory), (off_t)in_memory),
	   (long)sizeof(in_memory));
	STR(buf, in_memory);
	EQ(pwrite(fd, "A", 1, (off_t)in_memory), 1);
	STR(in_memory, "A text in memory");
	EQ(lseek(fd, (off_t)in_memory + 2, SEEK_SET), (long)in_memory + 2);
	EQ(read(fd, buf, 4), 4);
	MEM(buf, "text", 4);
	OK(munmap(page + PAGE, PAGE));
	EQ(pread(fd, buf, 8, (off_t)page + (off_t)PAGE - 4), 4);
	ERR(pread(fd, buf, 8, (off_t)page + (off_t)PAGE), EIO);
	ERR(pread(fd, buf, 8, (off_t)BAD_PTR), EIO);
	CHILD(pid)
	{
		char path[32];

		snprintf(path, sizeof(path), "/proc/%d/mem", getppid());
		abi_drop(1000, 1000);
		ERR(open(path, O_RDONLY), EACCES);
	}
	EQ(abi_exit_code(pid), 0);
}

#define OLD_MEM 50

/* The file was opened by the program before this one. */
HELPER(mem_of_old)
{
	char c = 'x';

	return (pread(OLD_MEM, &c, 1, (off_t)in_memory) != 0) |
	       (pwrite(OLD_MEM, "A", 1, (off_t)in_memory) != 0) << 1 |
	       (in_memory[0] != 'a') << 2;
}

CASE("mem: a file that is open does not follow into the next program")
{
	pid_t pid;

	CHILD(pid)
	{
		char *argv[] = { "@mem_of_old", NULL };

		dup2((int)OK(open("/proc/self/mem", O_RDWR)), OLD_MEM);
		execv("/proc/self/exe", argv);
	}
	EQ(abi_exit_code(pid), 0);
}

CASE("inotify: a user's queues and watches are counted")
{
	char *old = abi_read("/proc/sys/fs/inotify/max_user_watches");
	int fd = (int)OK(inotify_init1(0)), more[256], n = 0;

	abi_write("/proc/sys/fs/inotify/max_user_watches", "1");
	OK(mkdir("a", 0755));
	OK(mkdir("b", 0755));
	OK(inotify_add_watch(fd, "a", IN_CREATE));
	OK(inotify_add_watch(fd, "a", IN_DELETE));
	ERR(inotify_add_watch(fd, "b", IN_CREATE), ENOSPC);
	OK(inotify_rm_watch(fd, 1));
	OK(inotify_add_watch(fd, "b", IN_CREATE));
	abi_write("/proc/sys/fs/inotify/max_user_watches", old);
	old = abi_read("/proc/sys/fs/inotify/max_user_instances");
	abi_write("/proc/sys/fs/inotify/max_user_instances", "10");
	for (; n < 256 && (more[n] = inotify_init1(0)) >= 0; n++)
		;
	EQ(errno, EMFILE);
	CHECK(n < 10);
	while (n)
		close(more[--n]);
	OK(close((int)OK(inotify_init1(0))));
	abi_write("/proc/sys/fs/inotify/max_user_instances", old);
}

/* Reads what its caller left open. */
HELPER(read50)
{
	char text[4096];

	return read(50, text, sizeof(text)) == 0 ? 0 : 9;
}

CASE("maps and smaps stay with the memory that they were opened for")
{
	static const char *const files[] = { "/proc/self/maps",
					     "/proc/self/smaps" };
	char *args[] = { "@read50", NULL };
	char text[64];
	pid_t pid;

	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		CHILD(pid) {
			dup2((int)OK(open(files[i], O_RDONLY)), 50);
			execv("/proc/self/exe", args);
			_exit(1);
		}
		EQ(abi_exit_code(pid), 0);
		int fd = (int)OK(open(files[i], O_RDONLY));
		EQ(read(fd, text, sizeof(text)), sizeof(text));
		EQ(lseek(fd, 0, SEEK_SET), 0);
		EQ(read(fd, text, sizeof(text)), sizeof(text));
		close(fd);
	}
}
