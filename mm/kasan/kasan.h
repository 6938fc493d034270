/* Between the files of mm/kasan/. */
#ifndef MM_KASAN_H
#define MM_KASAN_H

#include <asm/kasan.h>
#include <linnet/kasan.h>
#include <linnet/kmemleak.h>

extern bool kasan_on; /* shadow tells the truth; set once at boot */

/* Behind each object of a slab, in its redzone. */
struct kasan_meta {
	void *next; /* free list, or the quarantine's [quarantine_lock] */
	u32 state;  /* [A] enum kasan_state */
	u32 size;   /* bytes asked for */
	u32 alloc_trace, free_trace; /* stackdepot.h */
	s32 alloc_pid, free_pid;
	struct leak_mark leak;
};

enum kasan_state { OBJ_FREE = 0x0f0f0f0f, OBJ_USED = 0x5a5a5a5a,
		   OBJ_QUARANTINE = 0x71717171 };

/* What a report says of an address in a slab. */
struct kasan_object {
	const char *cache;
	u64 start;
	const struct kasan_meta *meta;
};
bool kasan_find_object(u64 addr, struct kasan_object *o);

struct kasan_global { /* the compiler's */
	const void *start;
	size_t size, room; /* without and with redzone */
	const char *name, *file;
	u64 dynamic, location, odr;
};
const struct kasan_global *kasan_find_global(u64 addr);

/* What page frames were allocated and freed by; 0 unknown. */
void kasan_page_traces(u64 addr, u32 *alloc, u32 *free);

/* @kind NULL: told by the shadow. @size 0: an invalid free of @addr. */
void kasan_report(u64 addr, size_t size, bool write, u64 ip, const char *kind);

/* The plain functions of string.S. */
void *__memcpy(void *dst, const void *src, size_t n);
void *__memset(void *dst, int c, size_t n);
void *__memmove(void *dst, const void *src, size_t n);

#endif
