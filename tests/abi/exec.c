/* execve and execveat: arguments, scripts, formats, what changes and stays. */
#include "abi.h"

#include <elf.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/sysmacros.h>

extern char **environ;

/* Where helpers write what they see. */
#define REPORT 50

HELPER(args)
{
	for (int i = 0; i < argc; i++)
		dprintf(REPORT, "%s|", argv[i]);
	dprintf(REPORT, "%d", argc);
	for (char **e = environ; *e; e++)
		dprintf(REPORT, "|%s", *e);
	return 0;
}

static char *run(const char *path, char *const argv[], char *const envp[],
		 int *code)
{
	static char text[8192];
	int fds[2];
	ssize_t n, size = 0;
	pid_t pid;

	pipe(fds);
	CHILD(pid) {
		dup2(fds[1], REPORT);
		close(fds[0]);
		close(fds[1]);
		execve(path, argv, envp);
		_exit(200);
	}
	close(fds[1]);
	while ((n = read(fds[0], text + size, sizeof(text) - 1 -
			 (size_t)size)) > 0)
		size += n;
	text[size] = 0;
	close(fds[0]);
	*code = abi_exit_code(pid);
	return text;
}

static char self[256];

static void find_self(void)
{
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	self[n > 0 ? n : 0] = 0;
}

CASE("execve: errors")
{
	char *argv[] = { "x", NULL };
	static char data[2000];
	pid_t pid;

	mkdir("d", 0755);
	abi_write("text", "not a program\n");
	chmod("text", 0755);
	abi_write("noexec", "#!/bin/sh\n");
	abi_touch("empty", 0755);
	symlink("loop", "loop");
	ERR(execve("none", argv, NULL), ENOENT);
	ERR(execve("", argv, NULL), ENOENT);
	ERR(execve("d", argv, NULL), EACCES);
	ERR(execve("noexec", argv, NULL), EACCES);
	ERR(execve("text", argv, NULL), ENOEXEC);
	ERR(execve("empty", argv, NULL), ENOEXEC);
	ERR(execve("text/x", argv, NULL), ENOTDIR);
	ERR(execve("loop", argv, NULL), ELOOP);
	ERR(execve(BAD_PTR, argv, NULL), EFAULT);
	ERR(execve("/proc/self/exe", BAD_PTR, NULL), EFAULT);
	ERR(execve("/proc/self/exe", argv, BAD_PTR), EFAULT);
	char *bad[] = { "x", BAD_PTR, NULL };
	ERR(execve("/proc/self/exe", bad, NULL), EFAULT);
	mknod("null", S_IFCHR | 0777, makedev(1, 3));
	ERR(execve("null", argv, NULL), EACCES);
	/* truncated and wrong ELF files */
	int fd = open("/proc/self/exe", O_RDONLY);
	read(fd, data, sizeof(data));
	int out = open("cut", O_WRONLY | O_CREAT, 0755);
	write(out, data, 40);
	close(out);
	ERR(execve("cut", argv, NULL), ENOEXEC);
	((Elf64_Ehdr *)data)->e_machine = EM_X86_64;
	out = open("x86", O_WRONLY | O_CREAT, 0755);
	write(out, data, sizeof(data));
	ERR(execve("x86", argv, NULL), ETXTBSY);
	close(out);
	ERR(execve("x86", argv, NULL), ENOEXEC);
	CHILD(pid) {
		abi_drop(1000, 1000);
		chmod("text", 0700);
		ERR(execve("noexec", argv, NULL), EACCES);
	}
	abi_reap(pid);
}

CASE("a file being executed cannot be written, and the other way round")
{
	char *argv[] = { "@sleeper", NULL };
	int fds[2];
	pid_t pid;
	char c;

	find_self();
	int in = open(self, O_RDONLY), out = open("copy", O_WRONLY | O_CREAT,
						  0755);
	char buf[4096];
	ssize_t n;
	while ((n = read(in, buf, sizeof(buf))) > 0)
		write(out, buf, (size_t)n);
	ERR(execve("copy", argv, NULL), ETXTBSY);
	close(out);
	pipe(fds);
	CHILD(pid) {
		dup2(fds[1], REPORT);
		execve("copy", argv, NULL);
	}
	read(fds[0], &c, 1);
	ERR(open("copy", O_WRONLY), ETXTBSY);
	ERR(open("copy", O_RDWR), ETXTBSY);
	ERR(open("copy", O_RDONLY | O_TRUNC), ETXTBSY);
	ERR(truncate("copy", 0), ETXTBSY);
	OK(open("copy", O_RDONLY));
	kill(pid, SIGKILL);
	abi_reap(pid);
	OK(open("copy", O_RDWR));
}

HELPER(sleeper)
{
	write(REPORT, "", 1);
	return pause();
}

CASE("argv and envp arrive, empty ones too")
{
	int code;
	char *argv[] = { "@args", "one", "", "two words", NULL };
	char *envp[] = { "A=1", "B", NULL };
	char *none[] = { NULL };

	STR(run("/proc/self/exe", argv, envp, &code),
	    "@args|one||two words|4|A=1|B");
	EQ(code, 0);
	STR(run("/proc/self/exe", argv, NULL, &code), "@args|one||two words|4");
	(void)none;
}

CASE("limits: one string, all strings, RLIMIT_STACK")
{
	static char big[140000];
	char *argv[3000] = { "@args", big, NULL };
	char *envp[] = { NULL };

	memset(big, 'x', sizeof(big));
	big[131072] = 0;
	ERR(execve("/proc/self/exe", argv, envp), E2BIG);
	big[131071] = 0;
	big[130000] = 0;
	for (int i = 1; i < 100; i++)
		argv[i] = big;
	argv[100] = NULL;
	ERR(execve("/proc/self/exe", argv, envp), E2BIG);	/* 13 MB */
	abi_limit(RLIMIT_STACK, 1 << 20, RLIM_INFINITY);
	argv[3] = NULL;
	ERR(execve("/proc/self/exe", argv, envp), E2BIG);	/* a quarter */
	int code;
	argv[1] = NULL;
	run("/proc/self/exe", argv, envp, &code);
	EQ(code, 0);
}

CASE("scripts: interpreter, its argument, depth")
{
	int code;
	char *argv[] = { "name", "arg", NULL };
	char text[600], want[600];

	find_self();
	sprintf(text, "#!%s @args\n", self);
	abi_write("s", text);
	chmod("s", 0755);
	/* the interpreter gets its path as argv[0]: not a helper's name */
	ERR(execve("s2", argv, NULL), ENOENT);
	abi_write("s2", "#!/none/there\n");
	chmod("s2", 0755);
	ERR(execve("s2", argv, NULL), ENOENT);
	abi_write("s3", "#!\n");
	chmod("s3", 0755);
	ERR(execve("s3", argv, NULL), ENOEXEC);
	abi_write("s4", "#!   \t \n");
	chmod("s4", 0755);
	ERR(execve("s4", argv, NULL), ENOEXEC);
	abi_write("s5", "#! /bin/echo  -n  two  words  \n");
	chmod("s5", 0755);
	int out[2];
	pid_t pid;
	pipe(out);
	CHILD(pid) {
		dup2(out[1], 1);
		execve("s5", argv, NULL);
		_exit(99);
	}
	abi_reap(pid);
	ssize_t n = read(out[0], text, sizeof(text) - 1);
	text[n > 0 ? n : 0] = 0;
	STR(text, "-n  two  words s5 arg\n");
	/* five levels of scripts run, six do not */
	abi_write("l0", "#!/bin/true\n");
	chmod("l0", 0755);
	for (int i = 1; i <= 6; i++) {
		char name[10];

		sprintf(name, "l%d", i);
		sprintf(want, "#!l%d\n", i - 1);
		abi_write(name, want);
		chmod(name, 0755);
	}
	run("l3", argv, NULL, &code);
	EQ(code, 0);
	run("l4", argv, NULL, &code);
	EQ(code, 0);
	ERR(execve("l5", argv, NULL), ELOOP);
	/* the interpreter line is cut at 255 */
	memset(text, 'a', 300);
	memcpy(text, "#!/", 3);
	strcpy(text + 300, "\n");
	abi_write("long", text);
	chmod("long", 0755);
	ERR(execve("long", argv, NULL), ENOEXEC);
	text[100] = 0;
	abi_write("nonl", text);
	chmod("nonl", 0755);
	ERR(execve("nonl", argv, NULL), ENOENT);
	abi_write("exact", "#!/bin/true");
	chmod("exact", 0755);
	run("exact", argv, NULL, &code);
	EQ(code, 0);
}

CASE("execveat: descriptors and flags")
{
	char *argv[] = { "@code", NULL }, *envp[] = { NULL };
	pid_t pid;

	find_self();
	int fd = open(self, O_RDONLY | O_CLOEXEC), path = open(self, O_PATH);
	CHILD(pid) {
		syscall(SYS_execveat, fd, "", argv, envp, AT_EMPTY_PATH);
		_exit(1);
	}
	EQ(abi_exit_code(pid), 77);
	CHILD(pid) {
		syscall(SYS_execveat, path, "", argv, envp, AT_EMPTY_PATH);
		_exit(1);
	}
	EQ(abi_exit_code(pid), 77);
	ERR(syscall(SYS_execveat, fd, "", argv, envp, 0), ENOENT);
	ERR(syscall(SYS_execveat, 99, "x", argv, envp, 0), EBADF);
	ERR(syscall(SYS_execveat, fd, "x", argv, envp, 0), ENOTDIR);
	ERR(syscall(SYS_execveat, AT_FDCWD, "link", argv, envp, 0x8000), EINVAL);
	symlink(self, "link");
	ERR(syscall(SYS_execveat, AT_FDCWD, "link", argv, envp,
		    AT_SYMLINK_NOFOLLOW), ELOOP);
	/* a script on a close-on-exec descriptor cannot be found again */
	abi_write("script", "#!/bin/true\n");
	chmod("script", 0755);
	int s = open("script", O_RDONLY | O_CLOEXEC);
	ERR(syscall(SYS_execveat, s, "", argv, envp, AT_EMPTY_PATH), ENOENT);
	s = open("script", O_RDONLY);
	CHILD(pid) {
		syscall(SYS_execveat, s, "", argv, envp, AT_EMPTY_PATH);
		_exit(1);
	}
	EQ(abi_exit_code(pid), 0);
}

HELPER(code)
{
	return 77;
}

static void nothing(int signo)
{
	(void)signo;
}

CASE("what exec keeps and what it resets")
{
	char *argv[] = { "@state", NULL };
	int code;
	sigset_t set;
	stack_t alt = { .ss_sp = malloc(16384), .ss_size = 16384 };

	sigaltstack(&alt, NULL);
	abi_on(SIGUSR1, nothing, 0);
	abi_on(SIGUSR2, SIG_IGN, 0);
	sigemptyset(&set);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	raise(SIGTERM);
	umask(0123);
	prctl(PR_SET_NAME, "before");
	prctl(PR_SET_DUMPABLE, 0);
	setpriority(PRIO_PROCESS, 0, 3);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	alarm(1000);
	CHECK(run("/proc/self/exe", argv, NULL, &code));
	EQ(code, 0);
}

HELPER(state)
{
	struct sigaction sa;
	sigset_t set;
	stack_t alt;
	char name[16];
	int value = -1;

	sigaction(SIGUSR1, NULL, &sa);
	if (sa.sa_handler != SIG_DFL)
		return 1;
	sigaction(SIGUSR2, NULL, &sa);
	if (sa.sa_handler != SIG_IGN)
		return 2;
	sigprocmask(SIG_BLOCK, NULL, &set);
	if (!sigismember(&set, SIGHUP) || !sigismember(&set, SIGTERM))
		return 3;
	sigpending(&set);	/* the parent's, forked away */
	if (sigismember(&set, SIGTERM))
		return 4;
	if (umask(0) != 0123)
		return 5;
	prctl(PR_GET_NAME, name);
	if (strcmp(name, "exe"))
		return 6;
	if (prctl(PR_GET_DUMPABLE) != 1)
		return 7;
	if (getpriority(PRIO_PROCESS, 0) != 3)
		return 8;
	sigaltstack(NULL, &alt);
	if (alt.ss_flags != SS_DISABLE)
		return 9;
	prctl(PR_GET_PDEATHSIG, &value);
	if (value != 0)
		return 10;
	return alarm(0) ? 11 : 0;	/* not forked */
}

CASE("the auxiliary vector")
{
	EQ(getauxval(AT_PAGESZ), 4096);
	EQ(getauxval(AT_CLKTCK), 100);
	EQ(getauxval(AT_UID), getuid());
	EQ(getauxval(AT_EUID), 0);
	EQ(getauxval(AT_GID), 0);
	EQ(getauxval(AT_SECURE), 0);
	EQ(getauxval(AT_PHENT), sizeof(Elf64_Phdr));
	CHECK(getauxval(AT_PHNUM) > 0);
	CHECK(getauxval(AT_PHDR));
	CHECK(getauxval(AT_ENTRY));
	CHECK(getauxval(AT_RANDOM));
	CHECK(getauxval(AT_SYSINFO_EHDR));
	MEM((void *)getauxval(AT_SYSINFO_EHDR), "\177ELF", 4);
	STR((char *)getauxval(AT_PLATFORM), "aarch64");
	CHECK(getauxval(AT_HWCAP) & 3);	/* FP, ASIMD */
	CHECK(strstr((char *)getauxval(AT_EXECFN), "exec"));
	CHECK(getauxval(51) >= 4720);	/* AT_MINSIGSTKSZ */
	char *raw = abi_read("/proc/self/auxv");
	uint64_t *pair = (uint64_t *)raw;
	int seen = 0;
	for (; pair[0]; pair += 2)
		if (pair[0] == AT_PAGESZ)
			seen = pair[1] == 4096;
	EQ(seen, 1);
}

CASE("set-id programs")
{
	char *argv[] = { "@ids", NULL };
	char buf[4096];
	ssize_t n;
	pid_t pid;

	find_self();
	int in = open(self, O_RDONLY), out = open("suid", O_WRONLY | O_CREAT,
						  0755);
	while ((n = read(in, buf, sizeof(buf))) > 0)
		write(out, buf, (size_t)n);
	fchown(out, 3000, 3001);
	fchmod(out, 06755);
	close(out);
	int fds[2];
	for (int round = 0; round < 2; round++) {
		pipe(fds);
		CHILD(pid) {
			dup2(fds[1], REPORT);
			if (round)
				prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
			abi_drop(1000, 1000);
			execve("suid", argv, NULL);
			_exit(1);
		}
		EQ(abi_exit_code(pid), 0);
		n = read(fds[0], buf, sizeof(buf));
		buf[n > 0 ? n : 0] = 0;
		STR(buf, round ? "1000 1000 1000 1000 1000 1000 0"
			       : "1000 3000 3000 1000 3001 3001 1");
	}
}

HELPER(ids)
{
	uid_t a, b, c;

	getresuid(&a, &b, &c);
	dprintf(REPORT, "%d %d %d ", a, b, c);
	getresgid(&a, &b, &c);
	dprintf(REPORT, "%d %d %d %ld", a, b, c, getauxval(AT_SECURE));
	return 0;
}
