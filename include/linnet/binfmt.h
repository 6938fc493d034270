/*
 * Executing programs: what execve(2) and the format handlers share.
 */
#ifndef LINNET_BINFMT_H
#define LINNET_BINFMT_H

#include <linnet/fs.h>
#include <linnet/mm.h>

enum { BINPRM_BUF_SIZE = 256, MAX_ARG_STRLEN_PAGES = 32, MAX_INTERPRETERS = 5 };

/* An execve in progress. */
struct binprm {
	char buf[BINPRM_BUF_SIZE]; /* first bytes of the file, zero-filled */
	struct file *file;
	struct file *script; /* the interpreter that #! names */
	struct mm *mm;	     /* the new address space, with its stack VMA */
	struct vma *stack;
	u64 p;		     /* lowest byte of the strings on the stack */
	u32 argc, envc;
	const char *filename; /* as given to execve */
	char *interp;	      /* what is really executed; kmalloc'ed or filename */
	struct cred *cred;    /* of the new program */
	bool secure;	      /* AT_SECURE */
	bool cred_changed;    /* set-id or file capabilities took effect */
	bool fs_shared;	      /* root and cwd are another process's too */
	bool unreadable;      /* the program, for who executes it */
	bool point_of_no_return;
	bool fd_path_unreadable; /* "/dev/fd/N" of a close-on-exec file */
	u64 exec;	      /* where the strings begin: for the loader */
};

struct binfmt {
	/* 0: loaded. -ENOEXEC: not this format. After begin_new_exec() has
	 * succeeded an error kills the process. */
	int (*load)(struct binprm *b);
};

/* @f becomes part of the program's memory. */
void binprm_would_dump(struct binprm *b, struct file *f);
/* Point of no return: the old program is gone, b->mm is current. */
int begin_new_exec(struct binprm *b);
/* Layout, credentials and flags; needs the personality to be set. */
void setup_new_exec(struct binprm *b);
/* Move the stack to its final, random place. */
int setup_arg_pages(struct binprm *b, u64 stack_top, bool executable);
/* Replace b->file by an interpreter and run the search again. */
int binprm_change_interp(const char *interp, struct binprm *b);
int copy_string_kernel(const char *s, struct binprm *b);
int remove_arg_zero(struct binprm *b);
/* Open for execution: writing is denied until exec_file_close(). */
struct file *open_exec(const char *name);
struct file *exec_file_get(struct file *f); /* one that is open so */
void exec_file_close(struct file *f);

extern const struct binfmt elf_format, script_format;

int kernel_execve(const char *name, const char *const *argv,
		  const char *const *envp);

#endif
