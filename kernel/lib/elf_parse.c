/*
 * Reading ELF executables.
 *
 * Like Linux, this looks at the magic number, type, machine and the size of
 * program headers, and not at class, byte order, version or sections.
 */
#include <linnet/elf_parse.h>
#include <linnet/errno.h>
#include <linnet/string.h>
#include <linnet/types.h>
#include <linux/limits.h>

#define PAGE_MASK (~(u64)(ELF_PAGE_SIZE - 1))

static u64 page_start(u64 addr)
{
	return addr & PAGE_MASK;
}

static u64 page_offset(u64 addr)
{
	return addr & ~PAGE_MASK;
}

/* The caller knows that there is a whole page before 2^64. */
static u64 page_end(u64 addr)
{
	return page_start(addr + ELF_PAGE_SIZE - 1);
}

/**
 * elf_parse_header - read the file header
 * @info: its first part is filled in, the rest cleared
 * @data: start of the file
 * @len: bytes of it
 *
 * Return: 0 or -ENOEXEC. (An interpreter's is -ELIBBAD; the caller knows.)
 */
int elf_parse_header(struct elf_info *info, const void *data, size_t len)
{
	struct elf64_hdr h;

	if (len < sizeof(h))
		return -ENOEXEC;
	memcpy(&h, data, sizeof(h));
	if (memcmp(h.e_ident, ELFMAG, SELFMAG))
		return -ENOEXEC;
	if (h.e_type != ET_EXEC && h.e_type != ET_DYN)
		return -ENOEXEC;
	if (h.e_machine != EM_AARCH64)
		return -ENOEXEC;
	if (h.e_phentsize != sizeof(struct elf64_phdr))
		return -ENOEXEC;
	if (!h.e_phnum || h.e_phnum > ELF_MAX_PHDRS)
		return -ENOEXEC;
	*info = (struct elf_info){
	    .type = h.e_type,
	    .nr_phdrs = h.e_phnum,
	    .entry = h.e_entry,
	    .phdrs_offset = h.e_phoff,
	    .phdrs_size = h.e_phnum * (u32)sizeof(struct elf64_phdr),
	    .align = ELF_PAGE_SIZE,
	};
	return 0;
}

static void read_phdr(struct elf64_phdr *ph, const void *phdrs, unsigned int i)
{
	memcpy(ph, (const u8 *)phdrs + i * sizeof(*ph), sizeof(*ph));
}

static bool range_has(u64 start, u64 size, u64 at)
{
	return at >= start && at - start < size;
}

static void note_segment(struct elf_info *info, const struct elf64_phdr *ph)
{
	u64 start = page_start(ph->p_vaddr);
	u64 end;

	if (__builtin_add_overflow(ph->p_vaddr, ph->p_memsz, &end))
		end = U64_MAX; /* elf_check_segments() refuses it */
	info->low = info->nr_segments ? min(info->low, start) : start;
	info->high = max(info->high, end);
	if (is_power_of_2(ph->p_align))
		info->align = max(info->align, (u64)ph->p_align);
	if (range_has(ph->p_offset, ph->p_filesz, info->phdrs_offset))
		info->phdrs_vaddr =
		    info->phdrs_offset - ph->p_offset + ph->p_vaddr;
	info->nr_segments++;
}

static int note_interp(struct elf_info *info, const struct elf64_phdr *ph)
{
	if (info->interp.size)
		return 0; /* the first one counts */
	if (ph->p_filesz < 2 || ph->p_filesz > PATH_MAX)
		return -ENOEXEC;
	info->interp.offset = ph->p_offset;
	info->interp.size = ph->p_filesz;
	return 0;
}

static void note_property(struct elf_info *info, const struct elf64_phdr *ph)
{
	/* With an interpreter it is that one's note that counts. */
	if (info->interp.size)
		return;
	info->property.offset = ph->p_offset;
	info->property.size = ph->p_filesz;
}

/**
 * elf_parse_phdrs - read the program headers
 * @info: from elf_parse_header(); the rest is filled in
 * @phdrs: info->phdrs_size bytes of the file from info->phdrs_offset on
 *
 * Return: 0 or -ENOEXEC.
 */
int elf_parse_phdrs(struct elf_info *info, const void *phdrs)
{
	struct elf64_phdr ph;
	unsigned int i;
	int err;

	for (i = 0; i < info->nr_phdrs; i++) {
		read_phdr(&ph, phdrs, i);
		switch (ph.p_type) {
		case PT_LOAD:
			note_segment(info, &ph);
			break;
		case PT_INTERP:
			err = note_interp(info, &ph);
			if (err)
				return err;
			break;
		case PT_GNU_PROPERTY:
			note_property(info, &ph);
			break;
		case PT_GNU_STACK:
			info->stack = ph.p_flags & PF_X ? ELF_STACK_EXEC
							: ELF_STACK_NOEXEC;
			break;
		default:
			break;
		}
	}
	return 0;
}

static bool segment_is_sane(const struct elf64_phdr *ph, u64 task_size)
{
	u64 end;

	if (ph->p_filesz > ph->p_memsz || ph->p_memsz > task_size ||
	    ph->p_vaddr > task_size - ph->p_memsz)
		return false;
	if (!ph->p_filesz)
		return true;
	/* A page of the file is mapped to a page. */
	if (page_offset(ph->p_offset) != page_offset(ph->p_vaddr))
		return false;
	return !__builtin_add_overflow(ph->p_offset, ph->p_filesz, &end) &&
	       end <= (u64)S64_MAX - ELF_PAGE_SIZE;
}

/**
 * elf_check_segments - can the file be mapped
 * @info: from elf_parse_phdrs()
 * @phdrs: as for elf_parse_phdrs()
 * @task_size: end of user addresses, a multiple of the page size
 *
 * Return: 0 or -EINVAL.
 */
int elf_check_segments(const struct elf_info *info, const void *phdrs,
		       u64 task_size)
{
	struct elf64_phdr ph;
	unsigned int i;

	if (!info->nr_segments || info->high == info->low)
		return -EINVAL;
	for (i = 0; i < info->nr_phdrs; i++) {
		read_phdr(&ph, phdrs, i);
		if (ph.p_type == PT_LOAD && !segment_is_sane(&ph, task_size))
			return -EINVAL;
	}
	return info->entry < task_size ? 0 : -EINVAL;
}

/**
 * elf_segment - step through the segments to map
 * @info: a file that elf_check_segments() has passed
 * @phdrs: as for elf_parse_phdrs()
 * @position: 0 at first; changed to where to go on
 * @segment: set to the next segment, in the order of the program headers
 *
 * Memory between map_end and zero_end is anonymous. Before that, the rest of
 * the last file page has to be cleared from zero_start on if the segment is
 * larger in memory than in the file.
 *
 * Return: false behind the last.
 */
bool elf_segment(const struct elf_info *info, const void *phdrs,
		 unsigned int *position, struct elf_segment *segment)
{
	struct elf64_phdr ph;

	do {
		if (*position >= info->nr_phdrs)
			return false;
		read_phdr(&ph, phdrs, (*position)++);
	} while (ph.p_type != PT_LOAD || !ph.p_memsz);
	segment->flags = ph.p_flags & (PF_R | PF_W | PF_X);
	segment->vaddr = ph.p_vaddr;
	segment->zero_start = ph.p_vaddr + ph.p_filesz;
	segment->zero_end = ph.p_vaddr + ph.p_memsz;
	segment->map_start = page_start(ph.p_vaddr);
	segment->map_end = segment->map_start;
	segment->map_offset = 0;
	if (ph.p_filesz) {
		segment->map_end = page_end(segment->zero_start);
		segment->map_offset = page_start(ph.p_offset);
	}
	return true;
}

/* What comes before the properties: the note's header and the name "GNU". */
enum { NOTE_HEAD = sizeof(struct elf64_note) + 4, PROPERTY_ALIGN = 8 };

/* A property: its type, the size of its data, the data. */
struct property {
	u32 type;
	u32 size;
};

/* Read what the kernel knows of one property. */
static int note_feature(const struct property *p, const u8 *data, u32 *features)
{
	if (p->type != GNU_PROPERTY_AARCH64_FEATURE_1_AND)
		return 0;
	if (p->size != sizeof(*features))
		return -ENOEXEC;
	memcpy(features, data, sizeof(*features));
	return 0;
}

/* Properties have ascending types and are padded to eight bytes. */
static int parse_properties(const u8 *data, size_t len, u32 *features)
{
	struct property p;
	bool first = true;
	u32 last = 0;
	size_t step;
	int err;

	for (; len; data += step, len -= step) {
		if (len < sizeof(p))
			return -ENOEXEC;
		memcpy(&p, data, sizeof(p));
		if (p.size > len - sizeof(p))
			return -ENOEXEC;
		step = sizeof(p) + ALIGN_UP((size_t)p.size, PROPERTY_ALIGN);
		if (step > len || (!first && p.type <= last))
			return -ENOEXEC;
		first = false;
		last = p.type;
		err = note_feature(&p, data + sizeof(p), features);
		if (err)
			return err;
	}
	return 0;
}

/**
 * elf_parse_property - read the GNU property note
 * @note: the file's bytes in info->property
 * @len: their number
 * @features: set to the GNU_PROPERTY_AARCH64_FEATURE_1_* the file was built
 *	for, 0 if it does not say
 *
 * Return: 0; -EIO if it is too short to be a note; -ENOEXEC if it is too long
 * or not well formed.
 */
int elf_parse_property(const void *note, size_t len, u32 *features)
{
	struct elf64_note head;

	*features = 0;
	if (len > ELF_MAX_NOTE)
		return -ENOEXEC;
	if (len < NOTE_HEAD)
		return -EIO;
	memcpy(&head, note, sizeof(head));
	if (head.n_type != NT_GNU_PROPERTY_TYPE_0 ||
	    head.n_namesz != sizeof("GNU") ||
	    memcmp((const u8 *)note + sizeof(head), "GNU", sizeof("GNU")))
		return -ENOEXEC;
	if (head.n_descsz > len - NOTE_HEAD)
		return -ENOEXEC;
	return parse_properties((const u8 *)note + NOTE_HEAD, head.n_descsz,
				features);
}
