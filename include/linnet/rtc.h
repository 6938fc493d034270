/*
 * Real-time clocks: clocks that go on while the machine is off.
 */
#ifndef LINNET_RTC_H
#define LINNET_RTC_H

#include <linnet/types.h>

struct device;

/* One clock. [I] all of it once registered. */
struct rtc {
	const char *driver; /* its driver's name */
	u64 max;	    /* seconds since 1970 it can hold */
	/* Context: task; one call at a time. 0 or a negative error. */
	int (*read)(struct rtc *rtc, u64 *seconds);
	int (*set)(struct rtc *rtc, u64 seconds);
};

/* Make /dev/rtc0 and its device below @parent; there can be one. 0, -EBUSY. */
int rtc_register(struct rtc *rtc, struct device *parent);

#endif
