/*
 * The address sanitizer and memory blocks: the compiler trusts these functions
 * to check what they are given, and assembly cannot be instrumented. They go
 * over the weak definitions of string.S.
 */
#include <asm/page.h>
#include <linnet/string.h>
#include "kasan.h"

void __clear_page(void *page);
void __copy_page(void *to, const void *from);

#undef memcpy
#undef memset
#undef memmove

void *memcpy(void *dst, const void *src, size_t n)
{
	kasan_check_read(src, n);
	kasan_check_write(dst, n);
	return __memcpy(dst, src, n);
}

void *memset(void *dst, int c, size_t n)
{
	kasan_check_write(dst, n);
	return __memset(dst, c, n);
}

void *memmove(void *dst, const void *src, size_t n)
{
	kasan_check_read(src, n);
	kasan_check_write(dst, n);
	return __memmove(dst, src, n);
}

void clear_page(void *page)
{
	kasan_check_write(page, PAGE_SIZE);
	__clear_page(page);
}

void copy_page(void *to, const void *from)
{
	kasan_check_read(from, PAGE_SIZE);
	kasan_check_write(to, PAGE_SIZE);
	__copy_page(to, from);
}
