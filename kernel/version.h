/* What uname(2) and /proc/version say. */
#ifndef KERNEL_VERSION_H
#define KERNEL_VERSION_H

#define LINNET_VERSION "0.1.0"
/* A Linux release that C libraries accept, and our name. */
#define UTS_RELEASE "6.1.0-linnet"
#define UTS_VERSION "#1 SMP PREEMPT Linnet " LINNET_VERSION
#define LINNET_BUILDER "linnet@linnet"
#define LINNET_COMPILER "(gcc " __VERSION__ ")"

#endif
