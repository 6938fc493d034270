/* POSIX access control lists, as attributes of files. */
#include "abi.h"

#include <linux/posix_acl_xattr.h>
#include <linux/posix_acl.h>
#include <stdarg.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/xattr.h>

#define ACCESS "system.posix_acl_access"
#define DEFAULT "system.posix_acl_default"

struct acl {
	uint32_t version;
	struct posix_acl_xattr_entry e[16];
};

static const char *tags = "ugUGmo";

/*
 * "u:7 U1000:4 g:5 m:7 o:0" as bytes: u, g, m, o for owner, group, mask, others,
 * U and G for a user and a group. Their number.
 */
static size_t make(struct acl *a, const char *text)
{
	static const uint16_t tag[] = { ACL_USER_OBJ, ACL_GROUP_OBJ, ACL_USER,
					ACL_GROUP, ACL_MASK, ACL_OTHER };
	size_t n = 0;

	a->version = POSIX_ACL_XATTR_VERSION;
	while (*text) {
		struct posix_acl_xattr_entry *e = &a->e[n++];
		char *end;

		e->e_tag = tag[strchr(tags, *text) - tags];
		e->e_id = (uint32_t)strtoul(text + 1, &end, 10);
		if (end == text + 1)
			e->e_id = (uint32_t)-1;
		e->e_perm = (uint16_t)strtoul(end + 1, &end, 10);
		text = *end ? end + 1 : end;
	}
	return 4 + n * sizeof(a->e[0]);
}

/* The other way round; "-" if there is none. */
static const char *show(const char *path, const char *name)
{
	static char text[256];
	struct acl a;
	long len = syscall(SYS_lgetxattr, path, name, &a, sizeof(a));
	char *out = text;

	if (len < 0)
		return errno == ENODATA ? "-" : "error";
	text[0] = '\0';
	for (long i = 0; 4 + i * 8 < len; i++) {
		const struct posix_acl_xattr_entry *e = &a.e[i];
		char c = e->e_tag == ACL_USER_OBJ ? 'u'
			 : e->e_tag == ACL_GROUP_OBJ ? 'g'
			 : e->e_tag == ACL_USER ? 'U'
			 : e->e_tag == ACL_GROUP ? 'G'
			 : e->e_tag == ACL_MASK ? 'm' : 'o';

		out += sprintf(out, "%s%c", i ? " " : "", c);
		if (e->e_id != (uint32_t)-1)
			out += sprintf(out, "%u", e->e_id);
		out += sprintf(out, ":%u", e->e_perm);
	}
	return text;
}

static int set(const char *path, const char *name, const char *text)
{
	struct acl a;
	size_t len = make(&a, text);

	return (int)syscall(SYS_lsetxattr, path, name, &a, len, 0);
}

static unsigned mode_of(const char *path)
{
	struct stat st;

	return lstat(path, &st) ? 0xffff : st.st_mode & 07777;
}

/* Attributes are for a tmpfs: the root may be a ramfs. */
static void enter(void)
{
	NEED(mkdir("t", 0755) == 0);
	NEED(mount("none", "t", "tmpfs", 0, "mode=0755") == 0);
	NEED(chdir("t") == 0);
}

CASE("what may be a list")
{
	static const char *const bad[] = {
		"u:7", "u:7 g:5", "g:5 u:7 o:0", "u:7 g:5 o:0 m:7",
		"u:7 U1:4 g:5 o:0", "u:7 g:5 G1:4 o:0", "u:8 g:0 o:0",
		"u:7 u:7 g:0 o:0", "u:7 g:0 o:0 o:0", "u:7 U1:7 g:0 m:15 o:0",
		"u:7 g:0 U1:7 m:7 o:0", "U1:7 g:0 m:7 o:0",
		"u:7 g:0 m:7 m:7 o:0", "u:7 U:7 g:5 m:7 o:0",
		"u:7 g:5 G:7 m:7 o:0",
	};
	struct acl a;
	size_t len;

	enter();
	abi_touch("f", 0644);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		len = make(&a, bad[i]);
		ERR(syscall(SYS_setxattr, "f", ACCESS, &a, len, 0), EINVAL);
	}
	STR(show("f", ACCESS), "-");
	EQ(mode_of("f"), 0644);
	len = make(&a, "u:7 g:5 o:1");
	ERR(syscall(SYS_setxattr, "f", ACCESS, &a, len - 1, 0), EINVAL);
	ERR(syscall(SYS_setxattr, "f", ACCESS, &a, len + 4, 0), EINVAL);
	ERR(syscall(SYS_setxattr, "f", ACCESS, &a, 3, 0), EINVAL);
	ERR(syscall(SYS_setxattr, "f", ACCESS, &a, 0, 0), EINVAL);
	a.version = 1;
	ERR(syscall(SYS_setxattr, "f", ACCESS, &a, len, 0), EOPNOTSUPP);
	a.version = 3;
	ERR(syscall(SYS_setxattr, "f", ACCESS, &a, len + 4, 0), EOPNOTSUPP);
	len = make(&a, "u:7 g:5 o:1");
	a.e[0].e_tag = 0x40;
	ERR(syscall(SYS_setxattr, "f", ACCESS, &a, len, 0), EINVAL);
	/* The same user twice, ids in no order. */
	OK(set("f", ACCESS, "u:6 U9:4 U1:6 U9:2 g:4 G7:0 G3:1 m:7 o:0"));
	STR(show("f", ACCESS), "u:6 U9:4 U1:6 U9:2 g:4 G7:0 G3:1 m:7 o:0");
	/* Ids of entries that need none are not kept. */
	OK(set("f", ACCESS, "u5:6 g6:4 m:4 o7:0"));
	STR(show("f", ACCESS), "u:6 g:4 m:4 o:0");
}

CASE("the mode follows the access list")
{
	enter();
	abi_touch("f", 0644);
	OK(set("f", ACCESS, "u:7 U1000:6 g:5 m:3 o:1"));
	EQ(mode_of("f"), 0731);
	OK(set("f", ACCESS, "u:6 g:5 m:4 o:0"));
	EQ(mode_of("f"), 0640);
	STR(show("f", ACCESS), "u:6 g:5 m:4 o:0");
	/* No more than a mode says: no list. */
	OK(set("f", ACCESS, "u:7 g:4 o:2"));
	EQ(mode_of("f"), 0742);
	STR(show("f", ACCESS), "-");
	/* Set-id bits stay. */
	OK(chmod("f", 06755));
	OK(set("f", ACCESS, "u:6 U5:7 g:5 m:5 o:0"));
	EQ(mode_of("f"), 06650);
}

CASE("chmod changes mask, owner and others")
{
	enter();
	abi_touch("f", 0644);
	OK(set("f", ACCESS, "u:7 U1000:6 g:5 m:7 o:1"));
	OK(chmod("f", 0640));
	EQ(mode_of("f"), 0640);
	STR(show("f", ACCESS), "u:6 U1000:6 g:5 m:4 o:0");
	OK(chmod("f", 04777));
	STR(show("f", ACCESS), "u:7 U1000:6 g:5 m:7 o:7");
	OK(chown("f", 3, 4));
	STR(show("f", ACCESS), "u:7 U1000:6 g:5 m:7 o:7");
	EQ(mode_of("f"), 0777);
}

CASE("removal leaves the mode")
{
	enter();
	abi_touch("f", 0604);
	OK(removexattr("f", ACCESS));		/* there was none */
	EQ(mode_of("f"), 0604);
	OK(set("f", ACCESS, "u:6 U1000:6 g:0 m:6 o:4"));
	EQ(mode_of("f"), 0664);
	OK(removexattr("f", ACCESS));
	EQ(mode_of("f"), 0664);
	STR(show("f", ACCESS), "-");
	OK(set("f", ACCESS, "u:6 U1000:6 g:0 m:6 o:4"));
	OK(set("f", ACCESS, ""));		/* no entries: no list */
	STR(show("f", ACCESS), "-");
	EQ(mode_of("f"), 0664);
	OK(mkdir("d", 0755));
	OK(removexattr("d", DEFAULT));
	OK(set("d", DEFAULT, "u:7 g:5 o:0"));
	STR(show("d", DEFAULT), "u:7 g:5 o:0");
	EQ(mode_of("d"), 0755);
	OK(removexattr("d", DEFAULT));
	STR(show("d", DEFAULT), "-");
}

CASE("reading: size, too small a buffer, names")
{
	struct acl a;
	char list[256];
	long n;

	enter();
	OK(mkdir("d", 0755));
	EQ(listxattr("d", list, sizeof(list)), 0);
	ERR(getxattr("d", ACCESS, NULL, 0), ENODATA);
	ERR(getxattr("d", DEFAULT, &a, sizeof(a)), ENODATA);
	OK(set("d", ACCESS, "u:7 U1:7 g:5 m:7 o:0"));
	EQ(getxattr("d", ACCESS, NULL, 0), 4 + 5 * 8);
	ERR(getxattr("d", ACCESS, &a, 43), ERANGE);
	EQ(getxattr("d", ACCESS, &a, 44), 44);
	EQ(a.version, 2);
	EQ(a.e[0].e_id, (uint32_t)-1);
	n = OK(listxattr("d", list, sizeof(list)));
	EQ(n, sizeof(ACCESS));
	STR(list, ACCESS);
	OK(set("d", DEFAULT, "u:7 g:5 o:0"));
	n = OK(listxattr("d", list, sizeof(list)));
	EQ(n, sizeof(ACCESS) + sizeof(DEFAULT));
	STR(list, ACCESS);
	STR(list + sizeof(ACCESS), DEFAULT);
	EQ(listxattr("d", NULL, 0), n);
	ERR(listxattr("d", list, (size_t)n - 1), ERANGE);
	OK(setxattr("d", "trusted.x", "1", 1, 0));
	EQ(listxattr("d", NULL, 0), n + 10);
	/* Anybody who gets there reads it; flags mean nothing. */
	OK(set("d", ACCESS, "u:7 U1:7 g:5 m:7 o:5"));
	CHILD(n) {
		abi_drop(5, 5);
		EQ(getxattr("d", ACCESS, &a, sizeof(a)), 44);
	}
	abi_exit_code((pid_t)n);
	EQ(syscall(SYS_setxattr, "d", ACCESS, &a, make(&a, "u:7 g:1 m:1 o:0"),
		   XATTR_CREATE), 0);
	EQ(syscall(SYS_setxattr, "d", ACCESS, &a, make(&a, "u:7 g:2 m:1 o:0"),
		   XATTR_REPLACE), 0);
	STR(show("d", ACCESS), "u:7 g:2 m:1 o:0");
}

CASE("where there are none")
{
	struct acl a;
	size_t len = make(&a, "u:7 U1:7 g:5 m:7 o:0");

	enter();
	abi_touch("f", 0644);
	OK(symlink("f", "l"));
	ERR(set("l", ACCESS, "u:7 U1:7 g:5 m:7 o:0"), EOPNOTSUPP);
	ERR(syscall(SYS_lgetxattr, "l", ACCESS, &a, sizeof(a)), EOPNOTSUPP);
	ERR(syscall(SYS_lremovexattr, "l", ACCESS), EOPNOTSUPP);
	ERR(setxattr("f", DEFAULT, &a, len, 0), EACCES);
	OK(removexattr("f", DEFAULT));
	ERR(getxattr("f", DEFAULT, &a, sizeof(a)), ENODATA);
	ERR(setxattr("f", "system.posix_acl_other", &a, len, 0), EOPNOTSUPP);
	ERR(getxattr("f", "system.posix_acl", &a, len), EOPNOTSUPP);
	ERR(removexattr("f", "system.x"), EOPNOTSUPP);
	ERR(setxattr("/proc/version", ACCESS, &a, len, 0), EOPNOTSUPP);
	ERR(getxattr("/proc/version", ACCESS, &a, len), EOPNOTSUPP);
	ERR(getxattr("/sys/kernel", ACCESS, &a, len), EOPNOTSUPP);
	ERR(setxattr("/sys/kernel", ACCESS, &a, len, 0), EOPNOTSUPP);
	/* Device nodes have. */
	OK(mknod("n", S_IFCHR | 0600, 0x103));
	OK(setxattr("n", ACCESS, &a, len, 0));
	OK(mkfifo("p", 0600));
	OK(setxattr("p", ACCESS, &a, len, 0));
	OK(setxattr("/dev/null", ACCESS, &a, len, 0));
	STR(show("/dev/null", ACCESS), "u:7 U1:7 g:5 m:7 o:0");
	OK(removexattr("/dev/null", ACCESS));
	OK(chmod("/dev/null", 0666));
}

static int opens(const char *path, int flags)
{
	int fd = open(path, flags);

	if (fd >= 0)
		close(fd);
	return fd >= 0 ? 0 : errno;
}

/* access list of "f" and who asks for what with which result */
static void check_access(const char *list, uid_t uid, gid_t gid, int rights)
{
	pid_t pid;

	OK(set("f", ACCESS, list));
	CHILD(pid) {
		abi_drop(uid, gid);
		EQ(opens("f", O_RDONLY), rights & 4 ? 0 : EACCES);
		EQ(opens("f", O_WRONLY), rights & 2 ? 0 : EACCES);
		EQ(opens("f", O_RDWR), (rights & 6) == 6 ? 0 : EACCES);
		EQ(access("f", X_OK), rights & 1 ? 0 : -1);
	}
	EQ(abi_exit_code(pid), 0);
}

CASE("who may do what")
{
	enter();
	abi_touch("f", 0600);
	OK(chown("f", 10, 20));
	/* The owner goes by his own entry, mask or not. */
	check_access("u:6 U10:1 g:0 m:1 o:0", 10, 99, 6);
	/* A user: his entry, cut by the mask, and no other one. */
	check_access("u:0 U30:7 g:0 m:7 o:0", 30, 99, 7);
	check_access("u:0 U30:7 g:0 m:4 o:7", 30, 99, 4);
	check_access("u:0 U30:0 g:7 m:7 o:7", 30, 20, 0);
	check_access("u:0 U31:7 U30:2 U30:4 g:7 m:7 o:7", 30, 20, 2);
	/* Groups: any that gives all that is asked. */
	check_access("u:0 g:4 m:7 o:0", 30, 20, 4);
	check_access("u:0 g:6 m:4 o:7", 30, 20, 4);
	check_access("u:0 g:0 G40:6 m:7 o:7", 30, 40, 6);
	check_access("u:0 g:0 G41:7 G40:1 m:7 o:7", 30, 40, 1);
	/* Others. */
	check_access("u:0 U31:7 g:7 G41:7 m:7 o:4", 30, 40, 4);
	check_access("u:0 U31:7 g:7 G41:7 m:7 o:0", 30, 40, 0);
	/* A mask without any right: the list is not asked. */
	check_access("u:0 U30:7 g:7 m:0 o:4", 30, 40, 4);
	check_access("u:0 g:7 m:0 o:4", 30, 20, 0);
}

CASE("two groups do not add up")
{
	gid_t both[] = { 40, 41 };
	pid_t pid;

	enter();
	abi_touch("f", 0600);
	OK(set("f", ACCESS, "u:0 g:0 G40:4 G41:2 m:7 o:7"));
	CHILD(pid) {
		OK(syscall(SYS_setgroups, 2, both));
		OK(syscall(SYS_setgid, 99));
		OK(syscall(SYS_setuid, 30));
		EQ(opens("f", O_RDONLY), 0);
		EQ(opens("f", O_WRONLY), 0);
		EQ(opens("f", O_RDWR), EACCES);
		EQ(access("f", X_OK), -1);
	}
	EQ(abi_exit_code(pid), 0);
}

CASE("directories are searched by their list")
{
	pid_t pid;

	enter();
	OK(mkdir("d", 0777));
	abi_touch("d/f", 0666);
	OK(set("d", ACCESS, "u:7 U30:0 U31:1 U32:3 g:7 m:7 o:7"));
	EQ(mode_of("d"), 0777);
	CHILD(pid) {
		abi_drop(30, 30);
		EQ(opens("d/f", O_RDONLY), EACCES);
		EQ(opens("d", O_RDONLY), EACCES);
	}
	EQ(abi_exit_code(pid), 0);
	CHILD(pid) {
		abi_drop(31, 31);
		EQ(opens("d/f", O_RDONLY), 0);
		EQ(opens("d", O_RDONLY), EACCES);
		ERR(unlink("d/f"), EACCES);
		ERR(mkdir("d/x", 0700), EACCES);
	}
	EQ(abi_exit_code(pid), 0);
	CHILD(pid) {
		abi_drop(32, 32);
		OK(mkdir("d/x", 0700));
		OK(unlink("d/f"));
	}
	EQ(abi_exit_code(pid), 0);
}

CASE("capabilities get past it")
{
	pid_t pid;

	enter();
	abi_touch("f", 0600);
	OK(chown("f", 10, 20));
	OK(set("f", ACCESS, "u:0 U0:0 U30:0 g:0 m:7 o:7"));
	EQ(opens("f", O_RDWR), 0);
	EQ(access("f", X_OK), 0);	/* the mask has x: somebody may */
	CHILD(pid) {
		abi_drop(30, 30);
		EQ(opens("f", O_RDONLY), EACCES);
	}
	EQ(abi_exit_code(pid), 0);
}

CASE("only the owner changes it")
{
	pid_t pid;

	enter();
	OK(chmod(".", 0777));
	abi_touch("f", 0666);
	CHILD(pid) {
		abi_drop(30, 30);
		ERR(set("f", ACCESS, "u:6 U30:6 g:6 m:6 o:6"), EPERM);
		ERR(removexattr("f", ACCESS), EPERM);
		ERR(set("f", ACCESS, "u:6 U30:6 g:6 o:6"), EPERM);
		ERR(set(".", DEFAULT, "u:6 g:6 o:6"), EPERM);
		abi_touch("mine", 0600);
		OK(set("mine", ACCESS, "u:6 U31:6 g:0 m:6 o:0"));
		OK(mkdir("dir", 0700));
		OK(set("dir", DEFAULT, "u:6 U31:6 g:0 m:6 o:0"));
	}
	EQ(abi_exit_code(pid), 0);
	STR(show("mine", ACCESS), "u:6 U31:6 g:0 m:6 o:0");
	CHILD(pid) {
		abi_drop(31, 31);
		EQ(opens("mine", O_RDWR), 0);
		ERR(set("mine", ACCESS, "u:6 U31:7 g:0 m:7 o:0"), EPERM);
	}
	EQ(abi_exit_code(pid), 0);
}

CASE("a foreign group's set-gid bit goes")
{
	pid_t pid;

	enter();
	abi_touch("f", 0600);
	OK(chown("f", 30, 40));
	OK(chmod("f", 02770));
	CHILD(pid) {
		abi_drop(30, 30);
		OK(set("f", ACCESS, "u:7 U31:7 g:7 m:7 o:0"));
	}
	EQ(abi_exit_code(pid), 0);
	EQ(mode_of("f"), 0770);
}

CASE("the default list is inherited")
{
	int fd;

	enter();
	umask(0777);
	OK(set(".", DEFAULT, "u:7 U1000:7 g:5 m:7 o:5"));
	fd = OK(open("f", O_CREAT | O_RDWR, 0666));
	close(fd);
	STR(show("f", ACCESS), "u:6 U1000:7 g:5 m:6 o:4");
	STR(show("f", DEFAULT), "-");
	EQ(mode_of("f"), 0664);
	OK(mkdir("d", 0755));
	STR(show("d", ACCESS), "u:7 U1000:7 g:5 m:5 o:5");
	STR(show("d", DEFAULT), "u:7 U1000:7 g:5 m:7 o:5");
	EQ(mode_of("d"), 0755);
	OK(mkdir("d/d", 0700));
	STR(show("d/d", ACCESS), "u:7 U1000:7 g:5 m:0 o:0");
	STR(show("d/d", DEFAULT), "u:7 U1000:7 g:5 m:7 o:5");
	OK(mknod("n", S_IFCHR | 0622, 0x103));
	STR(show("n", ACCESS), "u:6 U1000:7 g:5 m:2 o:0");
	EQ(mode_of("n"), 0620);
	OK(mkfifo("p", 0777));
	STR(show("p", ACCESS), "u:7 U1000:7 g:5 m:7 o:5");
	EQ(mode_of("p"), 0775);
	OK(mknod("r", S_IFREG | 0604, 0));
	EQ(mode_of("r"), 0604);
	OK(symlink("f", "l"));
	EQ(mode_of("l"), 0777);
	/* One that is a mode: no access list, and still no umask. */
	OK(set(".", DEFAULT, "u:6 g:4 o:4"));
	fd = OK(open("g", O_CREAT | O_RDWR, 0777));
	close(fd);
	STR(show("g", ACCESS), "-");
	EQ(mode_of("g"), 0644);
	OK(mkdir("e", 0777));
	STR(show("e", ACCESS), "-");
	STR(show("e", DEFAULT), "u:6 g:4 o:4");
	EQ(mode_of("e"), 0644);
	/* Without it the umask is back. */
	OK(removexattr(".", DEFAULT));
	OK(mkdir("h", 0777));
	EQ(mode_of("h"), 0);
	umask(022);
	fd = OK(open("i", O_CREAT | O_RDWR, 0666));
	EQ(mode_of("i"), 0644);
}

CASE("O_TMPFILE, link and rename")
{
	char path[64];
	int fd;

	enter();
	umask(077);
	OK(mkdir("d", 0755));
	OK(set("d", DEFAULT, "u:7 U1000:7 g:5 m:7 o:5"));
	fd = OK(open("d", O_TMPFILE | O_RDWR, 0666));
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	OK(linkat(AT_FDCWD, path, AT_FDCWD, "d/t", AT_SYMLINK_FOLLOW));
	STR(show("d/t", ACCESS), "u:6 U1000:7 g:5 m:6 o:4");
	EQ(mode_of("d/t"), 0664);
	/* What comes from elsewhere keeps its own. */
	abi_touch("f", 0600);
	OK(rename("f", "d/f"));
	STR(show("d/f", ACCESS), "-");
	EQ(mode_of("d/f"), 0600);
	OK(rename("d/t", "t"));
	STR(show("t", ACCESS), "u:6 U1000:7 g:5 m:6 o:4");
}

CASE("set-gid directory with a default list")
{
	enter();
	OK(mkdir("d", 0755));
	OK(chown("d", 0, 40));
	OK(chmod("d", 02775));
	OK(set("d", DEFAULT, "u:7 U1000:7 g:7 m:7 o:0"));
	OK(mkdir("d/e", 0777));
	EQ(mode_of("d/e"), 02770);
	STR(show("d/e", ACCESS), "u:7 U1000:7 g:7 m:7 o:0");
}

CASE("ctime moves, read-only mounts refuse")
{
	struct stat a, b;

	enter();
	abi_touch("f", 0644);
	OK(stat("f", &a));
	nanosleep(&(struct timespec){ 0, 20000000 }, NULL);
	OK(set("f", ACCESS, "u:6 U1:6 g:4 m:6 o:4"));
	OK(stat("f", &b));
	CHECK(a.st_ctim.tv_sec != b.st_ctim.tv_sec ||
	      a.st_ctim.tv_nsec != b.st_ctim.tv_nsec);
	OK(mount(NULL, ".", NULL, MS_REMOUNT | MS_RDONLY, NULL));
	ERR(set("f", ACCESS, "u:6 g:4 o:4"), EROFS);
	ERR(removexattr("f", ACCESS), EROFS);
	STR(show("f", ACCESS), "u:6 U1:6 g:4 m:6 o:4");
}

CASE("a long list")
{
	enum { N = 8000 };
	struct {
		uint32_t version;
		struct posix_acl_xattr_entry e[N + 4];
	} *a = calloc(1, sizeof(*a));
	size_t len = 4 + (N + 4) * 8;
	pid_t pid;

	enter();
	abi_touch("f", 0600);
	a->version = 2;
	a->e[0] = (struct posix_acl_xattr_entry){ ACL_USER_OBJ, 6, -1 };
	for (uint32_t i = 0; i < N; i++)
		a->e[1 + i] = (struct posix_acl_xattr_entry){
			ACL_USER, i & 1 ? 4 : 0, 10000 + i };
	a->e[N + 1] = (struct posix_acl_xattr_entry){ ACL_GROUP_OBJ, 0, -1 };
	a->e[N + 2] = (struct posix_acl_xattr_entry){ ACL_MASK, 4, -1 };
	a->e[N + 3] = (struct posix_acl_xattr_entry){ ACL_OTHER, 0, -1 };
	OK(setxattr("f", ACCESS, a, len, 0));
	EQ(getxattr("f", ACCESS, NULL, 0), len);
	CHILD(pid) {
		abi_drop(10000 + N - 1, 5);
		EQ(opens("f", O_RDONLY), 0);
	}
	EQ(abi_exit_code(pid), 0);
	CHILD(pid) {
		abi_drop(10000 + N - 2, 5);
		EQ(opens("f", O_RDONLY), EACCES);
	}
	EQ(abi_exit_code(pid), 0);
}
