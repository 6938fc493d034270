/* Disciplining the clock: adjtimex, clock_adjtime. */
#include "abi.h"

#include <sys/timex.h>

CASE("adjtimex: read, set, refuse")
{
	struct timex t = { 0 };
	pid_t pid;

	OK(adjtimex(&t));
	EQ(t.tick, 10000);
	EQ(t.precision, 1);
	EQ(t.tolerance, 32768000);
	CHECK(t.time.tv_sec > 0);
	CHECK(t.status & STA_UNSYNC);
	ERR(syscall(SYS_adjtimex, BAD_PTR), EFAULT);
	t.modes = ADJ_TICK;
	t.tick = 20000;
	ERR(adjtimex(&t), EINVAL);
	t.tick = 8999;
	ERR(adjtimex(&t), EINVAL);
	t.tick = 10001;
	OK(adjtimex(&t));
	t.modes = 0;
	OK(adjtimex(&t));
	EQ(t.tick, 10001);
	t.modes = ADJ_TICK;
	t.tick = 10000;
	OK(adjtimex(&t));
	t.modes = ADJ_FREQUENCY;
	t.freq = 65536 * 100;
	OK(adjtimex(&t));
	t.modes = 0;
	OK(adjtimex(&t));
	EQ(t.freq, 65536 * 100);
	t.modes = ADJ_FREQUENCY;
	t.freq = 1L << 30;	/* cut to 500 ppm */
	OK(adjtimex(&t));
	t.modes = 0;
	adjtimex(&t);
	EQ(t.freq, 32768000);
	t.modes = ADJ_FREQUENCY;
	t.freq = 0;
	OK(adjtimex(&t));
	t.modes = ADJ_STATUS | ADJ_MAXERROR | ADJ_ESTERROR | ADJ_TIMECONST;
	t.status = STA_PLL;
	t.maxerror = 1000;
	t.esterror = 500;
	t.constant = 4;
	EQ(adjtimex(&t), TIME_OK);
	t.modes = 0;
	EQ(adjtimex(&t), TIME_OK);
	EQ(t.status & (STA_PLL | STA_UNSYNC), STA_PLL);
	EQ(t.esterror, 500);
	t.modes = ADJ_STATUS;
	t.status = STA_UNSYNC;
	EQ(adjtimex(&t), TIME_ERROR);
	t.modes = ADJ_OFFSET_SINGLESHOT;
	t.offset = 1000;
	OK(adjtimex(&t));
	t.modes = ADJ_OFFSET_SS_READ;
	OK(adjtimex(&t));
	CHECK(t.offset > 0 && t.offset <= 1000);
	t.modes = ADJ_OFFSET_SINGLESHOT;
	t.offset = 0;
	OK(adjtimex(&t));
	t.modes = ADJ_TAI;
	t.constant = 37;
	OK(adjtimex(&t));
	t.modes = 0;
	OK(adjtimex(&t));
	EQ(t.tai, 37);
	CHECK(abi_now(CLOCK_TAI) - abi_now(CLOCK_REALTIME) > 36000000000);
	t.modes = ADJ_TAI;
	t.constant = 0;
	OK(adjtimex(&t));
	ERR(syscall(SYS_clock_adjtime, CLOCK_MONOTONIC, &t), EOPNOTSUPP);
	ERR(syscall(SYS_clock_adjtime, 99, &t), EINVAL);
	t.modes = 0;
	OK(syscall(SYS_clock_adjtime, CLOCK_REALTIME, &t));
	CHILD(pid) {
		abi_drop(1000, 1000);
		t.modes = 0;
		OK(adjtimex(&t));
		t.modes = ADJ_TICK;
		ERR(adjtimex(&t), EPERM);
		t.modes = ADJ_OFFSET_SS_READ;
		OK(adjtimex(&t));
	}
	abi_reap(pid);
}

CASE("adjtimex: ADJ_SETOFFSET steps the clock")
{
	struct timex t = { .modes = ADJ_SETOFFSET };
	int64_t before = abi_now(CLOCK_REALTIME);

	t.time.tv_sec = 100;
	OK(adjtimex(&t));
	CHECK(abi_now(CLOCK_REALTIME) - before >= 100000000000);
	t.time.tv_sec = -100;
	OK(adjtimex(&t));
	t.time.tv_usec = 1000000;
	ERR(adjtimex(&t), EINVAL);
}

CASE("adjtimex: real time slews, monotonic and real clocks drift apart")
{
	struct timex t = { .modes = ADJ_TICK, .tick = 11000 };
	int64_t mono, real;

	mono = abi_now(CLOCK_MONOTONIC);
	real = abi_now(CLOCK_REALTIME);
	OK(adjtimex(&t));
	do {
		struct timespec nap = { 0, 20000000 };

		syscall(SYS_nanosleep, &nap, NULL);
	} while (abi_now(CLOCK_REALTIME) - real < 100000000);
	CHECK(abi_now(CLOCK_REALTIME) > real);
	CHECK(abi_now(CLOCK_MONOTONIC) > mono);
	t.modes = ADJ_TICK;
	t.tick = 10000;
	OK(adjtimex(&t));
	int64_t before = abi_now(CLOCK_REALTIME);
	CHECK(abi_now(CLOCK_REALTIME) >= before);
	/* the call and the shared page tell the same time */
	struct timespec ts;
	before = abi_now(CLOCK_REALTIME);
	syscall(SYS_clock_gettime, CLOCK_REALTIME, &ts);
	CHECK(ts.tv_sec * 1000000000LL + ts.tv_nsec >= before);
	CHECK(abi_now(CLOCK_REALTIME) >=
	      ts.tv_sec * 1000000000LL + ts.tv_nsec);
}
