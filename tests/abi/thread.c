/* Threads of a process: what they share, signals, exec and exit with others. */
#include "abi.h"

#include <dirent.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <sys/prctl.h>
#include <sys/resource.h>

static pid_t gettid_(void)
{
	return (pid_t)syscall(SYS_gettid);
}

static sem_t up;
static volatile pid_t tid;
static volatile int seen, value;

static void *rest(void *arg)
{
	(void)arg;
	tid = gettid_();
	sem_post(&up);
	for (;;)
		pause();
	return NULL;
}

/* A thread that has told its number and sleeps in pause(). */
static pthread_t sleeper(void)
{
	pthread_t t;

	sem_init(&up, 0, 0);
	pthread_create(&t, NULL, rest, NULL);
	while (sem_wait(&up))
		;
	return t;
}

static int nr_tasks(void)
{
	DIR *dir = opendir("/proc/self/task");
	int n = 0;

	while (dir && readdir(dir))
		n++;
	closedir(dir);
	return n - 2;
}

static void *ids(void *arg)
{
	pid_t *out = arg;

	out[0] = getpid();
	out[1] = gettid_();
	out[2] = getppid();
	out[3] = getpgrp();
	return NULL;
}

CASE("numbers: one process, many threads")
{
	pid_t got[4];
	pthread_t t;

	pthread_create(&t, NULL, ids, got);
	pthread_join(t, NULL);
	EQ(got[0], getpid());
	CHECK(got[1] != getpid());
	EQ(got[2], getppid());
	EQ(got[3], getpgrp());
	/* A thread that is joined has said goodbye, but is still about to go. */
	while (nr_tasks() > 1)
		sched_yield();
	sleeper();
	EQ(nr_tasks(), 2);
	STR(abi_field(abi_read("/proc/self/status"), "Threads"), "2");
	char path[64], want[64];
	sprintf(path, "/proc/self/task/%d/status", tid);
	sprintf(want, "%d", getpid());
	STR(abi_field(abi_read(path), "Tgid"), want);
	sprintf(want, "%d", tid);
	STR(abi_field(abi_read(path), "Pid"), want);
	/* a thread's number can be looked up, but is not listed, in /proc */
	sprintf(path, "/proc/%d/stat", tid);
	OK(access(path, F_OK));
	ERR(getpgid(tid) >= 0 ? kill(-tid, 0) : -1, ESRCH);
	EQ(kill(tid, 0), 0);
	ERR(setpgid(tid, 0), EINVAL);
	ERR(waitpid(tid, NULL, WNOHANG | __WALL), ECHILD);
	ERR(syscall(SYS_pidfd_open, tid, 0), EINVAL);
}

static void *change(void *arg)
{
	(void)arg;
	dup2(0, 55);
	chdir("/");
	umask(0111);
	setenv("X", "1", 1);
	prctl(PR_SET_NAME, "inner");
	syscall(SYS_setresuid, 5, 5, 5);
	setpriority(PRIO_PROCESS, 0, 7);
	seen = errno;
	return NULL;
}

CASE("shared: descriptors, folder, umask; own: name, ids, nice, mask")
{
	char here[64], name[16];
	pthread_t t;

	pthread_create(&t, NULL, change, NULL);
	pthread_join(t, NULL);
	OK(fcntl(55, F_GETFD));
	syscall(SYS_getcwd, here, sizeof(here));
	STR(here, "/");
	EQ(umask(022), 0111);
	prctl(PR_GET_NAME, name);
	STR(name, "thread");
	EQ(syscall(SYS_geteuid), 0);	/* the raw call is for one thread */
	EQ(getpriority(PRIO_PROCESS, 0), 0);
}

static void note(int signo)
{
	(void)signo;
	value = gettid_();
	seen++;		/* last: another thread waits for it */
}

CASE("signals: to a thread, to the process, masks per thread")
{
	sigset_t set;
	pthread_t t;

	abi_on(SIGUSR1, note, 0);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	t = sleeper();
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	kill(getpid(), SIGUSR1);	/* only the other one can take it */
	while (!seen)
		sched_yield();
	EQ(value, tid);
	seen = 0;
	syscall(SYS_tgkill, getpid(), getpid(), SIGUSR1);
	sigset_t now;
	sigpending(&now);
	EQ(sigismember(&now, SIGUSR1), 1);
	EQ(seen, 0);
	char *s = abi_read("/proc/self/status");
	STR(abi_field(s, "SigPnd"), "0000000000000200");
	STR(abi_field(s, "ShdPnd"), "0000000000000000");
	pthread_sigmask(SIG_UNBLOCK, &set, NULL);
	EQ(seen, 1);
	EQ(value, getpid());
	pthread_kill(t, SIGUSR1);
	while (seen < 2)
		sched_yield();
	EQ(value, tid);
	ERR(syscall(SYS_tgkill, getpid() + 1, tid, 0), ESRCH);
}

CASE("a fatal signal to one thread ends all")
{
	pid_t pid;

	CHILD(pid) {
		sleeper();
		syscall(SYS_tgkill, getpid(), tid, SIGTERM);
		for (;;)
			pause();
	}
	EQ(abi_exit_code(pid), 1000 + SIGTERM);
}

static void *leave(void *arg)
{
	(void)arg;
	syscall(SYS_exit, 3);
	return NULL;
}

static void *leave_all(void *arg)
{
	(void)arg;
	syscall(SYS_exit_group, 9);
	return NULL;
}

CASE("exit of one thread, of the leader, of all")
{
	pthread_t t;
	pid_t pid;
	int status;

	CHILD(pid) {
		pthread_create(&t, NULL, leave_all, NULL);
		for (;;)
			pause();
	}
	EQ(abi_exit_code(pid), 9);
	CHILD(pid) {
		pthread_create(&t, NULL, leave, NULL);
		while (nr_tasks() > 1)
			sched_yield();
		_exit(4);
	}
	EQ(abi_exit_code(pid), 4);
	/* the leader is a zombie until the last one goes */
	CHILD(pid) {
		sleeper();
		syscall(SYS_exit, 5);
	}
	abi_wait_state(pid, 'Z');
	EQ(waitpid(pid, &status, WNOHANG), 0);
	EQ(kill(pid, 0), 0);
	kill(pid, SIGKILL);
	EQ(waitpid(pid, &status, 0), pid);
	EQ(status, SIGKILL);
}

static void *exec_here(void *arg)
{
	char *args[] = { "@who", arg, NULL };

	execv("/proc/self/exe", args);
	return NULL;
}

CASE("exec from another thread: it becomes the leader, the rest is gone")
{
	pid_t pid;
	char text[20];
	pthread_t t;

	CHILD(pid) {
		sleeper();
		sleeper();
		sprintf(text, "%d", getpid());
		pthread_create(&t, NULL, exec_here, text);
		for (;;)
			pause();
	}
	EQ(abi_exit_code(pid), 33);
}

HELPER(who)
{
	if (atoi(argv[1]) != getpid() || gettid_() != getpid())
		return 1;
	return nr_tasks() == 1 ? 33 : 2;
}

CASE("stop and continue: all threads")
{
	char path[64];
	pid_t pid;
	int fds[2];
	pid_t other = 0;

	pipe(fds);
	CHILD(pid) {
		sleeper();
		other = tid;
		write(fds[1], &other, sizeof(other));
		for (;;)
			pause();
	}
	read(fds[0], &other, sizeof(other));
	kill(other, SIGSTOP);	/* whichever it is sent to */
	EQ(waitpid(pid, NULL, WUNTRACED), pid);
	sprintf(path, "/proc/%d/task/%d/stat", pid, other);
	CHECK(strstr(abi_read(path), ") T "));
	sprintf(path, "/proc/%d/task/%d/stat", pid, pid);
	CHECK(strstr(abi_read(path), ") T "));
	kill(pid, SIGCONT);
	abi_wait_state(pid, 'S');
	abi_wait_state(other, 'S');
	kill(pid, SIGKILL);
	abi_reap(pid);
}

static void *forker(void *arg)
{
	pid_t pid;

	(void)arg;
	CHILD(pid) {
		EQ(gettid_(), getpid());
		EQ(nr_tasks(), 1);
	}
	value = pid;
	sem_post(&up);
	return NULL;
}

CASE("fork in a thread: one thread, a child of the whole process")
{
	pthread_t t;

	sem_init(&up, 0, 0);
	pthread_create(&t, NULL, forker, NULL);
	pthread_join(t, NULL);
	EQ(abi_exit_code(value), 0);	/* waited for by another thread */
}

static volatile int run = 1;

static void *spin(void *arg)
{
	(void)arg;
	tid = gettid_();
	sem_post(&up);
	while (run)
		;
	return NULL;
}

CASE("CPU clocks and usage of threads and the process")
{
	struct rusage all, own;
	pthread_t t;

	sem_init(&up, 0, 0);
	pthread_create(&t, NULL, spin, NULL);
	while (sem_wait(&up))
		;
	clockid_t clock;
	pthread_getcpuclockid(t, &clock);
	while (abi_now(clock) < 30000000)
		sched_yield();
	CHECK(abi_now(CLOCK_PROCESS_CPUTIME_ID) >= 30000000);
	getrusage(RUSAGE_SELF, &all);
	getrusage(RUSAGE_THREAD, &own);
	CHECK(all.ru_utime.tv_sec * 1000000 + all.ru_utime.tv_usec +
	      all.ru_stime.tv_sec * 1000000 + all.ru_stime.tv_usec >= 30000);
	run = 0;
	pthread_join(t, NULL);
	CHECK(abi_now(CLOCK_PROCESS_CPUTIME_ID) >= 30000000);
}

CASE("ITIMER_PROF counts all threads")
{
	struct { struct timeval interval, first; } v = { { 0, 0 },
							 { 0, 50000 } };
	pthread_t t;

	abi_on(SIGPROF, note, 0);
	sem_init(&up, 0, 0);
	pthread_create(&t, NULL, spin, NULL);
	while (sem_wait(&up))
		;
	EQ(syscall(SYS_setitimer, 2, &v, NULL), 0);
	while (!seen)
		sched_yield();
	CHECK(abi_now(CLOCK_PROCESS_CPUTIME_ID) >= 50000000);
	run = 0;
	pthread_join(t, NULL);
}

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
static int counter;

static void *add(void *arg)
{
	(void)arg;
	for (int i = 0; i < 2000; i++) {
		pthread_mutex_lock(&mutex);
		counter++;
		pthread_cond_signal(&cond);
		pthread_mutex_unlock(&mutex);
	}
	return NULL;
}

CASE("mutexes, condition variables, many threads")
{
	pthread_t t[8];

	for (int i = 0; i < 8; i++)
		EQ(pthread_create(&t[i], NULL, add, NULL), 0);
	pthread_mutex_lock(&mutex);
	while (counter < 8 * 2000)
		pthread_cond_wait(&cond, &mutex);
	pthread_mutex_unlock(&mutex);
	for (int i = 0; i < 8; i++)
		EQ(pthread_join(t[i], NULL), 0);
	EQ(counter, 16000);
}

CASE("cancelling a blocked thread")
{
	pthread_t t = sleeper();
	void *result;

	EQ(pthread_cancel(t), 0);
	EQ(pthread_join(t, &result), 0);
	CHECK(result == PTHREAD_CANCELED);
	while (nr_tasks() > 1)	/* joined a little before it is gone */
		sched_yield();
}

CASE("setuid of the C library changes every thread")
{
	pid_t pid;

	CHILD(pid) {
		char path[64];

		sleeper();
		OK(setuid(4321));
		sprintf(path, "/proc/self/task/%d/status", tid);
		STR(abi_field(abi_read(path), "Uid"), "4321\t4321\t4321\t4321");
	}
	EQ(abi_exit_code(pid), 0);
}

CASE("CLONE_PARENT: a sibling, not a child")
{
	pid_t pid;

	CHILD(pid) {
		long sibling = syscall(SYS_clone, CLONE_PARENT | SIGCHLD, NULL,
				       NULL, NULL, NULL);

		if (!sibling)
			_exit(21);
		ERR(waitpid((pid_t)sibling, NULL, 0), ECHILD);
	}
	EQ(abi_exit_code(pid), 0);
	int status;
	CHECK(wait(&status) > 0);
	EQ(WEXITSTATUS(status), 21);
}
