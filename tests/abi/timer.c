/* Clocks, sleeping, interval timers, POSIX timers, timerfd. */
#include "abi.h"

#include <pthread.h>
#include <limits.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/times.h>

#ifndef SIGEV_THREAD_ID
#define SIGEV_THREAD_ID 4
#endif
#define CPUCLOCK(pid, which) ((clockid_t)(~(unsigned)(pid) << 3 | (which)))
#define PROCESS 2
#define THREAD 6

static volatile int count;
static siginfo_t last;

static void note(int signo, siginfo_t *info, void *context)
{
	(void)signo;
	(void)context;
	last = *info;
	count++;
}

static void on(int signo)
{
	struct sigaction sa = { .sa_sigaction = note, .sa_flags = SA_SIGINFO };

	sigaction(signo, &sa, NULL);
}

static void burn(int64_t ns)
{
	int64_t end = abi_now(CLOCK_PROCESS_CPUTIME_ID) + ns;

	while (abi_now(CLOCK_PROCESS_CPUTIME_ID) < end)
		;
}

static long gettime(clockid_t id, void *ts)
{
	return syscall(SYS_clock_gettime, id, ts);
}

CASE("clock_gettime and clock_getres: ids and pointers")
{
	struct timespec ts;
	pid_t pid;

	for (int id = 0; id <= 11; id++) {
		if (id == 10) {
			ERR(gettime(id, &ts), EINVAL);	/* CLOCK_SGI_CYCLE */
			ERR(syscall(SYS_clock_getres, id, &ts), EINVAL);
			continue;
		}
		if (id == 8 || id == 9)
			continue;	/* alarm clocks want an RTC */
		EQ(gettime(id, &ts), 0);
		CHECK(ts.tv_nsec >= 0 && ts.tv_nsec < 1000000000);
		EQ(syscall(SYS_clock_getres, id, &ts), 0);
		EQ(ts.tv_sec, 0);
		EQ(ts.tv_nsec, id == 5 || id == 6 ? 4000000 : 1);
		EQ(syscall(SYS_clock_getres, id, NULL), 0);
	}
	ERR(gettime(12, &ts), EINVAL);
	ERR(gettime(100, &ts), EINVAL);
	ERR(gettime(CLOCK_MONOTONIC, BAD_PTR), EFAULT);
	ERR(gettime(CLOCK_MONOTONIC, NULL), EFAULT);
	ERR(syscall(SYS_clock_getres, CLOCK_MONOTONIC, BAD_PTR), EFAULT);
	EQ(gettime(CPUCLOCK(0, PROCESS), &ts), 0);
	EQ(gettime(CPUCLOCK(getpid(), PROCESS), &ts), 0);
	EQ(gettime(CPUCLOCK(getpid(), THREAD), &ts), 0);
	EQ(gettime(CPUCLOCK(getppid(), PROCESS), &ts), 0);
	ERR(gettime(CPUCLOCK(getppid(), THREAD), &ts), EINVAL);
	ERR(gettime(CPUCLOCK(999999, PROCESS), &ts), EINVAL);
	EQ(gettime(CPUCLOCK(0, 0), &ts), 0);	/* PROF */
	EQ(gettime(CPUCLOCK(0, 1), &ts), 0);	/* VIRT */
	EQ(syscall(SYS_clock_getres, CPUCLOCK(0, PROCESS), &ts), 0);
	EQ(ts.tv_nsec, 1);
	EQ(syscall(SYS_clock_getres, CPUCLOCK(0, 0), &ts), 0);
	EQ(ts.tv_nsec, 4000000);
	CHILD(pid) {}
	abi_wait_state(pid, 'Z');
	clockid_t id;
	EQ(clock_getcpuclockid(pid, &id), 0);
	EQ(gettime(id, &ts), 0);
	abi_reap(pid);
	ERR(gettime(id, &ts), EINVAL);
}

CASE("clocks go forward and agree")
{
	int64_t a = abi_now(CLOCK_MONOTONIC), b, previous = a;

	for (int i = 0; i < 20000; i++) {
		b = abi_now(CLOCK_MONOTONIC);
		if (b < previous) {
			FAIL("went back by %ld", (long)(previous - b));
			break;
		}
		previous = b;
	}
	CHECK(abi_now(CLOCK_BOOTTIME) >= a);
	CHECK(abi_now(CLOCK_MONOTONIC_COARSE) <= abi_now(CLOCK_MONOTONIC));
	CHECK(abi_now(CLOCK_REALTIME_COARSE) <= abi_now(CLOCK_REALTIME));
	struct timespec ts;
	struct timeval tv;
	syscall(SYS_gettimeofday, &tv, NULL);
	gettime(CLOCK_REALTIME, &ts);
	CHECK(ts.tv_sec - tv.tv_sec <= 1);
	a = abi_now(CLOCK_PROCESS_CPUTIME_ID);
	burn(3000000);
	CHECK(abi_now(CLOCK_PROCESS_CPUTIME_ID) - a >= 3000000);
	CHECK(abi_now(CLOCK_THREAD_CPUTIME_ID) >= 3000000);
	struct tms t;
	CHECK(times(&t) > 0);
}

CASE("clock_settime, settimeofday: errors, permission")
{
	struct timespec ts = { 1000, 1000000000 };
	struct timeval tv = { 1000, 1000000 };
	pid_t pid;

	ERR(syscall(SYS_clock_settime, CLOCK_REALTIME, &ts), EINVAL);
	ts.tv_nsec = 0;
	ERR(syscall(SYS_clock_settime, CLOCK_MONOTONIC, &ts), EINVAL);
	ERR(syscall(SYS_clock_settime, CLOCK_BOOTTIME, &ts), EINVAL);
	ERR(syscall(SYS_clock_settime, CLOCK_REALTIME_COARSE, &ts), EINVAL);
	ERR(syscall(SYS_clock_settime, CLOCK_PROCESS_CPUTIME_ID, &ts), EINVAL);
	ERR(syscall(SYS_clock_settime, 50, &ts), EINVAL);
	ERR(syscall(SYS_clock_settime, CLOCK_REALTIME, BAD_PTR), EFAULT);
	ts.tv_sec = -1;
	ERR(syscall(SYS_clock_settime, CLOCK_REALTIME, &ts), EINVAL);
	ts.tv_sec = 0; /* before the machine was started */
	ERR(syscall(SYS_clock_settime, CLOCK_REALTIME, &ts), EINVAL);
	ts.tv_sec = 8277292036; /* 30 years before 64 bits of ns are full */
	ERR(syscall(SYS_clock_settime, CLOCK_REALTIME, &ts), EINVAL);
	ts.tv_sec = INT64_MAX;
	ERR(syscall(SYS_clock_settime, CLOCK_REALTIME, &ts), EINVAL);
	CHECK(abi_now(CLOCK_REALTIME) > abi_now(CLOCK_MONOTONIC));
	ERR(syscall(SYS_settimeofday, &tv, NULL), EINVAL);
	ERR(syscall(SYS_settimeofday, BAD_PTR, NULL), EFAULT);
	ERR(syscall(SYS_gettimeofday, BAD_PTR, NULL), EFAULT);
	EQ(syscall(SYS_gettimeofday, NULL, NULL), 0);
	EQ(syscall(SYS_settimeofday, NULL, NULL), 0);
	gettime(CLOCK_REALTIME, &ts);
	CHILD(pid) {
		abi_drop(1000, 1000);
		ERR(syscall(SYS_clock_settime, CLOCK_REALTIME, &ts), EPERM);
		tv.tv_usec = 0;
		ERR(syscall(SYS_settimeofday, &tv, NULL), EPERM);
	}
	abi_reap(pid);
	ts.tv_sec += 1000;
	EQ(syscall(SYS_clock_settime, CLOCK_REALTIME, &ts), 0);
	CHECK(abi_now(CLOCK_REALTIME) / 1000000000 - ts.tv_sec < 10);
	ts.tv_sec -= 1000;
	EQ(syscall(SYS_clock_settime, CLOCK_REALTIME, &ts), 0);
}

CASE("nanosleep and clock_nanosleep: arguments")
{
	struct timespec ts = { 0, 1000000000 }, rest = { 7, 7 };
	int64_t a;

	ERR(syscall(SYS_nanosleep, &ts, NULL), EINVAL);
	ts.tv_nsec = -1;
	ERR(syscall(SYS_nanosleep, &ts, NULL), EINVAL);
	ts = (struct timespec){ -1, 0 };
	ERR(syscall(SYS_nanosleep, &ts, NULL), EINVAL);
	ERR(syscall(SYS_nanosleep, BAD_PTR, NULL), EFAULT);
	ts = (struct timespec){ 0, 0 };
	EQ(syscall(SYS_nanosleep, &ts, BAD_PTR), 0);
	ERR(syscall(SYS_clock_nanosleep, 99, 0, &ts, NULL), EINVAL);
	ERR(syscall(SYS_clock_nanosleep, CLOCK_THREAD_CPUTIME_ID, 0, &ts,
		    NULL), EOPNOTSUPP);
	ERR(syscall(SYS_clock_nanosleep, CLOCK_REALTIME_COARSE, 0, &ts, NULL),
	    EOPNOTSUPP);
	ERR(syscall(SYS_clock_nanosleep, CLOCK_MONOTONIC_RAW, 0, &ts, NULL),
	    EOPNOTSUPP);
	ERR(syscall(SYS_clock_nanosleep, CLOCK_MONOTONIC, 0, BAD_PTR, NULL),
	    EFAULT);
	ts = (struct timespec){ 1, 0 };	/* long past */
	EQ(syscall(SYS_clock_nanosleep, CLOCK_MONOTONIC, TIMER_ABSTIME, &ts,
		   &rest), 0);
	EQ(syscall(SYS_clock_nanosleep, CLOCK_REALTIME, TIMER_ABSTIME, &ts,
		   &rest), 0);
	EQ(rest.tv_sec, 7);
	a = abi_now(CLOCK_MONOTONIC);
	ts = (struct timespec){ 0, 5000000 };
	EQ(syscall(SYS_nanosleep, &ts, NULL), 0);
	CHECK(abi_now(CLOCK_MONOTONIC) - a >= 5000000);
	a = abi_now(CLOCK_MONOTONIC) + 5000000;
	ts = (struct timespec){ a / 1000000000, a % 1000000000 };
	EQ(syscall(SYS_clock_nanosleep, CLOCK_MONOTONIC, TIMER_ABSTIME, &ts,
		   NULL), 0);
	CHECK(abi_now(CLOCK_MONOTONIC) >= a);
	EQ(syscall(SYS_clock_nanosleep, CLOCK_TAI, 0,
		   &(struct timespec){ 0, 1000 }, NULL), 0);
}

CASE("nanosleep interrupted: what is left")
{
	struct timespec ts = { 50, 0 }, rest = { 0, 0 };
	pid_t pid, parent = getpid();

	on(SIGUSR1);
	CHILD(pid) {
		abi_wait_state(parent, 'S');
		kill(parent, SIGUSR1);
	}
	ERR(syscall(SYS_clock_nanosleep, CLOCK_MONOTONIC, 0, &ts, &rest),
	    EINTR);
	CHECK(rest.tv_sec == 49);
	abi_reap(pid);
	CHILD(pid) {
		abi_wait_state(parent, 'S');
		kill(parent, SIGUSR1);
	}
	ERR(syscall(SYS_nanosleep, &ts, BAD_PTR), EFAULT);
	abi_reap(pid);
	rest.tv_sec = 7;
	int64_t at = abi_now(CLOCK_MONOTONIC) / 1000000000 + 50;
	ts.tv_sec = at;
	CHILD(pid) {
		abi_wait_state(parent, 'S');
		kill(parent, SIGUSR1);
	}
	ERR(syscall(SYS_clock_nanosleep, CLOCK_MONOTONIC, TIMER_ABSTIME, &ts,
		    &rest), EINTR);
	EQ(rest.tv_sec, 7);
	abi_reap(pid);
}

CASE("itimers: arguments, reading back")
{
	struct itimerval v = { { 0, 0 }, { 100, 0 } }, old;

	ERR(setitimer(3, &v, NULL), EINVAL);
	ERR(setitimer(-1, &v, NULL), EINVAL);
	ERR(getitimer(3, &v), EINVAL);
	ERR(syscall(SYS_getitimer, 0, BAD_PTR), EFAULT);
	ERR(syscall(SYS_setitimer, 0, BAD_PTR, NULL), EFAULT);
	for (int which = 0; which < 3; which++) {
		EQ(getitimer(which, &old), 0);
		EQ(old.it_value.tv_sec, 0);
		EQ(old.it_value.tv_usec, 0);
		v = (struct itimerval){ { 5, 6 }, { 100, 0 } };
		EQ(setitimer(which, &v, &old), 0);
		EQ(old.it_value.tv_sec, 0);
		EQ(getitimer(which, &old), 0);
		CHECK(old.it_value.tv_sec == 99 ||
		      old.it_value.tv_sec == 100);
		EQ(old.it_interval.tv_sec, 5);
		EQ(old.it_interval.tv_usec, 6);
		v.it_value.tv_usec = 1000000;
		ERR(setitimer(which, &v, NULL), EINVAL);
		v.it_value.tv_usec = -1;
		ERR(setitimer(which, &v, NULL), EINVAL);
		v.it_value.tv_usec = 0;
		v.it_interval.tv_sec = -1;
		ERR(setitimer(which, &v, NULL), EINVAL);
		v = (struct itimerval){ { 0, 0 }, { 0, 0 } };
		EQ(setitimer(which, &v, &old), 0);
		CHECK(old.it_value.tv_sec >= 99);
		EQ(getitimer(which, &old), 0);
		EQ(old.it_value.tv_sec, 0);
	}
}

static volatile int thread_may_end;

static void *wait_to_end(void *tid)
{
	*(volatile int *)tid = (int)syscall(SYS_gettid);
	while (!thread_may_end)
		;
	return NULL;
}

CASE("a CPU timer whose thread has ended has nobody to tell")
{
	struct { long value; int signo, notify, tid, pad[11]; } ev = {
		.signo = SIGCHLD, .notify = 4 /* SIGEV_THREAD_ID */ };
	struct itimerspec often = { { 0, 1000000 }, { 0, 1000000 } };
	volatile int tid = 0;
	pthread_t thread;
	int id;

	NEED(!pthread_create(&thread, NULL, wait_to_end, (void *)&tid));
	while (!tid)
		;
	ev.tid = tid;
	OK(syscall(SYS_timer_create, CLOCK_PROCESS_CPUTIME_ID, &ev, &id));
	thread_may_end = 1;
	pthread_join(thread, NULL);
	OK(syscall(SYS_timer_settime, id, 0, &often, NULL));
	for (clock_t end = clock() + 50 * CLOCKS_PER_SEC / 1000; clock() < end;)
		;
	OK(syscall(SYS_timer_delete, id));
}

CASE("itimer: a period shorter than its signal takes does not stop the machine")
{
	struct itimerval v = { { 0, 1 }, { 0, 1 } }, none = { 0 }, now;
	sigset_t alarm;
	pid_t pid;

	/* The next period begins when the signal is taken. */
	sigemptyset(&alarm);
	sigaddset(&alarm, SIGALRM);
	sigprocmask(SIG_BLOCK, &alarm, NULL);
	OK(setitimer(ITIMER_REAL, &v, NULL));
	for (int i = 0; i < 3; i++)
		EQ(sigwaitinfo(&alarm, NULL), SIGALRM);
	while (!getitimer(ITIMER_REAL, &now) && now.it_value.tv_usec)
		;
	EQ(now.it_interval.tv_usec, 1);
	OK(setitimer(ITIMER_REAL, &none, NULL));
	CHILD(pid) {
		sigprocmask(SIG_UNBLOCK, &alarm, NULL);
		setitimer(ITIMER_REAL, &v, NULL);
		for (;;)
			;
	}
	EQ(abi_reap(pid), SIGALRM);
}

CASE("itimers: not inherited by fork, kept over exec")
{
	struct itimerval v = { { 0, 0 }, { 1000, 0 } }, got;
	char *args[] = { "@left", NULL };
	pid_t pid;

	for (int which = 0; which < 3; which++)
		setitimer(which, &v, NULL);
	CHILD(pid) {
		for (int which = 0; which < 3; which++) {
			getitimer(which, &got);
			EQ(got.it_value.tv_sec, 0);
			setitimer(which, &v, NULL);
		}
		execv("/proc/self/exe", args);
	}
	EQ(abi_exit_code(pid), 7);
}

HELPER(left)
{
	struct itimerval got;
	int armed = 0;

	for (int which = 0; which < 3; which++) {
		getitimer(which, &got);
		armed |= (got.it_value.tv_sec > 900) << which;
	}
	return armed;
}

CASE("ITIMER_REAL fires, repeats, is one SIGALRM at a time")
{
	struct itimerval v = { { 0, 2000 }, { 0, 2000 } };

	on(SIGALRM);
	EQ(setitimer(ITIMER_REAL, &v, NULL), 0);
	while (count < 3)
		pause();
	EQ(last.si_code, SI_KERNEL);
	EQ(last.si_signo, SIGALRM);
	v = (struct itimerval){ { 0, 0 }, { 0, 0 } };
	setitimer(ITIMER_REAL, &v, NULL);
	EQ(alarm(100), 0);
	CHECK(alarm(0) >= 99);
}

CASE("ITIMER_VIRTUAL counts user time, ITIMER_PROF all CPU time")
{
	struct itimerval v = { { 0, 0 }, { 0, 20000 } };
	struct timespec nap = { 0, 60000000 };

	on(SIGVTALRM);
	on(SIGPROF);
	EQ(setitimer(ITIMER_VIRTUAL, &v, NULL), 0);
	EQ(setitimer(ITIMER_PROF, &v, NULL), 0);
	syscall(SYS_nanosleep, &nap, NULL);
	EQ(count, 0);	/* sleeping does not count */
	while (!count)
		;
	while (count < 2)
		;
	EQ(count, 2);
	v.it_interval.tv_usec = 10000;
	count = 0;
	EQ(setitimer(ITIMER_PROF, &v, NULL), 0);
	while (count < 4)
		;
	EQ(last.si_signo, SIGPROF);
	EQ(last.si_code, SI_KERNEL);
	v = (struct itimerval){ { 0, 0 }, { 0, 0 } };
	setitimer(ITIMER_PROF, &v, NULL);
	count = 0;
	burn(30000000);
	EQ(count, 0);
}

/* --- POSIX timers ---------------------------------------------------------- */

static long create(clockid_t clock, struct sigevent *ev, int *id)
{
	return syscall(SYS_timer_create, clock, ev, id);
}

static long settime(int id, int flags, long ns, long interval_ns)
{
	struct itimerspec s = { { interval_ns / 1000000000,
				  interval_ns % 1000000000 },
				{ ns / 1000000000, ns % 1000000000 } };

	return syscall(SYS_timer_settime, id, flags, &s, NULL);
}

CASE("timer_create: arguments")
{
	struct sigevent ev = { .sigev_notify = SIGEV_SIGNAL,
			       .sigev_signo = SIGUSR1 };
	int id = -1;

	ERR(create(99, NULL, &id), EINVAL);
	ERR(create(CLOCK_MONOTONIC_COARSE, NULL, &id), EOPNOTSUPP);
	ERR(create(CLOCK_MONOTONIC_RAW, NULL, &id), EOPNOTSUPP);
	ERR(create(CLOCK_MONOTONIC, BAD_PTR, &id), EFAULT);
	ERR(create(CLOCK_MONOTONIC, NULL, BAD_PTR), EFAULT);
	ev.sigev_signo = 65;
	ERR(create(CLOCK_MONOTONIC, &ev, &id), EINVAL);
	ev.sigev_signo = 0;
	ERR(create(CLOCK_MONOTONIC, &ev, &id), EINVAL);
	ev.sigev_signo = SIGUSR1;
	ev.sigev_notify = 77;
	ERR(create(CLOCK_MONOTONIC, &ev, &id), EINVAL);
	ev.sigev_notify = SIGEV_THREAD_ID;
	((int *)&ev)[4] = 999999;
	ERR(create(CLOCK_MONOTONIC, &ev, &id), EINVAL);
	((int *)&ev)[4] = 1;	/* another process's thread */
	ERR(create(CLOCK_MONOTONIC, &ev, &id), EINVAL);
	((int *)&ev)[4] = getpid();
	EQ(create(CLOCK_MONOTONIC, &ev, &id), 0);
	EQ(syscall(SYS_timer_delete, id), 0);
	ERR(syscall(SYS_timer_delete, id), EINVAL);
	ERR(syscall(SYS_timer_delete, -1), EINVAL);
	ERR(syscall(SYS_timer_gettime, 12345, NULL), EINVAL);
	ERR(syscall(SYS_timer_getoverrun, 12345), EINVAL);
	EQ(create(CLOCK_REALTIME, NULL, &id), 0);
	EQ(create(CLOCK_BOOTTIME, NULL, &id), 0);
	EQ(create(CLOCK_TAI, NULL, &id), 0);
	EQ(create(CLOCK_PROCESS_CPUTIME_ID, NULL, &id), 0);
	EQ(create(CLOCK_THREAD_CPUTIME_ID, NULL, &id), 0);
	EQ(create(CPUCLOCK(getpid(), PROCESS), NULL, &id), 0);
	ERR(create(CPUCLOCK(999999, PROCESS), NULL, &id), EINVAL);
}

CASE("timer_settime and timer_gettime: arguments, values")
{
	struct itimerspec s = { { 3, 4 }, { 100, 0 } }, old;
	clockid_t clocks[] = { CLOCK_MONOTONIC, CLOCK_REALTIME,
			       CLOCK_PROCESS_CPUTIME_ID,
			       CLOCK_THREAD_CPUTIME_ID };
	int id;

	for (size_t i = 0; i < ARRAY_SIZE(clocks); i++) {
		OK(create(clocks[i], NULL, &id));
		EQ(syscall(SYS_timer_gettime, id, &old), 0);
		EQ(old.it_value.tv_sec, 0);
		EQ(old.it_value.tv_nsec, 0);
		s = (struct itimerspec){ { 3, 4 }, { 100, 0 } };
		ERR(syscall(SYS_timer_settime, id, 0, NULL, NULL), EINVAL);
		ERR(syscall(SYS_timer_settime, id, 0, BAD_PTR, NULL), EFAULT);
		ERR(syscall(SYS_timer_settime, 999, 0, &s, NULL), EINVAL);
		EQ(syscall(SYS_timer_settime, id, 0, &s, &old), 0);
		EQ(old.it_value.tv_sec, 0);
		EQ(syscall(SYS_timer_gettime, id, &old), 0);
		CHECK(old.it_value.tv_sec == 99 || old.it_value.tv_sec == 100);
		EQ(old.it_interval.tv_sec, 3);
		EQ(old.it_interval.tv_nsec, 4);
		ERR(syscall(SYS_timer_gettime, id, BAD_PTR), EFAULT);
		s.it_value.tv_nsec = 1000000000;
		ERR(syscall(SYS_timer_settime, id, 0, &s, NULL), EINVAL);
		s.it_value.tv_nsec = -1;
		ERR(syscall(SYS_timer_settime, id, 0, &s, NULL), EINVAL);
		s = (struct itimerspec){ { 0, 0 }, { 0, 0 } };
		EQ(syscall(SYS_timer_settime, id, 0, &s, &old), 0);
		CHECK(old.it_value.tv_sec >= 99);
		EQ(syscall(SYS_timer_gettime, id, &old), 0);
		EQ(old.it_value.tv_sec, 0);
		EQ(old.it_value.tv_nsec, 0);
		EQ(syscall(SYS_timer_getoverrun, id), 0);
		/* absolute, in the past or in the far future */
		s.it_value.tv_sec = LONG_MAX;
		EQ(syscall(SYS_timer_settime, id, TIMER_ABSTIME, &s, NULL), 0);
		EQ(syscall(SYS_timer_gettime, id, &old), 0);
		CHECK(old.it_value.tv_sec > 1000000);
	}
}

CASE("POSIX timers deliver siginfo, overruns, repeat")
{
	struct sigevent ev = { .sigev_notify = SIGEV_SIGNAL,
			       .sigev_signo = SIGRTMIN + 1,
			       .sigev_value.sival_int = 4711 };
	struct timespec nap = { 0, 30000000 };
	int id;

	on(SIGRTMIN + 1);
	OK(create(CLOCK_MONOTONIC, &ev, &id));
	OK(settime(id, 0, 1000000, 0));
	while (!count)
		pause();
	EQ(last.si_code, SI_TIMER);
	EQ(last.si_value.sival_int, 4711);
	EQ(last.si_signo, SIGRTMIN + 1);
	EQ(last.si_timerid, id);
	EQ(last.si_overrun, 0);
	count = 0;
	OK(settime(id, 0, 1000000, 1000000));
	while (count < 5)
		pause();
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN + 1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	count = 0;
	syscall(SYS_nanosleep, &nap, NULL);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	CHECK(count >= 1);
	CHECK(last.si_overrun >= 10 || count > 1);
	OK(settime(id, 0, 0, 0));
	/* what is pending goes with the timer */
	sigprocmask(SIG_BLOCK, &set, NULL);
	OK(settime(id, 0, 1, 0));
	syscall(SYS_nanosleep, &nap, NULL);
	sigset_t now;
	sigpending(&now);
	CHECK(sigismember(&now, SIGRTMIN + 1));
	OK(syscall(SYS_timer_delete, id));
}

CASE("a timer whose signal is ignored goes on, and is heard later")
{
	struct sigevent ev = { .sigev_notify = SIGEV_SIGNAL,
			       .sigev_signo = SIGUSR1 };
	struct timespec nap = { 0, 10000000 };
	int id;

	abi_on(SIGUSR1, SIG_IGN, 0);
	OK(create(CLOCK_MONOTONIC, &ev, &id));
	OK(settime(id, 0, 1000000, 1000000));
	syscall(SYS_nanosleep, &nap, NULL);
	on(SIGUSR1);
	while (!count)
		pause();
	CHECK(count > 0);
}

CASE("default signal and value of timer_create(NULL)")
{
	int id;

	on(SIGALRM);
	OK(create(CLOCK_MONOTONIC, NULL, &id));
	OK(settime(id, 0, 1000, 0));
	while (!count)
		pause();
	EQ(last.si_value.sival_int, id);
	EQ(last.si_code, SI_TIMER);
}

CASE("SIGEV_NONE: runs, says nothing")
{
	struct sigevent ev = { .sigev_notify = SIGEV_NONE };
	struct timespec nap = { 0, 3000000 };
	struct itimerspec s;
	int id;

	OK(create(CLOCK_MONOTONIC, &ev, &id));
	OK(settime(id, 0, 1000000, 0));
	syscall(SYS_nanosleep, &nap, NULL);
	OK(syscall(SYS_timer_gettime, id, &s));
	EQ(s.it_value.tv_sec, 0);
	EQ(s.it_value.tv_nsec, 0);
	OK(settime(id, 0, 1000000, 100000000000));
	syscall(SYS_nanosleep, &nap, NULL);
	OK(syscall(SYS_timer_gettime, id, &s));
	CHECK(s.it_value.tv_sec == 99);
}

CASE("timers on CPU clocks of the process and of a thread")
{
	struct sigevent ev = { .sigev_notify = SIGEV_SIGNAL,
			       .sigev_signo = SIGUSR1,
			       .sigev_value.sival_int = 5 };
	clockid_t clocks[] = { CLOCK_PROCESS_CPUTIME_ID,
			       CLOCK_THREAD_CPUTIME_ID };
	struct timespec nap = { 0, 30000000 };
	int id;

	on(SIGUSR1);
	for (int i = 0; i < 2; i++) {
		count = 0;
		OK(create(clocks[i], &ev, &id));
		OK(settime(id, 0, 15000000, 0));
		syscall(SYS_nanosleep, &nap, NULL);
		EQ(count, 0);
		while (!count)
			;
		EQ(last.si_code, SI_TIMER);
		EQ(last.si_value.sival_int, 5);
		count = 0;
		OK(settime(id, 0, 5000000, 5000000));
		while (count < 4)
			;
		OK(settime(id, 0, 0, 0));
		count = 0;
		int64_t now = abi_now(clocks[i]);
		OK(settime(id, TIMER_ABSTIME, now + 10000000, 0));
		while (!count)
			;
		CHECK(abi_now(clocks[i]) >= now + 10000000);
		count = 0;
		OK(settime(id, TIMER_ABSTIME, 1, 0));
		while (!count)
			;
		OK(syscall(SYS_timer_delete, id));
	}
}

CASE("clock_nanosleep on the process's CPU clock")
{
	struct timespec ts = { 0, 0 };

	EQ(syscall(SYS_clock_nanosleep, CLOCK_PROCESS_CPUTIME_ID,
		   TIMER_ABSTIME, &ts, NULL), 0);
	EQ(syscall(SYS_clock_nanosleep, CLOCK_PROCESS_CPUTIME_ID, 0, &ts,
		   NULL), 0);
}

CASE("POSIX timers end with exec and are not forked")
{
	int id;
	pid_t pid;
	struct itimerspec s;

	OK(create(CLOCK_MONOTONIC, NULL, &id));
	OK(settime(id, 0, 100000000000, 0));
	CHILD(pid) {
		ERR(syscall(SYS_timer_gettime, id, &s), EINVAL);
	}
	abi_reap(pid);
}

/* --- timerfd --------------------------------------------------------------- */

static long tfd_set(int fd, int flags, long ns, long interval)
{
	struct itimerspec s = { { interval / 1000000000,
				  interval % 1000000000 },
				{ ns / 1000000000, ns % 1000000000 } };

	return timerfd_settime(fd, flags, &s, NULL);
}

CASE("timerfd: arguments")
{
	struct itimerspec s = { { 0, 0 }, { 1, 1000000000 } };
	uint64_t n;
	int fd;

	ERR(timerfd_create(CLOCK_MONOTONIC, 1), EINVAL);
	ERR(timerfd_create(CLOCK_PROCESS_CPUTIME_ID, 0), EINVAL);
	ERR(timerfd_create(CLOCK_TAI, 0), EINVAL);
	ERR(timerfd_create(99, 0), EINVAL);
	OK(timerfd_create(CLOCK_REALTIME, 0));
	OK(timerfd_create(CLOCK_BOOTTIME, 0));
	fd = (int)OK(timerfd_create(CLOCK_MONOTONIC,
				    TFD_NONBLOCK | TFD_CLOEXEC));
	EQ(fcntl(fd, F_GETFL), O_RDWR | O_NONBLOCK);
	EQ(fcntl(fd, F_GETFD), FD_CLOEXEC);
	ERR(timerfd_settime(fd, 0, &s, NULL), EINVAL);
	s.it_value.tv_nsec = 0;
	ERR(timerfd_settime(fd, 8, &s, NULL), EINVAL);
	ERR(timerfd_settime(0, 0, &s, NULL), EINVAL);
	ERR(timerfd_settime(99, 0, &s, NULL), EBADF);
	ERR(syscall(SYS_timerfd_settime, fd, 0, BAD_PTR, NULL), EFAULT);
	ERR(syscall(SYS_timerfd_gettime, fd, BAD_PTR), EFAULT);
	ERR(timerfd_gettime(0, &s), EINVAL);
	ERR(read(fd, &n, 7), EINVAL);
	ERR(read(fd, &n, 8), EAGAIN);
	ERR(write(fd, &n, 8), EINVAL);
	EQ(lseek(fd, 0, SEEK_SET), 0);
	OK(tfd_set(fd, 0, 1000, 0));
	struct pollfd p = { fd, POLLIN, 0 };
	EQ(poll(&p, 1, -1), 1);
	EQ(p.revents, POLLIN);
	ERR(read(fd, BAD_PTR, 8), EFAULT);
}

CASE("timerfd: expirations, absolute time, reading back")
{
	struct itimerspec s;
	uint64_t n = 0;
	int fd = timerfd_create(CLOCK_MONOTONIC, 0);

	OK(tfd_set(fd, 0, 1000000, 0));
	EQ(read(fd, &n, 8), 8);
	EQ(n, 1);
	OK(timerfd_gettime(fd, &s));
	EQ(s.it_value.tv_nsec + s.it_value.tv_sec, 0);
	OK(tfd_set(fd, TFD_TIMER_ABSTIME, 1000000, 1000000));
	EQ(read(fd, &n, 8), 8);
	CHECK(n > 10);
	OK(tfd_set(fd, 0, 100000000000, 5000000000));
	OK(timerfd_gettime(fd, &s));
	CHECK(s.it_value.tv_sec >= 99);
	EQ(s.it_interval.tv_sec, 5);
	struct itimerspec zero = { { 0, 0 }, { 0, 0 } }, old;
	OK(timerfd_settime(fd, 0, &zero, &old));
	CHECK(old.it_value.tv_sec >= 99);
	OK(tfd_set(fd, 0, 100000000000, 0));
	char path[64];
	sprintf(path, "/proc/self/fdinfo/%d", fd);
	char *text = abi_read(path);
	STR(abi_field(text, "clockid"), "1");
	STR(abi_field(text, "ticks"), "0");
	STR(abi_field(text, "settime flags"), "00");
	CHECK(!strncmp(abi_field(text, "it_value"), "(99, ", 5));
	STR(abi_field(text, "it_interval"), "(0, 0)");
}

CASE("timerfd: a set clock cancels, if asked")
{
	int fd = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK);
	struct timespec ts;
	uint64_t n;

	clock_gettime(CLOCK_REALTIME, &ts);
	OK(tfd_set(fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET,
		   (ts.tv_sec + 1000) * 1000000000L, 0));
	ERR(read(fd, &n, 8), EAGAIN);
	clock_gettime(CLOCK_REALTIME, &ts);
	OK(syscall(SYS_clock_settime, CLOCK_REALTIME, &ts));
	ERR(read(fd, &n, 8), ECANCELED);
}

/* --- absolute times follow the clock when it is set --- */

static struct timespec after(clockid_t clock, time_t seconds)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	ts.tv_sec += seconds;
	return ts;
}

/* What the clock gained by step() is taken back: other cases want the time. */
static void step(time_t seconds)
{
	struct timespec ts = after(CLOCK_REALTIME, seconds);

	OK(clock_settime(CLOCK_REALTIME, &ts));
}

CASE("a POSIX timer on CLOCK_REALTIME comes early when the clock is set")
{
	struct sigevent ev = { .sigev_notify = SIGEV_SIGNAL,
			       .sigev_signo = SIGUSR1 };
	struct timespec limit = { .tv_sec = 15 }, now = { 0 };
	struct itimerspec it = { .it_value = after(CLOCK_REALTIME, 1000) };
	timer_t absolute, relative;
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	OK(timer_create(CLOCK_REALTIME, &ev, &absolute));
	OK(timer_create(CLOCK_REALTIME, &ev, &relative));
	OK(timer_settime(absolute, TIMER_ABSTIME, &it, NULL));
	it.it_value = (struct timespec){ .tv_sec = 1000 };
	OK(timer_settime(relative, 0, &it, NULL));
	ERR(sigtimedwait(&set, NULL, &now), EAGAIN);
	step(900);
	OK(timer_gettime(absolute, &it));
	CHECK(it.it_value.tv_sec > 50 && it.it_value.tv_sec <= 100);
	OK(timer_gettime(relative, &it));
	CHECK(it.it_value.tv_sec > 900);
	step(200);
	EQ(sigtimedwait(&set, NULL, &limit), SIGUSR1);
	ERR(sigtimedwait(&set, NULL, &now), EAGAIN);
	step(-1100);
	/* back again: what is to come moves away */
	it.it_value = after(CLOCK_REALTIME, 500);
	it.it_interval = (struct timespec){ .tv_sec = 10 };
	OK(timer_settime(absolute, TIMER_ABSTIME, &it, NULL));
	step(-100);
	OK(timer_gettime(absolute, &it));
	CHECK(it.it_value.tv_sec > 550 && it.it_value.tv_sec <= 600);
	step(650);
	EQ(sigtimedwait(&set, NULL, &limit), SIGUSR1);
	OK(timer_gettime(absolute, &it));
	CHECK(it.it_value.tv_sec < 10);
	step(-550);
}

CASE("sleeping and waiting until a time on CLOCK_REALTIME end when it is set")
{
	struct timespec until = after(CLOCK_REALTIME, 1000);
	pid_t sleeper, waiter, other;

	CHILD(sleeper)
		EQ(clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &until, NULL), 0);
	CHILD(waiter) {
		int word = 0;

		ERR(syscall(SYS_futex, &word, 9 | 128 | 256, 0, &until, NULL, -1),
		    ETIMEDOUT);	/* FUTEX_WAIT_BITSET, private, real time */
	}
	CHILD(other)
		clock_nanosleep(CLOCK_REALTIME, 0, &until, NULL);
	abi_wait_state(sleeper, 'S');
	abi_wait_state(waiter, 'S');
	abi_wait_state(other, 'S');
	step(1001);
	EQ(abi_exit_code(sleeper), 0);
	EQ(abi_exit_code(waiter), 0);
	step(-1001);
	EQ(waitpid(other, NULL, WNOHANG), 0);
	kill(other, SIGKILL);
	EQ(abi_exit_code(other), 1000 + SIGKILL);
}
