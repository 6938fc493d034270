/*
 * The data-race detector (make kcsan): what code says about races that it wants.
 * All of it is nothing in other builds.
 */
#ifndef LINNET_KCSAN_H
#define LINNET_KCSAN_H

#include <linnet/types.h>

#ifdef CONFIG_KCSAN
/* Between them the current task's accesses are not looked at. They nest. */
void kcsan_off(void);
void kcsan_on(void);

/* How many races were seen. For tests: while on, they are counted, not printed. */
u32 kcsan_seen(void);
void kcsan_expect(bool on);
#else
#define kcsan_off() ((void)0)
#define kcsan_on()  ((void)0)
#endif

/* @expr may race: any value will do. */
#define data_race(expr)                                                        \
	({                                                                     \
		kcsan_off();                                                   \
		__typeof__(expr) _v = (expr);                                  \
		kcsan_on();                                                    \
		_v;                                                            \
	})

#endif
