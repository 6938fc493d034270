/*
 * Assorted system calls about the process and the machine: names, limits,
 * personality, sysinfo, reboot (prctl is in prctl.c).
 */
#include <asm/setup.h>
#include <asm/uaccess.h>
#include <linnet/cred.h>
#include <linnet/errno.h>
#include <linnet/fs.h>
#include <linnet/log.h>
#include <linnet/mm.h>
#include <linnet/nsproxy.h>
#include <linnet/posix_timers.h>
#include <linnet/printk.h>
#include <linnet/random.h>
#include <linnet/string.h>
#include <linnet/syscalls.h>
#include <linnet/task.h>
#include <linux/personality.h>
#include <linux/random.h>
#include <linux/reboot.h>
#include <linux/sysinfo.h>

/* --- names --- */

SYSCALL_DEFINE1(newuname, struct new_utsname __user *, buf)
{
	struct uts_namespace *uts = current_uts();
	struct new_utsname name;

	down_read(&uts->lock);
	name = uts->name;
	up_read(&uts->lock);
	if (current->personality & UNAME26)
		memcpy(name.release, "2.6.61", sizeof("2.6.61"));
	return copy_to_user(buf, &name, sizeof(name));
}

static int set_uts_field(char *field, const char __user *u, int len)
{
	struct uts_namespace *uts = current_uts();
	char text[__NEW_UTS_LEN + 1] = {0};

	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	if (len < 0 || len > __NEW_UTS_LEN)
		return -EINVAL;
	if (copy_from_user(text, u, (size_t)len))
		return -EFAULT;
	down_write(&uts->lock);
	memcpy(field, text, sizeof(text));
	up_write(&uts->lock);
	return 0;
}

SYSCALL_DEFINE2(sethostname, const char __user *, name, int, len)
{
	return set_uts_field(current_uts()->name.nodename, name, len);
}

SYSCALL_DEFINE2(setdomainname, const char __user *, name, int, len)
{
	return set_uts_field(current_uts()->name.domainname, name, len);
}

/* --- limits --- */

static bool may_set_limits(struct task *t)
{
	const struct cred *c = current_cred(), *tc;
	bool same;

	if (same_thread_group(current, t))
		return true;
	rcu_read_lock();
	tc = rcu_dereference(t->real_cred);
	same = c->uid == tc->euid && c->uid == tc->suid && c->uid == tc->uid &&
	       c->gid == tc->egid && c->gid == tc->sgid && c->gid == tc->gid;
	rcu_read_unlock();
	return same || capable(CAP_SYS_RESOURCE);
}

extern u32 sysctl_nr_open;

static int set_limit(struct task *t, u32 which, const struct rlimit64 *new,
		     struct rlimit64 *old)
{
	struct rlimit64 *r = &t->tg->rlim[which];
	struct sighand *sh;
	int err = 0;
	u64 flags;

	if (new && new->rlim_cur > new->rlim_max)
		return -EINVAL;
	if (new && which == RLIMIT_NOFILE && new->rlim_max > sysctl_nr_open)
		return -EPERM;
	sh = lock_task_sighand(t, &flags);
	if (!sh)
		return -ESRCH;
	if (old)
		*old = *r;
	if (new && new->rlim_max > r->rlim_max && !capable(CAP_SYS_RESOURCE))
		err = -EPERM;
	if (new && !err)
		*r = *new;
	if (new && !err && which == RLIMIT_CPU)
		cpu_limit_set(t);
	spin_unlock_irqrestore(&sh->lock, flags);
	if (new && !err && which == RLIMIT_CPU)
		cpu_timers_go(t);
	return err;
}

SYSCALL_DEFINE4(prlimit64, pid_t, nr, u32, which,
		const struct rlimit64 __user *, unew,
		struct rlimit64 __user *, uold)
{
	struct rlimit64 new, old;
	struct task *t;
	int err;

	if (which >= RLIM_NLIMITS)
		return -EINVAL;
	if (unew && copy_from_user(&new, unew, sizeof(new)))
		return -EFAULT;
	t = nr ? task_find_get(nr) : task_get(current);
	if (!t)
		return -ESRCH;
	err = may_set_limits(t) ? set_limit(t, which, unew ? &new : NULL, &old)
				: -EPERM;
	task_put(t);
	if (!err && uold)
		err = copy_to_user(uold, &old, sizeof(old));
	return err;
}

static_assert(sizeof(struct rlimit) == sizeof(struct rlimit64), "LP64");

SYSCALL_DEFINE2(getrlimit, u32, which, struct rlimit64 __user *, ur)
{
	struct rlimit64 r;
	int err = which < RLIM_NLIMITS ? set_limit(current, which, NULL, &r)
				       : -EINVAL;

	return err ? err : copy_to_user(ur, &r, sizeof(r));
}

SYSCALL_DEFINE2(setrlimit, u32, which, const struct rlimit64 __user *, ur)
{
	struct rlimit64 r;

	if (copy_from_user(&r, ur, sizeof(r)))
		return -EFAULT;
	return which < RLIM_NLIMITS ? set_limit(current, which, &r, NULL)
				    : -EINVAL;
}

/* --- personality --- */

SYSCALL_DEFINE1(personality, u32, persona)
{
	u32 old = current->personality;

	if (persona != 0xffffffff)
		current->personality = persona;
	return old;
}

/* --- the machine --- */

u64 nr_file_pages_total(void);
extern u64 nr_shmem_pages;

SYSCALL_DEFINE1(sysinfo, struct sysinfo __user *, usi)
{
	struct sysinfo si = {0};

	si.uptime = ktime_get() / NSEC_PER_SEC;
	get_avenrun(si.loads);
	for (u32 i = 0; i < 3; i++)
		si.loads[i] <<= SI_LOAD_SHIFT - 11;
	si.totalram = mem_counters.total_pages * PAGE_SIZE;
	si.freeram = nr_free_pages() * PAGE_SIZE;
	si.sharedram = nr_shmem_pages * PAGE_SIZE;
	si.procs = (u16)min(nr_threads, 65535u);
	si.mem_unit = 1;
	return copy_to_user(usi, &si, sizeof(si));
}

SYSCALL_DEFINE3(getcpu, u32 __user *, cpu, u32 __user *, node, void __user *,
		unused)
{
	(void)unused;
	if (cpu && put_user(smp_processor_id(), cpu))
		return -EFAULT;
	return node ? put_user(0u, node) : 0;
}

SYSCALL_DEFINE3(getrandom, u8 __user *, buf, size_t, len, u32, flags)
{
	size_t done = 0;
	u8 chunk[256];
	int err = 0;

	if (flags & ~(u32)(GRND_NONBLOCK | GRND_RANDOM | GRND_INSECURE))
		return -EINVAL;
	if ((flags & (GRND_INSECURE | GRND_RANDOM)) ==
	    (GRND_INSECURE | GRND_RANDOM))
		return -EINVAL;
	if (!(flags & GRND_INSECURE) && !random_ready())
		err = flags & GRND_NONBLOCK ? -EAGAIN : random_wait_ready();
	if (err)
		return err;
	len = min(len, (size_t)S32_MAX);
	while (done < len) {
		size_t n = min(len - done, sizeof(chunk));

		get_random_bytes(chunk, n);
		if (copy_to_user(buf + done, chunk, n))
			break;
		done += n;
		if (done >= 256 && signal_pending(current))
			break;
	}
	memzero_explicit(chunk, sizeof(chunk));
	return done || !len ? (long)done : -EFAULT;
}

SYSCALL_DEFINE4(reboot, int, magic1, int, magic2, u32, cmd, void __user *, arg)
{
	(void)arg;
	if (!capable(CAP_SYS_BOOT))
		return -EPERM;
	if ((u32)magic1 != LINUX_REBOOT_MAGIC1 ||
	    (magic2 != LINUX_REBOOT_MAGIC2 && magic2 != LINUX_REBOOT_MAGIC2A &&
	     magic2 != LINUX_REBOOT_MAGIC2B && magic2 != LINUX_REBOOT_MAGIC2C))
		return -EINVAL;
	switch (cmd) {
	case LINUX_REBOOT_CMD_RESTART:
	case LINUX_REBOOT_CMD_RESTART2:
		pr_emerg("reboot: Restarting system\n");
		machine_restart();
		return -EINVAL;
	case LINUX_REBOOT_CMD_POWER_OFF:
		pr_emerg("reboot: Power down\n");
		machine_power_off();
		return -EINVAL;
	case LINUX_REBOOT_CMD_HALT:
		pr_emerg("reboot: System halted\n");
		machine_halt();
		return -EINVAL;
	case LINUX_REBOOT_CMD_CAD_ON:
	case LINUX_REBOOT_CMD_CAD_OFF:
		return 0; /* there is no keyboard to press it on */
	default:
		return -EINVAL;
	}
}
