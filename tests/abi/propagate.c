/* Shared, slave, private and unbindable mounts (mount_namespaces(7)). */
#include "mounts.h"

static void two_peers(void)
{
	enter();
	mkdir("a", 0755);
	mkdir("b", 0755);
	OK(mount("src", "a", "tmpfs", 0, NULL));
	mkdir("a/x", 0755);
	mkdir("a/y", 0755);
	OK(mount(NULL, "a", NULL, MS_SHARED, NULL));
	OK(mount("a", "b", NULL, MS_BIND, NULL));
}

/* A field of the mountinfo line of @dir (below the caller's directory): the part
 * of "shared:7 master:3" that follows @tag, 0 if there is none. */
static int group(const char *dir, const char *tag)
{
	static char info[65536];
	char path[512], want[600];
	char *line, *end, *at;
	int value = 0;

	NEED(getcwd(path, sizeof(path)) != NULL);
	snprintf(want, sizeof(want), " %s/%s ", path, dir);
	snprintf(info, sizeof(info), "%s", abi_read("/proc/self/mountinfo"));
	for (line = info; line && *line; line = end) {
		end = strchr(line, '\n');
		if (end)
			*end++ = '\0';
		if (!strstr(line, want))
			continue;
		at = strstr(strstr(line, want), tag);
		value = at && at < strstr(line, " - ") ? atoi(at + strlen(tag)) : 0;
	}
	return value;
}

/* Lines of mountinfo that contain @what. */
static int count_mounts(const char *what)
{
	const char *at = abi_read("/proc/self/mountinfo");
	int n = 0;

	for (; (at = strstr(at, what)); at += strlen(what))
		n++;
	return n;
}

CASE("propagation: types and their errors")
{
	enter();
	mkdir("a", 0755);
	mkdir("d", 0755);
	OK(mount("src", "a", "tmpfs", 0, NULL));
	ERR(mount(NULL, "d", NULL, MS_SHARED, NULL), EINVAL);
	ERR(mount(NULL, "a", NULL, MS_SHARED | MS_PRIVATE, NULL), EINVAL);
	ERR(mount(NULL, "a", NULL, MS_SHARED | MS_RDONLY, NULL), EINVAL);
	EQ(group("a", "shared:"), 0);
	OK(mount(NULL, "a", NULL, MS_SHARED, NULL));
	int id = group("a", "shared:");
	CHECK(id > 0);
	OK(mount(NULL, "a", NULL, MS_SHARED | MS_SILENT, NULL));
	EQ(group("a", "shared:"), id);
	/* without peers there is nobody to be a slave of */
	OK(mount(NULL, "a", NULL, MS_SLAVE, NULL));
	EQ(group("a", "shared:"), 0);
	EQ(group("a", "master:"), 0);
	OK(mount(NULL, "a", NULL, MS_UNBINDABLE, NULL));
	CHECK(mounted(" unbindable - tmpfs src"));
	ERR(mount("a", "d", NULL, MS_BIND, NULL), EINVAL);
	OK(mount(NULL, "a", NULL, MS_PRIVATE, NULL));
	OK(mount("a", "d", NULL, MS_BIND, NULL));
	EQ(group("d", "shared:"), 0);
}

CASE("propagation: peers get mounts and lose them")
{
	two_peers();
	EQ(group("a", "shared:"), group("b", "shared:"));
	OK(mount("one", "a/x", "tmpfs", 0, NULL));
	abi_write("a/x/f", "text");
	STR(abi_read("b/x/f"), "text");
	CHECK(group("a/x", "shared:") > 0);
	EQ(group("a/x", "shared:"), group("b/x", "shared:"));
	OK(umount("b/x"));
	ERR(access("a/x/f", F_OK), ENOENT);
	ERR(umount("a/x"), EINVAL);
	/* a busy copy keeps all */
	OK(mount("two", "b/x", "tmpfs", 0, NULL));
	abi_write("b/x/f", "text");
	int fd = (int)OK(open("a/x/f", O_RDONLY));
	ERR(umount("b/x"), EBUSY);
	close(fd);
	OK(umount("b/x"));
	/* remount is of one only */
	OK(mount("three", "a/x", "tmpfs", 0, NULL));
	OK(mount(NULL, "a/x", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL));
	ERR(mkdir("a/x/d", 0700), EROFS);
	OK(mkdir("b/x/d", 0700));
	OK(umount2("a/x", MNT_DETACH));
	ERR(access("b/x/d", F_OK), ENOENT);
	/* one that is made private gets no more */
	OK(mount(NULL, "b", NULL, MS_PRIVATE, NULL));
	OK(mount("four", "a/x", "tmpfs", 0, NULL));
	EQ(group("b/x", "shared:"), 0);
	OK(umount("a/x"));
	OK(umount("b"));
	OK(umount("a"));
}

CASE("propagation: slaves receive and do not send")
{
	two_peers();
	OK(mount(NULL, "b", NULL, MS_SLAVE, NULL));
	EQ(group("b", "shared:"), 0);
	EQ(group("b", "master:"), group("a", "shared:"));
	OK(mount("down", "a/x", "tmpfs", 0, NULL));
	abi_write("a/x/f", "text");
	STR(abi_read("b/x/f"), "text");
	EQ(group("b/x", "master:"), group("a/x", "shared:"));
	OK(mount("own", "b/y", "tmpfs", 0, NULL));
	abi_write("b/y/f", "text");
	ERR(access("a/y/f", F_OK), ENOENT);
	OK(umount("b/x"));
	OK(access("a/x/f", F_OK));
	OK(umount("a/x"));
	/* a slave that is shared passes on */
	mkdir("c", 0755);
	OK(mount(NULL, "b", NULL, MS_SHARED, NULL));
	CHECK(group("b", "shared:") != group("a", "shared:"));
	EQ(group("b", "master:"), group("a", "shared:"));
	OK(mount("b", "c", NULL, MS_BIND, NULL));
	EQ(group("c", "master:"), group("a", "shared:"));
	OK(mount("deep", "a/x", "tmpfs", 0, NULL));
	abi_write("a/x/f", "text");
	STR(abi_read("c/x/f"), "text");
	EQ(group("c/x", "shared:"), group("b/x", "shared:"));
	EQ(group("c/x", "master:"), group("a/x", "shared:"));
	/* without its master it is free */
	OK(umount("a/x"));
	OK(umount("a"));
	EQ(group("b", "master:"), 0);
	CHECK(group("b", "shared:") > 0);
}

CASE("propagation: into other namespaces")
{
	struct abi_gate ready, go, done;
	pid_t pid;

	two_peers();
	gate_init(&ready);
	gate_init(&go);
	gate_init(&done);
	CHILD(pid) {
		NEED(unshare(CLONE_NEWNS) == 0);
		gate_open(&ready);
		gate_wait(&go);
		STR(abi_read("a/x/f"), "text");
		OK(mount("back", "b/y", "tmpfs", 0, NULL));
		abi_write("b/y/g", "back");
		gate_open(&done);
	}
	gate_wait(&ready);
	OK(mount("one", "a/x", "tmpfs", 0, NULL));
	abi_write("a/x/f", "text");
	gate_open(&go);
	gate_wait(&done);
	STR(abi_read("a/y/g"), "back");
	EQ(abi_exit_code(pid), 0);
	STR(abi_read("a/y/g"), "back");
	OK(umount("a/y"));
	OK(umount("b/x"));
}

CASE("propagation: only where the place is in view, and below what is there")
{
	two_peers();
	mkdir("c", 0755);
	mkdir("a/x/in", 0755);
	OK(mount("a/x", "c", NULL, MS_BIND, NULL));
	OK(mount("out", "a/y", "tmpfs", 0, NULL));
	OK(mount("in", "b/x/in", "tmpfs", 0, NULL));
	abi_write("b/x/in/f", "text");
	STR(abi_read("c/in/f"), "text");
	OK(umount("a/x/in"));
	ERR(access("c/in/f", F_OK), ENOENT);
	/* a mount that a private place has stays on top of what comes */
	OK(umount("a/y"));
	OK(mount(NULL, "b", NULL, MS_SLAVE, NULL));
	OK(mount("top", "b/y", "tmpfs", 0, NULL));
	abi_write("b/y/top", "top");
	OK(mount("below", "a/y", "tmpfs", 0, NULL));
	abi_write("a/y/below", "below");
	STR(abi_read("b/y/top"), "top");
	ERR(access("b/y/below", F_OK), ENOENT);
	/* the namespace has each of them once */
	EQ(count_mounts(" tmpfs below "), 2);
	EQ(count_mounts(" tmpfs top "), 1);
	EQ(count_mounts(" tmpfs src "), 3);
	OK(umount("a/y"));
	STR(abi_read("b/y/top"), "top");
	OK(mount("below", "a/y", "tmpfs", 0, NULL));
	abi_write("a/y/below", "below");
	OK(umount("b/y"));
	STR(abi_read("b/y/below"), "below");
	OK(umount("b/y"));
	ERR(umount("b/y"), EINVAL);
}

CASE("propagation: trees, moves and recursion")
{
	two_peers();
	mkdir("t", 0755);
	mkdir("m", 0755);
	OK(mount("top", "t", "tmpfs", 0, NULL));
	mkdir("t/sub", 0755);
	OK(mount("sub", "t/sub", "tmpfs", 0, NULL));
	abi_write("t/sub/f", "text");
	OK(mount("t", "a/x", NULL, MS_BIND | MS_REC, NULL));
	STR(abi_read("b/x/sub/f"), "text");
	EQ(group("a/x/sub", "shared:"), group("b/x/sub", "shared:"));
	EQ(group("t/sub", "shared:"), 0);
	/* what lies on a shared mount cannot be moved away */
	ERR(mount("a/x", "m", NULL, MS_MOVE, NULL), EINVAL);
	ERR(umount("a/x"), EBUSY);
	OK(umount2("a/x", MNT_DETACH));
	ERR(access("b/x/sub", F_OK), ENOENT);
	OK(mount("t", "a/y", NULL, MS_MOVE, NULL));
	STR(abi_read("b/y/sub/f"), "text");
	ERR(access("t/sub", F_OK), ENOENT);
	OK(umount("b/y/sub"));
	OK(umount("b/y"));
	/* nor may one come that cannot be bound */
	OK(mount("m", "m", "tmpfs", 0, NULL));
	OK(mount(NULL, "m", NULL, MS_UNBINDABLE, NULL));
	ERR(mount("m", "a/x", NULL, MS_MOVE, NULL), EINVAL);
	/* a recursive bind leaves it out */
	mkdir("r", 0755);
	OK(mount("r", "r", "tmpfs", 0, NULL));
	mkdir("r/un", 0755);
	OK(mount("un", "r/un", "tmpfs", 0, NULL));
	abi_write("r/un/f", "text");
	OK(mount(NULL, "r/un", NULL, MS_UNBINDABLE, NULL));
	OK(mount("r", "t", NULL, MS_BIND | MS_REC, NULL));
	ERR(access("t/un/f", F_OK), ENOENT);
	OK(mount(NULL, "r", NULL, MS_REC | MS_SHARED, NULL));
	CHECK(group("r", "shared:") > 0);
	CHECK(group("r/un", "shared:") > 0);
	CHECK(group("r", "shared:") != group("r/un", "shared:"));
}

CASE("propagation: a mount on its own peer")
{
	enter();
	mkdir("a", 0755);
	OK(mount("src", "a", "tmpfs", 0, NULL));
	mkdir("a/x", 0755);
	abi_write("a/f", "text");
	OK(mount(NULL, "a", NULL, MS_SHARED, NULL));
	OK(mount("a", "a/x", NULL, MS_BIND, NULL));
	STR(abi_read("a/x/f"), "text");
	ERR(access("a/x/x/f", F_OK), ENOENT);
	EQ(group("a", "shared:"), group("a/x", "shared:"));
	OK(umount("a/x"));
	OK(umount("a"));
}

CASE_LIMIT("propagation: what is on top stays in view, whatever comes below it", 60)
{
	int misses = 0, status[2], done = 0;
	pid_t pid;

	two_peers();
	OK(mount(NULL, "b", NULL, MS_SLAVE, NULL));
	OK(mount("top", "b/x", "tmpfs", 0, NULL));
	abi_write("b/x/f", "text");
	NEED(pipe2(status, O_NONBLOCK) == 0);
	CHILD(pid) {
		for (int i = 0; i < 3000; i++) {
			mount("under", "a/x", "tmpfs", 0, NULL);
			umount("a/x");
		}
		write(status[1], "", 1);
	}
	while (read(status[0], &done, 1) != 1)
		for (int i = 0; i < 100; i++)
			misses += access("b/x/f", F_OK) != 0;
	EQ(misses, 0);
	EQ(abi_exit_code(pid), 0);
}
