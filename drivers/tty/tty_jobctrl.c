/*
 * Terminals: sessions, process groups, controlling terminals.
 *
 * A session leader without a terminal gets one by opening it or by TIOCSCTTY;
 * the processes it forks inherit it. The terminal remembers the session and
 * its foreground process group; who is not in the group is stopped when it
 * reads (SIGTTIN) or changes things (SIGTTOU).
 *
 * Locks: tasklist_lock > sighand->lock > tty->ctrl_lock. thread_group.tty
 * holds a reference and is guarded by sighand->lock.
 */
#include <asm/uaccess.h>
#include <linnet/cred.h>
#include <linnet/errno.h>
#include <linnet/syscalls.h>
#include <linnet/task.h>
#include "tty_internal.h"

struct tty *get_current_tty(void)
{
	struct tty *tty;

	spin_lock_irq(&current->sighand->lock);
	tty = tty_kref_get(current->tg->tty);
	spin_unlock_irq(&current->sighand->lock);
	return tty;
}

struct pid *tty_get_pgrp(struct tty *tty)
{
	u64 flags = spin_lock_irqsave(&tty->ctrl_lock);
	struct pid *pgrp = pid_get(tty->pgrp);

	spin_unlock_irqrestore(&tty->ctrl_lock, flags);
	return pgrp;
}

static bool signal_is_ignored(int sig)
{
	struct task *t = current;

	return t->blocked & sigmask(sig) ||
	       t->sighand->action[sig - 1].handler == (void __user *)SIG_IGN;
}

/**
 * tty_check_change - may this process use a terminal now?
 * @tty: the terminal
 * @sig: SIGTTIN to read, SIGTTOU to change it
 *
 * A background process of the terminal's session is stopped by @sig, sent to
 * its whole group. If it ignores or blocks the signal it may change the
 * terminal but not read; nor can it be stopped if its group is orphaned.
 *
 * Context: task. Return: 0, -ERESTARTSYS after @sig was sent, or -EIO.
 */
int tty_check_change(struct tty *tty, int sig)
{
	struct pid *pgrp, *foreground;
	int err = 0;

	if (READ_ONCE(current->tg->tty) != tty)
		return 0;
	rcu_read_lock();
	pgrp = pid_get(task_pgrp(current));
	rcu_read_unlock();
	foreground = tty_get_pgrp(tty);
	if (foreground && pgrp != foreground) {
		if (signal_is_ignored(sig)) {
			err = sig == SIGTTIN ? -EIO : 0;
		} else if (is_current_pgrp_orphaned()) {
			err = -EIO;
		} else {
			kill_pgrp(pgrp, sig, SEND_SIG_PRIV);
			set_ti_flag(current, TIF_SIGPENDING);
			err = -ERESTARTSYS;
		}
	}
	pid_put(foreground);
	pid_put(pgrp);
	return err;
}

/* --- taking and losing the terminal --- */

void proc_clear_tty(struct task *t)
{
	struct tty *tty = NULL;
	struct sighand *sh;
	u64 flags;

	sh = lock_task_sighand(t, &flags);
	if (sh) {
		tty = t->tg->tty;
		t->tg->tty = NULL;
		spin_unlock_irqrestore(&sh->lock, flags);
	}
	tty_kref_put(tty);
}

/* Take the terminal from every process of @session. */
void session_clear_tty(struct pid *session)
{
	struct task *t;

	if (!session)
		return;
	spin_lock(&tasklist_lock);
	for_each_pid_task(session, PIDTYPE_SID, t)
		proc_clear_tty(t);
	spin_unlock(&tasklist_lock);
}

/* Forget session and foreground group: referenced pids for the caller. */
static void set_owner(struct tty *tty, struct pid *session, struct pid *pgrp)
{
	struct pid *old_session, *old_pgrp;
	u64 flags = spin_lock_irqsave(&tty->ctrl_lock);

	old_session = tty->session;
	old_pgrp = tty->pgrp;
	tty->session = session;
	tty->pgrp = pgrp;
	spin_unlock_irqrestore(&tty->ctrl_lock, flags);
	pid_put(old_session);
	pid_put(old_pgrp);
}

static struct pid *get_session(struct tty *tty)
{
	u64 flags = spin_lock_irqsave(&tty->ctrl_lock);
	struct pid *session = pid_get(tty->session);

	spin_unlock_irqrestore(&tty->ctrl_lock, flags);
	return session;
}

void tty_clear_session(struct tty *tty)
{
	struct pid *session = get_session(tty);

	session_clear_tty(session);
	set_owner(tty, NULL, NULL);
	pid_put(session);
}

/* [tasklist_lock] */
static void hangup_member(struct task *t, struct tty *tty)
{
	struct thread_group *tg = t->tg;
	struct pid *old = NULL;
	bool held = false;
	struct sighand *sh;
	u64 flags;

	sh = lock_task_sighand(t, &flags);
	if (!sh)
		return;
	if (tg->tty == tty) {
		tg->tty = NULL;
		held = true;
	}
	if (tg->session_leader) {
		send_signal_locked(SIGHUP, SEND_SIG_PRIV, t, true);
		send_signal_locked(SIGCONT, SEND_SIG_PRIV, t, true);
		old = tg->tty_old_pgrp;
		tg->tty_old_pgrp = tty_get_pgrp(tty);
	}
	spin_unlock_irqrestore(&sh->lock, flags);
	pid_put(old);
	if (held)
		tty_kref_put(tty);
}

/* Hang-up: the session loses @tty, its leader hears of it. The caller holds a
 * reference to @tty. */
void tty_signal_session(struct tty *tty, bool exit_session)
{
	struct pid *session = get_session(tty), *pgrp = tty_get_pgrp(tty);
	struct task *t;

	if (session) {
		spin_lock(&tasklist_lock);
		for_each_pid_task(session, PIDTYPE_SID, t)
			hangup_member(t, tty);
		spin_unlock(&tasklist_lock);
	}
	if (exit_session && pgrp)
		kill_pgrp(pgrp, SIGHUP, SEND_SIG_PRIV);
	pid_put(pgrp);
	pid_put(session);
}

/* The current session leader takes @tty. [tty_mutex] */
static void proc_set_tty(struct tty *tty)
{
	struct pid *session, *pgrp, *old_pgrp;
	struct tty *old;

	rcu_read_lock();
	session = pid_get(task_session(current));
	pgrp = pid_get(task_pgrp(current));
	rcu_read_unlock();
	set_owner(tty, session, pgrp);
	spin_lock_irq(&current->sighand->lock);
	old = current->tg->tty;
	old_pgrp = current->tg->tty_old_pgrp;
	current->tg->tty = tty_kref_get(tty);
	current->tg->tty_old_pgrp = NULL;
	spin_unlock_irq(&current->sighand->lock);
	tty_kref_put(old);
	pid_put(old_pgrp);
}

/* Opened without O_NOCTTY. Write-only openers don't get to read what is
 * typed this way. [tty_mutex] */
void tty_open_set_ctty(struct file *f, struct tty *tty)
{
	if (current->tg->session_leader && !current->tg->tty &&
	    !tty->session && f->mode & FMODE_READ)
		proc_set_tty(tty);
}

/* Hang-up signals when the leader gives the terminal up but it lives on. */
static void leave_tty(struct tty *tty, bool on_exit)
{
	struct pid *pgrp = tty_get_pgrp(tty);

	if (pgrp) {
		kill_pgrp(pgrp, SIGHUP, SEND_SIG_PRIV);
		if (!on_exit)
			kill_pgrp(pgrp, SIGCONT, SEND_SIG_PRIV);
	}
	pid_put(pgrp);
}

static struct pid *take_old_pgrp(void)
{
	struct pid *old;

	spin_lock_irq(&current->sighand->lock);
	old = current->tg->tty_old_pgrp;
	current->tg->tty_old_pgrp = NULL;
	spin_unlock_irq(&current->sighand->lock);
	return old;
}

/**
 * disassociate_ctty - a session leader gives up its controlling terminal
 * @on_exit: it ends
 *
 * Does nothing for others. The foreground group gets SIGHUP and SIGCONT, and
 * no process of the session has a terminal afterwards. When the leader ends, a
 * terminal that is not a pty is hung up.
 *
 * Context: task, may sleep.
 */
void disassociate_ctty(bool on_exit)
{
	struct pid *old;
	struct tty *tty;

	if (!current->tg->session_leader)
		return;
	tty = get_current_tty();
	if (tty && on_exit && !(tty->driver->flags & TTY_DRV_PTY)) {
		mutex_lock(&tty_mutex);
		tty_hangup_locked(tty, true);
		mutex_unlock(&tty_mutex);
	} else if (tty) {
		leave_tty(tty, on_exit);
	}
	old = take_old_pgrp();
	if (!tty && on_exit && old) {
		/* Hung up earlier: the group that was in front then. */
		kill_pgrp(old, SIGHUP, SEND_SIG_PRIV);
		kill_pgrp(old, SIGCONT, SEND_SIG_PRIV);
	}
	pid_put(old);
	if (!tty)
		return;
	if (READ_ONCE(current->tg->tty) == tty)
		set_owner(tty, NULL, NULL);
	tty_kref_put(tty);
	old = pid_get(task_session(current));
	session_clear_tty(old);
	pid_put(old);
}

/* --- ioctls --- */

static long take_ctty(struct tty *tty, struct file *f, u64 arg)
{
	struct pid *session = get_session(tty);
	long err = 0;

	mutex_lock(&tty_mutex);
	if (current->tg->session_leader && task_session(current) == session)
		goto out;
	err = -EPERM;
	if (!current->tg->session_leader || current->tg->tty)
		goto out;
	if (session) {
		/* Steal it: root may, by argument 1. */
		if (arg != 1 || !capable(CAP_SYS_ADMIN))
			goto out;
		session_clear_tty(session);
	}
	if (!(f->mode & FMODE_READ) && !capable(CAP_SYS_ADMIN))
		goto out;
	proc_set_tty(tty);
	err = 0;
out:
	mutex_unlock(&tty_mutex);
	pid_put(session);
	return err;
}

static long drop_ctty(struct tty *tty)
{
	if (READ_ONCE(current->tg->tty) != tty)
		return -ENOTTY;
	disassociate_ctty(false);
	proc_clear_tty(current);
	return 0;
}

static struct pid *session_of_pgrp(struct pid *pgrp)
{
	struct task *t = pid_task(pgrp, PIDTYPE_PGID);

	if (!t)
		t = pid_task(pgrp, PIDTYPE_PID);
	return t ? task_session(t) : NULL;
}

/* [RCU] */
static long set_foreground(struct tty *real, pid_t nr)
{
	struct pid *pgrp, *old = NULL;
	u64 flags = spin_lock_irqsave(&real->ctrl_lock);
	long err = 0;

	pgrp = pid_find(nr);
	if (READ_ONCE(current->tg->tty) != real ||
	    real->session != task_session(current)) {
		err = -ENOTTY;
	} else if (!pgrp) {
		err = -ESRCH;
	} else if (session_of_pgrp(pgrp) != task_session(current)) {
		err = -EPERM;
	} else {
		old = real->pgrp;
		real->pgrp = pid_get(pgrp);
	}
	spin_unlock_irqrestore(&real->ctrl_lock, flags);
	pid_put(old);
	return err;
}

static long ioctl_set_pgrp(struct tty *real, pid_t __user *arg)
{
	long err = tty_check_change(real, SIGTTOU);
	pid_t nr;

	if (err)
		return err == -EIO ? -ENOTTY : err;
	if (get_user(nr, arg))
		return -EFAULT;
	if (nr < 0)
		return -EINVAL;
	rcu_read_lock();
	err = set_foreground(real, nr);
	rcu_read_unlock();
	return err;
}

/* TIOCGPGRP, TIOCGSID: a pty master may ask about its slave at any time. */
static long ioctl_get_pid(struct tty *tty, struct tty *real, bool sid,
			  pid_t __user *arg)
{
	struct pid *pid;
	pid_t nr;

	if (tty == real && READ_ONCE(current->tg->tty) != real)
		return -ENOTTY;
	pid = sid ? get_session(real) : tty_get_pgrp(real);
	nr = pid_nr(pid);
	pid_put(pid);
	if (sid && !nr)
		return -ENOTTY;
	return put_user(nr, arg);
}

long tty_jobctrl_ioctl(struct tty *tty, struct tty *real, struct file *f,
		       u32 cmd, u64 arg)
{
	pid_t __user *p = (pid_t __user *)arg;

	switch (cmd) {
	case TIOCSCTTY:
		return take_ctty(real, f, arg);
	case TIOCNOTTY:
		return drop_ctty(tty);
	case TIOCGPGRP:
		return ioctl_get_pid(tty, real, false, p);
	case TIOCSPGRP:
		return ioctl_set_pgrp(real, p);
	case TIOCGSID:
		return ioctl_get_pid(tty, real, true, p);
	default:
		return -ENOIOCTLCMD;
	}
}

SYSCALL_DEFINE0(vhangup)
{
	if (!capable(CAP_SYS_TTY_CONFIG))
		return -EPERM;
	tty_vhangup_self();
	return 0;
}
