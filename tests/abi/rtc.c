/* The real-time clock: rtc(4). */
#include "abi.h"

#include <linux/rtc.h>
#include <sys/ioctl.h>

static int open_clock(void)
{
	return (int)OK(open("/dev/rtc0", O_RDONLY));
}

/* The clock goes on meanwhile: within a minute. */
static bool near(time_t a, time_t b)
{
	return a - b < 60 && b - a < 60;
}

static time_t seconds_of(const struct rtc_time *r)
{
	struct tm tm = {.tm_sec = r->tm_sec, .tm_min = r->tm_min,
			.tm_hour = r->tm_hour, .tm_mday = r->tm_mday,
			.tm_mon = r->tm_mon, .tm_year = r->tm_year};

	return timegm(&tm);
}

CASE("the clock is near the system's time, in sysfs too")
{
	int fd = open_clock();
	struct rtc_time r;
	struct tm tm;
	time_t t;

	OK(ioctl(fd, RTC_RD_TIME, &r));
	t = seconds_of(&r);
	CHECK(near(t, time(NULL)));
	gmtime_r(&t, &tm);
	EQ(r.tm_wday, tm.tm_wday);
	CHECK(near(strtol(abi_read("/sys/class/rtc/rtc0/since_epoch"), NULL, 10),
		   t));
	CHECK(strlen(abi_read("/sys/class/rtc/rtc0/date")) == 11);
	CHECK(strlen(abi_read("/sys/class/rtc/rtc0/time")) == 9);
	STR(abi_read("/sys/class/rtc/rtc0/hctosys"), "1\n");
	STR(abi_read("/sys/class/rtc/rtc0/range"), "[0,4294967295]\n");
}

CASE("one user at a time")
{
	int fd = open_clock();

	ERR(open("/dev/rtc0", O_RDONLY), EBUSY);
	close(fd);
	close(open_clock());
	ERR(open("/dev/rtc0", O_RDONLY | O_DIRECTORY), ENOTDIR);
}

CASE("setting it")
{
	static const time_t times[] = {
		0x7fffffff,  1582934400 /* 2020-02-29 */, 951868799,
		4107542399 /* 2100-02-28 23:59:59 */, 4294960000, 86400,
	};
	int fd = open_clock();

	for (size_t i = 0; i < ARRAY_SIZE(times); i++) {
		struct rtc_time r = {0};
		struct tm tm;

		gmtime_r(&times[i], &tm);
		r = (struct rtc_time){tm.tm_sec, tm.tm_min, tm.tm_hour,
				      tm.tm_mday, tm.tm_mon, tm.tm_year, 0, 0,
				      0};
		OK(ioctl(fd, RTC_SET_TIME, &r));
		OK(ioctl(fd, RTC_RD_TIME, &r));
		CHECK(near(seconds_of(&r), times[i]));
	}
	close(fd);
	CHECK(near(strtol(abi_read("/sys/class/rtc/rtc0/since_epoch"), NULL, 10),
		   86400));
	fd = open_clock();
	{
		time_t now = time(NULL);
		struct tm tm;

		gmtime_r(&now, &tm);
		OK(ioctl(fd, RTC_SET_TIME,
			 &(struct rtc_time){tm.tm_sec, tm.tm_min, tm.tm_hour,
					    tm.tm_mday, tm.tm_mon, tm.tm_year,
					    0, 0, 0}));
	}
}

CASE("what is no time is refused")
{
	const struct rtc_time good = {1, 2, 3, 28, 1, 121, 0, 0, 0};
	struct rtc_time bad[8];
	int fd = open_clock();

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		bad[i] = good;
	bad[0].tm_sec = 60;
	bad[1].tm_min = -1;
	bad[2].tm_hour = 24;
	bad[3].tm_mday = 0;
	bad[4].tm_mday = 29;
	bad[5].tm_mon = 12;
	bad[6].tm_year = 69;
	bad[7].tm_mon = -1;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		ERR(ioctl(fd, RTC_SET_TIME, &bad[i]), EINVAL);
	bad[0] = good;
	bad[0].tm_year = 300;
	ERR(ioctl(fd, RTC_SET_TIME, &bad[0]), ERANGE);
	ERR(ioctl(fd, RTC_SET_TIME, BAD_PTR), EFAULT);
	ERR(ioctl(fd, RTC_RD_TIME, BAD_PTR), EFAULT);
	ERR(ioctl(fd, 0x7fff, 0), ENOTTY);
}

CASE("users neither open nor set it")
{
	int fd = open_clock();
	pid_t pid;

	CHILD(pid)
	{
		struct rtc_time r;

		abi_drop(1000, 1000);
		OK(ioctl(fd, RTC_RD_TIME, &r));
		ERR(ioctl(fd, RTC_SET_TIME, &r), EACCES);
		ERR(open("/dev/rtc0", O_RDONLY), EACCES);
	}
	EQ(abi_exit_code(pid), 0);
}
