/* Mount options of procfs: who sees which processes. */
#include "mounts.h"

#include <dirent.h>
#include <sys/prctl.h>

/* Another user's process, for as long as the case. */
static pid_t stranger(uid_t uid)
{
	struct abi_gate ready;
	pid_t pid;

	gate_init(&ready);
	CHILD(pid) {
		abi_drop(uid, uid);
		/* The change of ids made it root's to look at. */
		OK(prctl(PR_SET_DUMPABLE, 1));
		gate_open(&ready);
		pause();
	}
	gate_wait(&ready);
	return pid;
}

static void mount_proc(const char *options)
{
	enter();
	NEED(chmod(".", 0755) == 0);
	NEED(mkdir("p", 0755) == 0);
	NEED(mount("proc", "p", "proc", 0, options) == 0);
}

static bool listed(const char *name)
{
	DIR *d = opendir("p");
	struct dirent *e;
	bool found = false;

	while (d && (e = readdir(d)))
		found |= !strcmp(e->d_name, name);
	if (d)
		closedir(d);
	return found;
}

static int result(int r)
{
	return r < 0 ? errno : 0;
}

/* Errors of stat and open of p/PID, and whether the listing has it. */
static void sees(const char *file, int line, pid_t pid, int stat_err,
		 int open_err, bool in_list)
{
	char path[64], name[16];
	struct stat st;
	int fd;

	snprintf(name, sizeof(name), "%d", pid);
	snprintf(path, sizeof(path), "p/%d", pid);
	abi_eq(file, line, "stat", result(stat(path, &st)), stat_err);
	abi_eq(file, line, "listed", listed(name), in_list);
	snprintf(path, sizeof(path), "p/%d/status", pid);
	fd = open(path, O_RDONLY);
	abi_eq(file, line, "open", result(fd), open_err);
	if (fd >= 0)
		close(fd);
	snprintf(path, sizeof(path), "p/%d/task/%d/stat", pid, pid);
	abi_eq(file, line, "stat in task", result(stat(path, &st)), open_err);
}
#define SEES(pid, stat_err, open_err, listed)                                \
	sees(ABI_AT, pid, stat_err, open_err, listed)

static const char *options(void)
{
	static char line[256];
	char *t = abi_read("/proc/self/mounts"), *save, *l;

	line[0] = '\0';
	for (l = strtok_r(t, "\n", &save); l; l = strtok_r(NULL, "\n", &save))
		if (strstr(l, "/p proc "))
			snprintf(line, sizeof(line), "%s",
				 strstr(l, "/p proc ") + 8);
	free(t);
	return line;
}

CASE("options that there are")
{
	static const struct {
		const char *given, *shown;
	} good[] = {
		{ "", "rw,relatime 0 0" },
		{ "hidepid=0", "rw,relatime 0 0" },
		{ "hidepid=off", "rw,relatime 0 0" },
		{ "hidepid=1", "rw,relatime,hidepid=noaccess 0 0" },
		{ "hidepid=2", "rw,relatime,hidepid=invisible 0 0" },
		{ "hidepid=4", "rw,relatime,hidepid=ptraceable 0 0" },
		{ "hidepid=noaccess", "rw,relatime,hidepid=noaccess 0 0" },
		{ "hidepid=invisible", "rw,relatime,hidepid=invisible 0 0" },
		{ "hidepid=ptraceable,gid=7",
		  "rw,relatime,gid=7,hidepid=ptraceable 0 0" },
		{ "gid=0", "rw,relatime 0 0" },
		{ "subset=pid,hidepid=1",
		  "rw,relatime,hidepid=noaccess,subset=pid 0 0" },
		{ "hidepid=1,hidepid=2", "rw,relatime,hidepid=invisible 0 0" },
	};
	static const char *const bad[] = {
		"hidepid=3", "hidepid=5", "hidepid=-1", "hidepid", "hidepid=",
		"hidepid=x", "gid=x", "gid", "gid=-1", "subset=x", "subset",
		"foo=1", "foo",
	};

	enter();
	NEED(mkdir("p", 0755) == 0);
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		OK(mount("proc", "p", "proc", 0, good[i].given));
		STR(options(), good[i].shown);
		OK(umount("p"));
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		ERR(mount("proc", "p", "proc", 0, bad[i]), EINVAL);
}

CASE("each mount has its own, a remount changes some")
{
	struct stat a, b;

	mount_proc("hidepid=2,gid=9");
	OK(stat("p", &a));
	OK(stat("/proc", &b));
	CHECK(a.st_dev != b.st_dev);
	OK(mount(NULL, "p", NULL, MS_REMOUNT, "hidepid=1"));
	STR(options(), "rw,relatime,gid=9,hidepid=noaccess 0 0");
	OK(mount(NULL, "p", NULL, MS_REMOUNT, ""));
	STR(options(), "rw,relatime,gid=9,hidepid=noaccess 0 0");
	ERR(mount(NULL, "p", NULL, MS_REMOUNT, "hidepid=off,gid=x"), EINVAL);
	STR(options(), "rw,relatime,gid=9,hidepid=noaccess 0 0");
	OK(mount(NULL, "p", NULL, MS_REMOUNT, "hidepid=off,gid=0"));
	STR(options(), "rw,relatime 0 0");
}

CASE("hidepid=off: all that modes allow")
{
	pid_t other = stranger(50), pid;

	mount_proc("");
	CHILD(pid) {
		abi_drop(60, 60);
		SEES(other, 0, 0, true);
	}
	EQ(abi_exit_code(pid), 0);
}

CASE("hidepid=noaccess: listed, not entered")
{
	pid_t other = stranger(50), pid;

	mount_proc("hidepid=noaccess,gid=70");
	SEES(other, 0, 0, true);
	CHILD(pid) {
		abi_drop(60, 60);
		SEES(other, 0, EPERM, true);
		SEES(1, 0, EPERM, true);
		SEES(getpid(), 0, 0, true);
	}
	EQ(abi_exit_code(pid), 0);
	CHILD(pid) {
		abi_drop(60, 70);
		SEES(other, 0, 0, true);
	}
	EQ(abi_exit_code(pid), 0);
	CHILD(pid) {
		abi_drop(50, 50);
		SEES(other, 0, 0, true);
	}
	EQ(abi_exit_code(pid), 0);
}

CASE("hidepid=invisible: not listed")
{
	pid_t other = stranger(50), pid;

	mount_proc("hidepid=2,gid=70");
	SEES(other, 0, 0, true);
	CHILD(pid) {
		abi_drop(60, 60);
		SEES(other, ENOENT, ENOENT, false);
		SEES(1, ENOENT, ENOENT, false);
		SEES(getpid(), 0, 0, true);
		CHECK(listed("self"));
		CHECK(listed("version"));
		EQ(access("p/self/status", R_OK), 0);
		EQ(access("p/version", R_OK), 0);
	}
	EQ(abi_exit_code(pid), 0);
	CHILD(pid) {
		gid_t group = 70;

		OK(syscall(SYS_setgroups, 1, &group));
		OK(syscall(SYS_setgid, 60));
		OK(syscall(SYS_setuid, 60));
		SEES(other, 0, 0, true);
	}
	EQ(abi_exit_code(pid), 0);
}

CASE("hidepid=ptraceable: no group helps")
{
	pid_t other = stranger(50), pid;

	mount_proc("hidepid=4,gid=70");
	/* First who does not see it: Linux finds cached names. */
	CHILD(pid) {
		abi_drop(60, 70);
		SEES(other, ENOENT, ENOENT, false);
		SEES(getpid(), 0, 0, true);
	}
	EQ(abi_exit_code(pid), 0);
	SEES(other, 0, 0, true);
	CHILD(pid) {
		abi_drop(50, 50);
		SEES(other, 0, 0, true);
	}
	EQ(abi_exit_code(pid), 0);
}

CASE("a remount counts at once, also for what is open")
{
	pid_t other = stranger(50), pid;
	struct abi_gate go, done;
	char path[32];

	mount_proc("");
	gate_init(&go);
	gate_init(&done);
	snprintf(path, sizeof(path), "p/%d", other);
	CHILD(pid) {
		struct stat st;
		int dir, fd;

		abi_drop(60, 60);
		dir = OK(open(path, O_RDONLY | O_DIRECTORY));
		fd = OK(openat(dir, "status", O_RDONLY));
		gate_open(&done);
		gate_wait(&go);
		ERR(openat(dir, "status", O_RDONLY), ENOENT);
		ERR(fstatat(dir, "status", &st, 0), ENOENT);
		ERR(fstat(dir, &st), ENOENT);
		CHECK(read(fd, path, 4) == 4);	/* opened in time */
	}
	gate_wait(&done);
	OK(mount(NULL, "p", NULL, MS_REMOUNT, "hidepid=2"));
	gate_open(&go);
	EQ(abi_exit_code(pid), 0);
}

CASE("subset=pid: nothing but processes")
{
	char name[16];

	mount_proc("subset=pid");
	snprintf(name, sizeof(name), "%d", getpid());
	CHECK(listed(name));
	CHECK(listed("self"));
	CHECK(listed("thread-self"));
	CHECK(!listed("version"));
	CHECK(!listed("sys"));
	CHECK(!listed("mounts"));
	EQ(access("p/self/status", R_OK), 0);
	EQ(access("p/thread-self/status", R_OK), 0);
	EQ(access("p/1/status", R_OK), 0);
	ERR(access("p/version", R_OK), ENOENT);
	ERR(access("p/sys", R_OK), ENOENT);
	ERR(access("p/mounts", R_OK), ENOENT);
}

CASE("a directory of a process that has gone")
{
	pid_t other = stranger(50);
	char path[32];
	int dir;

	mount_proc("");
	snprintf(path, sizeof(path), "p/%d", other);
	dir = OK(open(path, O_RDONLY | O_DIRECTORY));
	kill(other, SIGKILL);
	abi_reap(other);
	ERR(openat(dir, "status", O_RDONLY), ESRCH);
	ERR(open(path, O_RDONLY), ENOENT);
}

CASE("who owns the files of a process")
{
	pid_t other = stranger(50);
	char path[32];
	struct stat st;
	pid_t pid;
	int dir;

	mount_proc("");
	snprintf(path, sizeof(path), "p/%d/status", other);
	OK(stat(path, &st));
	EQ(st.st_uid, 50);
	/* Not dumpable: root's, but for the directory. */
	CHILD(pid) {
		abi_drop(60, 61);
		EQ(prctl(PR_GET_DUMPABLE), 0);
		OK(stat("p/self/status", &st));
		EQ(st.st_uid, 0);
		EQ(st.st_gid, 0);
		OK(stat("p/self/", &st));
		EQ(st.st_uid, 60);
		EQ(st.st_gid, 61);
		OK(stat("p/self/fd", &st));
		EQ(st.st_uid, 0);
		OK(stat("p/self/task", &st));
		EQ(st.st_uid, 60);
		ERR(open("p/self/environ", O_RDONLY), EACCES);
		dir = OK(open("p/self", O_PATH));
		OK(prctl(PR_SET_DUMPABLE, 1));
		OK(fstatat(dir, "status", &st, 0));
		EQ(st.st_uid, 60);
		OK(fstatat(dir, "fd", &st, 0));
		EQ(st.st_uid, 60);
		OK(open("p/self/environ", O_RDONLY));
	}
	EQ(abi_exit_code(pid), 0);
}
