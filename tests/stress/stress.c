/*
 * Stress: many tasks at once on the same kernel objects.
 *
 * usage: stress NAME ROUNDS
 *
 * Every test runs a fixed number of rounds on all CPUs and checks what must hold
 * whatever the interleaving was: exit codes, contents, counts. It prints "ok
 * NAME", or what was wrong, and its exit status says the same.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <dirent.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { WORKERS = 8, PAGE = 4096, MAX_NAMES = 6 };

static int rounds;

static void __attribute__((noreturn, format(printf, 1, 2))) fail(const char *fmt, ...)
{
	int err = errno;
	va_list ap;

	va_start(ap, fmt);
	printf("not ok: ");
	vprintf(fmt, ap);
	printf(" (errno %d)\n", err);
	fflush(stdout);
	va_end(ap);
	_exit(1);
}

#define CHECK(c)                                                               \
	do {                                                                   \
		errno = 0;                                                     \
		if (!(c))                                                      \
			fail("line %d: %s", __LINE__, #c);                     \
	} while (0)

/* A small generator of its own per worker, so that runs are alike. */
static uint32_t next_random(uint32_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 17;
	*state ^= *state << 5;
	return *state;
}

/* Run @fn(worker, rounds) in WORKERS processes; all must exit with 0. */
static void in_processes(void (*fn)(int worker))
{
	pid_t pids[WORKERS];

	fflush(stdout);
	for (int i = 0; i < WORKERS; i++) {
		pids[i] = fork();
		CHECK(pids[i] >= 0);
		if (!pids[i]) {
			fn(i);
			_exit(0);
		}
	}
	for (int i = 0; i < WORKERS; i++) {
		int status;

		CHECK(waitpid(pids[i], &status, 0) == pids[i]);
		if (status)
			fail("worker %d ended with status %#x", i, status);
	}
}

static void in_threads(void *(*fn)(void *worker))
{
	pthread_t t[WORKERS];

	for (intptr_t i = 0; i < WORKERS; i++)
		CHECK(!pthread_create(&t[i], NULL, fn, (void *)i));
	for (int i = 0; i < WORKERS; i++) {
		void *r;

		CHECK(!pthread_join(t[i], &r));
		CHECK(!r);
	}
}

static int wait_for(pid_t pid)
{
	int status;

	CHECK(waitpid(pid, &status, 0) == pid);
	return status;
}

/* --- processes --- */

static void fork_worker(int worker)
{
	for (int i = 0; i < rounds; i++) {
		int code = (worker * 31 + i) & 0x7f;
		pid_t outer = fork();

		CHECK(outer >= 0);
		if (!outer) {
			pid_t inner = fork();

			if (!inner)
				_exit(code);
			_exit(inner < 0 ? 127 : WEXITSTATUS(wait_for(inner)));
		}
		CHECK(WEXITSTATUS(wait_for(outer)) == code);
	}
}

static void test_fork(void)
{
	in_processes(fork_worker);
}

static pid_t spawn_exit(char *code, bool share)
{
	pid_t pid = share ? vfork() : fork();

	if (!pid) {
		execl("/proc/self/exe", "stress", "exit", code, NULL);
		_exit(126);
	}
	return pid;
}

static void exec_worker(int worker)
{
	for (int i = 0; i < rounds; i++) {
		int expected = (worker + i) & 0x7f;
		char code[8];
		pid_t pid;

		snprintf(code, sizeof(code), "%d", expected);
		pid = spawn_exit(code, i & 1);
		CHECK(pid > 0);
		CHECK(WEXITSTATUS(wait_for(pid)) == expected);
	}
}

static void test_exec(void)
{
	in_processes(exec_worker);
}

/* Parent and child write the same pages; neither sees the other's. */
static void cow_worker(int worker)
{
	enum { PAGES = 64 };
	char *p = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	CHECK(p != MAP_FAILED);
	for (int i = 0; i < rounds; i++) {
		char mine = (char)(worker + i), theirs = (char)~mine;
		pid_t pid;

		for (int k = 0; k < PAGES; k++)
			p[k * PAGE] = mine;
		pid = fork();
		CHECK(pid >= 0);
		for (int k = 0; k < PAGES; k++) {
			if (p[k * PAGE] != mine)
				fail("page %d changed", k);
			p[k * PAGE] = pid ? mine : theirs;
		}
		for (int k = 0; k < PAGES; k++)
			if (p[k * PAGE] != (pid ? mine : theirs))
				fail("page %d is shared", k);
		if (!pid)
			_exit(0);
		CHECK(!wait_for(pid));
	}
}

static void test_cow(void)
{
	in_processes(cow_worker);
}

/* A process ends while its threads run, fork, fault and execute. */
static void *restless(void *arg)
{
	char *p;

	for (;;) {
		p = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (p == MAP_FAILED)
			continue;
		p[PAGE] = 1;
		munmap(p, 4 * PAGE);
		if (arg)
			sched_yield();
	}
	return NULL;
}

static void exit_worker(int worker)
{
	for (int i = 0; i < rounds; i++) {
		pid_t pid = fork();

		CHECK(pid >= 0);
		if (!pid) {
			pthread_t t;

			for (intptr_t k = 0; k < 4; k++)
				if (pthread_create(&t, NULL, restless, (void *)(k & 1)))
					_exit(9);
			if (i % 3 == 0)
				execl("/proc/self/exe", "stress", "exit", "3", NULL);
			if (i % 3 == 1)
				kill(getpid(), SIGKILL);
			_exit(3);
		}
		int status = wait_for(pid);

		if (i % 3 == 1 ? status != SIGKILL : WEXITSTATUS(status) != 3)
			fail("worker %d round %d: status %#x", worker, i, status);
	}
}

static void test_exit(void)
{
	in_processes(exit_worker);
}

/* A user id that is taken and left all the time: the last one drops what is
 * counted for it while the next one looks for it. */
static void user_worker(int worker)
{
	for (int i = 0; i < rounds * 20; i++) {
		CHECK(!syscall(SYS_setresuid, 4242, 0, 0));
		CHECK(!syscall(SYS_setresuid, 0, 0, 0));
		if (i % 8 == worker % 8)
			sched_yield();
	}
}

static void test_users(void)
{
	in_processes(user_worker);
}

/* --- threads --- */

static void *return_argument(void *arg)
{
	static __thread intptr_t mine;

	mine = (intptr_t)arg;
	sched_yield();
	return (void *)mine;
}

static void *thread_worker(void *arg)
{
	for (intptr_t i = 0; i < rounds; i++) {
		pthread_t t[3];

		for (intptr_t k = 0; k < 3; k++)
			CHECK(!pthread_create(&t[k], NULL, return_argument,
					      (void *)(i * 4 + k)));
		for (intptr_t k = 0; k < 3; k++) {
			void *r;

			CHECK(!pthread_join(t[k], &r));
			CHECK((intptr_t)r == i * 4 + k);
		}
	}
	(void)arg;
	return NULL;
}

static void test_threads(void)
{
	in_threads(thread_worker);
}

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t turn_changed = PTHREAD_COND_INITIALIZER;
static long counter;
static int turn;

static void *futex_worker(void *arg)
{
	int me = (int)(intptr_t)arg;

	for (int i = 0; i < rounds; i++) {
		pthread_mutex_lock(&lock);
		counter++;
		pthread_mutex_unlock(&lock);
	}
	for (int i = 0; i < rounds / 10; i++) {
		pthread_mutex_lock(&lock);
		while (turn != me)
			pthread_cond_wait(&turn_changed, &lock);
		turn = (turn + 1) % WORKERS;
		pthread_cond_broadcast(&turn_changed);
		pthread_mutex_unlock(&lock);
	}
	return NULL;
}

static void test_futex(void)
{
	in_threads(futex_worker);
	CHECK(counter == (long)WORKERS * rounds);
}

/*
 * A lock as interpreters have it: threads, many more than CPUs, hand one word
 * around under a mutex and wait for it with a limit. All meet in one futex
 * bucket; it must keep moving while some CPU of the guest does not run.
 */
static pthread_cond_t baton_free = PTHREAD_COND_INITIALIZER;
static bool baton_taken;

static void baton_take(void)
{
	pthread_mutex_lock(&lock);
	while (baton_taken) {
		struct timespec t;

		clock_gettime(CLOCK_REALTIME, &t);
		t.tv_nsec += 5000000;
		t.tv_sec += t.tv_nsec / 1000000000;
		t.tv_nsec %= 1000000000;
		pthread_cond_timedwait(&baton_free, &lock, &t);
	}
	baton_taken = true;
	pthread_mutex_unlock(&lock);
}

static void baton_drop(void)
{
	pthread_mutex_lock(&lock);
	baton_taken = false;
	pthread_cond_signal(&baton_free);
	pthread_mutex_unlock(&lock);
}

static void *baton_worker(void *arg)
{
	for (int i = 0; i < rounds; i++) {
		baton_take();
		counter++;
		baton_drop();
	}
	return arg;
}

static void test_baton(void)
{
	enum { THREADS = 100 };
	pthread_t t[THREADS];

	for (int i = 0; i < THREADS; i++)
		CHECK(!pthread_create(&t[i], NULL, baton_worker, NULL));
	for (int i = 0; i < THREADS; i++)
		CHECK(!pthread_join(t[i], NULL));
	CHECK(counter == (long)THREADS * rounds);
}

/* Hundreds alive at once: kernel stacks, pids. */
static void *sleeper(void *arg)
{
	read((int)(intptr_t)arg, &(char){0}, 1);
	return NULL;
}

static void test_crowd(void)
{
	for (int round = 0; round < rounds; round++) {
		enum { CROWD = 600 };
		static pthread_t t[CROWD];
		pthread_attr_t a;
		int fd[2];

		CHECK(!pipe(fd));
		pthread_attr_init(&a);
		pthread_attr_setstacksize(&a, 16384);
		for (int i = 0; i < CROWD; i++)
			CHECK(!pthread_create(&t[i], &a, sleeper,
					      (void *)(intptr_t)fd[0]));
		close(fd[1]);
		for (int i = 0; i < CROWD; i++)
			CHECK(!pthread_join(t[i], NULL));
		close(fd[0]);
	}
}

/* Tasks are moved to another CPU while they run, sleep and fork. */
static void affinity_worker(int worker)
{
	uint32_t r = 77 + (uint32_t)worker;
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	pid_t busy = fork();

	CHECK(busy >= 0);
	if (!busy)
		for (;;)
			;
	for (int i = 0; i < rounds; i++) {
		cpu_set_t set;
		int cpu = (int)(next_random(&r) % (uint32_t)cpus);
		unsigned now;

		CPU_ZERO(&set);
		CPU_SET(cpu, &set);
		CHECK(!sched_setaffinity(i & 1 ? busy : 0, sizeof(set), &set));
		if (i & 1)
			continue;
		syscall(SYS_getcpu, &now, NULL, NULL);
		if ((int)now != cpu)
			fail("on CPU %u instead of %d", now, cpu);
	}
	kill(busy, SIGKILL);
	CHECK(wait_for(busy) == SIGKILL);
}

static void test_affinity(void)
{
	in_processes(affinity_worker);
}

/* --- signals --- */

static volatile sig_atomic_t seen;

static void count_signal(int sig)
{
	(void)sig;
	seen++;
}

/* Real-time signals are queued: every one arrives. */
static void signal_worker(int worker)
{
	struct sigaction sa = {.sa_handler = count_signal, .sa_flags = SA_RESTART};
	sigset_t rt, old;
	pid_t parent = getpid(), pid;

	(void)worker;
	CHECK(!sigaction(SIGRTMIN + 1, &sa, NULL));
	sigemptyset(&rt);
	sigaddset(&rt, SIGRTMIN + 1);
	CHECK(!sigprocmask(SIG_BLOCK, &rt, &old));
	pid = fork();
	CHECK(pid >= 0);
	if (!pid) {
		for (int i = 0; i < rounds; i++)
			while (sigqueue(parent, SIGRTMIN + 1, (union sigval){.sival_int = i})) {
				if (errno != EAGAIN)
					fail("sigqueue");
				sched_yield();
			}
		_exit(0);
	}
	while (seen < rounds)
		sigsuspend(&old);
	CHECK(!wait_for(pid));
	CHECK(seen == rounds);
}

static void test_signals(void)
{
	in_processes(signal_worker);
}

/* --- pipes --- */

static void pump(int from, int to, uint32_t seed)
{
	static unsigned char buf[9000];
	uint32_t r = seed;
	ssize_t n;

	while ((n = read(from, buf, 1 + next_random(&r) % sizeof(buf))) > 0)
		for (ssize_t done = 0, k; done < n; done += k)
			CHECK((k = write(to, buf + done, (size_t)(n - done))) > 0);
	CHECK(n == 0);
}

/* Numbers go through a chain of processes and come out in order. */
static void pipe_worker(int worker)
{
	enum { STAGES = 3 };
	pid_t pids[STAGES + 1];
	uint32_t value, expected = 0;
	int in, fd[2];
	ssize_t n;

	CHECK(!pipe(fd));
	for (int s = 0; s <= STAGES; s++) {
		int next[2] = {-1, -1};

		if (s)
			CHECK(!pipe(next));
		pids[s] = fork();
		CHECK(pids[s] >= 0);
		if (!pids[s] && !s) {
			for (uint32_t v = 0; v < (uint32_t)rounds * 100; v++)
				CHECK(write(fd[1], &v, sizeof(v)) == sizeof(v));
			_exit(0);
		}
		if (!pids[s]) {
			close(next[0]);
			pump(fd[0], next[1], (uint32_t)(worker * 8 + s + 1));
			_exit(0);
		}
		if (!s) {
			close(fd[1]);
			continue;
		}
		close(fd[0]);
		close(next[1]);
		fd[0] = next[0];
	}
	in = fd[0];
	while ((n = read(in, &value, sizeof(value))) > 0) {
		while (n < (ssize_t)sizeof(value)) {
			ssize_t k = read(in, (char *)&value + n, sizeof(value) - (size_t)n);

			CHECK(k > 0);
			n += k;
		}
		if (value != expected++)
			fail("%u instead of %u", value, expected - 1);
	}
	CHECK(expected == (uint32_t)rounds * 100);
	for (int s = 0; s <= STAGES; s++)
		CHECK(!wait_for(pids[s]));
}

static void test_pipes(void)
{
	in_processes(pipe_worker);
}

/* Openers and closers of one FIFO always find each other. */
static void test_fifo(void)
{
	CHECK(!mkfifo("/tmp/stress-fifo", 0600));
	for (int i = 0; i < rounds; i++) {
		pid_t pid = fork();
		char buf[8];
		int fd;

		CHECK(pid >= 0);
		if (!pid) {
			fd = open("/tmp/stress-fifo", O_WRONLY);
			_exit(write(fd, "x", 1) != 1);
		}
		fd = open("/tmp/stress-fifo", O_RDONLY);
		CHECK(fd >= 0);
		CHECK(read(fd, buf, sizeof(buf)) == 1);
		close(fd);
		CHECK(!wait_for(pid));
	}
	CHECK(!unlink("/tmp/stress-fifo"));
}

static int to_peer, from_peer;

static void *echo_events(void *arg)
{
	uint64_t v;

	(void)arg;
	for (int i = 0; i < rounds; i++) {
		CHECK(read(to_peer, &v, sizeof(v)) == sizeof(v));
		CHECK(write(from_peer, &v, sizeof(v)) == sizeof(v));
	}
	return NULL;
}

static void eventfd_worker(int worker)
{
	pthread_t t;

	to_peer = eventfd(0, 0);
	from_peer = eventfd(0, 0);
	CHECK(!pthread_create(&t, NULL, echo_events, NULL));
	for (int i = 0; i < rounds; i++) {
		uint64_t v = (uint64_t)(worker + i + 1), back;

		CHECK(write(to_peer, &v, sizeof(v)) == sizeof(v));
		CHECK(read(from_peer, &back, sizeof(back)) == sizeof(back));
		CHECK(back == v);
	}
	CHECK(!pthread_join(t, NULL));
}

static void test_eventfd(void)
{
	in_processes(eventfd_worker);
}

/* --- memory --- */

/* Threads map, protect and unmap neighbouring pages of one address space. */
static void *mmap_worker(void *arg)
{
	uint32_t r = 1 + (uint32_t)(intptr_t)arg;

	for (int i = 0; i < rounds; i++) {
		size_t n = 1 + next_random(&r) % 20;
		unsigned char *p = mmap(NULL, n * PAGE, PROT_READ | PROT_WRITE,
					MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		size_t hole = next_random(&r) % n;

		CHECK(p != MAP_FAILED);
		for (size_t k = 0; k < n; k++)
			p[k * PAGE] = (unsigned char)(k + 1);
		CHECK(!mprotect(p + hole * PAGE, PAGE, PROT_READ));
		if (next_random(&r) & 1) {
			CHECK(!madvise(p + hole * PAGE, PAGE, MADV_DONTNEED));
			CHECK(!p[hole * PAGE]);
		}
		for (size_t k = 0; k < n; k++)
			if (k != hole && p[k * PAGE] != (unsigned char)(k + 1))
				fail("page %zu of %zu holds %d", k, n, p[k * PAGE]);
		CHECK(!munmap(p + hole * PAGE, (n - hole) * PAGE));
		CHECK(!hole || !munmap(p, hole * PAGE));
	}
	return NULL;
}

static void test_mmap(void)
{
	in_threads(mmap_worker);
}

/* Shared file pages are one memory however they are reached. */
static int shared_fd;
static uint32_t *shared_map;

static void *shared_worker(void *arg)
{
	size_t slot = (size_t)(intptr_t)arg;

	for (uint32_t i = 0; i < (uint32_t)rounds; i++) {
		off_t at = (off_t)(slot * sizeof(uint32_t));
		uint32_t v;

		CHECK(pwrite(shared_fd, &i, sizeof(i), at) == sizeof(i));
		if (((volatile uint32_t *)shared_map)[slot] != i)
			fail("the mapping is behind the file");
		((volatile uint32_t *)shared_map)[slot] = ~i;
		CHECK(pread(shared_fd, &v, sizeof(v), at) == sizeof(v));
		if (v != ~i)
			fail("the file is behind the mapping");
	}
	return NULL;
}

static void test_shared(void)
{
	shared_fd = open("/tmp/stress-tree", O_RDWR | O_CREAT | O_TRUNC, 0600);
	CHECK(shared_fd >= 0 && !ftruncate(shared_fd, PAGE));
	shared_map = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, shared_fd, 0);
	CHECK(shared_map != MAP_FAILED);
	in_threads(shared_worker);
	CHECK(!unlink("/tmp/stress-tree"));
}

/* A process that takes all memory is killed, and only it. */
static void test_oom(void)
{
	for (int i = 0; i < rounds; i++) {
		pid_t pid = fork();

		CHECK(pid >= 0);
		if (!pid) {
			for (;;) {
				char *p = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE,
					       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

				if (p == MAP_FAILED)
					_exit(1);
				for (int k = 0; k < 1 << 20; k += PAGE)
					p[k] = 1;
			}
		}
		CHECK(wait_for(pid) == SIGKILL);
	}
}

/* --- files --- */

static void any_name(char *buf, uint32_t *r)
{
	sprintf(buf, "/tmp/stress-dir/%c", 'a' + (int)(next_random(r) % MAX_NAMES));
}

static bool acceptable(int ret)
{
	return ret >= 0 || errno == ENOENT || errno == EEXIST ||
	       errno == EISDIR || errno == ENOTDIR || errno == ENOTEMPTY ||
	       errno == EINVAL || errno == EPERM;
}

static void rename_worker(int worker)
{
	uint32_t r = 5 + (uint32_t)worker;

	for (int i = 0; i < rounds; i++) {
		char a[64], b[64];
		struct stat st;
		int ret;

		any_name(a, &r);
		any_name(b, &r);
		switch (next_random(&r) % 8) {
		case 0:
			ret = open(a, O_CREAT | O_WRONLY, 0600);
			if (ret >= 0)
				close(ret);
			break;
		case 1:
			ret = unlink(a);
			break;
		case 2:
			ret = link(a, b);
			break;
		case 3:
			ret = mkdir(a, 0700);
			break;
		case 4:
			ret = rmdir(a);
			break;
		case 5:
			ret = symlink("/tmp", a);
			break;
		case 6:
			ret = stat(a, &st);
			break;
		default:
			ret = rename(a, b);
		}
		if (!acceptable(ret))
			fail("an operation on %s and %s", a, b);
	}
}

/* In the end names and link counts agree. */
static void check_directory(const char *path)
{
	DIR *d = opendir(path);
	struct dirent *e;
	int entries = 0;

	CHECK(d);
	while ((e = readdir(d))) {
		char name[300];
		struct stat st;

		if (e->d_name[0] == '.')
			continue;
		entries++;
		snprintf(name, sizeof(name), "%s/%s", path, e->d_name);
		CHECK(!lstat(name, &st));
		CHECK(S_ISDIR(st.st_mode) ? st.st_nlink == 2 : st.st_nlink >= 1);
		CHECK(!(S_ISDIR(st.st_mode) ? rmdir(name) : unlink(name)));
	}
	closedir(d);
	CHECK(entries <= MAX_NAMES);
	CHECK(!rmdir(path));
}

static void test_rename(void)
{
	CHECK(!mkdir("/tmp/stress-dir", 0700));
	in_processes(rename_worker);
	check_directory("/tmp/stress-dir");
}

/* Fill a small tmpfs again and again from several sides. */
static void fill_worker(int worker)
{
	static char block[PAGE * 3];
	char name[64];

	memset(block, 'a' + worker, sizeof(block));
	sprintf(name, "/tmp/stress-mnt/%d", worker);
	for (int i = 0; i < rounds; i++) {
		int fd = open(name, O_CREAT | O_RDWR | O_TRUNC, 0600);
		off_t size = 0;
		ssize_t n;

		if (fd < 0 && errno == ENOSPC)
			continue;
		if (fd < 0)
			fail("cannot create %s", name);
		while ((n = write(fd, block, sizeof(block))) > 0)
			size += n;
		if (errno != ENOSPC)
			fail("writing ended otherwise than for lack of space");
		for (off_t at = 0; at < size; at += PAGE) {
			char c;

			CHECK(pread(fd, &c, 1, at) == 1);
			if (c != 'a' + worker)
				fail("foreign data at %ld", (long)at);
		}
		close(fd);
		CHECK(!unlink(name));
	}
}

static void test_fill(void)
{
	struct statfs before, after;

	CHECK(!mkdir("/tmp/stress-mnt", 0700));
	CHECK(!mount("none", "/tmp/stress-mnt", "tmpfs", 0, "size=2m"));
	CHECK(!statfs("/tmp/stress-mnt", &before));
	in_processes(fill_worker);
	CHECK(!statfs("/tmp/stress-mnt", &after));
	CHECK(after.f_bfree == before.f_bfree);
	CHECK(after.f_ffree == before.f_ffree);
	CHECK(!umount("/tmp/stress-mnt") && !rmdir("/tmp/stress-mnt"));
}

/* Mounts come and go while others walk over them. */
static void mount_worker(int worker)
{
	struct stat st;
	char name[64];

	sprintf(name, "/tmp/stress-mounts/%d", worker / 2);
	for (int i = 0; i < rounds; i++) {
		if (worker & 1) {
			stat(name, &st);
			stat("/tmp/stress-mounts/0/../1/..", &st);
			continue;
		}
		CHECK(!mount("none", name, "tmpfs", 0, NULL));
		CHECK(!umount2(name, MNT_DETACH));
	}
}

static void test_mounts(void)
{
	char name[64];

	CHECK(!mkdir("/tmp/stress-mounts", 0700));
	for (int i = 0; i < WORKERS / 2; i++) {
		sprintf(name, "/tmp/stress-mounts/%d", i);
		CHECK(!mkdir(name, 0700));
	}
	in_processes(mount_worker);
	check_directory("/tmp/stress-mounts");
}

/*
 * A shared mount, peers and slaves of it in several namespaces: all mount, unmount,
 * change their kind and remove mountpoints at once. Calls may fail as they meet;
 * what is left afterwards may not.
 */
#define SHARED "/tmp/stress-tree"

static void another_namespace(const char *place)
{
	pid_t pid = fork();

	CHECK(pid >= 0);
	if (pid) {
		wait_for(pid);
		return;
	}
	CHECK(!unshare(CLONE_NEWNS));
	mount("inner", place, "tmpfs", 0, NULL);
	mount(NULL, SHARED, NULL, MS_SLAVE, NULL);
	mount("own", place, "tmpfs", 0, NULL);
	umount2(place, MNT_DETACH);
	_exit(0);
}

static void propagate_worker(int worker)
{
	static const unsigned long kinds[] = {MS_SHARED, MS_SLAVE, MS_PRIVATE,
					      MS_UNBINDABLE};
	static char info[65536];
	uint32_t r = (uint32_t)worker + 77;
	char place[64], peer[64];
	bool bound = false;
	struct stat st;
	int fd;

	sprintf(peer, "/tmp/stress-peers/%d", worker);
	for (int i = 0; i < rounds; i++) {
		sprintf(place, SHARED "/%u/m", next_random(&r) % 4);
		switch (next_random(&r) % 8) {
		case 0:
			mount("one", place, "tmpfs", 0, NULL);
			break;
		case 1:
			umount2(place, MNT_DETACH);
			break;
		case 2:
			/* A second one would lie on, and double, all peers. */
			if (!bound)
				bound = !mount(SHARED, peer, NULL, MS_BIND, NULL);
			mount(NULL, peer, NULL,
			      kinds[next_random(&r) % 4], NULL);
			break;
		case 3:
			if (!umount2(peer, next_random(&r) & 1 ? MNT_DETACH : 0))
				bound = false;
			break;
		case 4:
			another_namespace(place);
			break;
		case 5:
			if (!rmdir(place))
				mkdir(place, 0700);
			break;
		case 6:
			fd = open("/proc/self/mountinfo", O_RDONLY);
			read(fd, info, sizeof(info));
			close(fd);
			break;
		default:
			strcat(peer, "/1/m/../../2/m");
			stat(peer, &st);
			sprintf(peer, "/tmp/stress-peers/%d", worker);
		}
	}
	while (!umount2(peer, MNT_DETACH))
		;
	CHECK(!rmdir(peer));
}

static void test_propagate(void)
{
	char name[64];

	CHECK(!unshare(CLONE_NEWNS));
	mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);
	CHECK(!mkdir(SHARED, 0700) && !mkdir("/tmp/stress-peers", 0700));
	CHECK(!mount("shared", SHARED, "tmpfs", 0, NULL));
	CHECK(!mount(NULL, SHARED, NULL, MS_SHARED, NULL));
	for (int i = 0; i < 4; i++) {
		sprintf(name, SHARED "/%d", i);
		CHECK(!mkdir(name, 0700));
		strcat(name, "/m");
		CHECK(!mkdir(name, 0700));
	}
	for (int i = 0; i < WORKERS; i++) {
		sprintf(name, "/tmp/stress-peers/%d", i);
		CHECK(!mkdir(name, 0700));
	}
	in_processes(propagate_worker);
	CHECK(!rmdir("/tmp/stress-peers"));
	CHECK(!umount2(SHARED, MNT_DETACH));
	CHECK(!rmdir(SHARED));
}

/* /proc is read while what it shows goes away. */
static void proc_worker(int worker)
{
	static const char *const files[] = {"stat", "status", "maps", "cmdline",
					    "fd/0", "wchan", "mountinfo"};
	static char buf[8192];

	for (int i = 0; i < rounds; i++) {
		pid_t pid = fork();
		char name[64];

		CHECK(pid >= 0);
		if (!pid)
			_exit(0);
		for (size_t k = 0; k < sizeof(files) / sizeof(files[0]); k++) {
			int fd;

			sprintf(name, "/proc/%d/%s", pid, files[(k + (size_t)worker) % 7]);
			fd = open(name, O_RDONLY | O_NONBLOCK);
			if (fd < 0)
				continue;
			read(fd, buf, sizeof(buf));
			close(fd);
		}
		CHECK(!wait_for(pid));
	}
}

static void test_proc(void)
{
	in_processes(proc_worker);
}

/* --- terminals --- */

/* A master is closed while the slave's reader, writer and session live. */
static void pty_worker(int worker)
{
	(void)worker;
	for (int i = 0; i < rounds; i++) {
		int master = open("/dev/ptmx", O_RDWR | O_NOCTTY), n, zero = 0;
		char name[64];
		pid_t pid;

		CHECK(master >= 0);
		CHECK(!ioctl(master, 0x80045430 /* TIOCGPTN */, &n));
		CHECK(!ioctl(master, 0x40045431 /* TIOCSPTLCK */, &zero));
		sprintf(name, "/dev/pts/%d", n);
		pid = fork();
		CHECK(pid >= 0);
		if (!pid) {
			char buf[16];
			int fd;

			close(master);
			setsid();
			fd = open(name, O_RDWR);
			if (fd < 0)
				_exit(0); /* hung up before */
			write(fd, "hello\n", 6);
			while (read(fd, buf, sizeof(buf)) > 0)
				;
			_exit(0);
		}
		if (i & 1)
			write(master, "line\n", 5);
		if (i & 2)
			sched_yield();
		close(master);
		n = wait_for(pid);
		if (n != 0 && n != SIGHUP)
			fail("the slave's process: status %#x", n);
	}
}

static void test_ptys(void)
{
	in_processes(pty_worker);
}

static const struct {
	const char *name;
	void (*run)(void);
} tests[] = {
	{"fork", test_fork},	   {"exec", test_exec},
	{"cow", test_cow},	   {"exit-race", test_exit},
	{"users", test_users},
	{"threads", test_threads}, {"futex", test_futex},
	{"baton", test_baton},
	{"crowd", test_crowd},	   {"affinity", test_affinity},
	{"signals", test_signals}, {"pipes", test_pipes},
	{"fifo", test_fifo},	   {"eventfd", test_eventfd},
	{"mmap", test_mmap},	   {"shared", test_shared},
	{"oom", test_oom},	   {"rename", test_rename},
	{"fill", test_fill},	   {"mounts", test_mounts},
	{"propagate", test_propagate}, {"proc", test_proc},
	{"ptys", test_ptys},
};

int main(int argc, char **argv)
{
	if (argc != 3) {
		fprintf(stderr, "usage: stress NAME ROUNDS\n");
		return 2;
	}
	rounds = atoi(argv[2]);
	if (!strcmp(argv[1], "exit"))
		return rounds;
	for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
		if (strcmp(argv[1], tests[i].name))
			continue;
		tests[i].run();
		printf("ok %s\n", argv[1]);
		return 0;
	}
	fprintf(stderr, "stress: there is no test '%s'\n", argv[1]);
	return 2;
}
