/*
 * System requests: orders of one letter, for a machine in trouble. Those of
 * Linux's that make sense here (Documentation/admin-guide/sysrq); an unknown
 * letter prints the list.
 */
#define PR_PREFIX "sysrq: "
#include <asm/setup.h>
#include <linnet/fs.h>
#include <linnet/log.h>
#include <linnet/mm.h>
#include <linnet/page.h>
#include <linnet/printf.h>
#include <linnet/printk.h>
#include <linnet/sched.h>
#include <linnet/signal.h>
#include <linnet/sysrq.h>
#include <linnet/task.h>

extern int console_loglevel;

static void do_reboot(void)
{
	machine_restart();
}

static void do_crash(void)
{
	panic("sysrq triggered crash");
}

static void signal_all(int sig)
{
	struct task *t;

	spin_lock(&tasklist_lock);
	for_each_process(t)
		if (t != child_reaper && !(t->flags & PF_KTHREAD))
			send_signal(sig, SEND_SIG_PRIV, t, true);
	spin_unlock(&tasklist_lock);
}

static void do_terminate(void)
{
	signal_all(SIGTERM);
}

static void do_kill(void)
{
	signal_all(SIGKILL);
}

static void do_oom(void)
{
	out_of_memory(0);
}

static void do_memory(void)
{
	pr_info("%lu of %lu KiB free\n", nr_free_pages() << (PAGE_SHIFT - 10),
		mem_counters.total_pages << (PAGE_SHIFT - 10));
}

static void do_power_off(void)
{
	machine_power_off();
}

static void do_sync(void)
{
	ksys_sync();
	pr_info("Emergency Sync complete\n");
}

static void show_tasks(u32 states)
{
	struct task *p, *t;

	spin_lock(&tasklist_lock);
	for_each_process(p)
		for_each_thread(p, t)
			if (!states || READ_ONCE(t->state) & states)
				pr_info("%-15s pid:%d ppid:%d state:%#x\n",
					t->comm, task_pid(t),
					task_pid(t->real_parent),
					READ_ONCE(t->state));
	spin_unlock(&tasklist_lock);
}

static void do_tasks(void)
{
	show_tasks(0);
}

static void do_blocked(void)
{
	show_tasks(TASK_UNINTERRUPTIBLE);
}

static const struct {
	char key;
	const char *help;
	const char *says; /* when it is run */
	void (*run)(void);
} keys[] = {
	{'b', "reboot(b)", "Resetting", do_reboot},
	{'c', "crash(c)", "Trigger a crash", do_crash},
	{'e', "terminate-all-tasks(e)", "Terminate All Tasks", do_terminate},
	{'f', "memory-full-oom-kill(f)", "Manual OOM execution", do_oom},
	{'i', "kill-all-tasks(i)", "Kill All Tasks", do_kill},
	{'m', "show-memory-usage(m)", "Show Memory", do_memory},
	{'o', "poweroff(o)", "Power Off", do_power_off},
	{'s', "sync(s)", "Emergency Sync", do_sync},
	{'t', "show-task-states(t)", "Show State", do_tasks},
	{'w', "show-blocked-tasks(w)", "Show Blocked State", do_blocked},
};

static void print_help(void)
{
	char text[LOG_LINE_MAX];
	size_t n = 0;

	for (u32 i = 0; i < ARRAY_SIZE(keys); i++)
		n += (size_t)scnprintf(text + n, sizeof(text) - n, " %s",
				       keys[i].help);
	pr_info("HELP : loglevel(0-9)%s\n", text);
}

void sysrq_handle(char key)
{
	if (key >= '0' && key <= '9') {
		WRITE_ONCE(console_loglevel, key - '0');
		pr_info("Loglevel set to %c\n", key);
		return;
	}
	for (u32 i = 0; i < ARRAY_SIZE(keys); i++) {
		if (keys[i].key != key)
			continue;
		pr_info("%s\n", keys[i].says);
		keys[i].run();
		return;
	}
	print_help();
}
