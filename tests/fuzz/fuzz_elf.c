/* ELF files, and property notes by themselves. */
#include "fuzz.h"

#include <linnet/elf_parse.h>
#include <linnet/string.h>

#define TASK_SIZE (1ull << 48)

static void check_segments(const struct elf_info *info, const u8 *phdrs)
{
	struct elf_segment s;
	unsigned int position = 0;

	while (elf_segment(info, phdrs, &position, &s)) {
		fuzz_require(s.map_start <= s.map_end);
		fuzz_require(s.map_start <= s.vaddr);
		fuzz_require(s.map_end <= TASK_SIZE);
		fuzz_require(s.zero_start <= s.zero_end);
		fuzz_require(s.zero_end <= TASK_SIZE);
		fuzz_require(s.map_start >= info->low);
		fuzz_require(s.zero_end <= info->high);
		fuzz_require(s.map_offset % ELF_PAGE_SIZE == 0);
		fuzz_require(s.map_offset <= (u64)S64_MAX);
	}
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t len)
{
	struct elf_info info;
	u32 features;

	if (elf_parse_property(data, len, &features))
		fuzz_use(features);
	if (elf_parse_header(&info, data, len))
		return 0;
	if (info.phdrs_offset > len ||
	    info.phdrs_size > len - info.phdrs_offset)
		return 0;
	data += info.phdrs_offset;
	if (elf_parse_phdrs(&info, data))
		return 0;
	if (!elf_check_segments(&info, data, TASK_SIZE))
		check_segments(&info, data);
	return 0;
}
