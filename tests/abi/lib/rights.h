/* Other users, with some of the capabilities, and programs that change rights. */
#ifndef ABI_RIGHTS_H
#define ABI_RIGHTS_H

#include "mounts.h"

#include <linux/capability.h>
#include <sys/prctl.h>

#define CAP(c) (1UL << (c))
#define ALL ((1UL << 41) - 1)

/* Another user, with these capabilities only. */
static inline void be(uid_t uid, uint64_t caps)
{
	struct __user_cap_header_struct h = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct d[2] = {
		{ (uint32_t)caps, (uint32_t)caps, 0 },
		{ (uint32_t)(caps >> 32), (uint32_t)(caps >> 32), 0 },
	};

	if (geteuid() != uid) {
		NEED(prctl(PR_SET_KEEPCAPS, 1) == 0);
		NEED(syscall(SYS_setgroups, 0, NULL) == 0);
		NEED(syscall(SYS_setresgid, uid, uid, uid) == 0);
		NEED(syscall(SYS_setresuid, uid, uid, uid) == 0);
	}
	NEED(syscall(SYS_capset, &h, d) == 0);
	NEED(prctl(PR_SET_DUMPABLE, 1) == 0);
}

/* The block as a process of that user, which is waited for. */
#define AS(uid, caps)                                                        \
	for (pid_t as_ = fork(), once_ = 1; once_;                           \
	     once_ = 0, as_ ? (void)abi_exit_code(as_) : _exit(0))           \
		if (!as_ && (be(uid, caps), true))

static inline void copy_self(const char *to, mode_t mode, uid_t uid)
{
	static char buf[1 << 16];
	int in = open("/proc/self/exe", O_RDONLY);
	int out = open(to, O_WRONLY | O_CREAT, 0600);
	long n;

	NEED(in >= 0 && out >= 0);
	while ((n = read(in, buf, sizeof(buf))) > 0)
		NEED(write(out, buf, (size_t)n) == n);
	close(in);
	NEED(fchown(out, uid, uid) == 0);
	NEED(fchmod(out, mode) == 0);
	close(out);
}

/* A file system where set-id bits count, as cwd, with programs of each kind. */
static inline void programs(void)
{
	enter();
	NEED(chmod(".", 0755) == 0);
	NEED(mkdir("p", 0755) == 0);
	NEED(mount("none", "p", "tmpfs", 0, "mode=0755") == 0);
	NEED(chdir("p") == 0);
	copy_self("plain", 0755, 0);
	copy_self("setuid", 04755, 50);
	copy_self("setgid", 02755, 50);
	copy_self("unreadable", 0711, 0);
}

/* What the program at @path says of itself as helper @name. */
static inline const char *said_by(const char *path, const char *name)
{
	static char text[256];
	int fds[2];
	long n;

	NEED(pipe(fds) == 0);
	if (fork() == 0) {
		char *argv[] = { (char *)name, NULL };

		dup2(fds[1], 1);
		execve(path, argv, (char *[]){ NULL });
		dprintf(1, "errno %d", errno);
		_exit(127);
	}
	close(fds[1]);
	n = read(fds[0], text, sizeof(text) - 1);
	text[n > 0 ? n : 0] = '\0';
	close(fds[0]);
	wait(NULL);
	return text;
}

#endif
