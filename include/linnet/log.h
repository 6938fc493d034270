/* Reading the kernel log: /dev/kmsg, syslog(2). */
#ifndef LINNET_LOG_H
#define LINNET_LOG_H

#include <linnet/types.h>
#include <linnet/wait.h>

#define LOG_LINE_MAX 1024
#define LOG_SIZE (64 * 1024) /* bytes of all records */

struct log_record {
	u64 seq, ts_ns;
	u8 level, facility;
	bool cont;
	u16 len;
	char text[LOG_LINE_MAX];
};

extern struct wait_queue log_wait; /* a record was added */
extern int console_loglevel;
extern bool oops_in_progress;

bool log_read(u64 *seq, struct log_record *out);
int log_format(const struct log_record *r, char *buf, size_t size, bool prefix);
u64 log_first_seq(void);
u64 log_next_seq(void);
/* Add a message (facility 1: from user space). Any context. */
void log_message(int level, int facility, const char *text);
void printk_break_locks(void);

struct iov_iter;
/*
 * syslog.c: what no reader has had yet, as lines. Waits for some unless
 * @nonblock. Return: bytes, -EAGAIN, -ERESTARTSYS, -EFAULT. May sleep.
 */
long syslog_read(struct iov_iter *to, bool nonblock);
bool syslog_has_unread(void);
/* May the caller take lines from the log, clear it, set the console's level? */
bool syslog_may_control(void);
/* The records, where dmesg_restrict keeps them from users. */
bool syslog_may_read(void);

#endif
