/* Device trees: open, then read everything every way. */
#include "fuzz.h"

#include <linnet/fdt.h>
#include <linnet/string.h>

static u32 touch(const void *data, u32 len)
{
	const u8 *p = data;
	u32 sum = 0;

	while (len--)
		sum += *p++;
	return sum;
}

static void read_node(struct fdt_walk *walk, int node)
{
	const struct fdt *fdt = walk->fdt;
	struct fdt_prop prop;
	struct fdt_irq irq;
	u32 position = 0;
	u32 i;
	u64 a;
	u64 s;

	fuzz_use((u32)strlen(fdt_node_name(fdt, node)));
	while (fdt_next_prop(fdt, node, &position, &prop)) {
		fuzz_use(touch(prop.data, prop.len) + (u32)strlen(prop.name));
		fdt_string_at(prop.data, prop.len, 2);
		fdt_strings_contain(prop.data, prop.len, "arm,pl011");
	}
	fdt_is_available(fdt, node);
	for (i = 0; i < 3; i++) {
		fdt_reg(walk, i, &a, &s);
		fdt_reg_untranslated(walk, i, &a, NULL);
		fdt_irq(walk, i, &irq);
	}
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t len)
{
	struct fdt_walk walk;
	struct fdt fdt;
	int node;
	u32 i;
	u64 a;
	u64 s;

	if (fdt_open(&fdt, data, len)) {
		fuzz_require(fdt.error != NULL);
		return 0;
	}
	fdt_walk_start(&walk, &fdt);
	while (fdt_walk_next(&walk))
		read_node(&walk, fdt_walk_node(&walk));
	for (i = 0; !fdt_reservation(&fdt, i, &a, &s); i++)
		fuzz_use((u32)(a + s));
	node = fdt_find_path(&fdt, "/chosen");
	fdt_prop_string(&fdt, node, "stdout-path");
	fdt_find_path(&fdt, "serial0:115200");
	fdt_find_compatible(&fdt, -1, "virtio,mmio");
	return 0;
}
