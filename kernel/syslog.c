/*
 * syslog(2): the kernel log for dmesg and klogd; /proc/kmsg reads through it.
 *
 * All readers of SYSLOG_ACTION_READ and /proc/kmsg share one place in the log, as they share
 * one place behind which it counts as cleared; both are sequence numbers.
 * Lines look like "<6>[    0.123456] text".
 *
 * Lock: syslog_lock (mutex) over both places and the record buffer.
 */
#include <linnet/cred.h>
#include <linnet/errno.h>
#include <linnet/log.h>
#include <linnet/mutex.h>
#include <linnet/printf.h>
#include <linnet/syscalls.h>
#include <linnet/task.h>
#include <linnet/uio.h>
#include <linnet/wait.h>

/* The numbers of syslog(2); no header of the ABI has them. */
enum syslog_action {
	ACTION_CLOSE, ACTION_OPEN, ACTION_READ, ACTION_READ_ALL,
	ACTION_READ_CLEAR, ACTION_CLEAR, ACTION_CONSOLE_OFF,
	ACTION_CONSOLE_ON, ACTION_CONSOLE_LEVEL, ACTION_SIZE_UNREAD,
	ACTION_SIZE_BUFFER,
};
enum {
	CONSOLE_LEVEL_MIN = 1,
	CONSOLE_LEVEL_MAX = 8,
	LINE_SIZE = LOG_LINE_MAX + 64, /* prefixes and newline */
};

static DEFINE_MUTEX(syslog_lock);
static u64 read_seq;   /* next for ACTION_READ */
static u32 read_off;   /* bytes of that line already given out */
static u64 clear_seq;  /* ACTION_READ_ALL begins here */
static int saved_level = -1; /* before ACTION_CONSOLE_OFF; -1: is on */
static struct log_record record; /* of the line */
static char line[LINE_SIZE];

/* Does the record before @seq end in the middle of a line? */
static bool follows_cont(u64 seq)
{
	u64 prev = seq - 1;

	return seq > log_first_seq() && log_read(&prev, &record) &&
	       record.cont && prev == seq;
}

/*
 * The line of the record at *seq, which advances: its length; 0: none.
 * [syslog_lock]
 */
static int next_line(u64 *seq)
{
	bool fresh = !follows_cont(*seq);
	int n = 0;

	if (!log_read(seq, &record))
		return 0;
	if (fresh)
		n = scnprintf(line, sizeof(line), "<%u>",
			      record.facility << 3 | record.level);
	return n + log_format(&record, line + n, sizeof(line) - (size_t)n, fresh);
}

/* As much as fits of what is new: bytes, or -EFAULT. */
static long read_new_locked(struct iov_iter *to)
{
	long done = 0;

	while (to->count) {
		u64 seq = read_seq;
		u32 n = (u32)next_line(&seq), part;

		if (!n)
			break;
		if (record.seq != read_seq)
			read_off = 0; /* overwritten meanwhile */
		read_off = min(read_off, n);
		part = (u32)min((size_t)(n - read_off), to->count);
		if (copy_to_iter(line + read_off, part, to) != part)
			return done ? done : -EFAULT;
		done += part;
		read_off += part;
		read_seq = record.seq;
		if (read_off == n) {
			read_seq = seq;
			read_off = 0;
		}
	}
	return done;
}

bool syslog_has_unread(void)
{
	return READ_ONCE(read_seq) < log_next_seq();
}

long syslog_read(struct iov_iter *to, bool nonblock)
{
	long n;

	do {
		if (nonblock && !syslog_has_unread())
			return -EAGAIN;
		if (wait_event_interruptible(&log_wait, syslog_has_unread()))
			return -ERESTARTSYS;
		mutex_lock(&syslog_lock);
		n = read_new_locked(to);
		mutex_unlock(&syslog_lock);
	} while (!n);
	return n;
}

static long syslog_read_user(char __user *buf, u32 len)
{
	struct iov_iter to;

	iov_iter_ubuf(&to, ITER_DEST, buf, len);
	return syslog_read(&to, false);
}

/* Bytes of all lines from @seq on. */
static u64 text_size_locked(u64 seq)
{
	u64 total = 0;
	int n;

	while ((n = next_line(&seq)) != 0)
		total += (u64)n;
	return total;
}

/* The newest lines that fit into @len bytes. */
static long read_all_locked(char __user *buf, u32 len)
{
	u64 seq = clear_seq, total = text_size_locked(clear_seq);
	long done = 0;
	int n;

	while (total > len && (n = next_line(&seq)) != 0)
		total -= min(total, (u64)n);
	while ((n = next_line(&seq)) != 0 && (u64)done + (u64)n <= len) {
		if (copy_to_user(buf + done, line, (size_t)n))
			return -EFAULT;
		done += n;
	}
	return done;
}

static long syslog_read_all(char __user *buf, u32 len, bool clear)
{
	long n;
	u64 end;

	mutex_lock(&syslog_lock);
	end = log_next_seq();
	n = read_all_locked(buf, len);
	if (clear && n >= 0)
		clear_seq = end;
	mutex_unlock(&syslog_lock);
	return n;
}

static long syslog_unread(void)
{
	u64 n;

	mutex_lock(&syslog_lock);
	n = text_size_locked(read_seq);
	n -= min(n, (u64)read_off);
	mutex_unlock(&syslog_lock);
	return (long)n;
}

/* Console on or off, or at a level; the level set by hand ends "off". */
static void set_console(int action, int level)
{
	mutex_lock(&syslog_lock);
	if (action == ACTION_CONSOLE_OFF) {
		if (saved_level < 0)
			saved_level = console_loglevel;
		WRITE_ONCE(console_loglevel, CONSOLE_LEVEL_MIN);
	} else {
		if (action == ACTION_CONSOLE_ON)
			level = saved_level;
		if (level >= 0)
			WRITE_ONCE(console_loglevel, level);
		saved_level = -1;
	}
	mutex_unlock(&syslog_lock);
}

bool syslog_may_control(void)
{
	return capable(CAP_SYSLOG) || capable(CAP_SYS_ADMIN);
}

int sysctl_dmesg_restrict; /* reading the log is not for all */

bool syslog_may_read(void)
{
	return !READ_ONCE(sysctl_dmesg_restrict) || syslog_may_control();
}

static bool action_allowed(int action)
{
	if (action == ACTION_READ_ALL || action == ACTION_SIZE_BUFFER)
		return syslog_may_read();
	return syslog_may_control();
}

static long do_syslog(int action, char __user *buf, int len)
{
	switch (action) {
	case ACTION_CLOSE:
	case ACTION_OPEN:
		return 0;
	case ACTION_READ:
	case ACTION_READ_ALL:
	case ACTION_READ_CLEAR:
		if (!buf || len < 0)
			return -EINVAL;
		if (!len)
			return 0;
		if (!access_ok(buf, (size_t)len))
			return -EFAULT;
		return action == ACTION_READ
			       ? syslog_read_user(buf, (u32)len)
			       : syslog_read_all(buf, (u32)len,
						 action == ACTION_READ_CLEAR);
	case ACTION_CLEAR:
		mutex_lock(&syslog_lock);
		clear_seq = log_next_seq();
		mutex_unlock(&syslog_lock);
		return 0;
	case ACTION_CONSOLE_LEVEL:
		if (len < CONSOLE_LEVEL_MIN || len > CONSOLE_LEVEL_MAX)
			return -EINVAL;
		set_console(action, len);
		return 0;
	case ACTION_CONSOLE_OFF:
	case ACTION_CONSOLE_ON:
		set_console(action, -1);
		return 0;
	case ACTION_SIZE_UNREAD:
		return syslog_unread();
	case ACTION_SIZE_BUFFER:
		return LOG_SIZE;
	default:
		return -EINVAL;
	}
}

SYSCALL_DEFINE3(syslog, int, action, char __user *, buf, int, len)
{
	if (!action_allowed(action))
		return -EPERM;
	return do_syslog(action, buf, len);
}
