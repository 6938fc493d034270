/*
 * Reading ELF executables (System V ABI, chapter 4 and 5; ELF for the Arm
 * 64-bit Architecture): what execve needs to know of a file before it maps it.
 *
 * In three steps, over bytes the caller has read: the file header, which says
 * where the program headers are; the program headers; and, if there is one,
 * the property note. Nothing is trusted: what elf_segment() hands out can be
 * mapped without another check of ranges and sums.
 *
 * Steps and errors are Linux's. -ENOEXEC means "not for us" and another format
 * may be tried. -EINVAL is only found by Linux when the old program is gone,
 * so that the caller has to kill the process (SIGSEGV) to look the same.
 */
#ifndef LINNET_ELF_PARSE_H
#define LINNET_ELF_PARSE_H

#include <linnet/types.h>
#include <linux/elf.h>

enum {
	ELF_PAGE_SIZE = 4096,
	/* As in Linux, program headers must fit a page. */
	ELF_MAX_PHDRS = ELF_PAGE_SIZE / sizeof(struct elf64_phdr),
	ELF_MAX_NOTE = 1024, /* size of a property note that is looked at */
};

enum elf_stack {
	ELF_STACK_DEFAULT, /* the file does not say */
	ELF_STACK_NOEXEC,
	ELF_STACK_EXEC,
};

/* A range of the file. */
struct elf_range {
	u64 offset;
	u64 size; /* 0: there is none */
};

struct elf_info {
	/* From the file header. */
	u16 type; /* ET_EXEC or ET_DYN */
	u16 nr_phdrs;
	u64 entry;
	u64 phdrs_offset;
	u32 phdrs_size;
	/* From the program headers. Addresses are without load bias. */
	unsigned int nr_segments; /* PT_LOAD */
	u64 low;		  /* first page of all segments */
	u64 high;		  /* end of the last one, not rounded */
	u64 align;		  /* largest of theirs, at least a page */
	u64 phdrs_vaddr;	  /* where they are in memory; 0: nowhere */
	struct elf_range interp;  /* path, with its NUL */
	struct elf_range property;
	enum elf_stack stack;
};

/* A PT_LOAD segment, cut into what is mapped and what is zero. */
struct elf_segment {
	u32 flags;	/* PF_R, PF_W, PF_X */
	u64 vaddr;	/* as in the file */
	u64 map_start;	/* pages of the file: [map_start, map_end) */
	u64 map_end;	/* equal to map_start: none */
	u64 map_offset; /* in the file, of map_start */
	u64 zero_start; /* zero from here, in the last file page, */
	u64 zero_end;	/* to here, and to the end of that page */
};

int __must_check elf_parse_header(struct elf_info *info, const void *data,
				  size_t len);
int __must_check elf_parse_phdrs(struct elf_info *info, const void *phdrs);
int __must_check elf_check_segments(const struct elf_info *info,
				    const void *phdrs, u64 task_size);
bool elf_segment(const struct elf_info *info, const void *phdrs,
		 unsigned int *position, struct elf_segment *segment);
int __must_check elf_parse_property(const void *note, size_t len,
				    u32 *features);

#endif
