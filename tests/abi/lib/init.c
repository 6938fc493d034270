/*
 * First process of the ABI tests: runs the families and powers off.
 *
 * The families come in the environment, as the kernel hands on words of its
 * command line that it does not know: families=pipe,signal. Each prints
 * between "# family NAME" and its closing line.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/klog.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static void mount_at(const char *what, const char *where, const char *data)
{
	mkdir(where, 0755);
	mount(what, where, what, 0, data);
}

static void run_family(const char *name)
{
	char path[128];
	int status;
	pid_t pid;

	snprintf(path, sizeof(path), "/tests/abi/%s", name);
	printf("# family %s\n", name);
	fflush(stdout);
	pid = fork();
	if (!pid) {
		setsid();
		execl(path, name, (char *)NULL);
		perror(path);
		_exit(127);
	}
	for (;;) {
		pid_t got = wait(&status);

		if (got == pid || got < 0)
			break;
	}
	if (WIFSIGNALED(status))
		printf("# killed by signal %d\n", WTERMSIG(status));
}

enum { MAX_CACHES = 256, MAX_GROWTH = 16 };

static struct cache {
	char name[32];
	long used;
} caches[MAX_CACHES];
static int nr_caches;

/* How many objects were in use before. */
static long *used_before(const char *name)
{
	for (int i = 0; i < nr_caches; i++)
		if (!strcmp(caches[i].name, name))
			return &caches[i].used;
	if (nr_caches == MAX_CACHES)
		return NULL;
	strcpy(caches[nr_caches].name, name);
	caches[nr_caches].used = -1;
	return &caches[nr_caches++].used;
}

static void put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);

	write(fd, text, strlen(text));
	close(fd);
}

/*
 * Objects in use, once all caches are empty, against the last time. What is in some
 * list is no leak for kmemleak, but should not be there after the family.
 */
static void count_objects(bool tell)
{
	char line[256], name[32];
	FILE *f;
	long n;

	put("/proc/sys/vm/drop_caches", "3");
	f = fopen("/proc/slabinfo", "r");
	while (f && fgets(line, sizeof(line), f)) {
		long *before = NULL;

		if (sscanf(line, "%31s %ld ", name, &n) == 2)
			before = used_before(name);
		if (!before)
			continue;
		if (tell && n > *before + MAX_GROWTH)
			printf("slab objects left behind: %s, %ld after %ld\n", name, n,
			       *before);
		*before = n;
	}
	if (f)
		fclose(f);
}

/* Of a debug build: what nothing points to any more. Known leaks are cleared. */
static void look_for_leaks(void)
{
	char text[4096];
	ssize_t n;
	int fd = open("/sys/kernel/debug/kmemleak", O_RDWR);

	if (fd < 0)
		return;
	write(fd, "scan", 4);
	usleep(100000);	/* what RCU still holds goes */
	write(fd, "scan", 4);
	lseek(fd, 0, SEEK_SET);
	while ((n = read(fd, text, sizeof(text))) > 0)
		printf("%.*s", (int)n, text);
	fflush(stdout);
	write(fd, "clear", 5);
	close(fd);
}

int main(void)
{
	char *families = getenv("families");
	bool faults = getenv("ABI_FAIL_NTH");

	/* The console may not have been there when the kernel opened it. */
	mount_at("devtmpfs", "/dev", NULL);
	int fd = open("/dev/console", O_RDWR);
	if (fd > 2) {
		dup2(fd, 0);
		dup2(fd, 1);
		dup2(fd, 2);
		close(fd);
	}
	mount_at("proc", "/proc", NULL);
	mount_at("sysfs", "/sys", NULL);
	mount("debugfs", "/sys/kernel/debug", "debugfs", 0, NULL);
	mount_at("devpts", "/dev/pts", "mode=620,ptmxmode=666");
	mount_at("tmpfs", "/tmp", "mode=1777");
	klogctl(8, NULL, 1);
	setenv("PATH", "/bin:/sbin:/usr/bin:/usr/sbin", 1);
	for (char *name = families ? strtok(families, ",") : NULL; name;
	     name = strtok(NULL, ",")) {
		if (faults)
			count_objects(false);
		run_family(name);
		if (faults)
			count_objects(true);
		look_for_leaks();
	}
	printf("# end\n");
	fflush(stdout);
	sync();
	reboot(RB_POWER_OFF);
	return 1;
}
