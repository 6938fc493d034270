/* ELF headers, good, bad and at every limit. */
#include "unit.h"

#include <linnet/elf_parse.h>
#include <linnet/errno.h>
#include <linnet/string.h>
#include <linux/limits.h>

#define TASK_SIZE (1ull << 48)

enum { MAX_PHDRS = ELF_MAX_PHDRS };

struct file {
	struct elf64_hdr h;
	struct elf64_phdr ph[MAX_PHDRS];
};

static struct file f;
static struct elf_info info;

static void reset(void)
{
	memset(&f, 0, sizeof(f));
	memcpy(f.h.e_ident, ELFMAG, SELFMAG);
	f.h.e_type = ET_EXEC;
	f.h.e_machine = EM_AARCH64;
	f.h.e_entry = 0x400100;
	f.h.e_phoff = sizeof(f.h);
	f.h.e_phentsize = sizeof(f.ph[0]);
	f.h.e_phnum = 0;
}

static struct elf64_phdr *add(u32 type, u32 flags, u64 offset, u64 vaddr,
			      u64 filesz, u64 memsz)
{
	struct elf64_phdr *p = &f.ph[f.h.e_phnum++];

	p->p_type = type;
	p->p_flags = flags;
	p->p_offset = offset;
	p->p_vaddr = vaddr;
	p->p_filesz = filesz;
	p->p_memsz = memsz;
	p->p_align = 0x1000;
	return p;
}

/* All steps, over copies that end with their heap block. */
static int parse(void)
{
	u8 *head = malloc(sizeof(f.h));
	u8 *phdrs = NULL;
	int err;

	memcpy(head, &f.h, sizeof(f.h));
	err = elf_parse_header(&info, head, sizeof(f.h));
	if (!err) {
		EXPECT_EQ(info.phdrs_size, 56u * f.h.e_phnum);
		phdrs = malloc(info.phdrs_size);
		memcpy(phdrs, f.ph, info.phdrs_size);
		err = elf_parse_phdrs(&info, phdrs);
	}
	if (!err)
		err = elf_check_segments(&info, phdrs, TASK_SIZE);
	free(head);
	free(phdrs);
	return err;
}

static void typical(void)
{
	reset();
	add(PT_LOAD, PF_R | PF_X, 0, 0x400000, 0x1234, 0x1234);
	add(PT_LOAD, PF_R | PF_W, 0x1ff0, 0x402ff0, 0x20, 0x2100);
	add(PT_GNU_STACK, PF_R | PF_W, 0, 0, 0, 0);
}

TEST(elf_typical)
{
	struct elf_segment s;
	unsigned int position = 0;

	typical();
	EXPECT_EQ(parse(), 0);
	EXPECT_EQ(info.type, ET_EXEC);
	EXPECT_EQ(info.entry, 0x400100);
	EXPECT_EQ(info.nr_segments, 2);
	EXPECT_EQ(info.low, 0x400000);
	EXPECT_EQ(info.high, 0x4050f0);
	EXPECT_EQ(info.align, 0x1000);
	EXPECT_EQ(info.phdrs_vaddr, 0x400040);
	EXPECT_EQ(info.interp.size, 0);
	EXPECT_EQ(info.property.size, 0);
	EXPECT_EQ(info.stack, ELF_STACK_NOEXEC);

	EXPECT(elf_segment(&info, f.ph, &position, &s));
	EXPECT_EQ(s.flags, PF_R | PF_X);
	EXPECT(s.map_start == 0x400000 && s.map_end == 0x402000);
	EXPECT_EQ(s.map_offset, 0);
	EXPECT(s.zero_start == 0x401234 && s.zero_end == 0x401234);
	EXPECT(elf_segment(&info, f.ph, &position, &s));
	EXPECT_EQ(s.vaddr, 0x402ff0);
	EXPECT(s.map_start == 0x402000 && s.map_end == 0x404000);
	EXPECT_EQ(s.map_offset, 0x1000);
	EXPECT(s.zero_start == 0x403010 && s.zero_end == 0x4050f0);
	EXPECT(!elf_segment(&info, f.ph, &position, &s));
	EXPECT(!elf_segment(&info, f.ph, &position, &s));
}

TEST(elf_bss_only_and_empty)
{
	struct elf_segment s;
	unsigned int position = 0;

	reset();
	f.h.e_type = ET_DYN;
	f.h.e_entry = 0;
	add(PT_LOAD, PF_R, 0, 0x500, 0, 0); /* nothing: skipped */
	/* Only zeros: its offset need not fit. */
	add(PT_LOAD, PF_R | PF_W | 0x100000, 7, 0x10008, 0, 8);
	EXPECT_EQ(parse(), 0);
	EXPECT_EQ(info.low, 0);
	EXPECT_EQ(info.phdrs_vaddr, 0);
	EXPECT_EQ(info.stack, ELF_STACK_DEFAULT);
	EXPECT(elf_segment(&info, f.ph, &position, &s));
	EXPECT_EQ(s.flags, PF_R | PF_W);
	EXPECT(s.map_start == 0x10000 && s.map_end == 0x10000);
	EXPECT(s.zero_start == 0x10008 && s.zero_end == 0x10010);
	EXPECT(!elf_segment(&info, f.ph, &position, &s));
}

TEST(elf_bad_headers)
{
	size_t n;
	int i;

	typical();
	for (n = 0; n < sizeof(f.h); n++) {
		u8 *cut = malloc(n ? n : 1);

		memcpy(cut, &f.h, n);
		EXPECT_EQ(elf_parse_header(&info, cut, n), -ENOEXEC);
		free(cut);
	}
	for (i = 0; i < SELFMAG; i++) {
		typical();
		f.h.e_ident[i]++;
		EXPECT_EQ(parse(), -ENOEXEC);
	}
	for (i = 0; i < 6; i++) {
		typical();
		f.h.e_type = (u16)i;
		EXPECT_EQ(parse(), i == ET_EXEC || i == ET_DYN ? 0 : -ENOEXEC);
	}
	typical();
	f.h.e_machine = EM_X86_64;
	EXPECT_EQ(parse(), -ENOEXEC);
	typical();
	f.h.e_phentsize = 32;
	EXPECT_EQ(parse(), -ENOEXEC);
	typical();
	f.h.e_phnum = 0;
	EXPECT_EQ(parse(), -ENOEXEC);
	typical();
	f.h.e_phnum = ELF_MAX_PHDRS;
	EXPECT_EQ(parse(), 0);
	f.h.e_phnum = ELF_MAX_PHDRS + 1;
	EXPECT_EQ(parse(), -ENOEXEC);
	f.h.e_phnum = 0xffff;
	EXPECT_EQ(parse(), -ENOEXEC);
}

TEST(elf_interp_and_property)
{
	typical();
	add(PT_INTERP, PF_R, 0x200, 0x400200, 1, 1);
	EXPECT_EQ(parse(), -ENOEXEC);
	f.ph[3].p_filesz = PATH_MAX + 1;
	EXPECT_EQ(parse(), -ENOEXEC);
	f.ph[3].p_filesz = PATH_MAX;
	EXPECT_EQ(parse(), 0);
	EXPECT_EQ(info.interp.size, PATH_MAX);
	f.ph[3].p_filesz = 2;
	add(PT_INTERP, PF_R, 0x300, 0, 5, 5);
	add(PT_GNU_PROPERTY, PF_R, 0x400, 0, 32, 32);
	EXPECT_EQ(parse(), 0);
	EXPECT_EQ(info.interp.offset, 0x200);
	EXPECT_EQ(info.interp.size, 2);
	EXPECT_EQ(info.property.size, 0);
	f.ph[3].p_type = PT_NULL;
	f.ph[4].p_type = PT_GNU_PROPERTY;
	EXPECT_EQ(parse(), 0);
	EXPECT_EQ(info.property.offset, 0x400);
	add(PT_GNU_STACK, PF_X, 0, 0, 0, 0);
	EXPECT_EQ(parse(), 0);
	EXPECT_EQ(info.stack, ELF_STACK_EXEC);
}

static int parse_load(u64 offset, u64 vaddr, u64 filesz, u64 memsz)
{
	reset();
	add(PT_LOAD, PF_R, offset, vaddr, filesz, memsz);
	return parse();
}

TEST(elf_segment_limits)
{
	reset();
	add(PT_NULL, 0, 0, 0, 0, 0);
	EXPECT_EQ(parse(), -EINVAL); /* nothing to load */
	EXPECT_EQ(parse_load(0, 0, 0, 0), -EINVAL);
	EXPECT_EQ(parse_load(0, 0x400000, 2, 1), -EINVAL);
	EXPECT_EQ(parse_load(1, 0x400000, 1, 1), -EINVAL);
	EXPECT_EQ(parse_load(0xfff, 0x400000, 1, 1), -EINVAL);
	EXPECT_EQ(parse_load(0x1800, 0x400800, 1, 1), 0);
	EXPECT_EQ(parse_load(0, TASK_SIZE, 0, 1), -EINVAL);
	EXPECT_EQ(parse_load(0, TASK_SIZE - 1, 0, 1), 0);
	EXPECT_EQ(parse_load(0, TASK_SIZE - 0x1000, 0x1000, 0x1000), 0);
	EXPECT_EQ(parse_load(0, TASK_SIZE - 0x1000, 0x1000, 0x1001), -EINVAL);
	EXPECT_EQ(parse_load(0, 0, 1, TASK_SIZE), 0);
	EXPECT_EQ(parse_load(0, 0, 1, TASK_SIZE + 1), -EINVAL);
	EXPECT_EQ(parse_load(0, U64_MAX - 0xfff, 1, 0x1000), -EINVAL);
	EXPECT_EQ(parse_load(0, U64_MAX - 0xfff, 1, U64_MAX), -EINVAL);
	EXPECT_EQ(parse_load(0, 0x1000, U64_MAX, U64_MAX), -EINVAL);
	EXPECT_EQ(parse_load(U64_MAX - 0xfff, 0x1000, 0x1000, 0x1000), -EINVAL);
	EXPECT_EQ(parse_load(1ull << 63, 0x1000, 1, 1), -EINVAL);
	EXPECT_EQ(parse_load((1ull << 63) - 0x3000, 0x1000, 1, 1), 0);

	typical();
	f.h.e_entry = TASK_SIZE;
	EXPECT_EQ(parse(), -EINVAL);
	f.h.e_entry = TASK_SIZE - 1;
	EXPECT_EQ(parse(), 0);
}

TEST(elf_align_and_order)
{
	typical();
	f.ph[0].p_align = 0x10000;
	f.ph[1].p_align = 0x200001; /* no power of two: ignored */
	EXPECT_EQ(parse(), 0);
	EXPECT_EQ(info.align, 0x10000);
	f.ph[0].p_align = 0;
	EXPECT_EQ(parse(), 0);
	EXPECT_EQ(info.align, 0x1000);

	reset();
	add(PT_LOAD, PF_R, 0x1000, 0x800000, 0x100, 0x100);
	add(PT_LOAD, PF_R, 0, 0x400000, 0x100, 0x100);
	EXPECT_EQ(parse(), 0);
	EXPECT_EQ(info.low, 0x400000);
	EXPECT_EQ(info.high, 0x800100);
	EXPECT_EQ(info.phdrs_vaddr, 0x400040);
	/* The table's end does not matter, only its start. */
	f.h.e_phoff = 0xff;
	EXPECT_EQ(parse(), 0);
	EXPECT_EQ(info.phdrs_vaddr, 0x4000ff);
	f.h.e_phoff = 0x100;
	EXPECT_EQ(parse(), 0);
	EXPECT_EQ(info.phdrs_vaddr, 0);
}

/* A note with one BTI property; @words may be changed first. */
static const u32 bti_note[] = {
    4,
    16,
    NT_GNU_PROPERTY_TYPE_0,
    0x554e47, /* "GNU" */
    GNU_PROPERTY_AARCH64_FEATURE_1_AND,
    4,
    GNU_PROPERTY_AARCH64_FEATURE_1_BTI,
    0,
};

static int parse_note(const u32 *words, size_t bytes, u32 *features)
{
	u8 *copy = malloc(bytes ? bytes : 1);
	int err;

	memcpy(copy, words, bytes);
	err = elf_parse_property(copy, bytes, features);
	free(copy);
	return err;
}

static int parse_changed(size_t word, u32 value)
{
	u32 note[ARRAY_SIZE(bti_note)];
	u32 features;

	memcpy(note, bti_note, sizeof(note));
	note[word] = value;
	return parse_note(note, sizeof(note), &features);
}

TEST(elf_property_note)
{
	static u32 big[ELF_MAX_NOTE / 4 + 1] = {4, 0, NT_GNU_PROPERTY_TYPE_0,
						0x554e47};
	const u32 two[] = {
	    4,	      32,   NT_GNU_PROPERTY_TYPE_0,
	    0x554e47, 0x10, 1,
	    0,	      0,    GNU_PROPERTY_AARCH64_FEATURE_1_AND,
	    4,	      3,    0,
	};
	u32 swapped[ARRAY_SIZE(two)];
	u32 features = 9;
	size_t n;

	EXPECT_EQ(parse_note(bti_note, sizeof(bti_note), &features), 0);
	EXPECT_EQ(features, GNU_PROPERTY_AARCH64_FEATURE_1_BTI);
	for (n = 0; n < sizeof(bti_note); n++)
		EXPECT_EQ(parse_note(bti_note, n, &features),
			  n < 16 ? -EIO : -ENOEXEC);
	EXPECT_EQ(parse_changed(0, 5), -ENOEXEC);
	EXPECT_EQ(parse_changed(2, 1), -ENOEXEC);
	EXPECT_EQ(parse_changed(3, 0x554e46), -ENOEXEC);
	EXPECT_EQ(parse_changed(3, 0x01554e47), -ENOEXEC);
	EXPECT_EQ(parse_changed(1, 0), 0);
	EXPECT_EQ(parse_changed(1, 7), -ENOEXEC);
	EXPECT_EQ(parse_changed(1, 12), -ENOEXEC);
	EXPECT_EQ(parse_changed(1, 17), -ENOEXEC);
	EXPECT_EQ(parse_changed(1, U32_MAX), -ENOEXEC);
	EXPECT_EQ(parse_changed(5, 3), -ENOEXEC);
	EXPECT_EQ(parse_changed(5, 8), -ENOEXEC);
	EXPECT_EQ(parse_changed(5, 9), -ENOEXEC);
	EXPECT_EQ(parse_changed(5, U32_MAX), -ENOEXEC);
	EXPECT_EQ(parse_changed(4, 1), 0);

	EXPECT_EQ(parse_note(two, sizeof(two), &features), 0);
	EXPECT_EQ(features, 3);
	memcpy(swapped, two, sizeof(two));
	memcpy(swapped + 4, two + 8, 16);
	memcpy(swapped + 8, two + 4, 16);
	EXPECT_EQ(parse_note(swapped, sizeof(two), &features), -ENOEXEC);
	EXPECT_EQ(parse_note(big, ELF_MAX_NOTE, &features), 0);
	EXPECT_EQ(features, 0);
	EXPECT_EQ(parse_note(big, sizeof(big), &features), -ENOEXEC);
}

TEST(elf_random)
{
	struct elf_segment s;
	u64 state = 14;
	int passed = 0;
	int round;

	for (round = 0; round < 20000; round++) {
		unsigned int position = 0;
		int flips;

		typical();
		for (flips = round % 4; flips >= 0; flips--) {
			u64 r = unit_random(&state) >> 8;

			((u8 *)&f)[(r >> 8) % 232] ^= (u8)(1 << (r & 7));
		}
		if (f.h.e_phnum > ELF_MAX_PHDRS || parse())
			continue;
		passed++;
		while (elf_segment(&info, f.ph, &position, &s)) {
			EXPECT(s.map_start <= s.vaddr);
			EXPECT(s.map_end <= TASK_SIZE);
			EXPECT(s.map_start <= s.map_end);
			EXPECT(s.zero_start <= s.zero_end);
			EXPECT(s.zero_end <= TASK_SIZE);
			EXPECT(s.zero_end <= info.high);
			EXPECT(s.map_start >= info.low);
			EXPECT((s.map_offset & 0xfff) == 0);
		}
	}
	EXPECT(passed > 1000 && passed < round);
}
