/*
 * Helpers around user memory: strings and structs from user space, pinned
 * pages, other processes' memory, the stack of a new program.
 */
#include <asm/mmu.h>
#include <asm/uaccess.h>
#include <linnet/errno.h>
#include <linnet/fault_inject.h>
#include <linnet/mm.h>
#include <linnet/random.h>
#include <linnet/slab.h>
#include <linnet/string.h>
#include <linnet/task.h>
#include <linux/personality.h>
#include "internal.h"

int sysctl_randomize_va_space = 2;

bool randomize_layout(void)
{
	return sysctl_randomize_va_space &&
	       !(current->personality & ADDR_NO_RANDOMIZE);
}

/* As on Linux: bits of the page number, MMAP_RND_BITS_MIN to _MAX. */
int sysctl_mmap_rnd_bits = MMAP_RND_BITS_MIN;

u64 random_mmap_offset(void)
{
	int bits = READ_ONCE(sysctl_mmap_rnd_bits);

	return randomize_layout() ? get_random_u64() >> (64 - bits) << PAGE_SHIFT
				  : 0;
}

/* Eight bytes at a time, inside one aligned word: never crosses a page. */
static bool has_zero_byte(u64 v)
{
	return (v - 0x0101010101010101ul) & ~v & 0x8080808080808080ul;
}

long strncpy_from_user(char *dst, const char __user *src, size_t size)
{
	size_t n = 0;
	u64 word;
	char c;

	if (should_fail())
		return -EFAULT;
	/* By words from where the source is aligned. */
	while (n < size) {
		if (IS_ALIGNED((u64)(src + n), 8) && size - n >= 8) {
			if (get_user_if(access_ok, word, (const u64 __user *)(src + n)))
				return -EFAULT;
			if (!has_zero_byte(word)) {
				memcpy(dst + n, &word, 8);
				n += 8;
				continue;
			}
		}
		if (get_user_if(access_ok, c, src + n))
			return -EFAULT;
		dst[n] = c;
		if (!c)
			return (long)n;
		n++;
	}
	return (long)size;
}

size_t strnlen_user(const char __user *s, size_t max)
{
	size_t n = 0;
	u64 word;
	char c;

	if (should_fail())
		return 0;
	while (n < max) {
		if (IS_ALIGNED((u64)(s + n), 8)) {
			if (get_user_if(access_ok, word, (const u64 __user *)(s + n)))
				return 0;
			if (!has_zero_byte(word)) {
				n += 8;
				continue;
			}
		}
		if (get_user_if(access_ok, c, s + n))
			return 0;
		n++;
		if (!c)
			return n;
	}
	return max + 1;
}

char *strndup_user(const char __user *s, size_t max)
{
	size_t len = strnlen_user(s, max);
	char *p;

	if (!len)
		return ERR_PTR(-EFAULT);
	if (len > max)
		return ERR_PTR(-EINVAL);
	p = memdup_user(s, len);
	if (!IS_ERR(p))
		p[len - 1] = '\0';
	return p;
}

void *memdup_user(const void __user *src, size_t len)
{
	void *p = kmalloc(len, GFP_KERNEL);

	if (!p)
		return ERR_PTR(-ENOMEM);
	if (!copy_from_user(p, src, len))
		return p;
	kfree(p);
	return ERR_PTR(-EFAULT);
}

int copy_struct_from_user(void *dst, size_t ksize, const void __user *src,
			  size_t usize)
{
	u8 c;

	if (usize > PAGE_SIZE)
		return -E2BIG;
	for (size_t i = ksize; i < usize; i++) {
		if (get_user(c, (const u8 __user *)src + i))
			return -EFAULT;
		if (c)
			return -E2BIG;
	}
	memset(dst, 0, ksize);
	return copy_from_user(dst, src, min(ksize, usize));
}

/* --- pinned pages --- */

/* The page at @addr if it is mapped with the access wanted. */
static struct page *page_if_mapped(struct mm *mm, u64 addr, bool write)
{
	struct page *p = NULL;
	spinlock_t *ptl;
	pte_t *pte = pte_lookup_lock(mm, addr, &ptl), v;

	if (!pte)
		return NULL;
	v = pte_read(pte);
	if (pte_present(v) && (!write || pte_writable(v)) &&
	    (!pte_special(v) || pte_pfn(v) == page_to_pfn(zero_page))) {
		p = pfn_to_page(pte_pfn(v));
		get_page(p);
	}
	pte_unlock(ptl);
	return p;
}

static struct page *pin_one(struct mm *mm, u64 addr, u32 gup, int *err)
{
	bool write = gup & GUP_WRITE;
	struct vma *v = vma_lookup(mm, addr);

	*err = -EFAULT;
	if (!v && !(v = vma_find(mm, addr)))
		return NULL;
	if (v->start > addr) {
		if (!(v->flags & VM_GROWSDOWN) || expand_stack(v, addr))
			return NULL;
	}
	if (v->flags & (VM_PFNMAP | VM_IO))
		return NULL;
	if (!(gup & GUP_FORCE) && !(v->flags & (write ? VM_WRITE : VM_READ)))
		return NULL;
	for (u32 tries = 0; tries < 8; tries++) {
		struct page *p = page_if_mapped(mm, addr, write);
		int r;

		if (p)
			return p;
		r = handle_mm_fault(v, addr, write, false);
		if (r & VM_FAULT_OOM)
			*err = -ENOMEM;
		if (r & (VM_FAULT_OOM | VM_FAULT_SIGBUS | VM_FAULT_ACCERR |
			 VM_FAULT_SIGSEGV))
			return NULL;
	}
	return NULL;
}

long get_user_pages(struct mm *mm, u64 addr, u32 n, u32 gup, struct page **out)
{
	u32 got = 0;
	int err = 0;

	/* For writing: the stack may have to grow. */
	down_write(&mm->mmap_lock);
	for (; got < n; got++, addr += PAGE_SIZE) {
		out[got] = pin_one(mm, addr, gup, &err);
		if (!out[got])
			break;
	}
	up_write(&mm->mmap_lock);
	return got ? (long)got : err;
}

size_t access_process_vm(struct mm *mm, u64 addr, void *buf, size_t len, u32 gup)
{
	size_t done = 0;

	while (done < len) {
		u64 at = addr + done, off = at & ~PAGE_MASK;
		size_t n = min(len - done, PAGE_SIZE - off);
		struct page *p;
		u8 *k;

		if (at >= USER_END ||
		    get_user_pages(mm, at & PAGE_MASK, 1, gup, &p) != 1)
			break;
		k = (u8 *)page_address(p) + off;
		if (gup & GUP_WRITE)
			memcpy(k, (u8 *)buf + done, n);
		else
			memcpy((u8 *)buf + done, k, n);
		/* A breakpoint: the page may be executed from already. */
		if (gup & GUP_WRITE && page_test(p, PG_ICACHE))
			sync_icache(k, n);
		put_page(p);
		done += n;
	}
	return done;
}

/* --- the stack of a new program --- */

struct vma *vma_alloc_stack(struct mm *mm, u64 top)
{
	struct vma *v = vma_alloc(mm);

	if (!v)
		return NULL;
	v->end = top;
	v->start = top - PAGE_SIZE;
	v->flags = VM_READ | VM_WRITE | VM_MAYREAD | VM_MAYWRITE | VM_MAYEXEC |
		   VM_GROWSDOWN | VM_ACCOUNT;
	v->pgoff = v->start >> PAGE_SHIFT;
	if (vm_enough_memory(1)) {
		vma_free(v);
		return NULL;
	}
	vma_insert(mm, v);
	mm->total_vm = mm->stack_vm = 1;
	return v;
}

/*
 * Move a stack VMA with its pages; nothing else is mapped yet. It spans both
 * places while it moves: tables are only ever below a VMA.
 */
int vma_shift_down(struct vma *v, u64 shift)
{
	u64 start = v->start, end = v->end;
	u64 pgoff = v->pgoff - (shift >> PAGE_SHIFT);
	int err;

	vma_resize(v, start - shift, end, pgoff);
	err = move_page_tables(v, start, start - shift, end - start);
	if (err)
		return err;
	vma_resize(v, start - shift, end - shift, pgoff);
	free_page_tables(v->mm, max(start, end - shift), end, end - shift,
			 USER_END);
	return 0;
}
