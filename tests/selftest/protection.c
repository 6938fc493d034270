/*
 * What protects the kernel's memory from the kernel's own mistakes. The tests
 * that are called fatal make one and must not survive it (fatal.exp).
 */
#include <asm/page.h>
#include <asm/sections.h>
#include <asm/uaccess.h>
#include <linnet/boot.h>
#include <linnet/errno.h>
#include <linnet/ktest.h>
#include <linnet/mm.h>
#include <linnet/page.h>
#include <linnet/slab.h>
#include <linnet/string.h>
#include <linnet/task.h>
#include <linnet/wait.h>
#include <linux/mman.h>

struct canary_report {
	u64 canary;
	struct completion done;
};

static int report_canary(void *arg)
{
	struct canary_report *r = arg;

	r->canary = current->ti.canary;
	complete(&r->done);
	return 0;
}

static bool canary_of_each_task(void)
{
	static struct canary_report r;
	u64 seen[8];

	for (u32 i = 0; i < ARRAY_SIZE(seen); i++) {
		completion_init(&r.done);
		KTEST_CHECK(!IS_ERR(kthread_run(report_canary, &r, "canary")));
		wait_for_completion(&r.done);
		seen[i] = r.canary;
		KTEST_CHECK(!(seen[i] & 0xff));
		KTEST_CHECK(seen[i] != current->ti.canary);
		for (u32 k = 0; k < i; k++)
			KTEST_CHECK(seen[k] != seen[i]);
	}
	return true;
}
KTEST(canary_of_each_task);

/* The length is hidden from the compiler. */
static __noinline void overrun(char *at, size_t len)
{
	__asm__ volatile("" : "+r"(at), "+r"(len));
	memset(at, 'x', len);
}

static bool fatal_stack_overrun(void)
{
	char buf[16];

	overrun(buf, sizeof(buf) + 64); /* past redzones, if there are any */
	return true;
}
KTEST_FATAL(fatal_stack_overrun);

/* --- memory of the kernel --- */

static void write_byte(volatile u8 *p)
{
	*p = *p;
}

static bool fatal_write_to_text(void)
{
	write_byte((u8 *)_start);
	return true;
}
KTEST_FATAL(fatal_write_to_text);

static bool fatal_write_to_text_alias(void)
{
	write_byte(phys_to_virt(symbol_to_phys(_start)));
	return true;
}
KTEST_FATAL(fatal_write_to_text_alias);

static bool fatal_write_to_rodata(void)
{
	write_byte((u8 *)linnet_banner);
	return true;
}
KTEST_FATAL(fatal_write_to_rodata);

static u32 code[] = {0xd65f03c0}; /* ret */

static bool fatal_execute_data(void)
{
	sync_icache(code, sizeof(code));
	((void (*)(void))code)();
	return true;
}
KTEST_FATAL(fatal_execute_data);

static __noinline u64 recurse(u64 depth)
{
	volatile u64 frame[16] = {depth};

	return depth ? recurse(depth - 1) + frame[depth % 16] : 0;
}

static bool fatal_stack_overflow(void)
{
	recurse(THREAD_SIZE / 16);
	return true;
}
KTEST_FATAL(fatal_stack_overflow);

/* --- what is freed --- */

#ifdef CONFIG_DEBUG /* nobody may look at it */
static bool init_on_free_zeroes(void)
{
	return true;
}
#else
static bool init_on_free_zeroes(void)
{
	u64 *p = kmalloc(1000, GFP_KERNEL);
	u64 *page = get_zeroed_page(GFP_KERNEL);
	u64 pattern = 0x7878787878787878;
	u32 dirty = 0;

	KTEST_CHECK(p && page);
	memset(p, 0x78, 1000);
	page[100] = page[511] = pattern;
	barrier();
	preempt_disable(); /* nobody else here takes what was freed */
	kfree(p);
	free_page(page);
	/* By words: one is the link in a list of free ones, any of whose bytes may be the pattern's. */
	for (u32 i = 0; i < 1000 / sizeof(*p); i++)
		dirty += READ_ONCE(p[i]) == pattern;
	dirty += READ_ONCE(page[100]) == pattern;
	dirty += READ_ONCE(page[511]) == pattern;
	preempt_enable();
	KTEST_CHECK(!dirty == init_on_free);
	return true;
}
#endif
KTEST(init_on_free_zeroes);

/* --- memory of programs --- */

#define USER_PAGE 0x400000ul

/* An address space with one page of code, as if a program ran here. */
static bool become_user(void)
{
	u32 ret = 0xd65f03c0;

	current->mm = mm_alloc();
	KTEST_CHECK(current->mm);
	activate_mm(current->mm);
	KTEST_CHECK(do_mmap(NULL, USER_PAGE, PAGE_SIZE,
			    PROT_READ | PROT_WRITE | PROT_EXEC,
			    MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS,
			    0) == USER_PAGE);
	KTEST_CHECK(!put_user(ret, (u32 __user *)USER_PAGE));
	return true;
}

static bool fatal_user_access(void)
{
	KTEST_CHECK(become_user());
	write_byte((u8 *)USER_PAGE);
	return true;
}
KTEST_FATAL(fatal_user_access);

/* @len is hidden from the compiler, which would not ask for a check. */
static bool copy_out(const void *from, size_t len)
{
	__asm__ volatile("" : "+r"(len));
	return !copy_to_user((void __user *)(USER_PAGE + 64), from, len);
}

static bool fatal_usercopy_slab(void)
{
	u8 *p = kzalloc(256, GFP_KERNEL);

	KTEST_CHECK(p && become_user());
	KTEST_CHECK(copy_out(p, 256));
	KTEST_CHECK(copy_out(p + 255, 1));
	KTEST_CHECK(copy_out(p, 0));
	copy_out(p + 8, 256);
	return true;
}
KTEST_FATAL(fatal_usercopy_slab);

static bool fatal_usercopy_text(void)
{
	KTEST_CHECK(become_user());
	copy_out(_start, 64);
	return true;
}
KTEST_FATAL(fatal_usercopy_text);

static bool fatal_user_execute(void)
{
	KTEST_CHECK(become_user());
	((void (*)(void))USER_PAGE)();
	return true;
}
KTEST_FATAL(fatal_user_execute);

/* --- where branches go, on a CPU that checks --- */

static void landing(void)
{
	pr_info("a branch went where it should not\n");
}

/* Where it returns to is another function, which it did not sign. */
static void __noinline return_elsewhere(void)
{
	u64 *frame = __builtin_frame_address(0);

	WRITE_ONCE(frame[1], (u64)landing);
	barrier();
}

static bool fatal_return_address(void)
{
	return_elsewhere();
	return true;
}
KTEST_FATAL(fatal_return_address);

/* Past the landing pad. */
static bool fatal_branch_target(void)
{
	void (*inside)(void) = (void (*)(void))((u64)landing + 4);

	__asm__ volatile("" : "+r"(inside));
	inside();
	return true;
}
KTEST_FATAL(fatal_branch_target);
