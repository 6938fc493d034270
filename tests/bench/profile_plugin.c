/*
 * A QEMU TCG plugin: how many instructions each translation block ran.
 *
 * At exit it writes one line "address instructions-per-block total" per block
 * to the file of its argument out=FILE; counts.py turns that into functions.
 * Only what it uses of the plugin interface (version 1) is declared here, so
 * that no QEMU header is needed.
 */
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef uint64_t plugin_id;
struct qemu_plugin_tb;
typedef void (*tb_trans_cb)(plugin_id id, struct qemu_plugin_tb *tb);
typedef void (*exit_cb)(plugin_id id, void *arg);

enum { INLINE_ADD_U64 = 0 };

void qemu_plugin_register_vcpu_tb_trans_cb(plugin_id id, tb_trans_cb cb);
void qemu_plugin_register_vcpu_tb_exec_inline(struct qemu_plugin_tb *tb, int op,
					      void *ptr, uint64_t imm);
void qemu_plugin_register_atexit_cb(plugin_id id, exit_cb cb, void *arg);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
uint64_t qemu_plugin_tb_vaddr(const struct qemu_plugin_tb *tb);
int qemu_plugin_install(plugin_id id, const void *info, int argc, char **argv);

__attribute__((visibility("default"))) int qemu_plugin_version = 1;

enum { BUCKETS = 1 << 14 };

struct block {
	uint64_t addr, insns, total;
	struct block *next;
};

static struct block *table[BUCKETS];
static const char *out_path = "profile.out";

/* A block is translated again after a flush: it keeps its counter. */
static struct block *block_get(uint64_t addr, uint64_t insns)
{
	struct block **head = &table[(addr >> 2) % BUCKETS];
	struct block *b;

	for (b = *head; b; b = b->next)
		if (b->addr == addr && b->insns == insns)
			return b;
	b = calloc(1, sizeof(*b));
	if (!b)
		abort();
	b->addr = addr;
	b->insns = insns;
	b->next = *head;
	*head = b;
	return b;
}

static void block_translated(plugin_id id, struct qemu_plugin_tb *tb)
{
	uint64_t n = qemu_plugin_tb_n_insns(tb);
	struct block *b = block_get(qemu_plugin_tb_vaddr(tb), n);

	(void)id;
	qemu_plugin_register_vcpu_tb_exec_inline(tb, INLINE_ADD_U64, &b->total,
						 n);
}

static void write_out(plugin_id id, void *arg)
{
	FILE *f = fopen(out_path, "w");

	(void)id;
	(void)arg;
	if (!f)
		return;
	for (int i = 0; i < BUCKETS; i++)
		for (struct block *b = table[i]; b; b = b->next)
			if (b->total)
				fprintf(f,
					"%" PRIx64 " %" PRIu64 " %" PRIu64 "\n",
					b->addr, b->insns, b->total);
	fclose(f);
}

__attribute__((visibility("default"))) int
qemu_plugin_install(plugin_id id, const void *info, int argc, char **argv)
{
	(void)info;
	for (int i = 0; i < argc; i++)
		if (!strncmp(argv[i], "out=", 4))
			out_path = argv[i] + 4;
	qemu_plugin_register_vcpu_tb_trans_cb(id, block_translated);
	qemu_plugin_register_atexit_cb(id, write_out, NULL);
	return 0;
}
