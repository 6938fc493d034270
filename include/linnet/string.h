/*
 * Strings and memory blocks: the C library's functions with the C library's
 * meaning, and strscpy() in place of the unbounded and silently truncating
 * copies. memcpy, memset and memmove come from the architecture.
 */
#ifndef LINNET_STRING_H
#define LINNET_STRING_H

#include <linnet/types.h>

void *memcpy(void *dst, const void *src, size_t n);
void *memset(void *dst, int c, size_t n);
void *memmove(void *dst, const void *src, size_t n);
int memcmp(const void *a, const void *b, size_t n);
void *memchr(const void *s, int c, size_t n);

size_t strlen(const char *s);
size_t strnlen(const char *s, size_t n);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t n);
int strcasecmp(const char *a, const char *b);
int strncasecmp(const char *a, const char *b, size_t n);
char *strchr(const char *s, int c);
char *strrchr(const char *s, int c);
char *strstr(const char *s, const char *needle);

/* Length copied, or -E2BIG if @src had to be cut; @dst is always ended. */
ssize_t strscpy(char *dst, const char *src, size_t size);

/*
 * The kernel is compiled as freestanding, where the compiler takes these for
 * ordinary functions and calls one to copy four bytes. By their other name it
 * knows them: small blocks of constant size become plain loads and stores, and
 * the length of a literal a constant.
 */
#if defined(CONFIG_DEBUG) && !defined(__SANITIZE_ADDRESS__)
/* Code that the sanitizer leaves alone: no checks of blocks either. */
void *__memcpy(void *dst, const void *src, size_t n);
void *__memset(void *dst, int c, size_t n);
void *__memmove(void *dst, const void *src, size_t n);
#define memcpy(dst, src, n)  __memcpy(dst, src, n)
#define memset(dst, c, n)    __memset(dst, c, n)
#define memmove(dst, src, n) __memmove(dst, src, n)
#elif !defined(LINNET_HOST)
#define memcpy(dst, src, n)  __builtin_memcpy(dst, src, n)
#define memset(dst, c, n)    __builtin_memset(dst, c, n)
#define memmove(dst, src, n) __builtin_memmove(dst, src, n)
#endif
#ifndef LINNET_HOST
#define memcmp(a, b, n)	     __builtin_memcmp(a, b, n)
#define strlen(s)	     __builtin_strlen(s)
#endif

/* Wipe a secret: unlike memset, never optimised away. */
static inline void memzero_explicit(void *p, size_t n)
{
	memset(p, 0, n);
	__asm__ volatile("" : : "r"(p) : "memory");
}

#endif
