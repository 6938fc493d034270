/*
 * The first kernel threads: kernel_init, which becomes PID 1, and kthreadd, the
 * parent of kernel threads.
 */
#include <asm/setup.h>
#include <linnet/binfmt.h>
#include <linnet/boot.h>
#include <linnet/errno.h>
#include <linnet/fdtable.h>
#include <linnet/fs.h>
#include <linnet/init.h>
#include <linnet/initramfs.h>
#include <linnet/ktest.h>
#include <linnet/memblock.h>
#include <linnet/of.h>
#include <linnet/page.h>
#include <linnet/printk.h>
#include <linnet/sched.h>
#include <linnet/task.h>
#include <linux/sched.h>
#include "exit.h"

/* fd 0, 1 and 2 of init. */
static void open_console(void)
{
	struct file *f = filp_open("/dev/console", O_RDWR, 0);

	if (IS_ERR(f)) {
		pr_warn("Warning: unable to open an initial console (error %ld)\n",
			PTR_ERR(f));
		return;
	}
	for (u32 i = 0; i < 3; i++) {
		int fd = get_unused_fd(0);

		if (fd >= 0)
			fd_install((u32)fd, get_file(f));
	}
	fput(f);
}

static int run_init(const char *name)
{
	init_argv[0] = (char *)name;
	pr_info("Run %s as init process\n", name);
	return kernel_execve(name, (const char *const *)init_argv,
			     (const char *const *)init_envp);
}

/* PID 1 shares neither descriptors nor directories with kernel threads. */
static void own_files_and_fs(void)
{
	struct fs_context *old = current->fs;
	int err;

	current->files = files_copy(init_task.files, U32_MAX, &err);
	current->fs = fs_context_copy(old);
	if (!current->files || !current->fs)
		panic("no memory for the init process");
	fs_context_put(old);
}

/* Returns only if no program could be started. */
static int try_init_programs(void)
{
	static const char *const fallback[] = {"/sbin/init", "/etc/init",
					       "/bin/init", "/bin/sh"};
	const char *first = param_rdinit ? param_rdinit : "/init";
	struct path p;
	int err;

	if (!kern_path(first, LOOKUP_FOLLOW, &p)) {
		path_put(&p);
		err = run_init(first);
		if (!err)
			return 0;
		pr_err("Failed to execute %s (error %d)\n", first, err);
	} else if (param_rdinit) {
		pr_err("rdinit=%s is not in the initramfs\n", first);
	}
	if (param_init) {
		err = run_init(param_init);
		if (!err)
			return 0;
		panic("Requested init %s failed (error %d).", param_init, err);
	}
	for (u32 i = 0; i < ARRAY_SIZE(fallback); i++) {
		err = run_init(fallback[i]);
		if (!err)
			return 0;
		if (err != -ENOENT)
			pr_err("Starting init: %s exists but couldn't execute it (error %d)\n",
			       fallback[i], err);
	}
	return -ENOENT;
}

/* Its children that become programs (umh.c) are nobody's to wait for. */
static int kthreadd(void *unused)
{
	(void)unused;
	current->sighand->action[SIGCHLD - 1].handler = (void __user *)SIG_IGN;
	for (;;) {
		__set_current_state(TASK_IDLE_STATE);
		schedule();
	}
	return 0;
}

static int kernel_init(void *unused)
{
	phys_addr_t start, end;
	struct task *t;
	int err;

	(void)unused;
	child_reaper = current;
	current->tg->flags |= TG_UNKILLABLE;
	t = kthread_run(kthreadd, NULL, "kthreadd");
	if (IS_ERR(t))
		panic("no memory for the first threads");
	kthread_parent = t;
	do_initcalls();
	smp_bring_up();
	unpack_initramfs();
	own_files_and_fs();
	open_console();
	mark_rodata_ro();
	pr_info("Memory: %lu KiB free\n", nr_free_pages() << (PAGE_SHIFT - 10));
	ktest_run();
	err = try_init_programs();
	if (err && !of_initrd(&start, &end))
		panic("There is no initramfs and so no init. Give one to the boot loader (QEMU: -initrd)");
	if (err)
		panic("No working init found. Put a program at /init into the initramfs (scripts/mkinitramfs), or name one with rdinit=");
	return 0;
}

void start_init_thread(void)
{
	struct kernel_clone_args args = {.flags = CLONE_FS, .fn = kernel_init,
					 .name = "init"};
	long err;

	err = kernel_clone(&args);
	if (err < 0)
		panic("cannot start the init thread: %ld", err);
}
