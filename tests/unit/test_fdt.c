/*
 * Device trees: a real one, hand-made ones with every oddity, and damaged
 * ones that must be refused or read without harm.
 */
#include "unit.h"

#include <linnet/errno.h>
#include <linnet/fdt.h>
#include <linnet/string.h>

/* A blob under construction: header, reservations, structure, strings. */
enum { TREE_MAX = 4096, NODES_AT = 128 };

struct tree {
	u8 blob[TREE_MAX];
	char strings[512];
	u32 at; /* end of the structure block so far */
	u32 strings_len;
};

static void put_u32(u8 *p, u32 v)
{
	v = __builtin_bswap32(v);
	memcpy(p, &v, sizeof(v));
}

static void add_u32(struct tree *t, u32 v)
{
	put_u32(t->blob + t->at, v);
	t->at += 4;
}

static void begin(struct tree *t, const char *name)
{
	size_t len = strlen(name) + 1;

	add_u32(t, 1);
	memcpy(t->blob + t->at, name, len);
	t->at += (u32)(len + 3) & ~3u;
}

static void end(struct tree *t)
{
	add_u32(t, 2);
}

static void prop(struct tree *t, const char *name, const void *data, u32 len)
{
	size_t n = strlen(name) + 1;

	add_u32(t, 3);
	add_u32(t, len);
	add_u32(t, t->strings_len);
	memcpy(t->strings + t->strings_len, name, n);
	t->strings_len += (u32)n;
	memcpy(t->blob + t->at, data, len);
	t->at += (len + 3) & ~3u;
}

static void prop_str(struct tree *t, const char *name, const char *value)
{
	prop(t, name, value, (u32)strlen(value) + 1);
}

static void prop_cells(struct tree *t, const char *name, const u32 *cells,
		       u32 n)
{
	u8 data[64];
	u32 i;

	for (i = 0; i < n; i++)
		put_u32(data + 4 * i, cells[i]);
	prop(t, name, data, 4 * n);
}

#define CELLS(t, name, ...)                                                    \
	prop_cells(t, name, (const u32[]){__VA_ARGS__},                        \
		   sizeof((const u32[]){__VA_ARGS__}) / 4)

static void start(struct tree *t)
{
	memset(t, 0, sizeof(*t));
	t->at = NODES_AT;
}

/* Header as it should be; tests then spoil it. */
static void finish(struct tree *t)
{
	u32 header[10];
	u32 nodes_end;
	u32 i;

	add_u32(t, 9);
	nodes_end = t->at;
	memcpy(t->blob + nodes_end, t->strings, t->strings_len);
	header[0] = 0xd00dfeed;
	header[1] = nodes_end + t->strings_len;
	header[2] = NODES_AT;
	header[3] = nodes_end;
	header[4] = 48;
	header[5] = 17;
	header[6] = 16;
	header[7] = 0;
	header[8] = t->strings_len;
	header[9] = nodes_end - NODES_AT;
	for (i = 0; i < 10; i++)
		put_u32(t->blob + 4 * i, header[i]);
}

static struct tree tree;

/* The blob in a heap block of its own size, so that overruns are seen. */
static u8 *exact_copy(const struct tree *t, size_t *size)
{
	u8 *copy;

	*size = fdt_cell(t->blob, 1);
	copy = malloc(*size);
	memcpy(copy, t->blob, *size);
	return copy;
}

/* The copy lives until the next one. */
static int open_exact(struct fdt *fdt, const struct tree *t)
{
	static u8 *copy;
	size_t size;

	free(copy);
	copy = exact_copy(t, &size);
	return fdt_open(fdt, copy, size);
}

static void make_minimal(struct tree *t)
{
	start(t);
	begin(t, "");
	end(t);
	finish(t);
}

TEST(fdt_minimal)
{
	struct fdt fdt;
	struct fdt_walk walk;
	u64 a;
	u64 b;
	u32 v;

	make_minimal(&tree);
	EXPECT_EQ(fdt_open(&fdt, tree.blob, sizeof(tree.blob)), 0);
	EXPECT_EQ(fdt_root(&fdt), 0);
	EXPECT_STR(fdt_node_name(&fdt, 0), "");
	EXPECT_EQ(fdt_next_node(&fdt, 0, NULL), -ENOENT);
	EXPECT_EQ(fdt_reservation(&fdt, 0, &a, &b), -ENOENT);
	EXPECT_EQ(fdt_find_path(&fdt, "/"), 0);
	EXPECT_EQ(fdt_find_path(&fdt, "/x"), -ENOENT);
	EXPECT_EQ(fdt_find_path(&fdt, "alias"), -ENOENT);
	EXPECT_EQ(fdt_find_path(&fdt, ""), -ENOENT);
	EXPECT_EQ(fdt_find_compatible(&fdt, -1, "x"), -ENOENT);
	EXPECT_EQ(fdt_find_phandle(&fdt, 0), -ENOENT);
	EXPECT(!fdt_prop(&fdt, 0, "x", NULL));
	EXPECT_EQ(fdt_prop_u32(&fdt, 0, "x", &v), -ENOENT);
	fdt_walk_start(&walk, &fdt);
	EXPECT(fdt_walk_next(&walk));
	EXPECT_EQ(fdt_reg(&walk, 0, &a, &b), -ENOENT);
	EXPECT(!fdt_walk_next(&walk));
	EXPECT(!fdt_walk_next(&walk));
}

/* Cut off anywhere, a blob is refused; sizes of fields do not matter. */
TEST(fdt_truncated)
{
	struct fdt fdt;
	size_t size;
	u8 *whole;
	size_t n;

	make_minimal(&tree);
	whole = exact_copy(&tree, &size);
	for (n = 0; n < size; n++) {
		u8 *cut = malloc(n ? n : 1);

		memcpy(cut, whole, n);
		EXPECT_EQ(fdt_open(&fdt, cut, n), -EINVAL);
		EXPECT(fdt.error && *fdt.error);
		if (n >= 40) {
			put_u32(cut + 4, (u32)n);
			EXPECT_EQ(fdt_open(&fdt, cut, n), -EINVAL);
		}
		free(cut);
	}
	EXPECT_EQ(fdt_open(&fdt, whole, size), 0);
	free(whole);
}

static void expect_refused(u32 field, u32 value)
{
	struct fdt fdt;

	make_minimal(&tree);
	put_u32(tree.blob + 4 * field, value);
	EXPECT_EQ(fdt_open(&fdt, tree.blob, sizeof(tree.blob)), -EINVAL);
	EXPECT(fdt.error && *fdt.error);
}

TEST(fdt_bad_headers)
{
	static const u32 bad[] = {0xffffffff, 0x80000000, 0x7fffffff,
				  TREE_MAX + 1};
	size_t i;

	expect_refused(0, 0xedfe0dd0);
	expect_refused(5, 16);
	expect_refused(6, 18);
	expect_refused(1, 39);
	expect_refused(2, NODES_AT + 2); /* not aligned */
	expect_refused(2, NODES_AT + 4); /* starts with an END_NODE */
	expect_refused(9, 0);
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		expect_refused(1, bad[i]);
		expect_refused(2, bad[i]);
		expect_refused(3, bad[i]);
		expect_refused(4, bad[i]);
		expect_refused(8, bad[i]);
		expect_refused(9, bad[i]);
	}
}

TEST(fdt_bad_structure)
{
	struct fdt fdt;
	int i;

	start(&tree); /* two roots */
	begin(&tree, "");
	end(&tree);
	begin(&tree, "");
	end(&tree);
	finish(&tree);
	EXPECT_EQ(open_exact(&fdt, &tree), -EINVAL);

	start(&tree); /* no root */
	finish(&tree);
	EXPECT_EQ(open_exact(&fdt, &tree), -EINVAL);

	start(&tree); /* root not ended */
	begin(&tree, "");
	finish(&tree);
	EXPECT_EQ(open_exact(&fdt, &tree), -EINVAL);

	start(&tree); /* property behind a child */
	begin(&tree, "");
	begin(&tree, "a");
	end(&tree);
	prop_str(&tree, "p", "v");
	end(&tree);
	finish(&tree);
	EXPECT_EQ(open_exact(&fdt, &tree), -EINVAL);

	start(&tree); /* property outside */
	prop_str(&tree, "p", "v");
	begin(&tree, "");
	end(&tree);
	finish(&tree);
	EXPECT_EQ(open_exact(&fdt, &tree), -EINVAL);

	start(&tree); /* unknown token */
	begin(&tree, "");
	add_u32(&tree, 5);
	end(&tree);
	finish(&tree);
	EXPECT_EQ(open_exact(&fdt, &tree), -EINVAL);

	start(&tree); /* strings not terminated */
	begin(&tree, "");
	prop_str(&tree, "p", "v");
	end(&tree);
	tree.strings[tree.strings_len - 1] = 'x';
	finish(&tree);
	EXPECT_EQ(open_exact(&fdt, &tree), -EINVAL);

	for (i = FDT_MAX_DEPTH; i <= FDT_MAX_DEPTH + 1; i++) {
		int k;

		start(&tree);
		for (k = 0; k < i; k++)
			begin(&tree, k ? "n" : "");
		for (k = 0; k < i; k++)
			end(&tree);
		finish(&tree);
		EXPECT_EQ(open_exact(&fdt, &tree),
			  i > FDT_MAX_DEPTH ? -EINVAL : 0);
	}
}

TEST(fdt_property_sizes)
{
	static const u32 lengths[] = {
	    1, 5, 9, 0x7fffffff, 0xfffffff0, 0xfffffffd, 0xffffffff};
	struct fdt fdt;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(lengths); i++) {
		start(&tree);
		begin(&tree, "");
		prop(&tree, "p", "abcd", 4);
		put_u32(tree.blob + tree.at - 12, lengths[i]);
		end(&tree);
		finish(&tree);
		EXPECT_EQ(open_exact(&fdt, &tree),
			  lengths[i] <= 4 ? 0 : -EINVAL);
	}
	for (i = 0; i < 2; i++) {
		start(&tree);
		begin(&tree, "");
		prop(&tree, "p", "abcd", 4);
		put_u32(tree.blob + tree.at - 8, i ? 0xffffffff : 2);
		end(&tree);
		finish(&tree);
		EXPECT_EQ(open_exact(&fdt, &tree), -EINVAL);
	}
}

TEST(fdt_values)
{
	struct fdt fdt;
	u32 v = 0;
	u64 w = 0;

	start(&tree);
	begin(&tree, "");
	add_u32(&tree, 4);
	CELLS(&tree, "one", 0x12345678);
	CELLS(&tree, "two", 1, 2);
	CELLS(&tree, "three", 1, 2, 3);
	prop(&tree, "empty", "", 0);
	prop(&tree, "list", "ab\0\0cd", 7);
	prop(&tree, "open", "ab\0cd", 5);
	end(&tree);
	finish(&tree);
	EXPECT_EQ(open_exact(&fdt, &tree), 0);
	EXPECT_EQ(fdt_prop_u32(&fdt, 0, "one", &v), 0);
	EXPECT_EQ(v, 0x12345678);
	EXPECT_EQ(fdt_prop_u32(&fdt, 0, "two", &v), -EINVAL);
	EXPECT_EQ(fdt_prop_u32(&fdt, 0, "empty", &v), -EINVAL);
	EXPECT_EQ(fdt_prop_u64(&fdt, 0, "one", &w), 0);
	EXPECT_EQ(w, 0x12345678);
	EXPECT_EQ(fdt_prop_u64(&fdt, 0, "two", &w), 0);
	EXPECT_EQ(w, 0x100000002);
	EXPECT_EQ(fdt_prop_u64(&fdt, 0, "three", &w), -EINVAL);
	EXPECT_EQ(fdt_prop_u64(&fdt, 0, "empty", &w), -EINVAL);
	EXPECT_EQ(fdt_prop_u64(&fdt, 0, "none", &w), -ENOENT);
	EXPECT_STR(fdt_prop_string(&fdt, 0, "list"), "ab");
	EXPECT(!fdt_prop_string(&fdt, 0, "empty"));
	EXPECT_STR(fdt_string_at("ab\0\0cd", 7, 1), "");
	EXPECT_STR(fdt_string_at("ab\0\0cd", 7, 2), "cd");
	EXPECT(!fdt_string_at("ab\0\0cd", 7, 3));
	EXPECT_STR(fdt_string_at("ab\0cd", 5, 0), "ab");
	EXPECT(!fdt_string_at("ab\0cd", 5, 1));
	EXPECT(fdt_strings_contain("ab\0\0cd", 7, "cd"));
	EXPECT(fdt_strings_contain("ab\0\0cd", 7, ""));
	EXPECT(!fdt_strings_contain("ab\0\0cd", 7, "c"));
	EXPECT(!fdt_strings_contain("ab\0cd", 5, "cd"));
	EXPECT(!fdt_strings_contain("", 0, ""));
}

TEST(fdt_status)
{
	static const char *const words[] = {"okay", "ok", "disabled", "fail"};
	struct fdt fdt;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(words); i++) {
		start(&tree);
		begin(&tree, "");
		prop_str(&tree, "status", words[i]);
		end(&tree);
		finish(&tree);
		EXPECT_EQ(open_exact(&fdt, &tree), 0);
		EXPECT_EQ(fdt_is_available(&fdt, 0), i < 2);
	}
	start(&tree);
	begin(&tree, "");
	prop(&tree, "status", "okay", 4);
	end(&tree);
	finish(&tree);
	EXPECT_EQ(open_exact(&fdt, &tree), 0);
	EXPECT(!fdt_is_available(&fdt, 0));
}

TEST(fdt_paths)
{
	struct fdt fdt;
	int soc;
	int uart;

	start(&tree);
	begin(&tree, "");
	begin(&tree, "aliases");
	prop_str(&tree, "serial0", "/soc@0/uart@10");
	prop_str(&tree, "soc", "/soc@0");
	prop_str(&tree, "loop", "loop");
	prop(&tree, "open", "/soc@0", 6);
	end(&tree);
	begin(&tree, "soc@0");
	begin(&tree, "uart@1");
	begin(&tree, "uart@10");
	end(&tree);
	end(&tree);
	begin(&tree, "uart@10");
	end(&tree);
	end(&tree);
	begin(&tree, "soc");
	end(&tree);
	end(&tree);
	finish(&tree);
	EXPECT_EQ(open_exact(&fdt, &tree), 0);
	soc = fdt_find_path(&fdt, "/soc@0");
	EXPECT_STR(fdt_node_name(&fdt, soc), "soc@0");
	EXPECT_EQ(fdt_find_path(&fdt, "/soc"), soc);
	uart = fdt_find_path(&fdt, "/soc@0/uart@10");
	EXPECT_STR(fdt_node_name(&fdt, uart), "uart@10");
	EXPECT_STR(fdt_node_name(&fdt, fdt_find_path(&fdt, "/soc/uart")),
		   "uart@1");
	EXPECT(fdt_find_path(&fdt, "/soc/uart/uart@10") != uart);
	EXPECT(fdt_find_path(&fdt, "/soc/uart/uart@10") > 0);
	EXPECT_EQ(fdt_find_path(&fdt, "serial0"), uart);
	EXPECT_EQ(fdt_find_path(&fdt, "serial0:115200n8"), uart);
	EXPECT_EQ(fdt_find_path(&fdt, "/soc@0/uart@10:9600"), uart);
	EXPECT_EQ(fdt_find_path(&fdt, "soc/uart@10"), uart);
	EXPECT_EQ(fdt_find_path(&fdt, "//soc@0///uart@10/"), uart);
	EXPECT_EQ(fdt_find_path(&fdt, "/soc@0/uart@1/none"), -ENOENT);
	EXPECT_EQ(fdt_find_path(&fdt, "/so"), -ENOENT);
	EXPECT_EQ(fdt_find_path(&fdt, "/soc@"), -ENOENT);
	EXPECT_EQ(fdt_find_path(&fdt, "/uart@10"), -ENOENT);
	EXPECT_EQ(fdt_find_path(&fdt, "loop"), -ENOENT);
	EXPECT_EQ(fdt_find_path(&fdt, "open"), -ENOENT);
	EXPECT_EQ(fdt_find_path(&fdt, "seria"), -ENOENT);
	EXPECT_EQ(fdt_find_path(&fdt, ":"), -ENOENT);
}

static int reg_of(const struct fdt *fdt, const char *path, u32 index, u64 *addr,
		  u64 *size)
{
	struct fdt_walk walk;

	if (!EXPECT_EQ(fdt_walk_to(&walk, fdt, fdt_find_path(fdt, path)), 0))
		return -EIO;
	return fdt_reg(&walk, index, addr, size);
}

static void make_buses(struct tree *t)
{
	start(t);
	begin(t, "");
	CELLS(t, "#address-cells", 2);
	CELLS(t, "#size-cells", 2);
	begin(t, "plain");
	CELLS(t, "reg", 0, 0x1000, 0, 0x100, 1, 0, 0, 1);
	end(t);
	begin(t, "bus");
	CELLS(t, "#address-cells", 1);
	CELLS(t, "#size-cells", 1);
	CELLS(t, "ranges", 0x100, 0, 0x40000000, 0x100, 0x1000, 8, 0, 0x10);
	begin(t, "low");
	CELLS(t, "reg", 0x180, 0x80, 0x180, 0x81, 0xfe, 2, 0x1008, 8);
	end(t);
	begin(t, "inner");
	CELLS(t, "#address-cells", 1);
	CELLS(t, "#size-cells", 0);
	prop(t, "ranges", "", 0);
	begin(t, "same");
	CELLS(t, "reg", 0x110);
	end(t);
	end(t);
	end(t);
	begin(t, "cpus");
	CELLS(t, "#address-cells", 1);
	CELLS(t, "#size-cells", 0);
	begin(t, "cpu");
	CELLS(t, "reg", 0x81000203);
	end(t);
	end(t);
	begin(t, "defaults"); /* 2 and 1 cells */
	prop(t, "ranges", "", 0);
	begin(t, "dev");
	CELLS(t, "reg", 3, 4, 5);
	end(t);
	begin(t, "odd");
	CELLS(t, "reg", 3, 4, 5, 6);
	end(t);
	begin(t, "wraps");
	CELLS(t, "reg", 0xffffffff, 0xffffff00, 0x101);
	end(t);
	begin(t, "touches");
	CELLS(t, "reg", 0xffffffff, 0xffffff00, 0x100);
	end(t);
	end(t);
	begin(t, "wide");
	CELLS(t, "#address-cells", 3);
	CELLS(t, "#size-cells", 0x40000000);
	begin(t, "dev");
	CELLS(t, "reg", 3, 4, 5);
	end(t);
	end(t);
	begin(t, "none");
	CELLS(t, "#address-cells", 0);
	CELLS(t, "#size-cells", 0);
	begin(t, "dev");
	CELLS(t, "reg", 3);
	end(t);
	end(t);
	end(t);
	finish(t);
}

TEST(fdt_reg_and_ranges)
{
	struct fdt_walk walk;
	struct fdt fdt;
	u64 a = 7;
	u64 s = 7;

	make_buses(&tree);
	EXPECT_EQ(open_exact(&fdt, &tree), 0);
	EXPECT_EQ(reg_of(&fdt, "/plain", 0, &a, &s), 0);
	EXPECT(a == 0x1000 && s == 0x100);
	EXPECT_EQ(reg_of(&fdt, "/plain", 1, &a, NULL), 0);
	EXPECT(a == 1ull << 32);
	EXPECT_EQ(reg_of(&fdt, "/plain", 2, &a, &s), -ENOENT);
	EXPECT_EQ(reg_of(&fdt, "/plain", U32_MAX, &a, &s), -ENOENT);
	EXPECT_EQ(reg_of(&fdt, "/bus", 0, &a, &s), -ENOENT);
	EXPECT_EQ(reg_of(&fdt, "/bus/low", 0, &a, &s), 0);
	EXPECT(a == 0x40000080 && s == 0x80);
	/* Past the end of the range, and before its start. */
	EXPECT_EQ(reg_of(&fdt, "/bus/low", 1, &a, &s), -ENXIO);
	EXPECT_EQ(reg_of(&fdt, "/bus/low", 2, &a, &s), -ENXIO);
	EXPECT_EQ(reg_of(&fdt, "/bus/low", 3, &a, &s), 0);
	EXPECT(a == 0x800000008 && s == 8);
	EXPECT_EQ(reg_of(&fdt, "/bus/inner/same", 0, &a, &s), 0);
	EXPECT(a == 0x40000010 && s == 0);
	EXPECT_EQ(reg_of(&fdt, "/cpus/cpu", 0, &a, &s), -ENXIO);
	EXPECT_EQ(fdt_walk_to(&walk, &fdt, fdt_find_path(&fdt, "/cpus/cpu")),
		  0);
	EXPECT_EQ(fdt_reg_untranslated(&walk, 0, &a, NULL), 0);
	EXPECT(a == 0x81000203);
	EXPECT_EQ(reg_of(&fdt, "/defaults/dev", 0, &a, &s), 0);
	EXPECT(a == 0x300000004 && s == 5);
	EXPECT_EQ(reg_of(&fdt, "/defaults/odd", 0, &a, &s), -EINVAL);
	EXPECT_EQ(reg_of(&fdt, "/defaults/wraps", 0, &a, &s), -EINVAL);
	EXPECT_EQ(reg_of(&fdt, "/defaults/touches", 0, &a, &s), 0);
	EXPECT_EQ(reg_of(&fdt, "/wide/dev", 0, &a, &s), -EINVAL);
	EXPECT_EQ(reg_of(&fdt, "/none/dev", 0, &a, &s), -EINVAL);
	EXPECT_EQ(fdt_walk_to(&walk, &fdt, 1 << 20), -ENOENT);
	EXPECT_EQ(fdt_walk_to(&walk, &fdt, -ENOENT), -ENOENT);
}

static int irq_of(const struct fdt *fdt, const char *path, u32 index,
		  struct fdt_irq *irq)
{
	struct fdt_walk walk;

	if (!EXPECT_EQ(fdt_walk_to(&walk, fdt, fdt_find_path(fdt, path)), 0))
		return -EIO;
	return fdt_irq(&walk, index, irq);
}

TEST(fdt_interrupts)
{
	struct fdt_irq irq;
	struct fdt fdt;

	start(&tree);
	begin(&tree, "");
	CELLS(&tree, "interrupt-parent", 1);
	begin(&tree, "gic");
	CELLS(&tree, "phandle", 1);
	CELLS(&tree, "#interrupt-cells", 3);
	end(&tree);
	begin(&tree, "gpio");
	CELLS(&tree, "phandle", 2);
	CELLS(&tree, "#interrupt-cells", 1);
	end(&tree);
	begin(&tree, "wide");
	CELLS(&tree, "phandle", 3);
	CELLS(&tree, "#interrupt-cells", 5);
	end(&tree);
	begin(&tree, "a");
	CELLS(&tree, "interrupts", 0, 1, 4, 1, 13, 8);
	end(&tree);
	begin(&tree, "bus");
	CELLS(&tree, "interrupt-parent", 2);
	begin(&tree, "b");
	CELLS(&tree, "interrupts", 7, 8);
	end(&tree);
	begin(&tree, "c");
	CELLS(&tree, "interrupts", 0, 2, 4);
	CELLS(&tree, "interrupt-parent", 1);
	end(&tree);
	begin(&tree, "d");
	CELLS(&tree, "interrupts-extended", 2, 9, 1, 0, 3, 1, 2, 5);
	end(&tree);
	end(&tree);
	begin(&tree, "e");
	CELLS(&tree, "interrupts", 0, 1);
	end(&tree);
	begin(&tree, "f");
	CELLS(&tree, "interrupts", 0, 1, 2, 3, 4);
	CELLS(&tree, "interrupt-parent", 3);
	end(&tree);
	begin(&tree, "g");
	CELLS(&tree, "interrupts-extended", 2, 9, 1, 0, 3);
	end(&tree);
	begin(&tree, "h");
	CELLS(&tree, "interrupts-extended", 99, 9);
	end(&tree);
	end(&tree);
	finish(&tree);
	EXPECT_EQ(open_exact(&fdt, &tree), 0);
	EXPECT_EQ(irq_of(&fdt, "/a", 1, &irq), 0);
	EXPECT_STR(fdt_node_name(&fdt, irq.controller), "gic");
	EXPECT(irq.nr_cells == 3 && irq.cells[0] == 1 && irq.cells[1] == 13 &&
	       irq.cells[2] == 8);
	EXPECT_EQ(irq_of(&fdt, "/a", 2, &irq), -ENOENT);
	EXPECT_EQ(irq_of(&fdt, "/gic", 0, &irq), -ENOENT);
	EXPECT_EQ(irq_of(&fdt, "/bus/b", 1, &irq), 0);
	EXPECT_STR(fdt_node_name(&fdt, irq.controller), "gpio");
	EXPECT(irq.nr_cells == 1 && irq.cells[0] == 8);
	EXPECT_EQ(irq_of(&fdt, "/bus/c", 0, &irq), 0);
	EXPECT_STR(fdt_node_name(&fdt, irq.controller), "gic");
	EXPECT_EQ(irq_of(&fdt, "/bus/d", 0, &irq), 0);
	EXPECT(irq.nr_cells == 1 && irq.cells[0] == 9);
	EXPECT_EQ(irq_of(&fdt, "/bus/d", 1, &irq), 0);
	EXPECT(irq.nr_cells == 3 && irq.cells[1] == 3);
	EXPECT_EQ(irq_of(&fdt, "/bus/d", 2, &irq), 0);
	EXPECT(irq.nr_cells == 1 && irq.cells[0] == 5);
	EXPECT_EQ(irq_of(&fdt, "/bus/d", 3, &irq), -ENOENT);
	EXPECT_EQ(irq_of(&fdt, "/e", 0, &irq), -EINVAL);
	EXPECT_EQ(irq_of(&fdt, "/f", 0, &irq), -EINVAL);
	EXPECT_EQ(irq_of(&fdt, "/g", 0, &irq), 0);
	EXPECT_EQ(irq_of(&fdt, "/g", 1, &irq), -EINVAL);
	EXPECT_EQ(irq_of(&fdt, "/h", 0, &irq), -EINVAL);
}

TEST(fdt_reservations)
{
	struct fdt fdt;
	u64 a;
	u64 s;

	make_minimal(&tree);
	put_u32(tree.blob + 48, 0x12);
	put_u32(tree.blob + 52, 0x34567000);
	put_u32(tree.blob + 60, 0x1000);
	EXPECT_EQ(open_exact(&fdt, &tree), 0);
	EXPECT_EQ(fdt_reservation(&fdt, 0, &a, &s), 0);
	EXPECT(a == 0x1234567000 && s == 0x1000);
	EXPECT_EQ(fdt_reservation(&fdt, 1, &a, &s), -ENOENT);
	memset(tree.blob + 48, 1, NODES_AT - 48);
	EXPECT_EQ(open_exact(&fdt, &tree), -EINVAL);
}

TEST(fdt_qemu_virt)
{
	struct fdt_walk walk;
	struct fdt_irq irq;
	struct fdt fdt;
	size_t size;
	u8 *blob = unit_read_file("tests/unit/data/virt.dtb", &size);
	int virtio = 0;
	int nodes = 0;
	int cpus = 0;
	u64 a;
	u64 s;

	if (!EXPECT(blob))
		return;
	EXPECT_EQ(fdt_open(&fdt, blob, size), 0);
	EXPECT_EQ(fdt.size, size);
	fdt_walk_start(&walk, &fdt);
	while (fdt_walk_next(&walk)) {
		int node = fdt_walk_node(&walk);

		nodes++;
		if (fdt_is_compatible(&fdt, node, "arm,cortex-a57")) {
			EXPECT_EQ(fdt_reg_untranslated(&walk, 0, &a, &s), 0);
			EXPECT_EQ(a, cpus++);
		}
		if (!fdt_is_compatible(&fdt, node, "virtio,mmio"))
			continue;
		EXPECT_EQ(fdt_reg(&walk, 0, &a, &s), 0);
		EXPECT_EQ(a, 0xa000000 + 0x200 * virtio);
		EXPECT_EQ(s, 0x200);
		EXPECT_EQ(fdt_irq(&walk, 0, &irq), 0);
		EXPECT_EQ(irq.cells[1], 16 + virtio);
		EXPECT_STR(fdt_node_name(&fdt, irq.controller), "intc@8000000");
		virtio++;
	}
	EXPECT_EQ(nodes, 62);
	EXPECT_EQ(virtio, 32);
	EXPECT_EQ(cpus, 4);
	EXPECT_EQ(reg_of(&fdt, "/memory", 0, &a, &s), 0);
	EXPECT(a == 0x40000000 && s == 512 << 20);
	EXPECT_EQ(reg_of(&fdt, "/intc/v2m", 0, &a, &s), 0);
	EXPECT(a == 0x8020000);
	EXPECT_EQ(irq_of(&fdt, "/timer", 2, &irq), 0);
	EXPECT(irq.cells[0] == 1 && irq.cells[1] == 11);
	free(blob);
}

/* Reads all there is, so that the sanitizers see every access. */
static void read_everything(const struct fdt *fdt)
{
	struct fdt_walk walk;
	struct fdt_prop p;
	struct fdt_irq irq;
	volatile u8 sink = 0;
	u32 position;
	u32 i;
	u64 a;
	u64 s;

	fdt_walk_start(&walk, fdt);
	while (fdt_walk_next(&walk)) {
		sink += (u8)*fdt_node_name(fdt, fdt_walk_node(&walk));
		position = 0;
		while (
		    fdt_next_prop(fdt, fdt_walk_node(&walk), &position, &p)) {
			for (i = 0; i < p.len; i++)
				sink += ((const u8 *)p.data)[i];
			sink += (u8)strlen(p.name);
			fdt_string_at(p.data, p.len, 3);
			fdt_strings_contain(p.data, p.len, "arm,pl011");
		}
		for (i = 0; i < 4; i++) {
			fdt_reg(&walk, i, &a, &s);
			fdt_irq(&walk, i, &irq);
		}
	}
	fdt_find_path(fdt, "/chosen/x");
	fdt_find_path(fdt, "serial0/x");
	fdt_find_phandle(fdt, 0x8005);
}

TEST(fdt_bit_flips)
{
	size_t size;
	u8 *blob = unit_read_file("tests/unit/data/virt.dtb", &size);
	u64 state = 10;
	struct fdt fdt;
	int opened = 0;
	int round;
	int flips;

	if (!EXPECT(blob))
		return;
	for (round = 0; round < 4000; round++) {
		u8 *copy = malloc(size);

		memcpy(copy, blob, size);
		for (flips = round % 5; flips >= 0; flips--) {
			size_t limit = round % 3 ? size : 64;
			u64 r = unit_random(&state);

			copy[(r >> 8) % limit] ^= (u8)(1 << (r & 7));
		}
		if (!fdt_open(&fdt, copy, size)) {
			opened++;
			read_everything(&fdt);
		}
		free(copy);
	}
	EXPECT(opened > 100 && opened < round);
	free(blob);
}
