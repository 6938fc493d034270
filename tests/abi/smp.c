/* Several CPUs: who runs where, real-time limits, /proc/irq, schedstat. */
#include "abi.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/resource.h>

static void pin(unsigned long cpus)
{
	OK(syscall(SYS_sched_setaffinity, 0, 8, &cpus));
}

static void set_policy(pid_t pid, int policy, int prio)
{
	struct sched_param p = { .sched_priority = prio };

	OK(syscall(SYS_sched_setscheduler, pid, policy, &p));
}

static unsigned long online(void)
{
	unsigned long all[16] = { 0 };

	OK(syscall(SYS_sched_getaffinity, 0, sizeof(all), all));
	return all[0];
}

/* Memory shared with children. */
static void *shared(void)
{
	return mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
}

/* A child that counts on @cpus until it is killed. */
static pid_t hog(unsigned long cpus, int policy, int prio, _Atomic long *count)
{
	pid_t pid;

	CHILD(pid) {
		pin(cpus);
		if (policy != SCHED_OTHER)
			set_policy(0, policy, prio);
		for (;;)
			++*count;
	}
	return pid;
}

/* Has it counted since? Waits for as long as the case may take. */
static void wait_progress(_Atomic long *count)
{
	long then = *count;

	while (*count == then)
		usleep(1000);
}

static void end(pid_t pid)
{
	kill(pid, SIGKILL);
	EQ(abi_exit_code(pid), 1000 + SIGKILL);
}

static long cpu_ns(pid_t pid)
{
	struct timespec ts;
	clockid_t clock = (~(clockid_t)pid << 3) | 2;

	OK(clock_gettime(clock, &ts));
	return ts.tv_sec * 1000000000L + ts.tv_nsec;
}

CASE("a real-time task that never sleeps leaves others some time")
{
	_Atomic long *n = shared();
	pid_t fifo, fair;

	/* This one must stay able to end it. */
	set_policy(0, SCHED_FIFO, 50);
	pin(1);
	fair = hog(1, SCHED_OTHER, 0, &n[0]);
	set_policy(fair, SCHED_OTHER, 0);
	fifo = hog(1, SCHED_FIFO, 10, &n[1]);
	wait_progress(&n[1]);
	for (int i = 0; i < 3; i++)
		wait_progress(&n[0]);
	end(fifo);
	end(fair);
}

CASE("round-robin turns among equals")
{
	_Atomic long *n = shared();
	pid_t a, b;

	set_policy(0, SCHED_FIFO, 50);
	pin(1);
	a = hog(1, SCHED_RR, 10, &n[0]);
	b = hog(1, SCHED_RR, 10, &n[1]);
	for (int i = 0; i < 3; i++) {
		wait_progress(&n[0]);
		wait_progress(&n[1]);
	}
	end(a);
	end(b);
}

CASE("the most urgent tasks have the CPUs")
{
	_Atomic long *n = shared();
	pid_t fair, low, high;

	if ((online() & 3) != 3)
		SKIP("needs two CPUs");
	set_policy(0, SCHED_FIFO, 90);
	/* A fair task on each CPU, and an urgent one that may go to either. */
	fair = hog(2, SCHED_OTHER, 0, &n[0]);
	set_policy(fair, SCHED_OTHER, 0);
	low = hog(1, SCHED_FIFO, 10, &n[1]);
	wait_progress(&n[1]);
	unsigned long both = 3;
	OK(syscall(SYS_sched_setaffinity, low, 8, &both));
	/* It loses its CPU to a more urgent one: it must go to the other. */
	high = hog(1, SCHED_FIFO, 20, &n[2]);
	wait_progress(&n[2]);
	for (int i = 0; i < 5; i++) {
		wait_progress(&n[1]);
		wait_progress(&n[2]);
	}
	/* And back, when that one is lost too. */
	end(high);
	high = hog(2, SCHED_FIFO, 20, &n[3]);
	for (int i = 0; i < 5; i++) {
		wait_progress(&n[1]);
		wait_progress(&n[3]);
	}
	end(high);
	end(low);
	end(fair);
}

CASE("an urgent task that wakes does not wait behind its equals")
{
	_Atomic long *n = shared();
	pid_t other, waker;
	int fds[2];
	char c;

	if ((online() & 3) != 3)
		SKIP("needs two CPUs");
	set_policy(0, SCHED_FIFO, 90);
	OK(pipe(fds));
	CHILD(waker) {
		pin(3);
		set_policy(0, SCHED_FIFO, 10);
		for (;;) {
			if (read(fds[0], &c, 1) == 1)
				++n[1];
		}
	}
	other = hog(1, SCHED_FIFO, 10, &n[0]);
	wait_progress(&n[0]);
	for (int i = 1; i <= 20; i++) {
		EQ(write(fds[1], "x", 1), 1);
		while (n[1] < i)
			usleep(500);
	}
	end(other);
	end(waker);
}

CASE("tasks that share a CPU spread when they may")
{
	_Atomic long *n = shared();
	unsigned long both = 3;
	pid_t pids[2];
	int where[2];

	if ((online() & 3) != 3)
		SKIP("needs two CPUs");
	for (int i = 0; i < 2; i++)
		pids[i] = hog(1, SCHED_OTHER, 0, &n[i]);
	wait_progress(&n[0]);
	wait_progress(&n[1]);
	for (int i = 0; i < 2; i++)
		OK(syscall(SYS_sched_setaffinity, pids[i], 8, &both));
	do {
		usleep(1000);
		for (int i = 0; i < 2; i++) {
			char path[64], *p;

			snprintf(path, sizeof(path), "/proc/%d/stat", pids[i]);
			p = strrchr(abi_read(path), ')') + 1;
			for (int field = 3; field <= 39; field++)
				p = strchr(p, ' ') + 1;
			where[i] = atoi(p);
		}
	} while (where[0] == where[1]);
	end(pids[0]);
	end(pids[1]);
}

CASE_LIMIT("five steps of nice are a factor of three", 60)
{
	_Atomic long *n = shared();
	pid_t plain, nice5;
	long a, b;

	set_policy(0, SCHED_FIFO, 50);
	plain = hog(1, SCHED_OTHER, 0, &n[0]);
	nice5 = hog(1, SCHED_OTHER, 0, &n[1]);
	set_policy(plain, SCHED_OTHER, 0);
	set_policy(nice5, SCHED_OTHER, 0);
	OK(setpriority(PRIO_PROCESS, nice5, 5));
	wait_progress(&n[0]);
	wait_progress(&n[1]);
	long a0 = cpu_ns(plain), b0 = cpu_ns(nice5);
	do {
		usleep(20000);
		a = cpu_ns(plain) - a0;
		b = cpu_ns(nice5) - b0;
	} while (a + b < 1000000000L);
	/* 1.25^5 is 3.05 */
	CHECK(a * 100 / b > 255);
	CHECK(a * 100 / b < 360);
	end(plain);
	end(nice5);
}

CASE("limits of real-time tasks")
{
	static const char period[] = "/proc/sys/kernel/sched_rt_period_us";
	static const char runtime[] = "/proc/sys/kernel/sched_rt_runtime_us";
	static const char turn[] = "/proc/sys/kernel/sched_rr_timeslice_ms";
	struct timespec ts;
	int fd;

	STR(abi_read(period), "1000000\n");
	STR(abi_read(runtime), "950000\n");
	STR(abi_read(turn), "100\n");
	fd = OK(open(runtime, O_WRONLY));
	ERR(pwrite(fd, "1000001", 7, 0), EINVAL);
	ERR(pwrite(fd, "-2", 2, 0), EINVAL);
	close(fd);
	abi_write(runtime, "-1");
	STR(abi_read(runtime), "-1\n");
	abi_write(runtime, "950000");
	fd = OK(open(period, O_WRONLY));
	ERR(pwrite(fd, "0", 1, 0), EINVAL);
	ERR(pwrite(fd, "900000", 6, 0), EINVAL);
	close(fd);
	set_policy(0, SCHED_RR, 1);
	abi_write(turn, "50");
	EQ(syscall(SYS_sched_rr_get_interval, 0, &ts), 0);
	/* Linux rounds up to its tick of 4 ms. */
	CHECK(ts.tv_nsec == 50000000 || ts.tv_nsec == 52000000);
	abi_write(turn, "0");
	STR(abi_read(turn), "100\n");
	EQ(syscall(SYS_sched_rr_get_interval, 0, &ts), 0);
	EQ(ts.tv_nsec, 100000000);
}

/* The interrupt of the console or clock: one that is not every CPU's own. */
static int some_irq(void)
{
	char *line = strtok(abi_read("/proc/interrupts"), "\n");

	while ((line = strtok(NULL, "\n")))
		if (strstr(line, "pl011") && !strstr(line, "timer"))
			return atoi(line);
	return -1;
}

CASE("/proc/irq")
{
	unsigned long all = online();
	char path[64], text[32];
	int irq = some_irq(), fd, dir;

	if (irq < 0)
		SKIP("no interrupt of the serial port");
	snprintf(text, sizeof(text), "%lx\n", all);
	STR(abi_read("/proc/irq/default_smp_affinity"), text);
	snprintf(path, sizeof(path), "/proc/irq/%d", irq);
	dir = OK(open(path, O_RDONLY | O_DIRECTORY));
	OK(chdir(path));
	STR(abi_read("affinity_hint"), "0\n");
	STR(abi_read("smp_affinity"), text);
	STR(abi_read("effective_affinity"), "1\n");
	STR(abi_read("effective_affinity_list"), "0\n");
	STR(abi_read("node"), "-1\n");
	CHECK(strstr(abi_read("spurious"), "\nunhandled 0\n"));
	fd = OK(open("smp_affinity", O_RDWR));
	ERR(write(fd, "0", 1), EINVAL);
	ERR(write(fd, "xyz", 3), EINVAL);
	ERR(write(fd, "\n", 1), EINVAL);
	ERR(write(fd, "1,00000001", 10), EOVERFLOW);
	EQ(write(fd, "1\n", 2), 2);
	STR(abi_read("smp_affinity_list"), "0\n");
	if (all & 2) {
		EQ(write(fd, "2", 1), 1);
		STR(abi_read("effective_affinity_list"), "1\n");
		abi_write("smp_affinity_list", "0-1");
		STR(abi_read("smp_affinity_list"), "0-1\n");
	}
	snprintf(text, sizeof(text), "%lx", all);
	EQ(write(fd, text, strlen(text)), (long)strlen(text));
	close(fd);
	fd = OK(open("smp_affinity_list", O_WRONLY));
	ERR(write(fd, "62", 2), ERANGE);
	ERR(write(fd, "1-0", 3), EINVAL);
	close(fd);
	fd = OK(open("affinity_hint", O_WRONLY));
	ERR(write(fd, "1", 1), EIO);
	close(fd);
	fd = OK(open("/proc/irq/default_smp_affinity", O_WRONLY));
	ERR(write(fd, "0", 1), EINVAL);
	close(fd);
	ERR(open("/proc/irq/99999", O_RDONLY), ENOENT);
	ERR(open("/proc/irq/x", O_RDONLY), ENOENT);
	close(dir);
	CHILD(fd) {
		abi_drop(1000, 1000);
		ERR(open("smp_affinity", O_WRONLY), EACCES);
		OK(open("smp_affinity", O_RDONLY));
	}
	EQ(abi_exit_code(fd), 0);
}

CASE("every CPU's own interrupt goes nowhere else")
{
	char *line = strtok(abi_read("/proc/interrupts"), "\n"), path[64];
	int fd;

	while ((line = strtok(NULL, "\n")) && !strstr(line, "arch_timer"))
		;
	CHECK(line);
	snprintf(path, sizeof(path), "/proc/irq/%d/smp_affinity", atoi(line));
	fd = OK(open(path, O_WRONLY));
	ERR(write(fd, "1", 1), EIO);
}

CASE("schedstat: of CPUs and tasks")
{
	unsigned long run, delay, turns, later, stamp;
	char *text = abi_read("/proc/schedstat");

	CHECK(sscanf(text, "version 15\ntimestamp %lu\ncpu0 %*u %*u %*u %*u %*u "
		     "%*u %lu %lu %lu\n", &stamp, &run, &delay, &turns) == 4);
	CHECK(run && turns);
	CHECK(sscanf(abi_read("/proc/self/schedstat"), "%lu %lu %lu\n", &run,
		     &delay, &turns) == 3);
	CHECK(run && turns);
	for (volatile int i = 0; i < 1000000; i++)
		;
	CHECK(sscanf(abi_read("/proc/thread-self/schedstat"), "%lu", &later) == 1);
	CHECK(later > run);
}

CASE("/proc/stat: times add up and never go back")
{
	unsigned long t[4], last[4] = { 0 };

	for (int i = 0; i < 50; i++) {
		CHECK(sscanf(abi_read("/proc/stat"), "cpu %lu %lu %lu %lu", &t[0],
			     &t[1], &t[2], &t[3]) == 4);
		for (int k = 0; k < 3; k++)
			CHECK(t[k] >= last[k]);
		memcpy(last, t, sizeof(t));
		for (volatile int k = 0; k < 100000; k++)
			;
	}
	/* A niced hog's time goes into the second column. */
	_Atomic long *n = shared();
	pid_t pid = hog(1, SCHED_OTHER, 0, n);
	OK(setpriority(PRIO_PROCESS, pid, 10));
	do {
		usleep(10000);
		sscanf(abi_read("/proc/stat"), "cpu %*u %lu", &t[1]);
	} while (t[1] < last[1] + 3);
	end(pid);
}

/* --- what CPUs remember of pages --- */

static volatile char *new_page(void *at)
{
	return mmap(at, PAGE, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | (at ? MAP_FIXED : 0), -1, 0);
}

CASE("a task that moves between CPUs sees what is mapped now")
{
	volatile char *p = new_page(NULL);

	if ((online() & 3) != 3)
		SKIP("needs two CPUs");
	for (int i = 1; i <= 200; i++) {
		pin(1 + i % 2);
		EQ(p[0], i == 1 ? 0 : 'b');
		p[0] = 'a';
		if (i % 3)
			OK(madvise((void *)p, PAGE, MADV_DONTNEED));
		else
			new_page((void *)p);
		EQ(p[0], 0);
		pin(2 - i % 2); /* where the entry before may still be */
		EQ(p[0], 0);
		p[0] = 'b';
	}
}

CASE("a task that moves between CPUs cannot write what it protected")
{
	volatile char *p = new_page(NULL);

	if ((online() & 3) != 3)
		SKIP("needs two CPUs");
	for (int i = 0; i < 100; i++) {
		int fds[2];

		pin(1);
		p[0] = 1;
		pin(2);
		p[0] = 2;
		OK(pipe(fds));
		OK(write(fds[1], "xy", 2));
		OK(mprotect((void *)p, PAGE, PROT_READ));
		ERR(read(fds[0], (void *)p, 1), EFAULT);
		pin(1);
		ERR(read(fds[0], (void *)p, 1), EFAULT);
		EQ(p[0], 2);
		OK(mprotect((void *)p, PAGE, PROT_READ | PROT_WRITE));
		EQ(read(fds[0], (void *)p, 1), 1);
		OK(close(fds[0]));
		OK(close(fds[1]));
	}
}

static void *writes_on_second(void *page)
{
	volatile char *p = page;

	pin(2);
	p[0]++;
	return NULL;
}

CASE("a page that a thread has made writable is so for all")
{
	volatile char *p = new_page(NULL);

	if ((online() & 3) != 3)
		SKIP("needs two CPUs");
	pin(1);
	for (int i = 0; i < 50; i++) {
		pthread_t t;
		pid_t pid;

		p[0] = 5;
		CHILD(pid) {
			_exit(p[0] != 5);
		}
		EQ(abi_exit_code(pid), 0);
		EQ(p[0], 5); /* as it is shared: read-only */
		EQ(pthread_create(&t, NULL, writes_on_second, (void *)p), 0);
		EQ(pthread_join(t, NULL), 0);
		p[0]++;
		EQ(p[0], 7);
	}
}

/* Writes back what it reads: a pair of these wakes each other all the time. */
static pid_t echo(const int *from, const int *to)
{
	pid_t pid;
	char c;

	CHILD(pid) {
		while (read(from[0], &c, 1) == 1)
			OK(write(to[1], &c, 1));
	}
	return pid;
}

CASE("tasks are changed while they wake and move")
{
	enum { PAIRS = 3, ROUNDS = 1500 };
	pid_t pids[2 * PAIRS];
	unsigned long all = online();

	for (int i = 0; i < PAIRS; i++) {
		int a[2], b[2];

		OK(pipe(a));
		OK(pipe(b));
		pids[2 * i] = echo(a, b);
		pids[2 * i + 1] = echo(b, a);
		EQ(write(a[1], "x", 1), 1);
	}
	for (int n = 0; n < ROUNDS; n++) {
		pid_t pid = pids[n % (2 * PAIRS)];
		unsigned long mask = n % 3 ? all : all & -all;

		set_policy(pid, n & 1 ? SCHED_FIFO : SCHED_OTHER, n & 1);
		OK(setpriority(PRIO_PROCESS, (id_t)pid, n % 20));
		set_policy(pid, SCHED_OTHER, 0);
		if (n % 5 == 0)
			OK(syscall(SYS_sched_setaffinity, pid, 8, &mask));
	}
	for (int i = 0; i < 2 * PAIRS; i++)
		end(pids[i]);
}

CASE("a task of the highest priority can be moved")
{
	_Atomic long *count = shared();
	unsigned long other = 1;
	pid_t pid;

	if ((online() & 3) != 3)
		SKIP("needs two CPUs");
	pid = hog(2, SCHED_FIFO, 99, count);
	wait_progress(count);
	OK(syscall(SYS_sched_setaffinity, pid, 8, &other));
	wait_progress(count);
	end(pid);
}
