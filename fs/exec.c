/*
 * execve: replacing the program of a process.
 *
 * A new address space is built beside the old one: first only a stack VMA at
 * the top, into which the argument strings are copied. Then a format handler
 * recognises the file. begin_new_exec() is the point of no return: it ends the
 * other threads, lets go of the old memory and installs the new; a failure
 * after it kills the process.
 *
 * Lock order: as in mm/ and signal; nothing is held over a format handler.
 */
#include <asm/mmu.h>
#include <asm/uaccess.h>
#include <linnet/binfmt.h>
#include <linnet/cred.h>
#include <linnet/errno.h>
#include <linnet/fdtable.h>
#include <linnet/fs.h>
#include <linnet/mm.h>
#include <linnet/posix_timers.h>
#include <linnet/random.h>
#include <linnet/slab.h>
#include <linnet/string.h>
#include <linnet/syscall_trace.h>
#include <linnet/syscalls.h>
#include <linnet/task.h>
#include <linux/limits.h>
#include <linux/personality.h>
#include <linux/ptrace.h>
#include <linux/securebits.h>
#include "internal.h"
#include "mount.h"

/* Room below a new stack's strings before it has to grow. */
enum {
	STACK_EXTRA = 128 * 1024,
	STACK_GAP_MIN = 128 * 1024 * 1024,
	STACK_LIMIT_USUAL = 8 * 1024 * 1024,
};
#define STACK_TOP_MAX USER_END

/* --- the strings on the new stack --- */

static int stack_init(struct binprm *b)
{
	struct mm *mm = b->mm;
	struct vma *v = vma_alloc_stack(mm, STACK_TOP_MAX);

	if (!v)
		return -ENOMEM;
	b->stack = v;
	b->p = v->end - sizeof(void *);
	return 0;
}

/* The page of the new stack that holds @pos, writable. NULL: no memory. */
static struct page *stack_page(struct binprm *b, u64 pos)
{
	struct page *p;
	u64 limit = max(rlimit(RLIMIT_STACK) / 4, (u64)(32 * PAGE_SIZE));

	if (b->stack->end - pos > min(limit, (u64)(6 << 20)))
		return NULL;
	if (get_user_pages(b->mm, pos & PAGE_MASK, 1, GUP_WRITE | GUP_FORCE, &p) != 1)
		return NULL;
	return p;
}

/* @len bytes (with the NUL) below b->p; from user or kernel memory. */
static int push_string(struct binprm *b, const char __user *u, const char *k,
		       size_t len)
{
	u64 pos = b->p;

	if (len > MAX_ARG_STRLEN_PAGES * PAGE_SIZE)
		return -E2BIG;
	b->p -= len;
	while (len) {
		size_t n = min(len, ((pos - 1) & ~PAGE_MASK) + 1);
		struct page *p = stack_page(b, pos - n);
		char *at;
		int err = 0;

		if (!p)
			return -E2BIG;
		pos -= n;
		len -= n;
		at = (char *)page_address(p) + (pos & ~PAGE_MASK);
		if (u)
			err = copy_from_user(at, u + len, n);
		else
			memcpy(at, k + len, n);
		put_page(p);
		if (err)
			return err;
		if (fatal_signal_pending(current))
			return -ERESTARTNOHAND;
	}
	return 0;
}

int copy_string_kernel(const char *s, struct binprm *b)
{
	return push_string(b, NULL, s, strlen(s) + 1);
}

/* A vector of strings: from user memory, or from the kernel's. */
struct string_vec {
	const char __user *const __user *user;
	const char *const *kernel;
};

static int vec_get(const struct string_vec *v, u32 i, const char **s)
{
	if (v->kernel) {
		*s = v->kernel[i];
		return 0;
	}
	return get_user(*s, (const char **)v->user + i);
}

static int vec_count(const struct string_vec *v)
{
	const char *s;
	u32 n = 0;

	if (!v->kernel && !v->user)
		return 0;
	for (;; n++) {
		if (vec_get(v, n, &s))
			return -EFAULT;
		if (!s)
			return (int)n;
		if (n >= S32_MAX / 8)
			return -E2BIG;
		if (fatal_signal_pending(current))
			return -ERESTARTNOHAND;
	}
}

static int push_vec(struct binprm *b, const struct string_vec *v, u32 n)
{
	while (n--) {
		const char *s;
		size_t len;
		int err = vec_get(v, n, &s);

		if (err)
			return err;
		if (v->kernel) {
			err = copy_string_kernel(s, b);
		} else {
			len = strnlen_user((const char __user *)s,
					   MAX_ARG_STRLEN_PAGES * PAGE_SIZE);
			err = len ? push_string(b, (const char __user *)s, NULL,
						len)
				  : -EFAULT;
		}
		if (err)
			return err;
	}
	return 0;
}

/* Drop argv[0] from the stack (scripts put others in its place). */
int remove_arg_zero(struct binprm *b)
{
	char c;

	if (!b->argc)
		return 0;
	do {
		struct page *p = stack_page(b, b->p);

		if (!p)
			return -EFAULT;
		c = ((char *)page_address(p))[b->p & ~PAGE_MASK];
		put_page(p);
		b->p++;
	} while (c);
	b->argc--;
	return 0;
}

/* --- files --- */

static struct file *do_open_exec(int dfd, struct filename *name, int flags)
{
	struct open_how_in how = {
		.flags = O_LARGEFILE | O_RDONLY,
		.acc_mode = MAY_EXEC | MAY_OPEN,
		.lookup = flags & AT_SYMLINK_NOFOLLOW ? 0 : LOOKUP_FOLLOW,
	};
	struct file *f;
	int err = -EACCES;

	if (flags & AT_EMPTY_PATH && !*name->name) {
		struct fd fd = fdget_raw((u32)dfd);
		struct path path;

		if (!fd.file)
			return ERR_PTR(-EBADF);
		path = fd.file->path;
		path_get(&path);
		fdput(fd);
		err = S_ISREG(path.dentry->inode->mode)
			      ? inode_permission(path.dentry->inode, MAY_EXEC)
			      : -EACCES;
		f = err ? ERR_PTR(err)
			: dentry_open(&path, O_RDONLY, current_cred());
		path_put(&path);
	} else {
		if (flags & AT_SYMLINK_NOFOLLOW)
			how.flags |= O_NOFOLLOW;
		f = do_filp_open(dfd, name, &how);
	}
	if (IS_ERR(f))
		return f;
	err = -EACCES;
	if (!S_ISREG(f->inode->mode) || path_noexec(&f->path))
		goto fail;
	err = deny_write_access(f);
	if (err)
		goto fail;
	return f;
fail:
	fput(f);
	return ERR_PTR(err);
}

/* One more reference to a program's file: it stays closed to writers. */
struct file *exec_file_get(struct file *f)
{
	deny_write_access(f); /* cannot fail: somebody denies it already */
	return get_file(f);
}

void exec_file_close(struct file *f)
{
	allow_write_access(f);
	fput(f);
}

/* An interpreter, named by the kernel or a script. */
struct file *open_exec(const char *name)
{
	struct filename *n = getname_kernel(name);
	struct file *f;

	if (IS_ERR(n))
		return ERR_CAST(n);
	f = do_open_exec(AT_FDCWD, n, 0);
	putname(n);
	return f;
}

/* --- credentials of the new program --- */

/*
 * Root is given all capabilities, whatever the file has; but a set-user-ID-root
 * program with capabilities of its own gets no others from that.
 */
static void root_caps(struct cred *c, struct file_caps *f, bool has_caps)
{
	if (c->securebits & (1 << SECURE_NOROOT) ||
	    (has_caps && c->euid == 0 && c->uid != 0))
		return;
	if (c->euid == 0 || c->uid == 0)
		c->cap_permitted = c->cap_bset | c->cap_inheritable;
	if (c->euid == 0)
		f->effective = true;
}

/*
 * Somebody else has a hand in the new program, or asked for no new rights: it gets
 * no more than there was.
 */
static void downgrade(struct cred *c, const struct cred *old)
{
	if (old->no_new_privs || !capable(CAP_SETUID)) {
		c->euid = c->uid;
		c->egid = c->gid;
	}
	c->cap_permitted &= old->cap_permitted;
}

/* @old: before the program; -EPERM: it would have less than it is to have. */
static int program_caps(struct binprm *b, const struct cred *old)
{
	struct cred *c = b->cred;
	struct file_caps f = {0};
	bool has_caps = !mount_is_nosuid(b->file->path.mnt) &&
			file_caps_get(b->file->inode, &f);
	bool is_setid = c->euid != old->uid || c->egid != old->gid;

	c->cap_permitted = (old->cap_bset & f.permitted) |
			   (old->cap_inheritable & f.inheritable);
	if (f.effective && f.permitted & ~c->cap_permitted)
		return -EPERM;
	root_caps(c, &f, has_caps);
	if ((old->no_new_privs || b->fs_shared) &&
	    (is_setid || c->cap_permitted & ~old->cap_permitted))
		downgrade(c, old);
	c->suid = c->fsuid = c->euid;
	c->sgid = c->fsgid = c->egid;
	if (has_caps || is_setid)
		c->cap_ambient = 0;
	c->cap_permitted |= c->cap_ambient;
	c->cap_effective = f.effective ? c->cap_permitted : c->cap_ambient;
	b->secure = is_setid ||
		    (c->uid != 0 &&
		     (f.effective || c->cap_permitted & ~c->cap_ambient));
	return 0;
}

/* Set-user-ID, set-group-ID, capabilities (capabilities(7)). */
static int prepare_creds(struct binprm *b)
{
	struct inode *inode = b->file->inode;
	struct cred *c = b->cred;
	const struct cred *old = current_cred();
	bool setid_ok = !mount_is_nosuid(b->file->path.mnt) && !old->no_new_privs;
	u16 mode;
	int err;

	c->euid = old->euid;
	c->egid = old->egid;
	/* Together: chown takes the bits that were the old owner's. */
	spin_lock(&inode->lock);
	mode = setid_ok ? inode->mode : 0;
	if (mode & S_ISUID)
		c->euid = inode->uid;
	if ((mode & (S_ISGID | S_IXGRP)) == (S_ISGID | S_IXGRP))
		c->egid = inode->gid;
	spin_unlock(&inode->lock);
	err = program_caps(b, old);
	if (err)
		return err;
	c->securebits &= ~(u32)(1 << SECURE_KEEP_CAPS);
	b->cred_changed = c->euid != old->euid || c->egid != old->egid ||
			  c->cap_permitted & ~old->cap_permitted;
	return 0;
}

/* --- finding the format --- */

static int read_head(struct binprm *b)
{
	loff_t pos = 0;
	ssize_t n;

	memset(b->buf, 0, BINPRM_BUF_SIZE);
	n = kernel_read(b->file, b->buf, BINPRM_BUF_SIZE, &pos);
	return n < 0 ? (int)n : 0;
}

int binprm_change_interp(const char *interp, struct binprm *b)
{
	char *copy = kstrdup(interp, GFP_KERNEL);

	if (!copy)
		return -ENOMEM;
	if (b->interp != b->filename)
		kfree(b->interp);
	b->interp = copy;
	return 0;
}

static int search_handlers(struct binprm *b)
{
	static const struct binfmt *const formats[] = {&elf_format,
						       &script_format};
	int err = -ENOEXEC;

	for (u32 i = 0; i < ARRAY_SIZE(formats) && err == -ENOEXEC; i++)
		err = formats[i]->load(b);
	return err;
}

static int exec_binprm(struct binprm *b)
{
	int err;

	for (u32 depth = 0;; depth++) {
		struct file *script;

		if (depth > MAX_INTERPRETERS)
			return -ELOOP;
		err = read_head(b);
		if (!err)
			err = search_handlers(b);
		if (err || !b->script)
			return err;
		script = b->file; /* go on with the interpreter */
		b->file = b->script;
		b->script = NULL;
		exec_file_close(script);
	}
}

/* --- the point of no return --- */

/* End all other threads and become the leader. */
static int de_thread(struct task *t)
{
	struct thread_group *tg = t->tg;
	struct sighand *sh = t->sighand;

	if (tg->nr_threads == 1)
		return 0;
	spin_lock_irq(&sh->lock);
	if (tg->flags & TG_GROUP_EXIT || tg->group_exec) {
		spin_unlock_irq(&sh->lock);
		return -EAGAIN;
	}
	tg->group_exec = t;
	zap_other_threads(t);
	spin_unlock_irq(&sh->lock);
	return exec_wait_threads(t);
}

/* Handlers shared with another process become our own. */
static int unshare_sighand(struct task *t)
{
	struct sighand *old = t->sighand, *new;

	if (refcount_read(&old->refs) == 1)
		return 0;
	new = sighand_alloc();
	if (!new)
		return -ENOMEM;
	spin_lock(&tasklist_lock);
	spin_lock_irq(&old->lock);
	memcpy(new->action, old->action, sizeof(new->action));
	rcu_assign_pointer(t->sighand, new);
	spin_unlock_irq(&old->lock);
	spin_unlock(&tasklist_lock);
	sighand_put(old);
	return 0;
}

/*
 * Memory and credentials change at one stroke for ptrace_mm_get(): who could look
 * into the process before must not find the memory of a set-user-ID program.
 */
static void install(struct binprm *b)
{
	struct task *t = current;
	const struct cred *c = t->real_cred;
	struct mm *mm = b->mm, *old = t->mm;

	mm_release(t);
	/* By the old ids; cred_commit() looks at what changes. */
	mm->dumpable = b->unreadable || c->euid != c->uid || c->egid != c->gid
			       ? (u32)READ_ONCE(sysctl_suid_dumpable)
			       : SUID_DUMP_USER;
	b->mm = NULL;
	down_write(&t->tg->exec_lock);
	spin_lock(&t->lock);
	t->mm = mm;
	spin_unlock(&t->lock);
	activate_mm(mm);
	cred_commit(b->cred);
	b->cred = NULL;
	WRITE_ONCE(t->tg->exec_id, t->tg->exec_id + 1);
	up_write(&t->tg->exec_lock);
	if (old) {
		u64 rss = old->rss_anon + old->rss_file + old->rss_shmem;

		t->tg->maxrss = max(t->tg->maxrss, rss << (PAGE_SHIFT - 10));
		mm_put(old);
	}
}

/* Who may not read a program may not read it out of its memory. */
void binprm_would_dump(struct binprm *b, struct file *f)
{
	if (inode_permission(f->inode, MAY_READ))
		b->unreadable = true;
}

int begin_new_exec(struct binprm *b)
{
	struct task *t = current;
	int err;

	/* Of the program that runs: what a script may says nothing. */
	err = prepare_creds(b);
	if (err)
		return err;
	binprm_would_dump(b, b->file);
	/* The other threads end now: there is no way back to the program. */
	b->point_of_no_return = true;
	err = de_thread(t);
	if (err)
		return err;
	err = unshare_files();
	if (!err)
		err = unshare_sighand(t);
	if (err)
		return err;
	b->mm->exe_file = exec_file_get(b->file);
	install(b);
	atomic_and(&t->flags, ~(u32)(PF_FORKNOEXEC | PF_KTHREAD));
	t->personality &= ~(u32)(b->cred_changed ? PER_CLEAR_ON_SETID : 0);
	flush_thread();
	close_on_exec_files(t->files);
	return 0;
}

/* Top-down mmap area below the stack, with room for it to grow. */
static void pick_layout(struct mm *mm)
{
	u64 gap = clamp(rlimit(RLIMIT_STACK), (u64)STACK_GAP_MIN,
			(u64)USER_END / 6 * 5);

	if (randomize_layout()) /* the stack's top is lower then */
		gap += PAGE_SIZE << STACK_RND_BITS;
	gap += STACK_GUARD_PAGES * PAGE_SIZE;
	mm->mmap_base = ALIGN_DOWN(USER_END - gap - random_mmap_offset(),
				   PAGE_SIZE);
}

/* The soft limit of a program with more rights is at most the usual one. */
static void limit_stack(struct task *t)
{
	struct rlimit64 *r = &t->tg->rlim[RLIMIT_STACK];

	spin_lock_irq(&t->sighand->lock);
	r->rlim_cur = min(r->rlim_cur, (u64)STACK_LIMIT_USUAL);
	spin_unlock_irq(&t->sighand->lock);
}

void setup_new_exec(struct binprm *b)
{
	struct task *t = current;
	const char *name = strrchr(b->filename, '/');

	if (b->secure) /* nor is its layout the caller's to choose */
		limit_stack(t);
	pick_layout(t->mm);
	t->sas = (stack_t){.ss_flags = SS_DISABLE};
	if (b->secure)
		t->pdeath_signal = 0;
	set_task_comm(t, name ? name + 1 : b->filename);
	syscall_trace_exec();
	t->exit_signal = SIGCHLD;
	t->robust_list = NULL;
	t->rseq = NULL;
	t->rseq_len = t->rseq_sig = 0;
	t->clear_child_tid = NULL;
	flush_signal_handlers(t, false);
	posix_timers_exit(t->tg);
}

int setup_arg_pages(struct binprm *b, u64 stack_top, bool executable)
{
	struct mm *mm = current->mm;
	struct vma *v = b->stack;
	u64 shift, size, grow;
	int err;

	stack_top = ALIGN_DOWN(stack_top, 16);
	stack_top = ALIGN_UP(stack_top, PAGE_SIZE);
	if (down_write_killable(&mm->mmap_lock))
		return -EINTR;
	shift = v->end - stack_top;
	err = shift ? vma_shift_down(v, shift) : 0;
	if (!err) {
		b->p -= shift;
		b->exec -= shift;
		v->flags |= VM_GROWSDOWN | VM_ACCOUNT | mm->def_flags;
		if (executable)
			v->flags |= VM_EXEC;
		size = v->end - v->start;
		grow = min(size + STACK_EXTRA, rlimit(RLIMIT_STACK));
		grow &= PAGE_MASK;
		if (grow > size)
			err = expand_stack(v, v->end - grow);
		mm->start_stack = b->p;
	}
	up_write(&mm->mmap_lock);
	return err ? -EFAULT : 0;
}

/* --- execve --- */

static void binprm_free(struct binprm *b)
{
	if (b->mm)
		mm_put(b->mm);
	if (b->cred)
		cred_abort(b->cred);
	if (b->script)
		exec_file_close(b->script);
	if (b->file)
		exec_file_close(b->file);
	if (b->interp != b->filename)
		kfree(b->interp);
	kfree(b);
}

static struct binprm *binprm_alloc(struct file *file, const char *name)
{
	struct binprm *b = kzalloc(sizeof(*b), GFP_KERNEL);

	if (!b) {
		exec_file_close(file);
		return NULL;
	}
	b->file = file;
	b->filename = name;
	b->interp = (char *)name;
	b->cred = cred_prepare();
	b->mm = mm_alloc();
	if (b->cred && b->mm && !stack_init(b))
		return b;
	binprm_free(b);
	return NULL;
}

static int push_arguments(struct binprm *b, const struct string_vec *argv,
			  const struct string_vec *envp)
{
	int argc = vec_count(argv), envc = vec_count(envp), err;

	if (argc < 0)
		return argc;
	if (envc < 0)
		return envc;
	b->argc = (u32)argc;
	b->envc = (u32)envc;
	/* The pointers will need room too (execve(2), E2BIG). */
	if (((u64)argc + (u64)envc) * 8 > rlimit(RLIMIT_STACK) / 4)
		return -E2BIG;
	err = copy_string_kernel(b->filename, b);
	b->exec = b->p;
	if (!err)
		err = push_vec(b, envp, b->envc);
	if (!err)
		err = push_vec(b, argv, b->argc);
	if (!err && !argc) {
		/* Programs rely on argv[0]: an empty one, as Linux 5.18+. */
		err = copy_string_kernel("", b);
		b->argc = 1;
	}
	return err;
}

static int do_execve(int dfd, struct filename *name, int flags,
		     const struct string_vec *argv, const struct string_vec *envp)
{
	char *fd_path = NULL;
	struct binprm *b;
	struct file *f;
	int err;

	if (IS_ERR(name))
		return (int)PTR_ERR(name);
	err = cred_over_nproc() ? -EAGAIN : 0;
	if (err)
		goto put_name;
	f = do_open_exec(dfd, name, flags);
	if (IS_ERR(f)) {
		err = (int)PTR_ERR(f);
		goto put_name;
	}
	if (dfd != AT_FDCWD && name->name[0] != '/') {
		fd_path = kasprintf(GFP_KERNEL,
				    *name->name ? "/dev/fd/%d/%s" : "/dev/fd/%d",
				    dfd, name->name);
		if (!fd_path) {
			exec_file_close(f);
			err = -ENOMEM;
			goto put_name;
		}
	}
	b = binprm_alloc(f, fd_path ? fd_path : name->name);
	if (!b) {
		err = -ENOMEM;
		goto free_path;
	}
	b->fd_path_unreadable = fd_path && get_close_on_exec((u32)dfd);
	b->fs_shared = fs_exec_begin(current->fs);
	err = push_arguments(b, argv, envp);
	if (!err)
		err = exec_binprm(b);
	if (!b->fs_shared)
		fs_exec_end(current->fs);
	if (err && b->point_of_no_return && !fatal_signal_pending(current))
		force_sig(SIGSEGV);
	binprm_free(b);
free_path:
	kfree(fd_path);
put_name:
	putname(name);
	return err;
}

SYSCALL_DEFINE3(execve, const char __user *, name,
		const char __user *const __user *, argv,
		const char __user *const __user *, envp)
{
	struct string_vec a = {.user = argv}, e = {.user = envp};

	return do_execve(AT_FDCWD, getname_flags(name, 0), 0, &a, &e);
}

SYSCALL_DEFINE5(execveat, int, dfd, const char __user *, name,
		const char __user *const __user *, argv,
		const char __user *const __user *, envp, int, flags)
{
	struct string_vec a = {.user = argv}, e = {.user = envp};

	if (flags & ~(AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW))
		return -EINVAL;
	return do_execve(dfd,
			 getname_flags(name, flags & AT_EMPTY_PATH ? LOOKUP_EMPTY
								   : 0),
			 flags, &a, &e);
}

/* For kernel threads that become the first user program. */
int kernel_execve(const char *name, const char *const *argv,
		  const char *const *envp)
{
	struct string_vec a = {.kernel = argv}, e = {.kernel = envp};

	return do_execve(AT_FDCWD, getname_kernel(name), 0, &a, &e);
}
