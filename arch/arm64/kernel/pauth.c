/*
 * Pointer authentication (FEAT_PAuth), of programs and of the kernel.
 *
 * Programs: each task has five keys and says which of the four for addresses are
 * enabled. They are new at exec and inherited by fork and by threads, which must
 * be able to check what the others signed.
 *
 * The kernel signs return addresses on its stacks with APIA: each task has a key
 * of its own for that (ti.pac_key), which cpu_switch_to changes along with the stack.
 * So APIA and its enable bit are the program's only in user mode: entry.S changes
 * them on the way in and out, on a CPU that has the feature. The other keys the
 * kernel does not use; they are loaded in the context switch.
 *
 * While a CPU starts nothing is signed, and signing begins in a function that
 * never returns (pauth_begin).
 */
#include <asm/sysreg.h>
#include <asm/thread.h>
#include <linnet/errno.h>
#include <linnet/irq.h>
#include <linnet/random.h>
#include <linnet/task.h>
#include <asm/hwcap.h>
#include <asm/setup.h>
#include <linux/prctl.h>

#define SCTLR_KEYS (SCTLR_EnIA | SCTLR_EnIB | SCTLR_EnDA | SCTLR_EnDB)

/* PR_PAC_*KEY, in the order of the keys; SCTLR's bit, 0 if it is always on. */
static const struct {
	u64 name, enable;
} keys[] = {
	{PR_PAC_APIAKEY, SCTLR_EnIA}, {PR_PAC_APIBKEY, SCTLR_EnIB},
	{PR_PAC_APDAKEY, SCTLR_EnDA}, {PR_PAC_APDBKEY, SCTLR_EnDB},
	{PR_PAC_APGAKEY, 0},
};

#define ADDRESS_KEYS                                                           \
	(PR_PAC_APIAKEY | PR_PAC_APIBKEY | PR_PAC_APDAKEY | PR_PAC_APDBKEY)

void pauth_load(const struct pauth *p)
{
	u64 sctlr = read_sysreg(sctlr_el1), enabled;

	write_sysreg(p->keys[2], s3_0_c2_c1_2);
	write_sysreg(p->keys[3], s3_0_c2_c1_3);
	write_sysreg(p->keys[4], s3_0_c2_c2_0);
	write_sysreg(p->keys[5], s3_0_c2_c2_1);
	write_sysreg(p->keys[6], s3_0_c2_c2_2);
	write_sysreg(p->keys[7], s3_0_c2_c2_3);
	if (elf_hwcap & HWCAP_PACG) {
		write_sysreg(p->keys[8], s3_0_c2_c3_0);
		write_sysreg(p->keys[9], s3_0_c2_c3_1);
	}
	/* EnIA is the kernel's. */
	enabled = p->enabled | SCTLR_EnIA;
	if ((sctlr & SCTLR_KEYS) != enabled)
		write_sysreg((sctlr & ~SCTLR_KEYS) | enabled, sctlr_el1);
}

static void load_current(void)
{
	u64 flags = local_irq_save();

	pauth_load(&current_ti()->pauth);
	local_irq_restore(flags);
}

void pauth_init_task(struct task *t)
{
	if (cpu_has_pauth)
		get_random_bytes(t->ti.pac_key, sizeof(t->ti.pac_key));
}

void pauth_exec(void)
{
	struct pauth *p = &current_ti()->pauth;

	if (!cpu_has_pauth)
		return;
	get_random_bytes(p->keys, sizeof(p->keys));
	p->enabled = SCTLR_KEYS;
	load_current();
}

/**
 * pauth_reset_keys - PR_PAC_RESET_KEYS
 * @which: PR_PAC_*KEY; 0: all that there are
 *
 * Return: 0; -EINVAL for a key that the machine does not have.
 */
long pauth_reset_keys(u64 which)
{
	struct pauth *p = &current_ti()->pauth;
	u64 known = ADDRESS_KEYS;

	if (elf_hwcap & HWCAP_PACG)
		known |= PR_PAC_APGAKEY;
	if (!cpu_has_pauth || which & ~known)
		return -EINVAL;
	for (u32 i = 0; i < ARRAY_SIZE(keys); i++)
		if (!which || which & keys[i].name)
			get_random_bytes(&p->keys[2 * i], 2 * sizeof(u64));
	load_current();
	return 0;
}

/**
 * pauth_set_enabled_keys - PR_PAC_SET_ENABLED_KEYS
 * @which: keys to change
 * @enabled: those of them that shall be enabled
 *
 * With a key that is not, signing and checking do nothing.
 * Return: 0 or -EINVAL.
 */
long pauth_set_enabled_keys(u64 which, u64 enabled)
{
	struct pauth *p = &current_ti()->pauth;

	if (!cpu_has_pauth || which & ~(u64)ADDRESS_KEYS || enabled & ~which)
		return -EINVAL;
	for (u32 i = 0; i < ARRAY_SIZE(keys); i++) {
		if (enabled & keys[i].name)
			p->enabled |= keys[i].enable;
		else if (which & keys[i].name)
			p->enabled &= ~keys[i].enable;
	}
	load_current();
	return 0;
}

long pauth_get_enabled_keys(void)
{
	u64 enabled = 0;

	if (!cpu_has_pauth)
		return -EINVAL;
	for (u32 i = 0; i < ARRAY_SIZE(keys); i++)
		if (current_ti()->pauth.enabled & keys[i].enable)
			enabled |= keys[i].name;
	return (long)enabled;
}
