/*
 * ELF programs: mapping segments, loading the dynamic linker, and the initial
 * stack with its auxiliary vector.
 *
 * Address layout: ET_EXEC where it says; ET_DYN with an interpreter (a PIE) at
 * two thirds of the address space plus a random offset; ET_DYN without one (the
 * dynamic linker run by hand) in the mmap area.
 */
#include <asm/mmu.h>
#include <asm/ptregs.h>
#include <asm/setup.h>
#include <asm/uaccess.h>
#include <linnet/binfmt.h>
#include <linnet/cred.h>
#include <linnet/elf_parse.h>
#include <linnet/errno.h>
#include <linnet/mm.h>
#include <linnet/random.h>
#include <linnet/slab.h>
#include <linnet/string.h>
#include <linnet/task.h>
#include <linnet/time.h>
#include <linnet/vdso.h>
#include <linux/auxvec.h>
#include <asm/auxvec.h>
#include <linux/limits.h>

#define ELF_ET_DYN_BASE (USER_END / 3 * 2)

/* One ELF file with its headers. */
struct elf_file {
	struct file *file;
	struct elf_info info;
	void *phdrs; /* kmalloc'ed */
	u64 code_flags; /* VM_* of executable segments besides VM_EXEC */
};

/* Where it was put. */
struct elf_place {
	u64 bias;
	u64 end; /* end of bss, for brk */
	u64 start_code, end_code, start_data, end_data;
};

static int read_exact(struct file *f, void *buf, size_t len, u64 off)
{
	loff_t pos = (loff_t)off;
	ssize_t n = kernel_read(f, buf, len, &pos);

	if (n < 0)
		return (int)n;
	return (size_t)n == len ? 0 : -EIO;
}

static int elf_open(struct elf_file *e, struct file *file, const void *head,
		    size_t len)
{
	int err;

	e->file = file;
	e->phdrs = NULL;
	e->code_flags = 0;
	err = elf_parse_header(&e->info, head, len);
	if (err)
		return err;
	if (!file->ops->mmap)
		return -ENOEXEC;
	e->phdrs = kmalloc(e->info.phdrs_size, GFP_KERNEL);
	if (!e->phdrs)
		return -ENOMEM;
	err = read_exact(file, e->phdrs, e->info.phdrs_size,
			 e->info.phdrs_offset);
	if (!err)
		err = elf_parse_phdrs(&e->info, e->phdrs);
	if (err) {
		kfree(e->phdrs);
		e->phdrs = NULL;
		if (err == -EIO)
			err = -ENOEXEC;
	}
	return err;
}

/*
 * Was the file built with landing pads? Only the one that runs first is asked:
 * a dynamic linker does what is right for the program by mprotect().
 */
static int read_property(struct elf_file *e)
{
	size_t len = e->info.property.size;
	u32 features;
	void *note;
	int err;

	if (!len)
		return 0;
	if (len > ELF_MAX_NOTE)
		return -ENOEXEC;
	note = kmalloc(len, GFP_KERNEL);
	if (!note)
		return -ENOMEM;
	err = read_exact(e->file, note, len, e->info.property.offset);
	if (!err)
		err = elf_parse_property(note, len, &features);
	kfree(note);
	if (!err && cpu_has_bti && (features & GNU_PROPERTY_AARCH64_FEATURE_1_BTI))
		e->code_flags = VM_BTI;
	return err;
}

static u64 segment_vm_flags(const struct elf_file *e, u32 pf)
{
	return (pf & PF_R ? VM_READ : 0) | (pf & PF_W ? VM_WRITE : 0) |
	       (pf & PF_X ? VM_EXEC | e->code_flags : 0) | VM_MAYREAD | VM_MAYWRITE | VM_MAYEXEC;
}

/* The rest of a data segment's last page, and whole pages of bss. */
static int map_zeroes(struct mm *mm, const struct elf_segment *s, u64 bias)
{
	u64 start = s->zero_start + bias, end = s->zero_end + bias;
	u64 page = ALIGN_UP(start, PAGE_SIZE);
	int err;

	if (end <= start)
		return 0;
	if (end > page) {
		down_write(&mm->mmap_lock);
		err = do_brk_locked(mm, page, ALIGN_UP(end, PAGE_SIZE) - page,
				    s->flags & PF_X ? VM_EXEC : 0);
		up_write(&mm->mmap_lock);
		if (err)
			return err;
	}
	/* A read-only segment's tail stays as the file has it. */
	if (page > start && s->map_end > s->map_start && (s->flags & PF_W) &&
	    clear_user((void __user *)start, page - start))
		return -EFAULT;
	return 0;
}

static int map_segment(struct elf_file *e, const struct elf_segment *s, u64 bias)
{
	struct mm *mm = current->mm;
	u64 len = s->map_end - s->map_start, at;

	/* As for mmap(2): a program may not have the page at 0 either. */
	if (s->map_start + bias < READ_ONCE(sysctl_mmap_min_addr) &&
	    !capable(CAP_SYS_RAWIO))
		return -EPERM;
	if (len) {
		down_write(&mm->mmap_lock);
		at = mmap_region_locked(mm, e->file, s->map_start + bias, len,
					segment_vm_flags(e, s->flags),
					s->map_offset >> PAGE_SHIFT);
		up_write(&mm->mmap_lock);
		if ((s64)at < 0)
			return (int)at;
	}
	return map_zeroes(mm, s, bias);
}

static void note_bounds(struct elf_place *p, const struct elf_segment *s)
{
	u64 start = s->vaddr + p->bias;
	u64 file_end = s->zero_start + p->bias;

	if (s->flags & PF_X) {
		p->start_code = min(p->start_code, start);
		p->end_code = max(p->end_code, file_end);
	}
	p->start_data = max(p->start_data, start);
	p->end_data = max(p->end_data, file_end);
	p->end = max(p->end, s->zero_end + p->bias);
	p->end = max(p->end, file_end);
}

static int map_segments(struct elf_file *e, struct elf_place *p)
{
	struct elf_segment s;
	unsigned int pos = 0;
	int err;

	p->start_code = ~0ul;
	p->end_code = p->start_data = p->end_data = p->end = 0;
	while (elf_segment(&e->info, e->phdrs, &pos, &s)) {
		err = map_segment(e, &s, p->bias);
		if (err)
			return err;
		note_bounds(p, &s);
	}
	return 0;
}

/* A free range for the whole of an ET_DYN file: its bias, or -errno. */
static u64 choose_bias(const struct elf_info *info, u64 hint)
{
	u64 len = ALIGN_UP(info->high, PAGE_SIZE) - info->low, at;
	struct mm *mm = current->mm;

	down_read(&mm->mmap_lock);
	at = find_free_area(mm, hint, len, max(info->align, PAGE_SIZE));
	up_read(&mm->mmap_lock);
	return (s64)at < 0 ? at : at - info->low;
}

static u64 program_bias(const struct elf_info *info)
{
	u64 base = 0;

	if (info->type == ET_EXEC)
		return 0;
	if (info->interp.size) {
		base = ELF_ET_DYN_BASE;
		base += random_mmap_offset();
		base = ALIGN_DOWN(base, max(info->align, PAGE_SIZE));
	}
	return choose_bias(info, base);
}

/* --- the interpreter --- */

static int open_interpreter(struct elf_file *prog, struct elf_file *interp)
{
	u64 size = prog->info.interp.size;
	char head[sizeof(struct elf64_hdr)], *path;
	struct file *f;
	int err;

	if (size < 2 || size > PATH_MAX)
		return -ENOEXEC;
	path = kmalloc(size, GFP_KERNEL);
	if (!path)
		return -ENOMEM;
	err = read_exact(prog->file, path, size, prog->info.interp.offset);
	if (!err && path[size - 1])
		err = -ENOEXEC;
	if (err) {
		kfree(path);
		return err == -EIO ? -ENOEXEC : err;
	}
	f = open_exec(path);
	kfree(path);
	if (IS_ERR(f))
		return (int)PTR_ERR(f);
	err = read_exact(f, head, sizeof(head), 0);
	if (!err)
		err = elf_open(interp, f, head, sizeof(head));
	if (err) {
		exec_file_close(f);
		return err == -ENOEXEC || err == -EIO ? -ELIBBAD : err;
	}
	return 0;
}

static void elf_close(struct elf_file *e, bool close)
{
	kfree(e->phdrs);
	if (close && e->file)
		exec_file_close(e->file);
}

/* Map the dynamic linker; its entry point, or -errno. */
static u64 load_interpreter(struct elf_file *e, u64 *bias)
{
	struct elf_place p;
	int err = elf_check_segments(&e->info, e->phdrs, USER_END);

	if (err)
		return (u64)err;
	p.bias = e->info.type == ET_DYN ? choose_bias(&e->info, 0) : 0;
	if ((s64)p.bias < 0 && e->info.type == ET_DYN &&
	    p.bias >= (u64)-MAX_ERRNO)
		return p.bias;
	err = map_segments(e, &p);
	if (err)
		return (u64)err;
	*bias = p.bias;
	return e->info.entry + p.bias;
}

/* --- the initial stack --- */

struct aux_writer {
	u64 *v;
	u32 n;
};

static void aux(struct aux_writer *w, u64 id, u64 value)
{
	w->v[w->n++] = id;
	w->v[w->n++] = value;
}

static void fill_auxv(struct aux_writer *w, struct binprm *b,
		      const struct elf_file *prog, u64 bias, u64 interp_base,
		      u64 platform, u64 random, u64 execfn)
{
	const struct cred *c = current_cred();

	aux(w, AT_SYSINFO_EHDR, current->mm->vdso);
	aux(w, AT_MINSIGSTKSZ, 5120);
	aux(w, AT_HWCAP, elf_hwcap);
	aux(w, AT_PAGESZ, PAGE_SIZE);
	aux(w, AT_CLKTCK, USER_HZ);
	aux(w, AT_PHDR, prog->info.phdrs_vaddr ? prog->info.phdrs_vaddr + bias
					       : 0);
	aux(w, AT_PHENT, sizeof(struct elf64_phdr));
	aux(w, AT_PHNUM, prog->info.nr_phdrs);
	aux(w, AT_BASE, interp_base);
	aux(w, AT_FLAGS, 0);
	aux(w, AT_ENTRY, prog->info.entry + bias);
	aux(w, AT_UID, c->uid);
	aux(w, AT_EUID, c->euid);
	aux(w, AT_GID, c->gid);
	aux(w, AT_EGID, c->egid);
	aux(w, AT_SECURE, b->secure);
	aux(w, AT_RANDOM, random);
	aux(w, AT_HWCAP2, elf_hwcap2);
	aux(w, AT_EXECFN, execfn);
	aux(w, AT_PLATFORM, platform);
	aux(w, AT_NULL, 0);
}

/* Pointers to @n strings that follow each other from *p on. */
static int put_pointers(u64 __user **sp, u64 *p, u32 n)
{
	while (n--) {
		size_t len;

		if (put_user(*p, *sp))
			return -EFAULT;
		(*sp)++;
		len = strnlen_user((const char __user *)*p,
				   MAX_ARG_STRLEN_PAGES * PAGE_SIZE);
		if (!len)
			return -EINVAL;
		*p += len;
	}
	if (put_user(0ul, *sp))
		return -EFAULT;
	(*sp)++;
	return 0;
}

/* argc, argv, envp and the auxiliary vector, below the strings. */
static int create_tables(struct binprm *b, const struct elf_file *prog, u64 bias,
			 u64 interp_base, u64 *sp)
{
	static const char platform[] = "aarch64";
	struct mm *mm = current->mm;
	u64 words = 1 + b->argc + 1 + b->envc + 1, p = b->p, random, plat, at;
	struct aux_writer w = {mm->saved_auxv, 0};
	u64 __user *u;
	u8 seed[16];
	int err;

	at = b->p & ~15ul;
	if (randomize_layout())
		at -= get_random_below(PAGE_SIZE) & ~15ul;
	plat = at -= sizeof(platform);
	random = at = (at - sizeof(seed)) & ~15ul;
	get_random_bytes(seed, sizeof(seed));
	if (copy_to_user((void __user *)plat, platform, sizeof(platform)) ||
	    copy_to_user((void __user *)random, seed, sizeof(seed)))
		return -EFAULT;
	memset(mm->saved_auxv, 0, sizeof(mm->saved_auxv));
	fill_auxv(&w, b, prog, bias, interp_base, plat, random, b->exec);
	at = (at - (words * 8 + w.n * 8)) & ~15ul;
	*sp = at;
	u = (u64 __user *)at;
	if (put_user((u64)b->argc, u++))
		return -EFAULT;
	mm->arg_start = p;
	err = put_pointers(&u, &p, b->argc);
	if (err)
		return err;
	mm->arg_end = mm->env_start = p;
	err = put_pointers(&u, &p, b->envc);
	if (err)
		return err;
	mm->env_end = p;
	return copy_to_user(u, mm->saved_auxv, w.n * 8);
}

/* --- loading --- */

static u64 random_stack_top(void)
{
	u64 top = USER_END;

	if (randomize_layout())
		top -= get_random_below(1ul << STACK_RND_BITS) << PAGE_SHIFT;
	return top;
}

static void set_brk(struct mm *mm, u64 end)
{
	mm->start_brk = mm->brk = ALIGN_UP(end, PAGE_SIZE);
	if (randomize_layout() && sysctl_randomize_va_space > 1)
		mm->start_brk = mm->brk =
			mm->brk + (get_random_below(1ul << BRK_RND_BITS)
				   << PAGE_SHIFT);
}

/* After the point of no return. */
static int load_program(struct binprm *b, struct elf_file *prog,
			struct elf_file *interp)
{
	struct mm *mm = current->mm;
	u64 entry, interp_base = 0, sp;
	struct elf_place p;
	long vdso;
	int err;

	err = setup_arg_pages(b, random_stack_top(),
			      prog->info.stack == ELF_STACK_EXEC);
	if (err)
		return err;
	p.bias = program_bias(&prog->info);
	if (p.bias >= (u64)-MAX_ERRNO)
		return (int)p.bias;
	err = map_segments(prog, &p);
	if (err)
		return err;
	entry = prog->info.entry + p.bias;
	mm->start_code = p.start_code;
	mm->end_code = p.end_code;
	mm->start_data = p.start_data;
	mm->end_data = p.end_data;
	set_brk(mm, p.end);
	if (interp) {
		entry = load_interpreter(interp, &interp_base);
		if (entry >= (u64)-MAX_ERRNO)
			return (int)entry;
	}
	down_write(&mm->mmap_lock);
	vdso = vdso_map(mm);
	up_write(&mm->mmap_lock);
	if (vdso < 0)
		return (int)vdso;
	err = create_tables(b, prog, p.bias, interp_base, &sp);
	if (err)
		return err;
	start_user_thread(task_regs(current), entry, sp);
	return 0;
}

static int load_elf(struct binprm *b)
{
	struct elf_file prog, interp = {0};
	bool dynamic;
	int err;

	err = elf_open(&prog, b->file, b->buf, BINPRM_BUF_SIZE);
	if (err)
		return err;
	dynamic = prog.info.interp.size != 0;
	if (dynamic) {
		err = open_interpreter(&prog, &interp);
		if (err)
			goto close_prog;
		binprm_would_dump(b, interp.file);
	}
	err = read_property(dynamic ? &interp : &prog);
	if (!err)
		err = begin_new_exec(b);
	if (err)
		goto close_interp;
	setup_new_exec(b);
	err = elf_check_segments(&prog.info, prog.phdrs, USER_END);
	if (!err)
		err = load_program(b, &prog, dynamic ? &interp : NULL);
close_interp:
	if (dynamic)
		elf_close(&interp, true);
close_prog:
	elf_close(&prog, false);
	return err;
}

const struct binfmt elf_format = {.load = load_elf};
