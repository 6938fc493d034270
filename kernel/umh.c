/*
 * User-mode helpers: programs that the kernel starts by itself, such as the
 * one that is told of devices.
 *
 * A request is copied into one block of memory and queued as work. The worker
 * starts a kernel thread for it, which takes descriptors and directories of
 * its own, turns into the program and is a child of kthreadd: nobody waits for
 * it. The block belongs to whoever runs: worker, then thread, which frees it
 * after exec has copied the strings.
 */
#include <linnet/binfmt.h>
#include <linnet/errno.h>
#include <linnet/fdtable.h>
#include <linnet/fs.h>
#include <linnet/printk.h>
#include <linnet/slab.h>
#include <linnet/string.h>
#include <linnet/task.h>
#include <linnet/umh.h>
#include <linnet/workqueue.h>

struct helper {
	struct work work;
	const char *path;
	const char **argv, **envp;
};

static u32 count_strings(const char *const *v, size_t *bytes)
{
	u32 n = 0;

	for (; v[n]; n++)
		*bytes += strlen(v[n]) + 1;
	return n;
}

static char *copy_strings(const char **to, const char *const *from, char *text)
{
	for (; *from; from++) {
		size_t n = strlen(*from) + 1;

		*to++ = memcpy(text, *from, n);
		text += n;
	}
	*to = NULL;
	return text;
}

/* One block: the struct, the two vectors, the strings. */
static struct helper *helper_alloc(const char *path, const char *const *argv,
				   const char *const *envp)
{
	size_t bytes = strlen(path) + 1;
	u32 nr_args = count_strings(argv, &bytes);
	u32 nr_vars = count_strings(envp, &bytes);
	size_t vectors = (nr_args + nr_vars + 2) * sizeof(char *);
	struct helper *h = kmalloc(sizeof(*h) + vectors + bytes, GFP_KERNEL);
	char *text;

	if (!h)
		return NULL;
	h->argv = (const char **)(h + 1);
	h->envp = h->argv + nr_args + 1;
	text = copy_strings(h->argv, argv, (char *)(h->envp + nr_vars + 1));
	text = copy_strings(h->envp, envp, text);
	memcpy(text, path, strlen(path) + 1);
	h->path = text;
	return h;
}

/* Kernel threads have no descriptors and share directories. */
static int own_files_and_fs(void)
{
	struct fs_context *fs = fs_context_copy(current->fs), *old_fs;
	int err;
	struct files *files = files_copy(init_task.files, U32_MAX, &err);

	if (!fs || !files) {
		if (fs)
			fs_context_put(fs);
		if (files)
			files_put(files);
		return -ENOMEM;
	}
	spin_lock(&current->lock);
	old_fs = current->fs;
	current->fs = fs;
	current->files = files;
	spin_unlock(&current->lock);
	fs_context_put(old_fs);
	return 0;
}

static int helper_thread(void *arg)
{
	struct helper *h = arg;
	int err = own_files_and_fs();

	/* kthreadd ignores SIGCHLD: the program leaves no zombie. */
	spin_lock(&tasklist_lock);
	current->exit_signal = SIGCHLD;
	spin_unlock(&tasklist_lock);
	if (!err)
		err = kernel_execve(h->path, h->argv, h->envp);
	if (err)
		pr_warn_ratelimited("helper %s not started: %d\n", h->path, err);
	kfree(h);
	return err;
}

static void start_helper(struct work *w)
{
	struct helper *h = container_of(w, struct helper, work);

	if (IS_ERR(kthread_run(helper_thread, h, "kworker/helper")))
		kfree(h);
}

/**
 * call_usermodehelper - start a program, as root and without a terminal
 * @path: what to execute
 * @argv: its arguments, ended by NULL
 * @envp: its environment, ended by NULL
 *
 * Returns before the program runs. What goes wrong later is only logged.
 *
 * Context: task; may sleep. Return: 0 or -ENOMEM.
 */
int call_usermodehelper(const char *path, const char *const *argv,
			const char *const *envp)
{
	struct helper *h = helper_alloc(path, argv, envp);

	if (!h)
		return -ENOMEM;
	work_init(&h->work, start_helper);
	work_queue(&h->work);
	return 0;
}
